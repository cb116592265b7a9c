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

// StopAt has the real time be at for good, so that the clock goes only where it is moved.
func (c *Clock) StopAt(at time.Time) { c.real = func() time.Time { return at } }
