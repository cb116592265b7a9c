package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing/server/agency/kit"
	"mingjing/server/agency/mock"
)

// agencyCommand runs one of the agency commands to its end, without a city.
func agencyCommand(t testing.TB, args ...string) (out string, exit int) {
	t.Helper()
	var said bytes.Buffer
	exit = run(t.Context(), append([]string{"agency"}, args...), func(string) string { return "" }, &said, &said)
	return said.String(), exit
}

// A printed has what a command prints, while it runs.
type printed struct {
	mu   sync.Mutex
	text string
	more chan struct{}
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text += string(b)
	select {
	case p.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

// until returns what stands behind a prefix in the first line that has it.
func (p *printed) until(t testing.TB, prefix string) string {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		p.mu.Lock()
		text := p.text
		p.mu.Unlock()
		for _, line := range strings.SplitAfter(text, "\n") {
			if rest, ok := strings.CutPrefix(line, prefix); ok && strings.HasSuffix(line, "\n") {
				return strings.TrimSpace(rest)
			}
		}
		select {
		case <-p.more:
		case <-late:
			t.Fatalf("nothing begins with %q:\n%s", prefix, text)
		}
	}
}

// playAgency runs the mock command and returns its address.
func playAgency(t testing.TB, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out := &printed{more: make(chan struct{}, 1)}
	done := make(chan int)
	go func() {
		done <- run(ctx, append([]string{"agency", "mock", "--listen", "127.0.0.1:0"}, args...), func(string) string { return "" }, out,
			io.Discard)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-done; code != 0 {
			t.Errorf("the mock ends with %d: %s", code, out.text)
		}
	})
	return out.until(t, "listening on ")
}

func TestAMockIsTriedByTheCommandAndExitsSayWhatCameOfIt(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	who := []string{"--keys", keys, "--agency", "metro", "--person", string(mock.SamplePerson.IDNumber), "--name", mock.SamplePerson.Name}
	check := func(url string, more ...string) (string, int) {
		t.Helper()
		return agencyCommand(t, append(append([]string{"check", url}, who...), more...)...)
	}
	good := playAgency(t, "--keys", keys, "--agency", "metro")
	out, exit := check(good)
	if exit != 0 || !strings.Contains(out, "ok      reply ") || !strings.Contains(out, " 0 broken, ") {
		t.Errorf("%d\n%s", exit, out)
	}
	wrong := playAgency(t, "--keys", keys, "--agency", "metro", "--wrong", "bad-date")
	out, exit = check(wrong)
	if exit != 1 || !strings.Contains(out, "BROKEN  reply ") || !strings.Contains(out, "records[0].occurred date_form: Write a date") {
		t.Errorf("%d\n%s", exit, out)
	}
	if out, exit = check(wrong, "--lang", "zh-CN"); exit != 1 || !strings.Contains(out, "不符合 1 条") {
		t.Errorf("%d\n%s", exit, out)
	}
	out, exit = check(wrong, "--json")
	var report kit.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || exit != 1 || report.Count(kit.Broken) != 1 {
		t.Errorf("%d %v\n%s", exit, err, out)
	}
}

func TestAFileOfRecordsIsPlayed(t *testing.T) {
	dir := t.TempDir()
	keys, records := filepath.Join(dir, "keys"), filepath.Join(dir, "records.json")
	if err := os.WriteFile(records, []byte(`{"people": [{"id_number": "`+string(mock.SamplePerson.IDNumber)+`", "name": "林晓", "records": [
		{"ref": "M-1", "code": "metro.fare_evasion", "occurred": "2026-02-20", "subject": "林晓", "document": {"kind": "penalty_decision",
		"issuer": "上海申通地铁集团有限公司", "number": "罚 1", "date": "2026-02-21", "hash": "`+strings.Repeat("ab", 32)+`"}}],
		"answers": {"M-1": {"position": "corrected", "occurred": "2026-02-19", "text": {"zh-CN": "日期有误。"}, "at": "2026-03-02T00:00:00Z"}}}]}`),
		0o600); err != nil {
		t.Fatal(err)
	}
	url := playAgency(t, "--keys", keys, "--records", records)
	out, exit := agencyCommand(t, "check", url, "--keys", keys, "--agency", "metro", "--person", string(mock.SamplePerson.IDNumber), "--name",
		"林晓")
	if exit != 0 || !strings.Contains(out, "ok      reply ") || !strings.Contains(out, "ok      question ") {
		t.Errorf("%d\n%s", exit, out)
	}
}

func TestACommandSaysWhatItLacks(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(keys, []byte("# none\nkey-1 zz\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(good, []byte("key-1 "+strings.Repeat("ab", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"check", "http://127.0.0.1:1"}, "--keys is missing"},
		{[]string{"check", "http://127.0.0.1:1", "--keys", keys}, "the secret of line 2 is not hex"},
		{[]string{"check", "http://127.0.0.1:1", "--keys", good}, "--agency CODE, or --codes"},
		{[]string{"check", "http://127.0.0.1:1", "--keys", good, "--agency", "nobody"}, `no rulebook in force has an agency "nobody"`},
		{[]string{"check", "http://127.0.0.1:1", "--keys", good, "--codes", "a", "--person", "1", "--name", "x"}, "--person"},
		{[]string{"check"}, "check wants one URL"},
		{[]string{"mock", "--keys", good}, "say what it holds"},
		{[]string{"mock", "--keys", good, "--agency", "metro", "--wrong", "colour"}, `no way to be wrong named "colour"`},
		{[]string{"sign", "--keys", good, "POST"}, "sign wants a method"},
		{[]string{"sign", "--keys", good, "--key", "key-9", "GET", "/x"}, `no key "key-9"`},
		{[]string{"send", "--keys", good, "http://127.0.0.1:1"}, "send wants the city's URL and a file"},
		{[]string{"dance"}, "agency has no such command"},
	} {
		if out, exit := agencyCommand(t, c.args...); exit != 2 || !strings.Contains(out, c.want) {
			t.Errorf("%v: %d, want 2 with %q\n%s", c.args, exit, c.want, out)
		}
	}
	if out, exit := agencyCommand(t, "mock", "--wrong", "help"); exit != 0 || strings.Count(out, "\n") != len(mock.Wrongs) {
		t.Errorf("%d\n%s", exit, out)
	}
}
