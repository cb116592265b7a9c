package rulebooks

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"mingjing"
)

// unchanging are the fields that differ in every version, or that change nothing for
// anybody. A code whose word is compared is not compared again.
var unchanging = []string{"$schema", "format", "id", "version", "draft", "why", "comments_until", "benefits", "points_law", "law",
	"source", "refuses"}

// groups are the lists of a rulebook whose entries have a code, in the order in which
// they are compared.
var groups = []string{"catalogue", "criteria", "factors", "bands", "agencies", "measures", "documents", "never_used", "refused"}

// telling are the fields of a new entry that are told along with it.
var telling = map[string][]string{"catalogue": {"points", "cap", "counts_months"}, "bands": {"from"}}

// Diff returns everything that a version of a rulebook changes in comparison with another
// one: items, points, bands, terms, and any text. Both are the bytes of a rulebook that
// [Parse] or [Stored] reads; the words of both are compared, also of one whose words come
// from the register.
func Diff(before, after []byte) ([]mingjing.LawChange, error) {
	var d differ
	for i, data := range [][]byte{before, after} {
		book, err := Stored(data)
		if err != nil {
			return nil, err
		}
		d.books[i] = book
		whole, err := json.Marshal(book)
		if err == nil {
			err = json.Unmarshal(whole, &d.files[i])
		}
		if err != nil {
			return nil, fmt.Errorf("reading a rulebook: %w", err)
		}
	}
	for _, field := range fields(d.files[0], d.files[1]) {
		if !slices.Contains(unchanging, field) && !slices.Contains(groups, field) && field != "procedure" {
			d.compare(mingjing.LawChange{Property: field}, d.files[0][field], d.files[1][field])
		}
	}
	for _, group := range groups {
		d.entries(mingjing.LawChange{Group: group}, d.files[0][group], d.files[1][group])
	}
	var procedure [2]map[string]any
	for i := range procedure {
		procedure[i], _ = d.files[i]["procedure"].(map[string]any)
	}
	for _, field := range fields(procedure[0], procedure[1]) {
		if field == "tiers" {
			d.entries(mingjing.LawChange{Group: field}, procedure[0][field], procedure[1][field])
			continue
		}
		if slices.Contains(unchanging, field) {
			continue
		}
		d.compare(mingjing.LawChange{Group: "procedure", Property: field}, procedure[0][field], procedure[1][field])
	}
	return d.changes, nil
}

// A differ collects what differs between two versions, the older one first.
type differ struct {
	books   [2]*mingjing.Rulebook
	files   [2]map[string]any
	changes []mingjing.LawChange
}

func fields(a, b map[string]any) []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(all)
	return slices.Compact(all)
}

// entries compares two lists whose entries have codes.
func (d *differ) entries(at mingjing.LawChange, before, after any) {
	was, is := byCode(before), byCode(after)
	var codes []string
	for _, list := range []any{before, after} { // in the order of the files
		entries, _ := list.([]any)
		for _, e := range entries {
			code, _ := e.(map[string]any)["code"].(string)
			if !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	for _, code := range codes {
		at.Code, at.Name = code, d.text(at, 1, cmpOr(is[code], was[code])["name"])
		switch a, b := was[code], is[code]; {
		case a == nil:
			d.add(at, mingjing.LawAdded, nil, nil)
			for _, field := range telling[at.Group] {
				if x := b[field]; x != nil {
					at.Property = field
					d.add(at, mingjing.LawChanged, nil, x)
				}
			}
			at.Property = ""
		case b == nil:
			d.add(at, mingjing.LawRemoved, nil, nil)
		default:
			for _, field := range fields(a, b) {
				if slices.Contains(unchanging, field) {
					continue
				}
				at.Property = field
				d.compare(at, a[field], b[field])
			}
			at.Property = ""
		}
	}
	if d.order(was, is, before, after) {
		d.changes = append(d.changes, mingjing.LawChange{Kind: mingjing.LawChanged, Group: at.Group, Property: "order"})
	}
}

// order reports whether entries that stayed changed places.
func (d *differ) order(was, is map[string]map[string]any, before, after any) bool {
	stayed := func(list any) (codes []string) {
		entries, _ := list.([]any)
		for _, e := range entries {
			if code, _ := e.(map[string]any)["code"].(string); was[code] != nil && is[code] != nil {
				codes = append(codes, code)
			}
		}
		return codes
	}
	return !slices.Equal(stayed(before), stayed(after))
}

func cmpOr(a, b map[string]any) map[string]any {
	if a != nil {
		return a
	}
	return b
}

func byCode(list any) map[string]map[string]any {
	out := map[string]map[string]any{}
	entries, _ := list.([]any)
	for _, e := range entries {
		if m, ok := e.(map[string]any); ok {
			code, _ := m["code"].(string)
			out[code] = m
		}
	}
	return out
}

// compare adds what differs between two values of a field.
func (d *differ) compare(at mingjing.LawChange, before, after any) {
	if !reflect.DeepEqual(before, after) {
		d.add(at, mingjing.LawChanged, before, after)
	}
}

func (d *differ) add(at mingjing.LawChange, kind string, before, after any) {
	at.Kind = kind
	if kind == mingjing.LawChanged {
		at.Before, at.After = d.text(at, 0, before), d.text(at, 1, after)
	}
	d.changes = append(d.changes, at)
}

// text returns a value of a version as people read it; nil where there is none.
func (d *differ) text(at mingjing.LawChange, version int, v any) mingjing.Text {
	all := func(s string) mingjing.Text {
		t := mingjing.Text{}
		for _, lang := range mingjing.Languages {
			t[lang] = s
		}
		return t
	}
	switch v := v.(type) {
	case float64:
		return all(strconv.FormatFloat(v, 'f', -1, 64))
	case bool:
		return all(strconv.FormatBool(v))
	case string:
		if name := d.named(at.Property, version, v); name != nil {
			return name
		}
		return all(v)
	case map[string]any:
		if at.Property == "table" { // a row
			return all(fmt.Sprint(v["from"], ": ", v["points"]))
		}
		t := mingjing.Text{}
		for lang, s := range v {
			t[lang] = fmt.Sprint(s)
		}
		return t
	case []any:
		t := mingjing.Text{}
		for _, lang := range mingjing.Languages {
			parts := make([]string, 0, len(v))
			for _, x := range v {
				parts = append(parts, d.text(at, version, x).In(lang))
			}
			t[lang] = strings.Join(parts, "; ")
		}
		return t
	}
	return nil
}

// named returns the name of what a code in a field stands for.
func (d *differ) named(field string, version int, code string) mingjing.Text {
	b := d.books[version]
	switch field {
	case "cap":
		band, _ := b.Band(code)
		return band.Name
	case "factor":
		i := slices.IndexFunc(b.Factors, func(f mingjing.Factor) bool { return f.Code == code })
		if i >= 0 {
			return b.Factors[i].Name
		}
	case "holds", "items":
		item, _ := b.Item(code)
		return item.Name
	case "measures":
		m, _ := b.Measure(code)
		return m.Name
	case "documents":
		for _, k := range b.Documents {
			if k.Code == code {
				return k.Name
			}
		}
	}
	return nil
}
