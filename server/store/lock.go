package store

import "errors"

// errLocked: another process has the lock.
var errLocked = errors.New("locked")
