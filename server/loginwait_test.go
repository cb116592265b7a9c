package main

import (
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mingjing"
	"mingjing/i18n"
)

// TestWhereManyLogInAPageSaysThePlaceAndTheTimeAndThenLogsIn has others wait before a form, and
// then sees them have their turn.
func TestWhereManyLogInAPageSaysThePlaceAndTheTimeAndThenLogsIn(t *testing.T) {
	c, ctx := theOpenCity(t), t.Context()
	var others []string
	for n := range 8*max(2, 2*runtime.GOMAXPROCS(0)) + 1 {
		others = append(others, "other "+strconv.Itoa(n))
		if err := c.p.store.AddLoginWait(ctx, others[n], []byte("sealed")); err != nil {
			t.Fatal(err)
		}
	}
	served := func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			if err := c.p.store.AnswerLoginWait(ctx, id, []byte("sealed")); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := len(others) - 1
	at := func(b *browser, id string) mingjing.LoginPlace {
		t.Helper()
		var header []string
		if id != "" {
			header = []string{"Cookie", "login_wait=" + id}
		}
		v := b.send("GET", "/"+b.lang+"/login/wait", nil, append(header, "Accept", "text/html")...).want(200).view()
		if mingjing.DataOf[mingjing.LoginPlace](&v) == nil {
			return mingjing.LoginPlace{}
		}
		return *mingjing.DataOf[mingjing.LoginPlace](&v)
	}
	if got := at(c.browser(t), others[last]); got.Place != last+1 {
		t.Fatalf("the last of the others is at %d, not %d", got.Place, last+1)
	}
	if got := at(c.browser(t), ""); got != (mingjing.LoginPlace{}) {
		t.Errorf("who has no login that waits is at %+v", got)
	}

	who := c.account(t, "ordinary 11")
	type try struct {
		b    *browser
		lang string
		pw   string
		page answer
	}
	tries := []*try{{lang: "en", pw: who.Password}, {lang: "zh-CN", pw: "not the password"}}
	for n, k := range tries {
		k.b = c.browser(t)
		k.b.lang = k.lang
		k.page = k.b.form("/api/login", url.Values{"id_number": {string(who.IDNumber)}, "password": {k.pw}, "next": {"inbox"}})
		if to := k.page.to(); to != "/"+k.lang+"/login/wait" {
			t.Fatalf("the form leads to %s", to)
		}
		cookie := k.page.cookie()
		if cookie.Name != "login_wait" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Domain != "" {
			t.Errorf("the cookie is %v", cookie)
		}
		a := k.b.page("login/wait").want(200)
		again, err := strconv.Atoi(a.header.Get("Refresh"))
		if err != nil || again < 1 || again > 30 {
			t.Errorf("the page is loaded again after %q", a.header.Get("Refresh"))
		}
		if text := a.html().Find("main").Text(); !strings.Contains(text, strconv.Itoa(last+2+n)) {
			t.Errorf("the page says %s", text)
		}
		for _, secret := range []string{k.pw, string(who.IDNumber), cookie.Value} {
			if strings.Contains(string(a.body), secret) {
				t.Errorf("the page has %q", secret)
			}
		}
	}

	served(others...)
	in := tries[0].b.page("login/wait")
	if to := in.to(); to != "/en/inbox?done=logged_in" {
		t.Errorf("then it leads to %s", to)
	}
	names := func(a answer) (set, removed []string) {
		for _, k := range (&http.Response{Header: a.header}).Cookies() {
			if k.MaxAge < 0 {
				removed = append(removed, k.Name)
			} else {
				set = append(set, k.Name)
			}
		}
		return set, removed
	}
	if set, removed := names(in); !slices.Contains(set, "session") || !slices.Equal(removed, []string{"login_wait"}) {
		t.Errorf("it sets %v and removes %v", set, removed)
	}
	tries[0].b.page("inbox").want(200)
	wrong := tries[1].b.page("login/wait").want(401)
	doc := wrong.html()
	if id, _ := doc.Find("input[name=id_number]").Attr("value"); strings.ReplaceAll(id, " ", "") != string(who.IDNumber) ||
		doc.Find("form[action='/api/login'] input[name=next][value=inbox]").Length() != 1 || doc.Find("input[name=password][value]").Length() != 0 ||
		!strings.Contains(doc.Find("main").Text(), i18n.T("zh-CN", "error.login_failed")) {
		html, _ := doc.Find("main form").Html()
		t.Errorf("a wrong password leads to %s", html)
	}
	if at(tries[1].b, "") != (mingjing.LoginPlace{}) {
		t.Error("a login that has failed still waits")
	}
	// When nobody waits any more, a form logs in at once.
	if to := c.browser(t).form("/api/login", url.Values{"id_number": {string(who.IDNumber)}, "password": {who.Password}}).to(); to !=
		"/en/overview?done=logged_in" {
		t.Errorf("afterwards the form leads to %s", to)
	}
}
