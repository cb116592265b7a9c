package casework_test

import (
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
			entry := c.Entry(handler, "case", d.ID, "dispute")
			if work != "" {
				entry = entry.Once(work)
			}
			rd := tx.As(entry)
			read := kernel.ReadingsOf[cases.Readings](rd)
			stored, err := read.Case(ctx, d.ID)
			must(t, err)
			must(t, c.NotifyCase(ctx, rd, stored, mingjing.NoticeCaseMoved, "assigned"))
			_, err = read.Resident(ctx, mingjing.ResidentID(stranger.ID))
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
}

func TestReadersOfOneTransactionLogEachForItsOwnReason(t *testing.T) {
	c := newCity(t)
	a, other := c.resident(t, 1), c.resident(t, 2)
	must(t, c.Tx(ctx, func(tx *kernel.Tx) error {
		one, two := tx.As(c.Entry(handler, "case", "d", "dispute")), tx.As(c.Entry(supervisor, "note", "d", "dispute"))
		for _, rd := range []*kernel.Reader{one, two, one} { // in turn
			if _, err := kernel.ReadingsOf[cases.Readings](rd).Resident(ctx, mingjing.ResidentID(a.ID)); err != nil {
				return err
			}
		}
		_, err := kernel.ReadingsOf[cases.Readings](one).Resident(ctx, mingjing.ResidentID(other.ID))
		return err
	}))
	if l := c.looks(t, a); len(l) < 2 || l[0].Action != "note" || l[0].Who != supervisor.Name || l[1].Action != "case" ||
		l[1].Who != handler.Name {
		t.Errorf("the log of whom both read has %+v", l)
	}
	if l := c.looks(t, other); l[0].Action != "case" || len(l) > 1 && l[1].Action == "note" {
		t.Errorf("the log of whom one read has %+v", l)
	}
}
