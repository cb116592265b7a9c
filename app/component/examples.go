package component

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A Part is any component of this package.
type Part interface{ UI() app.UI }

// An Example is a part with options that show one way to use it.
type Example struct {
	Name string
	Part Part
}

// Examples returns the examples of every part. Their texts are what a person could
// type, markup included.
func Examples() []Example {
	now := time.Date(2026, 11, 23, 6, 5, 0, 0, time.UTC)
	met := now.Add(-time.Hour)
	const sly = `<b>"&' \ true`
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	return []Example{
		{"link", Link{Text: "Rulebook", About: "of Rongcheng", Href: "/en/rulebooks/rongcheng"}},
		{"link full", Link{Text: sly, Href: "/zh-CN/?q=" + sly, Full: true, Class: "row-link"}},
		{"button", Button{Text: "Log in"}},
		{"button with value", Button{Text: "End", About: sly, Kind: "warning", Name: "id", Value: "true", ID: "end"}},
		{"link button", LinkButton{Text: "Ask for a score", Href: "/en/ask", Kind: "secondary", Full: true}},
		{"form", Form{Action: "/api/login", Full: true, Body: []app.UI{Hidden{Name: "lang", Value: "en"}.UI(), Button{Text: "Send"}.UI()}}},
		{"passkey", PasskeyButton{Text: sly, Action: "/api/passkey/login", Question: "/api/passkey/question", Failed: sly, Kind: "secondary"}},
		{"form with files", Form{Action: "/api/disputes", Multipart: true, Label: "Evidence", Class: "narrow"}},
		{"search form", Form{Action: "/en/admin", Method: "get", Role: "search"}},
		{"hidden", Hidden{Name: "idempotency_key", Value: sly}},
		{"input", Input{Name: "login", Label: "Staff number"}},
		{"input wrong", Input{Name: "id_number", Label: sly, Hint: sly, Error: sly, Value: sly, Code: true, Required: true, MaxLength: 64,
			Width: "short", InputMode: "numeric", Autocomplete: "username"}},
		{"password", Input{Name: "password", Type: "password", Label: "Password", Autocomplete: "current-password"}},
		{"textarea", Textarea{Lang: "en", Name: "statement", Label: "What is wrong?", Hint: "In your own words.", Max: 2000,
			Value: sly + "\nsecond line"}},
		{"textarea wrong", Textarea{Lang: "zh-CN", Name: "reasons", ID: "reasons-1", Label: "理由", Error: "请写明理由", Rows: 8, Required: true}},
		{"radios", Radios{Name: "reason", Legend: "Why?", Hint: "Choose one.", Options: []Option{{Value: "not_me", Text: "This is not me"},
			{Value: "other", Text: sly, Hint: sly}}, Value: "other"}},
		{"radios wrong", Radios{Name: "rulebook", Legend: "By which rulebook?", Heading: true,
			Error: "Please choose.", Options: []Option{{Value: "true", Text: "Rongcheng", Body: P("More")}}}},
		{"checkbox", Checkbox{Name: "consent", Value: "true", Label: "I agree", Hint: "You can withdraw it.", Checked: true}},
		{"checkbox wrong", Checkbox{Name: "agree", Value: "1", Label: sly, Error: sly}},
		{"select", Select{Name: "state", Label: "State", Options: []Option{{Value: "open", Text: "Open"}, {Value: sly, Text: sly}}, Value: sly}},
		{"select wrong", Select{Name: "agency", ID: "agency-1", Label: "Agency", Hint: "One.", Error: "Please choose.",
			Options: []Option{{Value: "all", Text: "All"}}}},
		{"file upload", FileUpload{Name: "evidence", Label: "Add files", Hint: "PDF, JPEG or PNG", Error: "Too large",
			Accept: "application/pdf,image/png", Multiple: true}},
		{"error summary", ErrorSummary{Title: "There is a problem", Text: "Nothing was sent.", Items: []ErrorItem{{Text: "no field"}}}},
		{"notification", Notification{Kind: "success", Title: "Done", Text: sly, Role: "status"}},
		{"notification warning", Notification{Kind: "warning", Text: "You are on a blacklist", Role: "alert", Body: []app.UI{P("more")}}},
		{"notification info", Notification{Text: "No document, no effect"}},
		{"summary list", SummaryList{Rows: []SummaryRow{{Key: "Agency", Text: sly}, {Key: "left out"},
			{Key: "Document", Value: P("No. 12"), Action: Link{Text: "Show", Href: "/en/"}.UI()}}}},
		{"table", Table{Caption: "Rules", Columns: []Column{{Text: "Item"}, {Text: "Points", Numeric: true}, {Text: "Note"}},
			Rows: [][]app.UI{{Text("Traffic ticket"), Text("−5"), nil}, {Text(sly), Text("+5"), Tag{Text: "Sample", Tone: "warn"}.UI()}}}},
		{"table without caption", Table{Caption: "Rules", QuietCaption: true, Columns: []Column{{Text: "Item"}}}},
		{"tag", Tag{Text: sly, Tone: "bad"}},
		{"tag with a shape", Tag{Text: sly, Tone: "warn", Shape: "triangle"}},
		{"details", Details{Summary: "All 99 agencies", Open: true, Class: "x", Body: []app.UI{P("…")}}},
		{"fold", Fold{ID: "tiers", Title: sly, Count: "3", Open: true, Body: []app.UI{P("…")}}},
		{"back link", BackLink{Text: "Overview", Href: "/en/overview"}},
		{"card", Card{Title: sly, Href: "/en/records/1", Level: 3, Tone: "warn", Aside: Tag{Text: "Disputed"}.UI(), Body: []app.UI{P("text")}}},
		{"card without heading", Card{Body: []app.UI{P("text")}}},
		{"timeline", Timeline{Items: []TimelineItem{{Title: "Filed", When: "yesterday", At: now, Who: sly},
			{Title: "Decide", State: "next", Body: P("by Friday")}, {Title: "Agency", State: "missed"}}}},
		{"time", Time{Text: "yesterday", At: now}},
		{"inset", Inset{Body: []app.UI{P("set off")}}},
		{"pagination", Pagination{Label: "Older", Text: "Older", Href: "/en/access-log?cursor=9"}},
		{"empty state", EmptyState{Title: "No disputes", Text: "Nothing is disputed.",
			Action: LinkButton{Text: "See records", Href: "/en/records"}.UI()}},
		{"skip link", SkipLink{Text: "Skip", Href: "#main"}},
		{"band", Band{Text: sly, Shape: "star", Tone: "good", Size: "large"}},
		{"band of an unknown shape", Band{Text: "?", Shape: "heptagon", Tone: "fair"}},
		{"progress bar", ProgressBar{Label: "Progress", Text: "25 of 37", Value: 25, Max: 37}},
		{"progress bar of nothing", ProgressBar{Label: "Progress", Text: "waiting"}},
		{"clock", Clock{Lang: "en", Label: "Decide", Due: now.Add(5 * time.Hour), Now: now, Zone: time.UTC}},
		{"clock met", Clock{Lang: "zh-CN", Label: "部门答复", Due: now, Now: now, Zone: time.UTC, MetAt: &met}},
		{"clock met late", Clock{Lang: "en", Label: "Agency", Due: met, Now: now, Zone: time.UTC, MetAt: &now, Missed: true}},
		{"clock late", Clock{Lang: "en", Label: "Agency", Due: met, Now: now, Zone: time.UTC,
			Late: Tag{Text: "The agency is late", Tone: "warn", Shape: "triangle"}}},
		{"clock missed", Clock{Lang: "en", Label: "Agency", Due: met, Now: now, Zone: time.UTC, Missed: true}},
		{"scale", Scale{Value: 1010, Min: 0, Max: 1300, Segments: []Segment{{From: 0, To: 600, Tone: "poor"}, {From: 600, To: 960, Tone: "fair"},
			{From: 960, To: 1300, Tone: "good", Here: true}}}},
		{"scale of one value", Scale{Value: 5, Min: 5, Max: 5, Segments: []Segment{{From: 5, To: 5, Tone: "good"}}}},
		{"disc", Disc{Value: 1010, Min: 0, Max: 1300, Tone: "good", Label: "Value"}},
		{"disc empty", Disc{Value: 0, Min: 0, Max: 200, Tone: "poor", Small: true, Label: "Value", Band: Text("bad")}},
		{"ladder", Ladder{Rungs: []Rung{{Band: Band{Text: "A", Shape: "circle", Tone: "good"}, Range: "960–1300", Here: "You are here"},
			{Band: Band{Text: "D", Shape: "triangle", Tone: "poor"}, Range: "0–599"}}}},
		{"waterfall", Waterfall{Lang: "en", Label: "Where it comes from", Total: "Your value", Sum: 985,
			Steps: []Step{{Name: "Base", Points: 1000, Base: true}, {Name: sly, Href: "/en/records/1", Meta: []string{sly, "ends"}, Points: -20},
				{Name: "Award", Points: 5}, {Name: "Drunk driving", Word: "at most C"}}}},
		{"waterfall below zero", Waterfall{Lang: "zh-CN", Label: "由来", Total: "合计", Sum: -5,
			Steps: []Step{{Name: "Base", Base: true}, {Name: "x", Points: -5}}}},
		{"history", History{Label: "From 985 to 1010", Dots: []Dot{{When: "1 Jan 2026", At: day(1), Value: 985},
			{When: "2 Jan 2026", At: day(2), Value: 1010}, {When: "5 Jan 2026", At: day(5), Value: 1010}},
			Marks: []Mark{{900, "B"}, {1000, sly}, {5000, "AA"}}}},
		{"history of one", History{Label: "1000", Dots: []Dot{{When: "1 Jan 2026", At: day(1), Value: 1000}}}},
	}
}
