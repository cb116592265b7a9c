package store

import (
	"context"
	"database/sql"
	"fmt"

	"mingjing"
	"mingjing/server/casework/complaint"
	"mingjing/server/casework/kernel"
)

func unlawful(k complaint.Row) int { return flagInt(k.Outcome == mingjing.ComplaintUnlawful) }

// AddComplaint implements [casework.Tx].
func (t *tx) AddComplaint(ctx context.Context, k complaint.Row) error {
	const op = "add a complaint"
	doc, err := t.seal(ctx, op, sealedComplaint, k.Resident, k, k.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO complaint (id, resident_id, kind, place, state, filed_at, due, late, unlawful, version, doc)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, k.ID, string(k.Resident), string(k.Kind), k.Place,
		string(k.State), micros(k.FiledAt), micros(k.Due), flagInt(k.Late), unlawful(k), k.Version, doc)
}

// SetComplaint implements [casework.Tx].
func (t *tx) SetComplaint(ctx context.Context, k complaint.Row) error {
	const op = "set a complaint"
	stored := k
	stored.Version++
	doc, err := t.seal(ctx, op, sealedComplaint, k.Resident, stored, k.ID)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, op, `UPDATE complaint SET state = ?, late = ?, unlawful = ?, version = ?, doc = ?
		WHERE id = ? AND resident_id = ? AND version = ?`, string(k.State), flagInt(k.Late), unlawful(k), stored.Version, doc, k.ID,
		string(k.Resident), k.Version)
	if err != nil || n == 1 {
		return err
	}
	var version int
	if err := t.row(ctx, op, []any{&version}, `SELECT version FROM complaint WHERE id = ? AND resident_id = ?`, k.ID,
		string(k.Resident)); err != nil {
		return err
	}
	return fmt.Errorf("store: %s: version %d is stored, %d was given: %w", op, version, k.Version, kernel.ErrConflict)
}

// Complaint implements [casework.Reader].
func (t *reader) Complaint(ctx context.Context, id string) (complaint.Row, error) {
	if err := t.lockOwner(ctx, "complaint", id); err != nil {
		return complaint.Row{}, err
	}
	return one[complaint.Row](ctx, t, "read a complaint", sealedComplaint, `WHERE id = ?`, id)
}

// ComplaintsOf implements [casework.Reader].
func (t *reader) ComplaintsOf(ctx context.Context, resident mingjing.ResidentID) ([]complaint.Row, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[complaint.Row](ctx, t, "list complaints", sealedComplaint,
		`WHERE resident_id = ? ORDER BY filed_at DESC, id DESC LIMIT ?`, string(resident), kernel.MaxList)
}

const complaintHead = `SELECT id, resident_id, kind, place, state, filed_at, due, late FROM complaint WHERE `

func scanComplaint(row scanner) (h complaint.Head, err error) {
	var (
		resident, kind, state string
		filed, due            int64
		late                  int
	)
	err = row.Scan(&h.ID, &resident, &kind, &h.Place, &state, &filed, &due, &late)
	h.Resident, h.Kind, h.State = mingjing.ResidentID(resident), mingjing.ComplaintKind(kind), mingjing.ComplaintState(state)
	h.FiledAt, h.Due, h.Late = fromMicros(filed), fromMicros(due), late == 1
	return h, err
}

// ComplaintHead implements [casework.Tx].
func (t *tx) ComplaintHead(ctx context.Context, id string) (complaint.Head, error) {
	if err := t.lockOwner(ctx, "complaint", id); err != nil {
		return complaint.Head{}, err
	}
	h, err := scanComplaint(t.queryRow(ctx, complaintHead+`id = ?`, id))
	return h, t.wrapError("read the head of a complaint", err)
}

// OpenComplaints implements [casework.Tx]. The limit is at most [MaxPage].
func (t *tx) OpenComplaints(ctx context.Context, limit int) ([]complaint.Head, error) {
	list := []complaint.Head{}
	err := t.rows(ctx, "list open complaints", func(rows *sql.Rows) error {
		h, err := scanComplaint(rows)
		list = append(list, h)
		return err
	}, complaintHead+`state = 'filed' ORDER BY due, id LIMIT ?`, pageLimit(limit))
	return list, err
}

// ComplaintCounts implements [casework.Tx].
func (t *tx) ComplaintCounts(ctx context.Context) ([]complaint.Counts, error) {
	var list []complaint.Counts
	err := t.rows(ctx, "count complaints", func(rows *sql.Rows) error {
		var k complaint.Counts
		err := rows.Scan(&k.Kind, &k.Filed, &k.Answered, &k.Late, &k.Unlawful)
		list = append(list, k)
		return err
	}, `SELECT kind, count(*), SUM(CASE WHEN state = 'answered' THEN 1 ELSE 0 END), SUM(late), SUM(unlawful) FROM complaint
		GROUP BY kind ORDER BY kind`)
	return list, err
}
