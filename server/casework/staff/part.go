// Package staff has who works for the bureau and for the agencies: who may log in as
// what, who decides that, and the register of it.
//
// An administrator adds, changes and disables members; so does the operator, by a
// command on the server. Neither sees a password or a second factor: a member gets a
// one-time code, and sets both with it. A change of an administrator takes two people
// once there are two administrators, and nobody changes what they are themselves.
//
//	          add                        activation
//	nothing -------> invited -----------------------------> active
//	                   |  ^                                  |  ^
//	                   |  +------------- reset --------------+  |
//	                   |                                     |  |
//	                   +--------- disable ----> disabled <---+  |
//	                                               |            |
//	                                               +-- enable --+  (or to invited)
//
// Each step is an entry of the staff register, in the same transaction. An entry has the
// hash of the one before in its own, and the database refuses to change one.
//
// A job makes the identity service agree with what is stored, ends sessions, and gives
// the open cases of those who have left back to the queue. So a change by a command holds
// in a running server within a second, and one that was made while the identity service
// was down holds once it is back.
package staff

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/kernel"
)

// JobApply makes the identity service agree with what is stored about a member. Its id
// is the staff number. JobTell has open pages read again what a command has changed.
const (
	JobApply = "staff"
	JobTell  = "staff_tell"
)

// Logins keeps passwords, second factors and sessions.
type Logins interface {
	// AdmitStaff counts a try to activate. The errors are too_many_attempts, and
	// invalid_form for a password that will not do.
	AdmitStaff(ctx context.Context, login, password string, c mingjing.Client) error
	// BeginStaff gives a member the password and a new second factor, which has no use
	// before [Logins.ConfirmStaff].
	BeginStaff(ctx context.Context, m mingjing.StaffMember, password string, c mingjing.Client) (mingjing.StaffEnrolment, error)
	// ConfirmStaff checks the first code of the second factor, calls use, and returns the
	// token of a session and the recovery codes.
	ConfirmStaff(ctx context.Context, ticket, code string, c mingjing.Client,
		use func(ctx context.Context, login string) error) (token string, recovery []string, err error)
	// ConfirmStaffByKey is ConfirmStaff with a new passkey in the place of the first code.
	ConfirmStaffByKey(ctx context.Context, ticket string, k mingjing.PasskeyAnswer, c mingjing.Client,
		use func(ctx context.Context, login string) error) (token string, recovery []string, err error)
	// TicketStaff returns what a ticket stands for, to be shown again.
	TicketStaff(ctx context.Context, ticket string) (mingjing.StaffEnrolment, error)
	// ApplyStaff makes the login agree with the member. Whoever may no longer do what a
	// session of theirs may, has it no more.
	ApplyStaff(ctx context.Context, m mingjing.StaffMember) error
}

// DefaultCodeLifespan is for how long a one-time code can be used.
const DefaultCodeLifespan = 7 * 24 * time.Hour

// Staff is who may log in as what. It is safe for use by many goroutines.
type Staff struct {
	city   *kernel.City
	logins Logins // nil in a tool, where nobody logs in
	desk   *desk.Desk
}

// New returns the part.
func New(city *kernel.City, logins Logins, desk *desk.Desk) *Staff {
	return &Staff{city: city, logins: logins, desk: desk}
}

// Jobs returns the jobs of the part, by kind.
func (c *Staff) Jobs() kernel.Jobs {
	return kernel.Jobs{JobApply: c.apply, JobTell: func(ctx context.Context, login string) (time.Duration, error) {
		return 0, c.city.Tx(ctx, func(t *kernel.Tx) error { return tell(ctx, t, login, c.city.Now().UTC()) })
	}}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }
