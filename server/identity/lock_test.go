package identity

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"mingjing"
)

// memoryUses stores uses for one test, by a clock of its own.
type memoryUses struct {
	clock  Clock
	mu     sync.Mutex
	seen   map[string]time.Time
	owner  map[string]mingjing.ResidentID
	cookie map[string]string
	factor map[string]time.Time
	chosen map[mingjing.ResidentID]int
	wrote  int
	read   int
	down   error
}

func (u *memoryUses) SessionUses(_ context.Context, sessions ...string) (map[string]mingjing.SessionUse, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.read++
	uses, now := map[string]mingjing.SessionUse{}, u.clock.Now()
	for _, s := range sessions {
		if at, known := u.seen[s]; known {
			given, factor := u.factor[s]
			uses[s] = mingjing.SessionUse{SeenAt: at, Unused: now.Sub(at), Minutes: u.chosen[u.owner[s]], Cookie: u.cookie[s],
				Factor: factor, FactorAge: now.Sub(given)}
		}
	}
	return uses, u.down
}

func (u *memoryUses) ForgetSessions(_ context.Context, sessions ...string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range sessions {
		delete(u.seen, s)
	}
	return u.down
}

func (u *memoryUses) UseSession(_ context.Context, session string, resident mingjing.ResidentID) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seen[session], u.owner[session] = u.clock.Now(), resident
	u.wrote++
	return u.down
}

func (u *memoryUses) RenewSession(ctx context.Context, session string, resident mingjing.ResidentID, cookie string, factor bool) error {
	err := u.UseSession(ctx, session, resident)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cookie[session] = cookie; factor {
		u.factor[session] = u.clock.Now()
	}
	return err
}

func (u *memoryUses) SetLockAfter(_ context.Context, resident mingjing.ResidentID, minutes int) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.chosen[resident] = minutes
	return u.down
}

// watched returns an Identity whose sessions end when nobody uses them, with its clock.
func watched(t *testing.T) (*Identity, *memoryUses, *handClock) {
	t.Helper()
	c := &handClock{now: time.Now()}
	u := &memoryUses{clock: c, seen: map[string]time.Time{}, owner: map[string]mingjing.ResidentID{}, cookie: map[string]string{},
		factor: map[string]time.Time{}, chosen: map[mingjing.ResidentID]int{}}
	return newReplica(t, func(i *Identity) { i.clock, i.uses, i.idleAfter = c, u, 5*time.Minute }), u, c
}

func TestASessionThatNobodyUsesEnds(t *testing.T) {
	i, u, c := watched(t)
	var told []bool
	i.OnEnd(func(_ context.Context, _ string, locked bool) { told = append(told, locked) })
	n := enrolled(t)
	token := loggedInAs(t, i, n, newDevice())
	l, err := i.Who(t.Context(), token)
	if err != nil || l.IdleAfter != 5*time.Minute {
		t.Fatalf("a new session is %+v, %v", l, err)
	}
	// Whoever works goes on; not every request is written down.
	for range 10 {
		c.now = c.now.Add(4 * time.Minute)
		for range 5 {
			if _, err := i.Use(t.Context(), token); err != nil {
				t.Fatalf("somebody at work is told %v", err)
			}
		}
	}
	if u.wrote != 11 {
		t.Errorf("%d uses were written down, not 11", u.wrote)
	}
	// What a page asks by itself is no use.
	c.now = c.now.Add(4 * time.Minute)
	if _, err := i.Who(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if ended, err := i.Ended(t.Context(), l.SessionID); err != nil || len(ended) != 0 {
		t.Errorf("ended are %v, %v", ended, err)
	}
	c.now = c.now.Add(80 * time.Second)
	if ended, err := i.Ended(t.Context(), l.SessionID); err != nil || len(ended) != 1 {
		t.Errorf("unused, ended are %v, %v", ended, err)
	}
	_, err = i.Use(t.Context(), token)
	wantCode(t, err, "session_idle")
	if len(told) != 1 || !told[0] {
		t.Errorf("told of the end: %v", told)
	}
	// For good, and on every replica.
	_, err = shared.Who(t.Context(), token)
	wantCode(t, err, "session_expired")
}

// A replica whose clock is wrong ends no session.
func TestHowLongASessionWasUnusedIsByOneClock(t *testing.T) {
	i, _, _ := watched(t)
	token := loggedInAs(t, i, enrolled(t), newDevice())
	l, err := i.Use(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	for _, apart := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		wrong := newReplica(t, func(other *Identity) { other.uses, other.idleAfter, other.clock = i.uses, i.idleAfter, later(apart) })
		if _, err := wrong.Use(t.Context(), token); err != nil {
			t.Errorf("a replica that is %v apart says %v", apart, err)
		}
		if ended, err := wrong.Ended(t.Context(), l.SessionID); err != nil || len(ended) > 0 {
			t.Errorf("a replica that is %v apart ends %v, %v", apart, ended, err)
		}
	}
}

func TestAResidentChoosesWhenSessionsEnd(t *testing.T) {
	i, _, c := watched(t)
	n := enrolled(t)
	phone, desk := loggedInAs(t, i, n, newDevice()), loggedInAs(t, i, n, newDevice())
	for _, token := range []string{phone, desk} {
		if _, err := i.Use(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	for _, minutes := range []int{0, -5, 3, 600} {
		err := i.SetLockAfter(t.Context(), phone, minutes)
		if e, ok := errors.AsType[*mingjing.Error](err); !ok || len(e.Fields) != 1 || e.Fields[0].Field != "minutes" {
			t.Errorf("%d minutes are answered with %v", minutes, err)
		}
	}
	if err := i.SetLockAfter(t.Context(), phone, 15); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(14 * time.Minute)
	l, err := i.Use(t.Context(), phone)
	if err != nil || l.IdleAfter != 15*time.Minute {
		t.Fatalf("after fourteen minutes of fifteen: %+v, %v", l, err)
	}
	if list, err := i.Sessions(t.Context(), phone); err != nil || len(list) != 2 || !list[0].SeenAt.Equal(c.now) ||
		!list[1].SeenAt.Equal(c.now.Add(-14*time.Minute)) {
		t.Errorf("the sessions are %+v, %v", list, err)
	}
	if err := i.SetLockAfter(t.Context(), phone, 2); err != nil {
		t.Fatal(err)
	}
	// The one that was left alone is not listed as if it were still open.
	if list, err := i.Sessions(t.Context(), phone); err != nil || len(list) != 1 || !list[0].Current {
		t.Errorf("the sessions are %+v, %v", list, err)
	}
	_, err = i.Use(t.Context(), desk)
	wantCode(t, err, "session_idle")

	staffToken, err := i.StaffLogin(t.Context(), staff(t), password, codeAt(t, 0), newDevice())
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, i.SetLockAfter(t.Context(), staffToken, 15), "forbidden")
}

func TestALockedSessionIsOverAndSaysWhy(t *testing.T) {
	i, u, _ := watched(t)
	var told []bool
	i.OnEnd(func(_ context.Context, _ string, locked bool) { told = append(told, locked) })
	n := enrolled(t)
	locked, left := loggedInAs(t, i, n, newDevice()), loggedInAs(t, i, n, newDevice())
	for range 2 { // the second time there is nothing to lock
		if err := i.Lock(t.Context(), locked); err != nil {
			t.Fatal(err)
		}
	}
	if err := i.Logout(t.Context(), left); err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || !told[0] || told[1] {
		t.Errorf("told of a lock and a log-out: %v", told)
	}
	_, err := i.Who(t.Context(), locked)
	wantCode(t, err, "session_expired")

	// Whether it was used can't be found out: then nobody is let in.
	again := loggedInAs(t, i, n, newDevice())
	u.down = errors.New("no database")
	_, err = i.Who(t.Context(), again)
	wantCode(t, err, "identity_down")
}
