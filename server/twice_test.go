package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"mingjing/server/api"
)

// twice sends each request of the tests that changes something, and went well, a second
// time with the same key. The answer is the same, and what the tests find afterwards is
// as if it was sent once.
type twice struct {
	once sync.Once
	mux  *http.ServeMux
	mu   sync.Mutex
	sent map[string]bool
}

var theTwice twice

// pattern returns the address of a request that takes a key, or "".
func (w *twice) pattern(req *http.Request) string {
	w.once.Do(func() {
		w.mux, w.sent = http.NewServeMux(), map[string]bool{}
		for _, e := range api.Endpoints() {
			if e.Once {
				w.mux.Handle(e.Method+" "+e.Path, http.NotFoundHandler())
			}
		}
	})
	_, pattern := w.mux.Handler(req)
	return strings.TrimPrefix(pattern, "POST ")
}

// key sets a key for a request that a program sends, unless it has one, and returns it.
func (w *twice) key(req *http.Request, body []byte) string {
	if req.Method != http.MethodPost || w.pattern(req) == "" || req.Header.Get("Accept") != "application/json" ||
		req.Header.Get("Idempotency-Key") != "" || bytes.Contains(body, []byte("idempotency_key")) {
		return ""
	}
	key := rand.Text()
	req.Header.Set("Idempotency-Key", key)
	return key
}

// endsSession are the requests after which nobody is logged in.
var endsSession = map[string]bool{"/api/leave": true, "/api/sessions/end-all": true, "/api/sessions/end": true}

func (w *twice) check(req *http.Request, first, second answer) {
	first.t.Helper()
	path := w.pattern(req)
	w.mu.Lock()
	w.sent[path] = true
	w.mu.Unlock()
	code := func(a answer) string { return member(a, "code") }
	switch {
	case endsSession[path] && second.status == http.StatusUnauthorized:
	case code(second) == "shown_once":
	case second.status != first.status:
		first.t.Errorf("%s: %d, and sent again %d\n%.600s", first.what, first.status, second.status, second.body)
	case !bytes.Equal(first.body, second.body) && (member(first, "id") == "" || member(first, "id") != member(second, "id")) &&
		!strings.HasSuffix(path, "/relatives"): // the thing as it is now
		first.t.Errorf("%s: sent again, it is answered otherwise\n%.600s\n%.600s", first.what, first.body, second.body)
	}
}

// member returns a member of a JSON answer that is a text, or "".
func member(a answer, name string) string {
	var object map[string]any
	_ = json.Unmarshal(a.body, &object)
	s, _ := object[name].(string)
	return s
}

func (w *twice) seen(path string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent[path]
}
