package store

import (
	"context"
	"database/sql"
	"fmt"

	"mingjing"
	"mingjing/server/casework/comment"
	"mingjing/server/casework/kernel"
	"mingjing/server/vault"
)

// AddComment implements [casework.Tx].
func (t *tx) AddComment(ctx context.Context, c comment.Stored) error {
	const op = "add a comment"
	n, err := t.nextSeq(ctx, op, "comment")
	if err != nil {
		return err
	}
	if err := t.insert(ctx, op, `INSERT INTO draft_comment (n, id, rulebook, version, state, reason) VALUES (?, ?, ?, ?, ?, ?)`,
		n, c.ID, c.Rulebook, c.Version, string(c.State), c.Reason); err != nil {
		return err
	}
	doc, err := t.seal(ctx, op, sealedComment, vault.Bureau, c.Comment, c.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO draft_comment_text (comment_id, doc) VALUES (?, ?)`, c.ID, doc)
}

// SetComment implements [casework.Tx].
func (t *tx) SetComment(ctx context.Context, c comment.Stored) error {
	const op = "set a comment"
	var hidden any
	if !c.HiddenAt.IsZero() {
		hidden = micros(c.HiddenAt)
	}
	if err := t.update(ctx, op, `UPDATE draft_comment SET state = ?, reason = ?, hidden_at = ? WHERE id = ?`, string(c.State), c.Reason,
		hidden, c.ID); err != nil {
		return err
	}
	doc, err := t.seal(ctx, op, sealedComment, vault.Bureau, c.Comment, c.ID)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE draft_comment_text SET doc = ? WHERE comment_id = ?`, doc, c.ID)
}

// LockComment implements [casework.Tx].
func (t *tx) LockComment(ctx context.Context, id string) (comment.Stored, error) {
	list, err := t.comments(ctx, "read a comment", `WHERE id = ?`+t.rowLock("draft_comment"), id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("store: read a comment: %w", kernel.ErrNotFound)
	}
	if err != nil {
		return comment.Stored{}, err
	}
	return list[0], nil
}

// ListComments implements [casework.Tx]. The limit is at most [MaxPage].
func (t *tx) ListComments(ctx context.Context, q comment.Query) ([]comment.Stored, error) {
	where, args := `WHERE state = ?`, []any{string(q.State)}
	if q.Draft.Rulebook != "" {
		where, args = where+` AND rulebook = ? AND version = ?`, append(args, q.Draft.Rulebook, q.Draft.Version)
	}
	order := ` ORDER BY n`
	if q.Newest {
		order = ` ORDER BY n DESC`
	}
	if q.After > 0 {
		than := ` AND n > ?`
		if q.Newest {
			than = ` AND n < ?`
		}
		where, args = where+than, append(args, q.After)
	}
	return t.comments(ctx, "list comments", where+order+` LIMIT ?`, append(args, pageLimit(q.Limit))...)
}

// comments returns the comments that a query finds, with their texts where they are there
// still.
func (t *tx) comments(ctx context.Context, op, where string, args ...any) (list []comment.Stored, err error) {
	err = t.rows(ctx, op, func(rows *sql.Rows) error {
		var (
			c       comment.Stored
			hidden  sql.NullInt64
			trimmed int
		)
		if err := rows.Scan(&c.N, &c.ID, &c.Rulebook, &c.Version, &c.State, &c.Reason, &hidden, &trimmed); err != nil {
			return err
		}
		if hidden.Valid {
			c.HiddenAt = fromMicros(hidden.Int64)
		}
		c.Removed = trimmed != 0
		list = append(list, c)
		return nil
	}, `SELECT n, id, rulebook, version, state, reason, hidden_at, trimmed FROM draft_comment `+where, args...)
	for i := range list {
		if c := &list[i]; err == nil && !c.Removed {
			c.Comment, err = one[mingjing.Comment](ctx, t, op, sealedComment, `WHERE comment_id = ?`, c.ID)
		}
	}
	return list, err
}

// CommentCounts implements [casework.Tx].
func (t *tx) CommentCounts(ctx context.Context, of comment.Draft) (counts []comment.Count, err error) {
	where, args := ``, []any(nil)
	if of.Rulebook != "" {
		where, args = ` WHERE rulebook = ? AND version = ?`, []any{of.Rulebook, of.Version}
	}
	err = t.rows(ctx, "count comments", func(rows *sql.Rows) error {
		var k comment.Count
		err := rows.Scan(&k.State, &k.Reason, &k.N)
		counts = append(counts, k)
		return err
	}, `SELECT state, reason, count(*) FROM draft_comment`+where+` GROUP BY state, reason`, args...)
	return counts, err
}

// NextCommentAct implements [casework.Tx].
func (t *tx) NextCommentAct(ctx context.Context) (int64, error) {
	return t.nextSeq(ctx, "number a step about a comment", "comment_act")
}

// AddCommentAct implements [casework.Tx].
func (t *tx) AddCommentAct(ctx context.Context, a mingjing.CommentAct) error {
	const op = "add to the history of comments"
	doc, err := t.seal(ctx, op, sealedCommentAct, vault.Bureau, a, a.Seq)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO comment_act (seq, comment_id, hash, doc) VALUES (?, ?, ?, ?)`, a.Seq, a.Comment, a.Hash, doc)
}

// CommentActs implements [casework.Tx].
func (t *tx) CommentActs(ctx context.Context, id string) ([]mingjing.CommentAct, error) {
	return all[mingjing.CommentAct](ctx, t, "read the history of a comment", sealedCommentAct, `WHERE comment_id = ? ORDER BY seq`, id)
}

// CommentActHash implements [casework.Tx].
func (t *tx) CommentActHash(ctx context.Context, seq int64) (hash string, err error) {
	err = t.row(ctx, "read the hash of a step about a comment", []any{&hash}, `SELECT hash FROM comment_act WHERE seq = ?`, seq)
	return hash, err
}
