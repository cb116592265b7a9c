package notice

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// resetFor is for how long the one-time code of a forgotten password can be used. It is
// sent again and again until then where the mail server does not take it.
const resetFor = time.Hour

// MailOffered reports whether this server can send e-mail.
func (c *Notices) MailOffered() bool { return c.notifier.MailOffered() }

// ForgotPassword schedules the sending of a one-time code to whoever has the ID number, if
// they have confirmed an e-mail address. It does the same for an ID number that nobody has:
// the job that follows finds nobody.
func (c *Notices) ForgotPassword(ctx context.Context, n mingjing.IDNumber) error {
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		resident, err := db(t).ResidentByIDNumber(ctx, n)
		if errors.Is(err, kernel.ErrNotFound) {
			resident, err = mingjing.ResidentID(kernel.NewID()), nil
		}
		if err != nil {
			return err
		}
		until := c.city.Now().Add(resetFor).Unix()
		return t.Enqueue(ctx, kernel.Job{Kind: JobReset, ID: string(resident) + " " + strconv.FormatInt(until, 10)})
	}))
}

// sendReset is the job that sends a code for a new password. Each try has a code of its
// own, which makes the one before invalid: codes are stored as hashes alone.
func (c *Notices) sendReset(ctx context.Context, id string) (time.Duration, error) {
	who, unix, _ := strings.Cut(id, " ")
	seconds, err := strconv.ParseInt(unix, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("send a reset code: %w", err)
	}
	resident, until := mingjing.ResidentID(who), time.Unix(seconds, 0).UTC()
	if !c.notifier.MailOffered() || !c.city.Now().Before(until) {
		return 0, nil
	}
	var p Prefs
	code := newCode()
	err = c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		rd := t.As(c.city.NoticeEntry())
		if p, err = read(rd).NoticePrefs(ctx, resident); err != nil {
			return err
		}
		if p.Email == "" || p.EmailFailed {
			return kernel.ErrNotFound
		}
		return db(t).PutResetCode(ctx, resident, code, until, c.city.Now())
	})
	if errors.Is(err, kernel.ErrNotFound) || errors.Is(err, kernel.ErrNothingThere) {
		return 0, nil // nobody, or nobody with an address
	} else if err != nil {
		return 0, fmt.Errorf("send a reset code: %w", err)
	}
	if p.Lang == "" {
		p.Lang = mingjing.Languages[0]
	}
	err = c.notifier.Mail(ctx, p.Email, Message{ID: kernel.NewID(), Lang: p.Lang, Code: code, Reset: true})
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err == nil:
		return 0, nil
	}
	c.city.Log().Warn("a reset code was not delivered", "err", err)
	if errors.Is(err, ErrGone) || errors.Is(err, ErrRefused) {
		return 0, nil
	}
	return kernel.Jitter(FirstResend), nil
}

// RedeemReset checks the one-time code of a forgotten password, uses it up, and calls set,
// which sets the new password. Where set fails, the code can be used again. The error is
// reset_failed, the same for an ID number that nobody has and for a code that is wrong,
// used or too old, or that of set.
func (c *Notices) RedeemReset(ctx context.Context, n mingjing.IDNumber, code string,
	set func(ctx context.Context, resident mingjing.ResidentID) error) error {
	code = plainCode(code)
	failed := mingjing.NewError(mingjing.Invalid, "reset_failed")
	var (
		resident mingjing.ResidentID
		right    bool
	)
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		resident, err = db(t).ResidentByIDNumber(ctx, n)
		if errors.Is(err, kernel.ErrNotFound) {
			resident, err = mingjing.ResidentID(kernel.NewID()), nil
		}
		if err != nil {
			return err
		}
		right, err = db(t).UseResetCode(ctx, resident, code, maxGuesses, c.city.Now())
		return err
	})
	if err != nil {
		return err
	}
	if !right {
		return failed
	}
	err = set(ctx, resident)
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if again := c.city.Tx(ctx, func(t *kernel.Tx) error {
		return db(t).PutResetCode(ctx, resident, code, c.city.Now().Add(resetFor/2), c.city.Now())
	}); again != nil {
		c.city.Log().Warn("a reset code is lost", "err", again)
	}
	return err
}
