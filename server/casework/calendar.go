package casework

import "mingjing"

// procedure is the due process of a catalogue item: that of the first rulebook
// that has it, or of the first one.
func (c *Casework) procedure(item string) *mingjing.Procedure {
	return &mingjing.Procedure{MarkDays: 1, ForwardDays: 2, AgencyDays: 5, SecondNoticeDays: 5, BureauDays: 5, ExtensionDays: 5,
		CheckDays: 10, ServeDays: 10, AnswerDays: 5, RepairDays: 10, ReviewDays: 15, DeleteDays: 3, VeryLateDays: 5,
		ReopenMonths: 12, StatementWords: 100, Tiers: []mingjing.Tier{{Code: "minor", MaxMonths: 3},
			{Code: "general", MinMonths: 3, MaxMonths: 12}, {Code: "serious", MinMonths: 12, MaxMonths: 36}}}
}

// clockFor is a clock that runs n working days from now.
func (c *Casework) clockFor(code string, n int) mingjing.Clock {
	return mingjing.Clock{Code: code, Due: c.due(n)}
}
