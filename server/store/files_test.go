package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/blob/blobtest"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/store/pgtest"
)

// A breaking is a store of files in which a test lets something happen at a call.
type breaking struct {
	Files
	put func() error
}

func (b *breaking) Put(ctx context.Context, name string, content []byte) error {
	if b.put != nil {
		if err := b.put(); err != nil {
			return err
		}
	}
	return b.Files.Put(ctx, name, content)
}

// filed is evidence with its bytes, in a case of a resident.
func filed(t *testing.T, s *Store, ids ...string) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx *reader) error {
		for _, id := range ids {
			if err := tx.AddEvidence(ctx, "d0", mingjing.Evidence{ID: id, Name: "receipt", AddedAt: day}, []byte("the words of "+id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// inside returns how many files of evidence are in the database, and loose how many
// objects no row refers to.
func inside(t *testing.T, s *Store) (inside, loose int) {
	t.Helper()
	must(t, s.db.QueryRow(`SELECT count(*) FROM evidence_data WHERE blob IS NULL`).Scan(&inside))
	must(t, s.db.QueryRow(`SELECT count(*) FROM loose_blob`).Scan(&loose))
	return inside, loose
}

func read(t *testing.T, s *Store, id string) (string, error) {
	t.Helper()
	var data []byte
	err := s.Tx(t.Context(), func(tx casework.Tx) (err error) {
		_, data, err = tx.As(kernel.Entry{AccessEntry: why}).EvidenceData(t.Context(), id)
		return err
	})
	return string(data), err
}

// TestFilesLeaveTheDatabaseAndNothingIsLostWithTheirStore is the life of files with a real
// store of files, which is away at times.
func TestFilesLeaveTheDatabaseAndNothingIsLostWithTheirStore(t *testing.T) {
	server, url := blobtest.Start(t), pgtest.Start(t)
	files := &breaking{Files: outsideFiles(t, server)}
	s := open(t, url, func(o *Options) { o.Files = files })
	ctx := t.Context()
	must(t, s.Tx(ctx, func(tx casework.Tx) error { return tx.AddResident(ctx, resident(1)) }))
	must(t, s.Tx(ctx, func(tx casework.Tx) error {
		return errors.Join(tx.PutRecord(ctx, record(resident(1), "c")), tx.AddCase(ctx, dispute(resident(1), "d0", "c")))
	}))

	// Away: what is sent is committed all the same, and read.
	server.Stop()
	must(t, s.Tx(ctx, func(tx casework.Tx) error {
		return tx.AddEvidence(ctx, "d0", mingjing.Evidence{ID: "a", Name: "receipt", AddedAt: day}, []byte("the words of a"))
	}))
	if err := s.moveAll(ctx); err == nil {
		t.Error("a store that is away takes a file")
	}
	if n, loose := inside(t, s); n != 1 || loose != 1 {
		t.Errorf("%d files are in the database, %d objects loose", n, loose)
	}
	if text, err := read(t, s, "a"); err != nil || text != "the words of a" {
		t.Errorf("read is %q, %v", text, err)
	}

	// There again: it is moved, sealed.
	server.Start(t)
	filed(t, s, "b")
	if n, loose := inside(t, s); n != 0 || loose != 1 {
		t.Errorf("%d files stay in the database, %d objects are loose", n, loose)
	}
	if n := len(server.Objects(t)); n != 2 {
		t.Errorf("the store has %d objects", n)
	}
	for _, file := range server.Objects(t) {
		if content, err := os.ReadFile(file); err != nil || bytes.Contains(content, []byte("words")) {
			t.Errorf("an object can be read: %v", err)
		}
	}
	server.Stop()
	if _, err := read(t, s, "a"); !errors.Is(err, mingjing.ErrNoFiles) || mingjing.AwayCode(err) != mingjing.NoFiles {
		t.Errorf("without the store a reader is told %v", err)
	}
	server.Start(t)
	for _, id := range []string{"a", "b"} {
		if text, err := read(t, s, id); err != nil || text != "the words of "+id {
			t.Errorf("read is %q, %v", text, err)
		}
	}

	// An object of another file does not open.
	_, err := s.db.Exec(`UPDATE evidence_data SET blob = (SELECT blob FROM evidence_data WHERE evidence_id = 'b') WHERE evidence_id = 'a'`)
	must(t, err)
	if _, err := read(t, s, "a"); !errors.Is(err, kernel.ErrAltered) {
		t.Errorf("an object that was exchanged is told %v", err)
	}
	_, err = s.db.Exec(`DELETE FROM evidence_data WHERE evidence_id = 'a'`)
	must(t, err)

	// Erased, and deleted after the time that a backup may need.
	do(t, s, func(ctx context.Context, tx *reader) error { return tx.Erase(ctx, resident(1).ID) })
	must(t, s.deleteLoose(ctx, time.Now().Add(fileGrace/2)))
	if n := len(server.Objects(t)); n != 2 {
		t.Errorf("a backup may need what %d objects remain of", n)
	}
	must(t, s.deleteLoose(ctx, time.Now().Add(fileGrace+time.Minute)))
	if files, _ := inside(t, s); files != 0 || len(server.Objects(t)) != 0 {
		t.Errorf("of somebody who has left the store has %v", server.Objects(t))
	}
	if _, loose := inside(t, s); loose != 0 {
		t.Errorf("%d objects are noted that are gone", loose)
	}
	now, before, err := FileNames(ctx, url)
	if err != nil || len(now)+len(before) != 0 {
		t.Errorf("there are %v and %v, %v", now, before, err)
	}
}

// TestAFileThatChangesOrGoesWhileItIsMovedIsRight: between the two transactions of a move
// everything can happen.
func TestAFileThatChangesOrGoesWhileItIsMovedIsRight(t *testing.T) {
	server, url := blobtest.Start(t), pgtest.Start(t)
	files := &breaking{Files: outsideFiles(t, server)}
	s := open(t, url, func(o *Options) { o.Files = files })
	enrol(t, s, resident(1))
	do(t, s, func(ctx context.Context, tx *reader) error {
		return errors.Join(tx.PutRecord(ctx, record(resident(1), "c")), tx.AddCase(ctx, dispute(resident(1), "d0", "c")))
	})
	ctx := t.Context()
	second := open(t, url, func(o *Options) { o.Files = outsideFiles(t, server) })
	for i, k := range []struct {
		what  string
		meant func(id string) error
		gone  bool
	}{
		{"its key is rotated", func(string) error { _, err := s.Renew(ctx); return err }, false},
		{"another process looks too", func(string) error { return second.moveAll(ctx) }, false},
		{"it is deleted", func(id string) error {
			_, err := s.db.Exec(`DELETE FROM evidence_data WHERE evidence_id = $1`, id)
			return err
		}, true},
		{"it took too long and was given up", func(string) error {
			return errors.Join(second.deleteLoose(ctx, time.Now().Add(moveWait+time.Minute)),
				second.deleteLoose(ctx, time.Now().Add(fileGrace+moveWait+time.Hour)))
		}, false},
	} {
		id := fmt.Sprint("e", i)
		files.put = func() error {
			files.put = nil
			return k.meant(id)
		}
		err := s.Tx(ctx, func(tx casework.Tx) error {
			return tx.AddEvidence(ctx, "d0", mingjing.Evidence{ID: id, Name: "receipt", AddedAt: day}, []byte("the words of "+id))
		})
		must(t, err)
		_ = s.moveAll(ctx) // what came in between is an error at most
		must(t, s.moveAll(ctx))
		text, err := read(t, s, id)
		if k.gone != errors.Is(err, kernel.ErrNotFound) || !k.gone && (err != nil || text != "the words of "+id) {
			t.Errorf("%s: read is %q, %v", k.what, text, err)
		}
		must(t, s.deleteLoose(ctx, time.Now().Add(24*time.Hour)))
		must(t, s.deleteLoose(ctx, time.Now().Add(48*time.Hour)))
		now, loose, err := FileNames(ctx, url)
		if err != nil || len(now) != len(server.Objects(t)) || len(loose) != 0 {
			t.Errorf("%s: %d files are referred to, %d objects are there, loose are %v, %v", k.what, len(now), len(server.Objects(t)), loose, err)
		}
	}
}

func TestADatabaseWhoseFilesAreElsewhereIsNotOpenedWithoutThem(t *testing.T) {
	onEachAndOutside(t, func(t *testing.T, url string) {
		s := open(t, url)
		whole(t, s, resident(1))
		o := Options{IDKey: testKey, Vault: testVault}
		again, err := Open(t.Context(), url, o)
		if _, ok := outside.Load(url); ok != errors.Is(err, ErrNoFileStore) || ok != (err != nil) {
			t.Errorf("it is told %v", err)
		}
		if err == nil {
			must(t, again.Close())
		}
	})
}
