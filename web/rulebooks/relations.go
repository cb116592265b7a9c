package rulebooks

import (
	"slices"
	"strconv"
	"time"

	"mingjing"
)

// rulebook checks the rules that a schema can't say: those about two places.
func (c *checker) rulebook(b *mingjing.Rulebook) {
	if b.Min >= b.Max {
		c.addNew("/max", "it must be above min")
	}
	if b.Base < b.Min || b.Base > b.Max {
		c.addNew("/base", "it must lie between min and max")
	}
	if b.From.Time(time.UTC).IsZero() {
		c.addNew("/from", "write a day, such as 2026-01-01")
	}
	if u := b.CommentsUntil; u != "" && (u.Time(time.UTC).IsZero() || u >= b.From) {
		c.addNew("/comments_until", "write a day before from, such as 2026-01-01")
	}
	c.tiers("/procedure/tiers", b.Procedure.Tiers)
	c.catalogue(b)
	c.agencies(b)
	c.bands(b)
}

// codes checks that a code names one thing.
func (c *checker) codes() func(place, code string) {
	seen := map[string]bool{}
	return func(place, code string) {
		if seen[code] {
			c.addNew(place, code+" is there twice: a code names one thing")
		}
		seen[code] = true
	}
}

func (c *checker) tiers(path string, tiers []mingjing.Tier) {
	if len(tiers) != len(mingjing.Tiers) {
		return // the schema reports it
	}
	for i, t := range tiers {
		at := path + "/" + strconv.Itoa(i)
		if t.Code != mingjing.Tiers[i] {
			c.addNew(at+"/code", "tiers go from the mildest to the gravest: write "+mingjing.Tiers[i])
		}
		switch {
		case t.MaxMonths < t.MinMonths:
			c.addNew(at+"/max_months", "it must not be below min_months")
		case i > 0 && (t.MinMonths < tiers[i-1].MinMonths || t.MaxMonths < tiers[i-1].MaxMonths):
			c.addNew(at, "what is graver is not over sooner: raise its months, or lower those of the tier before")
		}
	}
}

// listing checks that a list does only what is published and in proportion, and ends.
func (c *checker) listing(path string, b *mingjing.Rulebook, item *mingjing.Item) {
	if item.Listing == "" {
		return
	}
	// A redlist has no gravity, so it can do only what every list can.
	gravity := 0
	if tier, ok := b.Procedure.Tier(item.Tier); ok && item.Listing == mingjing.Blacklist {
		gravity = slices.Index(mingjing.Tiers, item.Tier)
		if item.CountsMonths > tier.MaxMonths {
			c.addNew(path+"/counts_months",
				"a "+item.Tier+" listing is shown for at most "+strconv.Itoa(tier.MaxMonths)+" months: nothing counts for longer")
		}
	}
	for i, code := range item.Measures {
		at := path + "/measures/" + strconv.Itoa(i)
		switch m, ok := b.Measure(code); {
		case ok && slices.Index(mingjing.Tiers, m.Tier) > gravity:
			c.addNew(at, code+" is for "+m.Tier+" grounds: it is out of proportion here")
		}
	}
}

func (c *checker) catalogue(b *mingjing.Rulebook) {
	held := map[string]bool{}
	for _, a := range b.Agencies {
		for _, code := range a.Holds {
			held[code] = true
		}
	}
	code := c.codes()
	for i := range b.Catalogue {
		item := &b.Catalogue[i]
		path := "/catalogue/" + strconv.Itoa(i)
		code(path+"/code", item.Code)
		if !held[item.Code] {
			c.addNew(path+"/code", "no agency holds "+item.Code+": add it to the holds of one, or remove the item")
		}
		if _, ok := b.Band(item.Cap); item.Cap != "" && !ok {
			c.addNew(path+"/cap", "there is no band "+strconv.Quote(item.Cap)+" under /bands")
		}
		c.listing(path, b, item)
	}
}

func (c *checker) agencies(b *mingjing.Rulebook) {
	items := map[string]bool{}
	for i := range b.Catalogue {
		items[b.Catalogue[i].Code] = true
	}
	agency := c.codes()
	for i := range b.Agencies {
		path := "/agencies/" + strconv.Itoa(i)
		agency(path+"/code", b.Agencies[i].Code)
		for j, code := range b.Agencies[i].Holds {
			if !items[code] {
				c.addNew(path+"/holds/"+strconv.Itoa(j), "there is no item "+strconv.Quote(code)+" in the catalogue")
			}
		}
	}
}

func (c *checker) bands(b *mingjing.Rulebook) {
	if len(b.Bands) == 0 {
		return
	}
	code := c.codes()
	for i := range b.Bands {
		path := "/bands/" + strconv.Itoa(i)
		code(path+"/code", b.Bands[i].Code)
		if i > 0 && b.Bands[i].From >= b.Bands[i-1].From {
			c.addNew(path+"/from", "bands go from the best to the worst: it must be below that of the band before")
		}
	}
	if b.Bands[0].From > b.Max {
		c.addNew("/bands/0/from", "nobody can reach it: it must not be above max")
	}
	if last := len(b.Bands) - 1; b.Bands[last].From != b.Min {
		c.addNew("/bands/"+strconv.Itoa(last)+"/from", "the last band begins at min: write "+strconv.Itoa(b.Min))
	}
}

// calendar checks the rules of a calendar that a schema can't say.
func (c *checker) calendar(k *mingjing.Calendar) {
	from, to := k.From.Time(time.UTC), k.To.Time(time.UTC)
	switch {
	case from.IsZero():
		c.addNew("/from", "write a day, such as 2026-01-01")
	case to.IsZero():
		c.addNew("/to", "write a day, such as 2026-12-31")
	case !from.Before(to):
		c.addNew("/to", "it must be after from")
	case to.After(from.AddDate(mingjing.MaxCalendarYears, 0, 0)):
		c.addNew("/to", "write at most "+strconv.Itoa(mingjing.MaxCalendarYears)+" years")
	}
	if k.HoldsFrom != "" && k.HoldsFrom.Time(time.UTC).IsZero() {
		c.addNew("/holds_from", "write a day, such as 2026-01-01")
	}
	c.days(k, "/holidays", k.Holidays)
	c.days(k, "/workdays", k.Workdays)
	// A calendar without holidays has only the weekends off.
	var week mingjing.Calendar
	for i, d := range k.Workdays {
		at := "/workdays/" + strconv.Itoa(i)
		if slices.Contains(k.Holidays, d) {
			c.addNew(at, "the day is a holiday too: remove one of them")
		} else if !d.Time(time.UTC).IsZero() && week.Working(d) {
			c.addNew(at, "the day is no weekend and worked anyway: remove it")
		}
	}
	if k.Sample && (k.SampleFrom.Time(time.UTC).IsZero() || !k.Knows(k.SampleFrom)) {
		c.addNew("/sample_from", "write the first day that is projected, between from and to")
	}
}

func (c *checker) days(k *mingjing.Calendar, path string, days []mingjing.Date) {
	for i, d := range days {
		at := path + "/" + strconv.Itoa(i)
		switch {
		case d.Time(time.UTC).IsZero():
			c.addNew(at, "write a day, such as 2026-10-01")
		case !k.Knows(d):
			c.addNew(at, "the day is not between from and to")
		case i > 0 && d <= days[i-1]:
			c.addNew(at, "days go in order, each once: it must be after the one before")
		}
	}
}
