package notify

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wneessen/go-mail"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/notice"
	"mingjing/server/notify/smtptest"
)

func TestMain(m *testing.M) {
	i18n.OnMissing = func(what string) { panic("i18n: " + what) }
	os.Exit(m.Run())
}

const origin = "https://mirror.example"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newKey(t testing.TB) *ecdh.PrivateKey {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	must(t, err)
	return key
}

func newNotifier(t testing.TB, c Config) *Notifier {
	t.Helper()
	if c.Origin == "" {
		c.Origin = origin
	}
	n, err := New(c)
	must(t, err)
	return n
}

// A phone is a browser with a subscription, and the push service that it has it
// of.
type phone struct {
	t       testing.TB
	key     *ecdh.PrivateKey
	auth    []byte
	service *httptest.Server
	status  int
	got     chan *http.Request
	body    chan []byte
}

func newPhone(t testing.TB) *phone {
	p := &phone{t: t, key: newKey(t), auth: make([]byte, 16), status: http.StatusCreated, got: make(chan *http.Request, 10),
		body: make(chan []byte, 10)}
	_, _ = rand.Read(p.auth)
	p.service = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		p.got <- r
		p.body <- data
		if p.status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(p.status)
	}))
	t.Cleanup(p.service.Close)
	return p
}

func (p *phone) address() notice.PushAddress {
	return notice.PushAddress{Endpoint: p.service.URL + "/send/secret-token",
		P256dh: base64.RawURLEncoding.EncodeToString(p.key.PublicKey().Bytes()), Auth: base64.RawURLEncoding.EncodeToString(p.auth)}
}

// open unseals a message as a browser does (RFC 8188, RFC 8291), by the standard
// library alone.
func (p *phone) open(body []byte) string {
	p.t.Helper()
	salt, size := body[:16], int(body[20])
	theirs, err := ecdh.P256().NewPublicKey(body[21 : 21+size])
	must(p.t, err)
	shared, err := p.key.ECDH(theirs)
	must(p.t, err)
	derive := func(secret, salt []byte, info string, n int) []byte {
		out, err := hkdf.Key(sha256.New, secret, salt, info, n)
		must(p.t, err)
		return out
	}
	ikm := derive(shared, p.auth, "WebPush: info\x00"+string(p.key.PublicKey().Bytes())+string(theirs.Bytes()), 32)
	block, err := aes.NewCipher(derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16))
	must(p.t, err)
	gcm, err := cipher.NewGCM(block)
	must(p.t, err)
	plain, err := gcm.Open(nil, derive(ikm, salt, "Content-Encoding: nonce\x00", 12), body[21+size:], nil)
	must(p.t, err)
	text, ok := bytes.CutSuffix(bytes.TrimRight(plain, "\x00"), []byte{2})
	if !ok {
		p.t.Fatalf("the message ends with %q", plain[max(0, len(plain)-4):])
	}
	return string(text)
}

func TestAPushMessageSaysTheLanguageAndNothingPersonal(t *testing.T) {
	key, p := newKey(t), newPhone(t)
	n := newNotifier(t, Config{VAPIDKey: key.Bytes(), Local: true})
	if got := base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()); n.PushKey() != got {
		t.Errorf("browsers are given the key %s, want %s", n.PushKey(), got)
	}
	var sizes []int
	for _, c := range []struct {
		m    notice.Message
		want string
	}{
		{notice.Message{ID: "N1", Lang: "zh-CN"}, `{"lang":"zh-CN"}`},
		{notice.Message{ID: "N2", Lang: "en", Kind: mingjing.NoticeListingServed}, `{"lang":"en","kind":"listing_served"}`},
	} {
		must(t, n.Push(t.Context(), p.address(), c.m))
		r, body := <-p.got, <-p.body
		if got := p.open(body); got != c.want {
			t.Errorf("the message says %s, want %s", got, c.want)
		}
		if bytes.Contains(body, []byte("lang")) || r.Header.Get("Content-Encoding") != "aes128gcm" || r.Header.Get("Topic") != c.m.ID ||
			r.Header.Get("TTL") != "259200" {
			t.Errorf("it is sent as %v", r.Header)
		}
		sizes = append(sizes, len(body))
		checkVAPID(t, r, key, p.service.URL)
	}
	if sizes[0] != sizes[1] {
		t.Errorf("the kinds have different lengths: %v", sizes)
	}
}

// checkVAPID holds the signature of a request against our key (RFC 8292).
func checkVAPID(t *testing.T, r *http.Request, key *ecdh.PrivateKey, audience string) {
	t.Helper()
	token, theirs, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "vapid t="), ", k=")
	if theirs != base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()) {
		t.Errorf("it is signed with %q", theirs)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("the token is %q", token)
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	must(t, err)
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	must(t, json.Unmarshal(data, &claims))
	if until := time.Until(time.Unix(claims.Exp, 0)); claims.Aud != audience || claims.Sub != origin || until <= 0 || until > 24*time.Hour {
		t.Errorf("the token claims %s", data)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	must(t, err)
	if !verifyES256(t, key, sum[:], sig) {
		t.Error("the signature is not by the key")
	}
}

func verifyES256(t *testing.T, key *ecdh.PrivateKey, sum, sig []byte) bool {
	t.Helper()
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key.PublicKey().Bytes())
	must(t, err)
	return len(sig) == 64 && ecdsa.Verify(public, sum, new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
}

func TestWhatAPushServiceSaysIsUnderstood(t *testing.T) {
	p := newPhone(t)
	n := newNotifier(t, Config{VAPIDKey: newKey(t).Bytes(), Local: true})
	for status, want := range map[int]error{200: nil, 201: nil, 202: nil, 404: notice.ErrGone, 410: notice.ErrGone, 400: notice.ErrRefused,
		403: notice.ErrRefused, 413: notice.ErrRefused, 302: notice.ErrRefused, 429: errors.ErrUnsupported, 500: errors.ErrUnsupported,
		503: errors.ErrUnsupported} {
		p.status = status
		err := n.Push(t.Context(), p.address(), notice.Message{ID: "N", Lang: "en"})
		<-p.got
		<-p.body
		again := err != nil && !errors.Is(err, notice.ErrGone) && !errors.Is(err, notice.ErrRefused)
		//nolint:errorlint // a mark of this test
		if want == errors.ErrUnsupported && !again || want != errors.ErrUnsupported && !errors.Is(err, want) {
			t.Errorf("%d is %v", status, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret-token") {
			t.Errorf("the error names the address: %v", err)
		}
		if len(p.got) > 0 {
			t.Errorf("%d: it was followed elsewhere", status)
		}
	}
	p.service.Close()
	err := n.Push(t.Context(), p.address(), notice.Message{ID: "N", Lang: "en"})
	if err == nil || errors.Is(err, notice.ErrGone) || strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "secret") {
		t.Errorf("a service that is down: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := n.Push(ctx, p.address(), notice.Message{}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func TestNobodyIsReachedThroughAnEndpointButThePublicInternet(t *testing.T) {
	n := newNotifier(t, Config{VAPIDKey: newKey(t).Bytes()})
	for _, good := range []string{"https://fcm.googleapis.com/fcm/send/x", "https://updates.push.services.mozilla.com:443/wpush/v2/x",
		"https://web.push.apple.com/x?y=z"} {
		if err := n.CheckEndpoint(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "x", "http://push.example/x", "ftp://push.example/x", "https://", "https:///x", "https://localhost/x",
		"https://a.localhost/", "https://intranet/x",
		"https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.1/x", "https://169.254.169.254/latest", "https://[fe80::1]/x",
		"https://push.example:22/x",
		"https://push.example:8443/x", "https://user@push.example/x", "https://push.example/x#y", "https:push.example", "//push.example/x",
		"https://0.0.0.0/", "https://[::ffff:10.0.0.1]/"} {
		if err := n.CheckEndpoint(bad); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	// A name can lead anywhere, and elsewhere the second time: what counts is the
	// address that is connected to.
	p := newPhone(t)
	u, err := url.Parse(p.service.URL)
	must(t, err)
	n.push.http.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+host+":"+u.Port()+"/", nil)
		must(t, err)
		if res, err := n.push.http.Do(r); !errors.Is(err, errPrivate) {
			if err == nil {
				_ = res.Body.Close()
			}
			t.Errorf("%s was connected to: %v", host, err)
		}
	}
	if len(p.got) > 0 {
		t.Error("a machine of ours was spoken to")
	}
	if n := newNotifier(t, Config{}); n.PushKey() != "" || n.CheckEndpoint("https://push.example/x") == nil ||
		!errors.Is(n.Push(t.Context(), p.address(), notice.Message{}), notice.ErrRefused) {
		t.Error("push is offered without a key")
	}
}

func TestPrivateNetworksAreNotPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "::ffff:8.8.8.8": true, "127.0.0.1": false, "127.9.9.9": false, "::1": false, "0.0.0.0": false,
		"::":       false,
		"10.1.2.3": false, "172.16.0.1": false, "172.32.0.1": true, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"100.128.0.1": true,
		"198.18.0.1":  false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false, "fe80::1%eth0": false, "fc00::1": false,
		"fd12::1": false,
		"ff02::1": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::1": false, "2001:db8::1": false, "2001::1": false,
		"192.0.0.1":   false,
		"::127.0.0.1": false, "::ffff:169.254.169.254": false,
	} {
		if got := publicAddress(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %v", text, got)
		}
	}
}

// FuzzCheckEndpoint: whatever a browser sends, what is taken is https on the usual
// port, of a host that is not plainly ours.
func FuzzCheckEndpoint(f *testing.F) {
	for _, seed := range []string{"https://push.example/x", "https://127.1/x", "https://[::1%25lo]/", "https://push.example:443/",
		"https://a@b.example", "https://\x00.example/"} {
		f.Add(seed)
	}
	n := newNotifier(f, Config{VAPIDKey: newKey(f).Bytes()})
	f.Fuzz(func(t *testing.T, endpoint string) {
		if n.CheckEndpoint(endpoint) != nil {
			return
		}
		u, err := url.Parse(endpoint)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" && u.Port() != "443" || u.Hostname() == "" ||
			strings.EqualFold(u.Hostname(), "localhost") {
			t.Errorf("%q is taken", endpoint)
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !publicAddress(ip) {
			t.Errorf("%q is taken", endpoint)
		}
		if _, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, nil); err != nil {
			t.Errorf("%q is taken and can't be asked: %v", endpoint, err)
		}
	})
}

func mailServer(t testing.TB) *smtptest.Server {
	t.Helper()
	s, err := smtptest.Start()
	must(t, err)
	t.Cleanup(s.Close)
	return s
}

func mailing(t testing.TB, url string) *Notifier {
	t.Helper()
	return newNotifier(t, Config{SMTPURL: url, MailFrom: "Mingjing 明镜 <no-reply@mirror.example>"})
}

func text(t testing.TB, l smtptest.Letter) (subject, body string) {
	t.Helper()
	if l.Message == nil {
		t.Fatalf("the letter can't be read:\n%s", l.Raw)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(l.Message.Header.Get("Subject"))
	must(t, err)
	var in io.Reader = l.Message.Body
	switch l.Message.Header.Get("Content-Transfer-Encoding") {
	case "quoted-printable":
		in = quotedprintable.NewReader(in)
	case "base64":
		in = base64.NewDecoder(base64.StdEncoding, in)
	}
	data, err := io.ReadAll(in)
	must(t, err)
	return subject, strings.ReplaceAll(string(data), "\r\n", "\n")
}

func TestALetterLeadsToTheInboxAndSaysNothingElse(t *testing.T) {
	s := mailServer(t)
	n := mailing(t, "smtp://"+s.Addr)
	if !n.MailOffered() {
		t.Fatal("mail is not offered")
	}
	for _, lang := range mingjing.Languages {
		must(t, n.Mail(t.Context(), "lin@mail.example", notice.Message{ID: "N1", Lang: lang, Kind: mingjing.NoticeListingServed}))
		l := <-s.Letters
		subject, body := text(t, l)
		if l.To != "lin@mail.example" || l.From != "no-reply@mirror.example" || subject != i18n.T(lang, "mail.notice.subject") {
			t.Errorf("from %s to %s about %s", l.From, l.To, subject)
		}
		if !strings.Contains(body, "https://mirror.example/"+lang+"/inbox\n") || strings.Contains(body, i18n.T(lang, "notice.listing_served")) ||
			strings.Contains(body, "lin") && lang == "zh-CN" {
			t.Errorf("it says\n%s", body)
		}
		h := l.Message.Header
		if h.Get("Auto-Submitted") != "auto-generated" || h.Get("Message-Id") != "<N1@mirror.example>" || h.Get("Date") == "" ||
			h.Get("User-Agent") != "" || h.Get("X-Mailer") != "" {
			t.Errorf("its head is %v", h)
		}
	}
	must(t, n.Mail(t.Context(), "lin@mail.example", notice.Message{ID: "N2", Lang: "en", Code: "12345678"}))
	if subject, body := text(t, <-s.Letters); strings.Contains(subject, "12345678") || !strings.Contains(body, "12345678") ||
		!strings.Contains(body, origin+"/en/inbox/settings") {
		t.Errorf("the code comes as %s\n%s", subject, body)
	}
}

func TestWhatAMailServerSaysIsUnderstood(t *testing.T) {
	s := mailServer(t)
	says := ""
	s.Reply = func(string) string { return says }
	n := mailing(t, "smtp://"+s.Addr)
	for answer, want := range map[string]error{"": nil, "550 5.1.1 no such user lin@mail.example": notice.ErrGone,
		"550 unknown": notice.ErrGone, "553 5.1.3 bad": notice.ErrGone,
		"551 moved": notice.ErrGone, "550 5.7.1 we do not like you": notice.ErrRefused, "552 5.2.2 full": notice.ErrRefused,
		"554 no":          notice.ErrRefused,
		"450 4.2.1 later": errors.ErrUnsupported, "451 4.7.1 greylisted": errors.ErrUnsupported} {
		says = answer
		err := n.Mail(t.Context(), "lin@mail.example", notice.Message{ID: "N", Lang: "en"})
		again := err != nil && !errors.Is(err, notice.ErrGone) && !errors.Is(err, notice.ErrRefused)
		//nolint:errorlint // a mark of this test
		if want == errors.ErrUnsupported && !again || want != errors.ErrUnsupported && !errors.Is(err, want) {
			t.Errorf("%q is %v", answer, err)
		}
		if err != nil && (strings.Contains(err.Error(), "lin") || strings.Contains(err.Error(), "mail.example")) {
			t.Errorf("the error names the address: %v", err)
		}
	}
	s.Close()
	if err := n.Mail(t.Context(), "lin@mail.example", notice.Message{ID: "N", Lang: "en"}); err == nil || errors.Is(err, notice.ErrGone) ||
		errors.Is(err, notice.ErrRefused) {
		t.Errorf("a server that is down: %v", err)
	}
	if err := newNotifier(t, Config{}).Mail(t.Context(), "lin@mail.example", notice.Message{}); !errors.Is(err, notice.ErrRefused) {
		t.Errorf("without a server: %v", err)
	}
}

func TestALetterIsSealedOnItsWay(t *testing.T) {
	pki := httptest.NewUnstartedServer(nil)
	pki.StartTLS()
	defer pki.Close()
	s := mailServer(t)
	s.TLS = &tls.Config{Certificates: pki.TLS.Certificates, MinVersion: tls.VersionTLS12}
	host, port, _ := strings.Cut(s.Addr, ":")
	n := mailing(t, "smtp://clerk:p%40ss@"+host+":"+port)
	// The certificate is one that nobody knows, so the letter stays here.
	if err := n.Mail(t.Context(), "lin@mail.example", notice.Message{ID: "N", Lang: "en"}); err == nil {
		t.Fatal("an unknown certificate was trusted")
	}
	roots := pki.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	must(t, n.mail.client.SetTLSConfig(&tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}))
	must(t, n.Mail(t.Context(), "lin@mail.example", notice.Message{ID: "N", Lang: "en"}))
	l := <-s.Letters
	who, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(l.User, "PLAIN "))
	if !l.TLS || err != nil || string(who) != "\x00clerk\x00p@ss" {
		t.Errorf("it came sealed: %v, by %q (%v)", l.TLS, who, err)
	}

	// Off this machine nothing is said in the clear: without STARTTLS it is not sent.
	bare := mailServer(t)
	far := mailing(t, "smtp://mail.far.example")
	far.mail.client, err = mail.NewClient("mail.far.example", append(far.mail.options,
		mail.WithDialContextFunc(func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, bare.Addr)
		}))...)
	must(t, err)
	if err := far.Mail(t.Context(), "lin@mail.example", notice.Message{ID: "N", Lang: "en"}); err == nil || len(bare.Letters) > 0 {
		t.Errorf("a letter went in the clear: %v", err)
	}
}

func TestSettingsThatAreWrongSayWhichAndShowNoPassword(t *testing.T) {
	for _, c := range []Config{{Origin: "x"}, {Origin: origin, SMTPURL: "http://clerk:topsecret@host"},
		{Origin: origin, SMTPURL: "smtp://clerk:topsecret@host:port", MailFrom: "a@b.example"},
		{Origin: origin, SMTPURL: "smtp://clerk:topsecret@"},
		{Origin: origin, SMTPURL: "smtp://clerk:topsecret@host/path", MailFrom: "a@b.example"},
		{Origin: origin, SMTPURL: "smtp://clerk:topsecret@host", MailFrom: "nobody"},
		{Origin: origin, SMTPURL: "smtp://clerk:top%zzsecret@host", MailFrom: "a@b.example"},
		{Origin: origin, VAPIDKey: make([]byte, 32)}, {Origin: origin, VAPIDKey: []byte("short")}} {
		_, err := New(c)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
