package accesslog

import (
	"context"
	"strconv"

	"mingjing"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/kernel"
)

// AccessLogPage returns the access log as its page shows it: the entries of others, newest
// first, and the actor's own folded into days. show leaves out one of them, and the cursor
// is that of what it leaves. Reading it is an entry as well.
func (c *AccessLog) AccessLogPage(ctx context.Context, a mingjing.Actor, show, cursor string) (mingjing.AccessLogView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.AccessLogView{}, err
	}
	before, err := beforeEntry(cursor)
	if err != nil {
		return mingjing.AccessLogView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.AccessLogView, error) {
		rd := t.As(c.city.Entry(a, "access_log", "", "own"))
		v := mingjing.AccessLogView{Show: show, Others: true}
		if show != "own" {
			if err := c.entries(ctx, rd, me, &v, before); err != nil {
				return mingjing.AccessLogView{}, err
			}
		}
		if show != "others" {
			if err := c.days(ctx, rd, me, &v, before); err != nil {
				return mingjing.AccessLogView{}, err
			}
		}
		return v, nil
	})
}

// daysOfOwn is how many days a page of one's own entries has.
const daysOfOwn = 10

// days adds the resident's own entries with Seq below before (0: from the newest) to a
// page, whole days of them.
func (c *AccessLog) days(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, v *mingjing.AccessLogView, before int64) error {
	const atOnce = 200
	for {
		list, err := read(rd).OwnEntries(ctx, me, before, atOnce)
		if err != nil {
			return err
		}
		for _, l := range list {
			day := mingjing.DateOf(l.At.In(c.city.Zone()))
			n := len(v.Days)
			if n == 0 || v.Days[n-1].Day != day {
				if n == daysOfOwn {
					v.NextDays = strconv.FormatInt(before, 10)
					return nil
				}
				v.Days = append(v.Days, mingjing.OwnDay{Day: day})
			}
			v.Days[len(v.Days)-1].Add(l)
			before, v.Since = l.Seq, l.Seq
		}
		if len(list) < atOnce {
			return nil
		}
	}
}

// beforeEntry parses a cursor of the access log; an empty one is 0.
func beforeEntry(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	before, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || before < 1 {
		return 0, mingjing.NewError(mingjing.Invalid, "invalid_cursor")
	}
	return before, nil
}

// AccessLog returns a page of the actor's own access log, newest first; others leaves
// out the actor's own entries. An unknown cursor is an invalid_cursor error. Reading the
// page is an entry as well.
func (c *AccessLog) AccessLog(ctx context.Context, a mingjing.Actor, others bool, cursor string) (mingjing.AccessLogView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.AccessLogView{}, err
	}
	before, err := beforeEntry(cursor)
	if err != nil {
		return mingjing.AccessLogView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.AccessLogView, error) {
		v := mingjing.AccessLogView{Others: others}
		err := c.entries(ctx, t.As(c.city.Entry(a, "access_log", "", "own")), me, &v, before)
		return v, err
	})
}

// entries adds entries with Seq below before (0: from the newest) to a page, with the
// inquiries about them; for the page itself they are those of others.
func (c *AccessLog) entries(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, v *mingjing.AccessLogView,
	before int64) (err error) {
	const page = 50
	if v.Entries, err = read(rd).AccessEntries(ctx, me, v.Others, before, page+1); err != nil {
		return err
	}
	if len(v.Entries) > page {
		v.Entries = v.Entries[:page]
		v.Next = strconv.FormatInt(v.Entries[page-1].Seq, 10)
	}
	if n := len(v.Entries); n > 0 {
		v.Inquiries, err = inquiry.InquiriesAbout(ctx, rd, me, v.Entries[n-1].Seq, v.Entries[0].Seq)
	}
	return err
}
