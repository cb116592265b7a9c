package score

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Late returns how many score requests are not scored though half of the reserve is used
// up, and how many though their deadline has passed.
func (c *Scores) Late(ctx context.Context, t *kernel.Tx) (mingjing.LateScores, error) {
	now, whole := c.city.Now(), c.city.Scaled(mingjing.ScoreDeadline)
	endangered, late, err := db(t).LateRequests(ctx, now.Add(c.city.Scaled(c.reserve)/2-whole), now.Add(-whole))
	return mingjing.LateScores{Endangered: endangered, Late: late}, err
}

// watchInterval is how often the requests are counted that are late, or will be: so often
// that it is seen before. It is a part of the reserve.
func (c *Scores) watchInterval() time.Duration {
	return max(c.city.Scaled(c.reserve)/5, time.Second)
}

// Watch counts the score requests that are late, or will be, until ctx ends, says so in
// the log, and tells them to tell.
func (c *Scores) Watch(ctx context.Context, tell func(mingjing.LateScores)) {
	tick := time.NewTicker(c.watchInterval())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		c.Look(ctx, tell)
	}
}

// Look is one look of [Scores.Watch].
func (c *Scores) Look(ctx context.Context, tell func(mingjing.LateScores)) {
	var n mingjing.LateScores
	err := c.city.Read(ctx, func(t *kernel.Tx) (err error) {
		n, err = c.Late(ctx, t)
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			c.city.Log().Warn("count the score requests that will be late", "err", err)
		}
		return
	}
	tell(n)
	if n != (mingjing.LateScores{}) {
		waiting, asking := c.city.Asker().Asking()
		c.city.Log().Warn("score requests are late, or will be", "endangered", n.Endangered, "late", n.Late,
			"questions_waiting", waiting, "questions_under_way", asking)
	}
}
