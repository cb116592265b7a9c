// Package demo is a city to try the product with: residents whose stories show
// what can go wrong, and the agencies that hold records on them, as real HTTP
// services on loopback that are prompt, slow, wrong and down.
//
// Everybody in it is invented. ID numbers use the area code 999999, which no one
// holds, and the dates of the stories are relative to [Config.Now], so that a
// record that is too old to count is too old whenever the city is started.
//
// The agencies speak the protocol of package agency and verify its signature.
// The package must not know how records are stored, scored or disputed: it is outside
// of the product. No other package of the server imports it but the program, which opens
// a [City] and hands the product what the city has for it: its agencies' addresses, its
// clock, its [City.Respond], and the [Controls] that move the clock. The city uses the
// product through what the parts of casework offer everybody ([City.Settle]).
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	desks "mingjing/server/casework/staff"
)

// DefaultClockScale is how many times faster than real time the city is: 24 hours pass
// in two minutes.
const DefaultClockScale = 720

// A Config has the settings of a city. A field that is zero has its default.
type Config struct {
	// Books are the rulebooks whose agencies the city has, each agency once. They
	// say who holds which catalogue code and which documents it needs.
	Books []*mingjing.Rulebook
	// Key is the master key of package agency; the default is a random one, to be
	// read from [City.Key].
	Key []byte
	// ClockScale divides every delay of the city; [DefaultClockScale].
	ClockScale float64
	// Instant makes every agency answer at once and none fail or be down, except
	// those of Down. Questions that a story leaves late or never stay so.
	Instant bool
	// Down are the agencies that are down all day. Nil means three that hold
	// nothing the stories need (none if Instant); an empty list means none.
	Down []string
	// Now is the day from which the stories are told; zero is the clock's.
	Now time.Time
	// Clock is what the agencies go by to check signatures and to date answers;
	// the default is the system's.
	Clock kernel.Clock
	// Logger gets messages about the agencies, by agency code; never about a person.
	Logger *slog.Logger
	// AccountsFile is where [Seed] keeps the accounts between starts; "" for
	// nowhere.
	AccountsFile string
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (c Config) withDefaults() Config {
	if c.ClockScale <= 0 {
		c.ClockScale = DefaultClockScale
	}
	c.Books = slices.DeleteFunc(slices.Clone(c.Books), func(b *mingjing.Rulebook) bool { return b.Of == mingjing.OfAgencies })
	if c.Clock == nil {
		c.Clock = systemClock{}
	}
	if c.Now.IsZero() {
		c.Now = c.Clock.Now()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if len(c.Key) == 0 {
		c.Key = make([]byte, 32)
		_, _ = rand.Read(c.Key) // never fails
	}
	return c
}

// A City is the running agencies.
type City struct {
	cfg        Config
	clock      *Clock // nil where [Open] has not opened it
	directory  map[string]string
	behaviours map[string]Behaviour

	stop    context.CancelFunc
	once    sync.Once
	serving sync.WaitGroup
	closers []func() error
}

// Open starts a city that keeps its clock and its accounts in a data folder. It sets
// Clock, Now and AccountsFile of the settings.
func Open(ctx context.Context, data string, cfg Config) (*City, error) {
	clock, err := OpenClock(filepath.Join(data, "demo-clock.json"))
	if err != nil {
		return nil, err
	}
	// The stories are told by the real time: moving the clock makes them older.
	cfg.Clock, cfg.Now, cfg.AccountsFile = clock, time.Now(), filepath.Join(data, "demo-accounts.json")
	c, err := Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	c.clock = clock
	return c, nil
}

// Start starts every agency of the books on a port of 127.0.0.1 of its own. They run
// until ctx ends or [City.Close] is called.
func Start(ctx context.Context, cfg Config) (*City, error) {
	cfg = cfg.withDefaults()
	if len(cfg.Key) < agency.MinKey {
		return nil, fmt.Errorf("start demo city: the key must have at least %d bytes", agency.MinKey)
	}
	codes := agencies(cfg.Books)
	if len(codes) == 0 {
		return nil, errors.New("start demo city: the rulebooks name no agency")
	}
	for _, d := range cfg.Down {
		if !slices.Contains(codes, d) {
			return nil, fmt.Errorf("start demo city: agency %q is to be down but is in no rulebook", d)
		}
	}
	data := newDataset(cfg.Books, cfg.Now)
	ctx, stop := context.WithCancel(ctx)
	c := &City{
		cfg:        cfg,
		directory:  make(map[string]string, len(codes)),
		behaviours: behaviours(codes, data.suppliers(), cfg),
		stop:       stop,
	}
	for _, code := range codes {
		if err := c.open(ctx, code, cfg, data.files[code]); err != nil {
			_ = c.Close()
			return nil, fmt.Errorf("start demo agency %s: %w", code, err)
		}
	}
	context.AfterFunc(ctx, func() { _ = c.Close() })
	return c, nil
}

// open starts one agency.
func (c *City) open(ctx context.Context, code string, cfg Config, f *file) error {
	b := c.behaviours[code]
	if b.Kind == Refuses {
		addr, release, err := deadPort()
		if err != nil {
			return err
		}
		c.closers = append(c.closers, release)
		c.directory[code] = "http://" + addr
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           newOffice(ctx, code, b, cfg, f),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelDebug),
	}
	c.closers = append(c.closers, srv.Close)
	c.directory[code] = "http://" + l.Addr().String()
	c.serving.Go(func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			cfg.Logger.Error("demo agency stopped", "agency", code, "error", err)
		}
	})
	return nil
}

// Time returns the clock of a city that was opened by [Open].
func (c *City) Time() *Clock { return c.clock }

// Controls let the city's staff move its clock, and with it the jobs of the product.
func (c *City) Controls(bureau *casework.Bureau, jobs Jobs) Controls {
	return Controls{City: bureau.City, Desk: bureau.Desk, Jobs: jobs, Time: c.clock}
}

// Settle enrols the city's people with [Seed], proposes the listings of the stories
// with [Propose], and returns all accounts. Where nobody was enrolled before, a handler
// looks somebody up too ([Look]).
func (c *City) Settle(ctx context.Context, bureau *casework.Bureau, identities Identities) ([]Account, error) {
	before, err := bureau.Register.Residents(ctx)
	if err != nil {
		return nil, fmt.Errorf("settle demo city: %w", err)
	}
	accounts, err := Seed(ctx, bureau.Register, identities, c.cfg)
	if err != nil {
		return nil, err
	}
	for _, s := range staff {
		if err := bureau.Staff.AdoptStaff(ctx, desks.Change{Login: s.login, Name: s.name, Role: s.role, Agency: s.agency,
			IDNumber: s.self}); err != nil {
			return nil, fmt.Errorf("settle demo city: adopt %s: %w", s.login, err)
		}
	}
	if err := Propose(ctx, bureau.Listings, c.cfg); err != nil {
		return nil, err
	}
	if before == 0 {
		return accounts, Look(ctx, bureau.Desk)
	}
	return accounts, nil
}

// Run has the city's agencies propose the listings of the stories anew until ctx ends
// ([KeepProposing]).
func (c *City) Run(ctx context.Context, bureau *casework.Bureau) error {
	return KeepProposing(ctx, bureau.Listings, c.cfg)
}

// Directory returns the base URL of every agency by its code, those that are down
// included.
func (c *City) Directory() map[string]string { return maps.Clone(c.directory) }

// Key returns the master key by which signatures are checked.
func (c *City) Key() []byte { return slices.Clone(c.cfg.Key) }

// Behaviours returns how the agencies behave, by code.
func (c *City) Behaviours() map[string]Behaviour { return maps.Clone(c.behaviours) }

// Close stops every agency and waits until they have stopped.
func (c *City) Close() error {
	var err error
	c.once.Do(func() {
		c.stop()
		for _, f := range c.closers {
			err = errors.Join(err, f())
		}
	})
	c.serving.Wait()
	return err
}

// agencies returns the codes of all agencies of the books, each once, sorted.
func agencies(books []*mingjing.Rulebook) []string {
	var codes []string
	for _, b := range books {
		for _, a := range b.Agencies {
			codes = append(codes, a.Code)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}
