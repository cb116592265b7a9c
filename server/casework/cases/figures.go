package cases

import (
	"context"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// How an agency answered a dispute that was put to it.
const (
	AnswerNone   = "" // not yet, or it was decided without
	AnswerInTime = "in_time"
	AnswerLate   = "late"
	AnswerSilent = "silent" // it missed its clock
)

// An AgencyCase is what a case says about its agency and about the bureau, and about nobody
// else.
type AgencyCase struct {
	Dispute string // its id
	Agency  string // "" where the case is put to none
	// Asked says that the dispute was put to the agency.
	Asked bool
	// Answer is one of the Answer constants.
	Answer  string
	Outcome mingjing.Outcome // "" while it is open
	// AnswerDays and DecideDays are working days, from the question to the answer
	// and from the filing to the decision; nil while there is none.
	AnswerDays, DecideDays *int
	// Feedback is what the resident said of it.
	Feedback string
	// Evidence is yes or no: whether the agency had opened all evidence when it answered.
	Evidence string
	// Desk is one of the Answer constants: how the bureau decided. DeskOutcome is what a
	// review of a decision found, and DeskEvidence as Evidence, of who decided.
	Desk         string
	DeskOutcome  mingjing.Outcome
	DeskEvidence string
	// LateFrom is when the agency is late with an open dispute; zero for never.
	LateFrom time.Time
}

// AddCase stores a new case, and the agency's figures.
func (c *Cases) AddCase(ctx context.Context, t *kernel.Tx, d Case) error {
	if err := db(t).AddCase(ctx, d); err != nil {
		return err
	}
	return c.keepFigures(ctx, t, d)
}

// SetCase stores a case that has changed, and the agency's figures: whatever moves
// a dispute on, they are true in the same transaction.
func (c *Cases) SetCase(ctx context.Context, t *kernel.Tx, d Case) error {
	if err := db(t).SetCase(ctx, d); err != nil {
		return err
	}
	return c.keepFigures(ctx, t, d)
}

// keepFigures stores how the agency deals with a dispute, or with a request for a missing
// record, and how the bureau deals with each case. Other kinds of case are the bureau's own
// work alone.
func (c *Cases) keepFigures(ctx context.Context, t *kernel.Tx, d Case) error {
	k := AgencyCase{Dispute: d.ID}
	if d.Kind == mingjing.CaseDispute || d.Kind == mingjing.CaseMissing {
		k = c.agencyCase(d)
	}
	if d.Decision == nil {
		return db(t).SetAgencyCase(ctx, k)
	}
	k.DeskEvidence = d.Decision.Opened
	switch {
	case d.Decision.Rule == "unchecked" || d.Decision.Rule == "unserved":
		k.Desk = AnswerSilent
	case d.Escalated || slices.ContainsFunc(d.Clocks, func(k mingjing.Clock) bool { return IsBureauClock(k.Code) && k.Missed }):
		k.Desk = AnswerLate
	default:
		k.Desk = AnswerInTime
	}
	if d.Kind == mingjing.CaseReview {
		k.DeskOutcome = d.Decision.Outcome
	}
	return db(t).SetAgencyCase(ctx, k)
}

// agencyCase returns how the agency deals with a dispute.
func (c *Cases) agencyCase(d Case) AgencyCase {
	k := AgencyCase{Dispute: d.ID, Agency: d.AgencyCode, Feedback: d.Feedback, Evidence: d.Opened}
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
	case d.Clocks[i].Missed || d.State == mingjing.CaseAgencySilent:
		k.Answer = AnswerSilent
	}
	if k.Asked && d.Answer != nil && !asked.IsZero() {
		k.AnswerDays = c.city.WorkingDaysBetween(asked, d.Answer.At)
	}
	if d.Decision != nil {
		k.Outcome, k.DecideDays = d.Decision.Outcome, c.city.WorkingDaysBetween(d.FiledAt, d.Decision.At)
	} else if k.Asked && d.Answer == nil {
		k.LateFrom = d.Clocks[i].Due
	}
	return k
}
