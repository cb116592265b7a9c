//go:build unix

package identity

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"mingjing"
)

// waitsHere stores the logins that wait in this process, as the store does for all replicas.
type waitsHere struct {
	mu    sync.Mutex
	ids   []string
	all   map[string]*mingjing.LoginWait
	moved chan struct{} // closed with the next answer
}

func newWaits() *waitsHere {
	return &waitsHere{all: map[string]*mingjing.LoginWait{}, moved: make(chan struct{})}
}

func (w *waitsHere) AddLoginWait(_ context.Context, id string, sealed []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids, w.all[id] = append(w.ids, id), &mingjing.LoginWait{Sealed: sealed}
	return nil
}

func (w *waitsHere) LoginWait(_ context.Context, id string) (mingjing.LoginWait, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all[id] == nil {
		return mingjing.LoginWait{}, nil
	}
	out, before := *w.all[id], slices.Index(w.ids, id)
	out.Place = 1
	for n, other := range w.ids {
		if w.all[other].Answer == nil {
			if out.Waiting++; n < before {
				out.Place++
			}
		}
	}
	return out, nil
}

func (w *waitsHere) TakeLoginWait(_ context.Context, id string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all[id].Taken || w.all[id].Answer != nil {
		return false, nil
	}
	w.all[id].Taken = true
	return true, nil
}

func (w *waitsHere) AnswerLoginWait(_ context.Context, id string, answer []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all[id].Taken = false
	if answer != nil {
		w.all[id].Answer, w.all[id].Sealed = answer, nil
	}
	close(w.moved)
	w.moved = make(chan struct{})
	return nil
}

func (w *waitsHere) EndLoginWaits(context.Context, time.Duration) (bool, error) { return false, nil }

func (w *waitsHere) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.moved
}

// waitFor asks for the place of a login until it has had its turn, each time that somebody else
// has. It returns the places too.
func (w *waitsHere) waitFor(ctx context.Context, i *Identity, id string) (places []int, got mingjing.AwaitedLogin, err error) {
	for {
		moved := w.next()
		got, err = i.AwaitLogin(ctx, id, newDevice())
		if code := codeOf(err); code == "identity_down" { // its page asks again
			continue
		}
		if err != nil || got.Cookie != "" {
			return places, got, err
		}
		places = append(places, got.Place)
		select {
		case <-moved:
		case <-ctx.Done():
			return places, got, ctx.Err()
		}
	}
}

func TestOfManyLoginsAtOnceNobodyWithTheRightPasswordIsRefused(t *testing.T) {
	const people, atOnce, wrong = 192, 64, 8
	waits := newWaits()
	i := kratosOn(t, "")
	i.waits, i.checks = waits, newLine(2)
	i.checks.note(atOnce) // as many wait already as make newcomers go to the end
	who := make(chan mingjing.IDNumber, people)
	var known []mingjing.IDNumber
	for range atOnce / 2 {
		n := newNumber()
		if err := i.EnrolResident(t.Context(), residentOf(n), n, password); err != nil {
			t.Fatal(err)
		}
		known = append(known, n)
	}
	for k := range people {
		who <- known[k%len(known)]
	}
	close(who)
	var (
		mu       sync.Mutex
		furthest int
		waited   int
		all      sync.WaitGroup
	)
	one := func(n mingjing.IDNumber, pw, want string) {
		cookie, id, err := i.LoginInTurn(t.Context(), n, pw, "inbox", newDevice())
		var got mingjing.AwaitedLogin
		var places []int
		if id != "" {
			if err != nil || cookie != "" {
				t.Errorf("a login that waits is told %v", err)
			}
			places, got, err = waits.waitFor(t.Context(), i, id)
		} else {
			got.Cookie, got.Next = cookie, "inbox"
		}
		if code := ""; err != nil {
			if code = codeOf(err); code != want || want != "" && id != "" && got.IDNumber != string(n) {
				t.Errorf("the answer is %s with %+v", code, got)
			}
		} else if want != "" || got.Cookie == "" || got.Next != "inbox" {
			t.Errorf("it ends with %+v", got)
		}
		if !slices.IsSortedFunc(places, func(a, b int) int { return cmp.Compare(b, a) }) {
			t.Errorf("the places are %v", places)
		}
		mu.Lock()
		defer mu.Unlock()
		if id != "" {
			waited++
		}
		if len(places) > 0 {
			furthest = max(furthest, places[0])
		}
	}
	for range atOnce {
		all.Go(func() {
			for n := range who {
				one(n, password, "")
			}
		})
	}
	for k := range wrong {
		all.Go(func() { one(known[k], "not the password", "login_failed") })
	}
	all.Wait()
	if furthest <= checksAhead*2 || waited == 0 {
		t.Errorf("%d waited, the furthest at place %d", waited, furthest)
	}
	for id, w := range waits.all {
		if w.Sealed != nil || bytes.Contains(w.Answer, []byte(password)) {
			t.Errorf("what was typed for %s is kept", id)
		}
	}
}

func TestALoginThatWaitsIsOpenToItsBrowserAloneAndSurvivesWhatBreaks(t *testing.T) {
	waits, ctx := newWaits(), t.Context()
	i := newReplica(t, func(i *Identity) { i.waits, i.checks = waits, newLine(1) })
	n, right := enrolled(t), newDevice()
	i.checks.note(checksAhead + 1)
	put := func(pw string) string {
		t.Helper()
		_, id, err := i.LoginInTurn(ctx, n, pw, "", right)
		if err != nil || id == "" {
			t.Fatalf("it does not wait: %v", err)
		}
		return id
	}
	first, second := put(password), put("not the password")
	for _, id := range []string{first, second} { // until it is their turn there is no difference
		if sealed := waits.all[id].Sealed; bytes.Contains(sealed, []byte(password)) || bytes.Contains(sealed, []byte(n)) {
			t.Error("what was typed is readable")
		}
	}
	if a, b := len(waits.all[first].Sealed), len(waits.all[second].Sealed); a != b-len("not the password")+len(password) {
		t.Errorf("one is %d long, the other %d", a, b)
	}
	for _, id := range []string{"", "x", first + "x", second[1:]} {
		_, err := i.AwaitLogin(ctx, id, right)
		wantCode(t, err, "no_login_waits")
	}
	waits.all["stolen"] = waits.all[first] // the row alone opens nothing
	waits.ids = append(waits.ids, "stolen")
	_, err := i.AwaitLogin(ctx, "stolen", right)
	wantCode(t, err, "no_login_waits")

	// While Kratos is away it waits on, and nothing is typed again.
	there := i.kratos
	i.kratos, err = dialURLs("http://127.0.0.1:1", "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = i.AwaitLogin(ctx, first, right)
	wantCode(t, err, "identity_down")
	i.kratos = there
	got, err := i.AwaitLogin(ctx, first, right)
	if err != nil || got.Cookie == "" {
		t.Fatalf("then it ends with %+v, %v", got, err)
	}
	if _, err := i.Who(ctx, got.Cookie); err != nil {
		t.Error(err)
	}
	// An answer that got lost on its way is there once more.
	if again, err := i.AwaitLogin(ctx, first, right); err != nil || again != got {
		t.Errorf("asked again it is %+v, %v", again, err)
	}
	_, err = i.AwaitLogin(ctx, second, right)
	wantCode(t, err, "login_failed")
}
