package mingjing

import "time"

// A DemoNote says that this is the demo city and how fast its clocks run.
type DemoNote struct {
	// ClockScale is how many times faster deadlines pass than in law.
	ClockScale int `json:"clock_scale"`
}

// A DemoClockView is the clock of a demo city, which a tester can move forward.
type DemoClockView struct {
	Now time.Time `json:"now"`
	// Deadlines are what is waited for next, as numbers only.
	Deadlines []DeadlineCount `json:"deadlines"`
}

// ClockSteps are the steps by which the clock of a demo city is moved, in the order
// in which they are offered: first those of deadlines, which are shorter where its
// clocks run faster, then those of the calendar.
var ClockSteps = []string{"deadline", "hour", "working_1", "working_5", "working_10", "day", "month", "year"}
