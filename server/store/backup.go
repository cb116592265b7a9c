package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/staff"
	"mingjing/server/vault"
)

// The names of the copy of a database, by its engine.
const (
	sqliteCopy   = "mingjing.db"
	postgresCopy = "mingjing.dump"
)

// A Copied is what a copy of the database has.
type Copied struct {
	// Schema is the number of its last migration.
	Schema int64
	// LogSize is how many entries its access log has, at least.
	LogSize int64
	// Opened says that the copy itself was opened and its access log checked; of a dump
	// of PostgreSQL it was only read whole.
	Opened bool
}

// Copy writes a copy of the database at url, of one moment, into a folder while others
// work on it, and returns the name of the file. It changes nothing in the database. That
// of PostgreSQL takes pg_dump.
func Copy(ctx context.Context, databaseURL, dir string) (file string, err error) {
	if !isPostgres(databaseURL) {
		return sqliteCopy, CopySQLite(ctx, sqlitePath(databaseURL), filepath.Join(dir, sqliteCopy))
	}
	to := filepath.Join(dir, postgresCopy)
	if err := newFile(to); err != nil { // pg_dump alone would make it readable by all
		return "", err
	}
	if err := postgresTool(ctx, databaseURL, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file="+to); err != nil {
		return "", err
	}
	return postgresCopy, syncFile(to)
}

// CopySQLite writes a copy of a SQLite file, of one moment, while others work on it. The
// copy must not exist; it is for its owner alone.
func CopySQLite(ctx context.Context, from, to string) error {
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	if err := newFile(to); err != nil { // VACUUM INTO takes an empty file
		return err
	}
	db, err := openPlain(from)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, to)
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return syncFile(to)
}

// CheckSQLite reads a SQLite file whole and returns an error unless it is sound.
func CheckSQLite(ctx context.Context, file string) error {
	db, err := openPlain(file)
	if err != nil {
		return err
	}
	return errors.Join(sound(ctx, db), db.Close())
}

func sound(ctx context.Context, db *sql.DB) error {
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	if said != "ok" {
		return fmt.Errorf("check the copy: %s", said)
	}
	rows, err := db.QueryContext(ctx, `PRAGMA foreign_key_check`)
	if err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	defer rows.Close()
	if rows.Next() {
		return errors.New("check the copy: a row refers to one that is not there")
	}
	return rows.Err()
}

// CheckCopy reads the copy of a database whole. That of SQLite is opened, and each entry
// of its access log compared with its leaf.
func CheckCopy(ctx context.Context, file string) (Copied, error) {
	if filepath.Base(file) == postgresCopy {
		return Copied{}, runTool(ctx, nil, "pg_restore", "--file="+os.DevNull, file)
	}
	db, err := openPlain(file)
	if err != nil {
		return Copied{}, err
	}
	defer db.Close()
	if err := sound(ctx, db); err != nil {
		return Copied{}, err
	}
	c, err := describe(ctx, db)
	if err != nil {
		return c, err
	}
	c.Opened = true
	return c, checkLeaves(ctx, db, c.LogSize)
}

// DescribeDatabase returns what the database at url has now.
func DescribeDatabase(ctx context.Context, databaseURL string) (Copied, error) {
	db, err := openAny(databaseURL)
	if err != nil {
		return Copied{}, err
	}
	defer db.Close()
	return describe(ctx, db)
}

func describe(ctx context.Context, db *sql.DB) (c Copied, err error) {
	if err := db.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&c.Schema); err != nil {
		return c, fmt.Errorf("read the version of the tables: %w", err)
	}
	if err := db.QueryRowContext(ctx, `SELECT size FROM tree_head WHERE id = 1`).Scan(&c.LogSize); err != nil {
		return c, fmt.Errorf("read the size of the access log: %w", err)
	}
	return c, nil
}

// checkLeaves compares each entry's commitment with the hash of its leaf.
func checkLeaves(ctx context.Context, db *sql.DB, size int64) error {
	rows, err := db.QueryContext(ctx, `SELECT leaf, commitment FROM look WHERE leaf IS NOT NULL ORDER BY leaf`)
	if err != nil {
		return fmt.Errorf("check the access log: %w", err)
	}
	defer rows.Close()
	hashOf, err := db.PrepareContext(ctx, `SELECT hash FROM tree_hash WHERE id = ?`)
	if err != nil {
		return fmt.Errorf("check the access log: %w", err)
	}
	defer hashOf.Close()
	n := int64(0)
	for rows.Next() {
		var (
			leaf               int64
			commitment, stored []byte
		)
		if err := rows.Scan(&leaf, &commitment); err != nil {
			return fmt.Errorf("check the access log: %w", err)
		}
		if err := hashOf.QueryRowContext(ctx, tlog.StoredHashIndex(0, leaf)).Scan(&stored); err != nil {
			return fmt.Errorf("check the access log: leaf %d: %w", leaf, err)
		}
		if want := tlog.RecordHash(commitment); leaf != n || !bytes.Equal(stored, want[:]) {
			return fmt.Errorf("check the access log: entry %d does not match its leaf", n)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("check the access log: %w", err)
	}
	if n != size {
		return fmt.Errorf("check the access log: it has %d entries, and its head says %d", n, size)
	}
	return nil
}

// Restore puts the copy of a database to url, where none may be yet. That of PostgreSQL
// takes pg_restore, and an empty database.
func Restore(ctx context.Context, file, databaseURL string) error {
	if filepath.Base(file) == postgresCopy != isPostgres(databaseURL) {
		return errors.New("the backup is of the other engine: restore it where DATABASE_URL is of the same kind")
	}
	if !isPostgres(databaseURL) {
		return CopySQLite(ctx, file, sqlitePath(databaseURL))
	}
	db, err := openAny(databaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	var there bool
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public')`).Scan(&there)
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	if there {
		return errors.New("there are tables in the database of DATABASE_URL already: restore into an empty one")
	}
	return postgresTool(ctx, databaseURL, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", file)
}

// SetBackupDone stores in the database at url when a backup of it was verified, in
// microseconds since 1970. In a
// database of an older version, which has no place for it, it stores nothing and returns
// false.
func SetBackupDone(ctx context.Context, databaseURL string, micros int64) (bool, error) {
	eng, db, err := openEngine(databaseURL, 0, DefaultStatementWait)
	if err != nil {
		return false, err
	}
	defer db.Close()
	c, err := describe(ctx, db)
	if err != nil || c.Schema < upkeepSchema {
		return false, err
	}
	_, err = db.ExecContext(ctx, eng.rebind(noteBackup), backupDone, micros)
	return err == nil, err
}

// upkeepSchema is the migration since which the time of a backup is stored.
const upkeepSchema = 17

// enrolmentSchema is the migration since which activation codes are stored.
const enrolmentSchema = 21

func isPostgres(databaseURL string) bool {
	return strings.HasPrefix(databaseURL, "postgres://") || strings.HasPrefix(databaseURL, "postgresql://")
}

func sqlitePath(databaseURL string) string {
	return strings.TrimPrefix(strings.TrimPrefix(databaseURL, "sqlite:"), "//")
}

func openAny(databaseURL string) (*sql.DB, error) {
	if isPostgres(databaseURL) {
		_, db, err := openPostgres(databaseURL, 0)
		return db, err
	}
	return openPlain(sqlitePath(databaseURL))
}

// openPlain opens a SQLite file that is there as it is.
func openPlain(file string) (*sql.DB, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	q := url.Values{"mode": {"rw"}, "_pragma": {"busy_timeout(10000)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: abs}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	return db, nil
}

// postgresTool runs a tool of PostgreSQL on a database. The password is in no argument,
// since everybody on the machine sees those.
func postgresTool(ctx context.Context, databaseURL, tool string, args ...string) error {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return errors.New("DATABASE_URL is not a URL")
	}
	env := os.Environ()
	if password, ok := u.User.Password(); ok {
		env = append(env, "PGPASSWORD="+password)
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	if password := q.Get("password"); password != "" {
		env = append(env, "PGPASSWORD="+password)
		q.Del("password")
		u.RawQuery = q.Encode()
	}
	forTools(u)
	return runTool(ctx, env, tool, append([]string{"--dbname=" + u.String()}, args...)...)
}

func runTool(ctx context.Context, env []string, tool string, args ...string) error {
	path, err := exec.LookPath(tool)
	if err != nil {
		return fmt.Errorf("%s is not installed: install PostgreSQL's client programs (Debian: postgresql-client), "+
			"of the server's version or newer", tool)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = env
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", tool, err, strings.TrimSpace(said.String()))
	}
	return nil
}

// newFile makes an empty file for its owner alone; it must not be there.
func newFile(name string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return f.Close()
}

// syncFile waits until a file is on the disk.
func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// A Health is what the doctor finds out about a database without changing it.
type Health struct {
	Copied
	// Newest is the number of the last migration that this program knows.
	Newest int64
	// BackupAt is when the last backup was verified; zero for never.
	BackupAt time.Time
	// Clock is the database's own time.
	Clock time.Time
	// Codes are the activation codes that nobody has used.
	Codes CodeFigures
	// Open says that what goes to PostgreSQL can be read on the way: it is not on this
	// machine, and the connection has no TLS.
	Open bool
}

// Examine returns the health of the database at url. It changes nothing, and brings no
// table up to date.
func Examine(ctx context.Context, databaseURL string) (h Health, err error) {
	eng, db, err := openThere(databaseURL)
	if err != nil {
		return h, err
	}
	defer db.Close()
	if h.Copied, err = describe(ctx, db); err != nil {
		return h, err
	}
	files, err := fs.Glob(eng.migrations(), "*.sql")
	if err != nil {
		return h, err
	}
	for _, name := range files {
		number, _, _ := strings.Cut(name, "_")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			h.Newest = max(h.Newest, n)
		}
	}
	h.Clock = time.Now()
	if isPostgres(databaseURL) {
		err := db.QueryRowContext(ctx, `SELECT clock_timestamp(), NOT ssl AND inet_client_addr() IS DISTINCT FROM inet_server_addr()
			FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).Scan(&h.Clock, &h.Open)
		if err != nil {
			return h, err
		}
	}
	if h.Schema >= upkeepSchema {
		var at int64
		err := db.QueryRowContext(ctx, eng.rebind(`SELECT at FROM upkeep WHERE name = ?`), backupDone).Scan(&at)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return h, err
		}
		if err == nil {
			h.BackupAt = fromMicros(at)
		}
	}
	if h.Schema >= enrolmentSchema {
		h.Codes, err = countCodes(ctx, eng, db)
	}
	return h, err
}

func countCodes(ctx context.Context, eng engine, db *sql.DB) (f CodeFigures, err error) {
	var all error
	codeQueries(func(q string, args ...any) {
		var (
			part, name, more string
			n, at            int64
		)
		err := db.QueryRowContext(ctx, eng.rebind(q), args...).Scan(&part, &name, &more, &n, &at)
		all = errors.Join(all, err)
		f.set(name, n)
	}, time.Now())
	return f, all
}

// CheckKeys returns an error unless the keys open the database at url, whose tables are up
// to date.
func CheckKeys(ctx context.Context, databaseURL string, idKey []byte, v *vault.Vault) error {
	eng, db, err := openThere(databaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	return opened(eng, db, idKey, v).CheckMaster(ctx)
}

// AgencyKeys returns the keys of agencies in the database at url, whose tables are up to
// date. It changes nothing.
func AgencyKeys(ctx context.Context, databaseURL string, idKey []byte, v *vault.Vault) (list []mingjing.AgencyKey, err error) {
	err = readThere(ctx, databaseURL, idKey, v, func(t casework.Tx) (err error) {
		list, err = t.AgencyKeys(ctx)
		return err
	})
	return list, err
}

// Members returns the members of staff and officers in the database at url, whose tables
// are up to date. It changes nothing.
func Members(ctx context.Context, databaseURL string, idKey []byte, v *vault.Vault) (list []staff.Member, err error) {
	err = readThere(ctx, databaseURL, idKey, v, func(t casework.Tx) (err error) {
		list, err = t.Members(ctx)
		return err
	})
	return list, err
}

// opened returns a store on a database that a command looks at; nothing runs in it.
func opened(eng engine, db *sql.DB, idKey []byte, v *vault.Vault) *Store {
	return &Store{eng: eng, db: db, reads: db, vault: v, idKey: idKey, statementWait: DefaultStatementWait}
}

// readThere reads from the database at url, whose tables are up to date.
func readThere(ctx context.Context, databaseURL string, idKey []byte, v *vault.Vault, f func(casework.Tx) error) error {
	eng, db, err := openThere(databaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	return opened(eng, db, idKey, v).Read(ctx, f)
}

// openThere opens a database that must be there.
func openThere(databaseURL string) (engine, *sql.DB, error) {
	if isPostgres(databaseURL) {
		return openPostgres(databaseURL, 0)
	}
	file := sqlitePath(databaseURL)
	if _, err := os.Stat(file); err != nil {
		return nil, nil, err
	}
	db, err := openPlain(file)
	return sqliteEngine{}, db, err
}
