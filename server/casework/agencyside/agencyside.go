package agencyside

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/listing"
	"mingjing/server/evidence"
)

// maxTries is how often an opening is noted that somebody else came in between.
const maxTries = 3

// waits reports whether a case waits for its agency.
func waits(d cases.Case) bool {
	return d.State == mingjing.CaseAgencyAsked || d.State == mingjing.CaseAgencySilent
}

// AgencyQuestions returns a page of the actor's agency's open questions, by nearest
// clock. Like the work queue it shows no person.
func (c *Agencies) AgencyQuestions(ctx context.Context, a mingjing.Actor, cursor string) (mingjing.AgencyQuestionsView, error) {
	const page = 25
	agency, err := kernel.AsOfficer(a)
	if err != nil {
		return mingjing.AgencyQuestionsView{}, err
	}
	if len(cursor) > 200 {
		return mingjing.AgencyQuestionsView{}, kernel.Public(kernel.ErrCursor)
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.AgencyQuestionsView, error) {
		v := mingjing.AgencyQuestionsView{Questions: []mingjing.AgencyQuestion{}}
		found, err := db(t).Cases(ctx, cases.CaseQuery{CaseFilter: mingjing.CaseFilter{Agency: agency}, Asked: true, Now: c.city.Now(),
			Cursor: cursor, Limit: page + 1})
		if err != nil {
			return v, err
		}
		if len(found) > page {
			found = found[:page]
			v.Next = found[page-1].Cursor()
		}
		for _, d := range found {
			v.Questions = append(v.Questions, c.showQuestion(d))
		}
		return v, nil
	})
}

// showQuestion returns a question as the list shows it, without the person.
func (c *Agencies) showQuestion(d cases.Case) mingjing.AgencyQuestion {
	q := mingjing.AgencyQuestion{ID: d.ID, Ref: d.Ref, Code: d.CatalogueCode, Kind: d.Kind, State: d.State, Notice: 1, Open: waits(d)}
	for _, k := range d.Clocks {
		switch k.Code {
		case "second":
			q.Notice, q.Clock = 2, k
		case "agency":
			q.Clock = k
		}
	}
	if q.Clock.MetAt == nil && c.city.Now().After(q.Clock.Due) {
		q.Clock.Missed = true
	}
	return q
}

// questionFor returns a case that was put to the officer's agency and is not decided, or
// [kernel.ErrNotFound]; of their own case, the error is case_own.
func questionFor(ctx context.Context, rd *kernel.Reader, a mingjing.Actor, id string) (cases.Case, error) {
	d, err := cases.CaseFor(ctx, rd, a, id)
	if err == nil && (d.AgencyCode != a.Agency || !cases.WasAsked(d) || d.State == mingjing.CaseDecided) {
		err = kernel.ErrNotFound
	}
	return d, cmp.Or(err, d.Near)
}

// AgencyQuestion returns one question with the resident's words and the list of the
// evidence. The resident sees in the access log that it was read.
func (c *Agencies) AgencyQuestion(ctx context.Context, a mingjing.Actor, id string) (mingjing.AgencyQuestion, error) {
	if _, err := kernel.AsOfficer(a); err != nil {
		return mingjing.AgencyQuestion{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.AgencyQuestion, error) {
		rd := t.As(c.city.Entry(c.city.Signed(a), "question", id, "dispute"))
		d, err := questionFor(ctx, rd, a, id)
		if err != nil {
			return mingjing.AgencyQuestion{}, err
		}
		return c.wholeQuestion(ctx, rd, d)
	})
}

func (c *Agencies) wholeQuestion(ctx context.Context, rd *kernel.Reader, d cases.Case) (mingjing.AgencyQuestion, error) {
	q := c.showQuestion(d)
	resident, err := read(rd).Resident(ctx, d.Resident)
	if err != nil {
		return q, err
	}
	q.Resident, q.Reason, q.Statement = resident.Name, d.Reason, d.Words()
	q.Opened, q.Answer = d.AgencyOpened, d.Answer
	if q.Evidence, err = read(rd).Evidence(ctx, d.ID); err != nil {
		return q, err
	}
	if d.Missing != nil {
		q.Occurred, q.Document = d.Missing.Occurred, &mingjing.Document{Number: d.Missing.Number}
		return q, nil
	}
	if d.RecordID != "" {
		r, err := read(rd).Record(ctx, d.RecordID)
		q.Ref, q.Subject, q.Occurred, q.Document = r.Ref, r.Subject, r.Occurred, &r.Document
		return q, err
	}
	l, err := read(rd).Listing(ctx, d.ListingID)
	q.Ref, q.Subject, q.Document = l.Ref, l.Subject, &l.Document
	return q, err
}

// An OfficerAnswer is what an officer answers to a question.
type OfficerAnswer struct {
	Position mingjing.AgencyPosition
	Text     mingjing.Text
	// Occurred is needed where a record's date is corrected.
	Occurred string
	// Document is needed but where the agency admits that it is wrong.
	Document []evidence.Upload
}

// AgencyAnswer answers a question that is put to the actor's agency. It ends with
// the agency's second notice: after that the point is lost.
func (c *Agencies) AgencyAnswer(ctx context.Context, a mingjing.Actor, id string, in OfficerAnswer) (mingjing.AgencyQuestion, error) {
	_, err := kernel.AsOfficer(a)
	if err != nil {
		return mingjing.AgencyQuestion{}, err
	}
	var kind mingjing.CaseKind
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(c.city.Signed(a), "question", id, "dispute"))
		d, err := questionFor(ctx, rd, a, id)
		kind = d.Kind
		return err
	})
	if err != nil {
		return mingjing.AgencyQuestion{}, kernel.Public(err)
	}
	text := mingjing.Text{}
	for _, lang := range mingjing.Languages {
		if s := kernel.TypedText(in.Text[lang]); s != "" {
			text[lang] = s
		}
	}
	var wrong []mingjing.FieldError
	add := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
	if !slices.Contains(kind.Positions(), in.Position) {
		add("position", "position_required")
	}
	if text[mingjing.Languages[0]] == "" {
		add("text_zh", "answer_text_required")
	}
	for lang, field := range map[string]string{mingjing.Languages[0]: "text_zh", mingjing.Languages[1]: "text_en"} {
		if utf8.RuneCountInString(text[lang]) > listing.MaxGround || !utf8.ValidString(text[lang]) {
			add(field, "too_long")
		}
	}
	switch {
	case len(in.Document) > 1:
		add("evidence", "answer_document_one")
	case len(in.Document) == 0 && in.Position != mingjing.PositionWithdrawn &&
		(kind != mingjing.CaseMissing || in.Position == mingjing.PositionSupplied):
		add("evidence", "answer_document_required")
	}
	var files []cases.CleanFile
	if len(in.Document) == 1 {
		if files, err = cases.CleanAll(ctx, c.city, a, in.Document); err != nil {
			e, ok := errors.AsType[*mingjing.Error](err)
			if !ok {
				return mingjing.AgencyQuestion{}, err
			}
			wrong = append(wrong, e.Fields...)
		}
		for _, f := range files {
			if !f.Evidence.Checked() { // it waits in the draft
				return mingjing.AgencyQuestion{}, mingjing.NewError(mingjing.Unavailable, "evidence_later")
			}
		}
	}
	late := false
	out, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.AgencyQuestion, error) {
		rd := t.As(c.city.Entry(c.city.Signed(a), "answer", id, "dispute"))
		d, err := questionFor(ctx, rd, a, id)
		if err != nil {
			return mingjing.AgencyQuestion{}, err
		}
		now := c.city.Now().UTC()
		if late, err = c.overtaken(ctx, rd, &d, now); late || err != nil {
			return mingjing.AgencyQuestion{}, err
		}
		if !waits(d) {
			return mingjing.AgencyQuestion{}, mingjing.NewError(mingjing.Conflict, "answered_already")
		}
		word, wrong := mingjing.AgencyAnswer{Position: in.Position, Text: text, By: a.Name}, slices.Clone(wrong)
		if in.Position == mingjing.PositionCorrected && d.RecordID != "" {
			to, ok, err := c.cases.CorrectedTo(ctx, rd, in.Occurred, d)
			if err != nil {
				return mingjing.AgencyQuestion{}, err
			}
			word.Occurred = to
			if !ok {
				wrong = append(wrong, mingjing.FieldError{Field: "occurred", Code: "correction_required"})
			}
		}
		if len(wrong) > 0 {
			return mingjing.AgencyQuestion{}, mingjing.InvalidFields(wrong...)
		}
		for _, f := range files {
			f.Evidence.AddedAt = now
			if err := db(t).AddAnswerDocument(ctx, id, f.Evidence, f.Data); err != nil {
				return mingjing.AgencyQuestion{}, err
			}
			word.Document = &f.Evidence
		}
		if err := c.cases.AgencyAnswered(ctx, rd, d, word, now); err != nil {
			return mingjing.AgencyQuestion{}, err
		}
		if d, err = read(rd).Case(ctx, id); err != nil {
			return mingjing.AgencyQuestion{}, err
		}
		return c.wholeQuestion(ctx, rd, d)
	})
	if late && err == nil {
		err = mingjing.NewError(mingjing.Conflict, "answer_too_late")
	}
	return out, err
}

// overtaken does what follows when clocks of the agency have run out, before an answer
// counts. It reports whether the second notice is over too, and then the answer is too
// late; what was done has to be committed.
func (c *Agencies) overtaken(ctx context.Context, rd *kernel.Reader, d *cases.Case, now time.Time) (late bool, err error) {
	for _, clock := range []string{"agency", "second"} {
		i := slices.IndexFunc(d.Clocks, func(k mingjing.Clock) bool { return k.Code == clock && cases.IsRunning(k) && now.After(k.Due) })
		if i < 0 || !waits(*d) {
			continue
		}
		if err := c.cases.AgencySilent(ctx, rd.Tx, d, clock, now); err != nil {
			return false, err
		}
		if *d, err = read(rd).Case(ctx, d.ID); err != nil {
			return false, err
		}
	}
	return d.State == mingjing.CaseAgencyLost, nil
}

// AgencyEvidence returns one piece of evidence, with its bytes, of a case that was put
// to the actor's agency. The case shows the resident and the handler that it was opened,
// and the access log has an entry.
func (c *Agencies) AgencyEvidence(ctx context.Context, a mingjing.Actor, id string) (mingjing.Evidence, []byte, error) {
	agency, err := kernel.AsOfficer(a)
	if err != nil {
		return mingjing.Evidence{}, nil, err
	}
	var (
		e    mingjing.Evidence
		data []byte
	)
	open := func(t *kernel.Tx) error {
		dispute, err := db(t).EvidenceCase(ctx, id)
		if err != nil {
			return err
		}
		rd := t.As(c.city.Entry(c.city.Signed(a), "evidence", dispute, "dispute"))
		evidence, bytes, err := read(rd).EvidenceData(ctx, id)
		if err != nil {
			return err
		}
		d, err := questionFor(ctx, rd, a, dispute)
		if err != nil {
			return err
		}
		if err := cases.NotChecked(evidence); err != nil {
			return err
		}
		now := c.city.Now().UTC()
		e, data = evidence, bytes
		own := d.Answer != nil && d.Answer.Document != nil && d.Answer.Document.ID == id
		if own || slices.ContainsFunc(d.AgencyOpened, func(o mingjing.Opening) bool { return o.EvidenceID == id && o.Who == a.Name }) {
			return nil
		}
		d.AgencyOpened = append(d.AgencyOpened, mingjing.Opening{EvidenceID: id, Name: evidence.Name, Agency: agency, Who: a.Name, At: now})
		if err := c.cases.SetCase(ctx, t, d); err != nil {
			return err
		}
		if err := c.cases.NoteOpened(ctx, rd, d, id, func(e *mingjing.Evidence) *time.Time { return &e.AgencyOpenedAt }); err != nil {
			return err
		}
		return c.cases.Tell(ctx, rd, d)
	}
	for range maxTries {
		if err = c.city.Tx(ctx, open); !errors.Is(err, kernel.ErrConflict) {
			break
		}
	}
	if err != nil {
		return mingjing.Evidence{}, nil, kernel.Public(err)
	}
	return e, data, nil
}

// AgencyHoldings returns a page of what the actor's agency has supplied: references and
// states, which name nobody. A search by reference names the person, and is an entry of
// that resident's access log.
func (c *Agencies) AgencyHoldings(ctx context.Context, a mingjing.Actor, ref, cursor string) (mingjing.AgencyRecordsView, error) {
	const page = 50
	agency, err := kernel.AsOfficer(a)
	if err != nil {
		return mingjing.AgencyRecordsView{}, err
	}
	ref = strings.TrimSpace(ref)
	if len(ref) > 128 || len(cursor) > 200 {
		return mingjing.AgencyRecordsView{}, mingjing.NewError(mingjing.Invalid, "invalid_filter")
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.AgencyRecordsView, error) {
		v := mingjing.AgencyRecordsView{Ref: ref, Holdings: []mingjing.AgencyHolding{}}
		if ref == "" {
			var err error
			if v.Holdings, v.Next, err = db(t).Holdings(ctx, agency, cursor, page); err == nil && cursor == "" {
				v.Unmatched, err = db(t).Unmatched(ctx, agency, mingjing.MaxUnmatched)
			}
			return v, err
		}
		records, listings, err := db(t).HeldByRef(ctx, agency, ref, "", page)
		if err != nil {
			return v, err
		}
		named := func(rd *kernel.Reader, h mingjing.AgencyHolding, resident mingjing.ResidentID) error {
			r, err := read(rd).Resident(ctx, resident)
			if err != nil {
				return err
			}
			h.Resident = r.Name
			v.Holdings = append(v.Holdings, h)
			return nil
		}
		for _, id := range records {
			rd := t.As(c.city.Entry(c.city.Signed(a), "record", id, "record"))
			r, err := read(rd).Record(ctx, id)
			if err == nil {
				err = named(rd, mingjing.AgencyHolding{Kind: "record", Ref: r.Ref, Code: r.Code, State: string(r.State)}, r.Resident)
			}
			if err != nil {
				return v, err
			}
		}
		for _, id := range listings {
			rd := t.As(c.city.Entry(c.city.Signed(a), "listing", id, "record"))
			l, err := read(rd).Listing(ctx, id)
			if err == nil {
				err = named(rd, mingjing.AgencyHolding{Kind: "listing", Ref: l.Ref, Code: l.Code, State: string(l.State)}, l.Resident)
			}
			if err != nil {
				return v, err
			}
		}
		return v, nil
	})
}
