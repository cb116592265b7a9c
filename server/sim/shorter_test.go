package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A stepSet is the numbers of the steps of a history, in their order.
type stepSet []int

// String returns the numbers with ranges, such as "1-3 7".
func (s stepSet) String() string {
	var parts []string
	for i := 0; i < len(s); {
		j := i
		for j+1 < len(s) && s[j+1] == s[j]+1 {
			j++
		}
		part := strconv.Itoa(s[i])
		if j > i {
			part += "-" + strconv.Itoa(s[j])
		}
		parts, i = append(parts, part), j+1
	}
	return strings.Join(parts, " ")
}

// parseSteps reads what String wrote.
func parseSteps(text string) (s stepSet, err error) {
	for _, part := range strings.Fields(text) {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		a, err := strconv.Atoi(from)
		if err != nil {
			return nil, err
		}
		b, err := strconv.Atoi(to)
		if err != nil || a < 1 || b < a || b > 1_000_000 {
			return nil, fmt.Errorf("steps are like 1-3 7, not %q", part)
		}
		for n := a; n <= b; n++ {
			s = append(s, n)
		}
	}
	return s, nil
}

func (s stepSet) has(n int) bool {
	_, found := slices.BinarySearch(s, n)
	return found
}

// runSteps makes the history that the steps of a seed's are.
func runSteps(t *testing.T, from *template, seed uint64, planted fault, steps stepSet) *world {
	t.Helper()
	if len(steps) == 0 {
		return &world{}
	}
	return runPart(t, from, seed, planted, perSeed, steps[len(steps)-1], steps.has)
}

// shorten leaves out steps of a history that broke a promise, as long as it still breaks one of
// that kind, and returns the shortest that it has found with so many tries.
func shorten(t *testing.T, from *template, broken *world, tries int) (stepSet, *world) {
	t.Helper()
	steps := make(stepSet, broken.steps)
	for i := range steps {
		steps[i] = i + 1
	}
	best := broken
	for n, size := 0, (len(steps)+1)/2; size >= 1; {
		shorter := false
		for at := 0; at < len(steps) && n < tries; {
			n++
			fewer := slices.Concat(steps[:at], steps[min(at+size, len(steps)):])
			if w := runSteps(t, from, broken.seed, broken.planted, fewer); w.broken != nil && kindOf(w.broken) == kindOf(broken.broken) {
				steps, best, shorter = fewer, w, true
				continue
			}
			at += size
		}
		if size > 1 {
			size /= 2
		} else if !shorter || n >= tries {
			break
		}
	}
	return steps, best
}

// kindOf returns what is the same in all violations of one promise.
func kindOf(v *violation) string {
	words := strings.Fields(v.promise)
	words = slices.DeleteFunc(words, func(w string) bool { return strings.ContainsAny(w, "0123456789\"") })
	return strings.Join(words[:min(4, len(words))], " ")
}

func TestAHistoryThatBreaksAPromiseIsMadeShort(t *testing.T) {
	from := makeTemplate(t)
	var broken *world
	for seed := uint64(0); broken == nil; seed++ {
		if w := run(t, from, seed, dropEntry, perSeed); w.broken != nil {
			broken = w
		}
	}
	steps, short := shorten(t, from, broken, 100)
	if short.broken == nil || kindOf(short.broken) != kindOf(broken.broken) || short.broken == broken.broken {
		t.Fatalf("%v is made %v", broken.broken, short.broken)
	}
	if len(steps) > broken.steps*2/3 || len(short.log) >= len(broken.log) {
		t.Errorf("of %d steps %d are left (%s), and %d lines of %d", broken.steps, len(steps), steps, len(short.log), len(broken.log))
	}
	again, err := parseSteps(steps.String())
	if err != nil || !slices.Equal(again, steps) {
		t.Fatalf("%s is read as %s, %v", steps, again, err)
	}
	if w := runSteps(t, from, broken.seed, broken.planted, again); w.sum != short.sum {
		t.Error("made again it is another history")
	}
	t.Logf("%d steps of %d: %s", len(steps), broken.steps, short.broken)
}
