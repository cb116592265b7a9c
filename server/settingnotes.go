package main

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// settingNames are the names of all settings of the server.
var settingNames = []string{"ADDR", "AGENCIES", "ASKS", "ASKS_PER_AGENCY", "BLOB_URL", "CLOCK_LIMIT", "CONNECTIONS",
	"CONNECTIONS_PER_ADDRESS", "COUNTER", "DATA",
	"DATABASE_URL", "DEMO", "DEMO_CLOCK_SCALE", "DEMO_INSTANT", "FRESH_LOGIN", "KRATOS_ADMIN_URL", "KRATOS_BIN", "KRATOS_PUBLIC_URL",
	"LETTER_CODE_DAYS", "LOCK_AFTER", "LOG_LEVEL", "MAIL_FROM", "MASTER_KEY", "MASTER_PASSPHRASE", "METRICS_ADDR",
	"OTEL_EXPORTER_OTLP_ENDPOINT", "PROXY_HOPS", "PUBLIC_ORIGIN", "PUSH_LOCAL", "REDIS_URL", "RULEBOOKS", "SCAN_URL", "SCORE_RESERVE",
	"SECURITY_CONTACT", "SMTP_URL", "STOP_DELAY", "TRANSIT_MB", "WITNESSES"}

// witnessSettings are the settings of the command witness alone.
var witnessSettings = []string{"LOG_KEY", "WITNESS_NAME"}

// settingPrefix is what people write before a setting's name, as other programs want it.
const settingPrefix = "MINGJING_"

// misspelt returns a sentence for each variable of the environment that is no setting
// but is written almost like one.
func misspelt(environ []string) []string {
	known := map[string]bool{}
	for _, name := range append(settingNames, witnessSettings...) {
		known[name] = true
	}
	var notes []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if known[name] {
			continue
		}
		bare := strings.TrimPrefix(canonicalName(name), canonicalName(settingPrefix))
		for _, setting := range settingNames {
			allowed := 1
			if len(setting) >= 8 {
				allowed = 2
			}
			if distance(bare, canonicalName(setting)) <= allowed {
				notes = append(notes, fmt.Sprintf("%s is no setting; is %s meant?", name, setting))
				break
			}
		}
	}
	return notes
}

// canonicalName returns a name in capitals, without what stands between its words.
func canonicalName(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToUpper(name))
}

// distance returns the number of letters by which two words differ: more, fewer, others,
// or two neighbours in the other order.
func distance(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for y := range last {
		last[y] = y
	}
	for x := 1; x <= len(a); x++ {
		row := make([]int, len(b)+1)
		row[0] = x
		for y := 1; y <= len(b); y++ {
			other := 1
			if a[x-1] == b[y-1] {
				other = 0
			}
			row[y] = min(last[y]+1, row[y-1]+1, last[y-1]+other)
			if x > 1 && y > 1 && a[x-1] == b[y-2] && a[x-2] == b[y-1] {
				row[y] = min(row[y], before[y-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// notes returns a sentence for each setting that has no effect, or that contradicts
// another. isSet reports whether the operator has set it.
func (s Settings) notes(isSet func(name string) bool) []string {
	var notes []string
	unused := func(because string, when bool, names ...string) {
		for _, name := range names {
			if when && isSet(name) {
				notes = append(notes, fmt.Sprintf("%s has no effect %s", name, because))
			}
		}
	}
	unused("without DEMO=1", !s.Demo, "DEMO_CLOCK_SCALE", "DEMO_INSTANT")
	unused("with DEMO=1: the demo city has agencies of its own", s.Demo, "AGENCIES")
	unused("where KRATOS_PUBLIC_URL and KRATOS_ADMIN_URL are set", s.KratosPublicURL != "", "KRATOS_BIN")
	unused("where MASTER_KEY is set", s.MasterKey != "", "MASTER_PASSPHRASE")
	unused("without MASTER_KEY", s.MasterKey == "", "VAULT_TOKEN")
	unused("here: it is a setting of the command witness", true, witnessSettings...)

	say := func(when bool, note string) {
		if when {
			notes = append(notes, note)
		}
	}
	public := strings.HasPrefix(s.Origin, "https://")
	origin, _ := url.Parse(s.Origin) // readSettings has parsed it
	say(s.Origin == "" && !isLoopback(s.Addr),
		"ADDR is open to the network and PUBLIC_ORIGIN is not set: any host name is served, and the session cookie is not Secure")
	say(origin != nil && origin.Scheme == "http" && !isLoopback(origin.Host),
		"PUBLIC_ORIGIN is plain HTTP: passwords can be read on the way, and the session cookie is not Secure")
	say(s.lacksHops(), "PUBLIC_ORIGIN is https, so there is a proxy, and PROXY_HOPS is 0: "+
		"all people have the proxy's address, and the limits count them as one")
	say(public && s.Demo, "DEMO=1 runs a city whose passwords are printed, and PUBLIC_ORIGIN is public")
	say(s.PushLocal && !s.Demo, "PUSH_LOCAL=1 is for tests: who may subscribe can have this server call addresses of this machine")
	say(s.DatabaseURL != "" && s.RedisURL == "",
		"DATABASE_URL is set and REDIS_URL is not: only one replica may run, since others would not share limits and live events")
	say(s.DatabaseURL != "" && s.KratosPublicURL == "",
		"DATABASE_URL is set and KRATOS_PUBLIC_URL is not: only one replica may run, since logins are stored below its DATA")
	blobs, _ := url.Parse(s.BlobURL)
	say(blobs != nil && blobs.Scheme == "s3+http" && !isLoopback(blobs.Host),
		"BLOB_URL is without TLS: the key of the store can't be read on the way, but what goes there can be exchanged")
	say(s.SMTPURL != "" && s.Origin == "", "SMTP_URL is set and PUBLIC_ORIGIN is not: links in e-mails lead to this machine")
	say(s.FreshLogin >= 12*time.Hour, "FRESH_LOGIN is as long as a login lasts: the password is never asked again")
	return notes
}

// lacksHops reports whether there must be a proxy and none is counted: the server itself
// speaks no TLS.
func (s Settings) lacksHops() bool {
	return strings.HasPrefix(s.Origin, "https://") && s.ProxyHops == 0
}

// isLoopback reports whether a host, with or without a port, is this machine alone.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// An engine is something that the server runs on, and which one it is; without secrets.
type engine struct{ role, name string }

// engines returns what the server runs on; dir is the absolute path of Data.
func (s Settings) engines(dir string) []engine {
	at := func(kind, text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return kind + " at " + place(text)
	}
	jobs := map[role]string{servesAndWorks: "in this process", serves: "in processes that run mingjing work",
		works: "in this process alone"}
	return []engine{
		{"database", at("PostgreSQL", s.DatabaseURL, "SQLite in "+filepath.Join(dir, "mingjing.db"))},
		{"files", at("an S3-compatible store", s.BlobURL, "in the database")},
		{"scanner", at("clamd", s.ScanURL, "none: files that people send are not searched for malware")},
		{"messages and limits", at("Redis", s.RedisURL, "Redis inside this process")},
		{"logins", at("Ory Kratos", s.KratosPublicURL, "Ory Kratos as a child process, in "+filepath.Join(dir, "kratos"))},
		{"master key", at("a key management service", s.MasterKey, "the file "+filepath.Join(dir, masterFile))},
		{"e-mail", at("a mail server", s.SMTPURL, "none")},
		{"jobs", jobs[s.Role]},
	}
}

// place returns where a URL leads, without its user, password and settings.
func place(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	end := strings.IndexAny(rest+"/", "/?")
	hosts := rest[strings.LastIndex(rest[:end], "@")+1 : end]
	u, err := url.Parse(scheme + "://hosts" + rest[end:]) // it may name several
	if err != nil {
		return "an address that can't be read"
	}
	return cmp.Or(hosts, u.Query().Get("host")) + u.Path
}
