package resident

import (
	"net/url"
	"strconv"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("export", page.Screen{Data: page.New[mingjing.ExportView], Body: exportBody, Back: page.BackTo("overview")})
	_ = page.Register("confirm", page.Screen{Data: page.New[mingjing.SecondFactor], Body: confirmBody})
)

// exportBody returns the page of the export: how to start it, how far it is, and where
// to download it.
func exportBody(v *mingjing.View) []app.UI {
	x := mingjing.DataOf[mingjing.ExportView](v)
	if x == nil {
		x = &mingjing.ExportView{}
	}
	return []app.UI{page.Heading("", t(v, "title.export")), page.Lead(t(v, "export.lead")), exportState(v, x),
		c.Section("in-it", t(v, "export.in"),
			c.List("bullets", c.Text(t(v, "export.in_pdf")), c.Text(t(v, "export.in_json")), c.Text(t(v, "export.in_all")),
				c.Text(t(v, "export.in_files"))),
			c.P(t(v, "export.id")), c.P(t(v, "export.not_in")))}
}

// exportLink returns the link to the page of the export.
func exportLink(v *mingjing.View) app.UI {
	return c.El("p", nil, c.Link{Text: t(v, "overview.export"), Href: href(v, "export")}.UI())
}

func exportState(v *mingjing.View, x *mingjing.ExportView) app.UI {
	remove := func(key, kind string) app.UI {
		return c.Form{Action: "/api/export/delete", Label: t(v, key),
			Body: []app.UI{page.LangField(v), c.Button{Text: t(v, key), Kind: kind}.UI()}}.UI()
	}
	ask := func(key, kind string) app.UI {
		if !x.Fresh {
			return c.Div("stack", c.P(t(v, "export.stale")),
				c.LinkButton{Text: t(v, "export.confirm"), Href: href(v, "confirm") + "?next=export"}.UI())
		}
		return c.Form{Action: "/api/export", Label: t(v, key), Body: []app.UI{page.LangField(v), c.Button{Text: t(v, key), Kind: kind}.UI()}}.UI()
	}
	j := x.Job
	switch {
	case j == nil:
		return c.Section("make", t(v, "export.make_title"), c.P(t(v, "export.make_text")), ask("export.make", ""))
	case j.State == mingjing.ExportMaking:
		text := t(v, "export.percent", "step", page.Code(v, "export_step", j.Step), "percent", strconv.Itoa(j.Percent))
		return c.Section("making", t(v, "export.making"),
			c.ProgressBar{Label: t(v, "export.progress"), Text: text, Value: j.Percent, Max: 100}.UI(),
			c.P(t(v, "export.make_text")),
			c.Div("actions", c.LinkButton{Text: t(v, "export.look_again"), Href: href(v, "export"), Kind: "secondary"}.UI(),
				remove("export.stop", "secondary")))
	case j.State == mingjing.ExportFailed:
		return c.Section("failed", t(v, "export.failed"),
			c.Notification{Kind: "warning", Text: page.Code(v, "error", j.Why)}.UI(), ask("export.make_again", "secondary"))
	}
	made, until := j.AskedAt, j.AskedAt
	if j.MadeAt != nil && j.ExpiresAt != nil {
		made, until = *j.MadeAt, *j.ExpiresAt
	}
	text := t(v, "export.ready_text", "time", page.Instant(v, made), "until", page.Instant(v, until))
	if !x.Fresh {
		return c.Section("ready", t(v, "export.ready"), c.P(text), ask("", ""), remove("export.delete", "secondary"))
	}
	return c.Section("ready", t(v, "export.ready"), c.P(text),
		c.LinkButton{Text: t(v, "export.download", "size", i18n.FileSize(v.Lang, j.Size)), Href: "/api/export/file?lang=" + v.Lang,
			Full: true}.UI(),
		c.Div("actions", ask("export.make_again", "secondary"), remove("export.delete", "secondary")))
}

// confirmBody returns the page that asks for the password once more, and for the second factor
// of who has chosen one.
func confirmBody(v *mingjing.View) []app.UI {
	name := ""
	if v.Who != nil {
		name = v.Who.Name
	}
	var code, key app.UI
	if f := mingjing.DataOf[mingjing.SecondFactor](v); f != nil && f.On {
		if f.App {
			code = page.CodeInput(v)
		}
		if f.Passkeys > 0 {
			key = c.PasskeyButton{Text: t(v, "confirm.passkey"), Kind: "secondary", Question: "/api/passkey/question",
				Failed: t(v, "staff_login.passkey_failed")}.Within()
		}
	}
	return []app.UI{
		page.Heading("", t(v, "title.confirm")),
		page.Lead(t(v, "confirm.lead", "name", name)),
		c.Form{Action: "/api/confirm", Full: true, Class: "narrow", Body: []app.UI{
			page.LangField(v),
			c.Hidden{Name: "next", Value: nextOf(v)}.UI(),
			c.Input{Name: "password", Type: "password", Show: t(v, "password.show"), Hide: t(v, "password.hide"),
				Label: t(v, "login.password"), Error: page.FieldError(v, "password"),
				Autocomplete: "current-password", MaxLength: page.MaxPassword, Required: true}.UI(),
			code, c.Button{Text: t(v, "confirm.submit")}.UI(), key}}.UI(),
		c.El("p", nil, c.Link{Text: t(v, "confirm.back"), Href: href(v, "overview")}.UI()),
	}
}

// nextOf returns where the person wants to go next, from the address of the page.
func nextOf(v *mingjing.View) string {
	_, query, _ := strings.Cut(v.Path, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	return q.Get("next")
}

// ExportOf returns the readable copy of an export, in the language of the view, part by
// part.
func ExportOf(v *mingjing.View, e mingjing.Export) mingjing.Letter {
	w := &letterWriter{v: v}
	parts := []struct {
		title string
		write func(mingjing.Export)
	}{
		{t(v, "paper.identity"), w.identity}, {t(v, "title.consents"), w.consents}, {t(v, "paper.requests"), w.requests},
		{t(v, "paper.scores"), w.scores}, {t(v, "title.records"), w.records}, {t(v, "title.listings"), w.listings},
		{t(v, "title.disputes"), w.disputes}, {t(v, "title.drafts"), w.drafts}, {t(v, "title.inbox"), w.notices},
		{t(v, "title.notice-settings"), w.settings},
		{t(v, "title.mandates"), w.helping}, {t(v, "title.shares"), w.shares}, {t(v, "title.inquiries"), w.inquiries}, {t(v,
			"title.complaints"), w.complaints},
		{t(v, "title.access-log"), func(e mingjing.Export) { w.entryRows(e.AccessLog) }},
	}
	title := func(i int) string { return t(v, "letter.piece", "n", strconv.Itoa(i+1), "name", parts[i].title) }
	w.say("paper.lead", "time", page.Instant(v, e.MadeAt))
	w.say("paper.files")
	contents := make([]string, 0, len(parts))
	for i := range parts {
		contents = append(contents, title(i))
	}
	w.heading("letter.court_contents")
	w.add(mingjing.BlockList, "", contents...)
	for i, p := range parts {
		w.add(mingjing.BlockPart, title(i))
		before := len(w.blocks)
		p.write(e)
		if len(w.blocks) == before {
			w.say("letter.looks_none")
		}
	}
	return mingjing.Letter{Office: t(v, "letter.office", "city", e.City.In(v.Lang)), Title: t(v, "paper.title"),
		Number: t(v, "paper.number", "time", page.Instant(v, e.MadeAt)), About: t(v, "paper.title"),
		Folio: t(v, "letter.folio", "page", "{page}", "pages", "{pages}"), At: e.MadeAt, Blocks: w.blocks}
}

// pair returns two texts as one.
func (w *letterWriter) pair(a, b string) string { return t(w.v, "paper.pair", "a", a, "b", b) }

func (w *letterWriter) identity(e mingjing.Export) {
	v := w.v
	who := []string{t(v, "letter.resident"), e.Identity.Name, t(v, "letter.id_number"), e.Identity.IDNumber,
		t(v, "letter.record_id"), string(e.Identity.ResidentID), t(v, "paper.enrolled"), page.Instant(v, e.Identity.EnrolledAt)}
	if e.Identity.Address != "" {
		who = append(who, t(v, "field.address"), e.Identity.Address)
	}
	if e.Identity.Language != "" {
		who = append(who, t(v, "field.language"), e.Identity.Language)
	}
	w.rows(who...)
}

func (w *letterWriter) consents(e mingjing.Export) {
	v := w.v
	var pairs []string
	for _, k := range e.Consents {
		text := t(v, "consents.given", "time", page.Instant(v, k.GivenAt))
		if k.WithdrawnAt != nil {
			text += "\n" + t(v, "consents.withdrawn") + " " + page.Instant(v, *k.WithdrawnAt)
		}
		pairs = append(pairs, v.Label("rulebook", k.Rulebook), text)
	}
	w.rows(pairs...)
}

func (w *letterWriter) requests(e mingjing.Export) {
	v := w.v
	for _, r := range e.Requests {
		w.add(mingjing.BlockSub, w.pair(v.Label("rulebook", r.Rulebook.ID), page.Instant(v, r.CreatedAt)))
		w.rows(t(v, "letter.record_id"), r.ID, t(v, "dispute.state_now"), page.Code(v, "request_state", string(r.State)))
		var pairs []string
		for _, s := range r.Sources {
			text := page.Code(v, "source_state", string(s.State))
			if s.AnsweredAt != nil {
				text = w.pair(text, page.Instant(v, *s.AnsweredAt))
			}
			if s.Items > 0 {
				text = w.pair(text, tn(v, "request.items", s.Items))
			}
			pairs = append(pairs, v.Label("agency", s.Agency), text)
		}
		w.rows(pairs...)
	}
}

// scores adds each score with its sum, line by line.
func (w *letterWriter) scores(e mingjing.Export) {
	v := w.v
	for _, s := range e.Scores {
		book := s.Rulebook.ID
		w.add(mingjing.BlockSub, w.pair(v.Label("rulebook", book), page.Instant(v, s.At)))
		var pairs []string
		for _, x := range s.Explanation {
			name, text := v.Label("item", x.Rule), i18n.Signed(v.Lang, x.Points)
			switch x.Kind {
			case mingjing.ContributionBase:
				name, text = t(v, "score.base"), page.Plain(x.Points)
			case mingjing.ContributionBound:
				name = t(v, "score.bound")
			case mingjing.ContributionFactor:
				name = v.Label("factor", x.Factor)
				text += "\n" + t(v, "score.factor", "n", page.Plain(x.Raw))
			case mingjing.ContributionCriterion:
				text = strings.Join(append([]string{text, tn(v, "score.criterion_count", x.Count)}, inFactor(v, x)...), "\n")
			case mingjing.ContributionCap:
				text = t(v, "score.cap", "band", v.Label("band."+book, x.Cap))
			}
			if x.Ends != "" {
				text += "\n" + t(v, "score.counts_until", "day", page.Date(v, x.Ends.AddDays(-1)))
			}
			pairs = append(pairs, name, text)
		}
		w.rows(append(pairs, t(v, "score.value"), page.Plain(s.Value), t(v, "score.band"), v.Label("band."+book, s.Band),
			t(v, "letter.reason"), page.Code(v, "cause", s.Cause),
			t(v, "letter.rulebook"), t(v, "letter.rulebook_version", "name", v.Label("rulebook", book), "version", s.Rulebook.Version),
			t(v, "doc.hash"), hashLines(s.Rulebook.Hash))...)
		pairs = nil
		for _, n := range s.NotCounted {
			pairs = append(pairs, v.Label("item", n.Rule), page.Code(v, "not_counted", n.Why))
		}
		if len(pairs) > 0 {
			w.add(mingjing.BlockStrong, t(v, "score.not_counted"))
			w.rows(pairs...)
		}
		if len(s.Missing) > 0 {
			names := make([]string, 0, len(s.Missing))
			for _, m := range s.Missing {
				names = append(names, v.Label("agency", m))
			}
			w.add(mingjing.BlockStrong, tn(v, "score.missing", len(names)))
			w.add(mingjing.BlockText, i18n.Join(v.Lang, names))
		}
	}
	for _, x := range e.Counterfactuals {
		w.add(mingjing.BlockSub, w.pair(v.Label("rulebook", x.Rulebook.ID), t(v, "change.title")))
		w.bands(x, len(x.Counterfactuals.Bands))
	}
}

func (w *letterWriter) records(e mingjing.Export) {
	v, made := w.v, mingjing.DateOf(e.MadeAt.In(page.Zone(w.v)))
	for _, x := range e.Records {
		r := x.Record
		w.add(mingjing.BlockSub, v.Label("item", r.Code))
		ends := ""
		if x.Ends != "" {
			ends = page.Date(v, x.Ends)
		}
		w.rows(append([]string{t(v, "letter.record_id"), r.ID, t(v, "record.agency"), v.Label("agency", r.Agency), t(v, "record.subject"),
			r.Subject,
			t(v, "record.detail"), r.Detail.In(v.Lang), t(v, "record.occurred"), page.Date(v, r.Occurred), t(v, "record.collected"),
			page.Instant(v, r.CollectedAt),
			t(v, "dispute.state_now"), page.Code(v, "record_state", page.RecordStateOn(r, x.Ends, made)), t(v, "record.ends"), ends},
			w.held(r.Document, x.Effect, r.Statement)...)...)
	}
}

func (w *letterWriter) listings(e mingjing.Export) {
	v := w.v
	for _, x := range e.Listings {
		l := x.Listing
		w.add(mingjing.BlockSub, v.Label("item", l.Code))
		notice := t(v, "listing.notice_none")
		if l.NoticeOn != "" {
			notice = page.Date(v, l.NoticeOn)
		}
		w.rows(append([]string{t(v, "letter.record_id"), l.ID, t(v, "letter.list"), page.Code(v, "list_kind", string(l.Kind)),
			t(v, "listing.authority"), v.Label("agency", l.Agency), t(v, "record.subject"), l.Subject, t(v, "listing.ground"), l.Ground.In(v.Lang),
			t(v, "letter.listing_basis"), l.LegalBasis.In(v.Lang), t(v, "listing.notice"), notice, t(v, "listing.term"), page.ListingTerm(v, l),
			t(v, "listing.exit_title"), l.Exit.In(v.Lang), t(v, "dispute.state_now"), page.Code(v, "listing_state", string(l.State))},
			w.held(l.Document, x.Effect, l.Statement)...)...)
		var measures []string
		for _, m := range l.Measures {
			measures = append(measures, m.Name.In(v.Lang), t(v, "listing.measure_basis", "basis", m.LegalBasis.In(v.Lang)))
		}
		if len(measures) > 0 {
			w.add(mingjing.BlockStrong, t(v, "letter.measures"))
			w.rows(measures...)
		}
	}
}

// held returns the rows that records and listings share: the document, the effect under
// each rulebook, and the resident's own statement.
func (w *letterWriter) held(paper mingjing.Document, effect []mingjing.Effect, statement string) []string {
	v := w.v
	pairs := []string{t(v, "doc.kind"), w.paper(paper), t(v, "letter.hash"), hashLines(paper.Hash)}
	for _, x := range effect {
		text := i18n.Signed(v.Lang, x.Points)
		switch {
		case x.Why != "":
			text = page.Code(v, "not_counted", x.Why)
		case x.Cap != "":
			text = t(v, "score.cap", "band", v.Label("band."+x.Rulebook, x.Cap))
		}
		pairs = append(pairs, v.Label("rulebook", x.Rulebook), text)
	}
	return append(pairs, t(v, "letter.words_title"), statement)
}

func (w *letterWriter) disputes(e mingjing.Export) {
	v := w.v
	for _, x := range e.Disputes {
		d := x.Case
		w.d = d
		w.add(mingjing.BlockSub, t(v, "letter.about", "title", page.Code(v, "case_kind", caseKind(d)), "item", v.Label("item", d.Code())))
		w.rows(t(v, "letter.case"), d.ID, t(v, "letter.filed"), page.Instant(v, d.FiledAt), t(v, "record.agency"), v.Label("agency", d.Agency()),
			t(v, "letter.reason"), page.Code(v, "reason", string(d.Reason)), t(v, "dispute.state_now"),
			page.Code(v, "dispute_state", string(d.State)))
		w.quote(page.OwnOr(v, d, "letter.words_title"), d.Words())
		w.agency()
		hashes := map[string]string{}
		for _, f := range x.Files {
			hashes[f.EvidenceID] = f.SHA256
		}
		w.evidence(d.Evidence, hashes)
		if d.Decision != nil {
			w.add(mingjing.BlockStrong, t(v, "letter.decided", "outcome", page.OutcomeText(v, d)))
			w.quote(t(v, "letter.said_by", "name", page.DeciderName(v, d)), d.Decision.Reasons)
		}
		w.timeline()
	}
}

// drafts adds what was typed into forms and not sent.
func (w *letterWriter) drafts(e mingjing.Export) {
	v := w.v
	for _, x := range e.Drafts {
		w.add(mingjing.BlockSub, w.pair(page.DraftTitle(v, x.Draft), page.Instant(v, x.Draft.SavedAt)))
		var pairs []string
		for _, f := range x.Draft.Fields {
			pairs = append(pairs, page.Code(v, "field", f.Name), f.Value)
		}
		for _, f := range x.Files {
			pairs = append(pairs, t(v, "field.evidence"), f.Path+"\n"+hashLines(f.SHA256))
		}
		w.rows(pairs...)
	}
}

func (w *letterWriter) notices(e mingjing.Export) {
	var pairs []string
	for _, n := range e.Notices {
		pairs = append(pairs, page.Instant(w.v, n.At), noticeText(w.v, n))
	}
	w.rows(pairs...)
}

func (w *letterWriter) settings(e mingjing.Export) {
	v, s := w.v, e.Settings
	on := func(ok bool) string {
		if ok {
			return t(v, "paper.on")
		}
		return t(v, "paper.off")
	}
	w.rows(t(v, "settings.mail"), on(s.Mail), t(v, "settings.email_confirmed"), s.Email, t(v, "settings.push"), on(s.Push),
		t(v, "settings.show_text"), on(s.ShowText))
	var pairs []string
	for _, k := range mingjing.NoticeKinds {
		sent := true
		for _, off := range s.Off {
			sent = sent && off != k
		}
		pairs = append(pairs, t(v, "notice_kind."+string(k)), on(sent || k.Legal()))
	}
	for _, d := range s.Devices {
		name := d.Name
		if name == "" {
			name = t(v, "sessions.unknown_device")
		}
		pairs = append(pairs, name, t(v, "settings.push_added", "time", page.Instant(v, d.AddedAt)))
	}
	w.rows(pairs...)
}

func (w *letterWriter) helping(e mingjing.Export) {
	v := w.v
	for _, m := range e.Helping {
		w.add(mingjing.BlockSub, t(v, "mandate.for", "name", m.Resident))
		w.rows(t(v, "letter.case"), m.CaseID, t(v, "mandate.relation_helper"), page.Code(v, "relation", string(m.Relation)),
			t(v, "paper.from"), page.Instant(v, m.From), t(v, "mandate.until_short"), page.Date(v, m.Until),
			t(v, "dispute.state_now"), page.Code(v, "mandate_state", string(m.State)))
	}
}

func (w *letterWriter) shares(e mingjing.Export) {
	v := w.v
	for _, s := range e.Shares {
		w.add(mingjing.BlockSub, s.Purpose)
		pairs := []string{t(v, "letter.rulebook"), v.Label("rulebook", s.Rulebook), t(v, "paper.from"), page.Instant(v, s.MadeAt),
			t(v, "shares.ends"), page.EndOf(v, s.EndsAt), t(v, "dispute.state_now"), page.Code(v, "share_state", string(s.State)),
			t(v, "shares.shows"), shareShows(v, s), t(v, "shares.named"), page.Code(v, "share_named", string(s.Named)),
			t(v, "shares.views"), t(v, "shares.viewed", "viewed", strconv.Itoa(s.Viewed), "views", strconv.Itoa(s.Views))}
		if s.RevokedAt != nil {
			pairs = append(pairs, t(v, "shares.revoked"), page.Instant(v, *s.RevokedAt))
		}
		if s.CorrectedAt != nil {
			pairs = append(pairs, t(v, "shares.corrected"), page.Instant(v, *s.CorrectedAt))
		}
		for _, l := range s.Accesses {
			pairs = append(pairs, t(v, "recipient.shown_to"), w.pair(l.Who, page.Instant(v, l.At)))
		}
		w.rows(pairs...)
	}
}

func (w *letterWriter) complaints(e mingjing.Export) {
	v := w.v
	for _, k := range e.Complaints {
		w.add(mingjing.BlockSub, t(v, "complaint_kind."+string(k.Kind)))
		w.rows(t(v, "inquiry.col_number"), k.ID, t(v, "field.place"), t(v, "place."+k.Place), t(v, "field.where"), k.Where,
			t(v, "complaint.on"), page.Date(v, k.On), t(v, "complaint.due"), page.Deadline(v, k.Due),
			t(v, "dispute.state_now"), t(v, "complaint_state."+string(k.State)))
		w.quote("", k.Text)
		w.quote(k.By, k.Reply)
	}
}

func (w *letterWriter) inquiries(e mingjing.Export) {
	v := w.v
	for _, q := range e.Inquiries {
		w.add(mingjing.BlockSub, w.pair(page.ActionText(v, q.Entry), page.Instant(v, q.Entry.At)))
		w.rows(t(v, "inquiry.col_number"), q.ID, t(v, "inquiry.line"), strconv.FormatInt(q.Entry.Seq, 10), t(v, "inquiry.col_asked"),
			page.Instant(v, q.AskedAt),
			t(v, "inquiry.due"), page.Deadline(v, q.Due), t(v, "dispute.state_now"), page.Code(v, "inquiry_state", string(q.State)))
		w.quote(t(v, "inquiry.question"), q.Question)
		for _, a := range q.Answers {
			w.quote(t(v, "inquiry.by", "who", a.By, "role", page.Code(v, "role", string(a.Role)), "time", page.Instant(v, a.At)),
				page.Code(v, "inquiry_outcome", string(a.Outcome))+"\n"+a.Text)
		}
	}
}
