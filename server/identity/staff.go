package identity

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/identity/passwords"
)

const (
	// ticketLifespan leaves time to install an authenticator.
	ticketLifespan = 30 * time.Minute
	// recoveryCodes is how many recovery codes a member of staff has.
	recoveryCodes = 10
	// ticketOwner is what tickets are sealed for.
	ticketOwner = "staff ticket"
)

// A ticket is an activation between its two forms. It is sealed, and holds the session
// of the password, which nobody is given before the second factor is confirmed.
type ticket struct {
	Login, ID, Token string
	Until            time.Time
}

func (i *Identity) openTicket(text string) (k ticket, err error) {
	b, err := i.keys.open(ticketOwner, text)
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil || i.clock.Now().After(k.Until) {
		return ticket{}, errStaffActivation()
	}
	return k, nil
}

// AdmitStaff counts a try to activate the login of a member of staff. The errors are
// too_many_attempts with seconds, staff_activation_failed, identity_down, and invalid_form
// with the fields login and new_password, which is not counted.
func (i *Identity) AdmitStaff(ctx context.Context, login, text string, c mingjing.Client) error {
	var bad []mingjing.FieldError
	if !staffNumber.MatchString(login) {
		bad = append(bad, mingjing.FieldError{Field: "login", Code: "staff_number_invalid"})
	}
	if w := i.passwordProblem(text, login, passwords.Person{Login: login}); w != "" {
		bad = append(bad, mingjing.FieldError{Field: "new_password", Code: w})
	}
	if bad != nil {
		return mingjing.InvalidFields(bad...)
	}
	done, err := i.admit(ctx, i.newAttempt(ctx, "staff-activate", login, c))
	if err != nil {
		return err
	}
	done()
	return nil
}

// BeginStaff gives a member of staff the password and a new second factor, which both
// have no use before [Identity.ConfirmStaff]; what they had before is gone. The errors
// are invalid_form with the field new_password, and identity_down.
func (i *Identity) BeginStaff(ctx context.Context, m mingjing.StaffMember, text string, c mingjing.Client) (mingjing.StaffEnrolment,
	error) {
	if w := i.passwordProblem(text, m.Login, passwords.Person{Login: m.Login, Names: []string{m.Name}}); w != "" {
		return mingjing.StaffEnrolment{}, errNewPassword(w)
	}
	e, err := i.beginStaff(context.WithoutCancel(ctx), m, text, c)
	if errors.Is(err, errRefused) {
		return e, errNewPassword("password_weak")
	} else if err != nil {
		return e, i.unavailable(ctx, "begin the activation of a member of staff", err)
	}
	return e, nil
}

func (i *Identity) beginStaff(ctx context.Context, m mingjing.StaffMember, text string, c mingjing.Client) (mingjing.StaffEnrolment,
	error) {
	var none mingjing.StaffEnrolment
	// One at a time, for the reason that is given in Activate.
	i.activating.Lock()
	defer i.activating.Unlock()
	p, err := i.kratos.find(ctx, m.Login)
	if err == nil && !p.enrolled {
		p, err = i.kratos.create(ctx, schemaStaff, traits{Identifier: m.Login, Name: m.Name}, publicMeta{Role: m.Role, Agency: m.Agency}, "")
	}
	if err != nil {
		return none, err
	}
	if err := i.closeLogin(ctx, p); err != nil {
		return none, err
	}
	if p, err = i.agree(ctx, p, m); err != nil {
		return none, err
	}
	flow, code, err := i.kratos.issue(ctx, p.id)
	if err != nil {
		return none, err
	}
	token, settings, err := i.kratos.redeem(withDevice(ctx, c.Device), flow, code)
	if err != nil {
		return none, fmt.Errorf("redeem a code of our own: %s", err) //nolint:errorlint // it is no refusal of the password
	}
	if err := i.setPassword(ctx, token, settings, text); err != nil {
		i.dropSession(ctx, token)
		return none, err
	}
	secret := newSecret()
	if err := i.pairFactor(ctx, p, token, secret); err != nil {
		i.dropSession(ctx, token)
		return none, fmt.Errorf("pair a second factor: %s", err) //nolint:errorlint // it is no refusal of the password
	}
	b, err := json.Marshal(ticket{Login: m.Login, ID: p.id, Token: token, Until: i.clock.Now().Add(ticketLifespan)})
	if err != nil {
		return none, err
	}
	return mingjing.StaffEnrolment{Ticket: i.keys.sealed(ticketOwner, b), Login: m.Login, Secret: secret}, nil
}

// newSecret returns a secret of 160 bits, as RFC 4226 recommends, in base32.
func newSecret() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // it never fails
	return secretEncoding.EncodeToString(b[:])
}

// TicketStaff returns the second factor of an activation between its two forms, to be
// shown again. The errors are staff_activation_failed and identity_down.
func (i *Identity) TicketStaff(ctx context.Context, text string) (mingjing.StaffEnrolment, error) {
	k, _, f, err := i.ticketOf(ctx, text)
	return mingjing.StaffEnrolment{Ticket: text, Login: k.Login, Secret: f.Secret}, err
}

// ticketOf returns what a ticket stands for: whose it is, and the factor that waits for
// its first code.
func (i *Identity) ticketOf(ctx context.Context, text string) (ticket, person, factor, error) {
	k, err := i.openTicket(text)
	if err != nil {
		return k, person{}, factor{}, err
	}
	p, err := i.kratos.find(ctx, k.Login)
	if err != nil {
		return k, p, factor{}, i.unavailable(ctx, "go on with an activation", err)
	}
	if p.id != k.ID || p.admin.Paired || !p.active {
		return k, p, factor{}, errStaffActivation()
	}
	switch s, err := i.kratos.session(ctx, k.Token); {
	case errors.Is(err, errRefused): // it was begun again, and has another secret by now
		return k, p, factor{}, errStaffActivation()
	case err == nil && (s.Identity.Id != p.id || aal(s.GetAuthenticatorAssuranceLevel()) < 2):
		err = errors.New("the session of an activation is not of AAL 2")
		fallthrough
	case err != nil:
		return k, p, factor{}, i.unavailable(ctx, "go on with an activation", err)
	}
	f, err := i.openFactor(p)
	if err != nil {
		return k, p, f, i.unavailable(ctx, "go on with an activation", err)
	}
	return k, p, f, nil
}

// ConfirmStaff checks the first code from the authenticator and opens the login. Before
// that it calls use, which uses the one-time code up: where that fails, nothing is
// opened. It returns the token of a session of AAL 2, and the recovery codes. The errors
// are invalid_form with the field totp, staff_activation_failed, too_many_attempts and
// identity_down.
func (i *Identity) ConfirmStaff(ctx context.Context, text, code string, c mingjing.Client,
	use func(ctx context.Context, login string) error) (token string, recovery []string, err error) {
	wrong := func(code string) error { return mingjing.InvalidFields(mingjing.FieldError{Field: "totp", Code: code}) }
	if code = normalizeCode(code); code == "" {
		return "", nil, wrong("required")
	}
	return i.confirmStaff(ctx, text, c, use, func(k ticket, _ person, f factor) (map[string]any, error) {
		step, ok := f.step(code, time.Now())
		if !ok {
			return nil, wrong("totp_wrong")
		}
		err := i.useCodeOnce(ctx, k.Login, f, step)
		if errors.Is(err, errSilent) {
			err = wrong("totp_wrong")
		}
		return nil, err
	})
}

// confirmStaff opens the login of an activation after check has checked the first use of a
// second factor. check returns what else is to be stored about the person.
func (i *Identity) confirmStaff(ctx context.Context, text string, c mingjing.Client, use func(ctx context.Context, login string) error,
	check func(ticket, person, factor) (map[string]any, error)) (token string, recovery []string, err error) {
	k, p, f, err := i.ticketOf(ctx, text)
	if err != nil {
		return "", nil, err
	}
	a := i.newAttempt(ctx, "staff-activate", k.Login, c)
	if err := i.admitCode(ctx, a); errors.Is(err, errSilent) {
		return "", nil, errStaffActivation()
	} else if err != nil {
		return "", nil, err
	}
	more, err := check(k, p, f)
	if err != nil {
		return "", nil, err
	}
	if err := use(ctx, k.Login); err != nil {
		return "", nil, err
	}
	// From here on the code is used up, so it is finished even when the client has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	recovery = newRecoveryCodes()
	hashes := make([]string, len(recovery))
	for n, r := range recovery {
		hashes[n] = i.keys.recoveryHash(p.id, normalizeCode(r))
	}
	set := func(member string, value any) {
		if err == nil {
			err = i.retry(ctx, func() error { return i.kratos.setAdmin(ctx, p.id, member, value) })
		}
	}
	for member, value := range more {
		set(member, value)
	}
	set(memberRecover, hashes)
	set(memberWaiting, false)
	set(memberPaired, true)
	if err != nil {
		return "", nil, i.unavailable(ctx, "finish an activation", err)
	}
	i.loginSucceeded(ctx, a, "staff")
	token, err = i.cookieOf(k.Token, nil)
	return token, recovery, err // Kratos raised the session when it got its own secret
}

// newRecoveryCodes returns recovery codes of 50 random bits: two groups of five
// characters that are not mistaken for one another.
func newRecoveryCodes() []string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789"
	list := make([]string, recoveryCodes)
	for n := range list {
		var b [10]byte
		_, _ = rand.Read(b[:]) // it never fails
		var s strings.Builder
		for at, r := range b {
			if at == 5 {
				s.WriteByte('-')
			}
			s.WriteByte(letters[r%32])
		}
		list[n] = s.String()
	}
	return list
}

// ApplyStaff makes a login agree with the member of staff whose it is: nobody logs in
// before the activation or while disabled, and a changed role or agency ends all
// sessions. Applying it again changes nothing. The error is identity_down.
func (i *Identity) ApplyStaff(ctx context.Context, m mingjing.StaffMember) error {
	p, err := i.kratos.find(ctx, m.Login)
	if err != nil {
		return i.unavailable(ctx, "apply a change of staff", err)
	}
	if !p.enrolled {
		return nil
	}
	switch m.State {
	case mingjing.StaffDisabled:
		if p.active {
			err = i.kratos.set(ctx, p.id, "/state", "inactive")
		}
		if err == nil {
			err = i.endStaff(ctx, p.id)
		}
	case mingjing.StaffInvited:
		if p.admin.Paired { // else it is not active yet, or somebody is about to activate it
			err = i.closeLogin(ctx, p)
		}
		if err == nil {
			_, err = i.agree(ctx, p, m)
		}
	default:
		_, err = i.agree(ctx, p, m)
	}
	if err != nil {
		return i.unavailable(ctx, "apply a change of staff", err)
	}
	return nil
}

// closeLogin removes a person's second factor and security keys, without which nobody logs in, and ends
// their sessions.
func (i *Identity) closeLogin(ctx context.Context, p person) error {
	if err := i.kratos.setAdmin(ctx, p.id, memberPaired, false); err != nil {
		return err
	}
	if err := i.kratos.setAdmin(ctx, p.id, memberRecover, []string{}); err != nil {
		return err
	}
	if err := i.kratos.setAdmin(ctx, p.id, memberPasskeys, ""); err != nil {
		return err
	}
	if err := i.endStaff(ctx, p.id); err != nil {
		return err
	}
	return i.kratos.dropFactor(ctx, p.id)
}

// agree gives a person the role, agency and name of a member who is not disabled. Where
// the role or the agency changes, their sessions end.
func (i *Identity) agree(ctx context.Context, p person, m mingjing.StaffMember) (person, error) {
	if !p.active {
		if err := i.endStaff(ctx, p.id); err != nil { // what was there before stays ended
			return p, err
		}
		if err := i.kratos.set(ctx, p.id, "/state", "active"); err != nil {
			return p, err
		}
		p.active = true
	}
	if p.public.Role == m.Role && p.public.Agency == m.Agency {
		return p, nil
	}
	next := p.public
	next.Role, next.Agency = m.Role, m.Agency
	if err := i.kratos.set(ctx, p.id, "/metadata_public", next); err != nil {
		return p, err
	}
	p.public = next
	return p, i.endStaff(ctx, p.id)
}

// endStaff ends all sessions of a person, with their streams.
func (i *Identity) endStaff(ctx context.Context, id string) error {
	ids, err := i.kratos.sessionsOf(ctx, id)
	if err != nil {
		return err
	}
	if err := i.kratos.endAll(ctx, id); err != nil {
		return err
	}
	i.sessionsEnded(ctx, false, ids...)
	return nil
}
