package live

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gorilla/websocket"

	"mingjing"
)

// A group is the sockets of one audience.
type group struct {
	audience     string
	sockets      map[*socket]struct{}
	last         int64 // newest event sent; 0 before the first. Sockets not behind have had all up to here
	replaying    bool  // a goroutine is replaying
	replayAgain  bool  // it has to replay once more
	replayFailed bool  // the last replay failed
	// newest is the newest event heard while busy, in case the replay misses it.
	newest mingjing.Event
	nextUp time.Time // of the next replay
}

// receiveEvent takes an event, which comes by Redis or from this replica itself.
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
		h.replay(g)
	case e.Seq <= g.last:
	case e.Seq == g.last+1:
		h.tell(g, []mingjing.Event{e})
	default:
		// An event was lost, or the numbers have gaps: the store knows.
		g.newest = e
		h.replay(g)
	}
}

// tell sends events, oldest first, to the sockets that have not had them; h.mu is held.
func (h *Hub) tell(g *group, events []mingjing.Event) {
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
		if s.behind && !s.asked {
			continue // it joined after this replay began, which may not reach back far enough
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

// prepare returns an event as a message for many sockets.
func prepare(e mingjing.Event) *websocket.PreparedMessage {
	data, err := json.Marshal(e)
	if err != nil { // an event is two numbers and two short strings
		panic("live: encoding an event: " + err.Error())
	}
	m, err := websocket.NewPreparedMessage(websocket.TextMessage, data)
	if err != nil {
		panic("live: preparing an event: " + err.Error())
	}
	return m
}

// replay has a goroutine ask the store what a group has missed; h.mu is held.
func (h *Hub) replay(g *group) {
	if g.replaying {
		g.replayAgain = true
		return
	}
	if h.closing {
		return
	}
	g.replaying, g.replayAgain = true, false
	h.running.Go(func() { h.fill(g) })
}

// fill sends a group what it has missed, from the store.
func (h *Hub) fill(g *group) {
	h.replays <- struct{}{}
	defer func() { <-h.replays }()
	for range replayRounds {
		h.mu.Lock()
		if len(g.sockets) == 0 || h.closing {
			g.replaying = false
			h.mu.Unlock()
			return
		}
		g.replayAgain = false
		heard := g.newest // what comes from now on, the store may not have had when it answers
		// From the last event that the group has had for sure. What a client says that it
		// has had counts for that client alone.
		after := int64(-1)
		if g.last > 0 {
			after = g.last
		}
		for s := range g.sockets {
			s.asked = s.behind
			if (s.behind || g.last == 0) && (after < 0 || s.sent < after) {
				after = s.sent
			}
		}
		h.mu.Unlock()

		events, err := within(h.ctx, h.cfg.CallbackWait, func(ctx context.Context) ([]mingjing.Event, error) {
			return h.cfg.Replay(ctx, g.audience, after)
		})

		h.mu.Lock()
		if err != nil {
			g.replaying, g.replayFailed = false, true // sweep tries again
			h.mu.Unlock()
			h.cfg.Logger.Warn("live: reading missed events failed", "error", err)
			return
		}
		g.replayFailed = false
		h.tell(g, events)
		if len(events) > 0 {
			g.replayAgain = true // the store may have returned only the first of them
		} else {
			if heard.Seq > g.last {
				h.tell(g, []mingjing.Event{heard})
			}
			for s := range g.sockets {
				if s.asked {
					s.behind, s.asked = false, false
				}
			}
		}
		if g.newest.Seq <= max(heard.Seq, g.last) {
			g.newest = mingjing.Event{}
		}
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
