//go:build unix

package main

import "syscall"

// freeBytes returns how many bytes the server's user can still write on the disk of a
// folder.
func freeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
