package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/agencyside"
)

// The headers of the intake, by which an agency's computer submits. It has no session:
// each request is signed, over its method, path with query, and body.
const (
	// KeyHeader names the key that a batch is signed with, SignatureHeader has the
	// signature as package agency describes it.
	KeyHeader       = "Mingjing-Key"
	SignatureHeader = "Mingjing-Signature"
	// maxBatch is the limit of a batch, in bytes.
	maxBatch = 4 << 20
)

// CSVColumns are the columns of a batch as CSV, in any order; columns that no line
// needs may be left out. Measures are separated by spaces.
var CSVColumns = []string{"op", "ref", "id_number", "subject", "code", "occurred", "detail_zh", "detail_en",
	"document_kind", "document_issuer", "document_number", "document_date", "document_hash",
	"ground_zh", "ground_en", "measures", "months", "reason"}

// intake is the endpoint by which an agency's computer submits.
var intake = raw[batchQuery]{
	method: http.MethodPost, path: "/api/intake/batches", access: mingjing.Machines, write: takeBatch,
	body: reflect.TypeFor[agencyside.Batch](), out: reflect.TypeFor[agencyside.BatchAnswer](), kinds: []string{csvType},
	headers: []string{SignatureHeader},
	doc: apiDoc{id: "submitBatch", summary: "Submit a batch", fails: []int{http.StatusConflict, http.StatusTooManyRequests},
		about: "Records, corrections, revocations and listings, up to 4 MiB. Each line is answered: accepted, or why not; a bad line stops no " +
			"good one. As CSV: UTF-8, a header row with columns of " + strings.Join(CSVColumns, ", ") + " (measures separated by spaces); " +
			"the batch's id is the query parameter id.",
		answer: "The answer to each line, as CSV if that is accepted first."},
}

const csvType = "text/csv"

// batchQuery is the query of a batch.
type batchQuery struct {
	// ID is the batch's id, for CSV.
	ID string `json:"id,omitempty" max:"128"`
}

// takeBatch reads a batch and answers each of its lines.
func takeBatch(c *call, in batchQuery) error {
	if err := c.s.Allow(c.ctx(), "intake", c.s.addr(c.r)); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBatch))
	if err != nil {
		return bodyError(err)
	}
	if c.s.Intake == nil {
		return mingjing.NewError(mingjing.Unauthenticated, "signature_invalid")
	}
	a, err := c.s.Intake(c.ctx(), c.r.Header.Get(KeyHeader), c.r.Method, c.r.URL.RequestURI(), c.r.Header.Get(SignatureHeader), body)
	if err != nil {
		return err
	}
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil {
		return errBadBody
	}
	var b agencyside.Batch
	switch kind {
	case "application/json":
		b, err = decodeBatch(body)
	case csvType:
		b.ID = in.ID
		b.Lines, err = decodeCSV(body)
	default:
		return errBadBody
	}
	if err != nil {
		return err
	}
	// A batch of a thousand lines takes longer than a page.
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(10 * time.Minute))
	out, err := c.s.casework.Agencies.Submit(c.ctx(), a, b)
	if err != nil {
		return err
	}
	if strings.HasPrefix(c.r.Header.Get("Accept"), csvType) {
		c.noStore()
		c.w.Header().Set("Content-Type", csvType+"; charset=utf-8")
		return writeCSV(c.w, out)
	}
	return c.json(http.StatusOK, out)
}

// decodeBatch reads a batch as JSON. A wrong line is marked and stops none of the
// others.
func decodeBatch(body []byte) (agencyside.Batch, error) {
	var wire struct {
		ID    string            `json:"id"`
		Lines []json.RawMessage `json:"lines"`
	}
	if !utf8.Valid(body) || json.Unmarshal(body, &wire) != nil {
		return agencyside.Batch{}, errBadBody
	}
	if len(wire.Lines) > agencyside.MaxLines {
		return agencyside.Batch{}, mingjing.InvalidFields(mingjing.FieldError{Field: "lines", Code: "batch_too_long"})
	}
	b := agencyside.Batch{ID: wire.ID}
	for _, raw := range wire.Lines {
		var l agencyside.BatchLine
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&l); err != nil || bytes.Equal(raw, []byte("null")) || strings.Contains(string(raw), `\u0000`) {
			var named struct {
				Ref any `json:"ref"`
			}
			_ = json.Unmarshal(raw, &named)
			ref, _ := named.Ref.(string)
			l = agencyside.BatchLine{Ref: ref, Bad: true}
		}
		b.Lines = append(b.Lines, l)
	}
	return b, nil
}

// decodeCSV reads the lines of a batch as CSV with a header row. A wrong row is marked
// and stops none of the others.
func decodeCSV(body []byte) ([]agencyside.BatchLine, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0 {
		return nil, errBadBody
	}
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, errBadBody
	}
	for i, name := range head {
		head[i] = strings.TrimSpace(name)
		if !slices.Contains(CSVColumns, head[i]) || slices.Contains(head[:i], head[i]) {
			return nil, mingjing.InvalidFields(mingjing.FieldError{Field: "lines", Code: "column_unknown"})
		}
	}
	var lines []agencyside.BatchLine
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if len(lines) == agencyside.MaxLines {
			return nil, mingjing.InvalidFields(mingjing.FieldError{Field: "lines", Code: "batch_too_long"})
		}
		if _, broken := errors.AsType[*csv.ParseError](err); broken || err == nil && len(row) != len(head) {
			lines = append(lines, agencyside.BatchLine{Bad: true})
			continue
		} else if err != nil {
			return nil, errBadBody
		}
		lines = append(lines, csvLine(head, row))
	}
}

func csvLine(head, row []string) agencyside.BatchLine {
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
	l := agencyside.BatchLine{Op: get("op"), Ref: get("ref"), IDNumber: get("id_number"), Subject: get("subject"), Code: get("code"),
		Occurred: get("occurred"), Detail: text("detail"), Ground: text("ground"), Reason: get("reason"),
		Document: mingjing.Document{Kind: get("document_kind"), Issuer: get("document_issuer"), Number: get("document_number"),
			Date: mingjing.Date(get("document_date")), Hash: get("document_hash")}}
	if m := strings.Fields(get("measures")); len(m) > 0 {
		l.Measures = m
	}
	if months := get("months"); months != "" {
		n, err := strconv.Atoi(months)
		if err != nil {
			return agencyside.BatchLine{Ref: l.Ref, Bad: true}
		}
		l.Months = n
	}
	return l
}

func writeCSV(w io.Writer, out agencyside.BatchAnswer) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{"line", "ref", "status", "code", "field", "id", "held_by"})
	for _, l := range out.Lines {
		_ = c.Write([]string{strconv.Itoa(l.Line), l.Ref, l.Status, l.Code, l.Field, l.ID, l.HeldBy})
	}
	c.Flush()
	return nil // the client has gone
}
