package complaint

import (
	"context"
	"slices"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// measures returns everything that somebody may say they were refused: what the register
// lets a list do, and what it lets none do.
func measures() []mingjing.RefusalMeasure {
	register := mingjing.PublishedRegister()
	all := []mingjing.RefusalMeasure{{Code: mingjing.ScoreMeasure}}
	for _, m := range register.Measures {
		if m.Kind != "give_benefit" {
			all = append(all, mingjing.RefusalMeasure{Code: m.Code, Name: m.Name})
		}
	}
	for _, m := range register.RefusedMeasures {
		all = append(all, mingjing.RefusalMeasure{Code: m.Code, Name: m.Name})
	}
	return all
}

// never reports whether no list may ever have the measure.
func never(measure string) bool {
	return slices.ContainsFunc(mingjing.PublishedRegister().RefusedMeasures, func(m mingjing.NeverUse) bool { return m.Code == measure })
}

func known(measure string) bool {
	return slices.ContainsFunc(measures(), func(m mingjing.RefusalMeasure) bool { return m.Code == measure })
}

// Refused returns what can be asked about, and the answer to one measure, if it is not "":
// whether it is published, and which of the actor's listings carries it today.
func (c *Complaints) Refused(ctx context.Context, a mingjing.Actor, measure string) (mingjing.RefusedView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.RefusedView{}, err
	}
	v := mingjing.RefusedView{Measures: measures()}
	if measure == "" {
		return v, nil
	}
	if !known(measure) {
		return mingjing.RefusedView{}, mingjing.InvalidFields(mingjing.FieldError{Field: "measure", Code: "refused_measure"})
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.RefusedView, error) {
		v.Measure = measure
		v.Answer, v.Listings, err = c.answer(ctx, t.As(c.city.Entry(a, "refused", "", "own")), me, measure)
		return v, err
	})
}

// answer returns what the law says to a measure that a resident was told about, and which
// of their listings carry it.
func (c *Complaints) answer(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, measure string) (mingjing.RefusalAnswer,
	[]mingjing.Listing, error) {
	if err := rd.Log(ctx, me); err != nil {
		return "", nil, err
	}
	if never(measure) {
		return mingjing.RefusalNever, nil, nil
	}
	stored, err := read(rd).Listings(ctx, me)
	if err != nil {
		return "", nil, err
	}
	listings := make([]mingjing.Listing, 0, len(stored))
	for _, l := range stored {
		listings = append(listings, l.Listing)
	}
	answer, carry := mingjing.AnswerRefusal(c.city.Books(), listings, measure, c.city.Today())
	return answer, carry, nil
}

// StateClear returns a statement that no listing of the actor's carries a measure now. It
// says the name and the masked ID number, so that it can be compared with a document. The
// errors are invalid_form with the field measure, and measure_not_clear (Conflict) where a
// listing carries the measure, or nobody may apply it anyhow.
func (c *Complaints) StateClear(ctx context.Context, a mingjing.Actor, measure string) (mingjing.Statement, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Statement{}, err
	}
	if !known(measure) {
		return mingjing.Statement{}, mingjing.InvalidFields(mingjing.FieldError{Field: "measure", Code: "refused_measure"})
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Statement, error) {
		rd := t.As(c.city.Entry(a, "refused_statement", "", "own"))
		answer, _, err := c.answer(ctx, rd, me, measure)
		if err != nil {
			return mingjing.Statement{}, err
		}
		if answer != mingjing.RefusalClear {
			return mingjing.Statement{}, mingjing.NewError(mingjing.Conflict, "measure_not_clear")
		}
		r, err := read(rd).Resident(ctx, me)
		if err != nil {
			return mingjing.Statement{}, err
		}
		now := c.city.Now().UTC()
		s := mingjing.Statement{Number: kernel.NewID(), IssuedAt: now, ExpiresAt: now.Add(mingjing.MeasureStatementTime), AsOf: c.city.Today(),
			Name: r.Name, IDMasked: r.IDNumber.Masked()}
		for _, b := range c.city.Books() {
			if m, ok := b.Measure(measure); ok {
				s.Rulebook, s.Unrestricted = b.Ref(), &m.Measure
				break
			}
		}
		return s, nil
	})
}
