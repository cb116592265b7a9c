package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"mingjing"
)

// How an agency answered a dispute that was put to it.
const (
	AnswerNone   = "" // not yet, or it was decided without
	AnswerInTime = "in_time"
	AnswerLate   = "late"
	AnswerSilent = "silent" // it missed its clock
)

// An AgencyCase is what a dispute says about its agency, and about nobody else.
type AgencyCase struct {
	Dispute string // its id
	Agency  string
	// Asked says that the dispute was put to the agency.
	Asked bool
	// Answer is one of the Answer constants.
	Answer  string
	Outcome mingjing.Outcome // "" while it is open
	// AnswerDays and DecideDays are working days, from the question to the answer
	// and from the filing to the decision; nil while there is none.
	AnswerDays, DecideDays *int
	// LateFrom is when the agency is late with an open dispute; zero for never.
	LateFrom time.Time
}

// AgencyCounts are the sums of one agency's cases.
type AgencyCounts struct {
	Agency                   string
	Cases, Asked             int
	InTime, Late, Silent     int
	Upheld, Partly, Rejected int
	LateNow                  int
	// AnswerDays and DecideDays are how many cases took so many working days.
	AnswerDays, DecideDays map[int]int
}

// addDispute stores a new case, and the agency's figures.
func (c *Casework) addDispute(ctx context.Context, t *tx, d Dispute) error {
	if err := t.AddDispute(ctx, d); err != nil {
		return err
	}
	return c.keepFigures(ctx, t, d)
}

// setDispute stores a case that has changed, and the agency's figures: whatever moves
// a dispute on, they are true in the same transaction.
func (c *Casework) setDispute(ctx context.Context, t *tx, d Dispute) error {
	if err := t.SetDispute(ctx, d); err != nil {
		return err
	}
	return c.keepFigures(ctx, t, d)
}

// keepFigures keeps how the agency does with a dispute; the other kinds of case
// are the bureau's own work.
func (c *Casework) keepFigures(ctx context.Context, t *tx, d Dispute) error {
	if d.Kind != mingjing.CaseDispute {
		return nil
	}
	return t.SetAgencyCase(ctx, c.agencyCase(d))
}

// agencyCase reads off a dispute how its agency does.
func (c *Casework) agencyCase(d Dispute) AgencyCase {
	k := AgencyCase{Dispute: d.ID, Agency: d.AgencyCode}
	var asked time.Time
	for _, e := range d.Timeline {
		if e.Code == "agency_asked" && asked.IsZero() {
			asked = e.At
		}
	}
	i := slices.IndexFunc(d.Clocks, func(k mingjing.Clock) bool { return k.Code == "agency" })
	k.Asked = i >= 0
	switch {
	case !k.Asked:
	case d.Answer != nil && d.Answer.At.After(d.Clocks[i].Due):
		k.Answer = AnswerLate
	case d.Answer != nil:
		k.Answer = AnswerInTime
	case d.Clocks[i].Missed || d.State == mingjing.DisputeAgencySilent:
		k.Answer = AnswerSilent
	}
	if k.Asked && d.Answer != nil && !asked.IsZero() {
		k.AnswerDays = c.took(asked, d.Answer.At)
	}
	if d.Decision != nil {
		k.Outcome, k.DecideDays = d.Decision.Outcome, c.took(d.FiledAt, d.Decision.At)
	} else if k.Asked && d.Answer == nil {
		k.LateFrom = d.Clocks[i].Due
	}
	return k
}

// took is how many working days passed by the law's clock, of which the city's may
// be a fraction.
func (c *Casework) took(from, to time.Time) *int {
	from = from.In(c.Zone())
	const longest = mingjing.MaxCalendarYears * 366 * 24 * time.Hour
	passed := min(to.Sub(from), c.scaled(longest)) * time.Duration(c.scale)
	days := c.calendar.WorkingDays(mingjing.DateOf(from), mingjing.DateOf(from.Add(passed)))
	return &days
}

// AgencyFigures are what each agency does with disputes. They are public: there is
// no person in them, and where there are few there is nothing but that.
func (c *Casework) AgencyFigures(ctx context.Context) (mingjing.AgenciesView, error) {
	return within(ctx, c, func(t *tx) (mingjing.AgenciesView, error) {
		all, err := t.AgencyCounts(ctx, c.Now())
		if err != nil {
			return mingjing.AgenciesView{}, err
		}
		asked, err := t.InquiryCounts(ctx)
		if err != nil {
			return mingjing.AgenciesView{}, err
		}
		v := mingjing.AgenciesView{Agencies: []mingjing.AgencyFigures{}}
		for _, b := range c.books {
			for _, a := range b.Agencies {
				if slices.ContainsFunc(v.Agencies, func(f mingjing.AgencyFigures) bool { return f.Agency == a.Code }) {
					continue
				}
				counts := AgencyCounts{}
				if i := slices.IndexFunc(all, func(k AgencyCounts) bool { return k.Agency == a.Code }); i >= 0 {
					counts = all[i]
				}
				why := InquiryCounts{}
				if i := slices.IndexFunc(asked, func(k InquiryCounts) bool { return k.Agency == a.Code }); i >= 0 {
					why = asked[i]
				}
				v.Agencies = append(v.Agencies, why.on(figures(a.Code, counts)))
			}
		}
		slices.SortStableFunc(v.Agencies, func(x, y mingjing.AgencyFigures) int {
			if n := size(y) - size(x); n != 0 {
				return n
			}
			return strings.Compare(x.Agency, y.Agency)
		})
		return v, nil
	})
}

// size orders agencies by what they show: few are fewer than any number, and all
// alike.
func size(f mingjing.AgencyFigures) int {
	if f.Disputes == nil {
		return 1
	}
	return *f.Disputes
}

// figures leaves out what would tell of so few that they could be recognised.
func figures(agency string, k AgencyCounts) mingjing.AgencyFigures {
	f := mingjing.AgencyFigures{Agency: agency, Disputes: notFew(k.Cases)}
	if k.Cases > 0 && f.Disputes == nil {
		return f
	}
	f.Asked, f.LateNow = notFew(k.Asked), notFew(k.LateNow)
	if f.Asked != nil {
		f.InTime, f.Late, f.Silent = &k.InTime, &k.Late, &k.Silent
	}
	if decided := k.Upheld + k.Partly + k.Rejected; notFew(decided) != nil {
		f.Upheld, f.Partly, f.Rejected = &k.Upheld, &k.Partly, &k.Rejected
	}
	f.AnswerDays, f.DecideDays = median(k.AnswerDays), median(k.DecideDays)
	return f
}

// on adds the inquiries about an agency's looks to its figures.
func (k InquiryCounts) on(f mingjing.AgencyFigures) mingjing.AgencyFigures {
	if f.Inquiries = notFew(k.Inquiries); f.Inquiries != nil {
		f.Unexplained, f.Unfounded = &k.Unexplained, &k.Unfounded
	}
	return f
}

// notFew is the number, or nil where it is so small that it names somebody.
func notFew(n int) *int {
	if n > 0 && n < mingjing.FewestShown {
		return nil
	}
	return &n
}

// median is the least number of days within which half of the cases were done; nil
// for few or none.
func median(cases map[int]int) *int {
	var days []int
	all := 0
	for d, n := range cases {
		days = append(days, d)
		all += n
	}
	if all < mingjing.FewestShown {
		return nil
	}
	slices.Sort(days)
	done := 0
	for _, d := range days {
		if done += cases[d]; 2*done >= all {
			return &d
		}
	}
	return nil
}
