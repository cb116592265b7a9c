package casework_test

import (
	"testing"
	"time"

	"mingjing"
	"mingjing/logproof"
	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// sitting returns a resident in a session that has just begun; watching returns their
// page, which reads by itself.
func (c *city) sitting(a mingjing.Actor, session string) (here, watching mingjing.Actor) {
	a.Screen = mingjing.Screen{Session: session, Opened: c.clock.Now()}
	here, watching = a, a
	watching.Screen.Quiet = true
	return here, watching
}

// own returns the actor's own entries of their access log.
func (c *city) own(t tb, a mingjing.Actor, action string) (n int) {
	t.Helper()
	for _, l := range c.looks(t, a) {
		if l.Role == mingjing.RoleResident && l.Action == action {
			n++
		}
	}
	return n
}

// TestWatchingARequestIsOneLine: the page is read again at each answer of an agency, and
// the log has the one entry that the person made, also when others read meanwhile.
func TestWatchingARequestIsOneLine(t *testing.T) {
	c := newCity(t)
	resident := c.resident(t, 1)
	here, watching := c.sitting(resident, "s1")
	r := c.ask(t, resident, "rongcheng")
	c.request(t, here, r.ID)
	before := c.looks(t, resident)
	for range 30 {
		if got := c.request(t, watching, r.ID); got.State != mingjing.RequestQueued {
			t.Fatalf("the request is %s", got.State)
		}
	}
	_, err := c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	for range 30 {
		if got := c.request(t, watching, r.ID); got.State != mingjing.RequestReady || got.Score == nil {
			t.Fatalf("what is watched is not shown: %+v", got)
		}
	}
	lines := c.looks(t, resident)
	var mine []mingjing.AccessEntry
	for _, l := range lines[:len(lines)-len(before)] {
		if l.Role == mingjing.RoleResident {
			mine = append(mine, l)
		}
	}
	if len(mine) > 0 {
		t.Errorf("watching wrote %+v", mine)
	}
	// Each thing that the person does is an entry.
	n := c.own(t, resident, "request")
	c.request(t, here, r.ID)
	c.request(t, here, r.ID)
	if got := c.own(t, resident, "request"); got != n+2 {
		t.Errorf("two looks by hand are %d lines", got-n)
	}
}

// TestNothingIsReadQuietlyWithoutALine: a page that only reads by itself is one entry an
// hour, as is each other page and each other session.
func TestNothingIsReadQuietlyWithoutALine(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	_, watching := c.sitting(a, "s1")
	pages := map[string]func(mingjing.Actor) error{
		"records":         func(a mingjing.Actor) error { _, err := c.Records(ctx, a); return err },
		"record":          func(a mingjing.Actor) error { _, err := c.Record(ctx, a, record); return err },
		"listings":        func(a mingjing.Actor) error { _, err := c.Listings(ctx, a); return err },
		"listing":         func(a mingjing.Actor) error { _, err := c.Listing(ctx, a, listing); return err },
		"sources":         func(a mingjing.Actor) error { _, err := c.Sources(ctx, a); return err },
		"overview":        func(a mingjing.Actor) error { _, err := c.Overview(ctx, a); return err },
		"score":           func(a mingjing.Actor) error { _, err := c.Score(ctx, a, "rongcheng"); return err },
		"consents":        func(a mingjing.Actor) error { _, err := c.Consents(ctx, a); return err },
		"disputes":        func(a mingjing.Actor) error { _, err := c.Disputes(ctx, a); return err },
		"inbox":           func(a mingjing.Actor) error { _, err := c.Notices(ctx, a, ""); return err },
		"notice_settings": func(a mingjing.Actor) error { _, err := c.NoticeSettings(ctx, a); return err },
		"mandates":        func(a mingjing.Actor) error { _, err := c.Mandates(ctx, a); return err },
		"shares":          func(a mingjing.Actor) error { _, err := c.Shares(ctx, a); return err },
		"export":          func(a mingjing.Actor) error { _, err := c.Export(ctx, a); return err },
		"access_log":      func(a mingjing.Actor) error { _, err := c.AccessLog(ctx, a, false, ""); return err },
	}
	for action, read := range pages {
		before := len(c.looks(t, a))
		wrote := func(by mingjing.Actor, want int, what string) {
			t.Helper()
			must(t, read(by))
			must(t, read(by))
			after := c.looks(t, a)
			if n := len(after) - before; n != want || n > 0 && after[0].Action != action {
				t.Errorf("%s: %s wrote %d lines, want %d", action, what, n, want)
			}
			before = len(after)
		}
		wrote(watching, 1, "a page that asks by itself")
		_, other := c.sitting(a, "s2 "+action)
		wrote(other, 1, "another session")
		wrote(watching, 0, "the first again")
		c.clock.pass(time.Hour)
		wrote(watching, 1, "an hour later")
		loud := watching
		loud.Screen.Quiet = false
		wrote(loud, 2, "the person")
		c.clock.pass(time.Hour)
		wrote(loud, 2, "the person, an hour later")
		wrote(watching, 0, "their page afterwards")
	}
}

// TestALookByOthersIsALineHoweverItIsAsked: what staff and agencies read, and what
// belongs to somebody else, is an entry also when the page says that it reads by itself.
func TestALookByOthersIsALineHoweverItIsAsked(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "", pdf)
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	watching := handler
	watching.Screen = mingjing.Screen{Session: "s1", Opened: c.clock.Now(), Quiet: true}
	before := len(c.looks(t, a))
	for range 3 {
		_, err := c.Case(ctx, watching, d.ID)
		must(t, err)
	}
	if n := len(c.looks(t, a)) - before; n < 3 {
		t.Errorf("three looks by a handler are %d lines", n)
	}
	_, thief := c.sitting(c.resident(t, 2), "s3")
	if _, err := c.Record(ctx, thief, record); codeOf(err) != "not_found" {
		t.Errorf("somebody else's record: %v", err)
	}
}

// TestCheckingTheLogWritesNothing: the proof belongs to the entry of the page.
func TestCheckingTheLogWritesNothing(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	here, watching := c.sitting(a, "s1")
	_, err := c.AccessLog(ctx, here, false, "")
	must(t, err)
	before := len(c.looks(t, a))
	var kept *mingjing.AccessMemory
	for range 5 {
		var since int64
		if kept != nil {
			since = kept.Size
		}
		k := logproof.Check(c.proofs(t, watching, since), kept, monday)
		if len(k.Problems) > 0 || k.Entries != before {
			t.Fatalf("%+v", k)
		}
		kept = k.Memory
	}
	if n := len(c.looks(t, a)) - before; n != 0 {
		t.Errorf("checking wrote %d lines", n)
	}
	// Without the page it is an entry of its own.
	_, other := c.sitting(a, "s2")
	c.proofs(t, other, 0)
	if n := len(c.looks(t, a)) - before; n != 1 {
		t.Errorf("a proof without the page wrote %d lines", n)
	}
	// So is the file, and what a program asks.
	_, err = c.AccessProof(ctx, watching, accesslog.ProofQuery{All: true})
	must(t, err)
	c.proofs(t, here, 0)
	if n := len(c.looks(t, a)) - before; n != 3 {
		t.Errorf("file and program make it %d lines", n)
	}
}

func TestALongLogIsProvenInBoundedChunksAndTheFileWhole(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	const lines = 5001
	for n := 0; n < lines; n += 500 {
		c.do(t, func(tx opened) error {
			for range min(500, lines-n) {
				look := mingjing.AccessEntry{At: monday, Role: mingjing.RoleSystem, Action: "collect", Purpose: "score"}
				must(t, tx.As(kernel.Entry{AccessEntry: look}).Log(ctx, mingjing.ResidentID(a.ID)))
			}
			return nil
		})
	}
	_, watching := c.sitting(a, "s1")
	_, err := c.AccessLog(ctx, watching, false, "")
	must(t, err)
	pages := c.proofs(t, watching, 0)
	for _, p := range pages {
		if len(p.Entries) > accesslog.ProofPage {
			t.Fatalf("a chunk has %d entries", len(p.Entries))
		}
	}
	k := logproof.Check(pages, nil, monday)
	if len(k.Problems) > 0 || k.Entries != lines+1 || len(pages) != lines/accesslog.ProofPage+1 {
		t.Fatalf("%d lines in %d chunks, %+v", k.Entries, len(pages), k.Problems)
	}
	whole, err := c.AccessProof(ctx, a, accesslog.ProofQuery{All: true})
	must(t, err)
	if k := logproof.Check([]mingjing.AccessProof{whole}, nil, monday); len(k.Problems) > 0 || k.Entries != lines+1 || whole.Next != 0 {
		t.Errorf("the file has %d lines, %+v", k.Entries, k.Problems)
	}
}
