package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"mingjing"
)

// cookie returns the session cookie that an answer sets.
func (a answer) cookie() *http.Cookie {
	a.t.Helper()
	all := slices.DeleteFunc((&http.Response{Header: a.header}).Cookies(), func(k *http.Cookie) bool { return k.Name == "device" })
	if len(all) != 1 {
		a.t.Fatalf("%s sets %v", a.what, all)
	}
	return all[0]
}

func TestTheSessionCookieIsOutOfReach(t *testing.T) {
	c := theOpenCity(t)
	b := c.browser(t)
	account := c.account(t, "ordinary 5")
	a := b.json("POST", "/api/login", map[string]any{"id_number": account.IDNumber, "password": account.Password}).want(200)
	k := a.cookie()
	if !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Name != "session" || k.MaxAge < 3600 || k.Domain != "" {
		t.Errorf("the cookie is %v", k)
	}
	if strings.Contains(string(a.body), k.Value) {
		t.Error("the answer tells the token")
	}
	out := b.json("POST", "/api/logout", nil).want(200).cookie()
	if out.Name != k.Name || out.MaxAge >= 0 || out.Value != "" {
		t.Errorf("logging out leaves %v", out)
	}
	// The old token is worth nothing, not only forgotten.
	thief := c.browser(t)
	stolen := thief.send("GET", "/api/me", nil, "Accept", "application/json", "Cookie", "session="+k.Value)
	if stolen.problem(401) != "session_expired" || stolen.cookie().MaxAge >= 0 {
		t.Errorf("the old token: %s %v", stolen.body, stolen.header)
	}
	for _, junk := range []string{"x", strings.Repeat("y", 4000), "../../", "%00"} {
		thief.send("GET", "/api/me", nil, "Accept", "application/json", "Cookie", "session="+junk).want(401)
	}
}

func TestANewLoginEndsTheOneBeforeInTheSameBrowser(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 6")
	u, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	before := b.session(u).Value
	a := c.account(t, "ordinary 7")
	if me := into[mingjing.Viewer](b.json("POST", "/api/login", map[string]any{"id_number": a.IDNumber, "password": a.Password}).want(
		200)); me.Name != a.Name {
		t.Errorf("logged in as %s", me.Name)
	}
	c.browser(t).send("GET", "/api/me", nil, "Accept", "application/json", "Cookie", "session="+before).want(401)
	if me := into[mingjing.Viewer](b.json("GET", "/api/me", nil).want(200)); me.Name != a.Name {
		t.Errorf("now it is %s", me.Name)
	}
}

func TestSessionsAreListedAndEndedOneByOne(t *testing.T) {
	c := theOpenCity(t)
	first := c.resident(t, "silent-agency")
	first.json("POST", "/api/sessions/end-others", nil).want(200) // those of other tests
	second, third := c.resident(t, "silent-agency"), c.resident(t, "silent-agency")
	all := list[mingjing.Session](first.json("GET", "/api/sessions", nil))
	if len(all) != 3 || !all[0].Current || all[1].Current || all[0].Device != "Chrome, Android" {
		t.Fatalf("sessions: %+v", all)
	}
	// The newest of the others is the third.
	page := first.page("sessions").want(200)
	to := first.form("/api/sessions/end", url.Values{"session_id": {all[1].ID}}).to()
	if page.html().Find(fmt.Sprintf("input[name=session_id][value=%q]", all[1].ID)).Length() != 1 || to != "/en/sessions?done=session_ended" {
		t.Errorf("ending one leads to %s", to)
	}
	third.json("GET", "/api/me", nil).want(401)
	second.json("GET", "/api/me", nil).want(200)
	if code := first.json("POST", "/api/sessions/end", map[string]any{"session_id": all[1].ID}).problem(404); code != "session_unknown" {
		t.Error(code)
	}
	first.json("POST", "/api/sessions/end", map[string]any{"session_id": "../" + all[2].ID}).want(404)
	if to := first.form("/api/sessions/end-others", url.Values{}).to(); to != "/en/sessions?done=session_ended" {
		t.Errorf("ending the others leads to %s", to)
	}
	second.json("GET", "/api/me", nil).want(401)
	first.json("GET", "/api/me", nil).want(200)
	own := first.form("/api/sessions/end", url.Values{"session_id": {all[0].ID}})
	if own.to() != "/en/?done=logged_out" || own.cookie().MaxAge >= 0 {
		t.Errorf("ending one's own leads to %s", own.to())
	}
	if to := first.page("sessions").to(); !strings.HasPrefix(to, "/en/login?") {
		t.Errorf("afterwards the page leads to %s", to)
	}
}

// TestAWrongLoginTellsNothing: an unknown number, a wrong password and an account
// that waits for activation get the same answer. That it comes after the same time is for package identity.
func TestAWrongLoginTellsNothing(t *testing.T) {
	c := theOpenCity(t)
	unknown, err := mingjing.ParseIDNumber("99999919700101000"+checkOf("99999919700101000"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	tries := map[string]map[string]any{
		"unknown":        {"id_number": unknown, "password": typedPassword},
		"wrong password": {"id_number": c.account(t, "ordinary 8").IDNumber, "password": typedPassword},
		"not activated":  {"id_number": c.account(t, "activation").IDNumber, "password": typedPassword},
	}
	var same string
	for name, body := range tries {
		a := c.browser(t).json("POST", "/api/login", body)
		if code := a.problem(401); code != "login_failed" || len(a.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: %s", name, code)
		}
		if same == "" {
			same = string(a.body)
		}
		if string(a.body) != same {
			t.Errorf("%s: %s, not %s", name, a.body, same)
		}
	}
	// After many tries from one place the resident gets in at that place all the same.
	b := c.browser(t)
	for range 7 {
		if code := b.json("POST", "/api/login", tries["wrong password"]).problem(401); code != "login_failed" {
			t.Errorf("a wrong try is told %s", code)
		}
	}
	who := c.account(t, "ordinary 8")
	b.json("POST", "/api/login", map[string]any{"id_number": who.IDNumber, "password": who.Password}).want(200)
	c.resident(t, "ordinary 8")
}

func checkOf(digits string) string {
	for _, x := range "0123456789X" {
		if _, err := mingjing.ParseIDNumber(digits+string(x), time.Now()); err == nil {
			return string(x)
		}
	}
	return ""
}

func TestALoginFormComesBackWithoutItsSecrets(t *testing.T) {
	c := theOpenCity(t)
	b := c.browser(t)
	id := string(c.account(t, "ordinary 9").IDNumber)
	for path, form := range map[string]url.Values{
		"/api/login":       {"id_number": {id}, "password": {typedPassword}},
		"/api/activate":    {"id_number": {id}, "code": {"1234-5678-9012"}, "new_password": {typedPassword}},
		"/api/staff/login": {"login": {"h-9999"}, "password": {typedPassword}, "totp": {"123456"}},
	} {
		for _, status := range []int{0, 422} {
			if status == 422 {
				if form.Del("password"); path == "/api/activate" {
					form.Set("new_password", "short")
				}
			}
			page := b.form(path, form)
			if page.status < 400 || page.status >= 500 {
				t.Fatalf("%s: %d", path, page.status)
			}
			text := string(page.body)
			for _, secret := range []string{typedPassword, "1234-5678-9012", "123456"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s (%d) sends %s back", path, page.status, secret)
				}
			}
			if path == "/api/staff/login" && page.view().Form["login"] != "h-9999" {
				t.Errorf("the staff number is gone: %v", page.view().Form)
			}
			if path != "/api/staff/login" && (page.html().Find("main [name=id_number]").AttrOr("value", "") == "" || strings.Count(text, id) > 2) {
				t.Errorf("%s (%d): the ID number is gone, or stands elsewhere too", path, page.status)
			}
			if page.html().Find("input[type=password][value]").Length() > 0 {
				t.Error("a password field has a value")
			}
		}
	}
	// An ID number that is typed where it does not belong.
	if page := b.form("/api/staff/login", url.Values{"login": {id}, "password": {"x"}, "totp": {"1"}}); strings.Contains(string(page.body),
		id) {
		t.Error("an ID number in another field comes back")
	}
}

func TestWhatIsWrongWithALoginIsSaidFieldByField(t *testing.T) {
	b := theOpenCity(t).browser(t)
	a := b.json("POST", "/api/login", map[string]any{})
	if a.problem(422) != "invalid_form" || a.fields()["id_number"] != "required" || a.fields()["password"] != "required" {
		t.Errorf("an empty login: %s", a.body)
	}
	for number, code := range map[string]string{
		"12345": "id_number_length", "999999199013010017": "id_number_date", "999999199001010010": "id_number_check",
		"99999919900101001Y": "id_number_digits",
	} {
		if got := b.json("POST", "/api/login", map[string]any{"id_number": number, "password": "x"}).fields()["id_number"]; got != code {
			t.Errorf("%s: %s, want %s", number, got, code)
		}
	}
	a = b.json("POST", "/api/staff/login", map[string]any{"login": "h-1001"})
	if a.problem(422) != "invalid_form" || a.fields()["password"] != "required" || a.fields()["totp"] != "required" {
		t.Errorf("half a staff login: %s", a.body)
	}
	// In the language of the request.
	zh := b.json("POST", "/api/login", map[string]any{}, "Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8")
	if title := into[struct{ Title string }](zh).Title; !strings.ContainsRune(title, '表') && !strings.ContainsRune(title, '填') {
		t.Errorf("in Chinese: %s", title)
	}
}

func TestStaffNeedTheirSecondFactorAndEachCodeIsGoodOnce(t *testing.T) {
	c := theOpenCity(t)
	b := c.browser(t)
	s := c.account(t, "a-3001")
	if a := b.json("POST", "/api/staff/login", map[string]any{"login": s.Login, "password": s.Password, "totp": "000000"}); a.problem(
		401) != "login_failed" {
		t.Errorf("a wrong code: %s", a.body)
	}
	// The code of the next step: the desk may have used this one's, and a step that
	// begins meanwhile makes no difference.
	code, err := totp.GenerateCode(s.TOTPSecret, time.Now().Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	in := map[string]any{"login": strings.ToUpper(s.Login), "password": s.Password, "totp": code[:3] + " " + code[3:]}
	if me := into[map[string]any](b.json("POST", "/api/staff/login", in).want(200)); me["aal"] != 2.0 || me["id_masked"] != s.Login {
		t.Errorf("logged in as %v", me)
	}
	if a := c.browser(t).json("POST", "/api/staff/login", in); a.problem(401) != "login_failed" {
		t.Errorf("the same code again: %s", a.body)
	}
	// Residents can't log in as staff, nor staff as residents.
	r := c.account(t, "ordinary 9")
	if a := c.browser(t).json("POST", "/api/staff/login", map[string]any{"login": r.IDNumber, "password": r.Password,
		"totp": code}); a.problem(401) != "login_failed" {
		t.Errorf("a resident at the login of staff: %s", a.body)
	}
	b.json("POST", "/api/logout", nil).want(200)
}

func TestActivationSetsAPasswordOnce(t *testing.T) {
	c := theOpenCity(t)
	b := c.browser(t)
	a := c.account(t, "activation")
	weak := b.json("POST", "/api/activate", map[string]any{"id_number": a.IDNumber, "code": a.ActivationCode, "new_password": "short"})
	if weak.problem(422) != "invalid_form" || weak.fields()["new_password"] != "password_short" {
		t.Errorf("a weak password: %s", weak.body)
	}
	if x := b.json("POST", "/api/activate", map[string]any{"id_number": a.IDNumber, "code": "000000000000",
		"new_password": typedPassword}); x.problem(422) != "activation_failed" {
		t.Errorf("a wrong code: %s", x.body)
	}
	to := b.form("/api/activate", url.Values{"id_number": {string(a.IDNumber)}, "code": {" " + a.ActivationCode},
		"new_password": {typedPassword}}).to()
	if to != "/en/overview?done=activated" {
		t.Errorf("activation leads to %s", to)
	}
	if me := into[mingjing.Viewer](b.json("GET", "/api/me", nil).want(200)); me.Name != a.Name {
		t.Errorf("logged in as %s", me.Name)
	}
	if x := c.browser(t).json("POST", "/api/activate", map[string]any{"id_number": a.IDNumber, "code": a.ActivationCode,
		"new_password": typedPassword}); x.problem(422) != "activation_failed" {
		t.Errorf("the code again: %s", x.body)
	}
	c.browser(t).json("POST", "/api/login", map[string]any{"id_number": a.IDNumber, "password": typedPassword}).want(200)
	// The other one, as JSON.
	var second string
	for _, o := range c.p.accounts {
		if o.Story == a.Story && o.IDNumber != a.IDNumber {
			second = o.ActivationCode
			me := into[map[string]any](c.browser(t).json("POST", "/api/activate", map[string]any{"id_number": o.IDNumber, "code": second,
				"new_password": typedPassword}).want(200))
			if me["id_masked"] != o.IDNumber.Masked() {
				t.Errorf("activated: %v", me)
			}
		}
	}
	if second == "" {
		t.Error("there is no second resident to activate")
	}
}

func TestAfterTheLoginOneIsWhereOneWasGoing(t *testing.T) {
	c := theOpenCity(t)
	a := c.account(t, "ordinary 10")
	b := c.browser(t)
	to := b.page("score?rulebook=rongcheng").to()
	if u, err := url.Parse(to); err != nil || u.Path != "/en/login" || u.Query().Get("next") != "score?rulebook=rongcheng" {
		t.Fatalf("the page leads to %s", to)
	}
	login := b.page(to).want(200)
	if v := login.view(); !strings.HasPrefix(v.Path, "login?next=") || v.Problem != nil {
		t.Errorf("the login page is at %s with %+v", v.Path, v.Problem)
	}
	wrong := b.fill(login, "/api/login", map[string]string{"id_number": string(a.IDNumber), "password": "not-this-one"}).want(401)
	if v := wrong.view(); v.Page != "login" || !strings.HasPrefix(v.Path, "login?next=") {
		t.Errorf("after a wrong password it is at %s", v.Path)
	}
	if to := b.fill(wrong, "/api/login", map[string]string{"id_number": string(a.IDNumber),
		"password": a.Password}).to(); to != "/en/score?rulebook=rongcheng&done=logged_in" {
		t.Errorf("the login leads to %s", to)
	}
	if to := b.page(to).to(); to != "/en/overview" {
		t.Errorf("the login page of one who is logged in leads to %s", to)
	}
	// Nowhere else, whatever the address says.
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "admin", "../api/me", "login",
		"records/../../x", "records/a%2Fb",
		"score?x=%0d%0aSet-Cookie:y=1", strings.Repeat("x", 5000)} {
		b := c.browser(t)
		to := b.form("/api/login", url.Values{"id_number": {string(a.IDNumber)}, "password": {a.Password}, "next": {next}}).to()
		if u, err := url.Parse(to); err != nil || u.Host != "" || (u.Path != "/en/overview" && u.Path != "/en/score") ||
			strings.ContainsAny(to, "\r\n\\") {
			t.Errorf("next=%q leads to %q", next, to)
		}
		b.json("POST", "/api/logout", nil).want(200)
	}
	if to := c.browser(t).page("admin?mine=1").to(); !strings.HasPrefix(to, "/en/staff/login?next=") {
		t.Errorf("the queue leads to %s", to)
	}
}

func TestWhoseSessionIsOverIsToldSo(t *testing.T) {
	c := theOpenCity(t)
	b, other := c.resident(t, "ordinary 11"), c.resident(t, "ordinary 11")
	other.json("POST", "/api/sessions/end-others", nil).want(200)
	u, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	was := b.session(u).String()
	for _, accept := range []string{acceptHTML, "application/vnd.mingjing.view+json"} {
		to := b.send("POST", "/api/disputes", []byte("reason=other"), "Accept", accept, "Content-Type", "application/x-www-form-urlencoded",
			"Cookie", was).to()
		if to != "/en/login?expired=1" {
			t.Errorf("the form leads to %s", to)
		}
	}
	v := b.page("/en/login?expired=1").want(200).view()
	if v.Problem == nil || v.Problem.Code != "session_expired" || v.Path != "login" {
		t.Errorf("the login page says %+v at %s", v.Problem, v.Path)
	}
}

func TestALockedScreenHasNoSession(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 6")
	u, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	was := b.session(u).String()
	page := b.page("records").want(200)
	if n := page.html().Find(
		`html[data-personal] header button[data-lock-to="/en/locked"][data-lock-after="3600"][data-lock-warn="60"]`).Length(); n != 1 {
		t.Errorf("the page has %d buttons that lock it", n)
	}
	// As a form, with scripts off, wherever one was.
	a := b.fill(page, "/api/lock", nil)
	if to := a.to(); to != "/en/locked" || a.cookie().MaxAge >= 0 || a.header.Get("Clear-Site-Data") != `"cache"` {
		t.Errorf("it leads to %s with %v", to, a.header)
	}
	locked := b.page("locked").want(200)
	if v := locked.view(); v.Who != nil || v.Page != "locked" ||
		locked.html().Find("html[data-personal], button[data-lock-to]").Length() != 0 {
		t.Errorf("the locked page is for %+v", v.Who)
	}
	if to, _ := locked.html().Find(".center-page a").Attr("href"); to != "/en/login" {
		t.Errorf("it leads on to %s, and not to a login that leads nowhere else", to)
	}
	stolen := c.browser(t).send("GET", "/api/me", nil, "Accept", "application/json", "Cookie", was)
	if stolen.problem(401) != "session_expired" || stolen.header.Get("Clear-Site-Data") == "" {
		t.Errorf("the old token: %s", stolen.body)
	}
	b.json("POST", "/api/lock", nil).want(200) // nothing is left to lock
	// Who is still logged in is shown nothing of themselves on the locked page.
	if v := c.resident(t, "ordinary 5").page("locked").want(200).view(); v.Who != nil {
		t.Errorf("the locked page is for %+v", v.Who)
	}
}

func TestAResidentChoosesHowLongAScreenMayBeLeftAlone(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 11")
	if got := into[map[string]int](b.json("POST", "/api/sessions/stay", nil).want(200)); got["lock_after"] != 3600 {
		t.Errorf("whoever stays is told %v", got)
	}
	page := b.fill(b.page("sessions").want(200), "/api/sessions/lock-after", map[string]string{"minutes": "15"})
	if to := page.to(); to != "/en/sessions?done=lock_after" {
		t.Errorf("the choice leads to %s", to)
	}
	if n := b.page("sessions").want(200).html().Find(`input[name=minutes][value="15"][checked]`).Length(); n != 1 {
		t.Error("what was chosen is not shown")
	}
	b.json("POST", "/api/sessions/lock-after", map[string]any{"minutes": 2}).want(200)
	if me := into[mingjing.Viewer](b.json("GET", "/api/me", nil).want(200)); me.LockAfter != 120 {
		t.Errorf("after 2 minutes were chosen it is %d seconds", me.LockAfter)
	}
	for _, wrong := range []any{0, 3, -2, "never", ""} {
		if got := b.json("POST", "/api/sessions/lock-after", map[string]any{"minutes": wrong}).fields()["minutes"]; got != "invalid_choice" {
			t.Errorf("%v minutes: %s", wrong, got)
		}
	}
	b.json("POST", "/api/sessions/lock-after", map[string]any{"minutes": 15}).want(200)
	again := b.form("/api/sessions/lock-after", url.Values{}).want(422)
	if again.view().Page != "sessions" || again.html().Find("#minutes-error").Length() != 1 {
		t.Errorf("without a choice the form comes back as %s", again.view().Page)
	}
}

func TestAllSessionsEndWithTheirDevices(t *testing.T) {
	c := theOpenCity(t)
	b, other := c.resident(t, "ordinary 7"), c.resident(t, "ordinary 7")
	subscribe := func(b *browser) {
		t.Helper()
		body, _ := subscription(t)
		b.json("POST", "/api/push", body).want(200)
	}
	left := func(b *browser) int { return len(settings(b).Devices) }
	subscribe(b)
	subscribe(other)
	// A lock keeps what a device was promised, a log-out does not.
	other.json("POST", "/api/lock", nil).want(200)
	if n := left(b); n != 2 {
		t.Fatalf("after a lock elsewhere %d devices are left", n)
	}
	other = c.resident(t, "ordinary 7")
	for _, s := range list[mingjing.Session](b.json("GET", "/api/sessions", nil)) {
		if s.Current && time.Since(s.SeenAt) > time.Minute || s.SeenAt.Before(s.StartedAt.Add(-time.Second)) {
			t.Errorf("a session from %v was last used at %v", s.StartedAt, s.SeenAt)
		}
	}
	b.json("POST", "/api/sessions/end-others", nil).want(200)
	if n := left(b); n != 1 {
		t.Errorf("after all others were ended %d devices are left", n)
	}
	other.json("GET", "/api/me", nil).want(401)
	other = c.resident(t, "ordinary 7")
	a := b.form("/api/sessions/end-all", url.Values{})
	if a.to() != "/en/?done=logged_out" || a.cookie().MaxAge >= 0 || a.header.Get("Clear-Site-Data") == "" {
		t.Errorf("ending all leads to %s with %v", a.to(), a.header)
	}
	b.json("GET", "/api/me", nil).want(401)
	other.json("GET", "/api/me", nil).want(401)
	other = c.resident(t, "ordinary 7")
	if n := left(other); n != 0 {
		t.Errorf("after all were ended %d devices are left", n)
	}
	other.json("POST", "/api/sessions/end-all", nil).want(200)
}
