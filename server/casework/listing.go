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

// listingMoves are the states that may follow each state of a listing; "" is
// before there is one. A listing that was taken over from an authority begins
// unserved or in effect. Nothing gets into effect but through served, or out of a
// dispute or suspension back to where it was.
var listingMoves = map[mingjing.ListingState][]mingjing.ListingState{
	"":                        {mingjing.ListingProposed, mingjing.ListingUnserved, mingjing.ListingInEffect},
	mingjing.ListingProposed:  {mingjing.ListingDecided, mingjing.ListingRefused},
	mingjing.ListingDecided:   {mingjing.ListingServed, mingjing.ListingAnnulled},
	mingjing.ListingServed:    {mingjing.ListingInEffect, mingjing.ListingDisputed, mingjing.ListingLifted, mingjing.ListingAnnulled},
	mingjing.ListingUnserved:  {mingjing.ListingDisputed, mingjing.ListingExpired, mingjing.ListingLifted, mingjing.ListingAnnulled},
	mingjing.ListingInEffect:  {mingjing.ListingDisputed, mingjing.ListingSuspended, mingjing.ListingRepaired, mingjing.ListingExpired, mingjing.ListingLifted, mingjing.ListingAnnulled},
	mingjing.ListingDisputed:  {mingjing.ListingServed, mingjing.ListingUnserved, mingjing.ListingInEffect, mingjing.ListingSuspended, mingjing.ListingRepaired, mingjing.ListingExpired, mingjing.ListingLifted, mingjing.ListingAnnulled},
	mingjing.ListingSuspended: {mingjing.ListingServed, mingjing.ListingUnserved, mingjing.ListingInEffect, mingjing.ListingDisputed, mingjing.ListingRepaired, mingjing.ListingExpired, mingjing.ListingLifted, mingjing.ListingAnnulled},
}

// MayListingMove says whether a listing in one state may come into another.
func MayListingMove(from, to mingjing.ListingState) bool {
	return slices.Contains(listingMoves[from], to)
}

// moveListing brings a listing into a state, and tells of it. The error of a move
// that the machine does not have is listing_state, with what could follow.
func (c *Casework) moveListing(ctx context.Context, t *tx, l *Listing, to mingjing.ListingState, by mingjing.Actor) error {
	if !MayListingMove(l.State, to) {
		err := mingjing.Errorf(mingjing.Conflict, "listing_state", "state", string(l.State))
		for _, s := range listingMoves[l.State] {
			err.Allowed = append(err.Allowed, string(s))
		}
		return err
	}
	now := c.Now().UTC()
	code := string(to)
	switch to {
	case mingjing.ListingDecided:
		code = "approved"
	case mingjing.ListingServed, mingjing.ListingUnserved:
		if l.State == mingjing.ListingDisputed || l.State == mingjing.ListingSuspended {
			code = "resumed"
		}
	case mingjing.ListingInEffect:
		if l.State == mingjing.ListingDisputed || l.State == mingjing.ListingSuspended {
			code = "resumed"
		} else if l.From == "" {
			c.start(l)
		}
	case mingjing.ListingDisputed, mingjing.ListingSuspended:
		if l.State != mingjing.ListingDisputed {
			l.Before = l.State
		}
	}
	l.State = to
	entry := mingjing.TimelineEntry{At: now, Code: code, Role: by.Role, Who: by.Name}
	if by.Role == mingjing.RoleResident {
		entry.Who = ""
	}
	l.Life = append(l.Life, entry)
	if err := t.PutListing(ctx, *l); err != nil {
		return err
	}
	if err := t.emit(ctx, string(l.Resident), mingjing.EventRecord, l.ID, now); err != nil {
		return err
	}
	switch to {
	case mingjing.ListingServed:
		return t.Enqueue(ctx, Job{Kind: JobListing, ID: l.ID, At: *l.AnswerBy})
	case mingjing.ListingInEffect:
		if code == "in_effect" {
			if err := c.notify(ctx, t, l.Resident, mingjing.NoticeListingInEffect, "", "listing", l.ID); err != nil {
				return err
			}
		}
		return t.Enqueue(ctx, Job{Kind: JobListing, ID: l.ID, At: l.Ends.Time(c.Zone())})
	case mingjing.ListingRefused, mingjing.ListingRepaired, mingjing.ListingExpired, mingjing.ListingLifted, mingjing.ListingAnnulled:
		return c.notify(ctx, t, l.Resident, mingjing.NoticeListingEnded, code, "listing", l.ID)
	}
	return nil
}

// start gives a listing its first and last day, on the day on which it takes
// effect, and the day from which repair is open.
func (c *Casework) start(l *Listing) {
	l.From = c.today()
	l.Ends = l.From.AddMonths(l.TermMonths)
	c.bind(l)
}

// bind holds a listing to its tier: it ends no later than the tier allows, and
// repair is open from the tier's day on.
func (c *Casework) bind(l *Listing) {
	tier, ok := c.procedure(l.Code).Tier(l.Tier)
	if !ok || l.From == "" {
		return
	}
	// One with no end has no effect, and does not get one by being given an end.
	if last := l.From.AddMonths(tier.MaxMonths); last != "" && l.Ends > last {
		l.Ends = last
	}
	l.RepairFrom = l.From.AddMonths(tier.MinMonths)
}

// listingItem finds the rulebook and the item of a list by its catalogue code.
func (c *Casework) listingItem(code string) (*mingjing.Rulebook, mingjing.Item, bool) {
	for _, b := range c.books {
		if item, ok := b.Item(code); ok && item.Listing != "" {
			return b, item, true
		}
	}
	return nil, mingjing.Item{}, false
}

// A Proposal is a listing that an agency proposes.
type Proposal struct {
	// Ref is the agency's own reference; the same Ref is the same proposal.
	Ref      string
	IDNumber mingjing.IDNumber
	// Subject is the name of the person as the agency holds it.
	Subject string
	Code    string
	// Ground is why, in the agency's words, at least in the city's language.
	Ground mingjing.Text
	// Measures are codes of measures that the rulebook publishes for the item.
	Measures []string
	// Months is how long it is to last from the day on which it takes effect.
	Months   int
	Document mingjing.Document
}

// MaxGround bounds the ground of a proposal in one language, in characters.
const MaxGround = 1000

// Propose takes an agency's proposal of a listing, if it passes the checks:
// a person who is known, a list that the agency may keep, a complete document of
// a required kind, measures that are published for it, a term within its tier.
// Nothing has effect before two people have decided, the notice was served and
// the answer period is over. What was ended before comes back only with another
// reference and a document dated later; where nobody had decided on it, with
// another document of the same day too.
func (c *Casework) Propose(ctx context.Context, a mingjing.Actor, p Proposal) (mingjing.Listing, error) {
	agency, err := asAgency(a)
	if err != nil {
		return mingjing.Listing{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Listing, error) { return c.propose(ctx, t, a, agency, p) })
}

func (c *Casework) propose(ctx context.Context, t *tx, a mingjing.Actor, agency string, p Proposal) (mingjing.Listing, error) {
	item, wrong := c.checkProposal(agency, p)
	if len(wrong) > 0 {
		return mingjing.Listing{}, mingjing.InvalidFields(wrong...)
	}
	who, err := t.ResidentByIDNumber(ctx, p.IDNumber)
	if errors.Is(err, ErrNotFound) {
		return mingjing.Listing{}, mingjing.InvalidFields(mingjing.FieldError{Field: "id_number", Code: "resident_unknown"})
	} else if err != nil {
		return mingjing.Listing{}, err
	}
	id := newID()
	t.because(a, "propose", id, "listing")
	resident, err := t.Resident(ctx, who)
	if err != nil {
		return mingjing.Listing{}, err
	}
	listings, err := t.Listings(ctx, resident.ID)
	if err != nil {
		return mingjing.Listing{}, err
	}
	for _, old := range listings {
		switch {
		case old.Agency != agency:
		case old.Ref == p.Ref && !old.State.Over():
			return old.Listing, nil // the same proposal once more
		case old.Ref == p.Ref:
			return mingjing.Listing{}, mingjing.InvalidFields(mingjing.FieldError{Field: "ref", Code: "needs_new_case"})
		case old.Code == p.Code && !old.State.Over():
			return mingjing.Listing{}, mingjing.InvalidFields(mingjing.FieldError{Field: "code", Code: "listed_already"})
		case old.Code == p.Code && undecided(old) && p.Document.Date == ended(old, c.Zone()) && !sameDocument(old.Document, p.Document):
			// Nobody has looked at it: there is no decision that a day should lie after.
		case old.Code == p.Code && old.State != mingjing.ListingExpired && p.Document.Date <= ended(old, c.Zone()):
			return mingjing.Listing{}, mingjing.InvalidFields(mingjing.FieldError{Field: "document", Code: "needs_new_case"})
		}
	}
	now := c.Now().UTC()
	proc := c.procedure(p.Code)
	l := Listing{Resident: resident.ID, Ref: p.Ref, Listing: mingjing.Listing{ID: id, Kind: item.Listing, Code: p.Code, Agency: agency,
		Subject: p.Subject, Ground: p.Ground, LegalBasis: item.LegalBasis, Measures: c.measures(item, p.Measures), Document: p.Document,
		Exit: item.Exit, Tier: item.Tier, TermMonths: p.Months, CaseID: newID()}}
	d := Dispute{Resident: resident.ID, ResidentName: resident.Name, ListingID: l.ID, AgencyCode: agency, CatalogueCode: p.Code, Ref: p.Ref,
		Dispute: mingjing.Dispute{ID: l.CaseID, Kind: mingjing.CaseListing, Statement: p.Ground.In(mingjing.Languages[0]),
			State: mingjing.DisputeFiled, FiledAt: now, Clocks: []mingjing.Clock{c.clockFor("check", proc.CheckDays)},
			Timeline: []mingjing.TimelineEntry{{At: now, Code: "proposed", Role: mingjing.RoleAgency, Who: agency}}}}
	if err := c.moveListing(ctx, t, &l, mingjing.ListingProposed, mingjing.Actor{Role: mingjing.RoleAgency, Name: agency}); err != nil {
		return mingjing.Listing{}, err
	}
	d.NextDue = nextDue(d.Clocks)
	if err := c.addDispute(ctx, t, d); err != nil {
		return mingjing.Listing{}, err
	}
	if err := c.watch(ctx, t, d); err != nil {
		return mingjing.Listing{}, err
	}
	return l.Listing, c.tell(ctx, t, d)
}

// undecided says whether a proposal was refused because nobody decided in time.
func undecided(l Listing) bool {
	return l.State == mingjing.ListingRefused && len(l.Life) > 0 && l.Life[len(l.Life)-1].Role == mingjing.RoleSystem
}

// ended is the day on which a listing ended.
func ended(l Listing, zone *time.Location) mingjing.Date {
	if len(l.Life) == 0 {
		return ""
	}
	return mingjing.DateOf(l.Life[len(l.Life)-1].At.In(zone))
}

func (c *Casework) checkProposal(agency string, p Proposal) (mingjing.Item, []mingjing.FieldError) {
	var wrong []mingjing.FieldError
	add := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
	if p.Ref == "" || len(p.Ref) > 128 {
		add("ref", "ref_required")
	}
	book, item, ok := c.listingItem(p.Code)
	if !ok {
		add("code", "not_in_catalogue")
		return item, wrong
	}
	if ag, ok := book.Agency(agency); !ok || !slices.Contains(ag.Holds, p.Code) {
		add("code", "not_from_agency")
	}
	ground := strings.TrimSpace(p.Ground[mingjing.Languages[0]])
	if ground == "" {
		add("ground", "ground_required")
	}
	for _, g := range p.Ground {
		if utf8.RuneCountInString(g) > MaxGround || !utf8.ValidString(g) {
			add("ground", "too_long")
			break
		}
	}
	switch {
	case !p.Document.Complete() || p.Document.Date > c.today():
		add("document", "no_document")
	case !slices.Contains(item.Documents, p.Document.Kind):
		add("document", "wrong_document")
	}
	if len(p.Measures) == 0 {
		add("measures", "measures_required")
	}
	for _, m := range p.Measures {
		if !slices.Contains(item.Measures, m) {
			add("measures", "measure_unpublished")
			break
		}
	}
	most := item.CountsMonths
	if tier, ok := c.procedure(p.Code).Tier(item.Tier); ok {
		most = min(most, tier.MaxMonths)
	}
	if p.Months < 1 || p.Months > most {
		add("months", "term_too_long")
	}
	return item, wrong
}

// measures are the published measures of the codes, in the rulebook's order.
func (c *Casework) measures(item mingjing.Item, codes []string) []mingjing.Measure {
	book, _, _ := c.listingItem(item.Code)
	out := []mingjing.Measure{}
	for _, m := range book.Measures {
		if slices.Contains(codes, m.Code) {
			out = append(out, m.Measure)
		}
	}
	return out
}

// Recommend is what the first of two people would decide on a proposed listing;
// another one, a supervisor, decides.
func (c *Casework) Recommend(ctx context.Context, a mingjing.Actor, id string, r Ruling) (mingjing.Case, error) {
	r.Reasons = strings.TrimSpace(r.Reasons)
	return c.handle(ctx, a, id, "case", step("recommend"), func(_ *tx, d *Dispute, now time.Time) error {
		var wrong []mingjing.FieldError
		if !slices.Contains(d.Kind.Outcomes(), r.Outcome) {
			wrong = append(wrong, mingjing.FieldError{Field: "outcome", Code: "outcome_required"})
		}
		if wrong = append(wrong, checkReasons(r.Reasons)...); len(wrong) > 0 {
			return mingjing.InvalidFields(wrong...)
		}
		d.Recommendation = &mingjing.Recommendation{Outcome: r.Outcome, Reasons: r.Reasons, By: a.Name, At: now}
		d.RecommenderID, d.HandlerID, d.Handler = a.ID, "", ""
		d.State = mingjing.DisputeRecommended
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "recommended", Role: a.Role, Who: a.Name})
		return nil
	})
}

// A Service is how staff served a listing on a resident who did not confirm it in
// the app.
type Service struct {
	// Method is [mingjing.ServedByPost] or [mingjing.ServedInPerson].
	Method string
	// On is the day on the receipt.
	On string
	// Proof is the number of the receipt, or of the protocol.
	Proof string
}

// Serve records that a listing was served on paper; the answer period begins.
func (c *Casework) Serve(ctx context.Context, a mingjing.Actor, id string, s Service) (mingjing.Case, error) {
	s.Proof = strings.TrimSpace(s.Proof)
	return c.handle(ctx, a, id, "case", step("serve"), func(t *tx, d *Dispute, now time.Time) error {
		var wrong []mingjing.FieldError
		if s.Method != mingjing.ServedByPost && s.Method != mingjing.ServedInPerson {
			wrong = append(wrong, mingjing.FieldError{Field: "method", Code: "method_required"})
		}
		on, err := mingjing.ParseDate(strings.TrimSpace(s.On))
		if err != nil || on > c.today() || on < mingjing.DateOf(d.Decision.At.In(c.Zone())) {
			wrong = append(wrong, mingjing.FieldError{Field: "on", Code: "served_on_invalid"})
		}
		if s.Proof == "" || utf8.RuneCountInString(s.Proof) > 100 || !utf8.ValidString(s.Proof) {
			wrong = append(wrong, mingjing.FieldError{Field: "proof", Code: "proof_required"})
		}
		if len(wrong) > 0 {
			return mingjing.InvalidFields(wrong...)
		}
		l, err := t.Listing(ctx, d.ListingID)
		if err != nil {
			return err
		}
		d.ServiceProof = s.Proof
		return c.served(ctx, t, &l, d, a, s.Method, on, now)
	})
}

// ConfirmReceipt is the resident's word that they have the notice of a listing;
// the answer period begins. Confirming again changes nothing.
func (c *Casework) ConfirmReceipt(ctx context.Context, a mingjing.Actor, listing string) error {
	me, err := asResident(a)
	if err != nil {
		return err
	}
	return public(c.tx(ctx, func(t *tx) error {
		t.because(a, "listing", listing, "own")
		l, err := ownListing(ctx, t, me, listing)
		if err != nil {
			return err
		}
		if l.State != mingjing.ListingDecided {
			if l.Served != "" {
				return nil
			}
			return mingjing.Errorf(mingjing.Conflict, "nothing_to_confirm")
		}
		d, err := t.Dispute(ctx, l.CaseID)
		if err != nil {
			return err
		}
		now := c.Now().UTC()
		if err := c.served(ctx, t, &l, &d, a, mingjing.ServedInApp, c.today(), now); err != nil {
			return err
		}
		if err := c.setDispute(ctx, t, d); err != nil {
			return err
		}
		return c.tell(ctx, t, d)
	}))
}

func ownListing(ctx context.Context, t *tx, me mingjing.ResidentID, id string) (Listing, error) {
	l, err := t.Listing(ctx, id)
	if err == nil && l.Resident != me {
		return Listing{}, ErrNotFound
	}
	return l, err
}

// served begins the answer period and closes the case in which the listing was
// decided.
func (c *Casework) served(ctx context.Context, t *tx, l *Listing, d *Dispute, by mingjing.Actor, how string, on mingjing.Date, now time.Time) error {
	by2 := c.due(c.procedure(l.Code).AnswerDays)
	l.NoticeOn, l.Served, l.AnswerBy = on, how, &by2
	meet(d.Clocks, "serve", now)
	d.State = mingjing.DisputeDecided
	d.NextDue = nextDue(d.Clocks)
	entry := mingjing.TimelineEntry{At: now, Code: "served", Role: by.Role}
	if by.Role.Staff() {
		entry.Who = by.Name
	}
	d.Timeline = append(d.Timeline, entry)
	return c.moveListing(ctx, t, l, mingjing.ListingServed, by)
}

// listing does what a listing's own dates ask for: it takes effect at the end of
// the answer period, and ends at the end of its term.
func (c *Casework) listing(ctx context.Context, id string) (time.Duration, error) {
	var wait time.Duration
	err := c.tx(ctx, func(t *tx) error {
		wait = 0
		t.because(system, "rescore", id, "listing")
		l, err := t.Listing(ctx, id)
		if err != nil {
			return err
		}
		now := c.Now()
		var at time.Time
		to, cause := mingjing.ListingExpired, "listing_ended"
		switch {
		case l.State == mingjing.ListingServed:
			at, to, cause = *l.AnswerBy, mingjing.ListingInEffect, "listing_in_effect"
		case MayListingMove(l.State, mingjing.ListingExpired) && l.Ends != "" && l.State != mingjing.ListingDisputed:
			at = l.Ends.Time(c.Zone())
		default:
			return nil
		}
		if wait = at.Sub(now); wait > 0 {
			return nil
		}
		wait = 0
		if err := c.moveListing(ctx, t, &l, to, system); err != nil {
			return err
		}
		return c.rescore(ctx, t, l.Resident, cause, "")
	})
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return wait, err
}

// ShowListing is the resident's wish to show a redlisting, or no longer to.
func (c *Casework) ShowListing(ctx context.Context, a mingjing.Actor, listing string, shown bool) error {
	me, err := asResident(a)
	if err != nil {
		return err
	}
	return public(c.tx(ctx, func(t *tx) error {
		t.because(a, "listing", listing, "own")
		l, err := ownListing(ctx, t, me, listing)
		if err != nil {
			return err
		}
		if l.Kind != mingjing.Redlist {
			return mingjing.Errorf(mingjing.Conflict, "only_redlists")
		}
		l.Shown = shown
		if err := t.PutListing(ctx, l); err != nil {
			return err
		}
		return t.emit(ctx, a.ID, mingjing.EventRecord, l.ID, c.Now())
	}))
}

// PutStatement keeps the resident's own statement on file beside a record or a
// listing, at most as many words as the procedure allows; "" takes it away.
func (c *Casework) PutStatement(ctx context.Context, a mingjing.Actor, recordID, listingID, text string) error {
	me, err := asResident(a)
	if err != nil {
		return err
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	return public(c.tx(ctx, func(t *tx) error {
		var code string
		var put func() error
		switch {
		case (recordID == "") == (listingID == ""):
			return ErrNotFound
		case recordID != "":
			t.because(a, "record", recordID, "own")
			r, err := t.Record(ctx, recordID)
			if err != nil {
				return err
			} else if r.Resident != me {
				return ErrNotFound
			}
			code, put = r.Code, func() error { r.Statement = text; return t.PutRecord(ctx, r) }
		default:
			t.because(a, "listing", listingID, "own")
			l, err := ownListing(ctx, t, me, listingID)
			if err != nil {
				return err
			}
			code, put = l.Code, func() error { l.Statement = text; return t.PutListing(ctx, l) }
		}
		if most := c.procedure(code).StatementWords; mingjing.Words(text) > most || utf8.RuneCountInString(text) > mingjing.MaxStatement || !utf8.ValidString(text) {
			return mingjing.InvalidFields(mingjing.FieldError{Field: "statement_on_file", Code: "too_many_words"})
		}
		if err := put(); err != nil {
			return err
		}
		return t.emit(ctx, a.ID, mingjing.EventRecord, recordID+listingID, c.Now())
	}))
}
