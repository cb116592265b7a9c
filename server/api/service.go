package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"mingjing"
)

var contactPage = page[mingjing.ContactView]{
	name: "contact",
	get:  func(c *call) (mingjing.ContactView, error) { return mingjing.ContactView{Counter: c.s.Counter}, nil },
}

// statusPage says what the service can do at this moment, to whom a page does not open.
var statusPage = page[mingjing.StatusView]{
	name:      "status",
	outsideTx: true,
	get: func(c *call) (mingjing.StatusView, error) {
		missing := map[string]error{}
		if c.s.Ready != nil {
			ctx, cancel := context.WithTimeout(c.ctx(), readyTimeout)
			defer cancel()
			missing = c.s.Ready(ctx)
		}
		v := mingjing.StatusView{Works: map[string]bool{}}
		for name, parts := range work {
			v.Works[name] = !slices.ContainsFunc(parts, func(part string) bool { return missing[part] != nil })
		}
		return v, nil
	},
}

// securityTxtFor is for how long the security contact is said to be right.
const securityTxtFor = 180 * 24 * time.Hour

// securityTxt sends the security contact (RFC 9116).
func (s *server) securityTxt(w http.ResponseWriter, r *http.Request) {
	origin := s.Origin
	if origin == "" {
		origin = "http://" + r.Host
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	expires := s.casework.City.Now().UTC().Add(securityTxtFor).Truncate(24 * time.Hour)
	//nolint:gosec // plain text, and the host is that of the request's own line
	_, _ = fmt.Fprintf(w, "Contact: %s\nExpires: %s\nPreferred-Languages: zh, en\nCanonical: %s/.well-known/security.txt\n",
		cmp.Or(s.SecurityContact, origin+mingjing.Path("en", "contact")), expires.Format(time.RFC3339), origin)
}
