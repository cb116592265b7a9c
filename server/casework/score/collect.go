package score

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// The pace of asking, before the clock's scale is applied.
const (
	// firstRetry is the wait after an agency's first failure; it doubles up to
	// lastRetry.
	firstRetry = 30 * time.Second
	lastRetry  = time.Hour
	// shortestRetry bounds the scaled wait, so that a city with fast clocks does not
	// overload its agencies.
	shortestRetry = 250 * time.Millisecond
	// inlineWait is the longest wait for the next try that a job spends running.
	inlineWait = 2 * time.Second
)

// errEnded says that a request is no longer being collected for.
var errEnded = errors.New("the request has ended")

// collect is the job that asks every agency that has not answered, stores each answer as
// it comes, and makes the score when all have answered or the deadline has come. It can
// be interrupted anywhere and called again.
func (c *Scores) collect(ctx context.Context, id string) (time.Duration, error) {
	var (
		r        Request
		resident kernel.Resident
		sources  []Source
	)
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		rd := t.As(c.city.Entry(kernel.System, "collect", id, "score").Once(id))
		if r, err = read(rd).Request(ctx, id); err != nil || !r.State.Open() {
			return err
		}
		if resident, err = read(rd).Resident(ctx, r.Resident); err != nil {
			return err
		}
		if r.State == mingjing.RequestQueued {
			r.State = mingjing.RequestCollecting
			if err := db(t).SetRequest(ctx, r); err != nil {
				return err
			}
			if err := t.Emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, c.city.Now()); err != nil {
				return err
			}
		}
		sources, err = c.SourcesOf(ctx, rd, r)
		return err
	})
	if errors.Is(err, kernel.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("collect: %w", err)
	}
	if !r.State.Open() {
		return 0, nil
	}
	book, err := c.city.Book(r.Rulebook.ID)
	if err != nil {
		return 0, fmt.Errorf("collect: rulebook %s: %w", r.Rulebook.ID, err)
	}
	left := r.Deadline.Sub(c.city.Now())
	if r.State == mingjing.RequestScoring || left <= 0 {
		return 0, c.finish(ctx, id)
	}

	work, stop := context.WithTimeout(ctx, min(kernel.JobBudget, left))
	defer stop()
	next := make([]time.Time, len(sources)) // zero: has answered
	answers := make(chan answer)
	var asking sync.WaitGroup
	for i, s := range sources {
		if s.State != mingjing.SourceAnswered {
			asking.Go(func() { next[i] = c.askOne(work, r, resident, book, s, answers) })
		}
	}
	go func() { asking.Wait(); close(answers) }()
	ended := false
	for first := range answers {
		all := gather(first, answers)
		err := c.keepAnswers(ctx, r, all)
		if errors.Is(err, errEnded) {
			ended = true
			stop() // nobody needs the rest
		}
		for _, a := range all {
			a.stored <- err
		}
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if ended {
		return 0, nil
	}

	soonest := r.Deadline
	waiting := false
	for _, at := range next {
		if !at.IsZero() {
			waiting = true
			if at.Before(soonest) {
				soonest = at
			}
		}
	}
	now := c.city.Now()
	if !waiting || !now.Before(r.Deadline) {
		return 0, c.finish(ctx, id)
	}
	return max(soonest.Sub(now), 10*time.Millisecond), nil
}

// An answer is the result of one try at one agency. Whether it was stored is sent on
// stored.
type answer struct {
	source Source
	stored chan<- error
}

// gather returns first and the answers that have come by now, so that agencies that
// answer together share one transaction.
func gather(first answer, answers <-chan answer) []answer {
	all := []answer{first}
	for {
		select {
		case a, ok := <-answers:
			if !ok {
				return all
			}
			all = append(all, a)
		default:
			return all
		}
	}
}

// keepAnswers stores what agencies answered, or that they did not; errEnded when
// the request has ended meanwhile, and then nothing is stored.
func (c *Scores) keepAnswers(ctx context.Context, r Request, all []answer) error {
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(kernel.System, "collect", r.ID, "score").Once(r.ID))
		now, err := read(rd).Request(ctx, r.ID)
		if err != nil {
			return err
		}
		if now.State != mingjing.RequestCollecting {
			return errEnded
		}
		news := false
		for _, a := range all {
			if err := db(t).SetSource(ctx, r.ID, a.source); err != nil {
				return err
			}
			// Nobody needs to hear of each try.
			news = news || a.source.State == mingjing.SourceAnswered || a.source.Attempts <= 3
		}
		if !news {
			return nil
		}
		return t.Emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, c.city.Now())
	})
	if err != nil && !errors.Is(err, errEnded) && ctx.Err() == nil {
		c.city.Log().Warn("store agencies' answers", "request", r.ID, "answers", len(all), "err", err)
	}
	return err
}

// askOne asks one agency until it answers, the wait for the next try gets long,
// or ctx ends. It returns when to try again, or the zero time when the agency has
// answered.
func (c *Scores) askOne(ctx context.Context, r Request, resident kernel.Resident, book *mingjing.Rulebook, s Source,
	answers chan<- answer) time.Time {
	agency, _ := book.Agency(s.Agency)
	q := RecordsQuery{RequestID: r.ID, IDNumber: resident.IDNumber, Name: resident.Name, Codes: agency.Holds}
	for {
		if wait := s.NextTry.Sub(c.city.Now()); wait > inlineWait {
			return s.NextTry
		} else if wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return c.city.Now()
		}
		reply, err := c.agencies.Records(ctx, s.Agency, q)
		if err != nil && ctx.Err() != nil {
			return c.city.Now() // cut off: not the agency's fault, so not counted
		}
		if err == nil {
			reply, s.Unmatched, err = accept(reply, q)
		}
		s.Attempts++
		now := c.city.Now().UTC()
		if err == nil {
			s.State, s.AnsweredAt, s.Reply = mingjing.SourceAnswered, &now, &reply
			s.Items = len(reply.Records) + len(reply.Listings)
		} else {
			s.State = mingjing.SourceRetrying
			s.NextTry = now.Add(backoff(c.city.Scaled, s.Attempts, err))
			c.city.Log().Debug("agency did not answer", "agency", s.Agency, "attempt", s.Attempts, "err", err)
		}
		stored := make(chan error, 1)
		answers <- answer{s, stored}
		if err := <-stored; err != nil {
			return now.Add(time.Second) // ask again: the answer is not stored
		}
		if s.State == mingjing.SourceAnswered {
			return time.Time{}
		}
	}
}

// accept returns the part of a reply that was asked for: nothing outside the catalogue,
// nothing without a reference, and nothing with another name than that of the person who
// was asked about. The latter are returned apart, by their references.
func accept(reply Reply, q RecordsQuery) (Reply, []mingjing.UnmatchedRecord, error) {
	if len(reply.Records) > MaxReplyItems || len(reply.Listings) > MaxReplyItems {
		return Reply{}, nil, fmt.Errorf("%d records and %d listings, at most %d of each are taken",
			len(reply.Records), len(reply.Listings), MaxReplyItems)
	}
	var unmatched []mingjing.UnmatchedRecord
	leftOut := func(ref, code, subject string) bool {
		if ref == "" || !slices.Contains(q.Codes, code) {
			return true
		}
		if subject == "" || kernel.SameName(subject, q.Name) {
			return false
		}
		unmatched = append(unmatched, mingjing.UnmatchedRecord{Ref: ref, Code: code, Asked: true})
		return true
	}
	return Reply{
		Records:  slices.DeleteFunc(slices.Clone(reply.Records), func(r ReplyRecord) bool { return leftOut(r.Ref, r.Code, r.Subject) }),
		Listings: slices.DeleteFunc(slices.Clone(reply.Listings), func(l ReplyListing) bool { return leftOut(l.Ref, l.Code, l.Subject) }),
	}, unmatched, nil
}

// backoff returns the wait after the nth failure; an agency whose circuit is open is
// not asked before it closes.
func backoff(scaled func(time.Duration) time.Duration, attempt int, err error) time.Duration {
	d := lastRetry
	if attempt < 8 {
		d = min(lastRetry, firstRetry<<(attempt-1))
	}
	d = kernel.Jitter(max(scaled(d), shortestRetry))
	var later interface{ RetryAfter() (time.Duration, bool) }
	if errors.As(err, &later) {
		if after, ok := later.RetryAfter(); ok {
			d = max(d, after)
		}
	}
	return d
}

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
		for _, s := range sources {
			switch {
			case s.State != mingjing.SourceAnswered:
				missing = append(missing, s.Agency)
				s.State = mingjing.SourceMissing
			case s.Reply == nil:
				continue
			default:
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
		if err := c.notices.Notify(ctx, rd, r.Resident, mingjing.NoticeScoreReady, "", "request", r.ID); err != nil {
			return err
		}
		return t.Emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, now)
	})
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	if made {
		c.ready(took)
	}
	return nil
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
