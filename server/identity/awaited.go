package identity

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"mingjing"
)

const (
	// waitHere is how long a login waits within its request; whoever would wait for longer
	// gets a page that says the place.
	waitHere = 8 * time.Second
	// waitsFor is for how long a login waits for which nobody asks.
	waitsFor = 15 * time.Minute
	// askSoonest and askLatest are the bounds of how often a page asks for its place, in
	// seconds.
	askSoonest, askLatest = 2, 30
	// checksAhead is how many logins for each slot have their turn: as many as are checked
	// until their pages ask again.
	checksAhead = 8
	// sinceBehind is how long newcomers go to the end of the line after somebody had to wait
	// who was there before them.
	sinceBehind = 45 * time.Second
)

// Waits stores the logins that wait for their turn, in the order in which they came, for all
// replicas.
type Waits interface {
	// AddLoginWait puts a login at the end.
	AddLoginWait(ctx context.Context, id string, sealed []byte) error
	// LoginWait returns a login, and notes that somebody has asked for it.
	LoginWait(ctx context.Context, id string) (mingjing.LoginWait, error)
	// TakeLoginWait reports whether the caller is the one who checks it.
	TakeLoginWait(ctx context.Context, id string) (bool, error)
	// AnswerLoginWait stores the answer; with nil the login waits on in its place.
	AnswerLoginWait(ctx context.Context, id string, answer []byte) error
	// EndLoginWaits removes those for which nobody has asked for a time, and reports whether
	// others are left.
	EndLoginWaits(ctx context.Context, unasked time.Duration) (left bool, err error)
}

// A typedLogin is what somebody typed whose login waits.
type typedLogin struct {
	IDNumber mingjing.IDNumber
	Password string
	Next     string
}

// A loginAnswer is the answer to a login that waited: the cookie, or the code of the error with
// what was typed.
type loginAnswer struct {
	Cookie, Code   string
	IDNumber, Next string
}

// crowded reports whether a newcomer waits for longer than a request does, or others do.
func (l *line) crowded() bool {
	behind := l.behind.Load()
	return l.left(l.waiting.Load()+1) > waitHere || behind != 0 && ticks()-behind < int64(sinceBehind)
}

// note notes how many wait whose logins are stored: while some of them have not got their turn,
// newcomers go to the end.
func (l *line) note(waiting int) {
	if l.hasTurn(waiting) {
		l.behind.Store(0)
	} else {
		l.behind.Store(ticks())
	}
}

// hasTurn reports whether the password at a place is checked now.
func (l *line) hasTurn(place int) bool { return place <= checksAhead*l.slots }

// placed returns what somebody is told at a place.
func (l *line) placed(place int) mingjing.LoginPlace {
	left := int(math.Ceil(l.left(int64(place)).Seconds()))
	return mingjing.LoginPlace{Place: place, Seconds: max(left, 1), Again: min(max(left/4, askSoonest), askLatest)}
}

// LoginInTurn is Login for somebody who can wait on a page: where many log in at the same time
// it returns an id instead of a cookie, by which [Identity.AwaitLogin] knows the login. What was
// typed is stored, sealed with that id. next is returned by AwaitLogin.
func (i *Identity) LoginInTurn(ctx context.Context, n mingjing.IDNumber, password, next string, c mingjing.Client) (cookie, waits string,
	err error) {
	return i.login(ctx, n, password, c, func() (string, error) {
		if i.waits == nil || !i.checks.crowded() {
			return "", nil
		}
		return i.putInLine(ctx, typedLogin{n, password, next})
	})
}

// putInLine stores a login that waits, and returns its id.
func (i *Identity) putInLine(ctx context.Context, typed typedLogin) (id string, err error) {
	id = rand.Text()
	sealed, err := i.sealWait(id, "typed", typed)
	if err == nil {
		err = i.waits.AddLoginWait(ctx, id, sealed)
	}
	if err != nil {
		return "", fmt.Errorf("let a login wait: %w", err)
	}
	i.endWaitsLater()
	return id, nil
}

// endWaitsLater removes the logins that nobody waits for any more, when it is time.
func (i *Identity) endWaitsLater() {
	if i.ending.CompareAndSwap(false, true) {
		time.AfterFunc(waitsFor, func() { i.ending.Store(false); i.endWaits() })
	}
}

func (i *Identity) endWaits() {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	left, err := i.waits.EndLoginWaits(ctx, waitsFor)
	if err != nil {
		i.log.Warn("logins that nobody waits for are left over", "err", err)
	}
	if left {
		i.endWaitsLater()
	}
}

// AwaitLogin returns the session of a login that waited, once it has had its turn, or its place.
// The errors are those of Login, and no_login_waits; after one of kind Unavailable it waits on.
// What was typed is returned with an error too.
func (i *Identity) AwaitLogin(ctx context.Context, id string, c mingjing.Client) (mingjing.AwaitedLogin, error) {
	if i.waits == nil || id == "" || len(id) > 64 {
		return mingjing.AwaitedLogin{}, errNoWait()
	}
	w, err := i.waits.LoginWait(ctx, id)
	if err == nil && w.Place > 0 {
		i.checks.note(w.Waiting)
	}
	switch {
	case err != nil:
		return mingjing.AwaitedLogin{}, i.unavailable(ctx, "find a login that waits", err)
	case w.Place == 0:
		return mingjing.AwaitedLogin{}, errNoWait()
	case w.Answer != nil:
		return i.readAnswer(id, w.Answer)
	case !i.checks.hasTurn(w.Place), w.Taken:
		return mingjing.AwaitedLogin{LoginPlace: i.checks.placed(w.Place)}, nil
	}
	var typed typedLogin
	if err := i.openWait(id, "typed", w.Sealed, &typed); err != nil {
		return mingjing.AwaitedLogin{}, errNoWait() // it was sealed by another key
	}
	taken, err := i.waits.TakeLoginWait(ctx, id)
	if err != nil {
		return mingjing.AwaitedLogin{}, i.unavailable(ctx, "take a login that waits", err)
	}
	if !taken {
		return mingjing.AwaitedLogin{LoginPlace: i.checks.placed(w.Place)}, nil
	}
	return i.checkAwaited(ctx, id, w.Place, typed, c)
}

// checkAwaited checks the password of a login that has its turn. That goes on when the browser
// does not wait for it: the answer is stored.
func (i *Identity) checkAwaited(ctx context.Context, id string, place int, typed typedLogin, c mingjing.Client) (mingjing.AwaitedLogin,
	error) {
	type result struct {
		login mingjing.AwaitedLogin
		err   error
	}
	done := make(chan result, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*loginWait)
		defer cancel()
		login, err := i.answerAwaited(ctx, id, place, typed, c)
		done <- result{login, err}
	}()
	patience := time.NewTimer(waitHere)
	defer patience.Stop()
	select {
	case r := <-done:
		return r.login, r.err
	case <-patience.C:
	case <-ctx.Done():
	}
	return mingjing.AwaitedLogin{LoginPlace: i.checks.placed(place)}, nil
}

func (i *Identity) answerAwaited(ctx context.Context, id string, place int, typed typedLogin, c mingjing.Client) (mingjing.AwaitedLogin,
	error) {
	hold := i.pace.start(ctx)
	cookie, err := i.logIn(ctx, i.newAttempt(ctx, "login", i.keys.resident(typed.IDNumber), c), typed.Password, c)
	hold()
	answer := loginAnswer{Cookie: cookie}
	if err != nil {
		known, ok := errors.AsType[*mingjing.Error](err)
		if !ok || known.Kind == mingjing.Unavailable { // nothing was decided
			if e := i.waits.AnswerLoginWait(ctx, id, nil); e != nil {
				i.log.Warn("a login waits for longer than it must", "err", e)
			}
			if ok && known.Code == busyCode {
				err = nil
			}
			return mingjing.AwaitedLogin{LoginPlace: i.checks.placed(place)}, err
		}
		answer = loginAnswer{Code: known.Code, IDNumber: string(typed.IDNumber), Next: typed.Next}
	} else {
		answer.Next = typed.Next
	}
	sealed, err := i.sealWait(id, "answer", answer)
	if err == nil {
		err = i.waits.AnswerLoginWait(ctx, id, sealed)
	}
	if err != nil { // whoever waits has it all the same
		i.log.Warn("the answer to a login that waited is not stored", "err", err)
	}
	return answer.awaited()
}

func (i *Identity) readAnswer(id string, sealed []byte) (mingjing.AwaitedLogin, error) {
	var a loginAnswer
	if err := i.openWait(id, "answer", sealed, &a); err != nil {
		return mingjing.AwaitedLogin{}, errNoWait()
	}
	return a.awaited()
}

func (a loginAnswer) awaited() (mingjing.AwaitedLogin, error) {
	out := mingjing.AwaitedLogin{Cookie: a.Cookie, IDNumber: a.IDNumber, Next: a.Next}
	if a.Code != "" {
		return out, mingjing.NewError(mingjing.Unauthenticated, a.Code)
	}
	return out, nil
}

// waitCipher returns the cipher of a login that waits. Its key is made from our key and from the
// id, which the browser alone has.
func (i *Identity) waitCipher(id string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(mac(i.keys.waits, id))
	if err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

func (i *Identity) sealWait(id, as string, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("seal a login that waits: %w", err)
	}
	by, err := i.waitCipher(id)
	if err != nil {
		return nil, err
	}
	return seal(by, as, text), nil
}

func (i *Identity) openWait(id, as string, sealed []byte, v any) error {
	by, err := i.waitCipher(id)
	if err != nil {
		return err
	}
	text, err := unseal(by, as, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

func errNoWait() error { return mingjing.NewError(mingjing.NotFound, "no_login_waits") }
