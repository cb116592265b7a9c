package store

import (
	"context"
	"slices"
	"time"

	"mingjing"
)

// AddScore implements [casework.Tx].
func (t *tx) AddScore(ctx context.Context, resident mingjing.ResidentID, s mingjing.Score) error {
	const op = "add a score"
	doc, err := t.seal(ctx, op, sealedScore, resident, s, s.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO score (id, resident_id, rulebook, made_at, doc) VALUES (?, ?, ?, ?, ?)`,
		s.ID, string(resident), s.Rulebook.ID, micros(s.At), doc)
}

// LastScoreAt implements [casework.Tx].
func (t *tx) LastScoreAt(ctx context.Context, resident mingjing.ResidentID) (time.Time, error) {
	if err := t.lock(ctx, resident); err != nil {
		return time.Time{}, err
	}
	var at int64
	err := t.row(ctx, "read when the last score was made", []any{&at},
		`SELECT made_at FROM score WHERE resident_id = ? ORDER BY n DESC LIMIT 1`, string(resident))
	return fromMicros(at), err
}

// Score implements [casework.Reader].
func (t *reader) Score(ctx context.Context, id string) (mingjing.Score, error) {
	if err := t.lockOwner(ctx, "score", id); err != nil {
		return mingjing.Score{}, err
	}
	return one[mingjing.Score](ctx, t, "read a score", sealedScore, `WHERE id = ?`, id)
}

// LatestScore implements [casework.Reader].
func (t *reader) LatestScore(ctx context.Context, resident mingjing.ResidentID, rulebook string) (mingjing.Score, error) {
	if err := t.lock(ctx, resident); err != nil {
		return mingjing.Score{}, err
	}
	where, args := scoresOf(resident, rulebook)
	return one[mingjing.Score](ctx, t, "read the latest score", sealedScore, where+` ORDER BY n DESC LIMIT 1`, args...)
}

// FirstScoreSince implements [casework.Reader].
func (t *reader) FirstScoreSince(ctx context.Context, resident mingjing.ResidentID, rulebook string, at time.Time) (mingjing.Score, error) {
	if err := t.lock(ctx, resident); err != nil {
		return mingjing.Score{}, err
	}
	where, args := scoresOf(resident, rulebook)
	return one[mingjing.Score](ctx, t, "read the first score since", sealedScore,
		where+` AND made_at >= ? ORDER BY n LIMIT 1`, append(args, micros(at))...)
}

// Scores implements [casework.Reader].
func (t *reader) Scores(ctx context.Context, resident mingjing.ResidentID, rulebook string, limit int) ([]mingjing.Score, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	where, args := scoresOf(resident, rulebook)
	list, err := all[mingjing.Score](ctx, t, "list scores", sealedScore,
		where+` ORDER BY n DESC LIMIT ?`, append(args, ownLimit(limit))...)
	slices.Reverse(list)
	return list, err
}

// scoresOf returns the condition of a query for a resident's scores by a rulebook; "" is
// any rulebook.
func scoresOf(resident mingjing.ResidentID, rulebook string) (where string, args []any) {
	if rulebook == "" {
		return `WHERE resident_id = ?`, []any{string(resident)}
	}
	return `WHERE resident_id = ? AND rulebook = ?`, []any{string(resident), rulebook}
}

// DeleteScores implements [casework.Tx]; "" deletes those of all rulebooks.
func (t *tx) DeleteScores(ctx context.Context, resident mingjing.ResidentID, rulebook string) error {
	if err := t.lockForList(ctx, resident); err != nil {
		return err
	}
	where, args := scoresOf(resident, rulebook)
	_, err := t.exec(ctx, "delete scores", `DELETE FROM score `+where, args...)
	return err
}
