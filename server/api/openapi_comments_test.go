package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// comments are the doc comments of types and of their fields, by package and by
// Type or Type.Field.
type comments map[string]map[string]string

// docLink is a link of a doc comment.
var docLink = regexp.MustCompile(`\[([A-Za-z.]+)\]`)

// of returns what stands above a type, or a field of it; "" for nothing.
func (c comments) of(t *testing.T, typ reflect.Type, field string) string {
	t.Helper()
	name, _, _ := strings.Cut(typ.Name(), "[")
	if field != "" {
		name += "." + field
	}
	return c.in(t, typ.PkgPath())[name]
}

// in returns the comments of a package of ours.
func (c comments) in(t *testing.T, pkg string) map[string]string {
	t.Helper()
	if c[pkg] != nil || pkg == "" {
		return c[pkg]
	}
	c[pkg] = map[string]string{}
	dir := filepath.Join("..", "..", strings.TrimPrefix(strings.TrimPrefix(pkg, "mingjing"), "/"))
	files, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no files in %s: %v", pkg, dir, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if group, ok := n.(*ast.GenDecl); ok && group.Tok == token.TYPE {
				for _, s := range group.Specs {
					if spec, ok := s.(*ast.TypeSpec); ok {
						c[pkg][spec.Name.Name] = plain(group.Doc, spec.Doc)
						c.fields(pkg, spec)
					}
				}
			}
			return true
		})
	}
	return c[pkg]
}

func (c comments) fields(pkg string, spec *ast.TypeSpec) {
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			c[pkg][spec.Name.Name+"."+name.Name] = plain(f.Doc, f.Comment)
		}
	}
}

// plain returns the first of the comments that is there, as one paragraph.
func plain(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if g != nil {
			return strings.Join(strings.Fields(docLink.ReplaceAllString(g.Text(), "$1")), " ")
		}
	}
	return ""
}
