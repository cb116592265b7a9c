//go:build ignore

// Command trim FOLDER writes a copy of go-app into the folder without what only
// its server needs, and a go.mod beside it that takes the copy in its place:
//
//	go run web/trim.go .cache/goapp
//	GOOS=js GOARCH=wasm go build -modfile .cache/goapp/go.mod ./app
//
// go-app's HTTP handler is part of the browser's program only because no build tag
// leaves it out, and net/http with its cryptography stays alive by its
// initialisers; so do its encryption, random ids and regular expressions. A
// resident on a slow phone would wait for them before the page comes to life.
// Every change names the text that it replaces, so that another version of go-app
// fails here and not in somebody's browser.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	module  = "github.com/maxence-charriere/go-app/v10"
	version = "v10.1.11"
)

// whole are files that are replaced.
var whole = map[string]string{
	"http.go": `package app

import (
	"strconv"
	"strings"
)

// Handler serves an app. In a browser there is nothing to serve.
type Handler struct{}

// pattern is the one kind of pattern that is understood here: "^PREFIX.*".
type pattern string

func mustCompile(s string) pattern {
	prefix, begins := strings.CutPrefix(s, "^")
	prefix, ends := strings.CutSuffix(prefix, ".*")
	if !begins || !ends || strings.ContainsAny(prefix, "\\.+*?()|[]{}^$") {
		panic("app: only patterns of the form ^PREFIX.* are understood in a browser: " + s)
	}
	return pattern(prefix)
}

func (p pattern) MatchString(s string) bool { return strings.HasPrefix(s, string(p)) }

var lastID int

// newID is another one each time, within one page.
func newID() string {
	lastID++
	return "id-" + strconv.Itoa(lastID)
}
`,
	"crypto.go": `package app

import "github.com/maxence-charriere/go-app/v10/pkg/errors"

func encrypt(string, []byte) ([]byte, error) { return nil, errors.New("there is no encryption here") }
func decrypt(string, []byte) ([]byte, error) { return nil, errors.New("there is no encryption here") }
`,
}

// A change replaces a text that must be there.
type change struct{ from, to string }

var changes = map[string][]change{
	"resource.go": {
		{"import (\n\t\"net/http\"\n\t\"strings\"\n)", "import \"strings\""},
		{"\t\tHandler:   http.FileServer(http.Dir(directory)),\n", ""},
		{"\thttp.Handler\n", ""},
	},
	"route.go": {
		{"import (\n\t\"regexp\"\n\t\"sync\"\n)", "import \"sync\""},
		{"regexp.MustCompile(", "mustCompile("},
		{"*regexp.Regexp", "pattern"},
	},
	"context.go": {{"\t\"github.com/google/uuid\"\n", ""}, {"uuid.NewString()", "newID()"}},
	"state.go":   {{"\t\"github.com/google/uuid\"\n", ""}, {"uuid.NewString()", "newID()"}},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: trim FOLDER")
		os.Exit(2)
	}
	if err := trim(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "trim:", err)
		os.Exit(1)
	}
}

func trim(folder string) error {
	// On a fresh machine the module is not there yet, and would have no folder.
	if out, err := exec.Command("go", "mod", "download", module).CombinedOutput(); err != nil {
		return fmt.Errorf("downloading go-app: %w\n%s", err, out)
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}\n{{.Dir}}", module).Output()
	if err != nil {
		return fmt.Errorf("finding go-app: %w", err)
	}
	got, dir, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if got != version {
		return fmt.Errorf("go-app is %s: look at what changed since %s, and change this command", got, version)
	}
	folder, err = filepath.Abs(folder)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(folder, "go-app")); err != nil {
		return err
	}
	if err := copyFile(filepath.Join(dir, "go.mod"), filepath.Join(folder, "go-app", "go.mod"), nil); err != nil {
		return err
	}
	for _, pkg := range []string{"app", "errors"} {
		if err := copyPackage(filepath.Join(dir, "pkg", pkg), filepath.Join(folder, "go-app", "pkg", pkg)); err != nil {
			return err
		}
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	mod = append(mod, "\nreplace "+module+" => "+filepath.Join(folder, "go-app")+"\n"...)
	if err := os.WriteFile(filepath.Join(folder, "go.mod"), mod, 0o644); err != nil {
		return err
	}
	return copyFile("go.sum", filepath.Join(folder, "go.sum"), nil)
}

func copyPackage(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		app := filepath.Base(from) == "app"
		if text, ok := whole[name]; ok && app {
			if err := os.WriteFile(filepath.Join(to, name), []byte(text), 0o644); err != nil {
				return err
			}
			continue
		}
		var edits []change
		if app {
			edits = changes[name]
		}
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name), edits); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string, edits []change) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	text := string(data)
	for _, c := range edits {
		if !strings.Contains(text, c.from) {
			return errors.New(from + " does not contain " + c.from)
		}
		text = strings.ReplaceAll(text, c.from, c.to)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, []byte(text), 0o644)
}
