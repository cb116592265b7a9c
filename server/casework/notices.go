package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"mingjing"
)

// How long the ways out of the house are tried.
const (
	// firstResend is the wait after the first failure; it doubles up to lastResend.
	firstResend = 30 * time.Second
	lastResend  = time.Hour
	// maxSends is how often a notice is tried before it stays in the inbox alone:
	// about seven hours.
	maxSends = 14
)

// inboxOnly is the Notifier where there is none.
type inboxOnly struct{}

func (inboxOnly) PushKey() string                                   { return "" }
func (inboxOnly) CheckEndpoint(string) error                        { return ErrRefused }
func (inboxOnly) Push(context.Context, PushAddress, Message) error  { return ErrRefused }
func (inboxOnly) MailOffered() bool                                 { return false }
func (inboxOnly) Mail(_ context.Context, _ string, _ Message) error { return ErrRefused }

// notify puts a notice into the resident's inbox, in the caller's transaction,
// tells the resident's open screens, and has it sent by the ways that the
// resident wants. Page is the name of the route that shows the subject.
func (c *Casework) notify(ctx context.Context, t *tx, resident mingjing.ResidentID, kind mingjing.NoticeKind, code, page, subject string) error {
	if !slices.ContainsFunc(mingjing.Routes, func(r mingjing.Route) bool { return r.Name == page }) {
		return fmt.Errorf("notify: there is no page %q", page)
	}
	n := Notice{Resident: resident, Notice: mingjing.Notice{ID: newID(), Kind: kind, Code: code, Page: page,
		Subject: subject, At: c.Now().UTC()}}
	p, err := prefsOf(ctx, t, resident)
	if err != nil {
		return err
	}
	if n.Waiting, err = c.ways(ctx, t, p, kind); err != nil {
		return err
	}
	if err := t.AddNotice(ctx, n); err != nil {
		return fmt.Errorf("add notice: %w", err)
	}
	if len(n.Waiting) > 0 {
		if err := t.Enqueue(ctx, Job{Kind: JobNotify, ID: n.ID}); err != nil {
			return err
		}
	}
	return t.emit(ctx, string(resident), mingjing.EventNotice, n.ID, n.At)
}

// ways are those by which the resident wants to hear of a kind of notice.
func (c *Casework) ways(ctx context.Context, t *tx, p NoticePrefs, kind mingjing.NoticeKind) ([]string, error) {
	if !kind.Legal() && slices.Contains(p.Off, kind) {
		return nil, nil
	}
	var ways []string
	if p.Email != "" && !p.EmailFailed && !p.MailOff && c.notifier.MailOffered() {
		ways = append(ways, WayMail)
	}
	if p.PushOff || c.notifier.PushKey() == "" {
		return ways, nil
	}
	devices, err := t.Devices(ctx, p.Resident)
	for _, d := range devices {
		ways = append(ways, d.ID)
	}
	return ways, err
}

// prefsOf are the resident's, or those of somebody who never said.
func prefsOf(ctx context.Context, t *tx, resident mingjing.ResidentID) (NoticePrefs, error) {
	p, err := t.NoticePrefs(ctx, resident)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	p.Resident = resident
	if p.Lang == "" {
		p.Lang = mingjing.Languages[0]
	}
	return p, err
}

// deliver sends a notice by the ways that are left. A way that is closed for good
// is struck off, a device that is gone is forgotten, and the rest is tried again.
func (c *Casework) deliver(ctx context.Context, id string) (time.Duration, error) {
	var (
		n       Notice
		p       NoticePrefs
		devices []Device
	)
	err := c.tx(ctx, func(t *tx) (err error) {
		c.notifies(t)
		if n, err = t.Notice(ctx, id); err != nil {
			return err
		}
		if p, err = prefsOf(ctx, t, n.Resident); err != nil {
			return err
		}
		devices, err = t.Devices(ctx, n.Resident)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("deliver: %w", err)
	}
	var left, gone []string
	for _, way := range n.Waiting {
		err := c.send(ctx, n, p, devices, way)
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		switch {
		case err == nil, errors.Is(err, ErrRefused):
		case errors.Is(err, ErrGone):
			gone = append(gone, way)
		default:
			left = append(left, way)
		}
		if err != nil {
			c.log.Warn("a notice was not delivered", "notice", id, "mail", way == WayMail, "try", n.Tries+1, "err", err)
		}
	}
	tries := n.Tries + 1
	if tries >= maxSends {
		left = nil
	}
	err = c.tx(ctx, func(t *tx) error {
		c.notifies(t)
		n, err := t.Notice(ctx, id)
		if err != nil {
			return err
		}
		n.Waiting, n.Tries = left, tries
		if err := t.SetNotice(ctx, n); err != nil {
			return err
		}
		for _, way := range gone {
			if err := c.forget(ctx, t, n.Resident, way, p.Email); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("deliver: %w", err)
	}
	if len(left) == 0 {
		return 0, nil
	}
	return jitter(min(firstResend<<min(tries-1, 16), lastResend)), nil
}

// send sends a notice by one way, as the resident wants it now.
func (c *Casework) send(ctx context.Context, n Notice, p NoticePrefs, devices []Device, way string) error {
	m := Message{ID: n.ID, Lang: p.Lang}
	if way == WayMail {
		if p.Email == "" || p.EmailFailed || p.MailOff {
			return nil // meanwhile nobody wants it
		}
		return c.notifier.Mail(ctx, p.Email, m)
	}
	i := slices.IndexFunc(devices, func(d Device) bool { return d.ID == way })
	if i < 0 || p.PushOff {
		return nil
	}
	if p.ShowText && n.Page != "helping" { // the kind alone would say that it is their own case
		m.Kind = n.Kind
	}
	return c.notifier.Push(ctx, devices[i].PushAddress, m)
}

// forget strikes off a way that leads nowhere any more.
func (c *Casework) forget(ctx context.Context, t *tx, resident mingjing.ResidentID, way, email string) error {
	if way != WayMail {
		err := t.DeleteDevice(ctx, resident, way)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	}
	p, err := prefsOf(ctx, t, resident)
	if err != nil || p.Email != email || p.EmailFailed {
		return err
	}
	p.EmailFailed = true
	if err := t.SetNoticePrefs(ctx, p); err != nil {
		return err
	}
	return c.notify(ctx, t, resident, mingjing.NoticeMailFailed, "", "notice-settings", "")
}

// Notices is a page of the actor's inbox, newest first. An unknown cursor is an
// invalid_cursor error.
func (c *Casework) Notices(ctx context.Context, a mingjing.Actor, cursor string) (mingjing.InboxView, error) {
	const page = 25
	me, err := asResident(a)
	if err != nil {
		return mingjing.InboxView{}, err
	}
	before := int64(0)
	if cursor != "" {
		before, err = strconv.ParseInt(cursor, 10, 64)
		if err != nil || before < 1 {
			return mingjing.InboxView{}, mingjing.Errorf(mingjing.Invalid, "invalid_cursor")
		}
	}
	return within(ctx, c, func(t *tx) (mingjing.InboxView, error) {
		v := mingjing.InboxView{Notices: []mingjing.Notice{}}
		if err := t.look(ctx, a, me, c.Now(), "inbox", "", "own"); err != nil {
			return v, err
		}
		notices, err := t.Notices(ctx, me, before, page+1)
		if err != nil {
			return v, err
		}
		if len(notices) > page {
			notices = notices[:page]
			v.Next = strconv.FormatInt(notices[page-1].Seq, 10)
		}
		for _, n := range notices {
			v.Notices = append(v.Notices, n.Notice)
		}
		p, err := prefsOf(ctx, t, me)
		if err != nil {
			return v, err
		}
		v.MailFailed = p.EmailFailed
		v.Unread, err = t.UnreadNotices(ctx, me)
		return v, err
	})
}

// OpenNotice marks one of the actor's notices as read and returns it.
func (c *Casework) OpenNotice(ctx context.Context, a mingjing.Actor, id string) (mingjing.Notice, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.Notice{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Notice, error) {
		t.because(a, "inbox", id, "own")
		n, err := t.Notice(ctx, id)
		if err != nil {
			return mingjing.Notice{}, err
		}
		if n.Resident != me {
			return mingjing.Notice{}, ErrNotFound
		}
		now := c.Now().UTC()
		if n.ReadAt != nil {
			return n.Notice, nil
		}
		n.ReadAt = &now
		if err := t.SetNotice(ctx, n); err != nil {
			return mingjing.Notice{}, err
		}
		return n.Notice, t.emit(ctx, a.ID, mingjing.EventNotice, id, now)
	})
}

// ReadNotices marks all of the actor's notices as read.
func (c *Casework) ReadNotices(ctx context.Context, a mingjing.Actor) error {
	me, err := asResident(a)
	if err != nil {
		return err
	}
	err = c.tx(ctx, func(t *tx) error {
		t.because(a, "inbox", "", "own")
		unread, err := t.UnreadNotices(ctx, me)
		if err != nil || unread == 0 {
			return err
		}
		now := c.Now().UTC()
		if err := t.ReadNotices(ctx, me, now); err != nil {
			return err
		}
		return t.emit(ctx, a.ID, mingjing.EventNotice, "all", now)
	})
	return public(err)
}
