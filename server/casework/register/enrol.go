package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
)

const (
	// maxName and maxAddress are the most characters of a name and of an address.
	maxName    = 100
	maxAddress = 200
	// maxAddressLines is how many lines an address on an envelope has at most.
	maxAddressLines = 5
)

// A Newcomer is somebody who is to be enrolled, as it was written.
type Newcomer struct {
	IDNumber string
	Name     string
	// Lang is the language of letters; "" is the first of [mingjing.Languages].
	Lang string
	// Address is where letters are sent; "" where none are.
	Address string
}

// An Enrolled is what came of one newcomer.
type Enrolled struct {
	// Masked is the masked ID number; "" where it could not be read.
	Masked string
	// There says that somebody with this ID number was enrolled before. Nothing of theirs
	// was changed.
	There bool
	// Wrong are the fields that are wrong; then nobody was enrolled. The fields are
	// id_number, name, language and address.
	Wrong []mingjing.FieldError
}

// parse returns the newcomer as a resident, or the fields that are wrong.
func (c *Register) parse(n Newcomer) (r kernel.Resident, wrong []mingjing.FieldError) {
	bad := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
	var err error
	if strings.TrimSpace(n.IDNumber) == "" {
		bad("id_number", "required")
	} else if r.IDNumber, err = mingjing.ParseIDNumber(n.IDNumber, c.city.Now()); err != nil {
		bad("id_number", err.Error())
	}
	r.Name, r.Lang = strings.TrimSpace(n.Name), strings.TrimSpace(n.Lang)
	switch {
	case r.Name == "" || utf8.RuneCountInString(r.Name) > maxName:
		bad("name", "name_required")
	case !isText(r.Name):
		bad("name", "characters_strange")
	}
	if r.Lang == "" {
		r.Lang = mingjing.Languages[0]
	} else if i := slices.IndexFunc(mingjing.Languages, func(l string) bool { return strings.EqualFold(l, r.Lang) }); i >= 0 {
		r.Lang = mingjing.Languages[i]
	} else {
		bad("language", "letter_language")
	}
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(n.Address, "\r", "\n")) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	r.Address = strings.Join(lines, "\n")
	switch {
	case utf8.RuneCountInString(r.Address) > maxAddress || len(lines) > maxAddressLines:
		bad("address", "address_long")
	case !isText(strings.Join(lines, "")):
		bad("address", "characters_strange")
	}
	return r, wrong
}

// isText reports whether a text has no characters that can't be printed.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

// EnrolAll enrols people, each whose line is right, and answers each line. It is for
// commands. Enrolling somebody again changes nothing, so that what was cut off can be
// done again.
func (c *Register) EnrolAll(ctx context.Context, a mingjing.Actor, all []Newcomer) ([]Enrolled, error) {
	if !isCommand(a) {
		return nil, kernel.ErrForbidden
	}
	answers, people := make([]Enrolled, len(all)), make([]kernel.Resident, len(all))
	for i, n := range all {
		people[i], answers[i].Wrong = c.parse(n)
		if people[i].IDNumber != "" {
			answers[i].Masked = people[i].IDNumber.Masked()
		}
	}
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(kernel.System, "enrol", "", "record"))
		for i, r := range people {
			if answers[i].Wrong != nil {
				continue
			}
			id, there, err := c.enrol(ctx, t, r)
			if err == nil && !there {
				err = rd.Log(ctx, id)
			}
			if err != nil {
				return err
			}
			answers[i].There = there
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	return answers, nil
}

func isCommand(a mingjing.Actor) bool { return a.Role == mingjing.RoleSystem && a.ID == "command" }

// enrol stores a resident. It returns who it is, and whether somebody was there with this
// ID number, of whom it changes nothing.
func (c *Register) enrol(ctx context.Context, t *kernel.Tx, r kernel.Resident) (id mingjing.ResidentID, there bool, err error) {
	switch id, err = db(t).ResidentByIDNumber(ctx, r.IDNumber); {
	case err == nil:
		return id, true, nil
	case !errors.Is(err, kernel.ErrNotFound):
		return "", false, err
	}
	r.ID, r.CreatedAt = mingjing.ResidentID(kernel.NewID()), c.city.Now().UTC()
	switch err := db(t).AddResident(ctx, r); {
	case errors.Is(err, kernel.ErrExists): // enrolled meanwhile
		id, err = db(t).ResidentByIDNumber(ctx, r.IDNumber)
		return id, true, err
	case err != nil:
		return "", false, err
	}
	if err := db(t).AddEnrolment(ctx, r.ID, r.Address != ""); err != nil {
		return "", false, err
	}
	return r.ID, false, c.mandates.TellOffers(ctx, t, r.ID)
}

// Enrol stores a resident with ID number and name, and returns the random ID; the
// existing ID if the number is known. Only the program itself calls it, for residents
// that it makes up.
func (c *Register) Enrol(ctx context.Context, n mingjing.IDNumber, name string) (id mingjing.ResidentID, err error) {
	r, wrong := c.parse(Newcomer{IDNumber: string(n), Name: name})
	if wrong != nil {
		return "", mingjing.InvalidFields(wrong...)
	}
	err = c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		id, _, err = c.enrol(ctx, t, r)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("enrol resident: %w", err)
	}
	return id, nil
}
