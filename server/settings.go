package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/evidence"
	"mingjing/server/ledger"
	"mingjing/server/notify"
)

// Settings are the operator's settings; docs/operators.md has the table.
type Settings struct {
	// Role is what the process does; the command says it, and no setting.
	Role role
	Addr string // ADDR: host:port to listen on; port 0 takes a free one
	// MetricsAddr (METRICS_ADDR) is host:port on which Prometheus finds the figures; "" is
	// none.
	MetricsAddr string
	// TraceEndpoint (OTEL_EXPORTER_OTLP_ENDPOINT) is the address of a collector that takes
	// traces; "" is none.
	TraceEndpoint string
	Data          string // DATA: the folder for everything that is stored on this machine
	// DatabaseURL, RedisURL: "" is SQLite below Data, and a Redis in the process.
	DatabaseURL, RedisURL string
	// BlobURL (BLOB_URL) is an S3-compatible store for what people sent and for exports; ""
	// keeps them in the database.
	BlobURL string
	// ScanURL (SCAN_URL) is clamd, which looks for malware in what people send; "" is none.
	ScanURL string
	// KratosPublicURL, KratosAdminURL: "" is a Kratos of our own below Data.
	KratosPublicURL, KratosAdminURL string
	KratosBin                       string        // KRATOS_BIN: the program for it
	MasterKey                       string        // MASTER_KEY: a key management service's URL; "" is a sealed file below Data
	MasterPassphrase                string        // MASTER_PASSPHRASE: a passphrase that also seals that file
	Origin                          string        // PUBLIC_ORIGIN, such as https://mirror.example
	ProxyHops                       int           // PROXY_HOPS: our own proxies before the server
	SecurityContact                 string        // SECURITY_CONTACT: where faults of security are reported, such as mailto:…
	Counter                         string        // COUNTER: where the bureau's counter is, as residents are told
	SMTPURL, MailFrom               string        // SMTP_URL, MAIL_FROM: "" is no e-mail
	LetterCodeDays                  int           // LETTER_CODE_DAYS: for how many days the code of a letter is good
	PushLocal                       bool          // PUSH_LOCAL=1: push services may be on this machine, for tests
	Demo                            bool          // DEMO=1: run the demo city
	DemoClockScale                  int           // DEMO_CLOCK_SCALE: how much faster its clocks run
	DemoInstant                     bool          // DEMO_INSTANT=1: its agencies answer at once, for tests and measuring
	Agencies                        string        // AGENCIES: file that maps agency codes to URLs
	Rulebooks                       string        // RULEBOOKS: folder with all versions of the rulebooks; "" is the samples
	Witnesses                       string        // WITNESSES: keys and addresses of the witnesses of the access log
	LockAfter                       time.Duration // LOCK_AFTER: how long a login may be unused; 0 is the standard
	// loginFloor is the least time of a login; 0 is the default. Only a test of this
	// package can set another.
	loginFloor time.Duration
	// FreshLogin (FRESH_LOGIN) is how recent a password must be for an export.
	FreshLogin time.Duration
	// StopDelay (STOP_DELAY) is for how long a server that is told to stop goes on to
	// serve while it says that it is not ready, so that a load balancer notices.
	StopDelay time.Duration
	// ClockLimit (CLOCK_LIMIT) is how far the clocks of this machine and of the database may
	// be apart; 0 is the standard.
	ClockLimit time.Duration
	// ScoreReserve (SCORE_RESERVE) is how long before its deadline a request is scored at
	// the latest, by the law's clock.
	ScoreReserve time.Duration
	// AsksPerAgency, Asks (ASKS_PER_AGENCY, ASKS) are how many questions one agency, and
	// all together, get at the same time.
	AsksPerAgency, Asks int
	// ConnectionsPerAddress, Connections (CONNECTIONS_PER_ADDRESS, CONNECTIONS) are how many
	// connections one address, and all together, may have open.
	ConnectionsPerAddress, Connections int
	// TransitMB (TRANSIT_MB) is how many megabytes of forms with files and of files that
	// are sent may be on their way on disk.
	TransitMB int
	LogLevel  slog.Level
	// Notes are sentences about settings that are misspelt, unused or contradictory.
	Notes []string
}

// demoScale is the factor by which 24 hours pass in 90 seconds.
const demoScale = 960

func readSettings(getenv func(string) string) (Settings, error) {
	or := func(name, standard string) string {
		if v := strings.TrimSpace(getenv(name)); v != "" {
			return v
		}
		return standard
	}
	s := Settings{
		Addr: or("ADDR", "127.0.0.1:8080"), Data: or("DATA", "./.data"),
		DatabaseURL: or("DATABASE_URL", ""), RedisURL: or("REDIS_URL", ""), BlobURL: or("BLOB_URL", ""), ScanURL: or("SCAN_URL", ""),
		KratosPublicURL: or("KRATOS_PUBLIC_URL", ""), KratosAdminURL: or("KRATOS_ADMIN_URL", ""),
		KratosBin: or("KRATOS_BIN", ""), Origin: or("PUBLIC_ORIGIN", ""), Agencies: or("AGENCIES", ""),
		Rulebooks: or("RULEBOOKS", ""),
		Counter:   or("COUNTER", ""), SecurityContact: or("SECURITY_CONTACT", ""),
		SMTPURL: or("SMTP_URL", ""), MailFrom: or("MAIL_FROM", ""),
		MasterKey: or("MASTER_KEY", ""), MasterPassphrase: getenv("MASTER_PASSPHRASE"),
		Witnesses: or("WITNESSES", ""), MetricsAddr: or("METRICS_ADDR", ""),
		TraceEndpoint: or("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
	}
	var wrong []error
	number := func(name string, standard, least int) int {
		n, err := strconv.Atoi(or(name, strconv.Itoa(standard)))
		if err != nil || n < least {
			wrong = append(wrong, fmt.Errorf("%s must be a whole number from %d up", name, least))
		}
		return n
	}
	truth := func(name string) bool {
		b, err := strconv.ParseBool(or(name, "false"))
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s must be 1 or 0", name))
		}
		return b
	}
	s.ProxyHops = number("PROXY_HOPS", 0, 0)
	s.LetterCodeDays = number("LETTER_CODE_DAYS", 30, 1)
	s.Demo, s.DemoInstant = truth("DEMO"), truth("DEMO_INSTANT")
	if err := s.refuseDemo(hasDemo); err != nil {
		wrong = append(wrong, err)
	}
	s.PushLocal = truth("PUSH_LOCAL")
	if d, err := time.ParseDuration(or("LOCK_AFTER", "0s")); err != nil || d < 0 {
		wrong = append(wrong, errors.New("LOCK_AFTER must be a length of time, such as 5m"))
	} else {
		s.LockAfter = d
	}
	s.DemoClockScale = number("DEMO_CLOCK_SCALE", demoScale, 1)
	if err := s.LogLevel.UnmarshalText([]byte(or("LOG_LEVEL", "info"))); err != nil {
		wrong = append(wrong, errors.New("LOG_LEVEL must be debug, info, warn or error"))
	}
	var err error
	if s.FreshLogin, err = time.ParseDuration(or("FRESH_LOGIN", "10m")); err != nil || s.FreshLogin <= 0 {
		wrong = append(wrong, errors.New("FRESH_LOGIN must be a time such as 10m"))
	}
	stopDelay := "5s"
	if s.Demo { // which has no load balancer
		stopDelay = "0s"
	}
	if s.StopDelay, err = time.ParseDuration(or("STOP_DELAY", stopDelay)); err != nil || s.StopDelay < 0 {
		wrong = append(wrong, errors.New("STOP_DELAY must be a length of time, such as 5s"))
	}
	if s.ClockLimit, err = time.ParseDuration(or("CLOCK_LIMIT", clockLimit.String())); err != nil || s.ClockLimit <= 0 {
		wrong = append(wrong, errors.New("CLOCK_LIMIT must be a length of time, such as 30s"))
	}
	if s.ScoreReserve, err = time.ParseDuration(or("SCORE_RESERVE", score.DefaultReserve.String())); err != nil || s.ScoreReserve <= 0 ||
		s.ScoreReserve > mingjing.ScoreDeadline/2 {
		wrong = append(wrong, errors.New("SCORE_RESERVE must be a length of time up to 12h, such as 5m"))
	}
	s.AsksPerAgency, s.Asks = number("ASKS_PER_AGENCY", kernel.DefaultAsksPerAgency, 1), number("ASKS", kernel.DefaultAsks, 1)
	s.ConnectionsPerAddress, s.Connections = number("CONNECTIONS_PER_ADDRESS", connectionsEach, 1), number("CONNECTIONS", connections, 10)
	s.TransitMB = number("TRANSIT_MB", transitMB, 1024)
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		wrong = append(wrong, errors.New("ADDR must be host:port, such as 127.0.0.1:8080"))
	}
	if _, _, err := net.SplitHostPort(s.MetricsAddr); s.MetricsAddr != "" && err != nil {
		wrong = append(wrong, errors.New("METRICS_ADDR must be host:port, such as 127.0.0.1:9464"))
	}
	if u, err := url.Parse(s.TraceEndpoint); s.TraceEndpoint != "" && (err != nil || u.Host == "" ||
		u.Scheme != "https" && u.Scheme != "http") {
		wrong = append(wrong, errors.New("OTEL_EXPORTER_OTLP_ENDPOINT must be the address of a collector, such as http://127.0.0.1:4318"))
	}
	if u, err := url.Parse(s.Origin); s.Origin != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" ||
		s.Origin != u.Scheme+"://"+u.Host || u.Host == "") {
		wrong = append(wrong, errors.New("PUBLIC_ORIGIN must be like https://mirror.example, with nothing after the host"))
	}
	if (s.KratosPublicURL == "") != (s.KratosAdminURL == "") {
		wrong = append(wrong, errors.New("KRATOS_PUBLIC_URL and KRATOS_ADMIN_URL belong together"))
	}
	if s.BlobURL != "" && s.DatabaseURL == "" {
		wrong = append(wrong, errors.New("BLOB_URL needs DATABASE_URL: SQLite has one writer, which would wait for the store of files"))
	} else if _, err := s.openBlobs(nil); err != nil {
		wrong = append(wrong, fmt.Errorf("BLOB_URL: %w", err))
	}
	if s.ScanURL != "" {
		if _, err := evidence.NewClamd(s.ScanURL); err != nil {
			wrong = append(wrong, fmt.Errorf("SCAN_URL: %w", err))
		}
	}
	if (s.SMTPURL == "") != (s.MailFrom == "") {
		wrong = append(wrong, errors.New("SMTP_URL and MAIL_FROM belong together"))
	} else if _, err := notify.New(notify.Config{Origin: "http://localhost", SMTPURL: s.SMTPURL, MailFrom: s.MailFrom}); err != nil {
		wrong = append(wrong, err)
	}
	if _, err := ledger.ParseWitnesses(s.Witnesses); err != nil {
		wrong = append(wrong, fmt.Errorf("WITNESSES: %w", err))
	}
	if !s.Demo && s.Agencies == "" {
		wrong = append(wrong, errors.New("AGENCIES must name the file with the agencies' addresses (or DEMO=1 run the demo city)"))
	}
	if s.KratosBin == "" {
		s.KratosBin = besideProgram("kratos")
	}
	return s, errors.Join(wrong...)
}

// noDemo is why a release refuses DEMO=1.
const noDemo = "this is a release, and the demo city is no part of it: build bin/mingjing by make build"

// refuseDemo returns an error where the demo city is asked for and this program has none.
func (s Settings) refuseDemo(has bool) error {
	if s.Demo && !has {
		return errors.New("DEMO=1: " + noDemo)
	}
	return nil
}

// alone returns why there can be one process only, which answers requests and does the
// jobs, and the exit code of another one; "" where several processes share the engines.
func (s Settings) alone() (why string, code int) {
	switch {
	case s.Demo: // compose.yaml starts another one all the same
		return "DEMO=1 runs a city in one process", 0
	case s.DatabaseURL == "":
		return "DATABASE_URL is not set", 2
	case s.RedisURL == "":
		return "REDIS_URL is not set", 2
	case s.KratosPublicURL == "":
		return "KRATOS_PUBLIC_URL is not set", 2
	}
	return "", 0
}

// besideProgram returns the path of a program in the folder of this one.
func besideProgram(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}

// secrets are made on the first start and stored in Data, for its owner alone. Without
// them, residents can't log in or be found in the database, devices get no push
// messages, shared statements can't be checked, and the access log has a new name:
// every phone would report that it is another log.
type secrets struct {
	IDKey     []byte `json:"id_key"`
	AgencyKey []byte `json:"agency_key"`
	// VAPIDKey is the private key of push messages; browsers have its public key.
	VAPIDKey []byte `json:"vapid_key,omitempty"`
	// LogKey is the seed of the key that signs the states of the access log.
	LogKey []byte `json:"log_key,omitempty"`
	// StatementKey is the private key that statements are signed with.
	StatementKey []byte `json:"statement_key,omitempty"`
	// StatementKeysBefore are the public keys of what was signed before a rotation.
	StatementKeysBefore [][]byte `json:"statement_keys_before,omitempty"`
	// SessionKey is mixed into the keys of sessions, since a rotation.
	SessionKey []byte `json:"session_key,omitempty"`
}

// addedSecrets returns the keys that older files do not have.
func addedSecrets(s *secrets) []*[]byte { return []*[]byte{&s.VAPIDKey, &s.StatementKey, &s.LogKey} }

// complete reports whether every key is there; an older file gets the keys that it
// lacks.
func (s secrets) complete() bool {
	return !slices.ContainsFunc(addedSecrets(&s), func(k *[]byte) bool { return len(*k) == 0 })
}

func readSecrets(dir string) (secrets, error) {
	file := filepath.Join(dir, "secrets.json")
	s, err := loadSecrets(file)
	if errors.Is(err, fs.ErrNotExist) {
		s = secrets{IDKey: make([]byte, 32), AgencyKey: make([]byte, 32)}
		_, _ = rand.Read(s.IDKey)
		_, _ = rand.Read(s.AgencyKey)
		var data []byte
		if data, err = s.withNewKeys(); err == nil {
			err = writeNew(file, data)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return s, err
		}
		s, err = loadSecrets(file) // our own file, or that of a process that was faster
	}
	if err == nil && !s.complete() {
		s, err = addMissingSecrets(file, s)
	}
	return s, err
}

func loadSecrets(file string) (s secrets, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return s, fmt.Errorf("read secrets: %w", err)
	}
	if err := json.Unmarshal(data, &s); err != nil || len(s.IDKey) != 32 || len(s.AgencyKey) != 32 ||
		slices.ContainsFunc(addedSecrets(&s), func(k *[]byte) bool { return len(*k) != 0 && len(*k) != 32 }) {
		return s, fmt.Errorf("%s is damaged: put back the copy of your backup", file)
	}
	return s, nil
}

// withNewKeys returns the file with new keys where it has none.
func (s secrets) withNewKeys() ([]byte, error) {
	if len(s.LogKey) == 0 {
		s.LogKey = make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(s.LogKey)
	}
	for _, k := range addedSecrets(&s) {
		if len(*k) > 0 {
			continue
		}
		key, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		*k = key.Bytes()
	}
	return json.Marshal(s)
}

// addMissingSecrets adds keys to an older file. When several processes do so at once,
// the first decides: it writes its file under a name that only one can take, and the
// others put that file in place.
func addMissingSecrets(file string, old secrets) (secrets, error) {
	ready := file + ".new"
	data, err := old.withNewKeys()
	if err != nil {
		return old, err
	}
	if err := writeNew(ready, data); err != nil && !errors.Is(err, fs.ErrExist) {
		return old, err
	}
	if now, err := loadSecrets(file); err == nil && now.complete() { // another process has done it
		_ = os.Remove(ready)
		return now, nil
	}
	next, err := loadSecrets(ready)
	if err == nil {
		kept := bytes.Equal(next.IDKey, old.IDKey) && bytes.Equal(next.AgencyKey, old.AgencyKey) && next.complete()
		for i, k := range addedSecrets(&old) {
			kept = kept && (len(*k) == 0 || bytes.Equal(*k, *addedSecrets(&next)[i]))
		}
		if !kept {
			return old, fmt.Errorf("%s belongs to other secrets: remove it", ready)
		}
		err = os.Rename(ready, file)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process has done it
		return old, err
	}
	return loadSecrets(file)
}

// writeNew writes a file whole or not at all, and never over another.
func writeNew(file string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Link(f.Name(), file)
}
