package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"mingjing"
)

// draftedCity starts a server with a draft of Rongcheng's rulebook that can be commented
// on, and returns its hash.
func draftedCity(t *testing.T) (*city, string) {
	t.Helper()
	theOpenCity(t) // what is sent is checked against its description
	s, err := testSettings(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	why := `{"draft": true, "why": {"en": "More time.", "zh-CN": "多给时间。"},`
	draft := append([]byte(why), nextVersion(t, "2099.2", "2099-06-01")[1:]...)
	s.Rulebooks = folderOf(t, map[string][]byte{"rongcheng-2099.2.json": draft})
	c, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.end(); err != nil {
			t.Error(err)
		}
	})
	return c, c.p.casework.City.Drafts()[0].Ref().Hash
}

func TestAnybodyCommentsOnADraftAndASupervisorPublishesAndAnswers(t *testing.T) {
	t.Parallel()
	c, hash := draftedCity(t)
	visitor, resident, supervisor := c.browser(t), c.resident(t, "guarantor"), c.desk(t, "s-2001")
	page := "rulebooks/" + hash
	if form := visitor.page(page).want(200).html().Find(`form[action="/api/rulebooks/` + hash + `/comments"] textarea`); form.Length() != 1 {
		t.Fatal("the draft has no form for comments")
	}
	// A form works without scripts, and says what is missing with what was typed.
	path := "/api/rulebooks/" + hash + "/comments"
	wrong := visitor.form(path, url.Values{"lang": {"en"}, "comment": {" "}, "name": {"Wang Fang"}}).want(422)
	if v := wrong.view(); v.Page != "rulebook" || v.Form["name"] != "Wang Fang" || v.Problem.Fields[0].Code != "comment_required" {
		t.Errorf("an empty comment shows %s with %+v", v.Page, v.Problem)
	}
	to := visitor.form(path, url.Values{"lang": {"en"}, "comment": {"Nine days are fair."}, "name": {"Wang Fang"}}).want(303).to()
	if to != "/en/"+page+"?done=comment_sent" {
		t.Errorf("it leads to %s", to)
	}
	if a := visitor.page(page + "?done=comment_sent").want(200); !strings.Contains(string(a.body), "We have received your comment") ||
		strings.Contains(string(a.body), "Nine days are fair.") {
		t.Error("it is not said, or published before anybody has looked")
	}
	resident.json("POST", path, map[string]any{"comment": "My neighbour owes 500."}).want(201)

	waiting := into[mingjing.ModerationView](supervisor.json("GET", "/api/admin/comments", nil).want(200))
	if len(waiting.Comments) != 2 {
		t.Fatalf("%d comments wait", len(waiting.Comments))
	}
	fair, other := waiting.Comments[0].ID, waiting.Comments[1].ID
	admin := "/api/admin/comments/"
	supervisor.json("POST", admin+fair+"/publish", nil).want(200)
	supervisor.form(admin+fair+"/answer", url.Values{"lang": {"en"}, "answer": {"We keep the nine days."}}).want(303)
	supervisor.json("POST", admin+fair+"/answer", map[string]any{"answer": "We keep them."}).want(200)
	supervisor.json("POST", admin+other+"/hide", map[string]any{"reason": "personal_data"}).want(200)
	if code := supervisor.json("POST", admin+other+"/answer", map[string]any{"answer": "So."}).problem(409); code != "comment_moderated" {
		t.Errorf("a hidden comment is answered: %s", code)
	}
	k := into[mingjing.ModeratedComment](supervisor.json("GET", admin+fair, nil).want(200))
	if len(k.History) != 3 || k.History[1].Answer != "We keep the nine days." || k.History[2].Broken {
		t.Errorf("the history is %+v", k.History)
	}
	for lang, words := range map[string][]string{"en": {"Wang Fang", "Nine days are fair.", "We keep them.", "It has personal data of others"},
		"zh-CN": {"Wang Fang", "Nine days are fair.", "含有他人的个人信息"}} {
		visitor.lang = lang
		body := string(visitor.page(page).want(200).body)
		for _, want := range words {
			if !strings.Contains(body, want) {
				t.Errorf("the %s page of the draft does not say %q", lang, want)
			}
		}
		if strings.Contains(body, "My neighbour") || strings.Contains(body, "We keep the nine days.") {
			t.Errorf("the %s page shows what is hidden, or an older answer", lang)
		}
	}
	public := into[mingjing.CommentsView](visitor.json("GET", path, nil).want(200))
	if !public.Open || public.Until != "2099-05-02" || public.Published != 1 || len(public.Comments) != 1 || len(public.Hidden) != 1 {
		t.Errorf("programs see %+v", public)
	}
	for _, page := range []string{"admin/comments", "admin/comments?state=published", "admin/comments/" + other} {
		c.desk(t, "a-3001").page(page).want(200)
	}
	// The law in force was never a draft here.
	if code := visitor.json("POST", "/api/rulebooks/rongcheng/comments", map[string]any{"comment": "On the law."}).problem(409); code !=
		"comments_over" {
		t.Errorf("on the law: %s", code)
	}
	visitor.json("POST", "/api/rulebooks/nowhere/comments", map[string]any{"comment": "So."}).want(404)
	tooManyComments(t, c, path)
}

// tooManyComments sends comments until the limit of one address is reached. Somebody who
// is logged in there has an allowance of their own.
func tooManyComments(t *testing.T, c *city, path string) {
	t.Helper()
	visitor, resident := c.browser(t), c.resident(t, "namesake")
	limited := false
	for i := range 12 {
		a := visitor.json("POST", path, map[string]any{"comment": fmt.Sprint("Number ", i)})
		if limited = a.status == 429; limited {
			if code := a.problem(429); code != "too_many_attempts" || a.header.Get("Retry-After") == "" {
				t.Errorf("too many comments: %s, again after %q", code, a.header.Get("Retry-After"))
			}
			break
		}
		a.want(201)
	}
	if !limited {
		t.Error("one address sends any number of comments")
	}
	page := visitor.form(path, url.Values{"lang": {"en"}, "comment": {"Words that took an hour."}}).want(429)
	if v := page.view(); v.Form["comment"] != "Words that took an hour." {
		t.Error("what was typed is lost")
	}
	resident.json("POST", path, map[string]any{"comment": "From the same address."}).want(201)
}
