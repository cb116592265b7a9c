package store

import (
	"bytes"
	"context"
	"database/sql"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/vault"
)

// sendingHash returns the hash by which a request is found.
func (s *Store) sendingHash(of kernel.Sending) []byte {
	return s.hash("sending", of.Sender()+"\x00"+of.Action+"\x00"+of.Key)
}

// contentHash returns the hash of a request's content, of which there may be few.
func (s *Store) contentHash(of kernel.Sending) []byte {
	return s.hash("content", string(of.Content))
}

// AddSending implements [casework.Tx].
func (t *tx) AddSending(ctx context.Context, s kernel.Sending, at, forget time.Time) error {
	const op = "add a request that is done once"
	if err := t.lockOwned(ctx, s.Resident()); err != nil {
		return err
	}
	key := t.s.sendingHash(s)
	if _, err := t.exec(ctx, op, `DELETE FROM sending WHERE key_hash = ? AND at < ?`, key, micros(forget)); err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO sending (key_hash, content_hash, resident_id, at, doc) VALUES (?, ?, ?, ?, ?)`, key,
		t.s.contentHash(s), nullable(string(s.Resident())), micros(at), []byte{})
}

// SetSendingAnswer implements [casework.Tx].
func (t *tx) SetSendingAnswer(ctx context.Context, s kernel.Sending, answer []byte) error {
	const op = "keep the answer to a request"
	key := t.s.sendingHash(s)
	doc, err := t.seal(ctx, op, sealedSending, s.Resident(), answer, key)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE sending SET doc = ? WHERE key_hash = ?`, doc, key)
}

// DeleteSending implements [casework.Tx].
func (t *tx) DeleteSending(ctx context.Context, s kernel.Sending) error {
	_, err := t.exec(ctx, "forget a request", `DELETE FROM sending WHERE key_hash = ?`, t.s.sendingHash(s))
	return err
}

// Sending implements [casework.Reader].
func (t *reader) Sending(ctx context.Context, s kernel.Sending, since time.Time) (a kernel.Answered, err error) {
	const op = "find a request that was done"
	if err := t.lockOwned(ctx, s.Resident()); err != nil {
		return a, err
	}
	var (
		at      int64
		content []byte
		key     = t.s.sendingHash(s)
	)
	if err := t.row(ctx, op, []any{&at, &content}, `SELECT at, content_hash FROM sending WHERE key_hash = ? AND at >= ?`, key,
		micros(since)); err != nil {
		return a, err
	}
	var from source = t
	if s.Resident() == vault.Bureau {
		from = t.tx
	}
	a = kernel.Answered{At: fromMicros(at), Differs: !bytes.Equal(content, t.s.contentHash(s))}
	a.Answer, err = one[[]byte](ctx, from, op, sealedSending, `WHERE key_hash = ?`, key)
	return a, err
}

// SendingsOf implements [casework.Reader].
func (t *reader) SendingsOf(ctx context.Context, resident mingjing.ResidentID) (list []time.Time, err error) {
	err = t.rows(ctx, "list a resident's requests", func(rows *sql.Rows) error {
		var at int64
		err := rows.Scan(&at)
		list = append(list, fromMicros(at))
		return err
	}, `SELECT at FROM sending WHERE resident_id = ? ORDER BY at`, string(resident))
	return list, err
}
