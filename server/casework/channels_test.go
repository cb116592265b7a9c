package casework_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/notice"
)

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
	box := c.inbox(t, a) // the newest first
	id := box[len(box)-1].ID
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
	if got := kindsOf(c.inbox(t, a)); got != "score_ready//overview push_failed/gone/notice-settings push_failed//notice-settings" {
		t.Errorf("the inbox has %s", got)
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
		"no address": func(p *notice.PushAddress) { p.Endpoint = "" }, "plain http": func(p *notice.PushAddress) {
			p.Endpoint = "http://push.example/x"
		},
		"too long": func(p *notice.PushAddress) { p.Endpoint += strings.Repeat("x", 2000) }, "no key": func(p *notice.PushAddress) {
			p.P256dh = ""
		},
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
		"a@b.example": "a@b.example", " A.b+c@Mail.EXAMPLE\t": "A.b+c@mail.example", "ａ＠ｂ。ｅｘａｍｐｌｅ": "a@b.example",
		"o'neil@x-y.co.uk":     "o'neil@x-y.co.uk",
		"a@xn--fiqs8s.example": "a@xn--fiqs8s.example",
	} {
		if got, err := notice.ParseEmail(text); err != nil || got != want {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "  ", "a", "a@b", "@b.example", "a@", "a b@c.example", "a@b.example,c@d.example", "Lin <a@b.example>",
		"a@[127.0.0.1]", "a@127.0.0.1",
		"a@b..example", ".a@b.example", "a.@b.example", "a@-b.example", "a@b-.example", "a@@b.example", "a\r\nBcc: c@d.example@b.example",
		"a\x00@b.example",
		strings.Repeat("a", 65) + "@b.example", "a@" + strings.Repeat("b", 64) + ".example", "a@" + strings.Repeat("b.", 130) + "example",
		"林@b.example", "\"a b\"@c.example"} {
		if got, err := notice.ParseEmail(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
}

// FuzzParseEmail: what is taken is one address that mail can be sent to, in one way
// of writing, and can't carry anything into a header.
func FuzzParseEmail(f *testing.F) {
	for _, seed := range []string{"a@b.example", "ａ＠ｂ。ｃｏｍ", "a@b.example\r\nBcc: x@y.example", "\"a\"@b.example", "a@[::1]",
		"a+b@c-d.example"} {
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

// hangingPost hangs at some addresses until ctx ends, or the test lets go.
type hangingPost struct {
	*post
	hangs func(to string) bool
	begun chan string
}

func (h *hangingPost) Push(ctx context.Context, to notice.PushAddress, m notice.Message) error {
	if h.hangs(to.Endpoint) {
		h.begun <- to.Endpoint
		<-ctx.Done()
		return ctx.Err()
	}
	return h.post.Push(ctx, to, m)
}

func TestAGoodDeviceGetsANoticeOnceThoughOthersHang(t *testing.T) {
	hanging := &hangingPost{begun: make(chan string, 10), hangs: func(to string) bool { return strings.Contains(to, "bad") }}
	c := newCity(t, func(cfg *casework.Config) { hanging.post = &post{}; cfg.Notifier = hanging })
	a := c.resident(t, 1)
	for _, name := range []string{"bad1", "bad2", "bad3", "good", "bad4"} {
		_, err := c.AddDevice(ctx, a, "s", name, phone(name))
		must(t, err)
	}
	must(t, c.notified(a.ID, mingjing.NoticeListingServed, "", "listings", "l"))
	id := c.inbox(t, a)[0].ID
	for try := range 3 { // each is cut off, as by the end of the server
		cut, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { _, err := c.job(cut, notice.JobNotify, id); done <- err }()
		for range 4 { // they hang at the same time
			<-hanging.begun
		}
		// The good one is noted while they do.
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			var left []string
			c.peek(t, func(tx opened) error { n, err := tx.Notice(ctx, id); left = n.Waiting; return err })
			if len(left) == 4 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("in try %d there wait %d", try, len(left))
			}
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("a delivery that was cut off says %v", err)
		}
	}
	if n := len(hanging.pushed); n != 1 {
		t.Errorf("the good device got it %d times", n)
	}
}

func TestAResidentIsToldOnceThatPushDoesNotReachADevice(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	_, err := c.AddDevice(ctx, a, "s", "Phone", phone("phone"))
	must(t, err)
	unreached := func() bool {
		t.Helper()
		v, err := c.NoticeSettings(ctx, a)
		must(t, err)
		return v.Devices[0].Unreached
	}
	told := func() (n int) {
		for _, m := range c.inbox(t, a) {
			if m.Kind == mingjing.NoticePushFailed {
				n++
			}
		}
		return n
	}
	deliver := func(tries int) {
		t.Helper()
		must(t, c.notified(a.ID, mingjing.NoticeListingServed, "", "listings", "l"))
		for _, n := range c.inbox(t, a) {
			if n.Kind == mingjing.NoticeListingServed {
				for range tries {
					_, err := c.job(ctx, notice.JobNotify, n.ID)
					must(t, err)
				}
			}
		}
	}
	c.post.failing = func(string) error { return context.DeadlineExceeded }
	deliver(4)
	if unreached() || told() != 0 {
		t.Error("a few tries are enough to say that a device is not reached")
	}
	deliver(6)
	deliver(6)
	if !unreached() || told() != 1 {
		t.Errorf("after many tries the device is unreached: %v, and that was said %d times", unreached(), told())
	}
	c.post.failing = nil
	deliver(1)
	if unreached() {
		t.Error("a device that is reached again is called unreached")
	}
	c.post.failing = func(string) error { return context.DeadlineExceeded }
	deliver(6)
	if !unreached() || told() != 2 {
		t.Errorf("when it is lost again that was said %d times", told())
	}
}
