// Package api is the HTTP interface: it turns requests into calls of casework, and the
// results into pages, JSON and problem documents.
//
// A page is one literal, in the file about its subject: its data, and the endpoints
// below /api of its forms and for programs. An endpoint is one literal too: path,
// access, what it reads and answers as Go types, what can go wrong, and its text for
// openapi.json; that file is made of these literals and types (make openapi). routes.go
// lists all pages.
//
// There are three kinds of request. A page is a GET that builds a [mingjing.View] and
// is answered as HTML, or as the View itself to the app in the browser. An action is a
// POST that reads a form or JSON into the same struct, calls casework, and is answered
// with 303 to a page or with JSON; when something is wrong, a form gets its page back
// with what was typed and what to do, JSON gets a problem document (RFC 9457). A query
// is a GET that is answered with JSON. An unknown error is logged whole and shown as an
// id.
//
// The package decides nothing about who may see what: it finds out who sent a request
// and passes the actor to casework.
package api

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/guard"
	"mingjing/server/trace"
)

// Identity tells who a session belongs to. Its errors are [mingjing.Error]s.
type Identity interface {
	Login(ctx context.Context, n mingjing.IDNumber, password string, c mingjing.Client) (token string, err error)
	// LoginInTurn is Login that returns, where many log in, the id of a login that waits;
	// AwaitLogin returns its session or its place.
	LoginInTurn(ctx context.Context, n mingjing.IDNumber, password, next string, c mingjing.Client) (token, waits string, err error)
	AwaitLogin(ctx context.Context, id string, c mingjing.Client) (mingjing.AwaitedLogin, error)
	StaffLogin(ctx context.Context, login, password, totp string, c mingjing.Client) (token string, err error)
	// Forgot counts the wish for a new password and calls send; Reset sets one when redeem
	// calls set.
	Forgot(ctx context.Context, n mingjing.IDNumber, c mingjing.Client, send func(ctx context.Context) error) error
	Reset(ctx context.Context, n mingjing.IDNumber, newPassword string, c mingjing.Client,
		redeem func(ctx context.Context, set func(ctx context.Context, resident mingjing.ResidentID) error) error) (token string, err error)
	// Who returns whose session it is; Use does too, and counts as use of the session.
	Who(ctx context.Context, token string) (mingjing.Login, error)
	Use(ctx context.Context, token string) (mingjing.Login, error)
	// SeenDevice notes that a resident has logged in with a browser, and returns the
	// browser's next cookie.
	SeenDevice(ctx context.Context, token, cookie string, c mingjing.Client) (next string, err error)
	// PasskeysOffered reports whether there can be passkeys on pages of an origin. The
	// others ask for one, log in by one, and add and remove those of who is logged in.
	PasskeysOffered(origin string) bool
	PasskeyQuestion(ctx context.Context, origin string, c mingjing.Client) (mingjing.PasskeyQuestion, error)
	PasskeyLogin(ctx context.Context, origin, ticket, answer string, c mingjing.Client) (token string, err error)
	StaffLoginByKey(ctx context.Context, login, password string, k mingjing.PasskeyAnswer, c mingjing.Client) (token string, err error)
	NewStaffKeyQuestion(ctx context.Context, ticket, origin string) (mingjing.PasskeyQuestion, error)
	Passkeys(ctx context.Context, token string) ([]mingjing.Passkey, error)
	NewPasskeyQuestion(ctx context.Context, token, origin, shown string) (mingjing.PasskeyQuestion, error)
	AddPasskey(ctx context.Context, token, origin, ticket, answer string, c mingjing.Client) error
	RemovePasskey(ctx context.Context, token, id string, c mingjing.Client) error
	// Confirm checks the password of the person behind the token again, and the second
	// factor of a resident who has chosen one.
	Confirm(ctx context.Context, token, password string, f mingjing.FactorAnswer, c mingjing.Client) (fresh string, err error)
	// Factor returns a resident's second factor. The others set it up, and remove it.
	Factor(ctx context.Context, token string) (mingjing.SecondFactor, error)
	BeginFactor(ctx context.Context, token string) (ticket, secret string, err error)
	FactorSecret(ticket string) string
	AddFactor(ctx context.Context, token, ticket, code string, c mingjing.Client) error
	AskForPasskey(ctx context.Context, token string, c mingjing.Client) error
	RemoveFactor(ctx context.Context, token string, c mingjing.Client) error
	// ChangePassword replaces the current password, and ends the other sessions.
	ChangePassword(ctx context.Context, token, current, next string, c mingjing.Client) (fresh string, err error)
	Logout(ctx context.Context, token string) error
	Lock(ctx context.Context, token string) error
	SetLockAfter(ctx context.Context, token string, minutes int) error
	Sessions(ctx context.Context, token string) ([]mingjing.Session, error)
	EndSession(ctx context.Context, token, sessionID string) error
	EndOtherSessions(ctx context.Context, token string) error
}

// Live sends events to one open page until its connection closes.
type Live interface {
	Serve(w http.ResponseWriter, r *http.Request, l mingjing.Listener)
}

// Config is the configuration of the handler. All fields but Allow, AllowComment, Demo, Origin,
// ProxyHops, Stopping, Logger, Together, Observe, Security, Pseudonym, Counted and Traces are
// required.
type Config struct {
	Casework *casework.Bureau
	Identity Identity
	Live     Live
	// Render returns the HTML of a page's body, Title its title.
	Render func(v *mingjing.View) string
	Title  func(v *mingjing.View) string
	// Letter and CourtFile return the text of a document from its view, PDF makes a
	// file of it.
	Letter    func(v *mingjing.View) mingjing.Letter
	CourtFile func(v *mingjing.View) mingjing.Letter
	PDF       func(l mingjing.Letter, lang string) ([]byte, error)
	// Sign signs a statement, Issuer is the JSON document that describes the signer,
	// and QR makes the QR code of a link.
	Sign   func(s mingjing.Statement) (string, error)
	Issuer []byte
	QR     func(link string) (mingjing.QRCode, error)
	// Public are all files of published law that there ever were, by their names below
	// /web/, such as rulebooks/HASH.json: at such an address stands the same for ever.
	Public map[string][]byte
	// Ready returns the error of each part that does not work, by [PartDatabase] and the
	// other names; an empty map is ready.
	Ready func(ctx context.Context) map[string]error
	// Stopping reports whether the server is about to stop; nil is never.
	Stopping func() bool
	// Origin is the public origin, such as https://mirror.example. With https the
	// session cookie is Secure. If it is empty, any host is served, over plain HTTP.
	Origin string
	// ProxyHops is the number of our own proxies before the server: the client's
	// address is that many entries from the right of X-Forwarded-For.
	ProxyHops int
	// Counter is where the bureau's counter is, as residents are told; "" where it is
	// not said.
	Counter string
	// SecurityContact is the address to which faults of security are reported, such as
	// mailto:security@mirror.example; "" is the page of contacts.
	SecurityContact string
	// Intake returns whose key signed a request, and how many more requests the key may
	// make, or why it is not accepted. The path is the escaped one with its query.
	Intake func(ctx context.Context, keyID, method, path, signature string, body []byte) (mingjing.Actor, Quota, error)
	// IntakeRate is the limit of each key, which every answer of the intake says.
	IntakeRate Rate
	// KeySecret returns the secret of an agency's key, in hex.
	KeySecret func(k mingjing.AgencyKey) string
	// Allow counts a request for a public use, such as the intake, from an address; the
	// error says that it is one too many. Nil allows any number.
	Allow func(ctx context.Context, use, addr string) error
	// AllowComment counts a comment on a draft: of somebody who is logged in, or with who
	// "" from an address; the error says that it is one too many. Nil allows any number.
	AllowComment func(ctx context.Context, who, addr, draft string) error
	// Demo is set in a demo city only.
	Demo   Demo
	Logger *slog.Logger
	// Together calls fn with a context in which all reads are in one transaction; nil
	// makes each part read in its own.
	Together func(ctx context.Context, fn func(ctx context.Context) error) error
	// Observe is told of each answered request: the name of its route, never its path. It
	// may be nil.
	Observe func(route, method string, status int, size int64, took time.Duration)
	// Security is told of each security event. Pseudonym returns what stands for somebody
	// in the log: the same for the same person, and nothing of them. Both may be nil.
	Security  func(kind mingjing.SecurityKind)
	Pseudonym func(id string) string
	// Counted returns a context that counts the transactions of a request for its log
	// record; it may be nil.
	Counted func(ctx context.Context) (context.Context, *atomic.Int64)
	// Traces begins the trace of each request; nil makes none.
	Traces *trace.Tracer
	// PerAddress is how many requests of one address may be under way behind a proxy, with
	// ProxyHops; 0 is any number.
	PerAddress int
	// Spool keeps what is on its way on disk; nil is one of its own, for temporary files.
	Spool *guard.Spool
}

type server struct {
	Config
	casework *casework.Bureau
	assets   *assets
	origin   *url.URL // the public origin; nil when it is not known
	secure   bool
	pages    map[string]screen // by name
	names    map[string]string // of routes, by pattern
	bounds   *bounds
	mux      *http.ServeMux
	forms    map[string]reflect.Type // what actions read, by pattern
	// lawChanges has what versions of rulebooks change, by the hashes of two of them.
	lawChanges sync.Map
}

// New returns the handler of everything that the product answers.
func New(c Config) (http.Handler, error) {
	if c.Together == nil {
		c.Together = func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }
	}
	if c.Stopping == nil {
		c.Stopping = func() bool { return false }
	}
	if c.Observe == nil {
		c.Observe = func(string, string, int, int64, time.Duration) {}
	}
	if c.Security == nil {
		c.Security = func(mingjing.SecurityKind) {}
	}
	if c.Pseudonym == nil {
		c.Pseudonym = func(string) string { return "" }
	}
	if c.AllowComment == nil {
		c.AllowComment = func(context.Context, string, string, string) error { return nil }
	}
	if c.Allow == nil {
		c.Allow = func(context.Context, string, string) error { return nil }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	a, err := newAssets(c.Public)
	if err != nil {
		return nil, err
	}
	if c.Casework != nil {
		a.lawOf(c.Casework.City)
	}
	s := &server{Config: c, casework: c.Casework, assets: a, pages: map[string]screen{}, names: map[string]string{},
		bounds: newBounds(c.Spool)}
	for _, p := range pages {
		s.pages[p.route()] = p
	}
	cross := http.NewCrossOriginProtection()
	if c.Origin != "" {
		u, err := url.Parse(c.Origin)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return nil, fmt.Errorf("api: the public origin %q is not like https://host", c.Origin)
		}
		s.origin, s.secure = u, u.Scheme == "https"
		if err := cross.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, fmt.Errorf("api: public origin: %w", err)
		}
	}
	cross.SetDenyHandler(s.handle(func(*call) error {
		return mingjing.NewError(mingjing.Forbidden, "cross_origin")
	}))
	// Pages contain what a person typed beside what is stored about them. The jitter
	// hides how much the two have in common, which the length of a compressed answer
	// would tell.
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1400), gzhttp.RandomJitter(32, 0, false), gzhttp.ContentTypes([]string{
		"text/html", "application/json", viewType, "application/problem+json"}))
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	mux := s.routes()
	// Compression would break the live stream, which takes over the connection.
	plain := cross.Handler(mux)
	packed := compress(plain)
	plainHTTP := s.handle(func(*call) error { return mingjing.NewError(mingjing.Forbidden, "plain_http") })
	return s.withHeadersAndLog(s.withAddressBound(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.secure && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "http") {
			if strings.HasPrefix(r.URL.Path, "/api/") || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
				plainHTTP.ServeHTTP(w, r) // what came was read on the way, and is not to come so again
				return
			}
			//nolint:gosec // the host is ours, and the path that of the request
			http.Redirect(w, r, s.origin.Scheme+"://"+s.origin.Host+r.URL.RequestURI(), http.StatusPermanentRedirect)
			return
		}
		if r.URL.Path == "/api/live" {
			plain.ServeHTTP(w, r)
			return
		}
		packed.ServeHTTP(w, r)
	}))), nil
}

// A call is one request: who sent it, in which language, and what is logged about it.
type call struct {
	s *server
	w http.ResponseWriter
	r *http.Request
	// began is when the request came.
	began time.Time
	lang  string
	// who is nil when nobody is logged in; then loginErr says what is wrong with the
	// session of the browser, if it has one.
	who       *mingjing.Login
	loginErr  error
	token     string
	in        input
	txCtx     context.Context   //nolint:containedctx // of the transaction in which a page is read
	refused   *mingjing.Problem // why it is refused; nil where it is not
	errorPage string            // the page on which the form is shown with its errors, if not the action's
	id        string            // of the request, in the log and in the answer to an unknown error
	ends      []func()          // what is done when the answer begins
}

func (c *call) ctx() context.Context {
	if c.txCtx != nil {
		return c.txCtx
	}
	return c.r.Context()
}

// actor returns who sent the request; the zero Actor, who may do nothing, when nobody
// is logged in.
func (c *call) actor() mingjing.Actor {
	if c.who == nil {
		return mingjing.Actor{}
	}
	return c.who.Actor
}

// readOnly reports whether the method of the request is a safe one.
func (c *call) readOnly() bool {
	return c.r.Method == http.MethodGet || c.r.Method == http.MethodHead
}

func (c *call) client() mingjing.Client {
	client := mingjing.Client{Addr: c.s.addr(c.r), Device: device(c.r.UserAgent())}
	if k, err := c.r.Cookie(c.s.cookieName(deviceCookie)); err == nil {
		client.Browser = k.Value
	}
	return client
}

// addr returns the client's network address.
func (s *server) addr(r *http.Request) string {
	if s.ProxyHops > 0 {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if i := len(hops) - s.ProxyHops; i >= 0 {
			if ip := net.ParseIP(strings.TrimSpace(hops[i])); ip != nil {
				return ip.String()
			}
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// device returns a short name for a User-Agent, which a person recognises and which
// tells no more than needed; "" for one that is not known.
func device(agent string) string {
	find := func(pairs ...string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := find("MicroMessenger", "WeChat", "Edg", "Edge", "OPR", "Opera", "SamsungBrowser", "Samsung Internet",
		"Firefox", "Firefox", "FxiOS", "Firefox", "Chrome", "Chrome", "CriOS", "Chrome", "Safari", "Safari")
	system := find("iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "HarmonyOS", "HarmonyOS",
		"Windows", "Windows", "Mac OS", "Mac", "Linux", "Linux")
	if browser != "" && system != "" {
		return browser + ", " + system
	}
	return browser + system
}

// withHeadersAndLog sets the headers of every answer, catches panics, and writes one
// log record a request: its id, which the answer has too, method, route, status, time and
// size; nothing personal.
func (s *server) withHeadersAndLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, id := time.Now(), rand.Text()[:12]
		ctx, transactions := context.WithValue(r.Context(), requestID{}, id), new(atomic.Int64)
		if s.Counted != nil {
			ctx, transactions = s.Counted(ctx)
		}
		ctx, span := s.Traces.Begin(ctx, "request", true)
		r = r.WithContext(ctx)
		h := w.Header()
		h.Set("X-Request-ID", id)
		h.Set("Content-Security-Policy", CSP)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
		h.Set("X-Frame-Options", "DENY")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		rec := &recorder{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				if errors.Is(asError(p), http.ErrAbortHandler) {
					panic(p)
				}
				// A panic outside of run was not turned into an error page.
				s.Logger.Error("panic", "id", id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				if rec.status == 0 {
					http.Error(rec, "internal error "+id, http.StatusInternalServerError)
				}
			}
			took, name, method := time.Since(start), s.routeName(r.Pattern), knownMethod(r.Method)
			record := []any{"id", id, "method", method, "route", r.Pattern, "name", name, "status", rec.status,
				"ms", took.Milliseconds(), "bytes", rec.size, "transactions", transactions.Load()}
			if traced := span.TraceID(); traced != "" {
				record = append(record, "trace", traced)
			}
			s.Logger.Info("request", record...)
			span.Rename(name)
			span.Set("http.request.method", method)
			span.Set("http.route", r.Pattern[strings.IndexByte(r.Pattern, ' ')+1:])
			span.Set("http.response.status_code", rec.status)
			span.End(rec.status >= http.StatusInternalServerError)
			s.Observe(name, method, rec.status, rec.size, took)
		}()
		next.ServeHTTP(rec, r)
	})
}

func asError(p any) error {
	err, _ := p.(error)
	return err
}

type requestID struct{}

// routeName returns the name of the route of a pattern: that of a page or the operation of
// an endpoint; "none" for what no route was found for.
func (s *server) routeName(pattern string) string { return cmp.Or(s.names[pattern], "none") }

// knownMethod returns the method of a request, or "other" for one that we don't serve:
// anybody can invent methods.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch:
		return method
	}
	return "other"
}

// A recorder stores the status and the size of an answer for the log. The size is that of
// the body as it is sent.
type recorder struct {
	http.ResponseWriter
	status int
	size   int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.size += int64(n)
	return n, err
}

// Hijack implements [http.Hijacker] for the live stream.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil {
		r.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// Unwrap lets [http.ResponseController] set deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
