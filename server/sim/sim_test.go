package sim

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// perSeed is how many behaviours the history of one seed has, before everything comes to
// its end. The shorter it is, the less there is to read when one fails.
const perSeed = 400

// inTests is how many behaviours an ordinary run of the tests tries.
const inTests = 10_000

// setting returns a number of the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// shortenTries is how many shorter histories are tried where one breaks a promise.
const shortenTries = 300

// replay is the command that makes the history of a seed again.
func replay(seed uint64) string { return fmt.Sprintf("make simulate SEED=%d", seed) }

// TestNoHistoryBreaksAPromise makes the histories of seeds from 0 on, or that of SIMULATE_SEED.
func TestNoHistoryBreaksAPromise(t *testing.T) {
	from := makeTemplate(t)
	most, first := setting(t, "SIMULATE", inTests), setting(t, "SIMULATE_FROM", 0)
	_, one := os.LookupEnv("SIMULATE_SEED")
	if one {
		most, first = 1, setting(t, "SIMULATE_SEED", 0)
	}
	counts, n, seeds := map[string]int{}, uint64(0), 0
	make1 := func(seed uint64) *world { return run(t, from, seed, noFault, perSeed) }
	if text := os.Getenv("SIMULATE_STEPS"); one && text != "" {
		steps, err := parseSteps(text)
		if err != nil {
			t.Fatal(err)
		}
		make1 = func(seed uint64) *world { return runSteps(t, from, seed, noFault, steps) }
	}
	for seed := first; n < most; seed++ {
		w := make1(seed)
		seeds++
		n += uint64(w.behaviours)
		for what, k := range w.counts {
			counts[what] += k
		}
		if w.broken == nil {
			continue
		}
		t.Errorf("%v\nreplay it by: %s", w.broken, replay(seed))
		t.Logf("the last that happened:\n%s", strings.Join(last(w.broken.log, 40), "\n"))
		if !one {
			steps, short := shorten(t, from, w, shortenTries)
			t.Logf("%d of its %d steps are enough: %s\n%v\n%s\nreplay them by: %s STEPS='%s'", len(steps), w.steps, steps, short.broken,
				strings.Join(last(short.log, 200), "\n"), replay(seed), steps)
			break
		}
	}
	t.Logf("behaviours=%d seeds=%d", n, seeds)
	if n < inTests {
		return
	}
	// A simulation that does not do what it is for says nothing.
	for _, what := range []string{"crash", "fault of the disk", "jump of the clock", "stop", "answer of an agency", "done request",
		"done dispute", "done decide", "done view", "done withdraw", "done mandate", "done draft", "done leave", "done propose", "job score",
		"job question", "job clock", "job listing", "job erase", "job inquiry", "job mandate", "restore"} {
		if counts[what] == 0 {
			t.Errorf("there was no %q in %d behaviours: %v", what, n, counts)
		}
	}
}

func last(lines []string, n int) []string { return lines[max(0, len(lines)-n):] }

func TestTheSameSeedIsTheSameHistory(t *testing.T) {
	from := makeTemplate(t)
	for seed := range uint64(3) {
		if a, b := run(t, from, seed, noFault, perSeed), run(t, from, seed, noFault, perSeed); a.sum != b.sum {
			for i := range a.log {
				if i >= len(b.log) || a.log[i] != b.log[i] {
					t.Fatalf("seed %d: line %d is\n%s\nand then\n%s", seed, i, a.log[i], append(b.log, "")[min(i, len(b.log))])
				}
			}
			t.Fatalf("seed %d makes two histories", seed)
		}
	}
}

// The deadlines are those of the city's own zone and calendar, wherever the machine is. In
// this zone the clocks change in the middle of the histories.
func TestTheZoneOfTheMachineChangesNothing(t *testing.T) {
	from := makeTemplate(t)
	here := run(t, from, 4, noFault, perSeed)
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	was := time.Local
	time.Local = zone
	defer func() { time.Local = was }()
	if there := run(t, from, 4, noFault, perSeed); there.sum != here.sum || there.broken != nil {
		t.Errorf("in %s it is another history: %v", zone, there.broken)
	}
}

// TestAPlantedFaultIsFound: docs/simulation.md has the numbers of one run.
func TestAPlantedFaultIsFound(t *testing.T) {
	from := makeTemplate(t)
	const most = 20_000
	for _, planted := range []fault{dropEntry, loseCommit, doubleScore, keepEffect, scoreLate} {
		n := 0
		for seed := uint64(0); ; seed++ {
			w := run(t, from, seed, planted, perSeed)
			n += w.behaviours
			if w.broken != nil {
				t.Logf("%s: found after %d behaviours, by seed %d: %.200s", planted, n, seed, w.broken.promise)
				break
			}
			if n > most {
				t.Errorf("%s: not found in %d behaviours", planted, n)
				break
			}
		}
	}
}
