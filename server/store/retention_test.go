package store

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
	"mingjing/server/casework/takeaway"
	"mingjing/server/casework/upkeep"
)

// countOf says how many rows of a kind there are, those that belong to them included.
var countOf = map[upkeep.Kind]string{
	upkeep.Events:          `SELECT count(*) FROM event`,
	upkeep.Sources:         `SELECT count(*) FROM source`,
	upkeep.Visits:          `SELECT count(*) FROM visit`,
	upkeep.Batches:         `SELECT count(*) FROM batch`,
	upkeep.CounterMisses:   `SELECT count(*) FROM counter_miss`,
	upkeep.ReadNotices:     `SELECT count(*) FROM notice WHERE read_at IS NOT NULL`,
	upkeep.UnreadNotices:   `SELECT count(*) FROM notice WHERE read_at IS NULL`,
	upkeep.ActivationCodes: `SELECT count(*) FROM enrolment WHERE code_hash IS NOT NULL`,
	upkeep.LetterFiles:     `SELECT count(*) FROM letter_file`,
	upkeep.Exports:         `SELECT (SELECT count(*) FROM export) + (SELECT count(*) FROM export_data)`,
	upkeep.Sendings:        `SELECT count(*) FROM sending`,
	upkeep.FormDrafts: `SELECT (SELECT count(*) FROM form_draft) + (SELECT count(*) FROM draft_file) +
		(SELECT count(*) FROM draft_data)`,
	upkeep.HiddenComments: `SELECT count(*) FROM draft_comment_text`,
}

// oneOfEach adds a row of each kind that is from this instant.
func oneOfEach(t *testing.T, s *Store, n int, at time.Time) {
	t.Helper()
	r := resident(n)
	enrol(t, s, r)
	do(t, s, func(ctx context.Context, tx *reader) error {
		_, err := tx.AddEvent(ctx, string(r.ID), mingjing.Event{Kind: mingjing.EventNotice, ID: "n", At: at})
		must(t, err)
		q := request(r, fmt.Sprint("q", n))
		q.CreatedAt = at
		must(t, tx.AddRequest(ctx, q))
		must(t, tx.SetSource(ctx, q.ID, score.Source{Source: mingjing.Source{Agency: "court", State: mingjing.SourceAnswered}}))
		q.State, q.FinishedAt = mingjing.RequestReady, &at
		must(t, tx.SetRequest(ctx, q))
		must(t, tx.AddVisit(ctx, desk.Visit{ID: fmt.Sprint("v", n), Staff: "h-1", Resident: r.ID, At: at}))
		must(t, tx.AddBatch(ctx, intake.BatchRow{Agency: "court", ID: fmt.Sprint("b", n), Key: fmt.Sprint("k", n), At: at}))
		must(t, tx.AddMiss(ctx, "h-1", at))
		must(t, tx.AddSending(ctx, sending(r, "content"), at, at))
		for i, read := range []*time.Time{nil, &at} {
			must(t, tx.AddNotice(ctx, notice.Notice{Notice: mingjing.Notice{ID: fmt.Sprint("n", n, "-", i), Kind: mingjing.NoticeScoreReady, At: at,
				ReadAt: read}, Resident: r.ID}))
		}
		d := aDraft(r, fmt.Sprint("d", n))
		d.SavedAt = at
		must(t, tx.AddDraft(ctx, d))
		must(t, tx.AddDraftFile(ctx, d.ID, mingjing.DraftFile{ID: fmt.Sprint("df", n)}, at))
		must(t, tx.SetDraftData(ctx, fmt.Sprint("df", n), []byte("data")))
		c := aComment(fmt.Sprint("c", n))
		must(t, tx.AddComment(ctx, c))
		c.State, c.Reason, c.HiddenAt = mingjing.CommentHidden, "insult", at
		must(t, tx.SetComment(ctx, c))
		e := takeaway.Export{Resident: r.ID}
		e.ID, e.MadeAt, e.ExpiresAt = fmt.Sprint("e", n), &at, &at
		must(t, tx.AddExport(ctx, e))
		must(t, tx.SetActivationCode(ctx, r.ID, "123456789012", at))
		must(t, tx.AddLetterFile(ctx, fmt.Sprint("f", n), at, 1))
		return nil
	})
}

func countAll(t *testing.T, s *Store) map[upkeep.Kind]int {
	t.Helper()
	counts := map[upkeep.Kind]int{}
	for _, kind := range upkeep.Kinds() {
		var n int
		must(t, s.db.QueryRowContext(t.Context(), countOf[kind]).Scan(&n))
		counts[kind] = n
	}
	return counts
}

func TestWhatIsPastItsTimeGoesAndTheRestStays(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url, func(o *Options) { o.Now = func() time.Time { return day } })
		for n, age := range []time.Duration{0, time.Hour, 24 * time.Hour} {
			oneOfEach(t, s, n+1, day.Add(-age))
		}
		before := countAll(t, s)
		for _, kind := range upkeep.Kinds() {
			if before[kind] < 3 {
				t.Fatalf("there are %d %s", before[kind], kind)
			}
			remove := func(limit int) (n int) {
				do(t, s, func(ctx context.Context, tx *reader) (err error) {
					n, err = tx.RemoveOld(ctx, kind, day.Add(-time.Minute), limit)
					return err
				})
				return n
			}
			// The oldest first, in steps of the given size, and never what is younger.
			for i, want := range []int{1, 1, 0} {
				if n := remove(1); n != want {
					t.Errorf("step %d removed %d %s, want %d", i+1, n, kind, want)
				}
			}
			if got, want := countAll(t, s)[kind], before[kind]/3; got != want {
				t.Errorf("%d of %d %s are left, want %d", got, before[kind], kind, want)
			}
		}
		f, err := s.Figures(t.Context())
		must(t, err)
		for _, kind := range upkeep.Kinds() {
			if late, ok := f.Overdue[kind]; !ok || late != 0 {
				t.Errorf("%s are overdue by %s (%t)", kind, late, ok)
			}
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			open := request(resident(1), "open")
			open.CreatedAt = day.Add(-1000 * 24 * time.Hour)
			must(t, tx.AddRequest(ctx, open))
			must(t, tx.SetSource(ctx, open.ID, score.Source{Source: mingjing.Source{Agency: "court", State: mingjing.SourceWaiting}}))
			if n, err := tx.RemoveOld(ctx, upkeep.Sources, day.Add(-time.Minute), 10); err != nil || n != 0 {
				t.Errorf("the sources of a request that is open go: %d, %v", n, err)
			}
			return nil
		})
	})
}

func TestHowLongOldRowsShouldHaveBeenGoneIsCounted(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		now := day
		s := open(t, url, func(o *Options) { o.Now = func() time.Time { return now } })
		oneOfEach(t, s, 1, day)
		for _, kind := range upkeep.Kinds() {
			now = day.Add(upkeep.KeptFor(kind) + 3*time.Hour)
			f, err := s.Figures(t.Context())
			must(t, err)
			if f.Overdue[kind] != 3*time.Hour {
				t.Errorf("%s are overdue by %s", kind, f.Overdue[kind])
			}
		}
	})
}

// TestTheTableOfRetentionSaysWhatTheProgramDoes compares docs/retention.md with the code.
func TestTheTableOfRetentionSaysWhatTheProgramDoes(t *testing.T) {
	text, err := os.ReadFile("../../docs/retention.md")
	must(t, err)
	stated := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|[^|]*\\| (\\d+) days? ").FindAllStringSubmatch(string(text), -1) {
		stated[m[1]] = m[2]
	}
	for _, kind := range upkeep.Kinds() {
		if want := fmt.Sprint(int(upkeep.KeptFor(kind).Hours()) / 24); stated[string(kind)] != want {
			t.Errorf("%s are kept for %s days, and the table says %q", kind, want, stated[string(kind)])
		}
	}
	if len(stated) != len(upkeep.Kinds()) {
		t.Errorf("the table has %d kinds", len(stated))
	}
}

func TestWhatIsPastItsTimeIsFoundByAnIndex(t *testing.T) {
	s := open(t, "sqlite::memory:")
	oneOfEach(t, s, 1, day)
	asked := asks(t, s, func(ctx context.Context, tx *reader) error {
		for _, kind := range upkeep.Kinds() {
			if n, err := tx.RemoveOld(ctx, kind, day.Add(time.Hour), 10); err != nil || n != 1 {
				t.Errorf("%d %s: %v", n, kind, err)
			}
		}
		return nil
	})
	for _, q := range asked {
		got := plan(t, s, q)
		for line := range strings.SplitSeq(got, "\n") {
			// The list of keys is read whole.
			if strings.HasPrefix(line, "SCAN") && !strings.Contains(line, "CONSTANT ROW") && !strings.Contains(line, "SUBQUERY") ||
				strings.Contains(line, "TEMP B-TREE") {
				t.Errorf("%s\n\tlooks through a table:\n%s", q, got)
			}
		}
	}
}
