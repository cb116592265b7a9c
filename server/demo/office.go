package demo

import (
	"context"
	"net/http"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/agency/mock"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

const (
	// holdFor is how long an agency keeps the caller waiting before it says that
	// it is still looking.
	holdFor = 2 * time.Second
	// maxHang is how long a hanging agency holds a connection.
	maxHang = 5 * time.Minute
	// promptly and late are how long after the question, or after its due date, an
	// agency answers a question, before the clock scale.
	promptly = time.Hour
	late     = 24 * time.Hour
)

// An office is one running agency.
type office struct {
	city      context.Context
	agency    string
	behaviour Behaviour
	scale     float64
	instant   bool
	clock     kernel.Clock
	file      *file

	requests mock.Memory[lookup]
	cases    mock.Memory[time.Time] // when each was first asked
}

// A lookup is one request that an agency works on.
type lookup struct {
	ready time.Time // by the city's clock
	tries int
}

// newOffice returns the handler of an agency. Requests that wait in it end with city. A
// nil file is that of an agency that holds nothing on anybody.
func newOffice(city context.Context, code string, b Behaviour, cfg Config, f *file) http.Handler {
	if b.Kind == Hangs {
		return mock.Silent(city, maxHang)
	}
	if f == nil {
		f = &file{}
	}
	o := &office{city: city, agency: code, behaviour: b, scale: cfg.ClockScale, instant: cfg.Instant, clock: cfg.Clock, file: f}
	return mock.Handler(mock.Config{Clock: cfg.Clock, Logger: cfg.Logger.With("agency", code), Records: o.records, Questions: o.questions,
		// Whatever key the product signs with is one that it has made for this agency.
		Keys: func(id string) []byte { return agency.AskKey(cfg.Key, code, id) }})
}

// records answers what the agency holds on a person.
func (o *office) records(ctx context.Context, q score.RecordsQuery) mock.Answer {
	if o.behaviour.Delay > 0 {
		left, fail := o.work(q.RequestID)
		switch fail {
		case "":
		case "garbage":
			return mock.Answer{Raw: []byte(`{"records":[{"ref":<html><h1>Index of /cgi-bin</h1>`)}
		case "cut":
			return mock.Answer{Raw: []byte(`{"records":[`), Cut: true}
		default:
			return mock.Answer{Status: http.StatusInternalServerError}
		}
		mock.Wait(ctx, o.city, min(left, holdFor))
		if left > holdFor {
			return mock.NotYet(left - holdFor)
		}
	}
	return mock.Answer{Body: o.file.reply(q.IDNumber, q.Codes)}
}

// work begins to work on a request, or continues. It returns how long that still takes,
// and how this try fails; "" for not.
func (o *office) work(request string) (left time.Duration, fail string) {
	now := o.clock.Now()
	l := o.requests.Update(request, func(l lookup, known bool) lookup {
		if !known {
			l.ready = now.Add(o.scaled(o.behaviour.Delay))
		}
		l.tries++
		return l
	})
	if o.behaviour.Kind == Flaky && l.tries <= flakes(o.agency, request) {
		modes := []string{"500", "garbage", "cut"}
		return 0, modes[(hash(request, o.agency)+uint64(l.tries))%uint64(len(modes))]
	}
	return max(0, l.ready.Sub(now)), ""
}

// scaled returns a length of time as it is in the city.
func (o *office) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / o.scale) }

// questions answers what the agency says about something that it has sent.
func (o *office) questions(_ context.Context, q cases.Question) mock.Answer {
	now := o.clock.Now()
	asked := o.cases.First(q.CaseID, now)
	p := o.file.plan(q.IDNumber, q.Ref)
	at := asked
	switch {
	case p.when == never:
		return mock.NotYet(0)
	case p.when == tooLate && q.Due.After(asked):
		at = q.Due.Add(o.scaled(late))
	case p.when == tooLate:
		at = asked.Add(o.scaled(late))
	case !o.instant:
		at = asked.Add(o.scaled(promptly))
	}
	if now.Before(at) {
		return mock.NotYet(0)
	}
	return mock.Answer{Body: map[string]mingjing.AgencyAnswer{"answer": {
		Position: p.position, Text: p.text, At: at.UTC(), Occurred: p.occurred}}}
}
