package api

import (
	"maps"
	"slices"
	"strings"
)

// A sample is an answer as it may look, made of its schema: what must be there, and
// what may be there in the outermost object.
func (d *describer) sample(name string, s *schema, depth int) any {
	if s.Ref != "" {
		component := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		return d.sample(component, d.components[component], depth)
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	if text, ok := samples[name]; ok && s.Type == "string" && s.Pattern == "" {
		return text
	}
	kind := s.Type
	if union, ok := kind.([]any); ok {
		kind = union[0]
	} else if union, ok := kind.([]string); ok {
		kind = union[0]
	}
	switch kind {
	case "boolean":
		return true
	case "integer":
		if n, ok := numbers[name]; ok {
			return n
		}
		return *orElse(s.Minimum, intp(1))
	case "array":
		return []any{d.sample(name, s.Items, depth+1)}
	case "string":
		return text(s)
	}
	if name == "Text" {
		return map[string]any{"zh-CN": "法院已确认履行完毕。", "en": "The court has confirmed that it was paid."}
	}
	out := map[string]any{}
	for _, p := range slices.Sorted(maps.Keys(s.Properties)) {
		if slices.Contains(s.Required, p) || depth == 0 && s.Properties[p].Ref == "" {
			out[p] = d.sample(p, s.Properties[p], depth+1)
		}
	}
	return out
}

func orElse[T any](p, other *T) *T {
	if p != nil {
		return p
	}
	return other
}

// text returns a text as a schema has it.
func text(s *schema) string {
	switch {
	case s.Format == "date-time":
		return "2026-03-02T09:30:00Z"
	case s.Format == "date", s.Pattern == datePattern:
		return "2026-03-02"
	case s.Format == "uri":
		return "https://mirror.example/en/s/8d1fK2"
	case s.Pattern == idPattern:
		return "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911"
	case strings.HasPrefix(s.Pattern, "^[0-9a-f]{64}"):
		return strings.Repeat("9f86d081", 8)
	case s.Encoding == "base64":
		return "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
	}
	return "text"
}

// samples are texts, and numbers counts, by the names of fields.
var (
	samples = map[string]string{
		"agency": "high_court", "code": "court_default", "rule": "court_default", "rulebook": "honest-shanghai", "band": "good",
		"name":     "Lin Xiaoyu",
		"resident": "Lin Xiaoyu", "subject": "Lin Xiaoyu", "handler": "Shen Jiahe", "by": "Shen Jiahe", "who": "Shen Jiahe",
		"id_masked": "1101**********002X", "statement": "I paid my whole share before the listing.",
		"reasons": "The receipt shows that it was paid in time.",
		"purpose": "dispute", "action": "case", "kind": "judgment", "issuer": "High People's Court", "number": "(2025) Hu 01 Zhi 1107",
		"device": "Chrome, Android", "title": "Something in the form is not right.", "detail": "Say something here.", "field": "statement",
		"text": "The court's clerk will send the file on Monday.", "page": "dispute", "email": "l***@mail.example", "ref": "r-2041",
		"version": "1.2.0",
		"key":     "mirror.example+5b1f6a0e+AY0", "checkpoint": "mirror.example\n17\nn4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=\n",
		"path": "M0 0h1v1h-1z", "hash": strings.Repeat("9f86d081", 8), "token": "eyJhbGciOiJFZERTQSJ9.e30.c2ln", "cap": "fair", "why": "expired",
		"question": "I was not at the counter that day.", "item": "court_default", "staff": "h-1001", "helper": "1101**********002X",
	}
	numbers = map[string]int{"value": 742, "min": 0, "max": 1000, "points": -40, "from": 600, "lock_after": 300, "size": 48213,
		"percent": 60, "total": 99, "answered": 41}
)
