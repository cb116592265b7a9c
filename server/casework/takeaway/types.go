package takeaway

import (
	"mingjing"
)

// A Printer makes PDFs of what a resident takes along. It reads nothing but what it is
// given.
type Printer interface {
	// Letter returns the decision letter of a case as a PDF; Export returns the readable
	// copy.
	Letter(e mingjing.Export, l mingjing.LetterView) ([]byte, error)
	Export(e mingjing.Export) ([]byte, error)
}

// An Export is an export as it is stored; its file is stored apart.
type Export struct {
	mingjing.ExportJob
	Resident mingjing.ResidentID
	// Lang is the language in which it was asked for.
	Lang string
}
