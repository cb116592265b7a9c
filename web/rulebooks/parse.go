package rulebooks

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"

	"mingjing"
)

// MaxBytes is the most bytes of a rulebook or a calendar: 4 MiB.
const MaxBytes = 4 << 20

// An Error is why a file does not load. Each problem is the JSON pointer of the place,
// a colon, and what to do; there are at most a hundred.
type Error struct {
	File     string // "rulebook" or "calendar"
	Problems []string
	// Lines are the lines of the problems' places, from 1; 0 for a place that is not there.
	Lines []int
}

func (e *Error) Error() string { return e.File + ": " + strings.Join(e.Problems, "; ") }

// Parse reads a rulebook strictly: at most [MaxBytes] of UTF-8 JSON with nothing after
// it, which keeps the published [Schema] and the rules that a schema can't say, and names
// nothing but what is in the register. The rulebook is pinned to the SHA-256 of exactly
// these bytes, and has the register's words. The error is an [*Error].
func Parse(data []byte) (*mingjing.Rulebook, error) {
	var c checker
	if firstFormat(data) {
		book, err := mingjing.DecodeRulebook(data)
		if c.decoded(err) {
			c.firstFormat(book)
		}
	} else if c.file(data, rulebookSchema()) {
		book, err := mingjing.DecodeRulebook(data)
		if c.decoded(err) {
			mingjing.PublishedRegister().Complete(book)
			c.rulebook(book)
			c.register(book)
			c.examples(data)
		}
		if len(c.problems) == 0 {
			return book, nil
		}
	}
	return nil, &Error{"rulebook", c.problems, lines(data, c.at)}
}

// Stored reads a rulebook that was published once. Its bytes were checked then, by the
// rules of their time; scores by it are read and checked for ever, whatever its format.
func Stored(data []byte) (*mingjing.Rulebook, error) {
	book, err := mingjing.DecodeRulebook(data)
	if err == nil {
		mingjing.PublishedRegister().Complete(book)
	}
	return book, err
}

// firstFormat reports whether the bytes are a rulebook in the format that has words of its
// own; see [mingjing.RulebookFormat].
func firstFormat(data []byte) bool {
	var head struct {
		Schema    string            `json:"$schema"`
		Format    json.RawMessage   `json:"format"`
		NeverUsed []json.RawMessage `json:"never_used"`
	}
	return len(data) <= MaxBytes && json.Unmarshal(data, &head) == nil && head.Format == nil && head.NeverUsed != nil &&
		head.Schema == mingjing.RulebookSchema
}

// ParseCalendar reads a calendar as strictly as [Parse] reads a rulebook.
func ParseCalendar(data []byte) (*mingjing.Calendar, error) {
	var c checker
	if c.file(data, calendarSchema()) {
		k, err := mingjing.DecodeCalendar(data)
		if c.decoded(err) {
			c.calendar(k)
		}
		if len(c.problems) == 0 {
			return k, nil
		}
	}
	return nil, &Error{"calendar", c.problems, lines(data, c.at)}
}

// A checker collects problems.
type checker struct {
	problems []string
	at       []string // the places of the problems
	places   map[string]bool
	of       mingjing.Subject // whom the rulebook scores
}

const maxProblems = 100

func (c *checker) add(place, todo string) {
	if len(c.problems) >= maxProblems {
		return
	}
	if c.places == nil {
		c.places = map[string]bool{}
	}
	c.places[place] = true
	c.at = append(c.at, place)
	c.problems = append(c.problems, shortened(cmp.Or(place, "/"))+": "+shortened(todo))
}

// addNew adds a problem unless something is wrong with the place already.
func (c *checker) addNew(place, todo string) {
	if !c.places[place] {
		c.add(place, todo)
	}
}

// shortened returns a text from a file, cut so that it does not fill the screen.
func shortened(s string) string {
	const most = 600
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// decoded reports whether decoding succeeded. A value that the schema allows and that
// can't be decoded is a number such as 1e3.
func (c *checker) decoded(err error) bool {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if len(c.problems) == 0 {
			c.add("/"+strings.ReplaceAll(wrong.Field, ".", "/"), "write a whole number in digits alone")
		}
		return false
	}
	if err != nil {
		c.addNew("", err.Error())
	}
	return err == nil
}
