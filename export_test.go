package mingjing

// TriedCounterfactuals finds counterfactuals as where the points of one thing depend on
// another's: by trying.
func TriedCounterfactuals(book *Rulebook, in Input) Counterfactuals {
	flips, _ := Flips(book, in)
	return counterfactuals(book, in, flips, false)
}
