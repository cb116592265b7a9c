package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"mingjing"
)

// maxMoved is how far the city's clock may be ahead of the real time.
const maxMoved = 10 * 366 * 24 * time.Hour

// A Clock is the city's clock: the real time, moved forward by a tester. How far is
// kept in a file, so that a restart doesn't turn it back. It is for one process.
type Clock struct {
	file string
	real func() time.Time

	mu    sync.Mutex
	moved time.Duration
}

// movedFile is the content of the file.
type movedFile struct {
	Microseconds int64 `json:"moved_microseconds"`
}

// OpenClock returns the clock, moved as far as the file says; not at all when there is
// no file.
func OpenClock(file string) (*Clock, error) {
	c := &Clock{file: file, real: time.Now}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open demo clock: %w", err)
	}
	var f movedFile
	if err := json.Unmarshal(data, &f); err != nil || f.Microseconds < 0 || f.Microseconds > maxMoved.Microseconds() {
		return nil, fmt.Errorf("open demo clock: %s is damaged; restore it, or remove the whole data folder", file)
	}
	c.moved = time.Duration(f.Microseconds) * time.Microsecond
	return c, nil
}

// Now returns the city's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.real().Add(c.moved)
}

// Move moves the clock forward, after the move was written to the file. It never goes
// back.
func (c *Clock) Move(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	moved := (c.moved + max(d, 0)).Round(time.Microsecond)
	if d > maxMoved || moved > maxMoved {
		return mingjing.NewError(mingjing.Conflict, "clock_too_far")
	}
	data, err := json.Marshal(movedFile{moved.Microseconds()})
	if err != nil {
		return fmt.Errorf("move demo clock: %w", err)
	}
	if err := writeWhole(c.file, data); err != nil {
		return fmt.Errorf("move demo clock: %w", err)
	}
	c.moved = moved
	return nil
}
