package mingjing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
)

// BureauCode is the code under which the bureau itself has published figures.
const BureauCode = "bureau"

// A ConductShare is one of the shares by which an agency's conduct is rated: how many of a
// whole. Both are nil where the numbers are too small to be published.
type ConductShare struct {
	// Code is the catalogue code of the share.
	Code  string `json:"code"`
	Of    *int   `json:"of"`
	Count *int   `json:"count"`
}

// Percent returns how many of a hundred it is, rounded to the nearest, and false where that
// is not known or there is nothing to share.
func (s ConductShare) Percent() (int, bool) {
	if s.Of == nil || s.Count == nil || *s.Of <= 0 {
		return 0, false
	}
	return min((*s.Count*200+*s.Of)/(2**s.Of), 100), true
}

// Shares returns what the conduct is rated by, from the published figures alone.
func (f *AgencyFigures) Shares() []ConductShare {
	var overturned, decided *int
	if f.Upheld != nil && f.Partly != nil && f.Rejected != nil {
		lost := *f.Upheld + *f.Partly
		all := lost + *f.Rejected
		overturned, decided = &lost, &all
	}
	return []ConductShare{
		{"conduct.late", f.Asked, f.Late},
		{"conduct.silent", f.Asked, f.Silent},
		{"conduct.overturned", decided, overturned},
		{"conduct.unexplained", f.Inquiries, f.Unexplained},
		{"conduct.unopened", f.Evidence, f.Unopened},
		{"conduct.refused_rows", f.Rows, f.RowsRefused},
	}
}

// Conduct is how an agency's conduct is rated by a published rulebook. It is made of the
// published figures alone, so that anybody can make it again.
type Conduct struct {
	Rulebook RulebookRef `json:"rulebook"`
	AsOf     Date        `json:"as_of"`
	Value    int         `json:"value"`
	Band     string      `json:"band"`
	// Known is how many of the shares are known. Those that are not count for nothing.
	Known int `json:"known"`
	// Points are what each share that is known gives or takes, by its catalogue code.
	Points map[string]int `json:"points"`
}

// MakeConduct rates the figures by a rulebook of agencies ([OfAgencies]) with the scoring
// function: each share counts as so many facts as it has hundredths. It returns nil where no
// share is known.
func MakeConduct(book *Rulebook, f AgencyFigures, asOf Date) *Conduct {
	figures, err := json.Marshal(f)
	if err != nil { // numbers and a code
		return nil
	}
	sum := sha256.Sum256(figures)
	proof := Document{Kind: "published_figures", Issuer: BureauCode, Number: f.Agency, Date: asOf, Hash: hex.EncodeToString(sum[:])}
	in := Input{AsOf: asOf}
	known := map[string]bool{}
	for _, s := range f.Shares() {
		n, ok := s.Percent()
		if !ok {
			continue
		}
		known[s.Code] = true
		for i := range n {
			in.Records = append(in.Records, Record{ID: s.Code + "-" + strconv.Itoa(i), Agency: BureauCode, Code: s.Code, Occurred: asOf,
				Document: proof, State: RecordActive})
		}
	}
	if len(known) == 0 {
		return nil
	}
	score := MakeScore(book, in)
	c := &Conduct{Rulebook: book.Ref(), AsOf: asOf, Value: score.Value, Band: score.Band, Known: len(known), Points: map[string]int{}}
	for i := range book.Criteria {
		k := &book.Criteria[i]
		for _, line := range score.Explanation {
			if line.Kind == ContributionCriterion && line.Rule == k.Code && len(k.Items) > 0 && known[k.Items[0]] {
				c.Points[k.Items[0]] += line.Points
			}
		}
	}
	return c
}

// An AgencyView is how one agency, or the bureau, deals with people, and how that is rated.
type AgencyView struct {
	Figures AgencyFigures `json:"figures"`
	// Conduct is nil where too little is known, or nothing is published to rate by.
	Conduct *Conduct `json:"conduct,omitempty"`
	// Band is that of Conduct, and Base what everybody starts from.
	Band *Band `json:"band,omitempty"`
	Base int   `json:"base"`
}
