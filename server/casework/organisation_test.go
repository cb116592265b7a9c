package casework_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/score"
	"mingjing/web/rulebooks"
)

const firmCode = "91350100M000100Y43"

// firmCity is a city in which organisations are scored too.
func firmCity(t *testing.T) *city {
	t.Helper()
	book, err := rulebooks.Parse(rulebooks.Files()["organisations.json"])
	must(t, err)
	return newCity(t, func(cfg *casework.Config) { cfg.Books = append(slices.Clone(cfg.Books), book) })
}

// firm registers an organisation that a resident represents, and returns the actor that the
// resident is for it.
func (c *city) firm(t *testing.T, who mingjing.Actor, n int) mingjing.Actor {
	t.Helper()
	must1(c.RegisterOrganisation(ctx, handler, firmCode, "榕城机械有限公司"))
	v := must1(c.ProposeRepresentative(ctx, handler, firmCode, idNumber(n), "工商登记 2026-17"))
	must(t, c.ConfirmRepresentative(ctx, supervisor, v.Representatives[0].ID))
	own := must1(c.OwnOrganisations(ctx, who))
	if len(own.Organisations) != 1 || own.Organisations[0].Code != firmCode || own.Organisations[0].Name != "榕城机械有限公司" {
		t.Fatalf("%+v", own)
	}
	a, err := c.ActFor(ctx, who, own.Organisations[0].ID)
	must(t, err)
	return a
}

func code(err error) string {
	if e, ok := errors.AsType[*mingjing.Error](err); ok {
		if len(e.Fields) > 0 {
			return e.Fields[0].Field + ":" + e.Fields[0].Code
		}
		return e.Code
	}
	return ""
}

func TestARepresentativeActsOnlyAfterASecondPersonHasConfirmed(t *testing.T) {
	c := firmCity(t)
	a, other := c.resident(t, 1), c.resident(t, 2)
	if v, err := c.OrganisationDesk(ctx, handler, firmCode); err != nil || v.Name != "" {
		t.Errorf("an organisation that nobody registered: %+v %v", v, err)
	}
	if v := must1(c.RegisterOrganisation(ctx, handler, "91350100M000100Y44", "老厂")); !v.Doubtful || v.Name != "老厂" {
		t.Errorf("a code with another check character is not taken with a warning: %+v", v)
	}
	for want, f := range map[string]func() error{
		"organisation:organisation_code": func() error { _, err := c.RegisterOrganisation(ctx, handler, "9135", "x"); return err },
		"name:name_required":             func() error { _, err := c.RegisterOrganisation(ctx, handler, firmCode, " "); return err },
		"organisation:organisation_unknown": func() error {
			_, err := c.ProposeRepresentative(ctx, handler, firmCode, idNumber(1), "x")
			return err
		},
		"forbidden": func() error { _, err := c.RegisterOrganisation(ctx, a, firmCode, "x"); return err },
	} {
		if got := code(f()); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	must1(c.RegisterOrganisation(ctx, handler, firmCode, "榕城机械有限公司"))
	v := must1(c.ProposeRepresentative(ctx, handler, firmCode, idNumber(1), "工商登记 2026-17"))
	m := v.Representatives[0]
	if m.State != mingjing.RepresentativeProposed || m.Confirm || m.Name != "居民1" {
		t.Fatalf("%+v", m)
	}
	org := func(who mingjing.Actor) int { return len(must1(c.OwnOrganisations(ctx, who)).Organisations) }
	if org(a) != 0 {
		t.Error("a proposal lets somebody act")
	}
	if got := code(c.ConfirmRepresentative(ctx, handler, m.ID)); got != "second_person" {
		t.Errorf("the one who proposed confirms: %q", got)
	}
	for _, who := range []mingjing.Actor{a, other, auditor, court} {
		if err := c.ConfirmRepresentative(ctx, who, m.ID); err == nil {
			t.Errorf("%s confirms", who.Role)
		}
		if _, err := c.ProposeRepresentative(ctx, who, firmCode, idNumber(2), "x"); err == nil {
			t.Errorf("%s proposes", who.Role)
		}
		if _, err := c.OrganisationDesk(ctx, who, firmCode); err == nil {
			t.Errorf("%s reads who represents", who.Role)
		}
		if err := c.EndRepresentative(ctx, who, m.ID); err == nil {
			t.Errorf("%s ends a mandate", who.Role)
		}
	}
	must(t, c.ConfirmRepresentative(ctx, handler2, m.ID))
	if got := code(c.ConfirmRepresentative(ctx, supervisor, m.ID)); got != "representative_over" {
		t.Errorf("twice: %q", got)
	}
	if org(a) != 1 || org(other) != 0 {
		t.Errorf("acting: %d and %d", org(a), org(other))
	}
	id := must1(c.OwnOrganisations(ctx, a)).Organisations[0].ID
	if _, err := c.ActFor(ctx, other, id); err == nil {
		t.Error("somebody else acts for it")
	}
	if !slices.ContainsFunc(must1(c.AccessLog(ctx, a, true, "")).Entries, func(l mingjing.AccessEntry) bool {
		return l.Action == "representative" && l.Who == "Handler Two"
	}) {
		t.Error("the representative's own log does not tell of it")
	}
	must(t, c.EndRepresentative(ctx, handler, m.ID))
	if _, err := c.ActFor(ctx, a, id); err == nil || org(a) != 0 {
		t.Error("a mandate that was ended goes on")
	}
}

func TestAnOrganisationDisputesAListingFromItsNoticeToItsCorrection(t *testing.T) {
	c := firmCity(t)
	me := c.resident(t, 1)
	firm := c.firm(t, me, 1)
	listed := blacklisted("firm-list")
	listed.Code, listed.Subject, listed.Measures = "firm.enforcement_blacklist", "榕城机械有限公司", nil
	c.offices.hold("court", score.Reply{Listings: []score.ReplyListing{listed}})
	c.ready(t, firm, "organisations")
	s := must1(c.Score(ctx, firm, "organisations"))
	if s.Score.Value != 800 || s.Band.Code != "c" {
		t.Errorf("%d %s: %+v", s.Score.Value, s.Band.Code, s.Score.NotCounted)
	}
	if _, err := c.RequestScore(ctx, firm, "rongcheng", true); code(err) != "rulebook:unknown_rulebook" {
		t.Errorf("a rulebook about residents scores it: %v", err)
	}
	if _, err := c.RequestScore(ctx, me, "organisations", true); code(err) != "rulebook:unknown_rulebook" {
		t.Errorf("a rulebook about organisations scores somebody: %v", err)
	}
	all := must1(c.Listings(ctx, firm)).Listings
	if len(all) != 1 || all[0].Listing.Exit["en"] == "" {
		t.Fatalf("%+v", all)
	}
	public := must1(c.LookUpOrganisation(ctx, "91350100m000100y43"))
	if len(public.Listings) != 1 || public.Name != "榕城机械有限公司" || public.Listings[0].Ends == "" || public.Listings[0].Exit["zh-CN"] == "" {
		t.Errorf("%+v", public)
	}
	d := c.file(t, firm, "", all[0].Listing.ID, pdf)
	if v := must1(c.LookUpOrganisation(ctx, firmCode)); len(v.Listings) != 0 {
		t.Error("what is disputed has no effect, and is published")
	}
	if _, err := c.Dispute(ctx, me, d.ID); err == nil {
		t.Error("the case is the representative's own")
	}
	must1(c.Assign(ctx, handler, d.ID))
	answers := map[string]string{d.Evidence[0].ID: "It shows the payment."}
	must1(c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "Paid before it was listed.", Answers: answers}))
	if got := must1(c.Dispute(ctx, firm, d.ID)); got.Decision == nil || got.Listing.State != mingjing.ListingLifted {
		t.Errorf("%+v", got.Decision)
	}
	if s := must1(c.Score(ctx, firm, "organisations")); s.Score.Value != 1000 {
		t.Errorf("after the correction it is %d", s.Score.Value)
	}
	must1(c.Letter(ctx, firm, d.ID))
	fresh := firm
	fresh.Fresh = true
	if _, err := c.Leave(ctx, fresh); code(err) != "forbidden" {
		t.Errorf("a representative erases what is held on the organisation: %v", err)
	}
	log := must1(c.AccessLog(ctx, firm, true, ""))
	if !slices.ContainsFunc(log.Entries, func(l mingjing.AccessEntry) bool {
		return l.Role == mingjing.RoleRepresentative && l.Who == "居民1"
	}) || !slices.ContainsFunc(log.Entries, func(l mingjing.AccessEntry) bool { return l.Who == "Handler One" }) {
		t.Errorf("its log does not name who acted: %+v", log.Entries)
	}
}

func TestNothingOfAPersonIsTakenForAnOrganisationNorTheOtherWayRound(t *testing.T) {
	c := firmCity(t)
	me := c.resident(t, 1)
	firm := c.firm(t, me, 1)
	for want, change := range map[string]func(l *intake.BatchLine){
		"code:not_in_catalogue ":      func(l *intake.BatchLine) { l.IDNumber = "USCC:" + firmCode },
		"code:not_in_catalogue":       func(l *intake.BatchLine) { l.Code = "firm.unpaid_judgment" },
		"accepted":                    func(l *intake.BatchLine) { l.IDNumber, l.Code = "USCC:"+firmCode, "firm.unpaid_judgment" },
		"id_number:organisation_code": func(l *intake.BatchLine) { l.IDNumber = "USCC:9135" },
	} {
		l := owes(1, "ref "+want)
		l.Subject = ""
		change(&l)
		if got, _ := c.line(t, l); got != strings.TrimSpace(want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := must1(c.Records(ctx, firm)).Records; len(got) != 1 || got[0].Record.Code != "firm.unpaid_judgment" {
		t.Errorf("the organisation: %+v", got)
	}
	if got := must1(c.Records(ctx, me)).Records; len(got) != 0 {
		t.Errorf("its representative: %+v", got)
	}
	for _, l := range must1(c.AccessLog(ctx, me, false, "")).Entries {
		if strings.Contains(l.Action, "submit") {
			t.Error("what was sent about the organisation is in the representative's log")
		}
	}
	if v := must1(c.LookUpOrganisation(ctx, firmCode)); len(v.Listings) != 0 {
		t.Errorf("records are public: %+v", v)
	}
}
