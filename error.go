package mingjing

import "errors"

// Errors that say which engine can't be used now. They are wrapped by others, and told
// as an [Error] of the kind [Unavailable] with the code that [AwayCode] returns.
var (
	ErrNoDatabase = errors.New("the database can't be used now")
	ErrNoKeys     = errors.New("the master key can't be used now")
	ErrNoFiles    = errors.New("the store of files can't be used now")
)

// NoDatabase is the code of a [Problem] while the database can't be used, NoKeys while
// the master key can't, which its key management service keeps, and NoFiles while the
// store of files can't.
const (
	NoDatabase = "database_down"
	NoKeys     = "keys_down"
	NoFiles    = "files_down"
)

// AwayCode returns the code of the engine that an error says can't be used now, and ""
// for any other error.
func AwayCode(err error) string {
	switch {
	case errors.Is(err, ErrNoDatabase):
		return NoDatabase
	case errors.Is(err, ErrNoKeys):
		return NoKeys
	case errors.Is(err, ErrNoFiles):
		return NoFiles
	}
	return ""
}

// An Error is a problem that the caller can solve or must be told about. Its Code has
// a sentence in each language under the i18n key "error.<code>".
type Error struct {
	Kind ErrorKind
	// Code is stable and public, such as "request_open".
	Code string
	// Values fill the placeholders of the sentence; never personal data.
	Values map[string]string
	// Fields are what is wrong with a form, in the order of the form.
	Fields []FieldError
	// Allowed are the steps that are possible instead (i18n "step.<step>"); nil where
	// that is no question.
	Allowed []string
}

// A FieldError is what is wrong with one field; Code has a sentence in each
// language under the i18n key "error.<code>".
type FieldError struct {
	Field string `json:"field"`
	Code  string `json:"code"`
	// File is the name of the file that it is about, as the device calls it; "" where it is
	// about no file, or about all of them.
	File string `json:"file,omitempty"`
}

// An ErrorKind decides the HTTP status of an error.
type ErrorKind int

// The kinds of error, each with its HTTP status.
const (
	Invalid         ErrorKind = iota + 1 // 422
	NotFound                             // 404
	Conflict                             // 409
	Forbidden                            // 403
	Unauthenticated                      // 401
	Limited                              // 429
	Unavailable                          // 503
)

// Altered is the code of a [Problem] when a stored value does not open, because it was
// changed or moved in the database. Nothing of the value is shown.
const Altered = "altered"

func (e *Error) Error() string { return e.Code }

// NewError returns an Error. pairs are the names and the values of placeholders, in
// turn.
func NewError(kind ErrorKind, code string, pairs ...string) *Error {
	e := &Error{Kind: kind, Code: code}
	for i := 0; i+1 < len(pairs); i += 2 {
		if e.Values == nil {
			e.Values = map[string]string{}
		}
		e.Values[pairs[i]] = pairs[i+1]
	}
	return e
}

// InvalidFields returns the error of a form that was filled in wrongly.
func InvalidFields(fields ...FieldError) *Error {
	return &Error{Kind: Invalid, Code: "invalid_form", Fields: fields}
}
