// Package logproof makes and checks the proofs of the access log. The server signs with
// it, the witnesses cosign, and the browser's program check and the command verify
// check. The pages do not need it, so their programs do not contain its cryptography.
//
// The access log is a transparency log. Each [mingjing.AccessEntry] has a leaf in one
// tree of hashes for the whole city (RFC 6962). The leaf is a commitment: it tells
// nothing to anybody who does not have the entry and its salt, and can't be made for
// another entry. The state of the tree is published, signed, as a
// [mingjing.Checkpoint].
package logproof

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mingjing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// SaltSize is the length in bytes of the salt of an entry.
const SaltSize = 32

// entryVersion begins the canonical bytes of an entry.
const entryVersion = "mingjing look v1\n"

// CanonicalEntry returns the bytes of an entry that the tree commits to: a line for
// each field that is not empty, in a fixed order, with name, length and value, so that
// no two entries have the same bytes. A field that is added to [mingjing.AccessEntry]
// gets a line of its own at the end, and changes nothing for entries that do not have
// it.
func CanonicalEntry(resident mingjing.ResidentID, l mingjing.AccessEntry, prev []byte) []byte {
	b := []byte(entryVersion)
	field := func(name, value string) {
		if value != "" {
			b = fmt.Appendf(b, "%s %d:%s\n", name, len(value), value)
		}
	}
	field("resident", string(resident))
	field("seq", strconv.FormatInt(l.Seq, 10))
	field("prev", string(prev))
	field("at", l.At.UTC().Format(time.RFC3339Nano))
	field("role", string(l.Role))
	field("who", l.Who)
	field("action", l.Action)
	field("subject", l.Subject)
	field("purpose", l.Purpose)
	field("for", l.For)
	field("by", l.By)
	field("reason", l.Reason)
	return b
}

// CommitEntry returns the commitment to an entry, which is the data of its leaf.
func CommitEntry(salt []byte, resident mingjing.ResidentID, l mingjing.AccessEntry, prev []byte) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write(CanonicalEntry(resident, l, prev))
	return mac.Sum(nil)
}

// Text returns a checkpoint in the form that is signed (C2SP tlog-checkpoint).
func Text(c mingjing.Checkpoint) string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

var errCheckpoint = errors.New("mingjing: not a checkpoint")

// ParseCheckpoint reads what [Text] wrote; lines after it may be extensions of another
// log, and are ignored.
func ParseCheckpoint(text string) (c mingjing.Checkpoint, err error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) != 4 || lines[0] == "" {
		return c, errCheckpoint
	}
	c.Origin = lines[0]
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 || lines[1] != strconv.FormatInt(c.Size, 10) {
		return c, errCheckpoint
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return c, errCheckpoint
	}
	return c, nil
}

// A Key is the private key with which a log signs its checkpoints, or with which a
// witness cosigns them.
type Key struct {
	name    string
	private ed25519.PrivateKey
}

// NewKey returns the key of a seed, [ed25519.SeedSize] random bytes, and a name: like
// an address without "https://", without spaces and pluses.
func NewKey(name string, seed []byte) (Key, error) {
	if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r == '+' || unicode.IsSpace(r) }) {
		return Key{}, fmt.Errorf("mingjing: %q can't be the name of a log", name)
	}
	if len(seed) != ed25519.SeedSize {
		return Key{}, fmt.Errorf("mingjing: a seed of %d bytes, wants %d", len(seed), ed25519.SeedSize)
	}
	return Key{name, ed25519.NewKeyFromSeed(seed)}, nil
}

// Name returns the name of the key, which is the origin of the log's checkpoints.
func (k Key) Name() string { return k.name }

// The kinds of signature (C2SP signed-note).
const (
	signsNotes   = 1
	signsCosigns = 4
)

func (k Key) public(kind byte) []byte {
	public, _ := k.private.Public().(ed25519.PublicKey)
	return append([]byte{kind}, public...)
}

func keyID(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
}

func verifierKey(name string, key []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyID(name, key), base64.StdEncoding.EncodeToString(key))
}

func signature(name string, key, sig []byte) string {
	return "— " + name + " " + base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, keyID(name, key)), sig...)) + "\n"
}

// Verifier returns the public key of a log in its published form.
func (k Key) Verifier() string { return verifierKey(k.name, k.public(signsNotes)) }

// Sign returns the signed note of a checkpoint; its origin is the key's name.
func (k Key) Sign(size int64, root tlog.Hash) string {
	text := Text(mingjing.Checkpoint{Origin: k.name, Size: size, Root: root})
	return text + "\n" + signature(k.name, k.public(signsNotes), ed25519.Sign(k.private, []byte(text)))
}

// WitnessVerifier returns the public key of a witness in its published form.
func (k Key) WitnessVerifier() string { return verifierKey(k.name, k.public(signsCosigns)) }

// Cosign returns a witness's line of signature under the text of a checkpoint (C2SP
// tlog-cosignature v1).
func (k Key) Cosign(text string, at time.Time) string {
	sig := binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))
	sig = append(sig, ed25519.Sign(k.private, cosigned(text, at.Unix()))...)
	return signature(k.name, k.public(signsCosigns), sig)
}

func cosigned(text string, unix int64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", unix, text)
}

// A witnessVerifier checks cosignatures; package note knows only signatures.
type witnessVerifier struct {
	name string
	key  ed25519.PublicKey
	id   uint32
}

func (v witnessVerifier) Name() string    { return v.name }
func (v witnessVerifier) KeyHash() uint32 { return v.id }

func (v witnessVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return at <= 1<<62 && ed25519.Verify(v.key, cosigned(string(msg), int64(at)), sig[8:])
}

var errWitnessKey = errors.New("mingjing: not the key of a witness")

func newWitnessVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 || parts[0] == "" {
		return nil, errWitnessKey
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != signsCosigns || vkey != verifierKey(parts[0], key) {
		return nil, errWitnessKey
	}
	return witnessVerifier{parts[0], key[1:], keyID(parts[0], key)}, nil
}

// CheckWitnessKey returns an error unless a text is the public key of a witness.
func CheckWitnessKey(vkey string) error {
	_, err := newWitnessVerifier(vkey)
	return err
}

// A Cosignature is the statement of a witness that, at some time, this was the largest
// state of the log that it had seen, and that it contains all earlier ones unchanged.
type Cosignature struct {
	// Key is the witness's public key.
	Key string
	At  time.Time
	// Line is the line of signature.
	Line string
}

// OpenCheckpoint reads a signed note. It returns the checkpoint if the log has signed
// it, its text, and the cosignatures of those witnesses whose public keys are given.
// logKey is the log's public key.
func OpenCheckpoint(signed, logKey string, witnesses ...string) (c mingjing.Checkpoint, text string, by []Cosignature, err error) {
	log, err := note.NewVerifier(logKey)
	if err != nil {
		return c, "", nil, err
	}
	known := []note.Verifier{log}
	keys := map[uint32]string{}
	for _, key := range witnesses {
		v, err := newWitnessVerifier(key)
		if err != nil {
			return c, "", nil, err
		}
		if keys[v.KeyHash()] == "" {
			keys[v.KeyHash()] = key
			known = append(known, v)
		}
	}
	n, err := note.Open([]byte(signed), note.VerifierList(known...))
	if err != nil {
		return c, "", nil, err
	}
	own := false
	for _, s := range n.Sigs {
		if s.Name == log.Name() && s.Hash == log.KeyHash() {
			own = true
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(s.Base64)
		if err != nil || len(raw) < 12 {
			return c, "", nil, errCheckpoint // package note has read it
		}
		at := time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC()
		by = append(by, Cosignature{Key: keys[s.Hash], At: at, Line: "— " + s.Name + " " + s.Base64 + "\n"})
	}
	if !own {
		return c, "", nil, &note.UnverifiedNoteError{Note: n}
	}
	if c, err = ParseCheckpoint(n.Text); err == nil && c.Origin != log.Name() {
		err = errCheckpoint
	}
	return c, n.Text, by, err
}
