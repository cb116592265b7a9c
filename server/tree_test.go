package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
	"mingjing/logproof"
)

func TestAResidentChecksTheAccessLogOverTheAPI(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 9")
	b.json("GET", "/api/records", nil).want(200)
	p := into[mingjing.AccessProof](b.json("GET", "/api/access-log/proof", nil).want(200))
	k := logproof.Check([]mingjing.AccessProof{p}, nil, time.Now())
	if len(k.Problems) > 0 || k.Entries == 0 {
		t.Fatalf("%+v", k)
	}
	b.json("GET", "/api/records", nil).want(200)
	size := strconv.FormatInt(k.Checkpoint.Size, 10)
	p2 := into[mingjing.AccessProof](b.json("GET", "/api/access-log/proof?since="+size, nil).want(200))
	k2 := logproof.Check([]mingjing.AccessProof{p2}, k.Memory, time.Now())
	if len(k2.Problems) > 0 || k2.Entries < k.Entries+2 {
		t.Errorf("%+v", k2)
	}
	// A page that goes on from an earlier one is proven in the same tree.
	rest := into[mingjing.AccessProof](b.json("GET", "/api/access-log/proof?after=1&size="+size, nil).want(200))
	if rest.Checkpoint != p.Checkpoint || len(rest.Entries) != len(p.Entries)-1 {
		t.Errorf("the next page is of %s with %d entries", rest.Checkpoint, len(rest.Entries))
	}
	for _, bad := range []string{"since=x", "after=-1", "size=99999999999999"} {
		if code := b.json("GET", "/api/access-log/proof?"+bad, nil).problem(422); code != "invalid_cursor" {
			t.Errorf("%s: %s", bad, code)
		}
	}
}

func TestTheLogIsPublicAndTellsNothing(t *testing.T) {
	c := theOpenCity(t)
	c.resident(t, "ordinary 9").json("GET", "/api/records", nil).want(200)
	stranger := c.browser(t)
	get := func(path string, status int) answer {
		t.Helper()
		a := stranger.send("GET", path, nil).want(status)
		if cache := a.header.Get("Cache-Control"); status == 200 && !strings.HasPrefix(cache, "public, max-age=") {
			t.Errorf("%s: Cache-Control %q", path, cache)
		}
		return a
	}
	key := strings.TrimSpace(string(get("/log/key", 200).body))
	k, text, _, err := logproof.OpenCheckpoint(string(get("/log/checkpoint", 200).body), key)
	if err != nil || k.Origin != "mingjing" {
		t.Fatalf("%q, %v", text, err)
	}
	width := min(k.Size, 256)
	tile := tlog.Tile{H: 8, L: 0, N: 0, W: int(width)}
	path := strings.Replace(tile.Path(), "tile/8/", "/log/tile/", 1)
	if a := get(path, 200); int64(len(a.body)) != width*tlog.HashSize {
		t.Errorf("%s has %d bytes", path, len(a.body))
	}
	for _, path := range []string{"/log/tile/", "/log/tile/0/x999/999", "/log/tile/data/000", "/log/tile/0/0", "/log/tile/9/000",
		"/log/entries", "/log/tile/0/000.p/0"} {
		get(path, 404)
	}
	stranger.send("POST", "/log/checkpoint", nil).want(405)
}

// TestAProofFileIsCheckedWithoutAServer downloads the proof file as a browser without
// scripts does, changes it in each way, and checks that the command finds every change.
func TestAProofFileIsCheckedWithoutAServer(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 9")
	for range 6 {
		b.json("GET", "/api/records", nil).want(200)
	}
	dir := t.TempDir()
	page := b.page("access-log").want(200)
	link, ok := page.html().Find(`a[href="/api/access-log/proof.json"]`).First().Attr("href")
	if !ok {
		t.Fatal("the page has no way to the file")
	}
	a := b.send("GET", link, nil).want(200)
	if got := a.header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("it is sent as %q, %q", got, a.header.Get("Cache-Control"))
	}
	file := filepath.Join(dir, "good.json")
	save := func(p mingjing.AccessProof) string {
		t.Helper()
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, "cheated.json")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	if err := os.WriteFile(file, a.body, 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(files ...string) (int, string) {
		var out bytes.Buffer
		return run(t.Context(), append([]string{"verify"}, files...), func(string) string { return "" }, &out, &out), out.String()
	}
	if code, out := verify(file); code != 0 || !strings.Contains(out, "All entries are in the log") {
		t.Errorf("the good file: %d\n%s", code, out)
	}
	if code, _ := verify(file, file); code != 0 {
		t.Error("the same file twice is not the same")
	}
	for name, k := range map[string]struct {
		want  string
		cheat func(*mingjing.AccessProof)
	}{
		"edit":    {"changed", func(p *mingjing.AccessProof) { p.Entries[2].Who = "Nobody" }},
		"delete":  {"missing", func(p *mingjing.AccessProof) { p.Entries = slices.Delete(p.Entries, 2, 3) }},
		"reorder": {"order", func(p *mingjing.AccessProof) { p.Entries[2], p.Entries[3] = p.Entries[3], p.Entries[2] }},
		"double":  {"double", func(p *mingjing.AccessProof) { p.Entries[3] = p.Entries[2] }},
		"state": {"signature", func(p *mingjing.AccessProof) {
			p.Checkpoint = strings.Replace(p.Checkpoint, "mingjing\n", "mingjing\n1", 1)
		}},
		"key":   {"signature", func(p *mingjing.AccessProof) { p.Key = strings.Replace(p.Key, "mingjing", "ming", 1) }},
		"proof": {"changed", func(p *mingjing.AccessProof) { p.Entries[4].Proof[0][0]++ }},
		"salt":  {"changed", func(p *mingjing.AccessProof) { p.Entries[4].Salt[0]++ }},
	} {
		var p mingjing.AccessProof
		if err := json.Unmarshal(a.body, &p); err != nil {
			t.Fatal(err)
		}
		k.cheat(&p)
		want := map[string]string{"changed": "changed or made up", "missing": "missing", "order": "order in which", "double": "there twice",
			"signature": "no good signature"}[k.want]
		if code, out := verify(save(p)); code != 1 || !strings.Contains(out, "WRONG") || !strings.Contains(out, want) {
			t.Errorf("%s: %d\n%s", name, code, out)
		}
	}
	// What was there last time and is gone now.
	var p mingjing.AccessProof
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatal(err)
	}
	p.Entries = p.Entries[:4]
	if code, out := verify(save(p)); code != 0 {
		t.Errorf("a shorter file alone can't be told: %d\n%s", code, out)
	}
	if code, out := verify(save(p), file); code != 1 || !strings.Contains(out, "rewritten") {
		t.Errorf("a shorter file than before: %d\n%s", code, out)
	}
	for _, args := range [][]string{{}, {"a", "b", "c"}} {
		if code, _ := verify(args...); code != 2 {
			t.Errorf("verify %v: %d", args, code)
		}
	}
	if code, out := verify(filepath.Join(dir, "nowhere.json")); code != 1 || !strings.Contains(out, "can't") &&
		!strings.Contains(out, "not a proof") {
		t.Errorf("a file that is not there: %d %s", code, out)
	}
}

func TestSomebodyElseRunsAWitness(t *testing.T) {
	c := theOpenCity(t)
	c.resident(t, "ordinary 9").json("GET", "/api/records", nil).want(200)
	stranger := c.browser(t)
	env := map[string]string{"DATA": t.TempDir(), "ADDR": "127.0.0.1:0", "WITNESS_NAME": "witness.example",
		"LOG_KEY": strings.TrimSpace(string(stranger.send("GET", "/log/key", nil).want(200).body))}
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"witness"}, func(name string) string { return env[name] }, in, io.Discard)
		_ = in.Close()
	}()
	said := make([]byte, 4096)
	n, err := io.ReadAtLeast(out, said, 40)
	if err != nil {
		t.Fatal(err)
	}
	_, setting, ok := strings.Cut(string(said[:n]), "WITNESSES=")
	if !ok {
		t.Fatalf("it says %q", said[:n])
	}
	key, url, _ := strings.Cut(strings.TrimSpace(setting), " ")
	signed := string(stranger.send("GET", "/log/checkpoint", nil).want(200).body)
	res, err := http.Post(url+"/add-checkpoint", "text/plain", strings.NewReader("old 0\n\n"+signed))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines, _ := io.ReadAll(res.Body)
	if _, _, by, err := logproof.OpenCheckpoint(signed+string(lines), env["LOG_KEY"], key); err != nil || len(by) != 1 {
		t.Errorf("%d %q: %v", res.StatusCode, lines, err)
	}
	stop()
	if code := <-done; code != 0 {
		t.Errorf("it ends with %d", code)
	}
	if code := run(t.Context(), []string{"witness"}, func(string) string { return "" }, io.Discard, io.Discard); code != 2 {
		t.Errorf("without the key of a log: %d", code)
	}
}
