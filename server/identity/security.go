package identity

import (
	"context"

	"mingjing"
)

// A SecurityEvent is something about somebody's own login that they should hear of, in
// case it was not them.
type SecurityEvent struct {
	// Resident is whose login it is; "" for staff and officers, who have a Login.
	Resident mingjing.ResidentID
	Login    string
	// Code is one of [mingjing.SecurityCodes].
	Code string
	// Device is a short name of the browser; it may be empty.
	Device string
}

// OnSecurity sets who hears of security events. Where sessions end with what has
// happened, f is called before.
func (i *Identity) OnSecurity(f func(ctx context.Context, e SecurityEvent) error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.onSecurity = f
}

// tell tells of a security event. What has happened stays so if that fails.
func (i *Identity) tell(ctx context.Context, e SecurityEvent) {
	i.mu.Lock()
	f := i.onSecurity
	i.mu.Unlock()
	if f == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if err := f(ctx, e); err != nil {
		i.log.Error("somebody was not told about their own login", "code", e.Code, "err", err)
	}
}
