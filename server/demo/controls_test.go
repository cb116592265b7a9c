package demo_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/demo"
	"mingjing/server/store"
	"mingjing/server/vault"
	"mingjing/web/rulebooks"
)

var (
	handler    = mingjing.Actor{Role: mingjing.RoleHandler, ID: "H-1", Name: "Handler", AAL: 2}
	supervisor = mingjing.Actor{Role: mingjing.RoleSupervisor, ID: "S-1", Name: "Supervisor", AAL: 2}
	auditor    = mingjing.Actor{Role: mingjing.RoleAuditor, ID: "A-1", Name: "Auditor", AAL: 2}

	monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("CST", 8*60*60))
)

// nobodyListens is a bus of a city without open screens.
type nobodyListens struct{}

func (nobodyListens) Publish(context.Context, string, mingjing.Event) error { return nil }

// moved is a city whose clock stands at a Monday and goes only where it is moved.
type moved struct {
	demo.Controls
	bureau *casework.Bureau
	store  *store.Store
}

func newMoved(t *testing.T, scale int) moved {
	t.Helper()
	clock, err := demo.OpenClock(filepath.Join(t.TempDir(), "demo-clock.json"))
	if err != nil {
		t.Fatal(err)
	}
	clock.StopAt(monday)
	b, db := newBureau(t, clock, scale)
	return moved{demo.Controls{City: b.City, Desk: b.Desk, Jobs: db, Time: clock}, b, db}
}

// newBureau opens casework on a store in memory, with agencies that nobody reaches.
func newBureau(t *testing.T, clock *demo.Clock, scale int) (*casework.Bureau, *store.Store) {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite::memory:",
		store.Options{IDKey: bytes.Repeat([]byte("k"), store.IDKeySize), Vault: vault.Memory(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	calendars, err := rulebooks.Calendars()
	if err != nil {
		t.Fatal(err)
	}
	none := agency.New(agency.Config{Key: bytes.Repeat([]byte("k"), agency.MinKey), Clock: clock})
	t.Cleanup(func() { _ = none.Close() })
	b, err := casework.New(casework.Config{Store: db, Bus: nobodyListens{}, Agencies: none, Clock: clock,
		Books: books(t), Calendars: calendars, ClockScale: scale})
	if err != nil {
		t.Fatal(err)
	}
	return b, db
}

func (m moved) move(t *testing.T, a mingjing.Actor, step string) mingjing.DemoClockView {
	t.Helper()
	v, err := m.MoveClock(t.Context(), a, step)
	if err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	return v
}

// code is that of an error, or of its one field.
func code(err error) string {
	e, ok := errors.AsType[*mingjing.Error](err)
	switch {
	case !ok:
		return ""
	case len(e.Fields) == 1:
		return e.Fields[0].Code
	}
	return e.Code
}

func TestStepsOfDeadlinesAreTheLawsTimeAndStepsOfDaysTheCalendars(t *testing.T) {
	for _, scale := range []int{1, 500} {
		for step, law := range map[string]time.Duration{
			"hour": time.Hour,
			// From a Monday at nine to the end of Tuesday, of the next Monday, and of the one after.
			"working_1": 39 * time.Hour, "working_5": 7*24*time.Hour + 15*time.Hour, "working_10": 14*24*time.Hour + 15*time.Hour,
		} {
			m := newMoved(t, scale)
			v := m.move(t, handler, step)
			if got, want := m.Time.Now().Sub(monday), law/time.Duration(scale)+time.Millisecond; got != want {
				t.Errorf("scale %d: %s moved it by %s, want %s", scale, step, got, want)
			}
			if !v.Now.Equal(m.Time.Now()) {
				t.Errorf("%s: it says that it is %s", step, v.Now)
			}
		}
		for step, day := range map[string]string{"day": "2026-03-03", "month": "2026-04-02", "year": "2027-03-02"} {
			if got := newMoved(t, scale).move(t, handler, step).Now.Format(time.DateOnly); got != day {
				t.Errorf("scale %d: %s moved it to %s, want %s", scale, step, got, day)
			}
		}
	}
}

func TestATesterMovesToTheNextDeadlineAndSeesWhatWaits(t *testing.T) {
	m := newMoved(t, 1)
	if _, err := m.MoveClock(t.Context(), handler, "deadline"); code(err) != "no_deadline" {
		t.Errorf("where nothing waits: %v", err)
	}
	id, err := m.bureau.Register.Enrol(t.Context(), storyID(t, demo.StoryRepair), "Somebody")
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.bureau.Scores.RequestScore(t.Context(), mingjing.Actor{Role: mingjing.RoleResident, ID: string(id), AAL: 1},
		"honest-shanghai", true)
	if err != nil {
		t.Fatal(err)
	}
	due := monday.Add(mingjing.ScoreDeadline)
	v, err := m.Clock(t.Context(), auditor)
	if err != nil || !v.Now.Equal(monday) || len(v.Deadlines) == 0 ||
		v.Deadlines[0] != (mingjing.DeadlineCount{Kind: mingjing.DeadlineScore, At: due.UTC(), N: 1}) {
		t.Errorf("%+v, %v", v, err)
	}
	v = m.move(t, supervisor, "deadline")
	if !v.Now.Equal(due.Add(time.Millisecond)) {
		t.Errorf("it was moved to %s, want just after %s", v.Now, due)
	}
	for _, next := range v.Deadlines {
		if !next.At.After(v.Now) {
			t.Errorf("%+v is over", next)
		}
	}
}

func TestWhatWaitsForAnInstantIsDoneWhenTheClockIsMovedThere(t *testing.T) {
	m := newMoved(t, 1)
	done := make(chan time.Time, 1)
	ctx, stop := context.WithCancel(t.Context())
	worked := make(chan error, 1)
	go func() {
		worked <- m.store.Work(ctx, func(context.Context, kernel.Job) (time.Duration, error) {
			done <- m.Time.Now()
			return 0, nil
		})
	}()
	at := monday.Add(40 * 24 * time.Hour)
	if err := m.store.Tx(ctx, func(tx casework.Tx) error {
		return tx.Enqueue(ctx, kernel.Job{Kind: score.JobRescore, ID: "dated", At: at})
	}); err != nil {
		t.Fatal(err)
	}
	if v := m.move(t, handler, "month"); len(v.Deadlines) != 1 || !v.Deadlines[0].At.Equal(at) || len(done) > 0 {
		t.Errorf("a month later it is done, or not waited for: %+v", v)
	}
	m.move(t, handler, "deadline")
	select {
	case when := <-done:
		if when.Before(at) {
			t.Errorf("it was done at %s", when)
		}
	case <-time.After(time.Minute):
		t.Error("it was not done")
	}
	stop()
	if err := <-worked; err != nil {
		t.Error(err)
	}
}

func TestTheClockIsMovedByNobodyElseAndByNoOtherStep(t *testing.T) {
	m := newMoved(t, 1)
	for _, step := range []string{"", "decade", "-1"} {
		if _, err := m.MoveClock(t.Context(), handler, step); code(err) != "step_required" {
			t.Errorf("%q: %v", step, err)
		}
	}
	half := handler
	half.AAL = 1
	for name, who := range map[string]struct {
		actor mingjing.Actor
		sees  string
		moves string
	}{
		"nobody":                      {mingjing.Actor{}, "forbidden", "forbidden"},
		"a resident":                  {mingjing.Actor{Role: mingjing.RoleResident, ID: "r-1", AAL: 1}, "forbidden", "forbidden"},
		"a handler by password alone": {half, "aal2_required", "aal2_required"},
		"an auditor":                  {auditor, "", "forbidden"},
	} {
		v, err := m.Clock(t.Context(), who.actor)
		if code(err) != who.sees || (who.sees != "" && !v.Now.IsZero()) {
			t.Errorf("%s sees %+v, %v", name, v, err)
		}
		if _, err := m.MoveClock(t.Context(), who.actor, "hour"); code(err) != who.moves {
			t.Errorf("%s moves it: %v", name, err)
		}
	}
	if !m.Time.Now().Equal(monday) {
		t.Error("the clock was moved")
	}
}

// still fails when jobs are advanced.
type still struct{ t *testing.T }

func (s still) Advance(context.Context, time.Duration) error {
	s.t.Error("the jobs were advanced without the clock")
	return nil
}

func TestJobsStayWhereTheClockCannotBeMoved(t *testing.T) {
	m := newMoved(t, 1)
	m.move(t, handler, "year")
	m.Jobs = still{t}
	if err := m.Time.Move(9 * 366 * 24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := m.MoveClock(t.Context(), handler, "year"); code(err) != "clock_too_far" {
		t.Errorf("ten years ahead: %v", err)
	}
}

func TestACityThatSettlesAgainTellsItsStoriesOnce(t *testing.T) {
	city, err := demo.Open(t.Context(), t.TempDir(), demo.Config{Books: books(t), Instant: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = city.Close() })
	b, _ := newBureau(t, city.Time(), 1)
	r := newRegistry()
	var first []demo.Account
	for range 2 {
		accounts, err := city.Settle(t.Context(), b, r)
		if err != nil {
			t.Fatal(err)
		}
		opens(t, r, accounts)
		if first == nil {
			first = accounts
		}
		if len(accounts) != len(first) {
			t.Errorf("%d accounts, and %d before", len(accounts), len(first))
		}
	}
	id, err := b.Register.Enrol(t.Context(), storyID(t, demo.StoryLookedAt), "Enrolled already")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := b.Register.Residents(t.Context()); err != nil || n != len(first)-len(r.roles) {
		t.Errorf("%d residents, %v", n, err)
	}
	me := mingjing.Actor{Role: mingjing.RoleResident, ID: string(id), AAL: 1}
	log, err := b.AccessLog.AccessLog(t.Context(), me, true, "")
	if err != nil || len(log.Entries) != 1 || log.Entries[0].Role != mingjing.RoleHandler {
		t.Errorf("looks of others: %+v, %v", log.Entries, err)
	}
}
