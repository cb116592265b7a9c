// Package logcheck reads the proof of the access log from the server and checks it
// against what a browser has stored and against what the page shows. It and the
// cryptography that it needs are a program of their own (see app/check), which is
// loaded only where the access log is shown.
package logcheck

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"time"

	"mingjing"
	"mingjing/logproof"
)

// A Fetcher reads a path of the server as the person who is logged in.
type Fetcher func(ctx context.Context, path string) ([]byte, error)

// Do does a task and returns its result.
func Do(ctx context.Context, fetch Fetcher, t mingjing.CheckTask) mingjing.CheckResult {
	check, fresh, err := Check(ctx, fetch, t.Shown, t.Kept, t.Now)
	return mingjing.CheckResult{Check: check, Fresh: fresh, Unread: err != nil}
}

// Check reads the proof, and checks it against what was stored and the page against it.
// It reads what the page shows and what came after the stored entry; if no entry is
// stored, or if anything is wrong, it reads the whole log, to find out what is wrong.
// fresh is what to store if the resident chooses to start again; nil unless the proof
// contradicts nothing but what was stored. The error says that something could not be
// read.
func Check(ctx context.Context, fetch Fetcher, log *mingjing.AccessLogView, kept *mingjing.AccessMemory, now time.Time,
) (check mingjing.AccessCheck, fresh *mingjing.AccessMemory, err error) {
	if kept != nil && kept.Seq > 1 {
		after := kept.Seq - 1
		if log != nil {
			for _, l := range log.Entries {
				after = min(after, l.Seq-1)
			}
			if log.Since > 0 {
				after = min(after, log.Since-1)
			}
		}
		if after > 0 {
			pages, err := readProof(ctx, fetch, kept, after)
			if err != nil {
				return check, nil, err
			}
			if check = checkShown(pages, log, kept, now); len(check.Problems) == 0 {
				return check, nil, nil
			}
		}
	}
	pages, err := readProof(ctx, fetch, kept, 0)
	if err != nil {
		return check, nil, err
	}
	return checkShown(pages, log, kept, now), checkShown(pages, log, nil, now).Memory, nil
}

func checkShown(pages []mingjing.AccessProof, log *mingjing.AccessLogView, kept *mingjing.AccessMemory,
	now time.Time) mingjing.AccessCheck {
	check := logproof.Check(pages, kept, now)
	if log != nil {
		logproof.CheckShown(&check, pages, log.Entries, log.Others)
	}
	return check
}

var errEndless = errors.New("the proof does not end")

// readProof reads all pages of the proof of the entries after a number. The only limit
// is the size of the tree, in which each entry has a leaf.
func readProof(ctx context.Context, fetch Fetcher, kept *mingjing.AccessMemory, after int64) (pages []mingjing.AccessProof, err error) {
	q := url.Values{}
	if kept != nil {
		q.Set("since", strconv.FormatInt(kept.Size, 10))
	}
	var read int64
	for {
		if after > 0 {
			q.Set("after", strconv.FormatInt(after, 10))
		}
		data, err := fetch(ctx, proofPath(q))
		if err != nil {
			return nil, err
		}
		var page mingjing.AccessProof
		if err := json.Unmarshal(data, &page); err != nil {
			return nil, err
		}
		pages = append(pages, page)
		if page.Next == 0 {
			return pages, nil
		}
		state, _ := logproof.ParseCheckpoint(page.Checkpoint) // a malformed one is found later
		if read += int64(len(page.Entries)); len(page.Entries) == 0 || page.Next <= after || read > state.Size {
			return nil, errEndless
		}
		after = page.Next
		q.Del("since") // only the first page needs it
		q.Set("size", strconv.FormatInt(state.Size, 10))
	}
}

func proofPath(q url.Values) string {
	const path = "/api/access-log/proof"
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
