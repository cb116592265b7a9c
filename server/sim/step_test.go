package sim

import (
	"slices"
	"testing/synctest"
	"time"

	"mingjing/server/casework"
	"mingjing/server/sim/disk"
)

// The most that is under way at a time.
const (
	maxActs = 3
	maxJobs = 3
)

// step lets one thing happen.
func (w *world) step() {
	synctest.Wait()
	if w.p != nil && w.cut {
		w.say("the power is lost")
		w.p.die(true)
	}
	if w.p != nil && w.p.gone() {
		w.bury()
		w.disk.FailBy(nil)
		w.cut = false
	}
	if w.p == nil {
		w.comeBack()
		return
	}
	p := w.p
	if gates := p.gates(); len(gates) > 0 && (w.inOps >= maxActs || w.rand.IntN(10) < 7) {
		w.let(pick(w, gates))
		return
	}
	if calls := w.agencies.open(); len(calls) > 0 && w.chance(2) {
		w.did("answer of an agency")
		w.agencies.reply(pick(w, calls))
		return
	}
	w.rescue()
	jobs, err := w.queue()
	if err != nil {
		w.say("the queue can't be read: %v", err)
		time.Sleep(time.Second)
		return
	}
	due := slices.DeleteFunc(slices.Clone(jobs), func(j job) bool { return j.due.After(time.Now()) })
	if len(due) > 0 && w.inJobs < maxJobs && w.rand.IntN(3) > 0 {
		w.work(pick(w, due))
		return
	}
	switch r := w.rand.IntN(100); {
	case r < 45 && w.inOps < maxActs:
		w.act()
	case r < 49:
		w.did("change of an agency")
		w.say("%s", w.agencies.change())
	case r < 51:
		w.fault()
	case len(due) == 0 && w.inOps == 0 && w.inJobs == 0 && len(p.gates()) == 0 && len(w.agencies.open()) == 0:
		w.quiet()
		w.pass(jobs)
	case len(p.gates()) > 0:
		w.let(pick(w, p.gates()))
	}
}

// let lets a transaction begin, or ends the process there.
func (w *world) let(g *gate) {
	end := goOn
	if w.calm == 0 && w.chance(250) {
		end = pick(w, []ending{killed, killedAfter, powerAfter})
		w.did("crash")
		w.say("the process dies: %d", end)
		w.faults++
	}
	if end == killed {
		w.p.die(w.chance(2))
		return
	}
	w.p.release(g, end)
}

// act has somebody do something.
func (w *world) act() {
	for range 20 {
		var (
			a  act
			ok bool
		)
		switch r := w.rand.IntN(20); {
		case r < 12:
			x := pick(w, w.people)
			if x.left || x.leaves {
				continue
			}
			a, ok = w.actOf(x)
		case r < 19:
			a, ok = w.actOfStaff()
		default:
			a, ok = w.actOfAgency()
		}
		if ok {
			w.begin(a)
			return
		}
	}
}

// quiet checks what is promised while nothing is under way.
func (w *world) quiet() {
	hook := w.hook
	w.disk.FailBy(nil)
	defer w.disk.FailBy(hook)
	if w.stuck {
		return
	}
	if w.backup == nil && w.behaviours > 80 {
		w.backup = w.disk.Files()
	}
	w.checkClocks()
	for _, x := range w.people {
		if x.moved {
			x.moved = false
			w.checkEffects(x)
		}
	}
	if w.chance(4) {
		w.checkEffects(pick(w, w.people))
		w.checkEvents()
	}
}

// pass lets time pass: to the next job at most.
func (w *world) pass(jobs []job) {
	w.did("time")
	d := time.Duration(1 + w.rand.IntN(int(pick(w, []time.Duration{time.Minute, time.Hour, 24 * time.Hour, 10 * 24 * time.Hour}))))
	if len(jobs) > 0 {
		d = min(d, time.Until(jobs[0].due))
	}
	time.Sleep(max(d, 0) + time.Microsecond)
}

// fault breaks something.
func (w *world) fault() {
	switch r := w.rand.IntN(10); {
	case r < 5: // calls to the disk fail
		in, n, kind := w.rand.IntN(40), 1+w.rand.IntN(6), pick(w, []disk.Fault{disk.IOError, disk.Full})
		power := w.chance(4)
		w.did("fault of the disk")
		w.say("%d calls to the disk will fail by %d after %d; the power too: %v", n, kind, in, power)
		w.hook = func(op disk.Op, _ string) disk.Fault {
			switch {
			case w.cut:
				return disk.IOError
			case in > 0:
				in--
				return 0
			case n == 0 || kind == disk.Full && op != disk.Write:
				return 0
			}
			n--
			w.faults++
			if power {
				w.cut = true
			}
			w.excuse(w.Now().Add(-time.Minute), w.Now().Add(10*time.Minute))
			return kind
		}
		w.disk.FailBy(w.hook)
	case r < 7: // the city goes down in order, or is away for a while
		if w.inOps+w.inJobs > 0 || len(w.p.gates()) > 0 {
			return
		}
		w.did("stop")
		w.say("the city stops")
		w.disk.FailBy(nil)
		w.hook = nil
		w.stop()
		if w.chance(3) {
			w.disk.LosePower()
		}
	case r < 8: // the clock of the machine jumps
		if w.inOps+w.inJobs > 0 || len(w.p.gates()) > 0 || len(w.agencies.open()) > 0 {
			return
		}
		before, by := w.Now(), pick(w, []time.Duration{25 * time.Hour, -25 * time.Hour, time.Second, -time.Second, 90 * time.Minute})
		w.did("jump of the clock")
		w.say("the clock jumps by %s", by)
		w.offset += by
		w.jumped = true
		w.excuse(minTime(before, w.Now()).Add(-25*time.Hour), maxTime(before, w.Now()).Add(25*time.Hour))
	default:
		w.leavers.full = !w.leavers.full
		w.did("fault of the list of erasures")
	}
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// comeBack starts the city again, perhaps after a while.
func (w *world) comeBack() {
	away := w.Now()
	if w.starts > 0 && w.chance(2) {
		time.Sleep(time.Duration(w.rand.IntN(int(pick(w, []time.Duration{time.Minute, 4 * 24 * time.Hour})))))
	}
	w.disk.FailBy(nil)
	w.hook, w.stuck = nil, false
	full := w.leavers.full
	w.leavers.full = false
	err := w.start(false)
	w.leavers.full = full
	w.did("start")
	w.say("the city starts: %v", err)
	if err != nil {
		w.fail("the city does not start: %v", err)
		return
	}
	// What became late meanwhile is done at once.
	w.excuse(away.Add(-time.Minute), w.Now().Add(time.Minute))
}

// calmDown lets everything come to its end without any fault.
func (w *world) calmDown() {
	w.calm++
	w.disk.FailBy(nil)
	w.hook, w.leavers.full = nil, false
	for range 5000 {
		synctest.Wait()
		if w.broken != nil {
			return
		}
		if w.p != nil && (w.cut || w.p.gone()) {
			w.p.die(true)
			w.bury()
			w.cut = false
			w.disk.FailBy(nil)
		}
		if w.p == nil {
			w.comeBack()
			continue
		}
		if gates := w.p.gates(); len(gates) > 0 {
			w.let(gates[0])
			continue
		}
		if calls := w.agencies.open(); len(calls) > 0 {
			w.agencies.reply(calls[0])
			continue
		}
		w.rescue()
		jobs, err := w.queue()
		if err != nil {
			w.fail("the queue can't be read: %v", err)
			return
		}
		if len(jobs) > 0 && !jobs[0].due.After(time.Now()) {
			w.work(jobs[0])
			continue
		}
		if w.inOps+w.inJobs == 0 {
			return
		}
		time.Sleep(time.Second)
	}
	w.fail("it does not come to an end: %d acts and %d jobs are under way", w.inOps, w.inJobs)
}

// finish ends a history: everything comes to its end, everybody looks at what is theirs,
// and the whole is checked.
func (w *world) finish() {
	if w.broken == nil {
		w.calmDown()
	}
	for _, x := range w.people {
		w.lookAtAll(x)
	}
	if w.broken == nil {
		w.quiet()
		for _, x := range w.people {
			w.checkEffects(x)
			w.checkLooks(x)
		}
		w.checkEvents()
		if whole, err := column[string](w, `PRAGMA integrity_check`); err != nil || !slices.Equal(whole, []string{"ok"}) {
			w.fail("the database is damaged: %v, %v", whole, err)
		}
		w.checkHistory()
	}
	if w.p != nil {
		w.p.die(false)
		w.bury()
	}
	if w.broken == nil {
		w.restore()
	}
}

// restore puts back a backup from the middle of the history. Whoever was erased since is
// erased again before anybody is served.
func (w *world) restore() {
	if w.backup == nil || !slices.ContainsFunc(w.people, func(x *person) bool { return x.receipt != "" }) {
		return
	}
	w.did("restore")
	w.disk = disk.New(w.dir, w.rand)
	defer w.disk.Remove()
	w.disk.Put(w.backup)
	if err := w.start(false); err != nil {
		w.fail("a backup does not start: %v", err)
		return
	}
	for _, x := range w.people {
		if x.receipt == "" {
			continue
		}
		_ = w.peek(func(t casework.Tx, _ casework.Reader) error {
			if gone, err := t.Erased(ctx, x.id()); err != nil || !gone {
				w.fail("%s has left, and a backup brought them back: %v", x.actor.Name, err)
			}
			return nil
		})
	}
	w.stop()
}

// lookAtAll has a resident look at all that they were told of.
func (w *world) lookAtAll(x *person) {
	for _, name := range []string{"read request", "consents", "case", "shares", "read draft", "log"} {
		n := map[string]int{"read request": len(x.requests), "consents": 2, "case": len(x.cases), "shares": len(x.shares), "read draft": 2,
			"log": 1}[name]
		for range n {
			if w.broken != nil || x.left {
				return
			}
			was := residentActs
			residentActs = []string{name}
			a, ok := w.actOf(x)
			residentActs = was
			if ok {
				w.begin(a)
				w.calmDown()
			}
		}
	}
}
