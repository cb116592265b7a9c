//go:build release

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"mingjing"
	"mingjing/server/api"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/identity"
	"mingjing/server/store"
)

// hasDemo says that the demo city is not part of this program: it is a release.
const hasDemo = false

// There is no demo city in a release: DEMO=1 is refused before one is opened.
type (
	demoCity    struct{}
	demoAccount struct{}
	demoConfig  struct {
		Books      []*mingjing.Rulebook
		Key        []byte
		ClockScale float64
		Instant    bool
		Logger     *slog.Logger
	}
)

func openDemo(context.Context, string, demoConfig) (*demoCity, error) {
	return nil, errors.New("DEMO=1: " + noDemo)
}

func printDemoAccounts(io.Writer, []demoAccount) error { return nil }

func (*demoCity) Time() kernel.Clock                               { return systemClock{} }
func (*demoCity) Directory() map[string]string                     { return nil }
func (*demoCity) Controls(*casework.Bureau, *store.Store) api.Demo { return nil }
func (*demoCity) Run(context.Context, *casework.Bureau) error      { return nil }
func (*demoCity) Close() error                                     { return nil }
func (*demoCity) Settle(context.Context, *casework.Bureau, *identity.Identity) ([]demoAccount, error) {
	return nil, nil
}
func (*demoCity) Respond(string) string { return "" }
