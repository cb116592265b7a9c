//go:build unix

package main

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/sim/disk"
)

// TestADiskThatBecomesReadOnlyLosesNothingThatWasTyped: reads go on that need no entry in the
// access log, and nothing has to be started again.
func TestADiskThatBecomesReadOnlyLosesNothingThatWasTyped(t *testing.T) {
	theOpenCity(t) // inspect needs it for descriptions
	dir := filepath.Join(t.TempDir(), "data")
	s, err := testSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.KratosBin, err = filepath.Abs(filepath.Join("..", "e2e", "lib", "kratos")); err != nil {
		t.Fatal(err)
	}
	disk.Install()
	below := disk.New(dir, rand.New(rand.NewPCG(0, 0)))
	defer below.Remove()
	c, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.end(); err != nil {
			t.Error(err)
		}
	}()
	b := c.resident(t, "expired-record")
	b.ready("rongcheng")
	record := list[mingjing.Record](b.json("GET", "/api/records", nil))[0].ID
	form := b.page("disputes/new?record=" + record).want(200)

	below.FailBy(func(op disk.Op, _ string) disk.Fault {
		if op == disk.Read {
			return 0
		}
		return disk.ReadOnly
	})
	typed := map[string]string{"reason": "other", "statement": typedStatement}
	refused := b.fillFiles(form, "/api/disputes", typed, []file{{"r.pdf", pdf}}).want(503)
	if again := refused.html().Find("main form textarea[name=statement]").Text(); again != typedStatement ||
		refused.header.Get("Retry-After") == "" || !strings.Contains(refused.html().Find("main").Text(), i18n.T("en", "error.database_down")) {
		t.Errorf("the form comes back with %q and %v", again, refused.header)
	}
	b.wantAway("database_down", "a form")
	if status, s := b.state(); status != 503 || s.Missing["database"] == "" || s.Works["logged_in"] || !s.Works["public_pages"] {
		t.Errorf("readyz says %d %+v", status, s)
	}
	for _, public := range []string{"rulebooks", "help", "login", "agencies"} {
		c.browser(t).page(public).want(200)
	}
	if v := b.page("sessions").want(200).view(); v.Who == nil {
		t.Error("nobody is logged in any more")
	}
	b.json("GET", "/api/me", nil).want(200)

	below.FailBy(nil)
	eventually(t, time.Minute, "it is ready again", func() bool { status, _ := b.state(); return status == 200 })
	to := b.fillFiles(refused, "/api/disputes", nil, []file{{"r.pdf", pdf}}).to()
	if !strings.HasPrefix(to, "/en/disputes/") || !strings.HasSuffix(to, "?done=dispute_filed") {
		t.Errorf("sent again the form leads to %s", to)
	}
	if all := list[mingjing.Case](b.json("GET", "/api/disputes", nil)); len(all) != 1 || all[0].Statement != typedStatement {
		t.Errorf("filed are %+v", all)
	}
}
