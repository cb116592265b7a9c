package page

import (
	"testing"

	"mingjing"
)

func TestAViewForSomebodyElseIsLoadedWhole(t *testing.T) {
	anna := &mingjing.Viewer{Role: mingjing.RoleResident, IDMasked: "99**************12"}
	bo := &mingjing.Viewer{Role: mingjing.RoleResident, IDMasked: "99**************34"}
	host := &Host{v: &mingjing.View{Page: "sessions", Lang: "en", Who: anna}}
	for name, test := range map[string]struct {
		v    mingjing.View
		want bool
	}{
		"the same":         {mingjing.View{Page: "sessions", Lang: "en", Who: anna}, false},
		"logged out":       {mingjing.View{Page: "sessions", Lang: "en"}, true},
		"another person":   {mingjing.View{Page: "sessions", Lang: "en", Who: bo}, true},
		"another language": {mingjing.View{Page: "sessions", Lang: "zh-CN", Who: anna}, true},
		"no page of ours":  {mingjing.View{Page: "of the desk", Lang: "en", Who: anna}, true},
	} {
		if got := host.foreign(&test.v); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAnotherPageIsBuiltAnewAndTheSameOneIsNot(t *testing.T) {
	a := &currentPage{View: &mingjing.View{Page: "records"}, Number: 1}
	if b := (&currentPage{View: &mingjing.View{Page: "records", Seq: 9}, Number: 1}); a.CompoID() != b.CompoID() {
		t.Error("an update in place builds the page anew, and what was typed is lost")
	}
	if b := (&currentPage{View: &mingjing.View{Page: "records"}, Number: 2}); a.CompoID() == b.CompoID() {
		t.Error("another page keeps the fields of the one before")
	}
}
