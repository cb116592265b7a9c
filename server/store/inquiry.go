package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/kernel"
)

// flagInt returns 1 for true and 0 for false, as a column holds it.
func flagInt(on bool) int {
	if on {
		return 1
	}
	return 0
}

// AddInquiry implements [casework.Tx].
func (t *tx) AddInquiry(ctx context.Context, q inquiry.Row) error {
	const op = "add an inquiry"
	doc, err := t.seal(ctx, op, sealedInquiry, q.Resident, q, q.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO inquiry
		(id, resident_id, seq, staff_id, agency, state, asked_at, due, late, unexplained, unfounded, version, doc)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, q.ID, string(q.Resident), q.Entry.Seq, q.Staff, q.Agency,
		string(q.State), micros(q.AskedAt), micros(q.Due), flagInt(q.Late), flagInt(q.Unexplained), flagInt(q.Unfounded()), q.Version, doc)
}

// SetInquiry implements [casework.Tx].
func (t *tx) SetInquiry(ctx context.Context, q inquiry.Row) error {
	const op = "set an inquiry"
	stored := q
	stored.Version++
	doc, err := t.seal(ctx, op, sealedInquiry, q.Resident, stored, q.ID)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, op, `UPDATE inquiry SET state = ?, due = ?, late = ?, unexplained = ?, unfounded = ?, version = ?, doc = ?
		WHERE id = ? AND resident_id = ? AND version = ?`, string(q.State), micros(q.Due), flagInt(q.Late),
		flagInt(q.Unexplained), flagInt(q.Unfounded()), stored.Version, doc, q.ID, string(q.Resident), q.Version)
	if err != nil || n == 1 {
		return err
	}
	var version int
	if err := t.row(ctx, op, []any{&version}, `SELECT version FROM inquiry WHERE id = ? AND resident_id = ?`, q.ID,
		string(q.Resident)); err != nil {
		return err
	}
	return fmt.Errorf("store: %s: version %d is stored, %d was given: %w", op, version, q.Version, kernel.ErrConflict)
}

// Inquiry implements [casework.Reader].
func (t *reader) Inquiry(ctx context.Context, id string) (inquiry.Row, error) {
	if err := t.lockOwner(ctx, "inquiry", id); err != nil {
		return inquiry.Row{}, err
	}
	return one[inquiry.Row](ctx, t, "read an inquiry", sealedInquiry, `WHERE id = ?`, id)
}

const inquiryHead = `SELECT id, resident_id, staff_id, agency, state, asked_at, due, late FROM inquiry WHERE `

// A scanner is one row, or the current row of many.
type scanner interface{ Scan(dest ...any) error }

func scanHead(row scanner) (h inquiry.Head, err error) {
	var (
		resident, state string
		asked, due      int64
		late            int
	)
	err = row.Scan(&h.ID, &resident, &h.Staff, &h.Agency, &state, &asked, &due, &late)
	h.Resident, h.State = mingjing.ResidentID(resident), mingjing.InquiryState(state)
	h.AskedAt, h.Due, h.Late = fromMicros(asked), fromMicros(due), late == 1
	return h, err
}

// InquiryHead implements [casework.Tx].
func (t *tx) InquiryHead(ctx context.Context, id string) (inquiry.Head, error) {
	if err := t.lockOwner(ctx, "inquiry", id); err != nil {
		return inquiry.Head{}, err
	}
	h, err := scanHead(t.queryRow(ctx, inquiryHead+`id = ?`, id))
	return h, t.wrapError("read the head of an inquiry", err)
}

// InquiriesAbout implements [casework.Reader].
func (t *reader) InquiriesAbout(ctx context.Context, resident mingjing.ResidentID, from, to int64) ([]inquiry.Row, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[inquiry.Row](ctx, t, "list inquiries", sealedInquiry,
		`WHERE resident_id = ? AND seq >= ? AND seq <= ? ORDER BY seq`, string(resident), from, to)
}

// OpenInquiries implements [casework.Tx]. The limit is at most [MaxPage].
func (t *tx) OpenInquiries(ctx context.Context, q inquiry.Query) ([]inquiry.Head, error) {
	const op = "list open inquiries"
	if err := t.rememberStaffSeq(ctx); err != nil {
		return nil, err
	}
	where, args := []string{"state <> 'answered'"}, []any(nil)
	if q.Agency != "" {
		where, args = append(where, "agency = ?"), append(args, q.Agency)
	}
	if q.Staff != "" {
		where, args = append(where, "state = 'asked' AND staff_id = ?"), append(args, q.Staff)
	}
	if q.Others {
		where = append(where, "state <> 'asked'")
	}
	if q.Cursor != "" {
		due, id, err := cases.ParseCursor(q.Cursor)
		if err != nil {
			return nil, fmt.Errorf("store: %s: %w", op, err)
		}
		where, args = append(where, "(due, id) > (?, ?)"), append(args, due, id)
	}
	list := []inquiry.Head{}
	err := t.rows(ctx, op, func(rows *sql.Rows) error {
		h, err := scanHead(rows)
		list = append(list, h)
		return err
	}, inquiryHead+strings.Join(where, " AND ")+` ORDER BY due, id LIMIT ?`, append(args, pageLimit(q.Limit))...)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// WaitingInquiries implements [casework.Tx].
func (t *tx) WaitingInquiries(ctx context.Context, agency string) (map[mingjing.InquiryState]int, error) {
	where, args := `state <> 'answered'`, []any(nil)
	if agency != "" {
		where, args = where+` AND agency = ?`, append(args, agency)
	}
	counts := map[mingjing.InquiryState]int{}
	err := t.rows(ctx, "count open inquiries", func(rows *sql.Rows) error {
		var (
			state string
			n     int
		)
		err := rows.Scan(&state, &n)
		counts[mingjing.InquiryState(state)] = n
		return err
	}, `SELECT state, count(*) FROM inquiry WHERE `+where+` GROUP BY state`, args...)
	return counts, err
}

// InquiryCounts implements [casework.Tx].
func (t *tx) InquiryCounts(ctx context.Context) ([]inquiry.Counts, error) {
	var list []inquiry.Counts
	err := t.rows(ctx, "count agencies' inquiries", func(rows *sql.Rows) error {
		var k inquiry.Counts
		err := rows.Scan(&k.Agency, &k.Inquiries, &k.Unexplained, &k.Unfounded)
		list = append(list, k)
		return err
	}, `SELECT agency, count(*), SUM(unexplained), SUM(unfounded) FROM inquiry GROUP BY agency ORDER BY agency`)
	return list, err
}
