package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"mingjing"
	"mingjing/app/page"
	_ "mingjing/app/page/desk" // registers its pages
	_ "mingjing/app/page/plain"
	_ "mingjing/app/page/public"
	"mingjing/app/page/resident"
	"mingjing/logproof"
	"mingjing/server/agency"
	"mingjing/server/api"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/identity"
	"mingjing/server/ledger"
	"mingjing/server/letter"
	"mingjing/server/live"
	"mingjing/server/metrics"
	"mingjing/server/notify"
	"mingjing/server/statement"
	"mingjing/server/store"
	"mingjing/server/trace"
	"mingjing/server/vault"
)

// grace is how long open requests may take to end when the server stops.
const grace = 10 * time.Second

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

// A program is the server with all its parts open.
type program struct {
	Settings
	listener net.Listener
	handler  http.Handler
	casework *casework.Bureau
	store    *store.Store
	vault    *vault.Vault
	traces   *trace.Tracer // nil where no collector is set
	law      *publishedLaw
	hub      *live.Hub
	log      *slog.Logger
	metrics  net.Listener // nil where nobody scrapes
	figures  *metrics.Metrics
	ledger   *ledger.Ledger
	replayed int // how many residents were erased again at the opening
	accounts []demoAccount
	demo     *demoCity    // nil but for a demo city
	apart    atomic.Int64 // nanoseconds by which the clock is ahead of the database's
	stopping atomic.Bool  // no more requests are to be sent here
	wait     func(time.Duration)
	grace    time.Duration  // for open requests, when it stops
	closers  []func() error // the last one opened is closed first
}

func (p *program) onClose(fn func() error) { p.closers = append(p.closers, fn) }

// close closes every open part.
func (p *program) close() error {
	var errs []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	return errors.Join(errs...)
}

// open opens every part. When it fails it leaves nothing open.
func open(ctx context.Context, s Settings, logs io.Writer) (p *program, err error) {
	p = &program{Settings: s, wait: time.Sleep, grace: grace,
		log: slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: s.LogLevel}))}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.Data, err = filepath.Abs(s.Data); err != nil {
		return p, fmt.Errorf("DATA: %w", err)
	}
	if err := os.MkdirAll(p.Data, 0o700); err != nil {
		return p, fmt.Errorf("DATA: %w", err)
	}
	keys, err := readSecrets(p.Data)
	if err != nil {
		return p, err
	}
	// It comes first: the error of a port that is in use should come at once.
	if p.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.Addr); err != nil {
		return p, fmt.Errorf("ADDR: %w", err)
	}
	p.onClose(closeListener(p.listener))
	p.figures = metrics.New(p.log, s.lacksHops())
	if p.traces, err = trace.Open(ctx, s.TraceEndpoint, programVersion(), p.log); err != nil {
		return p, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	p.onClose(func() error {
		ctx, stop := context.WithTimeout(context.Background(), grace)
		defer stop()
		return p.traces.Close(ctx)
	})
	if s.MetricsAddr != "" {
		if p.metrics, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.MetricsAddr); err != nil {
			return p, fmt.Errorf("METRICS_ADDR: %w", err)
		}
		p.onClose(closeListener(p.metrics))
	}
	if p.law, err = readLaw(s.Rulebooks); err != nil {
		return p, err
	}

	live.LogTo(p.log)
	redis, closeRedis, err := live.OpenRedis(ctx, s.RedisURL)
	if err != nil {
		return p, err
	}
	p.onClose(closeRedis)
	var clock kernel.Clock = systemClock{}
	scale := 1
	if s.Demo {
		scale = s.DemoClockScale
		if p.demo, err = openDemo(ctx, p.Data, demoConfig{Books: p.law.inForce(time.Now()), Key: keys.AgencyKey, ClockScale: float64(scale),
			Instant: s.DemoInstant, Logger: p.log}); err != nil {
			return p, err
		}
		p.onClose(p.demo.Close)
		clock = p.demo.Time()
	}
	sealed, _, err := openVault(s, p.Data, keys)
	if err != nil {
		return p, err
	}
	p.vault = sealed
	blobs, err := s.openBlobs(p.figures.File)
	if err != nil {
		return p, fmt.Errorf("BLOB_URL: %w", err)
	}
	options := store.Options{IDKey: keys.IDKey, Vault: sealed, Now: clock.Now, Logger: p.log, JobRun: p.figures.Job, Traces: p.traces,
		Serve: true}
	if blobs != nil {
		options.Files = blobs
	}
	db, err := store.Open(ctx, s.databaseURL(p.Data), options)
	if errors.Is(err, store.ErrNoFileStore) {
		return p, fmt.Errorf("BLOB_URL: %w", err)
	} else if err != nil {
		return p, err
	}
	p.store = db
	p.onClose(db.Close)
	if err := p.checkClock(ctx); err != nil {
		return p, err
	}
	if err := db.CheckMaster(ctx); errors.Is(err, mingjing.ErrNoKeys) {
		return p, fmt.Errorf("MASTER_KEY: %w", err)
	} else if err != nil {
		return p, fmt.Errorf("the master key is not that of the database: %w", err)
	}
	if err := p.law.admit(ctx, db); err != nil {
		return p, err
	}
	who, err := identity.Open(ctx, identity.Config{
		PublicURL: s.KratosPublicURL, AdminURL: s.KratosAdminURL,
		Embedded: identity.Embedded{Bin: s.KratosBin, Dir: filepath.Join(p.Data, "kratos")},
		Redis:    redis, Alone: s.RedisURL == "", Logger: p.log, IDKey: keys.IDKey, SessionKey: keys.SessionKey,
		Uses: db, Attempts: db, Waits: db,
		IdleAfter: s.LockAfter, FreshLogin: s.FreshLogin, FloorTime: s.loginFloor, Words: guessable(p.law.Rulebooks)})
	if err != nil {
		return p, err
	}
	p.onClose(who.Close)

	asking := &asker{master: keys.AgencyKey, keys: func(ctx context.Context) (map[string]string, error) {
		return p.casework.Keys.AskingKeys(ctx) // nobody is asked before there is a bureau
	}}
	agencies := agency.Config{Key: keys.AgencyKey, Signer: asking.signer, Clock: clock, Logger: p.log, Traces: p.traces,
		PerAgency: s.AsksPerAgency, Total: s.Asks, Shared: db,
		Observe: func(agency string, op agency.Op, result string, took time.Duration) {
			p.figures.Answer(agency, string(op), result, took)
		}}
	if p.demo != nil {
		agencies.Directory = p.demo.Directory()
		// An agency that does not answer may not delay a short demo for long.
		agencies.Timeout = max(5*time.Second, 10*time.Minute/time.Duration(scale))
		agencies.Breaker.OpenFor = 5 * time.Second
	} else if agencies.Directory, err = agency.LoadDirectory(s.Agencies); err != nil {
		return p, fmt.Errorf("AGENCIES: %w", err)
	}
	offices := agency.New(agencies)
	p.onClose(offices.Close)

	notifier, err := notify.New(notify.Config{VAPIDKey: keys.VAPIDKey, Origin: p.url(), SMTPURL: s.SMTPURL,
		MailFrom: s.MailFrom, Local: s.PushLocal})
	if err != nil {
		return p, err
	}
	if p.ledger, err = s.newLedger(keys.LogKey); err != nil {
		return p, err
	}
	statements, err := statement.NewSigner(p.url(), keys.StatementKey, keys.StatementKeysBefore...)
	if err != nil {
		return p, err
	}
	issuer, err := statements.Metadata()
	if err != nil {
		return p, err
	}
	files, err := p.newFiles(ctx)
	if err != nil {
		return p, err
	}
	bus := &lateBus{}
	work := casework.Config{Store: db, Bus: bus, Agencies: offices, Printer: printer{p}, Ledger: p.ledger, Notifier: notifier,
		Clock: clock, Files: files,
		Erasures: &erasureFile{path: filepath.Join(p.Data, erasuresFile)}, Accounts: who, Logins: who,
		Books: p.law.Rulebooks, Kept: p.law.kept, Calendars: p.law.Calendars, ClockScale: scale, Figures: p.figures, Logger: p.log,
		ScoreReserve: s.ScoreReserve, Asks: kernel.Limits{PerAgency: s.AsksPerAgency, Total: s.Asks}}
	if p.demo != nil {
		work.Responder = p.demo
	}
	p.casework, err = casework.New(work)
	if err != nil {
		return p, err
	}
	if p.replayed, err = p.casework.Takeaway.ReplayErasures(ctx); err != nil {
		return p, err
	} else if p.replayed > 0 {
		p.log.Warn("a backup brought back who had left; they are erased again", "residents", p.replayed)
	}
	p.hub = live.New(live.Config{Redis: redis, Replay: p.casework.EventsAfter, Still: who.Ended, Logger: p.log,
		Received: func(e mingjing.Event) { p.figures.Event(e, clock.Now().Sub(e.At)) }})
	bus.hub = p.hub
	p.onClose(func() error {
		ctx, stop := context.WithTimeout(context.Background(), grace)
		defer stop()
		return p.hub.Close(ctx)
	})
	who.PersonBy(p.casework.Register.PasswordOwner)
	who.OnSecurity(p.tellSecurity)
	who.OnEnd(func(ctx context.Context, sessionID string, locked bool) {
		if err := p.hub.EndSession(ctx, sessionID); err != nil {
			p.log.Warn("close the streams of an ended session", "err", err)
		}
		if locked {
			return // neutral messages are still shown on the locked screen
		}
		if err := p.casework.Notices.EndSession(ctx, sessionID); err != nil {
			p.log.Warn("forget the devices of an ended session", "err", err)
		}
	})

	c := api.Config{Casework: p.casework, Identity: who, Live: p.hub, Render: page.Render, Title: page.Title,
		Letter: resident.LetterOf, CourtFile: resident.CourtFileOf, PDF: letter.PDF,
		Sign: statements.Sign, Issuer: issuer, QR: statement.QR,
		Intake: newKeyRing(p.casework, keys.AgencyKey, systemClock{}, func(ctx context.Context, key string) (identity.Quota, error) {
			return who.AllowOne(ctx, "intake", key, intakeRate)
		}).verify,
		IntakeRate:   api.Rate{Limit: intakeRate.Count, Per: intakeRate.Per},
		KeySecret:    func(k mingjing.AgencyKey) string { return hex.EncodeToString(secretOf(keys.AgencyKey, k)) },
		Allow:        func(ctx context.Context, use, addr string) error { return who.AllowFrom(ctx, use, addr, addressRate) },
		AllowComment: commentLimit(who),
		Public:       p.law.public, Origin: s.Origin, ProxyHops: s.ProxyHops, Counter: s.Counter, SecurityContact: s.SecurityContact,
		Logger: p.log, Spool: p.spool(), PerAddress: s.ConnectionsPerAddress, Together: db.Together, Counted: store.Counted,
		Observe: p.figures.Request, Security: p.figures.Security, Pseudonym: pseudonyms(keys.IDKey), Traces: p.traces,
		Ready: func(ctx context.Context) map[string]error {
			return missing(ctx, map[string]func(context.Context) error{
				api.PartDatabase: p.casework.Ready, api.PartIdentity: who.Ready, api.PartMasterKey: sealed.Ready,
				api.PartRedis:   func(ctx context.Context) error { return redis.Ping(ctx).Err() },
				api.PartWorkers: p.someoneWorks,
				api.PartFiles: func(ctx context.Context) error {
					if blobs == nil {
						return nil
					}
					return blobs.Ready(ctx)
				},
			})
		},
		Stopping: p.stopping.Load}
	if p.demo != nil {
		c.Demo = p.demo.Controls(p.casework, db)
		// Replicas that start at the same time settle it one after the other.
		if err := db.Alone(ctx, func() (err error) { p.accounts, err = p.demo.Settle(ctx, p.casework, who); return err }); err != nil {
			return p, err
		}
	}
	sources := metrics.Sources{Figures: db.Figures, Pools: db.Pools, Live: p.hub.Stats, Breakers: offices.Breakers,
		CalendarEnds: p.casework.City.CalendarEnds, JobKinds: p.casework.JobKinds(), Now: p.casework.City.Now,
		ClockApart: func() time.Duration { return time.Duration(p.apart.Load()) }}
	for _, w := range p.ledger.Witnesses() {
		sources.Witnesses = append(sources.Witnesses, w.Key())
	}
	p.figures.Read(sources)
	if s.Role == works {
		p.handler = api.Probes(c.Ready, c.Stopping, p.log)
		return p, nil
	}
	p.handler, err = api.New(c)
	return p, err
}

// closeListener returns a function that closes a listener, which a server may have closed
// already.
func closeListener(l net.Listener) func() error {
	return func() error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// lateBus lets casework be made before the hub, which replays from casework.
type lateBus struct{ hub *live.Hub }

func (b *lateBus) Publish(ctx context.Context, audience string, e mingjing.Event) error {
	return b.hub.Publish(ctx, audience, e)
}

// newLedger returns the signer of the access log; its name is the public host.
func (s Settings) newLedger(seed []byte) (*ledger.Ledger, error) {
	name := "mingjing"
	if u, err := url.Parse(s.Origin); err == nil && u.Host != "" {
		name = u.Host
	}
	key, err := logproof.NewKey(name, seed)
	if err != nil {
		return nil, fmt.Errorf("the key of the access log: %w", err)
	}
	witnesses, err := ledger.ParseWitnesses(s.Witnesses)
	if err != nil {
		return nil, fmt.Errorf("WITNESSES: %w", err)
	}
	return ledger.New(key, witnesses...), nil
}

// url returns the address at which a browser on this machine finds the server.
func (p *program) url() string {
	if p.Origin != "" {
		return p.Origin
	}
	addr := p.listener.Addr().String()
	if host, port, err := net.SplitHostPort(addr); err == nil {
		if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
			addr = net.JoinHostPort("127.0.0.1", port)
		}
	}
	return "http://" + addr
}

// run serves requests and runs jobs until ctx ends. Then it is not ready, goes on to
// serve for StopDelay, closes the listener, and lets open requests end.
func (p *program) run(ctx context.Context) error {
	listener := p.guarded()
	srv := p.httpServer(listener)
	told := ctx
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	if p.metrics != nil {
		figures := &http.Server{Handler: p.figures.Handler(), ReadHeaderTimeout: 10 * time.Second, WriteTimeout: time.Minute,
			ErrorLog: srv.ErrorLog}
		g.Go(func() error {
			if err := figures.Serve(p.metrics); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve the metrics: %w", err)
			}
			return nil
		})
		g.Go(func() error {
			<-ctx.Done()
			return figures.Close()
		})
	}
	if p.Role != serves {
		g.Go(func() error {
			if err := p.keepOn(ctx, p.casework.Work); err != nil {
				return fmt.Errorf("work: %w", err)
			}
			return nil
		})
	}
	g.Go(func() error { return p.watchLaw(ctx) })
	g.Go(func() error { return p.watchClock(ctx) })
	if p.demo != nil {
		g.Go(func() error { return p.demo.Run(ctx, p.casework) })
	}
	g.Go(func() error {
		p.casework.AccessLog.KeepWitnessed(ctx)
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		p.stopping.Store(true)
		if told.Err() != nil && p.Role != works { // it was told to stop, and no part has failed
			p.wait(p.StopDelay)
		}
		end, stop := context.WithTimeout(context.WithoutCancel(ctx), p.grace)
		defer stop()
		// The streams are closed once nobody can open another one here.
		hub := make(chan error, 1)
		srv.RegisterOnShutdown(func() { hub <- p.hub.Close(end) })
		if err := srv.Shutdown(end); err != nil {
			// A slow upload may take longer than anybody waits; its form is still with its sender.
			p.log.Warn("requests that did not end in time are cut off", "err", err)
			_ = srv.Close()
		}
		if err := <-hub; err != nil {
			p.log.Warn("streams that did not end in time are cut off", "err", err)
		}
		return nil
	})
	return g.Wait()
}

// describe says, on the terminal and in the log, which engines are used and what is
// strange about the settings.
func (p *program) describe(stdout io.Writer) {
	var used []any
	for _, e := range p.engines(p.Data) {
		fmt.Fprintf(stdout, "%-20s %s\n", e.role, e.name)
		used = append(used, slog.String(e.role, e.name))
	}
	p.log.Info("engines", used...)
	for _, note := range p.Notes {
		fmt.Fprintf(stdout, "note: %s\n", note)
		p.log.Warn("settings", "note", note)
	}
	fmt.Fprintln(stdout)
}

// beginAgain is how long after an engine was away the work that it ended begins again.
const beginAgain = time.Second

// keepOn runs something until ctx ends, and begins again where an engine was away: that
// ends no server. Any other error is returned.
func (p *program) keepOn(ctx context.Context, run func(context.Context) error) error {
	for {
		err := run(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // it was told to stop
		case mingjing.AwayCode(err) == "":
			return err
		}
		p.log.Warn("work begins again", "err", err)
		p.wait(beginAgain)
	}
}

// serve runs the serve command.
func serve(ctx context.Context, s Settings, stdout, stderr io.Writer) error {
	p, err := open(ctx, s, stderr)
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // stopped while starting is no failure
		}
		return err
	}
	fmt.Fprintln(stdout)
	fmt.Fprintln(stdout, p.Role.greeting(p.listener.Addr(), p.url()))
	fmt.Fprintln(stdout)
	p.describe(stdout)
	if p.accounts != nil {
		if err := printDemoAccounts(stdout, p.accounts); err != nil {
			p.log.Warn("print the demo accounts", "err", err)
		}
		fmt.Fprintf(stdout, "\nThe same list for programs: %s\n\n", filepath.Join(p.Data, "demo-accounts.json"))
	}
	if there, err := p.casework.Staff.Administrators(ctx); err == nil && len(there) == 0 {
		fmt.Fprint(stdout, "Nobody can log in yet: mingjing setup adds the first administrator.\n\n")
	}
	err = p.run(ctx)
	return errors.Join(err, p.close())
}
