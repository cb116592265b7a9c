package logcheck

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
)

var now = time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)

// proven is a log of two looks as the server proves it, one a page, and what the
// page of the access log shows of it.
func proven(t *testing.T) (func(context.Context, string) ([]byte, error), *mingjing.AccessLogView, *[]string) {
	t.Helper()
	key, err := mingjing.NewLogKey("mirror.example", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	var entries []mingjing.LookEntry
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
		e := mingjing.LookEntry{Look: mingjing.Look{Seq: n + 1, At: now, Role: mingjing.RoleHandler, Who: "王", Action: "case", Purpose: "dispute"},
			Salt: make([]byte, mingjing.SaltSize), Prev: prev, Leaf: n}
		prev = mingjing.CommitLook(e.Salt, "anna", e.Look, prev)
		more, err := tlog.StoredHashes(n, prev, read)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
		entries = append(entries, e)
		view.Looks = append([]mingjing.Look{e.Look}, view.Looks...)
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
		p := mingjing.LookProof{Key: key.Verifier(), Checkpoint: key.Sign(2, root), Resident: "anna", Entries: []mingjing.LookEntry{e}}
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
	if err != nil || len(check.Problems) > 0 || check.Looks != 2 || fresh == nil {
		t.Fatalf("%+v, %v", check, err)
	}
	if got := strings.Join(*asked, " "); got != "/api/access-log/proof /api/access-log/proof?after=1&size=2" {
		t.Errorf("it asked for %s", got)
	}
	*asked = nil
	if check, _, err = Check(t.Context(), fetch, view, check.Memory, now); err != nil || len(check.Problems) > 0 || (*asked)[0] != "/api/access-log/proof?since=2" {
		t.Errorf("the second time: %+v, %v, %v", check, *asked, err)
	}
	view.Looks[0].Who = "李"
	check, fresh, err = Check(t.Context(), fetch, view, check.Memory, now)
	if err != nil || len(check.Problems) != 1 || check.Problems[0].Code != mingjing.LookShown || fresh != nil {
		t.Errorf("the page shows another name: %+v, %v", check, err)
	}
	kept := &mingjing.LookMemory{Checkpoint: mingjing.Checkpoint{Origin: "mirror.example", Size: 9}, Key: check.Checkpoint.Origin}
	if check, _, _ = Check(t.Context(), fetch, nil, kept, now); check.Problems[0].Code != mingjing.LookRolledBack {
		t.Errorf("the record was longer: %+v", check.Problems)
	}
}

func TestAProofThatCannotBeReadIsNeitherGoodNorBad(t *testing.T) {
	for name, fetch := range map[string]func(context.Context, string) ([]byte, error){
		"offline": func(context.Context, string) ([]byte, error) { return nil, errors.New("offline") },
		"html":    func(context.Context, string) ([]byte, error) { return []byte("<html>"), nil },
		"endless": func(context.Context, string) ([]byte, error) { return []byte(`{"next":1}`), nil },
	} {
		if check, fresh, err := Check(t.Context(), fetch, nil, nil, now); err == nil || len(check.Problems) > 0 || fresh != nil {
			t.Errorf("%s: %+v, %v", name, check, err)
		}
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
	var task Task
	travel(Task{Shown: view, Now: now}, &task)
	var first, second Result
	travel(task.Do(t.Context(), fetch), &first)
	if first.Unread || first.Check.Looks != 2 || len(first.Check.Problems) > 0 || first.Check.Memory == nil || first.Check.Checkpoint.Size != 2 {
		t.Fatalf("%+v", first)
	}
	task.Kept = first.Check.Memory
	travel(task.Do(t.Context(), fetch), &second)
	if second.Check.Checkpoint != first.Check.Checkpoint || second.Check.Since.IsZero() {
		t.Errorf("what was kept is lost on the way: %+v", second)
	}
	none := func(context.Context, string) ([]byte, error) { return nil, errors.New("offline") }
	if result := task.Do(t.Context(), none); !result.Unread {
		t.Errorf("what was not read is judged: %+v", result)
	}
}
