package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"mingjing"
)

// quiet are the operations about logins, staff and what leaves the server that are no
// security event.
var quiet = []string{
	"logout", "lock", "me", "sessions", "setLockAfter", "stay", "endSession", "endOtherSessions", "endAllSessions", "security", "live",
	"newFactor", "newPasskey", "askPasskey", "forgot", // it answers the same for everybody, and its code comes back as reset
	"staff", "staffMember", "staffRegister", "staffActivateKeyQuestion", "agencyKeys", "export", "deleteExport", "erasure",
}

func TestEachOperationAboutLoginsRolesAndExportsIsASecurityEventOrSaidToBeNone(t *testing.T) {
	all := map[string]bool{}
	for _, p := range []screen{loginPage, staffLoginPage, activatePage, lockedPage, confirmPage, sessionsPage, securityPage, exportPage} {
		for _, e := range p.allEndpoints() {
			all[e.describe().id] = true
		}
	}
	for _, e := range endpoints() {
		d := e.describe()
		if d.access == mingjing.Administrators || d.tag == tagSession && !strings.HasPrefix(d.path, "/api/drafts") ||
			slices.Contains(quiet, d.id) || securityOf[d.id] != "" {
			all[d.id] = true
		}
	}
	for id := range all {
		if (securityOf[id] != "") == slices.Contains(quiet, id) {
			t.Errorf("%s must be a security event or said to be none", id)
		}
	}
	for _, id := range quiet {
		if !all[id] {
			t.Errorf("there is no operation %s", id)
		}
	}
	for id := range securityOf {
		if !all[id] {
			t.Errorf("there is no operation %s", id)
		}
	}
}

func TestARefusalIsTheEventThatItSays(t *testing.T) {
	refused := func(status int, code string) *mingjing.Problem { return &mingjing.Problem{Status: status, Code: code} }
	for _, c := range []struct {
		operation string
		refused   *mingjing.Problem
		want      mingjing.SecurityKind
	}{
		{"login", nil, mingjing.SecurityEventLogin},
		{"login", refused(http.StatusUnauthorized, "login_failed"), mingjing.SecurityEventFailed},
		{"activate", refused(http.StatusUnprocessableEntity, "activation_failed"), mingjing.SecurityEventFailed},
		{"login", refused(http.StatusTooManyRequests, "too_many_attempts"), mingjing.SecurityEventLimited},
		{"login", refused(http.StatusServiceUnavailable, "identity_down"), ""},
		{"records", nil, ""},
		{"records", refused(http.StatusUnauthorized, "not_logged_in"), ""},
		{"records", refused(http.StatusForbidden, "forbidden"), mingjing.SecurityEventForbidden},
		{"startExport", refused(http.StatusForbidden, "login_stale"), ""},
		{"startExport", nil, mingjing.SecurityEventExport},
		{"leave", nil, mingjing.SecurityEventErasure},
		{"setStaffRole", nil, mingjing.SecurityEventRole},
		{"addFactor", nil, mingjing.SecurityEventFactor},
		{"openCase", nil, mingjing.SecurityEventOpened},
	} {
		if got := securityKind(c.operation, c.refused); got != c.want {
			t.Errorf("%s, refused %+v, is %q, want %q", c.operation, c.refused, got, c.want)
		}
	}
}

func TestFromWhereIsANetworkAndNeverAnAddress(t *testing.T) {
	for addr, want := range map[string]string{"203.0.113.7": "203.0.113.0/24", "::ffff:203.0.113.7": "203.0.113.0/24",
		"2001:db8:1:2::7": "2001:db8:1::/48", "fe80::1%eth0": "fe80::/48", "": "unknown", "@": "unknown"} {
		if got := network(addr); got != want {
			t.Errorf("%q is %q, want %q", addr, got, want)
		}
	}
}
