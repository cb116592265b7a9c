package demo_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"mingjing/server/demo"
)

func TestTheClockIsMovedForwardAndStaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo-clock.json")
	c, err := demo.OpenClock(file)
	if err != nil {
		t.Fatal(err)
	}
	ahead := func(c *demo.Clock) time.Duration { return time.Until(c.Now()).Round(time.Hour) }
	if ahead(c) != 0 {
		t.Errorf("a new clock is %s ahead", ahead(c))
	}
	for _, step := range []time.Duration{time.Hour, 6 * 24 * time.Hour, -100 * time.Hour, 0} {
		if err := c.Move(step); err != nil {
			t.Fatal(err)
		}
	}
	const want = 145 * time.Hour
	if ahead(c) != want {
		t.Errorf("it is %s ahead, want %s", ahead(c), want)
	}
	again, err := demo.OpenClock(file)
	if err != nil || ahead(again) != want {
		t.Errorf("after a restart it is %s ahead, %v", ahead(again), err)
	}
	if err := again.Move(20 * 366 * 24 * time.Hour); err == nil || ahead(again) != want {
		t.Errorf("twenty years: %v, and it is %s ahead", err, ahead(again))
	}
}

func TestAClockThatCannotBeKeptIsNotMoved(t *testing.T) {
	c, err := demo.OpenClock(filepath.Join(t.TempDir(), "gone", "demo-clock.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Move(time.Hour); err == nil || time.Until(c.Now()) > time.Minute {
		t.Errorf("moved to %s, %v", c.Now(), err)
	}
	for name, text := range map[string]string{"nothing": "", "back": `{"moved_microseconds": -5}`,
		"far": `{"moved_microseconds": 9000000000000000}`} {
		file := filepath.Join(t.TempDir(), "demo-clock.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := demo.OpenClock(file); err == nil {
			t.Errorf("%s: it opens", name)
		}
	}
}
