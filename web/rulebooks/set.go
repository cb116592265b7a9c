package rulebooks

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"mingjing"
)

// The kinds of file.
const (
	KindRulebook = "rulebook"
	KindCalendar = "calendar"
)

// A File is one file of published law: a version of a rulebook or of a calendar.
type File struct {
	// Name is the file's name below the folder.
	Name string
	Kind string
	// Hash is the SHA-256 of Data, 64 hex digits.
	Hash string
	// Code is the id of the rulebook, or the code of the calendar.
	Code    string
	Version string
	// From is the first day on which it holds; "" is always.
	From  mingjing.Date
	Draft bool
	// Earlier says that it is a rulebook of an earlier format, which only a city that
	// published it before can work by.
	Earlier bool
	Data    []byte
}

// A Set is what is published together: all versions of the rulebooks, drafts too, and of
// the calendars.
type Set struct {
	Files []File
	// Rulebooks are by id, and each by its days.
	Rulebooks []*mingjing.Rulebook
	Calendars []*mingjing.Calendar
}

// Open returns the set in a folder: the rulebooks, and below calendars/ the calendars. A
// folder without calendars has the sample ones. "" is the samples that are part of the
// program. The error names each file that is wrong, and what to do.
func Open(folder string) (*Set, error) {
	if folder == "" {
		return read(files)
	}
	if info, err := os.Stat(folder); err != nil {
		return nil, fmt.Errorf("opening the folder of rulebooks: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("opening the folder of rulebooks: %s is a file", folder)
	}
	return read(os.DirFS(folder))
}

func read(from fs.FS) (*Set, error) {
	s := &Set{}
	var wrong []string
	for _, kind := range []string{KindRulebook, KindCalendar} {
		where, pattern := from, "*.json"
		if kind == KindCalendar {
			pattern = calendarFolder + pattern
			if _, err := fs.Stat(from, path.Clean(calendarFolder)); err != nil {
				where = files
			}
		}
		names, err := fs.Glob(where, pattern)
		if err != nil {
			return nil, fmt.Errorf("listing the %ss: %w", kind, err)
		}
		slices.Sort(names)
		for _, name := range names {
			if strings.HasSuffix(name, ".schema.json") {
				continue
			}
			data, err := readLimited(where, name)
			if err == nil {
				err = s.add(name, kind, data)
			}
			if err != nil {
				wrong = append(wrong, name+": "+err.Error())
			}
		}
	}
	slices.SortStableFunc(s.Rulebooks, func(a, b *mingjing.Rulebook) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(string(a.From), string(b.From)))
	})
	slices.SortStableFunc(s.Calendars, func(a, b *mingjing.Calendar) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(string(a.HoldsFrom), string(b.HoldsFrom)))
	})
	if len(wrong) == 0 {
		wrong = s.together()
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("the published law can't be used: %s", strings.Join(wrong, "; "))
	}
	return s, nil
}

// readLimited reads no more than one byte beyond what [Parse] accepts.
func readLimited(from fs.FS, name string) ([]byte, error) {
	f, err := from.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxBytes+1))
}

// add parses a file and adds it.
func (s *Set) add(name, kind string, data []byte) error {
	sum := sha256.Sum256(data)
	f := File{Name: name, Kind: kind, Hash: hex.EncodeToString(sum[:]), Data: data}
	if kind == KindCalendar {
		k, err := ParseCalendar(data)
		if err != nil {
			return err
		}
		f.Code, f.Version, f.From = k.Code, k.Version, k.HoldsFrom
		s.Calendars = append(s.Calendars, k)
	} else {
		read := Parse
		if f.Earlier = firstFormat(data); f.Earlier {
			read = Stored
		}
		b, err := read(data)
		if err != nil {
			return err
		}
		f.Code, f.Version, f.From, f.Draft = b.ID, b.Version, b.From, b.Draft
		s.Rulebooks = append(s.Rulebooks, b)
	}
	s.Files = append(s.Files, f)
	if !f.named() {
		return fmt.Errorf("call the file %s-%s.json", f.Code, f.Version)
	}
	return nil
}

// named reports whether the file is called by what is in it.
func (f File) named() bool {
	base := path.Base(f.Name)
	return base == f.Code+".json" || base == f.Code+"-"+f.Version+".json"
}

// together returns what is wrong between the files.
func (s *Set) together() (wrong []string) {
	if len(s.Rulebooks) == 0 {
		wrong = append(wrong, "there is no rulebook: put one there")
	}
	versions, days := map[string]string{}, map[string]string{}
	for _, f := range s.Files {
		version := f.Kind + " " + f.Code + " " + f.Version
		if other, ok := versions[version]; ok {
			wrong = append(wrong, fmt.Sprintf("%s and %s are both version %s of %s: give one a new version", other, f.Name, f.Version, f.Code))
		}
		versions[version] = f.Name
		if f.Draft {
			continue
		}
		day := f.Kind + " " + f.Code + " " + string(f.From)
		if other, ok := days[day]; ok {
			wrong = append(wrong, fmt.Sprintf("%s and %s both hold from %s: only one can", other, f.Name, cmp.Or(string(f.From), "the beginning")))
		}
		days[day] = f.Name
	}
	for _, b := range s.Rulebooks {
		of := slices.DeleteFunc(slices.Clone(s.Calendars), func(k *mingjing.Calendar) bool { return k.Code != b.Procedure.Calendar })
		if len(of) == 0 {
			wrong = append(wrong, fmt.Sprintf("%s %s counts by the calendar %q: put it there", b.ID, b.Version, b.Procedure.Calendar))
		}
		for _, k := range of {
			if k.Zone != b.Zone { // a day must not end twice
				wrong = append(wrong, fmt.Sprintf("%s %s and its calendar %s %s are in different zones", b.ID, b.Version, k.Code, k.Version))
			}
		}
	}
	return wrong
}

// Kind returns the kind of a file by its "$schema": a calendar, or else a rulebook.
func Kind(data []byte) string {
	var head struct {
		Schema string `json:"$schema"`
	}
	if len(data) <= MaxBytes && json.Unmarshal(data, &head) == nil && head.Schema == mingjing.CalendarSchema {
		return KindCalendar
	}
	return KindRulebook
}
