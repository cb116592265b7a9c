package notice

import (
	"context"
	"errors"
	"time"

	"mingjing"
)

// A Notifier sends notices to devices and to mailboxes. What it returns never names an
// address. Its errors wrap [ErrGone] or [ErrRefused] where another try would be the
// same; any other is worth one.
type Notifier interface {
	// PushKey returns the public key (VAPID) for browsers to subscribe with; "" where
	// push is not offered.
	PushKey() string
	// CheckEndpoint returns an error if push messages may not be sent to an address at
	// all.
	CheckEndpoint(endpoint string) error
	// Push sends a message to one device.
	Push(ctx context.Context, to PushAddress, m Message) error
	// MailOffered reports whether e-mail can be sent.
	MailOffered() bool
	// Mail sends a message to a mailbox.
	Mail(ctx context.Context, to string, m Message) error
}

// What a [Notifier] can say of a message for good.
var (
	// ErrGone: there is no such device or mailbox any more.
	ErrGone = errors.New("gone")
	// ErrRefused: this message will never be taken there.
	ErrRefused = errors.New("refused")
)

// A Message is what is sent of a notice: nothing personal.
type Message struct {
	// ID is the notice's, by which a message that arrives twice is known.
	ID   string
	Lang string
	// Kind is "" where even that is not to be said.
	Kind mingjing.NoticeKind
	// Code confirms an e-mail address, or sets a new password where Reset is set; "" in a
	// message about a notice.
	Code  string
	Reset bool
	// Corrected is the number of a statement that the reader was shown and that was
	// corrected since; "" in any other message.
	Corrected string
}

// A PushAddress is where a browser is reached: the address at its push service,
// and the keys (base64url) that messages to it are sealed with.
type PushAddress struct {
	Endpoint string `json:"endpoint"`
	P256dh   string `json:"p256dh"`
	Auth     string `json:"auth"`
}

// A Notice is a notice as it is stored.
type Notice struct {
	mingjing.Notice
	Resident mingjing.ResidentID
	Seq      int64
	// Waiting are the ways by which it is yet to be sent: [WayMail], or the id of a
	// [Device]. Tries is how often that was tried.
	Waiting []string
	Tries   int
	// Devices are those that the resident had when a notice about their login was made.
	// It is sent to them also when their sessions have ended with what it tells.
	Devices []Device
}

// WayMail is the way by e-mail among [Notice] Waiting.
const WayMail = "mail"

// Prefs are how a resident wants to hear of notices. Its zero value is that
// of somebody who never said.
type Prefs struct {
	Resident mingjing.ResidentID
	// Lang is the language of the last form that the resident sent.
	Lang     string
	Off      []mingjing.NoticeKind
	PushOff  bool
	MailOff  bool
	ShowText bool
	// Email is confirmed; EmailFailed says that it does not take mail.
	Email       string
	EmailFailed bool
	// Pending waits for Code to be typed before Until; Guesses counts wrong ones.
	Pending       string
	PendingFailed bool
	Code          string
	Until         time.Time
	Guesses       int
	// Codes is how many codes were sent on the day CodesOn.
	Codes   int
	CodesOn mingjing.Date
}

// A Device is a browser that gets push messages, as it is stored.
type Device struct {
	mingjing.PushDevice
	PushAddress
	Resident mingjing.ResidentID
	// Session is the login that added it; its end ends the device too.
	Session string
}
