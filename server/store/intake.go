package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

// HeldByRef implements [casework.Tx]. The limit is at most [MaxPage].
func (t *tx) HeldByRef(ctx context.Context, agency, ref string, of mingjing.ResidentID, limit int) (records, listings []string, err error) {
	if ref == "" {
		return nil, nil, nil
	}
	where, args := ` WHERE agency = ? AND ref_hash = ?`, []any{agency, t.s.hash("ref", ref)}
	if of != "" {
		where, args = where+` AND resident_id = ?`, append(args, string(of))
	}
	args = append(args, pageLimit(limit))
	for table, ids := range map[string]*[]string{"record": &records, "listing": &listings} {
		err := t.rows(ctx, "find by reference", func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			*ids = append(*ids, id)
			return err
		}, `SELECT id FROM `+table+where+` ORDER BY n LIMIT ?`, args...)
		if err != nil {
			return nil, nil, err
		}
	}
	return records, listings, nil
}

// OwnersByRef implements [casework.Tx].
func (t *tx) OwnersByRef(ctx context.Context, agency, ref string) ([]mingjing.ResidentID, error) {
	var owners []mingjing.ResidentID
	if ref == "" {
		return nil, nil
	}
	hash := t.s.hash("ref", ref)
	err := t.rows(ctx, "find whose a reference is", func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		owners = append(owners, mingjing.ResidentID(id))
		return err
	}, `SELECT resident_id FROM record WHERE agency = ? AND ref_hash = ? UNION
		SELECT resident_id FROM listing WHERE agency = ? AND ref_hash = ? LIMIT 2`, agency, hash, agency, hash)
	return owners, err
}

// The cursor of [tx.Holdings] is the kind and the number of the page's last row:
// records come before listings.
const (
	cursorRecord  = "record"
	cursorListing = "listing"
)

// Holdings implements [casework.Tx].
func (t *tx) Holdings(ctx context.Context, agency, cursor string, limit int) ([]mingjing.AgencyHolding, string, error) {
	const op = "list holdings"
	limit = pageLimit(limit)
	tables, before := []string{cursorRecord, cursorListing}, cases.NoClock
	if cursor != "" {
		kind, number, _ := strings.Cut(cursor, ".")
		n, err := strconv.ParseInt(number, 10, 64)
		at := slices.Index(tables, kind)
		if err != nil || at < 0 || n < 1 {
			return nil, "", fmt.Errorf("store: list holdings: %w", kernel.ErrCursor)
		}
		tables, before = tables[at:], n
	}
	list, places := []mingjing.AgencyHolding{}, []string{}
	for _, table := range tables {
		ref := map[string]sealedColumn{cursorRecord: sealedRecordRef, cursorListing: sealedListingRef}[table]
		type row struct {
			n       int64
			holding mingjing.AgencyHolding
			ref     sealedRow
		}
		var found []row // read before any is opened
		err := t.rows(ctx, op, func(rows *sql.Rows) error {
			r := row{holding: mingjing.AgencyHolding{Kind: table}, ref: sealedRow{key: make([]any, 1)}}
			err := rows.Scan(&r.n, &r.holding.Code, &r.holding.State, &r.ref.key[0], &r.ref.content)
			found = append(found, r)
			return err
		}, `SELECT n, code, state, id, ref FROM `+table+` WHERE agency = ? AND ref IS NOT NULL AND n < ? ORDER BY n DESC LIMIT ?`, agency, before,
			limit+1-len(list))
		if err != nil {
			return nil, "", err
		}
		for _, r := range found {
			if r.holding.Ref, err = unseal[string](ctx, t, ref, r.ref); err != nil {
				return nil, "", t.wrapError(op, err)
			}
			list = append(list, r.holding)
			places = append(places, table+"."+strconv.FormatInt(r.n, 10))
		}
		if len(list) > limit {
			return list[:limit], places[limit-1], nil
		}
		before = cases.NoClock
	}
	return list, "", nil
}

// AddAgencyKey implements [casework.Tx].
func (t *tx) AddAgencyKey(ctx context.Context, k mingjing.AgencyKey) error {
	return t.insert(ctx, "add an agency's key", `INSERT INTO agency_key (id, agency, key_use, created_at) VALUES (?, ?, ?, ?)`,
		k.ID, k.Agency, string(k.Use), micros(k.CreatedAt))
}

// AgencyKey implements [casework.Tx].
func (t *tx) AgencyKey(ctx context.Context, id string) (mingjing.AgencyKey, error) {
	keys, err := t.agencyKeys(ctx, " WHERE id = ?", id)
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("store: read an agency's key: %w", kernel.ErrNotFound)
	}
	if err != nil {
		return mingjing.AgencyKey{}, err
	}
	return keys[0], nil
}

// AgencyKeys implements [casework.Tx].
func (t *tx) AgencyKeys(ctx context.Context) ([]mingjing.AgencyKey, error) {
	return t.agencyKeys(ctx, " ORDER BY created_at, id")
}

func (t *tx) agencyKeys(ctx context.Context, which string, args ...any) ([]mingjing.AgencyKey, error) {
	keys := []mingjing.AgencyKey{}
	err := t.rows(ctx, "read agencies' keys", func(rows *sql.Rows) error {
		var (
			k             mingjing.AgencyKey
			created       int64
			ends, revoked sql.NullInt64
		)
		if err := rows.Scan(&k.ID, &k.Agency, &k.Use, &created, &ends, &revoked); err != nil {
			return err
		}
		k.CreatedAt = fromMicros(created)
		k.EndsAt, k.RevokedAt = timeOrNil(ends), timeOrNil(revoked)
		keys = append(keys, k)
		return nil
	}, `SELECT id, agency, key_use, created_at, ends_at, revoked_at FROM agency_key`+which, args...)
	return keys, err
}

// SetAgencyKey implements [casework.Tx].
func (t *tx) SetAgencyKey(ctx context.Context, k mingjing.AgencyKey) error {
	at := func(v *time.Time) any {
		if v == nil {
			return nil
		}
		return micros(*v)
	}
	return t.update(ctx, "set an agency's key", `UPDATE agency_key SET ends_at = ?, revoked_at = ? WHERE id = ?`, at(k.EndsAt),
		at(k.RevokedAt), k.ID)
}

// AddAnswerDocument implements [casework.Tx].
func (t *tx) AddAnswerDocument(ctx context.Context, dispute string, e mingjing.Evidence, data []byte) error {
	const op = "add an answer's document"
	resident, doc, file, err := t.sealAttachment(ctx, op, dispute, sealedAnswerDoc, sealedAnswerFile, e, data)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO answer_document (id, dispute_id, resident_id, doc, data) VALUES (?, ?, ?, ?, ?)`,
		e.ID, dispute, string(resident), doc, file)
}
