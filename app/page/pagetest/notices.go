package pagetest

import (
	"fmt"
	"testing"
	"time"

	"mingjing"
)

func init() { sampleMakers = append(sampleMakers, SamplesOfNotices) }

// SamplesOfNotices returns the inbox and its settings.
func SamplesOfNotices(t testing.TB, lang string) []Sample {
	var all []Sample
	add := func(name, page string, change func(v *mingjing.View)) {
		v := Base(t, lang, page)
		change(&v)
		all = append(all, Sample{name, v})
	}
	read := SampleNow
	add("inbox-empty", "inbox", func(v *mingjing.View) { v.Data = &mingjing.InboxView{} })
	add("inbox-nothing", "inbox", func(v *mingjing.View) {})
	add("inbox", "inbox", func(v *mingjing.View) {
		v.Who.Unread = 120
		v.Data = &mingjing.InboxView{Unread: 120, Next: "7", MailFailed: true}
		for i, k := range append(mingjing.NoticeKinds, mingjing.NoticeMailFailed, "of_the_future") {
			n := mingjing.Notice{ID: fmt.Sprint("n", i), Kind: k, Code: "assigned", Page: "dispute", At: SampleNow.Add(-time.Hour)}
			if i%2 == 1 {
				n.ReadAt = &read
			}
			mingjing.DataOf[mingjing.InboxView](v).Notices = append(mingjing.DataOf[mingjing.InboxView](v).Notices, n)
		}
	})
	add("settings-not-offered", "notice-settings", func(v *mingjing.View) { v.Data = &mingjing.NoticeSettingsView{} })
	add("settings-nothing", "notice-settings", func(v *mingjing.View) {})
	add("settings-new", "notice-settings", func(v *mingjing.View) {
		v.Data = &mingjing.NoticeSettingsView{Push: true, Mail: true, PushKey: "key", MailOffered: true}
	})
	add("settings-pending", "notice-settings", func(v *mingjing.View) {
		v.Data = &mingjing.NoticeSettingsView{MailOffered: true, Pending: `a"<b>@mail.example`, PendingUntil: &read}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "email_code", Code: "email_code_wrong"})
	})
	add("settings-wrong", "notice-settings", func(v *mingjing.View) {
		v.Data = &mingjing.NoticeSettingsView{MailOffered: true, Pending: "a@mail.example", PendingFailed: true}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "email", Code: "email_invalid"})
		v.Form = map[string]string{"email": "x@y"}
	})
	add("settings-full", "notice-settings", func(v *mingjing.View) {
		v.Data = &mingjing.NoticeSettingsView{Off: []mingjing.NoticeKind{mingjing.NoticeScoreReady}, PushKey: "key", MailOffered: true,
			Email: "l•••@mail.example", EmailFailed: true}
		for i := range mingjing.MaxPushDevices {
			mingjing.DataOf[mingjing.NoticeSettingsView](v).Devices = append(mingjing.DataOf[mingjing.NoticeSettingsView](v).Devices,
				mingjing.PushDevice{ID: fmt.Sprint("d", i), Name: []string{"", longName}[i%2], AddedAt: SampleNow})
		}
	})
	return all
}
