//go:build !unix

package main

import "errors"

// freeBytes is not known on this system.
func freeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }

// openFiles returns 0: it is not known how many files this process may have open.
func openFiles() int { return 0 }
