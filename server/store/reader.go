package store

import (
	"context"
	"errors"
	"fmt"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/vault"
)

// A reader opens what is sealed for residents, in one transaction and for one entry of
// the access log. Each entry has a reader of its own; they may be used side by side.
type reader struct {
	*tx
	entry  kernel.Entry
	opener *vault.Opener
}

var (
	_ casework.Tx     = (*tx)(nil)
	_ casework.Reader = (*reader)(nil)
)

// As implements [casework.Tx].
func (t *tx) As(e kernel.Entry) casework.Reader { return t.as(e) }

func (t *tx) as(e kernel.Entry) *reader {
	r := &reader{tx: t, entry: e}
	r.opener = t.session().Opener(r.record)
	return r
}

// upkeep returns a reader that adds no entry. It is for the store's own upkeep of the
// access log, in which nobody sees what is opened.
func (t *tx) upkeep() *reader {
	r := &reader{tx: t}
	r.opener = t.session().Opener(func(context.Context, string) error { return nil })
	return r
}

// Log implements [casework.Reader].
func (t *reader) Log(ctx context.Context, resident mingjing.ResidentID) error {
	return t.opener.Record(ctx, string(resident))
}

// open opens a value of a resident, after the entry is in their access log.
func (t *reader) open(ctx context.Context, k sealedColumn, r sealedRow) ([]byte, error) {
	return t.opener.Open(ctx, r.owner, k.place(r.key...), r.content)
}

// openFor opens a value that two residents share. The entry is in the access log of by;
// "" is the owner.
func (t *reader) openFor(ctx context.Context, k sealedColumn, r sealedRow, by mingjing.ResidentID) ([]byte, error) {
	if by == "" {
		return t.open(ctx, k, r)
	}
	return t.opener.OpenFor(ctx, r.owner, string(by), k.place(r.key...), r.content)
}

func (t *reader) openFile(ctx context.Context, k sealedColumn, r sealedRow) ([]byte, error) {
	content, err := t.s.fileContent(ctx, r)
	if err != nil {
		return nil, err
	}
	return t.opener.OpenFile(ctx, r.owner, k.place(r.key...), content)
}

// record adds the entry to a resident's access log, unless the same piece of work or the
// same page has added it already.
func (t *reader) record(ctx context.Context, owner string) error {
	if t.entry.Action == "" {
		return fmt.Errorf("store: open what is kept of a resident: %w", kernel.ErrNoReason)
	}
	resident, name, again := mingjing.ResidentID(owner), t.entry.Work, false
	if t.entry.Page != "" && resident == t.entry.Own {
		name, again = t.entry.Page, !t.entry.Quiet
		// Two pages of one resident at once add one after the other.
		if err := t.lock(ctx, resident); err != nil {
			return err
		}
	}
	if name != "" {
		var one int
		err := t.row(ctx, "find a look", []any{&one}, `SELECT 1 FROM look WHERE resident_id = ? AND work = ?`, owner, name)
		switch {
		case err == nil && !again:
			return nil
		case err == nil:
			name = ""
		case !errors.Is(err, kernel.ErrNotFound):
			return err
		}
	}
	return t.addEntry(ctx, resident, t.entry.AccessEntry, name)
}
