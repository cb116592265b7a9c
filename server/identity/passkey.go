package identity

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"mingjing"
	"mingjing/server/guard"
)

const (
	// maxPasskeys is how many passkeys one resident has at most.
	maxPasskeys = 10
	// ceremonyFor is for how long a browser may take to ask its person.
	ceremonyFor = 5 * time.Minute
	// ceremonyOwner is what ceremonies are sealed for.
	ceremonyOwner = "passkey ceremony"
	// maxCredential is the limit of what a browser sends of a passkey, in bytes.
	maxCredential = 16 << 10
)

// A passkey is somebody's key as it is stored, sealed, in Kratos' admin metadata.
type passkey struct {
	mingjing.Passkey
	Credential webauthn.Credential `json:"credential"`
}

// A ceremony is what the server has to know of the question that a browser answers. It is
// sealed, and sent to the browser with the question.
type ceremony struct {
	Session webauthn.SessionData
	// Person is the Kratos id of who adds a passkey; "" at a login.
	Person string
	Until  time.Time
}

// A keyOwner is a person as the library for WebAuthn wants to see one.
type keyOwner struct {
	handle []byte
	name   string
	keys   []passkey
}

func (o keyOwner) WebAuthnID() []byte          { return o.handle }
func (o keyOwner) WebAuthnName() string        { return o.name }
func (o keyOwner) WebAuthnDisplayName() string { return o.name }
func (o keyOwner) WebAuthnCredentials() []webauthn.Credential {
	var all []webauthn.Credential
	for _, k := range o.keys {
		all = append(all, k.Credential)
	}
	return all
}

// PasskeysOffered reports whether passkeys can be used on pages of an origin: its host has a
// name, and browsers trust it.
func (i *Identity) PasskeysOffered(origin string) bool { return passkeysOffered(origin) }

func passkeysOffered(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && net.ParseIP(u.Hostname()) == nil && (u.Scheme == "https" || u.Hostname() == "localhost")
}

// relyingParty returns the checks for the pages of one origin.
func relyingParty(origin string) (*webauthn.WebAuthn, error) {
	if !passkeysOffered(origin) {
		return nil, mingjing.NewError(mingjing.Conflict, "passkeys_not_offered")
	}
	u, err := url.Parse(origin)
	if err != nil {
		return nil, fmt.Errorf("read the origin: %w", err)
	}
	return webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "Mingjing 明镜", RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{UserVerification: protocol.VerificationRequired,
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired()}})
}

// handleOf returns the user handle of a person: the random id of their identity. It says
// nothing about them, and finds them again at a login.
func handleOf(p person) ([]byte, error) {
	return hex.DecodeString(strings.ReplaceAll(p.id, "-", ""))
}

// idOfHandle returns the Kratos id of a user handle.
func idOfHandle(handle []byte) (string, bool) {
	if len(handle) != 16 {
		return "", false
	}
	h := hex.EncodeToString(handle)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], true
}

func (i *Identity) passkeysOf(p person) ([]passkey, error) {
	if p.admin.Passkeys == "" {
		return nil, nil
	}
	b, err := i.keys.open(p.id, p.admin.Passkeys)
	if err != nil {
		return nil, err
	}
	var all []passkey
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	return all, nil
}

func (i *Identity) storePasskeys(ctx context.Context, p person, all []passkey) error {
	b, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("write passkeys: %w", err)
	}
	return i.kratos.setAdmin(ctx, p.id, memberPasskeys, i.keys.sealed(p.id, b))
}

// question returns what is sent to a browser, with the ceremony that its answer belongs to.
func (i *Identity) question(options any, s *webauthn.SessionData, personID string) (mingjing.PasskeyQuestion, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return mingjing.PasskeyQuestion{}, fmt.Errorf("write the question of a passkey: %w", err)
	}
	b, err := json.Marshal(ceremony{*s, personID, time.Now().Add(ceremonyFor)})
	if err != nil {
		return mingjing.PasskeyQuestion{}, fmt.Errorf("write the question of a passkey: %w", err)
	}
	return mingjing.PasskeyQuestion{Options: string(text), Ticket: i.keys.sealed(ceremonyOwner, b)}, nil
}

// answered returns the ceremony of a ticket, which is answered once. The error is failed,
// or identity_down where that can't be noted.
func (i *Identity) answered(ctx context.Context, ticket string, failed error) (ceremony, error) {
	var k ceremony
	b, err := i.keys.open(ceremonyOwner, ticket)
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil || time.Now().After(k.Until) {
		return k, failed
	}
	fresh, err := i.attempts.LoginOnce(ctx, i.keys.redis("passkey", k.Session.Challenge), 2*ceremonyFor)
	if err == nil && !fresh {
		err = failed
	}
	return k, err
}

// PasskeyQuestion returns what a browser asks its person at a login by passkey, on a page
// of the origin. It is the same for everybody. The errors are passkeys_not_offered,
// too_many_attempts and identity_down.
func (i *Identity) PasskeyQuestion(ctx context.Context, origin string, c mingjing.Client) (mingjing.PasskeyQuestion, error) {
	rp, err := relyingParty(origin)
	if err != nil {
		return mingjing.PasskeyQuestion{}, err
	}
	done, err := i.admit(ctx, i.newAttempt(ctx, "passkey", "", c))
	if err != nil {
		return mingjing.PasskeyQuestion{}, err
	}
	defer done()
	options, s, err := rp.BeginDiscoverableLogin()
	if err != nil {
		return mingjing.PasskeyQuestion{}, fmt.Errorf("ask for a passkey: %w", err)
	}
	return i.question(options.Response, s, "")
}

// PasskeyLogin starts a session of the resident whose passkey has answered the question of
// a ticket; answer is the browser's credential as JSON. The errors are passkey_failed, the
// same for a passkey that is not known or was removed and for an account that is locked;
// too_many_attempts, and identity_down.
func (i *Identity) PasskeyLogin(ctx context.Context, origin, ticket, answer string, c mingjing.Client) (string, error) {
	rp, err := relyingParty(origin)
	if err != nil {
		return "", err
	}
	defer i.pace.start(ctx)()
	done, err := i.admit(ctx, i.newAttempt(ctx, "passkey", "", c))
	if err != nil {
		return "", err
	}
	defer done()
	k, err := i.answered(ctx, ticket, errPasskey())
	if err != nil {
		return "", err
	}
	if len(answer) > maxCredential || k.Person != "" {
		return "", errPasskey()
	}
	said, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return "", errPasskey()
	}
	p, down, err := i.ownerOf(ctx, rp, k, said)
	if down != nil {
		return "", i.unavailable(ctx, "log in by a passkey", down)
	}
	if err != nil || !p.active || p.admin.Waiting || p.public.Role != mingjing.RoleResident || p.public.Resident == "" {
		return "", errPasskey()
	}
	token, _, err := i.openSession(ctx, p, c)
	if err != nil {
		return "", i.unavailable(ctx, "log in by a passkey", err)
	}
	i.loginSucceeded(ctx, &attempt{kind: "login", identifier: p.traits.Identifier, addr: guard.Network(c.Addr)})
	i.endSurplus(ctx, token)
	l, err := i.askKratos(ctx, token)
	if err != nil {
		return "", err
	}
	return i.renew(ctx, token, l, true) // the person was verified by it
}

// ownerOf returns the person whose passkey has answered the question of a ceremony. down is
// that it can't be found out now, err that the answer is wrong.
func (i *Identity) ownerOf(ctx context.Context, rp *webauthn.WebAuthn, k ceremony,
	said *protocol.ParsedCredentialAssertionData) (p person, down, err error) {
	_, _, err = rp.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		id, ok := idOfHandle(handle)
		if !ok {
			return nil, errRefused
		}
		if p, down = i.kratos.byID(ctx, id); down != nil || !p.enrolled {
			return nil, errRefused
		}
		keys, err := i.passkeysOf(p)
		if err != nil {
			down = err
		}
		return keyOwner{handle: handle, keys: keys}, err
	}, k.Session, said)
	return p, down, err
}

// keyHolder returns the person behind a cookie, who is a resident, or staff or an officer at
// AAL 2. To change their passkeys, the login must be fresh.
func (i *Identity) keyHolder(ctx context.Context, cookie string, fresh bool) (person, []passkey, error) {
	l, err := i.Who(ctx, cookie)
	if err != nil {
		return person{}, nil, err
	}
	if l.Actor.Role != mingjing.RoleResident && l.Actor.AAL < 2 {
		return person{}, nil, mingjing.NewError(mingjing.Forbidden, "forbidden")
	}
	if fresh && !l.Actor.Fresh {
		return person{}, nil, mingjing.NewError(mingjing.Forbidden, "login_stale")
	}
	s, err := i.kratos.session(ctx, i.tokenOf(cookie))
	if err != nil {
		return person{}, nil, i.sessionError(ctx, "look passkeys up", err)
	}
	p, err := i.kratos.byID(ctx, s.Identity.GetId())
	var keys []passkey
	if err == nil {
		keys, err = i.passkeysOf(p)
	}
	if err != nil {
		return p, nil, i.unavailable(ctx, "look passkeys up", err)
	}
	return p, keys, nil
}

// Passkeys returns the passkeys of the person behind a cookie, the oldest first. The
// errors are those of Who.
func (i *Identity) Passkeys(ctx context.Context, cookie string) ([]mingjing.Passkey, error) {
	_, keys, err := i.keyHolder(ctx, cookie, false)
	all := []mingjing.Passkey{}
	for _, k := range keys {
		all = append(all, k.Passkey)
	}
	return all, err
}

// NewPasskeyQuestion returns what a browser asks its person to make a passkey for who is
// behind a cookie. shown is what the browser shows beside it; it must not name
// anybody. The errors are those of Who, login_stale, passkeys_not_offered and
// passkeys_full.
func (i *Identity) NewPasskeyQuestion(ctx context.Context, cookie, origin, shown string) (mingjing.PasskeyQuestion, error) {
	rp, err := relyingParty(origin)
	if err != nil {
		return mingjing.PasskeyQuestion{}, err
	}
	p, keys, err := i.keyHolder(ctx, cookie, true)
	if err != nil {
		return mingjing.PasskeyQuestion{}, err
	}
	if len(keys) >= maxPasskeys {
		return mingjing.PasskeyQuestion{}, mingjing.NewError(mingjing.Conflict, "passkeys_full")
	}
	return i.newKeyQuestion(ctx, rp, p, keys, shown)
}

// newKeyQuestion returns what a browser asks its person to make another passkey.
func (i *Identity) newKeyQuestion(ctx context.Context, rp *webauthn.WebAuthn, p person, keys []passkey,
	shown string) (mingjing.PasskeyQuestion, error) {
	handle, err := handleOf(p)
	if err != nil {
		return mingjing.PasskeyQuestion{}, i.unavailable(ctx, "make a passkey", err)
	}
	var there []protocol.CredentialDescriptor
	for _, k := range keys {
		there = append(there, k.Credential.Descriptor())
	}
	owner := keyOwner{handle: handle, name: shown, keys: keys}
	options, s, err := rp.BeginRegistration(owner, webauthn.WithExclusions(there))
	if err != nil {
		return mingjing.PasskeyQuestion{}, fmt.Errorf("make a passkey: %w", err)
	}
	return i.question(options.Response, s, p.id)
}

// AddPasskey adds the passkey that a browser has made on the question of a ticket to those
// of the person behind a cookie. The errors are those of Who, login_stale,
// passkey_not_added, passkeys_full and identity_down.
func (i *Identity) AddPasskey(ctx context.Context, cookie, origin, ticket, answer string, c mingjing.Client) error {
	rp, err := relyingParty(origin)
	if err != nil {
		return err
	}
	// One at a time, so that none replaces the other.
	i.activating.Lock()
	defer i.activating.Unlock()
	p, keys, err := i.keyHolder(ctx, cookie, true)
	if err != nil {
		return err
	}
	made, err := i.madeKey(ctx, rp, p, keys, ticket, answer, c)
	if err != nil {
		return err
	}
	if len(keys) >= maxPasskeys {
		return mingjing.NewError(mingjing.Conflict, "passkeys_full")
	}
	if err := i.storePasskeys(ctx, p, append(keys, made)); err != nil {
		return i.unavailable(ctx, "add a passkey", err)
	}
	i.tell(ctx, keyEvent(p, mingjing.SecurityPasskeyAdded, c))
	return nil
}

// madeKey returns the passkey that a browser has made for a person on the question of a
// ticket. The errors are passkey_not_added and identity_down.
func (i *Identity) madeKey(ctx context.Context, rp *webauthn.WebAuthn, p person, keys []passkey, ticket, answer string,
	c mingjing.Client) (passkey, error) {
	k, err := i.answered(ctx, ticket, errNewPasskey())
	if err != nil {
		return passkey{}, err
	}
	if len(answer) > maxCredential || k.Person != p.id {
		return passkey{}, errNewPasskey()
	}
	said, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return passkey{}, errNewPasskey()
	}
	made, err := rp.CreateCredential(keyOwner{handle: k.Session.UserID, keys: keys}, k.Session, said)
	if err != nil || slices.ContainsFunc(keys, func(other passkey) bool { return string(other.Credential.ID) == string(made.ID) }) {
		return passkey{}, errNewPasskey()
	}
	made.Attestation = webauthn.CredentialAttestation{} // nobody looks at it again
	return passkey{mingjing.Passkey{ID: base64.RawURLEncoding.EncodeToString(made.ID)[:min(22, base64.RawURLEncoding.EncodedLen(
		len(made.ID)))], Name: c.Device, AddedAt: i.clock.Now().UTC()}, *made}, nil
}

// keyEvent returns what the owner of a passkey is told: a resident, or the staff register.
func keyEvent(p person, code string, c mingjing.Client) SecurityEvent {
	e := SecurityEvent{Resident: p.public.Resident, Code: code, Device: c.Device}
	if p.public.isDesk() {
		e.Login = p.traits.Identifier
	}
	return e
}

// RemovePasskey removes a passkey of the person behind a cookie. The errors are those of
// Who, not_found and identity_down.
func (i *Identity) RemovePasskey(ctx context.Context, cookie, id string, c mingjing.Client) error {
	i.activating.Lock()
	defer i.activating.Unlock()
	p, keys, err := i.keyHolder(ctx, cookie, false)
	if err == nil && p.public.Factor { // it is a change of the second factor
		p, keys, err = i.keyHolder(ctx, cookie, true)
	}
	if err != nil {
		return err
	}
	at := slices.IndexFunc(keys, func(k passkey) bool { return k.ID == id })
	if at < 0 {
		return mingjing.NewError(mingjing.NotFound, "not_found")
	}
	if err := i.storePasskeys(ctx, p, slices.Delete(keys, at, at+1)); err != nil {
		return i.unavailable(ctx, "remove a passkey", err)
	}
	if len(keys) == 1 && p.admin.Factor == "" && p.public.Factor { // nothing is left to ask for
		if err := i.dropFactor(ctx, p, c); err != nil {
			return i.unavailable(ctx, "remove a passkey", err)
		}
	}
	i.tell(ctx, keyEvent(p, mingjing.SecurityPasskeyRemoved, c))
	return nil
}

func errPasskey() error { return mingjing.NewError(mingjing.Unauthenticated, "passkey_failed") }

func errNewPasskey() error { return mingjing.NewError(mingjing.Invalid, "passkey_not_added") }
