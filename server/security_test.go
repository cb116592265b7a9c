package main

import (
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"mingjing"
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
	if _, err := hear(t, ws); !websocket.IsCloseError(err, 4401) {
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
