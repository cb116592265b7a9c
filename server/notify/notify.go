// Package notify sends notices to browsers by Web Push (RFC 8030, 8291, 8292) and to
// mailboxes by SMTP. It knows neither residents nor their choices; it gets an address
// and a message that says nothing personal, and returns whether the message was
// accepted, can be tried again, or can't be delivered.
//
// An address is personal. No error and no log record of this package contains one: of
// what a server or a library says only the code is left. An endpoint comes from a
// browser, so anybody may have made it up; messages are sent only to public addresses:
// the address is checked when the connection is made, and no redirect is followed.
package notify

import (
	"crypto/ecdh"
	"errors"
	"fmt"
	"net/url"
	"time"

	"mingjing/server/casework/notice"
)

// A Config is the configuration of a Notifier.
type Config struct {
	// VAPIDKey is the private key by which push services know the server: 32 bytes
	// of P-256, the same at every start. Empty: push is not offered.
	VAPIDKey []byte
	// Origin is the public origin, such as https://mirror.example, for the links in
	// messages.
	Origin string
	// SMTPURL is the mail server, such as smtp://user:password@host:587 (STARTTLS) or
	// smtps://user:password@host:465. Empty: e-mail is not offered.
	SMTPURL string
	// MailFrom is the sender, such as "Mingjing <no-reply@mirror.example>".
	MailFrom string
	// Wait is how long one message to a push service or mail server may take; 0 is 15 and
	// 30 seconds.
	Wait time.Duration
	// Local allows endpoints on this machine and without TLS, for tests.
	Local bool
}

// A Notifier sends notices; it implements [notice.Notifier]. It is safe for use by
// many goroutines.
type Notifier struct {
	push  *pusher // nil: not offered
	mail  *mailer // nil: not offered
	hosts *hosts
}

var _ notice.Notifier = (*Notifier)(nil)

// New returns a Notifier, without connecting to any server. Its errors name settings
// and never show a password.
func New(c Config) (*Notifier, error) {
	n := &Notifier{hosts: newHosts()}
	origin, err := url.Parse(c.Origin)
	if err != nil || origin.Host == "" || origin.Scheme != "https" && origin.Scheme != "http" {
		return nil, errors.New("notify: the public origin is not like https://host")
	}
	if n.mail, err = newMailer(c); err != nil {
		return nil, err
	}
	if len(c.VAPIDKey) > 0 {
		key, err := ecdh.P256().NewPrivateKey(c.VAPIDKey)
		if err != nil {
			return nil, fmt.Errorf("notify: the key for push: %w", err)
		}
		contact := "nobody@mingjing.invalid" // the address to which push services can complain
		switch {
		case origin.Scheme == "https":
			contact = origin.Scheme + "://" + origin.Host
		case n.mail != nil:
			contact = n.mail.from.Address
		}
		n.push = newPusher(key, contact, c.Local, c.Wait)
	}
	return n, nil
}
