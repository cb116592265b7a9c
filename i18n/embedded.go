//go:build !js

package i18n

import (
	"embed"
	"encoding/json"
	"sync"

	"mingjing"
)

//go:embed *.json
var files embed.FS

// Sentences returns the file with the sentences of a language, a JSON object.
func Sentences(lang string) []byte {
	data, err := files.ReadFile(lang + ".json")
	if err != nil {
		panic("i18n: " + err.Error()) // it is part of the program
	}
	return data
}

var sentences = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, lang := range mingjing.Languages {
		m := map[string]string{}
		if err := json.Unmarshal(Sentences(lang), &m); err != nil {
			panic("i18n: " + lang + ".json: " + err.Error())
		}
		all[lang] = m
	}
	return all
})

func sentence(lang, key string) (string, bool) {
	s, ok := sentences()[lang][key]
	return s, ok
}
