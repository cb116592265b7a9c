package kernel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mingjing"
)

// SendingKept is for how long the key of a request is known.
const SendingKept = 7 * 24 * time.Hour

// A Sending is a request that changes something, as its sender names it. However often
// it is sent, it is done once.
type Sending struct {
	Actor mingjing.Actor
	// Action is what is done, with the ids of what it is done to. The same key may be used
	// once for each action.
	Action string
	// Key is the idempotency key.
	Key string
	// Content is a digest of what was sent.
	Content []byte
}

// Sender returns the name of who sends; residents, staff and officers never have the same.
func (s Sending) Sender() string {
	return string(s.Actor.Role) + " " + s.Actor.Agency + " " + s.Actor.ID
}

// Resident returns the resident who sends, or "" where somebody else does.
func (s Sending) Resident() mingjing.ResidentID {
	if s.Actor.Role != mingjing.RoleResident {
		return ""
	}
	return mingjing.ResidentID(s.Actor.ID)
}

// An Answered is a request that was done before.
type Answered struct {
	At time.Time
	// Answer is what was answered, as the caller of [City.Once] encoded it.
	Answer []byte
	// Differs says that something else was sent then.
	Differs bool
}

// Sendings are the methods of a transaction for requests that are done once.
type Sendings interface {
	// AddSending stores a request without an answer, and forgets one of the same key that
	// is from before an instant. ErrExists: the key was used.
	AddSending(ctx context.Context, s Sending, at, forget time.Time) error
	SetSendingAnswer(ctx context.Context, s Sending, answer []byte) error
	DeleteSending(ctx context.Context, s Sending) error
}

// errOutside says that something has to be done outside of the transaction first.
var errOutside = errors.New("casework: to be done outside of the transaction")

// A once is the state of one call of [City.Once].
type once struct {
	events []toPublish
	looked bool
	// done has the results of what was done outside of the transaction, by name; pending
	// is what is to be done.
	done    map[string]any
	pending func(ctx context.Context)
}

type onceKey struct{}

func onceOf(ctx context.Context) *once {
	o, _ := ctx.Value(onceKey{}).(*once)
	return o
}

// Once calls do unless the request was done before; then it returns what was answered.
// All that do changes with its context, the key and the answer are one transaction. When
// do returns an error, the key stays unused, and those of its transactions that ended
// well are committed all the same. do may be called again.
func (c *City) Once(ctx context.Context, s Sending, do func(ctx context.Context) (answer []byte, err error)) (*Answered, error) {
	o := &once{done: map[string]any{}}
	for {
		var (
			before  *Answered
			refused error
		)
		err := c.store.Together(ctx, func(ctx context.Context) error {
			o.events, o.looked, refused = nil, false, nil
			ctx = context.WithValue(ctx, onceKey{}, o)
			var err error
			if before, err = c.begin(ctx, s); err != nil || before != nil {
				return err
			}
			var answer []byte
			if answer, refused = do(ctx); o.pending != nil {
				return errOutside
			}
			return c.Tx(ctx, func(t *Tx) error {
				if refused != nil {
					return t.DeleteSending(ctx, s)
				}
				return t.SetSendingAnswer(ctx, s, answer)
			})
		})
		if pending := o.pending; pending != nil && errors.Is(err, errOutside) {
			o.pending = nil
			pending(ctx)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("do a request once: %w", err)
		}
		c.publish(ctx, o.events, o.looked)
		return before, refused
	}
}

// OnceOutside is [City.Once] for what is done outside of the database: the key and the
// answer are stored right after it, so that after a crash in between it is done again.
func (c *City) OnceOutside(ctx context.Context, s Sending, do func(ctx context.Context) (answer []byte, err error)) (*Answered, error) {
	before, err := c.answered(ctx, s)
	if err != nil || before != nil {
		return before, err
	}
	answer, err := do(ctx)
	if err != nil {
		return nil, err
	}
	err = c.Tx(ctx, func(t *Tx) error {
		if err := t.AddSending(ctx, s, c.Now(), c.Now().Add(-SendingKept)); err != nil {
			return err
		}
		return t.SetSendingAnswer(ctx, s, answer)
	})
	if err != nil { // it is done all the same
		c.log.Warn("keep the answer to a request", "err", err)
	}
	return nil, nil //nolint:nilnil // it was not done before
}

// begin stores a request as the first of its key, or returns what was answered to the
// first. Another request with the key waits for the end of this one.
func (c *City) begin(ctx context.Context, s Sending) (*Answered, error) {
	err := c.Tx(ctx, func(t *Tx) error { return t.AddSending(ctx, s, c.Now(), c.Now().Add(-SendingKept)) })
	if !errors.Is(err, ErrExists) {
		return nil, err
	}
	before, err := c.answered(ctx, s)
	if before == nil && err == nil {
		err = ErrConflict // it has just been removed
	}
	return before, err
}

// answered returns what was answered to a request; nil where its key is not known. For a
// resident it is an entry of the access log.
func (c *City) answered(ctx context.Context, s Sending) (*Answered, error) {
	var before *Answered
	err := c.Tx(ctx, func(t *Tx) error {
		before = nil
		return t.Try(ctx, func() error {
			a, err := t.As(c.Entry(s.Actor, "again", "", "own")).readings.Sending(ctx, s, c.Now().Add(-SendingKept))
			before = &a
			return err
		})
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // it was not done before
	} else if err != nil {
		return nil, err
	}
	return before, nil
}

// Outside returns what do returns. Within [City.Once] it is done outside of the
// transaction, which then begins anew: what takes long must not keep others from writing.
// name tells apart what is done for one request.
func Outside[T any](ctx context.Context, name string, do func(ctx context.Context) (T, error)) (T, error) {
	o := onceOf(ctx)
	if o == nil {
		return do(ctx)
	}
	type result struct {
		value T
		err   error
	}
	if r, ok := o.done[name].(result); ok {
		return r.value, r.err
	}
	o.pending = func(ctx context.Context) {
		value, err := do(ctx)
		o.done[name] = result{value, err}
	}
	var nothing T
	return nothing, errOutside
}
