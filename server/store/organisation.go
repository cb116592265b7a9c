package store

import (
	"context"
	"database/sql"
	"fmt"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/organisation"
)

// PutRepresentative implements [casework.Tx].
func (t *tx) PutRepresentative(ctx context.Context, m organisation.Mandate) error {
	_, err := t.exec(ctx, "put a representative", `INSERT INTO representative
		(id, organisation_id, resident_id, source, state, at, proposed_by, confirmed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, confirmed_by = excluded.confirmed_by`, m.ID, string(m.Organisation),
		string(m.Representative), m.Source, string(m.State), micros(m.At), m.ProposedBy, m.ConfirmedBy)
	return err
}

// Representative implements [casework.Tx]. Where the transaction writes, nobody else has it
// until its end.
func (t *tx) Representative(ctx context.Context, id string) (organisation.Mandate, error) {
	all, err := t.representatives(ctx, `id = ?`+t.rowLock("representative"), id)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("store: read a representative: %w", kernel.ErrNotFound)
	}
	if err != nil {
		return organisation.Mandate{}, err
	}
	return all[0], nil
}

// Representatives implements [casework.Tx].
func (t *tx) Representatives(ctx context.Context, of mingjing.ResidentID) ([]organisation.Mandate, error) {
	return t.representatives(ctx, `organisation_id = ? ORDER BY at, id`, string(of))
}

// RepresentedBy implements [casework.Tx].
func (t *tx) RepresentedBy(ctx context.Context, resident mingjing.ResidentID) ([]organisation.Mandate, error) {
	return t.representatives(ctx, `resident_id = ? AND state = ? ORDER BY at, id`, string(resident),
		string(mingjing.RepresentativeActing))
}

func (t *tx) representatives(ctx context.Context, where string, args ...any) ([]organisation.Mandate, error) {
	var all []organisation.Mandate
	err := t.rows(ctx, "read representatives", func(rows *sql.Rows) error {
		var (
			m  organisation.Mandate
			at int64
		)
		err := rows.Scan(&m.ID, &m.Organisation, &m.Representative, &m.Source, &m.State, &at, &m.ProposedBy, &m.ConfirmedBy)
		m.At = fromMicros(at)
		all = append(all, m)
		return err
	}, `SELECT id, organisation_id, resident_id, source, state, at, proposed_by, confirmed_by FROM representative WHERE `+where, args...)
	return all, err
}
