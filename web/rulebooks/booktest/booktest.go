// Package booktest has the rulebooks of a small city, for tests that ask every agency.
package booktest

import (
	"encoding/json"
	"slices"
	"sync"

	"mingjing"
	"mingjing/web/rulebooks"
)

// Agencies are those of a small city.
var Agencies = []string{"court", "traffic", "tax", "notary"}

// Small returns the published rulebooks of Shanghai and Rongcheng with the [Agencies] alone,
// and only what these hold.
var Small = sync.OnceValue(func() []*mingjing.Rulebook {
	return []*mingjing.Rulebook{small("honest-shanghai.json"), small("rongcheng.json")}
})

// Calendars returns the published calendars.
var Calendars = sync.OnceValue(func() []*mingjing.Calendar {
	all, err := rulebooks.Calendars()
	must(err)
	return all
})

// A coded is what all entries of a rulebook have, and what an agency holds.
type coded struct {
	Code  string   `json:"code"`
	Holds []string `json:"holds"`
}

func small(name string) *mingjing.Rulebook {
	var file map[string]json.RawMessage
	must(json.Unmarshal(rulebooks.Files()[name], &file))
	held := map[string]bool{}
	file["agencies"] = only(file["agencies"], func(agency coded) bool {
		keep := slices.Contains(Agencies, agency.Code)
		for _, code := range agency.Holds {
			held[code] = held[code] || keep
		}
		return keep
	})
	file["catalogue"] = only(file["catalogue"], func(item coded) bool { return held[item.Code] })
	data, err := json.Marshal(file)
	must(err)
	book, err := rulebooks.Parse(data)
	must(err)
	return book
}

// only returns those entries of a list that are kept.
func only(list json.RawMessage, keep func(coded) bool) json.RawMessage {
	var all []json.RawMessage
	must(json.Unmarshal(list, &all))
	all = slices.DeleteFunc(all, func(raw json.RawMessage) bool {
		var entry coded
		must(json.Unmarshal(raw, &entry))
		return !keep(entry)
	})
	out, err := json.Marshal(all)
	must(err)
	return out
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
