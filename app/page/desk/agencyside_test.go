package desk

import (
	"strings"
	"testing"

	"mingjing/app/page/pagetest"
)

func TestAnOfficerAnswersInAForm(t *testing.T) {
	doc := pagetest.SampleDoc(t, "en", "agency-question")
	form := doc.Find(`form[action="/api/agency/questions/dis-1/answer"]`)
	if enc, _ := form.Attr("enctype"); enc != "multipart/form-data" {
		t.Errorf("it carries no file: %q", enc)
	}
	for _, field := range []string{"position", "occurred", "text_zh", "text_en", "evidence", "lang"} {
		if form.Find(`[name="`+field+`"]`).Length() == 0 {
			t.Errorf("no field %s", field)
		}
	}
	if n := form.Find(`[name="position"]`).Length(); n != 3 {
		t.Errorf("%d positions", n)
	}
	if href, _ := doc.Find(".paper-name").Attr("href"); href != "/api/agency/evidence/e-1" {
		t.Errorf("evidence is at %s", href)
	}
	if doc.Find(".opened li").Length() != 1 {
		t.Error("no receipt")
	}
	answered := pagetest.SampleDoc(t, "en", "agency-question-answered")
	if answered.Find("form[action*=answer]").Length() != 0 {
		t.Error("what is answered can be answered again")
	}
	wrong := pagetest.SampleDoc(t, "en", "agency-question-wrong")
	if v, _ := wrong.Find(`[name="occurred"]`).Attr("value"); v != "2025-01-01" {
		t.Errorf("what was typed is lost: %q", v)
	}
}

func TestTheListsOfAnAgencyNameNobody(t *testing.T) {
	for _, name := range []string{"agency-questions", "agency-records"} {
		if text := pagetest.SampleDoc(t, "zh-CN", name).Find("main").Text(); strings.Contains(text, "陈明远") {
			t.Errorf("%s names the resident", name)
		}
	}
}
