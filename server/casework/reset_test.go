package casework_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// A queue notes the jobs that are scheduled, and how often the store is asked to run a
// transaction.
type queue struct {
	casework.Store
	jobs []kernel.Job
	txs  int
}

func (q *queue) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	q.txs++
	return q.Store.Tx(ctx, func(t casework.Tx) error { return fn(queueTx{t, q}) })
}

type queueTx struct {
	casework.Tx
	q *queue
}

func (t queueTx) Enqueue(ctx context.Context, j kernel.Job) error {
	t.q.jobs = append(t.q.jobs, j)
	return t.Tx.Enqueue(ctx, j)
}

// queued returns the city of a queue.
func queued(t *testing.T) (*city, *queue) {
	q := &queue{}
	return newCity(t, func(cfg *casework.Config) {
		q.Store = cfg.Store
		cfg.Store = q
	}), q
}

// numberOf returns the ID number of the resident that c.resident(t, n) makes.
func (c *city) numberOf(t *testing.T, a mingjing.Actor) mingjing.IDNumber {
	t.Helper()
	_, n, err := c.PasswordOwner(ctx, mingjing.ResidentID(a.ID))
	must(t, err)
	return n
}

func TestAForgottenPasswordHasTheSameAnswerForEverybody(t *testing.T) {
	c, q := queued(t)
	with, without, failed := c.resident(t, 1), c.resident(t, 2), c.resident(t, 3)
	c.mailbox(t, with, "lin@mail.example")
	c.mailbox(t, failed, "gone@mail.example")
	p, err := c.prefs(failed)
	must(t, err)
	p.EmailFailed = true
	c.do(t, func(tx opened) error { return tx.SetNoticePrefs(ctx, p) })
	var works []int
	var lengths []int
	for _, n := range []mingjing.IDNumber{c.numberOf(t, with), c.numberOf(t, without), c.numberOf(t, failed),
		mingjing.MakeIDNumber("99999919750505009")} {
		q.jobs, q.txs = nil, 0
		must(t, c.ForgotPassword(ctx, n))
		if len(q.jobs) != 1 || q.jobs[0].Kind != notice.JobReset {
			t.Fatalf("%s leaves the jobs %+v", n.Masked(), q.jobs)
		}
		works, lengths = append(works, q.txs), append(lengths, len(q.jobs[0].ID))
		mailed := len(c.post.mailed)
		must(t, c.did(ctx, notice.JobReset, q.jobs[0].ID))
		want := 0
		if n == c.numberOf(t, with) {
			want = 1
		}
		if got := len(c.post.mailed) - mailed; got != want {
			t.Errorf("%s: %d mails, want %d", n.Masked(), got, want)
		}
	}
	if len(slices.Compact(works)) != 1 || len(slices.Compact(lengths)) != 1 {
		t.Errorf("they cost %v transactions, and leave jobs of %v bytes", works, lengths)
	}
	if m := c.post.mailed[len(c.post.mailed)-1]; m.to != "lin@mail.example" || !m.Reset || len(m.Code) != 8 {
		t.Errorf("the mail is %+v", m)
	}
}

// forgets asks for a code, and returns it as it came by mail.
func (c *city) forgets(t *testing.T, q *queue, n mingjing.IDNumber) string {
	t.Helper()
	q.jobs = nil
	must(t, c.ForgotPassword(ctx, n))
	must(t, c.did(ctx, notice.JobReset, q.jobs[0].ID))
	return c.post.mailed[len(c.post.mailed)-1].Code
}

func TestTheCodeOfAForgottenPasswordIsGoodOnce(t *testing.T) {
	c, q := queued(t)
	a, other := c.resident(t, 1), c.resident(t, 2)
	c.mailbox(t, a, "lin@mail.example")
	n := c.numberOf(t, a)
	var set []mingjing.ResidentID
	ok := func(_ context.Context, r mingjing.ResidentID) error { set = append(set, r); return nil }

	code := c.forgets(t, q, n)
	wants(t, c.RedeemReset(ctx, c.numberOf(t, other), code, ok), "reset_failed")
	wants(t, c.RedeemReset(ctx, mingjing.MakeIDNumber("99999919750505009"), code, ok), "reset_failed")
	wants(t, c.RedeemReset(ctx, n, "", ok), "reset_failed")
	// A password that will not do leaves the code unused.
	weak := errors.New("too weak")
	if err := c.RedeemReset(ctx, n, code, func(context.Context, mingjing.ResidentID) error { return weak }); !errors.Is(err, weak) {
		t.Errorf("the answer is %v", err)
	}
	must(t, c.RedeemReset(ctx, n, " "+code[:4]+"-"+strings.NewReplacer("1", "１").Replace(code[4:]), ok))
	wants(t, c.RedeemReset(ctx, n, code, ok), "reset_failed")
	if len(set) != 1 || set[0] != mingjing.ResidentID(a.ID) {
		t.Errorf("set for %v", set)
	}

	first := c.forgets(t, q, n)
	second := c.forgets(t, q, n)
	wants(t, c.RedeemReset(ctx, n, first, ok), "reset_failed")
	must(t, c.TellSecurity(ctx, mingjing.ResidentID(a.ID), mingjing.SecurityPasswordChanged, ""))
	wants(t, c.RedeemReset(ctx, n, second, ok), "reset_failed") // the password was changed since

	late := c.forgets(t, q, n)
	c.clock.pass(time.Hour + time.Second)
	wants(t, c.RedeemReset(ctx, n, late, ok), "reset_failed")

	guessed := c.forgets(t, q, n)
	for range 5 {
		wants(t, c.RedeemReset(ctx, n, "00000000", ok), "reset_failed")
	}
	wants(t, c.RedeemReset(ctx, n, guessed, ok), "reset_failed")
	if len(set) != 1 {
		t.Errorf("set for %v", set)
	}
}

func TestAMailServerThatIsDownGetsTheCodeLater(t *testing.T) {
	c, q := queued(t)
	a := c.resident(t, 1)
	c.mailbox(t, a, "lin@mail.example")
	mailed := len(c.post.mailed)
	c.post.failing = func(string) error { return errors.New("down") }
	must(t, c.ForgotPassword(ctx, c.numberOf(t, a)))
	id := q.jobs[len(q.jobs)-1].ID
	if wait, err := c.job(ctx, notice.JobReset, id); err != nil || wait < 15*time.Second || wait > 2*time.Minute {
		t.Errorf("it is tried again after %v, %v", wait, err)
	}
	c.post.failing = nil
	must(t, c.did(ctx, notice.JobReset, id))
	if len(c.post.mailed) != mailed+1 {
		t.Errorf("%d mails", len(c.post.mailed)-mailed)
	}
	c.clock.pass(time.Hour)
	must(t, c.did(ctx, notice.JobReset, id))
	if len(c.post.mailed) != mailed+1 {
		t.Error("a code is sent after its time")
	}
}
