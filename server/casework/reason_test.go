package casework_test

import (
	"errors"
	"testing"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

func TestAfterANoticeWhatFollowsIsReadForTheReasonBeforeIt(t *testing.T) {
	c := newCity(t)
	_, helper, d, _ := c.helped(t)
	stranger := c.resident(t, 9)
	for _, work := range []string{"", "a work"} {
		before := len(c.looks(t, helper))
		must(t, c.Tx(ctx, func(tx *kernel.Tx) error {
			if work == "" {
				tx.Because(handler, "case", d.ID, "dispute")
			} else {
				tx.Part(handler, "case", d.ID, "dispute", work)
			}
			stored, err := tx.Port.(cases.Port).Case(ctx, d.ID)
			must(t, err)
			must(t, c.NotifyCase(ctx, tx, stored, mingjing.NoticeCaseMoved, "assigned"))
			_, err = tx.Port.(cases.Port).Resident(ctx, mingjing.ResidentID(stranger.ID))
			return err
		}))
		if l := c.looks(t, stranger)[0]; l.Action != "case" || l.Who != handler.Name || l.Subject != d.ID {
			t.Errorf("%q: after the notice it was read for %+v", work, l)
		}
		for _, l := range c.looks(t, helper)[:len(c.looks(t, helper))-before] {
			if l.Action != "notify" || l.Role != mingjing.RoleSystem {
				t.Errorf("%q: the helper's log has %+v", work, l)
			}
		}
	}
	err := c.Tx(ctx, func(tx *kernel.Tx) error { return tx.Aside(func() error { return nil }) })
	if !errors.Is(err, kernel.ErrNoReason) {
		t.Errorf("without a reason there is one to return to: %v", err)
	}
}
