package cases

import (
	"math"
	"strconv"
	"strings"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// NoClock is the place in the work queue of a dispute on which no clock runs.
const NoClock int64 = math.MaxInt64

// Due returns the dispute's place in the work queue: NextDue in microseconds since
// 1970, or [NoClock].
func (d Case) Due() int64 {
	if d.NextDue.IsZero() {
		return NoClock
	}
	return d.NextDue.UnixMicro()
}

// VeryLate returns when the dispute is very late, in microseconds since 1970, or
// [NoClock]: by the clock that gives it its place in the queue.
func (d Case) VeryLate() int64 {
	for _, k := range d.Clocks {
		if IsRunning(k) && k.Due.Equal(d.NextDue) && !k.VeryLateAt.IsZero() {
			return k.VeryLateAt.UnixMicro()
		}
	}
	return NoClock
}

// Cursor returns the [CaseQuery] Cursor of the page that begins after d. It says
// nothing about the resident.
func (d Case) Cursor() string {
	return strconv.FormatInt(d.Due(), 10) + "." + d.ID
}

// ParseCursor reads what [Case.Cursor] made: the place in the work queue and
// the dispute's id. The error is [kernel.ErrCursor].
func ParseCursor(cursor string) (due int64, id string, err error) {
	number, id, ok := strings.Cut(cursor, ".")
	if !ok || id == "" || len(cursor) > 200 {
		return 0, "", kernel.ErrCursor
	}
	if due, err = strconv.ParseInt(number, 10, 64); err != nil {
		return 0, "", kernel.ErrCursor
	}
	return due, id, nil
}

// Summary returns what the work queue shows of a case: nothing of the person, so that a
// queue can be read without opening anybody's data.
func (d Case) Summary() Case {
	l := Case{Resident: d.Resident, RecordID: d.RecordID, ListingID: d.ListingID, AgencyCode: d.AgencyCode,
		CatalogueCode: d.CatalogueCode, HandlerID: d.HandlerID, Ref: d.Ref, RecommenderID: d.RecommenderID, Barred: d.Barred,
		NewEvidence: d.NewEvidence, NextDue: d.NextDue, Version: d.Version,
		Case: mingjing.Case{ID: d.ID, Kind: d.Kind, Previous: d.Previous, Missing: d.Missing.Head(), Reason: d.Reason, State: d.State,
			FiledAt: d.FiledAt,
			Handler: d.Handler,
			Clocks:  d.Clocks, Extended: d.Extended, Escalated: d.Escalated}}
	for _, e := range d.Timeline {
		if e.Code == "assigned" {
			l.Timeline = append(l.Timeline, e)
		}
	}
	if d.Decision != nil {
		l.Decision = &mingjing.Decision{Outcome: d.Decision.Outcome, At: d.Decision.At, Rule: d.Decision.Rule}
	}
	return l
}
