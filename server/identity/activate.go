package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"mingjing"
	"mingjing/server/identity/passwords"
)

// codeDigits is the length of an activation code: one half is ours, the other is
// Kratos'.
const codeDigits = 12

// ActivationCode issues a one-time code of twelve digits, as "1234-5678-9012", with
// which the resident sets a password: the first one, or a new one where it was
// forgotten. Older codes of the same resident become invalid. The errors are
// resident_unknown (NotFound) and identity_down.
func (i *Identity) ActivationCode(ctx context.Context, n mingjing.IDNumber) (code string, err error) {
	p, err := i.kratos.find(ctx, i.keys.resident(n))
	if err != nil {
		return "", i.unavailable(ctx, "issue an activation code", err)
	}
	if !p.enrolled {
		return "", mingjing.NewError(mingjing.NotFound, "resident_unknown")
	}
	flow, inner, err := i.kratos.issue(ctx, p.id, i.codeTTL)
	if err != nil {
		return "", i.unavailable(ctx, "issue an activation code", err)
	}
	if err := i.kratos.setAdmin(ctx, p.id, memberFlow, flow); err != nil {
		return "", i.unavailable(ctx, "issue an activation code", err)
	}
	code = i.keys.activationFlow(flow) + inner
	if len(code) != codeDigits {
		return "", i.unavailable(ctx, "issue an activation code", fmt.Errorf("kratos' code has %d digits", len(inner)))
	}
	return code[:4] + "-" + code[4:8] + "-" + code[8:], nil
}

// Activate sets the resident's password by a one-time code and logs in; all
// other sessions of the resident end. The errors are activation_failed, the same
// for an unknown ID number and for a code that is wrong, used or too old;
// invalid_form with the fields code and new_password, which leaves the code
// unused; too_many_attempts with seconds; and identity_down.
func (i *Identity) Activate(ctx context.Context, n mingjing.IDNumber, code, newPassword string, c mingjing.Client) (token string,
	err error) {
	identifier := i.keys.resident(n)
	var bad []mingjing.FieldError
	if code = normalizeCode(code); code == "" {
		bad = append(bad, mingjing.FieldError{Field: "code", Code: "required"})
	}
	if w := i.passwordProblem(newPassword, identifier, passwords.Person{IDNumber: string(n)}); w != "" {
		bad = append(bad, mingjing.FieldError{Field: "new_password", Code: w})
	}
	if bad != nil {
		return "", mingjing.InvalidFields(bad...)
	}
	defer i.pace.start(ctx)()
	a := attempt{"activate", identifier, addrPrefix(c.Addr)}
	if err := i.admit(ctx, a); errors.Is(err, errSilent) {
		return "", errActivation()
	} else if err != nil {
		return "", err
	}
	p, err := i.kratos.find(ctx, identifier)
	if err != nil {
		return "", i.undecided(ctx, a, "activate", err)
	}
	if len(code) != codeDigits || !p.enrolled || !p.active || p.admin.Flow == "" ||
		subtle.ConstantTimeCompare([]byte(i.keys.activationFlow(p.admin.Flow)), []byte(code[:6])) != 1 {
		return "", errActivation()
	}
	if err := i.checkPersonal(ctx, p.public.Resident, newPassword, identifier); err != nil {
		return "", err
	}
	// From here on the code is used up, so the activation is finished even when the
	// client has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	// One at a time: when two requests redeem one code at once, both can fail in
	// Kratos' SQLite. It is so rare that nobody has to wait long.
	i.activating.Lock()
	defer i.activating.Unlock()
	token, settings, err := i.kratos.redeem(withDevice(ctx, c.Device), p.admin.Flow, code[6:])
	if errors.Is(err, errRefused) {
		return "", errActivation()
	} else if err != nil {
		return "", i.undecided(ctx, a, "activate", err)
	}
	// It comes before the password, because an identity that is still waiting can't log
	// in.
	err = i.retry(ctx, func() error { return i.kratos.setAdmin(ctx, p.id, memberWaiting, false) })
	if err == nil {
		err = i.setPassword(ctx, token, settings, newPassword)
	}
	if err != nil {
		i.dropSession(ctx, token)
		if errors.Is(err, errRefused) {
			return "", errNewPassword("password_weak")
		}
		return "", i.unavailable(ctx, "set a password", err)
	}
	if !p.admin.Waiting {
		i.tell(ctx, SecurityEvent{Resident: p.public.Resident, Code: mingjing.SecurityPasswordReset, Device: c.Device})
		i.forgetDevices(ctx, p)
	}
	if err := i.EndOtherSessions(ctx, token); err != nil {
		i.log.Warn("older sessions stay after a new password", "err", err)
	}
	i.loginSucceeded(ctx, a)
	i.loginSucceeded(ctx, attempt{"login", a.identifier, a.addr})
	return token, nil
}

func (i *Identity) setPassword(ctx context.Context, token, settings, text string) error {
	if err := i.checks.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("wait for a password check: %w", err)
	}
	defer i.checks.Release(1)
	return i.retry(ctx, func() error { return i.kratos.setPassword(ctx, token, settings, text) })
}

// retry calls f until it succeeds, a few times, because the code is used up already.
func (i *Identity) retry(ctx context.Context, f func() error) error {
	var err error
	for try := range 5 {
		if err = f(); err == nil || errors.Is(err, errRefused) {
			return err
		}
		wait(ctx, 200*time.Millisecond<<try)
	}
	return err
}
