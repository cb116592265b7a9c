package inquiry

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

// asAnswerer returns an error unless the actor is staff or an agency's officer, with
// their second factor.
func asAnswerer(a mingjing.Actor) error {
	if a.Role == mingjing.RoleAgency {
		_, err := kernel.AsOfficer(a)
		return err
	}
	return kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor)
}

// ownLook reports whether an inquiry is about a look of the actor's own, or of their
// agency's.
func ownLook(a mingjing.Actor, h Head) bool {
	if a.Role == mingjing.RoleAgency {
		return h.Agency != "" && h.Agency == a.Agency
	}
	return h.Staff != "" && h.Staff == a.ID
}

// mayRead returns an error unless the actor has a part in an inquiry: those whose look
// it is, and, once it is escalated, supervisors and auditors.
func mayRead(a mingjing.Actor, h Head, near map[mingjing.ResidentID]error) error {
	if err := near[h.Resident]; err != nil {
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

// answers returns the outcomes that the actor may choose now.
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

// Inquiries returns a page of those that wait for an answer: for staff first what they
// have to answer themselves, then all that are for supervisors and auditors, so that
// everybody sees what is late; for an officer those of the agency. No resident is in it.
func (c *Inquiries) Inquiries(ctx context.Context, a mingjing.Actor, cursor string) (mingjing.InquiriesView, error) {
	const page = 50
	if err := asAnswerer(a); err != nil {
		return mingjing.InquiriesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.InquiriesView, error) {
		v := mingjing.InquiriesView{Inquiries: []mingjing.InquirySummary{}}
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
					v.Inquiries = append(v.Inquiries, summary(a, h, near))
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
			v.Inquiries = append(v.Inquiries, summary(a, h, near))
		}
		n, err := db(t).WaitingInquiries(ctx, query.Agency)
		v.Escalated, v.Unexplained = n[mingjing.InquiryEscalated], n[mingjing.InquiryUnexplained]
		return v, err
	})
}

func summary(a mingjing.Actor, h Head, near map[mingjing.ResidentID]error) mingjing.InquirySummary {
	return mingjing.InquirySummary{ID: h.ID, State: h.State, Staff: h.Staff, Agency: h.Agency, AskedAt: h.AskedAt, Due: h.Due, Late: h.Late,
		Mine: ownLook(a, h), Open: mayRead(a, h, near) == nil}
}

// InquiryCase returns one inquiry with the entry and the case that it is about. The
// resident sees that it was read.
func (c *Inquiries) InquiryCase(ctx context.Context, a mingjing.Actor, id string) (mingjing.InquiryCase, error) {
	if err := asAnswerer(a); err != nil {
		return mingjing.InquiryCase{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.InquiryCase, error) {
		if _, err := headFor(ctx, t, a, id); err != nil {
			return mingjing.InquiryCase{}, err
		}
		rd := t.As(c.entry(a, id, "inquiry"))
		q, err := read(rd).Inquiry(ctx, id)
		if err != nil {
			return mingjing.InquiryCase{}, err
		}
		return showInquiry(ctx, rd, a, q)
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

// entry returns the entry of whoever reads an inquiry.
func (c *Inquiries) entry(a mingjing.Actor, id, action string) kernel.Entry {
	why := "inquiry"
	if a.Role == mingjing.RoleAuditor {
		why = "audit"
	}
	if a.Role == mingjing.RoleAgency {
		a = c.city.Signed(a)
	}
	return c.city.Entry(a, action, id, why)
}

func showInquiry(ctx context.Context, rd *kernel.Reader, a mingjing.Actor, q Row) (mingjing.InquiryCase, error) {
	k := mingjing.InquiryCase{Inquiry: q.Inquiry, Agency: q.Agency, Outcomes: answers(a, q.Head())}
	r, err := read(rd).Resident(ctx, q.Resident)
	if err != nil {
		return k, err
	}
	k.Resident = r.Name
	subject := q.Entry.Subject
	if subject == "" {
		return k, nil
	}
	d, err := read(rd).Case(ctx, subject)
	if err == nil {
		k.CaseID, k.Item = d.ID, d.CatalogueCode
	}
	if !errors.Is(err, kernel.ErrNotFound) {
		return k, err
	}
	rec, err := read(rd).Record(ctx, subject)
	if err == nil {
		k.Item = rec.Code
	}
	if !errors.Is(err, kernel.ErrNotFound) {
		return k, err
	}
	l, err := read(rd).Listing(ctx, subject)
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
func (c *Inquiries) AnswerInquiry(ctx context.Context, a mingjing.Actor, id string, outcome mingjing.InquiryOutcome,
	text string) (mingjing.InquiryCase, error) {
	if err := asAnswerer(a); err != nil {
		return mingjing.InquiryCase{}, err
	}
	text = kernel.TypedText(text)
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
		rd := t.As(c.entry(a, id, "inquiry_answer"))
		q, err := read(rd).Inquiry(ctx, id)
		if err != nil {
			return mingjing.InquiryCase{}, err
		}
		now := c.city.Now().UTC()
		if now.After(q.Due) && q.State != mingjing.InquiryUnexplained {
			if err := c.lapseInquiry(ctx, rd, &q, now); err != nil {
				return mingjing.InquiryCase{}, err
			}
			if len(answers(a, q.Head())) == 0 {
				refused = mingjing.NewError(mingjing.Conflict, "inquiry_too_late")
				return mingjing.InquiryCase{}, nil
			}
			if q, err = read(rd).Inquiry(ctx, id); err != nil {
				return mingjing.InquiryCase{}, err
			}
		}
		by := a.Name
		if a.Role == mingjing.RoleAgency {
			by = c.city.Signed(a).Name
		}
		q.Answers = append(q.Answers, mingjing.InquiryAnswer{Outcome: outcome, Text: text, By: by, Role: a.Role, At: now})
		if err := c.inquiryAnswered(ctx, rd, &q, now); err != nil {
			return mingjing.InquiryCase{}, err
		}
		return showInquiry(ctx, rd, a, q)
	})
	if err == nil && refused != nil {
		return mingjing.InquiryCase{}, refused
	}
	return out, err
}

// unanswerable returns why the actor, who may read an inquiry, may not answer it.
func unanswerable(a mingjing.Actor, h Head) error {
	switch {
	case h.State == mingjing.InquiryAnswered:
		return mingjing.NewError(mingjing.Conflict, "inquiry_answered")
	case ownLook(a, h):
		return mingjing.NewError(mingjing.Conflict, "inquiry_too_late")
	}
	return kernel.ErrForbidden
}

func (c *Inquiries) inquiryAnswered(ctx context.Context, rd *kernel.Reader, q *Row, now time.Time) error {
	q.State = mingjing.InquiryAnswered
	if err := c.setInquiry(ctx, rd.Tx, *q, now); err != nil {
		return err
	}
	code := "answered"
	if q.Unfounded() {
		code = "unfounded"
	}
	return c.notices.Notify(ctx, rd, q.Resident, mingjing.NoticeInquiry, code, "inquiry", q.ID)
}

// lapseInquiry escalates an unanswered inquiry to supervisors and auditors, and marks
// it unexplained after a second silence.
func (c *Inquiries) lapseInquiry(ctx context.Context, rd *kernel.Reader, q *Row, now time.Time) error {
	code := "late"
	if q.State == mingjing.InquiryAsked {
		q.State, q.Late, q.Due = mingjing.InquiryEscalated, true, c.city.Due(c.inquiryDays())
	} else {
		q.State, q.Unexplained, code = mingjing.InquiryUnexplained, true, "unexplained"
	}
	if err := c.setInquiry(ctx, rd.Tx, *q, now); err != nil {
		return err
	}
	return c.notices.Notify(ctx, rd, q.Resident, mingjing.NoticeInquiry, code, "inquiry", q.ID)
}

// inquiryDue is the job that watches the clock of an inquiry, and asks the responder for
// the agency's answer where there is one.
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
		if c.responder != nil && h.State == mingjing.InquiryAsked && h.Agency != "" && !now.Before(h.AskedAt.Add(c.respondAfter())) {
			text = c.responder.Respond(h.Agency)
		}
		if left := h.Due.Sub(now); left >= 0 && text == "" {
			wait = left + time.Millisecond
			return nil
		}
		rd := t.As(c.city.Entry(kernel.System, "inquiry", id, "inquiry"))
		q, err := read(rd).Inquiry(ctx, id)
		if err != nil {
			return err
		}
		if now.After(h.Due) {
			if err := c.lapseInquiry(ctx, rd, &q, now); err != nil {
				return err
			}
			if q.State == mingjing.InquiryEscalated {
				wait = q.Due.Sub(now) + time.Millisecond
			}
			return nil
		}
		q.Answers = append(q.Answers, mingjing.InquiryAnswer{Outcome: mingjing.InquiryExplained, Text: text, By: q.Agency,
			Role: mingjing.RoleAgency, At: now})
		return c.inquiryAnswered(ctx, rd, &q, now)
	})
	if errors.Is(err, kernel.ErrNotFound) {
		return 0, nil
	}
	if errors.Is(err, kernel.ErrConflict) { // somebody answered meanwhile
		return time.Second, nil
	}
	return wait, err
}
