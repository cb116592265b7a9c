package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mingjing"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/kernel"
	"mingjing/server/vault"
)

// maxBodyPart is how many bytes of a batch are in one row.
const maxBodyPart = 4 << 20

// AddBatch implements [casework.Tx].
func (t *tx) AddBatch(ctx context.Context, b intake.BatchRow) error {
	const op = "add a batch"
	doc, err := t.seal(ctx, op, sealedBatch, vault.Bureau, b, b.Agency, micros(b.At))
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO batch (agency, id_hash, at, key, doc) VALUES (?, ?, ?, ?, ?)`,
		b.Agency, t.s.hash("batch", b.ID), micros(b.At), b.Key, doc)
}

// Batch implements [casework.Tx].
func (t *tx) Batch(ctx context.Context, agency, id string) (intake.BatchRow, error) {
	return t.batch(ctx, `WHERE agency = ? AND id_hash = ?`, agency, t.s.hash("batch", id))
}

// BatchByKey implements [casework.Tx].
func (t *tx) BatchByKey(ctx context.Context, key string) (intake.BatchRow, error) {
	return t.batch(ctx, `WHERE key = ?`, key)
}

func (t *tx) batch(ctx context.Context, where string, args ...any) (intake.BatchRow, error) {
	list, err := t.batches(ctx, "read a batch", where+t.rowLock("batch"), args...)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("store: read a batch: %w", kernel.ErrNotFound)
	}
	if err != nil {
		return intake.BatchRow{}, err
	}
	return list[0], nil
}

// Batches implements [casework.Tx]. The cursor is the time and the key of the page's last
// row.
func (t *tx) Batches(ctx context.Context, agency, cursor string, limit int) ([]intake.BatchRow, string, error) {
	limit = pageLimit(limit)
	where, args := `WHERE agency = ?`, []any{agency}
	if cursor != "" {
		at, key, ok := strings.Cut(cursor, ".")
		before, err := strconv.ParseInt(at, 10, 64)
		if err != nil || !ok {
			return nil, "", fmt.Errorf("store: list batches: %w", kernel.ErrCursor)
		}
		where, args = where+` AND (at, key) < (?, ?)`, append(args, before, key)
	}
	list, err := t.batches(ctx, "list batches", where+` ORDER BY at DESC, key DESC LIMIT ?`, append(args, limit+1)...)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	last := list[limit-1]
	return list[:limit], strconv.FormatInt(micros(last.At), 10) + "." + last.Key, nil
}

// batches returns the batches that a query finds. The key is that of the column, which
// old content lacks.
func (t *tx) batches(ctx context.Context, op, rest string, args ...any) ([]intake.BatchRow, error) {
	var (
		rows []sealedRow // read before any is opened
		keys []string
		list []intake.BatchRow
	)
	err := t.rows(ctx, op, func(found *sql.Rows) error {
		var key string
		r, err := sealedBatch.scan(found, &key)
		rows, keys = append(rows, r), append(keys, key)
		return err
	}, sealedBatch.selects("key")+rest, args...)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		b, err := unseal[intake.BatchRow](ctx, t, sealedBatch, r)
		if err != nil {
			return nil, t.wrapError(op, err)
		}
		b.Key = keys[i]
		list = append(list, b)
	}
	return list, nil
}

// SetBatch implements [casework.Tx].
func (t *tx) SetBatch(ctx context.Context, b intake.BatchRow) error {
	const op = "answer a batch"
	doc, err := t.seal(ctx, op, sealedBatch, vault.Bureau, b, b.Agency, micros(b.At))
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE batch SET doc = ? WHERE key = ?`, doc, b.Key)
}

// AddBatchPart implements [casework.Tx].
func (t *tx) AddBatchPart(ctx context.Context, key string, n int, answers []mingjing.LineAnswer) error {
	const op = "add a part of a batch"
	doc, err := t.seal(ctx, op, sealedBatchPart, vault.Bureau, answers, key, n)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO batch_part (batch_key, n, doc) VALUES (?, ?, ?)`, key, n, doc)
}

// BatchParts implements [casework.Tx].
func (t *tx) BatchParts(ctx context.Context, key string) ([]mingjing.LineAnswer, error) {
	parts, err := all[[]mingjing.LineAnswer](ctx, t, "read the parts of a batch", sealedBatchPart, `WHERE batch_key = ? ORDER BY n`, key)
	return slices.Concat(parts...), err
}

// DeleteBatchParts implements [casework.Tx].
func (t *tx) DeleteBatchParts(ctx context.Context, key string) error {
	_, err := t.exec(ctx, "remove the parts of a batch", `DELETE FROM batch_part WHERE batch_key = ?`, key)
	return err
}

// PutBatchBody implements [casework.Tx].
func (t *tx) PutBatchBody(ctx context.Context, key string, body []byte) error {
	const op = "keep what a batch says"
	n := 0
	for part := range slices.Chunk(body, maxBodyPart) {
		doc, err := t.seal(ctx, op, sealedBatchBody, vault.Bureau, part, key, n)
		if err != nil {
			return err
		}
		if err := t.insert(ctx, op, `INSERT INTO batch_body (batch_key, n, doc) VALUES (?, ?, ?)`, key, n, doc); err != nil {
			return err
		}
		n++
	}
	return nil
}

// BatchBody implements [casework.Tx].
func (t *tx) BatchBody(ctx context.Context, key string) ([]byte, error) {
	const op = "read what a batch says"
	parts, err := all[[]byte](ctx, t, op, sealedBatchBody, `WHERE batch_key = ? ORDER BY n`, key)
	if err == nil && len(parts) == 0 {
		err = fmt.Errorf("store: %s: %w", op, kernel.ErrNotFound)
	}
	return bytes.Join(parts, nil), err
}

// DeleteBatchBody implements [casework.Tx].
func (t *tx) DeleteBatchBody(ctx context.Context, key string) error {
	_, err := t.exec(ctx, "remove what a batch says", `DELETE FROM batch_body WHERE batch_key = ?`, key)
	return err
}

// AddUnmatched implements [casework.Tx].
func (t *tx) AddUnmatched(ctx context.Context, agency string, of mingjing.ResidentID, r mingjing.UnmatchedRecord) error {
	const op = "add a record that waits for its agency"
	id := kernel.NewID()
	doc, err := t.seal(ctx, op, sealedUnmatched, vault.Bureau, r, id)
	if err != nil {
		return err
	}
	asked := 0
	if r.Asked {
		asked = 1
	}
	_, err = t.exec(ctx, op, `INSERT INTO unmatched (id, agency, resident_id, ref_hash, asked, at, doc) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (agency, resident_id, ref_hash) DO NOTHING`, id, agency, string(of), t.s.hash("ref", r.Ref), asked, micros(r.At), doc)
	return err
}

// DeleteUnmatched implements [casework.Tx].
func (t *tx) DeleteUnmatched(ctx context.Context, agency string, of mingjing.ResidentID, ref string) (bool, error) {
	where, args := ` WHERE agency = ? AND ref_hash = ?`, []any{agency, t.s.hash("ref", ref)}
	if of != "" {
		where, args = where+` AND resident_id = ?`, append(args, string(of))
	}
	n, err := t.exec(ctx, "remove a record that waited for its agency", `DELETE FROM unmatched`+where, args...)
	return n > 0, err
}

// DeleteUnmatchedAnswers implements [casework.Tx].
func (t *tx) DeleteUnmatchedAnswers(ctx context.Context, agency string, of mingjing.ResidentID) error {
	_, err := t.exec(ctx, "remove answers that waited for their agency",
		`DELETE FROM unmatched WHERE agency = ? AND resident_id = ? AND asked = 1`, agency, string(of))
	return err
}

// Unmatched implements [casework.Tx].
func (t *tx) Unmatched(ctx context.Context, agency string, limit int) ([]mingjing.UnmatchedRecord, error) {
	return all[mingjing.UnmatchedRecord](ctx, t, "list what waits for an agency", sealedUnmatched,
		`WHERE agency = ? ORDER BY at DESC, id LIMIT ?`, agency, pageLimit(limit))
}
