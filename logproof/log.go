// Package logproof makes and checks the proofs of the access log. The server signs with
// it, the witnesses cosign, and the browser's program check and the command verify
// check. The pages have no use for it, and its cryptography is not in their programs.
//
// The access log is a transparency log. Each [mingjing.AccessEntry] has a leaf in one tree of
// hashes for the whole city (RFC 6962). The leaf is a commitment: it tells nothing
// to whoever does not have the look and its salt, and can't be made for another
// look. The state of the tree is published, signed, as a [mingjing.Checkpoint].
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

// SaltSize is the length in bytes of the salt of a look.
const SaltSize = 32

// lookVersion begins the canonical bytes of a look.
const entryVersion = "mingjing look v1\n"

// CanonicalEntry is a look as the tree commits to it: a line for each field that is
// not empty, in a fixed order, with name, length and value, so that no two looks
// have the same bytes. A field that is added to [mingjing.AccessEntry] gets a line of its own at
// the end, and changes nothing for looks that do not have it.
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
	return b
}

// CommitEntry is the commitment to a look, the data of its leaf.
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

// ParseCheckpoint reads what [Text] wrote; lines that follow are another
// log's and let pass.
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

// A Key is the private key with which a log signs its checkpoints, or a witness
// what it has seen of them.
type Key struct {
	name    string
	private ed25519.PrivateKey
}

// NewKey makes a key of its seed, [ed25519.SeedSize] random bytes, and its name:
// like an address without "https://", without spaces and pluses.
func NewKey(name string, seed []byte) (Key, error) {
	if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r == '+' || unicode.IsSpace(r) }) {
		return Key{}, fmt.Errorf("mingjing: %q can't be the name of a log", name)
	}
	if len(seed) != ed25519.SeedSize {
		return Key{}, fmt.Errorf("mingjing: a seed of %d bytes, wants %d", len(seed), ed25519.SeedSize)
	}
	return Key{name, ed25519.NewKeyFromSeed(seed)}, nil
}

// Name is the name of the key, and the origin of the log's checkpoints.
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

// Verifier is the public key of a log, as others are told it.
func (k Key) Verifier() string { return verifierKey(k.name, k.public(signsNotes)) }

// Sign is the signed note of a checkpoint; its origin is the key's name.
func (k Key) Sign(size int64, root tlog.Hash) string {
	text := Text(mingjing.Checkpoint{Origin: k.name, Size: size, Root: root})
	return text + "\n" + signature(k.name, k.public(signsNotes), ed25519.Sign(k.private, []byte(text)))
}

// WitnessVerifier is the public key of a witness, as others are told it.
func (k Key) WitnessVerifier() string { return verifierKey(k.name, k.public(signsCosigns)) }

// Cosign is a witness's line of signature under the text of a checkpoint (C2SP
// tlog-cosignature v1).
func (k Key) Cosign(text string, at time.Time) string {
	sig := binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))
	sig = append(sig, ed25519.Sign(k.private, cosigned(text, at.Unix()))...)
	return signature(k.name, k.public(signsCosigns), sig)
}

func cosigned(text string, unix int64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", unix, text)
}

// A witnessVerifier checks cosignatures. Package note knows signatures only.
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

// CheckWitnessKey says whether a text is the public key of a witness.
func CheckWitnessKey(vkey string) error {
	_, err := newWitnessVerifier(vkey)
	return err
}

// A Cosignature is a witness's word that at some time this was the largest state of
// the log it had seen, and that it grew out of all that it had seen before.
type Cosignature struct {
	// Key is the witness's public key.
	Key string
	At  time.Time
	// Line is the line of signature.
	Line string
}

// OpenCheckpoint reads a signed note: the checkpoint, if the log has signed it, its
// text, and the cosignatures of those witnesses that are known. The keys are public
// ones.
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
