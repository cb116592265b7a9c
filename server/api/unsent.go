package api

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"mingjing"
	"mingjing/i18n"
)

// away reports whether a problem is that something which the server needs does not work
// now, so that the same form may be taken later.
func away(p *mingjing.Problem) bool {
	return p.Status == http.StatusServiceUnavailable || p.Status == http.StatusInternalServerError && p.Code != mingjing.Altered
}

// notAdmitted answers an action that did not begin. Where it can't be found out who sent
// the form, it is shown again: the files of a form of somebody who is not known are not
// read.
func (c *call) notAdmitted(form reflect.Type, failure error) error {
	p := c.problem(failure)
	if c.format() != asHTML || !away(p) || c.readInput(dropFiles, maxForm) != nil {
		return failure
	}
	c.useFormLanguage()
	c.showUnsent(form, "", p)
	return nil
}

// showUnsent shows a form with what was typed and chosen, without the page on which it
// was, which can't be read now. again is that page.
func (c *call) showUnsent(form reflect.Type, again string, p *mingjing.Problem) {
	path, action, draft := c.formPath(again), c.r.URL.EscapedPath(), c.in.get("draft")
	c.who = nil                              // nobody's name can be read
	if strings.HasPrefix(action, draftsAt) { // it was a form that should be saved
		if p, err := c.s.draftOf(draft); err == nil {
			form, action = p.in, p.Form
		}
	}
	fields := unsentFields(form, c.in.values)
	named := func(f mingjing.UnsentField) bool { return f.Name == "draft" }
	if draft != "" && !slices.ContainsFunc(fields, named) {
		fields = append(fields, mingjing.UnsentField{Name: "draft", Kind: mingjing.UnsentKept, Value: draft})
	}
	v := &mingjing.View{Page: "unsent", Problem: p, Path: path,
		Data: &mingjing.UnsentForm{Action: action, Fields: fields}}
	c.addCommon(v)
	c.sayRetryAfter(p)
	c.send(p.Status, v)
}

// unsentFields returns the fields of an input with the values that were sent. Values that
// the input does not have are left out.
func unsentFields(form reflect.Type, values map[string][]string) (fields []mingjing.UnsentField) {
	for _, f := range formFields(form) {
		if f.Kind == mingjing.UnsentFiles || f.Kind == mingjing.UnsentSecret {
			fields = append(fields, f)
			continue
		}
		for _, f.Value = range values[f.Name] {
			if f.Name == "login" && secretField(f.Name, f.Value) {
				f.Value = ""
			}
			fields = append(fields, f)
		}
	}
	return fields
}

// formFields returns the fields that a form of an input can have, each once.
func formFields(form reflect.Type) (fields []mingjing.UnsentField) {
	for _, f := range reflect.VisibleFields(form) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind, ok := unsentKind(f, name)
		if kind == mingjing.UnsentFiles {
			name = "evidence" // a form has one field for files, whose name nobody asks for
		}
		if ok && !f.Anonymous {
			fields = append(fields, mingjing.UnsentField{Name: name, Kind: kind})
		}
	}
	return fields
}

var dateType = reflect.TypeFor[mingjing.Date]()

// longLine is the limit in characters above which a text has several lines.
const longLine = 250

// unsentKind returns how a field is shown again; false for one that no form has.
func unsentKind(f reflect.StructField, name string) (mingjing.UnsentKind, bool) {
	labelled, limit := i18n.Has("field."+name), f.Tag.Get("max")
	of := f.Type
	if of.Kind() == reflect.Slice && of != filesType {
		of = of.Elem()
	}
	switch {
	case f.Type == filesType:
		return mingjing.UnsentFiles, true
	case of.Kind() == reflect.Struct:
		return "", false // of JSON alone
	case name == "ticket", name == "key_ticket": // which came from the server, and without which the form is of no use
		return mingjing.UnsentKept, true
	case name == "login":
		return mingjing.UnsentLine, true
	case secretField(name, ""):
		return mingjing.UnsentSecret, labelled
	case !labelled || f.Tag.Get("enum") != "":
		return mingjing.UnsentKept, true
	case f.Tag.Get("format") == "date", of == dateType, of.Kind() == reflect.Int:
		return mingjing.UnsentLine, true
	case f.Type == reflect.TypeFor[[]string]():
		return mingjing.UnsentText, true
	case f.Type == reflect.TypeFor[string]() && limit != "":
		if n, err := strconv.Atoi(limit); err != nil || n > longLine {
			return mingjing.UnsentText, true
		}
		return mingjing.UnsentLine, true
	}
	return mingjing.UnsentKept, true
}
