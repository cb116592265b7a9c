package casework_test

import (
	"encoding/json"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/agencyside"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/staff"
)

// theirs is the ID number of the nth resident, as [city.resident] enrols them.
func theirs(t testing.TB, c *city, a mingjing.Actor) (n mingjing.IDNumber) {
	t.Helper()
	c.peek(t, func(o opened) error {
		r, err := o.Resident(ctx, mingjing.ResidentID(a.ID))
		n = r.IDNumber
		return err
	})
	return n
}

// addedAs has somebody added by a command with an ID number.
func (c *city) addedAs(t *testing.T, login string, role mingjing.Role, agency string, n mingjing.IDNumber) mingjing.Actor {
	t.Helper()
	r, err := c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffAdd, Login: login, Name: "Name of " + login, Role: role,
		Agency: agency, IDNumber: n})
	must(t, err)
	if !r.Member.Linked || r.Member.LacksLink() {
		t.Errorf("added as %+v", r.Member)
	}
	return mingjing.Actor{Role: role, ID: login, Name: "Name of " + login, AAL: 2, Agency: agency}
}

func TestWhoIsLinkedIsNeverGivenTheirOwnCaseAndCanNeitherOpenNorDecideIt(t *testing.T) {
	c, _ := staffedCity(t)
	a, record, _ := c.owing(t, 1)
	one := c.addedAs(t, "h-7", mingjing.RoleHandler, "", theirs(t, c, a))
	chief := c.addedAs(t, "s-7", mingjing.RoleSupervisor, "", theirs(t, c, a))
	d := c.file(t, a, record, "")
	for _, who := range []mingjing.Actor{one, chief} {
		_, err := c.Next(ctx, who)
		wants(t, err, "no_case_waiting")
		before := len(c.looks(t, a))
		for what, call := range map[string]func() (any, error){
			"open": func() (any, error) { return c.Case(ctx, who, d.ID) },
			"take": func() (any, error) { return c.Assign(ctx, who, d.ID) },
			"decide": func() (any, error) {
				return c.Decide(ctx, who, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "Mine."})
			},
			"note":   func() (any, error) { return c.AddNote(ctx, who, d.ID, "Mine.") },
			"number": func() (any, error) { return c.OpenIDNumber(ctx, who, d.ID, "identity") },
			"counter": func() (any, error) {
				return c.Counter(ctx, who, theirs(t, c, a))
			},
		} {
			got, err := call()
			wants(t, err, "case_own")
			if !nothing(got) {
				t.Errorf("%s can %s their own case: %+v", who.ID, what, got)
			}
		}
		if n := len(c.looks(t, a)); n != before {
			t.Errorf("%d refused tries are in the access log", n-before)
		}
		if q, err := c.Cases(ctx, who, mingjing.CaseFilter{}, ""); err != nil || len(q.Cases) != 0 {
			t.Errorf("the queue shows %+v, %v", q.Cases, err)
		}
	}
	if k, err := c.Next(ctx, handler); err != nil || k.ID != d.ID {
		t.Errorf("somebody else is given %s, %v", k.ID, err)
	}
}

func TestALinkHoldsForAResidentWhoIsEnrolledLater(t *testing.T) {
	c, _ := staffedCity(t)
	n := mingjing.MakeIDNumber("99999919800101001")
	one := c.addedAs(t, "h-7", mingjing.RoleHandler, "", n)
	a, record, _ := c.owing(t, 1)
	if theirs(t, c, a) != n {
		t.Fatal("this is another resident")
	}
	d := c.file(t, a, record, "")
	_, err := c.Case(ctx, one, d.ID)
	wants(t, err, "case_own")
	// A wrong link is put right, and holds at once.
	_, err = c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffLink, Login: "h-7",
		IDNumber: mingjing.MakeIDNumber("99999919800101002")})
	must(t, err)
	_, err = c.Case(ctx, one, d.ID)
	must(t, err)
}

func TestAnOfficerWhoIsLinkedDoesNotAnswerAboutThemselves(t *testing.T) {
	c, _ := staffedCity(t)
	a, record, _ := c.owing(t, 1)
	officer := c.addedAs(t, "g-7", mingjing.RoleAgency, "court", theirs(t, c, a))
	d := c.file(t, a, record, "")
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	_, err = c.AskAgency(ctx, handler, d.ID)
	must(t, err)
	_, err = c.AgencyQuestion(ctx, officer, d.ID)
	wants(t, err, "case_own")
	_, err = c.AgencyAnswer(ctx, officer, d.ID, agencyside.OfficerAnswer{Position: mingjing.PositionWithdrawn,
		Text: mingjing.Text{"zh-CN": "撤回。"}})
	wants(t, err, "case_own")
	colleague := mingjing.Actor{Role: mingjing.RoleAgency, ID: "g-8", Name: "Colleague", AAL: 2, Agency: "court"}
	_, err = c.AgencyQuestion(ctx, colleague, d.ID)
	must(t, err)
}

func TestAnIDNumberOfStaffIsKeptNowhereAsItIs(t *testing.T) {
	c, d := staffedCity(t)
	n := mingjing.MakeIDNumber("99999919800101001")
	c.addedAs(t, "h-7", mingjing.RoleHandler, "", n)
	_, err := c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffLink, Login: "h-7", IDNumber: n, Reason: "Again."})
	must(t, err)
	must(t, c.did(ctx, staff.JobApply, "h-7"))
	list, err := c.StaffList(ctx, operator)
	must(t, err)
	register, err := c.StaffRegister(ctx, auditor, "")
	must(t, err)
	var stored any
	must(t, c.store.Tx(ctx, func(tx casework.Tx) error {
		members, err := tx.Members(ctx)
		stored = members
		return err
	}))
	all, err := json.Marshal([]any{list, register, stored, d.applied})
	must(t, err)
	if strings.Contains(string(all), string(n)) || strings.Contains(string(all), "19800101") {
		t.Errorf("the number is in %s", all)
	}
	if len(register.Entries) != 2 || register.Entries[0].Step != mingjing.StaffLink || register.Entries[0].Reason != "Again." {
		t.Errorf("the register has %+v", register.Entries)
	}
}

func TestALinkWantsANumberAndIsMadeBySomebodyElse(t *testing.T) {
	c, _ := staffedCity(t)
	one := c.added(t, "adm-1", mingjing.RoleAdministrator, "")
	c.added(t, "adm-2", mingjing.RoleAdministrator, "")
	n := mingjing.MakeIDNumber("99999919800101001")
	c.added(t, "h-7", mingjing.RoleHandler, "")
	v, err := c.StaffMember(ctx, one, "h-7")
	must(t, err)
	if !v.LacksLink() {
		t.Errorf("nobody is told that %+v can come to see their own case", v.StaffMember)
	}
	_, err = c.ChangeStaff(ctx, one, staff.Change{Step: mingjing.StaffLink, Login: "h-7"})
	wants(t, err, "id_number:required")
	_, err = c.ChangeStaff(ctx, one, staff.Change{Step: mingjing.StaffLink, Login: "adm-1", IDNumber: n})
	wants(t, err, "self_administration")
	_, err = c.ChangeStaff(ctx, one, staff.Change{Step: mingjing.StaffLink, Login: "h-8", IDNumber: n})
	wants(t, err, "staff_unknown")
	r, err := c.ChangeStaff(ctx, one, staff.Change{Step: mingjing.StaffLink, Login: "h-7", IDNumber: n})
	must(t, err)
	if r.Member.LacksLink() || r.Member.State != mingjing.StaffActive || r.Code != nil {
		t.Errorf("linked as %+v with %+v", r.Member, r.Code)
	}
	// A proposal of an administrator has no number in it.
	r, err = c.ChangeStaff(ctx, one, staff.Change{Step: mingjing.StaffAdd, Login: "adm-3", Name: "Three", Role: mingjing.RoleAdministrator,
		IDNumber: n})
	must(t, err)
	if r.Proposal == nil || r.Member.Linked {
		t.Errorf("an administrator is proposed as %+v", r)
	}
}
