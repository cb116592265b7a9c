package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"mingjing"
)

func TestAnEventReachesTheAudienceOnEveryReplicaAndNobodyElse(t *testing.T) {
	onEachRedis(t, anEventReachesTheAudienceOnEveryReplicaAndNobodyElse)
}

func anEventReachesTheAudienceOnEveryReplicaAndNobodyElse(t *testing.T, url string) {
	c := newCity()
	one, two := startReplica(t, c, url, nil), startReplica(t, c, url, nil)
	one.awaitRedis(t, true)
	two.awaitRedis(t, true)
	a, b, other := one.open(t, "audience=anna&session=1"), two.open(t, "audience=anna&session=2"), two.open(t, "audience=bo&session=3")
	for range 3 {
		one.say(t, c, "anna")
	}
	two.say(t, c, "bo")
	wantSeqs(t, a, 1, 3)
	wantSeqs(t, b, 1, 3)
	wantSeqs(t, other, 1, 1)
	two.say(t, c, "bo")
	wantSeqs(t, other, 2, 2)
}

func TestAStreamResumesAfterTheLastEventItHad(t *testing.T) {
	c := newCity()
	for range 7 {
		c.commit("anna")
	}
	r := startReplica(t, c, startRedis(t).url(), nil)
	wantSeqs(t, r.open(t, "audience=anna&session=1&after=4"), 5, 7)
	r.awaitRedis(t, true)
	s := r.open(t, "audience=anna&session=1&after=7")
	r.say(t, c, "anna")
	wantSeqs(t, s, 8, 8)
}

func TestALongAbsenceIsAnsweredWithOneReset(t *testing.T) {
	c := newCity()
	for range 20 {
		c.commit("anna")
	}
	r := startReplica(t, c, "", nil)
	s := r.open(t, "audience=anna&session=1")
	wantSeqs(t, s, 1, 20)

	big := newCity()
	events := make([]mingjing.Event, 100)
	for i := range events {
		events[i] = big.commit("anna")
	}
	r = startReplica(t, c, "", func(cfg *Config) {
		cfg.Replay = func(_ context.Context, _ string, after int64) ([]mingjing.Event, error) {
			return events[min(after, 100):], nil
		}
	})
	s = r.open(t, "audience=anna&session=1&after=3")
	if e := next(t, s); e.Kind != mingjing.EventReset || e.Seq != 100 {
		t.Fatalf("got %+v, want a reset at 100", e)
	}
}

func TestNothingIsLostOrRepeatedWhileStreamsJoinInTheMiddleOfTraffic(t *testing.T) {
	url, c := startRedis(t).url(), newCity()
	one, two := startReplica(t, c, url, nil), startReplica(t, c, url, nil)
	one.awaitRedis(t, true)
	two.awaitRedis(t, true)
	const total = 400
	done := make(chan error, 1)
	go func() {
		for i := range total {
			if i%7 == 3 {
				c.commit("anna") // it is not published in Redis
				continue
			}
			if err := one.Publish(context.Background(), "anna", c.commit("anna")); err != nil {
				done <- err
				return
			}
		}
		done <- one.Publish(context.Background(), "anna", c.commit("anna"))
	}()
	var readers sync.WaitGroup
	for i := range 20 {
		r := one
		if i%2 == 1 {
			r = two
		}
		after := int64(i * 3)
		s := r.open(t, fmt.Sprintf("audience=anna&session=%d&after=%d", i, after))
		readers.Go(func() {
			last := after
			_ = s.SetReadDeadline(time.Now().Add(soon))
			for last < total+1 {
				_, data, err := s.ReadMessage()
				if err != nil {
					t.Errorf("after %d: %v", last, err)
					return
				}
				var e mingjing.Event
				if err := json.Unmarshal(data, &e); err != nil {
					t.Error(err)
					return
				}
				if e.Seq <= last || (e.Seq != last+1 && e.Kind != mingjing.EventReset) {
					t.Errorf("event %d (%s) came after %d", e.Seq, e.Kind, last)
					return
				}
				last = e.Seq
			}
		})
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	readers.Wait()
}

// TestTwoEventsThatComeWhileTheStoreAnswersAreBothHeard: the store's answer is of the moment
// in which it was asked.
func TestTwoEventsThatComeWhileTheStoreAnswersAreBothHeard(t *testing.T) {
	c := newCity()
	asked := make(chan *replica, 1)
	var once sync.Once
	r := startReplica(t, c, "", func(cfg *Config) {
		cfg.Replay = func(ctx context.Context, audience string, after int64) ([]mingjing.Event, error) {
			events, err := c.replay(ctx, audience, after)
			once.Do(func() {
				r := <-asked
				r.receiveEvent("anna", c.commit("anna"))
				r.receiveEvent("anna", c.commit("anna"))
			})
			return events, err
		}
	})
	asked <- r
	wantSeqs(t, r.open(t, "audience=anna&session=1"), 1, 2)
}

func TestAnEventThatRedisLostIsFilledInWhenTheNextOneComes(t *testing.T) {
	c := newCity()
	r := startReplica(t, c, startRedis(t).url(), nil)
	r.awaitRedis(t, true)
	s := r.open(t, "audience=anna&session=1")
	r.say(t, c, "anna")
	wantSeqs(t, s, 1, 1)
	c.commit("anna")
	c.commit("anna")
	r.say(t, c, "anna")
	wantSeqs(t, s, 2, 4)
}

func TestAnEventThatRedisLostIsFoundEvenWhenNothingFollows(t *testing.T) {
	c := newCity()
	r := startReplica(t, c, startRedis(t).url(), func(cfg *Config) { cfg.CatchUpEvery = 50 * time.Millisecond })
	r.awaitRedis(t, true)
	s := r.open(t, "audience=anna&session=1")
	c.commit("anna")
	wantSeqs(t, s, 1, 1)
}

func TestWithoutRedisStreamsGoOnAndRedisIsTakenUpAgain(t *testing.T) {
	server, c := startRedis(t), newCity()
	one, two := startReplica(t, c, server.url(), nil), startReplica(t, c, server.url(), nil)
	one.awaitRedis(t, true)
	two.awaitRedis(t, true)
	a, b := one.open(t, "audience=anna&session=1"), two.open(t, "audience=anna&session=2")
	server.kill()
	one.awaitRedis(t, false)
	two.awaitRedis(t, false)
	e := c.commit("anna")
	if err := one.Publish(t.Context(), "anna", e); err == nil {
		t.Error("publishing without Redis reported no error")
	}
	wantSeqs(t, a, 1, 1)
	wantSeqs(t, b, 1, 1) // by asking the store
	server.start()
	one.awaitRedis(t, true)
	two.awaitRedis(t, true)
	one.say(t, c, "anna")
	wantSeqs(t, a, 2, 2)
	wantSeqs(t, b, 2, 2)
}

func TestAStoreThatIsDownIsAskedAgain(t *testing.T) {
	c := newCity()
	c.commit("anna")
	c.fail.Store(true)
	r := startReplica(t, c, startRedis(t).url(), nil)
	r.awaitRedis(t, true)
	s := r.open(t, "audience=anna&session=1")
	eventually(t, "the store was asked", func() bool { return c.reads.Load() > 0 })
	c.fail.Store(false)
	wantSeqs(t, s, 1, 1)
}

func TestAnEndedSessionClosesItsStreamsOnEveryReplicaAndNoOther(t *testing.T) {
	onEachRedis(t, anEndedSessionClosesItsStreamsOnEveryReplicaAndNoOther)
}

func anEndedSessionClosesItsStreamsOnEveryReplicaAndNoOther(t *testing.T, url string) {
	c := newCity()
	one, two := startReplica(t, c, url, nil), startReplica(t, c, url, nil)
	one.awaitRedis(t, true)
	two.awaitRedis(t, true)
	a, b, other := one.open(t, "audience=anna&session=gone"), two.open(t, "audience=anna&session=gone"),
		two.open(t, "audience=anna&session=stays")
	start := time.Now()
	if err := one.EndSession(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	wantClose(t, a, CloseSessionEnded)
	wantClose(t, b, CloseSessionEnded)
	if d := time.Since(start); d > time.Second {
		t.Errorf("it took %v", d)
	}
	one.say(t, c, "anna")
	wantSeqs(t, other, 1, 1)
	_, resp, err := two.dial(t, "audience=anna&session=gone", nil)
	if err == nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("an ended session got a stream: %v %v", resp, err)
	}
}

// The message of the end of a session may be lost while Redis is there.
func TestAnEndThatNobodyToldIsNoticedWithinSeconds(t *testing.T) {
	var cfg Config
	startReplica(t, newCity(), "", func(c *Config) { c.StillEvery = 0; cfg = *c })
	if made := New(Config{Redis: cfg.Redis, Replay: cfg.Replay, Logger: cfg.Logger}); made.cfg.StillEvery > 2*time.Second {
		t.Errorf("sessions are asked for each %v", made.cfg.StillEvery)
	} else if err := made.Close(t.Context()); err != nil {
		t.Error(err)
	}
	var gone atomic.Bool
	r := startReplica(t, newCity(), startRedis(t).url(), func(cfg *Config) {
		cfg.Still = func(_ context.Context, ids ...string) ([]string, error) {
			if gone.Load() {
				return ids, nil
			}
			return nil, nil
		}
	})
	r.awaitRedis(t, true)
	s := r.open(t, "audience=anna&session=gone")
	gone.Store(true)
	wantClose(t, s, CloseSessionEnded)
}

// A client that has seen more than there is, as after a restored backup, reads all again.
func TestACursorAheadOfTheEventsIsReset(t *testing.T) {
	c := newCity()
	c.commit("anna")
	r := startReplica(t, c, "", nil)
	s := r.open(t, "audience=anna&session=1&after=1&reset")
	if e := next(t, s); e.Kind != mingjing.EventReset || e.Seq != 1 {
		t.Fatalf("got %+v, want a reset at 1", e)
	}
	if err := r.Publish(t.Context(), "anna", c.commit("anna")); err != nil {
		t.Fatal(err)
	}
	wantSeqs(t, s, 2, 2)
}

func TestASessionThatEndedWhileRedisWasAwayIsNoticed(t *testing.T) {
	server, c := startRedis(t), newCity()
	var gone atomic.Bool
	r := startReplica(t, c, server.url(), func(cfg *Config) {
		cfg.Still = func(_ context.Context, ids ...string) ([]string, error) {
			if gone.Load() && slices.Contains(ids, "gone") {
				return []string{"gone"}, nil
			}
			return nil, nil
		}
	})
	r.awaitRedis(t, true)
	s := r.open(t, "audience=anna&session=gone")
	server.kill()
	r.awaitRedis(t, false)
	gone.Store(true)
	wantClose(t, s, CloseSessionEnded)
}

func TestSessionsAreRecheckedAPageAtATimeInTurn(t *testing.T) {
	var mu sync.Mutex
	var pages [][]string
	r := startReplica(t, newCity(), "redis://127.0.0.1:1/0", func(cfg *Config) {
		cfg.StillEvery = time.Millisecond
		cfg.Still = func(_ context.Context, ids ...string) ([]string, error) {
			mu.Lock()
			defer mu.Unlock()
			if pages = append(pages, slices.Clone(ids)); len(pages) == 2 {
				return nil, errors.New("the store is down") // the page is asked for again
			}
			return nil, nil
		}
	})
	r.mu.Lock()
	for i := range 1200 {
		r.sessions[strconv.Itoa(i)] = map[*socket]struct{}{}
	}
	r.mu.Unlock()
	eventually(t, "two rounds", func() bool { mu.Lock(); defer mu.Unlock(); return len(pages) >= 7 })
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(pages[1], pages[2]) {
		t.Error("a page that could not be asked for lost its turn")
	}
	asked := map[string]int{}
	for i, sizes := range []int{500, 0, 500, 200, 500, 500, 200} {
		if i == 1 {
			continue
		}
		if len(pages[i]) != sizes {
			t.Errorf("page %d is of %d sessions, want %d", i, len(pages[i]), sizes)
		}
		for _, id := range pages[i] {
			asked[id]++
		}
	}
	for i := range 1200 {
		if n := asked[strconv.Itoa(i)]; n != 2 {
			t.Errorf("session %d was asked about %d times in two rounds", i, n)
		}
	}
}

// A callback that ignores its context delays neither other callbacks nor the closing of
// the hub, which each test waits for.
func TestACallbackThatHangsHarmsNobody(t *testing.T) {
	c := newCity()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	var hung, asked atomic.Int64
	r := startReplica(t, c, "", func(cfg *Config) {
		cfg.CallbackWait = 20 * time.Millisecond
		cfg.StillEvery = time.Millisecond
		cfg.Replay = func(ctx context.Context, audience string, after int64) ([]mingjing.Event, error) {
			if audience == "hangs" && hung.Add(1) <= 2*replayAtOnce {
				<-release
			}
			return c.replay(ctx, audience, after)
		}
		cfg.Still = func(context.Context, ...string) ([]string, error) {
			if asked.Add(1) == 1 {
				<-release
			}
			return []string{"gone"}, nil
		}
	})
	gone := r.open(t, "audience=anna&session=gone")
	hangs := r.open(t, "audience=hangs&session=1")
	c.commit("hangs")
	wantSeqs(t, hangs, 1, 1) // found once the store answers again
	wantClose(t, gone, CloseSessionEnded)
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	clock := &handClock{}
	clock.ms.Store(1000)
	r := startReplica(t, newCity(), "", func(cfg *Config) { cfg.Clock = clock })
	s := r.open(t, "audience=anna&session=1&expires=2000")
	clock.ms.Store(2000)
	wantClose(t, s, CloseSessionEnded)
	_, resp, err := r.dial(t, "audience=anna&session=1&expires=2000", nil)
	if err == nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("an expired session got a stream: %v %v", resp, err)
	}
}

func TestTooManyStreamsOfOneSessionAreRefused(t *testing.T) {
	r := startReplica(t, newCity(), "", func(cfg *Config) { cfg.MaxPerSession = 2 })
	r.open(t, "audience=anna&session=1")
	r.open(t, "audience=anna&session=1")
	eventually(t, "both are counted", func() bool { return r.Stats().Sockets == 2 })
	_, resp, err := r.dial(t, "audience=anna&session=1", nil)
	if err == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a third stream: %v %v", resp, err)
	}
	r.open(t, "audience=anna&session=2")
}

func TestOneListenersClaimDoesNotDeafenTheOthers(t *testing.T) {
	c := newCity()
	for range 3 {
		c.commit(mingjing.AudienceStaff)
	}
	r := startReplica(t, c, startRedis(t).url(), nil)
	r.awaitRedis(t, true)
	r.open(t, "audience=staff&session=1&after=9000000000000000")
	s := r.open(t, "audience=staff&session=2&after=3")
	r.say(t, c, mingjing.AudienceStaff)
	wantSeqs(t, s, 4, 4)
}

func TestClosingSpreadsOutWhenItsStreamsComeBack(t *testing.T) {
	const sockets = 40
	for _, k := range []struct {
		change func(*Config)
		last   int // milliseconds
	}{
		{func(c *Config) { c.BackRate = 10 }, 3900},
		{func(c *Config) { c.BackRate, c.BackWithin = 10, 2*time.Second }, 1950},
		{nil, 195},
	} {
		r := startReplica(t, newCity(), "", k.change)
		var open []*websocket.Conn
		for n := range sockets {
			open = append(open, r.open(t, fmt.Sprintf("audience=a%d&session=%d", n%7, n)))
		}
		eventually(t, "all streams are set up", func() bool { return r.Stats().Sockets == sockets })
		closed := make(chan error, 1)
		go func() { closed <- r.Close(t.Context()) }()
		var told []int
		for _, s := range open {
			reason := wantClose(t, s, CloseRestart)
			ms, err := strconv.Atoi(reason)
			if err != nil {
				t.Fatalf("the reason is %q", reason)
			}
			told = append(told, ms)
		}
		slices.Sort(told)
		for n, ms := range told {
			if want := k.last * n / (sockets - 1); ms < want-1 || ms > want+1 {
				t.Fatalf("they come back after %v ms", told)
			}
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}
}

func TestCloseCutsOffWhoDoesNotLeave(t *testing.T) {
	r := startReplica(t, newCity(), "", nil)
	r.open(t, "audience=anna&session=1") // never reads the close frame
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := r.Stats().Sockets; n != 0 {
		t.Errorf("%d sockets are open", n)
	}
}
