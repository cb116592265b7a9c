package pagetest

import (
	"fmt"
	"strings"
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
		for i, k := range append(mingjing.NoticeKinds, mingjing.NoticeMailFailed, mingjing.NoticePushFailed, "of_the_future") {
			n := mingjing.Notice{ID: fmt.Sprint("n", i), Kind: k, Code: "assigned", Page: "dispute", At: SampleNow.Add(-time.Hour)}
			if k == mingjing.NoticeNewVersion {
				n.Code, n.Page, n.Version = "", "score", versionChange()
			}
			if k == mingjing.NoticeCaseDecided || k == mingjing.NoticeScoreReady {
				n.Item = "judgment-unpaid"
			}
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
				mingjing.PushDevice{ID: fmt.Sprint("d", i), Name: []string{"", longName}[i%2], AddedAt: SampleNow, Unreached: i == 1})
		}
	})
	return all
}

// versionChange is what a new version changed: points, a limit that is new and one that
// is gone.
func versionChange() *mingjing.VersionChange {
	band := func(name string) mingjing.Text { return mingjing.Text{"zh-CN": name, "en": name} }
	return &mingjing.VersionChange{Rulebook: mingjing.RulebookRef{ID: "rongcheng", Version: "2027.1", Hash: strings.Repeat("1b", 32)},
		Was:    mingjing.RulebookRef{ID: "rongcheng", Version: "2026.3", Hash: strings.Repeat("0a", 32)},
		Before: mingjing.ScoreState{Value: 1008, Band: "A", BandName: band("A")},
		After:  mingjing.ScoreState{Value: 1018, Band: "B", BandName: band("B")},
		Rules: []mingjing.RuleChange{{Rule: "", Before: 1000, After: 1010}, {Rule: "traffic.ticket", Before: -3, After: -5},
			{Rule: "tax.late_filing", CapAfter: "B"}, {Rule: "metro.fare_evasion", CapBefore: "B"}}}
}
