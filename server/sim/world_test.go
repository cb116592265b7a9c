package sim

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"

	"mingjing"
	"mingjing/logproof"
	"mingjing/server/casework"
	"mingjing/server/ledger"
	"mingjing/server/sim/disk"
	"mingjing/server/store"
	"mingjing/server/vault"
)

// monday is when every history begins: a Monday morning in Shanghai.
var monday = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

var ctx = context.Background()

// A fault is one that is planted into the city, to see that it is found.
type fault string

// The planted faults.
const (
	noFault     fault = ""
	dropEntry   fault = "an entry of the access log is dropped"
	scoreLate   fault = "a score is made after its deadline"
	doubleScore fault = "the job of a score does its work twice"
	loseCommit  fault = "a transaction is acknowledged and not committed"
	keepEffect  fault = "a disputed record keeps its effect"
)

// A violation is how a history broke a promise.
type violation struct {
	promise string
	at      int // behaviours before it
	seed    uint64
	log     []string // the last that happened
}

func (v *violation) Error() string {
	return fmt.Sprintf("seed %d, behaviour %d: %s", v.seed, v.at, v.promise)
}

// A world is one history.
type world struct {
	seed       uint64
	rand       *rand.Rand
	planted    fault
	behaviours int
	steps      int              // how many there were, those that were left out among them
	most       int              // the last step of a history that is made again; 0 for any number
	kept       func(n int) bool // the steps of such a history that are made
	log        []string
	sum        uint64 // of all that happened
	counts     map[string]int

	dir       string
	disk      *disk.Disk
	offset    time.Duration // from the clock of the bubble to the city's
	jumped    bool          // the clock has jumped
	excuses   []excuse
	faults    int  // how many there were
	calm      int  // nothing dies any more
	cut       bool // the power is lost in the middle of a call
	stuck     bool // the end of a job could not be noted
	hook      func(disk.Op, string) disk.Fault
	owners    map[string]*person        // of cases
	handlers  map[string]mingjing.Actor // who has taken a case
	decided   map[string]bool           // the cases of which somebody was told so
	inquiries []string
	backup    disk.Files // of the middle of the history; nil for none

	vault    *vault.Vault
	agencies *agencies
	leavers  *leavers
	people   []*person
	cases    []string // that somebody was told of
	p        *process // nil while it is down
	starts   int

	ops     int // number of the next
	events  int64
	history []porcupine.Operation
	inOps   int // that are under way
	inJobs  int
	broken  *violation
}

// A process is the server from a start to its end.
type process struct {
	w      *world
	store  *store.Store
	bureau *casework.Bureau
	jobs   *sql.DB
	cancel context.CancelFunc
	end    func()

	mu      sync.Mutex
	free    bool // transactions wait for nobody
	dead    bool
	waiting []*gate
	arrived int
	tree    int64 // size of the tree of the access log
}

// A gate is where a goroutine waits until the seed chooses it.
type gate struct {
	name string
	n    int
	open chan ending
}

// An ending is how the process goes on where a goroutine waits.
type ending int

const (
	goOn ending = iota
	killed
	killedAfter // what it does is done, and nobody is told
	powerAfter
)

var errKilled = errors.New("the process was killed")

// pause waits until the seed chooses this goroutine.
func (p *process) pause(name string) (ending, error) {
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return killed, errKilled
	}
	if p.free {
		p.mu.Unlock()
		return goOn, nil
	}
	g := &gate{name: name, n: p.arrived, open: make(chan ending, 1)}
	p.arrived++
	p.waiting = append(p.waiting, g)
	p.mu.Unlock()
	e := <-g.open
	if e == killed {
		return e, errKilled
	}
	return e, nil
}

// gates returns who waits, in an order that does not depend on the scheduler.
func (p *process) gates() []*gate {
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.SortFunc(p.waiting, func(a, b *gate) int { return a.n - b.n })
	return slices.Clone(p.waiting)
}

func (p *process) release(g *gate, e ending) {
	p.mu.Lock()
	p.waiting = slices.DeleteFunc(p.waiting, func(o *gate) bool { return o == g })
	p.mu.Unlock()
	g.open <- e
}

// die ends the process at once; power says that the power is lost with it. Who waits learns it
// when the process is buried, one after another, since the scheduler would choose an order.
func (p *process) die(power bool) {
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return
	}
	p.dead = true
	p.mu.Unlock()
	if power {
		p.w.disk.LosePower()
	} else {
		p.w.disk.Kill()
	}
	p.cancel()
}

// Now is the city's clock.
func (w *world) Now() time.Time { return time.Now().Add(w.offset) }

func (w *world) say(format string, args ...any) {
	line := fmt.Sprintf("%s %s", w.Now().UTC().Format("01-02 15:04:05.000"), fmt.Sprintf(format, args...))
	h := fnv.New64a()
	fmt.Fprintf(h, "%x %s", w.sum, line)
	w.sum = h.Sum64()
	if w.log = append(w.log, line); len(w.log) > 4000 {
		w.log = slices.Delete(w.log, 0, 2000)
	}
	if os.Getenv("SIMULATE_LOG") != "" {
		fmt.Println(line)
	}
}

// fail notes the first promise that was broken.
func (w *world) fail(format string, args ...any) {
	if w.broken == nil {
		w.broken = &violation{promise: fmt.Sprintf(format, args...), at: w.behaviours, seed: w.seed, log: slices.Clone(w.log)}
	}
}

func (w *world) did(what string) {
	w.behaviours++
	w.counts[what]++
}

// chance is true once in n times.
func (w *world) chance(n int) bool { return w.rand.IntN(n) == 0 }

func pick[T any](w *world, list []T) T { return list[w.rand.IntN(len(list))] }

// A template is a city in which everybody is enrolled, as files; it is made once.
type template struct {
	files  disk.Files
	actors []mingjing.Actor
}

var idKey = bytes.Repeat([]byte("k"), store.IDKeySize)

// dbName is the file of the database.
const dbName = "city.db"

// residents are how many a city has.
const residents = 3

func numberOf(n int) mingjing.IDNumber {
	return mingjing.MakeIDNumber(fmt.Sprintf("99999919800101%03d", n))
}

func makeTemplate(t *testing.T) *template {
	t.Helper()
	disk.Install()
	made := &template{}
	dir := t.TempDir()
	d := disk.New(dir, rand.New(rand.NewPCG(0, 0)))
	defer d.Remove()
	synctest.Test(t, func(t *testing.T) {
		w := &world{dir: dir, disk: d, agencies: newAgencies(nil), leavers: &leavers{}, vault: newVault(t)}
		w.offset = time.Until(monday)
		if err := w.start(true); err != nil {
			t.Fatal(err)
		}
		for n := range residents {
			name := fmt.Sprintf("居民%d", n+1)
			id, err := w.p.bureau.Register.Enrol(ctx, numberOf(n+1), name)
			if err != nil {
				t.Fatal(err)
			}
			made.actors = append(made.actors, mingjing.Actor{Role: mingjing.RoleResident, ID: string(id), Name: name, AAL: 1})
		}
		w.stop()
	})
	made.files = d.Files()
	return made
}

// newVault returns a vault with the same master key each time, so that what it has in
// memory does not depend on the histories before.
func newVault(t *testing.T) *vault.Vault {
	t.Helper()
	cryptotest.SetGlobalRandom(t, 1)
	return vault.Memory()
}

// run makes the history of a seed with so many behaviours. Its broken is how it broke a promise.
func run(t *testing.T, from *template, seed uint64, planted fault, behaviours int) *world {
	t.Helper()
	return runPart(t, from, seed, planted, behaviours, 0, func(int) bool { return true })
}

// runPart is run with some of the steps alone, up to the last of them.
func runPart(t *testing.T, from *template, seed uint64, planted fault, behaviours, most int, kept func(n int) bool) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{seed: seed, planted: planted, most: most, kept: kept, rand: rand.New(rand.NewPCG(seed, 1)), dir: dir, counts: map[string]int{},
		owners: map[string]*person{}, handlers: map[string]mingjing.Actor{}, decided: map[string]bool{}}
	w.disk = disk.New(dir, rand.New(rand.NewPCG(seed, 2)))
	defer w.disk.Remove()
	w.disk.Put(from.files)
	w.agencies, w.leavers = newAgencies(w), &leavers{}
	t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
		w.vault = newVault(t)
		cryptotest.SetGlobalRandom(t, seed)
		synctest.Test(t, func(*testing.T) {
			w.offset = time.Until(monday)
			for i, a := range from.actors {
				w.people = append(w.people, newPerson(i+1, a))
			}
			for range 3 * len(w.people) {
				w.agencies.change()
			}
			for w.broken == nil && w.behaviours < behaviours && (w.most == 0 || w.steps < w.most) {
				synctest.Wait() // what the last one began draws from its chances
				// Each step has chances of its own, so that those of the others stay where it is
				// left out.
				w.steps++
				w.rand = rand.New(rand.NewPCG(seed, uint64(w.steps)<<8))
				if w.kept(w.steps) {
					w.step()
				}
			}
			w.finish()
		})
	})
	return w
}

// start opens the store and the bureau, as the program does.
func (w *world) start(first bool) (err error) {
	p := &process{w: w, free: true}
	url := filepath.Join(w.dir, dbName)
	p.store, err = store.Open(ctx, url, store.Options{IDKey: idKey, Vault: w.vault, Now: w.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	w.starts++
	key, err := logproof.NewKey("log.example", make([]byte, 32))
	if err != nil {
		return err
	}
	p.bureau, err = casework.New(casework.Config{Store: simStore{p.store, p}, Bus: bus{}, Agencies: w.agencies,
		Ledger: ledger.New(key), Clock: w,
		Erasures: w.leavers, Accounts: w.leavers, Files: files{}, Books: smallBooks(), Calendars: calendars(), ClockScale: 1})
	if err != nil {
		return err
	}
	if p.jobs, err = sql.Open("sqlite", "file:"+url+"?_txlock=immediate&_pragma=busy_timeout(1000)&_pragma=synchronous(FULL)"); err != nil {
		return err
	}
	p.jobs.SetMaxOpenConns(1)
	var base context.Context
	base, p.cancel = context.WithCancel(ctx)
	p.end = p.bureau.City.Asker().Begin(base)
	w.p = p
	if !first {
		// As the store does at the beginning of its work.
		if _, err := p.jobs.ExecContext(ctx, `UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0)
			WHERE state = 'running'`); err != nil {
			return err
		}
		if _, err := p.bureau.Takeaway.ReplayErasures(ctx); err != nil {
			return err
		}
	}
	p.mu.Lock()
	p.free = first
	p.mu.Unlock()
	w.readTree()
	return nil
}

// stop ends the process in order.
func (w *world) stop() {
	p := w.p
	p.mu.Lock()
	p.free = true
	p.mu.Unlock()
	p.cancel()
	p.end()
	_, _ = p.jobs.Close(), p.store.Close() // whatever the disk still takes
	w.p = nil
}

// bury closes what a killed process had open.
func (w *world) bury() {
	p := w.p
	synctest.Wait()
	for gates := p.gates(); len(gates) > 0; gates = p.gates() {
		p.release(gates[0], killed)
		synctest.Wait()
	}
	p.end()
	_, _ = p.jobs.Close(), p.store.Close()
	synctest.Wait()
	w.p = nil
}

// safely calls fn, and takes a panic for its error.
func safely(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return fn()
}
