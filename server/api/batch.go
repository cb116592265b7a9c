package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"mingjing"
	"mingjing/server/casework/intake"
	"mingjing/server/csvfile"
)

// CSVColumns are the columns of a batch as CSV, in any order; columns that no line
// needs may be left out. Measures are separated by spaces.
var CSVColumns = []string{"op", "ref", "id_number", "subject", "code", "occurred", "detail_zh", "detail_en",
	"document_kind", "document_issuer", "document_number", "document_date", "document_hash",
	"ground_zh", "ground_en", "measures", "months", "reason"}

// readBatch reads a batch of a content type. A line that is wrong is marked and stops
// none of the others.
func readBatch(contentType, id string, body []byte) (intake.Batch, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != jsonType && kind != csvType {
		return intake.Batch{}, errBadBody
	}
	if body, err = toUTF8(params["charset"], body); err != nil {
		return intake.Batch{}, err
	}
	if kind == jsonType {
		return decodeBatch(body)
	}
	lines, err := decodeCSV(body)
	return intake.Batch{ID: id, Lines: lines}, err
}

// toUTF8 returns text in UTF-8 without a byte order mark. It is taken in UTF-8, and in
// GB 18030 (which includes GBK and GB 2312) if that is said. Another encoding is named, if
// it can be recognised.
func toUTF8(charset string, body []byte) ([]byte, error) {
	wrong := func(code, name string) error { return mingjing.NewError(mingjing.Invalid, code, "encoding", name) }
	if bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.HasPrefix(body, []byte("\xfe\xff")) {
		return nil, wrong("encoding_is", "UTF-16")
	}
	body, marked := bytes.CutPrefix(body, []byte("\xef\xbb\xbf"))
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8":
		switch {
		case utf8.Valid(body):
			return body, nil
		case isGB18030(body):
			return nil, wrong("encoding_is", "GB 18030")
		}
		return nil, wrong("encoding_unknown", "UTF-8")
	case "gb18030", "gbk", "gb2312", "gb_2312-80", "cp936", "windows-936":
		// Chinese text in UTF-8 reads as GB 18030 too, but as nonsense.
		if marked || utf8.Valid(body) && !isASCII(body) {
			return nil, wrong("encoding_is", "UTF-8")
		}
		text, ok := fromGB18030(body)
		if !ok {
			return nil, wrong("encoding_unknown", "GB 18030")
		}
		return text, nil
	}
	return nil, wrong("charset_unknown", charset)
}

func isASCII(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c >= utf8.RuneSelf })
}

func fromGB18030(body []byte) (text []byte, ok bool) {
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(body)
	return text, err == nil && !bytes.ContainsRune(text, utf8.RuneError)
}

// isGB18030 reports whether text is most likely in GB 18030: it can be read as that, and
// what is not ASCII is mostly Chinese.
func isGB18030(body []byte) bool {
	text, ok := fromGB18030(body)
	if !ok {
		return false
	}
	han, other := 0, 0
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
		case unicode.Is(unicode.Han, r), r >= 0x3000 && r <= 0x303f, r >= 0xff00 && r <= 0xffef:
			han++
		default:
			other++
		}
	}
	return han > other
}

// decodeBatch reads a batch as JSON in UTF-8.
func decodeBatch(body []byte) (intake.Batch, error) {
	var b intake.Batch
	dec := json.NewDecoder(bytes.NewReader(body))
	if !isDelim(dec, '{') {
		return b, errBadBody
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return b, errBadBody
		}
		switch key {
		case "id":
			err = dec.Decode(&b.ID)
		case "lines":
			b.Lines, err = decodeLines(dec, body)
		default:
			var ignored json.RawMessage
			err = dec.Decode(&ignored)
		}
		switch {
		case errors.Is(err, errTooManyLines):
			return b, err
		case err != nil:
			return b, errBadBody
		}
	}
	if !isDelim(dec, '}') {
		return b, errBadBody
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return b, errBadBody
	}
	return b, nil
}

func isDelim(dec *json.Decoder, want json.Delim) bool {
	token, err := dec.Token()
	return err == nil && token == want
}

// decodeLines reads the lines of a batch. Only JSON that is broken is an error.
func decodeLines(dec *json.Decoder, body []byte) ([]intake.BatchLine, error) {
	if !isDelim(dec, '[') {
		return nil, errBadBody
	}
	var lines []intake.BatchLine
	read, line := 0, 1
	for dec.More() {
		if len(lines) == intake.MaxLines {
			return nil, errTooManyLines
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, err
		}
		begin := int(dec.InputOffset()) - len(raw)
		line += bytes.Count(body[read:begin], []byte("\n"))
		read = begin
		l := jsonLine(raw)
		l.FileLine = line
		lines = append(lines, l)
	}
	if !isDelim(dec, ']') {
		return nil, errBadBody
	}
	return lines, nil
}

// jsonLine reads one line of a batch.
func jsonLine(raw []byte) intake.BatchLine {
	var l intake.BatchLine
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(&l)
	wrong := &intake.WrongLine{Code: "line_unreadable"}
	typed, isType := errors.AsType[*json.UnmarshalTypeError](err)
	switch unknown := unknownField(err); {
	case err == nil && !bytes.Equal(raw, []byte("null")) && !bytes.Contains(raw, []byte(`\u0000`)):
		return l
	case isType && typed.Field != "":
		wrong = &intake.WrongLine{Code: "field_type", Field: typed.Field}
	case unknown != "":
		wrong = &intake.WrongLine{Code: "field_unknown", Values: map[string]string{"name": unknown}}
	}
	var named struct {
		Ref any `json:"ref"`
	}
	_ = json.Unmarshal(raw, &named)
	ref, _ := named.Ref.(string)
	return intake.BatchLine{Ref: ref, Wrong: wrong}
}

// unknownField returns the name of the field that the decoder did not know; encoding/json
// has no other way to say it.
func unknownField(err error) string {
	if err == nil {
		return ""
	}
	quoted, ok := strings.CutPrefix(err.Error(), "json: unknown field ")
	name, err := strconv.Unquote(quoted)
	if !ok || err != nil {
		return ""
	}
	return shortened(name)
}

// shortened returns a name of the agency's that is shown to it again.
func shortened(name string) string {
	if r := []rune(name); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return name
}

// decodeCSV reads the lines of a batch as CSV in UTF-8 with a header row.
func decodeCSV(body []byte) ([]intake.BatchLine, error) {
	if bytes.IndexByte(body, 0) >= 0 {
		return nil, errBadBody
	}
	if !bytes.ContainsRune(body, '\n') {
		body = bytes.ReplaceAll(body, []byte("\r"), []byte("\n")) // an old Mac's
	}
	rows, err := csvfile.New(bytes.NewReader(body), CSVColumns)
	if unknown, ok := errors.AsType[*csvfile.UnknownColumn](err); ok {
		wrong := mingjing.InvalidFields(mingjing.FieldError{Field: "lines", Code: "column_unknown"})
		wrong.Values = map[string]string{"column": shortened(unknown.Name), "columns": strings.Join(CSVColumns, ", ")}
		return nil, wrong
	} else if err != nil {
		return nil, errBadBody
	}
	rows.Begins("op", func(cell string) bool { return slices.Contains(intake.Ops, cell) })
	var lines []intake.BatchLine
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return lines, nil
		} else if err != nil {
			return nil, errBadBody
		}
		if len(lines) == intake.MaxLines {
			return nil, errTooManyLines
		}
		l := readRow(rows.Head(), row)
		l.FileLine = row.Line
		lines = append(lines, l)
	}
}

// readRow returns the line of a row.
func readRow(head []string, row csvfile.Row) intake.BatchLine {
	switch row.Code {
	case "":
		return csvLine(head, row.Cells)
	case "cells_count":
		ref := ""
		if at := slices.Index(head, "ref"); at >= 0 && at < len(row.Cells) {
			ref = strings.TrimSpace(row.Cells[at])
		}
		return intake.BatchLine{Ref: ref, Wrong: &intake.WrongLine{Code: row.Code,
			Values: map[string]string{"cells": strconv.Itoa(len(row.Cells)), "columns": strconv.Itoa(len(head))}}}
	}
	return intake.BatchLine{Wrong: &intake.WrongLine{Code: row.Code}}
}

func csvLine(head, row []string) intake.BatchLine {
	get := func(name string) string {
		if i := slices.Index(head, name); i >= 0 {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	text := func(name string) mingjing.Text {
		out := mingjing.Text{}
		for suffix, lang := range map[string]string{"_zh": "zh-CN", "_en": "en"} {
			if s := get(name + suffix); s != "" {
				out[lang] = s
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	}
	l := intake.BatchLine{Op: get("op"), Ref: get("ref"), IDNumber: get("id_number"), Subject: get("subject"), Code: get("code"),
		Occurred: get("occurred"), Detail: text("detail"), Ground: text("ground"), Reason: get("reason"),
		Document: mingjing.Document{Kind: get("document_kind"), Issuer: get("document_issuer"), Number: get("document_number"),
			Date: mingjing.Date(get("document_date")), Hash: get("document_hash")}}
	if m := strings.Fields(get("measures")); len(m) > 0 {
		l.Measures = m
	}
	if months := get("months"); months != "" {
		n, err := strconv.Atoi(months)
		if err != nil {
			return intake.BatchLine{Ref: l.Ref, Wrong: &intake.WrongLine{Code: "number_form", Field: "months"}}
		}
		l.Months = n
	}
	return l
}

// writeCSV writes the answers to the lines as CSV.
func writeCSV(w io.Writer, lines []answeredLine) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{"line", "file_line", "ref", "status", "code", "field", "id", "held_by", "zh", "en"})
	for _, l := range lines {
		_ = c.Write([]string{strconv.Itoa(l.Line), strconv.Itoa(l.FileLine), l.Ref, l.Status, l.Code, l.Field, l.ID, l.HeldBy,
			l.Text["zh-CN"], l.Text["en"]})
	}
	c.Flush()
	return nil // the client has gone
}
