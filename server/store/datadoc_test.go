package store

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/complaint"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
	"mingjing/server/casework/share"
	"mingjing/server/casework/staff"
	"mingjing/server/casework/takeaway"
)

// sealedTypes are the types whose values are sealed, by column; nil for what is no record of
// fields: a file, or words as they came.
var sealedTypes = map[string]reflect.Type{
	"resident.doc": reflect.TypeFor[kernel.Resident](), "consent.doc": reflect.TypeFor[mingjing.Consent](),
	"request.doc": reflect.TypeFor[score.Request](), "source.doc": reflect.TypeFor[score.Source](),
	"record.doc": reflect.TypeFor[holding.Record](), "listing.doc": reflect.TypeFor[holding.Listing](),
	"score.doc": reflect.TypeFor[mingjing.Score](), "dispute.doc": reflect.TypeFor[cases.Case](),
	"evidence.doc": reflect.TypeFor[mingjing.Evidence](), "note.doc": reflect.TypeFor[mingjing.Note](),
	"look.doc": reflect.TypeFor[entryRow](), "notice.doc": reflect.TypeFor[notice.Notice](),
	"notice_prefs.doc": reflect.TypeFor[notice.Prefs](), "push_device.doc": reflect.TypeFor[notice.Device](),
	"mandate.doc": reflect.TypeFor[mandate.Mandate](), "share.doc": reflect.TypeFor[shareDoc](),
	"share_view.doc": reflect.TypeFor[share.View](), "export.doc": reflect.TypeFor[takeaway.Export](),
	"inquiry.doc": reflect.TypeFor[inquiry.Row](), "complaint.doc": reflect.TypeFor[complaint.Row](),
	"answer_document.doc": reflect.TypeFor[mingjing.Evidence](), "form_draft.doc": reflect.TypeFor[draftDoc](),
	"draft_file.doc": reflect.TypeFor[mingjing.DraftFile](), "dispute.line": reflect.TypeFor[cases.Case](),
	"desk_case.doc": reflect.TypeFor[staffName](), "relative.doc": reflect.TypeFor[desk.Relative](),
	"declaration.doc": reflect.TypeFor[mingjing.Declaration](), "staff_member.doc": reflect.TypeFor[staff.Member](),
	"staff_entry.doc": reflect.TypeFor[mingjing.StaffEntry](), "staff_proposal.doc": reflect.TypeFor[mingjing.StaffProposal](),
	"draft_comment_text.doc": reflect.TypeFor[mingjing.Comment](), "comment_act.doc": reflect.TypeFor[mingjing.CommentAct](),
	"batch.doc": reflect.TypeFor[intake.BatchRow](), "unmatched.doc": reflect.TypeFor[mingjing.UnmatchedRecord](),
	"sending.doc": nil, "batch_part.doc": nil, "batch_body.doc": nil, "record.ref": nil, "listing.ref": nil,
	"draft_data.doc": nil, "export_data.doc": nil, "evidence_data.doc": nil, "answer_document.data": nil,
}

// The classes of what stands in the database in the clear, by the names of columns. A new
// column belongs into one of them, or is sealed.
var inTheClear = map[string][]string{
	"open": {"rulebook", "zone", "from_on", "draft", "hashes", "law_file.data", "law_file.hash", "law_file.kind", "law_file.code",
		"law_file.version", "draft_comment.version", "cosigned.witness", "cosigned.note", "size", "tree_hash.hash", "tree_head.id",
		"tree_hash.id", "law_set.id"},
	"code": {"agency", "agency_stat.answer", "asked", "outcome", "feedback", "key_use", "kind", "state", "reason", "way", "place", "action",
		"late", "unlawful", "unexplained", "unfounded", "others", "allowed", "viewed", "accepted", "addressed", "guesses", "minutes", "letters",
		"days", "answer_days", "decide_days", "version", "n", "seq", "at_byte", "received", "leaf", "trimmed", "audience",
		"dispute.code", "record.code", "listing.code", "agency_stat.evidence", "desk", "desk_outcome", "desk_evidence", "refused",
		"representative.source"},
	"time": {"at", "asked_at", "created_at", "revoked_at", "ends_at", "late_from", "open_until", "filed_at", "due", "given_at", "withdrawn_at",
		"taken_at",
		"decided_at", "next_due", "very_late_at", "hidden_at", "letter_at", "activated_at", "code_until", "listed_at", "login_at", "erased_at",
		"added_at", "made_at", "expires_at", "saved_at", "free_at", "read_at", "until", "seen_at", "factor_at", "corrected_at", "next_try",
		"tstamp"},
	"pseudonym": {"id", "dispute_id", "resident_id", "organisation_id", "comment_id", "record_id", "listing_id", "file_id",
		"draft_id", "evidence_id", "export_id",
		"share_id", "request_id", "blob", "for_row", "subject", "work", "loose_blob.name", "batch.key", "batch_key", "counter.name",
		"master", "upkeep.name", "version_id", "is_applied"},
	"staff": {"staff_id", "handler_id", "login", "proposed_by", "confirmed_by"},
	"hash": {"id_hash", "key_hash", "name_hash", "code_hash", "ref_hash", "person_hash", "page_hash", "form_hash", "try_hash", "helper_hash",
		"endpoint_hash", "session_hash", "content_hash", "self_hash", "use_hash", "commitment", "comment_act.hash", "staff_entry.hash"},
	"sealed elsewhere": {"keyset.wrapped", "session_use.cookie", "login_wait.sealed", "login_wait.answer"},
}

// classNames are the classes, in the order in which the document explains them.
var classNames = []string{"open", "code", "time", "pseudonym", "staff", "hash", "sealed elsewhere", "sealed, resident", "sealed, bureau"}

func classOf(table, column string) string {
	for _, k := range allSealed {
		if k.table == table && k.contentColumn() == column {
			if k.owner == bureauOwner {
				return "sealed, bureau"
			}
			return "sealed, resident"
		}
	}
	for _, name := range []string{table + "." + column, column} {
		for class, names := range inTheClear {
			if slices.Contains(names, name) {
				return class
			}
		}
	}
	return ""
}

// fieldsOf returns the names of the fields of a sealed type, those of embedded types among
// them.
func fieldsOf(typ reflect.Type) (names []string) {
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			names = append(names, fieldsOf(f.Type)...)
		case !f.IsExported():
		case name != "":
			names = append(names, name)
		default:
			names = append(names, f.Name)
		}
	}
	return names
}

const dataDocument = "../../docs/data.md"

// dataIntro is the part of the document that is written by hand: everything before it.
const dataMark = "<!-- what follows is made by UPDATE=1 go test ./server/store -run ClassificationOfData -->\n"

func TestTheClassificationOfDataHasEachFieldOfTheDatabase(t *testing.T) {
	s := open(t, "sqlite::memory:")
	columns := map[string][]string{}
	query(t, s, func(r *sql.Rows) error {
		var table, column string
		err := r.Scan(&table, &column)
		columns[table] = append(columns[table], column)
		return err
	}, `SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'river_%' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid`)
	var out strings.Builder
	out.WriteString("| table | column | class | what is in it |\n|---|---|---|---|\n")
	used := map[string]bool{}
	for _, table := range slices.Sorted(maps.Keys(columns)) {
		for _, column := range columns[table] {
			class := classOf(table, column)
			if class == "" {
				t.Errorf("%s.%s has no class: seal it, or say what it is in inTheClear", table, column)
			}
			name, fields := table+"."+column, ""
			if strings.HasPrefix(class, "sealed, ") {
				typ, known := sealedTypes[name]
				used[name] = true
				switch {
				case !known:
					t.Errorf("%s is sealed, and its fields are not known: add its type to sealedTypes", name)
				case typ == nil:
					fields = "a file or words, as they came"
				default:
					fields = strings.Join(fieldsOf(typ), ", ")
				}
			}
			fmt.Fprintf(&out, "| `%s` | `%s` | %s | %s |\n", table, column, class, fields)
		}
	}
	for name := range sealedTypes {
		if !used[name] {
			t.Errorf("%s is not sealed any more", name)
		}
	}
	data, err := os.ReadFile(dataDocument)
	must(t, err)
	before, is, found := strings.Cut(string(data), dataMark)
	for _, class := range classNames {
		if !strings.Contains(before, "| "+class+" |") {
			t.Errorf("the document does not say what the class %q is", class)
		}
	}
	if is == out.String() {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatal("docs/data.md is not that of the code: run the test with UPDATE=1")
	}
	if !found {
		t.Fatal("the document lacks the mark")
	}
	must(t, os.WriteFile(dataDocument, []byte(before+dataMark+out.String()), 0o644))
}
