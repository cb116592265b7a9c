package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a rulebook's zone is known on every machine

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"mingjing"
	"mingjing/web/rulebooks"
)

// What the rulebook command exits with.
const (
	rulebooksGood   = 0
	rulebooksBad    = 1
	rulebooksUnread = 2 // or the command was not understood
)

const rulebookUsage = `usage: mingjing rulebook check FILE...

Reads each rulebook as the program will and prints every problem with its place.
Exits with 0 when all load, 1 when one does not, 2 when a file cannot be read.
`

// runRulebook is the rulebook subcommand; args are what follows its name.
func runRulebook(args []string, stdout, stderr io.Writer) int {
	if len(args) < 2 || args[0] != "check" || strings.HasPrefix(args[1], "-") {
		fmt.Fprint(stderr, rulebookUsage)
		return rulebooksUnread
	}
	schema, err := rulebookSchema()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return rulebooksUnread
	}
	code := rulebooksGood
	for _, file := range args[1:] {
		data, err := readRulebook(file)
		if err != nil {
			fmt.Fprintln(stderr, err)
			code = max(code, rulebooksUnread)
			continue
		}
		book, problems := checkRulebook(schema, file, data)
		for _, p := range problems {
			fmt.Fprintf(stdout, "%s: %s\n", file, p)
		}
		if len(problems) > 0 {
			code = max(code, rulebooksBad)
			continue
		}
		ref := book.Ref()
		fmt.Fprintf(stdout, "%s: good: %s %s, %d agencies, %d items, %d bands, sha256 %s\n",
			file, ref.ID, ref.Version, len(book.Agencies), len(book.Catalogue), len(book.Bands), ref.Hash)
	}
	return code
}

// readRulebook reads no more than one byte beyond what [mingjing.ParseRulebook]
// accepts.
func readRulebook(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("opening the rulebook: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mingjing.MaxRulebookBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the rulebook: %w", err)
	}
	return data, nil
}

// checkRulebook is the rulebook, or what is wrong with it: first what the
// published schema says, then what the program's own reader says.
func checkRulebook(schema *jsonschema.Schema, file string, data []byte) (*mingjing.Rulebook, []string) {
	var problems []string
	if len(data) <= mingjing.MaxRulebookBytes {
		problems = schemaProblems(schema, data)
	}
	book, err := mingjing.ParseRulebook(data)
	if err != nil {
		if wrong, ok := errors.AsType[*mingjing.RulebookError](err); ok {
			return nil, append(problems, wrong.Problems...)
		}
		return nil, append(problems, "/: "+err.Error())
	}
	if _, err := time.LoadLocation(book.Zone); err != nil {
		problems = append(problems, "/zone: "+err.Error()+": write an IANA time zone, such as Asia/Shanghai")
	}
	if name := book.ID + ".json"; filepath.Base(file) != name {
		problems = append(problems, "/id: the file of this rulebook is called "+name+": rename one of them")
	}
	return book, problems
}

// rulebookSchema compiles the published schema; nothing is fetched for it.
func rulebookSchema() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(rulebooks.Schema()))
	if err != nil {
		return nil, fmt.Errorf("reading the rulebook schema: %w", err)
	}
	const url = "mem:///" + mingjing.RulebookSchema
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{})
	if err := c.AddResource(url, doc); err != nil {
		return nil, fmt.Errorf("reading the rulebook schema: %w", err)
	}
	schema, err := c.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("compiling the rulebook schema: %w", err)
	}
	return schema, nil
}

// schemaProblems are what the schema says, by place, each once.
func schemaProblems(schema *jsonschema.Schema, data []byte) []string {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil // the reader says it better
	}
	err = schema.Validate(doc)
	if err == nil {
		return nil
	}
	wrong, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []string{"/: schema: " + err.Error()}
	}
	var problems []string
	var leaves func(e *jsonschema.ValidationError)
	leaves = func(e *jsonschema.ValidationError) {
		// What none of a list's entries is, is wrong with the list, not with each.
		_, contains := e.ErrorKind.(*kind.Contains)
		if len(e.Causes) == 0 || contains {
			alone := *e
			alone.Causes = nil
			problems = append(problems, "/"+strings.Join(e.InstanceLocation, "/")+": schema: "+alone.BasicOutput().Error.String())
			return
		}
		for _, cause := range e.Causes {
			leaves(cause)
		}
	}
	leaves(wrong)
	slices.Sort(problems)
	const most = 100
	problems = slices.Compact(problems)
	return problems[:min(len(problems), most)]
}
