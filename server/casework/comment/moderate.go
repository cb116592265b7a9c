package comment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Moderation returns a page of the comments of a state on all drafts, for supervisors and
// auditors: those that wait oldest first, others newest first. An unknown state is
// waiting.
func (c *Comments) Moderation(ctx context.Context, a mingjing.Actor, state mingjing.CommentState,
	cursor string) (mingjing.ModerationView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.ModerationView{}, err
	}
	if !slices.Contains(mingjing.CommentStates, state) {
		state = mingjing.CommentWaiting
	}
	after, err := place(cursor)
	if err != nil {
		return mingjing.ModerationView{}, err
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.ModerationView, error) {
		v := mingjing.ModerationView{State: state, Counts: map[mingjing.CommentState]int{}, Comments: []mingjing.DraftComment{}}
		counts, err := db(t).CommentCounts(ctx, Draft{})
		if err != nil {
			return v, err
		}
		for _, s := range mingjing.CommentStates {
			v.Counts[s] = numberOf(counts, s)
		}
		list, err := db(t).ListComments(ctx, Query{State: state, Newest: state != mingjing.CommentWaiting, After: after, Limit: pageSize + 1})
		if len(list) > pageSize {
			list = list[:pageSize]
			v.Next = strconv.FormatInt(list[pageSize-1].N, 10)
		}
		for _, k := range list {
			v.Comments = append(v.Comments, k.DraftComment)
		}
		return v, err
	})
}

// ModeratedComment returns one comment with its history, for supervisors and auditors.
func (c *Comments) ModeratedComment(ctx context.Context, a mingjing.Actor, id string) (mingjing.ModeratedComment, error) {
	if err := kernel.AsStaff(a, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.ModeratedComment{}, err
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.ModeratedComment, error) {
		k, err := db(t).LockComment(ctx, id)
		if err != nil {
			return mingjing.ModeratedComment{}, err
		}
		return show(ctx, t, a, k)
	})
}

// show returns a comment with its history, of which each entry is checked.
func show(ctx context.Context, t *kernel.Tx, a mingjing.Actor, k Stored) (mingjing.ModeratedComment, error) {
	v := mingjing.ModeratedComment{DraftComment: k.DraftComment, Steps: steps(a, k)}
	acts, err := db(t).CommentActs(ctx, k.ID)
	if err != nil {
		return v, err
	}
	v.History = make([]mingjing.CommentAct, 0, len(acts))
	for _, act := range acts {
		before := ""
		if act.Seq > 1 {
			before, err = db(t).CommentActHash(ctx, act.Seq-1)
			if err != nil && !errors.Is(err, kernel.ErrNotFound) {
				return v, err
			}
		}
		act.Broken = act.Hash != hashOf(act) || act.Before != before
		v.History = append(v.History, act)
	}
	return v, nil
}

// steps returns the steps that an actor may take about a comment.
func steps(a mingjing.Actor, k Stored) []string {
	if a.Role != mingjing.RoleSupervisor || k.Removed {
		return []string{}
	}
	switch k.State {
	case mingjing.CommentPublished:
		return []string{mingjing.CommentAnswer, mingjing.CommentHide}
	case mingjing.CommentHidden:
		return []string{mingjing.CommentPublish}
	}
	return []string{mingjing.CommentPublish, mingjing.CommentHide}
}

// PublishComment publishes a comment, also one that was hidden. It is for supervisors,
// as are the other two. The errors are forbidden, not_found, and the conflict
// comment_moderated where somebody was faster.
func (c *Comments) PublishComment(ctx context.Context, a mingjing.Actor, id string) (mingjing.ModeratedComment, error) {
	return c.moderate(ctx, a, id, mingjing.CommentAct{Step: mingjing.CommentPublish})
}

// HideComment hides a comment for one of [mingjing.HiddenReasons], also one that was
// published. Its answer is hidden with it. The errors are those of
// [Comments.PublishComment], and invalid_form with the field reason.
func (c *Comments) HideComment(ctx context.Context, a mingjing.Actor, id, reason string) (mingjing.ModeratedComment, error) {
	return c.moderate(ctx, a, id, mingjing.CommentAct{Step: mingjing.CommentHide, Reason: reason})
}

// AnswerComment publishes an answer to a published comment, in the place of the one
// before. The errors are those of [Comments.PublishComment], and invalid_form with the
// field answer.
func (c *Comments) AnswerComment(ctx context.Context, a mingjing.Actor, id, answer string) (mingjing.ModeratedComment, error) {
	return c.moderate(ctx, a, id, mingjing.CommentAct{Step: mingjing.CommentAnswer, Answer: strings.TrimSpace(plain(answer))})
}

// checkAct returns what is wrong with a step.
func checkAct(act mingjing.CommentAct) error {
	switch n := utf8.RuneCountInString(act.Answer); {
	case act.Step == mingjing.CommentHide && !slices.Contains(mingjing.HiddenReasons, act.Reason):
		return mingjing.InvalidFields(mingjing.FieldError{Field: "reason", Code: "hidden_reason_required"})
	case act.Step == mingjing.CommentAnswer && n == 0:
		return mingjing.InvalidFields(mingjing.FieldError{Field: "answer", Code: "required"})
	case n > mingjing.MaxCommentAnswer:
		return mingjing.InvalidFields(mingjing.FieldError{Field: "answer", Code: "too_long"})
	}
	return nil
}

// moderate takes one step, and adds it to the history in the same transaction.
func (c *Comments) moderate(ctx context.Context, a mingjing.Actor, id string, act mingjing.CommentAct) (mingjing.ModeratedComment, error) {
	if err := kernel.AsStaff(a, mingjing.RoleSupervisor); err != nil {
		return mingjing.ModeratedComment{}, err
	}
	if err := checkAct(act); err != nil {
		return mingjing.ModeratedComment{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ModeratedComment, error) {
		k, err := db(t).LockComment(ctx, id)
		if err != nil {
			return mingjing.ModeratedComment{}, err
		}
		if !slices.Contains(steps(a, k), act.Step) {
			return mingjing.ModeratedComment{}, mingjing.NewError(mingjing.Conflict, "comment_moderated")
		}
		now := c.city.Now().UTC().Truncate(time.Microsecond)
		switch act.Step {
		case mingjing.CommentPublish:
			k.State, k.Reason, k.HiddenAt = mingjing.CommentPublished, "", time.Time{}
		case mingjing.CommentHide:
			k.State, k.Reason, k.HiddenAt = mingjing.CommentHidden, act.Reason, now
		case mingjing.CommentAnswer:
			k.Answer, k.Answered = act.Answer, c.city.Today()
		}
		if err := db(t).SetComment(ctx, k); err != nil {
			return mingjing.ModeratedComment{}, err
		}
		if act.Seq, err = db(t).NextCommentAct(ctx); err != nil {
			return mingjing.ModeratedComment{}, err
		}
		if act.Seq > 1 {
			if act.Before, err = db(t).CommentActHash(ctx, act.Seq-1); err != nil {
				return mingjing.ModeratedComment{}, fmt.Errorf("the history of comments has no entry %d: %w", act.Seq-1, err)
			}
		}
		act.At, act.Comment, act.By, act.ByName = now, id, a.ID, a.Name
		act.Hash = hashOf(act)
		if err := db(t).AddCommentAct(ctx, act); err != nil {
			return mingjing.ModeratedComment{}, err
		}
		if err := t.Emit(ctx, mingjing.AudienceStaff, mingjing.EventComment, id, now); err != nil {
			return mingjing.ModeratedComment{}, err
		}
		return show(ctx, t, a, k)
	})
}

// hashOf returns the hash of an entry of the history.
func hashOf(act mingjing.CommentAct) string {
	act.Hash, act.Broken, act.At = "", false, act.At.UTC()
	text, err := json.Marshal(act)
	if err != nil {
		panic(fmt.Sprintf("casework: an entry of the history of comments: %v", err)) // it has plain fields alone
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
