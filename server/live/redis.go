package live

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
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

// The schemes of a Redis that is several servers: one of them at a time, which Sentinels
// name, or all of them as a Cluster. With an s after redis they are reached by TLS.
const (
	sentinelScheme = "+sentinel"
	clusterScheme  = "+cluster"
)

// readSeveral returns the options of a Redis that is several servers, and false for a url
// of another kind.
func readSeveral(text string) (*redis.UniversalOptions, bool, error) {
	begin, rest, _ := strings.Cut(text, "://")
	end := strings.IndexAny(rest+"/", "/?")
	user := strings.LastIndex(rest[:end], "@") + 1
	hosts := rest[user:end]
	u, err := url.Parse(begin + "://" + rest[:user] + "hosts" + rest[end:]) // a URL has one host
	if err != nil {
		return nil, false, nil //nolint:nilerr // another kind, which has an error of its own
	}
	kind, isTLS := strings.CutPrefix(u.Scheme, "rediss")
	if !isTLS {
		kind = strings.TrimPrefix(u.Scheme, "redis")
	}
	if kind != sentinelScheme && kind != clusterScheme {
		return nil, false, nil
	}
	opt := &redis.UniversalOptions{Addrs: strings.Split(hosts, ","), IsClusterMode: kind == clusterScheme,
		Username: u.User.Username(), SentinelPassword: u.Query().Get("sentinel_password"), DialTimeout: redisDialTimeout,
		ReadTimeout: redisTimeout, WriteTimeout: redisTimeout, MaxRetries: 1, ContextTimeoutEnabled: true, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}}
	opt.Password, _ = u.User.Password()
	if isTLS {
		opt.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	standard := "6379"
	name, db, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if kind == sentinelScheme {
		standard, opt.MasterName = "26379", name
		if db != "" {
			opt.DB, err = strconv.Atoi(db)
		}
	}
	for i, addr := range opt.Addrs {
		if _, _, e := net.SplitHostPort(addr); e != nil {
			opt.Addrs[i] = net.JoinHostPort(addr, standard)
		}
	}
	for parameter := range u.Query() {
		if parameter != "sentinel_password" || kind != sentinelScheme {
			err = errors.Join(err, fmt.Errorf("the parameter %q is not known", parameter))
		}
	}
	if hosts == "" || (kind == sentinelScheme) != (name != "") || opt.DB < 0 {
		err = errors.Join(err, errors.New("it must be like redis+sentinel://s1,s2,s3/master or redis+cluster://n1,n2,n3"))
	}
	return opt, true, err
}

// OpenRedis returns a client of the Redis at an address, "redis://[user:password@]host:port/db" or
// "rediss://" for TLS; "redis+sentinel://[user:password@]sentinel1,sentinel2/master/db" asks
// Sentinels which server it is, and "redis+cluster://[user:password@]host1,host2" is a
// Cluster. With address "" it starts one inside this process, on loopback
// with a random password, so that there is one code path. It fails when the address can't
// be read or that one can't be started; a Redis that is down is no error, since the
// product works without. The returned
// function closes the client, and the server inside the process if there is one.
func OpenRedis(ctx context.Context, address string) (redis.UniversalClient, func() error, error) {
	if opt, is, err := readSeveral(address); is {
		if err != nil {
			return nil, nil, fmt.Errorf("live: reading the Redis URL: %w", err)
		}
		client := redis.NewUniversalClient(opt)
		return client, client.Close, nil
	}
	if address != "" {
		opt, err := redis.ParseURL(address)
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
