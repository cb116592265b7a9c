package inquiry

import (
	"context"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// A Row is an inquiry as it is stored.
type Row struct {
	mingjing.Inquiry
	Resident mingjing.ResidentID
	// Staff is the staff number of who looked, Agency the code of their agency; both
	// are empty where it is not known.
	Staff   string
	Agency  string
	Version int
}

// A Head is an inquiry without its words.
type Head struct {
	ID            string
	Resident      mingjing.ResidentID
	Staff, Agency string
	State         mingjing.InquiryState
	AskedAt, Due  time.Time
	Late          bool
}

// Cursor returns the cursor of the page that begins after h.
func (h Head) Cursor() string { return strconv.FormatInt(h.Due.UnixMicro(), 10) + "." + h.ID }

// Head returns what can be known of an inquiry before it is opened.
func (q Row) Head() Head {
	return Head{ID: q.ID, Resident: q.Resident, Staff: q.Staff, Agency: q.Agency, State: q.State, AskedAt: q.AskedAt, Due: q.Due, Late: q.Late}
}

// Unfounded reports whether the last answer was that there was no good reason.
func (q Row) Unfounded() bool {
	return q.Ended() && q.Answers[len(q.Answers)-1].Outcome == mingjing.InquiryUnfounded
}

// A Query is a page of the inquiries that wait for an answer.
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

// Counts are the sums of the inquiries about one agency's looks.
type Counts struct {
	Agency                            string
	Inquiries, Unexplained, Unfounded int
}

// inquiryDays returns the working days of each of an inquiry's two clocks: those that an
// agency has to answer a dispute.
func (c *Inquiries) inquiryDays() int { return c.city.Books()[0].Procedure.AgencyDays }

// InquiriesAbout returns a resident's inquiries about the entries from one number to
// another.
func InquiriesAbout(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, from, to int64) ([]mingjing.Inquiry, error) {
	rows, err := read(rd).InquiriesAbout(ctx, me, from, to)
	if err != nil {
		return nil, err
	}
	out := make([]mingjing.Inquiry, 0, len(rows))
	for _, q := range rows {
		out = append(out, q.Inquiry)
	}
	return out, nil
}

// asking is how often a resident may ask why their data was read.
var asking = kernel.Allowance{Use: "ask why", Count: mingjing.MaxInquiriesADay}

// AskWhy asks why somebody looked at the actor's data: about the entry of the access log
// with the number. Asking again returns the same inquiry.
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
		rd := t.As(c.city.Entry(a, "inquiry", "", "own"))
		if seq < 1 {
			return mingjing.Inquiry{}, kernel.ErrNotFound
		}
		known, err := read(rd).InquiriesAbout(ctx, me, seq, seq)
		if err != nil {
			return mingjing.Inquiry{}, err
		}
		if len(known) > 0 {
			return known[0].Inquiry, nil
		}
		looks, err := read(rd).AccessEntries(ctx, me, false, seq+1, 1)
		if err != nil {
			return mingjing.Inquiry{}, err
		}
		if len(looks) == 0 || looks[0].Seq != seq {
			return mingjing.Inquiry{}, kernel.ErrNotFound
		}
		if !looks[0].Askable() {
			return mingjing.Inquiry{}, mingjing.NewError(mingjing.Conflict, "not_askable")
		}
		q := Row{Resident: me, Inquiry: mingjing.Inquiry{ID: kernel.NewID(), Entry: looks[0], Question: question, AskedAt: now,
			State: mingjing.InquiryAsked, Due: c.city.Due(c.inquiryDays()), Answers: []mingjing.InquiryAnswer{}}}
		switch by := looks[0].By; {
		case by == "": // nobody knows whom to ask
			q.State = mingjing.InquiryEscalated
		case looks[0].Role == mingjing.RoleAgency:
			q.Agency = by
		default:
			q.Staff = by
		}
		if err := t.Allow(ctx, a, asking); err != nil {
			return mingjing.Inquiry{}, err
		}
		if err := db(t).AddInquiry(ctx, q); err != nil {
			return mingjing.Inquiry{}, err
		}
		if c.responder != nil && q.Agency != "" {
			if err := t.Enqueue(ctx, kernel.Job{Kind: JobInquiry, ID: q.ID, At: now.Add(c.respondAfter())}); err != nil {
				return mingjing.Inquiry{}, err
			}
		}
		return q.Inquiry, c.watchInquiry(ctx, t, q, now)
	})
}

// cleanQuestion returns the resident's words in an inquiry as they are stored.
func cleanQuestion(text string) (string, error) {
	text = kernel.TypedText(text)
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
			return mingjing.NewError(mingjing.Conflict, "inquiry_closed")
		}
		q.Question = text
		return c.setInquiry(ctx, t, *q, c.city.Now().UTC())
	})
}

// respondAfter returns how long after the question the responder answers.
func (c *Inquiries) respondAfter() time.Duration { return c.city.Scaled(time.Hour) }

// setInquiry stores an inquiry that has changed, and publishes it.
func (c *Inquiries) setInquiry(ctx context.Context, t *kernel.Tx, q Row, now time.Time) error {
	if err := db(t).SetInquiry(ctx, q); err != nil {
		return err
	}
	return c.tellInquiry(ctx, t, q, now)
}

// watchInquiry schedules a check of an inquiry's clock at its due time, and publishes
// the inquiry.
func (c *Inquiries) watchInquiry(ctx context.Context, t *kernel.Tx, q Row, now time.Time) error {
	if err := t.Enqueue(ctx, kernel.Job{Kind: JobInquiry, ID: q.ID, At: q.Due}); err != nil {
		return err
	}
	return c.tellInquiry(ctx, t, q, now)
}

// tellInquiry publishes an inquiry to the screens of the resident and of those who
// answer.
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

// Inquiry returns one of the actor's inquiries.
func (c *Inquiries) Inquiry(ctx context.Context, a mingjing.Actor, id string) (mingjing.Inquiry, error) {
	return c.ownInquiry(ctx, a, id, func(*kernel.Tx, *Row) error { return nil })
}

func (c *Inquiries) ownInquiry(ctx context.Context, a mingjing.Actor, id string, do func(*kernel.Tx, *Row) error) (mingjing.Inquiry,
	error) {
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
		rd := t.As(c.city.Entry(a, "inquiry", id, "own"))
		q, err := read(rd).Inquiry(ctx, id)
		if err == nil {
			err = do(t, &q)
		}
		return q.Inquiry, err
	})
}

// MyInquiries returns all of the actor's inquiries, that about the newest entry first.
func (c *Inquiries) MyInquiries(ctx context.Context, a mingjing.Actor) ([]mingjing.Inquiry, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return nil, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) ([]mingjing.Inquiry, error) {
		rd := t.As(c.city.Entry(a, "inquiry", "", "own"))
		all, err := InquiriesAbout(ctx, rd, me, 0, 1<<62)
		slices.Reverse(all)
		return all, err
	})
}

// JudgeAnswer stores whether the first answer satisfies the actor: "yes" or "no". If it
// does not, a supervisor or an auditor has to answer.
func (c *Inquiries) JudgeAnswer(ctx context.Context, a mingjing.Actor, id, word string) (mingjing.Inquiry, error) {
	return c.ownInquiry(ctx, a, id, func(t *kernel.Tx, q *Row) error {
		if !q.May(mingjing.InquiryEscalated) || q.State != mingjing.InquiryAnswered {
			return mingjing.NewError(mingjing.Conflict, "nothing_to_judge")
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
