//go:build !js

package client

import (
	"errors"
	"testing"
	"time"

	"mingjing"
)

func TestAClientComesBackWhenTheServerThatStopsSays(t *testing.T) {
	for reason, want := range map[string]time.Duration{"0": 0, "1234": 1234 * time.Millisecond, "86400000": longestBack} {
		if got := retryWait(closeRestart, reason, 1); got != want {
			t.Errorf("told %q it waits %v", reason, got)
		}
	}
	// After any other close code it waits as after a lost connection.
	for _, k := range []struct {
		code   int
		reason string
	}{{closeRestart, ""}, {closeRestart, "-5"}, {closeRestart, "soon"}, {1001, "0"}, {1006, ""}} {
		for tries := 1; tries < 40; tries++ {
			least := min(firstWait<<min(tries-1, 10), longest) / 2
			if got := retryWait(k.code, k.reason, tries); got < least || got >= 3*least {
				t.Errorf("after %d tries and %d %q it waits %v", tries, k.code, k.reason, got)
			}
		}
	}
}

func TestOutsideABrowserNothingIsAttempted(t *testing.T) {
	if _, err := Get(t.Context(), "/"); !errors.Is(err, ErrNoBrowser) {
		t.Errorf("Get: %v", err)
	}
	if _, _, err := GetView(t.Context(), "/"); !errors.Is(err, ErrNoBrowser) {
		t.Errorf("GetView: %v", err)
	}
	if _, _, err := Submit(t.Context(), nil, nil); !errors.Is(err, ErrNoBrowser) {
		t.Errorf("Submit: %v", err)
	}
	if _, _, err := (Form{Action: "/"}).Send(t.Context()); !errors.Is(err, ErrNoBrowser) {
		t.Errorf("Send: %v", err)
	}
	if _, err := NewStream(0, func(mingjing.Event) {}, func(State, int) {}); !errors.Is(err, ErrNoBrowser) {
		t.Errorf("NewStream: %v", err)
	}
}
