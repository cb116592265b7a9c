//go:build !js

package mingjing_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// logDocument is the inventory of the log. What follows logMark is made by UPDATE=1.
const (
	logDocument = "docs/logs.md"
	logMark     = "<!-- what follows is made by UPDATE=1 go test . -run InventoryOfTheLog -->\n"
)

// logLevels are the methods of a logger, with the level of their records.
var logLevels = map[string]string{"Info": "info", "InfoContext": "info", "Warn": "warn", "WarnContext": "warn", "Error": "error",
	"ErrorContext": "error", "Log": "info or warn"}

// personalAttributes are the names under which a record would have something of a person.
var personalAttributes = []string{"name", "resident", "id_number", "email", "addr", "address", "password", "token", "ip", "login", "text"}

func TestTheInventoryOfTheLogHasEachRecordAndNoneHasSomethingOfAPerson(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	err := filepath.WalkDir("server", func(path string, d fs.DirEntry, err error) error {
		name := filepath.ToSlash(path)
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.HasPrefix(name, "server/demo/") || strings.HasPrefix(name, "server/sim/") || strings.Contains(name, "test/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || logLevels[method.Sel.Name] == "" || len(call.Args) == 0 {
				return true
			}
			args := call.Args
			switch {
			case strings.HasSuffix(method.Sel.Name, "Context"):
				args = args[1:]
			case method.Sel.Name == "Log" && len(args) > 2:
				args = args[2:]
			}
			message, ok := literal(args[0])
			if !ok {
				return true
			}
			var names []string
			for _, arg := range args[1:] {
				if s, ok := literal(arg); ok {
					names = append(names, s)
				}
				if inner, ok := arg.(*ast.CallExpr); ok && len(inner.Args) > 0 {
					if s, ok := literal(inner.Args[0]); ok {
						names = append(names, s)
					}
				}
			}
			for _, s := range names {
				if slices.Contains(personalAttributes, s) {
					t.Errorf("%s: the record %q has an attribute %q", name, message, s)
				}
			}
			found[fmt.Sprintf("| %s | %s | %s | [%s](../%s) |\n", message, logLevels[method.Sel.Name], strings.Join(names, ", "),
				filepath.Base(name), name)] = true
			return true
		})
		return nil
	})
	if err != nil || len(found) < 40 {
		t.Fatalf("%d records, %v", len(found), err)
	}
	var out strings.Builder
	out.WriteString("| record | level | attributes | where |\n|---|---|---|---|\n")
	lines := make([]string, 0, len(found))
	for line := range found {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	out.WriteString(strings.Join(lines, ""))
	data, err := os.ReadFile(logDocument)
	if err != nil {
		t.Fatal(err)
	}
	before, is, marked := strings.Cut(string(data), logMark)
	switch {
	case is == out.String():
	case os.Getenv("UPDATE") == "":
		t.Errorf("%s is not that of the code: run the test with UPDATE=1", logDocument)
	case !marked:
		t.Errorf("%s lacks the mark", logDocument)
	default:
		if err := os.WriteFile(logDocument, []byte(before+logMark+out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// literal returns the value of a string literal.
func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}
