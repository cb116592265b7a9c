package mingjing

import "time"

// StaffRoles are the roles that an administrator can give, in the order of lists.
var StaffRoles = []Role{RoleHandler, RoleSupervisor, RoleAuditor, RoleAdministrator, RoleAgency}

// A StaffState says whether a member of staff, or an officer of an agency, can log in.
type StaffState string

// The states. A reset makes an active member an invited one again.
const (
	StaffInvited  StaffState = "invited"  // has a one-time code, or had one that is too old
	StaffActive   StaffState = "active"   // logs in with password and second factor
	StaffDisabled StaffState = "disabled" // can't log in
)

// StaffStates in order.
var StaffStates = []StaffState{StaffInvited, StaffActive, StaffDisabled}

// A StaffMember is a member of staff or an officer of an agency.
type StaffMember struct {
	// Login is the staff number.
	Login string `json:"login"`
	Name  string `json:"name"`
	Role  Role   `json:"role"`
	// Agency is the code of an officer's agency.
	Agency string     `json:"agency,omitempty"`
	State  StaffState `json:"state"`
	// CodeUntil is until when an invited member can use the one-time code.
	CodeUntil *time.Time `json:"code_until,omitempty"`
	AddedAt   time.Time  `json:"added_at"`
	// Linked says that their ID number was given, by which they are found among the
	// residents; the number itself is not stored.
	Linked bool `json:"linked,omitempty"`
}

// LacksLink reports whether a member who can come to see their own case, since nobody has
// said who they are as a resident.
func (m StaffMember) LacksLink() bool {
	return !m.Linked && m.State != StaffDisabled && m.Role != RoleAdministrator
}

// The steps that change who may log in as what.
const (
	StaffAdd     = "add"
	StaffRole    = "role"
	StaffDisable = "disable"
	StaffEnable  = "enable"
	StaffReset   = "reset"
	StaffLink    = "link" // says who they are as a resident
)

// StaffChanges are the steps that somebody takes about somebody else.
var StaffChanges = []string{StaffAdd, StaffRole, StaffDisable, StaffEnable, StaffReset, StaffLink}

// What else the staff register has. A change that needs a second administrator is
// proposed, and has its own entry only when it is confirmed.
const (
	StaffActivated = "activated" // the member has set a password and a second factor
	StaffPassword  = "password"  // the member has changed the password
	// The member has added, and removed, a passkey that is a second factor.
	StaffPasskeyAdded   = "passkey_added"
	StaffPasskeyRemoved = "passkey_removed"
	StaffProposed       = "proposed"
	StaffRefused        = "refused"
)

// The steps about the keys of agencies, which the staff register has too.
const (
	StaffKeyMade     = "key_made"
	StaffKeyReplaced = "key_replaced"
	StaffKeyRevoked  = "key_revoked"
)

// StaffSteps are the steps of the staff register.
var StaffSteps = []string{StaffAdd, StaffRole, StaffDisable, StaffEnable, StaffReset, StaffLink, StaffActivated, StaffPassword,
	StaffPasskeyAdded, StaffPasskeyRemoved, StaffProposed, StaffRefused, StaffKeyMade, StaffKeyReplaced, StaffKeyRevoked}

// A StaffEntry is one entry of the staff register, which is only ever added to. Each has
// the hash of the one before in its own.
type StaffEntry struct {
	Seq int64     `json:"seq"`
	At  time.Time `json:"at"`
	// Step is one of [StaffSteps].
	Step string `json:"step"`
	// Change is what was proposed or refused.
	Change string `json:"change,omitempty"`
	// By is the staff number of who took the step; empty for a command on the server.
	By string `json:"by,omitempty"`
	// ByName is their name, or that of the account which ran the command.
	ByName string `json:"by_name"`
	// With and WithName are the second person of a change that takes two: who had
	// proposed it. With is empty for a command.
	With     string `json:"with,omitempty"`
	WithName string `json:"with_name,omitempty"`
	// Alone says that a command changed an administrator without the second person.
	Alone bool `json:"alone,omitempty"`
	// Login, Name, Role and Agency are whom it is about, as they are after the step.
	Login  string `json:"login"`
	Name   string `json:"name"`
	Role   Role   `json:"role"`
	Agency string `json:"agency,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Key and KeyUse are the agency's key that a step is about, and its use. Login and Name
	// are then empty.
	Key    string `json:"key,omitempty"`
	KeyUse KeyUse `json:"key_use,omitempty"`
	// Hash is the SHA-256 of the entry and of the hash before it, 64 hex digits.
	Hash string `json:"hash"`
	// Broken says that the hash is not that of the entry: somebody has changed it, or
	// one before it is gone.
	Broken bool `json:"broken,omitempty"`
}

// A StaffProposal is a change of an administrator that waits for a second one.
type StaffProposal struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Change string    `json:"change"`
	// By is the staff number of who proposed it; empty for a command on the server.
	By     string `json:"by,omitempty"`
	ByName string `json:"by_name"`
	Login  string `json:"login"`
	Name   string `json:"name"`
	Role   Role   `json:"role"`
	Agency string `json:"agency,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Mine says that the viewer may not confirm it: it is theirs, or about them.
	Mine bool `json:"mine,omitempty"`
}

// A StaffCode is a one-time code, which is shown once, to be handed to whose it is.
type StaffCode struct {
	Login string    `json:"login"`
	Name  string    `json:"name"`
	Code  string    `json:"code"`
	Until time.Time `json:"until"`
}

// A StaffResult is what came of a change: a new code where there is one, and the
// proposal where a second administrator has to confirm it.
type StaffResult struct {
	Member   StaffMember    `json:"member"`
	Code     *StaffCode     `json:"code,omitempty"`
	Proposal *StaffProposal `json:"proposal,omitempty"`
}

// A StaffView is the list of staff and officers, for administrators.
type StaffView struct {
	Members   []StaffMember   `json:"members"`
	Proposals []StaffProposal `json:"proposals"`
	// Agencies are the codes of all agencies, for the choice of an officer's.
	Agencies []string `json:"agencies"`
	// Result is what came of the form that was just sent, shown once; nil otherwise.
	Result *StaffResult `json:"result,omitempty"`
}

// ShownOnce reports whether there is something that can't be read again.
func (v *StaffView) ShownOnce() bool { return v != nil && v.Result != nil }

// A StaffMemberView is one member, for administrators.
type StaffMemberView struct {
	StaffMember
	// Changes are the steps that the viewer may take about them.
	Changes  []string `json:"changes"`
	Agencies []string `json:"agencies"`
	// Two says that a change of them takes two administrators.
	Two bool `json:"two,omitempty"`
}

// A StaffRegisterView is a page of the staff register, the newest entry first.
type StaffRegisterView struct {
	Entries []StaffEntry `json:"entries"`
	Next    string       `json:"next,omitempty"`
}

// A StaffEnrolment is a new member's second factor, which is shown to that member
// alone: first what goes into the authenticator, and after the first code from it the
// recovery codes.
type StaffEnrolment struct {
	// Ticket names the enrolment to the form that follows. It is sealed.
	Ticket string `json:"ticket,omitempty"`
	Login  string `json:"login"`
	// Secret is base32, in groups of four; QR is the same as a picture.
	Secret string `json:"secret,omitempty"`
	QR     QRCode `json:"qr"`
	// Recovery are the recovery codes. Each is good for one login in place of a code
	// from the authenticator.
	Recovery []string `json:"recovery,omitempty"`
}
