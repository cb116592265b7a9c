// Package rulebooks has the published rulebooks, and the calendars by which they count
// working days: the JSON files in this folder are public, and they are the ones that
// score. It does not know who reads them.
package rulebooks

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"mingjing"
)

//go:embed *.json calendars/*.json
var files embed.FS

// Files returns the rulebooks' published bytes by file name, such as "rongcheng.json".
// The schema is not among them: see [Schema].
func Files() map[string][]byte {
	byName := map[string][]byte{}
	for _, name := range names() {
		byName[name] = read(name)
	}
	return byName
}

// Schema returns the JSON Schema of rulebooks, the file [mingjing.RulebookSchema].
func Schema() []byte { return read(mingjing.RulebookSchema) }

// All returns the published rulebooks, decoded again and in the order of their ids. The
// error names the file that does not load; a test prevents that such a file is
// published.
func All() ([]*mingjing.Rulebook, error) {
	var books []*mingjing.Rulebook
	for _, name := range names() {
		book, err := Parse(read(name))
		if err != nil {
			return nil, fmt.Errorf("reading the published rulebook %s: %w", name, err)
		}
		if name != book.ID+".json" {
			return nil, fmt.Errorf("reading the published rulebook %s: its id is %s", name, book.ID)
		}
		books = append(books, book)
	}
	return books, nil
}

// CalendarFiles returns the calendars' published bytes by file name, such as
// "calendars/china.json". The schema is not among them: see [CalendarSchema].
func CalendarFiles() map[string][]byte {
	byName := map[string][]byte{}
	for _, name := range calendarNames() {
		byName[name] = read(name)
	}
	return byName
}

// CalendarSchema returns the JSON Schema of calendars, the file
// [mingjing.CalendarSchema].
func CalendarSchema() []byte { return read(calendarFolder + mingjing.CalendarSchema) }

// Calendars returns the published calendars, decoded again and in the order of their
// codes.
func Calendars() ([]*mingjing.Calendar, error) {
	var all []*mingjing.Calendar
	for _, name := range calendarNames() {
		k, err := ParseCalendar(read(name))
		if err != nil {
			return nil, fmt.Errorf("reading the published calendar %s: %w", name, err)
		}
		if name != calendarFolder+k.Code+".json" {
			return nil, fmt.Errorf("reading the published calendar %s: its code is %s", name, k.Code)
		}
		all = append(all, k)
	}
	return all, nil
}

const calendarFolder = "calendars/"

func calendarNames() []string { return named(calendarFolder + "*.json") }

func names() []string { return named("*.json") }

// named returns the files that match, schemas left out.
func named(pattern string) []string {
	all, err := fs.Glob(files, pattern)
	if err != nil {
		panic(err) // the pattern is a constant
	}
	slices.Sort(all)
	return slices.DeleteFunc(all, func(name string) bool {
		return strings.HasSuffix(name, ".schema.json")
	})
}

func read(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the name comes from the embedded folder itself
	}
	return data
}
