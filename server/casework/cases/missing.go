package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/evidence"
)

// maxDocumentNumber is the most characters of the number of a document.
const maxDocumentNumber = 100

// A MissingFiling is what a resident sends to ask an agency for a record.
type MissingFiling struct {
	// Choice is a [mingjing.MissingChoice] by its Value.
	Choice string
	// Occurred is the day on the document, Number the document's number.
	Occurred, Number string
	Statement        string
	Evidence         []evidence.Upload
}

// MissingForm returns what a resident can ask for: everything of a rulebook that can only
// count for them, with the agencies that may hold it.
func (c *Cases) MissingForm(_ context.Context, a mingjing.Actor) (mingjing.MissingView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.MissingView{}, err
	}
	v := mingjing.MissingView{Choices: c.missingChoices(me)}
	v.Procedure = &c.city.Books()[0].Procedure
	return v, nil
}

func (c *Cases) missingChoices(me mingjing.ResidentID) []mingjing.MissingChoice {
	all := []mingjing.MissingChoice{}
	for _, b := range c.city.BooksOf(me.Subject()) {
		for _, item := range b.Catalogue {
			if item.Listing != "" || !helps(b, item) || c.CountsAgainst(item.Code) {
				continue
			}
			for _, agency := range b.Agencies {
				k := mingjing.MissingChoice{Agency: agency.Code, Code: item.Code}
				if slices.Contains(agency.Holds, item.Code) && !slices.Contains(all, k) {
					all = append(all, k)
				}
			}
		}
	}
	return all
}

// helps reports whether a rulebook gives points for an item.
func helps(b *mingjing.Rulebook, item mingjing.Item) bool {
	return item.Points > 0 || slices.ContainsFunc(b.Criteria, func(k mingjing.Criterion) bool {
		return slices.Contains(k.Items, item.Code) && k.Kind == mingjing.CriterionCount &&
			!slices.ContainsFunc(k.Table, func(r mingjing.TableRow) bool { return r.Points < 0 }) &&
			slices.ContainsFunc(k.Table, func(r mingjing.TableRow) bool { return r.Points > 0 })
	})
}

// AskForMissing files a request for a record that an agency has not sent. The errors are
// invalid_form with the fields missing, happened_on, document_number, statement and
// evidence; record_held (Conflict) where the record is held; and dispute_open (Conflict)
// where it was asked for and is not decided.
func (c *Cases) AskForMissing(ctx context.Context, a mingjing.Actor, in MissingFiling) (mingjing.Case, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.Case{}, err
	}
	f := Filing{Kind: mingjing.CaseMissing, Statement: in.Statement, Evidence: in.Evidence, Missing: &mingjing.MissingRecord{}}
	var wrong []mingjing.FieldError
	add := func(field, code string) { wrong = append(wrong, mingjing.FieldError{Field: field, Code: code}) }
	all := c.missingChoices(me)
	if i := slices.IndexFunc(all, func(k mingjing.MissingChoice) bool { return k.Value() == in.Choice }); i < 0 {
		add("missing", "missing_choice")
	} else {
		f.Missing.Agency, f.Missing.Code = all[i].Agency, all[i].Code
	}
	day, err := mingjing.ParseDate(strings.TrimSpace(in.Occurred))
	switch {
	case strings.TrimSpace(in.Occurred) == "":
		add("happened_on", "required")
	case err != nil || day > c.city.Today():
		add("happened_on", "invalid_date")
	}
	f.Missing.Occurred, f.Missing.Number = day, kernel.TypedLine(in.Number)
	switch {
	case f.Missing.Number == "" || !utf8.ValidString(f.Missing.Number):
		add("document_number", "required")
	case utf8.RuneCountInString(f.Missing.Number) > maxDocumentNumber:
		add("document_number", "too_long")
	}
	if wrong = append(wrong, f.Check()...); len(wrong) > 0 {
		return mingjing.Case{}, mingjing.InvalidFields(wrong...)
	}
	return c.file(ctx, a, f)
}

// checkMissing returns an error unless the record is not held, and nobody is asked for it.
func (c *Cases) checkMissing(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, m mingjing.MissingRecord) error {
	held, err := heldAlready(ctx, rd, me, m)
	if err != nil {
		return err
	}
	if held != nil && held.State != mingjing.RecordRemoved {
		return mingjing.NewError(mingjing.Conflict, "record_held")
	}
	all, err := read(rd).CasesOf(ctx, me, kernel.MaxList)
	if slices.ContainsFunc(all, func(d Case) bool {
		return d.State != mingjing.CaseDecided && d.Missing != nil && sameMissing(*d.Missing, m)
	}) {
		return ErrDisputeOpen
	}
	return err
}

func sameMissing(a, b mingjing.MissingRecord) bool {
	return a.Agency == b.Agency && a.Code == b.Code && a.Number == b.Number
}

// heldAlready returns the record with the document of a missing one; nil for none.
func heldAlready(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, m mingjing.MissingRecord) (*holding.Record, error) {
	records, err := read(rd).Records(ctx, me)
	for _, r := range records {
		if r.Agency == m.Agency && r.Code == m.Code && r.Document.Number == m.Number {
			return &r, err
		}
	}
	return nil, err
}

// followedIn returns the cases about missing records from which another one goes on.
func followedIn(all []Case) map[string]bool {
	followed := map[string]bool{}
	for _, d := range all {
		if d.Missing != nil && d.Previous != "" {
			followed[d.Previous] = true
		}
	}
	return followed
}

// proofOf returns the hash of the document behind a missing record: what its agency sent,
// or else the resident's first piece of evidence, in the case or in those before it. It is
// "" where there is none.
func (c *Cases) proofOf(ctx context.Context, rd *kernel.Reader, d Case) (hash string, supplied bool, err error) {
	for range maxChain {
		id := ""
		if d.Answer != nil && d.Answer.Position == mingjing.PositionSupplied && d.Answer.Document != nil {
			id, supplied = d.Answer.Document.ID, true
		} else {
			own, err := read(rd).Evidence(ctx, d.ID)
			if err != nil {
				return "", false, err
			}
			if len(own) > 0 {
				id = own[0].ID
			}
		}
		if id != "" {
			_, data, err := read(rd).EvidenceData(ctx, id)
			sum := sha256.Sum256(data)
			return hex.EncodeToString(sum[:]), supplied, err
		}
		if d.Previous == "" {
			break
		}
		if d, err = read(rd).Case(ctx, d.Previous); err != nil {
			return "", false, err
		}
	}
	return "", false, nil
}

// MayRuleMissing returns an error unless a request for a missing record may have the
// outcome. The agency must have had its time. What it sends is taken up; after its second
// silence the resident's own document is; and nothing is taken up that has no document.
func (c *Cases) MayRuleMissing(ctx context.Context, rd *kernel.Reader, d Case, o mingjing.Outcome) error {
	hash, supplied, err := c.proofOf(ctx, rd, d)
	switch {
	case err != nil:
		return err
	case d.Kind == mingjing.CaseMissing && d.State != mingjing.CaseAgencyAnswered && d.State != mingjing.CaseAgencyLost:
		return mingjing.NewError(mingjing.Conflict, "missing_waiting")
	case o == mingjing.OutcomeUpheld && hash == "":
		return mingjing.NewError(mingjing.Conflict, "missing_undocumented")
	case o == mingjing.OutcomeRejected && (supplied || d.State == mingjing.CaseAgencyLost && hash != ""):
		return mingjing.NewError(mingjing.Conflict, "missing_proven")
	}
	return nil
}

// TakeUpMissing puts the record of a request that was upheld among the resident's, unless
// its agency has submitted it meanwhile. Its document is what proved it.
func (c *Cases) TakeUpMissing(ctx context.Context, rd *kernel.Reader, d *Case, now time.Time) error {
	m := *d.Missing
	held, err := heldAlready(ctx, rd, d.Resident, m)
	if err != nil {
		return err
	}
	if held != nil && held.State != mingjing.RecordRemoved {
		d.RecordID = held.ID
		return nil
	}
	hash, _, err := c.proofOf(ctx, rd, *d)
	if err != nil {
		return err
	}
	if hash == "" {
		return errors.New("cases: a missing record without a document was upheld")
	}
	r := holding.Record{Resident: d.Resident, Ref: "missing-" + d.ID, Intake: true, Record: mingjing.Record{ID: kernel.NewID(),
		Agency: m.Agency, Code: m.Code, Subject: d.ResidentName, Occurred: m.Occurred, State: mingjing.RecordActive, DisputeID: d.ID,
		Document: mingjing.Document{Number: m.Number, Date: m.Occurred, Hash: hash}, CollectedAt: now}}
	for _, b := range c.city.BooksOf(d.Resident.Subject()) {
		item, ok := b.Item(m.Code)
		agency, known := b.Agency(m.Agency)
		if ok && known && len(item.Documents) > 0 {
			r.Document.Kind, r.Document.Issuer = item.Documents[0], agency.Name.In(mingjing.Languages[0])
			break
		}
	}
	if err := db(rd).PutRecord(ctx, r); err != nil {
		return err
	}
	d.RecordID = r.ID
	return rd.Emit(ctx, string(d.Resident), mingjing.EventRecord, r.ID, now)
}
