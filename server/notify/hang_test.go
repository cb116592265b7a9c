package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mingjing/server/casework/notice"
)

// hanging is a push service that takes messages and never answers, until it is told to.
func hanging(t *testing.T, p *phone) (asked *atomic.Int32, answers *atomic.Bool) {
	t.Helper()
	asked, answers = new(atomic.Int32), new(atomic.Bool)
	p.service = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		if answers.Load() {
			w.WriteHeader(http.StatusCreated)
			return
		}
		<-r.Context().Done()
	}))
	t.Cleanup(p.service.Close)
	return asked, answers
}

func TestAPushServiceThatHangsIsGivenUpAndNobodyWaitsForIt(t *testing.T) {
	bad, good := newPhone(t), newPhone(t)
	asked, answers := hanging(t, bad)
	n := newNotifier(t, Config{VAPIDKey: newKey(t).Bytes(), Local: true, Wait: 200 * time.Millisecond})
	push := func(p *phone, id int) error {
		return n.Push(t.Context(), p.address(), notice.Message{ID: fmt.Sprint(id), Lang: "en"})
	}
	for i := range hostSilences {
		if err := push(bad, i); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a service that hangs is told as %v", err)
		}
	}
	for i := range 100 {
		err := push(bad, 10+i)
		if !errors.Is(err, errGivenUp) || errors.Is(err, notice.ErrGone) || errors.Is(err, notice.ErrRefused) {
			t.Fatalf("a service that was given up is told as %v", err)
		}
		if strings.Contains(err.Error(), "127.0.0.1") {
			t.Error("the error names the address")
		}
	}
	if got := asked.Load(); got > hostSilences {
		t.Errorf("it was asked %d times", got)
	}
	must(t, push(good, 200))

	// After the rest it is tried again, and one silence is enough to give it up.
	rested := func() {
		n.hosts.mu.Lock()
		defer n.hosts.mu.Unlock()
		for _, h := range n.hosts.all {
			h.until = time.Time{}
		}
	}
	rested()
	if err := push(bad, 300); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after its rest it is told as %v", err)
	}
	if err := push(bad, 301); !errors.Is(err, errGivenUp) {
		t.Errorf("after one more silence it is told as %v", err)
	}
	rested()
	answers.Store(true)
	for i := range 2 * hostSilences {
		must(t, push(bad, 400+i))
	}
}

func TestAMailServerThatHangsIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	asked := make(chan string, hostSilences+21)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			asked <- conn.RemoteAddr().String()
			defer conn.Close() // it says nothing
		}
	}()
	n := newNotifier(t, Config{SMTPURL: "smtp://" + l.Addr().String(), MailFrom: "no-reply@mirror.example", Wait: 200 * time.Millisecond})
	for i := range hostSilences + 20 {
		err := n.Mail(t.Context(), "lin@mail.example", notice.Message{ID: fmt.Sprint(i), Lang: "en"})
		if err == nil || errors.Is(err, errGivenUp) != (i >= hostSilences) {
			t.Fatalf("mail %d: %v", i, err)
		}
	}

	// Connections are accepted in their order, some time after they are made: one more
	// of the test's own comes after all others.
	last, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	defer last.Close()
	count := 0
	for <-asked != last.LocalAddr().String() {
		count++
	}
	if count > hostSilences { // on a busy machine the time can be over before a connection is made
		t.Errorf("it was asked %d times", count)
	}
}

func TestNoMoreMessagesAreOnTheirWayToAHostAtOnceThanItsTurns(t *testing.T) {
	bad := newPhone(t)
	asked, _ := hanging(t, bad)
	n := newNotifier(t, Config{VAPIDKey: newKey(t).Bytes(), Local: true, Wait: 300 * time.Millisecond})
	done := make(chan error)
	for i := range 5 * hostTurns {
		go func() { done <- n.Push(t.Context(), bad.address(), notice.Message{ID: fmt.Sprint(i), Lang: "en"}) }()
	}
	for range 5 * hostTurns {
		if err := <-done; err == nil {
			t.Error("a message to a service that hangs is sent")
		}
	}
	// Until it is given up, others have the turns of those who have waited in vain.
	if got := asked.Load(); got >= hostTurns+hostSilences {
		t.Errorf("%d were on their way, want at most %d at a time", got, hostTurns)
	}
}
