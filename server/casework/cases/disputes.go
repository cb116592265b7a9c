package cases

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
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

	Kind mingjing.CaseKind
	// counter says that staff file it for a resident who came.
	Counter bool
	// mandate is by which a helper files; nil when the resident does.
	mandate *Mandate
}

// NewCase is what the form of a new case shows: about a record, about a listing,
// or on from a decided case.
func (c *Cases) NewCase(ctx context.Context, a mingjing.Actor, recordID, listingID, previous string) (mingjing.NewCaseView, error) {
	v := mingjing.NewCaseView{Key: kernel.NewID()}
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
		return mingjing.NewCaseView{}, kernel.ErrNothingThere
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
func (c *Cases) FileDispute(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Dispute, error) {
	f.Kind = mingjing.CaseDispute
	return c.file(ctx, a, f)
}

// ApplyForRepair files an application to get off a list early, since the condition
// is met. The listing keeps its effect until it is granted, or until the bureau
// has missed its clock.
func (c *Cases) ApplyForRepair(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Dispute, error) {
	f.Kind, f.Reason, f.RecordID, f.Previous = mingjing.CaseRepair, "", "", ""
	return c.file(ctx, a, f)
}

// AskForReview has a supervisor who was not involved look at a decision again.
// The effect pauses as it does for a dispute.
func (c *Cases) AskForReview(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Dispute, error) {
	f.Kind, f.Reason, f.RecordID, f.ListingID = mingjing.CaseReview, "", "", ""
	if f.Previous == "" {
		return mingjing.Dispute{}, kernel.ErrNothingThere
	}
	return c.file(ctx, a, f)
}

func (f *Filing) Check() []mingjing.FieldError {
	f.Statement = strings.TrimSpace(strings.ReplaceAll(f.Statement, "\r\n", "\n"))
	var wrong []mingjing.FieldError
	add := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
	if f.Previous == "" && (f.RecordID == "") == (f.ListingID == "") {
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
	if len(f.Key) > 128 {
		add("idempotency_key", "too_long")
	}
	if len(f.Evidence) > mingjing.MaxEvidence {
		add("evidence", "evidence_count")
	}
	return wrong
}

func (c *Cases) file(ctx context.Context, a mingjing.Actor, f Filing) (mingjing.Dispute, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	if wrong := f.Check(); len(wrong) > 0 {
		return mingjing.Dispute{}, mingjing.InvalidFields(wrong...)
	}
	var id string
	fresh := kernel.NewID()
	find := func(t *kernel.Tx) (err error) {
		if f.mandate, err = c.filesFor(ctx, t, a, f.Previous); err != nil {
			return err
		}
		if f.mandate != nil {
			me = f.mandate.OwnerID
			t.Say(a, f.mandate.look(c.city.Now(), "filed", fresh), "filed "+fresh)
		} else {
			t.Part(a, "dispute", fresh, "own", fresh)
		}
		id, err = DisputeOfKey(ctx, t, me, f.Key)
		return err
	}
	// Whether there is anything to dispute comes before the costly look at files.
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		if err := find(t); id != "" || err != nil {
			return err
		}
		_, err := c.CheckFiling(ctx, t, me, f)
		return err
	})
	if err == nil && id != "" {
		return c.Dispute(ctx, a, id)
	}
	if err != nil {
		return mingjing.Dispute{}, kernel.Public(err)
	}
	files, err := CleanAll(ctx, f.Evidence)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		if err := find(t); id != "" || err != nil {
			return err
		}
		id = fresh
		return c.FileIn(ctx, t, a, me, f, id, files)
	})
	if errors.Is(err, kernel.ErrExists) { // another device was faster
		err = c.city.Tx(ctx, func(t *kernel.Tx) error {
			err := find(t)
			if err == nil && id == "" {
				err = ErrDisputeOpen
			}
			return err
		})
	}
	if err != nil {
		return mingjing.Dispute{}, kernel.Public(err)
	}
	return c.Dispute(ctx, a, id)
}

// fileIn is the transaction in which a case is filed.
func (c *Cases) FileIn(ctx context.Context, t *kernel.Tx, a mingjing.Actor, me mingjing.ResidentID, f Filing, id string, files []CleanFile) error {
	now := c.city.Now().UTC()
	resident, err := db(t).Resident(ctx, me)
	if err != nil {
		return err
	}
	what, err := c.CheckFiling(ctx, t, me, f)
	if err != nil {
		return err
	}
	if len(files)+len(what.late) > mingjing.MaxEvidence {
		return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
	}
	proc := c.city.Procedure(what.code)
	d := Dispute{Resident: me, ResidentName: resident.Name, Key: f.Key, RecordID: what.record, ListingID: what.listing,
		AgencyCode: what.agency, CatalogueCode: what.code, Ref: what.ref, Barred: what.barred,
		Dispute: mingjing.Dispute{ID: id, Kind: f.Kind, Previous: f.Previous, Reason: f.Reason, Statement: f.Statement,
			State: mingjing.DisputeFiled, FiledAt: now,
			Timeline: []mingjing.TimelineEntry{entryBy(a, f.mandate, now, "filed")}}}
	switch f.Kind {
	case mingjing.CaseRepair:
		d.Clocks = []mingjing.Clock{c.city.ClockFor("repair", proc.RepairDays)}
	case mingjing.CaseReview:
		d.Clocks = []mingjing.Clock{c.city.ClockFor("review", proc.ReviewDays)}
	default:
		mark := c.city.ClockFor("mark", proc.MarkDays)
		mark.MetAt = &now
		d.Clocks = []mingjing.Clock{mark, c.city.ClockFor("forward", proc.ForwardDays), c.city.ClockFor("decide", proc.BureauDays)}
	}
	if f.Counter {
		atCounter(&d, a)
	}
	d.NextDue = NextDue(d.Clocks)
	if err := c.addDispute(ctx, t, d); err != nil {
		return err
	}
	if err := what.mark(ctx, t, id); err != nil {
		return err
	}
	if err := t.Emit(ctx, string(me), mingjing.EventRecord, what.record+what.listing, now); err != nil {
		return err
	}
	for _, late := range what.late { // what came after the decision is new evidence now
		e, data, err := db(t).EvidenceData(ctx, late.ID)
		if err != nil {
			return err
		}
		files = append(files, CleanFile{mingjing.Evidence{ID: kernel.NewID(), Name: e.Name, Type: e.Type, Size: e.Size}, data})
	}
	for _, file := range files {
		file.Evidence.AddedAt = now
		if err := db(t).AddEvidence(ctx, id, file.Evidence, file.Data); err != nil {
			return err
		}
	}
	switch {
	case f.Counter:
		err = c.tellOfCounter(ctx, t, a, d, now)
	case f.mandate != nil:
		err = lookOwn(ctx, t, a, f.mandate, now, "filed", id)
	}
	if err != nil {
		return err
	}
	if err := c.WatchClocks(ctx, t, d); err != nil {
		return err
	}
	if f.Kind != mingjing.CaseRepair {
		if err := c.scores.Rescore(ctx, t, me, "dispute_filed", ""); err != nil {
			return err
		}
	}
	return c.Tell(ctx, t, d)
}

// disputeOfKey is the id of the dispute that the key made, or "".
func DisputeOfKey(ctx context.Context, t *kernel.Tx, me mingjing.ResidentID, key string) (string, error) {
	if key == "" {
		return "", nil
	}
	d, err := db(t).DisputeByKey(ctx, me, key)
	if errors.Is(err, kernel.ErrNotFound) {
		return "", nil
	}
	return d.ID, err
}

var (
	ErrDisputeOpen      = mingjing.Errorf(mingjing.Conflict, "dispute_open")
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
	mark func(ctx context.Context, t *kernel.Tx, dispute string) error
}

// about finds what a filing is about, and says whether it may be filed.
func (c *Cases) CheckFiling(ctx context.Context, t *kernel.Tx, me mingjing.ResidentID, f Filing) (disputed, error) {
	record, listing := f.RecordID, f.ListingID
	var late []mingjing.Evidence
	if f.Previous != "" {
		d, err := db(t).Dispute(ctx, f.Previous)
		if err != nil {
			return disputed{}, err
		}
		if d.Resident != me {
			return disputed{}, kernel.ErrNotFound
		}
		lane := mingjing.LaneEvidence
		if f.Kind == mingjing.CaseReview {
			lane = mingjing.LaneReview
		}
		open, err := c.lanes(ctx, t, d)
		if err != nil {
			return disputed{}, err
		}
		if !slices.Contains(open, lane) {
			return disputed{}, &mingjing.Error{Kind: mingjing.Conflict, Code: "lane_closed", Allowed: open}
		}
		evidence, err := db(t).Evidence(ctx, d.ID)
		if err != nil {
			return disputed{}, err
		}
		for _, e := range evidence {
			if e.Late {
				late = append(late, e)
			}
		}
		if f.Kind == mingjing.CaseDispute && len(f.Evidence)+len(late) == 0 {
			return disputed{}, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_required"})
		}
		record, listing = d.RecordID, d.ListingID
	}
	what := disputed{record: record, listing: listing, late: late}
	var last string
	if record != "" {
		r, err := db(t).Record(ctx, record)
		switch {
		case err != nil:
			return what, err
		case r.Resident != me:
			return what, kernel.ErrNotFound
		case r.State == mingjing.RecordDisputed:
			return what, ErrDisputeOpen
		case !disputable(r.State):
			return what, errNothingToDispute
		}
		last, what.agency, what.code, what.ref = r.DisputeID, r.Agency, r.Code, r.Ref
		what.mark = func(ctx context.Context, t *kernel.Tx, dispute string) error {
			r.Before, r.State, r.DisputeID = r.State, mingjing.RecordDisputed, dispute
			return db(t).PutRecord(ctx, r)
		}
	} else {
		l, err := db(t).Listing(ctx, listing)
		switch {
		case err != nil:
			return what, err
		case l.Resident != me:
			return what, kernel.ErrNotFound
		case l.State == mingjing.ListingDisputed:
			return what, ErrDisputeOpen
		case f.Kind == mingjing.CaseRepair:
			if why, err := c.repairWhy(ctx, t, l); err != nil || why != "" {
				return what, cmp.Or(err, error(mingjing.Errorf(mingjing.Conflict, "repair_"+why)))
			}
		case !listingDisputable(l.State):
			return what, errNothingToDispute
		}
		last, what.agency, what.code, what.ref = l.DisputeID, l.Agency, l.Code, l.Ref
		what.mark = func(ctx context.Context, t *kernel.Tx, dispute string) error {
			l.DisputeID = dispute
			if f.Kind == mingjing.CaseRepair {
				return db(t).PutListing(ctx, l)
			}
			return c.holdings.Move(ctx, t, &l, mingjing.ListingDisputed, mingjing.Actor{Role: mingjing.RoleResident})
		}
	}
	var err error
	what.barred, err = involved(ctx, t, last)
	return what, err
}

// involved are those who decided the last case about a record or listing, and all
// before it.
func involved(ctx context.Context, t *kernel.Tx, last string) ([]string, error) {
	if last == "" {
		return nil, nil
	}
	d, err := db(t).Dispute(ctx, last)
	if errors.Is(err, kernel.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if d.State != mingjing.DisputeDecided {
		return nil, ErrDisputeOpen // an application for repair is open
	}
	barred := slices.Clone(d.Barred)
	if d.HandlerID != "" && !slices.Contains(barred, d.HandlerID) {
		barred = append(barred, d.HandlerID)
	}
	return barred, nil
}

// lanes are the ways on after a decision that are open to the resident.
func (c *Cases) lanes(ctx context.Context, t *kernel.Tx, d Dispute) ([]string, error) {
	if d.Decision == nil || d.State != mingjing.DisputeDecided {
		return nil, nil
	}
	open := []string{}
	lost := d.Kind != mingjing.CaseListing && (d.Decision.Outcome == mingjing.OutcomeRejected || d.Decision.Outcome == mingjing.OutcomePartly ||
		d.Decision.Outcome == mingjing.OutcomeRefused)
	if lost && c.city.Today() <= c.lanesUntil(d) {
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
func (c *Cases) lanesUntil(d Dispute) mingjing.Date {
	return mingjing.DateOf(d.Decision.At.In(c.city.Zone())).AddMonths(c.city.Procedure(d.CatalogueCode).ReopenMonths)
}

// lastCase is the last case about what a case is about, and whether that can still
// be disputed.
func lastCase(ctx context.Context, t *kernel.Tx, d Dispute) (last string, still bool, err error) {
	if d.RecordID != "" {
		r, err := db(t).Record(ctx, d.RecordID)
		return r.DisputeID, disputable(r.State), err
	}
	l, err := db(t).Listing(ctx, d.ListingID)
	return l.DisputeID, listingDisputable(l.State), err
}

// repairWhy says why repair can't be applied for; "" when it can.
func (c *Cases) repairWhy(ctx context.Context, t *kernel.Tx, l holding.Listing) (string, error) {
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
	if open, err := CaseOpen(ctx, t, l.DisputeID); err != nil || open {
		return "case_open", err
	}
	if c.city.Today() < l.RepairFrom {
		return "too_early", nil
	}
	return "", nil
}

func CaseOpen(ctx context.Context, t *kernel.Tx, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	done, err := decided(ctx, t, id)
	return !done, err
}

// AddEvidence attaches files to one of the actor's disputes. What comes after the
// decision is kept for the next dispute, as long as one can go on from it.
func (c *Cases) AddEvidence(ctx context.Context, a mingjing.Actor, dispute string, uploads []Upload) (mingjing.Dispute, error) {
	if _, err := kernel.AsResident(a); err != nil {
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
	files, err := CleanAll(ctx, uploads)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		m, err := c.enter(ctx, t, a, dispute, "evidence_added")
		if err != nil {
			return err
		}
		d, err := db(t).Dispute(ctx, dispute)
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
		have, err := db(t).Evidence(ctx, dispute)
		if err != nil {
			return err
		}
		if len(have)+len(files) > mingjing.MaxEvidence {
			return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
		}
		now := c.city.Now().UTC()
		for _, f := range files {
			f.Evidence.AddedAt, f.Evidence.Late = now, code == "evidence_late"
			if err := db(t).AddEvidence(ctx, dispute, f.Evidence, f.Data); err != nil {
				return err
			}
		}
		d.NewEvidence = d.NewEvidence || d.Decision == nil
		d.Timeline = append(d.Timeline, entryBy(a, m, now, code))
		if err := c.SetDispute(ctx, t, d); err != nil {
			return err
		}
		return c.Tell(ctx, t, d)
	})
	if err != nil {
		return mingjing.Dispute{}, kernel.Public(err)
	}
	return c.Dispute(ctx, a, dispute)
}

// tell lets the resident's and the handlers' open screens know.
func (c *Cases) Tell(ctx context.Context, t *kernel.Tx, d Dispute) error {
	if err := t.Emit(ctx, string(d.Resident), mingjing.EventDispute, d.ID, c.city.Now()); err != nil {
		return err
	}
	if err := c.tellHelpers(ctx, t, d); err != nil {
		return err
	}
	if err := t.Emit(ctx, mingjing.AudienceStaff, mingjing.EventDispute, d.ID, c.city.Now()); err != nil || !WasAsked(d) {
		return err
	}
	return t.Emit(ctx, mingjing.AudienceAgency(d.AgencyCode), mingjing.EventDispute, d.ID, c.city.Now())
}

// Dispute is one of the actor's own disputes, or one in which they help.
func (c *Cases) Dispute(ctx context.Context, a mingjing.Actor, id string) (mingjing.Dispute, error) {
	if _, err := kernel.AsResident(a); err != nil {
		return mingjing.Dispute{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Dispute, error) {
		m, err := c.enter(ctx, t, a, id, "dispute")
		if err != nil {
			return mingjing.Dispute{}, err
		}
		d, err := db(t).Dispute(ctx, id)
		if err != nil {
			return mingjing.Dispute{}, err
		}
		out, err := c.ShowOwn(ctx, t, d)
		if err != nil {
			return out, err
		}
		return out, c.showMandates(ctx, t, m, d, &out)
	})
}

// Disputes are the actor's own, newest first.
func (c *Cases) Disputes(ctx context.Context, a mingjing.Actor) (mingjing.DisputesView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.DisputesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.DisputesView, error) {
		v := mingjing.DisputesView{Disputes: []mingjing.Dispute{}}
		t.Because(a, "disputes", "", "own")
		disputes, err := db(t).Disputes(ctx, me)
		if err != nil {
			return v, err
		}
		for _, d := range disputes {
			shown, err := c.ShowOwn(ctx, t, d)
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
func (c *Cases) ShowOwn(ctx context.Context, t *kernel.Tx, d Dispute) (mingjing.Dispute, error) {
	out, err := c.ShowDispute(ctx, t, d)
	if out.Decision == nil {
		out.Recommendation = nil
	}
	return out, err
}

// showDispute adds what is stored elsewhere: the record or listing as it is now,
// and the evidence.
func (c *Cases) ShowDispute(ctx context.Context, t *kernel.Tx, d Dispute) (mingjing.Dispute, error) {
	out := d.Dispute
	if d.RecordID != "" {
		r, err := db(t).Record(ctx, d.RecordID)
		if err != nil {
			return out, err
		}
		out.Record = &r.Record
	} else {
		l, err := db(t).Listing(ctx, d.ListingID)
		if err != nil {
			return out, err
		}
		out.Listing = &l.Listing
	}
	evidence, err := db(t).Evidence(ctx, d.ID)
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
	out.Clocks = c.Missed(out.Clocks)
	return out, nil
}

// missed are clocks as they are shown: late ones are missed.
func (c *Cases) Missed(clocks []mingjing.Clock) []mingjing.Clock {
	now := c.city.Now()
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
func (c *Cases) EvidenceFile(ctx context.Context, a mingjing.Actor, id string) (mingjing.Evidence, []byte, error) {
	if a.Role.Staff() {
		if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
			return mingjing.Evidence{}, nil, err
		}
	} else if _, err := kernel.AsResident(a); err != nil {
		return mingjing.Evidence{}, nil, err
	}
	var (
		e    mingjing.Evidence
		data []byte
	)
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		dispute, err := db(t).EvidenceCase(ctx, id)
		if err != nil {
			return err
		}
		if a.Role.Staff() {
			t.Because(a, "evidence", dispute, kernel.Purpose(a))
		} else if _, err := c.enter(ctx, t, a, dispute, "evidence"); err != nil {
			return err
		}
		evidence, bytes, err := db(t).EvidenceData(ctx, id)
		if err != nil {
			return err
		}
		d, err := CaseFor(ctx, t, a, dispute)
		if err != nil {
			return err
		}
		if a.Role.Staff() {
			if err := NotOwn(a, d); err != nil {
				return err
			}
		}
		e, data = evidence, bytes
		return nil
	})
	if err != nil {
		return mingjing.Evidence{}, nil, kernel.Public(err)
	}
	return e, data, nil
}
