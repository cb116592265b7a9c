package api

import (
	"reflect"
	"strings"
	"testing"

	"mingjing/server/casework/agencyside"
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
		"\xef\xbb\xbfop,ref,id_number,code,occurred,detail_zh,detail_en,document_kind,document_issuer," +
			"document_number,document_date,document_hash,measures,months,ground_zh,reason\r\n" +
			"record,r-1,x,c,2026-01-02,甲，乙,\"a, b\",judgment,i,n,2026-01-01,h,,,,\r\n" +
			"listing,r-2,,,,,,,,,,,a b,24,因,\r\n" +
			"lift,r-3,,,,,,,,,,,,,,so\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(json.Lines, csv) {
		t.Errorf("%+v\n%+v", json.Lines, csv)
	}
}

func TestALineThatCannotBeReadIsMarked(t *testing.T) {
	b, err := decodeBatch([]byte(
		`{"id":"b","lines":[{"op":"lift","ref":"a"},{"ref":"b","months":"many"},{"ref":"c","colour":1},null,7,{"op":"lift","ref":"d"}]}`))
	if err != nil || len(b.Lines) != 6 {
		t.Fatal(b, err)
	}
	for i, bad := range []bool{false, true, true, true, true, false} {
		if b.Lines[i].Bad != bad {
			t.Errorf("line %d: %+v", i+1, b.Lines[i])
		}
	}
	if b.Lines[1].Ref != "b" {
		t.Error("its reference was there to be read")
	}
	lines, err := decodeCSV([]byte("op,ref,months\nlift,a,\nlift,b\nlist\"ing,c,1\nlift,d,x\nlift,e,\n"))
	if err != nil || len(lines) != 5 {
		t.Fatal(lines, err)
	}
	for i, bad := range []bool{false, true, true, true, false} {
		if lines[i].Bad != bad {
			t.Errorf("row %d: %+v", i+1, lines[i])
		}
	}
	for _, body := range []string{"", "op,op\n", "op,colour\n", "\xff", "op\x00"} {
		if _, err := decodeCSV([]byte(body)); err == nil {
			t.Errorf("%q is taken", body)
		}
	}
	for _, body := range []string{"", "[]x", `{"id":1}`, `"`, "\xff"} {
		if _, err := decodeBatch([]byte(body)); err == nil {
			t.Errorf("%q is taken", body)
		}
	}
	if _, err := decodeCSV([]byte("op\n" + strings.Repeat("lift\n", agencyside.MaxLines+1))); err == nil {
		t.Error("there is no end to the lines")
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add([]byte(`{"id":"b","lines":[{"op":"record","ref":"r","document":{"kind":"k"}},null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := decodeBatch(body)
		if err == nil && len(b.Lines) > agencyside.MaxLines {
			t.Error(len(b.Lines))
		}
	})
}

func FuzzDecodeCSV(f *testing.F) {
	f.Add([]byte("op,ref,months\nlift,r,1\n\"a\nb,c"))
	f.Fuzz(func(t *testing.T, body []byte) {
		lines, err := decodeCSV(body)
		if err == nil && len(lines) > agencyside.MaxLines {
			t.Error(len(lines))
		}
		for _, l := range lines {
			if strings.ContainsRune(l.Ref+l.Reason+l.IDNumber, 0) {
				t.Errorf("%+v", l)
			}
		}
	})
}
