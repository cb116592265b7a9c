package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// deskDoor has a handler behind every session.
type deskDoor struct{ Identity }

func (deskDoor) Use(context.Context, string) (mingjing.Login, error) {
	return mingjing.Login{Actor: mingjing.Actor{Role: mingjing.RoleHandler, ID: "h-1", AAL: 2}}, nil
}

func TestACityThatIsNoDemoHasNoClockToMove(t *testing.T) {
	h, _ := edge(t, func(c *Config) { c.Identity = deskDoor{} })
	w := ask(h, http.MethodPost, "/api/admin/demo-clock", "Cookie", "session=any", "Accept", "application/json")
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "not_found") {
		t.Errorf("moved: %d %s", w.Code, w.Body)
	}
	if _, err := demoClockPage.get(&call{s: &server{}}); !errors.Is(err, kernel.ErrNothingThere) {
		t.Errorf("seen: %v", err)
	}
}
