package i18n

import (
	"embed"
	"encoding/json"

	"mingjing"
)

//go:embed *.json
var files embed.FS

// The tests have all languages, as a browser has one.
func init() {
	for _, lang := range mingjing.Languages {
		all := sentences()[lang]
		Load(lang, func(key string) (string, bool) {
			s, ok := all[key]
			return s, ok
		})
	}
}

func sentences() map[string]map[string]string {
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
}
