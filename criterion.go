package mingjing

// The most criteria and factors of a rulebook.
const (
	MaxCriteria = 32
	MaxFactors  = 16
)

// The kinds of criterion.
const (
	// CriterionCount counts how many records of its items there are.
	CriterionCount = "count"
	// CriterionOldest and CriterionNewest are the whole months since the oldest and the
	// newest of them.
	CriterionOldest = "oldest"
	CriterionNewest = "newest"
)

// CriterionKinds are all kinds of criterion.
var CriterionKinds = []string{CriterionCount, CriterionOldest, CriterionNewest}

// A Criterion gives points by a published table: for how many records there are, or for how
// old the oldest or the newest is.
type Criterion struct {
	// Code is a code of the register.
	Code string `json:"code"`
	Name Text   `json:"name,omitempty"`
	Kind string `json:"kind"`
	// Items are the catalogue codes whose records and listings it looks at, of those that
	// count.
	Items []string `json:"items"`
	// Months is how far back it looks; 0 is as long as the items count.
	Months int `json:"months,omitempty"`
	// Table gives the points, from the lowest count or age; the first is from 0.
	Table []TableRow `json:"table"`
	// None are the points of an age where there is no record.
	None int `json:"none,omitempty"`
	// Factor is the code of the factor that the points are in.
	Factor string `json:"factor,omitempty"`
	Sample bool   `json:"sample,omitempty"`
}

// A TableRow gives points from a count or a number of months on, until the next row.
type TableRow struct {
	From   int `json:"from"`
	Points int `json:"points"`
}

// A Factor is a part of the score with bounds and a weight of its own.
type Factor struct {
	// Code is a code of the register.
	Code string `json:"code"`
	Name Text   `json:"name,omitempty"`
	// Base is what the factor starts from, Floor and Ceiling bound it.
	Base    int `json:"base"`
	Floor   int `json:"floor"`
	Ceiling int `json:"ceiling"`
	// Weight is how many hundredths of it are in the value.
	Weight int  `json:"weight"`
	Sample bool `json:"sample,omitempty"`
}

// points returns the points for what was tallied until a day, and the count or the age in
// months that they are for.
func (c *Criterion) points(t *tally, on day) (points, count int) {
	switch {
	case c.Kind == CriterionCount:
		count = t.n
	case t.n == 0:
		return c.None, 0
	case c.Kind == CriterionOldest:
		count = t.oldest.months(on)
	default:
		count = t.newest.months(on)
	}
	for _, row := range c.Table {
		if count < row.From {
			break
		}
		points = row.Points
	}
	return points, count
}

// weigh returns a factor's points within its bounds, and how much of them is in the value,
// rounded to the nearest whole number and a half upwards.
func (f *Factor) weigh(sum int) (raw, points int) {
	raw = min(max(f.Base+sum, f.Floor), f.Ceiling)
	points = raw*f.Weight + 50
	if points < 0 {
		points -= 99 // Go divides towards zero
	}
	return raw, points / 100
}
