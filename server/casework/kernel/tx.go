package kernel

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"mingjing"
)

// A Tx is one transaction with the events that are published once it is committed.
type Tx struct {
	Port
	c      *City
	events []toPublish
	reason mingjing.Look       // why what follows is read
	once   string              // the work that it is part of; "" where it is not
	looked bool                // there may be a line more in the access log
	own    mingjing.ResidentID // set while a resident reads their own data; then even an empty read is logged
	// repeats is the page that the look is at.
	repeats repeats
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

// Legacy is a reader for the reason that the transaction has now.
func (t *Tx) Legacy() *Reader {
	return &Reader{Tx: t, entry: Entry{Look: t.reason}, readings: t.Port.(Readings)}
}

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

// publishWait bounds how long one transaction's events take to be published.
const publishWait = 5 * time.Second

// Tx runs fn in a transaction, and publishes its events when it was committed.
func (c *City) Tx(ctx context.Context, fn func(*Tx) error) error {
	var done []toPublish
	looked := false
	err := c.store.Tx(ctx, func(port Port) error {
		t := &Tx{Port: port, c: c}
		err := fn(t)
		if err == nil && t.own != "" {
			err = t.Looked(ctx, t.own)
		}
		for _, r := range t.readers {
			if err == nil && r.entry.Own != "" {
				err = r.Log(ctx, r.entry.Own)
			}
		}
		done, looked = t.events, t.looked || len(t.readers) > 0
		return err
	})
	if err != nil {
		return err
	}
	if looked {
		select {
		case c.grown <- struct{}{}:
		default: // the witnesses are to be asked already
		}
	}
	// Others must hear of it even when the one who did it has gone meanwhile.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), publishWait)
	defer stop()
	for _, p := range done {
		if err := c.bus.Publish(ctx, p.audience, p.event); err != nil {
			// The event is committed; open screens catch up when they next ask.
			c.log.Warn("publish event", "kind", p.event.Kind, "err", err)
		}
	}
	return nil
}

// InTx returns what fn returns in a transaction that was committed; nothing at all
// where it was not, so that no data leaves without its line in the access log.
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

// InRead is [InTx] in a transaction that writes nothing; see [City.Read].
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

// Because says who reads what follows in this transaction, and for what. The line
// is in the access log of each resident before anything of theirs is opened.
func (t *Tx) Because(a mingjing.Actor, action, subject, purpose string) {
	t.Say(a, t.line(a, action, subject, purpose), "")
}

// Part is Because for a transaction that is one of several in the same work, which
// is one line of the access log.
func (t *Tx) Part(a mingjing.Actor, action, subject, purpose, work string) {
	t.Say(a, t.line(a, action, subject, purpose), action+" "+work)
}

// Notifies says that the system writes notices in this transaction: one line a day
// for a resident, however many notices there are.
func (c *City) Notifies(t *Tx) {
	t.Part(System, "notify", "", "notice", string(c.Today()))
}

// Say keeps the line that the store writes before the transaction opens its first
// value; once is what lines of the same work have in common, "" for none.
func (t *Tx) Say(a mingjing.Actor, l mingjing.Look, once string) {
	t.reason, t.once, t.looked = l, once, true
	if a.Role == mingjing.RoleResident {
		t.own = mingjing.ResidentID(a.ID)
	}
	t.Port.Because(l, once)
	t.repeats = repeats{}
	if once == "" {
		t.OfPage(a, l.Action, l.Subject)
	}
}

// OfPage says that what follows is part of a resident's look at a page of their own,
// so that the looks of the open page by itself are one line an hour.
func (t *Tx) OfPage(a mingjing.Actor, action, subject string) {
	if name := t.c.pageName(a, action, subject); name != "" {
		t.repeats = repeats{mingjing.ResidentID(a.ID), name, a.Screen.Quiet}
		t.repeats.say(t.Port)
	}
}

// repeats is what a look at a page repeats; it has no name where it repeats nothing.
type repeats struct {
	own   mingjing.ResidentID
	name  string
	quiet bool
}

func (r repeats) say(port Port) {
	if r.name != "" {
		port.Repeats(r.own, r.name, r.quiet)
	}
}

// pageName is what the looks at one page by one session within one hour have in
// common; "" without a session. The hours are those of the session, so that a page
// that is open for a minute is open for one hour. It is a hash, since it is not sealed.
func (c *City) pageName(a mingjing.Actor, action, subject string) string {
	if a.Role != mingjing.RoleResident || a.Screen.Session == "" {
		return ""
	}
	hour := c.Now().Sub(a.Screen.Opened) / time.Hour
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q", a.Screen.Session, hour, action, subject))
	return "page " + base64.RawURLEncoding.EncodeToString(sum[:])
}

// Reads reports whether what follows is read for an action.
func (t *Tx) Reads(action string) bool { return t.reason.Action == action }

// Aside runs fn, which reads for a reason of its own. The reason before it holds again
// afterwards. It is [ErrNoReason] where there was none.
func (t *Tx) Aside(fn func() error) error {
	if t.reason.Action == "" {
		return ErrNoReason
	}
	reason, once, own, repeats := t.reason, t.once, t.own, t.repeats
	err := fn()
	t.reason, t.once, t.own, t.repeats = reason, once, own, repeats
	t.Port.Because(reason, once)
	repeats.say(t.Port)
	return err
}

func (t *Tx) line(a mingjing.Actor, action, subject, purpose string) mingjing.Look {
	return mingjing.Look{At: t.c.Now().UTC(), Role: a.Role, Who: a.Name, By: looker(a), Action: action, Subject: subject, Purpose: purpose}
}

// Look writes a line into the access log at once, besides that of Because.
func (t *Tx) Look(ctx context.Context, a mingjing.Actor, resident mingjing.ResidentID, at time.Time, action, subject, purpose string) error {
	l := mingjing.Look{At: at.UTC(), Role: a.Role, Who: a.Name, By: looker(a), Action: action, Subject: subject, Purpose: purpose}
	add := t.AddLook
	if a.Role == mingjing.RoleResident && a.ID == string(resident) && a.Screen.Quiet {
		add = func(ctx context.Context, resident mingjing.ResidentID, l mingjing.Look) error {
			t.Say(a, l, "")
			return t.Looked(ctx, resident)
		}
	}
	if err := add(ctx, resident, l); err != nil {
		return fmt.Errorf("write access log: %w", err)
	}
	t.looked = true
	return nil
}
