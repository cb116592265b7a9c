package logproof

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"mingjing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// knows reports whether the pages of a proof contain, unchanged, the last entry of an
// earlier check: then the entries before it need not be checked again.
func knows(m *mingjing.AccessMemory, pages []mingjing.AccessProof) bool {
	if m == nil || m.Seq == 0 {
		return false
	}
	for _, p := range pages {
		for _, e := range p.Entries {
			if e.Seq == m.Seq {
				return bytes.Equal(CommitEntry(e.Salt, p.Resident, e.AccessEntry, e.Prev), m.Commitment)
			}
		}
	}
	return false
}

// WitnessLate is the age of a cosignature from which the resident is told that the
// witness is late; from WitnessSilent on it is a problem.
const (
	WitnessLate   = time.Hour
	WitnessSilent = 24 * time.Hour
)

// Check checks the access log in the pages of a proof against what was stored of the
// last check, or nil, at the phone's own time. The pages may leave out the first
// entries if they have the last one of that check: the entries before it were checked
// then, and each entry commits to the one before.
func Check(pages []mingjing.AccessProof, kept *mingjing.AccessMemory, now time.Time) mingjing.AccessCheck {
	k := checker{now: now, found: map[string]*mingjing.LogProblem{}}
	if len(pages) == 0 {
		pages = []mingjing.AccessProof{{}}
	}
	k.tree(pages, kept)
	k.entries(pages, kept)
	for _, code := range mingjing.LogProblems {
		if p := k.found[code]; p != nil {
			k.out.Problems = append(k.out.Problems, *p)
		}
	}
	if len(k.out.Problems) > 0 {
		k.out.Memory = nil
	}
	return k.out
}

type checker struct {
	out   mingjing.AccessCheck
	now   time.Time
	found map[string]*mingjing.LogProblem
}

func (k *checker) problem(code string) *mingjing.LogProblem {
	if k.found[code] == nil {
		k.found[code] = &mingjing.LogProblem{Code: code}
	}
	return k.found[code]
}

func (k *checker) at(code string, seq int64) {
	if p := k.problem(code); !slices.Contains(p.Seqs, seq) {
		p.Seqs = append(p.Seqs, seq)
	}
}

func (k *checker) witness(code, key string) {
	if p, name := k.problem(code), keyName(key); !slices.Contains(p.Names, name) {
		p.Names = append(p.Names, name)
	}
}

// keyName returns the name in a public key.
func keyName(vkey string) string {
	name, _, _ := strings.Cut(vkey, "+")
	return name
}

// tree checks the state of the tree: who signed it, and that it contains the earlier
// states unchanged.
func (k *checker) tree(pages []mingjing.AccessProof, kept *mingjing.AccessMemory) {
	first := pages[0]
	for _, p := range pages {
		if p.Key != first.Key || p.Checkpoint != first.Checkpoint || p.Resident != first.Resident {
			k.problem(mingjing.LogSplit)
		}
	}
	if kept != nil && kept.Key != first.Key {
		k.problem(mingjing.LogKeyChanged)
	}
	now, _, _, err := OpenCheckpoint(first.Checkpoint, first.Key)
	if err != nil {
		k.problem(mingjing.LogSignature)
		return
	}
	k.out.Checkpoint = now
	m := &mingjing.AccessMemory{Checkpoint: now, Key: first.Key, Since: k.now.UTC()}
	if kept != nil {
		k.out.Since, m.Since, m.Witnesses = kept.Since, kept.Since, slices.Clone(kept.Witnesses)
		switch {
		case kept.Origin != now.Origin:
			k.problem(mingjing.LogKeyChanged)
		case now.Size < kept.Size:
			k.problem(mingjing.LogRolledBack)
		case kept.Size > 0 && !grew(now, kept.Checkpoint, first.Consistency):
			k.problem(mingjing.LogRewritten)
		}
	}
	for _, w := range first.Witnessed {
		old, _, by, err := OpenCheckpoint(w.Checkpoint, first.Key, w.Key)
		switch {
		case err != nil:
			k.problem(mingjing.LogSignature)
			continue
		case len(by) != 1:
			continue // it is not cosigned, so it says nothing
		case old.Size > now.Size || old.Size > 0 && !grew(now, old, w.Consistency):
			k.witness(mingjing.LogSplit, w.Key)
			continue
		}
		quiet := k.now.Sub(by[0].At)
		if quiet > WitnessSilent {
			k.witness(mingjing.LogWitnessSilent, w.Key)
		}
		k.out.Witnesses = append(k.out.Witnesses, mingjing.WitnessCheck{Name: keyName(w.Key), At: by[0].At, Size: old.Size,
			Late: quiet > WitnessLate})
		if !slices.Contains(m.Witnesses, w.Key) {
			m.Witnesses = append(m.Witnesses, w.Key)
		}
	}
	if kept != nil {
		for _, key := range kept.Witnesses {
			if !slices.ContainsFunc(first.Witnessed, func(w mingjing.WitnessedCheckpoint) bool {
				_, _, by, err := OpenCheckpoint(w.Checkpoint, first.Key, key)
				return err == nil && len(by) == 1
			}) {
				k.witness(mingjing.LogWitnessGone, key)
			}
		}
	}
	k.out.Memory = m
}

// grew reports whether a tree contains an older one unchanged.
func grew(now, old mingjing.Checkpoint, proof []tlog.Hash) bool {
	if now.Origin != old.Origin {
		return false
	}
	return tlog.CheckTree(proof, now.Size, now.Root, old.Size, old.Root) == nil
}

// entries checks each entry, and that none is missing of those that were not checked
// before.
func (k *checker) entries(pages []mingjing.AccessProof, kept *mingjing.AccessMemory) {
	// last is the commitment to the entry before. It is nil before the first, and where
	// that entry is not in the tree, so that one fault is not reported twice.
	var last []byte
	known := true
	var seq, leaf int64 = 0, -1
	if knows(kept, pages) {
		if first := firstSeq(pages); 1 < first && first <= kept.Seq {
			seq, known = first-1, false
			k.out.Entries = int(seq)
		}
	}
	began := k.out.Entries
	for _, p := range pages {
		for _, e := range p.Entries {
			l := CommitEntry(e.Salt, p.Resident, e.AccessEntry, e.Prev)
			// A short salt could be guessed, and so could the entry.
			proven := len(e.Salt) == SaltSize && k.out.Checkpoint.Size > 0 &&
				tlog.CheckRecord(e.Proof, k.out.Checkpoint.Size, k.out.Checkpoint.Root, e.Leaf, tlog.RecordHash(l)) == nil
			if !proven {
				k.at(mingjing.LogChanged, e.Seq)
			}
			k.out.Entries++
			if k.out.Entries == began+1 {
				k.out.From = e.At
			}
			k.out.To = e.At
			switch {
			case e.Seq == seq:
				k.at(mingjing.LogDouble, e.Seq)
				continue
			case e.Seq < seq:
				k.at(mingjing.LogOrder, e.Seq)
				continue
			case e.Seq > seq+1:
				for missing := seq + 1; missing < e.Seq && missing < seq+20; missing++ {
					k.at(mingjing.LogMissing, missing)
				}
			case known && !bytes.Equal(e.Prev, last):
				k.at(mingjing.LogChain, e.Seq)
			}
			if e.Leaf <= leaf {
				k.at(mingjing.LogOrder, e.Seq)
			}
			seq, leaf, last, known = e.Seq, max(leaf, e.Leaf), l, proven
		}
	}
	if last := pages[len(pages)-1]; last.Next != 0 {
		k.at(mingjing.LogMissing, last.Next+1)
	}
	if k.out.Memory != nil {
		k.out.Memory.Seq, k.out.Memory.Commitment = seq, last
	}
}

// firstSeq returns the number of the first entry; 0 where there is none.
func firstSeq(pages []mingjing.AccessProof) int64 {
	for _, p := range pages {
		if len(p.Entries) > 0 {
			return p.Entries[0].Seq
		}
	}
	return 0
}

// CheckShown adds a problem to the check when the entries that a page shows are not
// those of the proof between its first and its last. others says that the page leaves
// out the resident's own.
func CheckShown(k *mingjing.AccessCheck, pages []mingjing.AccessProof, entries []mingjing.AccessEntry, others bool) {
	if len(entries) == 0 {
		return
	}
	low, high := entries[0].Seq, entries[0].Seq
	left := map[int64]mingjing.AccessEntry{}
	for _, l := range entries {
		low, high = min(low, l.Seq), max(high, l.Seq)
		left[l.Seq] = l
	}
	var wrong []int64
	for _, p := range pages {
		for _, e := range p.Entries {
			if e.Seq < low || e.Seq > high || others && e.Role == mingjing.RoleResident {
				continue
			}
			l, ok := left[e.Seq]
			delete(left, e.Seq)
			if !ok || !bytes.Equal(CanonicalEntry("", l, nil), CanonicalEntry("", e.AccessEntry, nil)) {
				wrong = append(wrong, e.Seq)
			}
		}
	}
	for seq := range left {
		wrong = append(wrong, seq)
	}
	if len(wrong) == 0 {
		return
	}
	slices.Sort(wrong)
	k.Memory = nil
	k.Problems = append(k.Problems, mingjing.LogProblem{Code: mingjing.LogShown, Seqs: wrong})
	slices.SortStableFunc(k.Problems, func(a, b mingjing.LogProblem) int {
		return cmp.Compare(slices.Index(mingjing.LogProblems, a.Code), slices.Index(mingjing.LogProblems, b.Code))
	})
}

// Lost returns the numbers of those entries of an earlier proof that a later one does
// not have unchanged.
func Lost(earlier, later []mingjing.AccessProof) (wrong []int64) {
	type leaf struct {
		hash tlog.Hash
		leaf int64
	}
	has := map[leaf]bool{}
	each := func(pages []mingjing.AccessProof, do func(leaf, int64)) {
		for _, p := range pages {
			for _, e := range p.Entries {
				do(leaf{tlog.RecordHash(CommitEntry(e.Salt, p.Resident, e.AccessEntry, e.Prev)), e.Leaf}, e.Seq)
			}
		}
	}
	each(later, func(l leaf, _ int64) { has[l] = true })
	each(earlier, func(l leaf, seq int64) {
		if !has[l] {
			wrong = append(wrong, seq)
		}
	})
	return wrong
}

// CheckLogKey returns an error unless a text is the public key of a log.
func CheckLogKey(vkey string) error {
	_, err := note.NewVerifier(vkey)
	return err
}
