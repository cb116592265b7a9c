package accesslog

import (
	"context"
	"strconv"

	"mingjing"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/kernel"
)

// AccessLog returns a page of the actor's own access log, newest first; others leaves
// out the actor's own entries. An unknown cursor is an invalid_cursor error. Reading the
// page is an entry as well.
func (c *AccessLog) AccessLog(ctx context.Context, a mingjing.Actor, others bool, cursor string) (mingjing.AccessLogView, error) {
	const page = 50
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.AccessLogView{}, err
	}
	before := int64(0)
	if cursor != "" {
		before, err = strconv.ParseInt(cursor, 10, 64)
		if err != nil || before < 1 {
			return mingjing.AccessLogView{}, mingjing.NewError(mingjing.Invalid, "invalid_cursor")
		}
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.AccessLogView, error) {
		v := mingjing.AccessLogView{Others: others}
		rd := t.As(c.city.Entry(a, "access_log", "", "own"))
		if v.Entries, err = read(rd).AccessEntries(ctx, me, others, before, page+1); err != nil {
			return v, err
		}
		if len(v.Entries) > page {
			v.Entries = v.Entries[:page]
			v.Next = strconv.FormatInt(v.Entries[page-1].Seq, 10)
		}
		if n := len(v.Entries); n > 0 {
			if v.Inquiries, err = inquiry.InquiriesAbout(ctx, rd, me, v.Entries[n-1].Seq, v.Entries[0].Seq); err != nil {
				return v, err
			}
		}
		return v, nil
	})
}
