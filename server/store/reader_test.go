package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/vault"
)

func TestTwoReadersOfOneTransactionLogEachForItsOwnReason(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		must(t, s.Tx(t.Context(), func(tx casework.Tx) error {
			one, two := tx.As(kernel.Entry{AccessEntry: anEntry(1)}), tx.As(kernel.Entry{AccessEntry: why})
			for _, rd := range []casework.Reader{one, two, one, two} {
				if got, err := rd.Resident(t.Context(), r.ID); err != nil || got.Name != r.Name {
					t.Fatalf("read %+v, %v", got, err)
				}
			}
			return nil
		}))
		looks := mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.AccessEntry, error) {
			return tx.AccessEntries(ctx, r.ID, false, 0, 10)
		})
		if len(looks) != 2 || looks[1].Action != anEntry(1).Action || looks[0].Action != why.Action || looks[0].Who != why.Who {
			t.Errorf("two readers wrote %+v", looks)
		}
	})
}

func TestATransactionHasNothingThatAReaderHas(t *testing.T) {
	plain := reflect.TypeFor[*tx]()
	for m := range reflect.TypeFor[casework.Reader]().Methods() {
		if _, ok := plain.MethodByName(m.Name); ok {
			t.Errorf("a transaction has %s, which needs a reader", m.Name)
		}
	}
}

func TestATransactionOpensTheBureausAlone(t *testing.T) {
	s, r := open(t, "sqlite::memory:"), resident(1)
	whole(t, s, r)
	do(t, s, func(ctx context.Context, tx *reader) error {
		for _, k := range allSealed {
			rows, err := tx.sealedRows(ctx, "read", k, `WHERE `+k.contentColumn()+` IS NOT NULL`)
			must(t, err)
			for _, row := range rows {
				_, err := tx.tx.open(ctx, k, row)
				if ours := k.owner == bureauOwner; ours != (err == nil) || err != nil && !errors.Is(err, vault.ErrSealed) {
					t.Errorf("%s.%s: %v", k.table, k.contentColumn(), err)
				}
			}
		}
		return nil
	})
}

// TestOnlyAReaderOpens finds every use of the vault's opener in the package: it is in a
// method of reader, or where a reader is made. That for upkeep, which logs nothing, has one
// use, at which nobody looks.
func TestOnlyAReaderOpens(t *testing.T) {
	opener := reflect.TypeFor[vault.Opener]()
	makes := map[string][]string{"Opener": {"as", "upkeep"}, "upkeep": {"addOldLeaves"}}
	opens := 0
	eachUse(t, func(in *ast.FuncDecl, receiver string, f *types.Func) {
		owner := f.Signature().Recv()
		switch {
		case owner != nil && strings.TrimPrefix(owner.Type().String(), "*") == opener.PkgPath()+"."+opener.Name():
			if opens++; receiver != "reader" {
				t.Errorf("%s opens what is sealed for residents, and is no method of reader", in.Name.Name)
			}
		case strings.HasPrefix(f.Pkg().Path(), "mingjing/server/vault") || f.Pkg().Path() == "mingjing/server/store":
			if in := in.Name.Name; makes[f.Name()] != nil && !slices.Contains(makes[f.Name()], in) {
				t.Errorf("%s calls %s", in, f.Name())
			}
		}
	})
	if opens < 4 {
		t.Errorf("%d uses of the opener were found: is this still how things are opened?", opens)
	}
}

// eachUse calls see for each use of a function or method of this package or the vault in
// a function of this package, with the name of the receiver's type.
func eachUse(t *testing.T, see func(in *ast.FuncDecl, receiver string, f *types.Func)) {
	t.Helper()
	fset := token.NewFileSet()
	names, imports := sources(t, fset)
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, name, nil, 0)
		must(t, err)
		files = append(files, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	_, err := (&types.Config{Importer: imports}).Check("mingjing/server/store", fset, files, info)
	must(t, err)
	for _, file := range files {
		for _, d := range file.Decls {
			in, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			receiver := ""
			if in.Recv != nil {
				receiver = strings.TrimPrefix(types.ExprString(in.Recv.List[0].Type), "*")
			}
			ast.Inspect(in, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					if f, ok := info.Uses[id].(*types.Func); ok && f.Pkg() != nil {
						see(in, receiver, f)
					}
				}
				return true
			})
		}
	}
}

// sources are the files of this package, and an importer of what the compiler has made of
// the packages that it imports.
func sources(t *testing.T, fset *token.FileSet) (files []string, imports types.Importer) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Export,GoFiles", ".").Output()
	must(t, err)
	export := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Export string
			GoFiles            []string
		}
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		export[p.ImportPath], files = p.Export, p.GoFiles // this package comes last
	}
	return files, importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if export[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(export[path])
	})
}
