// Package draft keeps what somebody has typed into a form and not sent yet, so that it is
// there again when they open the page, on this device or another.
//
// A draft belongs to one form on one page and to one person: a resident, or somebody of
// staff, an agency or the administration. A resident's is sealed with their key; that of
// anybody else with the bureau's, and is erased with the resident whose case it is about.
// It is deleted when the form was sent, when its person discards it or empties the form,
// and after [mingjing.FormDraftKeep] (package upkeep).
//
// Files are sent to a draft once, in parts, and checked when they are complete; the form
// is later sent with those that are ready.
//
//	           last part: checked
//	arriving ---------------------> ready      sent with the form
//	    |  \----> checking -----------^        cannot be checked at once: a job does it, and
//	    |             |               |        the form may be sent meanwhile
//	    +---------> refused           |        until it is removed, the form can't be sent
//	                   |              |
//	                   +--- removed --+
package draft

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Limits of what one person can keep.
const (
	// MaxDrafts is how many drafts, MaxText how many bytes the fields of one have.
	MaxDrafts = 50
	MaxText   = 256 << 10
	// MaxFiles is how many bytes all files have together.
	MaxFiles = 2 * mingjing.MaxEvidence * mingjing.MaxEvidenceBytes
)

// JobFile is the kind of job that checks a file which could not be checked at once.
const JobFile = "draft_file"

// Jobs returns the jobs that the part does.
func (c *Drafts) Jobs() kernel.Jobs { return kernel.Jobs{JobFile: c.fileDue} }

// Drafts has the drafts of forms. It is safe for use by many goroutines.
type Drafts struct{ city *kernel.City }

// New returns the part.
func New(city *kernel.City) *Drafts { return &Drafts{city: city} }

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(rd *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](rd) }

// A Place is a form on a page.
type Place struct {
	// Page is the path after the language, Form the address of the form's action.
	Page, Form string
	// Subject is the id in the path of the page: a case, or another thing that may be a
	// resident's. It may be empty.
	Subject string
}

// A Person is to whom drafts belong.
type Person struct {
	// Key names the person. A resident's and anybody else's are never the same.
	Key string
	// Resident is empty for anybody else; then the bureau's key seals.
	Resident mingjing.ResidentID
}

// personOf returns the person that an actor is, or why they have no drafts.
func personOf(a mingjing.Actor) (Person, error) {
	var err error
	switch {
	case a.Role == mingjing.RoleResident:
		me, err := kernel.AsResident(a)
		return Person{"resident " + a.ID, me}, err
	case a.Role.Staff():
		err = kernel.AsStaff(a, a.Role)
	case a.Role == mingjing.RoleAgency:
		_, err = kernel.AsOfficer(a)
	default:
		err = kernel.AsAdministrator(a)
	}
	// Who changes office does not take drafts along.
	return Person{Key: string(a.Role) + " " + a.Agency + " " + a.ID}, err
}

// A Stored draft is one as it is stored.
type Stored struct {
	ID     string
	Person Person
	Place  Place
	Fields []mingjing.DraftField
	// SavedAt is when it was last saved.
	SavedAt time.Time
}

// A Head is what is known of a file without opening anything.
type Head struct {
	ID, Draft string
	// Resident is to whom the draft belongs; empty for anybody else's.
	Resident mingjing.ResidentID
	State    mingjing.DraftFileState
	// Size and Received are in bytes.
	Size, Received int64
}

// entry returns the entry of somebody who opens drafts of their own: one a page and hour,
// since a page opens them each time.
func (c *Drafts) entry(a mingjing.Actor, id string) kernel.Entry {
	e := c.city.Entry(a, "draft", id, "own")
	e.Quiet = true
	return e
}

// shown returns a draft as its person sees it.
func shown(ctx context.Context, rd *kernel.Reader, id string) (mingjing.FormDraft, error) {
	d, err := read(rd).Draft(ctx, id)
	if err != nil {
		return mingjing.FormDraft{}, err
	}
	files, err := read(rd).DraftFiles(ctx, id)
	out := mingjing.FormDraft{ID: d.ID, Form: d.Place.Form, Page: d.Place.Page, Fields: d.Fields, Files: files, SavedAt: d.SavedAt,
		Until: d.SavedAt.Add(mingjing.FormDraftKeep)}
	if out.Fields == nil {
		out.Fields = []mingjing.DraftField{}
	}
	if out.Files == nil {
		out.Files = []mingjing.DraftFile{}
	}
	return out, err
}
