package live

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestOnePersonsStreamsAreBoundedOverAllTheirSessions(t *testing.T) {
	r := startReplica(t, newCity(), "", func(cfg *Config) { cfg.MaxPerPerson = 5 })
	opened, refused := make(chan *websocket.Conn, 64), make(chan int, 64)
	for n := range 30 { // all at once, as an attacker does
		go func() {
			s, resp, err := r.dial(t, fmt.Sprintf("audience=staff&person=hostile&session=%d", n), nil)
			if err == nil {
				opened <- s
			} else if resp != nil {
				refused <- resp.StatusCode
			} else {
				refused <- 0
			}
		}()
	}
	for range 25 {
		if status := <-refused; status != http.StatusTooManyRequests {
			t.Errorf("refused with %d", status)
		}
	}
	r.open(t, "audience=staff&person=honest&session=100")
	for range 5 {
		_ = (<-opened).Close()
	}
	eventually(t, "there is room again", func() bool { return r.Stats().Sockets == 1 })
	r.open(t, "audience=staff&person=hostile&session=1")
}

func TestWhoSendsManyPingsIsCutOff(t *testing.T) {
	c := newCity()
	r := startReplica(t, c, startRedis(t).url(), nil)
	r.awaitRedis(t, true)
	s, hostile := r.open(t, "audience=anna&session=1"), r.open(t, "audience=anna&session=2")
	for range 3 {
		if err := s.WriteControl(websocket.PingMessage, nil, time.Now().Add(soon)); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		for hostile.WriteControl(websocket.PingMessage, nil, time.Now().Add(soon)) == nil {
		}
	}()
	_, _, err := hostile.ReadMessage() // the close frame, or what is left where it crossed a ping
	if timeout, ok := errors.AsType[net.Error](err); err == nil || ok && timeout.Timeout() {
		t.Errorf("it goes on: %v", err)
	}
	eventually(t, "only the other is left", func() bool { return r.Stats().Sockets == 1 })
	r.say(t, c, "anna")
	wantSeqs(t, s, 1, 1)
}
