package logproof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"

	"golang.org/x/mod/sumdb/note"
)

func TestAnHonestLogIsFoundGood(t *testing.T) {
	l := filled(t)
	first := Check(l.proof(t, "anna", 0, 5), nil, testDay)
	if codesOf(first) != "" || first.Entries != 12 || !first.Since.IsZero() || first.Memory == nil {
		t.Fatalf("the first check: %+v", first)
	}
	for i := range 40 {
		l.add(t, "bo", fmt.Sprint("李", i))
		l.add(t, "anna", fmt.Sprint("张", i))
		next := Check(l.proof(t, "anna", first.Memory.Size, 100), first.Memory, testDay.Add(time.Hour))
		if codesOf(next) != "" || next.Entries != 13+i || !next.Since.Equal(testDay) {
			t.Fatalf("after %d more: %+v", i+1, next)
		}
		first = next
	}
	if none := Check([]mingjing.AccessProof{{Key: l.key.Verifier(), Checkpoint: l.key.Sign(l.size, l.root(t, l.size)), Resident: "nobody"}},
		nil, testDay); codesOf(none) != "" || none.Entries != 0 {
		t.Errorf("nobody looked: %+v", none)
	}
}

// TestACheckGoesOnFromWhereTheLastOneEnded reads no more than it has to, and only
// where the last entry of the check before is there as it was.
func TestACheckGoesOnFromWhereTheLastOneEnded(t *testing.T) {
	l := filled(t)
	kept := Check(l.proof(t, "anna", 0, 5), nil, testDay).Memory
	if kept.Seq != 12 || !bytes.Equal(kept.Commitment, l.last["anna"]) {
		t.Fatalf("it keeps %+v", kept)
	}
	for i := range 8 {
		l.add(t, "bo", fmt.Sprint("李", i))
		l.add(t, "anna", fmt.Sprint("张", i))
	}
	// from returns the pages of the log without its first entries.
	from := func(who mingjing.ResidentID, after int) []mingjing.AccessProof {
		pages := l.proof(t, who, kept.Size, 100)
		pages[0].Entries = slices.Clone(pages[0].Entries[after:])
		return pages
	}
	for _, after := range []int{11, 6, 1, 0} {
		k := Check(from("anna", after), kept, testDay)
		if codesOf(k) != "" || k.Entries != 20 || k.Memory.Seq != 20 || !bytes.Equal(k.Memory.Commitment, l.last["anna"]) {
			t.Errorf("after %d: %+v", after, k)
		}
	}
	if got := codesOf(Check(from("anna", 12), kept, testDay)); !strings.HasPrefix(got, "missing[1 2") {
		t.Errorf("the remembered entry is left out: %q", got)
	}
	if got := codesOf(Check(from("anna", 11), nil, testDay)); !strings.HasPrefix(got, "missing[1 2") {
		t.Errorf("nothing is remembered: %q", got)
	}
	if got := codesOf(Check(from("bo", 11), kept, testDay)); !strings.HasPrefix(got, "missing[1 2") {
		t.Errorf("it is another's log: %q", got)
	}
	if k := Check(l.proof(t, "bo", kept.Size, 100), kept, testDay); codesOf(k) != "" || k.Memory.Seq != 19 {
		t.Errorf("another's whole log: %+v", k)
	}
	changed := from("anna", 11)
	changed[0].Entries[0].Who = "Nobody"
	if got := codesOf(Check(changed, kept, testDay)); !strings.Contains(got, "changed[12]") || !strings.Contains(got, "missing[1 ") {
		t.Errorf("the remembered entry is another: %q", got)
	}
	omitted := from("anna", 9)
	omitted[0].Entries = slices.Delete(omitted[0].Entries, 1, 2)
	if got := codesOf(Check(omitted, kept, testDay)); got != "missing[11]" {
		t.Errorf("one is left out: %q", got)
	}
}

// TestNoCheatGoesUnseen cheats in each way that an operator with the database and
// the keys could, on a phone that has checked before.
func TestNoCheatGoesUnseen(t *testing.T) {
	for name, c := range map[string]struct {
		want  string
		cheat func(*testing.T, *accessLog) []mingjing.AccessProof
	}{
		"edit": {"changed[3]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			l.entries["anna"][2].Who = "nobody in particular"
			return l.proof(t, "anna", 20, 5)
		}},
		"edit and write the rest of the tree anew": {"rewritten", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			other := newAccessLog(t)
			for i := range 25 {
				who := fmt.Sprint("王", i)
				if i == 4 {
					who = "nobody in particular"
				}
				other.add(t, mingjing.ResidentID([]string{"anna", "bo"}[i%2]), who)
			}
			return other.proof(t, "anna", 20, 100)
		}},
		"commit to an entry with a salt that can be guessed": {"changed[13 14 15]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			for _, size := range []int{0, SaltSize - 1, SaltSize + 1} {
				l.addSalted(t, "anna", "王", size)
			}
			return l.proof(t, "anna", 20, 5)
		}},
		"delete": {"missing[5]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			l.entries["anna"] = slices.Delete(l.entries["anna"], 4, 5)
			return l.proof(t, "anna", 20, 5)
		}},
		"delete and number the rest anew": {"changed[5 6 7 8 9 10 11] chain[5]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			l.entries["anna"] = slices.Delete(l.entries["anna"], 4, 5)
			for i := range l.entries["anna"] {
				l.entries["anna"][i].Seq = int64(i + 1)
			}
			return l.proof(t, "anna", 20, 5)
		}},
		"delete the first ones": {"missing[1 2]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			l.entries["anna"] = l.entries["anna"][2:]
			return l.proof(t, "anna", 20, 5)
		}},
		"reorder": {"missing[6] order[6]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			a := l.entries["anna"]
			a[5], a[6] = a[6], a[5]
			return l.proof(t, "anna", 20, 5)
		}},
		"reorder in the tree": {"changed[6 7] order[7]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			a := l.entries["anna"]
			a[5].Leaf, a[6].Leaf = a[6].Leaf, a[5].Leaf
			return l.proof(t, "anna", 20, 5)
		}},
		"show one twice in the place of another": {"missing[7] double[6]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			l.entries["anna"][6] = l.entries["anna"][5]
			return l.proof(t, "anna", 20, 100)
		}},
		"omit the last page": {"missing[11]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			pages := l.proof(t, "anna", 20, 5)
			return pages[:2]
		}},
		"leave one out of the tree": {"changed[13] chain[13]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			e := l.entries["anna"][11]
			e.Seq, e.Who, e.Salt = 13, "王", bytes.Repeat([]byte{9}, SaltSize)
			l.entries["anna"] = append(l.entries["anna"], e)
			l.entries["anna"][12].Leaf++
			l.add(t, "bo", "李")
			pages := l.proof(t, "anna", 20, 100)
			return pages
		}},
		"hide one and go on from the one before": {"missing[13]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			l.add(t, "anna", "hidden")
			l.add(t, "anna", "after it")
			l.entries["anna"] = slices.Delete(l.entries["anna"], 12, 13)
			return l.proof(t, "anna", 20, 100)
		}},
		"roll back": {"rolled_back", func(t *testing.T, _ *accessLog) []mingjing.AccessProof {
			old := newAccessLog(t)
			for i := range 9 {
				old.add(t, mingjing.ResidentID([]string{"anna", "bo"}[i%2]), fmt.Sprint("王", i))
			}
			return old.proof(t, "anna", 0, 5)
		}},
		"roll back and grow again": {"rewritten", func(t *testing.T, _ *accessLog) []mingjing.AccessProof {
			old := newAccessLog(t)
			for i := range 30 {
				old.add(t, mingjing.ResidentID([]string{"anna", "bo"}[i%2]), fmt.Sprint("王", i*i))
			}
			return old.proof(t, "anna", 20, 100)
		}},
		"two trees in two pages": {"split changed[6 7 8 9 10 11 12]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			a := l.proof(t, "anna", 20, 5)
			l.add(t, "bo", "李")
			b := l.proof(t, "anna", 20, 5)
			return append(a[:1], b[1:]...)
		}},
		"sign with another key": {"key_changed", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			l.key, _ = NewKey("mirror.example", bytes.Repeat([]byte{8}, 32))
			return l.proof(t, "anna", 20, 5)
		}},
		"say another key": {"changed[1 2 3 4 5 6 7 8 9 10 11 12] key_changed signature", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			pages := l.proof(t, "anna", 20, 100)
			other, _ := NewKey("mirror.example", bytes.Repeat([]byte{8}, 32))
			pages[0].Key = other.Verifier()
			return pages
		}},
		"a state that nobody signed": {"changed[1 2 3 4 5 6 7 8 9 10 11 12] signature", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			pages := l.proof(t, "anna", 20, 100)
			pages[0].Checkpoint = strings.Replace(pages[0].Checkpoint, "\n23\n", "\n24\n", 1)
			return pages
		}},
		"no proof that it grew": {"rewritten", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			pages := l.proof(t, "anna", 20, 100)
			pages[0].Consistency = nil
			return pages
		}},
		"nothing at all": {"key_changed signature", func(*testing.T, *accessLog) []mingjing.AccessProof { return nil }},
		"another's log": {"changed[1 2 3 4 5 6 7 8 9 10 11 12]", func(t *testing.T, l *accessLog) []mingjing.AccessProof {
			pages := l.proof(t, "anna", 20, 100)
			pages[0].Resident = "bo"
			return pages
		}},
	} {
		t.Run(name, func(t *testing.T) {
			early := filled(t)
			early.size = 20
			kept := mingjing.AccessMemory{Checkpoint: mingjing.Checkpoint{Origin: "mirror.example", Size: 20, Root: early.root(t, 20)},
				Key: early.key.Verifier(), Since: testDay}
			k := Check(c.cheat(t, filled(t)), &kept, testDay)
			if codesOf(k) != c.want {
				t.Errorf("found %q, want %q", codesOf(k), c.want)
			}
			if k.Memory != nil {
				t.Error("what was kept would be lost")
			}
		})
	}
}

func TestAWitnessSeesTwoTrees(t *testing.T) {
	witness, _ := NewKey("witness.example", bytes.Repeat([]byte{1}, 32))
	cosigned := func(l *accessLog, size int64, at time.Time) mingjing.WitnessedCheckpoint {
		signed := l.key.Sign(size, l.root(t, size))
		text, _, _ := strings.Cut(signed, "\n\n")
		return mingjing.WitnessedCheckpoint{Key: witness.WitnessVerifier(), Checkpoint: signed + witness.Cosign(text+"\n", at),
			Consistency: l.since(t, size)}
	}
	good := filled(t)
	pages := good.proof(t, "anna", 0, 100)
	pages[0].Witnessed = []mingjing.WitnessedCheckpoint{cosigned(good, 20, testDay)}
	first := Check(pages, nil, testDay.Add(time.Minute))
	if codesOf(first) != "" || len(first.Witnesses) != 1 ||
		first.Witnesses[0] != (mingjing.WitnessCheck{Name: "witness.example", At: testDay, Size: 20}) {
		t.Fatalf("%+v", first)
	}
	if late := Check(pages, nil, testDay.Add(2*time.Hour)); codesOf(late) != "" || !late.Witnesses[0].Late {
		t.Errorf("two hours later: %+v", late)
	}
	if silent := Check(pages, nil, testDay.Add(25*time.Hour)); codesOf(silent) != mingjing.LogWitnessSilent {
		t.Errorf("a day later: %+v", silent)
	}

	// A new phone has nothing to compare with but the witness's signature.
	other := newAccessLog(t)
	for i := range 23 {
		other.add(t, mingjing.ResidentID([]string{"anna", "bo"}[i%2]), fmt.Sprint("张", i))
	}
	split := other.proof(t, "anna", 0, 100)
	w := cosigned(good, 20, testDay)
	w.Consistency = other.since(t, 20)
	split[0].Witnessed = []mingjing.WitnessedCheckpoint{w}
	if k := Check(split, nil, testDay); codesOf(k) != mingjing.LogSplit || !slices.Equal(k.Problems[0].Names, []string{"witness.example"}) {
		t.Errorf("two trees: %q", codesOf(k))
	}

	// A phone that has had the witness's signature refuses a state without it.
	pages = good.proof(t, "anna", 23, 100)
	if k := Check(pages, first.Memory, testDay); codesOf(k) != mingjing.LogWitnessGone {
		t.Errorf("without its witness: %q", codesOf(k))
	}
	w = cosigned(good, 20, testDay)
	w.Checkpoint = strings.Replace(w.Checkpoint, "— witness.example ", "— witness.example A", 1)
	pages[0].Witnessed = []mingjing.WitnessedCheckpoint{w}
	if k := Check(pages, first.Memory, testDay); !strings.Contains(codesOf(k), mingjing.LogWitnessGone) {
		t.Errorf("with a forged cosignature: %q", codesOf(k))
	}
}

func TestWhatThePageShowsIsWhatTheRecordHas(t *testing.T) {
	l := filled(t)
	pages := l.proof(t, "anna", 0, 5)
	entries := []mingjing.AccessEntry{}
	for _, e := range l.entries["anna"] {
		entries = append(entries, e.AccessEntry)
	}
	shown := func(entries []mingjing.AccessEntry, others bool) string {
		k := Check(pages, nil, testDay)
		CheckShown(&k, pages, entries, others)
		return codesOf(k)
	}
	if s := shown(entries[2:9], false); s != "" {
		t.Errorf("honest: %s", s)
	}
	less := slices.Delete(slices.Clone(entries), 5, 6)
	if s := shown(less, false); s != "shown[6]" {
		t.Errorf("one left out: %s", s)
	}
	other := slices.Clone(entries)
	other[3].Purpose = "audit"
	if s := shown(other, true); s != "shown[4]" {
		t.Errorf("another purpose: %s", s)
	}
	if s := shown(append(slices.Clone(entries), mingjing.AccessEntry{Seq: 40}), false); s != "shown[40]" {
		t.Errorf("one too many: %s", s)
	}
}

func TestALaterProofHasWhatAnEarlierOneHad(t *testing.T) {
	l := filled(t)
	earlier := l.proof(t, "anna", 0, 5)
	l.add(t, "anna", "李")
	later := l.proof(t, "anna", 0, 100)
	if wrong := Lost(earlier, later); len(wrong) > 0 {
		t.Errorf("lost %v", wrong)
	}
	later[0].Entries = later[0].Entries[:10]
	if wrong := Lost(earlier, later); !slices.Equal(wrong, []int64{11, 12}) {
		t.Errorf("the last two are gone, found %v", wrong)
	}
}

// TestEveryFieldOfAnEntryIsCommittedTo fails where a field was added to AccessEntry and
// not to CanonicalEntry.
func TestEveryFieldOfAnEntryIsCommittedTo(t *testing.T) {
	salt := make([]byte, SaltSize)
	entry := mingjing.AccessEntry{Seq: 1, At: testDay, Role: mingjing.RoleHandler, Who: "a", Action: "b", Subject: "c", Purpose: "d"}
	was := CommitEntry(salt, "anna", entry, nil)
	typ := reflect.TypeFor[mingjing.AccessEntry]()
	for i := range typ.NumField() {
		l := entry
		f := reflect.ValueOf(&l).Elem().Field(i)
		switch v := f.Addr().Interface().(type) {
		case *int64:
			*v++
		case *time.Time:
			*v = v.Add(time.Nanosecond)
		default:
			if f.Kind() != reflect.String {
				t.Fatalf("this test can't change %s", typ.Field(i).Name)
			}
			f.SetString(f.String() + "x")
		}
		if bytes.Equal(was, CommitEntry(salt, "anna", l, nil)) {
			t.Errorf("another %s makes no difference", typ.Field(i).Name)
		}
	}
	if bytes.Equal(was, CommitEntry(salt, "bo", entry, nil)) || bytes.Equal(was, CommitEntry(salt, "anna", entry, was)) ||
		bytes.Equal(was, CommitEntry(was, "anna", entry, nil)) {
		t.Error("resident, previous entry or salt make no difference")
	}
	// The same value in another field gives another hash.
	a, b := entry, entry
	a.Who, a.Action = "a\naction 1:b", ""
	b.Who, b.Action = "a", "b"
	if bytes.Equal(CanonicalEntry("", a, nil), CanonicalEntry("", b, nil)) {
		t.Error("two entries have the same bytes")
	}
}

// The bytes must never change: earlier entries could no longer be proved.
func TestTheCanonicalBytesNeverChange(t *testing.T) {
	l := mingjing.AccessEntry{Seq: 12, At: testDay, Role: mingjing.RoleHandler, Who: "王芳", Action: "case", Subject: "D1", Purpose: "dispute"}
	const want = "mingjing look v1\nresident 4:anna\nseq 2:12\nprev 2:\x01\x02\nat 20:2026-03-03T09:00:00Z\n" +
		"role 7:handler\nwho 6:王芳\naction 4:case\nsubject 2:D1\npurpose 7:dispute\n"
	if got := string(CanonicalEntry("anna", l, []byte{1, 2})); got != want {
		t.Errorf("%q", got)
	}
}

func TestTheProofIsTheSameAfterJSON(t *testing.T) {
	l := filled(t)
	data, err := json.Marshal(l.proof(t, "anna", 20, 5))
	if err != nil {
		t.Fatal(err)
	}
	var pages []mingjing.AccessProof
	if err := json.Unmarshal(data, &pages); err != nil {
		t.Fatal(err)
	}
	if k := Check(pages, nil, testDay); codesOf(k) != "" || k.Entries != 12 {
		t.Errorf("%+v", k)
	}
}

// TestOthersCanCheckTheNote checks our signatures with package note, as other
// programs do.
func TestOthersCanCheckTheNote(t *testing.T) {
	l := filled(t)
	v, err := note.NewVerifier(l.key.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open([]byte(l.key.Sign(l.size, l.root(t, l.size))), note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 {
		t.Fatalf("%v, %+v", err, n)
	}
	// The example of C2SP tlog-cosignature has this time in its signature.
	const example = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	if c, err := ParseCheckpoint(example); err != nil || Text(c) != example {
		t.Errorf("%+v, %v", c, err)
	}
	if got := string(cosigned(example, 1679315147)); got != "cosignature/v1\ntime 1679315147\n"+example {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{"", "a", "a\n1\n", "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		"a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		"a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "a\n1\nCsUY\n", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="} {
		if c, err := ParseCheckpoint(bad); err == nil {
			t.Errorf("%q is %+v", bad, c)
		}
	}
	for _, bad := range []string{"", l.key.Verifier(), "a+00000000+BAAA", strings.Replace(l.key.WitnessVerifier(), "mirror", "other", 1)} {
		if CheckWitnessKey(bad) == nil {
			t.Errorf("%q is the key of a witness", bad)
		}
	}
}

func BenchmarkCheckEntries(b *testing.B) {
	for _, n := range []int{12, 100, 1000} {
		b.Run(fmt.Sprint(n, "_looks"), func(b *testing.B) {
			l := newAccessLog(b)
			for range n {
				for range 9 {
					l.add(b, "bo", "李")
				}
				l.add(b, "anna", "王")
			}
			pages := l.proof(b, "anna", 5, 100)
			data, _ := json.Marshal(pages)
			kept := &mingjing.AccessMemory{Checkpoint: mingjing.Checkpoint{Origin: "mirror.example", Size: 5, Root: l.root(b, 5)},
				Key: l.key.Verifier(), Since: testDay}
			b.ResetTimer()
			for b.Loop() {
				if k := Check(pages, kept, testDay); len(k.Problems) > 0 {
					b.Fatal(k.Problems)
				}
			}
			b.ReportMetric(float64(len(data)), "proof_bytes")
			b.ReportMetric(math.Round(float64(len(data))/float64(n)), "bytes/entry")
		})
	}
}
