package disk_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"mingjing/server/sim/disk"
)

var ctx = context.Background()

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newDisk(t *testing.T, seed uint64) (*disk.Disk, string) {
	t.Helper()
	disk.Install()
	dir := t.TempDir()
	d := disk.New(dir, rand.New(rand.NewPCG(seed, 0)))
	t.Cleanup(d.Remove)
	return d, filepath.Join(dir, "city.db")
}

// open opens a database as the store does.
func open(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	must(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func begin(t *testing.T, db *sql.DB) {
	t.Helper()
	_, err := db.ExecContext(ctx, "CREATE TABLE entry (n INTEGER PRIMARY KEY, text TEXT)")
	must(t, err)
}

func add(db *sql.DB, n int) error {
	_, err := db.ExecContext(ctx, "INSERT INTO entry VALUES (?, hex(randomblob(3000)))", n)
	return err
}

// count returns how many entries there are, and fails unless the database is whole.
func count(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	var whole string
	must(t, db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&whole))
	if whole != "ok" {
		t.Fatalf("the database is damaged: %s", whole)
	}
	must(t, db.QueryRowContext(ctx, "SELECT count(*) FROM entry").Scan(&n))
	return n
}

func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

func TestWhatWasCommittedIsThereAfterThePowerWasLost(t *testing.T) {
	for seed := range uint64(12) {
		d, path := newDisk(t, seed)
		db := open(t, path)
		begin(t, db)
		n := 0
		for range 8 {
			for range 1 + rand.New(rand.NewPCG(seed, uint64(n))).IntN(20) {
				must(t, add(db, n))
				n++
			}
			if d.LosePower(); seed%2 == 0 {
				d.LosePower() // again, while it recovers
			}
			must(t, db.Close())
			db = open(t, path)
			if got := count(t, db); got != n {
				t.Fatalf("%d entries, %d were committed", got, n)
			}
		}
		must(t, db.Close())
	}
}

func TestWhatAKilledProcessHadOpenReachesTheDiskNoMore(t *testing.T) {
	d, path := newDisk(t, 1)
	old := open(t, path)
	begin(t, old)
	must(t, add(old, 1))
	d.Kill()
	if err := add(old, 2); err == nil {
		t.Error("it wrote after it was killed")
	}
	db := open(t, path)
	if got := count(t, db); got != 1 {
		t.Errorf("%d entries, one was committed", got)
	}
	must(t, old.Close())
	must(t, add(db, 3))
	if got := count(t, db); got != 2 {
		t.Errorf("%d entries, two were committed", got)
	}
}

// Whatever fails in between, what was acknowledged is there, and what was refused is not
// half there.
func TestACallThatFailsLosesNothingThatWasAcknowledged(t *testing.T) {
	failed := map[disk.Fault]int{}
	for seed := range uint64(40) {
		d, path := newDisk(t, seed)
		db := open(t, path)
		begin(t, db)
		chances := rand.New(rand.NewPCG(seed, 1))
		kept := map[int]bool{}
		for n := range 60 {
			kind, at := disk.Fault(1+chances.IntN(2)), chances.IntN(12)
			d.FailBy(func(disk.Op, string) disk.Fault {
				if at--; at == 0 {
					return kind
				}
				return 0
			})
			switch err := add(db, n); {
			case err == nil:
				kept[n] = true
			case code(err) == sqlite3.SQLITE_IOERR, code(err) == sqlite3.SQLITE_FULL:
				failed[kind]++
			default:
				t.Fatal(err)
			}
			d.FailBy(nil)
			if chances.IntN(10) == 0 {
				d.LosePower()
				must(t, db.Close())
				db = open(t, path)
			}
		}
		count(t, db)
		for n := range kept {
			var one int
			if err := db.QueryRowContext(ctx, "SELECT 1 FROM entry WHERE n = ?", n).Scan(&one); err != nil {
				t.Fatalf("seed %d: entry %d was acknowledged: %v", seed, n, err)
			}
		}
		must(t, db.Close())
	}
	for _, kind := range []disk.Fault{disk.IOError, disk.Full} {
		if failed[kind] < 50 {
			t.Errorf("only %d transactions failed by fault %d", failed[kind], kind)
		}
	}
}

func TestASyncThatIsLostLosesWithThePower(t *testing.T) {
	d, path := newDisk(t, 1)
	db := open(t, path)
	begin(t, db)
	must(t, add(db, 1))
	d.FailBy(func(op disk.Op, _ string) disk.Fault {
		if op == disk.Sync {
			return disk.LostSync
		}
		return 0
	})
	for n := range 20 {
		must(t, add(db, 2+n))
	}
	d.LosePower()
	must(t, db.Close())
	d.FailBy(nil)
	db = open(t, path)
	if got := count(t, db); got < 1 || got >= 21 {
		t.Errorf("%d entries, one is safe and 20 were not", got)
	}
}

func TestReadersAndAWriterShareADatabase(t *testing.T) {
	_, path := newDisk(t, 1)
	db, other := open(t, path), open(t, path)
	begin(t, db)
	must(t, add(db, 1))
	reading, err := other.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	must(t, err)
	defer func() { must(t, reading.Rollback()) }()
	sees := func() (n int) {
		must(t, reading.QueryRowContext(ctx, "SELECT count(*) FROM entry").Scan(&n))
		return n
	}
	if n := sees(); n != 1 {
		t.Fatalf("it sees %d entries", n)
	}
	for n := range 2000 { // more than what is left in the write-ahead log
		must(t, add(db, 2+n))
	}
	if n := sees(); n != 1 {
		t.Errorf("the reader sees %d entries, which were written after it began", n)
	}
}

func TestFilesCanBeTakenToAnotherDisk(t *testing.T) {
	d, path := newDisk(t, 1)
	db := open(t, path)
	begin(t, db)
	for n := range 30 {
		must(t, add(db, n))
	}
	files := d.Files()
	other, there := newDisk(t, 2)
	other.Put(files)
	other.LosePower()
	if got := count(t, open(t, there)); got != 30 {
		t.Errorf("%d entries", got)
	}
	for name, data := range files {
		if len(data) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}
