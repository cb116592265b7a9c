package page

import (
	"strconv"
	"time"

	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// ListItems returns the parts as items of a list.
func ListItems(parts []app.UI) []app.UI {
	items := make([]app.UI, 0, len(parts))
	for _, p := range parts {
		items = append(items, c.El("li", nil, p))
	}
	return items
}

// KeptAfterLeaving returns, as sentences, what the law requires the bureau to store
// about a resident who leaves.
func KeptAfterLeaving(v *mingjing.View) []app.UI {
	list := make([]app.UI, 0, len(mingjing.ErasureKept))
	for _, code := range mingjing.ErasureKept {
		list = append(list, c.Text(T(v, "erasure_kept."+code)))
	}
	return list
}

// LangField returns the field that tells the server in which language to answer a form.
func LangField(v *mingjing.View) app.UI { return c.Hidden{Name: "lang", Value: v.Lang}.UI() }

// EvidenceTypes are the file types that a file field offers; the server checks the
// content.
const EvidenceTypes = "application/pdf,image/*,.heic,.heif"

// BandUI returns a band with its shape; size is "" or "large".
func BandUI(v *mingjing.View, b mingjing.Band, size string) app.UI {
	return c.Band{Text: b.Name.In(v.Lang), Shape: b.Shape, Tone: b.Tone, Size: size}.UI()
}

// Plain returns a value without groups of digits, as people say scores.
func Plain(n int) string { return strconv.Itoa(n) }

// Texts returns sentences of a rulebook as a list.
func Texts(v *mingjing.View, list []mingjing.Text) app.UI {
	items := make([]app.UI, 0, len(list))
	for _, x := range list {
		items = append(items, c.El("li", nil, c.Text(x.In(v.Lang))))
	}
	return c.El("ul", c.A{"class": "bullets"}, items...)
}

// EndOf returns an instant at midnight as the end of the day before it.
func EndOf(v *mingjing.View, at time.Time) string {
	return T(v, "shares.end_of", "date", Date(v, mingjing.DateOf(at.Add(-time.Second).In(Zone(v)))))
}
