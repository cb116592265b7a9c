// Package live tells open pages that something changed: it sends events to the right
// WebSockets, on all replicas. An event is kind, id and sequence number and nothing
// personal; the page then reads again through the authorised API.
//
// The database is the truth, and Redis only carries events faster: an event that Redis
// loses is found by its missing sequence number, by periodic queries and, while Redis
// is away, by frequent ones. The package knows neither the store (it is given Replay)
// nor who may listen (it is given a Listener).
package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
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

// Names in Redis. One channel carries all events, prefixed with their audience; each
// replica drops the events of audiences without a socket, which costs a map access.
const (
	channelEvents   = "mingjing:live:events"
	channelSessions = "mingjing:live:ended"
)

const (
	readLimit     = 512              // bytes that a client may send at once: control frames
	closeWait     = 2 * time.Second  // for the answer to a close frame
	replayAtOnce  = 8                // replays at the same time
	replayRounds  = 20               // queries in a row for one audience
	rememberEnded = 10 * time.Minute // how long an ended session is refused, since its socket may still be opening
	sweepEvery    = time.Second
	stillBatch    = 500
	// resetBacklog is the number of missed events above which one reset is sent in
	// their place: the page reads everything again anyway.
	resetBacklog = 32
)

// Config is the configuration of a Hub. Only Redis and Replay are required.
type Config struct {
	Redis redis.UniversalClient
	// Replay returns the events of an audience after a sequence number, oldest
	// first; it may return only the first of them. Where they are gone it returns
	// an event of kind [mingjing.EventReset].
	Replay func(ctx context.Context, audience string, after int64) ([]mingjing.Event, error)
	// Still returns those of the sessions that have ended. It is called with all
	// sessions, in pages of 500, one page each PollEvery, and starts again after
	// StillEvery, or at once while Redis is away. Nil checks none.
	Still func(ctx context.Context, sessionIDs ...string) (ended []string, err error)
	Clock interface{ Now() time.Time } // nil is the time of day
	// Logger gets the errors of Redis and the store; nil is slog.Default.
	Logger *slog.Logger

	MaxSockets    int           // open at once; 0 is 20,000
	MaxPerSession int           // open at once for one session; 0 is 16
	SendBuffer    int           // messages that may wait for a reader; 0 is 64
	WriteWait     time.Duration // for one write; 0 is 10 s
	PingEvery     time.Duration // 0 is 30 s
	PollEvery     time.Duration // time between replays while Redis is away; 0 is 2 s
	CatchUpEvery  time.Duration // time between replays while Redis is there; 0 is 60 s
	StillEvery    time.Duration // 0 is 60 s
	CallbackWait  time.Duration // for one call of Replay or Still; 0 is 5 s
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// A Hub has the open sockets of one replica.
type Hub struct {
	cfg         Config
	upgrader    websocket.Upgrader
	slow        atomic.Int64
	ctx         context.Context // ends with the hub
	stop        context.CancelFunc
	running     sync.WaitGroup
	replaySlots chan struct{} // limits the replays at the same time

	mu       sync.Mutex
	groups   map[string]*group
	sessions map[string]map[*socket]struct{}
	ended    map[string]time.Time
	sockets  int
	live     bool // Redis is there
	closing  bool
	empty    chan struct{} // closed when closing and the last socket has left
}

// A group is the sockets of one audience.
type group struct {
	audience     string
	sockets      map[*socket]struct{}
	last         int64 // newest event sent; 0 before the first. Sockets that are not behind have had all up to here
	replaying    bool  // a goroutine reads from the store
	replayAgain  bool  // it has to read once more
	replayFailed bool  // the last replay failed
	// newest is the newest event received during a replay, in case the replay misses
	// it.
	newest mingjing.Event
	nextUp time.Time
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
	orInt(&cfg.SendBuffer, 64)
	orTime(&cfg.WriteWait, 10*time.Second)
	orTime(&cfg.PingEvery, 30*time.Second)
	orTime(&cfg.PollEvery, 2*time.Second)
	orTime(&cfg.CatchUpEvery, time.Minute)
	orTime(&cfg.StillEvery, time.Minute)
	orTime(&cfg.CallbackWait, 5*time.Second)
	if cfg.Clock == nil {
		cfg.Clock = wallClock{}
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
		ctx:         ctx,
		stop:        stop,
		replaySlots: make(chan struct{}, replayAtOnce),
		groups:      map[string]*group{},
		sessions:    map[string]map[*socket]struct{}{},
		ended:       map[string]time.Time{},
	}
	h.running.Go(func() { h.listenToRedis(ctx) })
	h.running.Go(func() { h.sweep(ctx) })
	if cfg.Still != nil {
		h.running.Go(func() { h.recheck(ctx) })
	}
	return h
}

// sameOrigin reports whether the request has an Origin and it is this host. The library
// by itself accepts a request without one.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Values("Origin")
	if len(origin) != 1 {
		return false
	}
	u, err := url.Parse(origin[0])
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && strings.EqualFold(u.Host, r.Host)
}

// Stats are numbers for the operator.
type Stats struct {
	Sockets   int   `json:"sockets"`
	Audiences int   `json:"audiences"`
	Redis     bool  `json:"redis"` // events come by Redis and not by polling
	Slow      int64 `json:"slow"`  // sockets closed so far because a write to them took too long
}

// Stats returns the numbers of this replica.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Stats{Sockets: h.sockets, Audiences: len(h.groups), Redis: h.live, Slow: h.slow.Load()}
}

// Publish sends an event that was committed to every replica. If Redis fails, the
// sockets of this replica get it all the same and the error says what failed; the other
// replicas find the event in the store.
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

// EndSession closes the sockets of a session on every replica with [CloseSessionEnded].
// If Redis fails, those of this replica are closed all the same and the error says what
// failed; the other replicas find out through Still.
func (h *Hub) EndSession(ctx context.Context, sessionID string) error {
	h.endSessionHere(sessionID)
	if err := h.publish(ctx, channelSessions, []byte(sessionID)); err != nil {
		return fmt.Errorf("live: publishing the end of a session: %w", err)
	}
	return nil
}

// publish sends a message through Redis, with a short time limit, so that a request
// does not wait for a Redis that is away.
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

// Serve opens a stream for the listener: first the events after l.After, then new ones,
// each a JSON text message, none missing and none twice. It answers 403 to a missing or
// foreign Origin, 401 to a session that has ended and 429 when there are too many
// streams. It returns as soon as the stream is open, so the caller's goroutine and
// buffers can end.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, l mingjing.Listener) {
	if status := h.closeCodeFor(l); status != 0 {
		http.Error(w, http.StatusText(status), status)
		return
	}
	conn, err := h.upgrader.Upgrade(hijacker(w), r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	now := time.Now()
	s := &socket{
		hub: h, conn: conn, session: l.SessionID, expires: l.ExpiresAt,
		sent: max(l.After, 0), behind: true,
		// Random, so that after a restart not all sockets are pinged in the same
		// second.
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
	_, ended := h.ended[s.session]
	switch {
	case h.closing:
		s.close(websocket.CloseGoingAway, "")
	case ended:
		s.close(CloseSessionEnded, "")
	default:
		h.replayMissed(g)
	}
	h.mu.Unlock()
	go s.read()
}

func (h *Hub) closeCodeFor(l mingjing.Listener) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ended := h.ended[l.SessionID]
	switch {
	case ended, !l.ExpiresAt.IsZero() && !h.cfg.Clock.Now().Before(l.ExpiresAt):
		return http.StatusUnauthorized
	case h.closing:
		return http.StatusServiceUnavailable
	case h.sockets >= h.cfg.MaxSockets, len(h.sessions[l.SessionID]) >= h.cfg.MaxPerSession:
		return http.StatusTooManyRequests
	}
	return 0
}

// hijacker returns the writer that can be hijacked from the wrappers of middleware,
// which the library does not do.
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
	h.signalIfEmpty()
}

// signalIfEmpty tells Close that the last socket has left; h.mu is held.
func (h *Hub) signalIfEmpty() {
	if h.closing && h.sockets == 0 && h.empty != nil {
		close(h.empty)
		h.empty = nil
	}
}

// endSessionHere closes the sockets of a session on this replica, and stores that it
// has ended.
func (h *Hub) endSessionHere(sessionID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended[sessionID] = time.Now()
	for s := range h.sessions[sessionID] {
		s.close(CloseSessionEnded, "")
	}
}

// receiveEvent handles an event from Redis or from this replica itself.
func (h *Hub) receiveEvent(audience string, e mingjing.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := h.groups[audience]
	switch {
	case g == nil:
	case g.replaying, g.replayFailed:
		if e.Seq > g.newest.Seq {
			g.newest = e
		}
		h.replayMissed(g)
	case e.Seq <= g.last:
	case e.Seq == g.last+1:
		h.sendEvents(g, []mingjing.Event{e})
	default:
		// An event was lost, or the numbers have gaps; the store has all events.
		g.newest = e
		h.replayMissed(g)
	}
}

// sendEvents sends events, oldest first, to the sockets that have not had them; h.mu is
// held.
func (h *Hub) sendEvents(g *group, events []mingjing.Event) {
	messages := make([]*websocket.PreparedMessage, len(events))
	message := func(i int) *websocket.PreparedMessage {
		if messages[i] == nil {
			messages[i] = prepare(events[i])
		}
		return messages[i]
	}
	var one *websocket.PreparedMessage
	reset := func() *websocket.PreparedMessage {
		if one == nil {
			last := events[len(events)-1]
			one = prepare(mingjing.Event{Seq: last.Seq, Kind: mingjing.EventReset, At: last.At})
		}
		return one
	}
	for s := range g.sockets {
		if s.behind && !s.inReplay {
			continue // it joined after this replay began, which may miss older events
		}
		var batch []*websocket.PreparedMessage
		for i, e := range events {
			if e.Seq > s.sent || (e.Kind == mingjing.EventReset && s.behind) {
				s.sent = e.Seq
				batch = append(batch, message(i))
			}
		}
		if len(batch) > resetBacklog {
			batch = []*websocket.PreparedMessage{reset()}
		}
		if len(batch) > 0 {
			s.send(reset, batch...)
		}
	}
	if n := len(events); n > 0 {
		g.last = max(g.last, events[n-1].Seq)
	}
}

func prepare(e mingjing.Event) *websocket.PreparedMessage {
	data, err := json.Marshal(e)
	if err != nil { // an event can always be encoded
		panic("live: encoding an event: " + err.Error())
	}
	m, err := websocket.NewPreparedMessage(websocket.TextMessage, data)
	if err != nil {
		panic("live: preparing an event: " + err.Error())
	}
	return m
}

// replayMissed starts a replay of what a group has missed, or has the running one read
// again; h.mu is held.
func (h *Hub) replayMissed(g *group) {
	if g.replaying {
		g.replayAgain = true
		return
	}
	if h.closing {
		return
	}
	g.replaying, g.replayAgain = true, false
	h.running.Go(func() { h.replay(g) })
}

func (h *Hub) replay(g *group) {
	h.replaySlots <- struct{}{}
	defer func() { <-h.replaySlots }()
	for range replayRounds {
		h.mu.Lock()
		if len(g.sockets) == 0 || h.closing {
			g.replaying = false
			h.mu.Unlock()
			return
		}
		g.replayAgain = false
		// The replay starts at the last event that the group is known to have had; the
		// number that a client sends is used for that client alone.
		after := int64(-1)
		if g.last > 0 {
			after = g.last
		}
		for s := range g.sockets {
			s.inReplay = s.behind
			if (s.behind || g.last == 0) && (after < 0 || s.sent < after) {
				after = s.sent
			}
		}
		h.mu.Unlock()

		events, err := withTimeout(h.ctx, h.cfg.CallbackWait, func(ctx context.Context) ([]mingjing.Event, error) { return h.cfg.Replay(ctx, g.audience, after) })

		h.mu.Lock()
		if err != nil {
			g.replaying, g.replayFailed = false, true // sweep tries again
			h.mu.Unlock()
			h.cfg.Logger.Warn("live: reading missed events failed", "error", err)
			return
		}
		g.replayFailed = false
		h.sendEvents(g, events)
		if len(events) > 0 {
			g.replayAgain = true // the store may have returned only the first of them
		} else {
			if g.newest.Seq > g.last {
				h.sendEvents(g, []mingjing.Event{g.newest})
			}
			for s := range g.sockets {
				if s.inReplay {
					s.behind, s.inReplay = false, false
				}
			}
		}
		g.newest = mingjing.Event{}
		if !g.replayAgain {
			g.replaying = false
			h.mu.Unlock()
			return
		}
		h.mu.Unlock()
	}
	h.mu.Lock()
	g.replaying, g.replayFailed = false, true
	h.mu.Unlock()
}

// listenToRedis receives from Redis, and connects again when the connection was lost.
func (h *Hub) listenToRedis(ctx context.Context) {
	backoff := 100 * time.Millisecond
	for ctx.Err() == nil {
		start := time.Now()
		err := h.subscribe(ctx)
		if ctx.Err() != nil {
			return
		}
		h.mu.Lock()
		was := h.live
		h.live = false
		h.mu.Unlock()
		if was {
			h.cfg.Logger.Warn("live: Redis is away, asking the store instead", "error", err)
		}
		if time.Since(start) > 10*time.Second {
			backoff = 100 * time.Millisecond
		}
		select {
		case <-ctx.Done():
		case <-time.After(backoff/2 + rand.N(backoff/2)):
		}
		backoff = min(backoff*2, 5*time.Second)
	}
}

func (h *Hub) subscribe(ctx context.Context) error {
	sub := h.cfg.Redis.Subscribe(ctx, channelEvents, channelSessions)
	defer sub.Close()
	// Closing the subscription ends the wait for a message.
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })()

	for range 2 {
		m, err := sub.ReceiveTimeout(ctx, redisTimeout)
		if err != nil {
			return fmt.Errorf("subscribing: %w", err)
		}
		if _, ok := m.(*redis.Subscription); !ok {
			return fmt.Errorf("subscribing: got a %T", m)
		}
	}
	h.mu.Lock()
	h.live = true
	for _, g := range h.groups {
		h.replayMissed(g)
	}
	h.mu.Unlock()

	pinged := false
	for {
		m, err := sub.ReceiveTimeout(ctx, 10*time.Second)
		var timeout interface{ Timeout() bool }
		switch {
		case err == nil:
		case errors.As(err, &timeout) && timeout.Timeout() && !pinged:
			pinged = true
			if err := sub.Ping(ctx); err != nil {
				return fmt.Errorf("pinging: %w", err)
			}
			continue
		default:
			return fmt.Errorf("receiving: %w", err)
		}
		pinged = false
		switch m := m.(type) {
		case *redis.Message:
			h.receiveMessage(m)
		case *redis.Subscription:
			return errors.New("the connection was replaced")
		}
	}
}

func (h *Hub) receiveMessage(m *redis.Message) {
	if m.Channel == channelSessions {
		h.endSessionHere(m.Payload)
		return
	}
	audience, data, ok := strings.Cut(m.Payload, "\n")
	if !ok || len(data) > 4096 {
		return
	}
	h.mu.Lock()
	_, wanted := h.groups[audience]
	h.mu.Unlock()
	if !wanted {
		return
	}
	var e mingjing.Event
	if err := json.NewDecoder(bytes.NewBufferString(data)).Decode(&e); err != nil || e.Seq <= 0 {
		h.cfg.Logger.Warn("live: unreadable event from Redis", "error", err)
		return
	}
	h.receiveEvent(audience, e)
}

// sweep does what is due: pings, the end of expired sessions, and replays.
func (h *Hub) sweep(ctx context.Context) {
	tick := time.NewTicker(min(sweepEvery, h.cfg.PollEvery, h.cfg.PingEvery))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		real, now := time.Now(), h.cfg.Clock.Now()
		h.mu.Lock()
		for _, g := range h.groups {
			for s := range g.sockets {
				if !s.expires.IsZero() && !now.Before(s.expires) {
					s.close(CloseSessionEnded, "")
				}
				if !real.Before(s.nextPing) {
					s.nextPing = real.Add(h.cfg.PingEvery)
					s.sendPing()
				}
			}
			if every := h.cfg.PollEvery; !h.live || g.replayFailed {
				if until := real.Add(every); g.nextUp.After(until) {
					g.nextUp = until
				}
			}
			if !real.Before(g.nextUp) {
				g.nextUp = real.Add(h.cfg.CatchUpEvery)
				h.replayMissed(g)
			}
		}
		for id, at := range h.ended {
			if real.Sub(at) > rememberEnded {
				delete(h.ended, id)
			}
		}
		h.mu.Unlock()
	}
}

// recheck checks whether sessions have ended, in case the message of their end was
// lost.
func (h *Hub) recheck(ctx context.Context) {
	tick := time.NewTicker(h.cfg.PollEvery)
	defer tick.Stop()
	last := time.Now()
	var ids []string // sessions to be checked next
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if len(ids) == 0 {
			h.mu.Lock()
			if !h.live || time.Since(last) >= h.cfg.StillEvery {
				last = time.Now()
				ids = slices.Collect(maps.Keys(h.sessions))
			}
			h.mu.Unlock()
		}
		n := min(len(ids), stillBatch)
		if n == 0 {
			continue
		}
		ended, err := withTimeout(ctx, h.cfg.CallbackWait, func(ctx context.Context) ([]string, error) { return h.cfg.Still(ctx, ids[:n]...) })
		if err != nil {
			h.cfg.Logger.Warn("live: asking for ended sessions failed", "error", err)
			continue
		}
		for _, id := range ended {
			h.endSessionHere(id)
		}
		ids = ids[n:]
	}
}

// withTimeout calls a callback, and does not wait for one that continues after its
// context has ended.
func withTimeout[T any](ctx context.Context, wait time.Duration, callback func(context.Context) (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	done := make(chan answer, 1)
	go func() {
		defer cancel()
		v, err := callback(ctx)
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		return a.v, a.err
	case <-ctx.Done():
	}
	select {
	case a := <-done: // it returned just when the time ended
		return a.v, a.err
	default:
		var none T
		return none, fmt.Errorf("live: a callback takes too long: %w", ctx.Err())
	}
}

// Close tells every client that the server stops, waits until they have left or ctx
// ends, and stops. It returns ctx's error if some sockets had to be cut off.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	if h.closing {
		h.mu.Unlock()
		return nil
	}
	h.closing = true
	empty := make(chan struct{})
	h.empty = empty
	for _, sockets := range h.sessions {
		for s := range sockets {
			s.close(websocket.CloseGoingAway, "")
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
