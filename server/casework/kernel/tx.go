package kernel

import (
	"context"
	"fmt"
	"time"

	"mingjing"
)

// A Tx is one transaction with the events that are published once it is committed.
type Tx struct {
	Port
	c       *City
	events  []toPublish
	readers []*Reader
}

// PortOf returns a part's own port on a transaction. The store's transaction has the
// ports of all parts, which is checked when casework is compiled.
func PortOf[P any](t Transaction) P { return portOf[P](t.transaction().Port) }

func portOf[P any](port any) P {
	p, ok := port.(P)
	if !ok {
		panic(fmt.Sprintf("casework: %T lacks the port of a part", port))
	}
	return p
}

// A Transaction is a [Tx], or a [Reader] of one.
type Transaction interface{ transaction() *Tx }

func (t *Tx) transaction() *Tx { return t }

type toPublish struct {
	audience string
	event    mingjing.Event
}

// Emit adds an event, which the audience hears of after the commit.
func (t *Tx) Emit(ctx context.Context, audience string, kind mingjing.EventKind, id string, at time.Time) error {
	e, err := t.AddEvent(ctx, audience, mingjing.Event{Kind: kind, ID: id, At: at.UTC()})
	if err != nil {
		return fmt.Errorf("add %s event: %w", kind, err)
	}
	t.events = append(t.events, toPublish{audience, e})
	return nil
}

// Try runs fn. When it returns an error, what it has done in the transaction is undone:
// what it has stored, its entries in access logs, its events and its jobs.
func (t *Tx) Try(ctx context.Context, fn func() error) error {
	events, readers := len(t.events), len(t.readers)
	err := t.Port.Try(ctx, fn)
	if err != nil {
		t.events, t.readers = t.events[:events], t.readers[:readers]
	}
	return err
}

// publishWait bounds how long one transaction's events take to be published.
const publishWait = 5 * time.Second

// Tx runs fn in a transaction, and publishes its events when it was committed. Within
// [City.Once] it is a part of that transaction: an error undoes this part alone.
func (c *City) Tx(ctx context.Context, fn func(*Tx) error) error {
	var done []toPublish
	looked := false
	o := onceOf(ctx)
	err := c.store.Tx(ctx, func(port Port) error {
		run := func() error {
			t := &Tx{Port: port, c: c}
			err := fn(t)
			for _, r := range t.readers {
				if err == nil && r.entry.Own != "" {
					err = r.Log(ctx, r.entry.Own)
				}
			}
			done, looked = t.events, len(t.readers) > 0
			return err
		}
		if o != nil {
			return port.Try(ctx, run)
		}
		return run()
	})
	if err != nil {
		return err
	}
	if o != nil { // it is not committed yet
		o.events, o.looked = append(o.events, done...), o.looked || looked
		return nil
	}
	c.publish(ctx, done, looked)
	return nil
}

// publish publishes the events of a transaction that was committed.
func (c *City) publish(ctx context.Context, events []toPublish, looked bool) {
	if looked {
		select {
		case c.grown <- struct{}{}:
		default: // the witnesses are to be asked already
		}
	}
	// Others must hear of it even when the one who did it has gone meanwhile.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), publishWait)
	defer stop()
	for _, p := range events {
		if err := c.bus.Publish(ctx, p.audience, p.event); err != nil {
			// The event is committed; open screens catch up when they next ask.
			c.log.Warn("publish event", "kind", p.event.Kind, "err", err)
		}
	}
}

// InTx returns what fn returns, once its transaction is committed. If it is not, InTx
// returns nothing but the error, so that no data leaves without its entry in the access
// log.
func InTx[T any](ctx context.Context, c *City, fn func(*Tx) (T, error)) (T, error) {
	var out T
	err := c.Tx(ctx, func(t *Tx) (err error) {
		out, err = fn(t)
		return err
	})
	if err != nil {
		var nothing T
		return nothing, Public(err)
	}
	return out, nil
}

// Read runs fn in a transaction that writes nothing and waits for nobody who writes:
// for what is public, or names nobody.
func (c *City) Read(ctx context.Context, fn func(*Tx) error) error {
	return c.store.Read(ctx, func(port Port) error { return fn(&Tx{Port: port, c: c}) })
}

// InRead is [InTx] for a transaction that writes nothing; see [City.Read].
func InRead[T any](ctx context.Context, c *City, fn func(*Tx) (T, error)) (T, error) {
	var out T
	err := c.Read(ctx, func(t *Tx) (err error) {
		out, err = fn(t)
		return err
	})
	if err != nil {
		var nothing T
		return nothing, Public(err)
	}
	return out, nil
}
