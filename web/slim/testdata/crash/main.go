// Command crash recovers from panics, grows its stack, collects garbage, and then panics.
package main

import (
	"fmt"
	"os"
	"runtime"
)

type value struct{ n int }

func (v value) Number() int { return v.n }

type numbered interface{ Number() int }

//go:noinline
func number(n numbered) int { return n.Number() }

func recovered(f func()) {
	defer func() { fmt.Println("recovered:", recover()) }()
	f()
}

func deep(n int) int {
	var pad [64]int
	pad[n%64] = n
	if n == 0 {
		runtime.GC()
		return 0
	}
	return deep(n-1) + pad[n%64] - n + 1
}

//go:noinline
func crash(x []int) int { return x[len(os.Args)] } // the line that panics

func main() {
	recovered(func() { panic("by hand") })
	recovered(func() {
		var p *value
		fmt.Println(number(p))
	})
	fmt.Println("deep:", deep(20000))
	fmt.Println(runtime.Callers(0, make([]uintptr, 8)) > 1)
	crash(nil)
}
