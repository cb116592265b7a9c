package identity

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
	"mingjing"
	"mingjing/server/identity/passwords"
)

const (
	totpPeriod = 30 * time.Second
	// usedFor is how long a used code is stored: longer than it is valid, which is its
	// own time step and one on each side.
	usedFor = 5 * time.Minute
	// recoveryPause is how long a person waits between two recovery codes.
	recoveryPause = 30 * time.Second
)

// Login starts a session of a resident. The errors are login_failed, too_many_attempts
// with seconds, login_busy with place and seconds, identity_down, and invalid_form when the password is empty. c.Addr is
// what limits count by, and c.Device is what Sessions shows.
func (i *Identity) Login(ctx context.Context, n mingjing.IDNumber, password string, c mingjing.Client) (cookie string, err error) {
	cookie, _, err = i.login(ctx, n, password, c, nil)
	return cookie, err
}

// login is Login; inLine, where it is not nil, returns the id of the login where it waits its turn.
func (i *Identity) login(ctx context.Context, n mingjing.IDNumber, password string, c mingjing.Client,
	inLine func() (string, error)) (cookie, waits string, err error) {
	if password == "" {
		return "", "", mingjing.InvalidFields(mingjing.FieldError{Field: "password", Code: "required"})
	}
	defer i.pace.start(ctx)()
	a := i.newAttempt(ctx, "login", i.keys.resident(n), c)
	done, err := i.admit(ctx, a)
	if err != nil {
		return "", "", err
	}
	defer done()
	if inLine != nil {
		if waits, err = inLine(); waits != "" {
			return "", waits, nil
		} else if err != nil {
			return "", "", i.undecided(ctx, a, "let a login wait", err)
		}
	}
	cookie, err = i.logIn(ctx, a, password, c)
	return cookie, "", err
}

// logIn checks the password of an attempt that was admitted.
func (i *Identity) logIn(ctx context.Context, a *attempt, password string, c mingjing.Client) (cookie string, err error) {
	token, p, err := i.checkPassword(ctx, a.identifier, password, c)
	if errors.Is(err, errRefused) {
		return "", errLogin()
	} else if err != nil {
		return "", i.undecided(ctx, a, "log a resident in", err)
	}
	if p.public.Role != mingjing.RoleResident || p.public.Resident == "" {
		i.dropSession(ctx, token)
		return "", errLogin()
	}
	i.loginSucceeded(ctx, a)
	i.endSurplus(ctx, token)
	return i.cookieOf(token, nil)
}

// checkPassword has Kratos start a session. For known and unknown identifiers alike it
// makes one search and one password check.
func (i *Identity) checkPassword(ctx context.Context, identifier, text string, c mingjing.Client) (string, person, error) {
	if err := i.makeDecoy(ctx); err != nil {
		return "", person{}, err
	}
	leave, err := i.checks.enter(ctx)
	if err != nil {
		return "", person{}, err
	}
	defer leave()
	p, err := i.kratos.find(ctx, identifier)
	if err != nil {
		return "", person{}, err
	}
	if !p.enrolled || p.admin.Waiting {
		identifier = i.keys.decoy()
	}
	if text = passwords.Normal(text); len(text) > passwords.MaxBytes {
		text = text[:passwords.MaxBytes] + "\x00" // it is checked all the same, and is never right
	}
	var token string
	err = i.kratos.whileLocked(ctx, func() error {
		token, _, err = i.kratos.passwordLogin(withDevice(ctx, c.Device), identifier, text)
		return err
	})
	if err != nil {
		return "", person{}, err
	}
	if p.traits.Identifier != identifier {
		i.dropSession(ctx, token)
		return "", person{}, errRefused
	}
	return token, p, nil
}

// makeDecoy enrols the identity against which a password is checked when there is no
// account. Nobody knows its password.
func (i *Identity) makeDecoy(ctx context.Context) error {
	i.decoyOnce.Lock()
	defer i.decoyOnce.Unlock()
	if i.decoy {
		return nil
	}
	p, err := i.kratos.find(ctx, i.keys.decoy())
	if err != nil {
		return err
	}
	if !p.enrolled {
		_, err := i.kratos.create(ctx, schemaResident, traits{Identifier: i.keys.decoy()}, publicMeta{}, randomText())
		if err != nil && !errors.Is(err, errConflict) {
			return err
		}
	}
	i.decoy = true
	return nil
}

// dropSession ends a session whose token nobody got.
func (i *Identity) dropSession(ctx context.Context, token string) {
	if err := i.kratos.logout(context.WithoutCancel(ctx), token); err != nil {
		i.log.Warn("a session that nobody was given is left over", "err", err)
	}
}

var staffNumber = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,31}$`)

func canonicalStaff(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// A secondFactor checks the second factor of a person whose password was right, and uses it
// up. undo gives it back where no session came of it; nil for nothing to undo. The error is
// errRefused or errSilent for one that is wrong.
type secondFactor func(ctx context.Context, a *attempt, p person, f factor, now time.Time) (undo func(), err error)

// StaffLogin starts a session of AAL 2 of a member of staff, with password and second
// factor: a code from the authenticator, or a recovery code. Each code works once. The errors are those of Login, with the fields login,
// password and totp.
func (i *Identity) StaffLogin(ctx context.Context, login, password, code string, c mingjing.Client) (token string, err error) {
	code = normalizeCode(code)
	return i.staffLogin(ctx, login, password, code != "", c, i.codeFactor(code))
}

func (i *Identity) staffLogin(ctx context.Context, login, password string, has bool, c mingjing.Client, second secondFactor) (token string,
	err error) {
	login = canonicalStaff(login)
	var missing []mingjing.FieldError
	for _, f := range []struct {
		name  string
		given bool
	}{{"login", login != ""}, {"password", password != ""}, {"totp", has}} {
		if !f.given {
			missing = append(missing, mingjing.FieldError{Field: f.name, Code: "required"})
		}
	}
	if missing != nil {
		return "", mingjing.InvalidFields(missing...)
	}
	defer i.pace.start(ctx)()
	if len(login) > 64 {
		login = login[:64]
	}
	a := i.newAttempt(ctx, "staff", login, c)
	done, err := i.admit(ctx, a)
	if err != nil {
		return "", err
	}
	defer done()
	identifier := login
	if !staffNumber.MatchString(login) {
		identifier = i.keys.decoy()
	}
	half, p, err := i.checkPassword(ctx, identifier, password, c)
	if errors.Is(err, errRefused) {
		return "", errLogin()
	} else if err != nil {
		return "", i.undecided(ctx, a, "log staff in", err)
	}
	token, err = i.checkSecondFactor(ctx, a, half, p, second, c)
	if err != nil {
		i.dropSession(ctx, half)
		if errors.Is(err, errRefused) || errors.Is(err, errSilent) {
			return "", errLogin()
		}
		if _, ok := errors.AsType[*mingjing.Error](err); ok {
			return "", err
		}
		return "", i.undecided(ctx, a, "check a second factor", err)
	}
	i.loginSucceeded(ctx, a)
	i.endSurplus(ctx, token)
	return i.cookieOf(token, nil)
}

// codeFactor returns the second factor that is a code from the authenticator, or a recovery
// code.
func (i *Identity) codeFactor(code string) secondFactor {
	return func(ctx context.Context, a *attempt, p person, f factor, now time.Time) (func(), error) {
		if step, shown := f.step(code, now); shown {
			return func() { i.freeCode(ctx, a.identifier, f, step) }, i.useCodeOnce(ctx, a.identifier, f, step)
		}
		return func() { i.freeRecoveryCode(ctx, p) }, i.useRecoveryCode(ctx, p, code)
	}
}

// checkSecondFactor checks the second factor and raises the session of token to AAL 2.
func (i *Identity) checkSecondFactor(ctx context.Context, a *attempt, token string, p person, second secondFactor,
	c mingjing.Client) (string, error) {
	if !p.public.isDesk() || !p.admin.Paired {
		return "", errRefused
	}
	if err := i.admitCode(ctx, a); err != nil {
		return "", err
	}
	f, err := i.openFactor(p)
	if err != nil {
		return "", err
	}
	now := time.Now()
	undo, err := second(ctx, a, p, f, now)
	if err != nil {
		return "", err
	}
	inner, err := totp.GenerateCode(f.Kratos, now)
	if err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	raised, s, err := i.kratos.addSecondFactor(withDevice(ctx, c.Device), token, inner)
	if err != nil {
		if undo != nil && !errors.Is(err, errRefused) { // the same code may be tried again; nobody was given a session for it
			undo()
		}
		return "", err
	}
	if aal(s.GetAuthenticatorAssuranceLevel()) < 2 {
		return "", errors.New("raise a session: it is not of AAL 2")
	}
	return raised, nil
}

// useRecoveryCode uses one of a person's recovery codes up, or returns errRefused. Two at
// the same time would both be left in Kratos, so a person has one of them in a while.
func (i *Identity) useRecoveryCode(ctx context.Context, p person, code string) error {
	at := slices.Index(p.admin.Recovery, i.keys.recoveryHash(p.id, strings.ToLower(code)))
	if at < 0 {
		return errRefused
	}
	if err := i.once(ctx, recoveryPause, "recovery", p.id); err != nil {
		return err
	}
	left := slices.Delete(slices.Clone(p.admin.Recovery), at, at+1)
	return i.kratos.setAdmin(ctx, p.id, memberRecover, left)
}

// freeRecoveryCode undoes useRecoveryCode.
func (i *Identity) freeRecoveryCode(ctx context.Context, p person) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	err := i.kratos.setAdmin(ctx, p.id, memberRecover, p.admin.Recovery)
	if err == nil {
		err = i.attempts.ForgetLogins(ctx, i.keys.redis("recovery", p.id))
	}
	if err != nil {
		i.log.Warn("a recovery code stays used up", "err", err)
	}
}

// useCodeOnce marks the code of one time step of a factor as used, or returns errSilent
// if it was.
func (i *Identity) useCodeOnce(ctx context.Context, login string, f factor, step uint64) error {
	return i.once(ctx, usedFor, "step", login, f.Secret, fmt.Sprint(step))
}

// once marks something as done for a time, or returns errSilent if it was.
func (i *Identity) once(ctx context.Context, d time.Duration, kind string, parts ...string) error {
	fresh, err := i.attempts.LoginOnce(ctx, i.keys.redis(kind, parts...), d)
	if err == nil && !fresh {
		return errSilent
	}
	return err
}

// freeCode undoes useCodeOnce.
func (i *Identity) freeCode(ctx context.Context, login string, f factor, step uint64) {
	err := i.attempts.ForgetLogins(context.WithoutCancel(ctx), i.keys.redis("step", login, f.Secret, fmt.Sprint(step)))
	if err != nil {
		i.log.Warn("a second-factor code stays used up", "err", err)
	}
}

// A factor is a second factor: the secret in the authenticator, and the one in Kratos.
type factor struct {
	Secret string `json:"secret"`
	Kratos string `json:"kratos"`
}

func (i *Identity) openFactor(p person) (factor, error) {
	b, err := i.keys.open(p.id, p.admin.Factor)
	if err != nil {
		return factor{}, err
	}
	var f factor
	if err := json.Unmarshal(b, &f); err != nil {
		return factor{}, fmt.Errorf("read a second factor: %w", err)
	}
	return f, nil
}

// step returns the time step of a code: the current one, or one before or after.
func (f factor) step(code string, now time.Time) (step uint64, ok bool) {
	at := uint64(now.Unix()) / uint64(totpPeriod.Seconds())
	for _, s := range []uint64{at, at - 1, at + 1} {
		want, err := hotp.GenerateCodeCustom(f.Secret, s, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// normalizeCode returns the digits of a typed code: spaces and hyphens between groups
// and full-width digits are accepted. Any other text stays as it is, which is no code.
func normalizeCode(text string) string {
	if len(text) > 128 {
		return "?"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\t' || r == '\n' || r == '\r' || r == '\u3000' || r == '\u00a0' || r == '－':
			return -1
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		}
		return r
	}, text)
}
