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

// What the screens about a resident's data have in common: states, effects,
// documents and looks.

func recordTag(v *mingjing.View, s mingjing.RecordState) app.UI {
	tone := ""
	switch s {
	case mingjing.RecordCorrected:
		tone = "good"
	case mingjing.RecordDisputed:
		tone = "warn"
	case mingjing.RecordSuspended:
		tone = "info"
	}
	return c.Tag{Text: code(v, "record_state", string(s)), Tone: tone}.UI()
}

// listingState is the state of a listing as it is shown: one in effect may not
// have begun, or be over.
func listingState(v *mingjing.View, l mingjing.Listing) string {
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

func listingTag(v *mingjing.View, l mingjing.Listing) app.UI {
	state, tone := listingState(v, l), ""
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
	return c.Tag{Text: code(v, "listing_state", state), Tone: tone}.UI()
}

func disputeTag(v *mingjing.View, d mingjing.Dispute) app.UI {
	if d.Decision != nil && d.State == mingjing.DisputeDecided {
		return c.Tag{Text: outcomeText(v, d), Tone: outcomeTone(d)}.UI()
	}
	tone := "info"
	switch d.State {
	case mingjing.DisputeFiled, mingjing.DisputeDecided:
		tone = ""
	case mingjing.DisputeAgencySilent, mingjing.DisputeToServe:
		tone = "warn"
	case mingjing.DisputeAgencyLost:
		tone = "good"
	}
	return c.Tag{Text: code(v, "dispute_state", string(d.State)), Tone: tone}.UI()
}

// outcomeText is how a case was decided, in the words of its kind. What was
// approved and not served in time is annulled.
func outcomeText(v *mingjing.View, d mingjing.Dispute) string {
	if d.Decision.Rule == "unserved" {
		return t(v, "listing_state.annulled")
	}
	return outcomeName(v, d, d.Decision.Outcome)
}

// outcomeName is an outcome in the words of the case's kind.
func outcomeName(v *mingjing.View, d mingjing.Dispute, o mingjing.Outcome) string {
	if key := "outcome." + string(o) + "." + string(d.Kind); d.Kind != "" && i18n.Has(key) {
		return t(v, key)
	}
	return code(v, "outcome", string(o))
}

// outcomeTone is good where the decision is in the resident's favour.
func outcomeTone(d mingjing.Dispute) string {
	switch o := d.Decision.Outcome; {
	case d.Decision.Rule != "", o == mingjing.OutcomeUpheld, o == mingjing.OutcomePartly, o == mingjing.OutcomeGranted,
		o == mingjing.OutcomeRefused && d.Kind == mingjing.CaseListing:
		return "good"
	}
	return ""
}

// effectText says in a few words what something does under one rulebook.
func effectText(v *mingjing.View, e mingjing.Effect) string {
	switch {
	case e.Why != "":
		return t(v, "effect.why", "why", code(v, "not_counted", e.Why))
	case e.Cap != "":
		return t(v, "effect.cap", "band", v.Label("band", e.Rulebook+"."+e.Cap))
	case e.Points != 0:
		return tn(v, "effect.points", max(e.Points, -e.Points), "points", i18n.Signed(v.Lang, e.Points))
	}
	return t(v, "effect.none")
}

// effectTone is good, bad, or none where it does nothing.
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

// effectList is the effects in short, a line for each rulebook.
func effectList(v *mingjing.View, effects []mingjing.Effect) app.UI {
	if len(effects) == 0 {
		return c.Muted(t(v, "effect.nothing"))
	}
	// What keeps it from counting is mostly the same under every rulebook.
	if why := effects[0].Why; why != "" && !slices.ContainsFunc(effects, func(e mingjing.Effect) bool { return e.Why != why }) {
		return c.El("p", nil, effectUI(v, effects[0]))
	}
	lines := make([]app.UI, 0, len(effects))
	for _, e := range effects {
		lines = append(lines, c.Div("effect-line", c.Span("effect-book", v.Label("rulebook", e.Rulebook)), effectUI(v, e)))
	}
	return c.List("effects", lines...)
}

// effectTable is the effects in full, with the legal basis and the end of each.
func effectTable(v *mingjing.View, effects []mingjing.Effect) app.UI {
	if len(effects) == 0 {
		return c.P(t(v, "effect.nothing"))
	}
	rows := make([][]app.UI, 0, len(effects))
	for _, e := range effects {
		var basis, ends app.UI
		if s := e.LegalBasis.In(v.Lang); s != "" {
			basis = c.Text(s)
		}
		if e.Ends != "" {
			ends = c.Text(date(v, e.Ends))
		}
		rows = append(rows, []app.UI{c.Text(v.Label("rulebook", e.Rulebook)), effectUI(v, e), basis, ends})
	}
	return c.Table{Caption: t(v, "effect.title"), QuietCaption: true, Columns: []c.Column{
		{Text: t(v, "effect.rulebook")}, {Text: t(v, "effect.effect")}, {Text: t(v, "effect.basis")}, {Text: t(v, "effect.ends")},
	}, Rows: rows}.UI()
}

// documentUI is the official paper behind a record or listing.
func documentUI(v *mingjing.View, d mingjing.Document) app.UI {
	if d == (mingjing.Document{}) {
		return c.Notification{Kind: "warning", Text: t(v, "doc.missing")}.UI()
	}
	kind := ""
	if d.Kind != "" {
		kind = v.Label("doc", d.Kind)
	}
	var hash, missing app.UI
	if d.Hash != "" {
		hash = c.Div("fingerprint",
			c.El("code", c.A{"class": "hash-short"}, c.Text(shorten(d.Hash, 12))),
			c.Details{Summary: t(v, "doc.hash_full"), Body: []app.UI{
				c.El("p", nil, c.El("code", c.A{"class": "hash-full"}, c.Text(d.Hash))),
				c.Muted(t(v, "doc.hash_explain"))}}.UI())
	}
	if !d.Complete() {
		missing = c.Notification{Kind: "warning", Text: t(v, "doc.incomplete")}.UI()
	}
	return c.El("div", nil, missing, c.SummaryList{Rows: []c.SummaryRow{
		{Key: t(v, "doc.kind"), Text: orNone(v, kind)},
		{Key: t(v, "doc.issuer"), Text: orNone(v, d.Issuer)},
		{Key: t(v, "doc.number"), Text: orNone(v, d.Number)},
		{Key: t(v, "doc.date"), Text: orNone(v, date(v, d.Date))},
		{Key: t(v, "doc.hash"), Value: hash, Text: t(v, "doc.none")},
	}}.UI())
}

func orNone(v *mingjing.View, s string) string {
	if s == "" {
		return t(v, "doc.none")
	}
	return s
}

// shorten keeps the first n characters.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}

// caseNumber is the part of a dispute's id that people read to one another. The
// search of the work queue finds it.
func caseNumber(id string) string {
	r := []rune(id)
	return string(r[:min(len(r), 8)])
}

// subjectRow is the name as the agency holds it, with a word of warning where it
// is not the resident's own.
func subjectRow(v *mingjing.View, key, subject, resident, warning string) c.SummaryRow {
	row := c.SummaryRow{Key: key, Text: subject}
	if subject != "" && resident != "" && strings.TrimSpace(subject) != strings.TrimSpace(resident) {
		row.Value = c.Div("differs", c.El("p", nil, c.Text(subject)),
			c.Notification{Kind: "warning", Text: warning}.UI())
	}
	return row
}

// viewer is the name of who is looking.
func viewer(v *mingjing.View) string {
	if v.Who == nil {
		return ""
	}
	return v.Who.Name
}

// looksTable is lines of the access log, newest first; why is what else each line has,
// or nil.
func looksTable(v *mingjing.View, looks []mingjing.Look, caption string, why func(mingjing.Look) app.UI) app.UI {
	rows := make([][]app.UI, 0, len(looks))
	columns := []c.Column{{Text: t(v, "access_log.when")}, {Text: t(v, "access_log.who")}, {Text: t(v, "access_log.what")}, {Text: t(v, "access_log.why")}}
	if why != nil {
		columns = append(columns, c.Column{Text: t(v, "inquiry.why")})
	}
	for _, l := range looks {
		row := []app.UI{timeUI(v, l.At), lookWho(v, l), lookWhat(v, l), c.Text(lookPurpose(v, l))}
		if why != nil {
			row = append(row, why(l))
		}
		rows = append(rows, row)
	}
	return c.Div("looks", c.Table{Caption: caption, QuietCaption: true, Columns: columns, Rows: rows}.UI())
}

func lookWho(v *mingjing.View, l mingjing.Look) app.UI {
	switch {
	case l.Role == mingjing.RoleResident && l.For != "":
		return c.Span("look-you", t(v, "acting.for", "name", t(v, "role.you"), "resident", l.For))
	case l.Role == mingjing.RoleResident:
		return c.Span("look-you", t(v, "role.you"))
	}
	role := code(v, "role", string(l.Role))
	if l.For != "" && l.Who != "" {
		return c.El("strong", nil, c.Text(t(v, "acting.for", "name", l.Who, "resident", l.For)))
	}
	if l.Who == "" {
		return c.El("strong", nil, c.Text(role))
	}
	if l.Role == mingjing.RoleRecipient { // whatever they called themselves, it is no code of ours
		return c.El("span", nil, c.El("strong", nil, c.Text(l.Who)), c.Text(" "), c.Span("muted", role))
	}
	name := c.El("strong", nil, c.Text(v.Label("agency", l.Who)))
	if l.Role == mingjing.RoleSystem {
		return name
	}
	return c.El("span", nil, name, c.Text(" "), c.Span("muted", role))
}

// lookPages are the pages on which a resident can see what was looked at.
var lookPages = map[string]string{"record": "record", "listing": "listing", "dispute": "dispute", "case": "dispute", "evidence": "dispute",
	"search": "dispute", "request": "request", "letter": "letter", "court_file": "letter", "clock": "dispute", "propose": "listing",
	"filed": "dispute", "evidence_added": "dispute", "inquiry": "inquiry", "inquiry_answer": "inquiry", "share_corrected": "dispute"}

func lookWhat(v *mingjing.View, l mingjing.Look) app.UI {
	page, ok := lookPages[strings.TrimPrefix(l.Action, "look.")]
	if !ok || l.Subject == "" {
		return c.Text(lookText(v, l))
	}
	if page == "dispute" && l.Role == mingjing.RoleResident && l.For != "" {
		page = "helping"
	}
	return c.Link{Text: lookText(v, l), Href: href(v, page, l.Subject)}.UI()
}

// lookText says what was looked at.
func lookText(v *mingjing.View, l mingjing.Look) string {
	key := "look." + strings.TrimPrefix(l.Action, "look.")
	if !i18n.Has(key) {
		key = "look.other"
	}
	return t(v, key)
}

func lookPurpose(v *mingjing.View, l mingjing.Look) string {
	key := "purpose." + strings.TrimPrefix(l.Purpose, "purpose.")
	if !i18n.Has(key) {
		key = "purpose.other"
	}
	return t(v, key)
}

// evidenceList is the files of a dispute, each with the handler's answer to it.
func evidenceList(v *mingjing.View, evidence []mingjing.Evidence) app.UI {
	if len(evidence) == 0 {
		return c.Muted(t(v, "dispute.evidence_none"))
	}
	items := make([]app.UI, 0, len(evidence))
	for _, e := range evidence {
		var answer app.UI
		if e.Answer != "" {
			answer = c.Div("quote", c.El("p", c.A{"class": "quote-by"}, c.Text(t(v, "dispute.evidence_answer"))), paragraphs(e.Answer))
		}
		var late app.UI
		if e.Late {
			late = c.Div("paper-late", c.Tag{Text: t(v, "dispute.late"), Tone: "info"}.UI(), c.Muted(t(v, "dispute.late_text")))
		}
		items = append(items, c.El("div", c.A{"class": "paper"}, fileShape(),
			c.Div("paper-body",
				c.El("a", c.A{"href": "/api/evidence/" + segment(e.ID), "download": e.Name, "data-full": "true", "class": "paper-name"},
					c.Span("visually-hidden", t(v, "dispute.evidence_download")+" "), c.Text(e.Name)),
				c.El("p", c.A{"class": "muted"}, c.Text(t(v, "dispute.evidence_meta", "type", mediaType(e.Type),
					"size", i18n.FileSize(v.Lang, e.Size), "time", instant(v, e.AddedAt)))),
				late, answer)))
	}
	return c.List("papers", items...)
}

func fileShape() app.UI {
	return c.SVG("svg", c.A{"class": "paper-shape", "viewBox": "0 0 24 24", "width": "24", "height": "24", "aria-hidden": "true", "focusable": "false"},
		c.SVG("path", c.A{"d": "M6 2.8h8.2L19 7.6v13.6H6zM14 3v5h5", "class": "stroke"}))
}

// mediaType is the short name of a file's type.
func mediaType(t string) string {
	_, sub, ok := strings.Cut(t, "/")
	if !ok {
		sub = t
	}
	return strings.ToUpper(sub)
}

// segment keeps an id within its segment of a path.
func segment(id string) string {
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

// paragraphs are what a person wrote, with a paragraph for each of theirs.
func paragraphs(s string) app.UI {
	var ps []app.UI
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			ps = append(ps, c.P(line))
		}
	}
	return c.Div("said stack", ps...)
}

// ordered is a list whose order matters.
func ordered(class string, sentences ...string) app.UI {
	items := make([]app.UI, 0, len(sentences))
	for _, s := range sentences {
		items = append(items, c.El("li", nil, c.Text(s)))
	}
	return c.El("ol", c.A{"class": class}, items...)
}

// clocks are the deadlines of a case.
func clocks(v *mingjing.View, all []mingjing.Clock) app.UI {
	items := make([]app.UI, 0, len(all))
	for _, k := range all {
		items = append(items, c.Clock{Lang: v.Lang, Label: code(v, "clock", k.Code), Due: k.Due, Now: v.Now,
			Zone: zone(v), MetAt: k.MetAt, Missed: k.Missed, Late: whoIsLate(v, k)}.UI())
	}
	return c.List("clocks", items...)
}

// until is the instant by which a page's clocks are judged: once the case is
// decided nobody gets any later.
func until(v *mingjing.View) time.Time {
	switch {
	case v.Dispute != nil && v.Dispute.Decision != nil:
		return v.Dispute.Decision.At
	case v.Case != nil && v.Case.Decision != nil:
		return v.Case.Decision.At
	}
	return v.Now
}

// lateTag is how late a clock is, by word and shape; without text when it is not.
func lateTag(late mingjing.Lateness, text string) c.Tag {
	switch late {
	case mingjing.Late:
		return c.Tag{Text: text, Tone: "warn", Shape: "triangle"}
	case mingjing.VeryLate:
		return c.Tag{Text: text, Tone: "bad", Shape: "diamond"}
	}
	return c.Tag{}
}

// whoIsLate is the tag of a clock that was not met in time: it names whose it is.
func whoIsLate(v *mingjing.View, k mingjing.Clock) c.Tag {
	late := k.Lateness(until(v))
	if late == mingjing.OnTime || k.MetAt != nil {
		return c.Tag{}
	}
	who := "bureau"
	if agencys(k.Code) {
		who = "agency"
	}
	return lateTag(late, t(v, "lateness."+who+"."+string(late)))
}

// agencys says whether a clock is the agency's and not the bureau's.
func agencys(code string) bool { return code == "agency" || code == "second" }

// nextClock is the deadline that comes next in a case, or nil: the nearest that
// has not been met. An agency that missed its own has lost the point, and nothing
// waits for it any more.
func nextClock(all []mingjing.Clock) *mingjing.Clock {
	var next *mingjing.Clock
	for i := range all {
		k := &all[i]
		if k.MetAt != nil || k.Missed && agencys(k.Code) {
			continue
		}
		if next == nil || k.Due.Before(next.Due) {
			next = k
		}
	}
	return next
}

// timeline is what happened in a case, the oldest first, and what comes next.
func timeline(v *mingjing.View, d mingjing.Dispute) app.UI {
	entries := slices.Clone(d.Timeline)
	slices.SortStableFunc(entries, func(a, b mingjing.TimelineEntry) int { return a.At.Compare(b.At) })
	items := make([]c.TimelineItem, 0, len(entries)+1)
	for _, e := range entries {
		item := c.TimelineItem{Title: happened(v, d, e.Code), When: instant(v, e.At), At: e.At, Who: timelineWho(v, d, e), State: "done"}
		switch e.Code {
		case "agency_silent", "agency_lost", "escalated":
			item.State = "missed"
		}
		items = append(items, item)
	}
	if next := nextClock(d.Clocks); next != nil && d.Decision == nil {
		items = append(items, c.TimelineItem{Title: t(v, "dispute.next_step", "clock", code(v, "clock", next.Code)),
			When: t(v, "dispute.next_by", "time", instant(v, next.Due)), At: next.Due, State: "next"})
	}
	return c.Timeline{Items: items}.UI()
}

func timelineWho(v *mingjing.View, d mingjing.Dispute, e mingjing.TimelineEntry) string {
	if who := actingWho(v, d, e); who != "" {
		return who
	}
	switch {
	case e.Role == mingjing.RoleResident && v.Who != nil && v.Who.Role == mingjing.RoleResident:
		return t(v, "role.you")
	case e.Who != "":
		return v.Label("agency", e.Who)
	case e.Role == mingjing.RoleResident:
		return t(v, "role.resident")
	case strings.HasPrefix(e.Code, "agency_"):
		return v.Label("agency", d.Agency())
	}
	return ""
}

// lostText says what an agency's silence has done so far.
func lostText(v *mingjing.View, d mingjing.Dispute) string {
	switch {
	case d.State != mingjing.DisputeAgencyLost:
		return t(v, "dispute.silent")
	case d.Listing != nil:
		return t(v, "dispute.lost_listing")
	}
	return t(v, "dispute.lost")
}

// agencyAnswer is the agency's word on a dispute.
func agencyAnswer(v *mingjing.View, d mingjing.Dispute) app.UI {
	if d.Answer == nil {
		switch d.State {
		case mingjing.DisputeAgencySilent, mingjing.DisputeAgencyLost:
			said := lostText(v, d)
			if v.Who != nil && v.Who.Role.Staff() {
				said = t(v, "case.silent")
				if d.State == mingjing.DisputeAgencyLost {
					said = t(v, "case.lost")
				}
			}
			return c.Notification{Kind: "info", Text: said}.UI()
		case mingjing.DisputeAgencyAsked:
			return c.Muted(t(v, "dispute.agency_answer_none"))
		}
		return nil
	}
	var corrected app.UI
	if d.Answer.Occurred != "" {
		corrected = c.P(t(v, "dispute.agency_corrected", "date", date(v, d.Answer.Occurred)))
	}
	return c.Div("quote",
		c.El("p", c.A{"class": "quote-by"}, c.El("strong", nil, c.Text(v.Label("agency", d.Agency()))), c.Text(" "), timeUI(v, d.Answer.At)),
		c.El("p", nil, c.El("strong", nil, c.Text(code(v, "position", string(d.Answer.Position))))),
		paragraphs(d.Answer.Text.In(v.Lang)), corrected, answerDocument(v, *d.Answer, "/api/evidence/"))
}
