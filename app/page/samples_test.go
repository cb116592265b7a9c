package page

import (
	"cmp"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/web/rulebooks"
)

// A sample is a view that a test renders, named for its page and what is special
// about it.
type sample struct {
	name string
	view mingjing.View
}

var sampleNow = time.Date(2026, 11, 23, 14, 5, 0, 0, time.FixedZone("CST", 8*60*60))

var books = sync.OnceValues(func() (map[string]*mingjing.Rulebook, error) {
	all, err := rulebooks.All()
	byID := map[string]*mingjing.Rulebook{}
	for _, b := range all {
		byID[b.ID] = b
	}
	return byID, err
})

func book(t testing.TB, id string) *mingjing.Rulebook {
	t.Helper()
	byID, err := books()
	if err != nil || byID[id] == nil {
		t.Fatalf("read rulebook %s: %v", id, err)
	}
	return byID[id]
}

func calendar(t testing.TB) *mingjing.Calendar {
	t.Helper()
	all, err := rulebooks.Calendars()
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func labelsOf(lang string, books ...*mingjing.Rulebook) map[string]string {
	labels := map[string]string{}
	for _, b := range books {
		labels["rulebook."+b.ID] = b.Name.In(lang)
		for _, a := range b.Agencies {
			labels["agency."+a.Code] = a.Name.In(lang)
		}
		for _, i := range b.Catalogue {
			labels["item."+i.Code] = i.Name.In(lang)
		}
		for _, x := range b.Bands {
			labels["band."+b.ID+"."+x.Code] = x.Name.In(lang)
		}
		for _, d := range b.Documents {
			labels["doc."+d.Code] = d.Name.In(lang)
		}
	}
	return labels
}

// base is a view of a page with a resident before it.
func base(t testing.TB, lang, page string) mingjing.View {
	name := "陈明远"
	if lang == "en" {
		name = "Chen Mingyuan"
	}
	path := ""
	for _, r := range mingjing.Routes {
		if r.Name == page {
			path = strings.Replace(r.Path, "{id}", "req-1", 1)
		}
	}
	return mingjing.View{Page: page, Lang: lang, Path: path, Seq: 41, Now: sampleNow, Today: "2026-11-23", Zone: "Asia/Shanghai",
		Who:    &mingjing.Viewer{Role: mingjing.RoleResident, Name: name, IDMasked: "99**************1X"},
		Demo:   &mingjing.DemoNote{ClockScale: 720},
		Labels: labelsOf(lang, book(t, "rongcheng"), book(t, "honest-shanghai"))}
}

func anonymous(v mingjing.View) mingjing.View {
	v.Who = nil
	return v
}

func document(kind string) mingjing.Document {
	return mingjing.Document{Kind: kind, Issuer: "上海市黄浦区人民法院", Number: "（2025）沪0101民初1024号", Date: "2025-06-03", Hash: strings.Repeat("ab", 32)}
}

// recordOf is a record of an item that the rulebook counts on the sample day.
func recordOf(b *mingjing.Rulebook, id, code string, occurred mingjing.Date) mingjing.Record {
	item, _ := b.Item(code)
	r := mingjing.Record{ID: id, Code: code, Occurred: occurred, State: mingjing.RecordActive, CollectedAt: sampleNow.Add(-time.Hour)}
	for _, a := range b.Agencies {
		for _, h := range a.Holds {
			if h == code {
				r.Agency = cmp.Or(r.Agency, a.Code)
			}
		}
	}
	r.Document = document(item.Documents[0])
	return r
}

func sampleInput(b *mingjing.Rulebook) mingjing.Input {
	disputed := recordOf(b, "rec-4", "contract.guarantee_default", "2025-12-02")
	disputed.State = mingjing.RecordDisputed
	return mingjing.Input{AsOf: "2026-11-23", Missing: []string{b.Agencies[7].Code, b.Agencies[12].Code},
		Records: []mingjing.Record{
			recordOf(b, "rec-1", "volunteer.hours", "2026-03-05"),
			recordOf(b, "rec-2", "award.city", "2025-10-14"),
			recordOf(b, "rec-3", "traffic.ticket", "2026-05-19"),
			disputed,
			recordOf(b, "rec-5", "utility.late_fees", "2026-02-11"),
			recordOf(b, "rec-6", "metro.fare_evasion", "2019-02-11")}}
}

func bandOf(b *mingjing.Rulebook, code string) mingjing.Band {
	band, _ := b.Band(code)
	return band
}

func cardOf(b *mingjing.Rulebook, value int, band string, at time.Time) mingjing.ScoreCard {
	return mingjing.ScoreCard{Rulebook: b.Ref(), Value: value, Min: b.Min, Max: b.Max, Band: bandOf(b, band), At: at}
}

func sampleScore(b *mingjing.Rulebook, in mingjing.Input) *mingjing.ScoreView {
	s := mingjing.MakeScore(b, in)
	s.ID, s.Cause, s.At = "score-9", "dispute_filed", sampleNow.Add(-26*time.Hour)
	return &mingjing.ScoreView{Score: s, Min: b.Min, Max: b.Max, Band: bandOf(b, s.Band), Bands: b.Bands, Outlook: mingjing.Outlook(b, in)}
}

func sampleRequest(b *mingjing.Rulebook, state mingjing.RequestState) *mingjing.ScoreRequest {
	expected := sampleNow.Add(40 * time.Second)
	r := &mingjing.ScoreRequest{ID: "req-1", Rulebook: b.Ref(), State: state, CreatedAt: sampleNow.Add(-30 * time.Second), Deadline: sampleNow.Add(90 * time.Second)}
	r.Progress = mingjing.Progress{Total: len(b.Agencies), Expected: &expected}
	for i, a := range b.Agencies {
		s := mingjing.Source{Agency: a.Code, State: mingjing.SourceAnswered, Attempts: 1, AnsweredAt: &sampleNow, Items: i % 3}
		switch {
		case state == mingjing.RequestQueued:
			s = mingjing.Source{Agency: a.Code, State: mingjing.SourceWaiting}
		case state == mingjing.RequestReady && i%40 == 7:
			s = mingjing.Source{Agency: a.Code, State: mingjing.SourceMissing, Attempts: 9}
		case state == mingjing.RequestCollecting && i%9 == 4:
			s = mingjing.Source{Agency: a.Code, State: mingjing.SourceRetrying, Attempts: 3}
		case state == mingjing.RequestCollecting && i%4 == 1:
			s = mingjing.Source{Agency: a.Code, State: mingjing.SourceWaiting, Attempts: 1}
		}
		if s.State == mingjing.SourceAnswered {
			r.Progress.Answered++
		}
		r.Sources = append(r.Sources, s)
	}
	switch state {
	case mingjing.RequestQueued:
		r.Progress.Place = 4
		r.Progress.Expected = nil
	case mingjing.RequestReady:
		r.FinishedAt = &sampleNow
	}
	return r
}

func sampleDispute(b *mingjing.Rulebook) mingjing.Dispute {
	record := recordOf(b, "rec-4", "contract.guarantee_default", "2025-12-02")
	record.State = mingjing.RecordDisputed
	met := sampleNow.Add(-20 * time.Hour)
	return mingjing.Dispute{ID: "dis-1", Record: &record, Reason: mingjing.ReasonAlreadyPerformed, State: mingjing.DisputeAgencyAsked, FiledAt: sampleNow.Add(-26 * time.Hour),
		Statement: "担保的份额已于三月还清。", Handler: "周慧",
		Clocks: []mingjing.Clock{{Code: "mark", Due: sampleNow.Add(-10 * time.Hour), MetAt: &met}, {Code: "agency", Due: sampleNow.Add(19 * time.Hour)}, {Code: "decide", Due: sampleNow.Add(72 * time.Hour)}}}
}

func problem(status int, code string, fields ...mingjing.FieldError) *mingjing.Problem {
	return &mingjing.Problem{Status: status, Code: code, Fields: fields}
}

// sampleMakers make the samples of each author's screens.
var sampleMakers = []func(t testing.TB, lang string) []sample{samplesToScore}

// samples are all the views that tests render in a language.
func samples(t testing.TB, lang string) []sample {
	var all []sample
	for _, maker := range sampleMakers {
		all = append(all, maker(t, lang)...)
	}
	return all
}

// samplesToScore are the screens from the landing page to the score.
func samplesToScore(t testing.TB, lang string) []sample {
	sh, rc := book(t, "honest-shanghai"), book(t, "rongcheng")
	var all []sample
	add := func(name string, v mingjing.View, change func(v *mingjing.View)) {
		if change != nil {
			change(&v)
		}
		all = append(all, sample{name, v})
	}
	add("home", anonymous(base(t, lang, "home")), nil)
	add("home-logged-in", base(t, lang, "home"), nil)
	add("login", anonymous(base(t, lang, "login")), nil)
	add("login-wrong", anonymous(base(t, lang, "login")), func(v *mingjing.View) {
		v.Problem = problem(422, "invalid_form", mingjing.FieldError{Field: "id_number", Code: "id_number_check"}, mingjing.FieldError{Field: "password", Code: "required"})
	})
	add("login-failed", anonymous(base(t, lang, "login")), func(v *mingjing.View) { v.Problem = problem(401, "login_failed") })
	add("login-done", anonymous(base(t, lang, "login")), func(v *mingjing.View) { v.Done = "activated" })
	add("activate", anonymous(base(t, lang, "activate")), nil)
	add("activate-wrong", anonymous(base(t, lang, "activate")), func(v *mingjing.View) {
		v.Problem = problem(422, "invalid_form", mingjing.FieldError{Field: "code", Code: "code_invalid"}, mingjing.FieldError{Field: "new_password", Code: "password_short"})
	})
	add("staff-login", anonymous(base(t, lang, "staff-login")), func(v *mingjing.View) {
		v.Problem = problem(422, "invalid_form", mingjing.FieldError{Field: "totp", Code: "code_invalid"})
		v.Form = map[string]string{"login": `H"1<b>\ &amp;　true`}
	})
	add("offline", anonymous(base(t, lang, "offline")), nil)
	add("locked", anonymous(base(t, lang, "locked")), nil)
	add("overview-empty", base(t, lang, "overview"), func(v *mingjing.View) { v.Overview = &mingjing.OverviewView{} })
	answerBy := sampleNow.AddDate(0, 0, 5)
	add("overview", base(t, lang, "overview"), func(v *mingjing.View) {
		v.Overview = &mingjing.OverviewView{Records: 6, Blacklisted: 1, Restricted: 1, Open: sampleRequest(rc, mingjing.RequestCollecting),
			Latest:       []mingjing.ScoreCard{cardOf(sh, 108, "good", sampleNow.Add(-26*time.Hour)), cardOf(rc, 1043, "aa", sampleNow.Add(-90*24*time.Hour))},
			OpenDisputes: []mingjing.Dispute{sampleDispute(sh)},
			Awaiting: []mingjing.Listing{
				{ID: "list-7", Kind: mingjing.Blacklist, Code: "tax.major_violation_blacklist", Agency: "tax", State: mingjing.ListingDecided},
				{ID: "list-8", Kind: mingjing.Redlist, Code: "tax.a_grade_redlist", Agency: "tax", State: mingjing.ListingServed, AnswerBy: &answerBy}},
			RecentLooks: []mingjing.Look{
				{Seq: 9, At: sampleNow.Add(-2 * time.Hour), Role: mingjing.RoleHandler, Who: "周慧", Action: "case", Purpose: "dispute"},
				{Seq: 8, At: sampleNow.Add(-26 * time.Hour), Role: mingjing.RoleSystem, Action: "collect", Purpose: "score"}}}
	})
	add("overview-long-name", base(t, lang, "overview"), func(v *mingjing.View) {
		v.Who.Name = longName + `<script>"`
		v.Done = "logged_in"
		v.Overview = &mingjing.OverviewView{Records: 1, Latest: []mingjing.ScoreCard{cardOf(sh, 0, "bad", sampleNow)},
			RecentLooks: []mingjing.Look{{At: sampleNow, Role: mingjing.RoleHandler, Who: longName, Action: "look-of-the-future", Purpose: "dispute"}}}
	})
	add("ask", base(t, lang, "ask"), func(v *mingjing.View) {
		v.Ask = &mingjing.AskView{Rulebooks: []mingjing.Rulebook{*sh, *rc}, Key: "key-1"}
	})
	add("ask-wrong", base(t, lang, "ask"), func(v *mingjing.View) {
		v.Ask = &mingjing.AskView{Rulebooks: []mingjing.Rulebook{*sh, *rc}, Key: "key-1"}
		v.Problem = problem(422, "invalid_form", mingjing.FieldError{Field: "rulebook", Code: "unknown_rulebook"}, mingjing.FieldError{Field: "consent", Code: "consent_required"})
	})
	add("ask-open", base(t, lang, "ask"), func(v *mingjing.View) {
		v.Ask = &mingjing.AskView{Open: sampleRequest(sh, mingjing.RequestQueued)}
	})
	for _, state := range []mingjing.RequestState{mingjing.RequestQueued, mingjing.RequestCollecting, mingjing.RequestScoring, mingjing.RequestReady, mingjing.RequestWithdrawn} {
		add("request-"+string(state), base(t, lang, "request"), func(v *mingjing.View) {
			v.Request = sampleRequest(sh, state)
		})
	}
	add("score", base(t, lang, "score"), func(v *mingjing.View) {
		v.Path = "score?rulebook=rongcheng"
		v.Labels = labelsOf(lang, sh, rc)
		v.Score = sampleScore(rc, sampleInput(rc))
		v.Score.Others = []mingjing.ScoreCard{cardOf(sh, 108, "good", sampleNow.Add(-26*time.Hour))}
		for i, value := range []int{1000, 1005, 1005, 985, 1010} {
			v.Score.History = append(v.Score.History, cardOf(rc, value, "a", sampleNow.AddDate(0, -9+2*i, 0)))
		}
		last := v.Score.Score
		v.Score.History = append(v.Score.History, cardOf(rc, last.Value, last.Band, last.At))
	})
	add("score-capped", base(t, lang, "score"), func(v *mingjing.View) {
		in := sampleInput(rc)
		in.Missing = nil
		in.Records = append(in.Records, recordOf(rc, "rec-7", "traffic.drunk_driving", "2026-01-09"))
		v.Score = sampleScore(rc, in)
	})
	add("score-none", base(t, lang, "score"), nil)
	add("score-poor", base(t, lang, "score"), func(v *mingjing.View) {
		v.Score = sampleScore(sh, mingjing.Input{AsOf: "2026-11-23", Records: []mingjing.Record{
			recordOf(sh, "rec-1", "utility.theft", "2026-01-09"), recordOf(sh, "rec-2", "fraud.fraud_adjudged", "2026-01-09"), recordOf(sh, "rec-3", "environment.dumping", "2026-01-09")}})
	})
	add("rulebooks", anonymous(base(t, lang, "rulebooks")), func(v *mingjing.View) {
		v.Rulebooks = &mingjing.RulebooksView{Rulebooks: []mingjing.Rulebook{*sh, *rc}}
	})
	add("rulebooks-none", anonymous(base(t, lang, "rulebooks")), nil)
	add("rulebook", anonymous(base(t, lang, "rulebook")), func(v *mingjing.View) { v.Rulebook, v.Calendar = rc, calendar(t) })
	add("rulebook-shanghai", base(t, lang, "rulebook"), func(v *mingjing.View) { v.Rulebook = sh })
	add("agencies", anonymous(base(t, lang, "agencies")), func(v *mingjing.View) { v.Agencies = sampleAgencies() })
	for name, role := range map[string]mingjing.Role{"demo-clock": mingjing.RoleHandler, "demo-clock-auditor": mingjing.RoleAuditor} {
		add(name, base(t, lang, "demo-clock"), func(v *mingjing.View) {
			v.Who, v.Demo = &mingjing.Viewer{Role: role, Name: "周慧", IDMasked: "H-1024"}, &mingjing.DemoNote{ClockScale: 960}
			v.DemoClock = &mingjing.DemoClockView{Now: v.Now}
			for i, kind := range mingjing.DeadlineKinds {
				v.DemoClock.Deadlines = append(v.DemoClock.Deadlines, mingjing.DeadlineCount{Kind: kind, At: v.Now.Add(time.Duration(1+i) * time.Hour), N: 1 + i})
			}
		})
	}
	add("check-us", anonymous(base(t, lang, "check-us")), nil)
	add("agencies-none", anonymous(base(t, lang, "agencies")), nil)
	for status, code := range map[int]string{401: "not_logged_in", 403: "forbidden", 404: "not_found", 503: "identity_down"} {
		add("error-"+code, anonymous(base(t, lang, "error")), func(v *mingjing.View) { v.Problem = problem(status, code) })
	}
	add("error-limited", base(t, lang, "error"), func(v *mingjing.View) {
		v.Problem = problem(429, "too_many_attempts")
		v.Problem.Values = map[string]string{"seconds": "30"}
	})
	add("error-internal", base(t, lang, "error"), func(v *mingjing.View) {
		v.Problem = problem(500, "internal")
		v.Problem.ErrorID = "7f3a-91c2"
	})
	add("error-altered", base(t, lang, "error"), func(v *mingjing.View) {
		v.Problem = problem(500, mingjing.Altered)
		v.Problem.ErrorID = "7f3a-91c2"
	})
	add("error-unknown-code", base(t, lang, "error"), func(v *mingjing.View) { v.Problem = problem(500, "no_such_code") })
	add("no-such-page", base(t, lang, "no-such-page"), nil)
	add("staff", base(t, lang, "error"), func(v *mingjing.View) {
		v.Who = &mingjing.Viewer{Role: mingjing.RoleHandler, Name: "周慧", IDMasked: "H-1024"}
		v.Problem = problem(403, "forbidden")
	})
	return all
}
