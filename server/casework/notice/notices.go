package notice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// How long push messages and e-mails are tried.
const (
	// FirstResend is the wait after the first failure; it doubles up to lastResend.
	FirstResend = 30 * time.Second
	LastResend  = time.Hour
	// maxSends is how often a notice is tried before it stays in the inbox alone:
	// about seven hours.
	MaxSends = 14
	// tellAfter is after how many tries that failed the resident is told that a device is
	// not reached: about seven minutes.
	tellAfter = 5
	// sendTime bounds one try by all ways together, and noteTime how long its result takes
	// to be stored.
	sendTime = 40 * time.Second
	noteTime = 10 * time.Second
)

// InboxOnly is the Notifier where there is none.
type InboxOnly struct{}

// PushKey returns "": push is not offered.
func (InboxOnly) PushKey() string { return "" }

// CheckEndpoint refuses every address.
func (InboxOnly) CheckEndpoint(string) error { return ErrRefused }

// Push refuses every message.
func (InboxOnly) Push(context.Context, PushAddress, Message) error { return ErrRefused }

// MailOffered returns false.
func (InboxOnly) MailOffered() bool { return false }

// Mail refuses every message.
func (InboxOnly) Mail(_ context.Context, _ string, _ Message) error { return ErrRefused }

// Notify adds a notice to the resident's inbox, in the transaction of the reader,
// publishes it, and schedules its delivery by the channels that the resident wants. Page
// is the name of the route that shows the subject.
func (c *Notices) Notify(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID,
	kind mingjing.NoticeKind, code, page, subject string) error {
	return c.NotifyItem(ctx, rd, resident, mingjing.Notice{Kind: kind, Code: code, Page: page, Subject: subject})
}

// NotifyItem does the same for a notice that names the item it is about.
func (c *Notices) NotifyItem(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, n mingjing.Notice) error {
	if !slices.ContainsFunc(mingjing.Routes, func(r mingjing.Route) bool { return r.Name == n.Page }) {
		return fmt.Errorf("notify: there is no page %q", n.Page)
	}
	return c.add(ctx, rd, resident, n)
}

// NotifyVersion does the same for a score that a new version of its rulebook made anew.
func (c *Notices) NotifyVersion(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, v mingjing.VersionChange) error {
	code := ""
	if v.Before.Value == v.After.Value && v.Before.Band == v.After.Band && len(v.Rules) == 0 {
		code = "same"
	}
	return c.add(ctx, rd, resident, mingjing.Notice{Kind: mingjing.NoticeNewVersion, Code: code, Page: "score", Subject: v.Rulebook.ID,
		Item:    v.Rulebook.ID,
		Version: &v})
}

func (c *Notices) add(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, said mingjing.Notice) error {
	kind := said.Kind
	said.ID, said.At = kernel.NewID(), c.city.Now().UTC()
	n := Notice{Resident: resident, Notice: said}
	p, err := PrefsOf(ctx, rd, resident)
	if err != nil {
		return err
	}
	if kind == mingjing.NoticeSecurity {
		p.MailOff, p.PushOff = false, false // by all ways
		if n.Devices, err = read(rd).Devices(ctx, resident); err != nil {
			return err
		}
	}
	if n.Waiting, err = c.ways(ctx, rd, p, kind); err != nil {
		return err
	}
	if err := db(rd).AddNotice(ctx, n); err != nil {
		return fmt.Errorf("add notice: %w", err)
	}
	if len(n.Waiting) > 0 {
		if err := rd.Enqueue(ctx, kernel.Job{Kind: JobNotify, ID: n.ID}); err != nil {
			return err
		}
	}
	return rd.Emit(ctx, string(resident), mingjing.EventNotice, n.ID, n.At)
}

// ways returns the channels by which the resident wants to be told of a kind of notice.
func (c *Notices) ways(ctx context.Context, rd *kernel.Reader, p Prefs, kind mingjing.NoticeKind) ([]string, error) {
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
	devices, err := read(rd).Devices(ctx, p.Resident)
	for _, d := range devices {
		ways = append(ways, d.ID)
	}
	return ways, err
}

// PrefsOf returns the resident's settings, or the default ones.
func PrefsOf(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID) (Prefs, error) {
	p, err := read(rd).NoticePrefs(ctx, resident)
	if errors.Is(err, kernel.ErrNotFound) {
		err = nil
	}
	p.Resident = resident
	if p.Lang == "" {
		p.Lang = mingjing.Languages[0]
	}
	return p, err
}

// deliver is the job that sends a notice by the channels that are left, all at the same
// time. What each has said is stored when it has said it: a channel that refuses for good
// is removed, a device that is gone is deleted, and the rest is tried again.
func (c *Notices) deliver(ctx context.Context, id string) (time.Duration, error) {
	var (
		n       Notice
		p       Prefs
		devices []Device
	)
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		rd := t.As(c.city.NoticeEntry())
		if n, err = read(rd).Notice(ctx, id); err != nil {
			return err
		}
		if p, err = PrefsOf(ctx, rd, n.Resident); err != nil {
			return err
		}
		devices, err = read(rd).Devices(ctx, n.Resident)
		return err
	})
	if errors.Is(err, kernel.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("deliver: %w", err)
	}
	if len(n.Waiting) == 0 {
		return 0, nil
	}
	// All ways at the same time and with one bound: none waits for another.
	sending, stop := context.WithTimeout(ctx, sendTime)
	defer stop()
	results := make(chan result, len(n.Waiting))
	for _, way := range n.Waiting {
		go func() { results <- result{way, c.send(sending, n, p, devices, way)} }()
	}
	left := 0
	for range n.Waiting {
		r := <-results
		if ctx.Err() != nil && r.err != nil {
			continue // cut off: not the channel's fault, so not counted
		}
		waits, err := c.noteResult(ctx, n, p, r)
		if err != nil {
			return 0, fmt.Errorf("deliver: %w", err)
		}
		if waits {
			left++
		}
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	tries := n.Tries + 1
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.NoticeEntry())
		n, err := read(rd).Notice(ctx, id)
		if err != nil {
			return err
		}
		if n.Tries = tries; tries >= MaxSends {
			n.Waiting = nil
		}
		return db(t).SetNotice(ctx, n)
	})
	if err != nil {
		return 0, fmt.Errorf("deliver: %w", err)
	}
	if left == 0 || tries >= MaxSends {
		return 0, nil
	}
	return kernel.Jitter(min(FirstResend<<min(tries-1, 16), LastResend)), nil
}

// A result is how a notice was sent by one way.
type result struct {
	way string
	err error
}

// noteResult stores what became of a notice by one way, whatever becomes of the others,
// and reports whether it is tried again. What was sent is noted even when the job is cut
// off, so that it is not sent twice.
func (c *Notices) noteResult(ctx context.Context, n Notice, p Prefs, r result) (waits bool, err error) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer stop()
	gone := errors.Is(r.err, ErrGone)
	waits = r.err != nil && !gone && !errors.Is(r.err, ErrRefused)
	if r.err != nil {
		c.city.Log().Warn("a notice was not delivered", "notice", n.ID, "mail", r.way == WayMail, "try", n.Tries+1, "err", r.err)
	}
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.NoticeEntry())
		if !waits {
			now, err := read(rd).Notice(ctx, n.ID)
			if err != nil {
				return err
			}
			now.Waiting = slices.DeleteFunc(now.Waiting, func(way string) bool { return way == r.way })
			if err := db(t).SetNotice(ctx, now); err != nil {
				return err
			}
		}
		switch {
		case gone:
			return c.forget(ctx, rd, n.Resident, r.way, p.Email)
		case waits && n.Tries+1 >= tellAfter:
			return c.setReached(ctx, rd, n.Resident, r.way, false)
		case r.err == nil:
			return c.setReached(ctx, rd, n.Resident, r.way, true)
		}
		return nil
	})
	return waits, err
}

// setReached notes whether a device is reached by push messages, and tells the resident
// once that it is not.
func (c *Notices) setReached(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, way string, reached bool) error {
	if way == WayMail {
		return nil
	}
	devices, err := read(rd).Devices(ctx, resident)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(devices, func(d Device) bool { return d.ID == way })
	if i < 0 || devices[i].Unreached == !reached {
		return nil
	}
	devices[i].Unreached = !reached
	if err := db(rd).PutDevice(ctx, devices[i]); err != nil || reached {
		return err
	}
	return c.Notify(ctx, rd, resident, mingjing.NoticePushFailed, "", "notice-settings", "")
}

// send sends a notice by one channel, if the resident still wants it.
func (c *Notices) send(ctx context.Context, n Notice, p Prefs, devices []Device, way string) error {
	m := Message{ID: n.ID, Lang: p.Lang}
	if n.Kind == mingjing.NoticeSecurity {
		p.MailOff, p.PushOff = false, false
		devices = append(devices, n.Devices...)
	}
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

// forget deletes a device that is gone, or marks an address that takes no mail.
func (c *Notices) forget(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, way, email string) error {
	if way != WayMail {
		err := db(rd).DeleteDevice(ctx, resident, way)
		if errors.Is(err, kernel.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return c.Notify(ctx, rd, resident, mingjing.NoticePushFailed, "gone", "notice-settings", "")
	}
	p, err := PrefsOf(ctx, rd, resident)
	if err != nil || p.Email != email || p.EmailFailed {
		return err
	}
	p.EmailFailed = true
	if err := db(rd).SetNoticePrefs(ctx, p); err != nil {
		return err
	}
	return c.Notify(ctx, rd, resident, mingjing.NoticeMailFailed, "", "notice-settings", "")
}

// Notices returns a page of the actor's inbox, newest first. An unknown cursor is an
// invalid_cursor error.
func (c *Notices) Notices(ctx context.Context, a mingjing.Actor, cursor string) (mingjing.InboxView, error) {
	const page = 25
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.InboxView{}, err
	}
	before := int64(0)
	if cursor != "" {
		before, err = strconv.ParseInt(cursor, 10, 64)
		if err != nil || before < 1 {
			return mingjing.InboxView{}, mingjing.NewError(mingjing.Invalid, "invalid_cursor")
		}
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.InboxView, error) {
		v := mingjing.InboxView{Notices: []mingjing.Notice{}}
		rd := t.As(c.city.Entry(a, "inbox", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return v, err
		}
		notices, err := read(rd).Notices(ctx, me, before, page+1)
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
		p, err := PrefsOf(ctx, rd, me)
		if err != nil {
			return v, err
		}
		v.MailFailed = p.EmailFailed
		v.Unread, err = db(t).UnreadNotices(ctx, me)
		return v, err
	})
}

// OpenNotice marks one of the actor's notices as read and returns it.
func (c *Notices) OpenNotice(ctx context.Context, a mingjing.Actor, id string) (mingjing.Notice, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Notice{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Notice, error) {
		rd := t.As(c.city.Entry(a, "inbox", id, "own"))
		n, err := read(rd).Notice(ctx, id)
		if err != nil {
			return mingjing.Notice{}, err
		}
		if n.Resident != me {
			return mingjing.Notice{}, kernel.ErrNotFound
		}
		now := c.city.Now().UTC()
		if n.ReadAt != nil {
			return n.Notice, nil
		}
		n.ReadAt = &now
		if err := db(t).SetNotice(ctx, n); err != nil {
			return mingjing.Notice{}, err
		}
		return n.Notice, t.Emit(ctx, a.ID, mingjing.EventNotice, id, now)
	})
}

// ReadNotices marks all of the actor's notices as read.
func (c *Notices) ReadNotices(ctx context.Context, a mingjing.Actor) error {
	me, err := kernel.AsResident(a)
	if err != nil {
		return err
	}
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(a, "inbox", "", "own"))
		unread, err := db(t).UnreadNotices(ctx, me)
		if err != nil || unread == 0 {
			return err
		}
		now := c.city.Now().UTC()
		if err := read(rd).ReadNotices(ctx, me, now); err != nil {
			return err
		}
		return t.Emit(ctx, a.ID, mingjing.EventNotice, "all", now)
	})
	return kernel.Public(err)
}
