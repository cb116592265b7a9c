package agencyside

import (
	"context"
	"slices"
	"strings"

	"mingjing"
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
	// AnswerDays and DecideDays are how many cases took so many working days.
	AnswerDays, DecideDays map[int]int
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
		for _, b := range c.city.Books() {
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
		return v, nil
	})
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
