package resident

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/web/rulebooks"
)

func TestADeviceRatesAnAgencyAgainFromTheFiguresAloneAndSaysWhenItDiffers(t *testing.T) {
	book, n := pagetest.Book(t, "conduct"), func(n int) *int { return &n }
	f := mingjing.AgencyFigures{Agency: "court", Asked: n(40), Late: n(7), Silent: n(3)}
	k := mingjing.MakeConduct(book, f, "2026-11-23")
	fetch := func(_ context.Context, path string) ([]byte, error) {
		if path == "/api/agencies/court" {
			return json.Marshal(mingjing.AgencyView{Figures: f})
		}
		return rulebooks.Files()["conduct.json"], nil
	}
	shown := mingjing.Score{Rulebook: k.Rulebook, Value: k.Value, Band: k.Band, AsOf: k.AsOf}
	mine, differs, err := recompute(t.Context(), fetch, shown, "/api/agencies/court")
	if err != nil || differs != nil || mine.Value != k.Value {
		t.Errorf("%d, differs in %v: %v", mine.Value, differs, err)
	}
	shown.Value, shown.Band = 100, "in_order"
	_, differs, err = recompute(t.Context(), fetch, shown, "/api/agencies/court")
	if err != nil || !slices.Equal(differs, []string{"value", "band"}) {
		t.Errorf("a better rating than the figures give differs in %v: %v", differs, err)
	}
}
