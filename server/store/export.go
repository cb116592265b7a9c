package store

import (
	"context"
	"fmt"

	"mingjing"
	"mingjing/server/casework/takeaway"
)

// AddExport implements [casework.Tx].
func (t *tx) AddExport(ctx context.Context, e takeaway.Export) error {
	const op = "add an export"
	doc, err := t.seal(ctx, op, sealedExport, e.Resident, e, e.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO export (id, resident_id, state, made_at, expires_at, doc) VALUES (?, ?, ?, ?, ?, ?)`,
		e.ID, string(e.Resident), string(e.State), microsOrNull(e.MadeAt), microsOrNull(e.ExpiresAt), doc)
}

// Export implements [casework.Reader].
func (t *reader) Export(ctx context.Context, id string) (takeaway.Export, error) {
	if err := t.lockOwner(ctx, "export", id); err != nil {
		return takeaway.Export{}, err
	}
	return one[takeaway.Export](ctx, t, "read an export", sealedExport, `WHERE id = ?`, id)
}

// ExportOf implements [casework.Reader].
func (t *reader) ExportOf(ctx context.Context, resident mingjing.ResidentID) (takeaway.Export, error) {
	if err := t.lock(ctx, resident); err != nil {
		return takeaway.Export{}, err
	}
	return one[takeaway.Export](ctx, t, "read a resident's export", sealedExport, `WHERE resident_id = ?`, string(resident))
}

// ExportID implements [casework.Tx].
func (t *tx) ExportID(ctx context.Context, resident mingjing.ResidentID) (id string, err error) {
	err = t.row(ctx, "find a resident's export", []any{&id}, `SELECT id FROM export WHERE resident_id = ?`, string(resident))
	return id, err
}

// SetExport implements [casework.Tx].
func (t *tx) SetExport(ctx context.Context, e takeaway.Export) error {
	const op = "set an export"
	doc, err := t.seal(ctx, op, sealedExport, e.Resident, e, e.ID)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE export SET state = ?, made_at = ?, expires_at = ?, doc = ? WHERE id = ?`,
		string(e.State), microsOrNull(e.MadeAt), microsOrNull(e.ExpiresAt), doc, e.ID)
}

// SetExportData implements [casework.Tx].
func (t *tx) SetExportData(ctx context.Context, id string, data []byte) error {
	const op = "keep the file of an export"
	if len(data) > mingjing.MaxExportBytes {
		return fmt.Errorf("store: %s: file of %d bytes, at most %d are stored", op, len(data), mingjing.MaxExportBytes)
	}
	owner, err := t.ownerOf(ctx, op, "export", id)
	if err != nil {
		return err
	}
	if data, err = t.sealFile(ctx, op, sealedExportFile, owner, data, id); err != nil {
		return err
	}
	_, err = t.exec(ctx, op, `INSERT INTO export_data (export_id, doc) VALUES (?, ?)
		ON CONFLICT (export_id) DO UPDATE SET doc = excluded.doc`, id, data)
	return err
}

// ExportData implements [casework.Reader].
func (t *reader) ExportData(ctx context.Context, id string) (data []byte, err error) {
	if err := t.lockOwner(ctx, "export", id); err != nil {
		return nil, err
	}
	const op = "read the file of an export"
	r, err := t.sealedRow(ctx, op, sealedExportFile, `WHERE export_id = ?`, id)
	if err != nil {
		return nil, err
	}
	data, err = t.openFile(ctx, sealedExportFile, r)
	return data, t.wrapError(op, err)
}

// DeleteExport implements [casework.Tx].
func (t *tx) DeleteExport(ctx context.Context, id string) error {
	const op = "delete an export"
	if err := t.lockOwner(ctx, "export", id); err != nil {
		return err
	}
	if _, err := t.exec(ctx, op, `DELETE FROM export_data WHERE export_id = ?`, id); err != nil {
		return err
	}
	return t.update(ctx, op, `DELETE FROM export WHERE id = ?`, id)
}
