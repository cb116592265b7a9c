package identity

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"mingjing"
)

func TestEndingASessionEndsItEverywhereAtOnce(t *testing.T) {
	var mu sync.Mutex
	var told []string
	here := newReplica(t, func(i *Identity) {
		i.OnEnd(func(_ context.Context, id string, _ bool) { mu.Lock(); defer mu.Unlock(); told = append(told, id) })
	})
	there := newReplica(t, nil) // another replica
	n := enrolled(t)
	phone, desk := newDevice(), newDevice()
	lost, mine := loggedInAs(t, there, n, phone), loggedInAs(t, here, n, desk)
	l, err := there.Who(t.Context(), lost) // and now it is in the cache
	if err != nil {
		t.Fatal(err)
	}
	list, err := here.Sessions(t.Context(), mine)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || !list[0].Current || list[0].Device != desk.Device || list[1].Current ||
		list[1].Device != phone.Device || list[1].ID != l.SessionID || time.Since(list[1].StartedAt) > time.Minute {
		t.Fatalf("the sessions are %+v", list)
	}
	if err := here.EndSession(t.Context(), mine, l.SessionID); err != nil {
		t.Fatal(err)
	}
	_, err = there.Who(t.Context(), lost)
	wantCode(t, err, "session_expired")
	// An answer of Kratos that was still under way does not bring it back.
	there.cacheLogin(t.Context(), there.tokenOf(lost), l)
	_, err = there.Who(t.Context(), lost)
	wantCode(t, err, "session_expired")
	if !slices.Equal(told, []string{l.SessionID}) {
		t.Errorf("told of the end of %v, want %v", told, l.SessionID)
	}
	if _, err := here.Who(t.Context(), mine); err != nil {
		t.Errorf("the session that ended the other is told %v", err)
	}
	// Its own session, too, can be ended by id.
	if err := here.EndSession(t.Context(), mine, list[0].ID); err != nil {
		t.Fatal(err)
	}
	_, err = there.Who(t.Context(), mine)
	wantCode(t, err, "session_expired")
	if !slices.Contains(told, list[0].ID) {
		t.Error("nobody was told of the end of the own session")
	}
}

func TestNobodyEndsAnotherPersonsSession(t *testing.T) {
	mine := loggedInAs(t, shared, enrolled(t), newDevice())
	theirs := loggedInAs(t, shared, enrolled(t), newDevice())
	l, err := shared.Who(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{l.SessionID, "", "whoami", "../../admin/identities", "00000000-0000-4000-8000-000000000000"} {
		wantCode(t, shared.EndSession(t.Context(), mine, id), "session_unknown")
	}
	if _, err := shared.Who(t.Context(), theirs); err != nil {
		t.Errorf("the other person is told %v", err)
	}
	list, err := shared.Sessions(t.Context(), mine)
	if err != nil || len(list) != 1 {
		t.Errorf("the sessions are %+v, %v", list, err)
	}
}

func TestTheOtherSessionsEndTogether(t *testing.T) {
	i := newReplica(t, nil)
	var told []string
	i.OnEnd(func(_ context.Context, id string, _ bool) { told = append(told, id) })
	n := enrolled(t)
	var others []string
	for range 3 {
		others = append(others, loggedInAs(t, i, n, newDevice()))
	}
	mine := loggedInAs(t, i, n, mingjing.Client{Addr: "192.0.2.1", Device: "  \x00\r\n "})
	list, err := i.Sessions(t.Context(), mine)
	if err != nil || len(list) != 4 || list[0].Device != "" {
		t.Fatalf("the sessions are %+v, %v", list, err)
	}
	if err := i.EndOtherSessions(t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	for _, token := range others {
		_, err := i.Who(t.Context(), token)
		wantCode(t, err, "session_expired")
	}
	if len(told) != 3 {
		t.Errorf("told of the end of %d sessions, want 3", len(told))
	}
	if _, err := i.Who(t.Context(), mine); err != nil {
		t.Errorf("the session that stays is told %v", err)
	}
}

func TestLogoutEndsTheSessionAndSaysSo(t *testing.T) {
	i := newReplica(t, nil)
	var told []string
	i.OnEnd(func(_ context.Context, id string, _ bool) { told = append(told, id) })
	token := loggedInAs(t, i, enrolled(t), newDevice())
	l, err := i.Who(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to end
		if err := i.Logout(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	_, err = shared.Who(t.Context(), token)
	wantCode(t, err, "session_expired")
	if !slices.Equal(told, []string{l.SessionID}) {
		t.Errorf("told of the end of %v, want %v", told, l.SessionID)
	}
	_, err = i.Sessions(t.Context(), token)
	wantCode(t, err, "session_expired")
	wantCode(t, i.EndOtherSessions(t.Context(), token), "session_expired")
}

// A session is remembered for ten seconds at most, by the clock that was given.
func TestARememberedSessionIsAskedForAgain(t *testing.T) {
	c := &handClock{now: time.Now()}
	i := newReplica(t, func(i *Identity) { i.clock = c })
	token := loggedInAs(t, i, enrolled(t), newDevice())
	if _, err := i.Who(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	// Directly in Kratos.
	if err := i.kratos.logout(t.Context(), i.tokenOf(token)); err != nil {
		t.Fatal(err)
	}
	if _, err := i.Who(t.Context(), token); err != nil {
		t.Errorf("within ten seconds Kratos is asked again: %v", err)
	}
	c.now = c.now.Add(10 * time.Second)
	_, err := i.Who(t.Context(), token)
	wantCode(t, err, "session_expired")
}

// An answer that has come is never mistaken for one that took too long.
func TestAnAnswerOfTheCacheIsTaken(t *testing.T) {
	c := &cache{redis: sharedRDB}
	for range 20_000 {
		v, err := withCache(t.Context(), c, func(context.Context) (int, error) { return 1, nil })
		if v != 1 || err != nil {
			t.Fatalf("the answer is %d, %v", v, err)
		}
	}
}

type handClock struct{ now time.Time }

func (c *handClock) Now() time.Time { return c.now }

func TestAPersonHasOnlySoManySessions(t *testing.T) {
	i := newReplica(t, func(i *Identity) { i.mostSessions = 3 })
	n := enrolled(t)
	var cookies []string
	for range 5 {
		cookies = append(cookies, loggedInAs(t, i, n, newDevice()))
	}
	for k, cookie := range cookies {
		_, err := i.Who(t.Context(), cookie)
		if k < 2 {
			wantCode(t, err, "session_expired")
		} else if err != nil {
			t.Errorf("session %d of 5: %v", k+1, err)
		}
	}
	if list, err := i.Sessions(t.Context(), cookies[4]); err != nil || len(list) != 3 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
}
