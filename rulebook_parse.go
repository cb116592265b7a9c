package mingjing

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxRulebookBytes bounds a rulebook file: 4 MiB.
const MaxRulebookBytes = 4 << 20

// RulebookSchema is what each rulebook's "$schema" says: the JSON Schema
// published beside it.
const RulebookSchema = "rulebook.schema.json"

// Bounds within which a rulebook may set its own figures.
const (
	MaxAgencies       = 500
	MaxDocumentKinds  = 200
	MaxCatalogue      = 1000
	MaxNeverUsed      = 100
	MaxBands          = 20
	MaxBrings         = 20
	MaxMeasures       = 200
	MaxTextChars      = 2000      // characters of a text in one language
	MaxPoints         = 1000      // points of one item, either way
	MaxValue          = 1_000_000 // distance of a value from zero
	MaxCountsMonths   = 60        // Shanghai Social Credit Regulations 2017: five years
	MaxDays           = 366       // of any step of the procedure
	MaxShownMonths    = 36        // a listing may be shown (2020 No. 49: three years)
	MaxReopenMonths   = 60        // the ways on from a decision are open
	MaxStatementWords = 1000      // words of a statement on file
	maxProblems       = 100
	maxDepth          = 16
)

// Subjects are what a catalogue item may be about, a closed list.
var Subjects = []string{
	"taxes", "courts", "contracts", "loans", "traffic", "transport", "utilities", "public_service",
	"public_order", "licences", "examinations", "fraud", "food_safety", "product_safety", "market_conduct",
	"environment", "construction", "housing", "employment_law", "social_insurance", "customs", "notary",
	"intellectual_property", "volunteering", "awards", "heroism",
}

// Shapes and Tones are how a band may be shown besides its name.
var (
	Shapes = []string{"star", "circle", "square", "diamond", "triangle"}
	Tones  = []string{"good", "fair", "poor"}
)

// A RulebookError is why a rulebook does not load. Each problem is the JSON
// pointer of the place, a colon, and what to do.
type RulebookError struct{ Problems []string }

func (e *RulebookError) Error() string {
	return "rulebook: " + strings.Join(e.Problems, "; ")
}

// ParseRulebook reads a rulebook strictly: at most [MaxRulebookBytes] of UTF-8
// JSON, no unknown, repeated or null field, and nothing after it. It pins the
// rulebook to the SHA-256 of exactly these bytes and validates it. The error is
// a [*RulebookError].
func ParseRulebook(data []byte) (*Rulebook, error) {
	var c checker
	if c.syntax(data, reflect.TypeFor[Rulebook]()); len(c.problems) > 0 {
		return nil, c.err()
	}
	book := new(Rulebook)
	if err := json.Unmarshal(data, book); err != nil {
		c.add("", err.Error())
		return nil, c.err()
	}
	if err := book.Validate(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	book.ref = RulebookRef{ID: book.ID, Version: book.Version, Hash: hex.EncodeToString(sum[:])}
	return book, nil
}

// A checker gathers problems.
type checker struct{ problems []string }

func (c *checker) add(path, todo string) {
	if len(c.problems) >= maxProblems {
		return
	}
	c.problems = append(c.problems, shortened(cmp.Or(path, "/"))+": "+shortened(todo))
}

// shortened keeps what a file says about itself from filling the screen.
func shortened(s string) string {
	const most = 600
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	return &RulebookError{Problems: c.problems}
}

// syntax checks what encoding/json would let pass, and places what it would not.
func (c *checker) syntax(data []byte, t reflect.Type) {
	if len(data) > MaxRulebookBytes {
		c.add("", "the file is larger than "+strconv.Itoa(MaxRulebookBytes)+" bytes: shorten it")
		return
	}
	if !utf8.Valid(data) {
		c.add("", "the file is not UTF-8: save it as UTF-8")
		return
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := c.tokens(dec, "", t, 0); err != nil {
		line := 1 + bytes.Count(data[:min(int(dec.InputOffset()), len(data))], []byte("\n"))
		c.add("", "near line "+strconv.Itoa(line)+": not JSON: "+err.Error())
		return
	}
	if _, err := dec.Token(); err != io.EOF {
		c.add("", "there is something after the end: remove it")
	}
}

// tokens checks one value against the type that it will be read into; a nil type
// is a value that is wrong already and only skipped.
func (c *checker) tokens(dec *json.Decoder, path string, t reflect.Type, depth int) error {
	if depth > maxDepth {
		return errTooDeep
	}
	token, err := dec.Token()
	if err != nil {
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return c.array(dec, path, c.wants(path, t, reflect.Slice), depth)
		}
		return c.object(dec, path, c.wants(path, t, reflect.Struct, reflect.Map), depth)
	case string:
		c.wants(path, t, reflect.String)
	case json.Number:
		if t := c.wants(path, t, reflect.Int); t != nil {
			if _, err := strconv.ParseInt(token.String(), 10, 32); err != nil {
				c.add(path, "write a whole number")
			}
		}
	case bool:
		c.wants(path, t, reflect.Bool)
	case nil:
		c.add(path, "null is not used: leave the field out or fill it in")
	}
	return nil
}

func (c *checker) array(dec *json.Decoder, path string, t reflect.Type, depth int) error {
	if t != nil {
		t = t.Elem()
	}
	for i := 0; dec.More(); i++ {
		if err := c.tokens(dec, path+"/"+strconv.Itoa(i), t, depth+1); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func (c *checker) object(dec *json.Decoder, path string, t reflect.Type, depth int) error {
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		at := path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		if seen[key] {
			c.add(at, "the field is there twice: keep one")
		}
		seen[key] = true
		field := fieldType(t, key)
		if t != nil && field == nil {
			c.add(at, "there is no such field: remove it or correct its spelling")
		}
		if err := c.tokens(dec, at, field, depth+1); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// fieldType is the type of a struct's field by its exact JSON name, or of a map's
// values; nil when there is none.
func fieldType(t reflect.Type, key string) reflect.Type {
	if t == nil {
		return nil
	}
	if t.Kind() == reflect.Map {
		return t.Elem()
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			if of := fieldType(f.Type, key); of != nil {
				return of
			}
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == key && name != "" && f.IsExported() {
			return f.Type
		}
	}
	return nil
}

// wants is t when it is of one of the kinds, and nil with a problem when not.
func (c *checker) wants(path string, t reflect.Type, got ...reflect.Kind) reflect.Type {
	if t == nil || slices.Contains(got, t.Kind()) {
		return t
	}
	want := map[reflect.Kind]string{
		reflect.Slice: "a list", reflect.Struct: "an object", reflect.Map: "an object with a text for each language",
		reflect.String: "a text", reflect.Int: "a whole number", reflect.Bool: "true or false",
	}[t.Kind()]
	c.add(path, "write "+want+" here")
	return nil
}

type rulebookSyntaxError string

func (e rulebookSyntaxError) Error() string { return string(e) }

const errTooDeep = rulebookSyntaxError("nested too deep")

// Validate says whether the rulebook keeps the rules of rulebooks; the error is a
// [*RulebookError] with everything that it found, up to a hundred problems.
func (b *Rulebook) Validate() error {
	c := new(checker)
	c.head(b)
	docs := c.documents(b)
	c.procedure(&b.Procedure)
	c.measures(b)
	c.catalogue(b, docs)
	c.agencies(b)
	c.neverUsed(b)
	c.bands(b)
	if !b.Sample && b.hasSamples() {
		c.add("/sample", "figures below are marked as sample: write true, and say in sample_note which")
	}
	if b.Sample {
		c.text("/sample_note", b.SampleNote)
	} else if b.SampleNote != nil {
		c.add("/sample_note", "sample is not true: remove the note")
	}
	return c.err()
}

func (b *Rulebook) hasSamples() bool {
	return b.Procedure.Sample || slices.ContainsFunc(b.Catalogue, func(i Item) bool { return i.Sample }) ||
		slices.ContainsFunc(b.Bands, func(v Band) bool { return v.Sample })
}

func (c *checker) head(b *Rulebook) {
	if b.Schema != RulebookSchema {
		c.add("/$schema", `write "`+RulebookSchema+`"`)
	}
	if !validCode(b.ID, "-") {
		c.add("/id", "write 1 to 60 lower-case letters, digits and hyphens, beginning with a letter")
	}
	c.version(b.Version)
	c.text("/name", b.Name)
	c.text("/city", b.City)
	c.text("/about", b.About)
	c.zone(b.Zone)
	for _, v := range []struct {
		path  string
		value int
	}{{"/base", b.Base}, {"/min", b.Min}, {"/max", b.Max}} {
		if v.value < -MaxValue || v.value > MaxValue {
			c.add(v.path, "write a value between -1000000 and 1000000")
		}
	}
	if b.Min >= b.Max {
		c.add("/max", "it must be above min")
	}
	if b.Base < b.Min || b.Base > b.Max {
		c.add("/base", "it must lie between min and max")
	}
}

func (c *checker) version(version string) {
	if len(version) > 32 || !onlyBytes(version, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-") {
		c.add("/version", "write 1 to 32 letters, digits, dots and hyphens, such as 2026.1")
	}
}

func (c *checker) zone(name string) {
	area, place, ok := strings.Cut(name, "/")
	const zone = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_+-/"
	if !ok || len(name) > 60 || !onlyBytes(area, zone) || !onlyBytes(place, zone) || strings.Contains(name, "//") {
		c.add("/zone", "write an IANA time zone, such as Asia/Shanghai")
	}
}

func (c *checker) documents(b *Rulebook) map[string]bool {
	c.count("/documents", len(b.Documents), MaxDocumentKinds)
	codes := map[string]bool{}
	for i, d := range b.Documents {
		path := "/documents/" + strconv.Itoa(i)
		c.code(path, d.Code, codes)
		c.text(path+"/name", d.Name)
	}
	return codes
}

// procedure checks that nobody's time is without bound, and none is without time.
func (c *checker) procedure(p *Procedure) {
	const path = "/procedure"
	if !validCode(p.Calendar, "_") {
		c.add(path+"/calendar", "write the code of a published calendar, such as china")
	}
	for _, v := range []struct {
		field string
		days  int
	}{
		{"mark_days", p.MarkDays}, {"forward_days", p.ForwardDays}, {"agency_days", p.AgencyDays},
		{"second_notice_days", p.SecondNoticeDays}, {"bureau_days", p.BureauDays}, {"extension_days", p.ExtensionDays},
		{"check_days", p.CheckDays}, {"serve_days", p.ServeDays}, {"answer_days", p.AnswerDays}, {"repair_days", p.RepairDays},
		{"review_days", p.ReviewDays}, {"delete_days", p.DeleteDays}, {"very_late_days", p.VeryLateDays},
	} {
		if v.days < 1 || v.days > MaxDays {
			c.add(path+"/"+v.field, "write 1 to "+strconv.Itoa(MaxDays)+" working days")
		}
	}
	if p.ReopenMonths < 1 || p.ReopenMonths > MaxReopenMonths {
		c.add(path+"/reopen_months", "write 1 to "+strconv.Itoa(MaxReopenMonths)+" months")
	}
	if p.StatementWords < 1 || p.StatementWords > MaxStatementWords {
		c.add(path+"/statement_words", "write 1 to "+strconv.Itoa(MaxStatementWords)+" words")
	}
	c.tiers(path+"/tiers", p.Tiers)
	c.text(path+"/legal_basis", p.LegalBasis)
	if p.Sample {
		c.text(path+"/sample_note", p.SampleNote)
	} else if p.SampleNote != nil {
		c.add(path+"/sample_note", "sample is not true: remove the note")
	}
}

func (c *checker) tiers(path string, tiers []Tier) {
	if len(tiers) != len(Tiers) {
		c.add(path, "write the tiers "+strings.Join(Tiers, ", ")+", in this order")
		return
	}
	for i, t := range tiers {
		at := path + "/" + strconv.Itoa(i)
		if t.Code != Tiers[i] {
			c.add(at+"/code", "tiers go from the mildest to the gravest: write "+Tiers[i])
		}
		c.text(at+"/name", t.Name)
		switch {
		case t.MinMonths < 0 || t.MinMonths > MaxShownMonths:
			c.add(at+"/min_months", "write 0 to "+strconv.Itoa(MaxShownMonths)+" months")
		case t.MaxMonths < 1 || t.MaxMonths > MaxShownMonths:
			c.add(at+"/max_months", "write 1 to "+strconv.Itoa(MaxShownMonths)+" months: nothing is shown for longer than three years")
		case t.MaxMonths < t.MinMonths:
			c.add(at+"/max_months", "it must not be below min_months")
		case i > 0 && (t.MinMonths < tiers[i-1].MinMonths || t.MaxMonths < tiers[i-1].MaxMonths):
			c.add(at, "what is graver is not over sooner: raise its months, or lower those of the tier before")
		}
	}
}

// measures checks what listings may do.
func (c *checker) measures(b *Rulebook) {
	c.count("/measures", len(b.Measures), MaxMeasures)
	codes := map[string]bool{}
	for i := range b.Measures {
		m := &b.Measures[i]
		path := "/measures/" + strconv.Itoa(i)
		c.itemCode(path+"/code", m.Code, codes)
		c.text(path+"/name", m.Name)
		c.text(path+"/legal_basis", m.LegalBasis)
		if !slices.Contains(Tiers, m.Tier) {
			c.add(path+"/tier", "choose one of: "+strings.Join(Tiers, ", "))
		}
		c.neverNames(path+"/code", m.Code, "remove the measure")
		for _, lang := range textKeys(m.Name) {
			c.neverNames(path+"/name/"+lang, m.Name[lang], "remove the measure")
		}
	}
}

// listing checks that a list says how grave it is, what it does and how it ends,
// and that a record has none of these.
func (c *checker) listing(path string, b *Rulebook, item *Item) {
	if item.Listing == "" {
		for field, there := range map[string]bool{"tier": item.Tier != "", "measures": item.Measures != nil, "exit": item.Exit != nil} {
			if there {
				c.add(path+"/"+field, "the item is a record and no listing: remove it")
			}
		}
		return
	}
	// A redlist is of no gravity, so that it can do only what every list can.
	gravity := 0
	switch tier, ok := b.Procedure.Tier(item.Tier); {
	case item.Listing != Blacklist && item.Tier != "":
		c.add(path+"/tier", "only a blacklist is of a tier: remove it")
	case item.Listing != Blacklist:
	case !ok || !slices.Contains(Tiers, item.Tier):
		c.add(path+"/tier", "choose one of: "+strings.Join(Tiers, ", "))
	default:
		gravity = slices.Index(Tiers, item.Tier)
		if item.CountsMonths > tier.MaxMonths {
			c.add(path+"/counts_months", "a "+item.Tier+" listing is shown for at most "+strconv.Itoa(tier.MaxMonths)+" months: nothing counts for longer")
		}
	}
	c.text(path+"/exit", item.Exit)
	c.count(path+"/measures", len(item.Measures), MaxMeasures)
	seen := map[string]bool{}
	for i, code := range item.Measures {
		at := path + "/measures/" + strconv.Itoa(i)
		switch m, ok := b.Measure(code); {
		case !ok:
			c.add(at, "there is no measure "+strconv.Quote(code)+" under /measures: what is not published may not be applied")
		case slices.Index(Tiers, m.Tier) > gravity:
			c.add(at, code+" is for "+m.Tier+" grounds: it is out of proportion here")
		}
		if seen[code] {
			c.add(at, "it is there twice: keep one")
		}
		seen[code] = true
	}
}

func (c *checker) catalogue(b *Rulebook, docs map[string]bool) {
	c.count("/catalogue", len(b.Catalogue), MaxCatalogue)
	held := map[string]bool{}
	for _, a := range b.Agencies {
		for _, code := range a.Holds {
			held[code] = true
		}
	}
	seen := map[string]bool{}
	for i := range b.Catalogue {
		item := &b.Catalogue[i]
		path := "/catalogue/" + strconv.Itoa(i)
		c.itemCode(path+"/code", item.Code, seen)
		if item.Code != "" && !held[item.Code] {
			c.add(path+"/code", "no agency holds "+item.Code+": add it to the holds of one, or remove the item")
		}
		if !slices.Contains(Areas, item.Area) {
			c.add(path+"/area", "write government, commercial, social or judicial")
		}
		if !slices.Contains(Subjects, item.Subject) {
			c.add(path+"/subject", "choose one of: "+strings.Join(Subjects, ", "))
		}
		c.text(path+"/name", item.Name)
		c.text(path+"/legal_basis", item.LegalBasis)
		c.rule(path, b, item)
		c.listing(path, b, item)
		c.count(path+"/documents", len(item.Documents), MaxDocumentKinds)
		kinds := map[string]bool{}
		for j, kind := range item.Documents {
			at := path + "/documents/" + strconv.Itoa(j)
			if !docs[kind] {
				c.add(at, "there is no document kind "+strconv.Quote(kind)+" under /documents")
			}
			if kinds[kind] {
				c.add(at, "it is there twice: keep one")
			}
			kinds[kind] = true
		}
		if item.CountsMonths < 1 || item.CountsMonths > MaxCountsMonths {
			c.add(path+"/counts_months", "write 1 to 60 months: nothing counts for longer than five years")
		}
		c.namesNothing(path, b, item)
	}
}

// rule checks what the item does to a score.
func (c *checker) rule(path string, b *Rulebook, item *Item) {
	if item.Points != 0 && item.Cap != "" {
		c.add(path+"/cap", "an item has points or a cap: remove one")
	}
	if item.Points < -MaxPoints || item.Points > MaxPoints {
		c.add(path+"/points", "write -1000 to 1000 points")
	}
	if item.Cap != "" {
		if _, ok := b.Band(item.Cap); !ok {
			c.add(path+"/cap", "there is no band "+strconv.Quote(item.Cap)+" under /bands")
		}
	}
	switch item.Listing {
	case "":
	case Blacklist:
		if item.Points > 0 {
			c.add(path+"/points", "a blacklist cannot add points")
		}
	case Redlist:
		if item.Points < 0 || item.Cap != "" {
			c.add(path+"/listing", "a redlist can neither take points nor hold the band down")
		}
	default:
		c.add(path+"/listing", "write blacklist or redlist, or leave it out")
	}
}

// namesNothing checks that the item names nothing that is never used.
func (c *checker) namesNothing(path string, b *Rulebook, item *Item) {
	const remedy = "remove the item"
	named := func(at, text string) { c.neverNames(path+at, text, remedy) }
	named("/code", item.Code)
	named("/subject", item.Subject)
	for _, lang := range textKeys(item.Name) {
		named("/name/"+lang, item.Name[lang])
	}
	// The book's own list may be longer than the one that all must hold.
	words, _ := foldWords(item.Code + " " + item.Subject)
	for _, n := range b.NeverUsed {
		if n.Code == "" || slices.Contains(NeverUsedCodes, n.Code) {
			continue
		}
		if strings.Contains(words, " "+strings.ReplaceAll(n.Code, "_", " ")+" ") {
			c.add(path+"/code", n.Code+" is never used by this rulebook: "+remedy)
		}
	}
}

// neverNames checks that a text names nothing that is never used.
func (c *checker) neverNames(path, text, remedy string) {
	if code, word := NamesNeverUsed(text); code != "" {
		c.add(path, strconv.Quote(word)+" is "+code+", which is never used: "+remedy)
	}
}

func (c *checker) agencies(b *Rulebook) {
	c.count("/agencies", len(b.Agencies), MaxAgencies)
	items := map[string]bool{}
	for i := range b.Catalogue {
		items[b.Catalogue[i].Code] = true
	}
	codes := map[string]bool{}
	for i := range b.Agencies {
		a := &b.Agencies[i]
		path := "/agencies/" + strconv.Itoa(i)
		c.code(path, a.Code, codes)
		c.text(path+"/name", a.Name)
		c.count(path+"/holds", len(a.Holds), MaxCatalogue)
		holds := map[string]bool{}
		for j, code := range a.Holds {
			at := path + "/holds/" + strconv.Itoa(j)
			if !items[code] {
				c.add(at, "there is no item "+strconv.Quote(code)+" in the catalogue")
			}
			if holds[code] {
				c.add(at, "it is there twice: keep one")
			}
			holds[code] = true
		}
	}
}

func (c *checker) neverUsed(b *Rulebook) {
	c.count("/never_used", len(b.NeverUsed), MaxNeverUsed)
	codes := map[string]bool{}
	for i := range b.NeverUsed {
		path := "/never_used/" + strconv.Itoa(i)
		c.code(path, b.NeverUsed[i].Code, codes)
		c.text(path+"/name", b.NeverUsed[i].Name)
		c.text(path+"/reason", b.NeverUsed[i].Reason)
	}
	for _, code := range NeverUsedCodes {
		if !codes[code] {
			c.add("/never_used", "add "+code+": no rulebook may use it, and each says so with its reason")
		}
	}
}

func (c *checker) bands(b *Rulebook) {
	c.count("/bands", len(b.Bands), MaxBands)
	if len(b.Bands) == 0 {
		return
	}
	codes := map[string]bool{}
	for i := range b.Bands {
		band := &b.Bands[i]
		path := "/bands/" + strconv.Itoa(i)
		c.code(path, band.Code, codes)
		c.text(path+"/name", band.Name)
		if i > 0 && band.From >= b.Bands[i-1].From {
			c.add(path+"/from", "bands go from the best to the worst: it must be below that of the band before")
		}
		if !slices.Contains(Shapes, band.Shape) {
			c.add(path+"/shape", "choose one of: "+strings.Join(Shapes, ", "))
		}
		if !slices.Contains(Tones, band.Tone) {
			c.add(path+"/tone", "choose one of: "+strings.Join(Tones, ", "))
		}
		c.count(path+"/brings", len(band.Brings), MaxBrings)
		for j, t := range band.Brings {
			c.text(path+"/brings/"+strconv.Itoa(j), t)
		}
	}
	if b.Bands[0].From > b.Max {
		c.add("/bands/0/from", "nobody can reach it: it must not be above max")
	}
	if last := len(b.Bands) - 1; b.Bands[last].From != b.Min {
		c.add("/bands/"+strconv.Itoa(last)+"/from", "the last band begins at min: write "+strconv.Itoa(b.Min))
	}
}

func (c *checker) count(path string, n, most int) {
	if n < 1 {
		c.add(path, "write at least one entry")
	}
	if n > most {
		c.add(path, "write at most "+strconv.Itoa(most)+" entries")
	}
}

// code checks a code of letters, digits and underscores, and that it is new.
func (c *checker) code(path, code string, seen map[string]bool) {
	if !validCode(code, "_") {
		c.add(path+"/code", "write 1 to 60 lower-case letters, digits and underscores, beginning with a letter")
	} else if seen[code] {
		c.add(path+"/code", code+" is there twice: a code names one thing")
	}
	seen[code] = true
}

// itemCode checks a catalogue code: two to four codes with dots between.
func (c *checker) itemCode(path, code string, seen map[string]bool) {
	segments := strings.Split(code, ".")
	bad := len(code) > 60 || len(segments) < 2 || len(segments) > 4
	for _, s := range segments {
		bad = bad || !validCode(s, "_")
	}
	if bad {
		c.add(path, "write a code of two to four segments, such as court.unpaid_judgment")
	} else if seen[code] {
		c.add(path, code+" is there twice: a code names one thing")
	}
	seen[code] = true
}

func validCode(s, also string) bool {
	return len(s) <= 60 && onlyBytes(s, "abcdefghijklmnopqrstuvwxyz0123456789"+also) && s[0] >= 'a' && s[0] <= 'z'
}

// onlyBytes says whether s is not empty and made of the bytes in set.
func onlyBytes(s, set string) bool {
	for i := range len(s) {
		if strings.IndexByte(set, s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// text checks that a text is there in each language and in no other.
func (c *checker) text(path string, t Text) {
	for _, lang := range Languages {
		s, ok := t[lang]
		switch {
		case !ok || strings.TrimSpace(s) == "":
			c.add(path+"/"+lang, "write the text in this language")
		case s != strings.TrimSpace(s):
			c.add(path+"/"+lang, "remove the space around the text")
		case utf8.RuneCountInString(s) > MaxTextChars:
			c.add(path+"/"+lang, "shorten the text to "+strconv.Itoa(MaxTextChars)+" characters")
		case strings.ContainsFunc(s, unicode.IsControl):
			c.add(path+"/"+lang, "remove line breaks and control characters")
		}
	}
	for _, lang := range textKeys(t) {
		if !slices.Contains(Languages, lang) {
			c.add(path+"/"+lang, "the languages are "+strings.Join(Languages, " and ")+": remove this one")
		}
	}
}

// textKeys are the languages of a text in a fixed order.
func textKeys(t Text) []string {
	keys := make([]string, 0, len(t))
	for k := range t {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
