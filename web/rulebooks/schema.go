package rulebooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"mingjing"
)

// A fileSchema is a published schema, compiled and as text: its comments say what to
// do.
type fileSchema struct {
	compiled *jsonschema.Schema
	url      string
	text     any
}

var (
	rulebookSchema = sync.OnceValue(func() fileSchema { return compile(mingjing.RulebookSchema, Schema()) })
	calendarSchema = sync.OnceValue(func() fileSchema { return compile(mingjing.CalendarSchema, CalendarSchema()) })
)

// compile compiles one of our schemas; nothing is fetched for it.
func compile(name string, data []byte) fileSchema {
	s := fileSchema{url: "mem:///" + name}
	var err error
	if s.text, err = jsonschema.UnmarshalJSON(bytes.NewReader(data)); err == nil {
		c := jsonschema.NewCompiler()
		c.UseLoader(jsonschema.SchemeURLLoader{})
		if err = c.AddResource(s.url, s.text); err == nil {
			s.compiled, err = c.Compile(s.url)
		}
	}
	if err != nil {
		panic(err) // the schemas are embedded, and tested
	}
	return s
}

// file checks the bytes against the schema; it returns false when they are no JSON.
func (c *checker) file(data []byte, schema fileSchema) bool {
	switch {
	case len(data) > MaxBytes:
		c.add("", "the file is larger than "+strconv.Itoa(MaxBytes)+" bytes: shorten it")
	case !utf8.Valid(data):
		c.add("", "the file is not UTF-8: save it as UTF-8")
	case c.syntax(data):
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			c.add("", "not JSON: "+err.Error())
			return false
		}
		if wrong, ok := errors.AsType[*jsonschema.ValidationError](schema.compiled.Validate(doc)); ok {
			c.schema(schema, wrong)
		}
		return true
	}
	return false
}

// syntax checks that the data is one JSON value in which no field occurs twice, which
// neither decoder reports.
func (c *checker) syntax(data []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := c.value(dec, "", 0); err != nil {
		line := 1 + bytes.Count(data[:min(int(dec.InputOffset()), len(data))], []byte("\n"))
		c.add("", "near line "+strconv.Itoa(line)+": not JSON: "+err.Error())
		return false
	}
	if _, err := dec.Token(); err != io.EOF {
		c.add("", "there is something after the end: remove it")
		return false
	}
	return true
}

const maxDepth = 16

var errTooDeep = errors.New("nested too deep")

func (c *checker) value(dec *json.Decoder, place string, depth int) error {
	token, err := dec.Token()
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	open, ok := token.(json.Delim)
	if err != nil || !ok {
		return err
	}
	if depth >= maxDepth {
		return errTooDeep
	}
	seen := map[string]bool{}
	for i := 0; dec.More(); i++ {
		at := place + "/" + strconv.Itoa(i)
		if open == '{' {
			token, err := dec.Token()
			if err != nil {
				return err
			}
			key, _ := token.(string)
			if at = place + "/" + escaped(key); seen[key] {
				c.add(at, "the field is there twice: keep one")
			}
			seen[key] = true
		}
		if err := c.value(dec, at, depth+1); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

func escaped(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// schema adds the problems that the schema reports, in the order of the places, each
// once.
func (c *checker) schema(schema fileSchema, wrong *jsonschema.ValidationError) {
	type problem struct{ place, todo string }
	var all []problem
	var leaves func(e *jsonschema.ValidationError)
	leaves = func(e *jsonschema.ValidationError) {
		// When no entry of a list fits, that is a problem of the list, not of each
		// entry.
		if _, contains := e.ErrorKind.(*kind.Contains); len(e.Causes) > 0 && !contains {
			for _, cause := range e.Causes {
				leaves(cause)
			}
			return
		}
		place := ""
		for _, key := range e.InstanceLocation {
			place += "/" + escaped(key)
		}
		node := schema.node(e.SchemaURL)
		switch k := e.ErrorKind.(type) {
		case *kind.Required:
			for _, field := range k.Missing {
				all = append(all, problem{place + "/" + field, "the field is missing: write " + schema.wanted(node, field)})
			}
		case *kind.AdditionalProperties:
			for _, field := range k.Properties {
				all = append(all, problem{place + "/" + escaped(field), "there is no such field: remove it or correct its spelling" + after(node)})
			}
		case *kind.UniqueItems:
			all = append(all, problem{place + "/" + strconv.Itoa(k.Duplicates[1]), "it is there twice: keep one"})
		default:
			all = append(all, problem{place, remedy(e, node)})
		}
	}
	leaves(wrong)
	slices.SortStableFunc(all, func(a, b problem) int { return strings.Compare(a.place, b.place) })
	for _, p := range slices.Compact(all) {
		c.add(p.place, p.todo)
	}
}

// remedy returns what to do about an error: what the kind of error says, or what the
// schema's author wrote beside it.
func remedy(e *jsonschema.ValidationError, node map[string]any) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		if k.Got == "null" {
			return "null is not used: leave the field out or fill it in"
		}
		return "write " + typeNames[k.Want[0]] + " here" + after(node)
	case *kind.Enum:
		return "choose one of: " + listed(k.Want)
	case *kind.MinItems:
		return "write at least " + counted(k.Want, "entry", "entries")
	case *kind.MaxItems:
		return "write at most " + counted(k.Want, "entry", "entries")
	case *kind.MinLength:
		return "write the text"
	case *kind.MaxLength:
		return "shorten it to " + counted(k.Want, "character", "characters")
	case *kind.Minimum, *kind.Maximum:
		least, most := number(node["minimum"]), number(node["maximum"])
		switch {
		case least == "":
			return "write at most " + most + after(node)
		case most == "":
			return "write at least " + least + after(node)
		}
		return "write " + least + " to " + most + after(node)
	}
	if todo, ok := node["$comment"].(string); ok {
		return todo
	}
	if k, ok := e.ErrorKind.(*kind.Const); ok {
		return "write " + listed([]any{k.Want})
	}
	alone := *e
	alone.Causes = nil
	return alone.BasicOutput().Error.String()
}

var typeNames = map[string]string{"array": "a list", "object": "an object", "string": "a text",
	"integer": "a whole number", "boolean": "true or false"}

// after returns the author's comment, as the end of a sentence.
func after(node map[string]any) string {
	if todo, ok := node["$comment"].(string); ok {
		return ": " + todo
	}
	return ""
}

func counted(n int, one, more string) string {
	if n == 1 {
		return "one " + one
	}
	return strconv.Itoa(n) + " " + more
}

func number(v any) string {
	n, _ := v.(json.Number)
	return n.String()
}

func listed(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		if s, ok := v.(string); ok {
			texts[i] = s
		} else {
			texts[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(texts, ", ")
}

// node returns the part of the schema that a location names; nil for none.
func (s fileSchema) node(location string) map[string]any {
	path, _ := strings.CutPrefix(location, s.url+"#")
	at := s.text
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		switch v := at.(type) {
		case map[string]any:
			if step != "" {
				at = v[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
			}
		case []any:
			if i, err := strconv.Atoi(step); err == nil && i < len(v) {
				at = v[i]
			}
		}
	}
	m, _ := at.(map[string]any)
	return m
}

// wanted returns what a missing field of the node should contain.
func (s fileSchema) wanted(node map[string]any, field string) string {
	properties, _ := node["properties"].(map[string]any)
	of, _ := properties[field].(map[string]any)
	if says, ok := of["description"].(string); ok {
		return "it. " + says
	}
	return "it"
}
