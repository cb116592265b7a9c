package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework"
)

// Bounds on what is sent.
const (
	maxForm   = 64 << 10 // bytes of a form or JSON, and of one field
	maxFields = 200
	// maxUpload is the most that a form with evidence can be.
	maxUpload = mingjing.MaxEvidence*mingjing.MaxEvidenceBytes + 1<<20
)

// input is what a form or a JSON body says: values by field name, in order, and
// the files. One handler reads both.
type input struct {
	values map[string][]string
	files  []casework.Upload
}

func (in input) get(name string) string {
	if v := in.values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (in input) is(name string) bool { return in.get(name) == "true" || in.get(name) == "on" }

var (
	errTooLarge = &mingjing.Error{Kind: mingjing.Invalid, Code: "too_large"}
	errBadBody  = mingjing.Errorf(mingjing.Invalid, "bad_body")
)

// readInput reads the body by its content type. Only an action that takes files
// accepts a multipart form.
func (c *call) readInput(files bool) error {
	c.in.values = map[string][]string{}
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil && c.r.ContentLength != 0 {
		return errBadBody
	}
	if kind == "multipart/form-data" && files {
		return c.readMultipart(params["boundary"])
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxForm))
	if err != nil {
		return bodyError(err)
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
	return mingjing.Errorf(mingjing.Invalid, "bad_body")
}

func bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
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

// readJSON reads an object whose members are strings, numbers, booleans, or lists
// of such objects; the members of a list's objects become repeated fields, as the
// same form would send them.
func (in *input) readJSON(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil || dec.More() {
		return errBadBody
	}
	n := 0
	var add func(name string, v any, depth int) error
	add = func(name string, v any, depth int) error {
		if n++; n > maxFields || depth > 3 {
			return errBadBody
		}
		switch v := v.(type) {
		case nil:
		case string:
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return errBadBody
			}
			in.values[name] = append(in.values[name], v)
		case bool:
			text := "false"
			if v {
				text = "true"
			}
			in.values[name] = append(in.values[name], text)
		case json.Number:
			in.values[name] = append(in.values[name], v.String())
		case []any:
			for _, e := range v {
				if err := add(name, e, depth+1); err != nil {
					return err
				}
			}
		case map[string]any:
			for member, e := range v {
				if err := add(member, e, depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for name, v := range object {
		if err := add(name, v, 0); err != nil {
			return err
		}
	}
	return nil
}

// readMultipart reads a form with files. A file is read no further than one byte
// past what is allowed, and few such forms are read at a time.
func (c *call) readMultipart(boundary string) error {
	if boundary == "" {
		return errBadBody
	}
	select {
	case c.s.uploads <- struct{}{}:
		defer func() { <-c.s.uploads }()
	case <-c.ctx().Done():
		return c.ctx().Err()
	}
	// A phone on a slow network needs longer than the server's usual patience.
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Now().Add(10 * time.Minute))
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxUpload)
	form, err := c.r.MultipartReader()
	if err != nil {
		return errBadBody
	}
	fields := 0
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bodyError(err)
		}
		if fields++; fields > maxFields {
			return errBadBody
		}
		if part.FileName() == "" {
			value, err := io.ReadAll(io.LimitReader(part, maxForm+1))
			if err != nil {
				return bodyError(err)
			}
			if part.FormName() == "evidence" && len(value) == 0 {
				continue // a file input that was left empty
			}
			if len(value) > maxForm || !utf8.Valid(value) || bytes.IndexByte(value, 0) >= 0 {
				return errBadBody
			}
			c.in.values[part.FormName()] = append(c.in.values[part.FormName()], string(value))
			continue
		}
		if len(c.in.files) == mingjing.MaxEvidence {
			return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
		}
		data, err := io.ReadAll(io.LimitReader(part, mingjing.MaxEvidenceBytes+1))
		if err != nil {
			return bodyError(err)
		}
		if len(data) > mingjing.MaxEvidenceBytes {
			return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_size"})
		}
		c.in.files = append(c.in.files, casework.Upload{Name: part.FileName(), Data: data})
	}
}
