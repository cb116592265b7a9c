package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework"
	"mingjing/server/casework/register"
	"mingjing/server/csvfile"
)

const residentUsage = `usage: mingjing resident COMMAND

  enrol FILE.csv [--gb18030]
      enrol everybody in a file, - for standard input. The header row has the columns
      id_number, name, language (zh-CN or en) and address; the last two may be left out.
      The file is in UTF-8, or with --gb18030 in GB 18030. Each line that is wrong is
      printed with what is wrong, and stops no other. Run it again after it was cut off:
      who is enrolled already stays as they are.
      Exit code: 0 everybody is enrolled, 3 some lines are wrong, 1 it was cut off.
  letters --out DIR|FILE [--per N] [--seal-to KEY] [--again [--before DATE]]
      write letters with a new activation code to everybody who has an address and is
      neither active nor has a letter: into a folder as PDF files of N letters each, or
      into one file whose name ends in .pdf, of 10000 letters at most. With --seal-to they
      are CSV for a print shop, sealed to its age public key (age1…, or a file of it); the
      name of the one file then ends in .csv.age.
      --again also writes to those who have a letter already, whose old code ends; with
      --before DATE (such as 2026-11-01) only where that letter is from before that day.
`

// enrolStep is how many people are enrolled in one transaction.
const enrolStep = 250

// enrolColumns are the columns of a file of residents.
var enrolColumns = []string{"id_number", "name", "language", "address"}

// exitWrongLines is the exit code where it is done, and some lines are wrong.
const exitWrongLines = 3

// runResident runs the resident commands and returns the exit code.
func runResident(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == "help" {
		fmt.Fprint(stdout, residentUsage)
		return 0
	}
	do := map[string]func(context.Context, *residentCommand) (int, error){"enrol": runEnrol, "letters": runLetters}
	k := &residentCommand{stdin: stdin, stdout: stdout, stderr: stderr}
	var run func(context.Context, *residentCommand) (int, error)
	err := errors.New("a command is missing")
	if len(args) > 0 {
		if run = do[args[0]]; run == nil {
			err = fmt.Errorf("there is no command %q", args[0])
		} else {
			err = k.parse(args[0], args[1:])
		}
	}
	if errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		fmt.Fprintf(stderr, "mingjing: %v\n\n%s", err, residentUsage)
		return 2
	}
	if k.settings, err = readSettings(getenv); err != nil && k.settings.Data == "" {
		fmt.Fprintln(stderr, "mingjing:", err)
		return 2
	}
	office, _, closeStore, err := openOffice(ctx, k.settings)
	code := 1
	if err == nil {
		k.office = office
		code, err = run(ctx, k)
		err = errors.Join(err, closeStore())
	}
	if err != nil {
		for _, line := range staffErrors(err) {
			fmt.Fprintln(stderr, "mingjing:", line)
		}
		return 1
	}
	return code
}

// A residentCommand is a parsed command about residents.
type residentCommand struct {
	settings       Settings
	office         *casework.Bureau
	stdin          io.Reader
	stdout, stderr io.Writer

	file    string
	gb18030 bool
	letters lettersJob
}

// parse reads the arguments of a command. Flags may stand before and after the file.
func (k *residentCommand) parse(name string, args []string) error {
	flags := flag.NewFlagSet("mingjing resident "+name, flag.ContinueOnError)
	flags.SetOutput(k.stderr)
	flags.Usage = func() { fmt.Fprint(k.stderr, residentUsage) }
	wants := 0
	switch name {
	case "enrol":
		wants = 1
		flags.BoolVar(&k.gb18030, "gb18030", false, "")
	case "letters":
		k.letters.flags(flags)
	}
	var words []string
	for {
		if err := flags.Parse(args); err != nil {
			return err
		}
		if flags.NArg() == 0 {
			break
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
	if len(words) != wants {
		return fmt.Errorf("%s wants %d files, not %d", name, wants, len(words))
	}
	if wants == 1 {
		k.file = words[0]
	}
	if name == "letters" {
		return k.letters.check()
	}
	return nil
}

// runEnrol enrols everybody in a file, a step at a time.
func runEnrol(ctx context.Context, k *residentCommand) (int, error) {
	file := k.stdin
	if k.file != "-" {
		f, err := os.Open(k.file)
		if err != nil {
			return 1, err
		}
		defer func() { _ = f.Close() }() // it was only read
		file = f
	}
	text, err := inUTF8(file, k.gb18030)
	if err != nil {
		return 1, err
	}
	rows, err := csvfile.New(text, enrolColumns)
	if err != nil {
		return 1, headError(err)
	}
	for _, name := range enrolColumns[:2] {
		if !slices.Contains(rows.Head(), name) {
			return 1, mingjing.NewError(mingjing.Invalid, "column_missing", "column", name, "columns", strings.Join(enrolColumns, ", "))
		}
	}
	rows.Begins("id_number", func(cell string) bool { return len(cell) == 18 && strings.Trim(cell[:17], "0123456789") == "" })
	e := &enrolment{residentCommand: k, out: bufio.NewWriter(k.stdout)}
	for more := true; more && err == nil; {
		if more, err = e.read(rows); err == nil {
			err = e.step(ctx)
		}
	}
	e.summary()
	switch err = errors.Join(err, e.out.Flush()); {
	case err != nil:
		return 1, fmt.Errorf("it was cut off after line %d; run it again to go on: %w", e.last, err)
	case e.wrong > 0:
		return exitWrongLines, nil
	}
	return 0, nil
}

// headError returns the error of a header row.
func headError(err error) error {
	if unknown, ok := errors.AsType[*csvfile.UnknownColumn](err); ok {
		return mingjing.NewError(mingjing.Invalid, "column_unknown", "column", unknown.Name, "columns", strings.Join(enrolColumns, ", "))
	} else if errors.Is(err, csvfile.ErrNoHead) {
		return mingjing.NewError(mingjing.Invalid, "column_missing", "column", enrolColumns[0], "columns", strings.Join(enrolColumns, ", "))
	}
	return err
}

// inUTF8 returns the text of a file in UTF-8, without a byte order mark. What is no UTF-8
// is left as it is.
func inUTF8(file io.Reader, gb18030 bool) (io.Reader, error) {
	in := bufio.NewReaderSize(file, 64<<10)
	start, _ := in.Peek(64 << 10) // an error comes again when the rest is read
	is := func(name string) error { return mingjing.NewError(mingjing.Invalid, "file_encoding", "encoding", name) }
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")), bytes.IndexByte(start, 0) >= 0:
		return nil, is("UTF-16")
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		if gb18030 {
			return nil, is("UTF-8")
		}
		_, err := in.Discard(3)
		return in, err
	case gb18030 && isUTF8Text(start):
		return nil, is("UTF-8")
	case gb18030:
		return simplifiedchinese.GB18030.NewDecoder().Reader(in), nil
	}
	return in, nil
}

// isUTF8Text reports whether the start of a file, which may end within a character, is in
// UTF-8 and not in ASCII alone.
func isUTF8Text(start []byte) bool {
	ascii := !slices.ContainsFunc(start, func(b byte) bool { return b >= utf8.RuneSelf })
	for range utf8.UTFMax {
		if utf8.Valid(start) {
			return !ascii
		}
		start = start[:max(0, len(start)-1)]
	}
	return false
}

// An enrolment is a run of the enrol command.
type enrolment struct {
	*residentCommand
	out                    *bufio.Writer
	people                 []register.Newcomer // of this step
	lines                  []int               // of each of them
	wrongRows              []csvfile.Row       // of this step
	enrolled, there, wrong int
	last                   int // the line of the last answer
	thereFrom, thereTo     int // lines of people who are there, not printed yet
}

// read reads the rows of one step, and reports whether there are more.
func (e *enrolment) read(rows *csvfile.Reader) (more bool, err error) {
	e.people, e.lines, e.wrongRows = e.people[:0], e.lines[:0], e.wrongRows[:0]
	for len(e.people)+len(e.wrongRows) < enrolStep {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		if row.Code == "" && slices.ContainsFunc(row.Cells, func(c string) bool { return !utf8.ValidString(c) }) {
			row.Code = "line_encoding"
		}
		if row.Code != "" {
			if row.Code == "cells_count" {
				row.Cells = []string{fmt.Sprint(len(row.Cells)), fmt.Sprint(len(rows.Head()))}
			}
			e.wrongRows = append(e.wrongRows, row)
			continue
		}
		cell := func(name string) string {
			if at := slices.Index(rows.Head(), name); at >= 0 {
				return row.Cells[at]
			}
			return ""
		}
		e.people = append(e.people, register.Newcomer{IDNumber: cell("id_number"), Name: cell("name"), Lang: cell("language"),
			Address: cell("address")})
		e.lines = append(e.lines, row.Line)
	}
	return true, nil
}

// step enrols the people of one step and prints the answers in the order of the file.
func (e *enrolment) step(ctx context.Context) error {
	answers, err := e.office.Register.EnrolAll(ctx, operator(), e.people)
	if err != nil {
		return err
	}
	for i, a := range answers {
		for len(e.wrongRows) > 0 && e.wrongRows[0].Line < e.lines[i] {
			e.unreadable()
		}
		e.last = e.lines[i]
		switch {
		case a.Wrong != nil:
			e.wrong++
			for _, f := range a.Wrong {
				e.refused(e.last, a.Masked, f.Field, f.Code, nil)
			}
		case a.There:
			e.there++
			if e.thereFrom == 0 {
				e.thereFrom = e.last
			}
			e.thereTo = e.last
		default:
			e.enrolled++
			e.printThere()
		}
	}
	for len(e.wrongRows) > 0 {
		e.unreadable()
	}
	if done := e.enrolled + e.there + e.wrong; done/10_000 > (done-len(answers))/10_000 {
		fmt.Fprintf(e.stderr, "%d lines\n", done)
	}
	return e.out.Flush()
}

// unreadable prints the first row that can't be read.
func (e *enrolment) unreadable() {
	row := e.wrongRows[0]
	e.wrongRows = e.wrongRows[1:]
	e.wrong, e.last = e.wrong+1, row.Line
	var values map[string]string
	if row.Code == "cells_count" {
		values = map[string]string{"cells": row.Cells[0], "columns": row.Cells[1]}
	}
	e.refused(row.Line, "", "", row.Code, values)
}

// refused prints why a line is wrong, in both languages.
func (e *enrolment) refused(line int, masked, field, code string, values map[string]string) {
	e.printThere()
	fields := []string{fmt.Sprint("line ", line), orDash(masked), orDash(field), code}
	for _, lang := range mingjing.Languages {
		fields = append(fields, i18n.TMap(lang, "error."+code, values))
	}
	fmt.Fprintln(e.out, strings.Join(fields, "\t"))
}

// printThere prints the lines of people who were enrolled before, a run of them at once.
func (e *enrolment) printThere() {
	switch e.thereFrom {
	case 0:
		return
	case e.thereTo:
		fmt.Fprintf(e.out, "line %d\tenrolled already\n", e.thereFrom)
	default:
		fmt.Fprintf(e.out, "lines %d to %d\tenrolled already\n", e.thereFrom, e.thereTo)
	}
	e.thereFrom = 0
}

func (e *enrolment) summary() {
	e.printThere()
	fmt.Fprintf(e.out, "\n%-16s %d\n%-16s %d\n%-16s %d\n", "enrolled", e.enrolled, "already there", e.there, "wrong", e.wrong)
}

func orDash(s string) string { return choose(s == "", "-", s) }
