//go:build js

package i18n

// A cache keeps what find returned for each key that was asked for.
type cache struct {
	find func(key string) (string, bool)
	had  map[string]found
}

type found struct {
	sentence string
	ok       bool
}

var languages = map[string]*cache{}

// Load gives the program the sentences of a language: find returns the one of a key.
// It is called before anything is written, and each key is asked for once.
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
