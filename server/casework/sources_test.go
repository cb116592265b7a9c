package casework_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/score"
)

func TestAMissingSourceNeverHurts(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.offices.records = func(_ context.Context, agency string, _ score.RecordsQuery) (score.Reply, error) {
		if agency == "notary" || agency == "court" {
			return score.Reply{}, nil
		}
		return score.Reply{}, errDown
	}
	r := c.ask(t, a, "rongcheng")
	_, err := c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	c.clock.pass(24 * time.Hour)
	_, err = c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	s := c.latest(t, a, "rongcheng")
	if s.Value != c.books[1].Base || len(s.Missing) != len(few)-2 {
		t.Errorf("value %d with %v missing, want the base %d", s.Value, s.Missing, c.books[1].Base)
	}
}

func TestWhatAMissingSourceHadSaidBeforeStays(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	c.offices.records = func(context.Context, string, score.RecordsQuery) (score.Reply, error) {
		return score.Reply{}, errDown
	}
	r := c.ask(t, a, "rongcheng")
	c.clock.pass(24 * time.Hour)
	_, err := c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	if s := c.storedRecord(t, record).State; s != mingjing.RecordActive {
		t.Errorf("silence made the record %s", s)
	}
}

func TestAnswersAreKeptAsTheyComeAndARestartGoesOn(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	kill := c.Asker().Begin(ctx)
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("debt")}})
	c.offices.records = func(ctx context.Context, agency string, _ score.RecordsQuery) (score.Reply, error) {
		if agency == "court" || agency == "traffic" {
			return c.offices.held[agency], nil
		}
		<-ctx.Done()
		return score.Reply{}, ctx.Err()
	}
	r := c.ask(t, a, "rongcheng")
	must(t, c.work(score.JobCollect, r.ID))
	// Answers arrive while others are still being waited for.
	for deadline := time.Now().Add(30 * time.Second); c.request(t, a, r.ID).Progress.Answered < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the answers are not kept as they come")
		}
	}
	kill()
	if got := c.request(t, a, r.ID); got.State != mingjing.RequestCollecting || got.Progress.Answered != 2 {
		t.Fatalf("state %s, %d answered", got.State, got.Progress.Answered)
	}
	for _, s := range c.request(t, a, r.ID).Sources {
		if s.State == mingjing.SourceRetrying {
			t.Errorf("%s is blamed for being cut off", s.Agency)
		}
	}

	// Another process goes on: who has answered is not asked again.
	next := cityOn(t, c.store)
	next.clock = c.clock
	if wait, err := next.job(ctx, score.JobCollect, r.ID); err != nil || wait != 0 {
		t.Fatalf("wait %s, error %v", wait, err)
	}
	if next.offices.asked["court"] != 0 || next.offices.asked["tax"] != 1 {
		t.Errorf("asked after the restart: %v", next.offices.asked)
	}
	got := next.request(t, a, r.ID)
	if got.State != mingjing.RequestReady || len(got.Score.Missing) != 0 || got.Score.Value >= c.books[1].Base {
		t.Errorf("state %s, score %+v", got.State, got.Score)
	}
}

func TestAnAnswerThatCouldNotBeKeptIsAskedForAgain(t *testing.T) {
	broken := &flawed{}
	c := newCity(t, func(cfg *casework.Config) { broken.Store = cfg.Store; cfg.Store = broken })
	a := c.resident(t, 1)
	broken.fail = func(string) error { return errDown }
	r := c.ask(t, a, "rongcheng")
	wait, err := c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	if wait <= 0 {
		t.Fatal("nobody will ask again")
	}
	broken.fail = nil
	_, err = c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	if got := c.request(t, a, r.ID); got.State != mingjing.RequestReady || len(got.Score.Missing) != 0 {
		t.Errorf("state %s", got.State)
	}
}

type later time.Duration

func (l later) Error() string { return "come back later" }

func (l later) RetryAfter() (time.Duration, bool) { return time.Duration(l), l > 0 }

func TestAnAgencyIsNotAskedBeforeItsCircuitCloses(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.offices.records = func(_ context.Context, agency string, _ score.RecordsQuery) (score.Reply, error) {
		if agency == "tax" {
			return score.Reply{}, fmt.Errorf("asking: %w", later(7*time.Hour))
		}
		return score.Reply{}, nil
	}
	r := c.ask(t, a, "rongcheng")
	wait, err := c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	if wait != 7*time.Hour {
		t.Errorf("asked again after %s, want 7h", wait)
	}
	_, err = c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	if n := c.offices.asked["tax"]; n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	// Longer than there is time: the scoring comes first.
	c.clock.pass(20 * time.Hour)
	wait, err = c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	if wait != 4*time.Hour-score.DefaultReserve {
		t.Errorf("waits %s, want until the scoring", wait)
	}
}

func TestAnAgencySuppliesOnlyWhatItWasAskedFor(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	foreign, nameless := debt("foreign"), debt("")
	foreign.Code = "health.blood_type"
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{foreign, nameless, debt("debt"), debt("debt")}})
	full := score.Reply{Records: make([]score.ReplyRecord, score.MaxReplyItems+1)}
	c.offices.hold("tax", full)
	r := c.ask(t, a, "rongcheng")
	_, err := c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	c.clock.pass(24 * time.Hour)
	_, err = c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	v, err := c.Records(ctx, a)
	must(t, err)
	if len(v.Records) != 1 || v.Records[0].Record.Code != "court.unpaid_judgment" {
		t.Errorf("kept %+v", v.Records)
	}
	if got := c.request(t, a, r.ID); !slices.Equal(got.Score.Missing, []string{"tax"}) {
		t.Errorf("missing %v: a flood is no answer", got.Score.Missing)
	}
}

func TestWhatAnAgencyNoLongerHoldsGoes(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	if s := c.latest(t, a, "honest-shanghai"); !counts(s, record) || !counts(s, listing) {
		t.Fatal("they did not count")
	}
	c.offices.hold("court", score.Reply{})
	c.ready(t, a, "honest-shanghai")
	if s := c.storedRecord(t, record).State; s != mingjing.RecordRemoved {
		t.Errorf("the record is %s", s)
	}
	if s := c.storedListing(t, listing).State; s != mingjing.ListingLifted {
		t.Errorf("the listing is %s", s)
	}
	if s := c.latest(t, a, "honest-shanghai"); s.Value != c.books[0].Base {
		t.Errorf("value %d", s.Value)
	}
}

func TestARequestToWhichTooLittleWasAnsweredIsNoScoreAndIsMadeAgain(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	before := c.latest(t, a, "honest-shanghai")
	c.offices.records = func(_ context.Context, agency string, _ score.RecordsQuery) (score.Reply, error) {
		if agency == "court" { // which holds nothing any more
			return score.Reply{}, nil
		}
		return score.Reply{}, errDown
	}
	r := c.ask(t, a, "rongcheng")
	_, err := c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	c.clock.pass(mingjing.ScoreDeadline - score.DefaultReserve)
	must(t, c.did(ctx, score.JobScore, r.ID))

	got := c.request(t, a, r.ID)
	if got.State != mingjing.RequestTooLittle || got.Score != nil || got.FinishedAt == nil || got.FinishedAt.After(r.Deadline) ||
		got.Progress.Answered != 1 {
		t.Fatalf("it ends %s with the score %v, %d answered", got.State, got.Score, got.Progress.Answered)
	}
	if v, err := c.Score(ctx, a, "rongcheng"); err != nil || v != nil {
		t.Errorf("there is a score: %+v, %v", v, err)
	}
	form, err := c.ShareForm(ctx, a)
	must(t, err)
	if slices.ContainsFunc(form.Scores, func(k mingjing.ScoreCard) bool { return k.Rulebook.ID == "rongcheng" }) {
		t.Error("it can be shared")
	}
	if n := c.inbox(t, a)[0]; n.Kind != mingjing.NoticeScoreReady || n.Code != "too_little" || n.Subject != r.ID {
		t.Errorf("the resident is told %+v", n)
	}
	// What was answered is true all the same, and the score that there was changes by it.
	if s := c.storedRecord(t, record).State; s != mingjing.RecordRemoved {
		t.Errorf("the record is %s", s)
	}
	if after := c.latest(t, a, "honest-shanghai"); after.Value <= before.Value {
		t.Errorf("the score that there was is %d after %d", after.Value, before.Value)
	}

	// It is asked for again by itself, with a deadline of its own.
	again := c.request(t, a, got.Again)
	if again.State != mingjing.RequestQueued || again.Round != 1 || !again.Deadline.Equal(got.FinishedAt.Add(mingjing.ScoreDeadline)) {
		t.Errorf("the new request is %+v", again)
	}
	c.offices.records = nil
	_, err = c.job(ctx, score.JobCollect, again.ID)
	must(t, err)
	if done := c.request(t, a, again.ID); done.State != mingjing.RequestReady || done.Score == nil || len(done.Score.Missing) > 0 {
		t.Errorf("it ends %s with %+v", done.State, done.Score)
	}
}

func TestWhatIsNeverAnsweredEndsAfterSomeRounds(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.offices.records = func(context.Context, string, score.RecordsQuery) (score.Reply, error) { return score.Reply{}, errDown }
	rounds := 1
	for id := c.ask(t, a, "rongcheng").ID; ; rounds++ {
		c.clock.pass(mingjing.ScoreDeadline - score.DefaultReserve)
		must(t, c.did(ctx, score.JobScore, id))
		r := c.request(t, a, id)
		if r.State != mingjing.RequestTooLittle {
			t.Fatalf("it ends %s", r.State)
		}
		if id = r.Again; id == "" || rounds > 20 {
			break
		}
	}
	if rounds != 7 || c.inbox(t, a)[0].Code != "too_little_last" {
		t.Errorf("after %d rounds the resident is told %s", rounds, c.inbox(t, a)[0].Code)
	}
	c.ask(t, a, "rongcheng") // who wants to, asks again
}

func TestARulebookSaysHowManyMustHaveAnswered(t *testing.T) {
	for _, k := range []struct {
		least, answered, agencies int
		want                      bool
	}{{0, 0, 4, false}, {0, 1, 4, false}, {0, 2, 4, true}, {80, 3, 4, false}, {75, 3, 4, true}, {1, 0, 99, false}, {1, 1, 99, true},
		{100, 98, 99, false}, {100, 99, 99, true}} {
		b := mingjing.Rulebook{LeastAnswered: k.least}
		if got := b.EnoughAnswered(k.answered, k.agencies); got != k.want {
			t.Errorf("%d of %d are enough for %d %%: %v", k.answered, k.agencies, b.LeastPercent(), got)
		}
	}
}
