package main

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"mingjing"
)

func TestARepresentativeOpensTheAreaOfAnOrganisationAndNothingOfAPersonIsInIt(t *testing.T) {
	const code = "91350100M000100Y43"
	c := theOpenCity(t)
	b, h, s := c.resident(t, "model-resident"), c.desk(t, "h-1001"), c.desk(t, "s-2001")
	h.form("/api/admin/organisations", url.Values{"organisation": {"91350100m000100y43"}, "name": {"榕城机械有限公司"}}).want(303)
	other := into[mingjing.OrganisationView](s.json("POST", "/api/admin/organisations",
		map[string]any{"organisation": "91350100M000100Y44", "name": "另一公司"}).want(200))
	if !other.Doubtful || other.Name != "另一公司" {
		t.Errorf("a code with a wrong check character makes %+v", other)
	}
	if got := string(h.page("/en/admin/representatives?code=" + code).want(200).body); !strings.Contains(got, "榕城机械有限公司") {
		t.Error("staff do not see the organisation")
	}
	v := into[mingjing.OrganisationView](h.json("POST", "/api/admin/representatives", map[string]any{"organisation": code,
		"id_number": c.account(t, "model-resident").IDNumber, "source": "2026-17"}).want(200))
	id := v.Representatives[0].ID
	h.json("POST", "/api/admin/representatives/"+id+"/confirm", map[string]any{"organisation": code}).want(403)
	s.json("POST", "/api/admin/representatives/"+id+"/confirm", map[string]any{"organisation": code}).want(200)
	into[mingjing.OrganisationView](h.json("GET", "/api/admin/organisations?code="+code, nil).want(200))

	held := list[mingjing.Record](b.json("GET", "/api/records", nil))
	own := into[mingjing.OrganisationsView](b.json("GET", "/api/organisations", nil).want(200))
	if len(own.Organisations) != 1 || own.Organisations[0].Code != code {
		t.Fatalf("%+v", own)
	}
	b.json("POST", "/api/organisations/area", map[string]any{"organisation_id": "org-nobody"}).want(404)
	b.form("/api/organisations/area", url.Values{"organisation_id": {own.Organisations[0].ID}}).want(303)
	for _, lang := range mingjing.Languages {
		page := b.page("/" + lang + "/overview").want(200)
		if who := page.view().Who; who == nil || who.Name != "榕城机械有限公司" || who.IDMasked != code {
			t.Errorf("%s: the area is that of %+v", lang, who)
		}
		if got := string(b.page("/" + lang + "/organisations").want(200).body); !strings.Contains(got, "/api/organisations/area") {
			t.Errorf("%s: there is no way back", lang)
		}
	}
	if got := list[mingjing.Record](b.json("GET", "/api/records", nil)); len(got) != 0 {
		t.Errorf("%d records of a person are in the area of an organisation", len(got))
	}
	for _, path := range []string{"/en/sessions", "/en/security", "/en/shares", "/en/mandates", "/en/leave"} {
		b.page(path).want(403)
	}
	b.json("GET", "/api/shares", nil).want(403)
	if got := list[mingjing.AccessEntry](b.json("GET", "/api/access-log", nil)); !slices.ContainsFunc(got, func(l mingjing.AccessEntry) bool {
		return l.Role == mingjing.RoleRepresentative && l.Who == "阿依古丽·买买提明"
	}) {
		t.Errorf("its access log does not name who looked: %+v", got)
	}
	s.json("POST", "/api/admin/representatives/"+id+"/end", map[string]any{"organisation": code}).want(200)
	b.json("POST", "/api/missing", map[string]any{}).want(403) // not filed as oneself instead
	if got := list[mingjing.Record](b.json("GET", "/api/records", nil)); len(held) > 0 && len(got) != len(held) {
		t.Errorf("afterwards %d records of %d are one's own", len(got), len(held))
	}

	public := into[mingjing.OrganisationPublic](c.browser(t).json("GET", "/api/organisations/public?code="+code, nil).want(200))
	if public.Name != "榕城机械有限公司" || len(public.Listings) != 0 {
		t.Errorf("%+v", public)
	}
	for _, lang := range mingjing.Languages {
		got := string(c.browser(t).page("/" + lang + "/organisations/look-up?code=" + code).want(200).body)
		if !strings.Contains(got, "榕城机械有限公司") || strings.Contains(got, "阿依古丽") {
			t.Errorf("%s: the public page is not that of the organisation alone", lang)
		}
		c.browser(t).page("/" + lang + "/organisations/look-up?code=nonsense").want(200)
	}
}
