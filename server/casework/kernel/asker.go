package kernel

import (
	"context"
	"sync"
)

// The limits where [Limits] has none.
const (
	// DefaultAsksPerAgency is how many questions one agency gets at the same time.
	DefaultAsksPerAgency = 64
	// DefaultAsks is how many questions all agencies together get at the same time.
	DefaultAsks = 1024
)

// Limits bound the questions to agencies that are under way at the same time in one
// process.
type Limits struct{ PerAgency, Total int }

// orDefault returns the limits with the defaults where they have none.
func (l Limits) orDefault() Limits {
	if l.PerAgency <= 0 {
		l.PerAgency = DefaultAsksPerAgency
	}
	if l.Total <= 0 {
		l.Total = DefaultAsks
	}
	return l
}

// An Asker puts questions to agencies while no job waits for them. Each agency has a
// line of its own, and what waits for a slow agency takes nothing from the others.
// It forgets everything when the process ends: a job asks again. It is safe for use by
// many goroutines.
type Asker struct {
	limits Limits

	mu      sync.Mutex
	base    context.Context
	lines   map[string]*askLine
	turn    []*askLine // those with a question that may begin, in their order
	running int
	known   map[string]bool // keys of what waits or is under way
	settled *sync.Cond      // nothing waits and nothing is under way
}

// An askLine is what waits for one agency.
type askLine struct {
	waiting []ask
	running int
	inTurn  bool
}

type ask struct {
	key string
	do  func(ctx context.Context)
}

// NewAsker returns an asker with nothing to ask.
func NewAsker(limits Limits) *Asker {
	a := &Asker{limits: limits.orDefault(), base: context.Background(), lines: map[string]*askLine{}, known: map[string]bool{}}
	a.settled = sync.NewCond(&a.mu)
	return a
}

// Begin makes ctx the context of what is asked from now on. The function that it returns
// ends that: it forgets what waits, and returns when nothing is under way any more.
func (a *Asker) Begin(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	a.mu.Lock()
	a.base = ctx
	a.mu.Unlock()
	return func() {
		cancel()
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, l := range a.lines {
			for _, w := range l.waiting {
				delete(a.known, w.key)
			}
			l.waiting = nil
		}
		for a.running > 0 {
			a.settled.Wait()
		}
	}
}

// Context returns the context of what is asked now.
func (a *Asker) Context() context.Context {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.base
}

// Ask has do called when it is the agency's turn, and returns at once. It reports whether
// that is new: what has the same key and waits or is under way is not asked twice.
func (a *Asker) Ask(agency, key string, do func(ctx context.Context)) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known[key] || a.base.Err() != nil {
		return false
	}
	a.known[key] = true
	l := a.lines[agency]
	if l == nil {
		l = &askLine{}
		a.lines[agency] = l
	}
	l.waiting = append(l.waiting, ask{key, do})
	a.line(l)
	a.dispatch()
	return true
}

// Asking returns how many questions wait for their turn, and how many are under way.
func (a *Asker) Asking() (waiting, running int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.known) - a.running, a.running
}

// Wait returns when nothing waits and nothing is under way.
func (a *Asker) Wait() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.known) > 0 {
		a.settled.Wait()
	}
}

// line gives a line its turn, if one of its questions may begin.
func (a *Asker) line(l *askLine) {
	if !l.inTurn && len(l.waiting) > 0 && l.running < a.limits.PerAgency {
		l.inTurn = true
		a.turn = append(a.turn, l)
	}
}

// dispatch begins as many questions as the limits allow, one agency after the other.
func (a *Asker) dispatch() {
	for len(a.turn) > 0 && a.running < a.limits.Total {
		l := a.turn[0]
		a.turn = a.turn[1:]
		l.inTurn = false
		if len(l.waiting) == 0 {
			continue
		}
		next := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.running++
		a.running++
		a.line(l)
		go a.run(a.base, l, next)
	}
}

func (a *Asker) run(ctx context.Context, l *askLine, next ask) {
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		l.running--
		a.running--
		delete(a.known, next.key)
		a.line(l)
		a.dispatch()
		a.settled.Broadcast()
	}()
	next.do(ctx)
}
