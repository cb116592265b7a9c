package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"testing"

	"mingjing"
)

// Fetch answers data: addresses without a server.
func data(kind, body string) string { return "data:" + kind + "," + url.PathEscape(body) }

func TestAViewIsFetched(t *testing.T) {
	body, err := json.Marshal(mingjing.View{Page: "score", Lang: "zh-CN", Path: "score", Seq: 7, Who: &mingjing.Viewer{Name: "安“娜”"}})
	if err != nil {
		t.Fatal(err)
	}
	at := data(ViewType, string(body))
	v, final, err := GetView(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if v.Page != "score" || v.Seq != 7 || v.Who.Name != "安“娜”" || final != at {
		t.Errorf("got %+v from %s", v, final)
	}
}

func TestAnAnswerThatIsNoViewIsToldFromNoAnswer(t *testing.T) {
	for name, at := range map[string]string{"a page": data("text/html", "<p>x</p>"), "broken": data(ViewType, "{"),
		"nothing": data(ViewType, "")} {
		var e *Error
		if _, _, err := GetView(t.Context(), at); !errors.As(err, &e) || e.Offline || e.Status != 200 {
			t.Errorf("%s: %v", name, err)
		}
	}
	var e *Error
	if _, _, err := GetView(t.Context(), "http://127.0.0.1:1/"); !errors.As(err, &e) || !e.Offline {
		t.Errorf("nobody there: %v", err)
	}
}

func TestAFetchThatIsNotWantedAnyMoreEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := GetView(ctx, data(ViewType, "{}")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestBytesArriveAsTheyAre(t *testing.T) {
	got, err := Get(t.Context(), "data:application/octet-stream;base64,AAH/gA==")
	if err != nil || string(got) != "\x00\x01\xff\x80" {
		t.Errorf("got %q, %v", got, err)
	}
}
