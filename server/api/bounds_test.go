package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"mingjing"
)

// besieged is a server whose every request is answered by fn; who sends it stands in the
// header Who.
func besieged(t *testing.T, fn func(c *call) error) (s *server, addr string) {
	t.Helper()
	s = &server{Config: Config{Logger: slog.New(slog.DiscardHandler)}, bounds: newBounds(nil)}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Accept", "application/json")
		c := &call{s: s, w: w, r: r, lang: "en", began: time.Now()}
		if who := r.Header.Get("Who"); who != "" {
			c.who = &mingjing.Login{Actor: mingjing.Actor{Role: mingjing.RoleResident, ID: who, AAL: 1}}
		}
		defer c.end()
		if err := fn(c); err != nil {
			c.fail(err)
		}
	}))
	t.Cleanup(func() { h.CloseClientConnections(); h.Close() })
	return s, h.Listener.Addr().String()
}

// opens opens a connection and sends the beginning of a request.
func opens(t *testing.T, addr, beginning string, values ...any) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(5 * time.Minute)) // it is only not to wait for ever
	if _, err := fmt.Fprintf(conn, beginning, values...); err != nil {
		t.Fatal(err)
	}
	return conn
}

// formWithFile returns a form with a file of a size, and its type.
func formWithFile(t *testing.T, size int) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	_ = w.WriteField("statement", "I paid")
	part, err := w.CreateFormFile("evidence", "receipt.pdf")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(bytes.Repeat([]byte("x"), size))
	_ = w.Close()
	return body, w.FormDataContentType()
}

func TestFormsThatTrickleInKeepNobodyElseWaiting(t *testing.T) {
	begun := make(chan string, 64)
	s, addr := besieged(t, func(c *call) error {
		begun <- c.clientName()
		if err := c.readInput(keepFiles, maxForm); err != nil {
			return err
		}
		if len(c.in.files) != 1 || string(c.in.files[0].Data) != strings.Repeat("x", 40_000) {
			return errors.New("it is not the file that was sent")
		}
		return c.json(http.StatusOK, c.in.get("statement"))
	})
	const people = 6
	for n := range people * uploadsAtOnce {
		opens(t, addr, "POST /api/disputes HTTP/1.1\r\nHost: x\r\nWho: slow %d\r\nContent-Type: multipart/form-data; boundary=x\r\n"+
			"Content-Length: 1000000\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"evidence\"; filename=\"a.pdf\"\r\n\r\n%%PDF", n%people)
	}
	for range people * uploadsAtOnce {
		<-begun
	}
	form, kind := formWithFile(t, 40_000)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/api/disputes", form)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Who", "honest")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if said, _ := io.ReadAll(answer.Body); string(said) != "\"I paid\"\n" {
		t.Errorf("%s: %s", answer.Status, said)
	}
	if n := s.bounds.uploads.There(); n != people {
		t.Errorf("%d people are still sending", n)
	}
}

func TestABodyMustComeWithASpeedAndWithoutLongSilence(t *testing.T) {
	now := time.Now()
	body := &patientBody{ReadCloser: io.NopCloser(strings.NewReader(strings.Repeat("x", 1<<20))), now: func() time.Time { return now },
		deadlines: http.NewResponseController(deadlines{httptest.NewRecorder()}), began: now}
	part := make([]byte, slowestBody)
	for range 200 { // at its least speed for as long as it takes
		now = now.Add(time.Second)
		if _, err := body.Read(part); err != nil {
			t.Fatal(err)
		}
	}
	for n := 1; ; n++ {
		now = now.Add(time.Second)
		_, err := body.Read(part[:slowestBody/8])
		if errors.Is(err, errTooSlow) {
			break
		}
		if err != nil || n > 100 {
			t.Fatalf("%v after %d seconds of an eighth of the speed", err, n)
		}
	}
}

func TestBodiesThatNeverEndTakeNoMoreThanTheirPartOfTheMemory(t *testing.T) {
	read := make(chan error, 64)
	s, addr := besieged(t, func(c *call) error {
		_, err := c.readBody(maxForm)
		read <- err
		return err
	})
	const each = bodyMemory/maxForm + 4 // more than one client may have
	for range each {
		conn := opens(t, addr, "POST /api/disputes HTTP/1.1\r\nHost: x\r\nWho: hostile\r\nContent-Type: application/json\r\n"+
			"Content-Length: %d\r\n\r\n",
			maxForm)
		go func() { _, _ = conn.Write(bytes.Repeat([]byte("x"), maxForm-1)) }()
	}
	if err := <-read; err == nil { // the others go on to wait for their last byte
		t.Fatal("a body that is not there was read")
	}
	if used := s.bounds.bodies.Used(); used > bodyMemory {
		t.Errorf("%d bytes are kept", used)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/api/disputes", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Who", "honest")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Error(answer.Status)
	}
}

func TestAFormForAnybodyIsSmall(t *testing.T) {
	for _, e := range endpoints() {
		d := e.describe()
		if !d.form {
			continue
		}
		limit := formLimit(d.body, d.access)
		switch {
		case d.path == "/api/login" && limit != 8<<10:
			t.Errorf("the login takes %d bytes", limit)
		case d.access == mingjing.Anyone && limit > 64<<10:
			t.Errorf("anybody may send %d bytes to %s", limit, d.path)
		case d.access != mingjing.Anyone && limit != maxForm:
			t.Errorf("%s takes %d bytes", d.path, limit)
		}
	}
}

func TestSlowReadersOfLargeAnswersTakeNoMemory(t *testing.T) {
	const readers, size = 24, 4 << 20
	s, addr := besieged(t, func(c *call) error {
		if c.r.URL.Path == "/small" {
			return c.json(http.StatusOK, "small")
		}
		data := make([]byte, size)
		data[size-1] = 'x'
		c.w.Header().Set("Content-Length", strconv.Itoa(size))
		return c.write(http.StatusOK, data)
	})
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	var last net.Conn
	for n := range readers {
		last = opens(t, addr, "GET /large HTTP/1.1\r\nHost: x\r\nWho: slow %d\r\nConnection: close\r\n\r\n", n)
		if _, err := bufio.NewReaderSize(last, 16).ReadString('\n'); err != nil { // the answer has begun
			t.Fatal(err)
		}
	}
	if more := heap() - before; more > readers*size/4 {
		t.Errorf("%d MB are kept for %d readers", more>>20, readers)
	}
	if used := s.bounds.spool.Used(); used < readers*size/2 {
		t.Errorf("%d MB wait on disk", used>>20)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/small", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	whole, err := io.ReadAll(last)
	if err != nil || len(whole) < size || whole[len(whole)-1] != 'x' {
		t.Errorf("a slow reader gets %d bytes at last: %v", len(whole), err)
	}
}

func TestAPersonReadsOnlySoMuchAtATime(t *testing.T) {
	waits := make(chan struct{})
	reading := make(chan string, 64)
	_, addr := besieged(t, func(c *call) error {
		if err := c.mayRead(c.r.URL.Path == "/heavy"); err != nil {
			return err
		}
		reading <- c.clientName()
		if strings.Contains(c.clientName(), "greedy") {
			<-waits
		}
		return c.json(http.StatusOK, "read")
	})
	defer close(waits)
	get := func(ctx context.Context, who, path string) (int, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
		if err != nil {
			return 0, err
		}
		r.Header.Set("Who", who)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		return answer.StatusCode, answer.Body.Close()
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for range 3 * readsAtOnce {
		go func() { _, _ = get(ctx, "greedy", "/page") }()
		go func() { _, _ = get(ctx, "greedy", "/heavy") }()
	}
	for range readsAtOnce {
		if who := <-reading; !strings.Contains(who, "greedy") {
			t.Fatal(who)
		}
	}
	for _, path := range []string{"/page", "/heavy"} {
		if status, err := get(t.Context(), "honest", path); status != http.StatusOK {
			t.Error(path, status, err)
		}
	}
	for range 2 {
		if who := <-reading; !strings.Contains(who, "honest") {
			t.Errorf("%s reads more than %d at a time", who, readsAtOnce)
		}
	}
}

func TestWhoReadsVeryMuchIsToldWhenToGoOn(t *testing.T) {
	_, addr := besieged(t, func(c *call) error {
		if who := c.r.Header.Get("Who"); who == "" || who == "greedy" {
			spent := c.s.bounds.crawls
			if who != "" {
				spent = c.s.bounds.rates
			}
			spent.Spend(c.clientName(), networkRate) // as if it had been read
		}
		if err := c.mayRead(false); err != nil {
			return err
		}
		return c.json(http.StatusOK, "read")
	})
	for who, want := range map[string]int{"": http.StatusTooManyRequests, "greedy": http.StatusTooManyRequests, "honest": http.StatusOK} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/page", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Who", who)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want || want == http.StatusTooManyRequests && answer.Header.Get("Retry-After") == "" {
			t.Errorf("%q is answered %s %q", who, answer.Status, answer.Header.Get("Retry-After"))
		}
	}
}

func TestReadinessNeedsNoBounds(t *testing.T) {
	h := Probes(func(context.Context) map[string]error { return nil }, func() bool { return false }, slog.New(slog.DiscardHandler))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Body.String(), `"status":"ready"`) {
		t.Error(w.Code, w.Header(), w.Body)
	}
}
