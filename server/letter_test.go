package main

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"mingjing"
)

// upheld files a dispute about a record of the browser's resident, and has a
// handler uphold it.
func (b *browser) upheld(record string) mingjing.Case {
	b.t.Helper()
	d := into[mingjing.Case](b.upload("/api/disputes", "application/json",
		map[string]string{"record_id": record, "reason": "wrong_facts", "statement": "It never happened."}, []file{{"b.pdf", pdf}}).want(201))
	h := b.c.desk(b.t, "h-1002")
	h.json("POST", "/api/admin/cases/"+d.ID+"/assign", nil).want(200)
	h.json("POST", "/api/admin/cases/"+d.ID+"/decision", map[string]any{"outcome": "upheld", "reasons": "The document does not show it.",
		"evidence_answers": []map[string]any{{"evidence_id": d.Evidence[0].ID, "answer": "It is genuine."}}}).want(200)
	return d
}

func TestALetterIsAFileOnceThereIsADecision(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 10")
	b.ready("honest-shanghai")
	records := list[mingjing.Record](b.json("GET", "/api/records", nil))
	if len(records) < 2 {
		t.Fatal("this resident has too few records")
	}
	open := into[mingjing.Case](b.json("POST", "/api/disputes", map[string]any{"record_id": records[0].ID, "reason": "other",
		"statement": "Wrong."}).want(201))
	for _, name := range []string{"letter.pdf", "court-file.pdf"} {
		path := "/api/disputes/" + open.ID + "/" + name
		if code := b.json("GET", path, nil).problem(409); code != "no_decision_yet" {
			t.Errorf("%s before the decision: %s", name, code)
		}
		if v := b.page(path + "?lang=zh-CN").want(409).view(); v.Page != "error" || v.Lang != "zh-CN" || v.Problem.Code != "no_decision_yet" {
			t.Errorf("%s in the browser before the decision: %+v", name, v)
		}
	}
	if v := b.page("disputes/" + open.ID + "/letter").want(409).view(); v.Problem.Code != "no_decision_yet" {
		t.Errorf("the page before the decision: %+v", v.Problem)
	}
	d := b.upheld(records[len(records)-1].ID)
	if page := b.page("disputes/" + d.ID + "/letter").want(200); shown[mingjing.LetterView](page) == nil ||
		!bytes.Contains(page.body, []byte("The document does not show it.")) {
		t.Error("the page does not give the reasons")
	}
	sizes := map[string]bool{}
	for _, lang := range mingjing.Languages {
		for _, name := range []string{"letter", "court-file"} {
			a := b.send("GET", "/api/disputes/"+d.ID+"/"+name+".pdf?lang="+lang, nil, "Accept", acceptHTML).want(200)
			want := `attachment; filename=mingjing-` + name + "-" + d.ID + "-" + lang + ".pdf"
			if !bytes.HasPrefix(a.body, []byte("%PDF-")) || a.header.Get("Content-Type") != "application/pdf" ||
				a.header.Get("Cache-Control") != "no-store" ||
				a.header.Get("Content-Disposition") != want || !bytes.Contains(a.body, []byte("/Lang ("+lang+")")) ||
				!strings.HasPrefix(a.header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s in %s: %v", name, lang, a.header)
			}
			sizes[string(a.body)] = true
		}
		if a := b.send("GET", "/api/disputes/"+d.ID+"/letter.pdf?lang="+lang, nil); !sizes[string(a.body)] {
			t.Errorf("the letter in %s is another file the second time", lang)
		}
	}
	said := into[mingjing.Case](b.json("POST", "/api/disputes/"+d.ID+"/feedback", map[string]any{"feedback": "poor"}).want(200))
	if to := b.form("/api/disputes/"+d.ID+"/feedback", url.Values{"feedback": {"poor"},
		"lang": {"en"}}).want(303).to(); said.Feedback != "poor" ||
		to != "/en/disputes/"+d.ID+"?done=feedback_poor" {
		t.Errorf("they said %q, and come to %s", said.Feedback, to)
	}
	if len(sizes) != 4 {
		t.Errorf("%d files differ, want 4", len(sizes))
	}
	seen := map[string]int{}
	for _, l := range list[mingjing.AccessEntry](b.json("GET", "/api/access-log", nil)) {
		if l.Subject == d.ID && l.Purpose == "own" {
			seen[l.Action]++
		}
	}
	if seen["letter"] != 5 || seen["court_file"] != 2 {
		t.Errorf("looks %v, want 5 at the letter and 2 at the court file", seen)
	}
}
