package casework_test

import (
	"testing"

	"mingjing"
	"mingjing/server/casework/desk"
)

func TestWhatResidentsSayOfADecidedCaseIsPublishedAsASumAndSeenByNoHandler(t *testing.T) {
	c := newCity(t)
	for n := 1; n <= mingjing.FewestShown; n++ {
		a, record, _ := c.owing(t, n)
		d := c.file(t, a, record, "")
		_, err := c.SayFeedback(ctx, a, d.ID, mingjing.FeedbackPoor)
		wants(t, err, "no_decision_yet")
		_, err = c.Case(ctx, handler, d.ID)
		must(t, err)
		_, err = c.Assign(ctx, handler, d.ID)
		must(t, err)
		_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
		must(t, err)
		_, err = c.SayFeedback(ctx, a, d.ID, "fair")
		wants(t, err, "feedback:invalid_choice")
		for _, said := range mingjing.Feedbacks { // the last one counts
			got, err := c.SayFeedback(ctx, a, d.ID, said)
			must(t, err)
			if got.Feedback != said {
				t.Errorf("they said %q, and see %q", said, got.Feedback)
			}
		}
		k, err := c.Case(ctx, handler, d.ID)
		must(t, err)
		if k.Feedback != "" {
			t.Error("the handler sees it")
		}
		figures, err := c.AgencyFigures(ctx)
		must(t, err)
		shown := 0
		for _, f := range figures.Agencies {
			if f.Poor != nil && *f.Poor > 0 {
				shown++
				if *f.Poor != n || *f.Good != 0 {
					t.Errorf("%d poor, %d good, after %d cases", *f.Poor, *f.Good, n)
				}
			}
		}
		if want := n >= mingjing.FewestShown; (shown == 1) != want {
			t.Errorf("after %d cases, %d agencies have a number", n, shown)
		}
	}
}
