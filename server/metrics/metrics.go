// Package metrics has the figures of one replica for Prometheus, and the handler that
// answers with them.
//
// Some are counted as things happen, by the functions of [Metrics] that the parts of the
// server are given. The others are read at a scrape, those of the database by one query
// whose answer is used for [FiguresKeptFor]. No label has anything of a person: labels
// are names of routes, agencies, states and kinds.
package metrics

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/upkeep"
)

// Buckets of the histograms, in seconds.
var (
	requestBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	readyBuckets   = []float64{1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 18 * 3600, 24 * 3600}
	jobBuckets     = []float64{.001, .01, .05, .1, .5, 1, 5, 15, 30, 60}
	lagBuckets     = []float64{.005, .01, .05, .1, .5, 1, 2, 5, 15, 60}
)

// Metrics are the figures of one replica. It is safe for use by many goroutines.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger

	requests     *prometheus.CounterVec
	requestTime  *prometheus.HistogramVec
	requestBytes *prometheus.CounterVec
	internal     prometheus.Counter
	readyTime    prometheus.Histogram
	answers      *prometheus.CounterVec
	answerTime   *prometheus.HistogramVec
	jobRuns      *prometheus.CounterVec
	jobTime      *prometheus.HistogramVec
	eventLag     prometheus.Histogram
	removed      *prometheus.CounterVec
	scoresLate   *prometheus.GaugeVec
	fileCalls    *prometheus.CounterVec
	fileTime     *prometheus.HistogramVec
	security     *prometheus.CounterVec
	lacksHops    prometheus.Gauge
}

var _ casework.Figures = (*Metrics)(nil)

// New returns metrics in which nothing was counted yet. The logger gets the errors of
// scrapes; lacksHops says that the server is behind a proxy that its settings do not count.
func New(log *slog.Logger, lacksHops bool) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &Metrics{
		registry: prometheus.NewPedanticRegistry(), log: log,
		requests: counter("mingjing_http_requests_total", "Requests answered, by route, method and status.", "route", "method", "code"),
		requestTime: histogram("mingjing_http_request_duration_seconds", "Time to answer a request, by route.", requestBuckets,
			"route"),
		requestBytes: counter("mingjing_http_response_bytes_total", "Bytes of the answers' bodies as sent, by route.", "route"),
		internal: prometheus.NewCounter(prometheus.CounterOpts{Name: "mingjing_http_internal_errors_total",
			Help: "Requests answered with an error that the program does not know (500): each is a fault of the program."}),
		readyTime: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "mingjing_score_request_ready_seconds",
			Help: "Time from the making of a score request to its score.", Buckets: readyBuckets}),
		answers: counter("mingjing_agency_answers_total",
			"Requests to agencies, by agency, kind (records, question) and result; answered and not_yet are good ones.", "agency", "op", "result"),
		answerTime: histogram("mingjing_agency_answer_duration_seconds", "Time of a request to an agency, by kind.", requestBuckets, "op"),
		jobRuns:    counter("mingjing_job_runs_total", "Runs of jobs, by kind and result (done, failed).", "kind", "result"),
		jobTime:    histogram("mingjing_job_duration_seconds", "Time of one run of a job, by kind.", jobBuckets, "kind"),
		eventLag: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "mingjing_event_lag_seconds",
			Help: "Time from an event to its arrival at a replica that has an open page for it.", Buckets: lagBuckets}),
		scoresLate: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "mingjing_score_requests_late",
			Help: "Score requests that are late (late), and that will be unless they are scored soon (endangered)."}, []string{"how"}),
		fileCalls: counter("mingjing_files_requests_total", "Requests to the store of files, by kind (put, get, delete, check) and result.",
			"op", "result"),
		fileTime: histogram("mingjing_files_request_duration_seconds", "Time of a request to the store of files, by kind.", requestBuckets, "op"),
		security: counter("mingjing_security_events_total", "Security events, by kind; each is a record of the log too.", "kind"),
		lacksHops: prometheus.NewGauge(prometheus.GaugeOpts{Name: "mingjing_proxy_hops_missing",
			Help: "1 where PUBLIC_ORIGIN is https and PROXY_HOPS is 0: everybody has the proxy's address."}),
		removed: counter("mingjing_retention_removed_total", "Rows removed after their time, by kind.", "kind"),
	}
	m.registry.MustRegister(m.requests, m.requestTime, m.requestBytes, m.internal, m.readyTime, m.answers, m.answerTime, m.jobRuns, m.jobTime,
		m.eventLag, m.fileCalls, m.fileTime, m.removed, m.scoresLate, m.security, m.lacksHops, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, op := range []string{"put", "get", "delete", "check"} {
		m.fileCalls.WithLabelValues(op, "failed")
		m.fileTime.WithLabelValues(op)
	}
	for _, kind := range mingjing.SecurityKinds {
		m.security.WithLabelValues(string(kind))
	}
	for _, kind := range upkeep.Kinds() {
		m.removed.WithLabelValues(string(kind))
	}
	m.ScoresLate(mingjing.LateScores{})
	m.lacksHops.Set(truth(lacksHops))
	return m
}

// Handler returns the handler that answers with the figures in Prometheus' text format.
// It is for an address that only the operator reaches.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError, Registry: m.registry}))
	return mux
}

// Request counts one answered request.
func (m *Metrics) Request(route, method string, status int, size int64, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.requestTime.WithLabelValues(route).Observe(took.Seconds())
	m.requestBytes.WithLabelValues(route).Add(float64(size))
	if status == http.StatusInternalServerError {
		m.internal.Inc()
	}
}

// Security counts one security event.
func (m *Metrics) Security(kind mingjing.SecurityKind) {
	m.security.WithLabelValues(string(kind)).Inc()
}

// ScoreReady implements [casework.Figures].
func (m *Metrics) ScoreReady(took time.Duration) { m.readyTime.Observe(took.Seconds()) }

// Removed implements [casework.Figures].
func (m *Metrics) Removed(kind upkeep.Kind, n int) {
	m.removed.WithLabelValues(string(kind)).Add(float64(n))
}

// ScoresLate implements [casework.Figures].
func (m *Metrics) ScoresLate(n mingjing.LateScores) {
	m.scoresLate.WithLabelValues("endangered").Set(float64(n.Endangered))
	m.scoresLate.WithLabelValues("late").Set(float64(n.Late))
}

// Answer counts one request to an agency.
func (m *Metrics) Answer(agency, op, result string, took time.Duration) {
	m.answers.WithLabelValues(agency, op, result).Inc()
	m.answerTime.WithLabelValues(op).Observe(took.Seconds())
}

// resultOf returns the label of how something ended.
func resultOf(err error) string {
	if err != nil {
		return "failed"
	}
	return "done"
}

// File counts one request to the store of files.
func (m *Metrics) File(op string, took time.Duration, err error) {
	m.fileCalls.WithLabelValues(op, resultOf(err)).Inc()
	m.fileTime.WithLabelValues(op).Observe(took.Seconds())
}

// Job counts one run of a job.
func (m *Metrics) Job(kind string, took time.Duration, err error) {
	m.jobRuns.WithLabelValues(kind, resultOf(err)).Inc()
	m.jobTime.WithLabelValues(kind).Observe(took.Seconds())
}

// Event counts one event that arrived this long after it was written.
func (m *Metrics) Event(_ mingjing.Event, lag time.Duration) {
	m.eventLag.Observe(max(0, lag).Seconds())
}
