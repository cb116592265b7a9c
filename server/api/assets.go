package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/kernel"
	"mingjing/web"
	"mingjing/web/rulebooks"
)

// CSP is the content security policy of every page: nothing but our own scripts,
// styles, pictures and connections (the live stream among them), no inline script
// or style, no frame around us. The browser's program needs 'wasm-unsafe-eval',
// which allows compiling WebAssembly and nothing else.
const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Colours of the browser's own bars around the page, as --paper of app.css.
const (
	paperLight = "#f5f2ea"
	paperDark  = "#101513"
)

const forever = "public, max-age=31536000, immutable"

// assets are the public files and the scripts that start the browser's program. They
// are in memory, and hashed and compressed once.
type assets struct {
	files map[string]*asset // by path
	// programs are the browser's programs by name. There are none when the server was
	// built without; then pages are sent without scripts and work as plain forms.
	programs map[string]program
	// checker is the address of the worker that checks the access log.
	checker string
	// inForce returns the address of the version in force for an address that names
	// none; "" for any other. It may be nil.
	inForce func(at string) string
}

// rulebooksAt is the folder of published law. A file of it is at the address
// /web/rulebooks/HASH.json for ever; without a version, at rulebooks/ID.json and
// rulebooks/calendars/CODE.json, is the version in force.
const rulebooksAt = "/web/rulebooks/"

// lawOf answers the addresses that name no version by what is in force in a city.
func (a *assets) lawOf(city *kernel.City) {
	a.inForce = func(at string) string {
		name, ok := strings.CutPrefix(strings.TrimSuffix(at, ".json"), rulebooksAt)
		if !ok {
			return ""
		}
		if code, ok := strings.CutPrefix(name, "calendars/"); ok {
			for _, k := range city.Calendars() {
				if k.Code == code {
					return rulebooksAt + k.Hash() + ".json"
				}
			}
			return ""
		}
		b, err := city.Book(name)
		if err != nil {
			return ""
		}
		return rulebooksAt + b.Ref().Hash + ".json"
	}
}

// A program is one of the browser's programs, with the addresses of its files.
type program struct {
	// wasm and start are the addresses of the program and of the script that starts it.
	wasm, start string
}

// programOf returns the name of the program that a page loads: the resident's, that of
// the desk, or "" for a page that needs none.
func programOf(v *mingjing.View) string {
	access := mingjing.Anyone
	for _, r := range mingjing.Routes {
		if r.Name == v.Page {
			access = r.Access
		}
	}
	switch {
	case slices.Contains(mingjing.PlainPages, v.Page):
		return ""
	case access == mingjing.Staff, access == mingjing.Agencies, access == mingjing.Administrators, access == mingjing.Overseers:
		return "desk"
	case access == mingjing.Residents, v.Page == "try", v.Page == "agency": // public, with something to work out
		return "app"
	case access == mingjing.Everyone && v.Who != nil && v.Who.Role == mingjing.RoleResident:
		return "app"
	case access == mingjing.Everyone && v.Who != nil:
		return "desk"
	}
	return ""
}

// nextProgram is, by plain page, the program that the next page will need; the browser
// loads it in advance.
var nextProgram = map[string]string{"login": "app", "activate": "app", "staff-login": "desk", "staff-activate": "desk"}

// An asset is one public file in the encodings that it is sent in.
type asset struct {
	kind string
	hash string
	raw  []byte // nil when only the compressed forms are stored
	// packed returns the compressed forms, each nil when it saves nothing. Compressing
	// all files takes seconds, so each is compressed when it is first asked for.
	packed func() (br, gzip []byte)
	// fresh says that browsers ask for the file each time, whatever its address, and
	// fixed that the address never has another content.
	fresh, fixed bool
}

// newAssets prepares the public files. more are further files by their name below
// /web/, whose content never changes: published law.
func newAssets(more map[string][]byte) (*assets, error) {
	a := &assets{files: map[string]*asset{}}
	for _, f := range web.Files() {
		a.add("/web/"+f.Name, f.Type, f.Data)
	}
	// Published law names its schema beside itself.
	a.add(rulebooksAt+mingjing.RulebookSchema, schemaType, rulebooks.Schema())
	a.add(rulebooksAt+mingjing.RegisterName, "application/json", mingjing.RegisterFile())
	a.add(rulebooksAt+mingjing.CalendarSchema, schemaType, rulebooks.CalendarSchema())
	for name, data := range more {
		kind := mime.TypeByExtension(path.Ext(name))
		if kind == "" {
			return nil, fmt.Errorf("api: the public file %s has no known type", name)
		}
		a.add("/web/"+name, kind, data)
		a.files["/web/"+name].fixed = true
	}
	for alias, name := range map[string]string{
		"/favicon.ico": "icons/favicon-32.png", "/apple-touch-icon.png": "icons/apple-touch-180.png", "/robots.txt": "robots.txt",
	} {
		f, ok := a.files["/web/"+name]
		if !ok {
			return nil, fmt.Errorf("api: the public file %s is missing", name)
		}
		a.files[alias] = f
	}
	for _, lang := range mingjing.Languages {
		manifest, err := manifest(lang)
		if err != nil {
			return nil, err
		}
		a.add(manifestAt(lang), "application/manifest+json", manifest)
		a.add(sentencesAt(lang), "application/json", i18n.Sentences(lang))
	}
	if err := a.addPrograms(); err != nil {
		return nil, err
	}
	return a, nil
}

// sentencesAt returns the path of the sentences of a language.
func sentencesAt(lang string) string { return "/web/i18n/" + lang + ".json" }

func (a *assets) add(at, kind string, data []byte) {
	packed := func() (br, gzip []byte) { return nil, nil }
	if !strings.HasPrefix(kind, "image/png") {
		packed = sync.OnceValues(func() (br, gzip []byte) { return pack(data) })
	}
	a.files[at] = &asset{kind: kind, hash: web.Hash(data), raw: data, packed: packed}
}

// url returns the address of a file, with the hash of its content.
func (a *assets) url(at string) string { return at + "?v=" + a.files[at].hash }

const schemaType = "application/schema+json"

const scriptType = "text/javascript; charset=utf-8"

// addPrograms adds the browser's programs and the scripts that start them.
func (a *assets) addPrograms() error {
	a.programs = map[string]program{}
	for _, name := range web.Programs {
		p, ok := web.Wasm(name)
		if !ok {
			a.programs = nil
			return nil
		}
		if err := a.addProgram(p); err != nil {
			return err
		}
	}
	check, ok := web.Wasm(web.Checker)
	if !ok {
		a.programs = nil
		return nil
	}
	a.addWasm(check)
	worker := strings.NewReplacer("{{.Exec}}", a.url("/wasm_exec.js"), "{{.Program}}", check.URL()).Replace(web.CheckWorker())
	a.add("/check.js", scriptType, []byte(worker))
	a.checker = a.url("/check.js")
	return a.addWorker()
}

func (a *assets) addWasm(p web.Program) {
	packed := func() (br, gzip []byte) { return p.Brotli, p.Gzip }
	a.files["/web/"+p.Name+".wasm"] = &asset{kind: "application/wasm", hash: p.Hash, packed: packed}
}

// addProgram adds one program and the script that starts it. go-app's own handler
// makes the scripts; it never sees a request, since it has one ETag for every path
// and answers any of them.
func (a *assets) addProgram(p web.Program) error {
	a.addWasm(p)
	h := &app.Handler{
		Name:                  "Mingjing",
		Resources:             resolver{wasm: p.URL()},
		Version:               "0",
		WasmContentLength:     strconv.Itoa(p.Size),
		ServiceWorkerTemplate: "/",
		Icon: app.Icon{Default: web.URL("icons/icon-192.png"), Large: web.URL("icons/icon-512.png"),
			SVG: web.URL("icons/mark.svg"), Maskable: web.URL("icons/maskable-512.png")},
	}
	exec, err := fromHandler(h, "/wasm_exec.js")
	if err != nil {
		return err
	}
	start, err := fromHandler(h, "/app.js")
	if err != nil {
		return err
	}
	// go-app shows the download's progress by reading the program through a stream of
	// its own. Nobody sees that here, and it keeps browsers from caching the compiled
	// code.
	start = bytes.Replace(start, []byte(`fetchWithProgress("`+p.URL()+`", showProgress)`), []byte(`fetch("`+p.URL()+`")`), 1)
	// The addresses in a panic of the slim program can be turned into names, see
	// docs/wasm.md.
	start = bytes.Replace(start, []byte("const go = new Go();"), []byte(`const go = new Go(); go.env.GOTRACEBACK = "system";`), 1)
	// Compiling the program and starting it are two tasks of the browser, not one long one.
	start = bytes.Replace(start, []byte("go.run(wasm.instance);"), []byte("setTimeout(() => go.run(wasm.instance));"), 1)
	a.add("/wasm_exec.js", scriptType, exec)
	a.add("/"+p.Name+".js", scriptType, start)
	a.programs[p.Name] = program{wasm: p.URL(), start: a.url("/" + p.Name + ".js")}
	return nil
}

// addWorker adds the service worker. It stores the files that every page needs, and the
// program that the person uses.
func (a *assets) addWorker() error {
	kept := []string{a.url("/web/early.js"), a.url("/web/passkey.js"), a.url("/web/lock.js"), a.url("/web/draft.js"),
		a.url("/web/fields.js"), web.URL("app.css"),
		web.URL("icons/mark.svg"), web.URL("icons/favicon-32.png"), web.URL("icons/icon-192.png")}
	programs := map[string]map[string][]string{}
	for name, p := range a.programs {
		programs[name] = map[string][]string{}
		for _, lang := range mingjing.Languages {
			programs[name][lang] = []string{p.wasm, a.url("/wasm_exec.js"), p.start, a.url(sentencesAt(lang))}
		}
	}
	pages := map[string]string{}
	for _, lang := range mingjing.Languages {
		pages[lang] = mingjing.Path(lang, "offline")
	}
	values := []string{"{{.Version}}", a.version()}
	for name, value := range map[string]any{"Files": kept, "Programs": programs, "OfflinePages": pages, "Notices": pushTexts()} {
		data, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("api: writing the service worker: %w", err)
		}
		values = append(values, "{{."+name+"}}", string(data))
	}
	a.add("/app-worker.js", scriptType, []byte(strings.NewReplacer(values...).Replace(web.Worker())))
	a.files["/app-worker.js"].fresh = true
	return nil
}

// version returns a text that changes when any of the public files does.
func (a *assets) version() string {
	var all []string
	for at, f := range a.files {
		all = append(all, at+f.hash)
	}
	slices.Sort(all)
	return web.Hash([]byte(strings.Join(all, "\n") + web.Worker()))
}

// A resolver tells go-app the addresses of our files.
type resolver struct{ wasm string }

func (r resolver) Resolve(location string) string {
	switch location {
	case "/":
		return ""
	case "/web/app.wasm":
		return r.wasm
	}
	return location
}

// fromHandler returns what go-app's handler answers to one path.
func fromHandler(h http.Handler, at string) ([]byte, error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, at, nil)
	if err != nil {
		return nil, fmt.Errorf("api: making %s: %w", at, err)
	}
	w := &recordedResponse{header: http.Header{}}
	h.ServeHTTP(w, r)
	if w.status != http.StatusOK || w.body.Len() == 0 {
		return nil, fmt.Errorf("api: making %s: go-app answered %d with %d bytes", at, w.status, w.body.Len())
	}
	return w.body.Bytes(), nil
}

// A recordedResponse is a response that is stored instead of sent.
type recordedResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recordedResponse) Header() http.Header         { return w.header }
func (w *recordedResponse) WriteHeader(status int)      { w.status = status }
func (w *recordedResponse) Write(b []byte) (int, error) { return w.body.Write(b) }

// pack compresses data as much as possible; nil where that saves less than a tenth.
func pack(data []byte) (br, gz []byte) {
	var b, g bytes.Buffer
	bw := brotli.NewWriterLevel(&b, brotli.BestCompression)
	gw, _ := gzip.NewWriterLevel(&g, gzip.BestCompression) // it fails only for a level that does not exist
	for _, w := range []io.WriteCloser{bw, gw} {
		_, _ = w.Write(data) // it writes into memory
		_ = w.Close()
	}
	small := len(data) - len(data)/10
	if b.Len() < small {
		br = b.Bytes()
	}
	if g.Len() < small {
		gz = g.Bytes()
	}
	return br, gz
}

// has reports whether a path is one of the public files.
func (a *assets) has(at string) bool { return a.file(at) != nil }

// file returns the public file at a path, or nil.
func (a *assets) file(at string) *asset {
	if f := a.files[at]; f != nil || a.inForce == nil {
		return f
	}
	return a.files[a.inForce(at)]
}

// ServeHTTP sends a public file. With the hash of its content in the address it may be
// stored for good; otherwise browsers ask for it again each time.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := a.file(r.URL.Path)
	if f == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if !f.fresh && r.URL.RawQuery == "v="+f.hash || f.fixed && a.files[r.URL.Path] == f {
		h.Set("Cache-Control", forever)
	}
	body, encoding, etag := f.raw, "", f.hash
	br, packed := f.packed()
	if br != nil || packed != nil {
		h.Set("Vary", "Accept-Encoding")
		accept := strings.Join(r.Header.Values("Accept-Encoding"), ",")
		switch {
		case br != nil && accepts(accept, "br"):
			body, encoding, etag = br, "br", etag+"-br"
		case packed != nil && accepts(accept, "gzip"):
			body, encoding, etag = packed, "gzip", etag+"-gzip"
		}
	}
	etag = `"` + etag + `"`
	h.Set("ETag", etag)
	if slices.ContainsFunc(strings.Split(r.Header.Get("If-None-Match"), ","), func(s string) bool {
		return strings.TrimPrefix(strings.TrimSpace(s), "W/") == etag
	}) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if body == nil {
		unpack(w, r, packed)
		return
	}
	extendWriteDeadline(w, len(body))
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the client has gone
}

// unpack sends a file that is only stored compressed to a client that accepts neither
// compression.
func unpack(w http.ResponseWriter, r *http.Request, packed []byte) {
	if r.Method == http.MethodHead {
		return
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	_, _ = io.Copy(w, z) //nolint:gosec // our own file, packed by us
}

// accepts reports whether an Accept-Encoding header names an encoding.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		return weight(params) > 0
	}
	return false
}
