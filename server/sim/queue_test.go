package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// A job is a row of the queue. The seed gives the rows to casework instead of the queue's
// own workers, whose polls would be a hundred thousand for each day of a history; it does
// with a row what they do: it says that the job runs, and then deletes it, or puts it off.
type job struct {
	kernel.Job
	row    int64
	due    time.Time // by the bubble's clock
	failed int
}

const rowTime = "2006-01-02 15:04:05.000"

// queue returns the jobs that wait, those first that are due first.
func (w *world) queue() ([]job, error) {
	rows, err := w.p.jobs.QueryContext(ctx, `SELECT id, CAST(args AS TEXT), attempt, substr(scheduled_at, 1, 23),
		coalesce(json_extract(CAST(metadata AS TEXT), '$.failed'), 0)
		FROM river_job WHERE state IN ('available', 'scheduled', 'retryable') ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []job
	for rows.Next() {
		var (
			j         job
			text, at  string
			attempts  int
			arguments struct {
				Kind, ID string
				At       int64
			}
		)
		if err := rows.Scan(&j.row, &text, &attempts, &at, &j.failed); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(text), &arguments); err != nil {
			return nil, err
		}
		j.Kind, j.ID = arguments.Kind, arguments.ID
		if arguments.At != 0 {
			j.At = time.UnixMicro(arguments.At).UTC()
		}
		switch {
		case attempts > 0:
			if j.due, err = time.Parse(rowTime, at); err != nil {
				return nil, err
			}
		case !j.At.IsZero():
			j.due = j.At.Add(-w.offset)
		}
		if late := []string{score.JobScore, score.JobCollect, score.JobAsk}; w.planted == scoreLate && slices.Contains(late, j.Kind) &&
			!j.due.IsZero() {
			j.due = j.due.Add(6 * time.Minute)
		}
		all = append(all, j)
	}
	slices.SortStableFunc(all, func(a, b job) int { return a.due.Compare(b.due) })
	return all, rows.Err()
}

// work begins a job.
func (w *world) work(j job) {
	p := w.p
	if _, err := p.jobs.ExecContext(ctx, `UPDATE river_job SET state = 'running', attempt = attempt + 1 WHERE id = ?`, j.row); err != nil {
		w.say("the queue can't begin %s: %v", j.Kind, err)
		time.Sleep(time.Second)
		return
	}
	w.did("job " + j.Kind)
	w.say("job %s %s begins", j.Kind, j.ID)
	w.inJobs++
	faults := w.faults
	go func() {
		var wait time.Duration
		err := safely(func() (err error) {
			wait, err = p.bureau.Do(context.WithoutCancel(ctx), j.Job)
			return err
		})
		w.inJobs--
		if p.gone() {
			return
		}
		w.say("job %s %s ends: %v, wait %s", j.Kind, j.ID, err, wait)
		if err != nil && w.faults == faults && !w.leavers.full {
			w.fail("job %s failed, and nothing else had: %v", j.Kind, err)
		}
		w.done(j, wait, err)
	}()
}

// done writes down how a run of a job ended.
func (w *world) done(j job, wait time.Duration, failed error) {
	query, args := `DELETE FROM river_job WHERE id = ?`, []any{j.row}
	if failed != nil {
		j.failed++
		wait = min(200*time.Millisecond<<min(j.failed-1, 10), time.Minute)
	} else {
		j.failed = 0
	}
	if wait == time.Hour && j.Kind == cases.JobQuestion {
		wait = w.askLater(j.ID)
	}
	if wait > 0 {
		query = `UPDATE river_job SET state = 'scheduled', metadata = json_object('failed', ?), scheduled_at = ? WHERE id = ?`
		args = []any{j.failed, time.Now().UTC().Add(wait + time.Millisecond).Format(rowTime), j.row}
	}
	if _, err := w.p.jobs.ExecContext(ctx, query, args...); err != nil {
		w.say("the queue can't note the end of %s: %v", j.Kind, err)
		w.stuck = true
	}
}

// askLater returns when an agency that has not answered is asked again: at its deadline at
// the latest. Once an hour would be most of a history.
func (w *world) askLater(id string) time.Duration {
	wait := time.Hour
	_ = w.peek(func(t casework.Tx, _ casework.Reader) error {
		d, err := t.CaseSummary(ctx, id)
		for _, k := range d.Clocks {
			if left := k.Due.Sub(w.Now()); cases.IsRunning(k) && (k.Code == "agency" || k.Code == "second") && left > wait {
				wait += time.Duration(w.rand.Int64N(int64(left-wait) + 1))
			}
		}
		return err
	})
	return wait
}

// rescue gives back jobs whose end could not be noted.
func (w *world) rescue() {
	if !w.stuck || w.inJobs > 0 {
		return
	}
	if _, err := w.p.jobs.ExecContext(ctx, `UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0), scheduled_at = ?
		WHERE state = 'running'`, time.Now().UTC().Format(rowTime)); err == nil {
		w.stuck = false
	}
}

func (j job) String() string { return fmt.Sprintf("%s %s", j.Kind, j.ID) }
