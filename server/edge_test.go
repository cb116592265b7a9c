package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/i18n"
)

// TestEveryPageInBothLanguages requests every page of a resident and of a handler with
// real data; inspect checks what holds for each page.
func TestEveryPageInBothLanguages(t *testing.T) {
	c := theOpenCity(t)
	b, h := c.resident(t, "expired-record"), c.desk(t, "h-1001")
	empty := c.resident(t, "ordinary 4") // nothing is held
	b.ready("rongcheng")
	records := list[mingjing.Record](b.json("GET", "/api/records", nil))
	th := things{listing: "X", record: records[0].ID, request: into[mingjing.ScoreRequest](b.json("POST", "/api/score-requests",
		map[string]any{"rulebook": "honest-shanghai", "consent": true}).want(202)).ID}
	th.dispute = into[mingjing.Case](
		b.json("POST", "/api/disputes", map[string]any{"record_id": th.record, "reason": "expired", "statement": "六年前的事。"}).want(201)).ID
	if len(records) > 2 {
		th.decided = b.upheld(records[1].ID).ID
	}
	empty.json("POST", "/api/mandates/"+b.names("ordinary 4", th.dispute).ID+"/accept", nil).want(200)
	h.json("POST", "/api/admin/cases/"+th.dispute+"/open", map[string]any{"reason": "They telephoned."}).want(200)
	th.inquiry = b.why("h-1001").ID
	b.ready("rongcheng")
	th.code = codeOf(into[mingjing.MadeShare](b.json("POST", "/api/shares", asJSON(c.share(url.Values{"rulebook": {"rongcheng"}}))).want(
		201)).Link)
	for _, lang := range mingjing.Languages {
		b.lang, h.lang, empty.lang = lang, lang, lang
		for _, r := range mingjing.Routes {
			who := b
			if r.Access == mingjing.Staff {
				who = h
			}
			if r.Access == mingjing.Agencies {
				who = c.desk(t, "g-3001")
				who.lang = lang
			}
			if r.Access == mingjing.Administrators || r.Access == mingjing.Overseers {
				who = c.desk(t, "adm-4001")
				who.lang = lang
			}
			switch r.Name {
			case "comment", "complaint", "agency-question", "agency-batch", "agency-inquiry": // each has a test of its own
				continue
			}
			if r.Name == "helping" {
				who = empty
			}
			if r.Name == "workload" || r.Name == "comments" || r.Name == "complaints-open" { // it is not for handlers
				who = c.desk(t, "s-2001")
				who.lang = lang
			}
			if strings.Contains(r.Path, "listings/{id}") || r.Name == "login" || r.Name == "staff-login" ||
				r.Name == "staff-activate" {
				who = c.browser(t)
				who.lang = lang
			}
			path := strings.Replace(th.at(r.Path), th.record, records[len(records)-1].ID, 1)
			a := who.page(path)
			if strings.Contains(r.Path, "listings/{id}") {
				a.want(303)
				continue
			}
			a.want(200)
			v := a.view()
			if v.Page != r.Name || v.Lang != lang || v.Path != path || v.Zone != "Asia/Shanghai" || v.Demo.ClockScale != testScale {
				t.Errorf("%s in %s is %s in %s at %q", r.Name, lang, v.Page, v.Lang, v.Path)
			}
			if r.Access == mingjing.Residents && v.Seq == 0 {
				t.Errorf("%s does not say up to which event it is true", r.Name)
			}
			if (v.Who != nil) != (r.Access != mingjing.Anyone || who == b && r.Name != "offline" && r.Name != "locked") {
				t.Errorf("%s is for %+v", r.Name, v.Who)
			}
			if alt := a.html().Find("a[hreflang]"); alt.Length() == 0 {
				t.Errorf("%s does not lead to the other language", r.Name)
			}
			if r.Access == mingjing.Residents && !strings.Contains(r.Path, "{id}") && r.Name != "new-dispute" {
				empty.page(r.Path).want(200)
			}
		}
		for _, missing := range []string{"nowhere", "records/NOTHING", "rulebooks/nowhere", "disputes/new", "requests/" + th.dispute} {
			a := b.page(missing).want(404)
			if v := a.view(); v.Page != "error" || v.Problem.Code != "not_found" || v.Lang != lang || v.Who == nil || v.Seq == 0 {
				t.Errorf("%s: %s with %+v", missing, v.Page, v.Problem)
			}
		}
		if v := b.page("admin").want(403).view(); v.Page != "error" || v.Problem.Code != "forbidden" {
			t.Errorf("the queue shows a resident %+v", v.Problem)
		}
	}
}

func TestThePagesOfOneRulebookHaveItsHashAndItsWords(t *testing.T) {
	c := theOpenCity(t)
	for _, book := range c.p.casework.City.Books() {
		a := c.browser(t).page("rulebooks/" + book.ID).want(200)
		if v := a.view(); mingjing.DataOf[mingjing.RulebookPage](&v).Hash != book.Ref().Hash {
			t.Errorf("%s: hash %q", book.ID, mingjing.DataOf[mingjing.RulebookPage](&v).Hash)
		}
	}
}

func TestTheAnswerHasTheFormThatWasAskedFor(t *testing.T) {
	c := theOpenCity(t)
	b := c.browser(t)
	const view, problem, html = "application/vnd.mingjing.view+json", "application/problem+json", "text/html; charset=utf-8"
	for _, k := range []struct{ method, path, accept, content, want string }{
		{"GET", "/en/nowhere", "", "", html},
		{"GET", "/en/nowhere", "*/*", "", html},
		{"GET", "/en/nowhere", "application/json", "", problem},
		{"GET", "/en/nowhere", view, "", view},
		{"GET", "/api/me", "", "", problem},
		{"GET", "/api/nowhere", "*/*", "", problem},
		{"GET", "/api/nowhere", acceptHTML, "", html},
		{"GET", "/api/nowhere", "application/json, text/html;q=0.5", "", problem},
		{"POST", "/api/login", "*/*", "application/json", problem},
		{"POST", "/api/login", "*/*", "application/x-www-form-urlencoded", html},
		{"POST", "/api/login", "*/*", "multipart/form-data; boundary=x", problem},
		{"POST", "/api/login", view, "application/x-www-form-urlencoded", view},
		{"POST", "/en/login", acceptHTML, "application/x-www-form-urlencoded", html},
	} {
		body := "{}"
		if !strings.Contains(k.content, "json") {
			body = "x=y"
		}
		if k.method == "GET" {
			body = ""
		}
		header := []string{"Content-Type", k.content, "Accept", k.accept}
		a := b.send(k.method, k.path, []byte(body), header...)
		if got := a.header.Get("Content-Type"); got != k.want {
			t.Errorf("%s %s for %q (%s): %d as %s, want %s", k.method, k.path, k.accept, k.content, a.status, got, k.want)
		}
		for _, vary := range []string{"Accept", "Cookie", "Accept-Encoding"} {
			if !slices.Contains(strings.Split(strings.ReplaceAll(strings.Join(a.header.Values("Vary"), ","), " ", ""), ","), vary) {
				t.Errorf("%s %s varies by %q", k.method, k.path, a.header.Values("Vary"))
			}
		}
	}
}

func TestAnAddressSaysWhichMethodsItTakes(t *testing.T) {
	c := theOpenCity(t)
	b := c.browser(t)
	for _, k := range []struct{ method, path, allow string }{
		{"POST", "/en/login", "GET, HEAD"}, {"DELETE", "/api/records", "GET, HEAD"}, {"GET", "/api/login", "POST"},
		{"PUT", "/api/disputes", "GET, HEAD, POST"}, {"POST", "/healthz", "GET, HEAD"}, {"POST", "/robots.txt", "GET, HEAD"},
		{"POST", "/", "GET, HEAD"},
	} {
		a := b.send(k.method, k.path, nil, "Accept", "application/json")
		if a.problem(405) != "method_not_allowed" || a.header.Get("Allow") != k.allow {
			t.Errorf("%s %s: %s, allowed is %q", k.method, k.path, a.body, a.header.Get("Allow"))
		}
	}
	if v := b.page("/api/login").want(405).view(); v.Page != "error" || v.Problem.Code != "method_not_allowed" {
		t.Errorf("as a page: %+v", v.Problem)
	}
	b.send("DELETE", "/api/nowhere", nil, "Accept", "application/json").want(404)
	r := c.resident(t, "ordinary 9")
	for _, path := range []string{"/en/overview", "/en/", "/api/me", "/robots.txt", "/healthz", "/web/app.css"} {
		head, get := r.send("HEAD", path, nil, "Accept", "*/*").want(200), r.send("GET", path, nil, "Accept", "*/*").want(200)
		if len(head.body) > 0 || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
			t.Errorf("HEAD %s: %d bytes as %s", path, len(head.body), head.header.Get("Content-Type"))
		}
	}
	r.send("HEAD", "/en/records/NOTHING", nil).want(404)
	c.browser(t).send("HEAD", "/en/overview", nil).want(303)
}

func TestTheFirstAddressLeadsToTheLanguageOfTheBrowser(t *testing.T) {
	b := theOpenCity(t).browser(t)
	for accept, want := range map[string]string{
		"": "/zh-CN/", "en": "/en/", "en-GB,en;q=0.9": "/en/", "fr, de;q=0.9": "/zh-CN/", "zh-TW;q=0.3, en;q=0.8": "/en/",
		"en;q=0, zh;q=0.1": "/zh-CN/", "en;q=NaN": "/zh-CN/", "en;q=1e9, zh;q=0.5": "/zh-CN/", strings.Repeat("x,", 2000) + "en": "/en/",
	} {
		a := b.send("GET", "/", nil, "Accept-Language", accept, "Referer", b.c.url+"/en/login")
		if a.to() != want || a.header.Get("Vary") != "Accept-Encoding" && !slices.Contains(a.header.Values("Vary"), "Accept-Language") {
			t.Errorf("%.40q leads to %s, varies by %v", accept, a.to(), a.header.Values("Vary"))
		}
	}
	if to := b.page("/en").to(); to != "/en/" {
		t.Error(to)
	}
	// A form says its own language, and only one that there is.
	b.lang = "zh-CN"
	if v := b.form("/api/login", url.Values{"lang": {"en"}}).want(422).view(); v.Lang != "en" {
		t.Errorf("the form is answered in %s", v.Lang)
	}
	if v := b.form("/api/login", url.Values{"lang": {"../../evil"}}).want(422).view(); v.Lang != "zh-CN" {
		t.Errorf("the form is answered in %s", v.Lang)
	}
	if v := b.form("/api/login", url.Values{"lang": {"-"}}, "Referer", b.c.url+"/en/login").want(422).view(); v.Lang != "en" {
		t.Errorf("the form of an English page is answered in %s", v.Lang)
	}
}

func TestABodyIsReadNoFurtherThanItMayBe(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 12")
	post := func(kind, body string) answer {
		return b.send("POST", "/api/score-requests", []byte(body), "Content-Type", kind, "Accept", "application/json")
	}
	for name, k := range map[string]struct {
		kind, body, code string
		status           int
	}{
		"too large JSON":      {"application/json", `{"rulebook":"` + strings.Repeat("x", 1<<20) + `"}`, "too_large", 413},
		"a too large form":    {"application/x-www-form-urlencoded", "rulebook=" + strings.Repeat("x", 1<<20), "too_large", 413},
		"half JSON":           {"application/json", `{"rulebook":`, "bad_body", 400},
		"two values":          {"application/json", `{} {}`, "bad_body", 400},
		"something after":     {"application/json", `{}}`, "bad_body", 400},
		"a list":              {"application/json", `[]`, "bad_body", 400},
		"a text":              {"application/json", `"x"`, "bad_body", 400},
		"an object within":    {"application/json", `{"rulebook":{"x":1}}`, "bad_body", 400},
		"a list in a list":    {"application/json", `{"rulebook":[["x"]]}`, "bad_body", 400},
		"a dotted name":       {"application/json", `{"evidence_answers.answer":"x"}`, "bad_body", 400},
		"NUL":                 {"application/json", `{"rulebook":"a\u0000b"}`, "bad_body", 400},
		"NUL in a form":       {"application/x-www-form-urlencoded", "rulebook=a%00b", "bad_body", 400},
		"no UTF-8":            {"application/json", "{\"rulebook\":\"\xff\"}", "bad_body", 400},
		"no UTF-8 in a form":  {"application/x-www-form-urlencoded", "rulebook=%ff", "bad_body", 400},
		"a broken escape":     {"application/x-www-form-urlencoded", "rulebook=%zz", "bad_body", 400},
		"many fields":         {"application/x-www-form-urlencoded", strings.Repeat("a=b&", 300), "bad_body", 400},
		"many members":        {"application/json", `{"a":[` + strings.Repeat("1,", 300) + `1]}`, "bad_body", 400},
		"deep":                {"application/json", strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000), "bad_body", 400},
		"another type":        {"text/plain", `{}`, "bad_body", 400},
		"no type":             {"", `{}`, "bad_body", 400},
		"no boundary":         {"multipart/form-data", "x", "bad_body", 400},
		"no rulebook":         {"application/json", `{"consent":true}`, "invalid_form", 422},
		"an unknown rulebook": {"application/json", `{"consent":true,"rulebook":"atlantis"}`, "invalid_form", 422},
		"no consent":          {"application/json", `{"consent":false,"rulebook":"rongcheng"}`, "invalid_form", 422},
		"half a consent":      {"application/json", `{"consent":1,"rulebook":"rongcheng"}`, "invalid_form", 422},
	} {
		if a := post(k.kind, k.body); a.err != nil || a.status != k.status || a.problem(k.status) != k.code {
			t.Errorf("%s: %v %d %s", name, a.err, a.status, a.body)
		}
	}
	if n := len(list[mingjing.Consent](b.json("GET", "/api/consents", nil))); n != 0 {
		t.Errorf("%d consents were given on the way", n)
	}
}

func TestEvidenceIsWhatItIsAndNoMore(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 11")
	b.ready("rongcheng")
	record := list[mingjing.Record](b.json("GET", "/api/records", nil))[0].ID
	fields := map[string]string{"record_id": record, "reason": "other", "statement": "x"}
	many := slices.Repeat([]file{{"a.pdf", pdf}}, mingjing.MaxEvidence+1)
	large := append(slices.Clone(pdf[:9]), bytes.Repeat([]byte("0"), mingjing.MaxEvidenceBytes)...)
	for name, k := range map[string]struct {
		files []file
		code  string
	}{
		"a page":            {[]file{{"a.pdf", []byte("<html><script>alert(1)</script>")}}, "evidence_type"},
		"a program":         {[]file{{"a.png", []byte("\x7fELF\x02")}}, "evidence_type"},
		"an empty file":     {[]file{{"a.pdf", nil}}, "evidence_broken"},
		"half a picture":    {[]file{{"a.png", picture(t, "png")[:60]}}, "evidence_broken"},
		"too many":          {many, "evidence_count"},
		"too large":         {[]file{{"a.pdf", large}}, "evidence_size"},
		"too large and one": {[]file{{"a.pdf", large}, {"b.pdf", pdf}}, "evidence_size"},
	} {
		a := b.upload("/api/disputes", "application/json", fields, k.files)
		if a.err != nil || a.problem(422) != "invalid_form" || a.fields()["evidence"] != k.code {
			t.Errorf("%s: %v %s", name, a.err, a.body)
		}
	}
	if n := len(list[mingjing.Case](b.json("GET", "/api/disputes", nil))); n != 0 {
		t.Fatalf("%d disputes were filed on the way", n)
	}
	page := b.upload("/api/disputes", acceptHTML, fields, []file{{"a.pdf", large}}).want(422)
	if v := page.view(); v.Page != "new-dispute" || v.Form["statement"] != "x" || v.Problem.Fields[0].Code != "evidence_size" {
		t.Errorf("the page of a file that is too large: %s %+v", v.Page, v.Problem)
	}
	// Where a picture was taken is not kept.
	jpg := picture(t, "jpeg")
	jpg = slices.Concat(jpg[:2], []byte("\xff\xe1\x00\x1aExif\x00\x00GPS 31.2304,121.47"), jpg[2:])
	d := into[mingjing.Case](b.upload("/api/disputes", "application/json", fields, []file{{`a"b;c.exe`, jpg}}).want(201))
	got := b.send("GET", "/api/evidence/"+d.Evidence[0].ID, nil).want(200)
	if bytes.Contains(got.body, []byte("Exif")) || got.header.Get("Content-Type") != "image/jpeg" || got.header.Get("Content-Encoding") != "" {
		t.Errorf("the picture is sent with %v", got.header)
	}
	if !regexp.MustCompile(`^attachment; filename=[a-z.-]+\.jpg$`).MatchString(got.header.Get("Content-Disposition")) {
		t.Errorf("it is called %s", got.header.Get("Content-Disposition"))
	}
	if got.header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
		t.Error("another site may embed it")
	}
	seen := b.send("GET", "/api/evidence/"+d.Evidence[0].ID+"?page=1", nil).want(200)
	if !bytes.HasPrefix(seen.body, []byte("\xff\xd8\xff")) || seen.header.Get("Content-Disposition") != "inline" ||
		seen.header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
		t.Errorf("its page is sent with %v", seen.header)
	}
	b.send("GET", "/api/evidence/"+d.Evidence[0].ID+"?page=2", nil, "Accept", "application/json").want(404)
	b.send("GET", "/api/evidence/NOTHING", nil, "Accept", "application/json").want(404)
}

func TestALogLineHasTheRouteAndNothingOfThePerson(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 7")
	b.page("records/SECRET-PART-OF-A-PATH?search=SECRET-QUERY").want(404)
	ws, _, err := b.stream("")
	if err != nil {
		t.Fatal(err)
	}
	_ = ws.Close()
	find := func(route string, status float64) bool {
		for line := range strings.SplitSeq(c.logs.String(), "\n") {
			var v map[string]any
			if json.Unmarshal([]byte(line), &v) == nil && v["msg"] == "request" && v["route"] == route && v["status"] == status && v["id"] != "" {
				return true
			}
		}
		return false
	}
	eventually(t, 5*time.Second, "the lines are there", func() bool { return find("GET /en/records/{id}", 404) && find("GET /api/live", 101) })
	for _, s := range []string{"SECRET-PART", "SECRET-QUERY"} {
		if strings.Contains(c.logs.String(), s) {
			t.Errorf("the log has %s", s)
		}
	}
	u, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(c.logs.String(), b.session(u).Value) {
		t.Error("the log has a session's token")
	}
}

func TestASecurityEventIsInTheLogAndNamesNobody(t *testing.T) {
	c := theOpenCity(t)
	account := c.account(t, "ordinary 7")
	b := c.resident(t, "ordinary 7")
	b.addr = "198.51.100.77"
	b.json("POST", "/api/login", map[string]any{"id_number": account.IDNumber, "password": "quiet-river-7719"}).want(401)
	b.json("GET", "/api/admin/cases", nil).want(403)
	events := func() (seen map[string]map[string]any, all string) {
		seen = map[string]map[string]any{}
		for line := range strings.SplitSeq(c.logs.String(), "\n") {
			var v map[string]any
			if json.Unmarshal([]byte(line), &v) == nil && v["msg"] == "security" {
				all += line + "\n"
				if kind, ok := v["kind"].(string); ok && (v["network"] == "198.51.100.0/24" || kind == "login") {
					seen[kind] = v
				}
			}
		}
		return seen, all
	}
	eventually(t, 5*time.Second, "the events are there", func() bool {
		seen, _ := events()
		return seen["login"] != nil && seen["failed"] != nil && seen["forbidden"] != nil
	})
	seen, all := events()
	if seen["failed"]["operation"] != "login" || seen["failed"]["code"] != "login_failed" || seen["forbidden"]["who"] == nil ||
		seen["failed"]["account"] == nil || seen["failed"]["account"] == seen["forbidden"]["who"] {
		t.Errorf("the events are %v", seen)
	}
	for _, a := range c.p.accounts {
		for _, s := range []string{a.Name, string(a.IDNumber), a.Password} {
			if s != "" && strings.Contains(all, s) {
				t.Errorf("a security event has %s", s)
			}
		}
		if a.Login != "" && strings.Contains(all, `"`+a.Login+`"`) {
			t.Errorf("a security event has the staff number %s", a.Login)
		}
	}
	for _, addr := range []string{b.addr, "127.0.0.1", "::1"} {
		if strings.Contains(all, addr) {
			t.Errorf("a security event has the address %s", addr)
		}
	}
}

func TestTheAddressOfAClientIsWhatOurOwnProxySays(t *testing.T) {
	// One stranger with many made-up addresses is one address: the last entry is
	// our proxy's, the others are the client's own words.
	c := theOpenCity(t)
	b := c.browser(t)
	b.addr = "2001:db8:9:1::1"
	for i := range 400 {
		if a := b.json("GET", "/api/s/no-such-code", nil, "X-Forwarded-For", fmt.Sprintf("2001:db8:9:%x::1, %s", i+2, b.addr)); a.status == 429 {
			return
		}
	}
	t.Error("made-up addresses have allowances of their own")
}

// TestEveryCodeHasASentence reads the server's source: each code that can be shown to a
// person has a sentence. Without one, the page would show the code itself.
func TestEveryCodeHasASentence(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.Contains(path, "node_modules") {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		check := func(e ast.Expr) {
			if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				code, err := strconv.Unquote(lit.Value)
				if seen++; err != nil || !i18n.Has("error."+code) {
					t.Errorf("%s: no sentence for %s", fset.Position(lit.Pos()), lit.Value)
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Errorf" && len(n.Args) > 1 {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "mingjing" {
						check(n.Args[1])
					}
				}
			case *ast.CompositeLit:
				if s, ok := n.Type.(*ast.SelectorExpr); ok && (s.Sel.Name == "FieldError" || s.Sel.Name == "Problem") {
					for _, e := range n.Elts {
						if kv, ok := e.(*ast.KeyValueExpr); ok {
							if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Code" {
								check(kv.Value)
							}
						}
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil || seen < 60 {
		t.Errorf("%d codes were found: %v", seen, err)
	}
}

func TestTheServerListensWhereItSays(t *testing.T) {
	c := theOpenCity(t)
	host, port, err := net.SplitHostPort(c.p.listener.Addr().String())
	if err != nil || host != "127.0.0.1" || c.url != "http://127.0.0.1:"+port {
		t.Errorf("%s and %s", c.url, c.p.listener.Addr())
	}
	res, err := http.Get(c.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("plain HTTP insists on HTTPS: %s", got)
	}
}
