package kernel

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"mingjing"
)

// An Entry is why somebody reads, as it is added to the access log of each resident
// before anything of theirs is opened.
type Entry struct {
	mingjing.AccessEntry
	// Work names a piece of work of several transactions, of which each log has one
	// entry; "" adds one for each reader.
	Work string
	// Own is the resident who reads what is their own, be it nothing: the entry is in
	// their log all the same. It is "" for everybody else.
	Own mingjing.ResidentID
	// Page names the page of Own's that the entry is of, as a session has it for an
	// hour. The first entry of a page takes the name; with Quiet, the ones that follow
	// are not added. The logs of others have each entry all the same.
	Page  string
	Quiet bool
}

// Entry returns the entry of what an actor does now. Subject may be empty.
func (c *City) Entry(a mingjing.Actor, action, subject, purpose string) Entry {
	e := Entry{AccessEntry: mingjing.AccessEntry{At: c.Now().UTC(), Role: a.Role, Who: a.Name, By: askableID(a),
		Action: action, Subject: subject, Purpose: purpose}}
	if a.Role == mingjing.RoleResident {
		e.Own = mingjing.ResidentID(a.ID)
		if e.Own.Subject() == mingjing.OfOrganisations {
			e.Role = mingjing.RoleRepresentative
		}
	}
	return c.OfPage(e, a, action, subject)
}

// NoticeEntry returns the entry of the system where it writes notices: one a day for a
// resident, however many notices there are.
func (c *City) NoticeEntry() Entry {
	return c.Entry(System, "notify", "", "notice").Once(string(c.Today()))
}

// Once returns e for one of several transactions of the same work, of which each log has
// one entry.
func (e Entry) Once(work string) Entry {
	e.Work, e.Page, e.Quiet = e.Action+" "+work, "", false
	return e
}

// OfPage returns e as part of a page of the actor's own, so that what the open page
// reads by itself is one entry an hour. The hours begin when the session does, so that a
// page that is open for a minute is in one hour. The page's name is a hash, since it is
// not sealed.
func (c *City) OfPage(e Entry, a mingjing.Actor, action, subject string) Entry {
	if a.Role != mingjing.RoleResident || a.Screen.Session == "" {
		return e
	}
	hour := c.Now().Sub(a.Screen.Opened) / time.Hour
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q", a.Screen.Session, hour, action, subject))
	e.Page, e.Quiet = "page "+base64.RawURLEncoding.EncodeToString(sum[:]), a.Screen.Quiet
	return e
}

// Again returns e for a later transaction that goes on to read what e, which has a name, was
// added for: it adds none, and opens nothing where e is not in the log.
func (e Entry) Again() Entry {
	e.Quiet = true
	return e
}

// A Reader opens what is sealed for residents, in one transaction and for one entry of
// the access log. Readers with other entries can be used beside it.
type Reader struct {
	*Tx
	entry    Entry
	readings Readings
}

// As returns a reader for an entry. Only a reader opens what is a resident's.
func (t *Tx) As(e Entry) *Reader {
	r := &Reader{Tx: t, entry: e, readings: t.Port.As(e)}
	t.readers = append(t.readers, r)
	return r
}

// Entry returns the entry for which the reader was made.
func (r *Reader) Entry() Entry { return r.entry }

// Log adds the entry to the resident's access log now, unless this reader has added it.
// It is for changes to a resident's data that open nothing.
func (r *Reader) Log(ctx context.Context, resident mingjing.ResidentID) error {
	if err := r.readings.Log(ctx, resident); err != nil {
		return fmt.Errorf("write access log: %w", err)
	}
	return nil
}

// ReadingsOf returns a part's own readings, as [PortOf] does its port.
func ReadingsOf[R any](r *Reader) R { return portOf[R](r.readings) }
