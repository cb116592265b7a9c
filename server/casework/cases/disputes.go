package cases

import (
	"context"
	"slices"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

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

// CaseOpen reports whether the case is not decided yet; not for "".
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

// Tell lets the resident's and the handlers' open screens know.
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
		return c.whole(ctx, t, m, id)
	})
}

// whole is a case as its resident sees it, or as who acts by the mandate does.
func (c *Cases) whole(ctx context.Context, t *kernel.Tx, m *Mandate, id string) (mingjing.Dispute, error) {
	d, err := db(t).Dispute(ctx, id)
	if err != nil {
		return mingjing.Dispute{}, err
	}
	out, err := c.ShowOwn(ctx, t, d)
	if err != nil {
		return out, err
	}
	return out, c.showMandates(ctx, t, m, d, &out)
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

// ShowOwn is a case as its resident sees it: a recommendation is not theirs to
// read before there is a decision.
func (c *Cases) ShowOwn(ctx context.Context, t *kernel.Tx, d Dispute) (mingjing.Dispute, error) {
	out, err := c.ShowDispute(ctx, t, d)
	if out.Decision == nil {
		out.Recommendation = nil
	}
	return out, err
}

// ShowDispute adds what is stored elsewhere: the record or listing as it is now,
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

// Missed are clocks as they are shown: late ones are missed.
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
