package score

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// Input returns what a resident's score would be made from today.
func (c *Scores) Input(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, book *mingjing.Rulebook,
	missing []string) (mingjing.Input, error) {
	records, listings, err := held(ctx, rd, resident)
	return c.inputOf(book, missing, records, listings), err
}

// held returns everything that is held on a resident.
func held(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID) (records []holding.Record, listings []holding.Listing,
	err error) {
	if records, err = read(rd).Records(ctx, resident); err != nil {
		return nil, nil, err
	}
	listings, err = read(rd).Listings(ctx, resident)
	return records, listings, err
}

// inputOf is [Scores.Input] for what was read already.
func (c *Scores) inputOf(book *mingjing.Rulebook, missing []string, records []holding.Record, listings []holding.Listing) mingjing.Input {
	in := mingjing.Input{Missing: missing, AsOf: c.city.TodayBy(book),
		Records: []mingjing.Record{}, Listings: []mingjing.Listing{}}
	for _, r := range records {
		in.Records = append(in.Records, r.Record)
	}
	for _, l := range listings {
		in.Listings = append(in.Listings, l.Listing)
	}
	return in
}

// itemsOf returns what a score's explanation is made of.
func itemsOf(s mingjing.Score, records []holding.Record, listings []holding.Listing, open holding.OpenCases) []mingjing.ScoreItem {
	items := []mingjing.ScoreItem{}
	for _, x := range s.Explanation {
		for _, r := range records {
			if x.RecordID != "" && r.ID == x.RecordID {
				items = append(items, mingjing.ScoreItem{RecordID: r.ID, Agency: r.Agency, Document: r.Document,
					Open: open.RecordDisputable(r), DisputeID: r.DisputeID})
			}
		}
		for _, l := range listings {
			if x.ListingID != "" && l.ID == x.ListingID {
				items = append(items, mingjing.ScoreItem{ListingID: l.ID, Agency: l.Agency, Document: l.Document,
					Open: open.ListingDisputable(l), DisputeID: l.DisputeID})
			}
		}
	}
	return items
}

// makeScore makes and stores a score, and schedules a new one for the day on which it
// will change by itself.
func (c *Scores) makeScore(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID,
	book *mingjing.Rulebook, missing []string, cause string) (mingjing.Score, error) {
	in, err := c.Input(ctx, rd, resident, book, missing)
	if err != nil {
		return mingjing.Score{}, err
	}
	return c.keepScore(ctx, rd.Tx, resident, book, in, mingjing.MakeScore(book, in), cause)
}

// keepScore stores a score. It is dated after the resident's last one, also where the clock
// of another replica was ahead.
func (c *Scores) keepScore(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID, book *mingjing.Rulebook, in mingjing.Input,
	s mingjing.Score, cause string) (mingjing.Score, error) {
	s.ID, s.Cause, s.At = kernel.NewID(), cause, c.city.Now().UTC()
	switch last, err := db(t).LastScoreAt(ctx, resident); {
	case err == nil && !s.At.After(last):
		s.At = last.Add(time.Microsecond)
	case err != nil && !errors.Is(err, kernel.ErrNotFound):
		return s, err
	}
	if err := db(t).AddScore(ctx, resident, s); err != nil {
		return s, fmt.Errorf("keep score: %w", err)
	}
	if outlook := mingjing.Outlook(book, in); len(outlook) > 0 {
		at := outlook[0].On.Time(c.city.Zone())
		if err := t.Enqueue(ctx, kernel.Job{Kind: JobRescore, ID: string(resident), At: at}); err != nil {
			return s, err
		}
	}
	return s, t.Emit(ctx, string(resident), mingjing.EventScore, s.ID, s.At)
}

// Rescore makes new scores in the place of those of the resident that would be different
// today, except by the rulebook except. Only scores that were asked for, and whose
// consent is in force, exist.
func (c *Scores) Rescore(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, cause, except string) error {
	consents, err := read(rd).Consents(ctx, resident)
	if err != nil {
		return err
	}
	for _, book := range c.city.BooksOf(resident.Subject()) {
		if book.ID == except || !InForce(consents, book.ID) {
			continue
		}
		last, err := read(rd).LatestScore(ctx, resident, book.ID)
		if errors.Is(err, kernel.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		made, err := c.city.BookOf(last.Rulebook)
		if err != nil {
			return err
		}
		if rd.Entry().Action != "rescore" {
			rd = rd.As(c.city.Entry(kernel.System, "rescore", "", "score"))
			if err := rd.Log(ctx, resident); err != nil {
				return err
			}
		}
		in, err := c.Input(ctx, rd, resident, book, last.Missing)
		if err != nil {
			return err
		}
		// What has changed counts by the version that the resident knows, before a new
		// version makes the score anew.
		s := mingjing.MakeScore(made, in)
		was := last
		if was.AsOf = s.AsOf; was.Rulebook == s.Rulebook && !mingjing.Same(was, s) {
			if last, err = c.keepScore(ctx, rd.Tx, resident, made, in, s, cause); err != nil {
				return err
			}
		}
		if last.Rulebook == book.Ref() {
			continue
		}
		if err := c.renew(ctx, rd, resident, book, in, last); err != nil {
			return err
		}
	}
	return nil
}

// scoresExpire is the job that makes a resident's scores again on a day on which
// something ends.
func (c *Scores) scoresExpire(ctx context.Context, resident mingjing.ResidentID) error {
	return c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(kernel.System, "rescore", "", "score"))
		return c.Rescore(ctx, rd, resident, "expiry", "")
	})
}

// Card returns a summary of a score.
func Card(book *mingjing.Rulebook, s mingjing.Score) mingjing.ScoreCard {
	band, _ := book.Band(s.Band)
	return mingjing.ScoreCard{Rulebook: s.Rulebook, Value: s.Value, Min: book.Min, Max: book.Max, Band: band, At: s.At}
}

// maxHistory is how many of a resident's scores by one rulebook are shown.
const maxHistory = 60

// LatestCards returns summaries of a resident's newest scores, one for each of the city's
// rulebooks.
func LatestCards(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, city *kernel.City) ([]mingjing.ScoreCard, error) {
	cards := []mingjing.ScoreCard{}
	for _, book := range city.BooksOf(resident.Subject()) {
		s, err := read(rd).LatestScore(ctx, resident, book.ID)
		if errors.Is(err, kernel.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if book, err = city.BookOf(s.Rulebook); err != nil {
			return nil, err
		}
		cards = append(cards, Card(book, s))
	}
	return cards, nil
}

// Counterfactuals returns what would lead to other bands today, for a resident's newest
// score by each of the city's rulebooks.
func (c *Scores) Counterfactuals(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID) (
	[]mingjing.ScoreCounterfactuals, error) {
	all := []mingjing.ScoreCounterfactuals{}
	records, listings, err := held(ctx, rd, resident)
	if err != nil {
		return nil, err
	}
	for _, book := range c.city.BooksOf(resident.Subject()) {
		s, err := read(rd).LatestScore(ctx, resident, book.ID)
		if errors.Is(err, kernel.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if book, err = c.city.BookOf(s.Rulebook); err != nil {
			return nil, err
		}
		all = append(all, mingjing.ScoreCounterfactuals{ScoreID: s.ID, ScoreCard: Card(book, s),
			Counterfactuals: mingjing.MakeCounterfactuals(book, c.inputOf(book, s.Missing, records, listings))})
	}
	return all, nil
}

// Score returns the actor's newest score by a rulebook ("" for the newest by any)
// with all that explains it; nil when there is none.
func (c *Scores) Score(ctx context.Context, a mingjing.Actor, rulebook string) (*mingjing.ScoreView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return nil, err
	}
	if rulebook != "" {
		if _, err := c.city.Book(rulebook); err != nil {
			return nil, kernel.ErrNothingThere
		}
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (*mingjing.ScoreView, error) {
		rd := t.As(c.city.Entry(a, "score", rulebook, "own"))
		newest, err := read(rd).LatestScore(ctx, me, rulebook)
		if errors.Is(err, kernel.ErrNotFound) {
			return nil, nil // no score is no error
		}
		if err != nil {
			return nil, err
		}
		book, err := c.city.BookOf(newest.Rulebook)
		if err != nil {
			return nil, err
		}
		records, listings, err := held(ctx, rd, me)
		if err != nil {
			return nil, err
		}
		open, err := db(t).OpenCaseIDs(ctx, me)
		if err != nil {
			return nil, err
		}
		in := c.inputOf(book, newest.Missing, records, listings)
		out := mingjing.ScoreView{Score: newest, Min: book.Min, Max: book.Max, Bands: book.Bands,
			Items:           itemsOf(newest, records, listings, holding.NewOpenCases(open)),
			Codes:           book.Counting(),
			Counterfactuals: mingjing.MakeCounterfactuals(book, in),
			Outlook:         mingjing.Outlook(book, in), History: []mingjing.ScoreCard{}, Others: []mingjing.ScoreCard{}}
		out.Band, _ = book.Band(newest.Band)
		for _, d := range c.city.Drafts() {
			if d.ID == book.ID {
				out.Drafts = append(out.Drafts, d.VersionOf())
			}
		}
		history, err := read(rd).Scores(ctx, me, book.ID, maxHistory)
		if err != nil {
			return nil, err
		}
		for _, s := range history {
			made := book
			if s.Rulebook != made.Ref() {
				if made, err = c.city.BookOf(s.Rulebook); err != nil {
					return nil, err
				}
			}
			out.History = append(out.History, Card(made, s))
		}
		cards, err := LatestCards(ctx, rd, me, c.city)
		for _, k := range cards {
			if k.Rulebook.ID != book.ID {
				out.Others = append(out.Others, k)
			}
		}
		if err != nil {
			return nil, err
		}
		return &out, nil
	})
}
