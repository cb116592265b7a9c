package api

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"mingjing"
)

// pages are all pages, in the order of [mingjing.Routes]. The endpoints below /api are
// in the page that they belong to, or in [pageless].
var pages = []screen{
	page[none]{name: "home"},
	loginPage, loginWaitPage, activatePage, forgotPage, resetPage, staffLoginPage, staffActivatePage,
	rulebooksPage, rulebookPage, tryPage, agenciesPage, agencyPage, organisationPage,
	page[none]{name: "check-us"}, page[none]{name: "help"}, page[none]{name: "glossary"}, contactPage, page[none]{name: "accessibility"},
	page[none]{name: "privacy"}, statusPage, displayPage,
	page[none]{name: "offline"}, lockedPage, page[none]{name: "no-score"},
	recipientPage,
	overviewPage, askPage, requestPage, scorePage, comparePage,
	recordsPage, recordPage, listingsPage, listingPage, repairPage, sourcesPage,
	accessLogPage, inquiryPage, consentsPage, leavePage, leftPage, sessionsPage, securityPage, exportPage, confirmPage,
	disputesPage, newDisputePage, missingPage, refusedPage, listUsedPage, complaintsPage, disputePage, reviewPage, letterPage,
	sharesPage, newSharePage,
	draftsPage, incomingPage, page[none]{name: "more"},
	queuePage,
	inboxPage, noticeSettingsPage, organisationsPage, mandatesPage, helpingPage,
	oneCasePage,
	agencyQuestionsPage, agencyQuestionPage, agencyRecordsPage, agencyBatchesPage, agencyBatchPage, agencyKeysPage, agencyInquiriesPage,
	agencyInquiryPage,
	workloadPage, counterPage, enrolPage, inquiriesPage, inquiryAnswerPage, openComplaintsPage, complaintPage, relativesPage,
	representativesPage,
	commentsPage, commentPage, demoClockPage,
	staffPage, staffMemberPage, staffRegisterPage,
}

// endpoints returns all endpoints.
func endpoints() []endpoint {
	var all []endpoint
	for _, p := range pages {
		all = append(all, p.allEndpoints()...)
	}
	return append(all, pageless...)
}

// An Endpoint is one address below /api.
type Endpoint struct {
	Method, Path string
	Access       mingjing.Access
	// Once says that it takes an idempotency key.
	Once bool
}

// Endpoints returns all addresses below /api; openapi.json describes the same.
func Endpoints() []Endpoint {
	var all []Endpoint
	for _, e := range endpoints() {
		d := e.describe()
		all = append(all, Endpoint{d.method, d.path, d.access, d.key})
	}
	return all
}

// A Form is an action that takes forms, with the fields that a form of it can have, as
// [mingjing.UnsentForm] has them.
type Form struct {
	Endpoint
	Fields []mingjing.UnsentField
}

// Forms returns all actions that take forms.
func Forms() []Form {
	var all []Form
	for _, e := range endpoints() {
		d := e.describe()
		if d.form {
			all = append(all, Form{Endpoint{d.method, d.path, d.access, d.key}, formFields(d.body)})
		}
	}
	return all
}

// routes returns the router of everything: the pages, what is below /api, the public
// files, and a few others.
func (s *server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	s.mux, s.forms = mux, map[string]reflect.Type{}
	handle := func(pattern, name string, h http.Handler) {
		s.names[pattern] = name
		mux.Handle(pattern, h)
	}
	for _, r := range mingjing.Routes {
		page := s.pages[r.Name]
		for _, lang := range mingjing.Languages {
			pattern := "/" + lang + "/" + r.Path
			if r.Path == "" {
				pattern += "{$}"
			}
			handle("GET "+pattern, r.Name, s.handle(func(c *call) error {
				c.lang = lang
				return c.servePage(r, page)
			}))
		}
	}
	for _, e := range endpoints() {
		d := e.describe()
		handle(d.method+" "+d.path, "api."+d.id, s.handle(withDeprecation(e)))
		if d.form {
			s.forms[d.method+" "+d.path] = d.body
		}
	}
	for path, serve := range treeFiles {
		handle("GET "+path, "log", s.handle(serve))
	}
	handle("GET /.well-known/security.txt", "security.txt", http.HandlerFunc(s.securityTxt))
	handle("GET /.well-known/jwt-vc-issuer", "issuer", http.HandlerFunc(s.issuer))
	probes := probed{ready: s.Ready, stopping: s.Stopping, log: s.Logger, work: work, needed: loggedIn}
	handle("GET /healthz", "healthz", http.HandlerFunc(healthz))
	handle("GET /readyz", "readyz", http.HandlerFunc(probes.readyz))
	handle("GET /{$}", "language", http.HandlerFunc(s.chooseLanguage))
	for _, lang := range mingjing.Languages {
		handle("GET /"+lang, "language", http.RedirectHandler("/"+lang+"/", http.StatusSeeOther))
	}
	// Anything else is a public file, or not found. Public files need no session.
	nothing := s.handle(func(c *call) error {
		allow := s.allowed(mux, c.r)
		if len(allow) == 0 {
			return mingjing.NewError(mingjing.NotFound, "not_found")
		}
		c.w.Header().Set("Allow", strings.Join(allow, ", "))
		return errMethod
	})
	handle("/", "file", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.assets.has(r.URL.Path) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			s.assets.ServeHTTP(w, r)
			return
		}
		nothing.ServeHTTP(w, r)
	}))
	return mux
}

// allowed returns the methods that exist at the address of a request.
func (s *server) allowed(mux *http.ServeMux, r *http.Request) []string {
	if s.assets.has(r.URL.Path) {
		return []string{http.MethodGet, http.MethodHead}
	}
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch} {
		probe := *r
		probe.Method = m
		if _, pattern := mux.Handler(&probe); pattern != "/" && pattern != "" {
			allow = append(allow, m)
		}
	}
	return allow
}

// handle returns the handler of every request but those for public files: it finds out
// who asks and in which language, and answers errors.
func (s *server) handle(fn func(*call) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, w: w, r: r, lang: language(r), began: time.Now()}
		c.id, _ = r.Context().Value(requestID{}).(string)
		if err := c.run(fn); err != nil {
			c.fail(err)
		}
		c.noteSecurity()
	})
}

// run calls fn and turns its panic into an error, so that the person gets a page.
func (c *call) run(fn func(*call) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if errors.Is(asError(p), http.ErrAbortHandler) {
				panic(p)
			}
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	defer c.end()
	c.identify()
	return fn(c)
}
