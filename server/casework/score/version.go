package score

import (
	"context"
	"errors"
	"slices"
	"strings"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// renew makes a resident's score anew by a new version of its rulebook, and tells them
// what that changed. Was is the newest score by the version before, made of the same
// records and listings.
func (c *Scores) renew(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, book *mingjing.Rulebook,
	in mingjing.Input, was mingjing.Score) error {
	s, err := c.keepScore(ctx, rd.Tx, resident, book, in, mingjing.MakeScore(book, in), "new_version")
	if err != nil {
		return err
	}
	before, err := c.city.BookOf(was.Rulebook)
	if err != nil {
		return err
	}
	return c.notices.NotifyVersion(ctx, rd, resident, versionChange(before, book, was, s))
}

// versionChange compares a score with the one that a new version makes of the same input.
func versionChange(before, after *mingjing.Rulebook, was, is mingjing.Score) mingjing.VersionChange {
	state := func(b *mingjing.Rulebook, s mingjing.Score) mingjing.ScoreState {
		band, _ := b.Band(s.Band)
		return mingjing.ScoreState{Value: s.Value, Band: s.Band, BandName: band.Name}
	}
	return mingjing.VersionChange{Rulebook: is.Rulebook, Was: was.Rulebook, Before: state(before, was), After: state(after, is),
		Rules: RuleChanges(was, is)}
}

// RuleChanges returns what counts differently in two scores of the same input, by
// catalogue code. The base and the bounds of the scale have the code "".
func RuleChanges(was, is mingjing.Score) []mingjing.RuleChange {
	byRule := map[string]*mingjing.RuleChange{}
	of := func(rule string) *mingjing.RuleChange {
		if byRule[rule] == nil {
			byRule[rule] = &mingjing.RuleChange{Rule: rule}
		}
		return byRule[rule]
	}
	for _, x := range was.Explanation {
		r := of(x.Rule)
		r.Before += x.Points
		r.CapBefore = max(r.CapBefore, x.Cap)
	}
	for _, x := range is.Explanation {
		r := of(x.Rule)
		r.After += x.Points
		r.CapAfter = max(r.CapAfter, x.Cap)
	}
	changes := []mingjing.RuleChange{}
	for _, r := range byRule {
		if r.Before != r.After || r.CapBefore != r.CapAfter {
			changes = append(changes, *r)
		}
	}
	slices.SortFunc(changes, func(a, b mingjing.RuleChange) int { return strings.Compare(a.Rule, b.Rule) })
	return changes[:min(len(changes), mingjing.MaxVersionRules)]
}

// RescoreLater has a resident's scores made anew by a job of their own.
func (c *Scores) RescoreLater(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID) error {
	return t.Enqueue(ctx, kernel.Job{Kind: JobRescore, ID: string(resident)})
}

// Facts appends what the scoring function sees today of a resident who has a score by a
// rulebook, and returns the agencies that had not answered for it. It returns false for a
// resident who has none.
func (c *Scores) Facts(ctx context.Context, rd *kernel.Reader, resident mingjing.ResidentID, book *mingjing.Rulebook,
	facts []mingjing.Fact) (all []mingjing.Fact, missing []string, ok bool, err error) {
	last, err := read(rd).LatestScore(ctx, resident, book.ID)
	if errors.Is(err, kernel.ErrNotFound) {
		return facts, nil, false, nil
	}
	if err != nil {
		return facts, nil, false, err
	}
	in, err := c.Input(ctx, rd, resident, book, last.Missing)
	return mingjing.AppendFacts(facts, in), last.Missing, err == nil, err
}
