package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
	"mingjing/logproof"
	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/kernel"
	"mingjing/server/vault"
)

// A leaf is an entry of the access log that is not in the tree yet.
type leaf struct {
	resident   mingjing.ResidentID
	seq        int64
	commitment []byte
}

// commit gives the row a salt, and returns its commitment.
func (r *entryRow) commit(resident mingjing.ResidentID) []byte {
	r.Salt = make([]byte, logproof.SaltSize)
	_, _ = rand.Read(r.Salt) // it never fails
	return logproof.CommitEntry(r.Salt, resident, r.AccessEntry, r.Prev)
}

// commitment returns the commitment to an entry of a resident's access log.
func (t *tx) commitment(ctx context.Context, op string, resident mingjing.ResidentID, seq int64) (commitment []byte, err error) {
	err = t.row(ctx, op, []any{&commitment}, `SELECT commitment FROM look WHERE resident_id = ? AND seq = ?`, string(resident), seq)
	if errors.Is(err, kernel.ErrNotFound) || err == nil && len(commitment) == 0 {
		// Somebody has taken it out, and the look goes on from nothing: it is written all
		// the same, and whoever checks sees the gap.
		return nil, nil
	}
	return commitment, err
}

// growTree adds the transaction's entries to the tree. It is the last step before the
// commit, since every other transaction that adds an entry waits from here on.
func (t *tx) growTree(ctx context.Context) error {
	if len(t.leaves) == 0 {
		return nil
	}
	const op = "grow the tree"
	var size int64
	if err := t.row(ctx, op, []any{&size}, `UPDATE tree_head SET size = size + ? WHERE id = 1 RETURNING size`,
		int64(len(t.leaves))); err != nil {
		return err
	}
	size -= int64(len(t.leaves))
	// The roots of the full trees at the edge are all that is needed, whatever is added.
	edge := hashes{}
	if size > 0 {
		if _, err := tlog.TreeHash(size, tlog.HashReaderFunc(func(ids []int64) ([]tlog.Hash, error) {
			list, err := t.TreeHashes(ctx, ids)
			for i, h := range list {
				edge[ids[i]] = h
			}
			return list, err
		})); err != nil {
			return fmt.Errorf("store: %s: %w", op, err)
		}
	}
	var values []any
	for i, l := range t.leaves {
		n := size + int64(i)
		more, err := tlog.StoredHashes(n, l.commitment, edge)
		if err != nil {
			return fmt.Errorf("store: %s: %w", op, err)
		}
		first := tlog.StoredHashIndex(0, n)
		for j, h := range more {
			edge[first+int64(j)] = h
			values = append(values, first+int64(j), h[:])
		}
		if err := t.update(ctx, op, `UPDATE look SET leaf = ? WHERE resident_id = ? AND seq = ?`, n, string(l.resident), l.seq); err != nil {
			return err
		}
	}
	t.leaves = nil
	_, err := t.exec(ctx, op, `INSERT INTO tree_hash (id, hash) VALUES (?, ?)`+strings.Repeat(`, (?, ?)`, len(values)/2-1), values...)
	return err
}

// hashes are the hashes of a tree that are in memory, by index.
type hashes map[int64]tlog.Hash

// ReadHashes implements [tlog.HashReader].
func (h hashes) ReadHashes(ids []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(ids))
	for i, id := range ids {
		var ok bool
		if list[i], ok = h[id]; !ok {
			return nil, fmt.Errorf("hash %d is not there", id)
		}
	}
	return list, nil
}

// TreeSize implements [casework.Tx].
func (t *tx) TreeSize(ctx context.Context) (size int64, err error) {
	err = t.row(ctx, "find the head of the tree", []any{&size}, `SELECT size FROM tree_head WHERE id = 1`)
	return size, err
}

// hashesAtOnce bounds how many hashes one statement reads.
const hashesAtOnce = 500

// TreeHashes implements [casework.Tx].
func (t *tx) TreeHashes(ctx context.Context, ids []int64) ([]tlog.Hash, error) {
	const op = "read hashes of the tree"
	found := hashes{}
	for rest := ids; len(rest) > 0; {
		part := rest[:min(len(rest), hashesAtOnce)]
		rest = rest[len(part):]
		args := make([]any, len(part))
		for i, id := range part {
			args[i] = id
		}
		err := t.rows(ctx, op, func(rows *sql.Rows) error {
			var (
				id   int64
				hash sql.RawBytes
			)
			if err := rows.Scan(&id, &hash); err != nil {
				return err
			}
			if len(hash) != tlog.HashSize {
				return fmt.Errorf("hash %d has %d bytes", id, len(hash))
			}
			found[id] = tlog.Hash(hash)
			return nil
		}, `SELECT id, hash FROM tree_hash WHERE id IN (?`+strings.Repeat(`, ?`, len(args)-1)+`)`, args...)
		if err != nil {
			return nil, err
		}
	}
	list, err := found.ReadHashes(ids)
	return list, t.wrapError(op, err)
}

// ProvenEntries implements [casework.Reader]. The limit is at most [MaxPage].
func (t *reader) ProvenEntries(ctx context.Context, resident mingjing.ResidentID, after, size int64,
	limit int) ([]mingjing.ProvenEntry, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	const op = "list entries of the access log"
	type placed struct {
		sealedRow
		leaf int64
	}
	var found []placed // read before any is opened
	err := t.rows(ctx, op, func(rows *sql.Rows) error {
		p := placed{sealedRow: sealedRow{owner: string(resident), key: []any{string(resident), nil}}}
		err := rows.Scan(&p.key[1], &p.leaf, &p.content)
		found = append(found, p)
		return err
	}, `SELECT seq, leaf, doc FROM look WHERE resident_id = ? AND seq > ? AND leaf < ? ORDER BY seq LIMIT ?`,
		string(resident), after, size, pageLimit(limit))
	if err != nil {
		return nil, err
	}
	list := []mingjing.ProvenEntry{}
	for _, p := range found {
		row, err := t.openEntry(ctx, p.sealedRow)
		if err != nil {
			return nil, t.wrapError(op, err)
		}
		list = append(list, mingjing.ProvenEntry{AccessEntry: row.AccessEntry, Salt: row.Salt, Prev: row.Prev, Leaf: p.leaf})
	}
	return list, nil
}

// SetCosigned implements [casework.Tx].
func (t *tx) SetCosigned(ctx context.Context, k accesslog.Cosigned) error {
	_, err := t.exec(ctx, "keep what a witness has cosigned", `INSERT INTO cosigned (witness, size, note) VALUES (?, ?, ?)
		ON CONFLICT (witness) DO UPDATE SET size = excluded.size, note = excluded.note
		WHERE cosigned.size <= excluded.size`, k.Witness, k.Size, k.Note)
	return err
}

// Cosigned implements [casework.Tx].
func (t *tx) Cosigned(ctx context.Context) ([]accesslog.Cosigned, error) {
	list := []accesslog.Cosigned{}
	err := t.rows(ctx, "list what witnesses have cosigned", func(rows *sql.Rows) error {
		var k accesslog.Cosigned
		if err := rows.Scan(&k.Witness, &k.Size, &k.Note); err != nil {
			return err
		}
		list = append(list, k)
		return nil
	}, `SELECT witness, size, note FROM cosigned ORDER BY witness`)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// oldLeavesAtOnce is how many entries from before there was a tree are added to it in
// one transaction.
const oldLeavesAtOnce = 200

// addOldLeaves adds the entries from before there was a tree to it, each resident's in
// their order. It continues where it was interrupted.
func (s *Store) addOldLeaves(ctx context.Context) error {
	for {
		n := 0
		err := s.run(ctx, func(t *tx) (err error) {
			n, err = t.upkeep().addOldLeavesOnce(ctx)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// addOldLeavesOnce adds some of these entries, and returns how many.
func (t *reader) addOldLeavesOnce(ctx context.Context) (int, error) {
	const op = "put an old look into the tree"
	list, err := t.sealedRows(ctx, op, sealedEntry, `WHERE leaf IS NULL ORDER BY resident_id, seq LIMIT ?`, oldLeavesAtOnce)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		resident := mingjing.ResidentID(r.owner)
		var row entryRow
		if vault.Sealed(r.content) {
			row, err = unseal[entryRow](ctx, t, sealedEntry, r)
		} else { // it is sealed after this
			err = json.Unmarshal(r.content, &row)
		}
		if err != nil {
			return 0, t.wrapError(op, err)
		}
		if row.Seq > 1 {
			if row.Prev, err = t.commitment(ctx, op, resident, row.Seq-1); err != nil {
				return 0, err
			}
		}
		commitment := row.commit(resident)
		var doc []byte
		if vault.Sealed(r.content) {
			doc, err = t.seal(ctx, op, sealedEntry, resident, row, resident, row.Seq)
		} else {
			doc, err = json.Marshal(row)
		}
		if err != nil {
			return 0, t.wrapError(op, err)
		}
		if err := t.update(ctx, op, `UPDATE look SET commitment = ?, doc = ? WHERE resident_id = ? AND seq = ?`,
			commitment, doc, string(resident), row.Seq); err != nil {
			return 0, err
		}
		t.leaves = append(t.leaves, leaf{resident, row.Seq, commitment})
	}
	return len(list), nil
}
