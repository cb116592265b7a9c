//go:build unix

package inspect

import (
	"runtime/debug"

	"golang.org/x/sys/unix"
)

const (
	// maxMemory is the memory of the process, in bytes.
	maxMemory = 900 << 20
	// maxProcessor is the processor time of the process, in seconds.
	maxProcessor = 25
)

// limit takes the limits of the process, which it cannot raise again.
func limit() error {
	debug.SetMemoryLimit(maxMemory * 3 / 4)
	for what, most := range map[int]uint64{
		unix.RLIMIT_DATA: maxMemory,
		unix.RLIMIT_CPU:  maxProcessor,
		unix.RLIMIT_CORE: 0,
	} {
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return err
		}
	}
	return nil
}
