package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mingjing"
)

// maxAnswer bounds what a process writes for one file.
const maxAnswer = mingjing.MaxEvidenceBytes + 4096

// Limits are what checking files may cost.
type Limits struct {
	// AtOnce is how many files are checked at a time.
	AtOnce int
	// Time is how long one file may take, from the start of its process.
	Time time.Duration
	// Soon is how long somebody who sent a file waits for its turn, and AtWork how long they
	// then wait for the check; what takes longer is checked later.
	Soon, AtWork time.Duration
	// Heavy is how much time the files of a person may take within an hour. Of those whose
	// files took more, only one file of all is checked at a time. Quota is after how much
	// the next has to wait for the end of the hour. Zero is no limit.
	Heavy, Quota time.Duration
}

// DefaultLimits are the limits for a machine with two processors.
var DefaultLimits = Limits{AtOnce: 2, Time: 30 * time.Second, Soon: 2 * time.Second, AtWork: 10 * time.Second,
	Heavy: 15 * time.Second, Quota: 5 * time.Minute}

// ErrLater is the error of a file that can't be checked now: others are before it, or what
// is needed does not answer. It is to be checked later, and not to be refused.
var ErrLater = errors.New("evidence: the file can't be checked now")

// A Scanner looks for malware.
type Scanner interface {
	// Scan returns [Infected] for malware, and another error where it could not look.
	Scan(ctx context.Context, data []byte) error
}

// A Checker checks files, each in a process of its own. It is safe for use by many
// goroutines.
type Checker struct {
	command []string
	limits  Limits
	scanner Scanner // nil for none
	places  chan struct{}
	pages   chan struct{} // has one while a page is drawn
	started chan struct{} // closed when what [Checker.Start] has begun has ended; nil without it
	heavy   chan struct{} // has one while a file is checked of somebody whose files take long

	mu sync.Mutex
	// turns has each person whose file is being checked or waits for it.
	turns map[string]*turn
	// spent is what the files of each person have taken since the beginning of their hour.
	spent map[string]*spending
}

// A spending is how much time files have taken since an instant.
type spending struct {
	took  time.Duration
	since time.Time
}

// A turn is held by a person's file while it is checked.
type turn struct {
	held    chan struct{}
	waiting int // how many hold it or wait for it
}

// NewChecker returns a Checker that runs a command for each file. The command reads the
// file at its standard input and writes an [Answer] and the content at its output.
func NewChecker(l Limits, command ...string) *Checker {
	return &Checker{command: command, limits: l, places: make(chan struct{}, l.AtOnce), heavy: make(chan struct{}, 1),
		pages: make(chan struct{}, 1),
		turns: map[string]*turn{}, spent: map[string]*spending{}}
}

// ScanBy makes a scanner look at each file before anything else does. It is called before
// the first file is checked.
func (c *Checker) ScanBy(s Scanner) { c.scanner = s }

// Soon is [Checker.Check] for somebody who waits for the answer: it returns [ErrLater] where
// there is none soon.
func (c *Checker) Soon(ctx context.Context, person string, u Upload) (File, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	patience := time.AfterFunc(c.limits.Soon, func() { stop(ErrLater) })
	defer patience.Stop()
	return c.check(ctx, person, u, func() { patience.Reset(c.limits.AtWork) })
}

// Busy reports whether a file of a person is being checked, or waits.
func (c *Checker) Busy(person string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turns[person] != nil
}

// Check returns a file as it may be stored, a [Refusal], or [ErrLater]. Only one file of a
// person is checked at a time, so that whoever sends many does not keep the others waiting.
// When the context ends, so does the process.
func (c *Checker) Check(ctx context.Context, person string, u Upload) (File, error) {
	return c.check(ctx, person, u, func() {})
}

// check checks a file; begins is called when the wait for others is over.
func (c *Checker) check(ctx context.Context, person string, u Upload, begins func()) (File, error) {
	if len(u.Data) > mingjing.MaxEvidenceBytes {
		return File{}, TooLarge
	}
	took := c.tookOf(person)
	if c.limits.Quota > 0 && took >= c.limits.Quota {
		return File{}, ErrLater
	}
	leave, err := c.turn(ctx, person)
	if err != nil {
		return File{}, err
	}
	defer leave()
	if c.started != nil {
		begins()
		select {
		case <-c.started:
		case <-ctx.Done():
			return File{}, context.Cause(ctx)
		}
	}
	if err := c.scan(ctx, u.Data); err != nil {
		return File{}, err
	}
	if c.limits.Heavy > 0 && took >= c.limits.Heavy {
		if err := take(ctx, c.heavy); err != nil {
			return File{}, err
		}
		defer func() { <-c.heavy }()
	}
	if err := take(ctx, c.places); err != nil {
		return File{}, err
	}
	begins()
	began := time.Now()
	content, err := c.look(ctx, u.Data, c.limits.Time, c.command[1:]...)
	<-c.places
	c.spend(person, began, time.Since(began))
	if err != nil {
		return File{}, err
	}
	f := content.File(u.Name)
	f.Scanned = c.scanner != nil
	return f, nil
}

// PageArgument is what stands before the number of a page in the last argument of the
// process, where a picture of it is wanted.
const PageArgument = "page="

// Page returns a page of a file that was checked as a JPEG; the first is 1. Only one page of
// a person is drawn at a time.
func (c *Checker) Page(ctx context.Context, person string, data []byte, n int) ([]byte, error) {
	leave, err := c.turn(ctx, "page "+person)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := take(ctx, c.pages); err != nil {
		return nil, err
	}
	defer func() { <-c.pages }()
	content, err := c.look(ctx, data, c.limits.Time, append(slices.Clone(c.command[1:]), PageArgument+strconv.Itoa(n))...)
	return content.Data, err
}

// scan lets the scanner look at a file.
func (c *Checker) scan(ctx context.Context, data []byte) error {
	if c.scanner == nil {
		return nil
	}
	limited, stop := context.WithTimeout(ctx, c.limits.Time)
	defer stop()
	err := c.scanner.Scan(limited, data)
	switch refused := Refusal(""); {
	case err == nil, errors.As(err, &refused):
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %w", ErrLater, err)
}

// hour is how long what a person's files have taken counts.
const hour = time.Hour

// tookOf returns how long the files of a person have taken within the hour.
func (c *Checker) tookOf(person string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.spent[person]; s != nil && time.Since(s.since) < hour {
		return s.took
	}
	return 0
}

// spend notes how long a file of a person has taken, and forgets the hours that are over.
func (c *Checker) spend(person string, began time.Time, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for who, s := range c.spent {
		if time.Since(s.since) >= hour {
			delete(c.spent, who)
		}
	}
	s := c.spent[person]
	if s == nil {
		s = &spending{since: began}
		c.spent[person] = s
	}
	s.took += took
}

// take waits for room in a channel.
func take(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Start begins, before the first file comes, what [Checker.Ready] does, and returns at once;
// ended gets its error. Files that come meanwhile wait: each would compile the same within the
// time for one file, which is too short for that on a busy machine.
func (c *Checker) Start(ctx context.Context, ended func(error)) {
	c.started = make(chan struct{})
	go func() {
		err := c.Ready(ctx)
		close(c.started)
		ended(err)
	}()
}

// Ready checks a page of our own, as any file is checked. Where nothing was checked before,
// it also compiles what later files need.
func (c *Checker) Ready(ctx context.Context) error {
	_, err := c.look(ctx, []byte(emptyPage), readyTime, c.command[1:]...)
	return err
}

// readyTime is how long compiling what files need may take on a busy machine.
const readyTime = 5 * time.Minute

// emptyPage is a PDF of one empty page.
const emptyPage = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj
trailer<</Root 1 0 R>>
%%EOF
`

// turn waits for the person's turn.
func (c *Checker) turn(ctx context.Context, person string) (done func(), err error) {
	c.mu.Lock()
	t := c.turns[person]
	if t == nil {
		t = &turn{held: make(chan struct{}, 1)}
		c.turns[person] = t
	}
	t.waiting++
	c.mu.Unlock()
	leave := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(c.turns, person)
		}
	}
	if err := take(ctx, t.held); err != nil {
		leave()
		return nil, err
	}
	return func() {
		<-t.held
		leave()
	}, nil
}

// An Answer is the first line of what the process writes, as JSON. The content follows
// where nothing is refused.
type Answer struct {
	Refused  Refusal `json:"refused,omitempty"`
	Type     string  `json:"type,omitempty"`
	Ext      string  `json:"ext,omitempty"`
	Pages    int     `json:"pages,omitempty"`
	Stripped bool    `json:"stripped,omitempty"`
}

// types are the contents that an answer may name.
var types = []Answer{{Type: "application/pdf", Ext: ".pdf"}, {Type: "image/jpeg", Ext: ".jpg"}, {Type: "image/png", Ext: ".png"}}

// Write writes an answer about a content, or about why there is none.
func Write(w io.Writer, c Content, err error) error {
	var refused Refusal
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	head, err := json.Marshal(Answer{Refused: refused, Type: c.Type, Ext: c.Ext, Pages: c.Pages, Stripped: c.Stripped})
	if err != nil {
		return err
	}
	_, err = w.Write(slices.Concat(head, []byte("\n"), c.Data))
	return err
}

// read reads what [Write] wrote. Nothing in it is trusted.
func read(out []byte) (Content, error) {
	line, data, ok := bytes.Cut(out, []byte("\n"))
	var a Answer
	if !ok || json.Unmarshal(line, &a) != nil {
		return Content{}, errors.New("evidence: the process that looks at files has answered nothing that can be read")
	}
	switch {
	case slices.Contains(refusals, a.Refused):
		return Content{}, a.Refused
	case a.Refused != "" || a.Pages < 0 || !slices.Contains(types, Answer{Type: a.Type, Ext: a.Ext}):
		return Content{}, fmt.Errorf("evidence: the process that looks at files has answered %q", line)
	case len(data) > mingjing.MaxEvidenceBytes:
		return Content{}, TooLarge
	}
	return Content{Type: a.Type, Ext: a.Ext, Data: data, Pages: a.Pages, Stripped: a.Stripped}, nil
}

// look runs the process for one file. A process that was killed, by its limits or by
// ours, has met a file that is too complex.
func (c *Checker) look(ctx context.Context, data []byte, most time.Duration, args ...string) (Content, error) {
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	cmd := exec.CommandContext(limited, c.command[0], args...)
	cmd.Env = []string{"GOTRACEBACK=none"}
	cmd.Dir = "/"
	cmd.Stdin = bytes.NewReader(data)
	cmd.WaitDelay = time.Second
	var complaint strings.Builder
	cmd.Stderr = &limitedWriter{w: &complaint, left: 4096}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return Content{}, err
	}
	if err := cmd.Start(); err != nil {
		if ctx.Err() != nil {
			return Content{}, context.Cause(ctx)
		}
		return Content{}, fmt.Errorf("evidence: starting the process that looks at files: %w", err)
	}
	out, readErr := io.ReadAll(io.LimitReader(stdout, maxAnswer+1))
	if len(out) > maxAnswer {
		cancel()
	}
	err = cmd.Wait()
	switch exit, failed := errors.AsType[*exec.ExitError](err); {
	case ctx.Err() != nil:
		return Content{}, context.Cause(ctx)
	case limited.Err() != nil, failed && outOfBounds(exit):
		return Content{}, TooComplex
	case err != nil:
		return Content{}, fmt.Errorf("evidence: the process that looks at files: %w: %s", err, firstLine(complaint.String()))
	case readErr != nil:
		return Content{}, readErr
	}
	return read(out)
}

// outOfBounds reports whether a process was ended by a limit: by a signal, or by the
// runtime for want of memory (2).
func outOfBounds(e *exec.ExitError) bool { return e.ExitCode() == -1 || e.ExitCode() == 2 }

// firstLine returns the first line of what a process complained about. It never has
// anything of the file.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// A limitedWriter forgets what comes after its first bytes.
type limitedWriter struct {
	w    io.Writer
	left int
}

func (l *limitedWriter) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.left -= n
	if _, err := l.w.Write(b[:n]); err != nil {
		return 0, err
	}
	return len(b), nil
}
