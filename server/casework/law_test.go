package casework_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/law"
	"mingjing/server/casework/score"
	"mingjing/server/store"
	"mingjing/server/vault"
	"mingjing/web/rulebooks"
)

// changed returns a rulebook as another version, with something changed.
func changed(t testing.TB, b *mingjing.Rulebook, version string, from mingjing.Date, change func(*mingjing.Rulebook)) *mingjing.Rulebook {
	t.Helper()
	data, err := json.Marshal(b)
	must(t, err)
	var next mingjing.Rulebook
	must(t, json.Unmarshal(data, &next))
	next.Version, next.From = version, from
	change(&next)
	data, err = json.Marshal(coded(next))
	must(t, err)
	book, err := rulebooks.Parse(data)
	must(t, err)
	return book
}

// coded returns a rulebook without the words of the register, as its file has it.
func coded(b mingjing.Rulebook) mingjing.Rulebook {
	b.Documents, b.Measures, b.NeverUsed, b.Procedure.LegalBasis, b.Refused, b.Basis = nil, nil, nil, nil, nil, nil
	for i := range b.Catalogue {
		x := &b.Catalogue[i]
		x.Area, x.Subject, x.Name, x.Exit, x.LegalBasis = "", "", nil, nil, nil
	}
	for i := range b.Bands {
		b.Bands[i].Brings = nil
	}
	for i := range b.Procedure.Tiers {
		b.Procedure.Tiers[i].Name = nil
	}
	return b
}

// milder counts an unpaid judgment with half the points, and limits the band no longer.
func milder(b *mingjing.Rulebook) {
	for i := range b.Catalogue {
		if x := &b.Catalogue[i]; x.Code == "court.unpaid_judgment" {
			x.Points, x.Cap = -11, ""
		}
	}
}

func small(t testing.TB, id string) *mingjing.Rulebook {
	t.Helper()
	i := slices.IndexFunc(smallBooks(), func(b *mingjing.Rulebook) bool { return b.ID == id })
	return smallBooks()[i]
}

// memory is a store that outlives a city, as a database does a program.
func memory(t testing.TB, now *clock) casework.Store {
	t.Helper()
	s, err := store.Open(ctx, "sqlite::memory:", store.Options{IDKey: bytes.Repeat([]byte("k"), store.IDKeySize), Vault: vault.Memory(),
		Now: now.Now})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func withBooks(kept []*mingjing.Rulebook, books ...*mingjing.Rulebook) func(*casework.Config) {
	return func(c *casework.Config) { c.Books, c.Kept = books, kept }
}

func fileOf(t testing.TB, b *mingjing.Rulebook) law.File {
	t.Helper()
	ref := b.Ref()
	return law.File{Hash: ref.Hash, Kind: law.KindRulebook, Code: b.ID, Version: b.Version, Zone: b.Zone, From: b.From, Draft: b.Draft,
		Data: []byte(ref.Hash)}
}

// recomputed makes the score again as a resident's phone does: by the version that the
// score names, and from their own records and listings.
func recomputed(t testing.TB, c *city, a mingjing.Actor, s mingjing.Score) mingjing.Score {
	t.Helper()
	book, ok := c.BookByHash(s.Rulebook.Hash)
	if !ok {
		t.Fatalf("the version %s of the score is not there", s.Rulebook.Version)
	}
	in := mingjing.Input{Missing: s.Missing, AsOf: s.AsOf}
	c.peek(t, func(o opened) error {
		records, err := o.Records(ctx, mingjing.ResidentID(a.ID))
		must(t, err)
		for _, r := range records {
			in.Records = append(in.Records, r.Record)
		}
		listings, err := o.Listings(ctx, mingjing.ResidentID(a.ID))
		must(t, err)
		for _, l := range listings {
			in.Listings = append(in.Listings, l.Listing)
		}
		return nil
	})
	return mingjing.MakeScore(book, in)
}

func TestANewVersionAlarmsNobodyBeforeItMakesTheScoreAnew(t *testing.T) {
	now := &clock{now: monday}
	s := memory(t, now)
	one := small(t, "rongcheng")
	c := cityAt(t, s, now, withBooks(nil, one))
	a := c.resident(t, 1)
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("debt")}})
	c.ready(t, a, one.ID)

	// The city starts again with the second version in force, and the first kept.
	two := changed(t, one, "2026.9", "2026-03-02", func(b *mingjing.Rulebook) {
		milder(b)
		b.Max, b.Bands[0].Name["en"] = 1500, "Model citizen"
	})
	c = cityAt(t, s, now, withBooks([]*mingjing.Rulebook{one}, two))
	v, err := c.Score(ctx, a, one.ID)
	must(t, err)
	if v.Score.Rulebook != one.Ref() || v.Max != one.Max || v.Bands[0].Name["en"] != one.Bands[0].Name["en"] {
		t.Errorf("the score of version %s is shown by %+v to %d", one.Version, v.Score.Rulebook, v.Max)
	}
	if mine := recomputed(t, c, a, v.Score); !mingjing.Same(mine, v.Score) {
		t.Errorf("the phone makes %+v of %+v", mine, v.Score)
	}
	o, err := c.Overview(ctx, a)
	must(t, err)
	if o.Latest[0].Max != one.Max {
		t.Errorf("the card of version %s ends at %d", one.Version, o.Latest[0].Max)
	}
}

func TestOnItsDayANewVersionMakesScoresAnewAndSaysWhatChanged(t *testing.T) {
	one := small(t, "rongcheng")
	two := changed(t, one, "2026.9", "2026-03-09", milder)
	other := small(t, "honest-shanghai")
	now := &clock{now: monday}
	s := memory(t, now)
	files := []law.File{fileOf(t, one), fileOf(t, two), fileOf(t, other)}
	_, err := casework.AdmitLaw(ctx, s, files)
	must(t, err)
	c := cityAt(t, s, now, withBooks(nil, other, one, two))
	owes, clean, gone := c.resident(t, 1), c.resident(t, 2), c.resident(t, 3)
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("debt")}})
	c.ready(t, owes, one.ID)
	before := c.latest(t, owes, one.ID)
	c.ready(t, gone, one.ID)
	must(t, c.Withdraw(ctx, gone, one.ID))
	c.offices.hold("court", score.Reply{})
	c.ready(t, clean, one.ID)
	elsewhere := c.resident(t, 4)
	c.ready(t, elsewhere, other.ID)

	if book, err := c.Book(one.ID); err != nil || book.Ref() != one.Ref() {
		t.Fatalf("before its day version %s holds", book.Version)
	}
	c.clock.set(time.Date(2026, 3, 8, 23, 59, 59, 0, c.Zone()))
	must(t, c.did(ctx, law.JobVersion, two.Ref().Hash))
	if queued := waiting(t, c, s, two); len(queued) != 0 {
		t.Fatalf("a second before its day it has begun: %v", queued)
	}
	c.clock.set(time.Date(2026, 3, 9, 0, 0, 0, 0, c.Zone()))
	must(t, c.did(ctx, law.JobVersion, two.Ref().Hash))
	if queued := waiting(t, c, s, two); !slices.Equal(queued, slices.Sorted(slices.Values([]string{owes.ID, clean.ID}))) {
		t.Fatalf("rescored are %v, want %s and %s alone", queued, owes.ID, clean.ID)
	}
	for range 2 { // a process may die between the commit and the end of the job
		for _, a := range []mingjing.Actor{owes, clean, gone} {
			must(t, c.did(ctx, score.JobRescore, a.ID))
		}
	}
	after := c.latest(t, owes, one.ID)
	if after.Rulebook != two.Ref() || after.Cause != "new_version" || after.Value == before.Value {
		t.Errorf("%d by %s became %d by %s, for %s", before.Value, before.Rulebook.Version, after.Value, after.Rulebook.Version, after.Cause)
	}
	if mine := recomputed(t, c, owes, after); !mingjing.Same(mine, after) {
		t.Error("the phone does not agree with the score by the new version")
	}
	for a, want := range map[*mingjing.Actor]string{&owes: "", &clean: "same"} {
		var told []mingjing.Notice
		box, err := c.Notices(ctx, *a, "")
		must(t, err)
		for _, n := range box.Notices {
			if n.Kind == mingjing.NoticeNewVersion {
				told = append(told, n)
			}
		}
		if len(told) != 1 || told[0].Code != want || told[0].Version.Rulebook != two.Ref() || told[0].Version.Was != one.Ref() {
			t.Fatalf("%s was told %+v", a.Name, told)
		}
		x := told[0].Version
		if a != &owes {
			continue
		}
		if x.Before.Value != before.Value || x.After.Value != after.Value || len(x.Rules) != 1 ||
			x.Rules[0].Rule != "court.unpaid_judgment" || x.Rules[0].After != -11 {
			t.Errorf("it says %+v", x)
		}
	}
	if _, err := c.Score(ctx, gone, one.ID); err != nil {
		t.Error(err)
	} else if v, _ := c.Score(ctx, gone, one.ID); v != nil {
		t.Error("who withdrew has a score again")
	}
}

// waiting returns whose scores the first day of a version would make anew, and enqueues
// nothing.
func waiting(t testing.TB, c *city, s casework.Store, b *mingjing.Rulebook) (ids []string) {
	t.Helper()
	recorded := &rescoresStore{Store: s}
	again := cityAt(t, recorded, c.clock, withBooks(nil, c.books...))
	must(t, again.did(ctx, law.JobVersion, b.Ref().Hash))
	slices.Sort(recorded.ids)
	return slices.Compact(recorded.ids)
}

// A rescoresStore notes for whom scores are to be made anew by a version that begins.
type rescoresStore struct {
	casework.Store
	ids []string
}

func (s *rescoresStore) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	return s.Store.Tx(ctx, func(t casework.Tx) error { return fn(rescoresTx{t, s}) })
}

type rescoresTx struct {
	casework.Tx
	s *rescoresStore
}

func (t rescoresTx) Enqueue(_ context.Context, j kernel.Job) error {
	if j.Kind == score.JobRescore {
		t.s.ids = append(t.s.ids, j.ID)
	}
	return nil
}

func TestWhatChangedByItselfIsNotBlamedOnTheNewVersion(t *testing.T) {
	one := small(t, "rongcheng")
	two := changed(t, one, "2026.9", "2026-03-09", milder)
	c := newCity(t, withBooks(nil, small(t, "honest-shanghai"), one, two))
	a, record, _ := c.owing(t, 1)
	c.ready(t, a, one.ID)
	before := c.latest(t, a, one.ID)
	c.clock.set(time.Date(2026, 3, 9, 9, 0, 0, 0, c.Zone()))
	c.file(t, a, record, "") // pauses the record, before the job has reached the resident
	history, err := c.Score(ctx, a, one.ID)
	must(t, err)
	n := len(history.History)
	if n < 3 || history.History[n-1].Rulebook != two.Ref() || history.History[n-2].Rulebook != one.Ref() {
		t.Fatalf("the history is %+v", history.History)
	}
	if history.History[n-2].Value == before.Value {
		t.Error("the dispute has no score of its own, by the version before")
	}
	box, err := c.Notices(ctx, a, "")
	must(t, err)
	i := slices.IndexFunc(box.Notices, func(n mingjing.Notice) bool { return n.Kind == mingjing.NoticeNewVersion })
	if i < 0 || box.Notices[i].Version.Before.Value != history.History[n-2].Value {
		t.Errorf("the notice compares with something else: %+v", box.Notices)
	}
}

func TestTwoServersWithOtherFilesDoNotWorkTogether(t *testing.T) {
	s := memory(t, &clock{now: monday})
	one := small(t, "rongcheng")
	two := changed(t, one, "2026.9", "2026-06-01", milder)
	_, err := casework.AdmitLaw(ctx, s, []law.File{fileOf(t, one)})
	must(t, err)
	for name, files := range map[string][]law.File{"one more": {fileOf(t, one), fileOf(t, two)}, "another": {fileOf(t, two)}} {
		_, err := casework.AdmitLaw(ctx, s, files)
		differs, ok := errors.AsType[*law.DiffersError](err)
		if !ok || len(differs.New) != 1 || !strings.Contains(err.Error(), "rongcheng 2026.9") ||
			!strings.Contains(err.Error(), "rulebook publish") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := casework.AdmitLaw(ctx, s, []law.File{fileOf(t, one)}); err != nil {
		t.Errorf("the same files: %v", err)
	}
	_, err = casework.PublishLaw(ctx, s, []law.File{fileOf(t, one), fileOf(t, two)}, monday)
	must(t, err)
	if err := casework.CheckLaw(ctx, s, []law.File{fileOf(t, one)}); err == nil {
		t.Error("the server that runs does not notice that the law is another")
	}
}

func TestAPublishedVersionNeverChanges(t *testing.T) {
	one := small(t, "rongcheng")
	late := changed(t, one, "2026.9", "2026-06-01", milder)
	for name, c := range map[string]struct {
		files []*mingjing.Rulebook
		want  string // "" is published
	}{
		"a later version":           {[]*mingjing.Rulebook{one, late}, ""},
		"another file of a version": {[]*mingjing.Rulebook{changed(t, one, one.Version, one.From, milder)}, "a version never changes"},
		"a version from today":      {[]*mingjing.Rulebook{one, changed(t, one, "2026.9", "2026-03-02", milder)}, "a later day"},
		"the version in force gone": {[]*mingjing.Rulebook{late}, "put its file back"},
	} {
		t.Run(name, func(t *testing.T) {
			s := memory(t, &clock{now: monday})
			_, err := casework.AdmitLaw(ctx, s, []law.File{fileOf(t, one)})
			must(t, err)
			var files []law.File
			for _, b := range c.files {
				files = append(files, fileOf(t, b))
			}
			_, err = casework.PublishLaw(ctx, s, files, monday)
			if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
				t.Errorf("it says %v, want %q", err, c.want)
			}
		})
	}
}

// A rulebook that names things itself was published before there was a register: it stays in
// force where it is, and nobody publishes one anew.
func TestARulebookOfAnEarlierFormatIsWorkedByOnlyWhereItWasPublished(t *testing.T) {
	now := &clock{now: monday}
	earlier := fileOf(t, small(t, "rongcheng"))
	old := earlier
	old.Earlier = true
	s := memory(t, now)
	_, err := casework.AdmitLaw(ctx, s, []law.File{old})
	if refused, ok := errors.AsType[*law.RefusedError](err); !ok || !strings.Contains(refused.Error(), "of an earlier format") {
		t.Errorf("a new city opens with it: %v", err)
	}
	_, err = casework.AdmitLaw(ctx, s, []law.File{earlier}) // as before there was a register
	must(t, err)
	later := fileOf(t, changed(t, small(t, "rongcheng"), "2026.9", "2026-06-01", milder))
	if _, err := casework.PublishLaw(ctx, s, []law.File{old, later}, monday); err != nil {
		t.Errorf("what was published before cannot stay: %v", err)
	}
	later.Earlier, later.Hash, later.Version = true, "0123456789abcdef", "2026.10"
	_, err = casework.PublishLaw(ctx, s, []law.File{old, later}, monday)
	if refused, ok := errors.AsType[*law.RefusedError](err); !ok || !strings.Contains(refused.Error(), "rongcheng 2026.10") {
		t.Errorf("one is published anew: %v", err)
	}
}

func TestStaffAreToldNinetyDaysBeforeACalendarEnds(t *testing.T) {
	c := newCity(t)
	last := calendars()[0].To
	for days, want := range map[int]bool{91: false, 90: true, 0: true, -1: true} {
		c.clock.set(last.AddDays(-days).Time(c.Zone()).Add(9 * time.Hour))
		q, err := c.Cases(ctx, handler, mingjing.CaseFilter{}, "")
		must(t, err)
		if (len(q.Calendars) == 1) != want || want && (q.Calendars[0].Days != days || q.Calendars[0].Last != last) {
			t.Errorf("%d days before the end staff are told %+v", days, q.Calendars)
		}
		if ends := c.CalendarEnds(); len(ends) != 1 || ends[0].Days != days {
			t.Errorf("%d days before the end metrics read %+v", days, ends)
		}
	}
}

func TestALaterVersionOfACalendarCountsFromItsDay(t *testing.T) {
	next := *calendars()[0]
	next.Version, next.HoldsFrom, next.To = "later", "2026-03-09", "2030-12-31"
	next.Holidays = append(slices.Clone(next.Holidays), "2026-03-17")
	slices.Sort(next.Holidays)
	c := newCity(t, func(cfg *casework.Config) { cfg.Calendars = []*mingjing.Calendar{calendars()[0], &next} })
	for day, want := range map[mingjing.Date]string{"2026-03-06": "2026-03-18", "2026-03-09": "2026-03-20"} {
		c.clock.set(day.Time(c.Zone()).Add(9 * time.Hour))
		if got := mingjing.DateOf(c.Due(7).In(c.Zone())); string(got) != want {
			t.Errorf("seven working days from %s: %s, want %s", day, got, want)
		}
	}
	if ends := c.CalendarEnds(); ends[0].Last != "2030-12-31" {
		t.Errorf("a later version is published, and it ends on %s", ends[0].Last)
	}
}

func TestAPreviewHasCountsAndNoPersonsAndIsInEachAccessLog(t *testing.T) {
	one := small(t, "rongcheng")
	two := changed(t, one, "2026.9", "2026-06-01", func(b *mingjing.Rulebook) {
		for i := range b.Catalogue {
			if x := &b.Catalogue[i]; x.Code == "court.unpaid_judgment" {
				x.Points, x.Cap = 0, "c"
			}
		}
	})
	c := newCity(t, withBooks(nil, one))
	var owing, clean []mingjing.Actor
	for n := range 4 {
		c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt(fmt.Sprint("debt", n))}})
		a := c.resident(t, n)
		c.ready(t, a, one.ID)
		owing = append(owing, a)
	}
	c.offices.hold("court", score.Reply{})
	for n := range 60 { // more than one step
		a := c.resident(t, 10+n)
		c.ready(t, a, one.ID)
		clean = append(clean, a)
	}
	gone := c.resident(t, 90)
	c.ready(t, gone, one.ID)
	must(t, c.Withdraw(ctx, gone, one.ID))
	before := c.latest(t, owing[0], one.ID)

	p, err := c.bureau.Law.Preview(ctx, two)
	must(t, err)
	if p.Residents != 64 || *p.Up != 4 || *p.Down != 0 || len(p.Bands) != 1 || p.Bands[0].To != "c" || *p.Bands[0].Residents != 4 ||
		len(p.Items) != 1 || p.Items[0].Code != "court.unpaid_judgment" || *p.Items[0].Residents != 4 {
		t.Errorf("it counts %+v", p)
	}
	if after := c.latest(t, owing[0], one.ID); after.ID != before.ID {
		t.Error("a preview has made a score")
	}
	for a, want := range map[*mingjing.Actor]int{&owing[0]: 1, &clean[59]: 1, &gone: 0} {
		n := 0
		for _, l := range c.looks(t, *a) {
			if l.Action == "preview" && l.Role == mingjing.RoleSystem {
				n++
			}
		}
		if n != want {
			t.Errorf("%s has %d entries of the preview, want %d", a.Name, n, want)
		}
	}

	// Below the least number that is shown, there is no number.
	must(t, c.Withdraw(ctx, owing[0], one.ID))
	must(t, c.Withdraw(ctx, owing[1], one.ID))
	if p, err = c.bureau.Law.Preview(ctx, two); err != nil || p.Up != nil || p.Bands[0].Residents != nil || p.Items[0].Residents != nil {
		t.Errorf("two residents are counted as %+v, %v", p, err)
	}
}
