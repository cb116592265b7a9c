package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/staff"
	"mingjing/server/live"
	"mingjing/server/store"
	"mingjing/server/vault"
	"mingjing/web/rulebooks"
)

// A verdict is how bad a finding is.
type verdict string

const (
	fine    verdict = "ok"
	warning verdict = "warning" // it works, but should be mended
	broken  verdict = "broken"  // the server can't work so
)

// A finding is one line of what the doctor found, and what to do about it.
type finding struct {
	verdict    verdict
	what, mend string
}

// A doctor looks at what a server needs, and changes nothing.
type doctor struct {
	Settings
	now      time.Time
	books    []*mingjing.Rulebook
	asked    map[string]bool // agencies that have a key of their own by which they are asked; nil where it is not known
	findings []finding
}

func (d *doctor) note(v verdict, what, mend string) {
	d.findings = append(d.findings, finding{v, what, mend})
}

// check notes that something is fine, or its error as broken.
func (d *doctor) check(err error, what, mend string) bool {
	if err != nil {
		d.note(broken, what+": "+err.Error(), mend)
		return false
	}
	d.note(fine, what, "")
	return true
}

// Limits of the doctor.
const (
	askWait      = 5 * time.Second                          // for one engine or agency
	clockApart   = 30 * time.Second                         // signatures of agencies are refused from a few minutes on
	diskLow      = 1 << 30                                  // bytes below which the disk is low
	backupMaxAge = 26 * time.Hour                           // as the alert BackupOld
	calendarSoon = mingjing.CalendarNotice * 24 * time.Hour // as the alert CalendarEnds
)

// runDoctor runs the doctor command. The code is 0 when all is well or only warned of, 1
// when something is broken, 2 when a setting is wrong.
func runDoctor(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintln(stderr, "mingjing: doctor takes no arguments; it reads the settings")
		return 2
	}
	s, err := readSettings(getenv)
	d := &doctor{Settings: s, now: time.Now()}
	code := 0
	if err != nil {
		code = 2
		for line := range strings.SplitSeq(err.Error(), "\n") {
			d.note(broken, "setting: "+line, "correct it; docs/operators.md has the table")
		}
	}
	if s.Data != "" {
		d.lookAtAll(ctx)
	}
	counts := map[verdict]int{}
	for _, f := range d.findings {
		counts[f.verdict]++
		fmt.Fprintf(stdout, "%-8s %s\n", f.verdict, f.what)
		if f.mend != "" {
			fmt.Fprintf(stdout, "%-8s   -> %s\n", "", f.mend)
		}
	}
	fmt.Fprintf(stdout, "\n%d fine, %d to mend soon, %d broken\n", counts[fine], counts[warning], counts[broken])
	if code == 0 && counts[broken] > 0 {
		code = 1
	}
	return code
}

func (d *doctor) lookAtAll(ctx context.Context) {
	d.lookAtEdge()
	if strings.HasPrefix(d.Origin, "https://") {
		d.lookAtCertificate(d.Origin, nil)
	}
	if !d.lookAtFolder() {
		return
	}
	databaseClock := d.lookAtDatabase(ctx)
	d.lookAtBlobs(ctx)
	d.lookAtScanner(ctx)
	d.lookAtRedis(ctx)
	d.lookAtKratos(ctx)
	d.lookAtClock(databaseClock)
	d.lookAtLaw()
	d.lookAtAgencies(ctx)
	d.lookAtWitnesses(ctx)
}

// lookAtEdge looks at what is between the server and the world.
func (d *doctor) lookAtEdge() {
	switch u, err := url.Parse(d.Origin); {
	case d.Origin == "":
		d.note(warning, "PUBLIC_ORIGIN is not set: the session cookie is not Secure, and any host is served", "set it to https://your.host")
	case err == nil && u.Scheme != "https":
		d.note(warning, "PUBLIC_ORIGIN is not https: passwords travel in the clear", "put a proxy with TLS in front and set https://your.host")
	default:
		d.note(fine, "PUBLIC_ORIGIN "+d.Origin, "")
	}
	if d.lacksHops() {
		d.note(warning, "PROXY_HOPS is 0 behind a proxy: all people have its address, and the limits count them as one",
			"set it to the number of your own proxies")
	}
	if d.SMTPURL == "" {
		d.note(warning, "SMTP_URL is not set: no e-mail is sent", "set SMTP_URL and MAIL_FROM")
	}
	if d.MetricsAddr == "" {
		d.note(warning, "METRICS_ADDR is not set: nobody is told when something breaks", "set it to 127.0.0.1:9464 and use docs/ops")
	} else if host, _, err := net.SplitHostPort(d.MetricsAddr); err == nil {
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			d.note(warning, "METRICS_ADDR is open to every network of this machine", "name an address that only Prometheus reaches")
		}
	}
}

// lookAtFolder looks at DATA: its owner, its space and its keys. It returns whether a
// server has run here.
func (d *doctor) lookAtFolder() bool {
	data, err := filepath.Abs(d.Data)
	if err == nil {
		d.Data = data
		_, err = os.Stat(data)
	}
	if errors.Is(err, fs.ErrNotExist) {
		d.note(warning, "DATA "+d.Data+" is not there yet", "the first start makes it, with its keys")
		return false
	}
	if !d.check(err, "DATA "+d.Data, "give the server's user this folder") {
		return false
	}
	if free, err := freeBytes(d.Data); err == nil {
		v, mend := fine, ""
		if free < diskLow {
			v, mend = warning, "make room: a full disk stops every write"
		}
		d.note(v, fmt.Sprintf("disk: %d MB are free", free>>20), mend)
	}
	for name := range secretFiles {
		path := filepath.Join(d.Data, name)
		info, err := os.Stat(path)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			d.note(broken, path+" can be read by others", "chmod 600 "+path+", and think of whether somebody has read it")
		}
	}
	keys, err := loadSecrets(filepath.Join(d.Data, "secrets.json"))
	if errors.Is(err, fs.ErrNotExist) {
		d.note(warning, "no secrets.json in DATA yet", "the first start makes it; if this city has run before, put back the copy of your backup")
		return false
	}
	if !d.check(err, "secrets.json", "put back the copy of your backup") {
		return false
	}
	if d.MasterKey == "" {
		if _, err := os.Stat(filepath.Join(d.Data, masterFile)); err != nil { // opening it would make a new one
			d.note(broken, masterFile+": "+err.Error(), "put back the copy of your backup: without it nothing opens")
			return false
		}
	}
	_, _, err = openVault(d.Settings, d.Data, keys)
	return d.check(err, "master key", "put back master.json, or set MASTER_KEY and MASTER_PASSPHRASE as before")
}

// lookAtDatabase returns how far the database's clock is from ours.
func (d *doctor) lookAtDatabase(ctx context.Context) time.Duration {
	address := d.databaseURL(d.Data)
	ctx, stop := context.WithTimeout(ctx, askWait)
	defer stop()
	h, err := store.Examine(ctx, address)
	if !d.check(err, "database", "start it, and check DATABASE_URL; for SQLite check that the file is there and not damaged") {
		return 0
	}
	switch {
	case h.Schema < h.Newest:
		d.note(warning, fmt.Sprintf("database: its tables are of version %d, this program's of %d", h.Schema, h.Newest),
			"take a backup; the next start brings them up to date")
	case h.Schema > h.Newest:
		d.note(broken, fmt.Sprintf("database: its tables are of version %d, which this program (%d) does not know", h.Schema, h.Newest),
			"run the newer program, or restore the backup from before it")
	default:
		d.note(fine, fmt.Sprintf("database: version %d, %d entries in the access log", h.Schema, h.LogSize), "")
	}
	if h.Open {
		d.note(warning, "what goes to the database can be read on the way", "let DATABASE_URL end with ?sslmode=verify-full&sslrootcert=FILE")
	}
	switch age := d.now.Sub(h.BackupAt); {
	case h.BackupAt.IsZero():
		d.note(warning, "no backup was ever verified", "run mingjing backup DIR every day")
	case age > backupMaxAge:
		d.note(warning, "the last verified backup is of "+h.BackupAt.Format(time.RFC3339),
			"run mingjing backup DIR, and see why the timer did not")
	default:
		d.note(fine, "backup of "+h.BackupAt.Format(time.RFC3339), "")
	}
	if d.DatabaseURL != "" {
		for _, tool := range []string{"pg_dump", "pg_restore"} {
			if _, err := exec.LookPath(tool); err != nil {
				d.note(warning, tool+" is not installed: no backup can be taken here",
					"install PostgreSQL's client programs (Debian: postgresql-client)")
			}
		}
	}
	d.lookAtCodes(h.Codes)
	if keys, err := loadSecrets(filepath.Join(d.Data, "secrets.json")); err == nil && h.Schema == h.Newest {
		var v *vault.Vault
		if v, _, err = openVault(d.Settings, d.Data, keys); err == nil {
			if d.check(store.CheckKeys(ctx, address, keys.IDKey, v), "the keys open the database", "put back the keys of this database") {
				d.lookAtStaff(store.Members(ctx, address, keys.IDKey, v))
				d.lookAtKeys(store.AgencyKeys(ctx, address, keys.IDKey, v))
			}
		}
	}
	return time.Until(h.Clock)
}

// lookAtStaff names those who can come to see their own case.
func (d *doctor) lookAtStaff(members []staff.Member, err error) {
	if !d.check(err, fmt.Sprintf("%d members of staff and officers", len(members)), "restore the database from a backup") {
		return
	}
	var unknown []string
	for _, m := range members {
		if m.LacksLink() {
			unknown = append(unknown, m.Login)
		}
	}
	if len(unknown) > 0 {
		d.note(warning, fmt.Sprintf("of %d of them nobody has said who they are as a resident, so that they can come to see their own case: %s",
			len(unknown), shorten(unknown)), "mingjing staff link NUMBER for each of them")
	}
}

// lookAtCodes looks at the activation codes that nobody has used.
func (d *doctor) lookAtCodes(c store.CodeFigures) {
	d.note(fine, fmt.Sprintf("activation codes: %d are not used yet, and %d of them end within %d days", c.Open+c.Expiring, c.Expiring,
		int(store.CodeEndsSoon.Hours()/24)), "")
	if c.Lapsed > 0 {
		d.note(warning, fmt.Sprintf("activation codes: %d letters were written whose code ended unused", c.Lapsed),
			"mingjing resident letters --out DIR --again --before DATE writes again to those whose letter is older than DATE")
	}
}

// lookAtKeys notes which agencies have a key of their own by which they are asked.
func (d *doctor) lookAtKeys(keys []mingjing.AgencyKey, err error) {
	if !d.check(err, fmt.Sprintf("%d keys of agencies", len(keys)), "restore the database from a backup") {
		return
	}
	d.asked = map[string]bool{}
	for _, k := range keys {
		if k.Use == mingjing.KeyAsk && k.Usable(d.now) {
			d.asked[k.Agency] = true
		}
	}
}

func (d *doctor) lookAtRedis(ctx context.Context) {
	if d.RedisURL == "" {
		d.note(fine, "Redis: in the process, for one replica", "")
		return
	}
	ctx, stop := context.WithTimeout(ctx, askWait)
	defer stop()
	r, done, err := live.OpenRedis(ctx, d.RedisURL)
	if err == nil {
		err = errors.Join(r.Ping(ctx).Err(), done())
	}
	d.check(err, "Redis", "start it, and check REDIS_URL")
}

func (d *doctor) lookAtKratos(ctx context.Context) {
	if d.KratosAdminURL == "" {
		path, err := exec.LookPath(d.KratosBin)
		if !d.check(err, "Kratos: the program "+d.KratosBin, "run make kratos, or set KRATOS_BIN") {
			return
		}
		ctx, stop := context.WithTimeout(ctx, askWait)
		defer stop()
		said, err := exec.CommandContext(ctx, path, "version").Output()
		if d.check(err, "Kratos runs", "build it for this machine: make kratos") && len(said) > 0 {
			first, _, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
			d.note(fine, "Kratos: "+first, "")
		}
		return
	}
	for name, address := range map[string]string{"KRATOS_PUBLIC_URL": d.KratosPublicURL, "KRATOS_ADMIN_URL": d.KratosAdminURL} {
		res, err := ask(ctx, strings.TrimSuffix(address, "/")+"/health/ready", nil)
		if err == nil && res.status != http.StatusOK {
			err = fmt.Errorf("it answers %d", res.status)
		}
		d.check(err, name, "start Kratos, and see whether it reaches its own database")
	}
}

func (d *doctor) lookAtClock(apart time.Duration) {
	if d.DatabaseURL != "" {
		v, mend := fine, ""
		if apart.Abs() > cmp.Or(d.ClockLimit, clockLimit) {
			v, mend = broken, "run NTP on both: deadlines and signatures need the time, and no server works so"
		}
		d.note(v, fmt.Sprintf("the clocks of this machine and of the database are %s apart", apart.Abs().Round(time.Second)), mend)
	}
	if d.now.Before(built) {
		d.note(broken, "the clock of this machine says "+d.now.Format(time.DateOnly), "set the clock and run NTP")
	}
}

// built is before any day on which this program can run.
var built = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// lookAtLaw looks at the rulebooks and how long the calendars last.
func (d *doctor) lookAtLaw() {
	set, err := rulebooks.Open(d.Rulebooks)
	if err != nil {
		d.check(err, "RULEBOOKS", "mingjing rulebook check FILE names the place")
		return
	}
	d.note(fine, fmt.Sprintf("%d rulebooks", len(set.Rulebooks)), "")
	d.note(fine, fmt.Sprintf("%d calendars", len(set.Calendars)), "")
	d.books = set.Rulebooks
	last := map[string]*mingjing.Calendar{} // the version that ends last, by code
	for _, k := range set.Calendars {
		if l := last[k.Code]; l == nil || l.To < k.To {
			last[k.Code] = k
		}
	}
	for _, code := range slices.Sorted(maps.Keys(last)) {
		k := last[code]
		if left := k.To.Time(time.UTC).Sub(d.now); left < calendarSoon {
			d.note(warning, fmt.Sprintf("the calendar %s ends on %s; after it, Monday to Friday count as working days", k.Code, k.To),
				"publish its next years")
		}
	}
	for _, b := range set.Rulebooks {
		if _, err := time.LoadLocation(b.Zone); err != nil {
			d.note(broken, "the time zone "+b.Zone+" is not known here", "install the zones (Debian: tzdata)")
		}
	}
}

func (d *doctor) lookAtAgencies(ctx context.Context) {
	if d.Agencies == "" {
		return
	}
	directory, err := agency.LoadDirectory(d.Agencies)
	if !d.check(err, "AGENCIES "+d.Agencies, "correct the file: it maps agency codes to base URLs") {
		return
	}
	known := map[string]bool{}
	for _, b := range d.books {
		for _, a := range b.Agencies {
			known[a.Code] = true
			if _, ok := directory[a.Code]; !ok {
				directory[a.Code] = ""
			}
		}
	}
	var missing, derived []string
	for _, code := range slices.Sorted(maps.Keys(directory)) {
		base := directory[code]
		switch {
		case base == "":
			missing = append(missing, code)
			continue
		case !known[code]:
			d.note(warning, "agency "+code+" is in no rulebook", "correct its code in AGENCIES")
		}
		d.lookAtAgency(ctx, code, base)
		if d.asked != nil && !d.asked[code] {
			derived = append(derived, code)
		}
	}
	if len(derived) > 0 {
		d.note(warning, fmt.Sprintf("%d agencies are asked by the first key alone, which is derived and can't be replaced or revoked: %s",
			len(derived), shorten(derived)), "mingjing agency key add AGENCY --ask for each of them, and give the agency its secret")
	}
	if len(missing) > 0 {
		d.note(warning, fmt.Sprintf("%d agencies of the rulebooks have no address: %s", len(missing), shorten(missing)),
			"add them to AGENCIES; until then they count as not answering, never against a resident")
	}
}

// lookAtAgency asks for the base address, which names nobody: any answer at all shows that
// it can be reached, and its Date what its clock says.
func (d *doctor) lookAtAgency(ctx context.Context, code, base string) {
	res, err := ask(ctx, base, nil)
	if err != nil {
		d.note(warning, "agency "+code+" can't be reached: "+err.Error(), "ask the agency, and check the network and the address in AGENCIES")
		return
	}
	d.note(fine, "agency "+code+" can be reached", "")
	if apart := time.Until(res.date); !res.date.IsZero() && apart.Abs() > clockApart {
		d.note(warning, fmt.Sprintf("agency %s: its clock is %s apart from ours", code, apart.Abs().Round(time.Second)),
			"signatures are refused when clocks differ: one of the two needs NTP")
	}
	if !res.expires.IsZero() && res.expires.Sub(d.now) < 14*24*time.Hour {
		d.note(warning, "agency "+code+": its certificate ends on "+res.expires.Format(time.DateOnly), "tell the agency")
	}
}

func (d *doctor) lookAtWitnesses(ctx context.Context) {
	if d.Witnesses == "" {
		d.note(warning, "WITNESSES is not set: nobody outside vouches for the access log", "ask somebody to run mingjing witness")
		return
	}
	for part := range strings.FieldsFuncSeq(d.Witnesses, func(r rune) bool { return r == ',' || r == '\n' }) {
		f := strings.Fields(part)
		if len(f) != 2 {
			continue // the settings say so
		}
		name, _, _ := strings.Cut(f[0], "+")
		if _, err := ask(ctx, f[1], nil); err != nil {
			d.note(warning, "witness "+name+" can't be reached: "+err.Error(), "ask whoever runs it")
			continue
		}
		d.note(fine, "witness "+name+" can be reached", "")
	}
}

// An asked is what an address answered.
type asked struct {
	status        int
	date, expires time.Time
}

// ask makes a GET that says nothing, and follows no redirect.
func ask(ctx context.Context, address string, config *tls.Config) (asked, error) {
	ctx, stop := context.WithTimeout(ctx, askWait)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return asked{}, errors.New("its address can't be read")
	}
	client := &http.Client{Transport: &http.Transport{Proxy: nil, TLSClientConfig: config, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the address, which the finding names
		}
		return asked{}, err
	}
	_ = res.Body.Close()
	a := asked{status: res.StatusCode}
	a.date, _ = http.ParseTime(res.Header.Get("Date"))
	if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
		a.expires = res.TLS.PeerCertificates[0].NotAfter
	}
	return a, nil
}

// shorten names the first of many.
func shorten(names []string) string {
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
