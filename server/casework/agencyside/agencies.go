package agencyside

import (
	"context"
	"slices"
	"strings"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/complaint"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/kernel"
)

// An AgencyCounts is the sums of one agency's cases.
type AgencyCounts struct {
	Agency                   string
	Cases, Asked             int
	InTime, Late, Silent     int
	Upheld, Partly, Rejected int
	LateNow                  int
	Good, Poor               int // what residents said
	// Evidence is in how many cases there was some when they were answered, and Unopened in
	// how many of them not all of it had been opened.
	Evidence, Unopened int
	// Rows are those of finished batches, RowsRefused of them those that were not taken.
	Rows, RowsRefused int
	// AnswerDays and DecideDays are how many cases took so many working days.
	AnswerDays, DecideDays map[int]int
}

// AddAnswer adds cases by how they were answered.
func (k *AgencyCounts) AddAnswer(answer string, n int) {
	if sum := map[string]*int{cases.AnswerInTime: &k.InTime, cases.AnswerLate: &k.Late, cases.AnswerSilent: &k.Silent}[answer]; sum != nil {
		*sum += n
	}
}

// AddOutcome adds cases by how they were decided.
func (k *AgencyCounts) AddOutcome(outcome mingjing.Outcome, n int) {
	if sum := map[mingjing.Outcome]*int{mingjing.OutcomeUpheld: &k.Upheld, mingjing.OutcomePartly: &k.Partly,
		mingjing.OutcomeRejected: &k.Rejected}[outcome]; sum != nil {
		*sum += n
	}
}

// AddEvidence adds cases with evidence, by whether all of it was opened.
func (k *AgencyCounts) AddEvidence(opened string, n int) {
	switch opened {
	case mingjing.OpenedYes:
		k.Evidence += n
	case mingjing.OpenedNo:
		k.Evidence, k.Unopened = k.Evidence+n, k.Unopened+n
	}
}

// AgencyFigures returns how each agency deals with disputes. The figures are public:
// there is no person in them, and small numbers are left out.
func (c *Agencies) AgencyFigures(ctx context.Context) (mingjing.AgenciesView, error) {
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.AgenciesView, error) {
		all, err := db(t).AgencyCounts(ctx, c.city.Now())
		if err != nil {
			return mingjing.AgenciesView{}, err
		}
		asked, err := db(t).InquiryCounts(ctx)
		if err != nil {
			return mingjing.AgenciesView{}, err
		}
		complaints, err := db(t).ComplaintCounts(ctx)
		if err != nil {
			return mingjing.AgenciesView{}, err
		}
		v := mingjing.AgenciesView{Agencies: []mingjing.AgencyFigures{}, Complaints: complaintFigures(complaints)}
		whole := inquiry.Counts{}
		if i := slices.IndexFunc(asked, func(k inquiry.Counts) bool { return k.Agency == "" }); i >= 0 {
			whole = asked[i]
		}
		desk, err := db(t).BureauCounts(ctx)
		if err != nil {
			return mingjing.AgenciesView{}, err
		}
		v.Bureau = withInquiries(whole, figures(mingjing.BureauCode, desk))
		for _, b := range c.city.HeldBooks() {
			for _, a := range b.Agencies {
				if slices.ContainsFunc(v.Agencies, func(f mingjing.AgencyFigures) bool { return f.Agency == a.Code }) {
					continue
				}
				counts := AgencyCounts{}
				if i := slices.IndexFunc(all, func(k AgencyCounts) bool { return k.Agency == a.Code }); i >= 0 {
					counts = all[i]
				}
				why := inquiry.Counts{}
				if i := slices.IndexFunc(asked, func(k inquiry.Counts) bool { return k.Agency == a.Code }); i >= 0 {
					why = asked[i]
				}
				v.Agencies = append(v.Agencies, withInquiries(why, figures(a.Code, counts)))
			}
		}
		slices.SortStableFunc(v.Agencies, func(x, y mingjing.AgencyFigures) int {
			if n := compareKey(y) - compareKey(x); n != 0 {
				return n
			}
			return strings.Compare(x.Agency, y.Agency)
		})
		c.rate(&v)
		return v, nil
	})
}

// rate adds how each agency and the bureau is rated by the rulebook for agencies; nothing
// where none is published.
func (c *Agencies) rate(v *mingjing.AgenciesView) {
	books := c.city.BooksOf(mingjing.OfAgencies)
	if len(books) == 0 {
		return
	}
	book := books[0]
	v.Bands, v.Conduct = book.Bands, map[string]*mingjing.Conduct{}
	for _, f := range append(slices.Clone(v.Agencies), v.Bureau) {
		if k := mingjing.MakeConduct(book, f, c.city.TodayBy(book)); k != nil {
			v.Conduct[f.Agency] = k
		}
	}
}

// Agency returns the figures of one agency, or of the bureau, with its rating.
func (c *Agencies) Agency(ctx context.Context, code string) (mingjing.AgencyView, error) {
	all, err := c.AgencyFigures(ctx)
	if err != nil {
		return mingjing.AgencyView{}, err
	}
	list := append(all.Agencies, all.Bureau)
	i := slices.IndexFunc(list, func(f mingjing.AgencyFigures) bool { return f.Agency == code })
	if i < 0 {
		return mingjing.AgencyView{}, mingjing.NewError(mingjing.NotFound, "not_found")
	}
	v := mingjing.AgencyView{Figures: list[i], Conduct: all.Conduct[code]}
	if v.Conduct == nil {
		return v, nil
	}
	book, err := c.city.BookOf(v.Conduct.Rulebook)
	if err != nil {
		return v, err
	}
	band, _ := book.Band(v.Conduct.Band)
	v.Band, v.Base = &band, book.Base
	return v, nil
}

// complaintFigures returns the sums of each kind of complaint, without small numbers.
func complaintFigures(all []complaint.Counts) []mingjing.ComplaintFigures {
	out := make([]mingjing.ComplaintFigures, 0, len(mingjing.ComplaintKinds))
	for _, kind := range mingjing.ComplaintKinds {
		k := complaint.Counts{Kind: kind}
		if i := slices.IndexFunc(all, func(x complaint.Counts) bool { return x.Kind == kind }); i >= 0 {
			k = all[i]
		}
		f := mingjing.ComplaintFigures{Kind: kind, Filed: suppressSmall(k.Filed)}
		if f.Filed != nil {
			f.Late = &k.Late
			if f.Answered = suppressSmall(k.Answered); f.Answered != nil {
				f.Unlawful = &k.Unlawful
			}
		}
		out = append(out, f)
	}
	return out
}

// compareKey returns the number by which agencies are ordered. Small numbers, which are
// not shown, come after zero and are all alike.
func compareKey(f mingjing.AgencyFigures) int {
	if f.Disputes == nil {
		return 1
	}
	return *f.Disputes
}

// figures returns an agency's figures without numbers that are so small that somebody
// could be recognised.
func figures(agency string, k AgencyCounts) mingjing.AgencyFigures {
	f := mingjing.AgencyFigures{Agency: agency, Disputes: suppressSmall(k.Cases)}
	if f.Rows = suppressSmall(k.Rows); f.Rows != nil { // rows are no people
		f.RowsRefused = &k.RowsRefused
	}
	if k.Cases > 0 && f.Disputes == nil {
		return f
	}
	f.Asked, f.LateNow = suppressSmall(k.Asked), suppressSmall(k.LateNow)
	if f.Asked != nil {
		f.InTime, f.Late, f.Silent = &k.InTime, &k.Late, &k.Silent
	}
	if decided := k.Upheld + k.Partly + k.Rejected; suppressSmall(decided) != nil {
		f.Upheld, f.Partly, f.Rejected = &k.Upheld, &k.Partly, &k.Rejected
	}
	if suppressSmall(k.Good+k.Poor) != nil {
		f.Good, f.Poor = &k.Good, &k.Poor
	}
	if f.Evidence = suppressSmall(k.Evidence); f.Evidence != nil {
		f.Unopened = &k.Unopened
	}
	f.AnswerDays, f.DecideDays = median(k.AnswerDays), median(k.DecideDays)
	return f
}

// withInquiries returns the figures with those of the inquiries about the agency's
// looks.
func withInquiries(k inquiry.Counts, f mingjing.AgencyFigures) mingjing.AgencyFigures {
	if f.Inquiries = suppressSmall(k.Inquiries); f.Inquiries != nil {
		f.Unexplained, f.Unfounded = &k.Unexplained, &k.Unfounded
	}
	return f
}

// suppressSmall returns the number, or nil if it is so small that somebody could be
// recognised.
func suppressSmall(n int) *int {
	if n > 0 && n < mingjing.FewestShown {
		return nil
	}
	return &n
}

// median returns the least number of days within which half of the cases were done; nil
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
