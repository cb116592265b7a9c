package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/demo"
)

// A registry keeps who was enrolled, as casework and identity do.
type registry struct {
	mu        sync.Mutex
	ids       map[mingjing.IDNumber]mingjing.ResidentID
	passwords map[string]string
	totp      map[string]string
	roles     map[string]mingjing.Role
	codes     int
	activated map[mingjing.IDNumber]bool
	links     map[string]mingjing.ResidentID
	// failAt makes the nth enrolment fail, once.
	failAt, calls int
}

func newRegistry() *registry {
	return &registry{ids: map[mingjing.IDNumber]mingjing.ResidentID{}, passwords: map[string]string{}, totp: map[string]string{},
		roles: map[string]mingjing.Role{}, activated: map[mingjing.IDNumber]bool{}, links: map[string]mingjing.ResidentID{}}
}

var errCut = errors.New("cut off")

func (r *registry) call() error {
	r.calls++
	if r.calls == r.failAt {
		return errCut
	}
	return nil
}

func (r *registry) Enrol(_ context.Context, n mingjing.IDNumber, _ string) (mingjing.ResidentID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.ids[n]; !ok {
		r.ids[n] = mingjing.ResidentID(fmt.Sprint("res-", len(r.ids)))
	}
	return r.ids[n], nil
}

func (r *registry) EnrolResident(_ context.Context, id mingjing.ResidentID, n mingjing.IDNumber, password string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.call(); err != nil {
		return err
	}
	if _, ok := r.passwords[string(n)]; !ok && id != "" {
		r.passwords[string(n)] = password
	}
	return nil
}

func (r *registry) EnrolOfficer(ctx context.Context, agency, login, name, password, totpSecret string) error {
	if agency == "" {
		return errors.New("an officer of no agency")
	}
	return r.EnrolStaff(ctx, mingjing.RoleAgency, login, name, password, totpSecret)
}

func (r *registry) EnrolStaff(_ context.Context, role mingjing.Role, login, name, password, totpSecret string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.call(); err != nil {
		return err
	}
	if _, ok := r.passwords[login]; !ok && name != "" {
		r.passwords[login], r.totp[login], r.roles[login] = password, totpSecret, role
	}
	return nil
}

func (r *registry) LinkStaff(_ context.Context, login string, self mingjing.ResidentID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.call(); err != nil {
		return err
	}
	if _, ok := r.roles[login]; !ok {
		return mingjing.NewError(mingjing.NotFound, "staff_unknown")
	}
	r.links[login] = self
	return nil
}

func (r *registry) IssueCode(_ context.Context, id mingjing.ResidentID, _ time.Duration) (mingjing.ActivationCode, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n, of := range r.ids {
		if of == id && r.activated[n] {
			return mingjing.ActivationCode{}, mingjing.NewError(mingjing.Conflict, "already_activated")
		}
	}
	r.codes++
	return mingjing.ActivationCode{Code: fmt.Sprintf("code-%d", r.codes)}, nil
}

func seed(t *testing.T, r *registry, file string) []demo.Account {
	t.Helper()
	list, err := demo.Seed(t.Context(), r, r, demo.Config{AccountsFile: file})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// opens checks that every account in the list is one that was enrolled.
func opens(t *testing.T, r *registry, list []demo.Account) {
	t.Helper()
	for _, a := range list {
		if a.Story == demo.StoryActivation { // the login is made when they activate
			continue
		}
		key := a.Login
		if a.Role == mingjing.RoleResident {
			key = string(a.IDNumber)
		}
		if got, ok := r.passwords[key]; !ok || got != a.Password || r.totp[a.Login] != a.TOTPSecret {
			t.Errorf("%s does not open", a)
		}
		if len(a.Password) < 16 {
			t.Errorf("%s has a short password", a)
		}
	}
}

func TestSeedEnrolsEverybodyAndASecondSeedChangesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo-accounts.json")
	r := newRegistry()
	first := seed(t, r, file)
	opens(t, r, first)
	roles := map[mingjing.Role]int{}
	for _, a := range first {
		roles[a.Role]++
		if a.Role != mingjing.RoleResident && r.roles[a.Login] != a.Role {
			t.Errorf("%s has the role %s", a.Login, r.roles[a.Login])
		}
	}
	if roles[mingjing.RoleHandler] != 2 || roles[mingjing.RoleSupervisor] != 1 || roles[mingjing.RoleAuditor] != 1 ||
		roles[mingjing.RoleAdministrator] != 1 {
		t.Errorf("%v", roles)
	}
	people := len(r.ids)
	second := seed(t, r, file)
	opens(t, r, second)
	if len(r.ids) != people || len(second) != len(first) {
		t.Error("somebody was enrolled twice")
	}
	for i := range first {
		first[i].ActivationCode, second[i].ActivationCode = "", ""
	}
	if !reflect.DeepEqual(first, second) {
		t.Error("a second seed changed an account")
	}
}

func TestAHandlerIsAlsoAResidentOfTheCity(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo-accounts.json")
	r := newRegistry()
	for range 2 { // a second seed changes nothing
		var resident, handler demo.Account
		for _, a := range seed(t, r, file) {
			switch {
			case a.Story == demo.StoryOwnCase:
				resident = a
			case a.Login == "h-1002":
				handler = a
			}
		}
		if resident.Role != mingjing.RoleResident || handler.Role != mingjing.RoleHandler || resident.Name != handler.Name {
			t.Errorf("%s %s is not %s %s", handler, handler.Name, resident, resident.Name)
		}
		if n, ok := demo.StoryIDNumber(demo.StoryOwnCase); !ok || n != resident.IDNumber {
			t.Errorf("the story is about %s", n)
		}
		if self := r.links["h-1002"]; self == "" || self != r.ids[resident.IDNumber] || len(r.links) != 1 {
			t.Errorf("the links are %v", r.links)
		}
	}
}

func TestSecretsAreThoseOfTheDataFolder(t *testing.T) {
	one, two := seed(t, newRegistry(), ""), seed(t, newRegistry(), "")
	seen := map[string]bool{}
	for _, a := range slices.Concat(one, two) {
		for _, s := range []string{a.Password, a.TOTPSecret} {
			if s != "" && seen[s] {
				t.Fatal("a secret twice")
			}
			seen[s] = true
		}
	}
}

func TestASeedThatIsCutOffAnywhereIsFinishedByTheNext(t *testing.T) {
	whole := newRegistry()
	seed(t, whole, "")
	for n := 1; n <= whole.calls; n++ {
		file := filepath.Join(t.TempDir(), "demo-accounts.json")
		r := newRegistry()
		r.failAt = n
		if _, err := demo.Seed(t.Context(), r, r, demo.Config{AccountsFile: file}); !errors.Is(err, errCut) {
			t.Fatalf("call %d: %v", n, err)
		}
		opens(t, r, seed(t, r, file))
		if len(r.links) != len(whole.links) {
			t.Errorf("call %d: the links are %v", n, r.links)
		}
	}
}

func TestTheAccountsFileIsPrivateAndHasTheKeysThatWerePromised(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo-accounts.json")
	seed(t, newRegistry(), file)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		var want []string
		switch {
		case a["story"] == demo.StoryActivation:
			want = []string{"activation_code", "id_number", "name", "role", "story"}
		case a["role"] == "resident":
			want = []string{"id_number", "name", "password", "role", "story"}
		case a["role"] == "agency":
			want = []string{"agency", "login", "name", "password", "role", "story", "totp_secret"}
		default:
			want = []string{"login", "name", "password", "role", "totp_secret"}
		}
		var got []string
		for k, v := range a {
			if v != "" {
				got = append(got, k)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", a["story"], got)
		}
		if id := a["id_number"]; id != "" && len(id) != 18 {
			t.Error("the file has the ID number masked")
		}
	}
}

func TestAnAccountsFileThatCannotBeReadIsNotReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo-accounts.json")
	for _, body := range []string{"", "{}", `[{"password":"SECRET`, strings.Repeat(" ", 2<<20)} {
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		r := newRegistry()
		_, err := demo.Seed(t.Context(), r, r, demo.Config{AccountsFile: file})
		if err == nil || r.calls != 0 || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%.20q: %v", body, err)
		}
		if got, _ := os.ReadFile(file); string(got) != body {
			t.Error("it was replaced")
		}
	}
	if err := demo.WriteAccounts(filepath.Join(t.TempDir(), "none", "a.json"), nil); err == nil {
		t.Error("written into a folder that is not there")
	}
}

func TestWhoHasActivatedMeanwhileHasNoCodeAnyMore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo-accounts.json")
	r := newRegistry()
	for _, a := range seed(t, r, file) {
		if a.Story == demo.StoryActivation {
			if a.ActivationCode == "" {
				t.Error("no code")
			}
			r.activated[a.IDNumber] = true
		}
	}
	for _, a := range seed(t, r, file) {
		if a.ActivationCode != "" {
			t.Error("a code for somebody who is active")
		}
	}
}

func TestThePrintedTableLinesUpAndAnAccountPrintsNoSecret(t *testing.T) {
	list := seed(t, newRegistry(), "")
	var b bytes.Buffer
	if err := demo.PrintAccounts(&b, list); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	if len(lines) != len(list)+1 {
		t.Fatalf("%d lines", len(lines))
	}
	at := strings.Index(lines[0], "log in with")
	for i, a := range list {
		with := string(a.IDNumber) + a.Login
		before, _, found := strings.Cut(lines[i+1], with)
		wide := 0
		for _, r := range before {
			if wide++; r > 0x2e80 {
				wide++
			}
		}
		if !found || wide != at {
			t.Errorf("out of line: %s", lines[i+1])
		}
		if !strings.Contains(lines[i+1], a.Password) || !strings.Contains(lines[i+1], a.TOTPSecret) ||
			!strings.Contains(lines[i+1], a.ActivationCode) {
			t.Errorf("incomplete: %s", lines[i+1])
		}
		for _, f := range []string{"%v", "%+v", "%#v", "%s"} {
			s := fmt.Sprintf(f, a)
			for _, secret := range []string{a.Password, a.TOTPSecret, a.ActivationCode, string(a.IDNumber)} {
				if secret != "" && strings.Contains(s, secret) {
					t.Errorf("%s shows a secret: %s", f, s)
				}
			}
		}
	}
}
