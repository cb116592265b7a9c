package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mingjing/server/store"
)

// The folders of a backup. What opens everything is apart from what it opens.
const (
	backupDatabase = "database" // the database, and that of a Kratos of our own
	backupFiles    = "files"    // other files of DATA, the list of agencies, and the list of erasures
	backupSecrets  = "secrets"  // keys: to be moved to another place
)

// manifestFile is written last: a backup without it was not finished.
const manifestFile = "manifest.json"

// backupFormat is the version of the layout.
const backupFormat = 1

const kratosDatabase, kratosKeys = "kratos.sqlite", "kratos-secrets.json"

// secretFiles are the files of DATA that have keys, and their names in a backup.
var secretFiles = map[string]string{"secrets.json": "secrets.json", masterFile: masterFile,
	filepath.Join("kratos", "secrets.json"): kratosKeys}

// A manifest says what a backup has.
type manifest struct {
	Format int       `json:"format"`
	MadeAt time.Time `json:"made_at"`
	// Database is the name of the copy of the database, Schema the number of its last
	// migration, LogSize how many entries its access log has at least.
	Database string `json:"database"`
	Schema   int64  `json:"schema"`
	LogSize  int64  `json:"log_size"`
	// Files are all files with their size and SHA-256, by their path in the backup.
	Files map[string]fileSum `json:"files"`
}

type fileSum struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// runBackup runs the backup command and returns the exit code.
func runBackup(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("backup", flag.ContinueOnError)
	flags.SetOutput(stderr)
	secretsDir := flags.String("secrets", "", "write the keys to this folder instead of DIR/secrets")
	s, dir, code := readBackupArgs(flags, args, getenv, stderr)
	if code != 0 {
		return code
	}
	if err := backup(ctx, s, dir, *secretsDir, time.Now(), stdout); err != nil {
		fmt.Fprintln(stderr, "mingjing: backup:", err)
		return 1
	}
	return 0
}

// readBackupArgs returns the settings and the folder of a backup; DIR may stand before
// the flags or after them.
func readBackupArgs(flags *flag.FlagSet, args []string, getenv func(string) string, stderr io.Writer) (s Settings, dir string, code int) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		dir, args = args[0], args[1:]
	}
	if err := flags.Parse(args); err != nil {
		return s, "", 2
	}
	if dir == "" && flags.NArg() == 1 {
		dir = flags.Arg(0)
	} else if flags.NArg() > 0 || dir == "" {
		fmt.Fprintf(stderr, "mingjing: %s DIR: name one folder\n", flags.Name())
		return s, "", 2
	}
	s, err := readSettings(getenv)
	if s.Data == "" {
		fmt.Fprintln(stderr, "mingjing:", err)
		return s, "", 2
	}
	data, err := filepath.Abs(s.Data)
	if err != nil {
		fmt.Fprintln(stderr, "mingjing: DATA:", err)
		return s, "", 2
	}
	s.Data = data
	return s, dir, 0
}

// backup writes a backup into a folder that is empty or not there, and reads it again.
// Servers may run meanwhile.
func backup(ctx context.Context, s Settings, dir, secretsDir string, now time.Time, out io.Writer) error {
	if secretsDir == "" {
		secretsDir = filepath.Join(dir, backupSecrets)
	}
	if _, err := loadSecrets(filepath.Join(s.Data, "secrets.json")); err != nil {
		return fmt.Errorf("DATA is not the folder of a server: %w", err)
	}
	for _, d := range []string{dir, secretsDir} {
		if err := emptyFolder(d); err != nil {
			return err
		}
	}
	for _, d := range []string{backupDatabase, backupFiles} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			return err
		}
	}
	m := manifest{Format: backupFormat, MadeAt: now.UTC().Truncate(time.Second), Files: map[string]fileSum{}}
	databaseURL := s.databaseURL(s.Data)
	live, err := store.DescribeDatabase(ctx, databaseURL)
	if err != nil {
		return err
	}
	m.Schema, m.LogSize = live.Schema, live.LogSize

	// Kratos comes first: somebody enrolled between the two copies is then known without a
	// login, which enrolling again mends; a login of nobody could not be mended.
	if s.KratosAdminURL == "" {
		if err := store.CopySQLite(ctx, filepath.Join(s.Data, "kratos", kratosDatabase),
			filepath.Join(dir, backupDatabase, kratosDatabase)); err != nil {
			return err
		}
	}
	if m.Database, err = store.Copy(ctx, databaseURL, filepath.Join(dir, backupDatabase)); err != nil {
		return err
	}
	if err := s.copyBlobs(ctx, databaseURL, filepath.Join(dir, backupBlobs)); err != nil {
		return err
	}
	for from, name := range secretFiles {
		if err := copyIfThere(filepath.Join(s.Data, from), filepath.Join(secretsDir, name)); err != nil {
			return err
		}
	}
	if err := copyOtherFiles(s, filepath.Join(dir, backupFiles)); err != nil {
		return err
	}
	// The list of erasures comes last, so that whoever left meanwhile is on it.
	if err := copyIfThere(filepath.Join(s.Data, erasuresFile), filepath.Join(dir, backupFiles, erasuresFile)); err != nil {
		return err
	}

	checked, err := checkBackup(ctx, &m, s, dir, secretsDir)
	if err != nil {
		return fmt.Errorf("what was written can't be used: %w", err)
	}
	if checked.Opened {
		m.LogSize = checked.LogSize
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := writeNew(filepath.Join(dir, manifestFile), append(data, '\n')); err != nil {
		return err
	}
	noted, err := store.SetBackupDone(ctx, databaseURL, now.UnixMicro())
	if err != nil {
		return fmt.Errorf("the backup is complete, but the figures don't know of it: %w", err)
	}
	fmt.Fprintf(out, "%s: %d files, the access log with %d entries; written and read again\n", dir, len(m.Files), m.LogSize)
	if !checked.Opened {
		fmt.Fprintln(out, "the dump was read whole; that it can be restored is known when it was: try it now and then in an empty database")
	}
	fmt.Fprintf(out, "keep %s apart from the rest: with both, everything can be opened\n", secretsDir)
	if s.KratosAdminURL != "" {
		fmt.Fprintln(out, "Kratos is your own: back up its database and its secrets at the same time")
	}
	if s.MasterKey != "" {
		fmt.Fprintln(out, "the master key is in a key management service and not in this backup")
	}
	if !noted {
		fmt.Fprintln(out, "the database is of an older version, which has no place for the time of a backup")
	}
	return nil
}

// checkBackup reads everything again, and adds it to the manifest.
func checkBackup(ctx context.Context, m *manifest, s Settings, dir, secretsDir string) (store.Copied, error) {
	for name, root := range map[string]string{"": dir, backupSecrets: secretsDir} {
		if err := m.add(root, name, secretsDir); err != nil {
			return store.Copied{}, err
		}
	}
	if s.KratosAdminURL == "" {
		if err := store.CheckSQLite(ctx, filepath.Join(dir, backupDatabase, kratosDatabase)); err != nil {
			return store.Copied{}, fmt.Errorf("the database of Kratos: %w", err)
		}
	}
	keys, err := loadSecrets(filepath.Join(secretsDir, "secrets.json"))
	if err != nil {
		return store.Copied{}, err
	}
	if s.MasterKey == "" {
		if _, err := os.Stat(filepath.Join(secretsDir, masterFile)); err != nil { // opening it would make a new one
			return store.Copied{}, err
		}
		if _, _, err := openVault(s, secretsDir, keys); err != nil {
			return store.Copied{}, err
		}
	}
	return store.CheckCopy(ctx, filepath.Join(dir, backupDatabase, m.Database))
}

// add adds the files below root to the manifest, under a name. Those of the secrets are
// left out, unless root is their folder.
func (m *manifest) add(root, name, secretsDir string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path == secretsDir && root != secretsDir {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		sum, err := sumOf(path)
		m.Files[filepath.ToSlash(filepath.Join(name, rel))] = sum
		return err
	})
}

func sumOf(path string) (fileSum, error) {
	f, err := os.Open(path)
	if err != nil {
		return fileSum{}, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return fileSum{Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

// copyOtherFiles copies what else is in DATA, and the list of agencies.
func copyOtherFiles(s Settings, to string) error {
	entries, err := os.ReadDir(s.Data)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if !e.Type().IsRegular() || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "mingjing.db") || name == erasuresFile ||
			secretFiles[name] != "" || strings.HasSuffix(name, ".new") {
			continue
		}
		if err := copyFile(filepath.Join(s.Data, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	if s.Rulebooks != "" {
		if err := copyFolderFiles(s.Rulebooks, filepath.Join(to, rulebooksCopy)); err != nil {
			return fmt.Errorf("RULEBOOKS: %w", err)
		}
	}
	if s.Agencies == "" {
		return nil
	}
	return copyIfThere(s.Agencies, filepath.Join(to, agenciesCopy))
}

// copyFolderFiles copies the files of a folder and of those below it.
func copyFolderFiles(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		return copyFile(path, filepath.Join(to, rel))
	})
}

// agenciesCopy is the name of the copy of the file that AGENCIES names, rulebooksCopy that
// of the folder of RULEBOOKS. A restore leaves them in the backup, for the settings to name.
const (
	agenciesCopy  = "setting-agencies.json"
	rulebooksCopy = "setting-rulebooks"
)

// emptyFolder makes a folder for its owner alone. One that is there must be empty.
func emptyFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty: name a folder of its own for each backup", dir)
	}
	return err
}

func copyIfThere(from, to string) error {
	if err := copyFile(from, to); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyFile copies a file to one that is not there yet, for its owner alone.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// readManifest reads the manifest of a backup, and compares every file with it.
func readManifest(dir, secretsDir string) (m manifest, err error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s has no %s: it is no backup, or one that was not finished", dir, manifestFile)
	} else if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil || m.Format != backupFormat {
		return m, fmt.Errorf("%s is of another version, or damaged", filepath.Join(dir, manifestFile))
	}
	for name, want := range m.Files {
		got, err := sumOf(inBackup(dir, secretsDir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(name, backupSecrets+"/"):
			return m, fmt.Errorf("%s is not there: say with --secrets where the keys of this backup are", name)
		case err != nil:
			return m, err
		case got != want:
			return m, fmt.Errorf("%s is not what was written: take another backup", name)
		}
	}
	return m, nil
}

// inBackup returns where a file of the manifest is.
func inBackup(dir, secretsDir, name string) string {
	if rest, ok := strings.CutPrefix(name, backupSecrets+"/"); ok {
		return filepath.Join(secretsDir, filepath.FromSlash(rest))
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// namesBelow returns the names of the files in a folder of a backup, in order.
func (m *manifest) namesBelow(folder string) []string {
	var names []string
	for name := range m.Files {
		if rest, ok := strings.CutPrefix(name, folder+"/"); ok {
			names = append(names, rest)
		}
	}
	slices.Sort(names)
	return names
}
