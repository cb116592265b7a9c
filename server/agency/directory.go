package agency

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Bounds of a directory file.
const (
	maxDirectoryBytes = 1 << 20
	maxDirectory      = 10_000
)

// LoadDirectory reads a directory file: one JSON object that maps agency codes to
// base URLs, each acceptable to [CheckURL].
func LoadDirectory(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open agency directory: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxDirectoryBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read agency directory: %w", err)
	}
	if len(data) > maxDirectoryBytes {
		return nil, errors.New("agency directory: too large")
	}
	var dir map[string]string
	if err := decode(data, '{', &dir); err != nil {
		return nil, errors.New("agency directory: not a JSON object of codes and URLs")
	}
	if len(dir) > maxDirectory {
		return nil, errors.New("agency directory: too many agencies")
	}
	for code, base := range dir {
		if !okCode(code) {
			return nil, fmt.Errorf("agency directory: %q is not an agency code", code)
		}
		if err := CheckURL(base); err != nil {
			return nil, fmt.Errorf("agency directory: %s: %w", code, err)
		}
	}
	return dir, nil
}
