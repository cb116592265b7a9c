package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mingjing"
)

// input is what a resident's score is made from today.
func (c *Casework) input(ctx context.Context, t *tx, resident mingjing.ResidentID, book *mingjing.Rulebook, missing []string) (mingjing.Input, error) {
	loc, err := time.LoadLocation(book.Zone)
	if err != nil {
		return mingjing.Input{}, err
	}
	in := mingjing.Input{Missing: missing, AsOf: mingjing.DateOf(c.clock.Now().In(loc)),
		Records: []mingjing.Record{}, Listings: []mingjing.Listing{}}
	records, err := t.Records(ctx, resident)
	if err != nil {
		return in, err
	}
	for _, r := range records {
		in.Records = append(in.Records, r.Record)
	}
	listings, err := t.Listings(ctx, resident)
	if err != nil {
		return in, err
	}
	for _, l := range listings {
		in.Listings = append(in.Listings, l.Listing)
	}
	return in, nil
}

// makeScore makes and keeps a score, and has it made again on the day on which
// it will change by itself.
func (c *Casework) makeScore(ctx context.Context, t *tx, resident mingjing.ResidentID, book *mingjing.Rulebook, missing []string, cause string) (mingjing.Score, error) {
	in, err := c.input(ctx, t, resident, book, missing)
	if err != nil {
		return mingjing.Score{}, err
	}
	return c.keepScore(ctx, t, resident, book, in, mingjing.MakeScore(book, in), cause)
}

func (c *Casework) keepScore(ctx context.Context, t *tx, resident mingjing.ResidentID, book *mingjing.Rulebook, in mingjing.Input, s mingjing.Score, cause string) (mingjing.Score, error) {
	s.ID, s.Cause, s.At = newID(), cause, c.Now().UTC()
	if err := t.AddScore(ctx, resident, s); err != nil {
		return s, fmt.Errorf("keep score: %w", err)
	}
	if outlook := mingjing.Outlook(book, in); len(outlook) > 0 {
		at := outlook[0].On.Time(c.Zone())
		if err := t.Enqueue(ctx, Job{Kind: JobRescore, ID: string(resident), At: at}); err != nil {
			return s, err
		}
	}
	return s, t.emit(ctx, string(resident), mingjing.EventScore, s.ID, s.At)
}

// rescore makes every score of the resident anew that is no longer what it would
// be today. Only scores that were asked for, and whose consent is in force, exist.
func (c *Casework) rescore(ctx context.Context, t *tx, resident mingjing.ResidentID, cause string) error {
	consents, err := t.Consents(ctx, resident)
	if err != nil {
		return err
	}
	looked := false
	for _, book := range c.books {
		if !inForce(consents, book.ID) {
			continue
		}
		scores, err := t.Scores(ctx, resident, book.ID)
		if err != nil {
			return err
		}
		if len(scores) == 0 {
			continue
		}
		last := scores[len(scores)-1]
		if !looked {
			looked = true
			if err := t.look(ctx, system, resident, c.Now(), "score", "", "score"); err != nil {
				return err
			}
		}
		in, err := c.input(ctx, t, resident, book, last.Missing)
		if err != nil {
			return err
		}
		s := mingjing.MakeScore(book, in)
		was := last
		if was.AsOf = s.AsOf; mingjing.Same(was, s) {
			continue
		}
		if _, err := c.keepScore(ctx, t, resident, book, in, s, cause); err != nil {
			return err
		}
	}
	return nil
}

func card(book *mingjing.Rulebook, s mingjing.Score) mingjing.ScoreCard {
	band, _ := book.Band(s.Band)
	return mingjing.ScoreCard{Rulebook: s.Rulebook, Value: s.Value, Min: book.Min, Max: book.Max, Band: band, At: s.At}
}

// Overview is what the actor sees first.
func (c *Casework) Overview(ctx context.Context, a mingjing.Actor) (mingjing.OverviewView, error) {
	v := mingjing.OverviewView{}
	me, err := asResident(a)
	if err != nil {
		return v, err
	}
	err = c.tx(ctx, func(t *tx) error {
		v = mingjing.OverviewView{Latest: []mingjing.ScoreCard{}, OpenDisputes: []mingjing.Dispute{}, RecentLooks: []mingjing.Look{}}
		if err := t.look(ctx, a, me, c.Now(), "overview", "", "own"); err != nil {
			return err
		}
		for _, book := range c.books {
			scores, err := t.Scores(ctx, me, book.ID)
			if err != nil {
				return err
			}
			if len(scores) > 0 {
				v.Latest = append(v.Latest, card(book, scores[len(scores)-1]))
			}
		}
		r, err := t.OpenRequest(ctx, me)
		if err == nil {
			shown, err := c.showRequest(ctx, t, r)
			if err != nil {
				return err
			}
			v.Open = &shown
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		records, err := t.Records(ctx, me)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.State != mingjing.RecordRemoved {
				v.Records++
			}
		}
		listings, err := t.Listings(ctx, me)
		if err != nil {
			return err
		}
		for _, l := range listings {
			if l.Kind == mingjing.Blacklist && l.State != mingjing.ListingLifted {
				v.Blacklisted++
			}
		}
		disputes, err := t.Disputes(ctx, me)
		if err != nil {
			return err
		}
		for _, d := range disputes {
			if d.State != mingjing.DisputeDecided {
				shown, err := c.showDispute(ctx, t, d)
				if err != nil {
					return err
				}
				v.OpenDisputes = append(v.OpenDisputes, shown)
			}
		}
		looks, err := t.Looks(ctx, me, true, 0, 3)
		v.RecentLooks = append(v.RecentLooks, looks...)
		return err
	})
	return v, public(err)
}

// Ask is what the actor reads before asking for a score.
func (c *Casework) Ask(ctx context.Context, a mingjing.Actor) (mingjing.AskView, error) {
	v := mingjing.AskView{Key: newID()}
	me, err := asResident(a)
	if err != nil {
		return v, err
	}
	for _, b := range c.books {
		v.Rulebooks = append(v.Rulebooks, *b)
	}
	err = c.tx(ctx, func(t *tx) error {
		r, err := t.OpenRequest(ctx, me)
		if errors.Is(err, ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		shown, err := c.showRequest(ctx, t, r)
		v.Open = &shown
		return err
	})
	return v, public(err)
}

// Score is the actor's newest score by a rulebook ("" for the newest by any)
// with all that explains it; nil when there is none.
func (c *Casework) Score(ctx context.Context, a mingjing.Actor, rulebook string) (*mingjing.ScoreView, error) {
	me, err := asResident(a)
	if err != nil {
		return nil, err
	}
	if rulebook != "" {
		if _, err := c.Book(rulebook); err != nil {
			return nil, errNotFound
		}
	}
	var v *mingjing.ScoreView
	err = c.tx(ctx, func(t *tx) error {
		v = nil
		all, err := t.Scores(ctx, me, "")
		if err != nil {
			return err
		}
		var newest *mingjing.Score
		for i := range all {
			if rulebook == "" || all[i].Rulebook.ID == rulebook {
				newest = &all[i]
			}
		}
		if newest == nil {
			return nil
		}
		if err := t.look(ctx, a, me, c.Now(), "score", newest.ID, "own"); err != nil {
			return err
		}
		book, err := c.Book(newest.Rulebook.ID)
		if err != nil {
			return err
		}
		in, err := c.input(ctx, t, me, book, newest.Missing)
		if err != nil {
			return err
		}
		out := mingjing.ScoreView{Score: *newest, Min: book.Min, Max: book.Max, Bands: book.Bands,
			Outlook: mingjing.Outlook(book, in), History: []mingjing.ScoreCard{}, Others: []mingjing.ScoreCard{}}
		out.Band, _ = book.Band(newest.Band)
		others := map[string]mingjing.ScoreCard{}
		for _, s := range all {
			b, err := c.Book(s.Rulebook.ID)
			if err != nil { // a rulebook that is no longer published
				continue
			}
			if b == book {
				out.History = append(out.History, card(b, s))
			} else {
				others[b.ID] = card(b, s)
			}
		}
		for _, b := range c.books {
			if o, ok := others[b.ID]; ok {
				out.Others = append(out.Others, o)
			}
		}
		const most = 60
		out.History = out.History[max(0, len(out.History)-most):]
		v = &out
		return nil
	})
	return v, public(err)
}

// Records are the actor's records with their rule and effect, newest first.
func (c *Casework) Records(ctx context.Context, a mingjing.Actor) (mingjing.RecordsView, error) {
	v := mingjing.RecordsView{}
	me, err := asResident(a)
	if err != nil {
		return v, err
	}
	err = c.tx(ctx, func(t *tx) error {
		v.Records = []mingjing.RecordView{}
		if err := t.look(ctx, a, me, c.Now(), "records", "", "own"); err != nil {
			return err
		}
		records, err := t.Records(ctx, me)
		if err != nil {
			return err
		}
		for _, r := range records {
			v.Records = append(v.Records, c.showRecord(r))
		}
		slices.SortStableFunc(v.Records, func(x, y mingjing.RecordView) int {
			return -compareDates(x.Record.Occurred, y.Record.Occurred)
		})
		return nil
	})
	return v, public(err)
}

func compareDates(a, b mingjing.Date) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Record is one of the actor's records.
func (c *Casework) Record(ctx context.Context, a mingjing.Actor, id string) (mingjing.RecordView, error) {
	var v mingjing.RecordView
	me, err := asResident(a)
	if err != nil {
		return v, err
	}
	err = c.tx(ctx, func(t *tx) error {
		r, err := t.Record(ctx, id)
		if err != nil {
			return err
		}
		if r.Resident != me {
			return ErrNotFound
		}
		v = c.showRecord(r)
		return t.look(ctx, a, me, c.Now(), "record", id, "own")
	})
	return v, public(err)
}

func (c *Casework) showRecord(r Record) mingjing.RecordView {
	v := mingjing.RecordView{Record: r.Record, Effect: []mingjing.Effect{}, Open: disputable(r.State)}
	for _, b := range c.books {
		item, ok := b.Item(r.Code)
		if !ok {
			continue
		}
		v.Area = item.Area
		e := mingjing.EffectOfRecord(b, r.Record, c.today())
		v.Effect = append(v.Effect, e)
		if e.Ends > v.Ends {
			v.Ends = e.Ends
		}
	}
	return v
}

func disputable(s mingjing.RecordState) bool {
	return s == mingjing.RecordActive || s == mingjing.RecordCorrected || s == mingjing.RecordSuspended
}

func listingDisputable(s mingjing.ListingState) bool {
	return s == mingjing.ListingInEffect || s == mingjing.ListingUnserved || s == mingjing.ListingSuspended
}

// Listings are the actor's listings, newest first.
func (c *Casework) Listings(ctx context.Context, a mingjing.Actor) (mingjing.ListingsView, error) {
	v := mingjing.ListingsView{}
	me, err := asResident(a)
	if err != nil {
		return v, err
	}
	err = c.tx(ctx, func(t *tx) error {
		v.Listings = []mingjing.ListingView{}
		if err := t.look(ctx, a, me, c.Now(), "listings", "", "own"); err != nil {
			return err
		}
		listings, err := t.Listings(ctx, me)
		if err != nil {
			return err
		}
		for _, l := range listings {
			v.Listings = append(v.Listings, c.showListing(l))
		}
		slices.SortStableFunc(v.Listings, func(x, y mingjing.ListingView) int {
			return -compareDates(x.Listing.From, y.Listing.From)
		})
		return nil
	})
	return v, public(err)
}

// Listing is one of the actor's listings.
func (c *Casework) Listing(ctx context.Context, a mingjing.Actor, id string) (mingjing.ListingView, error) {
	var v mingjing.ListingView
	me, err := asResident(a)
	if err != nil {
		return v, err
	}
	err = c.tx(ctx, func(t *tx) error {
		l, err := t.Listing(ctx, id)
		if err != nil {
			return err
		}
		if l.Resident != me {
			return ErrNotFound
		}
		v = c.showListing(l)
		return t.look(ctx, a, me, c.Now(), "listing", id, "own")
	})
	return v, public(err)
}

func (c *Casework) showListing(l Listing) mingjing.ListingView {
	v := mingjing.ListingView{Listing: l.Listing, Effective: l.Effective(c.today()),
		Effect: []mingjing.Effect{}, Open: listingDisputable(l.State)}
	for _, b := range c.books {
		if _, ok := b.Item(l.Code); ok {
			v.Effect = append(v.Effect, mingjing.EffectOfListing(b, l.Listing, c.today()))
		}
	}
	return v
}

// Sources are the agencies of all rulebooks, what each may hold, and what it
// holds on the actor.
func (c *Casework) Sources(ctx context.Context, a mingjing.Actor) (mingjing.SourcesView, error) {
	v := mingjing.SourcesView{}
	me, err := asResident(a)
	if err != nil {
		return v, err
	}
	err = c.tx(ctx, func(t *tx) error {
		v.Sources = []mingjing.SourceView{}
		if err := t.look(ctx, a, me, c.Now(), "sources", "", "own"); err != nil {
			return err
		}
		held := map[string]int{}
		records, err := t.Records(ctx, me)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.State != mingjing.RecordRemoved {
				held[r.Agency]++
			}
		}
		listings, err := t.Listings(ctx, me)
		if err != nil {
			return err
		}
		for _, l := range listings {
			if l.State != mingjing.ListingLifted {
				held[l.Agency]++
			}
		}
		asked := map[string]Source{}
		r, err := t.LatestRequest(ctx, me)
		if err == nil {
			sources, err := c.sources(ctx, t, r)
			if err != nil {
				return err
			}
			for _, s := range sources {
				asked[s.Agency] = s
			}
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		seen := map[string]int{}
		for _, b := range c.books {
			for _, ag := range b.Agencies {
				if i, ok := seen[ag.Code]; ok {
					for _, code := range ag.Holds {
						if !slices.Contains(v.Sources[i].Holds, code) {
							v.Sources[i].Holds = append(v.Sources[i].Holds, code)
						}
					}
					continue
				}
				seen[ag.Code] = len(v.Sources)
				v.Sources = append(v.Sources, mingjing.SourceView{Agency: ag.Code, Holds: slices.Clone(ag.Holds),
					Records: held[ag.Code], State: asked[ag.Code].State, At: asked[ag.Code].AnsweredAt})
			}
		}
		slices.SortStableFunc(v.Sources, func(x, y mingjing.SourceView) int { return y.Records - x.Records })
		return nil
	})
	return v, public(err)
}
