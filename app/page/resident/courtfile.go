package resident

import (
	"slices"
	"strconv"

	"mingjing"
	"mingjing/app/page"
)

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
			w.quote("", f.Case.Words())
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
	case d.Missing != nil && d.Record == nil:
		w.rows(t(v, "record.item"), v.Label("item", d.Code()), t(v, "letter.code"), d.Code(), t(v, "record.agency"),
			v.Label("agency", d.Agency()), t(v, "record.occurred"), page.Date(v, d.Missing.Occurred), t(v, "doc.number"), d.Missing.Number)
		return
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
		pairs = append(pairs, page.Code(v, "clock", k.Code), t(v, "letter.clock_due", "time", page.Deadline(v, k.Due))+"\n"+how)
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
func (w *letterWriter) entries(entries []mingjing.AccessEntry) {
	w.say("letter.looks_text")
	if len(entries) == 0 {
		w.say("letter.looks_none")
	}
	w.entryRows(entries)
}

func (w *letterWriter) entryRows(entries []mingjing.AccessEntry) {
	v := w.v
	var pairs []string
	for _, l := range entries {
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
