package cases

import (
	"context"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// notOwn refuses a case of the actor's own, or of somebody who is near to them.
func NotOwn(a mingjing.Actor, d Dispute) error {
	if d.Near != nil {
		return d.Near
	}
	if a.Self != "" && a.Self == d.Resident {
		return mingjing.Errorf(mingjing.Forbidden, "case_own")
	}
	return nil
}

// moved tells the resident that a case of theirs went on.
func (c *Cases) CaseMoved(ctx context.Context, t *kernel.Tx, d Dispute, code string) error {
	return c.NotifyCase(ctx, t, d, mingjing.NoticeCaseMoved, code)
}
