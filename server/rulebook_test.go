package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mingjing/web/rulebooks"
)

// checked runs the command and says what it printed.
func checked(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = runRulebook(t.Context(), args, os.Getenv, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestThePublishedRulebooksPassTheCheck(t *testing.T) {
	code, out, errs := checked(t, "check", "../web/rulebooks/honest-shanghai.json", "../web/rulebooks/rongcheng.json")
	if code != 0 || errs != "" || strings.Count(out, ": good: ") != 2 || !strings.Contains(out, "99 agencies") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

func TestTheCheckPrintsEveryProblemWithItsPlace(t *testing.T) {
	good := string(rulebooks.Files()["rongcheng.json"])
	bad := strings.NewReplacer(
		`"base": 1000`, `"base": 9000`,
		`"zone": "Asia/Shanghai"`, `"zone": "Asia/Atlantis"`,
		`"shape": "triangle"`, `"shape": "heart"`,
		`"format": 2`, `"format": 3`,
	).Replace(good)
	code, out, errs := checked(t, "check", write(t, "rongcheng.json", bad))
	if code != 1 || errs != "" || strings.Contains(out, ": good: ") {
		t.Errorf("exit %d %s", code, errs)
	}
	for _, want := range []string{"/base: ", "/bands/8/shape: choose one of: star, ", "/format: write 2"} {
		if !strings.Contains(out, ": "+want) || !strings.Contains(out, "rongcheng.json: line 3: /format: ") {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}

// smuggled are seven items and two measures by which somebody would smuggle in what is never
// used: by the code, what they are called in both languages, and what it is about.
var smuggled = []struct{ code, as, zh, en, about string }{
	{"award.city", "party.membership", "党员身份", "Party membership", "party"},
	{"award.department", "civic.votes_cast", "参加投票", "Voting in elections", "party"},
	{"market.false_advertising", "online.rumours", "网上发帖传播谣言", "Rumours in posts", "speech"},
	{"licence.qualified", "household.urban_hukou", "城镇户籍", "Urban registration", "registration"},
	{"traffic.ticket", "traffic.camera", "摄像头拍到闯红灯", "A red light taken by a camera", "cameras"},
	{"housing.false_application", "housing.low_rent_area", "居住在低租地段", "A low-rent area", "address"},
	{"court.unpaid_judgment", "family.blacklisted_parent", "父母失信", "A blacklisted parent", "family"},
	{"restrict.air", "restrict.city_screen_photo", "在城市大屏公布照片、姓名和身份证号", "Photograph, name and ID number on the city screen", "publish_person"},
	{"restrict.rail", "restrict.dial_tone", "拨号音告知来电的人", "The dial tone tells callers", "tell_others"},
}

// smuggle returns the sample of Shanghai with what is smuggled in: under codes of its own, or
// under the register's codes with names of its own, as the first format has them.
func smuggle(t *testing.T, own bool, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if own {
		text := string(data)
		for _, s := range smuggled {
			text = strings.ReplaceAll(text, `"`+s.code+`"`, `"`+s.as+`"`)
		}
		return []byte(text)
	}
	var b map[string]any
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	for _, s := range smuggled {
		for _, list := range []string{"catalogue", "measures"} {
			entries, _ := b[list].([]any)
			for _, e := range entries {
				if x := e.(map[string]any); x["code"] == s.code {
					x["name"] = map[string]any{"zh-CN": s.zh, "en": s.en}
				}
			}
		}
	}
	if data, err = json.MarshalIndent(b, "", "  "); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatIsSmuggledIntoARulebookIsRefusedEachWithItsLineRuleAndReason(t *testing.T) {
	sample, first := "../web/rulebooks/honest-shanghai.json", "../testdata/honest-shanghai-2026.3.json"
	refusals := func(name string, data []byte) []string {
		code, out, errs := checked(t, "check", write(t, "honest-shanghai.json", string(data)))
		if code != 1 || errs != "" || strings.Contains(out, ": good: ") {
			t.Fatalf("%s: exit %d %s\n%s", name, code, errs, out)
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		for _, line := range lines {
			if !regexp.MustCompile(`honest-shanghai\.json: line [1-9][0-9]*: /(catalogue|measures)/.*\(charter, rule 3[:)]`).MatchString(line) {
				t.Errorf("%s: no line or no rule in %q", name, line)
			}
		}
		return lines
	}
	nine := refusals("codes of its own", smuggle(t, true, sample))
	if len(nine) != len(smuggled) {
		t.Errorf("it gives %d refusals, want %d:\n%s", len(nine), len(smuggled), strings.Join(nine, "\n"))
	}
	for _, s := range smuggled {
		if !slices.ContainsFunc(nine, func(line string) bool {
			return strings.Contains(line, `"`+s.as+`"`) && strings.Contains(line, " is "+s.about+", which is never used: ")
		}) {
			t.Errorf("no refusal of %s says that it is about %s:\n%s", s.as, s.about, strings.Join(nine, "\n"))
		}
	}
	if named := refusals("names of its own", smuggle(t, false, sample)); len(named) != 7 {
		t.Errorf("an item that names itself: %q", named) // measures are nowhere named but in the register
	}
	// The format that had names: the nine, and a measure that the register does not have.
	old := refusals("the first format", smuggle(t, false, first))
	old = slices.DeleteFunc(old, func(line string) bool { return strings.Contains(line, `"restrict.school"`) })
	if len(old) != len(smuggled) {
		t.Errorf("the first format gives %d refusals:\n%s", len(old), strings.Join(old, "\n"))
	}
	for _, s := range smuggled {
		if !slices.ContainsFunc(old, func(line string) bool {
			return strings.Contains(line, `not "`+s.en+`"`) && strings.Contains(line, " is "+s.about+", which is never used: ")
		}) {
			t.Errorf("no refusal of %q says that it is about %s:\n%s", s.en, s.about, strings.Join(old, "\n"))
		}
	}
}

func TestTheCheckKnowsZonesAndFileNames(t *testing.T) {
	text := strings.Replace(string(rulebooks.Files()["rongcheng.json"]), "Asia/Shanghai", "Asia/Atlantis", 1)
	code, out, _ := checked(t, "check", write(t, "other.json", text))
	if code != 1 || !strings.Contains(out, "/zone: ") || !strings.Contains(out, "/id: ") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestTheCheckSaysWhatItCannotRead(t *testing.T) {
	good := "../web/rulebooks/rongcheng.json"
	for name, args := range map[string][]string{
		"no command":       nil,
		"no file":          {"check"},
		"another command":  {"publish", good},
		"a flag":           {"check", "--fast", good},
		"a file not there": {"check", filepath.Join(t.TempDir(), "nowhere.json"), good},
		"a folder":         {"check", t.TempDir()},
	} {
		if code, _, errs := checked(t, args...); code != 2 || errs == "" {
			t.Errorf("%s: exit %d %q", name, code, errs)
		}
	}
	for name, text := range map[string]string{"empty": "", "not JSON": "{", "deep": strings.Repeat("[", 20000),
		"too large": strings.Repeat(" ", rulebooks.MaxBytes+1)} {
		if code, out, _ := checked(t, "check", write(t, "rongcheng.json", text)); code != 1 || !strings.Contains(out,
			"rongcheng.json: line 1: /: ") {
			t.Errorf("%s: exit %d %q", name, code, out)
		}
	}
}

func TestTheCheckReadsCalendarsToo(t *testing.T) {
	const good = "../web/rulebooks/calendars/china.json"
	code, out, errs := checked(t, "check", good)
	if code != 0 || errs != "" || !strings.Contains(out, ": good: calendar china ") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	text := string(rulebooks.CalendarFiles()["calendars/china.json"])
	bad := strings.NewReplacer(`"2026-10-10"`, `"2026-10-09"`, `"sample": true`, `"sample": "yes"`, "Asia/Shanghai", "Asia/Atlantis").Replace(
		text)
	code, out, _ = checked(t, "check", write(t, "other.json", bad))
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(out, "/sample: write true or false") {
		t.Errorf("it does not say so:\n%s", out)
	}
	code, out, _ = checked(t, "check", write(t, "other.json", strings.ReplaceAll(text, "Asia/Shanghai", "Asia/Atlantis")))
	if code != 1 || !strings.Contains(out, "/zone: ") || !strings.Contains(out, "/code: ") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestARulebookNeedsItsCalendar(t *testing.T) {
	text := strings.Replace(string(rulebooks.Files()["rongcheng.json"]), `"calendar": "china"`, `"calendar": "shandong"`, 1)
	book := write(t, "rongcheng.json", text)
	if code, out, _ := checked(t, "check", book); code != 1 || !strings.Contains(out, "/procedure/calendar: ") {
		t.Errorf("exit %d\n%s", code, out)
	}
	calendar := write(t, "shandong.json", strings.Replace(string(rulebooks.CalendarFiles()["calendars/china.json"]), `"code": "china"`,
		`"code": "shandong"`, 1))
	if code, out, _ := checked(t, "check", book, calendar); code != 0 {
		t.Errorf("with its calendar: exit %d\n%s", code, out)
	}
}

func TestTheDifferenceIsPrintedInBothLanguages(t *testing.T) {
	const old = "../web/rulebooks/rongcheng.json"
	text := strings.Replace(string(rulebooks.Files()["rongcheng.json"]), `"agency_days": 5`, `"agency_days": 9`, 1)
	code, out, errs := checked(t, "diff", old, write(t, "rongcheng.json", text))
	if code != 0 || !strings.Contains(out, "working days for the agency to answer: 5 becomes 9") || !strings.Contains(out, "5 改为 9") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if code, out, _ := checked(t, "diff", old, old); code != 0 || !strings.Contains(out, "the same for everybody") {
		t.Errorf("the same twice: exit %d\n%s", code, out)
	}
	if code, _, _ := checked(t, "diff", old, "/nowhere.json"); code != 2 {
		t.Errorf("a file that is not there: exit %d", code)
	}
}

func TestAnExampleThatComesOutOtherwiseIsFoundByCheck(t *testing.T) {
	text := strings.Replace(string(rulebooks.Files()["rongcheng.json"]), `"value": 995`, `"value": 990`, 1)
	code, out, _ := checked(t, "check", write(t, "rongcheng.json", text))
	if code != 1 || !strings.Contains(out,
		`/cases/1/value: "One traffic ticket" has 990, and the rules make 995 (base 1000, traffic.ticket -5)`) {
		t.Errorf("exit %d\n%s", code, out)
	}
}
