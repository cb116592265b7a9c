package takeaway

import (
	"mingjing"
)

// A Printer sets on paper what a resident takes along. It reads nothing but what it
// is given.
type Printer interface {
	// Letter is the decision letter of a case as a PDF, Export the readable copy.
	Letter(e mingjing.Export, l mingjing.LetterView) ([]byte, error)
	Export(e mingjing.Export) ([]byte, error)
}

// An Export is what a resident takes along, as it is stored; its file lies apart.
type Export struct {
	mingjing.ExportJob
	Resident mingjing.ResidentID
	// Lang is the language in which it was asked for.
	Lang string
}
