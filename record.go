package mingjing

import "time"

// A Text is one sentence or name in each language, keyed by language tag.
type Text map[string]string

// In returns the text in lang, or in another language when lang has none.
func (t Text) In(lang string) string {
	if s := t[lang]; s != "" {
		return s
	}
	for _, l := range Languages {
		if s := t[l]; s != "" {
			return s
		}
	}
	return ""
}

// A Date is a calendar day, "2006-01-02", in the rulebook's zone. The zero
// value "" means no date. Dates compare as strings.
type Date string

// DateOf returns the day of t in its own location.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// ParseDate reads "2006-01-02"; the error is that of time.Parse.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return "", err
	}
	return DateOf(t), nil
}

// Time returns the start of the day in loc; the zero time for "" or a malformed date.
func (d Date) Time(loc *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), loc)
	if err != nil {
		return time.Time{}
	}
	return t
}

// AddMonths returns d moved by n months; a day that the month lacks becomes its last.
func (d Date) AddMonths(n int) Date {
	t := d.Time(time.UTC)
	if t.IsZero() {
		return ""
	}
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, n, 0)
	last := first.AddDate(0, 1, -1).Day()
	return DateOf(first.AddDate(0, 0, min(t.Day(), last)-1))
}

// AddDays returns d moved by n days.
func (d Date) AddDays(n int) Date {
	t := d.Time(time.UTC)
	if t.IsZero() {
		return ""
	}
	return DateOf(t.AddDate(0, 0, n))
}

// An Area is one of the four fields in which records are kept.
type Area string

// The areas, as the Chinese state names them: 政务 商务 社会 司法.
const (
	AreaGovernment Area = "government"
	AreaCommercial Area = "commercial"
	AreaSocial     Area = "social"
	AreaJudicial   Area = "judicial"
)

// Areas are all areas, in the order in which they are shown.
var Areas = []Area{AreaGovernment, AreaCommercial, AreaSocial, AreaJudicial}

// A Document is the official document behind a record or listing.
type Document struct {
	// Kind is a document kind of the rulebook, such as "judgment".
	Kind   string `json:"kind"`
	Issuer string `json:"issuer"`
	Number string `json:"number"`
	Date   Date   `json:"date"`
	// Hash is the SHA-256 of the document, 64 hex digits.
	Hash string `json:"hash"`
}

// Complete reports whether the document has everything that a record needs in order to
// count.
func (d Document) Complete() bool {
	if d.Kind == "" || d.Issuer == "" || d.Number == "" || d.Date == "" || len(d.Hash) != 64 {
		return false
	}
	for i := range len(d.Hash) {
		c := d.Hash[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// A RecordState is the state of a record.
type RecordState string

// The states of a record. Only RecordActive and RecordCorrected count.
const (
	RecordActive    RecordState = "active"
	RecordCorrected RecordState = "corrected"
	RecordDisputed  RecordState = "disputed"
	RecordSuspended RecordState = "suspended"
	RecordRemoved   RecordState = "removed"
)

// A Record is one documented fact about a resident, under one catalogue code.
type Record struct {
	ID string `json:"id"`
	// Agency is the code of the agency that supplied it.
	Agency string `json:"agency"`
	// Code is the catalogue code of the rulebook.
	Code string `json:"code"`
	// Subject is the name of the person as the agency holds it; it may be empty. A
	// record with a name that is not the resident's is not taken.
	Subject string `json:"subject,omitempty"`
	// Detail is a short text by the agency.
	Detail   Text        `json:"detail,omitempty"`
	Occurred Date        `json:"occurred"`
	Document Document    `json:"document"`
	State    RecordState `json:"state"`
	// DisputeID is the open or last dispute about it, if any.
	DisputeID string `json:"dispute_id,omitempty"`
	// Statement is the resident's own statement, which stays on file beside the
	// record.
	Statement string `json:"statement,omitempty"`
	// Changed is the agency's reason for correcting or revoking the record.
	Changed     string    `json:"changed,omitempty"`
	CollectedAt time.Time `json:"collected_at"`
}
