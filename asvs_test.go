package mingjing_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// asvs is the table of the requirements of the OWASP Application Security Verification
// Standard 5.0.0, from which docs/asvs.md is made by UPDATE=1.
const asvs = "docs/asvs.csv"

// requirements is how many requirements each level of the standard adds.
var requirements = map[string]int{"1": 70, "2": 183, "3": 92}

func TestEachRequirementOfTheSecurityStandardIsMetByATestOrHasItsReason(t *testing.T) {
	f, err := os.Open(asvs)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatal(len(rows), err)
	}
	tests := namesOfTests(t)
	seen, levels := map[string]bool{}, map[string]int{}
	for _, row := range rows[1:] {
		id, level, state, note, named := row[0], row[1], row[2], row[3], row[4]
		if seen[id] {
			t.Errorf("%s stands twice", id)
		}
		seen[id] = true
		levels[level]++
		switch {
		case state != "met" && state != "not applicable" && state != "not met":
			t.Errorf("%s is %q", id, state)
		case note == "" && (state != "met" || named == ""):
			t.Errorf("%s has no reason", id)
		}
		for _, name := range strings.Split(named, "; ") {
			if name != "" && !tests[name] {
				t.Errorf("%s names the test %q, which there is not", id, name)
			}
		}
	}
	for level, n := range requirements {
		if levels[level] != n {
			t.Errorf("level %s has %d requirements, want %d", level, levels[level], n)
		}
	}

	want := asvsDocument(rows[1:])
	const document = "docs/asvs.md"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(document, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(document); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not made from %s: UPDATE=1 go test . -run %s (%v)", document, asvs, t.Name(), err)
	}
}

// namesOfTests returns the names of all tests of Go, and the titles of those in the browser.
func namesOfTests(t *testing.T) map[string]bool {
	t.Helper()
	in := map[string]*regexp.Regexp{
		"_test.go":  regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`),
		".spec.mjs": regexp.MustCompile(`(?m)^\s*test\('((?:[^'\\]|\\.)+)'`),
	}
	names := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || path != "." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		for suffix, re := range in {
			if !strings.HasSuffix(path, suffix) {
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range re.FindAllSubmatch(data, -1) {
				names[string(m[1])] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// asvsDocument returns the table as a document.
func asvsDocument(rows [][]string) []byte {
	var b bytes.Buffer
	b.WriteString(`<!-- Made from asvs.csv by UPDATE=1 go test . -run SecurityStandard; edit that file. -->

# The OWASP ASVS 5.0.0, requirement by requirement

The [Application Security Verification Standard](https://owasp.org/www-project-application-security-verification-standard/)
has 345 requirements on three levels. Each line says whether it is met and by which tests, does not apply and why, or is
not met. That tests of these names exist is itself tested; that they show what the requirement wants is our reading, which
nobody outside has checked.

| level | requirements | met | not applicable | not met |
|---|---|---|---|---|
`)
	for _, level := range []string{"1", "2", "3"} {
		count := map[string]int{}
		for _, row := range rows {
			if row[1] == level {
				count[row[2]]++
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", level, requirements[level], count["met"], count["not applicable"], count["not met"])
	}
	chapter := ""
	for _, row := range rows {
		if c, _, _ := strings.Cut(row[0], "."); c != chapter {
			chapter = c
			fmt.Fprintf(&b, "\n## V%s\n\n| requirement | level | state | how, or why not | tests |\n", c)
			b.WriteString("|---|---|---|---|---|\n")
		}
		tests := ""
		if row[4] != "" {
			tests = "`" + strings.ReplaceAll(row[4], "; ", "`, `") + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", row[0], row[1], row[2], row[3], tests)
	}
	return b.Bytes()
}
