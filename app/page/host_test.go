//go:build !js

package page

import (
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"mingjing"
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
				Problem: &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "id_number", Code: "id_number_check"}}}},
			&mingjing.View{Page: "disputes", Lang: lang, Path: "disputes", Now: now, Today: "2026-11-23", Zone: "Asia/Shanghai",
				Who: &mingjing.Viewer{Role: mingjing.RoleResident, Name: `安"<b>&`, IDMasked: "99**************12"}, Disputes: &mingjing.DisputesView{}})
	}
	return all
}

func TestTheServerSendsWhatTheBrowserMakes(t *testing.T) {
	for _, v := range hostViews() {
		sent := Render(v)
		engine := app.NewTestEngine()
		host := &Host{v: v}
		if err := engine.Load(host); err != nil {
			t.Fatalf("%s %s: mounting: %v", v.Lang, v.Page, err)
		}
		engine.ConsumeAll()
		if made := tidy(app.HTMLString(host)); made != sent {
			t.Errorf("%s %s: the two differ\nsent %s\nmade %s", v.Lang, v.Page, sent, made)
		}
		if again := Render(v); again != sent {
			t.Errorf("%s %s: two renderings differ", v.Lang, v.Page)
		}
	}
}

func TestTheRootHoldsThePageAndTheLineOfTheConnection(t *testing.T) {
	for _, v := range hostViews() {
		root := parse(t, Render(v))
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
		s := Render(v)
		for _, bad := range []string{" style=", "<style", "<script", " onclick=", "javascript:"} {
			if strings.Contains(s, bad) {
				t.Errorf("%s %s contains %s", v.Lang, v.Page, bad)
			}
		}
	}
}

func TestAViewForSomebodyElseIsLoadedWhole(t *testing.T) {
	anna := &mingjing.Viewer{Role: mingjing.RoleResident, IDMasked: "99**************12"}
	bo := &mingjing.Viewer{Role: mingjing.RoleResident, IDMasked: "99**************34"}
	host := &Host{v: &mingjing.View{Lang: "en", Who: anna}}
	for name, test := range map[string]struct {
		v    mingjing.View
		want bool
	}{
		"the same":         {mingjing.View{Lang: "en", Who: anna}, false},
		"logged out":       {mingjing.View{Lang: "en"}, true},
		"another person":   {mingjing.View{Lang: "en", Who: bo}, true},
		"another language": {mingjing.View{Lang: "zh-CN", Who: anna}, true},
	} {
		if got := host.foreign(&test.v); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAnotherPageIsBuiltAnewAndTheSameOneIsNot(t *testing.T) {
	a := &sheet{View: &mingjing.View{Page: "records"}, Leaf: 1}
	if b := (&sheet{View: &mingjing.View{Page: "records", Seq: 9}, Leaf: 1}); a.CompoID() != b.CompoID() {
		t.Error("an update in place builds the page anew, and what was typed is lost")
	}
	if b := (&sheet{View: &mingjing.View{Page: "records"}, Leaf: 2}); a.CompoID() == b.CompoID() {
		t.Error("another page keeps the fields of the one before")
	}
}
