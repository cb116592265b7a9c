// Package rulebooks holds the published rulebooks: the JSON files in this folder
// are public, and they are the ones that score. It knows nothing of who reads
// them.
package rulebooks

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"mingjing"
)

//go:embed *.json
var files embed.FS

// Files are the rulebooks' published bytes by file name, such as
// "rongcheng.json". The schema is not among them: see [Schema].
func Files() map[string][]byte {
	byName := map[string][]byte{}
	for _, name := range names() {
		byName[name] = read(name)
	}
	return byName
}

// Schema is the JSON Schema of rulebooks, the file [mingjing.RulebookSchema].
func Schema() []byte { return read(mingjing.RulebookSchema) }

// All are the published rulebooks, read anew and in the order of their ids. The
// error names the file that does not load; a test keeps that from being
// published.
func All() ([]*mingjing.Rulebook, error) {
	var books []*mingjing.Rulebook
	for _, name := range names() {
		book, err := mingjing.ParseRulebook(read(name))
		if err != nil {
			return nil, fmt.Errorf("reading the published rulebook %s: %w", name, err)
		}
		if name != book.ID+".json" {
			return nil, fmt.Errorf("reading the published rulebook %s: its id is %s", name, book.ID)
		}
		books = append(books, book)
	}
	return books, nil
}

func names() []string {
	all, err := fs.Glob(files, "*.json")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	slices.Sort(all)
	return slices.DeleteFunc(all, func(name string) bool {
		return name == mingjing.RulebookSchema
	})
}

func read(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the name comes from the embedded folder itself
	}
	return data
}
