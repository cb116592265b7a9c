package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/listing"
)

// maxRecords is the most records of one resident. More are a mistake, such as one ID
// number in every row of a file, and could not be read as one list in the end.
const maxRecords = kernel.MaxList / 2

func refuse(field, code string) error {
	return mingjing.InvalidFields(mingjing.FieldError{Field: field, Code: code})
}

// submit does one line and returns the id of its record or listing. The scores that
// follow are added to rescore.
func (c *Intake) submit(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, l BatchLine,
	rescore rescoring) (string, error) {
	switch {
	case l.Wrong != nil:
		err := mingjing.InvalidFields(mingjing.FieldError{Field: l.Wrong.Field, Code: l.Wrong.Code})
		err.Values = l.Wrong.Values
		return "", err
	case l.Ref == "" || len(l.Ref) > 128 || !utf8.ValidString(l.Ref):
		return "", refuse("ref", "ref_required")
	}
	switch l.Op {
	case OpRecord:
		return c.takeRecord(ctx, t, a, agency, l, rescore)
	case OpCorrection:
		return c.correctRecord(ctx, t, a, agency, l, rescore)
	case OpListing:
		n, err := mingjing.ParseHolder(l.IDNumber, c.city.Now())
		if err != nil {
			return "", refuse("id_number", err.Error())
		}
		out, err := c.listings.ProposeIn(ctx, t, a, agency, listing.Proposal{Ref: l.Ref, IDNumber: n, Subject: l.Subject, Code: l.Code,
			Ground: l.Ground, Measures: l.Measures, Months: l.Months, Document: l.Document})
		return out.ID, err
	case OpRevocation, OpLift:
		return c.takeBack(ctx, t, a, agency, l, rescore)
	}
	return "", refuse("op", "op_unknown")
}

// checkRecord returns why a record would not count, by the codes of scoring; nil if it
// counts by one rulebook.
func (c *Intake) checkRecord(agency string, of mingjing.Subject, r mingjing.Record) error {
	if r.Occurred == "" {
		return refuse("occurred", "date_form")
	}
	if field, code := listing.CheckDocument(r.Document, c.city.Today()); code != "" {
		return refuse(field, code)
	}
	r.Agency, r.State = agency, mingjing.RecordActive
	why := mingjing.WhyNotInCatalogue
	for _, b := range c.city.BooksOf(of) {
		switch w := mingjing.EffectOfRecord(b, r, c.city.Today()).Why; w {
		case "", mingjing.WhyNoRule:
			return nil
		case mingjing.WhyNotInCatalogue:
		case mingjing.WhyNotFromAgency:
			if why == mingjing.WhyNotInCatalogue {
				why = w
			}
		default:
			why = w
		}
	}
	field := "code"
	switch why {
	case mingjing.WhyNoDocument:
		field = "document"
	case mingjing.WhyWrongDocument:
		field = "document.kind"
	case mingjing.WhyNotYet, mingjing.WhyExpired:
		field = "occurred"
	}
	return refuse(field, why)
}

// checkText returns why a text of an agency's is not taken.
func checkText(field string, texts mingjing.Text) error {
	for _, lang := range slices.Sorted(maps.Keys(texts)) {
		switch s := texts[lang]; {
		case !slices.Contains(mingjing.Languages, lang):
			return refuse(field, "language_unknown")
		case utf8.RuneCountInString(s) > listing.MaxGround || !utf8.ValidString(s):
			return refuse(field+"."+lang, "too_long")
		}
	}
	return nil
}

// takeRecord stores a new record, unless the agency's own document about it is held
// already. What was removed comes back only under another reference and with a document
// dated later.
func (c *Intake) takeRecord(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, l BatchLine,
	rescore rescoring) (string, error) {
	n, err := mingjing.ParseHolder(l.IDNumber, c.city.Now())
	if err != nil {
		return "", refuse("id_number", err.Error())
	}
	occurred, err := mingjing.ParseDate(l.Occurred)
	switch {
	case err != nil:
		return "", refuse("occurred", "date_form")
	case utf8.RuneCountInString(l.Subject) > 100 || !utf8.ValidString(l.Subject):
		return "", refuse("subject", "too_long")
	}
	if err := checkText("detail", l.Detail); err != nil {
		return "", err
	}
	r := holding.Record{Ref: l.Ref, Intake: true, Record: mingjing.Record{ID: kernel.NewID(), Agency: agency, Code: l.Code, Subject: l.Subject,
		Detail: l.Detail, Occurred: occurred, Document: l.Document, State: mingjing.RecordActive, CollectedAt: c.city.Now().UTC()}}
	if r.Submitted, err = digestOf(l); err != nil {
		return "", err
	}
	if err := c.checkRecord(agency, n.Subject(), r.Record); err != nil {
		return "", err
	}
	if r.Resident, err = db(t).ResidentByIDNumber(ctx, n); errors.Is(err, kernel.ErrNotFound) {
		return "", refuse("id_number", "resident_unknown")
	} else if err != nil {
		return "", err
	}
	rd := t.As(c.city.Entry(a, "submit", r.ID, "record"))
	if l.Subject != "" {
		person, err := read(rd).Resident(ctx, r.Resident)
		if err != nil {
			return "", err
		}
		if !kernel.SameName(person.Name, l.Subject) {
			return "", refuse("subject", CodeNameMismatch)
		}
	}
	records, err := read(rd).Records(ctx, r.Resident)
	if err != nil {
		return "", err
	}
	if len(records) >= maxRecords {
		return "", refuse("id_number", "records_full")
	}
	news, heldBy := "added", ""
	for _, old := range records {
		switch {
		case old.Agency != agency:
		case old.Ref == l.Ref && old.State == mingjing.RecordRemoved:
			return "", refuse("ref", "needs_new_case")
		case old.Ref == l.Ref && (old.Submitted == r.Submitted || sameRecord(old.Record, r.Record)):
			return old.ID, nil
		case old.Ref == l.Ref:
			return "", refuse("ref", "ref_known")
		case old.State == mingjing.RecordRemoved && old.Code == l.Code &&
			(old.Occurred == occurred || old.Document.Number == l.Document.Number):
			if l.Document.Date <= old.DayRemoved(c.city.Zone()) {
				return "", refuse("document.date", "needs_new_case")
			}
			news = "reinserted"
		case old.State != mingjing.RecordRemoved && old.Code == l.Code && holding.SameDocument(old.Document, l.Document):
			heldBy = old.Ref
		}
	}
	if heldBy != "" {
		err := mingjing.InvalidFields(mingjing.FieldError{Field: "ref", Code: "held_already"})
		err.Values = map[string]string{"held_by": heldBy}
		return "", err
	}
	if err := c.changed(ctx, rd, r, news, rescore); err != nil {
		return "", err
	}
	return r.ID, nil
}

// digestOf returns the hash of a line, by which the same line is recognised.
func digestOf(l BatchLine) (string, error) {
	data, err := json.Marshal(l)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), err
}

func sameRecord(x, y mingjing.Record) bool {
	return x.Code == y.Code && x.Occurred == y.Occurred && x.Document == y.Document && x.Subject == y.Subject && maps.Equal(x.Detail, y.Detail)
}

// changed stores what an agency did to a record, with the notice to the resident.
func (c *Intake) changed(ctx context.Context, rd *kernel.Reader, r holding.Record, news string, rescore rescoring) error {
	now := c.city.Now().UTC()
	if err := rd.Log(ctx, r.Resident); err != nil {
		return err
	}
	if err := db(rd).PutRecord(ctx, r); err != nil {
		return err
	}
	if err := rd.Emit(ctx, string(r.Resident), mingjing.EventRecord, r.ID, now); err != nil {
		return err
	}
	if err := c.notices.NotifyItem(ctx, rd, r.Resident, mingjing.Notice{Kind: mingjing.NoticeRecordChanged, Code: news, Page: "record",
		Subject: r.ID, Item: r.Code}); err != nil {
		return err
	}
	rescore[r.Resident] = rd
	return nil
}

// errRefUnknown says that the agency has nothing under a reference.
var errRefUnknown = refuse("ref", "ref_unknown")

// A found is a record or a listing of an agency, with the reader that opened it. The
// other one is nil.
type found struct {
	rd      *kernel.Reader
	record  *holding.Record
	listing *holding.Listing
}

// find returns the agency's record or listing under a reference.
func (c *Intake) find(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, l BatchLine) (found, error) {
	of := mingjing.ResidentID("")
	if l.IDNumber != "" {
		n, err := mingjing.ParseHolder(l.IDNumber, c.city.Now())
		if err != nil {
			return found{}, refuse("id_number", err.Error())
		}
		if of, err = db(t).ResidentByIDNumber(ctx, n); errors.Is(err, kernel.ErrNotFound) {
			return found{}, refuse("id_number", "resident_unknown")
		} else if err != nil {
			return found{}, err
		}
	}
	// Whose it is not is not opened: two are enough to know that the reference is not.
	records, listings, err := db(t).HeldByRef(ctx, agency, l.Ref, of, 2)
	if err != nil {
		return found{}, err
	}
	switch l.Op {
	case OpLift:
		records = nil
	case OpCorrection:
		listings = nil
	}
	switch len(records) + len(listings) {
	case 0:
		return found{}, errRefUnknown
	case 1:
	default:
		return found{}, refuse("id_number", "ref_ambiguous")
	}
	action := map[string]string{OpCorrection: "correct", OpLift: "lift", OpRevocation: "revoke"}[l.Op]
	if len(records) == 1 {
		rd := t.As(c.city.Entry(a, action, records[0], "record"))
		r, err := read(rd).Record(ctx, records[0])
		return found{rd, &r, nil}, err
	}
	rd := t.As(c.city.Entry(a, action, listings[0], "listing"))
	li, err := read(rd).Listing(ctx, listings[0])
	return found{rd, nil, &li}, err
}

func checkReason(reason string) error {
	switch {
	case reason == "" || !utf8.ValidString(reason):
		return refuse("reason", "change_reason_required")
	case utf8.RuneCountInString(reason) > listing.MaxGround:
		return refuse("reason", "too_long")
	}
	return nil
}

// correctRecord changes what an agency's own record says: never to the resident's
// disadvantage while a case about it is open, nor behind what was decided.
func (c *Intake) correctRecord(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, l BatchLine,
	rescore rescoring) (string, error) {
	reason := strings.TrimSpace(l.Reason)
	if err := checkReason(reason); err != nil {
		return "", err
	}
	found, err := c.find(ctx, t, a, agency, l)
	if err != nil {
		return "", err
	}
	rd, r := found.rd, *found.record
	if r.State == mingjing.RecordRemoved {
		return "", refuse("ref", "needs_new_case")
	}
	was := r.Record
	if l.Occurred != "" {
		if r.Occurred, err = mingjing.ParseDate(l.Occurred); err != nil {
			return "", refuse("occurred", "date_form")
		}
	}
	if len(l.Detail) > 0 {
		r.Detail = l.Detail
	}
	if l.Document != (mingjing.Document{}) {
		r.Document = l.Document
	}
	if err := checkText("detail", r.Detail); err != nil {
		return "", err
	}
	if sameRecord(was, r.Record) {
		return r.ID, nil // it says so already
	}
	if err := c.checkRecord(agency, r.Resident.Subject(), r.Record); err != nil {
		return "", err
	}
	against := c.cases.CountsAgainst(r.Code)
	worse := against && r.Occurred > was.Occurred || !against && r.Occurred < was.Occurred
	open, err := cases.CaseOpen(ctx, rd, r.DisputeID)
	switch {
	case err != nil:
		return "", err
	case open && (worse || r.Document != was.Document || !maps.Equal(r.Detail, was.Detail)):
		return "", refuse("ref", "case_open") // the new document may be what the dispute is about
	case open:
		if r.Before == mingjing.RecordActive {
			r.Before = mingjing.RecordCorrected
		}
	case r.State != mingjing.RecordActive && r.State != mingjing.RecordCorrected:
		return "", refuse("ref", "not_active")
	case worse && r.DisputeID != "":
		return "", refuse("occurred", "needs_new_case")
	default:
		r.State = mingjing.RecordCorrected
	}
	r.Changed = reason
	if err := c.changed(ctx, rd, r, "corrected", rescore); err != nil {
		return "", err
	}
	return r.ID, nil
}

// takeBack removes a record, or ends a listing, whose basis is revoked or which the
// agency gives up. It does so at once, which is within the agency's clock. What has
// ended stays so.
func (c *Intake) takeBack(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, l BatchLine,
	rescore rescoring) (string, error) {
	reason := strings.TrimSpace(l.Reason)
	if err := checkReason(reason); err != nil {
		return "", err
	}
	found, err := c.find(ctx, t, a, agency, l)
	rd, r, li := found.rd, found.record, found.listing
	switch {
	case errors.Is(err, errRefUnknown):
		// It may be one that waits for the agency because of the name.
		waited, failed := db(t).DeleteUnmatched(ctx, agency, "", l.Ref)
		if waited || failed != nil {
			return "", failed
		}
		return "", err
	case err != nil:
		return "", err
	case li != nil:
		to := mingjing.ListingAnnulled
		if l.Op == OpLift {
			to = mingjing.ListingLifted
		}
		return li.ID, c.takeBackListing(ctx, rd, *li, to, reason, rescore)
	case r.State == mingjing.RecordRemoved:
		return r.ID, nil
	}
	r.Remove(c.city.Today())
	r.Changed = reason
	if err := c.withdraw(ctx, rd, r.DisputeID, reason); err != nil {
		return "", err
	}
	return r.ID, c.changed(ctx, rd, *r, "removed", rescore)
}

func (c *Intake) takeBackListing(ctx context.Context, rd *kernel.Reader, l holding.Listing, to mingjing.ListingState,
	reason string, rescore rescoring) error {
	if l.State.Over() {
		return nil
	}
	now := c.city.Now().UTC()
	if l.State == mingjing.ListingProposed || l.State == mingjing.ListingDecided {
		var err error
		if to, err = c.dropProposal(ctx, rd, l, now); err != nil {
			return err
		}
	} else if err := c.withdraw(ctx, rd, l.DisputeID, reason); err != nil {
		return err
	}
	if err := c.holdings.Move(ctx, rd, &l, to, mingjing.Actor{Role: mingjing.RoleAgency, Name: l.Agency}); err != nil {
		return err
	}
	rescore[l.Resident] = rd
	return nil
}

// dropProposal closes the case of a listing that was never served, and returns the state
// of the listing that follows.
func (c *Intake) dropProposal(ctx context.Context, rd *kernel.Reader, l holding.Listing, now time.Time) (mingjing.ListingState, error) {
	d, err := read(rd).Case(ctx, l.CaseID)
	if err != nil {
		return "", err
	}
	to, code := mingjing.ListingRefused, "refused"
	if l.State == mingjing.ListingDecided {
		to, code = mingjing.ListingAnnulled, "annulled"
		d.Decision.Rule = "withdrawn"
	} else {
		d.Decision = &mingjing.Decision{Outcome: mingjing.OutcomeRefused, At: now, Rule: "withdrawn"}
	}
	for _, k := range d.Clocks {
		cases.MarkMet(d.Clocks, k.Code, now)
	}
	d.State = mingjing.CaseDecided
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: code, Role: mingjing.RoleAgency, Who: l.Agency})
	d.NextDue = cases.NextDue(d.Clocks)
	if err := c.cases.WriteLetter(ctx, rd, &d); err != nil {
		return "", err
	}
	if err := c.cases.SetCase(ctx, rd.Tx, d); err != nil {
		return "", err
	}
	return to, c.cases.Tell(ctx, rd, d)
}

// withdraw answers an open case for an agency that takes back what the case is about.
// The agency has lost the point, and the case can only be decided for the resident.
func (c *Intake) withdraw(ctx context.Context, rd *kernel.Reader, dispute, reason string) error {
	if dispute == "" {
		return nil
	}
	d, err := read(rd).Case(ctx, dispute)
	if errors.Is(err, kernel.ErrNotFound) {
		return nil
	}
	if err != nil || d.State == mingjing.CaseDecided || d.State == mingjing.CaseAgencyLost {
		return err
	}
	now := c.city.Now().UTC()
	cases.MarkMet(d.Clocks, "forward", now)
	return c.cases.AgencyAnswered(ctx, rd, d, mingjing.AgencyAnswer{Position: mingjing.PositionWithdrawn,
		Text: mingjing.Text{mingjing.Languages[0]: reason}}, now)
}
