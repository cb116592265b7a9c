package mingjing

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A LookProof is what a resident is given to check the access log with: a page of
// entries, or all of them, and the state of the tree that has them.
type LookProof struct {
	// Key is the log's public key, Checkpoint the state of the tree, signed.
	Key        string `json:"key"`
	Checkpoint string `json:"checkpoint"`
	// Since is the size that Consistency was asked from, 0 for none; the proof says
	// that the tree grew out of what it was then (RFC 6962, 2.1.2).
	Since       int64       `json:"since"`
	Consistency []tlog.Hash `json:"consistency"`
	// Witnessed are the last states that the witnesses have cosigned.
	Witnessed []WitnessedCheckpoint `json:"witnessed"`
	Resident  ResidentID            `json:"resident"`
	// Entries are oldest first.
	Entries []LookEntry `json:"entries"`
	// Next is the number after which the next page begins, 0 at the end.
	Next int64 `json:"next,omitempty"`
}

// A WitnessedCheckpoint is a state of the tree that a witness has cosigned, and the
// proof that the proof's own grew out of it.
type WitnessedCheckpoint struct {
	// Key is the public key of the witness.
	Key         string      `json:"key"`
	Checkpoint  string      `json:"checkpoint"`
	Consistency []tlog.Hash `json:"consistency"`
}

// A LookMemory is what a phone keeps from one check to the next. Nothing in it names
// anybody or can be opened: it is sizes, hashes and public keys.
type LookMemory struct {
	Checkpoint
	// Key is the log's public key as it was seen first.
	Key string `json:"key"`
	// Since is when that was: the record was not rewritten since.
	Since time.Time `json:"since"`
	// Witnesses are the public keys of those whose cosignature was seen.
	Witnesses []string `json:"witnesses,omitempty"`
	// Seq is how many entries the access log had that was checked, and Commitment that
	// to the last of them; neither tells whose log it was. The next check of the same
	// log can go on from there.
	Seq        int64  `json:"seq,omitempty"`
	Commitment []byte `json:"commitment,omitempty"`
}

// Knows reports whether the pages of a proof have the entry that was the last of an
// earlier check, as it was: then the entries before it are known to be good.
func (m *LookMemory) Knows(pages []LookProof) bool {
	if m == nil || m.Seq == 0 {
		return false
	}
	for _, p := range pages {
		for _, e := range p.Entries {
			if e.Seq == m.Seq {
				return bytes.Equal(CommitLook(e.Salt, p.Resident, e.Look, e.Prev), m.Commitment)
			}
		}
	}
	return false
}

// A LookCheck is the result of a check.
type LookCheck struct {
	// Looks is how many entries there are, From and To the first and last of those that
	// were read.
	Looks    int
	From, To time.Time
	// Checkpoint is the state of the tree; empty when it has no good signature.
	Checkpoint Checkpoint
	// Since is the time up to which the record is known not to have been rewritten;
	// zero when this is the first time.
	Since     time.Time
	Witnesses []WitnessCheck
	// Problems is what is wrong; there are none when all is well.
	Problems []LookProblem
	// Memory is what to keep for the next time; nil where what was kept is to stay, as
	// evidence.
	Memory *LookMemory
}

// A WitnessCheck is a witness's last word.
type WitnessCheck struct {
	Name string
	At   time.Time
	Size int64
	// Late says that it was not heard for longer than [WitnessLate].
	Late bool
}

// WitnessLate is how long a witness may say nothing before the resident is told,
// WitnessSilent how long before that is a problem.
const (
	WitnessLate   = time.Hour
	WitnessSilent = 24 * time.Hour
)

// A LookProblem is one kind of thing that is wrong.
type LookProblem struct {
	// Code is one of [LookProblems] (i18n "look_problem.<code>").
	Code string
	// Seqs are the numbers of the looks that it is about, if it is about any.
	Seqs []int64
	// Names are the witnesses that it is about.
	Names []string
}

// What can be wrong with the access log.
const (
	// LookSignature: the state of the tree is not signed by the log's key.
	LookSignature = "signature"
	// LookKeyChanged: the log signs with another key than it did.
	LookKeyChanged = "key_changed"
	// LookRolledBack: the tree is smaller than it was.
	LookRolledBack = "rolled_back"
	// LookRewritten: the tree did not grow out of what it was.
	LookRewritten = "rewritten"
	// LookSplit: others are shown another tree.
	LookSplit = "split"
	// LookWitnessGone: a witness that used to cosign is not there.
	LookWitnessGone = "witness_gone"
	// LookWitnessSilent: a witness has not cosigned for too long.
	LookWitnessSilent = "witness_silent"
	// LookChanged: the tree does not have the entry as it is shown.
	LookChanged = "changed"
	// LookMissing: a number is missing.
	LookMissing = "missing"
	// LookDouble: a number is there twice.
	LookDouble = "double"
	// LookOrder: entries are not in the order in which they were written.
	LookOrder = "order"
	// LookChain: an entry does not follow from the one before.
	LookChain = "chain"
	// LookShown: the page shows what the record does not have, or leaves out what it
	// has.
	LookShown = "shown"
)

// LookProblems are all codes of problems, the worst first.
var LookProblems = []string{LookRewritten, LookRolledBack, LookSplit, LookChanged, LookMissing, LookDouble, LookOrder, LookChain, LookShown,
	LookKeyChanged, LookSignature, LookWitnessGone, LookWitnessSilent}

// CheckLooks checks the access log as it is in the pages of a proof against what
// was kept of the last check, or nil, at the phone's own time. The pages may begin
// after the first entry where they have the last one of that check: the entries
// before it were checked then, and each entry commits to the one before.
func CheckLooks(pages []LookProof, kept *LookMemory, now time.Time) LookCheck {
	k := lookChecker{now: now, found: map[string]*LookProblem{}}
	if len(pages) == 0 {
		pages = []LookProof{{}}
	}
	k.tree(pages, kept)
	k.entries(pages, kept)
	for _, code := range LookProblems {
		if p := k.found[code]; p != nil {
			k.out.Problems = append(k.out.Problems, *p)
		}
	}
	if len(k.out.Problems) > 0 {
		k.out.Memory = nil
	}
	return k.out
}

type lookChecker struct {
	out   LookCheck
	now   time.Time
	found map[string]*LookProblem
}

func (k *lookChecker) problem(code string) *LookProblem {
	if k.found[code] == nil {
		k.found[code] = &LookProblem{Code: code}
	}
	return k.found[code]
}

func (k *lookChecker) at(code string, seq int64) {
	if p := k.problem(code); !slices.Contains(p.Seqs, seq) {
		p.Seqs = append(p.Seqs, seq)
	}
}

func (k *lookChecker) witness(code, key string) {
	if p, name := k.problem(code), keyName(key); !slices.Contains(p.Names, name) {
		p.Names = append(p.Names, name)
	}
}

// keyName is the name in a public key.
func keyName(vkey string) string {
	name, _, _ := strings.Cut(vkey, "+")
	return name
}

// tree checks the state of the tree: who signed it, and that it grew out of what
// was seen before.
func (k *lookChecker) tree(pages []LookProof, kept *LookMemory) {
	first := pages[0]
	for _, p := range pages {
		if p.Key != first.Key || p.Checkpoint != first.Checkpoint || p.Resident != first.Resident {
			k.problem(LookSplit)
		}
	}
	if kept != nil && kept.Key != first.Key {
		k.problem(LookKeyChanged)
	}
	now, _, _, err := OpenCheckpoint(first.Checkpoint, first.Key)
	if err != nil {
		k.problem(LookSignature)
		return
	}
	k.out.Checkpoint = now
	m := &LookMemory{Checkpoint: now, Key: first.Key, Since: k.now.UTC()}
	if kept != nil {
		k.out.Since, m.Since, m.Witnesses = kept.Since, kept.Since, slices.Clone(kept.Witnesses)
		switch {
		case kept.Origin != now.Origin:
			k.problem(LookKeyChanged)
		case now.Size < kept.Size:
			k.problem(LookRolledBack)
		case kept.Size > 0 && !grew(now, kept.Checkpoint, first.Consistency):
			k.problem(LookRewritten)
		}
	}
	for _, w := range first.Witnessed {
		old, _, by, err := OpenCheckpoint(w.Checkpoint, first.Key, w.Key)
		switch {
		case err != nil:
			k.problem(LookSignature)
			continue
		case len(by) != 1:
			continue // it is not cosigned: as if it were not there
		case old.Size > now.Size || old.Size > 0 && !grew(now, old, w.Consistency):
			k.witness(LookSplit, w.Key)
			continue
		}
		quiet := k.now.Sub(by[0].At)
		if quiet > WitnessSilent {
			k.witness(LookWitnessSilent, w.Key)
		}
		k.out.Witnesses = append(k.out.Witnesses, WitnessCheck{Name: keyName(w.Key), At: by[0].At, Size: old.Size, Late: quiet > WitnessLate})
		if !slices.Contains(m.Witnesses, w.Key) {
			m.Witnesses = append(m.Witnesses, w.Key)
		}
	}
	if kept != nil {
		for _, key := range kept.Witnesses {
			if !slices.ContainsFunc(first.Witnessed, func(w WitnessedCheckpoint) bool {
				_, _, by, err := OpenCheckpoint(w.Checkpoint, first.Key, key)
				return err == nil && len(by) == 1
			}) {
				k.witness(LookWitnessGone, key)
			}
		}
	}
	k.out.Memory = m
}

// grew says whether a tree grew out of an older one.
func grew(now, old Checkpoint, proof []tlog.Hash) bool {
	if now.Origin != old.Origin {
		return false
	}
	return tlog.CheckTree(proof, now.Size, now.Root, old.Size, old.Root) == nil
}

// entries checks each entry, and that none is missing of those that were not
// checked before.
func (k *lookChecker) entries(pages []LookProof, kept *LookMemory) {
	// last is the commitment to the entry before; nil before the first, and where that
	// is not in the tree, so that one lie is not told as two.
	var last []byte
	known := true
	var seq, leaf int64 = 0, -1
	if kept.Knows(pages) {
		if first := firstSeq(pages); 1 < first && first <= kept.Seq {
			seq, known = first-1, false
			k.out.Looks = int(seq)
		}
	}
	began := k.out.Looks
	for _, p := range pages {
		for _, e := range p.Entries {
			l := CommitLook(e.Salt, p.Resident, e.Look, e.Prev)
			// A salt that is short could be guessed, and so could the look.
			proven := len(e.Salt) == SaltSize && k.out.Checkpoint.Size > 0 &&
				tlog.CheckRecord(e.Proof, k.out.Checkpoint.Size, k.out.Checkpoint.Root, e.Leaf, tlog.RecordHash(l)) == nil
			if !proven {
				k.at(LookChanged, e.Seq)
			}
			k.out.Looks++
			if k.out.Looks == began+1 {
				k.out.From = e.At
			}
			k.out.To = e.At
			switch {
			case e.Seq == seq:
				k.at(LookDouble, e.Seq)
				continue
			case e.Seq < seq:
				k.at(LookOrder, e.Seq)
				continue
			case e.Seq > seq+1:
				for missing := seq + 1; missing < e.Seq && missing < seq+20; missing++ {
					k.at(LookMissing, missing)
				}
			case known && !bytes.Equal(e.Prev, last):
				k.at(LookChain, e.Seq)
			}
			if e.Leaf <= leaf {
				k.at(LookOrder, e.Seq)
			}
			seq, leaf, last, known = e.Seq, max(leaf, e.Leaf), l, proven
		}
	}
	if last := pages[len(pages)-1]; last.Next != 0 {
		k.at(LookMissing, last.Next+1)
	}
	if k.out.Memory != nil {
		k.out.Memory.Seq, k.out.Memory.Commitment = seq, last
	}
}

// firstSeq is the number of the first entry; 0 where there is none.
func firstSeq(pages []LookProof) int64 {
	for _, p := range pages {
		if len(p.Entries) > 0 {
			return p.Entries[0].Seq
		}
	}
	return 0
}

// Shown adds a problem to the check when what a page of the access log shows is not
// what the proof has, where it claims to show all between its first and its last.
func (k *LookCheck) Shown(pages []LookProof, looks []Look, others bool) {
	if len(looks) == 0 {
		return
	}
	low, high := looks[0].Seq, looks[0].Seq
	left := map[int64]Look{}
	for _, l := range looks {
		low, high = min(low, l.Seq), max(high, l.Seq)
		left[l.Seq] = l
	}
	var wrong []int64
	for _, p := range pages {
		for _, e := range p.Entries {
			if e.Seq < low || e.Seq > high || others && e.Role == RoleResident {
				continue
			}
			l, ok := left[e.Seq]
			delete(left, e.Seq)
			if !ok || !bytes.Equal(CanonicalLook("", l, nil), CanonicalLook("", e.Look, nil)) {
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
	k.Problems = append(k.Problems, LookProblem{Code: LookShown, Seqs: wrong})
	slices.SortStableFunc(k.Problems, func(a, b LookProblem) int {
		return cmp.Compare(slices.Index(LookProblems, a.Code), slices.Index(LookProblems, b.Code))
	})
}

// SameLooks are the numbers of those looks of an earlier proof that a later one does
// not have as they were, or not at all.
func SameLooks(earlier, later []LookProof) (wrong []int64) {
	type look struct {
		hash tlog.Hash
		leaf int64
	}
	has := map[look]bool{}
	each := func(pages []LookProof, do func(look, int64)) {
		for _, p := range pages {
			for _, e := range p.Entries {
				do(look{tlog.RecordHash(CommitLook(e.Salt, p.Resident, e.Look, e.Prev)), e.Leaf}, e.Seq)
			}
		}
	}
	each(later, func(l look, _ int64) { has[l] = true })
	each(earlier, func(l look, seq int64) {
		if !has[l] {
			wrong = append(wrong, seq)
		}
	})
	return wrong
}

// CheckLogKey says whether a text is the public key of a log.
func CheckLogKey(vkey string) error {
	_, err := note.NewVerifier(vkey)
	return err
}
