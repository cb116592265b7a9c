// Package register has who is enrolled, by which code they activate, and the first page
// that each of them sees.
//
//	nobody --enrol--> enrolled --letter, counter--> has a code --activation--> active
//	                                 ^   |                                       |
//	                                 |   +-- too old, or a newer code            |
//	                                 +---------------- counter ------------------+
//
// The bureau enrols residents: all of a file by a command, or one at the counter. A resident
// has one activation code at most, of which only a keyed hash is stored. Whoever has it sets
// the password with it, once. A new code ends the older one.
package register

import (
	"errors"

	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
)

// Register is who is enrolled, and the first page of each resident. It is safe for use
// by many goroutines.
type Register struct {
	city     *kernel.City
	logins   Logins // nil in a tool, where nobody logs in
	notices  *notice.Notices
	scores   *score.Scores
	mandates *mandate.Mandates
	cases    *cases.Cases
	desk     *desk.Desk
}

// New returns the part.
func New(city *kernel.City, logins Logins, notices *notice.Notices, scores *score.Scores, mandates *mandate.Mandates,
	cases *cases.Cases, desk *desk.Desk) *Register {
	return &Register{city: city, logins: logins, notices: notices, scores: scores, mandates: mandates, cases: cases, desk: desk}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

func isNotFound(err error) bool {
	return errors.Is(err, kernel.ErrNotFound) || errors.Is(err, kernel.ErrNothingThere)
}

func ignoreNotFound(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}
