package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"mingjing/server/casework/upkeep"
)

// Figures are what the operator's metrics need of the database. Nothing in them is of a
// person, and counting them opens nothing.
type Figures struct {
	// Requests are the score requests that have no score yet.
	Requests []RequestFigure
	// Cases are the cases that are not decided.
	Cases []CaseFigure
	// Jobs are those that are due, or failed and are due within two minutes.
	Jobs []JobFigure
	// Workers is how many processes do jobs.
	Workers int64
	// FilesInside is how many files are in the database, of at most [MaxCount] of a kind.
	// Where there is a store of files they wait to be moved there.
	FilesInside int64
	// DatedJobs is how many jobs wait for their time, at most [MaxCount].
	DatedJobs int64
	// LogSize is the number of entries of the access log, Witnessed how many of them
	// each witness has signed, by its public key.
	LogSize   int64
	Witnessed map[string]int64
	// ResidentSessions and StaffSessions are those that were used of late.
	ResidentSessions, StaffSessions int64
	Codes                           CodeFigures
	// BackupAt is when the last backup was verified; zero for never.
	BackupAt time.Time
	// Overdue is for how long the oldest row of each kind should have gone by its
	// retention; zero where none is due.
	Overdue map[upkeep.Kind]time.Duration
}

// A RequestFigure is how many score requests are in a state, and when the oldest was
// made.
type RequestFigure struct {
	State  string
	Count  int64
	Oldest time.Time
}

// A CaseFigure is how many cases are in a state and this late: on_time, late or
// very_late.
type CaseFigure struct {
	State, Lateness string
	Count           int64
}

// CodeFigures are how many residents have an activation code that they have not used: one
// that is good for longer than [CodeEndsSoon], and one that ends within that time. Lapsed
// are those who have a letter whose code has ended unused, at most [MaxLapsed].
type CodeFigures struct {
	Open, Expiring, Lapsed int64
}

const (
	// CodeEndsSoon is from when on before its end an activation code counts as expiring.
	CodeEndsSoon = 7 * 24 * time.Hour
	// MaxLapsed is where the counting of lapsed letters ends. The oldest are counted first.
	MaxLapsed = 10_000
)

func (f *CodeFigures) set(name string, n int64) {
	switch name {
	case "open":
		f.Open = n
	case "expiring":
		f.Expiring = n
	case "lapsed":
		f.Lapsed = n
	}
}

// codeQueries returns the queries of [CodeFigures], as parts of [Store.figuresQuery].
func codeQueries(add func(q string, a ...any), now time.Time) {
	limit, soon := fmt.Sprintf(" LIMIT %d", MaxCount), micros(now.Add(CodeEndsSoon))
	add(`SELECT 'code' AS part, 'open' AS name, '' AS more, count(*) AS n, 0 AS at FROM (
		SELECT 1 FROM enrolment WHERE code_until >= ?`+limit+`) AS s`, soon)
	add(`SELECT 'code', 'expiring', '', count(*), 0 FROM (
		SELECT 1 FROM enrolment WHERE code_until >= ? AND code_until < ?`+limit+`) AS s`, micros(now), soon)
	add(`SELECT 'code', 'lapsed', '', count(*), 0 FROM (
		SELECT code_until FROM enrolment WHERE addressed = 1 AND activated_at IS NULL AND letter_at IS NOT NULL ORDER BY letter_at, n`+
		fmt.Sprintf(" LIMIT %d", MaxLapsed)+`) AS s WHERE code_until IS NULL OR code_until < ?`, micros(now))
}

// A JobFigure is how many jobs of a kind are due, for how long the oldest of them has
// been, and how many have failed and will be tried again.
type JobFigure struct {
	Kind         string
	Due, Failing int64
	OldestDue    time.Duration
}

// MaxCount is where counting ends: a figure of this many means as many or more.
const MaxCount = 100_000

// sessionWindow is how recently a session was used that counts as open.
const sessionWindow = 15 * time.Minute

// backupDone is the name under which the time of the last backup is stored.
const backupDone = "backup"

// Figures reads the figures with one query, which looks only at what is open, due or
// first in an index, and at no more than [MaxCount] rows of each.
func (s *Store) Figures(ctx context.Context) (Figures, error) {
	query, args := s.figuresQuery(s.now())
	f := Figures{Witnessed: map[string]int64{}, Overdue: map[upkeep.Kind]time.Duration{}}
	err := s.runAs(ctx, readsOnly, func(t *tx) error {
		return t.rows(ctx, "count", func(rows *sql.Rows) error {
			var (
				part, name, more string
				n, at            sql.NullInt64
			)
			if err := rows.Scan(&part, &name, &more, &n, &at); err != nil {
				return err
			}
			f.add(part, name, more, n.Int64, at.Int64, s.now())
			return nil
		}, query, args...)
	})
	if err != nil {
		return Figures{}, err
	}
	return f, nil
}

func (f *Figures) add(part, name, more string, n, at int64, now time.Time) {
	switch part {
	case "request":
		f.Requests = append(f.Requests, RequestFigure{name, n, fromMicros(at)})
	case "case":
		f.Cases = append(f.Cases, CaseFigure{name, more, n})
	case "job":
		f.Jobs = append(f.Jobs, JobFigure{Kind: name, Due: n, OldestDue: time.Duration(at) * time.Microsecond})
	case "failing":
		for i := range f.Jobs {
			if f.Jobs[i].Kind == name {
				f.Jobs[i].Failing = n
			}
		}
	case "workers":
		f.Workers = n
	case "files":
		f.FilesInside += n
	case "dated":
		f.DatedJobs = n
	case "log":
		f.LogSize = n
	case "witness":
		f.Witnessed[name] = n
	case "session":
		if name == "resident" {
			f.ResidentSessions = n
		} else {
			f.StaffSessions = n
		}
	case "code":
		f.Codes.set(name, n)
	case backupDone:
		f.BackupAt = fromMicros(at)
	case "oldest":
		kind := upkeep.Kind(name)
		due := fromMicros(at).Add(upkeep.KeptFor(kind))
		f.Overdue[kind] = 0
		if n > 0 && due.Before(now) {
			f.Overdue[kind] = now.Sub(due)
		}
	}
}

// figuresQuery returns the one query of [Store.Figures]. Each part has the columns
// part, name, more, n and at.
func (s *Store) figuresQuery(now time.Time) (query string, args []any) {
	var parts []string
	add := func(q string, a ...any) {
		parts, args = append(parts, q), append(args, a...)
	}
	limit := fmt.Sprintf(" LIMIT %d", MaxCount)
	add(`SELECT 'request' AS part, state AS name, '' AS more, count(*) AS n, min(created_at) AS at FROM (
		SELECT state, created_at FROM request WHERE state IN ('queued', 'collecting', 'scoring') ORDER BY state, created_at` + limit + `) AS r
		GROUP BY state`)
	add(`SELECT 'case', state, late, count(*), 0 FROM (SELECT state,
		CASE WHEN very_late_at < ? THEN 'very_late' WHEN next_due < ? THEN 'late' ELSE 'on_time' END AS late
		FROM dispute WHERE state <> 'decided'`+limit+`) AS d GROUP BY state, late`, micros(now), micros(now))
	due := s.eng.dueJobs() + limit
	add(`SELECT 'job', kind, '', coalesce(sum(CASE WHEN age >= 0 THEN 1 ELSE 0 END), 0),
			coalesce(max(CASE WHEN age > 0 THEN age ELSE 0 END), 0)
		FROM (` + due + `) AS j GROUP BY kind`)
	add(`SELECT 'failing', kind, '', count(*), 0 FROM (` + due + `) AS j WHERE failed > 0 GROUP BY kind`)
	add(`SELECT 'dated', '', '', count(*), 0 FROM (SELECT id FROM river_job WHERE state = 'scheduled'` + limit + `) AS j`)
	add(`SELECT 'workers', '', '', ` + s.eng.workers(s.works()) + `, 0`)
	for _, k := range fileColumns {
		add(`SELECT 'files', '` + k.table + `', '', count(*), 0 FROM (SELECT 1 FROM ` + k.table + ` WHERE blob IS NULL` + limit + `) AS f`)
	}
	add(`SELECT 'log', '', '', size, 0 FROM tree_head WHERE id = 1`)
	add(`SELECT 'witness', witness, '', size, 0 FROM cosigned`)
	for name, is := range map[string]string{"resident": "IS NOT NULL", "staff": "IS NULL"} {
		add(`SELECT 'session', '`+name+`', '', count(*), 0 FROM (
			SELECT 1 FROM session_use WHERE seen_at >= ? AND resident_id `+is+limit+`) AS s`, micros(now.Add(-sessionWindow)))
	}
	codeQueries(add, now)
	add(`SELECT 'backup', '', '', 1, at FROM upkeep WHERE name = ?`, backupDone)
	for _, kind := range upkeep.Kinds() {
		r := retained[kind]
		add(`SELECT 'oldest', '` + string(kind) + `', '', count(at), min(at) FROM (SELECT ` + r.age + ` AS at FROM ` + r.table + ` WHERE ` +
			r.where + ` ORDER BY ` + r.age + ` LIMIT 1) AS o`)
	}
	return strings.Join(parts, "\nUNION ALL "), args
}

// Workers returns how many processes do the jobs of the database.
func (s *Store) Workers(ctx context.Context) (n int, err error) {
	err = s.runAs(ctx, readsOnly, func(t *tx) error {
		return t.row(ctx, "count workers", []any{&n}, `SELECT `+s.eng.workers(s.works()))
	})
	return n, err
}

// works reports whether [Store.Work] runs.
func (s *Store) works() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop != nil
}

// noteBackup stores when a backup was verified.
const noteBackup = `INSERT INTO upkeep (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at`

// Pools returns the figures of the connections to the database, by what they are for.
// On PostgreSQL the same connections read and write.
func (s *Store) Pools() map[string]sql.DBStats {
	pools := map[string]sql.DBStats{"write": s.db.Stats()}
	if s.reads != s.db {
		pools["read"] = s.reads.Stats()
	}
	return pools
}
