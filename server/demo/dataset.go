package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/agency/mock"
	"mingjing/server/casework/score"
)

// holders are the agencies that hold a code where several may; a code that is not
// here goes to one that holds it in every rulebook.
var holders = map[string]string{
	"award.city":               "civilisation",
	"award.department":         "civil_affairs",
	"award.heroic_act":         "civil_affairs",
	"bank.loan_arrears":        "central_bank",
	"bank.loan_repaid":         "central_bank",
	"community.service":        "civil_affairs",
	"contract.lending_breach":  "arbitration",
	"contract.lease_breach":    "housing",
	"licence.qualified":        "human_resources",
	"metro.fare_evasion":       "metro",
	"rental.not_returned":      "library",
	"rental.returned":          "library",
	"utility.late_fees":        "water",
	"utility.theft":            "power",
	"volunteer.honour_redlist": "volunteers",
	"volunteer.hours":          "volunteers",
}

// silentCode is held by the agency that never answers a question.
const silentCode = "metro.fare_evasion"

// A dataset is everything that the city's agencies hold.
type dataset struct {
	files map[string]*file // by agency
	// unheld are codes of the stories that no agency may supply.
	unheld map[string]bool
}

// A file is everything that one agency holds. It is read only.
type file struct {
	silent bool
	people map[mingjing.IDNumber]*mock.Person
	plans  map[mingjing.IDNumber]map[string]plan // by ref
}

// suppliers returns the agencies that hold anything on anybody.
func (d dataset) suppliers() map[string]bool {
	out := map[string]bool{}
	for code := range d.files {
		out[code] = true
	}
	return out
}

// reply returns what the file has on a person under the codes.
func (f *file) reply(n mingjing.IDNumber, codes []string) score.Reply {
	if p := f.people[n]; p != nil {
		return p.Reply(codes)
	}
	return mock.Person{}.Reply(codes)
}

// plan returns what the agency will say when it is asked about something that it sent.
func (f *file) plan(n mingjing.IDNumber, ref string) plan {
	if f.silent {
		return plan{when: never}
	}
	if p, ok := f.plans[n][ref]; ok {
		return p
	}
	return holdsNothing
}

// newDataset returns what the agencies of the books hold according to the stories, as
// of now. Days are counted from the first of the month, so that a city which is
// started again in the same month holds the same.
func newDataset(books []*mingjing.Rulebook, now time.Time) dataset {
	d := dataset{files: map[string]*file{}, unheld: map[string]bool{}}
	books = slices.Clone(books)
	slices.SortStableFunc(books, func(a, b *mingjing.Rulebook) int { return elsewhere(books[0], a) - elsewhere(books[0], b) })
	// China has one zone without summer time.
	now = now.In(time.FixedZone("CST", 8*60*60))
	month := mingjing.DateOf(now.AddDate(0, 0, 1-now.Day()))
	for _, p := range people() {
		for i, fc := range p.facts {
			at, ok := placeOf(books, fc.code)
			if !ok {
				d.unheld[fc.code] = true
				continue
			}
			d.add(p, i, fc, at, month)
		}
	}
	if at, ok := placeOf(books, silentCode); ok {
		d.files[at.agency].silent = true
	}
	return d
}

// elsewhere returns 1 for a rulebook of another city than the first one, and 0 for one of the
// same, to sort by: the agencies have the names that they have here.
func elsewhere(first, b *mingjing.Rulebook) int {
	if maps.Equal(first.City, b.City) {
		return 0
	}
	return 1
}

// add puts a fact about a person into the file of the agency that holds it.
func (d dataset) add(p person, i int, fc fact, at place, month mingjing.Date) {
	f := d.files[at.agency]
	if f == nil {
		f = &file{people: map[mingjing.IDNumber]*mock.Person{}, plans: map[mingjing.IDNumber]map[string]plan{}}
		d.files[at.agency] = f
	}
	// The agency's own reference: stable, and says nothing about the person.
	seed := sha256.Sum256(fmt.Appendf(nil, "mingjing demo|%s|%s|%d", string(p.id), fc.code, i))
	ref := strings.ToUpper(hex.EncodeToString(seed[:6]))
	on := fc.on.before(month)
	paper := on
	if fc.document != (moment{}) {
		paper = fc.document.before(month)
	}
	doc := mingjing.Document{Kind: at.document, Issuer: at.issuer, Date: paper,
		Number: fmt.Sprintf("（%s）示字第 %05d 号", paper[:4], int(seed[6])<<8|int(seed[7])), Hash: hex.EncodeToString(seed[:])}
	if fc.papers == missing {
		doc = mingjing.Document{}
	}
	if f.people[p.id] == nil {
		f.people[p.id] = &mock.Person{IDNumber: p.id, Name: p.name}
		f.plans[p.id] = map[string]plan{}
	}
	held := f.people[p.id]
	f.plans[p.id][ref] = fc.answer.on(month)

	if fc.term == 0 {
		held.Records = append(held.Records, score.ReplyRecord{Ref: ref, Record: mingjing.Record{
			Code: fc.code, Subject: p.name, Detail: both(fc.zh, fc.en), Occurred: on, Document: doc}})
		return
	}
	measures := at.book.MeasuresOf(at.item)
	if fc.unpublished {
		measures = append(measures, unpublished)
	}
	held.Listings = append(held.Listings, score.ReplyListing{Ref: ref, Listing: mingjing.Listing{
		Kind: at.item.Listing, Code: fc.code, Subject: p.name, Ground: both(fc.zh, fc.en),
		LegalBasis: maps.Clone(at.item.LegalBasis), Measures: measures,
		Document: doc, NoticeOn: fc.notice.before(month), From: on, Ends: on.AddMonths(fc.term), Exit: maps.Clone(at.item.Exit)}})
}

// before returns the day as counted from the month; "" for no day.
func (m moment) before(month mingjing.Date) mingjing.Date {
	if m == (moment{}) {
		return ""
	}
	// Short months: the 30th of February is the 28th.
	first := month.AddMonths(-m.months)
	return min(first.AddDays(m.day-1), first.AddMonths(1).AddDays(-1))
}

// on returns the plan with the default answer where it has none, and with the day of
// a correction.
func (p plan) on(month mingjing.Date) plan {
	if p.position == "" {
		w := p.when
		p = byDefault
		p.when = w
	}
	p.occurred = p.really.before(month)
	return p
}

// A place is where a fact of a code is held, with which document, and what the
// first rulebook that has it publishes about it.
type place struct {
	agency, issuer, document string
	book                     *mingjing.Rulebook
	item                     mingjing.Item
}

// placeOf returns the only agency that holds the code: two would count it twice.
func placeOf(books []*mingjing.Rulebook, code string) (place, bool) {
	var in []*mingjing.Rulebook // that have the code at all
	var kinds []string
	for _, b := range books {
		item, ok := b.Item(code)
		if !ok {
			continue
		}
		if in = append(in, b); len(in) == 1 {
			kinds = item.Documents
			continue
		}
		if common := slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return !slices.Contains(item.Documents, k) }); len(common) > 0 {
			kinds = common
		}
	}
	if len(in) == 0 || len(kinds) == 0 {
		return place{}, false
	}
	holds := func(b *mingjing.Rulebook, agency string) bool {
		a, ok := b.Agency(agency)
		return ok && slices.Contains(a.Holds, code)
	}
	first, best := mingjing.Agency{}, -1
	for _, a := range in[0].Agencies {
		if !slices.Contains(a.Holds, code) {
			continue
		}
		score := 0
		for _, b := range in {
			if holds(b, a.Code) {
				score++
			}
		}
		if a.Code == holders[code] {
			score += len(in) + 1
		}
		if score > best {
			first, best = a, score
		}
	}
	if best < 0 {
		return place{}, false
	}
	item, _ := in[0].Item(code)
	return place{agency: first.Code, issuer: first.Name.In(mingjing.Languages[0]), document: kinds[0], book: in[0], item: item}, true
}
