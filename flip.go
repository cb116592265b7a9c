package mingjing

import "slices"

// A Flip is one change: a record or listing that counts does not count any more, or one
// that waits or is paused counts.
type Flip struct {
	RecordID  string `json:"record_id,omitempty"`
	ListingID string `json:"listing_id,omitempty"`
	// Rule is the catalogue code.
	Rule string `json:"rule"`
	// Counts says that it would count; otherwise it would not count any more.
	Counts bool `json:"counts,omitempty"`
	// Points are what the change adds to the sum; negative when it takes some away. Where the
	// points of one thing depend on another, they are what it alone adds to the value.
	Points int `json:"points,omitempty"`
	// Cap is the band that it no longer caps, or would cap.
	Cap string `json:"cap,omitempty"`
}

// Flips returns the changes that are possible to what a score is made from, in the order
// of the explanation. additive reports whether each adds its points, and lifts or sets
// its cap, whatever the others do.
func Flips(book *Rulebook, in Input) (flips []Flip, additive bool) {
	now, all := MakeScore(book, in), MakeScore(book, withEverything(book, in))
	additive = addsUp(now) && addsUp(all) && addsUp(MakeScore(book, Input{AsOf: in.AsOf}))
	counts := map[[2]string]bool{}
	for _, c := range now.Explanation {
		if c.RecordID+c.ListingID != "" {
			counts[[2]string{c.RecordID, c.ListingID}] = true
			flips = append(flips, Flip{RecordID: c.RecordID, ListingID: c.ListingID, Rule: c.Rule, Points: -c.Points, Cap: c.Cap})
		}
	}
	for _, c := range all.Explanation {
		if c.RecordID+c.ListingID != "" && !counts[[2]string{c.RecordID, c.ListingID}] {
			flips = append(flips, Flip{RecordID: c.RecordID, ListingID: c.ListingID, Rule: c.Rule, Counts: true, Points: c.Points, Cap: c.Cap})
		}
	}
	if !additive {
		weigh(book, in, flips)
	}
	return flips, additive
}

// addsUp reports whether each line of the explanation follows from one record or listing
// alone.
func addsUp(s Score) bool {
	return !slices.ContainsFunc(s.Explanation, func(c Contribution) bool {
		switch c.Kind {
		case ContributionBase, ContributionBound:
			return false
		case ContributionRecord, ContributionListing, ContributionCap:
			return (c.RecordID == "") == (c.ListingID == "") || c.Factor != "" || c.Tabled
		}
		return true
	})
}

// Flipped returns the input with the changes made. The input itself stays as it is.
func Flipped(book *Rulebook, in Input, flips ...Flip) Input {
	find := func(record, listing string) int {
		return slices.IndexFunc(flips, func(f Flip) bool { return f.RecordID == record && f.ListingID == listing })
	}
	out := in
	out.Records, out.Listings = make([]Record, 0, len(in.Records)), make([]Listing, 0, len(in.Listings))
	for _, r := range in.Records {
		switch i := find(r.ID, ""); {
		case i < 0:
			out.Records = append(out.Records, r)
		case flips[i].Counts:
			out.Records = append(out.Records, resumed(r))
		}
	}
	for _, l := range in.Listings {
		switch i := find("", l.ID); {
		case i < 0:
			out.Listings = append(out.Listings, l)
		case flips[i].Counts:
			out.Listings = append(out.Listings, effective(book, l, in.AsOf))
		}
	}
	return out
}

// WithNew returns the input with one more record or listing of a catalogue code, as of
// its day. It counts, as far as the rulebook lets such a thing count.
func WithNew(book *Rulebook, in Input, code, id string) Input {
	item := book.item(code)
	if item == nil || len(item.Documents) == 0 {
		return in
	}
	doc := Document{Kind: item.Documents[0], Issuer: "-", Number: "-", Date: in.AsOf, Hash: book.ref.Hash}
	agency := ""
	for _, a := range book.Agencies {
		if slices.Contains(a.Holds, code) {
			agency = a.Code
			break
		}
	}
	if item.Listing == "" {
		in.Records = append(slices.Clone(in.Records),
			Record{ID: id, Agency: agency, Code: code, Occurred: in.AsOf, Document: doc, State: RecordActive})
		return in
	}
	in.Listings = append(slices.Clone(in.Listings), Listing{ID: id, Kind: item.Listing, Code: code, Agency: agency, Document: doc,
		NoticeOn: in.AsOf, From: in.AsOf, Ends: in.AsOf.AddMonths(item.CountsMonths), State: ListingInEffect})
	return in
}

// withEverything returns the input with everything counting that waits or is paused.
func withEverything(book *Rulebook, in Input) Input {
	out := in
	out.Records, out.Listings = make([]Record, 0, len(in.Records)), make([]Listing, 0, len(in.Listings))
	for _, r := range in.Records {
		out.Records = append(out.Records, resumed(r))
	}
	for _, l := range in.Listings {
		out.Listings = append(out.Listings, effective(book, l, in.AsOf))
	}
	return out
}

// resumed returns the record as it counts again after a pause.
func resumed(r Record) Record {
	if r.State == RecordDisputed || r.State == RecordSuspended {
		r.State = RecordActive
	}
	return r
}

// effective returns the listing as it is once it has effect, if it waits for that or is
// paused.
func effective(book *Rulebook, l Listing, on Date) Listing {
	switch l.State {
	case ListingInEffect, ListingDisputed, ListingSuspended, ListingProposed, ListingDecided, ListingServed:
	default:
		return l
	}
	l.State = ListingInEffect
	if !l.NoticeOn.valid() || l.NoticeOn > on {
		l.NoticeOn = on
	}
	if l.From > on || l.From == "" {
		l.From = on
	}
	if !l.Ends.valid() && l.CaseID != "" {
		months := l.TermMonths
		if item := book.item(l.Code); item != nil && (months == 0 || months > item.CountsMonths) {
			months = item.CountsMonths
		}
		l.Ends = on.AddMonths(months)
	}
	return l
}
