package listing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

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

// Propose stores an agency's proposal of a listing, if it passes the checks: a person
// who is known, a list that the agency may keep, a complete document of a required kind,
// measures that are published for it, a term within its tier. Nothing has effect before
// two people have decided, the notice was served and the answer period is over. What was
// ended before comes back only with another reference and a document dated later; where
// nobody had decided on it, with another document of the same day too.
func (c *Listings) Propose(ctx context.Context, a mingjing.Actor, p Proposal) (mingjing.Listing, error) {
	agency, err := kernel.AsAgency(a)
	if err != nil {
		return mingjing.Listing{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Listing, error) { return c.ProposeIn(ctx, t, a, agency, p) })
}

// ProposeIn is [Listings.Propose] in the caller's transaction.
func (c *Listings) ProposeIn(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, p Proposal) (mingjing.Listing, error) {
	item, wrong := c.checkProposal(agency, p)
	if len(wrong) > 0 {
		return mingjing.Listing{}, mingjing.InvalidFields(wrong...)
	}
	who, err := db(t).ResidentByIDNumber(ctx, p.IDNumber)
	if errors.Is(err, kernel.ErrNotFound) {
		return mingjing.Listing{}, mingjing.InvalidFields(mingjing.FieldError{Field: "id_number", Code: "resident_unknown"})
	} else if err != nil {
		return mingjing.Listing{}, err
	}
	if book, _, ok := c.holdings.ListingItem(p.Code); !ok || book.Of != who.Subject() {
		return mingjing.Listing{}, mingjing.InvalidFields(mingjing.FieldError{Field: "code", Code: "not_in_catalogue"})
	}
	id := kernel.NewID()
	rd := t.As(c.city.Entry(a, "propose", id, "listing"))
	resident, err := read(rd).Resident(ctx, who)
	if err != nil {
		return mingjing.Listing{}, err
	}
	if p.Subject != "" && !kernel.SameName(resident.Name, p.Subject) {
		return mingjing.Listing{}, mingjing.InvalidFields(mingjing.FieldError{Field: "subject", Code: "name_mismatch"})
	}
	listings, err := read(rd).Listings(ctx, resident.ID)
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
		case old.Code == p.Code && undecided(old) && p.Document.Date == ended(old, c.city.Zone()) &&
			!holding.SameDocument(old.Document, p.Document):
			// Nobody has looked at it: there is no decision that a day should lie after.
		case old.Code == p.Code && old.State != mingjing.ListingExpired && p.Document.Date <= ended(old, c.city.Zone()):
			return mingjing.Listing{}, mingjing.InvalidFields(mingjing.FieldError{Field: "document.date", Code: "needs_new_case"})
		}
	}
	now := c.city.Now().UTC()
	proc := c.city.Procedure(p.Code)
	l := holding.Listing{Resident: resident.ID, Ref: p.Ref, Listing: mingjing.Listing{ID: id, Kind: item.Listing, Code: p.Code, Agency: agency,
		Subject: p.Subject, Ground: p.Ground, LegalBasis: item.LegalBasis, Measures: c.measures(item, p.Measures), Document: p.Document,
		Exit: item.Exit, Tier: item.Tier, TermMonths: p.Months, CaseID: kernel.NewID()}}
	d := cases.Case{Resident: resident.ID, ResidentName: resident.Name, ListingID: l.ID, AgencyCode: agency, CatalogueCode: p.Code, Ref: p.Ref,
		Case: mingjing.Case{ID: l.CaseID, Kind: mingjing.CaseListing, Statement: p.Ground.In(mingjing.Languages[0]),
			State: mingjing.CaseFiled, FiledAt: now, Clocks: []mingjing.Clock{c.city.ClockFor("check", proc.CheckDays)},
			Timeline: []mingjing.TimelineEntry{{At: now, Code: "proposed", Role: mingjing.RoleAgency, Who: agency}}}}
	if err := c.holdings.Move(ctx, rd, &l, mingjing.ListingProposed, mingjing.Actor{Role: mingjing.RoleAgency, Name: agency}); err != nil {
		return mingjing.Listing{}, err
	}
	d.NextDue = cases.NextDue(d.Clocks)
	if err := c.cases.AddCase(ctx, t, d); err != nil {
		return mingjing.Listing{}, err
	}
	if err := c.cases.WatchClocks(ctx, t, d); err != nil {
		return mingjing.Listing{}, err
	}
	return l.Listing, c.cases.Tell(ctx, rd, d)
}

// undecided reports whether a proposal was refused because nobody decided in time.
func undecided(l holding.Listing) bool {
	return l.State == mingjing.ListingRefused && len(l.Life) > 0 && l.Life[len(l.Life)-1].Role == mingjing.RoleSystem
}

// ended returns the day on which a listing ended.
func ended(l holding.Listing, zone *time.Location) mingjing.Date {
	if len(l.Life) == 0 {
		return ""
	}
	return mingjing.DateOf(l.Life[len(l.Life)-1].At.In(zone))
}

func (c *Listings) checkProposal(agency string, p Proposal) (mingjing.Item, []mingjing.FieldError) {
	var wrong []mingjing.FieldError
	add := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
	if p.Ref == "" || len(p.Ref) > 128 {
		add("ref", "ref_required")
	}
	book, item, ok := c.holdings.ListingItem(p.Code)
	if !ok {
		add("code", "not_in_catalogue")
		return item, wrong
	}
	if ag, ok := book.Agency(agency); !ok || !slices.Contains(ag.Holds, p.Code) {
		add("code", "not_from_agency")
	}
	ground := strings.TrimSpace(p.Ground[mingjing.Languages[0]])
	if ground == "" {
		add("ground."+mingjing.Languages[0], "ground_required")
	}
	for _, lang := range mingjing.Languages {
		if g := p.Ground[lang]; utf8.RuneCountInString(g) > MaxGround || !utf8.ValidString(g) {
			add("ground."+lang, "too_long")
		}
	}
	for lang := range p.Ground {
		if !slices.Contains(mingjing.Languages, lang) {
			add("ground", "language_unknown")
			break
		}
	}
	if field, code := CheckDocument(p.Document, c.city.Today()); code != "" {
		add(field, code)
	} else if !slices.Contains(item.Documents, p.Document.Kind) {
		add("document.kind", "wrong_document")
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
	if tier, ok := c.city.Procedure(p.Code).Tier(item.Tier); ok {
		most = min(most, tier.MaxMonths)
	}
	if p.Months < 1 || p.Months > most {
		add("months", "term_too_long")
	}
	return item, wrong
}

// CheckDocument returns what is wrong with the document behind a record or listing: the
// part, and a code; "" for nothing. Whether it is of the right kind is not checked.
func CheckDocument(d mingjing.Document, today mingjing.Date) (field, code string) {
	if d == (mingjing.Document{}) {
		return "document", mingjing.WhyNoDocument
	}
	for _, part := range []struct{ name, value string }{{"kind", d.Kind}, {"issuer", d.Issuer}, {"number", d.Number}, {"date", string(d.Date)},
		{"hash", d.Hash}} {
		if strings.TrimSpace(part.value) == "" {
			return "document." + part.name, "document_part_required"
		}
	}
	if on, err := mingjing.ParseDate(string(d.Date)); err != nil || on != d.Date {
		return "document.date", "date_form"
	}
	switch {
	case d.Date > today:
		return "document.date", mingjing.WhyNotYet
	case !d.Complete(): // nothing else is left
		return "document.hash", "hash_form"
	}
	return "", ""
}

// measures returns the published measures of the codes, in the rulebook's order.
func (c *Listings) measures(item mingjing.Item, codes []string) []mingjing.Measure {
	book, _, _ := c.holdings.ListingItem(item.Code)
	out := []mingjing.Measure{}
	for _, m := range book.Measures {
		if slices.Contains(codes, m.Code) {
			out = append(out, m.Measure)
		}
	}
	return out
}

// ConfirmReceipt stores that the resident has received the notice of a listing; the
// answer period begins. Confirming again changes nothing.
func (c *Listings) ConfirmReceipt(ctx context.Context, a mingjing.Actor, listing string) error {
	me, err := kernel.AsResident(a)
	if err != nil {
		return err
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(a, "listing", listing, "own"))
		l, err := holding.OwnListing(ctx, rd, me, listing)
		if err != nil {
			return err
		}
		if l.State != mingjing.ListingDecided {
			if l.Served != "" {
				return nil
			}
			return mingjing.NewError(mingjing.Conflict, "nothing_to_confirm")
		}
		d, err := read(rd).Case(ctx, l.CaseID)
		if err != nil {
			return err
		}
		now := c.city.Now().UTC()
		if err := c.MarkServed(ctx, rd, &l, &d, a, mingjing.ServedInApp, c.city.Today(), now); err != nil {
			return err
		}
		if err := c.cases.SetCase(ctx, t, d); err != nil {
			return err
		}
		return c.cases.Tell(ctx, rd, d)
	}))
}

// MarkServed begins the answer period of a listing, and closes the case in which it was
// decided.
func (c *Listings) MarkServed(ctx context.Context, rd *kernel.Reader, l *holding.Listing, d *cases.Case, by mingjing.Actor,
	how string, on mingjing.Date, now time.Time) error {
	answerBy := c.city.Due(c.city.Procedure(l.Code).AnswerDays)
	l.NoticeOn, l.Served, l.AnswerBy = on, how, &answerBy
	cases.MarkMet(d.Clocks, "serve", now)
	d.State = mingjing.CaseDecided
	d.NextDue = cases.NextDue(d.Clocks)
	entry := mingjing.TimelineEntry{At: now, Code: "served", Role: by.Role}
	if by.Role.Staff() {
		entry.Who = by.Name
	}
	d.Timeline = append(d.Timeline, entry)
	return c.holdings.Move(ctx, rd, l, mingjing.ListingServed, by)
}

// listingDue is the job that does what a listing's own dates ask for: the listing takes
// effect at the end of the answer period, and ends at the end of its term.
func (c *Listings) listingDue(ctx context.Context, id string) (time.Duration, error) {
	var wait time.Duration
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		wait = 0
		rd := t.As(c.city.Entry(kernel.System, "listing_term", id, "listing"))
		l, err := read(rd).Listing(ctx, id)
		if err != nil {
			return err
		}
		now := c.city.Now()
		var at time.Time
		to, cause := mingjing.ListingExpired, "listing_ended"
		switch {
		case l.State == mingjing.ListingServed:
			at, to, cause = *l.AnswerBy, mingjing.ListingInEffect, "listing_in_effect"
		case holding.MayListingMove(l.State, mingjing.ListingExpired) && l.Ends != "" && l.State != mingjing.ListingDisputed:
			at = l.Ends.Time(c.city.Zone())
		default:
			return nil
		}
		if wait = at.Sub(now); wait > 0 {
			return nil
		}
		wait = 0
		if err := c.holdings.Move(ctx, rd, &l, to, kernel.System); err != nil {
			return err
		}
		return c.scores.Rescore(ctx, rd, l.Resident, cause, "")
	})
	if errors.Is(err, kernel.ErrNotFound) {
		return 0, nil
	}
	return wait, err
}

// ShowListing stores whether the resident wants a redlisting to be shown.
func (c *Listings) ShowListing(ctx context.Context, a mingjing.Actor, listing string, shown bool) error {
	return c.changeOwn(ctx, a, listing, func(l *holding.Listing) error {
		if l.Kind != mingjing.Redlist {
			return mingjing.NewError(mingjing.Conflict, "only_redlists")
		}
		l.Shown = shown
		return nil
	})
}

// PutListingStatement stores the resident's own statement beside a listing, as
// [holding.Holdings.CheckStatement] wants it; "" removes it.
func (c *Listings) PutListingStatement(ctx context.Context, a mingjing.Actor, listing, text string) error {
	return c.changeOwn(ctx, a, listing, func(l *holding.Listing) (err error) {
		l.Statement, err = c.holdings.CheckStatement(l.Code, text)
		return err
	})
}

// changeOwn stores what the actor has changed of a listing of theirs.
func (c *Listings) changeOwn(ctx context.Context, a mingjing.Actor, listing string, change func(*holding.Listing) error) error {
	me, err := kernel.AsResident(a)
	if err != nil {
		return err
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(a, "listing", listing, "own"))
		l, err := holding.OwnListing(ctx, rd, me, listing)
		if err != nil {
			return err
		}
		if err := change(&l); err != nil {
			return err
		}
		if err := db(t).PutListing(ctx, l); err != nil {
			return err
		}
		return t.Emit(ctx, a.ID, mingjing.EventRecord, l.ID, c.city.Now())
	}))
}
