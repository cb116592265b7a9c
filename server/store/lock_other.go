//go:build !unix

package store

import "context"

// lockDir does nothing where directories can't be locked: there a SQLite file
// may be opened by one process at a time only.
func lockDir(context.Context, string, func()) (unlock func(), err error) { return func() {}, nil }

// lockFile does nothing either.
func lockFile(string) (unlock func(), err error) { return func() {}, nil }
