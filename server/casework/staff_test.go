package casework_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/staff"
)

// operator is a command on the server.
var operator = staff.Operator("root")

// A testLogins holds the logins of a test: who has which password and second factor.
type testLogins struct {
	begun   map[string]string // password, by ticket
	applied []mingjing.StaffMember
	err     error
}

func (d *testLogins) AdmitStaff(context.Context, string, string, mingjing.Client) error { return d.err }

func (d *testLogins) BeginStaff(_ context.Context, m mingjing.StaffMember, password string,
	_ mingjing.Client) (mingjing.StaffEnrolment, error) {
	if d.begun == nil {
		d.begun = map[string]string{}
	}
	d.begun[m.Login] = password
	return mingjing.StaffEnrolment{Ticket: m.Login, Login: m.Login, Secret: "secret"}, d.err
}

func (d *testLogins) TicketStaff(_ context.Context, ticket string) (mingjing.StaffEnrolment, error) {
	return mingjing.StaffEnrolment{Ticket: ticket, Login: ticket, Secret: "secret"}, d.err
}

func (d *testLogins) ConfirmStaff(ctx context.Context, ticket, _ string, _ mingjing.Client,
	use func(context.Context, string) error) (string, []string, error) {
	if err := use(ctx, ticket); err != nil {
		return "", nil, err
	}
	return "token of " + ticket, []string{"recovery"}, d.err
}

func (d *testLogins) ConfirmStaffByKey(ctx context.Context, ticket string, _ mingjing.PasskeyAnswer, c mingjing.Client,
	use func(context.Context, string) error) (string, []string, error) {
	return d.ConfirmStaff(ctx, ticket, "", c, use)
}

// Activate gives a resident the password.
func (d *testLogins) Activate(ctx context.Context, _ mingjing.IDNumber, password string, _ mingjing.Client,
	redeem func(context.Context, func(context.Context, mingjing.ResidentID) error) error) (token string, err error) {
	err = redeem(ctx, func(_ context.Context, resident mingjing.ResidentID) error {
		token = string(resident) + " with " + password
		return d.err
	})
	return token, err
}

func (d *testLogins) ApplyStaff(_ context.Context, m mingjing.StaffMember) error {
	if d.err == nil {
		d.applied = append(d.applied, m)
	}
	return d.err
}

// staffedCity has the operator, and its logins.
func staffedCity(t *testing.T) (*city, *testLogins) {
	t.Helper()
	d := &testLogins{}
	return newCity(t, func(cfg *casework.Config) { cfg.Logins = d }), d
}

// added has somebody added by a command and activated, and returns them as an actor.
func (c *city) added(t *testing.T, login string, role mingjing.Role, agency string) mingjing.Actor {
	t.Helper()
	r, err := c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffAdd, Login: login, Name: "Name of " + login, Role: role,
		Agency: agency,
		Alone:  true, Reason: "A test."})
	must(t, err)
	c.activate(t, login, r.Code.Code)
	return mingjing.Actor{Role: role, ID: login, Name: "Name of " + login, AAL: 2, Agency: agency}
}

func (c *city) activate(t *testing.T, login, code string) {
	t.Helper()
	e, err := c.BeginActivation(ctx, login, code, "a quiet mirror 7", mingjing.Client{})
	must(t, err)
	_, _, err = c.ConfirmActivation(ctx, e.Ticket, "123456", mingjing.Client{})
	must(t, err)
}

func (c *city) state(t *testing.T, login string) mingjing.StaffState {
	t.Helper()
	v, err := c.StaffMember(ctx, operator, login)
	must(t, err)
	return v.State
}

func TestOnlyAdministratorsAndCommandsReachTheStaff(t *testing.T) {
	c, _ := staffedCity(t)
	one := c.added(t, "adm-1", mingjing.RoleAdministrator, "")
	c.added(t, "adm-2", mingjing.RoleAdministrator, "")
	p, err := c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffReset, Login: "adm-2"})
	must(t, err)
	weak := one
	weak.AAL = 1
	calls := map[string]func(a mingjing.Actor) (any, error){
		"list":     func(a mingjing.Actor) (any, error) { return c.StaffList(ctx, a) },
		"member":   func(a mingjing.Actor) (any, error) { return c.StaffMember(ctx, a, "adm-2") },
		"register": func(a mingjing.Actor) (any, error) { return c.StaffRegister(ctx, a, "") },
		"change": func(a mingjing.Actor) (any, error) {
			return c.ChangeStaff(ctx, a, staff.Change{Step: mingjing.StaffAdd, Login: "x-1", Name: "X", Role: mingjing.RoleHandler})
		},
		"confirm": func(a mingjing.Actor) (any, error) { return c.ConfirmChange(ctx, a, p.Proposal.ID) },
		"refuse":  func(a mingjing.Actor) (any, error) { return nil, c.RefuseChange(ctx, a, p.Proposal.ID) },
		"setup": func(a mingjing.Actor) (any, error) {
			there, made, err := c.Setup(ctx, a, "x-2", "X")
			return append(there, made.Member)[0], err
		},
	}
	for who, a := range map[string]mingjing.Actor{"nobody": {}, "a resident": c.resident(t, 1), "a handler": handler,
		"a supervisor": supervisor,
		"an officer":   {Role: mingjing.RoleAgency, ID: "g-1", Agency: "court", AAL: 2}, "the worker": {Role: mingjing.RoleSystem, ID: "worker"},
		"an auditor": auditor, "a nameless administrator": {Role: mingjing.RoleAdministrator, AAL: 2}, "one without a second factor": weak} {
		for what, call := range calls {
			got, err := call(a)
			if a.Role == mingjing.RoleAuditor && what == "register" {
				must(t, err)
				continue
			}
			want := "forbidden"
			if a.AAL < 2 && a.Role == mingjing.RoleAdministrator && what != "setup" && what != "register" {
				want = "aal2_required"
			}
			wants(t, err, want)
			if !nothing(got) {
				t.Errorf("%s: %s returns %+v", who, what, got)
			}
		}
	}
	for what, call := range calls {
		if what == "confirm" || what == "setup" {
			continue
		}
		if _, err := call(one); err != nil {
			t.Errorf("an administrator can't %s: %v", what, err)
		}
	}
}

func TestACodeIsGoodOnceAndForItsTimeAlone(t *testing.T) {
	c, d := staffedCity(t)
	r, err := c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffAdd, Login: " H-7 ", Name: " Li Wei ", Role: mingjing.RoleHandler})
	must(t, err)
	if r.Member.Login != "h-7" || r.Member.Name != "Li Wei" || r.Member.State != mingjing.StaffInvited || len(r.Code.Code) != 19 {
		t.Errorf("added as %+v with %+v", r.Member, r.Code)
	}
	begin := func(login, code string) error {
		_, err := c.BeginActivation(ctx, login, code, "a quiet mirror 7", mingjing.Client{})
		return err
	}
	other, err := c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffAdd, Login: "h-8", Name: "B", Role: mingjing.RoleHandler})
	must(t, err)
	for _, code := range []string{"", "nonsense", other.Code.Code} {
		wants(t, begin("h-7", code), "staff_activation_failed")
	}
	wants(t, begin("nobody", r.Code.Code), "staff_activation_failed")
	if len(d.begun) != 0 {
		t.Errorf("somebody has a password: %v", d.begun)
	}
	must(t, begin("h-7", r.Code.Code)) // it may be begun again
	must(t, begin(" H-7", strings.ToUpper(strings.ReplaceAll(r.Code.Code, "-", " "))))
	c.activate(t, "h-7", r.Code.Code)
	wants(t, begin("h-7", r.Code.Code), "staff_activation_failed")
	_, _, err = c.ConfirmActivation(ctx, "h-7", "123456", mingjing.Client{})
	wants(t, err, "staff_activation_failed")
	if s := c.state(t, "h-7"); s != mingjing.StaffActive {
		t.Errorf("they are %s", s)
	}

	c.clock.pass(staff.DefaultCodeLifespan + time.Second)
	wants(t, begin("h-8", other.Code.Code), "staff_activation_failed")
	again, err := c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffReset, Login: "h-8"})
	must(t, err)
	wants(t, begin("h-8", other.Code.Code), "staff_activation_failed")
	_, err = c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffDisable, Login: "h-8"})
	must(t, err)
	_, err = c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffEnable, Login: "h-8"})
	must(t, err)
	wants(t, begin("h-8", again.Code.Code), "staff_activation_failed") // it was taken away
}

func TestWhatIsWrongWithAChangeIsSaid(t *testing.T) {
	c, _ := staffedCity(t)
	c.added(t, "h-1", mingjing.RoleHandler, "")
	c.added(t, "adm-1", mingjing.RoleAdministrator, "")
	for want, ch := range map[string]staff.Change{
		"login:staff_number_invalid": {Step: mingjing.StaffAdd, Login: "no number!", Name: "A", Role: mingjing.RoleHandler},
		"name:name_required":         {Step: mingjing.StaffAdd, Login: "h-9", Name: "  ", Role: mingjing.RoleHandler},
		"role:role_required":         {Step: mingjing.StaffAdd, Login: "h-9", Name: "A", Role: mingjing.RoleResident},
		"agency:agency_required":     {Step: mingjing.StaffAdd, Login: "h-9", Name: "A", Role: mingjing.RoleAgency, Agency: "nobody"},
		"reason:too_long":            {Step: mingjing.StaffDisable, Login: "h-1", Reason: strings.Repeat("字", 501)},
		"reason:required":            {Step: mingjing.StaffDisable, Login: "h-1", Alone: true},
		"unknown_step":               {Step: "delete", Login: "h-1"},
		"staff_exists":               {Step: mingjing.StaffAdd, Login: "H-1", Name: "A", Role: mingjing.RoleHandler},
		"staff_unknown":              {Step: mingjing.StaffDisable, Login: "h-9"},
		"staff_unchanged":            {Step: mingjing.StaffRole, Login: "h-1", Role: mingjing.RoleHandler},
		"last_administrator":         {Step: mingjing.StaffDisable, Login: "adm-1"},
	} {
		_, err := c.ChangeStaff(ctx, operator, ch)
		wants(t, err, want)
	}
	_, err := c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffDisable, Login: "h-1"})
	must(t, err)
	_, err = c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffReset, Login: "h-1"})
	wants(t, err, "staff_disabled")
}

func TestSetupAddsTheFirstAdministratorAndNoSecond(t *testing.T) {
	c, _ := staffedCity(t)
	there, made, err := c.Setup(ctx, operator, "adm-1", "First")
	must(t, err)
	if len(there) != 0 || made.Code == nil || made.Member.Role != mingjing.RoleAdministrator {
		t.Errorf("%+v, %+v", there, made)
	}
	for range 2 {
		there, again, err := c.Setup(ctx, operator, "adm-2", "Second")
		must(t, err)
		if len(there) != 1 || there[0].Login != "adm-1" || again.Code != nil {
			t.Errorf("again it makes %+v, %+v", there, again)
		}
	}
	c.activate(t, "adm-1", made.Code.Code) // the second setup did not touch the code
}

func TestAnAdministratorIsChangedByTwoAndNobodyByThemselves(t *testing.T) {
	c, _ := staffedCity(t)
	one := c.added(t, "adm-1", mingjing.RoleAdministrator, "")
	second := staff.Change{Step: mingjing.StaffAdd, Login: "adm-2", Name: "Name of adm-2", Role: mingjing.RoleAdministrator}
	r, err := c.ChangeStaff(ctx, one, second) // while there is one, one is enough
	must(t, err)
	c.activate(t, "adm-2", r.Code.Code)
	two := mingjing.Actor{Role: mingjing.RoleAdministrator, ID: "adm-2", Name: "Name of adm-2", AAL: 2}
	c.added(t, "h-1", mingjing.RoleHandler, "")

	for _, step := range []string{mingjing.StaffRole, mingjing.StaffDisable, mingjing.StaffReset} {
		_, err := c.ChangeStaff(ctx, one, staff.Change{Step: step, Login: "adm-1", Role: mingjing.RoleHandler})
		wants(t, err, "self_administration")
	}
	_, err = c.ChangeStaff(ctx, one, staff.Change{Step: mingjing.StaffReset, Login: "adm-2", Alone: true, Reason: "I want to."})
	wants(t, err, "forbidden")

	promote := staff.Change{Step: mingjing.StaffRole, Login: "h-1", Role: mingjing.RoleAdministrator, Reason: "We need a third."}
	r, err = c.ChangeStaff(ctx, one, promote)
	must(t, err)
	if r.Proposal == nil || r.Code != nil {
		t.Fatalf("one administrator makes another: %+v", r)
	}
	if v, _ := c.StaffMember(ctx, operator, "h-1"); v.Role != mingjing.RoleHandler {
		t.Errorf("before it was confirmed they are %s", v.Role)
	}
	_, err = c.ChangeStaff(ctx, two, promote)
	wants(t, err, "proposal_open")
	_, err = c.ConfirmChange(ctx, one, r.Proposal.ID)
	wants(t, err, "second_administrator")
	_, err = c.ConfirmChange(ctx, mingjing.Actor{Role: mingjing.RoleAdministrator, ID: "h-1", AAL: 2}, r.Proposal.ID)
	wants(t, err, "self_administration")
	_, err = c.ConfirmChange(ctx, two, r.Proposal.ID)
	must(t, err)
	_, err = c.ConfirmChange(ctx, two, r.Proposal.ID)
	wants(t, err, "not_found")
	if v, _ := c.StaffMember(ctx, operator, "h-1"); v.Role != mingjing.RoleAdministrator {
		t.Errorf("after it was confirmed they are %s", v.Role)
	}

	// The operator is a second person too, but not of what a command has proposed.
	r, err = c.ChangeStaff(ctx, one, staff.Change{Step: mingjing.StaffReset, Login: "adm-2"})
	must(t, err)
	if r.Code != nil {
		t.Error("there is a code before anybody has confirmed")
	}
	done, err := c.ConfirmChange(ctx, operator, r.Proposal.ID)
	must(t, err)
	if done.Code == nil || c.state(t, "adm-2") != mingjing.StaffInvited {
		t.Errorf("the confirmed reset is %+v", done)
	}
	r, err = c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffDisable, Login: "adm-2"})
	must(t, err)
	_, err = c.ConfirmChange(ctx, operator, r.Proposal.ID)
	wants(t, err, "second_administrator")
	must(t, c.RefuseChange(ctx, one, r.Proposal.ID))
	if v, err := c.StaffList(ctx, one); err != nil || len(v.Proposals) != 0 || c.state(t, "adm-2") != mingjing.StaffInvited {
		t.Errorf("after it was refused: %+v, %v", v, err)
	}
	// And where nobody is left, it does without, and the register says so.
	_, err = c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffDisable, Login: "adm-2", Alone: true, Reason: "The other is ill."})
	must(t, err)
	v, err := c.StaffRegister(ctx, auditor, "")
	must(t, err)
	if e := v.Entries[0]; !e.Alone || e.Reason != "The other is ill." || e.By != "" || e.ByName != "root" {
		t.Errorf("the register has %+v", e)
	}
}

func TestTheStaffRegisterHasEachStepAndShowsWhenSomebodyTouchedIt(t *testing.T) {
	c, _ := staffedCity(t)
	one := c.added(t, "adm-1", mingjing.RoleAdministrator, "")
	for n := range 60 {
		_, err := c.ChangeStaff(ctx, one, staff.Change{Step: mingjing.StaffAdd, Login: fmt.Sprintf("h-%d", n), Name: "A",
			Role: mingjing.RoleHandler})
		must(t, err)
	}
	var all []mingjing.StaffEntry
	for cursor := ""; ; {
		v, err := c.StaffRegister(ctx, auditor, cursor)
		must(t, err)
		all = append(all, v.Entries...)
		if cursor = v.Next; cursor == "" {
			break
		}
	}
	if len(all) != 62 || all[61].Step != mingjing.StaffAdd || all[60].Step != mingjing.StaffActivated || all[60].By != "adm-1" ||
		all[0].By != "adm-1" {
		t.Fatalf("%d entries: %+v", len(all), all[60:])
	}
	if i := slices.IndexFunc(all, func(e mingjing.StaffEntry) bool { return e.Broken }); i >= 0 {
		t.Errorf("an entry that nobody has touched is broken: %+v", all[i])
	}
	follows := func(e mingjing.StaffEntry, before string) string {
		e.Hash = ""
		text, err := json.Marshal(e)
		must(t, err)
		return fmt.Sprintf("%x", sha256.Sum256(append([]byte(before+"\n"), text...)))
	}
	for i, e := range all[:len(all)-1] {
		if e.Hash != follows(e, all[i+1].Hash) {
			t.Fatalf("the hash of entry %d does not follow from it and the one before", e.Seq)
		}
	}
	wrong := all[0]
	wrong.Seq, wrong.Name = 63, "Somebody Else"
	must(t, c.store.Tx(ctx, func(tx casework.Tx) error { return tx.AddStaffEntry(ctx, wrong) }))
	v, err := c.StaffRegister(ctx, one, "")
	must(t, err)
	if !v.Entries[0].Broken || v.Entries[1].Broken {
		t.Errorf("an entry that somebody has written is not shown: %+v", v.Entries[:2])
	}
	_, err = c.StaffRegister(ctx, one, "x")
	wants(t, err, "invalid_cursor")
}

func TestTheOpenCasesOfWhoLeavesGoBackToTheQueue(t *testing.T) {
	for name, leave := range map[string]staff.Change{"disabled": {Step: mingjing.StaffDisable},
		"another role": {Step: mingjing.StaffRole, Role: mingjing.RoleAuditor}, "to an agency": {Step: mingjing.StaffRole,
			Role: mingjing.RoleAgency, Agency: "court"}} {
		t.Run(name, func(t *testing.T) {
			c, d := staffedCity(t)
			who := c.added(t, "h-1", mingjing.RoleHandler, "")
			a, record, _ := c.owing(t, 1)
			id := c.file(t, a, record, "").ID
			_, err := c.Assign(ctx, who, id)
			must(t, err)
			b, other, _ := c.owing(t, 2)
			asked := c.file(t, b, other, "").ID
			_, err = c.Assign(ctx, who, asked)
			must(t, err)
			_, err = c.AskAgency(ctx, who, asked)
			must(t, err)

			_, err = c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffRole, Login: "h-1", Role: mingjing.RoleSupervisor})
			must(t, err)
			must(t, c.did(ctx, staff.JobApply, "h-1"))
			if k, err := c.Case(ctx, supervisor, id); err != nil || k.Handler != who.Name {
				t.Errorf("who goes on working loses the case: %q, %v", k.Handler, err)
			}
			leave.Login = "h-1"
			_, err = c.ChangeStaff(ctx, operator, leave)
			must(t, err)
			d.err = errors.New("the identity service is away")
			if err := c.did(ctx, staff.JobApply, "h-1"); err == nil {
				t.Error("the job is done though nobody's session ended")
			}
			d.err = nil
			for range 2 {
				must(t, c.did(ctx, staff.JobApply, "h-1"))
			}
			if m := d.applied[len(d.applied)-1]; m.Login != "h-1" || m.State != mingjing.StaffDisabled && m.Role == mingjing.RoleSupervisor {
				t.Errorf("applied was %+v", m)
			}
			for id, state := range map[string]mingjing.CaseState{id: mingjing.CaseFiled, asked: mingjing.CaseAgencyAsked} {
				k := c.opens(t, handler2, id)
				last := k.Timeline[len(k.Timeline)-1]
				if k.Handler != "" || k.State != state || last.Code != "released" {
					t.Errorf("the case is %s, with %q: %+v", k.State, k.Handler, last)
				}
				if _, err := c.Assign(ctx, handler2, id); err != nil {
					t.Errorf("nobody else can take it: %v", err)
				}
			}
			must(t, c.did(ctx, staff.JobApply, "h-1"))
			if k, err := c.Case(ctx, supervisor, id); err != nil || k.Handler != handler2.Name {
				t.Errorf("somebody else loses it: %q, %v", k.Handler, err)
			}
			if looks := c.looks(t, a); !slices.ContainsFunc(looks, func(l mingjing.AccessEntry) bool { return l.Action == "release_case" }) {
				t.Error("the resident's log does not have it")
			}
		})
	}
}

// The test has no deadline of its own: a worker that never tells is ended with the test.
func TestOpenPagesHearOfWhatACommandOfAnotherProcessChanges(t *testing.T) {
	c, _ := staffedCity(t) // the command
	server := cityOn(t, c.store, func(cfg *casework.Config) { cfg.Logins = &testLogins{} })
	until, stop := context.WithCancel(t.Context())
	defer stop()
	var auditors, administrators bool
	server.bus.tell = func(audience string, e mingjing.Event) {
		if e.Kind != mingjing.EventStaff || e.ID != "h-7" {
			return
		}
		auditors = auditors || audience == casework.Audience(auditor)
		administrators = administrators || audience == casework.Audience(administrator)
		if auditors && administrators {
			stop()
		}
	}
	_, err := c.ChangeStaff(ctx, operator, staff.Change{Step: mingjing.StaffAdd, Login: "h-7", Name: "A", Role: mingjing.RoleHandler})
	must(t, err)
	if server.bus.count(mingjing.AudienceAdministrators, mingjing.EventStaff) > 0 {
		t.Fatal("the command has told the server's pages itself")
	}
	if err := server.bureau.Work(until); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if !auditors || !administrators {
		t.Error("an open page does not hear of it")
	}
}

// linked returns somebody of the desk who is that resident, and another than the actor
// is.
func (c *city) linked(t tb, a, self mingjing.Actor) mingjing.Actor {
	t.Helper()
	a.ID += "-self"
	c.do(t, func(o opened) error {
		r, err := o.Resident(ctx, mingjing.ResidentID(self.ID))
		must(t, err)
		must(t, o.AddMember(ctx, staff.Member{StaffMember: mingjing.StaffMember{Login: a.ID, Role: a.Role, Linked: true}}))
		return o.LinkMember(ctx, a.ID, r.IDNumber)
	})
	return a
}
