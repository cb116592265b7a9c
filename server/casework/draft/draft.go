package draft

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/evidence"
)

// SaveDraft stores what is typed into a form in the place of what was stored before, and
// adds files that came with it. A form without anything in it has no draft. It returns
// the draft's id, which is empty then. The errors are forbidden, the conflict drafts_full,
// and invalid_form with the field evidence where there are too many files; a file that
// can't be taken is in the draft, with the reason.
func (c *Drafts) SaveDraft(ctx context.Context, a mingjing.Actor, at Place, fields []mingjing.DraftField,
	uploads []evidence.Upload) (mingjing.FormDraft, error) {
	me, err := personOf(a)
	if err != nil {
		return mingjing.FormDraft{}, err
	}
	text := 0
	for _, f := range fields {
		text += len(f.Name) + len(f.Value)
	}
	if text > MaxText {
		return mingjing.FormDraft{}, errFull
	}
	checked := make([]checkedFile, 0, len(uploads))
	for _, u := range uploads {
		f, err := c.check(ctx, a, u)
		if err != nil {
			return mingjing.FormDraft{}, err
		}
		f.ID = kernel.NewID()
		checked = append(checked, f)
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.FormDraft, error) {
		now := c.city.Now().UTC()
		d := Stored{Person: me, Place: at, Fields: fields, SavedAt: now}
		out := mingjing.FormDraft{Page: at.Page, Form: at.Form, Fields: []mingjing.DraftField{}, Files: []mingjing.DraftFile{},
			SavedAt: now, Until: now.Add(mingjing.FormDraftKeep)}
		d.ID, err = db(t).DraftID(ctx, me, at)
		switch {
		case errors.Is(err, kernel.ErrNotFound) && blank(fields) && len(checked) == 0:
			return out, nil
		case errors.Is(err, kernel.ErrNotFound):
			d.ID, err = c.begin(ctx, t, d)
		case err == nil:
			var gone bool
			if gone, err = c.keep(ctx, t, d, len(checked)); gone {
				d.ID = ""
			}
		}
		if err != nil {
			return mingjing.FormDraft{}, err
		}
		out.ID = d.ID
		for _, f := range checked {
			if err := c.addFile(ctx, t, d.ID, f); err != nil {
				return mingjing.FormDraft{}, err
			}
		}
		return out, nil
	})
}

var errFull = mingjing.NewError(mingjing.Conflict, "drafts_full")

// blank reports whether nothing is typed.
func blank(fields []mingjing.DraftField) bool {
	for _, f := range fields {
		if strings.TrimSpace(f.Value) != "" {
			return false
		}
	}
	return true
}

// begin stores a new draft and returns its id.
func (c *Drafts) begin(ctx context.Context, t *kernel.Tx, d Stored) (string, error) {
	all, err := db(t).DraftIDs(ctx, d.Person, "")
	if err != nil {
		return "", err
	}
	if len(all) >= MaxDrafts {
		return "", errFull
	}
	d.ID = kernel.NewID()
	return d.ID, db(t).AddDraft(ctx, d)
}

// keep stores the fields of a draft that is there, with so many files to come. Where nothing
// is left it deletes the draft, and reports that.
func (c *Drafts) keep(ctx context.Context, t *kernel.Tx, d Stored, more int) (gone bool, err error) {
	if blank(d.Fields) && more == 0 {
		files, _, err := db(t).DraftFileCount(ctx, d.ID)
		if err != nil {
			return false, err
		}
		if files == 0 {
			return true, db(t).DeleteDraft(ctx, d.ID)
		}
	}
	return false, db(t).SetDraft(ctx, d)
}

// DraftsOn returns the drafts of the forms on a page: none for somebody who has none.
func (c *Drafts) DraftsOn(ctx context.Context, a mingjing.Actor, page string) ([]mingjing.FormDraft, error) {
	return c.drafts(ctx, a, page)
}

// OwnDrafts returns all drafts of an actor, the one that was saved last first.
func (c *Drafts) OwnDrafts(ctx context.Context, a mingjing.Actor) (mingjing.FormDrafts, error) {
	all, err := c.drafts(ctx, a, "")
	return mingjing.FormDrafts{Drafts: all}, err
}

// drafts returns the drafts on a page, or all. Where there are none nothing is opened, and
// nothing is logged.
func (c *Drafts) drafts(ctx context.Context, a mingjing.Actor, page string) ([]mingjing.FormDraft, error) {
	me, err := personOf(a)
	if err != nil {
		return nil, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) ([]mingjing.FormDraft, error) {
		ids, err := db(t).DraftIDs(ctx, me, page)
		if err != nil || len(ids) == 0 {
			return []mingjing.FormDraft{}, err
		}
		return allShown(ctx, t.As(c.entry(a, "")), ids)
	})
}

func allShown(ctx context.Context, rd *kernel.Reader, ids []string) ([]mingjing.FormDraft, error) {
	out := make([]mingjing.FormDraft, 0, len(ids))
	for _, id := range ids {
		d, err := shown(ctx, rd, id)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// DraftsOf returns all drafts of a resident, for what they take along.
func (c *Drafts) DraftsOf(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID) ([]mingjing.FormDraft, error) {
	p, err := personOf(mingjing.Actor{Role: mingjing.RoleResident, ID: string(me)})
	if err != nil {
		return nil, err
	}
	ids, err := db(rd).DraftIDs(ctx, p, "")
	if err != nil {
		return nil, err
	}
	return allShown(ctx, rd, ids)
}

// FileOf returns the content of a file of a draft, for what its resident takes along.
func (c *Drafts) FileOf(ctx context.Context, rd *kernel.Reader, id string) ([]byte, error) {
	return read(rd).DraftData(ctx, id)
}

// DiscardDraft deletes a draft of the actor's.
func (c *Drafts) DiscardDraft(ctx context.Context, a mingjing.Actor, id string) error {
	me, err := personOf(a)
	if err != nil {
		return err
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		if mine, err := db(t).DraftIs(ctx, id, me); err != nil || !mine {
			return cmp.Or(err, kernel.ErrNotFound)
		}
		return db(t).DeleteDraft(ctx, id)
	}))
}

// DraftSent deletes the draft of a form that was sent; that there is none is no error.
func (c *Drafts) DraftSent(ctx context.Context, a mingjing.Actor, at Place) error {
	me, err := personOf(a)
	if err != nil {
		return err
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		id, err := db(t).DraftID(ctx, me, at)
		if errors.Is(err, kernel.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return db(t).DeleteDraft(ctx, id)
	}))
}

// DraftUploads returns the files of the draft of a form, to be sent with it. The error is
// invalid_form with the field evidence for each that is not complete or was refused.
func (c *Drafts) DraftUploads(ctx context.Context, a mingjing.Actor, at Place) ([]evidence.Upload, error) {
	me, err := personOf(a)
	if err != nil {
		return nil, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) ([]evidence.Upload, error) {
		id, err := db(t).DraftID(ctx, me, at)
		if errors.Is(err, kernel.ErrNotFound) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
		if n, _, err := db(t).DraftFileCount(ctx, id); err != nil || n == 0 {
			return nil, err
		}
		rd := t.As(c.entry(a, id))
		files, err := read(rd).DraftFiles(ctx, id)
		if err != nil {
			return nil, err
		}
		var out []evidence.Upload
		var wrong []mingjing.FieldError
		for _, f := range files {
			switch f.State {
			case mingjing.DraftFileArriving:
				wrong = append(wrong, mingjing.FieldError{Field: "evidence", Code: "evidence_unfinished", File: evidence.ShownName(f.Name)})
			case mingjing.DraftFileRefused:
				wrong = append(wrong, mingjing.FieldError{Field: "evidence", Code: f.Why, File: evidence.ShownName(f.Name)})
			default:
				data, err := read(rd).DraftData(ctx, f.ID)
				if err != nil {
					return nil, err
				}
				out = append(out, evidence.Upload{Name: f.Name, Type: f.Type, Data: data, Pages: f.Pages, Stripped: f.Stripped,
					Scanned: f.Scanned})
			}
		}
		if wrong != nil {
			return nil, mingjing.InvalidFields(wrong...)
		}
		return out, nil
	})
}
