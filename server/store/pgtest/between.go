//go:build unix

package pgtest

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A Between is a stretch of network before a PostgreSQL, which a test can make half-open
// (connections stay, and nothing passes), cut, or slow at each commit.
type Between struct {
	mu     sync.Mutex
	passes *sync.Cond
	open   bool
	conns  map[net.Conn]bool
	lose   int           // of how many next commits the answer is lost
	slow   time.Duration // for how long each commit is on its way
}

// StartBetween returns a stretch of network before the database at dsn, and the url that
// leads through it.
func StartBetween(tb testing.TB, dsn string) (b *Between, through string) {
	tb.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		tb.Fatal(err)
	}
	const name = ".s.PGSQL.5432"
	q := u.Query()
	to := filepath.Join(q.Get("host"), name)
	dir, err := os.MkdirTemp("", "pgtest") //nolint:usetesting // a socket's path must be short
	if err != nil {
		tb.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, name))
	if err != nil {
		tb.Fatal(err)
	}
	b = &Between{open: true, conns: map[net.Conn]bool{}}
	b.passes = sync.NewCond(&b.mu)
	tb.Cleanup(func() {
		_ = l.Close()
		b.Open()
		_ = os.RemoveAll(dir)
	})
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go b.join(in, to)
		}
	}()
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	return b, u.String()
}

// HalfOpen lets nothing pass any more, and Open lets it pass again.
func (b *Between) HalfOpen() { b.set(false) }

// Open lets everything pass, also what has waited.
func (b *Between) Open() { b.set(true) }

// Cut closes every connection; new ones can be made at once.
func (b *Between) Cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		_ = c.Close()
	}
}

// LoseAnswers lets the next n commits happen and closes their connections in the place of
// an answer: whoever sent one can't know what became of it.
func (b *Between) LoseAnswers(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lose = n
}

// Unlost returns how many answers are still to be lost.
func (b *Between) Unlost() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lose
}

// SlowCommits makes each commit take so much longer.
func (b *Between) SlowCommits(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slow = d
}

func (b *Between) set(open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = open
	b.passes.Broadcast()
}

func (b *Between) wait() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for !b.open {
		b.passes.Wait()
	}
}

// atCommit waits as long as a commit takes here, and reports whether its answer is lost.
func (b *Between) atCommit() (lost bool) {
	b.mu.Lock()
	lost = b.lose > 0
	if lost {
		b.lose--
	}
	slow := b.slow
	b.mu.Unlock()
	time.Sleep(slow)
	return lost
}

// commit is the statement that ends a transaction well, as the driver sends it.
var commit = []byte("commit\x00")

// join passes on what two ends say, until one of them closes.
func (b *Between) join(in net.Conn, to string) {
	defer in.Close()
	b.mu.Lock()
	b.conns[in] = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.conns, in)
		b.mu.Unlock()
	}()
	b.wait()
	out, err := net.Dial("unix", to)
	if err != nil {
		return
	}
	defer out.Close()
	var lost atomic.Bool
	pass := func(to, from net.Conn, asks bool) {
		defer to.Close()
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			b.wait()
			if asks && bytes.Contains(bytes.ToLower(buf[:n]), commit) && b.atCommit() {
				lost.Store(true)
			} else if !asks && lost.Load() {
				_ = from.Close()
				return
			}
			if n > 0 {
				if _, err := to.Write(buf[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
	go pass(out, in, true)
	pass(in, out, false)
	_, _ = io.Copy(io.Discard, in)
}
