package live

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Time limits of Redis. The product works without Redis, so it does not wait for it
// longer than a person would notice.
const (
	redisDialTimeout = 2 * time.Second
	redisTimeout     = 2 * time.Second
)

// OpenRedis opens Redis at url, "redis://[user:password@]host:port/db" or
// "rediss://" for TLS. With url "" it runs one inside this process, on loopback
// behind a random password, so that there is one code path. The error is that of
// a url which cannot be read or of a listener that could not be opened; a Redis
// that is down is no error, since the product works without. The returned
// function closes the client, and the server inside the process if there is one.
func OpenRedis(ctx context.Context, url string) (redis.UniversalClient, func() error, error) {
	if url != "" {
		opt, err := redis.ParseURL(url)
		if err != nil {
			return nil, nil, fmt.Errorf("live: reading the Redis URL: %w", err)
		}
		client := redis.NewClient(withDefaults(opt))
		return client, client.Close, nil
	}

	server := miniredis.NewMiniRedis()
	password := rand.Text()
	server.RequireAuth(password)
	server.ClockTTL(true)
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, nil, fmt.Errorf("live: starting Redis inside the process: %w", err)
	}
	client := redis.NewClient(withDefaults(&redis.Options{Addr: server.Addr(), Password: password}))
	if err := client.Ping(ctx).Err(); err != nil {
		_ = client.Close()
		server.Close()
		return nil, nil, fmt.Errorf("live: reaching Redis inside the process: %w", err)
	}
	return client, func() error {
		err := client.Close()
		server.Close()
		return err
	}, nil
}

func withDefaults(opt *redis.Options) *redis.Options {
	opt.DialTimeout = redisDialTimeout
	opt.ReadTimeout = redisTimeout
	opt.WriteTimeout = redisTimeout
	opt.MaxRetries = 1
	opt.ContextTimeoutEnabled = true
	opt.DisableIdentity = true
	opt.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return opt
}

// LogTo sends the log of the Redis client to l, for every client of the process. Only
// the first call counts; it has to be made before the first client, since the client's
// own logger can't be changed safely later.
func LogTo(l *slog.Logger) { logTo.Do(func() { redis.SetLogger(clientLog{l}) }) }

var logTo sync.Once

type clientLog struct{ *slog.Logger }

// Printf implements the client's logger: it logs addresses and errors, never a key or a
// value.
func (l clientLog) Printf(ctx context.Context, format string, v ...any) {
	l.WarnContext(ctx, "redis", "said", fmt.Sprintf(format, v...))
}
