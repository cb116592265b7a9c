package mandate

import (
	"context"
	"errors"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// A Mandate is a mandate as it is stored.
type Mandate struct {
	mingjing.Mandate
	// OwnerID is whose case it is.
	OwnerID mingjing.ResidentID
	// Number is the helper's. Only a keyed hash of it is kept.
	Number mingjing.IDNumber `json:"-"`
	// HelperID is who is enrolled under that number by now; empty for nobody.
	HelperID mingjing.ResidentID `json:"-"`
	// Told says that the helper was told of the offer.
	Told bool
}

// errMandateOver: the mandate was answered, taken back or has run out.
var errMandateOver = mingjing.NewError(mingjing.Conflict, "mandate_over")

// IsOpen reports whether a mandate can still be answered or revoked: not after its last
// day, even if the job that ends it has not run.
func (m *Mandate) IsOpen(today mingjing.Date) bool { return m.State.Open() && today <= m.Until }

// MayAct reports whether a mandate lets its helper act today.
func (m *Mandate) MayAct(today mingjing.Date) bool {
	return m.IsOpen(today) && m.State == mingjing.MandateAccepted
}

// Shown returns a mandate as both sides read it: one that is over has ended, even if the
// job that ends it has not run.
func (m *Mandate) Shown(today mingjing.Date) mingjing.Mandate {
	out := m.Mandate
	if m.State.Open() && !m.IsOpen(today) {
		out.State = mingjing.MandateEnded
	}
	return out
}

// ForOwner returns a mandate as the resident sees it, without their own name.
func ForOwner(m mingjing.Mandate) mingjing.Mandate {
	m.Resident = ""
	return m
}

// Mandates returns those in which the actor is the helper, newest first. A mandate
// belongs to both: reading it is no look at the resident's data, and an entry in their
// access log would tell that the number of an offer belongs to somebody.
func (c *Mandates) Mandates(ctx context.Context, a mingjing.Actor) (mingjing.MandatesView, error) {
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
func (c *Mandates) MandatesFor(ctx context.Context, rd *kernel.Reader, helper mingjing.ResidentID) ([]mingjing.Mandate, error) {
	all, err := read(rd).MandatesFor(ctx, helper)
	list := make([]mingjing.Mandate, 0, len(all))
	for _, m := range all {
		list = append(list, m.Shown(c.city.Today()))
	}
	return list, err
}

// offers is how often a resident may offer a mandate.
var offers = kernel.Allowance{Use: "offer a mandate", Count: mingjing.MaxOffersADay}

// Offer stores an offer to the helper's number of m, and tells its owner. have are the
// mandates of the case and of those that it follows; an offer is refused where they are
// enough, and where one of them is for the same person, enrolled or not.
func (c *Mandates) Offer(ctx context.Context, rd *kernel.Reader, m Mandate, have []Mandate) error {
	have = slices.DeleteFunc(have, func(m Mandate) bool { return !m.IsOpen(c.city.Today()) })
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
	// Each offer tells somebody else, who may not want to hear of it.
	if err := rd.Allow(ctx, mingjing.Actor{Role: mingjing.RoleResident, ID: string(m.OwnerID)}, offers); err != nil {
		return err
	}
	if err := db(rd).PutMandate(ctx, m); err != nil {
		return err
	}
	// Whether there is somebody to be told is found out by the worker, so that not
	// even the time that this takes tells it.
	for _, at := range []time.Time{{}, m.Until.AddDays(1).Time(c.city.Zone())} {
		if err := rd.Enqueue(ctx, kernel.Job{Kind: JobMandate, ID: m.ID, At: at}); err != nil {
			return err
		}
	}
	return c.tellOwner(ctx, rd, m)
}

// AcceptMandate lets the actor act in the case that they were asked to help with.
func (c *Mandates) AcceptMandate(ctx context.Context, a mingjing.Actor, id string) (mingjing.Mandate, error) {
	return c.answerMandate(ctx, a, id, mingjing.MandateAccepted)
}

// DeclineMandate turns an offer down, or gives an accepted mandate back.
func (c *Mandates) DeclineMandate(ctx context.Context, a mingjing.Actor, id string) (mingjing.Mandate, error) {
	return c.answerMandate(ctx, a, id, mingjing.MandateDeclined)
}

func (c *Mandates) answerMandate(ctx context.Context, a mingjing.Actor, id string, to mingjing.MandateState) (mingjing.Mandate, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Mandate{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Mandate, error) {
		rd := t.As(OwnEntry(c.city, a))
		m, err := read(rd).Mandate(ctx, id, me)
		if err != nil {
			return mingjing.Mandate{}, err
		}
		if m.HelperID != me {
			return mingjing.Mandate{}, kernel.ErrNotFound
		}
		if !m.IsOpen(c.city.Today()) || m.State == to {
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
		owners := t.As(kernel.Entry{AccessEntry: m.Entry(c.city.Now(), "mandate", m.CaseID)})
		if err := owners.Log(ctx, m.OwnerID); err != nil {
			return mingjing.Mandate{}, err
		}
		return m.Mandate, c.setMandate(ctx, owners, rd, m)
	})
}

// RevokeMandate takes a mandate of the actor's back, at once.
func (c *Mandates) RevokeMandate(ctx context.Context, a mingjing.Actor, id string) (mingjing.Mandate, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Mandate{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Mandate, error) {
		rd := t.As(OwnEntry(c.city, a))
		m, err := read(rd).Mandate(ctx, id, me)
		if err != nil {
			return mingjing.Mandate{}, err
		}
		if m.OwnerID != me {
			return mingjing.Mandate{}, kernel.ErrNotFound
		}
		if !m.IsOpen(c.city.Today()) {
			return mingjing.Mandate{}, errMandateOver
		}
		if err := t.As(c.city.Entry(a, "mandate", m.CaseID, "own")).Log(ctx, me); err != nil {
			return mingjing.Mandate{}, err
		}
		if m.State == mingjing.MandateOffered {
			m.HelperID = "" // nobody is told, so that it takes as long where there is nobody
		}
		m.State = mingjing.MandateRevoked
		return ForOwner(m.Mandate), c.setMandate(ctx, rd, rd, m)
	})
}

// OwnEntry returns the entry of a resident who reads their own mandates to act by one
// of them: one a day.
func OwnEntry(city *kernel.City, a mingjing.Actor) kernel.Entry {
	return city.Entry(a, "mandates", "", "own").Once(string(city.Today()))
}

// Entry returns the entry of the resident's access log for what their helper does.
func (m *Mandate) Entry(at time.Time, action, subject string) mingjing.AccessEntry {
	return mingjing.AccessEntry{At: at.UTC(), Role: mingjing.RoleHelper, Who: m.Name, For: m.Resident,
		Action: action, Subject: subject, Purpose: "mandate"}
}

// LogOwn adds to a helper's own access log what they did for somebody else.
func LogOwn(ctx context.Context, t *kernel.Tx, a mingjing.Actor, m *Mandate, at time.Time, action, subject string) error {
	l := m.Entry(at, action, subject)
	l.Role = a.Role
	return t.As(kernel.Entry{AccessEntry: l}).Log(ctx, mingjing.ResidentID(a.ID))
}

// setMandate stores the new state of a mandate and notifies both sides, each by the
// reader whose entry is for their log.
func (c *Mandates) setMandate(ctx context.Context, owners, helpers *kernel.Reader, m Mandate) error {
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
func (c *Mandates) tellOwner(ctx context.Context, rd *kernel.Reader, m Mandate) error {
	if err := c.notices.Notify(ctx, rd, m.OwnerID, mingjing.NoticeHelper, string(m.State), "dispute", m.CaseID); err != nil {
		return err
	}
	return rd.Emit(ctx, string(m.OwnerID), mingjing.EventDispute, m.CaseID, c.city.Now())
}

// mandateDue is the job that notifies the helper of an offer, and ends a mandate after
// its last day.
func (c *Mandates) mandateDue(ctx context.Context, id string) error {
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(kernel.System, "mandate", id, "mandate").Once(id))
		m, err := read(rd).Mandate(ctx, id, "")
		if err != nil || !m.State.Open() {
			return err
		}
		if !m.IsOpen(c.city.Today()) {
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
func (c *Mandates) TellOffers(ctx context.Context, t *kernel.Tx, helper mingjing.ResidentID) error {
	rd := t.As(c.city.Entry(kernel.System, "mandate", "", "mandate").Once("offers"))
	all, err := read(rd).MandatesFor(ctx, helper)
	if err != nil {
		return err
	}
	for _, m := range all {
		if !m.IsOpen(c.city.Today()) {
			continue
		}
		if err := c.tellOffer(ctx, rd, m); err != nil {
			return err
		}
	}
	return nil
}

// tellOffer notifies the helper of an offer, once and if they are enrolled.
func (c *Mandates) tellOffer(ctx context.Context, rd *kernel.Reader, m Mandate) error {
	if m.HelperID == "" || m.Told || m.State != mingjing.MandateOffered {
		return nil
	}
	m.Told = true
	if err := db(rd).PutMandate(ctx, m); err != nil {
		return err
	}
	return c.notices.Notify(ctx, rd, m.HelperID, mingjing.NoticeHelper, string(m.State), "mandates", m.ID)
}
