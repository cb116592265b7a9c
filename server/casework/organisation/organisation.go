package organisation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Limits on what is typed.
const (
	maxName   = 200 // characters
	maxSource = 200 // characters
)

func wrong(field, code string) error {
	return mingjing.InvalidFields(mingjing.FieldError{Field: field, Code: code})
}

// line returns a text of one line; ok is false where it is empty, too long or can't be shown.
func line(text string, most int) (s string, ok bool) {
	s = kernel.TypedLine(text)
	return s, s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}

// parseCode returns the code of an organisation, which may be doubtful.
func parseCode(text string) (mingjing.OrganisationCode, error) {
	code, bad := mingjing.ParseOrganisationCode(text)
	if code == "" {
		return "", wrong("organisation", bad.Error())
	}
	return code, nil
}

// RegisterOrganisation enters an organisation by its code; of one that is there it changes
// nothing. Doubtful in the answer is a warning, and no refusal. The errors are invalid_form
// with the fields organisation and name.
func (c *Organisations) RegisterOrganisation(ctx context.Context, a mingjing.Actor, code, name string) (mingjing.OrganisationView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.OrganisationView{}, err
	}
	of, err := parseCode(code)
	if err != nil {
		return mingjing.OrganisationView{}, err
	}
	name, ok := line(name, maxName)
	if !ok {
		return mingjing.OrganisationView{}, wrong("name", "name_required")
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.OrganisationView, error) {
		_, err := db(t).ResidentByIDNumber(ctx, of.Number())
		if errors.Is(err, kernel.ErrNotFound) {
			r := kernel.Resident{ID: mingjing.OrganisationID(kernel.NewID()), IDNumber: of.Number(), Name: name, CreatedAt: c.city.Now().UTC()}
			if err = db(t).AddResident(ctx, r); err == nil {
				err = t.As(c.city.Entry(a, "organisation", "", "record")).Log(ctx, r.ID)
			}
		}
		if err != nil {
			return mingjing.OrganisationView{}, err
		}
		return c.desk(ctx, t, a, of)
	})
}

// OrganisationDesk returns an organisation with who acts for it, as staff see it.
func (c *Organisations) OrganisationDesk(ctx context.Context, a mingjing.Actor, code string) (mingjing.OrganisationView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.OrganisationView{}, err
	}
	if strings.TrimSpace(code) == "" {
		return mingjing.OrganisationView{}, nil
	}
	of, err := parseCode(code)
	if err != nil {
		return mingjing.OrganisationView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.OrganisationView, error) { return c.desk(ctx, t, a, of) })
}

func (c *Organisations) desk(ctx context.Context, t *kernel.Tx, a mingjing.Actor, code mingjing.OrganisationCode) (
	mingjing.OrganisationView, error) {
	v := mingjing.OrganisationView{Code: code, Doubtful: code.Doubtful()}
	id, err := db(t).ResidentByIDNumber(ctx, code.Number())
	if errors.Is(err, kernel.ErrNotFound) {
		return v, nil
	} else if err != nil {
		return v, err
	}
	rd := t.As(c.city.Entry(a, "organisation", "", "record"))
	firm, err := read(rd).Resident(ctx, id)
	if err != nil {
		return v, err
	}
	v.Name = firm.Name
	all, err := db(t).Representatives(ctx, id)
	if err != nil {
		return v, err
	}
	for _, m := range all {
		who, err := read(rd).Resident(ctx, m.Representative)
		if err != nil {
			return v, err
		}
		v.Representatives = append(v.Representatives, mingjing.Representative{ID: m.ID, Name: who.Name, IDMasked: who.IDNumber.Masked(),
			Source: m.Source, State: m.State, At: m.At, ProposedBy: m.ProposedBy, ConfirmedBy: m.ConfirmedBy,
			Confirm: m.State == mingjing.RepresentativeProposed && m.ProposedBy != a.ID})
	}
	return v, nil
}

// ProposeRepresentative proposes that a resident acts for an organisation, by an extract of the
// business register. It has no effect until a second person confirms it. The errors are
// invalid_form with the fields organisation, id_number and source, and case_own where it is the
// actor's own.
func (c *Organisations) ProposeRepresentative(ctx context.Context, a mingjing.Actor, code, number, source string) (
	mingjing.OrganisationView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.OrganisationView{}, err
	}
	of, err := parseCode(code)
	if err != nil {
		return mingjing.OrganisationView{}, err
	}
	n, err := mingjing.ParseIDNumber(number, c.city.Now())
	if err != nil {
		return mingjing.OrganisationView{}, wrong("id_number", err.Error())
	}
	source, ok := line(source, maxSource)
	if !ok {
		return mingjing.OrganisationView{}, wrong("source", "required")
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.OrganisationView, error) {
		firm, err := db(t).ResidentByIDNumber(ctx, of.Number())
		if errors.Is(err, kernel.ErrNotFound) {
			return mingjing.OrganisationView{}, wrong("organisation", "organisation_unknown")
		} else if err != nil {
			return mingjing.OrganisationView{}, err
		}
		who, err := db(t).ResidentByIDNumber(ctx, n)
		if errors.Is(err, kernel.ErrNotFound) {
			return mingjing.OrganisationView{}, wrong("id_number", "resident_unknown")
		} else if err != nil {
			return mingjing.OrganisationView{}, err
		}
		if err := c.notOwn(ctx, t, a, who); err != nil {
			return mingjing.OrganisationView{}, err
		}
		have, err := db(t).Representatives(ctx, firm)
		if err != nil {
			return mingjing.OrganisationView{}, err
		}
		if slices.ContainsFunc(have, func(m Mandate) bool { return m.Representative == who && m.State != mingjing.RepresentativeEnded }) {
			return mingjing.OrganisationView{}, mingjing.NewError(mingjing.Conflict, "representative_there")
		}
		m := Mandate{ID: kernel.NewID(), Organisation: firm, Representative: who, Source: source, State: mingjing.RepresentativeProposed,
			At: c.city.Now().UTC(), ProposedBy: a.ID}
		if err := c.put(ctx, t, a, m); err != nil {
			return mingjing.OrganisationView{}, err
		}
		return c.desk(ctx, t, a, of)
	})
}

// notOwn returns an error where a member of staff is the resident: nobody decides on their own
// mandate.
func (c *Organisations) notOwn(ctx context.Context, t *kernel.Tx, a mingjing.Actor, who mingjing.ResidentID) error {
	self, err := db(t).ResidentOfMember(ctx, a.ID)
	switch {
	case errors.Is(err, kernel.ErrNotFound):
		return nil
	case err == nil && self == who:
		return mingjing.NewError(mingjing.Forbidden, "case_own")
	}
	return err
}

// put stores a mandate and adds it to the access logs of both sides.
func (c *Organisations) put(ctx context.Context, t *kernel.Tx, a mingjing.Actor, m Mandate) error {
	for _, id := range []mingjing.ResidentID{m.Organisation, m.Representative} {
		if err := t.As(c.city.Entry(a, "representative", "", "record")).Log(ctx, id); err != nil {
			return err
		}
	}
	return db(t).PutRepresentative(ctx, m)
}

// ConfirmRepresentative lets a proposed representative act. The error is second_person where
// the actor proposed it.
func (c *Organisations) ConfirmRepresentative(ctx context.Context, a mingjing.Actor, id string) error {
	return c.move(ctx, a, id, mingjing.RepresentativeActing)
}

// EndRepresentative ends a mandate at once; one person can, since it only takes away.
func (c *Organisations) EndRepresentative(ctx context.Context, a mingjing.Actor, id string) error {
	return c.move(ctx, a, id, mingjing.RepresentativeEnded)
}

func (c *Organisations) move(ctx context.Context, a mingjing.Actor, id string, to mingjing.RepresentativeState) error {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return err
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		m, err := db(t).Representative(ctx, id)
		if err == nil {
			err = c.notOwn(ctx, t, a, m.Representative)
		}
		switch {
		case err != nil:
			return err
		case m.State == mingjing.RepresentativeEnded || to == mingjing.RepresentativeActing && m.State != mingjing.RepresentativeProposed:
			return mingjing.NewError(mingjing.Conflict, "representative_over")
		case to == mingjing.RepresentativeActing && m.ProposedBy == a.ID:
			return mingjing.NewError(mingjing.Forbidden, "second_person")
		}
		if m.State = to; to == mingjing.RepresentativeActing {
			m.ConfirmedBy = a.ID
		}
		return c.put(ctx, t, a, m)
	}))
}

// OwnOrganisations returns the organisations for which the actor acts.
func (c *Organisations) OwnOrganisations(ctx context.Context, a mingjing.Actor) (mingjing.OrganisationsView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.OrganisationsView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.OrganisationsView, error) {
		v := mingjing.OrganisationsView{Organisations: []mingjing.Organisation{}}
		if me.Subject() == mingjing.OfOrganisations {
			v.ActingFor = string(me)
			return v, nil
		}
		all, err := db(t).RepresentedBy(ctx, me)
		if err != nil {
			return v, err
		}
		for _, m := range all {
			rd := t.As(c.city.Entry(kernel.System, "organisation", "", "mandate").Once(string(c.city.Today())))
			firm, err := read(rd).Resident(ctx, m.Organisation)
			if err != nil {
				return v, err
			}
			v.Organisations = append(v.Organisations, mingjing.Organisation{ID: string(m.Organisation), Name: firm.Name,
				Code: mingjing.OrganisationCode(firm.IDNumber.Masked()), Since: m.At})
		}
		return v, nil
	})
}

// ActFor returns the actor that a representative is for an organisation: the organisation under
// the representative's name. It is read anew for each request, so that a mandate that was ended
// ends at once.
func (c *Organisations) ActFor(ctx context.Context, a mingjing.Actor, organisation string) (mingjing.Actor, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Actor{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Actor, error) {
		all, err := db(t).RepresentedBy(ctx, me)
		if err != nil {
			return mingjing.Actor{}, err
		}
		if !slices.ContainsFunc(all, func(m Mandate) bool { return string(m.Organisation) == organisation }) {
			return mingjing.Actor{}, kernel.ErrNothingThere
		}
		who, err := read(t.As(c.city.Entry(a, "screen", "", "own").Once(string(c.city.Today())))).Resident(ctx, me)
		if err != nil {
			return mingjing.Actor{}, err
		}
		acting := a
		acting.ID, acting.Name = organisation, who.Name
		return acting, nil
	})
}

// LookUpOrganisation returns what the law publishes of an organisation: its blacklistings that
// are in effect, with term and way off. It names no person, and tells of no code that is not
// registered.
func (c *Organisations) LookUpOrganisation(ctx context.Context, code string) (mingjing.OrganisationPublic, error) {
	v := mingjing.OrganisationPublic{Listings: []mingjing.PublicListing{}}
	if strings.TrimSpace(code) == "" {
		return v, nil
	}
	of, err := parseCode(code)
	if err != nil {
		return v, err
	}
	v.Code, v.Doubtful = of, of.Doubtful()
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.OrganisationPublic, error) {
		v := v
		id, err := db(t).ResidentByIDNumber(ctx, of.Number())
		if errors.Is(err, kernel.ErrNotFound) {
			return v, nil
		} else if err != nil {
			return v, err
		}
		rd := t.As(c.city.Entry(kernel.System, "looked_up", "", "public").Once(string(c.city.Today())))
		firm, err := read(rd).Resident(ctx, id)
		if err != nil {
			return v, err
		}
		v.Name = firm.Name
		all, err := read(rd).Listings(ctx, id)
		for _, l := range all {
			if l.Kind == mingjing.Blacklist && l.Effective(c.city.Today()) {
				v.Listings = append(v.Listings, mingjing.PublicListing{Code: l.Code, Agency: l.Agency, From: l.From, Ends: l.Ends, Exit: l.Exit,
					LegalBasis: l.LegalBasis})
			}
		}
		return v, err
	})
}
