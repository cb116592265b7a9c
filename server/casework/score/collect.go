package score

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// The pace of asking, before the clock's scale is applied.
const (
	// firstRetry is the wait after an agency's first failure; it doubles up to
	// lastRetry.
	firstRetry = 30 * time.Second
	lastRetry  = time.Hour
	// answerTime is how long before the scoring an agency is asked for the last time.
	answerTime = time.Minute
	// lease is after how long a request is looked at again whose agencies are being
	// asked, perhaps by a process that is no more.
	lease = 2 * time.Minute
	// shortestRetry and shortestLease bound the scaled waits, so that a city with fast
	// clocks does not overload its agencies, or itself.
	shortestRetry = 250 * time.Millisecond
	shortestLease = 5 * time.Second
	// savers is how many requests' answers are stored at the same time.
	savers = 4
	// saveTime bounds how long one request's answers take to be stored.
	saveTime = 30 * time.Second
)

// errEnded says that a request is no longer being collected for.
var errEnded = errors.New("the request has ended")

// scoreAt returns when a request is scored at the latest: so long before its deadline
// that it is not late.
func (c *Scores) scoreAt(r Request) time.Time { return r.Deadline.Add(-c.city.Scaled(c.reserve)) }

// collect is the job that has every agency asked that has not answered, and makes the
// score when all have answered or it is time. It waits for no agency: answers are stored
// as they come, and the job looks again at times whether somebody is still being asked.
// It can be interrupted anywhere and called again.
func (c *Scores) collect(ctx context.Context, id string) (time.Duration, error) {
	r, asked, err := c.askDue(ctx, id)
	if err != nil || asked == nil {
		return 0, err
	}
	now := c.city.Now()
	wait := c.scoreAt(r).Sub(now)
	if asked.underWay {
		wait = min(wait, max(c.city.Scaled(lease), shortestLease))
	}
	if !asked.next.IsZero() {
		wait = min(wait, asked.next.Sub(now))
	}
	return max(wait, 10*time.Millisecond), nil
}

// askAgain is the job that asks the agencies of a request again whose time has come.
func (c *Scores) askAgain(ctx context.Context, id string) (time.Duration, error) {
	_, _, err := c.askDue(ctx, id)
	return 0, err
}

// scoreDue is the job that makes a request's score when all agencies have answered, or
// when it is time.
func (c *Scores) scoreDue(ctx context.Context, id string) (time.Duration, error) {
	r, sources, err := c.begin(ctx, id)
	if err != nil || !r.State.Open() {
		return 0, err
	}
	if wait := c.scoreAt(r).Sub(c.city.Now()); wait > 0 && r.State != mingjing.RequestScoring && !allAnswered(sources) {
		return wait, nil
	}
	return 0, c.finish(ctx, id)
}

// asked is what [Scores.askDue] has done.
type asked struct {
	underWay bool      // an agency is being asked
	next     time.Time // when the next one is to be asked again; zero for never
}

// askDue has all agencies of a request asked that are to be asked now. It returns nil when
// the request is over, or is so now.
func (c *Scores) askDue(ctx context.Context, id string) (Request, *asked, error) {
	r, sources, err := c.begin(ctx, id)
	if err != nil || !r.State.Open() {
		return r, nil, err
	}
	now := c.city.Now()
	if r.State == mingjing.RequestScoring || !now.Before(c.scoreAt(r)) || allAnswered(sources) {
		return r, nil, c.finish(ctx, id)
	}
	book, err := c.city.Book(r.Rulebook.ID)
	if err != nil {
		return r, nil, fmt.Errorf("collect: rulebook %s: %w", r.Rulebook.ID, err)
	}
	did := &asked{}
	work := c.collectionOf(r, book, c.scoreAt(r).Sub(now))
	for _, s := range sources {
		switch {
		case s.State == mingjing.SourceAnswered:
		case s.NextTry.After(now):
			if did.next.IsZero() || s.NextTry.Before(did.next) {
				did.next = s.NextTry
			}
		default:
			did.underWay = true
			agency, _ := book.Agency(s.Agency)
			c.city.Asker().Ask(s.Agency, r.ID+" "+s.Agency, func(asking context.Context) { c.askOne(asking, work, agency, s.Attempts) })
		}
	}
	return r, did, nil
}

// begin reads a request and its sources; a queued one is being collected for from then
// on. One that is no more has no state.
func (c *Scores) begin(ctx context.Context, id string) (r Request, sources []Source, err error) {
	err = c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		rd := t.As(c.city.Entry(kernel.System, "collect", id, "score").Once(id))
		if r, err = read(rd).Request(ctx, id); err != nil || !r.State.Open() {
			return err
		}
		if r.resident, err = read(rd).Resident(ctx, r.Resident); err != nil {
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
		return Request{}, nil, nil
	}
	if err != nil {
		return r, nil, fmt.Errorf("collect: %w", err)
	}
	return r, sources, nil
}

func allAnswered(sources []Source) bool {
	return !slices.ContainsFunc(sources, func(s Source) bool { return s.State != mingjing.SourceAnswered })
}

// A collection is one request while its agencies are asked by this process.
type collection struct {
	request Request
	total   int // agencies
	// ends is done when nobody needs an answer any more.
	ends context.Context
	end  context.CancelFunc

	mu      sync.Mutex
	answers []Source // that are to be stored
	storing bool
}

// collectionOf returns the collection of a request, which is the same for all who ask for
// it until left has passed.
func (c *Scores) collectionOf(r Request, book *mingjing.Rulebook, left time.Duration) *collection {
	c.mu.Lock()
	defer c.mu.Unlock()
	if work := c.collections[r.ID]; work != nil && work.ends.Err() == nil {
		return work
	}
	work := &collection{request: r}
	work.total = len(book.Agencies)
	work.ends, work.end = context.WithTimeout(c.city.Asker().Context(), left)
	c.collections[r.ID] = work
	context.AfterFunc(work.ends, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.collections[r.ID] == work {
			delete(c.collections, r.ID)
		}
	})
	return work
}

// leave ends the asking for a request.
func (c *Scores) leave(id string) {
	c.mu.Lock()
	work := c.collections[id]
	c.mu.Unlock()
	if work != nil {
		work.end()
	}
}

// askOne asks one agency once, and stores what it answered.
func (c *Scores) askOne(ctx context.Context, work *collection, agency mingjing.Agency, attempts int) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(work.ends, stop)()
	if ctx.Err() != nil {
		return
	}
	r := work.request
	q := RecordsQuery{RequestID: r.ID, IDNumber: r.resident.IDNumber, Name: r.resident.Name, Codes: agency.Holds}
	reply, err := c.agencies.Records(ctx, agency.Code, q)
	if err != nil && ctx.Err() != nil {
		return // cut off: not the agency's fault, so not counted
	}
	s := Source{Source: mingjing.Source{Agency: agency.Code, Attempts: attempts + 1}}
	if err == nil {
		reply, s.Unmatched, err = accept(reply, q)
	}
	now := c.city.Now().UTC()
	if err == nil {
		s.State, s.AnsweredAt, s.Reply = mingjing.SourceAnswered, &now, &reply
		s.Items = len(reply.Records) + len(reply.Listings)
	} else {
		s.State = mingjing.SourceRetrying
		s.NextTry = c.nextTry(now, c.scoreAt(r), s.Attempts, err)
		c.city.Log().Debug("agency did not answer", "agency", agency.Code, "attempt", s.Attempts, "err", err)
	}
	c.keepAnswer(ctx, work, s)
}

// nextTry returns when an agency that has failed is asked again: once more shortly before
// the scoring where the usual wait would end after it, and not before it where the agency
// itself wants to wait for longer.
func (c *Scores) nextTry(now, scoreAt time.Time, attempts int, err error) time.Time {
	wait, least := backoff(c.city.Scaled, attempts, err)
	last := scoreAt.Add(-c.city.Scaled(answerTime))
	switch at := now.Add(wait); {
	case !at.After(last):
		return at
	case now.Before(last) && !now.Add(least).After(last):
		return last
	}
	return scoreAt
}

// keepAnswer stores an agency's answer, or that there was none. Those that come while
// others of the same request are being stored are stored together after them.
func (c *Scores) keepAnswer(ctx context.Context, work *collection, s Source) {
	work.mu.Lock()
	work.answers = append(work.answers, s)
	mine := !work.storing
	work.storing = true
	work.mu.Unlock()
	if !mine {
		return
	}
	c.saving <- struct{}{}
	defer func() { <-c.saving }()
	// What has come is stored even when nobody waits for the rest any more.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer stop()
	for {
		work.mu.Lock()
		all := work.answers
		work.answers = nil
		if work.storing = len(all) > 0; !work.storing {
			work.mu.Unlock()
			return
		}
		work.mu.Unlock()
		if err := c.keepAnswers(ctx, work, all); errors.Is(err, errEnded) {
			work.end()
		} else if err != nil { // they are asked again
			c.city.Log().Warn("store agencies' answers", "request", work.request.ID, "answers", len(all), "err", err)
		}
	}
}

// keepAnswers stores what agencies answered, or that they did not; errEnded when the
// request has ended meanwhile, and then nothing is stored. When it was the last answer,
// the score is made.
func (c *Scores) keepAnswers(ctx context.Context, work *collection, all []Source) error {
	r := work.request
	return c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(kernel.System, "collect", r.ID, "score").Once(r.ID))
		now, err := read(rd).Request(ctx, r.ID)
		if errors.Is(err, kernel.ErrNotFound) || err == nil && now.State != mingjing.RequestCollecting {
			return errEnded
		}
		if err != nil {
			return err
		}
		news, answered := false, false
		var next time.Time
		for _, s := range all {
			if err := db(t).SetSource(ctx, r.ID, s); err != nil {
				return err
			}
			if s.State == mingjing.SourceAnswered {
				answered = true
			} else if next.IsZero() || s.NextTry.Before(next) {
				next = s.NextTry
			}
			// Nobody needs to hear of each try.
			news = news || s.State == mingjing.SourceAnswered || s.Attempts <= 3
		}
		if !next.IsZero() && next.Before(c.scoreAt(r)) {
			if err := t.Enqueue(ctx, kernel.Job{Kind: JobAsk, ID: r.ID, At: next}); err != nil {
				return err
			}
		}
		if answered {
			n, err := db(t).CountAnswered(ctx, r.ID)
			if err != nil {
				return err
			}
			if n >= work.total {
				if err := t.Enqueue(ctx, kernel.Job{Kind: JobScore, ID: r.ID}); err != nil {
					return err
				}
			}
		}
		if !news {
			return nil
		}
		return t.Emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, c.city.Now())
	})
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

// backoff returns the wait after the nth failure, and the least one: an agency whose
// circuit is open is not asked before it closes.
func backoff(scaled func(time.Duration) time.Duration, attempt int, err error) (wait, least time.Duration) {
	d := lastRetry
	if attempt < 8 {
		d = min(lastRetry, firstRetry<<(attempt-1))
	}
	d = kernel.Jitter(max(scaled(d), shortestRetry))
	var later interface{ RetryAfter() (time.Duration, bool) }
	if errors.As(err, &later) {
		if after, ok := later.RetryAfter(); ok {
			d, least = max(d, after), after
		}
	}
	return d, least
}
