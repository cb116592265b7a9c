package notice

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Bounds on confirming an e-mail address: nobody's mailbox is filled from here,
// and nobody guesses a code.
const (
	codeDigits  = 8
	codeFor     = time.Hour
	codesPerDay = 5
	maxGuesses  = 5
)

// A Choice is what a resident chooses on the page of notice settings.
type Choice struct {
	// Kinds are those to be sent; the ones with legal effect always are.
	Kinds                []mingjing.NoticeKind
	Push, Mail, ShowText bool
}

// NoticeSettings returns the actor's settings for notices.
func (c *Notices) NoticeSettings(ctx context.Context, a mingjing.Actor) (mingjing.NoticeSettingsView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.NoticeSettingsView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.NoticeSettingsView, error) {
		rd := t.As(c.city.Entry(a, "notice_settings", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return mingjing.NoticeSettingsView{}, err
		}
		return c.showSettings(ctx, rd, me)
	})
}

func (c *Notices) showSettings(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID) (mingjing.NoticeSettingsView, error) {
	p, err := PrefsOf(ctx, rd, me)
	if err != nil {
		return mingjing.NoticeSettingsView{}, err
	}
	devices, err := read(rd).Devices(ctx, me)
	if err != nil {
		return mingjing.NoticeSettingsView{}, err
	}
	v := mingjing.NoticeSettingsView{Off: append([]mingjing.NoticeKind{}, p.Off...), Push: !p.PushOff, Mail: !p.MailOff, ShowText: p.ShowText,
		PushKey: c.notifier.PushKey(), MailOffered: c.notifier.MailOffered(), Devices: []mingjing.PushDevice{},
		Email: MaskEmail(p.Email), EmailFailed: p.EmailFailed}
	for _, d := range devices {
		v.Devices = append(v.Devices, d.PushDevice)
	}
	if p.Pending != "" && c.city.Now().Before(p.Until) {
		v.Pending, v.PendingUntil, v.PendingFailed = p.Pending, &p.Until, p.PendingFailed
	}
	return v, nil
}

// changePrefs changes the actor's own settings in one transaction.
func (c *Notices) changePrefs(ctx context.Context, a mingjing.Actor,
	change func(*kernel.Reader, *Prefs) error) (mingjing.NoticeSettingsView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.NoticeSettingsView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.NoticeSettingsView, error) {
		rd := t.As(c.city.Entry(a, "notice_settings", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return mingjing.NoticeSettingsView{}, err
		}
		p, err := PrefsOf(ctx, rd, me)
		if err != nil {
			return mingjing.NoticeSettingsView{}, err
		}
		if err := change(rd, &p); err != nil {
			return mingjing.NoticeSettingsView{}, err
		}
		if err := db(t).SetNoticePrefs(ctx, p); err != nil {
			return mingjing.NoticeSettingsView{}, err
		}
		return c.showSettings(ctx, rd, me)
	})
}

// SetNotices stores which notices are sent, and by which channels. Notices with legal
// effect are always sent.
func (c *Notices) SetNotices(ctx context.Context, a mingjing.Actor, choice Choice) (mingjing.NoticeSettingsView, error) {
	return c.changePrefs(ctx, a, func(_ *kernel.Reader, p *Prefs) error {
		p.PushOff, p.MailOff, p.ShowText, p.Off = !choice.Push, !choice.Mail, choice.ShowText, nil
		for _, k := range mingjing.NoticeKinds {
			if !k.Legal() && !slices.Contains(choice.Kinds, k) {
				p.Off = append(p.Off, k)
			}
		}
		return nil
	})
}

// RememberLanguage stores the language of the actor's last form, in which messages are
// sent to them.
func (c *Notices) RememberLanguage(ctx context.Context, a mingjing.Actor, lang string) error {
	me, err := kernel.AsResident(a)
	if err != nil {
		return err
	}
	if !slices.Contains(mingjing.Languages, lang) {
		return mingjing.NewError(mingjing.Invalid, "invalid")
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(a, "notice_settings", "", "own").Once(string(c.city.Today()))) // each form says it
		p, err := read(rd).NoticePrefs(ctx, me)
		if errors.Is(err, kernel.ErrNotFound) {
			err = nil
		}
		if err != nil || p.Lang == lang {
			return err
		}
		p.Resident, p.Lang = me, lang
		return db(t).SetNoticePrefs(ctx, p)
	}))
}

// SetEmail stores an e-mail address that is not confirmed yet, and sends a code to it;
// nothing else is sent there before the code has come back. A confirmed address stays in
// use until then.
func (c *Notices) SetEmail(ctx context.Context, a mingjing.Actor, text string) (mingjing.NoticeSettingsView, error) {
	if _, err := kernel.AsResident(a); err != nil {
		return mingjing.NoticeSettingsView{}, err
	}
	if !c.notifier.MailOffered() {
		return mingjing.NoticeSettingsView{}, mingjing.NewError(mingjing.Conflict, "mail_not_offered")
	}
	address, err := ParseEmail(text)
	if err != nil {
		return mingjing.NoticeSettingsView{}, mingjing.InvalidFields(mingjing.FieldError{Field: "email", Code: err.Error()})
	}
	return c.changePrefs(ctx, a, func(rd *kernel.Reader, p *Prefs) error {
		if today := c.city.Today(); p.CodesOn != today {
			p.Codes, p.CodesOn = 0, today
		}
		if p.Codes++; p.Codes > codesPerDay {
			return mingjing.NewError(mingjing.Limited, "email_codes")
		}
		p.Pending, p.PendingFailed, p.Code, p.Guesses = address, false, newCode(), 0
		p.Until = c.city.Now().UTC().Add(codeFor)
		return rd.Enqueue(ctx, kernel.Job{Kind: JobConfirm, ID: a.ID})
	})
}

// newCode returns a random code of eight digits, which is easy to copy.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		panic("casework: no randomness: " + err.Error())
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}

// sendCode is the job that sends the code for an address that is to be confirmed, until
// the code has expired.
func (c *Notices) sendCode(ctx context.Context, resident mingjing.ResidentID) (time.Duration, error) {
	var p Prefs
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		rd := t.As(c.city.NoticeEntry())
		p, err = PrefsOf(ctx, rd, resident)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("send code: %w", err)
	}
	if p.Pending == "" || p.PendingFailed || !c.city.Now().Before(p.Until) {
		return 0, nil
	}
	sendErr := c.notifier.Mail(ctx, p.Pending, Message{ID: kernel.NewID(), Lang: p.Lang, Code: p.Code})
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	switch {
	case sendErr == nil:
		return 0, nil
	case !errors.Is(sendErr, ErrGone) && !errors.Is(sendErr, ErrRefused):
		c.city.Log().Warn("a code was not delivered", "err", sendErr)
		return kernel.Jitter(FirstResend), nil
	}
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.NoticeEntry())
		now, err := PrefsOf(ctx, rd, resident)
		if err != nil || now.Pending != p.Pending {
			return err
		}
		now.PendingFailed = true
		if err := db(t).SetNoticePrefs(ctx, now); err != nil {
			return err
		}
		return t.Emit(ctx, string(resident), mingjing.EventNotice, "all", c.city.Now())
	})
	return 0, err
}

// plainCode returns a typed code without spaces and hyphens, its digits in ASCII.
func plainCode(code string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '\u3000' || r == '-' || r == '\t':
			return -1
		}
		return r
	}, code)
}

// ConfirmEmail checks the code that was sent, and confirms the address. A wrong code is
// an email_code_wrong error, and after a few of them a new code is needed.
func (c *Notices) ConfirmEmail(ctx context.Context, a mingjing.Actor, code string) (mingjing.NoticeSettingsView, error) {
	code = plainCode(code)
	var wrong error
	v, err := c.changePrefs(ctx, a, func(_ *kernel.Reader, p *Prefs) error {
		wrong = nil
		if p.Pending == "" || !c.city.Now().Before(p.Until) || p.Guesses >= maxGuesses {
			return mingjing.NewError(mingjing.Conflict, "email_code_over")
		}
		if code == "" {
			return mingjing.InvalidFields(mingjing.FieldError{Field: "email_code", Code: "required"})
		}
		if subtle.ConstantTimeCompare([]byte(code), []byte(p.Code)) != 1 {
			p.Guesses++ // kept, so that guessing ends
			wrong = mingjing.InvalidFields(mingjing.FieldError{Field: "email_code", Code: "email_code_wrong"})
			return nil
		}
		p.Email, p.EmailFailed = p.Pending, false
		p.Pending, p.PendingFailed, p.Code, p.Until, p.Guesses = "", false, "", time.Time{}, 0
		return nil
	})
	if err == nil && wrong != nil {
		return mingjing.NoticeSettingsView{}, wrong
	}
	return v, err
}

// RemoveEmail deletes the actor's address, and one that waits to be confirmed.
func (c *Notices) RemoveEmail(ctx context.Context, a mingjing.Actor) (mingjing.NoticeSettingsView, error) {
	return c.changePrefs(ctx, a, func(_ *kernel.Reader, p *Prefs) error {
		p.Email, p.EmailFailed = "", false
		p.Pending, p.PendingFailed, p.Code, p.Until, p.Guesses = "", false, "", time.Time{}, 0
		return nil
	})
}

// AddDevice stores a browser of the actor's to which push messages are sent, with the
// session that added it. A browser that is known already gets its new keys.
func (c *Notices) AddDevice(ctx context.Context, a mingjing.Actor, session, name string,
	to PushAddress) (mingjing.NoticeSettingsView, error) {
	if _, err := kernel.AsResident(a); err != nil {
		return mingjing.NoticeSettingsView{}, err
	}
	if c.notifier.PushKey() == "" {
		return mingjing.NoticeSettingsView{}, mingjing.NewError(mingjing.Conflict, "push_not_offered")
	}
	to, ok := cleanPushAddress(to)
	if name = strings.TrimSpace(name); len(name) > 100 {
		name = ""
	}
	if !ok || c.notifier.CheckEndpoint(to.Endpoint) != nil {
		return mingjing.NoticeSettingsView{}, mingjing.InvalidFields(mingjing.FieldError{Field: "endpoint", Code: "push_invalid"})
	}
	return c.changePrefs(ctx, a, func(rd *kernel.Reader, p *Prefs) error {
		devices, err := read(rd).Devices(ctx, p.Resident)
		if err != nil {
			return err
		}
		d := Device{Resident: p.Resident, Session: session, PushAddress: to,
			PushDevice: mingjing.PushDevice{ID: kernel.NewID(), Name: name, AddedAt: c.city.Now().UTC()}}
		i := slices.IndexFunc(devices, func(old Device) bool { return old.Endpoint == to.Endpoint })
		if i < 0 && len(devices) >= mingjing.MaxPushDevices {
			return mingjing.NewError(mingjing.Conflict, "push_devices")
		}
		p.PushOff = false // who adds a device wants to hear from it
		return db(rd).PutDevice(ctx, d)
	})
}

// RemoveDevice ends push messages to one of the actor's browsers, by its id or by
// its endpoint. One that is not there has been removed already.
func (c *Notices) RemoveDevice(ctx context.Context, a mingjing.Actor, id, endpoint string) (mingjing.NoticeSettingsView, error) {
	if _, err := kernel.AsResident(a); err != nil {
		return mingjing.NoticeSettingsView{}, err
	}
	if id == "" && endpoint == "" {
		return mingjing.NoticeSettingsView{}, mingjing.InvalidFields(mingjing.FieldError{Field: "device", Code: "required"})
	}
	return c.changePrefs(ctx, a, func(rd *kernel.Reader, p *Prefs) error {
		devices, err := read(rd).Devices(ctx, p.Resident)
		if err != nil {
			return err
		}
		for _, d := range devices {
			if d.ID == id || d.Endpoint == endpoint {
				if err := db(rd).DeleteDevice(ctx, p.Resident, d.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// EndSession deletes the devices that a session added: nothing is sent to a browser
// after a logout. The server calls it for every session that ends.
func (c *Notices) EndSession(ctx context.Context, session string) error {
	if session == "" {
		return nil
	}
	return c.city.Tx(ctx, func(t *kernel.Tx) error { return db(t).DeleteDevicesOf(ctx, session) })
}

// EndOtherDevices deletes the actor's devices except those that a session added; "" is
// no session.
func (c *Notices) EndOtherDevices(ctx context.Context, a mingjing.Actor, session string) error {
	me, err := kernel.AsResident(a)
	if err != nil {
		return err
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error { return db(t).DeleteDevicesBut(ctx, me, session) }))
}

// maxEndpoint bounds the address of a push service in bytes.
const maxEndpoint = 1024

// cleanPushAddress returns a push address with its keys in base64url. It reports whether
// the keys are valid: a point on P-256 and 16 bytes.
func cleanPushAddress(to PushAddress) (_ PushAddress, ok bool) {
	if len(to.Endpoint) > maxEndpoint || len(to.P256dh) > 200 || len(to.Auth) > 100 {
		return PushAddress{}, false
	}
	point, err1 := decodeKey(to.P256dh)
	auth, err2 := decodeKey(to.Auth)
	if err1 != nil || err2 != nil || len(auth) != 16 {
		return PushAddress{}, false
	}
	if _, err := ecdh.P256().NewPublicKey(point); err != nil {
		return PushAddress{}, false
	}
	to.P256dh, to.Auth = base64.RawURLEncoding.EncodeToString(point), base64.RawURLEncoding.EncodeToString(auth)
	return to, true
}

func decodeKey(s string) ([]byte, error) {
	s = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(s), "=")
	return base64.RawURLEncoding.DecodeString(s)
}

// The ways in which text is no e-mail address. The text of each is its code.
var (
	ErrEmailMissing = errors.New("required")
	ErrEmailForm    = errors.New("email_invalid")
)

// mailDomain is a domain with a dot.
var mailDomain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ParseEmail returns an e-mail address as a person types it: one address, without a name
// or quotes, in ASCII, with a domain that has a dot. Full-width characters of input
// methods are understood. The error is [ErrEmailMissing] or [ErrEmailForm].
func ParseEmail(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", ErrEmailMissing
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～': // full-width forms of ! to ~
			return r - '！' + '!'
		case r == '。':
			return '.'
		}
		return r
	}, text)
	local, domain, _ := cutLast(text, "@")
	domain = strings.ToLower(domain)
	text = local + "@" + domain
	foreign := strings.ContainsFunc(local, func(r rune) bool { return r >= utf8.RuneSelf })
	machine := strings.HasSuffix(strings.TrimRight(domain, "0123456789"), ".") // the last label is a number
	if foreign || machine || len(local) > 64 || len(text) > 254 || !mailDomain.MatchString(domain) {
		return "", ErrEmailForm
	}
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
		return "", ErrEmailForm
	}
	return text, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// MaskEmail returns an address by which its owner recognises it: the first character and
// the domain; "" for "".
func MaskEmail(address string) string {
	local, domain, ok := cutLast(address, "@")
	if !ok || local == "" {
		return ""
	}
	return local[:1] + "•••@" + domain
}
