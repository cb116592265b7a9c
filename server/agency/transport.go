package agency

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"syscall"
	"time"
)

// transportError returns an error that is safe to print: net/http quotes what it read
// in some of its errors.
func transportError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return context.DeadlineExceeded
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errCertificate
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errHost
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return io.ErrUnexpectedEOF
	}
	return errTransport
}

func retryAfterHeader(v string) time.Duration {
	s, err := strconv.Atoi(v)
	if err != nil || s <= 0 {
		return 0
	}
	return time.Duration(min(s, int(MaxRetryAfter/time.Second))) * time.Second
}
