package agency_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mingjing/server/agency"
)

func TestASlowAgencyIsLeftAtTheTimeout(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"never begins": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"drips its body": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-tick.C:
				case <-r.Context().Done():
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := connect(t, h, within(100*time.Millisecond))
			start := time.Now()
			_, err := a.Records(t.Context(), "court", inquiry())
			if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, agency.ErrNoAnswer) {
				t.Fatal(err)
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("left after %v", took)
			}
		})
	}
}

func TestAnAgencyThatIsDownOrUnknownDoesNotAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + l.Addr().String()
	_ = l.Close()
	a := agency.New(agency.Config{Directory: map[string]string{"gone": base}, Key: master})
	defer a.Close()
	if _, err := a.Records(t.Context(), "gone", inquiry()); !errors.Is(err, agency.ErrNoAnswer) {
		t.Error(err)
	}
	if _, err := a.Ask(t.Context(), "nobody", question()); !errors.Is(err, agency.ErrUnknownAgency) || !errors.Is(err, agency.ErrNoAnswer) {
		t.Error(err)
	}
}

// eventually polls a condition that something outside brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func TestTheBreakerOpensAfterFiveFailuresAndClosesWhenTheAgencyIsBack(t *testing.T) {
	var hits atomic.Int32
	var well atomic.Bool
	const openFor = 300 * time.Millisecond
	a := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		if well.Load() {
			reply(w, 200, goodReply)
			return
		}
		reply(w, 500, "")
	}, func(c *agency.Config) { c.Breaker.OpenFor = openFor })

	ask := func() error { _, err := a.Records(t.Context(), "court", inquiry()); return err }
	for range agency.DefaultFailures {
		if err := ask(); !errors.Is(err, agency.ErrStatus) {
			t.Fatal(err)
		}
		if _, ok := agency.RetryAfter(ask2(t, a)); ok {
			t.Fatal("another agency's breaker opened")
		}
	}
	err := ask()
	if !errors.Is(err, agency.ErrBreakerOpen) || !errors.Is(err, agency.ErrNoAnswer) {
		t.Fatal(err)
	}
	if d, ok := agency.RetryAfter(err); !ok || d <= 0 || d > openFor {
		t.Errorf("retry after %v, %v", d, ok)
	}
	if _, err := a.Ask(t.Context(), "court", question()); !errors.Is(err, agency.ErrBreakerOpen) {
		t.Error("questions have another breaker:", err)
	}
	if n := hits.Load(); n != agency.DefaultFailures {
		t.Errorf("an open breaker let %d through", n-agency.DefaultFailures)
	}
	// Half open, one ask may try, and its failure opens it again.
	eventually(t, "half open", func() bool { return errors.Is(ask(), agency.ErrStatus) })
	if err := ask(); !errors.Is(err, agency.ErrBreakerOpen) {
		t.Error("not open again:", err)
	}
	well.Store(true)
	eventually(t, "closed", func() bool { return ask() == nil })
	for range 20 {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	}
}

func ask2(t *testing.T, a *agency.Agencies) error {
	_, err := a.Records(t.Context(), "nobody", inquiry())
	return err
}

func TestGarbageOpensTheBreakerAndAWalkAwayDoesNot(t *testing.T) {
	a := connect(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, "garbage") })
	for range agency.DefaultFailures {
		_, _ = a.Records(t.Context(), "court", inquiry())
	}
	if _, err := a.Records(t.Context(), "court", inquiry()); !errors.Is(err, agency.ErrBreakerOpen) {
		t.Error(err)
	}

	arrived := make(chan struct{})
	var hang atomic.Bool
	hang.Store(true)
	a = connect(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if hang.Load() {
			arrived <- struct{}{}
			<-r.Context().Done()
			return
		}
		reply(w, 200, goodReply)
	})
	for range 3 * agency.DefaultFailures {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		if _, err := a.Records(ctx, "court", inquiry()); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	hang.Store(false)
	if _, err := a.Records(t.Context(), "court", inquiry()); err != nil {
		t.Error("callers who gave up opened the breaker:", err)
	}
}

func TestNoMoreAsksAreUnderWayThanTheBounds(t *testing.T) {
	const perAgency, total, agencies, each = 3, 5, 4, 12
	var now, most, all, mostAll atomic.Int32
	raise := func(most *atomic.Int32, n int32) {
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
	}
	dir := map[string]string{}
	release := make(chan struct{})
	arrived := make(chan struct{}, agencies*each)
	for i := range agencies {
		var here atomic.Int32
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			raise(&most, here.Add(1))
			raise(&mostAll, all.Add(1))
			now.Add(1)
			arrived <- struct{}{}
			<-release
			here.Add(-1)
			all.Add(-1)
			reply(w, 200, goodReply)
		}))
		t.Cleanup(srv.Close)
		dir[string(rune('a'+i))] = srv.URL
	}
	a := agency.New(agency.Config{Directory: dir, Key: master, PerAgency: perAgency, Total: total, Timeout: 20 * time.Second})
	defer a.Close()
	var wg sync.WaitGroup
	for code := range dir {
		for range each {
			wg.Go(func() {
				if _, err := a.Records(t.Context(), code, inquiry()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	for range total { // all turns are taken before the first is given back
		<-arrived
	}
	close(release)
	wg.Wait()
	if most.Load() > perAgency || mostAll.Load() != total || now.Load() != agencies*each {
		t.Errorf("%d at one agency, %d in all, %d asks", most.Load(), mostAll.Load(), now.Load())
	}
}

func TestWhoWaitsForASlowAgencyHoldsNobodyElseUp(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		reply(w, 200, goodReply)
	}))
	defer slow.Close()
	fast := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, goodReply) }))
	defer fast.Close()
	a := agency.New(agency.Config{Directory: map[string]string{"slow": slow.URL, "fast": fast.URL}, Key: master,
		PerAgency: 2, Total: 3, Timeout: 20 * time.Second})
	defer a.Close()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { _, _ = a.Records(t.Context(), "slow", inquiry()) })
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for range 10 {
		if _, err := a.Records(ctx, "fast", inquiry()); err != nil {
			t.Error(err)
			break
		}
	}
	close(release)
	wg.Wait()
}

func TestWaitingForATurnEndsWithTheCallersContext(t *testing.T) {
	hold := make(chan struct{})
	arrived := make(chan struct{}, 2)
	a := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-hold
		reply(w, 200, goodReply)
	}, func(c *agency.Config) { c.PerAgency = 1 })
	done := make(chan error)
	go func() { _, err := a.Records(t.Context(), "court", inquiry()); done <- err }()
	<-arrived
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := a.Records(ctx, "court", inquiry()); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	close(hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	arrived := make(chan struct{})
	a := connect(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	done := make(chan error)
	go func() { _, err := a.Records(t.Context(), "court", inquiry()); done <- err }()
	<-arrived
	_ = a.Close()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
