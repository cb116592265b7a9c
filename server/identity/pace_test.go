package identity

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAnswersComeAtWholeFloors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := responseFloor{floor: 700 * time.Millisecond, wait: wait}
		for took, want := range map[time.Duration]time.Duration{
			0:                       700 * time.Millisecond,
			time.Millisecond:        700 * time.Millisecond,
			700 * time.Millisecond:  700 * time.Millisecond,
			701 * time.Millisecond:  1400 * time.Millisecond,
			1500 * time.Millisecond: 2100 * time.Millisecond,
		} {
			start := time.Now()
			hold := p.start(t.Context())
			time.Sleep(took)
			hold()
			if got := time.Since(start); got != want {
				t.Errorf("work of %v is answered after %v, want %v", took, got, want)
			}
		}
	})
}

func TestALoginTakesTheStandardTimeUnlessAnotherIsSet(t *testing.T) {
	for set, want := range map[time.Duration]time.Duration{0: DefaultFloorTime, -time.Second: DefaultFloorTime, time.Minute: time.Minute} {
		i, err := Open(t.Context(), Config{PublicURL: "http://127.0.0.1:1", AdminURL: "http://127.0.0.1:1", Redis: sharedRDB,
			IDKey: testKey, FloorTime: set, Logger: shared.log})
		if err != nil {
			t.Fatal(err)
		}
		if i.pace.floor != want {
			t.Errorf("set to %v it is %v, want %v", set, i.pace.floor, want)
		}
	}
	if DefaultFloorTime < 500*time.Millisecond {
		t.Errorf("%v is less than a password check takes on a slow core", DefaultFloorTime)
	}
}
