package casework_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/score"
	"mingjing/server/casework/takeaway"
)

// A list of erasures, and the logins, in memory.
type leavers struct {
	listed []mingjing.ResidentID
	logins []mingjing.IDNumber   // those that were removed
	ids    []mingjing.ResidentID // whose logins were removed without a number
	down   error
	full   error // nobody can be listed
}

func (l *leavers) Add(_ context.Context, r mingjing.ResidentID) error {
	if l.full == nil && !slices.Contains(l.listed, r) {
		l.listed = append(l.listed, r)
	}
	return l.full
}

func (l *leavers) All(context.Context) ([]mingjing.ResidentID, error) { return l.listed, nil }

func (l *leavers) Forget(_ context.Context, n mingjing.IDNumber) error {
	if l.down == nil {
		l.logins = append(l.logins, n)
	}
	return l.down
}

func (l *leavers) ForgetResident(_ context.Context, r mingjing.ResidentID) error {
	if l.down == nil {
		l.ids = append(l.ids, r)
	}
	return l.down
}

func leavingCity(t *testing.T) (*city, *leavers) {
	l := &leavers{}
	return newCity(t, func(cfg *casework.Config) { cfg.Erasures, cfg.Accounts = l, l }), l
}

func TestLeavingNeedsAFreshLoginAndNoOpenCase(t *testing.T) {
	c, _ := leavingCity(t)
	a, record, _ := c.owing(t, 1)
	d, err := c.FileDispute(ctx, a, cases.Filing{RecordID: record, Reason: mingjing.ReasonOther, Statement: "Not mine."})
	must(t, err)
	for name, who := range map[string]mingjing.Actor{"handler": handler, "court": court, "nobody": {}} {
		if _, err := c.Leave(ctx, who); codeOf(err) != "forbidden" {
			t.Errorf("%s leaves: %v", name, err)
		}
		if _, err := c.Leaving(ctx, who); codeOf(err) != "forbidden" {
			t.Errorf("%s reads what leaving means: %v", name, err)
		}
	}
	_, err = c.Leave(ctx, a)
	wants(t, err, "login_stale")
	_, err = c.Leave(ctx, fresh(a))
	wants(t, err, "leave_cases_open")
	v, err := c.Leaving(ctx, a)
	must(t, err)
	if len(v.OpenCases) != 1 || v.OpenCases[0].ID != d.ID {
		t.Errorf("the open cases are %+v", v.OpenCases)
	}
}

func TestTheReceiptComesWhenTheErasureIsOnTheListAndInTheDatabase(t *testing.T) {
	c, l := leavingCity(t)
	a := c.resident(t, 1)
	l.full = errors.New("no space left on device")
	e, err := c.Leave(ctx, fresh(a))
	wants(t, err, "unavailable")
	if e.ID != "" {
		t.Errorf("there is a receipt, and the list has nobody: %+v", e)
	}
	l.full = nil
	e, err = c.Leave(ctx, fresh(a))
	must(t, err)
	if kept, err := c.Erasure(ctx, e.ID); err != nil || kept.ListedAt == nil || e.ListedAt == nil || len(l.listed) != 1 {
		t.Errorf("the receipt says %+v, the database %+v, the list %v, %v", e, kept, l.listed, err)
	}
	must(t, c.did(ctx, takeaway.JobErase, e.ID))
	// The file is lost; the database has who was on it.
	l.listed = nil
	if n, err := c.ReplayErasures(ctx); n != 0 || err != nil || len(l.listed) != 1 || string(l.listed[0]) != a.ID {
		t.Errorf("%d are erased again, and the list has %v, %v", n, l.listed, err)
	}
}

func TestLeavingGoesOnWhereItWasInterrupted(t *testing.T) {
	c, l := leavingCity(t)
	a := c.resident(t, 1)
	c.ready(t, a, "rongcheng")
	e, err := c.Leave(ctx, fresh(a))
	must(t, err)
	again, err := c.Leave(ctx, fresh(a))
	must(t, err)
	if again.ID != e.ID {
		t.Error("asked twice it is two erasures")
	}
	if s, err := c.Score(ctx, a, ""); s != nil || err != nil {
		t.Errorf("scoring goes on: %v %v", s, err)
	}
	l.down = errors.New("kratos is down")
	if err := c.did(ctx, takeaway.JobErase, e.ID); !errors.Is(err, l.down) {
		t.Fatalf("erased with the login still there: %v", err)
	}
	if _, err := c.Records(ctx, a); err != nil {
		t.Errorf("half erased: %v", err)
	}
	l.down = nil
	must(t, c.did(ctx, takeaway.JobErase, e.ID))
	must(t, c.did(ctx, takeaway.JobErase, e.ID))
	done, err := c.Erasure(ctx, e.ID)
	must(t, err)
	if done.ListedAt == nil || done.LoginAt == nil || done.ErasedAt == nil || len(l.logins) != 1 || len(l.listed) != 1 {
		t.Errorf("%+v, %+v", done, l)
	}
	_, err = c.Viewer(ctx, a)
	wants(t, err, "not_found")
	if n, err := c.ReplayErasures(ctx); n != 0 || err != nil {
		t.Errorf("%d are erased again, %v", n, err)
	}
	// A list that knows more than the database, as after a restored backup.
	b := c.resident(t, 2)
	l.listed = append(l.listed, mingjing.ResidentID(b.ID))
	if n, err := c.ReplayErasures(ctx); n != 1 || err != nil {
		t.Errorf("%d are erased again, %v", n, err)
	}
	_, err = c.Viewer(ctx, b)
	wants(t, err, "not_found")
	if again := c.resident(t, 1); again.ID == a.ID {
		t.Error("who comes back is known by the old id")
	}
}

// A mortal is a process that is killed after a number of its steps: commits, and what it
// does outside the database.
type mortal struct {
	casework.Store
	takeaway.ErasureList
	takeaway.Accounts
	steps int
}

var errKilled = errors.New("killed")

func (m *mortal) step(do func() error) error {
	if m.steps <= 0 {
		return errKilled
	}
	err := do()
	if m.steps--; err == nil && m.steps == 0 {
		return errKilled
	}
	return err
}

func (m *mortal) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	return m.step(func() error { return m.Store.Tx(ctx, fn) })
}

func (m *mortal) Add(ctx context.Context, r mingjing.ResidentID) error {
	return m.step(func() error { return m.ErasureList.Add(ctx, r) })
}

func (m *mortal) Forget(ctx context.Context, n mingjing.IDNumber) error {
	return m.step(func() error { return m.Accounts.Forget(ctx, n) })
}

func (m *mortal) ForgetResident(ctx context.Context, r mingjing.ResidentID) error {
	return m.step(func() error { return m.Accounts.ForgetResident(ctx, r) })
}

func TestLeavingThatIsKilledAnywhereEndsErasedAndNotedSo(t *testing.T) {
	survived := false
	for steps := 1; !survived; steps++ {
		if steps > 20 {
			t.Fatal("leaving takes more than 20 steps")
		}
		l := &leavers{}
		var m *mortal
		c := newCity(t, func(cfg *casework.Config) {
			m = &mortal{Store: cfg.Store, ErasureList: l, Accounts: l, steps: 1000}
			cfg.Store, cfg.Erasures, cfg.Accounts = m, m, m
		})
		a := c.resident(t, 1)
		c.ready(t, a, "rongcheng")
		m.steps = steps
		e, err := c.Leave(ctx, fresh(a))
		if err == nil {
			err = c.did(ctx, takeaway.JobErase, e.ID)
		}
		if survived = err == nil; !survived && !errors.Is(err, errKilled) {
			t.Fatalf("after %d steps: %v", steps, err)
		}
		m.steps = 1000
		// The next process has the job, as long as there is an erasure.
		c.do(t, func(tx opened) (err error) {
			var row takeaway.Erasure
			row, err = tx.ErasureOf(ctx, mingjing.ResidentID(a.ID))
			e = row.Erasure
			return err
		})
		must(t, c.did(ctx, takeaway.JobErase, e.ID))
		done, err := c.Erasure(ctx, e.ID)
		must(t, err)
		if done.ListedAt == nil || done.LoginAt == nil || done.ErasedAt == nil || len(l.listed) != 1 || len(l.logins) == 0 {
			t.Errorf("killed after %d steps: %+v, %+v", steps, done, l)
		}
		_, err = c.Viewer(ctx, a)
		wants(t, err, "not_found")
	}
}

// In a backup from before somebody enrolled there is nothing of them, but their login is
// elsewhere.
func TestAReplayRemovesLoginsThatAreYoungerThanTheBackup(t *testing.T) {
	c, l := leavingCity(t)
	l.listed = []mingjing.ResidentID{"younger"}
	l.down = errors.New("kratos is down")
	if _, err := c.ReplayErasures(ctx); !errors.Is(err, l.down) {
		t.Fatalf("the login may be there, and it is said %v", err)
	}
	l.down = nil
	for range 2 { // the second start has nothing to do
		if n, err := c.ReplayErasures(ctx); n != 0 || err != nil {
			t.Errorf("%d are erased again, %v", n, err)
		}
	}
	if !slices.Equal(l.ids, l.listed) {
		t.Errorf("the logins of %v were removed", l.ids)
	}
	c.do(t, func(tx opened) error {
		if e, err := tx.ErasureOf(ctx, "younger"); err != nil || e.ErasedAt == nil || e.LoginAt == nil {
			t.Errorf("%+v, %v", e, err)
		}
		return nil
	})
}

// A backup may be from between the steps of an erasure: the login that was removed
// is there again.
func TestAReplayRemovesALoginThatCameBackWithABackup(t *testing.T) {
	l, store := &leavers{}, &flawed{}
	c := newCity(t, func(cfg *casework.Config) {
		store.Store = cfg.Store
		cfg.Store, cfg.Erasures, cfg.Accounts = store, l, l
	})
	a := c.resident(t, 1)
	e, err := c.Leave(ctx, fresh(a))
	must(t, err)
	cut := errors.New("cut off")
	store.fail = func(op string) error {
		if op == "erase" {
			return cut
		}
		return nil
	}
	if err := c.did(ctx, takeaway.JobErase, e.ID); !errors.Is(err, cut) {
		t.Fatalf("it is cut off before the keys are gone, and says %v", err)
	}
	if got, err := c.Erasure(ctx, e.ID); err != nil || got.LoginAt == nil || got.ErasedAt != nil || len(l.logins) != 1 {
		t.Fatalf("%+v, %v, %d logins removed", got, err, len(l.logins))
	}
	store.fail = nil
	c.clock.pass(time.Hour)
	if n, err := c.ReplayErasures(ctx); n != 1 || err != nil {
		t.Errorf("%d are erased again, %v", n, err)
	}
	done, err := c.Erasure(ctx, e.ID)
	must(t, err)
	if len(l.logins) != 2 || done.LoginAt == nil || !done.LoginAt.Equal(c.clock.Now()) || done.ErasedAt == nil {
		t.Errorf("%d logins removed, %+v", len(l.logins), done)
	}
}

func TestACaseThatComesWhileSomebodyLeavesEndsWithThem(t *testing.T) {
	c, _ := leavingCity(t)
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("debt")}})
	a := c.resident(t, 1)
	c.ready(t, a, "honest-shanghai")
	held, err := c.Records(ctx, a)
	must(t, err)
	e, err := c.Leave(ctx, fresh(a))
	must(t, err)
	l := c.propose(t, 1, "proposed")
	d, err := c.FileDispute(ctx, a, cases.Filing{RecordID: held.Records[0].Record.ID, Reason: mingjing.ReasonOther, Statement: "Not mine."})
	must(t, err)
	must(t, c.did(ctx, takeaway.JobErase, e.ID))
	c.clock.pass(60 * 24 * time.Hour)
	must(t, c.did(ctx, cases.JobClock, l.CaseID))
	for _, id := range []string{l.CaseID, d.ID} {
		if line := c.storedLine(t, id); line.State != mingjing.CaseDecided || len(line.Clocks) != 0 {
			t.Errorf("a case that nobody can decide is open: %+v", line.Case)
		}
	}
	q, err := c.Cases(ctx, supervisor, mingjing.CaseFilter{}, "")
	must(t, err)
	if len(q.Cases) != 0 || q.Counts["late"] != 0 {
		t.Errorf("staff see %d cases, %d of them late", len(q.Cases), q.Counts["late"])
	}
}

// storedLine is the line of a case in the queue.
func (c *city) storedLine(t tb, id string) (d cases.Case) {
	t.Helper()
	c.peek(t, func(tx opened) (err error) { d, err = tx.CaseSummary(ctx, id); return err })
	return d
}
