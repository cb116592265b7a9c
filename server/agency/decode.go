package agency

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/score"
)

// Limits on what an agency may write, in characters unless said otherwise.
// [score.MaxReplyItems] is the limit on records and on listings.
const (
	MaxRef      = 128
	MaxCode     = 64
	MaxName     = 200
	MaxText     = 2000
	MaxMeasures = 30
)

// DecodeReply reads the body of a 200 from {base}/records. Only a single JSON
// object with the fields of [score.Reply], both lists present, is a reply: no
// unknown field, no more than the bounds, real dates, printable UTF-8, and every
// reference once. What an agency has no say in comes back empty ([RecordFields]). The error
// is an [ErrMalformed] that says what was wrong without quoting it.
func DecodeReply(body []byte) (score.Reply, error) {
	var f finder
	r := f.reply(body)
	if err := f.err(); err != nil {
		return score.Reply{}, err
	}
	return r, nil
}

// CheckReply returns all that is wrong with the body of a 200 from {base}/records, by
// the rules of [DecodeReply], and what could be read of it.
func CheckReply(body []byte) (score.Reply, []Problem) {
	var f finder
	r := f.reply(body)
	return r, f.found
}

// DecodeAnswer reads the body of a 200 from {base}/questions under the same rules
// as [DecodeReply]. A corrected record has its date; no other answer has one.
func DecodeAnswer(body []byte) (mingjing.AgencyAnswer, error) {
	var f finder
	a := f.answer(body)
	if err := f.err(); err != nil {
		return mingjing.AgencyAnswer{}, err
	}
	return a, nil
}

// CheckAnswer returns all that is wrong with the body of a 200 from {base}/questions.
func CheckAnswer(body []byte) (mingjing.AgencyAnswer, []Problem) {
	var f finder
	a := f.answer(body)
	return a, f.found
}

// CheckNotYet returns what is wrong with the body of a 202.
func CheckNotYet(body []byte) []Problem {
	var f finder
	f.empty(body)
	return f.found
}

// decodeEmpty reads the body of a 202: an empty object.
func decodeEmpty(body []byte) error {
	var f finder
	f.empty(body)
	return f.err()
}

func (f *finder) empty(body []byte) {
	var none map[string]json.RawMessage
	if f.decode(body, '{', &none, "") && len(none) > 0 {
		f.add("", "not_empty", "")
	}
}

// The fields that an agency has a say in. Others of records, listings and answers are
// ours: they may be sent, and are not read.
var (
	RecordFields  = []string{"ref", "code", "subject", "detail", "occurred", "document"}
	ListingFields = []string{"ref", "kind", "code", "subject", "ground", "legal_basis", "measures", "document", "notice_on", "from", "ends",
		"exit"}
	AnswerFields = []string{"position", "text", "at", "occurred"}
)

// ofAgency returns a record with nothing but [RecordFields].
func ofAgency(r mingjing.Record) mingjing.Record {
	return mingjing.Record{Code: r.Code, Subject: r.Subject, Detail: r.Detail, Occurred: r.Occurred, Document: r.Document}
}

// listingOfAgency returns a listing with nothing but [ListingFields].
func listingOfAgency(l mingjing.Listing) mingjing.Listing {
	return mingjing.Listing{Kind: l.Kind, Code: l.Code, Subject: l.Subject, Ground: l.Ground, LegalBasis: l.LegalBasis, Measures: l.Measures,
		Document: l.Document, NoticeOn: l.NoticeOn, From: l.From, Ends: l.Ends, Exit: l.Exit}
}

func (f *finder) reply(body []byte) (r score.Reply) {
	var wire struct {
		Records  json.RawMessage `json:"records"`
		Listings json.RawMessage `json:"listings"`
	}
	if !f.decode(body, '{', &wire, "") {
		return r
	}
	for i, raw := range f.list(wire.Records, "records") {
		v, at := score.ReplyRecord{}, "records["+strconv.Itoa(i)+"]"
		if f.decode(raw, '{', &v, at) {
			f.record(v, at)
		}
		v.Record = ofAgency(v.Record)
		r.Records = append(r.Records, v)
	}
	for i, raw := range f.list(wire.Listings, "listings") {
		v, at := score.ReplyListing{}, "listings["+strconv.Itoa(i)+"]"
		if f.decode(raw, '{', &v, at) {
			f.listing(v, at)
		}
		v.Listing = listingOfAgency(v.Listing)
		r.Listings = append(r.Listings, v)
	}
	refs := map[string]bool{}
	for i, v := range r.Records {
		f.once(refs, v.Ref, "records["+strconv.Itoa(i)+"].ref")
	}
	clear(refs)
	for i, v := range r.Listings {
		f.once(refs, v.Ref, "listings["+strconv.Itoa(i)+"].ref")
	}
	return r
}

func (f *finder) once(refs map[string]bool, ref, at string) {
	if ref != "" && refs[ref] {
		f.add(at, "ref_twice", "")
	}
	refs[ref] = true
}

// list returns the items of a list. One that is not there at all is more likely a
// mistake than nothing held.
func (f *finder) list(raw json.RawMessage, field string) (items []json.RawMessage) {
	switch {
	case raw == nil:
		f.add(field, "required", "")
	case string(raw) == "null" || !f.decode(raw, '[', &items, field):
	case len(items) > score.MaxReplyItems:
		f.add(field, "too_many", strconv.Itoa(score.MaxReplyItems))
		return nil
	}
	return items
}

func (f *finder) answer(body []byte) mingjing.AgencyAnswer {
	var wire struct {
		Answer json.RawMessage `json:"answer"`
	}
	var a mingjing.AgencyAnswer
	if !f.decode(body, '{', &wire, "") {
		return a
	}
	if wire.Answer == nil || string(wire.Answer) == "null" {
		f.add("answer", "required", "")
		return a
	}
	if !f.decode(wire.Answer, '{', &a, "answer") {
		return a
	}
	switch a.Position {
	case mingjing.PositionMaintained, mingjing.PositionWithdrawn:
		if a.Occurred != "" {
			f.add("answer.occurred", "occurred_unexpected", "")
		}
	case mingjing.PositionCorrected:
		f.date(a.Occurred, "answer.occurred")
	default:
		f.add("answer.position", "position_unknown", "")
	}
	if len(a.Text) == 0 {
		f.add("answer.text", "required", "")
	}
	f.text(a.Text, MaxText, "answer.text")
	if y := a.At.Year(); y < 2000 || y > 2200 {
		f.add("answer.at", "time_form", "")
	}
	// Who answered and which document is attached is the officer's page alone to say.
	return mingjing.AgencyAnswer{Position: a.Position, Text: a.Text, At: a.At, Occurred: a.Occurred}
}

// decode reads one JSON value into a struct, map or list, and reports whether it could.
func (f *finder) decode(body []byte, first byte, into any, at string) bool {
	if !utf8.Valid(body) {
		f.add(at, "not_utf8", "")
		return false
	}
	kinds := map[byte]string{'{': "object", '[': "array"}
	b := bytes.TrimLeft(body, " \t\r\n")
	if len(b) == 0 || b[0] != first {
		if json.Valid(body) {
			f.add(at, "type_wrong", kinds[first])
		} else {
			f.add(at, "not_json", "")
		}
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		f.unreadable(err, at)
		return false
	}
	if _, err := dec.Token(); err != io.EOF {
		f.add(at, "more_than_one", "")
		return false
	}
	return true
}

// unreadable adds an error of the decoder. Its own words would quote what it read.
func (f *finder) unreadable(err error, at string) {
	if typed, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		f.add(join(at, typed.Field), "type_wrong", jsonKind(typed.Type))
		return
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		f.add(at, "field_unknown", strings.Trim(name, `"`))
		return
	}
	f.add(at, "not_json", "")
}

// join adds a path of the decoder to that of the value, without the names of embedded
// structs and of the languages of a text.
func join(at, path string) string {
	for _, name := range strings.Split(path, ".") {
		if name == "Record" || name == "Listing" || name == "" {
			continue
		}
		at = strings.TrimPrefix(at+"."+name, ".")
		if slices.Contains([]string{"detail", "ground", "legal_basis", "exit", "name", "text"}, name) {
			break
		}
	}
	return at
}

func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.String:
		return "string"
	}
	return "number"
}

func (f *finder) record(v score.ReplyRecord, at string) {
	f.ref(v.Ref, at)
	f.code(v.Code, at+".code")
	f.word(v.Subject, MaxName, at+".subject")
	f.text(v.Detail, MaxText, at+".detail")
	f.date(v.Occurred, at+".occurred")
	f.document(v.Document, at+".document")
}

func (f *finder) listing(v score.ReplyListing, at string) {
	f.ref(v.Ref, at)
	f.code(v.Code, at+".code")
	if v.Kind != mingjing.Blacklist && v.Kind != mingjing.Redlist {
		f.add(at+".kind", "kind_unknown", "")
	}
	f.word(v.Subject, MaxName, at+".subject")
	f.text(v.Ground, MaxText, at+".ground")
	f.text(v.LegalBasis, MaxText, at+".legal_basis")
	f.text(v.Exit, MaxText, at+".exit")
	f.document(v.Document, at+".document")
	if v.NoticeOn != "" {
		f.date(v.NoticeOn, at+".notice_on")
	}
	f.date(v.From, at+".from")
	if v.Ends != "" {
		f.date(v.Ends, at+".ends")
		if v.Ends < v.From {
			f.add(at+".ends", "ends_before_from", "")
		}
	}
	if len(v.Measures) > MaxMeasures {
		f.add(at+".measures", "too_many", strconv.Itoa(MaxMeasures))
		return
	}
	for i, m := range v.Measures {
		at := at + ".measures[" + strconv.Itoa(i) + "]"
		f.code(m.Code, at+".code")
		f.text(m.Name, MaxName, at+".name")
		f.text(m.LegalBasis, MaxText, at+".legal_basis")
	}
}

// document checks the limits of a document; whether there must be one, and of which
// kind, is decided by the rulebook.
func (f *finder) document(d mingjing.Document, at string) {
	if d.Kind != "" {
		f.code(d.Kind, at+".kind")
	}
	f.word(d.Issuer, MaxName, at+".issuer")
	f.word(d.Number, MaxName, at+".number")
	if d.Date != "" {
		f.date(d.Date, at+".date")
	}
	f.word(d.Hash, 64, at+".hash")
}

func (f *finder) ref(s, at string) {
	if s == "" {
		f.add(at+".ref", "required", "")
	}
	f.word(s, MaxRef, at+".ref")
}

func (f *finder) code(s, at string) {
	if s == "" {
		f.add(at, "required", "")
	} else if !okCode(s) {
		f.add(at, "code_form", strconv.Itoa(MaxCode))
	}
}

func (f *finder) date(d mingjing.Date, at string) {
	if d == "" {
		f.add(at, "required", "")
	} else if !okDate(d) {
		f.add(at, "date_form", "")
	}
}

func (f *finder) text(t mingjing.Text, most int, at string) {
	for lang := range t {
		if !slices.Contains(mingjing.Languages, lang) {
			f.add(at, "language_unknown", "")
			break
		}
	}
	for _, lang := range mingjing.Languages {
		s, ok := t[lang]
		if !ok {
			continue
		}
		if strings.TrimSpace(s) == "" {
			f.add(at+"."+lang, "required", "")
		}
		// Sentences may have lines, words may not.
		f.word(strings.ReplaceAll(s, "\n", " "), most, at+"."+lang)
	}
}

// word checks that text can be shown as it is: it has no control or format
// characters (which reorder or hide text), no private or unassigned ones, and no mark
// that the decoder leaves for half a surrogate pair.
func (f *finder) word(s string, most int, at string) {
	if utf8.RuneCountInString(s) > most {
		f.add(at, "too_long", strconv.Itoa(most))
	}
	for _, r := range s {
		if r == utf8.RuneError || (!unicode.IsPrint(r) && r != '\u3000' && r != '\u00a0') {
			f.add(at, "characters", "")
			return
		}
	}
}

func okDate(d mingjing.Date) bool {
	if len(d) != len(time.DateOnly) {
		return false
	}
	p, err := mingjing.ParseDate(string(d))
	return err == nil && p == d && d >= "1900-01-01" && d < "2200-01-01"
}

func okCode(s string) bool {
	if s == "" || len(s) > MaxCode {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
