package component

import (
	"math"
	"strconv"

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
	// Label is read before the value by screen readers.
	Label string
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
	return El("div", A{"class": classes("disc", when(d.Small, "disc-small"), "tone-"+d.Tone)},
		SVG("svg", A{"viewBox": "0 0 200 200", "aria-hidden": "true", "focusable": "false"}, parts...),
		El("p", A{"class": "disc-text"}, Span("visually-hidden", d.Label+" "), Span("disc-number", strconv.Itoa(d.Value)), d.Band))
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
}

// A Waterfall shows a sum step by step, as a list whose bars show where each step
// begins and ends. The list says everything; the bars show the same as a drawing.
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
	low, high, run := w.Sum, w.Sum, 0
	for _, s := range w.Steps {
		run += s.Points
		low, high = min(low, run), max(high, run)
	}
	room := max((high-low)/4, 5)
	start := low - room
	span := float64(high - start + max(room/4, 1))
	at := func(v int) float64 { return 100 * float64(v-start) / span }

	items := make([]app.UI, 0, len(w.Steps)+1)
	run = 0
	for i, s := range w.Steps {
		before := run
		run += s.Points
		if s.Base {
			before = start
		}
		items = append(items, El("li", nil, w.line(s), bar(s, at(before), at(run), i > 0)))
	}
	items = append(items, El("li", A{"class": "steps-total"},
		Div("step-line", Span("step-name", w.Total), Span("points", i18n.Signed(w.Lang, w.Sum)[signWidth(w.Sum):])),
		SVG("svg", A{"class": "step-bar", "width": "100%", "height": "16", "aria-hidden": "true", "focusable": "false"},
			SVG("rect", A{"class": "step-sum", "x": "0", "y": "2", "width": percent(at(w.Sum)), "height": "10", "rx": "2"}))))
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
	return Div("step-line", name, Span(class, text), meta)
}

// bar draws a step from one value on the line to another, with thin lines to the steps
// above and below.
func bar(s Step, from, to float64, wired bool) app.UI {
	x, width := min(from, to), max(math.Abs(to-from), 0.6)
	class := "step-base"
	switch {
	case s.Base:
	case s.Points > 0:
		class = "step-plus"
	case s.Points < 0:
		class = "step-minus"
	}
	parts := []app.UI{}
	if wired {
		parts = append(parts, SVG("line", A{"class": "step-wire", "x1": percent(from), "x2": percent(from), "y1": "0", "y2": "6"}))
	}
	parts = append(parts,
		SVG("rect", A{"class": "step-track", "x": "0", "y": "10", "width": "100%", "height": "2"}),
		SVG("line", A{"class": "step-wire", "x1": percent(to), "x2": percent(to), "y1": "16", "y2": "24"}),
		SVG("rect", A{"class": class, "x": percent(x), "y": "6", "width": percent(width), "height": "10", "rx": "2"}))
	return SVG("svg", A{"class": "step-bar", "width": "100%", "height": "24", "aria-hidden": "true", "focusable": "false"}, parts...)
}

// A Dot is one value in a [History].
type Dot struct {
	// When is the day in short words.
	When  string
	Value int
}

// A History is a line of values over time. A table beside it has the same for screen
// readers.
type History struct {
	// Label is a sentence on what the drawing shows, with first and last value.
	Label string
	// Dots are oldest first; one alone is drawn as a dot.
	Dots []Dot
	// Marks are values at which a line is drawn across, such as the band's lower
	// edge.
	Marks []int
}

// UI returns the drawing.
func (h History) UI() app.UI {
	if len(h.Dots) == 0 {
		return nil
	}
	const left, right, top, bottom = 44.0, 316.0, 18.0, 112.0
	low, high := h.Dots[0].Value, h.Dots[0].Value
	for _, d := range h.Dots {
		low, high = min(low, d.Value), max(high, d.Value)
	}
	pad := max((high-low)/5, 5)
	low, high = low-pad, high+pad
	x := func(i int) float64 {
		if len(h.Dots) == 1 {
			return (left + right) / 2
		}
		return left + (right-left)*float64(i)/float64(len(h.Dots)-1)
	}
	y := func(v int) float64 { return bottom - (bottom-top)*float64(v-low)/float64(high-low) }

	parts := []app.UI{}
	for _, v := range []int{low + pad, high - pad} {
		parts = append(parts,
			SVG("line", A{"class": "history-grid", "x1": point(left - 8), "x2": point(right + 4), "y1": point(y(v)), "y2": point(y(v))}),
			SVG("text", A{"x": point(left - 14), "y": point(y(v) + 4), "text-anchor": "end"}, Text(strconv.Itoa(v))))
		if low+pad == high-pad {
			break
		}
	}
	for _, m := range h.Marks {
		if m > low && m < high {
			parts = append(parts, SVG("line", A{"class": "history-band", "x1": point(left - 8), "x2": point(right + 4), "y1": point(y(m)),
				"y2": point(y(m))}))
		}
	}
	line := ""
	for i, d := range h.Dots {
		if i > 0 {
			line += "L"
		} else {
			line += "M"
		}
		line += point(x(i)) + " " + point(y(d.Value))
	}
	if len(h.Dots) > 1 {
		parts = append(parts,
			SVG("path", A{"class": "history-area", "d": line + "L" + point(right) + " " + point(bottom+4) + "L" + point(left) + " " +
				point(bottom+4) + "Z"}),
			SVG("path", A{"class": "history-line", "d": line}))
	}
	for i, d := range h.Dots {
		last := i == len(h.Dots)-1
		parts = append(parts, SVG("circle", A{"class": classes("history-dot", when(last, "history-last")), "cx": point(x(i)),
			"cy": point(y(d.Value)), "r": "4"}))
		if last {
			parts = append(parts, SVG("text", A{"class": "history-value", "x": point(x(i)), "y": point(y(d.Value) - 9),
				"text-anchor": anchor(i, len(h.Dots))}, Text(strconv.Itoa(d.Value))))
		}
		if i == 0 || last {
			parts = append(parts, SVG("text", A{"x": point(x(i)), "y": "136", "text-anchor": anchor(i, len(h.Dots))}, Text(d.When)))
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
