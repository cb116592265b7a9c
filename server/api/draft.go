package api

import (
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/draft"
	"mingjing/server/evidence"
)

var draftsPage = page[mingjing.FormDrafts]{
	name: "drafts",
	get:  func(c *call) (mingjing.FormDrafts, error) { return c.s.casework.Drafts.OwnDrafts(c.ctx(), c.actor()) },
	endpoints: []endpoint{
		query[none, mingjing.FormDrafts]{
			path: "/api/drafts", access: mingjing.Everyone,
			doc: apiDoc{id: "drafts", tag: tagSession, summary: "What one has typed into forms and not sent",
				answer: "The one that was saved last first."},
			get: func(c *call, _ none) (mingjing.FormDrafts, error) {
				return c.s.casework.Drafts.OwnDrafts(c.ctx(), c.actor())
			},
		},
		action[draftForm, mingjing.FormDraft]{
			path: "/api/drafts", access: mingjing.Everyone, errorPage: "drafts", do: saveDraft,
			repeats: "what is saved takes the place of what was saved before",
			doc: apiDoc{id: "saveDraft", tag: tagSession, summary: "Save what is typed into a form, without sending it",
				about: "It takes the place of what was saved before. A form may have its own fields beside these; of them, those that people " +
					"type or choose are saved, and never a password, code or ID number. Files are added to those that are there. A form " +
					"without anything in it has no draft. A form that is sent with the field draft is sent with the files of its draft, which is " +
					"then deleted.",
				answer: "The draft, without its content.", fails: []int{http.StatusNotFound, http.StatusConflict}},
			example: draftForm{Draft: "/api/disputes disputes/new?listing=5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911",
				Typed: []typedField{{Name: "statement", Value: "I paid my whole share"}}},
		},
		action[none, discarded]{
			path: "/api/drafts/{id}/discard", access: mingjing.Everyone, errorPage: "drafts",
			repeats: "a draft is deleted once",
			doc:     apiDoc{id: "discardDraft", tag: tagSession, summary: "Delete a draft", of: "draft", answer: "It is deleted."},
			do: func(c *call, _ none) (discarded, redirect, error) {
				err := c.s.casework.Drafts.DiscardDraft(c.ctx(), c.actor(), c.r.PathValue("id"))
				return discarded{err == nil}, redirect{page: "drafts", done: "draft_discarded"}, err
			},
		},
		action[draftFileForm, mingjing.DraftFile]{
			path: "/api/drafts/files", access: mingjing.Everyone, status: http.StatusCreated, errorPage: "drafts", do: startDraftFile,
			repeats: "the same file goes on where it stopped",
			doc: apiDoc{id: "startDraftFile", tag: tagSession, summary: "Begin to send a file to a draft, or go on with it",
				about:  "A file of the same name and size of which a part is there goes on where it stopped.",
				answer: "The file. It is sent in parts, from the byte received on.", fails: []int{http.StatusNotFound, http.StatusConflict}},
			example: draftFileForm{Draft: "/api/disputes disputes/new?listing=5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911",
				Name: "receipt.jpg", Size: 2_481_030},
		},
		query[none, mingjing.DraftFile]{
			path: "/api/drafts/files/{id}", access: mingjing.Everyone,
			doc: apiDoc{id: "draftFile", tag: tagSession, summary: "How far a file of a draft has come", of: "file", answer: "The file."},
			get: func(c *call, _ none) (mingjing.DraftFile, error) {
				return c.s.casework.Drafts.DraftFile(c.ctx(), c.actor(), c.r.PathValue("id"))
			},
		},
		raw[none]{
			method: http.MethodPatch, path: "/api/drafts/files/{id}", access: mingjing.Everyone, write: addToDraftFile,
			takes: "application/offset+octet-stream", headers: []string{offsetHeader}, out: reflect.TypeFor[mingjing.DraftFile](),
			doc: apiDoc{id: "addToDraftFile", tag: tagSession, summary: "Send the next part of a file", of: "file",
				about: "At most " + strconv.Itoa(mingjing.DraftPart) + " bytes. With the last part the file is checked; one that " +
					"can't be taken is 422, and stays in the draft with the reason. One that can't be checked at once is checking, and " +
					"may be sent with its form meanwhile. A part of no bytes asks again what became of it.",
				answer: "The file. Its name is there when it was checked.",
				fails:  []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity}},
		},
		raw[none]{
			path: "/api/drafts/files/{id}/picture", access: mingjing.Everyone, write: writeDraftPicture, kinds: []string{"image/jpeg", "image/png"},
			doc: apiDoc{id: "draftPicture", tag: tagSession, summary: "A picture of a draft", of: "file", answer: "The picture."},
		},
		action[draftForm, removed]{
			path: "/api/drafts/files/{id}/remove", access: mingjing.Everyone, errorPage: "drafts", do: removeDraftFile,
			repeats: "a file is removed once",
			doc: apiDoc{id: "removeDraftFile", tag: tagSession, summary: "Remove a file from a draft", of: "file",
				about: "With the field draft, what is typed is saved too, as by POST /api/drafts.", answer: "It is removed.",
				fails: []int{http.StatusConflict}},
			example: draftForm{Draft: "/api/disputes disputes/new?listing=5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911"},
		},
	},
}

// offsetHeader says which byte of a file is the first of a part.
const offsetHeader = "Upload-Offset"

// draftForm is the body of saving a draft.
type draftForm struct {
	// Draft is the form and its page: the address of the form's action, a space, and the
	// path of the page after the language.
	Draft string `json:"draft,omitempty" max:"600"`
	// Typed are the fields of the form, where they are not beside this one.
	Typed []typedField `json:"typed,omitempty"`
	// Evidence are files.
	Evidence []evidence.Upload `json:"evidence,omitempty"`
}

// typedField is the content of one field of a form.
type typedField struct {
	Name  string `json:"name" max:"100"`
	Value string `json:"value"`
}

// draftFileForm is the body of beginning to send a file.
type draftFileForm struct {
	// Draft is as in saving a draft.
	Draft string `json:"draft" max:"600"`
	// Name is what the device calls the file, Size its bytes.
	Name string `json:"name" max:"500"`
	Size int64  `json:"size" min:"1" max:"10485760"`
}

// discarded and removed are the answers to deleting a draft, and a file.
type discarded struct {
	Discarded bool `json:"discarded"`
}

// draftsAt is the path below which drafts are saved.
const draftsAt = "/api/drafts"

type removed struct {
	Removed bool `json:"removed"`
}

// A draftPlace is the form of a draft, with what an action reads there.
type draftPlace struct {
	draft.Place
	in reflect.Type
	// page is where a form leads to that was saved.
	page redirect
}

// draftOf returns the form that the field draft names, or an error where there is no such
// form or page.
func (s *server) draftOf(text string) (p draftPlace, err error) {
	unknown := mingjing.NewError(mingjing.NotFound, "not_found")
	form, at, ok := strings.Cut(text, " ")
	if !ok || len(text) > 600 {
		return p, unknown
	}
	path, rawQuery, _ := strings.Cut(at, "?")
	q, err := url.ParseQuery(rawQuery)
	if err != nil {
		return p, unknown
	}
	q.Del("done")
	name := mingjing.PageAt("/" + mingjing.Languages[0] + "/" + path)
	_, pattern := s.mux.Handler(&http.Request{Method: http.MethodPost, URL: &url.URL{Path: form}, Host: "localhost"})
	p.in = s.forms[pattern]
	if name == "" || p.in == nil {
		return p, unknown
	}
	for _, r := range mingjing.Routes {
		before, after, hasID := strings.Cut(r.Path, "{id}")
		if r.Name == name && hasID {
			p.Subject = strings.TrimSuffix(strings.TrimPrefix(path, before), after)
			if !wellFormedID(p.Subject) {
				return p, unknown
			}
		}
	}
	p.page = redirect{page: name, id: p.Subject, query: q.Encode()}
	p.Form, p.Page = form, path
	if p.page.query != "" {
		p.Page += "?" + p.page.query
	}
	return p, nil
}

// draftSent returns the form whose draft goes with the form that was sent; false for none.
func (c *call) draftSent() (draftPlace, bool) {
	text := c.in.get("draft")
	if text == "" || c.who == nil {
		return draftPlace{}, false
	}
	p, err := c.s.draftOf(text)
	return p, err == nil && p.Form == c.r.URL.Path
}

// addDraftFiles adds the files of the draft of a form to those that were sent with it.
func (c *call) addDraftFiles() error {
	p, ok := c.draftSent()
	if !ok {
		return nil
	}
	files, err := c.s.casework.Drafts.DraftUploads(c.ctx(), c.actor(), p.Place)
	c.in.files, c.in.drafted = append(files, c.in.files...), len(files)
	return err
}

// endDraft deletes the draft of a form that was sent. What fails here does not make the
// form unsent.
func (c *call) endDraft() {
	p, ok := c.draftSent()
	if !ok {
		return
	}
	if err := c.s.casework.Drafts.DraftSent(c.ctx(), c.actor(), p.Place); err != nil {
		c.s.Logger.Warn("delete a draft that was sent", "id", c.id, "err", err)
	}
}

// typedIn returns what of the values of a form can be shown again, by the name of the
// field.
func (c *call) typedIn(shown func(name, value string) bool) map[string]string {
	form := map[string]string{}
	for name, values := range c.in.values {
		if len(values) > 0 && len(name) < 100 && shown(name, values[0]) {
			form[name] = values[0]
		}
	}
	if form["fields"] != "" { // several may be chosen
		form["fields"] = strings.Join(c.in.values["fields"], " ")
	}
	for i, id := range c.in.values["evidence_id"] { // each answer under its own name
		if answers := c.in.values["evidence_answer"]; i < len(answers) && len(id) < 100 {
			form["evidence_answer_"+id] = answers[i]
		}
	}
	return form
}

// draftFields returns the fields that a draft of a form keeps: what a person types or
// chooses, in the order of the form.
func (c *call) draftFields(p draftPlace, in draftForm) []mingjing.DraftField {
	for _, f := range in.Typed {
		if c.in.values[f.Name] == nil {
			c.in.values[f.Name] = []string{f.Value}
		}
	}
	typed := c.typedIn(func(name, value string) bool { return !secretField(name, value) })
	var fields []mingjing.DraftField
	add := func(name string) {
		if typed[name] != "" {
			fields = append(fields, mingjing.DraftField{Name: name, Value: typed[name]})
		}
	}
	for _, f := range formFields(p.in) {
		switch {
		case f.Kind == mingjing.UnsentSecret, f.Kind == mingjing.UnsentFiles, !i18n.Has("field." + f.Name):
		case f.Name == "evidence_answer":
			for _, id := range c.in.values["evidence_id"] {
				add("evidence_answer_" + id)
			}
		default:
			add(f.Name)
		}
	}
	return fields
}

func saveDraft(c *call, in draftForm) (mingjing.FormDraft, redirect, error) {
	p, err := c.s.draftOf(in.Draft)
	if err != nil {
		return mingjing.FormDraft{}, redirect{}, err
	}
	d, err := c.s.casework.Drafts.SaveDraft(c.ctx(), c.actor(), p.Place, c.draftFields(p, in), in.Evidence)
	p.page.done = "draft_saved"
	return d, p.page, err
}

func startDraftFile(c *call, in draftFileForm) (mingjing.DraftFile, redirect, error) {
	p, err := c.s.draftOf(in.Draft)
	if err != nil {
		return mingjing.DraftFile{}, redirect{}, err
	}
	f, err := c.s.casework.Drafts.StartDraftFile(c.ctx(), c.actor(), p.Place, in.Name, in.Size)
	return f, p.page, err
}

func addToDraftFile(c *call, _ none) error {
	offset, err := strconv.ParseInt(c.r.Header.Get(offsetHeader), 10, 64)
	if err != nil || offset < 0 {
		return errBadBody
	}
	c.limitSilence()
	part, err := c.readBody(mingjing.DraftPart)
	if err != nil {
		return err
	}
	if err := c.stillThere(); err != nil {
		return err
	}
	f, err := c.s.casework.Drafts.AddToDraftFile(c.ctx(), c.actor(), c.r.PathValue("id"), offset, part)
	if err == nil && f.State == mingjing.DraftFileRefused {
		err = mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: f.Why, File: f.Name})
	}
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, f)
}

func writeDraftPicture(c *call, _ none) error {
	p, err := c.s.casework.Drafts.DraftPicture(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	c.noStore()
	h := c.w.Header()
	h.Set("Content-Type", p.Type)
	h.Set("Content-Length", strconv.Itoa(len(p.Data)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return c.write(http.StatusOK, p.Data)
}

func removeDraftFile(c *call, in draftForm) (removed, redirect, error) {
	to := redirect{page: "drafts", done: "draft_file_removed"}
	if in.Draft != "" {
		_, at, err := saveDraft(c, in)
		if err != nil {
			return removed{}, redirect{}, err
		}
		to.page, to.id, to.query = at.page, at.id, at.query
	}
	err := c.s.casework.Drafts.RemoveDraftFile(c.ctx(), c.actor(), c.r.PathValue("id"))
	return removed{err == nil}, to, err
}

// addDrafts adds the drafts of the forms of a page to its view, and what was typed into
// them to the fields. What was sent just now comes before what was saved.
func (c *call) addDrafts(v *mingjing.View) error {
	if v.Who == nil || v.Page == "drafts" || c.actor().Role != mingjing.RoleResident && c.actor().AAL < 2 {
		return nil
	}
	drafts, err := c.s.casework.Drafts.DraftsOn(c.ctx(), c.actor(), v.Path)
	for i, d := range drafts {
		for _, f := range d.Fields {
			if _, sent := v.Form[f.Name]; sent || v.Problem != nil && d.Form == c.r.URL.Path {
				continue
			}
			if v.Form == nil {
				v.Form = map[string]string{}
			}
			v.Form[f.Name] = f.Value
		}
		drafts[i].Fields = []mingjing.DraftField{}
	}
	if len(drafts) > 0 {
		v.Drafts = drafts
	}
	return err
}
