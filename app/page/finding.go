package page

import (
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// The shapes beside the result of a check: everything is right, or something is not.
const (
	CheckShape = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12.2l2.8 2.8L16 9.5"
	AlarmShape = "M12 3 22 20H2zM12 9.5v5m0 2.4v.3"
)

// Finding returns the box with the result of a check.
func Finding(attributes c.A, shape string, body app.UI) app.UI {
	return c.El("div", attributes,
		c.SVG("svg", c.A{"viewBox": "0 0 24 24", "width": "24", "height": "24", "aria-hidden": "true", "focusable": "false"},
			c.SVG("path", c.A{"d": shape, "class": "stroke"})), body)
}
