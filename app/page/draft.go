package page

import (
	"strconv"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = Register("drafts", Screen{Data: New[mingjing.FormDrafts], Body: draftsBody})

// DraftForm returns a form of which nothing that is typed is lost: it is saved as a draft of
// who is logged in, and is there again when the page is opened. Where nobody is logged in
// the browser asks before the page is left.
func DraftForm(v *mingjing.View, f c.Form) app.UI {
	if v.Who == nil {
		f.Unsaved = true
		return f.UI()
	}
	f.Draft = &c.Draft{Key: f.Action + " " + v.Path, Save: T(v, "keep.save"), Words: c.A{"zone": v.Zone}}
	if d := draftOf(v, f.Action); d != nil {
		f.Draft.Saved = T(v, "keep.was_saved", "time", Instant(v, d.SavedAt), "day", Date(v, mingjing.DateOf(d.Until.In(Zone(v)))))
	}
	for _, name := range []string{"saving", "failed", "ended", "leave", "waiting", "stopped", "checking", "ready", "unsent", "remove"} {
		f.Draft.Words[name] = T(v, "keep."+name)
	}
	for _, unit := range []string{"kb", "mb"} {
		f.Draft.Words[unit] = T(v, "size."+unit, "size", "{size}")
	}
	f.Draft.Words["saved"] = T(v, "keep.saved", "time", "{time}")
	f.Draft.Words["progress"] = T(v, "keep.progress", "percent", "{percent}", "size", "{size}")
	return f.UI()
}

// draftOf returns the draft of a form on the page, or nil.
func draftOf(v *mingjing.View, action string) *mingjing.FormDraft {
	for i, d := range v.Drafts {
		if d.Form == action {
			return &v.Drafts[i]
		}
	}
	return nil
}

// HasDraft reports whether something was saved of a form on the page.
func HasDraft(v *mingjing.View, action string) bool { return draftOf(v, action) != nil }

// DraftUpload returns the field for files of a form that [DraftForm] returns. Each is sent
// once, as soon as it is chosen.
func DraftUpload(v *mingjing.View, action string, f c.FileUpload) app.UI {
	f.Draft, f.Photo, f.Send = true, T(v, "keep.photo"), T(v, "keep.send")
	if d := draftOf(v, action); d != nil {
		for _, x := range d.Files {
			f.Kept = append(f.Kept, keptFile(v, x))
		}
	}
	return f.UI()
}

func keptFile(v *mingjing.View, f mingjing.DraftFile) c.KeptFile {
	size := i18n.FileSize(v.Lang, f.Size)
	k := c.KeptFile{ID: f.ID, Name: f.Name,
		Note: T(v, "paper.pair", "a", size, "b", T(v, "draft_file."+string(f.State))), Remove: T(v, "keep.remove")}
	switch f.State {
	case mingjing.DraftFileArriving:
		k.Error = T(v, "keep.go_on", "percent", strconv.FormatInt(100*f.Received/max(1, f.Size), 10))
	case mingjing.DraftFileRefused:
		k.Error = Code(v, "error", f.Why)
	case mingjing.DraftFileReady:
		if strings.HasPrefix(f.Type, "image/") {
			k.Picture = "/api/drafts/files/" + Segment(f.ID) + "/picture"
		}
	}
	return k
}

// DraftTitle returns the name of the page on which a draft is.
func DraftTitle(v *mingjing.View, d mingjing.FormDraft) string {
	at, _, _ := strings.Cut(d.Page, "?")
	if name := mingjing.PageAt("/" + v.Lang + "/" + at); name != "" {
		return T(v, "title."+name)
	}
	return d.Page
}

// mostOfDraft is how much of a text the list of drafts shows, in characters.
const mostOfDraft = 160

// draftsBody returns what somebody has typed into forms and not sent.
func draftsBody(v *mingjing.View) []app.UI {
	body := []app.UI{Heading("", T(v, "title.drafts")), Lead(Tn(v, "drafts.lead", int(mingjing.FormDraftKeep.Hours()/24)))}
	shown := mingjing.DataOf[mingjing.FormDrafts](v)
	if shown == nil || len(shown.Drafts) == 0 {
		return append(body, c.EmptyState{Title: T(v, "drafts.empty_title"), Text: T(v, "drafts.empty")}.UI())
	}
	cards := make([]app.UI, 0, len(shown.Drafts))
	for _, d := range shown.Drafts {
		cards = append(cards, draftCard(v, d))
	}
	return append(body, c.List("cards", cards...))
}

func draftCard(v *mingjing.View, d mingjing.FormDraft) app.UI {
	title := DraftTitle(v, d)
	rows := make([]c.SummaryRow, 0, len(d.Fields)+len(d.Files))
	for _, f := range d.Fields {
		name := f.Name
		if strings.HasPrefix(name, "evidence_answer_") {
			name = "evidence_answer"
		}
		if i18n.Has("field." + name) {
			rows = append(rows, c.SummaryRow{Key: T(v, "field."+name), Text: shorten(fieldText(v, f), mostOfDraft)})
		}
	}
	for _, f := range d.Files {
		rows = append(rows, c.SummaryRow{Key: T(v, "field.evidence"), Text: f.Name})
	}
	return c.Card{Title: title, Level: 2, Body: []app.UI{
		c.Muted(T(v, "keep.was_saved", "time", Instant(v, d.SavedAt), "day", Date(v, mingjing.DateOf(d.Until.In(Zone(v)))))),
		c.SummaryList{Rows: rows}.UI(),
		c.Div("actions", c.LinkButton{Text: T(v, "drafts.open"), Href: "/" + v.Lang + "/" + d.Page}.UI(),
			c.Form{Action: "/api/drafts/" + Segment(d.ID) + "/discard", Class: "form-line",
				Body: []app.UI{LangField(v), c.Button{Text: T(v, "drafts.discard"), About: T(v, "paper.pair", "a", title, "b", Instant(v, d.SavedAt)),
					Kind: "secondary"}.UI()}}.UI())}}.UI()
}

// fieldText returns what was typed, or the name of what was chosen.
func fieldText(v *mingjing.View, f mingjing.DraftField) string {
	if key := f.Name + "." + f.Value; i18n.Has(key) {
		return T(v, key)
	}
	return f.Value
}
