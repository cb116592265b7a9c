package casework_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
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

// A post notes what leaves the house, and answers as a test says.
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

// mailbox gives a resident a confirmed address.
func (c *city) mailbox(t tb, a mingjing.Actor, address string) {
	t.Helper()
	_, err := c.SetEmail(ctx, a, address)
	must(t, err)
	p, err := c.prefs(a)
	must(t, err)
	_, err = c.ConfirmEmail(ctx, a, p.Code)
	must(t, err)
}

// told puts a notice into the inbox and tries once to send it.
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
	want := "score_ready//request case_moved/assigned/dispute case_moved/agency_asked/dispute case_moved/agency_answered/dispute case_decided/rejected/dispute"
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
	if !slices.Equal(v.Off, []mingjing.NoticeKind{mingjing.NoticeCaseMoved, mingjing.NoticeInquiry, mingjing.NoticeScoreReady, mingjing.NoticeExportReady, mingjing.NoticeShareViewed}) {
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

func TestAWayThatIsClosedIsTriedAgainAndEnds(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	for _, name := range []string{"dead", "slow", "shut", "good"} {
		_, err := c.AddDevice(ctx, a, "s", name, phone(name))
		must(t, err)
	}
	shut := 0
	c.post.failing = func(to string) error {
		switch {
		case strings.HasSuffix(to, "shut"):
			shut++
			return fmt.Errorf("400: %w", notice.ErrRefused)
		case strings.HasSuffix(to, "dead"):
			return fmt.Errorf("410: %w", notice.ErrGone)
		case strings.HasSuffix(to, "slow"):
			return errors.New("503")
		}
		return nil
	}
	wait := c.told(t, a, mingjing.NoticeScoreReady)
	id := c.inbox(t, a)[0].ID
	tries := 1
	for ; wait > 0 && tries < 100; tries++ {
		if wait < 20*time.Second || wait > 90*time.Minute {
			t.Errorf("after %d tries it waits %v", tries, wait)
		}
		var err error
		wait, err = c.job(ctx, notice.JobNotify, id)
		must(t, err)
	}
	if tries != notice.MaxSends {
		t.Errorf("it was tried %d times, want %d", tries, notice.MaxSends)
	}
	if len(c.post.pushed) != 1 {
		t.Errorf("the good one got it %d times", len(c.post.pushed))
	}
	v, err := c.NoticeSettings(ctx, a)
	must(t, err)
	if len(v.Devices) != 3 || shut != 1 {
		t.Errorf("the devices are %+v; one that refuses was asked %d times", v.Devices, shut)
	}
	if len(c.inbox(t, a)) != 1 {
		t.Error("the notice is not in the inbox, or not alone")
	}
}

func TestAnAddressThatDoesNotTakeMailIsToldInTheInbox(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.mailbox(t, a, "lin@mail.example")
	c.post.failing = func(string) error { return fmt.Errorf("550: %w", notice.ErrGone) }
	if wait := c.told(t, a, mingjing.NoticeScoreReady); wait != 0 {
		t.Errorf("to be tried again in %v", wait)
	}
	if got := kindsOf(c.inbox(t, a)); got != "score_ready//overview mail_failed//notice-settings" {
		t.Errorf("the inbox has %s", got)
	}
	c.post.failing = nil
	c.told(t, a, mingjing.NoticeListingServed)
	if len(c.post.mailed) > 0 {
		t.Error("mail went to an address that does not take it")
	}
	box, err := c.Notices(ctx, a, "")
	must(t, err)
	v, err := c.NoticeSettings(ctx, a)
	must(t, err)
	if !box.MailFailed || !v.EmailFailed || v.Email != "l•••@mail.example" {
		t.Errorf("shown are %v, %+v", box.MailFailed, v)
	}
	c.mailbox(t, a, "lin@mail.example")
	c.told(t, a, mingjing.NoticeListingServed)
	if len(c.post.mailed) != 1 {
		t.Error("after it was confirmed again no mail is sent")
	}
}

func TestNothingIsMailedToAnAddressBeforeItIsConfirmed(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	v, err := c.SetEmail(ctx, a, " Lin@Mail.example ")
	must(t, err)
	if v.Pending != "Lin@mail.example" || v.Email != "" {
		t.Errorf("shown are %+v", v)
	}
	c.told(t, a, mingjing.NoticeListingServed)
	if len(c.post.mailed) > 0 {
		t.Fatal("mail went to an address that is not confirmed")
	}
	_, err = c.job(ctx, notice.JobConfirm, a.ID)
	must(t, err)
	if len(c.post.mailed) != 1 || len(c.post.mailed[0].Code) != 8 || c.post.mailed[0].to != "Lin@mail.example" {
		t.Fatalf("mailed %+v", c.post.mailed)
	}
	code := c.post.mailed[0].Code
	_, err = c.ConfirmEmail(ctx, a, "")
	wants(t, err, "email_code:required")
	_, err = c.ConfirmEmail(ctx, a, "0"+code)
	wants(t, err, "email_code:email_code_wrong")
	v, err = c.ConfirmEmail(ctx, a, code[:4]+" "+code[4:])
	must(t, err)
	if v.Email != "L•••@mail.example" || v.Pending != "" {
		t.Errorf("shown are %+v", v)
	}
	c.told(t, a, mingjing.NoticeListingServed)
	if len(c.post.mailed) != 2 {
		t.Error("no mail to an address that is confirmed")
	}
	_, err = c.RemoveEmail(ctx, a)
	must(t, err)
	c.told(t, a, mingjing.NoticeListingServed)
	if p, _ := c.prefs(a); len(c.post.mailed) != 2 || p.Email != "" {
		t.Errorf("an address that was removed is %q and was written to %d times", p.Email, len(c.post.mailed)-2)
	}
}

func TestACodeIsGuessedInVainAndRunsOut(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	_, err := c.SetEmail(ctx, a, "lin@mail.example")
	must(t, err)
	p, err := c.prefs(a)
	must(t, err)
	wrong := "00000000"
	if p.Code == wrong {
		wrong = "11111111"
	}
	for range 5 {
		_, err = c.ConfirmEmail(ctx, a, wrong)
		wants(t, err, "email_code:email_code_wrong")
	}
	_, err = c.ConfirmEmail(ctx, a, p.Code)
	wants(t, err, "email_code_over")

	_, err = c.SetEmail(ctx, a, "lin@mail.example")
	must(t, err)
	p, err = c.prefs(a)
	must(t, err)
	c.clock.pass(time.Hour)
	_, err = c.ConfirmEmail(ctx, a, p.Code)
	wants(t, err, "email_code_over")
	if _, err := c.job(ctx, notice.JobConfirm, a.ID); err != nil || len(c.post.mailed) > 0 {
		t.Errorf("a code that has run out is sent: %v", err)
	}

	for range 3 {
		_, err = c.SetEmail(ctx, a, "lin@mail.example")
		must(t, err)
	}
	_, err = c.SetEmail(ctx, a, "lin@mail.example")
	wants(t, err, "email_codes")
	c.clock.pass(24 * time.Hour)
	_, err = c.SetEmail(ctx, a, "lin@mail.example")
	must(t, err)
}

func TestACodeThatCannotBeDeliveredIsTold(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	_, err := c.SetEmail(ctx, a, "lin@mail.example")
	must(t, err)
	c.post.failing = func(string) error { return errors.New("451") }
	wait, err := c.job(ctx, notice.JobConfirm, a.ID)
	must(t, err)
	if wait == 0 {
		t.Error("a mail server that is busy is not asked again")
	}
	c.post.failing = func(string) error { return notice.ErrGone }
	wait, err = c.job(ctx, notice.JobConfirm, a.ID)
	must(t, err)
	v, err := c.NoticeSettings(ctx, a)
	must(t, err)
	if wait != 0 || !v.PendingFailed || c.bus.count(a.ID, mingjing.EventNotice) != 1 {
		t.Errorf("waits %v, shows %+v", wait, v)
	}
}

func TestADeviceBelongsToWhoeverIsThere(t *testing.T) {
	c := newCity(t)
	a, b := c.resident(t, 1), c.resident(t, 2)
	_, err := c.AddDevice(ctx, a, "s1", "Phone", phone("shared"))
	must(t, err)
	_, err = c.AddDevice(ctx, b, "s2", "Phone", phone("shared"))
	must(t, err)
	c.told(t, a, mingjing.NoticeListingServed)
	if len(c.post.pushed) > 0 {
		t.Error("another's notice comes to a phone that was handed on")
	}
	_, err = c.RemoveDevice(ctx, a, "", phone("shared").Endpoint)
	must(t, err)
	c.told(t, b, mingjing.NoticeListingServed)
	if len(c.post.pushed) != 1 {
		t.Error("another has removed the device")
	}
	must(t, c.EndSession(ctx, "s1"))
	must(t, c.EndSession(ctx, ""))
	c.told(t, b, mingjing.NoticeListingServed)
	must(t, c.EndSession(ctx, "s2"))
	c.told(t, b, mingjing.NoticeListingServed)
	if len(c.post.pushed) != 2 {
		t.Errorf("%d messages came, want 2: one after another's log-out and none after one's own", len(c.post.pushed))
	}
}

func TestAResidentHasTenDevicesAtMost(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	for i := range mingjing.MaxPushDevices {
		_, err := c.AddDevice(ctx, a, "s", "Phone", phone(fmt.Sprint(i)))
		must(t, err)
	}
	_, err := c.AddDevice(ctx, a, "s", "Phone", phone("one more"))
	wants(t, err, "push_devices")
	v, err := c.AddDevice(ctx, a, "s", "Phone", phone("3"))
	must(t, err)
	if len(v.Devices) != mingjing.MaxPushDevices {
		t.Errorf("there are %d devices", len(v.Devices))
	}
	v, err = c.RemoveDevice(ctx, a, v.Devices[0].ID, "")
	must(t, err)
	if len(v.Devices) != mingjing.MaxPushDevices-1 {
		t.Errorf("after one was removed there are %d", len(v.Devices))
	}
}

func TestAWrongSubscriptionIsRefused(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	for name, change := range map[string]func(p *notice.PushAddress){
		"no address": func(p *notice.PushAddress) { p.Endpoint = "" }, "plain http": func(p *notice.PushAddress) { p.Endpoint = "http://push.example/x" },
		"too long": func(p *notice.PushAddress) { p.Endpoint += strings.Repeat("x", 2000) }, "no key": func(p *notice.PushAddress) { p.P256dh = "" },
		"a short key": func(p *notice.PushAddress) { p.P256dh = p.P256dh[:20] }, "no secret": func(p *notice.PushAddress) { p.Auth = "" },
		"no point":   func(p *notice.PushAddress) { p.P256dh = "B" + strings.Repeat("A", 86) },
		"not base64": func(p *notice.PushAddress) { p.Auth = "*" },
	} {
		to := phone("x")
		change(&to)
		if _, err := c.AddDevice(ctx, a, "s", "Phone", to); codeOf(err) != "endpoint:push_invalid" {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.post.off = true
	_, err := c.AddDevice(ctx, a, "s", "Phone", phone("x"))
	wants(t, err, "push_not_offered")
	_, err = c.SetEmail(ctx, a, "lin@mail.example")
	wants(t, err, "mail_not_offered")
	if c.notified(a.ID, mingjing.NoticeListingServed, "", "overview", ""); len(c.inbox(t, a)) != 1 {
		t.Error("without any way out the inbox has nothing")
	}
}

func TestAnAddressIsReadAsPeopleTypeIt(t *testing.T) {
	for text, want := range map[string]string{
		"a@b.example": "a@b.example", " A.b+c@Mail.EXAMPLE\t": "A.b+c@mail.example", "ａ＠ｂ。ｅｘａｍｐｌｅ": "a@b.example", "o'neil@x-y.co.uk": "o'neil@x-y.co.uk",
		"a@xn--fiqs8s.example": "a@xn--fiqs8s.example",
	} {
		if got, err := notice.ParseEmail(text); err != nil || got != want {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "  ", "a", "a@b", "@b.example", "a@", "a b@c.example", "a@b.example,c@d.example", "Lin <a@b.example>", "a@[127.0.0.1]", "a@127.0.0.1",
		"a@b..example", ".a@b.example", "a.@b.example", "a@-b.example", "a@b-.example", "a@@b.example", "a\r\nBcc: c@d.example@b.example", "a\x00@b.example",
		strings.Repeat("a", 65) + "@b.example", "a@" + strings.Repeat("b", 64) + ".example", "a@" + strings.Repeat("b.", 130) + "example", "林@b.example", "\"a b\"@c.example"} {
		if got, err := notice.ParseEmail(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
}

// FuzzParseEmail: what is taken is one address that mail can be sent to, in one way
// of writing, and can't carry anything into a header.
func FuzzParseEmail(f *testing.F) {
	for _, seed := range []string{"a@b.example", "ａ＠ｂ。ｃｏｍ", "a@b.example\r\nBcc: x@y.example", "\"a\"@b.example", "a@[::1]", "a+b@c-d.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := notice.ParseEmail(text)
		if err != nil {
			if got != "" || err.Error() != "required" && err.Error() != "email_invalid" {
				t.Errorf("%q: %q, %v", text, got, err)
			}
			return
		}
		if strings.ContainsAny(got, "\r\n\x00 ,;<>\"()") || len(got) > 254 {
			t.Errorf("%q is taken as %q", text, got)
		}
		if a, err := mail.ParseAddress(got); err != nil || a.Address != got || a.Name != "" {
			t.Errorf("%q is taken as %q, which is %v (%v)", text, got, a, err)
		}
		if again, err := notice.ParseEmail(got); err != nil || again != got {
			t.Errorf("%q read again is %q (%v)", got, again, err)
		}
		local, _, _ := strings.Cut(got, "@")
		if masked := notice.MaskEmail(got); len(local) > 1 && strings.HasPrefix(masked, local) {
			t.Errorf("%q is masked as %q", got, masked)
		}
	})
}

// FuzzAddDevice: a subscription is anybody's bytes; what is taken has whole keys.
func FuzzAddDevice(f *testing.F) {
	p := phone("x")
	f.Add(p.Endpoint, p.P256dh, p.Auth)
	f.Add("https://", p.P256dh+"=", strings.ReplaceAll(p.Auth, "-", "+")+"==")
	f.Add("", "AAAA", "\xff")
	c := newCity(f)
	a := c.resident(f, 1)
	f.Fuzz(func(t *testing.T, endpoint, p256dh, auth string) {
		v, err := c.AddDevice(ctx, a, "s", "Phone", notice.PushAddress{Endpoint: endpoint, P256dh: p256dh, Auth: auth})
		if err != nil {
			if codeOf(err) != "endpoint:push_invalid" {
				t.Errorf("%v", err)
			}
			return
		}
		defer c.EndSession(ctx, "s")
		c.do(t, func(tx opened) error {
			devices, err := tx.Devices(ctx, mingjing.ResidentID(a.ID))
			if err != nil || len(devices) != len(v.Devices) {
				t.Errorf("%d devices, %d shown (%v)", len(devices), len(v.Devices), err)
			}
			for _, d := range devices {
				point, err1 := base64.RawURLEncoding.DecodeString(d.P256dh)
				secret, err2 := base64.RawURLEncoding.DecodeString(d.Auth)
				if err1 != nil || err2 != nil || len(point) != 65 || len(secret) != 16 {
					t.Errorf("kept %q and %q", d.P256dh, d.Auth)
				}
			}
			return nil
		})
	})
}
