package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

func TestAnOlderProgramRefusesANewerSchema(t *testing.T) {
	if Schema() < 16 {
		t.Fatalf("the newest schema is said to be %d", Schema())
	}
	for what, newer := range map[string]string{
		"schema":    fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, %%s)", Schema()+2),
		"job queue": "INSERT INTO river_migration (line, version) VALUES ('main', 1000)",
	} {
		onEach(t, func(t *testing.T, url string) {
			o := Options{IDKey: testKey, Vault: testVault, Logger: slog.New(slog.DiscardHandler)}
			s, err := Open(t.Context(), url, o)
			if err != nil {
				t.Fatal(err)
			}
			truth := "true"
			if strings.HasPrefix(url, "sqlite") {
				truth = "1"
			}
			if _, err := s.db.Exec(strings.ReplaceAll(newer, "%s", truth)); err != nil {
				t.Fatal(err)
			}
			tables := tablesOf(t, s.db, truth == "1")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			_, err = Open(t.Context(), url, o)
			if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "run the newer version") {
				t.Fatalf("a newer %s is told %v", what, err)
			}
			_, db, err := openEngine(url, 4, DefaultStatementWait)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if got := tablesOf(t, db, truth == "1"); got != tables {
				t.Errorf("the tables were %s and are %s", tables, got)
			}
		})
	}
}

// TestMigrationsOnlyAdd: an older program that runs goes on while a newer one starts, since
// whatever it reads and writes is still there.
func TestMigrationsOnlyAdd(t *testing.T) {
	takes := regexp.MustCompile(`(?i)\b(DROP (TABLE|COLUMN|CONSTRAINT|VIEW)|RENAME|ALTER COLUMN|SET NOT NULL|TRUNCATE TABLE|DELETE FROM)\b`)
	needs := regexp.MustCompile(`(?is)\bADD COLUMN\b.*\bNOT NULL\b`)
	given := regexp.MustCompile(`(?i)\bDEFAULT\b`)
	for engine, e := range map[string]engine{"sqlite": sqliteEngine{}, "postgres": postgresEngine{}} {
		files, err := fs.Glob(e.migrations(), "*.sql")
		if err != nil || len(files) < 20 {
			t.Fatalf("%s: %d migrations, %v", engine, len(files), err)
		}
		for _, name := range files {
			text, err := fs.ReadFile(e.migrations(), name)
			if err != nil {
				t.Fatal(err)
			}
			up, _, _ := strings.Cut(string(text), "-- +goose Down")
			up = regexp.MustCompile(`--.*`).ReplaceAllString(up, "")
			for statement := range strings.SplitSeq(up, ";") {
				if takes.MatchString(statement) || needs.MatchString(statement) && !given.MatchString(statement) {
					t.Errorf("%s/%s takes something away from programs that run: %s", engine, name, strings.TrimSpace(statement))
				}
			}
		}
	}
}

// tablesOf returns the names of all tables.
func tablesOf(t *testing.T, db *sql.DB, sqlite bool) (names string) {
	t.Helper()
	query := "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'"
	if sqlite {
		query = "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name)"
	}
	if err := db.QueryRow(query).Scan(&names); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestBothEnginesHaveTheSameSchemaNumber(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		p, err := s.migrations()
		if err != nil {
			t.Fatal(err)
		}
		if n, err := p.GetDBVersion(t.Context()); err != nil || n != Schema() {
			t.Errorf("the newest schema is %d, not %d (%v)", n, Schema(), err)
		}
	})
}
