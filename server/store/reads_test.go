package store

import (
	"context"
	"errors"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
)

func TestWhoOnlyReadsWaitsForNobodyWhoWrites(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		count := func() (n int) {
			must(t, s.Read(t.Context(), func(tx casework.Tx) (err error) {
				n, err = tx.Residents(t.Context())
				return err
			}))
			return n
		}
		enrol(t, s, resident(1))
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.AddResident(ctx, resident(2)))
			if n := count(); n != 1 { // were it to wait, it would for this very transaction
				t.Errorf("%d residents are seen before the second is committed", n)
			}
			return nil
		})
		if n := count(); n != 2 {
			t.Errorf("%d residents are seen", n)
		}
	})
}

func TestWhoOnlyReadsSeesOneMoment(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		must(t, s.Read(t.Context(), func(tx casework.Tx) error {
			before, err := tx.Residents(t.Context())
			must(t, err)
			enrol(t, s, resident(1))
			after, err := tx.Residents(t.Context())
			if before != after {
				t.Errorf("%d residents, and then %d", before, after)
			}
			return err
		}))
	})
}

func TestWhoOnlyReadsCanNeitherWriteNorOpenWhatAResidentHas(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		enrol(t, s, resident(1))
		err := s.Read(t.Context(), func(tx casework.Tx) error {
			_, err := tx.AddEvent(t.Context(), mingjing.AudienceStaff, mingjing.Event{Kind: mingjing.EventScore, ID: "x", At: day})
			return err
		})
		if err == nil {
			t.Error("an event was added")
		}
		err = s.Read(t.Context(), func(tx casework.Tx) error {
			_, err := tx.As(kernel.Entry{}).Resident(t.Context(), resident(1).ID)
			return err
		})
		if !errors.Is(err, kernel.ErrNoReason) {
			t.Errorf("a resident is opened without a reason: %v", err)
		}
		err = s.Read(t.Context(), func(tx casework.Tx) error {
			_, err := tx.As(kernel.Entry{AccessEntry: anEntry(1)}).Resident(t.Context(), resident(1).ID)
			return err
		})
		if err == nil {
			t.Error("a resident is opened where the access log can't be written")
		}
	})
}

func TestWhatIsReadForAPageIsAPartOfItsTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		counted, n := Counted(t.Context())
		must(t, s.Together(counted, func(ctx context.Context) error {
			must(t, s.Tx(ctx, func(tx casework.Tx) error { return tx.AddResident(ctx, resident(1)) }))
			return s.Read(ctx, func(tx casework.Tx) error {
				if n, err := tx.Residents(ctx); n != 1 || err != nil {
					t.Errorf("%d residents, %v", n, err)
				}
				return nil
			})
		}))
		if n.Load() != 1 {
			t.Errorf("%d transactions", n.Load())
		}
	})
}
