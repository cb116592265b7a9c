package evidence

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

// Clamd is a [Scanner] that asks clamd, the daemon of ClamAV, by its protocol. Every file
// has a connection of its own.
type Clamd struct{ network, address string }

// clamdPort is the port of clamd where the address has none.
const clamdPort = "3310"

// NewClamd returns a scanner for an address: clamd://HOST:PORT, or unix:///PATH of its socket.
func NewClamd(address string) (*Clamd, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("evidence: the address of the scanner can't be read")
	}
	switch {
	case u.Scheme == "clamd" && u.Hostname() != "" && strings.Trim(u.Path, "/") == "" && u.User == nil:
		port := u.Port()
		if port == "" {
			port = clamdPort
		}
		return &Clamd{"tcp", net.JoinHostPort(u.Hostname(), port)}, nil
	case u.Scheme == "unix" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		return &Clamd{"unix", u.Path}, nil
	}
	return nil, errors.New("evidence: the address of the scanner is clamd://HOST:PORT or unix:///PATH")
}

const (
	// clamdDial is how long a connection may take, clamdTime a file.
	clamdDial = 3 * time.Second
	clamdTime = 20 * time.Second
	// clamdChunk is how much of a file is sent at a time, in bytes.
	clamdChunk = 64 << 10
	// clamdAnswer bounds an answer, in bytes.
	clamdAnswer = 1024
)

// Scan implements [Scanner].
func (c *Clamd) Scan(ctx context.Context, data []byte) error {
	answer, err := c.ask(ctx, "INSTREAM", data)
	switch {
	case err != nil:
		return err
	case answer == "stream: OK":
		return nil
	case strings.HasPrefix(answer, "stream: ") && strings.HasSuffix(answer, " FOUND"):
		return Infected
	}
	return fmt.Errorf("evidence: the scanner has answered %q", answer)
}

// Ping returns an error where the scanner is away.
func (c *Clamd) Ping(ctx context.Context) error {
	if answer, err := c.ask(ctx, "PING", nil); err != nil || answer != "PONG" {
		return errors.Join(err, fmt.Errorf("evidence: the scanner has answered %q to a ping", answer))
	}
	return nil
}

// ask sends a command, with a file where it has one, and returns the answer.
func (c *Clamd) ask(ctx context.Context, command string, data []byte) (answer string, err error) {
	ctx, stop := context.WithTimeout(ctx, clamdTime)
	defer stop()
	dialer := net.Dialer{Timeout: clamdDial}
	conn, err := dialer.DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", fmt.Errorf("evidence: reaching the scanner: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	out := bytes.NewBufferString("z" + command + "\x00")
	if data != nil {
		for len(data) > 0 {
			n := min(len(data), clamdChunk)
			out.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
			out.Write(data[:n])
			data = data[n:]
		}
		out.Write([]byte{0, 0, 0, 0})
	}
	// A scanner that has seen enough answers and closes while more is being sent.
	_, sent := out.WriteTo(conn)
	got, err := io.ReadAll(io.LimitReader(conn, clamdAnswer))
	answer = strings.TrimRight(string(got), "\x00\n")
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case answer != "":
		return answer, nil
	}
	return "", fmt.Errorf("evidence: the scanner has not answered: %w", errors.Join(sent, err, io.ErrUnexpectedEOF))
}
