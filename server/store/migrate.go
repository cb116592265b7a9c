package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/rivermigrate"
)

// migrateWait bounds the time for bringing the tables up to date, waiting for
// other replicas that do the same included.
const migrateWait = 5 * time.Minute

func (s *Store) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, migrateWait)
	defer cancel()
	return s.eng.alone(ctx, s.db, func() error {
		if err := s.Ping(ctx); err != nil {
			return err
		}
		// The queue's tables come first: ours has an index on them.
		queue, err := rivermigrate.New(s.eng.driver(s.db), &rivermigrate.Config{Logger: s.quiet()})
		if err != nil {
			return fmt.Errorf("migrate the job queue: %w", err)
		}
		if _, err := queue.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return fmt.Errorf("migrate the job queue: %w", err)
		}
		ours, err := goose.NewProvider(s.eng.dialect(), s.db, s.eng.migrations(), goose.WithDisableGlobalRegistry(true),
			// Their numbers say which belong together, not when each was published.
			goose.WithAllowOutofOrder(true))
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if _, err := ours.Up(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if err := s.addOldLeaves(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if err := s.sealOld(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return nil
	})
}
