package vault_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mingjing/server/vault"
	"mingjing/server/vault/kmstest"
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

func TestAKeyManagementServiceWrapsTheKeysets(t *testing.T) {
	kmstest.Start(t)
	m, err := vault.OpenKMS(kmstest.Key)
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
	m, err = vault.OpenKMS(kmstest.Key)
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

// TestAMasterKeyThatIsAwayIsToldFromAMistake: what fails is tried again later, and what
// was changed never opens.
func TestAMasterKeyThatIsAwayIsToldFromAMistake(t *testing.T) {
	kms := kmstest.Start(t)
	remote, err := vault.OpenKMS(kmstest.Key)
	must(t, err)
	name := filepath.Join(t.TempDir(), "master.json")
	file, err := vault.OpenFile(name, key, "")
	must(t, err)
	serve := func(status int) func() { return func() { kms.Fail(status) } }
	for what, k := range map[string]struct {
		master     vault.Master
		take, give func()
	}{
		"a service that is down":      {remote, serve(kmstest.Silent), serve(0)},
		"a sealed service":            {remote, serve(http.StatusServiceUnavailable), serve(0)},
		"a service that knows nobody": {remote, serve(http.StatusForbidden), serve(0)},
		"a service without the key":   {remote, serve(http.StatusNotFound), serve(0)},
		"an empty answer":             {remote, serve(http.StatusNoContent), serve(0)},
		"a file that is gone": {file, func() { must(t, os.Rename(name, name+".away")) },
			func() { must(t, os.Rename(name+".away", name)) }},
	} {
		v := vault.New(k.master)
		l := newKeyStore(t, v, "a")
		sealed, err := v.Session(l).Seal(ctx, "a", place, []byte("secret"))
		must(t, err)
		changed := append([]byte{}, l.keysets["a"]...)
		changed[len(changed)/2] ^= 1
		_, _, mistake := v.Rewrap("a", changed)
		if mistake == nil || errors.Is(mistake, vault.ErrNoMaster) {
			t.Errorf("%s: a changed keyset is told as %v", what, mistake)
		}
		k.take()
		if got, err := v.Session(l).Opener(l.Record).Open(ctx, "a", place, sealed); err != nil || string(got) != "secret" {
			t.Errorf("%s: what is unwrapped does not open: %v", what, err)
		}
		v.Forget()
		_, open := v.Session(l).Opener(l.Record).Open(ctx, "a", place, sealed)
		_, seal := v.Session(l).Seal(ctx, "a", place, []byte("secret"))
		_, _, add := v.NewKeyset("b")
		for doing, err := range map[string]error{"open": open, "seal": seal, "make a keyset": add, "ready": v.Ready(ctx)} {
			if !errors.Is(err, vault.ErrNoMaster) {
				t.Errorf("%s: %s is told %v", what, doing, err)
			}
		}
		k.give()
		if got, err := v.Session(l).Opener(l.Record).Open(ctx, "a", place, sealed); err != nil || string(got) != "secret" {
			t.Errorf("%s, and back: %q, %v", what, got, err)
		}
	}
}
