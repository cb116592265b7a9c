package store

import (
	"context"
	"database/sql"
	"errors"

	"mingjing"
	"mingjing/server/vault"
)

func lookCounter(resident mingjing.ResidentID) string { return "look " + string(resident) }

func eventCounter(audience string) string { return "event " + audience }

// A lookRow is the content of a look's row: with it the commitment is made again.
type lookRow struct {
	mingjing.AccessEntry
	Salt []byte `json:"salt"`
	Prev []byte `json:"prev,omitempty"`
}

// addLook writes an entry of the access log. With once, it is the only one of that name.
// Its leaf is put into the tree as the last thing before the transaction is committed,
// and if that fails, it is not.
func (t *tx) addLook(ctx context.Context, resident mingjing.ResidentID, l mingjing.AccessEntry, once string) (err error) {
	const op = "add a look"
	if err := t.lock(ctx, resident); err != nil {
		return err
	}
	if l.Seq, err = t.next(ctx, op, lookCounter(resident)); err != nil {
		return err
	}
	row := lookRow{AccessEntry: l}
	if l.Seq > 1 {
		if row.Prev, err = t.commitment(ctx, op, resident, l.Seq-1); err != nil {
			return err
		}
	}
	commitment := row.commit(resident)
	doc, err := t.seal(ctx, op, keptLook, resident, row, resident, l.Seq)
	if err != nil {
		return err
	}
	others := 1
	if l.Role == mingjing.RoleResident {
		others = 0
	}
	if err := t.insert(ctx, op, `INSERT INTO look (resident_id, seq, others, at, work, commitment, doc) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(resident), l.Seq, others, micros(l.At), nullable(once), commitment, doc); err != nil {
		return err
	}
	t.leaves = append(t.leaves, leaf{resident, l.Seq, commitment})
	return nil
}

// Looks implements [casework.Tx]. The limit is at most [MaxPage].
func (t *reader) Looks(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry,
	error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	rest, args := `WHERE resident_id = ?`, []any{string(resident)}
	if others {
		rest += ` AND others = 1`
	}
	if before > 0 {
		rest, args = rest+` AND seq < ?`, append(args, before)
	}
	const op = "list looks"
	rows, err := t.sealedRows(ctx, op, keptLook, rest+` ORDER BY seq DESC LIMIT ?`, append(args, page(limit))...)
	if err != nil {
		return nil, err
	}
	list := []mingjing.AccessEntry{}
	for _, r := range rows {
		row, err := t.openLook(ctx, r)
		if err != nil {
			return nil, t.failed(op, err)
		}
		list = append(list, row.AccessEntry)
	}
	return list, nil
}

// openLook opens a line of the access log. One that does not open, because somebody
// has changed or moved it, is there all the same, without words: whoever checks the
// log finds that it is not what was committed to.
func (t *reader) openLook(ctx context.Context, r sealedRow) (lookRow, error) {
	row, err := unseal[lookRow](ctx, t, keptLook, r)
	if errors.Is(err, vault.ErrSealed) {
		seq, _ := r.key[1].(int64)
		return lookRow{AccessEntry: mingjing.AccessEntry{Seq: seq, Role: mingjing.RoleSystem, Action: mingjing.ActionUnreadable}}, nil
	}
	return row, err
}

// AddEvent implements [casework.Tx]. The instant comes back in UTC and whole
// microseconds, as it is stored.
func (t *tx) AddEvent(ctx context.Context, audience string, e mingjing.Event) (_ mingjing.Event, err error) {
	const op = "add an event"
	if e.Seq, err = t.next(ctx, op, eventCounter(audience)); err != nil {
		return mingjing.Event{}, err
	}
	e.At = instant(micros(e.At))
	if err := t.insert(ctx, op, `INSERT INTO event (audience, seq, kind, subject, at) VALUES (?, ?, ?, ?, ?)`,
		audience, e.Seq, string(e.Kind), e.ID, micros(e.At)); err != nil {
		return mingjing.Event{}, err
	}
	return e, nil
}

// EventsAfter implements [casework.Tx]. The limit is at most [MaxPage].
func (t *tx) EventsAfter(ctx context.Context, audience string, after int64, limit int) ([]mingjing.Event, error) {
	list := []mingjing.Event{}
	err := t.rows(ctx, "list events", func(rows *sql.Rows) error {
		var (
			e    mingjing.Event
			kind string
			at   int64
		)
		if err := rows.Scan(&e.Seq, &kind, &e.ID, &at); err != nil {
			return err
		}
		e.Kind, e.At = mingjing.EventKind(kind), instant(at)
		list = append(list, e)
		return nil
	}, `SELECT seq, kind, subject, at FROM event WHERE audience = ? AND seq > ? ORDER BY seq LIMIT ?`, audience, after, page(limit))
	if err != nil {
		return nil, err
	}
	return list, nil
}

// LastEvent implements [casework.Tx]; 0 when there is none. After Cases or
// CaseCounts it is the staff's last event before these were read, so that a view
// made of them claims no event that it has not seen.
func (t *tx) LastEvent(ctx context.Context, audience string) (int64, error) {
	if audience == mingjing.AudienceStaff && t.staffSeq != nil {
		return *t.staffSeq, nil
	}
	return t.count(ctx, "find the last event", eventCounter(audience))
}
