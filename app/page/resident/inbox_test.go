package resident

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
)

// named returns the sample of that name.
func named(t *testing.T, lang, name string) *mingjing.View {
	t.Helper()
	for _, s := range pagetest.SamplesOfNotices(t, lang) {
		if s.Name == name {
			return &s.View
		}
	}
	t.Fatalf("no sample %s", name)
	return nil
}

func TestWhatIsUnreadIsMarkedByAWordAndAShape(t *testing.T) {
	for lang, word := range map[string]string{"en": "New", "zh-CN": "未读"} {
		v := named(t, lang, "inbox")
		doc, _ := pagetest.Render(t, v)
		for i, n := range mingjing.DataOf[mingjing.InboxView](v).Notices {
			card := doc.Find(".notice").Eq(i)
			if unread := n.ReadAt == nil; strings.Contains(card.Text(), word) != unread || card.HasClass("notice-unread") != unread ||
				card.Find("svg.notice-shape").Length() != 1 {
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
	doc, _ := pagetest.Render(t, named(t, "en", "settings-full"))
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
	doc, _ := pagetest.Render(t, named(t, "en", "settings-new"))
	if section := doc.Find("section[aria-labelledby=push-devices]"); section.Find("button").Length() != 0 ||
		!strings.Contains(section.Text(), "scripts") {
		t.Errorf("it says %q", section.Text())
	}
}
