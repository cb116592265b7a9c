package i18n

import (
	"embed"
	"encoding/json"
	"sync"

	"mingjing"
)

//go:embed *.json
var files embed.FS

// A browser loads one language; the tests load all.
func init() {
	for _, lang := range mingjing.Languages {
		Load(lang, func(key string) (string, bool) {
			s, ok := sentences()[lang][key]
			return s, ok
		})
	}
}

var sentences = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, lang := range mingjing.Languages {
		data, err := files.ReadFile(lang + ".json")
		if err != nil {
			panic(err)
		}
		m := map[string]string{}
		if err := json.Unmarshal(data, &m); err != nil {
			panic(err)
		}
		all[lang] = m
	}
	return all
})
