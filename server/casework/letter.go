package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"mingjing"
)

// maxCaseLooks bounds the lines of the access log that are read for a court file.
const maxCaseLooks = 5000

var errNoDecisionYet = mingjing.Errorf(mingjing.Conflict, "no_decision_yet")

// Letter is what the decision letter of one of the actor's own cases tells. Before
// the decision it is a no_decision_yet error.
func (c *Casework) Letter(ctx context.Context, a mingjing.Actor, id string) (mingjing.LetterView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.LetterView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.LetterView, error) {
		t.because(a, "letter", id, "own")
		return c.letter(ctx, t, me, id)
	})
}

// CourtFile is all there is of one of the actor's own cases, once it is decided.
func (c *Casework) CourtFile(ctx context.Context, a mingjing.Actor, id string) (mingjing.CourtFile, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.CourtFile{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.CourtFile, error) {
		t.because(a, "court_file", id, "own")
		letter, err := c.letter(ctx, t, me, id)
		if err != nil {
			return mingjing.CourtFile{}, err
		}
		f := mingjing.CourtFile{LetterView: letter, Hashes: map[string]string{}}
		for _, e := range letter.Dispute.Evidence {
			_, data, err := t.EvidenceData(ctx, e.ID)
			if err != nil {
				return f, err
			}
			sum := sha256.Sum256(data)
			f.Hashes[e.ID] = hex.EncodeToString(sum[:])
		}
		f.Looks, err = looksAt(ctx, t, me, letter.Dispute)
		return f, err
	})
}

// letter is what is told of a decided case of the resident's.
func (c *Casework) letter(ctx context.Context, t *tx, me mingjing.ResidentID, id string) (mingjing.LetterView, error) {
	d, err := t.Dispute(ctx, id)
	if err != nil {
		return mingjing.LetterView{}, err
	}
	if d.Resident != me {
		return mingjing.LetterView{}, ErrNotFound
	}
	if d.Decision == nil {
		return mingjing.LetterView{}, errNoDecisionYet
	}
	v := mingjing.LetterView{City: c.books[0].City}
	if v.Dispute, err = c.showDispute(ctx, t, d); err != nil {
		return v, err
	}
	for _, b := range c.books {
		item, ok := b.Item(v.Dispute.Code())
		if !ok {
			continue
		}
		v.City, v.Rulebook, v.LegalBasis, v.Documents, v.CountsMonths = b.City, b.Ref(), item.LegalBasis, item.Documents, item.CountsMonths
		break // the default rulebook goes first
	}
	for _, b := range c.books {
		scores, err := t.Scores(ctx, me, b.ID)
		if err != nil {
			return v, err
		}
		// That of the decision: the first that was made with it or after it. The two
		// times are not stored to the same fraction of a second.
		for _, s := range scores {
			if !s.At.Before(d.Decision.At.Truncate(time.Second)) {
				band, _ := b.Band(s.Band)
				v.Scores = append(v.Scores, mingjing.ScoreCard{Rulebook: s.Rulebook, Value: s.Value, Min: b.Min, Max: b.Max, Band: band, At: s.At})
				break
			}
		}
	}
	decided := mingjing.DateOf(d.Decision.At.In(c.Zone()))
	v.ReopenUntil, v.CourtUntil = c.lanesUntil(d), decided.AddMonths(mingjing.CourtMonths)
	return v, nil
}

// looksAt are the lines of the resident's access log about a case or what it is
// about, oldest first.
func looksAt(ctx context.Context, t *tx, me mingjing.ResidentID, d mingjing.Dispute) ([]mingjing.Look, error) {
	const page = 500
	subjects := []string{d.ID}
	if d.Record != nil {
		subjects = append(subjects, d.Record.ID)
	}
	if d.Listing != nil {
		subjects = append(subjects, d.Listing.ID)
	}
	found := []mingjing.Look{}
	before := int64(0)
	for range maxCaseLooks / page {
		looks, err := t.Looks(ctx, me, false, before, page)
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
