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
	"mingjing/web/rulebooks"

	"github.com/PuerkitoBio/goquery"
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// city answers as the server does: the published rulebook, and the resident's
// records two a page.
func city(t *testing.T, in mingjing.Input, change func(path string, data []byte) []byte) func(context.Context, string) ([]byte, error) {
	t.Helper()
	return func(_ context.Context, path string) ([]byte, error) {
		var data []byte
		switch path {
		case lawOf(t):
			data = rulebooks.Files()["rongcheng.json"]
		case "/api/listings":
			data, _ = json.Marshal(map[string]any{"items": in.Listings})
		case "/api/records":
			data, _ = json.Marshal(map[string]any{"items": in.Records[:2], "next": "a b&c"})
		case "/api/records?cursor=a+b%26c":
			data, _ = json.Marshal(map[string]any{"items": in.Records[2:]})
		default:
			return nil, errors.New("no " + path)
		}
		if change != nil {
			data = change(path, data)
		}
		return data, nil
	}
}

// lawOf returns the address of the version that scored.
func lawOf(t *testing.T) string {
	t.Helper()
	return "/web/rulebooks/" + pagetest.Book(t, "rongcheng").Ref().Hash + ".json"
}

func TestThePhoneAgreesWithTheServerThatScoredByTheBook(t *testing.T) {
	rc := pagetest.Book(t, "rongcheng")
	in := pagetest.SampleInput(rc)
	score := pagetest.SampleScore(rc, in).Score
	mine, differs, err := recompute(t.Context(), city(t, in, nil), score, "")
	if err != nil || len(differs) != 0 {
		t.Fatalf("differs %v, error %v", differs, err)
	}
	if mine.Value != score.Value {
		t.Errorf("value %d, want %d", mine.Value, score.Value)
	}
}

func TestThePhoneSaysWhatDiffers(t *testing.T) {
	rc := pagetest.Book(t, "rongcheng")
	in := pagetest.SampleInput(rc)
	for _, c := range []struct {
		name   string
		tamper func(s *mingjing.Score)
		want   []string
	}{
		{"value", func(s *mingjing.Score) { s.Value -= 7 }, []string{"value"}},
		{"band", func(s *mingjing.Score) { s.Band = "d" }, []string{"band"}},
		{"version", func(s *mingjing.Score) { s.Rulebook.Version = "1999.1" }, []string{"hash"}},
		{"explanation", func(s *mingjing.Score) {
			s.Explanation = slices.Clone(s.Explanation)
			s.Explanation[1].Points++
			s.Explanation[2].Points--
		}, []string{"explanation"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			score := pagetest.SampleScore(rc, in).Score
			c.tamper(&score)
			_, differs, err := recompute(t.Context(), city(t, in, nil), score, "")
			if err != nil || !slices.Equal(differs, c.want) {
				t.Errorf("differs %v, error %v, want %v", differs, err, c.want)
			}
		})
	}
	t.Run("a rulebook that was changed after the score", func(t *testing.T) {
		score := pagetest.SampleScore(rc, in).Score
		_, differs, err := recompute(t.Context(), city(t, in, func(path string, data []byte) []byte {
			if strings.HasPrefix(path, "/web/") {
				return append(slices.Clone(data), '\n')
			}
			return data
		}), score, "")
		if err != nil || !slices.Equal(differs, []string{"hash"}) {
			t.Errorf("differs %v, error %v", differs, err)
		}
	})
}

func TestWhatCannotBeReadIsNoDisagreement(t *testing.T) {
	rc := pagetest.Book(t, "rongcheng")
	in := pagetest.SampleInput(rc)
	score := pagetest.SampleScore(rc, in).Score
	for _, broken := range []string{lawOf(t), "/api/records", "/api/listings"} {
		if _, differs, err := recompute(t.Context(), city(t, in, func(path string, data []byte) []byte {
			if path == broken {
				return []byte("<html>")
			}
			return data
		}), score, ""); err == nil || differs != nil {
			t.Errorf("%s: differs %v, error %v", broken, differs, err)
		}
	}
	endless := func(_ context.Context, path string) ([]byte, error) { return []byte(`{"items":[],"next":"x"}`), nil }
	if _, err := readAll[mingjing.Record](t.Context(), endless, "/api/records"); !errors.Is(err, errTooManyPages) {
		t.Errorf("an endless list: %v", err)
	}
}

func TestADisagreementIsSaidLoudly(t *testing.T) {
	for _, lang := range mingjing.Languages {
		for state, key := range map[verifyState]string{verifyIdle: "idle", verifyWorking: "working", verifySame: "same", verifyDiffers: "differs",
			verifyFailed: "failed"} {
			rc := pagetest.Book(t, "rongcheng")
			p := &Verify{Lang: lang, Score: pagetest.SampleScore(rc, pagetest.SampleInput(rc)).Score, state: state, mine: mingjing.Score{Value: 3},
				differs: []string{"value", "band", "hash", "explanation"}}
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(app.HTMLString(p.Render())))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(doc.Text(), i18n.T(lang, "verify."+key)) {
				t.Errorf("%s %s: not said", lang, key)
			}
			if alert := doc.Find("[role=alert]").Length() == 1; alert != (state == verifyDiffers) {
				t.Errorf("%s %s: alert %v", lang, key, alert)
			}
			if doc.Find("[data-verify]").AttrOr("data-verify", "") != key {
				t.Errorf("%s: state is not marked as %s", lang, key)
			}
		}
	}
}
