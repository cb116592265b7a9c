package component

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A Draft makes what is typed into a form be saved without sending it: by web/draft.js
// while it is typed, and by a button where there are no scripts.
type Draft struct {
	// Key is sent as the field draft. It names the form and its page.
	Key string
	// Saved says when it was last saved; empty where it never was.
	Saved string
	// Save is the text of the button.
	Save string
	// Words are the sentences of the script, by the name of the data attribute.
	Words A
}

// bar returns the state and the button at the end of the form. The script writes into the
// elements that are empty here, and nothing else does.
func (d *Draft) bar() app.UI {
	words := A{"class": "draft-bar", "data-draft-words": "true"}
	for name, text := range d.Words {
		words["data-"+name] = text
	}
	var saved app.UI
	if d.Saved != "" {
		saved = El("p", A{"class": "hint", "data-draft-saved": "true"}, Text(d.Saved))
	}
	return El("div", words, saved, El("p", A{"class": "hint", "role": "status", "data-draft-status": "true"}),
		El("button", A{"type": "submit", "class": "button button-quiet", "formaction": "/api/drafts", "data-draft-save": "true"}, Text(d.Save)))
}

// A KeptFile is a file that was sent to the draft of a form.
type KeptFile struct {
	ID, Name string
	// Note says how large it is and how far it has come; Error why it can't be taken.
	Note, Error string
	// Picture is the address of the file where it is a picture.
	Picture string
	// Remove is the text of the button that removes it.
	Remove string
}

func (k KeptFile) ui() app.UI {
	var picture, problem app.UI
	if k.Picture != "" {
		picture = El("img", A{"src": k.Picture, "alt": "", "class": "draft-picture", "loading": "lazy", "decoding": "async"})
	}
	if k.Error != "" {
		problem = El("p", A{"class": "error"}, alertShape(), El("span", nil, Text(k.Error)))
	}
	return El("li", A{"class": "draft-file", "data-draft-file": k.ID}, picture,
		Div("draft-file-text", El("bdi", nil, Text(k.Name)), El("p", A{"class": "hint"}, Text(k.Note)), problem),
		El("button", A{"type": "submit", "class": "button button-quiet", "formaction": "/api/drafts/files/" + k.ID + "/remove",
			"data-draft-remove": k.ID}, Text(k.Remove), Span("visually-hidden", " "+k.Name)))
}

// keptFiles returns the files of a draft, and the empty list in which the script shows those
// that are on their way.
func keptFiles(files []KeptFile, send string) app.UI {
	items := make([]app.UI, 0, len(files))
	for _, k := range files {
		items = append(items, k.ui())
	}
	var list, first app.UI
	if len(items) > 0 {
		list = El("ul", A{"class": "draft-files", "role": "list"}, items...)
		// Enter presses the first button of a form, which must not remove a file.
		first = El("button", A{"type": "submit", "class": "visually-hidden", "tabindex": "-1", "aria-hidden": "true"}, Text(send))
	}
	return Div("draft-kept", first, list, El("ul", A{"class": "draft-files", "role": "list", "data-draft-uploads": "true", "hidden": "true"}))
}

// photo returns the field by which a phone takes a picture.
func (f FileUpload) photo() app.UI {
	if f.Photo == "" {
		return nil
	}
	id := f.Name + "-photo"
	return Div("draft-photo", El("label", A{"class": "label", "for": id}, Text(f.Photo)),
		El("input", A{"type": "file", "name": f.Name, "id": id, "accept": "image/*", "capture": "environment", "class": "input file"}))
}
