package api

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mingjing"
)

func TestAListOfObjectsStaysSideBySide(t *testing.T) {
	for body, want := range map[string]map[string][]string{
		`{"evidence_answers":[{"evidence_id":"a","answer":"1"},{"evidence_id":"b","answer":"2"}]}`: {"evidence_answers.evidence_id": {"a", "b"},
			"evidence_answers.answer": {"1", "2"}},
		`{"evidence_answers":[{"evidence_id":"a"},{"answer":"2","evidence_id":"b"}]}`: {"evidence_answers.evidence_id": {"a", "b"},
			"evidence_answers.answer": {"", "2"}},
		`{"evidence_answers":[{"answer":null,"evidence_id":"a"},{}]}`: {"evidence_answers.evidence_id": {"a"},
			"evidence_answers.answer": {""}},
		`{"reasons":"mine","evidence_answers":[{"reasons":"not mine"}]}`: {"reasons": {"mine"},
			"evidence_answers.reasons": {"not mine"}},
		`{"a":["x",1,true,null]}`: {"a": {"x", "1", "true", ""}},
		`{"a":null,"b":1e3}`:      {"b": {"1e3"}},
		"  ":                      {},
	} {
		in := input{values: map[string][]string{}}
		if err := in.readJSON([]byte(body)); err != nil || fmt.Sprint(in.values) != fmt.Sprint(want) {
			t.Errorf("%s: %v %q, want %q", body, err, in.values, want)
		}
	}
}

// FuzzInput checks that no body, of whatever type, is read beyond its limits.
func FuzzInput(f *testing.F) {
	for _, seed := range []struct{ kind, body string }{
		{"application/json", `{"id_number":"x","password":"y"}`},
		{"application/json; charset=utf-8", `{"outcome":"upheld","evidence_answers":[{"evidence_id":"a","answer":"b"},{}]}`},
		{"application/json", `{"a":[[[]]],"b":{"c":1}}`},
		{"application/json", "{\"a\":\"\\u0000\"}"},
		{"application/x-www-form-urlencoded", "a=b&a=c&%zz"},
		{"application/x-www-form-urlencoded", "a=%00&b=%ff"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n"},
		{"multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=\"evidence\"; filename=\"a.pdf\"\r\n\r\n%PDF-\r\n--x--\r\n"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data\r\n\r\n"},
		{"text/plain", "x"}, {"", ""}, {";;", "x"},
	} {
		for _, files := range []fileUse{noFiles, keepFiles, dropFiles} {
			f.Add(seed.kind, []byte(seed.body), byte(files))
		}
	}
	s := &server{bounds: newBounds(nil)}
	f.Fuzz(func(t *testing.T, kind string, body []byte, files byte) {
		r := httptest.NewRequest(http.MethodPost, "/api/disputes", bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		c := &call{s: s, w: deadlines{httptest.NewRecorder()}, r: r}
		err := c.readInput(fileUse(files)%3, maxForm)
		defer c.end()
		if err != nil {
			if _, ok := errors.AsType[*mingjing.Error](err); !ok {
				t.Fatalf("an inner error: %v", err)
			}
			return
		}
		n := 0
		for name, values := range c.in.values {
			if len(values) > maxFields || !strings.Contains(name, ".") && len(values) == 0 {
				t.Fatalf("%q has %d values", name, len(values))
			}
			for _, v := range values {
				if v != "" {
					n++
				}
				if !utf8.ValidString(v) || strings.ContainsRune(v, 0) || len(v) > maxForm {
					t.Fatalf("%q is %q", name, v)
				}
			}
		}
		c.end()
		if used := s.bounds.bodies.Used() + s.bounds.spool.Used(); n > maxFields || len(c.in.files) > mingjing.MaxEvidence || used > 0 {
			t.Fatalf("%d fields, %d files, %d bytes left over", n, len(c.in.files), used)
		}
		// The same again is the same, whatever the order of maps.
		again := &call{s: s, w: c.w, r: httptest.NewRequest(http.MethodPost, "/api/disputes", bytes.NewReader(body))}
		again.r.Header.Set("Content-Type", kind)
		defer again.end()
		if err := again.readInput(fileUse(files)%3, maxForm); err != nil || fmt.Sprint(again.in.values) != fmt.Sprint(c.in.values) {
			t.Fatalf("read twice it is %v %q and %q", err, again.in.values, c.in.values)
		}
	})
}

// deadlines is a writer that has deadlines, as a connection has.
type deadlines struct{ *httptest.ResponseRecorder }

func (deadlines) SetReadDeadline(time.Time) error  { return nil }
func (deadlines) SetWriteDeadline(time.Time) error { return nil }

// FuzzNext: whatever the address of the login page has as next, the login redirects to a
// page of this server.
func FuzzNext(f *testing.F) {
	for _, next := range []string{"score?rulebook=x", "//evil.example", "https://evil.example", "records/../..", "disputes/new?record=1",
		"records/\r\nX: y", "admin?search=%zz", "records/%2e%2e"} {
		f.Add(next)
	}
	f.Fuzz(func(t *testing.T, next string) {
		for _, role := range []mingjing.Role{mingjing.RoleResident, mingjing.RoleHandler} {
			r := httptest.NewRequest(http.MethodPost, "/api/login", nil)
			r.Header.Set("Referer", "https://mirror.example/en/login?next="+url.QueryEscape(next))
			c := &call{r: r, lang: "en", who: &mingjing.Login{Actor: mingjing.Actor{Role: role}}}
			to, ok := c.nextPage()
			if !ok {
				continue
			}
			path := mingjing.Path("en", to.page, to.id) + "?" + to.query
			u, err := url.Parse(path)
			if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(path, "/en/") || strings.ContainsAny(path, "\r\n\\") ||
				strings.Contains(u.Path, "..") {
				t.Fatalf("%q leads to %q", next, path)
			}
		}
	})
}

func TestAFormThatIsRefusedIsReadToItsEnd(t *testing.T) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for range mingjing.MaxEvidence + 3 {
		part, err := w.CreateFormFile("evidence", "a.pdf")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte("%PDF-"))
	}
	_ = w.WriteField("statement", "after the files")
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, "/api/disputes", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	c := &call{s: &server{bounds: newBounds(nil)}, w: deadlines{httptest.NewRecorder()}, r: r}
	err := c.readInput(keepFiles, maxForm)
	e, ok := errors.AsType[*mingjing.Error](err)
	if !ok || e.Fields[0].Code != "evidence_count" || body.Len() > 0 || c.in.get("statement") == "" ||
		len(c.in.files) != mingjing.MaxEvidence {
		t.Errorf("%v, %d bytes unread, %d files", err, body.Len(), len(c.in.files))
	}
}
