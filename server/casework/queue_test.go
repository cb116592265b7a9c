package casework_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
)

func TestTheQueueShowsNoNamesButToASearchWhichIsLogged(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	b, other, _ := c.owing(t, 2)
	c.file(t, a, record, "", pdf)
	c.file(t, b, other, "")
	before := len(c.looks(t, a))
	v, err := c.Cases(ctx, handler, mingjing.CaseFilter{}, "")
	must(t, err)
	if len(v.Cases) != 2 {
		t.Fatalf("%d cases", len(v.Cases))
	}
	for _, k := range v.Cases {
		if k.Resident != "" || k.IDMasked != "" || k.Statement != "" || len(k.Evidence) != 0 || k.Record.Detail != nil {
			t.Errorf("the queue shows %+v", k)
		}
	}
	if n := len(c.looks(t, a)); n != before {
		t.Errorf("%d looks more for a line without a name", n-before)
	}
	v, err = c.Cases(ctx, handler, mingjing.CaseFilter{Search: " 居民1 "}, "")
	must(t, err)
	if len(v.Cases) != 1 || v.Cases[0].Resident != "居民1" || !strings.Contains(v.Cases[0].IDMasked, "*") {
		t.Fatalf("found %+v", v.Cases)
	}
	looks := c.looks(t, a)
	if l := looks[0]; len(looks) != before+1 || l.Action != "search" || l.Who != handler.Name || l.Purpose != "dispute" {
		t.Errorf("the last look is %+v", looks[0])
	}
	if l := c.looks(t, b)[0]; l.Action == "search" {
		t.Error("a resident who was not found has a look")
	}
}

func TestTheQueueIsByNearestClockAndCountsWhatIsLate(t *testing.T) {
	c := newCity(t)
	var want []string
	for n := range 30 {
		a, record, _ := c.owing(t, n+1)
		want = append(want, c.file(t, a, record, "").ID)
		c.clock.pass(25 * time.Hour)
	}
	var got []string
	for cursor := ""; ; {
		v, err := c.Cases(ctx, auditor, mingjing.CaseFilter{}, cursor)
		must(t, err)
		for i, k := range v.Cases {
			got = append(got, k.ID)
			if k.Next == nil || (i > 0 && k.Next.Due.Before(v.Cases[i-1].Next.Due)) {
				t.Errorf("%+v is out of order", k.Next)
			}
		}
		late := 0
		for _, id := range want {
			if c.storedDispute(t, id).NextDue.Before(c.clock.Now()) {
				late++
			}
		}
		if v.Counts["filed"] != 30 || v.Counts["missed"] != late || late == 0 || late == 30 {
			t.Errorf("counts %v, %d are late", v.Counts, late)
		}
		if cursor = v.Next; cursor == "" {
			break
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("pages hold %d cases, want %d", len(got), len(want))
	}
	for _, bad := range []struct {
		code, cursor string
		f            mingjing.CaseFilter
	}{
		{"invalid_cursor", "x", mingjing.CaseFilter{}},
		{"invalid_filter", "", mingjing.CaseFilter{State: "lost"}},
		{"invalid_filter", "", mingjing.CaseFilter{Search: strings.Repeat("x", 201)}},
	} {
		_, err := c.Cases(ctx, auditor, bad.f, bad.cursor)
		wants(t, err, bad.code)
	}
}
