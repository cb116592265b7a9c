//go:build !js

package i18n

import (
	"embed"
	"encoding/json"
	"sync"

	"mingjing"
)

//go:embed glossary/*.json
var glossaryFiles embed.FS

var glossaries = sync.OnceValue(func() map[string][]Term {
	all := map[string][]Term{}
	for _, lang := range mingjing.Languages {
		data, err := glossaryFiles.ReadFile("glossary/" + lang + ".json")
		var terms []Term
		if err == nil {
			err = json.Unmarshal(data, &terms)
		}
		if err != nil {
			panic("i18n: the glossary of " + lang + ": " + err.Error()) // it is part of the program
		}
		all[lang] = terms
	}
	return all
})

// Glossary returns the words of the field in a language, in the order of its page.
func Glossary(lang string) []Term { return glossaries()[lang] }
