package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/complaint"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
	"mingjing/server/casework/staff"
	"mingjing/server/casework/takeaway"
	"mingjing/server/store/pgtest"
	"mingjing/server/vault"
)

var why = mingjing.AccessEntry{At: day, Role: mingjing.RoleHandler, Who: "王经办", Action: "case", Subject: "d", Purpose: "dispute"}

func TestNothingIsReadWithoutAReason(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		read := func(rd casework.Reader) error {
			_, err := rd.Resident(t.Context(), r.ID)
			return err
		}
		if err := s.Tx(t.Context(), func(tx casework.Tx) error { return read(tx.As(kernel.Entry{})) }); !errors.Is(err, kernel.ErrNoReason) {
			t.Fatalf("read without a reason: %v", err)
		}
		must(t, s.Tx(t.Context(), func(tx casework.Tx) error {
			rd := tx.As(kernel.Entry{AccessEntry: why})
			must(t, read(rd))
			return read(rd)
		}))
		looks := mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.AccessEntry, error) {
			return tx.AccessEntries(ctx, r.ID, false, 0, 10)
		})
		if len(looks) != 1 || looks[0].Action != "case" || looks[0].Who != why.Who {
			t.Errorf("the log has %+v, want one look", looks)
		}
	})
}

func TestNothingIsReadWhenTheLogCannotBeWritten(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		if _, err := s.db.ExecContext(t.Context(), `ALTER TABLE look RENAME TO look_away`); err != nil {
			t.Fatal(err)
		}
		var got kernel.Resident
		err := s.Tx(t.Context(), func(tx casework.Tx) (err error) {
			got, err = tx.As(kernel.Entry{AccessEntry: why}).Resident(t.Context(), r.ID)
			return err
		})
		if err == nil || got.Name != "" || got.IDNumber != "" {
			t.Errorf("read %+v, %v", got, err)
		}
	})
}

func TestAPieceOfWorkIsOneLineOfTheLog(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		for _, work := range []string{"collect 1", "collect 1", "collect 2", "collect 1"} {
			must(t, s.Tx(t.Context(), func(tx casework.Tx) error {
				_, err := tx.As(kernel.Entry{AccessEntry: why, Work: work}).Resident(t.Context(), r.ID)
				return err
			}))
		}
		looks := mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.AccessEntry, error) {
			return tx.AccessEntries(ctx, r.ID, false, 0, 10)
		})
		if len(looks) != 2 {
			t.Errorf("%d lines for two pieces of work", len(looks))
		}
	})
}

func TestARepeatedLookIsOneLineOfOnesOwnLogAlone(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, mine, theirs := open(t, url), resident(1), resident(2)
		enrol(t, s, mine)
		enrol(t, s, theirs)
		look := func(name string, quiet bool) {
			t.Helper()
			must(t, s.Tx(t.Context(), func(tx casework.Tx) error {
				look := mingjing.AccessEntry{At: day, Role: mingjing.RoleResident, Action: "request", Purpose: "own"}
				rd := tx.As(kernel.Entry{AccessEntry: look, Own: mine.ID, Page: name, Quiet: quiet})
				for _, r := range []kernel.Resident{mine, theirs} {
					if got, err := rd.Resident(t.Context(), r.ID); err != nil || got.Name != r.Name {
						t.Fatalf("read %+v, %v", got, err)
					}
				}
				return nil
			}))
		}
		lines := func(r kernel.Resident) int {
			t.Helper()
			return len(mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.AccessEntry, error) {
				return tx.AccessEntries(ctx, r.ID, false, 0, 100)
			}))
		}
		for i, step := range []struct {
			name  string
			quiet bool
			want  int
		}{
			{"page 1", true, 1}, {"page 1", true, 1}, {"page 1", false, 2}, {"page 2", false, 3}, {"page 2", true, 3}, {"page 2", false, 4},
			{"page 3", true, 5},
		} {
			look(step.name, step.quiet)
			if got := lines(mine); got != step.want {
				t.Errorf("after step %d there are %d lines, want %d", i, got, step.want)
			}
			if got := lines(theirs); got != i+1 {
				t.Errorf("after step %d the other's log has %d lines, want %d", i, got, i+1)
			}
		}
		proven(t, s, mine.ID, 5)
	})
}

// whole fills one database with everything that is sealed.
func whole(t *testing.T, s *Store, residents ...kernel.Resident) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx *reader) error {
		for i, r := range residents {
			id := func(s string) string { return fmt.Sprint(s, i) }
			must(t, tx.AddResident(ctx, r))
			must(t, tx.AddConsent(ctx, r.ID, mingjing.Consent{ID: id("consent"), Rulebook: "rongcheng", GivenAt: day}))
			must(t, tx.AddRequest(ctx, request(r, id("q"))))
			must(t, tx.SetSource(ctx, id("q"), score.Source{Source: mingjing.Source{Agency: "court"}}))
			must(t, tx.PutRecord(ctx, record(r, id("c"))))
			must(t, tx.PutListing(ctx, listing(r, id("l"))))
			must(t, tx.AddScore(ctx, r.ID, mingjing.Score{ID: id("s"), At: day}))
			must(t, tx.AddCase(ctx, dispute(r, id("d"), id("c"))))
			must(t, tx.AddEvidence(ctx, id("d"), mingjing.Evidence{ID: id("e"), Name: "receipt", AddedAt: day},
				[]byte(strings.Repeat(r.Name, 5000))))
			must(t, tx.AddAnswerDocument(ctx, id("d"), mingjing.Evidence{ID: id("a"), Name: "answer", AddedAt: day}, []byte(r.Name)))
			must(t, tx.As(kernel.Entry{AccessEntry: why}).Log(ctx, r.ID))
			must(t, tx.AddNotice(ctx, aNotice(r, id("n"))))
			must(t, tx.SetNoticePrefs(ctx, notice.Prefs{Resident: r.ID, Lang: "en"}))
			must(t, tx.PutDevice(ctx, device(r, id("p"), id("https://push.example/"), "")))
			must(t, tx.AddNote(ctx, id("d"), mingjing.Note{ID: id("note"), Text: r.Name, At: day}))
			must(t, tx.AddShare(ctx, aShare(r, id("h")), id("code")))
			must(t, tx.AddDraft(ctx, aDraft(r, id("draft"))))
			must(t, tx.AddDraftFile(ctx, id("draft"), mingjing.DraftFile{ID: id("f"), Name: r.Name, Size: 9}, day))
			must(t, tx.SetDraftData(ctx, id("f"), []byte(r.Name)))
			must(t, tx.AddShareView(ctx, shareView(r, id("v"), id("h"))))
			must(t, tx.AddInquiry(ctx, anInquiry(r, id("i"), 1, 0)))
			must(t, tx.AddComplaint(ctx, complaint.Row{Resident: r.ID, Complaint: mingjing.Complaint{ID: id("complaint"),
				Kind: mingjing.ComplaintRefused, State: mingjing.ComplaintFiled, FiledAt: day, Due: day}}))
			must(t, tx.PutMandate(ctx, mandateOf(r, id("m"), id("d"), resident(9).IDNumber)))
			must(t, tx.AddExport(ctx, takeaway.Export{Resident: r.ID, ExportJob: mingjing.ExportJob{ID: id("x"), AskedAt: day}}))
			must(t, tx.SetExportData(ctx, id("x"), []byte(r.Name)))
			must(t, tx.SetDeskCase(ctx, desk.Case{Dispute: id("d"), Handler: "h-1", Name: "王经办", Way: "next", TakenAt: day}))
			must(t, tx.AddRelative(ctx, desk.Relative{ID: id("rel"), Staff: "h-1", IDNumber: r.IDNumber, At: day}))
			must(t, tx.AddDeclaration(ctx, mingjing.Declaration{At: day.AddDate(0, 0, i)}))
			must(t, tx.AddBatch(ctx, intake.BatchRow{Agency: "court", ID: id("b"), Key: id("k"), At: day.AddDate(0, 0, i)}))
			must(t, tx.AddBatchPart(ctx, id("k"), 0, []mingjing.LineAnswer{{Line: 1, Ref: id("ref")}}))
			must(t, tx.PutBatchBody(ctx, id("k"), []byte(r.Name)))
			must(t, tx.AddUnmatched(ctx, "court", r.ID, mingjing.UnmatchedRecord{Ref: id("ref"), At: day}))
			must(t, tx.AddMember(ctx, staff.Member{StaffMember: mingjing.StaffMember{Login: id("h"), Name: "王经办"}}))
			must(t, tx.AddStaffEntry(ctx, mingjing.StaffEntry{Seq: int64(i) + 1, At: day, Login: id("h"), Name: "王经办"}))
			must(t, tx.AddComment(ctx, aComment(id("comment"))))
			must(t, tx.AddCommentAct(ctx, mingjing.CommentAct{Seq: int64(i) + 1, At: day, Comment: id("comment"), ByName: "王经办"}))
			must(t, tx.AddSending(ctx, sending(r, "content"), day, day))
			must(t, tx.SetSendingAnswer(ctx, sending(r, "content"), []byte(r.Name)))
			must(t, tx.AddProposal(ctx, mingjing.StaffProposal{ID: id("p"), Login: id("h"), Name: "王经办"}))
		}
		return nil
	})
}

// allOf reads everything of one resident and of the bureau, as a text.
func allOf(t *testing.T, s *Store, r kernel.Resident, i int) string {
	t.Helper()
	id := func(s string) string { return fmt.Sprint(s, i) }
	return mustGet(t, s, func(ctx context.Context, tx *reader) (string, error) {
		var out []string
		add := func(v any, err error) {
			t.Helper()
			must(t, err)
			out = append(out, fmt.Sprintf("%+v", v))
		}
		v1, err := tx.Resident(ctx, r.ID)
		add(v1, err)
		v2, err := tx.Consents(ctx, r.ID)
		add(v2, err)
		v3, err := tx.Request(ctx, id("q"))
		add(v3.ID, err)
		v4, err := tx.Sources(ctx, id("q"))
		add(len(v4), err)
		v5, err := tx.Record(ctx, id("c"))
		add(v5, err)
		v6, err := tx.Listing(ctx, id("l"))
		add(v6, err)
		v7, err := tx.Score(ctx, id("s"))
		add(v7, err)
		v8, err := tx.Case(ctx, id("d"))
		add(v8, err)
		v9, data, err := tx.EvidenceData(ctx, id("e"))
		add(v9, err)
		add(string(data), nil)
		v10, data, err := tx.EvidenceData(ctx, id("a"))
		add(v10, err)
		add(string(data), nil)
		v11, err := tx.AccessEntries(ctx, r.ID, false, 0, 5)
		add(v11, err)
		v12, err := tx.Notice(ctx, id("n"))
		add(v12, err)
		v13, err := tx.NoticePrefs(ctx, r.ID)
		add(v13, err)
		v14, err := tx.Devices(ctx, r.ID)
		add(v14, err)
		v15, err := tx.Notes(ctx, id("d"))
		add(v15, err)
		v16, err := tx.Relatives(ctx, "h-1")
		add(v16, err)
		v17, err := tx.Declarations(ctx, 5)
		add(v17, err)
		v18, err := tx.Batch(ctx, "court", id("b"))
		add(v18, err)
		v22, err := tx.BatchParts(ctx, id("k"))
		add(v22, err)
		v23, err := tx.BatchBody(ctx, id("k"))
		add(string(v23), err)
		v24, err := tx.Unmatched(ctx, "court", 9)
		add(v24, err)
		v19, _, err := tx.Holdings(ctx, "court", "", 9)
		add(v19, err)
		v20, err := tx.Cases(ctx, cases.CaseQuery{Limit: 9})
		add(v20, err)
		v21, err := tx.DeskCounts(ctx, day, day.AddDate(-1, 0, 0))
		add(v21, err)
		return strings.Join(out, "\n"), nil
	})
}

// Every sealed value is put in the place of every other one of its column.
func TestWhatIsCopiedToAnotherRowDoesNotOpen(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		a, b := resident(1), resident(2)
		whole(t, s, a, b)
		ctx := t.Context()
		for _, k := range allSealed {
			var rows []sealedRow
			do(t, s, func(ctx context.Context, raw *reader) (err error) {
				rows, err = raw.tx.sealedRows(ctx, "read", k, `WHERE `+k.contentColumn()+` IS NOT NULL ORDER BY `+strings.Join(k.key, ", "))
				return err
			})
			if len(rows) < 2 {
				t.Fatalf("%s.%s has %d rows: fill it in whole", k.table, k.contentColumn(), len(rows))
			}
			for i, r := range rows {
				other := rows[(i+1)%len(rows)]
				err := freely(ctx, s, func(raw *reader) error {
					opener := raw.tx.upkeep().opener
					at := opener.Open
					if k.file {
						at = opener.OpenFile
					}
					if _, err := at(ctx, r.owner, k.place(r.key...), r.content); err != nil {
						return fmt.Errorf("in its own place: %w", err)
					}
					_, err := at(ctx, other.owner, k.place(other.key...), r.content)
					if err == nil {
						t.Errorf("%s.%s of row %v opens in row %v", k.table, k.contentColumn(), r.key, other.key)
					}
					_, err = at(ctx, r.owner, k.place(other.key...), r.content)
					if err == nil {
						t.Errorf("%s.%s of row %v opens in row %v with its own keys", k.table, k.contentColumn(), r.key, other.key)
					}
					return nil
				})
				must(t, err)
			}
		}
	})
}

func TestEveryColumnThatIsSealedIsKnown(t *testing.T) {
	s := open(t, "sqlite::memory:")
	known := map[string]bool{}
	for _, k := range allSealed {
		known[k.table+"."+k.contentColumn()] = true
	}
	do(t, s, func(ctx context.Context, raw *reader) error {
		return raw.tx.rows(ctx, "list columns", func(rows *sql.Rows) error {
			var column string
			must(t, rows.Scan(&column))
			if !known[column] {
				t.Errorf("%s holds bytes and is not among what is sealed: add it to allSealed", column)
			}
			return nil
		}, `SELECT t.name || '.' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
			WHERE t.type = 'table' AND c.type = 'BLOB' AND t.name NOT LIKE 'river_%' AND t.name NOT LIKE 'sqlite_%'
			AND c.name NOT LIKE '%hash' AND t.name || '.' || c.name NOT IN ('keyset.wrapped', 'look.commitment',
			'law_file.data', 'login_wait.sealed', 'login_wait.answer')`) // published law is public, a browser has the key of its login
	})
}

func TestKeysAreRotatedWhileOthersWork(t *testing.T) {
	onEachAndOutside(t, func(t *testing.T, url string) {
		dir := t.TempDir()
		master, err := vault.OpenFile(filepath.Join(dir, "master.json"), testKey, "")
		must(t, err)
		same := func(o *Options) { o.Vault = vault.New(master) }
		s := open(t, url, same)
		a, b := resident(1), resident(2)
		whole(t, s, a, b)
		before := allOf(t, s, a, 0) + allOf(t, s, b, 1)
		// The other process has read the master key before.
		theirs, err := vault.OpenFile(filepath.Join(dir, "master.json"), testKey, "")
		must(t, err)
		other := open(t, url, func(o *Options) { o.Vault = vault.New(theirs) })
		check := func(when string) {
			t.Helper()
			for name, s := range map[string]*Store{"the same": s, "another": other} {
				if after := allOf(t, s, a, 0) + allOf(t, s, b, 1); after != before {
					t.Fatalf("%s: %s process reads something else", when, name)
				}
			}
		}
		check("before")
		_, err = master.Rotate()
		must(t, err)
		if n, err := s.UnderOther(t.Context()); n != 3 || err != nil {
			t.Fatalf("%d keysets under the old master key, %v", n, err)
		}
		check("with a new master key")
		if n, err := s.Rewrap(t.Context(), false); n != 3 || err != nil {
			t.Fatalf("%d keysets wrapped anew, %v", n, err)
		}
		if n, err := s.UnderOther(t.Context()); n != 0 || err != nil {
			t.Fatalf("%d keysets left, %v", n, err)
		}
		_, err = master.Retire()
		must(t, err)
		s.vault.Forget()
		other.vault.Forget()
		check("without the old master key")
		for range 2 { // the bureau's old key goes the second time
			if n, err := s.Renew(t.Context()); n != 3 || err != nil {
				t.Fatalf("%d keysets renewed, %v", n, err)
			}
			check("with new keys")
		}
	})
}

// What an earlier version has stored in the clear is sealed when it is opened.
func TestWhatIsFromBeforeIsSealed(t *testing.T) {
	for name, url := range map[string]func() string{
		"sqlite":   func() string { return "sqlite://" + filepath.Join(t.TempDir(), "store.db") },
		"postgres": func() string { return pgtest.Start(t) },
	} {
		t.Run(name, func(t *testing.T) {
			url := url()
			s := open(t, url)
			a, b := resident(1), resident(2)
			whole(t, s, a, b)
			before := allOf(t, s, a, 0)
			// As it was: the content in the clear, no keys, no columns for the bureau.
			must(t, freely(t.Context(), s, func(raw *reader) error {
				tx, ctx := raw.tx, t.Context()
				opener := tx.upkeep().opener
				for _, k := range allSealed {
					rows, err := tx.sealedRows(ctx, "read", k, "")
					must(t, err)
					for _, r := range rows {
						at := opener.Open
						if k.file {
							at = opener.OpenFile
						}
						plain, err := at(ctx, r.owner, k.place(r.key...), r.content)
						must(t, err)
						var content any = plain
						if k.column == "line" || k.column == "ref" {
							content = nil
						}
						must(t, tx.update(ctx, "unseal", `UPDATE `+k.table+` SET `+k.contentColumn()+` = ? WHERE `+strings.Join(k.key, " = ? AND ")+` = ?`,
							append([]any{content}, r.key...)...))
					}
				}
				for _, q := range []string{`DELETE FROM keyset`, `UPDATE dispute SET name_hash = NULL`,
					`UPDATE look SET leaf = NULL, commitment = NULL`, `DELETE FROM tree_hash`, `UPDATE tree_head SET size = 0`,
					`DELETE FROM counter WHERE name = 'sealed'`} {
					_, err := tx.exec(ctx, "undo", q)
					must(t, err)
				}
				return nil
			}))
			s = open(t, url)
			if after := allOf(t, s, a, 0); after != before {
				t.Errorf("reads\n%s\nbefore\n%s", after, before)
			}
			proven(t, s, a.ID, 1)
			found := mustGet(t, s, func(ctx context.Context, tx *reader) ([]cases.Case, error) {
				return tx.Cases(ctx, cases.CaseQuery{CaseFilter: mingjing.CaseFilter{Search: b.Name}, Limit: 9})
			})
			if len(found) != 1 || found[0].ID != "d1" {
				t.Errorf("a search by name finds %+v", found)
			}
			for _, k := range allSealed {
				do(t, s, func(ctx context.Context, raw *reader) error {
					rows, err := raw.tx.sealedRows(ctx, "read", k, "")
					for _, r := range rows {
						if !vault.Sealed(r.content) {
							t.Errorf("%s.%s of %v is not sealed", k.table, k.contentColumn(), r.key)
						}
					}
					return err
				})
			}
		})
	}
}

// BenchmarkRead reads a resident in a transaction of its own: the bare row, with sealing,
// and with the entry in the access log before it.
func BenchmarkRead(b *testing.B) {
	benchEach(b, func(b *testing.B, s *Store) {
		r := resident(1)
		enrol(b, s, r)
		for _, how := range []struct {
			name string
			read func(*tx) error
		}{
			{"bare", func(t *tx) error {
				_, err := t.sealedRow(b.Context(), "read", sealedResident, `WHERE id = ?`, string(r.ID))
				return err
			}},
			{"sealed", func(t *tx) error {
				_, err := t.upkeep().Resident(b.Context(), r.ID)
				return err
			}},
			{"sealed_and_logged", func(t *tx) error {
				_, err := t.as(kernel.Entry{AccessEntry: why}).Resident(b.Context(), r.ID)
				return err
			}},
		} {
			b.Run(how.name, func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					begin := time.Now()
					must(b, s.run(b.Context(), how.read))
					took = append(took, time.Since(begin))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
			})
		}
	})
}
