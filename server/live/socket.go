package live

import (
	"errors"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"mingjing"
)

// A socket is one open stream. While nothing happens it has one goroutine, which
// waits for the other end; a second one writes, and only while there is
// something to write.
type socket struct {
	hub      *Hub
	conn     *websocket.Conn
	listener mingjing.Listener
	group    *group
	session  string
	expires  time.Time

	// Under hub.mu.
	sent     int64 // sequence number up to which it was told everything
	behind   bool  // it still has to hear what came before it joined
	asked    bool  // the call of Replay that runs reaches back to sent
	nextPing time.Time

	mu      sync.Mutex
	queue   []*websocket.PreparedMessage
	ping    bool
	code    int // close code to send once the queue is empty; 0 for none
	reason  string
	writing bool
	gone    bool
}

// send queues messages. When more would wait than the buffer holds, one reset takes
// the place of all: after a burst the page reads everything once, and a client that
// does not read at all is cut off by the write deadline.
func (s *socket) send(reset func() *websocket.PreparedMessage, messages ...*websocket.PreparedMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.code != 0 {
		return
	}
	if len(s.queue)+len(messages) > s.hub.cfg.SendBuffer {
		clear(s.queue)
		s.queue, messages = s.queue[:0], []*websocket.PreparedMessage{reset()}
	}
	s.queue = append(s.queue, messages...)
	s.write()
}

// sendPing queues a ping.
func (s *socket) sendPing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ping = true
	s.write()
}

// close has a close frame sent after what is queued.
func (s *socket) close(code int, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code == 0 {
		s.code, s.reason = code, reason
	}
	s.write()
}

// write starts a goroutine that writes if none runs; s.mu is held.
func (s *socket) write() {
	if !s.writing && !s.gone {
		s.writing = true
		go s.drain()
	}
}

// drain writes what is queued until nothing is left.
func (s *socket) drain() {
	for {
		s.mu.Lock()
		queue, ping, code, reason := s.queue, s.ping, s.code, s.reason
		s.queue, s.ping = nil, false
		if s.gone || (len(queue) == 0 && !ping && code == 0) {
			s.writing = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()

		var err error
		for _, m := range queue {
			if err = s.conn.SetWriteDeadline(time.Now().Add(s.hub.cfg.WriteWait)); err != nil {
				break
			}
			if err = s.conn.WritePreparedMessage(m); err != nil {
				break
			}
		}
		deadline := time.Now().Add(s.hub.cfg.WriteWait)
		if err == nil && ping {
			err = s.conn.WriteControl(websocket.PingMessage, nil, deadline)
		}
		if err == nil && code != 0 {
			_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), deadline)
			// The other end answers with its own close frame, which ends read; one
			// that does not is not waited for long.
			_ = s.conn.SetReadDeadline(time.Now().Add(closeWait))
		}
		if err != nil {
			var timeout interface{ Timeout() bool }
			if errors.As(err, &timeout) && timeout.Timeout() {
				s.hub.slow.Add(1)
			}
			_ = s.conn.NetConn().Close()
		}
		if err != nil || code != 0 {
			s.mu.Lock()
			s.gone, s.writing, s.queue = true, false, nil
			s.mu.Unlock()
			return
		}
	}
}

// errFlood ends the stream of a client that sends too many pings or pongs.
var errFlood = errors.New("live: too many control frames")

// read waits for pongs and for the end of the stream. A client that sends anything
// else is cut off.
func (s *socket) read() {
	defer s.hub.remove(s)
	// A ping costs an answer: a client that sends many is cut off.
	since, frames := time.Now(), 0
	count := func() error {
		if now := time.Now(); now.Sub(since) > s.hub.cfg.PingEvery {
			since, frames = now, 0
		}
		if frames++; frames > s.hub.cfg.MaxControl {
			return errFlood
		}
		return nil
	}
	pong := func(string) error {
		if err := count(); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.code != 0 {
			return nil
		}
		return s.conn.SetReadDeadline(time.Now().Add(s.hub.cfg.PingEvery + s.hub.cfg.WriteWait))
	}
	s.conn.SetReadLimit(readLimit)
	s.conn.SetPongHandler(pong)
	answer := s.conn.PingHandler()
	s.conn.SetPingHandler(func(data string) error {
		if err := count(); err != nil {
			return err
		}
		return answer(data)
	})
	if pong("") != nil {
		return
	}
	if _, _, err := s.conn.NextReader(); err == nil || errors.Is(err, errFlood) {
		_ = s.conn.WriteControl(websocket.CloseMessage,
			websocket.FormatCloseMessage(websocket.ClosePolicyViolation, ""), time.Now().Add(closeWait))
	}
}
