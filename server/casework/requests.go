package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"mingjing"
)

// The pace of asking, before the clock's scale is applied.
const (
	// firstRetry is the wait after an agency's first failure; it doubles up to
	// lastRetry.
	firstRetry = 30 * time.Second
	lastRetry  = time.Hour
	// shortestRetry bounds the scaled wait, so that a fast demo hammers nobody.
	shortestRetry = 250 * time.Millisecond
	// stint is how long one job asks before it gives its place to another.
	stint = 40 * time.Second
	// patience is the wait that a job still spends waiting itself.
	patience = 2 * time.Second
)

// RequestScore asks for a score by a rulebook. It needs the resident's consent.
// The same key is the same request, whatever else is sent with it; with another
// key, or none, a request_open error says that one is being worked on.
func (c *Casework) RequestScore(ctx context.Context, a mingjing.Actor, rulebook string, consent bool, key string) (mingjing.ScoreRequest, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.ScoreRequest{}, err
	}
	if len(key) > 128 {
		return mingjing.ScoreRequest{}, mingjing.InvalidFields(mingjing.FieldError{Field: "idempotency_key", Code: "too_long"})
	}
	book, err := c.Book(rulebook)
	if err != nil {
		return mingjing.ScoreRequest{}, mingjing.InvalidFields(mingjing.FieldError{Field: "rulebook", Code: "unknown_rulebook"})
	}
	if !consent {
		return mingjing.ScoreRequest{}, mingjing.InvalidFields(mingjing.FieldError{Field: "consent", Code: "consent_required"})
	}
	now := c.Now().UTC()
	r := Request{Resident: me, Key: key, ScoreRequest: mingjing.ScoreRequest{
		ID: newID(), Rulebook: book.Ref(), State: mingjing.RequestQueued,
		CreatedAt: now, Deadline: now.Add(c.scaled(mingjing.ScoreDeadline)),
	}}
	// find answers from what is there: the same key's request, or the open one.
	find := func(t *tx) (bool, error) {
		if key != "" {
			old, err := t.RequestByKey(ctx, me, key)
			if err == nil {
				r = old
				return true, nil
			} else if !errors.Is(err, ErrNotFound) {
				return false, err
			}
		}
		open, err := t.OpenRequest(ctx, me)
		if err == nil {
			return false, mingjing.Errorf(mingjing.Conflict, "request_open", "id", open.ID)
		}
		if !errors.Is(err, ErrNotFound) {
			return false, err
		}
		return false, nil
	}
	err = c.tx(ctx, func(t *tx) error {
		if found, err := find(t); found || err != nil {
			return err
		}
		consents, err := t.Consents(ctx, me)
		if err != nil {
			return err
		}
		if !inForce(consents, book.ID) {
			if err := t.AddConsent(ctx, me, mingjing.Consent{ID: newID(), Rulebook: book.ID, GivenAt: now}); err != nil {
				return err
			}
		}
		if err := t.AddRequest(ctx, r); err != nil {
			return err
		}
		if err := t.Enqueue(ctx, Job{Kind: JobCollect, ID: r.ID}); err != nil {
			return err
		}
		return t.emit(ctx, a.ID, mingjing.EventRequest, r.ID, now)
	})
	if errors.Is(err, ErrExists) { // another device was faster
		err = c.tx(ctx, func(t *tx) error {
			found, err := find(t)
			if err == nil && !found {
				err = mingjing.Errorf(mingjing.Conflict, "changed_meanwhile")
			}
			return err
		})
	}
	if err != nil {
		return mingjing.ScoreRequest{}, public(err)
	}
	return c.ScoreRequest(ctx, a, r.ID)
}

// ScoreRequest is one of the actor's own requests with its progress, its sources
// and, when it is ready, its score.
func (c *Casework) ScoreRequest(ctx context.Context, a mingjing.Actor, id string) (mingjing.ScoreRequest, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.ScoreRequest{}, err
	}
	var out mingjing.ScoreRequest
	err = c.tx(ctx, func(t *tx) error {
		r, err := t.Request(ctx, id)
		if err != nil {
			return err
		}
		if r.Resident != me {
			return ErrNotFound
		}
		out, err = c.showRequest(ctx, t, r)
		if err != nil || r.ScoreID == "" {
			return err
		}
		s, err := t.Score(ctx, r.ScoreID)
		if errors.Is(err, ErrNotFound) { // it went with the consent
			return nil
		} else if err != nil {
			return err
		}
		out.Score = &s
		return t.look(ctx, a, me, c.Now(), "score", s.ID, "own")
	})
	return out, public(err)
}

func (c *Casework) showRequest(ctx context.Context, t *tx, r Request) (mingjing.ScoreRequest, error) {
	out := r.ScoreRequest
	sources, err := c.sources(ctx, t, r)
	if err != nil {
		return out, err
	}
	out.Sources = make([]mingjing.Source, len(sources))
	for i, s := range sources {
		out.Sources[i] = s.Source
		if s.State == mingjing.SourceAnswered {
			out.Progress.Answered++
		}
	}
	out.Progress.Total = len(sources)
	if r.State == mingjing.RequestQueued {
		if out.Progress.Place, err = t.QueuePlace(ctx, r.ID); err != nil {
			return out, err
		}
	}
	out.Progress.Expected = c.expect(out)
	return out, nil
}

// expect says when an open request will probably be ready: at the pace of what
// has answered so far, and at the deadline at the latest.
func (c *Casework) expect(r mingjing.ScoreRequest) *time.Time {
	if !r.State.Open() {
		return nil
	}
	at := r.Deadline
	retrying := slices.ContainsFunc(r.Sources, func(s mingjing.Source) bool { return s.State == mingjing.SourceRetrying })
	if n := r.Progress.Answered; n > 0 && !retrying {
		perAnswer := c.clock.Now().Sub(r.CreatedAt) / time.Duration(n)
		paced := r.CreatedAt.Add(perAnswer * time.Duration(r.Progress.Total))
		if paced.Before(at) {
			at = paced
		}
	}
	at = at.UTC()
	return &at
}

// sources are all agencies of the request's rulebook; one with no row has not
// been asked yet.
func (c *Casework) sources(ctx context.Context, t *tx, r Request) ([]Source, error) {
	book, err := c.Book(r.Rulebook.ID)
	if err != nil {
		return nil, err
	}
	rows, err := t.Sources(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	known := make(map[string]Source, len(rows))
	for _, s := range rows {
		known[s.Agency] = s
	}
	out := make([]Source, len(book.Agencies))
	for i, ag := range book.Agencies {
		s, ok := known[ag.Code]
		if !ok {
			s = Source{Source: mingjing.Source{Agency: ag.Code, State: mingjing.SourceWaiting}}
		}
		out[i] = s
	}
	slices.SortStableFunc(out, func(a, b Source) int { return strings.Compare(a.Agency, b.Agency) })
	return out, nil
}

// collect asks every agency that has not answered, keeps each answer as it
// comes, and makes the score when all have answered or the deadline has come. It
// can be cut off anywhere and called again.
func (c *Casework) collect(ctx context.Context, id string) (time.Duration, error) {
	var (
		r        Request
		resident Resident
		sources  []Source
	)
	err := c.tx(ctx, func(t *tx) (err error) {
		if r, err = t.Request(ctx, id); err != nil {
			return err
		}
		if resident, err = t.Resident(ctx, r.Resident); err != nil {
			return err
		}
		if r.State == mingjing.RequestQueued {
			r.State = mingjing.RequestCollecting
			if err := t.SetRequest(ctx, r); err != nil {
				return err
			}
			if err := t.emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, c.Now()); err != nil {
				return err
			}
		}
		sources, err = c.sources(ctx, t, r)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("collect: %w", err)
	}
	if !r.State.Open() {
		return 0, nil
	}
	book, err := c.Book(r.Rulebook.ID)
	if err != nil {
		return 0, err
	}

	work, stop := context.WithTimeout(ctx, min(stint, max(0, r.Deadline.Sub(c.clock.Now()))))
	defer stop()
	next := make([]time.Time, len(sources)) // zero: has answered
	var asking sync.WaitGroup
	for i, s := range sources {
		if s.State == mingjing.SourceAnswered {
			continue
		}
		asking.Go(func() { next[i] = c.askOne(work, r, resident, book, s) })
	}
	asking.Wait()
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}

	soonest := time.Time{}
	for _, at := range next {
		if !at.IsZero() && (soonest.IsZero() || at.Before(soonest)) {
			soonest = at
		}
	}
	now := c.clock.Now()
	if soonest.IsZero() || !now.Before(r.Deadline) {
		return 0, c.finish(ctx, id)
	}
	if r.Deadline.Before(soonest) {
		soonest = r.Deadline
	}
	return max(soonest.Sub(now), 10*time.Millisecond), nil
}

// askOne asks one agency until it answers, the wait for the next try gets long,
// or ctx ends. It returns when to try again, or the zero time when the agency has
// answered.
func (c *Casework) askOne(ctx context.Context, r Request, resident Resident, book *mingjing.Rulebook, s Source) time.Time {
	agency, _ := book.Agency(s.Agency)
	q := Inquiry{RequestID: r.ID, IDNumber: resident.IDNumber, Name: resident.Name, Codes: agency.Holds}
	for {
		if wait := s.NextTry.Sub(c.clock.Now()); wait > patience {
			return s.NextTry
		} else if wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return s.NextTry
			}
		}
		reply, err := c.agencies.Records(ctx, s.Agency, q)
		if err != nil && ctx.Err() != nil {
			return c.clock.Now() // cut off: not the agency's fault, so not counted
		}
		s.Attempts++
		now := c.Now().UTC()
		if err == nil {
			s.State, s.AnsweredAt, s.Reply = mingjing.SourceAnswered, &now, &reply
			s.Items = len(reply.Records) + len(reply.Listings)
		} else {
			first := s.State != mingjing.SourceRetrying
			s.State = mingjing.SourceRetrying
			s.NextTry = now.Add(c.backoff(s.Attempts, err))
			c.log.Debug("agency did not answer", "agency", s.Agency, "attempt", s.Attempts, "err", err)
			if !first && s.Attempts > 3 { // nobody needs to hear of each try
				if err := c.store.Tx(ctx, func(t Tx) error { return t.SetSource(ctx, r.ID, s) }); err != nil {
					c.log.Warn("store a failed attempt", "agency", s.Agency, "err", err)
				}
				continue
			}
		}
		err = c.tx(ctx, func(t *tx) error {
			if err := t.SetSource(ctx, r.ID, s); err != nil {
				return err
			}
			return t.emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, now)
		})
		if err != nil {
			c.log.Warn("store an agency's answer", "agency", s.Agency, "err", err)
			return now.Add(time.Second) // ask again: the answer is not kept
		}
		if s.State == mingjing.SourceAnswered {
			return time.Time{}
		}
	}
}

// backoff is the wait after the nth failure; an agency whose circuit is open is
// not asked before it closes.
func (c *Casework) backoff(attempt int, err error) time.Duration {
	d := lastRetry
	if attempt < 8 {
		d = min(lastRetry, firstRetry<<(attempt-1))
	}
	d = jitter(max(c.scaled(d), shortestRetry))
	var open interface{ RetryAfter() time.Duration }
	if errors.As(err, &open) {
		d = max(d, open.RetryAfter())
	}
	return d
}

// finish makes the score of a request from what has answered.
func (c *Casework) finish(ctx context.Context, id string) error {
	err := c.tx(ctx, func(t *tx) error {
		r, err := t.Request(ctx, id)
		if err != nil || !r.State.Open() || r.State == mingjing.RequestScoring {
			return err
		}
		r.State = mingjing.RequestScoring
		if err := t.SetRequest(ctx, r); err != nil {
			return err
		}
		return t.emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, c.Now())
	})
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	err = c.tx(ctx, func(t *tx) error {
		r, err := t.Request(ctx, id)
		if err != nil || r.State != mingjing.RequestScoring {
			return err
		}
		book, err := c.Book(r.Rulebook.ID)
		if err != nil {
			return err
		}
		now := c.Now().UTC()
		if err := t.look(ctx, system, r.Resident, now, "score", r.ID, "score"); err != nil {
			return err
		}
		sources, err := c.sources(ctx, t, r)
		if err != nil {
			return err
		}
		missing := []string{}
		for _, s := range sources {
			if s.State != mingjing.SourceAnswered {
				missing = append(missing, s.Agency)
				s.State = mingjing.SourceMissing
				if err := t.SetSource(ctx, r.ID, s); err != nil {
					return err
				}
				continue
			}
			if err := c.keep(ctx, t, r, book, s); err != nil {
				return err
			}
		}
		s, err := c.makeScore(ctx, t, r.Resident, book, missing, "request")
		if err != nil {
			return err
		}
		r.State, r.FinishedAt, r.ScoreID = mingjing.RequestReady, &now, s.ID
		if err := t.SetRequest(ctx, r); err != nil {
			return err
		}
		// What was collected may change the scores by other rulebooks too.
		if err := c.rescore(ctx, t, r.Resident, "request"); err != nil {
			return err
		}
		return t.emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, now)
	})
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	return nil
}

// keep takes one agency's reply into the resident's records and listings. What
// is there already keeps its state; what was removed stays removed; what the
// agency no longer holds goes.
func (c *Casework) keep(ctx context.Context, t *tx, r Request, book *mingjing.Rulebook, s Source) error {
	agency, _ := book.Agency(s.Agency)
	if s.Reply == nil {
		return nil
	}
	records, err := t.Records(ctx, r.Resident)
	if err != nil {
		return err
	}
	listings, err := t.Listings(ctx, r.Resident)
	if err != nil {
		return err
	}
	sent := map[string]bool{}
	for _, in := range s.Reply.Records {
		if sent["r:"+in.Ref] {
			continue // an agency that repeats itself is counted once
		}
		sent["r:"+in.Ref] = true
		rec := Record{Record: in.Record, Resident: r.Resident, Ref: in.Ref}
		rec.ID, rec.Agency, rec.State, rec.DisputeID = newID(), s.Agency, mingjing.RecordActive, ""
		rec.CollectedAt = *s.AnsweredAt
		for _, old := range records {
			if old.Agency == s.Agency && old.Ref == in.Ref {
				if old.State != mingjing.RecordActive {
					old.CollectedAt = rec.CollectedAt
					rec = old
					break
				}
				rec.ID, rec.DisputeID = old.ID, old.DisputeID
			}
		}
		if err := t.PutRecord(ctx, rec); err != nil {
			return err
		}
	}
	for _, in := range s.Reply.Listings {
		if sent["l:"+in.Ref] {
			continue
		}
		sent["l:"+in.Ref] = true
		l := Listing{Listing: in.Listing, Resident: r.Resident, Ref: in.Ref}
		l.ID, l.Agency, l.DisputeID = newID(), s.Agency, ""
		l.State = mingjing.ListingInEffect
		if l.NoticeOn == "" {
			l.State = mingjing.ListingUnserved
		}
		for _, old := range listings {
			if old.Agency == s.Agency && old.Ref == in.Ref {
				if old.State != mingjing.ListingInEffect && old.State != mingjing.ListingUnserved {
					l = old
					break
				}
				l.ID, l.DisputeID = old.ID, old.DisputeID
			}
		}
		if err := t.PutListing(ctx, l); err != nil {
			return err
		}
	}
	for _, old := range records {
		if old.Agency == s.Agency && !sent["r:"+old.Ref] && slices.Contains(agency.Holds, old.Code) &&
			(old.State == mingjing.RecordActive || old.State == mingjing.RecordCorrected) {
			old.State = mingjing.RecordRemoved
			if err := t.PutRecord(ctx, old); err != nil {
				return err
			}
		}
	}
	for _, old := range listings {
		if old.Agency == s.Agency && !sent["l:"+old.Ref] && slices.Contains(agency.Holds, old.Code) &&
			(old.State == mingjing.ListingInEffect || old.State == mingjing.ListingUnserved) {
			old.State = mingjing.ListingLifted
			if err := t.PutListing(ctx, old); err != nil {
				return err
			}
		}
	}
	return nil
}
