package casework_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/kernel"
	"mingjing/server/evidence"
)

// sending is a request of an actor with a key.
func sending(a mingjing.Actor, key string) kernel.Sending {
	return kernel.Sending{Actor: a, Action: "/api/probe", Key: key, Content: []byte("content")}
}

// onceSent sends a request, and returns its answer, as the first time, and what was answered
// before.
func onceSent[T any](c *city, s kernel.Sending, do func(ctx context.Context) (T, error)) (v T, before *kernel.Answered, err error) {
	before, err = c.Once(ctx, s, func(ctx context.Context) ([]byte, error) {
		v, err := do(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(v)
	})
	if err != nil {
		return v, before, err
	}
	if before == nil { // what was stored is what a second time returns
		if before, err = c.Once(ctx, s, nil); err != nil {
			return v, before, err
		}
		return v, nil, json.Unmarshal(before.Answer, &v)
	}
	return v, before, json.Unmarshal(before.Answer, &v)
}

// sendOnce calls a probe as a request with a key, and returns what was answered before.
func (c *city) sendOnce(t *testing.T, a mingjing.Actor, v victim, p probe) *kernel.Answered {
	t.Helper()
	outer := ctx
	before, err := c.Once(outer, sending(a, "key"), func(within context.Context) ([]byte, error) {
		ctx = within //nolint:fatcontext // the probes use it
		defer func() { ctx = outer }()
		got, err := p.call(c, a, v)
		if err != nil {
			return nil, err
		}
		return json.Marshal(got)
	})
	must(t, err)
	return before
}

// isDoneOnce sends a probe, which was sent, again: what is stored of the victim, and what
// was told, stay as they are.
func (c *city) isDoneOnce(t *testing.T, a mingjing.Actor, v victim, p probe) {
	t.Helper()
	once, told := c.everything(t, v), len(c.bus.heard)
	if before := c.sendOnce(t, a, v, p); before == nil || before.Differs {
		t.Errorf("sent twice with one key, it is done twice: %+v", before)
	}
	if twice := c.everything(t, v); twice != once {
		t.Errorf("the second time something changed:\n%s\n%s", once, twice)
	}
	if len(c.bus.heard) != told {
		t.Errorf("the second time %v was told", c.bus.heard[told:])
	}
}

func TestAKeyIsItsSendersAndItsActionsAlone(t *testing.T) {
	c := newCity(t)
	a, b := c.resident(t, 1), c.resident(t, 2)
	asA, _, err := onceSent(c, sending(a, "key"), func(context.Context) (string, error) { return "SECRET", nil })
	must(t, err)
	elsewhere := sending(a, "key")
	elsewhere.Action = "/api/another"
	staff := handler
	staff.ID = a.ID
	for who, s := range map[string]kernel.Sending{"somebody else": sending(b, "key"), "staff with the same id": sending(staff, "key"),
		"another action": elsewhere, "another key": sending(a, "KEY")} {
		got, before, err := onceSent(c, s, func(context.Context) (string, error) { return who, nil })
		if err != nil || before != nil || got != who {
			t.Errorf("%s gets %q, %+v, %v", who, got, before, err)
		}
	}
	if asA != "SECRET" {
		t.Errorf("the answer was %q", asA)
	}
	if l := c.looks(t, a)[0]; l.Action != "again" || l.Purpose != "own" {
		t.Errorf("that the answer was read again is in the log as %+v", l)
	}
}

func TestOtherContentWithAKeyIsNotDoneAndSaysWhatStands(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	at := c.clock.Now()
	d, _, err := onceSent(c, sending(a, "form"), func(ctx context.Context) (mingjing.Case, error) {
		return c.FileDispute(ctx, a, cases.Filing{RecordID: record, Reason: mingjing.ReasonOther, Statement: "The first text."})
	})
	must(t, err)
	c.clock.pass(time.Hour)
	other := sending(a, "form")
	other.Content = []byte("other content")
	stands, before, err := onceSent(c, other, func(context.Context) (mingjing.Case, error) {
		t.Error("it was done")
		return mingjing.Case{}, nil
	})
	if err != nil || before == nil || !before.Differs || !before.At.Equal(at) || stands.ID != d.ID || stands.Statement != "The first text." {
		t.Errorf("%+v, %+v, %v", before, stands, err)
	}
}

func TestAKeyIsKeptForItsTime(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	n := 0
	send := func() int {
		got, _, err := onceSent(c, sending(a, "key"), func(context.Context) (int, error) { n++; return n, nil })
		must(t, err)
		return got
	}
	send()
	c.clock.pass(kernel.SendingKept)
	if send() != 1 {
		t.Error("it was forgotten before its time")
	}
	c.clock.pass(time.Second)
	if send() != 2 { // the job that removes it may not have run
		t.Error("it is kept for longer than its time")
	}
}

// What a failed request had to count stays counted, and nothing else of it stays.
func TestARequestThatFailsLeavesItsKeyUnused(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	count := func() (n int) {
		c.do(t, func(tx opened) (err error) {
			n, _, err = tx.Misses(ctx, handler.ID, c.clock.Now().Add(-time.Hour))
			return err
		})
		return n
	}
	_, _, err := onceSent(c, sending(handler, "key"), func(ctx context.Context) (mingjing.CounterView, error) {
		return c.Counter(ctx, handler, mingjing.MakeIDNumber("99999919800101777"))
	})
	wants(t, err, "id_number:resident_unknown")
	if count() != 1 {
		t.Errorf("%d look-ups that found nobody are counted", count())
	}
	before, told := len(c.inbox(t, a)), len(c.bus.heard)
	_, _, err = onceSent(c, sending(a, "form"), func(ctx context.Context) (string, error) {
		return "", c.Tx(ctx, func(tx *kernel.Tx) error {
			must(t, tx.Emit(ctx, a.ID, mingjing.EventRecord, record, c.clock.Now()))
			return errDown
		})
	})
	if !errors.Is(err, errDown) || len(c.bus.heard) != told || len(c.inbox(t, a)) != before {
		t.Errorf("%v, told %v", err, c.bus.heard[told:])
	}
	d, was, err := onceSent(c, sending(a, "form"), func(ctx context.Context) (mingjing.Case, error) {
		return c.FileDispute(ctx, a, cases.Filing{RecordID: record, Reason: mingjing.ReasonOther, Statement: "Corrected."})
	})
	if err != nil || was != nil || d.ID == "" {
		t.Errorf("the corrected form is %+v, %+v, %v", d, was, err)
	}
}

// Looking at files takes long, so that others may write meanwhile; screens hear of what
// was done when it can be read.
func TestFilesAreCheckedAndEventsToldOutsideOfTheTransaction(t *testing.T) {
	checked := 0
	var c *city
	c = newCity(t, func(cfg *casework.Config) {
		cfg.Files = filesOf{check: func(ctx context.Context, u evidence.Upload) (evidence.File, error) {
			checked++
			short, stop := context.WithTimeout(ctx, 5*time.Second)
			defer stop()
			if _, err := c.RequestScore(short, c.resident(t, 2), "rongcheng", true); err != nil {
				t.Errorf("nobody can write while files are checked: %v", err)
			}
			return files{}.Check(ctx, "", u)
		}}
	})
	a, record, _ := c.owing(t, 1)
	c.bus.tell = func(audience string, e mingjing.Event) {
		if audience == a.ID && e.Kind == mingjing.EventRecord && !slices.ContainsFunc(c.mustDisputes(t, a), func(d mingjing.Case) bool {
			return d.State == mingjing.CaseFiled
		}) {
			t.Error("a screen heard of a case that is not there yet")
		}
	}
	file := func() mingjing.Case {
		d, _, err := onceSent(c, sending(a, "form"), func(ctx context.Context) (mingjing.Case, error) {
			return c.FileDispute(ctx, a, cases.Filing{RecordID: record, Reason: mingjing.ReasonOther, Statement: "Mine.",
				Evidence: []evidence.Upload{pdf}})
		})
		must(t, err)
		return d
	}
	if d, again := file(), file(); len(d.Evidence) != 1 || again.ID != d.ID || checked != 1 {
		t.Errorf("%d files, checked %d times", len(d.Evidence), checked)
	}
}

// filesOf checks files by a function.
type filesOf struct {
	files
	check func(ctx context.Context, u evidence.Upload) (evidence.File, error)
}

func (f filesOf) Soon(ctx context.Context, _ string, u evidence.Upload) (evidence.File, error) {
	return f.check(ctx, u)
}

func (c *city) mustDisputes(t tb, a mingjing.Actor) []mingjing.Case {
	v, err := c.Disputes(ctx, a)
	must(t, err)
	return v.Disputes
}

// What is not in the database is done again when the process dies in between.
func TestWhatIsDoneOutsideIsNotedRightAfterIt(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	n, fails := 0, errDown
	send := func() (*kernel.Answered, error) {
		return c.OnceOutside(ctx, sending(a, "key"), func(context.Context) ([]byte, error) { n++; return []byte(`"done"`), fails })
	}
	if _, err := send(); !errors.Is(err, errDown) {
		t.Error(err)
	}
	fails = nil
	for i := range 3 {
		if before, err := send(); err != nil || (before != nil) != (i > 0) || n != 2 {
			t.Errorf("time %d: %+v, %v, done %d times", i, before, err, n)
		}
	}
}

func TestDecidedTwiceIsOneDecision(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	decide := func(key string) (mingjing.CaseView, *kernel.Answered, error) {
		return onceSent(c, sending(handler, key), func(ctx context.Context) (mingjing.CaseView, error) {
			return c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
		})
	}
	k, _, err := decide("one")
	must(t, err)
	again, before, err := decide("one")
	if err != nil || before == nil || again.Decision == nil || !again.Decision.At.Equal(k.Decision.At) {
		t.Errorf("%+v, %v", again.Decision, err)
	}
	if _, _, err = decide("another"); codeOf(err) == "" {
		t.Error("with another key it is decided once more")
	}
}
