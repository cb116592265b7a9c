package mingjing_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/web/rulebooks"
)

func TestARulebookIsPinnedToItsBytes(t *testing.T) {
	data := rulebooks.Files()["rongcheng.json"]
	book, err := mingjing.ParseRulebook(data)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	want := mingjing.RulebookRef{ID: "rongcheng", Version: book.Version, Hash: hex.EncodeToString(sum[:])}
	if book.Ref() != want {
		t.Errorf("pinned to %+v, want %+v", book.Ref(), want)
	}
	spaced, err := mingjing.ParseRulebook(append(slices.Clone(data), ' '))
	if err != nil || spaced.Ref().Hash == want.Hash {
		t.Errorf("another byte gives the same hash: %+v, %v", spaced.Ref(), err)
	}
}

func TestEachNeverUsedWordIsFoundAsPeopleWouldHideIt(t *testing.T) {
	for _, code := range mingjing.NeverUsedCodes {
		words := mingjing.NeverUsedWords[code]
		han, latin := false, false
		for _, word := range words {
			if got, _ := mingjing.NamesNeverUsed(word); got == "" {
				t.Errorf("%s is not found by its own word %q", code, word)
			}
			han = han || word[0] >= 0x80
			latin = latin || word[0] < 0x80
			if word[0] < 0x80 && word != strings.ToLower(word) {
				t.Errorf("%q can never match: words are compared in lower case", word)
			}
		}
		if !han || !latin {
			t.Errorf("%s has no words in one of the languages", code)
		}
	}
	for text, want := range map[string]string{
		"Friends' scores":                 "friends",
		"FRIENDS":                         "friends",
		"ｆｒｉｅｎｄｓ":                         "friends",
		"fri\u00adends":                   "friends",
		"好 友 得分":                          "friends",
		"好·友":                             "friends",
		"网上购物记录":                          "purchases",
		"social.friends_score":            "friends",
		"political-opinion":               "political_opinion",
		"宗教activity":                      "religion",
		"GPS位置":                           "location",
		"Contracts kept":                  "",
		"Relocation housing":              "",
		"Good faith":                      "",
		"Environmental hygiene":           "",
		"Traffic ticket":                  "",
		"侵害消费者权益":                         "",
		"Befriended":                      "",
		"Breach of a lending contract 借贷": "",
	} {
		if got, word := mingjing.NamesNeverUsed(text); got != want {
			t.Errorf("%q names %q by %q, want %q", text, got, word, want)
		}
	}
}

func TestARulebookThatNamesWhatIsNeverUsedDoesNotLoad(t *testing.T) {
	data := rulebooks.Files()["rongcheng.json"]
	for place, change := range map[string]func(*mingjing.Rulebook){
		"/catalogue/0/code": func(b *mingjing.Rulebook) {
			b.Catalogue[0].Code = "court.friends_score"
			b.Agencies[0].Holds[0] = "court.friends_score"
		},
		"/catalogue/0/subject":    func(b *mingjing.Rulebook) { b.Catalogue[0].Subject = "religion" },
		"/catalogue/0/name/en":    func(b *mingjing.Rulebook) { b.Catalogue[0].Name["en"] = "Shopping habits" },
		"/catalogue/0/name/zh-CN": func(b *mingjing.Rulebook) { b.Catalogue[0].Name["zh-CN"] = "好友的名单" },
		"/catalogue/1/code": func(b *mingjing.Rulebook) { // the book's own list counts too
			b.NeverUsed = append(b.NeverUsed, mingjing.NeverUse{Code: "unpaid",
				Name: b.NeverUsed[0].Name, Reason: b.NeverUsed[0].Reason})
		},
	} {
		var book mingjing.Rulebook
		if err := json.Unmarshal(data, &book); err != nil {
			t.Fatal(err)
		}
		change(&book)
		changed, err := json.Marshal(book)
		if err != nil {
			t.Fatal(err)
		}
		_, err = mingjing.ParseRulebook(changed)
		wrong, ok := errors.AsType[*mingjing.RulebookError](err)
		if !ok || !slices.ContainsFunc(wrong.Problems, func(p string) bool {
			return strings.HasPrefix(p, place+": ") && strings.Contains(p, "never used")
		}) {
			t.Errorf("%s names it and the rulebook says %v", place, err)
		}
	}
}

func TestARulebookLargerThanTheBoundIsNotRead(t *testing.T) {
	data := append(bytes.Clone(rulebooks.Files()["rongcheng.json"]), bytes.Repeat([]byte(" "), mingjing.MaxRulebookBytes)...)
	_, err := mingjing.ParseRulebook(data)
	if wrong, ok := errors.AsType[*mingjing.RulebookError](err); !ok || !strings.Contains(wrong.Problems[0], "larger") {
		t.Errorf("it says %v", err)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	long := `{"` + strings.Repeat("x", 1<<20) + `": 1, "agencies": [` + strings.Repeat(`{"a":1},`, 5000) + `{}]}`
	_, err := mingjing.ParseRulebook([]byte(long))
	wrong, ok := errors.AsType[*mingjing.RulebookError](err)
	if !ok || len(wrong.Problems) > 100 || len(err.Error()) > 200_000 {
		t.Errorf("%d problems in %d bytes", len(wrong.Problems), len(err.Error()))
	}
}

// smallestRulebook loads and has nothing that may be left out, so that little
// changes go far.
func smallestRulebook(t testing.TB) []byte {
	t.Helper()
	name := mingjing.Text{"zh-CN": "名", "en": "n"}
	book := mingjing.Rulebook{
		Schema: mingjing.RulebookSchema, ID: "b", Version: "1", Name: name, City: name, About: name, Zone: "Asia/Shanghai",
		Base: 5, Max: 9, Documents: []mingjing.DocKind{{Code: "d", Name: name}},
		Agencies: []mingjing.Agency{{Code: "a", Name: name, Holds: []string{"a.b"}}},
		Catalogue: []mingjing.Item{{Code: "a.b", Area: mingjing.AreaSocial, Subject: "taxes", Name: name, Points: -1,
			Documents: []string{"d"}, CountsMonths: 1, LegalBasis: name}},
		Bands: []mingjing.Band{
			{Code: "x", Name: name, From: 5, Shape: "star", Tone: "good", Brings: []mingjing.Text{name}},
			{Code: "y", Name: name, From: 0, Shape: "star", Tone: "poor", Brings: []mingjing.Text{name}},
		},
	}
	for _, code := range mingjing.NeverUsedCodes {
		book.NeverUsed = append(book.NeverUsed, mingjing.NeverUse{Code: code, Name: name, Reason: name})
	}
	book.Measures = []mingjing.PublishedMeasure{{Measure: mingjing.Measure{Code: "a.m", Name: name, LegalBasis: name}, Tier: mingjing.TierMinor}}
	book.Procedure = mingjing.Procedure{Calendar: "c", MarkDays: 1, ForwardDays: 1, AgencyDays: 1, SecondNoticeDays: 1, BureauDays: 1,
		ExtensionDays: 1, CheckDays: 1, ServeDays: 1, AnswerDays: 1, RepairDays: 1, ReviewDays: 1, DeleteDays: 1, VeryLateDays: 1,
		ReopenMonths: 1, StatementWords: 1, LegalBasis: name}
	for _, code := range mingjing.Tiers {
		book.Procedure.Tiers = append(book.Procedure.Tiers, mingjing.Tier{Code: code, Name: name, MaxMonths: 1})
	}
	data, err := json.Marshal(book)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mingjing.ParseRulebook(data); err != nil {
		t.Fatal(err)
	}
	return data
}

func FuzzParseRulebook(f *testing.F) {
	f.Add(smallestRulebook(f))
	for _, s := range []string{"", "{}", "[]", "null", `{"id":`, `{"id":"a","id":"b"}`, `{"ID":"a"}`, strings.Repeat("[", 50), `{"base":1e3}`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		book, err := mingjing.ParseRulebook(data)
		if err != nil {
			wrong, ok := errors.AsType[*mingjing.RulebookError](err)
			if !ok || book != nil || len(wrong.Problems) == 0 {
				t.Fatalf("it is refused without a reason: %v", err)
			}
			for _, p := range wrong.Problems {
				if !strings.HasPrefix(p, "/") {
					t.Fatalf("a problem without a place: %q", p)
				}
			}
			return
		}
		if err := book.Validate(); err != nil {
			t.Fatalf("it loads and is not valid: %v", err)
		}
		s := mingjing.MakeScore(book, mingjing.Input{AsOf: today})
		if _, ok := book.Band(s.Band); !ok || s.Value != book.Base {
			t.Fatalf("nobody's score is %d %q, the base is %d", s.Value, s.Band, book.Base)
		}
		again, err := json.Marshal(book)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := mingjing.ParseRulebook(again); err != nil {
			t.Fatalf("written out again it does not load: %v", err)
		}
	})
}
