package component

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// A PasskeyButton is a form with a button that asks the browser for a passkey and sends
// what it says. web/passkey.js does it; where that can't run, nothing is shown.
type PasskeyButton struct {
	Text string
	// Action is the address of the form, Question that of what the browser is to ask.
	Action, Question string
	// Failed is said when nothing came of it.
	Failed string
	// Kind is as in [Button].
	Kind string
	// Body are further fields.
	Body []app.UI
}

// UI returns the form.
func (p PasskeyButton) UI() app.UI {
	body := append([]app.UI{Hidden{Name: "ticket"}.UI(), Hidden{Name: "credential"}.UI()}, p.Body...)
	return Div("passkey", Form{Action: p.Action, Full: true, Label: p.Text, Body: append(body,
		El("button", A{"type": "button", "class": classes("button", kind("button", p.Kind)), "data-passkey": p.Question,
			"data-failed": p.Failed}, Text(p.Text)),
		El("p", A{"role": "status", "class": "hint"}))}.UI())
}
