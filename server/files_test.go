package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"mingjing"
	"mingjing/web"
)

// A file is checked before its sender's patience ends, however busy the machine.
func init() { fileLimits.Soon, fileLimits.AtWork = time.Hour, time.Hour }

func TestPublicFilesAreKeptByTheirContent(t *testing.T) {
	b := theOpenCity(t).browser(t)
	const forever = "public, max-age=31536000, immutable"
	for _, f := range web.Files() {
		a := b.send("GET", web.URL(f.Name), nil, "Accept-Encoding", "identity").want(200)
		if a.header.Get("Cache-Control") != forever || a.header.Get("Content-Type") != f.Type || !bytes.Equal(a.body, f.Data) {
			t.Errorf("%s: %v", f.Name, a.header)
		}
		for _, query := range []string{"", "?v=000000000000", "?v=" + f.Hash + "&x=1"} {
			if got := b.send("GET", "/web/"+f.Name+query, nil).want(200).header.Get("Cache-Control"); got != "no-cache" {
				t.Errorf("%s%s: %s", f.Name, query, got)
			}
		}
	}
	css := web.URL("app.css")
	for accept, want := range map[string]string{"gzip, deflate, br, zstd": "br", "gzip": "gzip", "br;q=0, gzip": "gzip", "identity": "",
		"br;q=0.5": "br", "*;q=0": ""} {
		a := b.send("GET", css, nil, "Accept-Encoding", accept).want(200)
		if a.header.Get("Content-Encoding") != want || !strings.Contains(a.header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s is answered with %q", accept, a.header.Get("Content-Encoding"))
		}
		if want == "br" && !strings.Contains(unpack(t, a.body), "--paper") {
			t.Error("what comes is not the style")
		}
		etag := a.header.Get("ETag")
		if again := b.send("GET", css, nil, "Accept-Encoding", accept, "If-None-Match", etag); again.status != 304 || len(again.body) > 0 {
			t.Errorf("asked again: %d", again.status)
		}
		b.send("GET", css, nil, "Accept-Encoding", accept, "If-None-Match", `"other"`).want(200)
	}
	for _, path := range []string{"/web/nothing.css", "/web/", "/web/build/README.md", "/web/../go.mod", "/web/embed.go", "/web/worker.js",
		"/app.wasm", "/.env", "/web/app.css/"} {
		if a := b.send("GET", path, nil, "Accept", "*/*"); a.status != 404 && a.status != 301 && a.status != 307 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	for _, path := range []string{"/web/rulebooks/honest-shanghai.json", "/web/rulebooks/calendars/china.json", "/manifest.webmanifest"} {
		if !json.Valid(b.send("GET", path, nil, "Accept-Encoding", "identity").want(200).body) {
			t.Errorf("%s is no JSON", path)
		}
	}
	// A public file does not ask who is there.
	a := b.send("GET", css, nil, "Cookie", "session=stale")
	if len(a.header.Values("Set-Cookie")) > 0 || a.status != 200 {
		t.Errorf("%d %v", a.status, a.header)
	}
}

func unpack(t *testing.T, data []byte) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(brotli.NewReader(bytes.NewReader(data))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheServiceWorkerKeepsNothingOfAnybody(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "model-resident")
	name := c.account(t, "model-resident").Name
	for _, lang := range mingjing.Languages {
		a := b.page("/" + lang + "/offline").want(200)
		if v := a.view(); v.Who != nil || v.Seq != 0 || strings.Contains(string(a.body), name) {
			t.Errorf("the offline page in %s is somebody's", lang)
		}
	}
	if _, ok := web.Wasm("app"); !ok {
		t.Skip("the browser's programs were not built: make wasm")
	}
	worker := b.send("GET", "/app-worker.js", nil).want(200)
	if worker.header.Get("Cache-Control") != "no-cache" || b.send("GET", "/app-worker.js?v=x", nil).header.Get("Cache-Control") != "no-cache" {
		t.Error("the worker itself is kept")
	}
	m := regexp.MustCompile(
		`const files = (\[.*?\]);\n(?s:.*?)const programs = (\{.*?\});\n(?s:.*?)const offlinePages = (\{.*?\});`).FindSubmatch(worker.body)
	if m == nil {
		t.Fatalf("the worker has no lists:\n%s", worker.body)
	}
	var files []string
	pages := map[string]string{}
	programs := map[string]map[string][]string{}
	if json.Unmarshal(m[1], &files) != nil || json.Unmarshal(m[2], &programs) != nil || json.Unmarshal(m[3], &pages) != nil {
		t.Fatalf("%s %s %s", m[1], m[2], m[3])
	}
	for name, languages := range programs {
		for lang, more := range languages {
			if !slices.ContainsFunc(more, func(f string) bool { return strings.HasPrefix(f, "/web/"+name+".wasm?") }) {
				t.Errorf("%s in %s is kept without the program: %v", name, lang, more)
			}
			files = append(files, more...)
		}
	}
	for _, f := range files {
		a := b.send("GET", f, nil).want(200)
		if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") ||
			a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("the worker keeps %s, which is %v", f, a.header)
		}
	}
	for lang, p := range pages {
		if p != "/"+lang+"/offline" {
			t.Errorf("the worker keeps the page %s", p)
		}
	}
}

func TestALargeAnswerIsPackedAndASmallOneIsNot(t *testing.T) {
	b := theOpenCity(t).browser(t)
	for _, accept := range []string{"gzip", "zstd, gzip"} {
		a := b.send("GET", "/en/rulebooks", nil, "Accept", acceptHTML, "Accept-Encoding", accept)
		if e := a.header.Get("Content-Encoding"); !strings.Contains(accept, e) || e == "" {
			t.Errorf("a page for %s comes as %q", accept, e)
		}
	}
	if e := b.send("GET", "/healthz", nil, "Accept-Encoding", "gzip").header.Get("Content-Encoding"); e != "" {
		t.Errorf("a small one comes as %s", e)
	}
}
