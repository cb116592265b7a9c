package guard

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// from connects from an address of this machine.
func from(t *testing.T, source, to string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	c, err := d.DialContext(t.Context(), "tcp", to)
	if err != nil {
		t.Skip("this machine has no address " + source)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(5 * time.Minute)) // it is only not to wait for ever
	return c
}

// asks sends a request and reports whether it was answered.
func asks(t *testing.T, c net.Conn) bool {
	t.Helper()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return false
	}
	part := make([]byte, 512)
	n, err := c.Read(part)
	return err == nil && strings.HasPrefix(string(part[:n]), "HTTP/1.1 200")
}

// guarded returns the address of a server behind a Listener; a request for /hold is answered
// when hold is closed.
func guarded(t *testing.T, each, all int, log io.Writer, hold chan struct{}) (l *Listener, addr string, held chan struct{}) {
	t.Helper()
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, held = Listen(inner, each, all, slog.New(slog.NewTextHandler(log, nil))), make(chan struct{}, 64)
	srv := &http.Server{ConnState: l.State, ReadHeaderTimeout: time.Hour}
	srv.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			held <- struct{}{}
			<-hold
		}
	})
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return l, inner.Addr().String(), held
}

func TestIdleConnectionsGiveWay(t *testing.T) {
	var log bytes.Buffer
	hold := make(chan struct{})
	defer close(hold)
	l, addr, _ := guarded(t, 10, 12, &log, hold)
	honest := from(t, "127.0.0.1", addr)
	if !asks(t, honest) {
		t.Fatal("no answer")
	}
	for range 200 { // which ask nothing
		from(t, "127.0.0.2", addr)
		from(t, "127.0.0.3", addr)
	}
	if !asks(t, honest) {
		t.Error("the connections of others have ended one that is in use now and then")
	}
	if !asks(t, from(t, "127.0.0.4", addr)) {
		t.Error("somebody new has no answer")
	}
	if !asks(t, from(t, "127.0.0.2", addr)) {
		t.Error("who shares the address of an attacker has no answer")
	}
	if n := l.Open(); n > 12 {
		t.Errorf("%d connections are open", n)
	}
	if !strings.Contains(log.String(), "connections are closed to make room") {
		t.Errorf("the log says %q", log.String())
	}
}

func TestAnAddressThatAsksForMuchKeepsOthersNotOut(t *testing.T) {
	hold := make(chan struct{})
	l, addr, held := guarded(t, 3, 100, io.Discard, hold)
	var conns []net.Conn
	for range 3 {
		c := from(t, "127.0.0.2", addr)
		_, _ = io.WriteString(c, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
		conns = append(conns, c)
		<-held
	}
	if asks(t, from(t, "127.0.0.2", addr)) {
		t.Error("the address has a fourth one")
	}
	if !asks(t, from(t, "127.0.0.1", addr)) {
		t.Error("another address has no answer")
	}
	close(hold)
	for _, c := range conns {
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Error("one that waited for its answer has none:", err)
		}
		_ = c.Close()
	}
	if !asks(t, from(t, "127.0.0.2", addr)) || l.Open() > 100 {
		t.Error("the address stays shut out")
	}
}

func TestWhyAConnectionCannotBeAcceptedIsLogged(t *testing.T) {
	var log bytes.Buffer
	l := Listen(failing{}, 1, 1, slog.New(slog.NewTextHandler(&log, nil)))
	for range 3 {
		if _, err := l.Accept(); err == nil {
			t.Fatal("accepted")
		}
	}
	if n := strings.Count(log.String(), "connections can't be accepted"); n != 1 || !strings.Contains(log.String(), "too many open files") {
		t.Errorf("the log says it %d times: %s", n, log.String())
	}
}

type failing struct{ net.Listener }

func (failing) Accept() (net.Conn, error) { return nil, errors.New("accept4: too many open files") }

func TestAnAddressOfIPv6IsItsNetwork(t *testing.T) {
	for in, want := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"fe80::1%eth0":      "fe80::/64", "@": "@"} {
		if got := Network(in); got != want {
			t.Errorf("%s is %s", in, got)
		}
	}
}

func TestWhatIsInASpoolIsSealedAndBounded(t *testing.T) {
	s := NewSpool(t.TempDir(), 1<<20, 3<<19)
	f, err := s.New("a")
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte("what somebody has written "), 4000)
	if _, err := f.Write(text); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(io.NewSectionReader(f.file, 0, f.Size()))
	if err != nil || bytes.Contains(raw, text[:16]) || len(raw) != len(text) {
		t.Errorf("on the disk are %q… %v", raw[:16], err)
	}
	for _, at := range []int64{0, 1, 15, 16, 40_001} {
		if got, err := io.ReadAll(f.Reader(at)); err != nil || !bytes.Equal(got, text[at:]) {
			t.Errorf("from %d on it is something else, %v", at, err)
		}
	}
	if files, err := os.ReadDir(s.dir); err != nil || len(files) > 0 {
		t.Errorf("it has a name: %v %v", files, err)
	}
	if _, err := f.Write(make([]byte, 1<<20)); !errors.Is(err, ErrFull) {
		t.Error("more than a client may have:", err)
	}
	g, err := s.New("b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	h, err := s.New("c")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Write(make([]byte, 1<<19)); !errors.Is(err, ErrAllFull) {
		t.Error("more than all may have:", err)
	}
	if err := errors.Join(f.Close(), g.Close(), h.Close()); err != nil || s.Used() != 0 {
		t.Error(s.Used(), err)
	}
}

func TestRatesAllowABurstAndThenEvenly(t *testing.T) {
	now := time.Duration(0)
	r := NewRates(60, time.Minute)
	r.now = func() time.Duration { return now }
	for range 60 {
		if wait := r.Spend("a", 1); wait > 0 {
			t.Fatal(wait)
		}
	}
	if wait := r.Spend("a", 5); wait != 5*time.Second {
		t.Error("five more after", wait)
	}
	if wait := r.Spend("b", 5); wait > 0 {
		t.Error("another client waits", wait)
	}
	now += 5 * time.Second
	if wait := r.Spend("a", 5); wait > 0 {
		t.Error("after that time still", wait)
	}
}

func TestWhoWaitsForTheirOwnPlaceKeepsNobodyWaiting(t *testing.T) {
	p := NewPlaces(1, 10)
	leave, err := p.Enter(t.Context(), "a", 8)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := p.Enter(ctx, "a", 2)
		ended <- err
	}()
	other, err := p.Enter(t.Context(), "b", 2)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	leave()
	leave() // once is enough
	other()
}
