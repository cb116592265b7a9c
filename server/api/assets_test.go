package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"golang.org/x/net/html"

	"mingjing"
	"mingjing/web"
)

var onceAssets = sync.OnceValues(func() (*assets, error) {
	return newAssets(map[string][]byte{"rulebooks/x.json": []byte(`{"id":"x"}`)})
})

func publicFiles(t *testing.T) *assets {
	t.Helper()
	a, err := onceAssets()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func fetch(a http.Handler, method, at string, header map[string]string) *http.Response {
	r := httptest.NewRequest(method, at, nil)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Result()
}

func TestAFileThatIsNamedByItsContentIsKeptForGood(t *testing.T) {
	a := publicFiles(t)
	resp := fetch(a, "GET", web.URL("app.css"), nil)
	if got := resp.Header.Get("Cache-Control"); resp.StatusCode != 200 || got != forever {
		t.Errorf("status %d, Cache-Control %q", resp.StatusCode, got)
	}
	for _, at := range []string{"/web/app.css", "/web/app.css?v=000000000000", "/web/app.css?v=", web.URL("app.css") + "&x=1"} {
		resp := fetch(a, "GET", at, nil)
		if got := resp.Header.Get("Cache-Control"); resp.StatusCode != 200 || got != "no-cache" {
			t.Errorf("%s: status %d, Cache-Control %q", at, resp.StatusCode, got)
		}
	}
}

func TestAFileIsSentInTheEncodingThatIsTaken(t *testing.T) {
	a := publicFiles(t)
	want := a.files["/web/app.css"].raw
	for accept, encoding := range map[string]string{
		"": "", "identity": "", "br": "br", "gzip, deflate, br, zstd": "br", "gzip": "gzip", "br;q=0, gzip": "gzip",
		"BR": "br", "br;q=0.5": "br", "gzip;q=0, br;q=0": "", "brotli": "", "*": "", "br;q=x": "",
	} {
		resp := fetch(a, "GET", "/web/app.css", map[string]string{"Accept-Encoding": accept})
		if got := resp.Header.Get("Content-Encoding"); got != encoding {
			t.Errorf("%q was answered with %q, want %q", accept, got, encoding)
			continue
		}
		body := io.Reader(resp.Body)
		switch encoding {
		case "br":
			body = brotli.NewReader(body)
		case "gzip":
			z, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q: the content differs: %v", accept, err)
		}
		if resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: Vary is %q", accept, resp.Header.Get("Vary"))
		}
	}
}

func TestAFileIsNotSentTwice(t *testing.T) {
	a := publicFiles(t)
	first := fetch(a, "GET", "/web/app.css", map[string]string{"Accept-Encoding": "br"})
	tag := first.Header.Get("ETag")
	if resp := fetch(a, "GET", "/web/app.css", map[string]string{"Accept-Encoding": "br",
		"If-None-Match": `"x", W/` + tag}); resp.StatusCode != 304 {
		t.Errorf("status %d", resp.StatusCode)
	}
	if resp := fetch(a, "GET", "/web/app.css", map[string]string{"Accept-Encoding": "gzip", "If-None-Match": tag}); resp.StatusCode != 200 {
		t.Errorf("another encoding: status %d", resp.StatusCode)
	}
	if resp := fetch(a, "GET", "/no/such/file", map[string]string{"If-None-Match": tag}); resp.StatusCode != 404 {
		t.Errorf("another path: status %d", resp.StatusCode)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	a := publicFiles(t)
	resp := fetch(a, "HEAD", "/web/app.css", nil)
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || len(body) != 0 || resp.Header.Get("Content-Length") == "0" {
		t.Errorf("HEAD: status %d, %d bytes, Content-Length %q", resp.StatusCode, len(body), resp.Header.Get("Content-Length"))
	}
}

func TestWhatIsServedIsPublic(t *testing.T) {
	a := publicFiles(t)
	for _, at := range []string{"/robots.txt", "/favicon.ico", "/apple-touch-icon.png", "/manifest.webmanifest", "/web/rulebooks/x.json",
		"/web/icons/mark.svg"} {
		resp := fetch(a, "GET", at, nil)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") == "" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: status %d, %v", at, resp.StatusCode, resp.Header)
		}
	}
	for _, at := range []string{"/", "/web/", "/web/worker.js", "/web/embed.go", "/web/../go.mod", "/app.css", "/web/build/README.md",
		"/zh-CN/score"} {
		if a.has(at) {
			t.Errorf("%s is served", at)
		}
	}
	if _, err := newAssets(map[string][]byte{"x.unknown": nil}); err == nil {
		t.Error("a file without a type was taken")
	}
}

func TestTheAppCanBeInstalled(t *testing.T) {
	a := publicFiles(t)
	for _, lang := range mingjing.Languages {
		var m struct {
			ID, Name, Lang, Scope, Display, Description string
			StartURL                                    string `json:"start_url"`
			Icons                                       []struct{ Src, Sizes, Purpose string }
			Shortcuts                                   []struct{ Name, URL string }
		}
		if err := json.Unmarshal(a.files[manifestAt(lang)].raw, &m); err != nil {
			t.Fatal(err)
		}
		if m.ID != "/" || m.Name == "" || m.Lang != lang || m.Scope != "/" || m.Display != "standalone" || m.Description == "" ||
			mingjing.PageAt(m.StartURL) != "overview" || !strings.HasPrefix(m.StartURL, "/"+lang+"/") {
			t.Errorf("%+v", m)
		}
		need := map[string]bool{"192x192 any": true, "512x512 any": true, "512x512 maskable": true}
		for _, i := range m.Icons {
			delete(need, i.Sizes+" "+i.Purpose)
			if resp := fetch(a, "GET", i.Src, nil); resp.StatusCode != 200 || resp.Header.Get("Cache-Control") != forever {
				t.Errorf("icon %s: status %d", i.Src, resp.StatusCode)
			}
		}
		if len(need) > 0 {
			t.Errorf("missing icons: %v", need)
		}
		for _, x := range m.Shortcuts {
			if x.Name == "" || mingjing.PageAt(x.URL) == "" || !strings.HasPrefix(x.URL, "/"+lang+"/") {
				t.Errorf("a shortcut to nowhere: %+v", x)
			}
		}
		if len(m.Shortcuts) == 0 {
			t.Error("no shortcuts")
		}
	}
}

func TestChosenColoursAndTextAreThoseOfThePageAndNothingElseIsTaken(t *testing.T) {
	a := publicFiles(t)
	for cookie, want := range map[string]string{"dark.200": ` data-theme="dark" data-text="200"`, "light.": ` data-theme="light"`,
		".130": ` data-text="130"`,
		"":     "", "blue.9000": "", `x" onload="y.130`: ` data-text="130"`} {
		s := string(a.document(&mingjing.View{Page: "home", Lang: "en", Display: displayOf(cookie)}, "", ""))
		root, _, _ := strings.Cut(s, "\n<head>")
		if !strings.Contains(root, want+">") || strings.Contains(root, "data-t") != (want != "") || strings.Contains(root, "onload") {
			t.Errorf("%q: %s", cookie, root)
		}
		if one := strings.Count(s, `name="theme-color"`) == 1; one != strings.Contains(want, "theme") {
			t.Errorf("%q: the colour of the bars does not follow", cookie)
		}
	}
	css := string(a.files["/web/app.css"].raw)
	for _, part := range []string{`:root[data-theme="dark"]`, `:root:not([data-theme="light"])`} {
		if strings.Count(css, part) != 1 {
			t.Errorf("the style has %s not once", part)
		}
	}
}

func sampleDocument(t *testing.T, a *assets) (*html.Node, string) {
	t.Helper()
	v := &mingjing.View{Page: "records", Lang: "en", Path: "records", Now: time.Unix(0, 0).UTC(),
		Who: &mingjing.Viewer{Name: "</script><script>alert(1)</script>\u2028<!--"}}
	s := string(a.document(v, `<div id="root"></div>`, `A <title> & "more"`))
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	return doc, s
}

func elements(n *html.Node, name string) (found []*html.Node) {
	if n.Type == html.ElementNode && n.Data == name {
		found = append(found, n)
	}
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		found = append(found, elements(k, name)...)
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestADocumentHoldsItsViewAndNothingThatRunsInline(t *testing.T) {
	a := publicFiles(t)
	doc, s := sampleDocument(t, a)
	islands := 0
	for _, script := range elements(doc, "script") {
		if attr(script, "type") == "application/json" {
			islands++
			var v mingjing.View
			if err := json.Unmarshal([]byte(script.FirstChild.Data), &v); err != nil || !strings.Contains(v.Who.Name, "alert(1)") {
				t.Errorf("the view is not what it was: %v", err)
			}
			continue
		}
		if src := attr(script, "src"); script.FirstChild != nil || !strings.HasPrefix(src, "/") || strings.HasPrefix(src, "//") {
			t.Errorf("a script that is not ours: %q", src)
		}
	}
	if islands != 1 {
		t.Errorf("%d views", islands)
	}
	if len(elements(doc, "style")) > 0 || strings.Contains(s, " style=") || regexp.MustCompile(` on[a-z]+=`).MatchString(s) {
		t.Error("something inline")
	}
	if title := elements(doc, "title")[0].FirstChild.Data; title != `A <title> & "more"` {
		t.Errorf("the title is %q", title)
	}
	var kinds []string
	for k := elements(doc, "body")[0].FirstChild; k != nil; k = k.NextSibling {
		if k.Type == html.ElementNode {
			kinds = append(kinds, attr(k, "id"))
		}
	}
	// go-app replaces the first element and looks for the second by its id.
	if strings.Join(kinds, " ") != "root app-wasm-loader view" {
		t.Errorf("the body has %v", kinds)
	}
	for _, link := range elements(doc, "link") {
		if resp := fetch(a, "GET", attr(link, "href"), nil); resp.StatusCode != 200 {
			t.Errorf("%s: status %d", attr(link, "href"), resp.StatusCode)
		}
	}
	for _, bad := range []string{"unsafe-inline", "unsafe-eval'; ", "http:", "data:", "*"} {
		if strings.Contains(strings.ReplaceAll(CSP, "'wasm-unsafe-eval'", ""), bad) {
			t.Errorf("the policy allows %s", bad)
		}
	}
}

func TestEachProgramIsStartedFromOurOwnFiles(t *testing.T) {
	for _, name := range web.Programs {
		program, ok := web.Wasm(name)
		if !ok {
			t.Skip("the browser's programs are not built")
		}
		t.Run(name, func(t *testing.T) { startsFromOurOwnFiles(t, program) })
	}
}

func startsFromOurOwnFiles(t *testing.T, program web.Program) {
	a := publicFiles(t)
	start := string(a.files["/"+program.Name+".js"].raw)
	if !strings.Contains(start, `fetch("`+program.URL()+`"),`) || strings.Contains(start, `fetchWithProgress("`) {
		t.Error("the script does not fetch the program as it should: has go-app changed?")
	}
	if !strings.Contains(start, "setTimeout(() => go.run(wasm.instance))") {
		t.Error("the program starts in the task that compiled it: has go-app changed?")
	}
	if !strings.Contains(start, `go.env.GOTRACEBACK = "system";`) {
		t.Error("a panic's trace would have no addresses: has go-app changed?")
	}
	if strings.Contains(start, "https://") || strings.Contains(start, "{{") {
		t.Error("the script speaks of another host, or a placeholder is left")
	}
	worker := string(a.files["/app-worker.js"].raw)
	if strings.Contains(worker, "{{") || !strings.Contains(worker, program.URL()) || !strings.Contains(worker, "/zh-CN/offline") {
		t.Error("the worker is not filled in")
	}
	if resp := fetch(a, "GET", "/app-worker.js?v="+a.files["/app-worker.js"].hash, nil); resp.Header.Get("Cache-Control") != "no-cache" {
		t.Error("the worker may be kept, and would never be replaced")
	}
	resp := fetch(a, "GET", program.URL(), map[string]string{"Accept-Encoding": "br"})
	if resp.Header.Get("Content-Type") != "application/wasm" || resp.Header.Get("Content-Encoding") != "br" ||
		resp.Header.Get("Cache-Control") != forever {
		t.Errorf("the program: %v", resp.Header)
	}
	body, err := io.ReadAll(fetch(a, "GET", program.URL(), nil).Body)
	if err != nil || len(body) != program.Size || !bytes.HasPrefix(body, []byte("\x00asm")) {
		t.Errorf("unpacked: %d bytes of %d: %v", len(body), program.Size, err)
	}
	for _, at := range regexp.MustCompile(`"(/[^"]*)"`).FindAllStringSubmatch(worker[:strings.Index(worker, "self.addEventListener")], -1) {
		if strings.HasSuffix(at[1], "/offline") {
			continue
		}
		if resp := fetch(a, "GET", at[1], nil); resp.StatusCode != 200 || resp.Header.Get("Cache-Control") != forever {
			t.Errorf("the worker keeps %s: status %d, %s", at[1], resp.StatusCode, resp.Header.Get("Cache-Control"))
		}
	}
}

// A page that one program takes over says so, loads it, and does not know the other.
func TestAPageLoadsTheProgramOfWhoMayOpenIt(t *testing.T) {
	a := publicFiles(t)
	if a.programs == nil {
		t.Skip("the browser's programs are not built")
	}
	roles := map[mingjing.Role]string{mingjing.RoleResident: "app", mingjing.RoleHandler: "desk", mingjing.RoleAuditor: "desk",
		mingjing.RoleAgency: "desk", mingjing.RoleAdministrator: "desk"}
	for role, program := range roles {
		for _, r := range mingjing.Routes {
			want := program
			switch {
			case r.Name == "try", r.Name == "agency": // anybody works it out on their own device
				want = "app"
			case r.Access == mingjing.Anyone, slices.Contains(mingjing.PlainPages, r.Name):
				want = ""
			case r.Access == mingjing.Residents && program == "desk", r.Access != mingjing.Residents && r.Access != mingjing.Everyone &&
				program == "app":
				continue // it is refused
			}
			s := string(a.document(&mingjing.View{Page: r.Name, Lang: "en", Who: &mingjing.Viewer{Role: role}}, "<div></div>", ""))
			for _, name := range web.Programs {
				for _, at := range []string{"/web/" + name + ".wasm", "/" + name + ".js", `data-program="` + name + `"`} {
					if strings.Contains(s, at) != (name == want) {
						t.Errorf("%s, for a %s: %s is there: %v", r.Name, role, at, name != want)
					}
				}
			}
			for what, alive := range map[string]string{"view": `id="view"`, "sentences": a.url("/web/i18n/en.json"), "loader": "app-wasm-loader"} {
				if strings.Contains(s, alive) != (want != "") {
					t.Errorf("%s, for a %s: the %s is there: %v", r.Name, role, what, want == "")
				}
			}
			if strings.Contains(s, "zh-CN.json") {
				t.Errorf("%s loads the sentences of another language", r.Name)
			}
		}
	}
}

func TestALoginKnowsWhichProgramComesNext(t *testing.T) {
	a := publicFiles(t)
	for page, want := range map[string]string{"login": "app", "activate": "app", "staff-login": "desk"} {
		if s := string(a.document(&mingjing.View{Page: page, Lang: "en"}, "", "")); !strings.Contains(s, ` data-next="`+want+`"`) {
			t.Errorf("%s does not name the program %s", page, want)
		}
	}
}

func TestTheSentencesOfEachLanguageAreKeptForGood(t *testing.T) {
	a := publicFiles(t)
	for _, lang := range mingjing.Languages {
		resp := fetch(a, "GET", a.url(sentencesAt(lang)), nil)
		var all map[string]string
		if err := json.NewDecoder(resp.Body).Decode(&all); err != nil || all["app.name"] == "" || resp.Header.Get("Cache-Control") != forever {
			t.Errorf("%s: %d sentences, %v, %s", lang, len(all), err, resp.Header.Get("Cache-Control"))
		}
	}
}
