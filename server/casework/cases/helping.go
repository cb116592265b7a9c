package cases

import (
	"context"
	"slices"
	"strings"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
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
		m := mandate.Mandate{OwnerID: me, Number: number, Mandate: mingjing.Mandate{ID: kernel.NewID(), CaseID: d.ID, Helper: number.Masked(),
			Resident: resident.Name, Relation: o.Relation, From: c.city.Now().UTC(), Until: o.Until, State: mingjing.MandateOffered}}
		if d.State == mingjing.CaseDecided && d.Decision != nil {
			last := c.lanesUntil(d)
			if today > last {
				return mingjing.NewError(mingjing.Conflict, "case_decided")
			}
			m.Until = min(m.Until, last) // then there is no way on from the case
		}
		have, err := mandatesIn(ctx, rd, d)
		if err != nil {
			return err
		}
		return c.mandates.Offer(ctx, rd, m, have)
	})
	if err != nil {
		return mingjing.Case{}, kernel.Public(err)
	}
	return c.Dispute(ctx, a, o.CaseID)
}

// showMandates adds the mandates to a case that its resident reads, and the resident's
// name to one that a helper reads.
func (c *Cases) showMandates(ctx context.Context, rd *kernel.Reader, m *mandate.Mandate, d Case, out *mingjing.Case) error {
	if m != nil {
		out.ActingFor, out.ActingUntil = m.Resident, m.Until
		return nil
	}
	all, err := mandatesIn(ctx, rd, d)
	for _, m := range all {
		out.Mandates = append(out.Mandates, mandate.ForOwner(m.Shown(c.city.Today())))
	}
	return err
}

// Helping returns a case in which the actor acts for somebody else.
func (c *Cases) Helping(ctx context.Context, a mingjing.Actor, id string) (mingjing.Case, error) {
	d, err := c.Dispute(ctx, a, id)
	if err == nil && d.ActingFor == "" {
		return mingjing.Case{}, kernel.ErrNothingThere
	}
	return d, err
}
