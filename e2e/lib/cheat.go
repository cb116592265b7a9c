//go:build ignore

// Command cheat does to a server's database what only its operator could: it runs
// each SQL statement that it is given, and prints what the last one returns as
// JSON. It is for the tests that hold that a resident's phone finds out.
package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"

	_ "modernc.org/sqlite"
)

func main() {
	if err := cheat(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "cheat:", err)
		os.Exit(1)
	}
}

func cheat(file string, statements []string) error {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // what is temporary is seen by the next statement
	out := [][]any{}
	for _, s := range statements {
		rows, err := db.Query(s)
		if err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		out = out[:0]
		for rows.Next() {
			row, to := make([]any, len(columns)), make([]any, len(columns))
			for i := range row {
				to[i] = &row[i]
			}
			if err := rows.Scan(to...); err != nil {
				return err
			}
			out = append(out, row)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
