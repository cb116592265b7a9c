package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
)

const (
	// MaxLines bounds the lines of a [Batch].
	MaxLines = 10_000
	// MaxLinesAtOnce bounds the lines of a batch that is answered in the same request.
	// A longer one is worked on in the background.
	MaxLinesAtOnce = 1000
	// maxLineTries is how often lines are tried that somebody else came in between.
	maxLineTries = 3
)

// The operations of a line.
const (
	OpRecord     = "record"     // a new record
	OpCorrection = "correction" // of the agency's own record
	OpRevocation = "revocation" // the basis of a record or listing is gone
	OpListing    = "listing"    // a proposal of a listing
	OpLift       = "lift"       // the agency gives a listing up
)

// Ops are all operations of a line.
var Ops = []string{OpRecord, OpCorrection, OpRevocation, OpListing, OpLift}

// A Batch is what an agency submits at once. Its id is the agency's own: the same
// id with the same lines is the same batch.
type Batch struct {
	ID    string      `json:"id"`
	Lines []BatchLine `json:"lines"`
	// Later asks for work in the background, which a batch of more than
	// [MaxLinesAtOnce] lines is in any case.
	Later bool `json:"-"`
}

// A BatchLine is one thing that an agency submits. Which fields it needs depends on Op.
type BatchLine struct {
	Op string `json:"op"`
	// Ref is the agency's own reference of the record or listing.
	Ref string `json:"ref"`
	// IDNumber is needed for a record and a listing, and elsewhere where the
	// reference alone is not the only one.
	IDNumber string `json:"id_number,omitempty"`
	// Subject is the name of the person as the agency holds it. A line with a name that
	// is not that of the person with the ID number is refused.
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
	// FileLine is the line of text on which it begins in what was sent, from 1.
	FileLine int `json:"-"`
	// Wrong says why the line could not be read; it is refused as that. Nil where it
	// could.
	Wrong *WrongLine `json:"-"`
}

// A WrongLine is why a line could not be read.
type WrongLine struct {
	Field, Code string
	Values      map[string]string
}

// storedLine is a line with what its JSON leaves out.
type storedLine struct {
	BatchLine
	At    int        `json:"at,omitempty"`
	Wrong *WrongLine `json:"wrong,omitempty"`
}

// A BatchAnswer is the state of a batch with the answers to its lines.
type BatchAnswer struct {
	mingjing.BatchSummary
	Lines []mingjing.LineAnswer `json:"lines"`
	// Next is the cursor of the next page of lines; absent at the end.
	Next string `json:"next,omitempty"`
}

// A BatchRow is a batch as it is stored: how far it is, and not what it said. The answers
// are stored in parts ([Port.AddBatchPart]); what it said is stored while it waits for
// work in the background ([Port.PutBatchBody]).
type BatchRow struct {
	Agency, ID string
	// Key is a random id. It is empty in the content of batches that are older than keys.
	Key string
	At  time.Time
	// Digest is the SHA-256 of the lines, in hex.
	Digest string
	// Total, Accepted and Refused count its lines, Parts the parts of their answers.
	Total, Accepted, Refused, Parts int
	FinishedAt                      *time.Time
	// Answer is the whole answer of a batch from before there were parts.
	Answer *BatchAnswer
}

// Summary returns the batch's state as the agency sees it.
func (r BatchRow) Summary() mingjing.BatchSummary {
	s := mingjing.BatchSummary{ID: r.ID, Key: r.Key, At: r.At, FinishedAt: r.FinishedAt, Total: r.Total, Accepted: r.Accepted,
		Refused: r.Refused, State: mingjing.BatchWorking}
	switch {
	case r.Answer != nil:
		s.Accepted, s.Refused, s.Total = r.Answer.Accepted, r.Answer.Refused, len(r.Answer.Lines)
		s.State, s.FinishedAt = mingjing.BatchDone, &r.At
	case r.FinishedAt != nil:
		s.State = mingjing.BatchDone
	case r.Parts == 0:
		s.State = mingjing.BatchWaiting
	}
	return s
}

// Submit takes what an agency submits. Each line is answered, and a bad line stops none
// of the good ones. The same batch again gets the same answer; another batch under the
// same id is a batch_changed error. A batch that is cut off is taken up where it was when
// it is sent again. One that is worked on in the background is answered without lines.
func (c *Intake) Submit(ctx context.Context, a mingjing.Actor, b Batch) (BatchAnswer, error) {
	agency, err := checkBatch(a, b)
	if err != nil {
		return BatchAnswer{}, err
	}
	row, err := c.beginBatch(ctx, agency, b)
	if err != nil {
		return BatchAnswer{}, kernel.Public(err)
	}
	if !b.inBackground() && row.Summary().State != mingjing.BatchDone {
		if _, err := c.workOn(ctx, a, &row, b.Lines, time.Time{}); err != nil {
			return BatchAnswer{}, kernel.Public(err) // the rest is done when the batch is sent again
		}
	}
	if b.inBackground() && row.Summary().State != mingjing.BatchDone {
		return BatchAnswer{BatchSummary: row.Summary(), Lines: []mingjing.LineAnswer{}}, nil
	}
	return c.Batch(ctx, a, b.ID, "", "")
}

func checkBatch(a mingjing.Actor, b Batch) (agency string, err error) {
	if agency, err = kernel.AsAgency(a); err != nil {
		return "", err
	}
	switch {
	case b.ID == "" || len(b.ID) > 128 || !utf8.ValidString(b.ID):
		return "", refuse("id", "batch_id_required")
	case len(b.Lines) == 0:
		return "", refuse("lines", "batch_empty")
	case len(b.Lines) > MaxLines:
		return "", refuse("lines", "batch_too_long")
	}
	return agency, nil
}

func (b Batch) inBackground() bool { return b.Later || len(b.Lines) > MaxLinesAtOnce }

// beginBatch stores a batch before its first line, or returns the stored one.
func (c *Intake) beginBatch(ctx context.Context, agency string, b Batch) (BatchRow, error) {
	lines := make([]storedLine, len(b.Lines))
	hash := sha256.New()
	for i, l := range b.Lines {
		lines[i] = storedLine{BatchLine: l, At: l.FileLine, Wrong: l.Wrong}
		if err := json.NewEncoder(hash).Encode(struct {
			BatchLine
			Bad   bool
			Wrong *WrongLine `json:",omitempty"`
		}{l, l.Wrong != nil, l.Wrong}); err != nil {
			return BatchRow{}, err
		}
	}
	row := BatchRow{Agency: agency, ID: b.ID, Key: kernel.NewID(), At: c.city.Now().UTC(), Digest: hex.EncodeToString(hash.Sum(nil)),
		Total: len(b.Lines)}
	var body []byte
	if b.inBackground() {
		var err error
		if body, err = json.Marshal(lines); err != nil {
			return BatchRow{}, err
		}
	}
	found := row
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		if err := db(t).AddBatch(ctx, row); err != nil || body == nil {
			return err
		}
		if err := db(t).PutBatchBody(ctx, row.Key, body); err != nil {
			return err
		}
		if err := t.Enqueue(ctx, kernel.Job{Kind: JobBatch, ID: row.Key}); err != nil {
			return err
		}
		return t.Emit(ctx, mingjing.AudienceAgency(agency), mingjing.EventBatch, row.Key, row.At)
	})
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

// workInBackground is the job that works on a batch. It gives its place to another
// after a while, and goes on where it was.
func (c *Intake) workInBackground(ctx context.Context, key string) (time.Duration, error) {
	var (
		row  BatchRow
		body []byte
	)
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		if row, err = db(t).BatchByKey(ctx, key); err == nil {
			body, err = db(t).BatchBody(ctx, key)
		}
		return err
	})
	if errors.Is(err, kernel.ErrNotFound) || err == nil && row.Summary().State == mingjing.BatchDone {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var stored []storedLine
	if err := json.Unmarshal(body, &stored); err != nil {
		return 0, err
	}
	lines := make([]BatchLine, len(stored))
	for i, l := range stored {
		lines[i] = l.BatchLine
		lines[i].FileLine, lines[i].Wrong = l.At, l.Wrong
	}
	a := mingjing.Actor{Role: mingjing.RoleAgency, ID: row.Key, Agency: row.Agency}
	done, err := c.workOn(ctx, a, &row, lines, time.Now().Add(kernel.JobBudget))
	if err != nil || done {
		return 0, err
	}
	return time.Millisecond, nil
}

// TryBatch answers each line of a batch as [Agencies.Submit] would, and stores nothing but
// the entries in the access logs of those about whom a line is.
func (c *Intake) TryBatch(ctx context.Context, a mingjing.Actor, b Batch) (BatchAnswer, error) {
	agency, err := checkBatch(a, b)
	if err != nil {
		return BatchAnswer{}, err
	}
	now := c.city.Now().UTC()
	out := BatchAnswer{BatchSummary: mingjing.BatchSummary{ID: b.ID, State: mingjing.BatchDone, At: now, FinishedAt: &now,
		Total: len(b.Lines), DryRun: true}, Lines: make([]mingjing.LineAnswer, 0, len(b.Lines))}
	chunks, err := c.plan(ctx, agency, b.Lines, nil)
	if err != nil {
		return BatchAnswer{}, kernel.Public(err)
	}
	a = c.city.Signed(a)
	for _, k := range chunks {
		answers, err := c.tryChunk(ctx, a, agency, b, k)
		if err != nil {
			return BatchAnswer{}, kernel.Public(err)
		}
		out.Lines = append(out.Lines, answers...)
	}
	byLine(out.Lines)
	for _, l := range out.Lines {
		if l.Status == mingjing.LineAccepted {
			out.Accepted++
		} else {
			out.Refused++
		}
	}
	return out, nil
}

// errTried ends the transaction of a dry run.
var errTried = errors.New("nothing is stored")

// tryChunk answers the lines of a chunk in a transaction that is not committed.
func (c *Intake) tryChunk(ctx context.Context, a mingjing.Actor, agency string, b Batch, k chunk) ([]mingjing.LineAnswer, error) {
	var answers []mingjing.LineAnswer
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		if answers, err = c.answerChunk(ctx, t, a, agency, b.Lines, k); err == nil {
			err = errTried
		}
		return err
	})
	if !errors.Is(err, errTried) {
		return nil, err
	}
	return answers, c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(a, "try", "", "record").Once(b.ID))
		for _, resident := range k.residents {
			if err := rd.Log(ctx, resident); err != nil {
				return err
			}
		}
		return nil
	})
}

func byLine(answers []mingjing.LineAnswer) {
	slices.SortFunc(answers, func(x, y mingjing.LineAnswer) int { return x.Line - y.Line })
}

// Batch returns the state of a batch of the actor's agency by the agency's own id, with
// a page of the answers to its lines, in their order; status "" is all of them.
func (c *Intake) Batch(ctx context.Context, a mingjing.Actor, id, status, cursor string) (BatchAnswer, error) {
	agency, err := kernel.AsAgency(a)
	if err != nil {
		return BatchAnswer{}, err
	}
	return c.batchPage(ctx, status, cursor, MaxLinesAtOnce, func(t *kernel.Tx) (BatchRow, error) { return db(t).Batch(ctx, agency, id) })
}

// batchPage returns a batch with a page of its answers.
func (c *Intake) batchPage(ctx context.Context, status, cursor string, limit int,
	find func(*kernel.Tx) (BatchRow, error)) (BatchAnswer, error) {
	after := 0
	if cursor != "" {
		var err error
		if after, err = strconv.Atoi(cursor); err != nil || after < 0 {
			return BatchAnswer{}, kernel.Public(kernel.ErrCursor)
		}
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (BatchAnswer, error) {
		row, err := find(t)
		if err != nil {
			return BatchAnswer{}, err
		}
		out := BatchAnswer{BatchSummary: row.Summary()}
		if row.Answer != nil {
			out.Lines = row.Answer.Lines
		} else if out.Lines, err = db(t).BatchParts(ctx, row.Key); err != nil {
			return BatchAnswer{}, err
		}
		out.Lines = slices.DeleteFunc(out.Lines, func(l mingjing.LineAnswer) bool {
			return l.Line <= after || status != "" && l.Status != status
		})
		byLine(out.Lines)
		if len(out.Lines) > limit {
			out.Lines = out.Lines[:limit]
			out.Next = strconv.Itoa(out.Lines[limit-1].Line)
		}
		return out, nil
	})
}

// AgencyBatches returns a page of the batches of the actor's agency, newest first.
func (c *Intake) AgencyBatches(ctx context.Context, a mingjing.Actor, cursor string) (mingjing.AgencyBatchesView, error) {
	const page = 50
	agency, err := kernel.AsOfficer(a)
	if err != nil {
		return mingjing.AgencyBatchesView{}, err
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.AgencyBatchesView, error) {
		v := mingjing.AgencyBatchesView{Batches: []mingjing.BatchSummary{}}
		rows, next, err := db(t).Batches(ctx, agency, cursor, page)
		for _, r := range rows {
			v.Batches = append(v.Batches, r.Summary())
		}
		v.Next = next
		return v, err
	})
}

// AgencyBatch returns a batch of the actor's agency by its key, with a page of the lines
// that were refused.
func (c *Intake) AgencyBatch(ctx context.Context, a mingjing.Actor, key, cursor string) (mingjing.AgencyBatchView, error) {
	const page = 50
	agency, err := kernel.AsOfficer(a)
	if err != nil {
		return mingjing.AgencyBatchView{}, err
	}
	out, err := c.batchPage(ctx, mingjing.LineRefused, cursor, page, func(t *kernel.Tx) (BatchRow, error) {
		row, err := db(t).BatchByKey(ctx, key)
		if err == nil && row.Agency != agency {
			err = kernel.ErrNotFound
		}
		return row, err
	})
	return mingjing.AgencyBatchView{BatchSummary: out.BatchSummary, Lines: out.Lines, Next: out.Next}, err
}
