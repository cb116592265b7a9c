package store

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/notice"
)

func noticeCounter(resident mingjing.ResidentID) string { return "notice " + string(resident) }

// AddNotice implements [casework.Tx].
func (t *tx) AddNotice(ctx context.Context, n notice.Notice) (err error) {
	const op = "add a notice"
	if err := t.lock(ctx, n.Resident); err != nil {
		return err
	}
	if n.Seq, err = t.nextSeq(ctx, op, noticeCounter(n.Resident)); err != nil {
		return err
	}
	doc, err := t.seal(ctx, op, sealedNotice, n.Resident, n, n.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO notice (id, resident_id, seq, kind, at, read_at, doc) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		n.ID, string(n.Resident), n.Seq, string(n.Kind), micros(n.At), readAt(n), doc)
}

func readAt(n notice.Notice) any {
	if n.ReadAt == nil {
		return nil
	}
	return micros(*n.ReadAt)
}

// Notice implements [casework.Reader].
func (t *reader) Notice(ctx context.Context, id string) (notice.Notice, error) {
	if err := t.lockOwner(ctx, "notice", id); err != nil {
		return notice.Notice{}, err
	}
	return one[notice.Notice](ctx, t, "read a notice", sealedNotice, `WHERE id = ?`, id)
}

// SetNotice implements [casework.Tx].
func (t *tx) SetNotice(ctx context.Context, n notice.Notice) error {
	const op = "set a notice"
	doc, err := t.seal(ctx, op, sealedNotice, n.Resident, n, n.ID)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE notice SET read_at = ?, doc = ? WHERE id = ? AND resident_id = ?`, readAt(n), doc, n.ID,
		string(n.Resident))
}

// Notices implements [casework.Reader]. The limit is at most [MaxPage].
func (t *reader) Notices(ctx context.Context, resident mingjing.ResidentID, before int64, limit int) ([]notice.Notice, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	query, args := `WHERE resident_id = ?`, []any{string(resident)}
	if before > 0 {
		query, args = query+` AND seq < ?`, append(args, before)
	}
	return all[notice.Notice](ctx, t, "list notices", sealedNotice, query+` ORDER BY seq DESC LIMIT ?`, append(args, pageLimit(limit))...)
}

// UnreadNotices implements [casework.Tx].
func (t *tx) UnreadNotices(ctx context.Context, resident mingjing.ResidentID) (n int, err error) {
	err = t.row(ctx, "count the unread notices", []any{&n},
		`SELECT count(*) FROM notice WHERE resident_id = ? AND read_at IS NULL`, string(resident))
	return n, err
}

// ReadNotices implements [casework.Reader].
func (t *reader) ReadNotices(ctx context.Context, resident mingjing.ResidentID, at time.Time) error {
	const op = "read all notices"
	if err := t.lockForList(ctx, resident); err != nil {
		return err
	}
	unread, err := all[notice.Notice](ctx, t, op, sealedNotice,
		`WHERE resident_id = ? AND read_at IS NULL`, string(resident))
	if err != nil {
		return err
	}
	for _, n := range unread {
		n.ReadAt = &at
		doc, err := t.seal(ctx, op, sealedNotice, resident, n, n.ID)
		if err != nil {
			return err
		}
		if err := t.update(ctx, op, `UPDATE notice SET read_at = ?, doc = ? WHERE id = ?`, readAt(n), doc, n.ID); err != nil {
			return err
		}
	}
	return nil
}

// NoticePrefs implements [casework.Reader].
func (t *reader) NoticePrefs(ctx context.Context, resident mingjing.ResidentID) (notice.Prefs, error) {
	if err := t.lock(ctx, resident); err != nil {
		return notice.Prefs{}, err
	}
	return one[notice.Prefs](ctx, t, "read notice settings", sealedNoticePrefs, `WHERE resident_id = ?`, string(resident))
}

// SetNoticePrefs implements [casework.Tx].
func (t *tx) SetNoticePrefs(ctx context.Context, p notice.Prefs) error {
	const op = "set notice settings"
	doc, err := t.seal(ctx, op, sealedNoticePrefs, p.Resident, p, p.Resident)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `INSERT INTO notice_prefs (resident_id, doc) VALUES (?, ?)
		ON CONFLICT (resident_id) DO UPDATE SET doc = excluded.doc`, string(p.Resident), doc)
}

// PutDevice implements [casework.Tx].
func (t *tx) PutDevice(ctx context.Context, d notice.Device) error {
	const op = "put a device"
	doc, err := t.seal(ctx, op, sealedDevice, d.Resident, d, d.ID)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `INSERT INTO push_device (id, resident_id, endpoint_hash, session_hash, added_at, doc) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (endpoint_hash) DO UPDATE SET id = excluded.id, resident_id = excluded.resident_id,
			session_hash = excluded.session_hash, added_at = excluded.added_at, doc = excluded.doc`,
		d.ID, string(d.Resident), t.s.hash("endpoint", d.Endpoint), t.s.hashOrNull("session", d.Session), micros(d.AddedAt), doc)
}

// Devices implements [casework.Reader].
func (t *reader) Devices(ctx context.Context, resident mingjing.ResidentID) ([]notice.Device, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[notice.Device](ctx, t, "list devices", sealedDevice,
		`WHERE resident_id = ? ORDER BY added_at, id`, string(resident))
}

// DeleteDevice implements [casework.Tx].
func (t *tx) DeleteDevice(ctx context.Context, resident mingjing.ResidentID, id string) error {
	if err := t.lock(ctx, resident); err != nil {
		return err
	}
	return t.update(ctx, "delete a device", `DELETE FROM push_device WHERE resident_id = ? AND id = ?`, string(resident), id)
}

// DeleteDevicesOf implements [casework.Tx].
func (t *tx) DeleteDevicesOf(ctx context.Context, session string) error {
	_, err := t.exec(ctx, "delete the devices of a session", `DELETE FROM push_device WHERE session_hash = ?`, t.s.hash("session", session))
	return err
}

// DeleteDevicesBut implements [casework.Tx].
func (t *tx) DeleteDevicesBut(ctx context.Context, resident mingjing.ResidentID, session string) error {
	if err := t.lockForList(ctx, resident); err != nil {
		return err
	}
	_, err := t.exec(ctx, "delete the other devices of a resident",
		`DELETE FROM push_device WHERE resident_id = ? AND (session_hash IS NULL OR session_hash <> ?)`, string(resident),
		t.s.hash("session", session))
	return err
}
