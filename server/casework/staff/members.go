package staff

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// StaffList returns all members and the open proposals, for administrators.
func (c *Staff) StaffList(ctx context.Context, a mingjing.Actor) (mingjing.StaffView, error) {
	if err := mayAdminister(a); err != nil {
		return mingjing.StaffView{}, err
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.StaffView, error) {
		v := mingjing.StaffView{Members: []mingjing.StaffMember{}, Proposals: []mingjing.StaffProposal{}, Agencies: c.agencies()}
		all, err := db(t).Members(ctx)
		if err != nil {
			return v, err
		}
		for _, m := range all {
			v.Members = append(v.Members, m.shown())
		}
		open, err := db(t).Proposals(ctx)
		for _, p := range open {
			p.Mine = isSecond(a, p) != nil
			v.Proposals = append(v.Proposals, p)
		}
		return v, err
	})
}

// shown returns the member without the end of a code that is of no use any more.
func (m Member) shown() mingjing.StaffMember {
	if m.State != mingjing.StaffInvited {
		m.CodeUntil = nil
	}
	return m.StaffMember
}

// StaffMember returns one member, for administrators.
func (c *Staff) StaffMember(ctx context.Context, a mingjing.Actor, login string) (mingjing.StaffMemberView, error) {
	if err := mayAdminister(a); err != nil {
		return mingjing.StaffMemberView{}, err
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.StaffMemberView, error) {
		all, err := db(t).Members(ctx)
		if err != nil {
			return mingjing.StaffMemberView{}, err
		}
		i := slices.IndexFunc(all, func(m Member) bool { return m.Login == login })
		if i < 0 {
			return mingjing.StaffMemberView{}, kernel.ErrNotFound
		}
		v := mingjing.StaffMemberView{StaffMember: all[i].shown(), Changes: []string{}, Agencies: c.agencies(),
			Two: all[i].Role == mingjing.RoleAdministrator && administrators(all) >= 2}
		switch {
		case !IsCommand(a) && a.ID == login:
		case v.State == mingjing.StaffDisabled:
			v.Changes = []string{mingjing.StaffRole, mingjing.StaffEnable, mingjing.StaffLink}
		default:
			v.Changes = []string{mingjing.StaffRole, mingjing.StaffReset, mingjing.StaffDisable, mingjing.StaffLink}
		}
		return v, nil
	})
}

// administrators returns how many administrators are active.
func administrators(all []Member) (n int) {
	for _, m := range all {
		if m.Role == mingjing.RoleAdministrator && m.State == mingjing.StaffActive {
			n++
		}
	}
	return n
}

// Setup adds the first administrator, and returns the one-time code. Where there is an
// administrator already, invited or active, it changes nothing and returns them.
func (c *Staff) Setup(ctx context.Context, a mingjing.Actor, login, name string) (there []mingjing.StaffMember,
	made mingjing.StaffResult, err error) {
	if !IsCommand(a) {
		return nil, made, kernel.ErrForbidden
	}
	if there, err = c.Administrators(ctx); err != nil || len(there) > 0 {
		return there, made, err
	}
	made, err = c.ChangeStaff(ctx, a, Change{Step: mingjing.StaffAdd, Login: login, Name: name, Role: mingjing.RoleAdministrator})
	return nil, made, err
}

// Administrators returns the administrators who are not disabled. It is for commands.
func (c *Staff) Administrators(ctx context.Context) ([]mingjing.StaffMember, error) {
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) ([]mingjing.StaffMember, error) {
		all, err := db(t).Members(ctx)
		var list []mingjing.StaffMember
		for _, m := range all {
			if m.Role == mingjing.RoleAdministrator && m.State != mingjing.StaffDisabled {
				list = append(list, m.shown())
			}
		}
		return list, err
	})
}

// invited returns the member who has a one-time code, or staff_activation_failed.
func (c *Staff) invited(ctx context.Context, t *kernel.Tx, login, code string) (Member, error) {
	failed := mingjing.NewError(mingjing.Invalid, "staff_activation_failed")
	m, err := db(t).Member(ctx, login)
	if errors.Is(err, kernel.ErrNotFound) {
		return m, failed
	} else if err != nil {
		return m, err
	}
	ok, err := db(t).HasStaffCode(ctx, login, code, c.city.Now())
	if err != nil {
		return m, err
	}
	if !ok || m.State != mingjing.StaffInvited {
		return m, failed
	}
	return m, nil
}

// BeginActivation gives the member with the one-time code the password, and returns the
// second factor that goes into their authenticator. The code is used up only by
// [Staff.ConfirmActivation], so that who is interrupted can begin again. The errors are
// staff_activation_failed, the same for an unknown staff number and for a code that is wrong,
// used or too old; invalid_form with the fields login, code and new_password;
// too_many_attempts with seconds; and identity_down.
func (c *Staff) BeginActivation(ctx context.Context, login, code, password string,
	client mingjing.Client) (mingjing.StaffEnrolment, error) {
	login, code = strings.ToLower(strings.TrimSpace(login)), plainCode(code)
	if err := c.logins.AdmitStaff(ctx, login, password, client); err != nil {
		return mingjing.StaffEnrolment{}, err
	}
	m, err := kernel.InRead(ctx, c.city, func(t *kernel.Tx) (Member, error) { return c.invited(ctx, t, login, code) })
	if err != nil {
		return mingjing.StaffEnrolment{}, err
	}
	return c.logins.BeginStaff(ctx, m.StaffMember, password, client)
}

// ConfirmActivation checks the first code from the authenticator, uses the one-time code
// up, and logs the member in. It returns the token of the session and the recovery
// codes. The errors are invalid_form with the field totp, staff_activation_failed,
// too_many_attempts and identity_down.
func (c *Staff) ConfirmActivation(ctx context.Context, ticket, totp string, client mingjing.Client) (token string,
	e mingjing.StaffEnrolment,
	err error) {
	token, e.Recovery, err = c.logins.ConfirmStaff(ctx, ticket, totp, client, c.useCode(&e))
	if err != nil {
		return "", mingjing.StaffEnrolment{}, err
	}
	return token, e, nil
}

// ConfirmActivationByKey is [Staff.ConfirmActivation] with a passkey that the browser has
// made in the place of the first code. The error is passkey_not_added where it will not do.
func (c *Staff) ConfirmActivationByKey(ctx context.Context, ticket string, k mingjing.PasskeyAnswer,
	client mingjing.Client) (token string, e mingjing.StaffEnrolment, err error) {
	token, e.Recovery, err = c.logins.ConfirmStaffByKey(ctx, ticket, k, client, c.useCode(&e))
	if err != nil {
		return "", mingjing.StaffEnrolment{}, err
	}
	return token, e, nil
}

// useCode returns the function that uses the one-time code of a member up, and notes whose
// it was.
func (c *Staff) useCode(e *mingjing.StaffEnrolment) func(ctx context.Context, login string) error {
	return func(ctx context.Context, login string) error {
		e.Login = login
		_, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (struct{}, error) {
			return struct{}{}, c.activated(ctx, t, login)
		})
		return err
	}
}

// ShowActivation returns the second factor of an activation that was begun, to be shown
// again after a mistyped code. The error is staff_activation_failed where it is over.
func (c *Staff) ShowActivation(ctx context.Context, ticket string) (mingjing.StaffEnrolment, error) {
	return c.logins.TicketStaff(ctx, ticket)
}

// activated uses a member's code up.
func (c *Staff) activated(ctx context.Context, t *kernel.Tx, login string) error {
	if err := db(t).LockStaff(ctx); err != nil {
		return err
	}
	m, err := db(t).Member(ctx, login)
	if err != nil {
		return err
	}
	now := c.city.Now().UTC()
	if m.State != mingjing.StaffInvited || m.CodeUntil == nil || now.After(*m.CodeUntil) {
		return mingjing.NewError(mingjing.Invalid, "staff_activation_failed")
	}
	m.State, m.Activated, m.CodeUntil = mingjing.StaffActive, true, nil
	if err := db(t).SetMember(ctx, m); err != nil {
		return err
	}
	if err := db(t).SetStaffCode(ctx, login, "", time.Time{}); err != nil {
		return err
	}
	return c.write(ctx, t, mingjing.StaffEntry{Step: mingjing.StaffActivated, By: m.Login, ByName: m.Name}, m, now)
}

// LoginChanged writes into the staff register that a member has changed how they log in;
// step is StaffPassword, StaffPasskeyAdded or StaffPasskeyRemoved. The server calls it.
func (c *Staff) LoginChanged(ctx context.Context, login, step string) error {
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		if err := db(t).LockStaff(ctx); err != nil {
			return err
		}
		m, err := db(t).Member(ctx, login)
		if err != nil {
			return err
		}
		return c.write(ctx, t, mingjing.StaffEntry{Step: step, By: m.Login, ByName: m.Name}, m, c.city.Now().UTC())
	}))
}

// apply makes the identity service agree with what is stored about a member, and gives
// the cases of who no longer works on any back to the queue.
func (c *Staff) apply(ctx context.Context, login string) (time.Duration, error) {
	m, err := kernel.InRead(ctx, c.city, func(t *kernel.Tx) (Member, error) { return db(t).Member(ctx, login) })
	if errors.Is(err, kernel.ErrNotFound) || errors.Is(err, kernel.ErrNothingThere) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	if c.logins != nil {
		if err := c.logins.ApplyStaff(ctx, m.StaffMember); err != nil {
			return 0, err
		}
	}
	if m.State != mingjing.StaffDisabled && (m.Role == mingjing.RoleHandler || m.Role == mingjing.RoleSupervisor) {
		return 0, nil
	}
	return 0, c.desk.ReleaseCases(ctx, login)
}
