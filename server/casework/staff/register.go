package staff

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// write adds an entry to the staff register.
func (c *Staff) write(ctx context.Context, t *kernel.Tx, e mingjing.StaffEntry, m Member, now time.Time) error {
	last, err := db(t).StaffEntries(ctx, 0, 1)
	if err != nil {
		return err
	}
	e.Login, e.Name, e.Role, e.Agency = m.Login, m.Name, m.Role, m.Agency
	e.Seq, e.At = 1, now.Truncate(time.Microsecond)
	before := ""
	if len(last) > 0 {
		e.Seq, before = last[0].Seq+1, last[0].Hash
	}
	e.Hash = hashOf(e, before)
	if err := db(t).AddStaffEntry(ctx, e); err != nil {
		return err
	}
	return t.Emit(ctx, mingjing.AudienceAdministrators, mingjing.EventStaff, cmp.Or(e.Login, e.Key), now)
}

// NoteKey adds an entry about a key of an agency, and makes other transactions wait that
// add one.
func (c *Staff) NoteKey(ctx context.Context, t *kernel.Tx, a mingjing.Actor, step string, k mingjing.AgencyKey) error {
	if err := db(t).LockStaff(ctx); err != nil {
		return err
	}
	of := Member{StaffMember: mingjing.StaffMember{Role: mingjing.RoleAgency, Agency: k.Agency}}
	return c.write(ctx, t, mingjing.StaffEntry{Step: step, By: by(a), ByName: a.Name, Key: k.ID, KeyUse: k.Use}, of, c.city.Now().UTC())
}

// hashOf returns the hash of an entry that follows one with the hash before.
func hashOf(e mingjing.StaffEntry, before string) string {
	e.Hash, e.Broken, e.At = "", false, e.At.UTC()
	text, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("casework: an entry of the staff register: %v", err)) // it has plain fields alone
	}
	sum := sha256.Sum256(append([]byte(before+"\n"), text...))
	return hex.EncodeToString(sum[:])
}

// registerPage is how many entries of the register are on a page.
const registerPage = 50

// StaffRegister returns a page of the staff register, for administrators and auditors.
// The hash of each entry is checked.
func (c *Staff) StaffRegister(ctx context.Context, a mingjing.Actor, cursor string) (mingjing.StaffRegisterView, error) {
	if err := mayAdminister(a); err != nil {
		if err := kernel.AsStaff(a, mingjing.RoleAuditor); err != nil {
			return mingjing.StaffRegisterView{}, err
		}
	}
	var before int64
	if cursor != "" {
		n, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil || n < 1 {
			return mingjing.StaffRegisterView{}, kernel.Public(kernel.ErrCursor)
		}
		before = n
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.StaffRegisterView, error) {
		list, err := db(t).StaffEntries(ctx, before, registerPage+1)
		if err != nil {
			return mingjing.StaffRegisterView{}, err
		}
		newest := before
		if newest == 0 && len(list) > 0 {
			newest = list[0].Seq + 1
		}
		for i := range list {
			e := &list[i]
			previous, gap := "", e.Seq != newest-1-int64(i)
			if i+1 < len(list) {
				previous = list[i+1].Hash
			} else if e.Seq > 1 && len(list) <= registerPage {
				gap = true // the first entries are gone
			}
			if i < registerPage {
				e.Broken = gap || e.Hash != hashOf(*e, previous)
			}
		}
		v := mingjing.StaffRegisterView{Entries: list}
		if len(list) > registerPage {
			v.Entries = list[:registerPage]
			v.Next = strconv.FormatInt(list[registerPage-1].Seq, 10)
		}
		return v, nil
	})
}
