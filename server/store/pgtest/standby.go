//go:build unix

package pgtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Standby starts a second server that has what this one has, and waits at each commit
// until it has that too: this one acknowledges nothing that would be lost with it.
func (c Server) Standby(tb testing.TB) Server {
	tb.Helper()
	dir, err := os.MkdirTemp("", "pgtest") //nolint:usetesting // a socket's path must be short, and the server's user enters it
	if err != nil {
		tb.Fatal(err)
	}
	s := &server{dir: dir, bin: c.bin, attr: c.attr, fsync: c.fsync, port: "5432"}
	if owner := c.attr.Credential; owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			tb.Fatal(err)
		}
	}
	s.tool(tb, "pg_basebackup", "--pgdata="+filepath.Join(dir, "data"), "--host="+c.dir, "--username=postgres", "--write-recovery-conf",
		"--checkpoint=fast", "--no-sync")
	if err := s.start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.remove)
	c.Exec(tb, "postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
	c.Exec(tb, "postgres", "SELECT pg_reload_conf()")
	return Server{s}
}

// Promote makes a standby server one that can be written to.
func (c Server) Promote(tb testing.TB) {
	tb.Helper()
	c.tool(tb, "pg_ctl", "promote", "--wait", "--pgdata="+filepath.Join(c.dir, "data"))
}

func (c *server) tool(tb testing.TB, name string, args ...string) {
	tb.Helper()
	ctx, stop := context.WithTimeout(context.Background(), startWait)
	defer stop()
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	cmd.SysProcAttr, cmd.Dir = c.attr, c.dir
	if said, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v\n%s", name, err, said)
	}
}

// Either returns the url of a database of the first of some servers that can be used.
func Either(database string, servers ...Server) (dsn string) {
	hosts := ""
	for i, s := range servers {
		if i > 0 {
			hosts += ","
		}
		hosts += s.dir
	}
	return "postgres://postgres@/" + database + "?host=" + url.QueryEscape(hosts)
}

// WithTLS starts the server again so that it listens on 127.0.0.1 for connections with TLS
// alone. It returns host:port, and the file of the certificate that vouches for the host.
func (c Server) WithTLS(tb testing.TB) (addr, certificate string) {
	tb.Helper()
	c.Stop(tb)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	data := filepath.Join(c.dir, "data")
	certificate = filepath.Join(data, "server.crt")
	for name, content := range map[string][]byte{
		"server.crt":           pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}),
		"server.key":           pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}),
		"postgresql.auto.conf": []byte("ssl = on\n"),
		"pg_hba.conf":          []byte("local all all trust\nhostssl all all 127.0.0.1/32 trust\n"),
	} {
		file := filepath.Join(data, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			tb.Fatal(err)
		}
		if owner := c.attr.Credential; owner != nil {
			if err := os.Chown(file, int(owner.Uid), int(owner.Gid)); err != nil {
				tb.Fatal(err)
			}
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	addr = l.Addr().String()
	_ = l.Close()
	c.listen, c.port, _ = net.SplitHostPort(addr)
	c.Start(tb)
	return addr, certificate
}
