package main

import (
	"strconv"
	"strings"
	"testing"

	"mingjing"
	"mingjing/i18n"
)

// What somebody writes is saved by a button where there are no scripts, is there again on
// another device and in another language, and goes with the form.
func TestADraftsWholeLife(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 9")
	b.ready("honest-shanghai")
	record := list[mingjing.Record](b.json("GET", "/api/records", nil))[0].ID
	at := "disputes/new?record=" + record
	const action = "/api/disputes"
	words := map[string]string{"statement": "I wrote this & went away.", "reason": "other"}
	receipt := file{"收据.pdf", pdf}

	// The button of the form saves all of it; the file is checked.
	form := b.page(at).want(200)
	fields := map[string]string{}
	for _, f := range formOf(form, action) {
		fields[f[0]] = f[1]
	}
	for name, v := range words {
		fields[name] = v
	}
	saved := b.upload("/api/drafts", acceptHTML, fields, []file{receipt, {"virus.exe", []byte("MZ")}})
	if to := saved.to(); to != "/en/"+at+"&done=draft_saved" {
		t.Fatalf("saving leads to %s", to)
	}
	for _, lang := range []string{"/en/", "/zh-CN/"} {
		doc := b.page(lang + at).want(200).html()
		if doc.Find("#statement").Text() != words["statement"] || doc.Find("[name=reason][checked]").AttrOr("value", "") != "other" ||
			doc.Find("[data-draft-file]").Length() != 2 || doc.Find("[data-draft-file] .error").Length() != 1 {
			t.Errorf("%s has %s", lang, doc.Find("form[action='/api/disputes']").Text())
		}
	}
	// A form with a file that was refused is not sent, and says which file it is.
	if wrong := b.fill(b.page(at), action, nil).want(422); len(wrong.view().Problem.Fields) != 1 ||
		wrong.view().Problem.Fields[0].File != "virus.exe" {
		t.Errorf("sent with a refused file: %+v", wrong.view().Problem)
	}
	all := into[mingjing.FormDrafts](b.json("GET", "/api/drafts", nil).want(200)).Drafts
	if len(all) != 1 || len(all[0].Files) != 2 || all[0].Page != at {
		t.Fatalf("the drafts are %+v", all)
	}
	for _, f := range all[0].Files {
		if f.State == mingjing.DraftFileRefused {
			if to := b.upload("/api/drafts/files/"+f.ID+"/remove", acceptHTML, fields, nil).to(); to != "/en/"+at+"&done=draft_file_removed" {
				t.Errorf("removing leads to %s", to)
			}
		}
	}
	if doc := b.page("drafts").want(200).html(); !strings.Contains(doc.Find("main").Text(), words["statement"]) {
		t.Error("the list does not show it")
	}
	// What is typed into a secret field is not among it.
	b.json("POST", "/api/drafts", map[string]any{"draft": action + " " + at, "typed": []map[string]string{
		{"name": "statement", "value": "Changed."}, {"name": "password", "value": "secret"}, {"name": "record_id", "value": record}}}).want(200)
	if d := into[mingjing.FormDrafts](b.json("GET", "/api/drafts", nil)).Drafts[0]; len(d.Fields) != 1 || d.Fields[0].Value != "Changed." {
		t.Errorf("saved are %+v", d.Fields)
	}
	for _, wrong := range []string{"", "/api/disputes", "/api/disputes nowhere", "/api/nothing " + at} {
		b.json("POST", "/api/drafts", map[string]any{"draft": wrong}).problem(404)
	}
	// Sent, it is a case with its file, and no draft any more.
	filed := b.fill(b.page(at), action, map[string]string{"reason": "other"}).to()
	d := into[mingjing.Case](b.json("GET", "/api/disputes/"+caseAt(filed), nil).want(200))
	if d.Statement != "Changed." || len(d.Evidence) != 1 || d.Evidence[0].Name != "收据.pdf" {
		t.Errorf("filed is %q with %+v", d.Statement, d.Evidence)
	}
	if left := into[mingjing.FormDrafts](b.json("GET", "/api/drafts", nil)).Drafts; len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
	b.sharesAPhoto(t, c.browser(t), d.ID)
	// Files in parts, for more evidence.
	b.inParts(t, d.ID, receipt)
}

// sharesAPhoto hands a photo over as another app does: it becomes evidence in the draft of a
// case, beside what is typed there, and who is not logged in is told what to do.
func (b *browser) sharesAPhoto(t *testing.T, guest *browser, dispute string) {
	t.Helper()
	photo := []file{{"photo.png", picture(t, "png")}}
	if a := guest.upload("/api/incoming", acceptHTML, map[string]string{"title": "Photo"}, photo); a.status != 303 ||
		a.to() != "/en/login?done=share_again&next=incoming" {
		t.Errorf("without a login it is %d, to %s", a.status, a.header.Get("Location"))
	}
	if said := guest.page("login?done=share_again&next=incoming").want(200).html().Find("main").Text(); !strings.Contains(said,
		i18n.T("en", "done.share_again")) {
		t.Errorf("the login says %q", said)
	}
	if said := b.page("incoming").want(200).html().Find("main").Text(); !strings.Contains(said, i18n.T("en", "incoming.none")) {
		t.Errorf("after the login it says %q", said)
	}
	there := "/api/disputes/" + dispute + "/evidence disputes/" + dispute
	b.json("POST", "/api/drafts", map[string]any{"draft": there, "typed": []map[string]string{{"name": "statement",
		"value": "Typed before."}}}).want(200)
	if to := b.upload("/api/incoming", acceptHTML, map[string]string{"title": "Photo"}, photo).want(303).to(); to != "/en/incoming" {
		t.Fatalf("a photo that is shared leads to %s", to)
	}
	into[mingjing.FormDraft](b.upload("/api/incoming", "application/json", nil, []file{{"other.pdf", pdf}}).want(200))
	page := b.page("incoming").want(200)
	to := b.fill(page, "/api/incoming/place", map[string]string{"to": there}).want(303).to()
	if to != "/en/disputes/"+dispute+"?done=files_placed" {
		t.Errorf("placed, it leads to %s", to)
	}
	form := b.page("disputes/" + dispute).want(200).html().Find("form[action$='/evidence']")
	if form.Find("[data-draft-file]").Length() != 2 || form.Find("[name=statement]").Text() != "Typed before." {
		t.Errorf("the form has %s", form.Text())
	}
	into[mingjing.FormDraft](b.json("POST", "/api/incoming/place", map[string]any{"to": there}).want(200))
	for _, d := range into[mingjing.FormDrafts](b.json("GET", "/api/drafts", nil)).Drafts {
		if d.Page == "incoming" {
			t.Errorf("the photo is still in %+v", d)
		}
		b.json("POST", "/api/drafts/"+d.ID+"/discard", nil).want(200)
	}
}

func caseAt(path string) string {
	id := path[strings.LastIndexByte(path, '/')+1:]
	id, _, _ = strings.Cut(id, "?")
	return id
}

// inParts sends a picture and a file to a draft as the script does, with a break.
func (b *browser) inParts(t *testing.T, dispute string, receipt file) {
	t.Helper()
	draft := "/api/disputes/" + dispute + "/evidence disputes/" + dispute
	for _, f := range []file{receipt, {"photo.png", picture(t, "png")}} {
		begin := map[string]any{"draft": draft, "name": f.name, "size": len(f.data)}
		begun := into[mingjing.DraftFile](b.json("POST", "/api/drafts/files", begin).want(201))
		put := func(from, to int) answer {
			return b.send("PATCH", "/api/drafts/files/"+begun.ID, f.data[from:to], "Accept", "application/json",
				"Content-Type", "application/offset+octet-stream", "Upload-Offset", strconv.Itoa(from))
		}
		half := len(f.data) / 2
		put(0, half).want(200)
		if again := into[mingjing.DraftFile](b.json("POST", "/api/drafts/files", begin).want(201)); again.ID != begun.ID ||
			again.Received != int64(half) {
			t.Errorf("begun again it is %+v", again)
		}
		put(half+1, len(f.data)).want(409)
		if done := into[mingjing.DraftFile](put(half, len(f.data)).want(200)); done.State != mingjing.DraftFileReady {
			t.Errorf("complete it is %+v", done)
		}
		if got := into[mingjing.DraftFile](b.json("GET", "/api/drafts/files/"+begun.ID, nil).want(200)); got.Name != f.name {
			t.Errorf("it is %+v", got)
		}
		status := 404
		if f.name == "photo.png" {
			status = 200
		}
		b.send("GET", "/api/drafts/files/"+begun.ID+"/picture", nil, "Accept", "image/*").want(status)
		b.json("POST", "/api/drafts/files/"+begun.ID+"/remove", map[string]any{}).want(200)
	}
	d := into[mingjing.FormDraft](b.json("POST", "/api/drafts", map[string]any{"draft": "/api/inquiries access-log",
		"typed": []map[string]string{{"name": "question", "value": "Why?"}}}).want(200))
	if d.ID != "" {
		b.json("POST", "/api/drafts/"+d.ID+"/discard", nil).want(200)
	}
	b.json("POST", "/api/drafts/nothing/discard", nil).problem(404)
}
