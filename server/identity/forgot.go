package identity

import (
	"context"
	"errors"
	"time"

	"mingjing"
	"mingjing/server/identity/passwords"
)

// forgotRates are how often a new password can be asked for, for one person: in all
// browsers that are not known to be theirs together, and in each of the others. They keep a
// stranger from filling somebody's mailbox.
var forgotRates = []Rate{{5, 24 * time.Hour}, {3, time.Hour}}

// Forgot counts somebody's wish for a new password and calls send, which sends a code to
// whoever has the ID number, without waiting for it. The answer is the same, after the
// same time, whether there is such a person or not, and whether they were sent too many
// codes already. The errors are too_many_attempts with seconds, for an address, and
// identity_down; one of send is returned.
func (i *Identity) Forgot(ctx context.Context, n mingjing.IDNumber, c mingjing.Client, send func(ctx context.Context) error) error {
	defer i.pace.start(ctx)()
	a := i.newAttempt(ctx, "forgot", i.keys.resident(n), c)
	done, err := i.admit(ctx, a)
	if err != nil {
		return err
	}
	defer done()
	parts := []string{a.kind, a.identifier}
	if a.browser != "" {
		parts = append(parts, a.browser)
	}
	switch err := i.countSilently(ctx, i.tries(forgotRates, "mail", parts...)); {
	case errors.Is(err, errSilent):
		return nil
	case err != nil:
		return err
	}
	return send(ctx)
}

// Reset sets the password of a resident who has a code for that, and logs in; all their
// other sessions end. redeem checks the code and uses it up: it calls set with whose code
// it is, or returns reset_failed. The errors are reset_failed, also for a login that is
// locked or was never activated; invalid_form with the field new_password, which leaves
// the code unused; too_many_attempts with seconds; and identity_down.
func (i *Identity) Reset(ctx context.Context, n mingjing.IDNumber, newPassword string, c mingjing.Client,
	redeem func(ctx context.Context, set func(ctx context.Context, resident mingjing.ResidentID) error) error) (token string, err error) {
	identifier := i.keys.resident(n)
	if w := i.passwordProblem(newPassword, identifier, passwords.Person{IDNumber: string(n)}); w != "" {
		return "", errNewPassword(w)
	}
	defer i.pace.start(ctx)()
	a := i.newAttempt(ctx, "reset", identifier, c)
	done, err := i.admit(ctx, a)
	if err != nil {
		return "", err
	}
	defer done()
	err = redeem(ctx, func(ctx context.Context, resident mingjing.ResidentID) (err error) {
		// From here on it is finished even when the client has gone.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		token, err = i.replacePassword(ctx, identifier, resident, newPassword, c, false)
		return err
	})
	if e, ok := errors.AsType[*mingjing.Error](err); ok && e.Kind == mingjing.Invalid {
		return "", err
	} else if err != nil {
		return "", i.undecided(ctx, a, "reset a password", err)
	}
	i.loginSucceeded(ctx, a, "login")
	return i.cookieOf(token, nil)
}

func errReset() error { return mingjing.NewError(mingjing.Invalid, "reset_failed") }
