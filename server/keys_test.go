package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/agency/mock"
	"mingjing/server/casework/score"
)

// TestAnOfficerMakesReplacesAndRevokesKeysOnThePage: by the page's own forms, as without
// scripts.
func TestAnOfficerMakesReplacesAndRevokesKeysOnThePage(t *testing.T) {
	c := theOpenCity(t)
	officer := c.desk(t, "g-3002")
	machine := c.browser(t)
	machine.origin, machine.site = "", ""
	taken := func(id, secret string) bool {
		a := machine.submit(id, secret, batchPath, "application/json", []byte("no batch"), time.Now())
		if a.status != 400 && a.status != 401 {
			t.Errorf("a batch that is none: %d", a.status)
		}
		return a.status == 400
	}
	made := officer.form("/api/agency/keys", url.Values{"lang": {"en"}, "use": {"submit"}}).want(200)
	id, secret := made.html().Find("#key-id").Text(), made.html().Find("#key-secret").Text()
	if len(secret) != 64 || made.header.Get("Cache-Control") != "no-store" || !taken(id, secret) {
		t.Fatalf("%q %q", id, secret)
	}
	shows := officer.page("/en/agency/keys").want(200)
	if strings.Contains(string(shows.body), secret) || !strings.Contains(shows.html().Find("main").Text(), id) {
		t.Error("the list shows a secret, or not the key")
	}
	next := officer.fill(shows, "/api/agency/keys/"+id+"/rotate", map[string]string{"overlap_days": "30"}).want(200)
	nextID, nextSecret := next.html().Find("#key-id").Text(), next.html().Find("#key-secret").Text()
	if !taken(id, secret) || !taken(nextID, nextSecret) || secret == nextSecret {
		t.Error("while a key is replaced, one of the two is refused")
	}
	shows = officer.page("/en/agency/keys").want(200)
	if text := shows.html().Find("main").Text(); !strings.Contains(text, "good until ") {
		t.Error("the page does not say until when the old key is good")
	}
	if to := officer.fill(shows, "/api/agency/keys/"+id+"/revoke", nil).to(); to != "/en/agency/keys?done=key_revoked" {
		t.Errorf("revoking leads to %s", to)
	}
	if taken(id, secret) || !taken(nextID, nextSecret) {
		t.Error("the revoked key is taken, or the other is not")
	}
	// As a program, and by others.
	asked := into[mingjing.MadeKey](officer.json("POST", "/api/agency/keys", map[string]string{"use": "ask"}).want(201))
	if taken(asked.ID, asked.Secret) {
		t.Error("the key by which we ask signs what is submitted")
	}
	again := into[mingjing.MadeKey](officer.json("POST", "/api/agency/keys/"+asked.ID+"/rotate", map[string]int{"overlap_days": 1}).want(201))
	officer.json("POST", "/api/agency/keys/"+asked.ID+"/rotate", map[string]int{"overlap_days": 1}).problem(409)
	officer.json("POST", "/api/agency/keys/"+again.ID+"/rotate", map[string]int{"overlap_days": 0}).problem(422)
	officer.json("POST", "/api/agency/keys", map[string]string{"use": "both"}).problem(422)
	c.desk(t, "g-3001").json("POST", "/api/agency/keys/"+again.ID+"/revoke", nil).want(404)
	c.desk(t, "h-1001").json("GET", "/api/agency/keys", nil).want(403)
	officer.json("POST", "/api/agency/keys/"+again.ID+"/revoke", nil).want(200)
	officer.json("POST", "/api/agency/keys/"+asked.ID+"/revoke", nil).want(200)
	keys := list[mingjing.AgencyKey](officer.json("GET", "/api/agency/keys", nil))
	if i := slices.IndexFunc(keys, func(k mingjing.AgencyKey) bool { return k.ID == asked.ID }); i < 0 || keys[i].RevokedAt == nil {
		t.Errorf("%+v", keys)
	}
	for _, k := range keys {
		if k.Agency != "court" {
			t.Errorf("the officer sees a key of %s", k.Agency)
		}
	}
	register := into[mingjing.StaffRegisterView](c.desk(t, "adm-4001").json("GET", "/api/admin/staff-register", nil).want(200))
	steps := map[string]bool{}
	for _, e := range register.Entries {
		steps[e.Step+" "+e.Key+" "+e.By] = true
	}
	for _, want := range []string{"key_made " + id, "key_replaced " + nextID, "key_revoked " + id} {
		if !steps[want+" g-3002"] {
			t.Errorf("the staff register has no %s by the officer", want)
		}
	}
	page := c.desk(t, "adm-4001").page("/en/admin/staff-register").want(200)
	if !strings.Contains(page.html().Find("main").Text(), "Key "+nextID) {
		t.Error("the page of the register does not name the key")
	}
}

// TestAnAgencyIsAskedByTheKeyThatIsGoodNow: the request names the key, and the agency
// checks it with what the command has written, all without a server.
func TestAnAgencyIsAskedByTheKeyThatIsGoodNow(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "keys")
	env := func(name string) string { return map[string]string{"DATA": filepath.Join(dir, "data")}[name] }
	command := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := run(t.Context(), append([]string{"agency", "key"}, args...), env, &out, &out); code != 0 {
			t.Fatalf("%v: %d %s", args, code, &out)
		}
		return out.String()
	}
	var by string // the key of the last request
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by = r.Header.Get(agency.KeyHeader)
		keys, err := readKeyFile(file)
		if err != nil {
			t.Error(err)
		}
		mock.Handler(mock.Config{Records: func(context.Context, score.RecordsQuery) mock.Answer {
			return mock.Answer{Body: mock.Person{}.Reply(nil)}
		}, Keys: func(id string) []byte {
			for _, k := range keys {
				if k.ID == id {
					return k.Secret
				}
			}
			return nil
		}}).ServeHTTP(w, r)
	}))
	defer srv.Close()
	s, _ := readSettings(env) // a tool needs no addresses of agencies
	asks := func(want string, good bool) {
		t.Helper()
		office, master, closeStore, err := openOffice(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = closeStore() }()
		a := agency.New(agency.Config{Directory: map[string]string{"court": srv.URL}, Key: master,
			Signer: (&asker{master: master, keys: office.Keys.AskingKeys}).signer})
		defer func() { _ = a.Close() }()
		_, err = a.Records(t.Context(), "court", score.RecordsQuery{RequestID: rand.Text(), IDNumber: mock.SamplePerson.IDNumber, Name: "林晓"})
		if by != want || (err == nil) != good {
			t.Errorf("it is asked by %q (%v), want %q, taken %v", by, err, want, good)
		}
	}
	command("add", "court", "--ask", "--out", file)
	first, err := readKeyFile(file)
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	asks(first[0].ID, true)
	if out := command("rotate", first[0].ID, "--overlap", "48h", "--out", file); !strings.Contains(out, first[0].ID+" is good until ") {
		t.Error(out)
	}
	asks(first[0].ID, true)
	both, err := readKeyFile(file)
	if err != nil || len(both) != 2 {
		t.Fatal(both, err)
	}
	command("revoke", first[0].ID)
	asks(both[1].ID, true)
	if out := command("list", "court"); strings.Count(out, "\n") != 2 || !strings.Contains(out, "  court  ask  ") ||
		!strings.Contains(out, "  revoked ") || !strings.Contains(out, "  good\n") {
		t.Error(out)
	}
	if out := command("list", "metro"); out != "" {
		t.Error(out)
	}
	command("revoke", both[1].ID)
	asks("", false) // the agency has never had that one
}
