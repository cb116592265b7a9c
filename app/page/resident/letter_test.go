package resident

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/app/page"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"
)

// said returns every sentence of a letter.
func saidIn(l mingjing.Letter) string {
	var all []string
	for _, b := range l.Blocks {
		all = append(append(all, b.Text), b.Items...)
		for _, r := range b.Rows {
			all = append(all, r.Key, r.Text)
		}
	}
	return strings.Join(all, "\n")
}

func TestALetterSaysWhatWasDecidedWhyAndHowToGoOn(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldView(lang, "letter", mingjing.RoleResident)
		v.Data = pagetest.LetterView(false)
		d := mingjing.DataOf[mingjing.LetterView](v).Dispute
		l := LetterOf(v)
		text := saidIn(l)
		for what, want := range map[string]string{
			"whose": v.Who.Name, "the masked number": v.Who.IDMasked, "the case": page.CaseNumber(d.ID), "what": v.Label("item", d.Code()),
			"the agency": v.Label("agency", d.Agency()), "the document": d.Record.Document.Number,
			"the reason": i18n.T(lang, "reason."+string(d.Reason)), "the resident's words": "我是担保人，去年已经付清了我应承担的份额。",
			"the agency's word": d.Answer.Text.In(lang), "the outcome": i18n.T(lang, "outcome.partly"),
			"the reasons": "结案通知书证明义务已于 2025 年 6 月 30 日履行完毕，但发生日期登记有误。", "who decided": d.Decision.By,
			"the corrected day": i18n.Date(lang, d.Decision.Corrected), "the rulebook's version": "2026.1",
			"the legal basis": mingjing.DataOf[mingjing.LetterView](v).LegalBasis.In(lang), "the last day": i18n.Date(lang, "2027-11-23"),
			"the court's last day": i18n.Date(lang, "2027-05-23"),
			"the score made anew":  "108", "new evidence": i18n.T(lang, "letter.lane.evidence"), "the review": i18n.T(lang, "letter.lane.review"),
			"the court": i18n.T(lang, "letter.lane.court"), "how to reach the bureau": i18n.T(lang, "letter.reach_text",
				"id", page.CaseNumber(d.ID)),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %s is missing: %q", lang, what, want)
			}
		}
		for _, e := range d.Evidence {
			at := strings.Index(text, e.Name)
			if at < 0 || !strings.Contains(text[at:], e.Answer) {
				t.Errorf("%s: %s is not answered", lang, e.Name)
			}
		}
		if !strings.Contains(l.Number, page.CaseNumber(d.ID)) || !l.At.Equal(d.Decision.At) || !strings.Contains(l.Folio, "{page}") ||
			!strings.Contains(l.Folio, "{pages}") {
			t.Errorf("%s: head %+v", lang, l)
		}
	}
}

func TestALetterTellsTheDayOfTheCity(t *testing.T) {
	v := pagetest.HeldView("zh-CN", "letter", mingjing.RoleResident)
	v.Data = pagetest.LetterView(false)
	// already the 24th in Shanghai
	mingjing.DataOf[mingjing.LetterView](v).Dispute.Decision.At = time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC)
	text := saidIn(LetterOf(v))
	means := i18n.T("zh-CN", "letter.means.partly.record", "date", "2026年11月24日",
		"corrected", i18n.Date("zh-CN", mingjing.DataOf[mingjing.LetterView](v).Dispute.Decision.Corrected))
	if !strings.Contains(text, means) || !strings.Contains(text, "2026年11月24日 01:00") || strings.Contains(text, "2026年11月23日 17:00") {
		t.Error(text)
	}
}

func TestWhatIsMissingInACaseIsSaidOrLeftOut(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldView(lang, "letter", mingjing.RoleResident)
		v.Data = pagetest.LetterViews()["bare"]
		text := saidIn(LetterOf(v))
		for _, key := range []string{"letter.evidence_none", "letter.rule_none", "letter.score_none", "doc.none"} {
			if !strings.Contains(text, i18n.T(lang, key)) {
				t.Errorf("%s: nothing says %s", lang, key)
			}
		}
		if strings.Contains(text, i18n.T(lang, "letter.lane_until", "date", "")) {
			t.Errorf("%s: a way on has a last day that is none", lang)
		}
		d := mingjing.DataOf[mingjing.LetterView](v).Dispute
		d.Decision = nil
		mingjing.DataOf[mingjing.LetterView](v).Dispute = d
		if text := saidIn(LetterOf(v)); text != i18n.T(lang, "error.no_decision_yet") {
			t.Errorf("%s: before a decision it says %q", lang, text)
		}
	}
}

func TestASilentAgencyIsNamed(t *testing.T) {
	v := pagetest.HeldView("en", "letter", mingjing.RoleResident)
	v.Data = pagetest.LetterView(false)
	mingjing.DataOf[mingjing.LetterView](v).Dispute.Answer = nil
	mingjing.DataOf[mingjing.LetterView](v).Dispute.Timeline = append(mingjing.DataOf[mingjing.LetterView](v).Dispute.Timeline,
		mingjing.TimelineEntry{Code: "agency_silent", At: pagetest.HeldNow})
	want := i18n.T("en", "letter.agency_silent", "agency", v.Label("agency", mingjing.DataOf[mingjing.LetterView](v).Dispute.Agency()))
	if text := saidIn(LetterOf(v)); !strings.Contains(text, want) {
		t.Error("nothing says that it was silent")
	}
}

func TestLongWordsAreCutInTheLetterAndWholeInTheCourtFile(t *testing.T) {
	v := pagetest.HeldView("zh-CN", "letter", mingjing.RoleResident)
	v.Data = pagetest.LetterViews()["long"]
	if text := saidIn(LetterOf(v)); strings.Contains(text, mingjing.DataOf[mingjing.LetterView](v).Dispute.Statement) ||
		!strings.Contains(text, i18n.T("zh-CN", "letter.words_cut")) {
		t.Error("the letter does not cut them, or does not say so")
	}
	letter := *mingjing.DataOf[mingjing.LetterView](v)
	v.Data = &mingjing.CourtFile{LetterView: letter, Case: letter.Dispute}
	if text := saidIn(CourtFileOf(v)); !strings.Contains(text, letter.Dispute.Statement) {
		t.Error("the court file has not all of them")
	}
}

func courtFile() *mingjing.CourtFile {
	f := &mingjing.CourtFile{LetterView: *pagetest.LetterView(false),
		Hashes: map[string]string{"e-1": strings.Repeat("1e", 32), "e-2": strings.Repeat("2e", 32)}}
	late := f.Dispute.Clocks[1].Due.Add(time.Hour)
	f.Dispute.Clocks[1].MetAt, f.Dispute.Clocks[1].Missed = &late, true
	f.Case = f.Dispute
	f.Entries = []mingjing.AccessEntry{
		{At: pagetest.HeldNow.Add(-48 * time.Hour), Role: mingjing.RoleResident, Who: "林静", Action: "dispute", Subject: f.Dispute.ID,
			Purpose: "own"},
		{At: pagetest.HeldNow.Add(-30 * time.Hour), Role: mingjing.RoleHandler, Who: "陈晓", Action: "case", Subject: f.Dispute.ID,
			Purpose: "dispute"}}
	return f
}

func TestTheCourtFileHasEverythingInOrder(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldView(lang, "letter", mingjing.RoleResident)
		v.Data = courtFile()
		f := mingjing.DataOf[mingjing.CourtFile](v)
		file := CourtFileOf(v)
		v.Data = &f.LetterView
		letter := LetterOf(v)
		text := saidIn(file)
		at := -1
		for _, part := range []string{"subject", "words", "evidence", "agency", "letter", "timeline", "log"} {
			next := slices.IndexFunc(file.Blocks, func(b mingjing.Block) bool {
				return b.Kind == mingjing.BlockPart && strings.HasSuffix(b.Text, i18n.T(lang, "letter.part."+part))
			})
			if next <= at {
				t.Errorf("%s: part %s is at %d, after %d", lang, part, next, at)
			}
			at = next
		}
		if !strings.Contains(text, saidIn(letter)) {
			t.Errorf("%s: the letter is not in it word for word", lang)
		}
		for what, want := range map[string]string{
			"the whole number": f.Dispute.ID, "the document's hash": hashLines(f.Dispute.Record.Document.Hash),
			"the hash of the first piece": hashLines(f.Hashes["e-1"]), "the hash of the second": hashLines(f.Hashes["e-2"]),
			"the late clock": i18n.T(lang, "letter.clock_late", "time", i18n.DateTime(lang, *f.Dispute.Clocks[1].MetAt, page.Zone(v))),
			"the met clock":  i18n.T(lang, "letter.clock_met", "time", i18n.DateTime(lang, *f.Dispute.Clocks[0].MetAt, page.Zone(v))),
			"the look":       i18n.T(lang, "look.case"), "the timeline": i18n.T(lang, "timeline.agency_asked"),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %s is missing: %q", lang, what, want)
			}
		}
		if you := i18n.T(lang, "role.you"); slices.Contains(strings.Split(text, "\n"), you) {
			t.Errorf("%s: the court is spoken to as the resident: %q", lang, you)
		}
	}
}

func TestTheLetterPageHasTheWordsOfTheFileAndLeadsToIt(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldView(lang, "letter", mingjing.RoleResident)
		v.Data = pagetest.LetterView(true)
		doc := pagetest.RenderHeld(t, "letter", v)
		shown := strings.Join(strings.Fields(doc.Find("article.letter").Text()), "")
		for line := range strings.Lines(saidIn(LetterOf(v))) {
			if line = strings.Join(strings.Fields(line), ""); !strings.Contains(shown, line) {
				t.Errorf("%s: the page lacks %q", lang, line)
			}
		}
		for _, file := range []string{"letter.pdf", "court-file.pdf"} {
			if doc.Find(`a[data-full][href="/api/disputes/`+mingjing.DataOf[mingjing.LetterView](v).Dispute.ID+"/"+file+"?lang="+lang+
				`"]`).Length() != 1 {
				t.Errorf("%s: no link to %s", lang, file)
			}
		}
		v = pagetest.HeldView(lang, "dispute", mingjing.RoleResident)
		d := pagetest.DisputeIn(mingjing.CaseDecided, false)
		v.Data = &mingjing.DisputePage{Case: d}
		if pagetest.RenderHeld(t, "dispute", v).Find(`a[href="/`+lang+"/disputes/"+d.ID+`/letter"]`).Length() != 1 {
			t.Errorf("%s: the decided dispute does not lead to its letter", lang)
		}
	}
}

// TestWriteLetters writes letters as JSON, for package letter to make files of,
// when SAMPLES names a folder.
func TestWriteLetters(t *testing.T) {
	dir := os.Getenv("SAMPLES")
	if dir == "" {
		t.Skip("SAMPLES is not set")
	}
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldView(lang, "letter", mingjing.RoleResident)
		write := func(name string, l mingjing.Letter) {
			data, err := json.Marshal(l)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+"."+lang+".letter.json"), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for name, l := range pagetest.LetterViews() {
			v.Data = l
			write(name, LetterOf(v))
		}
		v.Data = courtFile()
		write("court", CourtFileOf(v))
		write("export", ExportOf(v, sampleExport(lang)))
	}
}

func TestALetterOffersTheWaysThatAreOpenAndNoOther(t *testing.T) {
	for _, lang := range mingjing.Languages {
		for name, shown := range pagetest.LetterViews() {
			v := pagetest.HeldView(lang, "letter", mingjing.RoleResident)
			v.Data = shown
			said := saidIn(LetterOf(v))
			for _, lane := range []string{mingjing.LaneEvidence, mingjing.LaneReview, mingjing.LaneCourt} {
				if open := slices.Contains(shown.Dispute.Lanes, lane); strings.Contains(said, ". "+i18n.T(lang, "letter.lane."+lane)) != open {
					t.Errorf("%s %s: it offers %s, open is %v", lang, name, lane, open)
				}
			}
		}
	}
}

func TestALetterSaysWhatWouldHaveLedToAnotherBand(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldView(lang, "letter", mingjing.RoleResident)
		v.Data = pagetest.LetterView(false)
		said := saidIn(LetterOf(v))
		for _, want := range []string{i18n.T(lang, "letter.change_title"), i18n.T(lang, "change.any", "n", "1", "of", "2"),
			v.Label("item", "judgment-unpaid"), "+45", i18n.T(lang, "change.and_this"), v.Label("item", "lease-breach")} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: it does not say %q", lang, want)
			}
		}
	}
}
