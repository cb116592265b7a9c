package casework_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/mandate"
)

func TestWhetherAHelperIsEnrolledIsNeverSaid(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	c.resident(t, 2)
	answer := func(n int) string {
		c.clock.pass(time.Microsecond)
		got, err := c.OfferMandate(ctx, a, offer(d.ID, n))
		must(t, err)
		m := got.Mandates[len(got.Mandates)-1]
		must(t, c.did(ctx, mandate.JobMandate, m.ID))
		id := m.ID
		m.ID, m.From = "", time.Time{}
		data, err := json.Marshal(m)
		must(t, err)
		_, err = c.RevokeMandate(ctx, a, id)
		must(t, err)
		if strings.Contains(string(data), numberOf(n)) {
			t.Errorf("the whole number is in %s", data)
		}
		return strings.ReplaceAll(string(data), mingjing.IDNumber(numberOf(n)).Masked(), "*")
	}
	n := c.bus.count(a.ID, mingjing.EventNotice)
	there := answer(2)
	mid := c.bus.count(a.ID, mingjing.EventNotice)
	missing := answer(77)
	if there != missing || mid-n != c.bus.count(a.ID, mingjing.EventNotice)-mid {
		t.Errorf("enrolled: %s\nnot enrolled: %s", there, missing)
	}
}

func TestWhoIsEnrolledLaterFindsTheOffer(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	m := c.offered(t, a, d.ID, 2)
	helper := c.resident(t, 2)
	if box := c.inbox(t, helper); len(box) != 1 || box[0].Kind != mingjing.NoticeHelper || box[0].Code != "offered" ||
		box[0].Page != "mandates" {
		t.Errorf("the inbox has %+v", box)
	}
	v, err := c.Mandates(ctx, helper)
	must(t, err)
	if len(v.Mandates) != 1 || v.Mandates[0].ID != m || v.Mandates[0].Resident != "居民1" {
		t.Errorf("%+v", v)
	}
	_, err = c.AcceptMandate(ctx, helper, m)
	must(t, err)
}

func TestAnOfferThatIsNotGoodIsRefused(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	for want, change := range map[string]func(*cases.Offer){
		"id_number:required": func(o *cases.Offer) { o.IDNumber = " " },
		"id_number:id_number_check": func(o *cases.Offer) {
			o.IDNumber = numberOf(2)[:17] + map[bool]string{true: "1", false: "2"}[numberOf(2)[17] == '2']
		},
		"id_number:helper_self":   func(o *cases.Offer) { o.IDNumber = " " + numberOf(1) },
		"relation:invalid_choice": func(o *cases.Offer) { o.Relation = "friend" },
		"until:invalid_date":      func(o *cases.Offer) { o.Until = "2026-02-30" },
		"until:helper_until":      func(o *cases.Offer) { o.Until = "2026-03-01" },
		"not_found":               func(o *cases.Offer) { o.CaseID = "none" },
	} {
		o := offer(d.ID, 2)
		change(&o)
		_, err := c.OfferMandate(ctx, a, o)
		wants(t, err, want)
	}
	o := offer(d.ID, 2)
	o.Until = "2026-09-03"
	_, err := c.OfferMandate(ctx, a, o)
	wants(t, err, "until:helper_until")
	o.Until = "2026-09-02"
	for n := range mingjing.MaxMandates {
		o.IDNumber = numberOf(2 + n)
		_, err = c.OfferMandate(ctx, a, o)
		must(t, err)
	}
	o.IDNumber = numberOf(9)
	_, err = c.OfferMandate(ctx, a, o)
	wants(t, err, "helper_count")
}

func TestNobodyIsAskedTwiceForACase(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	helper := c.resident(t, 2)
	d, other := c.file(t, a, record, ""), c.file(t, a, "", listing)
	m := c.offered(t, a, d.ID, 2)
	c.offered(t, a, d.ID, 77) // nobody is enrolled under it
	for _, n := range []int{2, 77} {
		_, err := c.OfferMandate(ctx, a, offer(d.ID, n))
		wants(t, err, "helper_named")
	}
	_, err := c.AcceptMandate(ctx, helper, m)
	must(t, err)
	_, err = c.OfferMandate(ctx, a, offer(d.ID, 2))
	wants(t, err, "helper_named")
	_, err = c.OfferMandate(ctx, a, offer(other.ID, 2)) // another case is another question
	must(t, err)
	_, err = c.RevokeMandate(ctx, a, m)
	must(t, err)
	_, err = c.AcceptMandate(ctx, helper, c.offered(t, a, d.ID, 2))
	must(t, err)
}

func TestAnOfferThatIsTakenBackTellsNobodyElse(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	helper := c.resident(t, 2)
	d := c.file(t, a, record, "")
	m := c.offered(t, a, d.ID, 2)
	n := len(c.inbox(t, helper))
	_, err := c.RevokeMandate(ctx, a, m)
	must(t, err)
	if got := len(c.inbox(t, helper)) - n; got != 0 {
		t.Errorf("the helper got %d notices in the resident's own step", got)
	}
	v, err := c.Mandates(ctx, helper)
	must(t, err)
	if v.Mandates[0].State != mingjing.MandateRevoked {
		t.Errorf("%+v", v)
	}
}

func TestNobodyIsFloodedByOffers(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	helper, other := c.resident(t, 2), c.resident(t, 3)
	d := c.file(t, a, record, "")
	for range mingjing.MaxOffersADay {
		_, err := c.RevokeMandate(ctx, a, c.offered(t, a, d.ID, 2))
		must(t, err)
	}
	told := len(c.inbox(t, helper))
	for range 60 {
		_, err := c.OfferMandate(ctx, a, offer(d.ID, 2))
		wants(t, err, "too_many_today")
	}
	_, err := c.OfferMandate(ctx, a, offer(d.ID, 3)) // nor is anybody else
	wants(t, err, "too_many_today")
	limited, _ := errors.AsType[*mingjing.Error](err)
	wait, _ := strconv.Atoi(limited.Values["seconds"])
	if limited.Values["count"] != strconv.Itoa(mingjing.MaxOffersADay) || wait == 0 || limited.Values["time"] == "" {
		t.Errorf("it says %v", limited.Values)
	}
	if got := len(c.inbox(t, helper)); got != told || len(c.inbox(t, other)) != 0 {
		t.Errorf("the helper got %d more notices", got-told)
	}
	if now, err := c.Dispute(ctx, a, d.ID); err != nil || len(now.Mandates) != mingjing.MaxOffersADay {
		t.Errorf("%d mandates are there, %v", len(now.Mandates), err)
	}
	c.clock.pass(time.Duration(wait) * time.Second) // as it says
	c.offered(t, a, d.ID, 2)
	_, err = c.OfferMandate(ctx, a, offer(d.ID, 3))
	wants(t, err, "too_many_today")
}
