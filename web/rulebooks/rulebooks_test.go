package rulebooks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mingjing"
	"mingjing/web/rulebooks"
)

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	return compile(t, rulebooks.Schema())
}

func compile(t testing.TB, data []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("mem:///schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func bySchema(t testing.TB, schema *jsonschema.Schema, data []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

func published(t testing.TB) map[string]*mingjing.Rulebook {
	t.Helper()
	all, err := rulebooks.All()
	if err != nil {
		t.Fatal(err)
	}
	books := map[string]*mingjing.Rulebook{}
	for _, b := range all {
		books[b.ID] = b
	}
	return books
}

func TestThePublishedRulebooksLoadAndKeepTheSchema(t *testing.T) {
	schema := compiled(t)
	files := rulebooks.Files()
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, []string{"conduct.json", "honest-shanghai.json", "moli.json",
		"only-debts-and-bills.json", "organisations.json", "rongcheng.json", "schufa.json", "suining.json", "suqian.json", "zhima.json"}) {
		t.Fatalf("published are %v", got)
	}
	for name, data := range files {
		if err := bySchema(t, schema, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := rulebooks.Parse(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// broken are ways to break a rulebook; the schema cannot see those that are
// between two places.
var broken = []struct {
	name   string
	place  string
	beyond bool // beyond what a schema says
	break_ func(b map[string]any)
}{
	{"an unknown field", "/colour", false, func(b map[string]any) { b["colour"] = "red" }},
	{"a field in another case", "/Base", false, func(b map[string]any) { b["Base"] = 1; delete(b, "base") }},
	{"null", "/city", false, func(b map[string]any) { b["city"] = nil }},
	{"a number as text", "/base", false, func(b map[string]any) { b["base"] = "1000" }},
	{"a fraction", "/base", false, func(b map[string]any) { b["base"] = 1000.5 }},
	{"another schema", "/$schema", false, func(b map[string]any) { b["$schema"] = "other.json" }},
	{"no id", "/id", false, func(b map[string]any) { delete(b, "id") }},
	{"an id in capitals", "/id", false, func(b map[string]any) { b["id"] = "Rongcheng" }},
	{"a version with a space", "/version", false, func(b map[string]any) { b["version"] = "2026 1" }},
	{"a zone that is none", "/zone", false, func(b map[string]any) { b["zone"] = "Shanghai" }},
	{"a name in one language", "/name/en", false, func(b map[string]any) { delete(at(b, "name"), "en") }},
	{"a name in a third language", "/name/fr", false, func(b map[string]any) { at(b, "name")["fr"] = "nom" }},
	{"an empty name", "/name/en", false, func(b map[string]any) { at(b, "name")["en"] = "" }},
	{"a name with a line break", "/name/en", false, func(b map[string]any) { at(b, "name")["en"] = "a\nb" }},
	{"a name with space around", "/name/en", false, func(b map[string]any) { at(b, "name")["en"] = " a" }},
	{"a text that is too long", "/about/en", false, func(b map[string]any) { at(b, "about")["en"] = strings.Repeat("a", 2001) }},
	{"a base above max", "/base", true, func(b map[string]any) { b["base"] = 1301 }},
	{"a base below min", "/base", true, func(b map[string]any) { b["base"] = -1 }},
	{"comments until its first day", "/comments_until", true, func(b map[string]any) { b["comments_until"] = b["from"] }},
	{"comments until no day", "/comments_until", true, func(b map[string]any) { b["comments_until"] = "2019-02-30" }},
	{"min above max", "/max", true, func(b map[string]any) { b["max"] = -5 }},
	{"a value out of all bounds", "/max", false, func(b map[string]any) { b["max"] = 10_000_000 }},
	{"samples not admitted", "/sample", false, func(b map[string]any) { b["sample"] = false; delete(b, "sample_note") }},
	{"samples without a note", "/sample_note", false, func(b map[string]any) { delete(b, "sample_note") }},
	{"no agencies", "/agencies", false, func(b map[string]any) { b["agencies"] = []any{} }},
	{"an agency twice", "/agencies/1/code", true, func(b map[string]any) { at(b, "agencies", 1)["code"] = "court" }},
	{"an agency's code with a dot", "/agencies/0/code", false, func(b map[string]any) { at(b, "agencies", 0)["code"] = "a.b" }},
	{"an agency that holds nothing", "/agencies/0/holds", false, func(b map[string]any) { at(b, "agencies", 0)["holds"] = []any{} }},
	{"an agency that holds what is not in the catalogue", "/agencies/0/holds/0", true, func(b map[string]any) {
		at(b, "agencies", 0)["holds"] = []any{"court.gossip"}
	}},
	{"an agency that holds it twice", "/agencies/1/holds/1", false, func(b map[string]any) {
		at(b, "agencies", 1)["holds"] = []any{"court.false_litigation", "court.false_litigation"}
	}},
	{"an item that nobody holds", "/catalogue/0/code", true, func(b map[string]any) { at(b, "catalogue", 0)["code"] = "court.nobody" }},
	{"an item twice", "/catalogue/1/code", true, func(b map[string]any) { at(b, "catalogue", 1)["code"] = "court.enforcement_blacklist" }},
	{"an item's code of one segment", "/catalogue/0/code", false, func(b map[string]any) { at(b, "catalogue", 0)["code"] = "court" }},
	{"an item's code in capitals", "/catalogue/0/code", false, func(b map[string]any) { at(b, "catalogue", 0)["code"] = "court.Debt" }},
	{"an item that names itself", "/catalogue/1/name", false, func(b map[string]any) {
		at(b, "catalogue", 1)["name"] = map[string]any{"zh-CN": "党员身份", "en": "Party membership"}
	}},
	{"an item that chooses its area", "/catalogue/1/area", false, func(b map[string]any) { at(b, "catalogue", 1)["area"] = "social" }},
	{"an item that the register does not have", "/catalogue/1/code", true, func(b map[string]any) {
		at(b, "catalogue", 1)["code"] = "court.gossip"
		at(b, "agencies", 0)["holds"].([]any)[1] = "court.gossip"
	}},
	{"an award that takes points", "/catalogue/31/points", true, func(b map[string]any) { at(b, "catalogue", 31)["points"] = -5 }},
	{"an unpaid judgment that adds points", "/catalogue/1/points", true, func(b map[string]any) { at(b, "catalogue", 1)["points"] = 5 }},
	{"a list that the register does not know as one", "/catalogue/1/listing", true, func(b map[string]any) {
		i := at(b, "catalogue", 1)
		i["listing"], i["tier"], i["measures"], i["counts_months"] = "blacklist", "general", []any{"restrict.air"}, 12
	}},
	{"a measure of another area of life", "/catalogue/0/measures/0", true, func(b map[string]any) {
		at(b, "catalogue", 0)["measures"] = []any{"restrict.tender"}
	}},
	{"an agency of a kind that there is not", "/agencies/0/kind", true, func(b map[string]any) {
		at(b, "agencies",
			0)["kind"] = "grid_watch"
	}},
	{"an agency that supplies what is not its business", "/agencies/0/holds/0", true, func(b map[string]any) {
		at(b, "agencies", 0)["kind"] = "transport_operator"
	}},
	{"a law that there is not", "/catalogue/1/points_law", true, func(b map[string]any) {
		at(b, "catalogue",
			1)["points_law"] = "secret_notice"
	}},
	{"a procedure by no law", "/procedure/law", true, func(b map[string]any) { at(b, "procedure")["law"] = "secret_notice" }},
	{"a band that brings what is not in the register", "/bands/0/benefits/0", true, func(b map[string]any) {
		at(b, "bands", 0)["benefits"] = []any{"dating.promoted"}
	}},
	{"a text that names what is never used", "/about/en", true, func(b map[string]any) { at(b, "about")["en"] = "Your shopping counts." }},
	{"an example whose name does", "/cases/0/name/en", true, func(b map[string]any) {
		at(b, "cases", 0)["name"].(map[string]any)["en"] = "A party member has a ticket"
	}},
	{"what is never used, of its own", "/never_used", false, func(b map[string]any) { b["never_used"] = []any{} }},
	{"a practice that the register does not name", "/refuses/0", true, func(b map[string]any) { b["refuses"] = []any{"gossip"} }},
	{"a practice in words of its own", "/refused", false, func(b map[string]any) { b["refused"] = []any{} }},
	{"a source that nobody published", "/source", true, func(b map[string]any) { b["source"] = "secret_notice" }},
	{"the first format", "/format", false, func(b map[string]any) { b["format"] = 1 }},
	{"points and a cap", "/catalogue/0/cap", false, func(b map[string]any) { at(b, "catalogue", 0)["points"] = -5 }},
	{"a cap at no band", "/catalogue/0/cap", true, func(b map[string]any) { at(b, "catalogue", 0)["cap"] = "e" }},
	{"too many points", "/catalogue/1/points", false, func(b map[string]any) { at(b, "catalogue", 1)["points"] = -1001 }},
	{"a blacklist that adds", "/catalogue/0/points", false, func(b map[string]any) {
		delete(at(b, "catalogue", 0), "cap")
		at(b, "catalogue", 0)["points"] = 5
	}},
	{"a redlist that caps", "/catalogue/0/cap", false, func(b map[string]any) { at(b, "catalogue", 0)["listing"] = "redlist" }},
	{"a third list", "/catalogue/0/listing", false, func(b map[string]any) { at(b, "catalogue", 0)["listing"] = "greylist" }},
	{"no document required", "/catalogue/0/documents", false, func(b map[string]any) { at(b, "catalogue", 0)["documents"] = []any{} }},
	{"a document that there is not", "/catalogue/0/documents/0", true, func(b map[string]any) {
		at(b, "catalogue", 0)["documents"] = []any{"hearsay"}
	}},
	{"an item that counts for no time", "/catalogue/0/counts_months", false, func(b map[string]any) {
		at(b, "catalogue", 0)["counts_months"] = 0
	}},
	{"an item that counts for over fifty years", "/catalogue/0/counts_months", false, func(b map[string]any) {
		at(b, "catalogue", 0)["counts_months"] = 601
	}},
	{"an item that counts for over five years", "/catalogue/0/counts_months", true, func(b map[string]any) {
		at(b, "catalogue", 0)["counts_months"] = 61
	}},
	{"an unknown field in an item", "/catalogue/0/weight", false, func(b map[string]any) { at(b, "catalogue", 0)["weight"] = 2 }},
	{"no procedure", "/procedure", false, func(b map[string]any) { delete(b, "procedure") }},
	{"an agency without a clock", "/procedure/agency_days", false, func(b map[string]any) { at(b, "procedure")["agency_days"] = 0 }},
	{"an agency with years", "/procedure/agency_days", false, func(b map[string]any) { at(b, "procedure")["agency_days"] = 367 }},
	{"half a day to answer", "/procedure/answer_days", false, func(b map[string]any) { at(b, "procedure")["answer_days"] = 0.5 }},
	{"a calendar without a name", "/procedure/calendar", false, func(b map[string]any) { at(b, "procedure")["calendar"] = "China 2026" }},
	{"nothing open after a decision", "/procedure/reopen_months", false, func(b map[string]any) { at(b, "procedure")["reopen_months"] = 0 }},
	{"a statement without words", "/procedure/statement_words", false, func(b map[string]any) { at(b, "procedure")["statement_words"] = 0 }},
	{"a procedure without a law", "/procedure/law", false, func(b map[string]any) { delete(at(b, "procedure"), "law") }},
	{"a procedure with samples and no note", "/procedure/sample_note", false, func(b map[string]any) {
		delete(at(b, "procedure"), "sample_note")
	}},
	{"a procedure with a note and no samples", "/procedure/sample_note", false, func(b map[string]any) {
		at(b, "procedure")["sample"] = false
	}},
	{"two tiers", "/procedure/tiers", false, func(b map[string]any) { p := at(b, "procedure"); p["tiers"] = p["tiers"].([]any)[:2] }},
	{"a fourth kind of tier", "/procedure/tiers/2/code", false, func(b map[string]any) {
		at(b, "procedure", "tiers", 2)["code"] = "unforgivable"
	}},
	{"tiers out of order", "/procedure/tiers/0/code", true, func(b map[string]any) {
		at(b, "procedure", "tiers", 0)["code"], at(b, "procedure", "tiers", 1)["code"] = "general", "minor"
	}},
	{"a listing without end", "/procedure/tiers/2/max_months", false, func(b map[string]any) {
		at(b, "procedure", "tiers", 2)["max_months"] = 37
	}},
	{"repair after the end", "/procedure/tiers/1/max_months", true, func(b map[string]any) {
		at(b, "procedure", "tiers", 1)["min_months"] = 13
	}},
	{"a graver tier that is over sooner", "/procedure/tiers/1", true, func(b map[string]any) {
		at(b, "procedure", "tiers", 0)["max_months"] = 13
	}},
	{"a blacklist of no tier", "/catalogue/0/tier", false, func(b map[string]any) { delete(at(b, "catalogue", 0), "tier") }},
	{"a blacklist of an odd tier", "/catalogue/0/tier", false, func(b map[string]any) { at(b, "catalogue", 0)["tier"] = "severe" }},
	{"a list that does nothing", "/catalogue/0/measures", false, func(b map[string]any) { at(b, "catalogue", 0)["measures"] = []any{} }},
	{"a list that does what is not published", "/catalogue/0/measures/0", true, func(b map[string]any) {
		at(b, "catalogue", 0)["measures"] = []any{"restrict.ringtone"}
	}},
	{"a list that does it twice", "/catalogue/0/measures/1", false, func(b map[string]any) {
		at(b, "catalogue", 0)["measures"] = []any{"restrict.air", "restrict.air"}
	}},
	{"a list out of proportion", "/catalogue/0/measures/0", true, func(b map[string]any) {
		at(b, "catalogue", 0)["tier"], at(b, "catalogue", 0)["counts_months"] = "general", 12
	}},
	{"a list that counts when it is over", "/catalogue/0/counts_months", true, func(b map[string]any) {
		at(b, "catalogue", 0)["counts_months"] = 37
	}},
	{"a record with a tier", "/catalogue/1/tier", false, func(b map[string]any) { at(b, "catalogue", 1)["tier"] = "minor" }},
	{"a record with measures", "/catalogue/1/measures", false, func(b map[string]any) {
		at(b, "catalogue", 1)["measures"] = []any{"restrict.inspection"}
	}},
	{"a redlist of a tier", "/catalogue/0/tier", false, func(b map[string]any) {
		i := at(b, "catalogue", 0)
		delete(i, "cap")
		i["listing"] = "redlist"
	}},
	{"a redlist that restricts gravely", "/catalogue/0/measures/0", true, func(b map[string]any) {
		i := at(b, "catalogue", 0)
		delete(i, "cap")
		delete(i, "tier")
		i["listing"] = "redlist"
	}},
	{"no bands", "/bands", false, func(b map[string]any) { b["bands"] = []any{} }},
	{"a band twice", "/bands/1/code", true, func(b map[string]any) { at(b, "bands", 1)["code"] = "a3" }},
	{"bands that do not fall", "/bands/1/from", true, func(b map[string]any) { at(b, "bands", 1)["from"] = 1150 }},
	{"a best band that nobody reaches", "/bands/0/from", true, func(b map[string]any) { at(b, "bands", 0)["from"] = 1301 }},
	{"a last band above min", "/bands/8/from", true, func(b map[string]any) { at(b, "bands", 8)["from"] = 1 }},
	{"a band shaped like a heart", "/bands/0/shape", false, func(b map[string]any) { at(b, "bands", 0)["shape"] = "heart" }},
	{"a band in an odd tone", "/bands/0/tone", false, func(b map[string]any) { at(b, "bands", 0)["tone"] = "shameful" }},
	{"a band that does not say what it brings", "/bands/0/benefits", false, func(b map[string]any) {
		at(b, "bands",
			0)["benefits"] = []any{}
	}},
}

// at returns the object under the keys and indexes.
func at(v any, path ...any) map[string]any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			v = v.([]any)[step]
		}
	}
	return v.(map[string]any)
}

func TestABrokenRulebookIsRefusedAtItsPlace(t *testing.T) {
	schema := compiled(t)
	for _, c := range broken {
		t.Run(c.name, func(t *testing.T) {
			var book map[string]any
			if err := json.Unmarshal(rulebooks.Files()["rongcheng.json"], &book); err != nil {
				t.Fatal(err)
			}
			c.break_(book)
			data, err := json.Marshal(book)
			if err != nil {
				t.Fatal(err)
			}
			_, err = rulebooks.Parse(data)
			wrong, ok := errors.AsType[*rulebooks.Error](err)
			if !ok || !slices.ContainsFunc(wrong.Problems, func(p string) bool { return strings.HasPrefix(p, c.place+": ") }) {
				t.Errorf("the reader says %v, want a problem at %s", err, c.place)
			}
			if err := bySchema(t, schema, data); (err == nil) != c.beyond {
				t.Errorf("the schema says %v", err)
			}
		})
	}
}

func TestTextThatIsNotOneRulebookIsRefused(t *testing.T) {
	good := string(rulebooks.Files()["rongcheng.json"])
	for name, text := range map[string]string{
		"nothing":           "",
		"half":              good[:len(good)/2],
		"something after":   good + "{}",
		"a list":            "[" + good + "]",
		"a text":            `"rulebook"`,
		"null":              "null",
		"a field twice":     strings.Replace(good, `"base": 1000,`, `"base": 1000, "base": 1200,`, 1),
		"not UTF-8":         strings.Replace(good, "Rongcheng", "Rong\xffcheng", 1),
		"nested too deep":   `{"agencies": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}",
		"a comment":         "// mine\n" + good,
		"a trailing comma":  strings.TrimSuffix(strings.TrimSpace(good), "}") + ",}",
		"a byte order mark": "\ufeff" + good,
	} {
		if _, err := rulebooks.Parse([]byte(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func TestTheSchemaAndTheProgramNameTheSameThings(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(rulebooks.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	item := at(schema, "$defs", "item", "properties")
	for _, c := range []struct {
		name string
		got  any
		want []string
	}{
		{"lists", at(item, "listing")["enum"], []string{string(mingjing.Blacklist), string(mingjing.Redlist)}},
		{"tiers", at(schema, "$defs", "tierCode")["enum"], mingjing.Tiers},
	} {
		var got []string
		for _, v := range c.got.([]any) {
			got = append(got, v.(string))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: the schema has %v, the program %v", c.name, got, c.want)
		}
	}
}

func TestHonestShanghaiHasNinetyNineAgencies(t *testing.T) {
	if n := len(published(t)["honest-shanghai"].Agencies); n != 99 {
		t.Errorf("it has %d", n)
	}
}

func TestBothRulebooksHoldTheFactsThatThePromisesSpeakOf(t *testing.T) {
	listings := map[string]mingjing.ListKind{
		"court.enforcement_blacklist": mingjing.Blacklist, "tax.major_violation_blacklist": mingjing.Blacklist,
		"market.serious_violation_blacklist": mingjing.Blacklist, "volunteer.honour_redlist": mingjing.Redlist,
		"tax.a_grade_redlist": mingjing.Redlist,
	}
	codes := []string{"court.unpaid_judgment", "court.breach_adjudged", "traffic.ticket", "traffic.drunk_driving",
		"utility.late_fees", "utility.theft", "contract.guarantee_default", "contract.lease_breach", "bank.loan_arrears",
		"fraud.pyramid_selling", "fraud.fake_goods", "metro.fare_evasion", "tax.late_filing", "award.department",
		"award.city", "award.heroic_act", "volunteer.hours", "licence.qualified"}
	for _, id := range []string{"honest-shanghai", "rongcheng"} {
		book := published(t)[id]
		for _, code := range codes {
			if item, ok := book.Item(code); !ok || item.Listing != "" {
				t.Errorf("%s: %s is %+v", id, code, item)
			}
		}
		for code, kind := range listings {
			if item, ok := book.Item(code); !ok || item.Listing != kind {
				t.Errorf("%s: %s is %+v", id, code, item)
			}
		}
		if item, _ := book.Item("licence.qualified"); item.Points != 0 || item.Cap != "" {
			t.Errorf("%s: a licence counts: %+v", id, item)
		}
		areas := map[mingjing.Area]int{}
		for _, item := range book.Catalogue {
			areas[item.Area]++
		}
		if len(areas) != 4 || len(book.Catalogue) < 30 {
			t.Errorf("%s: %d items in %v", id, len(book.Catalogue), areas)
		}
	}
}

func TestOneResidentsRecordsCountUnderBothRulebooks(t *testing.T) {
	books := published(t)
	a, b := books["honest-shanghai"], books["rongcheng"]
	docs := map[string]mingjing.Text{}
	for _, d := range a.Documents {
		docs[d.Code] = d.Name
	}
	for _, d := range b.Documents {
		if name, ok := docs[d.Code]; ok && !maps.Equal(name, d.Name) {
			t.Errorf("document %s has two names", d.Code)
		}
	}
	shared := 0
	for _, item := range a.Catalogue {
		other, ok := b.Item(item.Code)
		if !ok {
			continue
		}
		shared++
		if !maps.Equal(item.Name, other.Name) || item.Area != other.Area || item.Subject != other.Subject ||
			item.Listing != other.Listing || item.Tier != other.Tier || !maps.Equal(item.Exit, other.Exit) ||
			!slices.Equal(item.Measures, other.Measures) || !slices.Equal(item.Documents, other.Documents) {
			t.Errorf("%s is not the same fact in both", item.Code)
		}
		if (item.Points > 0) != (other.Points > 0) {
			t.Errorf("%s helps in one and hurts in the other", item.Code)
		}
		if !slices.ContainsFunc(a.Agencies, func(x mingjing.Agency) bool {
			y, ok := b.Agency(x.Code)
			return ok && slices.Contains(x.Holds, item.Code) && slices.Contains(y.Holds, item.Code)
		}) {
			t.Errorf("%s has no agency that may supply it under both", item.Code)
		}
	}
	if shared < 45 {
		t.Errorf("they share %d items", shared)
	}
}

func TestAFigureIsPublishedOrMarkedAsSample(t *testing.T) {
	books := published(t)
	for _, band := range books["honest-shanghai"].Bands {
		if !band.Sample {
			t.Errorf("nobody published where %s begins", band.Code)
		}
	}
	for _, item := range books["honest-shanghai"].Catalogue {
		if !item.Sample && (item.Points != 0 || item.Cap != "") {
			t.Errorf("nobody published the points of %s", item.Code)
		}
	}
	reported := map[string]int{"traffic.ticket": -5, "award.department": 5, "award.city": 30, "award.heroic_act": 30,
		"contract.lending_breach": -20, "contract.lease_breach": -20, "court.breach_adjudged": -50, "bank.loan_arrears": -10,
		"contract.private_loan_breach": -20, "fraud.illegal_fundraising": -40, "court.unpaid_judgment": -30,
		"fraud.pyramid_selling": -30, "fraud.fraud_adjudged": -30, "fraud.fake_goods": -30, "utility.late_fees": -20,
		"utility.fees_adjudged": -50, "utility.heating_theft": -50, "utility.theft": -60, "utility.damage": -100}
	for _, item := range books["rongcheng"].Catalogue {
		points, ok := reported[item.Code]
		if ok && (item.Points != points || item.Sample) {
			t.Errorf("%s was reported with %d points: %+v", item.Code, points, item)
		}
		capped := item.Code == "traffic.drunk_driving"
		if capped && (item.Cap != "c" || item.Sample) {
			t.Errorf("drunk driving was reported to cap at C: %+v", item)
		}
		if !ok && !capped && !item.Sample && (item.Points != 0 || item.Cap != "") {
			t.Errorf("nobody reported the points of %s", item.Code)
		}
	}
	for code, from := range map[string]int{"aaa": 1050, "aa": 1030, "a": 960, "b": 850, "c": 600} {
		if band, _ := books["rongcheng"].Band(code); band.From != from || band.Sample {
			t.Errorf("%s was reported from %d: %+v", code, from, band)
		}
	}
}

func TestABadRatingInShanghaiBringsNoPenalty(t *testing.T) {
	book := published(t)["honest-shanghai"]
	band, _ := book.Band("bad")
	if !strings.Contains(band.Brings[0]["en"], "No penalty") || !strings.Contains(band.Brings[0]["zh-CN"], "不带来任何惩罚") {
		t.Errorf("it says %v", band.Brings)
	}
}

func TestTheClocksThatTheLawGivesAreTheLaws(t *testing.T) {
	for id, book := range published(t) {
		p := book.Procedure
		for name, v := range map[string][2]int{
			"mark": {p.MarkDays, 1}, "forward": {p.ForwardDays, 2}, "agency": {p.AgencyDays, 5}, "bureau": {p.BureauDays, 5},
			"delete": {p.DeleteDays, 3}, "repair": {p.RepairDays, 10},
		} {
			if v[0] != v[1] {
				t.Errorf("%s: %d days to %s, the law gives %d", id, v[0], name, v[1])
			}
		}
		for code, months := range map[string][2]int{mingjing.TierMinor: {0, 3}, mingjing.TierGeneral: {3, 12}, mingjing.TierSerious: {12, 36}} {
			if tier, ok := p.Tier(code); !ok || tier.MinMonths != months[0] || tier.MaxMonths != months[1] {
				t.Errorf("%s: a %s listing is shown %d to %d months", id, code, tier.MinMonths, tier.MaxMonths)
			}
		}
		if !p.Sample {
			t.Errorf("%s: nobody published all of the procedure", id)
		}
		for _, item := range book.Catalogue {
			if got := book.MeasuresOf(item); len(got) != len(item.Measures) {
				t.Errorf("%s: of the measures of %s only %d are published", id, item.Code, len(got))
			}
		}
	}
}
