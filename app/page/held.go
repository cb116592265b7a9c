package page

import (
	"slices"
	"strings"
	"time"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// This file has what the pages about a resident's data share: states, effects,
// documents.

// RecordState returns the state of a record as it is shown: the time for which it counts
// may be over. ends is the first day after it, or "" where that is not known.
func RecordState(v *mingjing.View, r mingjing.Record, ends mingjing.Date) string {
	return RecordStateOn(r, ends, v.Today)
}

// RecordStateOn is [RecordState] on a day.
func RecordStateOn(r mingjing.Record, ends, day mingjing.Date) string {
	if ends != "" && ends <= day && (r.State == mingjing.RecordActive || r.State == mingjing.RecordCorrected) {
		return "expired"
	}
	return string(r.State)
}

// RecordEnds returns the first day on which a record no longer counts by the rule that
// the page has of it; "" where it has none.
func RecordEnds(v *mingjing.View, r mingjing.Record) mingjing.Date {
	if item := v.Rules().Item; item != nil && item.Code == r.Code {
		return mingjing.Ends(*item, r.Occurred)
	}
	return ""
}

// RecordTag returns the state of a record as a tag.
func RecordTag(v *mingjing.View, r mingjing.Record, ends mingjing.Date) app.UI {
	state, tone := RecordState(v, r, ends), ""
	switch mingjing.RecordState(state) {
	case mingjing.RecordCorrected:
		tone = "good"
	case mingjing.RecordDisputed:
		tone = "warn"
	case mingjing.RecordSuspended:
		tone = "info"
	}
	return c.Tag{Text: Code(v, "record_state", state), Tone: tone}.UI()
}

// ListingState returns the state of a listing as it is shown: the effect of one in
// effect may not have begun yet, or have ended.
func ListingState(v *mingjing.View, l mingjing.Listing) string {
	if l.State == mingjing.ListingInEffect {
		switch {
		case l.From > v.Today:
			return "not_yet"
		case l.Ends != "" && l.Ends <= v.Today:
			return "ended"
		}
	}
	return string(l.State)
}

// ListingTag returns the state of a listing as a tag.
func ListingTag(v *mingjing.View, l mingjing.Listing) app.UI {
	state, tone := ListingState(v, l), ""
	switch mingjing.ListingState(state) {
	case mingjing.ListingInEffect:
		tone = "good"
		if l.Kind == mingjing.Blacklist {
			tone = "bad"
		}
	case mingjing.ListingDisputed, mingjing.ListingDecided, mingjing.ListingServed:
		tone = "warn"
	case mingjing.ListingSuspended, mingjing.ListingUnserved, mingjing.ListingProposed:
		tone = "info"
	case mingjing.ListingRepaired, mingjing.ListingLifted, mingjing.ListingAnnulled, mingjing.ListingRefused:
		tone = "good"
	}
	return c.Tag{Text: Code(v, "listing_state", state), Tone: tone}.UI()
}

// DisputeTag returns the state of a case as a tag; once decided, its outcome.
func DisputeTag(v *mingjing.View, d mingjing.Case) app.UI {
	if d.Decision != nil && d.State == mingjing.CaseDecided {
		return c.Tag{Text: OutcomeText(v, d), Tone: outcomeTone(d)}.UI()
	}
	tone := "info"
	switch d.State {
	case mingjing.CaseFiled, mingjing.CaseDecided:
		tone = ""
	case mingjing.CaseAgencySilent, mingjing.CaseToServe:
		tone = "warn"
	case mingjing.CaseAgencyLost:
		tone = "good"
	}
	return c.Tag{Text: Code(v, "dispute_state", string(d.State)), Tone: tone}.UI()
}

// OutcomeText returns how a case was decided, in the words of its kind. A listing that
// was approved and not served in time is annulled.
func OutcomeText(v *mingjing.View, d mingjing.Case) string {
	if d.Decision.Rule == "unserved" {
		return T(v, "listing_state.annulled")
	}
	return OutcomeName(v, d, d.Decision.Outcome)
}

// OutcomeName returns an outcome in the words of the case's kind.
func OutcomeName(v *mingjing.View, d mingjing.Case, o mingjing.Outcome) string {
	if key := "outcome." + string(o) + "." + string(d.Kind); d.Kind != "" && i18n.Has(key) {
		return T(v, key)
	}
	return Code(v, "outcome", string(o))
}

// outcomeTone returns good where the decision is in the resident's favour.
func outcomeTone(d mingjing.Case) string {
	switch o := d.Decision.Outcome; {
	case d.Decision.Rule != "", o == mingjing.OutcomeUpheld, o == mingjing.OutcomePartly, o == mingjing.OutcomeGranted,
		o == mingjing.OutcomeRefused && d.Kind == mingjing.CaseListing:
		return "good"
	}
	return ""
}

// effectText returns what something does under one rulebook, in a few words.
func effectText(v *mingjing.View, e mingjing.Effect) string {
	switch {
	case e.Why != "":
		return T(v, "effect.why", "why", Code(v, "not_counted", e.Why))
	case e.Cap != "":
		return T(v, "effect.cap", "band", v.Label("band", e.Rulebook+"."+e.Cap))
	case e.Points != 0:
		return Tn(v, "effect.points", max(e.Points, -e.Points), "points", i18n.Signed(v.Lang, e.Points))
	}
	return T(v, "effect.none")
}

// effectTone returns good or bad, or "" where there is no effect.
func effectTone(e mingjing.Effect) string {
	switch {
	case e.Why != "":
		return "none"
	case e.Cap != "" || e.Points < 0:
		return "bad"
	case e.Points > 0:
		return "good"
	}
	return "none"
}

func effectUI(v *mingjing.View, e mingjing.Effect) app.UI {
	return c.Span("effect effect-"+effectTone(e), effectText(v, e))
}

// EffectList returns the effects in short, a line for each rulebook.
func EffectList(v *mingjing.View, effects []mingjing.Effect) app.UI {
	if len(effects) == 0 {
		return c.Muted(T(v, "effect.nothing"))
	}
	// The reason for not counting is mostly the same under every rulebook.
	if why := effects[0].Why; why != "" && !slices.ContainsFunc(effects, func(e mingjing.Effect) bool { return e.Why != why }) {
		return c.El("p", nil, effectUI(v, effects[0]))
	}
	lines := make([]app.UI, 0, len(effects))
	for _, e := range effects {
		lines = append(lines, c.Div("effect-line", c.Span("effect-book", v.Label("rulebook", e.Rulebook)), effectUI(v, e)))
	}
	return c.List("effects", lines...)
}

// EffectTable returns the effects in full, with the legal basis and the end of each.
func EffectTable(v *mingjing.View, effects []mingjing.Effect) app.UI {
	if len(effects) == 0 {
		return c.P(T(v, "effect.nothing"))
	}
	rows := make([][]app.UI, 0, len(effects))
	for _, e := range effects {
		var basis, ends app.UI
		if s := e.LegalBasis.In(v.Lang); s != "" {
			basis = c.Text(s)
		}
		if e.Ends != "" {
			ends = c.Text(Date(v, e.Ends.AddDays(-1)))
		}
		rows = append(rows, []app.UI{c.Text(v.Label("rulebook", e.Rulebook)), effectUI(v, e), basis, ends})
	}
	return c.Table{Caption: T(v, "effect.title"), QuietCaption: true, Columns: []c.Column{
		{Text: T(v, "effect.rulebook")}, {Text: T(v, "effect.effect")}, {Text: T(v, "effect.basis")}, {Text: T(v, "effect.ends")},
	}, Rows: rows}.UI()
}

// DocumentUI returns the official document behind a record or listing.
func DocumentUI(v *mingjing.View, d mingjing.Document) app.UI {
	if d == (mingjing.Document{}) {
		return c.Notification{Kind: "warning", Text: T(v, "doc.missing")}.UI()
	}
	kind := ""
	if d.Kind != "" {
		kind = v.Label("doc", d.Kind)
	}
	var hash, missing app.UI
	if d.Hash != "" {
		hash = c.Div("fingerprint",
			c.El("code", c.A{"class": "hash-short"}, c.Text(shorten(d.Hash, 12))),
			c.Details{Summary: T(v, "doc.hash_full"), Body: []app.UI{
				c.El("p", nil, c.El("code", c.A{"class": "hash-full"}, c.Text(d.Hash))),
				c.Muted(T(v, "doc.hash_explain"))}}.UI())
	}
	if !d.Complete() {
		missing = c.Notification{Kind: "warning", Text: T(v, "doc.incomplete")}.UI()
	}
	return c.El("div", nil, missing, c.SummaryList{Rows: []c.SummaryRow{
		{Key: T(v, "doc.kind"), Text: OrNone(v, kind)},
		{Key: T(v, "doc.issuer"), Text: OrNone(v, d.Issuer)},
		{Key: T(v, "doc.number"), Text: OrNone(v, d.Number)},
		{Key: T(v, "doc.date"), Text: OrNone(v, Date(v, d.Date))},
		{Key: T(v, "doc.hash"), Value: hash, Text: T(v, "doc.none")},
	}}.UI())
}

// OrNone returns s, or "not stated" where it is empty.
func OrNone(v *mingjing.View, s string) string {
	if s == "" {
		return T(v, "doc.none")
	}
	return s
}

// shorten returns the first n characters.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}

// CaseNumber returns the part of a case's id that people tell one another. The search
// of the work queue finds it.
func CaseNumber(id string) string {
	r := []rune(id)
	return string(r[:min(len(r), 8)])
}

// SubjectRow returns the name as the agency holds it, with a warning where it is not
// the resident's own.
func SubjectRow(v *mingjing.View, key, subject, resident, warning string) c.SummaryRow {
	row := c.SummaryRow{Key: key, Text: subject}
	if subject != "" && resident != "" && strings.TrimSpace(subject) != strings.TrimSpace(resident) {
		row.Value = c.Div("differs", c.El("p", nil, c.Text(subject)),
			c.Notification{Kind: "warning", Text: warning}.UI())
	}
	return row
}

// Viewer returns the name of the person who is logged in.
func Viewer(v *mingjing.View) string {
	if v.Who == nil {
		return ""
	}
	return v.Who.Name
}

// EvidenceList returns the files of a dispute, each with the handler's answer to it.
func EvidenceList(v *mingjing.View, evidence []mingjing.Evidence) app.UI {
	if len(evidence) == 0 {
		return c.Muted(T(v, "dispute.evidence_none"))
	}
	items := make([]app.UI, 0, len(evidence))
	for _, e := range evidence {
		var answer app.UI
		if e.Answer != "" {
			answer = c.Div("quote", c.El("p", c.A{"class": "quote-by"}, c.Text(T(v, "dispute.evidence_answer"))), Paragraphs(e.Answer))
		}
		var late app.UI
		if e.Late {
			late = c.Div("paper-late", c.Tag{Text: T(v, "dispute.late"), Tone: "info"}.UI(), c.Muted(T(v, "dispute.late_text")))
		}
		items = append(items, EvidenceLink(v, e, "/api/evidence/", late, answer))
	}
	return c.List("papers", items...)
}

func fileShape() app.UI {
	return c.SVG("svg", c.A{"class": "paper-shape", "viewBox": "0 0 24 24", "width": "24", "height": "24", "aria-hidden": "true",
		"focusable": "false"},
		c.SVG("path", c.A{"d": "M6 2.8h8.2L19 7.6v13.6H6zM14 3v5h5", "class": "stroke"}))
}

// MediaType returns the short name of a file's type.
func MediaType(t string) string {
	_, sub, ok := strings.Cut(t, "/")
	if !ok {
		sub = t
	}
	return strings.ToUpper(sub)
}

// Segment escapes an id for one segment of a path.
func Segment(id string) string {
	var b strings.Builder
	for i := range len(id) {
		ch := id[i]
		if ch >= '0' && ch <= '9' || ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch == '-' || ch == '_' || ch == '.' || ch == '~' {
			b.WriteByte(ch)
			continue
		}
		const hex = "0123456789ABCDEF"
		b.WriteByte('%')
		b.WriteByte(hex[ch>>4])
		b.WriteByte(hex[ch&15])
	}
	return b.String()
}

// Paragraphs returns what a person wrote, in their paragraphs.
func Paragraphs(s string) app.UI {
	var ps []app.UI
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			ps = append(ps, c.P(line))
		}
	}
	return c.Div("said stack", ps...)
}

// Ordered returns a list whose order matters.
func Ordered(class string, sentences ...string) app.UI {
	items := make([]app.UI, 0, len(sentences))
	for _, s := range sentences {
		items = append(items, c.El("li", nil, c.Text(s)))
	}
	return c.El("ol", c.A{"class": class}, items...)
}

// Clocks returns the deadlines of a case.
func Clocks(v *mingjing.View, all []mingjing.Clock) app.UI {
	items := make([]app.UI, 0, len(all))
	for _, k := range all {
		items = append(items, c.Clock{Lang: v.Lang, Label: Code(v, "clock", k.Code), Due: k.Due, Now: v.Now,
			Zone: Zone(v), MetAt: k.MetAt, Missed: k.Missed, Late: whoIsLate(v, k)}.UI())
	}
	return c.List("clocks", items...)
}

// until returns the instant by which a page's clocks are judged: once the case is
// decided, no clock gets any later.
func until(v *mingjing.View) time.Time {
	var decided *mingjing.Decision
	switch shown := v.Data.(type) {
	case *mingjing.DisputePage:
		decided = shown.Decision
	case *mingjing.CasePage:
		decided = shown.Decision
	}
	if decided != nil {
		return decided.At
	}
	return v.Now
}

// LateTag returns how late a clock is, as a word and a shape; it has no text when the
// clock is not late.
func LateTag(late mingjing.Lateness, text string) c.Tag {
	switch late {
	case mingjing.Late:
		return c.Tag{Text: text, Tone: "warn", Shape: "triangle"}
	case mingjing.VeryLate:
		return c.Tag{Text: text, Tone: "bad", Shape: "diamond"}
	}
	return c.Tag{}
}

// whoIsLate returns the tag of a clock that was not met in time: it names whose clock
// it is.
func whoIsLate(v *mingjing.View, k mingjing.Clock) c.Tag {
	late := k.Lateness(until(v))
	if late == mingjing.OnTime || k.MetAt != nil {
		return c.Tag{}
	}
	who := "bureau"
	if isAgencyClock(k.Code) {
		who = "agency"
	}
	return LateTag(late, T(v, "lateness."+who+"."+string(late)))
}

// isAgencyClock reports whether a clock is the agency's and not the bureau's.
func isAgencyClock(code string) bool { return code == "agency" || code == "second" }

// NextClock returns the next deadline of a case, or nil: the nearest that has not been
// met. When an agency has missed its own, the case is decided against it, and nobody
// waits for that clock any more.
func NextClock(all []mingjing.Clock) *mingjing.Clock {
	var next *mingjing.Clock
	for i := range all {
		k := &all[i]
		if k.MetAt != nil || k.Missed && isAgencyClock(k.Code) {
			continue
		}
		if next == nil || k.Due.Before(next.Due) {
			next = k
		}
	}
	return next
}

// Timeline returns what happened in a case, the oldest first, and what comes next.
func Timeline(v *mingjing.View, d mingjing.Case) app.UI {
	entries := slices.Clone(d.Timeline)
	slices.SortStableFunc(entries, func(a, b mingjing.TimelineEntry) int { return a.At.Compare(b.At) })
	items := make([]c.TimelineItem, 0, len(entries)+1)
	for _, e := range entries {
		item := c.TimelineItem{Title: Happened(v, d, e.Code), When: Instant(v, e.At), At: e.At, Who: TimelineWho(v, d, e), State: "done"}
		switch e.Code {
		case "agency_silent", "agency_lost", "escalated":
			item.State = "missed"
		}
		items = append(items, item)
	}
	if next := NextClock(d.Clocks); next != nil && d.Decision == nil {
		items = append(items, c.TimelineItem{Title: T(v, "dispute.next_step", "clock", Code(v, "clock", next.Code)),
			When: T(v, "dispute.next_by", "time", Deadline(v, next.Due)), At: next.Due, State: "next"})
	}
	return c.Timeline{Items: items}.UI()
}

// TimelineWho returns who did an entry of a case's timeline, in words.
func TimelineWho(v *mingjing.View, d mingjing.Case, e mingjing.TimelineEntry) string {
	if who := actingWho(v, d, e); who != "" {
		return who
	}
	switch {
	case e.Role == mingjing.RoleResident && v.Who != nil && v.Who.Role == mingjing.RoleResident:
		return T(v, "role.you")
	case e.Who != "":
		return v.Label("agency", e.Who)
	case e.Role == mingjing.RoleResident:
		return T(v, "role.resident")
	case strings.HasPrefix(e.Code, "agency_"):
		return v.Label("agency", d.Agency())
	}
	return ""
}

// LostText returns what an agency's silence has caused so far.
func LostText(v *mingjing.View, d mingjing.Case) string {
	switch {
	case d.Missing != nil && d.State != mingjing.CaseAgencyLost:
		return T(v, "dispute.silent.missing")
	case d.Missing != nil:
		return T(v, "dispute.lost.missing")
	case d.State != mingjing.CaseAgencyLost:
		return T(v, "dispute.silent")
	case d.Listing != nil:
		return T(v, "dispute.lost_listing")
	}
	return T(v, "dispute.lost")
}

// AgencyAnswer returns the agency's answer to a dispute.
func AgencyAnswer(v *mingjing.View, d mingjing.Case) app.UI {
	if d.Answer == nil {
		switch d.State {
		case mingjing.CaseAgencySilent, mingjing.CaseAgencyLost:
			said := LostText(v, d)
			if v.Who != nil && v.Who.Role.Staff() {
				said = OwnOr(v, d, "case.silent")
				if d.State == mingjing.CaseAgencyLost {
					said = OwnOr(v, d, "case.lost")
				}
			}
			return c.Notification{Kind: "info", Text: said}.UI()
		case mingjing.CaseAgencyAsked:
			return c.Muted(T(v, "dispute.agency_answer_none"))
		}
		return nil
	}
	var corrected app.UI
	if d.Answer.Occurred != "" {
		corrected = c.P(T(v, "dispute.agency_corrected", "date", Date(v, d.Answer.Occurred)))
	}
	var opened app.UI
	if d.Opened != "" {
		opened = c.Muted(Code(v, "evidence_opened", d.Opened))
	}
	return c.Div("quote",
		c.El("p", c.A{"class": "quote-by"}, c.El("strong", nil, c.Text(v.Label("agency", d.Agency()))), c.Text(" "), TimeUI(v, d.Answer.At)),
		c.El("p", nil, c.El("strong", nil, c.Text(PositionText(v, d.Kind, d.Answer.Position)))),
		Paragraphs(d.Answer.Text.In(v.Lang)), corrected, opened, AnswerDocument(v, *d.Answer, "/api/evidence/"))
}
