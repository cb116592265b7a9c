package mingjing

import "time"

// FormDraftKeep is how long a draft of a form is kept after it was last saved. No law
// sets it, and ClockScale does not change it.
const FormDraftKeep = 30 * 24 * time.Hour

// A FormDraft is what somebody has typed into a form and not sent yet, with its files. It
// is stored with their other personal data.
type FormDraft struct {
	ID string `json:"id"`
	// Form is the address to which the form will be sent, Page the path after the language
	// of the page on which it is.
	Form string `json:"form"`
	Page string `json:"page"`
	// Fields are the fields that are not empty, in the order of the form; never a password,
	// code or ID number.
	Fields []DraftField `json:"fields"`
	Files  []DraftFile  `json:"files"`
	// SavedAt is when it was last saved, Until when it will be deleted.
	SavedAt time.Time `json:"saved_at"`
	Until   time.Time `json:"until"`
}

// A DraftField is the content of one field of a form.
type DraftField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A DraftFileState is how far a file of a draft has come.
type DraftFileState string

// The states of a file of a draft.
const (
	DraftFileArriving DraftFileState = "arriving" // a part of it is there
	DraftFileChecking DraftFileState = "checking" // all of it is there and waits for its check
	DraftFileReady    DraftFileState = "ready"    // it was checked and will be sent with the form
	DraftFileRefused  DraftFileState = "refused"  // it was checked and can't be taken
)

// A DraftFile is a file that was sent to a draft.
type DraftFile struct {
	ID string `json:"id"`
	// Name is as the device calls it, until the file was checked.
	Name string `json:"name"`
	// Type is the media type that was found; absent until then.
	Type string `json:"type,omitempty"`
	// Size is in bytes: as the device says, then as it is stored. Received is how many
	// bytes have arrived.
	Size     int64          `json:"size"`
	Received int64          `json:"received"`
	State    DraftFileState `json:"state"`
	// Why is the code of the error (i18n "error.<why>") of a file that is refused.
	Why string `json:"why,omitempty"`
	// Pages is how many pages a PDF has.
	Pages int `json:"pages,omitempty"`
	// Stripped says that programs and attached files were removed from a PDF.
	Stripped bool `json:"stripped,omitempty"`
	// Scanned says that a scanner has looked for malware in it.
	Scanned bool `json:"scanned,omitempty"`
}

// DraftPart is the greatest size in bytes of one part of a file that is sent in parts.
const DraftPart = 512 << 10

// FormDrafts are the drafts of one person.
type FormDrafts struct {
	Drafts []FormDraft `json:"drafts"`
}

// An IncomingView is where files that another app has handed over can go. The files are in
// the draft of the page.
type IncomingView struct {
	Places []IncomingPlace `json:"places"`
}

// An IncomingPlace is a form that takes the files as evidence.
type IncomingPlace struct {
	// Draft is the form and its page, as in saving a draft.
	Draft string `json:"draft"`
	// Case says that it is an open case; otherwise a dispute would be filed.
	Case bool `json:"case,omitempty"`
	// Code is the catalogue code of what it is about, Agency that of whose it is.
	Code   string `json:"code"`
	Agency string `json:"agency"`
}
