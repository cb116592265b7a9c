package api

import (
	"context"
	"net/http"
	"strings"

	"mingjing"
)

// forgotPage is where somebody who forgot the password asks for a code.
var forgotPage = page[mingjing.ForgotView]{
	name: "forgot",
	get:  func(c *call) (mingjing.ForgotView, error) { return c.forgotten(), nil },
	endpoints: []endpoint{
		action[forgotForm, codeSent]{
			repeats: "each code is a new one, and they are counted",
			path:    "/api/forgot", access: mingjing.Anyone, errorPage: "forgot", do: forgot,
			doc: apiDoc{id: "forgot", tag: tagSession, summary: "Ask for a code by which a new password can be set",
				about:  "The code is sent by e-mail to whoever has confirmed an address. A mailbox gets three codes an hour and five a day at most.",
				answer: "The same for every ID number, after the same time, whether a code is sent or not.",
				fails:  []int{http.StatusForbidden, http.StatusTooManyRequests}},
			example: forgotForm{IDNumber: "11010519491231002X"},
		},
	},
}

// resetPage is where they type the code and a new password.
var resetPage = page[mingjing.ForgotView]{
	name: "reset",
	get:  func(c *call) (mingjing.ForgotView, error) { return c.forgotten(), nil },
	endpoints: []endpoint{
		action[resetForm, me]{
			repeats: "the code works once",
			path:    "/api/reset", access: mingjing.Anyone, errorPage: "reset", do: reset,
			doc: apiDoc{id: "reset", tag: tagSession, summary: "Set a new password with the code that was sent",
				answer: "It is set, and the resident is logged in. Their other sessions have ended.",
				fails:  []int{http.StatusForbidden, http.StatusTooManyRequests}},
			example: resetForm{IDNumber: "11010519491231002X", Code: "20448173", NewPassword: "nine red lanterns sway"},
		},
	},
}

func (c *call) forgotten() mingjing.ForgotView {
	return mingjing.ForgotView{MailOffered: c.s.casework.Notices.MailOffered(), Counter: c.s.Counter}
}

// forgotForm is the body of the wish for a code.
type forgotForm struct {
	// IDNumber is the ID number as it is written: spaces, full-width characters and a
	// lower-case x are understood.
	IDNumber string `json:"id_number" min:"1"`
}

// codeSent is the answer to the wish for a code: the same for everybody.
type codeSent struct {
	Accepted bool `json:"accepted"`
}

func forgot(c *call, in forgotForm) (codeSent, redirect, error) {
	n, wrong := c.idNumber(in.IDNumber)
	if len(wrong) > 0 {
		return codeSent{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	err := c.s.Identity.Forgot(c.ctx(), n, c.client(), func(ctx context.Context) error {
		return c.s.casework.Notices.ForgotPassword(ctx, n)
	})
	return codeSent{true}, redirect{page: "reset", done: "reset_sent"}, err
}

// resetForm is the body of a new password.
type resetForm struct {
	// IDNumber is the ID number as it is written: spaces, full-width characters and a
	// lower-case x are understood.
	IDNumber string `json:"id_number" min:"1"`
	// Code has eight digits.
	Code        string `json:"code" min:"1"`
	NewPassword string `json:"new_password" max:"1024" format:"password"`
}

func reset(c *call, in resetForm) (me, redirect, error) {
	n, wrong := c.idNumber(in.IDNumber)
	wrong = append(wrong, secret("code", strings.TrimSpace(in.Code))...)
	if wrong = append(wrong, secret("new_password", in.NewPassword)...); len(wrong) > 0 {
		return me{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	token, err := c.s.Identity.Reset(c.ctx(), n, in.NewPassword, c.client(),
		func(ctx context.Context, set func(ctx context.Context, resident mingjing.ResidentID) error) error {
			return c.s.casework.Notices.RedeemReset(ctx, n, in.Code, set)
		})
	if err != nil {
		return me{}, redirect{}, err
	}
	out, to, err := c.startSessionOf(token)
	to.done = "password_changed"
	return out, to, err
}
