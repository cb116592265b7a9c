package agencyside

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// MaxLines bounds the lines of a [Batch].
const MaxLines = 1000

// maxLineTries is how often a line is tried that somebody else came in between.
const maxLineTries = 3

// The operations of a line.
const (
	OpRecord     = "record"     // a new record
	OpCorrection = "correction" // of the agency's own record
	OpRevocation = "revocation" // the basis of a record or listing is gone
	OpListing    = "listing"    // a proposal of a listing
	OpLift       = "lift"       // the agency gives a listing up
)

// A Batch is what an agency submits at once. Its id is the agency's own: the same
// id with the same lines is the same batch.
type Batch struct {
	ID    string      `json:"id"`
	Lines []BatchLine `json:"lines"`
}

// A BatchLine is one thing that an agency submits. Which fields it needs depends on Op.
type BatchLine struct {
	Op string `json:"op"`
	// Ref is the agency's own reference of the record or listing.
	Ref string `json:"ref"`
	// IDNumber is needed for a record and a listing, and elsewhere where the
	// reference alone is not the only one.
	IDNumber string            `json:"id_number,omitempty"`
	Subject  string            `json:"subject,omitempty"`
	Code     string            `json:"code,omitempty"`
	Occurred string            `json:"occurred,omitempty"`
	Detail   mingjing.Text     `json:"detail,omitempty"`
	Document mingjing.Document `json:"document,omitzero"`
	// Ground, Measures and Months are those of a [listing.Proposal].
	Ground   mingjing.Text `json:"ground,omitempty"`
	Measures []string      `json:"measures,omitempty"`
	Months   int           `json:"months,omitempty"`
	// Reason is why something is corrected, revoked or lifted; the resident reads it.
	Reason string `json:"reason,omitempty"`
	// Bad says that the line could not be read; it is refused as such.
	Bad bool `json:"-"`
}

// What became of a line.
const (
	LineAccepted = "accepted"
	LineRefused  = "refused"
)

// A LineAnswer is what became of a line, and if it was refused, why.
type LineAnswer struct {
	Line   int    `json:"line"` // from 1
	Ref    string `json:"ref"`
	Status string `json:"status"`
	// Code is why it was refused, Field what has to be put right.
	Code  string `json:"code,omitempty"`
	Field string `json:"field,omitempty"`
	// ID is ours of the record or listing.
	ID string `json:"id,omitempty"`
	// HeldBy is the agency's own reference that holds the same fact already.
	HeldBy string `json:"held_by,omitempty"`
}

// A BatchAnswer answers each line of a batch.
type BatchAnswer struct {
	ID       string       `json:"id"`
	Accepted int          `json:"accepted"`
	Refused  int          `json:"refused"`
	Lines    []LineAnswer `json:"lines"`
}

// A BatchRow is a batch as it is stored: the answer, and not what it said.
type BatchRow struct {
	Agency, ID string
	At         time.Time
	// Digest is the SHA-256 of the lines, in hex.
	Digest string
	// Answer is nil while it is being worked on.
	Answer *BatchAnswer
}

// Submit takes what an agency submits, line by line: each is a transaction of its
// own, so that a bad line stops none of the good ones. The same batch again gets
// the same answer; another batch under the same id is a batch_changed error.
func (c *Agencies) Submit(ctx context.Context, a mingjing.Actor, b Batch) (BatchAnswer, error) {
	agency, err := kernel.AsAgency(a)
	if err != nil {
		return BatchAnswer{}, err
	}
	switch {
	case b.ID == "" || len(b.ID) > 128 || !utf8.ValidString(b.ID):
		return BatchAnswer{}, mingjing.InvalidFields(mingjing.FieldError{Field: "id", Code: "batch_id_required"})
	case len(b.Lines) == 0:
		return BatchAnswer{}, mingjing.InvalidFields(mingjing.FieldError{Field: "lines", Code: "batch_empty"})
	case len(b.Lines) > MaxLines:
		return BatchAnswer{}, mingjing.InvalidFields(mingjing.FieldError{Field: "lines", Code: "batch_too_long"})
	}
	row, err := c.beginBatch(ctx, agency, b)
	if err != nil {
		return BatchAnswer{}, kernel.Public(err)
	}
	if row.Answer != nil {
		return *row.Answer, nil
	}
	out := BatchAnswer{ID: b.ID, Lines: make([]LineAnswer, 0, len(b.Lines))}
	a = c.city.Signed(a)
	for i, l := range b.Lines {
		ans, err := c.submitLine(ctx, a, agency, l)
		if err != nil {
			return BatchAnswer{}, err // the rest is done when the batch is sent again
		}
		ans.Line, ans.Ref = i+1, l.Ref
		if ans.Status == LineAccepted {
			out.Accepted++
		} else {
			out.Refused++
		}
		out.Lines = append(out.Lines, ans)
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (BatchAnswer, error) {
		now, err := db(t).Batch(ctx, agency, b.ID)
		if err != nil {
			return BatchAnswer{}, err
		}
		if now.Answer != nil { // sent twice at once, and the other was faster
			return *now.Answer, nil
		}
		now.Answer = &out
		return out, db(t).SetBatch(ctx, now)
	})
}

// beginBatch stores a batch before its first line, or returns the stored one.
func (c *Agencies) beginBatch(ctx context.Context, agency string, b Batch) (BatchRow, error) {
	var digest bytes.Buffer
	for _, l := range b.Lines {
		if err := json.NewEncoder(&digest).Encode(struct {
			BatchLine
			Bad bool
		}{l, l.Bad}); err != nil {
			return BatchRow{}, err
		}
	}
	sum := sha256.Sum256(digest.Bytes())
	row := BatchRow{Agency: agency, ID: b.ID, At: c.city.Now().UTC(), Digest: hex.EncodeToString(sum[:])}
	found := row
	err := c.city.Tx(ctx, func(t *kernel.Tx) error { return db(t).AddBatch(ctx, row) })
	if errors.Is(err, kernel.ErrExists) {
		err = c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
			found, err = db(t).Batch(ctx, agency, b.ID)
			return err
		})
	}
	if err == nil && found.Digest != row.Digest {
		err = mingjing.NewError(mingjing.Conflict, "batch_changed")
	}
	return found, err
}

// submitLine does one line. An error is only what the agency can't put right.
func (c *Agencies) submitLine(ctx context.Context, a mingjing.Actor, agency string, l BatchLine) (LineAnswer, error) {
	var (
		id  string
		err error
	)
	for range maxLineTries {
		err = c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
			id, err = c.submit(ctx, t, a, agency, l)
			return err
		})
		if !errors.Is(err, kernel.ErrConflict) {
			break
		}
	}
	if err == nil {
		return LineAnswer{Status: LineAccepted, ID: id}, nil
	}
	why, ok := errors.AsType[*mingjing.Error](err)
	if !ok {
		return LineAnswer{}, kernel.Public(err)
	}
	ans := LineAnswer{Status: LineRefused, Code: why.Code, HeldBy: why.Values["held_by"]}
	if len(why.Fields) > 0 {
		ans.Code, ans.Field = why.Fields[0].Code, why.Fields[0].Field
	}
	return ans, nil
}
