package api

import (
	"fmt"
	"io"
	"math"
	"mingjing/server/casework/intake"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"mingjing"
)

// The headers of the intake, by which an agency's computer submits. It has no session:
// each request is signed, over its method, path with query, and body.
const (
	// KeyHeader names the key that a batch is signed with, SignatureHeader has the
	// signature as package agency describes it.
	KeyHeader       = "Mingjing-Key"
	SignatureHeader = "Mingjing-Signature"
	// BatchLimitHeader has the limits of a batch.
	BatchLimitHeader = "Mingjing-Batch-Limit"
	// maxBatch is the limit of a batch, in bytes.
	maxBatch = 16 << 20
	// askAgain is after how many seconds it is worth asking for a batch again that is
	// worked on.
	askAgain = "2"
)

const (
	csvType  = "text/csv"
	jsonType = "application/json"
)

// batchLimit is the value of [BatchLimitHeader].
var batchLimit = fmt.Sprintf("lines=%d, lines-at-once=%d, bytes=%d", intake.MaxLines, intake.MaxLinesAtOnce, maxBatch)

// BatchCodes are the codes of the problems for which a batch is refused as a whole, beside
// those of any request. Those about its fields are in the problem's fields.
var BatchCodes = []string{"bad_body", "batch_changed", "batch_empty", "batch_id_required", "batch_too_long", "charset_unknown",
	"column_unknown",
	"encoding_is", "encoding_unknown", "key_unknown", "signature_invalid", "too_large", "too_many_attempts"}

// errTooManyLines refuses a batch.
var errTooManyLines = mingjing.InvalidFields(mingjing.FieldError{Field: "lines", Code: "batch_too_long"})

// A Rate is how many requests a key may make in which time.
type Rate struct {
	Limit int
	Per   time.Duration
}

// A Quota is how many more requests the key of an agency may make: Left at once, and all
// of Limit After a time without any. Limit is 0 where nothing was counted.
type Quota struct {
	Limit, Left int
	After       time.Duration
}

// limitHeaders are the headers of every answer of the intake.
var limitHeaders = []answerHeader{
	{BatchLimitHeader, "The limits of a batch: lines, lines that are answered in the same request, bytes.", batchLimit},
	{"RateLimit-Policy", "How many requests (q) a key may make in how many seconds (w).", `"key";q=60;w=60`},
	{"RateLimit", "How many more requests (r) the key may make at once, and after how many seconds (t) without any it may make all.",
		`"key";r=59;t=1`},
}

var (
	// submitBatch is the endpoint by which an agency's computer submits.
	submitBatch = raw[batchQuery]{
		method: http.MethodPost, path: "/api/intake/batches", access: mingjing.Machines, write: takeBatch,
		body: reflect.TypeFor[intake.Batch](), out: reflect.TypeFor[batchAnswer](), kinds: []string{csvType},
		headers: []string{SignatureHeader}, answerHeaders: limitHeaders,
		also: map[int]string{http.StatusAccepted: "The batch is worked on in the background: its state, without lines. Location is where the " +
			"state can be asked for, Retry-After after how many seconds."},
		doc: apiDoc{id: "submitBatch", summary: "Submit a batch", fails: []int{http.StatusConflict, http.StatusTooManyRequests},
			about: fmt.Sprintf("Records, corrections, revocations and listings: up to %d lines and %d MiB. Each line is answered: accepted, or "+
				"why not by a code, the field, and a sentence; a bad line stops no good one. A batch of up to %d lines is answered in the same "+
				"request, unless it has the header `Prefer: respond-async`; a longer one is worked on in the background. The same batch may be "+
				"sent again under the same id, and is then not done twice. As CSV: a header row with columns of %s (measures separated by "+
				"spaces), separated by a comma, semicolon, tab or vertical bar; the batch's id is the query parameter id. The text is UTF-8, or "+
				"GB 18030 if the Content-Type says charset=gb18030. What is refused as a whole is a problem document with one of the codes %s.",
				intake.MaxLines, maxBatch>>20, intake.MaxLinesAtOnce, strings.Join(CSVColumns, ", "), strings.Join(BatchCodes, ", ")),
			answer: "The answer to each line, as CSV if that is accepted first."},
	}
	// askBatch is the endpoint by which an agency's computer asks for a batch.
	askBatch = raw[batchStateQuery]{
		path: "/api/intake/batches", access: mingjing.Machines, write: writeBatchState,
		out: reflect.TypeFor[batchAnswer](), kinds: []string{csvType}, headers: []string{SignatureHeader}, answerHeaders: limitHeaders,
		doc: apiDoc{id: "batchState", summary: "The state of a batch",
			fails: []int{http.StatusNotFound, http.StatusTooManyRequests},
			about: fmt.Sprintf("How far the work on a batch is, with up to %d answers to its lines; next is the cursor of the next page.",
				intake.MaxLinesAtOnce),
			answer: "The state, as CSV if that is accepted first: then the answers to the lines alone."},
	}
)

// batchQuery is the query of a batch.
type batchQuery struct {
	// ID is the batch's id, for CSV.
	ID string `json:"id,omitempty" max:"128"`
	// DryRun asks for the answers that the lines would get. Nothing of them is stored; the
	// residents whose data was looked at see that in their access log.
	DryRun string `json:"dry_run,omitempty" enum:"1"`
}

// batchStateQuery is the query of the state of a batch.
type batchStateQuery struct {
	// ID is the agency's own id of the batch.
	ID string `json:"id" max:"128"`
	// Status leaves out the lines that have another.
	Status string `json:"status,omitempty" enum:"accepted,refused"`
	paged
}

// A batchAnswer is a batch with the answers to its lines.
type batchAnswer struct {
	mingjing.BatchSummary
	Lines []answeredLine `json:"lines"`
	// Next is the cursor of the next page of lines; absent at the end.
	Next string `json:"next,omitempty"`
}

// An answeredLine is the answer to a line with a sentence that says why it was refused.
type answeredLine struct {
	mingjing.LineAnswer
	// Text is the sentence of the code in each language.
	Text mingjing.Text `json:"text,omitempty"`
}

// withSentences returns the answer to a batch as a program gets it.
func withSentences(out intake.BatchAnswer) batchAnswer {
	v := batchAnswer{BatchSummary: out.BatchSummary, Lines: make([]answeredLine, 0, len(out.Lines)), Next: out.Next}
	for _, l := range out.Lines {
		to := answeredLine{LineAnswer: l}
		if l.Code != "" {
			to.Text = mingjing.Text{}
			for _, lang := range mingjing.Languages {
				to.Text[lang] = sentence(lang, l.Code, l.Values)
			}
		}
		v.Lines = append(v.Lines, to)
	}
	return v
}

// machine returns the agency whose computer makes the call, and the body. It sets the
// headers with the limits.
func (c *call) machine() (mingjing.Actor, []byte, error) {
	h := c.w.Header()
	h.Set(BatchLimitHeader, batchLimit)
	if of := c.s.IntakeRate; of.Limit > 0 {
		h.Set("Ratelimit-Policy", fmt.Sprintf(`"key";q=%d;w=%d`, of.Limit, int(of.Per.Seconds())))
	}
	if err := c.s.Allow(c.ctx(), "intake", c.s.addr(c.r)); err != nil {
		return mingjing.Actor{}, nil, err
	}
	f, err := c.receive(maxBatch) // nobody knows yet whose key it is
	if err != nil {
		return mingjing.Actor{}, nil, err
	}
	defer f.Close()
	if err := c.await(c.s.bounds.batches, f.Size()); err != nil {
		return mingjing.Actor{}, nil, err
	}
	body, err := io.ReadAll(f.Reader(0))
	if err != nil {
		return mingjing.Actor{}, nil, err
	}
	if c.s.Intake == nil {
		return mingjing.Actor{}, nil, mingjing.NewError(mingjing.Unauthenticated, "signature_invalid")
	}
	a, quota, err := c.s.Intake(c.ctx(), c.r.Header.Get(KeyHeader), c.r.Method, c.r.URL.RequestURI(), c.r.Header.Get(SignatureHeader), body)
	if quota.Limit > 0 {
		h.Set("Ratelimit", fmt.Sprintf(`"key";r=%d;t=%d`, max(0, quota.Left), int(math.Ceil(quota.After.Seconds()))))
	}
	return a, body, err
}

// takeBatch reads a batch and answers each of its lines.
func takeBatch(c *call, in batchQuery) error {
	a, body, err := c.machine()
	if err != nil {
		return err
	}
	b, err := readBatch(c.r.Header.Get("Content-Type"), in.ID, body)
	if err != nil {
		return err
	}
	b.Later = slices.ContainsFunc(c.r.Header.Values("Prefer"), func(v string) bool { return strings.Contains(v, "respond-async") })
	// A batch of many lines takes longer than a page.
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(10 * time.Minute))
	do := c.s.casework.Intake.Submit
	if in.DryRun != "" {
		do = c.s.casework.Intake.TryBatch
	}
	out, err := do(c.ctx(), a, b)
	if err != nil {
		return err
	}
	if out.State != mingjing.BatchDone {
		c.w.Header().Set("Location", c.r.URL.Path+"?"+url.Values{"id": {out.ID}}.Encode())
		c.w.Header().Set("Retry-After", askAgain)
		return c.json(http.StatusAccepted, withSentences(out))
	}
	return c.batch(out)
}

// writeBatchState answers how far a batch is.
func writeBatchState(c *call, in batchStateQuery) error {
	a, _, err := c.machine()
	if err != nil {
		return err
	}
	out, err := c.s.casework.Intake.Batch(c.ctx(), a, in.ID, in.Status, in.Cursor)
	if err != nil {
		return err
	}
	if out.State != mingjing.BatchDone {
		c.w.Header().Set("Retry-After", askAgain)
	}
	return c.batch(out)
}

// batch answers with the lines of a batch, in the form that is accepted first.
func (c *call) batch(out intake.BatchAnswer) error {
	v := withSentences(out)
	if out.Next != "" {
		next := url.Values{"id": {out.ID}, "cursor": {out.Next}}
		c.w.Header().Set("Link", "<"+c.r.URL.Path+"?"+next.Encode()+`>; rel="next"`)
	}
	if !strings.HasPrefix(c.r.Header.Get("Accept"), csvType) {
		return c.json(http.StatusOK, v)
	}
	c.noStore()
	c.w.Header().Set("Content-Type", csvType+"; charset=utf-8")
	return writeCSV(c.w, v.Lines)
}
