package score

import (
	"context"
	"fmt"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Input is what a resident's score is made from today.
func (c *Scores) Input(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID, book *mingjing.Rulebook, missing []string) (mingjing.Input, error) {
	in := mingjing.Input{Missing: missing, AsOf: c.city.TodayBy(book),
		Records: []mingjing.Record{}, Listings: []mingjing.Listing{}}
	records, err := db(t).Records(ctx, resident)
	if err != nil {
		return in, err
	}
	for _, r := range records {
		in.Records = append(in.Records, r.Record)
	}
	listings, err := db(t).Listings(ctx, resident)
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
func (c *Scores) makeScore(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID, book *mingjing.Rulebook, missing []string, cause string) (mingjing.Score, error) {
	in, err := c.Input(ctx, t, resident, book, missing)
	if err != nil {
		return mingjing.Score{}, err
	}
	return c.keepScore(ctx, t, resident, book, in, mingjing.MakeScore(book, in), cause)
}

func (c *Scores) keepScore(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID, book *mingjing.Rulebook, in mingjing.Input, s mingjing.Score, cause string) (mingjing.Score, error) {
	s.ID, s.Cause, s.At = kernel.NewID(), cause, c.city.Now().UTC()
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

// Rescore makes every score of the resident anew that is no longer what it would
// be today, but for that of the rulebook except. Only scores that were asked for,
// and whose consent is in force, exist.
func (c *Scores) Rescore(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID, cause, except string) error {
	consents, err := db(t).Consents(ctx, resident)
	if err != nil {
		return err
	}
	looked := t.Reads("rescore")
	for _, book := range c.city.Books() {
		if book.ID == except || !InForce(consents, book.ID) {
			continue
		}
		scores, err := db(t).Scores(ctx, resident, book.ID)
		if err != nil {
			return err
		}
		if len(scores) == 0 {
			continue
		}
		last := scores[len(scores)-1]
		if !looked {
			looked = true
			if err := t.Look(ctx, kernel.System, resident, c.city.Now(), "rescore", "", "score"); err != nil {
				return err
			}
		}
		in, err := c.Input(ctx, t, resident, book, last.Missing)
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

// scoresExpire makes a resident's scores anew on a day on which something ends.
func (c *Scores) scoresExpire(ctx context.Context, resident mingjing.ResidentID) error {
	return c.city.Tx(ctx, func(t *kernel.Tx) error {
		t.Because(kernel.System, "rescore", "", "score")
		return c.Rescore(ctx, t, resident, "expiry", "")
	})
}

// Card is a score in short.
func Card(book *mingjing.Rulebook, s mingjing.Score) mingjing.ScoreCard {
	band, _ := book.Band(s.Band)
	return mingjing.ScoreCard{Rulebook: s.Rulebook, Value: s.Value, Min: book.Min, Max: book.Max, Band: band, At: s.At}
}

// Score is the actor's newest score by a rulebook ("" for the newest by any)
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
		t.Because(a, "score", rulebook, "own")
		all, err := db(t).Scores(ctx, me, "")
		if err != nil {
			return nil, err
		}
		var newest *mingjing.Score
		for i := range all {
			if rulebook == "" || all[i].Rulebook.ID == rulebook {
				newest = &all[i]
			}
		}
		if newest == nil {
			return nil, nil // no score is no error
		}
		book, err := c.city.Book(newest.Rulebook.ID)
		if err != nil {
			return nil, err
		}
		in, err := c.Input(ctx, t, me, book, newest.Missing)
		if err != nil {
			return nil, err
		}
		out := mingjing.ScoreView{Score: *newest, Min: book.Min, Max: book.Max, Bands: book.Bands,
			Outlook: mingjing.Outlook(book, in), History: []mingjing.ScoreCard{}, Others: []mingjing.ScoreCard{}}
		out.Band, _ = book.Band(newest.Band)
		others := map[string]mingjing.ScoreCard{}
		for _, s := range all {
			b, err := c.city.Book(s.Rulebook.ID)
			if err != nil { // a rulebook that is no longer published
				continue
			}
			if b == book {
				out.History = append(out.History, Card(b, s))
			} else {
				others[b.ID] = Card(b, s)
			}
		}
		for _, b := range c.city.Books() {
			if o, ok := others[b.ID]; ok {
				out.Others = append(out.Others, o)
			}
		}
		const most = 60
		out.History = out.History[max(0, len(out.History)-most):]
		return &out, nil
	})
}
