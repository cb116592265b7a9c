package casework_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/comment"
	"mingjing/server/casework/upkeep"
)

// draftedCity has a draft of Rongcheng's rulebook that holds from 1 June 2026: comments
// are accepted until 2 May.
func draftedCity(t testing.TB, change func(*mingjing.Rulebook)) (*city, *mingjing.Rulebook) {
	t.Helper()
	one := small(t, "rongcheng")
	draft := changed(t, one, "2026.9", "2026-06-01", func(b *mingjing.Rulebook) {
		milder(b)
		b.Draft, b.Why = true, mingjing.Text{"en": "It is too hard.", "zh-CN": "太重了。"}
		if change != nil {
			change(b)
		}
	})
	return newCity(t, withBooks(nil, one, draft)), draft
}

// comment sends a comment and returns its id.
func (c *city) comment(t testing.TB, book *mingjing.Rulebook, name, text string) string {
	t.Helper()
	must(t, c.CommentOn(ctx, book, comment.NewComment{Name: name, Text: text}))
	id := ""
	for cursor := ""; ; {
		v, err := c.Moderation(ctx, supervisor, mingjing.CommentWaiting, cursor)
		must(t, err)
		if n := len(v.Comments); n > 0 {
			id = v.Comments[n-1].ID
		}
		if cursor = v.Next; cursor == "" {
			return id
		}
	}
}

func (c *city) commentsOn(t testing.TB, book *mingjing.Rulebook) mingjing.CommentsView {
	t.Helper()
	v, err := c.CommentsOn(ctx, book, "")
	must(t, err)
	return *v
}

func TestACommentIsPublicOnlyWhenASupervisorHasPublishedIt(t *testing.T) {
	c, draft := draftedCity(t, nil)
	id := c.comment(t, draft, "  Wang\n Fang ", " It is fair.\r\nThank you.\u202e\x07 ")
	c.comment(t, draft, "", "Buy my shoes.")
	v := c.commentsOn(t, draft)
	if !v.Open || v.Until != "2026-05-02" || v.Waiting != 2 || v.Published != 0 || len(v.Comments) != 0 {
		t.Fatalf("before anybody has looked: %+v", v)
	}
	k, err := c.PublishComment(ctx, supervisor, id)
	must(t, err)
	if !slices.Equal(k.Steps, []string{mingjing.CommentAnswer, mingjing.CommentHide}) {
		t.Errorf("what is published can be %v", k.Steps)
	}
	_, err = c.AnswerComment(ctx, supervisor, id, " We keep it. ")
	must(t, err)
	v = c.commentsOn(t, draft)
	want := mingjing.Comment{ID: id, Sent: "2026-03-02", Name: "Wang Fang", Text: "It is fair.\nThank you.", Draft: draft.Ref().Hash,
		Answer: "We keep it.", Answered: "2026-03-02"}
	if v.Waiting != 1 || v.Published != 1 || len(v.Comments) != 1 || v.Comments[0] != want {
		t.Errorf("published as %+v", v)
	}
}

func TestAHiddenCommentIsCountedInPublicWithItsReasonAndCanBePublishedAfterAll(t *testing.T) {
	c, draft := draftedCity(t, nil)
	first, second := c.comment(t, draft, "", "My neighbour owes 500."), c.comment(t, draft, "", "Fools.")
	_, err := c.PublishComment(ctx, supervisor, first)
	must(t, err)
	_, err = c.AnswerComment(ctx, supervisor, first, "Does he?")
	must(t, err)
	for id, reason := range map[string]string{first: "personal_data", second: "insult"} {
		_, err := c.HideComment(ctx, supervisor, id, reason)
		must(t, err)
	}
	v := c.commentsOn(t, draft)
	if len(v.Comments) != 0 || v.Published != 0 || !slices.Equal(v.Hidden, []mingjing.HiddenCount{{Reason: "personal_data", Count: 1},
		{Reason: "insult", Count: 1}}) {
		t.Errorf("hidden as %+v", v)
	}
	_, err = c.PublishComment(ctx, supervisor, second)
	must(t, err)
	if v := c.commentsOn(t, draft); v.Published != 1 || len(v.Hidden) != 1 || v.Comments[0].Text != "Fools." {
		t.Errorf("a mistake can't be undone: %+v", v)
	}
}

func TestCommentsEndWithTheDayThatTheDraftNames(t *testing.T) {
	c, draft := draftedCity(t, func(b *mingjing.Rulebook) { b.CommentsUntil = "2026-03-10" })
	say := func() error { return c.CommentOn(ctx, draft, comment.NewComment{Text: "Fine."}) }
	c.clock.set(time.Date(2026, 3, 10, 15, 59, 0, 0, time.UTC)) // 23:59 in Shanghai
	must(t, say())
	c.clock.set(time.Date(2026, 3, 10, 16, 0, 0, 0, time.UTC))
	wants(t, say(), "comments_over")
	if v := c.commentsOn(t, draft); v.Open || v.Until != "2026-03-10" {
		t.Errorf("after its last day: %+v", v)
	}
	wants(t, c.CommentOn(ctx, small(t, "rongcheng"), comment.NewComment{Text: "On the law."}), "comments_over")
	if v, err := c.CommentsOn(ctx, small(t, "rongcheng"), ""); v != nil || err != nil {
		t.Errorf("a version that was never commented on shows %+v, %v", v, err)
	}
}

func TestTheVersionKeepsTheCommentsWhenItHolds(t *testing.T) {
	now := &clock{now: monday}
	s := memory(t, now)
	one := small(t, "rongcheng")
	propose := func(b *mingjing.Rulebook) { b.Draft, b.Why = true, mingjing.Text{"en": "So.", "zh-CN": "如此。"} }
	draft := changed(t, one, "2026.9", "2026-06-01", propose)
	better := changed(t, one, "2026.9", "2026-06-01", func(b *mingjing.Rulebook) { propose(b); milder(b) })
	c := cityAt(t, s, now, withBooks(nil, one, draft))
	id := c.comment(t, draft, "", "Make it milder.")
	_, err := c.PublishComment(ctx, supervisor, id)
	must(t, err)

	c = cityAt(t, s, now, withBooks([]*mingjing.Rulebook{draft}, one, better))
	if v := c.commentsOn(t, better); !v.Open || len(v.Comments) != 1 || v.Comments[0].Draft != draft.Ref().Hash {
		t.Errorf("the changed draft has %+v", v)
	}
	wants(t, c.CommentOn(ctx, draft, comment.NewComment{Text: "On the older text."}), "comments_over")
	law := changed(t, one, "2026.9", "2026-06-01", milder)
	c = cityAt(t, s, now, withBooks([]*mingjing.Rulebook{draft, better}, one, law))
	if v := c.commentsOn(t, law); v.Open || len(v.Comments) != 1 || v.Comments[0].Text != "Make it milder." {
		t.Errorf("the law has %+v", v)
	}
}

func TestWhatIsWrongWithACommentIsSaidByField(t *testing.T) {
	c, draft := draftedCity(t, nil)
	for code, n := range map[string]comment.NewComment{
		"comment:comment_required": {Text: " \n\u202e "},
		"comment:too_long":         {Text: strings.Repeat("评", mingjing.MaxComment+1)},
		"name:too_long":            {Text: "Fine.", Name: strings.Repeat("王", mingjing.MaxCommentName+1)},
	} {
		wants(t, c.CommentOn(ctx, draft, n), code)
	}
	must(t, c.CommentOn(ctx, draft, comment.NewComment{Text: strings.Repeat("评", mingjing.MaxComment),
		Name: strings.Repeat("王", mingjing.MaxCommentName)}))
	id := c.comment(t, draft, "", "Another.")
	_, err := c.HideComment(ctx, supervisor, id, "boring")
	wants(t, err, "reason:hidden_reason_required")
	_, err = c.PublishComment(ctx, supervisor, id)
	must(t, err)
	for code, answer := range map[string]string{"required": " ", "too_long": strings.Repeat("答", mingjing.MaxCommentAnswer+1)} {
		_, err := c.AnswerComment(ctx, supervisor, id, answer)
		wants(t, err, "answer:"+code)
	}
}

func TestOnlySupervisorsModerateAndAuditorsReadIt(t *testing.T) {
	c, draft := draftedCity(t, nil)
	id := c.comment(t, draft, "", "Fine.")
	weak := supervisor
	weak.AAL = 1
	calls := map[string]func(a mingjing.Actor) (any, error){
		"list":    func(a mingjing.Actor) (any, error) { return c.Moderation(ctx, a, mingjing.CommentWaiting, "") },
		"read":    func(a mingjing.Actor) (any, error) { return c.ModeratedComment(ctx, a, id) },
		"publish": func(a mingjing.Actor) (any, error) { return c.PublishComment(ctx, a, id) },
		"hide":    func(a mingjing.Actor) (any, error) { return c.HideComment(ctx, a, id, "insult") },
		"answer":  func(a mingjing.Actor) (any, error) { return c.AnswerComment(ctx, a, id, "So.") },
	}
	for who, a := range map[string]mingjing.Actor{"nobody": {}, "a resident": c.resident(t, 1), "a handler": handler, "an auditor": auditor,
		"an administrator": administrator, "an officer": {Role: mingjing.RoleAgency, ID: "g-1", Agency: "court", AAL: 2},
		"one without a second factor": weak} {
		for what, call := range calls {
			got, err := call(a)
			if a.Role == mingjing.RoleAuditor && (what == "list" || what == "read") {
				must(t, err)
				continue
			}
			want := "forbidden"
			if a.AAL == 1 && a.Role == mingjing.RoleSupervisor {
				want = "aal2_required"
			}
			wants(t, err, want)
			if !nothing(got) {
				t.Errorf("%s: %s returns %+v", who, what, got)
			}
		}
	}
	k, err := c.ModeratedComment(ctx, auditor, id)
	must(t, err)
	if len(k.Steps) != 0 || len(k.History) != 0 {
		t.Errorf("an auditor may %v, and %d steps were taken", k.Steps, len(k.History))
	}
}

func TestTheHistoryOfCommentsIsOnlyAddedToAndShowsWhatWasAltered(t *testing.T) {
	c, draft := draftedCity(t, nil)
	one, other := c.comment(t, draft, "", "Fine."), c.comment(t, draft, "", "Bad.")
	for _, step := range []func() (mingjing.ModeratedComment, error){
		func() (mingjing.ModeratedComment, error) { return c.PublishComment(ctx, supervisor, one) },
		func() (mingjing.ModeratedComment, error) { return c.HideComment(ctx, supervisor, other, "off_topic") },
		func() (mingjing.ModeratedComment, error) { return c.AnswerComment(ctx, supervisor, one, "Thank you.") },
		func() (mingjing.ModeratedComment, error) { return c.AnswerComment(ctx, supervisor, one, "Thanks.") },
	} {
		_, err := step()
		must(t, err)
	}
	_, err := c.PublishComment(ctx, supervisor, one)
	wants(t, err, "comment_moderated")
	k, err := c.ModeratedComment(ctx, auditor, one)
	must(t, err)
	var said []string
	for _, act := range k.History {
		said = append(said, fmt.Sprint(act.Seq, act.Step, act.Answer, act.By, act.Broken))
	}
	want := []string{"1publishS-1false", "3answerThank you.S-1false", "4answerThanks.S-1false"}
	for i, s := range want {
		if i >= len(said) || strings.ReplaceAll(said[i], " ", "") != strings.ReplaceAll(s, " ", "") {
			t.Fatalf("the history is %q, want %q", said, want)
		}
	}
	// Somebody writes another entry in the place of the second.
	forged := k.History[0]
	forged.Seq, forged.Answer = 5, "Not what was said."
	must(t, c.store.Tx(ctx, func(tx casework.Tx) error {
		if _, err := tx.NextCommentAct(ctx); err != nil {
			return err
		}
		return tx.AddCommentAct(ctx, forged)
	}))
	k, err = c.ModeratedComment(ctx, auditor, one)
	must(t, err)
	if n := len(k.History); n != 4 || !k.History[3].Broken || k.History[2].Broken {
		t.Errorf("a forged entry is shown as %+v", k.History)
	}
}

func TestAFloodOfCommentsIsBounded(t *testing.T) {
	c, draft := draftedCity(t, nil)
	full := &crowded{Store: c.store}
	c = cityOn(t, full, withBooks(nil, small(t, "rongcheng"), draft))
	wants(t, c.CommentOn(ctx, draft, comment.NewComment{Text: "One more."}), "comments_full")
	full.fewer = true
	must(t, c.CommentOn(ctx, draft, comment.NewComment{Text: "One more."}))
}

// A crowded store says that as many comments wait as may.
type crowded struct {
	casework.Store
	fewer bool
}

func (s *crowded) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	return s.Store.Tx(ctx, func(tx casework.Tx) error { return fn(crowdedTx{tx, s.fewer}) })
}

type crowdedTx struct {
	casework.Tx
	fewer bool
}

func (t crowdedTx) CommentCounts(context.Context, comment.Draft) ([]comment.Count, error) {
	n := comment.MaxWaiting
	if t.fewer {
		n--
	}
	return []comment.Count{{State: mingjing.CommentWaiting, N: n}}, nil
}

func TestCommentsAreListedInPages(t *testing.T) {
	c, draft := draftedCity(t, nil)
	const n = 45
	for i := range n {
		must(t, c.CommentOn(ctx, draft, comment.NewComment{Text: fmt.Sprint(i)}))
	}
	var waiting []string
	for cursor := ""; ; {
		v, err := c.Moderation(ctx, supervisor, "no such state", cursor)
		must(t, err)
		if v.State != mingjing.CommentWaiting || v.Counts[mingjing.CommentWaiting] != n {
			t.Fatalf("listed are %s, counted %v", v.State, v.Counts)
		}
		for _, k := range v.Comments {
			waiting = append(waiting, k.Text)
			defer func() {
				_, err := c.PublishComment(ctx, supervisor, k.ID)
				must(t, err)
			}()
		}
		if cursor = v.Next; cursor == "" {
			break
		}
	}
	if len(waiting) != n || waiting[0] != "0" || waiting[n-1] != fmt.Sprint(n-1) {
		t.Errorf("waiting are %q", waiting)
	}
	for _, cursor := range []string{"x", "-1", "0"} {
		_, err := c.CommentsOn(ctx, draft, cursor)
		wants(t, err, "invalid_cursor")
	}
}

func TestTheTextOfAHiddenCommentGoesAfterItsTimeAndIsCountedStill(t *testing.T) {
	c, draft := draftedCity(t, nil)
	hidden, kept := c.comment(t, draft, "Wang", "Fools."), c.comment(t, draft, "", "Fine.")
	_, err := c.HideComment(ctx, supervisor, hidden, "insult")
	must(t, err)
	_, err = c.PublishComment(ctx, supervisor, kept)
	must(t, err)
	c.clock.set(monday.Add(upkeep.KeptFor(upkeep.HiddenComments) + time.Hour))
	_, err = c.job(ctx, upkeep.JobRemoveOld, "all")
	must(t, err)
	k, err := c.ModeratedComment(ctx, supervisor, hidden)
	must(t, err)
	if !k.Removed || k.Text != "" || k.Name != "" || len(k.Steps) != 0 || len(k.History) != 1 {
		t.Errorf("what is left of it is %+v", k)
	}
	if v := c.commentsOn(t, draft); len(v.Hidden) != 1 || v.Hidden[0].Count != 1 || len(v.Comments) != 1 || v.Comments[0].Text != "Fine." {
		t.Errorf("the public sees %+v", v)
	}
}

func TestNothingOfAResidentIsStoredWithTheirComment(t *testing.T) {
	c, draft := draftedCity(t, nil)
	a := c.resident(t, 1)
	before := len(c.looks(t, a))
	id := c.comment(t, draft, "", "Fine.")
	k, err := c.ModeratedComment(ctx, supervisor, id)
	must(t, err)
	if got := (mingjing.Comment{ID: id, Sent: "2026-03-02", Text: "Fine.", Draft: draft.Ref().Hash}); k.Comment != got {
		t.Errorf("stored is %+v", k.Comment)
	}
	if len(c.looks(t, a)) != before {
		t.Error("a comment left an entry in somebody's access log")
	}
}
