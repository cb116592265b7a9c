package pagetest

import (
	"slices"
	"testing"

	"mingjing"
)

// Tabled returns the rulebook of Rongcheng with criteria and factors, as no sample has them
// yet.
func Tabled(t testing.TB) *mingjing.Rulebook {
	t.Helper()
	book := *Book(t, "rongcheng")
	book.Catalogue = slices.Clone(book.Catalogue)
	for i := range book.Catalogue {
		switch item := &book.Catalogue[i]; item.Code {
		case "utility.late_fees":
			item.Points = 0
		case "award.city":
			item.Factor = "service"
		}
	}
	book.Factors = []mingjing.Factor{{Code: "obligations", Floor: -100, Ceiling: 100, Weight: 60},
		{Code: "service", Ceiling: 60, Weight: 40, Sample: true}}
	book.Criteria = []mingjing.Criterion{
		{Code: "bills.late", Kind: mingjing.CriterionCount, Items: []string{"utility.late_fees"}, Months: 12, Factor: "obligations",
			Table: []mingjing.TableRow{{From: 0, Points: 5}, {From: 1, Points: -15}}, Sample: true},
		{Code: "service.oldest", Kind: mingjing.CriterionOldest, Items: []string{"volunteer.hours"},
			Table: []mingjing.TableRow{{From: 0, Points: 1}, {From: 6, Points: 4}}}}
	mingjing.PublishedRegister().Complete(&book)
	return &book
}
