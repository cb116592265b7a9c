package component

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

func TestMain(m *testing.M) {
	i18n.OnMissing = func(what string) { panic("i18n: " + what) }
	os.Exit(m.Run())
}

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func parse(t *testing.T, ui app.UI) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader("<!doctype html><body>" + app.HTMLString(ui)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestEveryExampleIsSoundHTML(t *testing.T) {
	for _, e := range Examples() {
		t.Run(e.Name, func(t *testing.T) {
			doc := parse(t, e.Part.UI())
			if doc.Find("body > *").Length() != 1 {
				t.Fatalf("%d elements", doc.Find("body > *").Length())
			}
			if doc.Find("b,script,[style]").Length() != 0 {
				t.Error("text became markup, or there is a style attribute")
			}
			ids := map[string]bool{}
			doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
				if id := s.AttrOr("id", ""); ids[id] {
					t.Errorf("id %q twice", id)
				} else {
					ids[id] = true
				}
			})
			doc.Find("[aria-describedby]").Each(func(_ int, s *goquery.Selection) {
				for id := range strings.FieldsSeq(s.AttrOr("aria-describedby", "")) {
					if !ids[id] {
						t.Errorf("aria-describedby leads to %q, which is not there", id)
					}
				}
			})
			doc.Find("input:not([type=hidden]),select,textarea").Each(func(_ int, s *goquery.Selection) {
				if doc.Find(`label[for="`+s.AttrOr("id", "")+`"]`).Length() != 1 {
					t.Errorf("field %q has no label", s.AttrOr("name", ""))
				}
			})
			doc.Find("svg").Each(func(_ int, s *goquery.Selection) {
				hidden := s.AttrOr("aria-hidden", "") == "true" || s.Closest(`[aria-hidden="true"]`).Length() > 0
				named := s.AttrOr("role", "") == "img" && s.AttrOr("aria-label", "") != ""
				if hidden == named {
					t.Error("a drawing is neither hidden nor named")
				}
			})
		})
	}
}

// TestEveryPartHasAnExample reads the source for types with a UI method.
func TestEveryPartHasAnExample(t *testing.T) {
	shown := map[string]bool{}
	for _, e := range Examples() {
		shown[reflect.TypeOf(e.Part).Name()] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name != "UI" || fn.Recv == nil {
				continue
			}
			found++
			if name := fn.Recv.List[0].Type.(*ast.Ident).Name; !shown[name] {
				t.Errorf("%s has no example", name)
			}
		}
	}
	if found < 20 {
		t.Errorf("found only %d parts", found)
	}
}

func TestAValueIsWhatWasGivenWhateverItIs(t *testing.T) {
	for _, value := range []string{"true", "false", `"`, `\`, `\"><script>`, "&amp;", "a\nb", "\u3000中\u00a0", "🀄", "'", "\u200b", "\x7f",
		"\ufeff"} {
		doc := parse(t, Input{Name: "x", Label: "x", Value: value}.UI())
		if got := doc.Find("input").AttrOr("value", "missing"); got != value {
			t.Errorf("%s becomes %s", strconv.Quote(value), strconv.Quote(got))
		}
		doc = parse(t, El("p", A{"title": "-" + value + "-"}))
		if got := doc.Find("p").AttrOr("title", "missing"); got != "-"+value+"-" {
			t.Errorf("%s becomes %s in a title", strconv.Quote(value), strconv.Quote(got))
		}
		doc = parse(t, Textarea{Lang: "en", Name: "x", Label: "x", Value: value}.UI())
		if got := doc.Find("textarea").Text(); got != value {
			t.Errorf("%s becomes %s in a textarea", strconv.Quote(value), strconv.Quote(got))
		}
	}
}

func FuzzAttribute(f *testing.F) {
	for _, seed := range []string{"", "true", `"><b>`, `\`, "\x00\xff", "&#x41;", "　"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		doc := parse(t, El("div", A{"data-x": value, "data-after": "here"}))
		e := doc.Find("body > div")
		if e.Length() != 1 || e.AttrOr("data-after", "") != "here" || len(e.Nodes[0].Attr) > 2 || doc.Find("body > *").Length() != 1 {
			t.Errorf("%q broke out of its attribute", value)
		}
	})
}

func TestAWrongFieldIsMarkedAndDescribedByHintThenError(t *testing.T) {
	doc := parse(t, Input{Name: "id_number", Label: "ID number", Hint: "18 characters", Error: "Too short"}.UI())
	in := doc.Find("#id_number")
	if got := in.AttrOr("aria-describedby", ""); got != "id_number-hint id_number-error" {
		t.Errorf("aria-describedby %q", got)
	}
	if in.AttrOr("aria-invalid", "") != "true" {
		t.Error("not marked as invalid")
	}
	if doc.Find("#id_number-error svg").Length() != 1 {
		t.Error("the error has no shape besides its colour")
	}
}

func TestAllBarsOfASumHaveOneScaleAndOneZero(t *testing.T) {
	w := Waterfall{Lang: "en", Label: "l", Total: "Total", Sum: 985,
		Steps: []Step{{Name: "Base", Points: 1000, Base: true}, {Name: "Late", Points: -20}, {Name: "Award", Points: 5}}}
	doc := parse(t, w.UI())
	percentOf := func(s string) float64 {
		f, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		if err != nil {
			t.Fatalf("%q is no percentage", s)
		}
		return f
	}
	if doc.Find("li").Eq(0).Find("svg").Length() != 0 || doc.Find("li").Eq(0).Find(".points").Text() != "1,000" {
		t.Error("the base is not text alone")
	}
	// From -20 to 985 are 1005 points.
	zero := 100 * 20 / 1005.0
	near := func(what string, got, want float64) {
		t.Helper()
		if got-want > 0.06 || want-got > 0.06 {
			t.Errorf("%s: %v%%, want %v%%", what, got, want)
		}
	}
	for i := range 3 {
		near("zero", percentOf(doc.Find(".step-zero").Eq(i).AttrOr("x1", "")), zero)
	}
	near("-20 begins", percentOf(doc.Find(".step-minus").AttrOr("x", "")), 0)
	near("-20", percentOf(doc.Find(".step-minus").AttrOr("width", "")), zero)
	near("+5 begins", percentOf(doc.Find(".step-plus").AttrOr("x", "")), zero)
	near("the sum begins", percentOf(doc.Find(".step-sum").AttrOr("x", "")), zero)
	near("the sum", percentOf(doc.Find(".step-sum").AttrOr("width", "")), 100-zero)
	if got := doc.Find(".steps-total .points").Text(); got != "985" {
		t.Errorf("total %q", got)
	}
	if got := doc.Find("li").Eq(1).Find(".points").Text(); got != "−20" {
		t.Errorf("points %q", got)
	}
}

func TestAHistoryIsOnAnAxisOfTimeAndNamesTheEdgesOfBands(t *testing.T) {
	doc := parse(t, History{Label: "l", Dots: []Dot{{When: "a", At: day(1), Value: 1000}, {When: "b", At: day(2), Value: 1010},
		{When: "c", At: day(11), Value: 1020}}, Marks: []Mark{{960, "A"}, {1030, "AA"}, {1050, "AAA"}, {850, "B"}}}.UI())
	at := func(i int) float64 {
		x, err := strconv.ParseFloat(doc.Find(".history-dot").Eq(i).AttrOr("cx", ""), 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	if first, second := at(1)-at(0), at(2)-at(0); second/first < 9.9 || second/first > 10.1 {
		t.Errorf("one day is %v wide, ten are %v", first, second)
	}
	names := doc.Find(".history-name")
	if names.Length() != 2 || names.Eq(0).Text() != "A" || names.Eq(1).Text() != "AA" {
		t.Errorf("%d edges are named: %s", names.Length(), names.Text())
	}
}

func TestAProgressBarStaysWithinItsBounds(t *testing.T) {
	for _, c := range []struct {
		value, max int
		want       string
	}{{-1, 10, "0%"}, {5, 10, "50%"}, {11, 10, "100%"}, {3, 0, "0%"}} {
		doc := parse(t, ProgressBar{Label: "l", Text: "t", Value: c.value, Max: c.max}.UI())
		if got := doc.Find(".progress-fill").AttrOr("width", ""); got != c.want {
			t.Errorf("%d of %d: %s, want %s", c.value, c.max, got, c.want)
		}
	}
}
