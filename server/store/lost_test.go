package store

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"mingjing"
	"mingjing/server/sim/disk"
)

// SQLite may undo the whole transaction when the disk fails; what follows in it would then be
// committed by itself.
func TestNothingIsCommittedAfterTheDiskFailedInATransaction(t *testing.T) {
	disk.Install()
	dir := t.TempDir()
	d := disk.New(dir, rand.New(rand.NewPCG(1, 1)))
	defer d.Remove()
	url := filepath.Join(dir, "city.db")
	must(t, open(t, url).Close())
	s := open(t, url)
	ctx := t.Context()
	err := s.run(ctx, func(t *tx) error {
		d.FailBy(func(disk.Op, string) disk.Fault { return disk.IOError })
		_, failed := t.exec(ctx, "test", `UPDATE notice SET doc = doc`)
		d.FailBy(nil)
		if failed == nil {
			return nil
		}
		_, _ = t.exec(ctx, "test", `INSERT INTO counter (name, seq) VALUES ('test', 1)`)
		return nil // as one who takes the error for something else
	})
	if mingjing.AwayCode(err) != mingjing.NoDatabase {
		t.Errorf("the transaction ended with %v", err)
	}
	must(t, s.run(ctx, func(t *tx) error {
		seq, err := t.nextSeq(ctx, "test", "test")
		if err == nil && seq != 1 {
			return errTooMany
		}
		return err
	}))
}
