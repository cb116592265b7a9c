package demo

import (
	"context"
	"fmt"

	"mingjing"
	"mingjing/server/casework/inquiry"
)

// StoryLookedAt is the code of a resident whom a handler has looked up while they were
// not there, so that they can ask why.
const StoryLookedAt = "no-notice"

// A Looker looks somebody up at the counter.
type Looker interface {
	Counter(ctx context.Context, a mingjing.Actor, n mingjing.IDNumber) (mingjing.CounterView, error)
}

// Look has a handler of the city look somebody up. It is for the first start alone.
func Look(ctx context.Context, bureau Looker) error {
	n, _ := StoryIDNumber(StoryLookedAt)
	for _, s := range staff {
		if s.role != mingjing.RoleHandler {
			continue
		}
		if _, err := bureau.Counter(ctx, mingjing.Actor{Role: s.role, ID: s.login, Name: s.name, AAL: 2}, n); err != nil {
			return fmt.Errorf("look somebody up in the demo city: %w", err)
		}
		return nil
	}
	return nil
}

var _ inquiry.Responder = (*City)(nil)

// Respond returns the answer of an agency of the city to a resident who asks why it
// looked; "" when an officer of it can log in and answer.
func (*City) Respond(agency string) string {
	for _, s := range staff {
		if s.agency == agency {
			return ""
		}
	}
	return "按职责核对并报送本部门记录所需，未作他用。 · It was needed to check and submit the agency’s own records, and for nothing else."
}
