// Package logcheck reads the proof of the access log from the server and checks it
// against what a browser remembers and against what the page shows. It and the
// cryptography that it needs are a program of their own (see app/check), which is
// loaded only where the access log is shown.
package logcheck

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"mingjing"
)

// A Task is what is to be checked.
type Task struct {
	// Shown is what the page shows, or nil.
	Shown *mingjing.AccessLogView `json:"shown"`
	// Kept is what the browser remembers of the last check, or nil.
	Kept *mingjing.LookMemory `json:"kept"`
	Now  time.Time            `json:"now"`
}

// A Result is what a check found.
type Result struct {
	Check mingjing.LookCheck `json:"check"`
	// Fresh is what to keep where nothing but what was kept stands against the proof.
	Fresh *mingjing.LookMemory `json:"fresh"`
	// Unread says that the proof could not be read, so that it is neither good nor bad.
	Unread bool `json:"unread"`
}

// A Fetcher reads a path of the server as the person who is logged in.
type Fetcher func(ctx context.Context, path string) ([]byte, error)

// Do checks a task.
func (t Task) Do(ctx context.Context, fetch Fetcher) Result {
	check, fresh, err := Check(ctx, fetch, t.Shown, t.Kept, t.Now)
	return Result{Check: check, Fresh: fresh, Unread: err != nil}
}

// maxPages bounds the pages of the proof that are read.
const maxPages = 50

var errTooManyPages = errors.New("the proof has too many pages")

// Check reads all pages of the proof and checks them against what was kept,
// and the page against them. fresh is what to keep where nothing but what was kept
// stands against it. The error says that something could not be read.
func Check(ctx context.Context, fetch Fetcher, log *mingjing.AccessLogView,
	kept *mingjing.LookMemory, now time.Time,
) (check mingjing.LookCheck, fresh *mingjing.LookMemory, err error) {
	path := "/api/access-log/proof"
	next := path
	if kept != nil {
		next += "?since=" + strconv.FormatInt(kept.Size, 10)
	}
	var pages []mingjing.LookProof
	for next != "" {
		if len(pages) == maxPages {
			return check, nil, errTooManyPages
		}
		data, err := fetch(ctx, next)
		if err != nil {
			return check, nil, err
		}
		var page mingjing.LookProof
		if err := json.Unmarshal(data, &page); err != nil {
			return check, nil, err
		}
		pages = append(pages, page)
		next = ""
		if page.Next > 0 {
			state, _ := mingjing.ParseCheckpoint(page.Checkpoint) // one that is none is found below
			next = path + "?after=" + strconv.FormatInt(page.Next, 10) + "&size=" + strconv.FormatInt(state.Size, 10)
		}
	}
	check = mingjing.CheckLooks(pages, kept, now)
	anew := mingjing.CheckLooks(pages, nil, now)
	if log != nil {
		check.Shown(pages, log.Looks, log.Others)
		anew.Shown(pages, log.Looks, log.Others)
	}
	return check, anew.Memory, nil
}
