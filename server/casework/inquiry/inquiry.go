package inquiry

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

// An InquiryRow is an inquiry as it is stored.
type Row struct {
	mingjing.Inquiry
	Resident mingjing.ResidentID
	// Staff is the staff number of who looked, Agency the code of their agency; both
	// are empty where it is not known.
	Staff   string
	Agency  string
	Version int
}

// An InquiryHead is an inquiry without its words.
type Head struct {
	ID            string
	Resident      mingjing.ResidentID
	Staff, Agency string
	State         mingjing.InquiryState
	AskedAt, Due  time.Time
	Late          bool
}

// Cursor is the place in the list of the page that begins after h.
func (h Head) Cursor() string { return strconv.FormatInt(h.Due.UnixMicro(), 10) + "." + h.ID }

// Head is what is known of an inquiry before it is opened.
func (q Row) Head() Head {
	return Head{ID: q.ID, Resident: q.Resident, Staff: q.Staff, Agency: q.Agency, State: q.State, AskedAt: q.AskedAt, Due: q.Due, Late: q.Late}
}

// Unfounded says whether it was found that there was no good reason.
func (q Row) Unfounded() bool {
	return q.Ended() && q.Answers[len(q.Answers)-1].Outcome == mingjing.InquiryUnfounded
}

// An InquiryQuery is a page of the inquiries that wait for an answer.
type Query struct {
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
type Counts struct {
	Agency                            string
	Inquiries, Unexplained, Unfounded int
}

// inquiryDays are the working days of each of an inquiry's two clocks: those that an
// agency has to answer a dispute.
func (c *Inquiries) inquiryDays() int { return c.city.Books()[0].Procedure.AgencyDays }

func InquiriesAbout(ctx context.Context, t *kernel.Tx, me mingjing.ResidentID, from, to int64) ([]mingjing.Inquiry, error) {
	rows, err := db(t).InquiriesAbout(ctx, me, from, to)
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
func (c *Inquiries) AskWhy(ctx context.Context, a mingjing.Actor, seq int64, question string) (mingjing.Inquiry, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Inquiry{}, err
	}
	question, wrong := cleanQuestion(question)
	if wrong != nil {
		return mingjing.Inquiry{}, wrong
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Inquiry, error) {
		now := c.city.Now().UTC()
		t.Because(a, "inquiry", "", "own")
		if seq < 1 {
			return mingjing.Inquiry{}, kernel.ErrNotFound
		}
		known, err := db(t).InquiriesAbout(ctx, me, seq, seq)
		if err != nil {
			return mingjing.Inquiry{}, err
		}
		if len(known) > 0 {
			return known[0].Inquiry, nil
		}
		looks, err := db(t).Looks(ctx, me, false, seq+1, 1)
		if err != nil {
			return mingjing.Inquiry{}, err
		}
		if len(looks) == 0 || looks[0].Seq != seq {
			return mingjing.Inquiry{}, kernel.ErrNotFound
		}
		if !looks[0].Askable() {
			return mingjing.Inquiry{}, mingjing.Errorf(mingjing.Conflict, "not_askable")
		}
		q := Row{Resident: me, Inquiry: mingjing.Inquiry{ID: kernel.NewID(), Look: looks[0], Question: question, AskedAt: now,
			State: mingjing.InquiryAsked, Due: c.city.Due(c.inquiryDays()), Answers: []mingjing.InquiryAnswer{}}}
		switch by := looks[0].By; {
		case by == "": // nobody knows whom to ask
			q.State = mingjing.InquiryEscalated
		case looks[0].Role == mingjing.RoleAgency:
			q.Agency = by
		default:
			q.Staff = by
		}
		if err := db(t).AddInquiry(ctx, q); err != nil {
			return mingjing.Inquiry{}, err
		}
		if c.explain != nil && q.Agency != "" {
			if err := t.Enqueue(ctx, kernel.Job{Kind: JobInquiry, ID: q.ID, At: now.Add(c.explainAfter())}); err != nil {
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
func (c *Inquiries) AddToInquiry(ctx context.Context, a mingjing.Actor, id, question string) (mingjing.Inquiry, error) {
	return c.ownInquiry(ctx, a, id, func(t *kernel.Tx, q *Row) error {
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
		return c.setInquiry(ctx, t, *q, c.city.Now().UTC())
	})
}

// explainAfter is how long the agencies of a demo city take to answer by themselves.
func (c *Inquiries) explainAfter() time.Duration { return c.city.Scaled(time.Hour) }

// setInquiry stores an inquiry that has changed, and tells of it.
func (c *Inquiries) setInquiry(ctx context.Context, t *kernel.Tx, q Row, now time.Time) error {
	if err := db(t).SetInquiry(ctx, q); err != nil {
		return err
	}
	return c.tellInquiry(ctx, t, q, now)
}

// watchInquiry has the clock of an inquiry looked at when it runs out, and tells of
// it.
func (c *Inquiries) watchInquiry(ctx context.Context, t *kernel.Tx, q Row, now time.Time) error {
	if err := t.Enqueue(ctx, kernel.Job{Kind: JobInquiry, ID: q.ID, At: q.Due}); err != nil {
		return err
	}
	return c.tellInquiry(ctx, t, q, now)
}

// tellInquiry tells the open screens of the resident and of those who answer.
func (c *Inquiries) tellInquiry(ctx context.Context, t *kernel.Tx, q Row, now time.Time) error {
	audiences := []string{string(q.Resident), mingjing.AudienceStaff}
	if q.Agency != "" {
		audiences = append(audiences, mingjing.AudienceAgency(q.Agency))
	}
	for _, audience := range audiences {
		if err := t.Emit(ctx, audience, mingjing.EventInquiry, q.ID, now); err != nil {
			return err
		}
	}
	return nil
}

// Inquiry is one of the actor's inquiries.
func (c *Inquiries) Inquiry(ctx context.Context, a mingjing.Actor, id string) (mingjing.Inquiry, error) {
	return c.ownInquiry(ctx, a, id, func(*kernel.Tx, *Row) error { return nil })
}

func (c *Inquiries) ownInquiry(ctx context.Context, a mingjing.Actor, id string, do func(*kernel.Tx, *Row) error) (mingjing.Inquiry, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Inquiry{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Inquiry, error) {
		h, err := db(t).InquiryHead(ctx, id)
		if err != nil {
			return mingjing.Inquiry{}, err
		}
		if h.Resident != me {
			return mingjing.Inquiry{}, kernel.ErrNotFound
		}
		t.Because(a, "inquiry", id, "own")
		q, err := db(t).Inquiry(ctx, id)
		if err == nil {
			err = do(t, &q)
		}
		return q.Inquiry, err
	})
}

// MyInquiries are all of the actor's inquiries, the newest look first.
func (c *Inquiries) MyInquiries(ctx context.Context, a mingjing.Actor) ([]mingjing.Inquiry, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return nil, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) ([]mingjing.Inquiry, error) {
		t.Because(a, "inquiry", "", "own")
		all, err := InquiriesAbout(ctx, t, me, 0, 1<<62)
		slices.Reverse(all)
		return all, err
	})
}

// JudgeAnswer says whether the first answer satisfies the actor: "yes" or "no". If it
// does not, a supervisor or an auditor has to answer.
func (c *Inquiries) JudgeAnswer(ctx context.Context, a mingjing.Actor, id, word string) (mingjing.Inquiry, error) {
	return c.ownInquiry(ctx, a, id, func(t *kernel.Tx, q *Row) error {
		if !q.May(mingjing.InquiryEscalated) || q.State != mingjing.InquiryAnswered {
			return mingjing.Errorf(mingjing.Conflict, "nothing_to_judge")
		}
		if word != "yes" && word != "no" {
			return mingjing.InvalidFields(mingjing.FieldError{Field: "satisfied", Code: "required"})
		}
		now, satisfied := c.city.Now().UTC(), word == "yes"
		q.Satisfied = &satisfied
		if satisfied {
			return c.setInquiry(ctx, t, *q, now)
		}
		q.State, q.Due = mingjing.InquiryEscalated, c.city.Due(c.inquiryDays())
		if err := db(t).SetInquiry(ctx, *q); err != nil {
			return err
		}
		return c.watchInquiry(ctx, t, *q, now)
	})
}

// asAnswerer lets only staff and officers of agencies pass, with their second factor.
func asAnswerer(a mingjing.Actor) error {
	if a.Role == mingjing.RoleAgency {
		_, err := kernel.AsOfficer(a)
		return err
	}
	return kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor)
}

// ownLook says whether an inquiry is about a look of the actor's own, or of their
// agency's.
func ownLook(a mingjing.Actor, h Head) bool {
	if a.Role == mingjing.RoleAgency {
		return h.Agency != "" && h.Agency == a.Agency
	}
	return h.Staff != "" && h.Staff == a.ID
}

// mayRead refuses who has no part in an inquiry: others than those whose look it is,
// and, once it is theirs to answer, the supervisors and auditors.
func mayRead(a mingjing.Actor, h Head, near map[mingjing.ResidentID]error) error {
	if err := cases.NotOwn(a, cases.Dispute{Resident: h.Resident, Near: near[h.Resident]}); err != nil {
		return err
	}
	second := (a.Role == mingjing.RoleSupervisor || a.Role == mingjing.RoleAuditor) && h.State != mingjing.InquiryAsked
	switch {
	case ownLook(a, h) || second:
		return nil
	case a.Role == mingjing.RoleAgency:
		return kernel.ErrNotFound
	}
	return kernel.ErrForbidden
}

// answers are what the actor may answer now.
func answers(a mingjing.Actor, h Head) []mingjing.InquiryOutcome {
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
func (c *Inquiries) Inquiries(ctx context.Context, a mingjing.Actor, cursor string) (mingjing.InquiriesView, error) {
	const page = 50
	if err := asAnswerer(a); err != nil {
		return mingjing.InquiriesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.InquiriesView, error) {
		v := mingjing.InquiriesView{Inquiries: []mingjing.InquiryLine{}}
		near, err := cases.NearTo(ctx, t, a)
		if err != nil {
			return v, err
		}
		query := Query{Agency: a.Agency, Cursor: cursor, Limit: page + 1}
		if a.Role.Staff() {
			query.Agency, query.Others = "", true
			if cursor == "" {
				own, err := db(t).OpenInquiries(ctx, Query{Staff: a.ID, Limit: page})
				if err != nil {
					return v, err
				}
				for _, h := range own {
					v.Inquiries = append(v.Inquiries, line(a, h, near))
				}
			}
		}
		found, err := db(t).OpenInquiries(ctx, query)
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
		n, err := db(t).WaitingInquiries(ctx, query.Agency)
		v.Escalated, v.Unexplained = n[mingjing.InquiryEscalated], n[mingjing.InquiryUnexplained]
		return v, err
	})
}

func line(a mingjing.Actor, h Head, near map[mingjing.ResidentID]error) mingjing.InquiryLine {
	return mingjing.InquiryLine{ID: h.ID, State: h.State, Staff: h.Staff, Agency: h.Agency, AskedAt: h.AskedAt, Due: h.Due, Late: h.Late,
		Mine: ownLook(a, h), Open: mayRead(a, h, near) == nil}
}

// InquiryCase is one inquiry with the look and the case that it belongs to. The
// resident sees that it was read.
func (c *Inquiries) InquiryCase(ctx context.Context, a mingjing.Actor, id string) (mingjing.InquiryCase, error) {
	if err := asAnswerer(a); err != nil {
		return mingjing.InquiryCase{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.InquiryCase, error) {
		if _, err := headFor(ctx, t, a, id); err != nil {
			return mingjing.InquiryCase{}, err
		}
		c.inquiryLook(t, a, id, "inquiry")
		q, err := db(t).Inquiry(ctx, id)
		if err != nil {
			return mingjing.InquiryCase{}, err
		}
		return showInquiry(ctx, t, a, q)
	})
}

func headFor(ctx context.Context, t *kernel.Tx, a mingjing.Actor, id string) (Head, error) {
	h, err := db(t).InquiryHead(ctx, id)
	if err != nil {
		return h, err
	}
	near, err := cases.NearTo(ctx, t, a)
	if err != nil {
		return h, err
	}
	return h, mayRead(a, h, near)
}

// inquiryLook says who reads an inquiry, and for what.
func (c *Inquiries) inquiryLook(t *kernel.Tx, a mingjing.Actor, id, action string) {
	why := "inquiry"
	if a.Role == mingjing.RoleAuditor {
		why = "audit"
	}
	if a.Role == mingjing.RoleAgency {
		a = c.city.Signed(a)
	}
	t.Because(a, action, id, why)
}

func showInquiry(ctx context.Context, t *kernel.Tx, a mingjing.Actor, q Row) (mingjing.InquiryCase, error) {
	k := mingjing.InquiryCase{Inquiry: q.Inquiry, Agency: q.Agency, Outcomes: answers(a, q.Head())}
	r, err := db(t).Resident(ctx, q.Resident)
	if err != nil {
		return k, err
	}
	k.Resident = r.Name
	subject := q.Look.Subject
	if subject == "" {
		return k, nil
	}
	d, err := db(t).Dispute(ctx, subject)
	if err == nil {
		k.CaseID, k.Item = d.ID, d.CatalogueCode
	}
	if !errors.Is(err, kernel.ErrNotFound) {
		return k, err
	}
	rec, err := db(t).Record(ctx, subject)
	if err == nil {
		k.Item = rec.Code
	}
	if !errors.Is(err, kernel.ErrNotFound) {
		return k, err
	}
	l, err := db(t).Listing(ctx, subject)
	if err == nil {
		k.CaseID, k.Item = l.CaseID, l.Code
	}
	if errors.Is(err, kernel.ErrNotFound) {
		err = nil
	}
	return k, err
}

// AnswerInquiry answers an inquiry: whoever looked explains it; once it is escalated a
// supervisor or an auditor says whether there was good reason, but not of a look of
// their own.
func (c *Inquiries) AnswerInquiry(ctx context.Context, a mingjing.Actor, id string, outcome mingjing.InquiryOutcome, text string) (mingjing.InquiryCase, error) {
	if err := asAnswerer(a); err != nil {
		return mingjing.InquiryCase{}, err
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	var refused error // once what was overdue is kept
	out, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.InquiryCase, error) {
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
		q, err := db(t).Inquiry(ctx, id)
		if err != nil {
			return mingjing.InquiryCase{}, err
		}
		now := c.city.Now().UTC()
		if now.After(q.Due) && q.State != mingjing.InquiryUnexplained {
			if err := c.lapseInquiry(ctx, t, &q, now); err != nil {
				return mingjing.InquiryCase{}, err
			}
			if len(answers(a, q.Head())) == 0 {
				refused = mingjing.Errorf(mingjing.Conflict, "inquiry_too_late")
				return mingjing.InquiryCase{}, nil
			}
			if q, err = db(t).Inquiry(ctx, id); err != nil {
				return mingjing.InquiryCase{}, err
			}
		}
		by := a.Name
		if a.Role == mingjing.RoleAgency {
			by = c.city.Signed(a).Name
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
func unanswerable(a mingjing.Actor, h Head) error {
	switch {
	case h.State == mingjing.InquiryAnswered:
		return mingjing.Errorf(mingjing.Conflict, "inquiry_answered")
	case ownLook(a, h):
		return mingjing.Errorf(mingjing.Conflict, "inquiry_too_late")
	}
	return kernel.ErrForbidden
}

func (c *Inquiries) inquiryAnswered(ctx context.Context, t *kernel.Tx, q *Row, now time.Time) error {
	q.State = mingjing.InquiryAnswered
	if err := c.setInquiry(ctx, t, *q, now); err != nil {
		return err
	}
	code := "answered"
	if q.Unfounded() {
		code = "unfounded"
	}
	return c.notices.Notify(ctx, t, q.Resident, mingjing.NoticeInquiry, code, "inquiry", q.ID)
}

// lapseInquiry is what silence does: at first it is the supervisors' and auditors',
// then the look is unexplained for good.
func (c *Inquiries) lapseInquiry(ctx context.Context, t *kernel.Tx, q *Row, now time.Time) error {
	code := "late"
	if q.State == mingjing.InquiryAsked {
		q.State, q.Late, q.Due = mingjing.InquiryEscalated, true, c.city.Due(c.inquiryDays())
	} else {
		q.State, q.Unexplained, code = mingjing.InquiryUnexplained, true, "unexplained"
	}
	if err := c.setInquiry(ctx, t, *q, now); err != nil {
		return err
	}
	return c.notices.Notify(ctx, t, q.Resident, mingjing.NoticeInquiry, code, "inquiry", q.ID)
}

// inquire watches the clock of an inquiry, and has the agencies of a demo city answer.
func (c *Inquiries) inquiryDue(ctx context.Context, id string) (time.Duration, error) {
	var wait time.Duration
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		wait = 0
		h, err := db(t).InquiryHead(ctx, id)
		if err != nil || h.State == mingjing.InquiryAnswered || h.State == mingjing.InquiryUnexplained {
			return err
		}
		now := c.city.Now().UTC()
		text := ""
		if c.explain != nil && h.State == mingjing.InquiryAsked && h.Agency != "" && !now.Before(h.AskedAt.Add(c.explainAfter())) {
			text = c.explain(h.Agency)
		}
		if left := h.Due.Sub(now); left >= 0 && text == "" {
			wait = left + time.Millisecond
			return nil
		}
		t.Because(kernel.System, "inquiry", id, "inquiry")
		q, err := db(t).Inquiry(ctx, id)
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
	if errors.Is(err, kernel.ErrNotFound) {
		return 0, nil
	}
	if errors.Is(err, kernel.ErrConflict) { // somebody answered meanwhile
		return time.Second, nil
	}
	return wait, err
}
