package evidence_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"mingjing"
	"mingjing/server/evidence"
	"mingjing/server/evidence/inspect"
)

var ctx = context.Background()

// TestMain is also what a Checker starts: the real process, and some that do what the real
// one never should.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 {
		os.Exit(m.Run())
	}
	switch os.Args[1] {
	case "look":
		os.Exit(inspect.Work(ctx, os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	case "hang":
		fmt.Fprintln(os.Stdout)
		for { //nolint:staticcheck // it is killed
		}
	case "wait": // where the file says so, until somebody has written to the named pipe
		if file, _ := io.ReadAll(os.Stdin); string(file) == "wait" {
			in, err := os.Open(os.Args[2])
			if err == nil {
				_, err = io.ReadAll(in)
			}
			if err != nil {
				os.Exit(1)
			}
		}
		_ = evidence.Write(os.Stdout, evidence.Content{Type: "image/png", Ext: ".png", Data: []byte("x")}, nil)
		os.Exit(0)
	case "die":
		self, _ := os.FindProcess(os.Getpid())
		_ = self.Kill()
		select {}
	case "compile": // at the first file, until somebody has written to the named pipe
		if first, _ := io.ReadAll(os.Stdin); string(first) != "second" {
			in, err := os.Open(os.Args[2])
			if err == nil {
				_, err = io.ReadAll(in)
			}
			if err != nil || os.WriteFile(os.Args[2]+".done", nil, 0o600) != nil {
				os.Exit(1)
			}
		}
		if _, err := os.Stat(os.Args[2] + ".done"); err != nil {
			fmt.Fprintln(os.Stderr, "nothing is compiled")
			os.Exit(1)
		}
		_ = evidence.Write(os.Stdout, evidence.Content{Type: "image/png", Ext: ".png", Data: []byte("x")}, nil)
		os.Exit(0)
	case "say":
		_, _ = io.Copy(os.Stdout, strings.NewReader(os.Args[2]))
		os.Exit(0)
	case "hog":
		os.Exit(inspect.Work(ctx, nil, hog{}, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// A hog is a file whose reading takes memory without end.
type hog struct{}

func (hog) Read([]byte) (int, error) {
	var held [][]byte
	for {
		b := make([]byte, 32<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		held = append(held, b)
		if len(held) > 1<<10 {
			return 0, io.EOF
		}
	}
}

func checker(t testing.TB, l evidence.Limits, command ...string) *evidence.Checker {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return evidence.NewChecker(l, append([]string{self}, command...)...)
}

func TestAFileIsCheckedInAProcessOfItsOwn(t *testing.T) {
	t.Parallel()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	c := checker(t, evidence.Limits{AtOnce: 1, Time: time.Minute}, "look", cache+"/mingjing")
	if err := c.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	photo, err := os.ReadFile("inspect/testdata/exif6.jpg")
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Check(ctx, "a", evidence.Upload{Name: "收据.HEIC", Data: photo})
	if err != nil || f.Name != "收据.jpg" || f.Type != "image/jpeg" || len(f.Data) == 0 || bytes.Contains(f.Data, []byte("Exif")) {
		t.Errorf("%s of %s, %d bytes: %v", f.Name, f.Type, len(f.Data), err)
	}
	for _, bad := range []struct {
		data []byte
		why  evidence.Refusal
	}{{[]byte("GIF89a"), evidence.WrongType}, {make([]byte, mingjing.MaxEvidenceBytes+1), evidence.TooLarge}} {
		if _, err := c.Check(ctx, "a", evidence.Upload{Data: bad.data}); !errors.Is(err, bad.why) {
			t.Errorf("%v, want %v", err, bad.why)
		}
	}
}

func TestAFileThatTakesTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	for _, too := range []struct {
		what    string
		command []string
		time    time.Duration
	}{{"time", []string{"hang"}, 300 * time.Millisecond}, {"memory", []string{"hog"}, time.Minute},
		{"of what the machine has", []string{"die"}, time.Minute}} {
		c := checker(t, evidence.Limits{AtOnce: 1, Time: too.time}, too.command...)
		if _, err := c.Check(ctx, "a", evidence.Upload{}); !errors.Is(err, evidence.TooComplex) {
			t.Errorf("too much %s: %v", too.what, err)
		}
	}
}

func TestTheProcessEndsWithWhoSentTheFile(t *testing.T) {
	t.Parallel()
	c := checker(t, evidence.Limits{AtOnce: 1, Time: time.Hour}, "hang")
	gone := errors.New("the browser has gone")
	there, leave := context.WithCancelCause(ctx)
	leave(gone)
	if _, err := c.Check(there, "a", evidence.Upload{}); !errors.Is(err, gone) {
		t.Errorf("whoever had gone before got %v", err)
	}
	there, leave = context.WithCancelCause(ctx)
	done := make(chan error, 1)
	go func() {
		_, err := c.Check(there, "a", evidence.Upload{})
		done <- err
	}()
	leave(gone)
	if err := <-done; !errors.Is(err, gone) {
		t.Errorf("whoever goes gets %v", err)
	}
}

// Somebody who sends many files waits for their own, and nobody else does.
func TestOneFileOfAPersonIsCheckedAtATime(t *testing.T) {
	t.Parallel()
	pipe := t.TempDir() + "/pipe"
	if err := mkfifo(pipe); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	c := checker(t, evidence.Limits{AtOnce: 2, Time: time.Minute}, "wait", pipe)
	const many = 4
	done := make(chan error, many)
	for range many {
		go func() {
			_, err := c.Check(ctx, "who sends many", evidence.Upload{Data: []byte("wait")})
			done <- err
		}()
	}
	goOn := func() { // opening waits for a process that reads
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	goOn() // now the others have asked for their places
	if _, err := c.Check(ctx, "somebody else", evidence.Upload{}); err != nil {
		t.Error(err)
	}
	for range many - 1 {
		goOn()
	}
}

func TestWhoWaitsHearsThatAFileIsCheckedLater(t *testing.T) {
	t.Parallel()
	c := checker(t, evidence.Limits{AtOnce: 1, Time: time.Hour, Soon: 50 * time.Millisecond}, "hang")
	if _, err := c.Soon(ctx, "a", evidence.Upload{}); !errors.Is(err, evidence.ErrLater) {
		t.Errorf("a file that takes long: %v", err)
	}
	if c.Busy("a") {
		t.Error("it is still being checked")
	}
}

// However many people send files that take long, others have a place.
func TestFilesOfWhoKeepsTheProcessesBusyHaveOnePlace(t *testing.T) {
	t.Parallel()
	pipe := t.TempDir() + "/pipe"
	if err := mkfifo(pipe); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	c := checker(t, evidence.Limits{AtOnce: 2, Time: time.Hour, Heavy: 1}, "wait", pipe)
	done, many := make(chan error), []string{"a", "b"}
	for _, who := range many {
		if _, err := c.Check(ctx, who, evidence.Upload{}); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := c.Check(ctx, who, evidence.Upload{Data: []byte("wait")})
			done <- err
		}()
	}
	for !c.Busy("a") || !c.Busy("b") {
		runtime.Gosched()
	}
	if _, err := c.Check(ctx, "somebody else", evidence.Upload{}); err != nil {
		t.Error(err)
	}
	for range many {
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits for a process that reads
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Close(), <-done); err != nil {
			t.Error(err)
		}
	}
}

func TestFilesBeyondAPersonsQuotaWait(t *testing.T) {
	t.Parallel()
	c := checker(t, evidence.Limits{AtOnce: 2, Time: time.Hour, Quota: 1}, "wait", "")
	for i, who := range []string{"a", "b", "a"} {
		if _, err := c.Check(ctx, who, evidence.Upload{}); errors.Is(err, evidence.ErrLater) != (i == 2) {
			t.Errorf("file %d, of %s: %v", i, who, err)
		}
	}
}

// A scanner that says the same of every file.
type scanner struct{ err error }

func (s scanner) Scan(context.Context, []byte) error { return s.err }

func TestAFileIsTakenOnceTheScannerHasSeenIt(t *testing.T) {
	t.Parallel()
	for _, says := range []struct{ err, want error }{{nil, nil}, {evidence.Infected, evidence.Infected},
		{errors.New("connection refused"), evidence.ErrLater}} {
		c := checker(t, evidence.Limits{AtOnce: 1, Time: time.Hour}, "wait", "")
		c.ScanBy(scanner{says.err})
		if f, err := c.Check(ctx, "a", evidence.Upload{}); !errors.Is(err, says.want) || (err == nil) != (f.Type != "") {
			t.Errorf("where it says %v: %v", says.err, err)
		}
	}
}

func TestAFileThatComesWhileTheCheckerStartsWaitsForIt(t *testing.T) {
	t.Parallel()
	pipe := t.TempDir() + "/pipe"
	if err := mkfifo(pipe); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	c := checker(t, evidence.Limits{AtOnce: 2, Time: time.Minute}, "compile", pipe)
	started := make(chan error, 1)
	c.Start(ctx, func(err error) { started <- err })
	done := make(chan error, 1)
	go func() {
		_, err := c.Check(ctx, "a", evidence.Upload{Data: []byte("second")})
		done <- err
	}()
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // it waits for a process that reads
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), <-started, <-done); err != nil {
		t.Error(err)
	}
}

func TestWhatTheProcessSaysIsNotTrusted(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"", "x", "{}\n", "{\"type\":\"text/html\",\"ext\":\".html\"}\n<script>",
		"{\"type\":\"image/png\",\"ext\":\".html\"}\nx", "{\"refused\":\"<b>\"}\n"} {
		f, err := checker(t, evidence.DefaultLimits, "say", said).Check(ctx, "a", evidence.Upload{})
		if err == nil {
			t.Errorf("%q is taken as %s of %s", said, f.Name, f.Type)
		}
	}
}

func TestNamesStay(t *testing.T) {
	t.Parallel()
	names, err := os.Open("testdata/file-names.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = names.Close() }()
	for lines := bufio.NewScanner(names); lines.Scan(); {
		if got, want := evidence.SafeName(lines.Text(), ".pdf"), norm.NFC.String(lines.Text()); got != want {
			t.Errorf("%q became %q", want, got)
		}
	}
	if got := evidence.SafeName("v1.2 收据（复印件）_3.PDF", ".pdf"); got != "v1.2 收据（复印件）_3.pdf" {
		t.Errorf("it became %q", got)
	}
}

func TestFileNamesAreSafe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "evidence.pdf", ".": "evidence.pdf", "..": "evidence.pdf", "/": "evidence.pdf", ".htaccess": "evidence.pdf",
		"../../etc/passwd": "passwd.pdf", `C:\Users\me\判决书 (1).PDF`: "判决书 (1).pdf", "CON\x00.pdf": "CON.pdf",
		"a\r\nSet-Cookie: x=1.pdf": "a-Set-Cookie- x-1.pdf", "bad\xff.pdf": "evidence.pdf",
		"gpj.\u202eexe.pdf": "gpj.-exe.pdf", strings.Repeat("案", 500) + ".pdf": strings.Repeat("案", 60) + ".pdf",
		"\"; rm -rf *;\".pdf": "rm -rf.pdf", strings.Repeat("-", 100): "evidence.pdf", "\u0301\u200d.pdf": "evidence.pdf",
	} {
		if got := evidence.SafeName(name, ".pdf"); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	f.Add("receipt.pdf")
	f.Add("../c\u202e.png")
	f.Fuzz(func(t *testing.T, name string) {
		got := evidence.SafeName(name, ".pdf")
		if len(got) > 255 || !utf8.ValidString(got) || strings.HasPrefix(got, ".") || !strings.HasSuffix(got, ".pdf") ||
			strings.ContainsAny(got, `/\<>:"|?*`) || strings.IndexFunc(got, unicode.IsControl) >= 0 {
			t.Fatalf("name %q", got)
		}
		if again := evidence.SafeName(got, ".pdf"); again != got {
			t.Fatalf("%q becomes %q", got, again)
		}
	})
}
