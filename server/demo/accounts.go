package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mingjing"
)

// A Bureau enrols residents.
type Bureau interface {
	// Enrol adds a resident, or returns the one who is enrolled already.
	Enrol(ctx context.Context, n mingjing.IDNumber, name string) (mingjing.ResidentID, error)
	// IssueCode makes a new activation code. An error of kind [mingjing.Conflict] says that
	// the resident has activated meanwhile.
	IssueCode(ctx context.Context, resident mingjing.ResidentID, lifespan time.Duration) (mingjing.ActivationCode, error)
}

// Identities keeps who can log in. Enrolling somebody who is enrolled changes
// nothing.
type Identities interface {
	// EnrolResident makes a resident's login.
	EnrolResident(ctx context.Context, id mingjing.ResidentID, n mingjing.IDNumber, password string) error
	// EnrolStaff makes the login of a member of staff, second factor included.
	EnrolStaff(ctx context.Context, role mingjing.Role, login, name, password, totpSecret string) error
	// EnrolOfficer makes the login of an agency's officer, second factor included.
	EnrolOfficer(ctx context.Context, agency, login, name, password, totpSecret string) error
}

// An Account is a login of the demo city. It is the only place where the city's
// secrets are written down; printing an Account shows none of them.
type Account struct {
	Role  mingjing.Role `json:"role"`
	Story string        `json:"story,omitempty"`
	Name  string        `json:"name"`
	// Agency is the code of an officer's agency.
	Agency string `json:"agency,omitempty"`
	// Residents log in with ID number and password; those of [StoryActivation]
	// have a code instead, until they have used it.
	IDNumber       mingjing.IDNumber `json:"id_number,omitempty"`
	ActivationCode string            `json:"activation_code,omitempty"`
	// Staff log in with login, password and a code made from the TOTP secret
	// (base32 without padding).
	Login      string `json:"login,omitempty"`
	Password   string `json:"password,omitempty"`
	TOTPSecret string `json:"totp_secret,omitempty"`
}

// String returns the account without its secrets.
func (a Account) String() string { return string(a.Role) + " " + a.Story + a.Login }

// GoString returns the same as String.
func (a Account) GoString() string { return a.String() }

// codeLifespan is for how long an activation code of the demo city can be used, whose clock
// can be moved forward by a year.
const codeLifespan = 10 * 365 * 24 * time.Hour

// maxAccounts is the greatest size of an accounts file, in bytes.
const maxAccounts = 1 << 20

// StoryIDNumber returns the ID number of the resident whom a story is about; false
// when there is no such story.
func StoryIDNumber(story string) (mingjing.IDNumber, bool) {
	for _, p := range slices.Concat(stories(), processes(), pilots(), colleagues()) {
		if p.story == story {
			return p.id, true
		}
	}
	return "", false
}

// Seed enrols the residents and the staff, links those who are both, and returns
// all accounts. It may be called at every start: secrets are made on the first and read
// from [Config.AccountsFile] afterwards, activation codes are made anew. The file is
// written before anybody is enrolled, so that no password is lost when the process ends
// in between.
func Seed(ctx context.Context, bureau Bureau, identities Identities, cfg Config) ([]Account, error) {
	known, err := readAccounts(cfg.AccountsFile)
	if err != nil {
		return nil, fmt.Errorf("seed demo city: %w", err)
	}
	accounts := newAccounts(known)
	if err := keep(cfg.AccountsFile, accounts); err != nil {
		return nil, fmt.Errorf("seed demo city: %w", err)
	}
	for i := range accounts {
		a := &accounts[i]
		if a.Role != mingjing.RoleResident {
			if a.Role == mingjing.RoleAgency {
				err = identities.EnrolOfficer(ctx, a.Agency, a.Login, a.Name, a.Password, a.TOTPSecret)
			} else {
				err = identities.EnrolStaff(ctx, a.Role, a.Login, a.Name, a.Password, a.TOTPSecret)
			}
			if err != nil {
				return nil, fmt.Errorf("seed demo city: enrol staff %s: %w", a.Login, err)
			}
			continue
		}
		id, err := bureau.Enrol(ctx, a.IDNumber, a.Name)
		if err != nil {
			return nil, fmt.Errorf("seed demo city: enrol resident of story %s: %w", a.Story, err)
		}
		if a.Story != StoryActivation {
			if err := identities.EnrolResident(ctx, id, a.IDNumber, a.Password); err != nil {
				return nil, fmt.Errorf("seed demo city: enrol login of story %s: %w", a.Story, err)
			}
			continue
		}
		code, err := bureau.IssueCode(ctx, id, codeLifespan)
		if e, ok := errors.AsType[*mingjing.Error](err); ok && e.Kind == mingjing.Conflict {
			err = nil
		}
		if err != nil {
			return nil, fmt.Errorf("seed demo city: activation code: %w", err)
		}
		a.ActivationCode = code.Code
	}
	if err := keep(cfg.AccountsFile, accounts); err != nil {
		return nil, fmt.Errorf("seed demo city: %w", err)
	}
	return accounts, nil
}

// keep writes the accounts, unless they are not kept.
func keep(path string, accounts []Account) error {
	if path == "" {
		return nil
	}
	return WriteAccounts(path, accounts)
}

// newAccounts returns all accounts, with the secrets that are known already.
func newAccounts(known []Account) []Account {
	find := func(n mingjing.IDNumber, login string) Account {
		for _, k := range known {
			if k.IDNumber == n && k.Login == login {
				return k
			}
		}
		return Account{}
	}
	var out []Account
	for _, p := range people() {
		a := Account{Role: mingjing.RoleResident, Story: p.story, Name: p.name, IDNumber: p.id}
		k := find(p.id, "")
		if p.story == StoryActivation {
			a.ActivationCode = k.ActivationCode
		} else if a.Password = k.Password; a.Password == "" {
			a.Password = newPassword()
		}
		out = append(out, a)
	}
	for _, s := range staff {
		a := find("", s.login)
		if a.Password == "" || a.TOTPSecret == "" {
			a.Password, a.TOTPSecret = newPassword(), newTOTPSecret()
		}
		a.Role, a.Login, a.Name, a.Agency, a.Story = s.role, s.login, s.name, s.agency, s.story
		out = append(out, a)
	}
	return out
}

// newPassword returns 16 characters (80 bits) of 32 that are not mistaken for one
// another, in groups of four.
func newPassword() string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789"
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	var s strings.Builder
	for i, c := range b {
		if i > 0 && i%4 == 0 {
			s.WriteByte('-')
		}
		s.WriteByte(letters[c%32])
	}
	return s.String()
}

// newTOTPSecret returns 160 bits, as RFC 4226 recommends.
func newTOTPSecret() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
}

// readAccounts reads what [WriteAccounts] wrote; nothing when there is no file.
// A file that can't be read is an error: new secrets would not open old logins.
func readAccounts(path string) ([]Account, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open accounts: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxAccounts+1))
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	var accounts []Account
	// The decoder's error would quote the file.
	if len(data) > maxAccounts || json.Unmarshal(data, &accounts) != nil {
		return nil, fmt.Errorf("read accounts: %s is not a list of accounts; restore it, or remove the whole data folder", path)
	}
	return accounts, nil
}

// WriteAccounts writes the accounts as a JSON list, readable by the owner only.
// The file is there whole or not at all.
func WriteAccounts(path string, accounts []Account) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(accounts); err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	if err := writeWhole(path, b.Bytes()); err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	return nil
}

// writeWhole writes a file of the owner's whole or not at all.
func writeWhole(path string, data []byte) (err error) {
	// CreateTemp makes the file with mode 0600.
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	// The new name is on disk only when the folder is.
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// PrintAccounts prints who can log in, and how, as a table for a terminal.
func PrintAccounts(w io.Writer, accounts []Account) error {
	rows := [][]string{{"role", "story", "name", "log in with", "password", "also needs"}}
	for _, a := range accounts {
		with, also := string(a.IDNumber), ""
		switch {
		case a.Role != mingjing.RoleResident:
			with, also = a.Login, "TOTP secret "+a.TOTPSecret
		case a.ActivationCode != "":
			also = "activation code " + a.ActivationCode
		case a.Password == "":
			also = "(activated)"
		}
		rows = append(rows, []string{string(a.Role), a.Story, a.Name, with, a.Password, also})
	}
	wide := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			wide[i] = max(wide[i], columns(cell))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		var line strings.Builder
		for i, cell := range r {
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", wide[i]-columns(cell)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print accounts: %w", err)
	}
	return nil
}

// columns returns the width of s on a terminal in columns: two for a Han character.
func columns(s string) int {
	n := 0
	for _, r := range s {
		if n++; r >= 0x1100 {
			n++
		}
	}
	return n
}
