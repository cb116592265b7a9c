package pagetest

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// SampleDoc returns the sample of a name, rendered.
func SampleDoc(t *testing.T, lang, name string) *goquery.Document {
	t.Helper()
	for _, s := range samplesOfAgencies(t, lang) {
		if s.Name == name {
			doc, _ := Render(t, &s.View)
			return doc
		}
	}
	t.Fatalf("no sample %s", name)
	return nil
}

// StepForms are the forms of a case that move it on.
const StepForms = `main form[method=post]:not([action$="/notes"]):not([action$="/id-number"])`

// RenderHeld renders the body of a page.
func RenderHeld(t *testing.T, name string, v *mingjing.View) *goquery.Document {
	t.Helper()
	html := app.HTMLString(page.Body(v))
	doc, err := goquery.NewDocumentFromReader(strings.NewReader("<!doctype html><html><body>" + html + "</body></html>"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doc
}

// Sound fails the test where the HTML of a page is not sound: its headings, ids, labels and links.
func Sound(t *testing.T, doc *goquery.Document) {
	t.Helper()
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%d h1, want 1", n)
	}
	if n := doc.Find("[style], style, script, iframe, object").Length(); n != 0 {
		t.Errorf("%d elements that a strict policy refuses", n)
	}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("attribute %s on %s", a.Key, s.Nodes[0].Data)
			}
		}
	})
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if seen[id] || id == "" || strings.ContainsAny(id, " \t\n") {
			t.Errorf("id %q is there twice or unfit", id)
		}
		seen[id] = true
	})
	for _, name := range []string{"aria-describedby", "aria-labelledby", "for"} {
		doc.Find("[" + name + "]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr(name, "")) {
				if !seen[id] {
					t.Errorf("%s names %q, which is not there", name, id)
				}
			}
		})
	}
	doc.Find(".error-list a").Each(func(_ int, s *goquery.Selection) {
		if id := strings.TrimPrefix(s.AttrOr("href", ""), "#"); !seen[id] {
			t.Errorf("the error summary leads to %q, which is not there", id)
		}
	})
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		if doc.Find("label").FilterFunction(func(_ int, l *goquery.Selection) bool {
			return l.AttrOr("for", "") == s.AttrOr("id", "-") && strings.TrimSpace(l.Text()) != ""
		}).Length() != 1 {
			t.Errorf("%s %s has no label of its own", s.Nodes[0].Data, s.AttrOr("name", ""))
		}
	})
	level := 1
	doc.Find("main").Find("h1, h2, h3, h4").Each(func(_ int, s *goquery.Selection) {
		l := int(s.Nodes[0].Data[1] - '0')
		if l > level+1 {
			t.Errorf("heading %q jumps from level %d to %d", s.Text(), level, l)
		}
		level = l
		if strings.TrimSpace(s.Text()) == "" {
			t.Error("a heading says nothing")
		}
	})
	doc.Find("table").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Find("caption").Text()) == "" {
			t.Error("a table has no caption")
		}
		if s.Find("th:not([scope])").Length() > 0 {
			t.Error("a table heading has no scope")
		}
	})
	doc.Find("a[href], button").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Text()) == "" && s.AttrOr("aria-label", "") == "" {
			t.Errorf("a link or button to %q has no name", s.AttrOr("href", ""))
		}
	})
	doc.Find("form").Each(func(_ int, s *goquery.Selection) {
		if m := s.AttrOr("method", ""); m != "post" && m != "get" || s.AttrOr("action", "") == "" {
			t.Errorf("a form goes nowhere: %s %s", m, s.AttrOr("action", ""))
		}
		if s.Find("button").Length() == 0 {
			t.Errorf("form %s has no button", s.AttrOr("action", ""))
		}
	})
}

func init() { i18n.OnMissing = func(what string) { panic("i18n: " + what) } }

// Render renders the body of a page, and returns its HTML too.
func Render(t testing.TB, v *mingjing.View) (*goquery.Document, string) {
	t.Helper()
	html := app.HTMLString(page.Body(v))
	doc, err := goquery.NewDocumentFromReader(strings.NewReader("<!doctype html><body>" + html))
	if err != nil {
		t.Fatalf("parse page: %v", err)
	}
	return doc, html
}

// A rendering is a sample as HTML, made once for all tests, which only read it.
type rendering struct {
	Sample
	doc  *goquery.Document
	html string
}

var renderings = map[string][]rendering{}

// Each runs a test on every sample in every language.
func Each(t *testing.T, check func(t *testing.T, v *mingjing.View, doc *goquery.Document, html string)) {
	for _, lang := range mingjing.Languages {
		if renderings[lang] == nil {
			for _, s := range Samples(t, lang) {
				doc, html := Render(t, &s.View)
				renderings[lang] = append(renderings[lang], rendering{s, doc, html})
			}
		}
		for _, r := range renderings[lang] {
			t.Run(lang+"/"+r.Name, func(t *testing.T) { check(t, &r.View, r.doc, r.html) })
		}
	}
}

// MainText returns the text of the main element of a page.
func MainText(t *testing.T, name string, v *mingjing.View) string {
	t.Helper()
	return RenderHeld(t, name, v).Find("main").Text()
}
