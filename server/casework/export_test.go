package casework

import (
	"context"
	"time"

	"mingjing"
)

// What the worker does, one job at a time, and what has no door of its own.
var (
	Collect     = (*Casework).collect
	AskQuestion = (*Casework).question
	Tick        = (*Casework).tick
	Erase       = (*Casework).erase
	Expire      = (*Casework).expire
	LiveOn      = (*Casework).listing
	Inquire     = (*Casework).inquire
	Deliver     = (*Casework).deliver
	MakeExport  = (*Casework).export
	Unexport    = (*Casework).unexport
	SendCode    = (*Casework).sendCode
	Backoff     = (*Casework).backoff
	Due         = (*Casework).due
	ClockFor    = (*Casework).clockFor
	Procedure   = (*Casework).procedure
	SafeName    = safeName

	SendCorrection = (*Casework).sendCorrection
)

// Notify is notify in a transaction of its own.
func Notify(ctx context.Context, c *Casework, resident mingjing.ResidentID, kind mingjing.NoticeKind, code, page, subject string) error {
	return c.tx(ctx, func(t *tx) error {
		t.because(system, "notify", "", "notice")
		return c.notify(ctx, t, resident, kind, code, page, subject)
	})
}

// MaxSends is how often a notice is tried.
const MaxSends = maxSends

// CleanEvidence is cleanEvidence with its result taken apart.
func CleanEvidence(ctx context.Context, u Upload) (mingjing.Evidence, []byte, error) {
	f, err := cleanEvidence(ctx, u)
	return f.evidence, f.data, err
}

// Patience is the longest wait that a job spends waiting itself.
const Patience time.Duration = patience

// LiveMandate is what the job of a mandate does.
var LiveMandate = (*Casework).mandate
