package casework_test

import (
	"testing"

	"mingjing/server/casework/cases"
)

func FuzzParseCursor(f *testing.F) {
	f.Add(cases.Case{}.Cursor())
	f.Add("1772413200000000.ABC")
	f.Add("-1.")
	f.Add("9223372036854775807.x.y")
	f.Fuzz(func(t *testing.T, cursor string) {
		due, id, err := cases.ParseCursor(cursor)
		if err != nil {
			return
		}
		// What was accepted names the same place when it is written again.
		d := cases.Case{}
		d.ID = id
		if due != cases.NoClock {
			return
		}
		if again, same, err := cases.ParseCursor(d.Cursor()); err != nil || again != due || same != id {
			t.Fatalf("%q became %d %q %v", cursor, again, same, err)
		}
	})
}
