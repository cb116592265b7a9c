package store

import (
	"context"
	"database/sql"
	"errors"

	"mingjing"
	"mingjing/server/vault"
)

func entryCounter(resident mingjing.ResidentID) string { return "look " + string(resident) }

func eventCounter(audience string) string { return "event " + audience }

// An entryRow is the content of a row of the access log: what its commitment was made
// from.
type entryRow struct {
	mingjing.AccessEntry
	Salt []byte `json:"salt"`
	Prev []byte `json:"prev,omitempty"`
}

// addEntry adds an entry to a resident's access log. If once is not empty, it is the
// only entry with that name. The leaf of the entry is added to the tree as the last step
// before the commit; if that fails, nothing is committed.
func (t *tx) addEntry(ctx context.Context, resident mingjing.ResidentID, l mingjing.AccessEntry, once string) (err error) {
	const op = "add a look"
	if err := t.lock(ctx, resident); err != nil {
		return err
	}
	if l.Seq, err = t.nextSeq(ctx, op, entryCounter(resident)); err != nil {
		return err
	}
	row := entryRow{AccessEntry: l}
	if l.Seq > 1 {
		if row.Prev, err = t.commitment(ctx, op, resident, l.Seq-1); err != nil {
			return err
		}
	}
	commitment := row.commit(resident)
	doc, err := t.seal(ctx, op, sealedEntry, resident, row, resident, l.Seq)
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

// AccessEntries implements [casework.Reader]. The limit is at most [MaxPage].
func (t *reader) AccessEntries(ctx context.Context, resident mingjing.ResidentID, others bool, before int64,
	limit int) ([]mingjing.AccessEntry, error) {
	if others {
		return t.entriesWhere(ctx, resident, ` AND others = 1`, before, limit)
	}
	return t.entriesWhere(ctx, resident, ``, before, limit)
}

// OwnEntries implements [casework.Reader]. The limit is at most [MaxPage].
func (t *reader) OwnEntries(ctx context.Context, resident mingjing.ResidentID, before int64, limit int) ([]mingjing.AccessEntry, error) {
	return t.entriesWhere(ctx, resident, ` AND others = 0`, before, limit)
}

// entriesWhere returns a resident's entries that fulfil a condition, newest first.
func (t *reader) entriesWhere(ctx context.Context, resident mingjing.ResidentID, where string, before int64,
	limit int) ([]mingjing.AccessEntry, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	rest, args := `WHERE resident_id = ?`+where, []any{string(resident)}
	if before > 0 {
		rest, args = rest+` AND seq < ?`, append(args, before)
	}
	const op = "list looks"
	rows, err := t.sealedRows(ctx, op, sealedEntry, rest+` ORDER BY seq DESC LIMIT ?`, append(args, pageLimit(limit))...)
	if err != nil {
		return nil, err
	}
	list := []mingjing.AccessEntry{}
	for _, r := range rows {
		row, err := t.openEntry(ctx, r)
		if err != nil {
			return nil, t.wrapError(op, err)
		}
		list = append(list, row.AccessEntry)
	}
	return list, nil
}

// openEntry opens an entry of the access log. One that does not open, because somebody
// has changed or moved it, is returned without its words: whoever checks the log finds
// that it is not what was committed to.
func (t *reader) openEntry(ctx context.Context, r sealedRow) (entryRow, error) {
	row, err := unseal[entryRow](ctx, t, sealedEntry, r)
	if errors.Is(err, vault.ErrSealed) {
		seq, _ := r.key[1].(int64)
		return entryRow{AccessEntry: mingjing.AccessEntry{Seq: seq, Role: mingjing.RoleSystem, Action: mingjing.ActionUnreadable}}, nil
	}
	return row, err
}

// AddEvent implements [casework.Tx]. The instant comes back in UTC and whole
// microseconds, as it is stored.
func (t *tx) AddEvent(ctx context.Context, audience string, e mingjing.Event) (_ mingjing.Event, err error) {
	const op = "add an event"
	if e.Seq, err = t.nextSeq(ctx, op, eventCounter(audience)); err != nil {
		return mingjing.Event{}, err
	}
	e.At = fromMicros(micros(e.At))
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
		e.Kind, e.At = mingjing.EventKind(kind), fromMicros(at)
		list = append(list, e)
		return nil
	}, `SELECT seq, kind, subject, at FROM event WHERE audience = ? AND seq > ? ORDER BY seq LIMIT ?`, audience, after, pageLimit(limit))
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
	return t.counterValue(ctx, "find the last event", eventCounter(audience))
}
