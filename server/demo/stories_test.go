package demo_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/score"
	"mingjing/server/demo"
)

// days on which the stories must be true: ends of months, a leap day, new year.
var days = []time.Time{
	time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
	time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC), // the first of January in the city
	time.Date(2028, 2, 29, 1, 0, 0, 0, time.UTC),
	time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC),
	time.Date(2031, 7, 31, 8, 0, 0, 0, time.UTC),
}

func inCity(t time.Time) mingjing.Date { return mingjing.DateOf(t.In(time.FixedZone("CST", 8*3600))) }

func accounts(t *testing.T) []demo.Account {
	t.Helper()
	list, err := demo.Seed(t.Context(), newRegistry(), newRegistry(), demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestWhatIsHeldAgreesWithEveryRulebook(t *testing.T) {
	for _, now := range days {
		a := connect(t, start(t, demo.Config{Instant: true, Now: now}), agency.Config{})
		for _, b := range books(t) {
			for _, acc := range accounts(t) {
				if acc.Role != mingjing.RoleResident {
					continue
				}
				in := collect(t, a, b, acc.IDNumber)
				in.AsOf = inCity(now)
				for _, r := range in.Records {
					item, ok := b.Item(r.Code)
					undocumented := r.Document == mingjing.Document{}
					switch {
					case !ok:
						t.Errorf("%s: %s is not in the catalogue of %s", acc, r.Code, b.ID)
					case undocumented && acc.Story == demo.StoryOrdinary: // meant so
					case !r.Document.Complete() || !slices.Contains(item.Documents, r.Document.Kind):
						t.Errorf("%s: %s has the document %+v", acc, r.Code, r.Document)
					}
					if holder, _ := b.Agency(r.Agency); !slices.Contains(holder.Holds, r.Code) {
						t.Errorf("%s: %s is not for %s to hold", acc, r.Code, r.Agency)
					}
					if r.Occurred >= in.AsOf || r.Document.Date >= in.AsOf || item.Listing != "" {
						t.Errorf("%s: %s lies in the future or is a listing", acc, r.Code)
					}
					bilingual(t, r.Detail)
				}
				for _, l := range in.Listings {
					item, _ := b.Item(l.Code)
					if item.Listing != l.Kind || !l.Document.Complete() || !slices.Contains(item.Documents, l.Document.Kind) {
						t.Errorf("%s: %+v", acc, l)
					}
					if l.From >= in.AsOf || l.NoticeOn > l.From || l.Ends <= in.AsOf || len(l.Measures) == 0 {
						t.Errorf("%s: %s on %s: notice %s, from %s, ends %s", acc, l.Code, in.AsOf, l.NoticeOn, l.From, l.Ends)
					}
					bilingual(t, l.Ground, l.LegalBasis, l.Exit)
					for _, m := range l.Measures {
						bilingual(t, m.Name)
					}
				}
				// Nothing is held twice.
				seen := map[string]bool{}
				for _, r := range in.Records {
					if seen[r.ID] {
						t.Errorf("%s: %s twice", acc, r.Code)
					}
					seen[r.ID] = true
				}
			}
		}
	}
}

func bilingual(t *testing.T, texts ...mingjing.Text) {
	t.Helper()
	for _, x := range texts {
		for _, lang := range mingjing.Languages {
			if x[lang] == "" {
				t.Errorf("%v lacks %s", x, lang)
			}
		}
	}
}

func TestEveryCodeOfTheStoriesIsHeldInShanghai(t *testing.T) {
	if u := demo.Unheld(books(t)); len(u) > 0 {
		t.Errorf("nobody may hold %v", u)
	}
	a := connect(t, start(t, demo.Config{Instant: true}), agency.Config{})
	held := map[string]bool{}
	for _, acc := range accounts(t) {
		if acc.Role != mingjing.RoleResident {
			continue
		}
		in := collect(t, a, book(t, "honest-shanghai"), acc.IDNumber)
		for _, r := range in.Records {
			held[r.Code] = true
		}
		for _, l := range in.Listings {
			held[l.Code] = true
		}
	}
	for _, code := range []string{"court.unpaid_judgment", "court.breach_adjudged", "traffic.ticket", "traffic.drunk_driving",
		"utility.late_fees", "utility.theft", "contract.guarantee_default", "contract.lease_breach", "bank.loan_arrears",
		"fraud.pyramid_selling", "fraud.fake_goods", "metro.fare_evasion", "tax.late_filing", "award.department", "award.city",
		"award.heroic_act", "volunteer.hours", "licence.qualified", "court.enforcement_blacklist", "tax.major_violation_blacklist",
		"market.serious_violation_blacklist", "volunteer.honour_redlist", "tax.a_grade_redlist"} {
		if !held[code] {
			t.Errorf("nobody has %s", code)
		}
	}
}

// told is a story as it is on a day, with its score in Shanghai.
func told(t *testing.T, a *agency.Agencies, story string, now time.Time) (mingjing.Input, mingjing.Score) {
	t.Helper()
	b := book(t, "honest-shanghai")
	in := collect(t, a, b, storyID(t, story))
	in.AsOf = inCity(now)
	return in, mingjing.MakeScore(b, in)
}

func counts(s mingjing.Score, id string) bool {
	return slices.ContainsFunc(s.Explanation, func(c mingjing.Contribution) bool { return c.RecordID == id || c.ListingID == id })
}

func why(s mingjing.Score, id string) string {
	for _, n := range s.NotCounted {
		if n.RecordID == id || n.ListingID == id {
			return n.Why
		}
	}
	return ""
}

func record(t *testing.T, in mingjing.Input, code string, nth int) mingjing.Record {
	t.Helper()
	for _, r := range in.Records {
		if r.Code == code {
			if nth == 0 {
				return r
			}
			nth--
		}
	}
	t.Fatal("no", code)
	return mingjing.Record{}
}

func TestTheStoriesAreTrueWheneverTheyAreTold(t *testing.T) {
	worst := book(t, "honest-shanghai").Bands[len(book(t, "honest-shanghai").Bands)-1].Code
	best := book(t, "honest-shanghai").Bands[0].Code
	for _, now := range days {
		a := connect(t, start(t, demo.Config{Instant: true, Now: now}), agency.Config{})
		in, s := told(t, a, "guarantor", now)
		if len(in.Listings) != 1 || !counts(s, in.Listings[0].ID) ||
			!counts(s, record(t, in, "contract.guarantee_default", 0).ID) || s.Band != worst {
			t.Errorf("guarantor on %s: %+v", in.AsOf, s)
		}

		in, s = told(t, a, "no-notice", now)
		if len(in.Listings) != 1 || in.Listings[0].NoticeOn != "" || why(s, in.Listings[0].ID) != "unserved" {
			t.Errorf("no-notice on %s: %+v", in.AsOf, s)
		}

		in, s = told(t, a, "namesake", now)
		other := record(t, in, "court.unpaid_judgment", 0)
		if len(in.Listings) != 1 || !counts(s, other.ID) || !counts(s, in.Listings[0].ID) ||
			other.Subject != "王伟" || in.Listings[0].Subject != "王伟" || !strings.Contains(other.Detail.In("en"), "born on 14 March 1979") {
			t.Errorf("namesake on %s: %+v %+v", in.AsOf, in, s)
		}

		in, s = told(t, a, "expired-record", now)
		item, _ := book(t, "honest-shanghai").Item("utility.late_fees")
		old, wrong := record(t, in, "utility.late_fees", 0), record(t, in, "utility.late_fees", 1)
		if why(s, old.ID) != "expired" || !counts(s, wrong.ID) || mingjing.Ends(item, wrong.Document.Date) > in.AsOf {
			t.Errorf("expired-record on %s: %+v", in.AsOf, s)
		}

		in, s = told(t, a, "model-resident", now)
		if len(in.Listings) != 2 || s.Band != best {
			t.Errorf("model-resident on %s: %+v", in.AsOf, s)
		}
		for _, c := range s.Explanation {
			if c.Points < 0 && c.Kind != mingjing.ContributionBound {
				t.Errorf("model-resident on %s: %+v", in.AsOf, c)
			}
		}

		in, s = told(t, a, "silent-agency", now)
		if !counts(s, record(t, in, "metro.fare_evasion", 0).ID) {
			t.Errorf("silent-agency on %s: %+v", in.AsOf, s)
		}

		in, s = told(t, a, demo.StoryOwnCase, now)
		ticket := record(t, in, "traffic.ticket", 0)
		if !counts(s, ticket.ID) {
			t.Errorf("own-case on %s: %+v", in.AsOf, s)
		}
		said, err := a.Ask(t.Context(), ticket.Agency, cases.Question{CaseID: "c-1", Ref: ticket.ID, Code: ticket.Code,
			IDNumber: storyID(t, demo.StoryOwnCase), Reason: mingjing.ReasonWrongFacts, Due: now.AddDate(0, 0, 7)})
		if err != nil || said == nil || said.Position == "" {
			t.Errorf("own-case on %s: the agency says %+v, %v", in.AsOf, said, err)
		}
	}
}

func TestEachSystemOfTheFieldHasAStoryThatItsRulebookTells(t *testing.T) {
	for _, now := range days {
		a := connect(t, start(t, demo.Config{Instant: true, Now: now}), agency.Config{})
		for story, id := range demo.Pilots {
			b := book(t, id)
			in := collect(t, a, b, storyID(t, story))
			in.AsOf = inCity(now)
			s := mingjing.MakeScore(b, in)
			counted := 0
			for _, r := range in.Records {
				if counts(s, r.ID) {
					counted++
				}
			}
			want := map[string]string{"bills": "kept", "credit-history": "excellent", "five-factors": "excellent", "xichu": "bb",
				"two-halves":  "good",
				"first-pilot": "a"}[story]
			if counted < 4 || s.Band != want {
				t.Errorf("%s on %s: %d count, %d %s: %+v", story, in.AsOf, counted, s.Value, s.Band, s.Explanation)
			}
		}
	}
}

func TestTheSameMonthTellsTheSame(t *testing.T) {
	tell := func(now time.Time) []score.Reply {
		a := connect(t, start(t, demo.Config{Instant: true, Now: now}), agency.Config{})
		var all []score.Reply
		for _, s := range demo.Stories {
			for _, ag := range []string{"court", "water", "volunteers", "metro", "traffic"} {
				r, err := a.Records(t.Context(), ag,
					score.RecordsQuery{RequestID: "r", IDNumber: storyID(t, s), Codes: codes(book(t, "honest-shanghai"))})
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, r)
			}
		}
		return all
	}
	first := tell(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	if !reflect.DeepEqual(first, tell(time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC))) {
		t.Error("a restart in the same month changes what is held")
	}
	later := tell(time.Date(2027, 1, 29, 0, 0, 0, 0, time.UTC))
	if reflect.DeepEqual(first, later) {
		t.Error("the dates stand still")
	}
	for i := range first {
		for j := range first[i].Records {
			if first[i].Records[j].Ref != later[i].Records[j].Ref {
				t.Error("the same record has another reference")
			}
		}
	}
}

func TestResidentsAreInventedAndValid(t *testing.T) {
	seen := map[mingjing.IDNumber]bool{}
	story := map[string]int{}
	for _, a := range accounts(t) {
		if a.Role != mingjing.RoleResident {
			continue
		}
		n, err := mingjing.ParseIDNumber(string(a.IDNumber), days[0])
		if err != nil || n != a.IDNumber || string(n[:6]) != "999999" || seen[n] {
			t.Errorf("%s: %s, %v", a.Story, n, err)
		}
		if born := string(n[6:10]); born > "2008" {
			t.Errorf("%s is a child", a.Story)
		}
		seen[n] = true
		story[a.Story]++
	}
	for _, s := range demo.Stories {
		if story[s] != 1 {
			t.Errorf("%d of story %s", story[s], s)
		}
	}
	if story[demo.StoryOwnCase] != 1 || story[demo.StoryOrdinary] < 12 || story[demo.StoryActivation] != 2 {
		t.Errorf("%v", story)
	}
}
