package api

import (
	"net/http"
	"strconv"
	"time"

	"mingjing"
)

// A deprecation says since when an endpoint is deprecated, and on which day it goes.
type deprecation struct{ since, gone mingjing.Date }

// deprecations are the endpoints that will go, by method and path. Their descriptions say
// so, and so does each of their answers. docs/agencies.md promises that there are 12 months
// between the two days; the changelog has them too.
var deprecations = map[string]deprecation{}

// deprecated returns the deprecation of an endpoint, if it has one.
func (d description) deprecated() (deprecation, bool) {
	x, ok := deprecations[d.method+" "+d.path]
	return x, ok
}

// answerHeaders are the headers of every answer of the endpoint: RFC 9745 and RFC 8594.
func (x deprecation) answerHeaders() []answerHeader {
	return []answerHeader{
		{"Deprecation", "Since when this endpoint is deprecated, as @ and Unix seconds.",
			"@" + strconv.FormatInt(x.since.Time(time.UTC).Unix(), 10)},
		{"Sunset", "From when on this endpoint may not be there any more.", x.gone.Time(time.UTC).Format(http.TimeFormat)},
	}
}

// withDeprecation returns how an endpoint is served, with the headers of its deprecation.
func withDeprecation(e endpoint) func(c *call) error {
	x, ok := e.describe().deprecated()
	if !ok {
		return e.serve
	}
	return func(c *call) error {
		for _, h := range x.answerHeaders() {
			c.w.Header().Set(h.name, h.example)
		}
		return e.serve(c)
	}
}
