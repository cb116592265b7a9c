// Package smtptest is a mail server for tests: it receives mail on this machine by SMTP
// and stores it, or refuses it as a test says.
package smtptest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"sync"
)

// A Letter is one mail that was received.
type Letter struct {
	From, To string
	// TLS says that the connection was encrypted.
	TLS bool
	// User is who logged in, as AUTH PLAIN named it.
	User string
	// Raw is the mail as it was received, and Message the same after parsing.
	Raw     string
	Message *mail.Message
}

// A Server is a mail server for tests. Its fields are set before the first connection.
type Server struct {
	// Addr is its host:port.
	Addr string
	// TLS offers STARTTLS.
	TLS *tls.Config
	// Reply returns the answer to RCPT TO for an address, such as "550 5.1.1 unknown";
	// "" accepts it.
	Reply func(to string) string
	// Letters receives each mail that is accepted.
	Letters chan Letter

	listener net.Listener
	open     sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool
}

// Start starts a server.
func Start() (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with Close
	if err != nil {
		return nil, err
	}
	s := &Server{Addr: l.Addr().String(), Letters: make(chan Letter, 100), listener: l, conns: map[net.Conn]bool{}}
	s.open.Go(s.accept)
	return s, nil
}

// Close stops the server and all its connections.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.open.Wait()
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.open.Go(func() {
			s.talk(c)
			_ = c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		})
	}
}

// talk serves one connection until either side ends it.
func (s *Server) talk(c net.Conn) {
	var letter Letter
	in := bufio.NewReader(c)
	say := func(line string) { _, _ = fmt.Fprint(c, line+"\r\n") }
	say("220 smtptest ESMTP")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			say("250-smtptest")
			if s.TLS != nil && !letter.TLS {
				say("250-STARTTLS")
			}
			if letter.TLS {
				say("250-AUTH PLAIN")
			}
			say("250-8BITMIME")
			say("250 ENHANCEDSTATUSCODES")
		case "STARTTLS":
			say("220 go ahead")
			sealed := tls.Server(c, s.TLS)
			c, in, letter.TLS = sealed, bufio.NewReader(sealed), true
		case "AUTH":
			letter.User = rest
			say("235 2.7.0 welcome")
		case "MAIL":
			letter.From = address(rest)
			say("250 2.1.0 OK")
		case "RCPT":
			letter.To = address(rest)
			answer := ""
			if s.Reply != nil {
				answer = s.Reply(letter.To)
			}
			if answer == "" {
				answer = "250 2.1.5 OK"
			}
			say(answer)
		case "DATA":
			say("354 go ahead")
			var raw strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				raw.WriteString(strings.TrimPrefix(line, "."))
			}
			letter.Raw = raw.String()
			letter.Message, _ = mail.ReadMessage(strings.NewReader(letter.Raw))
			s.Letters <- letter
			say("250 2.0.0 OK")
		case "QUIT":
			say("221 2.0.0 bye")
			return
		default: // NOOP and RSET
			say("250 2.0.0 OK")
		}
	}
}

// address returns what stands between the angle brackets.
func address(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
