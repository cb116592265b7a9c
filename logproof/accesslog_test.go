package logproof

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"

	"golang.org/x/mod/sumdb/tlog"
)

// An accessLog is an access log in memory, which a test may falsify.
type accessLog struct {
	key     Key
	hashes  []tlog.Hash
	size    int64
	entries map[mingjing.ResidentID][]mingjing.ProvenEntry
	last    map[mingjing.ResidentID][]byte
}

func newAccessLog(t testing.TB) *accessLog {
	t.Helper()
	key, err := NewKey("mirror.example", bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &accessLog{key: key, entries: map[mingjing.ResidentID][]mingjing.ProvenEntry{}, last: map[mingjing.ResidentID][]byte{}}
}

func (l *accessLog) ReadHashes(ids []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, id := range ids {
		out = append(out, l.hashes[id])
	}
	return out, nil
}

// add adds an entry; who distinguishes the entries of two histories.
func (l *accessLog) add(t testing.TB, resident mingjing.ResidentID, who string) {
	t.Helper()
	l.addSalted(t, resident, who, SaltSize)
}

// addSalted adds an entry with a salt of so many bytes.
func (l *accessLog) addSalted(t testing.TB, resident mingjing.ResidentID, who string, salt int) {
	t.Helper()
	n := int64(len(l.entries[resident]) + 1)
	e := mingjing.ProvenEntry{AccessEntry: mingjing.AccessEntry{Seq: n, At: testDay.Add(time.Duration(l.size) * time.Minute),
		Role: mingjing.RoleHandler, Who: who, Action: "case", Subject: "D1", Purpose: "dispute"},
		Salt: bytes.Repeat([]byte{byte(l.size)}, salt), Prev: l.last[resident], Leaf: l.size}
	l.last[resident] = CommitEntry(e.Salt, resident, e.AccessEntry, e.Prev)
	more, err := tlog.StoredHashes(l.size, l.last[resident], l)
	if err != nil {
		t.Fatal(err)
	}
	l.hashes = append(l.hashes, more...)
	l.size++
	l.entries[resident] = append(l.entries[resident], e)
}

func (l *accessLog) root(t testing.TB, size int64) tlog.Hash {
	t.Helper()
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func (l *accessLog) since(t testing.TB, old int64) []tlog.Hash {
	t.Helper()
	if old < 1 || old > l.size {
		return nil
	}
	p, err := tlog.ProveTree(l.size, old, l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// proof returns what the resident is given, in pages of n.
func (l *accessLog) proof(t testing.TB, resident mingjing.ResidentID, since int64, n int) []mingjing.AccessProof {
	t.Helper()
	var pages []mingjing.AccessProof
	for part := range slices.Chunk(l.entries[resident], n) {
		p := mingjing.AccessProof{Key: l.key.Verifier(), Checkpoint: l.key.Sign(l.size, l.root(t, l.size)), Since: since,
			Consistency: l.since(t, since), Resident: resident}
		for _, e := range part {
			var err error
			if e.Proof, err = tlog.ProveRecord(l.size, e.Leaf, l); err != nil {
				t.Fatal(err)
			}
			p.Entries = append(p.Entries, e)
			p.Next = e.Seq
		}
		pages = append(pages, p)
	}
	if len(pages) > 0 {
		pages[len(pages)-1].Next = 0
	}
	return pages
}

var testDay = time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)

func codesOf(k mingjing.AccessCheck) string {
	var codes []string
	for _, p := range k.Problems {
		s := p.Code
		if len(p.Seqs) > 0 {
			s += fmt.Sprint(p.Seqs)
		}
		codes = append(codes, s)
	}
	return strings.Join(codes, " ")
}

// filled returns a log with entries of two residents, anna with twelve.
func filled(t testing.TB) *accessLog {
	t.Helper()
	l := newAccessLog(t)
	for i := range 23 {
		l.add(t, mingjing.ResidentID([]string{"anna", "bo"}[i%2]), fmt.Sprint("王", i))
	}
	return l
}
