package demo

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// deadPort reserves a port of 127.0.0.1 without listening on it, so that whoever
// connects is refused and nobody else can take it.
func deadPort() (addr string, release func() error, err error) {
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return "", nil, os.NewSyscallError("socket", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		_ = syscall.Close(fd)
		return "", nil, os.NewSyscallError("bind", err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		_ = syscall.Close(fd)
		return "", nil, os.NewSyscallError("getsockname", err)
	}
	inet, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		_ = syscall.Close(fd)
		return "", nil, fmt.Errorf("a socket of another family: %T", name)
	}
	return "127.0.0.1:" + strconv.Itoa(inet.Port), sync.OnceValue(func() error { return syscall.Close(fd) }), nil
}
