package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/tink-crypto/tink-go-hcvault/v2/integration/hcvault"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/crypto/argon2"
)

// A Master is the key that wraps the residents' keysets.
type Master interface {
	// Current returns the key that wraps keysets now, and its name. It also unwraps
	// what older keys have wrapped.
	Current() (key tink.AEAD, id string, err error)
}

// KMSScheme is the scheme of the URL of a key management service with the transit API
// of HashiCorp Vault and OpenBao, such as
// hcvault://kms.example:8200/transit/keys/mingjing. Its token is in VAULT_TOKEN.
const KMSScheme = "hcvault://"

// kmsTimeout is the time limit of one call of the key management service, its repetitions
// included; kmsRetryWait is the least time between two of them.
const (
	kmsTimeout   = 10 * time.Second
	kmsRetryWait = 50 * time.Millisecond
)

type kms struct {
	key tink.AEAD
	url string
}

// OpenKMS returns a master key that stays in a key management service; see
// [KMSScheme].
func OpenKMS(raw string) (Master, error) {
	u, err := url.Parse(raw)
	if err != nil || !strings.HasPrefix(raw, KMSScheme) || u.Host == "" || strings.Trim(u.Path, "/") == "" {
		return nil, errors.New("vault: a key management service is like " + KMSScheme + "kms.example:8200/transit/keys/mingjing")
	}
	conf := api.DefaultConfig()
	if conf.Error != nil {
		return nil, fmt.Errorf("vault: key management service: %w", conf.Error)
	}
	if os.Getenv(api.EnvVaultAddress) == "" {
		conf.Address = "https://" + u.Host
	}
	conf.Timeout = kmsTimeout
	conf.MinRetryWait, conf.MaxRetryWait = kmsRetryWait, 2*kmsRetryWait
	if os.Getenv(api.EnvVaultMaxRetries) == "" {
		conf.MaxRetries = 1 // a transaction waits meanwhile, and its answer says when to try again
	}
	client, err := api.NewClient(conf)
	if err != nil {
		return nil, fmt.Errorf("vault: key management service: %w", err)
	}
	service, err := hcvault.NewClientWithAEADOptions(KMSScheme, client.Logical())
	if err != nil {
		return nil, fmt.Errorf("vault: key management service: %w", err)
	}
	key, err := service.GetAEAD(raw)
	if err != nil {
		return nil, fmt.Errorf("vault: key management service: %w", err)
	}
	return kms{remoteKey{key}, raw}, nil
}

// A remoteKey is a key that stays in a key management service. Its errors are
// [ErrNoMaster], but for what the service has looked at and refuses to open.
type remoteKey struct{ tink.AEAD }

func (k remoteKey) Encrypt(plain, ad []byte) ([]byte, error) {
	sealed, err := k.AEAD.Encrypt(plain, ad)
	return sealed, sayAway(err)
}

func (k remoteKey) Decrypt(sealed, ad []byte) ([]byte, error) {
	plain, err := k.AEAD.Decrypt(sealed, ad)
	if err == nil && len(plain) == 0 { // no keyset is empty
		err = errors.New("the answer has nothing in it")
	}
	return plain, sayAway(err)
}

func sayAway(err error) error {
	answer, ok := errors.AsType[*api.ResponseError](err)
	if err == nil || ok && answer.StatusCode == http.StatusBadRequest {
		return err
	}
	return fmt.Errorf("%w: %w", ErrNoMaster, err)
}

func (k kms) Current() (tink.AEAD, string, error) { return k.key, k.url, nil }

// masterKey returns the master key, which remembers the error of its last use, and its
// name.
func (v *Vault) masterKey() (*usedKey, string, error) {
	key, id, err := v.master.Current()
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrNoMaster, err)
	}
	return &usedKey{AEAD: key}, id, nil
}

// A usedKey is a master key that remembers the error of its last use, of which Tink
// returns the text alone.
type usedKey struct {
	tink.AEAD
	err error
}

func (k *usedKey) Encrypt(plain, ad []byte) (sealed []byte, err error) {
	sealed, k.err = k.AEAD.Encrypt(plain, ad)
	return sealed, k.err
}

func (k *usedKey) Decrypt(sealed, ad []byte) (plain []byte, err error) {
	plain, k.err = k.AEAD.Decrypt(sealed, ad)
	return plain, k.err
}

// Parameters of Argon2id, as RFC 9106 recommends them where memory is scarce, but for
// the lanes.
const (
	argonTime   = 3
	argonMemory = 64 << 10 // KiB
	argonLanes  = 1
	keySize     = 32
)

// A FileMaster is a master key in a file that is itself sealed. Processes that
// share the file notice when another has changed it.
type FileMaster struct {
	file string
	seal func(salt []byte) []byte

	mu     sync.Mutex
	seen   time.Time // modification time of the file that was read
	size   int64
	handle *keyset.Handle
	key    tink.AEAD
}

// A masterFile is the content of the file.
type masterFile struct {
	// Salt is the salt of the passphrase.
	Salt   []byte `json:"salt"`
	Keyset []byte `json:"keyset"`
}

// OpenFile opens the master key in a file, or creates it. The file is sealed with the
// passphrase, or when that is "" with the key of 32 bytes.
func OpenFile(file string, key []byte, passphrase string) (*FileMaster, error) {
	m := &FileMaster{file: file, seal: func([]byte) []byte { return key }}
	if passphrase != "" {
		derived := map[string][]byte{} // it is slow on purpose
		m.seal = func(salt []byte) []byte {
			if derived[string(salt)] == nil {
				derived[string(salt)] = argon2.IDKey([]byte(passphrase), salt, argonTime, argonMemory, argonLanes, keySize)
			}
			return derived[string(salt)]
		}
	} else if len(key) != keySize {
		return nil, fmt.Errorf("vault: the key of the master key has %d bytes, wants %d", len(key), keySize)
	}
	_, _, err := m.Current()
	if errors.Is(err, fs.ErrNotExist) {
		var h *keyset.Handle
		if h, err = keyset.NewHandle(aead.AES256GCMKeyTemplate()); err == nil {
			err = m.write(h, false)
		}
		if errors.Is(err, fs.ErrExist) { // another process was faster
			err = nil
		}
		if err == nil {
			_, _, err = m.Current()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("vault: master key: %w", err)
	}
	return m, nil
}

// Current implements [Master].
func (m *FileMaster) Current() (tink.AEAD, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.read(); err != nil {
		return nil, "", err
	}
	return m.key, keyName(m.handle), nil
}

func keyName(h *keyset.Handle) string { return fmt.Sprintf("%08x", h.KeysetInfo().GetPrimaryKeyId()) }

// read reads the file if it was written since.
func (m *FileMaster) read() error {
	info, err := os.Stat(m.file)
	if err != nil {
		return err
	}
	if m.handle != nil && info.ModTime().Equal(m.seen) && info.Size() == m.size {
		return nil
	}
	data, err := os.ReadFile(m.file)
	if err != nil {
		return err
	}
	var f masterFile
	if err := json.Unmarshal(data, &f); err != nil {
		return fmt.Errorf("%s is damaged: put back the copy of your backup", m.file)
	}
	by, err := subtle.NewAESGCM(m.seal(f.Salt))
	if err != nil {
		return err
	}
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(f.Keyset)), by, []byte("master"))
	if err != nil {
		return fmt.Errorf("%s does not open: it was sealed by another passphrase or belongs to another secrets.json", m.file)
	}
	key, err := aead.New(h)
	if err != nil {
		return err
	}
	m.handle, m.key, m.seen, m.size = h, key, info.ModTime(), info.Size()
	return nil
}

// write replaces the file by a new keyset, whole or not at all.
func (m *FileMaster) write(h *keyset.Handle, over bool) error {
	f := masterFile{Salt: make([]byte, 16)}
	_, _ = rand.Read(f.Salt)
	by, err := subtle.NewAESGCM(m.seal(f.Salt))
	if err != nil {
		return err
	}
	var sealed bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&sealed), by, []byte("master")); err != nil {
		return err
	}
	f.Keyset = sealed.Bytes()
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(m.file), ".master-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if over {
		return os.Rename(tmp.Name(), m.file)
	}
	return os.Link(tmp.Name(), m.file)
}

// Rotate adds a master key, which wraps keysets from now on. Keysets that older keys
// have wrapped still open.
func (m *FileMaster) Rotate() (id string, err error) {
	return m.change(func(change *keyset.Manager, _ *keyset.Handle) error {
		id, err := change.Add(aead.AES256GCMKeyTemplate())
		if err != nil {
			return err
		}
		return change.SetPrimary(id)
	})
}

// Retire removes every master key but the newest.
func (m *FileMaster) Retire() (id string, err error) {
	return m.change(func(change *keyset.Manager, now *keyset.Handle) error {
		info := now.KeysetInfo()
		for _, key := range info.GetKeyInfo() {
			if key.GetKeyId() == info.GetPrimaryKeyId() {
				continue
			}
			if err := change.Delete(key.GetKeyId()); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *FileMaster) change(how func(change *keyset.Manager, now *keyset.Handle) error) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.read(); err != nil {
		return "", fmt.Errorf("vault: master key: %w", err)
	}
	change := keyset.NewManagerFromHandle(m.handle)
	err := how(change, m.handle)
	var h *keyset.Handle
	if err == nil {
		h, err = change.Handle()
	}
	if err == nil {
		err = m.write(h, true)
	}
	if err == nil {
		m.handle = nil
		err = m.read()
	}
	if err != nil {
		return "", fmt.Errorf("vault: change the master key: %w", err)
	}
	return keyName(m.handle), nil
}

// A memoryMaster is a master key that ends with the process.
type memoryMaster struct {
	key tink.AEAD
}

// Memory returns a vault whose master key is stored nowhere, for a database that ends
// with the process too.
func Memory() *Vault {
	key := make([]byte, keySize)
	_, _ = rand.Read(key)
	by, err := subtle.NewAESGCM(key)
	if err != nil {
		panic(err) // it fails only for a wrong size
	}
	return New(memoryMaster{by})
}

func (m memoryMaster) Current() (tink.AEAD, string, error) { return m.key, "memory", nil }

// Ready returns an error unless the master key can be used: unless a keyset can be
// made and opened.
func (v *Vault) Ready(context.Context) error {
	wrapped, _, err := v.NewKeyset("ready")
	if err == nil {
		_, err = v.unwrap("ready", wrapped)
	}
	return err
}
