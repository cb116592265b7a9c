package live

import (
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
		PollEvery: 20 * time.Millisecond, StillEvery: 20 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	h := New(cfg)
	r := &replica{Hub: h}
	r.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		q := req.URL.Query()
		after, _ := strconv.ParseInt(q.Get("after"), 10, 64)
		l := mingjing.Listener{Audience: q.Get("audience"), SessionID: q.Get("session"), Person: q.Get("person"),
			After: after, Reset: q.Has("reset")}
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

func wantClose(t testing.TB, c *websocket.Conn, code int) (reason string) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(soon))
	for {
		_, _, err := c.ReadMessage()
		if err == nil {
			continue
		}
		e, ok := errors.AsType[*websocket.CloseError](err)
		if !ok || e.Code != code {
			t.Fatalf("closed with %v, want code %d", err, code)
		}
		return e.Text
	}
}

func (r *replica) say(t testing.TB, c *city, audience string) {
	t.Helper()
	if err := r.Publish(t.Context(), audience, c.commit(audience)); err != nil {
		t.Fatal(err)
	}
}

type handClock struct{ ms atomic.Int64 }

func (c *handClock) Now() time.Time { return time.UnixMilli(c.ms.Load()) }

func TestMain(m *testing.M) {
	if addr := os.Getenv("LIVE_IDLE_CLIENTS_OF"); addr != "" {
		idleClients(addr)
		return
	}
	os.Exit(m.Run())
}
