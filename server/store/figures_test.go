package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/upkeep"
)

func TestTheFiguresCountWhatIsOpenLateAndDue(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		now := day.Add(48 * time.Hour)
		s := open(t, url, func(o *Options) { o.Now = func() time.Time { return now } })
		for n := 1; n <= 4; n++ {
			enrol(t, s, resident(n))
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			for n := 1; n <= 3; n++ {
				q := request(resident(n), fmt.Sprint("q", n))
				q.CreatedAt = day.Add(time.Duration(n) * time.Hour)
				must(t, tx.AddRequest(ctx, q))
			}
			q := request(resident(4), "q4")
			must(t, tx.AddRequest(ctx, q))
			q.State, q.FinishedAt = mingjing.RequestReady, &day
			must(t, tx.SetRequest(ctx, q))
			for i, due := range []time.Duration{-time.Hour, time.Hour, -time.Hour} {
				id := fmt.Sprint("r", i)
				must(t, tx.PutRecord(ctx, record(resident(1), id)))
				d := dispute(resident(1), fmt.Sprint("d", i), id)
				d.NextDue = now.Add(due)
				d.Clocks[0].Due = d.NextDue
				if i == 2 {
					d.Clocks[0].VeryLateAt = now.Add(-time.Minute)
				}
				must(t, tx.AddCase(ctx, d))
			}
			for n, until := range map[int]time.Time{1: now.Add(CodeEndsSoon), 2: now.Add(CodeEndsSoon - 1000), 3: now.Add(-time.Hour), 4: now} {
				must(t, tx.AddEnrolment(ctx, resident(n).ID, true))
				must(t, tx.SetLetter(ctx, resident(n).ID, time.Time{}, day, activationCode, until))
			}
			must(t, second(tx.UseActivationCode(ctx, resident(4).ID, activationCode, now)))
			must(t, tx.SetCosigned(ctx, accesslog.Cosigned{Witness: "w+1+k", Size: 2, Note: "n"}))
			return nil
		})
		for session, owner := range map[string]mingjing.ResidentID{"a": resident(1).ID, "b": resident(2).ID, "c": ""} {
			must(t, s.UseSession(t.Context(), session, owner))
		}
		for session, at := range map[string]time.Time{"a": now.Add(-time.Minute), "b": now.Add(-time.Hour), "c": now} {
			must(t, s.execute(t.Context(), `UPDATE session_use SET seen_at = ? WHERE session_hash = ?`, micros(at), s.hash("session", session)))
		}
		for _, at := range []time.Time{day, day.Add(time.Hour)} {
			if ok, err := SetBackupDone(t.Context(), url, at.UnixMicro()); err != nil || !ok {
				t.Fatalf("the time of a backup is not stored: %v", err)
			}
		}
		enqueue(t, s, kernel.Job{Kind: "one", ID: "1"})
		enqueue(t, s, kernel.Job{Kind: "one", ID: "2"})
		enqueue(t, s, kernel.Job{Kind: "later", ID: "1", At: now.Add(240 * time.Hour)})

		f, err := s.Figures(t.Context())
		must(t, err)
		if len(f.Requests) != 1 || f.Requests[0] != (RequestFigure{"queued", 3, day.Add(time.Hour)}) {
			t.Errorf("the requests are %+v", f.Requests)
		}
		late := map[string]int64{}
		for _, c := range f.Cases {
			if c.State != string(mingjing.CaseFiled) {
				t.Errorf("a case is %s", c.State)
			}
			late[c.Lateness] = c.Count
		}
		if late["on_time"] != 1 || late["late"] != 1 || late["very_late"] != 1 {
			t.Errorf("the cases are %+v", f.Cases)
		}
		if len(f.Jobs) != 1 || f.Jobs[0].Kind != "one" || f.Jobs[0].Due != 2 || f.Jobs[0].OldestDue < 0 || f.DatedJobs != 1 {
			t.Errorf("the jobs are %+v, and %d wait for their time", f.Jobs, f.DatedJobs)
		}
		if f.ResidentSessions != 1 || f.StaffSessions != 1 {
			t.Errorf("%d sessions of residents and %d of staff", f.ResidentSessions, f.StaffSessions)
		}
		if !f.BackupAt.Equal(day.Add(time.Hour)) || f.Witnessed["w+1+k"] != 2 {
			t.Errorf("the backup is of %s, the witness has %v", f.BackupAt, f.Witnessed)
		}
		if want := (CodeFigures{Open: 1, Expiring: 1, Lapsed: 1}); f.Codes != want {
			t.Errorf("the activation codes are %+v, want %+v", f.Codes, want)
		}
		// One that ended is removed, and its letter counts all the same.
		do(t, s, func(ctx context.Context, tx *reader) error {
			return second(tx.RemoveOld(ctx, upkeep.ActivationCodes, now, 10))
		})
		if f, err = s.Figures(t.Context()); err != nil || f.Codes.Lapsed != 1 {
			t.Errorf("after it was removed there are %+v, %v", f.Codes, err)
		}
		size := f.LogSize
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{At: day, Action: "records"}}).Log(ctx, resident(1).ID)
		})
		if f, err = s.Figures(t.Context()); err != nil || f.LogSize != size+1 {
			t.Errorf("the log had %d entries and has %d, %v", size, f.LogSize, err)
		}
	})
}

func TestAJobThatFailsIsCounted(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		type run struct {
			kind string
			err  error
		}
		runs := make(chan run, 100)
		s := open(t, url, func(o *Options) {
			o.JobRun = func(kind string, _ time.Duration, err error) { runs <- run{kind, err} }
		})
		broken := errors.New("broken")
		enqueue(t, s, kernel.Job{Kind: "bad", ID: "1"})
		stop := work(t, s, func(context.Context, kernel.Job) (time.Duration, error) { return 0, broken })
		if r := receive(t, runs, "a run"); r.kind != "bad" || !errors.Is(r.err, broken) {
			t.Errorf("heard of %v", r)
		}
		eventually(t, "the failing job is counted", func() bool {
			f, err := s.Figures(t.Context())
			must(t, err)
			return len(f.Jobs) == 1 && f.Jobs[0].Kind == "bad" && f.Jobs[0].Failing == 1
		})
		stop()
	})
}

// TestTheFiguresLookAtNothingThatIsOver runs on SQLite, whose plan does not depend on what
// is in the tables.
func TestTheFiguresLookAtNothingThatIsOver(t *testing.T) {
	s := open(t, "sqlite::memory:")
	query, args := s.figuresQuery(day)
	got := plan(t, s, query, args...)
	for line := range strings.SplitSeq(got, "\n") {
		bounded := !strings.Contains(line, "SCAN") || strings.Contains(line, "CONSTANT ROW") || strings.Contains(line, "cosigned") || // few
			strings.Contains(line, "dispute USING COVERING INDEX dispute_figures") ||
			strings.Contains(line, "request USING COVERING INDEX request_open")
		for _, inner := range []string{"SCAN r", "SCAN d", "SCAN j", "SCAN s", "SCAN o", "SCAN f"} { // what was bounded below
			bounded = bounded || line == inner
		}
		// The first of an index.
		bounded = bounded || strings.Contains(line, "_by_age") || strings.Contains(line, "export_by_end") ||
			strings.Contains(line, "request_untrimmed") || strings.Contains(line, "_inside")
		if !bounded && !strings.HasPrefix(line, "SCAN p") && !strings.HasPrefix(line, "SCAN (") {
			t.Errorf("not bounded: %s\n%s", line, got)
		}
	}
	for _, index := range []string{"casework_job_dated", "request_open", "dispute_figures", "session_use_age"} {
		if !strings.Contains(got, index) {
			t.Errorf("%s is not used:\n%s", index, got)
		}
	}
}
