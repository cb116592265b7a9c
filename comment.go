package mingjing

import "time"

// Limits of comments on drafts of rulebooks, in characters.
const (
	MaxComment       = 2000
	MaxCommentName   = 50
	MaxCommentAnswer = 2000
)

// CommentsEndBefore is how many days before the first day of a draft the time for
// comments ends, where the draft names no other day.
const CommentsEndBefore = 30

// CommentsEnd returns the last day on which a draft can be commented on.
func (b *Rulebook) CommentsEnd() Date {
	if b.CommentsUntil != "" {
		return b.CommentsUntil
	}
	return b.From.AddDays(-CommentsEndBefore)
}

// A CommentState is how far a comment has come.
type CommentState string

// The states of a comment.
const (
	CommentWaiting   CommentState = "waiting"   // nobody has looked at it yet
	CommentPublished CommentState = "published" // everybody can read it
	CommentHidden    CommentState = "hidden"    // it is not published, for one of [HiddenReasons]
)

// CommentStates are all states of a comment.
var CommentStates = []CommentState{CommentWaiting, CommentPublished, CommentHidden}

// HiddenReasons are the reasons for which a comment is hidden, in the order in which
// they are offered. How many were hidden for each is published.
var HiddenReasons = []string{"personal_data", "insult", "off_topic", "repeated"}

// The steps of the history of comments.
const (
	CommentPublish = "publish"
	CommentHide    = "hide"
	CommentAnswer  = "answer"
)

// CommentSteps are all steps of the history of comments.
var CommentSteps = []string{CommentPublish, CommentHide, CommentAnswer}

// A Comment is what somebody wrote about a draft. Nothing is stored of who wrote it but
// the name that they gave for publication.
type Comment struct {
	ID string `json:"id"`
	// Sent is the day on which it came.
	Sent Date `json:"sent"`
	// Name is not checked; it is absent where none was given.
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
	// Draft is the SHA-256 of the file that was commented on: a draft may change.
	Draft string `json:"draft"`
	// Answer is the bureau's, Answered its day.
	Answer   string `json:"answer,omitempty"`
	Answered Date   `json:"answered,omitempty"`
}

// A CommentsView is what everybody sees of the comments on a version of a rulebook, the
// newest first.
type CommentsView struct {
	// Open says that comments are accepted, until the end of the day Until.
	Open  bool `json:"open"`
	Until Date `json:"until"`
	// Published, Waiting and Hidden are how many there are.
	Published int           `json:"published"`
	Waiting   int           `json:"waiting"`
	Hidden    []HiddenCount `json:"hidden"`
	Comments  []Comment     `json:"comments"`
	Next      string        `json:"next,omitempty"`
}

// A HiddenCount is how many comments were hidden for a reason.
type HiddenCount struct {
	// Reason is one of [HiddenReasons].
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// A DraftComment is a comment as staff see it.
type DraftComment struct {
	Comment
	Rulebook string `json:"rulebook"`
	Version  string `json:"version"`
	// State and Reason are how it was moderated; Reason is one of [HiddenReasons].
	State  CommentState `json:"state"`
	Reason string       `json:"reason,omitempty"`
	// Removed says that the text of a hidden comment is gone after its time.
	Removed bool `json:"removed,omitempty"`
}

// A ModerationView is the list of comments that staff moderate.
type ModerationView struct {
	// State is which comments are listed, Counts how many there are of each.
	State    CommentState         `json:"state"`
	Counts   map[CommentState]int `json:"counts"`
	Comments []DraftComment       `json:"comments"`
	Next     string               `json:"next,omitempty"`
}

// A ModeratedComment is one comment with its history, for staff.
type ModeratedComment struct {
	DraftComment
	// Steps are the steps that the viewer may take.
	Steps   []string     `json:"steps"`
	History []CommentAct `json:"history"`
}

// A CommentAct is an entry of the history of comments, which is only ever added to. Each
// has the hash of the one before in its own.
type CommentAct struct {
	Seq int64     `json:"seq"`
	At  time.Time `json:"at"`
	// Comment is the id of the comment.
	Comment string `json:"comment"`
	// Step is one of [CommentSteps].
	Step string `json:"step"`
	// Reason is that of hiding, Answer the text of an answer.
	Reason string `json:"reason,omitempty"`
	Answer string `json:"answer,omitempty"`
	// By is the staff number of who did it, ByName their name.
	By     string `json:"by"`
	ByName string `json:"by_name"`
	// Before is the hash of the entry before it; Hash is the SHA-256 of the JSON of the
	// entry with an empty hash. Both are 64 hex digits.
	Before string `json:"before,omitempty"`
	Hash   string `json:"hash"`
	// Broken says that the entry is not what was written, or the one before it is not
	// there.
	Broken bool `json:"broken,omitempty"`
}
