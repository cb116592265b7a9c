// Package rulebooks reads published law: rulebooks, and the calendars by which they count
// working days. A [Set] is a folder of them. The JSON files in this folder are samples,
// which are part of the program. It does not know who reads them.
package rulebooks

import (
	"embed"
	"io/fs"
	"slices"
	"strings"

	"mingjing"
)

//go:embed *.json calendars/*.json
var files embed.FS

// Files returns the sample rulebooks' bytes by file name, such as "rongcheng.json".
// The schema is not among them: see [Schema].
func Files() map[string][]byte {
	byName := map[string][]byte{}
	for _, name := range names() {
		byName[name] = sample(name)
	}
	return byName
}

// Schema returns the JSON Schema of rulebooks, the file [mingjing.RulebookSchema].
func Schema() []byte { return sample(mingjing.RulebookSchema) }

// All returns the sample rulebooks, decoded again and in the order of their ids. The
// error names the file that does not load; a test prevents that.
func All() ([]*mingjing.Rulebook, error) {
	s, err := Open("")
	if err != nil {
		return nil, err
	}
	return s.Rulebooks, nil
}

// CalendarFiles returns the sample calendars' bytes by file name, such as
// "calendars/china.json". The schema is not among them: see [CalendarSchema].
func CalendarFiles() map[string][]byte {
	byName := map[string][]byte{}
	for _, name := range calendarNames() {
		byName[name] = sample(name)
	}
	return byName
}

// CalendarSchema returns the JSON Schema of calendars, the file
// [mingjing.CalendarSchema].
func CalendarSchema() []byte { return sample(calendarFolder + mingjing.CalendarSchema) }

// Calendars returns the sample calendars, decoded again and in the order of their codes.
func Calendars() ([]*mingjing.Calendar, error) {
	s, err := Open("")
	if err != nil {
		return nil, err
	}
	return s.Calendars, nil
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

func sample(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the name comes from the embedded folder itself
	}
	return data
}
