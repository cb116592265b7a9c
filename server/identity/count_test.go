package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/ory/kratos-client-go"
)

// calls are the calls to the real Kratos, each as method, port and path.
type calls struct {
	mu   sync.Mutex
	seen []string
}

type counted struct {
	next  http.RoundTripper
	port  string
	calls *calls
}

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls.mu.Lock()
	c.calls.seen = append(c.calls.seen, r.Method+" "+c.port+" "+r.URL.Path)
	c.calls.mu.Unlock()
	return c.next.RoundTrip(r)
}

// count counts the calls of an Identity to Kratos.
func count(i *Identity) *calls {
	c := &calls{}
	over := func(a *client.APIClient, port string) *client.APIClient {
		cfg := *a.GetConfig()
		cfg.HTTPClient = &http.Client{Transport: counted{cfg.HTTPClient.Transport, port, c}, CheckRedirect: cfg.HTTPClient.CheckRedirect}
		return client.NewAPIClient(&cfg)
	}
	k := *i.kratos
	k.public, k.admin = over(k.public, "public"), over(k.admin, "admin")
	i.kratos = &k
	return c
}

// since returns what was called since the last time, identifiers left out.
func (c *calls) since() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := c.seen
	c.seen = nil
	return seen
}

// unheld returns an Identity whose answers are not delayed. once reports whether the last
// one would have been, once and after everything else.
func unheld(t *testing.T, change func(*Identity)) (i *Identity, once func() bool) {
	t.Helper()
	holds, left := 0, 0
	i = newReplica(t, change)
	called := count(i)
	i.pace = responseFloor{floor: time.Hour, wait: func(_ context.Context, d time.Duration) {
		holds++
		called.since()
		if d <= 0 || d > time.Hour {
			left++
		}
	}}
	return i, func() bool {
		good := holds == 1 && left == 0 && len(called.since()) == 0
		holds, left = 0, 0
		return good
	}
}

// A password check is the one thing that takes long, so that who is counted there is
// the same for everybody: it needs no measuring.
func TestAKnownAndAnUnknownIDCostTheSameCalls(t *testing.T) {
	i := newReplica(t, nil)
	called := count(i)
	n := enrolled(t)
	unactivated := newNumber()
	if err := i.EnrolResident(t.Context(), residentOf(unactivated), unactivated, ""); err != nil {
		t.Fatal(err)
	}
	locked := enrolled(t)
	lock(t, locked)
	if _, _, err := i.checkPassword(t.Context(), shared.keys.resident(n), "not the password", newDevice()); !errors.Is(err, errRefused) {
		t.Fatal(err) // the first look-up makes the decoy
	}
	called.since()
	var want []string
	for _, who := range []struct {
		name, identifier string
	}{
		{"known", shared.keys.resident(n)}, {"unknown", shared.keys.resident(newNumber())},
		{"not activated", shared.keys.resident(unactivated)}, {"locked", shared.keys.resident(locked)},
	} {
		if _, _, err := i.checkPassword(t.Context(), who.identifier, "not the password", newDevice()); !errors.Is(err, errRefused) {
			t.Errorf("a wrong password of one who is %s gives %v", who.name, err)
		}
		got := called.since()
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("one who is %s costs %v, a known one %v", who.name, got, want)
		}
		checks := 0
		for _, c := range got {
			if strings.HasPrefix(c, "POST public /self-service/login") {
				checks++
			}
		}
		if checks != 1 {
			t.Errorf("one who is %s costs %d password checks: %v", who.name, checks, got)
		}
	}
}

func TestAPageOfSessionsIsRecheckedByOneQuery(t *testing.T) {
	i, u, c := watched(t)
	called := count(i)
	n := enrolled(t)
	token := loggedInAs(t, i, n, newDevice())
	l, err := i.Use(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	page := []string{l.SessionID, "unused", "ended on another replica"}
	u.seen["unused"] = c.now.Add(-time.Hour)
	if ended, err := i.Ended(t.Context(), page...); err != nil || !slices.Equal(ended, page[1:]) {
		t.Errorf("of one that is used, one that is not and one that has ended, ended are %v, %v", ended, err)
	}
	// Five hundred at a time, of which Kratos is asked about a few.
	page = nil
	for n := range 500 {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
		page, u.seen[id] = append(page, id), c.now
	}
	u.read = 0
	called.since()
	asked := map[string]bool{}
	for range 20 {
		if _, err := i.Ended(t.Context(), page...); err != nil {
			t.Fatal(err)
		}
		got := called.since()
		// Kratos knows none of them, which is believed when it is ready, as its two ports say.
		if len(got) != askedAtOnce+2 {
			t.Fatalf("a page of %d sessions costs %d calls to Kratos", len(page), len(got))
		}
		for _, c := range got {
			asked[c] = true
		}
	}
	if u.read != 20 {
		t.Errorf("20 pages cost %d queries", u.read)
	}
	if len(asked) < 3*askedAtOnce {
		t.Errorf("Kratos was asked about the same %d each time", len(asked))
	}
	if err := i.Logout(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, known := u.seen[l.SessionID]; known {
		t.Error("who logged out is still known as using the session")
	}
}

// What is done at the end of a session may hang; the session has ended all the same.
func TestWhoLogsOutDoesNotWaitForWhatHangs(t *testing.T) {
	i := newReplica(t, func(i *Identity) { i.endWait = 10 * time.Millisecond })
	release, told := make(chan struct{}), make(chan string, 1)
	t.Cleanup(func() { close(release) })
	i.OnEnd(func(context.Context, string, bool) { <-release }) // heeds no context
	i.OnEnd(func(_ context.Context, id string, _ bool) { told <- id })
	token := loggedInAs(t, i, enrolled(t), newDevice())
	l, err := i.Who(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Logout(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if id := <-told; id != l.SessionID {
		t.Errorf("told of the end of %s, not %s", id, l.SessionID)
	}
	_, err = i.Who(t.Context(), token)
	wantCode(t, err, "session_expired")
}
