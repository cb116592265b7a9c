package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/vault"
)

// sealedCounter is the counter that says that everything in the database is sealed.
const sealedCounter = "sealed"

// keyBatch is how many rows or keysets are changed in one transaction.
const keyBatch = 200

// sealOld makes the bureau's keyset, and seals what a version without sealing has
// stored.
func (s *Store) sealOld(ctx context.Context) error {
	done := false
	err := s.run(ctx, func(t *tx) error {
		n, err := t.counterValue(ctx, "find whether all is sealed", sealedCounter)
		if done = n > 0; err != nil || done {
			return err
		}
		_, err = t.addKeyset(ctx, vault.Bureau)
		return err
	})
	if err != nil || done {
		return err
	}
	owners, err := s.readColumn(ctx, `SELECT id FROM resident ORDER BY id`)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		err := s.run(ctx, func(t *tx) error {
			_, err := t.addKeyset(ctx, owner)
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := s.copyOld(ctx); err != nil {
		return err
	}
	for _, k := range allSealed {
		for from := 0; ; from += keyBatch {
			var rows []sealedRow
			err := s.run(ctx, func(t *tx) (err error) {
				if rows, err = t.sealedRows(ctx, "seal what is old", k, `ORDER BY `+strings.Join(k.key, ", ")+` LIMIT ? OFFSET ?`, keyBatch,
					from); err != nil {
					return err
				}
				for _, r := range rows {
					if !vault.Sealed(r.content) && r.content != nil && r.blob == "" {
						if err := t.reseal(ctx, k, r); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("seal %s: %w", k.table, err)
			}
			if len(rows) < keyBatch {
				break
			}
		}
	}
	return s.run(ctx, func(t *tx) error {
		_, err := t.nextSeq(ctx, "say that all is sealed", sealedCounter)
		return err
	})
}

// copyOld fills the columns that are sealed for the bureau, from content that is not
// sealed yet.
func (s *Store) copyOld(ctx context.Context) error {
	type filled struct {
		table, column string
		of            func(t *tx, doc []byte) (any, []any, error)
	}
	ref := func(_ *tx, doc []byte) (any, []any, error) {
		var held struct{ Ref string }
		err := json.Unmarshal(doc, &held)
		return held.Ref, nil, err
	}
	line := func(t *tx, doc []byte) (any, []any, error) {
		var d cases.Case
		err := json.Unmarshal(doc, &d)
		return d.Summary(), []any{t.nameHash(d.ResidentName)}, err
	}
	for _, f := range []filled{{"record", "ref", ref}, {"listing", "ref", ref}, {"dispute", "line", line}} {
		ids, err := s.readColumn(ctx, `SELECT id FROM `+f.table+` WHERE `+f.column+` IS NULL`)
		if err != nil {
			return err
		}
		for _, id := range ids {
			err := s.run(ctx, func(t *tx) error {
				const op = "copy what is old"
				var doc []byte
				if err := t.row(ctx, op, []any{&doc}, `SELECT doc FROM `+f.table+` WHERE id = ?`, id); err != nil || vault.Sealed(doc) {
					return err
				}
				v, more, err := f.of(t, doc)
				if err != nil {
					return t.wrapError(op, err)
				}
				plain, err := json.Marshal(v)
				if err != nil {
					return t.wrapError(op, err)
				}
				set := f.column + ` = ?`
				if more != nil {
					set += `, name_hash = ?`
				}
				return t.update(ctx, op, `UPDATE `+f.table+` SET `+set+` WHERE id = ?`, append(append([]any{plain}, more...), id)...)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// reseal seals a row again with the newest key of its owner.
func (t *tx) reseal(ctx context.Context, k sealedColumn, r sealedRow) error {
	wrapped, err := t.Keyset(ctx, r.owner)
	if err != nil {
		return err
	}
	again, set := t.s.vault.Reseal, ` = ?`
	if k.file {
		again = t.s.vault.ResealFile
	}
	if k.moves {
		set += `, blob = NULL`
	}
	content, err := t.s.fileContent(ctx, r)
	if err != nil {
		return err
	}
	content, err = again(r.owner, wrapped, k.place(r.key...), content)
	if err != nil {
		return t.wrapError("seal anew", err)
	}
	return t.update(ctx, "seal anew", `UPDATE `+k.table+` SET `+k.contentColumn()+set+` WHERE `+strings.Join(k.key, " = ? AND ")+` = ?`,
		append([]any{content}, r.key...)...)
}

// readColumn returns the values of a query with one text column.
func (s *Store) readColumn(ctx context.Context, query string, args ...any) (list []string, err error) {
	err = s.run(ctx, func(t *tx) error {
		list = nil
		return t.rows(ctx, "list names", func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			list = append(list, name)
			return err
		}, query, args...)
	})
	return list, err
}

// eachKeyset calls fn for each owner that has a keyset, each time in a transaction of
// its own in which the owner is locked. It returns how many there were.
func (s *Store) eachKeyset(ctx context.Context, query string, args []any,
	fn func(t *tx, owner string, wrapped []byte) error) (n int, err error) {
	owners, err := s.readColumn(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	for _, owner := range owners {
		err := s.run(ctx, func(t *tx) error {
			if err := ignoreNotFound(t.lockOwned(ctx, mingjing.ResidentID(owner))); err != nil {
				return err
			}
			wrapped, err := t.Keyset(ctx, owner)
			if err != nil || len(wrapped) == 0 { // destroyed meanwhile
				return err
			}
			return fn(t, owner, wrapped)
		})
		if err != nil {
			return n, fmt.Errorf("store: change keysets: %w", err)
		}
		n++
	}
	return n, nil
}

func (t *tx) setKeyset(ctx context.Context, owner string, wrapped []byte, master string) error {
	return t.update(ctx, "set a keyset", `UPDATE keyset SET wrapped = ?, master = ? WHERE resident_id = ?`, wrapped, master, owner)
}

// Rewrap wraps every keyset with the newest master key, and returns how many were
// wrapped; with all, also those that were wrapped under its name before. Others may work
// meanwhile.
func (s *Store) Rewrap(ctx context.Context, all bool) (int, error) {
	master, err := s.vault.MasterID()
	if err != nil {
		return 0, err
	}
	if all {
		master = ""
	}
	return s.eachKeyset(ctx, `SELECT resident_id FROM keyset WHERE length(wrapped) > 0 AND master <> ? ORDER BY resident_id`, []any{master},
		func(t *tx, owner string, wrapped []byte) error {
			wrapped, master, err := t.s.vault.Rewrap(owner, wrapped)
			if err != nil {
				return err
			}
			return t.setKeyset(ctx, owner, wrapped, master)
		})
}

// UnderOther returns how many keysets are not wrapped with the newest master key.
func (s *Store) UnderOther(ctx context.Context) (n int, err error) {
	master, err := s.vault.MasterID()
	if err != nil {
		return 0, err
	}
	err = s.run(ctx, func(t *tx) error {
		return t.row(ctx, "count keysets", []any{&n}, `SELECT count(*) FROM keyset WHERE length(wrapped) > 0 AND master <> ?`, master)
	})
	return n, err
}

// Renew gives every resident and the bureau a new key, and seals all that is
// theirs by it. Others may work meanwhile. The old key of a resident goes at once,
// since nobody works on a resident who is locked; that of the bureau goes the
// next time, when nothing that began before can still be under way.
func (s *Store) Renew(ctx context.Context) (int, error) {
	return s.eachKeyset(ctx, `SELECT resident_id FROM keyset WHERE length(wrapped) > 0 ORDER BY resident_id`, nil,
		func(t *tx, owner string, wrapped []byte) error {
			if owner == vault.Bureau {
				if err := t.resealAll(ctx, owner); err != nil {
					return err
				}
				retired, _, err := t.s.vault.Retire(owner, wrapped)
				if err != nil {
					return err
				}
				wrapped = retired
			}
			wrapped, master, err := t.s.vault.Renew(owner, wrapped)
			if err != nil {
				return err
			}
			if err := t.setKeyset(ctx, owner, wrapped, master); err != nil {
				return err
			}
			if err := t.resealAll(ctx, owner); err != nil || owner == vault.Bureau {
				return err
			}
			if wrapped, master, err = t.s.vault.Retire(owner, wrapped); err != nil {
				return err
			}
			return t.setKeyset(ctx, owner, wrapped, master)
		})
}

// resealAll seals everything of an owner again with the newest key.
func (t *tx) resealAll(ctx context.Context, owner string) error {
	for _, k := range allSealed {
		if (k.owner == bureauOwner) != (owner == vault.Bureau) {
			continue
		}
		where, args := `WHERE `+k.owner+` = ?`, []any{owner}
		if owner == vault.Bureau {
			where, args = `WHERE `+k.contentColumn()+` IS NOT NULL`, nil
		}
		rows, err := t.sealedRows(ctx, "seal all anew", k, where, args...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := t.reseal(ctx, k, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// CheckMaster returns an error unless the master key unwraps the bureau's keyset: with
// another key nothing in the database opens.
func (s *Store) CheckMaster(ctx context.Context) error {
	const op = "open the bureau's keys"
	return s.runAs(ctx, readsOnly, func(t *tx) error {
		var n int
		err := t.row(ctx, op, []any{&n}, `SELECT count(*) FROM keyset WHERE resident_id = ?`, vault.Bureau)
		if err != nil || n == 0 { // an empty city has none yet
			return err
		}
		_, err = t.seal(ctx, op, sealedBatch, vault.Bureau, "", "", int64(0))
		return err
	})
}
