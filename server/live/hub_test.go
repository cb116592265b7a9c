package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/redis/go-redis/v9"

	"mingjing"
)

// soon is how long a test waits for what must happen; it never sleeps for it.
const soon = 10 * time.Second

// a redisServer is a real Redis on a port of its own, which a test can kill and
// start again.
type redisServer struct {
	t    testing.TB
	port int
	dir  string
	cmd  *exec.Cmd
}

func startRedis(t testing.TB) *redisServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &redisServer{t: t, port: l.Addr().(*net.TCPAddr).Port, dir: t.TempDir()}
	_ = l.Close()
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *redisServer) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", "--port", strconv.Itoa(s.port), "--bind", "127.0.0.1",
		"--save", "", "--appendonly", "no", "--dir", s.dir)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("starting redis-server: %v", err)
	}
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + strconv.Itoa(s.port)})
	defer c.Close()
	eventually(s.t, "redis answers", func() bool { return c.Ping(context.Background()).Err() == nil })
}

func (s *redisServer) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

func (s *redisServer) url() string { return fmt.Sprintf("redis://127.0.0.1:%d/0", s.port) }

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(soon)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", soon, what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// a city keeps the events of audiences as the store does.
type city struct {
	mu     sync.Mutex
	events map[string][]mingjing.Event
	reads  atomic.Int64
	fail   atomic.Bool
}

func newCity() *city { return &city{events: map[string][]mingjing.Event{}} }

func (c *city) commit(audience string) mingjing.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := mingjing.Event{Seq: int64(len(c.events[audience]) + 1), Kind: mingjing.EventRequest, ID: "r1", At: time.Unix(1, 0).UTC()}
	c.events[audience] = append(c.events[audience], e)
	return e
}

func (c *city) replay(_ context.Context, audience string, after int64) ([]mingjing.Event, error) {
	c.reads.Add(1)
	if c.fail.Load() {
		return nil, errors.New("the store is down")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := min(int(after), len(c.events[audience]))
	return slices.Clone(c.events[audience][i:min(i+20, len(c.events[audience]))]), nil
}

// a replica is a hub behind a server.
type replica struct {
	*Hub
	srv *httptest.Server
}

func startReplica(t testing.TB, c *city, url string, change func(*Config)) *replica {
	t.Helper()
	client, closeRedis, err := OpenRedis(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Redis: client, Replay: c.replay, Logger: slog.New(slog.DiscardHandler),
		PollEvery: 20 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	h := New(cfg)
	r := &replica{Hub: h}
	r.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		q := req.URL.Query()
		after, _ := strconv.ParseInt(q.Get("after"), 10, 64)
		l := mingjing.Listener{Audience: q.Get("audience"), SessionID: q.Get("session"), After: after}
		if ms, err := strconv.ParseInt(q.Get("expires"), 10, 64); err == nil {
			l.ExpiresAt = time.UnixMilli(ms)
		}
		h.Serve(w, req, l)
	}))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("closing the hub: %v", err)
		}
		r.srv.Close()
		_ = closeRedis()
	})
	return r
}

func (r *replica) awaitRedis(t testing.TB, there bool) {
	t.Helper()
	eventually(t, fmt.Sprintf("redis there: %v", there), func() bool { return r.Stats().Redis == there })
}

func (r *replica) dial(t testing.TB, query string, header http.Header) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	if header == nil {
		header = http.Header{"Origin": {r.srv.URL}}
	}
	d := websocket.Dialer{HandshakeTimeout: soon}
	return d.Dial("ws"+strings.TrimPrefix(r.srv.URL, "http")+"/?"+query, header)
}

func (r *replica) open(t testing.TB, query string) *websocket.Conn {
	t.Helper()
	c, _, err := r.dial(t, query, nil)
	if err != nil {
		t.Fatalf("dialling: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func next(t testing.TB, c *websocket.Conn) mingjing.Event {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(soon))
	kind, data, err := c.ReadMessage()
	if err != nil {
		t.Fatalf("reading an event: %v", err)
	}
	var e mingjing.Event
	if err := json.Unmarshal(data, &e); err != nil || kind != websocket.TextMessage {
		t.Fatalf("message %q of kind %d: %v", data, kind, err)
	}
	return e
}

func wantSeqs(t testing.TB, c *websocket.Conn, from, to int64) {
	t.Helper()
	for want := from; want <= to; want++ {
		if e := next(t, c); e.Seq != want {
			t.Fatalf("got event %d, want %d", e.Seq, want)
		}
	}
}

func wantClose(t testing.TB, c *websocket.Conn, code int) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(soon))
	for {
		_, _, err := c.ReadMessage()
		if err == nil {
			continue
		}
		if !websocket.IsCloseError(err, code) {
			t.Fatalf("closed with %v, want code %d", err, code)
		}
		return
	}
}

func (r *replica) say(t testing.TB, c *city, audience string) {
	t.Helper()
	if err := r.Publish(t.Context(), audience, c.commit(audience)); err != nil {
		t.Fatal(err)
	}
}

func TestAnEventReachesTheAudienceOnEveryReplicaAndNobodyElse(t *testing.T) {
	url, c := startRedis(t).url(), newCity()
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
				c.commit("anna") // Redis never hears of this one
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
	url, c := startRedis(t).url(), newCity()
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
		cfg.PollEvery = time.Millisecond
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

// A callback that heeds no context keeps neither the others waiting nor the hub from
// closing, which every test does.
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

type handClock struct{ ms atomic.Int64 }

func (c *handClock) Now() time.Time { return time.UnixMilli(c.ms.Load()) }

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

func TestAMissingOrForeignOriginIsRefused(t *testing.T) {
	r := startReplica(t, newCity(), "", nil)
	host := strings.TrimPrefix(r.srv.URL, "http://")
	for name, header := range map[string]http.Header{
		"missing": {},
		"empty":   {"Origin": {""}},
		"null":    {"Origin": {"null"}},
		"foreign": {"Origin": {"https://example.net"}},
		"suffix":  {"Origin": {"http://" + host + ".example.net"}},
		"port":    {"Origin": {"http://127.0.0.1:1"}},
		"scheme":  {"Origin": {"file://" + host}},
		"two":     {"Origin": {"http://" + host, "https://example.net"}},
	} {
		_, resp, err := r.dial(t, "audience=anna&session=1", header)
		if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s Origin: %v %v", name, resp, err)
		}
	}
	if n := r.Stats().Sockets; n != 0 {
		t.Errorf("%d sockets are open", n)
	}
}

func TestASlowReaderIsCutOffAndHarmsNobody(t *testing.T) {
	c := newCity()
	r := startReplica(t, c, startRedis(t).url(), func(cfg *Config) { cfg.WriteWait = 100 * time.Millisecond })
	r.awaitRedis(t, true)
	slow := r.open(t, "audience=anna&session=1")
	_ = slow.NetConn().(*net.TCPConn).SetReadBuffer(1)
	quick := r.open(t, "audience=anna&session=2")
	last := atomic.Int64{}
	go func() {
		for {
			_, data, err := quick.ReadMessage()
			var e mingjing.Event
			if err != nil || json.Unmarshal(data, &e) != nil {
				return
			}
			last.Store(e.Seq)
		}
	}()
	// Small events fill the buffers of the network slowly, so send fat ones.
	fat := strings.Repeat("x", 3000)
	deadline := time.Now().Add(soon)
	for r.Stats().Slow == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the slow reader was never cut off")
		}
		e := c.commit("anna")
		e.ID = fat
		if err := r.Publish(t.Context(), "anna", e); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the quick reader has it", func() bool { return last.Load() == e.Seq })
	}
	eventually(t, "only the quick one is left", func() bool { return r.Stats().Sockets == 1 })
	if n := r.Stats().Slow; n != 1 {
		t.Errorf("%d readers were cut off", n)
	}
}

func TestADeadPeerIsNoticedByItsMissingPong(t *testing.T) {
	r := startReplica(t, newCity(), "", func(cfg *Config) {
		// Long enough that a busy machine does not take the living one for dead.
		cfg.PingEvery, cfg.WriteWait = 500*time.Millisecond, 500*time.Millisecond
	})
	alive := r.open(t, "audience=anna&session=1")
	pings, cut := make(chan struct{}, 100), make(chan error, 1)
	pong := alive.PingHandler()
	alive.SetPingHandler(func(data string) error { pings <- struct{}{}; return pong(data) })
	go func() {
		_, _, err := alive.ReadMessage()
		cut <- err
	}()
	r.open(t, "audience=anna&session=2") // never reads, so never answers a ping
	eventually(t, "the dead one is gone", func() bool { return r.Stats().Sockets == 1 })
	for range 3 {
		select {
		case <-pings:
		case err := <-cut:
			t.Fatalf("the living one is cut off: %v", err)
		}
	}
	if n := r.Stats().Sockets; n != 1 {
		t.Errorf("%d sockets are open, want the living one", n)
	}
}

func TestAClientThatTalksIsCutOff(t *testing.T) {
	r := startReplica(t, newCity(), "", nil)
	s := r.open(t, "audience=anna&session=1")
	if err := s.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	wantClose(t, s, websocket.ClosePolicyViolation)
	s = r.open(t, "audience=anna&session=1")
	_ = s.WriteMessage(websocket.BinaryMessage, bytes.Repeat([]byte{1}, 1<<20))
	eventually(t, "nobody is left", func() bool { return r.Stats().Sockets == 0 })
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

func TestCloseSaysThatTheServerIsGoingAway(t *testing.T) {
	r := startReplica(t, newCity(), "", nil)
	s := r.open(t, "audience=anna&session=1")
	closed := make(chan error, 1)
	go func() { closed <- r.Close(t.Context()) }()
	wantClose(t, s, websocket.CloseGoingAway)
	if err := <-closed; err != nil {
		t.Error(err)
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

func TestAWrappedResponseWriterCanStillBeTakenOver(t *testing.T) {
	c := newCity()
	r := startReplica(t, c, "", nil)
	h := r.Hub
	r.srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h.Serve(wrapped{w}, req, mingjing.Listener{Audience: "anna", SessionID: "1"})
	})
	c.commit("anna")
	wantSeqs(t, r.open(t, ""), 1, 1)
}

// wrapped hides everything but the writer, as a middleware may.
type wrapped struct{ w http.ResponseWriter }

func (w wrapped) Header() http.Header         { return w.w.Header() }
func (w wrapped) Write(b []byte) (int, error) { return w.w.Write(b) }
func (w wrapped) WriteHeader(status int)      { w.w.WriteHeader(status) }
func (w wrapped) Unwrap() http.ResponseWriter { return w.w }

func TestTheEmbeddedRedisWantsItsPasswordAndForgetsWhatExpires(t *testing.T) {
	client, closeRedis, err := OpenRedis(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer closeRedis()
	stranger := redis.NewClient(&redis.Options{Addr: client.(*redis.Client).Options().Addr})
	defer stranger.Close()
	if err := stranger.Get(t.Context(), "k").Err(); err == nil || errors.Is(err, redis.Nil) {
		t.Errorf("a stranger was let in: %v", err)
	}
	if err := client.Set(t.Context(), "k", "v", 30*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key has expired", func() bool { return errors.Is(client.Get(t.Context(), "k").Err(), redis.Nil) })
}

func TestABadRedisURLIsAnErrorAndADeadRedisIsNot(t *testing.T) {
	if _, _, err := OpenRedis(t.Context(), "http://example.net"); err == nil {
		t.Error("a URL of something else was taken")
	}
	_, closeRedis, err := OpenRedis(t.Context(), "redis://127.0.0.1:1/0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closeRedis()
}

func TestMain(m *testing.M) {
	if addr := os.Getenv("LIVE_IDLE_CLIENTS_OF"); addr != "" {
		idleClients(addr)
		return
	}
	os.Exit(m.Run())
}
