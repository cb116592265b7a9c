//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"mingjing/server/demo"
	"mingjing/server/identity"
	"mingjing/server/store/pgtest"
)

// torturePatience is how long a trial waits for what must come, also on a busy machine.
const torturePatience = 4 * time.Minute

const (
	// tortureScale is how much faster the law's clock runs: a request may take 30 seconds.
	tortureScale = 2880
	// tortureReserve is SCORE_RESERVE: a request is scored 15 seconds before its deadline, and
	// a machine that others use has that long for it.
	tortureReserve = 12 * time.Hour
	// tortureStopDelay is STOP_DELAY of one of several replicas.
	tortureStopDelay = 2 * time.Second
)

// A tortured city is the real program in processes of its own, behind a balancer, with what
// they need: a Kratos inside a process and a SQLite file, or engines of their own.
type tortured struct {
	t       testing.TB
	dir     string // DATA
	disk    bool   // dir is a small disk of its own
	env     []string
	nodes   []*node
	front   *balancer
	pg      pgtest.Server // with between and cache, of a city with engines of its own
	between *pgtest.Between
	cache   *redisServer
	moved   time.Duration // by which the city's clock is ahead
	people  []demo.Account
	took    []time.Duration // of the starts
	tried   int             // how many trials were begun
	begun   int             // how many starts were
}

// zones are where the machine is, from one start to the next: days ahead and behind, with summer
// time and without.
var zones = []string{"Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Europe/Berlin", "Pacific/Pago_Pago"}

// A node is one replica, which runs or not.
type node struct {
	i     int
	cmd   *exec.Cmd
	log   string
	url   string
	ended chan struct{} // closed when the process has ended, with err
	err   error
	input io.Closer
}

func torture(t testing.TB, postgres, disk bool, replicas int, more ...string) *tortured {
	t.Helper()
	bin, err := filepath.Abs(filepath.Join("..", "e2e", "lib", "kratos"))
	if err != nil {
		t.Fatal(err)
	}
	c := &tortured{t: t, dir: filepath.Join(t.TempDir(), "data"), moved: 48 * time.Hour}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if disk {
		c.mountDisk()
	}
	cache, err := os.UserCacheDir() // what was compiled once is good for all
	if err != nil {
		t.Fatal(err)
	}
	temp := os.TempDir() //nolint:usetesting // paths of sockets must be short
	c.env = append([]string{"PATH=" + os.Getenv("PATH"), "XDG_CACHE_HOME=" + cache, "TMPDIR=" + temp, asProgram + "=" + attached,
		"DATA=" + c.dir, "ADDR=127.0.0.1:0", "DEMO=1", "DEMO_CLOCK_SCALE=" + strconv.Itoa(tortureScale), "PROXY_HOPS=1", "LOCK_AFTER=10h",
		"SCORE_RESERVE=" + tortureReserve.String(), "KRATOS_BIN=" + bin}, more...)
	if replicas > 1 {
		c.env = append(c.env, "STOP_DELAY="+tortureStopDelay.String())
	}
	if postgres {
		c.openEngines(bin)
	}
	c.writeClock()
	c.front = newBalancer(t, replicas)
	logs := os.Getenv("TORTURE_LOGS") // a folder in which they stay
	if logs == "" {
		logs = t.TempDir()
	}
	for i := range replicas {
		c.nodes = append(c.nodes, &node{i: i, log: filepath.Join(logs, "replica-"+strconv.Itoa(i)+".log")})
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			if n.running() {
				c.kill(n)
			}
			if data, err := os.ReadFile(n.log); err == nil && t.Failed() {
				t.Logf("replica %d logged at last:\n%s", n.i, troubles(data))
			}
		}
	})
	c.startAll()
	data, err := os.ReadFile(filepath.Join(c.dir, "demo-accounts.json"))
	if err == nil {
		err = json.Unmarshal(data, &c.people)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// openEngines starts PostgreSQL with a stretch of network before it, Redis and Kratos.
func (c *tortured) openEngines(kratos string) {
	t := c.t
	t.Helper()
	c.pg, c.cache = pgtest.StartServer(t), &redisServer{}
	c.cache.start(t)
	var through string
	c.between, through = pgtest.StartBetween(t, c.pg.Database(t, "city"))
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: filepath.Join(c.cache.dir, "s")})
	t.Cleanup(func() { _ = client.Close() })
	dir := filepath.Join(t.TempDir(), "kratos")
	who, err := identity.Open(t.Context(), identity.Config{Embedded: identity.Embedded{Bin: kratos, Dir: dir}, Redis: client,
		IDKey: bytes.Repeat([]byte("k"), 32), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := who.Close(); err != nil {
			t.Error(err)
		}
	})
	c.env = append(c.env, "DATABASE_URL="+through, "REDIS_URL="+c.cache.url(),
		"KRATOS_PUBLIC_URL="+kratosURL(t, dir, "public"), "KRATOS_ADMIN_URL="+kratosURL(t, dir, "admin"))
}

// mountDisk makes the folder a small disk of its own, which can be full.
func (c *tortured) mountDisk() {
	c.t.Helper()
	if said, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=192m,mode=0700", "tmpfs", c.dir).CombinedOutput(); err != nil {
		c.t.Logf("no trials of a full disk: %v %s", err, said)
		return
	}
	c.disk = true
	c.t.Cleanup(func() {
		if said, err := exec.Command("umount", c.dir).CombinedOutput(); err != nil {
			c.t.Errorf("%v %s", err, said)
		}
	})
}

// writeClock writes how far the city's clock is ahead, which the program reads at its start.
func (c *tortured) writeClock() {
	c.t.Helper()
	data := fmt.Sprintf(`{"moved_microseconds":%d}`, c.moved.Microseconds())
	if err := os.WriteFile(filepath.Join(c.dir, "demo-clock.json"), []byte(data), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (n *node) running() bool {
	if n.ended == nil {
		return false
	}
	select {
	case <-n.ended:
		return false
	default:
		return true
	}
}

var openAt = regexp.MustCompile(`is open at (http://127\.0\.0\.1:\d+)$`)

// begin starts a replica's process, and returns at once.
func (c *tortured) begin(n *node) (opened chan string) {
	c.t.Helper()
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	logs, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	defer logs.Close()
	n.cmd = exec.Command(self)
	// The machine may be anywhere: deadlines are instants, and days are those of the rulebook.
	c.begun++
	n.cmd.Env, n.cmd.Stderr = append(slices.Clone(c.env), "TZ="+zones[c.begun%len(zones)]), logs
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if n.input, err = n.cmd.StdinPipe(); err != nil {
		c.t.Fatal(err)
	}
	if err := n.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan struct{})
	n.ended, opened = ended, make(chan string, 1)
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := openAt.FindStringSubmatch(lines.Text()); m != nil {
				opened <- m[1]
			}
		}
		n.err = n.cmd.Wait()
	}()
	return opened
}

// open starts a replica and returns when it is open, or the error with which it ended.
func (c *tortured) open(n *node) error {
	c.t.Helper()
	return c.opened(n, time.Now(), c.begin(n))
}

// opened returns when a replica that was begun is open, or the error with which it ended.
func (c *tortured) opened(n *node, at time.Time, url <-chan string) error {
	c.t.Helper()
	select {
	case n.url = <-url:
	case <-n.ended:
		data, _ := os.ReadFile(n.log)
		return fmt.Errorf("replica %d ended with %w\n%s", n.i, n.err, troubles(data))
	case <-time.After(torturePatience):
		return fmt.Errorf("replica %d does not open", n.i)
	}
	c.took = append(c.took, time.Since(at))
	c.front.set(n.i, strings.TrimPrefix(n.url, "http://"))
	return nil
}

// start starts a replica that must open.
func (c *tortured) start(n *node) {
	c.t.Helper()
	if err := c.open(n); err != nil {
		c.t.Fatal(err)
	}
}

// startAll starts all replicas at once.
func (c *tortured) startAll() {
	c.t.Helper()
	at, opened := time.Now(), make([]chan string, len(c.nodes))
	for i, n := range c.nodes {
		opened[i] = c.begin(n)
	}
	for i, n := range c.nodes {
		if err := c.opened(n, at, opened[i]); err != nil {
			c.t.Fatal(err)
		}
	}
	c.awaitReady()
}

// awaitReady waits until every replica is ready.
func (c *tortured) awaitReady() {
	c.t.Helper()
	c.front.await(c.t, "every replica is ready", func(all []backend) bool {
		for _, k := range all {
			if !k.ready {
				return false
			}
		}
		return true
	})
}

// kill ends a replica as kill -9 does.
func (c *tortured) kill(n *node) {
	c.t.Helper()
	_ = n.cmd.Process.Kill()
	<-n.ended
	c.front.set(n.i, "")
}

// stop tells a replica to stop, and reports whether the balancer noticed in time. The process
// must end well.
func (c *tortured) stop(n *node) (noticed bool) {
	c.t.Helper()
	c.signal(n, syscall.SIGTERM)
	at := time.Now()
	c.front.await(c.t, "the balancer has noticed that a replica stops", func(all []backend) bool { return !all[n.i].ready })
	noticed = time.Since(at) < tortureStopDelay-500*time.Millisecond
	select {
	case <-n.ended:
	case <-time.After(torturePatience):
		c.t.Fatalf("replica %d does not stop", n.i)
	}
	c.front.set(n.i, "")
	if n.err != nil {
		c.t.Errorf("replica %d was told to stop, and ended with %v", n.i, n.err)
	}
	return noticed
}

func (c *tortured) signal(n *node, s os.Signal) {
	c.t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// killKratos kills the Kratos of the city, whose parent starts it again.
func (c *tortured) killKratos() {
	c.t.Helper()
	var note struct{ PID int }
	data, err := os.ReadFile(filepath.Join(c.dir, "kratos", "child.json"))
	if err != nil || json.Unmarshal(data, &note) != nil || note.PID <= 1 {
		c.t.Fatalf("the process number of Kratos: %v %s", err, data)
	}
	if err := syscall.Kill(note.PID, syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
}

// fill takes all the space that is left on the disk until let is called.
func (c *tortured) fill() (let func()) {
	c.t.Helper()
	name := filepath.Join(c.dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		c.t.Fatal(err)
	}
	for size := 1 << 20; size >= 512; { // to the last block
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	return func() {
		if err := f.Close(); err != nil {
			c.t.Error(err)
		}
		if err := os.Remove(name); err != nil {
			c.t.Error(err)
		}
	}
}

// remount makes the disk of the stopped city writable or not.
func (c *tortured) remount(how string) {
	c.t.Helper()
	if said, err := exec.Command("mount", "-o", "remount,"+how, c.dir).CombinedOutput(); err != nil {
		c.t.Fatalf("%v %s", err, said)
	}
}

// troubles returns the last warnings and errors of a log, and what is no record of it.
func troubles(log []byte) string {
	var found []string
	for line := range strings.SplitSeq(string(log), "\n") {
		if line != "" && !strings.Contains(line, `"level":"INFO"`) && !strings.Contains(line, `"msg":"not ready"`) {
			found = append(found, line)
		}
	}
	return strings.Join(found[max(0, len(found)-15):], "\n")
}

// hold lets a state last.
func hold(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
