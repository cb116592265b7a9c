package agency

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// The reasons for which there is no answer. Every [Error] is an [ErrNoAnswer] as well
// as one of the others, or as well as the context's or the connection's error.
var (
	// ErrNoAnswer: the agency did not answer this time.
	ErrNoAnswer = errors.New("no answer")
	// ErrBreakerOpen: it failed so often that it is not asked for a while; see
	// [RetryAfter].
	ErrBreakerOpen = errors.New("breaker open")
	// ErrNotYet: it is still looking up what it holds; ask again.
	ErrNotYet = errors.New("not yet")
	// ErrStatus: it answered with a status that is neither 200 nor 202; a redirect
	// is one of those.
	ErrStatus = errors.New("unexpected status")
	// ErrMalformed: it answered with something that is not an answer.
	ErrMalformed = errors.New("malformed answer")
	// ErrTooLarge: its answer was longer than is read.
	ErrTooLarge = errors.New("answer too large")
	// ErrUnknownAgency: the directory does not have it.
	ErrUnknownAgency = errors.New("agency not in the directory")

	errTransport   = errors.New("connection failed")
	errCertificate = errors.New("certificate not accepted")
	errHost        = errors.New("host not found")
	errEncode      = errors.New("the question could not be written")
	errKey         = errors.New("the key could not be read")
)

// An Op is the kind of a request to an agency.
type Op string

// The kinds of request.
const (
	OpRecords  Op = "records"
	OpQuestion Op = "question"
)

// An Error says that an agency did not answer, and why. Its text is made of the
// agency's code, fixed words and numbers: nothing of what was sent or received.
type Error struct {
	Agency string
	Op     Op
	// Status is the HTTP status; 0 when none came.
	Status int
	// After is how long to wait before asking again; 0 when nobody said.
	After time.Duration

	err error
}

func (e *Error) Error() string {
	s := "agency " + e.Agency + ": " + string(e.Op) + ": " + e.err.Error()
	if e.Status != 0 {
		s += " (status " + strconv.Itoa(e.Status) + ")"
	}
	return s
}

// Unwrap returns [ErrNoAnswer] and the reason, for errors.Is.
func (e *Error) Unwrap() []error { return []error{ErrNoAnswer, e.err} }

// RetryAfter returns how long to wait before asking again, and whether the breaker or
// the agency has said so.
func (e *Error) RetryAfter() (time.Duration, bool) { return e.After, e.After > 0 }

// RetryAfter returns how long to wait before the agency may be asked again, as err
// says; false when it does not say.
func RetryAfter(err error) (time.Duration, bool) {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return 0, false
	}
	return e.RetryAfter()
}

// A failure is what is known about a failed exchange, for [Error].
type failure struct {
	err    error
	status int
	after  time.Duration
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// malformed returns an error that says what was wrong without quoting it.
func malformed(what string) error { return &malformedError{what} }

type malformedError struct{ what string }

func (e *malformedError) Error() string { return ErrMalformed.Error() + ": " + e.what }
func (e *malformedError) Unwrap() error { return ErrMalformed }

// The results that are no failure.
const (
	ResultAnswered = "answered"
	ResultNotYet   = "not_yet"
)

// ResultOf returns one word for how a request to an agency ended: answered, not_yet,
// breaker_open, status, malformed, too_large, timeout, canceled or unreachable.
func ResultOf(err error) string {
	if err == nil {
		return ResultAnswered
	}
	for _, k := range []struct {
		is   error
		word string
	}{
		{ErrNotYet, ResultNotYet}, {ErrBreakerOpen, "breaker_open"}, {ErrStatus, "status"}, {ErrMalformed, "malformed"},
		{ErrTooLarge, "too_large"}, {context.DeadlineExceeded, "timeout"}, {context.Canceled, "canceled"},
	} {
		if errors.Is(err, k.is) {
			return k.word
		}
	}
	return "unreachable"
}
