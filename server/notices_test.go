package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/notify/smtptest"
)

// subscription returns what a browser sends that wants push messages, and where they
// arrive.
func subscription(t testing.TB) (body map[string]any, arrived <-chan []byte) {
	t.Helper()
	got := make(chan []byte, 10)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		got <- data
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(service.Close)
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"endpoint": service.URL + "/" + pushToken, "expirationTime": nil, "keys": map[string]string{
			"p256dh": base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
			"auth":   base64.RawURLEncoding.EncodeToString(make([]byte, 16))}},
		got
}

// within waits for something that another goroutine sends.
func within[T any](t testing.TB, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(45 * time.Second):
		t.Fatal("waited in vain for", what)
	}
	return v
}

func settings(b *browser) mingjing.NoticeSettingsView {
	b.t.Helper()
	return into[mingjing.NoticeSettingsView](b.json("GET", "/api/notice-settings", nil).want(200))
}

func TestAResidentHearsOfAScoreByEveryWay(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 6")
	body, arrived := subscription(t)
	v := into[mingjing.NoticeSettingsView](b.json("POST", "/api/push", body).want(200))
	if len(v.Devices) != 1 || v.Devices[0].Name != "Chrome, Android" || !v.Push {
		t.Errorf("the devices are %+v", v.Devices)
	}
	v = into[mingjing.NoticeSettingsView](b.json("POST", "/api/notice-settings/email", map[string]any{"email": typedEmail}).want(200))
	if v.Pending != typedEmail || v.Email != "" {
		t.Errorf("pending is %q, confirmed %q", v.Pending, v.Email)
	}
	letter := within(t, c.mail.Letters, "the code")
	code := regexp.MustCompile(`\b\d{8}\b`).FindString(plain(t, letter))
	if code == "" || letter.To != typedEmail {
		t.Fatalf("to %s came\n%s", letter.To, letter.Raw)
	}
	b.json("POST", "/api/notice-settings/email/confirm", map[string]any{"email_code": "1" + code}).want(422)
	v = into[mingjing.NoticeSettingsView](b.json("POST", "/api/notice-settings/email/confirm", map[string]any{"email_code": code}).want(200))
	if v.Email != "l•••@mail.example" || v.Pending != "" {
		t.Errorf("pending is %q, confirmed %q", v.Pending, v.Email)
	}
	if page := b.page("inbox/settings").want(200); bytes.Contains(page.body, []byte(typedEmail)) ||
		bytes.Contains(page.body, []byte(pushToken)) {
		t.Error("the page shows a whole address")
	}

	ws, _, err := b.stream("")
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	request := b.ready("honest-shanghai")
	hearUntil(t, ws, "the notice", func(e mingjing.Event) bool { return e.Kind == mingjing.EventNotice })
	if data := within(t, arrived, "the push message"); bytes.Contains(data, []byte("score")) {
		t.Error("the push message can be read on its way")
	}
	letter = within(t, c.mail.Letters, "the letter")
	account := c.account(t, "ordinary 6")
	if text := plain(t, letter); !strings.Contains(text, c.url+"/") || !strings.Contains(text, "/inbox") ||
		strings.Contains(text, account.Name) || strings.Contains(text, request.ID) {
		t.Errorf("the letter says\n%s", text)
	}

	notices := list[mingjing.Notice](b.json("GET", "/api/notices", nil))
	if len(notices) != 1 || notices[0].Kind != mingjing.NoticeScoreReady || notices[0].Subject != request.ID || notices[0].ReadAt != nil {
		t.Fatalf("the inbox has %+v", notices)
	}
	page := b.page("inbox").want(200)
	if page.view().Who.Unread != 1 || !strings.Contains(page.html().Find(".inbox-link").Text(), "1 unread") ||
		page.html().Find(".notice-unread").Length() != 1 {
		t.Errorf("the page does not say that one is unread: %s", page.html().Find("header").Text())
	}
	if to := b.form("/api/notices/"+notices[0].ID+"/open", url.Values{}).to(); to != "/en/requests/"+request.ID {
		t.Errorf("the notice leads to %s", to)
	}
	if page := b.page("inbox").want(200); page.view().Who.Unread != 0 || page.html().Find(".notice-unread").Length() != 0 {
		t.Error("a notice that was opened is unread")
	}
	b.json("POST", "/api/notices/read", nil).want(200)
	entries := list[mingjing.AccessEntry](b.json("GET", "/api/access-log", nil))
	seen := map[string]bool{}
	for _, l := range entries {
		seen[l.Action] = true
	}
	if !seen["inbox"] || !seen["notice_settings"] {
		t.Errorf("the access log has %v", seen)
	}
	if to := b.form("/api/notice-settings/email/remove", url.Values{}).to(); to != "/en/inbox/settings?done=email_removed" {
		t.Errorf("removing the address leads to %s", to)
	}
	b.json("POST", "/api/push/remove", map[string]any{"endpoint": body["endpoint"]}).want(200)
	if v := settings(b); v.Email != "" || len(v.Devices) != 0 {
		t.Errorf("left are %+v", v)
	}
}

// plain returns the text of a letter.
func plain(t testing.TB, l smtptest.Letter) string {
	t.Helper()
	if l.Message == nil {
		t.Fatalf("the letter can't be read:\n%s", l.Raw)
	}
	return strings.ReplaceAll(l.Raw, "=\r\n", "") // quoted-printable, soft breaks
}

func TestLoggingOutEndsPushOnThatDevice(t *testing.T) {
	c := theOpenCity(t)
	b, other := c.resident(t, "ordinary 7"), c.resident(t, "ordinary 7")
	body, _ := subscription(t)
	b.json("POST", "/api/push", body).want(200)
	if n := len(settings(other).Devices); n != 1 {
		t.Fatalf("there are %d devices", n)
	}
	b.json("POST", "/api/logout", nil).want(200)
	if n := len(settings(other).Devices); n != 0 {
		t.Errorf("after the log-out there are %d devices", n)
	}
}

func TestNoticeSettingsWorkAsForms(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 8")
	page := b.page("inbox/settings").want(200)
	for _, k := range mingjing.NoticeKinds {
		box := page.html().Find(`input[name=kinds][value="` + string(k) + `"]`)
		_, ticked := box.Attr("checked")
		_, fixed := box.Attr("disabled")
		if !ticked || fixed != k.Legal() {
			t.Errorf("%s is ticked %v and fixed %v", k, ticked, fixed)
		}
	}
	to := b.form("/api/notice-settings", url.Values{"kinds": {"score_ready", "export_ready", "inquiry", "complaint"}, "push": {"true"},
		"show_text": {"true"}}).to()
	if to != "/en/inbox/settings?done=notice_settings" {
		t.Errorf("it leads to %s", to)
	}
	v := settings(b)
	if len(v.Off) != 2 || v.Off[0] != mingjing.NoticeCaseMoved || v.Off[1] != mingjing.NoticeShareViewed || !v.Push || v.Mail || !v.ShowText {
		t.Errorf("the settings are %+v", v)
	}
	b.json("POST", "/api/notice-settings",
		map[string]any{"kinds": []string{"score_ready", "inquiry", "complaint", "export_ready", "case_moved", "share_viewed"}, "push": true,
			"mail": true}).want(200)
	if v := settings(b); len(v.Off) != 0 || !v.Mail || v.ShowText {
		t.Errorf("the settings are %+v", v)
	}
	again := b.form("/api/notice-settings/email", url.Values{"email": {"lin@mail"}}).want(422)
	if again.html().Find("#email").AttrOr("value", "") != "lin@mail" ||
		!strings.Contains(again.html().Find("#email-error").Text(), "name@example.com") {
		t.Errorf("a wrong address is answered with %s", again.html().Find("main").Text())
	}
	for _, endpoint := range []string{"", "javascript:alert(1)", "file:///etc/passwd"} {
		body, _ := subscription(t)
		body["endpoint"] = endpoint
		if f := b.json("POST", "/api/push", body).want(422).fields(); f["endpoint"] != "push_invalid" {
			t.Errorf("%q is answered with %v", endpoint, f)
		}
	}
}

func TestTheDatesOfACaseGoIntoACalendar(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 3")
	b.ready("honest-shanghai")
	records := list[mingjing.Record](b.json("GET", "/api/records", nil))
	record := records[0].ID
	d := into[mingjing.Case](b.json("POST", "/api/disputes", map[string]any{"record_id": record, "reason": "other", "statement": "No."}).want(
		201))
	page := b.page("disputes/" + d.ID).want(200)
	href, ok := page.html().Find(`section[aria-labelledby=clocks] a[href$="dates.ics?lang=en"]`).Attr("href")
	if !ok {
		t.Fatal("the page of the case does not offer its dates")
	}
	a := b.page(href).want(200)
	if kind := a.header.Get("Content-Type"); kind != "text/calendar; charset=utf-8" ||
		a.header.Get("Content-Disposition") != "attachment; filename=mingjing-dates.ics" {
		t.Errorf("it comes as %s, %s", kind, a.header.Get("Content-Disposition"))
	}
	text := string(a.body)
	running := 0
	for _, k := range d.Clocks {
		if k.MetAt == nil {
			running++
			if !strings.Contains(text, "DTSTART:"+k.Due.UTC().Format("20060102T150405Z")+"\r\n") {
				t.Errorf("the clock %s is not in\n%s", k.Code, text)
			}
		}
	}
	if n := strings.Count(text, "BEGIN:VEVENT"); n != running || n == 0 {
		t.Errorf("there are %d events, want %d", n, running)
	}
	for _, word := range []string{"dispute", "court", "Dispute"} {
		if strings.Contains(strings.ReplaceAll(text, "/disputes/", ""), word) {
			t.Errorf("the calendar tells of a %s:\n%s", word, text)
		}
	}
	zh := b.send("GET", "/api/disputes/"+d.ID+"/dates.ics?lang=zh-CN", nil, "Accept", "text/calendar").want(200)
	if !bytes.Contains(zh.body, []byte("SUMMARY:明镜")) {
		t.Errorf("in Chinese it says\n%s", zh.body)
	}
}

func TestTheNoticeOfAListingIsFirstOnTheOverviewAndItsAnswerPeriodIsInTheCalendar(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 13")
	l := c.propose(t, "ordinary 13", "waiting")
	first, second := c.desk(t, "h-1001"), c.desk(t, "s-2001")
	waits := func() string {
		t.Helper()
		return b.page("overview").want(200).html().Find(`h1 + * a[href$="listings/` + l.ID + `"]`).Text()
	}
	dates := func() string {
		t.Helper()
		href, ok := b.page("listings/" + l.ID).want(200).html().Find(`a[href$="dates.ics?lang=en"]`).Attr("href")
		a := b.send("GET", "/api/listings/"+l.ID+"/dates.ics?lang=en", nil, "Accept", "text/calendar")
		if ok != (a.status == 200) {
			t.Errorf("the page offers the dates: %v (%s), and they come as %d", ok, href, a.status)
		}
		return string(a.body)
	}
	if link := waits(); link != "" {
		t.Errorf("a proposal waits as %q", link)
	}
	dates()
	steps, both := "/api/admin/cases/"+l.CaseID, map[string]any{"outcome": "approved", "reasons": "It is so."}
	first.json("POST", steps+"/assign", nil).want(200)
	first.json("POST", steps+"/recommend", both).want(200)
	second.json("POST", steps+"/assign", nil).want(200)
	second.json("POST", steps+"/decision", both).want(200)
	if link := waits(); !strings.Contains(link, "confirm") {
		t.Errorf("to be confirmed: %q", link)
	}
	b.json("POST", "/api/listings/"+l.ID+"/receipt", nil)
	by := shown[mingjing.ListingView](b.page("listings/" + l.ID).want(200)).Listing.AnswerBy
	if link := waits(); !strings.Contains(link, "answer") {
		t.Errorf("to be answered: %q", link)
	}
	if text := dates(); by == nil || !strings.Contains(text, "DTSTART:"+by.UTC().Format("20060102T150405Z")) {
		t.Errorf("the answer period until %v is not in\n%s", by, text)
	}
}

func TestOldSecretsGainNewKeysAndKeepTheRest(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "secrets.json")
	// From the time between the two keys.
	old := secrets{IDKey: bytes.Repeat([]byte{1}, 32), AgencyKey: bytes.Repeat([]byte{2}, 32), VAPIDKey: bytes.Repeat([]byte{3}, 32)}
	data, err := json.Marshal(old)
	if err != nil || bytes.Contains(data, []byte("statement")) || bytes.Contains(data, []byte("log_key")) {
		t.Fatal(string(data), err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	// Several processes start at once on the same folder.
	keys := make([]secrets, 8)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			var err error
			if keys[i], err = readSecrets(dir); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	now, err := readSecrets(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if !bytes.Equal(k.IDKey, old.IDKey) || !bytes.Equal(k.AgencyKey, old.AgencyKey) || !bytes.Equal(k.VAPIDKey, old.VAPIDKey) ||
			len(k.StatementKey) != 32 || !bytes.Equal(k.StatementKey, now.StatementKey) || len(k.LogKey) != 32 ||
			!bytes.Equal(k.LogKey, now.LogKey) {
			t.Errorf("one has %v, the file %v", k, now)
		}
	}
	entries, err := os.ReadDir(dir)
	if info, statErr := os.Stat(file); err != nil || statErr != nil || info.Mode().Perm() != 0o600 || len(entries) != 1 {
		t.Errorf("the folder has %v (%v, %v)", entries, err, statErr)
	}
}

func TestMailSettingsBelongTogetherAndAreChecked(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"SMTP_URL and MAIL_FROM belong together": {"SMTP_URL": "smtp://host"},
		"MAIL_FROM must be":                      {"SMTP_URL": "smtp://host", "MAIL_FROM": "nobody"},
		"SMTP_URL must be":                       {"SMTP_URL": "https://u:topsecret@host", "MAIL_FROM": "a@b.example"},
		"PUSH_LOCAL must be":                     {"PUSH_LOCAL": "perhaps"},
	} {
		env["DEMO"] = "1"
		_, err := readSettings(func(k string) string { return env[k] })
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%v: %v", env, err)
		}
	}
}
