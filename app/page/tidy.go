package page

import (
	"slices"
	"strconv"
	"strings"
)

// voidTags are elements without an end tag.
var voidTags = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

// flags are attributes that are true when they are there. go-app writes false ones too,
// as name="false", which a browser reads as true.
var flags = []string{"allowfullscreen", "async", "autofocus", "autoplay", "checked", "controls", "default", "defer", "disabled",
	"formnovalidate", "hidden", "inert", "ismap", "itemscope", "loop", "multiple", "muted", "nomodule", "novalidate", "open",
	"readonly", "required", "reversed", "selected"}

// tidy turns what go-app 10.1 encodes into the HTML of the very tree that go-app
// builds in the browser. The encoder quotes attributes as Go strings instead of
// escaping them, so that a quotation mark in a value would end it; writes no
// value for "true"; orders attributes at random; and indents, which puts space
// between words where the browser's tree has none. What is not in the encoder's
// form is returned as it is, up to that point tidied.
func tidy(s string) string {
	t := tidier{in: strings.ToValidUTF8(s, "\uFFFD")}
	t.out.Grow(len(s))
	for t.next() {
	}
	t.out.WriteString(t.in)
	return t.out.String()
}

type tidier struct {
	in   string
	out  strings.Builder
	open []string // elements that are open
}

// next writes the next tag, and the text before it.
func (t *tidier) next() bool {
	at := strings.IndexByte(t.in, '<')
	if at < 0 {
		t.in = strings.TrimSuffix(t.in, "\n")
		return false
	}
	text, rest := t.in[:at], t.in[at+1:]
	if strings.HasPrefix(rest, "/") {
		name, after, ok := strings.Cut(rest[1:], ">")
		if !ok || len(t.open) == 0 || t.open[len(t.open)-1] != name {
			return false
		}
		t.text(text, true)
		t.open = t.open[:len(t.open)-1]
		t.out.WriteString("</" + name + ">")
		t.in = after
		return true
	}
	name, attrs, after, ok := startTag(rest)
	if !ok {
		return false
	}
	t.text(text, false)
	t.out.WriteString("<" + name)
	for _, a := range attrs {
		t.out.WriteString(a)
	}
	t.out.WriteByte('>')
	t.in = after
	if !slices.Contains(voidTags, name) {
		t.open = append(t.open, name)
		if strings.HasPrefix(after, "\n") && (name == "textarea" || name == "pre") {
			t.out.WriteByte('\n') // the parser drops the first one
		}
	}
	return true
}

// text writes the text before a tag without the encoder's indentation. The only text of
// an element is written as it is; any other child of an element is on a line of its
// own.
func (t *tidier) text(s string, end bool) {
	depth := len(t.open)
	if depth == 0 {
		return // before the root
	}
	inner := t.open[depth-1]
	outer := "\n" + strings.Repeat("  ", depth-1)
	alone := end && !(strings.HasPrefix(s, "\n") && strings.HasSuffix(s, outer) && len(s) > len(outer))
	verbatim := inner == "textarea" || inner == "pre"
	if end && s == outer && !verbatim { // after the last child
		return
	}
	if alone || verbatim && end {
		t.out.WriteString(s)
		return
	}
	indent := strings.Repeat("  ", depth)
	lines := strings.Split(s, "\n")
	lines = lines[:len(lines)-1] // the indentation of the tag
	for i, line := range lines {
		switch child, ok := strings.CutPrefix(line, indent); {
		case ok:
			t.out.WriteString(child)
		case line != "" && i > 0:
			t.out.WriteString("\n" + line)
		default:
			t.out.WriteString(line)
		}
	}
}

// startTag parses "name attr attr="go-quoted">" and returns the attributes as HTML, in
// order.
func startTag(s string) (name string, attrs []string, rest string, ok bool) {
	end := strings.IndexAny(s, " >")
	if end <= 0 {
		return "", nil, "", false
	}
	name, s = s[:end], s[end:]
	for strings.HasPrefix(s, " ") {
		s = s[1:]
		end = strings.IndexAny(s, "= >")
		if end <= 0 {
			return "", nil, "", false
		}
		key, value := s[:end], "true"
		s = s[end:]
		if strings.HasPrefix(s, "=") {
			quoted, err := strconv.QuotedPrefix(s[1:])
			if err != nil {
				return "", nil, "", false
			}
			if value, err = strconv.Unquote(quoted); err != nil {
				return "", nil, "", false
			}
			s = s[1+len(quoted):]
		}
		switch {
		case !slices.Contains(flags, key):
			attrs = append(attrs, " "+key+`="`+inAttribute(value)+`"`)
		case value != "false":
			attrs = append(attrs, " "+key)
		}
	}
	if !strings.HasPrefix(s, ">") {
		return "", nil, "", false
	}
	slices.Sort(attrs)
	return name, attrs, s[1:], true
}

// inAttribute escapes a value for quotation marks. An ampersand stays, since components
// write character references.
func inAttribute(s string) string {
	return attributeEscapes.Replace(strings.ToValidUTF8(s, "\uFFFD"))
}

var attributeEscapes = strings.NewReplacer(`"`, "&#34;", "<", "&lt;", ">", "&gt;", "\x00", "\uFFFD", "\r", "&#13;")
