package api

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"mingjing"
)

// securityOperations are the operations that are an event where they succeed, by kind.
var securityOperations = map[mingjing.SecurityKind][]string{
	mingjing.SecurityEventLogin: {"login", "staffLogin", "passkeyLogin", "confirm"},
	mingjing.SecurityEventFactor: {"activate", "reset", "changePassword", "addFactor", "removeFactor", "askForPasskey", "addPasskey",
		"removePasskey", "staffActivate", "staffActivateConfirm", "staffActivateKey", "counterCode"},
	mingjing.SecurityEventRole: {"addStaff", "setStaffRole", "resetStaff", "linkStaff", "disableStaff", "enableStaff",
		"confirmStaffChange", "refuseStaffChange", "makeAgencyKey", "rotateAgencyKey", "revokeAgencyKey"},
	mingjing.SecurityEventExport:  {"startExport", "exportFile"},
	mingjing.SecurityEventErasure: {"leave"},
	mingjing.SecurityEventOpened:  {"openCase", "openIDNumber"},
}

// securityOf has the kind of event that an operation is.
var securityOf = func() map[string]mingjing.SecurityKind {
	of := map[string]mingjing.SecurityKind{}
	for kind, operations := range securityOperations {
		for _, operation := range operations {
			of[operation] = kind
		}
	}
	return of
}()

// provesWho are the kinds whose operations ask for a password or code, so that a refusal
// is a failed try.
func provesWho(k mingjing.SecurityKind) bool {
	return k == mingjing.SecurityEventLogin || k == mingjing.SecurityEventFactor
}

// securityKind returns the kind of an event: of the operation, and of how it was refused,
// which is nil where it succeeded; "" for what is no event.
func securityKind(operation string, refused *mingjing.Problem) mingjing.SecurityKind {
	kind := securityOf[operation]
	switch {
	case refused == nil:
		return kind
	case refused.Status == http.StatusTooManyRequests && refused.Code == "too_many_attempts":
		return mingjing.SecurityEventLimited
	case refused.Status == http.StatusForbidden && refused.Code != staleCode: // which only asks for the password again
		return mingjing.SecurityEventForbidden
	case provesWho(kind) && (refused.Status == http.StatusUnauthorized || refused.Status == http.StatusUnprocessableEntity):
		return mingjing.SecurityEventFailed
	}
	return ""
}

// noteSecurity writes the record of a call that is a security event, and counts it. It
// has no name, no ID number and no address: who is a pseudonym, and from where a network.
func (c *call) noteSecurity() {
	operation := strings.TrimPrefix(c.s.routeName(c.r.Pattern), "api.")
	kind := securityKind(operation, c.refused)
	if kind == "" {
		return
	}
	level, code := slog.LevelInfo, ""
	if c.refused != nil {
		level, code = slog.LevelWarn, c.refused.Code
	}
	record := []any{"kind", kind, "operation", operation, "id", c.id, "network", network(c.s.addr(c.r))}
	if a := c.actor(); a.ID != "" {
		record = append(record, "who", c.s.Pseudonym(a.ID), "role", a.Role)
	}
	if account := c.accountTyped(operation); account != "" {
		record = append(record, "account", c.s.Pseudonym(account))
	}
	if code != "" {
		record = append(record, "code", code)
	}
	c.s.Logger.Log(c.ctx(), level, "security", record...)
	c.s.Security(kind)
}

// accountTyped returns the ID number or staff number with which somebody tries to log in;
// "" where none was typed.
func (c *call) accountTyped(operation string) string {
	if !provesWho(securityOf[operation]) {
		return ""
	}
	if typed := c.in.get("id_number"); typed != "" {
		if n, wrong := c.idNumber(typed); len(wrong) == 0 {
			return string(n)
		}
	}
	return strings.TrimSpace(c.in.get("login"))
}

// network returns the network of an address: /24 of IPv4, /48 of IPv6; "unknown" for what
// is no address.
func network(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return "unknown"
	}
	bits := 48
	if a = a.Unmap().WithZone(""); a.Is4() {
		bits = 24
	}
	p, _ := a.Prefix(bits)
	return p.String()
}
