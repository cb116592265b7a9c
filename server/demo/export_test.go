package demo

import (
	"time"

	"mingjing"
)

// Suppliers are the agencies that hold anything on anybody.
func Suppliers(books []*mingjing.Rulebook) map[string]bool {
	return newDataset(books, time.Now()).suppliers()
}

// Unheld are the codes of the stories that no agency of the books may supply.
func Unheld(books []*mingjing.Rulebook) map[string]bool {
	return newDataset(books, time.Now()).unheld
}
