package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"mingjing/server/statement"
)

// The exit codes of the statement command.
const (
	statementGood   = 0
	statementBad    = 1
	statementUnread = 2 // or the command was not understood
)

const statementUsage = `usage: mingjing statement verify FILE --key KEYS

Checks a signed statement (SD-JWT VC) that somebody was shown, and prints what it
says. KEYS is what its issuer publishes at /.well-known/jwt-vc-issuer, or the key
set in it. No server is asked. Exits with 0 when it holds, 1 when it does not, 2
when a file cannot be read. That a share was revoked later takes no copy back.
`

// maxStatementFile is the limit of a file that is read.
const maxStatementFile = 1 << 20

// runStatement runs the statement command and returns the exit code; args are what
// follows its name.
func runStatement(args []string, now time.Time, stdout, stderr io.Writer) int {
	var file, keyFile string
	set := flag.NewFlagSet("verify", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&keyFile, "key", "", "")
	understood := len(args) > 0 && args[0] == "verify"
	for rest := args; understood && len(rest) > 1; rest = set.Args() { // the file may be before or after the flags
		if understood = set.Parse(rest[1:]) == nil; understood && set.NArg() > 0 {
			understood = file == ""
			file = set.Arg(0)
		}
	}
	if !understood || file == "" || keyFile == "" {
		fmt.Fprint(stderr, statementUsage)
		return statementUnread
	}
	data, err := readSmall(keyFile)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return statementUnread
	}
	keys, err := statement.ParseKeys(data)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", keyFile, err)
		return statementUnread
	}
	if data, err = readSmall(file); err != nil {
		fmt.Fprintln(stderr, err)
		return statementUnread
	}
	s, issuer, err := statement.Verify(string(data), keys, now)
	if err != nil {
		fmt.Fprintf(stdout, "%s: does not hold: %v\n", file, err)
		return statementBad
	}
	fmt.Fprintf(stdout, "%s: holds\n", file)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(stdout, "  %-10s %q\n", name, value)
		}
	}
	number := func(name string, n *int) {
		if n != nil {
			fmt.Fprintf(stdout, "  %-10s %d\n", name, *n)
		}
	}
	line("issuer", issuer)
	line("number", s.Number)
	line("shown to", s.ShownTo)
	line("purpose", s.Purpose)
	line("shown at", s.IssuedAt.Format(time.RFC3339))
	line("expires", s.ExpiresAt.Format(time.RFC3339))
	line("as of", string(s.AsOf))
	line("rulebook", s.Rulebook.ID+" "+s.Rulebook.Version)
	line("name", s.Name)
	line("ID number", s.IDMasked)
	if s.Band != nil {
		line("band", s.Band.Code+" "+s.Band.Name.In("en")+" "+s.Band.Name.In("zh-CN"))
	}
	if s.Value != nil {
		line("value", fmt.Sprintf("%d (from %d to %d)", s.Value.Value, s.Value.Min, s.Value.Max))
	}
	if m := s.Unrestricted; m != nil {
		line("measure", m.Code+" "+m.Name.In("en")+" "+m.Name.In("zh-CN"))
		line("meaning", "no listing of this person carries the measure on the day")
	}
	number("missing", s.Missing)
	number("listings", s.Listings)
	return statementGood
}

func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxStatementFile+1))
	if err == nil && len(data) > maxStatementFile {
		err = fmt.Errorf("%s: too large", name)
	}
	return data, err
}
