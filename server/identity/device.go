package identity

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"

	"mingjing"
)

const (
	// deviceID is the length of the random number of a browser, and deviceTag that of
	// what it has for each person who logged in with it, both in bytes.
	deviceID  = 16
	deviceTag = 12
	// tagsEach is how many hashes it has for each of them: one by which it is found at a
	// login, which needs no look-up, and one of the person's generation.
	tagsEach = 2
	// maxDeviceTags is the limit of all: it is remembered for eight people.
	maxDeviceTags = 8 * tagsEach
)

// SeenDevice notes that the person of a session has just logged in with a browser, and
// returns the cookie by which the browser is known the next time. A browser
// that was not seen before is told to its resident, but for the first one ever, and the
// first after a new password by a code. The cookie is a random number and a keyed hash of
// it for each person, and says nothing to anybody else.
func (i *Identity) SeenDevice(ctx context.Context, session, cookie string, c mingjing.Client) (string, error) {
	s, err := i.kratos.session(ctx, i.tokenOf(session))
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
	first := p.public.Devices == ""
	if first {
		p.public.Devices = rand.Text()
		if err := i.kratos.set(ctx, p.id, pathDevices, p.public.Devices); err != nil {
			return "", i.unavailable(ctx, "note a device", err)
		}
	}
	id, tags := readDevice(cookie)
	tag := i.keys.device(id, p.id, p.public.Devices)
	known := hasTag(tags, tag)
	if !known && !first && p.public.Resident != "" {
		i.tell(ctx, SecurityEvent{Resident: p.public.Resident, Code: mingjing.SecurityNewDevice, Device: c.Device})
	}
	mine := [][]byte{i.keys.browser(id, p.traits.Identifier), tag}
	tags = append(mine, slices.DeleteFunc(tags, func(t []byte) bool { return hasTag(mine, t) })...)
	return base64.RawURLEncoding.EncodeToString(append(id, bytes.Join(tags[:min(len(tags), maxDeviceTags)], nil)...)), nil
}

func hasTag(tags [][]byte, tag []byte) bool {
	return slices.ContainsFunc(tags, func(t []byte) bool { return hmac.Equal(t, tag) })
}

// knownBrowser returns the number of a browser with which somebody logged in before, by its
// cookie; "" where they did not, or where all their browsers are new.
func (i *Identity) knownBrowser(ctx context.Context, identifier, cookie string) string {
	id, tags := readDevice(cookie)
	if !hasTag(tags, i.keys.browser(id, identifier)) {
		return ""
	}
	p, err := i.kratos.find(ctx, identifier)
	if err != nil || !p.enrolled || p.public.Devices == "" || !hasTag(tags, i.keys.device(id, p.id, p.public.Devices)) {
		return ""
	}
	return hex.EncodeToString(id)
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

// forgetDevices makes every browser of a person a new one, since somebody else may have
// logged in with one of them.
func (i *Identity) forgetDevices(ctx context.Context, p person) {
	if p.public.Devices == "" {
		return
	}
	if err := i.kratos.set(ctx, p.id, pathDevices, ""); err != nil {
		i.log.Warn("somebody's browsers stay known after a new password", "err", err)
	}
}
