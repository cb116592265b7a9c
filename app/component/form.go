package component

import (
	"slices"
	"strconv"
	"strings"

	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A Button sends its form.
type Button struct {
	Text string
	// Kind is empty for the main action of a page, or secondary, warning, quiet.
	Kind string
	// Name and Value are sent with the form when this button sends it.
	Name, Value string
	// About is read by screen readers after the text.
	About string
	ID    string
}

// UI returns the button.
func (b Button) UI() app.UI {
	body := []app.UI{Text(b.Text)}
	if b.About != "" {
		body = append(body, Span("visually-hidden", " "+b.About))
	}
	return El("button", A{"type": "submit", "class": classes("button", kind("button", b.Kind)),
		"name": b.Name, "value": b.Value, "id": b.ID}, body...)
}

// A LinkButton is a link that looks like a button. It opens the page on which something
// begins, and changes nothing itself.
type LinkButton struct {
	Text string
	Href string
	// Kind is as in [Button].
	Kind string
	// Full makes the browser load the page anew.
	Full bool
}

// UI returns the link.
func (b LinkButton) UI() app.UI {
	return Link{Text: b.Text, Href: b.Href, Full: b.Full, Class: classes("button", kind("button", b.Kind))}.UI()
}

func kind(base, k string) string {
	if k == "" {
		return ""
	}
	return base + "-" + k
}

// A Form sends its fields to an action of the API, with scripts or without.
type Form struct {
	Action string
	// Method is post when empty.
	Method string
	// Multipart is for forms with files.
	Multipart bool
	// Full makes the browser send the form itself and load the answer as a new page, as
	// login and log-out need.
	Full bool
	// Label names the form for screen readers where a page has several.
	Label string
	// Class is added to the form's.
	Class string
	// Role is search for a search form, otherwise empty.
	Role string
	// Draft makes what is typed be saved; nil for a form that is not.
	Draft *Draft
	// Unsaved has the browser ask before the page is left with something typed, where
	// nothing can be saved.
	Unsaved bool
	Body    []app.UI
}

// UI returns the form. The browser's own validation is off: the server's answer
// names every mistake at once and in the page's language.
func (f Form) UI() app.UI {
	a := A{"action": f.Action, "method": f.Method, "novalidate": "true", "aria-label": f.Label,
		"class": classes("form", f.Class), "role": f.Role, "accept-charset": "utf-8"}
	if f.Method == "" {
		a["method"] = "post"
	}
	if f.Multipart {
		a["enctype"] = "multipart/form-data"
	}
	if f.Full {
		a["data-full"] = "true"
	}
	if f.Unsaved {
		a["data-unsaved"] = "true"
	}
	body := f.Body
	if f.Draft != nil {
		a["data-draft"] = f.Draft.Key
		body = slices.Concat([]app.UI{Hidden{Name: "draft", Value: f.Draft.Key}.UI()}, body, []app.UI{f.Draft.bar()})
	}
	if a["method"] == "post" {
		body = append([]app.UI{Hidden{Name: "idempotency_key", Value: FormKey}.UI()}, body...)
	}
	return El("form", a, body...)
}

// FormKey is the idempotency key of the forms that are made, in a browser, which makes one
// page at a time. On a server, which makes many, it is "", and [WithFormKey] adds it.
var FormKey string

// WithFormKey returns the HTML of a page with the idempotency key of its forms.
func WithFormKey(html, key string) string {
	const field = `<input name="idempotency_key" type="hidden"`
	if key == "" {
		return html
	}
	return strings.ReplaceAll(html, field+">", field+` value="`+key+`">`)
}

// A Hidden is a field that the person does not see.
type Hidden struct {
	Name  string
	Value string
}

// UI returns the field.
func (h Hidden) UI() app.UI {
	return El("input", A{"type": "hidden", "name": h.Name, "value": h.Value})
}

// group wraps a field with its label, hint and error; field must have the id and the
// aria-describedby of [describe].
func group(id, label, hint, problem string, class string, field app.UI) app.UI {
	return Div(classes("field", class, when(problem != "", "field-wrong")),
		El("label", A{"class": "label", "for": id}, Text(label)),
		hintUI(id, hint),
		errorUI(id, problem),
		field,
	)
}

func when(ok bool, s string) string {
	if ok {
		return s
	}
	return ""
}

func hintUI(id, hint string) app.UI {
	if hint == "" {
		return nil
	}
	return El("p", A{"class": "hint", "id": id + "-hint"}, Text(hint))
}

func errorUI(id, problem string) app.UI {
	if problem == "" {
		return nil
	}
	return El("p", A{"class": "error", "id": id + "-error"}, alertShape(), El("span", nil, Text(problem)))
}

// alertShape returns a shape that marks an error, besides the colour.
func alertShape() app.UI {
	return SVG("svg", A{"class": "alert-shape", "viewBox": "0 0 20 20", "width": "20", "height": "20", "aria-hidden": "true",
		"focusable": "false"},
		SVG("path", A{"d": "M10 1.5 19.2 18H.8z", "fill": "currentColor"}),
		SVG("path", A{"d": "M10 7v5.2m0 1.6v1.8", "class": "alert-mark"}))
}

func describe(id, hint, problem string) string {
	return ids(when(hint != "", id+"-hint"), when(problem != "", id+"-error"))
}

// An Input is one line of text.
type Input struct {
	// Name is the field's name, and its id where ID is empty.
	Name string
	ID   string
	// Label, Hint and Error are sentences; Error is empty when nothing is wrong.
	Label, Hint, Error string
	// Type is text when empty.
	Type string
	// Value is what the person had typed.
	Value string
	// Autocomplete, InputMode and Pattern are as in HTML.
	Autocomplete, InputMode string
	// MaxLength is the greatest length in characters, 0 for none; the server's own
	// limit has a sentence.
	MaxLength int
	// Width is empty for the full width, or short, medium.
	Width string
	// Required is said to screen readers.
	Required bool
	// Code sets the text in figures of equal width.
	Code bool
	// Groups are the numbers of characters between which a script puts spaces, such as
	// [IDGroups]; "" for none.
	Groups string
	// Show and Hide are the texts of the button that shows a password; "" for none. The
	// button is there with scripts only.
	Show, Hide string
}

// IDGroups are the groups of an ID number: place, date of birth, and the rest.
const IDGroups = "6-8-4"

// UI returns the label, hint, error and field.
func (i Input) UI() app.UI {
	id := i.ID
	if id == "" {
		id = i.Name
	}
	a := A{"type": i.Type, "name": i.Name, "id": id, "value": i.Value, "autocomplete": i.Autocomplete,
		"inputmode": i.InputMode, "aria-describedby": describe(id, i.Hint, i.Error), "data-groups": i.Groups,
		"class": classes("input", kind("input", i.Width), when(i.Code, "code"))}
	if i.Type == "" {
		a["type"] = "text"
	}
	if i.MaxLength > 0 {
		a["maxlength"] = strconv.Itoa(i.MaxLength)
	}
	if i.Required {
		a["aria-required"] = "true"
	}
	if i.Error != "" {
		a["aria-invalid"] = "true"
	}
	if i.Code || i.Type == "password" {
		a["autocapitalize"], a["autocorrect"], a["spellcheck"] = "none", "off", "false"
	}
	field := El("input", a)
	if i.Show != "" {
		field = Div("password", field, El("button", A{"type": "button", "class": "button button-quiet", "hidden": "true", "aria-controls": id,
			"data-show-password": i.Hide}, Text(i.Show)))
	}
	return group(id, i.Label, i.Hint, i.Error, "", field)
}

// A Textarea is several lines of text.
type Textarea struct {
	// Lang is the language of the character count.
	Lang               string
	Name               string
	ID                 string
	Label, Hint, Error string
	Value              string
	// Rows is 5 when 0.
	Rows int
	// Max is the greatest number of characters; 0 shows no limit.
	Max      int
	Required bool
}

// UI returns the label, hint, error, field and the sentence on its length.
func (x Textarea) UI() app.UI {
	id := x.ID
	if id == "" {
		id = x.Name
	}
	rows := x.Rows
	if rows == 0 {
		rows = 5
	}
	described := describe(id, x.Hint, x.Error)
	var count app.UI
	if x.Max > 0 {
		described = ids(described, id+"-count")
		count = El("p", A{"class": "hint count", "id": id + "-count", "data-max": strconv.Itoa(x.Max)},
			Text(i18n.T(x.Lang, "component.characters", "n", strconv.Itoa(x.Max))))
	}
	a := A{"name": x.Name, "id": id, "rows": strconv.Itoa(rows), "aria-describedby": described, "class": "input textarea"}
	if x.Required {
		a["aria-required"] = "true"
	}
	if x.Error != "" {
		a["aria-invalid"] = "true"
	}
	return Div(classes("field", when(x.Error != "", "field-wrong")),
		El("label", A{"class": "label", "for": id}, Text(x.Label)),
		hintUI(id, x.Hint), errorUI(id, x.Error), El("textarea", a, Text(x.Value)), count)
}

// An Option is one choice. Value must not be empty.
type Option struct {
	Value string
	Text  string
	// Hint is said below the choice (radios only).
	Hint string
	// Body is shown below the choice (radios only).
	Body app.UI
}

// Radios are choices of which one can be chosen.
type Radios struct {
	// Name is the field's name. The first choice has it as its id, so that an error
	// summary can link to it.
	Name                string
	Legend, Hint, Error string
	// Heading makes the legend a heading of the page's level 2 size.
	Heading bool
	Options []Option
	// Value is the one that is chosen.
	Value string
}

// UI returns the fieldset.
func (r Radios) UI() app.UI {
	items := make([]app.UI, 0, len(r.Options))
	for i, o := range r.Options {
		id := r.Name
		if i > 0 {
			id += "-" + strconv.Itoa(i+1)
		}
		a := A{"type": "radio", "name": r.Name, "id": id, "value": o.Value, "class": "choice-input",
			"aria-describedby": when(o.Hint != "", id+"-item-hint")}
		if o.Value == r.Value {
			a["checked"] = "true"
		}
		var hint app.UI
		if o.Hint != "" {
			hint = El("p", A{"class": "hint", "id": id + "-item-hint"}, Text(o.Hint))
		}
		items = append(items, Div(classes("choice", when(o.Body != nil, "choice-card")),
			El("input", a), El("label", A{"for": id, "class": "choice-label"}, Text(o.Text)), hint, o.Body))
	}
	return El("fieldset", A{"class": classes("field", when(r.Error != "", "field-wrong")),
		"aria-describedby": describe(r.Name, r.Hint, r.Error)},
		El("legend", A{"class": classes("label", when(r.Heading, "legend-heading"))}, Text(r.Legend)),
		hintUI(r.Name, r.Hint), errorUI(r.Name, r.Error), Div("choices", items...))
}

// A Checkbox is one thing to agree to or to turn on.
type Checkbox struct {
	Name string
	// ID is the name when empty; a page with several of a name needs it.
	ID string
	// Value is sent when it is ticked; it must not be empty.
	Value              string
	Label, Hint, Error string
	Checked            bool
	// Disabled is for a setting that the person can't change; the hint says why.
	Disabled bool
}

// UI returns the box with its label.
func (c Checkbox) UI() app.UI {
	id := c.ID
	if id == "" {
		id = c.Name
	}
	a := A{"type": "checkbox", "name": c.Name, "id": id, "value": c.Value, "class": "choice-input",
		"aria-describedby": describe(id, c.Hint, c.Error)}
	if c.Checked {
		a["checked"] = "true"
	}
	if c.Disabled {
		a["disabled"] = "true"
	}
	if c.Error != "" {
		a["aria-invalid"] = "true"
	}
	return Div(classes("field", when(c.Error != "", "field-wrong")),
		errorUI(id, c.Error),
		Div("choice choice-box", El("input", a), El("label", A{"for": id, "class": "choice-label"}, Text(c.Label)),
			hintUI(id, c.Hint)))
}

// A Select is a choice from a short list that opens on demand.
type Select struct {
	Name               string
	ID                 string
	Label, Hint, Error string
	Options            []Option
	Value              string
}

// UI returns the label, hint, error and list.
func (s Select) UI() app.UI {
	id := s.ID
	if id == "" {
		id = s.Name
	}
	options := make([]app.UI, 0, len(s.Options))
	for _, o := range s.Options {
		a := A{"value": o.Value}
		if o.Value == s.Value {
			a["selected"] = "true"
		}
		options = append(options, El("option", a, Text(o.Text)))
	}
	a := A{"name": s.Name, "id": id, "class": "input select", "aria-describedby": describe(id, s.Hint, s.Error)}
	if s.Error != "" {
		a["aria-invalid"] = "true"
	}
	return group(id, s.Label, s.Hint, s.Error, "", El("select", a, options...))
}

// A FileUpload is a field for files from the person's device.
type FileUpload struct {
	Name               string
	Label, Hint, Error string
	// Accept is a list of media types, as in HTML.
	Accept   string
	Multiple bool
	// Kept are the files that were sent to the draft of the form before; Photo is the
	// label of the field by which a phone takes a picture, "" for none.
	Kept  []KeptFile
	Photo string
	// Draft says that files are sent to the draft of the form; Send is the name of what
	// sends the form.
	Draft bool
	Send  string
}

// UI returns the label, hint, error and field.
func (f FileUpload) UI() app.UI {
	a := A{"type": "file", "name": f.Name, "id": f.Name, "accept": f.Accept, "class": "input file",
		"aria-describedby": describe(f.Name, f.Hint, f.Error)}
	if f.Multiple {
		a["multiple"] = "true"
	}
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	field := El("input", a)
	if f.Draft {
		field = Div("draft-upload", field, f.photo(), keptFiles(f.Kept, f.Send))
	}
	return group(f.Name, f.Label, f.Hint, f.Error, "", field)
}

// An ErrorItem is one line of the error summary.
type ErrorItem struct {
	Text string
	// Href is the address of the field, such as "#id_number"; empty for an error that
	// is about no field.
	Href string
}

// An ErrorSummary says at the top of the page everything that was wrong with a form. It
// can take the focus.
type ErrorSummary struct {
	Title string
	// Text is said below the title; it may be empty.
	Text  string
	Items []ErrorItem
	// Body is what else is said, below the items.
	Body []app.UI
}

// UI returns the summary. The announced element is a child of the one that takes the
// focus, so that screen readers do not read it twice.
func (e ErrorSummary) UI() app.UI {
	items := make([]app.UI, 0, len(e.Items))
	for _, i := range e.Items {
		if i.Href == "" {
			items = append(items, Text(i.Text))
		} else {
			items = append(items, Link{Text: i.Text, Href: i.Href}.UI())
		}
	}
	var list, text app.UI
	if len(items) > 0 {
		list = List("error-list", items...)
	}
	if e.Text != "" {
		text = P(e.Text)
	}
	var more app.UI
	if len(e.Body) > 0 {
		more = Div("error-more", e.Body...)
	}
	return El("div", A{"class": "error-summary", "id": "error-summary", "tabindex": "-1"},
		El("div", A{"role": "alert"}, El("h2", A{"class": "error-title"}, alertShape(), El("span", nil, Text(e.Title))), text, list), more)
}
