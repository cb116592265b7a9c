package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/vault"
)

// Waiting implements [casework.Tx]. The limit is at most [MaxPage].
func (t *tx) Waiting(ctx context.Context, late time.Time, skip, limit int) ([]cases.Case, error) {
	where, args := `handler_id = ''`, []any(nil)
	if !late.IsZero() {
		where, args = `next_due < ?`, []any{micros(late)}
	}
	return all[cases.Case](ctx, t, "list waiting cases", sealedCaseSummary, `WHERE `+where+
		` AND state <> 'decided' AND state <> 'to_serve' ORDER BY next_due, filed_at, n LIMIT ? OFFSET ?`,
		append(args, pageLimit(limit), max(0, skip))...)
}

// OpenCases implements [casework.Tx].
func (t *tx) OpenCases(ctx context.Context, handler string) (n int, err error) {
	err = t.row(ctx, "count a handler's cases", []any{&n}, `SELECT count(*) FROM dispute
		WHERE handler_id <> '' AND handler_id = ? AND state <> 'decided' AND state <> 'to_serve'`, handler)
	return n, err
}

// A staffName is the personal content of a row about a handler.
type staffName struct{ Name string }

// SetDeskCase implements [casework.Tx].
func (t *tx) SetDeskCase(ctx context.Context, k desk.Case) error {
	const op = "set a handler's case"
	doc, err := t.seal(ctx, op, sealedDeskCase, vault.Bureau, staffName{k.Name}, k.Dispute, k.Handler)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, op, `INSERT INTO desk_case (dispute_id, handler_id, way, taken_at, doc) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (dispute_id, handler_id) DO UPDATE SET way = excluded.way, taken_at = excluded.taken_at, doc = excluded.doc`,
		k.Dispute, k.Handler, k.Way, micros(k.TakenAt), doc)
	return err
}

// DecideDeskCase implements [casework.Tx].
func (t *tx) DecideDeskCase(ctx context.Context, k desk.Case) error {
	const op = "decide a handler's case"
	doc, err := t.seal(ctx, op, sealedDeskCase, vault.Bureau, staffName{k.Name}, k.Dispute, k.Handler)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx,
		op, `INSERT INTO desk_case (dispute_id, handler_id, way, taken_at, decided_at, days, doc) VALUES (?, ?, '', 0, ?, ?, ?)
		ON CONFLICT (dispute_id, handler_id) DO UPDATE SET decided_at = excluded.decided_at, days = excluded.days, doc = excluded.doc`,
		k.Dispute, k.Handler, micros(k.DecidedAt), k.Days, doc)
	return err
}

// DeskCounts implements [casework.Tx].
func (t *tx) DeskCounts(ctx context.Context, now, since time.Time) ([]desk.Counts, error) {
	const op = "count handlers' cases"
	var all []desk.Counts
	of := func(handler string) *desk.Counts {
		i := slices.IndexFunc(all, func(k desk.Counts) bool { return k.Handler == handler })
		if i < 0 {
			i = len(all)
			all = append(all, desk.Counts{Handler: handler, Name: handler, Days: map[int]int{}})
		}
		return &all[i]
	}
	err := t.rows(ctx, op, func(rows *sql.Rows) error {
		var (
			handler    string
			open, late int
			next       int64
		)
		if err := rows.Scan(&handler, &open, &next, &late); err != nil {
			return err
		}
		k := of(handler)
		k.Open, k.Late = open, late
		if next != cases.NoClock {
			k.Next = fromMicros(next)
		}
		return nil
	}, `SELECT handler_id, count(*), MIN(next_due), SUM(CASE WHEN next_due < ? THEN 1 ELSE 0 END) FROM dispute
		WHERE handler_id <> '' AND state <> 'decided' AND state <> 'to_serve' GROUP BY handler_id ORDER BY handler_id`, micros(now))
	if err != nil {
		return nil, err
	}
	if err := t.rows(ctx, op, func(rows *sql.Rows) error {
		var (
			handler string
			days, n int
		)
		if err := rows.Scan(&handler, &days, &n); err != nil {
			return err
		}
		of(handler).Days[days] += n
		return nil
	}, `SELECT handler_id, days, count(*) FROM desk_case WHERE decided_at IS NOT NULL AND decided_at >= ? GROUP BY handler_id, days`,
		micros(since)); err != nil {
		return nil, err
	}
	if err := t.rows(ctx, op, func(rows *sql.Rows) error {
		var (
			handler, way string
			n            int
		)
		if err := rows.Scan(&handler, &way, &n); err != nil {
			return err
		}
		if way == desk.TakenAsNext {
			of(handler).Given += n
		} else {
			of(handler).Picked += n
		}
		return nil
	}, `SELECT handler_id, way, count(*) FROM desk_case WHERE taken_at >= ? AND way <> '' GROUP BY handler_id, way`,
		micros(since)); err != nil {
		return nil, err
	}
	for table, set := range map[string]func(k *desk.Counts, n int){
		"counter_miss": func(k *desk.Counts, n int) { k.Missed = n },
		"case_opening": func(k *desk.Counts, n int) { k.Opened = n },
	} {
		if err := t.rows(ctx, op, func(rows *sql.Rows) error {
			var (
				staff string
				n     int
			)
			if err := rows.Scan(&staff, &n); err != nil {
				return err
			}
			set(of(staff), n)
			return nil
		}, `SELECT staff_id, count(*) FROM `+table+` WHERE at >= ? GROUP BY staff_id`, micros(since)); err != nil {
			return nil, err
		}
	}
	if err := t.nameHandlers(ctx, all); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(x, y desk.Counts) int { return strings.Compare(x.Handler, y.Handler) })
	return all, nil
}

// nameHandlers fills in the name under which each handler last took a case.
func (t *tx) nameHandlers(ctx context.Context, all []desk.Counts) error {
	if len(all) == 0 {
		return nil
	}
	const op = "find handlers' names"
	handlers := make([]any, len(all))
	for i, k := range all {
		handlers[i] = k.Handler
	}
	among := `WITH h (id) AS (VALUES (CAST(? AS TEXT))` + strings.Repeat(`, (?)`, len(all)-1) + `) `
	named, err := groups[staffName](ctx, t, op, sealedDeskCase, "handler_id", `WHERE (handler_id, dispute_id) IN (`+among+
		`SELECT h.id, (SELECT dispute_id FROM desk_case k WHERE k.handler_id = h.id ORDER BY k.taken_at DESC LIMIT 1) FROM h)`, handlers...)
	if err != nil {
		return err
	}
	// All of somebody's cases may be from before these were kept.
	lines, err := groups[cases.Case](ctx, t, op, sealedCaseSummary, "handler_id", `WHERE id IN (`+among+
		`SELECT (SELECT d.id FROM dispute d WHERE d.handler_id <> '' AND d.handler_id = h.id
			ORDER BY d.next_due DESC, d.id DESC LIMIT 1) FROM h)`, handlers...)
	if err != nil {
		return err
	}
	for i := range all {
		k := &all[i]
		for _, d := range lines[k.Handler] {
			k.Name = cmp.Or(d.Handler, k.Name)
		}
		for _, n := range named[k.Handler] {
			k.Name = cmp.Or(n.Name, k.Name)
		}
	}
	return nil
}

// Deadlines implements [casework.Tx].
func (t *tx) Deadlines(ctx context.Context, now time.Time, scoreTime time.Duration, most int) ([]mingjing.DeadlineCount, error) {
	list := []mingjing.DeadlineCount{}
	for _, of := range []struct {
		kind   string
		column string
		from   string
		plus   time.Duration
	}{
		{mingjing.DeadlineCase, "next_due", "dispute WHERE state <> 'decided' AND next_due < 9223372036854775807", 0},
		{mingjing.DeadlineScore, "created_at", "request WHERE state IN ('queued', 'collecting', 'scoring')", scoreTime},
		{mingjing.DeadlineJob, t.s.eng.jobAt(), "river_job WHERE state IN ('available', 'scheduled', 'retryable')" +
			" AND queue NOT IN ('ask', 'score')", 0},
	} {
		err := t.rows(ctx, "list deadlines", func(rows *sql.Rows) error {
			var at int64
			d := mingjing.DeadlineCount{Kind: of.kind}
			if err := rows.Scan(&at, &d.N); err != nil {
				return err
			}
			d.At = fromMicros(at).Add(of.plus)
			list = append(list, d)
			return nil
		}, `SELECT `+of.column+` AS at, count(*) FROM `+of.from+` AND `+of.column+` > ? GROUP BY 1 ORDER BY 1 LIMIT ?`,
			micros(now.Add(-of.plus)), pageLimit(most))
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// AddOpening implements [casework.Tx].
func (t *tx) AddOpening(ctx context.Context, staff, id string, at time.Time) error {
	return t.insert(ctx, "add an opening", `INSERT INTO case_opening (dispute_id, staff_id, at) VALUES (?, ?, ?)`, id, staff, micros(at))
}

// OpenedCase implements [casework.Tx].
func (t *tx) OpenedCase(ctx context.Context, staff, id string, since time.Time) (bool, error) {
	var n int
	err := t.row(ctx, "find an opening", []any{&n}, `SELECT count(*) FROM case_opening WHERE dispute_id = ? AND staff_id = ? AND at > ?`,
		id, staff, micros(since))
	return n > 0, err
}

// AddNote implements [casework.Tx].
func (t *tx) AddNote(ctx context.Context, dispute string, n mingjing.Note) error {
	const op = "add a note"
	owner, err := t.ownerOf(ctx, op, "dispute", dispute)
	if err != nil {
		return err
	}
	doc, err := t.seal(ctx, op, sealedNote, owner, n, n.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO note (id, dispute_id, at, doc) VALUES (?, ?, ?, ?)`, n.ID, dispute, micros(n.At), doc)
}

// Notes implements [casework.Reader].
func (t *reader) Notes(ctx context.Context, dispute string) ([]mingjing.Note, error) {
	return all[mingjing.Note](ctx, t, "list notes", sealedNote, `WHERE dispute_id = ? ORDER BY at, n`, dispute)
}

// AddRelative implements [casework.Tx].
func (t *tx) AddRelative(ctx context.Context, r desk.Relative) error {
	const op = "add a relative"
	doc, err := t.seal(ctx, op, sealedRelative, vault.Bureau, r, r.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO relative (id, staff_id, id_hash, doc) VALUES (?, ?, ?, ?)`,
		r.ID, r.Staff, t.s.hash("", string(r.IDNumber)), doc)
}

// Relatives implements [casework.Tx].
func (t *tx) Relatives(ctx context.Context, staff string) ([]desk.Relative, error) {
	return all[desk.Relative](ctx, t, "list relatives", sealedRelative, `WHERE staff_id = ? ORDER BY n`, staff)
}

// DeleteRelative implements [casework.Tx].
func (t *tx) DeleteRelative(ctx context.Context, staff, id string) error {
	return t.update(ctx, "delete a relative", `DELETE FROM relative WHERE staff_id = ? AND id = ?`, staff, id)
}

// RelativeResidents implements [casework.Tx].
func (t *tx) RelativeResidents(ctx context.Context, staff string) ([]mingjing.ResidentID, error) {
	var found []mingjing.ResidentID
	err := t.rows(ctx, "find relatives", func(rows *sql.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		found = append(found, mingjing.ResidentID(id))
		return nil
	}, `SELECT resident.id FROM relative JOIN resident ON resident.id_hash = relative.id_hash WHERE relative.staff_id = ? ORDER BY relative.n`,
		staff)
	return found, err
}

// AddDeclaration implements [casework.Tx].
func (t *tx) AddDeclaration(ctx context.Context, d mingjing.Declaration) error {
	const op = "add a declaration"
	doc, err := t.seal(ctx, op, sealedDeclaration, vault.Bureau, d, micros(d.At))
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO declaration (at, doc) VALUES (?, ?)`, micros(d.At), doc)
}

// Declarations implements [casework.Tx]. The limit is at most [MaxPage].
func (t *tx) Declarations(ctx context.Context, limit int) ([]mingjing.Declaration, error) {
	return all[mingjing.Declaration](ctx, t, "list declarations", sealedDeclaration, `ORDER BY n DESC LIMIT ?`, pageLimit(limit))
}

// AddVisit implements [casework.Tx].
func (t *tx) AddVisit(ctx context.Context, v desk.Visit) error {
	return t.insert(ctx, "add a visit", `INSERT INTO visit (id, staff_id, resident_id, at) VALUES (?, ?, ?, ?)`,
		v.ID, v.Staff, string(v.Resident), micros(v.At))
}

// Visit implements [casework.Tx].
func (t *tx) Visit(ctx context.Context, id string) (v desk.Visit, err error) {
	var (
		resident string
		at       int64
	)
	err = t.row(ctx, "read a visit", []any{&v.ID, &v.Staff, &resident, &at},
		`SELECT id, staff_id, resident_id, at FROM visit WHERE id = ?`, id)
	v.Resident, v.At = mingjing.ResidentID(resident), fromMicros(at)
	return v, err
}

// AddMiss implements [casework.Tx].
func (t *tx) AddMiss(ctx context.Context, staff string, at time.Time) error {
	return t.insert(ctx, "add a miss", `INSERT INTO counter_miss (staff_id, at) VALUES (?, ?)`, staff, micros(at))
}

// Misses implements [casework.Tx].
func (t *tx) Misses(ctx context.Context, staff string, since time.Time) (n int, first time.Time, err error) {
	var at int64
	err = t.row(ctx, "count misses", []any{&n, &at},
		`SELECT count(*), COALESCE(MIN(at), 0) FROM counter_miss WHERE staff_id = ? AND at >= ?`, staff, micros(since))
	return n, fromMicros(at), err
}
