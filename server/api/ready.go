package api

import (
	"context"
	"encoding/json"
	"log/slog"
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
	PartWorkers   = "workers"
	PartFiles     = "files"
)

// work is what a server does, with the parts that each needs.
var work = map[string][]string{
	"public_pages": nil,
	// Who is logged in reads, asks and disputes; live events come, by polling if need
	// be; jobs run.
	loggedIn:        {PartDatabase, PartIdentity, PartMasterKey},
	"login":         {PartDatabase, PartIdentity, PartMasterKey},
	"agency_intake": {PartDatabase, PartMasterKey},
	jobs:            {PartDatabase, PartMasterKey, PartWorkers},
	// Files that people sent, and exports, are opened; sending them goes on without.
	"files": {PartDatabase, PartIdentity, PartMasterKey, PartFiles},
}

// loggedIn is the work without which a server is of no use.
const loggedIn = "logged_in"

// jobs is all the work of a process that answers no requests.
const jobs = "jobs"

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

// A probed is what is asked whether it is ready.
type probed struct {
	ready    func(ctx context.Context) map[string]error
	stopping func() bool
	log      *slog.Logger
	work     map[string][]string
	needed   string // the work without which it is of no use
}

// Probes returns a handler that answers /healthz and /readyz of a process that does jobs,
// and nothing else. The arguments are as in [Config].
func Probes(ready func(ctx context.Context) map[string]error, stopping func() bool, log *slog.Logger) http.Handler {
	p := probed{ready: ready, stopping: stopping, log: log, work: map[string][]string{jobs: work[jobs]}, needed: jobs}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", p.readyz)
	return mux
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(`{"status":"ok"}` + "\n"))
}

// readyz tells a load balancer whether to send requests here, and an operator what still
// works.
func (p probed) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithTimeout(r.Context(), readyTimeout)
	defer stop()
	missing := p.ready(ctx)
	out := readiness{Status: "ready", Works: map[string]bool{}, Missing: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		p.log.Warn("not ready", "part", name, "err", missing[name])
		out.Status, out.Missing[name] = "degraded", "unavailable"
	}
	for what, parts := range p.work {
		out.Works[what] = !slices.ContainsFunc(parts, func(name string) bool { return missing[name] != nil })
	}
	status := http.StatusOK
	switch {
	case p.stopping():
		status, out.Status = http.StatusServiceUnavailable, "stopping"
	case !out.Works[p.needed]:
		status, out.Status = http.StatusServiceUnavailable, "unavailable"
	}
	if status != http.StatusOK {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out) //nolint:errchkjson // a map of strings; the client has gone
}
