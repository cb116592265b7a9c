package store

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// leastConns are what the queue needs, and one for a transaction.
	leastConns = 4
	// connectTimeout is how long one host may take to take a connection, and
	// failoverTimeout the same where another host can be tried instead.
	connectTimeout  = 10 * time.Second
	failoverTimeout = 3 * time.Second
	// leastPostgres is the oldest version that the tables and queries are tried with.
	leastPostgres = 15
	// poolParameter is the parameter of the URL that bounds the connections.
	poolParameter = "pool_max_conns"
)

var errPool = errors.New("postgres: " + poolParameter + " in the url must be a whole number from 4 up")

// readPostgresURL returns what a URL says: how to connect, and how many connections there
// may be; standard where it does not say. Where it names several hosts, connections go to
// the first of them that can be written to, so that a standby server that was promoted is
// found.
func readPostgresURL(address string, standard int) (*pgx.ConnConfig, int, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, 0, fmt.Errorf("postgres: read the url: %w", err)
	}
	conns := max(standard, leastConns)
	if text, ok := config.RuntimeParams[poolParameter]; ok {
		if conns, err = strconv.Atoi(text); err != nil || conns < leastConns {
			return nil, 0, errPool
		}
		delete(config.RuntimeParams, poolParameter) // the server does not know it
	}
	several := false
	for _, f := range config.Fallbacks { // one host has a fallback too, where it may be without TLS
		several = several || f.Host != config.Host || f.Port != config.Port
	}
	if several && config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
		if several {
			config.ConnectTimeout = failoverTimeout
		}
	}
	return config, conns, nil
}

// forTools changes a URL into one for PostgreSQL's own programs, which do not know our
// parameter, and take any of several hosts unless they are told.
func forTools(u *url.URL) {
	q := u.Query()
	q.Del(poolParameter)
	if strings.Contains(u.Host+q.Get("host"), ",") && !q.Has("target_session_attrs") {
		q.Set("target_session_attrs", "read-write")
	}
	u.RawQuery = q.Encode()
}

// checkVersion returns an error where a server is too old, by its server_version_num.
func checkVersion(number int) error {
	if major := number / 10000; major < leastPostgres {
		return fmt.Errorf("PostgreSQL %d or later is needed, and this is %d", leastPostgres, major)
	}
	return nil
}
