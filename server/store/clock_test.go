package store

import (
	"testing"
	"time"

	"mingjing/server/store/pgtest"
)

func TestAClockThatIsApartFromTheDatabasesIsMeasured(t *testing.T) {
	s := open(t, pgtest.Start(t))
	for _, by := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute} {
		s.machine = func() time.Time { return time.Now().Add(by) }
		if apart, err := s.ClockApart(t.Context()); err != nil || (apart-by).Abs() > 30*time.Second {
			t.Errorf("a clock that is %v apart is called %v apart, %v", by, apart, err)
		}
	}
	own := open(t, "sqlite::memory:")
	own.machine = func() time.Time { return time.Now().Add(time.Hour) }
	if apart, err := own.ClockApart(t.Context()); err != nil || apart != 0 {
		t.Errorf("the clock of a file is %v apart, %v", apart, err)
	}
}
