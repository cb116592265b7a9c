package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/identity"
	"mingjing/server/live"
)

const setupUsage = `usage: mingjing setup [--number NUMBER --name NAME]

Checks the settings and the engines, makes keys and tables, and adds the first
administrator, whose one-time code it prints. What is not given is asked for at a
terminal. Where there is an administrator already it only checks.
`

// A setup is the setup command as it goes on. Each check prints a line.
type setup struct {
	Settings
	out, logs io.Writer
}

// runSetup runs the setup command and returns the exit code. in is nil where nobody can
// be asked.
func runSetup(ctx context.Context, args []string, getenv func(string) string, in io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("mingjing setup", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, setupUsage) }
	number, name := flags.String("number", "", ""), flags.String("name", "", "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || flags.NArg() > 0 {
		if err == nil {
			fmt.Fprintf(stderr, "mingjing: %q is no setting of setup\n\n%s", flags.Arg(0), setupUsage)
		}
		return 2
	}
	s, err := readSettings(getenv)
	if err != nil {
		fmt.Fprintln(stderr, "mingjing:", err)
		return 2
	}
	u := setup{Settings: s, out: stdout, logs: stderr}
	err = u.check(ctx)
	if err == nil {
		err = u.administrator(ctx, *number, *name, in)
	}
	if err != nil {
		for _, line := range staffErrors(err) {
			fmt.Fprintln(stderr, "mingjing:", line)
		}
		return 1
	}
	return 0
}

func (u *setup) good(part, what string) { fmt.Fprintf(u.out, "%-13s %s\n", part, what) }

// check makes what is not there yet, and asks every engine whether it is ready.
func (u *setup) check(ctx context.Context) (err error) {
	if u.Data, err = filepath.Abs(u.Data); err != nil {
		return fmt.Errorf("DATA: %w", err)
	}
	u.good("settings", "understood")
	if u.Agencies != "" {
		offices, err := agency.LoadDirectory(u.Agencies)
		if err != nil {
			return fmt.Errorf("AGENCIES: %w", err)
		}
		u.good("agencies", fmt.Sprintf("%d in %s", len(offices), u.Agencies))
	}
	db, master, keys, err := openStore(ctx, u.Settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	u.good("keys", filepath.Join(u.Data, "secrets.json"))
	if master == nil {
		sealed, _, err := openVault(u.Settings, u.Data, keys)
		if err == nil {
			err = sealed.Ready(ctx)
		}
		if err != nil {
			return fmt.Errorf("MASTER_KEY: %w", err)
		}
		u.good("master key", "the key management service answers")
	} else {
		u.good("master key", filepath.Join(u.Data, masterFile))
	}
	if err := db.Ping(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	u.good("database", choose(u.DatabaseURL == "", "SQLite below DATA", "PostgreSQL of DATABASE_URL")+", with its tables")
	redis, closeRedis, err := live.OpenRedis(ctx, u.RedisURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRedis()) }()
	if err := redis.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("REDIS_URL: %w", err)
	}
	u.good("redis", choose(u.RedisURL == "", "in the process", "answers"))
	level := slog.New(slog.NewJSONHandler(u.logs, &slog.HandlerOptions{Level: slog.LevelError}))
	who, err := identity.Open(ctx, identity.Config{PublicURL: u.KratosPublicURL, AdminURL: u.KratosAdminURL,
		Embedded: identity.Embedded{Bin: u.KratosBin, Dir: filepath.Join(u.Data, "kratos")}, Redis: redis, Logger: level, IDKey: keys.IDKey})
	if errors.Is(err, identity.ErrInUse) {
		u.good("kratos", "is used by the server that is running")
		return nil
	} else if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, who.Close()) }()
	if err := who.Ready(ctx); err != nil {
		return fmt.Errorf("KRATOS_PUBLIC_URL, KRATOS_ADMIN_URL: %w", err)
	}
	u.good("kratos", choose(u.KratosPublicURL == "", "starts, below DATA", "answers"))
	return nil
}

func choose(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// administrator adds the first administrator.
func (u *setup) administrator(ctx context.Context, number, name string, in io.Reader) (err error) {
	office, _, closeStore, err := openOffice(ctx, u.Settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	there, err := office.Staff.Administrators(ctx)
	if err != nil {
		return err
	}
	var made mingjing.StaffResult
	if len(there) == 0 {
		if number, name, err = u.missing(number, name, in); err != nil {
			return err
		}
		if there, made, err = office.Staff.Setup(ctx, operator(), number, name); err != nil {
			return err
		}
	}
	if len(there) == 0 {
		fmt.Fprintln(u.out, "\nThe first administrator:")
		printResult(u.out, u.Settings, made)
		return nil
	}
	fmt.Fprintln(u.out, "\nThere is an administrator already, and nothing was changed:")
	printStaff(u.out, mingjing.StaffView{Members: there}, false)
	if there[0].State == mingjing.StaffInvited {
		fmt.Fprintf(u.out, "\nIf the one-time code is lost: mingjing staff reset %s\n", there[0].Login)
	}
	return nil
}

// missing asks for what no flag gave.
func (u *setup) missing(number, name string, in io.Reader) (string, string, error) {
	if (number == "" || name == "") && in == nil {
		return "", "", errors.New("give the first administrator by --number and --name")
	}
	var err error
	ask := bufio.NewReader(in)
	if number == "" {
		if number, err = askFor(ask, u.out, "\nStaff number of the first administrator, such as adm-1"); err != nil {
			return "", "", fmt.Errorf("the staff number: %w", err)
		}
	}
	if name == "" {
		if name, err = askFor(ask, u.out, "Name"); err != nil {
			return "", "", fmt.Errorf("the name: %w", err)
		}
	}
	return number, name, nil
}

// terminal returns standard input where a person sits at it, otherwise nil.
func terminal() io.Reader {
	f, err := os.Stdin.Stat()
	if err != nil || f.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(f, null) {
		return nil
	}
	return os.Stdin
}
