package score

import (
	"context"
	"fmt"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// finish makes the score of a request from what has answered.
func (c *Scores) finish(ctx context.Context, id string) error {
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(kernel.System, "collect", id, "score").Once(id))
		r, err := read(rd).Request(ctx, id)
		if err != nil || !r.State.Open() || r.State == mingjing.RequestScoring {
			return err
		}
		r.State = mingjing.RequestScoring
		if err := db(t).SetRequest(ctx, r); err != nil {
			return err
		}
		return t.Emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, c.city.Now())
	})
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	made := false
	var took time.Duration
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		made = false
		rd := t.As(c.city.Entry(kernel.System, "score", id, "score").Once(id))
		r, err := read(rd).Request(ctx, id)
		if err != nil || r.State != mingjing.RequestScoring {
			return err
		}
		book, err := c.city.Book(r.Rulebook.ID)
		if err != nil {
			return err
		}
		now := c.city.Now().UTC()
		sources, err := c.SourcesOf(ctx, rd, r)
		if err != nil {
			return err
		}
		records, err := read(rd).Records(ctx, r.Resident)
		if err != nil {
			return err
		}
		listings, err := read(rd).Listings(ctx, r.Resident)
		if err != nil {
			return err
		}
		missing := []string{}
		answered := 0
		for _, s := range sources {
			switch {
			case s.State != mingjing.SourceAnswered:
				missing = append(missing, s.Agency)
				s.State = mingjing.SourceMissing
			case s.Reply == nil:
				answered++
				continue
			default:
				answered++
				if err := c.mergeReply(ctx, rd, r, book, s, records, listings); err != nil {
					return err
				}
				if err := c.setUnmatched(ctx, rd.Tx, r.Resident, s); err != nil {
					return err
				}
				if s.Items == 0 && len(s.Unmatched) == 0 {
					continue
				}
				s.Unmatched = nil
				s.Reply = nil // it is in the records now; nobody needs it twice
			}
			if err := db(t).SetSource(ctx, r.ID, s); err != nil {
				return err
			}
		}
		if !book.EnoughAnswered(answered, len(sources)) {
			return c.tooLittle(ctx, rd, r, now)
		}
		s, err := c.makeScore(ctx, rd, r.Resident, book, missing, "request")
		if err != nil {
			return err
		}
		r.State, r.FinishedAt, r.ScoreID, r.Rulebook = mingjing.RequestReady, &now, s.ID, s.Rulebook
		made, took = true, now.Sub(r.CreatedAt)
		if err := db(t).SetRequest(ctx, r); err != nil {
			return err
		}
		// What was collected may change the scores by other rulebooks too.
		if err := c.Rescore(ctx, rd, r.Resident, "request", book.ID); err != nil {
			return err
		}
		if err := c.tellReady(ctx, rd, r, ""); err != nil {
			return err
		}
		return t.Emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, now)
	})
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	c.leave(id)
	if made {
		c.ready(took)
	}
	return nil
}

// tellReady notifies the resident of the end of a request.
func (c *Scores) tellReady(ctx context.Context, rd *kernel.Reader, r Request, code string) error {
	return c.notices.NotifyItem(ctx, rd, r.Resident, mingjing.Notice{Kind: mingjing.NoticeScoreReady, Code: code, Page: "request",
		Subject: r.ID, Item: r.Rulebook.ID})
}

// maxRounds is how many requests in a row are made because too little was answered; after
// that the resident can ask again.
const maxRounds = 7

// tooLittle ends a request to which so few agencies have answered that there is no score,
// and makes another in its place, with a deadline of its own. What was answered counts in
// the scores that there were before.
func (c *Scores) tooLittle(ctx context.Context, rd *kernel.Reader, r Request, now time.Time) error {
	again := Request{Resident: r.Resident, ScoreRequest: mingjing.ScoreRequest{ID: kernel.NewID(), Rulebook: r.Rulebook,
		State: mingjing.RequestQueued, CreatedAt: now, Deadline: now.Add(c.city.Scaled(mingjing.ScoreDeadline)), Round: r.Round + 1}}
	r.State, r.FinishedAt = mingjing.RequestTooLittle, &now
	code := "too_little_last"
	if again.Round < maxRounds {
		r.Again, code = again.ID, "too_little"
	}
	if err := db(rd).SetRequest(ctx, r); err != nil {
		return err
	}
	if r.Again != "" {
		if err := c.addRequest(ctx, rd.Tx, again); err != nil {
			return err
		}
	}
	if err := c.Rescore(ctx, rd, r.Resident, "request", ""); err != nil {
		return err
	}
	if err := c.tellReady(ctx, rd, r, code); err != nil {
		return err
	}
	return rd.Emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, now)
}

// setUnmatched stores what an agency answered with another name. What it had answered so
// before, and answers no longer, is removed.
func (c *Scores) setUnmatched(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID, s Source) error {
	if err := db(t).DeleteUnmatchedAnswers(ctx, s.Agency, resident); err != nil {
		return err
	}
	for _, u := range s.Unmatched {
		u.At = *s.AnsweredAt
		if err := db(t).AddUnmatched(ctx, s.Agency, resident, u); err != nil {
			return err
		}
	}
	return nil
}

// mergeReply stores one agency's reply in the resident's records and listings, which are
// given as they were before. What is there already keeps its state; what was removed
// stays removed; what the agency no longer holds is removed, unless a dispute about it
// is open, which then decides.
func (c *Scores) mergeReply(ctx context.Context, rd *kernel.Reader, r Request, book *mingjing.Rulebook, s Source,
	records []holding.Record, listings []holding.Listing) error {
	agency, _ := book.Agency(s.Agency)
	ours := func(agency string) bool { return agency == s.Agency }
	sent := map[string]bool{}
	for _, in := range s.Reply.Records {
		if sent[in.Ref] {
			continue // an agency that repeats itself is counted once
		}
		sent[in.Ref] = true
		rec := holding.Record{Record: in.Record, Resident: r.Resident, Ref: in.Ref}
		rec.ID, rec.Agency, rec.State, rec.DisputeID, rec.Statement, rec.Changed = kernel.NewID(), s.Agency, mingjing.RecordActive, "", "", ""
		if i := slices.IndexFunc(records, func(old holding.Record) bool { return ours(old.Agency) && old.Ref == in.Ref }); i >= 0 {
			old := records[i]
			if old.State == mingjing.RecordActive {
				rec.ID, rec.DisputeID, rec.Statement = old.ID, old.DisputeID, old.Statement
				rec.Changed, rec.Intake, rec.Submitted = old.Changed, old.Intake, old.Submitted
			} else {
				rec = old
			}
		}
		rec.CollectedAt = *s.AnsweredAt
		if err := db(rd).PutRecord(ctx, rec); err != nil {
			return err
		}
	}
	for _, old := range records {
		if ours(old.Agency) && !sent[old.Ref] && slices.Contains(agency.Holds, old.Code) &&
			old.State != mingjing.RecordDisputed && old.State != mingjing.RecordRemoved && !old.Intake {
			old.Remove(c.city.Today())
			if err := db(rd).PutRecord(ctx, old); err != nil {
				return err
			}
		}
	}
	clear(sent)
	for _, in := range s.Reply.Listings {
		if sent[in.Ref] {
			continue
		}
		sent[in.Ref] = true
		l := c.holdings.TakeOver(in.Listing)
		l.Resident, l.Ref, l.Agency = r.Resident, in.Ref, s.Agency
		if i := slices.IndexFunc(listings, func(old holding.Listing) bool { return ours(old.Agency) && old.Ref == in.Ref }); i >= 0 {
			old := listings[i]
			if old.CaseID != "" || old.State != mingjing.ListingInEffect && old.State != mingjing.ListingUnserved {
				continue
			}
			l.ID, l.DisputeID, l.Life, l.Statement, l.Shown = old.ID, old.DisputeID, old.Life, old.Statement, old.Shown
			if old.Ends != "" && l.Ends > old.Ends && l.NoticeOn <= old.NoticeOn {
				l.Ends = old.Ends // no longer without a new notice, least of all than was decided
			}
		}
		if err := db(rd).PutListing(ctx, l); err != nil {
			return err
		}
		if l.State == mingjing.ListingInEffect && l.Ends != "" {
			if err := rd.Enqueue(ctx, kernel.Job{Kind: holding.JobListing, ID: l.ID, At: l.Ends.Time(c.city.Zone())}); err != nil {
				return err
			}
		}
	}
	for _, old := range listings {
		if ours(old.Agency) && !sent[old.Ref] && slices.Contains(agency.Holds, old.Code) &&
			old.State != mingjing.ListingDisputed && !old.State.Over() && old.CaseID == "" {
			if err := c.holdings.Move(ctx, rd, &old, mingjing.ListingLifted, kernel.System); err != nil {
				return err
			}
		}
	}
	return nil
}
