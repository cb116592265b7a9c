package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"sync"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/agency/kit"
	"mingjing/server/casework"
)

// secretOf returns the secret of a key, which is derived.
func secretOf(master []byte, k mingjing.AgencyKey) []byte {
	if k.Use == mingjing.KeyAsk {
		return agency.AskKey(master, k.Agency, k.ID)
	}
	return agency.IntakeKey(master, k.Agency, k.ID)
}

// askerAge is how old at most is what an [asker] knows: a key that was revoked signs for
// no longer.
const askerAge = time.Second

// An asker knows by which key each agency is asked.
type asker struct {
	master []byte
	keys   func(ctx context.Context) (map[string]string, error)

	mu sync.Mutex
	by map[string]string
	at time.Time
}

// signer returns the key by which an agency is asked, with its id.
func (a *asker) signer(ctx context.Context, of string) (id string, key []byte, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.by == nil || time.Since(a.at) >= askerAge {
		by, err := a.keys(ctx)
		if err != nil {
			return "", nil, err
		}
		a.by, a.at = by, time.Now()
	}
	return a.by[of], agency.AskKey(a.master, of, a.by[of]), nil
}

// A keyCommand is a parsed command about keys.
type keyCommand struct {
	name, word, out string
	ask             bool
	overlap         time.Duration
}

// parseKey reads the arguments of a command.
func parseKey(args []string, stderr io.Writer) (keyCommand, error) {
	k := keyCommand{}
	if len(args) > 0 {
		k.name, args = args[0], args[1:]
	}
	f := flag.NewFlagSet("mingjing agency key "+k.name, flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() { fmt.Fprint(stderr, agencyUsage) }
	if k.name == "add" {
		f.BoolVar(&k.ask, "ask", false, "")
	}
	if k.name == "rotate" {
		f.DurationVar(&k.overlap, "overlap", 7*24*time.Hour, "")
	}
	if k.name == "add" || k.name == "rotate" {
		f.StringVar(&k.out, "out", "", "")
	}
	words, err := parseMixed(f, args)
	if err != nil {
		return k, err
	}
	least, most := 1, 1
	switch k.name {
	case "list":
		least = 0
	case "add", "rotate", "revoke":
	default:
		return k, fmt.Errorf("agency key has no command %q", k.name)
	}
	if len(words) < least || len(words) > most {
		return k, fmt.Errorf("agency key %s wants one word, not %d", k.name, len(words))
	}
	if len(words) == 1 {
		k.word = words[0]
	}
	return k, nil
}

// runAgencyKey runs the commands about keys and returns the exit code. A server may run
// at the same time; what is changed holds in it within a second.
func runAgencyKey(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	k, err := parseKey(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		fmt.Fprintf(stderr, "mingjing: %v\n\n%s", err, agencyUsage)
		return 2
	}
	fail := func(err error) int {
		fmt.Fprintln(stderr, "mingjing:", err)
		return 1
	}
	s, err := readSettings(getenv)
	if err != nil && s.Data == "" {
		return fail(err)
	}
	office, master, closeStore, err := openOffice(ctx, s)
	if err != nil {
		return fail(err)
	}
	if err := errors.Join(k.run(ctx, office, master, stdout), closeStore()); err != nil {
		return fail(err)
	}
	return 0
}

func (k keyCommand) run(ctx context.Context, office *casework.Bureau, master []byte, out io.Writer) error {
	a := operator()
	var (
		made mingjing.AgencyKey
		err  error
	)
	switch k.name {
	case "list":
		return k.list(ctx, office, out)
	case "revoke":
		if _, err := office.Keys.RevokeAgencyKey(ctx, a, k.word); err != nil {
			return terminalError(err, k.word)
		}
		fmt.Fprintf(out, "%s is revoked.\n", k.word)
		return nil
	case "rotate":
		made, err = office.Keys.RotateAgencyKey(ctx, a, k.word, k.overlap)
	case "add":
		use := mingjing.KeySubmit
		if k.ask {
			use = mingjing.KeyAsk
		}
		made, err = office.Keys.MakeAgencyKey(ctx, a, k.word, use)
	}
	if err != nil {
		return terminalError(err, k.word)
	}
	secret := secretOf(master, made)
	if k.out != "" {
		if err := addToKeyFile(k.out, kit.Key{ID: made.ID, Secret: secret}); err != nil {
			return err
		}
		fmt.Fprintf(out, "key     %s\nagency  %s\nuse     %s\n\nIt was added to %s.\n", made.ID, made.Agency, made.Use, k.out)
	} else {
		fmt.Fprintf(out, "key     %s\nagency  %s\nsecret  %s\nuse     %s\n\nThe secret is shown once. It is hex; what signs is its bytes.\n",
			made.ID, made.Agency, hex.EncodeToString(secret), made.Use)
	}
	if k.name == "rotate" {
		fmt.Fprintf(out, "%s is good until %s; hand the new one over before.\n", k.word, made.CreatedAt.Add(k.overlap).Format(time.RFC3339))
	}
	return nil
}

// list prints the keys, the oldest first.
func (k keyCommand) list(ctx context.Context, office *casework.Bureau, out io.Writer) error {
	keys, err := office.Keys.AgencyKeys(ctx, operator())
	if err != nil {
		return err
	}
	for i := len(keys) - 1; i >= 0; i-- {
		v := keys[i]
		if k.word != "" && v.Agency != k.word {
			continue
		}
		state := string(v.State(office.City.Now()))
		switch {
		case v.RevokedAt != nil:
			state += " " + v.RevokedAt.Format(time.RFC3339)
		case v.EndsAt != nil:
			state += " " + v.EndsAt.Format(time.RFC3339)
		}
		fmt.Fprintf(out, "%s  %s  %s  %s  %s\n", v.ID, v.Agency, v.Use, v.CreatedAt.Format(time.RFC3339), state)
	}
	return nil
}

// terminalError returns an error with its sentence, for a terminal.
func terminalError(err error, what string) error {
	if e, ok := errors.AsType[*mingjing.Error](err); ok {
		switch e.Code {
		case "agency_unknown":
			return fmt.Errorf("no rulebook has an agency %q", what)
		case "not_found":
			return fmt.Errorf("there is no key %q", what)
		}
		var all []error
		for _, line := range staffErrors(err) {
			all = append(all, errors.New(line))
		}
		return errors.Join(all...)
	}
	return err
}
