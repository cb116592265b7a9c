package store

import (
	"context"
	"database/sql"
	"time"

	"mingjing"
	"mingjing/server/casework/democlock"
)

// Deadlines implements [casework.Tx].
func (t *tx) Deadlines(ctx context.Context, now time.Time, scoreTime time.Duration, most int) ([]democlock.Deadline, error) {
	list := []democlock.Deadline{}
	for _, of := range []struct {
		kind   string
		column string
		from   string
		plus   time.Duration
	}{
		{mingjing.DeadlineCase, "next_due", "dispute WHERE state <> 'decided' AND next_due < 9223372036854775807", 0},
		{mingjing.DeadlineScore, "created_at", "request WHERE state IN ('queued', 'collecting', 'scoring')", scoreTime},
		{mingjing.DeadlineJob, t.s.eng.jobAt(), "river_job WHERE state IN ('available', 'scheduled', 'retryable')", 0},
	} {
		err := t.rows(ctx, "list deadlines", func(rows *sql.Rows) error {
			var at int64
			d := democlock.Deadline{Kind: of.kind}
			if err := rows.Scan(&at, &d.N); err != nil {
				return err
			}
			d.At = instant(at).Add(of.plus)
			list = append(list, d)
			return nil
		}, `SELECT `+of.column+` AS at, count(*) FROM `+of.from+` AND `+of.column+` > ? GROUP BY 1 ORDER BY 1 LIMIT ?`,
			micros(now.Add(-of.plus)), page(most))
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}
