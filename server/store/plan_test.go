package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// plan returns the engine's plan of a query.
func plan(t *testing.T, s *Store, query string, args ...any) string {
	t.Helper()
	explain := "EXPLAIN QUERY PLAN "
	if _, ok := s.eng.(postgresEngine); ok {
		explain = "EXPLAIN "
	}
	if args == nil {
		args = make([]any, strings.Count(query, "?"))
	}
	rows, err := s.db.QueryContext(t.Context(), explain+s.eng.rebind(query), args...)
	must(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	var lines []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		must(t, rows.Scan(values...))
		lines = append(lines, fmt.Sprint(*(values[len(values)-1].(*any))))
	}
	must(t, rows.Err())
	return strings.Join(lines, "\n")
}

// manyJobs is the number of dated jobs of a city that has run for some time.
const manyJobs = 40_000

func TestDatedJobsAreInNobodysWay(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		later := time.Now().Add(30 * 24 * time.Hour)
		enqueue(t, s, kernel.Job{Kind: score.JobRescore, ID: "r", At: later})
		copies := `INSERT INTO river_job (args, kind, max_attempts, queue, priority, scheduled_at, state)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT %s, kind, max_attempts, queue, priority, scheduled_at, state FROM n, river_job`
		args := `CAST(json_set(CAST(args AS TEXT), '$.id', 'r' || i) AS BLOB)`
		scheduled := `SELECT id FROM river_job WHERE state IN ('retryable', 'scheduled') AND scheduled_at <= datetime('now', 'subsec')
			ORDER BY priority, scheduled_at, id LIMIT 1000`
		if _, ok := s.eng.(postgresEngine); ok {
			args = `jsonb_set(args, '{id}', to_jsonb('r' || i))`
			scheduled = `SELECT id FROM river_job WHERE state IN ('retryable', 'scheduled') AND priority >= 0 AND queue IS NOT NULL
				AND scheduled_at <= now() ORDER BY priority, scheduled_at, id LIMIT 1000 FOR UPDATE`
		}
		_, err := s.db.ExecContext(t.Context(), fmt.Sprintf(copies, manyJobs, args))
		must(t, err)
		if _, ok := s.eng.(postgresEngine); ok {
			_, err = s.db.ExecContext(t.Context(), "ANALYZE river_job")
			must(t, err)
		}
		if n := jobs(t, s, "state = 'scheduled'"); n != manyJobs+1 {
			t.Fatalf("%d jobs wait for their time", n)
		}
		// A worker looks through those that are available, by their priority and time.
		if n := jobs(t, s, "state = 'available'"); n != 0 {
			t.Errorf("a worker passes %d jobs whose time has not come", n)
		}
		for _, due := range []bool{true, false} {
			args := []any{"r", score.JobRescore}
			if !due {
				args = append(args, later.UnixMicro())
			}
			if got := plan(t, s, s.eng.waitingJob(due), args...); !strings.Contains(got, "casework_job_waiting") {
				t.Errorf("a waiting job (due: %t) is found by\n%s", due, got)
			}
		}
		// As River's leader asks (JobSchedule).
		if got := plan(t, s, scheduled); !strings.Contains(got, "casework_job_dated") {
			t.Errorf("jobs whose time comes are found by\n%s", got)
		}
		if got := plan(t, s, s.eng.release(0)); !strings.Contains(got, "casework_job_dated") {
			t.Errorf("without the leader jobs whose time comes are found by\n%s", got)
		}
		enqueue(t, s, kernel.Job{Kind: score.JobRescore, ID: "r", At: later}) // it waits already
		if n := jobs(t, s, "1 = 1"); n != manyJobs+1 {
			t.Errorf("there are %d jobs", n)
		}
		enqueue(t, s, kernel.Job{Kind: score.JobRescore, ID: "soon", At: time.Now().Add(time.Second)})
		if n := jobs(t, s, "state = 'available'"); n != 1 { // the leader's next look may be after its time
			t.Errorf("%d jobs of the near future wait among those that are due", n)
		}
	})
}

// watched is an engine that records its queries.
type watched struct {
	engine
	asked *[]string
}

func (w watched) rebind(query string) string {
	*w.asked = append(*w.asked, query)
	return w.engine.rebind(query)
}

// asks returns the queries that fn makes.
func asks(t *testing.T, s *Store, fn func(ctx context.Context, tx *reader) error) []string {
	t.Helper()
	var asked []string
	eng := s.eng
	s.eng = watched{eng, &asked}
	defer func() { s.eng = eng }()
	do(t, s, fn)
	return asked
}

// TestNothingIsFoundByLookingThroughATable runs on SQLite, whose plan does not depend on
// what is in the tables; another test finds the same indexes on PostgreSQL.
func TestNothingIsFoundByLookingThroughATable(t *testing.T) {
	s, r := open(t, "sqlite::memory:"), resident(1)
	whole(t, s, r, resident(2))
	asked := asks(t, s, func(ctx context.Context, tx *reader) error {
		for what, read := range map[string]func() error{
			"records":       func() error { _, err := tx.Records(ctx, r.ID); return err },
			"listings":      func() error { _, err := tx.Listings(ctx, r.ID); return err },
			"latest":        func() error { return ignoreNotFound(second(tx.LatestScore(ctx, r.ID, "rongcheng"))) },
			"latest of all": func() error { return ignoreNotFound(second(tx.LatestScore(ctx, r.ID, ""))) },
			"score since":   func() error { return ignoreNotFound(second(tx.FirstScoreSince(ctx, r.ID, "rongcheng", day))) },
			"scores":        func() error { return second(tx.Scores(ctx, r.ID, "rongcheng", 9)) },
			"disputes":      func() error { return second(tx.CasesOf(ctx, r.ID, 9)) },
			"open disputes": func() error { return second(tx.OpenCasesOf(ctx, r.ID)) },
			"open ids":      func() error { return second(tx.OpenCaseIDs(ctx, r.ID)) },
			"evidence":      func() error { return second(tx.EvidenceOf(ctx, r.ID)) },
			"sources":       func() error { return second(tx.SourcesOfAll(ctx, r.ID)) },
			"requests":      func() error { return second(tx.Requests(ctx, r.ID)) },
			"consents":      func() error { return second(tx.Consents(ctx, r.ID)) },
			"shares":        func() error { return second(tx.Shares(ctx, r.ID)) },
			"views":         func() error { return second(tx.ShareViews(ctx, r.ID)) },
			"notices":       func() error { return second(tx.Notices(ctx, r.ID, 9, 9)) },
			"looks":         func() error { return second(tx.AccessEntries(ctx, r.ID, true, 9, 9)) },
			"own looks":     func() error { return second(tx.OwnEntries(ctx, r.ID, 9, 9)) },
			"helper":        func() error { return second(tx.MandatesFor(ctx, r.ID)) },
			"mandates":      func() error { return second(tx.MandatesOf(ctx, "d0")) },
			"inquiries":     func() error { return second(tx.InquiriesAbout(ctx, r.ID, 0, 9)) },
			"of an agency":  func() error { return second(tx.OpenInquiries(ctx, inquiry.Query{Agency: "court", Limit: 9})) },
			"of staff":      func() error { return second(tx.OpenInquiries(ctx, inquiry.Query{Staff: "h-1", Limit: 9})) },
			"waiting":       func() error { return second(tx.Waiting(ctx, time.Time{}, 0, 9)) },
			"late":          func() error { return second(tx.Waiting(ctx, day, 0, 9)) },
			"queue":         func() error { return second(tx.Cases(ctx, cases.CaseQuery{Limit: 9})) },
			"late queue": func() error {
				return second(tx.Cases(ctx, cases.CaseQuery{CaseFilter: mingjing.CaseFilter{Late: mingjing.Late}, Now: day, Limit: 9}))
			},
			"awaiting":     func() error { return second(tx.AwaitingLetters(ctx, time.Time{}, 0, 9)) },
			"again":        func() error { return second(tx.AwaitingLetters(ctx, day, 0, 9)) },
			"code":         func() error { return ignoreNotFound(second(tx.UseActivationCode(ctx, r.ID, "1", day))) },
			"by reference": func() error { _, _, err := tx.HeldByRef(ctx, "court", "ref", r.ID, 2); return err },
			"holdings":     func() error { _, _, err := tx.Holdings(ctx, "court", "", 9); return err },
		} {
			if err := read(); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		return tx.Erase(ctx, r.ID)
	})
	slices.Sort(asked)
	for _, q := range slices.Compact(asked) {
		if strings.HasPrefix(q, "INSERT") {
			continue
		}
		for line := range strings.SplitSeq(plan(t, s, q), "\n") {
			if strings.HasPrefix(line, "SCAN") && !strings.Contains(line, "SCAN dispute USING INDEX dispute_") &&
				!strings.Contains(line, "SCAN CONSTANT ROW") {
				t.Errorf("%s\n\tlooks through a table: %s", q, line)
			}
			// A helper's mandates are few, and found by whose they are.
			if strings.Contains(line, "TEMP B-TREE") && !strings.Contains(q, "helper.id") {
				t.Errorf("%s\n\tsorts what it finds", q)
			}
		}
	}
	if len(asked) < 60 {
		t.Errorf("only %d queries were looked at", len(asked))
	}
}

func second[T any](_ T, err error) error { return err }

// When a row is deleted, the engine looks for rows that refer to it.
func TestWhatRefersToWhatIsErasedIsFoundByAnIndex(t *testing.T) {
	s := open(t, "sqlite::memory:")
	refers := map[string]string{} // the query for what refers, by where and to what
	for _, q := range eraseStatements {
		table := strings.Fields(q)[2]
		query(t, s, func(rows *sql.Rows) error {
			var from, column string
			err := rows.Scan(&from, &column)
			refers[from+"."+column+" to "+table] = `SELECT 1 FROM ` + from + ` WHERE ` + column + ` = ?`
			return err
		}, `SELECT t.name, f."from" FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table' AND f."table" = ?`, table)
	}
	for what, q := range refers {
		if got := plan(t, s, q); strings.HasPrefix(got, "SCAN") {
			t.Errorf("%s, which is deleted: %s", what, got)
		}
	}
	if len(refers) < 4 {
		t.Errorf("only %v", refers)
	}
}

func TestTheLatestScoreOpensOneScore(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		do(t, s, func(ctx context.Context, tx *reader) error {
			for i := range 30 {
				book := mingjing.RulebookRef{ID: []string{"rongcheng", "other"}[i%2]}
				must(t, tx.AddScore(ctx, r.ID, mingjing.Score{ID: fmt.Sprint("s", i), Rulebook: book, At: day.AddDate(0, 0, i/2)}))
			}
			// Only the newest of each opens: all others are altered.
			_, err := tx.exec(ctx, "alter", `UPDATE score SET doc = ? WHERE id NOT IN ('s28', 's29', 's14')`, []byte("altered"))
			must(t, err)
			for book, want := range map[string]string{"rongcheng": "s28", "other": "s29", "": "s29"} {
				if got, err := tx.LatestScore(ctx, r.ID, book); err != nil || got.ID != want {
					t.Errorf("the latest score by %q is %s, %v", book, got.ID, err)
				}
			}
			if got, err := tx.FirstScoreSince(ctx, r.ID, "rongcheng", day.AddDate(0, 0, 7)); err != nil || got.ID != "s14" {
				t.Errorf("the first score since a day is %s, %v", got.ID, err)
			}
			return nil
		})
	})
}

func TestAListThatWouldNotBeWholeIsAnError(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		rows := `INSERT INTO record (id, resident_id, agency, code, state, doc)
			WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT 'r' || i, '%s', 'court', 'c', 'active', %s FROM n`
		empty := `x''`
		if _, ok := s.eng.(postgresEngine); ok {
			empty = `''::bytea`
		}
		_, err := s.db.ExecContext(t.Context(), fmt.Sprintf(rows, kernel.MaxList, r.ID, empty))
		must(t, err)
		do(t, s, func(ctx context.Context, tx *reader) error {
			if _, err := tx.Records(ctx, r.ID); err == nil || !strings.Contains(err.Error(), "more than") {
				t.Errorf("a list of more than %d records is %v", kernel.MaxList, err)
			}
			return nil
		})
	})
}
