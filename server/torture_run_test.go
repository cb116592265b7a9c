//go:build unix

package main

import (
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// named returns trials by their names.
func named(t testing.TB, names ...string) (found []trial) {
	t.Helper()
	for _, name := range names {
		i := slices.IndexFunc(trials, func(k trial) bool { return k.name == name })
		if i < 0 {
			t.Fatalf("there is no trial %q", name)
		}
		found = append(found, trials[i])
	}
	return found
}

// prove ends the load, compares what the city shows with what people were told, and stops it.
func (c *tortured) prove(l *load) {
	c.t.Helper()
	l.settle()
	l.check()
	for _, n := range c.nodes {
		c.stop(n)
	}
}

// TestWhatWasAcknowledgedOutlivesWhatHappensToTheProgram is a short run of make torture.
func TestWhatWasAcknowledgedOutlivesWhatHappensToTheProgram(t *testing.T) {
	t.Parallel()
	c := torture(t, false, false, 1, "DEMO_INSTANT=1")
	l := newLoad(c, 3, 20*time.Millisecond)
	c.try(l, rand.New(rand.NewPCG(1, 1)), named(t, "stopped and continued", "Kratos killed", "kill -9")...)
	c.prove(l)
	t.Log(l.line(c.tried))
}

// TestReplicasRestartedInTurnFailNoRequest is a short run of make torture with three replicas.
func TestReplicasRestartedInTurnFailNoRequest(t *testing.T) {
	t.Parallel()
	c := torture(t, true, false, 3, "DEMO_INSTANT=1")
	l := newLoad(c, 3, 20*time.Millisecond)
	c.try(l, rand.New(rand.NewPCG(1, 1)), named(t, "an upgrade and back", "each replica in turn",
		"answers lost after the commit", "PostgreSQL crashes")...)
	c.prove(l)
	t.Log(l.line(c.tried))
}

// TestTorture is make torture: TORTURE says how many trials, on which engine, with how many
// replicas, and with which seed.
func TestTorture(t *testing.T) {
	want := strings.Fields(os.Getenv("TORTURE"))
	if len(want) != 4 {
		t.Skip("it is make torture")
	}
	number := func(i int) int {
		n, err := strconv.Atoi(want[i])
		if err != nil || n < 0 {
			t.Fatalf("TRIALS, REPLICAS and SEED are whole numbers, not %q", want[i])
		}
		return n
	}
	count, postgres, replicas, seed := number(0), want[1] == "postgres", number(2), number(3)
	switch {
	case count == 0 || replicas == 0 || want[1] != "sqlite" && !postgres:
		t.Fatal("use make torture [TRIALS=200] [ENGINE=sqlite|postgres] [REPLICAS=1|3] [SEED=1]")
	case !postgres && replicas > 1:
		t.Fatal("a SQLite file is for one server only: REPLICAS needs ENGINE=postgres")
	}
	c := torture(t, postgres, runtime.GOOS == "linux" && os.Geteuid() == 0, replicas)
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	var all []trial
	for len(all) < count { // each of them before any comes again
		round := slices.DeleteFunc(slices.Clone(trials), func(k trial) bool { return !k.can(c) })
		r.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
		all = append(all, round...)
	}
	began := time.Now()
	l := newLoad(c, 10, 200*time.Millisecond)
	defer func() { // also where a trial has stopped the test
		if said := os.Getenv("TORTURE_SAYS"); said != "" {
			if err := os.WriteFile(said, []byte(l.line(c.tried)+"\n"), 0o600); err != nil {
				t.Error(err)
			}
		}
	}()
	c.try(l, r, all[:count]...)
	l.rest()
	for _, n := range c.nodes { // what is compared is what was stored
		c.kill(n)
	}
	c.startAll()
	c.prove(l)
	if n := len(l.slow); n > 0 {
		t.Logf("%d answers took longer than %s:\n%s", n, slowAnswer, strings.Join(l.slow[:min(n, 30)], "\n"))
	}
	joined, resets := 0, 0
	for _, p := range l.people {
		joined, resets = joined+p.joined, resets+p.resets
	}
	slices.Sort(c.took)
	t.Logf("seed %d; %s; %d starts, half of them within %s, the slowest %s; %d requests failed meanwhile and were sent again; "+
		"%d streams, %d resets; %d requests ended late since the program did not run or its clock was moved", seed,
		time.Since(began).Round(time.Second), len(c.took), c.took[len(c.took)/2].Round(time.Millisecond),
		c.took[len(c.took)-1].Round(time.Millisecond), len(l.failed), joined, resets, l.excused)
}
