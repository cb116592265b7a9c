package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
	"mingjing/server/casework/takeaway"
	"mingjing/server/store/pgtest"
)

// TestJobsOfALivingProcessGoOnAfterPostgreSQLWasRestarted: the ends of their runs could
// not be written down.
func TestJobsOfALivingProcessGoOnAfterPostgreSQLWasRestarted(t *testing.T) {
	const n = 14
	pg := pgtest.StartServer(t)
	s := open(t, pg.Database(t, "restarted"))
	begun, goOn := make(chan string, 100), make(chan struct{})
	again := make(chan string, 100)
	restarted := make(chan struct{})
	work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
		select {
		case <-restarted:
			again <- j.ID
			return 0, nil
		default:
		}
		begun <- j.ID
		<-goOn
		return 0, nil
	})
	do(t, s, func(ctx context.Context, tx *reader) error {
		for i := range n {
			if err := tx.Enqueue(ctx, kernel.Job{Kind: score.JobScore, ID: fmt.Sprint(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	for range n {
		receive(t, begun, "the jobs")
	}
	eventually(t, "all queues are open, and there is a leader", func() bool { // an opening that is cut off ends the work
		var leaders, queues int
		must(t, s.db.QueryRow(`SELECT (SELECT count(*) FROM river_leader), (SELECT count(*) FROM river_queue)`).Scan(&leaders, &queues))
		return leaders == 1 && queues == len(jobQueues)
	})
	pg.Stop(t)
	close(goOn) // they end, which nobody can write down
	close(restarted)
	pg.Start(t)
	back := time.Now()
	late := time.After(5 * time.Second)
	for jobs(t, s, "state = 'running'") > 0 {
		select {
		case <-late:
			t.Fatalf("%d jobs are called running %v after PostgreSQL is back, though nobody runs them",
				jobs(t, s, "state = 'running'"), time.Since(back).Round(time.Second))
		case <-time.After(10 * time.Millisecond):
		}
	}
	// And what is asked for now is done now.
	do(t, s, func(ctx context.Context, tx *reader) error {
		return tx.Enqueue(ctx, kernel.Job{Kind: score.JobScore, ID: "new"})
	})
	for receive(t, again, "a new job") != "new" {
	}
}

// TestAJobWhoseBeginWasNeverHeardOfRunsAfterAll: the database says that this process runs
// it, but the answer was lost with the connection.
func TestAJobWhoseBeginWasNeverHeardOfRunsAfterAll(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		ran := make(chan string, 10)
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
			ran <- j.ID
			return 0, nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.Enqueue(ctx, kernel.Job{Kind: score.JobScore, ID: "known"}),
				tx.Enqueue(ctx, kernel.Job{Kind: score.JobScore, ID: "lost", At: time.Now().Add(time.Hour)}))
		})
		receive(t, ran, "a job")
		_, err := s.db.Exec(`UPDATE river_job SET state = 'running', attempt = 1,
			attempted_by = (SELECT attempted_by FROM river_job WHERE attempted_by IS NOT NULL LIMIT 1) WHERE state = 'scheduled'`)
		must(t, err)
		select {
		case id := <-ran:
			if id != "lost" {
				t.Errorf("%s ran", id)
			}
		case <-time.After(5 * time.Second):
			t.Error("nobody runs it, and it is called running")
		}
	})
}

// TestAJobThatRunsIsNotGivenBackMeanwhile: a job may take long.
func TestAJobThatRunsIsNotGivenBackMeanwhile(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		w := &worker{store: s, clientID: "me"}
		w.running.begin(7)
		w.running.begin(7) // given back and taken again before the first run ended
		w.running.end(7)
		if !w.running.has(7) {
			t.Error("a job that runs is called an orphan")
		}
		w.running.end(7)
		if w.running.has(7) {
			t.Error("a job that nobody runs is not an orphan")
		}
		if list, err := s.orphans(t.Context(), w); err != nil || len(list) != 0 {
			t.Errorf("%v, %v", list, err)
		}
	})
}

func TestManyJobsOfOneKindDoNotHoldUpAnother(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url, func(o *Options) { o.Workers = 1 })
		hang, done := make(chan struct{}), make(chan string, 10)
		defer close(hang)
		work(t, s, func(ctx context.Context, j kernel.Job) (time.Duration, error) {
			if j.ID == "hangs" {
				select {
				case <-hang:
				case <-ctx.Done():
				}
				return 0, nil
			}
			done <- j.Kind
			return 0, nil
		})
		for _, kind := range []string{score.JobCollect, cases.JobQuestion, notice.JobNotify, takeaway.JobExport, score.JobRescore} {
			do(t, s, func(ctx context.Context, tx *reader) error {
				for range 10 {
					if err := tx.Enqueue(ctx, kernel.Job{Kind: kind, ID: "hangs"}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		for _, kind := range []string{cases.JobClock, score.JobScore} {
			do(t, s, func(ctx context.Context, tx *reader) error {
				return tx.Enqueue(ctx, kernel.Job{Kind: kind, ID: "clock"})
			})
			if got := receive(t, done, "a clock"); got != kind {
				t.Errorf("%s is done in the place of %s", got, kind)
			}
		}
	})
}

// TestJobsWhoseTimeHasComeNeedNoLeaderOfTheQueue has somebody be the leader who does nothing, as
// after an election whose answer was lost.
func TestJobsWhoseTimeHasComeNeedNoLeaderOfTheQueue(t *testing.T) {
	s := open(t, pgtest.Start(t))
	if _, err := claim(t.Context(), s, "another"); err != nil { // it lives
		t.Fatal(err)
	}
	_, err := s.db.Exec(`INSERT INTO river_leader (elected_at, expires_at, leader_id, name)
		VALUES (now(), now() + interval '1 day', 'another', 'default')`)
	must(t, err)
	enqueue(t, s, kernel.Job{Kind: score.JobScore, ID: "q", At: time.Now().Add(time.Hour)})
	if n := jobs(t, s, "state = 'scheduled'"); n != 1 {
		t.Fatalf("%d jobs wait for their time", n)
	}
	_, err = s.db.Exec(`UPDATE river_job SET scheduled_at = now()`)
	must(t, err)
	begun := make(chan string, 10)
	work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
		begun <- j.ID
		return 0, nil
	})
	receive(t, begun, "the job")
	var leader string
	must(t, s.db.QueryRow(`SELECT leader_id FROM river_leader`).Scan(&leader))
	if leader != "another" {
		t.Errorf("%s is the leader", leader)
	}
}
