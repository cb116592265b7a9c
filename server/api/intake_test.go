package api

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/intake"
	"mingjing/server/csvfile"
)

func TestABatchIsTheSameAsJSONAndAsCSV(t *testing.T) {
	json, err := decodeBatch([]byte(`{"id":"b","lines":[
		{"op":"record","ref":"r-1","id_number":"x","code":"c","occurred":"2026-01-02","detail":{"zh-CN":"甲，乙","en":"a, b"},
		 "document":{"kind":"judgment","issuer":"i","number":"n","date":"2026-01-01","hash":"h"}},
		{"op":"listing","ref":"r-2","measures":["a","b"],"months":24,"ground":{"zh-CN":"因"}},
		{"op":"lift","ref":"r-3","reason":"so"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	csv, err := decodeCSV([]byte(
		"op,ref,id_number,code,occurred,detail_zh,detail_en,document_kind,document_issuer," +
			"document_number,document_date,document_hash,measures,months,ground_zh,reason\r\n" +
			"record,r-1,x,c,2026-01-02,甲，乙,\"a, b\",judgment,i,n,2026-01-01,h,,,,\r\n" +
			"listing,r-2,,,,,,,,,,,a b,24,因,\r\n" +
			"lift,r-3,,,,,,,,,,,,,,so\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range csv {
		if csv[i].FileLine != i+2 || json.Lines[i].FileLine == 0 {
			t.Errorf("line %d is on %d and %d", i+1, csv[i].FileLine, json.Lines[i].FileLine)
		}
		csv[i].FileLine = json.Lines[i].FileLine
	}
	if !reflect.DeepEqual(json.Lines, csv) {
		t.Errorf("%+v\n%+v", json.Lines, csv)
	}
}

// linesRead returns what is wrong with each line: file line, field and code.
func linesRead(lines []intake.BatchLine) string {
	var all []string
	for _, l := range lines {
		if l.Wrong == nil {
			all = append(all, fmt.Sprint(l.FileLine, " ", l.Ref))
			continue
		}
		all = append(all, strings.Join(strings.Fields(fmt.Sprint(l.FileLine, " ", l.Ref, " ", l.Wrong.Field, " ", l.Wrong.Code)), " "))
	}
	return strings.Join(all, "; ")
}

func TestALineThatCannotBeReadIsMarked(t *testing.T) {
	b, err := decodeBatch([]byte("{\"id\":\"7\",\n\"other\":[7],\"lines\":[{\"op\":\"lift\",\"ref\":\"a\"}," +
		"\n\n {\"ref\":\"b\",\"months\":\"many\"}" +
		",{\"ref\":\"c\",\"colour\":1},\n null,7,{\"ref\":\"e\",\n\"document\":{\"date\":20261021}},{\"op\":\"lift\",\"ref\":\"d\"}]}"))
	if err != nil || b.ID != "7" {
		t.Fatal(b, err)
	}
	want := "2 a; 4 b months field_type; 4 c field_unknown; 5 line_unreadable; 5 line_unreadable; 5 e document.date field_type; 6 d"
	if got := linesRead(b.Lines); got != want {
		t.Errorf("JSON: %s\nwant  %s", got, want)
	}
	if l := b.Lines[2]; l.Wrong.Values["name"] != "colour" {
		t.Errorf("%+v", l.Wrong)
	}
	for _, body := range []string{"", "[]x", `{"id":1}`, `"`, `{"lines":{}}`, `{"lines":[1`, `{"lines":[]} {}`, `{"lines":[1]`} {
		if _, err := decodeBatch([]byte(body)); err == nil {
			t.Errorf("%q is taken", body)
		}
	}
	if _, err := decodeBatch([]byte(`{"lines":[` + strings.Repeat("1,", intake.MaxLines) + "1]}")); err == nil {
		t.Error("there is no end to the lines")
	}
}

func TestEveryRowOfACSVFileIsAnswered(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"wrong cells": {"op,ref,months\nlift,a,\nlift,b\nlist\"ing,c,1\nlift,d,x\n\nlift,e,\n,,\n",
			"2 a; 3 b cells_count; 4 quote_open; 5 d months number_form; 7 e"},
		"an open quote":       {"op,ref,reason\nlift,a,\"so\nlift,b,so\nlift,c,so\n", "2 quote_open; 3 b; 4 c"},
		"in the last row":     {"op,ref,reason\nlift,a,so\nlift,b,\"so", "2 a; 3 quote_open"},
		"two open quotes":     {"op,ref,reason\nlift,a,\"so\nlift,b,\"so\nlift,c,so\n", "2 quote_open; 3 quote_open; 4 c"},
		"closed by another":   {"ref,op,reason\na,lift,\"so\nb,?,so\"\nc,lift,so\n", "2 a; 4 c"},
		"closed by a row":     {"ref,op,reason\na,lift,\"so\nb,lift,so\"\nc,lift,so\n", "2 quote_open; 3 quote_open; 4 c"},
		"closed too early":    {"op,ref,reason\nlift,a,\"so\n?,b,\"so\"\nlift,c,so\n", "2 quote_open; 3 b; 4 c"},
		"closed by a stray":   {"ref,op,reason\na,lift,\"so\nb,?,x\"y\nc,lift,so\n", "2 quote_open; 3 quote_open; 4 c"},
		"line breaks in it":   {"op,ref,reason\r\nlift,a,\"so,\r\n\"\"and so\"\"\"\r\nlift,b,so\r\n", "2 a; 4 b"},
		"an old Mac's":        {"op,ref\rlift,a\rlift,b", "2 a; 3 b"},
		"semicolons":          {"op;ref\nlift;a,b\n", "2 a,b"},
		"tabs":                {"op\tref\nlift\ta\n", "2 a"},
		"full-width commas":   {"op，ref\nlift，a\n", "2 a"},
		"bars, any case":      {" OP | Ref\nlift|a\n", "2 a"},
		"one column":          {"ref\na\n", "2 a"},
		"a quote without end": {"op,ref\nlift,\"a" + strings.Repeat("\n.", 3*csvfile.MaxRowLines) + "\"\n", ""},
	} {
		lines, err := decodeCSV([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := linesRead(lines); c.want != "" && got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		} else if c.want == "" && (len(lines) != 3*csvfile.MaxRowLines+1 || lines[0].Wrong.Code != "quote_open") {
			t.Errorf("%s: %d answers", name, len(lines))
		}
	}
	for body, column := range map[string]string{"op,op\n": "op", "op,colour\n": "colour", "op;ref;colour\n": "colour", "x": "x",
		"op,,ref\n": ""} {
		_, err := decodeCSV([]byte(body))
		e, ok := errors.AsType[*mingjing.Error](err)
		if !ok || e.Fields[0].Code != "column_unknown" || e.Values["column"] != column {
			t.Errorf("%q: %+v", body, err)
		}
	}
	for _, body := range []string{"", "\n\n", "op\x00", "\"op"} {
		if _, err := decodeCSV([]byte(body)); err == nil {
			t.Errorf("%q is taken", body)
		}
	}
	if _, err := decodeCSV([]byte("op\n" + strings.Repeat("lift\n", intake.MaxLines+1))); err == nil {
		t.Error("there is no end to the lines")
	}
}

func TestTheEncodingIsReadOrNamed(t *testing.T) {
	const text = "op,ref,reason\nlift,甲,因为“不”\n"
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	gb18030, err := simplifiedchinese.GB18030.NewEncoder().String("op,ref\nlift,𠮷é")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ kind, body, want string }{
		"UTF-8":                    {"text/csv", text, "甲"},
		"with a mark":              {"text/csv; charset=utf-8", "\ufeff" + text, "甲"},
		"GBK that is said":         {"text/csv; charset=GBK", gbk, "甲"},
		"GB 18030 that is said":    {"text/csv; charset=gb18030", gb18030, "𠮷é"},
		"GBK that is not said":     {"text/csv", gbk, "encoding_is GB 18030"},
		"GBK that is called UTF-8": {"text/csv; charset=utf-8", gbk, "encoding_is GB 18030"},
		"UTF-8 that is called GBK": {"text/csv; charset=gbk", text, "encoding_is UTF-8"},
		"ASCII that is called GBK": {"text/csv; charset=gbk", "op,ref\nlift,a\n", "a"},
		"UTF-16":                   {"text/csv", "\xff\xfeo\x00p\x00", "encoding_is UTF-16"},
		"Latin-1":                  {"text/csv", "op,ref\nlift,caf\xe9 au lait\n", "encoding_unknown UTF-8"},
		"broken GB 18030":          {"text/csv; charset=gb18030", "op,ref\nlift,\xff\n", "encoding_unknown GB 18030"},
		"another":                  {"text/csv; charset=big5", text, "charset_unknown big5"},
		"JSON in GBK":              {"application/json; charset=gbk", strings.ReplaceAll(gbk, text, ""), "bad_body "},
	} {
		b, err := readBatch(c.kind, "id", []byte(c.body))
		got := ""
		if e, ok := errors.AsType[*mingjing.Error](err); ok {
			got = e.Code + " " + e.Values["encoding"]
		} else if len(b.Lines) > 0 {
			got = b.Lines[0].Ref
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The files of testdata/intake are what agencies have sent elsewhere.
func TestFilesAsAgenciesSendThem(t *testing.T) {
	for name, c := range map[string]struct{ kind, want string }{
		"unclosed-quote.csv": {"text/csv", "2 quote_open; 3 C-27; 4 C-28"},
		"batch-bom.json":     {"application/json", "1 X"},
		"gbk.csv":            {"text/csv; charset=gbk", "2 C-6"},
		"semicolon.csv":      {"text/csv", "2 C-3"},
		"doc-date-slash.csv": {"text/csv", "2 C-11"},
	} {
		body, err := os.ReadFile(filepath.Join("testdata", "intake", name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := readBatch(c.kind, "id", body)
		if got := linesRead(b.Lines); err != nil || got != c.want {
			t.Errorf("%s: %s, want %s; %v", name, got, c.want, err)
		}
	}
}

func TestEachCodeOfALineHasASentence(t *testing.T) {
	for _, code := range slices.Concat(intake.LineCodes, BatchCodes) {
		if !i18n.Has("error." + code) {
			t.Errorf("%s has no sentence", code)
		}
	}
	if n := len(slices.Compact(slices.Sorted(slices.Values(intake.LineCodes)))); n != len(intake.LineCodes) {
		t.Error("a code is there twice")
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add([]byte(`{"id":"b","lines":[{"op":"record","ref":"r","document":{"kind":"k"}},null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := decodeBatch(body)
		if err == nil && len(b.Lines) > intake.MaxLines {
			t.Error(len(b.Lines))
		}
	})
}

func FuzzDecodeCSV(f *testing.F) {
	f.Add([]byte("op,ref,months\nlift,r,1\n\"a\nb,c"))
	f.Add([]byte("op;ref\rlift;\"a\r\"\"b\""))
	f.Fuzz(func(t *testing.T, body []byte) {
		lines, err := decodeCSV(body)
		for i, l := range lines {
			if l.FileLine < 2 || i > 0 && l.FileLine <= lines[i-1].FileLine {
				t.Errorf("line %d is on line %d of the file", i+1, l.FileLine)
			}
		}
		if err == nil && len(lines) > intake.MaxLines {
			t.Error(len(lines))
		}
		for _, l := range lines {
			if strings.ContainsRune(l.Ref+l.Reason+l.IDNumber, 0) {
				t.Errorf("%+v", l)
			}
		}
	})
}
