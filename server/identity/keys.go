package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mingjing"
)

// keys are made from one key: the ID key itself hashes ID numbers, the others are
// derived from it, one for each use.
type keys struct {
	id, count, recovery, devices, serials, waits []byte
	seal, cookies                                cipher.AEAD
}

func newKeys(idKey, sessionKey []byte) (keys, error) {
	k := keys{id: slices.Clone(idKey)}
	var seal, cookies []byte
	for _, d := range []struct {
		to   *[]byte
		info string
	}{{&k.count, "mingjing identity counters"}, {&seal, "mingjing identity seal"},
		{&k.recovery, "mingjing identity recovery"}, {&k.devices, "mingjing identity devices"},
		{&cookies, "mingjing identity cookies" + string(sessionKey)},
		{&k.serials, "mingjing identity serials" + string(sessionKey)},
		{&k.waits, "mingjing identity waits"}} {
		b, err := hkdf.Expand(sha256.New, idKey, d.info, 32)
		if err != nil {
			return keys{}, fmt.Errorf("derive a key: %w", err)
		}
		*d.to = b
	}
	for _, c := range []struct {
		to  *cipher.AEAD
		key []byte
	}{{&k.seal, seal}, {&k.cookies, cookies}} {
		block, err := aes.NewCipher(c.key)
		if err != nil {
			return keys{}, fmt.Errorf("make a cipher: %w", err)
		}
		if *c.to, err = cipher.NewGCM(block); err != nil {
			return keys{}, fmt.Errorf("make a cipher: %w", err)
		}
	}
	return k, nil
}

func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strings.Join(parts, "\x00")))
	return h.Sum(nil)
}

// resident returns the identifier of a resident in Kratos.
func (k keys) resident(n mingjing.IDNumber) string {
	return hex.EncodeToString(mac(k.id, string(n)))
}

// decoy returns an identifier that no ID number has: those have 18 characters.
func (k keys) decoy() string { return hex.EncodeToString(mac(k.id, "decoy")) }

// redis returns the key of a value in Redis; parts are hashed.
func (k keys) redis(kind string, parts ...string) string {
	return "mj:id:" + kind + ":" + base64.RawURLEncoding.EncodeToString(mac(k.count, append([]string{kind}, parts...)...)[:18])
}

// recoveryHash returns the keyed hash of a person's recovery code.
func (k keys) recoveryHash(person, code string) string {
	return base64.RawStdEncoding.EncodeToString(mac(k.recovery, person, code))
}

// device returns the hash by which a browser is known to be one of a person's. A new
// generation makes all of them unknown.
func (k keys) device(id []byte, person, generation string) []byte {
	return mac(k.devices, string(id), person, generation)[:deviceTag]
}

// browser returns the hash by which a browser says that somebody with an identifier logged
// in with it.
func (k keys) browser(id []byte, identifier string) []byte {
	return mac(k.devices, "browser", string(id), identifier)[:deviceTag]
}

// serialHash returns the keyed hash of a cookie's serial.
func (k keys) serialHash(serial []byte) string {
	return base64.RawStdEncoding.EncodeToString(mac(k.serials, string(serial))[:18])
}

// sealed encrypts text for owner.
func (k keys) sealed(owner string, text []byte) string {
	return k.sealedBy(k.seal, base64.RawStdEncoding, owner, text)
}

func (k keys) open(owner, sealed string) ([]byte, error) {
	return k.openBy(k.seal, base64.RawStdEncoding, owner, sealed)
}

func (keys) sealedBy(by cipher.AEAD, as *base64.Encoding, owner string, text []byte) string {
	return as.EncodeToString(seal(by, owner, text))
}

// seal encrypts text for owner: the nonce, and then the sealed text.
func seal(by cipher.AEAD, owner string, text []byte) []byte {
	nonce := make([]byte, by.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return by.Seal(nonce, nonce, text, []byte(owner))
}

func (keys) openBy(by cipher.AEAD, as *base64.Encoding, owner, sealed string) ([]byte, error) {
	b, err := as.DecodeString(sealed)
	if err != nil {
		return nil, fmt.Errorf("open a sealed value: %w", err)
	}
	return unseal(by, owner, b)
}

// unseal opens what [seal] has sealed.
func unseal(by cipher.AEAD, owner string, b []byte) ([]byte, error) {
	n := by.NonceSize()
	if len(b) < n {
		return nil, errors.New("open a sealed value: too short")
	}
	text, err := by.Open(nil, b[:n], b[n:], []byte(owner))
	if err != nil {
		return nil, fmt.Errorf("open a sealed value: %w", err)
	}
	return text, nil
}
