package mingjing

// A Display is how a browser shows pages, which a person chooses without an account.
type Display struct {
	// Theme is light or dark, "" for that of the device.
	Theme string `json:"theme,omitempty"`
	// Text is the size of text in per cent, of [TextSizes]; "" for that of the browser.
	Text string `json:"text,omitempty"`
}

// Themes and TextSizes are what can be chosen of a [Display] besides "".
var (
	Themes    = []string{"light", "dark"}
	TextSizes = []string{"130", "200"}
)

// A ContactView is where and how the bureau is reached.
type ContactView struct {
	// Counter is the counter's address and hours; "" where the operator has not said.
	Counter string `json:"counter,omitempty"`
}

// A StatusView is what the service can do at this moment.
type StatusView struct {
	// Works has the kinds of work, and whether each goes on.
	Works map[string]bool `json:"works"`
}
