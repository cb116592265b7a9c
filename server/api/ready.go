package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"
)

// The parts that a server needs, as [Config] Ready names them.
const (
	PartDatabase  = "database"
	PartIdentity  = "identity"
	PartMasterKey = "master key"
	PartRedis     = "redis"
)

// work is what a server does, with the parts that each needs.
var work = map[string][]string{
	"public_pages": nil,
	// Who is logged in reads, asks and disputes; live events come, by polling if need
	// be; jobs run.
	loggedIn:        {PartDatabase, PartIdentity, PartMasterKey},
	"login":         {PartDatabase, PartIdentity, PartMasterKey},
	"agency_intake": {PartDatabase, PartMasterKey},
}

// loggedIn is the work without which a server is of no use.
const loggedIn = "logged_in"

// readyTimeout is the time limit of the readiness check.
const readyTimeout = 3 * time.Second

// A readiness is the answer of /readyz. Its status is ready; degraded, while logged-in
// work goes on without all parts; unavailable; or stopping.
type readiness struct {
	Status string `json:"status"`
	// Works says what the server can do now.
	Works map[string]bool `json:"works"`
	// Missing are the parts that do not work.
	Missing map[string]string `json:"missing"`
}

func (s *server) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(`{"status":"ok"}` + "\n"))
}

// readyz tells a load balancer whether to send requests here, and an operator what still
// works.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithTimeout(r.Context(), readyTimeout)
	defer stop()
	missing := s.Ready(ctx)
	out := readiness{Status: "ready", Works: map[string]bool{}, Missing: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		s.Logger.Warn("not ready", "part", name, "err", missing[name])
		out.Status, out.Missing[name] = "degraded", "unavailable"
	}
	for what, parts := range work {
		out.Works[what] = !slices.ContainsFunc(parts, func(name string) bool { return missing[name] != nil })
	}
	status := http.StatusOK
	switch {
	case s.Stopping():
		status, out.Status = http.StatusServiceUnavailable, "stopping"
	case !out.Works[loggedIn]:
		status, out.Status = http.StatusServiceUnavailable, "unavailable"
	}
	c := &call{s: s, w: w, r: r}
	if status != http.StatusOK {
		w.Header().Set("Retry-After", retryAfter)
	}
	_ = c.json(status, out)
}
