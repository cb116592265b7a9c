// Package vault seals and opens everything personal. Each resident has a keyset of
// their own, wrapped by the bureau's master key; every personal column and file is
// sealed with it and bound to its table, row and column, so that a copy elsewhere can't
// be opened.
//
// A [Session] seals values within one transaction. An [Opener] of it opens them for one
// reason, and the first value of a resident only after the entry is in that resident's
// access log: who, when and why. If the entry can't be written, nothing is opened.
// Destroying a keyset destroys everything that was sealed with it; in a backup, once the
// master key that had wrapped the keyset there is retired.
//
// The package knows Tink and master keys. It does not know SQL, what a value means, or
// who may read it.
package vault

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/streamingaead"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Bureau is the owner of rows that belong to no resident: what staff write about
// themselves, the summary of a case in the work queue, and what agencies submit.
// Opening them needs no entry in an access log, so nothing about a person may be sealed
// for it but that a case exists.
const Bureau = ""

// The errors of a vault.
var (
	// ErrDestroyed: the keyset was destroyed, and with it everything that was sealed
	// with it.
	ErrDestroyed = errors.New("vault: the keyset was destroyed")
	// ErrSealed: a value does not open, because it was changed or belongs to another
	// place.
	ErrSealed = errors.New("vault: the value does not open at this place")
	// ErrNoMaster: the master key can't be used now, because its key management service
	// or its file is away. What is unwrapped already goes on to open.
	ErrNoMaster = errors.New("vault: the master key can't be used now")
)

// format is the first byte of every sealed value, and the version in its
// associated data. No JSON begins with it.
const format = 1

// A Place is the table, row and column of a value. A value opens in its own place
// only.
type Place struct{ Table, Row, Column string }

// associatedData returns the associated data: table|row|column|version.
func (p Place) associatedData() []byte {
	return fmt.Appendf(nil, "%s|%s|%s|%d", p.Table, p.Row, p.Column, format)
}

// Sealed reports whether the content of a column is sealed; content from before
// sealing was introduced is not.
func Sealed(content []byte) bool { return len(content) > 0 && content[0] == format }

// maxCached is the greatest number of unwrapped keysets in memory.
const maxCached = 4096

// A Vault makes and unwraps keysets with the master key. It is safe for use by
// many goroutines.
type Vault struct {
	master Master

	mu    sync.Mutex
	cache map[[sha256.Size]byte]*keys // by the wrapped keyset
}

// New returns a vault that wraps keysets with a master key.
func New(m Master) *Vault { return &Vault{master: m, cache: map[[sha256.Size]byte]*keys{}} }

// MasterID returns the name of the master key that wraps keysets now.
func (v *Vault) MasterID() (string, error) {
	_, id, err := v.masterKey()
	return id, err
}

// keys are an unwrapped keyset, ready for use.
type keys struct {
	handle *keyset.Handle
	aead   tink.AEAD
}

// wrapContext returns the associated data of a wrapped keyset, which name its owner.
func wrapContext(owner string) []byte { return []byte("keyset|" + owner) }

// NewKeyset returns a new keyset for an owner, wrapped, and the name of the master key
// that wrapped it.
func (v *Vault) NewKeyset(owner string) (wrapped []byte, master string, err error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, "", fmt.Errorf("vault: make a keyset: %w", err)
	}
	return v.wrap(owner, h)
}

func (v *Vault) wrap(owner string, h *keyset.Handle) ([]byte, string, error) {
	key, id, err := v.masterKey()
	if err != nil {
		return nil, "", err
	}
	var out bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&out), key, wrapContext(owner)); err != nil {
		return nil, "", fmt.Errorf("vault: wrap a keyset: %w", cmp.Or(key.err, err))
	}
	return out.Bytes(), id, nil
}

func (v *Vault) unwrap(owner string, wrapped []byte) (*keys, error) {
	if len(wrapped) == 0 {
		return nil, ErrDestroyed
	}
	name := sha256.Sum256(append([]byte(owner+"\x00"), wrapped...))
	v.mu.Lock()
	k := v.cache[name]
	v.mu.Unlock()
	if k != nil {
		return k, nil
	}
	key, _, err := v.masterKey()
	if err != nil {
		return nil, err
	}
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), key, wrapContext(owner))
	if err != nil {
		return nil, fmt.Errorf("vault: unwrap a keyset: %w", cmp.Or(key.err, err))
	}
	k = &keys{handle: h}
	if k.aead, err = aead.New(h); err != nil {
		return nil, fmt.Errorf("vault: unwrap a keyset: %w", cmp.Or(key.err, err))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.cache) >= maxCached {
		clear(v.cache)
	}
	v.cache[name] = k
	return k, nil
}

// Forget drops every unwrapped keyset from memory.
func (v *Vault) Forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.cache)
}

// Rewrap wraps a keyset again with the current master key. The keyset stays the same.
func (v *Vault) Rewrap(owner string, wrapped []byte) ([]byte, string, error) {
	k, err := v.unwrap(owner, wrapped)
	if err != nil {
		return nil, "", err
	}
	return v.wrap(owner, k.handle)
}

// Renew adds a key to a keyset, by which everything is sealed from now on; what
// was sealed before still opens.
func (v *Vault) Renew(owner string, wrapped []byte) ([]byte, string, error) {
	k, err := v.unwrap(owner, wrapped)
	if err != nil {
		return nil, "", err
	}
	m := keyset.NewManagerFromHandle(k.handle)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	return v.changed(owner, m, err)
}

// Retire removes all keys of a keyset but the newest: what was sealed by the old
// ones no longer opens.
func (v *Vault) Retire(owner string, wrapped []byte) ([]byte, string, error) {
	k, err := v.unwrap(owner, wrapped)
	if err != nil {
		return nil, "", err
	}
	m := keyset.NewManagerFromHandle(k.handle)
	info := k.handle.KeysetInfo()
	for _, key := range info.GetKeyInfo() {
		if id := key.GetKeyId(); id != info.GetPrimaryKeyId() && err == nil {
			err = m.Delete(id)
		}
	}
	return v.changed(owner, m, err)
}

func (v *Vault) changed(owner string, m *keyset.Manager, err error) ([]byte, string, error) {
	if err != nil {
		return nil, "", fmt.Errorf("vault: change a keyset: %w", err)
	}
	h, err := m.Handle()
	if err != nil {
		return nil, "", fmt.Errorf("vault: change a keyset: %w", err)
	}
	return v.wrap(owner, h)
}

func (k *keys) seal(p Place, plain []byte) ([]byte, error) {
	sealed, err := k.aead.Encrypt(plain, p.associatedData())
	if err != nil {
		return nil, fmt.Errorf("vault: seal: %w", err)
	}
	return append([]byte{format}, sealed...), nil
}

func (k *keys) open(p Place, sealed []byte) ([]byte, error) {
	if !Sealed(sealed) {
		return nil, ErrSealed
	}
	plain, err := k.aead.Decrypt(sealed[1:], p.associatedData())
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// A file is a sealed key of its own, and the content as a stream under it, so
// that a new keyset needs no second pass over the content.

// sealFile seals a file as a stream of segments.
func (k *keys) sealFile(p Place, plain []byte) ([]byte, error) {
	h, err := keyset.NewHandle(streamingaead.AES256GCMHKDF4KBKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: seal a file: %w", err)
	}
	var raw bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewBinaryWriter(&raw)); err != nil {
		return nil, fmt.Errorf("vault: seal a file: %w", err)
	}
	head, err := k.seal(p, raw.Bytes())
	if err != nil {
		return nil, err
	}
	stream, err := streamingaead.New(h)
	if err != nil {
		return nil, fmt.Errorf("vault: seal a file: %w", err)
	}
	out := bytes.NewBuffer(make([]byte, 0, len(head)+len(plain)+len(plain)/64+256))
	out.WriteByte(format)
	out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(head))))
	out.Write(head)
	w, err := stream.NewEncryptingWriter(out, p.associatedData())
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("vault: seal a file: %w", err)
	}
	return out.Bytes(), nil
}

// split separates a sealed file into its key and its content.
func split(sealed []byte) (head, body []byte, err error) {
	const start = 5
	if len(sealed) < start || !Sealed(sealed) {
		return nil, nil, ErrSealed
	}
	n := int64(binary.BigEndian.Uint32(sealed[1:start]))
	if n > int64(len(sealed)-start) {
		return nil, nil, ErrSealed
	}
	return sealed[start : start+n], sealed[start+n:], nil
}

func (k *keys) openFile(p Place, sealed []byte) ([]byte, error) {
	head, body, err := split(sealed)
	if err != nil {
		return nil, err
	}
	raw, err := k.open(p, head)
	if err != nil {
		return nil, err
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, ErrSealed
	}
	stream, err := streamingaead.New(h)
	if err != nil {
		return nil, ErrSealed
	}
	r, err := stream.NewDecryptingReader(bytes.NewReader(body), p.associatedData())
	if err != nil {
		return nil, ErrSealed
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Reseal seals a value again with the newest key of its owner's keyset, without
// returning the value. It also seals a value that was never sealed.
func (v *Vault) Reseal(owner string, wrapped []byte, p Place, content []byte) ([]byte, error) {
	k, err := v.unwrap(owner, wrapped)
	if err != nil {
		return nil, err
	}
	if Sealed(content) {
		if content, err = k.open(p, content); err != nil {
			return nil, err
		}
	}
	return k.seal(p, content)
}

// ResealFile does the same as Reseal for a file. The content stays as it is; its key
// is sealed again.
func (v *Vault) ResealFile(owner string, wrapped []byte, p Place, content []byte) ([]byte, error) {
	k, err := v.unwrap(owner, wrapped)
	if err != nil {
		return nil, err
	}
	if !Sealed(content) {
		return k.sealFile(p, content)
	}
	head, body, err := split(content)
	if err != nil {
		return nil, err
	}
	raw, err := k.open(p, head)
	if err != nil {
		return nil, err
	}
	if head, err = k.seal(p, raw); err != nil {
		return nil, err
	}
	out := append([]byte{format}, binary.BigEndian.AppendUint32(nil, uint32(len(head)))...)
	return append(append(out, head...), body...), nil
}

// A KeyStore is where a [Session] finds wrapped keysets.
type KeyStore interface {
	// Keyset returns an owner's wrapped keyset; empty when it was destroyed.
	Keyset(ctx context.Context, owner string) ([]byte, error)
}

// A Session seals values within one transaction. What it seals for a resident only an
// [Opener] opens. It belongs to one goroutine, with its openers.
type Session struct {
	v     *Vault
	store KeyStore
	keys  map[string]*keys
}

// Session returns a session for one transaction.
func (v *Vault) Session(k KeyStore) *Session {
	return &Session{v: v, store: k, keys: map[string]*keys{}}
}

func (s *Session) keysOf(ctx context.Context, owner string) (*keys, error) {
	if k := s.keys[owner]; k != nil {
		return k, nil
	}
	wrapped, err := s.store.Keyset(ctx, owner)
	if err != nil {
		return nil, err
	}
	k, err := s.v.unwrap(owner, wrapped)
	if err == nil {
		s.keys[owner] = k
	}
	return k, err
}

// Seal seals a value for its owner.
func (s *Session) Seal(ctx context.Context, owner string, p Place, plain []byte) ([]byte, error) {
	k, err := s.keysOf(ctx, owner)
	if err != nil {
		return nil, err
	}
	return k.seal(p, plain)
}

// SealFile seals a file for its owner.
func (s *Session) SealFile(ctx context.Context, owner string, p Place, plain []byte) ([]byte, error) {
	k, err := s.keysOf(ctx, owner)
	if err != nil {
		return nil, err
	}
	return k.sealFile(p, plain)
}

// OpenBureau returns the content of a value that was sealed for the [Bureau]. A value
// of a resident does not open so.
func (s *Session) OpenBureau(ctx context.Context, p Place, sealed []byte) ([]byte, error) {
	k, err := s.keysOf(ctx, Bureau)
	if err != nil {
		return nil, err
	}
	plain, err := k.open(p, sealed)
	return withPlace(p, plain, err)
}

// An Opener opens values of residents for one reason, after the entry is in the access
// log of each.
type Opener struct {
	s        *Session
	record   func(ctx context.Context, owner string) error
	recorded map[string]bool
}

// Opener returns an opener. It calls record once for each owner, before anything of
// theirs is opened; an error of record means that nothing is.
func (s *Session) Opener(record func(ctx context.Context, owner string) error) *Opener {
	return &Opener{s: s, record: record, recorded: map[string]bool{}}
}

// Record writes the entry into the owner's access log, unless it is there. The [Bureau] has
// none.
func (o *Opener) Record(ctx context.Context, owner string) error {
	if o.recorded[owner] || owner == Bureau {
		return nil
	}
	if err := o.record(ctx, owner); err != nil {
		return err
	}
	o.recorded[owner] = true
	return nil
}

// Open returns the content of a value, after the entry is in its owner's access log.
func (o *Opener) Open(ctx context.Context, owner string, p Place, sealed []byte) ([]byte, error) {
	return o.OpenFor(ctx, owner, owner, p, sealed)
}

// OpenFor returns the content of a value that a reader other than its owner may see,
// after the entry is in the reader's access log.
func (o *Opener) OpenFor(ctx context.Context, owner, reader string, p Place, sealed []byte) ([]byte, error) {
	k, err := o.forReading(ctx, owner, reader)
	if err != nil {
		return nil, err
	}
	plain, err := k.open(p, sealed)
	return withPlace(p, plain, err)
}

// OpenFile returns the content of a file, after the entry is in its owner's access
// log.
func (o *Opener) OpenFile(ctx context.Context, owner string, p Place, sealed []byte) ([]byte, error) {
	k, err := o.forReading(ctx, owner, owner)
	if err != nil {
		return nil, err
	}
	plain, err := k.openFile(p, sealed)
	return withPlace(p, plain, err)
}

// forReading returns an owner's keys for opening, after the entry is in the reader's
// access log.
func (o *Opener) forReading(ctx context.Context, owner, reader string) (*keys, error) {
	if err := o.Record(ctx, reader); err != nil {
		return nil, err
	}
	return o.s.keysOf(ctx, owner)
}

// withPlace adds to an error the place of the value that does not open.
func withPlace(p Place, plain []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, p.associatedData())
	}
	return plain, nil
}
