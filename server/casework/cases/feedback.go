package cases

import (
	"context"
	"slices"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// SayFeedback stores what the resident thinks of how their decided case was dealt with, in
// the place of what they said before. Those who handle cases see only the agency's sums.
func (c *Cases) SayFeedback(ctx context.Context, a mingjing.Actor, id, feedback string) (mingjing.Case, error) {
	if !slices.Contains(mingjing.Feedbacks, feedback) {
		return mingjing.Case{}, mingjing.InvalidFields(mingjing.FieldError{Field: "feedback", Code: "invalid_choice"})
	}
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		_, d, m, err := c.enterCase(ctx, t, a, id, "dispute")
		switch {
		case err != nil:
			return err
		case m != nil: // it is the resident's own to say
			return mingjing.NewError(mingjing.Forbidden, "forbidden")
		case d.Decision == nil:
			return mingjing.NewError(mingjing.Conflict, "no_decision_yet")
		}
		d.Feedback = feedback
		return c.SetCase(ctx, t, d)
	})
	if err != nil {
		return mingjing.Case{}, kernel.Public(err)
	}
	return c.Dispute(ctx, a, id)
}
