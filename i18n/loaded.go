//go:build js

package i18n

// A cache stores what find returned for each key that was asked for.
type cache struct {
	find func(key string) (string, bool)
	had  map[string]found
}

type found struct {
	sentence string
	ok       bool
}

var languages = map[string]*cache{}

// Load sets the sentences of a language: find returns the sentence of a key. Load is
// called before anything is rendered, and each key is asked for once.
func Load(lang string, find func(key string) (string, bool)) {
	languages[lang] = &cache{find, map[string]found{}}
}

func sentence(lang, key string) (string, bool) {
	c := languages[lang]
	if c == nil {
		return "", false
	}
	f, ok := c.had[key]
	if !ok {
		f.sentence, f.ok = c.find(key)
		c.had[key] = f
	}
	return f.sentence, f.ok
}
