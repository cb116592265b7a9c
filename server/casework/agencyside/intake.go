package agencyside

import (
	"bytes"
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
)

// MaxLines bounds the lines of a [Batch].
const MaxLines = 1000

// maxLineTries is how often a line is tried that somebody else came in between.
const maxLineTries = 3

// The operations of a line.
const (
	OpRecord     = "record"     // a new record
	OpCorrection = "correction" // of the agency's own record
	OpRevocation = "revocation" // the basis of a record or listing is gone
	OpListing    = "listing"    // a proposal of a listing
	OpLift       = "lift"       // the agency gives a listing up
)

// A Batch is what an agency submits at once. Its id is the agency's own: the same
// id with the same lines is the same batch.
type Batch struct {
	ID    string `json:"id"`
	Lines []Line `json:"lines"`
}

// A Line is one thing that an agency submits. Which fields it needs depends on Op.
type Line struct {
	Op string `json:"op"`
	// Ref is the agency's own reference of the record or listing.
	Ref string `json:"ref"`
	// IDNumber is needed for a record and a listing, and elsewhere where the
	// reference alone is not the only one.
	IDNumber string            `json:"id_number,omitempty"`
	Subject  string            `json:"subject,omitempty"`
	Code     string            `json:"code,omitempty"`
	Occurred string            `json:"occurred,omitempty"`
	Detail   mingjing.Text     `json:"detail,omitempty"`
	Document mingjing.Document `json:"document,omitzero"`
	// Ground, Measures and Months are those of a [Proposal].
	Ground   mingjing.Text `json:"ground,omitempty"`
	Measures []string      `json:"measures,omitempty"`
	Months   int           `json:"months,omitempty"`
	// Reason is why something is corrected, revoked or lifted; the resident reads it.
	Reason string `json:"reason,omitempty"`
	// Bad says that the line could not be read; it is refused as such.
	Bad bool `json:"-"`
}

// What became of a line.
const (
	LineAccepted = "accepted"
	LineRefused  = "refused"
)

// A LineAnswer says what became of a line, and if it was refused, why.
type LineAnswer struct {
	Line   int    `json:"line"` // from 1
	Ref    string `json:"ref"`
	Status string `json:"status"`
	// Code is why it was refused, Field what has to be put right.
	Code  string `json:"code,omitempty"`
	Field string `json:"field,omitempty"`
	// ID is ours of the record or listing.
	ID string `json:"id,omitempty"`
	// HeldBy is the agency's own reference that holds the same fact already.
	HeldBy string `json:"held_by,omitempty"`
}

// A BatchAnswer answers each line of a batch.
type BatchAnswer struct {
	ID       string       `json:"id"`
	Accepted int          `json:"accepted"`
	Refused  int          `json:"refused"`
	Lines    []LineAnswer `json:"lines"`
}

// A BatchRow is a batch as it is stored: not what it said, but what it was answered.
type BatchRow struct {
	Agency, ID string
	At         time.Time
	// Digest is the SHA-256 of the lines, in hex.
	Digest string
	// Answer is nil while it is being worked on.
	Answer *BatchAnswer
}

// Submit takes what an agency submits, line by line: each is a transaction of its
// own, so that a bad line stops none of the good ones. The same batch again gets
// the same answer; another batch under the same id is a batch_changed error.
func (c *Agencies) Submit(ctx context.Context, a mingjing.Actor, b Batch) (BatchAnswer, error) {
	agency, err := kernel.AsAgency(a)
	if err != nil {
		return BatchAnswer{}, err
	}
	switch {
	case b.ID == "" || len(b.ID) > 128 || !utf8.ValidString(b.ID):
		return BatchAnswer{}, mingjing.InvalidFields(mingjing.FieldError{Field: "id", Code: "batch_id_required"})
	case len(b.Lines) == 0:
		return BatchAnswer{}, mingjing.InvalidFields(mingjing.FieldError{Field: "lines", Code: "batch_empty"})
	case len(b.Lines) > MaxLines:
		return BatchAnswer{}, mingjing.InvalidFields(mingjing.FieldError{Field: "lines", Code: "batch_too_long"})
	}
	row, err := c.beginBatch(ctx, agency, b)
	if err != nil {
		return BatchAnswer{}, kernel.Public(err)
	}
	if row.Answer != nil {
		return *row.Answer, nil
	}
	out := BatchAnswer{ID: b.ID, Lines: make([]LineAnswer, 0, len(b.Lines))}
	a = c.city.Signed(a)
	for i, l := range b.Lines {
		ans, err := c.submitLine(ctx, a, agency, l)
		if err != nil {
			return BatchAnswer{}, err // the rest is done when the batch is sent again
		}
		ans.Line, ans.Ref = i+1, l.Ref
		if ans.Status == LineAccepted {
			out.Accepted++
		} else {
			out.Refused++
		}
		out.Lines = append(out.Lines, ans)
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (BatchAnswer, error) {
		now, err := db(t).Batch(ctx, agency, b.ID)
		if err != nil {
			return BatchAnswer{}, err
		}
		if now.Answer != nil { // sent twice at once, and the other was faster
			return *now.Answer, nil
		}
		now.Answer = &out
		return out, db(t).SetBatch(ctx, now)
	})
}

// beginBatch notes a batch before its first line, or finds it.
func (c *Agencies) beginBatch(ctx context.Context, agency string, b Batch) (BatchRow, error) {
	var digest bytes.Buffer
	for _, l := range b.Lines {
		if err := json.NewEncoder(&digest).Encode(struct {
			Line
			Bad bool
		}{l, l.Bad}); err != nil {
			return BatchRow{}, err
		}
	}
	sum := sha256.Sum256(digest.Bytes())
	row := BatchRow{Agency: agency, ID: b.ID, At: c.city.Now().UTC(), Digest: hex.EncodeToString(sum[:])}
	found := row
	err := c.city.Tx(ctx, func(t *kernel.Tx) error { return db(t).AddBatch(ctx, row) })
	if errors.Is(err, kernel.ErrExists) {
		err = c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
			found, err = db(t).Batch(ctx, agency, b.ID)
			return err
		})
	}
	if err == nil && found.Digest != row.Digest {
		err = mingjing.Errorf(mingjing.Conflict, "batch_changed")
	}
	return found, err
}

// line does one line. Its error is only what is not the agency's to put right.
func (c *Agencies) submitLine(ctx context.Context, a mingjing.Actor, agency string, l Line) (LineAnswer, error) {
	var (
		id  string
		err error
	)
	for range maxLineTries {
		err = c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
			id, err = c.submit(ctx, t, a, agency, l)
			return err
		})
		if !errors.Is(err, kernel.ErrConflict) {
			break
		}
	}
	if err == nil {
		return LineAnswer{Status: LineAccepted, ID: id}, nil
	}
	why, ok := errors.AsType[*mingjing.Error](err)
	if !ok {
		return LineAnswer{}, kernel.Public(err)
	}
	ans := LineAnswer{Status: LineRefused, Code: why.Code, HeldBy: why.Values["held_by"]}
	if len(why.Fields) > 0 {
		ans.Code, ans.Field = why.Fields[0].Code, why.Fields[0].Field
	}
	return ans, nil
}

func refuse(field, code string) error {
	return mingjing.InvalidFields(mingjing.FieldError{Field: field, Code: code})
}

func (c *Agencies) submit(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, l Line) (string, error) {
	switch {
	case l.Bad:
		return "", refuse("", "line_unreadable")
	case l.Ref == "" || len(l.Ref) > 128 || !utf8.ValidString(l.Ref):
		return "", refuse("ref", "ref_required")
	}
	switch l.Op {
	case OpRecord:
		return c.takeRecord(ctx, t, a, agency, l)
	case OpCorrection:
		return c.correctRecord(ctx, t, a, agency, l)
	case OpListing:
		n, err := mingjing.ParseIDNumber(l.IDNumber, c.city.Now())
		if err != nil {
			return "", refuse("id_number", err.Error())
		}
		out, err := c.cases.ProposeIn(ctx, t, a, agency, cases.Proposal{Ref: l.Ref, IDNumber: n, Subject: l.Subject, Code: l.Code,
			Ground: l.Ground, Measures: l.Measures, Months: l.Months, Document: l.Document})
		return out.ID, err
	case OpRevocation, OpLift:
		return c.takeBack(ctx, t, a, agency, l)
	}
	return "", refuse("op", "op_unknown")
}

// checkRecord says at the door what would keep a record from counting, by the very
// codes of scoring; it passes when it counts by one rulebook.
func (c *Agencies) checkRecord(agency string, r mingjing.Record) error {
	if r.Occurred == "" {
		return refuse("occurred", "invalid_date")
	}
	if r.Document.Date > c.city.Today() {
		return refuse("document", mingjing.WhyNoDocument)
	}
	r.Agency, r.State = agency, mingjing.RecordActive
	why := mingjing.WhyNotInCatalogue
	for _, b := range c.city.Books() {
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
	case mingjing.WhyNoDocument, mingjing.WhyWrongDocument:
		field = "document"
	case mingjing.WhyNotYet, mingjing.WhyExpired:
		field = "occurred"
	}
	return refuse(field, why)
}

func tooLong(texts mingjing.Text) bool {
	for _, s := range texts {
		if utf8.RuneCountInString(s) > cases.MaxGround || !utf8.ValidString(s) {
			return true
		}
	}
	return false
}

// takeRecord takes a new record, unless the agency's own document about it is held
// already. What was removed comes back only under another reference and with a
// document dated later.
func (c *Agencies) takeRecord(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, l Line) (string, error) {
	n, err := mingjing.ParseIDNumber(l.IDNumber, c.city.Now())
	if err != nil {
		return "", refuse("id_number", err.Error())
	}
	occurred, err := mingjing.ParseDate(l.Occurred)
	switch {
	case err != nil:
		return "", refuse("occurred", "invalid_date")
	case tooLong(l.Detail):
		return "", refuse("detail", "too_long")
	case utf8.RuneCountInString(l.Subject) > 100 || !utf8.ValidString(l.Subject):
		return "", refuse("subject", "too_long")
	}
	r := holding.Record{Ref: l.Ref, Intake: true, Record: mingjing.Record{ID: kernel.NewID(), Agency: agency, Code: l.Code, Subject: l.Subject,
		Detail: l.Detail, Occurred: occurred, Document: l.Document, State: mingjing.RecordActive, CollectedAt: c.city.Now().UTC()}}
	if r.Submitted, err = digestOf(l); err != nil {
		return "", err
	}
	if err := c.checkRecord(agency, r.Record); err != nil {
		return "", err
	}
	if r.Resident, err = db(t).ResidentByIDNumber(ctx, n); errors.Is(err, kernel.ErrNotFound) {
		return "", refuse("id_number", "resident_unknown")
	} else if err != nil {
		return "", err
	}
	t.Because(a, "submit", r.ID, "record")
	records, err := db(t).Records(ctx, r.Resident)
	if err != nil {
		return "", err
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
				return "", refuse("document", "needs_new_case")
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
	if err := c.changed(ctx, t, r, news); err != nil {
		return "", err
	}
	return r.ID, nil
}

// digestOf is the hash of a line, by which the same one is known again.
func digestOf(l Line) (string, error) {
	data, err := json.Marshal(l)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), err
}

func sameRecord(x, y mingjing.Record) bool {
	return x.Code == y.Code && x.Occurred == y.Occurred && x.Document == y.Document && x.Subject == y.Subject && maps.Equal(x.Detail, y.Detail)
}

// changed keeps what an agency did to a record, with the notice to the resident
// and the scores that follow.
func (c *Agencies) changed(ctx context.Context, t *kernel.Tx, r holding.Record, news string) error {
	now := c.city.Now().UTC()
	if err := t.Looked(ctx, r.Resident); err != nil {
		return err
	}
	if err := db(t).PutRecord(ctx, r); err != nil {
		return err
	}
	if err := t.Emit(ctx, string(r.Resident), mingjing.EventRecord, r.ID, now); err != nil {
		return err
	}
	if err := c.notices.Notify(ctx, t, r.Resident, mingjing.NoticeRecordChanged, news, "record", r.ID); err != nil {
		return err
	}
	return c.scores.Rescore(ctx, t, r.Resident, "record_changed", "")
}

// find is the agency's record or listing under a reference; the other is nil.
func (c *Agencies) find(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, l Line) (*holding.Record, *holding.Listing, error) {
	recordIDs, listingIDs, err := db(t).HeldByRef(ctx, agency, l.Ref)
	if err != nil {
		return nil, nil, err
	}
	of := mingjing.ResidentID("")
	if l.IDNumber != "" {
		n, err := mingjing.ParseIDNumber(l.IDNumber, c.city.Now())
		if err != nil {
			return nil, nil, refuse("id_number", err.Error())
		}
		if of, err = db(t).ResidentByIDNumber(ctx, n); errors.Is(err, kernel.ErrNotFound) {
			return nil, nil, refuse("id_number", "resident_unknown")
		} else if err != nil {
			return nil, nil, err
		}
	}
	var (
		record  *holding.Record
		listing *holding.Listing
		found   int
	)
	action := map[string]string{OpCorrection: "correct", OpLift: "lift", OpRevocation: "revoke"}[l.Op]
	for _, id := range recordIDs {
		t.Because(a, action, id, "record")
		r, err := db(t).Record(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if l.Op != OpLift && (of == "" || r.Resident == of) {
			record = &r
			found++
		}
	}
	for _, id := range listingIDs {
		t.Because(a, action, id, "listing")
		li, err := db(t).Listing(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if l.Op != OpCorrection && (of == "" || li.Resident == of) {
			listing = &li
			found++
		}
	}
	switch {
	case found == 0:
		return nil, nil, refuse("ref", "ref_unknown")
	case found > 1:
		return nil, nil, refuse("id_number", "ref_ambiguous")
	}
	return record, listing, nil
}

func checkReason(reason string) error {
	switch {
	case reason == "" || !utf8.ValidString(reason):
		return refuse("reason", "change_reason_required")
	case utf8.RuneCountInString(reason) > cases.MaxGround:
		return refuse("reason", "too_long")
	}
	return nil
}

// correctRecord changes what an agency's own record says: never to the resident's
// disadvantage while a case about it is open, nor behind what was decided.
func (c *Agencies) correctRecord(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, l Line) (string, error) {
	reason := strings.TrimSpace(l.Reason)
	if err := checkReason(reason); err != nil {
		return "", err
	}
	found, _, err := c.find(ctx, t, a, agency, l)
	if err != nil {
		return "", err
	}
	r := *found
	if r.State == mingjing.RecordRemoved {
		return "", refuse("ref", "needs_new_case")
	}
	was := r.Record
	if l.Occurred != "" {
		if r.Occurred, err = mingjing.ParseDate(l.Occurred); err != nil {
			return "", refuse("occurred", "invalid_date")
		}
	}
	if len(l.Detail) > 0 {
		r.Detail = l.Detail
	}
	if l.Document != (mingjing.Document{}) {
		r.Document = l.Document
	}
	if tooLong(r.Detail) {
		return "", refuse("detail", "too_long")
	}
	if sameRecord(was, r.Record) {
		return r.ID, nil // it says so already
	}
	if err := c.checkRecord(agency, r.Record); err != nil {
		return "", err
	}
	harms := c.cases.CountsAgainst(r.Code)
	worse := harms && r.Occurred > was.Occurred || !harms && r.Occurred < was.Occurred
	open, err := cases.CaseOpen(ctx, t, r.DisputeID)
	switch {
	case err != nil:
		return "", err
	case open && (worse || r.Document != was.Document || !maps.Equal(r.Detail, was.Detail)):
		return "", refuse("ref", "case_open") // a new paper may be the very point in dispute
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
	if err := c.changed(ctx, t, r, "corrected"); err != nil {
		return "", err
	}
	return r.ID, nil
}

// takeBack removes a record, or ends a listing, whose basis is revoked or which the
// agency gives up. It does so at once, which is within its clock. What is over
// stays so.
func (c *Agencies) takeBack(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, l Line) (string, error) {
	reason := strings.TrimSpace(l.Reason)
	if err := checkReason(reason); err != nil {
		return "", err
	}
	r, li, err := c.find(ctx, t, a, agency, l)
	switch {
	case err != nil:
		return "", err
	case li != nil:
		to := mingjing.ListingAnnulled
		if l.Op == OpLift {
			to = mingjing.ListingLifted
		}
		return li.ID, c.takeBackListing(ctx, t, *li, to, reason)
	case r.State == mingjing.RecordRemoved:
		return r.ID, nil
	}
	r.Remove(c.city.Today())
	r.Changed = reason
	if err := c.withdraw(ctx, t, r.DisputeID, reason); err != nil {
		return "", err
	}
	return r.ID, c.changed(ctx, t, *r, "removed")
}

func (c *Agencies) takeBackListing(ctx context.Context, t *kernel.Tx, l holding.Listing, to mingjing.ListingState, reason string) error {
	if l.State.Over() {
		return nil
	}
	now := c.city.Now().UTC()
	if l.State == mingjing.ListingProposed || l.State == mingjing.ListingDecided {
		var err error
		if to, err = c.dropProposal(ctx, t, l, now); err != nil {
			return err
		}
	} else if err := c.withdraw(ctx, t, l.DisputeID, reason); err != nil {
		return err
	}
	if err := c.holdings.Move(ctx, t, &l, to, mingjing.Actor{Role: mingjing.RoleAgency, Name: l.Agency}); err != nil {
		return err
	}
	return c.scores.Rescore(ctx, t, l.Resident, "record_changed", "")
}

// dropProposal closes the case of a listing that was never served, and says into
// which state the listing comes.
func (c *Agencies) dropProposal(ctx context.Context, t *kernel.Tx, l holding.Listing, now time.Time) (mingjing.ListingState, error) {
	d, err := db(t).Dispute(ctx, l.CaseID)
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
	d.State = mingjing.DisputeDecided
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: code, Role: mingjing.RoleAgency, Who: l.Agency})
	d.NextDue = cases.NextDue(d.Clocks)
	if err := c.cases.WriteLetter(ctx, t, &d); err != nil {
		return "", err
	}
	if err := c.cases.SetDispute(ctx, t, d); err != nil {
		return "", err
	}
	return to, c.cases.Tell(ctx, t, d)
}

// withdraw is the agency's word in an open case about what it takes back: it has
// lost the point, and the case can only be decided for the resident.
func (c *Agencies) withdraw(ctx context.Context, t *kernel.Tx, dispute, reason string) error {
	if dispute == "" {
		return nil
	}
	d, err := db(t).Dispute(ctx, dispute)
	if errors.Is(err, kernel.ErrNotFound) {
		return nil
	}
	if err != nil || d.State == mingjing.DisputeDecided || d.State == mingjing.DisputeAgencyLost {
		return err
	}
	now := c.city.Now().UTC()
	cases.MarkMet(d.Clocks, "forward", now)
	return c.cases.AgencyAnswered(ctx, t, d, mingjing.AgencyAnswer{Position: mingjing.PositionWithdrawn,
		Text: mingjing.Text{mingjing.Languages[0]: reason}}, now)
}

// AddAgencyKey makes a key for an agency of the rulebooks. Only the bureau's own
// tool calls it, as it does the two below, never a request from outside.
func (c *Agencies) AddAgencyKey(ctx context.Context, agency string) (mingjing.AgencyKey, error) {
	if !slices.ContainsFunc(c.city.Books(), func(b *mingjing.Rulebook) bool { _, ok := b.Agency(agency); return ok }) {
		return mingjing.AgencyKey{}, mingjing.Errorf(mingjing.NotFound, "agency_unknown")
	}
	k := mingjing.AgencyKey{ID: kernel.NewID(), Agency: agency, CreatedAt: c.city.Now().UTC().Truncate(time.Microsecond)}
	return k, c.city.Tx(ctx, func(t *kernel.Tx) error { return db(t).AddAgencyKey(ctx, k) })
}

// AgencyKeys are all keys, oldest first.
func (c *Agencies) AgencyKeys(ctx context.Context) (keys []mingjing.AgencyKey, err error) {
	err = c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		keys, err = db(t).AgencyKeys(ctx)
		return err
	})
	return keys, err
}

// RevokeAgencyKey ends a key; one that is revoked stays so.
func (c *Agencies) RevokeAgencyKey(ctx context.Context, id string) error {
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		k, err := db(t).AgencyKey(ctx, id)
		if err != nil || k.RevokedAt != nil {
			return err
		}
		now := c.city.Now().UTC()
		k.RevokedAt = &now
		return db(t).SetAgencyKey(ctx, k)
	}))
}

// AgencyByKey is the agency whose key it is, as an actor; key_unknown when there is
// no such key, or it was revoked. That the key was used rightly is for the caller
// to know.
func (c *Agencies) AgencyByKey(ctx context.Context, id string) (mingjing.Actor, error) {
	var k mingjing.AgencyKey
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		k, err = db(t).AgencyKey(ctx, id)
		return err
	})
	if errors.Is(err, kernel.ErrNotFound) || err == nil && k.RevokedAt != nil {
		return mingjing.Actor{}, mingjing.Errorf(mingjing.Unauthenticated, "key_unknown")
	}
	return mingjing.Actor{Role: mingjing.RoleAgency, ID: k.ID, Agency: k.Agency}, err
}
