package store

import (
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mingjing/server/store/pgtest"
)

// apart are the lines in which the engines' schemas may differ, each with a reason.
var apart = map[string]string{
	"sqlite: index casework_job_waiting on river_job (<expression>) where state in 'available','scheduled'":   "arguments are text there",
	"postgres: index casework_job_waiting on river_job (<expression>) where state in 'available','scheduled'": "and as jsonb here",
}

// TestTheSchemasOfBothEnginesAreTheSame compares tables, columns with their types and
// NOT NULL, keys, references and indexes. Only the queue's own tables are left out, not
// our indexes on them.
func TestTheSchemasOfBothEnginesAreTheSame(t *testing.T) {
	lite := sqliteSchema(t, open(t, "sqlite://"+t.TempDir()+"/store.db"))
	post := postgresSchema(t, open(t, pgtest.Start(t)))
	used := map[string]bool{}
	differ := func(engine string, has, other map[string]bool) {
		for _, line := range slices.Sorted(maps.Keys(has)) {
			named := engine + ": " + line
			if strings.Contains(line, "<expression>") || !other[line] {
				if apart[named] == "" {
					t.Errorf("only %s", named)
				}
				used[named] = true
			}
		}
	}
	differ("sqlite", lite, post)
	differ("postgres", post, lite)
	for line := range apart {
		if !used[line] {
			t.Errorf("no difference any more: %s", line)
		}
	}
	if len(lite) < 200 {
		t.Errorf("only %d lines were compared", len(lite))
	}
}

// query calls each for every row of a query.
func query(t *testing.T, s *Store, each func(*sql.Rows) error, q string, args ...any) {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), q, args...)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		must(t, each(rows))
	}
	must(t, rows.Err())
}

func sqliteSchema(t *testing.T, s *Store) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	query(t, s, func(rows *sql.Rows) error {
		var (
			table, column, kind string
			notNull, key        int
		)
		if err := rows.Scan(&table, &column, &kind, &notNull, &key); err != nil {
			return err
		}
		// What is in a primary key is not null, which SQLite does not say of its columns.
		found[columnLine(table, column, kind, notNull == 1 || key > 0)] = true
		return nil
	}, `SELECT t.name, c.name, c.type, c."notnull", c.pk FROM sqlite_schema t JOIN pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'river%' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE 'goose%'`)
	query(t, s, func(rows *sql.Rows) error {
		var table, column, to string
		err := rows.Scan(&table, &column, &to)
		found[fmt.Sprintf("%s.%s refers to %s", table, column, to)] = true
		return err
	}, `SELECT t.name, f."from", f."table" FROM sqlite_schema t
		JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table' AND t.name NOT LIKE 'river%'`)
	query(t, s, func(rows *sql.Rows) error {
		var table, key string
		err := rows.Scan(&table, &key)
		found[fmt.Sprintf("primary key of %s (%s)", table, key)] = true
		return err
	}, `SELECT name, (SELECT group_concat(name, ', ')
			FROM (SELECT name FROM pragma_table_info(t.name) WHERE pk > 0 ORDER BY pk)) FROM sqlite_schema t
		WHERE type = 'table' AND name NOT LIKE 'river%' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'`)
	query(t, s, func(rows *sql.Rows) error {
		var (
			table, index, origin, columns, text string
			unique                              int
		)
		if err := rows.Scan(&table, &index, &unique, &origin, &columns, &text); err != nil {
			return err
		}
		_, where, _ := strings.Cut(text, "WHERE ")
		if origin == "u" {
			index = ""
		}
		found[indexLine(table, index, columns, where, unique == 1)] = true
		return nil
	}, `SELECT t.name, i.name, i."unique", i.origin,
			(SELECT group_concat(coalesce(name, '<expression>'), ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)),
			coalesce((SELECT sql FROM sqlite_schema x WHERE x.name = i.name), '')
		FROM sqlite_schema t JOIN pragma_index_list(t.name) i
		WHERE t.type = 'table' AND i.origin <> 'pk' AND t.name NOT LIKE 'goose%' AND (t.name NOT LIKE 'river%' OR i.name LIKE 'casework%')`)
	return found
}

func postgresSchema(t *testing.T, s *Store) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	query(t, s, func(rows *sql.Rows) error {
		var table, column, kind, null string
		if err := rows.Scan(&table, &column, &kind, &null); err != nil {
			return err
		}
		kinds := map[string]string{"bigint": "INTEGER", "text": "TEXT", "bytea": "BLOB"}
		if kinds[kind] != "" {
			kind = kinds[kind]
		}
		found[columnLine(table, column, kind, null == "NO")] = true
		return nil
	}, `SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'river%' AND table_name NOT LIKE 'goose%'`)
	query(t, s, func(rows *sql.Rows) error {
		var table, kind, to, columns string
		err := rows.Scan(&table, &kind, &to, &columns)
		if kind == "f" {
			found[fmt.Sprintf("%s.%s refers to %s", table, columns, to)] = true
		} else {
			found[fmt.Sprintf("primary key of %s (%s)", table, columns)] = true
		}
		return err
	}, `SELECT t.relname, c.contype, coalesce((SELECT relname FROM pg_class WHERE oid = c.confrelid), ''),
			(SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k (num, n)
				JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num)
		FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace s ON s.oid = t.relnamespace
		WHERE c.contype IN ('f', 'p') AND s.nspname = 'public' AND t.relname NOT LIKE 'river%' AND t.relname NOT LIKE 'goose%'`)
	query(t, s, func(rows *sql.Rows) error {
		var (
			table, index, columns string
			where                 sql.NullString
			unique, constraint    bool
		)
		if err := rows.Scan(&table, &index, &unique, &constraint, &columns, &where); err != nil {
			return err
		}
		if constraint {
			index = ""
		}
		found[indexLine(table, index, columns, where.String, unique)] = true
		return nil
	}, `SELECT t.relname, i.relname, x.indisunique, EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype = 'u'),
			(SELECT string_agg(coalesce(a.attname, '<expression>'), ', ' ORDER BY k.n) FROM unnest(x.indkey) WITH ORDINALITY k (num, n)
				LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.num AND k.num > 0),
			pg_get_expr(x.indpred, x.indrelid)
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		JOIN pg_namespace s ON s.oid = t.relnamespace
		WHERE s.nspname = 'public' AND NOT x.indisprimary AND t.relname NOT LIKE 'goose%'
			AND (t.relname NOT LIKE 'river%' OR i.relname LIKE 'casework%')`)
	return found
}

func columnLine(table, column, kind string, notNull bool) string {
	line := fmt.Sprintf("%s.%s %s", table, column, strings.ToUpper(kind))
	if notNull {
		line += " not null"
	}
	return line
}

func indexLine(table, index, columns, where string, unique bool) string {
	line := "index " + index + " on " + table + " (" + columns + ")"
	if index == "" {
		line = "rule on " + table + " (" + columns + ")"
	}
	if unique {
		line = "unique " + line
	}
	if where != "" {
		line += " where " + condition(where)
	}
	return line
}

var (
	casts  = regexp.MustCompile(`::[a-z_]+(\[\])?`)
	anyOf  = regexp.MustCompile(`= any \(?array\[([^\]]*)\]\)?`)
	spaces = regexp.MustCompile(`\s+`)
)

// condition is the condition of an index in words that both engines have.
func condition(where string) string {
	s := casts.ReplaceAllString(spaces.ReplaceAllString(strings.ToLower(strings.TrimSpace(where)), " "), "")
	s = anyOf.ReplaceAllString(s, "in $1")
	return strings.ReplaceAll(strings.NewReplacer("(", "", ")", "").Replace(s), ", ", ",")
}
