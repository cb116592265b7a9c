//go:build !js

package client

import (
	"errors"
	"testing"

	"mingjing"
)

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
