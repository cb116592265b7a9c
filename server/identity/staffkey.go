package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"mingjing"
)

// Staff and officers can have security keys beside the authenticator: passkeys that are the
// second factor after the password, and never the only one. They are stored and checked as
// residents' passkeys are, and go where the second factor goes ([Identity.ApplyStaff]).

// StaffLoginByKey is [Identity.StaffLogin] with a security key in the place of a code. The
// key answers the question of [Identity.PasskeyQuestion]. A key that is wrong, of somebody
// else or removed is answered as a wrong code is, with login_failed.
func (i *Identity) StaffLoginByKey(ctx context.Context, login, password string, k mingjing.PasskeyAnswer, c mingjing.Client) (token string,
	err error) {
	return i.staffLogin(ctx, login, password, k.Credential != "", c, func(ctx context.Context, _ *attempt, p person, _ factor,
		_ time.Time) (func(), error) {
		return nil, i.checkKey(ctx, p, k)
	})
}

// checkKey returns errRefused unless a security key of the person has answered.
func (i *Identity) checkKey(ctx context.Context, p person, k mingjing.PasskeyAnswer) error {
	rp, err := relyingParty(k.Origin)
	if err != nil {
		return errRefused
	}
	asked, err := i.answered(ctx, k.Ticket, errRefused)
	if err != nil {
		return err
	}
	if len(k.Credential) > maxCredential || asked.Person != "" {
		return errRefused
	}
	said, err := protocol.ParseCredentialRequestResponseBytes([]byte(k.Credential))
	if err != nil {
		return errRefused
	}
	owner, down, err := i.ownerOf(ctx, rp, asked, said)
	switch {
	case down != nil:
		return fmt.Errorf("look a security key up: %w", down)
	case err != nil || owner.id != p.id:
		return errRefused
	}
	return nil
}

// NewStaffKeyQuestion returns what a browser asks its person to make a security key in the
// activation of a ticket. The errors are staff_activation_failed, passkeys_not_offered and
// identity_down.
func (i *Identity) NewStaffKeyQuestion(ctx context.Context, ticket, origin string) (mingjing.PasskeyQuestion, error) {
	rp, err := relyingParty(origin)
	if err != nil {
		return mingjing.PasskeyQuestion{}, err
	}
	k, p, _, err := i.ticketOf(ctx, ticket)
	if err != nil {
		return mingjing.PasskeyQuestion{}, err
	}
	return i.newKeyQuestion(ctx, rp, p, nil, k.Login)
}

// ConfirmStaffByKey is [Identity.ConfirmStaff] with a new security key in the place of the
// first code. The error is passkey_not_added where the key will not do.
func (i *Identity) ConfirmStaffByKey(ctx context.Context, text string, k mingjing.PasskeyAnswer, c mingjing.Client,
	use func(ctx context.Context, login string) error) (token string, recovery []string, err error) {
	rp, err := relyingParty(k.Origin)
	if err != nil {
		return "", nil, err
	}
	return i.confirmStaff(ctx, text, c, use, func(_ ticket, p person, _ factor) (map[string]any, error) {
		made, err := i.madeKey(ctx, rp, p, nil, k.Ticket, k.Credential, c)
		if err != nil {
			return nil, err
		}
		b, err := json.Marshal([]passkey{made})
		return map[string]any{memberPasskeys: i.keys.sealed(p.id, b)}, err
	})
}
