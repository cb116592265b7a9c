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
	LiveOn      = (*Casework).listing
	Deliver     = (*Casework).deliver
	SendCode    = (*Casework).sendCode
	Backoff     = (*Casework).backoff
	Due         = (*Casework).due
	ClockFor    = (*Casework).clockFor
	Procedure   = (*Casework).procedure
	SafeName    = safeName

	SendCorrection = (*Casework).sendCorrection
)

// Rescore is what the job does on a day on which something ends.
func Rescore(ctx context.Context, c *Casework, resident mingjing.ResidentID) error {
	return c.tx(ctx, func(t *tx) error { return c.rescore(ctx, t, resident, "expiry", "") })
}

// Notify is notify in a transaction of its own.
func Notify(ctx context.Context, c *Casework, resident mingjing.ResidentID, kind mingjing.NoticeKind, code, page, subject string) error {
	return c.tx(ctx, func(t *tx) error { return c.notify(ctx, t, resident, kind, code, page, subject) })
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
