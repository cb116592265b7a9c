package kernel

import (
	"errors"
	"slices"

	"mingjing"
)

// System is the actor of the product's own worker.
var System = mingjing.Actor{Role: mingjing.RoleSystem, ID: "worker"}

// Errors that callers are told.
var (
	ErrForbidden    = mingjing.NewError(mingjing.Forbidden, "forbidden")
	ErrNothingThere = mingjing.NewError(mingjing.NotFound, "not_found")
	ErrUnavailable  = mingjing.NewError(mingjing.Unavailable, "unavailable")
)

// AsResident returns the actor's resident ID, or a forbidden error.
func AsResident(a mingjing.Actor) (mingjing.ResidentID, error) {
	if a.Role != mingjing.RoleResident || a.ID == "" {
		return "", ErrForbidden
	}
	return mingjing.ResidentID(a.ID), nil
}

// AsStaff returns an error unless the actor is staff, has shown a second factor and
// holds one of the roles.
func AsStaff(a mingjing.Actor, roles ...mingjing.Role) error {
	if !a.Role.Staff() || a.ID == "" {
		return ErrForbidden
	}
	if a.AAL < 2 {
		return mingjing.NewError(mingjing.Forbidden, "aal2_required")
	}
	if !slices.Contains(roles, a.Role) {
		return ErrForbidden
	}
	return nil
}

// AsAdministrator returns an error unless the actor is an administrator who has shown a
// second factor.
func AsAdministrator(a mingjing.Actor) error {
	switch {
	case a.Role != mingjing.RoleAdministrator || a.ID == "":
		return ErrForbidden
	case a.AAL < 2:
		return mingjing.NewError(mingjing.Forbidden, "aal2_required")
	}
	return nil
}

// AsAgency returns the code of the actor's agency, or a forbidden error.
func AsAgency(a mingjing.Actor) (string, error) {
	if a.Role != mingjing.RoleAgency || a.ID == "" || a.Agency == "" {
		return "", ErrForbidden
	}
	return a.Agency, nil
}

// AsOfficer returns the code of an officer's agency, or an error unless they have
// shown a second factor. An agency's computer submits, and reads nothing.
func AsOfficer(a mingjing.Actor) (string, error) {
	agency, err := AsAgency(a)
	if err == nil && a.AAL < 2 {
		err = mingjing.NewError(mingjing.Forbidden, "aal2_required")
	}
	return agency, err
}

// Purpose returns the purpose of an entry when a member of staff reads.
func Purpose(a mingjing.Actor) string {
	if a.Role == mingjing.RoleAuditor {
		return "audit"
	}
	return "dispute"
}

// askableID returns the staff number or agency code by which a resident can ask about an
// actor's entry; "" for actors who can't be asked.
func askableID(a mingjing.Actor) string {
	switch {
	case a.Role.Staff():
		return a.ID
	case a.Role == mingjing.RoleAgency:
		return a.Agency
	}
	return ""
}

// Signed returns an agency's actor with the name that a resident's access log shows.
func (c *City) Signed(a mingjing.Actor) mingjing.Actor {
	if a.Name == "" || a.Name == a.Agency { // its computer: pages know its name by the code
		a.Name = a.Agency
		return a
	}
	name := a.Agency
	for _, b := range c.HeldBooks() {
		if ag, ok := b.Agency(a.Agency); ok {
			name = ag.Name.In(mingjing.Languages[0])
			break
		}
	}
	a.Name = name + " " + a.Name
	return a
}

// Public returns the error that the caller is told for an error of the store.
func Public(err error) error {
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrNothingThere
	case errors.Is(err, ErrCursor):
		return mingjing.NewError(mingjing.Invalid, "invalid_cursor")
	case errors.Is(err, ErrConflict):
		return mingjing.NewError(mingjing.Conflict, "changed_meanwhile")
	}
	return err
}
