package api

import (
	"net/http"
	"strconv"
	"strings"

	"mingjing"
)

// language returns the language of the path, of the page that sent the form, or else
// the one that the browser prefers.
func language(r *http.Request) string {
	first := func(p string) string {
		for _, l := range mingjing.Languages {
			if strings.HasPrefix(p, "/"+l+"/") {
				return l
			}
		}
		return ""
	}
	if l := first(r.URL.Path); l != "" {
		return l
	}
	if ref := r.Header.Get("Referer"); ref != "" {
		if _, rest, ok := strings.Cut(ref, "://"); ok {
			if i := strings.IndexByte(rest, '/'); i >= 0 {
				if l := first(rest[i:]); l != "" {
					return l
				}
			}
		}
	}
	return preferred(r)
}

// preferred returns the language that the browser prefers of ours.
func preferred(r *http.Request) string {
	best, bestQ := mingjing.Languages[0], 0.0
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, params, _ := strings.Cut(part, ";")
		want, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		q := weight(params)
		for _, l := range mingjing.Languages {
			if base, _, _ := strings.Cut(l, "-"); want == base && q > bestQ {
				best, bestQ = l, q
			}
		}
	}
	return best
}

// weight returns the q of one part of an accept header; 1 where there is none, 0 where
// it is malformed.
func weight(params string) float64 {
	_, q, ok := strings.Cut(strings.ReplaceAll(params, " ", ""), "q=")
	if !ok {
		return 1
	}
	w, err := strconv.ParseFloat(q, 64)
	if err != nil || !(w >= 0 && w <= 1) {
		return 0
	}
	return w
}

func (s *server) chooseLanguage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept-Language")
	w.Header().Set("Cache-Control", "no-cache")
	http.Redirect(w, r, "/"+preferred(r)+"/", http.StatusSeeOther)
}
