package casework_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/notice"
)

// A post records what is sent, and answers as a test says.
type post struct {
	mu      sync.Mutex
	off     bool
	pushed  []sent
	mailed  []sent
	failing func(to string) error
}

type sent struct {
	to string
	notice.Message
}

func (p *post) PushKey() string {
	if p.off {
		return ""
	}
	return "key"
}

func (p *post) MailOffered() bool { return !p.off }

func (p *post) CheckEndpoint(endpoint string) error {
	if !strings.HasPrefix(endpoint, "https://") {
		return errors.New("not https")
	}
	return nil
}

func (p *post) Push(_ context.Context, to notice.PushAddress, m notice.Message) error {
	return p.take(&p.pushed, to.Endpoint, m)
}

func (p *post) Mail(_ context.Context, to string, m notice.Message) error {
	return p.take(&p.mailed, to, m)
}

func (p *post) take(list *[]sent, to string, m notice.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failing != nil {
		if err := p.failing(to); err != nil {
			return err
		}
	}
	*list = append(*list, sent{to, m})
	return nil
}

// phone is a browser's subscription.
func phone(name string) notice.PushAddress {
	key, err := ecdh.P256().NewPrivateKey(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		panic(err)
	}
	return notice.PushAddress{Endpoint: "https://push.example/" + name, P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		Auth: base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{9}, 16))}
}

func (c *city) inbox(t tb, a mingjing.Actor) []notice.Notice {
	t.Helper()
	var notices []notice.Notice
	c.peek(t, func(tx opened) (err error) {
		notices, err = tx.Notices(ctx, mingjing.ResidentID(a.ID), 0, 1000)
		return err
	})
	return notices
}

func (c *city) prefs(a mingjing.Actor) (p notice.Prefs, err error) {
	err = c.store.Tx(ctx, func(tx casework.Tx) (err error) {
		p, err = withReader(tx, "test").NoticePrefs(ctx, mingjing.ResidentID(a.ID))
		return err
	})
	return p, err
}

// mailbox gives a resident a confirmed e-mail address.
func (c *city) mailbox(t tb, a mingjing.Actor, address string) {
	t.Helper()
	_, err := c.SetEmail(ctx, a, address)
	must(t, err)
	p, err := c.prefs(a)
	must(t, err)
	_, err = c.ConfirmEmail(ctx, a, p.Code)
	must(t, err)
}

// told adds a notice to the inbox and tries once to send it.
func (c *city) told(t tb, a mingjing.Actor, kind mingjing.NoticeKind) (wait time.Duration) {
	t.Helper()
	must(t, c.notified(a.ID, kind, "", "overview", ""))
	wait, err := c.job(ctx, notice.JobNotify, c.inbox(t, a)[0].ID)
	must(t, err)
	return wait
}

func kindsOf(notices []notice.Notice) string {
	var all []string
	for _, n := range notices {
		all = append(all, string(n.Kind)+"/"+n.Code+"/"+n.Page)
	}
	slices.Reverse(all)
	return strings.Join(all, " ")
}

func TestEachStepOfACaseIsANotice(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.answered(t, a, record, "", mingjing.PositionMaintained)
	_, err := c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeRejected, Reasons: "So."})
	must(t, err)
	want := "score_ready//request case_moved/assigned/dispute case_moved/agency_asked/dispute " +
		"case_moved/agency_answered/dispute case_decided/rejected/dispute"
	if got := kindsOf(c.inbox(t, a)); got != want {
		t.Errorf("the inbox has\n%s, want\n%s", got, want)
	}
	for _, n := range c.inbox(t, a) {
		if n.Page == "dispute" && n.Subject != d.ID {
			t.Errorf("a notice of the case leads to %q", n.Subject)
		}
	}
	if n := c.bus.count(a.ID, mingjing.EventNotice); n != 5 {
		t.Errorf("open screens heard of %d notices, want 5", n)
	}
	v, err := c.Viewer(ctx, a)
	must(t, err)
	if v.Unread != 5 {
		t.Errorf("%d are unread, want 5", v.Unread)
	}
}

func TestAnAgencysSilenceIsANotice(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	c.put(t, d.ID)
	c.clock.pass(30 * 24 * time.Hour)
	_, err := c.job(ctx, cases.JobQuestion, d.ID)
	must(t, err)
	if n := c.inbox(t, a)[0]; n.Kind != mingjing.NoticeCaseMoved || n.Code != "agency_silent" {
		t.Errorf("the newest notice is %+v", n.Notice)
	}
}

func TestANoticeThatCouldNotBeOpenedIsNotMade(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	if err := c.notified(a.ID, mingjing.NoticeScoreReady, "", "nowhere", ""); err == nil {
		t.Error("a notice leads to a page that is not there")
	}
	if n := c.inbox(t, a); len(n) > 0 {
		t.Errorf("it is in the inbox: %+v", n)
	}
}

func TestTheInboxIsReadPageByPageAndMarked(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	for i := range 60 {
		must(t, c.notified(a.ID, mingjing.NoticeScoreReady, "", "request", fmt.Sprint(i)))
	}
	var subjects []string
	cursor := ""
	for {
		v, err := c.Notices(ctx, a, cursor)
		must(t, err)
		if v.Unread != 60 || len(v.Notices) > 25 {
			t.Errorf("%d on a page, %d unread", len(v.Notices), v.Unread)
		}
		for _, n := range v.Notices {
			subjects = append(subjects, n.Subject)
		}
		if cursor = v.Next; cursor == "" {
			break
		}
	}
	if len(subjects) != 60 || subjects[0] != "59" || subjects[59] != "0" {
		t.Errorf("read %v", subjects)
	}
	if looks := c.looks(t, a); looks[0].Action != "inbox" || looks[0].Purpose != "own" {
		t.Errorf("the last look is %+v", looks[0])
	}
	first := c.inbox(t, a)[0].ID
	n, err := c.OpenNotice(ctx, a, first)
	must(t, err)
	read := *n.ReadAt
	c.clock.pass(time.Hour)
	if n, err = c.OpenNotice(ctx, a, first); err != nil || !n.ReadAt.Equal(read) {
		t.Errorf("opened again it was read at %v (%v)", n.ReadAt, err)
	}
	if v, _ := c.Viewer(ctx, a); v.Unread != 59 {
		t.Errorf("%d are unread, want 59", v.Unread)
	}
	heard := c.bus.count(a.ID, mingjing.EventNotice)
	must(t, c.ReadNotices(ctx, a))
	must(t, c.ReadNotices(ctx, a))
	if v, _ := c.Viewer(ctx, a); v.Unread != 0 {
		t.Errorf("%d are unread, want none", v.Unread)
	}
	if n := c.bus.count(a.ID, mingjing.EventNotice) - heard; n != 1 {
		t.Errorf("marking all twice was told %d times, want once", n)
	}
	for _, cursor := range []string{"0", "-1", "x", "9999999999999999999999"} {
		_, err := c.Notices(ctx, a, cursor)
		wants(t, err, "invalid_cursor")
	}
}

func TestWhatLeavesTheHouseSaysNothing(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	_, err := c.AddDevice(ctx, a, "s", "Phone", phone("one"))
	must(t, err)
	c.mailbox(t, a, "lin@mail.example")
	must(t, c.RememberLanguage(ctx, a, "en"))
	if wait := c.told(t, a, mingjing.NoticeCaseDecided); wait != 0 {
		t.Errorf("to be tried again in %v", wait)
	}
	id := c.inbox(t, a)[0].ID
	if want := (sent{phone("one").Endpoint, notice.Message{ID: id, Lang: "en"}}); len(c.post.pushed) != 1 || c.post.pushed[0] != want {
		t.Errorf("pushed %+v, want %+v", c.post.pushed, want)
	}
	if want := (sent{"lin@mail.example", notice.Message{ID: id, Lang: "en"}}); len(c.post.mailed) != 1 || c.post.mailed[0] != want {
		t.Errorf("mailed %+v, want %+v", c.post.mailed, want)
	}
	_, err = c.SetNotices(ctx, a, notice.Choice{Push: true, ShowText: true})
	must(t, err)
	c.told(t, a, mingjing.NoticeCaseDecided)
	if last := c.post.pushed[1]; last.Kind != mingjing.NoticeCaseDecided {
		t.Errorf("who wants the kind on a locked screen gets %q", last.Kind)
	}
	if len(c.post.mailed) != 1 {
		t.Error("mail was sent to somebody who switched it off")
	}
}

func TestOnlyWhatHasNoLegalEffectCanBeSwitchedOff(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	_, err := c.AddDevice(ctx, a, "s", "Phone", phone("one"))
	must(t, err)
	v, err := c.SetNotices(ctx, a, notice.Choice{Push: true}) // no kind at all
	must(t, err)
	if !slices.Equal(v.Off, []mingjing.NoticeKind{mingjing.NoticeCaseMoved, mingjing.NoticeInquiry, mingjing.NoticeComplaint,
		mingjing.NoticeScoreReady, mingjing.NoticeExportReady, mingjing.NoticeShareViewed}) {
		t.Errorf("off are %v", v.Off)
	}
	for _, k := range mingjing.NoticeKinds {
		before := len(c.post.pushed)
		c.told(t, a, k)
		if got := len(c.post.pushed) > before; got != k.Legal() {
			t.Errorf("%s is sent: %v", k, got)
		}
	}
	if n := len(c.inbox(t, a)); n != len(mingjing.NoticeKinds) {
		t.Errorf("the inbox has %d of %d", n, len(mingjing.NoticeKinds))
	}
	// Not even where the store says so.
	p, err := c.prefs(a)
	must(t, err)
	p.Off = mingjing.NoticeKinds
	c.do(t, func(tx opened) error { return tx.SetNoticePrefs(ctx, p) })
	before := len(c.post.pushed)
	c.told(t, a, mingjing.NoticeListingServed)
	if len(c.post.pushed) == before {
		t.Error("a notice with legal effect was kept back")
	}
	_, err = c.SetNotices(ctx, a, notice.Choice{Kinds: mingjing.NoticeKinds})
	must(t, err)
	before = len(c.post.pushed)
	c.told(t, a, mingjing.NoticeListingServed)
	if len(c.post.pushed) > before {
		t.Error("a push was sent to somebody who switched push off")
	}
	_, err = c.AddDevice(ctx, a, "s", "Phone", phone("two"))
	must(t, err)
	c.told(t, a, mingjing.NoticeListingServed)
	if len(c.post.pushed) != before+2 {
		t.Error("who adds a device does not hear on it")
	}
}
