package rulebooks

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// lines returns the line of each place in a JSON text, from 1. A place that is not there,
// such as a field that is missing, has the line of what it would be in.
func lines(data []byte, places []string) []int {
	at := map[string]int{"": 1}
	starts := func(offset int64) int { return 1 + bytes.Count(data[:offset], []byte{'\n'}) }
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var walk func(place string, depth int) bool
	walk = func(place string, depth int) bool {
		token, err := dec.Token()
		if err != nil || depth > maxDepth {
			return false
		}
		if _, known := at[place]; !known {
			at[place] = starts(dec.InputOffset())
		}
		open, ok := token.(json.Delim)
		if !ok {
			return true
		}
		for i := 0; dec.More(); i++ {
			inner := place + "/" + strconv.Itoa(i)
			if open == '{' {
				key, err := dec.Token()
				if err != nil {
					return false
				}
				name, _ := key.(string)
				inner = place + "/" + escaped(name)
				at[inner] = starts(dec.InputOffset())
			}
			if !walk(inner, depth+1) {
				return false
			}
		}
		_, err = dec.Token()
		return err == nil
	}
	walk("", 0)
	out := make([]int, 0, len(places))
	for _, place := range places {
		for at[place] == 0 {
			place = place[:strings.LastIndexByte(place, '/')]
		}
		out = append(out, at[place])
	}
	return out
}
