package cases

import (
	"slices"

	"mingjing"
)

// wasAsked says whether a case was put to its agency.
func WasAsked(d Dispute) bool {
	return slices.ContainsFunc(d.Clocks, func(k mingjing.Clock) bool { return k.Code == "agency" })
}
