package democlock

import (
	"context"
	"time"
)

// A Port is what the part needs of one transaction on the store. Every method that finds
// nothing returns [kernel.ErrNotFound]; lists may be empty. Lists are ordered oldest
// first unless said otherwise.
type Port interface {
	// Deadlines are the instants after now that cases, score requests and dated jobs
	// wait for, the most next of each kind; a request waits for scoreTime after it
	// was made.
	Deadlines(ctx context.Context, now time.Time, scoreTime time.Duration, most int) ([]Deadline, error)
}
