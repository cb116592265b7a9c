package register

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

const (
	// CounterCodeLifespan is for how long a code can be used that was given to a resident in
	// person.
	CounterCodeLifespan = 24 * time.Hour
	// codeDigits is how many digits an activation code has. With the limits on tries they are
	// far too many to be guessed.
	codeDigits = 12
	// returnTime bounds how long a code takes to be given back after a failure.
	returnTime = 10 * time.Second
)

// Logins keeps residents' passwords and sessions.
type Logins interface {
	// Activate counts a try to activate, and calls redeem, which checks the one-time code
	// and calls set with whose it is. set sets the password, ends all other sessions, and
	// makes the session whose token Activate returns. Every refusal takes the same time.
	Activate(ctx context.Context, n mingjing.IDNumber, password string, c mingjing.Client,
		redeem func(ctx context.Context, set func(ctx context.Context, resident mingjing.ResidentID) error) error) (token string, err error)
}

// A UsedCode is what is needed to give back a code that was used.
type UsedCode struct {
	Until time.Time
	// ActivatedAt is when the resident had first used a code before that; nil for never.
	ActivatedAt *time.Time
}

// newCode returns an activation code, as "1234-5678-9012".
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000_000_000))
	if err != nil {
		panic("casework: no random numbers: " + err.Error()) // crypto/rand never fails
	}
	s := fmt.Sprintf("%0*d", codeDigits, n)
	return s[:4] + "-" + s[4:8] + "-" + s[8:]
}

// plainCode returns a code as it is stored: its digits alone, however they were typed.
func plainCode(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '-' || r == '\t' || r == '\u3000' || r == '\u00a0' || r == '－':
			return -1
		}
		return r
	}, text)
}

// Activate sets a resident's password by an activation code, ends their other sessions, and
// returns the token of a new one. The code is used up. The errors are activation_failed,
// the same for an ID number that nobody has and for a code that is wrong, used or too old;
// invalid_form with the field new_password; too_many_attempts with seconds; and
// identity_down.
func (c *Register) Activate(ctx context.Context, n mingjing.IDNumber, code, password string, client mingjing.Client) (string, error) {
	if c.logins == nil {
		return "", mingjing.NewError(mingjing.Unavailable, "identity_down")
	}
	return c.logins.Activate(ctx, n, password, client, func(ctx context.Context,
		set func(context.Context, mingjing.ResidentID) error) error {
		return c.redeem(ctx, n, plainCode(code), set)
	})
}

// redeem uses a code up, and then calls set. Where set fails the code can be used again; a
// server that is killed in between leaves it used, so that it never works twice.
func (c *Register) redeem(ctx context.Context, n mingjing.IDNumber, code string,
	set func(context.Context, mingjing.ResidentID) error) error {
	var who mingjing.ResidentID
	used, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (used UsedCode, err error) {
		if who, err = db(t).ResidentByIDNumber(ctx, n); ignoreNotFound(err) != nil {
			return used, err
		}
		// For a number that nobody has a code is looked for as well.
		if used, err = db(t).UseActivationCode(ctx, who, code, c.city.Now()); err != nil {
			return used, err
		}
		me := mingjing.Actor{Role: mingjing.RoleResident, ID: string(who)}
		return used, t.As(c.city.Entry(me, "activate", "", "own")).Log(ctx, who)
	})
	if isNotFound(err) {
		return mingjing.NewError(mingjing.Invalid, "activation_failed")
	} else if err != nil {
		return err
	}
	if err = set(ctx, who); err == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), returnTime)
	defer stop()
	back := c.city.Tx(ctx, func(t *kernel.Tx) error { return db(t).ReturnActivationCode(ctx, who, code, used) })
	if back != nil {
		c.city.Log().Warn("an activation code stays used though the activation failed", "err", back)
	}
	return err
}

// IssueCode makes a new activation code for a resident who has never used one; an
// already_activated error (Conflict) otherwise. Only the program itself calls it, for
// residents that it makes up.
func (c *Register) IssueCode(ctx context.Context, resident mingjing.ResidentID, lifespan time.Duration) (mingjing.ActivationCode, error) {
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ActivationCode, error) {
		if done, err := db(t).Activated(ctx, resident); err != nil {
			return mingjing.ActivationCode{}, err
		} else if done {
			return mingjing.ActivationCode{}, mingjing.NewError(mingjing.Conflict, "already_activated")
		}
		return c.issue(ctx, t, resident, lifespan)
	})
}

// issue makes a code, which ends the older one.
func (c *Register) issue(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID, lifespan time.Duration) (mingjing.ActivationCode,
	error) {
	k := mingjing.ActivationCode{Code: newCode(), Until: c.city.Now().UTC().Add(lifespan)}
	return k, db(t).SetActivationCode(ctx, resident, plainCode(k.Code), k.Until)
}
