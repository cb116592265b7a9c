package store

import (
	"errors"
	"net"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/staff"
	"mingjing/server/store/pgtest"
	"mingjing/server/vault"
	"mingjing/server/vault/kmstest"
)

// asked are the kinds of call to a store.
func asked(t *testing.T, s *Store) map[string]func() error {
	t.Helper()
	ctx := t.Context()
	return map[string]func() error{
		"a transaction": func() error {
			return s.Tx(ctx, func(tx casework.Tx) error {
				_, err := tx.AddEvent(ctx, mingjing.AudienceStaff, mingjing.Event{Kind: mingjing.EventReset, At: time.Now()})
				return err
			})
		},
		"a read": func() error {
			return s.Read(ctx, func(tx casework.Tx) error { _, err := tx.LastEvent(ctx, mingjing.AudienceStaff); return err })
		},
		"the use of a session": func() error { return s.UseSession(ctx, "a", "") },
		"a try to log in": func() error {
			_, _, err := s.CountLogins(ctx, mingjing.LoginTry{Key: "a", Count: 100, Per: time.Hour})
			return err
		},
		"what is good once":        func() error { _, err := s.LoginOnce(ctx, "a", time.Hour); return err },
		"the last use of sessions": func() error { _, err := s.SessionUses(ctx, "a"); return err },
		"the end of a session":     func() error { return s.ForgetSessions(ctx, "a") },
	}
}

func TestADatabaseThatIsAwayIsToldFromAMistake(t *testing.T) {
	pg := pgtest.StartServer(t)
	s := open(t, pg.Database(t, "away"))
	want := func(when string, away bool) {
		t.Helper()
		for what, ask := range asked(t, s) {
			if err := ask(); errors.Is(err, mingjing.ErrNoDatabase) != away || (err != nil) != away {
				t.Errorf("%s, %s: %v", when, what, err)
			}
		}
	}
	want("before", false)
	pg.Stop(t)
	want("without PostgreSQL", true)
	if err := s.Work(t.Context(), nil); !errors.Is(err, mingjing.ErrNoDatabase) {
		t.Errorf("without PostgreSQL work is told %v", err)
	}
	if s.Ping(t.Context()) == nil {
		t.Error("it is said to be there")
	}
	pg.Start(t)
	want("afterwards", false)
	// Connections that broke while nobody used them are no reason to fail.
	var busy sync.WaitGroup
	begun := make(chan struct{})
	for range 8 { // so many connections at least
		ready := make(chan struct{})
		busy.Go(func() {
			_ = s.Read(t.Context(), func(tx casework.Tx) error {
				_, err := tx.LastEvent(t.Context(), mingjing.AudienceStaff)
				close(ready)
				<-begun
				return err
			})
		})
		<-ready
	}
	close(begun)
	busy.Wait()
	pg.Exec(t, "away", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'away'")
	want("after its connections were cut", false)
}

// TestAnEngineThatGoesInTheMiddleOfATransactionIsTold: nothing of the transaction is stored.
func TestAnEngineThatGoesInTheMiddleOfATransactionIsTold(t *testing.T) {
	ctx := t.Context()
	kms, pg := kmstest.Start(t), pgtest.StartServer(t)
	master, err := vault.OpenKMS(kmstest.Key)
	if err != nil {
		t.Fatal(err)
	}
	v := vault.New(master)
	s := open(t, pg.Database(t, "middle"), func(o *Options) { o.Vault = v })
	add := func(t *tx) error {
		_, err := t.AddEvent(ctx, mingjing.AudienceStaff, mingjing.Event{Kind: mingjing.EventReset, At: time.Now()})
		return err
	}
	last := func() (seq int64) {
		t.Helper()
		if err := s.Read(ctx, func(tx casework.Tx) (err error) { seq, err = tx.LastEvent(ctx, mingjing.AudienceStaff); return err }); err != nil {
			t.Fatal(err)
		}
		return seq
	}
	before := last()
	member := func(t *tx) error {
		return t.AddMember(ctx, staff.Member{StaffMember: mingjing.StaffMember{Login: "h-1"}})
	}
	for what, k := range map[string]struct {
		take, give func()
		then       func(*tx) error
		want       error
	}{
		"the database, before a statement": {func() { pg.Stop(t) }, func() { pg.Start(t) }, add, mingjing.ErrNoDatabase},
		"the database, before the commit": {func() { pg.Stop(t) }, func() { pg.Start(t) }, func(*tx) error { return nil },
			mingjing.ErrNoDatabase},
		"the master key": {func() { v.Forget(); kms.Fail(kmstest.Silent) }, func() { kms.Fail(0) }, member, mingjing.ErrNoKeys},
	} {
		err := s.run(ctx, func(t *tx) error {
			if err := add(t); err != nil {
				return err
			}
			k.take()
			return k.then(t)
		})
		if !errors.Is(err, k.want) || mingjing.AwayCode(err) == "" {
			t.Errorf("%s: %v", what, err)
		}
		k.give()
		if now := last(); now != before {
			t.Errorf("%s: something of it is stored", what)
		}
	}
}

func TestAConnectionThatHadBrokenIsReplaced(t *testing.T) {
	s := open(t, pgtest.Start(t))
	broken := &net.OpError{Op: "write", Net: "unix", Err: syscall.EPIPE}
	for _, k := range []struct {
		err   error
		begun bool
		tries int
	}{
		{broken, false, 30}, {broken, true, 1}, {errors.New("a mistake"), false, 1},
	} {
		tries := 0
		err := s.onGood(func() (bool, error) {
			if tries++; tries == 30 {
				return true, nil
			}
			return k.begun, k.err
		})
		if tries != k.tries || (err == nil) != (tries == 30) {
			t.Errorf("%v, begun: %v: %d tries, %v", k.err, k.begun, tries, err)
		}
	}
}

func TestADiskThatIsFullIsToldFromAMistake(t *testing.T) {
	s := open(t, "sqlite://"+filepath.Join(t.TempDir(), "full.db"))
	if _, err := s.db.Exec("PRAGMA max_page_count = 1"); err != nil { // it can't be less than what there is
		t.Fatal(err)
	}
	var err error
	for err == nil {
		err = asked(t, s)["a transaction"]()
	}
	if !errors.Is(err, mingjing.ErrNoDatabase) {
		t.Errorf("on a full disk a transaction is told %v", err)
	}
	if err := s.Ready(t.Context()); !errors.Is(err, mingjing.ErrNoDatabase) {
		t.Errorf("on a full disk it is ready: %v", err)
	}
	for _, read := range []string{"a read", "the last use of sessions"} {
		if err := asked(t, s)[read](); err != nil {
			t.Errorf("on a full disk %s is told %v", read, err)
		}
	}
	if _, err := s.db.Exec("PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	if err := asked(t, s)["a transaction"](); err != nil {
		t.Errorf("with room again a transaction is told %v", err)
	}
	if err := s.Ready(t.Context()); err == nil {
		t.Error("it is ready a moment after the disk was full")
	}
	s.writes.refusals = 0
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("with room again it is not ready: %v", err)
	}
	if err := s.Tx(t.Context(), func(casework.Tx) error { return kernel.ErrNotFound }); errors.Is(err, mingjing.ErrNoDatabase) {
		t.Errorf("a mistake is told as %v", err)
	}
}

// TestADatabaseThatIsHalfOpenIsGivenUp: connections to it stay, and nobody answers.
func TestADatabaseThatIsHalfOpenIsGivenUp(t *testing.T) {
	between, url := pgtest.StartBetween(t, pgtest.Start(t))
	s := open(t, url, func(o *Options) { o.StatementWait = 300 * time.Millisecond })
	ask := asked(t, s)
	ask["readiness"] = func() error { return s.Ready(t.Context()) }
	ask["a statement of a transaction"] = func() error {
		return s.run(t.Context(), func(tx *tx) error {
			between.HalfOpen()
			_, err := tx.AddEvent(t.Context(), mingjing.AudienceStaff, mingjing.Event{Kind: mingjing.EventReset, At: time.Now()})
			return err
		})
	}
	ask["a commit"] = func() error {
		return s.run(t.Context(), func(tx *tx) error {
			_, err := tx.AddEvent(t.Context(), mingjing.AudienceStaff, mingjing.Event{Kind: mingjing.EventReset, At: time.Now()})
			between.HalfOpen()
			return err
		})
	}
	for what, do := range ask {
		between.Open()
		eventually(t, "a connection is good before "+what, func() bool { return asked(t, s)["a transaction"]() == nil })
		if what != "a statement of a transaction" && what != "a commit" {
			between.HalfOpen()
		}
		done := make(chan error, 1)
		go func() { done <- do() }()
		if err := receive(t, done, what); !errors.Is(err, mingjing.ErrNoDatabase) {
			t.Errorf("half-open, %s is told %v", what, err)
		}
	}
	between.Open()
	for what, do := range asked(t, s) {
		eventually(t, what+" is answered afterwards", func() bool { return do() == nil })
	}
}
