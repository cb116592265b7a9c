package store

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
)

func mandateOf(r kernel.Resident, id, dispute string, n mingjing.IDNumber) mandate.Mandate {
	return mandate.Mandate{OwnerID: r.ID, Number: n, Mandate: mingjing.Mandate{ID: id, CaseID: dispute, Helper: n.Masked(), Resident: r.Name,
		Relation: mingjing.RelationChild, From: day, Until: "2026-06-01", State: mingjing.MandateOffered}}
}

func mandateIDs(list []mandate.Mandate) string {
	return ids(list, func(m mandate.Mandate) string { return m.ID })
}

func TestAMandateNamesWhoeverIsEnrolledUnderItsNumber(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, helper, late := open(t, url), resident(1), resident(2), resident(3)
		enrol(t, s, r, helper)
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.PutRecord(ctx, record(r, "c")))
			must(t, tx.PutRecord(ctx, record(r, "c2")))
			must(t, tx.AddCase(ctx, dispute(r, "d", "c")))
			must(t, tx.AddCase(ctx, dispute(r, "d2", "c2")))
			for i, m := range []mandate.Mandate{mandateOf(r, "m1", "d", helper.IDNumber), mandateOf(r, "m2", "d", late.IDNumber),
				mandateOf(r, "m3", "d2", helper.IDNumber)} {
				m.From = day.Add(time.Duration(i) * time.Minute)
				must(t, tx.PutMandate(ctx, m))
			}
			return nil
		})
		of := func(d string) []mandate.Mandate {
			return mustGet(t, s, func(ctx context.Context, tx *reader) ([]mandate.Mandate, error) { return tx.MandatesOf(ctx, d) })
		}
		forOne := func(id mingjing.ResidentID) string {
			return mandateIDs(mustGet(t, s, func(ctx context.Context, tx *reader) ([]mandate.Mandate, error) { return tx.MandatesFor(ctx, id) }))
		}
		list := of("d")
		if mandateIDs(list) != "m1 m2" || list[0].HelperID != helper.ID || list[1].HelperID != "" {
			t.Errorf("of the case: %+v", list)
		}
		if got := forOne(helper.ID); got != "m3 m1" {
			t.Errorf("for the helper: %s", got)
		}
		if forOne(r.ID)+forOne("nobody")+mandateIDs(of("none")) != "" {
			t.Error("somebody has a mandate that they were not given")
		}
		enrol(t, s, late)
		if got := forOne(late.ID); got != "m2" {
			t.Errorf("for who was enrolled later: %s", got)
		}

		// Its content changes, but not whose it is and who helps.
		m := mustGet(t, s, func(ctx context.Context, tx *reader) (mandate.Mandate, error) { return tx.Mandate(ctx, "m1", "") })
		if m.Number != "" {
			t.Error("the number itself is kept")
		}
		helped := func() string {
			return ids(mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.ResidentID, error) {
				return tx.HelpedBy(ctx, helper.ID)
			}),
				func(id mingjing.ResidentID) string { return string(id) })
		}
		if got := helped(); got != "" {
			t.Errorf("helped by who was only asked: %s", got)
		}
		m.State, m.Told, m.Name = mingjing.MandateAccepted, true, helper.Name
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.PutMandate(ctx, m) })
		m.State = mingjing.MandateRevoked
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.PutMandate(ctx, m) })
		if got := helped(); got != string(r.ID) {
			t.Errorf("helped by who has accepted: %s", got)
		}
		to := func(owner mingjing.ResidentID, n mingjing.IDNumber) string {
			return mandateIDs(mustGet(t, s, func(ctx context.Context, tx *reader) ([]mandate.Mandate, error) {
				return tx.MandatesTo(ctx, owner, n)
			}))
		}
		if a, b, none := to(r.ID, helper.IDNumber), to(r.ID, late.IDNumber), to(helper.ID, r.IDNumber); a != "m1 m3" || b != "m2" || none != "" {
			t.Errorf("to their numbers: %q, %q and %q", a, b, none)
		}
		again := mustGet(t, s, func(ctx context.Context, tx *reader) (mandate.Mandate, error) { return tx.Mandate(ctx, "m1", "") })
		same(t, "a mandate", again, m)

		ctx := t.Context()
		for what, fn := range map[string]func(tx *reader) error{
			"reading one that is not there": func(tx *reader) error { _, err := tx.Mandate(ctx, "none", ""); return err },
			"changing one that is not there": func(tx *reader) error {
				n := mandateOf(r, "none", "d", "")
				return tx.PutMandate(ctx, n)
			},
			"one about no case": func(tx *reader) error { return tx.PutMandate(ctx, mandateOf(r, "m9", "none", helper.IDNumber)) },
		} {
			if err := freely(ctx, s, fn); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := s.Tx(ctx, func(tx casework.Tx) error { return tx.PutMandate(ctx, mandateOf(r, "m1", "d", late.IDNumber)) }); !errors.Is(err,
			kernel.ErrExists) {
			t.Errorf("the same id twice: %v", err)
		}
		var doc []byte
		must(t, s.db.QueryRowContext(ctx, `SELECT doc FROM mandate WHERE id = 'm1'`).Scan(&doc))
		if bytes.Contains(doc, []byte(helper.IDNumber)) {
			t.Error("the number is in the row")
		}
	})
}
