package main

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"mingjing/server/statement"
	"mingjing/server/store"
	"mingjing/server/vault"
)

// masterFile is the name of the sealed file with the master key, in the folder Data.
const masterFile = "master.json"

// openVault opens the master key: that of a key management service, or the file in
// Data; the FileMaster is nil for a service.
func openVault(s Settings, dir string, keys secrets) (*vault.Vault, *vault.FileMaster, error) {
	if s.MasterKey != "" {
		m, err := vault.OpenKMS(s.MasterKey)
		if err != nil {
			return nil, nil, fmt.Errorf("MASTER_KEY: %w", err)
		}
		return vault.New(m), nil, nil
	}
	seal, err := hkdf.Key(sha256.New, keys.IDKey, nil, "mingjing master key file", 32)
	if err != nil {
		return nil, nil, err
	}
	m, err := vault.OpenFile(filepath.Join(dir, masterFile), seal, s.MasterPassphrase)
	if err != nil {
		return nil, nil, err
	}
	return vault.New(m), m, nil
}

// databaseURL returns the URL of the database.
func (s Settings) databaseURL(dir string) string {
	if s.DatabaseURL != "" {
		return s.DatabaseURL
	}
	return "sqlite://" + filepath.Join(dir, "mingjing.db")
}

// openStore opens as much of the server as a tool needs; a server may run at the same
// time.
func openStore(ctx context.Context, s Settings) (*store.Store, *vault.FileMaster, secrets, error) {
	dir, err := filepath.Abs(s.Data)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return nil, nil, secrets{}, fmt.Errorf("DATA: %w", err)
	}
	keys, err := readSecrets(dir)
	if err != nil {
		return nil, nil, keys, err
	}
	v, master, err := openVault(s, dir, keys)
	if err != nil {
		return nil, nil, keys, err
	}
	db, err := store.Open(ctx, s.databaseURL(dir), store.Options{IDKey: keys.IDKey, Vault: v, Logger: slog.New(slog.DiscardHandler)})
	return db, master, keys, err
}

// runKeys runs the keys command and returns the exit code.
func runKeys(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	fail := func(code int, err error) int {
		fmt.Fprintln(stderr, "mingjing:", err)
		return code
	}
	step := ""
	if len(args) == 2 {
		step = args[0] + " " + args[1]
	}
	steps := map[string]func(context.Context, *store.Store, *vault.FileMaster, io.Writer) error{
		"rotate master": rotateMaster, "retire master": retireMaster, "rotate residents": rotateResidents,
	}
	do, ok := steps[step]
	change := secretRotations[step]
	if !ok && change == nil {
		return fail(2, errors.New("keys rotate master, residents, sessions, statement or push, or keys retire master"))
	}
	s, err := readSettings(getenv)
	if err != nil && s.Data == "" {
		return fail(2, err)
	}
	if change != nil {
		if err := rotateSecret(s.Data, change); err != nil {
			return fail(1, err)
		}
		fmt.Fprintln(stdout, "there is a new key: restart every server")
		return 0
	}
	db, master, _, err := openStore(ctx, s)
	if err == nil {
		err = errors.Join(do(ctx, db, master, stdout), db.Close())
	}
	if err != nil {
		return fail(1, err)
	}
	return 0
}

// secretRotations are the changes of secrets.json by which a key is replaced.
var secretRotations = map[string]func(*secrets) error{
	"rotate sessions": func(s *secrets) error { // everybody is logged out
		s.SessionKey = make([]byte, 32)
		_, _ = rand.Read(s.SessionKey)
		return nil
	},
	"rotate statement": func(s *secrets) error { // what was signed before can be checked further on
		public, err := statement.PublicKey(s.StatementKey)
		s.StatementKeysBefore, s.StatementKey = append(s.StatementKeysBefore, public), nil
		return err
	},
	"rotate push": func(s *secrets) error { // each device subscribes anew when its owner next opens the product
		s.VAPIDKey = nil
		return nil
	},
}

// rotateSecret changes secrets.json in a data folder. A server reads it when it starts.
func rotateSecret(dir string, change func(*secrets) error) error {
	if _, err := os.Stat(filepath.Join(dir, "secrets.json")); err != nil {
		return fmt.Errorf("there are no secrets to rotate: %w", err)
	}
	s, err := readSecrets(dir)
	if err == nil {
		err = change(&s)
	}
	if err != nil {
		return err
	}
	data, err := s.withNewKeys()
	if err != nil {
		return err
	}
	next := filepath.Join(dir, "secrets.json.rotated")
	if err := writeNew(next, data); err != nil {
		return fmt.Errorf("another rotation is under way, or was cut off (then remove %s): %w", next, err)
	}
	return os.Rename(next, filepath.Join(dir, "secrets.json"))
}

// rotateMaster makes a new master key and wraps every keyset with it. Running servers
// notice it. In a key management service the new version has to be made there first.
func rotateMaster(ctx context.Context, db *store.Store, master *vault.FileMaster, out io.Writer) error {
	if master != nil {
		id, err := master.Rotate()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "new master key", id)
	}
	n, err := db.Rewrap(ctx, master == nil)
	fmt.Fprintln(out, n, "keysets wrapped anew")
	return err
}

// retireMaster removes the older master keys, once no keyset is wrapped by them.
func retireMaster(ctx context.Context, db *store.Store, master *vault.FileMaster, out io.Writer) error {
	if master == nil {
		return errors.New("retire the old versions in the key management service")
	}
	if n, err := db.UnderOther(ctx); err != nil || n > 0 {
		return errors.Join(err, fmt.Errorf("%d keysets are still wrapped by an older master key: run keys rotate master first", n))
	}
	id, err := master.Retire()
	fmt.Fprintln(out, "the only master key is", id)
	return err
}

// rotateResidents gives each resident and the bureau a new key, and seals all their
// data with it.
func rotateResidents(ctx context.Context, db *store.Store, _ *vault.FileMaster, out io.Writer) error {
	n, err := db.Renew(ctx)
	fmt.Fprintln(out, n, "keysets renewed")
	return err
}
