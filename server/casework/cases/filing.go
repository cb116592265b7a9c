package cases

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
	"mingjing/server/evidence"
)

// A Filing is what a resident sends to dispute a record or a listing.
type Filing struct {
	RecordID, ListingID string // exactly one
	Reason              mingjing.DisputeReason
	Statement           string
	// Previous is the id of a decided case that this one goes on from, with new
	// evidence; it names the record or listing itself. It may be empty.
	Previous string
	Evidence []evidence.Upload

	Kind mingjing.CaseKind
	// Missing is what is missing, in a request for a missing record.
	Missing *mingjing.MissingRecord
	// counter says that staff file it for a resident who came.
	Counter bool
	// mandate is by which a helper files; nil when the resident does.
	mandate *mandate.Mandate
}

// NewCase returns what the form of a new case shows: about a record, about a listing,
// or on from a decided case.
func (c *Cases) NewCase(ctx context.Context, a mingjing.Actor, recordID, listingID, previous string) (mingjing.NewCaseView, error) {
	var v mingjing.NewCaseView
	if previous != "" {
		d, err := c.Dispute(ctx, a, previous)
		if err != nil {
			return mingjing.NewCaseView{}, err
		}
		v.Previous, v.Record, v.Listing = &d, d.Record, d.Listing
		return v, nil
	}
	if (recordID == "") == (listingID == "") {
		return mingjing.NewCaseView{}, kernel.ErrNothingThere
	}
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.NewCaseView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.NewCaseView, error) {
		if recordID != "" {
			r, err := holding.OwnRecord(ctx, t.As(c.city.Entry(a, "record", recordID, "own")), me, recordID)
			if err != nil {
				return mingjing.NewCaseView{}, err
			}
			return mingjing.NewCaseView{Record: &r.Record}, nil
		}
		l, err := holding.OwnListing(ctx, t.As(c.city.Entry(a, "listing", listingID, "own")), me, listingID)
		if err != nil {
			return mingjing.NewCaseView{}, err
		}
		return mingjing.NewCaseView{Listing: &l.Listing}, nil
	})
}

// FileDispute files a dispute. In the same transaction the record or listing is
// marked disputed, its effect pauses and the scores are made anew.
func (c *Cases) FileDispute(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Case, error) {
	f.Kind = mingjing.CaseDispute
	return c.file(ctx, a, f)
}

// ApplyForRepair files an application to get off a list early, since the condition
// is met. The listing keeps its effect until it is granted, or until the bureau
// has missed its clock.
func (c *Cases) ApplyForRepair(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Case, error) {
	f.Kind, f.Reason, f.RecordID, f.Previous = mingjing.CaseRepair, "", "", ""
	return c.file(ctx, a, f)
}

// AskForReview files a review: a supervisor who was not involved looks at a decision
// again. The effect pauses as it does for a dispute.
func (c *Cases) AskForReview(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Case, error) {
	f.Kind, f.Reason, f.RecordID, f.ListingID = mingjing.CaseReview, "", "", ""
	if f.Previous == "" {
		return mingjing.Case{}, kernel.ErrNothingThere
	}
	return c.file(ctx, a, f)
}

// Check returns what is wrong with the form itself.
func (f *Filing) Check() []mingjing.FieldError {
	f.Statement = kernel.TypedText(f.Statement)
	var wrong []mingjing.FieldError
	add := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
	if f.Missing == nil && f.Previous == "" && (f.RecordID == "") == (f.ListingID == "") {
		add("record_id", "nothing_to_dispute")
	}
	if f.Kind == mingjing.CaseDispute && !slices.Contains(mingjing.DisputeReasons, f.Reason) {
		add("reason", "reason_required")
	}
	if f.Statement == "" || !utf8.ValidString(f.Statement) {
		add("statement", "statement_required")
	} else if utf8.RuneCountInString(f.Statement) > mingjing.MaxStatement {
		add("statement", "too_long")
	}
	if len(f.Evidence) > mingjing.MaxEvidence {
		add("evidence", "evidence_count")
	}
	return wrong
}

func (c *Cases) file(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Case, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Case{}, err
	}
	if wrong := f.Check(); len(wrong) > 0 {
		return mingjing.Case{}, mingjing.InvalidFields(wrong...)
	}
	fresh := kernel.NewID()
	// begin finds out for whom it is filed.
	begin := func(t *kernel.Tx) (rd *kernel.Reader, err error) {
		if f.mandate, err = c.filesFor(ctx, t, a, f.Previous); err != nil {
			return nil, err
		}
		entry := c.city.Entry(a, "dispute", fresh, "own")
		if f.mandate != nil {
			me, entry = f.mandate.OwnerID, kernel.Entry{AccessEntry: f.mandate.Entry(c.city.Now(), "filed", fresh)}
		}
		return t.As(entry.Once(fresh)), nil
	}
	var files []CleanFile
	if len(f.Evidence) > 0 { // whether there is anything to dispute comes before the costly look at files
		err := c.city.Tx(ctx, func(t *kernel.Tx) error {
			rd, err := begin(t)
			if err == nil {
				_, err = c.CheckFiling(ctx, rd, me, f)
			}
			return err
		})
		if err != nil {
			return mingjing.Case{}, kernel.Public(err)
		}
		if files, err = CleanAll(ctx, c.city, a, f.Evidence); err != nil {
			return mingjing.Case{}, err
		}
	}
	out, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Case, error) {
		rd, err := begin(t)
		if err != nil {
			return mingjing.Case{}, err
		}
		if err := c.FileIn(ctx, rd, a, me, f, fresh, files); err != nil {
			return mingjing.Case{}, err
		}
		return c.whole(ctx, rd, f.mandate, fresh)
	})
	if errors.Is(err, kernel.ErrExists) { // another device was faster
		err = ErrDisputeOpen
	}
	return out, err
}

// FileIn files a case in the transaction of the reader.
func (c *Cases) FileIn(ctx context.Context, rd *kernel.Reader, a mingjing.Actor, me mingjing.ResidentID, f Filing,
	id string, files []CleanFile) error {
	now := c.city.Now().UTC()
	resident, err := read(rd).Resident(ctx, me)
	if err != nil {
		return err
	}
	what, err := c.CheckFiling(ctx, rd, me, f)
	if err != nil {
		return err
	}
	if len(files)+len(what.late) > mingjing.MaxEvidence {
		return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
	}
	proc := c.city.Procedure(what.code)
	d := Case{Resident: me, ResidentName: resident.Name, RecordID: what.record, ListingID: what.listing,
		AgencyCode: what.agency, CatalogueCode: what.code, Ref: what.ref, Barred: what.barred,
		Case: mingjing.Case{ID: id, Kind: f.Kind, Previous: f.Previous, Missing: what.missing, Reason: f.Reason, Statement: f.Statement,
			State: mingjing.CaseFiled, FiledAt: now,
			Timeline: []mingjing.TimelineEntry{entryBy(a, f.mandate, now, "filed")}}}
	switch f.Kind {
	case mingjing.CaseRepair:
		d.Clocks = []mingjing.Clock{c.city.ClockFor("repair", proc.RepairDays)}
	case mingjing.CaseReview:
		d.Clocks = []mingjing.Clock{c.city.ClockFor("review", proc.ReviewDays)}
	case mingjing.CaseMissing:
		d.Clocks = []mingjing.Clock{c.city.ClockFor("forward", proc.ForwardDays), c.city.ClockFor("decide", proc.BureauDays)}
	default:
		mark := c.city.ClockFor("mark", proc.MarkDays)
		mark.MetAt = &now
		d.Clocks = []mingjing.Clock{mark, c.city.ClockFor("forward", proc.ForwardDays), c.city.ClockFor("decide", proc.BureauDays)}
	}
	if f.Counter {
		atCounter(&d, a)
	}
	d.NextDue = NextDue(d.Clocks)
	if err := c.AddCase(ctx, rd.Tx, d); err != nil {
		return err
	}
	if what.mark != nil {
		if err := what.mark(ctx, rd, id); err != nil {
			return err
		}
		if err := rd.Emit(ctx, string(me), mingjing.EventRecord, what.record+what.listing, now); err != nil {
			return err
		}
	}
	for _, late := range what.late { // what came after the decision is new evidence now
		e, data, err := read(rd).EvidenceData(ctx, late.ID)
		if err != nil {
			return err
		}
		e.ID, e.Late, e.HandlerOpenedAt, e.AgencyOpenedAt = kernel.NewID(), false, time.Time{}, time.Time{}
		files = append(files, CleanFile{e, data})
	}
	for _, file := range files {
		file.Evidence.AddedAt = now
		if err := c.addEvidence(ctx, rd.Tx, id, file); err != nil {
			return err
		}
	}
	switch {
	case f.Counter:
		err = c.tellOfCounter(ctx, rd.Tx, a, d, now)
	case f.mandate != nil:
		err = mandate.LogOwn(ctx, rd.Tx, a, f.mandate, now, "filed", id)
	}
	if err != nil {
		return err
	}
	if err := c.WatchClocks(ctx, rd.Tx, d); err != nil {
		return err
	}
	if what.mark != nil && f.Kind != mingjing.CaseRepair {
		if err := c.scores.Rescore(ctx, rd, me, "dispute_filed", ""); err != nil {
			return err
		}
	}
	return c.Tell(ctx, rd, d)
}

var (
	// ErrDisputeOpen: a case about it is open already.
	ErrDisputeOpen      = mingjing.NewError(mingjing.Conflict, "dispute_open")
	errNothingToDispute = mingjing.NewError(mingjing.Conflict, "nothing_to_dispute")
)

// A Disputed is the record or listing that a case is about.
type Disputed struct {
	record, listing string // one is empty
	agency, code    string
	ref             string // the agency's
	// missing is what is not held; then there is neither record nor listing.
	missing *mingjing.MissingRecord
	// barred are those who decided about it before.
	barred []string
	// late is the evidence that came after the previous decision.
	late []mingjing.Evidence
	// mark notes the case in it, and pauses its effect unless the case is for repair; nil
	// where there is nothing to mark.
	mark func(ctx context.Context, rd *kernel.Reader, dispute string) error
}

// CheckFiling returns what a filing is about, or why it may not be filed.
func (c *Cases) CheckFiling(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, f Filing) (Disputed, error) {
	record, listing, missing := f.RecordID, f.ListingID, f.Missing
	var late []mingjing.Evidence
	if f.Previous != "" {
		d, err := read(rd).Case(ctx, f.Previous)
		if err != nil {
			return Disputed{}, err
		}
		if d.Resident != me {
			return Disputed{}, kernel.ErrNotFound
		}
		lane := mingjing.LaneEvidence
		if f.Kind == mingjing.CaseReview {
			lane = mingjing.LaneReview
		}
		open, err := c.lanes(ctx, rd, d)
		if err != nil {
			return Disputed{}, err
		}
		if !slices.Contains(open, lane) {
			return Disputed{}, &mingjing.Error{Kind: mingjing.Conflict, Code: "lane_closed", Allowed: open}
		}
		evidence, err := read(rd).Evidence(ctx, d.ID)
		if err != nil {
			return Disputed{}, err
		}
		for _, e := range evidence {
			if e.Late && e.State != mingjing.EvidenceRefused {
				late = append(late, e)
			}
		}
		if f.Kind == mingjing.CaseDispute && len(f.Evidence)+len(late) == 0 {
			return Disputed{}, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_required"})
		}
		record, listing, missing = d.RecordID, d.ListingID, d.Missing
	}
	what := Disputed{record: record, listing: listing, late: late}
	if missing != nil && record == "" {
		what.missing, what.agency, what.code = missing, missing.Agency, missing.Code
		if f.Previous == "" {
			return what, c.checkMissing(ctx, rd, me, *missing)
		}
		var err error
		what.barred, err = involved(ctx, rd, f.Previous)
		return what, err
	}
	var last string
	if record != "" {
		r, err := holding.OwnRecord(ctx, rd, me, record)
		switch {
		case err != nil:
			return what, err
		case r.State == mingjing.RecordDisputed:
			return what, ErrDisputeOpen
		case !r.Disputable():
			return what, errNothingToDispute
		}
		last, what.agency, what.code, what.ref = r.DisputeID, r.Agency, r.Code, r.Ref
		what.mark = func(ctx context.Context, rd *kernel.Reader, dispute string) error {
			r.Before, r.State, r.DisputeID = r.State, mingjing.RecordDisputed, dispute
			return db(rd).PutRecord(ctx, r)
		}
	} else {
		l, err := holding.OwnListing(ctx, rd, me, listing)
		switch {
		case err != nil:
			return what, err
		case l.State == mingjing.ListingDisputed:
			return what, ErrDisputeOpen
		case f.Kind == mingjing.CaseRepair:
			open, err := CaseOpen(ctx, rd, l.DisputeID)
			if err != nil {
				return what, err
			}
			if why := c.holdings.RepairWhy(l, open); why != "" {
				return what, mingjing.NewError(mingjing.Conflict, "repair_"+why)
			}
		case !l.Disputable():
			return what, errNothingToDispute
		}
		last, what.agency, what.code, what.ref = l.DisputeID, l.Agency, l.Code, l.Ref
		what.mark = func(ctx context.Context, rd *kernel.Reader, dispute string) error {
			l.DisputeID = dispute
			if f.Kind == mingjing.CaseRepair {
				return db(rd).PutListing(ctx, l)
			}
			return c.holdings.Move(ctx, rd, &l, mingjing.ListingDisputed, mingjing.Actor{Role: mingjing.RoleResident})
		}
	}
	var err error
	what.barred, err = involved(ctx, rd, last)
	return what, err
}

// involved returns the staff who decided the last case about a record or listing, and
// all before it.
func involved(ctx context.Context, rd *kernel.Reader, last string) ([]string, error) {
	if last == "" {
		return nil, nil
	}
	d, err := read(rd).Case(ctx, last)
	if errors.Is(err, kernel.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if d.State != mingjing.CaseDecided {
		return nil, ErrDisputeOpen // an application for repair is open
	}
	barred := slices.Clone(d.Barred)
	if d.HandlerID != "" && !slices.Contains(barred, d.HandlerID) {
		barred = append(barred, d.HandlerID)
	}
	return barred, nil
}
