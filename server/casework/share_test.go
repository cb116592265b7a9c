package casework_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/share"
)

// flat returns a share of the band alone, for renting a flat.
func flat() share.NewShare {
	return share.NewShare{Rulebook: "honest-shanghai", Purpose: " Renting\n a flat ", Fields: []mingjing.ShareField{mingjing.ShareBand},
		Named: mingjing.ShareMasked, Views: 3, Ends: "2026-03-09"}
}

// shared makes a share and returns its id and code.
func (c *city) shared(t tb, a mingjing.Actor, n share.NewShare) (id, code string) {
	t.Helper()
	s, code, err := c.MakeShare(ctx, a, n)
	must(t, err)
	return s.ID, code
}

func landlord() share.Recipient { return share.Recipient{Who: "  Landlord\t& Co. ", Lang: "en"} }

func (c *city) share(t tb, a mingjing.Actor) mingjing.Share {
	t.Helper()
	v, err := c.Shares(ctx, a)
	must(t, err)
	if len(v.Shares) == 0 {
		t.Fatalf("nothing is shared")
	}
	return v.Shares[0]
}

func TestARecipientSeesWhatWasChosenAndTheResidentSeesTheRecipient(t *testing.T) {
	c := newCity(t)
	a, _, _ := c.owing(t, 1)
	id, code := c.shared(t, a, flat())
	if len(code) < 26 { // of base 32: 130 bits
		t.Errorf("the code %q can be guessed", code)
	}
	before := len(c.looks(t, a))
	page, err := c.Recipient(ctx, code)
	must(t, err)
	if !page.Open || page.Left != 3 || page.Statement != nil || page.EndsAt != time.Date(2026, 3, 9, 16, 0, 0, 0, time.UTC) {
		t.Errorf("before a look the page says %+v", page)
	}
	if n := len(c.looks(t, a)); n != before {
		t.Errorf("following a link wrote %d looks", n-before)
	}
	v, err := c.ViewShare(ctx, code, landlord())
	must(t, err)
	s, score := v.Statement, c.latest(t, a, "honest-shanghai")
	if s.Band == nil || s.Band.Code != score.Band || s.AsOf != score.AsOf || s.Rulebook != score.Rulebook || s.Name != "居**" ||
		s.Purpose != "Renting a flat" ||
		s.ShownTo != "Landlord & Co." || !s.ExpiresAt.Equal(page.EndsAt) || len(s.Number) < 20 {
		t.Errorf("it is shown %+v", s)
	}
	if s.Value != nil || s.Missing != nil || s.Listings != nil || s.IDMasked != "" {
		t.Errorf("it is shown more than was chosen: %+v", s)
	}
	if l := c.looks(t, a)[1]; l.Role != mingjing.RoleRecipient || l.Who != "Landlord & Co." || l.Action != "share_view" || l.Subject != id ||
		l.Purpose != "share" {
		t.Errorf("the access log says %+v", l) // [0] is the look at the score
	}
	if n := c.inbox(t, a)[0]; n.Kind != mingjing.NoticeShareViewed || n.Page != "shares" || n.Subject != id {
		t.Errorf("the inbox says %+v", n)
	}
	if c.bus.count(a.ID, mingjing.EventShare) != 2 { // made, viewed
		t.Errorf("open screens hear of it %d times", c.bus.count(a.ID, mingjing.EventShare))
	}
	if mine := c.share(t, a); mine.Viewed != 1 || len(mine.Accesses) != 1 || mine.Accesses[0].Who != "Landlord & Co." ||
		mine.State != mingjing.ShareActive {
		t.Errorf("the resident sees %+v", mine)
	}
}

func TestAllThatCanBeChosenIsShown(t *testing.T) {
	c := newCity(t)
	a, _, _ := c.owing(t, 1)
	n := flat()
	n.Fields, n.Named = mingjing.ShareFields, mingjing.ShareFull
	_, code := c.shared(t, a, n)
	v, err := c.ViewShare(ctx, code, landlord())
	must(t, err)
	s, score := v.Statement, c.latest(t, a, "honest-shanghai")
	if s.Value.Value != score.Value || s.Value.Max != c.books[0].Max || *s.Missing != 0 || *s.Listings != 1 || s.Name != "居民1" ||
		!strings.HasSuffix(s.IDMasked, string(mingjing.MakeIDNumber("99999919800101001"))[16:]) {
		t.Errorf("it is shown %+v", s)
	}
	n.Named = mingjing.ShareNameless
	_, code = c.shared(t, a, n)
	if v, err = c.ViewShare(ctx, code, landlord()); err != nil || v.Statement.Name != "" || v.Statement.IDMasked != "" {
		t.Errorf("without a name: %+v, %v", v.Statement, err)
	}
}

func TestWhoeverLooksSaysWhoTheyAre(t *testing.T) {
	c := newCity(t)
	a, _, _ := c.owing(t, 1)
	_, code := c.shared(t, a, flat())
	for want, r := range map[string]share.Recipient{
		"who:required":        {Who: " \n "},
		"who:too_long":        {Who: strings.Repeat("名", mingjing.MaxShareWho+1)},
		"email:email_invalid": {Who: "x", Email: "nowhere"},
	} {
		_, err := c.ViewShare(ctx, code, r)
		wants(t, err, want)
	}
	if s := c.share(t, a); s.Viewed != 0 {
		t.Errorf("a form that was filled in wrongly used up %d views", s.Viewed)
	}
	_, err := c.ViewShare(ctx, "nowhere", share.Recipient{})
	wants(t, err, "share_over")
}

// TestEveryEndHasTheSameAnswer: what is unknown, ended, revoked or used up cannot
// be told apart.
func TestEveryEndHasTheSameAnswer(t *testing.T) {
	c := newCity(t)
	a, _, _ := c.owing(t, 1)
	n := flat()
	n.Views = 1
	_, used := c.shared(t, a, n)
	_, err := c.ViewShare(ctx, used, landlord())
	must(t, err)
	id, revoked := c.shared(t, a, flat())
	s, err := c.RevokeShare(ctx, a, id)
	must(t, err)
	if s.State != mingjing.ShareRevoked {
		t.Errorf("it is %s", s.State)
	}
	n.Ends = "2026-03-02"
	_, ended := c.shared(t, a, n)
	_, withdrawn := c.shared(t, a, flat())
	c.clock.pass(14*time.Hour + 59*time.Minute)
	if _, err := c.Recipient(ctx, ended); err != nil {
		t.Errorf("the last day ends early: %v", err)
	}
	c.clock.pass(time.Minute)
	must(t, c.Withdraw(ctx, a, "honest-shanghai"))
	var first error
	for what, code := range map[string]string{"used up": used, "revoked": revoked, "ended": ended, "withdrawn": withdrawn, "unknown": "ABC",
		"empty": ""} {
		_, err1 := c.Recipient(ctx, code)
		_, err2 := c.ViewShare(ctx, code, landlord())
		if first == nil {
			first = err1
			wants(t, err1, "share_over")
		}
		if !errors.Is(err1, first) || !errors.Is(err2, first) {
			t.Errorf("%s: %v and %v, others %v", what, err1, err2, first)
		}
	}
}

func TestOneSharesOnlyAScoreThatThereIs(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	_, _, err := c.MakeShare(ctx, a, flat())
	wants(t, err, "share_no_score")
	c.ready(t, a, "rongcheng")
	_, _, err = c.MakeShare(ctx, a, flat())
	wants(t, err, "share_no_score")
	c.ready(t, a, "honest-shanghai")
	for _, who := range []mingjing.Actor{{}, handler, supervisor, auditor, court, {Role: mingjing.RoleRecipient, ID: a.ID, Name: "x"}} {
		_, _, err := c.MakeShare(ctx, who, flat())
		wants(t, err, "forbidden")
	}
	other := flat()
	other.Rulebook = "rongcheng"
	_, kept := c.shared(t, a, other)
	for range mingjing.MaxShareActive - 1 {
		c.shared(t, a, flat())
	}
	_, _, err = c.MakeShare(ctx, a, flat())
	wants(t, err, "shares_full")
	must(t, c.Withdraw(ctx, a, "honest-shanghai"))
	if _, err := c.Recipient(ctx, kept); err != nil {
		t.Errorf("a share of another score ended too: %v", err)
	}
	_, _, err = c.MakeShare(ctx, a, flat())
	wants(t, err, "share_no_score")
}

func TestAShareIsCheckedFieldByField(t *testing.T) {
	c := newCity(t)
	a, _, _ := c.owing(t, 1)
	for want, change := range map[string]func(*share.NewShare){
		"rulebook:unknown_rulebook": func(n *share.NewShare) { n.Rulebook = "atlantis" },
		"purpose:required":          func(n *share.NewShare) { n.Purpose = " " },
		"purpose:too_long":          func(n *share.NewShare) { n.Purpose = strings.Repeat("用", mingjing.MaxSharePurpose+1) },
		"fields:share_fields":       func(n *share.NewShare) { n.Fields = nil },
		"named:invalid_choice":      func(n *share.NewShare) { n.Named = "nickname" },
		"views:share_views":         func(n *share.NewShare) { n.Views = mingjing.MaxShareViews + 1 },
		"ends:required":             func(n *share.NewShare) { n.Ends = "" },
		"ends:invalid_date":         func(n *share.NewShare) { n.Ends = "2026-02-30" },
		"ends:share_ends":           func(n *share.NewShare) { n.Ends = "2026-06-01" },
	} {
		n := flat()
		change(&n)
		_, _, err := c.MakeShare(ctx, a, n)
		wants(t, err, want)
	}
	for _, change := range []func(*share.NewShare){
		func(n *share.NewShare) { n.Fields = append(n.Fields, "records") },
		func(n *share.NewShare) { n.Views = 0 },
		func(n *share.NewShare) { n.Ends = "2026-03-01" },
	} {
		n := flat()
		change(&n)
		if _, _, err := c.MakeShare(ctx, a, n); err == nil {
			t.Errorf("%+v is taken", n)
		}
	}
	n := flat()
	n.Ends = "2026-05-31" // the ninetieth day
	c.shared(t, a, n)
}

// TestOfManyWhoLookAtOnceNoMoreSeeItThanMay on both engines.
func TestOfManyWhoLookAtOnceNoMoreSeeItThanMay(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		a, _, _ := c.owing(t, 1)
		_, code := c.shared(t, a, flat())
		const n = 16
		start, results := make(chan struct{}), make(chan error, n)
		var wait sync.WaitGroup
		for i := range n {
			wait.Go(func() {
				<-start
				_, err := c.ViewShare(ctx, code, share.Recipient{Who: fmt.Sprint("no. ", i)})
				results <- err
			})
		}
		close(start)
		wait.Wait()
		close(results)
		saw := 0
		for err := range results {
			if err == nil {
				saw++
				continue
			}
			wants(t, err, "share_over")
		}
		s := c.share(t, a)
		if saw != 3 || s.Viewed != 3 || len(s.Accesses) != 3 || s.State != mingjing.ShareUsedUp {
			t.Errorf("%d saw it, %d were counted, %d are listed", saw, s.Viewed, len(s.Accesses))
		}
		views := 0
		for _, l := range c.looks(t, a) {
			if l.Action == "share_view" {
				views++
			}
		}
		if views != 3 {
			t.Errorf("%d are in the access log", views)
		}
	})
}

func TestWithoutTheLogNobodyLooks(t *testing.T) {
	broken := &flawed{}
	c := newCity(t, func(cfg *casework.Config) { broken.Store = cfg.Store; cfg.Store = broken })
	a, _, _ := c.owing(t, 1)
	_, code := c.shared(t, a, flat())
	broken.noLooks = true
	v, err := c.ViewShare(ctx, code, landlord())
	broken.noLooks = false
	if err == nil || !nothing(v) {
		t.Errorf("it is shown %+v, %v", v, err)
	}
	if s := c.share(t, a); s.Viewed != 0 || len(c.inbox(t, a)) != 1 {
		t.Errorf("it was counted: %+v", s)
	}
}

func TestThoseWhoSawAWrongScoreAreToldIfTheResidentAsks(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	id, code := c.shared(t, a, flat())
	r := landlord()
	r.Email = "landlord@there.example"
	_, err := c.ViewShare(ctx, code, r)
	must(t, err)
	_, err = c.ViewShare(ctx, code, share.Recipient{Who: "No address"})
	must(t, err)
	c.clock.pass(time.Minute)
	d := c.file(t, a, record, "")
	_, err = c.TellRecipients(ctx, a, d.ID)
	wants(t, err, "nothing_to_tell") // nothing is decided
	c.clock.pass(time.Minute)
	// Now the record is paused, so that what is shown from here on is right.
	_, err = c.ViewShare(ctx, code, share.Recipient{Who: "Later"})
	must(t, err)
	c.put(t, d.ID)
	c.offices.answer = says(mingjing.PositionWithdrawn)
	_, err = c.job(ctx, cases.JobQuestion, d.ID)
	must(t, err)
	c.clock.pass(time.Minute)
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
	must(t, err)

	_, err = c.Recipient(ctx, code)
	wants(t, err, "share_over") // used up, and nobody was told yet
	k, err := c.Correction(ctx, a, d.ID)
	must(t, err)
	if k == nil || len(k.Waiting) != 2 || len(k.Told) != 0 || k.Waiting[0].Who != "Landlord & Co." {
		t.Fatalf("those who saw it are %+v", k)
	}
	c.clock.pass(time.Minute)
	now := c.clock.Now()
	told, err := c.TellRecipients(ctx, a, d.ID)
	must(t, err)
	if len(told.Waiting) != 0 || len(told.Told) != 2 || !told.Told[0].ToldAt.Equal(now) || told.Told[0].Mail != "waiting" ||
		told.Told[1].Mail != "" {
		t.Errorf("told are %+v", told)
	}
	page, err := c.Recipient(ctx, code)
	must(t, err)
	if page.Open || page.CorrectedAt == nil || !page.CorrectedAt.Equal(now) || page.Statement != nil || !page.EndsAt.IsZero() ||
		page.Left != 0 {
		t.Errorf("the page says %+v", page)
	}
	_, err = c.ViewShare(ctx, code, landlord())
	wants(t, err, "share_over")

	// The message is tried again, and the address forgotten after it.
	view := c.views(t, a)[0]
	c.post.failing = func(string) error { return errDown }
	wait, err := c.job(ctx, share.JobCorrection, view.ID)
	must(t, err)
	if wait <= 0 {
		t.Error("a mail server that is down is not tried again")
	}
	c.post.failing = nil
	wait, err = c.job(ctx, share.JobCorrection, view.ID)
	must(t, err)
	if wait != 0 || len(c.post.mailed) != 1 || c.post.mailed[0].to != "landlord@there.example" || c.post.mailed[0].Corrected != view.ID ||
		c.post.mailed[0].Lang != "en" || c.post.mailed[0].Code != "" || c.post.mailed[0].Kind != "" {
		t.Errorf("sent were %+v", c.post.mailed)
	}
	if v := c.views(t, a)[0]; v.Email != "" || v.Mail != "sent" {
		t.Errorf("after it the view says %+v", v)
	}

	// Once is enough.
	c.clock.pass(time.Hour)
	again, err := c.TellRecipients(ctx, a, d.ID)
	must(t, err)
	if len(again.Told) != 2 || !again.Told[0].ToldAt.Equal(now) || again.Told[0].Mail != "sent" {
		t.Errorf("told again: %+v", again)
	}
	if _, err := c.job(ctx, share.JobCorrection, view.ID); err != nil || len(c.post.mailed) != 1 {
		t.Errorf("mailed again: %v, %+v", err, c.post.mailed)
	}
	if s := c.share(t, a); s.ID != id || s.CorrectedAt == nil || s.Accesses[0].ToldAt == nil || s.Accesses[2].ToldAt != nil {
		t.Errorf("the resident sees %+v", s)
	}
	logged := 0
	for _, l := range c.looks(t, a) {
		if l.Action == "share_corrected" && l.Subject == d.ID {
			logged++
		}
	}
	if logged != 2 {
		t.Errorf("%d lines of the access log say so", logged)
	}

	// After a year the link no longer says that something was corrected.
	c.clock.pass(375 * 24 * time.Hour)
	_, err = c.Recipient(ctx, code)
	wants(t, err, "share_over")
}

func TestAMailboxThatIsGoneIsForgotten(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	_, code := c.shared(t, a, flat())
	_, err := c.ViewShare(ctx, code, share.Recipient{Who: "x", Email: "gone@there.example"})
	must(t, err)
	c.clock.pass(time.Minute)
	d := c.upheld(t, a, record)
	_, err = c.TellRecipients(ctx, a, d.ID)
	must(t, err)
	c.post.failing = func(string) error { return notice.ErrGone }
	wait, err := c.job(ctx, share.JobCorrection, c.views(t, a)[0].ID)
	must(t, err)
	if v := c.views(t, a)[0]; wait != 0 || v.Mail != "failed" || v.Email != "" {
		t.Errorf("the view says %+v", v)
	}
}

func TestARejectedDisputeCorrectsNothing(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	_, code := c.shared(t, a, flat())
	_, err := c.ViewShare(ctx, code, landlord())
	must(t, err)
	c.clock.pass(time.Minute)
	d := c.rejected(t, a, record, "")
	k, err := c.Correction(ctx, a, d.ID)
	must(t, err)
	if k != nil {
		t.Errorf("it corrects %+v", k)
	}
	_, err = c.TellRecipients(ctx, a, d.ID)
	wants(t, err, "nothing_to_tell")
}

func TestANameIsMasked(t *testing.T) {
	for name, want := range map[string]string{"王明": "王*", "欧阳娜娜": "欧***", "Chen Mingyuan": "C*** M***", "Ó": "Ó***", "": "",
		"阿不都 热合曼": "阿** 热**"} {
		if got := mingjing.MaskName(name); got != want {
			t.Errorf("%q is masked as %q, want %q", name, got, want)
		}
	}
}

func (c *city) views(t tb, a mingjing.Actor) (views []share.View) {
	t.Helper()
	c.do(t, func(tx opened) (err error) {
		views, err = tx.ShareViews(ctx, mingjing.ResidentID(a.ID))
		return err
	})
	return views
}
