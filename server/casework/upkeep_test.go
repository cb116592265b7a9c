package casework_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/casework/upkeep"
)

// counted are Figures that remember what they heard.
type counted struct {
	took    []time.Duration
	removed map[upkeep.Kind]int
	late    []mingjing.LateScores
}

func (c *counted) ScoresLate(n mingjing.LateScores) { c.late = append(c.late, n) }

func (c *counted) ScoreReady(took time.Duration) { c.took = append(c.took, took) }

func (c *counted) Removed(kind upkeep.Kind, n int) { c.removed[kind] += n }

func TestTheSourcesOfAFinishedRequestGoAfterTheirTime(t *testing.T) {
	heard := &counted{removed: map[upkeep.Kind]int{}}
	c := newCity(t, func(cfg *casework.Config) { cfg.Figures = heard })
	a := c.resident(t, 1)
	r := c.ready(t, a, "rongcheng")
	if len(r.Sources) == 0 {
		t.Fatal("a request that is ready has no sources")
	}
	c.clock.pass(upkeep.KeptFor(upkeep.Sources) - time.Minute)
	must(t, c.did(ctx, upkeep.JobRemoveOld, "all"))
	if got := c.request(t, a, r.ID); len(got.Sources) != len(r.Sources) {
		t.Errorf("before their time %d of %d sources are left", len(got.Sources), len(r.Sources))
	}
	c.clock.pass(2 * time.Minute)
	must(t, c.did(ctx, upkeep.JobRemoveOld, "all"))
	got := c.request(t, a, r.ID)
	if len(got.Sources) != 0 || got.State != mingjing.RequestReady || got.FinishedAt == nil {
		t.Errorf("after their time the request is %+v", got)
	}
	if heard.removed[upkeep.Sources] != 1 || heard.removed[upkeep.Events] == 0 {
		t.Errorf("the figures heard of %v", heard.removed)
	}
	if v, err := c.Score(ctx, a, "rongcheng"); err != nil || v == nil {
		t.Errorf("the score has gone too: %v, %v", v, err)
	}
}

func TestWhatIsRemovedOpensNothingOfAResident(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.ready(t, a, "rongcheng")
	size := func() (n int64) {
		must(t, c.Read(ctx, func(tx *kernel.Tx) (err error) {
			n, err = kernel.PortOf[accesslog.Port](tx).TreeSize(ctx)
			return err
		}))
		return n
	}
	before := size()
	c.clock.pass(upkeep.KeptFor(upkeep.UnreadNotices) + time.Hour)
	must(t, c.did(ctx, upkeep.JobRemoveOld, "all"))
	if after := size(); after != before {
		t.Errorf("the access log had %d entries and has %d", before, after)
	}
}

func TestAPageThatMissedWhatIsGoneReadsEverythingAgain(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.ready(t, a, "rongcheng")
	last, err := c.bureau.LastEvent(ctx, a)
	must(t, err)
	c.clock.pass(upkeep.KeptFor(upkeep.Events) + time.Hour)
	must(t, c.did(ctx, upkeep.JobRemoveOld, "all"))
	for _, after := range []int64{-1, 0, 1, last - 1} {
		events, err := c.bureau.EventsAfter(ctx, a.ID, after)
		if err != nil || len(events) != 1 || events[0].Kind != mingjing.EventReset || events[0].Seq != last {
			t.Errorf("after %d there is %+v, %v", after, events, err)
		}
	}
	if events, err := c.bureau.EventsAfter(ctx, a.ID, last); err != nil || len(events) != 0 {
		t.Errorf("after the last there is %+v, %v", events, err)
	}
	must(t, c.notified(a.ID, mingjing.NoticeScoreReady, "", "request", "r"))
	// What came after it is there, and is told as it is.
	if events, err := c.bureau.EventsAfter(ctx, a.ID, last); err != nil || len(events) != 1 || events[0].Kind == mingjing.EventReset {
		t.Errorf("after a new event there is %+v, %v", events, err)
	}
}

func TestTheFiguresHearHowLongAScoreTook(t *testing.T) {
	heard := &counted{removed: map[upkeep.Kind]int{}}
	c := newCity(t, func(cfg *casework.Config) { cfg.Figures = heard })
	r := c.ask(t, c.resident(t, 1), "rongcheng")
	c.clock.pass(7 * time.Minute)
	for range 2 { // the second time there is nothing to do
		_, err := c.job(ctx, score.JobCollect, r.ID)
		must(t, err)
	}
	if len(heard.took) != 1 || heard.took[0] != 7*time.Minute {
		t.Errorf("it took %v", heard.took)
	}
}

func TestTheHourlyRemovalIsScheduledOnceForAllReplicas(t *testing.T) {
	queued := &recording{}
	c := newCity(t, func(cfg *casework.Config) { queued.Store, cfg.Store = cfg.Store, queued })
	for range 3 { // as three replicas that start
		must(t, c.bureau.Upkeep.Begin(ctx))
	}
	c.clock.pass(70 * time.Minute)
	must(t, c.did(ctx, upkeep.JobRemoveOld, "all"))
	first, next := monday.Truncate(time.Hour).Add(time.Hour), monday.Truncate(time.Hour).Add(2*time.Hour)
	for i, want := range []time.Time{first, first, first, next} {
		if len(queued.at) <= i || !queued.at[i].Equal(want) {
			t.Fatalf("the job is scheduled for %v", queued.at)
		}
	}
}

// recording remembers for when the removal was scheduled. That the same job waits once,
// the store's tests say.
type recording struct {
	casework.Store
	at []time.Time
}

func (r *recording) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	return r.Store.Tx(ctx, func(t casework.Tx) error { return fn(scheduledTx{t, r}) })
}

type scheduledTx struct {
	casework.Tx
	r *recording
}

func (t scheduledTx) Enqueue(ctx context.Context, j kernel.Job) error {
	if j.Kind == upkeep.JobRemoveOld {
		t.r.at = append(t.r.at, j.At)
	}
	return t.Tx.Enqueue(ctx, j)
}

func TestScoresThatWillBeLateAreSeenBefore(t *testing.T) {
	heard := &counted{removed: map[upkeep.Kind]int{}}
	var log bytes.Buffer
	c := newCity(t, func(cfg *casework.Config) {
		cfg.Figures, cfg.Logger, cfg.ScoreReserve = heard, slog.New(slog.NewTextHandler(&log, nil)), 10*time.Minute
	})
	c.ask(t, c.resident(t, 1), "rongcheng")
	c.clock.pass(time.Hour)
	c.ask(t, c.resident(t, 2), "rongcheng")
	for _, want := range []struct {
		pass time.Duration
		mingjing.LateScores
	}{
		{23*time.Hour - 6*time.Minute, mingjing.LateScores{}}, // its time has just come
		{2 * time.Minute, mingjing.LateScores{Endangered: 1}},
		{5 * time.Minute, mingjing.LateScores{Late: 1}},
		{55 * time.Minute, mingjing.LateScores{Endangered: 1, Late: 1}},
	} {
		c.clock.pass(want.pass)
		log.Reset()
		c.Look(ctx, heard.ScoresLate)
		if got := heard.late[len(heard.late)-1]; got != want.LateScores {
			t.Errorf("at %s there are %+v, want %+v", c.clock.Now(), got, want.LateScores)
		}
		if said := strings.Contains(log.String(), "late"); said != (want.LateScores != mingjing.LateScores{}) {
			t.Errorf("at %s the log says %q", c.clock.Now(), log.String())
		}
		q, err := c.Cases(ctx, handler, mingjing.CaseFilter{}, "")
		must(t, err)
		if q.Scores != want.LateScores {
			t.Errorf("at %s staff are told of %+v", c.clock.Now(), q.Scores)
		}
	}
}
