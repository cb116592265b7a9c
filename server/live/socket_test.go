package live

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"mingjing"
)

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
	// Large events fill the network's buffers sooner.
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
		// Long enough that on a busy machine the stream that answers is not closed too.
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

func (w wrapped) Header() http.Header { return w.w.Header() }

func (w wrapped) Write(b []byte) (int, error) { return w.w.Write(b) }

func (w wrapped) WriteHeader(status int) { w.w.WriteHeader(status) }

func (w wrapped) Unwrap() http.ResponseWriter { return w.w }
