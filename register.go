package mingjing

import (
	"crypto/sha256"
	_ "embed" // the register is a file
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// RegisterName is the file of the register below /web/rulebooks/. Its bytes are also at
// the address that has its hash.
const RegisterName = "register.json"

//go:embed register.json
var registerFile []byte

// A Register is the closed list of everything that a rulebook may name: items, documents,
// agencies, measures, benefits and laws, each with a code and its name in every language.
// A rulebook picks codes from it. A code is never removed and never gets another meaning;
// [testdata/register.codes] holds those that there are.
type Register struct {
	Version   string         `json:"version"`
	Areas     []RegisterCode `json:"areas"`
	Subjects  []RegisterCode `json:"subjects"`
	Tiers     []RegisterCode `json:"tiers"`
	Documents []RegisterCode `json:"documents"`
	// Agencies are the kinds of public body that may supply records.
	Agencies []RegisterCode `json:"agencies"`
	Items    []RegisterItem `json:"items"`
	// Criteria are all ways to count or compare items, and Factors all parts of a score.
	Criteria []RegisterCriterion `json:"criteria"`
	Factors  []RegisterCode      `json:"factors"`
	// MeasureKinds are all that a measure may do, and RefusedMeasures what none may.
	MeasureKinds    []RegisterCode    `json:"measure_kinds"`
	Measures        []RegisterMeasure `json:"measures"`
	RefusedMeasures []NeverUse        `json:"refused_measures"`
	// Benefits are all that a band may bring.
	Benefits []RegisterCode `json:"benefits"`
	// NeverUsed is what no item may be about, with the reason.
	NeverUsed []NeverUse `json:"never_used"`
	// RefusedPractices are what systems of this kind did elsewhere and no rulebook can.
	RefusedPractices []RegisterPractice `json:"refused_practices"`
	Laws             []RegisterCode     `json:"laws"`

	hash string
}

// A RegisterCode is a code with its name in every language.
type RegisterCode struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
}

// A RegisterItem is a fact that a rulebook may count.
type RegisterItem struct {
	Code string `json:"code"`
	// Of is whom it is a fact about. No rulebook counts what is about others.
	Of      Subject    `json:"of,omitempty"`
	Area    Area       `json:"area"`
	Subject string     `json:"subject"`
	Name    Text       `json:"name"`
	Effect  ItemEffect `json:"effect"`
	// Listing says that it is presence on a list; Tier is the gravest tier of its ground,
	// and Exit how to get off the list.
	Listing ListKind `json:"listing,omitempty"`
	Tier    string   `json:"tier,omitempty"`
	Exit    Text     `json:"exit,omitempty"`
	// Documents are the kinds of document that prove it.
	Documents []string `json:"documents"`
	// From are the kinds of public body that may supply it.
	From []string `json:"from"`
	// Law is the code of the law behind it.
	Law string `json:"law"`
	// Standing says that it is no event but a contract that runs, such as an account: it may
	// count for longer than [MostMonths], since the five years of the law begin when it ends.
	Standing bool `json:"standing,omitempty"`
}

// MostMonths is the longest time for which an item counts that is not standing: five years
// (Shanghai Social Credit Regulations 2017).
const MostMonths = 60

// A RegisterPractice is something that a system of this kind did elsewhere and that no
// rulebook can do.
type RegisterPractice struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
	// Because is the code of what is never used, or of what no measure may do, that it
	// would need. The reason is that of the register there.
	Because string `json:"because"`
}

// An ItemEffect is in which direction an item may count.
type ItemEffect string

// The effects of an item: it only takes, only adds, is only shown, or counts by a table
// that a rulebook publishes, in either direction.
const (
	EffectTakes  ItemEffect = "takes"
	EffectAdds   ItemEffect = "adds"
	EffectShown  ItemEffect = "shown"
	EffectEither ItemEffect = "either"
)

// A RegisterCriterion is a way to count items, or to compare how old they are, that a
// rulebook may give points for.
type RegisterCriterion struct {
	Code string `json:"code"`
	// Kind is one of [CriterionKinds].
	Kind string `json:"kind"`
	// Effect is takes when more, or newer, is worse, and adds when more, or older, is better.
	Effect ItemEffect `json:"effect"`
	// Items are the items that it may look at.
	Items []string `json:"items"`
	Name  Text     `json:"name"`
}

// A RegisterMeasure is a measure that a rulebook may allow for items of its own area.
type RegisterMeasure struct {
	Code string `json:"code"`
	// Kind is a code of the measure kinds.
	Kind string `json:"kind"`
	Area Area   `json:"area"`
	// Tier is the mildest tier whose listings may carry it.
	Tier string `json:"tier"`
	Name Text   `json:"name"`
	// Law is the code of the law that allows it.
	Law string `json:"law"`
}

// What is decoded once. It is no package variable with an initial value: the browser's
// programs do not name the register, and then the linker leaves it out of them.
var (
	registerOnce sync.Once
	theRegister  *Register
)

// PublishedRegister returns the register that is part of the program.
func PublishedRegister() *Register {
	registerOnce.Do(func() {
		r := new(Register)
		if err := json.Unmarshal(registerFile, r); err != nil {
			panic(fmt.Sprintf("the register: %v", err)) // a test reads it
		}
		sum := sha256.Sum256(registerFile)
		r.hash = hex.EncodeToString(sum[:])
		theRegister = r
	})
	return theRegister
}

// RegisterFile returns the bytes of the register, as they are published.
func RegisterFile() []byte { return slices.Clone(registerFile) }

// Hash returns the SHA-256 of the register's published bytes, 64 hex digits.
func (r *Register) Hash() string { return r.hash }

// Item returns the item with the code.
func (r *Register) Item(code string) (RegisterItem, bool) {
	return entry(r.Items, code, func(i *RegisterItem) string { return i.Code })
}

// Measure returns the measure with the code.
func (r *Register) Measure(code string) (RegisterMeasure, bool) {
	return entry(r.Measures, code, func(m *RegisterMeasure) string { return m.Code })
}

// Criterion returns the criterion with the code.
func (r *Register) Criterion(code string) (RegisterCriterion, bool) {
	return entry(r.Criteria, code, func(c *RegisterCriterion) string { return c.Code })
}

// Law returns the name of the law with the code.
func (r *Register) Law(code string) (Text, bool) { return NameIn(r.Laws, code) }

// Reason returns the entry of what is never used, or of what no measure may do.
func (r *Register) Reason(code string) (NeverUse, bool) {
	of := func(n *NeverUse) string { return n.Code }
	if n, ok := entry(r.NeverUsed, code, of); ok {
		return n, true
	}
	return entry(r.RefusedMeasures, code, of)
}

// Practices returns the named practices, each with the reason why it is refused; all of
// them where none is named.
func (r *Register) Practices(codes ...string) []NeverUse {
	var out []NeverUse
	for _, p := range r.RefusedPractices {
		if len(codes) == 0 || slices.Contains(codes, p.Code) {
			because, _ := r.Reason(p.Because)
			out = append(out, NeverUse{Code: p.Code, Name: p.Name, Reason: because.Reason})
		}
	}
	return out
}

// NameIn returns the name of a code in one of the register's lists.
func NameIn(list []RegisterCode, code string) (Text, bool) {
	x, ok := entry(list, code, func(c *RegisterCode) string { return c.Code })
	return x.Name, ok
}

func entry[T any](list []T, code string, of func(*T) string) (T, bool) {
	i := slices.IndexFunc(list, func(x T) bool { return of(&x) == code })
	if i < 0 {
		var none T
		return none, false
	}
	return list[i], true
}

// Complete fills in the words of a rulebook of the present [RulebookFormat], which has
// codes alone: names, areas, laws, exits, and what is never used. A rulebook of the first
// format has its own words and stays as it is. No score depends on what is filled in.
func (r *Register) Complete(b *Rulebook) {
	if b.Format != RulebookFormat {
		return
	}
	b.NeverUsed = r.NeverUsed
	b.Basis, _ = r.Law(b.Source)
	if b.Refused = nil; len(b.Refuses) > 0 {
		b.Refused = r.Practices(b.Refuses...)
	}
	b.Documents, b.Measures = nil, nil
	documents, measures := map[string]bool{}, map[string]bool{}
	for i := range b.Catalogue {
		item := &b.Catalogue[i]
		if of, ok := r.Item(item.Code); ok {
			item.Area, item.Subject, item.Name, item.Exit = of.Area, of.Subject, of.Name, of.Exit
			item.LegalBasis = r.basis(of.Law, item.PointsLaw)
		}
		for _, code := range item.Documents {
			documents[code] = true
		}
		for _, code := range item.Measures {
			measures[code] = true
		}
	}
	for _, d := range r.Documents {
		if documents[d.Code] {
			b.Documents = append(b.Documents, DocKind(d))
		}
	}
	for _, m := range r.Measures {
		if measures[m.Code] {
			b.Measures = append(b.Measures, PublishedMeasure{Measure: Measure{Code: m.Code, Name: m.Name, LegalBasis: r.basis(m.Law, "")},
				Tier: m.Tier})
		}
	}
	for i := range b.Criteria {
		of, _ := r.Criterion(b.Criteria[i].Code)
		b.Criteria[i].Name = of.Name
	}
	for i := range b.Factors {
		b.Factors[i].Name, _ = NameIn(r.Factors, b.Factors[i].Code)
	}
	for i := range b.Bands {
		band := &b.Bands[i]
		band.Brings = nil
		for _, code := range band.Benefits {
			if name, ok := NameIn(r.Benefits, code); ok {
				band.Brings = append(band.Brings, name)
			}
		}
	}
	b.Procedure.LegalBasis = r.basis(b.Procedure.Law, "")
	for i := range b.Procedure.Tiers {
		t := &b.Procedure.Tiers[i]
		t.Name, _ = NameIn(r.Tiers, t.Code)
	}
}

// basis returns the names of laws, one after the other.
func (r *Register) basis(law, points string) Text {
	name, _ := r.Law(law)
	more, ok := r.Law(points)
	if !ok {
		return name
	}
	return Text{"zh-CN": name["zh-CN"] + "；" + more["zh-CN"], "en": name["en"] + "; " + more["en"]}
}
