//go:build unix && !linux

package identity

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// killWithParent returns attributes for a child of this process. Here a child outlives
// a parent that is killed; the next server ends it.
func killWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func tryLock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// commandLine returns the command line of a process; "" when it has ended.
func commandLine(pid int) string {
	b, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return string(b)
}
