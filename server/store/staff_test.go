package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/staff"
)

func TestTheStaffAreKeptAndTheirCodesAreNot(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		m := staff.Member{StaffMember: mingjing.StaffMember{Login: "h-1", Name: "王经办", Role: mingjing.RoleHandler, State: mingjing.StaffInvited,
			AddedAt: day}}
		until := day.Add(time.Hour)
		do(t, s, func(ctx context.Context, r *reader) error {
			tx := r.tx
			must(t, tx.AddMember(ctx, m))
			must(t, tx.SetStaffCode(ctx, "h-1", "secretcode", until))
			must(t, tx.LockStaff(ctx))
			return nil
		})
		do(t, s, func(ctx context.Context, r *reader) error {
			tx := r.tx
			if err := tx.AddMember(ctx, m); !errors.Is(err, kernel.ErrExists) {
				t.Errorf("one number twice: %v", err)
			}
			if _, err := tx.Member(ctx, "h-2"); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("who is not there: %v", err)
			}
			for _, try := range []struct {
				login, code string
				at          time.Time
				want        bool
			}{{"h-1", "secretcode", until, true}, {"h-1", "secretcode", until.Add(time.Microsecond), false}, {"h-1", "other", day, false},
				{"h-1", "", day, false}} {
				if ok, err := tx.HasStaffCode(ctx, try.login, try.code, try.at); ok != try.want || err != nil {
					t.Errorf("%+v: %v, %v", try, ok, err)
				}
			}
			m.State, m.Activated = mingjing.StaffActive, true
			must(t, tx.SetMember(ctx, m))
			must(t, tx.SetStaffCode(ctx, "h-1", "", time.Time{}))
			got, err := tx.Member(ctx, "h-1")
			must(t, err)
			same(t, "the member", got, m)
			all, err := tx.Members(ctx)
			must(t, err)
			same(t, "all members", all, []staff.Member{m})
			if ok, err := tx.HasStaffCode(ctx, "h-1", "secretcode", day); ok || err != nil {
				t.Errorf("a code that was used is good: %v, %v", ok, err)
			}
			p := mingjing.StaffProposal{ID: "p-1", At: day, Change: "role", Login: "h-1", Name: "王经办", Role: mingjing.RoleAuditor}
			must(t, tx.AddProposal(ctx, p))
			list, err := tx.Proposals(ctx)
			must(t, err)
			same(t, "the proposals", list, []mingjing.StaffProposal{p})
			must(t, tx.DeleteProposal(ctx, "p-1"))
			if err := tx.DeleteProposal(ctx, "p-1"); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("a proposal that is gone: %v", err)
			}
			return nil
		})
	})
}

func TestTheDatabaseRefusesToChangeTheStaffRegister(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		entry := func(seq int64) mingjing.StaffEntry {
			return mingjing.StaffEntry{Seq: seq, At: day, Step: "add", ByName: "root", Login: "h-1", Name: "王经办",
				Role: mingjing.RoleHandler, Hash: "hash"}
		}
		do(t, s, func(ctx context.Context, r *reader) error {
			must(t, r.tx.AddStaffEntry(ctx, entry(1)))
			return r.tx.AddStaffEntry(ctx, entry(2))
		})
		for _, query := range []string{`DELETE FROM staff_entry`, `UPDATE staff_entry SET hash = 'another'`,
			`UPDATE staff_entry SET seq = 7 WHERE seq = 2`,
			`UPDATE staff_entry SET login = 'h-2'`, `UPDATE staff_entry SET at = 1`} {
			if _, err := s.db.ExecContext(t.Context(), query); err == nil {
				t.Errorf("the database does %s", query)
			}
		}
		_, err := s.Renew(t.Context()) // new keys write the content anew
		must(t, err)
		do(t, s, func(ctx context.Context, r *reader) error {
			list, err := r.tx.StaffEntries(ctx, 0, 10)
			must(t, err)
			same(t, "the register", list, []mingjing.StaffEntry{entry(2), entry(1)})
			list, err = r.tx.StaffEntries(ctx, 2, 10)
			must(t, err)
			same(t, "before 2", list, []mingjing.StaffEntry{entry(1)})
			if err := r.tx.AddStaffEntry(ctx, entry(2)); !errors.Is(err, kernel.ErrExists) {
				t.Errorf("one number twice: %v", err)
			}
			return nil
		})
	})
}

func TestAMemberIsFoundAmongTheResidentsByTheirIDNumber(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		enrol(t, s, resident(1))
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.AddMember(ctx, staff.Member{StaffMember: mingjing.StaffMember{Login: "h-1"}}))
			is := func(want mingjing.ResidentID) {
				t.Helper()
				got, err := tx.ResidentOfMember(ctx, "h-1")
				if got != want || want == "" && !errors.Is(err, kernel.ErrNotFound) || want != "" && err != nil {
					t.Errorf("the member is %q, %v; want %q", got, err, want)
				}
			}
			is("")
			must(t, tx.LinkMember(ctx, "h-1", resident(2).IDNumber)) // who is not enrolled yet
			is("")
			must(t, tx.AddResident(ctx, resident(2)))
			is(resident(2).ID)
			must(t, tx.LinkMember(ctx, "h-1", resident(1).IDNumber))
			is(resident(1).ID)
			if err := tx.LinkMember(ctx, "h-2", resident(1).IDNumber); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("nobody is linked: %v", err)
			}
			return nil
		})
	})
}
