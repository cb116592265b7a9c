package casework_test

import (
	"slices"
	"testing"
	"time"

	"mingjing"
)

// usable returns the ids of keys that can be used.
func (c *city) usable(t *testing.T) []string {
	t.Helper()
	keys, err := c.AgencyKeys(ctx, operator)
	must(t, err)
	var ids []string
	for _, k := range keys {
		if k.Usable(c.clock.Now()) {
			ids = append(ids, k.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// signs returns the agency whose key it is, or the code of the error.
func (c *city) signs(t *testing.T, id string) string {
	t.Helper()
	a, err := c.AgencyByKey(ctx, id)
	if err != nil {
		wants(t, err, "key_unknown")
		return ""
	}
	if a.Role != mingjing.RoleAgency || a.AAL != 0 {
		t.Errorf("it signs as %+v", a)
	}
	return a.Agency
}

func TestAKeyIsItsAgencysUntilItIsRevoked(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		_, err := c.MakeAgencyKey(ctx, operator, "nobody", mingjing.KeySubmit)
		wants(t, err, "agency_unknown")
		_, err = c.MakeAgencyKey(ctx, operator, "court", "both")
		wants(t, err, "use:key_use_required")
		k, err := c.MakeAgencyKey(ctx, operator, "court", mingjing.KeySubmit)
		must(t, err)
		if of := c.signs(t, k.ID); of != "court" {
			t.Errorf("it is that of %q", of)
		}
		for range 2 {
			got, err := c.RevokeAgencyKey(ctx, operator, k.ID)
			must(t, err)
			if got.State(c.clock.Now()) != mingjing.KeyRevoked {
				t.Errorf("%+v", got)
			}
		}
		if c.signs(t, k.ID) != "" || c.signs(t, "none") != "" {
			t.Error("a key is good that is revoked, or is none")
		}
		_, err = c.RevokeAgencyKey(ctx, operator, "none")
		wants(t, err, "not_found")
		_, err = c.RotateAgencyKey(ctx, operator, k.ID, time.Hour)
		wants(t, err, "key_over")
	})
}

// TestWhileAKeyIsReplacedBothAreGoodUntilTheStatedTime: what the agency signs is taken
// with either, and what we ask it is signed with the old one until that ends.
func TestWhileAKeyIsReplacedBothAreGoodUntilTheStatedTime(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		for _, use := range mingjing.KeyUses {
			old, err := c.MakeAgencyKey(ctx, operator, "court", use)
			must(t, err)
			next, err := c.RotateAgencyKey(ctx, operator, old.ID, 48*time.Hour)
			must(t, err)
			if next.Use != use || next.Agency != "court" || next.ID == old.ID {
				t.Errorf("%+v", next)
			}
			_, err = c.RotateAgencyKey(ctx, operator, old.ID, time.Hour)
			wants(t, err, "key_over")
			check := func(when, asks string, good ...string) {
				t.Helper()
				slices.Sort(good)
				if got := c.usable(t); !slices.Equal(got, good) {
					t.Errorf("%s: %v can be used, want %v", when, got, good)
				}
				for _, id := range []string{old.ID, next.ID} {
					if ok := c.signs(t, id) == "court"; ok != (use == mingjing.KeySubmit && slices.Contains(good, id)) {
						t.Errorf("%s, %s: %s is taken: %v", use, when, id, ok)
					}
				}
				by, err := c.AskingKeys(ctx)
				must(t, err)
				if use == mingjing.KeyAsk && by["court"] != asks {
					t.Errorf("%s: the court is asked by %q, want %q", when, by["court"], asks)
				}
			}
			check("at once", old.ID, old.ID, next.ID)
			c.clock.pass(47 * time.Hour)
			check("shortly before", old.ID, old.ID, next.ID)
			c.clock.pass(time.Hour)
			check("after it", next.ID, next.ID)
			_, err = c.RevokeAgencyKey(ctx, operator, next.ID)
			must(t, err)
			check("revoked", "")
		}
	})
}

func TestAnAgencyHasFewKeysAtATime(t *testing.T) {
	c := newCity(t)
	var last mingjing.AgencyKey
	for range mingjing.MaxAgencyKeys {
		var err error
		last, err = c.MakeAgencyKey(ctx, operator, "court", mingjing.KeySubmit)
		must(t, err)
	}
	_, err := c.MakeAgencyKey(ctx, operator, "court", mingjing.KeySubmit)
	wants(t, err, "keys_too_many")
	_, err = c.MakeAgencyKey(ctx, operator, "court", mingjing.KeyAsk)
	must(t, err)
	_, err = c.RevokeAgencyKey(ctx, operator, last.ID)
	must(t, err)
	_, err = c.MakeAgencyKey(ctx, operator, "court", mingjing.KeySubmit)
	must(t, err)
	for _, overlap := range []time.Duration{-time.Second, (mingjing.MaxOverlapDays*24 + 1) * time.Hour} {
		_, err = c.RotateAgencyKey(ctx, operator, last.ID, overlap)
		wants(t, err, "overlap_days:overlap_invalid")
	}
}

func TestKeysAreDealtWithByTheOfficersOfTheirAgencyAndCommands(t *testing.T) {
	c := newCity(t)
	k, err := c.MakeAgencyKey(ctx, judge, "court", mingjing.KeySubmit)
	must(t, err)
	if _, err := c.MakeAgencyKey(ctx, operator, "tax", mingjing.KeySubmit); err != nil {
		t.Fatal(err)
	}
	if keys, err := c.AgencyKeys(ctx, judge); err != nil || len(keys) != 1 || keys[0].ID != k.ID {
		t.Errorf("the court's officer sees %+v %v", keys, err)
	}
	machine := mingjing.Actor{Role: mingjing.RoleAgency, ID: k.ID, Agency: "court"}
	without := judge
	without.AAL = 1
	resident := c.resident(t, 1)
	for name, who := range map[string]struct {
		a    mingjing.Actor
		made string // the code for making one
		of   string // the code for dealing with the court's
	}{
		"another's officer":     {officer, "forbidden", "not_found"},
		"without second factor": {without, "aal2_required", "aal2_required"},
		"its computer":          {machine, "aal2_required", "aal2_required"},
		"a handler":             {handler, "forbidden", "forbidden"},
		"a supervisor":          {supervisor, "forbidden", "forbidden"},
		"an administrator":      {mingjing.Actor{Role: mingjing.RoleAdministrator, ID: "adm-1", AAL: 2}, "forbidden", "forbidden"},
		"a resident":            {resident, "forbidden", "forbidden"},
		"nobody":                {mingjing.Actor{}, "forbidden", "forbidden"},
	} {
		made, err := c.MakeAgencyKey(ctx, who.a, "court", mingjing.KeySubmit)
		if codeOf(err) != who.made || made != (mingjing.AgencyKey{}) {
			t.Errorf("%s makes one: %v %+v", name, err, made)
		}
		next, err := c.RotateAgencyKey(ctx, who.a, k.ID, time.Hour)
		if codeOf(err) != who.of || next != (mingjing.AgencyKey{}) {
			t.Errorf("%s replaces it: %v %+v", name, err, next)
		}
		revoked, err := c.RevokeAgencyKey(ctx, who.a, k.ID)
		if codeOf(err) != who.of || revoked != (mingjing.AgencyKey{}) {
			t.Errorf("%s revokes it: %v %+v", name, err, revoked)
		}
		if keys, err := c.AgencyKeys(ctx, who.a); len(keys) > 0 && (who.made != "forbidden" || who.a.Agency != officer.Agency) {
			t.Errorf("%s sees %+v %v", name, keys, err)
		}
	}
	if of := c.signs(t, k.ID); of != "court" {
		t.Error("somebody has ended the court's key")
	}
}

func TestWhatIsDoneWithKeysIsInTheStaffRegister(t *testing.T) {
	c := newCity(t)
	k, err := c.MakeAgencyKey(ctx, judge, "court", mingjing.KeyAsk)
	must(t, err)
	next, err := c.RotateAgencyKey(ctx, judge, k.ID, time.Hour)
	must(t, err)
	_, err = c.RevokeAgencyKey(ctx, operator, k.ID)
	must(t, err)
	v, err := c.StaffRegister(ctx, operator, "")
	must(t, err)
	var got []string
	for _, e := range slices.Backward(v.Entries) {
		if e.Broken || e.Agency != "court" || e.KeyUse != mingjing.KeyAsk {
			t.Errorf("%+v", e)
		}
		got = append(got, e.Step+" "+e.Key+" by "+e.By)
	}
	want := []string{"key_made " + k.ID + " by " + judge.ID, "key_replaced " + next.ID + " by " + judge.ID, "key_revoked " + k.ID + " by "}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
