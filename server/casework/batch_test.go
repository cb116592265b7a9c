package casework_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/score"
)

// manyOwe returns n lines of the court's, each about the next of so many residents.
func manyOwe(n, residents int) []intake.BatchLine {
	lines := make([]intake.BatchLine, n)
	for i := range lines {
		lines[i] = owes(1+i%residents, fmt.Sprintf("ref-%04d", i))
		lines[i].Document.Number, lines[i].FileLine = lines[i].Ref, i+2
	}
	return lines
}

// batchJobs does the job of a batch until it is finished.
func (c *city) batchJobs(t tb, key string) {
	t.Helper()
	for range 100 {
		wait, err := c.job(ctx, intake.JobBatch, key)
		must(t, err)
		if wait == 0 {
			return
		}
	}
	t.Fatalf("the batch never ends")
}

// countedScores counts the scores that are stored, and the transactions.
type countedScores struct {
	casework.Store
	made map[mingjing.ResidentID]int
	txs  int
}

func (s *countedScores) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	s.txs++
	return s.Store.Tx(ctx, func(t casework.Tx) error { return fn(countedTx{t, s}) })
}

type countedTx struct {
	casework.Tx
	s *countedScores
}

func (t countedTx) AddScore(ctx context.Context, r mingjing.ResidentID, s mingjing.Score) error {
	t.s.made[r]++
	return t.Tx.AddScore(ctx, r, s)
}

func TestScoresAreMadeAgainOnceAPersonAndNotOnceALine(t *testing.T) {
	counted := &countedScores{made: map[mingjing.ResidentID]int{}}
	c := newCity(t, func(cfg *casework.Config) { counted.Store = cfg.Store; cfg.Store = counted })
	people := make([]mingjing.Actor, 20)
	for i := range people {
		people[i] = c.resident(t, i+1)
		c.ready(t, people[i], "honest-shanghai")
	}
	clear(counted.made)
	counted.txs = 0
	out, err := c.Submit(ctx, court, intake.Batch{ID: "many", Lines: manyOwe(400, len(people))})
	must(t, err)
	txs := counted.txs
	if out.Accepted != 400 || len(out.Lines) != 400 {
		t.Fatalf("%+v", out.BatchSummary)
	}
	for _, a := range people {
		if n := counted.made[mingjing.ResidentID(a.ID)]; n != 1 {
			t.Errorf("%d scores of one person were made", n)
		}
		s := c.latest(t, a, "honest-shanghai")
		if n := len(slices.DeleteFunc(s.Explanation, func(k mingjing.Contribution) bool { return k.RecordID == "" })); n != 20 {
			t.Errorf("the score is made of %d records", n)
		}
	}
	if txs > 14 {
		t.Errorf("%d transactions for 400 lines", txs)
	}
}

func TestALongBatchIsWorkedOnInTheBackgroundAndSaysHowFarItIs(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		a := c.resident(t, 1)
		c.resident(t, 2)
		lines := manyOwe(intake.MaxLinesAtOnce+1, 2)
		lines = append(lines[:120:120], intake.BatchLine{Op: intake.OpLift, Ref: "none", Reason: "x", FileLine: 122})
		b := intake.Batch{ID: "long", Lines: lines, Later: true}
		out, err := c.Submit(ctx, court, b)
		must(t, err)
		if out.State != mingjing.BatchWaiting || out.Total != 121 || len(out.Lines) != 0 || out.Key == "" {
			t.Fatalf("%+v", out)
		}
		v, err := c.Records(ctx, a)
		must(t, err)
		if len(v.Records) != 0 {
			t.Error("it was done at once")
		}
		again, err := c.Submit(ctx, court, b)
		must(t, err)
		if again.Key != out.Key {
			t.Error("the same batch twice is two")
		}
		c.batchJobs(t, out.Key)
		c.batchJobs(t, out.Key) // a job that is given again
		state, err := c.Batch(ctx, court, "long", "", "")
		must(t, err)
		if state.State != mingjing.BatchDone || state.Accepted != 120 || state.Refused != 1 || len(state.Lines) != 121 || state.Next != "" {
			t.Fatalf("%+v", state.BatchSummary)
		}
		for i, l := range state.Lines {
			if l.Line != i+1 || l.FileLine != i+2 {
				t.Fatalf("line %d is answered as %+v", i+1, l)
			}
		}
		refused, err := c.Batch(ctx, court, "long", mingjing.LineRefused, "")
		must(t, err)
		if len(refused.Lines) != 1 || refused.Lines[0].Code != "ref_unknown" || refused.Lines[0].FileLine != 122 {
			t.Errorf("%+v", refused.Lines)
		}
		done, err := c.Submit(ctx, court, b)
		must(t, err)
		if done.State != mingjing.BatchDone || done.Accepted != 120 {
			t.Errorf("again: %+v", done.BatchSummary)
		}
		if n := c.bus.count(mingjing.AudienceAgency("court"), mingjing.EventBatch); n < 3 {
			t.Errorf("the officers' screens hear %d times of it", n)
		}
		list, err := c.AgencyBatches(ctx, judge, "")
		must(t, err)
		if len(list.Batches) != 1 || list.Batches[0].Key != out.Key || list.Batches[0].Answered() != 121 {
			t.Errorf("%+v", list)
		}
		page, err := c.AgencyBatch(ctx, judge, out.Key, "")
		must(t, err)
		if page.ID != "long" || len(page.Lines) != 1 {
			t.Errorf("%+v", page)
		}
	})
}

// A cutStore fails once so many transactions were begun.
type cutStore struct {
	casework.Store
	left int
}

var errCut = errors.New("cut off")

func (s *cutStore) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	if s.left--; s.left < 0 {
		return errCut
	}
	return s.Store.Tx(ctx, fn)
}

func TestWhereverABatchIsCutOffNoLineIsDoneAgain(t *testing.T) {
	for left := range 12 {
		for _, later := range []bool{false, true} {
			cut := &cutStore{left: 1 << 30}
			c := newCity(t, func(cfg *casework.Config) { cut.Store = cfg.Store; cfg.Store = cut })
			a := c.resident(t, 1)
			for i := range 5 {
				c.resident(t, i+2)
			}
			lines := manyOwe(240, 6)
			// Done twice, it would be refused: what was revoked does not come back.
			lines = append(lines, intake.BatchLine{Op: intake.OpRevocation, Ref: "ref-0000", Reason: "判决已撤销。"})
			b := intake.Batch{ID: "cut", Lines: lines, Later: later}
			cut.left = left
			_, err := c.Submit(ctx, court, b)
			if err != nil && !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			cut.left = 1 << 30
			out, err := c.Submit(ctx, court, b)
			must(t, err)
			if later {
				cut.left = left
				_, _ = c.job(ctx, intake.JobBatch, out.Key)
				cut.left = 1 << 30
				c.batchJobs(t, out.Key)
			}
			out, err = c.Batch(ctx, court, "cut", "", "")
			must(t, err)
			if out.Accepted != len(lines) || len(out.Lines) != len(lines) {
				t.Errorf("cut off after %d: %+v", left, out.BatchSummary)
			}
			v, err := c.Records(ctx, a)
			must(t, err)
			if n := strings.Count(c.noticesOf(t, a, mingjing.NoticeRecordChanged), "added"); n != 40 || len(v.Records) != 40 {
				t.Errorf("cut off after %d: %d records, told %d times", left, len(v.Records), n)
			}
		}
	}
}

func TestLinesAboutOnePersonAreDoneInTheirOrder(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	for i := range 70 {
		c.resident(t, i+2)
	}
	one := owes(1, "one")
	var lines []intake.BatchLine
	add := func(l intake.BatchLine) { lines = append(append(lines, l), manyOwe(71, 71)[1:]...) }
	add(intake.BatchLine{Op: intake.OpCorrection, Ref: "one", Occurred: "2025-05-01", Reason: "日期有误。"}) // too early
	add(one)
	add(intake.BatchLine{Op: intake.OpCorrection, Ref: "one", Occurred: "2025-05-01", Reason: "日期有误。"})
	add(intake.BatchLine{Op: intake.OpRevocation, Ref: "one", Reason: "判决已撤销。"})
	add(one)
	out, err := c.Submit(ctx, court, intake.Batch{ID: "order", Lines: lines})
	must(t, err)
	var got []string
	for i := range 5 {
		l := out.Lines[71*i]
		got = append(got, l.Status+l.Code)
	}
	want := []string{"refusedref_unknown", "accepted", "accepted", "accepted", "refusedneeds_new_case"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := c.noticesOf(t, a, mingjing.NoticeRecordChanged); got != "removed corrected added" {
		t.Errorf("the resident is told %q", got)
	}
}

func TestADryRunAnswersAsTheBatchWouldAndStoresNothing(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		a, b := c.resident(t, 1), c.resident(t, 2)
		c.ready(t, a, "honest-shanghai")
		before := c.latest(t, a, "honest-shanghai").ID
		wrong := owes(2, "wrong")
		wrong.Subject = "别人"
		batch := intake.Batch{ID: "dry", Lines: []intake.BatchLine{owes(1, "one"), wrong,
			{Op: intake.OpRevocation, Ref: "one", Reason: "判决已撤销。"}, owes(3, "nobody"), {Op: intake.OpListing, Ref: "list",
				IDNumber: idNumber(1), Code: "court.enforcement_blacklist", Ground: proposal(1, "list").Ground,
				Measures: proposal(1, "list").Measures, Months: 24, Document: doc("listing_decision")}}}
		for range 2 {
			out, err := c.TryBatch(ctx, court, batch)
			must(t, err)
			var got []string
			for _, l := range out.Lines {
				got = append(got, l.Status+l.Code)
			}
			want := []string{"accepted", "refusedname_mismatch", "accepted", "refusedresident_unknown", "accepted"}
			if !slices.Equal(got, want) || !out.DryRun || out.Accepted != 3 || out.Refused != 2 {
				t.Fatalf("%v, want %v", got, want)
			}
		}
		for _, who := range []mingjing.Actor{a, b} {
			v, err := c.Records(ctx, who)
			must(t, err)
			l, err := c.Listings(ctx, who)
			must(t, err)
			if len(v.Records)+len(l.Listings) != 0 || c.noticesOf(t, who, mingjing.NoticeRecordChanged) != "" {
				t.Errorf("%+v %+v", v.Records, l.Listings)
			}
			if got := c.seen(t, who); got != "try by court" {
				t.Errorf("the access log has %q", got)
			}
		}
		if c.latest(t, a, "honest-shanghai").ID != before {
			t.Error("a score was made")
		}
		v, err := c.AgencyHoldings(ctx, judge, "", "")
		must(t, err)
		if len(v.Unmatched)+len(v.Holdings) != 0 {
			t.Errorf("%+v", v)
		}
		if list, err := c.AgencyBatches(ctx, judge, ""); err != nil || len(list.Batches) != 0 {
			t.Errorf("%+v %v", list, err)
		}
		out, err := c.Submit(ctx, court, batch) // its id is not used up
		must(t, err)
		if out.Accepted != 3 || out.DryRun {
			t.Errorf("%+v", out)
		}
	})
}

func TestARecordWithAnotherNameIsNobodysAndWaitsForItsAgency(t *testing.T) {
	c := newCity(t)
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{named("mine", " 居\u200b民１ "), named("theirs", "李四"), named("blank", "")},
		Listings: []score.ReplyListing{listedAs("list", "居民2")}})
	a := c.resident(t, 1)
	c.ready(t, a, "honest-shanghai")
	held := func() string {
		t.Helper()
		v, err := c.Records(ctx, a)
		must(t, err)
		l, err := c.Listings(ctx, a)
		must(t, err)
		var all []string
		for _, r := range v.Records {
			all = append(all, c.storedRecord(t, r.Record.ID).Ref+" "+string(r.Record.State))
		}
		for _, l := range l.Listings {
			all = append(all, l.Listing.ID)
		}
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	waiting := func() string {
		t.Helper()
		v, err := c.AgencyHoldings(ctx, judge, "", "")
		must(t, err)
		var all []string
		for _, u := range v.Unmatched {
			all = append(all, fmt.Sprint(u.Ref, " ", u.Asked))
		}
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	if got := held(); got != "blank active, mine active" {
		t.Errorf("held are %s", got)
	}
	if got := waiting(); got != "list true, theirs true" {
		t.Errorf("waiting for the court are %s", got)
	}
	if v, err := c.AgencyHoldings(ctx, officer, "", ""); err != nil || len(v.Unmatched) != 0 {
		t.Errorf("another agency sees %+v %v", v.Unmatched, err)
	}
	s := c.latest(t, a, "honest-shanghai")
	of := func(k mingjing.Contribution) bool { return k.RecordID == "" && k.ListingID == "" }
	if n := len(slices.DeleteFunc(s.Explanation, of)); n != 2 {
		t.Errorf("the score is made of %d records", n)
	}
	x, err := c.Sources(ctx, a)
	must(t, err)
	if text := fmt.Sprintf("%+v", x); strings.Contains(text, "李四") || strings.Contains(text, "theirs") {
		t.Errorf("the resident sees %s", text)
	}

	// In a batch it is answered, and taken with the right name.
	l := owes(1, "sent")
	l.Document.Number, l.Subject = "No. 7", "李四"
	c.lineIs(t, l, "subject:name_mismatch")
	c.lineIs(t, l, "subject:name_mismatch")
	if got := waiting(); got != "list true, sent false, theirs true" {
		t.Errorf("waiting for the court are %s", got)
	}
	l.Subject = "居民1"
	c.lineIs(t, l, "accepted")
	l.Ref, l.Document.Number, l.Subject = "never", "No. 8", "李四"
	c.lineIs(t, l, "subject:name_mismatch")
	back := intake.BatchLine{Op: intake.OpRevocation, Ref: "never", Reason: "不再报送。"}
	c.lineIs(t, back, "accepted")
	c.lineIs(t, back, "ref:ref_unknown")
	if got := waiting(); got != "list true, theirs true" {
		t.Errorf("waiting for the court are %s", got)
	}

	// A record that the agency no longer sends waits no longer; one that was accepted and
	// has another name now is removed.
	c.clock.pass(25 * 60 * 60 * 1e9)
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{named("mine", "李四"), named("theirs", "居民1")}})
	c.ready(t, a, "honest-shanghai")
	if got := waiting(); got != "mine true" {
		t.Errorf("waiting for the court are %s", got)
	}
	if got := held(); got != "blank removed, mine removed, sent active, theirs active" {
		t.Errorf("held are %s", got)
	}
}

func named(ref, subject string) score.ReplyRecord {
	r := debt(ref)
	r.Subject, r.Document.Number = subject, ref
	return r
}

func listedAs(ref, subject string) score.ReplyListing {
	l := blacklisted(ref)
	l.Subject = subject
	return l
}

func TestABatchIsItsAgencysAlone(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	b := intake.Batch{ID: "one", Lines: []intake.BatchLine{owes(1, "one")}}
	out, err := c.Submit(ctx, court, b)
	must(t, err)
	half := judge
	half.AAL = 1
	for name, who := range map[string]struct {
		mingjing.Actor
		machine, officer string
	}{
		"its officer":             {judge, "", ""},
		"its computer":            {court, "", "aal2_required"},
		"without a second factor": {half, "", "aal2_required"},
		"another's officer":       {officer, "not_found", "not_found"},
		"a resident":              {a, "forbidden", "forbidden"},
		"a handler":               {handler, "forbidden", "forbidden"},
		"an auditor":              {auditor, "forbidden", "forbidden"},
		"nobody":                  {mingjing.Actor{}, "forbidden", "forbidden"},
	} {
		try := func(what string, err error, want string) {
			t.Helper()
			if got := codeOf(err); got != want {
				t.Errorf("%s %s: %q, want %q", name, what, got, want)
			}
		}
		_, err := c.Batch(ctx, who.Actor, "one", "", "")
		try("asks for it", err, who.machine)
		_, err = c.AgencyBatch(ctx, who.Actor, out.Key, "")
		try("opens it", err, who.officer)
		_, err = c.AgencyBatches(ctx, who.Actor, "")
		try("lists them", err, strings.TrimPrefix(who.officer, "not_found"))
		_, err = c.TryBatch(ctx, who.Actor, b)
		try("tries one", err, strings.TrimPrefix(who.machine, "not_found"))
	}
	if list, err := c.AgencyBatches(ctx, officer, ""); err != nil || len(list.Batches) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	_, err = c.Batch(ctx, court, "one", "", "x")
	wants(t, err, "invalid_cursor")
	_, err = c.AgencyBatches(ctx, judge, "x")
	wants(t, err, "invalid_cursor")
}
