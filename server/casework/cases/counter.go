package cases

import (
	"context"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// atCounter marks a dispute as filed by staff, who may not decide it.
func atCounter(d *Case, a mingjing.Actor) {
	d.Timeline[0].Code, d.Timeline[0].Who = "filed_counter", a.Name
	if !slices.Contains(d.Barred, a.ID) {
		d.Barred = append(d.Barred, a.ID)
	}
}

// tellOfCounter adds the entry of a filing at the counter to the resident's access log,
// and notifies the resident.
func (c *Cases) tellOfCounter(ctx context.Context, t *kernel.Tx, a mingjing.Actor, d Case, now time.Time) error {
	rd := t.As(c.city.Entry(a, "counter_filed", d.ID, "counter"))
	if err := rd.Log(ctx, d.Resident); err != nil {
		return err
	}
	return c.CaseMoved(ctx, rd, d, "filed_counter")
}
