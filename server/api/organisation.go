package api

import (
	"net/http"
	"slices"
	"strings"

	"mingjing"
)

// actingCookie is the name of the cookie with the id of the organisation whose area is open. It
// lets nobody do anything: the mandate is read anew for each request.
const actingCookie = "acting"

// actingParts are the first parts of the paths that are open in the area of an organisation. All
// else is a person's own: logins, devices, mandates, shares, leaving.
var actingParts = []string{"overview", "ask", "requests", "score", "score-requests", "records", "listings", "sources",
	"access-log", "inquiries",
	"consents", "disputes", "missing", "repairs", "evidence", "export", "inbox", "notices", "drafts", "more", "organisations", "statements",
	"live", "lock", "logout", "me", "display"}

// actAs makes who is logged in act for the organisation whose area is open in this browser. A
// mandate that is over ends that; nothing but reading is then done as oneself by mistake.
func (c *call) actAs() {
	k, err := c.r.Cookie(c.s.cookieName(actingCookie))
	if err != nil || k.Value == "" || c.who.Actor.Role != mingjing.RoleResident {
		return
	}
	a, err := c.s.casework.Organisations.ActFor(c.ctx(), c.who.Actor, k.Value)
	if err != nil {
		c.setActing("", -1)
		if !c.readOnly() {
			c.actingErr = mingjing.NewError(mingjing.Forbidden, "representative_over")
		}
		return
	}
	c.self, c.who.Actor = c.who.Actor.ID, a
}

func (c *call) setActing(id string, maxAge int) {
	c.putCookie(c.s.cookieName(actingCookie), id, maxAge, http.SameSiteLaxMode)
}

// mayAct returns an error where the path is no part of an organisation's area and one is open.
func (c *call) mayAct() error {
	if c.actingErr != nil {
		return c.actingErr
	}
	if c.self == "" {
		return nil
	}
	parts := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/") // api or the language comes first
	if len(parts) < 2 || !slices.Contains(actingParts, parts[1]) {
		return mingjing.NewError(mingjing.Forbidden, "acting_for")
	}
	return nil
}

var organisationsPage = page[mingjing.OrganisationsView]{
	name: "organisations",
	get: func(c *call) (mingjing.OrganisationsView, error) {
		return c.s.casework.Organisations.OwnOrganisations(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, mingjing.OrganisationsView]{
			path: "/api/organisations", access: mingjing.Residents,
			doc: apiDoc{id: "organisations", summary: "The organisations for which one acts", answer: "The organisations."},
			get: func(c *call, _ none) (mingjing.OrganisationsView, error) {
				return c.s.casework.Organisations.OwnOrganisations(c.ctx(), c.actor())
			},
		},
		action[actForm, mingjing.OrganisationsView]{
			path: "/api/organisations/area", access: mingjing.Residents, errorPage: "organisations", do: openArea,
			repeats: "it only says whose pages this browser shows",
			doc: apiDoc{id: "openArea", summary: "Open the area of an organisation for which one acts, or one's own again",
				about:  "The choice is in a cookie of this browser; the mandate is read anew for each request.",
				answer: "Whose area is open.", fails: []int{http.StatusNotFound}},
			example: actForm{OrganisationID: "org-5KQ2"},
		},
	},
}

// actForm is the body of the choice of an area.
type actForm struct {
	// OrganisationID is the id of an organisation; empty is one's own area.
	OrganisationID string `json:"organisation_id,omitempty" max:"100"`
}

func openArea(c *call, in actForm) (mingjing.OrganisationsView, redirect, error) {
	if in.OrganisationID == "" {
		c.setActing("", -1)
		return mingjing.OrganisationsView{Organisations: []mingjing.Organisation{}}, redirect{page: "organisations"}, nil
	}
	if _, err := c.s.casework.Organisations.ActFor(c.ctx(), c.actor(), in.OrganisationID); err != nil {
		return mingjing.OrganisationsView{}, redirect{}, err
	}
	c.setActing(in.OrganisationID, 0)
	return mingjing.OrganisationsView{Organisations: []mingjing.Organisation{}, ActingFor: in.OrganisationID}, redirect{page: "overview"}, nil
}

// codeQuery is the query of an organisation.
type codeQuery struct {
	// Code is a unified social credit code.
	Code string `json:"code,omitempty" max:"64"`
}

var organisationPage = page[mingjing.OrganisationPublic]{
	name: "organisation",
	get: func(c *call) (mingjing.OrganisationPublic, error) {
		v, err := c.s.casework.Organisations.LookUpOrganisation(c.ctx(), asked[codeQuery](c).Code)
		if err != nil && c.problem(err).Status == http.StatusUnprocessableEntity {
			v.Wrong, err = true, nil
		}
		return v, err
	},
	endpoints: []endpoint{
		query[codeQuery, mingjing.OrganisationPublic]{
			path: "/api/organisations/public", access: mingjing.Anyone,
			doc: apiDoc{id: "organisation", tag: tagPublic, summary: "What the law publishes of an organisation",
				about: "Its listings in effect, with their term and the way off. No person is in it.", answer: "The listings.",
				fails: []int{http.StatusUnprocessableEntity}},
			get: func(c *call, in codeQuery) (mingjing.OrganisationPublic, error) {
				return c.s.casework.Organisations.LookUpOrganisation(c.ctx(), in.Code)
			},
		},
	},
}

// An organisationForm is the body of what staff change about an organisation.
type organisationForm struct {
	Organisation string `json:"organisation" min:"1" max:"64"`
	Name         string `json:"name" min:"1" max:"200"`
}

type representativeForm struct {
	Organisation string `json:"organisation" min:"1" max:"64"`
	IDNumber     string `json:"id_number" min:"1" max:"64"`
	// Source names the extract of the business register.
	Source string `json:"source" min:"1" max:"200"`
}

// stepForm is the body of a step in a mandate.
type stepForm struct {
	// Organisation is the code of the organisation whose page is shown next.
	Organisation string `json:"organisation,omitempty" max:"64"`
}

const aRepresentative = "representative"

func toDesk(code string) redirect { return redirect{page: "representatives", query: "code=" + code} }

func representativeStep(path, id, summary string, do func(c *call, id string) error) endpoint {
	return action[stepForm, mingjing.OrganisationView]{
		path: "/api/admin/representatives/{id}/" + path, access: mingjing.Staff, errorPage: "representatives",
		doc:     apiDoc{id: id, summary: summary, of: aRepresentative, answer: "The organisation.", fails: []int{http.StatusConflict}},
		example: stepForm{Organisation: "91350100M000100Y43"},
		do: func(c *call, in stepForm) (mingjing.OrganisationView, redirect, error) {
			if err := do(c, c.r.PathValue("id")); err != nil {
				return mingjing.OrganisationView{}, redirect{}, err
			}
			v, err := c.s.casework.Organisations.OrganisationDesk(c.ctx(), c.actor(), in.Organisation)
			return v, toDesk(string(v.Code)), err
		},
	}
}

var representativesPage = page[mingjing.OrganisationView]{
	name: "representatives",
	get: func(c *call) (mingjing.OrganisationView, error) {
		code := ""
		if c.r.Method == http.MethodGet {
			code = asked[codeQuery](c).Code
		}
		v, err := c.s.casework.Organisations.OrganisationDesk(c.ctx(), c.actor(), code)
		if err != nil && c.problem(err).Status == http.StatusUnprocessableEntity {
			v.Wrong, err = true, nil
		}
		return v, err
	},
	endpoints: []endpoint{
		query[codeQuery, mingjing.OrganisationView]{
			path: "/api/admin/organisations", access: mingjing.Staff,
			doc: apiDoc{id: "organisationDesk", summary: "An organisation with who acts for it", answer: "The organisation.",
				fails: []int{http.StatusUnprocessableEntity}},
			get: func(c *call, in codeQuery) (mingjing.OrganisationView, error) {
				v, err := c.s.casework.Organisations.OrganisationDesk(c.ctx(), c.actor(), in.Code)
				if err == nil && in.Code == "" {
					err = mingjing.InvalidFields(mingjing.FieldError{Field: "code", Code: "required"})
				}
				return v, err
			},
		},
		action[organisationForm, mingjing.OrganisationView]{
			path: "/api/admin/organisations", access: mingjing.Staff, errorPage: "representatives",
			doc: apiDoc{id: "registerOrganisation", summary: "Enter an organisation by its unified social credit code",
				about: "A wrong check character is only warned of, since some lawful codes have one.", answer: "The organisation."},
			example: organisationForm{Organisation: "91350100M000100Y43", Name: "Rongcheng Machinery"},
			do: func(c *call, in organisationForm) (mingjing.OrganisationView, redirect, error) {
				v, err := c.s.casework.Organisations.RegisterOrganisation(c.ctx(), c.actor(), in.Organisation, in.Name)
				return v, toDesk(string(v.Code)), err
			},
		},
		action[representativeForm, mingjing.OrganisationView]{
			path: "/api/admin/representatives", access: mingjing.Staff, errorPage: "representatives",
			doc: apiDoc{id: "proposeRepresentative", summary: "Propose who acts for an organisation",
				about: "It has no effect until a second person confirms it.", answer: "The organisation.", fails: []int{http.StatusConflict}},
			example: representativeForm{Organisation: "91350100M000100Y43", IDNumber: "11010519491231002X", Source: "Extract 2026-17"},
			do: func(c *call, in representativeForm) (mingjing.OrganisationView, redirect, error) {
				v, err := c.s.casework.Organisations.ProposeRepresentative(c.ctx(), c.actor(), in.Organisation, in.IDNumber, in.Source)
				return v, toDesk(string(v.Code)), err
			},
		},
		representativeStep("confirm", "confirmRepresentative", "Confirm who acts for an organisation, as a second person",
			func(c *call, id string) error {
				return c.s.casework.Organisations.ConfirmRepresentative(c.ctx(), c.actor(), id)
			}),
		representativeStep("end", "endRepresentative", "End a mandate for an organisation at once",
			func(c *call, id string) error {
				return c.s.casework.Organisations.EndRepresentative(c.ctx(), c.actor(), id)
			}),
	},
}
