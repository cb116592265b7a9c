package cases

import (
	"context"
	"time"

	"mingjing"
)

// Agencies are the public bodies that answer for what they supplied.
type Agencies interface {
	// Ask puts a question about a disputed record or listing to its agency, and
	// returns its answer, or nil while it has not answered. Asking again with the
	// same case is the same question.
	Ask(ctx context.Context, agency string, q Question) (*mingjing.AgencyAnswer, error)
}

// A Question is what an agency is asked about a dispute. It carries the
// resident's words and not the evidence.
type Question struct {
	CaseID    string                 `json:"case_id"`
	IDNumber  mingjing.IDNumber      `json:"id_number"`
	Ref       string                 `json:"ref"`
	Code      string                 `json:"code"`
	Reason    mingjing.DisputeReason `json:"reason"`
	Statement string                 `json:"statement"`
	// Due is when the answer must be there.
	Due time.Time `json:"due"`
	// Notice is 1, or 2 when the first was not answered in time.
	Notice int `json:"notice"`
}

// A Case is a case as it is stored.
type Case struct {
	mingjing.Case // Record, Listing and Evidence are not stored here
	Resident      mingjing.ResidentID
	ResidentName  string // copied for search
	RecordID      string
	ListingID     string
	AgencyCode    string
	CatalogueCode string
	HandlerID     string
	// Ref is the agency's reference of what it is about.
	Ref string
	// RecommenderID is the first of two people, who may not be the second.
	RecommenderID string
	// Barred are the staff numbers of those who may not work on it, since they
	// decided what it is about.
	Barred []string
	// NewEvidence says that evidence came after it was filed and before the decision.
	NewEvidence bool
	// Before is the bureau's clock as it was before the resident said that they have
	// nothing to add; nil where they have not.
	Before *mingjing.Clock
	// Letter is what the letter of the decision says; nil until there is one.
	Letter *Letter
	// ServiceProof is the number of the receipt of a listing that was served by post or in person.
	ServiceProof string
	// NextDue is the nearest running clock; zero when none runs.
	NextDue time.Time
	Version int

	// Near says why the case is not for who looks at it: it is their own, or of somebody
	// near to them. It is not stored.
	Near error `json:"-"`
}

// A Letter is a decision letter as it is stored. Its scores are stored by their ids
// alone, since they go when the consent to them is withdrawn.
type Letter struct {
	mingjing.LetterView
	ScoreIDs []string
}

// A CaseQuery is a page of the work queue.
type CaseQuery struct {
	mingjing.CaseFilter
	HandlerID string // set when only this handler's cases are wanted
	// Asked leaves only those that an agency has to answer.
	Asked bool
	// Now is the instant by which Late is judged.
	Now    time.Time
	Cursor string
	Limit  int
}
