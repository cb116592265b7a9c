package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/text/encoding/simplifiedchinese"

	"mingjing"
	"mingjing/server/casework/register"
)

// newResident returns the nth ID number of the residents that a test enrols.
func newResident(n int) mingjing.IDNumber {
	return mingjing.MakeIDNumber(fmt.Sprintf("999999%s%03d", time.Date(1950, 1, 1+n/900, 0, 0, 0, 0, time.UTC).Format("20060102"), n%900))
}

// residentFile writes a file of rows below a header row with all columns.
func (i *install) residentFile(rows ...string) string {
	i.t.Helper()
	path := filepath.Join(i.dir, "residents.csv")
	text := "id_number,name,language,address\n" + strings.Join(rows, "\n") + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
	return path
}

// rowOf returns a good row of the nth resident.
func rowOf(n int) string {
	return fmt.Sprintf("%s,居民%d,zh-CN,\"人民路 %d 号\n上海市黄浦区\"", string(newResident(n)), n, n)
}

func TestEveryLineOfAFileOfResidentsIsAnswered(t *testing.T) {
	i := newInstall(t)
	bad := string(newResident(9))
	file := i.residentFile(
		rowOf(1),                  // lines 2 and 3
		bad+",\xc4\xe3\xba\xc3,,", // 4: GB 18030
		bad+",名字",                 // 5: too few cells
		bad+",\"名字,zh-CN,地址",      // 6: a quote is left open
		rowOf(2),                  // 7 and 8
		"310101,名字,zh-CN,地址",      // 9
		"",                        // blank
		bad+",,de,"+strings.Repeat("路", 201), // 11: three fields
		bad+",名\"字\"号,zh-CN,地址",              // 12: a stray quote
		rowOf(1),                             // 13 and 14: again
		rowOf(2),                             // 15 and 16
		bad[:17]+other(bad[17])+",名字,zh-CN,", // 17: the check character
		rowOf(3), // 18
	)
	code, out, errs := i.run("resident", "enrol", file)
	if code != exitWrongLines {
		t.Errorf("exit %d, %s", code, errs)
	}
	var got []string
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) == 6 {
			got = append(got, f[0]+" "+f[2]+" "+f[3])
			if zh, en := f[4], f[5]; zh == "" || en == "" || strings.Contains(zh+en, "{") || zh == en {
				t.Errorf("%s is said as %q and %q", f[3], zh, en)
			}
		}
	}
	if want := []string{"line 4 - line_encoding", "line 5 - cells_count", "line 6 - quote_open", "line 9 id_number id_number_length",
		"line 11 name name_required", "line 11 language letter_language", "line 11 address address_long", "line 12 - quote_stray",
		"line 17 id_number id_number_check"}; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("wrong are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, part := range []string{"lines 13 to 15\tenrolled already", "enrolled         3\n", "already there    2\n", "wrong            7\n"} {
		if !strings.Contains(out, part) {
			t.Errorf("it does not say %q:\n%s", part, out)
		}
	}
	for n := range 10 {
		if strings.Contains(out+errs, string(newResident(n))) {
			t.Errorf("the whole ID number of %d is in the output", n)
		}
	}
	// Nothing of them is on the disk in the clear.
	if found := filesWith(t, filepath.Join(i.dir, "data"), string(newResident(1)), "居民1", "人民路"); len(found) > 0 {
		t.Errorf("can be read: %v", found)
	}
	code, out, _ = i.run("resident", "enrol", file)
	if code != exitWrongLines || !strings.Contains(out, "enrolled         0\n") || !strings.Contains(out, "already there    5\n") {
		t.Errorf("again: exit %d, %s", code, out)
	}
}

func other(c byte) string {
	if c == '1' {
		return "2"
	}
	return "1"
}

func TestTheEncodingOfAFileOfResidentsIsNamed(t *testing.T) {
	i := newInstall(t)
	path := i.residentFile(rowOf(1))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(bytes.Replace(text, []byte("居民1"), []byte("㐂民"), 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		what, says string
		text       []byte
		code       int
		more       []string
	}{
		{"UTF-16", "UTF-16", append([]byte("\xff\xfe"), text...), 1, nil},
		{"UTF-8 as GB 18030", "UTF-8", text, 1, []string{"--gb18030"}},
		{"GB 18030 as UTF-8", "line_encoding", gb, exitWrongLines, nil},
		{"GB 18030", "enrolled         1\n", gb, 0, []string{"--gb18030"}},
		{"a byte order mark", "already there    1\n", append([]byte("\xef\xbb\xbf"), text...), 0, nil},
		{"no header row", "no column", nil, 1, nil},
		{"an unknown column", "“email”", []byte("id_number,name,email\n"), 1, nil},
		{"no names", "“name”", []byte("id_number,language\n"), 1, nil},
		{"semicolons, an old order", "already there    1\n", []byte("NAME; id_number\n甲;" + string(newResident(1)) + "\n"), 0, nil},
	} {
		if err := os.WriteFile(path, k.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := i.run(append([]string{"resident", "enrol", path}, k.more...)...); code != k.code ||
			!strings.Contains(out+errs, k.says) {
			t.Errorf("%s: exit %d, %s%s", k.what, code, out, errs)
		}
	}
	for _, args := range [][]string{{"resident"}, {"resident", "dance"}, {"resident", "enrol"}, {"resident", "enrol", "a", "b"},
		{"resident", "letters"}, {"resident", "letters", "--out", "x", "--per", "0"},
		{"resident", "letters", "--out", "x", "--before", "2026-11-01"},
		{"resident", "letters", "--out", "x", "--again", "--before", "soon"},
		{"resident", "letters", "--out", "x", "--seal-to", "age1nonsense"}} {
		if code, _, errs := i.run(args...); code != 2 || !strings.Contains(errs, "usage:") {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
	if code, out, _ := i.run("resident", "help"); code != 0 || out != residentUsage {
		t.Errorf("help: exit %d", code)
	}
}

// A cutReader has the start of a file, and then fails.
type cutReader struct{ io.Reader }

func (r cutReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("the disk is gone")
	}
	return n, err
}

func TestAnEnrolmentThatWasCutOffGoesOn(t *testing.T) {
	i := newInstall(t)
	const all = 1000
	rows := make([]string, all)
	for n := range rows {
		rows[n] = string(newResident(n)) + ",居民,,"
	}
	file := i.residentFile(rows...)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	half := cutReader{bytes.NewReader(text[:len(text)*6/10])}
	if code := runResident(t.Context(), []string{"enrol", "-"}, env(i.env...), half, &out, &errs); code != 1 ||
		!strings.Contains(errs.String(), "run it again") || !strings.Contains(out.String(), "enrolled         500\n") {
		t.Fatalf("cut off: exit %d, %s%s", code, &out, &errs)
	}
	if out := i.must("resident", "enrol", file); !strings.Contains(out, "enrolled         500\n") ||
		!strings.Contains(out, "lines 2 to 501\tenrolled already\n") || !strings.Contains(out, "already there    500\n") {
		t.Errorf("the second run says %s", out)
	}
}

// lettered enrols people with an address, and returns an install with the settings that
// letters need.
func lettered(t *testing.T, people int) *install {
	t.Helper()
	i := newInstall(t, "PUBLIC_ORIGIN", "https://mirror.example", "COUNTER", "人民广场 100 号")
	rows := []string{string(newResident(500)) + ",没有地址,,"}
	for n := range people {
		rows = append(rows, rowOf(n))
	}
	i.must("resident", "enrol", i.residentFile(rows...))
	return i
}

// lettersIn returns the files of letters that a run has named.
func lettersIn(out string) (paths []string) {
	for _, m := range regexp.MustCompile(`(?m)^(\S+)\t(\d+ letters|finished)$`).FindAllStringSubmatch(out, -1) {
		paths = append(paths, m[1])
	}
	return paths
}

func TestLettersAreWrittenOnceAndAgainOnlyWhenAsked(t *testing.T) {
	i := lettered(t, 5)
	dir := filepath.Join(i.dir, "letters")
	nowhere := &install{i.t, i.dir, append([]string{"PUBLIC_ORIGIN", ""}, i.env[4:]...)}
	if code, _, errs := nowhere.run("resident", "letters", "--out", dir); code != 1 || !strings.Contains(errs, "PUBLIC_ORIGIN") {
		t.Errorf("without an address to activate at: exit %d, %s", code, errs)
	}
	out := i.must("resident", "letters", "--out", dir, "--per", "2")
	files := lettersIn(out)
	if len(files) != 3 || !strings.Contains(out, "letters          5\n") {
		t.Fatalf("it says %s", out)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil || !bytes.HasPrefix(data, []byte("%PDF-")) {
			t.Errorf("%s is no PDF: %v", f, err)
		}
		if s, err := os.Stat(f); err != nil || s.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v", f, err)
		}
	}
	if out := i.must("resident", "letters", "--out", dir); len(lettersIn(out)) != 0 || !strings.Contains(out, "letters          0\n") {
		t.Errorf("a second run says %s", out)
	}
	if out := i.must("resident", "letters", "--out", dir, "--again", "--before", "2020-01-01"); len(lettersIn(out)) != 0 {
		t.Errorf("those from before the letters are written again: %s", out)
	}
	if out := i.must("resident", "letters", "--out", dir, "--again"); len(lettersIn(out)) != 1 ||
		!strings.Contains(out, "letters          5\n") {
		t.Errorf("when asked it says %s", out)
	}
}

func TestTheLettersAreOneFileWhereOneIsNamed(t *testing.T) {
	t.Parallel()
	i := lettered(t, register.MaxLetters+4) // of more than one step
	one := filepath.Join(i.dir, "out", "all.pdf")
	out := i.must("resident", "letters", "--out", one, "--per", "2")
	if files := lettersIn(out); len(files) != 1 || files[0] != one || !strings.Contains(out, "more may wait") {
		t.Errorf("a file of two: %s", out)
	}
	if data, err := os.ReadFile(one); err != nil || !bytes.HasPrefix(data, []byte("%PDF-")) {
		t.Errorf("it is no PDF: %v", err)
	}
	if code, _, errs := i.run("resident", "letters", "--out", one); code != 1 || !strings.Contains(errs, "is there already") {
		t.Errorf("once more into the same file: exit %d, %s", code, errs)
	}
	shop, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	sealed := filepath.Join(i.dir, "out", "rest.csv.age")
	if out = i.must("resident", "letters", "--out", sealed, "--seal-to", shop.Recipient().String()); len(lettersIn(out)) != 1 ||
		!strings.Contains(out, fmt.Sprintf("letters          %d\n", register.MaxLetters+1)) || strings.Contains(out, "more") {
		t.Errorf("the rest: %s", out)
	}
	// One whose run ended before it had its name gets it; one whose codes never became good is
	// removed, though a file of this name was kept before.
	parts := func() []string {
		found, err := filepath.Glob(filepath.Join(i.dir, "out", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if err := errors.Join(os.Remove(one), os.WriteFile(one+".abcdef"+partial, []byte("%PDF-"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if out := i.must("resident", "letters", "--out", one); len(lettersIn(out)) != 0 || len(parts()) != 1 || parts()[0] != sealed {
		t.Errorf("a file without codes stays: %s, %v", out, parts())
	}
	for _, args := range [][]string{{"x.csv"}, {"x.csv.age"}, {"x.pdf", "--per", "10001"}, {"x.pdf", "--seal-to", shop.Recipient().String()}} {
		if code, _, errs := i.run(append([]string{"resident", "letters", "--out"}, args...)...); code != 2 || !strings.Contains(errs, "usage:") {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
}

// sealedLetters writes all letters sealed to a new key, and returns their rows.
func (i *install) sealedLetters(more ...string) [][]string {
	i.t.Helper()
	shop, err := age.GenerateX25519Identity()
	if err != nil {
		i.t.Fatal(err)
	}
	key := filepath.Join(i.dir, "shop.pub")
	if err := os.WriteFile(key, []byte("# the print shop\n"+shop.Recipient().String()+"\n"), 0o600); err != nil {
		i.t.Fatal(err)
	}
	files := lettersIn(i.must(append([]string{"resident", "letters", "--out", filepath.Join(i.dir, "shop"), "--seal-to", key}, more...)...))
	if len(files) != 1 {
		i.t.Fatalf("the files are %v", files)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		i.t.Fatal(err)
	}
	if stranger, err := age.GenerateX25519Identity(); err != nil {
		i.t.Fatal(err)
	} else if _, err := age.Decrypt(bytes.NewReader(data), stranger); err == nil {
		i.t.Error("another key opens the file")
	}
	plain, err := age.Decrypt(bytes.NewReader(data), shop)
	if err != nil {
		i.t.Fatal(err)
	}
	rows, err := csv.NewReader(plain).ReadAll()
	if err != nil {
		i.t.Fatal(err)
	}
	return rows[1:]
}

func TestAResidentActivatesByTheCodeOfTheLetter(t *testing.T) {
	t.Parallel()
	i := lettered(t, 2)
	rows := i.sealedLetters()
	if len(rows) != 2 || rows[0][0] != "zh-CN" || rows[0][1] != "居民0" || rows[0][2] != "人民路 0 号\n上海市黄浦区" ||
		rows[0][5] != "https://mirror.example/zh-CN/activate" {
		t.Fatalf("the letters are %q", rows)
	}
	code := rows[0][3]
	if found := filesWith(t, filepath.Join(i.dir, "data"), code, strings.ReplaceAll(code, "-", "")); len(found) > 0 {
		t.Errorf("the code can be read: %v", found)
	}
	i.env = append([]string{"PUBLIC_ORIGIN", ""}, i.env[4:]...)
	c := i.opened()
	b := c.browser(t)
	form := map[string]string{"id_number": string(newResident(0)), "code": code, "new_password": staffPassword}
	if to := b.fill(b.page("activate").want(200), "/api/activate", form).to(); to != "/en/overview?done=activated" {
		t.Errorf("the code leads to %s", to)
	}
	if me := into[mingjing.Viewer](b.json("GET", "/api/me", nil).want(200)); me.Name != "居民0" {
		t.Errorf("logged in is %+v", me)
	}
	// It works once, and the other's is the other's.
	for _, again := range []string{code, rows[1][3]} {
		if x := c.browser(t).json("POST", "/api/activate", map[string]any{"id_number": newResident(0), "code": again,
			"new_password": "another mirror 8"}); x.problem(422) != "activation_failed" {
			t.Errorf("another code: %s", x.body)
		}
	}
	c.browser(t).json("POST", "/api/login", map[string]any{"id_number": newResident(0), "password": staffPassword}).want(200)
}

func TestAFileOfLettersThatWasCutOffIsFinishedOrRemoved(t *testing.T) {
	i := lettered(t, 1)
	dir := filepath.Join(i.dir, "letters")
	file := lettersIn(i.must("resident", "letters", "--out", dir))[0]
	// As if the run had ended before the file got its name; and another before its codes
	// were good.
	if err := os.Rename(file, file+partial); err != nil {
		t.Fatal(err)
	}
	never := filepath.Join(dir, "letters-20260101-000000-abcdef.pdf"+partial)
	if err := os.WriteFile(never, []byte("%PDF-"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := lettersIn(i.must("resident", "letters", "--out", dir)); len(got) != 1 || got[0] != file {
		t.Errorf("finished are %v", got)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 || left[0] != file {
		t.Errorf("in the folder are %v, %v", left, err)
	}
}

// BenchmarkEnrol enrols 10,000 people from a file, and then the same file again.
func BenchmarkEnrol(b *testing.B) {
	var text strings.Builder
	text.WriteString("id_number,name,language,address\n")
	for n := range 10_000 {
		text.WriteString(rowOf(n) + "\n")
	}
	for b.Loop() {
		settings := env("DATA", b.TempDir(), "LOG_LEVEL", "error")
		for range 2 {
			var out, errs bytes.Buffer
			if code := runResident(b.Context(), []string{"enrol", "-"}, settings, strings.NewReader(text.String()), &out, &errs); code != 0 {
				b.Fatalf("exit %d, %s", code, &errs)
			}
		}
	}
}
