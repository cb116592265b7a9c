package api

import (
	"reflect"
	"slices"

	"mingjing"
)

// rules adds the published rules on what the page is about.
func (s *server) rules(v *mingjing.View) {
	code := ""
	switch page := v.Data.(type) {
	case *mingjing.RecordView:
		code = page.Record.Code
	case *mingjing.ListingView:
		code = page.Listing.Code
	case *mingjing.NewCaseView:
		if page.Record != nil {
			code = page.Record.Code
		} else if page.Listing != nil {
			code = page.Listing.Code
		}
	case *mingjing.DisputePage:
		code = page.Code()
	case *mingjing.CasePage:
		code = page.Code()
	}
	listing := mingjing.DataOf[mingjing.ListingView](v)
	for _, b := range s.casework.City.HeldBooks() {
		if item, ok := b.Item(code); ok && v.Rules().Item == nil {
			v.Rules().Item, v.Rules().Procedure = &item, &b.Procedure
		}
		if listing == nil {
			continue
		}
		for i, w := range listing.Without {
			if band, ok := b.Band(w.Band); ok && w.Rulebook == b.ID {
				listing.Without[i].Shape, listing.Without[i].Tone = band.Shape, band.Tone
			}
		}
	}
}

// Label adds to a view the names of all codes in it, from the published rulebooks. Any
// text may be a code, so that a new field needs no code here; a code that happens to be
// another word costs a few bytes.
func Label(published []*mingjing.Rulebook, v *mingjing.View, told any) {
	v.Labels = map[string]string{}
	found := map[string]bool{}
	if told != nil {
		textsIn(reflect.ValueOf(told), found)
	}
	add := func(kind, code, word string, name mingjing.Text) {
		if _, ok := v.Labels[kind+"."+code]; !ok && found[word] {
			v.Labels[kind+"."+code] = name.In(v.Lang)
		}
	}
	// Two books may name an agency differently; the page's own book goes first, in the
	// version that the page is about.
	books := slices.Clone(published)
	slices.SortStableFunc(books, func(x, y *mingjing.Rulebook) int { return isBook(v, y.Ref()) - isBook(v, x.Ref()) })
	for _, b := range books {
		add("rulebook", b.ID, b.ID, b.Name)
		if namesAll(v) {
			continue
		}
		for _, a := range b.Agencies {
			add("agency", a.Code, a.Code, a.Name)
		}
		for _, i := range b.Catalogue {
			add("item", i.Code, i.Code, i.Name)
		}
		for _, k := range b.Criteria {
			add("item", k.Code, k.Code, k.Name)
		}
		for _, f := range b.Factors {
			add("factor", f.Code, f.Code, f.Name)
		}
		for _, d := range b.Documents {
			add("doc", d.Code, d.Code, d.Name)
		}
		for _, band := range b.Bands {
			add("band", b.ID+"."+band.Code, band.Code, band.Name)
		}
	}
}

// namesAll reports whether the page has the names in the rulebooks themselves.
func namesAll(v *mingjing.View) bool {
	switch v.Data.(type) {
	case *mingjing.RulebookPage, *mingjing.RulebooksView:
		return true
	}
	return false
}

// isBook returns 2 for the version of a rulebook that the page is about, 1 for another
// version of it, and 0 for others, to sort by.
func isBook(v *mingjing.View, ref mingjing.RulebookRef) int {
	var about mingjing.RulebookRef
	switch page := v.Data.(type) {
	case *mingjing.ScoreView:
		about = page.Score.Rulebook
	case *mingjing.ScoreRequest:
		about = page.Rulebook
	}
	switch {
	case about == ref:
		return 2
	case about.ID == ref.ID:
		return 1
	}
	return 0
}

var textType = reflect.TypeFor[mingjing.Text]()

// textsIn adds all texts of a value to found, but not sentences in several languages.
func textsIn(v reflect.Value, found map[string]bool) {
	switch v.Kind() {
	case reflect.String:
		if v.Len() > 0 {
			found[v.String()] = true
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			textsIn(v.Elem(), found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				textsIn(v.Field(i), found)
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			textsIn(v.Index(i), found)
		}
	case reflect.Map:
		if v.Type() == textType {
			return
		}
		for key, value := range v.Seq2() {
			textsIn(key, found)
			textsIn(value, found)
		}
	}
}
