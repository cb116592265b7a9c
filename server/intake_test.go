package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/intake"
)

// tool runs the agency command on the city's data, while its server runs.
func (c *city) tool(t testing.TB, args ...string) (string, int) {
	t.Helper()
	var out, wrong bytes.Buffer
	env := map[string]string{"DATA": c.dir, "DEMO": "1"}
	code := run(context.Background(), append([]string{"agency"}, args...), func(k string) string { return env[k] }, &out, &wrong)
	return out.String() + wrong.String(), code
}

// newKey makes a key with the tool.
func (c *city) newKey(t testing.TB, code string) (id, secret string) {
	t.Helper()
	out, exit := c.tool(t, "key", "add", code)
	if _, err := fmt.Sscanf(out, "key     %s\nagency  "+code+"\nsecret  %s\n", &id, &secret); err != nil || exit != 0 {
		t.Fatalf("%d: %v\n%s", exit, err, out)
	}
	t.Cleanup(func() { // an agency may have few
		if out, exit := c.tool(t, "key", "revoke", id); exit != 0 {
			t.Errorf("%d: %s", exit, out)
		}
	})
	return id, secret
}

// submit sends a batch as an agency's computer does.
func (b *browser) submit(id, secret, path, kind string, body []byte, at time.Time) answer {
	b.t.Helper()
	key, err := hex.DecodeString(secret)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send("POST", path, body, "Content-Type", kind, "Accept", "application/json", "Mingjing-Key", id,
		"Mingjing-Signature", agency.Sign(key, "POST", path, at, body))
}

const batchPath = "/api/intake/batches"

func fare(n mingjing.IDNumber, ref string) intake.BatchLine {
	on := mingjing.DateOf(time.Now().AddDate(0, 0, -10))
	return intake.BatchLine{Op: intake.OpRecord, Ref: ref, IDNumber: string(n), Code: "metro.fare_evasion", Occurred: string(on),
		Detail: mingjing.Text{"zh-CN": "未刷卡进站。", "en": "Entered without a ticket."},
		Document: mingjing.Document{Kind: "penalty_decision", Issuer: "上海申通地铁集团有限公司", Number: "罚 " + ref, Date: on.AddDays(1),
			Hash: strings.Repeat("ab", 32)}}
}

func batch(t testing.TB, id string, lines ...intake.BatchLine) []byte {
	t.Helper()
	data, err := json.Marshal(intake.Batch{ID: id, Lines: lines})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAKeyHasItsOwnLimitWhereverItIsUsedFrom(t *testing.T) {
	c := theOpenCity(t)
	id, secret := c.newKey(t, "metro")
	other, otherSecret := c.newKey(t, "metro")
	var last answer
	for i := 0; i < 400 && last.status != http.StatusTooManyRequests; i++ {
		machine := c.browser(t) // from another address each time
		machine.origin, machine.site = "", ""
		last = machine.submit(id, secret, batchPath, "application/json", []byte("no batch"), time.Now())
	}
	if code := last.problem(429); code != "too_many_attempts" || last.header.Get("Retry-After") == "" {
		t.Errorf("%s, wait %q", code, last.header.Get("Retry-After"))
	}
	machine := c.browser(t)
	machine.origin, machine.site = "", ""
	machine.submit(other, otherSecret, batchPath, "application/json", []byte("no batch"), time.Now()).problem(400)
}

// One connection of IPv6 has a whole /64 network to itself.
func TestOneAddressHasALimitForEachPublicUse(t *testing.T) {
	c := theOpenCity(t)
	from := func(network string, n int) *browser {
		b := c.browser(t)
		b.addr, b.origin, b.site = fmt.Sprintf("2001:db8:7:%s::%x", network, n+1), "", ""
		return b
	}
	uses := map[string]func(b *browser) answer{
		"the intake": func(b *browser) answer {
			return b.submit("no-such-key", "00", batchPath, "application/json", []byte("no batch"), time.Now())
		},
		"what is shared": func(b *browser) answer { return b.json("GET", "/api/s/no-such-code", nil) },
	}
	for name, use := range uses {
		var last answer
		tries := 0
		for ; tries < 400 && last.status != http.StatusTooManyRequests; tries++ {
			last = use(from("1", tries))
		}
		if code := last.problem(429); code != "too_many_attempts" || last.header.Get("Retry-After") == "" || tries < 120 {
			t.Errorf("%s: after %d tries %s, wait %q", name, tries, code, last.header.Get("Retry-After"))
		}
		if a := use(from("2", 1)); a.status == http.StatusTooManyRequests {
			t.Errorf("%s: another network pays for it", name)
		}
	}
}

func TestAnAgencySubmitsAndItsOfficerAnswersByHand(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 13")
	number := c.account(t, "ordinary 13").IDNumber
	id, secret := c.newKey(t, "metro")
	now := time.Now()
	machine := c.browser(t)
	machine.origin, machine.site = "", ""
	body := batch(t, "one", fare(number, "M-1"), fare("999999198001010000", "M-2"))
	out := into[intake.BatchAnswer](machine.submit(id, secret, batchPath, "application/json", body, now).want(200))
	if out.Accepted != 1 || out.Refused != 1 || out.Lines[0].ID == "" || out.Lines[1].Field != "id_number" {
		t.Fatalf("%+v", out)
	}
	again := into[intake.BatchAnswer](machine.submit(id, secret, batchPath, "application/json", body, now).want(200))
	if fmt.Sprint(again) != fmt.Sprint(out) {
		t.Errorf("again: %+v", again)
	}
	if code := machine.submit(id, secret, batchPath, "application/json", batch(t, "one", fare(number, "M-3")), now).problem(
		409); code != "batch_changed" {
		t.Error(code)
	}
	csv := "op,ref,occurred,reason\ncorrection,M-1," + string(mingjing.DateOf(now.AddDate(0, 0, -11))) + ",日期有误\nlift,M-9,,so\n"
	a := machine.submit(id, secret, batchPath+"?id=two", "text/csv", []byte(csv), now).want(200)
	if out := into[intake.BatchAnswer](a); out.Accepted != 1 || out.Lines[1].Code != "ref_unknown" {
		t.Errorf("%s", a.body)
	}
	records := slices.DeleteFunc(list[mingjing.Record](b.json("GET", "/api/records", nil)), func(r mingjing.Record) bool {
		return r.ID != out.Lines[0].ID
	})
	if len(records) != 1 || records[0].Agency != "metro" || records[0].State != mingjing.RecordCorrected || records[0].Changed != "日期有误" {
		t.Fatalf("%+v", records)
	}

	// The resident disputes it, and the agency that never answers by itself does.
	officer, handler := c.desk(t, "g-3001"), c.desk(t, "h-1002")
	ws, _, err := officer.stream("")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.Close() }()
	d := into[mingjing.Case](b.upload("/api/disputes", "application/json",
		map[string]string{"record_id": records[0].ID, "reason": "wrong_facts", "statement": "I had a ticket."}, []file{{"ticket.pdf", pdf}}).want(
		201))
	handler.json("POST", "/api/admin/cases/"+d.ID+"/assign", nil).want(200)
	officer.json("GET", "/api/agency/questions/"+d.ID, nil).want(404)
	handler.json("POST", "/api/admin/cases/"+d.ID+"/ask-agency", nil).want(200)
	if e, err := hear(t, ws); err != nil || e.ID != d.ID || e.Kind != mingjing.EventDispute {
		t.Errorf("the officer's screen hears %+v %v", e, err)
	}
	page := officer.page("/en/agency").want(200)
	if v := shown[mingjing.AgencyQuestionsView](page); v == nil || len(v.Questions) == 0 ||
		bytes.Contains(page.body, []byte("I had a ticket")) {
		t.Errorf("%+v", v)
	}
	q := into[mingjing.AgencyQuestion](officer.json("GET", "/api/agency/questions/"+d.ID, nil).want(200))
	if q.Statement != "I had a ticket." || len(q.Evidence) != 1 || q.Ref != "M-1" {
		t.Fatalf("%+v", q)
	}
	file1 := officer.send("GET", "/api/agency/evidence/"+q.Evidence[0].ID, nil).want(200)
	if !bytes.Equal(file1.body, pdf) || !strings.HasPrefix(file1.header.Get("Content-Disposition"), "attachment") ||
		file1.header.Get("Cache-Control") != "no-store" {
		t.Error(file1.header)
	}
	court := c.desk(t, "g-3002")
	court.json("GET", "/api/agency/questions/"+d.ID, nil).want(404)
	court.send("GET", "/api/agency/evidence/"+q.Evidence[0].ID, nil, "Accept", "application/json").want(404)
	// Wrongly filled in, the form comes back with what was typed.
	wrong := officer.upload("/api/agency/questions/"+d.ID+"/answer", acceptHTML,
		map[string]string{"lang": "en", "position": "maintained", "text_zh": "记录无误。"}, nil).want(422)
	if v := wrong.view(); v.Page != "agency-question" || v.Form["text_zh"] != "记录无误。" ||
		v.Problem.Fields[0].Code != "answer_document_required" {
		t.Errorf("%+v", v.Problem)
	}
	to := officer.upload("/api/agency/questions/"+d.ID+"/answer", acceptHTML,
		map[string]string{"lang": "en", "position": "maintained", "text_zh": "记录无误。"},
		[]file{{"decision.pdf", pdf}}).want(303).to()
	if to != "/en/agency?done=question_answered" {
		t.Errorf("the form goes to %s", to)
	}
	own := into[mingjing.Case](b.json("GET", "/api/disputes/"+d.ID, nil).want(200))
	if own.State != mingjing.CaseAgencyAnswered || own.Answer == nil || own.Answer.Document == nil || own.Answer.By != "顾南" ||
		len(own.AgencyOpened) != 1 || own.AgencyOpened[0].Who != "顾南" {
		t.Fatalf("%+v", own)
	}
	if got := b.send("GET", "/api/evidence/"+own.Answer.Document.ID, nil).want(200); !bytes.Equal(got.body, pdf) {
		t.Error("the resident gets another document")
	}
	handler.send("GET", "/api/evidence/"+own.Answer.Document.ID, nil).want(200)
	if seen := handler.page("/en/admin/cases/" + d.ID).want(200); !bytes.Contains(seen.body, []byte("decision.pdf")) ||
		seen.html().Find(".opened li").Length() != 1 {
		t.Error("the handler's page shows no document, or no receipt")
	}
	log := map[string]bool{}
	for _, l := range list[mingjing.AccessEntry](b.json("GET", "/api/access-log?others=1", nil)) {
		if l.Role == mingjing.RoleAgency {
			log[l.Action+" "+l.Who] = true
		}
	}
	for _, want := range []string{"submit metro", "correct metro", "question 上海申通地铁集团有限公司 顾南", "evidence 上海申通地铁集团有限公司 顾南",
		"answer 上海申通地铁集团有限公司 顾南"} {
		if !log[want] {
			t.Errorf("the access log has no %q: %v", want, log)
		}
	}
	found := list[mingjing.AgencyHolding](officer.json("GET", "/api/agency/records", nil))
	if len(found) == 0 || found[0].Ref != "M-1" || found[0].Resident != "" {
		t.Errorf("%+v", found)
	}
}

func TestABatchCountsOnlyWithItsAgencysOwnFreshSignature(t *testing.T) {
	c := theOpenCity(t)
	id, secret := c.newKey(t, "metro")
	other, otherSecret := c.newKey(t, "court")
	m := c.browser(t)
	m.origin, m.site = "", ""
	body, now := batch(t, "signed", fare("999999198001010000", "M-7")), time.Now()
	for name, bad := range map[string]struct {
		id, secret, path string
		at               time.Time
		code             string
	}{
		"another agency's secret": {id, otherSecret, batchPath, now, "signature_invalid"},
		"another key's name":      {other, secret, batchPath, now, "signature_invalid"},
		"a key that there is not": {"none", secret, batchPath, now, "key_unknown"},
		"no key":                  {"", secret, batchPath, now, "key_unknown"},
		"too old":                 {id, secret, batchPath, now.Add(-2 * time.Minute), "signature_invalid"},
		"from the future":         {id, secret, batchPath, now.Add(2 * time.Minute), "signature_invalid"},
	} {
		if code := m.submit(bad.id, bad.secret, bad.path, "application/json", body, bad.at).problem(401); code != bad.code {
			t.Errorf("%s: %s", name, code)
		}
	}
	key, _ := hex.DecodeString(secret)
	sign := func(path string, body []byte) string { return agency.Sign(key, "POST", path, time.Now(), body) }
	send := func(path, signature string, body []byte) answer {
		return m.send("POST", path, body, "Content-Type", "application/json", "Accept", "application/json", "Mingjing-Key", id,
			"Mingjing-Signature", signature)
	}
	for name, a := range map[string]answer{
		"another body":  send(batchPath, sign(batchPath, []byte("{}")), body),
		"another query": send(batchPath+"?id=x", sign(batchPath, body), body),
		"no signature":  send(batchPath, "", body),
	} {
		if code := a.problem(401); code != "signature_invalid" {
			t.Errorf("%s: %s", name, code)
		}
	}
	once := sign(batchPath, body)
	send(batchPath, once, body).want(200)
	if code := send(batchPath, once, body).problem(401); code != "signature_invalid" {
		t.Errorf("used twice: %s", code)
	}
	big := bytes.Repeat([]byte(" "), 16<<20+1)
	send(batchPath, sign(batchPath, big), big).want(413)
	send(batchPath, sign(batchPath, []byte("no")), []byte("no")).want(400)
	if out, exit := c.tool(t, "key", "list"); exit != 0 || !strings.Contains(out, id+"  metro  ") || strings.Contains(out, secret) {
		t.Errorf("%d: %s", exit, out)
	}
	if out, exit := c.tool(t, "key", "revoke", id); exit != 0 {
		t.Fatal(out)
	}
	if code := send(batchPath, sign(batchPath, body), body).problem(401); code != "key_unknown" {
		t.Errorf("revoked: %s", code)
	}
	for _, args := range [][]string{{"key", "add", "nobody"}, {"key", "revoke", "none"}, {"key"}, {}} {
		if out, exit := c.tool(t, args...); exit == 0 || out == "" {
			t.Errorf("%v: %d %s", args, exit, out)
		}
	}
}

// The files of the intake's test data, with the number of a resident, as an agency sends
// them.
func TestEachRowOfAFileIsAnsweredWithWhatToDo(t *testing.T) {
	c := theOpenCity(t)
	id, secret := c.newKey(t, "metro")
	m := c.browser(t)
	m.origin, m.site = "", ""
	number := string(c.account(t, "activation").IDNumber)
	sent := 0
	send := func(name, kind string) answer {
		t.Helper()
		body, err := os.ReadFile(filepath.Join("api", "testdata", "intake", name))
		if err != nil {
			t.Fatal(err)
		}
		sent++
		return m.submit(id, secret, fmt.Sprint(batchPath, "?id=file-", sent), kind, bytes.ReplaceAll(body, []byte("ID_NUMBER_HERE"),
			[]byte(number)), time.Now())
	}
	type lines struct {
		mingjing.BatchSummary
		Lines []struct {
			mingjing.LineAnswer
			Text mingjing.Text `json:"text"`
		} `json:"lines"`
	}
	short := func(a answer) string {
		t.Helper()
		var all []string
		for _, l := range into[lines](a.want(200)).Lines {
			if l.Status == mingjing.LineRefused && (l.Text["zh-CN"] == "" || l.Text["en"] == "" || strings.Contains(l.Text["en"], "{")) {
				t.Errorf("line %d has no sentence: %+v", l.Line, l)
			}
			all = append(all, strings.Join(strings.Fields(fmt.Sprint(l.FileLine, " ", l.Ref, " ", l.Status, " ", l.Field, " ", l.Code)), " "))
		}
		return strings.Join(all, "; ")
	}
	for _, f := range []struct{ name, kind, want string }{
		{"unclosed-quote.csv", "text/csv", "2 refused quote_open; 3 C-27 accepted; 4 C-28 accepted"},
		{"gbk.csv", "text/csv; charset=gbk", "2 C-6 accepted"},
		{"semicolon.csv", "text/csv; charset=utf-8", "2 C-3 accepted"},
		{"doc-date-slash.csv", "text/csv", "2 C-11 refused document.date date_form"},
		{"batch-bom.json", "application/json", "1 X refused ref ref_unknown"},
	} {
		if got := short(send(f.name, f.kind)); got != f.want {
			t.Errorf("%s: %s, want %s", f.name, got, f.want)
		}
	}
	gbk := send("gbk.csv", "text/csv")
	if code := gbk.problem(422); code != "encoding_is" || !bytes.Contains(gbk.body, []byte("GB 18030")) {
		t.Errorf("%s", gbk.body)
	}
	if got := gbk.header.Get("Mingjing-Batch-Limit"); !strings.Contains(got, "lines=10000") || !strings.Contains(got, "bytes=") {
		t.Errorf("the limits are %q", got)
	}
	policy, left := gbk.header.Get("Ratelimit-Policy"), gbk.header.Get("Ratelimit")
	if policy != `"key";q=60;w=60` ||
		!strings.HasPrefix(left, `"key";r=5`) {
		t.Errorf("the limits are %q and %q", policy, left)
	}
	asCSV := m.send("GET", batchPath+"?id=file-1&status=refused", nil, "Accept", "text/csv", "Mingjing-Key", id, "Mingjing-Signature",
		signed(t, secret, "GET", batchPath+"?id=file-1&status=refused", nil)).want(200)
	if text := string(asCSV.body); strings.Count(text, "\n") != 2 || !strings.Contains(text, "1,2,,refused,quote_open,,,,") {
		t.Errorf("%s", text)
	}
}

func signed(t testing.TB, secret, method, path string, body []byte) string {
	t.Helper()
	key, err := hex.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return agency.Sign(key, method, path, time.Now(), body)
}

func TestALongBatchIsAskedForUntilItIsDone(t *testing.T) {
	c := theOpenCity(t)
	id, secret := c.newKey(t, "metro")
	m := c.browser(t)
	m.origin, m.site = "", ""
	number := c.account(t, "ordinary 13").IDNumber
	named := fare(number, "L-2")
	named.Subject = "另一个人"
	body := batch(t, "2026-11-28/长 1", fare(number, "L-1"), named, intake.BatchLine{Op: intake.OpLift, Ref: "L-9", Reason: "x"})
	dry := into[intake.BatchAnswer](m.submit(id, secret, batchPath+"?dry_run=1", "application/json", body, time.Now()).want(200))
	if !dry.DryRun || dry.Accepted != 1 || dry.Refused != 2 || dry.Lines[1].Code != "name_mismatch" || dry.Lines[1].Field != "subject" {
		t.Fatalf("%+v", dry)
	}
	ask := func(query string) answer {
		path := batchPath + "?id=2026-11-28%2F%E9%95%BF+1" + query
		return m.send("GET", path, nil, "Accept", "application/json", "Mingjing-Key", id,
			"Mingjing-Signature", signed(t, secret, "GET", path, nil))
	}
	ask("").want(404) // the dry run has stored nothing
	waits := m.send("POST", batchPath, body, "Content-Type", "application/json", "Accept", "application/json", "Prefer", "respond-async",
		"Mingjing-Key", id, "Mingjing-Signature", signed(t, secret, "POST", batchPath, body)).want(202)
	if waits.header.Get("Location") != batchPath+"?id=2026-11-28%2F%E9%95%BF+1" || waits.header.Get("Retry-After") == "" {
		t.Errorf("%v", waits.header)
	}
	var state intake.BatchAnswer
	eventually(t, 30*time.Second, "the batch is done", func() bool {
		state = into[intake.BatchAnswer](ask("").want(200))
		return state.State == mingjing.BatchDone
	})
	if state.Accepted != 1 || state.Refused != 2 || len(state.Lines) != 3 || state.Total != 3 {
		t.Errorf("%+v", state)
	}
	officer := c.desk(t, "g-3001")
	list := officer.page("/zh-CN/agency/batches").want(200)
	if v := shown[mingjing.AgencyBatchesView](list); v == nil || len(v.Batches) == 0 || v.Batches[0].ID != "2026-11-28/长 1" {
		t.Fatalf("%+v", v)
	}
	officer.json("GET", "/api/agency/batches/"+state.Key, nil).want(200)
	page := officer.page("/zh-CN/agency/batches/" + state.Key).want(200)
	if text := page.html().Find("main").Text(); !strings.Contains(text, "L-2") || strings.Contains(text, "L-1") ||
		!strings.Contains(text, "姓名与持有该证件号码的人不一致") {
		t.Error(text)
	}
	if text := officer.page("/en/agency/records").want(200).html().Find("#unmatched, main").Text(); !strings.Contains(text, "L-2") {
		t.Error(text)
	}
	c.desk(t, "g-3002").json("GET", "/api/agency/batches/"+state.Key, nil).want(404)
	// Nobody else's key finds it.
	other, otherSecret := c.newKey(t, "court")
	path := batchPath + "?id=2026-11-28%2F%E9%95%BF+1"
	m.send("GET", path, nil, "Accept", "application/json", "Mingjing-Key", other, "Mingjing-Signature",
		signed(t, otherSecret, "GET", path, nil)).want(404)
	m.send("GET", path, nil, "Accept", "application/json", "Mingjing-Key", id, "Mingjing-Signature",
		signed(t, secret, "GET", batchPath, nil)).want(401)
}

// TestEveryAnswerOfTheIntakeSaysTheLimits: also one that refuses, whoever asked.
func TestEveryAnswerOfTheIntakeSaysTheLimits(t *testing.T) {
	c := theOpenCity(t)
	id, secret := c.newKey(t, "metro")
	m := c.browser(t)
	m.origin, m.site = "", ""
	now, lines := time.Now(), batch(t, "limits", fare("999999198001010000", "L-1"))
	state := func(path string) answer {
		return m.send("GET", path, nil, "Accept", "application/json", "Mingjing-Key", id,
			"Mingjing-Signature", signed(t, secret, "GET", path, nil))
	}
	for name, of := range map[string]struct {
		a      answer
		status int
		known  bool // whose key it is
	}{
		"a batch":             {m.submit(id, secret, batchPath+"?dry_run=1", jsonType, lines, now), 200, true},
		"no batch":            {m.submit(id, secret, batchPath, jsonType, []byte("no batch"), now), 400, true},
		"an empty one":        {m.submit(id, secret, batchPath, jsonType, []byte(`{"id": "x", "lines": []}`), now), 422, true},
		"an unknown batch":    {state(batchPath + "?id=none"), 404, true},
		"an unknown key":      {m.submit("none", secret, batchPath, jsonType, []byte("{}"), now), 401, false},
		"an old signature":    {m.submit(id, secret, batchPath, jsonType, []byte("{}"), now.Add(-time.Hour)), 401, false},
		"one that is too big": {m.submit(id, secret, batchPath, jsonType, bytes.Repeat([]byte(" "), 16<<20+1), now), 413, false},
	} {
		h := of.a.want(of.status).header
		if limit := h.Get("Mingjing-Batch-Limit"); limit != "lines=10000, lines-at-once=1000, bytes=16777216" {
			t.Errorf("%s: the limits of a batch are %q", name, limit)
		}
		if policy := h.Get("Ratelimit-Policy"); policy != `"key";q=60;w=60` {
			t.Errorf("%s: the policy is %q", name, policy)
		}
		if left := h.Get("Ratelimit"); (left != "") != of.known {
			t.Errorf("%s: what is left is %q", name, left)
		}
	}
}

const jsonType = "application/json"
