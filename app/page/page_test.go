package page_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page"
	_ "mingjing/app/page/desk"
	"mingjing/app/page/pagetest"
	_ "mingjing/app/page/public"
	_ "mingjing/app/page/resident"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
)

func TestEveryPageHasOneHeadingOneMainAndATitle(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, html string) {
		if n := doc.Find("h1").Length(); n != 1 {
			t.Errorf("%d h1 elements, want 1", n)
		}
		if strings.TrimSpace(doc.Find("h1").Text()) == "" {
			t.Error("the h1 is empty")
		}
		if n := doc.Find("main#main").Length(); n != 1 {
			t.Errorf("%d main elements, want 1", n)
		}
		if title := page.Title(v); !strings.Contains(title, "Mingjing") || strings.Contains(title, "title.") {
			t.Errorf("title %q", title)
		}
	})
}

func TestHeadingsStepDownOneLevelAtATime(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, html string) {
		last := 0
		doc.Find("main").Find("h1,h2,h3,h4").Each(func(_ int, h *goquery.Selection) {
			if h.Closest(".error-summary").Length() > 0 {
				return
			}
			level := int(goquery.NodeName(h)[1] - '0')
			if level > last+1 {
				t.Errorf("h%d %q follows h%d", level, strings.TrimSpace(h.Text()), last)
			}
			last = level
		})
	})
}

func TestNoIDIsUsedTwiceAndEveryReferenceResolves(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, html string) {
		seen := map[string]bool{}
		doc.Find("[id]").Each(func(_ int, e *goquery.Selection) {
			id := e.AttrOr("id", "")
			if seen[id] {
				t.Errorf("id %q is used twice", id)
			}
			seen[id] = true
		})
		for _, name := range []string{"for", "aria-describedby", "aria-labelledby"} {
			doc.Find("[" + name + "]").Each(func(_ int, e *goquery.Selection) {
				for id := range strings.FieldsSeq(e.AttrOr(name, "")) {
					if !seen[id] {
						t.Errorf("%s=%q leads nowhere", name, id)
					}
				}
			})
		}
		doc.Find(`a[href^="#"]`).Each(func(_ int, e *goquery.Selection) {
			if !seen[e.AttrOr("href", "")[1:]] {
				t.Errorf("link %q leads nowhere", e.AttrOr("href", ""))
			}
		})
	})
}

func TestEveryFieldHasALabelAndEveryButtonAName(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, html string) {
		doc.Find("input:not([type=hidden]),select,textarea").Each(func(_ int, e *goquery.Selection) {
			label := doc.Find(`label[for="` + e.AttrOr("id", "") + `"]`)
			if strings.TrimSpace(label.Text()) == "" {
				t.Errorf("field %q has no label", e.AttrOr("name", ""))
			}
		})
		doc.Find("button,a,summary").Each(func(_ int, e *goquery.Selection) {
			if strings.TrimSpace(e.Text()) == "" {
				out, _ := goquery.OuterHtml(e)
				t.Errorf("no name: %s", out)
			}
		})
		doc.Find("input[type=radio],input[type=checkbox]").Each(func(_ int, e *goquery.Selection) {
			if e.AttrOr("value", "") == "" {
				t.Errorf("choice %q would send an empty value", e.AttrOr("name", ""))
			}
		})
		doc.Find("[aria-hidden]").Each(func(_ int, e *goquery.Selection) {
			if e.AttrOr("aria-hidden", "") != "true" {
				t.Errorf("aria-hidden=%q hides nothing", e.AttrOr("aria-hidden", ""))
			}
		})
	})
}

// A new form with room for free text fails here until it says what becomes of the text.
func TestNothingThatSomebodyWritesIsLostWhenThePageIsLeft(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, _ string) {
		doc.Find("form").Each(func(_ int, form *goquery.Selection) {
			action, _ := form.Attr("action")
			key, draft := form.Attr("data-draft")
			_, asks := form.Attr("data-unsaved")
			if free := form.Find("textarea, input[name=purpose]").Length() > 0; free && !draft && !asks {
				t.Errorf("%s is neither saved nor asked about", action)
			}
			if !draft {
				return
			}
			if field := form.Find("input[name=draft]").AttrOr("value", ""); v.Who == nil || key != action+" "+v.Path || field != key {
				t.Errorf("the draft of %s is %q and %q", action, key, field)
			}
			save := form.Find(`button[formaction="/api/drafts"]`)
			if save.Length() != 1 || form.Find("[data-draft-words] [role=status]").Length() != 1 {
				t.Errorf("%s can't be saved without scripts, or says nothing of it", action)
			}
			// Enter presses the first button.
			if _, other := form.Find("button").First().Attr("formaction"); other {
				t.Errorf("Enter does not send %s", action)
			}
		})
	})
}

func TestPagesKeepAStrictContentSecurityPolicy(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, html string) {
		if n := doc.Find("[style],style,script").Length(); n != 0 {
			t.Errorf("%d style attributes, style or script elements", n)
		}
		doc.Find("*").Each(func(_ int, e *goquery.Selection) {
			for _, a := range e.Nodes[0].Attr {
				if strings.HasPrefix(a.Key, "on") {
					t.Errorf("attribute %s", a.Key)
				}
			}
		})
	})
}

func TestNoKeyIsShownInPlaceOfASentence(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, html string) {
		text := doc.Text()
		for _, bad := range []string{"{", "}", "%!", "title.", "nav.", "error.", "score.", "overview."} {
			at := strings.Index(text, bad)
			if at >= 0 && (len(bad) < 3 || at+len(bad) < len(text) && text[at+len(bad)] >= 'a' && text[at+len(bad)] <= 'z') {
				t.Errorf("page shows %q in %q", bad, text[max(0, at-40):min(len(text), at+40)])
			}
		}
	})
}

func TestLinksAndFormsOfThisSiteLeadToRoutes(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, html string) {
		doc.Find("a[href]").Each(func(_ int, e *goquery.Selection) {
			to := e.AttrOr("href", "")
			if _, file := e.Attr("download"); file && strings.HasPrefix(to, "data:application/dc+sd-jwt;base64,") {
				return // a signed statement that can be kept
			}
			if !strings.HasPrefix(to, "#") && !strings.HasPrefix(to, "/zh-CN/") && !strings.HasPrefix(to, "/en/") &&
				!strings.HasPrefix(to, "/web/") && !strings.HasPrefix(to, "/api/") &&
				to != "/log/key" && to != "/log/checkpoint" && to != "/.well-known/security.txt" {
				t.Errorf("link to %q", to)
			}
		})
		doc.Find("form").Each(func(_ int, e *goquery.Selection) {
			action := e.AttrOr("action", "")
			if !strings.HasPrefix(action, "/api/") && !strings.HasPrefix(action, "/"+v.Lang+"/") {
				t.Errorf("form to %q", action)
			}
			if m := e.AttrOr("method", ""); m != "post" && m != "get" {
				t.Errorf("form with method %q", m)
			}
		})
	})
}

func TestTheLanguageSwitchLeadsToTheSamePageByAFullLoad(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, html string) {
		other := i18n.Other(v.Lang)
		link := doc.Find(`header a[hreflang="` + other + `"]`)
		if want := "/" + other + "/" + strings.TrimPrefix(v.Path, "/"); link.AttrOr("href", "") != want {
			t.Errorf("switch leads to %q, want %q", link.AttrOr("href", ""), want)
		}
		if _, full := link.Attr("data-full"); !full {
			t.Error("the switch has no data-full")
		}
	})
}

func TestWhatAPersonTypedStaysText(t *testing.T) {
	v := pagetest.Anonymous(pagetest.Base(t, "en", "staff-login"))
	typed := "H\"1'<b onload=x>\\ &amp;\u3000\u00a0\n\x00 true"
	v.Form = map[string]string{"login": typed}
	doc, html := pagetest.Render(t, &v)
	if strings.Contains(html, "<b onload") {
		t.Error("markup broke out of a value")
	}
	want := strings.ReplaceAll(typed, "\x00", "\uFFFD")
	if got := doc.Find("#login").AttrOr("value", ""); got != want {
		t.Errorf("value %q, want %q", got, want)
	}
	v.Form["login"] = "true"
	doc, _ = pagetest.Render(t, &v)
	if got := doc.Find("#login").AttrOr("value", ""); got != "true" {
		t.Errorf("value %q, want true", got)
	}

	w := pagetest.Base(t, "en", "overview")
	w.Who.Name = `</span><script>alert(1)</script>`
	w.Data = &mingjing.OverviewView{}
	doc, _ = pagetest.Render(t, &w)
	if doc.Find("script").Length() != 0 {
		t.Error("a name became a script")
	}
	if !strings.Contains(doc.Find("h1").Text(), w.Who.Name) {
		t.Error("the name is not shown as it is")
	}
}

func TestTheErrorSummaryLeadsToEachField(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.Anonymous(pagetest.Base(t, lang, "login"))
		v.Problem = pagetest.Problem(422, "invalid_form", mingjing.FieldError{Field: "id_number", Code: "id_number_length"},
			mingjing.FieldError{Field: "password", Code: "required"})
		doc, _ := pagetest.Render(t, &v)
		summary := doc.Find("#error-summary[tabindex='-1']")
		if summary.Find("[role=alert] a").Length() != 2 {
			t.Fatalf("%s: the summary has not one link for each field", lang)
		}
		if !strings.Contains(doc.Find("#id_number-error").Text(), i18n.T(lang, "error.id_number_length")) {
			t.Errorf("%s: the field does not say what is wrong", lang)
		}
		if doc.Find("#id_number").AttrOr("aria-invalid", "") != "true" {
			t.Errorf("%s: the field is not marked", lang)
		}
		if !strings.HasPrefix(page.Title(&v), i18n.T(lang, "chrome.error_prefix", "title", "")) {
			t.Errorf("%s: title %q does not say that something is wrong", lang, page.Title(&v))
		}
	}
}

func TestNeitherPasswordNorCodeIsEverRefilledAndTheIDNumberIs(t *testing.T) {
	for _, page := range []string{"login", "activate", "staff-login"} {
		for status, code := range map[int]string{401: "login_failed", 503: "identity_down"} {
			v := pagetest.Anonymous(pagetest.Base(t, "en", page))
			v.Problem = pagetest.Problem(status, code)
			v.Form = map[string]string{"password": "secret-1", "id_number": "99999919900101001X", "code": "secret-3", "new_password": "secret-4",
				"totp": "secret-5"}
			doc, html := pagetest.Render(t, &v)
			if strings.Contains(html, "secret-") {
				t.Errorf("%s shows a secret again", page)
			}
			if got := doc.Find("#id_number").AttrOr("value", ""); page != "staff-login" && got != v.Form["id_number"] {
				t.Errorf("after %s, %s shows the ID number %q", code, page, got)
			}
		}
	}
}

func TestAScoreNamesWhatIsMissingAndThatItNeverCounts(t *testing.T) {
	for _, lang := range mingjing.Languages {
		for _, s := range pagetest.Samples(t, lang) {
			if s.Name != "score" {
				continue
			}
			doc, _ := pagetest.Render(t, &s.View)
			text := doc.Text()
			for _, m := range mingjing.DataOf[mingjing.ScoreView](&s.View).Score.Missing {
				if !strings.Contains(text, s.View.Label("agency", m)) {
					t.Errorf("%s: %s is not named", lang, m)
				}
			}
			if !strings.Contains(text, i18n.T(lang, "score.missing_text")) {
				t.Errorf("%s: nothing says that it never counts", lang)
			}
		}
	}
}

func TestEveryPageOfThisFileIsAScreen(t *testing.T) {
	for _, name := range []string{"home", "login", "activate", "staff-login", "rulebooks", "rulebook", "offline", "overview", "ask", "request",
		"score", "error"} {
		if !page.Known(name) {
			t.Errorf("no screen %s", name)
		}
	}
}

// TestWriteSamples writes the samples as files to look at when SAMPLES names a
// folder.
func TestWriteSamples(t *testing.T) {
	dir := os.Getenv("SAMPLES")
	if dir == "" {
		t.Skip("SAMPLES is not set")
	}
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, html string) {
		name := strings.ReplaceAll(strings.SplitN(t.Name(), "/", 2)[1], "/", "-") + ".html"
		content := `<!doctype html><html lang="` + v.Lang +
			`"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"><title>` + page.Title(v) +
			`</title><link rel="stylesheet" href="app.css"><body>` + html
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	})
}
