//go:build ignore

// Command trim FOLDER writes a copy of go-app into the folder without what only
// its server needs, a go.mod beside it that takes the copy in its place, and an
// overlay.json that leaves out parts of the standard library:
//
//	go run web/trim.go .cache/goapp
//	GOOS=js GOARCH=wasm go build -modfile .cache/goapp/go.mod -overlay .cache/goapp/overlay.json ./app
//
// go-app's HTTP handler is part of the browser's program only because no build tag
// leaves it out, and net/http with its cryptography stays alive by its
// initialisers; so do its encryption, random ids and regular expressions. Its states
// and its own navigation are not used here. A resident on a slow phone would wait for
// them before the page comes to life. Every change names the text that it replaces,
// so that another version of go-app fails here and not in somebody's browser.
//
// The first mounting, of a whole page, pauses regularly so that the browser can draw and
// handle input in between; so does the runtime between the packages' initialisers. The
// method OnReplace of a component is called before the component replaces what the
// server rendered, and returns a function that is called right after.
//
// Of the standard library goes what has no use in a browser: the self-tests of the
// cryptography (FIPS 140), which keep all of it alive, and the GODEBUG settings.
package main

import (
	"encoding/json"
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
	"state.go": wholeState,
}

// wholeState is state.go without states that are kept, encrypted or sent to other windows.
const wholeState = `package app

import "time"

// State is a state that nobody keeps.
type State struct{}

func (s State) ExpiresIn(time.Duration) State { return s }
func (s State) ExpiresAt(time.Time) State     { return s }
func (s State) Persist() State                { return s }
func (s State) PersistWithEncryption() State  { return s }
func (s State) Broadcast() State              { return s }

// Observer is told of nothing.
type Observer struct{}

func (o Observer) While(func() bool) Observer { return o }
func (o Observer) OnChange(func()) Observer   { return o }
func (o Observer) WithBroadcast() Observer    { return o }

type stateManager struct{}

const noStates = "app: there are no states here"

func (m *stateManager) Observe(Context, string, any) Observer   { panic(noStates) }
func (m *stateManager) Get(Context, string, any)                { panic(noStates) }
func (m *stateManager) Set(Context, string, any) State          { panic(noStates) }
func (m *stateManager) Delete(Context, string)                  { panic(noStates) }
func (m *stateManager) Cleanup()                                {}
func (m *stateManager) CleanupExpiredPersistedStates(Context)   {}
`

// added are files that go-app has not.
var added = map[string]string{
	"pause.go": `package app

import "time"

// longest is how long the browser waits. On a phone that is four times slower than an ordinary
// computer a task then stays below 50 ms, above which Lighthouse counts it as blocking.
const longest = 12 * time.Millisecond

// worked is when the last pause ended; zero after the first mounting.
var worked = time.Now()

// pause gives the browser its turn when it has waited for long enough.
func pause() {
	if worked.IsZero() || time.Since(worked) < longest {
		return
	}
	time.Sleep(time.Nanosecond) // not 0, which is no pause
	worked = time.Now()
}
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
	"node.go": {
		{"func (m nodeManager) Mount(ctx Context, depth uint, v UI) (UI, error) {\n",
			"func (m nodeManager) Mount(ctx Context, depth uint, v UI) (UI, error) {\n\tpause()\n"},
		{"\t\tv.JSValue().replaceChild(newChild, child)\n",
			"\t\treplaced := func() {}\n\t\tif r, ok := newChild.(interface{ OnReplace() func() }); ok {\n\t\t\treplaced = r.OnReplace()\n\t\t}\n" +
				"\t\tv.JSValue().replaceChild(newChild, child)\n\t\treplaced()\n"},
	},
	"engine.go": {
		{"\t\t\tdispatch()\n\n\t\tcase <-frames.C:\n\t\t\te.processFrame()\n",
			"\t\t\tpause()\n\t\t\tdispatch()\n\n\t\tcase <-frames.C:\n\t\t\tworked = time.Time{}\n\t\t\te.processFrame()\n"},
	},
	"js_wasm.go": {
		// A translator puts nodes of its own in the place of ours. What is written into a node
		// that is not in the page is not seen, and one that is not a child can't be removed.
		{"func (v value) replaceChild(new, old Wrapper) {\n",
			"func (v value) replaceChild(new, old Wrapper) {\n\tif !v.holds(old) {\n\t\tv.Call(\"appendChild\", new)\n\t\treturn\n\t}\n"},
		{"func (v value) removeChild(c Wrapper) {\n",
			"func (v value) removeChild(c Wrapper) {\n\tif !v.holds(c) {\n\t\treturn\n\t}\n"},
		{"\tv.Set(\"nodeValue\", val)\n",
			"\tv.Set(\"nodeValue\", val)\n\tif !v.Get(\"isConnected\").Bool() {\n\t\tfoundForeign()\n\t}\n"},
		{"func (v value) firstElementChild() Value {\n", `// holds reports whether a node is a child of v, and otherwise says that somebody else has
// changed the page.
func (v value) holds(c Wrapper) bool {
	if c.JSValue().Get("parentNode").Equal(v) {
		return true
	}
	foundForeign()
	return false
}

// foundForeign tells the page that it has nodes which are not ours.
func foundForeign() {
	Window().Call("dispatchEvent", Window().Get("Event").New("mingjing:foreign"))
}

func (v value) firstElementChild() Value {
`},
		{"w.Get(\"document\").Call(\"create", "theDocument.Call(\"create"},
		{"func (w *browserWindow) createElement(", "var theDocument = Window().Get(\"document\")\n\nfunc (w *browserWindow) createElement("},
	},
	"route.go": {
		{"import (\n\t\"regexp\"\n\t\"sync\"\n)", "import \"sync\""},
		{"regexp.MustCompile(", "mustCompile("},
		{"*regexp.Regexp", "pattern"},
	},
	"context.go": {{"\t\"github.com/google/uuid\"\n", ""}, {"uuid.NewString()", "newID()"}},
	"browser.go": {
		{"\tb.handleAnchorClick(ctx)\n\tb.handlePopState(ctx)\n\tb.handleNavigationFromJS(ctx)\n" +
			"\tb.handleAppUpdate(ctx, notifyComponentEvent)\n", ""},
		{"\tb.handleAppResize(ctx, notifyComponentEvent)\n", ""},
	},
}

// A replacement is what a file of the standard library becomes: the changed text,
// another text, or nothing at all.
type replacement struct {
	changes []change
	whole   string
	// selfTest says that the file is left out, and was nothing but a self-test at the
	// start of the program.
	selfTest bool
}

var library = map[string]replacement{
	"internal/godebug/godebug.go": {whole: `package godebug

// A Setting is a setting of $GODEBUG, which is never set in a browser.
type Setting struct{ name string }

func New(name string) *Setting { return &Setting{name} }

func (s *Setting) Name() string   { return s.name }
func (s *Setting) String() string { return s.name + "=" }
func (s *Setting) Value() string  { return "" }
func (s *Setting) IncNonDefault() {}

func (s *Setting) Undocumented() bool { return false }
`},
	// A program that only decodes a type need not make an encoder for it.
	"encoding/json/encode.go": {changes: []change{
		{"\tfor i := range fields {\n\t\tf := &fields[i]\n\t\tf.encoder = typeEncoder(typeByIndex(t, f.index))\n\t}\n", ""},
		{"\t\tf.encoder(e, fv, opts)\n", "\t\ttypeEncoder(fv.Type())(e, fv, opts)\n"},
	}},
	"runtime/proc.go": {changes: []change{
		{"\t\tdoInit(m.inittasks)\n\t\tif m == last {", `		for worked, i := int64(0), 0; i < len(m.inittasks); i++ {
			// Before syscall/js is initialised nobody could handle an event.
			if eventHandler != nil && nanotime()-worked > 12_000_000 {
				timeSleep(1)
				worked = nanotime()
			}
			doInit1(m.inittasks[i])
		}
		if m == last {`},
	}},
	// Nothing is in FIPS mode in a browser.
	"crypto/internal/fips140/check/check.go": {whole: "package check\n\nvar Verified bool\n"},
	"crypto/internal/fips140/drbg/rand.go": {changes: []change{
		{"var drbgPool = sync.Pool{\n\tNew: func() any {\n\t\treturn NewCounter(getEntropy())\n\t},\n}\n", "var drbgPool sync.Pool\n"},
	}},
	"crypto/internal/fips140/aes/cast.go":     {selfTest: true},
	"crypto/internal/fips140/aes/gcm/cast.go": {selfTest: true},
	"crypto/internal/fips140/drbg/cast.go":    {selfTest: true},
	"crypto/internal/fips140/hkdf/cast.go":    {selfTest: true},
	"crypto/internal/fips140/hmac/cast.go":    {selfTest: true},
	"crypto/internal/fips140/sha256/cast.go":  {selfTest: true},
	"crypto/internal/fips140/sha3/cast.go":    {selfTest: true},
	"crypto/internal/fips140/sha512/cast.go":  {selfTest: true},
	// The fast ways of reading and writing floating-point numbers need a table of 11
	// kB that does not compress. There are few numbers in a page; the slow ways are
	// exact too.
	"internal/strconv/atof.go": {changes: []change{{"var optimize = true //", "const optimize = false //"}}},
	// The host is that of the page, which the browser has understood already.
	"net/url/url.go": {changes: []change{
		{"\t\"net/netip\"\n", ""},
		{"\t\taddr, err := netip.ParseAddr(unescapedHostname)\n\t\tif err != nil {\n\t\t\treturn \"\", " +
			"fmt.Errorf(\"invalid host: %w\", err)\n\t\t}\n" +
			"\t\tif addr.Is4() {\n\t\t\treturn \"\", errors.New(\"invalid IP-literal\")\n\t\t}\n", ""},
	}},
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
	if err := copyFile("go.sum", filepath.Join(folder, "go.sum"), nil); err != nil {
		return err
	}
	return overlay(folder)
}

// overlay writes overlay.json, and the files that it puts in others' places.
func overlay(folder string) error {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("finding the standard library: %w", err)
	}
	src := filepath.Join(strings.TrimSpace(string(out)), "src")
	replace := map[string]string{}
	for name, r := range library {
		from, to := filepath.Join(src, filepath.FromSlash(name)), filepath.Join(folder, "library", filepath.FromSlash(name))
		replace[from] = to
		switch {
		case r.selfTest:
			text, err := os.ReadFile(from)
			if err != nil {
				return err
			}
			if !onlySelfTest(string(text)) {
				return errors.New(from + " is more than a self-test")
			}
			replace[from] = ""
		case r.whole != "":
			if err := writeFile(to, r.whole); err != nil {
				return err
			}
		default:
			if err := copyFile(from, to, r.changes); err != nil {
				return err
			}
		}
	}
	data, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "overlay.json"), data, 0o644)
}

func onlySelfTest(text string) bool {
	return strings.Count(text, "\nfunc ") == 1 && strings.Contains(text, "\nfunc init() {\n") &&
		strings.Contains(text, "fips140.CAST(") && !strings.Contains(text, "\nvar ")
}

func copyPackage(from, to string) error {
	if filepath.Base(from) == "app" {
		for name, text := range added {
			if err := writeFile(filepath.Join(to, name), text); err != nil {
				return err
			}
		}
	}
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
			if err := writeFile(filepath.Join(to, name), text); err != nil {
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
	return writeFile(to, text)
}

func writeFile(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644)
}
