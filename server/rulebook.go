package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the zone of a rulebook must be known on every machine

	"mingjing"
	"mingjing/web/rulebooks"
)

// The exit codes of the rulebook command.
const (
	rulebooksGood   = 0
	rulebooksBad    = 1
	rulebooksUnread = 2 // or the command was not understood
)

const rulebookUsage = `usage: mingjing rulebook check FILE...

Reads each rulebook, or calendar of working days, as the program will and prints
every problem with its place. A rulebook's calendar is one that is published, or
one that is given along with it.
Exits with 0 when all load, 1 when one does not, 2 when a file cannot be read.
`

// runRulebook runs the rulebook command and returns the exit code; args are what
// follows its name.
func runRulebook(args []string, stdout, stderr io.Writer) int {
	if len(args) < 2 || args[0] != "check" || strings.HasPrefix(args[1], "-") {
		fmt.Fprint(stderr, rulebookUsage)
		return rulebooksUnread
	}
	check, err := newCheck()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return rulebooksUnread
	}
	code := rulebooksGood
	files := map[string][]byte{}
	for _, file := range args[1:] {
		data, err := readRulebook(file)
		if err != nil {
			fmt.Fprintln(stderr, err)
			code = max(code, rulebooksUnread)
			continue
		}
		files[file] = data
		if isCalendar(data) {
			if k, err := rulebooks.ParseCalendar(data); err == nil {
				check.zones[k.Code] = k.Zone
			}
		}
	}
	for _, file := range args[1:] {
		data, read := files[file]
		if !read {
			continue
		}
		of := check.rulebook
		if isCalendar(data) {
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

// isCalendar reports whether the file says that it is a calendar.
func isCalendar(data []byte) bool {
	var head struct {
		Schema string `json:"$schema"`
	}
	return len(data) <= rulebooks.MaxBytes && json.Unmarshal(data, &head) == nil && head.Schema == mingjing.CalendarSchema
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
	if name := book.ID + ".json"; filepath.Base(file) != name {
		problems = append(problems, "/id: the file of this rulebook is called "+name+": rename one of them")
	}
	ref := book.Ref()
	return fmt.Sprintf("%s %s, %d agencies, %d items, %d bands, sha256 %s",
		ref.ID, ref.Version, len(book.Agencies), len(book.Catalogue), len(book.Bands), ref.Hash), problems
}

// calendar returns the same for a calendar.
func (c *check) calendar(file string, data []byte) (good string, problems []string) {
	k, err := rulebooks.ParseCalendar(data)
	if err != nil {
		return "", loadProblems(err)
	}
	problems = append(problems, zoneProblems(k.Zone)...)
	if name := k.Code + ".json"; filepath.Base(file) != name {
		problems = append(problems, "/code: the file of this calendar is called "+name+": rename one of them")
	}
	return fmt.Sprintf("calendar %s %s, %s to %s, %d holidays, %d weekend days worked",
		k.Code, k.Version, k.From, k.To, len(k.Holidays), len(k.Workdays)), problems
}

// loadProblems returns the problems because of which a file can't be loaded.
func loadProblems(err error) []string {
	if wrong, ok := errors.AsType[*rulebooks.Error](err); ok {
		return wrong.Problems
	}
	return []string{"/: " + err.Error()}
}

func zoneProblems(zone string) []string {
	if _, err := time.LoadLocation(zone); err != nil {
		return []string{"/zone: " + err.Error() + ": write an IANA time zone, such as Asia/Shanghai"}
	}
	return nil
}
