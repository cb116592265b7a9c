package main

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pquerna/otp/totp"
	"github.com/redis/go-redis/v9"

	"mingjing"
	"mingjing/server/identity/passkeytest"
	"mingjing/server/notify/smtptest"
)

const goodPassword = "nine red lanterns sway"

func TestAPasswordIsChangedInTheApp(t *testing.T) {
	c := theOpenCity(t)
	who, other := c.resident(t, "own-case"), c.resident(t, "own-case")
	account := c.account(t, "own-case")
	ws, _, err := other.stream("")
	if err != nil {
		t.Fatal(err)
	}
	bad := who.fill(who.page("security").want(200), "/api/password", map[string]string{"password": account.Password,
		"new_password": account.Name + " 2026!!!"})
	if bad.view().Page != "security" || bad.html().Find("#new_password-error").Length() != 1 {
		t.Errorf("a name as a password is answered with %d %s", bad.status, bad.body)
	}
	if strings.Contains(string(bad.body), " 2026!!!") {
		t.Error("what was typed is sent back")
	}
	done := who.fill(who.page("security").want(200), "/api/password", map[string]string{"password": account.Password,
		"new_password": goodPassword})
	if done.to() != "/en/security?done=password_changed" {
		t.Errorf("it leads to %s", done.to())
	}
	for err = nil; err == nil; _, err = hear(t, ws) { // the notice comes first
	}
	if !websocket.IsCloseError(err, 4401) {
		t.Errorf("the live stream of the other browser: %v", err)
	}
	other.json("GET", "/api/me", nil).want(401)
	who.json("GET", "/api/me", nil).want(200)
	if n := list[mingjing.Notice](who.json("GET", "/api/notices", nil))[0]; n.Kind != mingjing.NoticeSecurity ||
		n.Code != mingjing.SecurityPasswordChanged || n.Device != "Chrome, Android" {
		t.Errorf("the newest notice is %+v", n)
	}
	if s := into[mingjing.SecurityView](who.json("GET", "/api/security", nil)); !s.Fresh {
		t.Errorf("how one logs in is %+v", s)
	}
	c.browser(t).json("POST", "/api/login", map[string]any{"id_number": account.IDNumber, "password": account.Password}).want(401)
	b := c.browser(t)
	b.json("POST", "/api/login", map[string]any{"id_number": account.IDNumber, "password": goodPassword}).want(200)
	b.json("POST", "/api/password", map[string]any{"password": goodPassword, "new_password": account.Password}).want(200)
}

func TestAForgottenPasswordIsSetByTheCodeThatCameByMail(t *testing.T) {
	c := theOpenCity(t)
	account := c.account(t, "no-notice")
	who := c.resident(t, "no-notice")
	who.json("POST", "/api/notice-settings/email", map[string]any{"email": "forgetful@mail.example"}).want(200)
	code := codeOfMail(t, within(t, c.mail.Letters, "the code"))
	who.json("POST", "/api/notice-settings/email/confirm", map[string]any{"email_code": code}).want(200)

	b := c.browser(t)
	sent := b.fill(b.page("forgot").want(200), "/api/forgot", map[string]string{"id_number": string(account.IDNumber)})
	if sent.to() != "/en/forgot/code?done=reset_sent" {
		t.Errorf("asking leads to %s", sent.to())
	}
	stranger := c.browser(t).json("POST", "/api/forgot", map[string]any{"id_number": mingjing.MakeIDNumber("99999919750505009")}).want(200)
	same := c.browser(t).json("POST", "/api/forgot", map[string]any{"id_number": c.account(t, "activation").IDNumber}).want(200)
	if string(stranger.body) != string(same.body) {
		t.Errorf("%s and %s differ", stranger.body, same.body)
	}
	letter := within(t, c.mail.Letters, "the code")
	code = codeOfMail(t, letter)
	if text := plain(t, letter); !strings.Contains(text, "/forgot/code") || strings.Contains(text, account.Name) {
		t.Errorf("the mail says\n%s", text)
	}
	form := map[string]string{"id_number": string(account.IDNumber), "code": code, "new_password": "Password1234!"}
	b.fill(b.page("forgot/code").want(200), "/api/reset", form).want(422)
	form["new_password"] = goodPassword
	if to := b.fill(b.page("forgot/code").want(200), "/api/reset", form).to(); to != "/en/overview?done=password_changed" {
		t.Errorf("a new password leads to %s", to)
	}
	who.json("GET", "/api/me", nil).want(401)
	if code := c.browser(t).json("POST", "/api/reset", map[string]any{"id_number": account.IDNumber, "code": code,
		"new_password": "another good password"}).problem(422); code != "reset_failed" {
		t.Errorf("a code that was used is told %s", code)
	}
	if n := list[mingjing.Notice](b.json("GET", "/api/notices", nil))[0]; n.Code != mingjing.SecurityPasswordReset {
		t.Errorf("the newest notice is %+v", n)
	}
	within(t, c.mail.Letters, "the notice")
	// The same through the API.
	c.browser(t).json("POST", "/api/forgot", map[string]any{"id_number": account.IDNumber}).want(200)
	code = codeOfMail(t, within(t, c.mail.Letters, "the second code"))
	first := b
	b = c.browser(t)
	b.json("POST", "/api/reset", map[string]any{"id_number": account.IDNumber, "code": code, "new_password": goodPassword + " 2"}).want(200)
	first.json("GET", "/api/me", nil).want(401)
	within(t, c.mail.Letters, "the second notice")
	b.json("POST", "/api/password", map[string]any{"password": goodPassword + " 2", "new_password": account.Password}).want(200)
	b.form("/api/notice-settings/email/remove", url.Values{}).to()
}

// codeOfMail returns the eight digits of a mail.
func codeOfMail(t *testing.T, l smtptest.Letter) string {
	t.Helper()
	code := regexp.MustCompile(`\b\d{8}\b`).FindString(regexp.MustCompile(`=[0-9A-F]{2}`).ReplaceAllString(plain(t, l), " "))
	if code == "" {
		t.Fatal("no code came")
	}
	return code
}

// cookieOf returns the cookie of a name that an answer sets, or nil.
func (a answer) cookieOf(name string) *http.Cookie {
	for _, k := range (&http.Response{Header: a.header}).Cookies() {
		if k.Name == name {
			return k
		}
	}
	return nil
}

func TestALoginOnANewDeviceIsANotice(t *testing.T) {
	c := theOpenCity(t)
	who := c.resident(t, "ordinary 12")
	account := c.account(t, "ordinary 12")
	login := map[string]any{"id_number": account.IDNumber, "password": account.Password}
	newest := func() (id string) {
		if all := list[mingjing.Notice](who.json("GET", "/api/notices", nil)); len(all) > 0 {
			id = all[0].ID
		}
		return id
	}
	before := newest()
	b := c.browser(t)
	first := b.json("POST", "/api/login", login).want(200)
	device := first.cookieOf("device")
	if device == nil || !device.HttpOnly || device.SameSite != http.SameSiteStrictMode || device.Path != "/" || device.Domain != "" ||
		device.MaxAge < 86400 {
		t.Fatalf("the cookie is %v", device)
	}
	all := list[mingjing.Notice](who.json("GET", "/api/notices", nil))
	if n := all[0]; n.ID == before || n.Kind != mingjing.NoticeSecurity || n.Code != mingjing.SecurityNewDevice || n.Page != "sessions" ||
		n.Device != "Chrome, Android" {
		t.Errorf("the newest notice is %+v", n)
	}
	if page := who.page("inbox").want(200); !strings.Contains(page.html().Text(), "on a new device") ||
		!strings.Contains(page.html().Text(), "Chrome, Android") {
		t.Error("the inbox does not say it")
	}
	before = newest()
	b.json("POST", "/api/logout", nil).want(200)
	b.json("POST", "/api/login", login).want(200)
	if after := newest(); after != before {
		t.Error("the same browser is a new device again")
	}
	c.browser(t).json("POST", "/api/login", map[string]any{"id_number": account.IDNumber, "password": typedPassword}).want(401)
	if after := newest(); after != before {
		t.Error("a login that failed is told as a new device")
	}
}

func TestAResidentLogsInByAPasskey(t *testing.T) {
	open := theOpenCity(t)
	account := open.account(t, "ordinary 13")
	// Passkeys are for hosts with a name.
	open.resident(t, "ordinary 13").json("POST", "/api/passkeys/question", nil).want(409)
	c := &city{p: open.p, url: strings.Replace(open.url, "127.0.0.1", "localhost", 1), dir: open.dir, logs: open.logs, mail: open.mail}
	b := c.browser(t)
	b.json("POST", "/api/login", map[string]any{"id_number": account.IDNumber, "password": account.Password}).want(200)
	q := into[mingjing.PasskeyQuestion](b.json("POST", "/api/passkeys/question", nil).want(200))
	key := passkeytest.New(c.url)
	if strings.Contains(q.Options, account.Name) || strings.Contains(q.Options, string(account.IDNumber)) {
		t.Errorf("the browser is asked %s", q.Options)
	}
	if to := b.form("/api/passkeys", url.Values{"ticket": {q.Ticket}, "credential": {key.Create(q.Options)}}).to(); to !=
		"/en/security?done=passkey_added" {
		t.Errorf("adding one leads to %s", to)
	}
	twice := b.json("POST", "/api/passkeys", map[string]any{"ticket": q.Ticket, "credential": "{}"})
	if code := twice.problem(422); code != "passkey_not_added" {
		t.Errorf("a question that was answered is told %s", code)
	}
	// The same through the API, with a second one.
	q = into[mingjing.PasskeyQuestion](b.json("POST", "/api/passkeys/question", nil).want(200))
	b.json("POST", "/api/passkeys", map[string]any{"ticket": q.Ticket, "credential": passkeytest.New(c.url).Create(q.Options)}).want(201)
	added := into[mingjing.SecurityView](b.json("GET", "/api/security", nil).want(200)).Passkeys
	if len(added) != 2 {
		t.Fatalf("the passkeys are %+v", added)
	}
	b.json("POST", "/api/passkeys/remove", map[string]any{"passkey_id": added[1].ID}).want(200)
	page := b.page("security").want(200)
	keys := into[mingjing.SecurityView](b.json("GET", "/api/security", nil).want(200)).Passkeys
	if len(keys) != 1 || keys[0].Name != "Chrome, Android" || !strings.Contains(page.html().Find("#passkeys").Text()+page.html().Text(),
		"Chrome, Android") {
		t.Fatalf("the passkeys are %+v", keys)
	}
	b.json("POST", "/api/logout", nil).want(200)

	login := func() answer {
		b := c.browser(t)
		q := into[mingjing.PasskeyQuestion](b.json("POST", "/api/passkey/question", nil).want(200))
		return b.json("POST", "/api/passkey/login", map[string]any{"ticket": q.Ticket, "credential": key.Get(q.Options)})
	}
	if me := into[mingjing.Viewer](login().want(200)); me.Name != account.Name {
		t.Errorf("logged in as %s", me.Name)
	}
	q = into[mingjing.PasskeyQuestion](b.json("POST", "/api/passkey/question", nil).want(200))
	form := url.Values{"ticket": {q.Ticket}, "credential": {key.Get(q.Options)}, "next": {"records"}, "lang": {"en"}}
	if to := b.form("/api/passkey/login", form).to(); to != "/en/records?done=logged_in" {
		t.Errorf("a login as a form leads to %s", to)
	}
	again := b.form("/api/passkey/login", form)
	if again.want(401); again.view().Page != "login" || again.view().Problem.Code != "passkey_failed" || again.cookieOf("session") != nil {
		t.Errorf("the same answer again is told %s", again.body)
	}
	// It may be the second factor too, which goes with it.
	b.json("POST", "/api/factor/passkey", nil).want(200)
	if b.page("confirm").want(200).html().Find("[data-passkey]").Length() != 1 {
		t.Error("a passkey that is the second factor is not asked for")
	}
	if to := b.fill(b.page("security").want(200), "/api/passkeys/remove", nil).to(); to != "/en/security?done=passkey_removed" {
		t.Errorf("removing it leads to %s", to)
	}
	if code := login().problem(401); code != "passkey_failed" {
		t.Errorf("a passkey that was removed is told %s", code)
	}
	b.json("POST", "/api/passkeys/remove", map[string]any{"passkey_id": keys[0].ID}).want(404)
	var codes []string
	for _, n := range list[mingjing.Notice](b.json("GET", "/api/notices", nil)) {
		codes = append(codes, n.Code)
	}
	for _, want := range []string{mingjing.SecurityPasskeyAdded, mingjing.SecurityPasskeyRemoved} {
		if !slices.Contains(codes, want) {
			t.Errorf("of %s there is no notice: %v", want, codes)
		}
	}
}

// TestASecondFactorIsAskedForBeforeWhatCantBeUndone sets an authenticator up without scripts,
// and is asked for its code before sharing and for all data.
func TestASecondFactorIsAskedForBeforeWhatCantBeUndone(t *testing.T) {
	c := theOpenCity(t)
	who, account := c.resident(t, "ordinary 7"), c.account(t, "ordinary 7")
	made := who.fill(who.page("security").want(200), "/api/factor", nil).want(200)
	secret := strings.ReplaceAll(made.html().Find("#secret").Text(), " ", "")
	code := func(steps int) string {
		code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	wrong := who.fill(made, "/api/factor/confirm", map[string]string{"totp": code(500)}).want(422)
	if again := strings.ReplaceAll(wrong.html().Find("#secret").Text(), " ", ""); again != secret ||
		wrong.html().Find("#totp-error").Length() != 1 {
		t.Errorf("after a wrong code the secret is %q", again)
	}
	if to := who.fill(wrong, "/api/factor/confirm", map[string]string{"totp": code(0)}).to(); to != "/en/security?done=factor_added" {
		t.Errorf("it leads to %s", to)
	}
	if n := list[mingjing.Notice](who.json("GET", "/api/notices", nil))[0]; n.Code != mingjing.SecurityFactorAdded {
		t.Errorf("the newest notice is %+v", n)
	}
	// Another login with the password alone.
	b := c.resident(t, "ordinary 7")
	if s := into[mingjing.SecurityView](b.json("GET", "/api/security", nil)); s.Fresh || !s.Factor.On || !s.Factor.App {
		t.Errorf("how one logs in is %+v", s)
	}
	for path, body := range map[string]map[string]any{"/api/export": nil, "/api/leave": {"confirm": true}, "/api/factor/remove": nil,
		"/api/shares": {"rulebook": "honest-shanghai"}, "/api/password": {"password": account.Password, "new_password": goodPassword}} {
		if code := b.json("POST", path, body).problem(403); code != "login_stale" {
			t.Errorf("%s is told %s", path, code)
		}
	}
	bare := b.fill(b.page("confirm?next=security").want(200), "/api/confirm", map[string]string{"password": account.Password})
	if bare.want(422).html().Find("#totp-error").Length() != 1 {
		t.Errorf("the password without a code is answered %s", bare.body)
	}
	used := code(1)
	if to := b.fill(b.page("confirm?next=security").want(200), "/api/confirm", map[string]string{"password": account.Password,
		"totp": used}).to(); to != "/en/security?done=confirmed" {
		t.Errorf("with the code it leads to %s", to)
	}
	// A Redis that was emptied forgets no code that was used.
	opt, err := redis.ParseURL(c.p.RedisURL)
	if err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(opt)
	defer rdb.Close()
	if err := rdb.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	b.json("POST", "/api/confirm", map[string]any{"password": account.Password, "totp": used}).problem(422)
	b.json("POST", "/api/factor/remove", nil).want(200)
	// The same through the API, and with a passkey.
	f := into[mingjing.SecurityView](b.json("POST", "/api/factor", nil)).NewFactor
	if f == nil {
		t.Fatal("there is no new factor")
	}
	secret = f.Secret
	b.json("POST", "/api/factor/confirm", map[string]any{"ticket": f.Ticket, "totp": code(0)}).want(200)
	b.json("POST", "/api/factor/remove", nil).want(200)
	if code := b.json("POST", "/api/factor/passkey", nil).problem(404); code != "not_found" {
		t.Errorf("without a passkey it is told %s", code)
	}
}
