package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"mingjing"
	"mingjing/server/identity/passkeytest"
)

// An install is a data folder of an operator, with the commands on it.
type install struct {
	t   *testing.T
	dir string
	env []string
}

// newInstall returns an empty data folder and settings without the demo city.
func newInstall(t *testing.T, more ...string) *install {
	t.Helper()
	bin, err := kratosBin()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	agencies := filepath.Join(dir, "agencies.json")
	if err := os.WriteFile(agencies, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return &install{t, dir, append(more, "DATA", filepath.Join(dir, "data"), "ADDR", "127.0.0.1:0", "KRATOS_BIN", bin,
		"AGENCIES", agencies, "LOG_LEVEL", "error")}
}

// run runs a command and returns its exit code and what it says.
func (i *install) run(args ...string) (code int, out, errs string) {
	i.t.Helper()
	var o, e bytes.Buffer
	code = run(i.t.Context(), args, env(i.env...), &o, &e)
	return code, o.String(), e.String()
}

// must runs a command that has to go well, and returns what it says.
func (i *install) must(args ...string) string {
	i.t.Helper()
	code, out, errs := i.run(args...)
	if code != 0 {
		i.t.Fatalf("%v: exit %d\n%s%s", args, code, out, errs)
	}
	return out
}

var codePattern = regexp.MustCompile(`(?m)^code +([a-z2-9]{4}(-[a-z2-9]{4}){3})$`)

// codeIn returns the one-time code that a command printed.
func codeIn(t *testing.T, out string) string {
	t.Helper()
	m := codePattern.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("there is no code in %s", out)
	}
	return m[1]
}

func TestSetupMakesTheFirstAdministratorAndTwiceDoesNoHarm(t *testing.T) {
	t.Parallel()
	i := newInstall(t)
	if code, _, errs := i.run("setup"); code != 1 || !strings.Contains(errs, "--number and --name") {
		t.Errorf("with nobody to ask: exit %d, %s", code, errs)
	}
	if code, _, errs := i.run("setup", "--number", "no number!", "--name", "A"); code != 1 || !strings.Contains(errs,
		"login: A staff number") {
		t.Errorf("with a number that is none: exit %d, %s", code, errs)
	}
	out := i.must("setup", "--number", "adm-1", "--name", "Zhao Min")
	code := codeIn(t, out)
	for _, part := range []string{"settings ", "keys ", "master key ", "database ", "redis ", "kratos ", "adm-1", "Zhao Min",
		"/zh-CN/staff/activate"} {
		if !strings.Contains(out, part) {
			t.Errorf("it does not say %q:\n%s", part, out)
		}
	}
	secrets, err := os.ReadFile(filepath.Join(i.dir, "data", "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	again := i.must("setup", "--number", "adm-2", "--name", "Somebody Else")
	if codePattern.MatchString(again) || !strings.Contains(again, "nothing was changed") || strings.Contains(again, "Somebody Else") {
		t.Errorf("again it says %s", again)
	}
	if after, err := os.ReadFile(filepath.Join(i.dir, "data", "secrets.json")); err != nil || !bytes.Equal(after, secrets) {
		t.Errorf("the keys are others: %v", err)
	}
	if list := i.must("staff", "list"); strings.Count(list, "\n") != 1 || !strings.Contains(list, "adm-1\tZhao Min\tadministrator\tinvited") {
		t.Errorf("there are %s", list)
	}
	// Neither the code nor the name is anywhere on the disk.
	if found := filesWith(t, filepath.Join(i.dir, "data"), code, strings.ReplaceAll(code, "-", ""), "Zhao Min"); len(found) > 0 {
		t.Errorf("can be read: %v", found)
	}
}

func filesWith(t *testing.T, dir string, texts ...string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(data, []byte(text)) {
				found = append(found, path+": "+text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSetupAsksAtATerminal(t *testing.T) {
	i := newInstall(t)
	var out, errs bytes.Buffer
	in := strings.NewReader("adm-7\nZhao Min\n")
	if code := runSetup(t.Context(), nil, env(i.env...), in, &out, &errs); code != 0 || !strings.Contains(out.String(), "Name: ") {
		t.Fatalf("exit %d, %s%s", code, &out, &errs)
	}
	codeIn(t, out.String())
}

func TestSetupSaysWhatIsWrong(t *testing.T) {
	for want, more := range map[string][]string{
		"AGENCIES":     {"AGENCIES", "/nowhere/agencies.json"},
		"ADDR must be": {"ADDR", "nowhere"},
		"database url": {"DATABASE_URL", "mysql://somewhere"},
		"REDIS_URL":    {"REDIS_URL", "redis://127.0.0.1:1"},
		"kratos":       {"KRATOS_BIN", "/nowhere/kratos"},
		"KRATOS":       {"KRATOS_PUBLIC_URL", "http://127.0.0.1:1", "KRATOS_ADMIN_URL", "http://127.0.0.1:1"},
	} {
		i := newInstall(t, more...)
		code, out, errs := i.run("setup", "--number", "adm-1", "--name", "A")
		if code == 0 || !strings.Contains(strings.ToLower(errs), strings.ToLower(want)) || codePattern.MatchString(out) {
			t.Errorf("%v: exit %d, %s%s", more, code, out, errs)
		}
	}
}

func TestTheCommandsAboutStaffSayWhatIsWrong(t *testing.T) {
	i := newInstall(t)
	for _, k := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"staff"}, 2, "a command is missing"}, {[]string{"staff", "dance"}, 2, "no command"}, {[]string{"staff", "help"}, 0, ""},
		{[]string{"staff", "add"}, 2, "wants 1 words"}, {[]string{"staff", "role", "h-1"}, 2, "wants 2 words"},
		{[]string{"staff", "add", "h-1"}, 1, "name: Please write the name"},
		{[]string{"staff", "add", "h-1", "--name", "A", "--role", "mayor"}, 1, "role: Please choose"},
		{[]string{"officer", "add", "g-1", "--name", "A"}, 1, "agency: Please choose"},
		{[]string{"staff", "add", "h-1", "--name", "A", "--role", "handler", "--id-number", "1"}, 1, "id_number: "},
		{[]string{"staff", "link", "h-1", "--id-number", "99999919800101123X"}, 1, "id_number: "},
		{[]string{"staff", "disable", "h-1"}, 1, "There is no member of staff"},
		{[]string{"staff", "confirm", "nothing"}, 1, ""},
	} {
		if code, out, errs := i.run(k.args...); code != k.code || !strings.Contains(errs, k.says) || out+errs == "" {
			t.Errorf("%v: exit %d, %s%s", k.args, code, out, errs)
		}
	}
	codeIn(t, i.must("staff", "add", "h-1", "--name", "A", "--role", "handler"))
	codeIn(t, i.must("officer", "add", "--agency", "court", "g-1", "--name", "B"))
	if _, _, errs := i.run("staff", "add", "H-1", "--name", "A", "--role", "handler"); !strings.Contains(errs, "taken already") {
		t.Errorf("one number twice: %s", errs)
	}
	if list := i.must("officer", "list"); list != "g-1\tB\tagency court\t"+strings.SplitN(list, "\t", 4)[3] || strings.Contains(list, "h-1") {
		t.Errorf("the officers are %s", list)
	}
	if list := i.must("staff", "list"); strings.Count(list, "not known as a resident") != 2 {
		t.Errorf("the list is %s", list)
	}
	number := string(mingjing.MakeIDNumber("99999919800101123"))
	i.must("staff", "link", "h-1", "--id-number", number)
	var out, errs bytes.Buffer
	if code := runStaff(t.Context(), []string{"link", "g-1"}, true, env(i.env...), strings.NewReader(number+"\n"), &out, &errs); code != 0 {
		t.Errorf("a number from standard input: exit %d, %s", code, &errs)
	}
	if list := i.must("staff", "list"); strings.Contains(list, "not known as a resident") || strings.Contains(out.String()+list, number) {
		t.Errorf("after the links the list is %s", list)
	}
	if out := i.must("staff", "register"); strings.Count(out, "\n") != 4 || strings.Contains(out, number) || strings.Contains(out, "ALTERED") {
		t.Errorf("the register is %s", out)
	}
}

// opened returns a server on the install, which has no demo city.
func (i *install) opened() *city {
	i.t.Helper()
	theOpenCity(i.t) // inspect needs it for descriptions
	s, err := readSettings(env(i.env...))
	if err != nil {
		i.t.Fatal(err)
	}
	s.loginFloor, s.ProxyHops, s.LogLevel = time.Millisecond, 1, -4
	c, err := start(s)
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() {
		if err := c.end(); err != nil {
			i.t.Error("stopping:", err)
		}
	})
	return c
}

const staffPassword = "a quiet mirror 7"

// activates has a member set up the login by the forms, as without scripts, and returns
// their browser, the secret and the recovery codes.
func (c *city) activates(t *testing.T, login, code string) (b *browser, secret string, recovery []string) {
	t.Helper()
	b = c.browser(t)
	first := b.page("staff/activate").want(200)
	wrong := b.fill(first, "/api/staff/activate", map[string]string{"login": login, "code": code, "new_password": "short"}).want(422)
	if strings.Contains(string(wrong.body), code) {
		t.Error("the code is sent back to the browser")
	}
	second := b.fill(first, "/api/staff/activate", map[string]string{"login": login, "code": code, "new_password": staffPassword}).want(200)
	secret = strings.ReplaceAll(second.html().Find("#secret").Text(), " ", "")
	if second.html().Find("svg.qr path").AttrOr("d", "") == "" || len(secret) != 32 {
		t.Fatalf("the second factor is %q", secret)
	}
	again := b.fill(second, "/api/staff/activate/confirm", map[string]string{"totp": "000000"}).want(422)
	if strings.ReplaceAll(again.html().Find("#secret").Text(), " ", "") != secret {
		t.Error("after a mistyped code the secret is not shown again")
	}
	now, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	last := b.fill(again, "/api/staff/activate/confirm", map[string]string{"totp": now}).want(200)
	for _, k := range last.html().Find(".recovery-codes code").EachIter() {
		recovery = append(recovery, k.Text())
	}
	if len(recovery) != 10 || strings.Contains(string(last.body), secret) {
		t.Errorf("the last page has the recovery codes %v", recovery)
	}
	return b, secret, recovery
}

// logsIn logs a member in by a recovery code.
func (c *city) logsIn(t *testing.T, login, code string) answer {
	t.Helper()
	return c.browser(t).json("POST", "/api/staff/login", map[string]any{"login": login, "password": staffPassword, "totp": code})
}

func TestACityOpensWithAnAdministratorWhoAddsTheOthers(t *testing.T) {
	t.Parallel()
	i := newInstall(t)
	first := codeIn(t, i.must("setup", "--number", "adm-1", "--name", "Zhao Min"))
	c := i.opened()
	admin, secret, _ := c.activates(t, "adm-1", first)
	if code := c.browser(t).json("POST", "/api/staff/activate", map[string]any{"login": "adm-1", "code": first,
		"new_password": staffPassword}).problem(422); code != "staff_activation_failed" {
		t.Errorf("the code is good twice: %s", code)
	}
	for _, page := range []string{"admin", "admin/counter", "admin/workload", "overview"} { // nothing of any resident
		admin.page(page).want(403)
	}

	list := admin.page("admin/staff").want(200)
	made := admin.fill(list, "/api/admin/staff", map[string]string{"login": "h-1", "name": "Shen Mo", "role": "handler"}).want(200)
	code := made.html().Find("#one-time-code").Text()
	if strings.Contains(string(admin.page("admin/staff").want(200).body), code) {
		t.Error("the code is shown twice")
	}
	// Who they are as a resident is given once, and is stored nowhere as it is.
	number := string(mingjing.MakeIDNumber("99999919800101123"))
	linked := func() bool {
		v := into[mingjing.StaffMemberView](admin.json("GET", "/api/admin/staff/h-1", nil).want(200))
		return v.Linked
	}
	theirs := admin.page("admin/staff/h-1").want(200)
	if linked() || !strings.Contains(string(theirs.body), "come to see or handle their own case") {
		t.Error("nobody is told that the handler can come to see their own case")
	}
	wrong := admin.fill(theirs, "/api/admin/staff/h-1/link", map[string]string{"id_number": number[:17] + "?"}).want(422)
	if strings.Contains(string(wrong.body), number[:17]) {
		t.Error("the number is sent back to the browser")
	}
	admin.fill(theirs, "/api/admin/staff/h-1/link", map[string]string{"id_number": number}).want(303)
	admin.json("POST", "/api/admin/staff/h-1/link", map[string]any{"id_number": number, "reason": "Checked."}).want(200)
	if !linked() {
		t.Error("the handler is not linked")
	}
	handler, _, recovery := c.activates(t, "h-1", code)
	handler.page("admin").want(200)
	handler.page("admin/staff").want(403)
	admin.json("POST", "/api/admin/staff/h-1/disable", map[string]any{"reason": "On leave."}).want(200)
	goneSoon(t, handler)
	if code := c.logsIn(t, "h-1", recovery[0]).problem(401); code != "login_failed" {
		t.Errorf("who is disabled logs in: %s", code)
	}
	admin.json("POST", "/api/admin/staff/h-1/enable", nil).want(200)
	eventually(t, 20*time.Second, "who is enabled logs in again", func() bool { return c.logsIn(t, "h-1", recovery[1]).status == 200 })

	// Nothing that anybody typed or was shown is on the disk or in the log.
	for _, wrong := range append(filesWith(t, filepath.Join(i.dir, "data"), first, code, secret, recovery[2], staffPassword, "Shen Mo",
		number),
		textsIn(c.logs.String(), number, first, code, secret, recovery[2], staffPassword, "Shen Mo")...) {
		if !strings.Contains(wrong, "kratos.sqlite") || !strings.HasSuffix(wrong, "Shen Mo") { // Kratos knows the names of staff
			t.Error("can be read:", wrong)
		}
	}
}

func textsIn(s string, texts ...string) (found []string) {
	for _, text := range texts {
		if strings.Contains(s, text) {
			found = append(found, "the log: "+text)
		}
	}
	return found
}

// goneSoon fails unless the session of a browser ends within seconds, and the stream of
// its open page with it.
func goneSoon(t *testing.T, b *browser) {
	t.Helper()
	eventually(t, 20*time.Second, "the session has ended", func() bool { return b.json("GET", "/api/me", nil).status == 401 })
}

func TestACommandHoldsInARunningServerWithinSeconds(t *testing.T) {
	t.Parallel()
	i := newInstall(t)
	i.must("setup", "--number", "adm-1", "--name", "Zhao Min")
	c := i.opened()
	for _, k := range []struct {
		args []string
		then string
	}{
		{[]string{"staff", "disable", "h-1"}, "disabled"},
		{[]string{"staff", "role", "h-2", "supervisor"}, "active"},
		{[]string{"staff", "reset", "h-3"}, "invited"},
		{[]string{"officer", "disable", "g-1"}, "disabled"},
	} {
		who := k.args[2]
		add := []string{"staff", "add", who, "--name", "Somebody", "--role", "handler"}
		if who == "g-1" {
			add = []string{"officer", "add", who, "--name", "Somebody", "--agency", "court"}
		}
		b, _, recovery := c.activates(t, who, codeIn(t, i.must(add...)))
		ws, _, err := b.stream("")
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan error, 1)
		go func() {
			for {
				if _, _, err := ws.ReadMessage(); err != nil {
					closed <- err
					return
				}
			}
		}()
		out := i.must(k.args...)
		goneSoon(t, b)
		select {
		case <-closed:
		case <-time.After(20 * time.Second):
			t.Errorf("%v: the stream stays open", k.args)
		}
		if list := i.must("staff", "list"); !strings.Contains(list, who+"\tSomebody\t") || !strings.Contains(list, "\t"+k.then) {
			t.Errorf("%v: the list is %s", k.args, list)
		}
		login := c.logsIn(t, who, recovery[0])
		switch k.then {
		case "active":
			if me := into[mingjing.Viewer](login.want(200)); me.Role != mingjing.RoleSupervisor {
				t.Errorf("they are %+v", me)
			}
		case "invited":
			login.want(401)
			c.activates(t, who, codeIn(t, out))
		default:
			login.want(401)
		}
	}
	if again := i.must("setup"); !strings.Contains(again, "is used by the server that is running") {
		t.Errorf("beside a server setup says %s", again)
	}
}

func TestAnAdministratorIsChangedByTwoOnThePages(t *testing.T) {
	t.Parallel()
	i := newInstall(t)
	c := i.opened()
	one, _, _ := c.activates(t, "adm-1", codeIn(t, i.must("staff", "add", "adm-1", "--name", "Zhao Min", "--role", "administrator")))
	two, _, _ := c.activates(t, "adm-2", codeIn(t, i.must("staff", "add", "adm-2", "--name", "Qian Yi", "--role", "administrator")))
	auditor, _, _ := c.activates(t, "a-1", codeIn(t, i.must("staff", "add", "a-1", "--name", "Qin Yue", "--role", "auditor")))

	one.json("POST", "/api/admin/staff/adm-1/role", map[string]any{"role": "handler"}).problem(403)
	if len(one.page("admin/staff/adm-1").want(200).html().Find("form[action^='/api/admin/staff/']").Nodes) > 0 {
		t.Error("an administrator is offered to change themselves")
	}
	page := one.page("admin/staff/a-1").want(200)
	if to := one.fill(page, "/api/admin/staff/a-1/role", map[string]string{"role": "administrator", "reason": "A third."}).to(); to !=
		"/en/admin/staff/a-1?done=staff_proposed" {
		t.Fatalf("making an administrator leads to %s", to)
	}
	auditor.page("admin/staff-register").want(200) // they are still an auditor
	list := two.page("admin/staff").want(200)
	confirm := list.html().Find("form[action$='/confirm']").AttrOr("action", "")
	if n := one.page("admin/staff").want(200).html().Find("form[action$='/confirm']").Length(); n != 0 || confirm == "" {
		t.Fatalf("who proposed is offered to confirm (%d), the other: %q", n, confirm)
	}
	two.fill(list, confirm, nil).want(200)
	goneSoon(t, auditor)

	r := into[mingjing.StaffResult](two.json("POST", "/api/admin/staff/a-1/reset", map[string]any{"reason": "Lost."}).want(200))
	if r.Proposal == nil || r.Code != nil {
		t.Fatalf("one resets another: %+v", r)
	}
	two.json("POST", "/api/admin/staff/proposals/"+r.Proposal.ID+"/refuse", nil).want(200)
	r = into[mingjing.StaffResult](two.json("POST", "/api/admin/staff/a-1/reset", nil).want(200))
	if r = into[mingjing.StaffResult](one.json("POST", "/api/admin/staff/proposals/"+r.Proposal.ID+"/confirm", nil).want(200)); r.Code == nil {
		t.Fatalf("what two have decided leads to %+v", r)
	}
	r = into[mingjing.StaffResult](two.json("POST", "/api/admin/staff/a-1/disable", nil).want(200))
	if out := i.must("staff", "list"); !strings.Contains(out, r.Proposal.ID) {
		t.Errorf("the proposal is not on the list: %s", out)
	}
	i.must("staff", "confirm", r.Proposal.ID)
	r = into[mingjing.StaffResult](
		one.json("POST", "/api/admin/staff", map[string]any{"login": "g-1", "name": "Gu Nan", "role": "agency", "agency": "court"}).want(201))
	// A program activates as the pages do.
	officer := c.browser(t)
	e := into[mingjing.StaffEnrolment](officer.json("POST", "/api/staff/activate", map[string]any{"login": "g-1", "code": r.Code.Code,
		"new_password": staffPassword}).want(200))
	now, err := totp.GenerateCode(strings.ReplaceAll(e.Secret, " ", ""), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e = into[mingjing.StaffEnrolment](
		officer.json("POST", "/api/staff/activate/confirm", map[string]any{"ticket": e.Ticket, "totp": now}).want(200))
	if len(e.Recovery) != 10 {
		t.Errorf("the recovery codes are %v", e.Recovery)
	}
	officer.page("agency").want(200)
	one.json("POST", "/api/admin/staff/g-1/role", map[string]any{"role": "auditor"}).want(200)
	// Reset, the member activates by a passkey, which opens the login until the next reset.
	r = into[mingjing.StaffResult](one.json("POST", "/api/admin/staff/g-1/reset", nil).want(200))
	named := &city{p: c.p, url: strings.Replace(c.url, "127.0.0.1", "localhost", 1), dir: c.dir, logs: c.logs, mail: c.mail}
	theirs, key := named.browser(t), passkeytest.New(named.url)
	e = into[mingjing.StaffEnrolment](theirs.json("POST", "/api/staff/activate", map[string]any{"login": "g-1", "code": r.Code.Code,
		"new_password": staffPassword}).want(200))
	q := into[mingjing.PasskeyQuestion](
		theirs.json("POST", "/api/staff/activate/key/question", map[string]any{"ticket": e.Ticket}).want(200))
	e = into[mingjing.StaffEnrolment](theirs.json("POST", "/api/staff/activate/key", map[string]any{"ticket": e.Ticket,
		"key_ticket": q.Ticket, "credential": key.Create(q.Options)}).want(200))
	if len(e.Recovery) != 10 {
		t.Errorf("the recovery codes are %v", e.Recovery)
	}
	byKey := func() answer {
		b := named.browser(t)
		q := into[mingjing.PasskeyQuestion](b.json("POST", "/api/passkey/question", nil).want(200))
		return b.json("POST", "/api/staff/login", map[string]any{"login": "g-1", "password": staffPassword, "ticket": q.Ticket,
			"credential": key.Get(q.Options)})
	}
	if me := into[mingjing.Viewer](byKey().want(200)); me.Role != mingjing.RoleAuditor {
		t.Errorf("the passkey logs in %+v", me)
	}
	one.json("POST", "/api/admin/staff/g-1/reset", nil).want(200)
	eventually(t, 30*time.Second, "the passkey is gone", func() bool { return byKey().status == 401 })
	one.json("GET", "/api/admin/staff", nil).want(200)
	one.json("GET", "/api/admin/staff/g-1", nil).want(200)

	v := into[mingjing.StaffRegisterView](one.json("GET", "/api/admin/staff-register", nil).want(200))
	var steps []string
	for _, e := range v.Entries {
		if steps = append(steps, e.Step); e.Broken {
			t.Errorf("broken: %+v", e)
		}
	}
	want := "reset activated reset role activated add disable proposed reset proposed refused " +
		"proposed role proposed activated add activated add activated add"
	if strings.Join(steps, " ") != want {
		t.Errorf("the register has %v", steps)
	}
	if out := i.must("staff", "register"); strings.Count(out, "\n") != len(steps) {
		t.Errorf("the command prints %s", out)
	}
}
