package rulebooks

import (
	"slices"
	"strconv"
	"strings"

	"mingjing"
)

// tables checks criteria and factors against the register, the catalogue and each other.
func (c *checker) tables(b *mingjing.Rulebook) {
	r := mingjing.PublishedRegister()
	weights := 0
	factor := c.codes()
	for i := range b.Factors {
		f, at := &b.Factors[i], "/factors/"+strconv.Itoa(i)
		factor(at+"/code", f.Code)
		if _, ok := mingjing.NameIn(r.Factors, f.Code); !ok {
			c.addNew(at+"/code", "there is no factor "+strconv.Quote(f.Code)+" in the register"+because(f.Code)+": remove it"+ruleCatalogued)
		}
		if f.Floor > f.Base || f.Base > f.Ceiling {
			c.addNew(at+"/base", "it must lie between floor and ceiling")
		}
		weights += f.Weight
	}
	if len(b.Factors) > 0 && weights != 100 {
		c.addNew("/factors", "the weights add up to "+strconv.Itoa(weights)+": they must be 100")
	}
	known := func(place, code string) {
		if code != "" && !slices.ContainsFunc(b.Factors, func(f mingjing.Factor) bool { return f.Code == code }) {
			c.addNew(place, "there is no factor "+strconv.Quote(code)+" under /factors")
		}
	}
	for i := range b.Catalogue {
		known("/catalogue/"+strconv.Itoa(i)+"/factor", b.Catalogue[i].Factor)
	}
	code := c.codes()
	for i := range b.Criteria {
		at := "/criteria/" + strconv.Itoa(i)
		code(at+"/code", b.Criteria[i].Code)
		known(at+"/factor", b.Criteria[i].Factor)
		c.criterion(r, at, b, &b.Criteria[i])
	}
}

func (c *checker) criterion(r *mingjing.Register, at string, b *mingjing.Rulebook, k *mingjing.Criterion) {
	of, ok := r.Criterion(k.Code)
	if !ok {
		c.addNew(at+"/code", "there is no criterion "+strconv.Quote(k.Code)+" in the register"+because(k.Code)+": remove it"+ruleCatalogued)
		return
	}
	if k.Kind != of.Kind {
		c.addNew(at+"/kind", "the kind of "+k.Code+" in the register is "+of.Kind+ruleCatalogued)
	}
	for j, item := range k.Items {
		place := at + "/items/" + strconv.Itoa(j)
		if !slices.Contains(of.Items, item) {
			c.addNew(place, k.Code+" does not look at "+strconv.Quote(item)+": choose of "+strings.Join(of.Items, ", ")+ruleCatalogued)
		} else if _, ok := b.Item(item); !ok {
			c.addNew(place, "there is no item "+strconv.Quote(item)+" in the catalogue")
		}
	}
	if len(k.Table) == 0 {
		return // the schema reports it
	}
	if k.Table[0].From != 0 {
		c.addNew(at+"/table/0/from", "the first row is from 0")
	}
	// Points rise with the table, or fall: a bad record never helps and a good one never
	// hurts. To owe many, or lately, is bad; to have served often, or for long, is good.
	rises := of.Effect == mingjing.EffectAdds || of.Kind != mingjing.CriterionCount
	for j := 1; j < len(k.Table); j++ {
		row, before := k.Table[j], k.Table[j-1]
		place := at + "/table/" + strconv.Itoa(j)
		switch {
		case row.From <= before.From:
			c.addNew(place+"/from", "rows go from the lowest: it must be above that of the row before")
		case rises && row.Points < before.Points, !rises && row.Points > before.Points:
			c.addNew(place+"/points", "the register says that "+k.Code+" "+effectInWords[of.Effect]+
				": the points of the rows must go one way"+ruleCatalogued)
		}
	}
	last := k.Table[len(k.Table)-1].Points
	switch {
	case of.Kind == mingjing.CriterionCount && k.None != 0:
		c.addNew(at+"/none", "a count of 0 is the first row of the table: remove it")
	case of.Kind != mingjing.CriterionCount && of.Effect == mingjing.EffectTakes && k.None < last:
		c.addNew(at+"/none", "nobody is worse off without a record than with an old one: write at least "+strconv.Itoa(last))
	case of.Kind != mingjing.CriterionCount && of.Effect == mingjing.EffectAdds && k.None > k.Table[0].Points:
		c.addNew(at+"/none", "a new record never takes points: write at most "+strconv.Itoa(k.Table[0].Points))
	}
}
