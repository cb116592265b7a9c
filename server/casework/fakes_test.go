package casework_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/evidence"
)

// A clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// files takes what begins like a PDF. What is really taken is tested in server/evidence.
type files struct{ *slow }

// slow says that files can't be checked soon, or not for now.
type slow struct {
	soon, ever atomic.Bool
}

func (f files) Soon(ctx context.Context, who string, u evidence.Upload) (evidence.File, error) {
	if f.slow != nil && f.soon.Load() {
		return evidence.File{}, evidence.ErrLater
	}
	return f.Check(ctx, who, u)
}

func (files) Page(context.Context, string, []byte, int) ([]byte, error) { return nil, evidence.NoPages }

func (files) Busy(string) bool { return false }

func (f files) Check(ctx context.Context, _ string, u evidence.Upload) (evidence.File, error) {
	switch {
	case ctx.Err() != nil:
		return evidence.File{}, ctx.Err()
	case f.slow != nil && f.ever.Load():
		return evidence.File{}, evidence.ErrLater
	case !bytes.HasPrefix(u.Data, []byte("%PDF-")):
		return evidence.File{}, evidence.WrongType
	}
	return evidence.File{Name: evidence.SafeName(u.Name, ".pdf"), Type: "application/pdf", Data: u.Data}, nil
}

// A bus records what was published.
type bus struct {
	mu    sync.Mutex
	heard []heard
	err   error
	tell  func(audience string, e mingjing.Event)
}

type heard struct {
	audience string
	event    mingjing.Event
}

func (b *bus) Publish(_ context.Context, audience string, e mingjing.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard = append(b.heard, heard{audience, e})
	if b.tell != nil {
		b.tell(audience, e)
	}
	return b.err
}

func (b *bus) count(audience string, kind mingjing.EventKind) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, h := range b.heard {
		if h.audience == audience && h.event.Kind == kind {
			n++
		}
	}
	return n
}

// offices are agencies that answer as a test says; by default they hold nothing and do
// not answer.
type offices struct {
	mu      sync.Mutex
	held    map[string]score.Reply
	records func(ctx context.Context, agency string, q score.RecordsQuery) (score.Reply, error)
	answer  func(agency string, q cases.Question) (*mingjing.AgencyAnswer, error)
	asked   map[string]int
}

func (o *offices) Records(ctx context.Context, agency string, q score.RecordsQuery) (score.Reply, error) {
	o.mu.Lock()
	records, held := o.records, o.held[agency]
	if o.asked == nil {
		o.asked = map[string]int{}
	}
	o.asked[agency]++
	o.mu.Unlock()
	if records != nil {
		return records(ctx, agency, q)
	}
	return held, nil
}

func (o *offices) Ask(_ context.Context, agency string, q cases.Question) (*mingjing.AgencyAnswer, error) {
	if o.answer == nil {
		return nil, nil // not answered yet
	}
	return o.answer(agency, q)
}

func (o *offices) hold(agency string, r score.Reply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held == nil {
		o.held = map[string]score.Reply{}
	}
	o.held[agency] = r
}

func says(p mingjing.AgencyPosition) func(string, cases.Question) (*mingjing.AgencyAnswer, error) {
	return func(string, cases.Question) (*mingjing.AgencyAnswer, error) {
		return &mingjing.AgencyAnswer{Position: p, Text: mingjing.Text{"en": "Our word."}}, nil
	}
}

var errDown = errors.New("down")

// A flawed store fails where a test says.
type flawed struct {
	casework.Store
	noLooks bool
	fail    func(op string) error
}

func (f *flawed) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	return f.Store.Tx(ctx, func(t casework.Tx) error { return fn(flawedTx{t, f}) })
}

type flawedTx struct {
	casework.Tx
	f *flawed
}

// As returns a reader without a reason, which fails as one whose log can't be written.
func (t flawedTx) As(e kernel.Entry) casework.Reader {
	if t.f.noLooks {
		e = kernel.Entry{}
	}
	return t.Tx.As(e)
}

func (t flawedTx) SetSource(ctx context.Context, request string, s score.Source) error {
	if t.f.fail != nil {
		if err := t.f.fail("source " + s.Agency); err != nil {
			return err
		}
	}
	return t.Tx.SetSource(ctx, request, s)
}

func (t flawedTx) Erase(ctx context.Context, resident mingjing.ResidentID) error {
	if t.f.fail != nil {
		if err := t.f.fail("erase"); err != nil {
			return err
		}
	}
	return t.Tx.Erase(ctx, resident)
}

func (t flawedTx) AddScore(ctx context.Context, resident mingjing.ResidentID, s mingjing.Score) error {
	if t.f.fail != nil {
		if err := t.f.fail("score"); err != nil {
			return err
		}
	}
	return t.Tx.AddScore(ctx, resident, s)
}

// A staleStore finds that somebody else was faster, once it is on, or the next few
// times.
type staleStore struct {
	casework.Store
	on    bool
	times int
}

func (s *staleStore) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	return s.Store.Tx(ctx, func(t casework.Tx) error { return fn(staleTx{t, s}) })
}

type staleTx struct {
	casework.Tx
	s *staleStore
}

func (t staleTx) SetCase(ctx context.Context, d cases.Case) error {
	if t.s.on || t.s.times > 0 {
		t.s.times--
		d.Version--
	}
	return t.Tx.SetCase(ctx, d)
}
