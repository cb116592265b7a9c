package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"mingjing"
)

// erasuresFile is the name of the list of erasures in DATA.
const erasuresFile = "erasures.list"

// An erasureFile is the list of who was erased: one random id a line, with a checksum.
// It is kept apart from the database, and must not be restored with it. Lines are only
// ever added, so that several processes can share it.
type erasureFile struct {
	path string
	mu   sync.Mutex
	// write writes a line at the end of the file; nil is the file's own method.
	write func(file *os.File, line string) (int, error)
}

// erasureLine returns the line of an id, without its end.
func erasureLine(resident mingjing.ResidentID) string {
	sum := sha256.Sum256([]byte(resident))
	return string(resident) + " " + hex.EncodeToString(sum[:4])
}

// Add implements [takeaway.ErasureList]. A line that a full disk or a crash has torn is
// ended first, so that the new one is a line of its own.
func (f *erasureFile) Add(_ context.Context, resident mingjing.ResidentID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.add(resident); err != nil {
		return fmt.Errorf("list of erasures: %w", err)
	}
	return nil
}

func (f *erasureFile) add(resident mingjing.ResidentID) (err error) {
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	list, err := parseErasures(string(data))
	if err != nil {
		return err
	}
	if !slices.Contains(list, resident) {
		line := erasureLine(resident) + "\n"
		if len(data) > 0 && data[len(data)-1] != '\n' {
			line = "\n" + line
		}
		write := f.write
		if write == nil {
			write = (*os.File).WriteString
		}
		if _, err := write(file, line); err != nil {
			return err
		}
	}
	// Also where the line was there already: an earlier Add may have failed at this.
	return errors.Join(file.Sync(), syncFolder(filepath.Dir(f.path)))
}

// syncFolder makes the names of a folder's files durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// All implements [takeaway.ErasureList].
func (f *erasureFile) All(context.Context) ([]mingjing.ResidentID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []mingjing.ResidentID
	if err == nil {
		list, err = parseErasures(string(data))
	}
	if err != nil {
		return nil, fmt.Errorf("list of erasures: %w", err)
	}
	return list, nil
}

// idLength is the length of a resident's id in characters.
const idLength = 26

// parseErasures returns the ids of a list. The beginning of a line is no id: it was never
// acknowledged, and whose it was is added again. In lists from before there were
// checksums an id may stand behind such a beginning. A line that is neither is an error,
// since somebody on it would come back.
func parseErasures(text string) (list []mingjing.ResidentID, err error) {
	for i, line := range strings.Split(text, "\n") {
		id, sum, checked := strings.Cut(line, " ")
		switch {
		case checked && line == erasureLine(mingjing.ResidentID(id)):
			list = append(list, mingjing.ResidentID(id))
		case checked && strings.HasPrefix(erasureLine(mingjing.ResidentID(id)), line):
			// torn in its checksum
		case checked || strings.Trim(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "":
			return nil, fmt.Errorf("line %d is damaged (%d characters, checksum %q): put it back from a copy of the list, "+
				"or remove it if nobody is missing", i+1, len(line), sum)
		default: // without a checksum, or torn before it
			for rest := line[len(line)%idLength:]; rest != ""; rest = rest[idLength:] {
				list = append(list, mingjing.ResidentID(rest[:idLength]))
			}
		}
	}
	return list, nil
}
