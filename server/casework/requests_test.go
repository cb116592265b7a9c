package casework_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/store"
	"mingjing/server/vault"
)

func TestADoubleClickMakesOneRequest(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	ids := make(chan string, 16)
	var clicks sync.WaitGroup
	for range cap(ids) {
		clicks.Go(func() {
			answer, _, err := onceSent(c, sending(a, "one form"), func(ctx context.Context) (mingjing.ScoreRequest, error) {
				return c.RequestScore(ctx, a, "rongcheng", true)
			})
			if err != nil {
				t.Error(err)
			}
			ids <- answer.ID
		})
	}
	clicks.Wait()
	close(ids)
	first := <-ids
	for id := range ids {
		if id != first {
			t.Errorf("two requests, %s and %s", first, id)
		}
	}
	if n := c.bus.count(a.ID, mingjing.EventRequest); n != 1 {
		t.Errorf("%d request events, want 1", n)
	}
}

func TestAResidentHasOneOpenRequest(t *testing.T) {
	c := newCity(t)
	a, b := c.resident(t, 1), c.resident(t, 2)
	r := c.ask(t, a, "rongcheng")
	_, err := c.RequestScore(ctx, a, "honest-shanghai", true)
	wants(t, err, "request_open")
	var e *mingjing.Error
	if errors.As(err, &e); e == nil || e.Values["id"] != r.ID {
		t.Errorf("the answer does not name the open request: %+v", e)
	}
	c.ask(t, b, "rongcheng") // nobody else's stands in the way
}

func TestNoScoreWithoutConsent(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	_, err := c.RequestScore(ctx, a, "rongcheng", false)
	wants(t, err, "consent:consent_required")
	_, err = c.RequestScore(ctx, a, "suining", true)
	wants(t, err, "rulebook:unknown_rulebook")
	v, err := c.Consents(ctx, a)
	must(t, err)
	if len(v.Consents) != 0 {
		t.Errorf("consents were given: %+v", v.Consents)
	}
}

func TestARequestIsReadyBeforeItsDeadlineAndNamesTheMissing(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.offices.records = func(_ context.Context, agency string, _ score.RecordsQuery) (score.Reply, error) {
		if agency == "tax" || agency == "notary" {
			return score.Reply{}, errDown
		}
		return score.Reply{}, nil
	}
	r := c.ask(t, a, "rongcheng")
	if want := monday.Add(24 * time.Hour); !r.Deadline.Equal(want) {
		t.Fatalf("deadline %s, want %s", r.Deadline, want)
	}
	for tries := 0; ; tries++ {
		wait, err := c.job(ctx, score.JobCollect, r.ID)
		must(t, err)
		if wait == 0 {
			break
		}
		if tries > 200 {
			t.Fatal("it never ends")
		}
		if got := c.request(t, a, r.ID); got.State != mingjing.RequestCollecting || got.Score != nil {
			t.Fatalf("state %s before the deadline, score %v", got.State, got.Score)
		}
		c.clock.pass(wait)
	}
	if now := c.clock.Now(); !now.Equal(r.Deadline.Add(-score.DefaultReserve)) {
		t.Errorf("scored at %s, want so long before %s that it is not late", now, r.Deadline)
	}
	got := c.request(t, a, r.ID)
	if got.State != mingjing.RequestReady || got.Score == nil || got.FinishedAt == nil {
		t.Fatalf("state %s, score %v", got.State, got.Score)
	}
	if want := []string{"notary", "tax"}; !slices.Equal(got.Score.Missing, want) {
		t.Errorf("missing %v, want %v", got.Score.Missing, want)
	}
	for _, s := range got.Sources {
		want := mingjing.SourceAnswered
		if s.Agency == "tax" || s.Agency == "notary" {
			want = mingjing.SourceMissing
		}
		if s.State != want {
			t.Errorf("%s is %s, want %s", s.Agency, s.State, want)
		}
	}
}

func TestAFailureWhileTheScoreIsMadeIsMadeGood(t *testing.T) {
	broken := &flawed{}
	c := newCity(t, func(cfg *casework.Config) { broken.Store = cfg.Store; cfg.Store = broken })
	a := c.resident(t, 1)
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("debt")}})
	broken.fail = func(op string) error {
		if op == "score" {
			return errDown
		}
		return nil
	}
	r := c.ask(t, a, "rongcheng")
	if _, err := c.job(ctx, score.JobCollect, r.ID); !errors.Is(err, errDown) {
		t.Fatalf("got %v", err)
	}
	got := c.request(t, a, r.ID)
	if got.State != mingjing.RequestScoring {
		t.Fatalf("state %s", got.State)
	}
	if v, err := c.Records(ctx, a); err != nil || len(v.Records) != 0 {
		t.Errorf("half of it was kept: %d records, %v", len(v.Records), err)
	}
	broken.fail = nil
	_, err := c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	if got := c.request(t, a, r.ID); got.State != mingjing.RequestReady {
		t.Errorf("state %s", got.State)
	}
	// Once more changes nothing.
	before := c.latest(t, a, "rongcheng")
	_, err = c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	if after := c.latest(t, a, "rongcheng"); after.ID != before.ID {
		t.Error("working on a ready request makes another score")
	}
}

func TestWithdrawingEndsTheOpenRequestAndItsScores(t *testing.T) {
	c := newCity(t)
	a, _, _ := c.owing(t, 1)
	c.ready(t, a, "rongcheng")
	waiting, withdrawn := make(chan bool, len(few)), make(chan bool)
	c.offices.records = func(_ context.Context, agency string, _ score.RecordsQuery) (score.Reply, error) {
		if agency != "court" {
			return score.Reply{}, nil
		}
		waiting <- true
		<-withdrawn
		return score.Reply{Records: []score.ReplyRecord{debt("too late")}}, nil
	}
	r := c.ask(t, a, "honest-shanghai")
	done := make(chan error, 1)
	go func() {
		_, err := c.job(ctx, score.JobCollect, r.ID)
		done <- err
	}()
	<-waiting
	must(t, c.Withdraw(ctx, a, "honest-shanghai"))
	close(withdrawn)
	must(t, <-done)

	got := c.request(t, a, r.ID)
	if got.State != mingjing.RequestWithdrawn || got.Score != nil || got.FinishedAt == nil {
		t.Errorf("state %s, score %v", got.State, got.Score)
	}
	c.do(t, func(tx opened) error {
		sources, err := tx.Sources(ctx, r.ID)
		for _, s := range sources {
			if s.Reply != nil {
				t.Errorf("what %s answered is still there", s.Agency)
			}
		}
		return err
	})
	if v, err := c.Score(ctx, a, "honest-shanghai"); err != nil || v != nil {
		t.Errorf("score %v, %v", v, err)
	}
	if v, err := c.Score(ctx, a, "rongcheng"); err != nil || v == nil {
		t.Errorf("the other rulebook's score went too: %v", err)
	}
	wants(t, c.Withdraw(ctx, a, "honest-shanghai"), "nothing_to_withdraw")
	wants(t, c.Withdraw(ctx, a, "suining"), "unknown_rulebook")
	// No job brings it back.
	_, err := c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	must(t, c.did(ctx, score.JobRescore, a.ID))
	if v, err := c.Score(ctx, a, "honest-shanghai"); err != nil || v != nil {
		t.Errorf("the score is back: %v, %v", v, err)
	}
}

func TestARequestThatIsNoMoreIsNoWork(t *testing.T) {
	c := newCity(t)
	wait, err := c.job(ctx, score.JobCollect, "nobody")
	if wait != 0 || err != nil {
		t.Errorf("wait %s, %v", wait, err)
	}
	wait, err = c.job(ctx, cases.JobQuestion, "nobody")
	if wait != 0 || err != nil {
		t.Errorf("wait %s, %v", wait, err)
	}
}

func TestARequestBringsTheOtherRulebooksScoreUpToDate(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.ready(t, a, "rongcheng")
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("debt")}})
	c.ready(t, a, "honest-shanghai")
	if s := c.latest(t, a, "rongcheng"); s.Value != c.books[1].Base-30 {
		t.Errorf("value %d", s.Value)
	}
}

func TestAListingWithoutNoticeHasNoEffect(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	l := blacklisted("list")
	l.NoticeOn = ""
	c.offices.hold("court", score.Reply{Listings: []score.ReplyListing{l}})
	c.ready(t, a, "honest-shanghai")
	v, err := c.Listings(ctx, a)
	must(t, err)
	got := v.Listings[0]
	if got.Effective || got.Listing.State != mingjing.ListingUnserved {
		t.Errorf("effective %v, state %s", got.Effective, got.Listing.State)
	}
	if s := c.latest(t, a, "honest-shanghai"); s.Value != c.books[0].Base {
		t.Errorf("value %d", s.Value)
	}
	// Notice is served: it has effect from then on.
	c.offices.hold("court", score.Reply{Listings: []score.ReplyListing{blacklisted("list")}})
	c.ready(t, a, "honest-shanghai")
	if s := c.latest(t, a, "honest-shanghai"); !counts(s, got.Listing.ID) {
		t.Error("a listing that was served has no effect")
	}
}

func TestAScoreChangesByItselfOnTheDayARecordEnds(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	before := c.latest(t, a, "honest-shanghai")
	c.clock.pass(36 * 31 * 24 * time.Hour)
	must(t, c.did(ctx, score.JobRescore, a.ID))
	after := c.latest(t, a, "honest-shanghai")
	if counts(after, record) || after.Value <= before.Value || after.Cause != "expiry" {
		t.Errorf("value %d after %d, cause %s", after.Value, before.Value, after.Cause)
	}
	must(t, c.did(ctx, score.JobRescore, a.ID))
	if again := c.latest(t, a, "honest-shanghai"); again.ID != after.ID {
		t.Error("a score that is what it was is made again")
	}
}

func TestALostEventDoesNoHarm(t *testing.T) {
	c := newCity(t)
	c.bus.err = errDown
	a := c.resident(t, 1)
	r := c.ready(t, a, "rongcheng")
	events, err := c.bureau.EventsAfter(ctx, a.ID, 0)
	must(t, err)
	if len(events) == 0 || events[len(events)-1].ID != r.ID {
		t.Errorf("events %+v", events)
	}
	for i := 1; i < len(events); i++ {
		if events[i].Seq <= events[i-1].Seq {
			t.Errorf("events out of order: %+v", events)
		}
	}
	last, err := c.bureau.LastEvent(ctx, a)
	must(t, err)
	if last != events[len(events)-1].Seq {
		t.Errorf("last %d", last)
	}
}

func TestOthersHearOfItWhenTheOneWhoDidItIsGone(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	leaving, leave := context.WithCancel(ctx)
	heard := make(chan error, 8)
	b := &leavingBus{leave: leave, heard: heard}
	c2 := cityOn(t, c.store, func(cfg *casework.Config) { cfg.Bus = b })
	_, _ = c2.RequestScore(leaving, a, "rongcheng", true)
	for range 2 { // consent and request
		if err := <-heard; err != nil {
			t.Errorf("published with %v", err)
		}
	}
}

// A leavingBus is told by somebody who then leaves.
type leavingBus struct {
	leave func()
	heard chan error
}

func (b *leavingBus) Publish(ctx context.Context, _ string, _ mingjing.Event) error {
	b.leave()
	b.heard <- ctx.Err()
	return nil
}

func TestWorkTakesARequestFromAskedToReady(t *testing.T) {
	c := newCity(t, func(cfg *casework.Config) { cfg.Clock = wallClock{}; cfg.ClockScale = 24 * 3600 / 2 }) // 24 h are 2 s
	a := c.resident(t, 1)
	c.offices.records = func(ctx context.Context, agency string, _ score.RecordsQuery) (score.Reply, error) {
		if agency == "tax" { // takes the question and never answers
			<-ctx.Done()
			return score.Reply{}, ctx.Err()
		}
		return score.Reply{}, nil
	}
	ready := make(chan mingjing.Event, 1000)
	c.bus.tell = func(audience string, e mingjing.Event) {
		if audience == a.ID && e.Kind == mingjing.EventScore {
			ready <- e
		}
	}
	working, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- c.bureau.Work(working) }()
	r := c.ask(t, a, "rongcheng")
	select {
	case <-ready:
	case <-time.After(time.Minute):
		t.Error("it never became ready")
	}
	stop()
	must(t, <-done)
	got := c.request(t, a, r.ID)
	if got.State != mingjing.RequestReady || !slices.Equal(got.Score.Missing, []string{"tax"}) {
		t.Errorf("state %s, score %+v", got.State, got.Score)
	}
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func TestASilentAgencyIsAskedOnceMoreShortlyBeforeTheScoringAndNotAfterIt(t *testing.T) {
	c := newCity(t, func(cfg *casework.Config) { cfg.ScoreReserve = 10 * time.Minute })
	a := c.resident(t, 1)
	var last time.Time
	c.offices.records = func(_ context.Context, agency string, _ score.RecordsQuery) (score.Reply, error) {
		if agency == "tax" {
			last = c.clock.Now()
			return score.Reply{}, errDown
		}
		return score.Reply{}, nil
	}
	r := c.ask(t, a, "rongcheng")
	for wait, err := c.job(ctx, score.JobCollect, r.ID); wait > 0; wait, err = c.job(ctx, score.JobCollect, r.ID) {
		must(t, err)
		c.clock.pass(wait)
	}
	if want := r.Deadline.Add(-11 * time.Minute); !last.Equal(want) {
		t.Errorf("asked at %s for the last time, want %s", last, want)
	}
	if got := c.request(t, a, r.ID); got.State != mingjing.RequestReady || !got.FinishedAt.Equal(r.Deadline.Add(-10*time.Minute)) {
		t.Errorf("%s at %v, want ready ten minutes before %s", got.State, got.FinishedAt, r.Deadline)
	}
}

func TestAScoreIsMadeAtItsTimeWhileAgenciesAreStillBeingAsked(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.offices.records = func(ctx context.Context, agency string, _ score.RecordsQuery) (score.Reply, error) {
		if agency == "tax" { // takes the question and never answers
			<-ctx.Done()
			return score.Reply{}, ctx.Err()
		}
		return score.Reply{}, nil
	}
	r := c.ask(t, a, "rongcheng")
	must(t, c.work(score.JobCollect, r.ID))
	c.Asker().Wait(1) // all but one have answered
	wait, err := c.job(ctx, score.JobScore, r.ID)
	must(t, err)
	if want := mingjing.ScoreDeadline - score.DefaultReserve; wait != want {
		t.Fatalf("it is scored in %s, want %s", wait, want)
	}
	c.clock.pass(wait)
	must(t, c.did(ctx, score.JobScore, r.ID))
	got := c.request(t, a, r.ID)
	if got.State != mingjing.RequestReady || !slices.Equal(got.Score.Missing, []string{"tax"}) {
		t.Errorf("%s, %+v", got.State, got.Score)
	}
	c.Asker().Wait(0) // nobody asks for it any more
}

// TestEachResidentsAgenciesAreAskedAtOnceHoweverSlowTheyAre has 64 residents and agencies
// that all are silent. One worker has all of them asked, and does the other jobs.
func TestEachResidentsAgenciesAreAskedAtOnceHoweverSlowTheyAre(t *testing.T) {
	const residents = 64
	s, err := store.Open(ctx, "sqlite::memory:", store.Options{IDKey: bytes.Repeat([]byte("k"), store.IDKeySize), Vault: vault.Memory(),
		Workers: 1})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	c := cityOn(t, s, withPress(&press{}), func(cfg *casework.Config) {
		cfg.Clock, cfg.Asks = wallClock{}, kernel.Limits{PerAgency: residents, Total: residents * len(few)}
	})
	asked := make(chan string, residents*len(few))
	c.offices.records = func(ctx context.Context, _ string, q score.RecordsQuery) (score.Reply, error) {
		asked <- q.RequestID
		<-ctx.Done()
		return score.Reply{}, ctx.Err()
	}
	working, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- c.bureau.Work(working) }()
	defer func() {
		stop()
		must(t, <-done)
	}()
	want := map[string]int{}
	var last mingjing.Actor
	for n := range residents {
		last = c.resident(t, n+1)
		want[c.ask(t, last, "rongcheng").ID] = len(few)
	}
	late := time.After(30 * time.Second)
	for range residents * len(few) {
		select {
		case id := <-asked:
			want[id]--
		case <-late:
			t.Fatalf("%d agencies were asked of %d", len(want)*len(few)-total(want), residents*len(few))
		}
	}
	if total(want) != 0 {
		t.Errorf("some were asked twice and others not at all: %v", want)
	}
	// What else is due is not behind them.
	view, err := c.StartExport(ctx, fresh(last), "en")
	must(t, err)
	for view.Job.State != mingjing.ExportReady {
		select {
		case <-late:
			t.Fatalf("an export is %s", view.Job.State)
		case <-time.After(time.Millisecond):
		}
		view, err = c.Export(ctx, fresh(last))
		must(t, err)
	}
}

func total(counts map[string]int) (n int) {
	for _, k := range counts {
		n += k
	}
	return n
}
