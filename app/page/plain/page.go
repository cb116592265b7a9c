// Package plain has the pages of residents and staff that need no life: the server alone
// renders them, and no browser program has them ([mingjing.PlainPages]). Importing it
// registers them with package page.
package plain

import (
	"mingjing"
	"mingjing/app/page"
)

// t is [page.T], which every line of a page calls.
func t(v *mingjing.View, key string, pairs ...string) string { return page.T(v, key, pairs...) }

// href is [page.Href].
func href(v *mingjing.View, name string, id ...string) string { return page.Href(v, name, id...) }
