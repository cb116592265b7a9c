package score

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// RequestScore asks for a score by a rulebook. It needs the resident's consent. A
// request_open error says that one is being worked on.
func (c *Scores) RequestScore(ctx context.Context, a mingjing.Actor, rulebook string, consent bool) (mingjing.ScoreRequest, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.ScoreRequest{}, err
	}
	book, err := c.city.BookFor(me, rulebook)
	if err != nil {
		return mingjing.ScoreRequest{}, mingjing.InvalidFields(mingjing.FieldError{Field: "rulebook", Code: "unknown_rulebook"})
	}
	if !consent {
		return mingjing.ScoreRequest{}, mingjing.InvalidFields(mingjing.FieldError{Field: "consent", Code: "consent_required"})
	}
	now := c.city.Now().UTC()
	r := Request{Resident: me, ScoreRequest: mingjing.ScoreRequest{
		ID: kernel.NewID(), Rulebook: book.Ref(), State: mingjing.RequestQueued,
		CreatedAt: now, Deadline: now.Add(c.city.Scaled(mingjing.ScoreDeadline)),
	}}
	err = c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		rd := t.As(c.city.Entry(a, "request", r.ID, "own").Once(r.ID))
		if err := noneOpen(ctx, rd, me); err != nil {
			return err
		}
		consents, err := read(rd).Consents(ctx, me)
		if err != nil {
			return err
		}
		if !InForce(consents, book.ID) {
			given := mingjing.Consent{ID: kernel.NewID(), Rulebook: book.ID, GivenAt: now}
			if err := db(t).AddConsent(ctx, me, given); err != nil {
				return err
			}
			if err := t.Emit(ctx, a.ID, mingjing.EventConsent, book.ID, now); err != nil {
				return err
			}
		}
		return c.addRequest(ctx, t, r)
	})
	if errors.Is(err, kernel.ErrExists) { // another device was faster
		err = c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
			rd := t.As(c.city.Entry(a, "request", r.ID, "own").Once(r.ID))
			if err := noneOpen(ctx, rd, me); err != nil {
				return err
			}
			return kernel.ErrConflict
		})
	}
	if err != nil {
		return mingjing.ScoreRequest{}, kernel.Public(err)
	}
	return c.ScoreRequest(ctx, a, r.ID)
}

// addRequest adds a request, and schedules what is to be done for it.
func (c *Scores) addRequest(ctx context.Context, t *kernel.Tx, r Request) error {
	if err := db(t).AddRequest(ctx, r); err != nil {
		return err
	}
	for _, job := range []kernel.Job{{Kind: JobCollect, ID: r.ID}, {Kind: JobScore, ID: r.ID, At: c.scoreAt(r)}} {
		if err := t.Enqueue(ctx, job); err != nil {
			return err
		}
	}
	return t.Emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, r.CreatedAt)
}

// noneOpen returns a request_open error where a request is being worked on.
func noneOpen(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID) error {
	open, err := read(rd).OpenRequest(ctx, me)
	switch {
	case errors.Is(err, kernel.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return mingjing.NewError(mingjing.Conflict, "request_open", "id", open.ID)
}

// ScoreRequest returns one of the actor's own requests with its progress, its sources
// and, when it is ready, its score.
func (c *Scores) ScoreRequest(ctx context.Context, a mingjing.Actor, id string) (mingjing.ScoreRequest, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.ScoreRequest{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ScoreRequest, error) {
		rd := t.As(c.city.Entry(a, "request", id, "own"))
		r, err := read(rd).Request(ctx, id)
		if err != nil {
			return mingjing.ScoreRequest{}, err
		}
		if r.Resident != me {
			return mingjing.ScoreRequest{}, kernel.ErrNotFound
		}
		out, err := c.ShowRequest(ctx, rd, r)
		if err != nil {
			return out, err
		}
		if r.ScoreID != "" {
			s, err := read(rd).Score(ctx, r.ScoreID)
			if err == nil {
				out.Score = &s
			} else if !errors.Is(err, kernel.ErrNotFound) { // it may have gone with the consent
				return out, err
			}
		}
		return out, nil
	})
}

// ShowRequest returns a request with its progress and sources.
func (c *Scores) ShowRequest(ctx context.Context, rd *kernel.Reader, r Request) (mingjing.ScoreRequest, error) {
	out := r.ScoreRequest
	sources, err := c.SourcesOf(ctx, rd, r)
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
		if out.Progress.Place, err = db(rd).QueuePlace(ctx, r.ID); err != nil {
			return out, err
		}
	}
	out.Progress.Expected = c.expect(out)
	return out, nil
}

// expect returns when an open request will probably be ready: at the pace of what
// has answered so far, and at the deadline at the latest.
func (c *Scores) expect(r mingjing.ScoreRequest) *time.Time {
	if !r.State.Open() {
		return nil
	}
	at := r.Deadline
	retrying := slices.ContainsFunc(r.Sources, func(s mingjing.Source) bool { return s.State == mingjing.SourceRetrying })
	if n := r.Progress.Answered; n > 0 && !retrying {
		perAnswer := c.city.Now().Sub(r.CreatedAt) / time.Duration(n)
		paced := r.CreatedAt.Add(perAnswer * time.Duration(r.Progress.Total))
		if paced.Before(at) {
			at = paced
		}
	}
	at = at.UTC()
	return &at
}

// SourcesOf returns all agencies of the request's rulebook; one with no row has not been
// asked yet. Of a rulebook that is no longer published, it returns those that were
// asked.
func (c *Scores) SourcesOf(ctx context.Context, rd *kernel.Reader, r Request) ([]Source, error) {
	rows, err := read(rd).Sources(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return c.AllSources(r, rows), nil
}

// AllSources returns the request's sources together with those that were not asked yet;
// none where those of a finished request were removed after their time.
func (c *Scores) AllSources(r Request, rows []Source) []Source {
	if !r.State.Open() && len(rows) == 0 {
		return rows
	}
	book, err := c.city.BookOf(r.Rulebook)
	if r.State.Open() {
		book, err = c.city.Book(r.Rulebook.ID) // the one that will score
	}
	if err != nil {
		return rows // an old request can still be read
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
	return out
}
