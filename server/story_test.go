package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"mingjing"
)

func picture(t testing.TB, kind string) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 24, 16))
	for x := range 24 {
		img.Set(x, x%16, color.RGBA{R: 200, A: 255})
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	if kind == "jpeg" {
		b.Reset()
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var pdf = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")

// stream opens the live stream with the cookies of a browser.
func (b *browser) stream(query string, header ...string) (*websocket.Conn, *http.Response, error) {
	b.t.Helper()
	u, err := url.Parse(b.c.url)
	if err != nil {
		b.t.Fatal(err)
	}
	h := http.Header{"X-Forwarded-For": {b.addr}, "Origin": {b.c.url}}
	if b.http.Jar != nil {
		for _, k := range b.http.Jar.Cookies(u) {
			h.Add("Cookie", k.String())
		}
	}
	for i := 0; i+1 < len(header); i += 2 {
		if h.Del(header[i]); header[i+1] != "" {
			h.Set(header[i], header[i+1])
		}
	}
	ctx, stop := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer stop()
	ws, res, err := websocket.DefaultDialer.DialContext(ctx, "ws://"+u.Host+"/api/live"+query, h)
	if err == nil {
		described.saw("GET /api/live")
		b.t.Cleanup(func() { _ = ws.Close() })
	}
	return ws, res, err
}

// hear reads the next event, which has nothing in it but what changed.
func hear(t testing.TB, ws *websocket.Conn) (mingjing.Event, error) {
	t.Helper()
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, data, err := ws.ReadMessage()
	if err != nil {
		return mingjing.Event{}, err
	}
	var members map[string]any
	var e mingjing.Event
	if json.Unmarshal(data, &members) != nil || json.Unmarshal(data, &e) != nil {
		t.Fatalf("no event: %s", data)
	}
	if keys := slices.Sorted(maps.Keys(members)); strings.Join(keys, " ") != "at id kind seq" {
		t.Errorf("an event says more than what changed: %s", data)
	}
	for _, secret := range theCity.spilt(string(data), true) {
		t.Errorf("an event tells %s", secret)
	}
	return e, nil
}

// hearUntil reads events until one is wanted.
func hearUntil(t testing.TB, ws *websocket.Conn, what string, ok func(mingjing.Event) bool) {
	t.Helper()
	for {
		e, err := hear(t, ws)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if ok(e) {
			return
		}
	}
}

func TestTheStoryOfTheGuarantorFromLoginToCorrection(t *testing.T) {
	c := theOpenCity(t)
	b := c.browser(t)
	account := c.account(t, "guarantor")

	me := into[map[string]any](b.json("POST", "/api/login", map[string]any{"id_number": strings.ToLower(string(account.IDNumber)),
		"password": account.Password}).want(200))
	if me["role"] != "resident" || me["name"] != account.Name || me["id_masked"] != account.IDNumber.Masked() || me["aal"] != 1.0 {
		t.Errorf("logged in as %v", me)
	}
	if again := into[map[string]any](b.json("GET", "/api/me", nil).want(200)); again["name"] != account.Name {
		t.Errorf("/api/me says %v", again)
	}
	ws, _, err := b.stream("?after=0")
	if err != nil {
		t.Fatal(err)
	}

	before := time.Now()
	a := b.json("POST", "/api/score-requests", map[string]any{"rulebook": "honest-shanghai", "consent": true}, "Idempotency-Key",
		"story-1").want(202)
	asked := into[map[string]any](a)
	deadline, err := time.Parse(time.RFC3339, asked["deadline"].(string))
	if err != nil || deadline.Before(before) || deadline.After(time.Now().Add(24*time.Hour/testScale+time.Second)) {
		t.Errorf("the deadline is %v", asked["deadline"])
	}
	if !slices.Contains([]any{"queued", "collecting", "scoring", "ready"}, asked["state"]) {
		t.Errorf("the state is %v", asked["state"])
	}
	id := asked["id"].(string)
	hearUntil(t, ws, "the request moves on", func(e mingjing.Event) bool { return e.Kind == mingjing.EventRequest && e.ID == id })
	var r struct {
		State    string
		Progress struct{ Answered, Total int }
		Score    struct {
			Value       int
			Band        string
			Rulebook    mingjing.RulebookRef
			Explanation []mingjing.Contribution
		}
	}
	eventually(t, 45*time.Second, "the request ends ready", func() bool {
		r = into[struct {
			State    string
			Progress struct{ Answered, Total int }
			Score    struct {
				Value       int
				Band        string
				Rulebook    mingjing.RulebookRef
				Explanation []mingjing.Contribution
			}
		}](b.json("GET", "/api/score-requests/"+id, nil).want(200))
		return r.State == "ready"
	})
	if r.Progress.Total != 99 || r.Progress.Answered != 99 {
		t.Errorf("%d of %d agencies answered", r.Progress.Answered, r.Progress.Total)
	}
	sum := 0
	for _, k := range r.Score.Explanation {
		sum += k.Points
	}
	if sum != r.Score.Value || r.Score.Band == "" || r.Score.Rulebook.ID != "honest-shanghai" || len(r.Score.Rulebook.Hash) != 64 {
		t.Errorf("the score is %+v, its contributions add up to %d", r.Score, sum)
	}
	first := r.Score.Value

	records := list[map[string]any](b.json("GET", "/api/records", nil))
	if len(records) == 0 || records[0]["agency"] == "" || records[0]["effect"] == nil || records[0]["area"] == "" {
		t.Errorf("records: %v", records)
	}
	listings := list[map[string]any](b.json("GET", "/api/listings", nil))
	if len(listings) != 1 || listings[0]["kind"] != "blacklist" || listings[0]["effective"] != true {
		t.Fatalf("listings: %v", listings)
	}
	listing := listings[0]["id"].(string)
	for _, path := range []string{"/api/sources", "/api/consents", "/api/sessions"} {
		if len(list[map[string]any](b.json("GET", path, nil))) == 0 {
			t.Errorf("%s is empty", path)
		}
	}
	b.json("GET", "/api/score", nil).want(200)
	b.json("GET", "/api/score?rulebook=honest-shanghai", nil).want(200)
	if code := b.json("GET", "/api/score?rulebook=rongcheng", nil).problem(404); code != "not_found" {
		t.Error(code)
	}

	filed := into[map[string]any](b.json("POST", "/api/disputes", map[string]any{"listing_id": listing, "reason": "already_performed",
		"statement": typedStatement + "; the receipt is attached."}, "Idempotency-Key", "story-2").want(201))
	dispute := filed["id"].(string)
	if filed["state"] != "filed" || filed["listing"].(map[string]any)["state"] != "disputed" {
		t.Errorf("filed: %v", filed)
	}
	if v := into[mingjing.ScoreView](b.json("GET", "/api/score", nil).want(200)); v.Score.Value <= first || v.Score.Cause != "dispute_filed" {
		t.Errorf("the effect does not pause: %d, then %d (%s)", first, v.Score.Value, v.Score.Cause)
	}
	wrong := []file{{"合同.docx", []byte("PK\x03\x04\x14\x00word/document.xml")}, {"收据.pdf", pdf}, {"x.gif", []byte("GIF89a")}}
	refused := b.upload("/api/disputes/"+dispute+"/evidence", "application/json", nil, wrong)
	if got := into[struct{ Fields []mingjing.FieldError }](refused.want(422)).Fields; len(got) != 2 || got[0] != (mingjing.FieldError{
		Field: "evidence", Code: "evidence_document", File: "合同.docx"}) || got[1].Code != "evidence_type" || got[1].File != "x.gif" {
		t.Errorf("two of three files are wrong: %+v", got)
	}
	said := b.upload("/api/disputes/"+dispute+"/evidence", "text/html", map[string]string{"lang": mingjing.Languages[0]},
		wrong).want(422).html().Text()
	if !strings.Contains(said, "“合同.docx”：不能直接添加 Word") || !strings.Contains(said, "“x.gif”：只能添加 PDF") {
		t.Error("the form does not say what is wrong with each file")
	}
	held := into[mingjing.Case](b.upload("/api/disputes/"+dispute+"/evidence", "application/json", nil,
		[]file{{"收据 <1>.pdf", pdf}, {"../../etc/photo.jpeg", picture(t, "jpeg")}}).want(201))
	if len(held.Evidence) != 2 || held.Evidence[0].Type != "application/pdf" || held.Evidence[1].Type != "image/jpeg" {
		t.Fatalf("evidence: %+v", held.Evidence)
	}

	h := c.desk(t, "h-1001")
	queue := list[map[string]any](h.json("GET", "/api/admin/cases", nil))
	if !slices.ContainsFunc(queue, func(k map[string]any) bool { return k["id"] == dispute && k["resident"] == nil }) {
		t.Errorf("the queue, which shows no person, lacks the case: %v", queue)
	}
	found := list[map[string]any](h.json("POST", "/api/admin/cases/search", map[string]any{"search": account.Name}))
	if len(found) != 1 || found[0]["resident"] != account.Name {
		t.Errorf("the search found %v", found)
	}
	if code := h.json("GET", "/api/admin/cases/"+dispute, nil).problem(403); code != "case_reason_required" {
		t.Errorf("nobody has taken it: %s", code)
	}
	why := map[string]any{"reason": "The resident is on the telephone."}
	k := into[mingjing.CaseView](h.json("POST", "/api/admin/cases/"+dispute+"/open", why).want(200))
	if k.Resident != account.Name || k.IDMasked != account.IDNumber.Masked() || !strings.HasPrefix(k.Statement, typedStatement) {
		t.Errorf("the case is of %s", k.Resident)
	}
	decision := func(outcome string, answers ...map[string]any) map[string]any {
		return map[string]any{"outcome": outcome, "reasons": "The enforcement file shows the payment.", "evidence_answers": answers}
	}
	one := map[string]any{"evidence_id": held.Evidence[0].ID, "answer": "The receipt is genuine."}
	two := map[string]any{"evidence_id": held.Evidence[1].ID, "answer": "The photo shows the same."}
	if code := h.json("POST", "/api/admin/cases/"+dispute+"/decision", decision("upheld", one, two)).problem(409); code != "case_not_yours" {
		t.Errorf("deciding a case that nobody has taken: %s", code)
	}
	if k = into[mingjing.CaseView](h.json("POST", "/api/admin/cases/"+dispute+"/assign", nil).want(
		200)); k.State != mingjing.CaseAssigned || k.Handler == "" {
		t.Errorf("assigned: %s to %s", k.State, k.Handler)
	}
	if k = into[mingjing.CaseView](h.json("POST", "/api/admin/cases/"+dispute+"/ask-agency", nil).want(
		200)); k.State != mingjing.CaseAgencyAsked {
		t.Errorf("asked: %s", k.State)
	}
	if code := h.json("POST", "/api/admin/cases/"+dispute+"/decision", decision("rejected", one, two)).problem(
		409); code != "agency_waiting" && code != "agency_lost" {
		t.Errorf("rejecting where the agency has not answered yet, or says itself that it is wrong: %s", code)
	}
	eventually(t, 30*time.Second, "the agency answers", func() bool {
		k = into[mingjing.CaseView](h.json("GET", "/api/admin/cases/"+dispute, nil).want(200))
		return k.State == mingjing.CaseAgencyAnswered
	})
	if k.Answer == nil || k.Answer.Position != mingjing.PositionWithdrawn {
		t.Errorf("the agency answered %+v", k.Answer)
	}
	// Each answer belongs to its own piece, also where one is missing.
	for _, c := range []struct {
		answers []map[string]any
		missing string
	}{
		{[]map[string]any{{"evidence_id": held.Evidence[0].ID}, two}, held.Evidence[0].ID},
		{[]map[string]any{{"answer": nil, "evidence_id": held.Evidence[0].ID}, two}, held.Evidence[0].ID},
		{[]map[string]any{one}, held.Evidence[1].ID},
	} {
		a := h.json("POST", "/api/admin/cases/"+dispute+"/decision", decision("upheld", c.answers...))
		if a.problem(422) != "invalid_form" || len(a.fields()) != 1 || a.fields()["evidence_answer_"+c.missing] != "evidence_unanswered" {
			t.Errorf("%v: %v", c.answers, a.fields())
		}
	}
	k = into[mingjing.CaseView](h.json("POST", "/api/admin/cases/"+dispute+"/decision", decision("upheld", two, one)).want(200))
	if k.State != mingjing.CaseDecided || k.Decision == nil || k.Decision.Outcome != mingjing.OutcomeUpheld {
		t.Errorf("decided: %+v", k.Decision)
	}
	for _, e := range k.Evidence {
		if want := map[string]any{held.Evidence[0].ID: one["answer"], held.Evidence[1].ID: two["answer"]}[e.ID]; e.Answer != want {
			t.Errorf("%s was answered %q", e.Name, e.Answer)
		}
	}

	seen := map[mingjing.EventKind]bool{}
	hearUntil(t, ws, "the open screen hears of it all", func(e mingjing.Event) bool {
		seen[e.Kind] = seen[e.Kind] || e.Kind != mingjing.EventDispute && e.Kind != mingjing.EventRecord || e.ID == dispute || e.ID == listing
		return seen[mingjing.EventDispute] && seen[mingjing.EventRecord] && seen[mingjing.EventScore]
	})
	mine := into[mingjing.Case](b.json("GET", "/api/disputes/"+dispute, nil).want(200))
	var steps []string
	for _, e := range mine.Timeline {
		steps = append(steps, e.Code)
	}
	if want := "filed evidence_added assigned agency_asked agency_answered decided"; strings.Join(steps, " ") != want {
		t.Errorf("the timeline is %v", steps)
	}
	if all := list[mingjing.Case](b.json("GET", "/api/disputes", nil)); len(all) != 1 || all[0].ID != dispute {
		t.Errorf("disputes: %v", all)
	}
	if l := list[mingjing.Listing](b.json("GET", "/api/listings", nil)); l[0].State != mingjing.ListingLifted {
		t.Errorf("the listing is %s", l[0].State)
	}
	final := into[mingjing.ScoreView](b.json("GET", "/api/score", nil).want(200))
	if final.Score.Value <= first || len(final.History) < 2 {
		t.Errorf("the score is %d after %d, with %d in its history", final.Score.Value, first, len(final.History))
	}
	entries := list[mingjing.AccessEntry](b.json("GET", "/api/access-log?others=1", nil))
	var acts []string
	for _, l := range entries {
		if l.Who == k.Handler && l.Role == mingjing.RoleHandler {
			acts = append(acts, l.Action)
		}
	}
	if !slices.Contains(acts, "case") || !slices.Contains(acts, "search") {
		t.Errorf("the access log names the handler for %v only: %+v", acts, entries)
	}
	if page := b.page("access-log").want(200); !strings.Contains(page.html().Find("main").Text(), k.Handler) {
		t.Error("the page of the access log does not name the handler")
	}

	file := b.send("GET", "/api/evidence/"+held.Evidence[0].ID, nil).want(200)
	if !bytes.Equal(file.body, pdf) || file.header.Get("Content-Type") != "application/pdf" ||
		!strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment;") ||
		!strings.Contains(file.header.Get("Content-Disposition"), "%E6%94%B6%E6%8D%AE") {
		t.Errorf("the evidence is sent with %v", file.header)
	}
	if got := file.header.Get("Content-Security-Policy"); got != "default-src 'none'; sandbox" {
		t.Errorf("the evidence may do what %q allows", got)
	}
	photo := h.send("GET", "/api/evidence/"+held.Evidence[1].ID, nil).want(200)
	if d := photo.header.Get("Content-Disposition"); d != "attachment; filename=photo.jpg" {
		t.Errorf("the photo is called %s", d)
	}

	b.json("POST", "/api/consents/withdraw", map[string]any{"rulebook": "honest-shanghai", "confirm": true}).want(200)
	b.json("GET", "/api/score", nil).want(404)
	if r := into[mingjing.ScoreRequest](b.json("GET", "/api/score-requests/"+id, nil).want(200)); r.Score != nil {
		t.Error("the score is still there after the consent was withdrawn")
	}
}

func TestSendingTheSameTwiceIsOneRequestAndOneDispute(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 1")
	ask := map[string]any{"rulebook": "rongcheng", "consent": true}
	both := atOnce(func() answer { return b.json("POST", "/api/score-requests", ask, "Idempotency-Key", "twice") })
	if x, y := into[mingjing.ScoreRequest](both[0].want(202)), into[mingjing.ScoreRequest](both[1].want(202)); x.ID != y.ID {
		t.Errorf("two requests: %s and %s", x.ID, y.ID)
	}
	// Without the key the second one is told that one is open, or is a new one when it no longer is.
	if a := b.json("POST", "/api/score-requests", ask); a.status == 409 && a.problem(409) != "request_open" {
		t.Errorf("%s", a.body)
	}
	eventually(t, 45*time.Second, "records are there", func() bool {
		return len(list[mingjing.Record](b.json("GET", "/api/records", nil))) > 0
	})
	record := list[mingjing.Record](b.json("GET", "/api/records", nil))[0].ID
	files := []file{{"a.png", picture(t, "png")}}
	fields := map[string]string{"record_id": record, "reason": "wrong_facts", "statement": "It was not me who parked there.",
		"idempotency_key": "twice-too"}
	both = atOnce(func() answer { return b.upload("/api/disputes", "application/json", fields, files) })
	x, y := into[mingjing.Case](both[0].want(201)), into[mingjing.Case](both[1].want(201))
	if x.ID != y.ID || len(x.Evidence) != 1 || len(y.Evidence) != 1 {
		t.Errorf("two disputes: %s with %d, %s with %d files", x.ID, len(x.Evidence), y.ID, len(y.Evidence))
	}
	if code := b.json("POST", "/api/disputes", map[string]any{"record_id": record, "reason": "other", "statement": "Again."}).problem(
		409); code != "dispute_open" {
		t.Error(code)
	}
	// The text was corrected after the answer was lost: what stands is said, and nothing is filed in its place.
	fields["statement"] = "It was my brother who parked there."
	for range 2 {
		again := b.upload("/api/disputes", "application/json", fields, files).want(422)
		if p := into[mingjing.Problem](again); p.Code != "key_used" || p.Values["page"] != "dispute" || p.Values["id"] != x.ID {
			t.Errorf("other content with the same key is answered %+v", p)
		}
	}
	// The page shows what was filed, and has what is new, once, in the form that adds it.
	files = append(files, file{"b.pdf", pdf})
	add := "/api/disputes/" + x.ID + "/evidence"
	for range 2 {
		page := b.upload("/api/disputes", acceptHTML, fields, files).want(422)
		form := page.html().Find(`form[action="` + add + `"]`)
		if text := page.html().Find("main").Text(); !strings.Contains(text, "What you have changed since was not sent") ||
			!strings.Contains(text, x.Statement) || form.Find("textarea[name=statement]").Text() != fields["statement"] ||
			form.Find("[data-draft-file]").Length() != 1 ||
			form.Find("input[name=idempotency_key]").AttrOr("value", "twice-too") == "twice-too" {
			t.Errorf("the page says %q", text)
		}
	}
	b.fill(b.page("disputes/"+x.ID), add, nil).to()
	x = into[mingjing.Case](b.json("GET", "/api/disputes/"+x.ID, nil))
	if len(x.Evidence) != 2 || len(x.Further) != 1 || x.Further[0].Text != fields["statement"] {
		t.Errorf("added is %+v with %d files", x.Further, len(x.Evidence))
	}
	if n := len(list[mingjing.Case](b.json("GET", "/api/disputes", nil))); n != 1 {
		t.Errorf("there are %d disputes", n)
	}
	if code := b.json("POST", "/api/score-requests", ask,
		"Idempotency-Key", strings.Repeat("k", 129)).fields()["idempotency_key"]; code != "too_long" {
		t.Errorf("a key without end: %s", code)
	}
}

// atOnce does the same at the same time.
func atOnce(do func() answer) [2]answer {
	var both [2]answer
	var wg sync.WaitGroup
	for i := range both {
		wg.Go(func() { both[i] = do() })
	}
	wg.Wait()
	return both
}
