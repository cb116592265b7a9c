package mingjing

import "time"

// What somebody is told about their own login, as codes of a [NoticeSecurity].
const (
	SecurityPasswordChanged = "password_changed" // with the current password
	SecurityPasswordReset   = "password_reset"   // with a one-time code
	SecurityNewDevice       = "new_device"       // a login from a browser that was not seen before
	SecurityPasskeyAdded    = "passkey_added"
	SecurityPasskeyRemoved  = "passkey_removed"
	SecurityFactorAdded     = "factor_added" // a resident is asked for a second factor from now on
	SecurityFactorRemoved   = "factor_removed"
)

// SecurityCodes are all of them.
var SecurityCodes = []string{SecurityPasswordChanged, SecurityPasswordReset, SecurityNewDevice, SecurityPasskeyAdded,
	SecurityPasskeyRemoved, SecurityFactorAdded, SecurityFactorRemoved}

// A SecurityView is how somebody logs in.
type SecurityView struct {
	// Fresh says that the password was given a moment ago, which adding a passkey needs.
	Fresh bool `json:"fresh"`
	// PasskeysOffered says that passkeys can be added here.
	PasskeysOffered bool      `json:"passkeys_offered"`
	Passkeys        []Passkey `json:"passkeys"`
	// Factor is a resident's second factor.
	Factor SecondFactor `json:"factor"`
	// NewFactor is shown once, while an authenticator is being set up.
	NewFactor *NewFactor `json:"new_factor,omitempty"`
}

// ShownOnce reports whether there is something that can't be read again.
func (v *SecurityView) ShownOnce() bool { return v != nil && v.NewFactor != nil }

// A SecondFactor is what a resident is asked for besides the password before downloading all
// data, leaving, sharing, and changes of the password or of the factor.
type SecondFactor struct {
	// On says that it is asked for.
	On bool `json:"on"`
	// App says that an authenticator is set up.
	App bool `json:"app"`
	// Passkeys is how many passkeys there are, each of which is a second factor too.
	Passkeys int `json:"passkeys"`
}

// A NewFactor is an authenticator that is being set up.
type NewFactor struct {
	// Ticket goes back with the first code. It is good for half an hour.
	Ticket string `json:"ticket"`
	// Secret is what the authenticator makes its codes from, in base32.
	Secret string `json:"secret"`
	QR     QRCode `json:"qr"`
}

// A FactorAnswer is what somebody answers when they are asked for their second factor: a code
// of their authenticator, or what a passkey said.
type FactorAnswer struct {
	Code    string
	Passkey PasskeyAnswer
}

// A Passkey is a key on a device, or in a password manager, by which a resident logs in
// without a password. For staff and officers it is a second factor, after the password.
type Passkey struct {
	ID string `json:"id"`
	// Name is a short name of the browser with which it was added; it may be empty.
	Name    string    `json:"name"`
	AddedAt time.Time `json:"added_at"`
}

// A ForgotView is what the page for a forgotten password says besides its form.
type ForgotView struct {
	// MailOffered says that this server can send a code.
	MailOffered bool `json:"mail_offered"`
	// Counter is where the bureau's counter is, as the bureau has written it; "" where
	// it has not.
	Counter string `json:"counter,omitempty"`
}

// A PasskeyAnswer is what a browser on a page of the origin answered to the question of a
// ticket.
type PasskeyAnswer struct {
	Origin, Ticket string
	// Credential is JSON of WebAuthn Level 3.
	Credential string
}

// A PasskeyQuestion is what a browser asks its person, to make a passkey or to log in with
// one.
type PasskeyQuestion struct {
	// Options are the options of navigator.credentials, as JSON of WebAuthn Level 3.
	Options string `json:"options"`
	// Ticket goes back with the answer. It is sealed, and good once and for five minutes.
	Ticket string `json:"ticket"`
}
