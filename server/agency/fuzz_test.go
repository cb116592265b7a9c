package agency_test

import (
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/score"
)

func FuzzDecodeReply(f *testing.F) {
	f.Add([]byte(goodReply))
	f.Add([]byte(`{"records":null,"listings":[{"ref":"l1","kind":"blacklist","code":"court.enforcement_blacklist","ground":{"en":"x"},
		"measures":[{"code":"m","name":{"en":"n"},"legal_basis":{"zh-CN":"法"}}],"notice_on":"","from":"2026-01-02","ends":"2028-01-02"}]}`))
	f.Add([]byte(`{"records":[{"ref":"\ud800"}],"listings":[]}`))
	f.Add([]byte(`{"records":[],"listings":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := agency.DecodeReply(data)
		if err != nil {
			if !errors.Is(err, agency.ErrMalformed) || len(err.Error()) > 80 {
				t.Fatalf("%q", err)
			}
			return
		}
		if len(r.Records) > score.MaxReplyItems || len(r.Listings) > score.MaxReplyItems {
			t.Fatal("too many")
		}
		for _, v := range r.Records {
			if v.Ref == "" || v.ID != "" || v.State != "" || v.Occurred.Time(time.UTC).IsZero() {
				t.Fatalf("%+v", v)
			}
		}
		// What was accepted is accepted when it is written again.
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := agency.DecodeReply(again); err != nil {
			t.Fatalf("%v: %s", err, again)
		}
	})
}

func FuzzDecodeAnswer(f *testing.F) {
	f.Add([]byte(`{"answer":{"position":"maintained","text":{"en":"It stands."},"at":"2026-03-02T01:00:00Z"}}`))
	f.Add([]byte(`{"answer":{"position":"corrected","text":{"zh-CN":"日期有误"},"at":"2026-03-02T01:00:00Z","occurred":"2021-02-28"}}`))
	f.Add([]byte(`{"answer":{"position":"corrected","text":{},"occurred":"2021-02-30"}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := agency.DecodeAnswer(data)
		if err != nil {
			if !errors.Is(err, agency.ErrMalformed) || len(err.Error()) > 80 {
				t.Fatalf("%q", err)
			}
			return
		}
		// Only a correction has a date, and it always has one.
		if (a.Position == mingjing.PositionCorrected) == a.Occurred.Time(time.UTC).IsZero() {
			t.Fatalf("%+v", a)
		}
	})
}

func FuzzLoadDirectory(f *testing.F) {
	f.Add([]byte(`{"tax":"https://tax.example","court":"http://127.0.0.1:9"}`))
	f.Add([]byte(`{"tax":"http://tax.example"}`))
	f.Add([]byte(`{"tax":"https://user:secret@tax.example/?a#b"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "agencies.json")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		dir, err := agency.LoadDirectory(file)
		if err != nil {
			return
		}
		for code, base := range dir {
			u, err := url.Parse(base)
			if code == "" || err != nil || u.User != nil || u.Host == "" || (u.Scheme != "https" && !strings.HasPrefix(u.Scheme, "http")) {
				t.Fatalf("%q: %q", code, base)
			}
			if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
				t.Fatalf("an address that anybody can listen to: %q", base)
			}
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("v1;t=1772366400;n=00000000000000000000000000000000;b=00;s=00", []byte("{}"))
	f.Add(";;;;", []byte(nil))
	v := agency.NewVerifier(agency.KeyFor(master, "court"), nil)
	f.Fuzz(func(t *testing.T, sig string, body []byte) {
		if v.Verify("POST", "/records", sig, body) == nil {
			t.Fatal("a signature was guessed")
		}
	})
}
