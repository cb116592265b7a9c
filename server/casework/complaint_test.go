package casework_test

import (
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/complaint"
	"mingjing/server/casework/score"
)

func turnedAway(kind mingjing.ComplaintKind) complaint.Filing {
	f := complaint.Filing{Kind: kind, Place: "station", Where: "Hongqiao, counter 7", On: "2026-03-01", Text: "They said my score is too low."}
	if kind == mingjing.ComplaintRefused {
		f.Measure = "restrict.rail"
	}
	return f
}

func TestWhoIsRefusedLearnsWhatTheLawSaysAndHasItSigned(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		list := blacklisted("list")
		for _, code := range []string{"restrict.air", "restrict.rail"} {
			list.Listing.Measures = append(list.Listing.Measures, mingjing.Measure{Code: code})
		}
		c.offices.hold("court", score.Reply{Listings: []score.ReplyListing{list}})
		a := c.resident(t, 1)
		c.ready(t, a, "honest-shanghai")
		held, err := c.Listings(ctx, a)
		must(t, err)
		listing := held.Listings[0].Listing.ID
		v, err := c.Refused(ctx, a, "restrict.air")
		must(t, err)
		carried := v.Answer == mingjing.RefusalCarried
		if !carried || len(v.Listings) != 1 || v.Listings[0].ID != listing {
			t.Fatalf("on the court's list: %s, %+v", v.Answer, v.Listings)
		}
		_, err = c.StateClear(ctx, a, "restrict.air")
		wants(t, err, "measure_not_clear") // a statement is never that one is restricted
		for measure, want := range map[string]mingjing.RefusalAnswer{"restrict.property": mingjing.RefusalClear,
			"schooling": mingjing.RefusalNever, mingjing.ScoreMeasure: mingjing.RefusalScore, "": ""} {
			if v, err := c.Refused(ctx, a, measure); err != nil || v.Answer != want {
				t.Errorf("%s: %s, %v", measure, v.Answer, err)
			}
		}
		_, err = c.Refused(ctx, a, "restrict.breathing")
		wants(t, err, "measure:refused_measure")
		s, err := c.StateClear(ctx, a, "restrict.property")
		must(t, err)
		if s.Unrestricted == nil || s.Unrestricted.Code != "restrict.property" || s.ExpiresAt.Sub(s.IssuedAt) != mingjing.MeasureStatementTime ||
			s.Name != a.Name || s.IDMasked == "" || s.Band != nil || s.Rulebook.Hash == "" {
			t.Errorf("the statement is %+v", s)
		}
		c.file(t, a, "", listing)
		if v, err := c.Refused(ctx, a, "restrict.air"); err != nil || v.Answer != mingjing.RefusalClear {
			t.Errorf("a disputed listing restricts: %s, %v", v.Answer, err)
		}
		if n := len(c.entriesOf(t, a, "refused_statement")); n != 1 {
			t.Errorf("%d entries for the one statement that was made", n)
		}
	})
}

func TestAComplaintReachesASupervisorAndIsAnsweredOnAClock(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		a := c.resident(t, 1)
		for code, change := range map[string]func(*complaint.Filing){
			"kind:invalid_choice":          func(f *complaint.Filing) { f.Kind = "x" },
			"measure:refused_measure":      func(f *complaint.Filing) { f.Measure = "" },
			"place:place_required":         func(f *complaint.Filing) { f.Place = "moon" },
			"where:required":               func(f *complaint.Filing) { f.Where = " " },
			"happened_on:invalid_date":     func(f *complaint.Filing) { f.On = "2026-03-03" },
			"statement:statement_required": func(f *complaint.Filing) { f.Text = "\n" },
		} {
			f := turnedAway(mingjing.ComplaintRefused)
			change(&f)
			_, err := c.Complain(ctx, a, f)
			wants(t, err, code)
		}
		k, err := c.Complain(ctx, a, turnedAway(mingjing.ComplaintRefused))
		must(t, err)
		if k.Found != mingjing.RefusalClear || !k.Due.Equal(c.Due(5)) {
			t.Fatalf("%+v", k)
		}
		for _, who := range []mingjing.Actor{handler, administrator, a} {
			if _, err := c.OpenComplaints(ctx, who); err == nil {
				t.Errorf("%s sees the complaints", who.Role)
			}
		}
		v, err := c.OpenComplaints(ctx, supervisor)
		if err != nil || len(v.Complaints) != 1 || v.Complaints[0].ID != k.ID || c.seen(t, a) != "" {
			t.Fatalf("%+v, %v, and the log has %q", v, err, c.seen(t, a))
		}
		c.clock.pass(k.Due.Sub(c.clock.Now()) + time.Second)
		must(t, c.work(complaint.JobComplaint, k.ID))
		read, err := c.ComplaintCase(ctx, supervisor, k.ID)
		if err != nil || !read.Late || !read.Open || read.Resident != a.Name || read.Where != k.Where {
			t.Fatalf("%+v, %v", read, err)
		}
		_, err = c.AnswerComplaint(ctx, auditor, k.ID, mingjing.ComplaintUnlawful, "The station was told so.")
		wants(t, err, "forbidden")
		_, err = c.AnswerComplaint(ctx, supervisor, k.ID, "maybe", "The station was told so.")
		wants(t, err, "outcome:outcome_required")
		_, err = c.AnswerComplaint(ctx, supervisor, k.ID, mingjing.ComplaintUnlawful, "No.")
		wants(t, err, "reply:explanation_short")
		_, err = c.AnswerComplaint(ctx, supervisor, k.ID, mingjing.ComplaintUnlawful, "The station was told so.")
		must(t, err)
		_, err = c.AnswerComplaint(ctx, supervisor, k.ID, mingjing.ComplaintLawful, "The station was told so.")
		wants(t, err, "complaint_answered")
		own, err := c.OwnComplaints(ctx, a)
		if err != nil || len(own.Complaints) != 1 || own.Complaints[0].By != supervisor.Name || !own.Complaints[0].Late {
			t.Errorf("%+v, %v", own, err)
		}
		if got := c.noticesOf(t, a, mingjing.NoticeComplaint); got == "" {
			t.Error("the resident was not told")
		}
		e, _ := c.taken(t, a)
		if len(e.Complaints) != 1 || e.Complaints[0].Reply != "The station was told so." {
			t.Errorf("the download has %+v", e.Complaints)
		}
	})
}

func TestComplaintsAreCountedInPublicAndFewAreHidden(t *testing.T) {
	c := newCity(t)
	for n := range mingjing.FewestShown {
		v, err := c.AgencyFigures(ctx)
		must(t, err)
		if len(v.Complaints) != len(mingjing.ComplaintKinds) {
			t.Fatalf("%+v", v.Complaints)
		}
		if filed := v.Complaints[1].Filed; n == 0 && (filed == nil || *filed != 0) || n > 0 && filed != nil {
			t.Errorf("of %d it shows %v", n, filed)
		}
		_, err = c.Complain(ctx, c.resident(t, n+1), turnedAway(mingjing.ComplaintList))
		must(t, err)
	}
	v, err := c.AgencyFigures(ctx)
	must(t, err)
	if k := v.Complaints[1]; k.Kind != mingjing.ComplaintList || k.Filed == nil || *k.Filed != mingjing.FewestShown || *k.Late != 0 {
		t.Errorf("%+v", k)
	}
}
