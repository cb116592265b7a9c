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

// How long Redis may take. The product works without it, and so does not wait for it
// longer than a person would notice.
const (
	redisDialTimeout = 2 * time.Second
	redisTimeout     = 2 * time.Second
)

// OpenRedis returns a client of the Redis at url, "redis://[user:password@]host:port/db" or
// "rediss://" for TLS. With url "" it starts one inside this process, on loopback
// with a random password, so that there is one code path. It fails when the url can't
// be read or that one can't be started; a Redis that is down is no error, since the
// product works without. The returned
// function closes the client, and the server inside the process if there is one.
func OpenRedis(ctx context.Context, url string) (redis.UniversalClient, func() error, error) {
	if url != "" {
		opt, err := redis.ParseURL(url)
		if err != nil {
			return nil, nil, fmt.Errorf("live: reading the Redis URL: %w", err)
		}
		client := redis.NewClient(tuned(opt))
		return client, client.Close, nil
	}

	server := miniredis.NewMiniRedis()
	password := rand.Text()
	server.RequireAuth(password)
	server.ClockTTL(true)
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, nil, fmt.Errorf("live: starting Redis inside the process: %w", err)
	}
	client := redis.NewClient(tuned(&redis.Options{Addr: server.Addr(), Password: password}))
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

// tuned sets the timeouts, and turns off what a plain Redis need not know.
func tuned(opt *redis.Options) *redis.Options {
	opt.DialTimeout = redisDialTimeout
	opt.ReadTimeout = redisTimeout
	opt.WriteTimeout = redisTimeout
	opt.MaxRetries = 1
	opt.ContextTimeoutEnabled = true
	opt.DisableIdentity = true
	opt.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return opt
}

// LogTo sends what Redis clients log about their connections to l, for all clients of
// the process. Only the first call counts; it must come before the first client is
// made, since a client's logger is not safe to change later.
func LogTo(l *slog.Logger) { logTo.Do(func() { redis.SetLogger(clientLog{l}) }) }

var logTo sync.Once

// A clientLog is a logger as the Redis client wants it.
type clientLog struct{ *slog.Logger }

// Printf logs what the client says: addresses and errors, never a key or a value.
func (l clientLog) Printf(ctx context.Context, format string, v ...any) {
	l.WarnContext(ctx, "redis", "said", fmt.Sprintf(format, v...))
}
