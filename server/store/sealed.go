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

// A sealedColumn is a column of personal content. Each value is sealed with the keyset
// of the row's owner and bound to its row.
type sealedColumn struct {
	table string
	// column is the name of the column; "" is "doc".
	column string
	// file says that the values are files, which are sealed as streams.
	file bool
	// moves says that files are moved into the store of files, where there is one.
	moves bool
	// key are the columns that identify the row, in the order in which they are bound to
	// the value.
	key []string
	// owner is the SQL expression for the resident's ID; [bureauOwner] for the bureau.
	owner string
}

// bureauOwner is the owner of rows that belong to no resident, as an SQL expression.
const bureauOwner = "''"

var (
	sealedResident = sealedColumn{table: "resident", key: []string{"id"}, owner: "id"}
	sealedConsent  = sealedColumn{table: "consent", key: []string{"id"}, owner: "resident_id"}
	sealedRequest  = sealedColumn{table: "request", key: []string{"id"}, owner: "resident_id"}
	sealedSource   = sealedColumn{table: "source", key: []string{"request_id", "agency"},
		owner: "(SELECT resident_id FROM request WHERE request.id = request_id)"}
	sealedRecord   = sealedColumn{table: "record", key: []string{"id"}, owner: "resident_id"}
	sealedListing  = sealedColumn{table: "listing", key: []string{"id"}, owner: "resident_id"}
	sealedScore    = sealedColumn{table: "score", key: []string{"id"}, owner: "resident_id"}
	sealedCase     = sealedColumn{table: "dispute", key: []string{"id"}, owner: "resident_id"}
	sealedEvidence = sealedColumn{table: "evidence", key: []string{"id"}, owner: "resident_id"}
	sealedNote     = sealedColumn{table: "note", key: []string{"id"},
		owner: "(SELECT resident_id FROM dispute WHERE dispute.id = dispute_id)"}
	sealedEntry       = sealedColumn{table: "look", key: []string{"resident_id", "seq"}, owner: "resident_id"}
	sealedNotice      = sealedColumn{table: "notice", key: []string{"id"}, owner: "resident_id"}
	sealedNoticePrefs = sealedColumn{table: "notice_prefs", key: []string{"resident_id"}, owner: "resident_id"}
	sealedDevice      = sealedColumn{table: "push_device", key: []string{"id"}, owner: "resident_id"}
	sealedMandate     = sealedColumn{table: "mandate", key: []string{"id"}, owner: "resident_id"}
	sealedShare       = sealedColumn{table: "share", key: []string{"id"}, owner: "resident_id"}
	sealedShareView   = sealedColumn{table: "share_view", key: []string{"id"}, owner: "resident_id"}
	sealedExport      = sealedColumn{table: "export", key: []string{"id"}, owner: "resident_id"}
	sealedInquiry     = sealedColumn{table: "inquiry", key: []string{"id"}, owner: "resident_id"}
	sealedComplaint   = sealedColumn{table: "complaint", key: []string{"id"}, owner: "resident_id"}
	sealedSending     = sealedColumn{table: "sending", key: []string{"key_hash"}, owner: "coalesce(resident_id, '')"}
	sealedAnswerDoc   = sealedColumn{table: "answer_document", key: []string{"id"}, owner: "resident_id"}

	sealedEvidenceFile = sealedColumn{table: "evidence_data", file: true, moves: true, key: []string{"evidence_id"},
		owner: "(SELECT resident_id FROM evidence WHERE evidence.id = evidence_id)"}
	sealedDraft     = sealedColumn{table: "form_draft", key: []string{"id"}, owner: "COALESCE(resident_id, '')"}
	sealedDraftFile = sealedColumn{table: "draft_file", key: []string{"id"},
		owner: "(SELECT COALESCE(resident_id, '') FROM form_draft WHERE form_draft.id = draft_id)"}
	sealedDraftData = sealedColumn{table: "draft_data", file: true, key: []string{"file_id", "at_byte"},
		owner: "(SELECT COALESCE(resident_id, '') FROM form_draft JOIN draft_file ON draft_file.draft_id = form_draft.id " +
			"WHERE draft_file.id = file_id)"}

	sealedExportFile = sealedColumn{table: "export_data", file: true, moves: true, key: []string{"export_id"},
		owner: "(SELECT resident_id FROM export WHERE export.id = export_id)"}
	sealedAnswerFile = sealedColumn{table: "answer_document", column: "data", file: true, moves: true, key: []string{"id"},
		owner: "resident_id"}

	// What belongs to no resident, or says no more of one than that there is a case.
	sealedCaseSummary = sealedColumn{table: "dispute", column: "line", key: []string{"id"}, owner: bureauOwner}
	sealedRecordRef   = sealedColumn{table: "record", column: "ref", key: []string{"id"}, owner: bureauOwner}
	sealedListingRef  = sealedColumn{table: "listing", column: "ref", key: []string{"id"}, owner: bureauOwner}
	sealedDeskCase    = sealedColumn{table: "desk_case", key: []string{"dispute_id", "handler_id"}, owner: bureauOwner}
	sealedRelative    = sealedColumn{table: "relative", key: []string{"id"}, owner: bureauOwner}
	sealedDeclaration = sealedColumn{table: "declaration", key: []string{"at"}, owner: bureauOwner}
	sealedMember      = sealedColumn{table: "staff_member", key: []string{"login"}, owner: bureauOwner}
	sealedStaffEntry  = sealedColumn{table: "staff_entry", key: []string{"seq"}, owner: bureauOwner}
	sealedProposal    = sealedColumn{table: "staff_proposal", key: []string{"id"}, owner: bureauOwner}
	sealedComment     = sealedColumn{table: "draft_comment_text", key: []string{"comment_id"}, owner: bureauOwner}
	sealedCommentAct  = sealedColumn{table: "comment_act", key: []string{"seq"}, owner: bureauOwner}
	sealedBatch       = sealedColumn{table: "batch", key: []string{"agency", "at"}, owner: bureauOwner}
	sealedBatchPart   = sealedColumn{table: "batch_part", key: []string{"batch_key", "n"}, owner: bureauOwner}
	sealedBatchBody   = sealedColumn{table: "batch_body", key: []string{"batch_key", "n"}, owner: bureauOwner}
	sealedUnmatched   = sealedColumn{table: "unmatched", key: []string{"id"}, owner: bureauOwner}
)

// allSealed lists every sealed column.
var allSealed = []sealedColumn{
	sealedResident, sealedConsent, sealedRequest, sealedSource, sealedRecord, sealedListing, sealedScore, sealedCase,
	sealedEvidence, sealedNote, sealedEntry, sealedNotice, sealedNoticePrefs, sealedDevice, sealedInquiry, sealedComplaint, sealedAnswerDoc,
	sealedMandate, sealedShare, sealedShareView, sealedDraft, sealedDraftFile, sealedDraftData,
	sealedExport, sealedExportFile, sealedEvidenceFile, sealedAnswerFile,
	sealedCaseSummary, sealedRecordRef, sealedListingRef, sealedDeskCase, sealedRelative, sealedDeclaration, sealedBatch,
	sealedBatchPart, sealedBatchBody, sealedUnmatched,
	sealedSending, sealedMember, sealedStaffEntry, sealedProposal, sealedComment, sealedCommentAct,
}

func (k sealedColumn) contentColumn() string {
	if k.column == "" {
		return "doc"
	}
	return k.column
}

// blobColumn returns the SQL expression for the name of a row's object.
func (k sealedColumn) blobColumn() string {
	if k.moves {
		return "coalesce(blob, '')"
	}
	return "''"
}

// place returns the place of a row's value, by the values of its key.
func (k sealedColumn) place(key ...any) vault.Place {
	names := make([]string, len(key))
	for i, v := range key {
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		names[i] = fmt.Sprint(v)
	}
	return vault.Place{Table: k.table, Row: strings.Join(names, "/"), Column: k.contentColumn()}
}

// A sealedRow is a row with its content still sealed.
type sealedRow struct {
	owner   string
	key     []any
	content []byte
	// blob is the name of the object that has the content of a file; "" where content has it.
	blob string
}

// selects returns the start of a query for sealed rows, with more columns at the end.
// Method scan reads its rows.
func (k sealedColumn) selects(more ...string) string {
	columns := append([]string{k.owner, strings.Join(k.key, ", "), k.contentColumn(), k.blobColumn()}, more...)
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + k.table + " "
}

func (k sealedColumn) scan(rows interface{ Scan(dest ...any) error }, more ...any) (r sealedRow, err error) {
	r.key = make([]any, len(k.key))
	dest := make([]any, 0, len(k.key)+3)
	dest = append(dest, &r.owner)
	for i := range r.key {
		dest = append(dest, &r.key[i])
	}
	return r, rows.Scan(append(append(dest, &r.content, &r.blob), more...)...)
}

// session returns the vault's session of the transaction, which seals values and opens
// those of the bureau.
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

// addKeyset makes a keyset for an owner who has none, and reports whether it did.
func (t *tx) addKeyset(ctx context.Context, owner string) (made bool, err error) {
	wrapped, master, err := t.s.vault.NewKeyset(owner)
	if err != nil {
		return false, err
	}
	n, err := t.exec(ctx, "add a keyset", `INSERT INTO keyset (resident_id, wrapped, master) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, owner,
		wrapped, master)
	return n == 1, err
}

// seal returns the sealed content of a row. The owner is a resident, who is locked, or
// the bureau.
func (t *tx) seal(ctx context.Context, op string, k sealedColumn, owner mingjing.ResidentID, v any, key ...any) ([]byte, error) {
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
	return sealed, t.wrapError(op, err)
}

func (t *tx) sealFile(ctx context.Context, op string, k sealedColumn, owner mingjing.ResidentID, data []byte, key ...any) ([]byte, error) {
	if err := t.lockOwned(ctx, owner); err != nil {
		return nil, err
	}
	sealed, err := t.session().SealFile(ctx, string(owner), k.place(key...), data)
	return sealed, t.wrapError(op, err)
}

// lockOwned locks a resident before their keyset is used, so that it is not
// changed meanwhile.
func (t *tx) lockOwned(ctx context.Context, owner mingjing.ResidentID) error {
	if owner == vault.Bureau {
		return nil
	}
	return t.lock(ctx, owner)
}

// A source reads and opens sealed rows: a [tx], which opens those of the bureau alone,
// or a [reader].
type source interface {
	sealedRow(ctx context.Context, op string, k sealedColumn, rest string, args ...any) (sealedRow, error)
	sealedRows(ctx context.Context, op string, k sealedColumn, rest string, args ...any) ([]sealedRow, error)
	rows(ctx context.Context, op string, each func(*sql.Rows) error, query string, args ...any) error
	open(ctx context.Context, k sealedColumn, r sealedRow) ([]byte, error)
	wrapError(op string, err error) error
}

// open opens a value of the bureau.
func (t *tx) open(ctx context.Context, k sealedColumn, r sealedRow) ([]byte, error) {
	return t.session().OpenBureau(ctx, k.place(r.key...), r.content)
}

func unseal[T any](ctx context.Context, t source, k sealedColumn, r sealedRow) (v T, err error) {
	doc, err := t.open(ctx, k, r)
	return decode[T](doc, err)
}

// decode parses content that was opened.
func decode[T any](doc []byte, err error) (v T, _ error) {
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(doc, &v); err != nil {
		return v, fmt.Errorf("decode: %w", err)
	}
	return v, nil
}

// sealedRow returns the one row that a query finds; rest follows the selected columns.
func (t *tx) sealedRow(ctx context.Context, op string, k sealedColumn, rest string, args ...any) (sealedRow, error) {
	r, err := k.scan(t.queryRow(ctx, k.selects()+rest, args...))
	return r, t.wrapError(op, err)
}

// sealedRows returns all rows that a query finds. They are read before any is opened,
// since opening needs the connection.
func (t *tx) sealedRows(ctx context.Context, op string, k sealedColumn, rest string, args ...any) (list []sealedRow, err error) {
	err = t.rows(ctx, op, func(rows *sql.Rows) error {
		r, err := k.scan(rows)
		if list = append(list, r); len(list) > kernel.MaxList {
			return errTooMany
		}
		return err
	}, k.selects()+rest, args...)
	return list, err
}

// one returns the content of the one row that a query finds.
func one[T any](ctx context.Context, t source, op string, k sealedColumn, rest string, args ...any) (v T, err error) {
	r, err := t.sealedRow(ctx, op, k, rest, args...)
	if err != nil {
		return v, err
	}
	v, err = unseal[T](ctx, t, k, r)
	return v, t.wrapError(op, err)
}

// all returns the content of every row that a query finds.
func all[T any](ctx context.Context, t source, op string, k sealedColumn, rest string, args ...any) ([]T, error) {
	rows, err := t.sealedRows(ctx, op, k, rest, args...)
	if err != nil {
		return nil, err
	}
	list := make([]T, 0, len(rows))
	for _, r := range rows {
		v, err := unseal[T](ctx, t, k, r)
		if err != nil {
			return nil, t.wrapError(op, err)
		}
		list = append(list, v)
	}
	return list, nil
}

// groups returns the content of every row that a query finds, by the value of a column.
func groups[T any](ctx context.Context, t source, op string, k sealedColumn, by, rest string, args ...any) (map[string][]T, error) {
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
			return nil, t.wrapError(op, err)
		}
		list[names[i]] = append(list[names[i]], v)
	}
	return list, nil
}
