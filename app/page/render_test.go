//go:build !js

package page_test

import (
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

func hostViews() []*mingjing.View {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	var all []*mingjing.View
	for _, lang := range mingjing.Languages {
		for _, page := range []string{"home", "login", "activate", "staff-login", "offline", "no such page"} {
			all = append(all, &mingjing.View{Page: page, Lang: lang, Path: page, Now: now, Today: "2026-11-23", Zone: "Asia/Shanghai"})
		}
		all = append(all,
			&mingjing.View{Page: "login", Lang: lang, Path: "login", Now: now, Today: "2026-11-23", Zone: "Asia/Shanghai",
				Problem: &mingjing.Problem{Status: 422,
					Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "id_number", Code: "id_number_check"}}}},
			&mingjing.View{Page: "disputes", Lang: lang, Path: "disputes", Now: now, Today: "2026-11-23", Zone: "Asia/Shanghai",
				Who: &mingjing.Viewer{Role: mingjing.RoleResident, Name: `安"<b>&`, IDMasked: "99**************12"}, Data: &mingjing.CasesView{}})
	}
	return all
}

func TestTheServerSendsWhatTheBrowserMakes(t *testing.T) {
	for _, v := range hostViews() {
		sent := page.Render(v)
		engine := app.NewTestEngine()
		host := page.HostOf(v)
		if err := engine.Load(host); err != nil {
			t.Fatalf("%s %s: mounting: %v", v.Lang, v.Page, err)
		}
		engine.ConsumeAll()
		if made := page.Tidied(app.HTMLString(host)); made != sent {
			t.Errorf("%s %s: the two differ\nsent %s\nmade %s", v.Lang, v.Page, sent, made)
		}
		if again := page.Render(v); again != sent {
			t.Errorf("%s %s: two renderings differ", v.Lang, v.Page)
		}
	}
}

func TestTheRootHoldsThePageAndTheLineOfTheConnection(t *testing.T) {
	for _, v := range hostViews() {
		root := parse(t, page.Render(v))
		if id, _ := attribute(root, "id"); root.Data != "div" || id != "root" || root.NextSibling != nil {
			t.Fatalf("the root is a %s with id %q", root.Data, id)
		}
		if role, _ := attribute(root.LastChild, "role"); role != "status" || root.LastChild.FirstChild != nil {
			t.Errorf("the line has the role %q", role)
		}
	}
}

func TestNoPageNeedsAnInlineScriptOrStyle(t *testing.T) {
	for _, v := range hostViews() {
		s := page.Render(v)
		for _, bad := range []string{" style=", "<style", "<script", " onclick=", "javascript:"} {
			if strings.Contains(s, bad) {
				t.Errorf("%s %s contains %s", v.Lang, v.Page, bad)
			}
		}
	}
}
