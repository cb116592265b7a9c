package api

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
)

func (c *call) serveAction(a action) error {
	if err := c.admit(a.access); err != nil {
		return err
	}
	err := c.readInput(a.files)
	spoken := false
	for _, l := range mingjing.Languages { // only a language that there is
		if c.in.get("lang") == l {
			c.lang, spoken = l, true
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
		if c.format() == asJSON {
			return err
		}
		return c.showAgain(a, err)
	}
	if spoken {
		c.speaks()
	}
	if c.format() == asJSON {
		return c.json(a.status, out)
	}
	if a.shows != nil {
		v, err := c.view(a.again)
		if err != nil {
			return err
		}
		v.Path, v.Done = c.pathAgain(a.again), to.done
		a.shows(v, out)
		c.show(http.StatusOK, v)
		return nil
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
	if p.Code == staleCode {
		c.toConfirm(cmp.Or(c.again, a.again))
		return nil
	}
	again := cmp.Or(c.again, a.again)
	v, err := c.view(again)
	if build := views[again]; err == nil && build != nil {
		err = build(c, v)
	}
	if err != nil {
		return failure // the page itself can't be shown; the error can
	}
	v.Problem, v.Path = p, c.pathAgain(again)
	v.Form = map[string]string{}
	for name, values := range c.in.values {
		if len(values) > 0 && len(name) < 100 && !secretField(name, values[0]) {
			v.Form[name] = values[0]
		}
	}
	if v.Form["fields"] != "" { // several may be chosen
		v.Form["fields"] = strings.Join(c.in.values["fields"], " ")
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

// pathAgain is the address, after the language, at which the page of a form is
// found when it is asked for again.
func (c *call) pathAgain(name string) string {
	path := ""
	for _, r := range mingjing.Routes {
		if r.Name == name {
			path = strings.Replace(r.Path, "{id}", url.PathEscape(c.r.PathValue("id")), 1)
		}
	}
	q := url.Values{}
	switch name {
	case "new-dispute":
		for _, what := range []string{"record", "listing"} {
			if id := c.in.get(what + "_id"); id != "" {
				q.Set(what, id)
			}
		}
		if id := c.in.get("previous"); id != "" {
			q = url.Values{"previous": {id}}
		}
	case "login", "staff-login", "confirm": // where they were going is not forgotten over a wrong password
		if next := c.nextAsked(); next != "" && len(next) <= maxNext {
			q.Set("next", next)
		}
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// secretField says what is never sent back in a form that is shown again. A staff
// number is, unless what was typed into its field is too long to be one.
func secretField(name, value string) bool {
	switch name {
	case "password", "new_password", "code", "email_code", "totp", "id_number", "endpoint", "p256dh", "auth":
		return true
	case "login":
		return len(value) > 12
	}
	return false
}

// idNumber reads the ID number of a form before anybody is asked about it.
func (c *call) idNumber() (mingjing.IDNumber, []mingjing.FieldError) {
	text := c.in.get("id_number")
	if strings.TrimSpace(text) == "" {
		return "", []mingjing.FieldError{{Field: "id_number", Code: "required"}}
	}
	n, err := mingjing.ParseIDNumber(text, c.s.casework.City.Now())
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
	if c.nobody != nil && c.problem(c.nobody).Status != http.StatusUnauthorized {
		return nil, goal{}, c.nobody // the session goes on, so nobody is told that it ended
	}
	if c.token != "" {
		if err := c.s.Identity.Logout(c.ctx(), c.token); err != nil {
			return nil, goal{}, err
		}
	}
	return c.loggedOut()
}

func (c *call) loggedOut() (any, goal, error) {
	c.who = nil
	c.forget()
	return map[string]bool{"logged_out": true}, goal{page: "home", done: "logged_out"}, nil
}

// lock ends the session so that the screen shows nothing. It never fails: where
// the session can't be ended now, this browser loses it all the same, nobody else
// has it, and it ends for want of use.
func lock(c *call) (any, goal, error) {
	if c.token != "" {
		if err := c.s.Identity.Lock(c.ctx(), c.token); err != nil {
			c.s.Logger.Warn("lock a screen", "id", c.id, "err", err)
		}
	}
	c.who = nil
	c.forget()
	return map[string]bool{"locked": true}, goal{page: "locked"}, nil
}

// stay is what a page sends while the person is at work with it.
func stay(c *call) (any, goal, error) {
	return map[string]int{"lock_after": lockAfter(c.who)}, goal{page: "sessions"}, nil
}

// lockAfter is after how many seconds without use a login ends.
func lockAfter(l *mingjing.Login) int { return int(l.IdleAfter.Seconds()) }

func setLockAfter(c *call) (any, goal, error) {
	minutes, _ := strconv.Atoi(c.in.get("minutes")) // 0 is no choice
	if err := c.s.Identity.SetLockAfter(c.ctx(), c.token, minutes); err != nil {
		return nil, goal{}, err
	}
	return map[string]int{"minutes": minutes}, goal{page: "sessions", done: "lock_after"}, nil
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
		_, to, err := c.loggedOut()
		return map[string]bool{"ended": true}, to, err
	}
	return map[string]bool{"ended": true}, goal{page: "sessions", done: "session_ended"}, nil
}

func endOtherSessions(c *call) (any, goal, error) {
	if err := c.s.Identity.EndOtherSessions(c.ctx(), c.token); err != nil {
		return nil, goal{}, err
	}
	if err := c.endDevices(c.who.SessionID); err != nil {
		return nil, goal{}, err
	}
	return map[string]bool{"ended": true}, goal{page: "sessions", done: "session_ended"}, nil
}

// endAllSessions ends every session, this one last.
func endAllSessions(c *call) (any, goal, error) {
	if _, _, err := endOtherSessions(c); err != nil {
		return nil, goal{}, err
	}
	if err := c.endDevices(""); err != nil {
		return nil, goal{}, err
	}
	if err := c.s.Identity.Logout(c.ctx(), c.token); err != nil {
		return nil, goal{}, err
	}
	_, to, err := c.loggedOut()
	return map[string]bool{"ended": true}, to, err
}

// endDevices has no push message sent any more but to the devices of a session,
// also where the session that had asked for them was over long ago.
func (c *call) endDevices(but string) error {
	if c.who.Actor.Role != mingjing.RoleResident {
		return nil
	}
	return c.s.casework.Notices.EndOtherDevices(c.ctx(), c.actor(), but)
}

// key makes sending the same thing twice one thing.
func (c *call) key() string {
	return cmp.Or(c.r.Header.Get("Idempotency-Key"), c.in.get("idempotency_key"))
}

func requestScore(c *call) (any, goal, error) {
	r, err := c.s.casework.Scores.RequestScore(c.ctx(), c.actor(), c.in.get("rulebook"), c.in.is("consent"), c.key())
	return r, goal{page: "request", id: r.ID, done: "requested"}, err
}

func withdraw(c *call) (any, goal, error) {
	if !c.in.is("confirm") {
		return nil, goal{}, mingjing.InvalidFields(mingjing.FieldError{Field: "confirm", Code: "confirm_required"})
	}
	err := c.s.casework.Scores.Withdraw(c.ctx(), c.actor(), c.in.get("rulebook"))
	return map[string]bool{"withdrawn": true}, goal{page: "consents", done: "consent_withdrawn"}, err
}

// leave has everything about the resident erased, and ends the session.
func leave(c *call) (any, goal, error) {
	if !c.in.is("confirm") {
		return nil, goal{}, mingjing.InvalidFields(mingjing.FieldError{Field: "confirm", Code: "leave_confirm"})
	}
	e, err := c.s.casework.Takeaway.Leave(c.ctx(), c.actor())
	if err != nil {
		return nil, goal{}, err
	}
	if err := c.s.Identity.Logout(c.ctx(), c.token); err != nil { // it goes with the login
		c.s.Logger.Warn("end the session of who left", "id", c.id, "err", err)
	}
	c.who = nil
	c.setCookie("", -1)
	return e, goal{page: "left", query: "receipt=" + e.ID}, nil
}

func fileDispute(c *call) (any, goal, error) {
	d, err := c.s.casework.Cases.FileDispute(c.ctx(), c.actor(), cases.Filing{
		RecordID: c.in.get("record_id"), ListingID: c.in.get("listing_id"), Previous: c.in.get("previous"),
		Reason: mingjing.DisputeReason(c.in.get("reason")), Statement: c.in.get("statement"),
		Key: c.key(), Evidence: c.in.files,
	})
	return d, goal{page: casePage(d), id: d.ID, done: "dispute_filed"}, err
}

// about makes the thing that a form names the one of the page that the form is
// shown on again.
func (c *call) about(page, id string) {
	c.again = page
	c.r.SetPathValue("id", id)
}

func applyForRepair(c *call) (any, goal, error) {
	id := c.in.get("listing_id")
	c.about("repair", id)
	if !wellFormedID(id) {
		return nil, goal{}, mingjing.Errorf(mingjing.NotFound, "not_found")
	}
	d, err := c.s.casework.Cases.ApplyForRepair(c.ctx(), c.actor(), cases.Filing{ListingID: id,
		Statement: c.in.get("statement"), Key: c.key(), Evidence: c.in.files})
	return d, goal{page: "dispute", id: d.ID, done: "repair_filed"}, err
}

func askForReview(c *call) (any, goal, error) {
	d, err := c.s.casework.Cases.AskForReview(c.ctx(), c.actor(), cases.Filing{Previous: c.r.PathValue("id"),
		Statement: c.in.get("statement"), Key: c.key(), Evidence: c.in.files})
	return d, goal{page: casePage(d), id: d.ID, done: "review_filed"}, err
}

func putStatement(c *call) (any, goal, error) {
	record, listing := c.in.get("record_id"), c.in.get("listing_id")
	to := goal{page: "record", id: record, done: "statement_saved"}
	if record == "" {
		to.page, to.id = "listing", listing
	}
	c.about(to.page, to.id)
	if !wellFormedID(to.id) {
		return nil, goal{}, mingjing.Errorf(mingjing.NotFound, "not_found")
	}
	err := c.s.casework.Cases.PutStatement(c.ctx(), c.actor(), record, listing, c.in.get("statement_on_file"))
	return map[string]bool{"saved": true}, to, err
}

func confirmReceipt(c *call) (any, goal, error) {
	id := c.r.PathValue("id")
	err := c.s.casework.Cases.ConfirmReceipt(c.ctx(), c.actor(), id)
	return map[string]bool{"confirmed": true}, goal{page: "listing", id: id, done: "receipt_confirmed"}, err
}

func showListing(c *call) (any, goal, error) {
	id, shown := c.r.PathValue("id"), c.in.is("shown")
	done := "listing_hidden"
	if shown {
		done = "listing_shown"
	}
	err := c.s.casework.Cases.ShowListing(c.ctx(), c.actor(), id, shown)
	return map[string]bool{"shown": shown}, goal{page: "listing", id: id, done: done}, err
}

func addEvidence(c *call) (any, goal, error) {
	d, err := c.s.casework.Cases.AddEvidence(c.ctx(), c.actor(), c.r.PathValue("id"), c.in.files)
	return d, goal{page: casePage(d), id: d.ID, done: "evidence_added"}, err
}

func assign(c *call) (any, goal, error) {
	k, err := c.s.casework.Desk.Assign(c.ctx(), c.actor(), c.r.PathValue("id"))
	return k, goal{page: "case", id: k.ID, done: "assigned"}, err
}

func askAgency(c *call) (any, goal, error) {
	k, err := c.s.casework.Desk.AskAgency(c.ctx(), c.actor(), c.r.PathValue("id"))
	return k, goal{page: "case", id: k.ID, done: "agency_asked"}, err
}

func extend(c *call) (any, goal, error) {
	k, err := c.s.casework.Desk.Extend(c.ctx(), c.actor(), c.r.PathValue("id"))
	return k, goal{page: "case", id: k.ID, done: "extended"}, err
}

func recommend(c *call) (any, goal, error) {
	k, err := c.s.casework.Desk.Recommend(c.ctx(), c.actor(), c.r.PathValue("id"),
		desk.Ruling{Outcome: mingjing.Outcome(c.in.get("outcome")), Reasons: c.in.get("reasons")})
	return k, goal{page: "case", id: k.ID, done: "recommended"}, err
}

func serve(c *call) (any, goal, error) {
	k, err := c.s.casework.Desk.Serve(c.ctx(), c.actor(), c.r.PathValue("id"),
		desk.Service{Method: c.in.get("method"), On: c.in.get("on"), Proof: c.in.get("proof")})
	return k, goal{page: "case", id: k.ID, done: "served"}, err
}

func decide(c *call) (any, goal, error) {
	r := desk.Ruling{Outcome: mingjing.Outcome(c.in.get("outcome")), Reasons: c.in.get("reasons"),
		CorrectTo: c.in.get("correct_to"), Answers: map[string]string{}}
	ids, answers := c.in.values["evidence_id"], c.in.values["evidence_answer"]
	if list := c.in.values["evidence_answers.evidence_id"]; list != nil { // as JSON has them
		ids, answers = list, c.in.values["evidence_answers.answer"]
	}
	for i, id := range ids {
		if i < len(answers) {
			r.Answers[id] = answers[i]
		}
	}
	k, err := c.s.casework.Desk.Decide(c.ctx(), c.actor(), c.r.PathValue("id"), r)
	return k, goal{page: "case", id: k.ID, done: "decided"}, err
}

func moveClock(c *call) (any, goal, error) {
	v, err := c.s.casework.DemoClock.MoveClock(c.ctx(), c.actor(), c.in.get("step"))
	return v, goal{page: "demo-clock", done: "clock_moved"}, err
}
