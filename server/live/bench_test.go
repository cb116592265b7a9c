package live

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkIdleSockets measures what an idle stream costs the server in memory,
// as bytes/socket. IDLE_SOCKETS is how many are opened; the default is 1,000. The
// other ends are in a process of their own, so that only the server's is counted.
func BenchmarkIdleSockets(b *testing.B) {
	n := 1000
	if s := os.Getenv("IDLE_SOCKETS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil || n <= 0 {
			b.Fatalf("IDLE_SOCKETS=%q is no number of sockets", s)
		}
	}
	for range b.N {
		idle(b, n)
	}
}

func idle(b *testing.B, n int) {
	c := newCity()
	r := startReplica(b, c, "", nil)
	r.awaitRedis(b, true)
	before := memory()

	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LIVE_IDLE_CLIENTS_OF="+strings.TrimPrefix(r.srv.URL, "http://"), "IDLE_SOCKETS="+strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	stop, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = stop.Close()
		_ = cmd.Wait()
		eventually(b, "all have left", func() bool { return r.Stats().Sockets == 0 })
	}()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		b.Fatalf("the clients said %q: %v", line, err)
	}
	eventually(b, "all are idle", func() bool {
		if r.Stats().Sockets != n {
			return false
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, g := range r.groups {
			if g.replaying {
				return false
			}
		}
		return true
	})
	b.ReportMetric(float64(memory()-before)/float64(n), "bytes/socket")
}

// memory returns what heap and stacks hold, garbage collected.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// idleClients is the other process: it opens streams, each of a resident of its
// own, and holds them until its standard input ends.
func idleClients(addr string) {
	n, _ := strconv.Atoi(os.Getenv("IDLE_SOCKETS"))
	conns := make([]net.Conn, 0, n)
	for i := range n {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Fprintf(conn, "GET /?audience=a%d&session=s%d HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nConnection: Upgrade\r\n"+
			"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", i, i, addr, addr)
		resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 256), nil)
		if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
			fmt.Fprintln(os.Stderr, "handshake:", resp, err)
			os.Exit(1)
		}
		conns = append(conns, conn)
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	for _, c := range conns {
		_ = c.Close()
	}
}
