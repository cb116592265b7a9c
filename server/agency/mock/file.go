package mock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/score"
)

// A Person is somebody on whom an agency holds something.
type Person struct {
	IDNumber mingjing.IDNumber    `json:"id_number"`
	Name     string               `json:"name"`
	Records  []score.ReplyRecord  `json:"records,omitempty"`
	Listings []score.ReplyListing `json:"listings,omitempty"`
	// Answers are what the agency says about them when it is asked, by reference. The
	// others are maintained.
	Answers map[string]mingjing.AgencyAnswer `json:"answers,omitempty"`
}

// A File is everything that an agency holds.
type File struct {
	People []Person `json:"people"`
}

// ReadFile reads a file of records.
func ReadFile(data []byte) (File, error) {
	var f File
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return f, fmt.Errorf("file of records: %w", err)
	}
	if len(f.People) == 0 {
		return f, errors.New("file of records: it has no people")
	}
	for i, p := range f.People {
		if _, err := mingjing.ParseIDNumber(string(p.IDNumber), time.Now()); err != nil {
			return f, fmt.Errorf("file of records: people[%d].id_number: %w", i, err)
		}
	}
	return f, nil
}

// Person returns the person with an ID number.
func (f File) Person(n mingjing.IDNumber) (Person, bool) {
	i := slices.IndexFunc(f.People, func(p Person) bool { return p.IDNumber == n })
	if i < 0 {
		return Person{}, false
	}
	return f.People[i], true
}

// Reply returns what is held on a person under the codes.
func (p Person) Reply(codes []string) score.Reply {
	r := score.Reply{Records: []score.ReplyRecord{}, Listings: []score.ReplyListing{}}
	for _, v := range p.Records {
		if slices.Contains(codes, v.Code) {
			r.Records = append(r.Records, v)
		}
	}
	for _, v := range p.Listings {
		if slices.Contains(codes, v.Code) {
			r.Listings = append(r.Listings, v)
		}
	}
	return r
}

// SamplePerson is whom [Sample] is about. Nobody has an ID number of that area.
var SamplePerson = Person{IDNumber: mingjing.MakeIDNumber("99999919900101601"), Name: "林晓"}

// Sample returns a file with a record or listing of each item that an agency holds by a
// rulebook, all of the sample person, from days before today.
func Sample(book *mingjing.Rulebook, agencyCode string, today mingjing.Date) (File, error) {
	of, ok := book.Agency(agencyCode)
	if !ok {
		return File{}, fmt.Errorf("the rulebook %s has no agency %q", book.ID, agencyCode)
	}
	p := SamplePerson
	for i, code := range of.Holds {
		item, ok := book.Item(code)
		if !ok || len(item.Documents) == 0 {
			continue
		}
		ref := fmt.Sprintf("%s-%d", strings.ToUpper(agencyCode), i+1)
		on := today.AddDays(-30 - i)
		doc := mingjing.Document{Kind: item.Documents[0], Issuer: of.Name.In(mingjing.Languages[0]),
			Number: fmt.Sprintf("（%s）样字第 %d 号", on[:4], i+1), Date: on.AddDays(1),
			Hash: strings.Repeat(fmt.Sprintf("%02x", i+1), 32)}
		if item.Listing == "" {
			p.Records = append(p.Records, score.ReplyRecord{Ref: ref, Record: mingjing.Record{Code: code, Subject: p.Name,
				Detail: item.Name, Occurred: on, Document: doc}})
			continue
		}
		p.Listings = append(p.Listings, score.ReplyListing{Ref: ref, Listing: mingjing.Listing{Kind: item.Listing, Code: code, Subject: p.Name,
			Ground: item.Name, LegalBasis: item.LegalBasis, Measures: book.MeasuresOf(item), Document: doc, NoticeOn: on, From: on.AddDays(10),
			Ends: on.AddMonths(12), Exit: item.Exit}})
	}
	if len(p.Records)+len(p.Listings) == 0 {
		return File{}, fmt.Errorf("the agency %q holds nothing by the rulebook %s", agencyCode, book.ID)
	}
	return File{People: []Person{p}}, nil
}
