package page

import (
	"mingjing"
)

// HostOf returns a host that shows a view.
func HostOf(v *mingjing.View) *Host { return &Host{v: v} }

// Tidied returns what tidy makes of s.
func Tidied(s string) string { return tidy(s) }
