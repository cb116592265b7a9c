package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/vault"
)

// maxSearch is the longest text that is searched for, in bytes.
const maxSearch = 256

// AddCase implements [casework.Tx].
func (t *tx) AddCase(ctx context.Context, d cases.Case) error {
	const op = "add a dispute"
	doc, line, err := t.sealCase(ctx, op, d)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO dispute
		(id, resident_id, record_id, listing_id, agency, code, handler_id, state, filed_at, next_due,
			very_late_at, version, kind, name_hash, line, doc)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, string(d.Resident), nullable(d.RecordID), nullable(d.ListingID), d.AgencyCode,
		d.CatalogueCode, d.HandlerID, string(d.State), micros(d.FiledAt), d.Due(), d.VeryLate(), d.Version, string(d.Kind),
		t.nameHash(d.ResidentName), line, doc)
}

// sealCase returns the sealed content of a case, and the sealed line that the work queue
// shows of it.
func (t *tx) sealCase(ctx context.Context, op string, d cases.Case) (doc, line []byte, err error) {
	d.Record, d.Listing, d.Evidence = nil, nil, nil
	if doc, err = t.seal(ctx, op, sealedCase, d.Resident, d, d.ID); err != nil {
		return nil, nil, err
	}
	line, err = t.seal(ctx, op, sealedCaseSummary, vault.Bureau, d.Summary(), d.ID)
	return doc, line, err
}

// nameHash returns the keyed hash by which cases are found by a whole name.
func (t *tx) nameHash(name string) any {
	return t.s.hashOrNull("name", strings.ToLower(strings.Join(strings.Fields(name), " ")))
}

// SetCase implements [casework.Tx].
func (t *tx) SetCase(ctx context.Context, d cases.Case) error {
	const op = "set a dispute"
	stored := d
	stored.Version++
	doc, line, err := t.sealCase(ctx, op, stored)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, op, `UPDATE dispute SET record_id = ?, listing_id = ?, agency = ?, code = ?, handler_id = ?,
		state = ?, filed_at = ?, next_due = ?, very_late_at = ?, version = ?, line = ?, doc = ? WHERE id = ? AND resident_id = ? AND version = ?`,
		nullable(d.RecordID), nullable(d.ListingID), d.AgencyCode, d.CatalogueCode, d.HandlerID,
		string(d.State), micros(d.FiledAt), d.Due(), d.VeryLate(), stored.Version, line, doc, d.ID, string(d.Resident), d.Version)
	if err != nil || n == 1 {
		return err
	}
	var version int
	if err := t.row(ctx, op, []any{&version}, `SELECT version FROM dispute WHERE id = ? AND resident_id = ?`, d.ID,
		string(d.Resident)); err != nil {
		return err
	}
	return fmt.Errorf("store: %s: version %d is stored, %d was given: %w", op, version, d.Version, kernel.ErrConflict)
}

// Case implements [casework.Reader].
func (t *reader) Case(ctx context.Context, id string) (cases.Case, error) {
	if err := t.lockOwner(ctx, "dispute", id); err != nil {
		return cases.Case{}, err
	}
	return one[cases.Case](ctx, t, "read a dispute", sealedCase, `WHERE id = ?`, id)
}

// CaseSummary implements [casework.Tx].
func (t *tx) CaseSummary(ctx context.Context, id string) (cases.Case, error) {
	if err := t.lockOwner(ctx, "dispute", id); err != nil {
		return cases.Case{}, err
	}
	return one[cases.Case](ctx, t, "read a line of the queue", sealedCaseSummary, `WHERE id = ?`, id)
}

// CasesOf implements [casework.Reader].
func (t *reader) CasesOf(ctx context.Context, resident mingjing.ResidentID, limit int) ([]cases.Case, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[cases.Case](ctx, t, "list disputes", sealedCase,
		`WHERE resident_id = ? ORDER BY filed_at DESC, n DESC LIMIT ?`, string(resident), ownLimit(limit))
}

// OpenCasesOf implements [casework.Reader].
func (t *reader) OpenCasesOf(ctx context.Context, resident mingjing.ResidentID) ([]cases.Case, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[cases.Case](ctx, t, "list open disputes", sealedCase,
		`WHERE resident_id = ? AND state <> 'decided' ORDER BY filed_at DESC, n DESC`, string(resident))
}

// OpenCaseIDs implements [casework.Tx].
func (t *tx) OpenCaseIDs(ctx context.Context, resident mingjing.ResidentID) (ids []string, err error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	err = t.rows(ctx, "list open disputes", func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT id FROM dispute WHERE resident_id = ? AND state <> 'decided' ORDER BY filed_at, n LIMIT ?`, string(resident), kernel.MaxList)
	return ids, err
}

// Cases implements [casework.Tx]. The cursor is what [cases.Case.Cursor]
// of the page's last case makes; the limit is at most [MaxPage]. Search finds
// parts of ids and codes in any case, and names when they are whole.
func (t *tx) Cases(ctx context.Context, f cases.CaseQuery) ([]cases.Case, error) {
	const op = "list cases"
	if err := t.rememberStaffSeq(ctx); err != nil {
		return nil, err
	}
	if f.Mine && f.HandlerID == "" {
		return []cases.Case{}, nil
	}
	search := strings.TrimSpace(f.Search)
	if len(search) > maxSearch {
		return []cases.Case{}, nil // longer than anything that it could match
	}
	where, args := []string{"1 = 1"}, []any(nil)
	switch f.State {
	case "", "open":
		where = append(where, "state <> 'decided'")
	case "all":
	default:
		where, args = append(where, "state = ?"), append(args, f.State)
	}
	if f.Asked {
		where = append(where, "state IN ('agency_asked', 'agency_silent')")
	}
	if f.HandlerID != "" {
		where, args = append(where, "handler_id <> '' AND handler_id = ?"), append(args, f.HandlerID)
	}
	if f.Kind != "" {
		where, args = append(where, "kind = ?"), append(args, string(f.Kind))
	}
	if f.Agency != "" {
		where, args = append(where, "agency = ?"), append(args, f.Agency)
	}
	if f.Late != mingjing.OnTime {
		than := ">="
		if f.Late == mingjing.VeryLate {
			than = "<"
		}
		where, args = append(where, "state <> 'decided' AND next_due < ? AND very_late_at "+than+" ?"), append(args, micros(f.Now), micros(f.Now))
	}
	if search != "" {
		part := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(search)) + "%"
		where = append(where, `(lower(id) LIKE ? ESCAPE '\' OR lower(code) LIKE ? ESCAPE '\' OR name_hash = ?)`)
		args = append(args, part, part, t.nameHash(search))
	}
	if f.Cursor != "" {
		due, id, err := cases.ParseCursor(f.Cursor)
		if err != nil {
			return nil, fmt.Errorf("store: %s: %w", op, err)
		}
		where, args = append(where, "(next_due, id) > (?, ?)"), append(args, due, id)
	}
	return all[cases.Case](ctx, t, op, sealedCaseSummary,
		"WHERE "+strings.Join(where, " AND ")+" ORDER BY next_due, id LIMIT ?", append(args, pageLimit(f.Limit))...)
}

// CaseCounts implements [casework.Tx].
func (t *tx) CaseCounts(ctx context.Context) (map[string]int, error) {
	if err := t.rememberStaffSeq(ctx); err != nil {
		return nil, err
	}
	counts := map[string]int{}
	err := t.rows(ctx, "count cases", func(rows *sql.Rows) error {
		var (
			state string
			n     int
		)
		if err := rows.Scan(&state, &n); err != nil {
			return err
		}
		counts[state] = n
		return nil
	}, `SELECT state, count(*) FROM dispute GROUP BY state`)
	if err != nil {
		return nil, err
	}
	return counts, nil
}

// LateCounts implements [casework.Tx].
func (t *tx) LateCounts(ctx context.Context, now time.Time) (late, very int, err error) {
	if err := t.rememberStaffSeq(ctx); err != nil {
		return 0, 0, err
	}
	err = t.row(ctx, "count late cases", []any{&late, &very}, `SELECT COALESCE(SUM(CASE WHEN very_late_at >= ? THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN very_late_at < ? THEN 1 ELSE 0 END), 0) FROM dispute WHERE state <> 'decided' AND next_due < ?`,
		micros(now), micros(now), micros(now))
	return late, very, err
}

// sealAttachment checks the size of a file that belongs to a case, and returns the
// case's resident with the sealed description and the sealed file.
func (t *tx) sealAttachment(ctx context.Context, op, dispute string, row, file sealedColumn, e mingjing.Evidence,
	data []byte) (resident mingjing.ResidentID, doc, sealed []byte, err error) {
	if len(data) > mingjing.MaxEvidenceBytes {
		return "", nil, nil, fmt.Errorf("store: %s: file of %d bytes, at most %d are stored", op, len(data), mingjing.MaxEvidenceBytes)
	}
	if resident, err = t.ownerOf(ctx, op, "dispute", dispute); err != nil {
		return "", nil, nil, err
	}
	if doc, err = t.seal(ctx, op, row, resident, e, e.ID); err != nil {
		return "", nil, nil, err
	}
	sealed, err = t.sealFile(ctx, op, file, resident, data, e.ID)
	return resident, doc, sealed, err
}

// ownerOf locks the resident to whom a row belongs, and returns their ID.
func (t *tx) ownerOf(ctx context.Context, op, table, id string) (owner mingjing.ResidentID, err error) {
	if err := t.lockOwner(ctx, table, id); err != nil {
		return "", err
	}
	err = t.row(ctx, op, []any{&owner}, `SELECT resident_id FROM `+table+` WHERE id = ?`, id)
	return owner, err
}

// AddEvidence implements [casework.Tx].
func (t *tx) AddEvidence(ctx context.Context, dispute string, e mingjing.Evidence, data []byte) error {
	const op = "add evidence"
	resident, doc, file, err := t.sealAttachment(ctx, op, dispute, sealedEvidence, sealedEvidenceFile, e, data)
	if err != nil {
		return err
	}
	if err := t.insert(ctx, op, `INSERT INTO evidence (id, dispute_id, resident_id, added_at, doc) VALUES (?, ?, ?, ?, ?)`,
		e.ID, dispute, string(resident), micros(e.AddedAt), doc); err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO evidence_data (evidence_id, doc) VALUES (?, ?)`, e.ID, file)
}

// SetEvidence implements [casework.Tx].
func (t *tx) SetEvidence(ctx context.Context, e mingjing.Evidence) error {
	const op = "set evidence"
	owner, err := t.ownerOf(ctx, op, "evidence", e.ID)
	if err != nil {
		return err
	}
	doc, err := t.seal(ctx, op, sealedEvidence, owner, e, e.ID)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE evidence SET doc = ? WHERE id = ?`, doc, e.ID)
}

// SetEvidenceFile implements [casework.Tx].
func (t *tx) SetEvidenceFile(ctx context.Context, e mingjing.Evidence, data []byte) error {
	const op = "set a file"
	if len(data) > mingjing.MaxEvidenceBytes {
		return fmt.Errorf("store: %s: file of %d bytes, at most %d are stored", op, len(data), mingjing.MaxEvidenceBytes)
	}
	owner, err := t.ownerOf(ctx, op, "evidence", e.ID)
	if err != nil {
		return err
	}
	file, err := t.sealFile(ctx, op, sealedEvidenceFile, owner, data, e.ID)
	if err != nil {
		return err
	}
	if err := t.update(ctx, op, `UPDATE evidence_data SET doc = ?, blob = NULL WHERE evidence_id = ?`, file, e.ID); err != nil {
		return err
	}
	return t.SetEvidence(ctx, e)
}

// Evidence implements [casework.Reader].
func (t *reader) Evidence(ctx context.Context, dispute string) ([]mingjing.Evidence, error) {
	if err := ignoreNotFound(t.lockOwner(ctx, "dispute", dispute)); err != nil {
		return nil, err
	}
	return all[mingjing.Evidence](ctx, t, "list evidence", sealedEvidence, `WHERE dispute_id = ? ORDER BY added_at, n`, dispute)
}

// EvidenceOf implements [casework.Reader].
func (t *reader) EvidenceOf(ctx context.Context, resident mingjing.ResidentID) (map[string][]mingjing.Evidence, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return groups[mingjing.Evidence](ctx, t, "list a resident's evidence", sealedEvidence, "dispute_id",
		`WHERE resident_id = ? ORDER BY added_at, n`, string(resident))
}

// EvidenceCase implements [casework.Tx].
func (t *tx) EvidenceCase(ctx context.Context, id string) (dispute string, err error) {
	err = t.row(ctx, "find the case of a file", []any{&dispute},
		`SELECT dispute_id FROM evidence WHERE id = ? UNION ALL SELECT dispute_id FROM answer_document WHERE id = ?`, id, id)
	return dispute, err
}

// EvidenceData implements [casework.Reader].
func (t *reader) EvidenceData(ctx context.Context, id string) (e mingjing.Evidence, data []byte, err error) {
	e, data, err = t.fileData(ctx, sealedEvidence, sealedEvidenceFile, id)
	if errors.Is(err, kernel.ErrNotFound) {
		e, data, err = t.fileData(ctx, sealedAnswerDoc, sealedAnswerFile, id)
	}
	return e, data, err
}

func (t *reader) fileData(ctx context.Context, row, file sealedColumn, id string) (e mingjing.Evidence, data []byte, err error) {
	const op = "read evidence"
	if err := t.lockOwner(ctx, row.table, id); err != nil {
		return e, nil, err
	}
	if e, err = one[mingjing.Evidence](ctx, t, op, row, `WHERE id = ?`, id); err != nil {
		return e, nil, err
	}
	stored, err := t.sealedRow(ctx, op, file, `WHERE `+file.key[0]+` = ?`, id)
	if err != nil {
		return e, nil, err
	}
	data, err = t.openFile(ctx, file, stored)
	return e, data, t.wrapError(op, err)
}

// rememberStaffSeq reads the number of the last staff event before everyone's cases are
// first read, so that LastEvent is not newer than what was read.
func (t *tx) rememberStaffSeq(ctx context.Context) error {
	if t.staffSeq != nil {
		return nil
	}
	seq, err := t.counterValue(ctx, "find the last event", eventCounter(mingjing.AudienceStaff))
	if err != nil {
		return err
	}
	t.staffSeq = &seq
	return nil
}

// counterValue returns the value of a counter; 0 when nothing was counted.
func (t *tx) counterValue(ctx context.Context, op, name string) (seq int64, err error) {
	err = t.row(ctx, op, []any{&seq}, `SELECT seq FROM counter WHERE name = ?`, name)
	if errors.Is(err, kernel.ErrNotFound) {
		return 0, nil
	}
	return seq, err
}
