// Package law has published law as the city works by it: the files of rulebooks and
// calendars, which are kept for ever, and the day on which a new version holds.
//
// What the city works by is one set of files, which is in the database. A server has files
// of its own, in a folder; [Admit] compares the two when it starts, so that no two servers
// ever score by different files. [Publish] replaces the set, which is an operator's
// decision.
//
// On the first day of a version, a job has the scores by its rulebook made anew, one job a
// resident.
package law

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// JobVersion is the kind of job that has scores made anew by a new version of a rulebook.
// Its id is the hash of the version, and where it goes on, a colon and the resident after
// whom it does.
const JobVersion = "new_version"

// Law does what follows from new versions. It is safe for use by many goroutines.
type Law struct {
	city   *kernel.City
	scores *score.Scores
}

// New returns the part.
func New(city *kernel.City, scores *score.Scores) *Law { return &Law{city: city, scores: scores} }

// Jobs returns the jobs that the part does.
func (c *Law) Jobs() kernel.Jobs {
	return kernel.Jobs{JobVersion: func(ctx context.Context, id string) (time.Duration, error) { return 0, c.begin(ctx, id) }}
}

// db returns the part's own port on a transaction.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// A File is one file of published law.
type File struct {
	// Hash is the SHA-256 of Data, 64 hex digits.
	Hash string
	// Kind is KindRulebook or KindCalendar.
	Kind string
	// Code is the id of the rulebook or the code of the calendar.
	Code    string
	Version string
	// Zone is the time zone of its days.
	Zone string
	// From is the first day on which it holds; "" is always.
	From  mingjing.Date
	Draft bool
	// Earlier says that it is a rulebook of an earlier format: it stays in force where it was
	// published, and is not published anew.
	Earlier bool
	Data    []byte
}

// The kinds of file.
const (
	KindRulebook = "rulebook"
	KindCalendar = "calendar"
)

// name returns the name of a file in a sentence.
func (f File) name() string {
	return f.Code + " " + f.Version + " (" + f.Hash[:min(len(f.Hash), 8)] + ")"
}

// begins returns the first instant at which the version holds.
func (f File) begins() time.Time {
	zone, err := time.LoadLocation(f.Zone)
	if err != nil { // it was checked before it was published
		zone = time.UTC
	}
	return f.From.Time(zone)
}
