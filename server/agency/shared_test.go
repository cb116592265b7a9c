package agency_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mingjing/server/agency"
)

// A board is what replicas tell one another.
type board struct {
	mu   sync.Mutex
	open map[string]time.Time
}

func (b *board) OpenBreakers(context.Context) (map[string]time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.open), nil
}

func (b *board) OpenBreaker(_ context.Context, agency string, until time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open[agency] = until
	return nil
}

func (b *board) CloseBreaker(_ context.Context, agency string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, agency)
	return nil
}

func TestABreakerThatOneReplicaOpensIsOpenForTheOthers(t *testing.T) {
	var asked atomic.Int32
	var well atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if well.Load() {
			reply(w, 200, goodReply)
			return
		}
		reply(w, 500, "")
	}))
	defer srv.Close()
	told := &board{open: map[string]time.Time{}}
	replica := func() *agency.Agencies {
		a := agency.New(agency.Config{Directory: map[string]string{"court": srv.URL}, Key: master, Shared: told,
			Breaker: agency.Breaker{OpenFor: 3 * time.Second}})
		t.Cleanup(func() { _ = a.Close() })
		return a
	}
	one, two := replica(), replica()
	for range agency.DefaultFailures {
		if _, err := one.Records(t.Context(), "court", inquiry()); !errors.Is(err, agency.ErrStatus) {
			t.Fatal(err)
		}
	}
	eventually(t, "the other replica knows", func() bool { return two.Breakers()["court"] })
	before := asked.Load()
	_, err := two.Records(t.Context(), "court", inquiry())
	if after, ok := agency.RetryAfter(err); !errors.Is(err, agency.ErrBreakerOpen) || !ok || after > 3*time.Second {
		t.Errorf("the other replica says %v, to be asked after %v", err, after)
	}
	if asked.Load() != before {
		t.Error("the other replica asked all the same")
	}
	well.Store(true)
	eventually(t, "the agency is asked again", func() bool { _, err := two.Records(t.Context(), "court", inquiry()); return err == nil })
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	const asks, perAgency = 60, 4
	var opened atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, goodReply) }))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	a := agency.New(agency.Config{Directory: map[string]string{"court": srv.URL}, Key: master, PerAgency: perAgency})
	defer a.Close()
	var all sync.WaitGroup
	for range asks {
		all.Go(func() {
			if _, err := a.Records(t.Context(), "court", inquiry()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := opened.Load(); n > 2*perAgency {
		t.Errorf("%d questions took %d connections", asks, n)
	}
}
