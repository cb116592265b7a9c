//go:build !js

package mingjing_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxLines is the greatest number of lines of a Go file that is written by hand.
const maxLines = 500

// longFiles are the files that may have more lines, each with the reason.
var longFiles = map[string]string{
	"server/casework/permission_test.go": "one table: every method of casework, with who may call it",
}

func TestNoFileIsTooLongToBeRead(t *testing.T) {
	t.Parallel()
	skipped := []string{".git", ".cache", ".data", "bin", "node_modules", "out"}
	long := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if slices.Contains(skipped, d.Name()) {
				return fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := bytes.Count(src, []byte("\n"))
		if lines <= maxLines || bytes.Contains(src, []byte("\n// Code generated ")) || bytes.HasPrefix(src, []byte("// Code generated ")) {
			return nil
		}
		long[path] = true
		if longFiles[filepath.ToSlash(path)] == "" {
			t.Errorf("%s has %d lines, more than %d: divide it by what it is about", path, lines, maxLines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range longFiles {
		if !long[filepath.FromSlash(path)] {
			t.Errorf("%s is on the list of long files and is none", path)
		}
	}
}
