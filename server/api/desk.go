package api

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/cases"
)

// deskActions are those of the handlers' desks.
var deskActions = []action{
	{path: "/api/admin/cases/next", access: mingjing.Staff, status: 200, do: nextCase, again: "queue"},
	{path: "/api/admin/cases/{id}/notes", access: mingjing.Staff, status: 201, do: addNote, again: "case"},
	{path: "/api/admin/cases/{id}/id-number", access: mingjing.Staff, status: 200, do: openIDNumber, again: "case",
		shows: func(v *mingjing.View, out any) {
			k, _ := out.(mingjing.Case)
			v.Case = &k
		}},
	{path: "/api/admin/relatives", access: mingjing.Staff, status: 201, do: declareRelative, again: "relatives"},
	{path: "/api/admin/relatives/remove", access: mingjing.Staff, status: 200, do: removeRelative, again: "relatives"},
	{path: "/api/admin/counter", access: mingjing.Staff, status: 200, do: lookUp, again: "counter",
		shows: func(v *mingjing.View, out any) {
			found, _ := out.(mingjing.CounterView)
			v.Counter = &found
		}},
	{path: "/api/admin/counter/disputes", access: mingjing.Staff, status: 201, files: true, do: fileAtCounter, again: "counter"},
}

var deskReadings = []reading{
	{"/api/admin/workload", mingjing.Staff, func(c *call) (any, error) { return c.s.casework.Desk.Workload(c.ctx(), c.actor()) }},
	{"/api/admin/relatives", mingjing.Staff, func(c *call) (any, error) { return c.s.casework.Desk.Relatives(c.ctx(), c.actor()) }},
}

// deskViews build the pages of the handlers' desks.
var deskViews = map[string]func(*call, *mingjing.View) error{
	"workload": func(c *call, v *mingjing.View) error {
		out, err := c.s.casework.Desk.Workload(c.ctx(), c.actor())
		v.Workload = &out
		return err
	},
	"relatives": func(c *call, v *mingjing.View) error {
		out, err := c.s.casework.Desk.Relatives(c.ctx(), c.actor())
		v.Relatives = &out
		return err
	},
	"counter": func(c *call, v *mingjing.View) error {
		if c.actor().Role == mingjing.RoleAuditor { // who only reads files nothing
			return mingjing.Errorf(mingjing.Forbidden, "forbidden")
		}
		v.Counter = &mingjing.CounterView{}
		if c.r.Method != http.MethodPost || c.in.get("visit") == "" {
			return nil
		}
		out, err := c.s.casework.Desk.CounterAgain(c.ctx(), c.actor(), c.in.get("visit")) // the form is shown again
		if refused, ok := errors.AsType[*mingjing.Error](err); ok && refused.Kind != mingjing.Unavailable {
			return nil // it is over, which is what the problem says
		}
		if key := c.in.get("idempotency_key"); key != "" && len(key) <= 128 { // still the same filing
			out.Key = key
		}
		v.Counter = &out
		return err
	},
}

func nextCase(c *call) (any, goal, error) {
	k, err := c.s.casework.Desk.Next(c.ctx(), c.actor())
	return k, goal{page: "case", id: k.ID, done: "assigned"}, err
}

func addNote(c *call) (any, goal, error) {
	k, err := c.s.casework.Desk.AddNote(c.ctx(), c.actor(), c.r.PathValue("id"), c.in.get("text"))
	return k, goal{page: "case", id: k.ID, done: "note_added"}, err
}

func openIDNumber(c *call) (any, goal, error) {
	k, err := c.s.casework.Desk.OpenIDNumber(c.ctx(), c.actor(), c.r.PathValue("id"), c.in.get("id_reason"))
	return k, goal{page: "case", id: k.ID}, err
}

// worker comes before what was typed into a form: who may not do a thing is not
// told how to.
func (c *call) worker() error {
	if c.actor().Role == mingjing.RoleAuditor {
		return mingjing.Errorf(mingjing.Forbidden, "forbidden")
	}
	return nil
}

func declareRelative(c *call) (any, goal, error) {
	if err := c.worker(); err != nil {
		return nil, goal{}, err
	}
	n, wrong := c.idNumber()
	if len(wrong) > 0 {
		return nil, goal{}, mingjing.InvalidFields(wrong...)
	}
	v, err := c.s.casework.Desk.DeclareRelative(c.ctx(), c.actor(), n)
	return v, goal{page: "relatives", done: "relative_declared"}, err
}

func removeRelative(c *call) (any, goal, error) {
	v, err := c.s.casework.Desk.RemoveRelative(c.ctx(), c.actor(), c.in.get("relative_id"))
	return v, goal{page: "relatives", done: "relative_removed"}, err
}

func lookUp(c *call) (any, goal, error) {
	if err := c.worker(); err != nil {
		return nil, goal{}, err
	}
	n, wrong := c.idNumber()
	if len(wrong) > 0 {
		return nil, goal{}, mingjing.InvalidFields(wrong...)
	}
	v, err := c.s.casework.Desk.Counter(c.ctx(), c.actor(), n)
	return v, goal{page: "counter"}, err
}

func fileAtCounter(c *call) (any, goal, error) {
	f := cases.Filing{RecordID: c.in.get("record_id"), ListingID: c.in.get("listing_id"), Reason: mingjing.DisputeReason(c.in.get("reason")),
		Statement: c.in.get("statement"), Key: c.key(), Evidence: c.in.files}
	// A form has one choice of both.
	if id, ok := strings.CutPrefix(c.in.get("what"), "record:"); ok {
		f.RecordID = id
	} else if id, ok := strings.CutPrefix(c.in.get("what"), "listing:"); ok {
		f.ListingID = id
	}
	k, err := c.s.casework.Desk.FileAtCounter(c.ctx(), c.actor(), c.in.get("visit"), f)
	if wrong, ok := errors.AsType[*mingjing.Error](err); ok && c.format() != asJSON {
		again := *wrong
		again.Fields = slices.Clone(wrong.Fields)
		for i, field := range again.Fields {
			if field.Field == "record_id" {
				again.Fields[i].Field = "what"
			}
		}
		err = &again
	}
	return k, goal{page: "case", id: k.ID, done: "counter_filed"}, err
}

// fillReply puts the reply text that was asked for into the reasons, in the
// language that the resident reads, or else that of the page.
func (c *call) fillReply(v *mingjing.View) {
	code := c.r.URL.Query().Get("reply")
	k := v.Case
	if !c.readOnly() || !slices.ContainsFunc(mingjing.RepliesFor(k.Kind), func(r mingjing.ReplyText) bool { return r.Code == code }) {
		return
	}
	lang := c.lang
	if slices.Contains(mingjing.Languages, k.ReplyLang) {
		lang = k.ReplyLang
	}
	item, agency := k.Code(), k.Agency()
	for _, b := range slices.Backward(c.s.casework.City.Books()) { // the first book has the last word
		if i, ok := b.Item(k.Code()); ok {
			item = cmp.Or(i.Name.In(lang), item)
		}
		if a, ok := b.Agency(k.Agency()); ok {
			agency = cmp.Or(a.Name.In(lang), agency)
		}
	}
	v.Form = map[string]string{"reply": code, "reasons": i18n.T(lang, "reply."+code+".text", "name", k.Resident, "item", item,
		"agency", agency, "date", i18n.Date(lang, mingjing.DateOf(k.FiledAt.In(c.s.casework.City.Zone()))))}
}
