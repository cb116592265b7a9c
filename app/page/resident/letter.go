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
	said, cut := inShort(d.Statement)
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

	w.heading("letter.on_title")
	ways := []string{mingjing.LaneEvidence, mingjing.LaneReview, mingjing.LaneCourt}
	switch d.Kind {
	case mingjing.CaseListing:
		w.say("letter.on_text.listing")
		ways = ways[2:]
	case mingjing.CaseRepair:
		w.say("letter.on_text_some")
		ways = ways[1:]
	case mingjing.CaseReview:
		w.say("letter.on_text_some")
		ways = []string{mingjing.LaneEvidence, mingjing.LaneCourt}
	default:
		w.say("letter.on_text")
	}
	for i, lane := range ways {
		until := l.ReopenUntil
		if lane == "court" {
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
	return []string{t(w.v, key, "date", when, "corrected", page.Date(w.v, w.d.Decision.Corrected))}
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
	switch {
	case a == nil && happened("agency_lost"):
		w.say("letter.agency_lost", "agency", v.Label("agency", d.Agency()))
	case a == nil && silent:
		w.say("letter.agency_silent", "agency", v.Label("agency", d.Agency()))
	case a == nil:
		w.say("letter.agency_unasked", "agency", v.Label("agency", d.Agency()))
	default:
		w.add(mingjing.BlockStrong, page.Code(v, "position", string(a.Position)))
		w.quote(t(v, "letter.agency_by", "agency", v.Label("agency", d.Agency()), "time", page.Instant(v, a.At)), a.Text.In(v.Lang))
		if a.Occurred != "" {
			w.say("dispute.agency_corrected", "date", page.Date(v, a.Occurred))
		}
	}
}

// decided returns the evidence that the decision answers; later evidence is not in it.
func decided(all []mingjing.Evidence) []mingjing.Evidence {
	return slices.DeleteFunc(slices.Clone(all), func(e mingjing.Evidence) bool { return e.Late })
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

// CourtFileOf returns the court file of a view, in the language of the view: everything
// in a case, in order, with the decision letter.
func CourtFileOf(v *mingjing.View) mingjing.Letter {
	f := mingjing.DataOf[mingjing.CourtFile](v)
	v = addressed(v)
	w := &letterWriter{v: v, d: f.Case}
	parts := []string{"subject", "words", "evidence", "agency", "letter", "timeline", "log"}
	if f.Dispute.ActingFor != "" {
		parts = slices.DeleteFunc(parts, func(p string) bool { return p == "log" }) // only the resident gets it
	}
	w.say("letter.court_lead")
	if f.Dispute.ActingFor != "" {
		w.say("acting.court", "name", f.Dispute.ActingFor)
	}
	w.caseRows(f.Case.ID)
	if d := f.Case.Decision; d != nil {
		w.rows(t(v, "letter.court_decided"), t(v, "letter.court_decided_by", "outcome", page.OutcomeText(v, f.Case),
			"name", page.DeciderName(v, f.Case), "time", page.Instant(v, d.At)))
	}
	w.heading("letter.court_contents")
	contents := make([]string, 0, len(parts))
	title := func(i int) string {
		return t(v, "letter.part", "n", strconv.Itoa(i+1), "name", t(v, "letter.part."+parts[i]))
	}
	for i := range parts {
		contents = append(contents, title(i))
	}
	w.add(mingjing.BlockList, "", contents...)
	w.say("letter.court_hashes")
	for i, part := range parts {
		w.add(mingjing.BlockBreak, "")
		w.add(mingjing.BlockPart, title(i))
		switch part {
		case "subject":
			w.subject()
		case "words":
			w.rows(t(v, "letter.filed"), page.Instant(v, f.Case.FiledAt), t(v, "letter.reason"), page.Code(v, "reason", string(f.Case.Reason)))
			w.quote("", f.Case.Statement)
		case "evidence":
			w.evidence(f.Case.Evidence, f.Hashes)
		case "agency":
			w.agency()
		case "letter":
			w.d = f.Dispute // the case as it was at the decision
			w.decision(f.LetterView)
			w.d = f.Case
		case "timeline":
			w.timeline()
		case "log":
			w.entries(f.Entries)
		}
	}
	return w.letter(f.LetterView, t(v, "letter.court_title"))
}

// subject adds the whole record or listing, with the hash of its document.
func (w *letterWriter) subject() {
	v, d := w.v, w.d
	var paper mingjing.Document
	switch {
	case d.Record != nil:
		r := d.Record
		paper = r.Document
		w.rows(t(v, "letter.record_id"), r.ID, t(v, "record.item"), v.Label("item", r.Code), t(v, "letter.code"), r.Code,
			t(v, "record.agency"), v.Label("agency", r.Agency), t(v, "record.subject"), r.Subject, t(v, "record.detail"), r.Detail.In(v.Lang),
			t(v, "record.occurred"), page.Date(v, r.Occurred), t(v, "record.collected"), page.Instant(v, r.CollectedAt),
			t(v, "dispute.state_now"), page.Code(v, "record_state", string(r.State)))
	case d.Listing != nil:
		l := d.Listing
		paper = l.Document
		notice := t(v, "listing.notice_none")
		if l.NoticeOn != "" {
			notice = page.Date(v, l.NoticeOn)
		}
		w.rows(t(v, "letter.record_id"), l.ID, t(v, "record.item"), v.Label("item", l.Code), t(v, "letter.code"), l.Code,
			t(v, "letter.list"), page.Code(v, "list_kind", string(l.Kind)), t(v, "listing.authority"), v.Label("agency", l.Agency),
			t(v, "record.subject"), l.Subject, t(v, "listing.ground"), l.Ground.In(v.Lang), t(v, "letter.listing_basis"), l.LegalBasis.In(v.Lang),
			t(v, "listing.notice"), notice, t(v, "listing.term"), page.ListingTerm(v, *l), t(v, "listing.exit_title"), l.Exit.In(v.Lang),
			t(v, "dispute.state_now"), page.Code(v, "listing_state", string(l.State)))
		if len(l.Measures) > 0 {
			w.heading("letter.measures")
			var pairs []string
			for _, m := range l.Measures {
				pairs = append(pairs, m.Name.In(v.Lang), t(v, "listing.measure_basis", "basis", m.LegalBasis.In(v.Lang)))
			}
			w.rows(pairs...)
		}
	}
	w.heading("doc.title")
	w.rows(t(v, "doc.kind"), v.Label("doc", paper.Kind), t(v, "doc.issuer"), paper.Issuer, t(v, "doc.number"), paper.Number,
		t(v, "doc.date"), page.Date(v, paper.Date), t(v, "letter.hash"), hashLines(paper.Hash))
	if !paper.Complete() {
		w.say("doc.incomplete")
	}
}

// timeline adds everything that happened, and every clock with how it was met.
func (w *letterWriter) timeline() {
	v, d := w.v, w.d
	entries := slices.Clone(d.Timeline)
	slices.SortStableFunc(entries, func(a, b mingjing.TimelineEntry) int { return a.At.Compare(b.At) })
	var pairs []string
	for _, e := range entries {
		what := page.Happened(v, d, e.Code)
		who := page.TimelineWho(v, d, e)
		if e.Role == mingjing.RoleResident {
			who = w.resident()
		}
		if who != "" {
			what += "\n" + who
		}
		pairs = append(pairs, page.Instant(v, e.At), what)
	}
	w.heading("letter.happened")
	w.rows(pairs...)
	pairs = nil
	for _, k := range d.Clocks {
		how := t(v, "letter.clock_unmet")
		switch {
		case k.MetAt != nil && (k.Missed || k.MetAt.After(k.Due)):
			how = t(v, "letter.clock_late", "time", page.Instant(v, *k.MetAt))
		case k.MetAt != nil:
			how = t(v, "letter.clock_met", "time", page.Instant(v, *k.MetAt))
		case k.Missed:
			how = t(v, "letter.clock_missed")
		}
		pairs = append(pairs, page.Code(v, "clock", k.Code), t(v, "letter.clock_due", "time", page.Instant(v, k.Due))+"\n"+how)
	}
	w.heading("dispute.clocks")
	w.rows(pairs...)
}

// resident returns whose case it is, in the third person.
func (w *letterWriter) resident() string {
	if w.v.Who == nil {
		return t(w.v, "role.resident")
	}
	return t(w.v, "letter.look_who", "name", w.v.Who.Name, "role", t(w.v, "role.resident"))
}

// entries adds who read what the case is about.
func (w *letterWriter) entries(looks []mingjing.AccessEntry) {
	w.say("letter.looks_text")
	if len(looks) == 0 {
		w.say("letter.looks_none")
	}
	w.entryRows(looks)
}

func (w *letterWriter) entryRows(looks []mingjing.AccessEntry) {
	v := w.v
	var pairs []string
	for _, l := range looks {
		who := page.Code(v, "role", string(l.Role))
		switch {
		case l.Role == mingjing.RoleResident:
			who = w.resident()
		case l.Who != "":
			who = t(v, "letter.look_who", "name", v.Label("agency", l.Who), "role", who)
		}
		pairs = append(pairs, page.Instant(v, l.At), who+"\n"+t(v, "letter.look_what", "what", page.ActionText(v, l),
			"purpose", page.PurposeText(v, l)))
	}
	w.rows(pairs...)
}
