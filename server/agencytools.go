package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/agency/kit"
	"mingjing/server/agency/mock"
)

// The commands of an agency's own people need no city: only a file of keys, with a line
// "ID SECRET" each, and the published rulebooks.

const agencyUsage = `usage: mingjing agency COMMAND

For the city:
  key add CODE [--ask] [--out FILE]     make a key; prints the secret, which is kept nowhere
      with which the agency's computer signs what it submits, or, with --ask, we sign what we
      ask the agency. --out adds the line "ID SECRET" to a file of keys instead
  key rotate ID [--overlap 168h] [--out FILE]
                                        make the next key; the old one is good for so long
  key revoke ID                         end a key at once
  key list [CODE]                       list all keys, or an agency's

For the agency (they need no city and no settings but RULEBOOKS):
  mock --keys FILE --agency CODE        play an agency; mingjing agency mock --help
  check URL --keys FILE                 try an agency's server; mingjing agency check --help
  sign --keys FILE METHOD PATH [FILE]   print the headers that sign a request
  send --keys FILE URL FILE             submit a batch; mingjing agency send --help

A file of keys has a line "ID SECRET" for each, the secret in hex; # begins a remark.
`

// toolFlags returns the flags of one of the agency's commands.
func toolFlags(name, usage string, stderr io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("mingjing agency "+name, flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprintf(stderr, "usage: mingjing agency %s %s\n\n", name, usage)
		f.PrintDefaults()
	}
	return f
}

// parseMixed parses flags that may stand before and after the words, which it returns.
func parseMixed(f *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return words, err
		}
		if f.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, f.Arg(0)), f.Args()[1:]
	}
}

// readKeyFile reads a file of keys.
func readKeyFile(path string) ([]kit.Key, error) {
	if path == "" {
		return nil, errors.New("--keys is missing: a file with a line \"ID SECRET\" for each key")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	var keys []kit.Key
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 {
			return nil, fmt.Errorf("keys: line %d is not \"ID SECRET\"", n)
		}
		secret, err := hex.DecodeString(words[1])
		if err != nil || len(secret) < agency.MinKey {
			return nil, fmt.Errorf("keys: the secret of line %d is not hex, or shorter than %d bytes", n, agency.MinKey)
		}
		keys = append(keys, kit.Key{ID: words[0], Secret: secret})
	}
	if len(keys) == 0 {
		return nil, errors.New("keys: there is no key in the file")
	}
	return keys, nil
}

// addToKeyFile adds a key to a file that its owner alone can read.
func addToKeyFile(path string, k kit.Key) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	_, err = fmt.Fprintf(f, "%s %s\n", k.ID, hex.EncodeToString(k.Secret))
	return errors.Join(err, f.Close())
}

// agencyOf returns an agency and the rulebook in force that has it.
func agencyOf(getenv func(string) string, code, bookID string) (*mingjing.Rulebook, mingjing.Agency, error) {
	published, err := readLaw(getenv("RULEBOOKS"))
	if err != nil {
		return nil, mingjing.Agency{}, err
	}
	for _, b := range published.inForce(time.Now()) {
		if of, ok := b.Agency(code); ok && (bookID == "" || b.ID == bookID) {
			return b, of, nil
		}
	}
	return nil, mingjing.Agency{}, fmt.Errorf("no rulebook in force has an agency %q", code)
}

// wrongs is a flag that may be given several times.
type wrongs []string

func (w *wrongs) String() string     { return strings.Join(*w, " ") }
func (w *wrongs) Set(v string) error { *w = append(*w, v); return nil }

// runMock plays an agency until ctx ends.
func runMock(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	f := toolFlags("mock", "--keys FILE --agency CODE | --records FILE", stderr)
	var o mock.Options
	var ways wrongs
	listen := f.String("listen", "127.0.0.1:9401", "address and port to listen on")
	keyFile := f.String("keys", "", "file of the keys that sign what the city asks; it is made if it is not there")
	code := f.String("agency", "", "code of the agency, to make one sample of each item that it holds")
	book := f.String("rulebook", "", "id of the rulebook, where several have the agency")
	records := f.String("records", "", "file with the people and their records, in the place of samples")
	cert := f.String("tls-cert", "", "certificate, for another address than loopback")
	certKey := f.String("tls-key", "", "key of the certificate")
	f.DurationVar(&o.Delay, "delay", 0, "how long each answer takes")
	f.DurationVar(&o.Later, "later", 0, "answer 202 for so long first")
	f.BoolVar(&o.Silent, "silent", false, "never answer")
	f.Var(&ways, "wrong", "a way of being wrong, which may be given several times; help lists them")
	if _, err := parseMixed(f, args); err != nil {
		return err
	}
	if slices.Contains(ways, "help") {
		for _, w := range mock.Wrongs {
			fmt.Fprintf(stdout, "%-24s %s\n", w.Name, w.About)
		}
		return nil
	}
	o.Wrong = ways
	o.Logger = slog.New(slog.NewTextHandler(stderr, nil))
	var err error
	switch {
	case *records != "":
		var data []byte
		if data, err = os.ReadFile(*records); err == nil {
			o.File, err = mock.ReadFile(data)
		}
	case *code != "":
		var b *mingjing.Rulebook
		if b, _, err = agencyOf(getenv, *code, *book); err == nil {
			o.File, err = mock.Sample(b, *code, mingjing.DateOf(time.Now()))
		}
	default:
		err = errors.New("say what it holds: --agency CODE for samples, or --records FILE")
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(*keyFile); *keyFile != "" && errors.Is(err, fs.ErrNotExist) {
		k := kit.Key{ID: "mock", Secret: make([]byte, 32)}
		_, _ = rand.Read(k.Secret) // never fails
		if err := addToKeyFile(*keyFile, k); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "made %s with a new key\n", *keyFile)
	}
	keys, err := readKeyFile(*keyFile)
	if err != nil {
		return err
	}
	o.Keys = map[string][]byte{}
	for _, k := range keys {
		o.Keys[k.ID] = k.Secret
	}
	h, err := mock.New(ctx, o)
	if err != nil {
		return err
	}
	return serveMock(ctx, *listen, *cert, *certKey, h, o.File, stdout)
}

// serveMock serves a mock until ctx ends.
func serveMock(ctx context.Context, addr, cert, certKey string, h http.Handler, file mock.File, stdout io.Writer) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	scheme := "http"
	if cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(stdout, "listening on %s://%s\n", scheme, l.Addr())
	for _, p := range file.People[:min(3, len(file.People))] {
		fmt.Fprintf(stdout, "holds %d records and %d listings on --person %s --name %s\n", len(p.Records), len(p.Listings), p.IDNumber, p.Name)
	}
	if cert != "" {
		err = srv.ServeTLS(l, cert, certKey)
	} else {
		err = srv.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// errBroken says that an agency breaks a rule, which is printed already.
var errBroken = errors.New("rules are broken")

// runCheck tries an agency's server.
func runCheck(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	f := toolFlags("check", "URL --keys FILE [--agency CODE] [--person NUMBER --name NAME]", stderr)
	var cfg kit.Config
	keyFile := f.String("keys", "", "file of the keys that the agency takes; the first signs")
	code := f.String("agency", "", "code of the agency: asks for all that it holds, and compares with the catalogue")
	book := f.String("rulebook", "", "id of the rulebook, where several have the agency")
	codes := f.String("codes", "", "catalogue codes to ask for, with commas")
	person := f.String("person", "", "ID number of somebody on whom the agency holds something")
	ca := f.String("ca", "", "file with the certificates of a private authority")
	lang := f.String("lang", "en", "language of the report: en or zh-CN")
	asJSON := f.Bool("json", false, "print the report as JSON")
	f.StringVar(&cfg.Name, "name", "", "name of that person")
	f.DurationVar(&cfg.Timeout, "timeout", agency.DefaultTimeout, "longest time for an answer")
	f.DurationVar(&cfg.Patience, "patience", kit.DefaultPatience, "for how long to ask again after 202")
	words, err := parseMixed(f, args)
	if err != nil {
		return err
	}
	if len(words) != 1 || !slices.Contains(mingjing.Languages, *lang) {
		f.Usage()
		return errors.New("check wants one URL")
	}
	cfg.URL = words[0]
	if cfg.Keys, err = readKeyFile(*keyFile); err != nil {
		return err
	}
	if *person != "" {
		if cfg.IDNumber, err = mingjing.ParseIDNumber(*person, time.Now()); err != nil {
			return fmt.Errorf("--person: %w", err)
		}
	}
	if *code != "" {
		b, of, err := agencyOf(getenv, *code, *book)
		if err != nil {
			return err
		}
		cfg.Codes, cfg.Item = of.Holds, b.Item
	}
	if *codes != "" {
		cfg.Codes = strings.Split(*codes, ",")
	}
	if len(cfg.Codes) == 0 {
		return errors.New("say what to ask for: --agency CODE, or --codes A,B")
	}
	if *ca != "" {
		pem, err := os.ReadFile(*ca)
		if err != nil {
			return fmt.Errorf("--ca: %w", err)
		}
		cfg.TLS = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
		if !cfg.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return errors.New("--ca: there is no certificate in the file")
		}
	}
	report, err := kit.Run(ctx, cfg)
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		err = enc.Encode(report)
	} else {
		printReport(stdout, *lang, report)
	}
	if err == nil && report.Count(kit.Broken) > 0 {
		err = errBroken
	}
	return err
}

// printReport prints what came of each rule, and why.
func printReport(out io.Writer, lang string, report kit.Report) {
	for _, r := range report {
		mark := map[kit.State]string{kit.Kept: "ok", kit.Broken: "BROKEN", kit.Untried: "-"}[r.State]
		fmt.Fprintf(out, "%-7s %-17s %s\n", mark, r.Rule, r.Text[lang])
		for _, f := range r.Findings {
			fmt.Fprintf(out, "%8s%s\n", "", strings.TrimSpace(f.Field+" "+f.Code+": ")+" "+f.Text[lang])
		}
	}
	sum := "%d rules: %d kept, %d broken, %d not tried."
	if lang == "zh-CN" {
		sum = "共 %d 条规则：符合 %d 条，不符合 %d 条，没有试 %d 条。"
	}
	fmt.Fprintf(out, "\n"+sum+"\n", len(report), report.Count(kit.Kept), report.Count(kit.Broken), report.Count(kit.Untried))
}

// runSign prints the headers that sign a request.
func runSign(args []string, stdout, stderr io.Writer) error {
	f := toolFlags("sign", "--keys FILE METHOD PATH [FILE]", stderr)
	keyFile := f.String("keys", "", "file of keys; the first signs")
	id := f.String("key", "", "id of another key of the file")
	words, err := parseMixed(f, args)
	if err != nil {
		return err
	}
	if len(words) < 2 || len(words) > 3 || !strings.HasPrefix(words[1], "/") {
		f.Usage()
		return errors.New("sign wants a method, a path that begins with /, and for a body a file")
	}
	k, err := keyFrom(*keyFile, *id)
	if err != nil {
		return err
	}
	var body []byte
	if len(words) == 3 {
		if body, err = os.ReadFile(words[2]); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "%s: %s\n%s: %s\n", agency.KeyHeader, k.ID, agency.SignatureHeader,
		agency.Sign(k.Secret, strings.ToUpper(words[0]), words[1], time.Now(), body))
	return nil
}

// keyFrom returns the key of an id from a file; the first for "".
func keyFrom(file, id string) (kit.Key, error) {
	keys, err := readKeyFile(file)
	if err != nil {
		return kit.Key{}, err
	}
	i := 0
	if id != "" {
		i = slices.IndexFunc(keys, func(k kit.Key) bool { return k.ID == id })
	}
	if i < 0 {
		return kit.Key{}, fmt.Errorf("keys: there is no key %q in the file", id)
	}
	return keys[i], nil
}

// maxSent is the greatest answer of the intake that is read, in bytes.
const maxSent = 16 << 20

// runSend submits a batch, and asks for it until it is done.
func runSend(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := toolFlags("send", "--keys FILE URL FILE (.json, or .csv with --id)", stderr)
	keyFile := f.String("keys", "", "file of keys; the first signs")
	keyID := f.String("key", "", "id of another key of the file")
	id := f.String("id", "", "the batch's id, for CSV")
	dry := f.Bool("dry-run", false, "only say what would be answered")
	charset := f.String("charset", "utf-8", "encoding of the file: utf-8 or gb18030")
	words, err := parseMixed(f, args)
	if err != nil {
		return err
	}
	if len(words) != 2 {
		f.Usage()
		return errors.New("send wants the city's URL and a file")
	}
	k, err := keyFrom(*keyFile, *keyID)
	if err != nil {
		return err
	}
	body, err := os.ReadFile(words[1])
	if err != nil {
		return err
	}
	kind, query := "application/json", url.Values{}
	if strings.EqualFold(filepath.Ext(words[1]), ".csv") {
		kind = "text/csv"
	}
	if *id != "" {
		query.Set("id", *id)
	}
	if *dry {
		query.Set("dry_run", "1")
	}
	path := "/api/intake/batches"
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	base := strings.TrimRight(words[0], "/")
	res, said, err := sendSigned(ctx, k, http.MethodPost, base, path, kind+"; charset="+*charset, body)
	for err == nil && (res.StatusCode == http.StatusAccepted || working(res, said)) {
		var state mingjing.BatchSummary
		if err := json.Unmarshal(said, &state); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		fmt.Fprintf(stderr, "%d of %d lines are answered\n", state.Answered(), state.Total)
		wait, err := time.ParseDuration(res.Header.Get("Retry-After") + "s")
		if err != nil {
			wait = time.Second
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		res, said, err = sendSigned(ctx, k, http.MethodGet, base, "/api/intake/batches?"+url.Values{"id": {state.ID}}.Encode(), "", nil)
		if err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, said, "", " ") != nil {
		pretty.Reset()
		pretty.Write(said)
	}
	fmt.Fprintln(stdout, pretty.String())
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("the city answers %s", res.Status)
	}
	return nil
}

// working reports whether the state of a batch is that it is worked on.
func working(res *http.Response, said []byte) bool {
	var state mingjing.BatchSummary
	return res.StatusCode == http.StatusOK && json.Unmarshal(said, &state) == nil && state.State != mingjing.BatchDone
}

// sendSigned sends one signed request to the city.
func sendSigned(ctx context.Context, k kit.Key, method, base, path, kind string, body []byte) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "application/json")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set(agency.KeyHeader, k.ID)
	req.Header.Set(agency.SignatureHeader, agency.Sign(k.Secret, method, req.URL.RequestURI(), time.Now(), body))
	res, err := (&http.Client{Timeout: 10 * time.Minute}).Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, maxSent))
	return res, said, err
}
