package main

import (
	"bytes"
	"os"
	"path/filepath"
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
		`"code": "friends"`, `"code": "fiends"`,
	).Replace(good)
	code, out, errs := checked(t, "check", write(t, "rongcheng.json", bad))
	if code != 1 || errs != "" || strings.Contains(out, ": good: ") {
		t.Errorf("exit %d %s", code, errs)
	}
	for _, want := range []string{"/base: ", "/bands/8/shape: choose one of: star, ", "/never_used: add friends"} {
		if !strings.Contains(out, "rongcheng.json: "+want) {
			t.Errorf("it does not say %q:\n%s", want, out)
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
		if code, out, _ := checked(t, "check", write(t, "rongcheng.json", text)); code != 1 || !strings.Contains(out, "rongcheng.json: /: ") {
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
