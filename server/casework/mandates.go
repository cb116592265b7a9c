package casework

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"mingjing"
)

// An Offer is what a resident sends to have somebody act for them in a case.
type Offer struct {
	CaseID string
	// IDNumber is the helper's, as it was typed.
	IDNumber string
	Relation mingjing.Relation
	// Until is the last day.
	Until mingjing.Date
}

// maxChain bounds how many cases one goes on from.
const maxChain = 20

// errMandateOver: the mandate was answered, taken back or has run out.
var errMandateOver = mingjing.Errorf(mingjing.Conflict, "mandate_over")

// enter is the one way into somebody's case: nil and no error for the resident
// whose it is, the mandate for who acts for them today, and [ErrNotFound] for
// everybody else. Nothing of the case is opened before it is in the resident's
// access log, and in that of who acts for them.
func (c *Casework) enter(ctx context.Context, t *tx, a mingjing.Actor, id, action string) (*Mandate, error) {
	me, err := asResident(a)
	if err != nil {
		return nil, err
	}
	line, err := t.CaseLine(ctx, id)
	if err != nil {
		return nil, err
	}
	if line.Resident == me {
		t.because(a, action, id, "own")
		return nil, nil
	}
	m, err := c.mandateIn(ctx, t, a, line)
	if err != nil {
		return nil, err
	}
	t.say(a, m.look(c.Now(), action, id), "")
	return m, lookOwn(ctx, t, a, m, c.Now(), action, id)
}

// mandateIn is the mandate by which the actor acts in somebody else's case today.
func (c *Casework) mandateIn(ctx context.Context, t *tx, a mingjing.Actor, line Dispute) (*Mandate, error) {
	t.part(a, "mandates", "", "own", string(c.today()))
	all, err := t.MandatesFor(ctx, mingjing.ResidentID(a.ID))
	if err != nil {
		return nil, err
	}
	cases, err := chain(ctx, t, line)
	if err != nil {
		return nil, err
	}
	for _, d := range cases {
		for _, m := range all {
			if m.CaseID == d.ID && m.OwnerID == d.Resident && c.acts(m) {
				return &m, nil
			}
		}
	}
	return nil, ErrNotFound
}

// filesFor is the mandate by which the actor files a case that goes on from a
// previous one; nil for their own. Without one everybody files for themselves.
func (c *Casework) filesFor(ctx context.Context, t *tx, a mingjing.Actor, previous string) (*Mandate, error) {
	if previous == "" {
		return nil, nil
	}
	line, err := t.CaseLine(ctx, previous)
	if err != nil {
		return nil, err
	}
	if string(line.Resident) == a.ID {
		return nil, nil
	}
	return c.mandateIn(ctx, t, a, line)
}

// mandatesIn are the mandates of a case and of those that it goes on from.
func mandatesIn(ctx context.Context, t *tx, d Dispute) ([]Mandate, error) {
	cases, err := chain(ctx, t, d)
	if err != nil {
		return nil, err
	}
	var all []Mandate
	for _, d := range cases {
		some, err := t.MandatesOf(ctx, d.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// chain are a case and those of the same resident that it goes on from, newest
// first, at most maxChain.
func chain(ctx context.Context, t *tx, d Dispute) ([]Dispute, error) {
	cases := []Dispute{d}
	for d.Previous != "" && len(cases) < maxChain {
		previous, err := t.CaseLine(ctx, d.Previous)
		if err != nil {
			return nil, err
		}
		if previous.Resident != d.Resident {
			break
		}
		cases, d = append(cases, previous), previous
	}
	return cases, nil
}

// open says whether a mandate can still be answered or taken back: not after its
// last day, whether the job that ends it has run or not.
func (c *Casework) open(m Mandate) bool { return m.State.Open() && c.today() <= m.Until }

// acts says whether a mandate lets its helper act today.
func (c *Casework) acts(m Mandate) bool { return c.open(m) && m.State == mingjing.MandateAccepted }

// shown is a mandate as both read it.
func (c *Casework) shown(m Mandate) mingjing.Mandate {
	if m.State.Open() && !c.open(m) {
		m.State = mingjing.MandateEnded
	}
	return m.Mandate
}

// entryBy is a line of a case's timeline, by the resident or by who acts for them.
func entryBy(a mingjing.Actor, m *Mandate, at time.Time, code string) mingjing.TimelineEntry {
	if m == nil {
		return mingjing.TimelineEntry{At: at, Code: code, Role: a.Role}
	}
	return mingjing.TimelineEntry{At: at, Code: code, Role: mingjing.RoleHelper, Who: m.Name, For: m.Resident}
}

// look is the line in the resident's access log of what their helper does.
func (m *Mandate) look(at time.Time, action, subject string) mingjing.Look {
	return mingjing.Look{At: at.UTC(), Role: mingjing.RoleHelper, Who: m.Name, For: m.Resident, Action: action, Subject: subject, Purpose: "mandate"}
}

// lookOwn writes into a helper's own access log what they did for somebody else.
func lookOwn(ctx context.Context, t *tx, a mingjing.Actor, m *Mandate, at time.Time, action, subject string) error {
	l := m.look(at, action, subject)
	l.Role = a.Role
	return t.AddLook(ctx, mingjing.ResidentID(a.ID), l)
}

// helpersIn are those who may act in a case today.
func (c *Casework) helpersIn(ctx context.Context, t *tx, d Dispute) ([]mingjing.ResidentID, error) {
	all, err := mandatesIn(ctx, t, d)
	var may []mingjing.ResidentID
	for _, m := range all {
		if c.acts(m) && !slices.Contains(may, m.HelperID) {
			may = append(may, m.HelperID)
		}
	}
	return may, err
}

// tellHelpers lets the open screens of those know who act in a case.
func (c *Casework) tellHelpers(ctx context.Context, t *tx, d Dispute) error {
	may, err := c.helpersIn(ctx, t, d)
	if err != nil {
		return err
	}
	for _, helper := range may {
		if err := t.emit(ctx, string(helper), mingjing.EventDispute, d.ID, c.Now()); err != nil {
			return err
		}
	}
	return nil
}

// notifyCase puts a notice about a case into the resident's inbox, and into those of
// who act for them. To these it says no more than that: the rest is in the case,
// where their look is logged.
func (c *Casework) notifyCase(ctx context.Context, t *tx, d Dispute, kind mingjing.NoticeKind, code string) error {
	if err := c.notify(ctx, t, d.Resident, kind, code, "dispute", d.ID); err != nil {
		return err
	}
	may, err := c.helpersIn(ctx, t, d)
	if err != nil {
		return err
	}
	// Whoever moves the case looks at nothing of the helper's.
	reason, because, once := t.reason, t.last, t.once
	c.notifies(t)
	for _, helper := range may {
		if err := c.notify(ctx, t, helper, kind, "helping", "helping", d.ID); err != nil {
			return err
		}
	}
	t.reason = reason
	t.Because(because, once)
	return nil
}

// showMandates adds to a case in whose name it is read: to the resident who may
// act, to who acts for them the resident's name.
func (c *Casework) showMandates(ctx context.Context, t *tx, m *Mandate, d Dispute, out *mingjing.Dispute) error {
	if m != nil {
		out.ActingFor, out.ActingUntil = m.Resident, m.Until
		return nil
	}
	all, err := mandatesIn(ctx, t, d)
	for _, m := range all {
		out.Mandates = append(out.Mandates, forOwner(c.shown(m)))
	}
	return err
}

// forOwner is a mandate as the resident sees it, who knows their own name.
func forOwner(m mingjing.Mandate) mingjing.Mandate {
	m.Resident = ""
	return m
}

// Helping is a case in which the actor acts for somebody else.
func (c *Casework) Helping(ctx context.Context, a mingjing.Actor, id string) (mingjing.Dispute, error) {
	d, err := c.Dispute(ctx, a, id)
	if err == nil && d.ActingFor == "" {
		return mingjing.Dispute{}, errNotFound
	}
	return d, err
}

// Mandates are those in which the actor is the helper, newest first. A mandate is a
// paper between two: reading it is no look at the resident's data, and a line in
// their access log would tell of an offer that its number belongs to somebody.
func (c *Casework) Mandates(ctx context.Context, a mingjing.Actor) (mingjing.MandatesView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.MandatesView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.MandatesView, error) {
		if err := t.look(ctx, a, me, c.Now(), "mandates", "", "own"); err != nil {
			return mingjing.MandatesView{}, err
		}
		all, err := c.mandatesFor(ctx, t, me)
		return mingjing.MandatesView{Mandates: all}, err
	})
}

// mandatesFor are those in which a resident is the helper, as they see them.
func (c *Casework) mandatesFor(ctx context.Context, t *tx, helper mingjing.ResidentID) ([]mingjing.Mandate, error) {
	all, err := t.MandatesFor(ctx, helper)
	list := make([]mingjing.Mandate, 0, len(all))
	for _, m := range all {
		list = append(list, c.shown(m))
	}
	return list, err
}

// OfferMandate names somebody to act for the actor in one of their own cases. The
// answer is the same whether anybody is enrolled under the number or not.
func (c *Casework) OfferMandate(ctx context.Context, a mingjing.Actor, o Offer) (mingjing.Dispute, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	err = c.tx(ctx, func(t *tx) error {
		t.because(a, "mandate", o.CaseID, "own")
		d, err := t.Dispute(ctx, o.CaseID)
		if err != nil {
			return err
		}
		if d.Resident != me {
			return ErrNotFound // whoever else may act in it
		}
		resident, err := t.Resident(ctx, me)
		if err != nil {
			return err
		}
		today := c.today()
		var wrong []mingjing.FieldError
		add := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
		number, err := mingjing.ParseIDNumber(o.IDNumber, c.Now())
		switch {
		case strings.TrimSpace(o.IDNumber) == "":
			add("id_number", "required")
		case err != nil:
			add("id_number", err.Error())
		case number == resident.IDNumber:
			add("id_number", "helper_self")
		}
		if !slices.Contains(mingjing.Relations, o.Relation) {
			add("relation", "invalid_choice")
		}
		if day, err := mingjing.ParseDate(string(o.Until)); err != nil {
			add("until", "invalid_date")
		} else if day < today || day > today.AddMonths(mingjing.MandateMonths) {
			add("until", "helper_until")
		}
		if len(wrong) > 0 {
			return mingjing.InvalidFields(wrong...)
		}
		m := Mandate{OwnerID: me, Number: number, Mandate: mingjing.Mandate{ID: newID(), CaseID: d.ID, Helper: number.Masked(),
			Resident: resident.Name, Relation: o.Relation, From: c.Now().UTC(), Until: o.Until, State: mingjing.MandateOffered}}
		if d.State == mingjing.DisputeDecided && d.Decision != nil {
			last := c.lanesUntil(d)
			if today > last {
				return mingjing.Errorf(mingjing.Conflict, "case_decided")
			}
			m.Until = min(m.Until, last) // then there is no way on from the case
		}
		if err := c.offerable(ctx, t, m, d); err != nil {
			return err
		}
		if err := t.PutMandate(ctx, m); err != nil {
			return err
		}
		// Whether there is somebody to be told is found out by the worker, so that not
		// even the time that this takes tells it.
		for _, at := range []time.Time{{}, m.Until.AddDays(1).Time(c.Zone())} {
			if err := t.Enqueue(ctx, Job{Kind: JobMandate, ID: m.ID, At: at}); err != nil {
				return err
			}
		}
		return c.mandateMoved(ctx, t, m, "")
	})
	if err != nil {
		return mingjing.Dispute{}, public(err)
	}
	return c.Dispute(ctx, a, o.CaseID)
}

// offerable refuses a mandate where the case has enough of them, or one for the same
// person, enrolled or not.
func (c *Casework) offerable(ctx context.Context, t *tx, m Mandate, d Dispute) error {
	have, err := mandatesIn(ctx, t, d)
	if err != nil {
		return err
	}
	have = slices.DeleteFunc(have, func(m Mandate) bool { return !c.open(m) })
	same, err := t.MandatesTo(ctx, m.OwnerID, m.Number)
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(same, func(s Mandate) bool {
		return slices.ContainsFunc(have, func(h Mandate) bool { return h.ID == s.ID })
	}):
		return mingjing.Errorf(mingjing.Conflict, "helper_named")
	case len(have) >= mingjing.MaxMandates:
		return mingjing.Errorf(mingjing.Conflict, "helper_count")
	}
	return nil
}

// AcceptMandate lets the actor act in the case that they were asked to help with.
func (c *Casework) AcceptMandate(ctx context.Context, a mingjing.Actor, id string) (mingjing.Mandate, error) {
	return c.answerMandate(ctx, a, id, mingjing.MandateAccepted)
}

// DeclineMandate turns an offer down, or gives an accepted mandate back.
func (c *Casework) DeclineMandate(ctx context.Context, a mingjing.Actor, id string) (mingjing.Mandate, error) {
	return c.answerMandate(ctx, a, id, mingjing.MandateDeclined)
}

func (c *Casework) answerMandate(ctx context.Context, a mingjing.Actor, id string, to mingjing.MandateState) (mingjing.Mandate, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Mandate{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Mandate, error) {
		t.part(a, "mandates", "", "own", string(c.today()))
		m, err := t.Mandate(ctx, id, me)
		if err != nil {
			return mingjing.Mandate{}, err
		}
		if m.HelperID != me {
			return mingjing.Mandate{}, ErrNotFound
		}
		if !c.open(m) || m.State == to {
			return mingjing.Mandate{}, errMandateOver
		}
		helper, err := t.Resident(ctx, me)
		if err != nil {
			return mingjing.Mandate{}, err
		}
		m.State = to
		if to == mingjing.MandateAccepted {
			m.Name = helper.Name
		}
		for _, l := range []struct {
			of   mingjing.ResidentID
			look mingjing.Look
		}{
			{me, mingjing.Look{Role: a.Role, Who: helper.Name, Action: "mandate", Subject: m.CaseID, Purpose: "own"}},
			{m.OwnerID, mingjing.Look{Role: mingjing.RoleHelper, Who: m.Name, For: m.Resident, Action: "mandate", Subject: m.CaseID, Purpose: "mandate"}},
		} {
			l.look.At = c.Now().UTC()
			if err := t.AddLook(ctx, l.of, l.look); err != nil {
				return mingjing.Mandate{}, err
			}
		}
		return m.Mandate, c.setMandate(ctx, t, m)
	})
}

// RevokeMandate takes a mandate of the actor's back, at once.
func (c *Casework) RevokeMandate(ctx context.Context, a mingjing.Actor, id string) (mingjing.Mandate, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Mandate{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Mandate, error) {
		t.part(a, "mandates", "", "own", string(c.today()))
		m, err := t.Mandate(ctx, id, me)
		if err != nil {
			return mingjing.Mandate{}, err
		}
		if m.OwnerID != me {
			return mingjing.Mandate{}, ErrNotFound
		}
		if !c.open(m) {
			return mingjing.Mandate{}, errMandateOver
		}
		if err := t.look(ctx, a, me, c.Now(), "mandate", m.CaseID, "own"); err != nil {
			return mingjing.Mandate{}, err
		}
		if m.State == mingjing.MandateOffered {
			m.HelperID = "" // nobody is told, so that it takes as long where there is nobody
		}
		m.State = mingjing.MandateRevoked
		return forOwner(m.Mandate), c.setMandate(ctx, t, m)
	})
}

// setMandate stores where a mandate stands now and tells both.
func (c *Casework) setMandate(ctx context.Context, t *tx, m Mandate) error {
	if err := t.PutMandate(ctx, m); err != nil {
		return err
	}
	return c.mandateMoved(ctx, t, m, m.HelperID)
}

// mandateMoved tells the resident, and the helper if there is one, that a mandate
// moved on: by a notice, and on their open screens.
func (c *Casework) mandateMoved(ctx context.Context, t *tx, m Mandate, helper mingjing.ResidentID) error {
	if err := c.notify(ctx, t, m.OwnerID, mingjing.NoticeHelper, string(m.State), "dispute", m.CaseID); err != nil {
		return err
	}
	if err := t.emit(ctx, string(m.OwnerID), mingjing.EventDispute, m.CaseID, c.Now()); err != nil || helper == "" {
		return err
	}
	if err := c.notify(ctx, t, helper, mingjing.NoticeHelper, string(m.State), "mandates", m.ID); err != nil {
		return err
	}
	return t.emit(ctx, string(helper), mingjing.EventDispute, m.CaseID, c.Now())
}

// mandate tells the helper of an offer, or ends a mandate whose time is over.
func (c *Casework) mandate(ctx context.Context, id string) error {
	err := c.tx(ctx, func(t *tx) error {
		t.part(system, "mandate", id, "mandate", id)
		m, err := t.Mandate(ctx, id, "")
		if err != nil || !m.State.Open() {
			return err
		}
		if !c.open(m) {
			m.State = mingjing.MandateEnded
			return c.setMandate(ctx, t, m)
		}
		return c.tellOffer(ctx, t, m)
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// tellOffers tells somebody who has just been enrolled who had named them before.
func (c *Casework) tellOffers(ctx context.Context, t *tx, helper mingjing.ResidentID) error {
	t.part(system, "mandate", "", "mandate", "offers")
	all, err := t.MandatesFor(ctx, helper)
	if err != nil {
		return err
	}
	for _, m := range all {
		if !c.open(m) {
			continue
		}
		if err := c.tellOffer(ctx, t, m); err != nil {
			return err
		}
	}
	return nil
}

// tellOffer tells the helper of an offer, once and if they are enrolled.
func (c *Casework) tellOffer(ctx context.Context, t *tx, m Mandate) error {
	if m.HelperID == "" || m.Told || m.State != mingjing.MandateOffered {
		return nil
	}
	m.Told = true
	if err := t.PutMandate(ctx, m); err != nil {
		return err
	}
	return c.notify(ctx, t, m.HelperID, mingjing.NoticeHelper, string(m.State), "mandates", m.ID)
}
