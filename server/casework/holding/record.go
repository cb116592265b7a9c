package holding

import (
	"mingjing/server/casework/kernel"
	"time"
	"unicode/utf8"

	"mingjing"
)

// Remove marks a record as removed, so that it never counts again.
func (r *Record) Remove(on mingjing.Date) { r.State, r.RemovedOn = mingjing.RecordRemoved, on }

// DayRemoved returns the day on which a record was removed, at the latest.
func (r *Record) DayRemoved(zone *time.Location) mingjing.Date {
	if r.RemovedOn != "" {
		return r.RemovedOn
	}
	return mingjing.DateOf(r.CollectedAt.In(zone))
}

// SameDocument reports whether two documents are the same one; the hash may be of
// another copy.
func SameDocument(x, y mingjing.Document) bool {
	return x.Issuer == y.Issuer && x.Number == y.Number && x.Date == y.Date
}

// Disputable reports whether a case can be made of a record in its state.
func (r *Record) Disputable() bool {
	return r.State == mingjing.RecordActive || r.State == mingjing.RecordCorrected || r.State == mingjing.RecordSuspended
}

// CheckStatement returns a resident's own statement beside a record or listing of a
// catalogue code, in the form in which it is stored: at most as many words as the
// procedure of the code allows.
func (c *Holdings) CheckStatement(code, text string) (string, error) {
	text = kernel.TypedText(text)
	if mingjing.Words(text) > c.city.Procedure(code).StatementWords || utf8.RuneCountInString(text) > mingjing.MaxStatement ||
		!utf8.ValidString(text) {
		return "", mingjing.InvalidFields(mingjing.FieldError{Field: "statement_on_file", Code: "too_many_words"})
	}
	return text, nil
}
