package notify

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"mingjing/server/casework/notice"
)

const (
	// pushTime is the longest time for one message to one push service.
	pushTime = 15 * time.Second
	// pushTTL is how long a push service keeps a message for a phone that is off.
	pushTTL = 3 * 24 * time.Hour
)

var (
	errEndpoint = errors.New("notify: not the address of a push service")
	errPrivate  = errors.New("notify: the push service is not at a public address")
)

// A pusher sends messages to push services.
type pusher struct {
	private, public string // VAPID, base64url
	contact         string
	local           bool
	wait            time.Duration
	http            *http.Client
}

func newPusher(key *ecdh.PrivateKey, contact string, local bool, wait time.Duration) *pusher {
	if wait <= 0 {
		wait = pushTime
	}
	p := &pusher{contact: contact, local: local, wait: wait,
		private: base64.RawURLEncoding.EncodeToString(key.Bytes()),
		public:  base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())}
	dialer := &net.Dialer{Timeout: wait, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !local && !publicAddress(to.Addr()) {
			return errPrivate
		}
		return nil
	}}
	p.http = &http.Client{
		Timeout: wait,
		// No proxy: it would connect for us, where the address is not checked.
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: wait,
			MaxResponseHeaderBytes: 32 << 10, MaxIdleConnsPerHost: hostTurns, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p
}

// PushKey implements [notice.Notifier].
func (n *Notifier) PushKey() string {
	if n.push == nil {
		return ""
	}
	return n.push.public
}

// CheckEndpoint implements [notice.Notifier]. It accepts an https address on the usual
// port that is not plainly one of our own machines. The IP address of its name is
// checked when a message is sent.
func (n *Notifier) CheckEndpoint(endpoint string) error {
	if n.push == nil {
		return errEndpoint
	}
	return n.push.check(endpoint)
}

func (p *pusher) check(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return errEndpoint
	}
	if p.local && u.Scheme == "http" {
		return nil
	}
	if u.Scheme != "https" {
		return errEndpoint
	}
	if p.local {
		return nil
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil && !publicAddress(ip) {
		return errPrivate
	}
	if u.Port() != "" && u.Port() != "443" || !strings.ContainsAny(host, ".:") || strings.HasSuffix(host, ".localhost") {
		return errEndpoint
	}
	return nil
}

// special are networks, besides those that [netip.Addr] knows, that are not part of the
// public internet, or that lead from there to our own machines.
var special = func() (list []netip.Prefix) {
	for _, s := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
		"2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10", "::/96"} {
		list = append(list, netip.MustParsePrefix(s))
	}
	return list
}()

// publicAddress reports whether an address is part of the public internet.
func publicAddress(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// payload is the whole content of a push message: the language, and the kind if the
// resident wants it on a locked screen. The service worker has the sentences.
type payload struct {
	Lang string `json:"lang"`
	Kind string `json:"kind,omitempty"`
}

// Push implements [notice.Notifier]. Every message has the same length, so that the
// length does not tell the kind.
func (n *Notifier) Push(ctx context.Context, to notice.PushAddress, m notice.Message) error {
	p := n.push
	if p == nil {
		return fmt.Errorf("notify: push is not offered: %w", notice.ErrRefused)
	}
	if err := p.check(to.Endpoint); err != nil {
		return fmt.Errorf("%w: %w", err, notice.ErrGone)
	}
	text, err := json.Marshal(payload{Lang: m.Lang, Kind: string(m.Kind)})
	if err != nil {
		return fmt.Errorf("notify: write a push message: %w", err)
	}
	u, err := url.Parse(to.Endpoint)
	if err != nil {
		return fmt.Errorf("%w: %w", errEndpoint, notice.ErrGone)
	}
	ctx, stop := context.WithTimeout(ctx, p.wait)
	defer stop()
	leave, err := n.hosts.enter(ctx, u.Host)
	if err != nil {
		return err
	}
	err = p.send(ctx, to, m, text)
	leave(err)
	return err
}

func (p *pusher) send(ctx context.Context, to notice.PushAddress, m notice.Message, text []byte) error {
	res, err := webpush.SendNotificationWithContext(ctx, text,
		&webpush.Subscription{Endpoint: to.Endpoint, Keys: webpush.Keys{Auth: to.Auth, P256dh: to.P256dh}},
		&webpush.Options{HTTPClient: p.http, Subscriber: p.contact, VAPIDPublicKey: p.public, VAPIDPrivateKey: p.private,
			TTL: int(pushTTL.Seconds()), Topic: topic(m.ID), Urgency: webpush.UrgencyNormal})
	if err != nil {
		// The IP address of a name may change, so a private one is tried again too,
		// until the tries are used up.
		return fmt.Errorf("notify: push: %w", withoutAddress(err))
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 4<<10)) // so that the connection can be used again
	_ = res.Body.Close()
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		return nil
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		return fmt.Errorf("notify: push: status %d: %w", res.StatusCode, notice.ErrGone)
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500:
		return fmt.Errorf("notify: push: status %d", res.StatusCode)
	}
	return fmt.Errorf("notify: push: status %d: %w", res.StatusCode, notice.ErrRefused)
}

// topic returns a name by which a push service replaces an undelivered message with a
// newer one of the same kind.
func topic(id string) string {
	const longest = 32
	if len(id) > longest || strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) {
		return ""
	}
	return id
}

// withoutAddress returns an error without the endpoint and the host, which errors of net
// and net/http contain.
func withoutAddress(err error) error {
	switch {
	case errors.Is(err, errPrivate):
		return errPrivate
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return errors.New("its host is not known")
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return context.DeadlineExceeded
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return errors.New("it was not reached")
	}
	return errors.New("it failed")
}
