package casework

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
)

// Statutory clocks of a dispute in working days (Shanghai Social Credit
// Regulations 2017).
const (
	MarkDays    = 1 // the disputed mark
	ForwardDays = 2 // the bureau puts it to the agency
	AgencyDays  = 5 // the agency answers
	DecideDays  = ForwardDays + AgencyDays
)

// A Filing is what a resident sends to dispute a record or a listing.
type Filing struct {
	RecordID, ListingID string // exactly one
	Reason              mingjing.DisputeReason
	Statement           string
	// Key makes sending it twice one dispute; it may be empty.
	Key      string
	Evidence []Upload
}

// NewCase is what the form of a new dispute shows.
func (c *Casework) NewCase(ctx context.Context, a mingjing.Actor, recordID, listingID string) (mingjing.NewCaseView, error) {
	v := mingjing.NewCaseView{Key: newID()}
	switch {
	case (recordID == "") == (listingID == ""):
		return mingjing.NewCaseView{}, errNotFound
	case recordID != "":
		r, err := c.Record(ctx, a, recordID)
		if err != nil {
			return mingjing.NewCaseView{}, err
		}
		v.Record = &r.Record
	default:
		l, err := c.Listing(ctx, a, listingID)
		if err != nil {
			return mingjing.NewCaseView{}, err
		}
		v.Listing = &l.Listing
	}
	return v, nil
}

// FileDispute files a dispute. In the same transaction the record or listing is
// marked disputed, its effect pauses and the scores are made anew.
func (c *Casework) FileDispute(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Dispute, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	f.Statement = strings.TrimSpace(strings.ReplaceAll(f.Statement, "\r\n", "\n"))
	var wrong []mingjing.FieldError
	if (f.RecordID == "") == (f.ListingID == "") {
		wrong = append(wrong, mingjing.FieldError{Field: "record_id", Code: "nothing_to_dispute"})
	}
	if !slices.Contains(mingjing.DisputeReasons, f.Reason) {
		wrong = append(wrong, mingjing.FieldError{Field: "reason", Code: "reason_required"})
	}
	if f.Statement == "" || !utf8.ValidString(f.Statement) {
		wrong = append(wrong, mingjing.FieldError{Field: "statement", Code: "statement_required"})
	} else if utf8.RuneCountInString(f.Statement) > mingjing.MaxStatement {
		wrong = append(wrong, mingjing.FieldError{Field: "statement", Code: "too_long"})
	}
	if len(f.Key) > 128 {
		wrong = append(wrong, mingjing.FieldError{Field: "idempotency_key", Code: "too_long"})
	}
	if len(f.Evidence) > mingjing.MaxEvidence {
		wrong = append(wrong, mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
	}
	if len(wrong) > 0 {
		return mingjing.Dispute{}, mingjing.InvalidFields(wrong...)
	}
	var id string
	find := func(t *tx) (err error) {
		id, err = disputeOfKey(ctx, t, me, f.Key)
		return err
	}
	// Whether there is anything to dispute comes before the costly look at files.
	err = c.tx(ctx, func(t *tx) error {
		if err := find(t); id != "" || err != nil {
			return err
		}
		_, err := findDisputed(ctx, t, me, f.RecordID, f.ListingID)
		return err
	})
	if err == nil && id != "" {
		return c.Dispute(ctx, a, id)
	}
	if err != nil {
		return mingjing.Dispute{}, public(err)
	}
	files, err := cleanAll(ctx, f.Evidence)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	err = c.tx(ctx, func(t *tx) error {
		if err := find(t); id != "" || err != nil {
			return err
		}
		id = newID()
		now := c.Now().UTC()
		resident, err := t.Resident(ctx, me)
		if err != nil {
			return err
		}
		what, err := findDisputed(ctx, t, me, f.RecordID, f.ListingID)
		if err != nil {
			return err
		}
		d := Dispute{Resident: me, ResidentName: resident.Name, Key: f.Key, RecordID: f.RecordID, ListingID: f.ListingID,
			AgencyCode: what.agency, CatalogueCode: what.code,
			Dispute: mingjing.Dispute{ID: id, Reason: f.Reason, Statement: f.Statement, State: mingjing.DisputeFiled, FiledAt: now,
				Clocks: []mingjing.Clock{
					{Code: "mark", Due: c.due(MarkDays), MetAt: &now},
					c.clockFor("forward", ForwardDays),
					c.clockFor("decide", DecideDays),
				},
				Timeline: []mingjing.TimelineEntry{{At: now, Code: "filed", Role: a.Role}},
			}}
		d.NextDue = nextDue(d.Clocks)
		if err := t.AddDispute(ctx, d); err != nil {
			return err
		}
		if err := what.mark(ctx, t, id); err != nil {
			return err
		}
		if err := t.emit(ctx, string(me), mingjing.EventRecord, f.RecordID+f.ListingID, now); err != nil {
			return err
		}
		for _, file := range files {
			file.evidence.AddedAt = now
			if err := t.AddEvidence(ctx, id, file.evidence, file.data); err != nil {
				return err
			}
		}
		if err := t.look(ctx, a, me, now, "dispute", id, "own"); err != nil {
			return err
		}
		if err := c.rescore(ctx, t, me, "dispute_filed", ""); err != nil {
			return err
		}
		return c.tell(ctx, t, d)
	})
	if errors.Is(err, ErrExists) { // another device was faster
		err = c.tx(ctx, func(t *tx) error {
			err := find(t)
			if err == nil && id == "" {
				err = errDisputeOpen
			}
			return err
		})
	}
	if err != nil {
		return mingjing.Dispute{}, public(err)
	}
	return c.Dispute(ctx, a, id)
}

// disputeOfKey is the id of the dispute that the key made, or "".
func disputeOfKey(ctx context.Context, t *tx, me mingjing.ResidentID, key string) (string, error) {
	if key == "" {
		return "", nil
	}
	d, err := t.DisputeByKey(ctx, me, key)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return d.ID, err
}

var (
	errDisputeOpen      = mingjing.Errorf(mingjing.Conflict, "dispute_open")
	errNothingToDispute = mingjing.Errorf(mingjing.Conflict, "nothing_to_dispute")
)

// A disputed is the record or listing that a dispute is about.
type disputed struct {
	agency, code string
	// mark pauses its effect and notes the dispute in it.
	mark func(ctx context.Context, t *tx, dispute string) error
}

// findDisputed finds what the resident wants to dispute, and says whether they may.
func findDisputed(ctx context.Context, t *tx, me mingjing.ResidentID, record, listing string) (disputed, error) {
	if record != "" {
		r, err := t.Record(ctx, record)
		switch {
		case err != nil:
			return disputed{}, err
		case r.Resident != me:
			return disputed{}, ErrNotFound
		case r.State == mingjing.RecordDisputed:
			return disputed{}, errDisputeOpen
		case !disputable(r.State):
			return disputed{}, errNothingToDispute
		}
		return disputed{r.Agency, r.Code, func(ctx context.Context, t *tx, dispute string) error {
			r.Before, r.State, r.DisputeID = r.State, mingjing.RecordDisputed, dispute
			return t.PutRecord(ctx, r)
		}}, nil
	}
	l, err := t.Listing(ctx, listing)
	switch {
	case err != nil:
		return disputed{}, err
	case l.Resident != me:
		return disputed{}, ErrNotFound
	case l.State == mingjing.ListingDisputed:
		return disputed{}, errDisputeOpen
	case !listingDisputable(l.State):
		return disputed{}, errNothingToDispute
	}
	return disputed{l.Agency, l.Code, func(ctx context.Context, t *tx, dispute string) error {
		l.Before, l.State, l.DisputeID = l.State, mingjing.ListingDisputed, dispute
		return t.PutListing(ctx, l)
	}}, nil
}

// AddEvidence attaches files to one of the actor's open disputes.
func (c *Casework) AddEvidence(ctx context.Context, a mingjing.Actor, dispute string, uploads []Upload) (mingjing.Dispute, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	if len(uploads) == 0 {
		return mingjing.Dispute{}, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_required"})
	}
	if len(uploads) > mingjing.MaxEvidence {
		return mingjing.Dispute{}, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
	}
	// Whose dispute it is comes before the costly look at the files.
	if _, err := c.Dispute(ctx, a, dispute); err != nil {
		return mingjing.Dispute{}, err
	}
	files, err := cleanAll(ctx, uploads)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	err = c.tx(ctx, func(t *tx) error {
		d, err := t.Dispute(ctx, dispute)
		if err != nil {
			return err
		}
		if d.Resident != me {
			return ErrNotFound
		}
		if d.State == mingjing.DisputeDecided {
			return mingjing.Errorf(mingjing.Conflict, "case_decided")
		}
		have, err := t.Evidence(ctx, dispute)
		if err != nil {
			return err
		}
		if len(have)+len(files) > mingjing.MaxEvidence {
			return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
		}
		now := c.Now().UTC()
		for _, f := range files {
			f.evidence.AddedAt = now
			if err := t.AddEvidence(ctx, dispute, f.evidence, f.data); err != nil {
				return err
			}
		}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "evidence_added", Role: a.Role})
		if err := t.SetDispute(ctx, d); err != nil {
			return err
		}
		return c.tell(ctx, t, d)
	})
	if err != nil {
		return mingjing.Dispute{}, public(err)
	}
	return c.Dispute(ctx, a, dispute)
}

// tell lets the resident's and the handlers' open screens know.
func (c *Casework) tell(ctx context.Context, t *tx, d Dispute) error {
	if err := t.emit(ctx, string(d.Resident), mingjing.EventDispute, d.ID, c.Now()); err != nil {
		return err
	}
	return t.emit(ctx, mingjing.AudienceStaff, mingjing.EventDispute, d.ID, c.Now())
}

// Dispute is one of the actor's own disputes.
func (c *Casework) Dispute(ctx context.Context, a mingjing.Actor, id string) (mingjing.Dispute, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Dispute, error) {
		d, err := t.Dispute(ctx, id)
		if err != nil {
			return mingjing.Dispute{}, err
		}
		if d.Resident != me {
			return mingjing.Dispute{}, ErrNotFound
		}
		out, err := c.showDispute(ctx, t, d)
		if err != nil {
			return out, err
		}
		return out, t.look(ctx, a, me, c.Now(), "dispute", id, "own")
	})
}

// Disputes are the actor's own, newest first.
func (c *Casework) Disputes(ctx context.Context, a mingjing.Actor) (mingjing.DisputesView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.DisputesView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.DisputesView, error) {
		v := mingjing.DisputesView{Disputes: []mingjing.Dispute{}}
		disputes, err := t.Disputes(ctx, me)
		if err != nil {
			return v, err
		}
		for _, d := range disputes {
			shown, err := c.showDispute(ctx, t, d)
			if err != nil {
				return v, err
			}
			v.Disputes = append(v.Disputes, shown)
		}
		return v, t.look(ctx, a, me, c.Now(), "disputes", "", "own")
	})
}

// showDispute adds what is stored elsewhere: the record or listing as it is now,
// and the evidence.
func (c *Casework) showDispute(ctx context.Context, t *tx, d Dispute) (mingjing.Dispute, error) {
	out := d.Dispute
	if d.RecordID != "" {
		r, err := t.Record(ctx, d.RecordID)
		if err != nil {
			return out, err
		}
		out.Record = &r.Record
	} else {
		l, err := t.Listing(ctx, d.ListingID)
		if err != nil {
			return out, err
		}
		out.Listing = &l.Listing
	}
	evidence, err := t.Evidence(ctx, d.ID)
	if err != nil {
		return out, err
	}
	out.Evidence = append([]mingjing.Evidence{}, evidence...)
	now := c.clock.Now()
	out.Clocks = slices.Clone(out.Clocks)
	for i, k := range out.Clocks {
		if k.MetAt == nil && now.After(k.Due) {
			out.Clocks[i].Missed = true
		}
	}
	return out, nil
}

// EvidenceFile is one piece of evidence with its bytes, for the resident whose
// it is and for staff, in whose case the look is logged with the dispute.
func (c *Casework) EvidenceFile(ctx context.Context, a mingjing.Actor, id string) (mingjing.Evidence, []byte, error) {
	if a.Role.Staff() {
		if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
			return mingjing.Evidence{}, nil, err
		}
	} else if _, err := asResident(a); err != nil {
		return mingjing.Evidence{}, nil, err
	}
	var (
		e    mingjing.Evidence
		data []byte
	)
	err := c.tx(ctx, func(t *tx) error {
		dispute, evidence, bytes, err := t.EvidenceData(ctx, id)
		if err != nil {
			return err
		}
		d, err := t.Dispute(ctx, dispute)
		if err != nil {
			return err
		}
		why := "own"
		if a.Role.Staff() {
			if err := notOwn(a, d); err != nil {
				return err
			}
			why = purpose(a)
		} else if string(d.Resident) != a.ID {
			return ErrNotFound
		}
		e, data = evidence, bytes
		return t.look(ctx, a, d.Resident, c.Now(), "evidence", dispute, why)
	})
	if err != nil {
		return mingjing.Evidence{}, nil, public(err)
	}
	return e, data, nil
}

// meet marks a running clock as met; missed if that was after its time.
func meet(clocks []mingjing.Clock, code string, at time.Time) {
	for i, k := range clocks {
		if k.Code == code && k.MetAt == nil {
			clocks[i].MetAt = &at
			clocks[i].Missed = at.After(k.Due)
		}
	}
}

// runs says whether a clock still waits to be met, be it late.
func runs(k mingjing.Clock) bool { return k.MetAt == nil && !k.Missed }

// nextDue is the nearest clock that still runs; zero when none does.
func nextDue(clocks []mingjing.Clock) time.Time {
	var next time.Time
	for _, k := range clocks {
		if runs(k) && (next.IsZero() || k.Due.Before(next)) {
			next = k.Due
		}
	}
	return next
}
