package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	client "github.com/ory/kratos-client-go"
)

// steadyFor is for how long after a failure a refusal of Kratos is not believed.
const steadyFor = 2 * time.Second

// A health has when a call to Kratos last failed: with an answer from 500 up, or with
// none.
type health struct {
	failed    atomic.Int64 // in ticks; 0 for never
	steadyFor time.Duration
	// locked reports whether calls fail because others write to the SQLite file of the
	// embedded Kratos; nil for another Kratos.
	locked func() bool
}

// lockedFor is how long a call is made again that fails because others write.
const lockedFor = 10 * time.Second

// again waits before a call that has failed is made once more, and reports whether it is.
func (h *health) again(ctx context.Context, since int64, try int) bool {
	if h.locked == nil || !h.locked() || ticks()-since > int64(lockedFor) {
		return false
	}
	most := min(20*time.Millisecond<<try, 500*time.Millisecond)
	wait(ctx, most/2+rand.N(most/2))
	return ctx.Err() == nil
}

// whileLocked calls f until it is decided: a refusal is not believed while calls fail
// because others write.
func (k *kratos) whileLocked(ctx context.Context, f func() error) error {
	start := ticks()
	for try := 0; ; try++ {
		err := f()
		if !errors.Is(err, errUnsteady) || !k.health.again(ctx, start, min(try, 5)) {
			return err
		}
	}
}

// errUnsteady: Kratos refuses what a person sent, and calls to it fail.
var errUnsteady = errors.New("not believed")

// note takes the result of a call. A call that its caller gave up is no failure.
func (h *health) note(ctx context.Context, res *http.Response, err error) {
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) || err == nil && res.StatusCode >= http.StatusInternalServerError {
		h.failed.Store(ticks())
	}
}

func (k *kratos) ready(ctx context.Context) error {
	_, res, err := k.public.MetadataAPI.IsReady(ctx).Execute()
	if err := outcome("ask the public port for readiness", res, err); err != nil {
		return err
	}
	// The generated client asks the admin port at an address that only redirects, so
	// this request is made by hand.
	c := k.admin.GetConfig()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Servers[0].URL+"/admin/health/ready", nil)
	if err != nil {
		return fmt.Errorf("ask the admin port for readiness: %w", err)
	}
	res, err = c.HTTPClient.Do(r)
	if err != nil {
		return fmt.Errorf("ask the admin port for readiness: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the admin port for readiness: status %d", res.StatusCode)
	}
	return nil
}

// healthy returns nil if Kratos is ready, its database included, and no call has failed
// a moment ago.
func (k *kratos) healthy(ctx context.Context) error {
	if err := k.ready(ctx); err != nil {
		return err
	}
	failed := k.health.failed.Load()
	if ago := time.Duration(ticks() - failed); failed != 0 && ago < k.health.steadyFor {
		return fmt.Errorf("a call failed %v ago", ago.Round(time.Millisecond))
	}
	return nil
}

// verdict is outcome for a call that Kratos may refuse, by one of the statuses. Kratos
// answers the same statuses when it cannot read its database: then a password is wrong
// and a session unknown. So errRefused is returned only while Kratos is healthy.
func (k *kratos) verdict(ctx context.Context, doing string, res *http.Response, err error, refusals ...int) error {
	failure := outcome(doing, res, err)
	if failure == nil || res == nil || !slices.Contains(refusals, res.StatusCode) {
		return failure
	}
	if err := k.healthy(ctx); err != nil {
		return fmt.Errorf("%w: %w: %w", failure, errUnsteady, err)
	}
	return fmt.Errorf("%s: %w with status %d", doing, errRefused, res.StatusCode)
}

// sessionVerdict is verdict for a call with the token of a session, which Kratos
// refuses when the session is over. One failed query looks the same, and the next may
// succeed; so Kratos is asked again in a way that tells the two apart.
func (k *kratos) sessionVerdict(ctx context.Context, token, doing string, res *http.Response, err error) error {
	refused := k.verdict(ctx, doing, res, err, http.StatusUnauthorized, http.StatusForbidden)
	if !errors.Is(refused, errRefused) || res.StatusCode == http.StatusForbidden { // 403: it needs a second factor
		return refused
	}
	if err := k.sessionOver(ctx, token); err != nil {
		return fmt.Errorf("%s: status %d, which is not believed: %w", doing, res.StatusCode, err)
	}
	return refused
}

// errNoSession is the id of Kratos' answer when a second factor is asked for without a
// session.
const errNoSession = "session_aal1_required"

// sessionOver returns nil if Kratos has looked for a session and found none that is
// valid. It begins to ask for a second factor: there, unlike anywhere else, Kratos
// answers a failed query otherwise than no session.
func (k *kratos) sessionOver(ctx context.Context, token string) error {
	_, res, err := k.public.FrontendAPI.CreateNativeLoginFlow(ctx).Aal("aal2").XSessionToken(token).Execute()
	if err == nil {
		return errors.New("there is such a session")
	}
	var said struct {
		Error struct {
			ID string `json:"id"`
		} `json:"error"`
	}
	if api, ok := errors.AsType[*client.GenericOpenAPIError](err); ok && json.Unmarshal(api.Body(), &said) == nil &&
		said.Error.ID == errNoSession {
		return nil
	}
	return outcome("ask whether a session is over", res, err)
}
