package sim

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/evidence"
	"mingjing/web/rulebooks/booktest"
)

var (
	handlers = []mingjing.Actor{{Role: mingjing.RoleHandler, ID: "H-1", Name: "Handler One", AAL: 2},
		{Role: mingjing.RoleHandler, ID: "H-2", Name: "Handler Two", AAL: 2}}
	supervisors = []mingjing.Actor{{Role: mingjing.RoleSupervisor, ID: "S-1", Name: "Supervisor One", AAL: 2},
		{Role: mingjing.RoleSupervisor, ID: "S-2", Name: "Supervisor Two", AAL: 2}}
)

// few are the agencies of a small city, smallBooks its rulebooks.
var (
	few                   = booktest.Agencies
	smallBooks, calendars = booktest.Small, booktest.Calendars
)

// files takes what begins like a PDF.
type files struct{}

func (files) Check(_ context.Context, _ string, u evidence.Upload) (evidence.File, error) {
	if !bytes.HasPrefix(u.Data, []byte("%PDF-")) {
		return evidence.File{}, evidence.WrongType
	}
	return evidence.File{Name: evidence.SafeName(u.Name, ".pdf"), Type: "application/pdf", Data: u.Data}, nil
}

func (f files) Soon(ctx context.Context, person string, u evidence.Upload) (evidence.File, error) {
	return f.Check(ctx, person, u)
}

func (files) Busy(string) bool { return false }

func (files) Page(context.Context, string, []byte, int) ([]byte, error) { return nil, evidence.NoPages }

// bus tells nobody: the events are in the store.
type bus struct{}

func (bus) Publish(context.Context, string, mingjing.Event) error { return nil }

// leavers are the list of erasures and the logins; both outlive the process.
type leavers struct {
	listed []mingjing.ResidentID
	full   bool // nobody can be listed
}

var errFull = errors.New("no space left on device")

func (l *leavers) Add(_ context.Context, r mingjing.ResidentID) error {
	if l.full {
		return errFull
	}
	if !slices.Contains(l.listed, r) {
		l.listed = append(l.listed, r)
	}
	return nil
}

func (l *leavers) All(context.Context) ([]mingjing.ResidentID, error) {
	return slices.Clone(l.listed), nil
}
func (l *leavers) Forget(context.Context, mingjing.IDNumber) error { return nil }
func (l *leavers) ForgetResident(context.Context, mingjing.ResidentID) error {
	return nil
}

// simStore is the store of a process, each transaction of which begins when the seed
// chooses it.
type simStore struct {
	casework.Store
	p *process
}

// opKey is the context key of an operation's number of new entries in access logs.
type opKey struct{}

func (s simStore) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	if ctx.Value(togetherKey{}) != nil { // it has begun already
		return s.Store.Tx(ctx, func(t casework.Tx) error { return fn(s.p.wrap(t)) })
	}
	return s.run(ctx, func(lose bool) error {
		return s.Store.Tx(ctx, func(t casework.Tx) error {
			err := fn(s.p.wrap(t))
			if lose && err == nil {
				err = errLost
			}
			return err
		})
	})
}

// togetherKey is the context key of a transaction that several are a part of.
type togetherKey struct{}

func (s simStore) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.run(ctx, func(lose bool) error {
		return s.Store.Together(ctx, func(ctx context.Context) error {
			err := fn(context.WithValue(ctx, togetherKey{}, true))
			if lose && err == nil {
				err = errLost
			}
			return err
		})
	})
}

// run runs one transaction when the seed chooses it; lose says that it is not to be
// committed.
func (s simStore) run(ctx context.Context, do func(lose bool) error) error {
	end, err := s.p.pause("tx")
	if err != nil {
		return err
	}
	err = do(s.p.w.planted == loseCommit && !s.p.free && s.p.w.chance(60))
	if errors.Is(err, errLost) {
		err = nil
	}
	switch end {
	case killedAfter, powerAfter:
		s.p.die(end == powerAfter)
	default:
	}
	if s.p.gone() {
		return errKilled // whatever it did, nobody is told
	}
	if n := s.p.w.readTree(); err == nil {
		if entries, ok := ctx.Value(opKey{}).(*int64); ok {
			*entries += n
		}
	}
	return err
}

var errLost = errors.New("lost")

func (s simStore) Read(ctx context.Context, fn func(casework.Tx) error) error {
	if ctx.Value(togetherKey{}) != nil {
		return s.Store.Read(ctx, fn)
	}
	if _, err := s.p.pause("read"); err != nil {
		return err
	}
	return s.Store.Read(ctx, fn)
}

func (p *process) gone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// readTree returns by how many entries the access logs of all have grown.
func (w *world) readTree() int64 {
	p := w.p
	if p == nil || p.gone() {
		return 0
	}
	w.disk.FailBy(nil) // it is no part of the city
	defer w.disk.FailBy(w.hook)
	var size int64
	if err := p.jobs.QueryRowContext(ctx, `SELECT size FROM tree_head WHERE id = 1`).Scan(&size); err != nil {
		return 0
	}
	n := size - p.tree
	p.tree = size
	return n
}

// wrap returns a transaction with the planted fault.
func (p *process) wrap(t casework.Tx) casework.Tx {
	switch p.w.planted {
	case dropEntry, doubleScore, keepEffect:
		return faultyTx{t, p.w.planted}
	}
	return t
}

// A faultyTx is a transaction with a planted fault.
type faultyTx struct {
	casework.Tx
	planted fault
}

// As names the work of every member of staff the same, so that each log has one entry.
func (t faultyTx) As(e kernel.Entry) casework.Reader {
	if t.planted == dropEntry && e.Role.Staff() && e.Work == "" {
		e.Work = "staff"
	}
	return t.Tx.As(e)
}

func (t faultyTx) AddScore(ctx context.Context, resident mingjing.ResidentID, s mingjing.Score) error {
	err := t.Tx.AddScore(ctx, resident, s)
	if t.planted == doubleScore && err == nil && s.Cause == "request" {
		s.ID = kernel.NewID()
		s.At = s.At.Add(1000)
		err = t.Tx.AddScore(ctx, resident, s)
	}
	return err
}

func (t faultyTx) PutRecord(ctx context.Context, r holding.Record) error {
	if t.planted == keepEffect && r.State == mingjing.RecordDisputed {
		r.State = mingjing.RecordActive
	}
	return t.Tx.PutRecord(ctx, r)
}
