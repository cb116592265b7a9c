package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
)

// maxView is how many bytes the data of a page may have as JSON, beside its HTML.
const maxView = 30_000

// TestPagesAreLightAndOneTransaction follows the links of the pages from the first page of
// each person of the demo city: no page is too large, and each takes one transaction.
func TestPagesAreLightAndOneTransaction(t *testing.T) {
	c := theOpenCity(t)
	people := map[string]*browser{}
	asked := map[string]string{} // the requests of stories
	for _, story := range []string{"namesake", "guarantor", "model-resident", "proposed-listing", "repair"} {
		b := c.resident(t, story)
		people[story] = b
		if len(list[mingjing.Record](b.json("GET", "/api/records", nil))) > 0 || story == "namesake" {
			continue // by another test, or below
		}
		a := b.json("POST", "/api/score-requests", map[string]any{"rulebook": "rongcheng", "consent": true})
		if a.status == http.StatusAccepted {
			asked[story] = into[mingjing.ScoreRequest](a).ID
		}
	}
	if b := people["namesake"]; len(list[mingjing.Case](b.json("GET", "/api/disputes", nil))) == 0 {
		furnish(t, b)
	}
	for story, id := range asked {
		eventually(t, 45*time.Second, "the score is there", func() bool {
			return into[mingjing.ScoreRequest](people[story].json("GET", "/api/score-requests/"+id, nil)).State == mingjing.RequestReady
		})
	}
	for _, login := range []string{"h-1001", "s-2001", "a-3001", "adm-4001", "g-3001", "g-3002"} {
		people[login] = c.desk(t, login)
	}
	seen, before := map[string]bool{}, len(c.logs.String()) // who acts for another is read apart
	for who, b := range people {
		for _, lang := range mingjing.Languages {
			b.lang = lang
			for path, a := range walk(b) {
				at, _, _ := strings.Cut(path, "?")
				seen[mingjing.PageAt(at)] = true
				if size := len(a.html().Find("script#view").Text()); size > maxView {
					t.Errorf("%s: %s has %d bytes of JSON", who, path, size)
				}
			}
		}
	}
	// Some are reached by an answer alone, and some have no subject left today.
	rare := []string{"confirm", "helping", "request", "repair", "review", "letter", "agency-question", "agency-batch", "agency-inquiry",
		"inquiry-answer", "comment", "complaint", "incoming"}
	for _, r := range mingjing.Routes {
		if r.Access != mingjing.Anyone && !seen[r.Name] && !slices.Contains(rare, r.Name) {
			t.Errorf("nobody was on the page %s", r.Name)
		}
	}
	pages := 0
	for line := range strings.SplitSeq(c.logs.String()[before:], "\n") {
		var l struct {
			Msg, Route   string
			Status       int
			Transactions int
		}
		if json.Unmarshal([]byte(line), &l) != nil || l.Msg != "request" || !isPage(l.Route) || l.Status != 200 {
			continue
		}
		pages++
		if l.Transactions > 1 && !strings.HasSuffix(l.Route, "/status") { // it tries whether the database answers
			t.Errorf("%s took %d transactions", l.Route, l.Transactions)
		}
	}
	if pages < 100 {
		t.Errorf("only %d pages were seen", pages)
	}
}

func isPage(route string) bool {
	return slices.ContainsFunc(mingjing.Languages, func(lang string) bool { return strings.HasPrefix(route, "GET /"+lang+"/") })
}

// walk opens every page that links lead to, from the first one on.
func walk(b *browser) map[string]answer {
	b.t.Helper()
	opened := map[string]answer{}
	next := []string{"/" + b.lang + "/"}
	for len(next) > 0 {
		path := next[0]
		next = next[1:]
		if _, ok := opened[path]; ok || len(opened) > 100 {
			continue
		}
		a := b.page(path)
		if a.status != 200 {
			b.t.Errorf("a link leads to %s: %d", path, a.status)
			continue
		}
		opened[path] = a
		for _, link := range a.html().Find("a[href]").EachIter() {
			u, err := url.Parse(link.AttrOr("href", ""))
			if err == nil && u.Host == "" && strings.HasPrefix(u.Path, "/"+b.lang+"/") {
				next = append(next, u.RequestURI())
			}
		}
	}
	return opened
}
