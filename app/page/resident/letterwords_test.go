package resident

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"mingjing"
	"mingjing/app/page"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"
)

// lettersOf returns the view of a letter for each way in which a case of each kind can end,
// about records, listings and missing records, decided by a person and by rule.
func lettersOf(lang string) map[string]*mingjing.View {
	all := map[string]*mingjing.View{}
	for _, kind := range mingjing.CaseKinds {
		for _, about := range []string{"record", "listing"} {
			if kind == mingjing.CaseRepair && about == "record" || kind == mingjing.CaseListing && about == "record" ||
				kind == mingjing.CaseMissing && about == "listing" {
				continue
			}
			for _, outcome := range kind.Outcomes() {
				for _, lanes := range [][]string{nil, {mingjing.LaneCourt}, {mingjing.LaneEvidence, mingjing.LaneReview, mingjing.LaneCourt}} {
					for _, silent := range []string{"", "agency_silent", "agency_lost"} {
						l := pagetest.LetterView(about == "listing")
						d := &l.Dispute
						d.Kind, d.Lanes, d.Decision.Outcome = kind, lanes, outcome
						if outcome != mingjing.OutcomePartly {
							d.Decision.Corrected = ""
						}
						if kind == mingjing.CaseMissing {
							d.Missing = &mingjing.MissingRecord{Code: d.Code(), Agency: d.Agency(), Occurred: "2026-03-01", Number: "No. 7"}
							d.Record = nil
						}
						if silent != "" {
							d.Answer = nil
							d.Timeline = append(d.Timeline, mingjing.TimelineEntry{Code: silent, At: pagetest.HeldNow})
						}
						v := pagetest.HeldView(lang, "letter", mingjing.RoleResident)
						v.Data = l
						all[fmt.Sprint(kind, " ", about, " ", outcome, " ", len(lanes), " ", silent)] = v
					}
				}
			}
		}
	}
	return all
}

var (
	sentenceEnd = map[string]*regexp.Regexp{"en": regexp.MustCompile(`[.?!:;]+(\s+|$)`), "zh-CN": regexp.MustCompile(`[。？！：；，、]+`)}
	quoted      = regexp.MustCompile(`“[^”]*”|《[^》]*》|（[^）]*）|\([^)]*\)`)
)

// lengths returns how long the bureau's own sentences in a letter are: in words, or in
// Chinese in the characters of a clause. Names, quotes and rows are not counted.
func lengths(v *mingjing.View) (all []int, longest string) {
	most := 0
	for _, b := range LetterOf(v).Blocks {
		said := b.Items
		switch b.Kind {
		case mingjing.BlockText, mingjing.BlockStrong:
			said = []string{b.Text}
		case mingjing.BlockList, mingjing.BlockOutcome:
		default:
			continue
		}
		for _, s := range sentenceEnd[v.Lang].Split(quoted.ReplaceAllString(strings.Join(said, "\n"), "X"), -1) {
			n := len(strings.Fields(s))
			if v.Lang != "en" {
				n = 0
				for _, r := range s {
					if !unicode.IsSpace(r) {
						n++
					}
				}
			}
			if n > 1 {
				all = append(all, n)
			}
			if n > most {
				most, longest = n, s
			}
		}
	}
	return all, longest
}

func TestLettersAreInShortSentencesAndSayWhoWhatWhyAndUntilWhen(t *testing.T) {
	for lang, limit := range map[string]int{"en": 20, "zh-CN": 25} {
		letters := lettersOf(lang)
		if len(letters) < 50 {
			t.Fatalf("%d letters are too few", len(letters))
		}
		for name, v := range letters {
			all, longest := lengths(v)
			slices.Sort(all)
			if middle := all[len(all)/2]; middle > limit {
				t.Errorf("%s %s: half of the sentences are longer than %d, such as %q", lang, name, middle-1, longest)
			}
			if most := all[len(all)-1]; most > 2*limit {
				t.Errorf("%s %s: %d is too long: %q", lang, name, most, longest)
			}
			l := mingjing.DataOf[mingjing.LetterView](v)
			text := saidIn(LetterOf(v))
			for what, want := range map[string]string{"who": l.Dispute.Decision.By, "what": page.OutcomeText(v, l.Dispute),
				"why":  strings.TrimSpace(l.Dispute.Decision.Reasons),
				"when": i18n.Date(lang, mingjing.DateOf(l.Dispute.Decision.At.In(page.Zone(v))))} {
				if !strings.Contains(text, want) {
					t.Errorf("%s %s: it does not say %s: %q", lang, name, what, want)
				}
			}
			for _, lane := range l.Dispute.Lanes {
				until := l.ReopenUntil
				if lane == mingjing.LaneCourt {
					until = l.CourtUntil
				}
				if !strings.Contains(text, i18n.Date(lang, until)) {
					t.Errorf("%s %s: no last day for %s", lang, name, lane)
				}
			}
			if midnight := regexp.MustCompile(`\b(00:00|24:00)\b`).FindString(text); midnight != "" {
				t.Errorf("%s %s: it says %s, which is the end of the day before", lang, name, midnight)
			}
		}
	}
}
