// Package pagetest has a view of every page and state to test the pages with, and
// functions that their tests share. A missing sentence fails the test that shows it.
package pagetest

import (
	"cmp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/web/rulebooks"
)

func sampleAgencies() *mingjing.AgenciesView {
	n := func(n int) *int { return &n }
	return &mingjing.AgenciesView{Agencies: []mingjing.AgencyFigures{
		{Agency: "metro", Disputes: n(1204), Asked: n(1100), InTime: n(7), Late: n(2), Silent: n(1091), Upheld: n(1091), Partly: n(3),
			Rejected:   n(4),
			AnswerDays: n(4), DecideDays: n(1), LateNow: n(19), Good: n(7), Poor: n(5), Inquiries: n(42), Unexplained: n(3), Unfounded: n(2)},
		{Agency: "court", Disputes: n(4), Upheld: n(1), Partly: n(1), Rejected: n(1), LateNow: n(0), Inquiries: n(0)},
		{Agency: "tax"},
		{Agency: "traffic", Disputes: n(0), Asked: n(0), LateNow: n(0), Inquiries: n(0)},
		{Agency: "notary", Disputes: n(0), Asked: n(0), LateNow: n(0), Inquiries: n(0)},
	}}
}

// A Sample is a view that a test renders, named for its page and what is special
// about it.
type Sample struct {
	Name string
	View mingjing.View
}

// SampleNow is the time of every sample.
var SampleNow = time.Date(2026, 11, 23, 14, 5, 0, 0, time.FixedZone("CST", 8*60*60))

var books = sync.OnceValues(func() (map[string]*mingjing.Rulebook, error) {
	all, err := rulebooks.All()
	byID := map[string]*mingjing.Rulebook{}
	for _, b := range all {
		byID[b.ID] = b
	}
	return byID, err
})

// Book returns a published rulebook.
func Book(t testing.TB, id string) *mingjing.Rulebook {
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
		for _, k := range b.Criteria {
			labels["item."+k.Code] = k.Name.In(lang)
		}
		for _, f := range b.Factors {
			labels["factor."+f.Code] = f.Name.In(lang)
		}
		for _, d := range b.Documents {
			labels["doc."+d.Code] = d.Name.In(lang)
		}
	}
	return labels
}

// Base returns a view of a page for a resident.
func Base(t testing.TB, lang, page string) mingjing.View {
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
	return mingjing.View{Page: page, Lang: lang, Path: path, Seq: 41, Now: SampleNow, Today: "2026-11-23", Zone: "Asia/Shanghai",
		Who:    &mingjing.Viewer{Role: mingjing.RoleResident, Name: name, IDMasked: "99**************1X"},
		Demo:   &mingjing.DemoNote{ClockScale: 720},
		Labels: labelsOf(lang, Book(t, "rongcheng"), Book(t, "honest-shanghai"))}
}

// Anonymous returns the view for somebody who is not logged in.
func Anonymous(v mingjing.View) mingjing.View {
	v.Who = nil
	return v
}

func document(kind string) mingjing.Document {
	return mingjing.Document{Kind: kind, Issuer: "上海市黄浦区人民法院", Number: "（2025）沪0101民初1024号", Date: "2025-06-03",
		Hash: strings.Repeat("ab", 32)}
}

// recordOf returns a record of an item that the rulebook counts on the sample day.
// draftVersion is a proposed version of the rulebook of Rongcheng.
var draftVersion = mingjing.RulebookVersion{ID: "rongcheng", Version: "2028.1-draft", Hash: strings.Repeat("2c", 32), From: "2028-01-01"}

func recordOf(b *mingjing.Rulebook, id, code string, occurred mingjing.Date) mingjing.Record {
	item, _ := b.Item(code)
	r := mingjing.Record{ID: id, Code: code, Occurred: occurred, State: mingjing.RecordActive, CollectedAt: SampleNow.Add(-time.Hour)}
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

// SampleInput returns what a score is made from: six records, one of them disputed, and
// two agencies that did not answer.
func SampleInput(b *mingjing.Rulebook) mingjing.Input {
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

// SampleScore returns the page of the score made from in.
func SampleScore(b *mingjing.Rulebook, in mingjing.Input) *mingjing.ScoreView {
	s := mingjing.MakeScore(b, in)
	s.ID, s.Cause, s.At = "score-9", "dispute_filed", SampleNow.Add(-26*time.Hour)
	v := &mingjing.ScoreView{Score: s, Min: b.Min, Max: b.Max, Band: bandOf(b, s.Band), Bands: b.Bands, Outlook: mingjing.Outlook(b, in),
		Counterfactuals: mingjing.MakeCounterfactuals(b, in), Codes: b.Counting()}
	for i, r := range in.Records { // of the last one a case is open
		item := mingjing.ScoreItem{RecordID: r.ID, Agency: r.Agency, Document: r.Document, Open: i < len(in.Records)-1}
		if !item.Open {
			item.DisputeID = "d-9"
		}
		v.Items = append(v.Items, item)
	}
	return v
}

func sampleRequest(b *mingjing.Rulebook, state mingjing.RequestState) *mingjing.ScoreRequest {
	expected := SampleNow.Add(40 * time.Second)
	r := &mingjing.ScoreRequest{ID: "req-1", Rulebook: b.Ref(), State: state, CreatedAt: SampleNow.Add(-30 * time.Second),
		Deadline: SampleNow.Add(90 * time.Second)}
	r.Progress = mingjing.Progress{Total: len(b.Agencies), Expected: &expected}
	for i, a := range b.Agencies {
		s := mingjing.Source{Agency: a.Code, State: mingjing.SourceAnswered, Attempts: 1, AnsweredAt: &SampleNow, Items: i % 3}
		switch {
		case state == mingjing.RequestQueued:
			s = mingjing.Source{Agency: a.Code, State: mingjing.SourceWaiting}
		case state == mingjing.RequestReady && i%40 == 7:
			s = mingjing.Source{Agency: a.Code, State: mingjing.SourceMissing, Attempts: 9}
		case state == mingjing.RequestTooLittle && i%8 != 3:
			s = mingjing.Source{Agency: a.Code, State: mingjing.SourceMissing, Attempts: 30}
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
		r.FinishedAt = &SampleNow
	case mingjing.RequestTooLittle:
		r.FinishedAt, r.Again = &SampleNow, "req-2"
	}
	return r
}

func sampleDispute(b *mingjing.Rulebook) mingjing.Case {
	record := recordOf(b, "rec-4", "contract.guarantee_default", "2025-12-02")
	record.State = mingjing.RecordDisputed
	met := SampleNow.Add(-20 * time.Hour)
	return mingjing.Case{ID: "dis-1", Record: &record, Reason: mingjing.ReasonAlreadyPerformed, State: mingjing.CaseAgencyAsked,
		FiledAt:   SampleNow.Add(-26 * time.Hour),
		Statement: "担保的份额已于三月还清。", Handler: "周慧",
		Clocks: []mingjing.Clock{{Code: "mark", Due: SampleNow.Add(-10 * time.Hour), MetAt: &met},
			{Code: "agency", Due: SampleNow.Add(19 * time.Hour)}, {Code: "decide", Due: SampleNow.Add(72 * time.Hour)}}}
}

// Problem returns a problem with errors in fields.
func Problem(status int, code string, fields ...mingjing.FieldError) *mingjing.Problem {
	return &mingjing.Problem{Status: status, Code: code, Fields: fields}
}

// sampleMakers make the samples of each author's screens.
var sampleMakers = []func(t testing.TB, lang string) []Sample{samplesToScore}

// Samples returns all the views that tests render in a language.
func Samples(t testing.TB, lang string) []Sample {
	var all []Sample
	for _, maker := range sampleMakers {
		all = append(all, maker(t, lang)...)
	}
	return all
}

// samplesToScore returns the screens from the landing page to the score.
func samplesToScore(t testing.TB, lang string) []Sample {
	sh, rc := Book(t, "honest-shanghai"), Book(t, "rongcheng")
	var all []Sample
	add := func(name string, v mingjing.View, change func(v *mingjing.View)) {
		if change != nil {
			change(&v)
		}
		all = append(all, Sample{name, v})
	}
	add("home", Anonymous(Base(t, lang, "home")), nil)
	add("home-logged-in", Base(t, lang, "home"), nil)
	add("login", Anonymous(Base(t, lang, "login")), nil)
	add("login-wrong", Anonymous(Base(t, lang, "login")), func(v *mingjing.View) {
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "id_number", Code: "id_number_check"},
			mingjing.FieldError{Field: "password", Code: "required"})
	})
	add("login-failed", Anonymous(Base(t, lang, "login")), func(v *mingjing.View) { v.Problem = Problem(401, "login_failed") })
	add("login-done", Anonymous(Base(t, lang, "login")), func(v *mingjing.View) { v.Done = "activated" })
	add("login-wait", Anonymous(Base(t, lang, "login-wait")), nil)
	for _, seconds := range []int{1, 40, 600} {
		add("login-wait-"+strconv.Itoa(seconds), Anonymous(Base(t, lang, "login-wait")), func(v *mingjing.View) {
			v.Data = &mingjing.LoginPlace{Place: 812, Seconds: seconds, Again: 10}
		})
	}
	add("login-wait-down", Anonymous(Base(t, lang, "login-wait")), func(v *mingjing.View) {
		v.Data, v.Problem = &mingjing.LoginPlace{}, Problem(503, "identity_down")
	})
	add("activate", Anonymous(Base(t, lang, "activate")), nil)
	add("activate-wrong", Anonymous(Base(t, lang, "activate")), func(v *mingjing.View) {
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "code", Code: "code_invalid"},
			mingjing.FieldError{Field: "new_password", Code: "password_short"})
	})
	add("staff-login", Anonymous(Base(t, lang, "staff-login")), func(v *mingjing.View) {
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "totp", Code: "code_invalid"})
		v.Form = map[string]string{"login": `H"1<b>\ &amp;　true`}
	})
	add("offline", Anonymous(Base(t, lang, "offline")), nil)
	add("locked", Anonymous(Base(t, lang, "locked")), nil)
	add("overview-empty", Base(t, lang, "overview"), func(v *mingjing.View) { v.Data = &mingjing.OverviewView{} })
	answerBy := SampleNow.AddDate(0, 0, 5)
	add("overview", Base(t, lang, "overview"), func(v *mingjing.View) {
		v.Data = &mingjing.OverviewView{Records: 6, Blacklisted: 1, Restricted: 1, Open: sampleRequest(rc, mingjing.RequestCollecting),
			Latest: []mingjing.ScoreCard{cardOf(sh, 108, "good", SampleNow.Add(-26*time.Hour)),
				cardOf(rc, 1043, "aa", SampleNow.Add(-90*24*time.Hour))},
			OpenDisputes: []mingjing.Case{sampleDispute(sh)},
			Awaiting: []mingjing.Listing{
				{ID: "list-7", Kind: mingjing.Blacklist, Code: "tax.major_violation_blacklist", Agency: "tax", State: mingjing.ListingDecided},
				{ID: "list-8", Kind: mingjing.Redlist, Code: "tax.a_grade_redlist", Agency: "tax", State: mingjing.ListingServed, AnswerBy: &answerBy}},
			RecentEntries: []mingjing.AccessEntry{
				{Seq: 9, At: SampleNow.Add(-2 * time.Hour), Role: mingjing.RoleHandler, Who: "周慧", Action: "case", Purpose: "dispute"},
				{Seq: 8, At: SampleNow.Add(-26 * time.Hour), Role: mingjing.RoleSystem, Action: "collect", Purpose: "score"}}}
	})
	add("overview-long-name", Base(t, lang, "overview"), func(v *mingjing.View) {
		v.Who.Name = longName + `<script>"`
		v.Done = "logged_in"
		v.Data = &mingjing.OverviewView{Records: 1, Latest: []mingjing.ScoreCard{cardOf(sh, 0, "bad", SampleNow)},
			RecentEntries: []mingjing.AccessEntry{{At: SampleNow, Role: mingjing.RoleHandler, Who: longName, Action: "look-of-the-future",
				Purpose: "dispute"}}}
	})
	add("ask", Base(t, lang, "ask"), func(v *mingjing.View) {
		v.Data = &mingjing.AskView{Rulebooks: []mingjing.RulebookSummary{sh.Summary(lang), rc.Summary(lang)}}
	})
	add("ask-wrong", Base(t, lang, "ask"), func(v *mingjing.View) {
		v.Data = &mingjing.AskView{Rulebooks: []mingjing.RulebookSummary{sh.Summary(lang), rc.Summary(lang)}}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "rulebook", Code: "unknown_rulebook"},
			mingjing.FieldError{Field: "consent", Code: "consent_required"})
	})
	add("ask-open", Base(t, lang, "ask"), func(v *mingjing.View) {
		v.Data = &mingjing.AskView{Open: sampleRequest(sh, mingjing.RequestQueued)}
	})
	for _, state := range []mingjing.RequestState{mingjing.RequestQueued, mingjing.RequestCollecting, mingjing.RequestScoring,
		mingjing.RequestReady, mingjing.RequestWithdrawn, mingjing.RequestTooLittle} {
		add("request-"+string(state), Base(t, lang, "request"), func(v *mingjing.View) {
			v.Data = sampleRequest(sh, state)
		})
	}
	add("request-old", Base(t, lang, "request"), func(v *mingjing.View) {
		r := sampleRequest(sh, mingjing.RequestReady)
		r.Sources = nil
		v.Data = r
	})
	add("score", Base(t, lang, "score"), func(v *mingjing.View) {
		v.Path = "score?rulebook=rongcheng"
		v.Labels = labelsOf(lang, sh, rc)
		v.Data = SampleScore(rc, SampleInput(rc))
		mingjing.DataOf[mingjing.ScoreView](v).Drafts = []mingjing.RulebookVersion{draftVersion}
		mingjing.DataOf[mingjing.ScoreView](v).Others = []mingjing.ScoreCard{cardOf(sh, 108, "good", SampleNow.Add(-26*time.Hour))}
		for i, value := range []int{1000, 1005, 1005, 985, 1010} {
			mingjing.DataOf[mingjing.ScoreView](v).History = append(mingjing.DataOf[mingjing.ScoreView](v).History,
				cardOf(rc, value, "a", SampleNow.AddDate(0, -9+2*i, 0)))
		}
		last := mingjing.DataOf[mingjing.ScoreView](v).Score
		mingjing.DataOf[mingjing.ScoreView](v).History = append(mingjing.DataOf[mingjing.ScoreView](v).History,
			cardOf(rc, last.Value, last.Band, last.At))
	})
	add("score-capped", Base(t, lang, "score"), func(v *mingjing.View) {
		in := SampleInput(rc)
		in.Missing = nil
		in.Records = append(in.Records, recordOf(rc, "rec-7", "traffic.drunk_driving", "2026-01-09"))
		v.Data = SampleScore(rc, in)
	})
	add("score-tables", Base(t, lang, "score"), func(v *mingjing.View) {
		b := Tabled(t)
		v.Labels, v.Data = labelsOf(lang, b), SampleScore(b, SampleInput(b))
	})
	add("score-none", Base(t, lang, "score"), nil)
	add("score-poor", Base(t, lang, "score"), func(v *mingjing.View) {
		v.Data = SampleScore(sh, mingjing.Input{AsOf: "2026-11-23", Records: []mingjing.Record{
			recordOf(sh, "rec-1", "utility.theft", "2026-01-09"), recordOf(sh, "rec-2", "fraud.fraud_adjudged", "2026-01-09"),
			recordOf(sh, "rec-3", "environment.dumping", "2026-01-09")}})
	})
	add("rulebooks", Anonymous(Base(t, lang, "rulebooks")), func(v *mingjing.View) {
		v.Data = &mingjing.RulebooksView{Rulebooks: []mingjing.Rulebook{*sh, *rc}, Drafts: []mingjing.RulebookVersion{draftVersion}}
	})
	add("rulebook-draft", Anonymous(Base(t, lang, "rulebook")), func(v *mingjing.View) {
		draft := *rc
		draft.Version, draft.From, draft.Draft = draftVersion.Version, draftVersion.From, true
		draft.Why = mingjing.Text{"zh-CN": "让答复更快。", "en": "So that answers come sooner."}
		v.Data = &mingjing.RulebookPage{Rulebook: &draft, Hash: draftVersion.Hash, Calendar: calendar(t),
			Drafts: []mingjing.RulebookVersion{draftVersion}, Changes: []mingjing.LawChange{
				{Kind: mingjing.LawAdded, Group: "catalogue", Code: "a.b", Name: rc.Name},
				{Kind: mingjing.LawRemoved, Group: "bands", Code: "aa", Name: rc.Name},
				{Kind: mingjing.LawChanged, Group: "procedure", Property: "agency_days", Before: mingjing.Text{"zh-CN": "5", "en": "5"},
					After: mingjing.Text{"zh-CN": "3", "en": "3"}}}}
	})
	add("try", Anonymous(Base(t, lang, "try")), func(v *mingjing.View) {
		v.Data = &mingjing.TryView{Version: rc.VersionOf(), Base: rc.Base, Codes: rc.Counting()}
	})
	add("compare", Base(t, lang, "compare"), func(v *mingjing.View) {
		v.Data = &mingjing.CompareView{Books: []mingjing.RulebookVersion{rc.VersionOf(), Book(t, "honest-shanghai").VersionOf()},
			Codes: rc.Counting()}
	})
	add("compare-none", Base(t, lang, "compare"), nil)
	add("try-none", Anonymous(Base(t, lang, "try")), nil)
	add("rulebooks-none", Anonymous(Base(t, lang, "rulebooks")), nil)
	add("rulebook", Anonymous(Base(t, lang, "rulebook")), func(v *mingjing.View) {
		v.Data = &mingjing.RulebookPage{Rulebook: rc, Calendar: calendar(t), InForce: true, Versions: []mingjing.RulebookVersion{
			{Version: rc.Version, Hash: rc.Ref().Hash, From: rc.From, InForce: true},
			{Version: "2028.1", Hash: strings.Repeat("1b", 32), From: "2028-01-01"},
			{Version: "2025.1", Hash: strings.Repeat("0a", 32), From: "2025-01-01"}}}
	})
	add("rulebook-shanghai", Base(t, lang, "rulebook"), func(v *mingjing.View) { v.Data = &mingjing.RulebookPage{Rulebook: sh} })
	add("rulebook-tables", Base(t, lang, "rulebook"), func(v *mingjing.View) { v.Data = &mingjing.RulebookPage{Rulebook: Tabled(t)} })
	add("agency", Anonymous(Base(t, lang, "agency")), func(v *mingjing.View) {
		f, book := sampleAgencies().Agencies[0], Book(t, "conduct")
		k := mingjing.MakeConduct(book, f, "2026-11-23")
		band, _ := book.Band(k.Band)
		v.Data = &mingjing.AgencyView{Figures: f, Conduct: k, Band: &band, Base: book.Base}
	})
	add("agency-few", Anonymous(Base(t, lang, "agency")), func(v *mingjing.View) {
		v.Data = &mingjing.AgencyView{Figures: mingjing.AgencyFigures{Agency: mingjing.BureauCode}}
	})
	add("agency-none", Anonymous(Base(t, lang, "agency")), nil)
	add("agencies", Anonymous(Base(t, lang, "agencies")), func(v *mingjing.View) { v.Data = sampleAgencies() })
	for name, role := range map[string]mingjing.Role{"demo-clock": mingjing.RoleHandler, "demo-clock-auditor": mingjing.RoleAuditor} {
		add(name, Base(t, lang, "demo-clock"), func(v *mingjing.View) {
			v.Who, v.Demo = &mingjing.Viewer{Role: role, Name: "周慧", IDMasked: "H-1024"}, &mingjing.DemoNote{ClockScale: 960}
			v.Data = &mingjing.DemoClockView{Now: v.Now}
			for i, kind := range mingjing.DeadlineKinds {
				mingjing.DataOf[mingjing.DemoClockView](v).Deadlines = append(mingjing.DataOf[mingjing.DemoClockView](v).Deadlines,
					mingjing.DeadlineCount{Kind: kind, At: v.Now.Add(time.Duration(1+i) * time.Hour), N: 1 + i})
			}
		})
	}
	add("more", Base(t, lang, "more"), nil)
	for _, name := range []string{"help", "glossary", "accessibility", "privacy"} {
		add(name, Anonymous(Base(t, lang, name)), nil)
	}
	add("contact", Anonymous(Base(t, lang, "contact")), func(v *mingjing.View) {
		v.Data = &mingjing.ContactView{Counter: Hostile}
	})
	add("contact.unsaid", Anonymous(Base(t, lang, "contact")), nil)
	add("status", Anonymous(Base(t, lang, "status")), func(v *mingjing.View) {
		v.Data = &mingjing.StatusView{Works: map[string]bool{"public_pages": true, "logged_in": false, "login": false, "agency_intake": true,
			"jobs": true, "files": false}}
	})
	add("status.all", Anonymous(Base(t, lang, "status")), func(v *mingjing.View) {
		v.Data = &mingjing.StatusView{Works: map[string]bool{"public_pages": true}}
	})
	add("display", Anonymous(Base(t, lang, "display")), func(v *mingjing.View) { v.Display = mingjing.Display{Theme: "dark", Text: "130"} })
	add("check-us", Anonymous(Base(t, lang, "check-us")), nil)
	add("agencies-none", Anonymous(Base(t, lang, "agencies")), nil)
	for status, code := range map[int]string{401: "not_logged_in", 403: "forbidden", 404: "not_found", 503: "identity_down"} {
		add("error-"+code, Anonymous(Base(t, lang, "error")), func(v *mingjing.View) { v.Problem = Problem(status, code) })
	}
	add("unsent", Anonymous(Base(t, lang, "unsent")), func(v *mingjing.View) {
		v.Problem = Problem(503, mingjing.NoDatabase)
		v.Data = &mingjing.UnsentForm{Action: "/api/admin/cases/X/decision", Fields: []mingjing.UnsentField{
			{Name: "outcome", Kind: mingjing.UnsentKept, Value: "upheld"}, {Name: "reasons", Kind: mingjing.UnsentText, Value: "证件已核对。"},
			{Name: "evidence_answer", Kind: mingjing.UnsentText, Value: "一"}, {Name: "evidence_answer", Kind: mingjing.UnsentText, Value: "二"},
			{Name: "correct_to", Kind: mingjing.UnsentLine, Value: "2026-01-02"}, {Name: "id_number", Kind: mingjing.UnsentSecret},
			{Name: "password", Kind: mingjing.UnsentSecret}, {Name: "evidence", Kind: mingjing.UnsentFiles}}}
	})
	add("error-limited", Base(t, lang, "error"), func(v *mingjing.View) {
		v.Problem = Problem(429, "too_many_attempts")
		v.Problem.Values = map[string]string{"seconds": "30"}
	})
	add("error-internal", Base(t, lang, "error"), func(v *mingjing.View) {
		v.Problem = Problem(500, "internal")
		v.Problem.ErrorID = "7f3a-91c2"
	})
	add("error-altered", Base(t, lang, "error"), func(v *mingjing.View) {
		v.Problem = Problem(500, mingjing.Altered)
		v.Problem.ErrorID = "7f3a-91c2"
	})
	add("error-unknown-code", Base(t, lang, "error"), func(v *mingjing.View) { v.Problem = Problem(500, "no_such_code") })
	add("no-such-page", Base(t, lang, "no-such-page"), nil)
	add("staff", Base(t, lang, "error"), func(v *mingjing.View) {
		v.Who = &mingjing.Viewer{Role: mingjing.RoleHandler, Name: "周慧", IDMasked: "H-1024"}
		v.Problem = Problem(403, "forbidden")
	})
	return all
}
