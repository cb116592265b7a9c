package mingjing

import (
	"cmp"
	"slices"
	"strings"
)

// A RulebookSummary is what a resident reads of a rulebook before being scored by it,
// in the language of the page.
type RulebookSummary struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	About string `json:"about,omitempty"`
	// Agencies are the names of all that are asked, as they are ordered.
	Agencies []string      `json:"agencies"`
	Areas    []AreaSummary `json:"areas"`
	// Never are the names of everything that is never used.
	Never []string `json:"never"`
}

// An AreaSummary is what a rulebook uses of one area of life.
type AreaSummary struct {
	Area Area `json:"area"`
	// Agencies is how many may supply items of the area, Items the names of these.
	Agencies int      `json:"agencies"`
	Items    []string `json:"items"`
}

// Summary returns a summary of the rulebook in one language. Pages that need no more
// have it instead of the rulebook, which is about 50 kB.
func (b *Rulebook) Summary(lang string) RulebookSummary {
	out := RulebookSummary{ID: b.ID, Name: b.Name.In(lang), About: b.About.In(lang)}
	for _, a := range b.Agencies {
		out.Agencies = append(out.Agencies, cmp.Or(a.Name.In(lang), a.Code))
	}
	if lang == "en" {
		slices.SortFunc(out.Agencies, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	}
	for _, area := range Areas {
		in, items := map[string]bool{}, []string{}
		for _, i := range b.Catalogue {
			if i.Area == area {
				in[i.Code] = true
				items = append(items, i.Name.In(lang))
			}
		}
		agencies := 0
		for _, a := range b.Agencies {
			if slices.ContainsFunc(a.Holds, func(code string) bool { return in[code] }) {
				agencies++
			}
		}
		if len(items) > 0 {
			out.Areas = append(out.Areas, AreaSummary{Area: area, Agencies: agencies, Items: items})
		}
	}
	for _, n := range b.NeverUsed {
		out.Never = append(out.Never, n.Name.In(lang))
	}
	return out
}
