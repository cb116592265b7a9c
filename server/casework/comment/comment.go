package comment

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// A NewComment is what somebody sends.
type NewComment struct {
	// Name is published with it; "" for none.
	Name string
	Text string
}

// check returns the comment in the form in which it is stored, or what is wrong with it.
func (n NewComment) check() (NewComment, error) {
	n.Name, n.Text = kernel.TypedLine(plain(n.Name)), strings.TrimSpace(plain(n.Text))
	var wrong []mingjing.FieldError
	if utf8.RuneCountInString(n.Name) > mingjing.MaxCommentName {
		wrong = append(wrong, mingjing.FieldError{Field: "name", Code: "too_long"})
	}
	switch {
	case n.Text == "":
		wrong = append(wrong, mingjing.FieldError{Field: "comment", Code: "comment_required"})
	case utf8.RuneCountInString(n.Text) > mingjing.MaxComment:
		wrong = append(wrong, mingjing.FieldError{Field: "comment", Code: "too_long"})
	}
	if wrong != nil {
		return n, mingjing.InvalidFields(wrong...)
	}
	return n, nil
}

// plain returns a text without what could change how the page around it is read:
// control characters but line feeds, and marks that turn the direction of the text.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.Is(unicode.Cc, r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), ""))
}

// CommentOn stores what somebody writes about a draft. Who it is from is not asked. The
// errors are invalid_form with the fields name and comment; and the conflicts comments_over,
// and comments_full where [MaxWaiting] of them wait to be moderated.
func (c *Comments) CommentOn(ctx context.Context, book *mingjing.Rulebook, n NewComment) error {
	if !c.isOpen(book) {
		return mingjing.NewError(mingjing.Conflict, "comments_over")
	}
	n, err := n.check()
	if err != nil {
		return err
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		counts, err := db(t).CommentCounts(ctx, draftOf(book))
		if err != nil {
			return err
		}
		if numberOf(counts, mingjing.CommentWaiting) >= MaxWaiting {
			return mingjing.NewError(mingjing.Conflict, "comments_full")
		}
		k := Stored{DraftComment: mingjing.DraftComment{Rulebook: book.ID, Version: book.Version, State: mingjing.CommentWaiting,
			Comment: mingjing.Comment{ID: kernel.NewID(), Sent: c.city.TodayBy(book), Name: n.Name, Text: n.Text, Draft: book.Ref().Hash}}}
		if err := db(t).AddComment(ctx, k); err != nil {
			return err
		}
		return t.Emit(ctx, mingjing.AudienceStaff, mingjing.EventComment, k.ID, c.city.Now())
	}))
}

// isOpen reports whether a version can be commented on: it is a draft, and not an older
// text of one.
func (c *Comments) isOpen(book *mingjing.Rulebook) bool {
	return slices.ContainsFunc(c.city.Drafts(), func(d *mingjing.Rulebook) bool { return d.Ref() == book.Ref() }) &&
		c.city.TodayBy(book) <= book.CommentsEnd()
}

// CommentsOn returns a page of the published comments on a version of a rulebook, the
// newest first, or nil where there is nothing to show: it is no draft, and was not
// commented on as one.
func (c *Comments) CommentsOn(ctx context.Context, book *mingjing.Rulebook, cursor string) (*mingjing.CommentsView, error) {
	after, err := place(cursor)
	if err != nil {
		return nil, err
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (*mingjing.CommentsView, error) {
		counts, err := db(t).CommentCounts(ctx, draftOf(book))
		if err != nil || len(counts) == 0 && !book.Draft {
			return nil, err
		}
		v := &mingjing.CommentsView{Open: c.isOpen(book), Until: book.CommentsEnd(), Hidden: []mingjing.HiddenCount{},
			Comments: []mingjing.Comment{}, Published: numberOf(counts, mingjing.CommentPublished),
			Waiting: numberOf(counts, mingjing.CommentWaiting)}
		for _, reason := range mingjing.HiddenReasons {
			for _, n := range counts {
				if n.State == mingjing.CommentHidden && n.Reason == reason {
					v.Hidden = append(v.Hidden, mingjing.HiddenCount{Reason: reason, Count: n.N})
				}
			}
		}
		list, err := db(t).ListComments(ctx, Query{Draft: draftOf(book), State: mingjing.CommentPublished, Newest: true, After: after,
			Limit: pageSize + 1})
		if len(list) > pageSize {
			list = list[:pageSize]
			v.Next = strconv.FormatInt(list[pageSize-1].N, 10)
		}
		for _, k := range list {
			v.Comments = append(v.Comments, k.Comment)
		}
		return v, err
	})
}

func draftOf(book *mingjing.Rulebook) Draft { return Draft{book.ID, book.Version} }

// numberOf returns how many comments have a state.
func numberOf(counts []Count, state mingjing.CommentState) (n int) {
	for _, k := range counts {
		if k.State == state {
			n += k.N
		}
	}
	return n
}

// place returns the number of a comment from a cursor; 0 for none.
func place(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n < 1 {
		return 0, kernel.Public(kernel.ErrCursor)
	}
	return n, nil
}
