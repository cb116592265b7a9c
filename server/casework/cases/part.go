// Package cases has a case from its filing to its letter, and what somebody does in it by
// a mandate.
//
// Disputes, applications for repair, reviews, proposed listings and requests for missing
// records are cases: one
// queue, one set of steps, evidence, clocks and timeline.
//
//	dispute, repair:
//	filed -> assigned -> agency_asked -> agency_answered -------------> decided
//	             |            \-> agency_silent -> agency_answered -------^
//	             |                 (suspended)  \-> agency_lost (removed) -^
//	             \-- what needs no answer of the agency -------------------^
//	review:  filed -> assigned (a supervisor who was not involved) -> decided
//	listing: filed -> assigned -> recommended -> to_serve -> decided
//	             \______\___________\-- refused, or nobody decided in time --^
//	missing: as a dispute, about a record that is not held: the agency sends it with its
//	document, or says that it holds none. After a second silence the resident's own
//	document counts. Upheld takes the record up.
//
// [mingjing.Case.MayFollow] is the same as a table. A dispute can be rejected
// only on the agency's word. Where the agency has lost the point, by missing the
// second notice too or by withdrawing, it can only be upheld: what can't be
// verified is deleted. A clock of the bureau's own that runs out makes the case
// the supervisors', and never turns against the resident: an unanswered
// application for repair suspends the listing, an undecided proposal is refused,
// an approved listing that is not served is annulled.
//
// # Whoever acts for a resident
//
// A mandate (package mandate) lets a helper act in one case, and in what goes on from it,
// until its last day or until there is no way on from the case. enter decides that anew
// at every use; both access logs have the look.
//
// Mandates, letters and evidence stay with the case: whoever reads a case asks its
// mandates first, every step tells the helpers, and a decision writes the letter in
// the same transaction. What staff do is in package desk, what agencies do in package
// agencyside; both take a case through the steps here.
package cases

import (
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
)

// The kinds of job.
const (
	JobQuestion = "question" // ask an agency about a dispute, and watch its clock
	JobClock    = "clock"    // a clock of the bureau's own in a case
	JobFile     = "evidence" // check a file of a case that could not be checked at once
)

// Cases is what residents, and those who act for them, do with cases: they file and follow
// them.
// It is safe for use by many goroutines.
type Cases struct {
	city     *kernel.City
	agencies Agencies
	notices  *notice.Notices
	mandates *mandate.Mandates
	holdings *holding.Holdings
	scores   *score.Scores
}

// New returns the part.
func New(city *kernel.City, agencies Agencies, notices *notice.Notices, mandates *mandate.Mandates, holdings *holding.Holdings,
	scores *score.Scores) *Cases {
	return &Cases{city: city, agencies: agencies, notices: notices, mandates: mandates, holdings: holdings, scores: scores}
}

// Jobs returns the jobs that the part does.
func (c *Cases) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobQuestion: c.questionDue,
		JobClock:    c.clockDue,
		JobFile:     c.fileDue,
	}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }
