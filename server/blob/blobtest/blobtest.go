//go:build unix

// Package blobtest starts a real S3-compatible store for tests, versitygw, with its files
// in a temporary directory.
package blobtest

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

const (
	access = "mingjing"
	secret = "a/secret+of=tests"
	bucket = "files"
)

// A Server is a store of one test, which the test can stop and start again.
type Server struct {
	// Dir has the objects as files.
	Dir  string
	URL  string
	addr string
	cmd  *exec.Cmd
}

// program returns where the store's program is: VERSITYGW_BIN, or bin/versitygw.
func program(tb testing.TB) string {
	tb.Helper()
	bin := os.Getenv("VERSITYGW_BIN")
	if bin == "" {
		_, here, _, _ := runtime.Caller(0)
		bin = filepath.Join(filepath.Dir(here), "..", "..", "..", "bin", "versitygw")
	}
	if _, err := os.Stat(bin); err != nil {
		tb.Fatalf("the tests need a store of files: run `make versitygw`, or set VERSITYGW_BIN (%v)", err)
	}
	return bin
}

// Start starts a store that has an empty bucket.
func Start(tb testing.TB) *Server {
	tb.Helper()
	root := tb.TempDir()
	s := &Server{Dir: filepath.Join(root, "data", bucket)}
	for _, dir := range []string{s.Dir, filepath.Join(root, "sidecar")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			tb.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s.addr = l.Addr().String()
	_ = l.Close()
	s.URL = "s3+http://" + access + ":a%2Fsecret+of=tests@" + s.addr + "/" + bucket + "/city?region=us-east-1"
	tb.Cleanup(s.Stop)
	s.Start(tb)
	return s
}

// Start starts the store again, with the same objects.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	root := filepath.Dir(filepath.Dir(s.Dir))
	s.cmd = exec.Command(program(tb), "--access", access, "--secret", secret, "--port", s.addr, "--quiet", "--health", "/health", "posix",
		"--sidecar", filepath.Join(root, "sidecar"), filepath.Dir(s.Dir))
	if err := s.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		res, err := http.Get("http://" + s.addr + "/health")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			tb.Fatalf("the store of files does not answer: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Stop stops the store; its objects stay.
func (s *Server) Stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// Objects returns the files of all objects.
func (s *Server) Objects(tb testing.TB) (files []string) {
	tb.Helper()
	err := filepath.WalkDir(s.Dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}
