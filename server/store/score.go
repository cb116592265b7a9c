package store

import (
	"context"

	"mingjing"
)

// AddScore implements [casework.Tx].
func (t *tx) AddScore(ctx context.Context, resident mingjing.ResidentID, s mingjing.Score) error {
	const op = "add a score"
	doc, err := t.seal(ctx, op, keptScore, resident, s, s.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO score (id, resident_id, rulebook, made_at, doc) VALUES (?, ?, ?, ?, ?)`,
		s.ID, string(resident), s.Rulebook.ID, micros(s.At), doc)
}

// Score implements [casework.Tx].
func (t *tx) Score(ctx context.Context, id string) (mingjing.Score, error) {
	if err := t.lockOwner(ctx, "score", id); err != nil {
		return mingjing.Score{}, err
	}
	return one[mingjing.Score](ctx, t, "read a score", keptScore, `WHERE id = ?`, id)
}

// Scores implements [casework.Tx].
func (t *tx) Scores(ctx context.Context, resident mingjing.ResidentID, rulebook string) ([]mingjing.Score, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	query, args := `WHERE resident_id = ?`, []any{string(resident)}
	if rulebook != "" {
		query, args = query+` AND rulebook = ?`, append(args, rulebook)
	}
	return all[mingjing.Score](ctx, t, "list scores", keptScore, query+` ORDER BY made_at, n`, args...)
}

// DeleteScores implements [casework.Tx]; "" deletes those of all rulebooks.
func (t *tx) DeleteScores(ctx context.Context, resident mingjing.ResidentID, rulebook string) error {
	if err := t.lockForList(ctx, resident); err != nil {
		return err
	}
	query, args := `DELETE FROM score WHERE resident_id = ?`, []any{string(resident)}
	if rulebook != "" {
		query, args = query+` AND rulebook = ?`, append(args, rulebook)
	}
	_, err := t.exec(ctx, "delete scores", query, args...)
	return err
}
