package agency

import (
	"bytes"
	"encoding/json"
	"io"
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
// reference once. What an agency has no say in (ID, Agency, State, CollectedAt,
// DisputeID) comes back empty. The error is an [ErrMalformed] that says what was
// wrong without quoting it.
func DecodeReply(body []byte) (score.Reply, error) {
	var wire struct {
		Records  json.RawMessage `json:"records"`
		Listings json.RawMessage `json:"listings"`
	}
	if err := decode(body, '{', &wire); err != nil {
		return score.Reply{}, err
	}
	// A list that is not there at all is more likely a mistake than nothing held.
	if wire.Records == nil || wire.Listings == nil {
		return score.Reply{}, malformed("a list is missing")
	}
	var r score.Reply
	if string(wire.Records) != "null" {
		if err := decode(wire.Records, '[', &r.Records); err != nil {
			return score.Reply{}, err
		}
	}
	if string(wire.Listings) != "null" {
		if err := decode(wire.Listings, '[', &r.Listings); err != nil {
			return score.Reply{}, err
		}
	}
	if len(r.Records) > score.MaxReplyItems || len(r.Listings) > score.MaxReplyItems {
		return score.Reply{}, malformed("too many items")
	}
	refs := make(map[string]bool, len(r.Records))
	for i := range r.Records {
		v := &r.Records[i]
		if err := checkRecord(v); err != nil {
			return score.Reply{}, err
		}
		if refs[v.Ref] {
			return score.Reply{}, malformed("a reference twice")
		}
		refs[v.Ref] = true
		v.ID, v.Agency, v.State, v.DisputeID, v.CollectedAt = "", "", "", "", time.Time{}
	}
	clear(refs)
	for i := range r.Listings {
		v := &r.Listings[i]
		if err := checkListing(v); err != nil {
			return score.Reply{}, err
		}
		if refs[v.Ref] {
			return score.Reply{}, malformed("a reference twice")
		}
		refs[v.Ref] = true
		v.ID, v.Agency, v.State, v.DisputeID = "", "", "", ""
	}
	return r, nil
}

// DecodeAnswer reads the body of a 200 from {base}/questions under the same rules
// as [DecodeReply]. A corrected record has its date; no other answer has one.
func DecodeAnswer(body []byte) (mingjing.AgencyAnswer, error) {
	var wire struct {
		Answer *mingjing.AgencyAnswer `json:"answer"`
	}
	if err := decode(body, '{', &wire); err != nil {
		return mingjing.AgencyAnswer{}, err
	}
	if wire.Answer == nil {
		return mingjing.AgencyAnswer{}, malformed("no answer in it")
	}
	a := *wire.Answer
	switch a.Position {
	case mingjing.PositionMaintained, mingjing.PositionWithdrawn:
		if a.Occurred != "" {
			return mingjing.AgencyAnswer{}, malformed("a date without a correction")
		}
	case mingjing.PositionCorrected:
		if !okDate(a.Occurred) {
			return mingjing.AgencyAnswer{}, malformed("a correction without a date")
		}
	default:
		return mingjing.AgencyAnswer{}, malformed("position")
	}
	if len(a.Text) == 0 || !okText(a.Text, MaxText) {
		return mingjing.AgencyAnswer{}, malformed("text")
	}
	if y := a.At.Year(); y < 2000 || y > 2200 {
		return mingjing.AgencyAnswer{}, malformed("time")
	}
	return a, nil
}

// decodeEmpty reads the body of a 202: an empty object.
func decodeEmpty(body []byte) error {
	var none struct{}
	return decode(body, '{', &none)
}

func decode(body []byte, first byte, into any) error {
	if !utf8.Valid(body) {
		return malformed("not UTF-8")
	}
	if b := bytes.TrimLeft(body, " \t\r\n"); len(b) == 0 || b[0] != first {
		return malformed("not the JSON that was expected")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	// The decoder's own words would quote what it read.
	if err := dec.Decode(into); err != nil {
		return malformed("not the JSON that was expected")
	}
	if _, err := dec.Token(); err != io.EOF {
		return malformed("more than one JSON value")
	}
	return nil
}

func checkRecord(v *score.ReplyRecord) error {
	switch {
	case !okWord(v.Ref, MaxRef) || v.Ref == "":
		return malformed("reference")
	case !okCode(v.Code):
		return malformed("code")
	case !okWord(v.Subject, MaxName):
		return malformed("subject")
	case !okText(v.Detail, MaxText):
		return malformed("detail")
	case !okDate(v.Occurred):
		return malformed("date of a record")
	case !okDocument(v.Document):
		return malformed("document")
	}
	return nil
}

func checkListing(v *score.ReplyListing) error {
	switch {
	case !okWord(v.Ref, MaxRef) || v.Ref == "":
		return malformed("reference")
	case !okCode(v.Code):
		return malformed("code")
	case v.Kind != mingjing.Blacklist && v.Kind != mingjing.Redlist:
		return malformed("kind of list")
	case !okWord(v.Subject, MaxName):
		return malformed("subject")
	case !okText(v.Ground, MaxText) || !okText(v.LegalBasis, MaxText) || !okText(v.Exit, MaxText):
		return malformed("text of a listing")
	case len(v.Measures) > MaxMeasures:
		return malformed("too many measures")
	case !okDocument(v.Document):
		return malformed("document")
	case v.NoticeOn != "" && !okDate(v.NoticeOn), !okDate(v.From), v.Ends != "" && !okDate(v.Ends):
		return malformed("date of a listing")
	case v.Ends != "" && v.Ends < v.From:
		return malformed("a listing that ends before it begins")
	}
	for _, m := range v.Measures {
		if !okCode(m.Code) || !okText(m.Name, MaxName) || !okText(m.LegalBasis, MaxText) {
			return malformed("measure")
		}
	}
	return nil
}

// okDocument reports whether a document keeps the limits; whether there must be one,
// and of which kind, is decided by the rulebook.
func okDocument(d mingjing.Document) bool {
	return (d.Kind == "" || okCode(d.Kind)) && okWord(d.Issuer, MaxName) && okWord(d.Number, MaxName) &&
		(d.Date == "" || okDate(d.Date)) && okWord(d.Hash, 64)
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

func okText(t mingjing.Text, most int) bool {
	if len(t) > len(mingjing.Languages) {
		return false
	}
	found := 0
	for _, lang := range mingjing.Languages {
		s, ok := t[lang]
		if !ok {
			continue
		}
		found++
		// Sentences may have lines, words may not.
		if strings.TrimSpace(s) == "" || !okWord(strings.ReplaceAll(s, "\n", " "), most) {
			return false
		}
	}
	return found == len(t) // a language that we do not have
}

// okWord reports whether text can be shown as it is: it has no control or format
// characters (which reorder or hide text), no private or unassigned ones, and no mark
// that the decoder leaves for half a surrogate pair.
func okWord(s string, most int) bool {
	if len(s) > most*utf8.UTFMax || utf8.RuneCountInString(s) > most || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r == utf8.RuneError || (!unicode.IsPrint(r) && r != '\u3000' && r != '\u00a0') {
			return false
		}
	}
	return true
}
