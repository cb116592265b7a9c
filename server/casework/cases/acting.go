package cases

import (
	"context"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
)

// maxChain is the longest chain of follow-up cases.
const maxChain = 20

// enter returns the reader for somebody's case. It is the only way into one: the
// resident gets it without a mandate, who acts for them today gets it with theirs, and
// everybody else gets [kernel.ErrNotFound]. Nothing of the case is opened before the
// entry is in the resident's access log, and in that of who acts for them.
func (c *Cases) enter(ctx context.Context, t *kernel.Tx, a mingjing.Actor, id, action string) (*kernel.Reader, *mandate.Mandate, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return nil, nil, err
	}
	line, err := db(t).CaseSummary(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if line.Resident == me {
		return t.As(c.city.Entry(a, action, id, "own")), nil, nil
	}
	m, err := c.mandateIn(ctx, t, a, line)
	if err != nil {
		return nil, nil, err
	}
	rd := t.As(kernel.Entry{AccessEntry: m.Entry(c.city.Now(), action, id)})
	return rd, m, mandate.LogOwn(ctx, t, a, m, c.city.Now(), action, id)
}

// enterCase is [Cases.enter], and returns the case as well.
func (c *Cases) enterCase(ctx context.Context, t *kernel.Tx, a mingjing.Actor, id, action string) (
	*kernel.Reader, Case, *mandate.Mandate, error) {
	rd, m, err := c.enter(ctx, t, a, id, action)
	if err != nil {
		return nil, Case{}, nil, err
	}
	d, err := read(rd).Case(ctx, id)
	return rd, d, m, err
}

// mandateIn returns the mandate by which the actor acts in somebody else's case today.
func (c *Cases) mandateIn(ctx context.Context, t *kernel.Tx, a mingjing.Actor, line Case) (*mandate.Mandate, error) {
	all, err := read(t.As(mandate.OwnEntry(c.city, a))).MandatesFor(ctx, mingjing.ResidentID(a.ID))
	if err != nil {
		return nil, err
	}
	cases, err := chain(ctx, t, line)
	if err != nil {
		return nil, err
	}
	for _, d := range cases {
		for _, m := range all {
			if m.CaseID == d.ID && m.OwnerID == d.Resident && m.MayAct(c.city.Today()) {
				return &m, nil
			}
		}
	}
	return nil, kernel.ErrNotFound
}

// filesFor returns the mandate by which the actor files a follow-up of a previous case;
// nil for a case of their own. Without a previous case everybody files for themselves.
func (c *Cases) filesFor(ctx context.Context, t *kernel.Tx, a mingjing.Actor, previous string) (*mandate.Mandate, error) {
	if previous == "" {
		return nil, nil
	}
	line, err := db(t).CaseSummary(ctx, previous)
	if err != nil {
		return nil, err
	}
	if string(line.Resident) == a.ID {
		return nil, nil
	}
	return c.mandateIn(ctx, t, a, line)
}

// mandatesIn returns the mandates of a case and of those that it follows.
func mandatesIn(ctx context.Context, rd *kernel.Reader, d Case) ([]mandate.Mandate, error) {
	cases, err := chain(ctx, rd.Tx, d)
	if err != nil {
		return nil, err
	}
	var all []mandate.Mandate
	for _, d := range cases {
		some, err := read(rd).MandatesOf(ctx, d.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// chain returns a case and those of the same resident that it follows, newest first, at
// most maxChain.
func chain(ctx context.Context, t *kernel.Tx, d Case) ([]Case, error) {
	cases := []Case{d}
	for d.Previous != "" && len(cases) < maxChain {
		previous, err := db(t).CaseSummary(ctx, d.Previous)
		if err != nil {
			return nil, err
		}
		if previous.Resident != d.Resident {
			break
		}
		cases, d = append(cases, previous), previous
	}
	return cases, nil
}

// entryBy returns an entry of a case's timeline, by the resident or by who acts for
// them.
func entryBy(a mingjing.Actor, m *mandate.Mandate, at time.Time, code string) mingjing.TimelineEntry {
	if m == nil {
		return mingjing.TimelineEntry{At: at, Code: code, Role: a.Role}
	}
	return mingjing.TimelineEntry{At: at, Code: code, Role: mingjing.RoleHelper, Who: m.Name, For: m.Resident}
}

// helpersIn returns those who may act in a case today.
func (c *Cases) helpersIn(ctx context.Context, rd *kernel.Reader, d Case) ([]mingjing.ResidentID, error) {
	all, err := mandatesIn(ctx, rd, d)
	var may []mingjing.ResidentID
	for _, m := range all {
		if m.MayAct(c.city.Today()) && !slices.Contains(may, m.HelperID) {
			may = append(may, m.HelperID)
		}
	}
	return may, err
}

// tellHelpers publishes an event of a case to its helpers.
func (c *Cases) tellHelpers(ctx context.Context, rd *kernel.Reader, d Case) error {
	may, err := c.helpersIn(ctx, rd, d)
	if err != nil {
		return err
	}
	for _, helper := range may {
		if err := rd.Emit(ctx, string(helper), mingjing.EventDispute, d.ID, c.city.Now()); err != nil {
			return err
		}
	}
	return nil
}

// NotifyCase puts a notice about a case into the resident's inbox, and into those of the
// helpers. To helpers it says no more than that there is news: the rest is in the case,
// where reading it is logged.
func (c *Cases) NotifyCase(ctx context.Context, rd *kernel.Reader, d Case, kind mingjing.NoticeKind, code string) error {
	if err := c.notices.NotifyItem(ctx, rd, d.Resident, mingjing.Notice{Kind: kind, Code: code, Page: "dispute",
		Subject: d.ID, Item: d.CatalogueCode}); err != nil {
		return err
	}
	may, err := c.helpersIn(ctx, rd, d)
	if err != nil {
		return err
	}
	// Whoever moves the case looks at nothing of the helper's.
	notifying := rd.As(c.city.NoticeEntry())
	for _, helper := range may {
		if err := c.notices.Notify(ctx, notifying, helper, kind, "helping", "helping", d.ID); err != nil {
			return err
		}
	}
	return nil
}
