package mingjing

import (
	"strings"
	"time"
)

// A ShareField is something that a share can show. The day of the score and its
// rulebook are always shown.
type ShareField string

// The fields, in the order in which they are offered.
const (
	ShareBand  ShareField = "band"
	ShareValue ShareField = "value"
	// ShareMissing is how many agencies had not answered when the score was made.
	ShareMissing ShareField = "missing"
	// ShareListings is how many blacklistings have effect on the day.
	ShareListings ShareField = "listings"
)

// ShareFields are all fields, in the order in which they are offered. Only the first
// is chosen unless the resident says otherwise.
var ShareFields = []ShareField{ShareBand, ShareValue, ShareMissing, ShareListings}

// A ShareName is how a share names the person.
type ShareName string

// The ways of naming the person.
const (
	// ShareMasked shows the family name alone, as in 王**.
	ShareMasked ShareName = "masked"
	// ShareFull shows the whole name and the masked ID number.
	ShareFull ShareName = "full"
	// ShareNameless shows no name at all.
	ShareNameless ShareName = "none"
)

// ShareNames are all ways of naming the person, in the order in which they are
// offered. The first is chosen unless the resident says otherwise.
var ShareNames = []ShareName{ShareMasked, ShareFull, ShareNameless}

// A ShareState is the state of a share.
type ShareState string

// The states of a share. Only an active one can be viewed.
const (
	ShareActive  ShareState = "active"
	ShareUsedUp  ShareState = "used_up"
	ShareEnded   ShareState = "ended"
	ShareRevoked ShareState = "revoked"
)

// ShareStates are all states, in the order in which a share can reach them.
var ShareStates = []ShareState{ShareActive, ShareUsedUp, ShareEnded, ShareRevoked}

// Bounds on a share.
const (
	MaxShareViews   = 20
	MaxShareDays    = 90
	MaxShareActive  = 20
	MaxSharesADay   = 30  // that a resident may make
	MaxSharePurpose = 200 // characters
	MaxShareWho     = 100 // characters of who a recipient says they are
	// ShareCorrectDays is the number of days after a view in which its recipient can
	// learn of a correction.
	ShareCorrectDays = 365
)

// A Share is a permission to view chosen fields of the newest score by one rulebook,
// for one purpose, a number of times and until a day. Its code is stored nowhere.
type Share struct {
	ID       string       `json:"id"`
	Rulebook string       `json:"rulebook"`
	Purpose  string       `json:"purpose"`
	Fields   []ShareField `json:"fields"`
	Named    ShareName    `json:"named"`
	// Views is how often it may be viewed, and Viewed how often it was.
	Views  int        `json:"views"`
	Viewed int        `json:"viewed"`
	State  ShareState `json:"state"`
	MadeAt time.Time  `json:"made_at"`
	EndsAt time.Time  `json:"ends_at"`
	// RevokedAt is when it was revoked, or ended by the consent that was withdrawn.
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
	// CorrectedAt is when the resident had a correction sent to those who had viewed
	// it.
	CorrectedAt *time.Time `json:"corrected_at,omitempty"`
	// Accesses are the times that it was viewed, oldest first.
	Accesses []ShareAccess `json:"looks"`
}

// A ShareAccess is one time that a share was viewed.
type ShareAccess struct {
	At time.Time `json:"at"`
	// Who is the name that the recipient gave.
	Who string `json:"who"`
	// ToldAt is when the correction was put on the recipient's page; nil for none.
	ToldAt *time.Time `json:"told_at,omitempty"`
	// Mail is the state of the message about the correction, one of [ShareMails]; ""
	// when the recipient left no address or there is nothing to tell.
	Mail string `json:"mail,omitempty"`
}

// ShareMails are the states of a message about a correction.
var ShareMails = []string{"waiting", "sent", "failed"}

// A SharesView is the resident's shares, newest first.
type SharesView struct {
	Shares []Share `json:"shares"`
}

// A NewShareView is the form for a new share, or the one that was just made.
type NewShareView struct {
	// Scores are what there is to share, one for each rulebook.
	Scores []ScoreCard `json:"scores"`
	// Stale says that the password and the second factor have to be given first.
	Stale bool `json:"stale,omitempty"`
	// Made is shown once.
	Made *MadeShare `json:"made,omitempty"`
}

// ShownOnce reports whether there is something that can't be read again.
func (v *NewShareView) ShownOnce() bool { return v != nil && v.Made != nil }

// A MadeShare is a new share with its link, which is stored nowhere.
type MadeShare struct {
	Share Share  `json:"share"`
	Link  string `json:"link"`
	QR    QRCode `json:"qr"`
}

// A QRCode is a QR code as an SVG path of its dark squares, in a square of Size by
// Size with its margin.
type QRCode struct {
	Size int    `json:"size"`
	Path string `json:"path"`
}

// A RecipientView is a share as its recipient sees it, who is not logged in.
type RecipientView struct {
	// Code is the code in the link.
	Code string `json:"code"`
	// Open says that it can be viewed; Left is how often, until EndsAt.
	Open   bool      `json:"open"`
	Left   int       `json:"left,omitempty"`
	EndsAt time.Time `json:"ends_at,omitzero"`
	// CorrectedAt says that it was corrected after it was viewed.
	CorrectedAt *time.Time `json:"corrected_at,omitempty"`
	// Mail says that a message about a correction can be sent.
	Mail bool `json:"mail,omitempty"`
	// Statement is what was shown, once; nil before.
	Statement *Statement `json:"statement,omitempty"`
	// Token is the statement as a signed file (SD-JWT VC).
	Token string `json:"token,omitempty"`
}

// A Statement is everything that a recipient is shown of a score.
type Statement struct {
	// Number is random and names the statement.
	Number    string    `json:"number"`
	IssuedAt  time.Time `json:"issued_at"`
	ExpiresAt time.Time `json:"expires_at"`
	// AsOf is the day of the score.
	AsOf     Date        `json:"as_of"`
	Rulebook RulebookRef `json:"rulebook"`
	Purpose  string      `json:"purpose"`
	// ShownTo is the name that the recipient gave.
	ShownTo string `json:"shown_to"`
	// The rest is there only where the resident chose it.
	Name     string       `json:"name,omitempty"`
	IDMasked string       `json:"id_masked,omitempty"`
	Band     *Band        `json:"band,omitempty"`
	Value    *StatedValue `json:"value,omitempty"`
	Missing  *int         `json:"missing,omitempty"`
	Listings *int         `json:"listings,omitempty"`
	// Unrestricted is a measure that no listing of the person carries on the day. A
	// statement that has it says nothing of a score, and is for nobody in particular.
	Unrestricted *Measure `json:"unrestricted,omitempty"`
}

// A StatedValue is a value with the least and the greatest possible one.
type StatedValue struct {
	Value int `json:"value"`
	Min   int `json:"min"`
	Max   int `json:"max"`
}

// A CorrectionView shows who viewed a score that a decision has changed since, and who
// of them was told.
type CorrectionView struct {
	// Waiting are those who have not been told, Told those who have.
	Waiting []ShareAccess `json:"waiting"`
	Told    []ShareAccess `json:"told"`
}

// MaskName returns a name with all but its first Chinese character hidden, or all but
// the first letter of each word of another name.
func MaskName(name string) string {
	words := strings.Fields(name)
	for i, w := range words {
		r := []rune(w)
		hidden := len(r) - 1
		if r[0] < 0x2E80 { // how long a name is in letters is nobody's concern
			hidden = 3
		}
		words[i] = string(r[0]) + strings.Repeat("*", max(1, hidden))
	}
	return strings.Join(words, " ")
}
