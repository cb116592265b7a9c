package store

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/casework/takeaway"
)

func export(r kernel.Resident, id string) takeaway.Export {
	return takeaway.Export{Resident: r.ID, Lang: "en", ExportJob: mingjing.ExportJob{ID: id, State: mingjing.ExportMaking,
		Step: "waiting", AskedAt: day}}
}

func TestAnExportIsOneAResidentAndGoesWithItsFile(t *testing.T) {
	onEachAndOutside(t, func(t *testing.T, url string) {
		s, r, other := open(t, url), resident(1), resident(2)
		enrol(t, s, r, other)
		e := export(r, "e")
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.AddExport(ctx, e))
			must(t, tx.AddExport(ctx, export(other, "o")))
			if err := tx.AddExport(ctx, export(r, "second")); !errors.Is(err, kernel.ErrExists) {
				t.Errorf("a second one: %v", err)
			}
			return nil
		})
		of := func() (takeaway.Export, error) {
			return get(t, s, func(ctx context.Context, tx *reader) (takeaway.Export, error) { return tx.ExportOf(ctx, r.ID) })
		}
		got, err := of()
		must(t, err)
		same(t, "the export", got, e)
		made, gone := day.Add(time.Hour), day.Add(25*time.Hour)
		e.State, e.MadeAt, e.ExpiresAt = mingjing.ExportReady, &made, &gone
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.SetExport(ctx, e))
			must(t, tx.SetExportData(ctx, "e", []byte("first")))
			must(t, tx.SetExportData(ctx, "o", []byte("theirs")))
			return tx.SetExportData(ctx, "e", []byte("second"))
		})
		got, err = of()
		must(t, err)
		same(t, "the ready export", got, e)
		file := func(id string) ([]byte, error) {
			return get(t, s, func(ctx context.Context, tx *reader) ([]byte, error) { return tx.ExportData(ctx, id) })
		}
		if data, err := file("e"); err != nil || string(data) != "second" {
			t.Errorf("the file is %q, %v", data, err)
		}
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.DeleteExport(ctx, "e") })
		if _, err := of(); !errors.Is(err, kernel.ErrNotFound) {
			t.Errorf("it is left: %v", err)
		}
		if _, err := file("e"); !errors.Is(err, kernel.ErrNotFound) {
			t.Errorf("its file is left: %v", err)
		}
		if data, err := file("o"); err != nil || string(data) != "theirs" {
			t.Errorf("another's file is %q, %v", data, err)
		}
		for what, fn := range map[string]func(context.Context, *reader) error{
			"set":      func(ctx context.Context, tx *reader) error { return tx.SetExport(ctx, e) },
			"file of":  func(ctx context.Context, tx *reader) error { return tx.SetExportData(ctx, "e", []byte("x")) },
			"delete":   func(ctx context.Context, tx *reader) error { return tx.DeleteExport(ctx, "e") },
			"export":   func(ctx context.Context, tx *reader) error { _, err := tx.Export(ctx, "e"); return err },
			"resident": func(ctx context.Context, tx *reader) error { return tx.AddExport(ctx, export(resident(3), "n")) },
		} {
			if err := freely(t.Context(), s, func(tx *reader) error { return fn(t.Context(), tx) }); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("%s what is not there: %v", what, err)
			}
		}
		if err := s.Tx(t.Context(), func(tx casework.Tx) error {
			return tx.SetExportData(t.Context(), "o", bytes.Repeat([]byte("x"), mingjing.MaxExportBytes+1))
		}); err == nil {
			t.Error("a file of any size is kept")
		}
	})
}

func TestRequestsAreListedOldestFirst(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, other := open(t, url), resident(1), resident(2)
		enrol(t, s, r, other)
		do(t, s, func(ctx context.Context, tx *reader) error {
			for i, id := range []string{"a", "b"} {
				q := request(r, id)
				q.CreatedAt = day.Add(-time.Duration(i) * time.Hour)
				must(t, tx.AddRequest(ctx, q))
				q.State = mingjing.RequestReady
				must(t, tx.SetRequest(ctx, q))
			}
			return tx.AddRequest(ctx, request(other, "theirs"))
		})
		got := mustGet(t, s, func(ctx context.Context, tx *reader) ([]score.Request, error) { return tx.Requests(ctx, r.ID) })
		if list := ids(got, func(q score.Request) string { return q.ID }); list != "b a" {
			t.Errorf("the requests are %s", list)
		}
	})
}
