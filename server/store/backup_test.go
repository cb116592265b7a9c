package store

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/store/pgtest"
)

// TestACopyOfADatabaseAtWorkIsOfOneMoment takes copies while others write: a resident and
// the entry about them are committed together, and a copy has both or none.
func TestACopyOfADatabaseAtWorkIsOfOneMoment(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		stop, done := make(chan struct{}), make(chan int)
		began := make(chan struct{})
		go func() {
			n := 0
			defer func() { done <- n }()
			for ; n < 900; n++ {
				select {
				case <-stop:
					return
				default:
				}
				err := freely(context.WithoutCancel(t.Context()), s, func(tx *reader) error {
					r := resident(n + 1)
					if err := tx.AddResident(context.WithoutCancel(t.Context()), r); err != nil {
						return err
					}
					return tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{At: day, Action: "records"}}).Log(context.WithoutCancel(t.Context()), r.ID)
				})
				if err != nil {
					t.Error(err)
					return
				}
				if n == 5 {
					close(began)
				}
			}
		}()
		receive(t, began, "the first rows")
		dir := t.TempDir()
		file, err := Copy(t.Context(), url, dir)
		must(t, err)
		close(stop)
		wrote := receive(t, done, "the end of writing")
		copied, err := CheckCopy(t.Context(), filepath.Join(dir, file))
		must(t, err)

		elsewhere := "sqlite://" + filepath.Join(t.TempDir(), "elsewhere.db")
		if isPostgres(url) {
			elsewhere = pgtest.Start(t)
		}
		must(t, Restore(t.Context(), filepath.Join(dir, file), elsewhere))
		restored, err := DescribeDatabase(t.Context(), elsewhere)
		must(t, err)
		if copied.Opened && copied != (Copied{restored.Schema, restored.LogSize, true}) {
			t.Errorf("the copy has %+v, and what was restored %+v", copied, restored)
		}
		if restored.LogSize < 6 || restored.LogSize > int64(wrote) {
			t.Errorf("of %d entries %d were restored", wrote, restored.LogSize)
		}
		again := open(t, elsewhere)
		must(t, again.CheckMaster(t.Context()))
		do(t, again, func(ctx context.Context, tx *reader) error {
			n, err := tx.Residents(ctx)
			if err != nil || int64(n) != restored.LogSize {
				t.Errorf("there are %d residents and %d entries, %v", n, restored.LogSize, err)
			}
			r, err := tx.Resident(ctx, resident(1).ID)
			if err != nil || r.Name != resident(1).Name {
				t.Errorf("a resident is %+v, %v", r, err)
			}
			return nil
		})
		if err := Restore(t.Context(), filepath.Join(dir, file), elsewhere); err == nil {
			t.Error("a copy was restored over what was there")
		}
	})
}

func TestAnAlteredAccessLogIsNoSoundCopy(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "store.db")
	s := open(t, url)
	enrol(t, s, resident(1))
	for range 3 {
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{At: day, Action: "records"}}).Log(ctx, resident(1).ID)
		})
	}
	for _, alter := range []string{`UPDATE look SET commitment = x'00' WHERE leaf = 1`, `DELETE FROM look WHERE leaf = 2`} {
		good := t.TempDir()
		file, err := Copy(t.Context(), url, good)
		must(t, err)
		file = filepath.Join(good, file)
		if c, err := CheckCopy(t.Context(), file); err != nil || c.LogSize != 3 {
			t.Fatalf("the copy has %+v, %v", c, err)
		}
		db, err := openPlain(file)
		must(t, err)
		_, err = db.ExecContext(t.Context(), alter)
		must(t, err)
		must(t, db.Close())
		if _, err := CheckCopy(t.Context(), file); err == nil || !strings.Contains(err.Error(), "access log") {
			t.Errorf("after %s the copy is %v", alter, err)
		}
	}
}

func TestWithoutPostgresToolsTheErrorSaysWhatToInstall(t *testing.T) {
	url := pgtest.Start(t)
	open(t, url)
	t.Setenv("PATH", t.TempDir())
	_, err := Copy(t.Context(), url, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "pg_dump is not installed") || !strings.Contains(err.Error(), "postgresql-client") {
		t.Errorf("the error is %v", err)
	}
}

func TestThePasswordOfTheDatabaseIsInNoArgument(t *testing.T) {
	dir := t.TempDir()
	// A program that prints its arguments.
	script := "#!/bin/sh\necho \"$@\" >&2; test \"$PGPASSWORD\" = SECRET && exit 3; exit 4\n"
	must(t, os.WriteFile(filepath.Join(dir, "pg_dump"), []byte(script), 0o700))
	t.Setenv("PATH", dir+":/bin:/usr/bin")
	for _, url := range []string{"postgres://me:SECRET@db.example/city", "postgres://me@db.example/city?password=SECRET"} {
		err := postgresTool(t.Context(), url, "pg_dump", "--verbose")
		if err == nil || strings.Contains(err.Error(), "SECRET") || !strings.Contains(err.Error(), "db.example") ||
			!strings.Contains(err.Error(), "status 3") {
			t.Errorf("it is called so: %v", err)
		}
	}
}
