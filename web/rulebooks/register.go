package rulebooks

import (
	"slices"
	"strconv"
	"strings"

	"mingjing"
)

// The rules of the charter that a refusal names.
const (
	ruleCatalogued = " (charter, rule 3: only items of the register count)"
	ruleDocument   = " (charter, rule 2: no record counts without its document)"
	ruleMeasure    = " (charter, rule 3: only measures of the register may be applied)"
	ruleContext    = " (charter, rule 3: nothing of one area of life has effects in another)"
	ruleEnds       = " (charter, rule 9: everything ends)"
	ruleFreeText   = " (charter, rule 3: it is never used)"
)

// register checks that a rulebook names nothing but what is in the register, and uses it
// as the register says.
func (c *checker) register(b *mingjing.Rulebook) {
	r := mingjing.PublishedRegister()
	c.of = b.Of
	for i := range b.Catalogue {
		c.registered(r, "/catalogue/"+strconv.Itoa(i), &b.Catalogue[i])
	}
	for i := range b.Agencies {
		c.supplier(r, "/agencies/"+strconv.Itoa(i), &b.Agencies[i])
	}
	for i := range b.Bands {
		for j, code := range b.Bands[i].Benefits {
			if _, ok := mingjing.NameIn(r.Benefits, code); !ok {
				c.addNew("/bands/"+strconv.Itoa(i)+"/benefits/"+strconv.Itoa(j), "there is no benefit "+strconv.Quote(code)+
					" in the register: choose one of its benefits"+ruleMeasure)
			}
		}
	}
	c.law(r, "/procedure/law", b.Procedure.Law)
	c.law(r, "/source", b.Source)
	for i, code := range b.Refuses {
		if len(r.Practices(code)) == 0 {
			c.addNew("/refuses/"+strconv.Itoa(i),
				"there is no practice "+strconv.Quote(code)+" in the register: choose one of its refused practices")
		}
	}
	c.tables(b)
	c.texts(b)
}

func (c *checker) law(r *mingjing.Register, place, code string) {
	if _, ok := r.Law(code); !ok && code != "" {
		c.addNew(place, "there is no law "+strconv.Quote(code)+" in the register: choose one of its laws")
	}
}

// registered checks an item against its entry in the register.
func (c *checker) registered(r *mingjing.Register, path string, item *mingjing.Item) {
	of, ok := r.Item(item.Code)
	if !ok {
		c.addNew(path+"/code", "there is no item "+strconv.Quote(item.Code)+" in the register"+because(item.Code)+": remove it"+ruleCatalogued)
		return
	}
	switch {
	case of.Of != c.of:
		c.addNew(path+"/code", item.Code+" is a fact about "+subjectInWords[of.Of]+", and the rulebook is about "+subjectInWords[c.of]+
			": remove it"+ruleContext)
	case item.Listing != of.Listing && of.Listing == "":
		c.addNew(path+"/listing", item.Code+" is a record and no list: remove it"+ruleCatalogued)
	case item.Listing != of.Listing:
		c.addNew(path+"/listing", item.Code+" is a list: write "+string(of.Listing)+ruleCatalogued)
	case slices.Index(mingjing.Tiers, item.Tier) > slices.Index(mingjing.Tiers, of.Tier):
		c.addNew(path+"/tier", "the ground of "+item.Code+" is at most "+of.Tier+": write that, or a milder tier")
	}
	if takes := item.Points < 0 || item.Cap != ""; takes && of.Effect != mingjing.EffectTakes && of.Effect != mingjing.EffectEither ||
		item.Points > 0 && of.Effect != mingjing.EffectAdds && of.Effect != mingjing.EffectEither {
		place := path + "/points"
		if item.Cap != "" {
			place = path + "/cap"
		}
		c.addNew(place, "the register says what "+item.Code+" may do: it "+effectInWords[of.Effect]+ruleCatalogued)
	}
	if item.CountsMonths > mingjing.MostMonths && !of.Standing {
		c.addNew(path+"/counts_months", "nothing counts for longer than five years but a contract that runs: write at most "+
			strconv.Itoa(mingjing.MostMonths)+ruleEnds)
	}
	for i, kind := range item.Documents {
		if !slices.Contains(of.Documents, kind) {
			c.addNew(path+"/documents/"+strconv.Itoa(i), strconv.Quote(kind)+" does not prove "+item.Code+": choose one of "+
				strings.Join(of.Documents, ", ")+ruleDocument)
		}
	}
	for i, code := range item.Measures {
		at := path + "/measures/" + strconv.Itoa(i)
		switch m, ok := r.Measure(code); {
		case !ok:
			c.addNew(at, "there is no measure "+strconv.Quote(code)+" in the register"+because(code)+": remove it"+ruleMeasure)
		case m.Area != of.Area:
			c.addNew(at, code+" is a measure of the area "+string(m.Area)+", and "+item.Code+" is of the area "+string(of.Area)+
				": remove it"+ruleContext)
		}
	}
	c.law(r, path+"/points_law", item.PointsLaw)
}

var subjectInWords = map[mingjing.Subject]string{
	mingjing.OfResidents:     "residents",
	mingjing.OfOrganisations: "organisations",
	mingjing.OfAgencies:      "agencies",
}

var effectInWords = map[mingjing.ItemEffect]string{
	mingjing.EffectTakes: "only takes points, or limits the band",
	mingjing.EffectAdds:  "only adds points",
	mingjing.EffectShown: "is only shown and never counts",
}

// supplier checks that an agency is of a kind of the register and holds what such a body
// may supply.
func (c *checker) supplier(r *mingjing.Register, path string, a *mingjing.Agency) {
	if _, ok := mingjing.NameIn(r.Agencies, a.Kind); !ok {
		c.addNew(path+"/kind", "there is no kind of agency "+strconv.Quote(a.Kind)+" in the register: choose one of its kinds"+ruleCatalogued)
		return
	}
	for i, code := range a.Holds {
		if of, ok := r.Item(code); ok && !slices.Contains(of.From, a.Kind) {
			c.addNew(path+"/holds/"+strconv.Itoa(i), code+" is not supplied by the kind "+a.Kind+": by "+strings.Join(of.From, ", ")+
				ruleCatalogued)
		}
	}
}

// because says that a code or a name is about something that is never used, or what no
// measure may do; "" when it is about neither.
func because(texts ...string) string {
	for _, text := range texts {
		if code, word := NamesNeverUsed(text); code != "" {
			return ", and " + strconv.Quote(word) + " is " + code + ", which is never used: " + reasonOf(code)
		}
	}
	return ""
}

// reasonOf returns the register's reason in English why something is never used.
func reasonOf(code string) string {
	r := mingjing.PublishedRegister()
	for _, n := range slices.Concat(r.NeverUsed, r.RefusedMeasures) {
		if n.Code == code {
			return strings.TrimSuffix(n.Reason["en"], ".")
		}
	}
	return ""
}

// texts checks the free text that is left: none of it names what is never used.
func (c *checker) texts(b *mingjing.Rulebook) {
	c.free("/name", b.Name)
	c.free("/city", b.City)
	c.free("/about", b.About)
	c.free("/why", b.Why)
	c.free("/sample_note", b.SampleNote)
	c.free("/procedure/sample_note", b.Procedure.SampleNote)
	for i := range b.Agencies {
		c.free("/agencies/"+strconv.Itoa(i)+"/name", b.Agencies[i].Name)
	}
	for i := range b.Bands {
		c.free("/bands/"+strconv.Itoa(i)+"/name", b.Bands[i].Name)
	}
}

// examples checks the names of the examples, which are free text too.
func (c *checker) examples(data []byte) {
	cases, err := Cases(data)
	if err != nil {
		return // the schema reports it
	}
	for i := range cases {
		c.free("/cases/"+strconv.Itoa(i)+"/name", cases[i].Name)
	}
}

func (c *checker) free(place string, text mingjing.Text) {
	for _, lang := range mingjing.Languages {
		if why := because(text[lang]); why != "" {
			c.add(place+"/"+lang, "the text names what is never used"+why+": write it without that"+ruleFreeText)
		}
	}
}

// firstFormat says what a file of the first format, which names things itself, names
// otherwise than the register. When it names everything alike it is still not published.
func (c *checker) firstFormat(b *mingjing.Rulebook) {
	r := mingjing.PublishedRegister()
	for i := range b.Catalogue {
		item := &b.Catalogue[i]
		path := "/catalogue/" + strconv.Itoa(i)
		switch of, ok := r.Item(item.Code); {
		case !ok:
			c.registered(r, path, item)
		case !sameText(item.Name, of.Name):
			c.addNew(path+"/name", item.Code+" is called "+strconv.Quote(of.Name["en"])+" in the register, and not "+
				strconv.Quote(item.Name["en"])+because(item.Name["en"], item.Name["zh-CN"])+ruleCatalogued)
		}
	}
	for i := range b.Measures {
		m := &b.Measures[i]
		path := "/measures/" + strconv.Itoa(i)
		switch of, ok := r.Measure(m.Code); {
		case !ok:
			c.addNew(path+"/code", "there is no measure "+strconv.Quote(m.Code)+" in the register"+
				because(m.Code, m.Name["en"], m.Name["zh-CN"])+ruleMeasure)
		case !sameText(m.Name, of.Name):
			c.addNew(path+"/name", m.Code+" is called "+strconv.Quote(of.Name["en"])+" in the register, and not "+
				strconv.Quote(m.Name["en"])+because(m.Name["en"], m.Name["zh-CN"])+ruleMeasure)
		}
	}
	if len(c.problems) == 0 {
		c.add("/format", "write "+strconv.Itoa(mingjing.RulebookFormat)+" and leave out names, documents, measures and what is never used: "+
			"they come from the register"+ruleCatalogued)
	}
}

func sameText(a, b mingjing.Text) bool {
	for _, lang := range mingjing.Languages {
		if a[lang] != b[lang] {
			return false
		}
	}
	return true
}
