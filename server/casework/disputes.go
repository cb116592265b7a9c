package casework

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"mingjing"
)

// A Filing is what a resident sends to dispute a record or a listing.
type Filing struct {
	RecordID, ListingID string // exactly one
	Reason              mingjing.DisputeReason
	Statement           string
	// Previous is the id of a decided case that this one goes on from, with new
	// evidence; it names the record or listing itself. It may be empty.
	Previous string
	// Key makes sending it twice one dispute; it may be empty.
	Key      string
	Evidence []Upload

	kind mingjing.CaseKind
	// counter says that staff file it for a resident who came.
	counter bool
	// mandate is by which a helper files; nil when the resident does.
	mandate *Mandate
}

// NewCase is what the form of a new case shows: about a record, about a listing,
// or on from a decided case.
func (c *Casework) NewCase(ctx context.Context, a mingjing.Actor, recordID, listingID, previous string) (mingjing.NewCaseView, error) {
	v := mingjing.NewCaseView{Key: newID()}
	if previous != "" {
		d, err := c.Dispute(ctx, a, previous)
		if err != nil {
			return mingjing.NewCaseView{}, err
		}
		v.Previous, v.Record, v.Listing = &d, d.Record, d.Listing
		return v, nil
	}
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
	f.kind = mingjing.CaseDispute
	return c.file(ctx, a, f)
}

// ApplyForRepair files an application to get off a list early, since the condition
// is met. The listing keeps its effect until it is granted, or until the bureau
// has missed its clock.
func (c *Casework) ApplyForRepair(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Dispute, error) {
	f.kind, f.Reason, f.RecordID, f.Previous = mingjing.CaseRepair, "", "", ""
	return c.file(ctx, a, f)
}

// AskForReview has a supervisor who was not involved look at a decision again.
// The effect pauses as it does for a dispute.
func (c *Casework) AskForReview(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Dispute, error) {
	f.kind, f.Reason, f.RecordID, f.ListingID = mingjing.CaseReview, "", "", ""
	if f.Previous == "" {
		return mingjing.Dispute{}, errNotFound
	}
	return c.file(ctx, a, f)
}

func (f *Filing) check() []mingjing.FieldError {
	f.Statement = strings.TrimSpace(strings.ReplaceAll(f.Statement, "\r\n", "\n"))
	var wrong []mingjing.FieldError
	add := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
	if f.Previous == "" && (f.RecordID == "") == (f.ListingID == "") {
		add("record_id", "nothing_to_dispute")
	}
	if f.kind == mingjing.CaseDispute && !slices.Contains(mingjing.DisputeReasons, f.Reason) {
		add("reason", "reason_required")
	}
	if f.Statement == "" || !utf8.ValidString(f.Statement) {
		add("statement", "statement_required")
	} else if utf8.RuneCountInString(f.Statement) > mingjing.MaxStatement {
		add("statement", "too_long")
	}
	if len(f.Key) > 128 {
		add("idempotency_key", "too_long")
	}
	if len(f.Evidence) > mingjing.MaxEvidence {
		add("evidence", "evidence_count")
	}
	return wrong
}

func (c *Casework) file(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Dispute, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	if wrong := f.check(); len(wrong) > 0 {
		return mingjing.Dispute{}, mingjing.InvalidFields(wrong...)
	}
	var id string
	fresh := newID()
	find := func(t *tx) (err error) {
		if f.mandate, err = c.filesFor(ctx, t, a, f.Previous); err != nil {
			return err
		}
		if f.mandate != nil {
			me = f.mandate.OwnerID
			t.say(a, f.mandate.look(c.Now(), "filed", fresh), "filed "+fresh)
		} else {
			t.part(a, "dispute", fresh, "own", fresh)
		}
		id, err = disputeOfKey(ctx, t, me, f.Key)
		return err
	}
	// Whether there is anything to dispute comes before the costly look at files.
	err = c.tx(ctx, func(t *tx) error {
		if err := find(t); id != "" || err != nil {
			return err
		}
		_, err := c.about(ctx, t, me, f)
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
		id = fresh
		return c.fileIn(ctx, t, a, me, f, id, files)
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

// fileIn is the transaction in which a case is filed.
func (c *Casework) fileIn(ctx context.Context, t *tx, a mingjing.Actor, me mingjing.ResidentID, f Filing, id string, files []cleanFile) error {
	now := c.Now().UTC()
	resident, err := t.Resident(ctx, me)
	if err != nil {
		return err
	}
	what, err := c.about(ctx, t, me, f)
	if err != nil {
		return err
	}
	if len(files)+len(what.late) > mingjing.MaxEvidence {
		return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
	}
	proc := c.procedure(what.code)
	d := Dispute{Resident: me, ResidentName: resident.Name, Key: f.Key, RecordID: what.record, ListingID: what.listing,
		AgencyCode: what.agency, CatalogueCode: what.code, Ref: what.ref, Barred: what.barred,
		Dispute: mingjing.Dispute{ID: id, Kind: f.kind, Previous: f.Previous, Reason: f.Reason, Statement: f.Statement,
			State: mingjing.DisputeFiled, FiledAt: now,
			Timeline: []mingjing.TimelineEntry{entryBy(a, f.mandate, now, "filed")}}}
	switch f.kind {
	case mingjing.CaseRepair:
		d.Clocks = []mingjing.Clock{c.clockFor("repair", proc.RepairDays)}
	case mingjing.CaseReview:
		d.Clocks = []mingjing.Clock{c.clockFor("review", proc.ReviewDays)}
	default:
		mark := c.clockFor("mark", proc.MarkDays)
		mark.MetAt = &now
		d.Clocks = []mingjing.Clock{mark, c.clockFor("forward", proc.ForwardDays), c.clockFor("decide", proc.BureauDays)}
	}
	if f.counter {
		atCounter(&d, a)
	}
	d.NextDue = nextDue(d.Clocks)
	if err := c.addDispute(ctx, t, d); err != nil {
		return err
	}
	if err := what.mark(ctx, t, id); err != nil {
		return err
	}
	if err := t.emit(ctx, string(me), mingjing.EventRecord, what.record+what.listing, now); err != nil {
		return err
	}
	for _, late := range what.late { // what came after the decision is new evidence now
		e, data, err := t.EvidenceData(ctx, late.ID)
		if err != nil {
			return err
		}
		files = append(files, cleanFile{mingjing.Evidence{ID: newID(), Name: e.Name, Type: e.Type, Size: e.Size}, data})
	}
	for _, file := range files {
		file.evidence.AddedAt = now
		if err := t.AddEvidence(ctx, id, file.evidence, file.data); err != nil {
			return err
		}
	}
	switch {
	case f.counter:
		err = c.tellOfCounter(ctx, t, a, d, now)
	case f.mandate != nil:
		err = lookOwn(ctx, t, a, f.mandate, now, "filed", id)
	}
	if err != nil {
		return err
	}
	if err := c.watch(ctx, t, d); err != nil {
		return err
	}
	if f.kind != mingjing.CaseRepair {
		if err := c.rescore(ctx, t, me, "dispute_filed", ""); err != nil {
			return err
		}
	}
	return c.tell(ctx, t, d)
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

// A disputed is the record or listing that a case is about.
type disputed struct {
	record, listing string // one is empty
	agency, code    string
	ref             string // the agency's
	// barred are those who decided about it before.
	barred []string
	// late is the evidence that came after the previous decision.
	late []mingjing.Evidence
	// mark notes the case in it, and pauses its effect unless the case is for repair.
	mark func(ctx context.Context, t *tx, dispute string) error
}

// about finds what a filing is about, and says whether it may be filed.
func (c *Casework) about(ctx context.Context, t *tx, me mingjing.ResidentID, f Filing) (disputed, error) {
	record, listing := f.RecordID, f.ListingID
	var late []mingjing.Evidence
	if f.Previous != "" {
		d, err := t.Dispute(ctx, f.Previous)
		if err != nil {
			return disputed{}, err
		}
		if d.Resident != me {
			return disputed{}, ErrNotFound
		}
		lane := mingjing.LaneEvidence
		if f.kind == mingjing.CaseReview {
			lane = mingjing.LaneReview
		}
		open, err := c.lanes(ctx, t, d)
		if err != nil {
			return disputed{}, err
		}
		if !slices.Contains(open, lane) {
			return disputed{}, &mingjing.Error{Kind: mingjing.Conflict, Code: "lane_closed", Allowed: open}
		}
		evidence, err := t.Evidence(ctx, d.ID)
		if err != nil {
			return disputed{}, err
		}
		for _, e := range evidence {
			if e.Late {
				late = append(late, e)
			}
		}
		if f.kind == mingjing.CaseDispute && len(f.Evidence)+len(late) == 0 {
			return disputed{}, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_required"})
		}
		record, listing = d.RecordID, d.ListingID
	}
	what := disputed{record: record, listing: listing, late: late}
	var last string
	if record != "" {
		r, err := t.Record(ctx, record)
		switch {
		case err != nil:
			return what, err
		case r.Resident != me:
			return what, ErrNotFound
		case r.State == mingjing.RecordDisputed:
			return what, errDisputeOpen
		case !disputable(r.State):
			return what, errNothingToDispute
		}
		last, what.agency, what.code, what.ref = r.DisputeID, r.Agency, r.Code, r.Ref
		what.mark = func(ctx context.Context, t *tx, dispute string) error {
			r.Before, r.State, r.DisputeID = r.State, mingjing.RecordDisputed, dispute
			return t.PutRecord(ctx, r)
		}
	} else {
		l, err := t.Listing(ctx, listing)
		switch {
		case err != nil:
			return what, err
		case l.Resident != me:
			return what, ErrNotFound
		case l.State == mingjing.ListingDisputed:
			return what, errDisputeOpen
		case f.kind == mingjing.CaseRepair:
			if why, err := c.repairWhy(ctx, t, l); err != nil || why != "" {
				return what, cmp.Or(err, error(mingjing.Errorf(mingjing.Conflict, "repair_"+why)))
			}
		case !listingDisputable(l.State):
			return what, errNothingToDispute
		}
		last, what.agency, what.code, what.ref = l.DisputeID, l.Agency, l.Code, l.Ref
		what.mark = func(ctx context.Context, t *tx, dispute string) error {
			l.DisputeID = dispute
			if f.kind == mingjing.CaseRepair {
				return t.PutListing(ctx, l)
			}
			return c.moveListing(ctx, t, &l, mingjing.ListingDisputed, mingjing.Actor{Role: mingjing.RoleResident})
		}
	}
	var err error
	what.barred, err = involved(ctx, t, last)
	return what, err
}

// involved are those who decided the last case about a record or listing, and all
// before it.
func involved(ctx context.Context, t *tx, last string) ([]string, error) {
	if last == "" {
		return nil, nil
	}
	d, err := t.Dispute(ctx, last)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if d.State != mingjing.DisputeDecided {
		return nil, errDisputeOpen // an application for repair is open
	}
	barred := slices.Clone(d.Barred)
	if d.HandlerID != "" && !slices.Contains(barred, d.HandlerID) {
		barred = append(barred, d.HandlerID)
	}
	return barred, nil
}

// lanes are the ways on after a decision that are open to the resident.
func (c *Casework) lanes(ctx context.Context, t *tx, d Dispute) ([]string, error) {
	if d.Decision == nil || d.State != mingjing.DisputeDecided {
		return nil, nil
	}
	open := []string{}
	lost := d.Kind != mingjing.CaseListing && (d.Decision.Outcome == mingjing.OutcomeRejected || d.Decision.Outcome == mingjing.OutcomePartly ||
		d.Decision.Outcome == mingjing.OutcomeRefused)
	if lost && c.today() <= c.lanesUntil(d) {
		last, still, err := lastCase(ctx, t, d)
		if err != nil {
			return nil, err
		}
		if last == d.ID && still { // nothing came after it
			if d.Kind != mingjing.CaseRepair {
				open = append(open, mingjing.LaneEvidence)
			}
			if d.Kind != mingjing.CaseReview {
				open = append(open, mingjing.LaneReview)
			}
		}
	}
	return append(open, mingjing.LaneCourt), nil
}

// lanesUntil is the last day on which the ways on after a decision are open.
func (c *Casework) lanesUntil(d Dispute) mingjing.Date {
	return mingjing.DateOf(d.Decision.At.In(c.Zone())).AddMonths(c.procedure(d.CatalogueCode).ReopenMonths)
}

// lastCase is the last case about what a case is about, and whether that can still
// be disputed.
func lastCase(ctx context.Context, t *tx, d Dispute) (last string, still bool, err error) {
	if d.RecordID != "" {
		r, err := t.Record(ctx, d.RecordID)
		return r.DisputeID, disputable(r.State), err
	}
	l, err := t.Listing(ctx, d.ListingID)
	return l.DisputeID, listingDisputable(l.State), err
}

// repairWhy says why repair can't be applied for; "" when it can.
func (c *Casework) repairWhy(ctx context.Context, t *tx, l Listing) (string, error) {
	switch {
	case l.Kind != mingjing.Blacklist:
		return "no_condition", nil
	case l.State == mingjing.ListingDisputed:
		return "case_open", nil
	case l.State != mingjing.ListingInEffect:
		return "not_in_effect", nil
	case l.RepairFrom == "":
		return "no_condition", nil
	}
	if open, err := caseOpen(ctx, t, l.DisputeID); err != nil || open {
		return "case_open", err
	}
	if c.today() < l.RepairFrom {
		return "too_early", nil
	}
	return "", nil
}

func caseOpen(ctx context.Context, t *tx, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	done, err := decided(ctx, t, id)
	return !done, err
}

// AddEvidence attaches files to one of the actor's disputes. What comes after the
// decision is kept for the next dispute, as long as one can go on from it.
func (c *Casework) AddEvidence(ctx context.Context, a mingjing.Actor, dispute string, uploads []Upload) (mingjing.Dispute, error) {
	if _, err := asResident(a); err != nil {
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
		m, err := c.enter(ctx, t, a, dispute, "evidence_added")
		if err != nil {
			return err
		}
		d, err := t.Dispute(ctx, dispute)
		if err != nil {
			return err
		}
		code := "evidence_added"
		if d.Decision != nil {
			open, err := c.lanes(ctx, t, d)
			if err != nil {
				return err
			}
			if !slices.Contains(open, mingjing.LaneEvidence) {
				return mingjing.Errorf(mingjing.Conflict, "case_decided")
			}
			code = "evidence_late"
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
			f.evidence.AddedAt, f.evidence.Late = now, code == "evidence_late"
			if err := t.AddEvidence(ctx, dispute, f.evidence, f.data); err != nil {
				return err
			}
		}
		d.NewEvidence = d.NewEvidence || d.Decision == nil
		d.Timeline = append(d.Timeline, entryBy(a, m, now, code))
		if err := c.setDispute(ctx, t, d); err != nil {
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
	if err := c.tellHelpers(ctx, t, d); err != nil {
		return err
	}
	if err := t.emit(ctx, mingjing.AudienceStaff, mingjing.EventDispute, d.ID, c.Now()); err != nil || !wasAsked(d) {
		return err
	}
	return t.emit(ctx, mingjing.AudienceAgency(d.AgencyCode), mingjing.EventDispute, d.ID, c.Now())
}

// Dispute is one of the actor's own disputes, or one in which they help.
func (c *Casework) Dispute(ctx context.Context, a mingjing.Actor, id string) (mingjing.Dispute, error) {
	if _, err := asResident(a); err != nil {
		return mingjing.Dispute{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Dispute, error) {
		m, err := c.enter(ctx, t, a, id, "dispute")
		if err != nil {
			return mingjing.Dispute{}, err
		}
		d, err := t.Dispute(ctx, id)
		if err != nil {
			return mingjing.Dispute{}, err
		}
		out, err := c.showOwn(ctx, t, d)
		if err != nil {
			return out, err
		}
		return out, c.showMandates(ctx, t, m, d, &out)
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
		t.because(a, "disputes", "", "own")
		disputes, err := t.Disputes(ctx, me)
		if err != nil {
			return v, err
		}
		for _, d := range disputes {
			shown, err := c.showOwn(ctx, t, d)
			if err != nil {
				return v, err
			}
			v.Disputes = append(v.Disputes, shown)
		}
		return v, nil
	})
}

// showOwn is a case as its resident sees it: a recommendation is not theirs to
// read before there is a decision.
func (c *Casework) showOwn(ctx context.Context, t *tx, d Dispute) (mingjing.Dispute, error) {
	out, err := c.showDispute(ctx, t, d)
	if out.Decision == nil {
		out.Recommendation = nil
	}
	return out, err
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
	if out.Lanes, err = c.lanes(ctx, t, d); err != nil {
		return out, err
	}
	if len(out.Lanes) > 0 {
		out.LanesUntil = c.lanesUntil(d)
	}
	out.Clocks = c.missed(out.Clocks)
	return out, nil
}

// missed are clocks as they are shown: late ones are missed.
func (c *Casework) missed(clocks []mingjing.Clock) []mingjing.Clock {
	now := c.Now()
	clocks = slices.Clone(clocks)
	for i, k := range clocks {
		if k.MetAt == nil && now.After(k.Due) {
			clocks[i].Missed = true
		}
	}
	return clocks
}

// EvidenceFile is one piece of evidence with its bytes, for the resident whose
// it is, for who helps them and for staff, in whose case the look is logged with the dispute.
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
		dispute, err := t.EvidenceCase(ctx, id)
		if err != nil {
			return err
		}
		if a.Role.Staff() {
			t.because(a, "evidence", dispute, purpose(a))
		} else if _, err := c.enter(ctx, t, a, dispute, "evidence"); err != nil {
			return err
		}
		evidence, bytes, err := t.EvidenceData(ctx, id)
		if err != nil {
			return err
		}
		d, err := caseFor(ctx, t, a, dispute)
		if err != nil {
			return err
		}
		if a.Role.Staff() {
			if err := notOwn(a, d); err != nil {
				return err
			}
		}
		e, data = evidence, bytes
		return nil
	})
	if err != nil {
		return mingjing.Evidence{}, nil, public(err)
	}
	return e, data, nil
}
