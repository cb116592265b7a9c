//go:build unix

// Package pgtest starts a real PostgreSQL for tests. It knows nothing of the
// product: it gives out empty databases.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// SkipEnv is the environment variable that, set to 1, skips tests that want
// PostgreSQL where it can't be had.
const SkipEnv = "MINGJING_TEST_NO_POSTGRES"

// startWait bounds the time for making and starting a cluster.
const startWait = 90 * time.Second

var errNotInstalled = errors.New("PostgreSQL is not installed: apt-get install postgresql")

// cluster is the one of this process, and durable another one, for measuring.
var (
	cluster = sync.OnceValues(func() (*server, error) { return startCluster("off") })
	durable = sync.OnceValues(func() (*server, error) { return startCluster("on") })
)

var databases atomic.Int64

// Start returns the url of an empty database that is the test's alone and is
// dropped when it ends. The databases of a process share one server, with its
// files in a temporary directory and reachable through a socket there; when the
// process ends, in whatever way, the server stops and its files are removed.
// Where PostgreSQL is not installed the test fails, or is skipped when [SkipEnv]
// is 1.
func Start(tb testing.TB) (dsn string) {
	tb.Helper()
	return start(tb, cluster)
}

// StartDurable does what [Start] does on a server that writes each commit through to the disk,
// as that of a city does: for measuring. Other tests need no disk.
func StartDurable(tb testing.TB) (dsn string) {
	tb.Helper()
	return start(tb, durable)
}

func start(tb testing.TB, cluster func() (*server, error)) (dsn string) {
	tb.Helper()
	if os.Getenv(SkipEnv) == "1" {
		tb.Skip("PostgreSQL is not wanted: " + SkipEnv + "=1")
	}
	c, err := cluster()
	if err != nil {
		tb.Fatal(err)
	}
	name := "test_" + strconv.FormatInt(databases.Add(1), 10)
	if err := c.exec("postgres", "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("create a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := c.exec("postgres", "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("drop the database: %v", err)
		}
	})
	return c.url(name)
}

// A Server is a PostgreSQL of one test, which the test can stop and start again.
type Server struct{ *server }

// StartServer returns a server that is the test's alone. It is for tests of what
// happens without PostgreSQL; others use [Start], which is cheaper.
func StartServer(tb testing.TB) Server {
	tb.Helper()
	if os.Getenv(SkipEnv) == "1" {
		tb.Skip("PostgreSQL is not wanted: " + SkipEnv + "=1")
	}
	c, err := startCluster("off")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.remove)
	return Server{c}
}

// remove stops the server and removes its files.
func (c *server) remove() {
	if c.alive == nil { // it was stopped, which leaves its files
		_ = os.RemoveAll(c.dir)
		return
	}
	_ = c.alive.Close()
	<-c.ended
}

// Database makes a database and returns its url.
func (c Server) Database(tb testing.TB, name string) (dsn string) {
	tb.Helper()
	if err := c.exec("postgres", "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("create a database: %v", err)
	}
	return c.url(name)
}

// Exec executes a statement in a database.
func (c Server) Exec(tb testing.TB, database, query string) {
	tb.Helper()
	if err := c.exec(database, query); err != nil {
		tb.Fatalf("execute %q: %v", query, err)
	}
}

// Stop stops the server and returns when it has ended; connections to it break.
func (c Server) Stop(tb testing.TB) {
	tb.Helper()
	c.end(tb, "INT")
}

// Crash ends the server as a crash does: it writes nothing any more.
func (c Server) Crash(tb testing.TB) {
	tb.Helper()
	c.end(tb, "QUIT")
}

func (c Server) end(tb testing.TB, signal string) {
	tb.Helper()
	if _, err := c.alive.WriteString(signal + "\n"); err != nil {
		tb.Fatalf("stop PostgreSQL: %v", err)
	}
	<-c.ended
	_ = c.alive.Close()
	c.alive = nil
}

// Start starts the server again, with the same data.
func (c Server) Start(tb testing.TB) {
	tb.Helper()
	if err := c.start(); err != nil {
		tb.Fatal(err)
	}
}

// A server is a cluster that runs, or that was stopped.
type server struct {
	dir, bin string
	attr     *syscall.SysProcAttr
	fsync    string // "on" or "off"
	// listen and port are where it listens on TCP; without listen only at its socket.
	listen, port string
	// alive is closed when this process ends; then the keeper stops the server and
	// removes its files. Written to it is only the order to stop.
	alive *os.File
	ended chan struct{} // closed when the keeper has ended
}

func (c *server) url(database string) string {
	return "postgres://postgres@/" + database + "?host=" + url.QueryEscape(c.dir) + "&port=" + c.port
}

func (c *server) exec(database, query string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startWait)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, query)
	return err
}

// keeper runs the server until its standard input ends, then stops it and
// removes its files. After a line on its input, which is the signal that stops the server,
// it leaves the files.
const keeper = `
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses="$3" -c port="$4" -c max_connections=200 \
	-c fsync="$5" -c full_page_writes="$5" -c shared_buffers=64MB >"$2/log" 2>&1 &
server=$!
read -r order
kill -"${order:-INT}" "$server"
wait "$server"
[ "$order" ] || rm -rf "$2"
`

func startCluster(fsync string) (*server, error) {
	bin, err := findBin()
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return nil, err
		}
	}
	// Its own process group: an interrupt of the tests must not reach the server
	// before the keeper has stopped it.
	attr := &syscall.SysProcAttr{Setpgid: true, Credential: owner}

	ctx, cancel := context.WithTimeout(context.Background(), startWait)
	defer cancel()
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"),
		"-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	c := &server{dir: dir, bin: bin, attr: attr, fsync: fsync, port: "5432"}
	return c, c.start()
}

// start runs the keeper and returns when the server answers.
func (c *server) start() error {
	stdin, alive, err := os.Pipe()
	if err != nil {
		os.RemoveAll(c.dir)
		return err
	}
	keep := exec.Command("/bin/sh", "-c", keeper, "pgtest", c.bin, c.dir, c.listen, c.port, c.fsync)
	keep.SysProcAttr, keep.Dir, keep.Stdin = c.attr, c.dir, stdin
	err = keep.Start()
	stdin.Close()
	if err != nil {
		alive.Close()
		os.RemoveAll(c.dir)
		return fmt.Errorf("start the server: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = keep.Wait()
	}()
	c.alive, c.ended = alive, ended

	ctx, cancel := context.WithTimeout(context.Background(), startWait)
	defer cancel()
	for {
		err := c.exec("postgres", "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			alive.Close()
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, bytes.TrimSpace(log))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// findBin finds the directory of the newest server programs.
func findBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		found = append(found, path)
	}
	for _, path := range found {
		dir := filepath.Dir(path)
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir, nil
		}
	}
	return "", errNotInstalled
}

// unprivileged is whom the server runs as, because it refuses to run as root;
// nil is the user of the tests.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}
