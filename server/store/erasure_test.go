package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

func TestAnErasedResidentIsNotFoundAnywhere(t *testing.T) {
	onEachAndOutside(t, func(t *testing.T, url string) {
		s := open(t, url)
		a, b := resident(1), resident(2)
		whole(t, s, a, b)
		others := allOf(t, s, b, 1)
		ctx := t.Context()
		do(t, s, func(ctx context.Context, tx *reader) error {
			if gone, err := tx.Erased(ctx, a.ID); gone || err != nil {
				t.Errorf("erased before: %v %v", gone, err)
			}
			return tx.Erase(ctx, a.ID)
		})
		must(t, freely(ctx, s, func(tx *reader) error {
			if gone, err := tx.Erased(ctx, a.ID); !gone || err != nil {
				t.Errorf("not erased: %v %v", gone, err)
			}
			if _, err := tx.ResidentByIDNumber(ctx, a.IDNumber); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("found by ID number: %v", err)
			}
			for what, read := range map[string]func() error{
				"resident": func() error { _, err := tx.Resident(ctx, a.ID); return err },
				"record":   func() error { _, err := tx.Record(ctx, "c0"); return err },
				"listing":  func() error { _, err := tx.Listing(ctx, "l0"); return err },
				"dispute":  func() error { _, err := tx.Case(ctx, "d0"); return err },
				"request":  func() error { _, err := tx.Request(ctx, "q0"); return err },
				"score":    func() error { _, err := tx.Score(ctx, "s0"); return err },
				"evidence": func() error { _, _, err := tx.EvidenceData(ctx, "e0"); return err },
				"answer":   func() error { _, _, err := tx.EvidenceData(ctx, "a0"); return err },
				"notice":   func() error { _, err := tx.Notice(ctx, "n0"); return err },
				"prefs":    func() error { _, err := tx.NoticePrefs(ctx, a.ID); return err },
				"looks":    func() error { _, err := tx.AccessEntries(ctx, a.ID, false, 0, 5); return err },
			} {
				if err := read(); !errors.Is(err, kernel.ErrNotFound) {
					t.Errorf("%s of who was erased: %v", what, err)
				}
			}
			found, err := tx.Cases(ctx, cases.CaseQuery{CaseFilter: mingjing.CaseFilter{Search: a.Name, State: "all"}, Limit: 9})
			if len(found) != 0 || err != nil {
				t.Errorf("found by name: %v %v", found, err)
			}
			lines, err := tx.Cases(ctx, cases.CaseQuery{CaseFilter: mingjing.CaseFilter{State: "all"}, Limit: 9})
			if len(lines) != 2 || err != nil {
				t.Errorf("%d lines of cases stay, %v", len(lines), err)
			}
			for _, d := range lines {
				if d.Resident == a.ID && d.Ref != "" {
					t.Errorf("the agency's reference stays: %q", d.Ref)
				}
			}
			_, _, err = tx.Holdings(ctx, "court", "", 9)
			return err
		}))
		if now := allOf(t, s, b, 1); !sameButForTheBureau(now, others) {
			t.Errorf("the other resident reads\n%s\nbefore\n%s", now, others)
		}
		enrol(t, s, kernel.Resident{ID: "again", IDNumber: a.IDNumber, Name: a.Name, CreatedAt: day}) // may come back as new
	})
}

// sameButForTheBureau compares what is a resident's own: all but the last lines.
func sameButForTheBureau(x, y string) bool {
	own := func(s string) []string { l := strings.Split(s, "\n"); return l[:len(l)-6] }
	return slices.Equal(own(x), own(y))
}

// For a new table about residents it must be decided what an erasure does with it.
func TestAnErasureKnowsEveryTable(t *testing.T) {
	s := open(t, "sqlite::memory:")
	// The tree needs the entries of the access log, figures the others, without content.
	stays := []string{"resident", "keyset", "erasure", "look", "record", "listing", "dispute"}
	do(t, s, func(ctx context.Context, raw *reader) error {
		return raw.tx.rows(ctx, "list tables", func(rows *sql.Rows) error {
			var table, column string
			must(t, rows.Scan(&table, &column))
			goes := slices.ContainsFunc(eraseStatements, func(q string) bool { return strings.HasPrefix(q, "DELETE FROM "+table+" ") })
			if !goes && !slices.Contains(stays, table) {
				t.Errorf("%s has %s: say in erased, or here, what becomes of it", table, column)
			}
			return nil
		}, `SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
			WHERE t.type = 'table' AND (c.name LIKE '%resident%' OR c.name = 'audience') ORDER BY 1`)
	})
}
