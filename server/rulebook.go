package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the zone of a rulebook must be known on every machine

	"mingjing/web/rulebooks"
)

// The exit codes of the rulebook command.
const (
	rulebooksGood   = 0
	rulebooksBad    = 1
	rulebooksUnread = 2 // or the command was not understood
)

const rulebookUsage = `usage: mingjing rulebook check FILE...
       mingjing rulebook diff OLD NEW
       mingjing rulebook preview FILE
       mingjing rulebook publish

check reads each rulebook, or calendar of working days, as the program will and
prints every problem with its place. It makes the score of each example in a
rulebook, and prints those that come out otherwise. A rulebook's calendar is one of the samples, or
one that is given along with it.

diff says in both languages what the file NEW changes.

preview makes the score of everybody who has one by this rulebook with the version
in FILE, and prints how many would be in which band and because of which items,
without persons. It keeps nothing but an entry in each of their access logs.

publish makes the files in the folder RULEBOOKS those that the city works by. Each
version is kept for ever. Servers that run with other files stop; start them again
with the same folder.

Exits with 0 when all is good, 1 when it is not, 2 when a file cannot be read.
`

// runRulebook runs the rulebook command and returns the exit code; args are what
// follows its name.
func runRulebook(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 1 && args[0] == "publish":
		return onCity(ctx, getenv, stdout, stderr, publishLaw)
	case len(args) == 3 && args[0] == "diff":
		return diffRulebooks(args[1], args[2], stdout, stderr)
	case len(args) == 2 && args[0] == "preview":
		return previewRulebook(ctx, args[1], getenv, stdout, stderr)
	case len(args) > 1 && args[0] == "check" && !strings.HasPrefix(args[1], "-"):
		return checkRulebooks(args[1:], stdout, stderr)
	}
	fmt.Fprint(stderr, rulebookUsage)
	return rulebooksUnread
}

// checkRulebooks runs the check command.
func checkRulebooks(names []string, stdout, stderr io.Writer) int {
	check, err := newCheck()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return rulebooksUnread
	}
	code := rulebooksGood
	files := map[string][]byte{}
	for _, file := range names {
		data, err := readRulebook(file)
		if err != nil {
			fmt.Fprintln(stderr, err)
			code = max(code, rulebooksUnread)
			continue
		}
		files[file] = data
		if rulebooks.Kind(data) == rulebooks.KindCalendar {
			if k, err := rulebooks.ParseCalendar(data); err == nil {
				check.zones[k.Code] = k.Zone
			}
		}
	}
	for _, file := range names {
		data, read := files[file]
		if !read {
			continue
		}
		of := check.rulebook
		if rulebooks.Kind(data) == rulebooks.KindCalendar {
			of = check.calendar
		}
		good, problems := of(file, data)
		for _, p := range problems {
			fmt.Fprintf(stdout, "%s: %s\n", file, p)
		}
		if len(problems) > 0 {
			code = max(code, rulebooksBad)
			continue
		}
		fmt.Fprintf(stdout, "%s: good: %s\n", file, good)
	}
	return code
}

// A check has what files are checked against.
type check struct {
	zones map[string]string // of the calendars, by code
}

func newCheck() (*check, error) {
	c := &check{zones: map[string]string{}}
	published, err := rulebooks.Calendars()
	if err != nil {
		return nil, err
	}
	for _, k := range published {
		c.zones[k.Code] = k.Zone
	}
	return c, nil
}

// readRulebook reads no more than one byte beyond what [rulebooks.Parse]
// accepts.
func readRulebook(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("opening the rulebook: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, rulebooks.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the rulebook: %w", err)
	}
	return data, nil
}

// rulebook returns a short description of a good rulebook, or what is wrong with it.
func (c *check) rulebook(file string, data []byte) (good string, problems []string) {
	book, err := rulebooks.Parse(data)
	if err != nil {
		return "", loadProblems(err)
	}
	problems = append(problems, zoneProblems(book.Zone)...)
	switch zone, ok := c.zones[book.Procedure.Calendar]; {
	case !ok:
		problems = append(problems, "/procedure/calendar: there is no calendar "+strconv.Quote(book.Procedure.Calendar)+
			": publish it first, or check it along with the rulebook")
	case zone != book.Zone:
		problems = append(problems, "/zone: the calendar "+book.Procedure.Calendar+" is in "+zone+": a day must not end twice")
	}
	cases, err := rulebooks.Cases(data)
	if err != nil {
		return "", loadProblems(err)
	}
	problems = append(problems, rulebooks.CheckCases(book, cases)...)
	problems = append(problems, nameProblems(file, "/id", book.ID, book.Version)...)
	ref := book.Ref()
	return fmt.Sprintf("%s %s from %s, %d agencies, %d items, %d bands, %d examples, sha256 %s",
		ref.ID, ref.Version, book.From, len(book.Agencies), len(book.Catalogue), len(book.Bands), len(cases), ref.Hash), problems
}

// calendar returns the same for a calendar.
func (c *check) calendar(file string, data []byte) (good string, problems []string) {
	k, err := rulebooks.ParseCalendar(data)
	if err != nil {
		return "", loadProblems(err)
	}
	problems = append(problems, zoneProblems(k.Zone)...)
	problems = append(problems, nameProblems(file, "/code", k.Code, k.Version)...)
	return fmt.Sprintf("calendar %s %s, %s to %s, %d holidays, %d weekend days worked",
		k.Code, k.Version, k.From, k.To, len(k.Holidays), len(k.Workdays)), problems
}

// nameProblems says that a file is not called by what is in it.
func nameProblems(file, place, code, version string) []string {
	if base := filepath.Base(file); base == code+".json" || base == code+"-"+version+".json" {
		return nil
	}
	return []string{place + ": the file is called " + code + "-" + version + ".json, or " + code + ".json: rename one of them"}
}

// loadProblems returns the problems because of which a file can't be loaded.
func loadProblems(err error) []string {
	if wrong, ok := errors.AsType[*rulebooks.Error](err); ok {
		problems := make([]string, 0, len(wrong.Problems))
		for i, p := range wrong.Problems {
			problems = append(problems, "line "+strconv.Itoa(wrong.Lines[i])+": "+p)
		}
		return problems
	}
	return []string{"/: " + err.Error()}
}

func zoneProblems(zone string) []string {
	if _, err := time.LoadLocation(zone); err != nil {
		return []string{"/zone: " + err.Error() + ": write an IANA time zone, such as Asia/Shanghai"}
	}
	return nil
}
