package api

import (
	"mingjing/server/evidence"
	"reflect"
	"strconv"
	"strings"
)

// What endpoints read are structs whose fields are named by their json tags, in the
// same way for JSON, forms and queries. The other tags say what casework accepts, for
// openapi.json alone: min and max (of characters, or of a number), enum and format.
// Wrong values are passed on to casework, which has the error for them; a number that
// can't be parsed is read as 0.

var filesType = reflect.TypeFor[[]evidence.Upload]()

// hasFiles reports whether an input has a field for files.
func hasFiles(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).Type == filesType {
			return true
		}
	}
	return false
}

// decode reads the values of a form, of JSON or of a query into a struct.
func decode(values map[string][]string, files []evidence.Upload, into any) {
	decodeStruct(values, files, "", 0, reflect.ValueOf(into).Elem())
}

// asked returns the query of the address of a page.
func asked[In any](c *call) In {
	var in In
	decode(c.r.URL.Query(), nil, &in)
	return in
}

// decodeStruct reads the values whose names begin with prefix; of repeated values, that
// at position at.
func decodeStruct(values map[string][]string, files []evidence.Upload, prefix string, at int, v reflect.Value) {
	for i := range v.NumField() {
		field, kind := v.Field(i), v.Type().Field(i)
		if kind.Anonymous {
			decodeStruct(values, files, prefix, at, field)
			continue
		}
		name, _, _ := strings.Cut(kind.Tag.Get("json"), ",")
		name = prefix + name
		texts := values[name]
		text := ""
		if at < len(texts) {
			text = texts[at]
		}
		switch field.Kind() {
		case reflect.String:
			field.SetString(text)
		case reflect.Bool:
			field.SetBool(text == "true" || text == "on")
		case reflect.Int, reflect.Int64:
			n, _ := strconv.ParseInt(strings.TrimSpace(text), 10, field.Type().Bits())
			field.SetInt(n)
		case reflect.Struct:
			decodeStruct(values, nil, name+".", at, field)
		case reflect.Slice:
			decodeList(values, files, name, field)
		default:
			panic("api: nothing reads a field of type " + field.Type().String())
		}
	}
}

// decodeList reads repeated values, files, or the members of a list of objects.
func decodeList(values map[string][]string, files []evidence.Upload, name string, list reflect.Value) {
	kind := list.Type().Elem().Kind()
	switch {
	case list.Type() == filesType:
		list.Set(reflect.ValueOf(files))
	case kind == reflect.String:
		for _, text := range values[name] {
			list.Set(reflect.Append(list, reflect.ValueOf(text).Convert(list.Type().Elem())))
		}
	case kind == reflect.Struct:
		n := 0
		for other, texts := range values {
			if strings.HasPrefix(other, name+".") {
				n = max(n, len(texts))
			}
		}
		for i := range n {
			item := reflect.New(list.Type().Elem()).Elem()
			decodeStruct(values, nil, name+".", i, item)
			list.Set(reflect.Append(list, item))
		}
	default:
		panic("api: nothing reads a list of " + list.Type().Elem().String())
	}
}
