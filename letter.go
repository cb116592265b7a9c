package mingjing

import "time"

// A Letter is a document on paper: what it says and in what order, not how it
// looks. A page shows it as HTML and package letter as a PDF, the same words in
// both.
type Letter struct {
	// Office is whose letter it is, at its head.
	Office string
	Title  string
	// Number finds the matter again; About is the letter in one line, for the head
	// of its later pages.
	Number, About string
	// Folio numbers a page: its {page} of {pages}.
	Folio string
	// At is when what it tells was settled; a file of it is dated so, and is the
	// same each time.
	At     time.Time
	Blocks []Block
}

// A BlockKind is what a block of a letter is.
type BlockKind string

// The kinds of block.
const (
	BlockPart      BlockKind = "part"      // Text: the heading of a part of several letters' length
	BlockHeading   BlockKind = "heading"   // Text
	BlockSub       BlockKind = "sub"       // Text, a heading below a heading
	BlockText      BlockKind = "text"      // Text, a paragraph
	BlockStrong    BlockKind = "strong"    // Text, a paragraph that stands out
	BlockOutcome   BlockKind = "outcome"   // Text, and Items: what matters most, in a frame
	BlockQuote     BlockKind = "quote"     // Items in somebody's own words, and Text: whose
	BlockList      BlockKind = "list"      // Items
	BlockRows      BlockKind = "rows"      // Rows
	BlockSignature BlockKind = "signature" // Text: the name, and Items below it
	BlockBreak     BlockKind = "break"     // on paper, a new page
)

// A Block is one part of a letter; its kind says which of its fields it has.
type Block struct {
	Kind  BlockKind
	Text  string
	Items []string
	Rows  []LetterRow
}

// A LetterRow is a name and what it is.
type LetterRow struct{ Key, Text string }

// CourtMonths is how long a resident may go to court about a decision, in months
// from the day on which they learn of it (Administrative Litigation Law, Art. 46).
const CourtMonths = 6

// A LetterView is what a decision letter tells: what was so at the decision, which
// does not change with what happens later.
type LetterView struct {
	Dispute Dispute `json:"dispute"`
	// City is whose bureau decided.
	City Text `json:"city"`
	// Rulebook is the one whose item was applied, Item that item; without its name,
	// which is in the labels.
	Rulebook RulebookRef `json:"rulebook"`
	// LegalBasis is that of the item, Documents the kinds of document that it takes.
	LegalBasis Text     `json:"legal_basis,omitempty"`
	Documents  []string `json:"documents,omitempty"`
	// CountsMonths is how long the item counts.
	CountsMonths int `json:"counts_months,omitempty"`
	// Scores are those that were made with the decision, and that are still kept.
	Scores []ScoreCard `json:"scores,omitempty"`
	// ReopenUntil and CourtUntil are the last days of the ways on.
	ReopenUntil Date `json:"reopen_until"`
	CourtUntil  Date `json:"court_until"`
}

// A CourtFile is all there is of a case, for the court.
type CourtFile struct {
	LetterView
	// Case is the case as it is now, with what came after the decision.
	Case Dispute `json:"case"`
	// Hashes are the SHA-256 of the evidence by its id, 64 hex digits.
	Hashes map[string]string `json:"hashes"`
	// Looks are the lines of the resident's access log that are about the case or
	// what it is about, oldest first.
	Looks []Look `json:"looks"`
}
