package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mingjing"
)

func init() { sampleMakers = append(sampleMakers, samplesOfNotices) }

// samplesOfNotices are the inbox and its settings.
func samplesOfNotices(t testing.TB, lang string) []sample {
	var all []sample
	add := func(name, page string, change func(v *mingjing.View)) {
		v := base(t, lang, page)
		change(&v)
		all = append(all, sample{name, v})
	}
	read := sampleNow
	add("inbox-empty", "inbox", func(v *mingjing.View) { v.Inbox = &mingjing.InboxView{} })
	add("inbox-nothing", "inbox", func(v *mingjing.View) {})
	add("inbox", "inbox", func(v *mingjing.View) {
		v.Who.Unread = 120
		v.Inbox = &mingjing.InboxView{Unread: 120, Next: "7", MailFailed: true}
		for i, k := range append(mingjing.NoticeKinds, mingjing.NoticeMailFailed, "of_the_future") {
			n := mingjing.Notice{ID: fmt.Sprint("n", i), Kind: k, Code: "assigned", Page: "dispute", At: sampleNow.Add(-time.Hour)}
			if i%2 == 1 {
				n.ReadAt = &read
			}
			v.Inbox.Notices = append(v.Inbox.Notices, n)
		}
	})
	add("settings-not-offered", "notice-settings", func(v *mingjing.View) { v.NoticeSettings = &mingjing.NoticeSettingsView{} })
	add("settings-nothing", "notice-settings", func(v *mingjing.View) {})
	add("settings-new", "notice-settings", func(v *mingjing.View) {
		v.NoticeSettings = &mingjing.NoticeSettingsView{Push: true, Mail: true, PushKey: "key", MailOffered: true}
	})
	add("settings-pending", "notice-settings", func(v *mingjing.View) {
		v.NoticeSettings = &mingjing.NoticeSettingsView{MailOffered: true, Pending: `a"<b>@mail.example`, PendingUntil: &read}
		v.Problem = problem(422, "invalid_form", mingjing.FieldError{Field: "email_code", Code: "email_code_wrong"})
	})
	add("settings-wrong", "notice-settings", func(v *mingjing.View) {
		v.NoticeSettings = &mingjing.NoticeSettingsView{MailOffered: true, Pending: "a@mail.example", PendingFailed: true}
		v.Problem = problem(422, "invalid_form", mingjing.FieldError{Field: "email", Code: "email_invalid"})
		v.Form = map[string]string{"email": "x@y"}
	})
	add("settings-full", "notice-settings", func(v *mingjing.View) {
		v.NoticeSettings = &mingjing.NoticeSettingsView{Off: []mingjing.NoticeKind{mingjing.NoticeScoreReady}, PushKey: "key", MailOffered: true,
			Email: "l•••@mail.example", EmailFailed: true}
		for i := range mingjing.MaxPushDevices {
			v.NoticeSettings.Devices = append(v.NoticeSettings.Devices, mingjing.PushDevice{ID: fmt.Sprint("d", i), Name: []string{"", longName}[i%2], AddedAt: sampleNow})
		}
	})
	return all
}

// named is the sample of that name.
func named(t *testing.T, lang, name string) *mingjing.View {
	t.Helper()
	for _, s := range samplesOfNotices(t, lang) {
		if s.name == name {
			return &s.view
		}
	}
	t.Fatalf("no sample %s", name)
	return nil
}

func TestWhatIsUnreadIsMarkedByAWordAndAShape(t *testing.T) {
	for lang, word := range map[string]string{"en": "New", "zh-CN": "未读"} {
		v := named(t, lang, "inbox")
		doc, _ := render(t, v)
		for i, n := range v.Inbox.Notices {
			card := doc.Find(".notice").Eq(i)
			if unread := n.ReadAt == nil; strings.Contains(card.Text(), word) != unread || card.HasClass("notice-unread") != unread || card.Find("svg.notice-shape").Length() != 1 {
				t.Errorf("%s: %q, read at %v", lang, card.Text(), n.ReadAt)
			}
			if action := card.Find("form").AttrOr("action", ""); action != "/api/notices/"+n.ID+"/open" {
				t.Errorf("it is opened by %s", action)
			}
		}
		if badge := doc.Find(".inbox-count").Text(); badge != "99+" || !strings.Contains(doc.Find(".inbox-link [role=status]").Text(), "120") {
			t.Errorf("the header counts %q and says %q", badge, doc.Find(".inbox-link [role=status]").Text())
		}
		if next := doc.Find(".pagination a").AttrOr("href", ""); next != "/"+lang+"/inbox?cursor=7" {
			t.Errorf("what is older is at %q", next)
		}
	}
}

func TestWhatHasLegalEffectIsTickedAndFixedWithTheReason(t *testing.T) {
	doc, _ := render(t, named(t, "en", "settings-full"))
	for _, k := range mingjing.NoticeKinds {
		box := doc.Find(`[name=kinds][value="` + string(k) + `"]`)
		_, ticked := box.Attr("checked")
		_, fixed := box.Attr("disabled")
		if fixed != k.Legal() || ticked != (k != mingjing.NoticeScoreReady) {
			t.Errorf("%s is ticked %v, fixed %v", k, ticked, fixed)
		}
		if hint := doc.Find("#" + box.AttrOr("aria-describedby", "none")); fixed && hint.Text() == "" {
			t.Errorf("%s does not say why", k)
		}
	}
	if !strings.Contains(doc.Find("#kinds-hint").Text(), "can’t be switched off") {
		t.Errorf("the reason is %q", doc.Find("#kinds-hint").Text())
	}
}

func TestWithoutScriptsThePageSaysWhyPushNeedsThem(t *testing.T) {
	doc, _ := render(t, named(t, "en", "settings-new"))
	if section := doc.Find("section[aria-labelledby=push-devices]"); section.Find("button").Length() != 0 || !strings.Contains(section.Text(), "scripts") {
		t.Errorf("it says %q", section.Text())
	}
}
