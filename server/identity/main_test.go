package identity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/redis/go-redis/v9"
	"mingjing"
)

var (
	testKey = []byte("0123456789abcdef0123456789abcdef")
	// shared is the Kratos of most tests, sharedDir its folder; sharedLog what was logged.
	shared    *Identity
	sharedDir string
	sharedLog lockedBuffer
	sharedRDB redis.UniversalClient
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("IDENTITY_TEST_PARENT"); dir != "" {
		parent(dir)
		return
	}
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "identity-test-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	rdb, stop, err := startRedis(filepath.Join(dir, "redis"))
	if err != nil {
		return 1, err
	}
	defer stop()
	sharedRDB, sharedDir = rdb, filepath.Join(dir, "a folder 明镜", "kratos")
	bin, err := kratosBin()
	if err != nil {
		return 1, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	shared, err = Open(ctx, Config{
		Embedded: Embedded{Bin: bin, Dir: sharedDir}, Redis: rdb, IDKey: testKey,
		FloorTime: time.Millisecond, Logger: slog.New(slog.NewJSONHandler(&sharedLog, nil)),
	})
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, shared.Close()) }()
	return m.Run(), nil
}

func kratosBin() (string, error) {
	bin := os.Getenv("KRATOS_BIN")
	if bin == "" {
		bin = filepath.Join("..", "..", "bin", "kratos")
	}
	bin, err := filepath.Abs(bin)
	if err == nil {
		_, err = os.Stat(bin)
	}
	if err != nil {
		return "", fmt.Errorf("the tests need the real Ory Kratos: run `make kratos`, or set KRATOS_BIN (%w)", err)
	}
	return bin, nil
}

// startRedis runs a real redis-server on a Unix socket in dir.
func startRedis(dir string) (redis.UniversalClient, func(), error) {
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, nil, fmt.Errorf("the tests need redis-server: apt-get install redis-server (%w)", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	sock := filepath.Join(dir, "s")
	cmd := exec.Command(bin, "--port", "0", "--unixsocket", sock, "--save", "", "--appendonly", "no", "--dir", dir)
	cmd.SysProcAttr = killWithParent()
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: sock, MaxRetries: -1})
	stop := func() { _ = rdb.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() }
	for until := time.Now().Add(10 * time.Second); rdb.Ping(context.Background()).Err() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			stop()
			return nil, nil, errors.New("redis-server does not start")
		}
	}
	return rdb, stop, nil
}

// ownRedis returns a Redis of the test's own, which it may stop.
func ownRedis(t *testing.T) (redis.UniversalClient, func()) {
	t.Helper()
	dir, err := os.MkdirTemp("", "identity-redis-") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	rdb, stop, err := startRedis(dir)
	if err != nil {
		t.Fatal(err)
	}
	once := sync.OnceFunc(stop)
	t.Cleanup(once)
	return rdb, once
}

// ownKratos returns an Identity with a Kratos of the test's own.
func ownKratos(t *testing.T, dir string) *Identity {
	t.Helper()
	bin, err := kratosBin()
	if err != nil {
		t.Fatal(err)
	}
	i, err := Open(t.Context(), Config{Embedded: Embedded{Bin: bin, Dir: dir, SessionLifespan: time.Hour},
		Redis: sharedRDB, IDKey: testKey,
		FloorTime: time.Millisecond, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// newReplica returns another Identity on the shared Kratos.
func newReplica(t *testing.T, change func(*Identity)) *Identity {
	t.Helper()
	i := &Identity{log: shared.log, clock: wallClock{}, keys: shared.keys, kratos: shared.kratos, redis: shared.redis,
		counts: countedIn(shared.redis), limits: shared.limits, cache: &cache{redis: shared.redis}, checks: shared.checks,
		pace: shared.pace, freshFor: shared.freshFor, endWait: shared.endWait,
		slow: newSlowLane(time.Second, func(context.Context, time.Duration) {})}
	if change != nil {
		change(i)
	}
	if i.attempts == nil {
		i.attempts = shared.attempts
	}
	return i
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var _ io.Writer = (*lockedBuffer)(nil)

const password = "a quiet mirror 7"

var people, devices atomic.Int64

// newNumber returns an ID number that no other test has.
func newNumber() mingjing.IDNumber {
	return mingjing.MakeIDNumber(fmt.Sprintf("99999919800101%03d", people.Add(1)))
}

// newClient is a device at an address that no other test has.
func newDevice() mingjing.Client {
	n := devices.Add(1)
	return mingjing.Client{Addr: fmt.Sprintf("203.0.%d.%d", n/250, n%250), Device: "Firefox on Android " + strconv.FormatInt(n, 10)}
}

func residentOf(n mingjing.IDNumber) mingjing.ResidentID {
	return mingjing.ResidentID("r-" + string(n[14:17]))
}

// enrolled returns a new resident with the password.
func enrolled(t *testing.T) mingjing.IDNumber {
	t.Helper()
	n := newNumber()
	if err := shared.EnrolResident(t.Context(), residentOf(n), n, password); err != nil {
		t.Fatal(err)
	}
	return n
}

// cookieFor returns a cookie of a token of Kratos.
func cookieFor(i *Identity, token string) string {
	cookie, _ := i.newCookie(token)
	return cookie
}

func loggedInAs(t *testing.T, i *Identity, n mingjing.IDNumber, c mingjing.Client) string {
	t.Helper()
	token, err := i.Login(t.Context(), n, password, c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

const staffSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// staff returns a new handler with the password and staffSecret.
func staff(t *testing.T) string {
	t.Helper()
	login := fmt.Sprintf("h-%d", 1000+people.Add(1))
	if err := shared.EnrolStaff(t.Context(), mingjing.RoleHandler, login, "Shen Mo", password, staffSecret); err != nil {
		t.Fatal(err)
	}
	return login
}

// codeAt returns the code so many steps from now.
func codeAt(t *testing.T, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(staffSecret, time.Now().Add(time.Duration(steps)*totpPeriod))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// codeOf returns the code of an error, or what else it is.
func codeOf(err error) string {
	if e, ok := errors.AsType[*mingjing.Error](err); ok {
		return e.Code
	}
	return fmt.Sprint(err)
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := codeOf(err); got != code {
		t.Errorf("the answer is %q, want %q", got, code)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("never: %s", what)
		}
	}
}

// parent is a server that says when its Kratos is ready and then waits to be killed.
func parent(dir string) {
	bin, err := kratosBin()
	if err == nil {
		var i *Identity
		i, err = Open(context.Background(), Config{Embedded: Embedded{Bin: bin, Dir: dir}, IDKey: testKey,
			Redis: redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})})
		if err == nil {
			fmt.Println("pid " + strconv.Itoa(i.child.now.Load().pid))
			select {}
		}
	}
	fmt.Println("error " + strings.ReplaceAll(err.Error(), "\n", " "))
	os.Exit(1)
}
