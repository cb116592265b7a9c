package rulebooks

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"mingjing"
)

// A Case is an example of the law in a rulebook's file: records and listings, and the value
// and band that the law gives. What is left out is as it is in most records: the first
// agency that holds the item, a complete document of the first kind that the item asks
// for, and in force.
type Case struct {
	Name     mingjing.Text `json:"name"`
	AsOf     mingjing.Date `json:"as_of"`
	Records  []CaseRecord  `json:"records"`
	Listings []CaseListing `json:"listings"`
	Value    int           `json:"value"`
	Band     string        `json:"band"`
}

// A CaseRecord is a record of a [Case].
type CaseRecord struct {
	Code     string               `json:"code"`
	Occurred mingjing.Date        `json:"occurred"`
	Agency   string               `json:"agency"`
	Document string               `json:"document"`
	State    mingjing.RecordState `json:"state"`
}

// A CaseListing is a listing of a [Case]. Its notice was served on the day before it has
// effect, and it ends when the item does.
type CaseListing struct {
	Code     string                `json:"code"`
	From     mingjing.Date         `json:"from"`
	Ends     mingjing.Date         `json:"ends"`
	NoticeOn mingjing.Date         `json:"notice_on"`
	Agency   string                `json:"agency"`
	Document string                `json:"document"`
	State    mingjing.ListingState `json:"state"`
}

// Cases returns the examples in the bytes of a rulebook.
func Cases(data []byte) ([]Case, error) {
	var file struct {
		Cases []Case `json:"cases"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("reading the cases of a rulebook: %w", err)
	}
	return file.Cases, nil
}

// CheckCases makes the score of each example of a rulebook, and returns a problem for each
// that comes out otherwise than the law says: the place, a colon, and what was made.
func CheckCases(book *mingjing.Rulebook, cases []Case) (problems []string) {
	for i, k := range cases {
		at := "/cases/" + strconv.Itoa(i)
		in, wrong := k.input(book, at)
		if problems = append(problems, wrong...); len(wrong) > 0 {
			continue
		}
		s := mingjing.MakeScore(book, in)
		if s.Value != k.Value {
			problems = append(problems, fmt.Sprintf("%s/value: %q has %d, and the rules make %d%s", at, k.Name.In("en"), k.Value, s.Value, why(s)))
		}
		if s.Band != k.Band {
			problems = append(problems, fmt.Sprintf("%s/band: %q has %s, and the rules make %s%s", at, k.Name.In("en"), k.Band, s.Band, why(s)))
		}
	}
	return problems
}

// why returns the explanation of a score in one line.
func why(s mingjing.Score) string {
	var parts []string
	for _, x := range s.Explanation {
		part := cmp.Or(x.Rule, x.Kind) + " " + strconv.Itoa(x.Points)
		if x.Cap != "" {
			part = x.Rule + " limits to " + x.Cap
		}
		parts = append(parts, part)
	}
	for _, n := range s.NotCounted {
		parts = append(parts, n.Rule+" not counted: "+n.Why)
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// input returns what the example is made of.
func (k Case) input(book *mingjing.Rulebook, at string) (in mingjing.Input, problems []string) {
	in.AsOf = k.AsOf
	find := func(place, code string) (mingjing.Item, bool) {
		item, ok := book.Item(code)
		if !ok {
			problems = append(problems, place+"/code: there is no item "+strconv.Quote(code)+" in the catalogue")
		}
		return item, ok
	}
	for i, r := range k.Records {
		item, ok := find(at+"/records/"+strconv.Itoa(i), r.Code)
		if !ok {
			continue
		}
		in.Records = append(in.Records, mingjing.Record{ID: "r" + strconv.Itoa(i), Code: r.Code, Occurred: r.Occurred,
			Agency: cmp.Or(r.Agency, holder(book, r.Code)), Document: caseDocument(item, r.Document, r.Occurred),
			State: cmp.Or(r.State, mingjing.RecordActive)})
	}
	for i, l := range k.Listings {
		item, ok := find(at+"/listings/"+strconv.Itoa(i), l.Code)
		if !ok {
			continue
		}
		in.Listings = append(in.Listings, mingjing.Listing{ID: "l" + strconv.Itoa(i), Kind: item.Listing, Code: l.Code,
			Agency: cmp.Or(l.Agency, holder(book, l.Code)), Document: caseDocument(item, l.Document, l.From), From: l.From,
			Ends: cmp.Or(l.Ends, mingjing.Ends(item, l.From)), NoticeOn: cmp.Or(l.NoticeOn, l.From.AddDays(-1)),
			State: cmp.Or(l.State, mingjing.ListingInEffect)})
	}
	return in, problems
}

// holder returns the first agency that may supply an item.
func holder(book *mingjing.Rulebook, code string) string {
	for _, a := range book.Agencies {
		for _, held := range a.Holds {
			if held == code {
				return a.Code
			}
		}
	}
	return ""
}

// caseDocument returns a complete document of a kind, the item's first where it is "".
func caseDocument(item mingjing.Item, kind string, on mingjing.Date) mingjing.Document {
	return mingjing.Document{Kind: cmp.Or(kind, item.Documents[0]), Issuer: "example", Number: "example", Date: on,
		Hash: strings.Repeat("0", 64)}
}
