package component

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// A PasskeyButton is a form with a button that asks the browser for a passkey and sends
// what it says. web/passkey.js does it; where that can't run, nothing is shown.
type PasskeyButton struct {
	Text string
	// Action is the address of the form, Question that of what the browser is to ask.
	Action, Question string
	// Ticket goes with the question and with the form, where what is done has a ticket of
	// its own.
	Ticket string
	// Failed is said when nothing came of it.
	Failed string
	// Kind is as in [Button].
	Kind string
	// Body are further fields.
	Body []app.UI
}

// UI returns the form.
func (p PasskeyButton) UI() app.UI {
	return Div("passkey", Form{Action: p.Action, Full: true, Label: p.Text, Body: append(p.fields(), p.Body...)}.UI())
}

// Within returns the button for a form that has other fields and another button too.
func (p PasskeyButton) Within() app.UI { return Div("passkey", p.fields()...) }

func (p PasskeyButton) fields() []app.UI {
	ticket := "ticket"
	var fields []app.UI
	if p.Ticket != "" {
		ticket = "key_ticket"
		fields = append(fields, Hidden{Name: "ticket", Value: p.Ticket}.UI())
	}
	return append(fields, Hidden{Name: ticket}.UI(), Hidden{Name: "credential"}.UI(),
		El("button", A{"type": "button", "class": classes("button", kind("button", p.Kind)), "data-passkey": p.Question,
			"data-ticket": ticket, "data-failed": p.Failed}, Text(p.Text)),
		El("p", A{"role": "status", "class": "hint"}))
}
