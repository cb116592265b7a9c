package mingjing

import "time"

// A Letter is the text of a printed document, in order and without the layout. A page
// shows it as HTML, and package letter writes it as a PDF with the same words.
type Letter struct {
	// Office is the name of the office that writes the letter.
	Office string
	Title  string
	// Number identifies the letter's case; About is the letter in one line, for the
	// head of its later pages.
	Number, About string
	// Address is the name and the address, a line each, that show in the window of an
	// envelope; nil for a letter that is not sent.
	Address []string
	// Folio numbers a page: its {page} of {pages}.
	Folio string
	// At is when the content was settled; it is the date of the file, so that the file
	// is the same each time.
	At     time.Time
	Blocks []Block
}

// A BlockKind is the kind of a block of a letter.
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
	BlockBreak     BlockKind = "break"     // in print, a new page
)

// A Block is one part of a letter; its kind says which of its fields it has.
type Block struct {
	Kind  BlockKind
	Text  string
	Items []string
	Rows  []LetterRow
}

// A LetterRow is a name and its value.
type LetterRow struct{ Key, Text string }

// CourtMonths is how long a resident may go to court about a decision, in months
// from the day on which they learn of it (Administrative Litigation Law, Art. 46).
const CourtMonths = 6

// A LetterView is what a decision letter says: the state at the decision, which later
// events do not change.
type LetterView struct {
	Dispute Case `json:"dispute"`
	// City is whose bureau decided.
	City Text `json:"city"`
	// Rulebook is the one whose item was applied, Item that item; without its name,
	// which is in the labels.
	Rulebook RulebookRef `json:"rulebook"`
	// LegalBasis is the legal basis of the item, and Documents are the kinds of
	// document that it accepts.
	LegalBasis Text     `json:"legal_basis,omitempty"`
	Documents  []string `json:"documents,omitempty"`
	// CountsMonths is how long the item counts.
	CountsMonths int `json:"counts_months,omitempty"`
	// Scores are the scores that were made with the decision and still exist.
	Scores []ScoreCard `json:"scores,omitempty"`
	// Counterfactuals are what would have led to other bands at the decision, by each
	// rulebook by which there is still a score.
	Counterfactuals []ScoreCounterfactuals `json:"counterfactuals,omitempty"`
	// ReopenUntil and CourtUntil are the last days of the lanes.
	ReopenUntil Date `json:"reopen_until"`
	CourtUntil  Date `json:"court_until"`
}

// A CourtFile is everything in a case, for the court.
type CourtFile struct {
	LetterView
	// Case is the case as it is now, with what came after the decision.
	Case Case `json:"case"`
	// Hashes are the SHA-256 of the evidence by its id, 64 hex digits.
	Hashes map[string]string `json:"hashes"`
	// Entries are the entries of the resident's access log about the case and about its
	// record or listing, oldest first.
	Entries []AccessEntry `json:"looks"`
}
