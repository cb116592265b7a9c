package i18n

import (
	"cmp"

	"mingjing"
)

// LawChange returns in words what a version of a rulebook changes.
func LawChange(lang string, x mingjing.LawChange) string {
	property := x.Property
	for _, key := range []string{"law_property." + x.Property, "law_property." + x.Group + "." + x.Property} {
		if Has(key) {
			property = T(lang, key) // that of the group is the last word
		}
	}
	value := func(t mingjing.Text) string { return cmp.Or(t.In(lang), T(lang, "law_change.nothing")) }
	group := T(lang, "law_group."+cmp.Or(x.Group, "rulebook"))
	switch {
	case x.Kind == mingjing.LawAdded:
		return T(lang, "law_change.added", "group", group, "name", x.Name.In(lang))
	case x.Kind == mingjing.LawRemoved:
		return T(lang, "law_change.removed", "group", group, "name", x.Name.In(lang))
	case x.Property == "order":
		return T(lang, "law_change.order", "group", group)
	case x.Code == "":
		return T(lang, "law_change.whole", "group", group, "property", property, "before", value(x.Before), "after", value(x.After))
	}
	return T(lang, "law_change.changed", "group", group, "name", x.Name.In(lang), "property", property, "before", value(x.Before),
		"after", value(x.After))
}
