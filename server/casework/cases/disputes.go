package cases

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
	"mingjing/server/evidence"
)

// lanes returns the ways to go on after a decision that are open to the resident.
func (c *Cases) lanes(ctx context.Context, rd *kernel.Reader, d Case) ([]string, error) {
	s, err := subjectOf(ctx, rd, d)
	if err != nil {
		return nil, err
	}
	return c.lanesOf(d, s), nil
}

// lanesOf is lanes for a case whose subject was read already.
func (c *Cases) lanesOf(d Case, s subjects) []string {
	if d.Decision == nil || d.State != mingjing.CaseDecided {
		return nil
	}
	// Nothing may have come after it, and what it is about can still be disputed.
	last, still := s.lastCase(d)
	free := last == d.ID && still && c.city.Today() <= c.lanesUntil(d)
	return slices.DeleteFunc(lanesAfter(d.Case), func(lane string) bool { return lane != mingjing.LaneCourt && !free })
}

// lanesAfter returns the ways to go on that follow from a decision itself.
func lanesAfter(d mingjing.Case) []string {
	lanes := []string{}
	switch d.Decision.Outcome {
	case mingjing.OutcomeRejected, mingjing.OutcomePartly, mingjing.OutcomeRefused:
		if d.Kind == mingjing.CaseListing {
			break
		}
		if d.Kind != mingjing.CaseRepair && d.Missing == nil {
			lanes = append(lanes, mingjing.LaneEvidence)
		}
		if d.Kind != mingjing.CaseReview {
			lanes = append(lanes, mingjing.LaneReview)
		}
	}
	return append(lanes, mingjing.LaneCourt)
}

// lanesUntil returns the last day on which a resident can go on after a decision.
func (c *Cases) lanesUntil(d Case) mingjing.Date {
	return mingjing.DateOf(d.Decision.At.In(c.city.Zone())).AddMonths(c.city.Procedure(d.CatalogueCode).ReopenMonths)
}

// lastCase returns the last case about the same record or listing, and whether that can
// still be disputed.
func (s subjects) lastCase(d Case) (last string, still bool) {
	if d.Missing != nil && d.RecordID == "" {
		return d.ID, !s.followed[d.ID]
	}
	if d.RecordID != "" {
		r := s.records[d.RecordID]
		return r.DisputeID, r.Disputable()
	}
	l := s.listings[d.ListingID]
	return l.DisputeID, l.Disputable()
}

// A subjects has the records and listings that cases are about, by ID.
type subjects struct {
	records  map[string]holding.Record
	listings map[string]holding.Listing
	// followed has the cases about missing records from which another one goes on.
	followed map[string]bool
}

// subjectOf returns what one case is about.
func subjectOf(ctx context.Context, rd *kernel.Reader, d Case) (s subjects, err error) {
	if d.Missing != nil && d.RecordID == "" {
		all, err := read(rd).CasesOf(ctx, d.Resident, kernel.MaxList)
		return subjects{followed: followedIn(all)}, err
	}
	if d.RecordID != "" {
		r, err := read(rd).Record(ctx, d.RecordID)
		return subjects{records: map[string]holding.Record{r.ID: r}}, err
	}
	l, err := read(rd).Listing(ctx, d.ListingID)
	return subjects{listings: map[string]holding.Listing{l.ID: l}}, err
}

// subjectsOf returns what the cases of a resident are about.
func subjectsOf(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, shown []Case) (subjects, error) {
	s := subjects{records: map[string]holding.Record{}, listings: map[string]holding.Listing{}, followed: followedIn(shown)}
	records, err := read(rd).Records(ctx, resident)
	if err != nil {
		return s, err
	}
	for _, r := range records {
		s.records[r.ID] = r
	}
	listings, err := read(rd).Listings(ctx, resident)
	for _, l := range listings {
		s.listings[l.ID] = l
	}
	return s, err
}

// CaseOpen reports whether a case is not decided yet; false for "".
func CaseOpen(ctx context.Context, rd *kernel.Reader, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	done, err := decided(ctx, rd, id)
	return !done, err
}

// maxSent is how many files may be sent to a case, with those that were refused.
const maxSent = 3 * mingjing.MaxEvidence

// AddEvidence adds files to one of the actor's cases. What comes after the decision is
// stored for the next case, as long as one can follow.
func (c *Cases) AddEvidence(ctx context.Context, a mingjing.Actor, dispute string, uploads []evidence.Upload) (mingjing.Case, error) {
	return c.AddToCase(ctx, a, dispute, "", uploads)
}

// AddToCase adds what the resident, or who helps them, has to add to a case: in words as
// long as it is not decided, as files, or both.
func (c *Cases) AddToCase(ctx context.Context, a mingjing.Actor, dispute, words string, uploads []evidence.Upload) (mingjing.Case, error) {
	if _, err := kernel.AsResident(a); err != nil {
		return mingjing.Case{}, err
	}
	words = kernel.TypedText(words)
	if utf8.RuneCountInString(words) > mingjing.MaxStatement {
		return mingjing.Case{}, mingjing.InvalidFields(mingjing.FieldError{Field: "statement", Code: "too_long"})
	}
	if !utf8.ValidString(words) {
		return mingjing.Case{}, mingjing.InvalidFields(mingjing.FieldError{Field: "statement", Code: "statement_required"})
	}
	if len(uploads) == 0 && words == "" {
		return mingjing.Case{}, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "nothing_added"})
	}
	if len(uploads) > mingjing.MaxEvidence {
		return mingjing.Case{}, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
	}
	// Whose dispute it is comes before the costly look at the files.
	if _, err := c.Dispute(ctx, a, dispute); err != nil {
		return mingjing.Case{}, err
	}
	files, err := CleanAll(ctx, c.city, a, uploads)
	if err != nil {
		return mingjing.Case{}, err
	}
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd, d, m, err := c.enterCase(ctx, t, a, dispute, "evidence_added")
		if err != nil {
			return err
		}
		code := "evidence_added"
		if d.Decision != nil {
			if words != "" {
				return mingjing.NewError(mingjing.Conflict, "case_decided")
			}
			open, err := c.lanes(ctx, rd, d)
			if err != nil {
				return err
			}
			if !slices.Contains(open, mingjing.LaneEvidence) {
				return mingjing.NewError(mingjing.Conflict, "case_decided")
			}
			code = "evidence_late"
		}
		have, err := read(rd).Evidence(ctx, dispute)
		if err != nil {
			return err
		}
		if taken(have)+len(files) > mingjing.MaxEvidence || len(have) >= maxSent {
			return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
		}
		now := c.city.Now().UTC()
		for _, f := range files {
			f.Evidence.AddedAt, f.Evidence.Late = now, code == "evidence_late"
			if err := c.addEvidence(ctx, t, dispute, f); err != nil {
				return err
			}
		}
		d.NewEvidence = d.NewEvidence || d.Decision == nil
		if err := c.moreToAdd(ctx, t, &d); err != nil {
			return err
		}
		if words != "" {
			if len(d.Further) == mingjing.MaxFurther {
				return mingjing.NewError(mingjing.Conflict, "words_full")
			}
			d.Further = append(d.Further, mingjing.FurtherStatement{At: now, Text: words})
			d.Timeline = append(d.Timeline, entryBy(a, m, now, "statement_added"))
		}
		if len(files) > 0 {
			d.Timeline = append(d.Timeline, entryBy(a, m, now, code))
		}
		if err := c.SetCase(ctx, t, d); err != nil {
			return err
		}
		return c.Tell(ctx, rd, d)
	})
	if err != nil {
		return mingjing.Case{}, kernel.Public(err)
	}
	return c.Dispute(ctx, a, dispute)
}

// Tell publishes an event of a case to the screens of the resident, the helpers, the
// staff, and the agency that was asked.
func (c *Cases) Tell(ctx context.Context, rd *kernel.Reader, d Case) error {
	if err := rd.Emit(ctx, string(d.Resident), mingjing.EventDispute, d.ID, c.city.Now()); err != nil {
		return err
	}
	if err := c.tellHelpers(ctx, rd, d); err != nil {
		return err
	}
	if err := rd.Emit(ctx, mingjing.AudienceStaff, mingjing.EventDispute, d.ID, c.city.Now()); err != nil || !WasAsked(d) {
		return err
	}
	return rd.Emit(ctx, mingjing.AudienceAgency(d.AgencyCode), mingjing.EventDispute, d.ID, c.city.Now())
}

// Dispute returns one of the actor's own cases, or one in which they help.
func (c *Cases) Dispute(ctx context.Context, a mingjing.Actor, id string) (mingjing.Case, error) {
	if _, err := kernel.AsResident(a); err != nil {
		return mingjing.Case{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Case, error) {
		rd, m, err := c.enter(ctx, t, a, id, "dispute")
		if err != nil {
			return mingjing.Case{}, err
		}
		return c.whole(ctx, rd, m, id)
	})
}

// whole returns a case as its resident sees it, or as a helper with a mandate does.
func (c *Cases) whole(ctx context.Context, rd *kernel.Reader, m *mandate.Mandate, id string) (mingjing.Case, error) {
	d, err := read(rd).Case(ctx, id)
	if err != nil {
		return mingjing.Case{}, err
	}
	out, err := c.ShowOwn(ctx, rd, d)
	if err != nil {
		return out, err
	}
	if m == nil { // the scores are the resident's alone
		if out.Changes, err = c.changes(ctx, rd, d); err != nil {
			return out, err
		}
	}
	return out, c.showMandates(ctx, rd, m, d, &out)
}

// Disputes returns the actor's own cases, newest first.
func (c *Cases) Disputes(ctx context.Context, a mingjing.Actor) (mingjing.CasesView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.CasesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CasesView, error) {
		v := mingjing.CasesView{Disputes: []mingjing.Case{}}
		rd := t.As(c.city.Entry(a, "disputes", "", "own"))
		disputes, err := read(rd).CasesOf(ctx, me, MaxShown)
		if err != nil {
			return v, err
		}
		v.Disputes, err = c.ShowAllOwn(ctx, rd, me, disputes)
		return v, err
	})
}

// ShowOwn returns a case as its resident sees it: without a recommendation before there
// is a decision.
func (c *Cases) ShowOwn(ctx context.Context, rd *kernel.Reader, d Case) (mingjing.Case, error) {
	out, err := c.ShowCase(ctx, rd, d)
	out.Feedback = d.Feedback
	return ownView(out), err
}

// ShowAllOwn is [Cases.ShowOwn] for cases of one resident, with a few queries for all.
func (c *Cases) ShowAllOwn(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, disputes []Case) ([]mingjing.Case, error) {
	list, err := c.ShowCases(ctx, rd, resident, disputes)
	for i := range list {
		list[i] = ownView(list[i])
		list[i].Feedback = disputes[i].Feedback
	}
	return list, err
}

func ownView(d mingjing.Case) mingjing.Case {
	if d.Decision == nil {
		d.Recommendation = nil
	}
	return d
}

// ShowCase returns a case with what is stored elsewhere: the record or listing as it is
// now, and the evidence.
func (c *Cases) ShowCase(ctx context.Context, rd *kernel.Reader, d Case) (mingjing.Case, error) {
	s, err := subjectOf(ctx, rd, d)
	if err != nil {
		return d.Case, err
	}
	evidence, err := read(rd).Evidence(ctx, d.ID)
	if err != nil {
		return d.Case, err
	}
	return c.show(d, s, evidence), nil
}

// ShowCases is [Cases.ShowCase] for cases of one resident, with a few queries for all.
func (c *Cases) ShowCases(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, disputes []Case) ([]mingjing.Case, error) {
	list := make([]mingjing.Case, 0, len(disputes))
	if len(disputes) == 0 {
		return list, nil
	}
	s, err := subjectsOf(ctx, rd, resident, disputes)
	if err != nil {
		return nil, err
	}
	evidence, err := read(rd).EvidenceOf(ctx, resident)
	if err != nil {
		return nil, err
	}
	for _, d := range disputes {
		list = append(list, c.show(d, s, evidence[d.ID]))
	}
	return list, nil
}

func (c *Cases) show(d Case, s subjects, evidence []mingjing.Evidence) mingjing.Case {
	out := d.Case
	out.Feedback = "" // only its resident sees it
	switch {
	case d.RecordID != "":
		r := s.records[d.RecordID].Record
		out.Record = &r
	case d.ListingID != "":
		l := s.listings[d.ListingID].Listing
		out.Listing = &l
	}
	out.Evidence = append([]mingjing.Evidence{}, evidence...)
	if out.Lanes = c.lanesOf(d, s); len(out.Lanes) > 0 {
		out.LanesUntil = c.lanesUntil(d)
	}
	out.Clocks = c.Missed(out.Clocks)
	if i, k := c.sooner(d); i >= 0 {
		out.Sooner = &k.Due
	}
	return out
}

// Missed returns clocks as they are shown: those that are late are missed.
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

// NoteOpened notes when a file of a case was first opened, unless that is noted. at returns
// where it is noted.
func (c *Cases) NoteOpened(ctx context.Context, rd *kernel.Reader, d Case, id string, at func(*mingjing.Evidence) *time.Time) error {
	all, err := read(rd).Evidence(ctx, d.ID)
	if err != nil {
		return err
	}
	for _, e := range all { // an answer's document is not among them
		if e.ID == id && at(&e).IsZero() {
			*at(&e) = c.city.Now().UTC()
			if err := db(rd).SetEvidence(ctx, e); err != nil {
				return err
			}
			return c.Tell(ctx, rd, d)
		}
	}
	return nil
}

// EvidenceFile returns one piece of evidence with its bytes, for the resident whose it
// is, for helpers and for staff. Its entry in the access log names the case.
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
		var rd *kernel.Reader
		if a.Role.Staff() {
			rd, err = OpenedBy(ctx, t, c.city, a, "evidence", dispute)
		} else {
			rd, _, err = c.enter(ctx, t, a, dispute, "evidence")
		}
		if err != nil {
			return err
		}
		evidence, bytes, err := read(rd).EvidenceData(ctx, id)
		if err != nil {
			return err
		}
		d, err := CaseFor(ctx, rd, a, dispute)
		if err != nil {
			return err
		}
		if a.Role.Staff() && d.Near != nil {
			return d.Near
		}
		if err := NotChecked(evidence); err != nil {
			return err
		}
		e, data = evidence, bytes
		if a.Role.Staff() && a.Role != mingjing.RoleAuditor {
			return c.NoteOpened(ctx, rd, d, id, func(e *mingjing.Evidence) *time.Time { return &e.HandlerOpenedAt })
		}
		return nil
	})
	if err != nil {
		return mingjing.Evidence{}, nil, kernel.Public(err)
	}
	return e, data, nil
}
