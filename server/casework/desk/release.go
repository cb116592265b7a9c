package desk

import (
	"context"
	"errors"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

// ReleaseCases gives the open cases of a handler who has left back to the queue. A case
// that was decided and only waits to be served stays: anybody may serve it.
func (c *Desk) ReleaseCases(ctx context.Context, handler string) error {
	if handler == "" {
		return errors.New("casework: release cases: no handler")
	}
	for cursor := ""; ; {
		list, err := kernel.InRead(ctx, c.city, func(t *kernel.Tx) ([]cases.Case, error) {
			return db(t).Cases(ctx, cases.CaseQuery{HandlerID: handler, Cursor: cursor, Limit: releasedAtOnce, Now: c.city.Now()})
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, d := range list {
			if err := c.release(ctx, handler, d.ID); err != nil {
				return err
			}
		}
		cursor = list[len(list)-1].Cursor()
	}
}

// releasedAtOnce is how many cases are read at a time.
const releasedAtOnce = 100

// release gives one case back, unless somebody else has it by now.
func (c *Desk) release(ctx context.Context, handler, id string) error {
	return c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd, err := cases.ReaderOf(ctx, t, c.city, kernel.System, "release_case", id)
		if err != nil {
			return err
		}
		d, err := read(rd).Case(ctx, id)
		if err != nil || d.HandlerID != handler || d.State == mingjing.CaseDecided || d.State == mingjing.CaseToServe {
			return err
		}
		d.HandlerID, d.Handler = "", ""
		if d.State == mingjing.CaseAssigned {
			d.State = mingjing.CaseFiled
		}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: c.city.Now().UTC(), Code: "released", Role: mingjing.RoleSystem})
		if err := c.cases.SetCase(ctx, t, d); err != nil {
			return err
		}
		return c.cases.Tell(ctx, rd, d)
	})
}
