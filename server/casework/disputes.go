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
	if (recordID == "") == (listingID == "") {
		return v, errNotFound
	}
	if recordID != "" {
		r, err := c.Record(ctx, a, recordID)
		v.Record = &r.Record
		return v, err
	}
	l, err := c.Listing(ctx, a, listingID)
	v.Listing = &l.Listing
	return v, err
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
	files, err := cleanAll(f.Evidence)
	if err != nil {
		return mingjing.Dispute{}, err
	}

	var id string
	find := func(t *tx) (bool, error) {
		if f.Key == "" {
			return false, nil
		}
		old, err := t.DisputeByKey(ctx, me, f.Key)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		id = old.ID
		return err == nil, err
	}
	err = c.tx(ctx, func(t *tx) error {
		if found, err := find(t); found || err != nil {
			return err
		}
		id = newID()
		now := c.Now().UTC()
		resident, err := t.Resident(ctx, me)
		if err != nil {
			return err
		}
		d := Dispute{Resident: me, ResidentName: resident.Name, Key: f.Key, RecordID: f.RecordID, ListingID: f.ListingID,
			Dispute: mingjing.Dispute{ID: id, Reason: f.Reason, Statement: f.Statement, State: mingjing.DisputeFiled, FiledAt: now,
				Clocks: []mingjing.Clock{
					{Code: "mark", Due: c.due(MarkDays), MetAt: &now},
					{Code: "forward", Due: c.due(ForwardDays)},
					{Code: "decide", Due: c.due(DecideDays)},
				},
				Timeline: []mingjing.TimelineEntry{{At: now, Code: "filed", Role: a.Role}},
			}}
		if err := c.markDisputed(ctx, t, me, &d); err != nil {
			return err
		}
		d.NextDue = nextDue(d.Clocks)
		if err := t.AddDispute(ctx, d); err != nil {
			return err
		}
		for _, file := range files {
			file.evidence.AddedAt = now
			if err := t.AddEvidence(ctx, id, file.evidence, file.data); err != nil {
				return err
			}
		}
		if err := c.rescore(ctx, t, me, "dispute_filed"); err != nil {
			return err
		}
		return c.tell(ctx, t, d)
	})
	if errors.Is(err, ErrExists) { // another device was faster
		err = c.tx(ctx, func(t *tx) error {
			found, err := find(t)
			if err == nil && !found {
				err = mingjing.Errorf(mingjing.Conflict, "dispute_open")
			}
			return err
		})
	}
	if err != nil {
		return mingjing.Dispute{}, public(err)
	}
	return c.Dispute(ctx, a, id)
}

// markDisputed pauses the effect of what is disputed and notes it in the dispute.
func (c *Casework) markDisputed(ctx context.Context, t *tx, me mingjing.ResidentID, d *Dispute) error {
	open := mingjing.Errorf(mingjing.Conflict, "dispute_open")
	gone := mingjing.Errorf(mingjing.Conflict, "nothing_to_dispute")
	if d.RecordID != "" {
		r, err := t.Record(ctx, d.RecordID)
		switch {
		case err != nil:
			return err
		case r.Resident != me:
			return ErrNotFound
		case r.State == mingjing.RecordDisputed:
			return open
		case !disputable(r.State):
			return gone
		}
		r.Before, r.State, r.DisputeID = r.State, mingjing.RecordDisputed, d.ID
		d.AgencyCode, d.CatalogueCode = r.Agency, r.Code
		if err := t.PutRecord(ctx, r); err != nil {
			return err
		}
		return t.emit(ctx, string(me), mingjing.EventRecord, r.ID, d.FiledAt)
	}
	l, err := t.Listing(ctx, d.ListingID)
	switch {
	case err != nil:
		return err
	case l.Resident != me:
		return ErrNotFound
	case l.State == mingjing.ListingDisputed:
		return open
	case !listingDisputable(l.State):
		return gone
	}
	l.Before, l.State, l.DisputeID = l.State, mingjing.ListingDisputed, d.ID
	d.AgencyCode, d.CatalogueCode = l.Agency, l.Code
	if err := t.PutListing(ctx, l); err != nil {
		return err
	}
	return t.emit(ctx, string(me), mingjing.EventRecord, l.ID, d.FiledAt)
}

type cleanFile struct {
	evidence mingjing.Evidence
	data     []byte
}

func cleanAll(uploads []Upload) ([]cleanFile, error) {
	var files []cleanFile
	for _, u := range uploads {
		e, data, err := cleanEvidence(u)
		if err != nil {
			return nil, err
		}
		files = append(files, cleanFile{e, data})
	}
	return files, nil
}

// AddEvidence attaches files to one of the actor's open disputes.
func (c *Casework) AddEvidence(ctx context.Context, a mingjing.Actor, dispute string, uploads []Upload) (mingjing.Dispute, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	if len(uploads) == 0 {
		return mingjing.Dispute{}, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "required"})
	}
	if len(uploads) > mingjing.MaxEvidence {
		return mingjing.Dispute{}, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
	}
	// Whose dispute it is comes before the costly look at the files.
	if _, err := c.Dispute(ctx, a, dispute); err != nil {
		return mingjing.Dispute{}, err
	}
	files, err := cleanAll(uploads)
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
	var out mingjing.Dispute
	me, err := asResident(a)
	if err != nil {
		return out, err
	}
	err = c.tx(ctx, func(t *tx) error {
		d, err := t.Dispute(ctx, id)
		if err != nil {
			return err
		}
		if d.Resident != me {
			return ErrNotFound
		}
		if out, err = c.showDispute(ctx, t, d); err != nil {
			return err
		}
		return t.look(ctx, a, me, c.Now(), "dispute", id, "own")
	})
	return out, public(err)
}

// Disputes are the actor's own, newest first.
func (c *Casework) Disputes(ctx context.Context, a mingjing.Actor) (mingjing.DisputesView, error) {
	v := mingjing.DisputesView{}
	me, err := asResident(a)
	if err != nil {
		return v, err
	}
	err = c.tx(ctx, func(t *tx) error {
		v.Disputes = []mingjing.Dispute{}
		disputes, err := t.Disputes(ctx, me)
		if err != nil {
			return err
		}
		for _, d := range disputes {
			shown, err := c.showDispute(ctx, t, d)
			if err != nil {
				return err
			}
			v.Disputes = append(v.Disputes, shown)
		}
		return t.look(ctx, a, me, c.Now(), "disputes", "", "own")
	})
	return v, public(err)
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
		purpose := "own"
		if a.Role.Staff() {
			if a.Self == d.Resident {
				return mingjing.Errorf(mingjing.Forbidden, "case_own")
			}
			purpose = "dispute"
		} else if string(d.Resident) != a.ID {
			return ErrNotFound
		}
		e, data = evidence, bytes
		return t.look(ctx, a, d.Resident, c.Now(), "evidence", dispute, purpose)
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

// nextDue is the nearest clock that still runs; zero when none does.
func nextDue(clocks []mingjing.Clock) time.Time {
	var next time.Time
	for _, k := range clocks {
		if k.MetAt == nil && !k.Missed && (next.IsZero() || k.Due.Before(next)) {
			next = k.Due
		}
	}
	return next
}
