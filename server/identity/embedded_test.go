package identity

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	client "github.com/ory/kratos-client-go"
	"github.com/redis/go-redis/v9"
	"mingjing"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// countedIn counts in a Redis.
func countedIn(rdb redis.UniversalClient) *counters { return newCounters(rdb, false, shared.log) }
func clientPatch(op, path string, value any) []client.JsonPatch {
	p := client.NewJsonPatch(op, path)
	p.Value = value
	return []client.JsonPatch{*p}
}

func TestKratosIsRestartedWhenItDies(t *testing.T) {
	i := ownKratos(t, t.TempDir())
	defer i.Close()
	n := newNumber()
	if err := i.EnrolResident(t.Context(), residentOf(n), n, password); err != nil {
		t.Fatal(err)
	}
	token := loggedInAs(t, i, n, newDevice())
	before, err := i.Who(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(before.ExpiresAt); left > time.Hour || left < 50*time.Minute { // an hour is what ownKratos states
		t.Errorf("the session ends in %v", left)
	}
	i.cache = pausedCache(i)
	for range 2 {
		pid := i.child.now.Load().pid
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "another Kratos is ready", func() bool {
			l := i.child.now.Load()
			return l != nil && l.pid != pid && i.Ready(t.Context()) == nil
		})
		if l, err := i.Who(t.Context(), token); err != nil || !l.ExpiresAt.Equal(before.ExpiresAt) {
			t.Errorf("the session is told %v, and ends at %v instead of %v", err, l.ExpiresAt, before.ExpiresAt)
		}
	}
}

func TestAKratosThatIsKilledAgainAndAgainIsStartedWithinSeconds(t *testing.T) {
	p := pauses()
	if first := p.NextBackOff(); first > time.Second {
		t.Errorf("it is started again after %v", first)
	}
	for n := range 1000 {
		if pause := p.NextBackOff(); pause > longestPause {
			t.Fatalf("after %d times it is started again after %v", n, pause)
		}
	}
}

func TestSessionsSurviveARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kratos")
	i := ownKratos(t, dir)
	n, late := newNumber(), newNumber()
	for m, pw := range map[mingjing.IDNumber]string{n: password, late: ""} {
		if err := i.EnrolResident(t.Context(), residentOf(m), m, pw); err != nil {
			t.Fatal(err)
		}
	}
	code := giveCode(late)
	token := loggedInAs(t, i, n, newDevice())
	if err := i.EnrolStaff(t.Context(), mingjing.RoleHandler, "h-restart", "Shen Mo", password, staffSecret); err != nil {
		t.Fatal(err)
	}
	desk, err := i.StaffLogin(t.Context(), "h-restart", password, codeAt(t, 0), newDevice())
	if err != nil {
		t.Fatal(err)
	}
	sockets := i.child.sockets
	stop := time.Now()
	if err := i.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopping takes %v", time.Since(stop))
	if _, err := os.Stat(sockets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the sockets are left: %v", err)
	}
	wantCode(t, func() error { _, err := i.askKratos(t.Context(), i.tokenOf(token)); return err }(), "identity_down")

	start := time.Now()
	i = ownKratos(t, dir)
	defer i.Close()
	t.Logf("a second start takes %v", time.Since(start))
	if l, err := i.Who(t.Context(), token); err != nil || l.Actor.ID != string(residentOf(n)) {
		t.Errorf("the session is of %+v, %v", l, err)
	} else if left := time.Until(l.ExpiresAt); left > time.Hour {
		t.Errorf("the session lasts %v and not the hour that was set", left)
	}
	// Of Kratos, and not of what is remembered.
	if l, err := i.askKratos(t.Context(), i.tokenOf(desk)); err != nil || l.Actor.ID != "h-restart" {
		t.Errorf("the session of staff is of %+v, %v", l.Actor, err)
	}
	if _, err := i.activate(t.Context(), late, code, password, newDevice()); err != nil {
		t.Errorf("an activation code from before is told %v", err)
	}
}

func TestKratosDownFailsClosed(t *testing.T) {
	var seen []string
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.Path)
		http.Error(w, `{"session":{"id":"x","active":true}}`, http.StatusBadGateway)
	}))
	defer broken.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	_ = l.Close()
	for name, at := range map[string]string{"not there": nobody, "broken": broken.URL} {
		i, err := Open(t.Context(), Config{PublicURL: at, AdminURL: at, Redis: sharedRDB, IDKey: testKey,
			FloorTime: time.Millisecond, Logger: shared.log})
		if err != nil {
			t.Fatal(err)
		}
		if i.Ready(t.Context()) == nil {
			t.Errorf("%s: it says that it is ready", name)
		}
		n := newNumber()
		token, err := i.Login(t.Context(), n, password, newDevice())
		if wantCode(t, err, "identity_down"); token != "" {
			t.Errorf("%s: a token came out", name)
		}
		token, err = i.StaffLogin(t.Context(), "h-1001", password, "123456", newDevice())
		if wantCode(t, err, "identity_down"); token != "" {
			t.Errorf("%s: a token came out", name)
		}
		token, err = i.activate(t.Context(), n, giveCode(n), password, newDevice())
		if wantCode(t, err, "identity_down"); token != "" {
			t.Errorf("%s: a token came out", name)
		}
		one := cookieFor(i, "ory_st_0123456789abcdefghijABCDEFGHIJ00")
		who, err := i.Who(t.Context(), one)
		if wantCode(t, err, "identity_down"); who != (mingjing.Login{}) {
			t.Errorf("%s: somebody is there", name)
		}
		wantCode(t, i.Logout(t.Context(), one), "identity_down")
		wantCode(t, i.EnrolResident(t.Context(), "r", n, password), "identity_down")
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(seen) == 0 {
		t.Error("the broken Kratos was never asked")
	}
}

func TestAKratosElsewhereIsTheSame(t *testing.T) {
	// The real Kratos, behind two TCP ports.
	port := func(name string) string {
		to := &url.URL{Scheme: "http", Host: name}
		s := httptest.NewServer(&httputil.ReverseProxy{
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
			Transport: shared.kratos.transport,
		})
		t.Cleanup(s.Close)
		return s.URL
	}
	i, err := Open(t.Context(), Config{PublicURL: port("public") + "/", AdminURL: port("admin"), Redis: sharedRDB, IDKey: testKey,
		FloorTime: time.Millisecond, Logger: shared.log})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	if err := i.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	n, code := waiting()
	if _, err := i.activate(t.Context(), n, code, password, newDevice()); err != nil {
		t.Fatal(err)
	}
	token := loggedInAs(t, i, n, newDevice())
	if l, err := i.Who(t.Context(), token); err != nil || l.Actor.ID != string(residentOf(n)) {
		t.Errorf("the session is of %+v, %v", l, err)
	}
	if err := i.EndOtherSessions(t.Context(), token); err != nil {
		t.Error(err)
	}
	if _, err := i.StaffLogin(t.Context(), staff(t), password, codeAt(t, 0), newDevice()); err != nil {
		t.Error(err)
	}
	if err := i.Logout(t.Context(), token); err != nil {
		t.Error(err)
	}
	for _, bad := range [][2]string{{"http://a", ""}, {"ftp://a", "http://b"}, {"http://", "http://b"}, {"%", "%"}} {
		if _, err := Open(t.Context(), Config{PublicURL: bad[0], AdminURL: bad[1], Redis: sharedRDB, IDKey: testKey}); err == nil {
			t.Errorf("the URLs %q are taken", bad)
		}
	}
}

func TestKratosHoldsNoIDNumber(t *testing.T) {
	n, code := waiting()
	if _, err := shared.activate(t.Context(), n, code, password, newDevice()); err != nil {
		t.Fatal(err)
	}
	c := mingjing.Client{Addr: "198.51.100.201", Device: "Safari on iPhone"}
	loggedInAs(t, shared, n, c)
	_, _ = shared.Login(t.Context(), n, "not the password", c)
	login := staff(t)
	if _, err := shared.StaffLogin(t.Context(), login, password, codeAt(t, 0), c); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(sharedDir, "*"))
	if err != nil || len(files) < 5 {
		t.Fatalf("the files are %v, %v", files, err)
	}
	var all strings.Builder
	for _, f := range files {
		if s, err := os.Stat(f); err != nil || s.IsDir() {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	all.WriteString(sharedLog.String())
	if !strings.Contains(all.String(), shared.keys.resident(n)) || !strings.Contains(all.String(), c.Device) {
		t.Fatal("what must be there is not: the test looks in the wrong place")
	}
	for what, secret := range map[string]string{
		"the ID number": string(n), "the date of birth": string(n[6:17]), "the password": password,
		"the code": code, "the wrong password": "not the password", "the address": c.Addr,
		"the authenticator's secret": staffSecret, "the key": string(testKey),
	} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("Kratos' files or the log hold %s", what)
		}
	}
}

func TestOnlyWeCanReadKratosFiles(t *testing.T) {
	for path, want := range map[string]os.FileMode{
		sharedDir: 0o700, filepath.Join(sharedDir, "secrets.json"): 0o600, filepath.Join(sharedDir, "kratos.yml"): 0o600,
		filepath.Join(sharedDir, "kratos.sqlite"): 0o600, shared.child.sockets: 0o700,
	} {
		s, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if s.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, s.Mode().Perm(), want)
		}
	}
}

func TestAKilledServerLeavesNoKratosAndItsFolderUsable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kratos")
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), "IDENTITY_TEST_PARENT="+dir)
	server.SysProcAttr = killWithParent()
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	text, ok := strings.CutPrefix(strings.TrimSpace(line), "pid ")
	if err != nil || !ok {
		_ = server.Process.Kill()
		t.Fatalf("the server says %q, %v", line, err)
	}
	pid, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait()
	if runtime.GOOS == "linux" { // elsewhere the next server ends it
		eventually(t, "the old Kratos is gone", func() bool { return commandLine(pid) == "" })
	}
	i := ownKratos(t, dir)
	defer i.Close()
	if err := i.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAStaleKratosIsEnded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kratos")
	i := ownKratos(t, dir)
	bin, env, sockets := i.child.bin, i.child.env, t.TempDir()
	if err := i.Close(); err != nil {
		t.Fatal(err)
	}
	// What a killed server leaves where the system does not end its child.
	stale := exec.Command(bin, "serve", "-c", filepath.Join(dir, "kratos.yml"))
	stale.Dir = dir
	stale.Env = append(env, "SERVE_PUBLIC_HOST=unix:"+filepath.Join(sockets, "p"), "SERVE_ADMIN_HOST=unix:"+filepath.Join(sockets, "a"))
	stale.SysProcAttr = killWithParent()
	if err := stale.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- stale.Wait() }()
	eventually(t, "the stale Kratos listens", func() bool {
		c, err := net.Dial("unix", filepath.Join(sockets, "p"))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	b := []byte(`{"pid":` + strconv.Itoa(stale.Process.Pid) + `,"sockets":""}`)
	if err := os.WriteFile(filepath.Join(dir, "child.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	i = ownKratos(t, dir)
	defer i.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		_ = stale.Process.Kill()
		t.Error("the stale Kratos still runs")
	}
}

func TestAProcessThatOnlyHasTheNumberIsLeftAlone(t *testing.T) {
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	// For a moment after its start a process has no command line to be known by.
	for end := time.Now().Add(10 * time.Second); commandLine(other.Process.Pid) == "" && time.Now().Before(end); {
		runtime.Gosched()
	}
	dir := t.TempDir()
	b := []byte(`{"pid":` + strconv.Itoa(other.Process.Pid) + `,"sockets":"/"}`)
	if err := os.WriteFile(filepath.Join(dir, "child.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	(&child{dir: dir, log: shared.log}).killStale()
	if err := other.Process.Signal(syscall.Signal(0)); err != nil || commandLine(other.Process.Pid) == "" {
		t.Errorf("another process was ended: %v", err)
	}
}

func TestTwoServersDoNotShareAFolder(t *testing.T) {
	f, err := os.OpenFile(filepath.Join(sharedDir, "lock"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if tryLock(f) == nil {
		t.Error("the folder of a running server can be locked again")
	}
}

func TestAKratosThatCannotStartIsAnErrorThatSaysWhy(t *testing.T) {
	bin, err := kratosBin()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kratos.sqlite"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Config{Embedded: Embedded{Bin: bin, Dir: dir}, Redis: sharedRDB, IDKey: testKey, Logger: shared.log})
	if err == nil || !strings.Contains(err.Error(), "not a database") {
		t.Errorf("the error is %v", err)
	}
	_, err = Open(t.Context(), Config{Embedded: Embedded{Bin: filepath.Join(dir, "none"), Dir: dir}, Redis: sharedRDB, IDKey: testKey})
	if err == nil || !strings.Contains(err.Error(), "make kratos") {
		t.Errorf("the error is %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secrets.json"), []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Config{Embedded: Embedded{Bin: bin, Dir: dir}, Redis: sharedRDB, IDKey: testKey, Logger: shared.log})
	if err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("the error is %v", err)
	}
}

func TestThePortsAreNotOnTheNetwork(t *testing.T) {
	b, err := kratosFiles.ReadFile("kratos/kratos.yml")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(b), "host: 127.0.0.1"); got != 2 {
		t.Errorf("%d of 2 ports are bound to the loopback", got)
	}
	l := shared.child.now.Load()
	for _, s := range []string{l.public, l.admin} {
		if info, err := os.Stat(s); err != nil || info.Mode()&os.ModeSocket == 0 {
			t.Errorf("%s is no socket: %v", s, err)
		}
	}
}
