package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/vault"
)

// A kept is a table with a column of personal content, which is sealed with the
// keyset of the row's owner and bound to the row.
type kept struct {
	table string
	// column is "doc" unless said otherwise; a file is sealed as a stream.
	column string
	file   bool
	// key are the columns that name the row, in the order in which they bind it.
	key []string
	// owner is the SQL for the resident's id, '' for the bureau.
	owner string
}

// bureaus is the owner of rows that belong to no resident.
const bureaus = "''"

var (
	keptResident = kept{table: "resident", key: []string{"id"}, owner: "id"}
	keptConsent  = kept{table: "consent", key: []string{"id"}, owner: "resident_id"}
	keptRequest  = kept{table: "request", key: []string{"id"}, owner: "resident_id"}
	keptSource   = kept{table: "source", key: []string{"request_id", "agency"},
		owner: "(SELECT resident_id FROM request WHERE request.id = request_id)"}
	keptRecord      = kept{table: "record", key: []string{"id"}, owner: "resident_id"}
	keptListing     = kept{table: "listing", key: []string{"id"}, owner: "resident_id"}
	keptScore       = kept{table: "score", key: []string{"id"}, owner: "resident_id"}
	keptDispute     = kept{table: "dispute", key: []string{"id"}, owner: "resident_id"}
	keptEvidence    = kept{table: "evidence", key: []string{"id"}, owner: "resident_id"}
	keptNote        = kept{table: "note", key: []string{"id"}, owner: "(SELECT resident_id FROM dispute WHERE dispute.id = dispute_id)"}
	keptLook        = kept{table: "look", key: []string{"resident_id", "seq"}, owner: "resident_id"}
	keptNotice      = kept{table: "notice", key: []string{"id"}, owner: "resident_id"}
	keptNoticePrefs = kept{table: "notice_prefs", key: []string{"resident_id"}, owner: "resident_id"}
	keptDevice      = kept{table: "push_device", key: []string{"id"}, owner: "resident_id"}
	keptMandate     = kept{table: "mandate", key: []string{"id"}, owner: "resident_id"}
	keptShare       = kept{table: "share", key: []string{"id"}, owner: "resident_id"}
	keptShareView   = kept{table: "share_view", key: []string{"id"}, owner: "resident_id"}
	keptExport      = kept{table: "export", key: []string{"id"}, owner: "resident_id"}
	keptInquiry     = kept{table: "inquiry", key: []string{"id"}, owner: "resident_id"}
	keptAnswerDoc   = kept{table: "answer_document", key: []string{"id"}, owner: "resident_id"}

	keptEvidenceFile = kept{table: "evidence_data", file: true, key: []string{"evidence_id"},
		owner: "(SELECT resident_id FROM evidence WHERE evidence.id = evidence_id)"}
	keptExportFile = kept{table: "export_data", file: true, key: []string{"export_id"},
		owner: "(SELECT resident_id FROM export WHERE export.id = export_id)"}
	keptAnswerFile = kept{table: "answer_document", column: "data", file: true, key: []string{"id"}, owner: "resident_id"}

	// What belongs to no resident, or says no more of one than that there is a case.
	keptDisputeLine = kept{table: "dispute", column: "line", key: []string{"id"}, owner: bureaus}
	keptRecordRef   = kept{table: "record", column: "ref", key: []string{"id"}, owner: bureaus}
	keptListingRef  = kept{table: "listing", column: "ref", key: []string{"id"}, owner: bureaus}
	keptDeskCase    = kept{table: "desk_case", key: []string{"dispute_id", "handler_id"}, owner: bureaus}
	keptRelative    = kept{table: "relative", key: []string{"id"}, owner: bureaus}
	keptDeclaration = kept{table: "declaration", key: []string{"at"}, owner: bureaus}
	keptBatch       = kept{table: "batch", key: []string{"agency", "at"}, owner: bureaus}
)

// allKept is every sealed column there is.
var allKept = []kept{keptResident, keptConsent, keptRequest, keptSource, keptRecord, keptListing, keptScore, keptDispute, keptEvidence,
	keptNote, keptLook, keptNotice, keptNoticePrefs, keptDevice, keptInquiry, keptAnswerDoc, keptMandate, keptShare, keptShareView, keptExport,
	keptExportFile,
	keptEvidenceFile, keptAnswerFile, keptDisputeLine,
	keptRecordRef, keptListingRef, keptDeskCase, keptRelative, keptDeclaration, keptBatch}

func (k kept) content() string {
	if k.column == "" {
		return "doc"
	}
	return k.column
}

// place is where a row's content stands, by the values of its key.
func (k kept) place(key ...any) vault.Place {
	names := make([]string, len(key))
	for i, v := range key {
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		names[i] = fmt.Sprint(v)
	}
	return vault.Place{Table: k.table, Row: strings.Join(names, "/"), Column: k.content()}
}

// A sealedRow is a row as it was read.
type sealedRow struct {
	owner   string
	key     []any
	content []byte
}

// selects is the start of a query for sealed rows, with more columns; scan reads them.
func (k kept) selects(more ...string) string {
	columns := append([]string{k.owner, strings.Join(k.key, ", "), k.content()}, more...)
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + k.table + " "
}

func (k kept) scan(rows interface{ Scan(dest ...any) error }, more ...any) (r sealedRow, err error) {
	r.key = make([]any, len(k.key))
	dest := make([]any, 0, len(k.key)+2)
	dest = append(dest, &r.owner)
	for i := range r.key {
		dest = append(dest, &r.key[i])
	}
	return r, rows.Scan(append(append(dest, &r.content), more...)...)
}

// session seals what the transaction writes, and opens what is the bureau's.
func (t *tx) session() *vault.Session {
	if t.vault == nil {
		t.vault = t.s.vault.Session(t)
	}
	return t.vault
}

// Keyset implements [vault.KeyStore].
func (t *tx) Keyset(ctx context.Context, owner string) ([]byte, error) {
	var wrapped []byte
	err := t.row(ctx, "read a keyset", []any{&wrapped}, `SELECT wrapped FROM keyset WHERE resident_id = ?`, owner)
	return wrapped, err
}

// addKeyset makes an owner's keyset, unless there is one; made says which.
func (t *tx) addKeyset(ctx context.Context, owner string) (made bool, err error) {
	wrapped, master, err := t.s.vault.NewKeyset(owner)
	if err != nil {
		return false, err
	}
	n, err := t.exec(ctx, "add a keyset", `INSERT INTO keyset (resident_id, wrapped, master) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, owner,
		wrapped, master)
	return n == 1, err
}

// seal makes the content of a row, for its owner: a resident, who is locked, or
// the bureau.
func (t *tx) seal(ctx context.Context, op string, k kept, owner mingjing.ResidentID, v any, key ...any) ([]byte, error) {
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("store: %s: encode: %w", op, err)
	}
	if len(doc) > MaxDoc {
		return nil, fmt.Errorf("store: %s: content of %d bytes, at most %d are stored", op, len(doc), MaxDoc)
	}
	if err := t.lockOwned(ctx, owner); err != nil {
		return nil, err
	}
	sealed, err := t.session().Seal(ctx, string(owner), k.place(key...), doc)
	return sealed, t.failed(op, err)
}

func (t *tx) sealFile(ctx context.Context, op string, k kept, owner mingjing.ResidentID, data []byte, key ...any) ([]byte, error) {
	if err := t.lockOwned(ctx, owner); err != nil {
		return nil, err
	}
	sealed, err := t.session().SealFile(ctx, string(owner), k.place(key...), data)
	return sealed, t.failed(op, err)
}

// lockOwned locks a resident before their keyset is used, so that it is not
// changed meanwhile.
func (t *tx) lockOwned(ctx context.Context, owner mingjing.ResidentID) error {
	if owner == vault.Bureau {
		return nil
	}
	return t.lock(ctx, owner)
}

// A source is where sealed rows are read and opened: a transaction, which opens those of
// the bureau alone, or a [reader].
type source interface {
	sealedRow(ctx context.Context, op string, k kept, rest string, args ...any) (sealedRow, error)
	sealedRows(ctx context.Context, op string, k kept, rest string, args ...any) ([]sealedRow, error)
	rows(ctx context.Context, op string, each func(*sql.Rows) error, query string, args ...any) error
	open(ctx context.Context, k kept, r sealedRow) ([]byte, error)
	failed(op string, err error) error
}

// open opens what is the bureau's.
func (t *tx) open(ctx context.Context, k kept, r sealedRow) ([]byte, error) {
	return t.session().OpenBureau(ctx, k.place(r.key...), r.content)
}

func unseal[T any](ctx context.Context, t source, k kept, r sealedRow) (v T, err error) {
	doc, err := t.open(ctx, k, r)
	return decode[T](doc, err)
}

// decode reads content that was opened.
func decode[T any](doc []byte, err error) (v T, _ error) {
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(doc, &v); err != nil {
		return v, fmt.Errorf("decode: %w", err)
	}
	return v, nil
}

// sealedRow reads the only row that the rest of a query finds.
func (t *tx) sealedRow(ctx context.Context, op string, k kept, rest string, args ...any) (sealedRow, error) {
	r, err := k.scan(t.sql.QueryRowContext(ctx, t.s.eng.rebind(k.selects()+rest), args...))
	return r, t.failed(op, err)
}

// sealedRows reads all rows before any is opened, which needs the connection.
func (t *tx) sealedRows(ctx context.Context, op string, k kept, rest string, args ...any) (list []sealedRow, err error) {
	err = t.rows(ctx, op, func(rows *sql.Rows) error {
		r, err := k.scan(rows)
		if list = append(list, r); len(list) > kernel.MaxList {
			return errTooMany
		}
		return err
	}, k.selects()+rest, args...)
	return list, err
}

// one reads the content of the only row that the rest of a query finds.
func one[T any](ctx context.Context, t source, op string, k kept, rest string, args ...any) (v T, err error) {
	r, err := t.sealedRow(ctx, op, k, rest, args...)
	if err != nil {
		return v, err
	}
	v, err = unseal[T](ctx, t, k, r)
	return v, t.failed(op, err)
}

// all reads the content of every row that the rest of a query finds.
func all[T any](ctx context.Context, t source, op string, k kept, rest string, args ...any) ([]T, error) {
	rows, err := t.sealedRows(ctx, op, k, rest, args...)
	if err != nil {
		return nil, err
	}
	list := make([]T, 0, len(rows))
	for _, r := range rows {
		v, err := unseal[T](ctx, t, k, r)
		if err != nil {
			return nil, t.failed(op, err)
		}
		list = append(list, v)
	}
	return list, nil
}

// groups is all, by the value of a column.
func groups[T any](ctx context.Context, t source, op string, k kept, by, rest string, args ...any) (map[string][]T, error) {
	var (
		rows  []sealedRow // read before any is opened
		names []string
	)
	err := t.rows(ctx, op, func(found *sql.Rows) error {
		var name string
		r, err := k.scan(found, &name)
		rows, names = append(rows, r), append(names, name)
		if len(rows) > kernel.MaxList {
			return errTooMany
		}
		return err
	}, k.selects(by)+rest, args...)
	if err != nil {
		return nil, err
	}
	list := map[string][]T{}
	for i, r := range rows {
		v, err := unseal[T](ctx, t, k, r)
		if err != nil {
			return nil, t.failed(op, err)
		}
		list[names[i]] = append(list[names[i]], v)
	}
	return list, nil
}
