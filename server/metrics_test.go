package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/logproof"
)

// opsFiles are the ready files for operators.
const opsFiles = "../docs/ops"

// aWatchedCity runs a city of its own whose figures can be scraped, and which has a
// witness that is never there.
func aWatchedCity(t *testing.T) *city {
	t.Helper()
	s, err := testSettings(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	s.MetricsAddr = "127.0.0.1:0"
	witness, err := logproof.NewKey("away.example", bytes.Repeat([]byte("w"), 32))
	if err != nil {
		t.Fatal(err)
	}
	s.Witnesses = witness.WitnessVerifier() + " http://" + freeAddr(t)
	c, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.end(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// freeAddr returns an address on which nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func get(t *testing.T, address string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", address, res.Status, err, body)
	}
	return body
}

// TestTheFiguresSayWhatHappened does what is counted, and checks the figures of a scrape:
// they have all of it, and nothing of a person.
func TestTheFiguresSayWhatHappened(t *testing.T) {
	theOpenCity(t) // send needs it for descriptions
	c := aWatchedCity(t)
	metricsURL := "http://" + c.p.metrics.Addr().String() + "/metrics"
	b := c.resident(t, "guarantor")
	ws, _, err := b.stream("")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.Close() }()
	b.ready("rongcheng")
	listing := list[mingjing.Listing](b.json("GET", "/api/listings", nil))[0].ID
	b.upload("/api/disputes", "application/json", map[string]string{"listing_id": listing, "reason": "already_performed",
		"statement": typedStatement}, []file{{"r.pdf", pdf}}).want(201)
	b.page("records/SECRET-PART-OF-A-PATH").want(404)
	b.page("no/such/page").want(404)
	b.send("BREW", "/", nil)
	if id := b.page("records").want(200).header.Get("X-Request-ID"); id == "" || !strings.Contains(c.logs.String(), `"id":"`+id+`"`) {
		t.Errorf("the id of a request is %q, which is not in the log", id)
	}

	var text string
	has := func(line string) bool { return regexp.MustCompile(`(?m)^` + line).MatchString(text) }
	eventually(t, 30*time.Second, "the figures have it all", func() bool {
		text = string(get(t, metricsURL))
		return has(`mingjing_event_lag_seconds_count [1-9]`) && has(`mingjing_job_runs_total\{kind="collect",result="done"\} [1-9]`)
	})
	for _, want := range []string{
		`mingjing_http_requests_total\{code="200",method="GET",route="records"\} 1`,
		`mingjing_http_requests_total\{code="404",method="GET",route="record"\} 1`,
		`mingjing_http_requests_total\{code="404",method="GET",route="file"\} 1`,
		`mingjing_http_requests_total\{code="\d+",method="other",route="`,
		`mingjing_http_requests_total\{code="202",method="POST",route="api\.requestScore"\} 2`, // the tests send it twice
		`mingjing_http_request_duration_seconds_bucket\{route="records",le="0.005"\}`,
		`mingjing_http_response_bytes_total\{route="records"\} [1-9]`,
		`mingjing_score_request_ready_seconds_count 1`, `mingjing_http_internal_errors_total 0`,
		`mingjing_score_requests_open\{state="collecting"\} 0`,
		`mingjing_agency_answers_total\{agency="[a-z-]+",op="records",result="answered"\} [1-9]`,
		`mingjing_agency_breaker_open\{agency="[a-z-]+"\} [01]`,
		`mingjing_cases_open\{lateness="(on_time|late|very_late)",state="[a-z_]+"\} [1-9]`,
		`mingjing_live_sockets 1`, `mingjing_live_audiences 1`,
		`mingjing_jobs_due\{kind="erase"\} 0`, `mingjing_job_oldest_due_seconds\{kind="remove_old"\} 0`,
		`mingjing_access_log_entries [1-9]`, `mingjing_witness_lag_entries\{witness="away\.example\+[0-9a-f]{8}"\} [1-9]`,
		`mingjing_sessions_active\{of="resident"\} 1`,
		`mingjing_activation_codes\{state="open"\} [1-9]`, `mingjing_activation_codes\{state="expired"\} 0`,
		`mingjing_database_connections_max\{pool="write"\} 1`, `mingjing_database_connections_open\{pool="read"\} [1-9]`,
		`mingjing_backup_last_success_timestamp_seconds 0`, `mingjing_figures_up 1`,
		`mingjing_calendar_left_seconds\{calendar="[a-zA-Z0-9-]+"\} `,
		`mingjing_retention_overdue_seconds\{kind="sources"\} 0`, `mingjing_retention_removed_total\{kind="events"\} 0`,
		`process_resident_memory_bytes [1-9]`, `go_goroutines [1-9]`,
	} {
		if !has(want) {
			name, _, _ := strings.Cut(want, `\{`)
			t.Errorf("no line %s in\n%s", want, strings.Join(regexp.MustCompile(`(?m)^`+name+`.*$`).FindAllString(text, 20), "\n"))
		}
	}
	c.p.figures.Request("records", http.MethodGet, http.StatusInternalServerError, 0, 0)
	if text := string(get(t, metricsURL)); !strings.Contains(text, "mingjing_http_internal_errors_total 1\n") {
		t.Error("an internal error is not counted")
	}
	for _, wrong := range append(c.spilt(text, true), found(text, "SECRET-PART", listing)...) {
		t.Errorf("the figures tell %s", wrong)
	}
	if n := strings.Count(text, "\n"); n > 8000 {
		t.Errorf("a scrape has %d lines", n)
	}
	t.Run("promtool", func(t *testing.T) { promtoolIsContent(t, text) })
	t.Run("names", func(t *testing.T) { everyNameIsScraped(t, text) })
	t.Run("prometheus", func(t *testing.T) { prometheusUnderstands(t, c.p.metrics.Addr().String()) })
}

// found returns which of the words are in the text.
func found(text string, words ...string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return w == "" || !strings.Contains(text, w) })
}

func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed, so that nothing was checked with it; `make engines` installs it", name)
	}
	return path
}

func promtoolIsContent(t *testing.T, text string) {
	promtool := tool(t, "promtool")
	for _, args := range [][]string{{"check", "rules", "rules.yml"}, {"check", "config", "prometheus.yml"}, {"check", "metrics"}} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = opsFiles
		if args[1] == "metrics" { // what the client library has by itself is not for us to name
			cmd.Stdin = strings.NewReader(regexp.MustCompile(`(?m)^(# (HELP|TYPE) )?(go|promhttp|process)_.*\n`).ReplaceAllString(text, ""))
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// A dashboard is what of Grafana's model the tests look at.
type dashboard struct {
	Panels []struct {
		Title   string
		Targets []struct{ Expr string }
	}
}

func theDashboard(t *testing.T) (exprs []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(opsFiles, "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	for _, p := range d.Panels {
		if len(p.Targets) == 0 {
			t.Errorf("the panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			exprs = append(exprs, target.Expr)
		}
	}
	return exprs
}

var metricName = regexp.MustCompile(`\b(?:mingjing|process|go)_[a-z_]+\b`)

func everyNameIsScraped(t *testing.T, text string) {
	rules, err := os.ReadFile(filepath.Join(opsFiles, "rules.yml"))
	if err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile("../docs/operators.md")
	if err != nil {
		t.Fatal(err)
	}
	names := 0
	for what, said := range map[string]string{"a rule": string(rules), "the dashboard": strings.Join(theDashboard(t), "\n"),
		"the operators' chapter": string(manual)} {
		for _, name := range metricName.FindAllString(said, -1) {
			names++
			if !regexp.MustCompile(`(?m)^` + name + `[ {]`).MatchString(text) {
				t.Errorf("%s names %s, which no scrape has", what, name)
			}
		}
	}
	if names < 60 {
		t.Errorf("only %d names were looked for", names)
	}
	for _, m := range regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(string(rules), -1) {
		if !strings.Contains(string(manual), "`"+m[1]+"`") {
			t.Errorf("the operators' chapter does not say what to do at %s", m[1])
		}
	}
}

// prometheusUnderstands has a real Prometheus scrape the city by the ready files, and asks
// it everything that the rules and the dashboard ask.
func prometheusUnderstands(t *testing.T, target string) {
	prometheus := tool(t, "prometheus")
	dir := t.TempDir()
	config, err := os.ReadFile(filepath.Join(opsFiles, "prometheus.yml"))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := filepath.Abs(filepath.Join(opsFiles, "rules.yml"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("127.0.0.1:9464", target, "30s", "1s", "- rules.yml", "- "+rules).Replace(string(config))
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := freeAddr(t)
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, prometheus, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+dir,
		"--web.listen-address="+addr)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { stop(); _ = cmd.Wait() }()

	ask := func(path string, into any) bool {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		defer func() { _ = res.Body.Close() }()
		var answer struct {
			Status, Error string
			Data          json.RawMessage
		}
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			return false
		}
		if answer.Status != "success" {
			t.Errorf("%s: %s", path, answer.Error)
			return false
		}
		return json.Unmarshal(answer.Data, into) == nil
	}
	type vector struct {
		Result []struct{ Value [2]any }
	}
	value := func(expr string) string {
		var v vector
		if !ask("/api/v1/query?query="+url.QueryEscape(expr), &v) || len(v.Result) == 0 {
			return ""
		}
		return fmt.Sprint(v.Result[0].Value[1])
	}
	eventually(t, 60*time.Second, "Prometheus has scraped", func() bool { return value(`up{job="mingjing"}`) == "1" })
	if got := value(`mingjing_figures_up`); got != "1" {
		t.Errorf("mingjing_figures_up is %q\n%s", got, &said)
	}
	for _, expr := range theDashboard(t) {
		var v vector
		if !ask("/api/v1/query?query="+url.QueryEscape(expr), &v) {
			t.Errorf("Prometheus does not answer %s", expr)
		}
	}
	var groups struct {
		Groups []struct {
			Rules []struct{ Name, Health, State, LastError string }
		}
	}
	eventually(t, 60*time.Second, "every rule was evaluated", func() bool {
		if !ask("/api/v1/rules", &groups) || len(groups.Groups) != 1 {
			return false
		}
		return !slices.ContainsFunc(groups.Groups[0].Rules, func(r struct{ Name, Health, State, LastError string }) bool {
			return r.Health == "unknown" || r.Name == "BackupOld" && r.State == "inactive" // evaluated before the first scrape
		})
	})
	for _, r := range groups.Groups[0].Rules {
		if r.Health != "ok" {
			t.Errorf("the rule %s is %s: %s", r.Name, r.Health, r.LastError)
		}
		// Nothing is wrong with the city but that it has no backup, that a witness and agencies
		// are away, and that its clocks are fast.
		expected := []string{"BackupOld", "AgencyAway", "WitnessBehind", "CalendarEnds", "CasesVeryLate", "SlowPages"}
		if r.State != "inactive" && !slices.Contains(expected, r.Name) {
			t.Errorf("the alert %s is %s", r.Name, r.State)
		}
	}
}
