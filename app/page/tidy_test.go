//go:build !js

package page_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
	"golang.org/x/net/html"
)

// parse returns the element that the HTML of a tree becomes in a browser.
func parse(t testing.TB, s string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader("<!doctype html><body>" + s + "</body>"))
	if err != nil {
		t.Fatal(err)
	}
	var find func(n *html.Node) *html.Node
	find = func(n *html.Node) *html.Node {
		if n.Type == html.ElementNode && n.Data == "body" {
			return n.FirstChild
		}
		for k := n.FirstChild; k != nil; k = k.NextSibling {
			if found := find(k); found != nil {
				return found
			}
		}
		return nil
	}
	return find(doc)
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func TestTidyWritesTheBrowsersTree(t *testing.T) {
	for name, test := range map[string]struct {
		tree app.UI
		want string
	}{
		"one text":          {app.P().Text("a < b"), `<p>a &lt; b</p>`},
		"words stay joined": {app.P().Body(app.Text("a"), app.Strong().Text("b"), app.Text("c")), `<p>a<strong>b</strong>c</p>`},
		"texts in a row":    {app.P().Body(app.Text("a"), app.Text(""), app.Text(" b")), `<p>a b</p>`},
		"space at the ends": {app.P().Body(app.Text(" a "), app.B().Text(" b "), app.Text("  ")), `<p> a <b> b </b>  </p>`},
		"nothing inside":    {app.Div().Body(app.Div(), app.Br(), app.Div()), `<div><div></div><br><div></div></div>`},
		"depth": {app.Ul().Body(app.Li().Body(app.Div().Body(app.Text("x"), app.I().Text("y")))),
			`<ul><li><div>x<i>y</i></div></li></ul>`},
		"lines of a field": {c.El("textarea", nil, c.Text("\nfirst\n    second\n")), "<textarea>\n\nfirst\n    second\n</textarea>"},
		"lines of a text":  {app.P().Text("first\n    second\n"), "<p>first\n    second\n</p>"},
		"false flag":       {app.Button().Disabled(false).Text("x"), `<button>x</button>`},
		"true flag":        {app.Input().Checked(true).Type("radio"), `<input checked type="radio">`},
		"true value":       {app.Div().Aria("hidden", true).Attr("data-full", "true"), `<div aria-hidden="true" data-full="true"></div>`},
		"order":            {app.A().Href("/x").Class("c").ID("i").Title("t"), `<a class="c" href="/x" id="i" title="t"></a>`},
		"quotation marks":  {app.Div().Title(`" onclick="x`), `<div title="&#34; onclick=&#34;x"></div>`},
		"other scripts":    {app.Div().Title("张\u3000三\n\\"), "<div title=\"张\u3000三\n\\\"></div>"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := page.Tidied(app.HTMLString(test.tree)); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestWhatIsNotTheEncodersIsLeftAlone(t *testing.T) {
	for _, s := range []string{"", "plain", "<", "<p", "<p class=x>", `<p class="x`, "</p>", "<p></div>", "<p>a</p", "< p>"} {
		if got := page.Tidied(s); len(got) < len(strings.TrimSuffix(s, "\n"))-1 {
			t.Errorf("tidy(%q) = %q", s, got)
		}
	}
}

// Whatever a person typed must stand in the page as text, and nowhere else.
func FuzzWhatWasTypedStaysText(f *testing.F) {
	for _, s := range []string{`"><script>alert(1)</script>`, "\n\n  x", "&quot;", `\"`, "\n  ", "</textarea>", "\u2028\x00\xff", "    ",
		"a\r\nb", "`${x}`"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 4096 {
			return
		}
		tree := c.El("div", c.A{"id": "x"},
			c.El("input", c.A{"name": "n", "value": s}),
			c.El("textarea", c.A{"name": "t"}, c.Text(s)),
			c.El("p", nil, c.Text(s)))
		root := parse(t, page.Tidied(app.HTMLString(tree)))
		var kinds []string
		for k := root.FirstChild; k != nil; k = k.NextSibling {
			kinds = append(kinds, k.Data)
			for inner := k.FirstChild; inner != nil; inner = inner.NextSibling {
				if inner.Type != html.TextNode {
					t.Fatalf("%q became an element %s", s, inner.Data)
				}
			}
		}
		if strings.Join(kinds, " ") != "input textarea p" {
			t.Fatalf("%q changed the tree: %v", s, kinds)
		}
		if len(root.FirstChild.Attr) > 2 {
			t.Fatalf("%q became an attribute: %v", s, root.FirstChild.Attr)
		}
		// The parser replaces characters that HTML can't have; each other character must
		// be there.
		odd := func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }
		if !utf8.ValidString(s) || strings.ContainsFunc(s, odd) {
			return
		}
		if got, _ := attribute(root.FirstChild, "value"); got != s && strings.TrimSpace(s) != "" {
			t.Errorf("value %q became %q", s, got)
		}
		if field := root.FirstChild.NextSibling.FirstChild; s != "" && (field == nil || field.Data != s) {
			t.Errorf("field %q became %+v", s, field)
		}
	})
}
