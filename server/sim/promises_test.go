package sim

import (
	"errors"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// What the product promises, as far as it can be seen in the state. That nothing which was
// acknowledged is lost or doubled is the model's; that an entry of the access log stands
// before each look, and that each proof verifies, is checked where somebody looks.

var errPeek = errors.New("peek")

// peek reads the store itself, and leaves nothing in anybody's log.
func (w *world) peek(fn func(t casework.Tx, rd casework.Reader) error) error {
	err := w.p.store.Tx(ctx, func(t casework.Tx) error {
		rd := t.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{Role: mingjing.RoleSystem, Action: "test"}})
		if err := fn(t, rd); err != nil {
			return err
		}
		return errPeek
	})
	if errors.Is(err, errPeek) {
		return nil
	}
	return err
}

// checkClocks fails where a deadline has passed that nobody has met or noticed, while the
// city was there and had nothing to do.
func (w *world) checkClocks() {
	now := w.Now()
	open, err := column[int64](w, `SELECT created_at FROM request WHERE state IN ('queued', 'collecting', 'scoring') AND created_at < ?`,
		now.Add(-mingjing.ScoreDeadline).UnixMicro())
	if err != nil {
		return
	}
	for _, made := range open {
		if due := time.UnixMicro(made).Add(mingjing.ScoreDeadline); !w.excused(due) {
			w.fail("a score request is open, and its deadline was %s", due)
		}
	}
	asked, err := column[int64](w, `SELECT due FROM inquiry WHERE state <> 'answered' AND unexplained = 0 AND due < ?`,
		now.Add(-10*time.Millisecond).UnixMicro())
	if err != nil {
		return
	}
	for _, at := range asked {
		if due := time.UnixMicro(at); !w.excused(due) {
			w.fail("an inquiry about a look was to be answered by %s, and nothing happened", due)
		}
	}
	late, err := column[string](w, `SELECT id FROM dispute WHERE state <> 'decided' AND next_due < ?`,
		now.Add(-10*time.Millisecond).UnixMicro())
	if err != nil {
		return
	}
	for _, id := range late {
		_ = w.peek(func(t casework.Tx, _ casework.Reader) error {
			d, err := t.CaseSummary(ctx, id)
			if err != nil || d.Escalated {
				return err
			}
			for _, k := range d.Clocks {
				if watched(k.Code) && cases.IsRunning(k) && k.Due.Before(now.Add(-10*time.Millisecond)) && !w.excused(k.Due) {
					w.fail("the clock %q of case %s in state %s ran out at %s, and nothing happened", k.Code, id, d.State, k.Due)
				}
			}
			return nil
		})
	}
}

// watched reports whether something happens when a clock runs out. That a dispute was put to
// its agency late, or marked late, is only shown.
func watched(clock string) bool {
	return cases.IsBureauClock(clock) || clock == "agency" || clock == "second"
}

// column returns one column of what a query finds.
func column[T any](w *world, query string, args ...any) (list []T, err error) {
	rows, err := w.p.jobs.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// checkEvents fails unless the events of each audience have every number.
func (w *world) checkEvents() {
	gaps, err := column[string](w, `SELECT audience FROM event GROUP BY audience HAVING count(*) <> max(seq) - min(seq) + 1`)
	if err == nil && len(gaps) > 0 {
		w.fail("the events of %v have gaps", gaps)
	}
}

// checkEffects fails where something that is disputed, or that an agency has lost, has an
// effect on a resident, and where a score is not what it is made of.
func (w *world) checkEffects(x *person) {
	w.ifErased(x)
	if x.left {
		return
	}
	err := w.peek(func(_ casework.Tx, rd casework.Reader) error {
		records, err := rd.Records(ctx, x.id())
		if err != nil {
			return err
		}
		listings, err := rd.Listings(ctx, x.id())
		if err != nil {
			return err
		}
		all, err := rd.CasesOf(ctx, x.id(), kernel.MaxList)
		if err != nil {
			return err
		}
		today := mingjing.DateOf(w.Now().In(w.p.bureau.City.Zone()))
		for _, d := range all {
			w.checkCase(d, records, listings, today)
		}
		return w.checkScores(x, rd, records, listings)
	})
	if err != nil && !errors.Is(err, kernel.ErrNotFound) {
		w.fail("what is held on %s can't be read: %v", x.actor.Name, err)
	}
}

func (w *world) checkCase(d cases.Case, records []holding.Record, listings []holding.Listing, today mingjing.Date) {
	if d.State == mingjing.CaseDecided {
		if d.Decision == nil || d.Decision.Rule == "" && (d.Decision.By == "" || d.Decision.Reasons == "") {
			w.fail("case %s is decided by nobody: %+v", d.ID, d.Decision)
		}
		if d.Kind == mingjing.CaseDispute && d.Decision != nil && d.Decision.Outcome == mingjing.OutcomeRejected && d.Answer == nil {
			w.fail("the dispute %s was rejected without the agency's word", d.ID)
		}
		return
	}
	if d.Kind != mingjing.CaseDispute && d.Kind != mingjing.CaseReview {
		return
	}
	lost := d.State == mingjing.CaseAgencySilent || d.State == mingjing.CaseAgencyLost
	for _, r := range records {
		if r.ID == d.RecordID && mingjing.EffectOfRecord(smallBooks()[0], r.Record, today).Why == "" {
			w.fail("record %s counts in state %s while case %s is open in state %s; its agency was silent: %v",
				r.ID, r.State, d.ID, d.State, lost)
		}
	}
	for _, l := range listings {
		if l.ID == d.ListingID && l.Effective(today) {
			w.fail("listing %s has effect in state %s while case %s is open in state %s; its agency was silent: %v",
				l.ID, l.State, d.ID, d.State, lost)
		}
	}
}

// checkScores fails where a score differs from one that is made anew, or where a request
// has more than one.
func (w *world) checkScores(x *person, rd casework.Reader, records []holding.Record, listings []holding.Listing) error {
	requests, err := rd.Requests(ctx, x.id())
	if err != nil {
		return err
	}
	ready := 0
	for _, r := range requests {
		if r.State == mingjing.RequestReady {
			ready++
		}
		if r.FinishedAt != nil && r.FinishedAt.After(r.Deadline) && !w.excused(r.Deadline) {
			w.fail("the request %s ended at %s, its deadline was %s", r.ID, r.FinishedAt, r.Deadline)
		}
	}
	for _, book := range smallBooks() {
		scores, err := rd.Scores(ctx, x.id(), book.ID, kernel.MaxList)
		if err != nil || len(scores) == 0 {
			return err
		}
		asked := 0
		for _, s := range scores {
			if s.Cause == "request" {
				asked++
			}
		}
		if asked > ready {
			w.fail("%s has %d scores of requests by %s, and %d requests were answered", x.actor.Name, asked, book.ID, ready)
		}
		if w.jumped {
			continue
		}
		last := scores[len(scores)-1]
		in := mingjing.Input{AsOf: w.p.bureau.City.TodayBy(book), Missing: last.Missing}
		for _, r := range records {
			in.Records = append(in.Records, r.Record)
		}
		for _, l := range listings {
			in.Listings = append(in.Listings, l.Listing)
		}
		want := mingjing.MakeScore(book, in)
		if want.AsOf = last.AsOf; !mingjing.Same(want, last) && last.Rulebook == book.Ref() {
			w.fail("the score of %s by %s is\n%+v, made anew\n%+v", x.actor.Name, book.ID, last, want)
		}
		// Who did not answer never counts: the score is the same with nobody missing.
		in.Missing = nil
		if all := mingjing.MakeScore(book, in); all.Value != want.Value || all.Band != want.Band {
			w.fail("the score of %s by %s depends on who was silent", x.actor.Name, book.ID)
		}
	}
	return nil
}

// ifErased fails where somebody who was erased is there.
func (w *world) ifErased(x *person) {
	if x.receipt == "" {
		return
	}
	_ = w.peek(func(t casework.Tx, _ casework.Reader) error {
		e, err := t.Erasure(ctx, x.receipt)
		if errors.Is(err, kernel.ErrNotFound) {
			w.fail("the erasure %s was acknowledged, and is not there", x.receipt)
		}
		if err != nil || e.ErasedAt == nil {
			return err
		}
		if gone, err := t.Erased(ctx, x.id()); err == nil && !gone {
			w.fail("%s was erased, and is there", x.actor.Name)
		}
		return nil
	})
}

// checkLooks fails where staff were shown more than the access log has.
func (w *world) checkLooks(x *person) {
	if x.left {
		return
	}
	err := w.peek(func(_ casework.Tx, rd casework.Reader) error {
		counts := map[string]int{}
		for before := int64(0); ; {
			entries, err := rd.AccessEntries(ctx, x.id(), true, before, 500)
			if err != nil {
				return err
			}
			for _, e := range entries {
				counts[e.By]++
			}
			if len(entries) < 500 {
				break
			}
			before = entries[len(entries)-1].Seq
		}
		for by, n := range x.looks {
			if counts[by] < n {
				w.fail("%s was shown something of %s %d times, and the access log says %d", by, x.actor.Name, n, counts[by])
			}
		}
		return nil
	})
	if err != nil {
		w.fail("the access log of %s can't be read: %v", x.actor.Name, err)
	}
}

// An excuse is a time in which deadlines may pass: the city was away, or its clock jumped.
type excuse struct{ from, to time.Time }

// excused reports whether a deadline may have been missed.
func (w *world) excused(deadline time.Time) bool {
	return slices.ContainsFunc(w.excuses, func(e excuse) bool { return !deadline.Before(e.from) && !deadline.After(e.to) })
}

func (w *world) excuse(from, to time.Time) { w.excuses = append(w.excuses, excuse{from, to}) }
