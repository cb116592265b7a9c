//go:build !unix

package inspect

import "runtime/debug"

// limit asks the runtime to stay small: this system has no other limits. The time limit
// of [evidence.Checker] holds all the same.
func limit() error {
	debug.SetMemoryLimit(600 << 20)
	return nil
}
