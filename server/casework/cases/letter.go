package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
	"mingjing/server/casework/score"
)

// maxCaseEntries bounds the lines of the access log that are read for a court file.
const maxCaseEntries = 5000

var errNoDecisionYet = mingjing.NewError(mingjing.Conflict, "no_decision_yet")

// Letter returns what the decision letter of one of the actor's own cases says. Before
// the decision it is a no_decision_yet error.
func (c *Cases) Letter(ctx context.Context, a mingjing.Actor, id string) (mingjing.LetterView, error) {
	if _, err := kernel.AsResident(a); err != nil {
		return mingjing.LetterView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.LetterView, error) {
		rd, d, m, err := c.enterCase(ctx, t, a, id, "letter")
		if err != nil {
			return mingjing.LetterView{}, err
		}
		return c.LetterOf(ctx, rd, d, m)
	})
}

// CourtFile returns everything about one of the actor's own cases, once it is decided.
func (c *Cases) CourtFile(ctx context.Context, a mingjing.Actor, id string) (mingjing.CourtFile, error) {
	if _, err := kernel.AsResident(a); err != nil {
		return mingjing.CourtFile{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CourtFile, error) {
		rd, d, m, err := c.enterCase(ctx, t, a, id, "court_file")
		if err != nil {
			return mingjing.CourtFile{}, err
		}
		letter, err := c.LetterOf(ctx, rd, d, m)
		if err != nil {
			return mingjing.CourtFile{}, err
		}
		f := mingjing.CourtFile{LetterView: letter, Hashes: map[string]string{}}
		if f.Case, err = c.ShowCase(ctx, rd, d); err != nil {
			return f, err
		}
		for _, e := range f.Case.Evidence {
			if !e.Checked() {
				continue
			}
			_, data, err := read(rd).EvidenceData(ctx, e.ID)
			if err != nil {
				return f, err
			}
			sum := sha256.Sum256(data)
			f.Hashes[e.ID] = hex.EncodeToString(sum[:])
		}
		if m == nil { // the access log is the resident's alone
			f.Entries, err = entriesAbout(ctx, rd, d.Resident, f.Case)
		}
		return f, err
	})
}

// LetterOf returns what the letter of a case says. The scores are for the resident
// alone.
func (c *Cases) LetterOf(ctx context.Context, rd *kernel.Reader, d Case, m *mandate.Mandate) (v mingjing.LetterView, err error) {
	if d.Decision == nil {
		return v, errNoDecisionYet
	}
	if d.Letter == nil { // decided before letters were kept
		if err := c.WriteLetter(ctx, rd, &d); err != nil {
			return v, err
		}
	}
	v = d.Letter.LetterView
	if v.Dispute.Lanes == nil { // an old letter
		v.Dispute.Lanes = lanesAfter(v.Dispute)
	}
	changes := v.Counterfactuals
	v.Counterfactuals = nil
	if m != nil {
		v.Dispute.ActingFor, v.Dispute.ActingUntil = m.Resident, m.Until
		return v, nil
	}
	for _, x := range changes {
		switch _, err := read(rd).Score(ctx, x.ScoreID); {
		case err == nil:
			v.Counterfactuals = append(v.Counterfactuals, x)
		case !errors.Is(err, kernel.ErrNotFound):
			return v, err
		}
	}
	for _, id := range d.Letter.ScoreIDs {
		s, err := read(rd).Score(ctx, id)
		if errors.Is(err, kernel.ErrNotFound) {
			continue // the consent was withdrawn
		} else if err != nil {
			return v, err
		}
		if b, err := c.city.BookOf(s.Rulebook); err == nil {
			v.Scores = append(v.Scores, score.Card(b, s))
		}
	}
	return v, nil
}

// WriteLetter puts into a decided case what its letter says. It is done in the
// transaction of the decision, after everything else, so that the letter stays as it is
// whatever becomes of the record or listing, of the case and of the rulebook.
func (c *Cases) WriteLetter(ctx context.Context, rd *kernel.Reader, d *Case) error {
	l := Letter{LetterView: mingjing.LetterView{City: c.city.Books()[0].City}}
	var err error
	if l.Dispute, err = c.ShowCase(ctx, rd, *d); err != nil {
		return err
	}
	l.Dispute.LanesUntil = "" // the letter has it as ReopenUntil
	if l.Counterfactuals, err = c.scores.Counterfactuals(ctx, rd, d.Resident); err != nil {
		return err
	}
	for _, b := range c.city.HeldBooks() {
		item, ok := b.Item(l.Dispute.Code())
		if !ok {
			continue
		}
		l.City, l.Rulebook, l.LegalBasis, l.Documents, l.CountsMonths = b.City, b.Ref(), item.LegalBasis, item.Documents, item.CountsMonths
		break // the default rulebook goes first
	}
	for _, b := range c.city.HeldBooks() {
		// That of the decision: the first that was made with it or after it. The two
		// times are not stored to the same fraction of a second.
		s, err := read(rd).FirstScoreSince(ctx, d.Resident, b.ID, d.Decision.At.Truncate(time.Second))
		if errors.Is(err, kernel.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		l.ScoreIDs = append(l.ScoreIDs, s.ID)
	}
	decided := mingjing.DateOf(d.Decision.At.In(c.city.Zone()))
	l.ReopenUntil, l.CourtUntil = c.lanesUntil(*d), decided.AddMonths(mingjing.CourtMonths)
	d.Letter = &l
	return nil
}

// entriesAbout returns the entries of the resident's access log about a case or its
// subject, oldest first.
func entriesAbout(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, d mingjing.Case) ([]mingjing.AccessEntry, error) {
	const page = 500
	subjects := []string{d.ID}
	if d.Record != nil {
		subjects = append(subjects, d.Record.ID)
	}
	if d.Listing != nil {
		subjects = append(subjects, d.Listing.ID)
	}
	found := []mingjing.AccessEntry{}
	before := int64(0)
	for range maxCaseEntries / page {
		looks, err := read(rd).AccessEntries(ctx, me, false, before, page)
		if err != nil {
			return nil, err
		}
		for _, l := range looks {
			if slices.Contains(subjects, l.Subject) {
				found = append(found, l)
			}
		}
		if len(looks) < page {
			break
		}
		before = looks[len(looks)-1].Seq
	}
	slices.Reverse(found)
	return found, nil
}
