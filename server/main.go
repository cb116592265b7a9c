// Command mingjing is the server and the tools around it. This package reads the
// settings, opens each part, connects the parts and closes them again. It decides
// nothing else.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mingjing/server/evidence/inspect"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const usage = `usage: mingjing COMMAND

  (none)                 answer requests and do jobs, in one process
  serve                  answer requests, beside processes that do the jobs
  work                   do jobs: ask agencies, score, send notices; any number may run
  setup                  check settings and engines, make keys, and add the first
                         administrator; prints a one-time code
  staff COMMAND          add, list, change and disable staff; mingjing staff help
  officer COMMAND        the same for officers of agencies
  resident enrol FILE    enrol the residents of a CSV file; mingjing resident help
  resident letters --out DIR|FILE
                         write letters with activation codes
  agency key COMMAND     make, replace, end and list the keys of agencies
  agency mock            play an agency
  agency check URL       try an agency's server, and say which rules it breaks
  agency sign, send      sign a request, submit a batch; mingjing agency help
  keys rotate master     make a new master key, and wrap every keyset by it
  keys retire master     remove the older master keys
  keys rotate residents  give everybody a new key, and seal all that is theirs by it
  rulebook check FILE…   check rulebooks and calendars before they are published
  rulebook diff OLD NEW  say in words what a version of a rulebook changes
  rulebook preview FILE  count whose band a version would change, on the city's data
  rulebook publish       make the files in RULEBOOKS those that the city works by
  verify FILE [EARLIER]  check a proof of an access log, without a server; with an
                         earlier one, that nothing of it is gone
  witness                be a witness of somebody's access log
  statement verify FILE --key KEYS
                         check a signed statement against its issuer's public keys;
                         needs no server
  version                print the version, and which database schema and Kratos it fits
  backup DIR [--secrets DIR]
                         write a backup while servers run, and read it again
  restore DIR [--secrets DIR] [--erasures FILE]
                         put a backup into an empty DATA and an empty database, and
                         erase again who had left
  doctor                 look at settings, engines, keys, clocks, disk and agencies, and
                         say what to mend
  health                 exit with 0 when the server at ADDR is ready, for probes
  help                   this text

Settings are environment variables; docs/operators.md lists them.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the program and returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "", "serve", "work":
		s, err := readSettings(getenv)
		if err != nil {
			fmt.Fprintln(stderr, "mingjing:", err)
			return 2
		}
		s.Notes = append(misspelt(os.Environ()), s.notes(func(name string) bool { return getenv(name) != "" })...)
		s.Role = roles[command]
		if why, code := s.alone(); why != "" && s.Role != servesAndWorks {
			why += ": the process that answers requests does the jobs too"
			if s.Role == works {
				fmt.Fprintln(stderr, "mingjing: work:", why)
				return code
			}
			s.Role, s.Notes = servesAndWorks, append(s.Notes, why)
		}
		if err := serve(ctx, s, stdout, stderr); err != nil {
			fmt.Fprintln(stderr, "mingjing:", err)
			return 1
		}
		return 0
	case "setup":
		return runSetup(ctx, args, getenv, terminal(), stdout, stderr)
	case "staff", "officer":
		if len(args) == 1 && args[0] == "help" {
			fmt.Fprint(stdout, staffUsage)
			return 0
		}
		return runStaff(ctx, args, command == "officer", getenv, os.Stdin, stdout, stderr)
	case "resident":
		return runResident(ctx, args, getenv, os.Stdin, stdout, stderr)
	case "agency":
		return runAgency(ctx, args, getenv, stdout, stderr)
	case "keys":
		return runKeys(ctx, args, getenv, stdout, stderr)
	case "rulebook":
		return runRulebook(ctx, args, getenv, stdout, stderr)
	case "verify":
		return runVerify(args, stdout, stderr)
	case "witness":
		return runWitness(ctx, getenv, stdout, stderr)
	case "statement":
		return runStatement(args, time.Now(), stdout, stderr)
	case "backup":
		return runBackup(ctx, args, getenv, stdout, stderr)
	case "restore":
		return runRestore(ctx, args, getenv, stdout, stderr)
	case checkFile: // the program runs it itself, for one file
		return inspect.Work(ctx, args, os.Stdin, stdout, stderr)
	case "doctor":
		return runDoctor(ctx, args, getenv, stdout, stderr)
	case "health":
		s, _ := readSettings(getenv) // only the address is used here
		if err := health(ctx, s.Addr, stdout); err != nil {
			fmt.Fprintln(stderr, "mingjing:", err)
			return 1
		}
		return 0
	case "version", "--version":
		if err := printVersion(stdout); err != nil {
			fmt.Fprintln(stderr, "mingjing:", err)
			return 1
		}
		return 0
	case "help", "-h", "--help":
		fmt.Fprint(stdout, usage)
		return 0
	}
	fmt.Fprintf(stderr, "mingjing: there is no command %q\n\n%s", command, usage)
	return 2
}

// health asks the server on this machine whether it is ready, and prints what it says.
func health(ctx context.Context, addr string, stdout io.Writer) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("ADDR: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("not reachable: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("not reachable: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s: %s", res.Status, bytes.TrimSpace(said))
	}
	_, err = stdout.Write(said)
	return err
}
