package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// The ways in which a handler takes a case.
const (
	TakenAsNext   = "next"   // they asked for the next one
	TakenByChoice = "picked" // they chose it from the queue
)

// A Case is one person's part in a case, for the workload figures.
type Case struct {
	Dispute, Handler, Name string
	// Way is one of the Taken constants.
	Way                string
	TakenAt, DecidedAt time.Time
	// Days are the working days from filing to the decision.
	Days *int
}

// Counts are the sums of one handler's work.
type Counts struct {
	Handler, Name string
	Open, Late    int
	Next          time.Time
	// Days is how many cases were decided within so many working days.
	Days          map[int]int
	Given, Picked int
	// Missed are look-ups at the counter that found nobody.
	Missed int
	// Opened are openings of cases that were not theirs.
	Opened int
}

// A Relative is a declared relative as it is stored.
type Relative struct {
	ID       string
	Staff    string
	IDNumber mingjing.IDNumber
	At       time.Time
}

// A Visit is a resident who was looked up at the counter.
type Visit struct {
	ID       string
	Staff    string
	Resident mingjing.ResidentID
	At       time.Time
}

// showDesk returns a case with everything that its page shows to staff.
func (c *Desk) showDesk(ctx context.Context, rd *kernel.Reader, a mingjing.Actor, d cases.Case) (mingjing.CaseView, error) {
	k, err := c.showCase(ctx, rd, a, d)
	if err != nil {
		return mingjing.CaseView{}, err
	}
	if k.Notes, err = read(rd).Notes(ctx, d.ID); err != nil {
		return mingjing.CaseView{}, err
	}
	p, err := notice.PrefsOf(ctx, rd, d.Resident)
	k.ReplyLang = p.Lang
	return k, err
}

// Next gives the actor the case with the nearest clock that they may take, among equals
// the one that was filed first. Escalated cases are for supervisors, to whom they come
// first. Whoever has [mingjing.MaxOpenCases] open cases gets none.
func (c *Desk) Next(ctx context.Context, a mingjing.Actor) (mingjing.CaseView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CaseView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CaseView, error) {
		n, err := db(t).OpenCases(ctx, a.ID)
		if err != nil {
			return mingjing.CaseView{}, err
		}
		if n >= mingjing.MaxOpenCases {
			return mingjing.CaseView{}, mingjing.NewError(mingjing.Conflict, "too_many_cases")
		}
		near, err := cases.NearTo(ctx, t, a)
		if err != nil {
			return mingjing.CaseView{}, err
		}
		// The case is locked before it is looked at again, so that of two people who
		// find the same one the second goes on to the one after it.
		rd, found, err := c.first(ctx, t, a, near, c.city.Now())
		if err != nil {
			return mingjing.CaseView{}, err
		}
		if found == nil {
			return mingjing.CaseView{}, mingjing.NewError(mingjing.Conflict, "no_case_waiting")
		}
		return c.handleIn(ctx, rd, a, *found, c.take(ctx, a, TakenAsNext))
	})
}

// first returns the case that is next for the actor, with the reader that opened it; nil
// for none.
func (c *Desk) first(ctx context.Context, t *kernel.Tx, a mingjing.Actor, near map[mingjing.ResidentID]error,
	now time.Time) (*kernel.Reader, *cases.Case, error) {
	const step = 50
	may := func(d cases.Case, late bool) bool {
		d.Near = near[d.Resident]
		return nextFor(a, d, late)
	}
	pass := func(late time.Time) (*kernel.Reader, *cases.Case, error) {
		for skip := 0; ; skip += step {
			list, err := db(t).Waiting(ctx, late, skip, step)
			if err != nil {
				return nil, nil, err
			}
			for _, d := range list {
				if !may(d, !late.IsZero()) {
					continue
				}
				rd := t.As(c.city.Entry(a, "case", d.ID, cases.Purpose(a, d)))
				fresh, err := read(rd).Case(ctx, d.ID)
				if err != nil {
					return nil, nil, err
				}
				if may(fresh, !late.IsZero()) {
					return rd, &fresh, nil
				}
			}
			if len(list) < step {
				return nil, nil, nil
			}
		}
	}
	if a.Role == mingjing.RoleSupervisor {
		if rd, d, err := pass(now); d != nil || err != nil {
			return rd, d, err
		}
	}
	return pass(time.Time{})
}

// nextFor reports whether a case may be given to the actor unasked.
func nextFor(a mingjing.Actor, d cases.Case, late bool) bool {
	if step("assign")(a, d) != nil {
		return false
	}
	if d.Escalated {
		return a.Role == mingjing.RoleSupervisor && (d.HandlerID == "" || !takenBySupervisor(d))
	}
	return !late && d.HandlerID == ""
}

// takenBySupervisor reports whether a supervisor was the last to take the case.
func takenBySupervisor(d cases.Case) bool {
	for _, e := range slices.Backward(d.Timeline) {
		if e.Code == "assigned" {
			return e.Role == mingjing.RoleSupervisor
		}
	}
	return false
}

// AddNote adds a note for colleagues to a case. The resident's access log says that it
// was written; the resident is never shown the note.
func (c *Desk) AddNote(ctx context.Context, a mingjing.Actor, id, text string) (mingjing.CaseView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CaseView{}, err
	}
	text = kernel.TypedText(text)
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CaseView, error) {
		rd, err := cases.OpenedBy(ctx, t, c.city, a, "note", id)
		if err != nil {
			return mingjing.CaseView{}, err
		}
		d, err := cases.CaseFor(ctx, rd, a, id)
		if err != nil {
			return mingjing.CaseView{}, err
		}
		if d.Near != nil {
			return mingjing.CaseView{}, d.Near
		}
		switch {
		case text == "" || !utf8.ValidString(text):
			return mingjing.CaseView{}, mingjing.InvalidFields(mingjing.FieldError{Field: "text", Code: "required"})
		case utf8.RuneCountInString(text) > mingjing.MaxNote:
			return mingjing.CaseView{}, mingjing.InvalidFields(mingjing.FieldError{Field: "text", Code: "too_long"})
		}
		now := c.city.Now().UTC()
		if err := db(t).AddNote(ctx, id, mingjing.Note{ID: kernel.NewID(), Text: text, By: a.Name, Role: a.Role, At: now}); err != nil {
			return mingjing.CaseView{}, err
		}
		if err := t.Emit(ctx, mingjing.AudienceStaff, mingjing.EventDispute, id, now); err != nil {
			return mingjing.CaseView{}, err
		}
		return c.showDesk(ctx, rd, a, d)
	})
}

// OpenIDNumber returns the case with the full ID number, to whoever has the case and for
// one of [mingjing.IDNumberReasons]. The resident's access log says so and why.
func (c *Desk) OpenIDNumber(ctx context.Context, a mingjing.Actor, id, reason string) (mingjing.CaseView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CaseView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CaseView, error) {
		rd := t.As(c.city.Entry(a, "id_number", id, "id_"+reason))
		d, err := cases.CaseFor(ctx, rd, a, id)
		if err != nil {
			return mingjing.CaseView{}, err
		}
		if err := mayWork(a, d); err != nil {
			return mingjing.CaseView{}, err
		}
		if d.HandlerID != a.ID {
			return mingjing.CaseView{}, mingjing.NewError(mingjing.Conflict, "case_not_yours")
		}
		if !slices.Contains(mingjing.IDNumberReasons, reason) {
			return mingjing.CaseView{}, mingjing.InvalidFields(mingjing.FieldError{Field: "id_reason", Code: "id_reason_required"})
		}
		k, err := c.showDesk(ctx, rd, a, d)
		if err != nil {
			return mingjing.CaseView{}, err
		}
		r, err := read(rd).Resident(ctx, d.Resident)
		k.IDNumber = string(r.IDNumber)
		return k, err
	})
}

// Workload returns how much work each handler has, those with the most open cases first.
// It is for supervisors and auditors, and no resident is in it.
func (c *Desk) Workload(ctx context.Context, a mingjing.Actor) (mingjing.WorkloadView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.WorkloadView{}, err
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.WorkloadView, error) {
		now := c.city.Now()
		all, err := db(t).DeskCounts(ctx, now, now.Add(-c.city.Scaled(mingjing.WorkloadDays*24*time.Hour)))
		v := mingjing.WorkloadView{Handlers: []mingjing.HandlerFigures{}, Days: mingjing.WorkloadDays}
		for _, k := range all {
			f := mingjing.HandlerFigures{ID: k.Handler, Name: k.Name, Open: k.Open, Late: k.Late, Given: k.Given, Picked: k.Picked, Missed: k.Missed,
				Opened: k.Opened}
			if !k.Next.IsZero() {
				f.Next = &k.Next
			}
			for _, n := range k.Days {
				f.Decided += n
			}
			f.MedianDays = median(k.Days)
			v.Handlers = append(v.Handlers, f)
		}
		slices.SortFunc(v.Handlers, func(x, y mingjing.HandlerFigures) int {
			return cmp.Or(y.Open-x.Open, strings.Compare(x.ID, y.ID))
		})
		return v, err
	})
}

// maxDeadlines is how many of the next deadlines are listed.
const maxDeadlines = 8

// Deadlines returns the next instants that a case, a score or a job waits for, the
// nearest first, and how many wait for each. No resident is in it.
func (c *Desk) Deadlines(ctx context.Context, a mingjing.Actor) ([]mingjing.DeadlineCount, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return nil, err
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) ([]mingjing.DeadlineCount, error) {
		next, err := db(t).Deadlines(ctx, c.city.Now(), c.city.Scaled(mingjing.ScoreDeadline), maxDeadlines)
		slices.SortStableFunc(next, func(x, y mingjing.DeadlineCount) int { return x.At.Compare(y.At) })
		return next[:min(len(next), maxDeadlines)], err
	})
}

// median returns the least number of days within which half of the cases were done; nil
// for none. There is no resident in it, so that it may be of few.
func median(cases map[int]int) *int {
	var days []int
	for d, n := range cases {
		for range n {
			days = append(days, d)
		}
	}
	if len(days) == 0 {
		return nil
	}
	slices.Sort(days)
	return &days[(len(days)-1)/2]
}
