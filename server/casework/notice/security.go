package notice

import (
	"context"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// TellSecurity tells a resident, by all ways, that something has happened with their own
// login. Code is one of [mingjing.SecurityCodes]; device is a short name of the browser,
// and may be empty. The server calls it, in whose request there may be nobody logged in.
func (c *Notices) TellSecurity(ctx context.Context, resident mingjing.ResidentID, code, device string) error {
	page := "security"
	if code == mingjing.SecurityNewDevice {
		page = "sessions"
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		if code == mingjing.SecurityPasswordChanged || code == mingjing.SecurityPasswordReset {
			if err := db(t).DropResetCode(ctx, resident); err != nil { // whoever asked for it
				return err
			}
		}
		return c.add(ctx, t.As(c.city.NoticeEntry()), resident, mingjing.Notice{Kind: mingjing.NoticeSecurity, Code: code, Page: page,
			Device: device})
	}))
}
