// Package public has the pages that anybody may open without a login. Importing it
// registers them with package page.
package public

import (
	"mingjing"
	"mingjing/app/page"
)

// t is [page.T], which every line of a page calls.
func t(v *mingjing.View, key string, pairs ...string) string { return page.T(v, key, pairs...) }

// tn is [page.Tn].
func tn(v *mingjing.View, key string, n int, pairs ...string) string {
	return page.Tn(v, key, n, pairs...)
}

// href is [page.Href].
func href(v *mingjing.View, name string, id ...string) string { return page.Href(v, name, id...) }
