package share

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// Correction returns who saw a score of the actor's that counted something which a
// decision has corrected since; nil for nobody.
func (c *Shares) Correction(ctx context.Context, a mingjing.Actor, dispute string) (*mingjing.CorrectionView, error) {
	v, err := c.correct(ctx, a, dispute, "shares", func(*kernel.Tx, []View) error { return nil })
	if errors.Is(err, errNothingToTell) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}

var errNothingToTell = mingjing.NewError(mingjing.Conflict, "nothing_to_tell")

// TellRecipients tells those who saw such a score that it was corrected: on the page of
// the share, and by mail if they left an address. Nobody is told twice.
func (c *Shares) TellRecipients(ctx context.Context, a mingjing.Actor, dispute string) (mingjing.CorrectionView, error) {
	return c.correct(ctx, a, dispute, "share_corrected", func(t *kernel.Tx, seen []View) error {
		now := c.city.Now().UTC()
		for i := range seen {
			if seen[i].ToldAt != nil {
				continue
			}
			h, err := db(t).ShareHead(ctx, seen[i].Share)
			if err != nil {
				return err
			}
			h.CorrectedAt, seen[i].ToldAt = &now, &now
			if err := db(t).SetShare(ctx, h); err != nil {
				return err
			}
			if seen[i].Email != "" {
				seen[i].Mail = "waiting"
				if err := t.Enqueue(ctx, kernel.Job{Kind: JobCorrection, ID: seen[i].ID}); err != nil {
					return err
				}
			}
			if err := db(t).SetShareView(ctx, seen[i]); err != nil {
				return err
			}
			if err := t.Emit(ctx, a.ID, mingjing.EventShare, h.ID, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// correct finds those who saw such a score, and calls tell with them.
func (c *Shares) correct(ctx context.Context, a mingjing.Actor, dispute, action string,
	tell func(*kernel.Tx, []View) error) (mingjing.CorrectionView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.CorrectionView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (v mingjing.CorrectionView, err error) {
		rd := t.As(c.city.Entry(a, action, dispute, "own"))
		d, err := read(rd).Case(ctx, dispute)
		if err != nil {
			return v, err
		}
		if d.Resident != me {
			return v, kernel.ErrNotFound
		}
		if d.Decision == nil || d.Decision.Outcome != mingjing.OutcomeUpheld && d.Decision.Outcome != mingjing.OutcomePartly {
			return v, errNothingToTell
		}
		seen, err := c.sawBefore(ctx, rd, d)
		if err != nil {
			return v, err
		}
		if len(seen) == 0 {
			return v, errNothingToTell
		}
		if err := tell(t, seen); err != nil {
			return v, err
		}
		v = mingjing.CorrectionView{Waiting: []mingjing.ShareAccess{}, Told: []mingjing.ShareAccess{}}
		for _, s := range seen {
			if s.ToldAt != nil {
				v.Told = append(v.Told, s.show())
			} else {
				v.Waiting = append(v.Waiting, s.show())
			}
		}
		return v, nil
	})
}

// sawBefore returns the views, up to a decision and not too long ago, of scores that
// counted what it is about. A score that is gone is taken for one of them.
func (c *Shares) sawBefore(ctx context.Context, rd *kernel.Reader, d cases.Case) ([]View, error) {
	views, err := read(rd).ShareViews(ctx, d.Resident)
	if err != nil {
		return nil, err
	}
	since := c.city.Now().AddDate(0, 0, -mingjing.ShareCorrectDays)
	counted := map[string]bool{}
	var seen []View
	for _, v := range views {
		if v.At.After(d.Decision.At) || v.At.Before(since) {
			continue
		}
		yes, known := counted[v.ScoreID]
		if !known {
			s, err := read(rd).Score(ctx, v.ScoreID)
			if err != nil && !errors.Is(err, kernel.ErrNotFound) {
				return nil, err
			}
			yes = err != nil || slices.ContainsFunc(s.Explanation, func(k mingjing.Contribution) bool {
				return d.RecordID != "" && k.RecordID == d.RecordID || d.ListingID != "" && k.ListingID == d.ListingID
			})
			counted[v.ScoreID] = yes
		}
		if yes {
			seen = append(seen, v)
		}
	}
	return seen, nil
}

// sendCorrection is the job that tells one recipient by mail, with retries for some
// hours; the address is deleted after it.
func (c *Shares) sendCorrection(ctx context.Context, id string) (time.Duration, error) {
	var v View
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		rd := t.As(c.city.NoticeEntry())
		v, err = read(rd).ShareView(ctx, id)
		return err
	})
	if errors.Is(err, kernel.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("send a correction: %w", err)
	}
	if v.Mail != "waiting" {
		return 0, nil
	}
	sendErr := c.mailer.Mail(ctx, v.Email, notice.Message{ID: id, Lang: v.Lang, Corrected: id})
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	v.Tries++
	var wait time.Duration
	switch {
	case sendErr == nil:
		v.Mail = "sent"
	case errors.Is(sendErr, notice.ErrGone), errors.Is(sendErr, notice.ErrRefused), v.Tries >= notice.MaxSends:
		v.Mail = "failed"
	default:
		wait = kernel.Jitter(min(notice.FirstResend<<min(v.Tries-1, 16), notice.LastResend))
	}
	if sendErr != nil {
		c.city.Log().Warn("a correction was not delivered", "view", id, "try", v.Tries, "err", sendErr)
	}
	if wait == 0 {
		v.Email = ""
	}
	return wait, c.city.Tx(ctx, func(t *kernel.Tx) error {
		if err := db(t).SetShareView(ctx, v); err != nil {
			return err
		}
		return t.Emit(ctx, string(v.Resident), mingjing.EventShare, v.Share, c.city.Now())
	})
}
