package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/kernel"
)

func anInquiry(r kernel.Resident, id string, seq int64, due time.Duration) inquiry.Row {
	return inquiry.Row{Resident: r.ID, Inquiry: mingjing.Inquiry{ID: id, Question: "question-words", AskedAt: day, Due: day.Add(due).UTC(),
		State: mingjing.InquiryAsked, Answers: []mingjing.InquiryAnswer{},
		Entry: mingjing.AccessEntry{Seq: seq, At: day, Role: mingjing.RoleHandler, Action: "case"}}}
}

func TestInquiriesAreOneForALookAndListedByTheirClock(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, a, b := open(t, url), resident(1), resident(2)
		enrol(t, s, a, b)
		late, next, agencys, others := anInquiry(a, "late", 1, time.Hour), anInquiry(a, "next", 2, 3*time.Hour),
			anInquiry(a, "agencys", 3, 2*time.Hour), anInquiry(b, "others", 1, 4*time.Hour)
		late.Staff, next.Staff, agencys.Agency, others.Staff = "H-1", "H-1", "court", "H-2"
		do(t, s, func(ctx context.Context, tx *reader) error {
			for _, q := range []inquiry.Row{next, others, agencys, late} {
				must(t, tx.AddInquiry(ctx, q))
			}
			same(t, "asked again", errors.Is(tx.AddInquiry(ctx, anInquiry(a, "again", 2, 0)), kernel.ErrExists), true)
			return nil
		})
		list := func(q inquiry.Query) string {
			q.Limit = max(q.Limit, 10*(1-min(q.Limit, 1)))
			return ids(mustGet(t, s, func(ctx context.Context, tx *reader) ([]inquiry.Head, error) {
				return tx.OpenInquiries(ctx, q)
			}),
				func(h inquiry.Head) string { return h.ID })
		}
		same(t, "all", list(inquiry.Query{}), "late agencys next others")
		same(t, "a handler's", list(inquiry.Query{Staff: "H-1"}), "late next")
		same(t, "an agency's", list(inquiry.Query{Agency: "court"}), "agencys")
		same(t, "the supervisors'", list(inquiry.Query{Others: true}), "")
		same(t, "the first page", list(inquiry.Query{Limit: 2}), "late agencys")
		same(t, "and the next", list(inquiry.Query{Cursor: agencys.Head().Cursor()}), "next others")
		_, err := get(t, s, func(ctx context.Context, tx *reader) ([]inquiry.Head, error) {
			return tx.OpenInquiries(ctx, inquiry.Query{Cursor: "x"})
		})
		same(t, "a bad cursor", errors.Is(err, kernel.ErrCursor), true)

		do(t, s, func(ctx context.Context, tx *reader) error {
			late.State, late.Late, late.Due = mingjing.InquiryEscalated, true, day.Add(9*time.Hour).UTC()
			must(t, tx.SetInquiry(ctx, late))
			agencys.State, agencys.Unexplained = mingjing.InquiryAnswered, true
			agencys.Answers = []mingjing.InquiryAnswer{{Outcome: mingjing.InquiryUnfounded, Text: "answer-words"}}
			return tx.SetInquiry(ctx, agencys)
		})
		err = s.Tx(t.Context(), func(tx casework.Tx) error { return tx.SetInquiry(t.Context(), late) })
		same(t, "changed meanwhile", errors.Is(err, kernel.ErrConflict), true)
		same(t, "the supervisors' then", list(inquiry.Query{Others: true}), "late")
		same(t, "the handler's then", list(inquiry.Query{Staff: "H-1"}), "next")
		do(t, s, func(ctx context.Context, tx *reader) error {
			h, err := tx.InquiryHead(ctx, "late")
			must(t, err)
			same(t, "head", h, inquiry.Head{ID: "late", Resident: a.ID, Staff: "H-1", State: mingjing.InquiryEscalated, AskedAt: day, Due: late.Due,
				Late: true})
			q, err := tx.Inquiry(ctx, "agencys")
			must(t, err)
			agencys.Version = 1
			same(t, "whole", q, agencys)
			about, err := tx.InquiriesAbout(ctx, a.ID, 2, 3)
			must(t, err)
			same(t, "about these looks", ids(about, func(q inquiry.Row) string { return q.ID }), "next agencys")
			waiting, err := tx.WaitingInquiries(ctx, "")
			must(t, err)
			same(t, "waiting", waiting, map[mingjing.InquiryState]int{mingjing.InquiryAsked: 2, mingjing.InquiryEscalated: 1})
			waiting, err = tx.WaitingInquiries(ctx, "court")
			must(t, err)
			same(t, "waiting for an agency", waiting, map[mingjing.InquiryState]int{})
			counts, err := tx.InquiryCounts(ctx)
			must(t, err)
			same(t, "sums", counts, []inquiry.Counts{{Inquiries: 3}, {Agency: "court", Inquiries: 1, Unexplained: 1, Unfounded: 1}})
			_, err = tx.Inquiry(ctx, "none")
			same(t, "none", errors.Is(err, kernel.ErrNotFound), true)
			_, err = tx.InquiryHead(ctx, "none")
			same(t, "no head", errors.Is(err, kernel.ErrNotFound), true)
			return nil
		})
	})
}
