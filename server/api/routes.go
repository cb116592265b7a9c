package api

import (
	"context"
	"net/http"
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
	// again is the page that a form with errors is shown on.
	again func(c *call) (*mingjing.View, error)
}

// A goal is where a form goes when all went well.
type goal struct {
	page, id string
	query    string
	done     string
}

// actions is every unsafe request there is.
var actions = []action{
	{path: "/api/login", access: mingjing.Anyone, status: 200, do: login, again: form("login")},
	{path: "/api/staff/login", access: mingjing.Anyone, status: 200, do: staffLogin, again: form("staff-login")},
	{path: "/api/activate", access: mingjing.Anyone, status: 200, do: activate, again: form("activate")},
	{path: "/api/logout", access: mingjing.Anyone, status: 200, do: logout, again: form("home")},
	{path: "/api/sessions/end", access: mingjing.Everyone, status: 200, do: endSession, again: page("sessions")},
	{path: "/api/sessions/end-others", access: mingjing.Everyone, status: 200, do: endOtherSessions, again: page("sessions")},
	{path: "/api/score-requests", access: mingjing.Residents, status: 202, do: requestScore, again: page("ask")},
	{path: "/api/consents/withdraw", access: mingjing.Residents, status: 200, do: withdraw, again: page("consents")},
	{path: "/api/disputes", access: mingjing.Residents, status: 201, files: true, do: fileDispute, again: page("new-dispute")},
	{path: "/api/disputes/{id}/evidence", access: mingjing.Residents, status: 201, files: true, do: addEvidence, again: page("dispute")},
	{path: "/api/admin/cases/{id}/assign", access: mingjing.Staff, status: 200, do: assign, again: page("case")},
	{path: "/api/admin/cases/{id}/ask-agency", access: mingjing.Staff, status: 200, do: askAgency, again: page("case")},
	{path: "/api/admin/cases/{id}/decision", access: mingjing.Staff, status: 200, do: decide, again: page("case")},
}

// A reading is one safe request for JSON.
type reading struct {
	path   string
	access mingjing.Access
	get    func(c *call) (any, error)
}

// readings is every safe request for JSON there is.
var readings = []reading{
	{"/api/me", mingjing.Everyone, me},
	{"/api/sessions", mingjing.Everyone, sessions},
	{"/api/score-requests/{id}", mingjing.Residents, getRequest},
	{"/api/score", mingjing.Residents, getScore},
	{"/api/records", mingjing.Residents, getRecords},
	{"/api/listings", mingjing.Residents, getListings},
	{"/api/sources", mingjing.Residents, getSources},
	{"/api/access-log", mingjing.Residents, getAccessLog},
	{"/api/consents", mingjing.Residents, getConsents},
	{"/api/disputes", mingjing.Residents, getDisputes},
	{"/api/disputes/{id}", mingjing.Residents, getDispute},
	{"/api/admin/cases", mingjing.Staff, getCases},
	{"/api/admin/cases/{id}", mingjing.Staff, getCase},
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
	for _, a := range actions {
		mux.Handle("POST "+a.path, s.handle(func(c *call) error { return c.serveAction(a) }))
	}
	for _, r := range readings {
		mux.Handle("GET "+r.path, s.handle(func(c *call) error {
			if err := c.admit(r.access); err != nil {
				return err
			}
			out, err := r.get(c)
			if err != nil {
				return err
			}
			return c.json(http.StatusOK, out)
		}))
	}
	mux.Handle("GET /api/evidence/{id}", s.handle(serveEvidence))
	mux.Handle("GET /api/live", s.handle(serveLive))
	mux.Handle("GET /api/openapi.json", http.HandlerFunc(serveOpenAPI))
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /{$}", http.HandlerFunc(s.chooseLanguage))
	for _, lang := range mingjing.Languages {
		mux.Handle("GET /"+lang, http.RedirectHandler("/"+lang+"/", http.StatusSeeOther))
	}
	// What is none of these is a public file, or not there.
	mux.Handle("/", s.handle(func(c *call) error {
		if (c.r.Method == http.MethodGet || c.r.Method == http.MethodHead) && s.assets.has(c.r.URL.Path) {
			s.assets.ServeHTTP(c.w, c.r)
			return nil
		}
		return mingjing.Errorf(mingjing.NotFound, "not_found")
	}))
	return mux
}

// handle is the way through of every request but the public files: who asks, in
// which language, and what becomes of an error.
func (s *server) handle(fn func(*call) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, w: w, r: r}
		c.id, _ = r.Context().Value(requestID{}).(string)
		c.lang = language(r)
		err := c.identify()
		if err == nil {
			err = fn(c)
		} else if strings.HasPrefix(r.URL.Path, "/web/") || s.assets.has(r.URL.Path) {
			err = fn(c) // public files do not need to know who asks
		}
		if err != nil {
			c.fail(err)
		}
	})
}

// language is that of the path, of the form's hidden field or page, or the one
// the browser prefers.
func language(r *http.Request) string {
	first := func(p string) string {
		for _, l := range mingjing.Languages {
			if strings.HasPrefix(p, "/"+l+"/") {
				return l
			}
		}
		return ""
	}
	if l := first(r.URL.Path); l != "" {
		return l
	}
	if ref := r.Header.Get("Referer"); ref != "" {
		if _, rest, ok := strings.Cut(ref, "://"); ok {
			if i := strings.IndexByte(rest, '/'); i >= 0 {
				if l := first(rest[i:]); l != "" {
					return l
				}
			}
		}
	}
	best, bestQ := mingjing.Languages[0], -1.0
	for _, part := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		tag, q := strings.TrimSpace(part), 1.0
		if t, v, ok := strings.Cut(tag, ";"); ok {
			tag, q = strings.TrimSpace(t), quality(v)
		}
		for _, l := range mingjing.Languages {
			base, _, _ := strings.Cut(l, "-")
			if want, _, _ := strings.Cut(strings.ToLower(tag), "-"); want == base && q > bestQ {
				best, bestQ = l, q
			}
		}
	}
	return best
}

func quality(v string) float64 {
	v = strings.TrimPrefix(strings.TrimSpace(v), "q=")
	q := 0.0
	place := 1.0
	for _, r := range strings.ReplaceAll(v, ".", "") {
		if r < '0' || r > '9' {
			return 0
		}
		q += float64(r-'0') * place
		place /= 10
	}
	return q
}

func (s *server) chooseLanguage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept-Language")
	w.Header().Set("Cache-Control", "no-cache")
	http.Redirect(w, r, "/"+language(r)+"/", http.StatusSeeOther)
}

// admit lets only those pass who may use a route at all; casework decides the
// rest.
func (c *call) admit(access mingjing.Access) error {
	if access == mingjing.Anyone {
		return nil
	}
	if c.who == nil {
		return mingjing.Errorf(mingjing.Unauthenticated, "not_logged_in")
	}
	role := c.who.Actor.Role
	switch {
	case access == mingjing.Residents && role != mingjing.RoleResident,
		access == mingjing.Staff && !role.Staff():
		return mingjing.Errorf(mingjing.Forbidden, "forbidden")
	case role.Staff() && c.who.Actor.AAL < 2:
		return mingjing.Errorf(mingjing.Forbidden, "aal2_required")
	}
	return nil
}

func (c *call) serveAction(a action) error {
	if err := c.admit(a.access); err != nil {
		return err
	}
	err := c.readInput(a.files)
	for _, l := range mingjing.Languages { // only a language that there is
		if c.in.get("lang") == l {
			c.lang = l
		}
	}
	var (
		out any
		to  goal
	)
	if err == nil {
		out, to, err = a.do(c)
	}
	if err != nil {
		if c.format() == asJSON || a.again == nil {
			return err
		}
		return c.showAgain(a, err)
	}
	if c.format() == asJSON {
		return c.json(a.status, out)
	}
	path := mingjing.Path(c.lang, to.page, to.id)
	query := to.query
	if to.done != "" {
		if query != "" {
			query += "&"
		}
		query += "done=" + to.done
	}
	if query != "" {
		path += "?" + query
	}
	c.seeOther(path)
	return nil
}

// showAgain shows a form again with what was wrong and what was typed.
func (c *call) showAgain(a action, failure error) error {
	p := c.problem(failure)
	if p.Status == http.StatusUnauthorized && a.access != mingjing.Anyone || p.Status == http.StatusNotFound ||
		p.Status == http.StatusInternalServerError {
		return failure
	}
	v, err := a.again(c)
	if err != nil {
		return failure // the page itself can't be shown; the error can
	}
	v.Problem = p
	v.Form = map[string]string{}
	for name, values := range c.in.values {
		switch name {
		case "password", "new_password", "code", "totp", "id_number", "login":
			continue
		}
		if len(values) > 0 && len(name) < 100 {
			v.Form[name] = values[0]
		}
	}
	for i, id := range c.in.values["evidence_id"] { // each answer under its own name
		if answers := c.in.values["evidence_answer"]; i < len(answers) && len(id) < 100 {
			v.Form["evidence_answer_"+id] = answers[i]
		}
	}
	if p.Status == http.StatusTooManyRequests && p.Values["seconds"] != "" {
		c.w.Header().Set("Retry-After", p.Values["seconds"])
	}
	c.show(p.Status, v)
	return nil
}

// form shows an action's page that has no data of its own.
func form(name string) func(c *call) (*mingjing.View, error) {
	return func(*call) (*mingjing.View, error) {
		path := ""
		for _, r := range mingjing.Routes {
			if r.Name == name {
				path = r.Path
			}
		}
		return &mingjing.View{Page: name, Path: path}, nil
	}
}

// page shows an action's page with its data; the id is that of the action's path.
func page(name string) func(c *call) (*mingjing.View, error) {
	return func(c *call) (*mingjing.View, error) {
		v := &mingjing.View{Page: name}
		if err := views[name](c, v); err != nil {
			return nil, err
		}
		for _, r := range mingjing.Routes {
			if r.Name == name {
				v.Path = strings.Replace(r.Path, "{id}", c.r.PathValue("id"), 1)
			}
		}
		if name == "new-dispute" {
			if id := c.in.get("record_id"); id != "" {
				v.Path += "?record=" + id
			} else {
				v.Path += "?listing=" + c.in.get("listing_id")
			}
		}
		return v, nil
	}
}

// servePage answers a page to whoever may open it.
func (c *call) servePage(r mingjing.Route, build func(*call, *mingjing.View) error) error {
	if err := c.admit(r.Access); err != nil {
		return err
	}
	v := &mingjing.View{Page: r.Name}
	if c.who != nil {
		// Read before the data: an event in between is heard again, not missed.
		seq, err := c.s.casework.LastEvent(c.ctx(), c.actor())
		if err != nil {
			return err
		}
		v.Seq = seq
		if r.Name == "login" || r.Name == "staff-login" {
			c.seeOther(mingjing.Path(c.lang, landing(c.who.Actor.Role)))
			return nil
		}
	}
	if build != nil {
		if err := build(c, v); err != nil {
			return err
		}
	}
	c.show(http.StatusOK, v)
	return nil
}

// landing is the first page after login.
func landing(role mingjing.Role) string {
	if role.Staff() {
		return "queue"
	}
	return "overview"
}

func (s *server) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(`{"status":"ok"}` + "\n"))
}

func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithTimeout(r.Context(), readyTimeout)
	defer stop()
	missing := s.Ready(ctx)
	out := map[string]string{}
	status, word := http.StatusOK, "ready"
	for name, err := range missing {
		s.Logger.Warn("not ready", "part", name, "err", err)
		out[name] = "unavailable"
		status, word = http.StatusServiceUnavailable, "unavailable"
	}
	c := &call{s: s, w: w, r: r}
	_ = c.json(status, map[string]any{"status": word, "missing": out})
}
