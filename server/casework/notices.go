package casework

import (
	"context"

	"mingjing"
)

func (c *Casework) notify(ctx context.Context, t *tx, resident mingjing.ResidentID, kind mingjing.NoticeKind, code, page, subject string) error {
	return nil
}
