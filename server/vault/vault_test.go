package vault_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"mingjing/server/vault"
)

// A keyStore keeps keysets and lines in memory.
type keyStore struct {
	keysets map[string][]byte
	lines   []string
	full    error
}

func (l *keyStore) Keyset(_ context.Context, owner string) ([]byte, error) {
	return l.keysets[owner], nil
}

func (l *keyStore) Record(_ context.Context, owner string) error {
	if l.full == nil {
		l.lines = append(l.lines, owner)
	}
	return l.full
}

func newKeyStore(t *testing.T, v *vault.Vault, owners ...string) *keyStore {
	t.Helper()
	l := &keyStore{keysets: map[string][]byte{}}
	for _, o := range owners {
		wrapped, _, err := v.NewKeyset(o)
		must(t, err)
		l.keysets[o] = wrapped
	}
	return l
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	ctx   = context.Background()
	place = vault.Place{Table: "record", Row: "r1", Column: "doc"}
	key   = bytes.Repeat([]byte("k"), 32)
)

func TestTheLogIsWrittenBeforeTheFirstValueIsOpenedAndOnce(t *testing.T) {
	v := vault.Memory()
	l := newKeyStore(t, v, "a", "b", vault.Bureau)
	s := v.Session(l)
	sealed, err := s.Seal(ctx, "a", place, []byte("secret"))
	must(t, err)
	ours, err := s.Seal(ctx, vault.Bureau, place, []byte("queue"))
	must(t, err)
	if len(l.lines) != 0 {
		t.Errorf("sealing wrote %v", l.lines)
	}
	first := s.Opener(l.Record)
	for range 2 {
		if got, err := first.Open(ctx, "a", place, sealed); err != nil || string(got) != "secret" {
			t.Fatalf("opened %q, %v", got, err)
		}
		if got, err := s.OpenBureau(ctx, place, ours); err != nil || string(got) != "queue" {
			t.Fatalf("opened %q, %v", got, err)
		}
	}
	if strings.Join(l.lines, " ") != "a" {
		t.Errorf("lines for %v, want one for a", l.lines)
	}
	_, err = s.Opener(l.Record).Open(ctx, "a", place, sealed)
	must(t, err)
	if strings.Join(l.lines, " ") != "a a" {
		t.Errorf("lines for %v, want one more for another reason", l.lines)
	}
	if got, err := s.OpenBureau(ctx, place, sealed); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("what is a resident's opens as the bureau's: %q, %v", got, err)
	}
}

func TestWhatCannotBeLoggedIsNotOpened(t *testing.T) {
	v := vault.Memory()
	l := newKeyStore(t, v, "a")
	s := v.Session(l)
	sealed, err := s.Seal(ctx, "a", place, []byte("secret"))
	must(t, err)
	file, err := s.SealFile(ctx, "a", place, []byte("secret"))
	must(t, err)
	l.full = errors.New("the log is full")
	if got, err := s.Opener(l.Record).Open(ctx, "a", place, sealed); !errors.Is(err, l.full) || got != nil {
		t.Errorf("opened %q, %v", got, err)
	}
	if got, err := s.Opener(l.Record).OpenFile(ctx, "a", place, file); !errors.Is(err, l.full) || got != nil {
		t.Errorf("opened %q, %v", got, err)
	}
}

func TestAValueOpensOnlyWhereItStands(t *testing.T) {
	v := vault.Memory()
	l := newKeyStore(t, v, "a", "b")
	s := v.Session(l)
	o := s.Opener(l.Record)
	for name, how := range map[string]struct {
		seal, open func(context.Context, string, vault.Place, []byte) ([]byte, error)
	}{"value": {s.Seal, o.Open}, "file": {s.SealFile, o.OpenFile}} {
		plain := bytes.Repeat([]byte("secret "), 3000)
		sealed, err := how.seal(ctx, "a", place, plain)
		must(t, err)
		if bytes.Contains(sealed, []byte("secret")) || !vault.Sealed(sealed) {
			t.Errorf("%s: not sealed", name)
		}
		if got, err := how.open(ctx, "a", place, sealed); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %v", name, err)
		}
		for what, at := range map[string]vault.Place{"table": {"listing", "r1", "doc"}, "row": {"record", "r2", "doc"},
			"column": {"record", "r1", "ref"}} {
			if _, err := how.open(ctx, "a", at, sealed); !errors.Is(err, vault.ErrSealed) {
				t.Errorf("%s opens at another %s: %v", name, what, err)
			}
		}
		if _, err := how.open(ctx, "b", place, sealed); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("%s opens with another's keys: %v", name, err)
		}
		for i := range sealed {
			if i > 600 && i < len(sealed)-20 {
				continue // the rest of the stream is one segment after the other
			}
			broken := bytes.Clone(sealed)
			broken[i] ^= 1
			if _, err := how.open(ctx, "a", place, broken); !errors.Is(err, vault.ErrSealed) {
				t.Fatalf("%s opens with byte %d changed: %v", name, i, err)
			}
		}
		for _, cut := range []int{0, 1, 5, len(sealed) / 2, len(sealed) - 1} {
			if _, err := how.open(ctx, "a", place, sealed[:cut]); !errors.Is(err, vault.ErrSealed) {
				t.Errorf("%s cut to %d bytes opens: %v", name, cut, err)
			}
		}
	}
}

func TestADestroyedKeysetOpensNothing(t *testing.T) {
	v := vault.Memory()
	l := newKeyStore(t, v, "a")
	sealed, err := v.Session(l).Seal(ctx, "a", place, []byte("secret"))
	must(t, err)
	l.keysets["a"] = nil
	if _, err := v.Session(l).Opener(l.Record).Open(ctx, "a", place, sealed); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("opened: %v", err)
	}
}

func TestAKeysetIsOnesOwn(t *testing.T) {
	v := vault.Memory()
	l := newKeyStore(t, v, "a", "b")
	sealed, err := v.Session(l).Seal(ctx, "a", place, []byte("secret"))
	must(t, err)
	l.keysets["b"] = l.keysets["a"]
	if _, err := v.Session(l).Opener(l.Record).Open(ctx, "b", place, sealed); err == nil {
		t.Error("a keyset that was given to another opens")
	}
}

func TestARenewedKeysetOpensWhatIsOldUntilItIsRetired(t *testing.T) {
	v := vault.Memory()
	l := newKeyStore(t, v, "a")
	sealed, err := v.Session(l).Seal(ctx, "a", place, []byte("secret"))
	must(t, err)
	l.keysets["a"], _, err = v.Renew("a", l.keysets["a"])
	must(t, err)
	if _, err := v.Session(l).Opener(l.Record).Open(ctx, "a", place, sealed); err != nil {
		t.Errorf("old value, renewed keyset: %v", err)
	}
	again, err := v.Reseal("a", l.keysets["a"], place, sealed)
	must(t, err)
	l.keysets["a"], _, err = v.Retire("a", l.keysets["a"])
	must(t, err)
	if got, err := v.Session(l).Opener(l.Record).Open(ctx, "a", place, again); err != nil || string(got) != "secret" {
		t.Errorf("resealed value: %q, %v", got, err)
	}
	if _, err := v.Session(l).Opener(l.Record).Open(ctx, "a", place, sealed); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("old value after the old key was retired: %v", err)
	}
}

func TestTheFileOfTheMasterKeyIsSealed(t *testing.T) {
	for name, passphrase := range map[string]string{"key": "", "passphrase": "correct horse"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "master.json")
			m, err := vault.OpenFile(file, key, passphrase)
			must(t, err)
			v := vault.New(m)
			wrapped, id, err := v.NewKeyset("a")
			must(t, err)
			info, err := os.Stat(file)
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("the file has mode %v", info.Mode())
			}
			again, err := vault.OpenFile(file, key, passphrase)
			must(t, err)
			if _, same, err := again.Current(); same != id || err != nil {
				t.Errorf("opened again it is %q, %v; was %q", same, err, id)
			}
			if _, _, err := vault.New(again).Rewrap("a", wrapped); err != nil {
				t.Errorf("does not unwrap: %v", err)
			}
			for wrong, o := range map[string]struct {
				key        []byte
				passphrase string
			}{"key": {bytes.Repeat([]byte("x"), 32), ""}, "passphrase": {key, "wrong"}} {
				if _, err := vault.OpenFile(file, o.key, o.passphrase); err == nil || !strings.Contains(err.Error(), "does not open") {
					t.Errorf("opens with the wrong %s: %v", wrong, err)
				}
			}
			must(t, os.WriteFile(file, []byte("{"), 0o600))
			if _, err := vault.OpenFile(file, key, passphrase); err == nil || !strings.Contains(err.Error(), "put back the copy") {
				t.Errorf("a damaged file: %v", err)
			}
		})
	}
}

// A transit is a key management service that wraps by the protocol of the transit
// engine.
func transit(t *testing.T) (url string) {
	t.Helper()
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	must(t, err)
	k, err := aead.New(h)
	must(t, err)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Vault-Token") != "token" {
			http.Error(w, `{"errors":["permission denied"]}`, http.StatusForbidden)
			return
		}
		ad, _ := base64.StdEncoding.DecodeString(in["associated_data"])
		data := map[string]string{}
		switch r.URL.Path {
		case "/v1/transit/encrypt/mingjing":
			plain, _ := base64.StdEncoding.DecodeString(in["plaintext"])
			c, _ := k.Encrypt(plain, ad)
			data["ciphertext"] = "vault:v1:" + base64.StdEncoding.EncodeToString(c)
		case "/v1/transit/decrypt/mingjing":
			c, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(in["ciphertext"], "vault:v1:"))
			plain, err := k.Decrypt(c, ad)
			if err != nil {
				http.Error(w, `{"errors":["cipher: message authentication failed"]}`, http.StatusBadRequest)
				return
			}
			data["plaintext"] = base64.StdEncoding.EncodeToString(plain)
		default:
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestAKeyManagementServiceWrapsTheKeysets(t *testing.T) {
	t.Setenv("VAULT_ADDR", transit(t))
	t.Setenv("VAULT_TOKEN", "token")
	m, err := vault.OpenKMS("hcvault://kms.example/transit/keys/mingjing")
	must(t, err)
	v := vault.New(m)
	must(t, v.Ready(ctx))
	l := newKeyStore(t, v, "a")
	sealed, err := v.Session(l).Seal(ctx, "a", place, []byte("secret"))
	must(t, err)
	v.Forget()
	if got, err := v.Session(l).Opener(l.Record).Open(ctx, "a", place, sealed); err != nil || string(got) != "secret" {
		t.Errorf("opened %q, %v", got, err)
	}
	v.Forget()
	t.Setenv("VAULT_TOKEN", "wrong")
	m, err = vault.OpenKMS("hcvault://kms.example/transit/keys/mingjing")
	must(t, err)
	if err := vault.New(m).Ready(ctx); err == nil {
		t.Error("ready with the wrong token")
	}
	for _, url := range []string{"", "hcvault://", "hcvault://host", "https://host/transit/keys/k", "aws-kms://x"} {
		if _, err := vault.OpenKMS(url); err == nil {
			t.Errorf("%q is taken", url)
		}
	}
}
