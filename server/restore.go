package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mingjing/server/casework/accesslog"
	"mingjing/server/store"
)

// runRestore runs the restore command and returns the exit code.
func runRestore(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("restore", flag.ContinueOnError)
	flags.SetOutput(stderr)
	secretsDir := flags.String("secrets", "", "where the keys of the backup are, if not in DIR/secrets")
	erasures := flags.String("erasures", "", "the newest list of erasures that there is, if that in DATA is gone")
	s, dir, code := readBackupArgs(flags, args, getenv, stderr)
	if code != 0 {
		return code
	}
	if _, err := readSettings(getenv); err != nil {
		fmt.Fprintln(stderr, "mingjing:", err)
		return 2
	}
	begun, err := restore(ctx, s, dir, *secretsDir, *erasures, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "mingjing: restore:", err)
		if begun {
			fmt.Fprintln(stderr, "what was put there so far stays: empty DATA and the database, but for "+erasuresFile+", before you try again")
		}
		return 1
	}
	return 0
}

// restore puts a backup where the settings say, opens the city once, and so erases
// whoever had left again, and says what the witnesses of the access log will say. begun
// says whether anything was written.
func restore(ctx context.Context, s Settings, dir, secretsDir, erasures string, out, logs io.Writer) (begun bool, err error) {
	if secretsDir == "" {
		secretsDir = filepath.Join(dir, backupSecrets)
	}
	m, err := readManifest(dir, secretsDir)
	if err != nil {
		return false, err
	}
	if err := nothingThere(s); err != nil {
		return false, err
	}
	return true, putBack(ctx, s, m, dir, secretsDir, erasures, out, logs)
}

// putBack is [restore] once it is known that the backup is whole, and that nothing is in
// its way.
func putBack(ctx context.Context, s Settings, m manifest, dir, secretsDir, erasures string, out, logs io.Writer) error {
	if err := os.MkdirAll(filepath.Join(s.Data, "kratos"), 0o700); err != nil {
		return err
	}
	for from, name := range secretFiles {
		if err := putSecret(filepath.Join(secretsDir, name), filepath.Join(s.Data, from)); err != nil {
			return err
		}
	}
	for _, name := range m.namesBelow(backupFiles) {
		if name == erasuresFile || name == agenciesCopy || strings.HasPrefix(name, rulebooksCopy+"/") {
			continue
		}
		if err := copyFile(filepath.Join(dir, backupFiles, name), filepath.Join(s.Data, name)); err != nil {
			return err
		}
	}
	if _, ok := m.Files[backupDatabase+"/"+kratosDatabase]; ok && s.KratosAdminURL == "" {
		if err := store.CopySQLite(ctx, filepath.Join(dir, backupDatabase, kratosDatabase),
			filepath.Join(s.Data, "kratos", kratosDatabase)); err != nil {
			return err
		}
	} else if ok || s.KratosAdminURL == "" {
		return errors.New("the backup has a Kratos of another kind: restore it with the KRATOS_ settings with which it was made")
	}
	if err := store.Restore(ctx, filepath.Join(dir, backupDatabase, m.Database), s.databaseURL(s.Data)); err != nil {
		return err
	}
	if err := s.putBlobsBack(ctx, m, dir); err != nil {
		return err
	}
	if err := mergeErasures(ctx, s, erasures, filepath.Join(dir, backupFiles, erasuresFile), out); err != nil {
		return err
	}

	s.Addr, s.MetricsAddr = "127.0.0.1:0", ""
	p, err := open(ctx, s, logs)
	if err != nil {
		return fmt.Errorf("the restored city does not open: %w", err)
	}
	fmt.Fprintf(out, "restored the backup of %s\n", m.MadeAt.Format(time.RFC3339))
	fmt.Fprintf(out, "erased again: %d residents who had left since\n", p.replayed)
	err = p.sayWhatWitnessesSay(ctx, m, out)
	return errors.Join(err, p.close())
}

// nothingThere returns an error if there is a city where the backup is to go.
func nothingThere(s Settings) error {
	there := []string{filepath.Join(s.Data, "kratos", kratosDatabase)}
	if s.DatabaseURL == "" {
		there = append(there, filepath.Join(s.Data, "mingjing.db"))
	}
	for _, name := range there {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already: restore into an empty DATA, or move it away first (leave %s, which is newer than the backup)",
				name, erasuresFile)
		}
	}
	return nil
}

// putSecret copies a file of keys. One that is there already must be the same.
func putSecret(from, to string) error {
	err := copyIfThere(from, to)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	a, errA := sumOf(from)
	b, errB := sumOf(to)
	if a != b || errA != nil || errB != nil {
		return fmt.Errorf("%s has other keys than the backup: move it away first", to)
	}
	return nil
}

// mergeErasures adds to the list of erasures in DATA who is on the others. A list only
// grows, so that each of them is right about whom it has.
func mergeErasures(ctx context.Context, s Settings, given, kept string, out io.Writer) error {
	list := &erasureFile{path: filepath.Join(s.Data, erasuresFile)}
	had, err := list.All(ctx)
	if err != nil {
		return err
	}
	if given != "" {
		if _, err := os.Stat(given); err != nil {
			return fmt.Errorf("--erasures: %w", err)
		}
	}
	for _, file := range []string{given, kept} {
		if file == "" {
			continue
		}
		more, err := (&erasureFile{path: file}).All(ctx)
		if err != nil {
			return err
		}
		for _, id := range more {
			if err := list.Add(ctx, id); err != nil {
				return err
			}
		}
	}
	if len(had) == 0 && given == "" {
		fmt.Fprintln(out, "the list of erasures is that of the backup: if a newer one is left anywhere, restore again with --erasures FILE;")
		fmt.Fprintln(out, "without it, whoever left after the backup is back")
	}
	return nil
}

// sayWhatWitnessesSay asks each witness how much of the access log it has seen.
func (p *program) sayWhatWitnessesSay(ctx context.Context, m manifest, out io.Writer) error {
	checkpoint, err := p.casework.AccessLog.Checkpoint(ctx)
	if err != nil {
		return err
	}
	now, err := store.DescribeDatabase(ctx, p.databaseURL(p.Data))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the access log has %d entries, %d of them from the backup\n", now.LogSize, m.LogSize)
	shorter := false
	for _, w := range p.ledger.Witnesses() {
		name, _, _ := strings.Cut(w.Key(), "+")
		_, err := w.Cosign(ctx, 0, nil, checkpoint)
		at, seen := errors.AsType[*accesslog.WitnessAt](err)
		switch {
		case err == nil:
			fmt.Fprintf(out, "witness %s: has seen nothing before, and has signed this state\n", name)
		case !seen:
			fmt.Fprintf(out, "witness %s: does not answer (%v); if it has seen more than %d entries, it will refuse\n", name, err, m.LogSize)
		case at.Size <= m.LogSize:
			fmt.Fprintf(out, "witness %s: has seen %d entries, all of which are here; it will go on signing\n", name, at.Size)
		default:
			shorter = true
			fmt.Fprintf(out, "witness %s: has seen %d entries and will refuse: %d are lost\n", name, at.Size, at.Size-m.LogSize)
		}
	}
	if shorter {
		fmt.Fprintln(out, "say in public what happened, and ask each of these witnesses to begin again with an empty folder")
	}
	fmt.Fprintf(out, "a phone that saw more than %d entries will report that the log was shortened; that is what the log is for\n", m.LogSize)
	return nil
}
