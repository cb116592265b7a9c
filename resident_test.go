package mingjing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mingjing"
)

var now = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// valid is an ID number whose check character is X, in the area that no one holds.
const valid = "99999919900101018X"

func TestAnIDNumberIsUnderstoodAsPeopleTypeIt(t *testing.T) {
	if got := mingjing.MakeIDNumber(valid[:17]); string(got) != valid {
		t.Fatalf("the check character of %s is wrong, want %s", string(got), valid)
	}
	for _, text := range []string{
		valid,
		"99999919900101018x",
		"99999919900101018ｘ",
		"99999919900101018Ｘ",
		"９９９９９９１９９００１０１０１８Ｘ",
		"999999 19900101 018X",
		"999999-19900101-018x",
		"　999999\u00a019900101\t018X ",
		"999999－19900101－018Ｘ",
		"\u202d99999919900101018X\u202c", // copied from a list of contacts
		"999999\u200b19900101018X",       // from a page of the web
		"\ufeff99999919900101018X",       // from a file
		"99999919900101018X\u200e",       // from a text that runs both ways
		"99999919900101018\u2169",        // a Roman ten
		"99999919900101018\u2179",
		"999999\u201319900101\u2011018X",         // dashes
		"999999\u221219900101\u2009018\u202fX\n", // a minus, and narrow spaces
	} {
		got, err := mingjing.ParseIDNumber(text, now)
		if err != nil || string(got) != valid {
			t.Errorf("%q reads as %q, %v", text, string(got), err)
		}
	}
}

func TestWhatIsNoIDNumberSaysWhichWay(t *testing.T) {
	leap := string(mingjing.MakeIDNumber("99999920000229001"))
	for _, c := range []struct {
		text string
		want error
	}{
		{leap, nil},
		{"", mingjing.ErrIDNumberLength},
		{valid[:17], mingjing.ErrIDNumberLength},
		{valid[:17] + "00", mingjing.ErrIDNumberLength},
		{strings.Repeat("9", 129), mingjing.ErrIDNumberLength},
		{"999999900101001", mingjing.ErrIDNumberFifteen},
		{"999999 900101 001", mingjing.ErrIDNumberFifteen},
		{"CHN330256087109", mingjing.ErrIDNumberForeign},
		{"usa 330256 087109", mingjing.ErrIDNumberForeign},
		{"99999990010100X", mingjing.ErrIDNumberDigits},
		{"99999919900101A055", mingjing.ErrIDNumberDigits},
		{"X9999919900101001X", mingjing.ErrIDNumberDigits},
		{"99999919900101018九", mingjing.ErrIDNumberDigits},
		{"99999919900101018Y", mingjing.ErrIDNumberDigits},
		{string(mingjing.MakeIDNumber("99999919900231001")), mingjing.ErrIDNumberDate},
		{string(mingjing.MakeIDNumber("99999919000229001")), mingjing.ErrIDNumberDate}, // 1900 had no 29 February
		{string(mingjing.MakeIDNumber("99999919901301001")), mingjing.ErrIDNumberDate},
		{string(mingjing.MakeIDNumber("99999919900100001")), mingjing.ErrIDNumberDate},
		{string(mingjing.MakeIDNumber("99999918491231001")), mingjing.ErrIDNumberDate},
		{string(mingjing.MakeIDNumber("99999920260616001")), mingjing.ErrIDNumberDate}, // tomorrow
		{string(mingjing.MakeIDNumber("99999920260615001")), nil},                      // today
		{"999999199001010180", mingjing.ErrIDNumberCheck},
		{"99999919900101019X", mingjing.ErrIDNumberCheck},
		{"99999919900101081X", mingjing.ErrIDNumberCheck}, // two digits changed places
	} {
		got, err := mingjing.ParseIDNumber(c.text, now)
		if !errors.Is(err, c.want) || (err != nil) != (c.want != nil) || (err != nil && got != "") {
			t.Errorf("%q gives %q, %v; want %v", c.text, string(got), err, c.want)
		}
	}
}

func TestOtherHoldersOfTheSameCheckAreUnderstood(t *testing.T) {
	// Residence permits begin with 81, 82 and 83, foreign permanent residents' cards with 9.
	for _, first17 := range []string{"81000019880808001", "82000019880808001", "83000019880808001", "91115619880808001"} {
		n := mingjing.MakeIDNumber(first17)
		if got, err := mingjing.ParseIDNumber(string(n), now); err != nil || got != n {
			t.Errorf("%s: %v", first17, err)
		}
	}
}

func TestTheExampleOfTheIDNumberStandardReads(t *testing.T) {
	// GB 11643-1999 prints these two as its examples.
	for _, text := range []string{"11010519491231002X", "440524188001010014"} {
		if n, err := mingjing.ParseIDNumber(text, now); err != nil || string(n) != text {
			t.Errorf("%v", err)
		}
	}
}

func TestEveryWrongDigitIsNoticed(t *testing.T) {
	for i := range 17 {
		for d := byte('0'); d <= '9'; d++ {
			text := []byte(valid)
			if text[i] == d {
				continue
			}
			text[i] = d
			if _, err := mingjing.ParseIDNumber(string(text), now); err == nil {
				t.Errorf("%s passes for %s", text, valid)
			}
		}
	}
}

func TestAnIDNumberPrintsMasked(t *testing.T) {
	n := mingjing.MakeIDNumber(valid[:17])
	if got := n.String(); got != "99**************8X" || n.Masked() != got {
		t.Errorf("prints as %s", got)
	}
	if got := mingjing.IDNumber("12").String(); got != "******" {
		t.Errorf("a broken one prints as %s", got)
	}
}

func FuzzParseIDNumber(f *testing.F) {
	for _, s := range []string{valid, "99999919900101018ｘ", "", "九", "999999-19900101-018x", "99999919900231001X", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := mingjing.ParseIDNumber(text, now)
		if err != nil {
			if n != "" {
				t.Fatalf("%q is refused and still gives a number", text)
			}
			return
		}
		if len(n) != 18 || mingjing.MakeIDNumber(string(n[:17])) != n {
			t.Fatalf("%q gives %q, which is not canonical", text, string(n))
		}
		if again, err := mingjing.ParseIDNumber(string(n), now); err != nil || again != n {
			t.Fatalf("%q gives %q, which reads as %q, %v", text, string(n), string(again), err)
		}
		if strings.Contains(n.String(), string(n[2:16])) {
			t.Fatal("it prints unmasked")
		}
	})
}

func FuzzParseOrganisationCode(f *testing.F) {
	// The example of GB 32100-2015 and common slips.
	for _, s := range []string{"91350100M000100Y43", "91350100m000100y43", "91350100 M000100Y4 3", "9135O100M000100Y43", "", "ſ", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, err := mingjing.ParseOrganisationCode(text)
		if code == "" {
			if !errors.Is(err, mingjing.ErrOrganisationCode) {
				t.Fatalf("%q gives %q, %v", text, code, err)
			}
			return
		}
		if len(code) != 18 || strings.Trim(string(code), "0123456789ABCDEFGHJKLMNPQRTUWXY") != "" {
			t.Fatalf("%q gives %q, which is not canonical", text, code)
		}
		if again, same := mingjing.ParseOrganisationCode(string(code)); !errors.Is(same, err) || again != code {
			t.Fatalf("%q gives %q, which reads as %q, %v", text, code, again, same)
		}
	})
}

func TestACodeOfAnOrganisationIsReadAndADoubtfulOneIsOnlyWarnedOf(t *testing.T) {
	for text, want := range map[string]error{
		"91350100M000100Y43":   nil,
		"91350100m000100y43":   nil,
		"９１３５０１００M000100Y43":   nil,
		"91350100-M000100Y4 3": nil,
		"91350100M000100Y44":   mingjing.ErrOrganisationCheck,
		"91350100M000100Y4":    mingjing.ErrOrganisationCode,
		"9135010OM000100Y43":   mingjing.ErrOrganisationCode,
		"91350100M000100Y4三":   mingjing.ErrOrganisationCode,
		"91350100M000100Y430":  mingjing.ErrOrganisationCode,
		"913501A0M000100Y43":   mingjing.ErrOrganisationCode,
	} {
		code, err := mingjing.ParseOrganisationCode(text)
		if !errors.Is(err, want) || (code == "") != errors.Is(want, mingjing.ErrOrganisationCode) {
			t.Errorf("%q: %q, %v", text, code, err)
		}
	}
}

func TestACodeIsNoIDNumberEvenWhereItLooksLikeOne(t *testing.T) {
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	both := string(mingjing.MakeIDNumber("99999919760512101"))
	person, err := mingjing.ParseHolder(both, now)
	firm, other := mingjing.ParseHolder("USCC:"+both, now)
	if err != nil || other != nil || person == firm || person.Subject() != mingjing.OfResidents || firm.Subject() != mingjing.OfOrganisations {
		t.Errorf("%q is %v and %v: %v %v", both, person, firm, err, other)
	}
	if firm.Masked() != both || person.Masked() == both {
		t.Errorf("shown as %s and %s: only codes are public", firm.Masked(), person.Masked())
	}
	if _, err := mingjing.ParseIDNumber("USCC:91350100M000100Y43", now); err == nil {
		t.Error("a code is taken where somebody has to give an ID number")
	}
}
