package api

import (
	"net/http"
	"slices"
	"strings"

	"mingjing"
)

// displayCookie is the name of the cookie with how a browser shows pages. It says nothing
// about who uses it.
const displayCookie = "display"

// displayKept is for how many seconds a browser keeps the choice: a year.
const displayKept = 365 * 24 * 60 * 60

var displayPage = page[none]{
	name: "display",
	endpoints: []endpoint{
		action[displayForm, mingjing.Display]{
			path: "/api/display", access: mingjing.Anyone, errorPage: "display", do: setDisplay,
			doc: apiDoc{id: "setDisplay", tag: tagPublic, summary: "Choose colours and the size of text, without an account",
				about: "The choice is in a cookie of this browser.", answer: "The choice."},
			example: displayForm{Theme: "dark", Text: "130"},
		},
	},
}

// displayForm is the body of a choice of colours and size.
type displayForm struct {
	// Theme is own for the colours of the device, which is the default.
	Theme string `json:"theme,omitempty" enum:"own,light,dark"`
	// Text is the size of text in per cent, or own for that of the browser.
	Text string `json:"text,omitempty" enum:"own,130,200"`
}

func setDisplay(c *call, in displayForm) (mingjing.Display, redirect, error) {
	d := displayOf(in.Theme + "." + in.Text)
	c.putCookie(c.s.cookieName(displayCookie), d.Theme+"."+d.Text, displayKept, http.SameSiteLaxMode)
	return d, redirect{page: "display", done: "display_saved"}, nil
}

// displayOf returns the choice that a cookie has; what is unknown is left out.
func displayOf(value string) mingjing.Display {
	theme, text, _ := strings.Cut(value, ".")
	var d mingjing.Display
	if slices.Contains(mingjing.Themes, theme) {
		d.Theme = theme
	}
	if slices.Contains(mingjing.TextSizes, text) {
		d.Text = text
	}
	return d
}

// display returns how the browser of a call shows pages.
func (c *call) display() mingjing.Display {
	if k, err := c.r.Cookie(c.s.cookieName(displayCookie)); err == nil {
		return displayOf(k.Value)
	}
	return mingjing.Display{}
}
