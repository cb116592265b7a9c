package cases

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
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

// errMandateOver: the mandate was answered, taken back or has run out.
var errMandateOver = mingjing.NewError(mingjing.Conflict, "mandate_over")

// isOpen reports whether a mandate can still be answered or revoked: not after its last
// day, even if the job that ends it has not run.
func (c *Cases) isOpen(m Mandate) bool { return m.State.Open() && c.city.Today() <= m.Until }

// mayAct reports whether a mandate lets its helper act today.
func (c *Cases) mayAct(m Mandate) bool { return c.isOpen(m) && m.State == mingjing.MandateAccepted }

// shown returns a mandate as both sides read it: one that is over has ended, even if the
// job that ends it has not run.
func (c *Cases) shown(m Mandate) mingjing.Mandate {
	if m.State.Open() && !c.isOpen(m) {
		m.State = mingjing.MandateEnded
	}
	return m.Mandate
}

// showMandates adds the mandates to a case that its resident reads, and the resident's
// name to one that a helper reads.
func (c *Cases) showMandates(ctx context.Context, rd *kernel.Reader, m *Mandate, d Case, out *mingjing.Case) error {
	if m != nil {
		out.ActingFor, out.ActingUntil = m.Resident, m.Until
		return nil
	}
	all, err := mandatesIn(ctx, rd, d)
	for _, m := range all {
		out.Mandates = append(out.Mandates, forOwner(c.shown(m)))
	}
	return err
}

// forOwner returns a mandate as the resident sees it, without their own name.
func forOwner(m mingjing.Mandate) mingjing.Mandate {
	m.Resident = ""
	return m
}

// Helping returns a case in which the actor acts for somebody else.
func (c *Cases) Helping(ctx context.Context, a mingjing.Actor, id string) (mingjing.Case, error) {
	d, err := c.Dispute(ctx, a, id)
	if err == nil && d.ActingFor == "" {
		return mingjing.Case{}, kernel.ErrNothingThere
	}
	return d, err
}

// Mandates returns those in which the actor is the helper, newest first. A mandate
// belongs to both: reading it is no look at the resident's data, and an entry in their
// access log would tell that the number of an offer belongs to somebody.
func (c *Cases) Mandates(ctx context.Context, a mingjing.Actor) (mingjing.MandatesView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.MandatesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.MandatesView, error) {
		rd := t.As(c.city.Entry(a, "mandates", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return mingjing.MandatesView{}, err
		}
		all, err := c.MandatesFor(ctx, rd, me)
		return mingjing.MandatesView{Mandates: all}, err
	})
}

// MandatesFor returns those in which a resident is the helper, as they see them.
func (c *Cases) MandatesFor(ctx context.Context, rd *kernel.Reader, helper mingjing.ResidentID) ([]mingjing.Mandate, error) {
	all, err := read(rd).MandatesFor(ctx, helper)
	list := make([]mingjing.Mandate, 0, len(all))
	for _, m := range all {
		list = append(list, c.shown(m))
	}
	return list, err
}

// OfferMandate names somebody to act for the actor in one of their own cases. The
// answer is the same whether anybody is enrolled under the number or not.
func (c *Cases) OfferMandate(ctx context.Context, a mingjing.Actor, o Offer) (mingjing.Case, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Case{}, err
	}
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(a, "mandate", o.CaseID, "own"))
		d, err := read(rd).Case(ctx, o.CaseID)
		if err != nil {
			return err
		}
		if d.Resident != me {
			return kernel.ErrNotFound // whoever else may act in it
		}
		resident, err := read(rd).Resident(ctx, me)
		if err != nil {
			return err
		}
		today := c.city.Today()
		var wrong []mingjing.FieldError
		add := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
		number, err := mingjing.ParseIDNumber(o.IDNumber, c.city.Now())
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
		m := Mandate{OwnerID: me, Number: number, Mandate: mingjing.Mandate{ID: kernel.NewID(), CaseID: d.ID, Helper: number.Masked(),
			Resident: resident.Name, Relation: o.Relation, From: c.city.Now().UTC(), Until: o.Until, State: mingjing.MandateOffered}}
		if d.State == mingjing.CaseDecided && d.Decision != nil {
			last := c.lanesUntil(d)
			if today > last {
				return mingjing.NewError(mingjing.Conflict, "case_decided")
			}
			m.Until = min(m.Until, last) // then there is no way on from the case
		}
		if err := c.offerable(ctx, rd, m, d); err != nil {
			return err
		}
		if err := db(t).PutMandate(ctx, m); err != nil {
			return err
		}
		// Whether there is somebody to be told is found out by the worker, so that not
		// even the time that this takes tells it.
		for _, at := range []time.Time{{}, m.Until.AddDays(1).Time(c.city.Zone())} {
			if err := t.Enqueue(ctx, kernel.Job{Kind: JobMandate, ID: m.ID, At: at}); err != nil {
				return err
			}
		}
		return c.tellOwner(ctx, rd, m)
	})
	if err != nil {
		return mingjing.Case{}, kernel.Public(err)
	}
	return c.Dispute(ctx, a, o.CaseID)
}

// offerable refuses a mandate where the case has enough of them, or one for the same
// person, enrolled or not.
func (c *Cases) offerable(ctx context.Context, rd *kernel.Reader, m Mandate, d Case) error {
	have, err := mandatesIn(ctx, rd, d)
	if err != nil {
		return err
	}
	have = slices.DeleteFunc(have, func(m Mandate) bool { return !c.isOpen(m) })
	same, err := read(rd).MandatesTo(ctx, m.OwnerID, m.Number)
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(same, func(s Mandate) bool {
		return slices.ContainsFunc(have, func(h Mandate) bool { return h.ID == s.ID })
	}):
		return mingjing.NewError(mingjing.Conflict, "helper_named")
	case len(have) >= mingjing.MaxMandates:
		return mingjing.NewError(mingjing.Conflict, "helper_count")
	}
	return nil
}

// AcceptMandate lets the actor act in the case that they were asked to help with.
func (c *Cases) AcceptMandate(ctx context.Context, a mingjing.Actor, id string) (mingjing.Mandate, error) {
	return c.answerMandate(ctx, a, id, mingjing.MandateAccepted)
}

// DeclineMandate turns an offer down, or gives an accepted mandate back.
func (c *Cases) DeclineMandate(ctx context.Context, a mingjing.Actor, id string) (mingjing.Mandate, error) {
	return c.answerMandate(ctx, a, id, mingjing.MandateDeclined)
}

func (c *Cases) answerMandate(ctx context.Context, a mingjing.Actor, id string, to mingjing.MandateState) (mingjing.Mandate, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Mandate{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Mandate, error) {
		rd := t.As(c.ownMandates(a))
		m, err := read(rd).Mandate(ctx, id, me)
		if err != nil {
			return mingjing.Mandate{}, err
		}
		if m.HelperID != me {
			return mingjing.Mandate{}, kernel.ErrNotFound
		}
		if !c.isOpen(m) || m.State == to {
			return mingjing.Mandate{}, errMandateOver
		}
		helper, err := read(rd).Resident(ctx, me)
		if err != nil {
			return mingjing.Mandate{}, err
		}
		m.State = to
		if to == mingjing.MandateAccepted {
			m.Name = helper.Name
		}
		mine := kernel.Entry{AccessEntry: mingjing.AccessEntry{At: c.city.Now().UTC(), Role: a.Role, Who: helper.Name,
			Action: "mandate", Subject: m.CaseID, Purpose: "own"}}
		if err := t.As(mine).Log(ctx, me); err != nil {
			return mingjing.Mandate{}, err
		}
		owners := t.As(kernel.Entry{AccessEntry: m.entry(c.city.Now(), "mandate", m.CaseID)})
		if err := owners.Log(ctx, m.OwnerID); err != nil {
			return mingjing.Mandate{}, err
		}
		return m.Mandate, c.setMandate(ctx, owners, rd, m)
	})
}

// RevokeMandate takes a mandate of the actor's back, at once.
func (c *Cases) RevokeMandate(ctx context.Context, a mingjing.Actor, id string) (mingjing.Mandate, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Mandate{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Mandate, error) {
		rd := t.As(c.ownMandates(a))
		m, err := read(rd).Mandate(ctx, id, me)
		if err != nil {
			return mingjing.Mandate{}, err
		}
		if m.OwnerID != me {
			return mingjing.Mandate{}, kernel.ErrNotFound
		}
		if !c.isOpen(m) {
			return mingjing.Mandate{}, errMandateOver
		}
		if err := t.As(c.city.Entry(a, "mandate", m.CaseID, "own")).Log(ctx, me); err != nil {
			return mingjing.Mandate{}, err
		}
		if m.State == mingjing.MandateOffered {
			m.HelperID = "" // nobody is told, so that it takes as long where there is nobody
		}
		m.State = mingjing.MandateRevoked
		return forOwner(m.Mandate), c.setMandate(ctx, rd, rd, m)
	})
}

// setMandate stores the new state of a mandate and notifies both sides, each by the
// reader whose entry is for their log.
func (c *Cases) setMandate(ctx context.Context, owners, helpers *kernel.Reader, m Mandate) error {
	if err := db(owners).PutMandate(ctx, m); err != nil {
		return err
	}
	if err := c.tellOwner(ctx, owners, m); err != nil || m.HelperID == "" {
		return err
	}
	if err := c.notices.Notify(ctx, helpers, m.HelperID, mingjing.NoticeHelper, string(m.State), "mandates", m.ID); err != nil {
		return err
	}
	return helpers.Emit(ctx, string(m.HelperID), mingjing.EventDispute, m.CaseID, c.city.Now())
}

// tellOwner notifies the resident of the new state of their mandate, and publishes an
// event to their screens.
func (c *Cases) tellOwner(ctx context.Context, rd *kernel.Reader, m Mandate) error {
	if err := c.notices.Notify(ctx, rd, m.OwnerID, mingjing.NoticeHelper, string(m.State), "dispute", m.CaseID); err != nil {
		return err
	}
	return rd.Emit(ctx, string(m.OwnerID), mingjing.EventDispute, m.CaseID, c.city.Now())
}

// mandateDue is the job that notifies the helper of an offer, and ends a mandate after
// its last day.
func (c *Cases) mandateDue(ctx context.Context, id string) error {
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(kernel.System, "mandate", id, "mandate").Once(id))
		m, err := read(rd).Mandate(ctx, id, "")
		if err != nil || !m.State.Open() {
			return err
		}
		if !c.isOpen(m) {
			m.State = mingjing.MandateEnded
			return c.setMandate(ctx, rd, rd, m)
		}
		return c.tellOffer(ctx, rd, m)
	})
	if errors.Is(err, kernel.ErrNotFound) {
		return nil
	}
	return err
}

// TellOffers notifies somebody who was just enrolled of the offers that were made to
// their number before.
func (c *Cases) TellOffers(ctx context.Context, t *kernel.Tx, helper mingjing.ResidentID) error {
	rd := t.As(c.city.Entry(kernel.System, "mandate", "", "mandate").Once("offers"))
	all, err := read(rd).MandatesFor(ctx, helper)
	if err != nil {
		return err
	}
	for _, m := range all {
		if !c.isOpen(m) {
			continue
		}
		if err := c.tellOffer(ctx, rd, m); err != nil {
			return err
		}
	}
	return nil
}

// tellOffer notifies the helper of an offer, once and if they are enrolled.
func (c *Cases) tellOffer(ctx context.Context, rd *kernel.Reader, m Mandate) error {
	if m.HelperID == "" || m.Told || m.State != mingjing.MandateOffered {
		return nil
	}
	m.Told = true
	if err := db(rd).PutMandate(ctx, m); err != nil {
		return err
	}
	return c.notices.Notify(ctx, rd, m.HelperID, mingjing.NoticeHelper, string(m.State), "mandates", m.ID)
}
