package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mingjing/server/evidence"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
)

// Limits on what a client sends.
const (
	// maxForm is the limit of a form or JSON, and of one field of a form with files, in
	// bytes: a decision with reasons and ten answers of [desk.MaxReasons] Chinese
	// characters each, which a form sends as nine bytes a character.
	maxForm   = 512 << 10
	maxFields = 200
	// maxUpload is the limit of a form with evidence.
	maxUpload = mingjing.MaxEvidence*mingjing.MaxEvidenceBytes + 1<<20
)

// An input is the content of a form or a JSON body: values by field name, in order, and
// the files.
type input struct {
	values map[string][]string
	files  []evidence.Upload
	// drafted are how many of the files, which come first, were in the draft of the form.
	drafted int
}

func (in *input) get(name string) string {
	if v := in.values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// A fileUse says what becomes of the files of a form.
type fileUse int

const (
	noFiles   fileUse = iota // a form with files is not accepted
	keepFiles                // they are read into memory
	dropFiles                // they are read and dropped
)

// readInput reads the body by its content type: of a form without files at most so many
// bytes. Only an action that takes files accepts a multipart form.
func (c *call) readInput(files fileUse, limit int64) error {
	c.in.values = map[string][]string{}
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil && c.r.ContentLength != 0 {
		return errBadBody
	}
	if kind == "multipart/form-data" && files != noFiles {
		return c.readMultipart(params["boundary"], files == keepFiles)
	}
	body, err := c.readBody(limit)
	if err != nil {
		return err
	}
	switch kind {
	case "application/json":
		return c.in.readJSON(body)
	case "application/x-www-form-urlencoded", "":
		c.r.Body = io.NopCloser(bytes.NewReader(body))
		if err := c.r.ParseForm(); err != nil {
			return errBadBody
		}
		return c.in.take(c.r.PostForm)
	case "multipart/form-data":
		// The app sends every form as the browser would; one without files may come
		// as multipart too.
		c.r.Body = io.NopCloser(bytes.NewReader(body))
		if err := c.r.ParseMultipartForm(maxForm); err != nil {
			return errBadBody
		}
		return c.in.take(c.r.MultipartForm.Value)
	}
	return errBadBody
}

func bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errTooLarge
	}
	return errBadBody
}

func (in *input) take(values map[string][]string) error {
	n := 0
	for name, vs := range values {
		for _, v := range vs {
			if n++; n > maxFields || !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return errBadBody
			}
		}
		in.values[name] = vs
	}
	return nil
}

// readJSON reads an object into the fields that a form would send. Its members
// are strings, numbers, booleans, or lists of these, which become repeated fields,
// or lists of objects, whose members become repeated fields named list.member:
// each as long as the list, "" where an object lacks it, so that what belongs
// together stands at the same place. An object alone is read where browsers make
// one: the keys of a push subscription.
func (in *input) readJSON(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if !utf8.Valid(body) {
		return errBadBody
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil {
		return errBadBody
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errBadBody
	}
	n := 0
	// put sets the field at a position of its list.
	put := func(name string, at int, v any) error {
		text, err := scalar(v)
		if n++; err != nil || n > maxFields {
			return errBadBody
		}
		for len(in.values[name]) <= at {
			in.values[name] = append(in.values[name], "")
		}
		in.values[name][at] = text
		return nil
	}
	for name, v := range object {
		list, ok := v.([]any)
		if v == nil {
			continue
		} else if !ok {
			list = []any{v}
		}
		if _, object := v.(map[string]any); object && name != "keys" || strings.Contains(name, ".") || len(list) > maxFields {
			return errBadBody
		}
		for i, e := range list {
			members, ok := e.(map[string]any)
			if !ok {
				if err := put(name, i, e); err != nil {
					return err
				}
				continue
			}
			for member, v := range members {
				if err := put(name+"."+member, i, v); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// scalar returns a JSON value as a form would send it.
func scalar(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		if strings.ContainsRune(v, 0) {
			return "", errBadBody
		}
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case json.Number:
		return v.String(), nil
	}
	return "", errBadBody
}

// readMultipart reads a form with files. It comes to disk, for however long, and its files
// are read into memory when all of it is there and there is room for them.
func (c *call) readMultipart(boundary string, keep bool) error {
	if boundary == "" {
		return errBadBody
	}
	if !keep {
		return c.readParts(multipart.NewReader(http.MaxBytesReader(c.w, c.r.Body, maxUpload), boundary), false)
	}
	if err := c.awaitUpload(); err != nil {
		return err
	}
	f, err := c.receive(maxUpload)
	if err != nil {
		return err
	}
	defer f.Close()
	c.end() // the next form of the person may come
	places := c.s.bounds.files
	if f.Size() <= smallFiles {
		places = c.s.bounds.small
	}
	if err := c.await(places, f.Size()); err != nil {
		return err
	}
	return c.readParts(multipart.NewReader(f.Reader(0), boundary), true)
}

// awaitUpload waits until the person has not too many forms with files on their way.
func (c *call) awaitUpload() error {
	deadlines := http.NewResponseController(c.w)
	until := time.Now().Add(turnWait + uploadSilence)
	_ = deadlines.SetReadDeadline(until) // a connection without deadlines needs none
	_ = deadlines.SetWriteDeadline(until.Add(turnWait))
	err := c.await(c.s.bounds.uploads, 1)
	c.limitSilence()
	return err
}

// readParts reads the parts of a form with files. Of a file, at most one byte past the
// limit is stored, or nothing unless files are kept; the rest is read and dropped, because
// a browser shows an answer only after it has sent everything.
func (c *call) readParts(form *multipart.Reader, keep bool) error {
	var wrong []mingjing.FieldError
	for fields, typed := 0, 0; ; fields++ {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			if len(wrong) > 0 {
				return mingjing.InvalidFields(wrong...)
			}
			return nil
		}
		if err != nil {
			return bodyError(err)
		}
		if fields == maxFields {
			return errBadBody
		}
		most := maxForm
		if !keep { // of all fields together, since nobody waits for a turn
			if most -= typed; part.FileName() != "" {
				most = 0
			}
		} else if part.FileName() != "" {
			most = mingjing.MaxEvidenceBytes
			if len(c.in.files) == mingjing.MaxEvidence {
				wrong, most = []mingjing.FieldError{{Field: "evidence", Code: "evidence_count"}}, 0
			}
		}
		data, err := io.ReadAll(io.LimitReader(part, int64(most)+1))
		if err == nil && len(data) > most {
			_, err = io.Copy(io.Discard, part)
		}
		typed += len(data)
		switch {
		case err != nil:
			return bodyError(err)
		case part.FileName() != "" && !keep:
		case part.FileName() == "" && (len(data) > most || !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0):
			return errBadBody
		case part.FileName() == "" && part.FormName() == "evidence" && len(data) == 0:
			// A file input that was left empty.
		case part.FileName() == "":
			c.in.values[part.FormName()] = append(c.in.values[part.FormName()], string(data))
		case len(data) > most:
			if most > 0 {
				wrong = append(wrong, mingjing.FieldError{Field: "evidence", Code: evidence.TooLarge.Error(),
					File: evidence.ShownName(part.FileName())})
			}
		default:
			c.in.files = append(c.in.files, evidence.Upload{Name: part.FileName(), Data: data})
		}
	}
}

// publicForm is the limit of a form that anybody may send, in bytes, unless it has fields
// for long texts.
const (
	publicForm = 8 << 10
	// longText is the limit in characters above which a text is a long one.
	longText = 500
)

// formLimit returns the limit of a form without files, in bytes: for whom nobody knows,
// what its fields can be as a browser sends them.
func formLimit(form reflect.Type, access mingjing.Access) int64 {
	if access != mingjing.Anyone {
		return maxForm
	}
	limit := int64(publicForm)
	for _, f := range reflect.VisibleFields(form) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch most, err := strconv.ParseInt(f.Tag.Get("max"), 10, 64); {
		case err != nil, most <= longText, f.Tag.Get("format") == "password":
		case secretField(name, ""):
			limit += 2 * most // base64
		default:
			limit += 12 * most // four bytes, each as %F0, or two surrogates in JSON
		}
	}
	return min(limit, maxForm)
}
