package casework_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/register"
)

// newcomer returns somebody who can be enrolled.
func newcomer(n int) register.Newcomer {
	return register.Newcomer{IDNumber: idNumber(n), Name: "新居民", Lang: "en", Address: "1 River Road\r\n\nHuangpu "}
}

func TestAWrongLineIsAnsweredAndStopsNoOther(t *testing.T) {
	c, _ := staffedCity(t)
	with := func(change func(n *register.Newcomer)) register.Newcomer {
		n := newcomer(9)
		change(&n)
		return n
	}
	for _, k := range []struct {
		line register.Newcomer
		want string
	}{
		{with(func(n *register.Newcomer) { n.IDNumber = " " }), "id_number:required"},
		{with(func(n *register.Newcomer) { n.IDNumber = n.IDNumber[1:] }), "id_number:id_number_length"},
		{with(func(n *register.Newcomer) { n.IDNumber = "A" + n.IDNumber[1:] }), "id_number:id_number_digits"},
		{with(func(n *register.Newcomer) { n.IDNumber = "999999" + "20270101" + n.IDNumber[14:] }), "id_number:id_number_date"},
		{with(func(n *register.Newcomer) { n.IDNumber = n.IDNumber[:17] + "Z" }), "id_number:id_number_digits"},
		{with(func(n *register.Newcomer) { n.IDNumber = otherCheck(n.IDNumber) }), "id_number:id_number_check"},
		{with(func(n *register.Newcomer) { n.Name = "\t" }), "name:name_required"},
		{with(func(n *register.Newcomer) { n.Name = strings.Repeat("名", 101) }), "name:name_required"},
		{with(func(n *register.Newcomer) { n.Name = "a\x07b" }), "name:characters_strange"},
		{with(func(n *register.Newcomer) { n.Lang = "fr" }), "language:letter_language"},
		{with(func(n *register.Newcomer) { n.Address = strings.Repeat("路", 201) }), "address:address_long"},
		{with(func(n *register.Newcomer) { n.Address = "1\n2\n3\n4\n5\n6" }), "address:address_long"},
		{with(func(n *register.Newcomer) { n.Address = "\ufffd" }), "address:characters_strange"},
		{with(func(n *register.Newcomer) { n.Name, n.Lang = "", "fr" }), "name:name_required language:letter_language"},
		{with(func(n *register.Newcomer) { n.Lang, n.Address = "", "" }), ""},
	} {
		answers, err := c.EnrolAll(ctx, operator, []register.Newcomer{k.line, newcomer(1)})
		must(t, err)
		var got []string
		for _, f := range answers[0].Wrong {
			got = append(got, f.Field+":"+f.Code)
		}
		if strings.Join(got, " ") != k.want {
			t.Errorf("%+v is answered %v, want %s", k.line, got, k.want)
		}
		if answers[1].Wrong != nil {
			t.Errorf("beside %+v a right line is answered %+v", k.line, answers[1])
		}
	}
	if n, err := c.Residents(ctx); n != 2 || err != nil {
		t.Errorf("%d are enrolled, %v", n, err)
	}
}

// otherCheck returns an ID number with a check character that is not its own.
func otherCheck(n string) string {
	if n[17] == '1' {
		return n[:17] + "2"
	}
	return n[:17] + "1"
}

func TestEnrollingAgainSaysSoAndChangesNothing(t *testing.T) {
	c, _ := staffedCity(t)
	first, err := c.EnrolAll(ctx, operator, []register.Newcomer{newcomer(1), newcomer(1)})
	must(t, err)
	if first[0].There || !first[1].There || first[0].Masked != mingjing.IDNumber(idNumber(1)).Masked() {
		t.Errorf("one person twice is answered %+v", first)
	}
	other := newcomer(1)
	other.Name, other.Address = "另一人", "Elsewhere"
	again, err := c.EnrolAll(ctx, operator, []register.Newcomer{other, newcomer(2)})
	must(t, err)
	if want := []bool{true, false}; !reflect.DeepEqual([]bool{again[0].There, again[1].There}, want) {
		t.Errorf("again: %+v", again)
	}
	id, err := c.Enrol(ctx, mingjing.IDNumber(idNumber(1)), "Somebody")
	must(t, err)
	log := c.looks(t, mingjing.Actor{Role: mingjing.RoleResident, ID: string(id)})
	if len(log) != 1 || log[0].Action != "enrol" || log[0].Role != mingjing.RoleSystem {
		t.Errorf("their access log has %+v", log)
	}
	var got kernel.Resident
	c.peek(t, func(tx opened) (err error) { got, err = tx.Resident(ctx, id); return err })
	if got.Name != "新居民" || got.Address != "1 River Road\nHuangpu" || got.Lang != "en" {
		t.Errorf("enrolled is %q at %q in %q", got.Name, got.Address, got.Lang)
	}
}

func TestOnlyCommandsEnrolFromAFile(t *testing.T) {
	c, _ := staffedCity(t)
	for _, a := range []mingjing.Actor{{}, c.resident(t, 1), handler, supervisor, auditor, kernel.System,
		{Role: mingjing.RoleAdministrator, ID: "adm-1", AAL: 2}, {Role: mingjing.RoleAgency, ID: "g-1", Agency: "court", AAL: 2}} {
		if out, err := c.EnrolAll(ctx, a, []register.Newcomer{newcomer(5)}); out != nil || !errors.Is(err, kernel.ErrForbidden) {
			t.Errorf("%s enrols: %+v, %v", a.Role, out, err)
		}
		if out, err := c.NextLetters(ctx, a, time.Time{}, monday, 0, 9); out != nil || !errors.Is(err, kernel.ErrForbidden) {
			t.Errorf("%s writes letters: %+v, %v", a.Role, out, err)
		}
		if err := c.KeepLetters(ctx, a, "file", time.Time{}, nil); !errors.Is(err, kernel.ErrForbidden) {
			t.Errorf("%s keeps letters: %v", a.Role, err)
		}
		if kept, err := c.LettersKept(ctx, a, "file"); kept || !errors.Is(err, kernel.ErrForbidden) {
			t.Errorf("%s asks for a file of letters: %v", a.Role, err)
		}
	}
	if n, err := c.Residents(ctx); n != 1 || err != nil {
		t.Errorf("%d are enrolled, %v", n, err)
	}
}

// withCode enrols somebody who has a code for an hour.
func (c *city) withCode(t *testing.T, n int) (mingjing.ResidentID, string) {
	t.Helper()
	id, err := c.Enrol(ctx, mingjing.IDNumber(idNumber(n)), "新居民")
	must(t, err)
	k, err := c.IssueCode(ctx, id, time.Hour)
	must(t, err)
	return id, k.Code
}

func TestACodeActivatesOnceAndInItsTime(t *testing.T) {
	c, d := staffedCity(t)
	id, code := c.withCode(t, 1)
	other, _ := c.withCode(t, 2)
	activate := func(n mingjing.IDNumber, code string) (string, error) {
		return c.Activate(ctx, n, code, "a quiet mirror 7", mingjing.Client{})
	}
	for what, k := range map[string]struct {
		n    mingjing.IDNumber
		code string
	}{
		"a wrong code": {mingjing.IDNumber(idNumber(1)), "0000-0000-0000"}, "another's code": {mingjing.IDNumber(idNumber(2)), code},
		"nobody's": {mingjing.IDNumber(idNumber(8)), code},
		"no code":  {mingjing.IDNumber(idNumber(1)), ""}, "one digit short": {mingjing.IDNumber(idNumber(1)), code[:13]},
	} {
		token, err := activate(k.n, k.code)
		wants(t, err, "activation_failed")
		if token != "" {
			t.Errorf("%s opens a session", what)
		}
	}
	// Where the login can't be changed, the code stays good.
	d.err = mingjing.NewError(mingjing.Unavailable, "identity_down")
	_, err := activate(mingjing.IDNumber(idNumber(1)), code)
	wants(t, err, "identity_down")
	d.err = nil
	typed := strings.NewReplacer("-", " ", "1", "１", "7", "７").Replace(code)
	if token, err := activate(mingjing.IDNumber(idNumber(1)), " "+typed+"　"); err != nil || !strings.HasPrefix(token, string(id)) {
		t.Errorf("%q, issued as %q, is told %v and %q", typed, code, err, token)
	}
	_, err = activate(mingjing.IDNumber(idNumber(1)), code)
	wants(t, err, "activation_failed")
	if _, err := c.IssueCode(ctx, id, time.Hour); err == nil {
		t.Error("who is active gets another first code")
	}
	late, err := c.IssueCode(ctx, other, time.Hour)
	must(t, err)
	c.clock.pass(time.Hour + time.Second)
	_, err = activate(mingjing.IDNumber(idNumber(2)), late.Code)
	wants(t, err, "activation_failed")
	var did []string
	for _, e := range c.looks(t, mingjing.Actor{Role: mingjing.RoleResident, ID: string(id)}) {
		did = append(did, e.Action)
	}
	if slices.Sort(did); strings.Join(did, " ") != "activate activate" { // the first failed
		t.Errorf("the access log has %v", did)
	}
}

func TestTwoWhoUseOneCodeAtOnceActivateOnce(t *testing.T) {
	c, _ := staffedCity(t)
	_, code := c.withCode(t, 1)
	done := make(chan error)
	for range 8 {
		go func() {
			_, err := c.Activate(context.Background(), mingjing.IDNumber(idNumber(1)), code, "a quiet mirror 7", mingjing.Client{})
			done <- err
		}()
	}
	good := 0
	for range 8 {
		if err := <-done; err == nil {
			good++
		} else if e, ok := errors.AsType[*mingjing.Error](err); !ok || e.Code != "activation_failed" {
			t.Error(err)
		}
	}
	if good != 1 {
		t.Errorf("one code activated %d times", good)
	}
}

func TestTheCounterGivesANewCodeAfterADocumentWasChecked(t *testing.T) {
	c, _ := staffedCity(t)
	id, old := c.withCode(t, 1)
	me := mingjing.Actor{Role: mingjing.RoleResident, ID: string(id)}
	found, err := c.Counter(ctx, handler, mingjing.IDNumber(idNumber(1)))
	must(t, err)
	for what, k := range map[string]struct {
		a               mingjing.Actor
		visit, document string
		want            string
	}{
		"a resident":          {me, found.Visit, "id_card", "forbidden"},
		"nobody":              {mingjing.Actor{}, found.Visit, "id_card", "forbidden"},
		"an auditor":          {auditor, found.Visit, "id_card", "forbidden"},
		"an administrator":    {administrator, found.Visit, "id_card", "forbidden"},
		"an officer":          {judge, found.Visit, "id_card", "forbidden"},
		"a command":           {operator, found.Visit, "id_card", "forbidden"},
		"without a factor":    {mingjing.Actor{Role: mingjing.RoleHandler, ID: handler.ID, AAL: 1}, found.Visit, "id_card", "aal2_required"},
		"another's look-up":   {handler2, found.Visit, "id_card", "visit_over"},
		"no look-up":          {handler, "", "id_card", "visit_over"},
		"no document":         {handler, found.Visit, "", "document:document_required"},
		"a document of a pub": {handler, found.Visit, "library_card", "document:document_required"},
	} {
		v, err := c.CodeAtCounter(ctx, k.a, k.visit, k.document)
		if wants(t, err, k.want); !reflect.DeepEqual(v, mingjing.CounterView{}) {
			t.Errorf("%s is shown %+v", what, v)
		}
	}
	before := len(c.looks(t, me))
	v, err := c.CodeAtCounter(ctx, handler, found.Visit, "passport")
	must(t, err)
	if v.Code == nil || v.Visit != "" || !v.Code.Until.Equal(monday.Add(register.CounterCodeLifespan)) {
		t.Fatalf("the counter shows %+v", v)
	}
	if log := c.looks(t, me); len(log) != before+1 || log[0].Action != "counter_code" || log[0].By != handler.ID ||
		log[0].Who != handler.Name || log[0].Purpose != "checked_passport" {
		t.Errorf("the access log begins with %+v", log[0])
	}
	inbox, err := c.Notices(ctx, me, "")
	must(t, err)
	if len(inbox.Notices) != 1 || inbox.Notices[0].Kind != mingjing.NoticeSecurity || inbox.Notices[0].Code != mingjing.SecurityCounterCode {
		t.Errorf("the inbox has %+v", inbox.Notices)
	}
	_, err = c.Activate(ctx, mingjing.IDNumber(idNumber(1)), old, "a quiet mirror 7", mingjing.Client{})
	wants(t, err, "activation_failed")
	token, err := c.Activate(ctx, mingjing.IDNumber(idNumber(1)), v.Code.Code, "a quiet mirror 7", mingjing.Client{})
	if err != nil || token == "" {
		t.Errorf("the new code is told %v", err)
	}
	c.clock.pass(time.Hour + time.Second)
	_, err = c.CodeAtCounter(ctx, handler, found.Visit, "passport")
	wants(t, err, "visit_over")
}

func TestOnePersonIsEnrolledAtTheCounter(t *testing.T) {
	c, _ := staffedCity(t)
	for _, a := range []mingjing.Actor{{}, c.resident(t, 7), auditor, administrator, judge, operator} {
		out, err := c.EnrolAtCounter(ctx, a, newcomer(1), "id_card")
		if wants(t, err, "forbidden"); out != (mingjing.CounterEnrolment{}) {
			t.Errorf("%s enrols %+v", a.Role, out)
		}
	}
	bad := newcomer(1)
	bad.Name = ""
	_, err := c.EnrolAtCounter(ctx, handler, bad, "")
	wants(t, err, "name:name_required")
	made, err := c.EnrolAtCounter(ctx, handler, newcomer(1), "id_card")
	must(t, err)
	if made.Name != "新居民" || made.IDMasked != mingjing.IDNumber(idNumber(1)).Masked() || made.Code == "" {
		t.Errorf("made is %+v", made)
	}
	again, err := c.EnrolAtCounter(ctx, supervisor, newcomer(1), "id_card")
	if wants(t, err, "already_enrolled"); again != (mingjing.CounterEnrolment{}) {
		t.Errorf("again: %+v", again)
	}
	id, err := c.Enrol(ctx, mingjing.IDNumber(idNumber(1)), "Somebody")
	must(t, err)
	log := c.looks(t, mingjing.Actor{Role: mingjing.RoleResident, ID: string(id)})
	if len(log) != 2 || log[1].By != handler.ID || log[0].By != supervisor.ID || log[0].Action != "enrol" ||
		log[0].Purpose != "checked_id_card" {
		t.Errorf("the access log has %+v", log)
	}
	// Nobody enrols or serves themselves.
	self := c.linked(t, handler, mingjing.Actor{Role: mingjing.RoleResident, ID: string(id)})
	_, err = c.EnrolAtCounter(ctx, self, newcomer(1), "id_card")
	wants(t, err, "case_own")
	if _, err := c.Activate(ctx, mingjing.IDNumber(idNumber(1)), made.Code, "a quiet mirror 7", mingjing.Client{}); err != nil {
		t.Errorf("the code is told %v", err)
	}
}
