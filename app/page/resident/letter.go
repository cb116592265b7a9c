package resident

import (
	"slices"
	"strconv"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("letter", page.Screen{Data: page.New[mingjing.LetterView], Body: letterBody, Title: func(v *mingjing.View) string {
	if mingjing.DataOf[mingjing.LetterView](v) == nil {
		return t(v, "title.letter")
	}
	return letterTitle(v, mingjing.DataOf[mingjing.LetterView](v).Dispute)
}, Back: func(v *mingjing.View) (string, string) {
	if mingjing.DataOf[mingjing.LetterView](v) == nil {
		return t(v, "nav.disputes"), href(v, "disputes")
	}
	return t(v, "letter.back"), caseHref(v, mingjing.DataOf[mingjing.LetterView](v).Dispute,
		mingjing.DataOf[mingjing.LetterView](v).Dispute.ID)
}})

// letterBody returns the decision letter as a page, with the same words as the PDF.
func letterBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.LetterView](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	l := LetterOf(v)
	return []app.UI{
		c.Div("actions letter-actions",
			c.LinkButton{Text: t(v, "letter.download"), Href: letterFile(v, shown.Dispute.ID, "letter.pdf"), Kind: "secondary", Full: true}.UI(),
			c.LinkButton{Text: t(v, "letter.court_download"), Href: letterFile(v, shown.Dispute.ID, "court-file.pdf"),
				Kind: "secondary", Full: true}.UI()),
		c.El("article", c.A{"class": "letter"}, append([]app.UI{
			c.Div("letter-head", page.Mirror(44), c.Div("letter-office",
				c.El("p", c.A{"class": "letter-from"}, c.Text(l.Office)), c.Muted(l.Number))),
			c.El("h1", nil, c.Text(l.Title))}, letterBlocks(l.Blocks)...)...),
	}
}

// letterFile returns the address of a letter as a file, in the view's language.
func letterFile(v *mingjing.View, id, name string) string {
	return "/api/disputes/" + page.Segment(id) + "/" + name + "?lang=" + v.Lang
}

// letterBlocks returns the blocks of a letter as HTML.
func letterBlocks(blocks []mingjing.Block) []app.UI {
	var out []app.UI
	for _, b := range blocks {
		switch b.Kind {
		case mingjing.BlockPart, mingjing.BlockHeading:
			out = append(out, c.H(2, b.Text))
		case mingjing.BlockSub:
			out = append(out, c.H(3, b.Text))
		case mingjing.BlockText:
			out = append(out, c.P(b.Text))
		case mingjing.BlockStrong:
			out = append(out, c.El("p", nil, c.El("strong", nil, c.Text(b.Text))))
		case mingjing.BlockOutcome:
			parts := []app.UI{c.El("p", c.A{"class": "letter-outcome-title"}, c.Text(b.Text))}
			out = append(out, c.Div("letter-outcome", append(parts, inParagraphs(b.Items)...)...))
		case mingjing.BlockQuote:
			var by app.UI
			if b.Text != "" {
				by = c.El("p", c.A{"class": "quote-by"}, c.Text(b.Text))
			}
			out = append(out, c.Div("quote", append([]app.UI{by}, inParagraphs(b.Items)...)...))
		case mingjing.BlockList:
			items := make([]app.UI, 0, len(b.Items))
			for _, i := range b.Items {
				items = append(items, c.Text(i))
			}
			out = append(out, c.List("bullets", items...))
		case mingjing.BlockRows:
			rows := make([]c.SummaryRow, 0, len(b.Rows))
			for _, r := range b.Rows {
				rows = append(rows, c.SummaryRow{Key: r.Key, Text: r.Text})
			}
			out = append(out, c.SummaryList{Rows: rows}.UI())
		case mingjing.BlockSignature:
			parts := []app.UI{c.El("p", c.A{"class": "letter-name"}, c.Text(b.Text))}
			for _, i := range b.Items {
				parts = append(parts, c.Muted(i))
			}
			out = append(out, c.Div("letter-signature", parts...))
		case mingjing.BlockBreak: // only a printed letter has pages
		}
	}
	return out
}

func inParagraphs(items []string) []app.UI {
	out := make([]app.UI, 0, len(items))
	for _, i := range items {
		out = append(out, c.P(i))
	}
	return out
}

// A letterWriter collects the blocks of a letter.
type letterWriter struct {
	v      *mingjing.View
	d      mingjing.Case
	blocks []mingjing.Block
}

func (w *letterWriter) add(kind mingjing.BlockKind, text string, items ...string) {
	if text != "" || len(items) > 0 || kind == mingjing.BlockBreak {
		w.blocks = append(w.blocks, mingjing.Block{Kind: kind, Text: text, Items: items})
	}
}

// say adds a paragraph.
func (w *letterWriter) say(key string, pairs ...string) {
	w.add(mingjing.BlockText, t(w.v, key, pairs...))
}

func (w *letterWriter) heading(key string) { w.add(mingjing.BlockHeading, t(w.v, key)) }

// rows adds names with their values; pairs with an empty value are left out.
func (w *letterWriter) rows(pairs ...string) {
	var rows []mingjing.LetterRow
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			rows = append(rows, mingjing.LetterRow{Key: pairs[i], Text: pairs[i+1]})
		}
	}
	if len(rows) > 0 {
		w.blocks = append(w.blocks, mingjing.Block{Kind: mingjing.BlockRows, Rows: rows})
	}
}

// caseKind returns the kind of a case, by which its sentences are chosen: every family
// has those of a dispute, and other kinds may have their own.
func caseKind(d mingjing.Case) string {
	if d.Kind == "" {
		return string(mingjing.CaseDispute)
	}
	return string(d.Kind)
}

// ofKind returns the sentence of a family for the kind of the case.
func ofKind(v *mingjing.View, d mingjing.Case, family string, pairs ...string) string {
	key := family + "." + caseKind(d)
	if !i18n.Has(key) {
		key = family + ".dispute"
	}
	return t(v, key, pairs...)
}

func letterTitle(v *mingjing.View, d mingjing.Case) string { return ofKind(v, d, "letter.title") }

// LetterOf returns the decision letter of a view, in the language of the view.
func LetterOf(v *mingjing.View) mingjing.Letter {
	l := mingjing.DataOf[mingjing.LetterView](v)
	v = addressed(v)
	w := &letterWriter{v: v, d: l.Dispute}
	w.decision(*l)
	return w.letter(*l, letterTitle(v, l.Dispute))
}

// letter returns a letter of the collected blocks, with its head.
func (w *letterWriter) letter(l mingjing.LetterView, title string) mingjing.Letter {
	v := w.v
	out := mingjing.Letter{
		Office: t(v, "letter.office", "city", l.City.In(v.Lang)),
		Title:  title,
		Number: t(v, "letter.number", "id", page.CaseNumber(w.d.ID)),
		About:  t(v, "letter.about", "title", title, "item", v.Label("item", w.d.Code())),
		Folio:  t(v, "letter.folio", "page", "{page}", "pages", "{pages}"),
		Blocks: w.blocks,
	}
	if w.d.Decision != nil {
		out.At = w.d.Decision.At
	}
	return out
}

// decision adds the letter itself: what was decided and why, what happens next, and
// what can be done.
func (w *letterWriter) decision(l mingjing.LetterView) {
	v, d := w.v, w.d
	if d.Decision == nil {
		w.say("error.no_decision_yet")
		return
	}
	when := i18n.Date(v.Lang, mingjing.DateOf(d.Decision.At.In(page.Zone(v))))
	by := d.Decision.By
	if by == "" {
		by = t(v, "letter.by_rule")
	}
	if v.Who != nil {
		w.say("letter.dear", "name", v.Who.Name)
	}
	w.add(mingjing.BlockText, ofKind(v, d, "letter.opening", "date", w.day(d), "item", v.Label("item", d.Code()),
		"agency", v.Label("agency", d.Agency()), "name", by, "decided", when))
	w.add(mingjing.BlockOutcome, t(v, "letter.decided", "outcome", page.OutcomeText(v, d)), w.means(when)...)

	w.heading("letter.about_title")
	w.caseRows(page.CaseNumber(d.ID))

	w.add(mingjing.BlockHeading, page.OwnOr(v, d, "letter.words_title"))
	w.rows(t(v, "letter.reason"), page.Code(v, "reason", string(d.Reason)))
	said, cut := inShort(d.Words())
	w.quote("", said)
	if cut {
		w.say("letter.words_cut")
	}

	if d.Kind != mingjing.CaseListing { // a proposed listing is based on the agency's text
		w.heading("letter.agency_title")
		w.agency()
	}

	w.heading("letter.reasons_title")
	if d.Decision.Rule != "" {
		w.add(mingjing.BlockText, page.Code(v, "decision_rule", d.Decision.Rule))
	}
	w.quote(t(v, "letter.said_by", "name", by), d.Decision.Reasons)

	if d.Kind != mingjing.CaseListing {
		w.heading("letter.evidence_title")
		w.evidence(decided(d.Evidence), nil)
	}

	w.heading("letter.rule_title")
	w.rule(l)

	w.heading("letter.next_title")
	next := w.means(when)
	for _, s := range l.Scores {
		next = append(next, t(v, "letter.score", "rulebook", v.Label("rulebook", s.Rulebook.ID), "time", page.Instant(v, s.At),
			"value", i18n.Number(v.Lang, s.Value), "band", s.Band.Name.In(v.Lang)))
	}
	if len(l.Scores) == 0 {
		next = append(next, t(v, "letter.score_none"))
	}
	w.add(mingjing.BlockList, "", append(next, t(v, "letter.next_log"))...)

	w.changes(l.Counterfactuals)

	w.heading("letter.on_title")
	switch {
	case d.Kind == mingjing.CaseListing && d.Decision.Outcome == mingjing.OutcomeApproved && d.Decision.Rule == "":
		w.say("letter.on_text.listing")
	case len(d.Lanes) == 1:
		w.say("letter.on_text_court")
	case len(d.Lanes) == 2:
		w.say("letter.on_text_some")
	default:
		w.say("letter.on_text")
	}
	for i, lane := range d.Lanes {
		until := l.ReopenUntil
		if lane == mingjing.LaneCourt {
			until = l.CourtUntil
		}
		w.add(mingjing.BlockSub, t(v, "letter.lane", "n", strconv.Itoa(i+1), "name", t(v, "letter.lane."+lane)))
		w.say("letter.lane_text."+lane, "name", by)
		if until != "" {
			w.add(mingjing.BlockStrong, t(v, "letter.lane_until", "date", page.Date(v, until)))
		}
	}

	w.heading("letter.reach_title")
	w.say("letter.reach_text", "id", page.CaseNumber(d.ID))
	w.add(mingjing.BlockSignature, by, t(v, "letter.signed", "office", t(v, "letter.office", "city", l.City.In(v.Lang))),
		page.Instant(v, d.Decision.At))
}

// day returns the day on which the case began.
func (w *letterWriter) day(d mingjing.Case) string {
	return i18n.Date(w.v.Lang, mingjing.DateOf(d.FiledAt.In(page.Zone(w.v))))
}

// means returns what the decision does, on which day.
func (w *letterWriter) means(when string) []string {
	key := "letter.means." + page.MeansText(w.d)
	if !i18n.Has(key) {
		return nil
	}
	return []string{t(w.v, key, "date", when, "corrected", page.Date(w.v, correctedDay(w.d)))}
}

// correctedDay returns the corrected day of a record, or the last day of a listing that was
// shortened, which is over on the day after it.
func correctedDay(d mingjing.Case) mingjing.Date {
	if d.Listing != nil && d.Decision.Corrected != "" {
		return d.Decision.Corrected.AddDays(-1)
	}
	return d.Decision.Corrected
}

// caseRows adds whose case it is, its number, and what it is about.
func (w *letterWriter) caseRows(number string) {
	v, d := w.v, w.d
	var pairs []string
	if v.Who != nil {
		pairs = append(pairs, t(v, "letter.resident"), v.Who.Name, t(v, "letter.id_number"), v.Who.IDMasked)
	}
	pairs = append(pairs, t(v, "letter.case"), number, t(v, "letter.filed"), page.Instant(v, d.FiledAt),
		t(v, "record.item"), v.Label("item", d.Code()), t(v, "record.agency"), v.Label("agency", d.Agency()))
	var paper mingjing.Document
	switch {
	case d.Missing != nil && d.Record == nil:
		pairs = append(pairs, t(v, "record.occurred"), page.Date(v, d.Missing.Occurred), t(v, "doc.number"), d.Missing.Number)
	case d.Record != nil:
		pairs = append(pairs, t(v, "record.occurred"), page.Date(v, d.Record.Occurred))
		paper = d.Record.Document
	case d.Listing != nil:
		pairs = append(pairs, t(v, "letter.list"), page.Code(v, "list_kind", string(d.Listing.Kind)),
			t(v, "listing.ground"), d.Listing.Ground.In(v.Lang), t(v, "listing.term"), page.ListingTerm(v, *d.Listing))
		paper = d.Listing.Document
	}
	w.rows(append(pairs, t(v, "doc.kind"), w.paper(paper))...)
}

// paper returns a document with a line each for its kind, its issuer, its number and
// date.
func (w *letterWriter) paper(p mingjing.Document) string {
	if p.Kind == "" && p.Number == "" {
		return t(w.v, "doc.none")
	}
	lines := []string{w.v.Label("doc", p.Kind), p.Issuer, p.Number, page.Date(w.v, p.Date)}
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
}

// hashLines returns a hash in two lines of the same length, so that people can compare
// it.
func hashLines(hash string) string {
	if len(hash) != 64 {
		return hash
	}
	return hash[:32] + "\n" + hash[32:]
}

// quote adds what somebody wrote, in their paragraphs.
func (w *letterWriter) quote(by, said string) {
	if said = strings.TrimSpace(said); said == "" {
		return
	}
	var items []string
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); line != "" {
			items = append(items, line)
		}
	}
	w.add(mingjing.BlockQuote, by, items...)
}

// maxShort is the limit of what the resident wrote in a letter, in characters.
const maxShort = 400

// inShort returns the beginning of a text, and reports whether it was shortened.
func inShort(said string) (string, bool) {
	r := []rune(strings.TrimSpace(said))
	if len(r) <= maxShort {
		return string(r), false
	}
	return strings.TrimSpace(string(r[:maxShort])) + "…", true
}

// agency adds the agency's answer, or that there was none.
func (w *letterWriter) agency() {
	v, d := w.v, w.d
	a := d.Answer
	happened := func(code string) bool {
		return slices.ContainsFunc(d.Timeline, func(e mingjing.TimelineEntry) bool { return e.Code == code })
	}
	silent := happened("agency_silent")
	about := ""
	if d.Missing != nil {
		about = ".missing"
	}
	switch {
	case a == nil && happened("agency_lost"):
		w.say("letter.agency_lost"+about, "agency", v.Label("agency", d.Agency()))
	case a == nil && silent:
		w.say("letter.agency_silent"+about, "agency", v.Label("agency", d.Agency()))
	case a == nil:
		w.say("letter.agency_unasked", "agency", v.Label("agency", d.Agency()))
	default:
		w.add(mingjing.BlockStrong, page.PositionText(v, d.Kind, a.Position))
		w.quote(t(v, "letter.agency_by", "agency", v.Label("agency", d.Agency()), "time", page.Instant(v, a.At)), a.Text.In(v.Lang))
		if a.Occurred != "" {
			w.say("dispute.agency_corrected", "date", page.Date(v, a.Occurred))
		}
	}
}

// decided returns the evidence that the decision answers; later evidence is not in it.
func decided(all []mingjing.Evidence) []mingjing.Evidence {
	return slices.DeleteFunc(slices.Clone(all), func(e mingjing.Evidence) bool { return e.Late || e.State == mingjing.EvidenceRefused })
}

// evidence adds each piece with its answer, and its hash where there is one.
func (w *letterWriter) evidence(all []mingjing.Evidence, hashes map[string]string) {
	v := w.v
	if len(all) == 0 {
		w.say("letter.evidence_none")
	}
	for i, e := range all {
		w.add(mingjing.BlockSub, t(v, "letter.piece", "n", strconv.Itoa(i+1), "name", e.Name))
		w.say("dispute.evidence_meta", "type", page.MediaType(e.Type), "size", i18n.FileSize(v.Lang, e.Size), "time", page.Instant(v, e.AddedAt))
		if e.Late {
			w.say("dispute.late_text")
		}
		if hash := hashes[e.ID]; hash != "" {
			w.rows(t(v, "letter.hash"), hashLines(hash))
		}
		w.quote(t(v, "letter.answer"), e.Answer)
	}
}

// rule adds the rule that was applied, and which document it requires.
func (w *letterWriter) rule(l mingjing.LetterView) {
	v, d := w.v, w.d
	if l.Rulebook.ID == "" {
		w.say("letter.rule_none")
		return
	}
	w.say("letter.rule_text")
	kinds := make([]string, 0, len(l.Documents))
	for _, k := range l.Documents {
		kinds = append(kinds, v.Label("doc", k))
	}
	pairs := []string{t(v, "letter.rulebook"), t(v, "letter.rulebook_version", "name", v.Label("rulebook", l.Rulebook.ID),
		"version", l.Rulebook.Version),
		t(v, "record.item"), v.Label("item", d.Code()), t(v, "rulebook.basis"), l.LegalBasis.In(v.Lang)}
	if d.Listing != nil {
		pairs = append(pairs, t(v, "letter.listing_basis"), d.Listing.LegalBasis.In(v.Lang))
	}
	if len(kinds) > 0 {
		pairs = append(pairs, t(v, "rulebook.documents"), strings.Join(kinds, t(v, "rulebook.or")))
	}
	if l.CountsMonths > 0 {
		pairs = append(pairs, t(v, "rulebook.counts"), tn(v, "count.months", l.CountsMonths))
	}
	w.rows(append(pairs, t(v, "doc.hash"), hashLines(l.Rulebook.Hash))...)
}
