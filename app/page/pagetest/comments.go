package pagetest

import (
	"strings"
	"testing"

	"mingjing"
)

func init() { sampleMakers = append(sampleMakers, samplesOfComments) }

// sampleComments are published comments: one with a name and an answer, on an older text
// of the draft, and one without either.
func sampleComments() []mingjing.Comment {
	return []mingjing.Comment{
		{ID: "cm-2", Sent: "2026-11-20", Name: Hostile, Text: Hostile + "\n\n" + longName, Draft: strings.Repeat("0d", 32), Answer: Hostile,
			Answered: "2026-11-21"},
		{ID: "cm-1", Sent: "2026-11-19", Text: "三天太短。", Draft: draftVersion.Hash}}
}

func samplesOfComments(t testing.TB, lang string) []Sample {
	var all []Sample
	add := func(name string, v mingjing.View, change func(v *mingjing.View)) {
		if change != nil {
			change(&v)
		}
		all = append(all, Sample{name, v})
	}
	on := func(draft bool, k mingjing.CommentsView) *mingjing.RulebookPage {
		book := *Book(t, "rongcheng")
		book.Version, book.From, book.Draft = draftVersion.Version, draftVersion.From, draft
		return &mingjing.RulebookPage{Rulebook: &book, Hash: draftVersion.Hash, Calendar: calendar(t), InForce: !draft, Comments: &k}
	}
	hidden := []mingjing.HiddenCount{}
	for i, r := range mingjing.HiddenReasons {
		hidden = append(hidden, mingjing.HiddenCount{Reason: r, Count: i + 1})
	}
	add("rulebook-comments", Anonymous(Base(t, lang, "rulebook")), func(v *mingjing.View) {
		v.Data = on(true, mingjing.CommentsView{Open: true, Until: "2027-12-02", Published: 22, Waiting: 1, Hidden: hidden,
			Comments: sampleComments(), Next: "2"})
		v.Done = "comment_sent"
	})
	add("rulebook-comment-wrong", Anonymous(Base(t, lang, "rulebook")), func(v *mingjing.View) {
		v.Data = on(true, mingjing.CommentsView{Open: true, Until: "2027-12-02"})
		v.Form = map[string]string{"comment": Hostile, "name": Hostile}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "comment", Code: "comment_required"},
			mingjing.FieldError{Field: "name", Code: "too_long"})
	})
	for name, draft := range map[string]bool{"rulebook-comments-over": true, "rulebook-comments-kept": false} {
		add(name, Anonymous(Base(t, lang, "rulebook")), func(v *mingjing.View) {
			v.Data = on(draft, mingjing.CommentsView{Until: "2026-11-02", Published: 1, Comments: sampleComments()[1:]})
		})
	}
	desk := func(page string, role mingjing.Role) mingjing.View {
		v := Base(t, lang, page)
		v.Path = strings.Replace(v.Path, "req-1", "cm-1", 1)
		v.Who = &mingjing.Viewer{Role: role, Name: "周慧", IDMasked: "s-2001"}
		return v
	}
	seen := func(state mingjing.CommentState, reason string) mingjing.DraftComment {
		return mingjing.DraftComment{Comment: sampleComments()[0], Rulebook: "rongcheng", Version: draftVersion.Version, State: state,
			Reason: reason}
	}
	gone := mingjing.DraftComment{Comment: mingjing.Comment{ID: "cm-9"}, Rulebook: "rongcheng", Version: draftVersion.Version,
		State: mingjing.CommentHidden, Reason: "insult", Removed: true}
	add("comments", desk("comments", mingjing.RoleSupervisor), func(v *mingjing.View) {
		v.Data = &mingjing.ModerationView{State: mingjing.CommentHidden, Counts: map[mingjing.CommentState]int{mingjing.CommentHidden: 2100},
			Comments: []mingjing.DraftComment{seen(mingjing.CommentWaiting, ""), seen(mingjing.CommentPublished, ""),
				seen(mingjing.CommentHidden, "off_topic"), gone}, Next: "7"}
	})
	add("comments-none", desk("comments", mingjing.RoleAuditor), func(v *mingjing.View) {
		v.Data = &mingjing.ModerationView{State: mingjing.CommentWaiting, Counts: map[mingjing.CommentState]int{}}
	})
	add("comments-gone", desk("comments", mingjing.RoleSupervisor), nil)
	history := []mingjing.CommentAct{
		{Seq: 1, At: SampleNow, Step: mingjing.CommentPublish, By: "s-2001", ByName: "周慧"},
		{Seq: 2, At: SampleNow, Step: mingjing.CommentAnswer, Answer: Hostile, By: "s-2001", ByName: Hostile, Broken: true},
		{Seq: 3, At: SampleNow, Step: mingjing.CommentHide, Reason: "insult", By: "s-2001", ByName: "周慧"}}
	add("comment", desk("comment", mingjing.RoleSupervisor), func(v *mingjing.View) {
		v.Data = &mingjing.ModeratedComment{DraftComment: seen(mingjing.CommentPublished, ""), History: history,
			Steps: []string{mingjing.CommentAnswer, mingjing.CommentHide}}
		v.Form = map[string]string{"answer": Hostile, "reason": Hostile}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "reason", Code: "hidden_reason_required"},
			mingjing.FieldError{Field: "answer", Code: "too_long"})
	})
	add("comment-waiting", desk("comment", mingjing.RoleSupervisor), func(v *mingjing.View) {
		k := seen(mingjing.CommentWaiting, "")
		k.Name, k.Answer = "", ""
		v.Data = &mingjing.ModeratedComment{DraftComment: k, Steps: []string{mingjing.CommentPublish, mingjing.CommentHide}}
	})
	add("comment-hidden", desk("comment", mingjing.RoleAuditor), func(v *mingjing.View) {
		v.Data = &mingjing.ModeratedComment{DraftComment: seen(mingjing.CommentHidden, "insult"), History: history[2:], Steps: []string{}}
	})
	add("comment-removed", desk("comment", mingjing.RoleSupervisor), func(v *mingjing.View) {
		v.Data = &mingjing.ModeratedComment{DraftComment: gone, History: history[2:], Steps: []string{}}
	})
	add("comment-gone", desk("comment", mingjing.RoleSupervisor), nil)
	return all
}
