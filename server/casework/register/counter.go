package register

import (
	"context"
	"slices"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// checkDocument returns what is wrong with the document that staff have checked.
func checkDocument(document string) []mingjing.FieldError {
	if slices.Contains(mingjing.IDDocuments, document) {
		return nil
	}
	return []mingjing.FieldError{{Field: "document", Code: "document_required"}}
}

// checked returns the purpose of an entry after somebody's document was checked.
func checked(document string) string { return "checked_" + document }

// EnrolAtCounter enrols one person who came to the counter, whose document was checked, and
// returns an activation code. The errors are forbidden; invalid_form with the fields of
// [Enrolled] and document; already_enrolled (Conflict), of which the access log of whoever
// is enrolled has an entry; and case_own, where it is the actor or a relative.
func (c *Register) EnrolAtCounter(ctx context.Context, a mingjing.Actor, n Newcomer, document string) (mingjing.CounterEnrolment, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CounterEnrolment{}, err
	}
	r, wrong := c.parse(n)
	if wrong = append(wrong, checkDocument(document)...); wrong != nil {
		return mingjing.CounterEnrolment{}, mingjing.InvalidFields(wrong...)
	}
	there := false
	made, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (made mingjing.CounterEnrolment, err error) {
		var id mingjing.ResidentID
		if id, there, err = c.enrol(ctx, t, r); err != nil {
			return made, err
		}
		if err := c.desk.MayServe(ctx, t, a, id); err != nil {
			return made, err
		}
		if err := t.As(c.city.Entry(a, "enrol", "", checked(document))).Log(ctx, id); err != nil || there {
			return made, err
		}
		made.Name, made.IDMasked = r.Name, r.IDNumber.Masked()
		made.ActivationCode, err = c.issue(ctx, t, id, CounterCodeLifespan)
		return made, err
	})
	if err == nil && there {
		err = mingjing.NewError(mingjing.Conflict, "already_enrolled")
	}
	return made, err
}

// CodeAtCounter makes a new activation code for the resident of a look-up of the actor's,
// whose document was checked. The older code ends, the resident is told, and the access log
// has who did it. The code replaces the password when it is used, not before. The errors
// are forbidden, visit_over, case_own, and invalid_form with the field document.
func (c *Register) CodeAtCounter(ctx context.Context, a mingjing.Actor, visit, document string) (mingjing.CounterView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CounterView{}, err
	}
	if wrong := checkDocument(document); wrong != nil {
		return mingjing.CounterView{}, mingjing.InvalidFields(wrong...)
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CounterView, error) {
		v, err := c.desk.VisitIn(ctx, t, a, visit)
		if err != nil {
			return mingjing.CounterView{}, err
		}
		rd := t.As(c.city.Entry(a, "counter_code", "", checked(document)))
		r, err := read(rd).Resident(ctx, v.Resident)
		if err != nil {
			return mingjing.CounterView{}, err
		}
		code, err := c.issue(ctx, t, r.ID, CounterCodeLifespan)
		if err != nil {
			return mingjing.CounterView{}, err
		}
		err = c.notices.Notify(ctx, rd, r.ID, mingjing.NoticeSecurity, mingjing.SecurityCounterCode, "access-log", "")
		return mingjing.CounterView{Resident: r.Name, IDMasked: r.IDNumber.Masked(), Records: []mingjing.CounterItem{},
			Listings: []mingjing.CounterItem{}, Code: &code}, err
	})
}
