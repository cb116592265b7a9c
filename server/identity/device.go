package identity

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"

	"mingjing"
)

const (
	// deviceID is the length of the random number of a browser, and deviceTag that of
	// what it has for each person who logged in with it, both in bytes.
	deviceID  = 16
	deviceTag = 12
	// maxDeviceTags is for how many people one browser is remembered.
	maxDeviceTags = 8
)

// SeenDevice notes that the resident of a session has just logged in with a browser, and
// returns the cookie by which the browser is known the next time; "" for staff. A browser
// that was not seen before is told to its resident, but for the first one ever, and the
// first after a new password by a code. The cookie is a random number and a keyed hash of
// it for each person, and says nothing to anybody else.
func (i *Identity) SeenDevice(ctx context.Context, token, cookie string, c mingjing.Client) (string, error) {
	s, err := i.kratos.session(ctx, token)
	if err != nil {
		return "", i.sessionError(ctx, "note a device", err)
	}
	if s.Identity == nil {
		return "", i.unavailable(ctx, "note a device", errors.New("a session of nobody"))
	}
	p, err := personOf(s.Identity)
	if err != nil {
		return "", i.unavailable(ctx, "note a device", err)
	}
	if p.public.Role != mingjing.RoleResident || p.public.Resident == "" {
		return "", nil
	}
	first := p.public.Devices == ""
	if first {
		p.public.Devices = rand.Text()
		if err := i.kratos.set(ctx, p.id, pathDevices, p.public.Devices); err != nil {
			return "", i.unavailable(ctx, "note a device", err)
		}
	}
	id, tags := readDevice(cookie)
	tag := i.keys.device(id, p.id, p.public.Devices)
	known := slices.ContainsFunc(tags, func(t []byte) bool { return bytes.Equal(t, tag) })
	if !known && !first {
		i.tell(ctx, SecurityEvent{Resident: p.public.Resident, Code: mingjing.SecurityNewDevice, Device: c.Device})
	}
	if !known {
		tags = append([][]byte{tag}, tags...)
	}
	return base64.RawURLEncoding.EncodeToString(append(id, bytes.Join(tags[:min(len(tags), maxDeviceTags)], nil)...)), nil
}

// readDevice returns the number and the hashes of a browser's cookie, or a new number where
// it is none.
func readDevice(cookie string) (id []byte, tags [][]byte) {
	b, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(b) < deviceID || (len(b)-deviceID)%deviceTag != 0 || len(b) > deviceID+maxDeviceTags*deviceTag {
		id = make([]byte, deviceID)
		_, _ = rand.Read(id) // it never fails
		return id, nil
	}
	return b[:deviceID:deviceID], slices.Collect(slices.Chunk(b[deviceID:], deviceTag))
}

// forgetDevices makes every browser of a resident a new one, since somebody else may have
// logged in with one of them.
func (i *Identity) forgetDevices(ctx context.Context, p person) {
	if p.public.Devices == "" {
		return
	}
	if err := i.kratos.set(ctx, p.id, pathDevices, ""); err != nil {
		i.log.Warn("the browsers of a resident stay known after a new password", "err", err)
	}
}
