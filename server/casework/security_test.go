package casework_test

import (
	"testing"

	"mingjing"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/staff"
)

// A new password ends sessions, and with them the push messages to their devices. Whoever
// has the phone hears of it all the same.
func TestANoticeAboutALoginGoesByAllWays(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	_, err := c.AddDevice(ctx, a, "s", "Phone", phone("one"))
	must(t, err)
	c.mailbox(t, a, "lin@mail.example")
	_, err = c.SetNotices(ctx, a, notice.Choice{}) // nothing, by no way
	must(t, err)
	pushed, mailed := len(c.post.pushed), len(c.post.mailed)
	must(t, c.TellSecurity(ctx, mingjing.ResidentID(a.ID), mingjing.SecurityPasswordReset, "Firefox, Android"))
	must(t, c.EndSession(ctx, "s"))
	n := c.inbox(t, a)[0]
	if n.Kind != mingjing.NoticeSecurity || n.Code != mingjing.SecurityPasswordReset || n.Page != "security" ||
		n.Device != "Firefox, Android" {
		t.Errorf("the notice is %+v", n.Notice)
	}
	wait, err := c.job(ctx, notice.JobNotify, n.ID)
	must(t, err)
	if wait != 0 || len(c.post.pushed) != pushed+1 || len(c.post.mailed) != mailed+1 {
		t.Errorf("pushed %d and mailed %d, again in %v", len(c.post.pushed)-pushed, len(c.post.mailed)-mailed, wait)
	}
	if last := c.post.mailed[mailed]; last.Kind != "" || last.Code != "" {
		t.Errorf("the mail says %+v", last)
	}
	must(t, c.TellSecurity(ctx, mingjing.ResidentID(a.ID), mingjing.SecurityNewDevice, ""))
	if n := c.inbox(t, a)[0]; n.Page != "sessions" {
		t.Errorf("the notice of a new device leads to %s", n.Page)
	}
}

func TestWhoseANewPasswordIsIsReadInTheirLog(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	name, n, err := c.PasswordOwner(ctx, mingjing.ResidentID(a.ID))
	must(t, err)
	if name != a.Name || n == "" {
		t.Errorf("it is %q with %q", name, n)
	}
	if l := c.looks(t, a)[0]; l.Action != "password" || l.Role != mingjing.RoleSystem {
		t.Errorf("the last look is %+v", l)
	}
	_, _, err = c.PasswordOwner(ctx, "nobody")
	wants(t, err, "not_found")
}

func TestANewPasswordOfStaffIsInTheRegister(t *testing.T) {
	c := newCity(t)
	must(t, c.AdoptStaff(ctx, staff.Change{Login: "h-1", Name: handler.Name, Role: mingjing.RoleHandler}))
	must(t, c.LoginChanged(ctx, "h-1", mingjing.StaffPassword))
	v, err := c.StaffRegister(ctx, auditor, "")
	must(t, err)
	if e := v.Entries[0]; e.Step != mingjing.StaffPassword || e.By != "h-1" || e.Login != "h-1" || e.Broken {
		t.Errorf("the newest entry is %+v", e)
	}
	wants(t, c.LoginChanged(ctx, "h-9999", mingjing.StaffPassword), "not_found")
}
