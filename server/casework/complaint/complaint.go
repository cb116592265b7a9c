package complaint

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

// maxOpen is the most complaints that the list of those who answer shows.
const maxOpen = 200

// A Row is a complaint as it is stored.
type Row struct {
	mingjing.Complaint
	Resident mingjing.ResidentID
	Version  int
}

// A Head is a complaint without its words.
type Head struct {
	mingjing.ComplaintSummary
	Resident mingjing.ResidentID
}

// Counts are the sums of the complaints of one kind.
type Counts struct {
	Kind                            mingjing.ComplaintKind
	Filed, Answered, Late, Unlawful int
}

// A Filing is what a resident sends to complain.
type Filing struct {
	Kind mingjing.ComplaintKind
	// Measure is needed where something was refused.
	Measure, Place, Where, On, Text string
}

// check returns the complaint that was filed, or everything that is wrong with it.
func (c *Complaints) check(f Filing) (mingjing.Complaint, error) {
	var wrong []mingjing.FieldError
	add := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
	k := mingjing.Complaint{Kind: f.Kind, Place: f.Place, Where: kernel.TypedLine(f.Where),
		Text: kernel.TypedText(f.Text)}
	if !slices.Contains(mingjing.ComplaintKinds, f.Kind) {
		add("kind", "invalid_choice")
	}
	if f.Kind == mingjing.ComplaintRefused {
		if k.Measure = f.Measure; !known(f.Measure) {
			add("measure", "refused_measure")
		}
	}
	if !slices.Contains(mingjing.ComplaintPlaces, f.Place) {
		add("place", "place_required")
	}
	switch {
	case k.Where == "" || !utf8.ValidString(k.Where):
		add("where", "required")
	case utf8.RuneCountInString(k.Where) > mingjing.MaxComplaintWhere:
		add("where", "too_long")
	}
	day, err := mingjing.ParseDate(strings.TrimSpace(f.On))
	switch {
	case strings.TrimSpace(f.On) == "":
		add("happened_on", "required")
	case err != nil || day > c.city.Today():
		add("happened_on", "invalid_date")
	}
	k.On = day
	switch {
	case k.Text == "" || !utf8.ValidString(k.Text):
		add("statement", "statement_required")
	case utf8.RuneCountInString(k.Text) > mingjing.MaxComplaintText:
		add("statement", "too_long")
	}
	if len(wrong) > 0 {
		return k, mingjing.InvalidFields(wrong...)
	}
	return k, nil
}

// Complain files a complaint. The errors are invalid_form with the fields kind, measure,
// place, where, happened_on and statement.
func (c *Complaints) Complain(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Complaint, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Complaint{}, err
	}
	k, err := c.check(f)
	if err != nil {
		return mingjing.Complaint{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Complaint, error) {
		rd := t.As(c.city.Entry(a, "complain", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return mingjing.Complaint{}, err
		}
		now := c.city.Now().UTC()
		k.ID, k.FiledAt, k.State, k.Due = kernel.NewID(), now, mingjing.ComplaintFiled, c.city.Due(c.city.Books()[0].Procedure.BureauDays)
		if k.Kind == mingjing.ComplaintRefused {
			if k.Found, _, err = c.answer(ctx, rd, me, k.Measure); err != nil {
				return mingjing.Complaint{}, err
			}
		}
		if err := db(t).AddComplaint(ctx, Row{Complaint: k, Resident: me}); err != nil {
			return mingjing.Complaint{}, err
		}
		return k, t.Enqueue(ctx, kernel.Job{Kind: JobComplaint, ID: k.ID, At: k.Due})
	})
}

// OwnComplaints returns the actor's own complaints, newest first.
func (c *Complaints) OwnComplaints(ctx context.Context, a mingjing.Actor) (mingjing.ComplaintsView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.ComplaintsView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ComplaintsView, error) {
		rd := t.As(c.city.Entry(a, "complaints", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return mingjing.ComplaintsView{}, err
		}
		all, err := ComplaintsOf(ctx, rd, me)
		return mingjing.ComplaintsView{Complaints: all, Measures: measures()}, err
	})
}

// ComplaintsOf returns a resident's complaints, newest first.
func ComplaintsOf(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID) ([]mingjing.Complaint, error) {
	rows, err := read(rd).ComplaintsOf(ctx, me)
	out := make([]mingjing.Complaint, 0, len(rows))
	for _, k := range rows {
		out = append(out, k.Complaint)
	}
	return out, err
}

// OpenComplaints returns the complaints that wait for an answer, by clock. They name nobody;
// those of the actor, of relatives and of those whom they have helped are left out.
func (c *Complaints) OpenComplaints(ctx context.Context, a mingjing.Actor) (mingjing.OpenComplaintsView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.OpenComplaintsView{}, err
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.OpenComplaintsView, error) {
		v := mingjing.OpenComplaintsView{Complaints: []mingjing.ComplaintSummary{}}
		near, err := cases.NearTo(ctx, t, a)
		if err != nil {
			return v, err
		}
		open, err := db(t).OpenComplaints(ctx, maxOpen)
		for _, h := range open {
			if near[h.Resident] == nil {
				v.Complaints = append(v.Complaints, h.ComplaintSummary)
			}
		}
		return v, err
	})
}

// open returns a complaint and the reader for it, or why the actor may not read it.
func (c *Complaints) open(ctx context.Context, t *kernel.Tx, a mingjing.Actor, id, action string) (*kernel.Reader, Row, error) {
	h, err := db(t).ComplaintHead(ctx, id)
	if err != nil {
		return nil, Row{}, err
	}
	near, err := cases.NearTo(ctx, t, a)
	if err == nil {
		err = near[h.Resident]
	}
	if err != nil {
		return nil, Row{}, err
	}
	why := "complaint"
	if a.Role == mingjing.RoleAuditor {
		why = "audit"
	}
	rd := t.As(c.city.Entry(a, action, id, why))
	k, err := read(rd).Complaint(ctx, id)
	return rd, k, err
}

func show(ctx context.Context, rd *kernel.Reader, a mingjing.Actor, k Row) (mingjing.ComplaintCase, error) {
	r, err := read(rd).Resident(ctx, k.Resident)
	return mingjing.ComplaintCase{Complaint: k.Complaint, Resident: r.Name, Measures: measures(),
		Open: k.State == mingjing.ComplaintFiled && a.Role == mingjing.RoleSupervisor}, err
}

// ComplaintCase returns one complaint. The resident sees that it was read.
func (c *Complaints) ComplaintCase(ctx context.Context, a mingjing.Actor, id string) (mingjing.ComplaintCase, error) {
	if err := kernel.AsStaff(a, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.ComplaintCase{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ComplaintCase, error) {
		rd, k, err := c.open(ctx, t, a, id, "complaint")
		if err != nil {
			return mingjing.ComplaintCase{}, err
		}
		return show(ctx, rd, a, k)
	})
}

// AnswerComplaint ends a complaint with what a supervisor has found and done. The errors
// are invalid_form with the fields outcome and reply, and complaint_answered (Conflict).
func (c *Complaints) AnswerComplaint(ctx context.Context, a mingjing.Actor, id string, outcome mingjing.ComplaintOutcome,
	reply string) (mingjing.ComplaintCase, error) {
	if err := kernel.AsStaff(a, mingjing.RoleSupervisor); err != nil {
		return mingjing.ComplaintCase{}, err
	}
	reply = kernel.TypedText(reply)
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ComplaintCase, error) {
		rd, k, err := c.open(ctx, t, a, id, "complaint_answer")
		if err != nil {
			return mingjing.ComplaintCase{}, err
		}
		if k.State == mingjing.ComplaintAnswered {
			return mingjing.ComplaintCase{}, mingjing.NewError(mingjing.Conflict, "complaint_answered")
		}
		var wrong []mingjing.FieldError
		if !slices.Contains(mingjing.ComplaintOutcomes, outcome) {
			wrong = append(wrong, mingjing.FieldError{Field: "outcome", Code: "outcome_required"})
		}
		switch n := utf8.RuneCountInString(reply); {
		case n < mingjing.MinComplaintReply || !utf8.ValidString(reply):
			wrong = append(wrong, mingjing.FieldError{Field: "reply", Code: "explanation_short"})
		case n > mingjing.MaxComplaintText:
			wrong = append(wrong, mingjing.FieldError{Field: "reply", Code: "too_long"})
		}
		if len(wrong) > 0 {
			return mingjing.ComplaintCase{}, mingjing.InvalidFields(wrong...)
		}
		now := c.city.Now().UTC()
		k.State, k.Outcome, k.Reply, k.By, k.At = mingjing.ComplaintAnswered, outcome, reply, a.Name, &now
		k.Late = k.Late || now.After(k.Due)
		if err := db(t).SetComplaint(ctx, k); err != nil {
			return mingjing.ComplaintCase{}, err
		}
		if err := c.notices.Notify(ctx, rd, k.Resident, mingjing.NoticeComplaint, "answered", "complaints", k.ID); err != nil {
			return mingjing.ComplaintCase{}, err
		}
		return show(ctx, rd, a, k)
	})
}

// complaintDue is the job that marks a complaint as late that nobody has answered in time.
func (c *Complaints) complaintDue(ctx context.Context, id string) (time.Duration, error) {
	var wait time.Duration
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		wait = 0
		h, err := db(t).ComplaintHead(ctx, id)
		if err != nil || h.State != mingjing.ComplaintFiled || h.Late {
			return err
		}
		if left := h.Due.Sub(c.city.Now()); left >= 0 {
			wait = left + time.Millisecond
			return nil
		}
		rd := t.As(c.city.Entry(kernel.System, "clock", id, "complaint"))
		k, err := read(rd).Complaint(ctx, id)
		if err != nil {
			return err
		}
		k.Late = true
		if err := db(t).SetComplaint(ctx, k); err != nil {
			return err
		}
		return c.notices.Notify(ctx, rd, k.Resident, mingjing.NoticeComplaint, "late", "complaints", k.ID)
	})
	if errors.Is(err, kernel.ErrNotFound) {
		return 0, nil
	}
	if errors.Is(err, kernel.ErrConflict) { // somebody answered meanwhile
		return time.Second, nil
	}
	return wait, err
}
