package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
)

// A DeskTx is what a [Tx] keeps of the handlers' desks.
type DeskTx interface {
	// Waiting are open cases that wait for a person, by nearest clock, then those that
	// were filed first: cases that nobody has, or, with late set, all whose clock ran
	// out before it, each as its [Dispute.Line]. It skips the first so many.
	Waiting(ctx context.Context, late time.Time, skip, limit int) ([]Dispute, error)
	// OpenCases is how many open cases a handler has, but for those that only wait to
	// be served.
	OpenCases(ctx context.Context, handler string) (int, error)

	// SetDeskCase keeps that somebody took a case, in the place of what it said before.
	SetDeskCase(ctx context.Context, k DeskCase) error
	// DecideDeskCase keeps that somebody decided a case, whether it is known how they
	// took it or not.
	DecideDeskCase(ctx context.Context, k DeskCase) error
	// DeskCounts are the sums of each handler who has any; since bounds what was taken
	// and decided.
	DeskCounts(ctx context.Context, now, since time.Time) ([]DeskCounts, error)

	AddNote(ctx context.Context, dispute string, n mingjing.Note) error
	Notes(ctx context.Context, dispute string) ([]mingjing.Note, error)

	AddRelative(ctx context.Context, r Relative) error // ErrExists: declared already
	// Relatives are those that a member of staff has declared.
	Relatives(ctx context.Context, staff string) ([]Relative, error)
	DeleteRelative(ctx context.Context, staff, id string) error
	// RelativeResidents are the residents among the declared relatives, also those who
	// were enrolled since.
	RelativeResidents(ctx context.Context, staff string) ([]mingjing.ResidentID, error)
	// AddDeclaration appends to the log of declarations, which is kept for good.
	AddDeclaration(ctx context.Context, d mingjing.Declaration) error
	// Declarations are the newest first.
	Declarations(ctx context.Context, limit int) ([]mingjing.Declaration, error)

	AddVisit(ctx context.Context, v Visit) error
	Visit(ctx context.Context, id string) (Visit, error)
	// AddMiss keeps that a look-up at the counter found nobody; not for whom it was.
	AddMiss(ctx context.Context, staff string, at time.Time) error
	// Misses are how many somebody has had since an instant, and when the first was.
	Misses(ctx context.Context, staff string, since time.Time) (n int, first time.Time, err error)
}

// The ways in which a handler takes a case.
const (
	TakenAsNext   = "next"   // they asked for the next one
	TakenByChoice = "picked" // they chose it from the queue
)

// A DeskCase is one person's part in a case, for the workload figures.
type DeskCase struct {
	Dispute, Handler, Name string
	// Way is one of the Taken constants.
	Way                string
	TakenAt, DecidedAt time.Time
	// Days are the working days from filing to the decision.
	Days *int
}

// DeskCounts are the sums of one handler's work.
type DeskCounts struct {
	Handler, Name string
	Open, Late    int
	Next          time.Time
	// Days is how many cases were decided within so many working days.
	Days          map[int]int
	Given, Picked int
	// Missed are look-ups at the counter that found nobody.
	Missed int
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

var (
	errRelative = mingjing.Errorf(mingjing.Forbidden, "case_relative")
	errHelped   = mingjing.Errorf(mingjing.Forbidden, "case_helper")
)

// nearTo are the residents whose cases a member of staff does not work on, with
// why: those for whom they have acted themselves, and declared relatives.
func nearTo(ctx context.Context, t *tx, a mingjing.Actor) (map[mingjing.ResidentID]error, error) {
	near := map[mingjing.ResidentID]error{}
	if !a.Role.Staff() {
		return near, nil
	}
	if a.Self != "" {
		helped, err := t.HelpedBy(ctx, a.Self)
		if err != nil {
			return nil, err
		}
		for _, id := range helped {
			near[id] = errHelped
		}
	}
	kin, err := t.RelativeResidents(ctx, a.ID)
	for _, id := range kin {
		near[id] = errRelative
	}
	return near, err
}

// caseFor is a case, with whether it is of somebody who is near to the actor.
func caseFor(ctx context.Context, t *tx, a mingjing.Actor, id string) (Dispute, error) {
	d, err := t.Dispute(ctx, id)
	if err != nil {
		return Dispute{}, err
	}
	near, err := nearTo(ctx, t, a)
	d.Near = near[d.Resident]
	return d, err
}

// showDesk is showCase with what only the page of the case shows.
func (c *Casework) showDesk(ctx context.Context, t *tx, a mingjing.Actor, d Dispute) (mingjing.Case, error) {
	k, err := c.showCase(ctx, t, a, d)
	if err != nil {
		return mingjing.Case{}, err
	}
	if k.Notes, err = t.Notes(ctx, d.ID); err != nil {
		return mingjing.Case{}, err
	}
	p, err := prefsOf(ctx, t, d.Resident)
	k.ReplyLang = p.Lang
	return k, err
}

// Next gives the actor the case with the nearest clock that they may take, among
// equals the one that waits longest. Escalated cases are for supervisors, to whom
// they come first. Whoever has [mingjing.MaxOpenCases] open cases gets none.
func (c *Casework) Next(ctx context.Context, a mingjing.Actor) (mingjing.Case, error) {
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.Case{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Case, error) {
		n, err := t.OpenCases(ctx, a.ID)
		if err != nil {
			return mingjing.Case{}, err
		}
		if n >= mingjing.MaxOpenCases {
			return mingjing.Case{}, mingjing.Errorf(mingjing.Conflict, "too_many_cases")
		}
		near, err := nearTo(ctx, t, a)
		if err != nil {
			return mingjing.Case{}, err
		}
		// The case is locked before it is looked at again, so that of two people who
		// find the same one the second goes on to the one after it.
		found, err := first(ctx, t, a, near, c.Now())
		if err != nil {
			return mingjing.Case{}, err
		}
		if found == nil {
			return mingjing.Case{}, mingjing.Errorf(mingjing.Conflict, "no_case_waiting")
		}
		return c.handleIn(ctx, t, a, *found, c.take(ctx, a, TakenAsNext))
	})
}

// first is the case that is next for the actor; nil for none.
func first(ctx context.Context, t *tx, a mingjing.Actor, near map[mingjing.ResidentID]error, now time.Time) (*Dispute, error) {
	const step = 50
	may := func(d Dispute, late bool) bool {
		d.Near = near[d.Resident]
		return nextFor(a, d, late)
	}
	pass := func(late time.Time) (*Dispute, error) {
		for skip := 0; ; skip += step {
			list, err := t.Waiting(ctx, late, skip, step)
			if err != nil {
				return nil, err
			}
			for _, d := range list {
				if !may(d, !late.IsZero()) {
					continue
				}
				t.because(a, "case", d.ID, purpose(a))
				fresh, err := t.Dispute(ctx, d.ID)
				if err != nil {
					return nil, err
				}
				if may(fresh, !late.IsZero()) {
					return &fresh, nil
				}
			}
			if len(list) < step {
				return nil, nil
			}
		}
	}
	if a.Role == mingjing.RoleSupervisor {
		if d, err := pass(now); d != nil || err != nil {
			return d, err
		}
	}
	return pass(time.Time{})
}

// nextFor says whether a case may be given to the actor unasked.
func nextFor(a mingjing.Actor, d Dispute, late bool) bool {
	if step("assign")(a, d) != nil {
		return false
	}
	if d.Escalated {
		return a.Role == mingjing.RoleSupervisor && (d.HandlerID == "" || !takenBySupervisor(d))
	}
	return !late && d.HandlerID == ""
}

// takenBySupervisor says whether a supervisor was the last to take the case.
func takenBySupervisor(d Dispute) bool {
	for _, e := range slices.Backward(d.Timeline) {
		if e.Code == "assigned" {
			return e.Role == mingjing.RoleSupervisor
		}
	}
	return false
}

// AddNote writes a note for colleagues on a case. The resident's access log shows
// that it was written, and nothing that the resident is told shows the note.
func (c *Casework) AddNote(ctx context.Context, a mingjing.Actor, id, text string) (mingjing.Case, error) {
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.Case{}, err
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	return within(ctx, c, func(t *tx) (mingjing.Case, error) {
		t.because(a, "note", id, purpose(a))
		d, err := caseFor(ctx, t, a, id)
		if err != nil {
			return mingjing.Case{}, err
		}
		if err := notOwn(a, d); err != nil {
			return mingjing.Case{}, err
		}
		switch {
		case text == "" || !utf8.ValidString(text):
			return mingjing.Case{}, mingjing.InvalidFields(mingjing.FieldError{Field: "text", Code: "required"})
		case utf8.RuneCountInString(text) > mingjing.MaxNote:
			return mingjing.Case{}, mingjing.InvalidFields(mingjing.FieldError{Field: "text", Code: "too_long"})
		}
		now := c.Now().UTC()
		if err := t.AddNote(ctx, id, mingjing.Note{ID: newID(), Text: text, By: a.Name, Role: a.Role, At: now}); err != nil {
			return mingjing.Case{}, err
		}
		if err := t.emit(ctx, mingjing.AudienceStaff, mingjing.EventDispute, id, now); err != nil {
			return mingjing.Case{}, err
		}
		return c.showDesk(ctx, t, a, d)
	})
}

// OpenIDNumber shows the full ID number to whoever has the case, for one of
// [mingjing.IDNumberReasons]. The resident's access log says so and why.
func (c *Casework) OpenIDNumber(ctx context.Context, a mingjing.Actor, id, reason string) (mingjing.Case, error) {
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.Case{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Case, error) {
		t.because(a, "id_number", id, "id_"+reason)
		d, err := caseFor(ctx, t, a, id)
		if err != nil {
			return mingjing.Case{}, err
		}
		if err := mayWork(a, d); err != nil {
			return mingjing.Case{}, err
		}
		if d.HandlerID != a.ID {
			return mingjing.Case{}, mingjing.Errorf(mingjing.Conflict, "case_not_yours")
		}
		if !slices.Contains(mingjing.IDNumberReasons, reason) {
			return mingjing.Case{}, mingjing.InvalidFields(mingjing.FieldError{Field: "id_reason", Code: "id_reason_required"})
		}
		k, err := c.showDesk(ctx, t, a, d)
		if err != nil {
			return mingjing.Case{}, err
		}
		r, err := t.Resident(ctx, d.Resident)
		k.IDNumber = string(r.IDNumber)
		return k, err
	})
}

// Workload is how much work each handler has, those with the most open cases first.
// It is for supervisors and auditors, and no resident is in it.
func (c *Casework) Workload(ctx context.Context, a mingjing.Actor) (mingjing.WorkloadView, error) {
	if err := asStaff(a, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.WorkloadView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.WorkloadView, error) {
		now := c.Now()
		all, err := t.DeskCounts(ctx, now, now.Add(-c.scaled(mingjing.WorkloadDays*24*time.Hour)))
		v := mingjing.WorkloadView{Handlers: []mingjing.HandlerFigures{}, Days: mingjing.WorkloadDays}
		for _, k := range all {
			f := mingjing.HandlerFigures{ID: k.Handler, Name: k.Name, Open: k.Open, Late: k.Late, Given: k.Given, Picked: k.Picked, Missed: k.Missed}
			if !k.Next.IsZero() {
				f.Next = &k.Next
			}
			for _, n := range k.Days {
				f.Decided += n
			}
			f.MedianDays = half(k.Days)
			v.Handlers = append(v.Handlers, f)
		}
		slices.SortFunc(v.Handlers, func(x, y mingjing.HandlerFigures) int {
			return cmp.Or(y.Open-x.Open, strings.Compare(x.ID, y.ID))
		})
		return v, err
	})
}

// half is the least number of days within which half of the cases were done; nil
// for none. Unlike [median] it may be of few: no resident is in it.
func half(cases map[int]int) *int {
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
