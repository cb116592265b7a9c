package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

func TestTheDeskKeepsWhatItIsGiven(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, a, b := open(t, url), resident(1), resident(2)
		enrol(t, s, a)
		first, second, taken := dispute(a, "first", "rec-1"), dispute(a, "second", "rec-2"), dispute(a, "taken", "rec-3")
		second.FiledAt = day.Add(time.Second)
		taken.HandlerID, taken.Handler, taken.State = "H-1", "Handler One", mingjing.CaseAssigned
		days := 3
		do(t, s, func(ctx context.Context, tx *reader) error {
			for _, d := range []cases.Case{second, first, taken} { // the order is not that of insertion
				must(t, tx.PutRecord(ctx, record(a, d.RecordID)))
				must(t, tx.AddCase(ctx, d))
			}
			must(t, tx.SetDeskCase(ctx, desk.Case{Dispute: "taken", Handler: "H-1", Name: "Handler One", Way: desk.TakenAsNext, TakenAt: day}))
			must(t, tx.SetDeskCase(ctx, desk.Case{Dispute: "first", Handler: "H-1", Name: "Handler One", Way: desk.TakenByChoice, TakenAt: day}))
			must(t, tx.DecideDeskCase(ctx, desk.Case{Dispute: "first", Handler: "H-1", Name: "Handler One", DecidedAt: day.Add(time.Hour),
				Days: &days}))
			must(t, tx.DecideDeskCase(ctx, desk.Case{Dispute: "second", Handler: "H-2", Name: "Handler Two", DecidedAt: day.Add(time.Hour),
				Days: &days}))
			must(t, tx.AddNote(ctx, "first", mingjing.Note{ID: "n-1", Text: "A note.", By: "Handler One", Role: mingjing.RoleHandler, At: day}))
			must(t, tx.AddRelative(ctx, desk.Relative{ID: "r-1", Staff: "H-1", IDNumber: a.IDNumber, At: day}))
			must(t, tx.AddRelative(ctx, desk.Relative{ID: "r-2", Staff: "H-1", IDNumber: b.IDNumber, At: day}))
			must(t, tx.AddDeclaration(ctx, mingjing.Declaration{At: day, Staff: "H-1", Action: "declared"}))
			must(t, tx.AddDeclaration(ctx, mingjing.Declaration{At: day, Staff: "H-1", Action: "removed"}))
			must(t, tx.AddMiss(ctx, "H-2", day.Add(-2*time.Hour)))
			must(t, tx.AddMiss(ctx, "H-2", day))
			must(t, tx.AddMiss(ctx, "H-2", day.Add(time.Minute)))
			must(t, tx.AddOpening(ctx, "H-2", "first", day.Add(-2*time.Hour)))
			must(t, tx.AddOpening(ctx, "H-2", "first", day))
			return tx.AddVisit(ctx, desk.Visit{ID: "v-1", Staff: "H-1", Resident: a.ID, At: day})
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			waiting, err := tx.Waiting(ctx, time.Time{}, 0, 10)
			must(t, err)
			same(t, "waiting", ids(waiting, func(d cases.Case) string { return d.ID }), "first second")
			waiting, err = tx.Waiting(ctx, time.Time{}, 1, 10)
			must(t, err)
			same(t, "the rest", ids(waiting, func(d cases.Case) string { return d.ID }), "second")
			late, err := tx.Waiting(ctx, day.Add(48*time.Hour), 0, 10)
			must(t, err)
			same(t, "late", len(late), 3)
			n, err := tx.OpenCases(ctx, "H-1")
			must(t, err)
			same(t, "open", n, 1)
			counts, err := tx.DeskCounts(ctx, day, day.Add(-time.Hour))
			must(t, err)
			same(t, "figures", counts, []desk.Counts{
				{Handler: "H-1", Name: "Handler One", Open: 1, Next: day.Add(24 * time.Hour).UTC(), Days: map[int]int{3: 1}, Given: 1, Picked: 1},
				{Handler: "H-2", Name: "Handler Two", Days: map[int]int{3: 1}, Missed: 2, Opened: 1}})
			for since, want := range map[time.Duration]bool{-time.Hour: true, 0: false} {
				got, err := tx.OpenedCase(ctx, "H-2", "first", day.Add(since))
				must(t, err)
				same(t, "opened", got, want)
			}
			other, err := tx.OpenedCase(ctx, "H-1", "first", day.Add(-time.Hour))
			must(t, err)
			same(t, "opened by somebody else", other, false)
			missed, since, err := tx.Misses(ctx, "H-2", day.Add(-time.Hour))
			must(t, err)
			same(t, "misses", missed, 2)
			same(t, "the first of them", since, day.UTC())
			notes, err := tx.Notes(ctx, "first")
			must(t, err)
			same(t, "notes", ids(notes, func(n mingjing.Note) string { return n.Text }), "A note.")
			return nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			kin, err := tx.RelativeResidents(ctx, "H-1")
			must(t, err)
			same(t, "relatives who are enrolled", kin, []mingjing.ResidentID{a.ID})
			must(t, tx.AddResident(ctx, b))
			kin, err = tx.RelativeResidents(ctx, "H-1")
			must(t, err)
			same(t, "and who are since", kin, []mingjing.ResidentID{a.ID, b.ID})
			same(t, "declared again", errors.Is(tx.AddRelative(ctx, desk.Relative{ID: "r-3", Staff: "H-1", IDNumber: a.IDNumber, At: day}),
				kernel.ErrExists), true)
			same(t, "another's", errors.Is(tx.DeleteRelative(ctx, "H-2", "r-1"), kernel.ErrNotFound), true)
			must(t, tx.DeleteRelative(ctx, "H-1", "r-1"))
			left, err := tx.Relatives(ctx, "H-1")
			must(t, err)
			same(t, "left", ids(left, func(r desk.Relative) string { return r.ID }), "r-2")
			log, err := tx.Declarations(ctx, 10)
			must(t, err)
			same(t, "log", ids(log, func(d mingjing.Declaration) string { return d.Action }), "removed declared")
			v, err := tx.Visit(ctx, "v-1")
			must(t, err)
			same(t, "visit", v, desk.Visit{ID: "v-1", Staff: "H-1", Resident: a.ID, At: day.UTC()})
			_, err = tx.Visit(ctx, "v-2")
			same(t, "no visit", errors.Is(err, kernel.ErrNotFound), true)
			return nil
		})
		err := freely(t.Context(), s, func(tx *reader) error {
			return tx.AddNote(t.Context(), "none", mingjing.Note{ID: "n-2", At: day})
		})
		same(t, "a note on nothing", errors.Is(err, kernel.ErrNotFound), true)
	})
}

func TestTheNextDeadlinesAreCountedByInstant(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, a, b := open(t, url), resident(1), resident(2)
		enrol(t, s, a, b)
		soon := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
		for _, id := range []string{"d1", "d2"} {
			d := dispute(a, id, "r"+id)
			d.NextDue = soon
			do(t, s, func(ctx context.Context, tx *reader) error {
				must(t, tx.PutRecord(ctx, record(a, "r"+id)))
				return tx.AddCase(ctx, d)
			})
		}
		q := request(b, "q")
		q.CreatedAt = soon.Add(-20 * time.Hour)
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddRequest(ctx, q) })
		enqueue(t, s, kernel.Job{Kind: score.JobRescore, ID: "a", At: soon.Add(time.Minute)})
		enqueue(t, s, kernel.Job{Kind: score.JobRescore, ID: "b", At: soon.Add(time.Minute)})
		enqueue(t, s, kernel.Job{Kind: score.JobCollect, ID: "q"}) // waits for nothing
		read := func(now time.Time) []mingjing.DeadlineCount {
			return mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.DeadlineCount, error) {
				return tx.Deadlines(ctx, now, 24*time.Hour, 5)
			})
		}
		same(t, "the next ones", read(time.Now()), []mingjing.DeadlineCount{{Kind: "case", At: soon, N: 2},
			{Kind: "score", At: soon.Add(4 * time.Hour), N: 1}, {Kind: "job", At: soon.Add(time.Minute), N: 2}})
		same(t, "after the first", read(soon), []mingjing.DeadlineCount{{Kind: "score", At: soon.Add(4 * time.Hour), N: 1},
			{Kind: "job", At: soon.Add(time.Minute), N: 2}})
		same(t, "after all", read(soon.Add(24*time.Hour)), []mingjing.DeadlineCount{})
	})
}
