package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"mingjing"
	"mingjing/server/casework/draft"
	"mingjing/server/casework/kernel"
)

// A draftDoc is the sealed content of a draft.
type draftDoc struct {
	Page, Form string
	Fields     []mingjing.DraftField
}

// formHash finds the draft of a form, pageHash those of a page.
func (t *tx) formHash(p draft.Person, at draft.Place) []byte {
	return t.s.hash("draft of a form", p.Key+"\x00"+at.Page+"\x00"+at.Form)
}

func (t *tx) pageHash(p draft.Person, page string) []byte {
	return t.s.hash("drafts on a page", p.Key+"\x00"+page)
}

func (t *tx) personHash(key string) []byte { return t.s.hash("whose draft", key) }

// DraftID implements [casework.Tx].
func (t *tx) DraftID(ctx context.Context, p draft.Person, at draft.Place) (id string, err error) {
	if err := t.lockOwned(ctx, p.Resident); err != nil {
		return "", err
	}
	err = t.row(ctx, "find a draft", []any{&id}, `SELECT id FROM form_draft WHERE form_hash = ?`+t.rowLock("form_draft"), t.formHash(p, at))
	return id, err
}

// DraftIDs implements [casework.Tx].
func (t *tx) DraftIDs(ctx context.Context, p draft.Person, page string) (ids []string, err error) {
	where, arg := `person_hash = ?`, t.personHash(p.Key)
	if page != "" {
		where, arg = `page_hash = ?`, t.pageHash(p, page)
	}
	err = t.rows(ctx, "find drafts", func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT id FROM form_draft WHERE `+where+` ORDER BY saved_at DESC, id LIMIT ?`, arg, kernel.MaxList)
	return ids, err
}

// DraftIs implements [casework.Tx].
func (t *tx) DraftIs(ctx context.Context, id string, p draft.Person) (bool, error) {
	if err := t.lockDraft(ctx, id); err != nil {
		return false, err
	}
	var whose []byte
	err := t.row(ctx, "find whose a draft is", []any{&whose}, `SELECT person_hash FROM form_draft WHERE id = ?`, id)
	return string(whose) == string(t.personHash(p.Key)), err
}

// lockDraft locks the resident to whom a draft belongs; nobody for one that is not a
// resident's.
func (t *tx) lockDraft(ctx context.Context, id string) error {
	return ignoreNotFound(t.lockOwner(ctx, "form_draft", id))
}

// AddDraft implements [casework.Tx].
func (t *tx) AddDraft(ctx context.Context, d draft.Stored) error {
	const op = "add a draft"
	doc, err := t.seal(ctx, op, sealedDraft, d.Person.Resident, draftDoc{d.Place.Page, d.Place.Form, d.Fields}, d.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO form_draft (id, resident_id, person_hash, page_hash, form_hash, subject, saved_at, doc)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, d.ID, nullable(string(d.Person.Resident)), t.personHash(d.Person.Key),
		t.pageHash(d.Person, d.Place.Page), t.formHash(d.Person, d.Place), d.Place.Subject, micros(d.SavedAt), doc)
}

// SetDraft implements [casework.Tx].
func (t *tx) SetDraft(ctx context.Context, d draft.Stored) error {
	const op = "set a draft"
	doc, err := t.seal(ctx, op, sealedDraft, d.Person.Resident, draftDoc{d.Place.Page, d.Place.Form, d.Fields}, d.ID)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE form_draft SET saved_at = ?, doc = ? WHERE id = ?`, micros(d.SavedAt), doc, d.ID)
}

// TouchDraft implements [casework.Tx].
func (t *tx) TouchDraft(ctx context.Context, id string, at time.Time) error {
	return t.update(ctx, "note that a draft was saved", `UPDATE form_draft SET saved_at = ? WHERE id = ?`, micros(at), id)
}

// DeleteDraft implements [casework.Tx].
func (t *tx) DeleteDraft(ctx context.Context, id string) error {
	const op = "delete a draft"
	if err := t.lockDraft(ctx, id); err != nil {
		return err
	}
	for _, q := range []string{`DELETE FROM draft_data WHERE file_id IN (SELECT id FROM draft_file WHERE draft_id = ?)`,
		`DELETE FROM draft_file WHERE draft_id = ?`} {
		if _, err := t.exec(ctx, op, q, id); err != nil {
			return err
		}
	}
	return t.update(ctx, op, `DELETE FROM form_draft WHERE id = ?`, id)
}

// draftOwner locks the resident to whom a draft belongs, and returns their ID; "" for one
// that is not a resident's.
func (t *tx) draftOwner(ctx context.Context, op, id string) (owner mingjing.ResidentID, err error) {
	if err := t.lockDraft(ctx, id); err != nil {
		return "", err
	}
	err = t.row(ctx, op, []any{&owner}, `SELECT COALESCE(resident_id, '') FROM form_draft WHERE id = ?`, id)
	return owner, err
}

// AddDraftFile implements [casework.Tx].
func (t *tx) AddDraftFile(ctx context.Context, id string, f mingjing.DraftFile, at time.Time) error {
	const op = "add a file to a draft"
	owner, err := t.draftOwner(ctx, op, id)
	if err != nil {
		return err
	}
	doc, err := t.seal(ctx, op, sealedDraftFile, owner, f, f.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO draft_file (id, draft_id, at, state, size, received, doc) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		f.ID, id, micros(at), string(f.State), f.Size, f.Received, doc)
}

// SetDraftFile implements [casework.Tx].
func (t *tx) SetDraftFile(ctx context.Context, f mingjing.DraftFile) error {
	const op = "set a file of a draft"
	h, err := t.DraftFileHead(ctx, f.ID)
	if err != nil {
		return err
	}
	doc, err := t.seal(ctx, op, sealedDraftFile, h.Resident, f, f.ID)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE draft_file SET state = ?, size = ?, received = ?, doc = ? WHERE id = ?`, string(f.State), f.Size,
		f.Received, doc, f.ID)
}

// SetDraftReceived implements [casework.Tx].
func (t *tx) SetDraftReceived(ctx context.Context, id string, received int64) error {
	return t.update(ctx, "note what has arrived of a file", `UPDATE draft_file SET received = ? WHERE id = ?`, received, id)
}

// DraftFileHead implements [casework.Tx].
func (t *tx) DraftFileHead(ctx context.Context, id string) (h draft.Head, err error) {
	const op = "read the head of a file of a draft"
	if err = t.row(ctx, op, []any{&h.Draft}, `SELECT draft_id FROM draft_file WHERE id = ?`, id); err != nil {
		return h, err
	}
	if h.Resident, err = t.draftOwner(ctx, op, h.Draft); err != nil {
		return h, err
	}
	err = t.row(ctx, op, []any{&h.ID, &h.State, &h.Size, &h.Received},
		`SELECT id, state, size, received FROM draft_file WHERE id = ?`+t.rowLock("draft_file"), id)
	return h, err
}

// DeleteDraftFile implements [casework.Tx].
func (t *tx) DeleteDraftFile(ctx context.Context, id string) error {
	const op = "delete a file of a draft"
	if _, err := t.exec(ctx, op, `DELETE FROM draft_data WHERE file_id = ?`, id); err != nil {
		return err
	}
	return t.update(ctx, op, `DELETE FROM draft_file WHERE id = ?`, id)
}

// AddDraftPart implements [casework.Tx].
func (t *tx) AddDraftPart(ctx context.Context, file string, offset int64, data []byte) error {
	const op = "keep a part of a file"
	h, err := t.DraftFileHead(ctx, file)
	if err != nil {
		return err
	}
	sealed, err := t.sealFile(ctx, op, sealedDraftData, h.Resident, data, file, offset)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO draft_data (file_id, at_byte, doc) VALUES (?, ?, ?)`, file, offset, sealed)
}

// SetDraftData implements [casework.Tx].
func (t *tx) SetDraftData(ctx context.Context, file string, data []byte) error {
	const op = "keep a file of a draft"
	if len(data) > mingjing.MaxEvidenceBytes {
		return fmt.Errorf("store: %s: file of %d bytes, at most %d are stored", op, len(data), mingjing.MaxEvidenceBytes)
	}
	if _, err := t.exec(ctx, op, `DELETE FROM draft_data WHERE file_id = ?`, file); err != nil || data == nil {
		return err
	}
	return t.AddDraftPart(ctx, file, 0, data)
}

// DraftFileCount implements [casework.Tx].
func (t *tx) DraftFileCount(ctx context.Context, id string) (files int, bytes int64, err error) {
	err = t.row(ctx, "count the files of a draft", []any{&files, &bytes}, `SELECT
		(SELECT count(*) FROM draft_file WHERE draft_id = ?),
		(SELECT COALESCE(sum(f.size), 0) FROM draft_file f JOIN form_draft d ON d.id = f.draft_id
			WHERE d.person_hash = (SELECT person_hash FROM form_draft WHERE id = ?))`, id, id)
	return files, bytes, err
}

// Draft implements [casework.Reader].
func (t *reader) Draft(ctx context.Context, id string) (d draft.Stored, err error) {
	const op = "read a draft"
	if err := t.lockDraft(ctx, id); err != nil {
		return d, err
	}
	doc, err := one[draftDoc](ctx, t, op, sealedDraft, `WHERE id = ?`, id)
	if err != nil {
		return d, err
	}
	var saved int64
	d = draft.Stored{ID: id, Place: draft.Place{Page: doc.Page, Form: doc.Form}, Fields: doc.Fields}
	err = t.row(ctx, op, []any{&d.Person.Resident, &d.Place.Subject, &saved},
		`SELECT COALESCE(resident_id, ''), subject, saved_at FROM form_draft WHERE id = ?`, id)
	d.SavedAt = fromMicros(saved)
	return d, err
}

// DraftFiles implements [casework.Reader].
func (t *reader) DraftFiles(ctx context.Context, id string) ([]mingjing.DraftFile, error) {
	const op = "read the files of a draft"
	if err := t.lockDraft(ctx, id); err != nil {
		return nil, err
	}
	var (
		sealed   []sealedRow
		received []int64
	)
	err := t.rows(ctx, op, func(rows *sql.Rows) error {
		var n int64
		r, err := sealedDraftFile.scan(rows, &n)
		sealed, received = append(sealed, r), append(received, n)
		return err
	}, sealedDraftFile.selects("received")+`WHERE draft_id = ? ORDER BY at, id`, id)
	if err != nil {
		return nil, err
	}
	files := make([]mingjing.DraftFile, 0, len(sealed))
	for i, r := range sealed {
		f, err := unseal[mingjing.DraftFile](ctx, t, sealedDraftFile, r)
		if err != nil {
			return nil, t.wrapError(op, err)
		}
		f.Received = received[i]
		files = append(files, f)
	}
	return files, nil
}

// DraftData implements [casework.Reader].
func (t *reader) DraftData(ctx context.Context, file string) ([]byte, error) {
	const op = "read a file of a draft"
	rows, err := t.sealedRows(ctx, op, sealedDraftData, `WHERE file_id = ? ORDER BY at_byte`, file)
	if err != nil {
		return nil, err
	}
	data := []byte{}
	for _, r := range rows {
		part, err := t.openFile(ctx, sealedDraftData, r)
		if err != nil {
			return nil, t.wrapError(op, err)
		}
		data = append(data, part...)
	}
	return data, nil
}
