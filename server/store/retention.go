package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"mingjing/server/casework/upkeep"
)

// A retainedKind is how rows of a kind are found by their age.
type retainedKind struct {
	table, key string
	// age is the column of the instant from which the time counts, where the further
	// condition.
	age, where string
	// remove are the statements for the rows whose keys take the place of KEYS.
	remove []string
}

// retained says for each kind of [upkeep.Kinds] which rows go. Each has an index by its
// age, so that only those are looked at whose time has come.
var retained = map[upkeep.Kind]retainedKind{
	upkeep.Events: {"event", "audience, seq", "at", "1 = 1",
		[]string{`DELETE FROM event WHERE (audience, seq) IN (KEYS)`}},
	upkeep.Sources: {"request", "id", "created_at", "state IN ('ready', 'withdrawn', 'too_little') AND trimmed = 0", []string{
		`DELETE FROM source WHERE request_id IN (KEYS)`, `UPDATE request SET trimmed = 1 WHERE id IN (KEYS)`}},
	upkeep.Visits: {"visit", "id", "at", "1 = 1", []string{`DELETE FROM visit WHERE id IN (KEYS)`}},
	upkeep.Batches: {"batch", "agency, id_hash", "at", "1 = 1",
		[]string{`DELETE FROM batch WHERE (agency, id_hash) IN (KEYS)`}},
	upkeep.CounterMisses: {"counter_miss", "n", "at", "1 = 1", []string{`DELETE FROM counter_miss WHERE n IN (KEYS)`}},
	upkeep.ReadNotices:   {"notice", "id", "at", "read_at IS NOT NULL", []string{`DELETE FROM notice WHERE id IN (KEYS)`}},
	upkeep.UnreadNotices: {"notice", "id", "at", "read_at IS NULL", []string{`DELETE FROM notice WHERE id IN (KEYS)`}},
	upkeep.ActivationCodes: {"enrolment", "resident_id", "code_until", "code_until IS NOT NULL", []string{
		`UPDATE enrolment SET code_hash = NULL, code_until = NULL WHERE resident_id IN (KEYS)`}},
	upkeep.LetterFiles: {"letter_file", "id", "at", "1 = 1", []string{`DELETE FROM letter_file WHERE id IN (KEYS)`}},
	upkeep.HiddenComments: {"draft_comment", "id", "hidden_at", "hidden_at IS NOT NULL AND trimmed = 0", []string{
		`DELETE FROM draft_comment_text WHERE comment_id IN (KEYS)`, `UPDATE draft_comment SET trimmed = 1 WHERE id IN (KEYS)`}},
	upkeep.Sendings: {"sending", "key_hash", "at", "1 = 1", []string{`DELETE FROM sending WHERE key_hash IN (KEYS)`}},
	upkeep.FormDrafts: {"form_draft", "id", "saved_at", "1 = 1", []string{
		`DELETE FROM draft_data WHERE file_id IN (SELECT id FROM draft_file WHERE draft_id IN (KEYS))`,
		`DELETE FROM draft_file WHERE draft_id IN (KEYS)`, `DELETE FROM form_draft WHERE id IN (KEYS)`}},
	upkeep.Exports: {"export", "id", "expires_at", "expires_at IS NOT NULL", []string{
		`DELETE FROM export_data WHERE export_id IN (KEYS)`, `DELETE FROM export WHERE id IN (KEYS)`}},
}

// RemoveOld implements [upkeep.Port].
func (t *tx) RemoveOld(ctx context.Context, kind upkeep.Kind, before time.Time, limit int) (n int, err error) {
	const op = "remove what is past its time"
	r := retained[kind]
	width := strings.Count(r.key, ",") + 1
	var keys []any
	err = t.rows(ctx, op, func(rows *sql.Rows) error {
		row, dest := make([]any, width), make([]any, width)
		for i := range row {
			dest[i] = &row[i]
		}
		err := rows.Scan(dest...)
		keys, n = append(keys, row...), n+1
		return err
	}, `SELECT `+r.key+` FROM `+r.table+` WHERE `+r.where+` AND `+r.age+` < ? ORDER BY `+r.age+` LIMIT ?`, micros(before), pageLimit(limit))
	if err != nil || n == 0 {
		return 0, err
	}
	one := "?"
	if width > 1 {
		one = "(?" + strings.Repeat(", ?", width-1) + ")"
	}
	list := one + strings.Repeat(", "+one, n-1)
	if width > 1 && t.s.eng.listsNeedValues() {
		list = "VALUES " + list
	}
	for _, q := range r.remove {
		if _, err := t.exec(ctx, op, strings.Replace(q, "KEYS", list, 1), keys...); err != nil {
			return 0, err
		}
	}
	return n, nil
}
