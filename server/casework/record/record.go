package record

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// Records returns the actor's records with their rule and effect, newest first.
func (c *Records) Records(ctx context.Context, a mingjing.Actor) (mingjing.RecordsView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.RecordsView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.RecordsView, error) {
		v := mingjing.RecordsView{Records: []mingjing.RecordView{}}
		rd := t.As(c.city.Entry(a, "records", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return v, err
		}
		records, err := read(rd).Records(ctx, me)
		if err != nil {
			return v, err
		}
		open, err := cases.OpenCasesOf(ctx, t, me)
		if err != nil {
			return v, err
		}
		slices.SortStableFunc(records, func(x, y holding.Record) int { return cmp.Compare(y.Occurred, x.Occurred) })
		for _, r := range records[:min(len(records), cases.MaxShown)] {
			v.Records = append(v.Records, c.RecordView(r, open))
		}
		return v, nil
	})
}

// Record returns one of the actor's records.
func (c *Records) Record(ctx context.Context, a mingjing.Actor, id string) (mingjing.RecordView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.RecordView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.RecordView, error) {
		rd := t.As(c.city.Entry(a, "record", id, "own"))
		r, err := holding.OwnRecord(ctx, rd, me, id)
		if err != nil {
			return mingjing.RecordView{}, err
		}
		open, err := cases.OpenCasesOf(ctx, t, me)
		return c.RecordView(r, open), err
	})
}

// RecordView returns a record with its rule and effect by each rulebook.
func (c *Records) RecordView(r holding.Record, open holding.OpenCases) mingjing.RecordView {
	v := mingjing.RecordView{Record: r.Record, Effect: []mingjing.Effect{}, Open: open.RecordDisputable(r)}
	for _, b := range c.city.BooksOf(r.Resident.Subject()) {
		item, ok := b.Item(r.Code)
		if !ok {
			continue
		}
		v.Area = item.Area
		e := mingjing.EffectOfRecord(b, r.Record, c.city.Today())
		v.Effect = append(v.Effect, e)
		if e.Ends > v.Ends {
			v.Ends = e.Ends
		}
	}
	return v
}

// Sources returns the agencies of all rulebooks, what each may hold, and what it
// holds on the actor.
func (c *Records) Sources(ctx context.Context, a mingjing.Actor) (mingjing.SourcesView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.SourcesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.SourcesView, error) {
		v := mingjing.SourcesView{Sources: []mingjing.SourceView{}}
		rd := t.As(c.city.Entry(a, "sources", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return v, err
		}
		held := map[string]int{}
		records, err := read(rd).Records(ctx, me)
		if err != nil {
			return v, err
		}
		for _, r := range records {
			if r.State != mingjing.RecordRemoved {
				held[r.Agency]++
			}
		}
		listings, err := read(rd).Listings(ctx, me)
		if err != nil {
			return v, err
		}
		for _, l := range listings {
			if !l.State.Over() {
				held[l.Agency]++
			}
		}
		asked := map[string]score.Source{}
		r, err := read(rd).LatestRequest(ctx, me)
		if err == nil {
			sources, err := c.scores.SourcesOf(ctx, rd, r)
			if err != nil {
				return v, err
			}
			for _, s := range sources {
				asked[s.Agency] = s
			}
		} else if !errors.Is(err, kernel.ErrNotFound) {
			return v, err
		}
		seen := map[string]int{}
		for _, b := range c.city.BooksOf(me.Subject()) {
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
		return v, nil
	})
}

// PutRecordStatement stores the resident's own statement beside a record, as
// [holding.Holdings.CheckStatement] wants it; "" removes it.
func (c *Records) PutRecordStatement(ctx context.Context, a mingjing.Actor, record, text string) error {
	me, err := kernel.AsResident(a)
	if err != nil {
		return err
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(a, "record", record, "own"))
		r, err := holding.OwnRecord(ctx, rd, me, record)
		if err != nil {
			return err
		}
		if r.Statement, err = c.holdings.CheckStatement(r.Code, text); err != nil {
			return err
		}
		if err := db(t).PutRecord(ctx, r); err != nil {
			return err
		}
		return t.Emit(ctx, a.ID, mingjing.EventRecord, r.ID, c.city.Now())
	}))
}
