package register

import (
	"context"
	"fmt"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

const (
	// MaxLetters is the most letters that are made in one step.
	MaxLetters = 1000
	// MaxLetterFile is the most letters of one file, whose codes become good in one
	// transaction.
	MaxLetterFile = 10_000
)

// A CodeLetter is what a letter with an activation code says. The code is good once the
// letter is kept by [Register.KeepLetters].
type CodeLetter struct {
	Resident mingjing.ResidentID
	Name     string
	// Lang is the language of the letter, Address a line each.
	Lang    string
	Address []string
	Masked  string
	Code    mingjing.ActivationCode
}

// NextLetters returns the next letters to be written, with new codes: to those who have an
// address, are not active and have no letter; or, with before, to those whose letter is
// from before it. The first skip of them are left out: they are in the same file already.
// Each resident's access log says so. It is for commands.
func (c *Register) NextLetters(ctx context.Context, a mingjing.Actor, before, until time.Time, skip, limit int) ([]CodeLetter, error) {
	if !isCommand(a) {
		return nil, kernel.ErrForbidden
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) ([]CodeLetter, error) {
		ids, err := db(t).AwaitingLetters(ctx, before, skip, min(limit, MaxLetters))
		if err != nil {
			return nil, err
		}
		rd := t.As(c.city.Entry(kernel.System, "letter_code", "", "activation"))
		letters := make([]CodeLetter, 0, len(ids))
		for _, id := range ids {
			r, err := read(rd).Resident(ctx, id)
			if err != nil {
				return nil, err
			}
			letters = append(letters, CodeLetter{Resident: id, Name: r.Name, Lang: r.Lang, Address: strings.Split(r.Address, "\n"),
				Masked: r.IDNumber.Masked(), Code: mingjing.ActivationCode{Code: newCode(), Until: until.UTC()}})
		}
		return letters, nil
	})
}

// KeepLetters makes the codes of letters good, which ends older ones, and stores that a
// file with these letters is whole. The error is changed_meanwhile (Conflict) where
// somebody else has written to one of the residents, or one is active meanwhile; then
// nothing is changed. It is for commands.
func (c *Register) KeepLetters(ctx context.Context, a mingjing.Actor, file string, before time.Time, letters []CodeLetter) error {
	if !isCommand(a) {
		return kernel.ErrForbidden
	}
	_, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (struct{}, error) {
		now := c.city.Now().UTC()
		for _, l := range letters {
			if err := db(t).SetLetter(ctx, l.Resident, before, now, plainCode(l.Code.Code), l.Code.Until); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, db(t).AddLetterFile(ctx, file, now, len(letters))
	})
	if err != nil {
		return fmt.Errorf("keep letters: %w", err)
	}
	return nil
}

// LettersKept reports whether the letters of a file were kept.
func (c *Register) LettersKept(ctx context.Context, a mingjing.Actor, file string) (bool, error) {
	if !isCommand(a) {
		return false, kernel.ErrForbidden
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (bool, error) { return db(t).HasLetterFile(ctx, file) })
}
