package public

import (
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("unsent", page.Screen{Data: page.New[mingjing.UnsentForm], Body: unsentBody})

// unsentBody returns a form that was not taken, with what was typed. It needs nothing of
// the page on which the form was, which can't be read now.
func unsentBody(v *mingjing.View) []app.UI {
	f := mingjing.DataOf[mingjing.UnsentForm](v)
	if f == nil {
		f = &mingjing.UnsentForm{}
	}
	// What is not seen comes first, so that the distance between fields is the same.
	hidden, fields := []app.UI{page.LangField(v)}, []app.UI(nil)
	seen := map[string]int{}
	for _, x := range f.Fields {
		if x.Kind == mingjing.UnsentKept {
			hidden = append(hidden, c.Hidden{Name: x.Name, Value: x.Value}.UI())
			continue
		}
		seen[x.Name]++
		fields = append(fields, unsentField(v, x, seen[x.Name]))
	}
	if f.Has(mingjing.UnsentKept) {
		fields = append(fields, c.Muted(t(v, "unsent.kept")))
	}
	return []app.UI{
		page.Heading("", t(v, "title.unsent")),
		page.Lead(t(v, "unsent.lead")),
		c.Form{Action: f.Action, Full: true, Unsaved: true, Multipart: f.Has(mingjing.UnsentFiles),
			Body: append(append(hidden, fields...), c.Button{Text: t(v, "unsent.send")}.UI())}.UI(),
	}
}

// unsentField returns the nth field of its name that is seen.
func unsentField(v *mingjing.View, x mingjing.UnsentField, n int) app.UI {
	id := x.Name
	if n > 1 {
		id += "-" + strconv.Itoa(n)
	}
	switch x.Kind {
	case mingjing.UnsentLine:
		return c.Input{Name: x.Name, ID: id, Label: t(v, "field."+x.Name), Value: x.Value}.UI()
	case mingjing.UnsentText:
		return c.Textarea{Lang: v.Lang, Name: x.Name, ID: id, Label: t(v, "field."+x.Name), Value: x.Value, Rows: 6}.UI()
	case mingjing.UnsentSecret:
		kind := ""
		if x.Name == "password" || x.Name == "new_password" {
			kind = "password"
		}
		return c.Input{Name: x.Name, ID: id, Type: kind, Label: t(v, "field."+x.Name), Hint: t(v, "unsent.secret"), Required: true,
			Code: true, Autocomplete: map[string]string{"password": "current-password"}[x.Name]}.UI()
	}
	return c.FileUpload{Name: x.Name, Label: t(v, "field."+x.Name), Hint: t(v, "unsent.files"), Accept: page.EvidenceTypes,
		Multiple: x.Name == "evidence"}.UI()
}
