package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheProvenanceNamesTheFilesTheCommitAndTheModulesAndIsTheSameTwice(t *testing.T) {
	t.Chdir("../..")
	file := filepath.Join(t.TempDir(), "mingjing")
	if err := os.WriteFile(file, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	var one, two bytes.Buffer
	for _, w := range []*bytes.Buffer{&one, &two} {
		if err := write(w, "https://build.example", "1.0", "c0ffee", []string{file}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same release has two statements")
	}
	var s statement
	if err := json.Unmarshal(one.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Subject[0].Name != "mingjing" || s.Subject[0].Digest["sha256"] != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("the subject is %+v", s.Subject)
	}
	of := s.Predicate.BuildDefinition.ResolvedDependencies
	if of[0].Digest["gitCommit"] != "c0ffee" || len(of[1].Digest["sha256"]) != 64 ||
		s.Predicate.RunDetails.Builder.ID != "https://build.example" {
		t.Errorf("the predicate is %+v", s.Predicate)
	}
}

// releaseFlags returns the flags with which the Makefile builds a release.
func releaseFlags(t *testing.T) []string {
	t.Helper()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^RELEASE_FLAGS := (.*)$`).FindSubmatch(makefile)
	if m == nil {
		t.Fatal("the Makefile has no RELEASE_FLAGS")
	}
	return strings.Fields(string(m[1]))
}

// A small program is built in two folders with the flags of a release; make release does
// the same with the whole program.
func TestTheFlagsOfAReleaseGiveTheSameBytesInTwoFolders(t *testing.T) {
	flags := releaseFlags(t)
	built := make([][]byte, 0, 2)
	for _, name := range []string{"one", "another/deeper"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		code, err := os.ReadFile("main.go")
		if err != nil {
			t.Fatal(err)
		}
		for file, data := range map[string][]byte{"main.go": code, "go.mod": []byte("module mingjing\n\ngo 1.26\n")} {
			if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		args := append(append([]string{"build"}, flags...), "-ldflags", "-s -w -buildid=", "-o", "out", ".")
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		data, err := os.ReadFile(filepath.Join(dir, "out"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(dir)) {
			t.Errorf("the program has the folder in it in which it was built")
		}
		built = append(built, data)
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Error("the same source gives two programs")
	}
}

func TestAReleaseHasNoCodeOfTheDemoCity(t *testing.T) {
	flags := releaseFlags(t)
	i := 0
	for i < len(flags) && flags[i] != "-tags" {
		i++
	}
	if i+1 >= len(flags) {
		t.Fatal("a release has no build tags")
	}
	packages := func(tags string) string {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", tags, "mingjing/server")
		cmd.Env = append(os.Environ(), "GOFLAGS=")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	for _, p := range []string{"mingjing/server/demo\n", "mingjing/server/sim\n"} {
		if strings.Contains(packages(flags[i+1]), p) {
			t.Errorf("%s is part of a release", strings.TrimSpace(p))
		}
	}
	if !strings.Contains(packages("nodynamic"), "mingjing/server/demo\n") {
		t.Error("this test would not see it")
	}
}
