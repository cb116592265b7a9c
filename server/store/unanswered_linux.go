package store

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// unanswered is after what time a connection breaks whose data the other side's network
// does not acknowledge.
const unanswered = 15 * time.Second

// boundUnanswered sets this time for a connection to be made.
func boundUnanswered(network, _ string, c syscall.RawConn) error {
	if len(network) < 3 || network[:3] != "tcp" {
		return nil
	}
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unanswered.Milliseconds()))
	})
	if err == nil {
		err = failed
	}
	return err
}
