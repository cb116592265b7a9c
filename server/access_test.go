package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"mingjing"
	"mingjing/server/api"
)

// things are the ids of what one resident has.
type things struct{ record, listing, request, dispute, evidence, decided, notice, mandate, inquiry, share, code string }

// furnish gives a resident one of everything.
func furnish(t *testing.T, b *browser) things {
	t.Helper()
	th := things{request: b.ready("honest-shanghai").ID}
	listings := list[mingjing.Listing](b.json("GET", "/api/listings", nil))
	records := list[mingjing.Record](b.json("GET", "/api/records", nil))
	if len(listings) == 0 || len(records) == 0 {
		t.Fatal("this resident has no listing or no record")
	}
	th.listing, th.record = listings[0].ID, records[0].ID
	d := into[mingjing.Case](b.upload("/api/disputes", "application/json",
		map[string]string{"listing_id": th.listing, "reason": "not_me", "statement": "That is somebody else."}, []file{{"a.pdf", pdf}}).want(201))
	th.dispute, th.evidence = d.ID, d.Evidence[0].ID
	th.decided = b.upheld(records[len(records)-1].ID).ID
	th.mandate = b.names("ordinary 12", th.dispute).ID
	b.c.desk(t, "h-1001").json("POST", "/api/admin/cases/"+th.dispute+"/open", map[string]any{"reason": "They telephoned."}).want(200)
	th.inquiry = b.why("h-1001").ID
	made := into[mingjing.MadeShare](b.json("POST", "/api/shares", asJSON(b.c.share(nil))).want(201))
	th.share, th.code = made.Share.ID, codeOf(made.Link)
	th.notice = list[mingjing.Notice](b.json("GET", "/api/notices", nil))[0].ID
	return th
}

// why asks about the newest entry by somebody of the desk.
func (b *browser) why(by string) mingjing.Inquiry {
	b.t.Helper()
	for _, l := range list[mingjing.AccessEntry](b.json("GET", "/api/access-log?others=1", nil)) {
		if l.By == by && l.Askable() {
			return into[mingjing.Inquiry](b.json("POST", "/api/inquiries", map[string]any{"seq": l.Seq}).want(201))
		}
	}
	b.t.Fatalf("%s has not looked", by)
	return mingjing.Inquiry{}
}

// at fills the id into a path below /api or of a page.
func (th things) at(path string) string {
	id := th.dispute
	for part, of := range map[string]string{"records/": th.record, "listings/": th.listing, "requests/": th.request,
		"evidence/": th.evidence, "notices/": th.notice, "mandates/": th.mandate, "inquiries/": th.inquiry, "rulebooks/": "rongcheng",
		"agencies/": mingjing.BureauCode,
		"shares/":   th.share} {
		if strings.Contains(path, part+"{id}") {
			id = of
		}
	}
	if strings.Contains(path, "{id}/letter") || strings.Contains(path, "{id}/court-file") {
		id = th.decided
	}
	if path == "s/{id}" {
		id = th.code
	}
	if strings.HasSuffix(path, "admin/staff/{id}") {
		id = "h-1001"
	}
	path = strings.Replace(path, "{id}", id, 1)
	if path == "disputes/new" {
		path += "?record=" + th.record
	}
	return path
}

// TestEveryRouteForEveryone requests every page and every endpoint as each kind of
// person, with the ids of what one resident has. It uses the tables that the routes are
// made from, so that a new route is tested too.
func TestEveryRouteForEveryone(t *testing.T) {
	c := theOpenCity(t)
	owner := c.resident(t, "namesake")
	th := furnish(t, owner)
	everybody := []struct {
		name string
		b    *browser
		role mingjing.Role
		own  bool
	}{
		{"nobody", c.browser(t), "", false},
		{"the resident", owner, mingjing.RoleResident, true},
		{"another resident", c.resident(t, "no-notice"), mingjing.RoleResident, false},
		{"a handler", c.desk(t, "h-1001"), mingjing.RoleHandler, false},
		{"a supervisor", c.desk(t, "s-2001"), mingjing.RoleSupervisor, false},
		{"an auditor", c.desk(t, "a-3001"), mingjing.RoleAuditor, false},
		{"an administrator", c.desk(t, "adm-4001"), mingjing.RoleAdministrator, false},
		{"another agency's officer", c.desk(t, "g-3001"), mingjing.RoleAgency, false},
	}
	admitted := func(access mingjing.Access, role mingjing.Role) bool {
		return access == mingjing.Anyone || access == mingjing.Everyone && role != "" ||
			access == mingjing.Residents && role == mingjing.RoleResident || access == mingjing.Staff && role.Staff() ||
			access == mingjing.Agencies && role == mingjing.RoleAgency ||
			(access == mingjing.Administrators || access == mingjing.Overseers) && role == mingjing.RoleAdministrator ||
			access == mingjing.Overseers && role == mingjing.RoleAuditor
	}
	revoked := false
	for _, who := range everybody {
		for _, r := range mingjing.Routes {
			path := "/en/" + th.at(r.Path)
			a := who.b.page(path)
			personal := r.Access == mingjing.Residents && (strings.Contains(r.Path, "{id}") || r.Name == "new-dispute")
			want := http.StatusOK
			switch {
			case (r.Name == "login" || r.Name == "staff-login") && who.role != "":
				want = http.StatusSeeOther
			case who.role == "" && r.Access != mingjing.Anyone:
				want = http.StatusSeeOther
			case !admitted(r.Access, who.role), who.role == mingjing.RoleHandler && in([]string{"workload", "comments", "comment", "complaints-open",
				"complaint"}, r.Name),
				(r.Name == "counter" || r.Name == "enrol" || r.Name == "representatives") && who.role == mingjing.RoleAuditor,
				r.Name == "inquiry-answer" && who.role != mingjing.RoleHandler: // it is about that handler
				want = http.StatusForbidden
			case r.Name == "recipient" && revoked: // by the resident, as everything else below is tried
				want = http.StatusNotFound
			case personal && !who.own,
				r.Name == "complaint",                                                             // nobody has complained
				r.Name == "comment",                                                               // there is no draft in this city
				r.Name == "agency-question", r.Name == "agency-batch", r.Name == "agency-inquiry", // nothing was put to this agency
				r.Name == "helping" && who.role == mingjing.RoleResident:
				want = http.StatusNotFound
			}
			if a.status != want {
				t.Errorf("%s opens the page %s: %d, want %d", who.name, r.Name, a.status, want)
			}
			if who.role == "" && want == http.StatusSeeOther {
				if to := a.to(); !strings.Contains(to, "login?next=") {
					t.Errorf("%s opens the page %s and is sent to %s", who.name, r.Name, to)
				}
			}
			// As a view it is the same, for those who have a page.
			if want == http.StatusOK {
				if kind := who.b.send("GET", path, nil, "Accept", "application/vnd.mingjing.view+json").want(200).header.Get(
					"Content-Type"); kind != "application/vnd.mingjing.view+json" {
					t.Errorf("%s gets the view of %s as %s", who.name, r.Name, kind)
				}
			}
		}
		for _, e := range api.Endpoints() {
			if e.Access == mingjing.Anyone {
				continue // logging in and out have tests of their own
			}
			if e.Access == mingjing.Machines {
				if code := who.b.json("POST", e.Path, map[string]any{}).problem(401); code != "key_unknown" {
					t.Errorf("%s calls %s without a signature: %s", who.name, e.Path, code)
				}
				continue
			}
			if e.Path == "/api/sessions/end-others" && who.role.Staff() || e.Path == "/api/sessions/end-all" && who.role != "" {
				continue // other tests sit at the same desk, and what follows needs the session
			}
			path := th.at(e.Path)
			var a answer
			switch {
			case e.Path == "/api/live":
				continue // see below
			case strings.HasSuffix(path, "/evidence") && e.Method == "POST":
				a = who.b.upload(path, "application/json", nil, []file{{"b.pdf", pdf}})
			case strings.HasSuffix(path, "/review"): // with words, so that whose it is decides
				a = who.b.json("POST", path, map[string]any{"statement": "Look again."})
			case strings.HasSuffix(path, "/feedback"):
				a = who.b.json("POST", path, map[string]any{"feedback": "good"})
			case e.Method == "POST":
				a = who.b.json("POST", path, map[string]any{})
			default:
				a = who.b.send("GET", path, nil, "Accept", "application/json")
			}
			// These need an id of one's own, or of a case that may be moved on.
			hasID := strings.Contains(e.Path, "{id}")
			var want []int
			switch {
			case who.role == "":
				want = []int{401}
			case e.Path == "/api/admin/relatives/remove": // it is nobody's
				want = []int{404}
				if who.role != mingjing.RoleHandler && who.role != mingjing.RoleSupervisor {
					want = []int{403}
				}
			case strings.HasPrefix(e.Path, "/api/admin/inquiries/{id}") && who.role.Staff() && who.role != mingjing.RoleHandler:
				want = []int{403}
			case (e.Path == "/api/admin/workload" || strings.HasPrefix(e.Path, "/api/admin/comments")) && who.role == mingjing.RoleHandler:
				want = []int{403}
			case !admitted(e.Access, who.role), who.role == mingjing.RoleAuditor && e.Method == "POST" && e.Access == mingjing.Staff &&
				e.Path != "/api/admin/cases/search":
				want = []int{403}
			case who.role == mingjing.RoleAuditor && e.Path == "/api/admin/organisations": // they read the staff register
				want = []int{403}
			case strings.HasPrefix(e.Path, "/api/admin/comments/"): // there is no draft in this city
				want = []int{404, 422}
			case who.role == mingjing.RoleSupervisor && (e.Path == "/api/evidence/{id}" || e.Path == "/api/admin/cases/{id}"):
				want = []int{403} // it is not theirs, and they gave no reason
			case who.role == mingjing.RoleAdministrator && e.Path == "/api/evidence/{id}": // no administrator sees anything of a resident
				want = []int{403}
			case strings.HasPrefix(e.Path, "/api/agency/keys") && e.Method == "POST" && who.role == mingjing.RoleAgency: // nothing was filled in
				want = []int{404, 422}
			case e.Access == mingjing.Administrators && e.Method == "POST": // it is about nobody, or nothing was filled in
				want = []int{404, 422}
			case who.role == mingjing.RoleAgency && e.Path == "/api/evidence/{id}": // agencies have an address of their own, with a receipt
				want = []int{403}
			case strings.HasPrefix(e.Path, "/api/drafts") && (hasID || e.Method == "POST"):
				want = []int{404} // it names no form, and there is none
			case hasID && who.role == mingjing.RoleResident && !who.own, hasID && who.role == mingjing.RoleAgency:
				want = []int{404}
			case strings.HasSuffix(e.Path, "/accept") || strings.HasSuffix(e.Path, "/decline"):
				want = []int{404} // it was offered to somebody else
			case e.Path == "/api/disputes/{id}/mandates":
				want = []int{422} // nothing was filled in
			case e.Path == "/api/score" && !who.own, e.Path == "/api/sessions/end", e.Path == "/api/repairs", e.Path == "/api/statements",
				e.Path == "/api/inquiries" && e.Method == "POST":
				want = []int{404}
			case e.Path == "/api/export" && e.Method == "POST":
				want = []int{202}
			case e.Path == "/api/export/file": // it was deleted
				want = []int{404}
			case e.Path == "/api/passkeys/question", e.Path == "/api/passkeys":
				want = []int{409} // the city has no name here
			case e.Path == "/api/factor/confirm":
				want = []int{409} // nothing was begun
			case e.Path == "/api/passkeys/remove", e.Path == "/api/factor/passkey":
				want = []int{404} // there is none
			case e.Path == "/api/confirm", e.Path == "/api/password", e.Path == "/api/leave":
				want = []int{422} // nothing was filled in
			case strings.HasPrefix(e.Path, "/api/admin/representatives/{id}") && in([]string{"handler", "supervisor"}, string(who.role)):
				want = []int{404} // there is none of that id
			case e.Path == "/api/incoming/place" && who.role == mingjing.RoleResident:
				want = []int{404, 422} // nothing was handed over, or it is not said where it goes
			case e.Path == "/api/incoming" || e.Path == "/api/admin/organisations" && in([]string{"handler", "supervisor"}, string(who.role)):
				want = []int{422} // nothing was filled in
			case strings.HasPrefix(e.Path, "/api/admin/complaints") && who.role == mingjing.RoleHandler: // it is the supervisors' to answer
				want = []int{403}
			case strings.HasPrefix(e.Path, "/api/admin/complaints/{id}") && who.role.Staff(): // there is none of that id
				want = []int{404, 422}
			case (e.Path == "/api/shares" || e.Path == "/api/missing" || e.Path == "/api/refusals/statement" ||
				strings.HasPrefix(e.Path, "/api/complaints/")) && e.Method == "POST":
				want = []int{422} // nothing was filled in
			case strings.HasSuffix(e.Path, "/tell-recipients"), strings.HasSuffix(e.Path, "/feedback"):
				want = []int{409} // it is not decided
			case strings.HasSuffix(e.Path, "/review"), strings.HasSuffix(e.Path, "/receipt"), strings.HasSuffix(e.Path, "/shown"),
				strings.HasSuffix(e.Path, "/nothing-to-add"):
				want = []int{200, 409} // it depends on what there is
			case e.Path == "/api/sessions/lock-after" || e.Path == "/api/push" || e.Path == "/api/push/remove" ||
				e.Path == "/api/notice-settings/email":
				want = []int{422} // nothing was filled in
			case strings.HasPrefix(e.Path, "/api/inquiries/{id}/"): // nothing was filled in, or there is no answer yet
				want = []int{409, 422}
			case e.Path == "/api/notice-settings/email/confirm":
				want = []int{409} // there is no code
			case e.Path == "/api/score-requests" || e.Path == "/api/consents/withdraw" || e.Path == "/api/disputes" && e.Method == "POST":
				want = []int{404, 422} // nothing was filled in
			case e.Method == "POST" && e.Access == mingjing.Staff:
				want = []int{200, 201, 409, 422}
			default:
				want = []int{200, 201}
			}
			if !in(want, a.status) {
				t.Errorf("%s calls %s %s: %d, want %v\n%.200s", who.name, e.Method, e.Path, a.status, want, a.body)
			}
			if in(want, 401) && a.problem(401) != "not_logged_in" ||
				in(want, 403) && a.problem(403) != "forbidden" && a.problem(403) != "case_reason_required" {
				t.Errorf("%s calls %s %s: %s", who.name, e.Method, e.Path, a.body)
			}
		}
		revoked = revoked || who.own
		ws, res, err := who.b.stream("")
		if who.role == "" {
			if err == nil || res.StatusCode != 401 {
				t.Errorf("%s listens: %v", who.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s cannot listen: %v", who.name, err)
			continue
		}
		_ = ws.Close()
	}
	// What is another's can't be used by naming it either.
	other := everybody[2].b
	for _, what := range []map[string]any{
		{"record_id": th.record, "reason": "other", "statement": "x"},
		{"listing_id": th.listing, "reason": "other", "statement": "x"},
		{"record_id": th.record, "listing_id": th.listing, "reason": "other", "statement": "x"},
	} {
		if a := other.json("POST", "/api/disputes", what); a.status != 404 && a.status != 422 {
			t.Errorf("another resident disputes %v: %d", what, a.status)
		}
	}
	for _, q := range []string{"record=" + th.record, "listing=" + th.listing} {
		other.page("disputes/new?" + q).want(404)
	}
	mine := list[mingjing.Session](owner.json("GET", "/api/sessions", nil))
	if code := other.json("POST", "/api/sessions/end", map[string]any{"session_id": mine[0].ID}).problem(404); code != "session_unknown" {
		t.Errorf("ending another's session: %s", code)
	}
	owner.json("GET", "/api/me", nil).want(200)
	// Only staff are in the owner's log, each by name.
	for _, l := range list[mingjing.AccessEntry](owner.json("GET", "/api/access-log?others=1", nil)) {
		if l.Role == mingjing.RoleResident || l.Role.Staff() && l.Who == "" {
			t.Errorf("the access log has %+v", l)
		}
	}
}

func in[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

func TestNobodyButOurOwnPagesMayChangeAnything(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 2")
	hostile := []struct{ name, origin, site string }{
		{"a form of another site", "https://evil.example", "cross-site"},
		{"a form of another host of the same site", "https://evil.mirror.example", "same-site"},
		{"a browser that says only the origin", "https://evil.example", ""},
		{"a page without an origin", "null", ""},
		{"a page that lies about its site", "", "cross-site"},
	}
	for _, h := range hostile {
		for _, e := range api.Endpoints() {
			if e.Method != http.MethodPost {
				continue
			}
			b.origin, b.site = h.origin, h.site
			path := things{dispute: "X"}.at(e.Path)
			if code := b.json("POST", path, map[string]any{}).problem(403); code != "cross_origin" {
				t.Errorf("%s: POST %s: %s", h.name, path, code)
			}
			if page := b.form(path, url.Values{}).want(403); page.view().Page != "error" {
				t.Errorf("%s: POST %s shows %s", h.name, path, page.view().Page)
			}
		}
	}
	b.origin, b.site = c.url, "same-origin"
	b.json("GET", "/api/me", nil).want(200)
	// A program that is no browser sends neither, and has no cookies by accident.
	b.origin, b.site = "", ""
	b.json("POST", "/api/logout", nil).want(200)
}

func TestTheLiveStreamIsForOurOwnPages(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 3")
	for _, origin := range []string{"", "null", "https://evil.example", "http://127.0.0.1:1",
		"http://" + strings.TrimPrefix(c.url, "http://") + ".evil.example"} {
		if _, res, err := b.stream("", "Origin", origin); err == nil || res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("a page of %q listens: %v", origin, err)
		}
	}
	if _, res, err := b.stream("", "Cookie", ""); err == nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody listens: %v", err)
	}
	for _, after := range []string{"-1", "x", "9999999999999999999999"} {
		if _, res, err := b.stream("?after=" + after); err == nil || res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("after %s: %v", after, err)
		}
	}
	if a := b.send("GET", "/api/live", nil, "Origin", c.url); a.status != http.StatusBadRequest {
		t.Errorf("no upgrade: %d", a.status)
	}
}

func TestAnEndedSessionHearsNothingMore(t *testing.T) {
	c := theOpenCity(t)
	for name, end := range map[string]func(listening, other *browser){
		"logged out": func(b, _ *browser) { b.json("POST", "/api/logout", nil).want(200) },
		"ended from another device": func(b, other *browser) {
			for _, s := range list[mingjing.Session](b.json("GET", "/api/sessions", nil)) {
				if s.Current {
					other.json("POST", "/api/sessions/end", map[string]any{"session_id": s.ID}).want(200)
				}
			}
		},
		"all others ended": func(_, other *browser) { other.json("POST", "/api/sessions/end-others", nil).want(200) },
	} {
		b, other := c.resident(t, "ordinary 4"), c.resident(t, "ordinary 4")
		ws, _, err := b.stream("")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		end(b, other)
		_, err = hear(t, ws)
		if !websocket.IsCloseError(err, 4401) || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(began))
		}
		if code := b.json("GET", "/api/me", nil).problem(401); code != "session_expired" && code != "not_logged_in" {
			t.Errorf("%s: %s", name, code)
		}
		if _, res, err := b.stream(""); err == nil || res.StatusCode != 401 {
			t.Errorf("%s, and listens again: %v", name, err)
		}
	}
}
