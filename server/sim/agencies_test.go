package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/score"
)

// A mood is how an agency answers.
type mood string

// The moods.
const (
	prompt   mood = "prompt"
	silent   mood = "silent"
	wrong    mood = "wrong"
	hostile  mood = "hostile"
	flapping mood = "flapping"
)

var moods = []mood{prompt, prompt, prompt, silent, silent, silent, wrong, hostile, flapping}

// agencies are the public bodies. Each call waits until the seed has it answered.
type agencies struct {
	w     *world
	moods map[string]mood
	held  map[string]score.Reply // by agency and ID number
	refs  int

	mu    sync.Mutex
	calls []*call
}

// A call is one question to an agency.
type call struct {
	name, agency string
	records      *score.RecordsQuery
	question     *cases.Question
	answer       chan reply
}

type reply struct {
	records score.Reply
	answer  *mingjing.AgencyAnswer
	err     error
}

func newAgencies(w *world) *agencies {
	a := &agencies{w: w, moods: map[string]mood{}, held: map[string]score.Reply{}}
	if w != nil {
		for _, code := range few {
			a.moods[code] = pick(w, moods)
		}
	}
	return a
}

var errDown = errors.New("the agency is down")

// A brokenCircuit is the error of an agency that is not asked for a while.
type brokenCircuit struct{ after time.Duration }

func (brokenCircuit) Error() string                       { return "the agency is silent" }
func (e brokenCircuit) RetryAfter() (time.Duration, bool) { return e.after, true }

func (a *agencies) ask(ctx context.Context, c *call) reply {
	c.answer = make(chan reply, 1)
	a.mu.Lock()
	a.calls = append(a.calls, c)
	a.mu.Unlock()
	select {
	case r := <-c.answer:
		return r
	case <-ctx.Done():
		a.mu.Lock()
		defer a.mu.Unlock()
		a.calls = slices.DeleteFunc(a.calls, func(o *call) bool { return o == c })
		return reply{err: ctx.Err()}
	}
}

// Records implements score.Agencies.
func (a *agencies) Records(ctx context.Context, agency string, q score.RecordsQuery) (score.Reply, error) {
	r := a.ask(ctx, &call{name: agency + " records " + q.RequestID, agency: agency, records: &q})
	return r.records, r.err
}

// Ask implements cases.Agencies.
func (a *agencies) Ask(ctx context.Context, agency string, q cases.Question) (*mingjing.AgencyAnswer, error) {
	r := a.ask(ctx, &call{name: agency + " question " + q.CaseID, agency: agency, question: &q})
	return r.answer, r.err
}

// open returns the calls that wait, in an order that does not depend on the scheduler.
func (a *agencies) open() []*call {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := slices.Clone(a.calls)
	slices.SortFunc(list, func(x, y *call) int { return strings.Compare(x.name, y.name) })
	return list
}

// reply has a call answered as the agency is.
func (a *agencies) reply(c *call) {
	a.mu.Lock()
	a.calls = slices.DeleteFunc(a.calls, func(o *call) bool { return o == c })
	a.mu.Unlock()
	how := a.moods[c.agency]
	if how == flapping && a.w.chance(2) {
		how = prompt
	}
	var r reply
	if c.records != nil {
		r = a.replyRecords(c, how)
	} else {
		r = a.replyQuestion(how)
	}
	a.w.say("agency %s, %s: %d records, %d listings, answer %v, %v", c.name, how, len(r.records.Records), len(r.records.Listings),
		r.answer != nil, r.err)
	c.answer <- r
}

func (a *agencies) replyRecords(c *call, how mood) (r reply) {
	held := a.held[c.agency+" "+string(c.records.IDNumber)]
	r.records = score.Reply{Records: slices.Clone(held.Records), Listings: slices.Clone(held.Listings)}
	switch how {
	case silent: // the circuit is open; asking every hour would be most of a history
		return reply{err: brokenCircuit{time.Duration(1+a.w.rand.IntN(10)) * time.Hour}}
	case flapping:
		return reply{err: errDown}
	case wrong:
		for i := range r.records.Records {
			switch a.w.rand.IntN(4) {
			case 0:
				r.records.Records[i].Subject = "别人"
			case 1:
				r.records.Records[i].Document = mingjing.Document{}
			case 2:
				r.records.Records[i].Code = "nobody.holds_this"
			case 3:
				r.records.Records[i].Occurred = "2027-01-01"
			}
		}
		for i := range r.records.Listings {
			r.records.Listings[i].NoticeOn = ""
		}
	case hostile:
		switch a.w.rand.IntN(4) {
		case 0: // more than anybody takes
			for i := range score.MaxReplyItems + 1 {
				x := a.record(c.agency)
				x.Ref = fmt.Sprint("many", i)
				r.records.Records = append(r.records.Records, x)
			}
		case 1: // the same again and again
			r.records.Records = append(r.records.Records, r.records.Records...)
			r.records.Listings = append(r.records.Listings, r.records.Listings...)
		case 2: // what is not theirs, and nonsense
			x := a.record(c.agency)
			x.ID, x.Agency, x.State, x.DisputeID, x.Ref = "1", "tax", mingjing.RecordCorrected, "1", strings.Repeat("参", 200)
			x.Occurred = "-1"
			r.records.Records = append(r.records.Records, x)
		case 3:
			return reply{err: fmt.Errorf("%w: %s", errDown, strings.Repeat("x", 5000))}
		}
	}
	return r
}

func (a *agencies) replyQuestion(how mood) reply {
	says := func(p mingjing.AgencyPosition) reply {
		return reply{answer: &mingjing.AgencyAnswer{Position: p, Text: mingjing.Text{"en": "Our word."}}}
	}
	switch how {
	case silent:
		return reply{}
	case flapping:
		return reply{err: errDown}
	case hostile:
		return says(mingjing.PositionMaintained)
	case wrong:
		return says(mingjing.PositionWithdrawn)
	}
	return says(pick(a.w, []mingjing.AgencyPosition{mingjing.PositionMaintained, mingjing.PositionWithdrawn, mingjing.PositionCorrected}))
}

// change changes what an agency holds on somebody, or how it answers.
func (a *agencies) change() string {
	w, agency := a.w, pick(a.w, few)
	if w.chance(8) {
		a.moods[agency] = pick(w, moods)
		return fmt.Sprintf("%s is %s", agency, a.moods[agency])
	}
	key := agency + " " + string(pick(w, w.people).number)
	held := a.held[key]
	switch w.rand.IntN(4) {
	case 0:
		held = score.Reply{}
	case 1:
		if len(held.Listings) < 2 && (agency == "court" || agency == "tax") {
			held.Listings = append(slices.Clone(held.Listings), a.listing(agency))
		}
	default:
		if len(held.Records) < 3 {
			held.Records = append(slices.Clone(held.Records), a.record(agency))
		}
	}
	a.held[key] = held
	return fmt.Sprintf("%s holds %d records and %d listings", key, len(held.Records), len(held.Listings))
}

func doc(kind string) mingjing.Document {
	return mingjing.Document{Kind: kind, Issuer: "Issuer", Number: "No. 1", Date: "2025-06-01", Hash: strings.Repeat("a", 64)}
}

// record returns a record as an agency sends it, of an item that it holds.
func (a *agencies) record(agency string) score.ReplyRecord {
	a.refs++
	r := score.ReplyRecord{Ref: fmt.Sprint("r", a.refs), Record: mingjing.Record{
		Occurred: mingjing.DateOf(monday).AddDays(-a.w.rand.IntN(800)), Detail: mingjing.Text{"en": "What happened."}}}
	for _, item := range a.items(agency) {
		if item.Listing == "" && (r.Code == "" || a.w.chance(3)) {
			r.Code, r.Document = item.Code, doc(item.Documents[0])
		}
	}
	return r
}

// listing returns a listing that was served and has effect.
func (a *agencies) listing(agency string) score.ReplyListing {
	a.refs++
	l := score.ReplyListing{Ref: fmt.Sprint("l", a.refs), Listing: mingjing.Listing{Kind: mingjing.Blacklist,
		Code: "court.enforcement_blacklist", Ground: mingjing.Text{"en": "Refused to pay."}, NoticeOn: "2025-01-01", From: "2025-01-02",
		Ends: mingjing.DateOf(monday).AddDays(1 + a.w.rand.IntN(500)), Document: doc("listing_decision")}}
	if agency == "tax" {
		l.Kind, l.Code = mingjing.Redlist, "tax.a_grade_redlist"
	}
	return l
}

// items returns the items of the first rulebook that an agency holds.
func (a *agencies) items(agency string) (items []mingjing.Item) {
	book := smallBooks()[0]
	ag, _ := book.Agency(agency)
	for _, item := range book.Catalogue {
		if slices.Contains(ag.Holds, item.Code) {
			items = append(items, item)
		}
	}
	return items
}
