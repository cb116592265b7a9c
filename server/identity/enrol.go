package identity

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pquerna/otp/totp"
	"mingjing"
	"mingjing/server/identity/passwords"
)

// EnrolResident makes a resident able to log in: at once with a password, or,
// with "", after activation. Enrolling the same resident again changes nothing,
// not even the password. The errors are already_enrolled (Conflict) when the ID
// number belongs to another resident, invalid_form with the field password, and
// identity_down.
func (i *Identity) EnrolResident(ctx context.Context, id mingjing.ResidentID, n mingjing.IDNumber, text string) error {
	if id == "" || len(n) != 18 {
		return errors.New("enrol a resident: no resident or no ID number")
	}
	identifier := i.keys.resident(n)
	same := func(p person) error {
		if p.public.Resident != id {
			return mingjing.NewError(mingjing.Conflict, "already_enrolled")
		}
		return nil
	}
	p, err := i.kratos.find(ctx, identifier)
	if err != nil {
		return i.unavailable(ctx, "enrol a resident", err)
	}
	if p.enrolled {
		return same(p)
	}
	if text != "" {
		if code := i.passwordProblem(text, identifier, passwords.Person{IDNumber: string(n)}); code != "" {
			return mingjing.InvalidFields(mingjing.FieldError{Field: "password", Code: code})
		}
	}
	_, err = i.kratos.create(ctx, schemaResident, traits{Identifier: identifier},
		publicMeta{Role: mingjing.RoleResident, Resident: id}, text)
	if errors.Is(err, errConflict) { // enrolled meanwhile
		if p, err = i.kratos.find(ctx, identifier); err == nil {
			return same(p)
		}
	}
	if err != nil {
		return i.unavailable(ctx, "enrol a resident", err)
	}
	return nil
}

// EnrolStaff makes a member of staff able to log in. totpSecret is base32, at
// least 16 bytes, and goes into the person's authenticator (six digits, 30
// seconds, SHA-1). Enrolling the same person in the same role again changes
// nothing, but finishes an enrolment that was cut off. The errors are
// already_enrolled (Conflict) when the staff number has another role or, in an
// enrolment that was cut off, another password,
// invalid_form with the fields login, name, password and totp, and identity_down.
func (i *Identity) EnrolStaff(ctx context.Context, role mingjing.Role, login, name, password, totpSecret string) error {
	if !role.Staff() && role != mingjing.RoleAdministrator {
		return fmt.Errorf("enrol staff: %q is no role of staff", role)
	}
	return i.enrolDesk(ctx, publicMeta{Role: role}, login, name, password, totpSecret)
}

// EnrolOfficer makes an officer of an agency able to log in as staff do; see
// [Identity.EnrolStaff]. Only the agency's code, which nobody but the admin side of
// Kratos can write, says whose questions they answer.
func (i *Identity) EnrolOfficer(ctx context.Context, agency, login, name, password, totpSecret string) error {
	if agency == "" {
		return errors.New("enrol an officer: no agency")
	}
	return i.enrolDesk(ctx, publicMeta{Role: mingjing.RoleAgency, Agency: agency}, login, name, password, totpSecret)
}

func (i *Identity) enrolDesk(ctx context.Context, m publicMeta, login, name, text, totpSecret string) error {
	login, name = canonicalStaff(login), strings.TrimSpace(name)
	secret, ok := canonicalSecret(totpSecret)
	var bad []mingjing.FieldError
	if !staffNumber.MatchString(login) {
		bad = append(bad, mingjing.FieldError{Field: "login", Code: "staff_number_invalid"})
	}
	if n := utf8.RuneCountInString(name); n < 1 || n > 100 {
		bad = append(bad, mingjing.FieldError{Field: "name", Code: "required"})
	}
	if code := i.passwordProblem(text, login, passwords.Person{Login: login, Names: []string{name}}); code != "" {
		bad = append(bad, mingjing.FieldError{Field: "password", Code: code})
	}
	if !ok {
		bad = append(bad, mingjing.FieldError{Field: "totp", Code: "totp_secret_invalid"})
	}
	if bad != nil {
		return mingjing.InvalidFields(bad...)
	}
	p, err := i.kratos.find(ctx, login)
	if err != nil {
		return i.unavailable(ctx, "enrol staff", err)
	}
	if !p.enrolled {
		p, err = i.kratos.create(ctx, schemaStaff, traits{Identifier: login, Name: name}, m, text)
		if errors.Is(err, errConflict) { // enrolled meanwhile
			p, err = i.kratos.find(ctx, login)
		}
		if err != nil {
			return i.unavailable(ctx, "enrol staff", err)
		}
	}
	if p.public.Role != m.Role || p.public.Agency != m.Agency {
		return mingjing.NewError(mingjing.Conflict, "already_enrolled")
	}
	if p.admin.Paired {
		return nil
	}
	if err := i.setSecondFactor(ctx, p, text, secret); errors.Is(err, errRefused) {
		return mingjing.NewError(mingjing.Conflict, "already_enrolled") // with another password
	} else if err != nil {
		return i.unavailable(ctx, "pair a second factor", err)
	}
	return nil
}

// Forget removes the login of an ID number, with its sessions; it is no error if there
// is none. Where the session is cached, it ends within ten seconds. The error is
// identity_down.
func (i *Identity) Forget(ctx context.Context, n mingjing.IDNumber) error {
	p, err := i.kratos.find(ctx, i.keys.resident(n))
	if err == nil && p.enrolled {
		err = i.kratos.remove(ctx, p.id)
	}
	if err != nil {
		return i.unavailable(ctx, "remove a resident", err)
	}
	return nil
}

// ForgetResident is [Identity.Forget] by the resident's id, for somebody whose ID
// number is no longer known. It reads every identity, a page at a time.
func (i *Identity) ForgetResident(ctx context.Context, resident mingjing.ResidentID) error {
	if resident == "" {
		return errors.New("forget a resident: no id")
	}
	var found []string
	err := i.kratos.each(ctx, identityPage, func(p person) {
		if p.public.Role == mingjing.RoleResident && p.public.Resident == resident {
			found = append(found, p.id)
		}
	})
	for _, id := range found {
		if err == nil {
			err = i.kratos.remove(ctx, id)
		}
	}
	if err != nil {
		return i.unavailable(ctx, "remove a resident", err)
	}
	return nil
}

// setSecondFactor gives an identity its second factor in Kratos, by a session of the
// password. The identity is marked as paired only after that, so that it can be
// interrupted anywhere and done again.
func (i *Identity) setSecondFactor(ctx context.Context, p person, text, secret string) error {
	if err := i.kratos.dropFactor(ctx, p.id); err != nil {
		return err
	}
	token, _, err := i.kratos.passwordLogin(ctx, p.traits.Identifier, text)
	if err != nil {
		return err
	}
	defer i.dropSession(ctx, token)
	if err := i.pairFactor(ctx, p, token, secret); err != nil {
		return err
	}
	return i.kratos.setAdmin(ctx, p.id, memberPaired, true)
}

// pairFactor stores both secrets of a second factor, and then gives Kratos its own.
func (i *Identity) pairFactor(ctx context.Context, p person, token, secret string) error {
	settings, inner, err := i.kratos.offerFactor(ctx, token)
	if err != nil {
		return err
	}
	b, err := json.Marshal(factor{Secret: secret, Kratos: inner})
	if err != nil {
		return fmt.Errorf("write a second factor: %w", err)
	}
	if err := i.kratos.setAdmin(ctx, p.id, memberFactor, i.keys.sealed(p.id, b)); err != nil {
		return err
	}
	code, err := totp.GenerateCode(inner, time.Now())
	if err != nil {
		return fmt.Errorf("make a code: %w", err)
	}
	return i.kratos.confirmFactor(ctx, token, settings, code)
}

// secretEncoding is how authenticators write a secret.
var secretEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// canonicalSecret returns a base32 secret in upper case without padding.
func canonicalSecret(text string) (string, bool) {
	s := strings.TrimRight(strings.ToUpper(strings.ReplaceAll(text, " ", "")), "=")
	b, err := secretEncoding.DecodeString(s)
	return s, err == nil && len(b) >= 16 && len(b) <= 64
}

// randomText returns a password that nobody knows.
func randomText() string { return rand.Text() + rand.Text() }
