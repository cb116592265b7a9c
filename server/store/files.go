package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"mingjing"
)

// Files is a store of objects outside of the database, each of which is put once. Their
// content is sealed before it gets there.
type Files interface {
	// Put stores an object. Once it returns nil, the store has all of it.
	Put(ctx context.Context, name string, content []byte) error
	// Get returns an object.
	Get(ctx context.Context, name string) ([]byte, error)
	// Delete deletes an object. That there is none is no error.
	Delete(ctx context.Context, name string) error
}

// Where a database has a store of files, each file is committed with the rest of its
// transaction in the database, so that nothing waits for the store or is lost with it. A
// working process then moves it: it notes the name, puts the object, and in one
// transaction changes the note into a reference of the row. Triggers note the object of
// whatever row is deleted or changed, and it is deleted fileGrace later.

const (
	// moveInterval is how often a working process looks for files to move.
	moveInterval = 2 * time.Second
	// moveBatch is how many of a kind it takes at a time.
	moveBatch = 20
	// moveWait is after how long an object that was begun is given up.
	moveWait = 10 * time.Minute
	// fileGrace is how long an object stays that no row refers to any more: a backup that
	// began before has the row and still needs the object.
	fileGrace = time.Hour
	// moveRetry is the longest wait after failures.
	moveRetry = time.Minute
)

// fileColumns are the columns whose files are moved. Those of drafts are not: they go soon.
var fileColumns = []sealedColumn{sealedEvidenceFile, sealedExportFile, sealedAnswerFile}

// ErrNoFileStore says that files are in a store that this process was not told of.
var ErrNoFileStore = errors.New("files of this database are in a store of files, and none is set")

// fileContent returns the sealed content of a row, which may be that of an object.
func (s *Store) fileContent(ctx context.Context, r sealedRow) ([]byte, error) {
	if r.blob == "" {
		return r.content, nil
	}
	if s.files == nil {
		return nil, ErrNoFileStore
	}
	content, err := s.files.Get(ctx, r.blob)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", mingjing.ErrNoFiles, err)
	}
	return content, nil
}

// moveFiles moves files and deletes objects until ctx ends.
func (s *Store) moveFiles(ctx context.Context) {
	if s.files == nil {
		return
	}
	wait := moveInterval
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = moveInterval
		if err := errors.Join(s.moveAll(ctx), s.deleteLoose(ctx, time.Now())); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "files can't be moved into their store now, and stay in the database", slog.Any("err", err))
			wait = moveRetry
		}
	}
}

// moveAll moves what there is to move.
func (s *Store) moveAll(ctx context.Context) error {
	for _, k := range fileColumns {
		for {
			ids, err := s.readColumn(ctx, `SELECT `+k.key[0]+` FROM `+k.table+` WHERE blob IS NULL AND NOT EXISTS
				(SELECT 1 FROM loose_blob WHERE for_row = '`+k.table+`/' || `+k.key[0]+`) LIMIT ?`, moveBatch)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if err := s.move(ctx, k, id); err != nil {
					return fmt.Errorf("store: move a file: %w", err)
				}
			}
			if len(ids) < moveBatch {
				break
			}
		}
	}
	return nil
}

// move moves one file, unless another process does.
func (s *Store) move(ctx context.Context, k sealedColumn, id string) error {
	const op = "move a file"
	name, content := strings.ToLower(rand.Text()), []byte(nil)
	err := s.run(ctx, func(t *tx) error {
		content = nil
		n, err := t.exec(ctx, op, `INSERT INTO loose_blob (name, for_row, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, name, k.table+"/"+id,
			micros(time.Now()))
		if err != nil || n == 0 {
			return err
		}
		return ignoreNotFound(t.row(ctx, op, []any{&content}, `SELECT `+k.contentColumn()+` FROM `+k.table+` WHERE `+k.key[0]+
			` = ? AND blob IS NULL`, id))
	})
	if err != nil || content == nil {
		return err
	}
	putting := s.files.Put(ctx, name, content)
	moved := false
	err = s.run(context.WithoutCancel(ctx), func(t *tx) error {
		// Whoever gave the object up may have deleted it.
		noted, err := t.exec(ctx, op, `DELETE FROM loose_blob WHERE name = ? AND for_row IS NOT NULL`, name)
		if err != nil {
			return err
		}
		moved = false
		if putting == nil && noted == 1 {
			n, err := t.exec(ctx, op, `UPDATE `+k.table+` SET `+k.contentColumn()+` = ?, blob = ? WHERE `+k.key[0]+` = ? AND blob IS NULL AND `+
				k.contentColumn()+` = ?`, []byte{}, name, id, content)
			if err != nil {
				return err
			}
			moved = n == 1
		}
		if !moved { // the row has gone, or has other content
			_, err = t.exec(ctx, op, `INSERT INTO loose_blob (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at`, name,
				micros(time.Now()))
		}
		return err
	})
	return errors.Join(putting, err)
}

// deleteLoose deletes the objects that no row has referred to for long enough.
func (s *Store) deleteLoose(ctx context.Context, now time.Time) error {
	err := s.execute(ctx, `UPDATE loose_blob SET for_row = NULL WHERE for_row IS NOT NULL AND at < ?`, micros(now.Add(-moveWait)))
	if err != nil {
		return s.sayAway(err)
	}
	for {
		names, err := s.readColumn(ctx, `SELECT name FROM loose_blob WHERE for_row IS NULL AND at < ? ORDER BY at LIMIT ?`,
			micros(now.Add(-fileGrace)), moveBatch)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := s.files.Delete(ctx, name); err != nil {
				return err
			}
			if err := s.execute(ctx, `DELETE FROM loose_blob WHERE name = ?`, name); err != nil {
				return s.sayAway(err)
			}
		}
		if len(names) < moveBatch {
			return nil
		}
	}
}

// FileNames returns the names of all objects that the database at url refers to, and
// those that it referred to within the last hour.
func FileNames(ctx context.Context, databaseURL string) (now, before []string, err error) {
	_, db, err := openThere(databaseURL)
	if err != nil {
		return nil, nil, err
	}
	defer db.Close()
	if c, err := describe(ctx, db); err != nil || c.Schema < fileSchema {
		return nil, nil, err
	}
	if now, err = namesOf(ctx, db, referredTo); err != nil {
		return nil, nil, err
	}
	before, err = namesOf(ctx, db, `SELECT name FROM loose_blob`) // after it, so that what goes meanwhile is in both
	return now, before, err
}

// referredTo selects the names of the objects that rows refer to.
var referredTo = func() string {
	var parts []string
	for _, k := range fileColumns {
		parts = append(parts, `SELECT blob FROM `+k.table+` WHERE blob IS NOT NULL`)
	}
	return strings.Join(parts, " UNION ALL ")
}()

// needFiles returns an error where files are in a store that this process has not.
func (s *Store) needFiles(ctx context.Context) error {
	if s.files != nil {
		return nil
	}
	names, err := namesOf(ctx, s.db, referredTo+" LIMIT 1")
	if err == nil && len(names) > 0 {
		err = ErrNoFileStore
	}
	return err
}

// fileSchema is the migration since which files may be outside of the database.
const fileSchema = 30

func namesOf(ctx context.Context, db *sql.DB, query string) (names []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("list files: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
