package casework_test

import (
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/score"
)

func TestTheQueueKnowsWhatIsLateAndWhatIsVeryLate(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	old := c.file(t, a, record, "")
	forward := old.Clocks[1]
	ids := func(f mingjing.CaseFilter) (all []string) {
		t.Helper()
		v, err := c.Cases(ctx, handler, f, "")
		must(t, err)
		for _, k := range v.Cases {
			all = append(all, k.ID)
		}
		return all
	}
	check := func(when string, late, very int) {
		t.Helper()
		v, err := c.Cases(ctx, handler, mingjing.CaseFilter{}, "")
		must(t, err)
		if v.Counts["late"] != late || v.Counts["very_late"] != very || v.Counts["missed"] != late+very {
			t.Errorf("%s: counts %v, want %d late and %d very late", when, v.Counts, late, very)
		}
		for how, n := range map[mingjing.Lateness]int{mingjing.Late: late, mingjing.VeryLate: very} {
			if got := ids(mingjing.CaseFilter{Late: how}); len(got) != n {
				t.Errorf("%s: %s are %v, want %d", when, how, got, n)
			}
		}
	}
	check("in time", 0, 0)
	c.clock.set(forward.Due)
	check("at the very end of its time", 0, 0)
	c.clock.set(forward.Due.Add(time.Millisecond))
	check("late", 1, 0)
	fresh := c.file(t, a, "", listing)
	check("late beside one in time", 1, 0)
	c.clock.set(forward.VeryLateAt.Add(time.Millisecond))
	check("very late", 1, 1) // the newer one is late by now
	if got := ids(mingjing.CaseFilter{Late: mingjing.VeryLate}); len(got) != 1 || got[0] != old.ID {
		t.Errorf("very late is %v, want %s", got, old.ID)
	}
	if got := ids(mingjing.CaseFilter{Late: mingjing.Late, Agency: "traffic"}); len(got) != 0 {
		t.Errorf("another agency's late cases are %v", got)
	}
	if got := ids(mingjing.CaseFilter{Late: mingjing.Late, State: "all"}); len(got) != 1 || got[0] != fresh.ID {
		t.Errorf("late are %v, want %s", got, fresh.ID)
	}
	// Deciding ends it.
	_, err := c.Assign(ctx, handler, old.ID)
	must(t, err)
	_, err = c.Decide(ctx, handler, old.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
	must(t, err)
	check("decided", 1, 0)
	if got := ids(mingjing.CaseFilter{Late: mingjing.VeryLate, State: "decided"}); len(got) != 0 {
		t.Errorf("a decided case is very late: %v", got)
	}
	_, err = c.Cases(ctx, handler, mingjing.CaseFilter{Late: "soon"}, "")
	wants(t, err, "invalid_filter")
}

func TestACaseThatIsVeryLateMovesOnWithItsNextClock(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	c.clock.set(d.Clocks[1].VeryLateAt.Add(time.Hour))
	c.put(t, d.ID) // the forward clock is met, late; the decision's runs on
	v, err := c.Cases(ctx, handler, mingjing.CaseFilter{}, "")
	must(t, err)
	decide := v.Cases[0].Next
	if decide == nil || decide.Code != "decide" {
		t.Fatalf("next is %+v", decide)
	}
	want := map[mingjing.Lateness]int{decide.Lateness(c.clock.Now()): 1}
	if v.Counts["late"] != want[mingjing.Late] || v.Counts["very_late"] != want[mingjing.VeryLate] {
		t.Errorf("counts %v, and the next clock is %q", v.Counts, decide.Lateness(c.clock.Now()))
	}
}

// TestAClockThatWasAheadHidesNoScore: the newest score is the one that was made last,
// whatever the clocks of the replicas say, and times go forward.
func TestAClockThatWasAheadHidesNoScore(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.clock.pass(10 * time.Minute) // on a replica that is ahead
	c.ready(t, a, "rongcheng")
	first := c.latest(t, a, "rongcheng")
	c.clock.pass(-10 * time.Minute)
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("debt")}})
	c.ready(t, a, "rongcheng")
	v, err := c.Score(ctx, a, "rongcheng")
	must(t, err)
	if len(v.History) != 2 || v.Score.ID == first.ID || v.Score.Value == first.Value {
		t.Fatalf("shown is %+v, and before it %+v", v.Score, first)
	}
	if !v.Score.At.After(first.At) || !v.History[1].At.Equal(v.Score.At) {
		t.Errorf("the second is of %v, the first of %v", v.Score.At, first.At)
	}
}
