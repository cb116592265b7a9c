//go:build !release

package main

import "mingjing/server/demo"

// hasDemo says that the demo city is part of this program.
const hasDemo = true

type (
	demoCity    = demo.City
	demoConfig  = demo.Config
	demoAccount = demo.Account
)

var (
	openDemo          = demo.Open
	printDemoAccounts = demo.PrintAccounts
)
