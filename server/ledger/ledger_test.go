package ledger

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing/logproof"
)

var noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A tree is a log that can have any size; its name is in each leaf.
type tree struct {
	key    logproof.Key
	hashes []tlog.Hash
}

func newTree(t testing.TB, name string, leaves int) *tree {
	t.Helper()
	key, err := logproof.NewKey("log.example", bytes.Repeat([]byte{3}, 32))
	must(t, err)
	tr := &tree{key: key}
	for n := range leaves {
		if n == 4 { // from here on trees of other names differ
			name += "x"
		}
		more, err := tlog.StoredHashes(int64(n), []byte(fmt.Sprint(name[:min(n, 1)], n)), tr)
		must(t, err)
		tr.hashes = append(tr.hashes, more...)
	}
	return tr
}

func (tr *tree) ReadHashes(ids []int64) (list []tlog.Hash, err error) {
	for _, id := range ids {
		list = append(list, tr.hashes[id])
	}
	return list, nil
}

func (tr *tree) signed(t testing.TB, size int64) string {
	t.Helper()
	root, err := tlog.TreeHash(size, tr)
	must(t, err)
	return tr.key.Sign(size, root)
}

// request returns the log's request to a witness, from one size to another.
func (tr *tree) request(t testing.TB, old, size int64) string {
	t.Helper()
	b := fmt.Sprintf("old %d\n", old)
	if old > 0 && old <= size {
		proof, err := tlog.ProveTree(size, old, tr)
		must(t, err)
		for _, h := range proof {
			b += h.String() + "\n"
		}
	}
	return b + "\n" + tr.signed(t, size)
}

func openIn(t testing.TB, dir string) *WitnessServer {
	t.Helper()
	w, err := OpenWitness(WitnessConfig{LogKey: newTree(t, "a", 0).key.Verifier(), Name: "witness.example", Dir: dir,
		Now: func() time.Time { return noon }, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	return w
}

func ask(w *WitnessServer, body string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/add-checkpoint", strings.NewReader(body)))
	return rec
}

// TestAWitnessCosignsOnlyWhatHasGrown tries each case of C2SP tlog-witness.
func TestAWitnessCosignsOnlyWhatHasGrown(t *testing.T) {
	dir := t.TempDir()
	w := openIn(t, dir)
	a, b := newTree(t, "a", 20), newTree(t, "b", 20)
	stranger := *a
	stranger.key, _ = logproof.NewKey("other.example", bytes.Repeat([]byte{3}, 32))
	forger := *a
	forger.key, _ = logproof.NewKey("log.example", bytes.Repeat([]byte{4}, 32))
	for _, c := range []struct {
		name, body string
		want       int
		answer     string
	}{
		{"not yet known", a.request(t, 2, 5), 409, "0\n"},
		{"the first", a.request(t, 0, 5), 200, ""},
		{"the same", a.request(t, 5, 5), 200, ""},
		{"grown", a.request(t, 5, 9), 200, ""},
		{"from an older one", a.request(t, 5, 12), 409, "9\n"},
		{"from nothing", a.request(t, 0, 12), 409, "9\n"},
		{"another tree of the same size", b.request(t, 9, 9), 409, "9\n"},
		{"another tree that has grown", b.request(t, 9, 14), 422, ""},
		{"smaller", a.request(t, 9, 7), 400, ""},
		{"no proof", "old 9\n\n" + a.signed(t, 12), 422, ""},
		{"another log", stranger.request(t, 9, 12), 404, ""},
		{"another key", forger.request(t, 9, 12), 403, ""},
		{"no signature", "old 9\n\nlog.example\n12\n" + tlog.Hash{}.String() + "\n", 403, ""},
		{"rubbish", "old nine\n\n", 400, ""},
		{"a zero before", "old 09\n\n" + a.signed(t, 12), 400, ""},
		{"nothing", "", 400, ""},
		{"too many hashes", "old 9\n" + strings.Repeat(tlog.Hash{}.String()+"\n", 64) + "\n" + a.signed(t, 12), 400, ""},
		{"grown again", a.request(t, 9, 20), 200, ""},
	} {
		rec := ask(w, c.body)
		if rec.Code != c.want || c.answer != "" && rec.Body.String() != c.answer {
			t.Errorf("%s: %d %q, want %d %q", c.name, rec.Code, rec.Body, c.want, c.answer)
		}
		if kind := rec.Header().Get("Content-Type"); c.want == 409 && kind != "text/x.tlog.size" {
			t.Errorf("%s: %s", c.name, kind)
		}
		if c.want == 200 {
			_, signed, _ := strings.Cut(c.body, "\n\n")
			if _, _, by, err := logproof.OpenCheckpoint(signed+rec.Body.String(), a.key.Verifier(), w.Key()); err != nil || len(by) != 1 ||
				!by[0].At.Equal(noon) {
				t.Errorf("%s: %v, %v", c.name, by, err)
			}
		}
	}

	// After a restart it has its key and the last state that it saw.
	again := openIn(t, dir)
	if again.Key() != w.Key() {
		t.Error("it has another key")
	}
	if rec := ask(again, a.request(t, 9, 12)); rec.Code != 409 || rec.Body.String() != "20\n" {
		t.Errorf("after a new start: %d %q", rec.Code, rec.Body)
	}
	for _, name := range []string{"witness.key", "witness.json"} {
		if f, err := os.Stat(filepath.Join(dir, name)); err != nil || f.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "witness.json"), []byte(`{"size":3}`), 0o600))
	if _, err := OpenWitness(WitnessConfig{LogKey: a.key.Verifier(), Name: "witness.example", Dir: dir}); err == nil {
		t.Error("it believes a file that the log did not sign")
	}
}

func TestAWitnessThatCannotKeepWhatItSawSignsNothing(t *testing.T) {
	dir := t.TempDir()
	w := openIn(t, dir)
	w.file = filepath.Join(dir, "gone", "witness.json")
	if rec := ask(w, newTree(t, "a", 9).request(t, 0, 5)); rec.Code != 500 {
		t.Errorf("it answers %d %q", rec.Code, rec.Body)
	}
	if w.size() != 0 {
		t.Error("it remembers what it did not keep")
	}
}

func TestWitnessesAreReadFromTheSetting(t *testing.T) {
	w := openIn(t, t.TempDir())
	list, err := ParseWitnesses(" " + w.Key() + " https://w.example/ ,\n" + w.Key() + " http://127.0.0.1:1")
	if err != nil || len(list) != 2 || list[0].url != "https://w.example/add-checkpoint" || list[1].Key() != w.Key() {
		t.Errorf("%+v, %v", list, err)
	}
	for _, bad := range []string{"x", w.Key(), w.Key() + " w.example", w.Key() + "A https://w.example", w.Key() + " https://a https://b"} {
		if _, err := ParseWitnesses(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if list, err := ParseWitnesses(""); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
