package evidence_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/evidence"
)

// eicar is the test file that every scanner finds, in two parts so that this file is not found.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-` + `STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// clamd starts Debian's clamd with two signatures of the test's own, and returns its address.
func clamd(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("clamd")
	if err != nil {
		t.Skip("clamd is not here: apt-get install clamav-daemon")
	}
	dir := t.TempDir()
	var signatures strings.Builder
	for name, text := range map[string]string{"Test.Eicar": eicar, "Test.Own": "a signature of the test's own"} {
		fmt.Fprintf(&signatures, "%s:0:*:%x\n", name, text)
	}
	socket := filepath.Join(dir, "s")
	conf := fmt.Sprintf("DatabaseDirectory %s\nLocalSocket %s\nForeground yes\nPidFile %s\nStreamMaxLength 20M\n", dir, socket,
		filepath.Join(dir, "pid"))
	for name, text := range map[string]string{"test.ndb": signatures.String(), "conf": conf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), program, "-c", filepath.Join(dir, "conf"))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for {
		if conn, err := net.Dial("unix", socket); err == nil {
			_ = conn.Close()
			return "unix://" + socket
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("clamd: %v: %s", err, said.String())
		default:
		}
	}
}

func TestClamdFindsWhatItHasASignatureOf(t *testing.T) {
	t.Parallel()
	s, err := evidence.NewClamd(clamd(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(ctx); err != nil {
		t.Error(err)
	}
	large := bytes.Repeat([]byte("a"), mingjing.MaxEvidenceBytes)
	for what, k := range map[string]struct {
		data []byte
		want error
	}{
		"nothing": {[]byte{}, nil}, "a file": {[]byte("%PDF-1.4"), nil}, "the largest": {large, nil}, "EICAR": {[]byte(eicar), evidence.Infected},
		"our own":                {[]byte("It has a signature of the test's own in it."), evidence.Infected},
		"one within the largest": {append(bytes.Clone(large[:len(large)-100]), "a signature of the test's own"...), evidence.Infected},
	} {
		if err := s.Scan(ctx, k.data); !errors.Is(err, k.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Whatever else a scanner says or does is no answer: the file waits.
func TestAScannerThatDoesNotAnswerHasNotSeenTheFile(t *testing.T) {
	t.Parallel()
	for _, says := range []string{"", "stream: OK and more", "OK", "INSTREAM size limit exceeded. ERROR",
		"stream: Can't allocate memory ERROR"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 100))
			_, _ = conn.Write([]byte(says))
			_ = conn.Close()
		}()
		s, err := evidence.NewClamd("clamd://" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Scan(ctx, []byte("x")); err == nil || errors.Is(err, evidence.Infected) {
			t.Errorf("%q is %v", says, err)
		}
		_ = l.Close()
		if err := s.Scan(ctx, []byte("x")); err == nil || errors.Is(err, evidence.Infected) {
			t.Errorf("nobody there is %v", err)
		}
	}
	for _, wrong := range []string{"", "icap://h", "clamd://", "clamd://h/path", "clamd://u:p@h", "unix://host/s", "unix:s"} {
		if _, err := evidence.NewClamd(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}
