package web

import "testing"

// budgets are the most bytes that a program may have as it is sent, compressed with
// brotli. A resident on Slow 4G waits a second for each 200,000.
var budgets = map[string]int{"app": 1_000_000, "desk": 1_250_000, "check": 650_000}

func TestEachProgramKeepsItsBudget(t *testing.T) {
	for name, most := range budgets {
		p, ok := Wasm(name)
		switch {
		case !ok:
			t.Errorf("%s.wasm is not built: make build", name)
		case len(p.Brotli) > most:
			t.Errorf("%s.wasm has %d bytes, and may have %d", name, len(p.Brotli), most)
		}
	}
	for _, name := range append(Programs, Checker) {
		if budgets[name] == 0 {
			t.Errorf("%s.wasm has no budget", name)
		}
	}
}
