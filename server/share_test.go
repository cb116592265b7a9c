package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/statement"
)

// share returns a form that shares the band for a flat, until tomorrow.
func (c *city) share(more url.Values) url.Values {
	v := url.Values{"rulebook": {"honest-shanghai"}, "purpose": {"租房"}, "fields": {"band"}, "named": {"masked"}, "views": {"2"},
		"ends": {string(mingjing.DateOf(c.p.casework.City.Now().AddDate(0, 0, 1)))}}
	for k, x := range more {
		v[k] = x
	}
	return v
}

// asJSON returns a form as a program sends it.
func asJSON(v url.Values) map[string]any {
	out := map[string]any{}
	for k, x := range v {
		if out[k] = x[0]; k == "fields" {
			out[k] = x
		}
	}
	out["views"] = json.Number(v.Get("views"))
	return out
}

func codeOf(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }

func TestASharesWholeLifeWithoutScripts(t *testing.T) {
	c := theOpenCity(t)
	b, outside := c.resident(t, "ordinary 7"), c.browser(t)
	b.ready("honest-shanghai")

	// What is wrong is said field by field, with what was chosen still there.
	again := b.form("/api/shares", c.share(url.Values{"purpose": {" "}, "fields": {"value", "listings"}, "views": {"99"}})).want(422)
	doc := again.html()
	if v := again.view(); len(v.Problem.Fields) != 2 || v.Path != "shares/new" || doc.Find(`[name=fields][checked]`).Length() != 2 ||
		doc.Find("#fields").AttrOr("checked", "none") != "none" || doc.Find("#views").AttrOr("value", "") != "99" {
		t.Errorf("the form comes back as %s", doc.Find("main").Text())
	}

	made := b.form("/api/shares", c.share(nil)).want(200)
	if made.header.Get("Cache-Control") != "no-store" || made.view().Done != "share_made" {
		t.Errorf("%v", made.header)
	}
	link := made.html().Find(".share-url").Text()
	code := codeOf(link)
	if !strings.HasPrefix(link, c.url+"/en/s/") || len(code) != 26 {
		t.Fatalf("the link is %q", link)
	}
	qr := made.html().Find("svg.qr")
	if alt := qr.AttrOr("aria-label", ""); !strings.Contains(alt, "租房") || qr.AttrOr("role", "") != "img" ||
		!strings.Contains(qr.Find("path").AttrOr("d", ""), "h7v1h-7z") {
		t.Errorf("the QR code is %v", alt)
	}
	if again := b.page("shares").want(200); bytes.Contains(again.body, []byte(code)) {
		t.Error("the list shows the code again")
	}

	// Whoever only follows the link uses nothing up.
	for range 3 {
		page := outside.page("s/" + code).want(200)
		if v := page.view(); mingjing.DataOf[mingjing.RecipientView](&v) == nil || mingjing.DataOf[mingjing.RecipientView](&v).Left != 2 ||
			mingjing.DataOf[mingjing.RecipientView](&v).Statement != nil || v.Who != nil {
			t.Errorf("the link shows %+v", mingjing.DataOf[mingjing.RecipientView](&v))
		}
		if page.header.Get("X-Robots-Tag") != "noindex, nofollow" || page.header.Get("Cache-Control") != "no-store" ||
			page.header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("its headers are %v", page.header)
		}
		if bytes.Contains(page.body, []byte("租房")) {
			t.Error("the purpose is told to whoever has not said who they are")
		}
	}
	if f := outside.form("/api/s/"+code, url.Values{"who": {""}}).want(422); f.html().Find("#who-error").Length() != 1 {
		t.Error("the form does not say what is missing")
	}
	shown := outside.form("/api/s/"+code, url.Values{"who": {"Landlord"}, "lang": {"en"}}).want(200)
	text := shown.html().Find(".share-statement").Text()
	for _, want := range []string{"租房", "Landlord", "Nobody may ask for more"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the paper, which says %s", want, text)
		}
	}
	if shown.html().Find(".statement-band svg").Length() != 1 {
		t.Error("the paper has no band")
	}
	for _, more := range []string{c.account(t, "ordinary 7").Name, "(from "} { // the value has its range
		if strings.Contains(text, more) {
			t.Errorf("the paper says more than was shared: %q", more)
		}
	}

	// The file holds, by the command and the keys that are published.
	file := shown.html().Find("a[download]").AttrOr("href", "")
	token, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(file, "data:application/dc+sd-jwt;base64,"))
	if err != nil {
		t.Fatalf("the file is %.80q: %v", file, err)
	}
	keys := outside.send("GET", "/.well-known/jwt-vc-issuer", nil).want(200)
	if keys.header.Get("Content-Type") != "application/json" || into[struct{ Issuer string }](keys).Issuer != c.url {
		t.Errorf("the keys are %s", keys.body)
	}
	dir := t.TempDir()
	statementFile, keyFile := filepath.Join(dir, "statement"), filepath.Join(dir, "keys.json")
	if err := os.WriteFile(keyFile, keys.body, 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(token string, now time.Time) (int, string) {
		if err := os.WriteFile(statementFile, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		code := runStatement([]string{"verify", statementFile, "--key", keyFile}, now, &out, &out)
		return code, out.String()
	}
	now := c.p.casework.City.Now()
	if code, said := check(string(token), now); code != statementGood || !strings.Contains(said, "holds") || !strings.Contains(said, `"租房"`) ||
		strings.Contains(said, "value") {
		t.Errorf("the command says %d: %s", code, said)
	}
	if code, said := check(strings.Replace(string(token), "~", "~WyJhIiwidmFsdWUiLDFd~", 1), now); code != statementBad ||
		!strings.Contains(said, "not part of it") {
		t.Errorf("of a field that was added it says %d: %s", code, said)
	}
	if code, said := check(string(token), now.AddDate(0, 0, 3)); code != statementBad || !strings.Contains(said, "expired") {
		t.Errorf("of an old one it says %d: %s", code, said)
	}
	if code := runStatement([]string{"verify", statementFile}, now, &bytes.Buffer{}, &bytes.Buffer{}); code != statementUnread {
		t.Errorf("without keys it exits with %d", code)
	}

	// The resident sees the view, with the name that was given and as that of a stranger.
	mine := list[mingjing.Share](b.json("GET", "/api/shares", nil))
	if len(mine) == 0 || mine[0].Viewed != 1 || mine[0].Accesses[0].Who != "Landlord" {
		t.Fatalf("the resident sees %+v", mine)
	}
	log := b.page("access-log?others=1").want(200).html().Find("main").Text()
	if !strings.Contains(log, "Landlord") || !strings.Contains(log, "recipient (not checked)") {
		t.Errorf("the access log says %s", log)
	}
	notices := list[mingjing.Notice](b.json("GET", "/api/notices", nil))
	if notices[0].Kind != mingjing.NoticeShareViewed || b.form("/api/notices/"+notices[0].ID+"/open", url.Values{}).to() != "/en/shares" {
		t.Errorf("the notice is %+v", notices[0])
	}

	if to := b.form("/api/shares/"+mine[0].ID+"/revoke", url.Values{}).to(); to != "/en/shares?done=share_revoked" {
		t.Errorf("revoking leads to %s", to)
	}
	gone, unknown := outside.page("s/"+code).want(404), outside.page("s/"+strings.Repeat("A", 26)).want(404)
	if g, u := gone.html().Find("main").Text(), unknown.html().Find("main").Text(); g != u || gone.view().Problem.Code != "share_over" {
		t.Errorf("a revoked link says %s, an unknown one %s", g, u)
	}
	if after := outside.form("/api/s/"+code, url.Values{"who": {"Landlord"}}).want(404); after.html().Find(
		"main").Text() != unknown.html().Find("main").Text() {
		t.Error("looking at a revoked share is answered otherwise")
	}
	if c.spilt(code, true) != nil {
		t.Errorf("the code is in %v", c.spilt(code, true))
	}
}

func TestSharesAndCorrectionsByProgram(t *testing.T) {
	c := theOpenCity(t)
	b, outside := c.resident(t, "ordinary 7"), c.browser(t)
	b.ready("honest-shanghai")
	score := into[mingjing.ScoreView](b.json("GET", "/api/score?rulebook=honest-shanghai", nil).want(200)).Score
	record := score.Explanation[slices.IndexFunc(score.Explanation, func(k mingjing.Contribution) bool { return k.RecordID != "" })].RecordID
	made := into[mingjing.MadeShare](
		b.json("POST", "/api/shares", asJSON(c.share(url.Values{"fields": {"band", "value", "missing", "listings"}, "named": {"full"}}))).want(
			201))
	code := codeOf(made.Link)
	if r := into[mingjing.RecipientView](outside.json("GET", "/api/s/"+code, nil).want(200)); !r.Open || r.Left != 2 {
		t.Errorf("the link says %+v", r)
	}
	r := into[mingjing.RecipientView](outside.json("POST", "/api/s/"+code, map[string]any{"who": "Bank"}).want(200))
	keys, err := statement.ParseKeys(outside.send("GET", "/.well-known/jwt-vc-issuer", nil).want(200).body)
	if err != nil {
		t.Fatal(err)
	}
	said, _, err := statement.Verify(r.Token, keys, c.p.casework.City.Now())
	if err != nil || said.Value.Value != r.Statement.Value.Value || said.Name != r.Statement.Name || *said.Listings != *r.Statement.Listings ||
		said.IDMasked == "" {
		t.Errorf("the file says %+v, the answer %+v: %v", said, r.Statement, err)
	}
	if code := b.json("POST", "/api/disputes/NOTHING/tell-recipients", nil).problem(404); code != "not_found" {
		t.Error(code)
	}
	d := b.upheld(record)
	page := b.page("disputes/" + d.ID).want(200)
	if k := shown[mingjing.DisputePage](page).Correction; k == nil || len(k.Waiting) == 0 || k.Waiting[len(k.Waiting)-1].Who != "Bank" ||
		page.html().Find("form[action$=tell-recipients]").Length() != 1 {
		t.Fatalf("the dispute offers %+v", k)
	}
	told := into[mingjing.CorrectionView](b.json("POST", "/api/disputes/"+d.ID+"/tell-recipients", nil).want(200))
	if n := len(told.Told); n == 0 || len(told.Waiting) > 0 || told.Told[n-1].Who != "Bank" {
		t.Errorf("told are %+v", told)
	}
	if to := b.form("/api/disputes/"+d.ID+"/tell-recipients", url.Values{}).to(); to != "/en/disputes/"+d.ID+"?done=recipients_told" {
		t.Errorf("it leads to %s", to)
	}
	if text := b.page("disputes/" + d.ID).want(200).html().Find("section[aria-labelledby=correction]").Text(); !strings.Contains(text,
		"Bank") || !strings.Contains(text, "Told on") {
		t.Errorf("afterwards the dispute says %s", text)
	}
	into[mingjing.Share](b.json("POST", "/api/shares/"+made.Share.ID+"/revoke", nil).want(200))
	after := outside.page("s/" + code).want(200)
	if text := after.html().Find("main").Text(); !strings.Contains(text, "Corrected on") ||
		after.html().Find("form[action^='/api/s/']").Length() != 0 || strings.Contains(text, "Bank") {
		t.Errorf("the link says %s", text)
	}
	if code := outside.json("POST", "/api/s/"+code, map[string]any{"who": "Bank"}).problem(404); code != "share_over" {
		t.Error(code)
	}
}

func TestWithdrawingConsentEndsWhatIsShared(t *testing.T) {
	c := theOpenCity(t)
	b, outside := c.resident(t, "ordinary 7"), c.browser(t)
	b.ready("honest-shanghai")
	code := codeOf(into[mingjing.MadeShare](b.json("POST", "/api/shares", asJSON(c.share(nil))).want(201)).Link)
	outside.page("s/" + code).want(200)
	b.json("POST", "/api/consents/withdraw", map[string]any{"rulebook": "honest-shanghai", "confirm": true}).want(200)
	outside.page("s/" + code).want(404)
	if s := list[mingjing.Share](b.json("GET", "/api/shares", nil)); s[0].State != mingjing.ShareRevoked {
		t.Errorf("it is %s", s[0].State)
	}
	if code := b.json("POST", "/api/shares", asJSON(c.share(nil))).problem(409); code != "share_no_score" {
		t.Error(code)
	}
	if v := b.page("shares/new").want(200).view(); len(mingjing.DataOf[mingjing.NewShareView](&v).Scores) != 0 {
		t.Errorf("without a score there is %+v to share", mingjing.DataOf[mingjing.NewShareView](&v))
	}
}
