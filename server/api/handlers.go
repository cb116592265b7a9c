package api

import (
	_ "embed"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework"
)

const readyTimeout = 5 * time.Second

// The session cookie. With HTTPS its name makes browsers insist on Secure, the
// whole host and no other origin's writing.
const (
	plainCookie  = "session"
	secureCookie = "__Host-session"
)

func (s *server) cookie() string {
	if s.secure {
		return secureCookie
	}
	return plainCookie
}

// identify finds out who asks. A cookie that proves nothing any more is dropped.
func (c *call) identify() error {
	k, err := c.r.Cookie(c.s.cookie())
	if err != nil || k.Value == "" || len(k.Value) > 512 {
		return nil
	}
	who, err := c.s.Identity.Who(c.ctx(), k.Value)
	if err != nil {
		if c.problem(err).Status == http.StatusUnauthorized {
			c.setCookie("", -1)
			return nil
		}
		return err
	}
	c.who, c.token = &who, k.Value
	return nil
}

func (c *call) setCookie(token string, maxAge int) {
	http.SetCookie(c.w, &http.Cookie{Name: c.s.cookie(), Value: token, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: c.s.secure, SameSite: http.SameSiteLaxMode})
}

// enter starts a session in the browser and says who it is.
func (c *call) enter(token string) (any, goal, error) {
	who, err := c.s.Identity.Who(c.ctx(), token)
	if err != nil {
		return nil, goal{}, err
	}
	if c.token != "" && c.token != token { // the session that was there before ends
		if err := c.s.Identity.Logout(c.ctx(), c.token); err != nil {
			c.s.Logger.Warn("end the former session", "id", c.id, "err", err)
		}
	}
	c.setCookie(token, max(1, int(time.Until(who.ExpiresAt).Seconds())))
	c.who, c.token = &who, token
	out, err := me(c)
	to := goal{page: landing(who.Actor.Role), done: "logged_in"}
	if page, id, query, ok := c.next(); ok && who.Actor.Role == mingjing.RoleResident {
		to.page, to.id, to.query = page, id, query
	}
	return out, to, err
}

// next is where somebody was going before the login came between. The address is
// only ever taken apart and put together again from our own routes.
func (c *call) next() (page, id, query string, ok bool) {
	ref, err := url.Parse(c.r.Header.Get("Referer"))
	if err != nil {
		return "", "", "", false
	}
	next := ref.Query().Get("next")
	for _, r := range mingjing.Routes {
		if r.Access != mingjing.Residents || next == "" {
			continue
		}
		if r.Path == next {
			return r.Name, "", "", r.Name != "new-dispute"
		}
		prefix, _, hasID := strings.Cut(r.Path, "{id}")
		if id, found := strings.CutPrefix(next, prefix); hasID && found && wellFormedID(id) {
			return r.Name, id, "", true
		}
	}
	return "", "", "", false
}

func wellFormedID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, r := range id {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

// idNumber reads the ID number of a form before anybody is asked about it.
func (c *call) idNumber() (mingjing.IDNumber, []mingjing.FieldError) {
	text := c.in.get("id_number")
	if strings.TrimSpace(text) == "" {
		return "", []mingjing.FieldError{{Field: "id_number", Code: "required"}}
	}
	n, err := mingjing.ParseIDNumber(text, c.s.casework.Now())
	if err != nil {
		return "", []mingjing.FieldError{{Field: "id_number", Code: err.Error()}}
	}
	return n, nil
}

// secret reads a field that must be there and is never shown again.
func (c *call) secret(name string) (string, []mingjing.FieldError) {
	v := c.in.get(name)
	switch {
	case v == "":
		return "", []mingjing.FieldError{{Field: name, Code: "required"}}
	case len(v) > 1024:
		return "", []mingjing.FieldError{{Field: name, Code: "too_long"}}
	}
	return v, nil
}

func login(c *call) (any, goal, error) {
	n, wrong := c.idNumber()
	password, w := c.secret("password")
	if wrong = append(wrong, w...); len(wrong) > 0 {
		return nil, goal{}, mingjing.InvalidFields(wrong...)
	}
	token, err := c.s.Identity.Login(c.ctx(), n, password, c.client())
	if err != nil {
		return nil, goal{}, err
	}
	return c.enter(token)
}

func staffLogin(c *call) (any, goal, error) {
	name, wrong := c.secret("login")
	password, w := c.secret("password")
	wrong = append(wrong, w...)
	totp, w := c.secret("totp")
	if wrong = append(wrong, w...); len(wrong) > 0 {
		return nil, goal{}, mingjing.InvalidFields(wrong...)
	}
	token, err := c.s.Identity.StaffLogin(c.ctx(), strings.TrimSpace(name), password,
		strings.ReplaceAll(totp, " ", ""), c.client())
	if err != nil {
		return nil, goal{}, err
	}
	return c.enter(token)
}

func activate(c *call) (any, goal, error) {
	n, wrong := c.idNumber()
	code, w := c.secret("code")
	wrong = append(wrong, w...)
	password, w := c.secret("new_password")
	if wrong = append(wrong, w...); len(wrong) > 0 {
		return nil, goal{}, mingjing.InvalidFields(wrong...)
	}
	token, err := c.s.Identity.Activate(c.ctx(), n, strings.TrimSpace(code), password, c.client())
	if err != nil {
		return nil, goal{}, err
	}
	out, to, err := c.enter(token)
	to.done = "activated"
	return out, to, err
}

func logout(c *call) (any, goal, error) {
	if c.token != "" {
		if err := c.s.Identity.Logout(c.ctx(), c.token); err != nil {
			return nil, goal{}, err
		}
	}
	c.who = nil
	c.setCookie("", -1)
	return map[string]bool{"logged_out": true}, goal{page: "home", done: "logged_out"}, nil
}

func endSession(c *call) (any, goal, error) {
	id := c.in.get("session_id")
	if !wellFormedID(id) {
		return nil, goal{}, mingjing.Errorf(mingjing.NotFound, "not_found")
	}
	if err := c.s.Identity.EndSession(c.ctx(), c.token, id); err != nil {
		return nil, goal{}, err
	}
	if id == c.who.SessionID {
		c.setCookie("", -1)
		return map[string]bool{"ended": true}, goal{page: "home", done: "logged_out"}, nil
	}
	return map[string]bool{"ended": true}, goal{page: "sessions", done: "session_ended"}, nil
}

func endOtherSessions(c *call) (any, goal, error) {
	if err := c.s.Identity.EndOtherSessions(c.ctx(), c.token); err != nil {
		return nil, goal{}, err
	}
	return map[string]bool{"ended": true}, goal{page: "sessions", done: "session_ended"}, nil
}

func requestScore(c *call) (any, goal, error) {
	key := c.r.Header.Get("Idempotency-Key")
	if key == "" {
		key = c.in.get("idempotency_key")
	}
	r, err := c.s.casework.RequestScore(c.ctx(), c.actor(), c.in.get("rulebook"), c.in.is("consent"), key)
	return r, goal{page: "request", id: r.ID, done: "requested"}, err
}

func withdraw(c *call) (any, goal, error) {
	if !c.in.is("confirm") {
		return nil, goal{}, mingjing.InvalidFields(mingjing.FieldError{Field: "confirm", Code: "confirm_required"})
	}
	err := c.s.casework.Withdraw(c.ctx(), c.actor(), c.in.get("rulebook"))
	return map[string]bool{"withdrawn": true}, goal{page: "consents", done: "consent_withdrawn"}, err
}

func fileDispute(c *call) (any, goal, error) {
	key := c.r.Header.Get("Idempotency-Key")
	if key == "" {
		key = c.in.get("idempotency_key")
	}
	d, err := c.s.casework.FileDispute(c.ctx(), c.actor(), casework.Filing{
		RecordID: c.in.get("record_id"), ListingID: c.in.get("listing_id"),
		Reason: mingjing.DisputeReason(c.in.get("reason")), Statement: c.in.get("statement"),
		Key: key, Evidence: c.in.files,
	})
	return d, goal{page: "dispute", id: d.ID, done: "dispute_filed"}, err
}

func addEvidence(c *call) (any, goal, error) {
	d, err := c.s.casework.AddEvidence(c.ctx(), c.actor(), c.r.PathValue("id"), c.in.files)
	return d, goal{page: "dispute", id: d.ID, done: "evidence_added"}, err
}

func assign(c *call) (any, goal, error) {
	k, err := c.s.casework.Assign(c.ctx(), c.actor(), c.r.PathValue("id"))
	return k, goal{page: "case", id: k.ID, done: "assigned"}, err
}

func askAgency(c *call) (any, goal, error) {
	k, err := c.s.casework.AskAgency(c.ctx(), c.actor(), c.r.PathValue("id"))
	return k, goal{page: "case", id: k.ID, done: "agency_asked"}, err
}

func decide(c *call) (any, goal, error) {
	r := casework.Ruling{Outcome: mingjing.Outcome(c.in.get("outcome")), Reasons: c.in.get("reasons"),
		CorrectTo: c.in.get("correct_to"), Answers: map[string]string{}}
	answers := c.in.values["evidence_answer"]
	if len(answers) == 0 {
		answers = c.in.values["answer"] // JSON: evidence_answers: [{evidence_id, answer}]
	}
	for i, id := range c.in.values["evidence_id"] {
		if i < len(answers) {
			r.Answers[id] = answers[i]
		}
	}
	k, err := c.s.casework.Decide(c.ctx(), c.actor(), c.r.PathValue("id"), r)
	return k, goal{page: "case", id: k.ID, done: "decided"}, err
}

// list is how every list is answered.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

func items[T any](v []T, next string) list[T] {
	if v == nil {
		v = []T{}
	}
	return list[T]{v, next}
}

func me(c *call) (any, error) {
	v, err := c.s.casework.Viewer(c.ctx(), c.actor())
	return struct {
		mingjing.Viewer
		AAL       int       `json:"aal"`
		ExpiresAt time.Time `json:"expires_at"`
	}{v, c.actor().AAL, c.who.ExpiresAt}, err
}

func sessions(c *call) (any, error) {
	v, err := c.s.Identity.Sessions(c.ctx(), c.token)
	return items(v, ""), err
}

func getRequest(c *call) (any, error) {
	return c.s.casework.ScoreRequest(c.ctx(), c.actor(), c.r.PathValue("id"))
}

func getScore(c *call) (any, error) {
	v, err := c.s.casework.Score(c.ctx(), c.actor(), c.r.URL.Query().Get("rulebook"))
	if err == nil && v == nil {
		err = mingjing.Errorf(mingjing.NotFound, "no_score")
	}
	return v, err
}

// A recordItem is a record with its rule and effect beside it.
type recordItem struct {
	mingjing.Record
	Area   mingjing.Area     `json:"area"`
	Effect []mingjing.Effect `json:"effect"`
	Ends   mingjing.Date     `json:"ends,omitempty"`
}

func getRecords(c *call) (any, error) {
	v, err := c.s.casework.Records(c.ctx(), c.actor())
	out := []recordItem{}
	for _, r := range v.Records {
		out = append(out, recordItem{r.Record, r.Area, r.Effect, r.Ends})
	}
	return items(out, ""), err
}

// A listingItem is a listing with its effect beside it.
type listingItem struct {
	mingjing.Listing
	Effective bool              `json:"effective"`
	Effect    []mingjing.Effect `json:"effect"`
}

func getListings(c *call) (any, error) {
	v, err := c.s.casework.Listings(c.ctx(), c.actor())
	out := []listingItem{}
	for _, l := range v.Listings {
		out = append(out, listingItem{l.Listing, l.Effective, l.Effect})
	}
	return items(out, ""), err
}

func getSources(c *call) (any, error) {
	v, err := c.s.casework.Sources(c.ctx(), c.actor())
	return items(v.Sources, ""), err
}

func getAccessLog(c *call) (any, error) {
	q := c.r.URL.Query()
	v, err := c.s.casework.AccessLog(c.ctx(), c.actor(), q.Get("others") == "1", q.Get("cursor"))
	return items(v.Looks, v.Next), err
}

func getConsents(c *call) (any, error) {
	v, err := c.s.casework.Consents(c.ctx(), c.actor())
	return items(v.Consents, ""), err
}

func getDisputes(c *call) (any, error) {
	v, err := c.s.casework.Disputes(c.ctx(), c.actor())
	return items(v.Disputes, ""), err
}

func getDispute(c *call) (any, error) {
	return c.s.casework.Dispute(c.ctx(), c.actor(), c.r.PathValue("id"))
}

func (c *call) cases() (mingjing.QueueView, error) {
	q := c.r.URL.Query()
	return c.s.casework.Cases(c.ctx(), c.actor(), mingjing.CaseFilter{State: q.Get("state"),
		Mine: q.Get("mine") == "1", Agency: q.Get("agency"), Search: q.Get("search")}, q.Get("cursor"))
}

func getCases(c *call) (any, error) {
	v, err := c.cases()
	return items(v.Cases, v.Next), err
}

func getCase(c *call) (any, error) {
	return c.s.casework.Case(c.ctx(), c.actor(), c.r.PathValue("id"))
}

// serveEvidence sends a piece of evidence as an attachment, under a policy that
// lets it do nothing if a browser opens it all the same.
func serveEvidence(c *call) error {
	if err := c.admit(mingjing.Everyone); err != nil {
		return err
	}
	e, data, err := c.s.casework.EvidenceFile(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	c.noStore()
	h := c.w.Header()
	h.Set("Content-Type", e.Type)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": e.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = c.w.Write(data)
	return nil
}

// serveLive hands the connection to the live stream. Its Origin is checked there.
func serveLive(c *call) error {
	if err := c.admit(mingjing.Everyone); err != nil {
		return err
	}
	after := int64(0)
	if text := c.r.URL.Query().Get("after"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return mingjing.Errorf(mingjing.Invalid, "invalid_cursor")
		}
		after = n
	} else {
		last, err := c.s.casework.LastEvent(c.ctx(), c.actor())
		if err != nil {
			return err
		}
		after = last
	}
	c.s.Live.Serve(c.w, c.r, mingjing.Listener{Audience: casework.Audience(c.actor()),
		SessionID: c.who.SessionID, ExpiresAt: c.who.ExpiresAt, After: after})
	return nil
}

//go:embed openapi.json
var openAPI []byte

func serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(openAPI)
}

// views build the data of each page that has any.
var views map[string]func(*call, *mingjing.View) error

func init() {
	views = map[string]func(*call, *mingjing.View) error{
		"rulebooks": func(c *call, v *mingjing.View) error {
			v.Rulebooks = &mingjing.RulebooksView{}
			for _, b := range c.s.casework.Books() {
				v.Rulebooks.Rulebooks = append(v.Rulebooks.Rulebooks, *b)
			}
			return nil
		},
		"rulebook": func(c *call, v *mingjing.View) (err error) {
			v.Rulebook, err = c.s.casework.Book(c.r.PathValue("id"))
			if err != nil {
				return mingjing.Errorf(mingjing.NotFound, "not_found")
			}
			v.RulebookHash = v.Rulebook.Ref().Hash
			return nil
		},
		"overview": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Overview(c.ctx(), c.actor())
			v.Overview = &out
			return err
		},
		"ask": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Ask(c.ctx(), c.actor())
			v.Ask = &out
			return err
		},
		"request": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.ScoreRequest(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Request = &out
			return err
		},
		"score": func(c *call, v *mingjing.View) (err error) {
			v.Score, err = c.s.casework.Score(c.ctx(), c.actor(), c.r.URL.Query().Get("rulebook"))
			return err
		},
		"records": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Records(c.ctx(), c.actor())
			v.Records = &out
			return err
		},
		"record": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Record(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Record = &out
			return err
		},
		"listings": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Listings(c.ctx(), c.actor())
			v.Listings = &out
			return err
		},
		"listing": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Listing(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Listing = &out
			return err
		},
		"sources": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Sources(c.ctx(), c.actor())
			v.Sources = &out
			return err
		},
		"access-log": func(c *call, v *mingjing.View) error {
			q := c.r.URL.Query()
			out, err := c.s.casework.AccessLog(c.ctx(), c.actor(), q.Get("others") == "1", q.Get("cursor"))
			v.AccessLog = &out
			return err
		},
		"consents": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Consents(c.ctx(), c.actor())
			v.Consents = &out
			return err
		},
		"sessions": func(c *call, v *mingjing.View) error {
			out, err := c.s.Identity.Sessions(c.ctx(), c.token)
			v.Sessions = &mingjing.SessionsView{Sessions: out}
			return err
		},
		"disputes": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Disputes(c.ctx(), c.actor())
			v.Disputes = &out
			return err
		},
		"new-dispute": func(c *call, v *mingjing.View) error {
			q := c.r.URL.Query()
			record, listing := q.Get("record"), q.Get("listing")
			if c.r.Method == http.MethodPost { // the form is shown again
				record, listing = c.in.get("record_id"), c.in.get("listing_id")
			}
			out, err := c.s.casework.NewCase(c.ctx(), c.actor(), record, listing)
			if key := c.in.get("idempotency_key"); key != "" && len(key) <= 128 {
				out.Key = key
			}
			v.NewCase = &out
			return err
		},
		"dispute": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Dispute(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Dispute = &out
			return err
		},
		"queue": func(c *call, v *mingjing.View) error {
			out, err := c.cases()
			v.Queue = &out
			return err
		},
		"case": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Case(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Case = &out
			return err
		},
	}
	for _, r := range mingjing.Routes {
		if views[r.Name] == nil && !slices.Contains([]string{"home", "login", "activate", "staff-login", "offline"}, r.Name) {
			panic("api: no view of page " + r.Name)
		}
	}
}
