package identity

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
)

//go:embed kratos/kratos.yml kratos/resident.schema.json kratos/staff.schema.json
var kratosFiles embed.FS

// An Embedded is a Kratos that runs as our child, with its own SQLite file.
type Embedded struct {
	// Bin is the Kratos program.
	Bin string
	// Dir is the folder for its database, configuration and secrets. One server at a
	// time can use it.
	Dir string
	// SessionLifespan is how long a login lasts; 12 hours when zero.
	SessionLifespan time.Duration
}

const (
	// startTries is how often the child may end before it was ready once.
	startTries = 3
	// startTimeout is how long the first start may take, and migrateTimeout one
	// migration of the tables.
	startTimeout   = 2 * time.Minute
	migrateTimeout = time.Minute
	// stopGrace is how long the child may take to end.
	stopGrace = 5 * time.Second
	// steadyAfter is how long a run must last for the next restart to be a quick one
	// again.
	steadyAfter = time.Minute
	// longestPause is the longest pause before a restart, so that a Kratos that was killed is
	// back within 5 seconds, however often that happens: it starts in two.
	longestPause = 3 * time.Second
	// lockWait is how long a start waits for the end of an earlier server.
	lockWait = 10 * time.Second
	// cleanEvery is how often old flows and sessions are removed, and cleanKeep how old
	// these are.
	cleanEvery = 24 * time.Hour
	cleanKeep  = 7 * 24 * time.Hour
)

// ErrInUse: another server uses the folder of the embedded Kratos.
var ErrInUse = errors.New("another server uses the folder")

// A child is a Kratos process that is restarted when it ends.
type child struct {
	bin, dir string
	sockets  string // the folder of the sockets
	env      []string
	log      *slog.Logger
	lock     *os.File

	now atomic.Pointer[listening]
	// locked is when Kratos said last that its database was locked, in ticks; 0 for never.
	locked atomic.Int64
	// migrated says that the tables are those of this Kratos.
	migrated bool
	began    chan struct{} // closed when the child was ready once
	ended    chan error    // the error of the last run, where the child was never ready
	quit     context.CancelFunc
	done     chan struct{}
}

// listening is the address on which one run of the child listens.
type listening struct {
	pid           int
	public, admin string
}

// A note is what a later server has to know about the child of a server that was
// killed.
type note struct {
	PID     int    `json:"pid"`
	Sockets string `json:"sockets"`
}

// startChild starts Kratos and returns when it is ready.
func startChild(ctx context.Context, e Embedded, log *slog.Logger) (*child, error) {
	if e.SessionLifespan <= 0 {
		e.SessionLifespan = DefaultSessionLifespan
	}
	bin, err := exec.LookPath(e.Bin)
	if err != nil {
		return nil, fmt.Errorf("find the Kratos program %q (`make kratos` builds it): %w", e.Bin, err)
	}
	dir, err := filepath.Abs(e.Dir)
	if err != nil || e.Dir == "" {
		return nil, fmt.Errorf("find the folder %q of Kratos: %w", e.Dir, errors.Join(err))
	}
	if bin, err = filepath.Abs(bin); err != nil {
		return nil, fmt.Errorf("find the Kratos program: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of Kratos: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("close the folder of Kratos to others: %w", err)
	}
	c := &child{bin: bin, dir: dir, log: log, began: make(chan struct{}), ended: make(chan error, 1), done: make(chan struct{})}
	if c.lock, err = lockFolder(ctx, filepath.Join(dir, "lock")); err != nil {
		return nil, err
	}
	if err := c.prepare(e); err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.sockets), c.lock.Close())
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	run, quit := context.WithCancel(context.Background())
	c.quit = quit
	go c.supervise(run)
	select {
	case <-c.began:
		go c.cleanUp(run)
		return c, nil
	case err = <-c.ended:
	case <-ctx.Done():
		err = fmt.Errorf("wait for Kratos: %w", context.Cause(ctx))
	}
	return nil, errors.Join(err, c.stop())
}

// prepare writes the folder, configuration and secrets for the first run.
func (c *child) prepare(e Embedded) error {
	c.killStale()
	var err error
	if c.sockets, err = os.MkdirTemp("", "mingjing-kratos-"); err != nil {
		return fmt.Errorf("make a folder for sockets: %w", err)
	}
	secrets, err := loadSecrets(filepath.Join(c.dir, "secrets.json"))
	if err != nil {
		return err
	}
	files, err := fs.Sub(kratosFiles, "kratos")
	if err != nil {
		return fmt.Errorf("read the configuration of Kratos: %w", err)
	}
	for _, name := range []string{"kratos.yml", "resident.schema.json", "staff.schema.json"} {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("read the configuration of Kratos: %w", err)
		}
		if name == "kratos.yml" {
			// Relative, because Kratos reads no escapes in URLs of files; it runs in
			// the folder.
			b = bytes.ReplaceAll(b, []byte("file:///etc/kratos/"), []byte("file://./"))
		}
		if err := writeFile(filepath.Join(c.dir, name), b); err != nil {
			return err
		}
	}
	db := filepath.Join(c.dir, "kratos.sqlite")
	if err := checkDatabase(db); err != nil {
		return err
	}
	const dsn = "sqlite://./kratos.sqlite?_fk=true&_journal_mode=WAL&_busy_timeout=1000"
	// Nothing of our own environment: it may hold settings of another Kratos.
	c.env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + c.dir,
		"TMPDIR=" + os.TempDir(),
		"DSN=" + dsn,
		"SECRETS_DEFAULT=" + secrets.Default,
		"SECRETS_COOKIE=" + secrets.Cookie,
		"SECRETS_CIPHER=" + secrets.Cipher,
		"SESSION_LIFESPAN=" + e.SessionLifespan.String(),
		"SQA_OPT_OUT=true",
	}
	return nil
}

// checkDatabase creates the database file if it is missing, readable for this user
// alone. It returns at once that a file is damaged, which Kratos would try for minutes
// to open.
func checkDatabase(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make the database of Kratos: %w", err)
	}
	defer f.Close()
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	switch n, err := io.ReadFull(f, head); {
	case n == 0 && errors.Is(err, io.EOF):
		return nil
	case err != nil || string(head) != magic:
		return fmt.Errorf("open the database of Kratos: %s is not a database", path)
	}
	return nil
}

// stop ends Kratos, by force if it takes too long, and returns when it has ended.
func (c *child) stop() error {
	c.quit()
	<-c.done
	err := os.RemoveAll(c.sockets)
	if e := os.Remove(filepath.Join(c.dir, "child.json")); !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return errors.Join(err, c.lock.Close())
}

// socket returns the path of the socket of a port; "" between two runs.
func (c *child) socket(port string) string {
	l := c.now.Load()
	switch {
	case l == nil:
		return ""
	case port == "admin":
		return l.admin
	}
	return l.public
}

// isLocked reports whether Kratos said a moment ago that its database was locked.
func (c *child) isLocked() bool {
	at := c.locked.Load()
	return at != 0 && ticks()-at < int64(steadyFor)
}

// pauses returns the pauses before the restarts: short at first, and none above
// longestPause.
func pauses() *backoff.ExponentialBackOff {
	p := backoff.NewExponentialBackOff()
	p.InitialInterval = 100 * time.Millisecond
	p.MaxInterval = time.Duration(float64(longestPause) / (1 + p.RandomizationFactor))
	return p
}

// supervise keeps Kratos running until ctx ends.
func (c *child) supervise(ctx context.Context) {
	defer close(c.done)
	// The system kills the child when the thread that started it ends, so this thread
	// must stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	again := pauses()
	for run := 1; ; run++ {
		start := time.Now()
		err := c.run(ctx, run)
		c.now.Store(nil)
		if ctx.Err() != nil {
			return
		}
		select {
		case <-c.began:
		default:
			if run >= startTries {
				c.ended <- err
				return
			}
		}
		if time.Since(start) > steadyAfter {
			again.Reset()
		}
		pause := again.NextBackOff()
		c.log.Error("kratos ended and is started again", "err", err, "ran", time.Since(start), "pause", pause)
		wait(ctx, pause)
	}
}

// run migrates the tables, runs Kratos once, and returns how it ended.
func (c *child) run(ctx context.Context, n int) error {
	l := &listening{
		public: filepath.Join(c.sockets, "public-"+strconv.Itoa(n)),
		admin:  filepath.Join(c.sockets, "admin-"+strconv.Itoa(n)),
	}
	if !c.migrated {
		said := &kratosLog{log: c.log}
		bound, cancel := context.WithTimeout(ctx, migrateTimeout)
		defer cancel()
		migrate := c.command(bound, said, "migrate", "sql", "-e", "--yes")
		if err := migrate.Run(); err != nil {
			return fmt.Errorf("run kratos migrate: %w%s", err, said.last())
		}
		c.migrated = true
	}
	said := &kratosLog{log: c.log, locked: func() { c.locked.Store(ticks()) }}
	serve := c.command(ctx, said, "serve", "--sqa-opt-out")
	serve.Env = append(serve.Env, "SERVE_PUBLIC_HOST=unix:"+l.public, "SERVE_ADMIN_HOST=unix:"+l.admin)
	if err := serve.Start(); err != nil {
		return fmt.Errorf("run kratos serve: %w", err)
	}
	l.pid = serve.Process.Pid
	c.now.Store(l)
	if b, err := json.Marshal(note{l.pid, c.sockets}); err == nil {
		if err := writeFile(filepath.Join(c.dir, "child.json"), b); err != nil {
			c.log.Warn("the process number of kratos was not noted", "err", err)
		}
	}
	gone := make(chan struct{})
	defer close(gone)
	go c.awaitReady(gone)
	err := serve.Wait()
	for _, s := range []string{l.public, l.admin} {
		_ = os.Remove(s)
	}
	return fmt.Errorf("run kratos serve: %w%s", errors.Join(err, errEnded), said.last())
}

var errEnded = errors.New("it ended")

func (c *child) command(ctx context.Context, said *kratosLog, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.bin, append(args, "-c", filepath.Join(c.dir, "kratos.yml"))...)
	cmd.Dir, cmd.Env = c.dir, append([]string(nil), c.env...)
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = killWithParent()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopGrace
	return cmd
}

// awaitReady closes began when the child answers for the first time.
func (c *child) awaitReady(gone <-chan struct{}) {
	select {
	case <-c.began:
		return
	default:
	}
	k := dialChild(c)
	defer k.close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for {
		if k.ready(ctx) == nil {
			close(c.began)
			return
		}
		select {
		case <-gone:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// cleanUp removes old flows and sessions from time to time.
func (c *child) cleanUp(ctx context.Context) {
	runtime.LockOSThread() // see supervise
	defer runtime.UnlockOSThread()
	for {
		wait(ctx, cleanEvery)
		if ctx.Err() != nil {
			return
		}
		said := &kratosLog{log: c.log}
		err := c.command(ctx, said, "cleanup", "sql", "-e", "--keep-last", cleanKeep.String(),
			"--database.cleanup.batch_size", "1000", "--database.cleanup.sleep.tables", "5s").Run()
		if err != nil && ctx.Err() == nil {
			c.log.Warn("kratos was not cleaned up", "err", err)
		}
	}
}

// killStale ends the Kratos of a server that was killed, and removes its sockets.
func (c *child) killStale() {
	b, err := os.ReadFile(filepath.Join(c.dir, "child.json"))
	if err != nil {
		return
	}
	var n note
	if json.Unmarshal(b, &n) != nil || n.PID <= 1 {
		return
	}
	if strings.HasPrefix(filepath.Base(n.Sockets), "mingjing-kratos-") {
		_ = os.RemoveAll(n.Sockets)
	}
	p, err := os.FindProcess(n.PID)
	if err != nil {
		return
	}
	ours := func() bool {
		cmd := commandLine(n.PID)
		return strings.Contains(cmd, "serve") && strings.Contains(cmd, filepath.Join(c.dir, "kratos.yml"))
	}
	for _, end := range []struct {
		signal os.Signal
		within time.Duration
	}{{syscall.SIGTERM, stopGrace}, {os.Kill, stopGrace}} {
		if !ours() {
			return
		}
		c.log.Warn("a kratos of an earlier server is ended", "pid", n.PID, "signal", end.signal)
		_ = p.Signal(end.signal)
		for until := time.Now().Add(end.within); time.Now().Before(until) && ours(); {
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// lockFolder returns the lock of the folder, or an error while another server has it.
func lockFolder(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the folder of Kratos: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		err := tryLock(f)
		if err == nil {
			return f, nil
		}
		wait(ctx, 50*time.Millisecond)
		if ctx.Err() != nil {
			return nil, errors.Join(fmt.Errorf("lock the folder of Kratos: %w: %s: %w", ErrInUse, filepath.Dir(path), err), f.Close())
		}
	}
}

// secrets are Kratos' own secrets; they are made once and stored.
type secrets struct {
	Default string `json:"default"`
	Cookie  string `json:"cookie"`
	Cipher  string `json:"cipher"`
}

func loadSecrets(path string) (secrets, error) {
	var s secrets
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		s = secrets{Default: randomText(), Cookie: randomText(), Cipher: randomText()[:32]}
		if b, err = json.Marshal(s); err == nil {
			err = writeFile(path, b)
		}
		if err != nil {
			return secrets{}, fmt.Errorf("make the secrets of Kratos: %w", err)
		}
		return s, nil
	}
	if err != nil {
		return secrets{}, fmt.Errorf("read the secrets of Kratos: %w", err)
	}
	if err := json.Unmarshal(b, &s); err != nil || len(s.Default) < 32 || len(s.Cookie) < 32 || len(s.Cipher) != 32 {
		return secrets{}, fmt.Errorf("read the secrets of Kratos: %s is damaged", path)
	}
	return s, nil
}

// writeFile writes a file that only this user can read, whole or not at all.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
