package demo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/score"
	"mingjing/server/demo"
	"mingjing/web/rulebooks"
)

func books(t *testing.T) []*mingjing.Rulebook {
	t.Helper()
	all, err := published()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(all)
}

var published = sync.OnceValues(rulebooks.All)

func book(t *testing.T, id string) *mingjing.Rulebook {
	t.Helper()
	for _, b := range books(t) {
		if b.ID == id {
			return b
		}
	}
	t.Fatal("no rulebook", id)
	return nil
}

func start(t *testing.T, cfg demo.Config) *demo.City {
	t.Helper()
	if cfg.Books == nil {
		cfg.Books = books(t)
	}
	c, err := demo.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func connect(t *testing.T, c *demo.City, cfg agency.Config) *agency.Agencies {
	t.Helper()
	cfg.Directory, cfg.Key = c.Directory(), c.Key()
	a := agency.New(cfg)
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func codes(b *mingjing.Rulebook) []string {
	var out []string
	for _, i := range b.Catalogue {
		out = append(out, i.Code)
	}
	return out
}

func storyID(t *testing.T, story string) mingjing.IDNumber {
	t.Helper()
	n, ok := demo.StoryIDNumber(story)
	if !ok {
		t.Fatal("no story", story)
	}
	return n
}

// collect asks every agency of the book that holds anything on anybody.
func collect(t *testing.T, a *agency.Agencies, b *mingjing.Rulebook, n mingjing.IDNumber) mingjing.Input {
	t.Helper()
	var in mingjing.Input
	suppliers := demo.Suppliers(books(t))
	for _, ag := range b.Agencies {
		if !suppliers[ag.Code] {
			continue
		}
		r, err := a.Records(t.Context(), ag.Code, score.RecordsQuery{RequestID: "r-" + string(n), IDNumber: n, Codes: codes(b)})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range r.Records {
			v.ID, v.Agency, v.State = v.Ref, ag.Code, mingjing.RecordActive
			in.Records = append(in.Records, v.Record)
		}
		for _, v := range r.Listings {
			v.ID, v.Agency, v.State = v.Ref, ag.Code, mingjing.ListingInEffect
			if v.NoticeOn == "" {
				v.State = mingjing.ListingUnserved
			}
			in.Listings = append(in.Listings, v.Listing)
		}
	}
	return in
}

func TestTheCityHasEveryAgencyOfHonestShanghai(t *testing.T) {
	c := start(t, demo.Config{Books: []*mingjing.Rulebook{book(t, "honest-shanghai")}})
	if n := len(c.Directory()); n != 99 {
		t.Errorf("%d agencies", n)
	}
	seen := map[string]bool{}
	for _, base := range c.Directory() {
		if seen[base] || !strings.HasPrefix(base, "http://127.0.0.1:") {
			t.Errorf("%s is shared or not on loopback", base)
		}
		seen[base] = true
	}
}

func TestEveryRequestMeetsThreeAgenciesThatAreDown(t *testing.T) {
	c := start(t, demo.Config{})
	for _, b := range books(t) {
		down := 0
		for _, a := range b.Agencies {
			if c.Behaviours()[a.Code].Down() {
				down++
			}
		}
		want := 0
		if len(b.Agencies) >= 20 {
			want = 3
		}
		if down != want {
			t.Errorf("%s: %d down", b.ID, down)
		}
	}
}

func TestAllAnswerOrFailAsDesigned(t *testing.T) {
	// A thousand times a day's two minutes: hours are a fraction of a second.
	c := start(t, demo.Config{ClockScale: 200_000})
	a := connect(t, c, agency.Config{Timeout: 1500 * time.Millisecond, Breaker: agency.Breaker{Failures: 100}})
	b := book(t, "honest-shanghai")
	how := c.Behaviours()
	kinds := map[demo.Kind]int{}
	for _, ag := range b.Agencies {
		kinds[how[ag.Code].Kind]++
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, ag := range b.Agencies {
		how := how[ag.Code]
		wg.Go(func() {
			failed := 0
			for {
				_, err := a.Records(t.Context(), ag.Code, score.RecordsQuery{RequestID: "req-7", IDNumber: storyID(t, "guarantor"), Codes: codes(b)})
				if err == nil {
					break
				}
				if errors.Is(err, agency.ErrNotYet) {
					continue
				}
				if failed++; failed > demo.MaxFlakes {
					break
				}
				if how.Kind == demo.Refuses && !errors.Is(err, syscall.ECONNREFUSED) ||
					how.Kind == demo.Hangs && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s %s: %v", how.Kind, ag.Code, err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			switch ok := failed <= demo.MaxFlakes; {
			case how.Down() && ok:
				t.Errorf("%s is down and answered", ag.Code)
			case !how.Down() && !ok:
				t.Errorf("%s (%s) never answered", ag.Code, how.Kind)
			case how.Kind != demo.Flaky && !how.Down() && failed > 0:
				t.Errorf("%s (%s) failed %d times", ag.Code, how.Kind, failed)
			case how.Kind == demo.Flaky:
				kinds["failures"] += failed
			}
		})
	}
	wg.Wait()
	for _, k := range []demo.Kind{demo.Prompt, demo.Slow, demo.ByHand, demo.Flaky, demo.Refuses, demo.Hangs, "failures"} {
		if kinds[k] == 0 {
			t.Errorf("there is no %s in the city: %v", k, kinds)
		}
	}
	if kinds[demo.Prompt] < 50 {
		t.Errorf("most agencies are not prompt: %v", kinds)
	}
}

func TestNobodyWhoIsUpTakesLongerThanAMinuteByDefault(t *testing.T) {
	c := start(t, demo.Config{})
	for code, how := range c.Behaviours() {
		if d := time.Duration(float64(how.Delay) / demo.DefaultClockScale); d > time.Minute {
			t.Errorf("%s (%s) takes %v", code, how.Kind, d)
		}
	}
}

func TestTheStoriesNeedNobodyWhoIsDownOrHoursSlow(t *testing.T) {
	quiet := start(t, demo.Config{Instant: true})
	a := connect(t, quiet, agency.Config{})
	how := start(t, demo.Config{}).Behaviours()
	b := book(t, "honest-shanghai")
	for _, s := range demo.Stories {
		in := collect(t, a, b, storyID(t, s))
		if len(in.Records)+len(in.Listings) == 0 {
			t.Errorf("nothing is held for %s", s)
		}
		for _, r := range in.Records {
			if how[r.Agency].Down() || how[r.Agency].Kind == demo.ByHand {
				t.Errorf("%s needs %s, which is %s", s, r.Agency, how[r.Agency].Kind)
			}
		}
	}
}

func TestAgenciesBehaveTheSameAtEveryStart(t *testing.T) {
	all := books(t)
	one := start(t, demo.Config{Books: all})
	slices.Reverse(all)
	two := start(t, demo.Config{Books: all})
	for code, how := range one.Behaviours() {
		if other := two.Behaviours()[code]; other != how {
			t.Errorf("%s: %v, then %v", code, how, other)
		}
	}
}

func TestWhoIsDownCanBeChosen(t *testing.T) {
	c := start(t, demo.Config{Instant: true, Down: []string{"court"}})
	for code, how := range c.Behaviours() {
		if how.Down() != (code == "court") {
			t.Errorf("%s is %s", code, how.Kind)
		}
	}
	a := connect(t, c, agency.Config{})
	if _, err := a.Records(t.Context(), "court", score.RecordsQuery{RequestID: "r"}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
	for _, how := range start(t, demo.Config{Down: []string{}}).Behaviours() {
		if how.Down() {
			t.Error("somebody is down though nobody should be")
		}
	}
	if _, err := demo.Start(t.Context(), demo.Config{Books: books(t), Down: []string{"nobody"}}); err == nil {
		t.Error("an agency that does not exist can be down")
	}
}

func TestAnAgencyThatLooksThingsUpByHandSaysWhenToComeBack(t *testing.T) {
	c := start(t, demo.Config{Down: []string{}})
	a := connect(t, c, agency.Config{})
	for code, how := range c.Behaviours() {
		// Six seconds or more at the default scale.
		if how.Kind != demo.ByHand || how.Delay < 72*time.Minute {
			continue
		}
		_, err := a.Records(t.Context(), code, score.RecordsQuery{RequestID: "r"})
		if after, ok := agency.RetryAfter(err); !errors.Is(err, agency.ErrNotYet) || !ok || after > time.Minute {
			t.Errorf("%v, after %v", err, after)
		}
		return
	}
	t.Fatal("nobody works by hand")
}

func TestAnAgencyAnswersNobodyButTheBureau(t *testing.T) {
	c := start(t, demo.Config{Instant: true})
	base := c.Directory()["court"]
	body := []byte(`{"request_id":"r","id_number":"` + string(storyID(t, "guarantor")) +
		`","name":"","codes":["court.enforcement_blacklist"]}`)
	for _, sig := range []string{"", "v1;t=1;n=00000000000000000000000000000000;b=00;s=00"} {
		for _, path := range []string{"/records", "/questions"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set(agency.SignatureHeader, sig)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusUnauthorized || string(got) != "{}" {
				t.Errorf("%s: %d %s", path, resp.StatusCode, got)
			}
		}
	}
	stranger := agency.New(agency.Config{Directory: c.Directory(), Key: []byte("somebody else's key")})
	defer stranger.Close()
	_, err := stranger.Records(t.Context(), "court",
		score.RecordsQuery{RequestID: "r", IDNumber: storyID(t, "guarantor"), Codes: []string{"court.enforcement_blacklist"}})
	if e, ok := errors.AsType[*agency.Error](err); !ok || e.Status != http.StatusUnauthorized {
		t.Error(err)
	}
}

func TestAnAgencyAnswersOnlyTheCodesItWasAskedFor(t *testing.T) {
	c := start(t, demo.Config{Instant: true})
	a := connect(t, c, agency.Config{})
	ask := func(codes ...string) score.Reply {
		r, err := a.Records(t.Context(), "court", score.RecordsQuery{RequestID: "r", IDNumber: storyID(t, "guarantor"), Codes: codes})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := ask("contract.guarantee_default"); len(r.Records) != 1 || len(r.Listings) != 0 {
		t.Errorf("%+v", r)
	}
	if r := ask("court.enforcement_blacklist"); len(r.Records) != 0 || len(r.Listings) != 1 {
		t.Errorf("%+v", r)
	}
	if r := ask(); len(r.Records)+len(r.Listings) != 0 {
		t.Errorf("%+v", r)
	}
	r, err := a.Records(t.Context(), "court",
		score.RecordsQuery{RequestID: "r", IDNumber: mingjing.MakeIDNumber("99999919000101999"), Codes: codes(book(t, "rongcheng"))})
	if err != nil || len(r.Records)+len(r.Listings) != 0 {
		t.Errorf("somebody unknown: %+v, %v", r, err)
	}
}

// A stepClock is a clock that only the test moves.
type stepClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *stepClock) Now() time.Time      { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *stepClock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// refOf finds the reference of a story's nth fact under a code.
func refOf(t *testing.T, a *agency.Agencies, ag, story, code string, nth int) string {
	t.Helper()
	r, err := a.Records(t.Context(), ag, score.RecordsQuery{RequestID: "refs", IDNumber: storyID(t, story), Codes: []string{code}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Listings) > 0 {
		return r.Listings[nth].Ref
	}
	return r.Records[nth].Ref
}

func TestAgenciesAnswerQuestionsPromptlyLateOrNeverByStory(t *testing.T) {
	clock := &stepClock{at: time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC)}
	c := start(t, demo.Config{ClockScale: 1, Clock: clock, Down: []string{}})
	a := connect(t, c, agency.Config{Clock: clock})
	due := clock.Now().Add(7 * 24 * time.Hour)
	ask := func(ag, story, code string, nth int) *mingjing.AgencyAnswer {
		t.Helper()
		got, err := a.Ask(t.Context(), ag, cases.Question{CaseID: story + code + string(rune('0'+nth)), IDNumber: storyID(t, story),
			Ref: refs(t, story+code+string(rune('0'+nth))), Code: code, Reason: mingjing.ReasonOther, Due: due})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	quiet := connect(t, start(t, demo.Config{Instant: true, Now: clock.Now()}), agency.Config{})
	type q struct {
		ag, story, code string
		nth             int
		want            mingjing.AgencyPosition
		late            bool
	}
	questions := []q{
		{"court", "guarantor", "court.enforcement_blacklist", 0, mingjing.PositionWithdrawn, false},
		{"court", "guarantor", "contract.guarantee_default", 0, mingjing.PositionMaintained, false},
		{"court", "no-notice", "court.enforcement_blacklist", 0, mingjing.PositionWithdrawn, false},
		{"court", "namesake", "court.unpaid_judgment", 0, mingjing.PositionWithdrawn, false},
		{"water", "expired-record", "utility.late_fees", 0, mingjing.PositionWithdrawn, true},
		{"water", "expired-record", "utility.late_fees", 1, mingjing.PositionCorrected, false},
		{"volunteers", "model-resident", "volunteer.hours", 0, mingjing.PositionMaintained, false},
		{"metro", "silent-agency", "metro.fare_evasion", 0, "", false},
	}
	for _, v := range questions {
		known[v.story+v.code+string(rune('0'+v.nth))] = refOf(t, quiet, v.ag, v.story, v.code, v.nth)
		if ask(v.ag, v.story, v.code, v.nth) != nil {
			t.Errorf("%s answered at once", v.ag)
		}
	}
	clock.add(2 * time.Hour)
	for _, v := range questions {
		got := ask(v.ag, v.story, v.code, v.nth)
		if prompt := v.want != "" && !v.late; (got != nil) != prompt {
			t.Errorf("%s on %s after two hours: %+v", v.ag, v.code, got)
		} else if got != nil && got.Position != v.want {
			t.Errorf("%s on %s: %+v", v.ag, v.code, got)
		}
	}
	clock.add(due.Sub(clock.Now()))
	if got := ask("water", "expired-record", "utility.late_fees", 0); got != nil {
		t.Errorf("it was to be late: %+v", got)
	}
	clock.add(365 * 24 * time.Hour)
	if got := ask("metro", "silent-agency", "metro.fare_evasion", 0); got != nil {
		t.Errorf("it was to be silent: %+v", got)
	}
	first := ask("water", "expired-record", "utility.late_fees", 0)
	if first == nil || !first.At.After(due) {
		t.Fatalf("late: %+v", first)
	}
	clock.add(time.Hour)
	if again := ask("water", "expired-record", "utility.late_fees", 0); !again.At.Equal(first.At) {
		t.Error("asked again it is another answer")
	}
	known["guarantornothing0"] = "NOSUCHREF"
	ask("court", "guarantor", "nothing", 0)
	clock.add(2 * time.Hour)
	if got := ask("court", "guarantor", "nothing", 0); got == nil || got.Position != mingjing.PositionWithdrawn {
		t.Errorf("a record that it does not hold: %+v", got)
	}
}

// known are references by story, code and number.
var known = map[string]string{}

func refs(t *testing.T, key string) string {
	t.Helper()
	if known[key] == "" {
		t.Fatal("no reference for", key)
	}
	return known[key]
}

func TestAnInstantCityAnswersQuestionsAtOnce(t *testing.T) {
	a := connect(t, start(t, demo.Config{Instant: true}), agency.Config{})
	ref := refOf(t, a, "court", "guarantor", "court.enforcement_blacklist", 0)
	got, err := a.Ask(t.Context(), "court", cases.Question{CaseID: "c", IDNumber: storyID(t, "guarantor"), Ref: ref})
	if err != nil || got == nil || got.Position != mingjing.PositionWithdrawn {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = a.Ask(t.Context(), "metro", cases.Question{CaseID: "d", IDNumber: storyID(t, "silent-agency"),
		Ref: refOf(t, a, "metro", "silent-agency", "metro.fare_evasion", 0)})
	if err != nil || got != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhenTheCityClosesNobodyAnswers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := demo.Start(ctx, demo.Config{Books: books(t), Instant: true})
	if err != nil {
		t.Fatal(err)
	}
	a := connect(t, c, agency.Config{})
	ask := func() error {
		_, err := a.Records(t.Context(), "court", score.RecordsQuery{RequestID: "r"})
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	cancel() // as good as Close
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := ask(); !errors.Is(err, agency.ErrNoAnswer) {
		t.Error(err)
	}
}

func TestCloseDoesNotWaitForAHangingAgency(t *testing.T) {
	c := start(t, demo.Config{})
	var hangs string
	for code, how := range c.Behaviours() {
		if how.Kind == demo.Hangs {
			hangs = code
		}
	}
	a := connect(t, c, agency.Config{})
	done := make(chan error)
	go func() {
		_, err := a.Records(t.Context(), hangs, score.RecordsQuery{RequestID: "r"})
		done <- err
	}()
	_ = c.Close()
	if err := <-done; err == nil {
		t.Error("it answered")
	}
}
