package resident

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/app/page"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
	"github.com/maxence-charriere/go-app/v10/pkg/app"
	"golang.org/x/mod/sumdb/tlog"
)

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
		e := mingjing.LookEntry{Look: mingjing.Look{Seq: n + 1, At: pagetest.HeldNow, Role: mingjing.RoleHandler, Who: "王", Action: "case", Purpose: "dispute"},
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
	check, fresh, err := checkLooks(t.Context(), fetch, view, nil, pagetest.HeldNow)
	if err != nil || len(check.Problems) > 0 || check.Looks != 2 || fresh == nil {
		t.Fatalf("%+v, %v", check, err)
	}
	if got := strings.Join(*asked, " "); got != "/api/access-log/proof /api/access-log/proof?after=1&size=2" {
		t.Errorf("it asked for %s", got)
	}
	*asked = nil
	if check, _, err = checkLooks(t.Context(), fetch, view, check.Memory, pagetest.HeldNow); err != nil || len(check.Problems) > 0 || (*asked)[0] != "/api/access-log/proof?since=2" {
		t.Errorf("the second time: %+v, %v, %v", check, *asked, err)
	}
	view.Looks[0].Who = "李"
	check, fresh, err = checkLooks(t.Context(), fetch, view, check.Memory, pagetest.HeldNow)
	if err != nil || len(check.Problems) != 1 || check.Problems[0].Code != mingjing.LookShown || fresh != nil {
		t.Errorf("the page shows another name: %+v, %v", check, err)
	}
	kept := &mingjing.LookMemory{Checkpoint: mingjing.Checkpoint{Origin: "mirror.example", Size: 9}, Key: check.Checkpoint.Origin}
	if check, _, _ = checkLooks(t.Context(), fetch, nil, kept, pagetest.HeldNow); check.Problems[0].Code != mingjing.LookRolledBack {
		t.Errorf("the record was longer: %+v", check.Problems)
	}
}

func TestAProofThatCannotBeReadIsNeitherGoodNorBad(t *testing.T) {
	for name, fetch := range map[string]func(context.Context, string) ([]byte, error){
		"offline": func(context.Context, string) ([]byte, error) { return nil, errors.New("offline") },
		"html":    func(context.Context, string) ([]byte, error) { return []byte("<html>"), nil },
		"endless": func(context.Context, string) ([]byte, error) { return []byte(`{"next":1}`), nil },
	} {
		if check, fresh, err := checkLooks(t.Context(), fetch, nil, nil, pagetest.HeldNow); err == nil || len(check.Problems) > 0 || fresh != nil {
			t.Errorf("%s: %+v, %v", name, check, err)
		}
	}
}

func TestWhatIsWrongWithTheLogIsSaidLoudly(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.Base(t, lang, "access-log")
		render := func(p *LookCheck) *goquery.Document {
			t.Helper()
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(app.HTMLString(p.Render())))
			if err != nil {
				t.Fatal(err)
			}
			return doc
		}
		for state, name := range map[verifyState]string{verifyIdle: "idle", verifyWorking: "working", verifySame: "good", verifyDiffers: "bad", verifyFailed: "failed"} {
			doc := render(&LookCheck{V: &v, state: state})
			if doc.Find("[data-look-check]").AttrOr("data-look-check", "") != name {
				t.Errorf("%s: the state is not marked as %s", lang, name)
			}
			if alert := doc.Find("[role=alert]").Length() == 1; alert != (state == verifyDiffers) {
				t.Errorf("%s %s: alert %v", lang, name, alert)
			}
		}
		for _, problem := range mingjing.LookProblems {
			doc := render(&LookCheck{V: &v, state: verifyDiffers, check: mingjing.LookCheck{
				Problems: []mingjing.LookProblem{{Code: problem, Seqs: []int64{3, 17}, Names: []string{"witness.example"}}}}})
			for _, want := range []string{i18n.T(lang, "look_problem."+problem), "3, 17", "witness.example", i18n.T(lang, "log_check.do_auditor")} {
				if !strings.Contains(doc.Find("[role=alert]").Text(), want) {
					t.Errorf("%s: %q is not said of %s", lang, want, problem)
				}
			}
			if doc.Find(`[role=alert] a[href="`+page.ProofFile+`"]`).Length() != 1 || doc.Find("button").Length() != 0 {
				t.Errorf("%s: %s leads not to the file, or away from it", lang, problem)
			}
		}
		good := render(&LookCheck{V: &v, state: verifySame, check: mingjing.LookCheck{Looks: 12,
			Since: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC), Witnesses: []mingjing.WitnessCheck{{Name: "witness.example", At: pagetest.HeldNow}}}}).Text()
		for _, want := range []string{"12", i18n.Date(lang, "2026-03-03"), "witness.example"} {
			if !strings.Contains(good, want) {
				t.Errorf("%s: %q is not said in\n%s", lang, want, good)
			}
		}
	}
}
