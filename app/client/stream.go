package client

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"mingjing"
)

// A State is the state of the live stream.
type State int

// The states of the stream. Offline: the device itself says that it has no network.
// Ended: the session is over, after which nothing more comes.
const (
	Connecting State = iota
	Live
	Offline
	Ended
)

// The time before the next try: doubled each time, with jitter, so that all phones of a
// city don't come back in the same second.
const (
	firstWait = 500 * time.Millisecond
	longest   = 30 * time.Second
	// openWait is how long a connection may take to open.
	openWait = 15 * time.Second
	// sleep is how long a page may have been hidden before its connection counts as
	// lost: a phone that slept is not told that its connection was cut.
	sleep = 45 * time.Second
)

const (
	// closeSessionEnded is the close code of a session that has ended.
	closeSessionEnded = 4401
	// closeRestart is the close code of a server that stops. The reason is in how many
	// milliseconds this client is to come back, so that not all do at once.
	closeRestart = 1012
	// longestBack is the longest such time that is honoured.
	longestBack = 5 * time.Minute
)

// retryWait returns the time before the next try after a connection was closed with a
// code and a reason; tries is the number of failed tries in a row, from 1.
func retryWait(code int, reason string, tries int) time.Duration {
	if ms, err := strconv.Atoi(reason); err == nil && code == closeRestart && ms >= 0 {
		return min(time.Duration(ms)*time.Millisecond, longestBack)
	}
	wait := min(firstWait<<min(tries-1, 10), longest)
	return wait/2 + rand.N(wait)
}

// A Stream receives the events of the person who is logged in, from [NewStream] until
// Close. It connects again by itself and asks for the events after the last one that it
// has received.
type Stream struct {
	cancel context.CancelFunc
	seq    chan int64
}

// NewStream opens the stream of events after a sequence number. The functions are
// called from a goroutine of the stream: event for each event, state whenever the state
// changes; tries is the number of failed tries in a row.
func NewStream(after int64, event func(mingjing.Event), state func(s State, tries int)) (*Stream, error) {
	if app.IsServer {
		return nil, ErrNoBrowser
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Stream{cancel: cancel, seq: make(chan int64, 16)}
	go s.run(ctx, after, event, state)
	return s, nil
}

// Close ends the stream.
func (s *Stream) Close() { s.cancel() }

// Seen tells the stream the sequence number up to which a newly received View is true.
func (s *Stream) Seen(seq int64) {
	select {
	case s.seq <- seq:
	default: // hearing an event again does no harm
	}
}

type happening int

const (
	opened happening = iota
	closed
	wentOnline
	wentOffline
	shown
	hidden
)

type note struct {
	what happening
	conn int // the number of the connection
	code int
	// reason is what the server said when it closed the connection.
	reason string
}

func (s *Stream) run(ctx context.Context, last int64, event func(mingjing.Event), state func(State, int)) {
	w := app.Window()
	document := w.Get("document")
	notes := make(chan note, 64)
	events := make(chan mingjing.Event, 256)
	tell := func(n note) {
		select {
		case notes <- n:
		case <-ctx.Done():
		}
	}
	listen := func(target app.Value, name string, f func() happening) func() {
		fn := app.FuncOf(func(app.Value, []app.Value) any {
			go tell(note{what: f()})
			return nil
		})
		target.Call("addEventListener", name, fn)
		return func() {
			target.Call("removeEventListener", name, fn)
			fn.Release()
		}
	}
	defer listen(w, "online", func() happening { return wentOnline })()
	defer listen(w, "offline", func() happening { return wentOffline })()
	defer listen(document, "visibilitychange", func() happening {
		if document.Get("hidden").Bool() {
			return hidden
		}
		return shown
	})()

	var (
		now      = State(-1)
		tries    int
		number   int
		current  *connection
		retry    = time.NewTimer(0)
		hiddenAt time.Time
	)
	defer retry.Stop()
	become := func(to State) {
		if to != now || tries > 0 {
			now = to
			state(to, tries)
		}
	}
	drop := func() {
		if current != nil {
			current.close()
			current = nil
		}
	}
	defer drop()
	online := func() bool { return w.Get("navigator").Get("onLine").Bool() }

	for {
		select {
		case <-ctx.Done():
			return

		case seq := <-s.seq:
			last = max(last, seq)

		case e := <-events:
			if e.Kind == mingjing.EventReset || e.Seq > last {
				last = e.Seq
				event(e)
			}

		case <-retry.C:
			if current != nil && !current.open {
				drop() // it took too long to open
				tries++
			}
			if current != nil || now == Ended {
				continue
			}
			if !online() {
				become(Offline)
				continue // the online event wakes it
			}
			become(Connecting)
			number++
			current = connect(number, last, tell, events)
			retry.Reset(openWait)

		case n := <-notes:
			switch n.what {
			case opened:
				if current != nil && current.number == n.conn {
					current.open = true
					tries = 0
					become(Live)
				}
			case closed:
				if current == nil || current.number != n.conn {
					continue
				}
				drop()
				if n.code == closeSessionEnded {
					tries = 0
					become(Ended)
					continue
				}
				tries++
				if online() {
					become(Connecting)
				} else {
					become(Offline)
				}
				retry.Reset(retryWait(n.code, n.reason, tries))
			case wentOffline:
				drop()
				become(Offline)
			case wentOnline:
				drop()
				tries = 0
				retry.Reset(0)
			case hidden:
				hiddenAt = time.Now()
			case shown:
				if current == nil || (!hiddenAt.IsZero() && time.Since(hiddenAt) > sleep) {
					drop()
					retry.Reset(0)
				}
				hiddenAt = time.Time{}
			}
		}
	}
}

// A connection is one WebSocket.
type connection struct {
	number int
	open   bool
	socket app.Value
	funcs  []app.Func
}

func connect(number int, after int64, tell func(note), events chan<- mingjing.Event) *connection {
	w := app.Window()
	location := w.Get("location")
	scheme := "wss://"
	if location.Get("protocol").String() == "http:" {
		scheme = "ws://"
	}
	c := &connection{number: number, socket: w.Get("WebSocket").New(
		scheme + location.Get("host").String() + "/api/live?after=" + strconv.FormatInt(after, 10))}
	on := func(name string, f func(app.Value)) {
		fn := app.FuncOf(func(_ app.Value, args []app.Value) any {
			f(args[0])
			return nil
		})
		c.funcs = append(c.funcs, fn)
		c.socket.Set(name, fn)
	}
	on("onopen", func(app.Value) { go tell(note{what: opened, conn: number}) })
	on("onclose", func(e app.Value) {
		n := note{what: closed, conn: number, code: e.Get("code").Int(), reason: e.Get("reason").String()}
		go tell(n)
	})
	on("onmessage", func(m app.Value) {
		data := m.Get("data")
		if data.Type() != app.TypeString {
			return
		}
		var e mingjing.Event
		if json.Unmarshal([]byte(data.String()), &e) != nil {
			return
		}
		select {
		case events <- e:
		default:
			// The page can't read this many; it reads everything once instead.
			go tell(note{what: closed, conn: number})
		}
	})
	return c
}

func (c *connection) close() {
	for _, name := range []string{"onopen", "onclose", "onmessage"} {
		c.socket.Set(name, nil)
	}
	c.socket.Call("close")
	for _, f := range c.funcs {
		f.Release()
	}
}
