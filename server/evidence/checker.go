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
}

// DefaultLimits are the limits for a machine with two processors.
var DefaultLimits = Limits{AtOnce: 2, Time: 30 * time.Second}

// A Checker checks files, each in a process of its own. It is safe for use by many
// goroutines.
type Checker struct {
	command []string
	limits  Limits
	places  chan struct{}

	mu sync.Mutex
	// turns has a channel for each person whose file is being checked or waits for a
	// place; it has room for one.
	turns map[string]*turn
}

// A turn is held by a person's file while it is checked.
type turn struct {
	held    chan struct{}
	waiting int // how many hold it or wait for it
}

// NewChecker returns a Checker that runs a command for each file. The command reads the
// file at its standard input and writes an [Answer] and the content at its output.
func NewChecker(l Limits, command ...string) *Checker {
	return &Checker{command: command, limits: l, places: make(chan struct{}, l.AtOnce), turns: map[string]*turn{}}
}

// Check returns a file as it may be stored, or a [Refusal]. Only one file of a person is
// checked at a time, so that whoever sends many does not keep the others waiting. When the
// context ends, so does the process.
func (c *Checker) Check(ctx context.Context, person string, u Upload) (File, error) {
	if len(u.Data) > mingjing.MaxEvidenceBytes {
		return File{}, TooLarge
	}
	done, err := c.wait(ctx, person)
	if err != nil {
		return File{}, err
	}
	defer done()
	content, err := c.look(ctx, u.Data, c.limits.Time)
	if err != nil {
		return File{}, err
	}
	return content.File(u.Name), nil
}

// Ready checks a page of our own, as any file is checked. Where nothing was checked before,
// it also compiles what later files need.
func (c *Checker) Ready(ctx context.Context) error {
	_, err := c.look(ctx, []byte(emptyPage), readyTime)
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

// wait waits for the person's turn and for a place.
func (c *Checker) wait(ctx context.Context, person string) (done func(), err error) {
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
	select {
	case t.held <- struct{}{}:
	case <-ctx.Done():
		leave()
		return nil, context.Cause(ctx)
	}
	select {
	case c.places <- struct{}{}:
	case <-ctx.Done():
		<-t.held
		leave()
		return nil, context.Cause(ctx)
	}
	return func() {
		<-c.places
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
func (c *Checker) look(ctx context.Context, data []byte, most time.Duration) (Content, error) {
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	cmd := exec.CommandContext(limited, c.command[0], c.command[1:]...)
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
