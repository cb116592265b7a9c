package identity

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"mingjing"
)

// Residents may choose to be asked for a second factor before what can't be undone or leaves
// with everything: downloading all data, leaving, sharing, and changes of the password or of
// the factor. It is a code of an authenticator, or a passkey. It is asked with the password
// ([Identity.Confirm]); a login by a passkey has given it. Kratos does not know of it.

const (
	// factorOwner is what a factor between its two forms is sealed for.
	factorOwner = "resident factor"
	pathFactor  = "/metadata_public/factor"
)

// A newFactor is a second factor between its two forms. It is sealed.
type newFactor struct {
	Person, Secret string
	Until          time.Time
}

// Factor returns the second factor of the resident behind a cookie; that of staff is off. The errors are those of
// Who.
func (i *Identity) Factor(ctx context.Context, cookie string) (mingjing.SecondFactor, error) {
	p, keys, err := i.keyHolder(ctx, cookie, false)
	if err != nil || p.public.isDesk() {
		return mingjing.SecondFactor{}, err
	}
	return mingjing.SecondFactor{On: p.public.Factor, App: p.admin.Factor != "", Passkeys: len(keys)}, nil
}

// BeginFactor returns a new secret for the authenticator of a resident, with the ticket that
// [Identity.AddFactor] wants. The errors are those of Who, forbidden and login_stale.
func (i *Identity) BeginFactor(ctx context.Context, cookie string) (ticket, secret string, err error) {
	p, _, err := i.factorHolder(ctx, cookie)
	if err != nil {
		return "", "", err
	}
	b, err := json.Marshal(newFactor{Person: p.id, Secret: newSecret(), Until: time.Now().Add(ticketLifespan)})
	if err != nil {
		return "", "", i.unavailable(ctx, "begin a second factor", err)
	}
	ticket = i.keys.sealed(factorOwner, b)
	return ticket, i.FactorSecret(ticket), nil
}

// FactorSecret returns the secret of a ticket, to be shown again; "" where it is none.
func (i *Identity) FactorSecret(ticket string) string {
	f, _ := i.openNewFactor(ticket)
	return f.Secret
}

func (i *Identity) openNewFactor(ticket string) (f newFactor, ok bool) {
	b, err := i.keys.open(factorOwner, ticket)
	if err != nil || json.Unmarshal(b, &f) != nil || time.Now().After(f.Until) {
		return newFactor{}, false
	}
	return f, true
}

// AddFactor makes the secret of a ticket the resident's second factor, once a code of it is
// right. The errors are those of [Identity.BeginFactor], factor_ticket where the ticket is too
// old, and invalid_form with the field totp.
func (i *Identity) AddFactor(ctx context.Context, cookie, ticket, code string, c mingjing.Client) error {
	p, l, err := i.factorHolder(ctx, cookie)
	if err != nil {
		return err
	}
	f, ok := i.openNewFactor(ticket)
	if !ok || f.Person != p.id {
		return mingjing.NewError(mingjing.Conflict, "factor_ticket")
	}
	made := factor{Secret: f.Secret}
	if err := i.checkCode(ctx, p.traits.Identifier, made, code); err != nil {
		return err
	}
	b, err := json.Marshal(made)
	if err != nil {
		return i.unavailable(ctx, "add a second factor", err)
	}
	return i.setFactor(ctx, cookie, p, l, i.keys.sealed(p.id, b), true, c)
}

// AskForPasskey makes the resident's passkeys their second factor. The errors are those of
// [Identity.BeginFactor], and not_found where there is none.
func (i *Identity) AskForPasskey(ctx context.Context, cookie string, c mingjing.Client) error {
	p, l, err := i.factorHolder(ctx, cookie)
	if err != nil {
		return err
	}
	if p.admin.Passkeys == "" {
		return mingjing.NewError(mingjing.NotFound, "not_found")
	}
	return i.setFactor(ctx, cookie, p, l, p.admin.Factor, true, c)
}

// RemoveFactor asks the resident for no second factor any more. Passkeys stay for logins. The
// errors are those of [Identity.BeginFactor].
func (i *Identity) RemoveFactor(ctx context.Context, cookie string, c mingjing.Client) error {
	p, l, err := i.factorHolder(ctx, cookie)
	if err != nil {
		return err
	}
	return i.setFactor(ctx, cookie, p, l, "", false, c)
}

// factorHolder returns the resident behind a cookie, whose login must be fresh.
func (i *Identity) factorHolder(ctx context.Context, cookie string) (person, mingjing.Login, error) {
	l, err := i.Who(ctx, cookie)
	if err == nil && l.Actor.Role != mingjing.RoleResident {
		err = mingjing.NewError(mingjing.Forbidden, "forbidden")
	}
	if err != nil {
		return person{}, l, err
	}
	p, _, err := i.keyHolder(ctx, cookie, true)
	return p, l, err
}

// setFactor stores a resident's second factor, whether it is asked for, and that it was given
// in this session.
func (i *Identity) setFactor(ctx context.Context, cookie string, p person, l mingjing.Login, sealed string, on bool,
	c mingjing.Client) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	err := i.kratos.setAdmin(ctx, p.id, memberFactor, sealed)
	if err == nil {
		err = i.kratos.set(ctx, p.id, pathFactor, on)
	}
	if err == nil && i.uses != nil {
		err = i.uses.RenewSession(ctx, l.SessionID, residentIn(l), "", on)
	}
	if err != nil {
		return i.unavailable(ctx, "set a second factor", err)
	}
	token := i.tokenOf(cookie)
	if now, err := i.askKratos(ctx, token); err == nil {
		i.cacheLogin(ctx, token, now)
	}
	code := mingjing.SecurityFactorRemoved
	if on {
		code = mingjing.SecurityFactorAdded
	}
	i.tell(ctx, SecurityEvent{Resident: p.public.Resident, Code: code, Device: c.Device})
	return nil
}

// checkCode checks a code of an authenticator and uses it up. The error is invalid_form with
// the field totp, or identity_down.
func (i *Identity) checkCode(ctx context.Context, identifier string, f factor, code string) error {
	wrong := func(code string) error { return mingjing.InvalidFields(mingjing.FieldError{Field: "totp", Code: code}) }
	if code = normalizeCode(code); code == "" {
		return wrong("required")
	}
	// In all, and not by browser: whoever knows the password makes browsers known.
	err := i.countSilently(ctx, i.tries(i.limits.Code, "code", "factor", identifier))
	if err == nil {
		step, ok := f.step(code, time.Now())
		if !ok {
			return wrong("totp_wrong")
		}
		err = i.useCodeOnce(ctx, identifier, f, step)
	}
	if errors.Is(err, errSilent) {
		return wrong("totp_wrong")
	}
	return err
}

// confirmFactor checks the second factor of a resident who has chosen one: a passkey where one
// has answered, or else a code. The errors are invalid_form with the field totp, passkey_failed and identity_down.
func (i *Identity) confirmFactor(ctx context.Context, id string, f mingjing.FactorAnswer) error {
	p, err := i.kratos.byID(ctx, id)
	if err != nil {
		return i.unavailable(ctx, "look a second factor up", err)
	}
	if f.Passkey.Credential != "" {
		err := i.checkKey(ctx, p, f.Passkey)
		if errors.Is(err, errRefused) {
			return errPasskey()
		} else if err != nil {
			return i.unavailable(ctx, "check a passkey", err)
		}
		return nil
	}
	if p.admin.Factor == "" {
		return mingjing.NewError(mingjing.Invalid, "passkey_asked")
	}
	made, err := i.openFactor(p)
	if err != nil {
		return i.unavailable(ctx, "look a second factor up", err)
	}
	return i.checkCode(ctx, p.traits.Identifier, made, f.Code)
}

// dropFactor removes a resident's second factor, who has shown at the counter who they are.
func (i *Identity) dropFactor(ctx context.Context, p person, c mingjing.Client) error {
	if !p.public.Factor && p.admin.Factor == "" {
		return nil
	}
	err := i.retry(ctx, func() error { return i.kratos.set(ctx, p.id, pathFactor, false) })
	if err == nil {
		err = i.retry(ctx, func() error { return i.kratos.setAdmin(ctx, p.id, memberFactor, "") })
	}
	if err == nil {
		i.tell(ctx, SecurityEvent{Resident: p.public.Resident, Code: mingjing.SecurityFactorRemoved, Device: c.Device})
	}
	return err
}
