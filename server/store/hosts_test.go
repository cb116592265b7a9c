package store

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/store/pgtest"
)

// TestAStandbyThatIsPromotedGoesOnWithEverything: the primary server crashes for good in
// the middle of work, and what was acknowledged is done and read at the other one.
func TestAStandbyThatIsPromotedGoesOnWithEverything(t *testing.T) {
	primary := pgtest.StartServer(t)
	primary.Database(t, "city")
	standby := primary.Standby(t)
	url := pgtest.Either("city", standby, primary) // the first can't be written to yet
	s := open(t, url)
	enrol(t, s, resident(1))
	ctx, stop := context.WithCancel(t.Context())
	begun, goOn, ran := make(chan string, 10), make(chan struct{}), make(chan string, 100)
	ended, first := make(chan struct{}), atomic.Bool{}
	go func() {
		defer close(ended)
		for ctx.Err() == nil { // as the server does
			err := s.Work(ctx, func(_ context.Context, j kernel.Job) (time.Duration, error) {
				if j.ID == "running" && first.CompareAndSwap(false, true) {
					begun <- j.ID
					<-goOn
					return 0, errors.New("its database is gone")
				}
				ran <- j.ID
				return 0, nil
			})
			if err != nil && !errors.Is(err, mingjing.ErrNoDatabase) {
				t.Errorf("work ended: %v", err)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	defer func() { stop(); <-ended }()
	enqueue(t, s, kernel.Job{Kind: score.JobScore, ID: "running"})
	receive(t, begun, "a job")
	enqueue(t, s, kernel.Job{Kind: score.JobScore, ID: "later", At: time.Now().Add(2 * time.Second)})

	primary.Crash(t)
	if err := asked(t, s)["a transaction"](); !errors.Is(err, mingjing.ErrNoDatabase) {
		t.Errorf("while nobody can be written to, a transaction is told %v", err)
	}
	close(goOn)
	standby.Promote(t)
	eventually(t, "the promoted server is written to", func() bool { return asked(t, s)["a transaction"]() == nil })
	do(t, s, func(ctx context.Context, tx *reader) error {
		r, err := tx.Resident(ctx, resident(1).ID)
		if err == nil && r.Name != resident(1).Name {
			t.Errorf("read is %+v", r)
		}
		return err
	})
	done := map[string]bool{}
	for !done["running"] || !done["later"] {
		done[receive(t, ran, "the jobs of before")] = true
	}
	enqueue(t, s, kernel.Job{Kind: score.JobScore, ID: "new"})
	for receive(t, ran, "a new job") != "new" {
	}
	if _, err := Copy(t.Context(), url, t.TempDir()); err != nil {
		t.Errorf("a backup by the same url: %v", err)
	}
}

func TestPostgreSQLIsReachedByTLSAlone(t *testing.T) {
	pg := pgtest.StartServer(t)
	pg.Database(t, "city")
	addr, certificate := pg.WithTLS(t)
	o := Options{IDKey: testKey, Vault: testVault}
	for _, k := range []struct {
		mode string
		good bool
	}{
		{"sslmode=verify-full&sslrootcert=" + certificate, true}, {"sslmode=require", true},
		{"sslmode=disable", false}, {"sslmode=verify-full", false}, // nobody vouches for it
		{"sslmode=verify-full&sslrootcert=" + certificate + "&host=localhost", false},
	} {
		s, err := Open(t.Context(), "postgres://postgres@"+addr+"/city?"+k.mode, o)
		if (err == nil) != k.good {
			t.Errorf("with %s: %v", k.mode, err)
		}
		if err != nil {
			continue
		}
		var encrypted bool
		must(t, s.db.QueryRow(`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).Scan(&encrypted))
		if !encrypted {
			t.Errorf("with %s nothing is encrypted", k.mode)
		}
		must(t, s.Close())
	}
	h, err := Examine(t.Context(), "postgres://postgres@"+addr+"/city?sslmode=require")
	if err != nil || h.Open {
		t.Errorf("what is encrypted is called open: %v", err)
	}
}

func TestTheURLSaysHowPostgreSQLIsUsed(t *testing.T) {
	for _, k := range []struct {
		url     string
		conns   int
		timeout time.Duration
		writes  bool
	}{
		{"postgres://a@h/d", 25, connectTimeout, false},
		{"postgres://a@h/d?sslmode=disable&pool_max_conns=60&connect_timeout=7", 60, 7 * time.Second, false},
		{"postgres://a@h:5432,i:5433/d", 25, failoverTimeout, true},
		{"postgres://a@/d?host=/run/a,/run/b", 25, failoverTimeout, true},
	} {
		c, conns, err := readPostgresURL(k.url, 25)
		if err != nil || conns != k.conns || c.ConnectTimeout != k.timeout || (c.ValidateConnect != nil) != k.writes ||
			c.RuntimeParams[poolParameter] != "" {
			t.Errorf("%s: %d connections, %v, %v", k.url, conns, c.ConnectTimeout, err)
		}
	}
	for _, wrong := range []string{"postgres://a@h/d?pool_max_conns=3", "postgres://a@h/d?pool_max_conns=many", "postgres://a@h:port/d"} {
		if _, _, err := readPostgresURL(wrong, 25); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
	if err := checkVersion(140012); err == nil || !strings.Contains(err.Error(), "PostgreSQL 15 or later is needed, and this is 14") {
		t.Errorf("an old one is told %v", err)
	}
	if err := checkVersion(150000); err != nil {
		t.Error(err)
	}
}
