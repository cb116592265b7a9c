//go:build unix

// Package redistest starts real Redis servers for tests: one, a primary server with a
// replica and a Sentinel, or a Cluster. They keep nothing on a disk.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// patience is how long a test waits for servers.
const patience = 60 * time.Second

// A Server is one process, which a test can kill.
type Server struct {
	Addr  string
	port  string
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
}

// Start starts a server with more arguments.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := &Server{}
	dir := tb.TempDir()
	s.run(tb, func() []string {
		return append([]string{"--port", s.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir}, args...)
	})
	return s
}

// choose takes a free port, beside which that of a Cluster's bus can be.
func (s *Server) choose(tb testing.TB) {
	tb.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		s.Addr = l.Addr().String()
		_ = l.Close()
		_, s.port, _ = net.SplitHostPort(s.Addr)
		if n, err := strconv.Atoi(s.port); err == nil && n < 55000 {
			return
		}
	}
}

// run starts a server with the arguments for the port that it chose. Another process can
// take that port, or the port of the Cluster's bus, first: then the server ends, and
// another port is chosen.
func (s *Server) run(tb testing.TB, args func() []string) {
	tb.Helper()
	tb.Cleanup(s.Kill)
	for deadline := time.Now().Add(patience); ; {
		s.choose(tb)
		s.cmd = exec.Command("redis-server", args()...)
		if err := s.cmd.Start(); err != nil {
			tb.Fatalf("the tests need redis-server: apt-get install redis-server: %v", err)
		}
		s.ended = make(chan struct{})
		go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(s.cmd, s.ended)
		if s.answers() {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatal("waited in vain: Redis answers")
		}
	}
}

// answers waits until this server, and not another at its port, answers. It is false where
// the server has ended.
func (s *Server) answers() bool {
	c := redis.NewClient(&redis.Options{Addr: s.Addr, MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = c.Close() }()
	own := fmt.Sprintf("process_id:%d\r\n", s.cmd.Process.Pid)
	for {
		if said, err := c.Info(context.Background(), "server").Result(); err == nil && strings.Contains(said, own) {
			return true
		}
		select {
		case <-s.ended:
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Kill ends the server at once.
func (s *Server) Kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		<-s.ended
		s.cmd = nil
	}
}

// Sentinel starts a primary server with a replica, and a Sentinel that lets the replica
// take over when the primary is gone. It returns their url and the primary.
func Sentinel(tb testing.TB) (url string, primary *Server) {
	tb.Helper()
	primary = Start(tb)
	replica := Start(tb, "--replicaof", "127.0.0.1 "+primary.port, "--repl-diskless-sync-delay", "0")
	first := redis.NewClient(&redis.Options{Addr: primary.Addr})
	defer func() { _ = first.Close() }()
	eventually(tb, "the replica has everything", func() bool {
		said, err := first.Info(context.Background(), "replication").Result()
		return err == nil && strings.Contains(said, "state=online")
	})
	sentinel := &Server{}
	conf := filepath.Join(tb.TempDir(), "sentinel.conf") // a Sentinel writes into it
	sentinel.run(tb, func() []string {
		text := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor city 127.0.0.1 %s 1\nsentinel down-after-milliseconds city 300\n"+
			"sentinel failover-timeout city 2000\nsentinel known-replica city 127.0.0.1 %s\n", sentinel.port, primary.port, replica.port)
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
		return []string{conf, "--sentinel"}
	})
	asked := redis.NewSentinelClient(&redis.Options{Addr: sentinel.Addr})
	defer func() { _ = asked.Close() }()
	eventually(tb, "the Sentinel knows the replica", func() bool {
		found, err := asked.Replicas(context.Background(), "city").Result()
		return err == nil && len(found) == 1
	})
	return "redis+sentinel://" + sentinel.Addr + "/city", primary
}

// Cluster starts a Cluster of three servers and returns its url.
func Cluster(tb testing.TB) (url string) {
	tb.Helper()
	ctx := context.Background()
	var addrs []string
	var nodes []*redis.Client
	for range 3 {
		s := Start(tb, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
		addrs = append(addrs, s.Addr)
		c := redis.NewClient(&redis.Options{Addr: s.Addr})
		tb.Cleanup(func() { _ = c.Close() })
		nodes = append(nodes, c)
	}
	const slots = 16384
	for i, c := range nodes {
		if err := c.ClusterAddSlotsRange(ctx, i*slots/3, (i+1)*slots/3-1).Err(); err != nil {
			tb.Fatal(err)
		}
		if err := c.Do(ctx, "cluster", "set-config-epoch", i+1).Err(); err != nil {
			tb.Fatal(err)
		}
		host, port, _ := net.SplitHostPort(addrs[0])
		if err := c.ClusterMeet(ctx, host, port).Err(); i > 0 && err != nil {
			tb.Fatal(err)
		}
	}
	eventually(tb, "the Cluster is whole", func() bool {
		for _, c := range nodes {
			said, err := c.ClusterInfo(ctx).Result()
			if err != nil || !strings.Contains(said, "cluster_state:ok") || !strings.Contains(said, "cluster_known_nodes:3") {
				return false
			}
		}
		return true
	})
	return "redis+cluster://" + strings.Join(addrs[:2], ",")
}

func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("waited in vain: %s", what)
		}
	}
}
