package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"sync"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/api"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/identity"
)

// A keyRing finds out whose key signed a request. It accepts each request once; on
// another server, a second one finds that its batch was answered already.
type keyRing struct {
	casework *casework.Bureau
	master   []byte
	clock    kernel.Clock
	// allow counts a request of a key, on all replicas together.
	allow func(ctx context.Context, key string) (identity.Quota, error)

	mu        sync.Mutex
	verifiers map[string]*agency.Verifier // by key id, only of keys that exist
}

// intakeRate is the limit of one key, addressRate that of one address for the intake
// and for shared pages, each.
var (
	intakeRate  = identity.Rate{Count: 60, Per: time.Minute}
	addressRate = identity.Rate{Count: 120, Per: time.Minute}
)

func newKeyRing(c *casework.Bureau, master []byte, clock kernel.Clock,
	allow func(ctx context.Context, key string) (identity.Quota, error)) *keyRing {
	return &keyRing{casework: c, master: master, clock: clock, allow: allow, verifiers: map[string]*agency.Verifier{}}
}

func (i *keyRing) verify(ctx context.Context, keyID, method, path, signature string, body []byte) (mingjing.Actor, api.Quota, error) {
	a, err := i.signer(ctx, keyID, method, path, signature, body)
	if err != nil {
		return mingjing.Actor{}, api.Quota{}, err
	}
	// Only the owner of a key can use up its limit. Where nothing can be counted, the
	// limit by address remains.
	left, err := i.allow(ctx, keyID)
	if e, ok := errors.AsType[*mingjing.Error](err); ok && e.Kind != mingjing.Limited {
		return a, api.Quota{}, nil
	} else if err != nil {
		a = mingjing.Actor{}
	}
	return a, api.Quota{Limit: intakeRate.Count, Left: left.Left, After: left.After}, err
}

// signer returns the agency whose key signed a request.
func (i *keyRing) signer(ctx context.Context, keyID, method, path, signature string, body []byte) (mingjing.Actor, error) {
	if keyID == "" || len(keyID) > 64 {
		return mingjing.Actor{}, mingjing.NewError(mingjing.Unauthenticated, "key_unknown")
	}
	a, err := i.casework.Keys.AgencyByKey(ctx, keyID)
	if err != nil {
		return mingjing.Actor{}, err
	}
	i.mu.Lock()
	v := i.verifiers[keyID]
	if v == nil {
		v = agency.NewVerifier(agency.IntakeKey(i.master, a.Agency, keyID), i.clock)
		i.verifiers[keyID] = v
	}
	i.mu.Unlock()
	if err := v.Verify(method, path, signature, body); err != nil {
		return mingjing.Actor{}, mingjing.NewError(mingjing.Unauthenticated, "signature_invalid")
	}
	return a, nil
}

// runAgency runs the agency command and returns the exit code.
func runAgency(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	var err error
	switch command {
	case "key":
		return runAgencyKey(ctx, args, getenv, stdout, stderr)
	case "mock":
		err = runMock(ctx, args, getenv, stdout, stderr)
	case "check":
		err = runCheck(ctx, args, getenv, stdout, stderr)
	case "sign":
		err = runSign(args, stdout, stderr)
	case "send":
		err = runSend(ctx, args, stdout, stderr)
	case "help", "-h", "--help":
		fmt.Fprint(stdout, agencyUsage)
		return 0
	default:
		fmt.Fprint(stderr, "mingjing: agency has no such command\n\n"+agencyUsage)
		return 2
	}
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errBroken):
		return 1
	}
	fmt.Fprintln(stderr, "mingjing:", err)
	return 2
}

// quiet has the ports that the tool does not use.
type quiet struct{}

func (quiet) Publish(context.Context, string, mingjing.Event) error { return nil }
func (quiet) Records(context.Context, string, score.RecordsQuery) (score.Reply, error) {
	return score.Reply{}, errors.New("nobody is asked here")
}
func (quiet) Ask(context.Context, string, cases.Question) (*mingjing.AgencyAnswer, error) {
	return nil, errors.New("nobody is asked here")
}

// openOffice opens as much of the server as the tool needs; a server may run at the
// same time.
func openOffice(ctx context.Context, s Settings) (*casework.Bureau, []byte, func() error, error) {
	published, err := readLaw(s.Rulebooks)
	if err != nil {
		return nil, nil, nil, err
	}
	db, _, keys, err := openStore(ctx, s)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := published.admit(ctx, db); err != nil {
		return nil, nil, nil, errors.Join(err, db.Close())
	}
	c, err := casework.New(casework.Config{Store: db, Bus: quiet{}, Agencies: quiet{}, Clock: systemClock{}, Books: published.Rulebooks,
		Kept: published.kept, Calendars: published.Calendars})
	if err != nil {
		return nil, nil, nil, errors.Join(err, db.Close())
	}
	return c, keys.AgencyKey, db.Close, nil
}
