// Package live tells open screens that something changed: it sends events to the
// right sockets, across replicas. An event is a kind, an id and a sequence number,
// and nothing personal; the page then reads again through the authorised API.
//
// The store is the truth, and Redis only carries messages. An event that Redis loses
// is found by its missing sequence number, by reading the store from time to time and,
// while Redis is away, by reading it every few seconds. The package knows neither the
// store (it is given Replay) nor who may listen (it is given a Listener).
package live

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/redis/go-redis/v9"

	"mingjing"
)

// CloseSessionEnded is the close code of a stream whose session was ended or has
// expired; the page then has to log in again.
const CloseSessionEnded = 4401

// CloseRestart is the close code of the streams of a server that stops (1012, Service
// Restart, of IANA's registry). The reason is after how many milliseconds the client is
// to open its stream again: a different one for each.
const CloseRestart = websocket.CloseServiceRestart

// Names in Redis. One channel carries all events, prefixed with their audience;
// each replica drops those that nobody listens for, which costs it a map lookup.
const (
	channelEvents   = "mingjing:live:events"
	channelSessions = "mingjing:live:ended"
)

const (
	readLimit     = 512              // bytes that a client may send at once: control frames
	closeWait     = 2 * time.Second  // for the answer to a close frame
	replayAtOnce  = 8                // calls of Replay at the same time
	replayRounds  = 20               // calls of Replay in a row for one audience
	rememberEnded = 10 * time.Minute // for how long a session that ended can't open a stream
	sweepEvery    = time.Second
	stillBatch    = 500
	// resetBacklog is the number of missed events above which one reset is sent in
	// their place: the page reads everything again anyway.
	resetBacklog = 32
)

// Config is what a Hub needs. Only Redis and Replay must be set.
type Config struct {
	Redis redis.UniversalClient
	// Replay returns the events of an audience after a sequence number, oldest
	// first; it may return only the first of them. Where they are gone it returns
	// an event of kind [mingjing.EventReset].
	Replay func(ctx context.Context, audience string, after int64) ([]mingjing.Event, error)
	// Still returns those of the sessions that have ended. It is asked about all sessions
	// with a stream, 500 at a time, each StillEvery, so that a session that ends ends its
	// streams within 5 seconds also where the message of its end was lost. Nil checks none.
	Still func(ctx context.Context, sessionIDs ...string) (ended []string, err error)
	Clock interface{ Now() time.Time } // nil is the time of day
	// Received hears of each event that came by Redis and that a stream of this replica
	// is open for; it may be nil.
	Received func(e mingjing.Event)
	// Logger gets the errors of Redis and the store; nil is slog.Default.
	Logger *slog.Logger

	MaxSockets    int           // open at once; 0 is 20,000
	MaxPerSession int           // open at once for one session; 0 is 16
	MaxPerPerson  int           // open at once for one person; 0 is 64
	MaxControl    int           // pings and pongs of one client within PingEvery; 0 is 64
	SendBuffer    int           // messages that may wait for a reader; 0 is 64
	WriteWait     time.Duration // for one write; 0 is 10 s
	PingEvery     time.Duration // 0 is 30 s
	PollEvery     time.Duration // between calls of Replay while Redis is away; 0 is 2 s
	CatchUpEvery  time.Duration // between calls of Replay while Redis is there; 0 is 60 s
	StillEvery    time.Duration // 0 is 2 s
	CallbackWait  time.Duration // for one call of Replay or Still; 0 is 5 s
	// BackRate is how many clients a second come back after Close, spread evenly but
	// for no longer than BackWithin; 0 is 200, and a minute.
	BackRate   int
	BackWithin time.Duration
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// A Hub has the open streams of one replica. It is safe for use by many goroutines.
type Hub struct {
	cfg      Config
	upgrader websocket.Upgrader
	slow     atomic.Int64
	ctx      context.Context // ends with the hub
	stop     context.CancelFunc
	running  sync.WaitGroup
	replays  chan struct{} // a slot for each call of Replay

	mu       sync.Mutex
	groups   map[string]*group
	sessions map[string]map[*socket]struct{}
	ended    map[string]time.Time
	sockets  int
	admitted int            // sockets, with those that are being opened
	counts   map[string]int // of the admitted, by session and by person
	live     bool           // Redis is there
	closing  bool
	empty    chan struct{} // closed when closing and the last socket has left
}

// New makes a Hub and starts listening to Redis. Close ends it.
func New(cfg Config) *Hub {
	orInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	orTime := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt(&cfg.MaxSockets, 20_000)
	orInt(&cfg.MaxPerSession, 16)
	orInt(&cfg.MaxPerPerson, 64)
	orInt(&cfg.MaxControl, 64)
	orInt(&cfg.SendBuffer, 64)
	orTime(&cfg.WriteWait, 10*time.Second)
	orTime(&cfg.PingEvery, 30*time.Second)
	orTime(&cfg.PollEvery, 2*time.Second)
	orTime(&cfg.CatchUpEvery, time.Minute)
	orTime(&cfg.StillEvery, 2*time.Second)
	orTime(&cfg.CallbackWait, 5*time.Second)
	orInt(&cfg.BackRate, 200)
	orTime(&cfg.BackWithin, time.Minute)
	if cfg.Clock == nil {
		cfg.Clock = wallClock{}
	}
	if cfg.Received == nil {
		cfg.Received = func(mingjing.Event) {}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}

	ctx, stop := context.WithCancel(context.Background())
	h := &Hub{
		cfg: cfg,
		upgrader: websocket.Upgrader{
			ReadBufferSize:  256,
			WriteBufferSize: 512,
			WriteBufferPool: &sync.Pool{},
			CheckOrigin:     sameOrigin,
			Error: func(w http.ResponseWriter, _ *http.Request, status int, _ error) {
				http.Error(w, http.StatusText(status), status)
			},
		},
		ctx:      ctx,
		stop:     stop,
		replays:  make(chan struct{}, replayAtOnce),
		groups:   map[string]*group{},
		sessions: map[string]map[*socket]struct{}{},
		ended:    map[string]time.Time{},
		counts:   map[string]int{},
	}
	h.running.Go(func() { h.listenToRedis(ctx) })
	h.running.Go(func() { h.sweep(ctx) })
	if cfg.Still != nil {
		h.running.Go(func() { h.recheck(ctx) })
	}
	return h
}

// sameOrigin reports whether the request has an Origin and it is this host. The
// library by itself accepts a request without one.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Values("Origin")
	if len(origin) != 1 {
		return false
	}
	u, err := url.Parse(origin[0])
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && strings.EqualFold(u.Host, r.Host)
}

// Stats are figures for the operator.
type Stats struct {
	Sockets   int   `json:"sockets"`
	Audiences int   `json:"audiences"`
	Redis     bool  `json:"redis"` // events come by Redis and not by polling
	Slow      int64 `json:"slow"`  // sockets cut off so far because a write to them took too long
}

// Stats returns the figures of this replica now.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Stats{Sockets: h.sockets, Audiences: len(h.groups), Redis: h.live, Slow: h.slow.Load()}
}

// Publish sends an event that was committed to the audience's sockets on every
// replica. When Redis fails, the sockets of this replica get it all the same and the
// error says what failed; the other replicas find the event in the store.
func (h *Hub) Publish(ctx context.Context, audience string, e mingjing.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("live: encoding an event: %w", err)
	}
	message := make([]byte, 0, len(audience)+1+len(data))
	message = append(append(append(message, audience...), '\n'), data...)
	if err := h.publish(ctx, channelEvents, message); err != nil {
		h.receiveEvent(audience, e)
		return fmt.Errorf("live: publishing an event: %w", err)
	}
	return nil
}

// EndSession closes the streams of a session on every replica with
// [CloseSessionEnded]. When Redis fails, those of this replica are closed and the
// error says what failed; the other replicas find out through Still.
func (h *Hub) EndSession(ctx context.Context, sessionID string) error {
	h.endSessionHere(sessionID)
	if err := h.publish(ctx, channelSessions, []byte(sessionID)); err != nil {
		return fmt.Errorf("live: publishing the end of a session: %w", err)
	}
	return nil
}

// publish sends a message through Redis, and gives up soon while Redis is away.
func (h *Hub) publish(ctx context.Context, channel string, message []byte) error {
	h.mu.Lock()
	wait := time.Second
	if !h.live {
		wait = 200 * time.Millisecond
	}
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return h.cfg.Redis.Publish(ctx, channel, message).Err()
}

// Serve turns the request into a stream for the listener: first the events after
// l.After, then new ones, each a JSON text message, without gap and without
// duplicate. It answers 403 to a missing or foreign Origin, 401 to a session that
// has ended and 429 when there are too many streams. It returns as soon as the
// stream is set up, so the caller's goroutine and buffers do not live with it.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, l mingjing.Listener) {
	if status := h.admit(l); status != 0 {
		http.Error(w, http.StatusText(status), status)
		return
	}
	conn, err := h.upgrader.Upgrade(hijacker(w), r, nil)
	if err != nil { // the upgrader has answered
		h.mu.Lock()
		h.leave(l)
		h.mu.Unlock()
		return
	}
	now := time.Now()
	s := &socket{
		hub: h, conn: conn, listener: l, session: l.SessionID, expires: l.ExpiresAt,
		sent: max(l.After, 0), behind: true,
		// Spread, so that not all are pinged in the same second after a restart.
		nextPing: now.Add(h.cfg.PingEvery/2 + rand.N(h.cfg.PingEvery/2)),
	}

	h.mu.Lock()
	g := h.groups[l.Audience]
	if g == nil {
		g = &group{audience: l.Audience, sockets: map[*socket]struct{}{}, nextUp: now.Add(h.cfg.CatchUpEvery/2 + rand.N(h.cfg.CatchUpEvery))}
		h.groups[l.Audience] = g
	}
	s.group = g
	g.sockets[s] = struct{}{}
	if h.sessions[s.session] == nil {
		h.sessions[s.session] = map[*socket]struct{}{}
	}
	h.sessions[s.session][s] = struct{}{}
	h.sockets++
	if l.Reset {
		one := prepare(mingjing.Event{Seq: s.sent, Kind: mingjing.EventReset, At: h.cfg.Clock.Now().UTC()})
		s.send(func() *websocket.PreparedMessage { return one }, one)
	}
	_, ended := h.ended[s.session]
	switch {
	case h.closing:
		s.close(CloseRestart, "0")
	case ended:
		s.close(CloseSessionEnded, "")
	default:
		h.replay(g)
	}
	h.mu.Unlock()
	go s.read()
}

// countedAs returns the names under which the stream of a listener is counted.
func countedAs(l mingjing.Listener) (session, person string) {
	return "session " + l.SessionID, "person " + l.Person
}

// admit counts a stream that is to be opened, or returns the HTTP status with which it is
// refused.
func (h *Hub) admit(l mingjing.Listener) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ended := h.ended[l.SessionID]
	session, person := countedAs(l)
	switch {
	case ended, !l.ExpiresAt.IsZero() && !h.cfg.Clock.Now().Before(l.ExpiresAt):
		return http.StatusUnauthorized
	case h.closing:
		return http.StatusServiceUnavailable
	case h.admitted >= h.cfg.MaxSockets, h.counts[session] >= h.cfg.MaxPerSession,
		l.Person != "" && h.counts[person] >= h.cfg.MaxPerPerson:
		return http.StatusTooManyRequests
	}
	h.admitted++
	h.counts[session]++
	h.counts[person]++
	return 0
}

// leave counts a stream no more; h.mu is held.
func (h *Hub) leave(l mingjing.Listener) {
	h.admitted--
	session, person := countedAs(l)
	for _, name := range []string{session, person} {
		if h.counts[name]--; h.counts[name] == 0 {
			delete(h.counts, name)
		}
	}
}

// hijacker returns the writer below those of middleware that can be hijacked. The
// library does not look for it.
func hijacker(w http.ResponseWriter) http.ResponseWriter {
	for u := w; ; {
		if _, ok := u.(http.Hijacker); ok {
			return u
		}
		inner, ok := u.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		u = inner.Unwrap()
	}
}

// remove closes a socket and forgets it.
func (h *Hub) remove(s *socket) {
	s.mu.Lock()
	s.gone = true
	s.queue = nil
	s.mu.Unlock()
	_ = s.conn.Close()

	h.mu.Lock()
	defer h.mu.Unlock()
	delete(s.group.sockets, s)
	if len(s.group.sockets) == 0 && h.groups[s.group.audience] == s.group {
		delete(h.groups, s.group.audience)
	}
	delete(h.sessions[s.session], s)
	if len(h.sessions[s.session]) == 0 {
		delete(h.sessions, s.session)
	}
	h.sockets--
	h.leave(s.listener)
	h.signalIfEmpty()
}

// signalIfEmpty tells Close when the last socket is gone; h.mu is held.
func (h *Hub) signalIfEmpty() {
	if h.closing && h.sockets == 0 && h.empty != nil {
		close(h.empty)
		h.empty = nil
	}
}

// endSessionHere closes a session's sockets on this replica, and remembers that it has ended.
func (h *Hub) endSessionHere(sessionID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended[sessionID] = time.Now()
	for s := range h.sessions[sessionID] {
		s.close(CloseSessionEnded, "")
	}
}

// Close closes every stream with [CloseRestart], waits until all are closed or ctx ends,
// and stops. It returns ctx's error if some had to be cut off.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	if h.closing {
		h.mu.Unlock()
		return nil
	}
	h.closing = true
	empty := make(chan struct{})
	h.empty = empty
	all, n := max(h.sockets, 1), 0
	spread := min(time.Duration(all)*time.Second/time.Duration(h.cfg.BackRate), h.cfg.BackWithin)
	for _, sockets := range h.sessions {
		for s := range sockets {
			s.close(CloseRestart, strconv.FormatInt((spread*time.Duration(n)/time.Duration(all)).Milliseconds(), 10))
			n++
		}
	}
	h.signalIfEmpty()
	h.mu.Unlock()

	var err error
	select {
	case <-empty:
	case <-ctx.Done():
		err = fmt.Errorf("live: closing streams: %w", ctx.Err())
		h.mu.Lock()
		for _, sockets := range h.sessions {
			for s := range sockets {
				_ = s.conn.NetConn().Close()
			}
		}
		h.mu.Unlock()
		<-empty
	}
	h.stop()
	h.running.Wait()
	return err
}
