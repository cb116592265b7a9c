package page

import (
	"strconv"
	"time"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// maxPages is of how many pages of a file there are links to pictures.
const maxPages = 20

// EvidenceLink returns one file with the link to it, how far it has come, and what belongs
// to it. Whoever is no resident looks at it as pictures that the server has made.
func EvidenceLink(v *mingjing.View, e mingjing.Evidence, at string, more ...app.UI) app.UI {
	file := func(parts ...app.UI) app.UI {
		return c.El("div", c.A{"class": "paper"}, fileShape(), c.Div("paper-body", append(parts, more...)...))
	}
	switch {
	case e.State == mingjing.EvidenceRefused:
		return file(c.El("p", c.A{"class": "paper-name"}, c.El("bdi", nil, c.Text(e.Name))),
			c.El("p", c.A{"class": "error"}, c.Text(T(v, "evidence_state.refused", "why", Code(v, "error", e.Why)))))
	case !e.Checked():
		return file(c.El("p", c.A{"class": "paper-name"}, c.El("bdi", nil, c.Text(e.Name))), c.Muted(T(v, "evidence_state.checking")))
	}
	parts := []app.UI{
		c.El("a", c.A{"href": at + Segment(e.ID), "download": e.Name, "data-full": "true", "class": "paper-name"},
			c.Span("visually-hidden", T(v, "dispute.evidence_download")+" "), c.Text(e.Name)),
		c.Muted(T(v, "dispute.evidence_meta", "type", MediaType(e.Type), "size", i18n.FileSize(v.Lang, e.Size), "time", Instant(v, e.AddedAt)))}
	if v.Who != nil && v.Who.Role != mingjing.RoleResident {
		parts = append(parts, pageLinks(v, e, at))
	}
	for _, s := range []struct {
		key string
		at  time.Time
	}{{"evidence_state.checked", e.CheckedAt}, {"evidence_opened.handler", e.HandlerOpenedAt}, {"evidence_opened.agency", e.AgencyOpenedAt}} {
		if !s.at.IsZero() {
			parts = append(parts, c.Muted(T(v, s.key, "time", Instant(v, s.at))))
		}
	}
	if e.Stripped {
		parts = append(parts, c.Muted(T(v, "dispute.evidence_stripped")))
	}
	return file(parts...)
}

// pageLinks returns the links to the pages of a file as pictures.
func pageLinks(v *mingjing.View, e mingjing.Evidence, at string) app.UI {
	var links []app.UI
	for n := range min(max(e.Pages, 1), maxPages) {
		page := strconv.Itoa(n + 1)
		links = append(links, c.El("a", c.A{"href": at + Segment(e.ID) + "?page=" + page, "data-full": "true"},
			c.Text(T(v, "case.evidence_page", "n", page)), c.Span("visually-hidden", " "+e.Name)), c.Text(" "))
	}
	return c.El("p", nil, links...)
}

// UnscannedNote returns that files were not searched for malware, for whoever opens what
// others sent; nil where they were.
func UnscannedNote(v *mingjing.View, all []mingjing.Evidence) app.UI {
	for _, e := range all {
		if e.Checked() && !e.Scanned {
			return c.Muted(T(v, "case.evidence_unscanned"))
		}
	}
	return nil
}

// AnswerDocument returns what an officer attached to the answer, or nil.
func AnswerDocument(v *mingjing.View, a mingjing.AgencyAnswer, at string) app.UI {
	if a.Document == nil {
		return nil
	}
	return c.Div("answer-document", c.El("p", nil, c.El("strong", nil, c.Text(T(v, "agencyside.document")))), EvidenceLink(v, *a.Document, at))
}

// OpenedList returns the receipt: what the agency has opened, who and when; nil while
// it has opened nothing.
func OpenedList(v *mingjing.View, opened []mingjing.Opening) app.UI {
	if len(opened) == 0 {
		return nil
	}
	lines := make([]app.UI, 0, len(opened))
	for _, o := range opened {
		lines = append(lines, c.Text(T(v, "agencyside.opened_by", "name", o.Name, "agency", v.Label("agency", o.Agency), "who", o.Who,
			"time", Instant(v, o.At))))
	}
	return c.Div("opened", c.H(3, T(v, "agencyside.opened")), c.List("bullets", lines...))
}

// KindText returns the sentence of a family for the kind of the case; one without a
// kind is a dispute.
func KindText(v *mingjing.View, d mingjing.Case, family string, pairs ...string) string {
	kind := string(d.Kind)
	if !i18n.Has(family + "." + kind) {
		kind = string(mingjing.CaseDispute)
	}
	return T(v, family+"."+kind, pairs...)
}

// OwnOr returns the sentence of a key for the kind of the case, if there is one, and
// otherwise that of the key alone.
func OwnOr(v *mingjing.View, d mingjing.Case, key string) string {
	if of := key + "." + string(d.Kind); d.Kind != "" && i18n.Has(of) {
		return T(v, of)
	}
	return T(v, key)
}

// WordsTitle returns the title above the text with which a case began.
func WordsTitle(v *mingjing.View, d mingjing.Case) string {
	if d.ActingFor != "" && d.Kind != mingjing.CaseListing {
		return T(v, "acting.words", "name", d.ActingFor)
	}
	return OwnOr(v, d, "dispute.words")
}

// Further returns what was added to a case in words, each with its time.
func Further(v *mingjing.View, d mingjing.Case) app.UI {
	var all []app.UI
	for _, f := range d.Further {
		all = append(all, c.Muted(T(v, "dispute.further_at", "time", Instant(v, f.At))), c.Div("quote", Paragraphs(f.Text)))
	}
	return c.Div("stack", all...)
}

// PositionText returns what an agency answers, in the words of the kind of case.
func PositionText(v *mingjing.View, kind mingjing.CaseKind, p mingjing.AgencyPosition) string {
	if key := "position." + string(p) + "." + string(kind); kind != "" && i18n.Has(key) {
		return T(v, key)
	}
	return Code(v, "position", string(p))
}

// ReasonLine returns why the resident objects; cases of other kinds have no reason.
func ReasonLine(v *mingjing.View, d mingjing.Case) app.UI {
	if d.Reason == "" {
		return nil
	}
	return c.El("p", nil, c.El("strong", nil, c.Text(Code(v, "reason", string(d.Reason)))))
}

// DeciderName returns who decided a case.
func DeciderName(v *mingjing.View, d mingjing.Case) string {
	if d.Decision == nil || d.Decision.By == "" {
		return T(v, "letter.by_rule")
	}
	return d.Decision.By
}

// DecisionCard returns the outcome of a case with its reasons and who decided, or the
// rule that did where nobody decided in time.
func DecisionCard(v *mingjing.View, d mingjing.Case) app.UI {
	if d.Decision == nil {
		return nil
	}
	signed := T(v, "dispute.decision_by", "name", DeciderName(v, d), "time", Instant(v, d.Decision.At))
	var rule app.UI
	if d.Decision.Rule != "" {
		rule = c.P(Code(v, "decision_rule", d.Decision.Rule))
		if d.Decision.By == "" {
			signed = T(v, "decision_rule.by", "time", Instant(v, d.Decision.At))
		}
	}
	return c.Card{Title: OutcomeText(v, d), Level: 3, Tone: outcomeTone(d), Body: []app.UI{
		rule, Paragraphs(d.Decision.Reasons), c.El("p", c.A{"class": "signed"}, c.Text(signed))}}.UI()
}

// MeansText returns the last part of the keys that say what a decision means.
func MeansText(d mingjing.Case) string {
	switch {
	case d.Decision.Rule == "unserved":
		return "unserved.listing"
	case d.Decision.Outcome == mingjing.OutcomePartly && d.Decision.Corrected == "":
		return "partly.undated"
	case d.Decision.Outcome == mingjing.OutcomeRefused && d.Kind == mingjing.CaseListing:
		return "refused.proposal"
	}
	return string(d.Decision.Outcome) + "." + CaseSubject(d)
}

// MissingRows returns the rows of a summary list that describe a missing record.
func MissingRows(v *mingjing.View, m mingjing.MissingRecord) []c.SummaryRow {
	return []c.SummaryRow{{Key: T(v, "record.agency"), Text: v.Label("agency", m.Agency)},
		{Key: T(v, "record.occurred"), Text: Date(v, m.Occurred)}, {Key: T(v, "doc.number"), Text: m.Number}}
}

// CaseSubject returns record, listing or missing: what the case is about.
func CaseSubject(d mingjing.Case) string {
	if d.Missing != nil {
		return "missing"
	}
	if d.Listing != nil {
		return "listing"
	}
	return "record"
}

// ProcedureDays returns a number of days of the page's procedure; 0 where it is not
// known.
func ProcedureDays(v *mingjing.View, of func(p *mingjing.Procedure) int) int {
	if v.Rules().Procedure == nil {
		return 0
	}
	return of(v.Rules().Procedure)
}

// Gravity returns the name of a tier, in the words of the first rulebook.
func Gravity(v *mingjing.View, tier string) string {
	if v.Rules().Procedure != nil {
		if found, ok := v.Rules().Procedure.Tier(tier); ok && found.Name.In(v.Lang) != "" {
			return found.Name.In(v.Lang)
		}
	}
	return Code(v, "tier", tier)
}

// ListingRows returns the rows of a summary list that describe a listing.
func ListingRows(v *mingjing.View, l mingjing.Listing, resident string) []c.SummaryRow {
	notice := T(v, "listing.notice_none")
	if l.NoticeOn != "" {
		notice = Date(v, l.NoticeOn)
	}
	served, tier := "", ""
	if l.Served != "" {
		served = Code(v, "served", l.Served)
	}
	if l.Tier != "" {
		tier = Gravity(v, l.Tier)
	}
	return []c.SummaryRow{
		{Key: T(v, "listing.authority"), Text: v.Label("agency", l.Agency)},
		{Key: T(v, "listing.ground"), Text: l.Ground.In(v.Lang)},
		{Key: T(v, "effect.basis"), Text: l.LegalBasis.In(v.Lang)},
		{Key: T(v, "listing.notice"), Text: notice},
		{Key: T(v, "listing.served_row"), Text: served},
		{Key: T(v, "listing.tier_row"), Text: tier},
		{Key: T(v, "listing.term"), Text: ListingTerm(v, l)},
		SubjectRow(v, T(v, "record.subject"), l.Subject, resident, T(v, "record.subject_differs")),
	}
}

// ListingTerm returns from when to when a listing lasts, in words.
func ListingTerm(v *mingjing.View, l mingjing.Listing) string {
	switch {
	case l.From == "" && l.TermMonths > 0:
		return T(v, "listing.term_months", "months", Tn(v, "count.months", l.TermMonths))
	case l.From == "":
		return T(v, "listings.no_term")
	case l.Ends == "":
		return T(v, "listings.from", "from", Date(v, l.From))
	}
	return T(v, "listings.term", "from", Date(v, l.From), "ends", Date(v, l.Ends.AddDays(-1)))
}
