package component

import (
	"math"
	"strconv"
	"time"

	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A Segment is the part of a scale that is one band.
type Segment struct {
	// From is its lowest value, To the lowest value above it.
	From, To int
	// Tone is good, fair or poor.
	Tone string
	// Here says that the resident's value is in this band.
	Here bool
}

// A Scale shows a value on the line from the lowest to the highest possible one, with
// the bands as segments. Screen readers skip it: the text beside it has the value, and
// a [Ladder] the bands.
type Scale struct {
	Value, Min, Max int
	// Segments from the lowest to the highest.
	Segments []Segment
}

// UI returns the drawing and the figures at its ends.
func (s Scale) UI() app.UI {
	span := float64(max(s.Max-s.Min, 1))
	at := func(v int) float64 { return 100 * float64(min(max(v, s.Min), s.Max)-s.Min) / span }
	parts := []app.UI{}
	for _, g := range s.Segments {
		x, end := at(g.From), at(g.To)
		if end <= x {
			continue
		}
		width := end - x
		if end < 100 {
			width -= 0.5
		}
		parts = append(parts, SVG("rect", A{"x": percent(x), "width": percent(max(width, 0.4)), "y": "14", "height": "12", "rx": "3",
			"class": classes("scale-"+g.Tone, when(!g.Here, "scale-off"))}))
	}
	x := percent(at(s.Value))
	parts = append(parts, SVG("circle", A{"cx": x, "cy": "20", "r": "9", "class": "scale-pin"}))
	return El("div", A{"class": "scale", "aria-hidden": "true"},
		SVG("svg", A{"width": "100%", "height": "36", "focusable": "false"}, parts...),
		Div("scale-ends", El("span", nil, Text(strconv.Itoa(s.Min))), El("span", nil, Text(strconv.Itoa(s.Max)))))
}

func percent(f float64) string { return number(math.Round(f*100)/100) + "%" }

// A Disc shows a value inside a ring that is filled up to the value, with the band
// below.
type Disc struct {
	Value, Min, Max int
	// Tone is good, fair or poor.
	Tone string
	// Small leaves the band out, for use in a card.
	Small bool
	// Label is read before the value by screen readers, and Scale after it.
	Label, Scale string
	// Band is shown below the value, or nil.
	Band app.UI
}

// UI returns the drawing with the value as text.
func (d Disc) UI() app.UI {
	filled := 75 * float64(min(max(d.Value, d.Min), d.Max)-d.Min) / float64(max(d.Max-d.Min, 1))
	marks := ""
	for i := range 24 {
		a := float64(i) * math.Pi / 12
		inner := 70.0
		if i%6 == 0 {
			inner = 66
		}
		marks += "M" + point(100+74*math.Sin(a)) + " " + point(100-74*math.Cos(a)) + "L" + point(100+inner*math.Sin(a)) + " " +
			point(100-inner*math.Cos(a))
	}
	rim := func(class string, length float64) app.UI {
		return SVG("circle", A{"class": class, "cx": "100", "cy": "100", "r": "92", "pathLength": "100",
			"stroke-dasharray": number(math.Round(length*100)/100) + " 100", "transform": "rotate(135 100 100)"})
	}
	parts := []app.UI{
		SVG("circle", A{"class": "disc-plate", "cx": "100", "cy": "100", "r": "80"}),
		SVG("circle", A{"class": "disc-ring", "cx": "100", "cy": "100", "r": "62"}),
		SVG("path", A{"class": "disc-marks", "d": marks}),
		rim("disc-rim", 75)}
	if filled > 0.05 {
		parts = append(parts, rim("disc-value", filled))
	}
	var scale app.UI
	if d.Scale != "" {
		scale = Span("visually-hidden", " "+d.Scale+" ")
	}
	return El("div", A{"class": classes("disc", when(d.Small, "disc-small"), "tone-"+d.Tone)},
		SVG("svg", A{"viewBox": "0 0 200 200", "aria-hidden": "true", "focusable": "false"}, parts...),
		El("p", A{"class": "disc-text"}, Span("visually-hidden", d.Label+" "), Span("disc-number", strconv.Itoa(d.Value)), scale, d.Band))
}

func point(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// A Rung is one band of a [Ladder].
type Rung struct {
	Band Band
	// Range is the values in words.
	Range string
	// Here is the sentence that the resident's score is in this band; empty in other
	// rungs.
	Here string
}

// A Ladder lists the bands from the best to the worst.
type Ladder struct {
	Rungs []Rung
}

// UI returns the list.
func (l Ladder) UI() app.UI {
	items := make([]app.UI, 0, len(l.Rungs))
	for _, r := range l.Rungs {
		var here app.UI
		if r.Here != "" {
			here = Tag{Text: r.Here, Tone: "good"}.UI()
		}
		items = append(items, El("li", A{"class": when(r.Here != "", "ladder-here")},
			El("span", A{"class": "meta"}, r.Band.UI(), here), Span("ladder-range", r.Range)))
	}
	return El("ol", A{"class": "ladder", "role": "list"}, items...)
}

// A Step is one contribution of a [Waterfall].
type Step struct {
	Name string
	// Href is the address of the page of what contributes; it may be empty.
	Href string
	// Meta are short facts below the name.
	Meta []string
	// Points are added to the sum; Base says that the sum starts with them.
	Points int
	Base   bool
	// Word is shown instead of the points, for a cap.
	Word string
	// Action is what can be done about it; it may be nil.
	Action app.UI
}

// A Waterfall shows a sum as a list of what it is made of. Every bar has the same scale
// and begins at the same zero: those of the changes, and that of the total. The base is
// text alone. The list says everything; the bars show the same as a drawing.
type Waterfall struct {
	Lang  string
	Steps []Step
	// Total names the sum.
	Total string
	Sum   int
	// Label names the list.
	Label string
}

// UI returns the list.
func (w Waterfall) UI() app.UI {
	low, high := min(0, w.Sum), max(0, w.Sum)
	for _, s := range w.Steps {
		if !s.Base {
			low, high = min(low, s.Points), max(high, s.Points)
		}
	}
	span := float64(max(high-low, 1))
	at := func(v int) float64 { return 100 * float64(v-low) / span }
	items := make([]app.UI, 0, len(w.Steps)+1)
	for _, s := range w.Steps {
		var drawn app.UI
		switch {
		case s.Base, s.Points == 0:
		case s.Points > 0:
			drawn = bar("step-plus", at(0), at(s.Points))
		default:
			drawn = bar("step-minus", at(0), at(s.Points))
		}
		items = append(items, El("li", nil, w.line(s), drawn))
	}
	items = append(items, El("li", A{"class": "steps-total"},
		Div("step-line", Span("step-name", w.Total), Span("points", i18n.Signed(w.Lang, w.Sum)[signWidth(w.Sum):])),
		bar("step-sum", at(0), at(w.Sum))))
	return El("ol", A{"class": "steps", "role": "list", "aria-label": w.Label}, items...)
}

// signWidth returns the text of a sum without the plus sign.
func signWidth(n int) int {
	if n > 0 {
		return 1
	}
	return 0
}

func (w Waterfall) line(s Step) app.UI {
	name := Span("step-name", s.Name)
	if s.Href != "" {
		name = El("a", A{"href": s.Href, "class": "step-name"}, Text(s.Name))
	}
	text, class := i18n.Signed(w.Lang, s.Points), "points"
	switch {
	case s.Word != "":
		text = s.Word
	case s.Base:
		text = i18n.Number(w.Lang, s.Points)
	case s.Points > 0:
		class = "points points-plus"
	case s.Points < 0:
		class = "points points-minus"
	}
	var meta app.UI
	if len(s.Meta) > 0 {
		parts := make([]app.UI, 0, len(s.Meta))
		for _, m := range s.Meta {
			parts = append(parts, El("span", nil, Text(m)))
		}
		meta = El("span", A{"class": "meta step-meta"}, parts...)
	}
	var action app.UI
	if s.Action != nil {
		action = El("span", A{"class": "step-action"}, s.Action)
	}
	return Div("step-line", name, Span(class, text), meta, action)
}

// bar draws a bar from zero to a value, both in percent of the width, with a thin line
// where zero is. The smallest one can still be seen.
func bar(class string, zero, to float64) app.UI {
	return SVG("svg", A{"class": "step-bar", "width": "100%", "height": "14", "aria-hidden": "true", "focusable": "false"},
		SVG("rect", A{"class": "step-track", "x": "0", "y": "6", "width": "100%", "height": "2"}),
		SVG("rect", A{"class": class, "x": percent(min(zero, to)), "y": "3", "width": percent(max(math.Abs(to-zero), 0.6)), "height": "8",
			"rx": "1"}),
		SVG("line", A{"class": "step-zero", "x1": percent(zero), "x2": percent(zero), "y1": "0", "y2": "14"}))
}

// A Dot is one value in a [History].
type Dot struct {
	// When is the day in short words.
	When  string
	At    time.Time
	Value int
}

// A Mark is a value at which a [History] has a line across, with its name: the lower
// edge of a band.
type Mark struct {
	Value int
	Name  string
}

// A History is a line of values over time: each holds until the next. A table beside it
// has the same for screen readers.
type History struct {
	// Label is a sentence on what the drawing shows, with first and last value.
	Label string
	// Dots are oldest first; one alone is drawn as a dot.
	Dots []Dot
	// Marks are drawn where they are among the values, or next to them.
	Marks []Mark
}

// UI returns the drawing.
func (h History) UI() app.UI {
	if len(h.Dots) == 0 {
		return nil
	}
	const left, right, top, bottom = 44.0, 316.0, 18.0, 112.0
	first, last := h.Dots[0], h.Dots[len(h.Dots)-1]
	low, high := first.Value, first.Value
	for _, d := range h.Dots {
		low, high = min(low, d.Value), max(high, d.Value)
	}
	lowest, highest := low, high // of the values; the drawing has the next edges too
	below, above := math.MinInt, math.MaxInt
	for _, m := range h.Marks {
		if m.Value <= lowest {
			below = max(below, m.Value)
		} else if m.Value > highest {
			above = min(above, m.Value)
		}
	}
	if below != math.MinInt {
		low = below
	}
	if above != math.MaxInt {
		high = above
	}
	pad := max((high-low)/8, 2)
	low, high = low-pad, high+pad
	x := func(d Dot) float64 {
		all := last.At.Sub(first.At)
		if all <= 0 {
			return (left + right) / 2
		}
		return left + (right-left)*float64(d.At.Sub(first.At))/float64(all)
	}
	y := func(v int) float64 { return bottom - (bottom-top)*float64(v-low)/float64(high-low) }

	parts := []app.UI{}
	for _, m := range h.Marks {
		if m.Value > low && m.Value < high {
			parts = append(parts,
				SVG("line", A{"class": "history-band", "x1": point(left - 8), "x2": point(right + 4), "y1": point(y(m.Value)),
					"y2": point(y(m.Value))}),
				SVG("text", A{"x": point(left - 12), "y": point(y(m.Value) + 4), "text-anchor": "end"}, Text(strconv.Itoa(m.Value))),
				SVG("text", A{"class": "history-name", "x": point(left - 4), "y": point(y(m.Value) - 3)}, Text(m.Name)))
		}
	}
	line := ""
	for i, d := range h.Dots {
		if i == 0 {
			line = "M" + point(x(d)) + " " + point(y(d.Value))
		} else {
			line += "H" + point(x(d)) + "V" + point(y(d.Value))
		}
	}
	if last.At.After(first.At) {
		parts = append(parts,
			SVG("path", A{"class": "history-area", "d": line + "V" + point(bottom+4) + "H" + point(left) + "Z"}),
			SVG("path", A{"class": "history-line", "d": line}))
	}
	for i, d := range h.Dots {
		end := i == len(h.Dots)-1
		parts = append(parts, SVG("circle", A{"class": classes("history-dot", when(end, "history-last")), "cx": point(x(d)),
			"cy": point(y(d.Value)), "r": "4"}))
		if end {
			parts = append(parts, SVG("text", A{"class": "history-value", "x": point(x(d)), "y": point(y(d.Value) - 9),
				"text-anchor": anchor(i, len(h.Dots))}, Text(strconv.Itoa(d.Value))))
		}
		if i == 0 || end {
			parts = append(parts, SVG("text", A{"x": point(x(d)), "y": "136", "text-anchor": anchor(i, len(h.Dots))}, Text(d.When)))
		}
	}
	return Div("history", SVG("svg", A{"viewBox": "0 0 328 144", "role": "img", "aria-label": h.Label, "focusable": "false"}, parts...))
}

func anchor(i, n int) string {
	switch {
	case n == 1:
		return "middle"
	case i == 0:
		return "start"
	}
	return "end"
}
