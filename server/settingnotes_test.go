package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"mingjing/server/metrics"
	"mingjing/server/store"
)

func TestAReleaseRefusesTheDemoCity(t *testing.T) {
	for _, k := range []struct{ demo, has, refused bool }{{true, false, true}, {true, true, false}, {false, false, false}} {
		if err := (Settings{Demo: k.demo}).refuseDemo(k.has); (err != nil) != k.refused {
			t.Errorf("DEMO=1 %v, the city there %v: %v", k.demo, k.has, err)
		}
	}
}

func TestEverySettingIsListedAndDocumented(t *testing.T) {
	var asked []string
	_, _ = readSettings(func(name string) string { asked = append(asked, name); return "" })
	slices.Sort(asked)
	if asked = slices.Compact(asked); !slices.Equal(asked, settingNames) {
		t.Errorf("read are\n%v\nlisted are\n%v", asked, settingNames)
	}
	table, err := os.ReadFile("../docs/operators.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(settingNames, witnessSettings...) {
		if !bytes.Contains(table, []byte("`"+name+"`")) {
			t.Errorf("docs/operators.md does not tell of %s", name)
		}
	}
}

func TestComposePassesEverySetting(t *testing.T) {
	compose, err := os.ReadFile("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range settingNames {
		if name != "KRATOS_BIN" && !bytes.Contains(compose, []byte("\n      "+name+": ")) { // its Kratos is a service
			t.Errorf("compose.yaml does not pass %s", name)
		}
	}
}

func TestAMisspeltSettingIsSaid(t *testing.T) {
	for _, k := range []struct{ variable, setting string }{
		{"REDIS_URI", "REDIS_URL"}, {"DATABSE_URL", "DATABASE_URL"}, {"DATABASEURL", "DATABASE_URL"}, {"LOGLEVEL", "LOG_LEVEL"},
		{"MINGJING_PUBLIC_ORIGIN", "PUBLIC_ORIGIN"}, {"PROXY_HOP", "PROXY_HOPS"}, {"kratos_bin", "KRATOS_BIN"}, {"ADRR", "ADDR"},
		{"STOP_DEALY", "STOP_DELAY"}, {"WITNESES", "WITNESSES"},
	} {
		if got := misspelt([]string{k.variable + "=x"}); len(got) != 1 || got[0] != k.variable+" is no setting; is "+k.setting+" meant?" {
			t.Errorf("of %s it says %q", k.variable, got)
		}
	}
	for _, variable := range append([]string{"PATH", "HOME", "LANG", "PORT", "TZ", "REDIS_PORT", "REDIS_HOST", "REDIS_SERVICE_HOST",
		"KRATOS_PORT_4433_TCP", "POSTGRES_DB", "VAULT_TOKEN", "DATADIR", "LS_COLORS", "_", ""}, settingNames...) {
		if got := misspelt([]string{variable + "=x"}); len(got) > 0 {
			t.Errorf("of %s it says %q", variable, got)
		}
	}
}

func TestASettingThatIsUnusedOrContradictsAnotherIsSaid(t *testing.T) {
	for _, k := range []struct {
		env  []string
		want string // "" for nothing to say
	}{
		{[]string{"DEMO", "1"}, ""},
		{[]string{"DEMO", "1", "PUBLIC_ORIGIN", "http://127.0.0.1:8080", "DEMO_CLOCK_SCALE", "10"}, ""},
		{[]string{"AGENCIES", "a.json", "PUBLIC_ORIGIN", "https://mirror.example", "PROXY_HOPS", "1", "ADDR", "0.0.0.0:8080"}, ""},
		{[]string{"AGENCIES", "a.json", "DEMO_INSTANT", "1"}, "DEMO_INSTANT has no effect without DEMO=1"},
		{[]string{"DEMO", "1", "AGENCIES", "a.json"}, "AGENCIES has no effect"},
		{[]string{"DEMO", "1", "KRATOS_PUBLIC_URL", "http://k:1", "KRATOS_ADMIN_URL", "http://k:2", "KRATOS_BIN", "k"},
			"KRATOS_BIN has no effect"},
		{[]string{"DEMO", "1", "MASTER_KEY", "hcvault://kms/transit/keys/m", "MASTER_PASSPHRASE", "x"}, "MASTER_PASSPHRASE has no effect"},
		{[]string{"DEMO", "1", "VAULT_TOKEN", "x"}, "VAULT_TOKEN has no effect"},
		{[]string{"DEMO", "1", "WITNESS_NAME", "x"}, "WITNESS_NAME has no effect"},
		{[]string{"DEMO", "1", "ADDR", "0.0.0.0:8080"}, "ADDR is open to the network and PUBLIC_ORIGIN is not set"},
		{[]string{"DEMO", "1", "PUBLIC_ORIGIN", "http://mirror.example"}, "PUBLIC_ORIGIN is plain HTTP"},
		{[]string{"AGENCIES", "a.json", "PUBLIC_ORIGIN", "https://mirror.example"}, "PROXY_HOPS is 0"},
		{[]string{"DEMO", "1", "PUBLIC_ORIGIN", "https://mirror.example", "PROXY_HOPS", "1"}, "DEMO=1 runs a city whose passwords are printed"},
		{[]string{"AGENCIES", "a.json", "PUSH_LOCAL", "1"}, "PUSH_LOCAL=1 is for tests"},
		{[]string{"DEMO", "1", "DATABASE_URL", "postgres://x/y", "KRATOS_PUBLIC_URL", "http://k:1", "KRATOS_ADMIN_URL", "http://k:2"},
			"REDIS_URL is not: only one replica"},
		{[]string{"DEMO", "1", "DATABASE_URL", "postgres://x/y", "REDIS_URL", "redis://r"}, "KRATOS_PUBLIC_URL is not: only one replica"},
		{[]string{"DEMO", "1", "DATABASE_URL", "postgres://x/y", "REDIS_URL", "redis://r", "KRATOS_PUBLIC_URL", "http://k:1", "KRATOS_ADMIN_URL",
			"http://k:2", "BLOB_URL", "s3+http://k:s@files/b"}, "BLOB_URL is without TLS"},
		{[]string{"DEMO", "1", "SMTP_URL", "smtp://127.0.0.1:25", "MAIL_FROM", "a@b.example"}, "links in e-mails lead to this machine"},
		{[]string{"DEMO", "1", "FRESH_LOGIN", "12h"}, "FRESH_LOGIN is as long as a login lasts"},
	} {
		getenv := env(k.env...)
		s, err := readSettings(getenv)
		if err != nil {
			t.Errorf("%v: %v", k.env, err)
			continue
		}
		got := s.notes(func(name string) bool { return getenv(name) != "" })
		if k.want == "" && len(got) > 0 || k.want != "" && (len(got) != 1 || !strings.Contains(got[0], k.want)) {
			t.Errorf("of %v it says %q", k.env, got)
		}
	}
}

func TestTheStartSaysWhichEnginesAreUsedAndNoSecret(t *testing.T) {
	s, err := readSettings(env("DEMO", "1", "DATABASE_URL", "postgres://app:hush@db.example:5432/city?sslmode=disable&password=hush",
		"BLOB_URL", "s3://key:hush@files.example/bucket/city", "SCAN_URL", "clamd://scanner:3310",
		"REDIS_URL", "rediss://:hush@cache.example:6380/1", "KRATOS_PUBLIC_URL", "http://kratos:4433", "KRATOS_ADMIN_URL", "http://kratos:4434",
		"MASTER_KEY", "hcvault://kms.example:8200/transit/keys/m", "SMTP_URL", "smtps://app:hush@mail.example:465", "MAIL_FROM", "a@b.example"))
	if err != nil {
		t.Fatal(err)
	}
	text := func(s Settings) string {
		var all strings.Builder
		for _, e := range s.engines("/data") {
			all.WriteString(e.role + ": " + e.name + "\n")
		}
		return all.String()
	}
	if got := text(s); strings.Contains(got, "hush") || got != `database: PostgreSQL at db.example:5432/city
files: an S3-compatible store at files.example/bucket/city
scanner: clamd at scanner:3310
messages and limits: Redis at cache.example:6380/1
logins: Ory Kratos at kratos:4433
master key: a key management service at kms.example:8200/transit/keys/m
e-mail: a mail server at mail.example:465
jobs: in this process
` {
		t.Errorf("it says\n%s", got)
	}
	several := Settings{DatabaseURL: "postgres://app:hush@db1:5432,db2/city",
		RedisURL: "redis+sentinel://:hush@s1:26379,s2,s3/city?sentinel_password=hush"}
	if got := text(several); strings.Contains(got, "hush") || !strings.Contains(got, "PostgreSQL at db1:5432,db2/city\n") ||
		!strings.Contains(got, "Redis at s1:26379,s2,s3/city\n") {
		t.Errorf("of several it says\n%s", got)
	}
	socket := Settings{DatabaseURL: "postgres://app@/city?host=%2Frun%2Fpg&password=hush"}
	if got := text(socket); !strings.Contains(got, "PostgreSQL at /run/pg/city\n") {
		t.Errorf("of a socket it says\n%s", got)
	}
}

func TestTheProgramSaysItsVersion(t *testing.T) {
	var out bytes.Buffer
	if code := run(t.Context(), []string{"version"}, env(), &out, io.Discard); code != 0 {
		t.Fatalf("exit %d", code)
	}
	for _, want := range []string{"mingjing ", "revision ", "built with " + runtime.Version(), "Ory Kratos " + kratosVersion} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	makefile, err := os.ReadFile("../Makefile")
	if err != nil || !bytes.Contains(makefile, []byte("KRATOS_VERSION := "+kratosVersion+"\n")) {
		t.Errorf("the Makefile builds another Kratos than %s (%v)", kratosVersion, err)
	}
	if store.Schema() == 0 {
		t.Error("there is no schema")
	}
}

func TestAnHTTPSOriginWithoutProxyHopsIsAnAlarmEverywhere(t *testing.T) {
	for origin, want := range map[string]bool{"https://mirror.example": true, "http://mirror.example": false, "": false} {
		s := Settings{Origin: origin}
		if s.lacksHops() != want {
			t.Errorf("%q lacks hops: %v", origin, !want)
		}
		if s.ProxyHops = 1; s.lacksHops() {
			t.Errorf("%q with a proxy lacks hops", origin)
		}
		d := &doctor{Settings: Settings{Origin: origin}}
		d.lookAtEdge()
		if said := slices.ContainsFunc(d.findings, func(f finding) bool {
			return f.verdict == warning && strings.Contains(f.what, "PROXY_HOPS is 0") && f.mend != ""
		}); said != want {
			t.Errorf("of %q the doctor says it: %v", origin, said)
		}
		m := metrics.New(slog.New(slog.DiscardHandler), Settings{Origin: origin}.lacksHops())
		answer := httptest.NewRecorder()
		m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if strings.Contains(answer.Body.String(), "\nmingjing_proxy_hops_missing 1\n") != want {
			t.Errorf("of %q the figures say otherwise", origin)
		}
	}
}
