package identity

import (
	"strings"
	"testing"

	"mingjing"
)

func TestAnOfficerLogsInAsStaffDoAndForOneAgencyAlone(t *testing.T) {
	login := "g-" + strings.ToLower(randomText()[:8])
	enrol := func(agency, login string) error {
		return shared.EnrolOfficer(t.Context(), agency, login, "Gu Nan", password, staffSecret)
	}
	for range 2 { // again changes nothing
		if err := enrol("metro", login); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, enrol("court", login), "already_enrolled")
	wantCode(t, shared.EnrolStaff(t.Context(), mingjing.RoleHandler, login, "Gu Nan", password, staffSecret), "already_enrolled")
	wantCode(t, enrol("metro", staff(t)), "already_enrolled")
	if err := enrol("", "g-none"); err == nil {
		t.Error("an officer of no agency is enrolled")
	}
	if err := shared.EnrolStaff(t.Context(), mingjing.RoleAgency, "g-none", "Gu Nan", password, staffSecret); err == nil {
		t.Error("an officer of no agency is enrolled as staff")
	}
	token, err := shared.StaffLogin(t.Context(), login, password, codeAt(t, 0), newDevice())
	if err != nil {
		t.Fatal(err)
	}
	who, err := shared.Who(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if a := who.Actor; a.Role != mingjing.RoleAgency || a.Agency != "metro" || a.ID != login || a.Name != "Gu Nan" || a.AAL != 2 {
		t.Errorf("%+v", a)
	}
}
