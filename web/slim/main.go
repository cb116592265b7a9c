// Command slim makes a WebAssembly program that Go 1.26 linked smaller: it joins
// the data segments and blanks what only tracebacks read. What was blanked is
// read again from the program as it was linked.
//
//	slim IN.wasm OUT.wasm    write the smaller program
//	slim names IN.wasm       copy a panic's trace from stdin, with names, files and lines
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: slim IN.wasm OUT.wasm\n       slim names IN.wasm < trace")
		os.Exit(2)
	}
	var err error
	if os.Args[1] == "names" {
		err = names(os.Args[2], os.Stdin, os.Stdout)
	} else {
		err = slimFile(os.Args[1], os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "slim:", err)
		os.Exit(1)
	}
}

func slimFile(in, out string) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	small, err := slim(data)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return os.WriteFile(out, small, 0o755) //nolint:gosec // a program that others run
}

func names(in string, trace io.Reader, out io.Writer) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	m, err := parseModule(data)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	t, err := findTable(m)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	lines := bufio.NewScanner(trace)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fmt.Fprintln(out, t.annotate(lines.Text()))
	}
	return lines.Err()
}
