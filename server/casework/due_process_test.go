package casework_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/listing"
	"mingjing/server/casework/score"
	"mingjing/server/evidence"
)

// live does what the listing's own dates ask for, and moves the clock to where
// they ask for the next thing.
func (c *city) live(t tb, listing string) {
	t.Helper()
	wait, err := c.job(ctx, holding.JobListing, listing)
	must(t, err)
	c.clock.pass(wait)
	_, err = c.job(ctx, holding.JobListing, listing)
	must(t, err)
}

// tick moves the clock past what runs in the case, and does what follows.
func (c *city) tick(t tb, dispute string) {
	t.Helper()
	wait, err := c.job(ctx, cases.JobClock, dispute)
	must(t, err)
	c.clock.pass(wait)
	_, err = c.job(ctx, cases.JobClock, dispute)
	must(t, err)
}

func (c *city) listingState(t tb, id string) mingjing.ListingState {
	t.Helper()
	return c.storedListing(t, id).State
}

func TestAListingHasNoEffectBeforeTwoDecidedItWasServedAndTheAnswerPeriodIsOver(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.ready(t, a, "honest-shanghai")
	l := c.propose(t, 1, "one")
	quiet := func(want mingjing.ListingState) {
		t.Helper()
		v, err := c.Listing(ctx, a, l.ID)
		must(t, err)
		if v.Listing.State != want || v.Effective || counts(c.latest(t, a, "honest-shanghai"), l.ID) {
			t.Errorf("the listing is %s, want %s; effective: %v", v.Listing.State, want, v.Effective)
		}
	}
	quiet(mingjing.ListingProposed)
	c.decidedBy(t, l, mingjing.OutcomeApproved)
	quiet(mingjing.ListingDecided)
	must(t, c.ConfirmReceipt(ctx, a, l.ID))
	quiet(mingjing.ListingServed)
	stored := c.storedListing(t, l.ID)
	if got := stored.AnswerBy.In(c.Zone()).Format("2006-01-02 15:04"); stored.Served != mingjing.ServedInApp || got != "2026-03-10 00:00" {
		t.Errorf("served by %s, answer by %s", stored.Served, got)
	}
	c.live(t, l.ID)
	v, err := c.Listing(ctx, a, l.ID)
	must(t, err)
	if !v.Effective || v.Listing.From != "2026-03-10" || v.Listing.Ends != "2028-03-10" || v.Listing.RepairFrom != "2027-03-10" {
		t.Errorf("effective %v from %s to %s, repair from %s", v.Effective, v.Listing.From, v.Listing.Ends, v.Listing.RepairFrom)
	}
	if s := c.latest(t, a, "honest-shanghai"); !counts(s, l.ID) || s.Cause != "listing_in_effect" {
		t.Errorf("score %+v", s)
	}
	if len(v.Without) == 0 || v.Without[0].Value != c.books[0].Base {
		t.Errorf("without it the scores are %+v", v.Without)
	}
	c.live(t, l.ID) // to the end of its term
	if s := c.listingState(t, l.ID); s != mingjing.ListingExpired {
		t.Errorf("at its end it is %s", s)
	}
	if s := c.latest(t, a, "honest-shanghai"); counts(s, l.ID) {
		t.Error("it counts beyond its term")
	}
	var life []string
	for _, e := range c.storedListing(t, l.ID).Life {
		life = append(life, e.Code)
	}
	if want := []string{"proposed", "approved", "served", "in_effect", "expired"}; !slices.Equal(life, want) {
		t.Errorf("its life was %v, want %v", life, want)
	}
}

func TestAProposalThatDoesNotPassTheChecksIsRefused(t *testing.T) {
	c := newCity(t)
	c.resident(t, 1)
	for code, f := range map[string]func(*listing.Proposal){
		"ref:ref_required":             func(p *listing.Proposal) { p.Ref = "" },
		"id_number:resident_unknown":   func(p *listing.Proposal) { p.IDNumber = mingjing.MakeIDNumber("99999919800101099") },
		"code:not_in_catalogue":        func(p *listing.Proposal) { p.Code = "court.unpaid_judgment" },
		"code:not_from_agency":         func(p *listing.Proposal) { p.Code = "tax.major_violation_blacklist" },
		"ground.zh-CN:ground_required": func(p *listing.Proposal) { p.Ground = mingjing.Text{"en": "Because."} },
		"ground.zh-CN:too_long": func(p *listing.Proposal) {
			p.Ground = mingjing.Text{"zh-CN": strings.Repeat("长", listing.MaxGround+1)}
		},
		"document.hash:document_part_required": func(p *listing.Proposal) { p.Document.Hash = "" },
		"document.kind:wrong_document":         func(p *listing.Proposal) { p.Document.Kind = "judgment" },
		"measures:measures_required":           func(p *listing.Proposal) { p.Measures = nil },
		"measures:measure_unpublished":         func(p *listing.Proposal) { p.Measures = []string{"restrict.air", "restrict.bread"} },
		"months:term_too_long":                 func(p *listing.Proposal) { p.Months = 25 },
	} {
		p := proposal(1, "one")
		f(&p)
		_, err := c.Propose(ctx, court, p)
		var e *mingjing.Error
		if !asError(err, &e) || !slices.ContainsFunc(e.Fields, func(f mingjing.FieldError) bool { return f.Field+":"+f.Code == code }) {
			t.Errorf("%v, want %s", err, code)
		}
	}
	for _, a := range []mingjing.Actor{{}, handler, supervisor, {Role: mingjing.RoleAgency, ID: "key"},
		{Role: mingjing.RoleResident, ID: "court", Agency: "court"}} {
		_, err := c.Propose(ctx, a, proposal(1, "one"))
		wants(t, err, "forbidden")
	}
	one, two := c.propose(t, 1, "one"), c.propose(t, 1, "one")
	if one.ID != two.ID {
		t.Error("the same proposal is two")
	}
	_, err := c.Propose(ctx, court, proposal(1, "two"))
	wants(t, err, "code:listed_already")
}

func TestWhatWasEndedReturnsOnlyAsANewCase(t *testing.T) {
	c := newCity(t)
	c.resident(t, 1)
	l := c.propose(t, 1, "one")
	c.decidedBy(t, l, mingjing.OutcomeRefused)
	_, err := c.Propose(ctx, court, proposal(1, "one"))
	wants(t, err, "ref:needs_new_case")
	_, err = c.Propose(ctx, court, proposal(1, "two")) // with the same old paper
	wants(t, err, "document.date:needs_new_case")
	c.clock.pass(72 * time.Hour)
	p := proposal(1, "two")
	p.Document.Date = "2026-03-04"
	again, err := c.Propose(ctx, court, p)
	must(t, err)
	if again.State != mingjing.ListingProposed || again.CaseID == l.CaseID {
		t.Errorf("it came back as %+v", again)
	}
}

func TestAListingIsDecidedByTwoPeople(t *testing.T) {
	c := newCity(t)
	c.resident(t, 1)
	l := c.propose(t, 1, "one")
	yes := desk.Ruling{Outcome: mingjing.OutcomeApproved, Reasons: "It is so."}
	_, err := c.Assign(ctx, supervisor, l.CaseID)
	must(t, err)
	_, err = c.Decide(ctx, supervisor, l.CaseID, yes)
	wants(t, err, "step_impossible")
	for code, r := range map[string]desk.Ruling{"outcome:outcome_required": {Outcome: mingjing.OutcomeUpheld, Reasons: "So."},
		"reasons:reasons_required": {Outcome: mingjing.OutcomeApproved}} {
		_, err = c.Recommend(ctx, supervisor, l.CaseID, r)
		wants(t, err, code)
	}
	k, err := c.Recommend(ctx, supervisor, l.CaseID, yes)
	must(t, err)
	if k.State != mingjing.CaseRecommended || k.HandlerID != "" || slices.Contains(k.Allowed, "assign") {
		t.Errorf("%s, held by %q; the first may %v", k.State, k.HandlerID, k.Allowed)
	}
	for _, first := range []mingjing.Actor{supervisor, handler} { // the first of the two, and one who is no supervisor
		_, err = c.Assign(ctx, first, l.CaseID)
		wants(t, err, "second_person")
	}
	other := supervisor
	other.ID, other.Name = "S-2", "Another"
	_, err = c.Assign(ctx, other, l.CaseID)
	must(t, err)
	_, err = c.Decide(ctx, other, l.CaseID, yes)
	must(t, err)
	if s := c.listingState(t, l.ID); s != mingjing.ListingDecided {
		t.Errorf("it is %s", s)
	}
}

func TestAProposalThatNobodyDecidesInTimeIsRefused(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	l := c.propose(t, 1, "one")
	c.tick(t, l.CaseID)
	d := c.storedDispute(t, l.CaseID)
	if s := c.listingState(t, l.ID); s != mingjing.ListingRefused || d.State != mingjing.CaseDecided || d.Decision.Rule != "unchecked" {
		t.Errorf("the listing is %s, the case %s: %+v", s, d.State, d.Decision)
	}
	if err := c.ConfirmReceipt(ctx, a, l.ID); codeOf(err) != "nothing_to_confirm" {
		t.Errorf("confirmed: %v", err)
	}
}

func TestAListingThatIsNotServedInTimeIsAnnulled(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	l := c.propose(t, 1, "one")
	c.decidedBy(t, l, mingjing.OutcomeApproved)
	c.tick(t, l.CaseID)
	if s := c.listingState(t, l.ID); s != mingjing.ListingAnnulled {
		t.Errorf("it is %s", s)
	}
	if err := c.ConfirmReceipt(ctx, a, l.ID); codeOf(err) != "nothing_to_confirm" {
		t.Errorf("confirmed: %v", err)
	}
	_, err := c.Serve(ctx, handler, l.CaseID, desk.Service{Method: mingjing.ServedByPost, On: "2026-03-02", Proof: "R-1"})
	wants(t, err, "case_decided")
}

func TestWhoServesSaysHowAndOnlyStaffDo(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	l := c.propose(t, 1, "one")
	good := desk.Service{Method: mingjing.ServedInPerson, On: "2026-03-02", Proof: "R-1"}
	_, err := c.Serve(ctx, handler, l.CaseID, good)
	wants(t, err, "case_not_yours")
	c.decidedBy(t, l, mingjing.OutcomeApproved)
	own := handler
	own.Self = mingjing.ResidentID(a.ID)
	weak := handler
	weak.AAL = 1
	for code, who := range map[string]mingjing.Actor{"forbidden": a, "case_own": own, "aal2_required": weak} {
		_, err = c.Serve(ctx, who, l.CaseID, good)
		wants(t, err, code)
	}
	for code, s := range map[string]desk.Service{
		"method:method_required": {Method: "app", On: "2026-03-02", Proof: "R-1"},
		"on:served_on_invalid":   {Method: "post", On: "2026-03-03", Proof: "R-1"},
		"proof:proof_required":   {Method: "post", On: "2026-03-02", Proof: " "},
	} {
		_, err = c.Serve(ctx, handler, l.CaseID, s)
		wants(t, err, code)
	}
	_, err = c.Serve(ctx, handler, l.CaseID, good)
	must(t, err)
	if got := c.storedListing(t, l.ID); got.State != mingjing.ListingServed || got.Served != mingjing.ServedInPerson ||
		got.NoticeOn != "2026-03-02" {
		t.Errorf("served: %+v", got.Listing)
	}
}

func TestAnAnswerToAServedListingKeepsItFromTakingEffect(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	l := c.propose(t, 1, "one")
	c.decidedBy(t, l, mingjing.OutcomeApproved)
	must(t, c.ConfirmReceipt(ctx, a, l.ID))
	d := c.answered(t, a, "", l.ID, mingjing.PositionMaintained)
	c.clock.pass(30 * 24 * time.Hour)
	_, err := c.job(ctx, holding.JobListing, l.ID)
	must(t, err)
	if s := c.listingState(t, l.ID); s != mingjing.ListingDisputed {
		t.Errorf("while disputed it is %s", s)
	}
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeRejected, Reasons: "So."})
	must(t, err)
	if s := c.listingState(t, l.ID); s != mingjing.ListingServed {
		t.Errorf("rejected, it is %s", s)
	}
	c.live(t, l.ID) // the answer period is long over
	if s := c.listingState(t, l.ID); s != mingjing.ListingInEffect {
		t.Errorf("it is %s", s)
	}
}

func TestASecondNoticeIsHeard(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	c.put(t, d.ID)
	var notices []int
	c.offices.answer = func(_ string, q cases.Question) (*mingjing.AgencyAnswer, error) {
		notices = append(notices, q.Notice)
		return nil, nil
	}
	for c.storedDispute(t, d.ID).State == mingjing.CaseAgencyAsked {
		wait, err := c.job(ctx, cases.JobQuestion, d.ID)
		must(t, err)
		c.clock.pass(wait)
	}
	if s := c.storedRecord(t, record).State; s != mingjing.RecordSuspended {
		t.Errorf("after the first notice the record is %s", s)
	}
	c.offices.answer = func(_ string, q cases.Question) (*mingjing.AgencyAnswer, error) {
		notices = append(notices, q.Notice)
		return &mingjing.AgencyAnswer{Position: mingjing.PositionMaintained}, nil
	}
	_, err := c.job(ctx, cases.JobQuestion, d.ID)
	must(t, err)
	if notices[0] != 1 || notices[len(notices)-1] != 2 {
		t.Errorf("notices %v", notices)
	}
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeRejected, Reasons: "So."})
	must(t, err)
	if s := c.storedRecord(t, record).State; s != mingjing.RecordActive {
		t.Errorf("rejected on a late word, the record is %s", s)
	}
}

func TestMoreTimeIsForNewEvidenceAndOnce(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "", pdf)
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	_, err = c.Extend(ctx, handler, d.ID)
	wants(t, err, "no_new_evidence")
	c.clock.pass(time.Hour)
	_, err = c.AddEvidence(ctx, a, d.ID, []evidence.Upload{pdf})
	must(t, err)
	before := c.storedDispute(t, d.ID)
	k, err := c.Extend(ctx, handler, d.ID)
	must(t, err)
	for i, clock := range k.Clocks {
		if later := clock.Due.After(before.Clocks[i].Due); later != (clock.Code == "decide") {
			t.Errorf("%s was due %s and is due %s", clock.Code, before.Clocks[i].Due, clock.Due)
		}
	}
	_, err = c.Extend(ctx, handler, d.ID)
	wants(t, err, "extended_already")
}

func TestARedlistingIsShownOnlyIfTheResidentWishes(t *testing.T) {
	c := newCity(t)
	a, _, black := c.owing(t, 1)
	wants(t, c.ShowListing(ctx, a, black, true), "only_redlists")
	c.offices.hold("tax", score.Reply{Listings: []score.ReplyListing{redlisted("red")}})
	c.ready(t, a, "honest-shanghai")
	v, err := c.Listings(ctx, a)
	must(t, err)
	i := slices.IndexFunc(v.Listings, func(l mingjing.ListingView) bool { return l.Listing.Kind == mingjing.Redlist })
	red := v.Listings[i].Listing
	if red.Shown {
		t.Error("it is shown to begin with")
	}
	for _, shown := range []bool{true, false} {
		must(t, c.ShowListing(ctx, a, red.ID, shown))
		c.ready(t, a, "honest-shanghai")
		if got := c.storedListing(t, red.ID).Shown; got != shown {
			t.Errorf("shown %v, want %v", got, shown)
		}
	}
}

func TestARefusedStepSaysWhatCanBeDoneInstead(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	c.put(t, d.ID)
	_, err := c.AskAgency(ctx, handler, d.ID)
	var e *mingjing.Error
	if !asError(err, &e) || e.Code != "agency_already_asked" || !slices.Contains(e.Allowed, "decide") ||
		slices.Contains(e.Allowed, "ask_agency") {
		t.Errorf("%v, and instead %v", err, e.Allowed)
	}
}

func TestTheMachineOfListingsHasNoWayIntoEffectButThroughService(t *testing.T) {
	for _, from := range mingjing.ListingStates {
		if holding.MayListingMove(from, mingjing.ListingInEffect) && !slices.Contains([]mingjing.ListingState{mingjing.ListingServed,
			mingjing.ListingDisputed, mingjing.ListingSuspended}, from) {
			t.Errorf("from %s it may take effect", from)
		}
		for _, to := range mingjing.ListingStates {
			if from.Over() && holding.MayListingMove(from, to) {
				t.Errorf("it is over as %s and may become %s", from, to)
			}
		}
	}
}

func TestAProposalThatNobodyDecidedComesBackTheSameDayByAnotherDocument(t *testing.T) {
	c := newCity(t, func(cfg *casework.Config) { cfg.ClockScale = 960 })
	c.resident(t, 1)
	first := proposal(1, "one")
	first.Document.Date = mingjing.DateOf(c.Now())
	l, err := c.Propose(ctx, court, first)
	must(t, err)
	c.tick(t, l.CaseID)
	if s := c.listingState(t, l.ID); s != mingjing.ListingRefused {
		t.Fatalf("undecided in time it is %s", s)
	}
	again := first
	again.Ref = "two"
	_, err = c.Propose(ctx, court, again)
	wants(t, err, "document.date:needs_new_case")
	again.Document.Number = "No. 2"
	second, err := c.Propose(ctx, court, again)
	must(t, err)
	c.decidedBy(t, second, mingjing.OutcomeRefused) // and now somebody has
	again.Ref, again.Document.Number = "three", "No. 3"
	_, err = c.Propose(ctx, court, again)
	wants(t, err, "document.date:needs_new_case")
}
