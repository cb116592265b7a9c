package api

import (
	"context"
	"net/http"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Demo is what a demo city has besides: a clock that its staff move.
type Demo interface {
	// Clock returns the city's time and what waits for a later one.
	Clock(ctx context.Context, a mingjing.Actor) (mingjing.DemoClockView, error)
	// MoveClock moves the city's time forward by one of [mingjing.ClockSteps].
	MoveClock(ctx context.Context, a mingjing.Actor, step string) (mingjing.DemoClockView, error)
}

// demoClockPage is not found in a city that is no demo.
var demoClockPage = page[mingjing.DemoClockView]{
	name: "demo-clock",
	get: func(c *call) (mingjing.DemoClockView, error) {
		if c.s.Demo == nil {
			return mingjing.DemoClockView{}, kernel.ErrNothingThere
		}
		return c.s.Demo.Clock(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		action[clockForm, mingjing.DemoClockView]{
			outside: true,
			path:    "/api/admin/demo-clock", access: mingjing.Staff, errorPage: "demo-clock",
			doc: apiDoc{id: "moveClock", summary: "Move the clock of a demo city forward",
				about:  "Only in a demo city. Steps are lengths of the law's time, shorter where the city's clock runs faster.",
				answer: "The clock as it is now.", fails: []int{http.StatusNotFound, http.StatusConflict}},
			example: clockForm{Step: "working_5"},
			do: func(c *call, in clockForm) (mingjing.DemoClockView, redirect, error) {
				if c.s.Demo == nil {
					return mingjing.DemoClockView{}, redirect{}, kernel.ErrNothingThere
				}
				v, err := c.s.Demo.MoveClock(c.ctx(), c.actor(), in.Step)
				return v, redirect{page: "demo-clock", done: "clock_moved"}, err
			},
		},
	},
}

// clockForm moves the clock of a demo city.
type clockForm struct {
	Step string `json:"step"`
}
