package identity

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing"
)

// TestNobodyIsLockedOutByAStranger: whatever strangers do, the owner's right password lets
// them in, at once in a browser that knows them and after some seconds in a new one.
func TestNobodyIsLockedOutByAStranger(t *testing.T) {
	const six, wrong = "2001:db8:7:7::", "not the password"
	var waited time.Duration
	i := newReplica(t, func(i *Identity) {
		i.limits = Limits{Device: []Rate{{3, 24 * time.Hour}, {2, time.Hour}}, Address: []Rate{{4, time.Hour}},
			Stranger: []Rate{{3, time.Hour}}}.withDefaults()
		var mu sync.Mutex
		i.slow.wait = func(_ context.Context, d time.Duration) { mu.Lock(); defer mu.Unlock(); waited += d }
	})
	other := enrolled(t)
	elsewhere := newDevice()
	others, err := i.SeenDevice(t.Context(), loggedInAs(t, i, other, elsewhere), "", elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	login := func(n mingjing.IDNumber, text, addr, cookie string) error {
		_, err := i.Login(t.Context(), n, text, mingjing.Client{Addr: addr, Device: "Firefox", Browser: cookie})
		return err
	}
	for name, attack := range map[string]func(victim mingjing.IDNumber, home, cookie string){
		"at a shared address": func(victim mingjing.IDNumber, home, _ string) {
			for range 5 {
				_ = login(victim, wrong, home, "")
			}
		},
		"from many addresses": func(victim mingjing.IDNumber, _, _ string) {
			for range 5 {
				_ = login(victim, wrong, newDevice().Addr, "")
			}
		},
		"at a shared address, for many people": func(_ mingjing.IDNumber, home, _ string) {
			for range 5 {
				_ = login(newNumber(), wrong, home, "")
			}
		},
		"from many addresses of one network": func(victim mingjing.IDNumber, _, _ string) {
			for n := range 5 {
				_ = login(victim, wrong, six+fmt.Sprint(n+10), "")
			}
		},
		"with made-up and with others' cookies": func(victim mingjing.IDNumber, home, cookie string) {
			for _, forged := range []string{others, cookie[:22], cookie[:len(cookie)-2] + "AA", "x"} {
				_ = login(victim, wrong, home, forged)
			}
		},
		"all at once": func(victim mingjing.IDNumber, home, _ string) {
			var all sync.WaitGroup
			for range 5 {
				all.Go(func() { _ = login(victim, wrong, home, "") })
			}
			all.Wait()
		},
		"with codes instead": func(victim mingjing.IDNumber, home, _ string) {
			for range 5 {
				_, _ = i.activate(t.Context(), victim, "0000-0000-0000", newer, mingjing.Client{Addr: home})
			}
		},
		"in the owner's own browser": func(victim mingjing.IDNumber, home, cookie string) {
			for range 5 {
				_ = login(victim, wrong, home, cookie)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			victim, home := enrolled(t), newDevice().Addr
			if name == "from many addresses of one network" {
				home = six + "1"
			}
			c := mingjing.Client{Addr: home, Device: "Firefox"}
			cookie, err := i.SeenDevice(t.Context(), loggedInAs(t, i, victim, c), "", c)
			if err != nil {
				t.Fatal(err)
			}
			attack(victim, home, cookie)
			for _, from := range []struct {
				name, addr, cookie string
			}{{"a known browser", home, cookie}, {"a known browser elsewhere", newDevice().Addr, cookie}, {"a new browser", home, ""},
				{"a new browser elsewhere", newDevice().Addr, ""}} {
				waited = 0
				if err := login(victim, password, from.addr, from.cookie); err != nil {
					t.Errorf("in %s the right password is told %v", from.name, err)
				}
				most := 42 * time.Second
				if from.cookie != "" && name != "in the owner's own browser" {
					most = 0
				}
				if waited > most {
					t.Errorf("in %s the owner waits %v, not %v", from.name, waited, most)
				}
			}
		})
	}
}

// A staff number can be tried by strangers too.
func TestNobodyAtTheDeskIsLockedOutByAStranger(t *testing.T) {
	i := newReplica(t, func(i *Identity) {
		i.limits = Limits{Device: []Rate{{2, time.Hour}}, Stranger: []Rate{{3, time.Hour}}}.withDefaults()
	})
	login, home := staff(t), newDevice()
	token, err := i.StaffLogin(t.Context(), login, password, codeAt(t, 0), home)
	if err != nil {
		t.Fatal(err)
	}
	if home.Browser, err = i.SeenDevice(t.Context(), token, "", home); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		_, err := i.StaffLogin(t.Context(), login, "not the password", "123456", newDevice())
		wantCode(t, err, "login_failed")
	}
	code := codeAt(t, 1)
	if _, err := i.StaffLogin(t.Context(), login, password, code, newDevice()); err != nil {
		t.Errorf("in a new browser the answer is %v", err)
	}
	freed(t, i, login, code)
	i.slow.wait = func(context.Context, time.Duration) { t.Error("a known browser waits") }
	if _, err := i.StaffLogin(t.Context(), login, password, code, home); err != nil {
		t.Errorf("in a known browser the answer is %v", err)
	}
}

// freed makes a code that was used one that can be used again.
func freed(t *testing.T, i *Identity, login, code string) {
	t.Helper()
	p, err := i.kratos.find(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	f, err := i.openFactor(p)
	if err != nil {
		t.Fatal(err)
	}
	step, _ := f.step(code, time.Now())
	i.freeCode(t.Context(), login, f, step)
}

// Who guesses waits the longer the more they guess, and has few guesses at once.
func TestAGuesserIsSlow(t *testing.T) {
	lane := newSlowLane(time.Second, nil)
	held := make(chan struct{})
	lane.wait = func(ctx context.Context, _ time.Duration) {
		select {
		case <-held:
		case <-ctx.Done():
		}
	}
	for per, want := range map[time.Duration]time.Duration{time.Minute: 7 * time.Second, time.Hour: 14 * time.Second,
		24 * time.Hour: 42 * time.Second} {
		if got := lane.patience(per); got != want {
			t.Errorf("beyond what is allowed in %v one waits %v", per, got)
		}
	}
	answers := make(chan error, 2*slowAll)
	var all sync.WaitGroup
	seen := map[*slowTry]bool{}
	enter := func(identifier, addr string) {
		done := make(chan struct{})
		all.Go(func() {
			defer close(done)
			leave, err := lane.enter(t.Context(), attempt{identifier: identifier, addr: addr}, time.Hour)
			if err == nil {
				leave()
			}
			answers <- err
		})
		eventually(t, "it waits or is refused", func() bool {
			lane.mu.Lock()
			defer lane.mu.Unlock()
			select {
			case <-done:
				return true
			default:
			}
			for w := range lane.waiting {
				if w.addr == addr && (strings.HasPrefix(w.pair, identifier+"\x00")) && !seen[w] {
					seen[w] = true
					return true
				}
			}
			return false
		})
	}
	for range slowPair + 1 {
		enter("one", "192.0.2.1")
	}
	wantCode(t, <-answers, "too_many_attempts")
	// Who comes from an address of their own has room where an address has many.
	for n := range slowAll {
		enter(fmt.Sprint(n), fmt.Sprintf("198.51.100.%d", n/slowAddr))
	}
	full := len(lane.waiting)
	enter("the owner", "203.0.113.5")
	lane.mu.Lock()
	there := false
	for w := range lane.waiting {
		there = there || w.addr == "203.0.113.5"
	}
	if len(lane.waiting) != full || !there {
		t.Errorf("%d wait, and then %d; the owner among them: %v", full, len(lane.waiting), there)
	}
	lane.mu.Unlock()
	close(held)
	all.Wait()
}
