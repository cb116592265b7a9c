package kernel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"mingjing"
)

// law is everything that was published, each version with the instant from which it
// holds. It does not change while the program runs; only what is in force does.
type law struct {
	books     []dated[*mingjing.Rulebook] // drafts left out; those of one id together, by their days
	drafts    []*mingjing.Rulebook
	byHash    map[string]*mingjing.Rulebook
	calendars []dated[*mingjing.Calendar] // those of one code together, by their days
	kept      []*mingjing.Rulebook
}

// A dated version holds from an instant on.
type dated[T any] struct {
	of   T
	from time.Time
}

func newLaw(books, kept []*mingjing.Rulebook, calendars []*mingjing.Calendar, zones map[string]*time.Location) (law, error) {
	l := law{byHash: map[string]*mingjing.Rulebook{}, kept: kept}
	order := map[string]int{} // the default rulebook stays the first
	for _, b := range books {
		if _, ok := order[b.ID]; !ok {
			order[b.ID] = len(order)
		}
		if b.Draft {
			l.drafts = append(l.drafts, b)
		} else {
			l.books = append(l.books, dated[*mingjing.Rulebook]{b, b.From.Time(zones[b.Zone])})
		}
		of := slices.DeleteFunc(slices.Clone(calendars), func(k *mingjing.Calendar) bool { return k.Code != b.Procedure.Calendar })
		if !slices.ContainsFunc(of, func(k *mingjing.Calendar) bool { return k.HoldsFrom <= b.From }) {
			return l, fmt.Errorf("casework: rulebook %s %s counts by the calendar %q, which is not there on its first day",
				b.ID, b.Version, b.Procedure.Calendar)
		}
		for _, k := range of {
			if k.Zone != b.Zone { // a day must not end twice
				return l, fmt.Errorf("casework: rulebook %s and its calendar %s are in different zones", b.ID, k.Code)
			}
		}
	}
	for _, b := range slices.Concat(kept, books) {
		l.byHash[b.Ref().Hash] = b
	}
	slices.SortStableFunc(l.books, func(a, b dated[*mingjing.Rulebook]) int {
		return cmp.Or(order[a.of.ID]-order[b.of.ID], a.from.Compare(b.from))
	})
	for _, k := range calendars {
		d := dated[*mingjing.Calendar]{of: k}
		if zone := zones[k.Zone]; zone != nil && k.HoldsFrom != "" {
			d.from = k.HoldsFrom.Time(zone)
		}
		l.calendars = append(l.calendars, d)
	}
	slices.SortStableFunc(l.calendars, func(a, b dated[*mingjing.Calendar]) int {
		return cmp.Or(strings.Compare(a.of.Code, b.of.Code), a.from.Compare(b.from))
	})
	return l, nil
}

// inForce returns of each group of versions the newest that holds at the instant. The
// versions of a group stand together, by their instants.
func inForce[T any](versions []dated[T], now time.Time, same func(a, b T) bool) []T {
	out := make([]T, 0, len(versions))
	for _, v := range versions {
		switch n := len(out); {
		case v.from.After(now):
		case n > 0 && same(out[n-1], v.of):
			out[n-1] = v.of
		default:
			out = append(out, v.of)
		}
	}
	return out
}

// Books returns the rulebooks for residents in force today, each in its version, the
// default one first.
func (c *City) Books() []*mingjing.Rulebook { return c.BooksOf(mingjing.OfResidents) }

// BooksOf is [City.Books] for those whom rulebooks score.
func (c *City) BooksOf(of mingjing.Subject) []*mingjing.Rulebook {
	return slices.DeleteFunc(c.allBooks(), func(b *mingjing.Rulebook) bool { return b.Of != of })
}

// HeldBooks returns the rulebooks in force today for those on whom records and listings are
// held: residents, and then organisations. No code is of both.
func (c *City) HeldBooks() []*mingjing.Rulebook {
	return append(c.Books(), c.BooksOf(mingjing.OfOrganisations)...)
}

func (c *City) allBooks() []*mingjing.Rulebook {
	return inForce(c.law.books, c.clock.Now(), func(a, b *mingjing.Rulebook) bool { return a.ID == b.ID })
}

// Book returns the version of a rulebook that is in force today, whomever it scores.
func (c *City) Book(id string) (*mingjing.Rulebook, error) {
	for _, b := range c.allBooks() {
		if b.ID == id {
			return b, nil
		}
	}
	return nil, mingjing.NewError(mingjing.Invalid, "unknown_rulebook")
}

// BookFor is [City.Book] of a rulebook that scores who has the id.
func (c *City) BookFor(who mingjing.ResidentID, id string) (*mingjing.Rulebook, error) {
	b, err := c.Book(id)
	if err == nil && b.Of != who.Subject() {
		return nil, mingjing.NewError(mingjing.Invalid, "unknown_rulebook")
	}
	return b, err
}

// BookOf returns the very version that a score names, by its hash. Of a version that
// nobody has kept, it returns the one that is in force today.
func (c *City) BookOf(ref mingjing.RulebookRef) (*mingjing.Rulebook, error) {
	if b, ok := c.BookByHash(ref.Hash); ok {
		return b, nil
	}
	return c.Book(ref.ID)
}

// BookByHash returns a version that was ever published, drafts included.
func (c *City) BookByHash(hash string) (*mingjing.Rulebook, bool) {
	b, ok := c.law.byHash[hash]
	return b, ok
}

// Versions returns all published versions of the rulebooks, drafts left out: those in
// force first, then those that will be and those that were.
func (c *City) Versions() []*mingjing.Rulebook {
	all := c.allBooks()
	add := func(b *mingjing.Rulebook) {
		if !b.Draft && !slices.Contains(all, b) {
			all = append(all, b)
		}
	}
	for _, v := range slices.Backward(c.law.books) {
		add(v.of)
	}
	for _, b := range c.law.kept {
		if c.law.byHash[b.Ref().Hash] == b {
			add(b)
		}
	}
	return all
}

// Drafts returns the proposed versions of rulebooks.
func (c *City) Drafts() []*mingjing.Rulebook { return c.law.drafts }

// Calendars returns the calendars in force today, by their codes.
func (c *City) Calendars() []*mingjing.Calendar {
	return inForce(c.law.calendars, c.clock.Now(), func(a, b *mingjing.Calendar) bool { return a.Code == b.Code })
}

// CalendarEnds returns the calendars by which rulebooks in force count, each with the
// number of days that are left until its last day. A calendar of which a later version is
// published already ends with that one. Metrics read it, and the page of staff.
func (c *City) CalendarEnds() []mingjing.CalendarEnd {
	var ends []mingjing.CalendarEnd
	for _, b := range c.allBooks() {
		code := b.Procedure.Calendar
		if slices.ContainsFunc(ends, func(e mingjing.CalendarEnd) bool { return e.Calendar == code }) {
			continue
		}
		e := mingjing.CalendarEnd{Calendar: code}
		for _, k := range c.law.calendars {
			if k.of.Code == code && k.of.To > e.Last {
				e.Last, e.Name = k.of.To, k.of.Name
			}
		}
		today := c.TodayBy(b)
		e.Days = int(e.Last.Time(time.UTC).Sub(today.Time(time.UTC)) / (24 * time.Hour))
		ends = append(ends, e)
	}
	return ends
}
