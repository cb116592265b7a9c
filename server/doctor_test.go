package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/staff"
	"mingjing/server/store"
	"mingjing/server/store/pgtest"
	"mingjing/web/rulebooks"
)

// aPatient is a city that has run once: with keys and a database, and two agencies of
// which one is reachable.
func aPatient(t *testing.T, databaseURL string) Settings {
	t.Helper()
	bin, err := kratosBin()
	if err != nil {
		t.Fatal(err)
	}
	agencies := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(agencies.Close)
	s := Settings{Data: filepath.Join(t.TempDir(), "data"), DatabaseURL: databaseURL, KratosBin: bin,
		Agencies: filepath.Join(t.TempDir(), "agencies.json")}
	directory, err := json.Marshal(map[string]string{"court": agencies.URL + "/court", "tax": "http://" + freeAddr(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Agencies, directory, 0o600); err != nil {
		t.Fatal(err)
	}
	db, _, _, err := openStore(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	// Something that is sealed with the city's own keys.
	err = db.Tx(t.Context(), func(tx casework.Tx) error {
		newcomer := kernel.Resident{ID: "r-1", IDNumber: newResident(1), Name: "居民", CreatedAt: time.Now()}
		member := staff.Member{StaffMember: mingjing.StaffMember{Login: "h-9", Role: mingjing.RoleHandler, State: mingjing.StaffActive}}
		return errors.Join(tx.AddBatch(t.Context(), intake.BatchRow{Agency: "court", ID: "b", At: time.Now()}),
			tx.AddMember(t.Context(), member), tx.AddResident(t.Context(), newcomer), tx.AddEnrolment(t.Context(), newcomer.ID, true),
			tx.SetLetter(t.Context(), newcomer.ID, time.Time{}, time.Now().Add(-time.Hour), "123456789012", time.Now().Add(-time.Minute)))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheDoctorFindsAHealthyCityHealthy(t *testing.T) {
	for engine, url := range map[string]string{"sqlite": "", "postgres": pgtest.Start(t)} {
		t.Run(engine, func(t *testing.T) {
			s := aPatient(t, url)
			code, said := command(t, settingsEnv(t, s), "doctor")
			if code != 0 || !strings.Contains(said, " 0 broken") {
				t.Errorf("it ended with %d", code)
			}
			for _, want := range []string{"the keys open the database", "disk: ", "Kratos runs", "agency court can be reached",
				"agency tax can't be reached: ", "no backup was ever verified", "master key", "Redis: in the process", "WITNESSES is not set",
				"PUBLIC_ORIGIN is not set", "see their own case: h-9",
				"agencies of the rulebooks have no address", "activation codes: 0 are not used yet", "1 letters were written whose code ended unused",
				"--again --before DATE", "2 agencies are asked by the first key alone", ": court, tax\n"} {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q:\n%s", want, said)
				}
			}
			if _, err := store.SetBackupDone(t.Context(), s.databaseURL(s.Data), time.Now().UnixMicro()); err != nil {
				t.Fatal(err)
			}
			command(t, settingsEnv(t, s), "agency", "key", "add", "court", "--ask")
			_, said = command(t, settingsEnv(t, s), "doctor")
			for _, want := range []string{"ok       backup of ", "1 agencies are asked by the first key alone", ": tax\n"} {
				if !strings.Contains(said, want) {
					t.Errorf("then it does not say %q:\n%s", want, said)
				}
			}
		})
	}
}

func TestTheDoctorSaysWhatToMend(t *testing.T) {
	for what, k := range map[string]struct {
		harm func(t *testing.T, s *Settings)
		code int
		want string
		mend string
	}{
		"a key that others can read": {func(t *testing.T, s *Settings) {
			if err := os.Chmod(filepath.Join(s.Data, "secrets.json"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, 1, "secrets.json can be read by others", "chmod 600"},
		"a damaged file of keys": {func(t *testing.T, s *Settings) {
			if err := os.WriteFile(filepath.Join(s.Data, "secrets.json"), []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, 1, "secrets.json is damaged", "put back the copy"},
		"no master key": {func(t *testing.T, s *Settings) {
			if err := os.Remove(filepath.Join(s.Data, masterFile)); err != nil {
				t.Fatal(err)
			}
		}, 1, masterFile, "put back the copy"},
		"the master key of another city": {func(t *testing.T, s *Settings) {
			other := aPatient(t, "")
			for _, name := range []string{masterFile, "secrets.json"} {
				data, err := os.ReadFile(filepath.Join(other.Data, name))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(s.Data, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}, 1, "the keys open the database: ", "put back the keys of this database"},
		"a damaged database": {func(t *testing.T, s *Settings) {
			if err := os.WriteFile(filepath.Join(s.Data, "mingjing.db"), []byte("no database at all"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, 1, "database: ", "not damaged"},
		"no PostgreSQL": {func(t *testing.T, s *Settings) {
			s.DatabaseURL = "postgres://mingjing:SECRET@" + freeAddr(t) + "/mingjing"
		}, 1,
			"database: ", "check DATABASE_URL"},
		"no Kratos": {func(t *testing.T, s *Settings) { s.KratosBin = filepath.Join(t.TempDir(), "kratos") }, 1, "Kratos: the program",
			"make kratos"},
		"no city yet": {func(t *testing.T, s *Settings) { s.Data = filepath.Join(t.TempDir(), "nowhere") }, 0, "is not there yet",
			"the first start makes it"},
		"a wrong setting": {func(t *testing.T, s *Settings) { s.Witnesses = "https://witness.example" }, 2, "setting: WITNESSES", "correct it"},
	} {
		t.Run(what, func(t *testing.T) {
			s := aPatient(t, "")
			k.harm(t, &s)
			code, said := command(t, settingsEnv(t, s), "doctor")
			if code != k.code || !strings.Contains(said, k.want) || !strings.Contains(said, k.mend) {
				t.Errorf("it ended with %d:\n%s", code, said)
			}
			if strings.Contains(said, "SECRET") {
				t.Errorf("it tells a password:\n%s", said)
			}
			if _, err := os.Stat(s.Data); what == "no city yet" && err == nil {
				t.Error("the doctor has made something")
			}
		})
	}
}

func TestTheDoctorLooksAtTheClockAndAtTheEndsOfCalendars(t *testing.T) {
	set, err := rulebooks.Open("")
	if err != nil {
		t.Fatal(err)
	}
	last := slices.MaxFunc(set.Calendars, func(x, y *mingjing.Calendar) int { return strings.Compare(string(x.To), string(y.To)) })
	soon := last.To.Time(time.UTC).Add(-mingjing.CalendarNotice * 24 * time.Hour)
	for what, k := range map[string]struct {
		now   time.Time
		apart time.Duration
		want  string // "" for nothing to mend
	}{
		"in good time":    {soon.Add(-time.Second), clockApart, ""},
		"a calendar ends": {soon.Add(time.Second), 0, "the calendar " + last.Code + " ends on " + string(last.To)},
		"clocks that disagree": {soon.Add(-time.Second), -clockApart - time.Second,
			"the clocks of this machine and of the database are 31s apart"},
		"a clock before it all": {built.Add(-time.Second), 0, "the clock of this machine says 2025-12-31"},
	} {
		d := &doctor{Settings: Settings{DatabaseURL: "postgres://db.example/city"}, now: k.now}
		d.lookAtClock(k.apart)
		d.lookAtLaw()
		var mend []string
		for _, f := range d.findings {
			if f.verdict != fine {
				mend = append(mend, f.what)
			}
		}
		if got := strings.Join(mend, "; "); k.want == "" && got != "" || !strings.Contains(got, k.want) {
			t.Errorf("%s: it says %q", what, got)
		}
	}
}
