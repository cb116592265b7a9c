package mingjing

// A SecurityKind is a kind of event that whoever watches over the server wants to know of.
type SecurityKind string

// The kinds of security events.
const (
	SecurityEventLogin     SecurityKind = "login"     // somebody has shown who they are
	SecurityEventFailed    SecurityKind = "failed"    // a password, code or passkey was wrong
	SecurityEventLimited   SecurityKind = "limited"   // more tries than are allowed
	SecurityEventForbidden SecurityKind = "forbidden" // a request for what is not theirs
	SecurityEventFactor    SecurityKind = "factor"    // a password, second factor or passkey was changed
	SecurityEventRole      SecurityKind = "role"      // somebody's role, access or key was changed
	SecurityEventExport    SecurityKind = "export"    // everything about a resident left the server
	SecurityEventErasure   SecurityKind = "erasure"   // a resident leaves
	SecurityEventOpened    SecurityKind = "opened"    // staff opened somebody else's case, or a full ID number
)

// SecurityKinds are all kinds of security events.
var SecurityKinds = []SecurityKind{SecurityEventLogin, SecurityEventFailed, SecurityEventLimited, SecurityEventForbidden,
	SecurityEventFactor, SecurityEventRole,
	SecurityEventExport, SecurityEventErasure, SecurityEventOpened}
