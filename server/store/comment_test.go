package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"mingjing"
	"mingjing/server/casework/comment"
	"mingjing/server/casework/kernel"
)

func aComment(id string) comment.Stored {
	return comment.Stored{DraftComment: mingjing.DraftComment{Rulebook: "rongcheng", Version: "2099.1", State: mingjing.CommentWaiting,
		Comment: mingjing.Comment{ID: id, Sent: "2026-03-02", Name: "王芳", Text: "合理。", Draft: "hash"}}}
}

func TestCommentsAreListedByStateAndDraftInTheOrderInWhichTheyCame(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		do(t, s, func(ctx context.Context, tx *reader) error {
			for i := range 5 {
				c := aComment(fmt.Sprint("c", i))
				if i == 3 {
					c.Version = "2099.2"
				}
				must(t, tx.AddComment(ctx, c))
				if i == 4 {
					c.State, c.Reason, c.HiddenAt = mingjing.CommentHidden, "insult", day
					must(t, tx.SetComment(ctx, c))
				}
			}
			draft := comment.Draft{Rulebook: "rongcheng", Version: "2099.1"}
			for _, c := range []struct {
				q    comment.Query
				want []string
			}{
				{comment.Query{State: mingjing.CommentWaiting, Limit: 10}, []string{"c0", "c1", "c2", "c3"}},
				{comment.Query{State: mingjing.CommentWaiting, Draft: draft, Newest: true, Limit: 2}, []string{"c2", "c1"}},
				{comment.Query{State: mingjing.CommentWaiting, Draft: draft, Newest: true, After: 2, Limit: 2}, []string{"c0"}},
				{comment.Query{State: mingjing.CommentWaiting, After: 2, Limit: 2}, []string{"c2", "c3"}},
				{comment.Query{State: mingjing.CommentHidden, Limit: 2}, []string{"c4"}},
				{comment.Query{State: mingjing.CommentPublished, Limit: 2}, nil},
			} {
				list, err := tx.ListComments(ctx, c.q)
				must(t, err)
				var got []string
				for _, k := range list {
					got = append(got, k.ID)
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("%+v: %v, want %v", c.q, got, c.want)
				}
			}
			want := aComment("c4")
			want.N, want.State, want.Reason, want.HiddenAt = 5, mingjing.CommentHidden, "insult", day
			got, err := tx.LockComment(ctx, "c4")
			must(t, err)
			same(t, "a hidden comment", got, want)
			counts, err := tx.CommentCounts(ctx, draft)
			must(t, err)
			slices.SortFunc(counts, func(a, b comment.Count) int { return a.N - b.N })
			same(t, "the counts", counts, []comment.Count{{State: mingjing.CommentHidden, Reason: "insult", N: 1},
				{State: mingjing.CommentWaiting, N: 3}})
			if _, err := tx.LockComment(ctx, "c9"); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("a comment that is not there: %v", err)
			}
			if err := tx.SetComment(ctx, aComment("c9")); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("a comment that is not there is changed: %v", err)
			}
			return nil
		})
	})
}

func TestTheDatabaseRefusesToChangeTheHistoryOfComments(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		act := mingjing.CommentAct{Seq: 1, At: day, Comment: "c1", Step: mingjing.CommentHide, Reason: "insult", By: "s-1",
			ByName: "王经办", Hash: "hash"}
		do(t, s, func(ctx context.Context, tx *reader) error {
			if seq, err := tx.NextCommentAct(ctx); err != nil || seq != 1 {
				t.Errorf("the first entry has number %d, %v", seq, err)
			}
			return tx.AddCommentAct(ctx, act)
		})
		for _, query := range []string{`DELETE FROM comment_act`, `UPDATE comment_act SET hash = 'another'`,
			`UPDATE comment_act SET seq = 7`, `UPDATE comment_act SET comment_id = 'c2'`} {
			if _, err := s.db.ExecContext(t.Context(), query); err == nil {
				t.Errorf("the database does %s", query)
			}
		}
		_, err := s.Renew(t.Context()) // new keys write the content anew
		must(t, err)
		do(t, s, func(ctx context.Context, tx *reader) error {
			list, err := tx.CommentActs(ctx, "c1")
			must(t, err)
			same(t, "the history", list, []mingjing.CommentAct{act})
			hash, err := tx.CommentActHash(ctx, 1)
			must(t, err)
			same(t, "its hash", hash, "hash")
			return nil
		})
	})
}
