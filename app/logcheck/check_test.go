package logcheck

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
	"mingjing/logproof"
)

var now = time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)

// proven returns a log of two entries as the server proves it, one a page, and what the
// page of the access log shows of it.
func proven(t *testing.T) (func(context.Context, string) ([]byte, error), *mingjing.AccessLogView, *[]string) {
	t.Helper()
	key, err := logproof.NewKey("mirror.example", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	var entries []mingjing.ProvenEntry
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(ids []int64) (list []tlog.Hash, err error) {
		for _, id := range ids {
			list = append(list, hashes[id])
		}
		return list, nil
	})
	var prev []byte
	view := &mingjing.AccessLogView{}
	for n := range int64(2) {
		e := mingjing.ProvenEntry{AccessEntry: mingjing.AccessEntry{Seq: n + 1, At: now, Role: mingjing.RoleHandler, Who: "王", Action: "case",
			Purpose: "dispute"},
			Salt: make([]byte, logproof.SaltSize), Prev: prev, Leaf: n}
		prev = logproof.CommitEntry(e.Salt, "anna", e.AccessEntry, prev)
		more, err := tlog.StoredHashes(n, prev, read)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
		entries = append(entries, e)
		view.Entries = append([]mingjing.AccessEntry{e.AccessEntry}, view.Entries...)
	}
	root, err := tlog.TreeHash(2, read)
	if err != nil {
		t.Fatal(err)
	}
	asked := &[]string{}
	return func(_ context.Context, path string) ([]byte, error) {
		*asked = append(*asked, path)
		n := strings.Count(path, "after=1")
		e := entries[n]
		e.Proof, err = tlog.ProveRecord(2, e.Leaf, read)
		if err != nil {
			return nil, err
		}
		p := mingjing.AccessProof{Key: key.Verifier(), Checkpoint: key.Sign(2, root), Resident: "anna", Entries: []mingjing.ProvenEntry{e}}
		if strings.Contains(path, "since=1") {
			p.Consistency, err = tlog.ProveTree(2, 1, read)
		}
		if n == 0 {
			p.Next = 1
		}
		data, _ := json.Marshal(p)
		return data, err
	}, view, asked
}

func TestThePhoneReadsTheWholeProof(t *testing.T) {
	fetch, view, asked := proven(t)
	check, fresh, err := Check(t.Context(), fetch, view, nil, now)
	if err != nil || len(check.Problems) > 0 || check.Entries != 2 || fresh == nil {
		t.Fatalf("%+v, %v", check, err)
	}
	if got := strings.Join(*asked, " "); got != "/api/access-log/proof /api/access-log/proof?after=1&size=2" {
		t.Errorf("it asked for %s", got)
	}
	*asked = nil
	// The page shows the first entry, so that the whole log has to be read.
	if check, _, err = Check(t.Context(), fetch, view, check.Memory, now); err != nil || len(check.Problems) > 0 ||
		(*asked)[0] != "/api/access-log/proof?since=2" {
		t.Errorf("the second time: %+v, %v, %v", check, *asked, err)
	}
	view.Entries[0].Who = "李"
	check, fresh, err = Check(t.Context(), fetch, view, check.Memory, now)
	if err != nil || len(check.Problems) != 1 || check.Problems[0].Code != mingjing.LogShown || fresh != nil {
		t.Errorf("the page shows another name: %+v, %v", check, err)
	}
	kept := &mingjing.AccessMemory{Checkpoint: mingjing.Checkpoint{Origin: "mirror.example", Size: 9}, Key: check.Checkpoint.Origin}
	if check, _, _ = Check(t.Context(), fetch, nil, kept, now); check.Problems[0].Code != mingjing.LogRolledBack {
		t.Errorf("the record was longer: %+v", check.Problems)
	}
}

func TestAProofThatCannotBeReadIsNeitherGoodNorBad(t *testing.T) {
	for name, fetch := range map[string]func(context.Context, string) ([]byte, error){
		"offline": func(context.Context, string) ([]byte, error) { return nil, errors.New("offline") },
		"html":    func(context.Context, string) ([]byte, error) { return []byte("<html>"), nil },
		"endless": func(context.Context, string) ([]byte, error) { return []byte(`{"next":1}`), nil },
		"no end of lines": func(_ context.Context, path string) ([]byte, error) {
			return []byte(`{"entries":[{}],"next":` + strconv.Itoa(len(path)) + `}`), nil
		},
	} {
		if check, fresh, err := Check(t.Context(), fetch, nil, nil, now); err == nil || len(check.Problems) > 0 || fresh != nil {
			t.Errorf("%s: %+v, %v", name, check, err)
		}
	}
}

// long returns a log of n entries with the server's proofs, in pages.
type long struct {
	key     logproof.Key
	entries []mingjing.ProvenEntry
	hashes  []tlog.Hash
	asked   []string
}

const chunk = 100

func (l *long) ReadHashes(ids []int64) (list []tlog.Hash, err error) {
	for _, id := range ids {
		list = append(list, l.hashes[id])
	}
	return list, nil
}

func (l *long) grow(t *testing.T, n int) {
	t.Helper()
	for range n {
		at := int64(len(l.entries))
		e := mingjing.ProvenEntry{AccessEntry: mingjing.AccessEntry{Seq: at + 1, At: now, Role: mingjing.RoleResident,
			Action: "records", Purpose: "own"},
			Salt: make([]byte, logproof.SaltSize), Leaf: at}
		if at > 0 {
			last := l.entries[at-1]
			e.Prev = logproof.CommitEntry(last.Salt, "anna", last.AccessEntry, last.Prev)
		}
		more, err := tlog.StoredHashes(at, logproof.CommitEntry(e.Salt, "anna", e.AccessEntry, e.Prev), l)
		if err != nil {
			t.Fatal(err)
		}
		l.hashes, l.entries = append(l.hashes, more...), append(l.entries, e)
	}
}

// shows returns the page of the access log: its last entries, newest first.
func (l *long) shows() *mingjing.AccessLogView {
	v := &mingjing.AccessLogView{}
	for i := len(l.entries) - 1; i >= max(0, len(l.entries)-50); i-- {
		v.Entries = append(v.Entries, l.entries[i].AccessEntry)
	}
	return v
}

func (l *long) fetch(_ context.Context, path string) ([]byte, error) {
	l.asked = append(l.asked, path)
	u, err := url.Parse(path)
	if err != nil {
		return nil, err
	}
	after, _ := strconv.Atoi(u.Query().Get("after"))
	since, _ := strconv.ParseInt(u.Query().Get("since"), 10, 64)
	size := int64(len(l.entries))
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		return nil, err
	}
	p := mingjing.AccessProof{Key: l.key.Verifier(), Checkpoint: l.key.Sign(size, root), Since: since, Resident: "anna"}
	if since > 0 {
		if p.Consistency, err = tlog.ProveTree(size, since, l); err != nil {
			return nil, err
		}
	}
	for _, e := range l.entries[after:min(after+chunk, len(l.entries))] {
		if e.Proof, err = tlog.ProveRecord(size, e.Leaf, l); err != nil {
			return nil, err
		}
		p.Entries = append(p.Entries, e)
	}
	if after+chunk < len(l.entries) {
		p.Next = int64(after + chunk)
	}
	return json.Marshal(p)
}

func TestALongLogIsCheckedWholeAndThenFromWhereTheLastCheckEnded(t *testing.T) {
	key, err := logproof.NewKey("mirror.example", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	l := &long{key: key}
	l.grow(t, 5001)
	first, _, err := Check(t.Context(), l.fetch, l.shows(), nil, now)
	if err != nil || len(first.Problems) > 0 || first.Entries != 5001 || len(l.asked) != 51 {
		t.Fatalf("%d questions, %d lines, %+v, %v", len(l.asked), first.Entries, first.Problems, err)
	}
	l.asked = nil
	l.grow(t, 3)
	next, _, err := Check(t.Context(), l.fetch, l.shows(), first.Memory, now)
	if err != nil || len(next.Problems) > 0 || next.Entries != 5004 {
		t.Fatalf("%d lines, %+v, %v", next.Entries, next.Problems, err)
	}
	if got := strings.Join(l.asked, " "); got != "/api/access-log/proof?after=4954&since=5001" {
		t.Errorf("the second time it asks for %s", got)
	}
	// Days of one's own entries are shown as well: what they sum up is read again.
	l.asked = nil
	days := &mingjing.AccessLogView{Days: []mingjing.OwnDay{{Count: 204}}, Since: 4801}
	if next, _, err = Check(t.Context(), l.fetch, days, next.Memory, now); err != nil || len(next.Problems) > 0 {
		t.Fatalf("%+v, %v", next.Problems, err)
	}
	if got := l.asked[0]; got != "/api/access-log/proof?after=4800&since=5004" {
		t.Errorf("for the days it asks for %s", got)
	}
	// An entry that was changed after it was checked is found when it is shown.
	l.asked = nil
	l.entries[4960].Who = "Nobody"
	bad, fresh, err := Check(t.Context(), l.fetch, l.shows(), next.Memory, now)
	if err != nil || len(bad.Problems) == 0 || bad.Problems[0].Code != mingjing.LogChanged || bad.Memory != nil || fresh != nil {
		t.Errorf("a changed line: %+v, %v", bad.Problems, err)
	}
	if len(l.asked) != 52 {
		t.Errorf("where something is wrong, all is read: %d questions", len(l.asked))
	}
}

func TestATaskIsDoneAndItsResultTravelsAsJSON(t *testing.T) {
	fetch, view, _ := proven(t)
	travel := func(from, to any) {
		t.Helper()
		data, err := json.Marshal(from)
		if err == nil {
			err = json.Unmarshal(data, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var task mingjing.CheckTask
	travel(mingjing.CheckTask{Shown: view, Now: now}, &task)
	var first, second mingjing.CheckResult
	travel(Do(t.Context(), fetch, task), &first)
	if first.Unread || first.Check.Entries != 2 || len(first.Check.Problems) > 0 || first.Check.Memory == nil ||
		first.Check.Checkpoint.Size != 2 {
		t.Fatalf("%+v", first)
	}
	task.Kept = first.Check.Memory
	travel(Do(t.Context(), fetch, task), &second)
	if second.Check.Checkpoint != first.Check.Checkpoint || second.Check.Since.IsZero() {
		t.Errorf("what was kept is lost on the way: %+v", second)
	}
	none := func(context.Context, string) ([]byte, error) { return nil, errors.New("offline") }
	if result := Do(t.Context(), none, task); !result.Unread {
		t.Errorf("what was not read is judged: %+v", result)
	}
}
