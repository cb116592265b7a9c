package identity

import (
	"context"
	"errors"
	"time"

	"mingjing"
	"mingjing/server/identity/passwords"
)

// ChangePassword sets a new password for the person behind the cookie, who gives the
// current one. All their other sessions end, with their streams; this session stays the
// same one, under the cookie that is returned. The errors are those of Who, invalid_form
// with the fields password and new_password, too_many_attempts and identity_down. Wrong
// passwords are counted as those of a login are.
func (i *Identity) ChangePassword(ctx context.Context, cookie, current, next string, c mingjing.Client) (string, error) {
	l, err := i.Who(ctx, cookie)
	if err != nil {
		return "", err
	}
	if l.Actor.Factor && !l.Actor.Fresh {
		return "", mingjing.NewError(mingjing.Forbidden, "login_stale")
	}
	wrong := mingjing.InvalidFields(mingjing.FieldError{Field: "password", Code: "password_wrong"})
	var bad []mingjing.FieldError
	if current == "" {
		bad = append(bad, mingjing.FieldError{Field: "password", Code: "required"})
	}
	whose := passwords.Person{}
	if l.Actor.Role != mingjing.RoleResident {
		whose = passwords.Person{Login: l.IDMasked, Names: []string{l.Actor.Name}}
	}
	code := i.passwordProblem(next, whose.Login, whose)
	if code == "" && passwords.Normal(next) == passwords.Normal(current) {
		code = "password_same"
	}
	if code != "" {
		bad = append(bad, mingjing.FieldError{Field: "new_password", Code: code})
	}
	if bad != nil {
		return "", mingjing.InvalidFields(bad...)
	}
	if len(passwords.Normal(current)) > passwords.MaxBytes {
		return "", wrong
	}
	defer i.pace.start(ctx)()
	token := i.tokenOf(cookie)
	s, err := i.kratos.session(ctx, token)
	if err != nil {
		return "", i.sessionError(ctx, "change a password", err)
	}
	p, err := personOf(s.Identity)
	if err != nil {
		return "", i.unavailable(ctx, "change a password", err)
	}
	a := attemptIn(l.SessionID, "login", p.traits.Identifier, c)
	if l.Actor.Role != mingjing.RoleResident {
		a.kind = "staff"
	}
	done, err := i.admit(ctx, a)
	if err != nil {
		return "", err
	}
	defer done()
	fresh, err := i.reauthenticate(ctx, token, a.identifier, current, c)
	if errors.Is(err, errRefused) {
		return "", wrong
	} else if err != nil {
		return "", i.undecided(ctx, a, "change a password", err)
	}
	i.loginSucceeded(ctx, a)
	if l.Actor.Role == mingjing.RoleResident {
		if err := i.checkPersonal(ctx, p.public.Resident, next, a.identifier); err != nil {
			return "", err
		}
	}
	// It is finished even when the client has gone: the other sessions must end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	settings, err := i.kratos.openSettings(ctx, fresh)
	if err == nil {
		err = i.setPassword(ctx, fresh, settings, next)
	}
	if errors.Is(err, errRefused) {
		return "", errNewPassword("password_weak")
	} else if err != nil {
		return "", i.unavailable(ctx, "change a password", err)
	}
	e := SecurityEvent{Resident: p.public.Resident, Code: mingjing.SecurityPasswordChanged, Device: c.Device}
	if l.Actor.Role != mingjing.RoleResident {
		e.Login = a.identifier
	}
	i.tell(ctx, e)
	if err := i.endOthers(ctx, fresh); err != nil {
		i.log.Warn("older sessions stay after a new password", "err", err)
	}
	if now, err := i.askKratos(ctx, fresh); err == nil {
		i.cacheLogin(ctx, fresh, now) // it has a newer time of the password
	}
	return i.renew(ctx, fresh, l, false)
}
