package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/notice"
)

// mailTime is the longest time for one exchange with the mail server.
const mailTime = 30 * time.Second

// A mailer sends messages to mailboxes, each over a connection of its own.
type mailer struct {
	host   string
	from   *netmail.Address
	origin string
	// options are those that client was made with.
	options []mail.Option
	client  *mail.Client
	wait    time.Duration
}

// newMailer returns nil when no mail server is set.
func newMailer(c Config) (*mailer, error) {
	if c.SMTPURL == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	u, err := url.Parse(c.SMTPURL)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, errors.New("SMTP_URL must be like smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	from, err := netmail.ParseAddress(c.MailFrom)
	if err != nil {
		return nil, errors.New("MAIL_FROM must be the sender's address, such as Mingjing <no-reply@mirror.example>")
	}
	m := &mailer{host: u.Hostname(), from: from, origin: strings.TrimSuffix(c.Origin, "/"), wait: c.Wait}
	if m.wait <= 0 {
		m.wait = mailTime
	}
	m.options = []mail.Option{mail.WithTimeout(m.wait), mail.WithoutNoop()}
	port := 587
	switch {
	case u.Scheme == "smtps":
		port = 465
		m.options = append(m.options, mail.WithSSL())
	case loopback(u.Hostname()): // the connection does not leave this machine
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSOpportunistic), mail.WithDialContextFunc(dialBounded))
	default:
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithDialContextFunc(dialBounded))
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return nil, errors.New("SMTP_URL: the port is not a number")
		}
	}
	m.options = append(m.options, mail.WithPort(port))
	if user := u.User.Username(); user != "" {
		password, _ := u.User.Password()
		m.options = append(m.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(user), mail.WithPassword(password))
	}
	if m.client, err = mail.NewClient(m.host, m.options...); err != nil {
		return nil, errors.New("SMTP_URL can't be used")
	}
	return m, nil
}

// dialBounded connects, for no longer than ctx allows: whoever connects and says nothing
// is left then.
func dialBounded(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if until, ok := ctx.Deadline(); ok && err == nil {
		err = conn.SetDeadline(until.Add(time.Second)) // ctx itself ends first
	}
	return conn, err
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// MailOffered implements [notice.Notifier].
func (n *Notifier) MailOffered() bool { return n.mail != nil }

// Mail implements [notice.Notifier].
func (n *Notifier) Mail(ctx context.Context, to string, m notice.Message) error {
	if n.mail == nil {
		return fmt.Errorf("notify: e-mail is not offered: %w", notice.ErrRefused)
	}
	ctx, stop := context.WithTimeout(ctx, n.mail.wait)
	defer stop()
	leave, err := n.hosts.enter(ctx, "mail "+n.mail.host)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() { sent <- n.mail.send(ctx, to, m) }()
	select {
	case err = <-sent:
	case <-ctx.Done(): // the library waits for some answers without a bound
		err = ctx.Err()
	}
	if ctx.Err() != nil && err != nil { // the conversation broke off because nobody answered
		err = fmt.Errorf("%w: %w", err, ctx.Err())
	}
	leave(err)
	return err
}

func (m *mailer) send(ctx context.Context, to string, what notice.Message) error {
	letter, err := m.write(to, what)
	if err != nil {
		return err
	}
	session, err := m.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("notify: mail: %w", ctx.Err())
		}
		// The error is not about the mailbox: the server is down, or refuses our
		// password.
		return errors.New("notify: mail: the mail server was not reached, or did not let us in")
	}
	err = m.client.SendWithSMTPClient(session, letter)
	_ = m.client.CloseWithSMTPClient(session) // the mail was accepted already
	return mailError(err)
}

// mailError returns an error with the mail server's codes and nothing else of its
// answer, and decides whether another try makes sense.
func mailError(err error) error {
	if err == nil {
		return nil
	}
	said, ok := errors.AsType[*mail.SendError](err)
	if !ok {
		return errors.New("notify: mail: the conversation broke off")
	}
	code, status := said.ErrorCode(), said.EnhancedStatusCode()
	told := fmt.Errorf("notify: mail: code %d %s", code, status)
	atMailbox := said.Reason == mail.ErrSMTPRcptTo
	switch {
	case code < 500 || said.IsTemp():
		return told
	case strings.HasPrefix(status, "5.7."): // the server refuses the sender
		return fmt.Errorf("%w: %w", told, notice.ErrRefused)
	case strings.HasPrefix(status, "5.1."), atMailbox && (code == 550 || code == 551 || code == 553):
		return fmt.Errorf("%w: %w", told, notice.ErrGone)
	}
	return fmt.Errorf("%w: %w", told, notice.ErrRefused)
}

// write returns the mail: a neutral subject, one sentence, and a link to the inbox or
// the code.
func (m *mailer) write(to string, what notice.Message) (*mail.Msg, error) {
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := letter.FromFormat(m.from.Name, m.from.Address); err != nil {
		return nil, errors.New("notify: mail: the sender's address is not one")
	}
	if err := letter.To(to); err != nil {
		return nil, fmt.Errorf("notify: mail: the address is not one: %w", notice.ErrGone)
	}
	family, page := "mail.notice", "inbox"
	switch {
	case what.Code != "":
		family, page = "mail.code", "notice-settings"
	case what.Corrected != "": // to a person without an account
		family, page = "mail.corrected", "home"
	}
	link := m.origin + mingjing.Path(what.Lang, page)
	letter.Subject(i18n.T(what.Lang, family+".subject"))
	pairs := []string{"link", link}
	if what.Code != "" {
		pairs = append(pairs, "code", what.Code)
	}
	foot := "mail.foot"
	if what.Corrected != "" {
		// the same number as on the page
		pairs, foot = append(pairs, "number", what.Corrected[:min(8, len(what.Corrected))]), "mail.corrected.foot"
	}
	letter.SetBodyString(mail.TypeTextPlain, i18n.T(what.Lang, family+".text", pairs...)+"\n\n"+i18n.T(what.Lang, foot)+"\n")
	letter.SetMessageIDWithValue(what.ID + "@" + m.from.Address[strings.LastIndexByte(m.from.Address, '@')+1:])
	letter.SetDateWithValue(time.Now())
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetGenHeader("Content-Language", what.Lang)
	return letter, nil
}
