package agency

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
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
	if reader := (finder{}); !reader.decode(data, '{', &dir, "") {
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

// CheckURL returns an error unless an agency may have this base URL: absolute https
// without user, query or fragment, or plain http to a loopback address, since anywhere
// else an ID number must not be sent without TLS.
func CheckURL(base string) error {
	u, err := url.Parse(base)
	if err != nil {
		return errors.New("base URL cannot be read")
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errors.New("base URL must have a host, and no user, query or fragment")
	}
	switch u.Scheme {
	case "https":
		return nil
	case "http":
		ip := net.ParseIP(u.Hostname())
		if u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback()) {
			return nil
		}
		return errors.New("base URL must be https unless it is on loopback")
	}
	return errors.New("base URL must be https")
}
