package resident

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

func TestThePhoneWorksOutWhatADraftWouldChangeAndSendsNothing(t *testing.T) {
	rc := pagetest.Book(t, "rongcheng")
	in := pagetest.SampleInput(rc)
	score := pagetest.SampleScore(rc, in).Score
	milder := *rc
	milder.Version, milder.Draft, milder.Base = "draft", true, rc.Base+10
	data, err := json.Marshal(milder)
	if err != nil {
		t.Fatal(err)
	}
	draft, err := mingjing.DecodeRulebook(data)
	if err != nil {
		t.Fatal(err)
	}
	at := "/web/rulebooks/" + draft.Ref().Hash + ".json"
	var asked []string
	fetch := func(ctx context.Context, path string) ([]byte, error) {
		asked = append(asked, path)
		if path == at {
			return data, nil
		}
		return city(t, in, nil)(ctx, path)
	}
	would, band, err := tryDraft(t.Context(), fetch, score, draft.Ref().Hash)
	if err != nil || would.Value != score.Value+10 || band["en"] == "" {
		t.Errorf("it would be %d in band %v, want %d: %v", would.Value, band, score.Value+10, err)
	}
	if want := []string{at, "/api/records", "/api/records?cursor=a+b%26c", "/api/listings"}; !slices.Equal(asked, want) {
		t.Errorf("it asks for %v", asked)
	}
	other := func(ctx context.Context, path string) ([]byte, error) {
		if path == at {
			return append(slices.Clone(data), '\n'), nil
		}
		return fetch(ctx, path)
	}
	if _, _, err := tryDraft(t.Context(), other, score, draft.Ref().Hash); !errors.Is(err, errOtherFile) {
		t.Errorf("another file: %v", err)
	}
	for _, lang := range mingjing.Languages {
		for state, want := range map[draftState]string{draftIdle: "draft.idle", draftWorking: "draft.working", draftFailed: "draft.failed"} {
			p := &Draft{Lang: lang, Score: score, state: state}
			if got := app.HTMLString(p.Render()); !strings.Contains(got, i18n.T(lang, want)) {
				t.Errorf("%s: %s", lang, got)
			}
		}
		p := &Draft{Lang: lang, Score: score, state: draftMade, would: would, band: band}
		if got := app.HTMLString(p.Render()); !strings.Contains(got, `data-draft="other"`) || !strings.Contains(got, band.In(lang)) {
			t.Errorf("%s: %s", lang, got)
		}
		p.would = score
		if got := app.HTMLString(p.Render()); !strings.Contains(got, `data-draft="same"`) {
			t.Errorf("%s: %s", lang, got)
		}
	}
}
