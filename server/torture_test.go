//go:build unix

package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"mingjing"
)

// A trial does something to a city while people use it. When it returns, everything that it
// has ended runs again, or begins to.
type trial struct {
	name string
	can  func(c *tortured) bool
	do   func(c *tortured, l *load, r *rand.Rand)
}

// longest is the longest time for which the state that a trial makes lasts.
const longest = 3 * time.Second

func some(r *rand.Rand) time.Duration { return time.Duration(r.Int64N(int64(longest))) }

func any1(c *tortured, r *rand.Rand) *node { return c.nodes[r.IntN(len(c.nodes))] }

func always(*tortured) bool            { return true }
func withDisk(c *tortured) bool        { return c.disk }
func onSQLite(c *tortured) bool        { return c.between == nil }
func onEngines(c *tortured) bool       { return c.between != nil }
func severalReplicas(c *tortured) bool { return len(c.nodes) > 1 }

var trials = []trial{
	{"kill -9", always, func(c *tortured, _ *load, r *rand.Rand) {
		n := any1(c, r)
		c.kill(n)
		c.start(n)
	}},
	{"kill -9 of a start", always, func(c *tortured, _ *load, r *rand.Rand) {
		n := any1(c, r)
		c.kill(n)
		c.begin(n)
		hold(c.t.Context(), some(r))
		c.kill(n)
		c.start(n)
	}},
	{"kill -9 of all", severalReplicas, func(c *tortured, _ *load, _ *rand.Rand) {
		for _, n := range c.nodes {
			c.kill(n)
		}
		c.startAll()
	}},
	{"told to stop", always, func(c *tortured, l *load, r *rand.Rand) { c.restart(l, any1(c, r)) }},
	{"stopped and continued", always, func(c *tortured, _ *load, r *rand.Rand) {
		n := any1(c, r)
		c.signal(n, syscall.SIGSTOP)
		hold(c.t.Context(), some(r))
		c.signal(n, syscall.SIGCONT)
	}},
	{"a suspended machine", always, func(c *tortured, _ *load, r *rand.Rand) { c.suspend(some(r)) }},
	{"a machine suspended until deadlines have passed", always, func(c *tortured, _ *load, _ *rand.Rand) {
		c.suspend(mingjing.ScoreDeadline/tortureScale + longest)
	}},
	{"the clock ahead by a day and an hour", always, func(c *tortured, l *load, _ *rand.Rand) { c.moveClock(l, 25*time.Hour) }},
	{"the clock back by a day and an hour, and right again", always, func(c *tortured, l *load, _ *rand.Rand) {
		c.moveClock(l, -25*time.Hour)
		l.goOn(c.t)
		c.moveClock(l, 25*time.Hour)
	}},
	{"the clock ahead by seconds", always, func(c *tortured, l *load, _ *rand.Rand) { c.moveClock(l, 10*time.Second) }},
	{"the clock back by seconds", always, func(c *tortured, l *load, _ *rand.Rand) { c.moveClock(l, -10*time.Second) }},
	{"Kratos killed", onSQLite, func(c *tortured, _ *load, _ *rand.Rand) { c.killKratos() }},
	{"the file held by another program", onSQLite, func(c *tortured, _ *load, r *rand.Rand) {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(c.dir, "mingjing.db")+"?_pragma=busy_timeout(60000)&_txlock=immediate")
		if err != nil {
			c.t.Fatal(err)
		}
		defer db.Close()
		tx, err := db.Begin()
		if err != nil {
			c.t.Fatal(err)
		}
		hold(c.t.Context(), some(r))
		if err := tx.Rollback(); err != nil {
			c.t.Error(err)
		}
	}},
	{"a full disk", withDisk, func(c *tortured, _ *load, r *rand.Rand) {
		let := c.fill()
		if onSQLite(c) {
			c.front.await(c.t, "a city with a full disk is not ready", func(all []backend) bool { return !all[0].ready })
		}
		hold(c.t.Context(), some(r))
		let()
	}},
	{"kill -9 on a full disk", withDisk, func(c *tortured, _ *load, r *rand.Rand) {
		let := c.fill()
		hold(c.t.Context(), some(r))
		n := any1(c, r)
		c.kill(n)
		let()
		c.start(n)
	}},
	{"a disk that is read-only", func(c *tortured) bool { return c.disk && onSQLite(c) }, func(c *tortured, _ *load, _ *rand.Rand) {
		n := c.nodes[0]
		c.kill(n)
		c.remount("ro")
		if err := c.open(n); err == nil || !strings.Contains(err.Error(), "read-only") {
			c.t.Errorf("a start on a disk that is read-only is told %v", err)
		}
		c.remount("rw")
		c.start(n)
	}},
	{"PostgreSQL crashes", onEngines, func(c *tortured, _ *load, r *rand.Rand) {
		c.pg.Crash(c.t)
		hold(c.t.Context(), some(r))
		c.pg.Start(c.t)
	}},
	{"PostgreSQL started again", onEngines, func(c *tortured, _ *load, _ *rand.Rand) {
		c.pg.Stop(c.t)
		c.pg.Start(c.t)
	}},
	{"PostgreSQL half-open", onEngines, func(c *tortured, _ *load, r *rand.Rand) {
		c.between.HalfOpen()
		hold(c.t.Context(), some(r))
		c.between.Open()
	}},
	{"half-open until the program gives up", onEngines, func(c *tortured, _ *load, _ *rand.Rand) {
		c.between.HalfOpen()
		c.front.await(c.t, "nothing is ready", func(all []backend) bool {
			return !slices.ContainsFunc(all, func(k backend) bool { return k.ready })
		})
		hold(c.t.Context(), 12*time.Second)
		c.between.Open()
	}},
	{"connections cut", onEngines, func(c *tortured, _ *load, _ *rand.Rand) { c.between.Cut() }},
	{"answers lost after the commit", onEngines, func(c *tortured, _ *load, _ *rand.Rand) { c.loseAnswers(20) }},
	{"slow commits", onEngines, func(c *tortured, l *load, r *rand.Rand) {
		c.between.SlowCommits(200 * time.Millisecond)
		l.goOn(c.t)
		c.between.SlowCommits(0)
	}},
	{"kill -9 while answers are lost", onEngines, func(c *tortured, _ *load, r *rand.Rand) {
		c.between.LoseAnswers(5)
		n := any1(c, r)
		c.kill(n)
		err := c.open(n) // a start that meets it may end, and is begun again as by a supervisor
		c.between.LoseAnswers(0)
		if err != nil {
			c.start(n)
		}
	}},
	{"Redis killed", onEngines, func(c *tortured, l *load, _ *rand.Rand) {
		c.cache.stop()
		l.goOn(c.t)
		c.cache.start(c.t)
	}},
	{"Redis flushed", onEngines, func(c *tortured, _ *load, _ *rand.Rand) { forget(c.t, c.cache.url()) }},
	{"Redis stalled", onEngines, func(c *tortured, _ *load, r *rand.Rand) {
		c.cache.signal(c.t, syscall.SIGSTOP)
		hold(c.t.Context(), some(r))
		c.cache.signal(c.t, syscall.SIGCONT)
	}},
	{"an upgrade and back", severalReplicas, func(c *tortured, l *load, r *rand.Rand) {
		c.pg.Exec(c.t, "city", newer)
		l.goOn(c.t) // those that run go on
		n := any1(c, r)
		c.stop(n)
		if err := c.open(n); err == nil || !strings.Contains(err.Error(), "run the newer version") {
			c.t.Errorf("an older program that starts is told %v", err)
		}
		l.goOn(c.t)
		c.pg.Exec(c.t, "city", back)
		c.start(n)
	}},
	{"each replica in turn", severalReplicas, func(c *tortured, l *load, _ *rand.Rand) {
		for _, n := range c.nodes {
			c.restart(l, n)
			c.awaitReady()
		}
	}},
}

// newer changes the tables as the migrations of a newer program do, which only add, and back
// takes that away.
const (
	newer = `DO $$ DECLARE t text; BEGIN
		FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^(river|goose)' LOOP
			EXECUTE format('ALTER TABLE %I ADD COLUMN of_a_newer_program text', t);
			COMMIT;
		END LOOP;
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true);
	END $$`
	back = `DO $$ DECLARE t text; BEGIN
		DELETE FROM goose_db_version WHERE version_id = 99999;
		FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^(river|goose)' LOOP
			EXECUTE format('ALTER TABLE %I DROP COLUMN of_a_newer_program', t);
			COMMIT;
		END LOOP;
	END $$`
)

// restart has a replica stop as it is told to, and starts it again. Where others are there, no
// request may fail.
func (c *tortured) restart(l *load, n *node) {
	c.t.Helper()
	before := l.dropped.Load()
	noticed := c.stop(n)
	if dropped := l.dropped.Load() - before; len(c.nodes) > 1 && noticed && dropped > 0 {
		l.mu.Lock()
		defer l.mu.Unlock()
		c.t.Errorf("while a replica was told to stop, %d requests were dropped, among the last that failed:\n%s", dropped,
			strings.Join(l.failed[max(0, len(l.failed)-5):], "\n"))
	}
	c.start(n)
}

// suspend stops the whole machine for a time, its engines too.
func (c *tortured) suspend(d time.Duration) {
	c.t.Helper()
	for _, n := range c.nodes {
		c.signal(n, syscall.SIGSTOP)
	}
	if c.cache != nil {
		c.cache.signal(c.t, syscall.SIGSTOP)
		c.between.HalfOpen()
	}
	hold(c.t.Context(), d)
	if c.cache != nil {
		c.between.Open()
		c.cache.signal(c.t, syscall.SIGCONT)
	}
	for _, n := range c.nodes {
		c.signal(n, syscall.SIGCONT)
	}
}

// moveClock moves the city's clock while all replicas are killed.
func (c *tortured) moveClock(l *load, by time.Duration) {
	c.t.Helper()
	for _, n := range c.nodes {
		c.kill(n)
	}
	l.moveClock(by)
	c.writeClock()
	c.startAll()
}

// loseAnswers has the answers to some commits be lost, and returns when they are.
func (c *tortured) loseAnswers(n int) {
	c.t.Helper()
	c.between.LoseAnswers(n)
	eventually(c.t, torturePatience, "answers were lost", func() bool { return c.between.Unlost() == 0 })
}

// try does the trials one after the other, and waits after each until everybody can go on.
func (c *tortured) try(l *load, r *rand.Rand, all ...trial) {
	c.t.Helper()
	for i, k := range all {
		hold(c.t.Context(), some(r)/3)
		at := time.Now()
		c.tried++
		k.do(c, l, r)
		done := time.Since(at)
		c.awaitReady()
		ready := time.Since(at)
		l.goOn(c.t)
		c.t.Logf("trial %d, %s: %s, ready after %s, everybody goes on after %s; acknowledged %d", i+1, k.name,
			done.Round(time.Millisecond), ready.Round(time.Millisecond), time.Since(at).Round(time.Millisecond), l.acknowledged())
		if c.t.Failed() {
			return
		}
	}
}

// rest waits until every request for a score has ended.
func (l *load) rest() {
	l.c.t.Helper()
	l.resting.Store(true)
	for _, p := range l.people {
		eventually(l.c.t, torturePatience, "every request for a score has ended", p.idle.Load)
	}
}

// settle waits until every request has ended and everybody has heard of it, and ends the load.
func (l *load) settle() {
	t := l.c.t
	t.Helper()
	l.rest()
	for _, p := range l.people {
		var v mingjing.View
		if !p.read(t.Context(), "/en/overview", &v) {
			t.Fatal("there is no overview")
		}
		eventually(t, torturePatience, "a stream has brought every event", func() bool { return p.cursor.Load() >= v.Seq })
	}
	l.end()
	l.running.Wait()
}

// check compares what the city shows with what the people were told.
func (l *load) check() {
	t := l.c.t
	t.Helper()
	for _, p := range l.people {
		p.check(t.Context())
	}
	for _, list := range []struct {
		what string
		all  []string
	}{{"lost", l.lost}, {"late", l.late}, {"doubled", l.doubled}, {"internal", l.internal}, {"odd", l.odd}} {
		if len(list.all) > 0 {
			t.Errorf("%s %d, the first of them:\n%s", list.what, len(list.all), strings.Join(list.all[:min(10, len(list.all))], "\n"))
		}
	}
}

// line is what the trials have come to.
func (l *load) line(trials int) string {
	return fmt.Sprintf("trials=%d acknowledged=%d lost=%d late=%d duplicated=%d internal=%d", trials, l.acknowledged(), len(l.lost),
		len(l.late), len(l.doubled), len(l.internal))
}

func (p *person) check(ctx context.Context) {
	for id := range p.requests {
		var r mingjing.ScoreRequest
		if !p.read(ctx, "/api/score-requests/"+id, &r) || r.State.Open() {
			p.l.note(&p.l.lost, "request %s is %q", id, r.State)
		}
	}
	ready := map[string]int{}
	for next := "/api/notices"; next != ""; {
		var page itemsOf[mingjing.Notice]
		p.read(ctx, next, &page)
		for _, n := range page.Items {
			if n.Kind == mingjing.NoticeScoreReady {
				ready[n.Subject]++
			}
		}
		if next = ""; page.Next != "" {
			next = "/api/notices?cursor=" + page.Next
		}
	}
	for id, n := range ready {
		if n > 1 {
			p.l.note(&p.l.doubled, "request %s was scored %d times", id, n)
		}
	}
	stated := map[string]int{}
	var list itemsOf[mingjing.Case]
	p.read(ctx, "/api/disputes", &list)
	for _, d := range list.Items {
		if stated[d.Statement]++; strings.HasPrefix(d.Statement, "No. ") && stated[d.Statement] > 1 {
			p.l.note(&p.l.doubled, "dispute %s", d.ID)
		}
	}
	for id, k := range p.cases {
		var d mingjing.Case
		if !p.read(ctx, "/api/disputes/"+id, &d) || d.Statement != k.statement || len(d.Evidence) != len(k.files) {
			p.l.note(&p.l.lost, "dispute %s is %+v", id, d)
		}
		for file, content := range k.files {
			var status int
			var out []byte
			eventually(p.l.c.t, torturePatience, "a file is checked", func() bool {
				status, out, _ = p.do(ctx, http.MethodGet, "/api/evidence/"+file, "*/*", "", nil)
				return status != http.StatusConflict || !strings.Contains(string(out), "evidence_checking")
			})
			if status != http.StatusOK || string(out) != string(content) {
				p.l.note(&p.l.lost, "evidence %s: %d, %d bytes of %d: %.300s", file, status, len(out), len(content), out)
			}
		}
	}
	var records itemsOf[mingjing.Record]
	p.read(ctx, "/api/records", &records)
	for _, r := range records.Items {
		if told, ok := p.said[r.ID]; ok {
			n := 0
			if _, err := fmt.Sscanf(r.Statement, "statement %d", &n); err != nil || n < told || n > p.saying {
				p.l.note(&p.l.lost, "of a record %d statements were acknowledged, and %q is on file", told, r.Statement)
			}
		}
	}
	for _, gap := range p.gaps {
		p.l.note(&p.l.odd, "a gap on a stream: %s", gap)
	}
	p.checkProof(ctx)
}

// checkProof has the program itself check the proof of a person's access log.
func (p *person) checkProof(ctx context.Context) {
	t := p.l.c.t
	status, proof, _ := p.do(ctx, http.MethodGet, "/api/access-log/proof.json", "application/json", "", nil)
	file := filepath.Join(t.TempDir(), "proof.json")
	if err := os.WriteFile(file, proof, 0o600); status != http.StatusOK || err != nil {
		p.l.note(&p.l.lost, "the proof of an access log: %d %v", status, err)
		return
	}
	var said strings.Builder
	if code := run(ctx, []string{"verify", file}, func(string) string { return "" }, &said, io.Discard); code != 0 {
		p.l.note(&p.l.lost, "entries of an access log: %s", said.String())
	}
}

// takenUpWithin is how long after the program is ready again it has scored whatever was to be
// scored meanwhile.
const takenUpWithin = 8 * time.Second

// judge says that a request has ended late, unless the program did not run for most of the time
// in which it was due, nor without a break at the end of it. l.mu is held.
func (l *load) judge(id string, r mingjing.ScoreRequest, excused bool) {
	if r.FinishedAt == nil || !r.FinishedAt.After(r.Deadline) {
		return
	}
	due, reserve := r.Deadline.Add(-l.c.moved), tortureReserve/tortureScale
	mostly := l.c.front.served(due.Add(-reserve), due) >= reserve*4/5
	atLast := l.c.front.served(due.Add(-takenUpWithin), due) >= takenUpWithin
	if excused || !mostly && !atLast {
		l.excused++
		return
	}
	l.late = append(l.late, fmt.Sprintf("request %s ended %s after its deadline, as %s", id, r.FinishedAt.Sub(r.Deadline), r.State))
}
