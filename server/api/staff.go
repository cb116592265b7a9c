package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/staff"
)

// staffActivatePage is where a member of staff or an officer sets up the login with a
// one-time code: first the password, then the second factor.
var staffActivatePage = page[*mingjing.StaffEnrolment]{
	name:      "staff-activate",
	outsideTx: true,
	get: func(c *call) (*mingjing.StaffEnrolment, error) {
		ticket := c.in.get("ticket")
		if c.r.Method != http.MethodPost || ticket == "" {
			return nil, nil
		}
		e, err := c.s.casework.Staff.ShowActivation(c.ctx(), ticket) // the second form is shown again
		if err != nil {
			return nil, nil // it is over, which is what the problem says: the first form is shown
		}
		return &e, c.addQR(&e)
	},
	endpoints: []endpoint{
		action[staffActivateForm, mingjing.StaffEnrolment]{
			repeats: "the code is used up by the second step alone",
			path:    "/api/staff/activate", access: mingjing.Anyone, errorPage: "staff-activate", do: beginActivation,
			doc: apiDoc{id: "staffActivate", tag: tagSession, summary: "Choose a password as a member of staff, with a one-time code",
				about: "The code is used up only by the first code from the authenticator, so that it can be done again until then.",
				answer: "The second factor, which goes into the authenticator. It is shown to nobody else, and a form is answered with " +
					"the page.", fails: []int{http.StatusForbidden, http.StatusTooManyRequests}},
			//nolint:gosec // nobody has this password
			example: staffActivateForm{Login: "h-1003", Code: "abcd-efgh-ijkm-2345", NewPassword: "quiet-river-7719"},
			shows:   func(out mingjing.StaffEnrolment) any { return &out },
		},
		action[staffConfirmForm, mingjing.StaffEnrolment]{
			repeats: "the code works once",
			path:    "/api/staff/activate/confirm", access: mingjing.Anyone, errorPage: "staff-activate", do: confirmActivation,
			doc: apiDoc{id: "staffActivateConfirm", tag: tagSession, summary: "Finish the activation with the first code from the authenticator",
				answer: "Logged in at AAL 2; the session is in the cookie. The recovery codes are shown once.",
				fails:  []int{http.StatusForbidden, http.StatusTooManyRequests}},
			example: staffConfirmForm{Ticket: "VGhlIHRpY2tldA", TOTP: "492039"},
			shows:   func(out mingjing.StaffEnrolment) any { return &out },
		},
		action[staffKeyQuestionForm, mingjing.PasskeyQuestion]{
			repeats: "each question is a new one",
			path:    "/api/staff/activate/key/question", access: mingjing.Anyone, errorPage: "staff-activate",
			doc: apiDoc{id: "staffActivateKeyQuestion", tag: tagSession, summary: "Ask a browser to make a passkey in an activation",
				answer: "The options of navigator.credentials.create.",
				fails:  []int{http.StatusForbidden, http.StatusConflict, http.StatusTooManyRequests}},
			example: staffKeyQuestionForm{Ticket: "VGhlIHRpY2tldA"},
			do: func(c *call, in staffKeyQuestionForm) (mingjing.PasskeyQuestion, redirect, error) {
				q, err := c.s.Identity.NewStaffKeyQuestion(c.ctx(), in.Ticket, c.pageOrigin())
				return q, redirect{page: "staff-activate"}, err
			},
		},
		action[staffKeyForm, mingjing.StaffEnrolment]{
			path: "/api/staff/activate/key", access: mingjing.Anyone, errorPage: "staff-activate", do: confirmActivationByKey,
			repeats: "the code works once",
			doc: apiDoc{id: "staffActivateKey", tag: tagSession, summary: "Finish the activation with a passkey in the place of a code",
				answer: "Logged in at AAL 2; the session is in the cookie. The recovery codes are shown once.",
				fails:  []int{http.StatusForbidden, http.StatusConflict, http.StatusTooManyRequests}},
			example: staffKeyForm{Ticket: "VGhlIHRpY2tldA", KeyTicket: "c2VhbGVk", Credential: `{"id":"x"}`}, //nolint:gosec // no secret
			shows:   func(out mingjing.StaffEnrolment) any { return &out },
		},
	},
}

// staffKeyQuestionForm is the body of the question for a passkey in an activation.
type staffKeyQuestionForm struct {
	// Ticket is that of the first step.
	Ticket string `json:"ticket" min:"1" max:"2000"`
}

// staffKeyForm is the body of the second step of an activation by a passkey.
type staffKeyForm struct {
	// Ticket is that of the first step.
	Ticket string `json:"ticket" min:"1" max:"2000"`
	// KeyTicket is that of the question for the passkey.
	KeyTicket string `json:"key_ticket" min:"1" max:"4000"`
	// Credential is what the browser has made, as JSON of WebAuthn Level 3.
	Credential string `json:"credential" min:"1" max:"16384"`
}

func confirmActivationByKey(c *call, in staffKeyForm) (mingjing.StaffEnrolment, redirect, error) {
	token, e, err := c.s.casework.Staff.ConfirmActivationByKey(c.ctx(), in.Ticket,
		mingjing.PasskeyAnswer{Origin: c.pageOrigin(), Ticket: in.KeyTicket, Credential: in.Credential}, c.client())
	if err != nil {
		return mingjing.StaffEnrolment{}, redirect{}, err
	}
	to, err := c.startSession(token)
	to.done = "activated"
	return e, to, err
}

// staffActivateForm is the body of the first step of an activation.
type staffActivateForm struct {
	// Login is the staff number.
	Login string `json:"login" min:"1"`
	// Code has four groups of four letters and digits.
	Code        string `json:"code" min:"1"`
	NewPassword string `json:"new_password" max:"1024" format:"password"`
}

// staffConfirmForm is the body of the second step of an activation.
type staffConfirmForm struct {
	// Ticket is that of the first step. It is good for half an hour.
	Ticket string `json:"ticket" min:"1" max:"2000"`
	// TOTP is the six digits that the authenticator shows.
	TOTP string `json:"totp" min:"1"`
}

func beginActivation(c *call, in staffActivateForm) (mingjing.StaffEnrolment, redirect, error) {
	wrong := secret("login", in.Login)
	wrong = append(wrong, secret("code", in.Code)...)
	if wrong = append(wrong, secret("new_password", in.NewPassword)...); len(wrong) > 0 {
		return mingjing.StaffEnrolment{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	e, err := c.s.casework.Staff.BeginActivation(c.ctx(), in.Login, in.Code, in.NewPassword, c.client())
	if err == nil {
		err = c.addQR(&e)
	}
	return e, redirect{}, err
}

// addQR adds the picture of a second factor, as authenticators read it.
func (c *call) addQR(e *mingjing.StaffEnrolment) (err error) {
	e.QR, err = c.s.QR(authenticatorLink(e.Login, e.Secret))
	return err
}

func confirmActivation(c *call, in staffConfirmForm) (mingjing.StaffEnrolment, redirect, error) {
	if wrong := secret("totp", in.TOTP); len(wrong) > 0 {
		return mingjing.StaffEnrolment{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	token, e, err := c.s.casework.Staff.ConfirmActivation(c.ctx(), in.Ticket, in.TOTP, c.client())
	if err != nil {
		return mingjing.StaffEnrolment{}, redirect{}, err
	}
	to, err := c.startSession(token)
	to.done = "activated"
	return e, to, err
}

// staffPage is the list of staff and officers, for administrators.
var staffPage = page[mingjing.StaffView]{
	name: "staff",
	get: func(c *call) (mingjing.StaffView, error) {
		return c.s.casework.Staff.StaffList(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, mingjing.StaffView]{
			path: "/api/admin/staff", access: mingjing.Administrators,
			doc: apiDoc{id: "staff", summary: "All staff and officers, and what waits for a second administrator", answer: "The list."},
			get: func(c *call, _ none) (mingjing.StaffView, error) {
				return c.s.casework.Staff.StaffList(c.ctx(), c.actor())
			},
		},
		action[addStaffForm, mingjing.StaffResult]{
			path: "/api/admin/staff", access: mingjing.Administrators, status: http.StatusCreated, errorPage: "staff",
			doc: apiDoc{id: "addStaff", summary: "Add a member of staff or an officer", about: aboutTwo,
				answer: "The one-time code, which is shown once; or the proposal. A form is answered with the page.",
				fails:  []int{http.StatusConflict}},
			example: addStaffForm{Login: "h-1003", Name: "Shen Mo", Role: mingjing.RoleHandler},
			do: func(c *call, in addStaffForm) (mingjing.StaffResult, redirect, error) {
				ch := staff.Change{Step: mingjing.StaffAdd, Login: in.Login, Name: in.Name, Role: in.Role, Agency: in.Agency, Reason: in.Reason}
				if in.IDNumber != "" {
					n, wrong := c.idNumber(in.IDNumber)
					if len(wrong) > 0 {
						return mingjing.StaffResult{}, redirect{}, mingjing.InvalidFields(wrong...)
					}
					ch.IDNumber = n
				}
				r, err := c.s.casework.Staff.ChangeStaff(c.ctx(), c.actor(), ch)
				return r, redirect{}, err
			},
			shows: showResult,
		},
		action[none, mingjing.StaffResult]{
			path: "/api/admin/staff/proposals/{id}/confirm", access: mingjing.Administrators, errorPage: "staff",
			doc: apiDoc{id: "confirmStaffChange", summary: "Confirm what another administrator has proposed", of: "proposal",
				answer: "What came of it, with a one-time code where there is one. A form is answered with the page.",
				fails:  []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.StaffResult, redirect, error) {
				r, err := c.s.casework.Staff.ConfirmChange(c.ctx(), c.actor(), c.r.PathValue("id"))
				return r, redirect{}, err
			},
			shows: showResult,
		},
		action[none, dropped]{
			path: "/api/admin/staff/proposals/{id}/refuse", access: mingjing.Administrators, errorPage: "staff",
			doc: apiDoc{id: "refuseStaffChange", summary: "Drop a proposal", of: "proposal", answer: "It is dropped; nothing was changed."},
			do: func(c *call, _ none) (dropped, redirect, error) {
				err := c.s.casework.Staff.RefuseChange(c.ctx(), c.actor(), c.r.PathValue("id"))
				return dropped{true}, redirect{page: "staff", done: "proposal_refused"}, err
			},
		},
	},
}

const aboutTwo = "A change that makes or changes an administrator is only proposed once there are two: another administrator confirms it."

// showResult returns what the page staff shows once after a form.
func showResult(r mingjing.StaffResult) any { return &mingjing.StaffView{Result: &r} }

// addStaffForm is the body of a new member.
type addStaffForm struct {
	// Login is the staff number, which stays the same for good.
	Login string        `json:"login" min:"2" max:"32"`
	Name  string        `json:"name" min:"1" max:"100"`
	Role  mingjing.Role `json:"role" enum:"handler,supervisor,auditor,administrator,agency"`
	// Agency is the code of an officer's agency.
	Agency string `json:"agency,omitempty"`
	// IDNumber says who they are as a resident, so that nobody handles a case of their own.
	// It is not stored, and not used for an administrator.
	IDNumber string `json:"id_number,omitempty"`
	Reason   string `json:"reason,omitempty" max:"500"`
}

// dropped is the answer to a proposal that was dropped.
type dropped struct {
	Dropped bool `json:"dropped"`
}

// staffMemberPage is one member, for administrators.
var staffMemberPage = page[mingjing.StaffMemberView]{
	name: "staff-member",
	get: func(c *call) (mingjing.StaffMemberView, error) {
		return c.s.casework.Staff.StaffMember(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	endpoints: []endpoint{
		query[none, mingjing.StaffMemberView]{
			path: "/api/admin/staff/{id}", access: mingjing.Administrators,
			doc: apiDoc{id: "staffMember", summary: "One member of staff, or an officer", of: aMember, answer: "The member."},
			get: func(c *call, _ none) (mingjing.StaffMemberView, error) {
				return c.s.casework.Staff.StaffMember(c.ctx(), c.actor(), c.r.PathValue("id"))
			},
		},
		action[staffRoleForm, mingjing.StaffResult]{
			path: "/api/admin/staff/{id}/role", access: mingjing.Administrators, errorPage: "staff-member",
			doc: apiDoc{id: "setStaffRole", summary: "Change what somebody does", of: aMember, about: aboutTwo + " Their sessions end.",
				answer: "The member, or the proposal.", fails: []int{http.StatusConflict}},
			example: staffRoleForm{Role: mingjing.RoleSupervisor},
			do: func(c *call, in staffRoleForm) (mingjing.StaffResult, redirect, error) {
				return c.changeStaff(staff.Change{Step: mingjing.StaffRole, Role: in.Role, Agency: in.Agency, Reason: in.Reason})
			},
		},
		action[staffLinkForm, mingjing.StaffResult]{
			path: "/api/admin/staff/{id}/link", access: mingjing.Administrators, errorPage: "staff-member",
			doc: apiDoc{id: "linkStaff", summary: "Say who somebody is as a resident", of: aMember,
				about:  "From then on they cannot see or handle a case of their own. The ID number is not stored, but a keyed hash of it.",
				answer: "The member."},
			example: staffLinkForm{IDNumber: "11010519491231002X"},
			do: func(c *call, in staffLinkForm) (mingjing.StaffResult, redirect, error) {
				n, wrong := c.idNumber(in.IDNumber)
				if len(wrong) > 0 {
					return mingjing.StaffResult{}, redirect{}, mingjing.InvalidFields(wrong...)
				}
				return c.changeStaff(staff.Change{Step: mingjing.StaffLink, IDNumber: n, Reason: in.Reason})
			},
		},
		staffStep(mingjing.StaffDisable, "disableStaff", "Log somebody out and keep them out"),
		staffStep(mingjing.StaffEnable, "enableStaff", "Let somebody in again"),
		action[staffReasonForm, mingjing.StaffResult]{
			path: "/api/admin/staff/{id}/reset", access: mingjing.Administrators, errorPage: "staff",
			doc: apiDoc{id: "resetStaff", summary: "Make a new one-time code; password and second factor are gone", of: aMember, about: aboutTwo,
				answer: "The one-time code, which is shown once; or the proposal. A form is answered with the page.",
				fails:  []int{http.StatusConflict}},
			example: staffReasonForm{Reason: "Lost the phone."},
			do: func(c *call, in staffReasonForm) (mingjing.StaffResult, redirect, error) {
				c.errorPage = "staff-member"
				r, _, err := c.changeStaff(staff.Change{Step: mingjing.StaffReset, Reason: in.Reason})
				return r, redirect{}, err
			},
			shows: showResult,
		},
	},
}

const aMember = "member: the staff number"

// staffStep returns the endpoint of a change that needs nothing but a reason.
func staffStep(step, id, summary string) endpoint {
	return action[staffReasonForm, mingjing.StaffResult]{
		path: "/api/admin/staff/{id}/" + step, access: mingjing.Administrators, errorPage: "staff-member",
		doc: apiDoc{id: id, summary: summary, of: aMember, about: aboutTwo, answer: "The member, or the proposal.",
			fails: []int{http.StatusConflict}},
		example: staffReasonForm{Reason: "On leave until June."},
		do: func(c *call, in staffReasonForm) (mingjing.StaffResult, redirect, error) {
			return c.changeStaff(staff.Change{Step: step, Reason: in.Reason})
		},
	}
}

// staffRoleForm is the body of a change of what somebody does.
type staffRoleForm struct {
	Role mingjing.Role `json:"role" enum:"handler,supervisor,auditor,administrator,agency"`
	// Agency is the code of an officer's agency.
	Agency string `json:"agency,omitempty"`
	Reason string `json:"reason,omitempty" max:"500"`
}

// staffLinkForm is the body of a link between a member and a resident.
type staffLinkForm struct {
	IDNumber string `json:"id_number" min:"1"`
	Reason   string `json:"reason,omitempty" max:"500"`
}

// staffReasonForm is the body of another change.
type staffReasonForm struct {
	Reason string `json:"reason,omitempty" max:"500"`
}

// changeStaff changes the member of the path.
func (c *call) changeStaff(ch staff.Change) (mingjing.StaffResult, redirect, error) {
	ch.Login = c.r.PathValue("id")
	r, err := c.s.casework.Staff.ChangeStaff(c.ctx(), c.actor(), ch)
	to := redirect{page: "staff-member", id: ch.Login, done: "staff_changed"}
	if r.Proposal != nil {
		to.done = "staff_proposed"
	}
	return r, to, err
}

// staffRegisterPage is the staff register, for auditors and administrators.
var staffRegisterPage = page[mingjing.StaffRegisterView]{
	name: "staff-register",
	get: func(c *call) (mingjing.StaffRegisterView, error) {
		return c.s.casework.Staff.StaffRegister(c.ctx(), c.actor(), c.r.URL.Query().Get("cursor"))
	},
	endpoints: []endpoint{
		query[paged, mingjing.StaffRegisterView]{
			path: "/api/admin/staff-register", access: mingjing.Overseers,
			doc: apiDoc{id: "staffRegister", summary: "Each step about who may log in as what, the newest first",
				about: "Entries are only ever added. The hash of each is the SHA-256 of the hash before it, a line feed, and its JSON " +
					"with an empty hash.", answer: "A page of the register."},
			get: func(c *call, in paged) (mingjing.StaffRegisterView, error) {
				return c.s.casework.Staff.StaffRegister(c.ctx(), c.actor(), in.Cursor)
			},
		},
	},
}
