package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"mingjing"
)

// erasuresFile is the name of the list of erasures in DATA.
const erasuresFile = "erasures.list"

// An erasureFile is the list of who was erased: one random id a line. It is kept
// apart from the database, and must not be restored with it.
type erasureFile struct {
	path string
	mu   sync.Mutex
}

// Add implements [takeaway.ErasureList].
func (f *erasureFile) Add(ctx context.Context, resident mingjing.ResidentID) error {
	list, err := f.All(ctx)
	if err != nil || slices.Contains(list, resident) {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("list of erasures: %w", err)
	}
	_, err = file.WriteString(string(resident) + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("list of erasures: %w", err)
	}
	return nil
}

// All implements [takeaway.ErasureList].
func (f *erasureFile) All(context.Context) ([]mingjing.ResidentID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("list of erasures: %w", err)
	}
	defer func() { _ = file.Close() }()
	var list []mingjing.ResidentID
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if id := lines.Text(); id != "" {
			list = append(list, mingjing.ResidentID(id))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("list of erasures: %w", err)
	}
	return list, nil
}
