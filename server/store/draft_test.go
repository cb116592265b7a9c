package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/draft"
	"mingjing/server/casework/kernel"
)

// aDraft is a draft of a resident's on a page of its own.
func aDraft(r kernel.Resident, id string) draft.Stored {
	return draft.Stored{ID: id, Person: draft.Person{Key: "resident " + string(r.ID), Resident: r.ID},
		Place:  draft.Place{Page: "disputes/new?record=" + id, Form: "/api/disputes"},
		Fields: []mingjing.DraftField{{Name: "statement", Value: "我已经还清。"}}, SavedAt: day}
}

func TestADraftIsFoundByItsFormAndItsPersonAlone(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, other := open(t, url), resident(1), resident(2)
		enrol(t, s, r, other)
		mine, theirs := aDraft(r, "d1"), aDraft(other, "d2")
		theirs.Place = mine.Place
		staff := draft.Stored{ID: "d3", Person: draft.Person{Key: "staff " + string(r.ID)}, Place: mine.Place, SavedAt: day,
			Fields: []mingjing.DraftField{{Name: "text", Value: "A note."}}}
		later := aDraft(r, "d4")
		later.SavedAt = day.Add(time.Hour)
		do(t, s, func(ctx context.Context, tx *reader) error {
			for _, d := range []draft.Stored{mine, theirs, staff, later} {
				must(t, tx.AddDraft(ctx, d))
			}
			again := func() error { return tx.AddDraft(ctx, draft.Stored{ID: "d5", Person: mine.Person, Place: mine.Place}) }
			if err := tx.Try(ctx, again); !errors.Is(err, kernel.ErrExists) {
				t.Errorf("a second draft of a form: %v", err)
			}
			return nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			for _, d := range []draft.Stored{mine, theirs, staff, later} {
				id, err := tx.DraftID(ctx, d.Person, d.Place)
				must(t, err)
				if id != d.ID {
					t.Errorf("found %s, want %s", id, d.ID)
				}
				got, err := tx.Draft(ctx, id)
				must(t, err)
				got.Person.Key = d.Person.Key
				same(t, "a draft", got, d)
				for _, p := range []draft.Person{mine.Person, theirs.Person, staff.Person} {
					if is, err := tx.DraftIs(ctx, id, p); is != (p == d.Person) || err != nil {
						t.Errorf("%s is of %s: %t %v", id, p.Key, is, err)
					}
				}
			}
			all, err := tx.DraftIDs(ctx, mine.Person, "")
			must(t, err)
			on, err := tx.DraftIDs(ctx, mine.Person, mine.Place.Page)
			same(t, "all of a person and those on a page", [][]string{all, on}, [][]string{{"d4", "d1"}, {"d1"}})
			return err
		})
	})
}

func TestAFileOfADraftArrivesInParts(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		f := mingjing.DraftFile{ID: "f", Name: "收据.pdf", Size: 10, State: mingjing.DraftFileArriving}
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.AddDraft(ctx, aDraft(r, "d")))
			must(t, tx.AddDraftFile(ctx, "d", f, day))
			must(t, tx.AddDraftPart(ctx, "f", 0, []byte("hello ")))
			must(t, tx.AddDraftPart(ctx, "f", 6, []byte("you")))
			return tx.SetDraftReceived(ctx, "f", 9)
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			h, err := tx.DraftFileHead(ctx, "f")
			must(t, err)
			same(t, "head", h, draft.Head{ID: "f", Draft: "d", Resident: r.ID, State: mingjing.DraftFileArriving, Size: 10, Received: 9})
			data, err := tx.DraftData(ctx, "f")
			must(t, err)
			if string(data) != "hello you" {
				t.Errorf("has %q", data)
			}
			f.State, f.Received, f.Size = mingjing.DraftFileReady, 4, 4
			must(t, tx.SetDraftFile(ctx, f))
			return tx.SetDraftData(ctx, "f", []byte("done"))
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			files, err := tx.DraftFiles(ctx, "d")
			must(t, err)
			same(t, "files", files, []mingjing.DraftFile{f})
			data, err := tx.DraftData(ctx, "f")
			must(t, err)
			n, bytes, err := tx.DraftFileCount(ctx, "d")
			must(t, err)
			if string(data) != "done" || n != 1 || bytes != 4 {
				t.Errorf("%q, %d files of %d bytes", data, n, bytes)
			}
			must(t, tx.DeleteDraftFile(ctx, "f"))
			must(t, tx.DeleteDraft(ctx, "d"))
			_, err = tx.Draft(ctx, "d")
			if !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("a deleted draft: %v", err)
			}
			return nil
		})
	})
}

func TestAnErasureTakesWhatStaffHadTypedAboutTheResident(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, a, b := open(t, url), resident(1), resident(2)
		whole(t, s, a, b)
		do(t, s, func(ctx context.Context, tx *reader) error {
			for i, about := range []string{"d0", "d1", ""} { // a case of each, and a page that is about nobody
				d := draft.Stored{ID: "staff-" + about, Person: draft.Person{Key: "staff h-1"}, SavedAt: day,
					Place: draft.Place{Page: "admin/cases/" + about, Form: "/api/notes", Subject: about}}
				must(t, tx.AddDraft(ctx, d))
				must(t, tx.AddDraftFile(ctx, d.ID, mingjing.DraftFile{ID: "file-" + about}, day.Add(time.Duration(i))))
				must(t, tx.SetDraftData(ctx, "file-"+about, []byte("data")))
			}
			return tx.Erase(ctx, a.ID)
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			left, err := tx.DraftIDs(ctx, draft.Person{Key: "staff h-1"}, "")
			same(t, "left of staff", left, []string{"staff-", "staff-d1"})
			own, err2 := tx.DraftIDs(ctx, aDraft(a, "").Person, "")
			theirs, err3 := tx.DraftIDs(ctx, aDraft(b, "").Person, "")
			if len(own) != 0 || len(theirs) != 1 {
				t.Errorf("%d of the erased, %d of the other", len(own), len(theirs))
			}
			return errors.Join(err, err2, err3)
		})
	})
}
