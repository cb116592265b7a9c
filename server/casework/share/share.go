package share

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
)

// A Head is the part of a share that is not sealed: nothing personal.
type Head struct {
	ID, Rulebook    string
	Resident        mingjing.ResidentID
	MadeAt, EndsAt  time.Time
	Allowed, Viewed int
	RevokedAt       *time.Time
	CorrectedAt     *time.Time
}

// State returns the state of the share at an instant.
func (h Head) State(now time.Time) mingjing.ShareState {
	switch {
	case h.RevokedAt != nil:
		return mingjing.ShareRevoked
	case h.Viewed >= h.Allowed:
		return mingjing.ShareUsedUp
	case !now.Before(h.EndsAt):
		return mingjing.ShareEnded
	}
	return mingjing.ShareActive
}

// A Share is a share as it is stored.
type Share struct {
	Head
	Purpose string
	Fields  []mingjing.ShareField
	Named   mingjing.ShareName
}

// A View is one view of a share as it is stored.
type View struct {
	ID, Share string
	Resident  mingjing.ResidentID
	At        time.Time
	// Who is what the recipient said who they are, in Lang.
	Who, Lang string
	// Email is where a correction is told, until it was.
	Email string
	// ScoreID is the score that was shown.
	ScoreID string
	// ToldAt is when the resident had a correction told. Mail says how it stands with
	// the message, Tries how often that was tried.
	ToldAt *time.Time
	Mail   string
	Tries  int
}

// A NewShare is what a resident wants to share.
type NewShare struct {
	Rulebook string
	Purpose  string
	Fields   []mingjing.ShareField
	Named    mingjing.ShareName
	Views    int
	// Ends is the last day.
	Ends string
}

// A Recipient is who somebody who follows a link says they are.
type Recipient struct {
	Who, Email, Lang string
}

// errShareOver is the one answer to a code that shows nothing: nobody learns
// whether there was ever such a share, or how it ended.
var errShareOver = mingjing.NewError(mingjing.NotFound, "share_over")

// Shares returns the actor's own shares, newest first.
func (c *Shares) Shares(ctx context.Context, a mingjing.Actor) (mingjing.SharesView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.SharesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.SharesView, error) {
		rd := t.As(c.city.Entry(a, "shares", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return mingjing.SharesView{}, err
		}
		shares, err := c.SharesOf(ctx, rd, me)
		return mingjing.SharesView{Shares: shares}, err
	})
}

// SharesOf returns a resident's shares with the views of each, newest first.
func (c *Shares) SharesOf(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID) ([]mingjing.Share, error) {
	shares, err := read(rd).Shares(ctx, me)
	if err != nil {
		return nil, err
	}
	views, err := read(rd).ShareViews(ctx, me)
	list := make([]mingjing.Share, 0, len(shares))
	for _, s := range shares {
		list = append(list, c.showShare(s, views))
	}
	return list, err
}

func (c *Shares) showShare(s Share, views []View) mingjing.Share {
	out := mingjing.Share{ID: s.ID, Rulebook: s.Rulebook, Purpose: s.Purpose, Fields: s.Fields, Named: s.Named, Views: s.Allowed,
		Viewed: s.Viewed,
		State:  s.State(c.city.Now()), MadeAt: s.MadeAt, EndsAt: s.EndsAt, RevokedAt: s.RevokedAt, CorrectedAt: s.CorrectedAt,
		Accesses: []mingjing.ShareAccess{}}
	for _, v := range views {
		if v.Share == s.ID {
			out.Accesses = append(out.Accesses, v.show())
		}
	}
	return out
}

func (v View) show() mingjing.ShareAccess {
	return mingjing.ShareAccess{At: v.At, Who: v.Who, ToldAt: v.ToldAt, Mail: v.Mail}
}

// ShareForm returns the scores that the actor can share.
func (c *Shares) ShareForm(ctx context.Context, a mingjing.Actor) (mingjing.NewShareView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.NewShareView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.NewShareView, error) {
		v := mingjing.NewShareView{Scores: []mingjing.ScoreCard{}, Stale: a.Factor && !a.Fresh}
		rd := t.As(c.city.Entry(a, "score", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return v, err
		}
		var err error
		v.Scores, err = score.LatestCards(ctx, rd, me, c.city)
		return v, err
	})
}

// making is how often a resident may make a share.
var making = kernel.Allowance{Use: "make a share", Count: mingjing.MaxSharesADay}

// MakeShare makes a share of a score that there is, and returns the code of its
// link, which nobody can find out again.
func (c *Shares) MakeShare(ctx context.Context, a mingjing.Actor, n NewShare) (mingjing.Share, string, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Share{}, "", err
	}
	if a.Factor && !a.Fresh { // who has chosen a second factor is asked for it
		return mingjing.Share{}, "", mingjing.NewError(mingjing.Forbidden, "login_stale")
	}
	now := c.city.Now()
	s, err := c.checkShare(n, now)
	if err != nil {
		return mingjing.Share{}, "", err
	}
	s.ID, s.Resident, s.MadeAt = kernel.NewID(), me, now.UTC()
	code := rand.Text() // 130 bits
	out, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Share, error) {
		rd := t.As(c.city.Entry(a, "share_made", s.ID, "own"))
		if err := rd.Log(ctx, me); err != nil {
			return mingjing.Share{}, err
		}
		consents, err := read(rd).Consents(ctx, me)
		if err != nil {
			return mingjing.Share{}, err
		}
		_, err = read(rd).LatestScore(ctx, me, s.Rulebook)
		if errors.Is(err, kernel.ErrNotFound) || err == nil && !score.InForce(consents, s.Rulebook) {
			return mingjing.Share{}, mingjing.NewError(mingjing.Conflict, "share_no_score")
		}
		if err != nil {
			return mingjing.Share{}, err
		}
		others, err := read(rd).Shares(ctx, me)
		if err != nil {
			return mingjing.Share{}, err
		}
		others = slices.DeleteFunc(others, func(o Share) bool { return o.State(now) != mingjing.ShareActive })
		if len(others) >= mingjing.MaxShareActive {
			return mingjing.Share{}, mingjing.NewError(mingjing.Conflict, "shares_full")
		}
		if err := t.Allow(ctx, a, making); err != nil {
			return mingjing.Share{}, err
		}
		if err := db(t).AddShare(ctx, s, code); err != nil {
			return mingjing.Share{}, err
		}
		return c.showShare(s, nil), t.Emit(ctx, a.ID, mingjing.EventShare, s.ID, now)
	})
	if err != nil {
		return mingjing.Share{}, "", err
	}
	return out, code, nil
}

// checkShare returns the share that was asked for, or everything that is wrong with it.
func (c *Shares) checkShare(n NewShare, now time.Time) (Share, error) {
	var wrong []mingjing.FieldError
	say := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
	s := Share{Purpose: kernel.TypedLine(n.Purpose), Named: n.Named, Head: Head{Allowed: n.Views, Rulebook: n.Rulebook}}
	if _, err := c.city.Book(n.Rulebook); err != nil {
		say("rulebook", "unknown_rulebook")
	}
	switch {
	case s.Purpose == "":
		say("purpose", "required")
	case utf8.RuneCountInString(s.Purpose) > mingjing.MaxSharePurpose:
		say("purpose", "too_long")
	}
	for _, f := range mingjing.ShareFields {
		if slices.Contains(n.Fields, f) {
			s.Fields = append(s.Fields, f)
		}
	}
	if len(s.Fields) == 0 || slices.ContainsFunc(n.Fields, func(f mingjing.ShareField) bool {
		return !slices.Contains(mingjing.ShareFields, f)
	}) {
		say("fields", "share_fields")
	}
	if !slices.Contains(mingjing.ShareNames, n.Named) {
		say("named", "invalid_choice")
	}
	if n.Views < 1 || n.Views > mingjing.MaxShareViews {
		say("views", "share_views")
	}
	ends, err := time.Parse(time.DateOnly, strings.TrimSpace(n.Ends))
	last := mingjing.DateOf(ends)
	switch today := mingjing.DateOf(now); {
	case strings.TrimSpace(n.Ends) == "":
		say("ends", "required")
	case err != nil:
		say("ends", "invalid_date")
	case last < today || last > mingjing.DateOf(now.AddDate(0, 0, mingjing.MaxShareDays)):
		say("ends", "share_ends")
	default: // to the end of that day
		s.EndsAt = mingjing.DateOf(ends.AddDate(0, 0, 1)).Time(c.city.Zone()).UTC()
	}
	if len(wrong) > 0 {
		return Share{}, mingjing.InvalidFields(wrong...)
	}
	return s, nil
}

// RevokeShare ends one of the actor's shares at once. One that is over already
// stays as it is.
func (c *Shares) RevokeShare(ctx context.Context, a mingjing.Actor, id string) (mingjing.Share, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Share{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Share, error) {
		h, err := db(t).ShareHead(ctx, id)
		if err != nil {
			return mingjing.Share{}, err
		}
		if h.Resident != me {
			return mingjing.Share{}, kernel.ErrNotFound
		}
		now := c.city.Now().UTC()
		rd := t.As(c.city.Entry(a, "share_revoked", id, "own"))
		if err := rd.Log(ctx, me); err != nil {
			return mingjing.Share{}, err
		}
		if h.State(now) == mingjing.ShareActive {
			h.RevokedAt = &now
			if err := db(t).SetShare(ctx, h); err != nil {
				return mingjing.Share{}, err
			}
			if err := t.Emit(ctx, a.ID, mingjing.EventShare, id, now); err != nil {
				return mingjing.Share{}, err
			}
		}
		s, err := read(rd).Share(ctx, id)
		if err != nil {
			return mingjing.Share{}, err
		}
		views, err := read(rd).ShareViews(ctx, me)
		return c.showShare(s, views), err
	})
}

// Recipient returns what the page of a link shows before somebody says who they are:
// nothing of the resident. It uses up no view, so that programs that follow links do no
// harm.
func (c *Shares) Recipient(ctx context.Context, code string) (mingjing.RecipientView, error) {
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.RecipientView, error) {
		h, err := shareOf(ctx, t, code)
		if err != nil {
			return mingjing.RecipientView{}, err
		}
		return c.recipient(h, code)
	})
}

// shareOf returns the head of a share by its code.
func shareOf(ctx context.Context, t *kernel.Tx, code string) (Head, error) {
	h, err := db(t).ShareByCode(ctx, code)
	if errors.Is(err, kernel.ErrNotFound) {
		err = errShareOver
	}
	return h, err
}

// recipient returns the page of a share that can be viewed, or that was corrected.
func (c *Shares) recipient(h Head, code string) (mingjing.RecipientView, error) {
	now := c.city.Now()
	v := mingjing.RecipientView{Code: code, Open: h.State(now) == mingjing.ShareActive, Mail: c.mailer.MailOffered()}
	if h.CorrectedAt != nil && now.Before(h.EndsAt.AddDate(0, 0, mingjing.ShareCorrectDays)) {
		v.CorrectedAt = h.CorrectedAt
	}
	if v.Open {
		v.Left, v.EndsAt = h.Allowed-h.Viewed, h.EndsAt
	} else if v.CorrectedAt == nil {
		return mingjing.RecipientView{}, errShareOver
	}
	return v, nil
}

// ViewShare returns what a share shows, once, to somebody who says who they are. It uses
// up one view, is in the resident's access log before anything is read, and notifies the
// resident.
func (c *Shares) ViewShare(ctx context.Context, code string, r Recipient) (mingjing.RecipientView, error) {
	var wrong []mingjing.FieldError
	who := kernel.TypedLine(r.Who)
	switch {
	case who == "":
		wrong = append(wrong, mingjing.FieldError{Field: "who", Code: "required"})
	case utf8.RuneCountInString(who) > mingjing.MaxShareWho:
		wrong = append(wrong, mingjing.FieldError{Field: "who", Code: "too_long"})
	}
	email := ""
	if strings.TrimSpace(r.Email) != "" && c.mailer.MailOffered() {
		var err error
		if email, err = notice.ParseEmail(r.Email); err != nil {
			wrong = append(wrong, mingjing.FieldError{Field: "email", Code: err.Error()})
		}
	}
	if len(wrong) > 0 { // only of a share that there is, so that the form stands on its page
		if _, err := c.Recipient(ctx, code); err != nil {
			return mingjing.RecipientView{}, err
		}
		return mingjing.RecipientView{}, mingjing.InvalidFields(wrong...)
	}
	id := kernel.NewID()
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.RecipientView, error) {
		h, err := shareOf(ctx, t, code)
		if err != nil {
			return mingjing.RecipientView{}, err
		}
		now := c.city.Now().UTC()
		if h.State(now) != mingjing.ShareActive {
			return mingjing.RecipientView{}, errShareOver
		}
		by := mingjing.Actor{Role: mingjing.RoleRecipient, Name: who}
		rd := t.As(c.city.Entry(by, "share_view", h.ID, "share"))
		if err := rd.Log(ctx, h.Resident); err != nil {
			return mingjing.RecipientView{}, err
		}
		h.Viewed++
		if err := db(t).SetShare(ctx, h); err != nil {
			return mingjing.RecipientView{}, err
		}
		v, err := c.recipient(h, code)
		if err != nil && !errors.Is(err, errShareOver) { // it was the last time
			return v, err
		}
		said, score, err := c.statementOf(ctx, rd, h)
		if err != nil {
			return v, err
		}
		said.Number, said.IssuedAt, said.ShownTo = id, now, who
		err = db(t).AddShareView(ctx, View{ID: id, Share: h.ID, Resident: h.Resident, At: now, Who: who, Lang: r.Lang, Email: email,
			ScoreID: score})
		if err != nil {
			return v, err
		}
		if err := c.notices.Notify(ctx, rd, h.Resident, mingjing.NoticeShareViewed, "", "shares", h.ID); err != nil {
			return v, err
		}
		v.Code, v.Statement = code, said
		return v, t.Emit(ctx, string(h.Resident), mingjing.EventShare, h.ID, now)
	})
}

// statementOf returns what a share says today, and the ID of the score that it says it
// of.
func (c *Shares) statementOf(ctx context.Context, rd *kernel.Reader, h Head) (said *mingjing.Statement, score string, err error) {
	s, err := read(rd).Share(ctx, h.ID)
	if err != nil {
		return nil, "", err
	}
	if _, err := c.city.Book(s.Rulebook); err != nil {
		return nil, "", errShareOver // it is no longer published
	}
	last, err := read(rd).LatestScore(ctx, h.Resident, s.Rulebook)
	if errors.Is(err, kernel.ErrNotFound) {
		return nil, "", errShareOver
	}
	if err != nil {
		return nil, "", err
	}
	book, err := c.city.BookOf(last.Rulebook)
	if err != nil {
		return nil, "", err
	}
	said = &mingjing.Statement{ExpiresAt: h.EndsAt, AsOf: last.AsOf, Rulebook: last.Rulebook, Purpose: s.Purpose}
	for _, f := range s.Fields {
		switch f {
		case mingjing.ShareBand:
			band, _ := book.Band(last.Band)
			band.Brings = []mingjing.Text{}
			said.Band = &band
		case mingjing.ShareValue:
			said.Value = &mingjing.StatedValue{Value: last.Value, Min: book.Min, Max: book.Max}
		case mingjing.ShareMissing:
			n := len(last.Missing)
			said.Missing = &n
		case mingjing.ShareListings:
			listings, err := read(rd).Listings(ctx, h.Resident)
			if err != nil {
				return nil, "", err
			}
			n := 0
			for _, l := range listings {
				if l.Kind == mingjing.Blacklist && l.Effective(c.city.Today()) {
					n++
				}
			}
			said.Listings = &n
		}
	}
	if s.Named == mingjing.ShareNameless {
		return said, last.ID, nil
	}
	r, err := read(rd).Resident(ctx, h.Resident)
	if err != nil {
		return nil, "", err
	}
	if said.Name = mingjing.MaskName(r.Name); s.Named == mingjing.ShareFull {
		said.Name, said.IDMasked = r.Name, r.IDNumber.Masked()
	}
	return said, last.ID, nil
}
