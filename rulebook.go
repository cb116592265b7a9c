package mingjing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// RulebookSchema is the "$schema" of each rulebook: the JSON Schema that is published
// beside it.
const RulebookSchema = "rulebook.schema.json"

// RulebookFormat is the format of the rulebooks that are published today: they have codes
// of the [Register] and no words for them. The first format, which had words of its own and
// no number, is read for as long as there are scores by it, and no longer published.
const RulebookFormat = 2

// A Subject is whom a rulebook scores, and whom a fact is about.
type Subject string

// The subjects. Nothing about one of them ever counts for another.
const (
	OfResidents     Subject = ""
	OfOrganisations Subject = "organisation"
	// OfAgencies are public bodies, the bureau among them, by the published figures.
	OfAgencies Subject = "agency"
)

// Subjects are all subjects, residents first.
var Subjects = []Subject{OfResidents, OfOrganisations, OfAgencies}

// A RulebookRef names one version of a rulebook: its code, version and the SHA-256 of
// its published bytes, 64 hex digits.
type RulebookRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Hash    string `json:"hash"`
}

// A Rulebook is one version of a city's published catalogue, rules and bands. Its file
// is the one that scores, and never changes once it was published.
type Rulebook struct {
	Schema string `json:"$schema"`
	// Format says how the file is read: 0 is the first one. See [RulebookFormat].
	Format  int    `json:"format,omitempty"`
	ID      string `json:"id"`
	Version string `json:"version"`
	// From is the first day on which the version holds, in Zone: until the day before
	// that of the next version.
	From Date `json:"from"`
	// Draft says that the version is only proposed: nothing is scored by it, and it may
	// still change. Why says for what reason it is proposed.
	Draft bool `json:"draft,omitempty"`
	Why   Text `json:"why,omitempty"`
	// CommentsUntil is the last day on which a draft can be commented on; see
	// [Rulebook.CommentsEnd].
	CommentsUntil Date `json:"comments_until,omitempty"`
	Name          Text `json:"name"`
	City          Text `json:"city"`
	About         Text `json:"about"`
	// Sample says that figures in it were invented; SampleNote says which.
	Sample     bool `json:"sample"`
	SampleNote Text `json:"sample_note,omitempty"`
	// Source is the code of the publication that the figures come from which are not
	// samples, and Basis its name.
	Source string `json:"source,omitempty"`
	Basis  Text   `json:"basis,omitempty"`
	// Of is whom it scores. Nothing that is about others ever counts.
	Of Subject `json:"of,omitempty"`
	// Zone is the IANA time zone of the city's days.
	Zone string `json:"zone"`
	// Base is the value that every resident starts from; Min and Max bound it.
	Base int `json:"base"`
	Min  int `json:"min"`
	Max  int `json:"max"`
	// LeastAnswered is how many of a hundred agencies must have answered for a score to be
	// made; 0 is [DefaultLeastAnswered].
	LeastAnswered int       `json:"least_answered,omitempty"`
	Agencies      []Agency  `json:"agencies"`
	Documents     []DocKind `json:"documents,omitempty"`
	Catalogue     []Item    `json:"catalogue"`
	// Criteria count and compare what is in the catalogue, and Factors weigh points.
	Criteria  []Criterion `json:"criteria,omitempty"`
	Factors   []Factor    `json:"factors,omitempty"`
	NeverUsed []NeverUse  `json:"never_used,omitempty"`
	// Refuses are codes of what the system did that the rulebook is made after, and that it
	// does not do; Refused are their names, with the register's reasons.
	Refuses []string   `json:"refuses,omitempty"`
	Refused []NeverUse `json:"refused,omitempty"`
	// Measures are all that a listing may do, each with the text that allows it.
	Measures []PublishedMeasure `json:"measures,omitempty"`
	// Procedure is the due process of listings and disputes.
	Procedure Procedure `json:"procedure"`
	// Bands are the bands of the score, from the best to the worst.
	Bands []Band `json:"bands"`

	ref RulebookRef
}

// DecodeRulebook decodes a rulebook and computes the SHA-256 of exactly these bytes.
// It does not check the rules of rulebooks: whoever publishes one has done so, and
// whoever reads one compares its hash with the one that a score names.
func DecodeRulebook(data []byte) (*Rulebook, error) {
	book := new(Rulebook)
	if err := json.Unmarshal(data, book); err != nil {
		return nil, fmt.Errorf("decoding a rulebook: %w", err)
	}
	sum := sha256.Sum256(data)
	book.ref = RulebookRef{ID: book.ID, Version: book.Version, Hash: hex.EncodeToString(sum[:])}
	return book, nil
}

// Ref returns the reference of the rulebook; its hash is that of the bytes that
// [DecodeRulebook] read.
func (b *Rulebook) Ref() RulebookRef { return b.ref }

// DefaultLeastAnswered is [Rulebook] LeastAnswered of a rulebook that does not say it:
// half.
const DefaultLeastAnswered = 50

// EnoughAnswered reports whether so many agencies of a number have answered that a score
// is made. If none has, it is never enough.
func (b *Rulebook) EnoughAnswered(answered, agencies int) bool {
	return answered > 0 && answered*100 >= agencies*b.LeastPercent()
}

// LeastPercent returns how many of a hundred agencies must have answered for a score to be
// made.
func (b *Rulebook) LeastPercent() int {
	if b.LeastAnswered == 0 {
		return DefaultLeastAnswered
	}
	return b.LeastAnswered
}

// VersionOf returns the reference of a version with its first day, as pages name it.
func (b *Rulebook) VersionOf() RulebookVersion {
	return RulebookVersion{ID: b.ID, Version: b.Version, Hash: b.ref.Hash, From: b.From}
}

// An Agency is a public body that supplies records.
type Agency struct {
	Code string `json:"code"`
	// Kind is what kind of public body it is, a code of the register.
	Kind string `json:"kind,omitempty"`
	Name Text   `json:"name"`
	// Holds are the catalogue codes that it may supply; what else it sends does
	// not count.
	Holds []string `json:"holds"`
}

// A DocKind is a kind of official document.
type DocKind struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
}

// An Item is one entry of the catalogue, and the rule by which it counts.
// At most one of Points and Cap is set; an item with neither that is in no criterion is
// held and shown but never counts.
type Item struct {
	Code string `json:"code"`
	Area Area   `json:"area,omitempty"`
	// Subject is what the item is about, from the register.
	Subject string `json:"subject,omitempty"`
	Name    Text   `json:"name,omitempty"`
	// Listing says that the item is a listing and not a record.
	Listing ListKind `json:"listing,omitempty"`
	// Tier is how grave the ground of a listing of this item is, a code of the
	// procedure's tiers; "" for records and redlists.
	Tier string `json:"tier,omitempty"`
	// Measures are the codes of the measures that a listing of this item may carry;
	// none for records.
	Measures []string `json:"measures,omitempty"`
	// Exit says how to get off the list before its term ends; none for records.
	Exit Text `json:"exit,omitempty"`
	// Points are added once for each record or listing.
	Points int `json:"points,omitempty"`
	// Factor is the code of the factor that the points are in; "" is the value itself.
	Factor string `json:"factor,omitempty"`
	// Cap is the best band that is possible while it counts.
	Cap string `json:"cap,omitempty"`
	// Documents are the kinds of document of which one is required.
	Documents []string `json:"documents"`
	// CountsMonths is how long it counts from the day it happened; at most [MostMonths], or
	// longer for a contract that runs.
	CountsMonths int  `json:"counts_months"`
	LegalBasis   Text `json:"legal_basis,omitempty"`
	// PointsLaw is the code of the published text that gives the points, where that is
	// another one than the law behind the item.
	PointsLaw string `json:"points_law,omitempty"`
	// Sample says that the figure was invented.
	Sample bool `json:"sample,omitempty"`
}

// A NeverUse is something that is never used, with the reason.
type NeverUse struct {
	Code   string `json:"code"`
	Name   Text   `json:"name"`
	Reason Text   `json:"reason"`
}

// A Band is a range of values with a name, and what it brings.
type Band struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
	// From is the lowest value of the band.
	From int `json:"from"`
	// Shape and Tone show the band besides its name: shape is one of star, circle,
	// square, diamond, triangle; tone is one of good, fair, poor.
	Shape  string `json:"shape"`
	Tone   string `json:"tone"`
	Brings []Text `json:"brings,omitempty"`
	// Benefits are the codes of what it brings.
	Benefits []string `json:"benefits,omitempty"`
	Sample   bool     `json:"sample,omitempty"`
}

// Counting returns the catalogue codes that can count: by points, by a cap or in a criterion.
func (b *Rulebook) Counting() []string {
	codes := []string{}
	for i := range b.Catalogue {
		item := &b.Catalogue[i]
		tabled := slices.ContainsFunc(b.Criteria, func(k Criterion) bool { return slices.Contains(k.Items, item.Code) })
		if item.Points != 0 || item.Cap != "" || tabled {
			codes = append(codes, item.Code)
		}
	}
	return codes
}

// Agency returns the agency with the code.
func (b *Rulebook) Agency(code string) (Agency, bool) { return found(b.agency(code)) }

// InArea returns the items of an area of life, in the order of the catalogue.
func (b *Rulebook) InArea(area Area) []Item {
	var items []Item
	for _, i := range b.Catalogue {
		if i.Area == area {
			items = append(items, i)
		}
	}
	return items
}

// Item returns the catalogue item with the code.
func (b *Rulebook) Item(code string) (Item, bool) { return found(b.item(code)) }

// Band returns the band with the code.
func (b *Rulebook) Band(code string) (Band, bool) {
	for i := range b.Bands {
		if b.Bands[i].Code == code {
			return b.Bands[i], true
		}
	}
	return Band{}, false
}

// Measure returns the published measure with the code.
func (b *Rulebook) Measure(code string) (PublishedMeasure, bool) {
	for _, m := range b.Measures {
		if m.Code == code {
			return m, true
		}
	}
	return PublishedMeasure{}, false
}

// MeasuresOf returns the measures that a listing of the item may carry, as published.
func (b *Rulebook) MeasuresOf(item Item) []Measure {
	all := make([]Measure, 0, len(item.Measures))
	for _, code := range item.Measures {
		if m, ok := b.Measure(code); ok {
			all = append(all, m.Measure)
		}
	}
	return all
}

func (b *Rulebook) agency(code string) *Agency {
	for i := range b.Agencies {
		if b.Agencies[i].Code == code {
			return &b.Agencies[i]
		}
	}
	return nil
}

func (b *Rulebook) item(code string) *Item {
	for i := range b.Catalogue {
		if b.Catalogue[i].Code == code {
			return &b.Catalogue[i]
		}
	}
	return nil
}

func found[T any](p *T) (T, bool) {
	if p == nil {
		var none T
		return none, false
	}
	return *p, true
}

// The kinds of [LawChange].
const (
	LawAdded   = "added"
	LawRemoved = "removed"
	LawChanged = "changed"
)

// A LawChange is one thing that a version of a rulebook changes.
type LawChange struct {
	// Kind is added, removed or changed.
	Kind string `json:"kind"`
	// Group is the list that the entry is in, such as catalogue; procedure; or "" for the
	// rulebook itself (i18n "law_group.<group>").
	Group string `json:"group,omitempty"`
	// Code and Name are those of the entry.
	Code string `json:"code,omitempty"`
	Name Text   `json:"name,omitempty"`
	// Property is the field that changed (i18n "law_property.<property>").
	Property string `json:"property,omitempty"`
	// Before and After are its values; none where there is no value.
	Before Text `json:"before,omitempty"`
	After  Text `json:"after,omitempty"`
}
