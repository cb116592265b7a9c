package identity

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
)

// What a browser has of a session is a cookie: Kratos' token and a random serial, sealed by a
// key that is in neither database. So whoever reads the tokens in Kratos' database opens
// nothing with them, and a session can go on under a new cookie while Kratos' token stays
// ([Identity.Confirm]).

const (
	// cookieOwner is what cookies are sealed for.
	cookieOwner = "session cookie"
	// serialBytes is the length of a serial.
	serialBytes = 16
)

// newCookie returns a new cookie of the session of a token, and its keyed hash.
func (i *Identity) newCookie(token string) (cookie, hash string) {
	serial := make([]byte, serialBytes)
	_, _ = rand.Read(serial) // it never fails
	return i.keys.sealedBy(i.keys.cookies, base64.RawURLEncoding, cookieOwner, slices.Concat(serial, []byte(token))), i.keys.serialHash(serial)
}

// readCookie returns the token of a cookie and its keyed hash; the token is "" where we have
// not sealed it.
func (i *Identity) readCookie(cookie string) (token, hash string) {
	if !wellFormedToken(cookie) {
		return "", ""
	}
	b, err := i.keys.openBy(i.keys.cookies, base64.RawURLEncoding, cookieOwner, cookie)
	if err != nil || len(b) <= serialBytes {
		return "", ""
	}
	return string(b[serialBytes:]), i.keys.serialHash(b[:serialBytes])
}

// tokenOf returns Kratos' token of a cookie; "" where it has none.
func (i *Identity) tokenOf(cookie string) string {
	token, _ := i.readCookie(cookie)
	return token
}

// cookieOf is newCookie for what returns a token or an error.
func (i *Identity) cookieOf(token string, err error) (string, error) {
	if err != nil || token == "" {
		return "", err
	}
	cookie, _ := i.newCookie(token)
	return cookie, nil
}
