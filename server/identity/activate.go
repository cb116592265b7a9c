package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mingjing"
	"mingjing/server/identity/passwords"
)

// Activate sets the password of a resident who has a one-time code, and logs in; all other
// sessions of the resident end. redeem checks the code and uses it up: it calls set with
// whose code it is, or returns activation_failed. A login that is not there yet is made. The
// errors are activation_failed, also for a login that is locked; invalid_form with the
// field new_password, which leaves the code unused; too_many_attempts with seconds; and
// identity_down, after which the code must still be good.
func (i *Identity) Activate(ctx context.Context, n mingjing.IDNumber, newPassword string, c mingjing.Client,
	redeem func(ctx context.Context, set func(ctx context.Context, resident mingjing.ResidentID) error) error) (token string, err error) {
	identifier := i.keys.resident(n)
	if w := i.passwordProblem(newPassword, identifier, passwords.Person{IDNumber: string(n)}); w != "" {
		return "", errNewPassword(w)
	}
	defer i.pace.start(ctx)()
	a := i.newAttempt(ctx, "activate", identifier, c)
	done, err := i.admit(ctx, a)
	if err != nil {
		return "", err
	}
	defer done()
	err = redeem(ctx, func(ctx context.Context, resident mingjing.ResidentID) (err error) {
		// From here on it is finished even when the client has gone.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		token, err = i.replacePassword(ctx, identifier, resident, newPassword, c, true)
		return err
	})
	if e, ok := errors.AsType[*mingjing.Error](err); ok && e.Kind == mingjing.Invalid {
		return "", err
	} else if err != nil {
		return "", i.undecided(ctx, a, "activate", err)
	}
	i.loginSucceeded(ctx, a, "login")
	return i.cookieOf(token, nil)
}

// replacePassword sets a resident's password, ends all their sessions, and returns the
// token of a new one. first says that it may be the first password: then a login that is not
// there yet is made.
func (i *Identity) replacePassword(ctx context.Context, identifier string, resident mingjing.ResidentID, newPassword string,
	c mingjing.Client, first bool) (string, error) {
	if err := i.checkPersonal(ctx, resident, newPassword, identifier); err != nil {
		return "", err
	}
	p, err := i.kratos.find(ctx, identifier)
	if err == nil && !p.enrolled && first {
		p, err = i.kratos.create(ctx, schemaResident, traits{Identifier: identifier},
			publicMeta{Role: mingjing.RoleResident, Resident: resident}, "")
	}
	switch {
	case err != nil:
		return "", err
	case !first && (!p.enrolled || !p.active || p.admin.Waiting || p.public.Resident != resident):
		return "", errReset()
	case p.public.Resident != resident:
		return "", errors.New("the login belongs to another resident")
	case !p.active:
		return "", errActivation()
	}
	token, settings, err := i.openSession(ctx, p, c)
	if err != nil {
		return "", err
	}
	if err := i.setPassword(ctx, token, settings, newPassword); err != nil {
		i.dropSession(ctx, token)
		if errors.Is(err, errRefused) {
			err = errNewPassword("password_weak")
		}
		return "", err
	}
	if p.admin.Waiting {
		// It comes after the password, because whoever is still waiting can't log in.
		if err := i.retry(ctx, func() error { return i.kratos.setAdmin(ctx, p.id, memberWaiting, false) }); err != nil {
			i.dropSession(ctx, token)
			return "", err
		}
	} else {
		if first { // by a code from the counter, where they showed who they are
			if err := i.dropFactor(ctx, p, c); err != nil {
				i.dropSession(ctx, token)
				return "", err
			}
		}
		i.tell(ctx, SecurityEvent{Resident: resident, Code: mingjing.SecurityPasswordReset, Device: c.Device})
		i.forgetDevices(ctx, p)
	}
	if err := i.endOthers(ctx, token); err != nil {
		i.log.Warn("older sessions stay after a new password", "err", err)
	}
	return token, nil
}

// openSession starts a session of a person without their password, for who has proved to
// be them in another way. settings is a flow in which the password can be set.
func (i *Identity) openSession(ctx context.Context, p person, c mingjing.Client) (token, settings string, err error) {
	// One at a time: when two requests use Kratos' codes of one identity at once, both can
	// fail in its SQLite. It is so rare that nobody has to wait long.
	i.activating.Lock()
	defer i.activating.Unlock()
	flow, code, err := i.kratos.issue(ctx, p.id)
	if err != nil {
		return "", "", err
	}
	if token, settings, err = i.kratos.redeem(withDevice(ctx, c.Device), flow, code); err != nil {
		return "", "", fmt.Errorf("redeem a code of our own: %s", err) //nolint:errorlint // it is no refusal of what a person sent
	}
	return token, settings, nil
}

func (i *Identity) setPassword(ctx context.Context, token, settings, text string) error {
	leave, err := i.checks.enter(ctx)
	if err != nil {
		return fmt.Errorf("wait for a password check: %w", err)
	}
	defer leave()
	return i.retry(ctx, func() error { return i.kratos.setPassword(ctx, token, settings, text) })
}

// retry calls f until it succeeds, a few times, so that what was begun is finished.
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
