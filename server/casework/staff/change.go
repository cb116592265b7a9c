package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// A Change is what somebody wants changed about a member.
type Change struct {
	// Step is one of [mingjing.StaffChanges].
	Step  string
	Login string
	// Name is that of a new member, Role and Agency those of a new member or a new role.
	Name   string
	Role   mingjing.Role
	Agency string
	// IDNumber is that of a new member, or of a link; by it nobody handles their own case.
	// Of an administrator, who sees no case, it is not stored.
	IDNumber mingjing.IDNumber
	Reason   string
	// Alone does without the second person where an administrator is changed. Only a
	// command may, and it says why.
	Alone bool
}

// maxReason and maxName are the most characters of a reason and of a name.
const (
	maxReason = 500
	maxName   = 100
)

var loginPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,31}$`)

// Operator returns the actor of a command on the server; account is the name of the
// account that runs it.
func Operator(account string) mingjing.Actor {
	return mingjing.Actor{Role: mingjing.RoleSystem, ID: "command", Name: account}
}

// IsCommand reports whether the actor is a command on the server.
func IsCommand(a mingjing.Actor) bool { return a.Role == mingjing.RoleSystem && a.ID == "command" }

// mayAdminister returns an error unless the actor is an administrator with a second
// factor, or a command.
func mayAdminister(a mingjing.Actor) error {
	if IsCommand(a) {
		return nil
	}
	return kernel.AsAdministrator(a)
}

// check returns the change with its texts in one form, or what is wrong with it.
func (c *Staff) check(ch Change) (Change, error) {
	ch.Login = strings.ToLower(strings.TrimSpace(ch.Login))
	ch.Name, ch.Agency, ch.Reason = strings.TrimSpace(ch.Name), strings.TrimSpace(ch.Agency), strings.TrimSpace(ch.Reason)
	var wrong []mingjing.FieldError
	if !slices.Contains(mingjing.StaffChanges, ch.Step) {
		return ch, mingjing.NewError(mingjing.Invalid, "unknown_step")
	}
	if !loginPattern.MatchString(ch.Login) {
		wrong = append(wrong, mingjing.FieldError{Field: "login", Code: "staff_number_invalid"})
	}
	if n := utf8.RuneCountInString(ch.Name); ch.Step == mingjing.StaffAdd && (n == 0 || n > maxName || !utf8.ValidString(ch.Name)) {
		wrong = append(wrong, mingjing.FieldError{Field: "name", Code: "name_required"})
	}
	if ch.Step == mingjing.StaffAdd || ch.Step == mingjing.StaffRole {
		if !slices.Contains(mingjing.StaffRoles, ch.Role) {
			wrong = append(wrong, mingjing.FieldError{Field: "role", Code: "role_required"})
		}
		if ch.Role != mingjing.RoleAgency {
			ch.Agency = ""
		} else if !slices.Contains(c.agencies(), ch.Agency) {
			wrong = append(wrong, mingjing.FieldError{Field: "agency", Code: "agency_required"})
		}
	}
	if ch.Step == mingjing.StaffLink && ch.IDNumber == "" {
		wrong = append(wrong, mingjing.FieldError{Field: "id_number", Code: "required"})
	}
	if ch.Step != mingjing.StaffLink && (ch.Step != mingjing.StaffAdd || ch.Role == mingjing.RoleAdministrator) {
		ch.IDNumber = ""
	}
	if utf8.RuneCountInString(ch.Reason) > maxReason || !utf8.ValidString(ch.Reason) {
		wrong = append(wrong, mingjing.FieldError{Field: "reason", Code: "too_long"})
	} else if ch.Alone && ch.Reason == "" {
		wrong = append(wrong, mingjing.FieldError{Field: "reason", Code: "required"})
	}
	if wrong != nil {
		return ch, mingjing.InvalidFields(wrong...)
	}
	return ch, nil
}

// agencies returns the codes of all agencies.
func (c *Staff) agencies() []string {
	list := []string{}
	for _, b := range c.city.HeldBooks() {
		for _, a := range b.Agencies {
			if !slices.Contains(list, a.Code) {
				list = append(list, a.Code)
			}
		}
	}
	slices.Sort(list)
	return list
}

// ChangeStaff adds a member or changes one. Where it takes a second person the change is
// only proposed. The errors are forbidden; self_administration; invalid_form with the
// fields login, name, role, agency, id_number and reason; and the conflicts staff_exists,
// staff_unchanged, staff_disabled, last_administrator and proposal_open.
func (c *Staff) ChangeStaff(ctx context.Context, a mingjing.Actor, ch Change) (mingjing.StaffResult, error) {
	if err := mayAdminister(a); err != nil {
		return mingjing.StaffResult{}, err
	}
	if ch.Alone && !IsCommand(a) {
		return mingjing.StaffResult{}, kernel.ErrForbidden
	}
	ch, err := c.check(ch)
	if err != nil {
		return mingjing.StaffResult{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.StaffResult, error) {
		m, active, err := plan(ctx, t, a, ch)
		if err != nil {
			return mingjing.StaffResult{}, err
		}
		now := c.city.Now().UTC()
		// A link gives nobody any power, so that one person makes it.
		two := concernsAdministrator(m, ch) && active >= 2 && ch.Step != mingjing.StaffLink
		if two && !ch.Alone {
			return c.propose(ctx, t, a, m, ch, now)
		}
		e := mingjing.StaffEntry{By: by(a), ByName: a.Name, Alone: two}
		return c.carryOut(ctx, t, m, ch, e, now)
	})
}

// by returns the staff number of an actor; "" for a command.
func by(a mingjing.Actor) string {
	if IsCommand(a) {
		return ""
	}
	return a.ID
}

// plan reads whom a change is about, and how many administrators are active. It returns
// an error where the change is not possible.
func plan(ctx context.Context, t *kernel.Tx, a mingjing.Actor, ch Change) (m Member, active int, err error) {
	if !IsCommand(a) && a.ID == ch.Login {
		return m, 0, mingjing.NewError(mingjing.Forbidden, "self_administration")
	}
	if err := db(t).LockStaff(ctx); err != nil {
		return m, 0, err
	}
	all, err := db(t).Members(ctx)
	if err != nil {
		return m, 0, err
	}
	at := slices.IndexFunc(all, func(m Member) bool { return m.Login == ch.Login })
	for _, m := range all {
		if m.Role == mingjing.RoleAdministrator && m.State == mingjing.StaffActive {
			active++
		}
	}
	if at >= 0 {
		m = all[at]
	}
	switch conflict := func(code string) error { return mingjing.NewError(mingjing.Conflict, code) }; {
	case ch.Step == mingjing.StaffAdd && at >= 0:
		err = conflict("staff_exists")
	case ch.Step == mingjing.StaffAdd:
	case at < 0:
		err = mingjing.NewError(mingjing.NotFound, "staff_unknown")
	case ch.Step == mingjing.StaffEnable && m.State != mingjing.StaffDisabled,
		ch.Step == mingjing.StaffDisable && m.State == mingjing.StaffDisabled,
		ch.Step == mingjing.StaffRole && m.Role == ch.Role && m.Agency == ch.Agency:
		err = conflict("staff_unchanged")
	case ch.Step == mingjing.StaffReset && m.State == mingjing.StaffDisabled:
		err = conflict("staff_disabled")
	case (ch.Step == mingjing.StaffRole || ch.Step == mingjing.StaffDisable) &&
		m.Role == mingjing.RoleAdministrator && m.State == mingjing.StaffActive && active == 1:
		err = conflict("last_administrator")
	}
	return m, active, err
}

// concernsAdministrator reports whether a change makes or changes an administrator.
func concernsAdministrator(m Member, ch Change) bool {
	return m.Role == mingjing.RoleAdministrator || ch.Role == mingjing.RoleAdministrator
}

// propose stores a change that a second administrator has to confirm.
func (c *Staff) propose(ctx context.Context, t *kernel.Tx, a mingjing.Actor, m Member, ch Change,
	now time.Time) (mingjing.StaffResult, error) {
	open, err := db(t).Proposals(ctx)
	if err != nil {
		return mingjing.StaffResult{}, err
	}
	if slices.ContainsFunc(open, func(p mingjing.StaffProposal) bool { return p.Login == ch.Login }) {
		return mingjing.StaffResult{}, mingjing.NewError(mingjing.Conflict, "proposal_open")
	}
	after := changed(m, ch, now)
	p := mingjing.StaffProposal{ID: kernel.NewID(), At: now, Change: ch.Step, By: by(a), ByName: a.Name, Login: after.Login,
		Name: after.Name, Role: after.Role, Agency: after.Agency, Reason: ch.Reason, Mine: true}
	if err := db(t).AddProposal(ctx, p); err != nil {
		return mingjing.StaffResult{}, err
	}
	e := mingjing.StaffEntry{Step: mingjing.StaffProposed, Change: ch.Step, By: p.By, ByName: p.ByName, Reason: ch.Reason}
	return mingjing.StaffResult{Member: after.StaffMember, Proposal: &p}, c.write(ctx, t, e, after, now)
}

// changed returns the member as it is after a change.
func changed(m Member, ch Change, now time.Time) Member {
	switch ch.Step {
	case mingjing.StaffAdd:
		m = Member{StaffMember: mingjing.StaffMember{Login: ch.Login, Name: ch.Name, Role: ch.Role, Agency: ch.Agency,
			State: mingjing.StaffInvited, AddedAt: now}}
	case mingjing.StaffRole:
		m.Role, m.Agency = ch.Role, ch.Agency
	case mingjing.StaffDisable:
		m.State = mingjing.StaffDisabled
	case mingjing.StaffEnable:
		m.State = mingjing.StaffInvited
		if m.Activated {
			m.State = mingjing.StaffActive
		}
	case mingjing.StaffReset:
		m.State, m.Activated = mingjing.StaffInvited, false
	}
	m.Linked = m.Linked || ch.IDNumber != ""
	return m
}

// carryOut changes a member, writes the entry, and makes a new code where one is needed.
func (c *Staff) carryOut(ctx context.Context, t *kernel.Tx, m Member, ch Change, e mingjing.StaffEntry,
	now time.Time) (mingjing.StaffResult, error) {
	m = changed(m, ch, now)
	var code *mingjing.StaffCode
	switch ch.Step {
	case mingjing.StaffAdd, mingjing.StaffReset:
		code = &mingjing.StaffCode{Login: m.Login, Name: m.Name, Code: newCode(), Until: now.Add(DefaultCodeLifespan)}
		m.CodeUntil = &code.Until
	case mingjing.StaffDisable:
		m.CodeUntil = nil // a code that was given out is worth nothing after that
	}
	store := db(t).SetMember
	if ch.Step == mingjing.StaffAdd {
		store = db(t).AddMember
	}
	if err := store(ctx, m); err != nil {
		return mingjing.StaffResult{}, err
	}
	if ch.IDNumber != "" {
		if err := db(t).LinkMember(ctx, m.Login, ch.IDNumber); err != nil {
			return mingjing.StaffResult{}, err
		}
	}
	if code != nil {
		if err := db(t).SetStaffCode(ctx, m.Login, plainCode(code.Code), code.Until); err != nil {
			return mingjing.StaffResult{}, err
		}
	} else if ch.Step == mingjing.StaffDisable {
		if err := db(t).SetStaffCode(ctx, m.Login, "", time.Time{}); err != nil {
			return mingjing.StaffResult{}, err
		}
	}
	e.Step, e.Reason = ch.Step, ch.Reason
	if err := c.write(ctx, t, e, m, now); err != nil {
		return mingjing.StaffResult{}, err
	}
	return mingjing.StaffResult{Member: m.StaffMember, Code: code}, t.Enqueue(ctx, kernel.Job{Kind: JobApply, ID: m.Login})
}

// codeAlphabet has 32 characters that are not mistaken for one another.
const codeAlphabet = "abcdefghijkmnpqrstuvwxyz23456789"

// newCode returns a one-time code of 80 random bits: four groups of four characters.
func newCode() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	var s strings.Builder
	for i, n := range b {
		if i > 0 && i%4 == 0 {
			s.WriteByte('-')
		}
		s.WriteByte(codeAlphabet[n%32])
	}
	return s.String()
}

// plainCode returns a code as it is stored: without spaces and hyphens, in lower case.
func plainCode(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u3000' || r == '\u00a0' || r == '－' {
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(text)))
}

// proposal returns an open proposal and the others, or an error where the actor may not
// settle it: it is their own, or about themselves.
func proposal(ctx context.Context, t *kernel.Tx, a mingjing.Actor, id string) (mingjing.StaffProposal, error) {
	if err := db(t).LockStaff(ctx); err != nil {
		return mingjing.StaffProposal{}, err
	}
	open, err := db(t).Proposals(ctx)
	if err != nil {
		return mingjing.StaffProposal{}, err
	}
	i := slices.IndexFunc(open, func(p mingjing.StaffProposal) bool { return p.ID == id })
	if i < 0 {
		return mingjing.StaffProposal{}, kernel.ErrNotFound
	}
	return open[i], nil
}

// isSecond returns an error unless the actor may confirm a proposal.
func isSecond(a mingjing.Actor, p mingjing.StaffProposal) error {
	switch by := by(a); {
	case !IsCommand(a) && a.ID == p.Login:
		return mingjing.NewError(mingjing.Forbidden, "self_administration")
	case by == p.By:
		return mingjing.NewError(mingjing.Forbidden, "second_administrator")
	}
	return nil
}

// ConfirmChange carries out what somebody else has proposed. The errors are forbidden;
// second_administrator where the actor has proposed it; those of [Staff.ChangeStaff];
// and not_found.
func (c *Staff) ConfirmChange(ctx context.Context, a mingjing.Actor, id string) (mingjing.StaffResult, error) {
	if err := mayAdminister(a); err != nil {
		return mingjing.StaffResult{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.StaffResult, error) {
		p, err := proposal(ctx, t, a, id)
		if err != nil {
			return mingjing.StaffResult{}, err
		}
		if err := isSecond(a, p); err != nil {
			return mingjing.StaffResult{}, err
		}
		ch := Change{Step: p.Change, Login: p.Login, Name: p.Name, Role: p.Role, Agency: p.Agency, Reason: p.Reason}
		m, _, err := plan(ctx, t, a, ch)
		if err != nil {
			return mingjing.StaffResult{}, err
		}
		if err := db(t).DeleteProposal(ctx, id); err != nil {
			return mingjing.StaffResult{}, err
		}
		e := mingjing.StaffEntry{By: by(a), ByName: a.Name, With: p.By, WithName: p.ByName}
		return c.carryOut(ctx, t, m, ch, e, c.city.Now().UTC())
	})
}

// RefuseChange drops a proposal: another administrator refuses it, or who made it takes
// it back. The errors are forbidden, self_administration and not_found.
func (c *Staff) RefuseChange(ctx context.Context, a mingjing.Actor, id string) error {
	if err := mayAdminister(a); err != nil {
		return err
	}
	_, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (struct{}, error) {
		p, err := proposal(ctx, t, a, id)
		if err != nil {
			return struct{}{}, err
		}
		if err := isSecond(a, p); err != nil && by(a) != p.By {
			return struct{}{}, err
		}
		if err := db(t).DeleteProposal(ctx, id); err != nil {
			return struct{}{}, err
		}
		about := Member{StaffMember: mingjing.StaffMember{Login: p.Login, Name: p.Name, Role: p.Role, Agency: p.Agency}}
		e := mingjing.StaffEntry{Step: mingjing.StaffRefused, Change: p.Change, By: by(a), ByName: a.Name, With: p.By, WithName: p.ByName}
		return struct{}{}, c.write(ctx, t, e, about, c.city.Now().UTC())
	})
	return err
}

// AdoptStaff stores a member whose login exists already, made by the program itself. Of
// somebody who is stored it changes nothing, but adds the ID number if there is none.
func (c *Staff) AdoptStaff(ctx context.Context, ch Change) error {
	ch.Step = mingjing.StaffAdd
	ch, err := c.check(ch)
	if err != nil {
		return err
	}
	_, err = kernel.InTx(ctx, c.city, func(t *kernel.Tx) (struct{}, error) {
		if err := db(t).LockStaff(ctx); err != nil {
			return struct{}{}, err
		}
		now, e := c.city.Now().UTC(), mingjing.StaffEntry{Step: mingjing.StaffAdd, ByName: "mingjing"}
		m, err := db(t).Member(ctx, ch.Login)
		switch {
		case errors.Is(err, kernel.ErrNotFound):
			m = changed(Member{}, ch, now)
			m.State, m.Activated = mingjing.StaffActive, true
			err = db(t).AddMember(ctx, m)
		case err == nil && (m.Linked || ch.IDNumber == ""):
			return struct{}{}, nil
		case err == nil:
			m.Linked, e.Step = true, mingjing.StaffLink
			err = db(t).SetMember(ctx, m)
		}
		if err == nil && ch.IDNumber != "" {
			err = db(t).LinkMember(ctx, m.Login, ch.IDNumber)
		}
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, c.write(ctx, t, e, m, now)
	})
	return err
}
