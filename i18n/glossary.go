package i18n

// A Term is a word of the field, as residents are told it.
type Term struct {
	// Code is the same in every language, and the place of the term on its page. The word
	// itself is the sentence "term.<code>".
	Code string `json:"code"`
	// Means says in everyday words what it is.
	Means string `json:"means"`
	// Never are words that no sentence uses in its place.
	Never []string `json:"never,omitempty"`
}
