package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/law"
)

// LawFiles implements [casework.Tx].
func (t *tx) LawFiles(ctx context.Context) (files []law.File, err error) {
	err = t.rows(ctx, "list the files of published law", func(rows *sql.Rows) error {
		var (
			f     law.File
			draft int
		)
		if err := rows.Scan(&f.Hash, &f.Kind, &f.Code, &f.Version, &f.Zone, &f.From, &draft, &f.Data); err != nil {
			return err
		}
		f.Draft = draft != 0
		files = append(files, f)
		return nil
	}, `SELECT hash, kind, code, version, zone, from_on, draft, data FROM law_file ORDER BY n`)
	return files, err
}

// AddLawFile implements [casework.Tx].
func (t *tx) AddLawFile(ctx context.Context, f law.File) error {
	draft := 0
	if f.Draft {
		draft = 1
	}
	err := t.insert(ctx, "add a file of published law", `INSERT INTO law_file (hash, kind, code, version, zone, from_on, draft, data)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		f.Hash, f.Kind, f.Code, f.Version, f.Zone, string(f.From), draft, f.Data)
	if errors.Is(err, kernel.ErrExists) {
		return nil
	}
	return err
}

// LawSet implements [casework.Tx].
func (t *tx) LawSet(ctx context.Context) ([]string, error) {
	var hashes string
	if err := t.row(ctx, "read the set of published law", []any{&hashes}, `SELECT hashes FROM law_set WHERE id = 1`); err != nil {
		return nil, err
	}
	return strings.Fields(hashes), nil
}

// SetLawSet implements [casework.Tx].
func (t *tx) SetLawSet(ctx context.Context, was, hashes []string) error {
	const op = "set the set of published law"
	var err error
	if len(was) == 0 {
		err = t.insert(ctx, op, `INSERT INTO law_set (id, hashes) VALUES (1, ?)`, strings.Join(hashes, " "))
	} else {
		err = t.update(ctx, op, `UPDATE law_set SET hashes = ? WHERE id = 1 AND hashes = ?`, strings.Join(hashes, " "), strings.Join(was, " "))
	}
	if errors.Is(err, kernel.ErrExists) || errors.Is(err, kernel.ErrNotFound) {
		return kernel.ErrConflict
	}
	return err
}

// Consenting implements [casework.Tx].
func (t *tx) Consenting(ctx context.Context, rulebook string, after mingjing.ResidentID, limit int) (list []mingjing.ResidentID,
	err error) {
	err = t.rows(ctx, "list who consents to a rulebook", func(rows *sql.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		list = append(list, mingjing.ResidentID(id))
		return nil
	}, `SELECT DISTINCT resident_id FROM consent WHERE rulebook = ? AND withdrawn_at IS NULL AND resident_id > ?
		ORDER BY resident_id LIMIT ?`, rulebook, string(after), limit)
	return list, err
}
