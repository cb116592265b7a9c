package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/agencyside"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

func TestLateCasesAreFoundByAnInstant(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		// Due after n hours, very late after ten times as many.
		for n := 1; n <= 4; n++ {
			id := fmt.Sprint("d", n)
			d := dispute(r, id, "r"+id)
			due := day.Add(time.Duration(n) * time.Hour)
			d.NextDue = due
			d.Clocks = []mingjing.Clock{{Code: "forward", Due: due, VeryLateAt: day.Add(time.Duration(10*n) * time.Hour)}}
			if n == 4 {
				d.Clocks[0].VeryLateAt = time.Time{} // a clock of before there was any such thing
			}
			do(t, s, func(ctx context.Context, tx *reader) error {
				return errors.Join(tx.PutRecord(ctx, record(r, "r"+id)), tx.AddCase(ctx, d))
			})
		}
		check := func(hours int, late, very string) {
			t.Helper()
			now := day.Add(time.Duration(hours) * time.Hour)
			do(t, s, func(ctx context.Context, tx *reader) error {
				for how, want := range map[mingjing.Lateness]string{mingjing.Late: late, mingjing.VeryLate: very} {
					got := ""
					found, err := tx.Cases(ctx, cases.CaseQuery{CaseFilter: mingjing.CaseFilter{Late: how}, Now: now, Limit: 10})
					for _, d := range found {
						got += d.ID
					}
					if got != want || err != nil {
						t.Errorf("after %d hours %s are %q, %v, want %q", hours, how, got, err, want)
					}
				}
				l, v, err := tx.LateCounts(ctx, now)
				if l != len(late)/2 || v != len(very)/2 || err != nil {
					t.Errorf("after %d hours %d are late and %d very late, %v", hours, l, v, err)
				}
				return nil
			})
		}
		check(0, "", "")
		check(1, "", "") // due at this very instant
		check(3, "d1d2", "")
		check(11, "d2d3d4", "d1")
		check(500, "d4", "d1d2d3")
		do(t, s, func(ctx context.Context, tx *reader) error {
			d, err := tx.Case(ctx, "d1")
			if err != nil {
				return err
			}
			d.State, d.NextDue, d.Clocks[0].MetAt = mingjing.CaseDecided, time.Time{}, &day
			return tx.SetCase(ctx, d)
		})
		check(500, "d4", "d2d3")
	})
}

func TestAgencyCasesAreSummedByAgency(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		days := func(n int) *int { return &n }
		figures := []cases.AgencyCase{
			{Dispute: "d1", Agency: "court", Asked: true, Answer: cases.AnswerInTime, Outcome: mingjing.OutcomeRejected, AnswerDays: days(3),
				DecideDays: days(5)},
			{Dispute: "d2", Agency: "court", Asked: true, Answer: cases.AnswerLate, Outcome: mingjing.OutcomePartly, AnswerDays: days(3),
				DecideDays: days(0), Feedback: mingjing.FeedbackPoor},
			{Dispute: "d3", Agency: "court", Asked: true, Answer: cases.AnswerSilent, LateFrom: day},
			{Dispute: "d4", Agency: "court", Asked: true, LateFrom: day.Add(time.Hour)},
			{Dispute: "d5", Agency: "court", Outcome: mingjing.OutcomeUpheld, DecideDays: days(5), Feedback: mingjing.FeedbackGood},
			{Dispute: "d6", Agency: "tax"},
		}
		for i, k := range figures {
			do(t, s, func(ctx context.Context, tx *reader) error {
				return errors.Join(tx.PutRecord(ctx, record(r, "r"+k.Dispute)), tx.AddCase(ctx, dispute(r, k.Dispute, "r"+k.Dispute)),
					tx.SetAgencyCase(ctx, cases.AgencyCase{Dispute: k.Dispute, Agency: "traffic", Asked: i%2 == 0}), // as it was before
					tx.SetAgencyCase(ctx, k))
			})
		}
		want := []agencyside.AgencyCounts{
			{Agency: "court", Cases: 5, Asked: 4, InTime: 1, Late: 1, Silent: 1, Upheld: 1, Partly: 1, Rejected: 1, LateNow: 1, Good: 1, Poor: 1,
				AnswerDays: map[int]int{3: 2}, DecideDays: map[int]int{0: 1, 5: 2}},
			{Agency: "tax", Cases: 1, AnswerDays: map[int]int{}, DecideDays: map[int]int{}},
		}
		same(t, "sums", mustGet(t, s, func(ctx context.Context, tx *reader) ([]agencyside.AgencyCounts, error) {
			return tx.AgencyCounts(ctx, day.Add(time.Minute))
		}), want)
		ctx := t.Context()
		err := freely(ctx, s, func(tx *reader) error {
			return tx.SetAgencyCase(ctx, cases.AgencyCase{Dispute: "nowhere", Agency: "tax"})
		})
		if !errors.Is(err, kernel.ErrNotFound) {
			t.Errorf("a case of no dispute: %v, want ErrNotFound", err)
		}
	})
}
