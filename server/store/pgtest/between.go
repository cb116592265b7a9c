//go:build unix

package pgtest

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// A Between is a stretch of network before a PostgreSQL, which a test can make half-open:
// connections stay, and nothing passes.
type Between struct {
	mu     sync.Mutex
	passes *sync.Cond
	open   bool
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
	b = &Between{open: true}
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

// join passes on what two ends say, until one of them closes.
func (b *Between) join(in net.Conn, to string) {
	defer in.Close()
	b.wait()
	out, err := net.Dial("unix", to)
	if err != nil {
		return
	}
	defer out.Close()
	pass := func(to, from net.Conn) {
		defer to.Close()
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			b.wait()
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
	go pass(out, in)
	pass(in, out)
	_, _ = io.Copy(io.Discard, in)
}
