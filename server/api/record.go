package api

import (
	"mingjing"
)

var recordsPage = page[mingjing.RecordsView]{
	name: "records",
	get: func(c *call) (mingjing.RecordsView, error) {
		return c.s.casework.Records.Records(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[recordItem]]{
			path: "/api/records", access: mingjing.Residents, get: getRecords,
			doc: apiDoc{id: "records", summary: "What is held", answer: "Newest first."},
		},
	},
}

var recordPage = page[mingjing.RecordView]{
	name: "record",
	get: func(c *call) (mingjing.RecordView, error) {
		return c.s.casework.Records.Record(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
}

// A recordItem is a record with its area, effect and end.
type recordItem struct {
	mingjing.Record
	Area   mingjing.Area     `json:"area"`
	Effect []mingjing.Effect `json:"effect"`
	// Ends is the first day on which it no longer counts.
	Ends mingjing.Date `json:"ends,omitempty"`
}

func getRecords(c *call, _ none) (list[recordItem], error) {
	v, err := c.s.casework.Records.Records(c.ctx(), c.actor())
	out := []recordItem{}
	for _, r := range v.Records {
		out = append(out, recordItem{r.Record, r.Area, r.Effect, r.Ends})
	}
	return items(out, ""), err
}

var sourcesPage = page[mingjing.SourcesView]{
	name: "sources",
	get: func(c *call) (mingjing.SourcesView, error) {
		return c.s.casework.Records.Sources(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[mingjing.SourceView]]{
			path: "/api/sources", access: mingjing.Residents,
			doc: apiDoc{id: "sources", summary: "Which agencies hold what", answer: "Those that hold most first."},
			get: func(c *call, _ none) (list[mingjing.SourceView], error) {
				v, err := c.s.casework.Records.Sources(c.ctx(), c.actor())
				return items(v.Sources, ""), err
			},
		},
	},
}
