package identity

import (
	"context"
	"errors"
	"fmt"

	"mingjing"
	"mingjing/server/identity/passwords"
)

// Confirm takes the password of a resident who is logged in once more, which makes
// the session fresh. Whose password it must be is known from the session and never
// asked, so that nobody else can step into it. The session stays the same one,
// under the cookie that is returned; the earlier one opens nothing any more. A wrong password is an invalid_form error;
// the other errors are those of Who, too_many_attempts, and those of the second factor, which
// is wanted from a resident who has chosen one. The tries are counted
// as those of a login are.
func (i *Identity) Confirm(ctx context.Context, cookie, text string, f mingjing.FactorAnswer, c mingjing.Client) (string, error) {
	if text == "" {
		return "", mingjing.InvalidFields(mingjing.FieldError{Field: "password", Code: "required"})
	}
	l, err := i.Who(ctx, cookie)
	if err != nil {
		return "", err
	}
	wrong := mingjing.InvalidFields(mingjing.FieldError{Field: "password", Code: "password_wrong"})
	if l.Actor.Role != mingjing.RoleResident || len(passwords.Normal(text)) > passwords.MaxBytes {
		return "", wrong
	}
	defer i.pace.start(ctx)()
	token := i.tokenOf(cookie)
	s, err := i.kratos.session(ctx, token)
	if err != nil {
		return "", i.sessionError(ctx, "confirm who is there", err)
	}
	p, err := personOf(s.Identity)
	if err != nil {
		return "", i.unavailable(ctx, "confirm who is there", err)
	}
	a := attemptIn(l.SessionID, "login", p.traits.Identifier, c)
	done, err := i.admit(ctx, a)
	if err != nil {
		return "", err
	}
	defer done()
	fresh, err := i.reauthenticate(ctx, token, p.traits.Identifier, text, c)
	if errors.Is(err, errRefused) {
		return "", wrong
	} else if err != nil {
		return "", i.undecided(ctx, a, "confirm who is there", err)
	}
	i.loginSucceeded(ctx, a)
	now, err := i.askKratos(ctx, fresh)
	if err != nil {
		return "", err
	}
	if now.Actor.ID != l.Actor.ID || now.SessionID != l.SessionID { // Kratos says otherwise
		i.dropSession(ctx, fresh)
		return "", i.unavailable(ctx, "confirm who is there", errors.New("it is another session"))
	}
	if p.public.Factor {
		if err := i.confirmFactor(ctx, p.id, f); err != nil {
			return "", err
		}
	}
	i.cacheLogin(ctx, fresh, now) // it replaces the older time of the password
	return i.renew(ctx, fresh, now, p.public.Factor)
}

// reauthenticate has Kratos check a password within a session; checks at the same time
// are limited.
func (i *Identity) reauthenticate(ctx context.Context, token, identifier, text string, c mingjing.Client) (string, error) {
	leave, err := i.checks.enter(ctx)
	if err != nil {
		return "", fmt.Errorf("wait for a password check: %w", err)
	}
	defer leave()
	return i.kratos.refresh(withDevice(ctx, c.Device), token, identifier, text)
}
