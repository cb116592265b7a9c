package agency

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"mingjing/server/casework/kernel"
)

// SignatureHeader carries the signature of a request:
//
//	v1;t=<Unix seconds>;n=<nonce>;b=<SHA-256 of the body>;s=<HMAC-SHA-256>
//
// with nonce (16 bytes), hashes and HMAC in lower-case hex. The HMAC is over the
// lines "mingjing-ask-v1", method, escaped path, t, n and b, each but the last
// followed by a line feed, under the agency's own key ([KeyFor]).
const SignatureHeader = "Mingjing-Signature"

// KeyHeader names the key by which a request is signed. It is absent while an agency has
// no key that was made for it.
const KeyHeader = "Mingjing-Key"

// SignatureWindow is how far a signature's time may be from the verifier's, either way.
const SignatureWindow = time.Minute

// maxNonces is the greatest number of nonces that a verifier keeps for each window.
const maxNonces = 1 << 17

// ErrSignature: the request was not signed by us, is too old, or was seen before.
var ErrSignature = errors.New("signature not accepted")

// KeyFor returns an agency's own key, derived from the master key, so that no agency
// can sign in our name towards another.
func KeyFor(master []byte, agency string) []byte {
	key, err := hkdf.Key(sha256.New, master, nil, "mingjing agency "+agency, sha256.Size)
	if err != nil {
		panic("agency: " + err.Error()) // only for a length that SHA-256 cannot give
	}
	return key
}

// IntakeKey returns the key with which an agency's computer signs its requests to us,
// by the key's id. It is derived, so that no secret is stored.
func IntakeKey(master []byte, agency, keyID string) []byte {
	return KeyFor(master, agency+":"+keyID)
}

// AskKey returns the key with which we sign what we ask an agency, by the key's id; "" is
// the first one, which every agency has.
func AskKey(master []byte, agency, keyID string) []byte {
	if keyID == "" {
		return KeyFor(master, agency)
	}
	return KeyFor(master, agency+":ask:"+keyID)
}

// Sign returns the value of [SignatureHeader] for a request.
func Sign(key []byte, method, path string, at time.Time, body []byte) string {
	return sign(key, method, path, at, body)
}

func sign(key []byte, method, path string, at time.Time, body []byte) string {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	t := strconv.FormatInt(at.Unix(), 10)
	n := hex.EncodeToString(nonce[:])
	sum := sha256.Sum256(body)
	b := hex.EncodeToString(sum[:])
	return "v1;t=" + t + ";n=" + n + ";b=" + b + ";s=" + hex.EncodeToString(mac(key, method, path, t, n, b))
}

func mac(key []byte, method, path, t, n, b string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strings.Join([]string{"mingjing-ask-v1", method, path, t, n, b}, "\n")))
	return h.Sum(nil)
}

// A Signature is a read value of [SignatureHeader].
type Signature struct {
	At    time.Time
	Nonce [16]byte
	// t, n, b and s are its parts as sent.
	t, n, b, s string
}

// ParseSignature reads the value of [SignatureHeader]; false if it has not its form.
func ParseSignature(value string) (Signature, bool) {
	part := strings.Split(value, ";")
	if len(part) != 5 || part[0] != "v1" {
		return Signature{}, false
	}
	for i, prefix := range []string{"t=", "n=", "b=", "s="} {
		rest, ok := strings.CutPrefix(part[i+1], prefix)
		if !ok {
			return Signature{}, false
		}
		part[i+1] = rest
	}
	g := Signature{t: part[1], n: part[2], b: part[3], s: part[4]}
	sec, err := strconv.ParseInt(g.t, 10, 64)
	if err != nil || len(g.n) != hex.EncodedLen(len(g.Nonce)) {
		return Signature{}, false
	}
	if _, err := hex.Decode(g.Nonce[:], []byte(g.n)); err != nil {
		return Signature{}, false
	}
	g.At = time.Unix(sec, 0)
	return g, true
}

// Signs reports whether it was made with a key for a method and a path.
func (g Signature) Signs(key []byte, method, path string) bool {
	got, err := hex.DecodeString(g.s)
	return err == nil && hmac.Equal(got, mac(key, method, path, g.t, g.n, g.b))
}

// Has reports whether it was made for a body.
func (g Signature) Has(body []byte) bool {
	sum := sha256.Sum256(body)
	return g.b == hex.EncodeToString(sum[:])
}

// Fresh reports whether it may be accepted at an instant.
func (g Signature) Fresh(now time.Time) bool {
	d := now.Sub(g.At)
	return d <= SignatureWindow && d >= -SignatureWindow
}

// A Verifier checks signatures for an agency: it accepts each request of ours once. It
// is safe for concurrent use.
type Verifier struct {
	key   []byte
	clock kernel.Clock

	mu sync.Mutex
	// Nonces of this window and of the one before: a signature is good for two
	// windows, from one before its time to one after.
	seen, before map[[16]byte]struct{}
	turn         time.Time
}

// NewVerifier returns a verifier with the agency's key ([KeyFor]). A nil clock is the
// system's.
func NewVerifier(agencyKey []byte, clock kernel.Clock) *Verifier {
	if clock == nil {
		clock = systemClock{}
	}
	return &Verifier{key: agencyKey, clock: clock, seen: map[[16]byte]struct{}{}}
}

// Verify checks the value of [SignatureHeader] against a request's method,
// escaped path and body. The error is [ErrSignature].
func (v *Verifier) Verify(method, path, signature string, body []byte) error {
	g, ok := ParseSignature(signature)
	now := v.clock.Now()
	if !ok || !g.Signs(v.key, method, path) || !g.Has(body) || !g.Fresh(now) {
		return ErrSignature
	}
	return v.once(g.Nonce, now)
}

func (v *Verifier) once(nonce [16]byte, now time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if age := now.Sub(v.turn); age >= 2*SignatureWindow {
		v.before = v.seen
		if age >= 4*SignatureWindow {
			v.before = nil
		}
		v.seen, v.turn = map[[16]byte]struct{}{}, now
	}
	_, now1 := v.seen[nonce]
	_, now2 := v.before[nonce]
	if now1 || now2 || len(v.seen) >= maxNonces {
		return ErrSignature
	}
	v.seen[nonce] = struct{}{}
	return nil
}
