package component

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// A Band shows a band of a score by its name, a shape and a colour at once.
type Band struct {
	Text string
	// Shape is star, circle, square, diamond or triangle.
	Shape string
	// Tone is good, fair or poor.
	Tone string
	// Size is empty, or large.
	Size string
}

// UI returns the name with its shape.
func (b Band) UI() app.UI {
	return El("span", A{"class": classes("band", kind("band", b.Tone), kind("band", b.Size))},
		Shape(b.Shape, 20), Span("band-name", b.Text))
}

var shapes = map[string]string{
	"star":     "M12 1.8l3.1 6.7 7.3.8-5.5 4.9 1.6 7.2L12 17.7l-6.5 3.7 1.6-7.2L1.6 9.3l7.3-.8z",
	"circle":   "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z",
	"square":   "M3.5 3.5h17v17h-17z",
	"diamond":  "M12 1.5 22.5 12 12 22.5 1.5 12z",
	"triangle": "M12 2.2 22.8 21H1.2z",
}

// Shape draws one of the shapes of bands, size pixels wide, in the colour of the text
// around it. Screen readers skip it.
func Shape(name string, size int) app.UI {
	d, ok := shapes[name]
	if !ok {
		d = shapes["circle"]
	}
	s := number(float64(size))
	return SVG("svg", A{"class": "shape", "viewBox": "0 0 24 24", "width": s, "height": s, "aria-hidden": "true", "focusable": "false"},
		SVG("path", A{"d": d, "fill": "currentColor"}))
}
