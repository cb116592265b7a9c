package score

import (
	"errors"
	"testing"
	"time"
)

func TestRetriesBackOffAndStayApart(t *testing.T) {
	asInLaw := func(d time.Duration) time.Duration { return d }
	lengths := map[time.Duration]bool{}
	for attempt := 1; attempt < 100; attempt++ {
		d, _ := backoff(asInLaw, attempt, errors.New("down"))
		lengths[d] = true
		want := min(time.Hour, 30*time.Second<<min(attempt-1, 20))
		if d < want*4/5 || d > want*6/5 {
			t.Errorf("attempt %d waits %s, want about %s", attempt, d, want)
		}
	}
	if len(lengths) < 50 {
		t.Error("the waits march in step")
	}
}
