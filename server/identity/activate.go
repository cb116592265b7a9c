package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
)

// Activate sets the password of a resident who has a one-time code, and logs in; all other
// sessions of the resident end. redeem checks the code and uses it up: it calls set with
// whose code it is, or returns activation_failed. A login that is not there yet is made. The
// errors are activation_failed, also for a login that is locked; invalid_form with the
// field new_password, which leaves the code unused; too_many_attempts with seconds; and
// identity_down, after which the code must still be good.
func (i *Identity) Activate(ctx context.Context, n mingjing.IDNumber, newPassword string, c mingjing.Client,
	redeem func(ctx context.Context, set func(ctx context.Context, resident mingjing.ResidentID) error) error) (token string, err error) {
	identifier := i.keys.resident(n)
	if w := passwordProblem(newPassword, identifier, string(n)); w != "" {
		return "", mingjing.InvalidFields(mingjing.FieldError{Field: "new_password", Code: w})
	}
	defer i.pace.start(ctx)()
	a := attempt{"activate", identifier, addrPrefix(c.Addr)}
	if err := i.admit(ctx, a); errors.Is(err, errSilent) {
		return "", errActivation()
	} else if err != nil {
		return "", err
	}
	err = redeem(ctx, func(ctx context.Context, resident mingjing.ResidentID) (err error) {
		// From here on it is finished even when the client has gone.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		token, err = i.replacePassword(ctx, identifier, resident, newPassword, c)
		return err
	})
	if e, ok := errors.AsType[*mingjing.Error](err); ok && e.Kind == mingjing.Invalid {
		return "", err
	} else if err != nil {
		return "", i.undecided(ctx, a, "activate", err)
	}
	i.loginSucceeded(ctx, a)
	i.loginSucceeded(ctx, attempt{"login", a.identifier, a.addr})
	return token, nil
}

// replacePassword sets a resident's password, ends all their sessions, and returns the
// token of a new one.
func (i *Identity) replacePassword(ctx context.Context, identifier string, resident mingjing.ResidentID, password string,
	c mingjing.Client) (string, error) {
	// One at a time: when two requests use Kratos' codes of one identity at once, both can
	// fail in its SQLite. It is so rare that nobody has to wait long.
	i.activating.Lock()
	defer i.activating.Unlock()
	p, err := i.kratos.find(ctx, identifier)
	if err == nil && !p.enrolled {
		p, err = i.kratos.create(ctx, schemaResident, traits{Identifier: identifier},
			publicMeta{Role: mingjing.RoleResident, Resident: resident}, "")
	}
	switch {
	case err != nil:
		return "", err
	case p.public.Resident != resident:
		return "", errors.New("the login belongs to another resident")
	case !p.active:
		return "", errActivation()
	}
	flow, code, err := i.kratos.issue(ctx, p.id)
	if err != nil {
		return "", err
	}
	token, settings, err := i.kratos.redeem(withDevice(ctx, c.Device), flow, code)
	if err != nil {
		return "", fmt.Errorf("redeem a code of our own: %w", err)
	}
	if err := i.setPassword(ctx, token, settings, password); err != nil {
		i.dropSession(ctx, token)
		if errors.Is(err, errRefused) {
			err = mingjing.InvalidFields(mingjing.FieldError{Field: "new_password", Code: "password_weak"})
		}
		return "", err
	}
	// It comes after the password, because whoever is still waiting can't log in.
	if err := i.retry(ctx, func() error { return i.kratos.setAdmin(ctx, p.id, memberWaiting, false) }); err != nil {
		i.dropSession(ctx, token)
		return "", err
	}
	if err := i.EndOtherSessions(ctx, token); err != nil {
		i.log.Warn("older sessions stay after a new password", "err", err)
	}
	return token, nil
}

func (i *Identity) setPassword(ctx context.Context, token, settings, password string) error {
	if err := i.checks.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("wait for a password check: %w", err)
	}
	defer i.checks.Release(1)
	return i.retry(ctx, func() error { return i.kratos.setPassword(ctx, token, settings, password) })
}

// retry calls f until it succeeds, a few times, so that what was begun is finished.
func (i *Identity) retry(ctx context.Context, f func() error) error {
	var err error
	for try := range 5 {
		if err = f(); err == nil || errors.Is(err, errRefused) {
			return err
		}
		wait(ctx, 200*time.Millisecond<<try)
	}
	return err
}

// MinPassword is the least length of a password, in characters.
const MinPassword = 10

// passwordProblem returns the code of what is wrong with a new password, or "". It
// refuses everything that Kratos would refuse, because Kratos is asked only after a code
// was used.
func passwordProblem(password, identifier, idNumber string) string {
	switch {
	case password == "":
		return "required"
	case !utf8.ValidString(password):
		return "password_weak"
	case utf8.RuneCountInString(password) < MinPassword:
		return "password_short"
	case len(password) > maxPassword:
		return "too_long"
	}
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	if len(different) < 4 {
		return "password_weak"
	}
	lower := strings.ToLower(password)
	if len(idNumber) == 18 {
		id := strings.ToLower(idNumber)
		if strings.Contains(lower, id[6:14]) || strings.Contains(lower, id[12:]) {
			return "password_weak"
		}
	}
	if 2*commonRun(lower, strings.ToLower(identifier)) > len(lower) {
		return "password_weak"
	}
	return ""
}

// commonRun returns the length in bytes of the longest text that is in both.
func commonRun(a, b string) int {
	best, row := 0, make([]int, len(b)+1)
	for x := range len(a) {
		for y := len(b) - 1; y >= 0; y-- {
			if a[x] == b[y] {
				row[y+1] = row[y] + 1
				best = max(best, row[y+1])
			} else {
				row[y+1] = 0
			}
		}
	}
	return best
}
