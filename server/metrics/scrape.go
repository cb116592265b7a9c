package metrics

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mingjing"
	"mingjing/server/live"
	"mingjing/server/store"
)

// FiguresKeptFor is how long the figures of the database are used before they are read
// again, however often somebody scrapes.
const FiguresKeptFor = 10 * time.Second

// figuresWait bounds the query for them.
const figuresWait = 5 * time.Second

// Sources are what is read at a scrape. All are required.
type Sources struct {
	Figures  func(ctx context.Context) (store.Figures, error)
	Pools    func() map[string]sql.DBStats
	Live     func() live.Stats
	Breakers func() map[string]bool // whether each agency is not asked for now
	// JobKinds are the kinds of all jobs.
	JobKinds []string
	// Witnesses are the public keys of the witnesses that are asked.
	Witnesses []string
	// CalendarEnds are the calendars that are counted by, with their ends.
	CalendarEnds func() []mingjing.CalendarEnd
	// ClockApart is how far this machine's clock is ahead of the database's.
	ClockApart func() time.Duration
	// Now is the city's time, by which the ages of requests are counted.
	Now func() time.Time
}

// A gauge describes one figure that is read at a scrape.
type gauge struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func describe(name, help string, labels ...string) gauge {
	g := gauge{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue}
	if strings.HasSuffix(name, "_total") {
		g.kind = prometheus.CounterValue
	}
	return g
}

var (
	figuresUp    = describe("mingjing_figures_up", "1 when the figures of the database could be read, else 0; then they are left out.")
	requestsOpen = describe("mingjing_score_requests_open", "Score requests without a score, by state.", "state")
	requestAge   = describe("mingjing_score_request_oldest_seconds", "Age of the oldest score request without a score, by state.", "state")
	casesOpen    = describe("mingjing_cases_open", "Cases that are not decided, by state and lateness (on_time, late, very_late).",
		"state", "lateness")
	jobsDue     = describe("mingjing_jobs_due", "Jobs that are due and not done, by kind.", "kind")
	jobAge      = describe("mingjing_job_oldest_due_seconds", "For how long the oldest job of a kind has been due.", "kind")
	jobsFailing = describe("mingjing_jobs_failing", "Jobs whose last run failed and that will run again, by kind.", "kind")
	workers     = describe("mingjing_workers", "Processes that do jobs; the same on every replica.")
	filesInside = describe("mingjing_files_in_database", "Files in the database; with a store of files, those that wait to be moved there.")
	jobsDated   = describe("mingjing_jobs_dated", "Jobs that wait for their date, at most 100000.")
	logEntries  = describe("mingjing_access_log_entries", "Entries of the access log.")
	witnessLag  = describe("mingjing_witness_lag_entries", "Entries of the access log that a witness has not signed yet.", "witness")
	sessions    = describe("mingjing_sessions_active", "Sessions that were used in the last 15 minutes, by whose they are.", "of")
	codes       = describe("mingjing_activation_codes",
		"Residents with an activation code that is not used (open), that ends within 7 days (expiring), or that ended (expired, at most 10000).",
		"state")
	backupTime = describe("mingjing_backup_last_success_timestamp_seconds", "When the last backup was verified; 0 for never.")
	overdue    = describe("mingjing_retention_overdue_seconds",
		"For how long the oldest row of a kind should have been removed; 0 is as promised.", "kind")
	calendarLeft = describe("mingjing_calendar_left_seconds", "Time until the published calendar ends.", "calendar")
	sockets      = describe("mingjing_live_sockets", "Open live streams of this replica.")
	audiences    = describe("mingjing_live_audiences", "Audiences that have a live stream on this replica.")
	redisUp      = describe("mingjing_live_redis_up", "1 when events come by Redis, 0 when they are read from the database instead.")
	slowSockets  = describe("mingjing_live_slow_sockets_total", "Live streams that were cut off because a write took too long.")
	breakerOpen  = describe("mingjing_agency_breaker_open", "1 when an agency failed so often that it is not asked for now, else 0.", "agency")
	poolOpen     = describe("mingjing_database_connections_open", "Open connections to the database.", "pool")
	poolInUse    = describe("mingjing_database_connections_in_use", "Connections to the database that are in use.", "pool")
	poolMax      = describe("mingjing_database_connections_max", "The most connections to the database.", "pool")
	poolWaits    = describe("mingjing_database_waits_total", "How often a connection was waited for.", "pool")
	clockApart   = describe("mingjing_clock_offset_seconds", "How far this machine's clock is ahead of the database's.")
	poolWaited   = describe("mingjing_database_wait_seconds_total", "For how long connections were waited for.", "pool")
)

var gauges = []gauge{figuresUp, requestsOpen, requestAge, casesOpen, jobsDue, jobAge, jobsFailing, workers, filesInside, jobsDated,
	logEntries, witnessLag, sessions, codes, backupTime, overdue, calendarLeft, sockets, audiences, redisUp, slowSockets, breakerOpen,
	poolOpen, poolInUse, poolMax, poolWaits, poolWaited, clockApart}

// scraped collects what is read at a scrape.
type scraped struct {
	Sources
	m *Metrics

	mu     sync.Mutex
	last   store.Figures
	err    error
	readAt time.Time
}

// Read adds what is read at each scrape. It is called once.
func (m *Metrics) Read(s Sources) { m.registry.MustRegister(&scraped{Sources: s, m: m}) }

// Describe implements [prometheus.Collector].
func (s *scraped) Describe(to chan<- *prometheus.Desc) {
	for _, g := range gauges {
		to <- g.desc
	}
}

// figures returns the figures of the database, at most [FiguresKeptFor] old.
func (s *scraped) figures() (store.Figures, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.readAt.IsZero() || now.Sub(s.readAt) >= FiguresKeptFor {
		ctx, stop := context.WithTimeout(context.Background(), figuresWait)
		defer stop()
		s.last, s.err = s.Figures(ctx)
		s.readAt = now
		if s.err != nil {
			s.m.log.Warn("read the figures of the database", "err", s.err)
		}
	}
	return s.last, s.err
}

// Collect implements [prometheus.Collector].
func (s *scraped) Collect(to chan<- prometheus.Metric) {
	send := func(g gauge, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(g.desc, g.kind, value, labels...)
	}
	if f, err := s.figures(); err != nil {
		send(figuresUp, 0)
	} else {
		send(figuresUp, 1)
		s.sendFigures(f, send)
	}
	for _, e := range s.CalendarEnds() {
		send(calendarLeft, (time.Duration(e.Days) * 24 * time.Hour).Seconds(), e.Calendar)
	}
	l := s.Live()
	send(sockets, float64(l.Sockets))
	send(audiences, float64(l.Audiences))
	send(redisUp, truth(l.Redis))
	send(slowSockets, float64(l.Slow))
	for agency, open := range s.Breakers() {
		send(breakerOpen, truth(open), agency)
	}
	send(clockApart, s.ClockApart().Seconds())
	for name, p := range s.Pools() {
		send(poolOpen, float64(p.OpenConnections), name)
		send(poolInUse, float64(p.InUse), name)
		send(poolMax, float64(p.MaxOpenConnections), name)
		send(poolWaits, float64(p.WaitCount), name)
		send(poolWaited, p.WaitDuration.Seconds(), name)
	}
}

func (s *scraped) sendFigures(f store.Figures, send func(g gauge, value float64, labels ...string)) {
	now := s.Now()
	// A state that nothing is in is 0, so that a rule about it has something to compare.
	open := map[string]store.RequestFigure{}
	for _, state := range []mingjing.RequestState{mingjing.RequestQueued, mingjing.RequestCollecting, mingjing.RequestScoring} {
		open[string(state)] = store.RequestFigure{Oldest: now}
	}
	for _, r := range f.Requests {
		open[r.State] = r
	}
	for state, r := range open {
		send(requestsOpen, float64(r.Count), state)
		send(requestAge, max(0, now.Sub(r.Oldest).Seconds()), state)
	}
	cases := map[store.CaseFigure]int64{}
	for _, lateness := range []string{"on_time", "late", "very_late"} {
		cases[store.CaseFigure{State: string(mingjing.CaseFiled), Lateness: lateness}] = 0
	}
	for _, c := range f.Cases {
		cases[store.CaseFigure{State: c.State, Lateness: c.Lateness}] = c.Count
	}
	for c, n := range cases {
		send(casesOpen, float64(n), c.State, c.Lateness)
	}
	jobs := map[string]store.JobFigure{}
	for _, kind := range s.JobKinds {
		jobs[kind] = store.JobFigure{Kind: kind}
	}
	for _, j := range f.Jobs {
		jobs[j.Kind] = j
	}
	for _, j := range jobs {
		send(jobsDue, float64(j.Due), j.Kind)
		send(jobAge, j.OldestDue.Seconds(), j.Kind)
		send(jobsFailing, float64(j.Failing), j.Kind)
	}
	send(workers, float64(f.Workers))
	send(filesInside, float64(f.FilesInside))
	send(jobsDated, float64(f.DatedJobs))
	send(logEntries, float64(f.LogSize))
	for _, key := range s.Witnesses { // one that never signed is as far behind as can be
		name, rest, _ := strings.Cut(key, "+")
		id, _, _ := strings.Cut(rest, "+")
		send(witnessLag, float64(f.LogSize-f.Witnessed[key]), name+"+"+id)
	}
	send(sessions, float64(f.ResidentSessions), "resident")
	send(sessions, float64(f.StaffSessions), "staff")
	send(codes, float64(f.Codes.Open), "open")
	send(codes, float64(f.Codes.Expiring), "expiring")
	send(codes, float64(f.Codes.Lapsed), "expired")
	at := 0.0
	if !f.BackupAt.IsZero() {
		at = float64(f.BackupAt.UnixMilli()) / 1000
	}
	send(backupTime, at)
	for kind, late := range f.Overdue {
		send(overdue, late.Seconds(), string(kind))
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
