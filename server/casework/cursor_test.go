package casework_test

import (
	"testing"

	"mingjing/server/casework"
)

func FuzzParseCursor(f *testing.F) {
	f.Add(casework.Dispute{}.Cursor())
	f.Add("1772413200000000.ABC")
	f.Add("-1.")
	f.Add("9223372036854775807.x.y")
	f.Fuzz(func(t *testing.T, cursor string) {
		due, id, err := casework.ParseCursor(cursor)
		if err != nil {
			return
		}
		// What was accepted names the same place when it is written again.
		d := casework.Dispute{}
		d.ID = id
		if due != casework.NoClock {
			return
		}
		if again, same, err := casework.ParseCursor(d.Cursor()); err != nil || again != due || same != id {
			t.Fatalf("%q became %d %q %v", cursor, again, same, err)
		}
	})
}
