package inspect

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// activeNames are names by which a PDF runs something or has files in it.
var activeNames = []string{"JavaScript", "EmbeddedFiles", "EmbeddedFile", "EF", "XFA"}

// activeKinds are the kinds of action and of annotation that run, open, send or play
// something: values of S or Subtype.
var activeKinds = []string{"Launch", "ImportData", "SubmitForm", "GoToE", "Rendition", "Movie", "Sound", "Screen", "RichMedia",
	"RichMediaExecute", "FileAttachment", "3D"}

// packed are the kinds of stream in which a PDF has objects, or where they are.
var packed = []string{"ObjStm", "XRef"}

// disarm makes a PDF do nothing but show its pages: it renames in place what makes it act,
// and empties the files in it. It reports whether there was anything. pdf is as PDFium
// writes it, with a table of all objects at its end and none of them packed in another; the
// error is errLayout for anything else.
func disarm(pdf []byte) (found bool, err error) {
	objects, err := objectsOf(pdf)
	if err != nil {
		return false, err
	}
	empty := map[int]bool{} // by number
	for number, o := range objects {
		for i, t := range o.tokens {
			before := ""
			if i > 0 {
				before = o.tokens[i-1].name
			}
			switch {
			case slices.Contains(activeNames, t.name), slices.Contains(activeKinds, t.name) && (before == "S" || before == "Subtype"):
				found = true
				for _, n := range references(o.tokens[i+1:]) {
					if t.name == "EF" {
						empty[n] = true
					}
				}
				if t.name == "EmbeddedFile" && before == "Type" {
					empty[number] = true
				}
				swapCase(t.raw)
			case slices.Contains(packed, t.name) && before == "Type":
				empty[number] = true
				swapCase(t.raw)
			}
		}
	}
	for number := range empty {
		if o := objects[number]; o.stream == nil { // the dictionary of the streams of a file
			for i := range o.tokens {
				for _, n := range references(o.tokens[i:]) {
					clear(objects[n].stream)
				}
			}
		}
		clear(objects[number].stream)
	}
	return found, nil
}

// references returns the numbers of the objects to which the value at the beginning of
// tokens refers: a reference, or the members of a dictionary.
func references(tokens []token) (numbers []int) {
	depth := 0
	for i, t := range tokens {
		switch string(t.raw) {
		case "<<":
			depth++
		case ">>":
			depth--
		case "R":
			if i >= 2 {
				if n, err := strconv.Atoi(string(tokens[i-2].raw)); err == nil {
					numbers = append(numbers, n)
				}
			}
		}
		if depth <= 0 && (i >= 2 || depth < 0 || string(t.raw) == ">>" || t.name != "") {
			break
		}
	}
	return numbers
}

// swapCase changes large and small letters in place, so that a name means nothing any more.
func swapCase(name []byte) {
	for i, b := range name {
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' {
			name[i] = b ^ 0x20
		}
	}
}

// An object is one of a PDF. stream is nil where it has none.
type object struct {
	tokens []token
	stream []byte
}

// A token is a word of an object; name is that of a name, decoded.
type token struct {
	raw  []byte
	name string
}

// errLayout says that a PDF is not as PDFium writes it.
var errLayout = errors.New("inspect: the copy of a PDF has another layout")

// objectsOf returns the objects of a PDF by their numbers, from the table at its end.
func objectsOf(pdf []byte) (map[int]object, error) {
	tail := bytes.Fields(pdf[max(0, bytes.LastIndex(pdf, []byte("startxref"))):])
	if len(tail) < 2 {
		return nil, errLayout
	}
	table, err := strconv.Atoi(string(tail[1]))
	if err != nil || table < 0 || table > len(pdf) || !bytes.HasPrefix(pdf[table:], []byte("xref")) {
		return nil, errLayout
	}
	type place struct{ number, at int }
	var places []place
	rows := bytes.Fields(pdf[table:])[1:]
	for len(rows) >= 2 && string(rows[0]) != "trailer" {
		first, err1 := strconv.Atoi(string(rows[0]))
		count, err2 := strconv.Atoi(string(rows[1]))
		if rows = rows[2:]; err1 != nil || err2 != nil || count < 0 || count > len(rows)/3 {
			return nil, errLayout
		}
		for i := range count {
			at, err := strconv.Atoi(string(rows[3*i]))
			if err != nil || at < 0 || at > table {
				return nil, errLayout
			}
			if string(rows[3*i+2]) == "n" {
				places = append(places, place{first + i, at})
			}
		}
		rows = rows[3*count:]
	}
	slices.SortFunc(places, func(a, b place) int { return a.at - b.at })
	objects := make(map[int]object, len(places))
	for i, p := range places {
		end := table
		if i+1 < len(places) {
			end = places[i+1].at
		}
		objects[p.number] = objectIn(pdf[p.at:end])
	}
	return objects, nil
}

// objectIn reads one object.
func objectIn(data []byte) (o object) {
	for at := 0; at < len(data); {
		start := at
		switch b := data[at]; {
		case isSpace(b):
			at++
			continue
		case b == '(':
			at = stringEnd(data, at)
		case b == '<' && at+1 < len(data) && data[at+1] != '<':
			if end := bytes.IndexByte(data[at:], '>'); end >= 0 {
				at += end + 1
			} else {
				at = len(data)
			}
		case b == '<', b == '>':
			at = min(at+2, len(data))
		case isDelimiter(b) && b != '/':
			at++
		default:
			for at++; at < len(data) && !isSpace(data[at]) && !isDelimiter(data[at]); {
				at++
			}
		}
		t := token{raw: data[start:at]}
		if data[start] == '/' {
			t.name = nameIn(data[start+1 : at])
		}
		o.tokens = append(o.tokens, t)
		if string(t.raw) == "stream" {
			o.stream = bytes.TrimLeft(data[at:], "\r\n")
			if end := bytes.LastIndex(o.stream, []byte("endstream")); end >= 0 {
				o.stream = o.stream[:end]
			}
			return o
		}
	}
	return o
}

// stringEnd returns where the string ends that begins at a place.
func stringEnd(data []byte, at int) int {
	depth := 0
	for ; at < len(data); at++ {
		switch data[at] {
		case '\\':
			at++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return at + 1
			}
		}
	}
	return len(data)
}

// nameIn decodes a name: #41 is an A.
func nameIn(raw []byte) string {
	var out []byte
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			if b, err := strconv.ParseUint(string(raw[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(b))
				i += 2
				continue
			}
		}
		out = append(out, raw[i])
	}
	return string(out)
}

func isSpace(b byte) bool { return b <= ' ' && strings.IndexByte("\x00\t\n\f\r ", b) >= 0 }

func isDelimiter(b byte) bool { return strings.IndexByte("()<>[]{}/%", b) >= 0 }
