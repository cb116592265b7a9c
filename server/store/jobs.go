package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"sync"
	"time"

	"mingjing/server/casework/kernel"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

const (
	// wakeAfter is how long after its time a job that was put off is looked for: the
	// queue writes in batches that it is put off.
	wakeAfter = 60 * time.Millisecond
	// wakeWithin is the longest wait that ends with a look of its own. Who waits longer
	// does not mind the time between two polls.
	wakeWithin = time.Minute
	// fetchCooldown is the least time between two queries for jobs.
	fetchCooldown = 5 * time.Millisecond
	// leaderInterval is how often the queue's leader looks for scheduled jobs, and how
	// long before their time it makes them available (River's own constant).
	leaderInterval = 5 * time.Second
	// rescueGrace is how long after its timeout a running job is given up for
	// lost and run again.
	rescueGrace = 30 * time.Second
	// keepFinished is how long finished jobs stay in the table.
	keepFinished = time.Minute

	// firstRetry and maxRetry are the waits after a job's first failure, and after
	// many; each failure doubles it.
	firstRetry = 200 * time.Millisecond
	maxRetry   = time.Minute

	// maxJobField bounds a job's kind and id in bytes.
	maxJobField = 128
)

// jobArgs is a [kernel.Job] as the queue stores it. At is in microseconds
// since 1970; 0 is at once.
type jobArgs struct {
	Work string `json:"kind"`
	ID   string `json:"id"`
	At   int64  `json:"at"`
}

// Kind returns the queue's name for every job of casework's.
func (jobArgs) Kind() string { return "casework" }

// attempts is what a job remembers from one run to the next.
type attempts struct {
	Failed int `json:"failed"` // how often in a row
}

// newQueue makes a client of the job queue: one that works when work is set,
// else one that can only insert.
func (s *Store) newQueue(work *worker, announce *listener) (*river.Client[*sql.Tx], error) {
	config := &river.Config{
		Logger:      s.quiet(),
		MaxAttempts: math.MaxInt16, // the column's greatest; failures are counted elsewhere
		// A job whose time is near waits among those that are due, where the workers
		// look at its time, as the queue does itself with what is put off. Any other
		// stays scheduled, where no worker passes it, until the queue's leader brings it
		// there, which it does that long before its time.
		Hooks: []rivertype.Hook{river.HookInsertBeginFunc(func(_ context.Context, job *rivertype.JobInsertParams) error {
			if job.ScheduledAt == nil || time.Until(*job.ScheduledAt) < leaderInterval {
				job.State = rivertype.JobStateAvailable
			}
			return nil
		})},
	}
	driver := queueDriver{Driver: s.eng.driver(s.db), listener: announce}
	if work != nil {
		config.ID = work.clientID
		config.Queues = map[string]river.QueueConfig{}
		for _, q := range jobQueues {
			config.Queues[q.name] = river.QueueConfig{MaxWorkers: s.workers * q.times}
		}
		config.Workers = river.NewWorkers()
		config.FetchCooldown = fetchCooldown
		config.FetchPollInterval = s.poll
		config.JobTimeout = s.jobTimeout
		config.RescueStuckJobsAfter = s.jobTimeout + rescueGrace
		config.CompletedJobRetentionPeriod = keepFinished
		config.CancelledJobRetentionPeriod = keepFinished
		config.DiscardedJobRetentionPeriod = 24 * time.Hour
		if err := river.AddWorkerSafely(config.Workers, work); err != nil {
			return nil, err
		}
	}
	return river.NewClient(driver, config)
}

// Enqueue implements [casework.Tx]. The same job waiting already is enough.
func (t *tx) Enqueue(ctx context.Context, j kernel.Job) error {
	if j.Kind == "" || j.ID == "" || len(j.Kind) > maxJobField || len(j.ID) > maxJobField {
		return fmt.Errorf("store: enqueue a job: its kind has %d bytes and its id %d, wants 1 to %d", len(j.Kind), len(j.ID), maxJobField)
	}
	args := jobArgs{Work: j.Kind, ID: j.ID}
	queue := queueOf(j.Kind)
	opts := &river.InsertOpts{Queue: jobQueues[queue].name}
	find := []any{j.ID, j.Kind}
	now := t.s.now()
	due := j.At.IsZero() || !j.At.After(now)
	var wake wakeSet
	if due {
		wake = 1 << queue
	} else {
		t.soon = append(t.soon, soon{1 << queue, j.At.Sub(now)})
		args.At = j.At.UnixMicro()
		// The queue itself goes by the machine's clock.
		opts.ScheduledAt = time.Now().Add(j.At.Sub(now))
		find = append(find, args.At)
	}
	var waiting int64
	switch err := t.row(ctx, "find a waiting job", []any{&waiting}, t.s.eng.waitingJob(due), find...); {
	case err == nil:
		t.wake |= wake
		return nil
	case !errors.Is(err, kernel.ErrNotFound):
		return err
	}
	ctx, end := t.s.within(ctx)
	if _, err := t.s.queue.InsertTx(ctx, t.sql, args, opts); end(err) != nil {
		return t.wrapError("enqueue a job", err)
	}
	t.wake |= wake
	return nil
}

// Work implements [casework.Store]. When ctx ends, the contexts of running jobs
// end too; what they leave undone is given back for the next to work. It returns
// nil then, or an error when jobs did not return within ten seconds. The error
// of a job is logged, and the wait before it runs again doubles from 200 ms to a
// minute, for as long as it fails. A run that takes longer than
// [Options] JobTimeout is a failure.
func (s *Store) Work(ctx context.Context, fn func(ctx context.Context, job kernel.Job) (wait time.Duration, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	returned := make(chan struct{})

	s.mu.Lock()
	if s.stop != nil {
		s.mu.Unlock()
		return ErrWorking
	}
	announce := newListener()
	s.wakeup, s.stop, s.stopped = announce.announce, cancel, returned
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.wakeup, s.stop, s.stopped = nil, nil, nil
		s.mu.Unlock()
		close(returned)
	}()

	work := &worker{store: s, fn: fn, ending: ctx, logger: s.logger, clientID: "mingjing-" + rand.Text()}
	queue, err := s.newQueue(work, announce)
	if err != nil {
		return fmt.Errorf("store: make the job queue: %w", err)
	}
	done, err := s.eng.recover(ctx, s, work.clientID)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return s.sayAway(fmt.Errorf("store: give back the jobs of dead processes: %w", err))
	}
	defer done()
	looking := make(chan struct{})
	go func() {
		defer close(looking)
		var all sync.WaitGroup
		all.Go(func() { s.adoptOrphans(ctx, work) })
		all.Go(func() { s.moveFiles(ctx) })
		all.Go(func() { s.releaseJobs(ctx) })
		all.Wait()
	}()
	defer func() { cancel(); <-looking }()
	// The queue outlives ctx so that it can write down what the jobs left.
	if err := queue.Start(context.WithoutCancel(ctx)); err != nil {
		return s.sayAway(fmt.Errorf("store: start the job queue: %w", err))
	}
	<-ctx.Done()
	stopCtx, stopCancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
	defer stopCancel()
	if err := queue.StopAndCancel(stopCtx); err != nil {
		return fmt.Errorf("store: jobs did not stop: %w", err)
	}
	return nil
}

// wake makes the workers of this process look for jobs in some queues now.
func (s *Store) wake(queues wakeSet) {
	s.mu.Lock()
	wakeup := s.wakeup
	s.mu.Unlock()
	if wakeup != nil {
		wakeup(queues)
	}
}

// A soon is when jobs of some queues will be due.
type soon struct {
	queues wakeSet
	wait   time.Duration
}

// wakeIn makes the workers of this process look for jobs when they are due, unless that
// is long from now. Where no workers run then, nothing happens.
func (s *Store) wakeIn(in soon) {
	if in.wait <= wakeWithin {
		time.AfterFunc(in.wait+wakeAfter, func() { s.wake(in.queues) })
	}
}

// A worker runs every job of casework's.
type worker struct {
	river.WorkerDefaults[jobArgs]
	store    *Store
	fn       func(ctx context.Context, job kernel.Job) (time.Duration, error)
	ending   context.Context // ends when work is to stop
	logger   *slog.Logger
	clientID string
	running  runs
}

// Work runs one job once. A failure is put off like a wait, because the queue
// keeps the text of each error in the job's row and drops the job in the end.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	w.running.begin(job.ID)
	defer w.running.end(job.ID)
	var before attempts
	if out := job.Output(); len(out) > 0 {
		_ = json.Unmarshal(out, &before) // what can't be read counts as no failure
	}
	began, start := w.store.advance.total(), time.Now()
	ctx, span := w.store.traces.Begin(ctx, "job "+job.Args.Work, false)
	wait, err := w.run(ctx, job.Args)
	span.End(err != nil)
	w.store.jobRun(job.Args.Work, time.Since(start), err)
	after := attempts{}
	switch {
	case err != nil && w.ending.Err() != nil:
		return river.JobSnooze(0)
	case err != nil:
		after.Failed = before.Failed + 1
		wait = retryWait(after.Failed)
		w.logger.WarnContext(ctx, "job failed and will run again", slog.String("job", job.Args.Work),
			slog.String("id", job.Args.ID), slog.Int("failed", after.Failed), slog.Duration("wait", wait), slog.Any("err", err))
	case wait <= 0:
		return nil
	}
	if after != before {
		if err := river.RecordOutput(ctx, after); err != nil {
			w.logger.WarnContext(ctx, "job's failures can't be counted", slog.String("id", job.Args.ID), slog.Any("err", err))
		}
	}
	wait = w.store.advance.snooze(job.ID, began, wait)
	w.store.wakeIn(soon{1 << queueOf(job.Args.Work), wait})
	return river.JobSnooze(wait)
}

func (w *worker) run(ctx context.Context, args jobArgs) (wait time.Duration, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("job panicked: %v\n%s", v, debug.Stack())
		}
	}()
	job := kernel.Job{Kind: args.Work, ID: args.ID}
	if args.At != 0 {
		job.At = time.UnixMicro(args.At).UTC()
	}
	return w.fn(ctx, job)
}

// retryWait returns how long to wait after so many failures in a row.
func retryWait(failed int) time.Duration {
	if failed > 16 {
		return maxRetry
	}
	return min(firstRetry<<(failed-1), maxRetry)
}

// A queueDriver is the queue's own driver with announcements made inside this
// process, where the driver would have to poll.
type queueDriver struct {
	riverdriver.Driver[*sql.Tx]
	listener *listener
}

// SupportsListener reports whether announcements arrive.
func (d queueDriver) SupportsListener() bool { return d.listener != nil }

// SupportsListenNotify reports whether the database need not announce.
func (d queueDriver) SupportsListenNotify() bool { return false }

// GetListener returns where announcements arrive.
func (d queueDriver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return d.listener
}

// A listener tells the queues that a job was committed.
type listener struct {
	mu        sync.Mutex
	queues    wakeSet
	committed chan struct{}
}

func newListener() *listener { return &listener{committed: make(chan struct{}, 1)} }

func (l *listener) announce(queues wakeSet) {
	l.mu.Lock()
	l.queues |= queues
	l.mu.Unlock()
	select {
	case l.committed <- struct{}{}:
	default: // it is about to look anyway
	}
}

// next returns the name of a queue that was announced, if one was.
func (l *listener) next() (name string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n, q := range jobQueues {
		if l.queues&(1<<n) != 0 {
			l.queues &^= 1 << n
			return q.name, true
		}
	}
	l.queues = 0
	return "", false
}

// WaitForNotification waits for the next announcement.
func (l *listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	for {
		if name, ok := l.next(); ok {
			return &riverdriver.Notification{Topic: "river_insert", Payload: `{"queue":"` + name + `"}`}, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.committed:
		}
	}
}

// The rest of a listener has nothing to do inside one process.

func (l *listener) Close(context.Context) error            { return nil }
func (l *listener) Connect(context.Context) error          { return nil }
func (l *listener) Listen(context.Context, string) error   { return nil }
func (l *listener) Ping(context.Context) error             { return nil }
func (l *listener) Schema() string                         { return "" }
func (l *listener) SetAfterConnectExec(string)             {}
func (l *listener) Unlisten(context.Context, string) error { return nil }

var (
	_ riverdriver.Driver[*sql.Tx] = queueDriver{}
	_ riverdriver.Listener        = (*listener)(nil)
	_ river.Worker[jobArgs]       = (*worker)(nil)
)

// quiet returns the logger for the queue: warnings and errors only.
func (s *Store) quiet() *slog.Logger { return slog.New(quietHandler{s.logger.Handler()}) }

type quietHandler struct{ slog.Handler }

// Enabled leaves out what is below a warning.
func (h quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the threshold.
func (h quietHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the threshold.
func (h quietHandler) WithGroup(name string) slog.Handler {
	return quietHandler{h.Handler.WithGroup(name)}
}
