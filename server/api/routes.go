package api

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"mingjing"
)

// An action is one unsafe request: it reads a form or JSON, and answers with 303
// to a page or with JSON.
type action struct {
	path   string
	access mingjing.Access
	// status is that of the JSON answer.
	status int
	// files says that a multipart form with evidence is taken.
	files bool
	// do does it and returns the JSON answer, and the page that a form goes to with
	// the code of what was done.
	do func(c *call) (out any, to goal, err error)
	// again is the name of the page that a form with errors is shown on; do may name
	// another in the call.
	again string
	// shows puts the answer into the page again, for a form whose answer may stand in
	// no address and is shown once; nil where the form goes to a page of its own.
	shows func(v *mingjing.View, out any)
}

// A goal is where a form goes when all went well.
type goal struct {
	page, id string
	query    string
	done     string
}

// actions is every unsafe request there is.
var actions = []action{
	{path: "/api/login", access: mingjing.Anyone, status: 200, do: login, again: "login"},
	{path: "/api/staff/login", access: mingjing.Anyone, status: 200, do: staffLogin, again: "staff-login"},
	{path: "/api/activate", access: mingjing.Anyone, status: 200, do: activate, again: "activate"},
	{path: "/api/logout", access: mingjing.Anyone, status: 200, do: logout, again: "home"},
	{path: "/api/lock", access: mingjing.Anyone, status: 200, do: lock, again: "locked"},
	{path: "/api/sessions/stay", access: mingjing.Everyone, status: 200, do: stay, again: "sessions"},
	{path: "/api/sessions/lock-after", access: mingjing.Residents, status: 200, do: setLockAfter, again: "sessions"},
	{path: "/api/sessions/end-all", access: mingjing.Everyone, status: 200, do: endAllSessions, again: "sessions"},
	{path: "/api/sessions/end", access: mingjing.Everyone, status: 200, do: endSession, again: "sessions"},
	{path: "/api/sessions/end-others", access: mingjing.Everyone, status: 200, do: endOtherSessions, again: "sessions"},
	{path: "/api/confirm", access: mingjing.Residents, status: 200, do: confirm, again: "confirm"},
	{path: "/api/export", access: mingjing.Residents, status: 202, do: startExport, again: "export"},
	{path: "/api/export/delete", access: mingjing.Residents, status: 200, do: deleteExport, again: "export"},
	{path: "/api/score-requests", access: mingjing.Residents, status: 202, do: requestScore, again: "ask"},
	{path: "/api/consents/withdraw", access: mingjing.Residents, status: 200, do: withdraw, again: "consents"},
	{path: "/api/leave", access: mingjing.Residents, status: 202, do: leave, again: "leave"},
	{path: "/api/disputes", access: mingjing.Residents, status: 201, files: true, do: fileDispute, again: "new-dispute"},
	{path: "/api/disputes/{id}/evidence", access: mingjing.Residents, status: 201, files: true, do: addEvidence, again: "dispute"},
	{path: "/api/disputes/{id}/review", access: mingjing.Residents, status: 201, files: true, do: askForReview, again: "review"},
	{path: "/api/repairs", access: mingjing.Residents, status: 201, files: true, do: applyForRepair, again: "repair"},
	{path: "/api/statements", access: mingjing.Residents, status: 200, do: putStatement, again: "listing"},
	{path: "/api/listings/{id}/receipt", access: mingjing.Residents, status: 200, do: confirmReceipt, again: "listing"},
	{path: "/api/listings/{id}/shown", access: mingjing.Residents, status: 200, do: showListing, again: "listing"},
	{path: "/api/notices/read", access: mingjing.Residents, status: 200, do: readNotices, again: "inbox"},
	{path: "/api/notices/{id}/open", access: mingjing.Residents, status: 200, do: openNotice, again: "inbox"},
	{path: "/api/notice-settings", access: mingjing.Residents, status: 200, do: setNotices, again: "notice-settings"},
	{path: "/api/notice-settings/email", access: mingjing.Residents, status: 200, do: setEmail, again: "notice-settings"},
	{path: "/api/notice-settings/email/confirm", access: mingjing.Residents, status: 200, do: confirmEmail, again: "notice-settings"},
	{path: "/api/notice-settings/email/remove", access: mingjing.Residents, status: 200, do: removeEmail, again: "notice-settings"},
	{path: "/api/push", access: mingjing.Residents, status: 200, do: addDevice, again: "notice-settings"},
	{path: "/api/push/remove", access: mingjing.Residents, status: 200, do: removeDevice, again: "notice-settings"},
	{path: "/api/disputes/{id}/mandates", access: mingjing.Residents, status: 201, do: offerMandate, again: "dispute"},
	{path: "/api/mandates/{id}/accept", access: mingjing.Residents, status: 200, do: acceptMandate, again: "mandates"},
	{path: "/api/mandates/{id}/decline", access: mingjing.Residents, status: 200, do: declineMandate, again: "mandates"},
	{path: "/api/mandates/{id}/revoke", access: mingjing.Residents, status: 200, do: revokeMandate, again: "mandates"},
	{path: "/api/inquiries", access: mingjing.Residents, status: 201, do: askWhy, again: "access-log"},
	{path: "/api/inquiries/{id}/question", access: mingjing.Residents, status: 200, do: addToInquiry, again: "inquiry"},
	{path: "/api/inquiries/{id}/judge", access: mingjing.Residents, status: 200, do: judgeAnswer, again: "inquiry"},
	{path: "/api/admin/inquiries/{id}/answer", access: mingjing.Staff, status: 200, do: answerInquiry("inquiries"), again: "inquiry-answer"},
	{path: "/api/agency/inquiries/{id}/answer", access: mingjing.Agencies, status: 200, do: answerInquiry("agency-inquiries"), again: "agency-inquiry"},
	{path: "/api/admin/cases/{id}/assign", access: mingjing.Staff, status: 200, do: assign, again: "case"},
	{path: "/api/admin/cases/{id}/ask-agency", access: mingjing.Staff, status: 200, do: askAgency, again: "case"},
	{path: "/api/admin/cases/{id}/extend", access: mingjing.Staff, status: 200, do: extend, again: "case"},
	{path: "/api/admin/cases/{id}/recommend", access: mingjing.Staff, status: 200, do: recommend, again: "case"},
	{path: "/api/admin/cases/{id}/serve", access: mingjing.Staff, status: 200, do: serve, again: "case"},
	{path: "/api/admin/cases/{id}/decision", access: mingjing.Staff, status: 200, do: decide, again: "case"},
	{path: "/api/agency/questions/{id}/answer", access: mingjing.Agencies, status: 200, files: true, do: answerQuestion, again: "agency-question"},
	{path: "/api/admin/demo-clock", access: mingjing.Staff, status: 200, do: moveClock, again: "demo-clock"},
}

// A reading is one safe request for JSON.
type reading struct {
	path   string
	access mingjing.Access
	get    func(c *call) (any, error)
}

// readings is every safe request for JSON there is.
var readings = []reading{
	{"/api/agencies", mingjing.Anyone, getAgencies},
	{"/api/me", mingjing.Everyone, me},
	{"/api/sessions", mingjing.Everyone, sessions},
	{"/api/score-requests/{id}", mingjing.Residents, getRequest},
	{"/api/score", mingjing.Residents, getScore},
	{"/api/records", mingjing.Residents, getRecords},
	{"/api/listings", mingjing.Residents, getListings},
	{"/api/sources", mingjing.Residents, getSources},
	{"/api/access-log", mingjing.Residents, getAccessLog},
	{"/api/access-log/proof", mingjing.Residents, getLookProof},
	{"/api/consents", mingjing.Residents, getConsents},
	{"/api/erasures/{id}", mingjing.Anyone, getErasure},
	{"/api/export", mingjing.Residents, getExport},
	{"/api/disputes", mingjing.Residents, getDisputes},
	{"/api/disputes/{id}", mingjing.Residents, getDispute},
	{"/api/inquiries", mingjing.Residents, myInquiries},
	{"/api/inquiries/{id}", mingjing.Residents, getInquiry},
	{"/api/admin/inquiries", mingjing.Staff, getInquiries},
	{"/api/admin/inquiries/{id}", mingjing.Staff, getInquiryCase},
	{"/api/agency/inquiries", mingjing.Agencies, getInquiries},
	{"/api/agency/inquiries/{id}", mingjing.Agencies, getInquiryCase},
	{"/api/notices", mingjing.Residents, getNotices},
	{"/api/notice-settings", mingjing.Residents, getNoticeSettings},
	{"/api/mandates", mingjing.Residents, getMandates},
	{"/api/admin/cases", mingjing.Staff, getCases},
	{"/api/admin/cases/{id}", mingjing.Staff, getCase},
	{"/api/agency/questions", mingjing.Agencies, getQuestions},
	{"/api/agency/questions/{id}", mingjing.Agencies, getQuestion},
	{"/api/agency/records", mingjing.Agencies, getHoldings},
}

// A special is a safe request below /api that is neither a reading nor a page.
type special struct {
	path   string
	access mingjing.Access
	serve  func(c *call) error
}

var specials = []special{
	{"/api/evidence/{id}", mingjing.Everyone, serveEvidence},
	{"/api/agency/evidence/{id}", mingjing.Agencies, serveAgencyEvidence},
	{"/api/disputes/{id}/letter.pdf", mingjing.Residents, serveLetter},
	{"/api/disputes/{id}/court-file.pdf", mingjing.Residents, serveCourtFile},
	{"/api/disputes/{id}/dates.ics", mingjing.Residents, serveDisputeDates},
	{"/api/listings/{id}/dates.ics", mingjing.Residents, serveListingDates},
	{"/api/export/file", mingjing.Residents, serveExport},
	{"/api/access-log/proof.json", mingjing.Residents, serveProofFile},
	{"/api/live", mingjing.Everyone, serveLive},
	{"/api/openapi.json", mingjing.Anyone, serveOpenAPI},
}

// An Endpoint is one address below /api.
type Endpoint struct {
	Method, Path string
	Access       mingjing.Access
}

// Endpoints are all addresses below /api; openapi.json describes the same.
func Endpoints() []Endpoint {
	var all []Endpoint
	for _, a := range slices.Concat(actions, deskActions, shareActions) {
		all = append(all, Endpoint{http.MethodPost, a.path, a.access})
	}
	for _, r := range slices.Concat(readings, deskReadings, shareReadings) {
		all = append(all, Endpoint{http.MethodGet, r.path, r.access})
	}
	all = append(all, Endpoint{http.MethodPost, intakePath, mingjing.Machines})
	for _, s := range specials {
		all = append(all, Endpoint{http.MethodGet, s.path, s.access})
	}
	return all
}

// routes is the whole surface: pages (mingjing.Routes), actions, readings, and
// the few below that are neither.
func (s *server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range mingjing.Routes {
		build := views[r.Name]
		for _, lang := range mingjing.Languages {
			pattern := "/" + lang + "/" + r.Path
			if r.Path == "" {
				pattern += "{$}"
			}
			mux.Handle("GET "+pattern, s.handle(func(c *call) error {
				c.lang = lang
				return c.servePage(r, build)
			}))
		}
	}
	for _, a := range slices.Concat(actions, deskActions, shareActions) {
		mux.Handle("POST "+a.path, s.handle(func(c *call) error { return c.serveAction(a) }))
	}
	for _, r := range slices.Concat(readings, deskReadings, shareReadings) {
		mux.Handle("GET "+r.path, s.handle(func(c *call) error { return c.serveReading(r) }))
	}
	for _, sp := range specials {
		mux.Handle("GET "+sp.path, s.handle(func(c *call) error {
			if err := c.admit(sp.access); err != nil {
				return err
			}
			return sp.serve(c)
		}))
	}
	mux.Handle("POST "+intakePath, s.handle(serveIntake))
	for path, serve := range ledgerFiles {
		mux.Handle("GET "+path, s.handle(serve))
	}
	mux.HandleFunc("GET /.well-known/jwt-vc-issuer", s.issuer)
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /{$}", s.chooseLanguage)
	for _, lang := range mingjing.Languages {
		mux.Handle("GET /"+lang, http.RedirectHandler("/"+lang+"/", http.StatusSeeOther))
	}
	// What is none of these is a public file, or not there. Public files do not need
	// to know who asks.
	nothing := s.handle(func(c *call) error {
		allow := s.allowed(mux, c.r)
		if len(allow) == 0 {
			return mingjing.Errorf(mingjing.NotFound, "not_found")
		}
		c.w.Header().Set("Allow", strings.Join(allow, ", "))
		return errMethod
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if s.assets.has(r.URL.Path) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			s.assets.ServeHTTP(w, r)
			return
		}
		nothing.ServeHTTP(w, r)
	})
	return mux
}

// allowed are the methods that there are at the address of a request.
func (s *server) allowed(mux *http.ServeMux, r *http.Request) []string {
	if s.assets.has(r.URL.Path) {
		return []string{http.MethodGet, http.MethodHead}
	}
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		probe := *r
		probe.Method = m
		if _, pattern := mux.Handler(&probe); pattern != "/" && pattern != "" {
			allow = append(allow, m)
		}
	}
	return allow
}

// handle is the way through of every request but the public files: who asks, in
// which language, and what becomes of an error.
func (s *server) handle(fn func(*call) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, w: w, r: r, lang: language(r)}
		c.id, _ = r.Context().Value(requestID{}).(string)
		if err := c.run(fn); err != nil {
			c.fail(err)
		}
	})
}

// run calls fn and makes an error of its panic, so that the person gets a page.
func (c *call) run(fn func(*call) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if errors.Is(asError(p), http.ErrAbortHandler) {
				panic(p)
			}
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	c.identify()
	return fn(c)
}
