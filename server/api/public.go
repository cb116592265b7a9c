package api

import (
	_ "embed"
	"fmt"
	"net/http"
	"reflect"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/web/rulebooks"
)

var rulebooksPage = page[mingjing.RulebooksView]{
	name: "rulebooks",
	get: func(c *call) (out mingjing.RulebooksView, err error) {
		for _, of := range mingjing.Subjects {
			for _, b := range c.s.casework.City.BooksOf(of) {
				out.Rulebooks = append(out.Rulebooks, *b)
			}
		}
		for _, d := range c.s.casework.City.Drafts() {
			out.Drafts = append(out.Drafts, d.VersionOf())
		}
		out.Refused = mingjing.PublishedRegister().Practices()
		return out, nil
	},
}

var rulebookPage = page[mingjing.RulebookPage]{
	name: "rulebook",
	get: func(c *call) (mingjing.RulebookPage, error) {
		city := c.s.casework.City
		b, err := c.book()
		if err != nil {
			return mingjing.RulebookPage{}, err
		}
		now, _ := city.Book(b.ID)
		out := mingjing.RulebookPage{Rulebook: b, Hash: b.Ref().Hash, Calendar: city.Calendar(b), InForce: now != nil && now.Ref() == b.Ref()}
		for _, v := range city.Versions() {
			if v.ID == b.ID {
				version := v.VersionOf()
				version.InForce = now != nil && now.Ref() == v.Ref()
				out.Versions = append(out.Versions, version)
			}
		}
		for _, d := range city.Drafts() {
			if d.ID == b.ID {
				out.Drafts = append(out.Drafts, d.VersionOf())
			}
		}
		cursor := ""
		if c.r.Method == http.MethodGet { // a form with errors is shown with the newest comments
			cursor = asked[paged](c).Cursor
		}
		if out.Comments, err = c.s.casework.Comments.CommentsOn(c.ctx(), b, cursor); err != nil {
			return mingjing.RulebookPage{}, err
		}
		if now != nil && (b.Draft || b.From > city.TodayBy(b)) {
			out.Changes, err = c.s.changes(now, b)
			return out, err
		}
		return out, nil
	},
	endpoints: commentEndpoints,
}

// tryPage is for anybody; the browser has the rulebook from its public address.
var tryPage = page[mingjing.TryView]{
	name: "try",
	get: func(c *call) (mingjing.TryView, error) {
		b, err := c.book()
		if err != nil {
			return mingjing.TryView{}, err
		}
		return mingjing.TryView{Version: b.VersionOf(), Base: b.Base, Codes: b.Counting()}, nil
	},
}

// book returns the version of a rulebook in the path: by its hash, or the one in force by
// its code.
func (c *call) book() (*mingjing.Rulebook, error) {
	city, id := c.s.casework.City, c.r.PathValue("id")
	if now, err := city.Book(id); err == nil {
		return now, nil
	}
	if b, found := city.BookByHash(id); found {
		return b, nil
	}
	return nil, mingjing.NewError(mingjing.NotFound, "not_found")
}

// changes returns what a version changes in comparison with another one. Versions never
// change, so that it is found out once.
func (s *server) changes(before, after *mingjing.Rulebook) ([]mingjing.LawChange, error) {
	key := before.Ref().Hash + after.Ref().Hash
	if known, _ := s.lawChanges.Load(key); known != nil {
		return known.([]mingjing.LawChange), nil //nolint:errcheck // nothing else is stored
	}
	var data [2][]byte
	for i, b := range []*mingjing.Rulebook{before, after} {
		data[i] = s.Public["rulebooks/"+b.Ref().Hash+".json"]
	}
	changes, err := rulebooks.Diff(data[0], data[1])
	if err != nil {
		return nil, fmt.Errorf("what a version changes: %w", err)
	}
	s.lawChanges.Store(key, changes)
	return changes, nil
}

var agenciesPage = page[mingjing.AgenciesView]{
	name: "agencies",
	get: func(c *call) (mingjing.AgenciesView, error) {
		return c.s.casework.Agencies.AgencyFigures(c.ctx())
	},
	endpoints: []endpoint{
		query[none, mingjing.AgenciesView]{
			path: "/api/agencies", access: mingjing.Anyone,
			doc: apiDoc{id: "agencies", summary: "How agencies deal with disputes", answer: "Every agency, those with the most disputes first."},
			get: func(c *call, _ none) (mingjing.AgenciesView, error) {
				return c.s.casework.Agencies.AgencyFigures(c.ctx())
			},
		},
	},
}

// agencyPage is how one agency is rated; the browser makes the rating again.
var agencyPage = page[mingjing.AgencyView]{
	name: "agency",
	get: func(c *call) (mingjing.AgencyView, error) {
		return c.s.casework.Agencies.Agency(c.ctx(), c.r.PathValue("id"))
	},
	endpoints: []endpoint{
		query[none, mingjing.AgencyView]{
			path: "/api/agencies/{id}", access: mingjing.Anyone,
			doc: apiDoc{id: "agency", summary: "The published figures of one agency, or of the bureau, and how its conduct is rated by them",
				answer: "The figures and the rating.", of: "agency"},
			get: func(c *call, _ none) (mingjing.AgencyView, error) {
				return c.s.casework.Agencies.Agency(c.ctx(), c.r.PathValue("id"))
			},
		},
	},
}

// pageless are the endpoints that belong to no page.
var pageless = []endpoint{
	raw[liveQuery]{
		path: "/api/live", access: mingjing.Everyone, write: writeLive, status: http.StatusSwitchingProtocols, headers: []string{"Origin"},
		out: reflect.TypeFor[mingjing.Event](),
		doc: apiDoc{id: "live", tag: tagSession, summary: "The live stream (WebSocket)",
			answer: "Switched to WebSocket. Each text message is an Event; close code 4401 says that the session has ended, " +
				"1012 that the server stops: its reason is after how many milliseconds to come back.",
			fails: []int{http.StatusBadRequest, http.StatusUnprocessableEntity}},
	},
	openAPIDocument("/api/openapi.json", "openapi", "This document", &openAPI),
	openAPIDocument("/api/openapi-intake.json", "openapiIntake",
		"The description of the intake alone, by which agencies submit", &intakeOpenAPI),
	openAPIDocument("/api/openapi-asking.json", "openapiAsking", "The description of what an agency serves, so that it can be asked",
		&askingOpenAPI),
}

// liveQuery is the query of a live stream.
type liveQuery struct {
	// After is the sequence number of the last event seen; the default is the newest.
	After string `json:"after,omitempty" format:"integer"`
}

// writeLive opens the live stream. There the Origin is checked against the host of the
// request; a proxy may have changed the host, so for the public origin it is set to
// match.
func writeLive(c *call, in liveQuery) error {
	c.noStore()
	var after int64
	if err := wholeNumber(in.After, &after); err != nil {
		return err
	}
	last, err := c.s.casework.LastEvent(c.ctx(), c.actor())
	if err != nil {
		return err
	}
	ahead := after > last
	if in.After == "" || ahead {
		after = last
	}
	if origin := c.r.Header.Get("Origin"); c.s.origin != nil && origin == c.s.origin.Scheme+"://"+c.s.origin.Host {
		c.r.Host = c.s.origin.Host
	}
	c.s.Live.Serve(c.w, c.r, mingjing.Listener{Audience: casework.Audience(c.actor()),
		SessionID: c.who.SessionID, Person: c.clientName(), ExpiresAt: c.who.ExpiresAt, After: after, Reset: ahead})
	return nil
}

// APIVersion is the version of the three descriptions. docs/agencies.md says how it
// changes.
const APIVersion = "1.1.0"

// The descriptions, which make openapi writes.
var (
	//go:embed openapi.json
	openAPI []byte
	//go:embed openapi-intake.json
	intakeOpenAPI []byte
	//go:embed openapi-asking.json
	askingOpenAPI []byte
)

// openAPIDocument returns the endpoint of one of the descriptions.
func openAPIDocument(path, id, summary string, data *[]byte) endpoint {
	return raw[none]{path: path, access: mingjing.Anyone, kinds: []string{"application/json"},
		doc: apiDoc{id: id, summary: summary, answer: "An OpenAPI 3.1 document."},
		write: func(c *call, _ none) error {
			c.w.Header().Set("Content-Type", "application/json")
			c.w.Header().Set("Cache-Control", "no-cache")
			extendWriteDeadline(c.w, len(*data))
			_, _ = c.w.Write(*data)
			return nil
		}}
}
