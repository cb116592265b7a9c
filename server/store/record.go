package store

import (
	"context"
	"errors"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/vault"
)

// PutRecord implements [casework.Tx]. A record never moves to another resident;
// ErrExists says that the id is another resident's, or that the agency's
// reference belongs to another record of this one.
func (t *tx) PutRecord(ctx context.Context, r holding.Record) error {
	const op = "put a record"
	doc, err := t.seal(ctx, op, sealedRecord, r.Resident, r, r.ID)
	if err != nil {
		return err
	}
	return t.putHeld(ctx, op, "record", sealedRecordRef, held{
		id: r.ID, resident: r.Resident, agency: r.Agency, ref: r.Ref, code: r.Code, state: string(r.State), doc: doc,
	})
}

// Record implements [casework.Reader].
func (t *reader) Record(ctx context.Context, id string) (holding.Record, error) {
	if err := t.lockOwner(ctx, "record", id); err != nil {
		return holding.Record{}, err
	}
	return one[holding.Record](ctx, t, "read a record", sealedRecord, `WHERE id = ?`, id)
}

// Records implements [casework.Reader], in the order in which they were first put.
func (t *reader) Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[holding.Record](ctx, t, "list records", sealedRecord, `WHERE resident_id = ? ORDER BY n`, string(resident))
}

// PutListing implements [casework.Tx]; see PutRecord.
func (t *tx) PutListing(ctx context.Context, l holding.Listing) error {
	const op = "put a listing"
	doc, err := t.seal(ctx, op, sealedListing, l.Resident, l, l.ID)
	if err != nil {
		return err
	}
	return t.putHeld(ctx, op, "listing", sealedListingRef, held{
		id: l.ID, resident: l.Resident, agency: l.Agency, ref: l.Ref, code: l.Code, state: string(l.State), doc: doc,
	})
}

// Listing implements [casework.Reader].
func (t *reader) Listing(ctx context.Context, id string) (holding.Listing, error) {
	if err := t.lockOwner(ctx, "listing", id); err != nil {
		return holding.Listing{}, err
	}
	return one[holding.Listing](ctx, t, "read a listing", sealedListing, `WHERE id = ?`, id)
}

// Listings implements [casework.Reader], in the order in which they were first put.
func (t *reader) Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[holding.Listing](ctx, t, "list listings", sealedListing, `WHERE resident_id = ? ORDER BY n`, string(resident))
}

// A held is a row of the table of records or of listings.
type held struct {
	id       string
	resident mingjing.ResidentID
	agency   string
	ref      string
	code     string
	state    string
	doc      []byte
}

func (t *tx) putHeld(ctx context.Context, op, table string, k sealedColumn, h held) error {
	hash := t.s.hashOrNull("ref", h.ref)
	ref, err := t.seal(ctx, op, k, vault.Bureau, h.ref, h.id)
	if err != nil {
		return err
	}
	err = t.update(ctx, op, `UPDATE `+table+
		` SET agency = ?, ref_hash = ?, ref = ?, code = ?, state = ?, doc = ? WHERE id = ? AND resident_id = ?`,
		h.agency, hash, ref, h.code, h.state, h.doc, h.id, string(h.resident))
	if !errors.Is(err, kernel.ErrNotFound) {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO `+table+
		` (id, resident_id, agency, ref_hash, ref, code, state, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		h.id, string(h.resident), h.agency, hash, ref, h.code, h.state, h.doc)
}
