package api

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mingjing"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))

func TestACalendarIsAsTheStandardWantsIt(t *testing.T) {
	c := &calendar{id: "D1", title: "明镜：一个日期", text: "Log in; see, what it is.\nThen \\ act.", link: "https://mirror.example/en/disputes/D1",
		now: noon}
	c.on("ends", "2026-12-31")
	c.at("decide2", noon.Add(48*time.Hour))
	c.on("none", "")
	want := strings.Join([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Mingjing//Dates//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
		"BEGIN:VEVENT", "UID:decide2-D1@mingjing", "DTSTAMP:20260302T040000Z", "DTSTART:20260304T040000Z", "SUMMARY:明镜：一个日期",
		"DESCRIPTION:Log in\\; see\\, what it is.\\nThen \\\\ act.\\nhttps://mirror.example/en/disputes/D1",
		"URL:https://mirror.example/en/disputes/D1", "CLASS:PRIVATE", "TRANSP:TRANSPARENT", "END:VEVENT",
		"BEGIN:VEVENT", "UID:ends-D1@mingjing", "DTSTAMP:20260302T040000Z", "DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270101",
		"SUMMARY:明镜：一个日期",
		"DESCRIPTION:Log in\\; see\\, what it is.\\nThen \\\\ act.\\nhttps://mirror.example/en/disputes/D1",
		"URL:https://mirror.example/en/disputes/D1", "CLASS:PRIVATE", "TRANSP:TRANSPARENT", "END:VEVENT",
		"END:VCALENDAR", ""}, "\r\n")
	if got := strings.ReplaceAll(string(c.bytes()), "\r\n ", ""); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// FuzzCalendar: whatever the text, no line is longer than 75 octets, no character
// is split, and unfolded and unescaped it is the text again.
func FuzzCalendar(f *testing.F) {
	for _, seed := range []string{"", "a;b,c\\d\ne", strings.Repeat("明", 80), "x\r\nEND:VEVENT\r\n",
		"\xff\x00\x7f", strings.Repeat("a", 74) + "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := &calendar{id: "D1", title: text, now: noon}
		c.at("x", noon)
		out := string(c.bytes())
		for line := range strings.SplitSeq(strings.TrimSuffix(out, "\r\n"), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
				t.Errorf("a line is %q", line)
			}
		}
		unfolded := strings.ReplaceAll(out, "\r\n ", "")
		if n := strings.Count(unfolded, "\r\n"); n != 15 {
			t.Errorf("there are %d lines:\n%s", n, unfolded)
		}
		_, rest, _ := strings.Cut(unfolded, "SUMMARY:")
		value, _, _ := strings.Cut(rest, "\r\n")
		var back strings.Builder
		for i := 0; i < len(value); i++ {
			if value[i] == '\\' {
				i++
				if value[i] == 'n' {
					back.WriteByte('\n')
					continue
				}
			}
			back.WriteByte(value[i])
		}
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' && r != '\n' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n"), "\r", "\n"))
		if back.String() != want {
			t.Errorf("%q comes back as %q", want, back.String())
		}
	})
}

func TestTheServiceWorkerHasASentenceForEachKind(t *testing.T) {
	texts := pushTexts()
	for _, lang := range mingjing.Languages {
		p := texts[lang]
		if p.Neutral == "" || len(p.Kinds) != len(mingjing.NoticeKinds) {
			t.Errorf("%s: %+v", lang, p)
		}
		for k, s := range p.Kinds {
			if s == "" || strings.Contains(s, "notice.") {
				t.Errorf("%s: %s is %q", lang, k, s)
			}
		}
	}
}
