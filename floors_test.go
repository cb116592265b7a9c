//go:build !js

package mingjing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// floors has the floor of each package. A package imports only packages of lower floors;
// each package must be in this list, or below one that is.
var floors = map[string]int{
	"":                  0,
	"i18n":              0,
	"web":               0,
	"web/slim":          0,
	"logproof":          0,
	"app/client":        1,
	"app/component":     1,
	"app/logcheck":      1,
	"server/evidence":   1,
	"server/csvfile":    1,
	"server/guard":      1,
	"server/casework":   2,
	"app/page":          2,
	"server/vault":      2,
	"server/trace":      2,
	"app/page/resident": 3,
	"app/page/desk":     3,
	"app/page/public":   3,
	"app/page/plain":    3,
	"app/page/pagetest": 3,
	"server/store":      3,
	"server/blob":       3,
	"server/live":       3,
	"server/identity":   3,
	"server/agency":     3,
	"server/notify":     3,
	"server/api":        3,
	"server/letter":     3,
	"server/ledger":     3,
	"server/statement":  3,
	"server/demo":       4,
	"server/sim":        4,
	"server/metrics":    4,
	"app":               5,
	"app/desk":          5,
	"app/check":         5,
	"server":            5,
	"server/release":    5,
	"e2e":               5,
	"e2e/hello":         5,
}

// parts are the parts of casework. A part imports only the parts before it in this list,
// and the root package.
var parts = []string{"kernel", "notice", "holding", "score", "law", "comment", "mandate", "organisation", "cases", "record", "listing",
	"desk",
	"staff", "inquiry", "complaint", "draft", "share", "accesslog", "agencyside", "agencykey", "intake", "register", "takeaway", "upkeep"}

// partsImport are the packages that a part may import besides other parts.
var partsImport = []string{"", "/logproof", "/server/evidence"}

// pageImporters are the only packages that may import app/page and the packages below
// it: the main packages. That of the server passes it to api for rendering.
var pageImporters = []string{"app", "app/desk", "server"}

// rootPackages are the packages that import nothing but the standard library and
// rootModules: the types of the product must not depend on anything else.
var rootPackages = []string{"", "logproof"}

// rootModules are the modules of the Go team for the access log's tree and its signed
// notes.
var rootModules = []string{"golang.org/x/mod"}

// A browserProgram is what may be linked into one of the browser's programs. Every byte
// of it has to be downloaded by phones on slow networks.
type browserProgram struct {
	modules  []string
	packages []string
	// without are packages that it must not have, though their modules are allowed.
	without []string
}

// logCryptography is the cryptography of the program check; the programs that draw
// pages must not have it.
var logCryptography = []string{"crypto/ed25519", "golang.org/x/mod/sumdb/note"}

// goApp are the modules of a program that draws pages.
var goApp = []string{"mingjing", "github.com/google/uuid", "github.com/maxence-charriere/go-app/v10"}

// browserPrograms are the browser's programs by their main packages.
var browserPrograms = map[string]browserProgram{
	"app": {
		modules:  append(goApp[:len(goApp):len(goApp)], "golang.org/x/mod"), // the hashes of the access log's tree
		packages: []string{"", "i18n", "app", "app/client", "app/component", "app/page", "app/page/resident"},
		without:  logCryptography,
	},
	"app/desk": {
		modules:  append(goApp[:len(goApp):len(goApp)], "golang.org/x/mod"),
		packages: []string{"", "i18n", "app/desk", "app/client", "app/component", "app/page", "app/page/desk"},
		without:  logCryptography,
	},
	"app/check": {
		modules:  []string{"mingjing", "golang.org/x/mod"},
		packages: []string{"", "logproof", "app/check", "app/logcheck"},
	},
}

// heavy are packages of the standard library that our own packages in the browser must
// not import, with the brotli bytes that each costs there, or another reason.
var heavy = map[string]string{
	"net/http":      "348 kB, fetch of the browser does it",
	"regexp":        "89 kB",
	"text/template": "pulls in reflection over every method and keeps dead code alive",
	"html/template": "pulls in text/template",
	"time/tzdata":   "the browser has the zones",
	"database/sql":  "there is no database",
	"crypto/tls":    "the browser does it",
}

const module = "mingjing"

// A goPackage is what go list says of one package.
type goPackage struct {
	ImportPath string
	Dir        string
	Imports    []string
	Standard   bool
	Module     *struct{ Path string }
}

func TestPackagesImportOnlyFromLowerFloors(t *testing.T) {
	t.Parallel()
	pkgs := goList(t, nil, "./...")
	if len(pkgs) == 0 {
		t.Fatal("go list found no packages")
	}
	for _, p := range pkgs {
		pkg, floor := packageOf(p.ImportPath)
		if floor < 0 {
			t.Errorf("%s has no floor: give it one in floors_test.go, or move it", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if !ours(imp) {
				continue
			}
			other, below := packageOf(imp)
			switch {
			case below < 0 || other == pkg: // reported on its own, or within the package
			case other == "" && floor == 0: // the root package may be imported from its own floor too
			case below >= floor:
				t.Errorf("%s (floor %d) imports %s (floor %d): a package imports only from lower floors",
					p.ImportPath, floor, imp, below)
			case strings.HasPrefix(other, "app/page") && !strings.HasPrefix(pkg, "app/page") && !slices.Contains(pageImporters, pkg):
				t.Errorf("%s imports %s: only the main packages may", p.ImportPath, imp)
			case strings.HasPrefix(pkg, "app") && strings.HasPrefix(other, "server"):
				t.Errorf("%s imports %s: the browser's programs know no package of the server", p.ImportPath, imp)
			case strings.HasPrefix(pkg, "server/") && strings.HasPrefix(other, "app"):
				t.Errorf("%s imports %s: of the server only the main package knows the app", p.ImportPath, imp)
			}
		}
	}
}

func TestAPartOfCaseworkImportsOnlyPartsBeforeIt(t *testing.T) {
	t.Parallel()
	const above = module + "/server/casework/"
	found := map[string]bool{}
	for _, p := range goList(t, nil, "./server/casework/...") {
		part, ok := strings.CutPrefix(p.ImportPath, above)
		if !ok {
			continue // the bureau puts the parts together
		}
		found[part] = true
		place := slices.Index(parts, part)
		if place < 0 {
			t.Errorf("%s is no part of casework: give it a place in floors_test.go", part)
		}
		for _, imp := range p.Imports {
			if other, ok := strings.CutPrefix(imp, above); ok && slices.Index(parts, other) >= place {
				t.Errorf("%s imports %s, which is not before it", part, other)
			} else if !ok && ours(imp) && !slices.Contains(partsImport, strings.TrimPrefix(imp, module)) {
				t.Errorf("%s imports %s: a part imports only parts and %q", part, imp, partsImport)
			}
		}
	}
	for _, part := range parts {
		if !found[part] {
			t.Errorf("%s has a place and is not there", part)
		}
	}
}

// demoNamers are the files of the server, besides those of server/demo, that know that a
// city may be a demo: the program with its settings, and the pages' only hook.
var demoNamers = []string{"server/serve.go", "server/democity.go", "server/democity_release.go", "server/settings.go",
	"server/settingnotes.go",
	"server/api/demo.go", "server/api/api.go", "server/api/answer.go", "server/api/routes.go"}

func TestTheProductDoesNotKnowTheDemoCity(t *testing.T) {
	t.Parallel()
	const city = module + "/server/demo"
	for _, p := range goList(t, nil, "./...") {
		if slices.Contains(p.Imports, city) && p.ImportPath != module+"/server" {
			t.Errorf("%s imports the demo city: only the program may", p.ImportPath)
		}
	}
	found := map[string]bool{}
	err := filepath.WalkDir("server", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if path == filepath.Join("server", "demo") {
				return fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if !bytes.Contains(bytes.ToLower(text), []byte("demo")) {
			return err
		}
		name := filepath.ToSlash(path)
		found[name] = true
		if !slices.Contains(demoNamers, name) {
			t.Errorf("%s speaks of a demo: what only a demo city needs belongs into server/demo", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range demoNamers {
		if !found[name] {
			t.Errorf("%s may speak of a demo and does not", name)
		}
	}
}

func TestTheRootDependsOnTheStandardLibraryAlone(t *testing.T) {
	t.Parallel()
	for _, pkg := range rootPackages {
		for _, p := range goList(t, nil, "-deps", "./"+pkg) {
			if !p.Standard && !ours(p.ImportPath) && (p.Module == nil || !slices.Contains(rootModules, p.Module.Path)) {
				t.Errorf("the root package depends on %s", p.ImportPath)
			}
		}
	}
}

func TestOnlyKnownModulesAndPackagesReachTheBrowser(t *testing.T) {
	t.Parallel()
	for main, program := range browserPrograms {
		for _, p := range goList(t, []string{"GOOS=js", "GOARCH=wasm"}, "-deps", "./"+main) {
			if p.Standard {
				continue
			}
			if p.Module == nil || !slices.Contains(program.modules, p.Module.Path) {
				t.Errorf("%s would be linked into the program %s: its module is not on the list", p.ImportPath, main)
			}
			if pkg, _ := packageOf(p.ImportPath); ours(p.ImportPath) && !slices.Contains(program.packages, pkg) {
				t.Errorf("%s is linked into the program %s", p.ImportPath, main)
			}
		}
	}
}

// TestThePagesHaveNoCryptographyOfTheLog looks at what we import: go-app does so through
// net/http, which web/trim.go leaves out.
func TestThePagesHaveNoCryptographyOfTheLog(t *testing.T) {
	t.Parallel()
	for main, program := range browserPrograms {
		imports := map[string][]string{}
		for _, p := range goList(t, []string{"GOOS=js", "GOARCH=wasm"}, "-deps", "./"+main) {
			if !strings.HasPrefix(p.ImportPath, "github.com/maxence-charriere/go-app/") {
				imports[p.ImportPath] = p.Imports
			}
		}
		seen := map[string]bool{}
		var follow func(path, from string)
		follow = func(path, from string) {
			if slices.Contains(program.without, path) {
				t.Errorf("%s, which %s imports, would be linked into the program %s", path, from, main)
			}
			if seen[path] {
				return
			}
			seen[path] = true
			for _, imp := range imports[path] {
				follow(imp, path)
			}
		}
		follow(module+"/"+main, "the command")
		if len(seen) < len(program.packages) {
			t.Errorf("only %d packages of %s were looked at", len(seen), main)
		}
	}
}

func TestPackagesOfTheBrowserImportNothingHeavy(t *testing.T) {
	t.Parallel()
	var packages []string
	for _, program := range browserPrograms {
		packages = append(packages, program.packages...)
	}
	for _, p := range goList(t, []string{"GOOS=js", "GOARCH=wasm"}, "./...") {
		pkg, _ := packageOf(p.ImportPath)
		if !slices.Contains(packages, pkg) {
			continue
		}
		for _, imp := range p.Imports {
			if why, ok := heavy[imp]; ok {
				t.Errorf("%s imports %s (%s)", p.ImportPath, imp, why)
			}
		}
	}
}

// The program is one file, which runs where there is nothing else: it loads no library of
// the machine.
func TestTheServerLoadsNoLibraryOfTheMachine(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	const tag = "nodynamic" // leaves out what would load libheif
	if !bytes.Contains(makefile, []byte("export GOFLAGS := -tags="+tag+"\n")) {
		t.Errorf("the Makefile does not build with %s", tag)
	}
	for _, p := range goList(t, []string{"CGO_ENABLED=0"}, "-deps", "-tags", tag, "./server") {
		if strings.Contains(p.ImportPath, "purego") || p.ImportPath == "runtime/cgo" {
			t.Errorf("%s is linked in, which loads libraries of the machine", p.ImportPath)
		}
	}
}

func TestTheListOfFloorsNamesPackagesThatExist(t *testing.T) {
	t.Parallel()
	for _, pkg := range slices.Sorted(maps.Keys(floors)) {
		if !exists(t, "./"+pkg) {
			t.Errorf("%q has a floor and is not there", pkg)
		}
	}
}

// packageOf returns the package of the list that an import path of ours belongs to, and
// its floor; -1 for none. A folder without a floor belongs to the package above it.
func packageOf(path string) (pkg string, floor int) {
	pkg = strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
	for r := pkg; r != ""; {
		if f, ok := floors[r]; ok {
			if r != pkg && (r == "app" || r == "server") {
				return pkg, -1 // the folders in app and server need floors of their own
			}
			return r, f
		}
		i := strings.LastIndexByte(r, '/')
		if i < 0 {
			return pkg, -1
		}
		r = r[:i]
	}
	return "", floors[""]
}

func ours(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// goList asks the go command about packages; env is added to its environment.
func goList(t *testing.T, env []string, args ...string) []goPackage {
	t.Helper()
	watchSources(t)
	args = append([]string{"list", "-e", "-json=ImportPath,Dir,Imports,Standard,Module"}, args...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	var pkgs []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		pkgs = append(pkgs, p)
	}
}

// watchSources reads every folder of the module, so that go test does not reuse an old
// result: it does not see what a child process reads.
func watchSources(t *testing.T) {
	t.Helper()
	built := []string{".git", ".cache", ".data", "bin", "node_modules", "out"}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains(built, d.Name()) {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
