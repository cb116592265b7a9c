//go:build !unix

package evidence_test

import "errors"

func mkfifo(string) error { return errors.ErrUnsupported }
