package cases

import (
	"context"
	"slices"
	"strings"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// CorrectedTo reads the day to which a dispute is partly upheld, and says whether
// it can be that: nobody is worse off for having disputed. A record that counts
// against the resident does not get a later day, a listing does not last longer.
func (c *Cases) CorrectedTo(ctx context.Context, rd *kernel.Reader, day string, d Case) (to mingjing.Date, ok bool, err error) {
	to, err = mingjing.ParseDate(strings.TrimSpace(day))
	if err != nil {
		return "", false, nil //nolint:nilerr // it is the handler's to put right
	}
	if d.RecordID != "" {
		rec, err := read(rd).Record(ctx, d.RecordID)
		return to, to <= c.city.Today() && (to <= rec.Occurred || !c.CountsAgainst(rec.Code)), err
	}
	l, err := read(rd).Listing(ctx, d.ListingID)
	return to, to >= l.From && to < l.Ends, err
}

// CountsAgainst reports whether the item counts against a resident by any rulebook.
func (c *Cases) CountsAgainst(code string) bool {
	return slices.ContainsFunc(c.city.HeldBooks(), func(b *mingjing.Rulebook) bool {
		item, ok := b.Item(code)
		return ok && (item.Points < 0 || item.Cap != "")
	})
}
