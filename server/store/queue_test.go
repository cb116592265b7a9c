package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

// queue fills the store with disputes whose clocks are mixed up, and returns
// them in the order of the work queue.
func queue(t *testing.T, s *Store, n int) []cases.Case {
	t.Helper()
	var list []cases.Case
	do(t, s, func(ctx context.Context, tx *reader) error {
		list = nil
		for i := range n {
			r := resident(i)
			must(t, tx.AddResident(ctx, r))
			must(t, tx.PutRecord(ctx, record(r, fmt.Sprintf("c%d", i))))
			d := dispute(r, fmt.Sprintf("D%02d-%d", i*7%n, i), fmt.Sprintf("c%d", i))
			switch i % 4 {
			case 0:
				d.NextDue = time.Time{}
			case 1:
				d.NextDue = day // many have the same
			default:
				d.NextDue = day.Add(time.Duration(i*13%n) * time.Hour)
			}
			if i%5 == 0 {
				d.HandlerID, d.State = "H1", mingjing.CaseAssigned
			}
			if i%6 == 0 {
				d.State = mingjing.CaseDecided
			}
			if i%3 == 0 {
				d.AgencyCode, d.CatalogueCode = "court", "Judgment-Debtor"
			}
			must(t, tx.AddCase(ctx, d))
			list = append(list, d)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b cases.Case) int {
		if a.Due() != b.Due() {
			if a.Due() < b.Due() {
				return -1
			}
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

func TestTheWorkQueueIsPagedByNearestClock(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		all := queue(t, s, 47)
		id := func(d cases.Case) string { return d.ID }
		for _, c := range []struct {
			name  string
			query cases.CaseQuery
			want  func(cases.Case) bool
		}{
			{"open", cases.CaseQuery{}, func(d cases.Case) bool { return d.State != mingjing.CaseDecided }},
			{"all", filter(mingjing.CaseFilter{State: "all"}, ""), func(cases.Case) bool { return true }},
			{"decided", filter(mingjing.CaseFilter{State: "decided"}, ""), func(d cases.Case) bool { return d.State == mingjing.CaseDecided }},
			{"mine", filter(mingjing.CaseFilter{Mine: true}, "H1"), func(d cases.Case) bool {
				return d.HandlerID == "H1" && d.State != mingjing.CaseDecided
			}},
			{"mine without me", filter(mingjing.CaseFilter{Mine: true}, ""), func(cases.Case) bool { return false }},
			{"agency", filter(mingjing.CaseFilter{Agency: "court", State: "all"}, ""), func(d cases.Case) bool { return d.AgencyCode == "court" }},
			{"search name", filter(mingjing.CaseFilter{Search: " 林小1 ", State: "all"}, ""), func(d cases.Case) bool {
				return d.ResidentName == "林小1"
			}},
			{"search code", filter(mingjing.CaseFilter{Search: "MENT-debt"}, ""), func(d cases.Case) bool {
				return d.CatalogueCode == "Judgment-Debtor" && d.State != mingjing.CaseDecided
			}},
			{"search id", filter(mingjing.CaseFilter{Search: "d0", State: "all"}, ""), func(d cases.Case) bool {
				return strings.HasPrefix(d.ID, "D0")
			}},
			{"search a wildcard", filter(mingjing.CaseFilter{Search: "%", State: "all"}, ""), func(cases.Case) bool { return false }},
			{"search a statement", filter(mingjing.CaseFilter{Search: "not me", State: "all"}, ""), func(cases.Case) bool { return false }},
			{"search too long", filter(mingjing.CaseFilter{Search: strings.Repeat("d", 300)}, ""), func(cases.Case) bool { return false }},
		} {
			var want []cases.Case
			for _, d := range all {
				if c.want(d) {
					want = append(want, d)
				}
			}
			for _, limit := range []int{1, 4, 100} {
				var got []cases.Case
				q := c.query
				q.Limit = limit
				for {
					page := mustGet(t, s, func(ctx context.Context, tx *reader) ([]cases.Case, error) { return tx.Cases(ctx, q) })
					got = append(got, page...)
					if len(page) > limit || len(got) > len(all) {
						t.Fatalf("%s: a page of %d has %d", c.name, limit, len(page))
					}
					if len(page) < limit {
						break
					}
					q.Cursor = page[len(page)-1].Cursor()
				}
				if ids(got, id) != ids(want, id) {
					t.Errorf("%s by %d\n got %s\nwant %s", c.name, limit, ids(got, id), ids(want, id))
				}
			}
		}
		ctx := t.Context()
		for _, cursor := range []string{"x", "1.", ".x", "9999999999999999999.x", "1." + strings.Repeat("x", 300)} {
			if err := freely(ctx, s, func(tx *reader) error {
				_, err := tx.Cases(ctx, cases.CaseQuery{Cursor: cursor, Limit: 1})
				return err
			}); !errors.Is(err, kernel.ErrCursor) {
				t.Errorf("cursor %.20q: %v, want ErrCursor", cursor, err)
			}
		}
		want := map[string]int{}
		for _, d := range all {
			want[string(d.State)]++
		}
		if got := mustGet(t, s, func(ctx context.Context, tx *reader) (map[string]int, error) { return tx.CaseCounts(ctx) }); !reflect.DeepEqual(
			got, want) {
			t.Errorf("counts are %v, want %v", got, want)
		}
	})
}

func filter(f mingjing.CaseFilter, handler string) cases.CaseQuery {
	return cases.CaseQuery{CaseFilter: f, HandlerID: handler}
}
