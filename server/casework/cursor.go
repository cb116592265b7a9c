package casework

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// ErrCursor says that a [CaseQuery] has a Cursor that [Dispute.Cursor] did not make.
var ErrCursor = errors.New("bad cursor")

// NoClock is the place in the work queue of a dispute on which no clock runs.
const NoClock int64 = math.MaxInt64

// Due is the dispute's place in the work queue: NextDue in microseconds since
// 1970, or [NoClock].
func (d Dispute) Due() int64 {
	if d.NextDue.IsZero() {
		return NoClock
	}
	return d.NextDue.UnixMicro()
}

// VeryLate is when the dispute is very late, in microseconds since 1970, or
// [NoClock]: by the clock that gives it its place in the queue.
func (d Dispute) VeryLate() int64 {
	for _, k := range d.Clocks {
		if runs(k) && k.Due.Equal(d.NextDue) && !k.VeryLateAt.IsZero() {
			return k.VeryLateAt.UnixMicro()
		}
	}
	return NoClock
}

// Cursor is the [CaseQuery] Cursor of the page that begins after d. It says
// nothing about the resident.
func (d Dispute) Cursor() string {
	return strconv.FormatInt(d.Due(), 10) + "." + d.ID
}

// ParseCursor reads what [Dispute.Cursor] made: the place in the work queue and
// the dispute's id. The error is [ErrCursor].
func ParseCursor(cursor string) (due int64, id string, err error) {
	number, id, ok := strings.Cut(cursor, ".")
	if !ok || id == "" || len(cursor) > 200 {
		return 0, "", ErrCursor
	}
	if due, err = strconv.ParseInt(number, 10, 64); err != nil {
		return 0, "", ErrCursor
	}
	return due, id, nil
}
