package identity

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAnswersComeAtWholeFloors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{floor: 700 * time.Millisecond, wait: wait}
		for took, want := range map[time.Duration]time.Duration{
			0:                       700 * time.Millisecond,
			time.Millisecond:        700 * time.Millisecond,
			700 * time.Millisecond:  700 * time.Millisecond,
			701 * time.Millisecond:  1400 * time.Millisecond,
			1500 * time.Millisecond: 2100 * time.Millisecond,
		} {
			start := time.Now()
			hold := p.begin(t.Context())
			time.Sleep(took)
			hold()
			if got := time.Since(start); got != want {
				t.Errorf("work of %v is answered after %v, want %v", took, got, want)
			}
		}
	})
}
