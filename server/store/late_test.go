package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
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
			do(t, s, func(ctx context.Context, tx casework.Tx) error {
				return errors.Join(tx.PutRecord(ctx, record(r, "r"+id)), tx.AddDispute(ctx, d))
			})
		}
		check := func(hours int, late, very string) {
			t.Helper()
			now := day.Add(time.Duration(hours) * time.Hour)
			do(t, s, func(ctx context.Context, tx casework.Tx) error {
				for how, want := range map[mingjing.Lateness]string{mingjing.Late: late, mingjing.VeryLate: very} {
					got := ""
					found, err := tx.Cases(ctx, casework.CaseQuery{CaseFilter: mingjing.CaseFilter{Late: how}, Now: now, Limit: 10})
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
		do(t, s, func(ctx context.Context, tx casework.Tx) error {
			d, err := tx.Dispute(ctx, "d1")
			if err != nil {
				return err
			}
			d.State, d.NextDue, d.Clocks[0].MetAt = mingjing.DisputeDecided, time.Time{}, &day
			return tx.SetDispute(ctx, d)
		})
		check(500, "d4", "d2d3")
	})
}
