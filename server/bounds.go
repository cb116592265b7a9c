package main

import (
	"cmp"
	"log/slog"
	"mingjing/server/guard"
	"net/http"
	"time"
)

// The bounds where no setting says another.
const (
	// connectionsEach and connections are how many connections one address, and all, may
	// have open.
	connectionsEach, connections = 1000, 20_000
	// transitMB is how many megabytes may be on their way on disk.
	transitMB = 2048
	// transitParts is how many clients can use all of that up.
	transitParts = 8
)

// spool returns what keeps on disk what is on its way to and from clients.
func (s Settings) spool() *guard.Spool {
	all := int64(cmp.Or(s.TransitMB, transitMB)) << 20
	return guard.NewSpool(s.Data, all/transitParts, all)
}

// guarded bounds the connections of the listener. Where all come from a proxy, that is the
// one which bounds them by address.
func (p *program) guarded() *guard.Listener {
	each, all := cmp.Or(p.ConnectionsPerAddress, connectionsEach), cmp.Or(p.Connections, connections)
	if p.ProxyHops > 0 {
		each = 0
	}
	// The database, the children and what is on its way need files too.
	if files := openFiles(); files > 0 {
		all = min(all, files*3/4)
	}
	return guard.Listen(p.listener, each, all, p.log)
}

// httpServer returns the server of the listener, with its limits of time and size.
func (p *program) httpServer(l *guard.Listener) *http.Server {
	return &http.Server{
		Handler:           p.handler,
		ConnState:         l.State,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
}
