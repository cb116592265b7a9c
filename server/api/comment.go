package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/comment"
)

// commentEndpoints are those of the comments on a draft, which stand on its page.
var commentEndpoints = []endpoint{
	query[paged, mingjing.CommentsView]{
		path: "/api/rulebooks/{id}/comments", access: mingjing.Anyone,
		doc: apiDoc{id: "comments", summary: "The published comments on a draft, and the answers to them", of: aVersion,
			about:  "A version keeps the comments on it when it holds. How many were hidden is counted by reason.",
			answer: "A page, the newest first."},
		get: func(c *call, in paged) (mingjing.CommentsView, error) {
			book, err := c.book()
			if err != nil {
				return mingjing.CommentsView{}, err
			}
			v, err := c.s.casework.Comments.CommentsOn(c.ctx(), book, in.Cursor)
			if v == nil {
				v = &mingjing.CommentsView{Until: book.CommentsEnd(), Hidden: []mingjing.HiddenCount{}, Comments: []mingjing.Comment{}}
			}
			return *v, err
		},
	},
	action[commentForm, received]{
		path: "/api/rulebooks/{id}/comments", access: mingjing.Anyone, status: http.StatusCreated, errorPage: "rulebook", do: commentOn,
		doc: apiDoc{id: "commentOn", summary: "Comment on a draft", of: aVersion,
			about: "Nothing is stored of who sends it but the name that they give, which is published with the comment. It is published " +
				"when a supervisor has looked at it.",
			answer: "It was received.", fails: []int{http.StatusConflict, http.StatusNotFound, http.StatusTooManyRequests}},
		example: commentForm{Comment: "Thirty days are too few for people who work elsewhere."},
	},
}

const aVersion = "version: the SHA-256 of its file, or the code of a rulebook for the version in force"

// commentForm is the body of a comment on a draft.
type commentForm struct {
	// Name is published with the comment; without it, the comment has no name.
	Name string `json:"name,omitempty" max:"50"`
	// Comment is the text.
	Comment string `json:"comment" min:"1" max:"2000"`
}

// received is the answer to a comment.
type received struct {
	Received bool `json:"received"`
}

// commentOn stores a comment. Who is logged in is used to count their comments alone, so
// that those who share an address do not use up each other's allowance.
func commentOn(c *call, in commentForm) (received, redirect, error) {
	book, err := c.book()
	if err != nil {
		return received{}, redirect{}, err
	}
	who := ""
	if c.who != nil {
		who = c.who.Actor.ID
	}
	hash := book.Ref().Hash
	if err := c.s.AllowComment(c.ctx(), who, c.s.addr(c.r), hash); err != nil {
		return received{}, redirect{}, err
	}
	err = c.s.casework.Comments.CommentOn(c.ctx(), book, comment.NewComment{Name: in.Name, Text: in.Comment})
	return received{err == nil}, redirect{page: "rulebook", id: hash, done: "comment_sent"}, err
}

// moderationQuery is the query of the list of comments.
type moderationQuery struct {
	State  mingjing.CommentState `json:"state,omitempty" enum:"waiting,published,hidden"`
	Cursor string                `json:"cursor,omitempty" max:"200"`
}

// commentsPage is the list of comments that supervisors moderate.
var commentsPage = page[mingjing.ModerationView]{
	name: "comments",
	get:  func(c *call) (mingjing.ModerationView, error) { return moderation(c, asked[moderationQuery](c)) },
	endpoints: []endpoint{
		query[moderationQuery, mingjing.ModerationView]{
			path: "/api/admin/comments", access: mingjing.Staff, get: moderation,
			doc: apiDoc{id: "moderation", summary: "The comments on all drafts; for supervisors and auditors",
				answer: "A page: those that wait oldest first, others newest first."},
		},
	},
}

func moderation(c *call, in moderationQuery) (mingjing.ModerationView, error) {
	return c.s.casework.Comments.Moderation(c.ctx(), c.actor(), in.State, in.Cursor)
}

// commentPage is one comment with its history.
var commentPage = page[mingjing.ModeratedComment]{
	name: "comment",
	get: func(c *call) (mingjing.ModeratedComment, error) {
		return c.s.casework.Comments.ModeratedComment(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	endpoints: []endpoint{
		query[none, mingjing.ModeratedComment]{
			path: "/api/admin/comments/{id}", access: mingjing.Staff,
			doc: apiDoc{id: "moderatedComment", summary: "One comment with its history; for supervisors and auditors", of: "comment",
				answer: "The comment."},
			get: func(c *call, _ none) (mingjing.ModeratedComment, error) {
				return c.s.casework.Comments.ModeratedComment(c.ctx(), c.actor(), c.r.PathValue("id"))
			},
		},
		moderate("publish", apiDoc{id: "publishComment", summary: "Publish a comment; for supervisors"}, "comment_published", none{},
			func(c *call, id string, _ none) (mingjing.ModeratedComment, error) {
				return c.s.casework.Comments.PublishComment(c.ctx(), c.actor(), id)
			}),
		moderate("hide", apiDoc{id: "hideComment", summary: "Hide a comment, for a published reason; for supervisors",
			about: "How many were hidden for each reason is public. The text is removed after its time."}, "comment_hidden",
			hideForm{Reason: "off_topic"},
			func(c *call, id string, in hideForm) (mingjing.ModeratedComment, error) {
				return c.s.casework.Comments.HideComment(c.ctx(), c.actor(), id, in.Reason)
			}),
		moderate("answer", apiDoc{id: "answerComment", summary: "Publish an answer to a published comment; for supervisors",
			about: "It takes the place of the answer before it, which stays in the history."}, "comment_answered",
			answerForm{Answer: "We will ask the agencies how often that happens."},
			func(c *call, id string, in answerForm) (mingjing.ModeratedComment, error) {
				return c.s.casework.Comments.AnswerComment(c.ctx(), c.actor(), id, in.Answer)
			}),
	},
}

// hideForm is the body of hiding a comment.
type hideForm struct {
	Reason string `json:"reason" enum:"personal_data,insult,off_topic,repeated"`
}

// answerForm is the body of an answer to a comment.
type answerForm struct {
	Answer string `json:"answer" min:"1" max:"2000"`
}

// moderate returns the endpoint of one step about a comment.
func moderate[In any](step string, doc apiDoc, done string, example In,
	do func(c *call, id string, in In) (mingjing.ModeratedComment, error)) endpoint {
	doc.of, doc.answer, doc.fails = "comment", "The comment.", []int{http.StatusConflict}
	return action[In, mingjing.ModeratedComment]{
		path: "/api/admin/comments/{id}/" + step, access: mingjing.Staff, errorPage: "comment", doc: doc, example: example,
		do: func(c *call, in In) (mingjing.ModeratedComment, redirect, error) {
			k, err := do(c, c.r.PathValue("id"), in)
			return k, redirect{page: "comment", id: k.ID, done: done}, err
		},
	}
}
