package store

import (
	"testing"
	"time"
)

func TestABreakerIsOpenForAllWhoUseTheDatabaseUntilItsTime(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		until := time.Now().Add(time.Minute).Truncate(time.Microsecond)
		must(t, s.OpenBreaker(ctx, "court", until.Add(-time.Second)))
		must(t, s.OpenBreaker(ctx, "court", until))
		must(t, s.OpenBreaker(ctx, "tax", until))
		must(t, s.OpenBreaker(ctx, "over", time.Now().Add(-time.Second)))
		must(t, s.CloseBreaker(ctx, "tax"))
		must(t, s.CloseBreaker(ctx, "nobody"))
		open, err := s.OpenBreakers(ctx)
		must(t, err)
		if len(open) != 1 || !open["court"].Equal(until) {
			t.Errorf("open are %v", open)
		}
	})
}
