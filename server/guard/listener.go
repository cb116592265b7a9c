package guard

import (
	"container/list"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Listener bounds the connections that are open at the same time: those of one network,
// and all. Where there is no room for another one, a connection on which nothing is asked
// gives way: of the same network, or else of the network that has the most. Only where
// something is asked on each of them the new one is closed.
type Listener struct {
	net.Listener
	each, all int
	log       *slog.Logger

	mu       sync.Mutex
	open     int
	networks map[string]*network
	// refused and ended are how many connections were closed since what was logged last,
	// at said.
	refused, ended int
	said           time.Time
	failing        time.Time // when an error of accepting was logged last
}

// A network is where connections come from.
type network struct {
	name string
	open int
	idle list.List // of *conn on which nothing is asked, the oldest first
}

// sayEvery is how often the log says that connections are closed or can't be accepted.
const sayEvery = 10 * time.Second

// Listen returns l with bounds. A bound of zero is none.
func Listen(l net.Listener, each, all int, log *slog.Logger) *Listener {
	return &Listener{Listener: l, each: each, all: all, log: log, networks: map[string]*network{}}
}

// Accept implements [net.Listener].
func (l *Listener) Accept() (net.Conn, error) {
	for {
		inner, err := l.Listener.Accept()
		if err != nil {
			l.sayFailure(err)
			return nil, err
		}
		if c := l.admit(inner); c != nil {
			return c, nil
		}
		_ = inner.Close()
	}
}

// admit returns a connection that was accepted, or nil where there is no room for it.
func (l *Listener) admit(inner net.Conn) net.Conn {
	name := inner.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = Network(host)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	from := l.networks[name]
	if from == nil {
		from = &network{name: name}
		l.networks[name] = from
	}
	room := true
	if l.each > 0 && from.open >= l.each {
		room = l.makeRoom(from)
	}
	if room && l.all > 0 && l.open >= l.all {
		room = l.makeRoom(l.largest())
	}
	if !room {
		l.refused++
		l.say()
		l.forget(from)
		return nil
	}
	l.open++
	from.open++
	c := &conn{Conn: inner, listener: l, from: from}
	c.idle = from.idle.PushBack(c)
	return c
}

// largest returns the network with the most connections among those that have one to give
// way; nil for none.
func (l *Listener) largest() (most *network) {
	for _, n := range l.networks {
		if n.idle.Len() > 0 && (most == nil || n.open > most.open) {
			most = n
		}
	}
	return most
}

// makeRoom ends the oldest connection of a network on which nothing is asked, and reports
// whether there was one; l.mu is held.
func (l *Listener) makeRoom(n *network) bool {
	if n == nil || n.idle.Len() == 0 {
		return false
	}
	oldest, _ := n.idle.Front().Value.(*conn)
	l.ended++
	l.say()
	l.drop(oldest)
	_ = oldest.Conn.Close()
	return true
}

// drop forgets a connection; l.mu is held.
func (l *Listener) drop(c *conn) {
	if c.gone {
		return
	}
	c.gone = true
	c.busy()
	l.open--
	c.from.open--
	l.forget(c.from)
}

// forget forgets a network without connections; l.mu is held.
func (l *Listener) forget(n *network) {
	if n.open == 0 {
		delete(l.networks, n.name)
	}
}

// say logs that connections were closed, from time to time; l.mu is held.
func (l *Listener) say() {
	if l.said.IsZero() || time.Since(l.said) >= sayEvery {
		l.log.Warn("connections are closed to make room", "open", l.open, "networks", len(l.networks), "refused", l.refused, "ended", l.ended)
		l.said, l.refused, l.ended = time.Now(), 0, 0
	}
}

// sayFailure logs why a connection can't be accepted.
func (l *Listener) sayFailure(err error) {
	if errors.Is(err, net.ErrClosed) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failing.IsZero() || time.Since(l.failing) >= sayEvery {
		l.log.Error("connections can't be accepted", "open", l.open, "err", err)
		l.failing = time.Now()
	}
}

// State is the ConnState of the [http.Server] that serves the listener.
func (l *Listener) State(c net.Conn, s http.ConnState) {
	mine, ok := c.(*conn)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case mine.gone:
	case s == http.StateIdle:
		mine.busy()
		mine.idle = mine.from.idle.PushBack(mine)
	case s != http.StateNew:
		mine.busy()
	}
}

// Open returns how many connections are open.
func (l *Listener) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// A conn is an open connection.
type conn struct {
	net.Conn
	listener *Listener
	from     *network
	// Under listener.mu.
	idle *list.Element // nil while something is asked
	gone bool
}

// busy notes that something is asked on the connection; listener.mu is held.
func (c *conn) busy() {
	if c.idle != nil {
		c.from.idle.Remove(c.idle)
		c.idle = nil
	}
}

// CloseWrite ends what is sent, by which the server lets a client read an answer that came
// before the end of its request.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	c.listener.mu.Lock()
	c.listener.drop(c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}
