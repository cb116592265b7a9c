package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/takeaway"
	"mingjing/server/vault"
)

// destroyed is what takes the place of sealed content that is erased.
var destroyed = []byte{1}

// AddErasure implements [casework.Tx].
func (t *tx) AddErasure(ctx context.Context, e takeaway.Erasure) error {
	return t.insert(ctx, "add an erasure",
		`INSERT INTO erasure (id, resident_id, asked_at, listed_at, login_at, erased_at) VALUES (?, ?, ?, ?, ?, ?)`,
		e.ID, string(e.Resident), micros(e.AskedAt), microsOrNull(e.ListedAt), microsOrNull(e.LoginAt), microsOrNull(e.ErasedAt))
}

// SetErasure implements [casework.Tx].
func (t *tx) SetErasure(ctx context.Context, e takeaway.Erasure) error {
	return t.update(ctx, "set an erasure", `UPDATE erasure SET listed_at = ?, login_at = ?, erased_at = ? WHERE id = ?`,
		microsOrNull(e.ListedAt), microsOrNull(e.LoginAt), microsOrNull(e.ErasedAt), e.ID)
}

// Erasure implements [casework.Tx].
func (t *tx) Erasure(ctx context.Context, id string) (takeaway.Erasure, error) {
	return t.erasure(ctx, `id = ?`, id)
}

// ErasureOf implements [casework.Tx].
func (t *tx) ErasureOf(ctx context.Context, resident mingjing.ResidentID) (takeaway.Erasure, error) {
	return t.erasure(ctx, `resident_id = ?`, string(resident))
}

func (t *tx) erasure(ctx context.Context, where string, arg any) (e takeaway.Erasure, err error) {
	var (
		asked                 int64
		listed, login, erased sql.NullInt64
	)
	err = t.row(ctx, "read an erasure", []any{&e.ID, &e.Resident, &asked, &listed, &login, &erased},
		`SELECT id, resident_id, asked_at, listed_at, login_at, erased_at FROM erasure WHERE `+where, arg)
	e.AskedAt = fromMicros(asked)
	e.ListedAt, e.LoginAt, e.ErasedAt = timeOrNil(listed), timeOrNil(login), timeOrNil(erased)
	return e, err
}

// ListedResidents implements [casework.Tx].
func (t *tx) ListedResidents(ctx context.Context) (list []mingjing.ResidentID, err error) {
	err = t.rows(ctx, "list who left", func(rows *sql.Rows) error {
		var id mingjing.ResidentID
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	}, `SELECT resident_id FROM erasure WHERE listed_at IS NOT NULL ORDER BY listed_at, resident_id`)
	return list, err
}

func microsOrNull(at *time.Time) any {
	if at == nil {
		return nil
	}
	return micros(*at)
}

// draftAbout is the condition of drafts about a resident, by whomever.
const draftAbout = `subject <> '' AND subject IN (SELECT id FROM (SELECT id, resident_id FROM dispute
	UNION ALL SELECT id, resident_id FROM inquiry UNION ALL SELECT id, resident_id FROM complaint
	UNION ALL SELECT id, resident_id FROM visit UNION ALL SELECT id, resident_id FROM answer_document) AS theirs WHERE resident_id = ?)`

// eraseStatements delete what belongs to a resident; each takes the resident's ID. Rows
// that stay lose their content: what remains are ids, states and instants, which the
// figures and the tree need and which name nobody.
var eraseStatements = []string{
	`DELETE FROM source WHERE request_id IN (SELECT id FROM request WHERE resident_id = ?)`,
	`DELETE FROM request WHERE resident_id = ?`,
	`DELETE FROM consent WHERE resident_id = ?`,
	`DELETE FROM enrolment WHERE resident_id = ?`,
	`DELETE FROM unmatched WHERE resident_id = ?`,
	`DELETE FROM score WHERE resident_id = ?`,
	// What others had typed about the resident: the page has the id of a thing of theirs.
	`DELETE FROM draft_data WHERE file_id IN (SELECT id FROM draft_file
		WHERE draft_id IN (SELECT id FROM form_draft WHERE ` + draftAbout + `))`,
	`DELETE FROM draft_file WHERE draft_id IN (SELECT id FROM form_draft WHERE ` + draftAbout + `)`,
	`DELETE FROM form_draft WHERE ` + draftAbout,
	`DELETE FROM draft_data WHERE file_id IN (SELECT f.id FROM draft_file f JOIN form_draft d ON d.id = f.draft_id WHERE d.resident_id = ?)`,
	`DELETE FROM draft_file WHERE draft_id IN (SELECT id FROM form_draft WHERE resident_id = ?)`,
	`DELETE FROM form_draft WHERE resident_id = ?`,
	`DELETE FROM case_opening WHERE dispute_id IN (SELECT id FROM dispute WHERE resident_id = ?)`,
	`DELETE FROM note WHERE dispute_id IN (SELECT id FROM dispute WHERE resident_id = ?)`,
	`DELETE FROM evidence_data WHERE evidence_id IN (SELECT id FROM evidence WHERE resident_id = ?)`,
	`DELETE FROM evidence WHERE resident_id = ?`,
	`DELETE FROM answer_document WHERE resident_id = ?`,
	`DELETE FROM export_data WHERE export_id IN (SELECT id FROM export WHERE resident_id = ?)`,
	`DELETE FROM export WHERE resident_id = ?`,
	`DELETE FROM share_view WHERE resident_id = ?`,
	`DELETE FROM share WHERE resident_id = ?`,
	`DELETE FROM mandate WHERE resident_id = ?`,
	`DELETE FROM inquiry WHERE resident_id = ?`,
	`DELETE FROM complaint WHERE resident_id = ?`,
	`DELETE FROM representative WHERE resident_id = ?`,
	`DELETE FROM notice WHERE resident_id = ?`,
	`DELETE FROM notice_prefs WHERE resident_id = ?`,
	`DELETE FROM push_device WHERE resident_id = ?`,
	`DELETE FROM session_use WHERE resident_id = ?`,
	`DELETE FROM screen_lock WHERE resident_id = ?`,
	`DELETE FROM password_reset WHERE resident_id = ?`,
	`DELETE FROM visit WHERE resident_id = ?`,
	`DELETE FROM sending WHERE resident_id = ?`,
	`DELETE FROM event WHERE audience = ?`,
}

// Erase implements [casework.Tx].
func (t *tx) Erase(ctx context.Context, resident mingjing.ResidentID) error {
	const op = "erase"
	if err := t.lock(ctx, resident); err != nil {
		return err
	}
	id := string(resident)
	for _, q := range eraseStatements {
		if _, err := t.exec(ctx, op, q, id); err != nil {
			return err
		}
	}
	for _, q := range []string{
		`UPDATE record SET ref_hash = NULL, ref = NULL, doc = ? WHERE resident_id = ?`,
		`UPDATE listing SET ref_hash = NULL, ref = NULL, doc = ? WHERE resident_id = ?`,
		`UPDATE dispute SET key_hash = NULL, name_hash = NULL, doc = ? WHERE resident_id = ?`,
		`UPDATE look SET doc = ? WHERE resident_id = ?`,
	} {
		if _, err := t.exec(ctx, op, q, destroyed, id); err != nil {
			return err
		}
	}
	lines, err := all[cases.Case](ctx, t, op, sealedCaseSummary, `WHERE resident_id = ?`, id)
	if err != nil {
		return err
	}
	for _, d := range lines {
		d.Ref = ""
		if d.State != mingjing.CaseDecided { // it came after they had asked to leave: nobody can decide it any more
			d.State, d.Clocks, d.NextDue = mingjing.CaseDecided, nil, time.Time{}
			if _, err := t.exec(ctx, op, `DELETE FROM agency_stat WHERE dispute_id = ?`, d.ID); err != nil {
				return err
			}
		}
		line, err := t.seal(ctx, op, sealedCaseSummary, vault.Bureau, d, d.ID)
		if err != nil {
			return err
		}
		if err := t.update(ctx, op, `UPDATE dispute SET state = ?, next_due = ?, very_late_at = ?, line = ? WHERE id = ?`,
			string(d.State), d.Due(), d.VeryLate(), line, d.ID); err != nil {
			return err
		}
	}
	nobody := make([]byte, 32)
	_, _ = rand.Read(nobody)
	if _, err := t.exec(ctx, op, `UPDATE mandate SET helper_hash = ? WHERE helper_hash = (SELECT id_hash FROM resident WHERE id = ?)`, nobody,
		id); err != nil {
		return err
	}
	if err := t.update(ctx, op, `UPDATE resident SET id_hash = ?, doc = ? WHERE id = ?`, nobody, destroyed, id); err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE keyset SET wrapped = ? WHERE resident_id = ?`, []byte{}, id)
}

// Erased implements [casework.Tx].
func (t *tx) Erased(ctx context.Context, resident mingjing.ResidentID) (bool, error) {
	var n int
	err := t.row(ctx, "find whether somebody is erased", []any{&n}, `SELECT length(wrapped) FROM keyset WHERE resident_id = ?`,
		string(resident))
	if errors.Is(err, kernel.ErrNotFound) {
		return true, nil
	}
	return n == 0, err
}
