package passwords

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var lin = Person{IDNumber: "31010119900307123X", Names: []string{"林晓雨"}, Context: []string{"Mingjing", "明镜", "Honest Shanghai", "上海"}}

func TestAGoodPasswordIsTaken(t *testing.T) {
	for _, text := range []string{
		"a quiet mirror 7", "correct horse battery staple", "ein langes, gutes 密码", "雨后的梧桐树下有一只猫咪", "Zugspitze & 31 Ziegen",
		strings.Repeat("four words 四字 ", 9), "the password of 3 old foxes in a wood", "林晓雨 keeps nine red foxes",
		"upstairs in Shanghai a tailor sings", strings.Repeat("αβγδ", Max/4),
	} {
		if got := Problem(text, lin); got != "" {
			t.Errorf("%q is told %s", text, got)
		}
	}
}

func TestAPasswordThatIsEasyToGuessIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":          "required",
		"short":     "password_short",
		"密码密码密码密码密": "password_short",
		"e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301a": "password_short", // eight characters, however they are typed
		strings.Repeat("a b c d ", 20):                       "too_long",
		"aaaaaaaaaaaaaaaa":                                   "password_weak",
		"1234567890":                                         "password_weak",
		"qwertyuiop":                                         "password_weak",
		"ＱＷＥＲＴＹＵＩＯＰ":                                         "password_weak", // in full width
		"Password123!":                                       "password_weak",
		"iloveyou!2026":                                      "password_weak",
		"**dragon*2026":                                      "password_weak",
		"mingjing 2026":                                      "password_weak",
		"Honest-Shanghai!":                                   "password_weak",
		"上海明镜2026!!":                                         "password_weak",
		"\xff\xfe not valid text":                            "password_weak",
		"nul \x00 in the middle":                             "password_weak",
	} {
		if got := Problem(text, lin); got != want {
			t.Errorf("%q is told %q, want %s", text, got, want)
		}
	}
}

func TestWhatIsKnownOfAPersonIsNoPassword(t *testing.T) {
	for _, text := range []string{
		"born 19900307",       // the day of birth
		"mirror900307x",       // six digits of it
		"310101-quiet-mirror", // the region
		"quiet 07123x mirror",
		"１９９００３０７ mirror", // in full width
		"林晓雨林晓雨林晓雨，林晓雨！",
		"林 晓雨 2026 !!",
		"xX林晓雨Xx 19!!",
	} {
		if got := Problem(text, lin); got != "password_personal" {
			t.Errorf("%q is told %q", text, got)
		}
	}
	shen := Person{Login: "h-1001", Names: []string{"Shen Mo"}}
	for _, text := range []string{"h-1001-abc", "H1001 2026!", "shen mo shen mo", "Shen.1001.Shen"} {
		if got := Problem(text, shen); got != "password_personal" {
			t.Errorf("%q is told %q", text, got)
		}
	}
	if got := Problem("a quiet mirror 1001", shen); got != "" {
		t.Errorf("digits of a staff number alone are told %s", got)
	}
}

func TestAPasswordIsTheSameHoweverItIsTyped(t *testing.T) {
	composed, decomposed := "caf\u00e9 au lait 7", "cafe\u0301 au lait 7"
	if Normal(decomposed) != composed || Normal(composed) != composed {
		t.Errorf("%q and %q differ", Normal(decomposed), composed)
	}
	if n := utf8.RuneCountInString(strings.Repeat("𠮷", Max)); n != Max || Problem(strings.Repeat("𠮷林晓雨", Max/4), Person{}) != "" {
		t.Error("the longest password is refused")
	}
}

// The list is searched as a sorted one.
func TestTheListOfBreachedPasswordsIsSortedAndFolded(t *testing.T) {
	list := breached()
	if len(list) < 40_000 || !slices.IsSorted(list) {
		t.Errorf("%d passwords, sorted: %v", len(list), slices.IsSorted(list))
	}
	for _, p := range list {
		if p != strings.ToLower(p) {
			t.Errorf("%q is not in lower case", p)
		}
	}
}
