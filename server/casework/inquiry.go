package casework

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
)

// An InquiryTx is what a [Tx] keeps of inquiries about looks.
type InquiryTx interface {
	AddInquiry(ctx context.Context, q InquiryRow) error // ErrExists: that look was asked about
	// SetInquiry fails with ErrConflict if q.Version is not the stored one, and stores
	// Version+1.
	SetInquiry(ctx context.Context, q InquiryRow) error
	Inquiry(ctx context.Context, id string) (InquiryRow, error)
	// InquiryHead is what is known of an inquiry before it is opened.
	InquiryHead(ctx context.Context, id string) (InquiryHead, error)
	// InquiriesAbout are those of a resident about the looks from one number up to
	// another, in that order.
	InquiriesAbout(ctx context.Context, resident mingjing.ResidentID, from, to int64) ([]InquiryRow, error)
	// OpenInquiries are those that wait for an answer, by clock and then by id, from
	// the cursor on, which [InquiryHead.Cursor] makes; a bad one is ErrCursor.
	OpenInquiries(ctx context.Context, q InquiryQuery) ([]InquiryHead, error)
	// WaitingInquiries are how many wait for an answer, by state; "" is of all agencies
	// and of staff.
	WaitingInquiries(ctx context.Context, agency string) (map[mingjing.InquiryState]int, error)
	// InquiryCounts are the sums of each agency that has any.
	InquiryCounts(ctx context.Context) ([]InquiryCounts, error)
}

// An InquiryRow is an inquiry as it is stored.
type InquiryRow struct {
	mingjing.Inquiry
	Resident mingjing.ResidentID
	// Staff is the staff number of who looked, Agency the code of their agency; both
	// are empty where it is not known.
	Staff   string
	Agency  string
	Version int
}

// An InquiryHead is an inquiry without its words.
type InquiryHead struct {
	ID            string
	Resident      mingjing.ResidentID
	Staff, Agency string
	State         mingjing.InquiryState
	AskedAt, Due  time.Time
	Late          bool
}

// Cursor is the place in the list of the page that begins after h.
func (h InquiryHead) Cursor() string { return strconv.FormatInt(h.Due.UnixMicro(), 10) + "." + h.ID }

// Head is what is known of an inquiry before it is opened.
func (q InquiryRow) Head() InquiryHead {
	return InquiryHead{ID: q.ID, Resident: q.Resident, Staff: q.Staff, Agency: q.Agency, State: q.State, AskedAt: q.AskedAt, Due: q.Due, Late: q.Late}
}

// Unfounded says whether it was found that there was no good reason.
func (q InquiryRow) Unfounded() bool {
	return q.Ended() && q.Answers[len(q.Answers)-1].Outcome == mingjing.InquiryUnfounded
}

// An InquiryQuery is a page of the inquiries that wait for an answer.
type InquiryQuery struct {
	// Agency leaves only those about its own looks.
	Agency string
	// Staff leaves only those about looks of this member of staff that they have to
	// answer; Others those that are a supervisor's or an auditor's to answer.
	Staff  string
	Others bool
	Cursor string
	Limit  int
}

// InquiryCounts are the sums of the inquiries about one agency's looks.
type InquiryCounts struct {
	Agency                            string
	Inquiries, Unexplained, Unfounded int
}

// looker is who an actor is in the access log, so that they can be asked why.
func looker(a mingjing.Actor) string {
	switch {
	case a.Role.Staff():
		return a.ID
	case a.Role == mingjing.RoleAgency:
		return a.Agency
	}
	return ""
}

// inquiryDays are the working days of each of an inquiry's two clocks: those that an
// agency has to answer a dispute.
func (c *Casework) inquiryDays() int { return c.books[0].Procedure.AgencyDays }

func inquiriesAbout(ctx context.Context, t *tx, me mingjing.ResidentID, from, to int64) ([]mingjing.Inquiry, error) {
	rows, err := t.InquiriesAbout(ctx, me, from, to)
	if err != nil {
		return nil, err
	}
	out := make([]mingjing.Inquiry, 0, len(rows))
	for _, q := range rows {
		out = append(out, q.Inquiry)
	}
	return out, nil
}

// AskWhy asks why somebody looked at the actor's data: about the line of the access
// log with the number. Asking again is the same inquiry.
func (c *Casework) AskWhy(ctx context.Context, a mingjing.Actor, seq int64, question string) (mingjing.Inquiry, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Inquiry{}, err
	}
	question, wrong := cleanQuestion(question)
	if wrong != nil {
		return mingjing.Inquiry{}, wrong
	}
	return within(ctx, c, func(t *tx) (mingjing.Inquiry, error) {
		now := c.Now().UTC()
		t.because(a, "inquiry", "", "own")
		if seq < 1 {
			return mingjing.Inquiry{}, ErrNotFound
		}
		known, err := t.InquiriesAbout(ctx, me, seq, seq)
		if err != nil {
			return mingjing.Inquiry{}, err
		}
		if len(known) > 0 {
			return known[0].Inquiry, nil
		}
		looks, err := t.Looks(ctx, me, false, seq+1, 1)
		if err != nil {
			return mingjing.Inquiry{}, err
		}
		if len(looks) == 0 || looks[0].Seq != seq {
			return mingjing.Inquiry{}, ErrNotFound
		}
		if !looks[0].Askable() {
			return mingjing.Inquiry{}, mingjing.Errorf(mingjing.Conflict, "not_askable")
		}
		q := InquiryRow{Resident: me, Inquiry: mingjing.Inquiry{ID: newID(), Look: looks[0], Question: question, AskedAt: now,
			State: mingjing.InquiryAsked, Due: c.due(c.inquiryDays()), Answers: []mingjing.InquiryAnswer{}}}
		switch by := looks[0].By; {
		case by == "": // nobody knows whom to ask
			q.State = mingjing.InquiryEscalated
		case looks[0].Role == mingjing.RoleAgency:
			q.Agency = by
		default:
			q.Staff = by
		}
		if err := t.AddInquiry(ctx, q); err != nil {
			return mingjing.Inquiry{}, err
		}
		if c.explain != nil && q.Agency != "" {
			if err := t.Enqueue(ctx, Job{Kind: JobInquiry, ID: q.ID, At: now.Add(c.explainAfter())}); err != nil {
				return mingjing.Inquiry{}, err
			}
		}
		return q.Inquiry, c.watchInquiry(ctx, t, q, now)
	})
}

// cleanQuestion is what the resident adds to an inquiry, as it is kept.
func cleanQuestion(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if utf8.RuneCountInString(text) > mingjing.MaxInquiryQuestion || !utf8.ValidString(text) {
		return "", mingjing.InvalidFields(mingjing.FieldError{Field: "question", Code: "too_long"})
	}
	return text, nil
}

// AddToInquiry adds the actor's own words to an inquiry, once and while it waits for
// whoever looked.
func (c *Casework) AddToInquiry(ctx context.Context, a mingjing.Actor, id, question string) (mingjing.Inquiry, error) {
	return c.ownInquiry(ctx, a, id, func(t *tx, q *InquiryRow) error {
		text, err := cleanQuestion(question)
		switch {
		case err != nil:
			return err
		case text == "":
			return mingjing.InvalidFields(mingjing.FieldError{Field: "question", Code: "required"})
		case q.Question != "" || q.State != mingjing.InquiryAsked:
			return mingjing.Errorf(mingjing.Conflict, "inquiry_closed")
		}
		q.Question = text
		return c.setInquiry(ctx, t, *q, c.Now().UTC())
	})
}

// explainAfter is how long the agencies of a demo city take to answer by themselves.
func (c *Casework) explainAfter() time.Duration { return c.scaled(time.Hour) }

// setInquiry stores an inquiry that has changed, and tells of it.
func (c *Casework) setInquiry(ctx context.Context, t *tx, q InquiryRow, now time.Time) error {
	if err := t.SetInquiry(ctx, q); err != nil {
		return err
	}
	return c.tellInquiry(ctx, t, q, now)
}

// watchInquiry has the clock of an inquiry looked at when it runs out, and tells of
// it.
func (c *Casework) watchInquiry(ctx context.Context, t *tx, q InquiryRow, now time.Time) error {
	if err := t.Enqueue(ctx, Job{Kind: JobInquiry, ID: q.ID, At: q.Due}); err != nil {
		return err
	}
	return c.tellInquiry(ctx, t, q, now)
}

// tellInquiry tells the open screens of the resident and of those who answer.
func (c *Casework) tellInquiry(ctx context.Context, t *tx, q InquiryRow, now time.Time) error {
	audiences := []string{string(q.Resident), mingjing.AudienceStaff}
	if q.Agency != "" {
		audiences = append(audiences, mingjing.AudienceAgency(q.Agency))
	}
	for _, audience := range audiences {
		if err := t.emit(ctx, audience, mingjing.EventInquiry, q.ID, now); err != nil {
			return err
		}
	}
	return nil
}

// Inquiry is one of the actor's inquiries.
func (c *Casework) Inquiry(ctx context.Context, a mingjing.Actor, id string) (mingjing.Inquiry, error) {
	return c.ownInquiry(ctx, a, id, func(*tx, *InquiryRow) error { return nil })
}

func (c *Casework) ownInquiry(ctx context.Context, a mingjing.Actor, id string, do func(*tx, *InquiryRow) error) (mingjing.Inquiry, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Inquiry{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Inquiry, error) {
		h, err := t.InquiryHead(ctx, id)
		if err != nil {
			return mingjing.Inquiry{}, err
		}
		if h.Resident != me {
			return mingjing.Inquiry{}, ErrNotFound
		}
		t.because(a, "inquiry", id, "own")
		q, err := t.Inquiry(ctx, id)
		if err == nil {
			err = do(t, &q)
		}
		return q.Inquiry, err
	})
}

// MyInquiries are all of the actor's inquiries, the newest look first.
func (c *Casework) MyInquiries(ctx context.Context, a mingjing.Actor) ([]mingjing.Inquiry, error) {
	me, err := asResident(a)
	if err != nil {
		return nil, err
	}
	return within(ctx, c, func(t *tx) ([]mingjing.Inquiry, error) {
		t.because(a, "inquiry", "", "own")
		all, err := inquiriesAbout(ctx, t, me, 0, 1<<62)
		slices.Reverse(all)
		return all, err
	})
}

// JudgeAnswer says whether the first answer satisfies the actor: "yes" or "no". If it
// does not, a supervisor or an auditor has to answer.
func (c *Casework) JudgeAnswer(ctx context.Context, a mingjing.Actor, id, word string) (mingjing.Inquiry, error) {
	return c.ownInquiry(ctx, a, id, func(t *tx, q *InquiryRow) error {
		if !q.May(mingjing.InquiryEscalated) || q.State != mingjing.InquiryAnswered {
			return mingjing.Errorf(mingjing.Conflict, "nothing_to_judge")
		}
		if word != "yes" && word != "no" {
			return mingjing.InvalidFields(mingjing.FieldError{Field: "satisfied", Code: "required"})
		}
		now, satisfied := c.Now().UTC(), word == "yes"
		q.Satisfied = &satisfied
		if satisfied {
			return c.setInquiry(ctx, t, *q, now)
		}
		q.State, q.Due = mingjing.InquiryEscalated, c.due(c.inquiryDays())
		if err := t.SetInquiry(ctx, *q); err != nil {
			return err
		}
		return c.watchInquiry(ctx, t, *q, now)
	})
}

// asAnswerer lets only staff and officers of agencies pass, with their second factor.
func asAnswerer(a mingjing.Actor) error {
	if a.Role == mingjing.RoleAgency {
		_, err := asOfficer(a)
		return err
	}
	return asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor)
}

// ownLook says whether an inquiry is about a look of the actor's own, or of their
// agency's.
func ownLook(a mingjing.Actor, h InquiryHead) bool {
	if a.Role == mingjing.RoleAgency {
		return h.Agency != "" && h.Agency == a.Agency
	}
	return h.Staff != "" && h.Staff == a.ID
}

// mayRead refuses who has no part in an inquiry: others than those whose look it is,
// and, once it is theirs to answer, the supervisors and auditors.
func mayRead(a mingjing.Actor, h InquiryHead, near map[mingjing.ResidentID]error) error {
	if err := notOwn(a, Dispute{Resident: h.Resident, Near: near[h.Resident]}); err != nil {
		return err
	}
	second := (a.Role == mingjing.RoleSupervisor || a.Role == mingjing.RoleAuditor) && h.State != mingjing.InquiryAsked
	switch {
	case ownLook(a, h) || second:
		return nil
	case a.Role == mingjing.RoleAgency:
		return ErrNotFound
	}
	return errForbidden
}

// answers are what the actor may answer now.
func answers(a mingjing.Actor, h InquiryHead) []mingjing.InquiryOutcome {
	switch {
	case h.State == mingjing.InquiryAsked && ownLook(a, h):
		return []mingjing.InquiryOutcome{mingjing.InquiryExplained}
	case (h.State == mingjing.InquiryEscalated || h.State == mingjing.InquiryUnexplained) && !ownLook(a, h) &&
		(a.Role == mingjing.RoleSupervisor || a.Role == mingjing.RoleAuditor):
		return mingjing.InquiryFindings
	}
	return []mingjing.InquiryOutcome{}
}

// Inquiries is a page of those that wait for an answer: for staff first what they have
// to answer themselves, then all that are the supervisors' and auditors', so that
// everybody sees what is late; for an officer those of the agency. No resident is in
// it.
func (c *Casework) Inquiries(ctx context.Context, a mingjing.Actor, cursor string) (mingjing.InquiriesView, error) {
	const page = 50
	if err := asAnswerer(a); err != nil {
		return mingjing.InquiriesView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.InquiriesView, error) {
		v := mingjing.InquiriesView{Inquiries: []mingjing.InquiryLine{}}
		near, err := nearTo(ctx, t, a)
		if err != nil {
			return v, err
		}
		query := InquiryQuery{Agency: a.Agency, Cursor: cursor, Limit: page + 1}
		if a.Role.Staff() {
			query.Agency, query.Others = "", true
			if cursor == "" {
				own, err := t.OpenInquiries(ctx, InquiryQuery{Staff: a.ID, Limit: page})
				if err != nil {
					return v, err
				}
				for _, h := range own {
					v.Inquiries = append(v.Inquiries, line(a, h, near))
				}
			}
		}
		found, err := t.OpenInquiries(ctx, query)
		if err != nil {
			return v, err
		}
		if len(found) > page {
			found = found[:page]
			v.Next = found[page-1].Cursor()
		}
		for _, h := range found {
			v.Inquiries = append(v.Inquiries, line(a, h, near))
		}
		n, err := t.WaitingInquiries(ctx, query.Agency)
		v.Escalated, v.Unexplained = n[mingjing.InquiryEscalated], n[mingjing.InquiryUnexplained]
		return v, err
	})
}

func line(a mingjing.Actor, h InquiryHead, near map[mingjing.ResidentID]error) mingjing.InquiryLine {
	return mingjing.InquiryLine{ID: h.ID, State: h.State, Staff: h.Staff, Agency: h.Agency, AskedAt: h.AskedAt, Due: h.Due, Late: h.Late,
		Mine: ownLook(a, h), Open: mayRead(a, h, near) == nil}
}

// InquiryCase is one inquiry with the look and the case that it belongs to. The
// resident sees that it was read.
func (c *Casework) InquiryCase(ctx context.Context, a mingjing.Actor, id string) (mingjing.InquiryCase, error) {
	if err := asAnswerer(a); err != nil {
		return mingjing.InquiryCase{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.InquiryCase, error) {
		if _, err := headFor(ctx, t, a, id); err != nil {
			return mingjing.InquiryCase{}, err
		}
		c.inquiryLook(t, a, id, "inquiry")
		q, err := t.Inquiry(ctx, id)
		if err != nil {
			return mingjing.InquiryCase{}, err
		}
		return showInquiry(ctx, t, a, q)
	})
}

func headFor(ctx context.Context, t *tx, a mingjing.Actor, id string) (InquiryHead, error) {
	h, err := t.InquiryHead(ctx, id)
	if err != nil {
		return h, err
	}
	near, err := nearTo(ctx, t, a)
	if err != nil {
		return h, err
	}
	return h, mayRead(a, h, near)
}

// inquiryLook says who reads an inquiry, and for what.
func (c *Casework) inquiryLook(t *tx, a mingjing.Actor, id, action string) {
	why := "inquiry"
	if a.Role == mingjing.RoleAuditor {
		why = "audit"
	}
	if a.Role == mingjing.RoleAgency {
		a = c.signed(a)
	}
	t.because(a, action, id, why)
}

func showInquiry(ctx context.Context, t *tx, a mingjing.Actor, q InquiryRow) (mingjing.InquiryCase, error) {
	k := mingjing.InquiryCase{Inquiry: q.Inquiry, Agency: q.Agency, Outcomes: answers(a, q.Head())}
	r, err := t.Resident(ctx, q.Resident)
	if err != nil {
		return k, err
	}
	k.Resident = r.Name
	subject := q.Look.Subject
	if subject == "" {
		return k, nil
	}
	d, err := t.Dispute(ctx, subject)
	if err == nil {
		k.CaseID, k.Item = d.ID, d.CatalogueCode
	}
	if !errors.Is(err, ErrNotFound) {
		return k, err
	}
	rec, err := t.Record(ctx, subject)
	if err == nil {
		k.Item = rec.Code
	}
	if !errors.Is(err, ErrNotFound) {
		return k, err
	}
	l, err := t.Listing(ctx, subject)
	if err == nil {
		k.CaseID, k.Item = l.CaseID, l.Code
	}
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return k, err
}

// AnswerInquiry answers an inquiry: whoever looked explains it; once it is escalated a
// supervisor or an auditor says whether there was good reason, but not of a look of
// their own.
func (c *Casework) AnswerInquiry(ctx context.Context, a mingjing.Actor, id string, outcome mingjing.InquiryOutcome, text string) (mingjing.InquiryCase, error) {
	if err := asAnswerer(a); err != nil {
		return mingjing.InquiryCase{}, err
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	var refused error // once what was overdue is kept
	out, err := within(ctx, c, func(t *tx) (mingjing.InquiryCase, error) {
		refused = nil
		h, err := headFor(ctx, t, a, id)
		if err != nil {
			return mingjing.InquiryCase{}, err
		}
		may := answers(a, h)
		if len(may) == 0 {
			return mingjing.InquiryCase{}, unanswerable(a, h)
		}
		if len(may) == 1 {
			outcome = may[0]
		}
		var wrong []mingjing.FieldError
		if !slices.Contains(may, outcome) {
			wrong = append(wrong, mingjing.FieldError{Field: "outcome", Code: "finding_required"})
		}
		switch n := utf8.RuneCountInString(text); {
		case n < mingjing.MinInquiryAnswer || !utf8.ValidString(text):
			wrong = append(wrong, mingjing.FieldError{Field: "explanation", Code: "explanation_short"})
		case n > mingjing.MaxInquiryAnswer:
			wrong = append(wrong, mingjing.FieldError{Field: "explanation", Code: "too_long"})
		}
		if len(wrong) > 0 {
			return mingjing.InquiryCase{}, mingjing.InvalidFields(wrong...)
		}
		c.inquiryLook(t, a, id, "inquiry_answer")
		q, err := t.Inquiry(ctx, id)
		if err != nil {
			return mingjing.InquiryCase{}, err
		}
		now := c.Now().UTC()
		if now.After(q.Due) && q.State != mingjing.InquiryUnexplained {
			if err := c.lapseInquiry(ctx, t, &q, now); err != nil {
				return mingjing.InquiryCase{}, err
			}
			if len(answers(a, q.Head())) == 0 {
				refused = mingjing.Errorf(mingjing.Conflict, "inquiry_too_late")
				return mingjing.InquiryCase{}, nil
			}
			if q, err = t.Inquiry(ctx, id); err != nil {
				return mingjing.InquiryCase{}, err
			}
		}
		by := a.Name
		if a.Role == mingjing.RoleAgency {
			by = c.signed(a).Name
		}
		q.Answers = append(q.Answers, mingjing.InquiryAnswer{Outcome: outcome, Text: text, By: by, Role: a.Role, At: now})
		if err := c.inquiryAnswered(ctx, t, &q, now); err != nil {
			return mingjing.InquiryCase{}, err
		}
		return showInquiry(ctx, t, a, q)
	})
	if err == nil && refused != nil {
		return mingjing.InquiryCase{}, refused
	}
	return out, err
}

// unanswerable is why the actor, who may read an inquiry, may not answer it.
func unanswerable(a mingjing.Actor, h InquiryHead) error {
	switch {
	case h.State == mingjing.InquiryAnswered:
		return mingjing.Errorf(mingjing.Conflict, "inquiry_answered")
	case ownLook(a, h):
		return mingjing.Errorf(mingjing.Conflict, "inquiry_too_late")
	}
	return errForbidden
}

func (c *Casework) inquiryAnswered(ctx context.Context, t *tx, q *InquiryRow, now time.Time) error {
	q.State = mingjing.InquiryAnswered
	if err := c.setInquiry(ctx, t, *q, now); err != nil {
		return err
	}
	code := "answered"
	if q.Unfounded() {
		code = "unfounded"
	}
	return c.notify(ctx, t, q.Resident, mingjing.NoticeInquiry, code, "inquiry", q.ID)
}

// lapseInquiry is what silence does: at first it is the supervisors' and auditors',
// then the look is unexplained for good.
func (c *Casework) lapseInquiry(ctx context.Context, t *tx, q *InquiryRow, now time.Time) error {
	code := "late"
	if q.State == mingjing.InquiryAsked {
		q.State, q.Late, q.Due = mingjing.InquiryEscalated, true, c.due(c.inquiryDays())
	} else {
		q.State, q.Unexplained, code = mingjing.InquiryUnexplained, true, "unexplained"
	}
	if err := c.setInquiry(ctx, t, *q, now); err != nil {
		return err
	}
	return c.notify(ctx, t, q.Resident, mingjing.NoticeInquiry, code, "inquiry", q.ID)
}

// inquire watches the clock of an inquiry, and has the agencies of a demo city answer.
func (c *Casework) inquire(ctx context.Context, id string) (time.Duration, error) {
	var wait time.Duration
	err := c.tx(ctx, func(t *tx) error {
		wait = 0
		h, err := t.InquiryHead(ctx, id)
		if err != nil || h.State == mingjing.InquiryAnswered || h.State == mingjing.InquiryUnexplained {
			return err
		}
		now := c.Now().UTC()
		text := ""
		if c.explain != nil && h.State == mingjing.InquiryAsked && h.Agency != "" && !now.Before(h.AskedAt.Add(c.explainAfter())) {
			text = c.explain(h.Agency)
		}
		if left := h.Due.Sub(now); left >= 0 && text == "" {
			wait = left + time.Millisecond
			return nil
		}
		t.because(system, "inquiry", id, "inquiry")
		q, err := t.Inquiry(ctx, id)
		if err != nil {
			return err
		}
		if now.After(h.Due) {
			if err := c.lapseInquiry(ctx, t, &q, now); err != nil {
				return err
			}
			if q.State == mingjing.InquiryEscalated {
				wait = q.Due.Sub(now) + time.Millisecond
			}
			return nil
		}
		q.Answers = append(q.Answers, mingjing.InquiryAnswer{Outcome: mingjing.InquiryExplained, Text: text, By: q.Agency, Role: mingjing.RoleAgency, At: now})
		return c.inquiryAnswered(ctx, t, &q, now)
	})
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if errors.Is(err, ErrConflict) { // somebody answered meanwhile
		return time.Second, nil
	}
	return wait, err
}
