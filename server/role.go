package main

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// A role is what a process of the server does.
type role int

const (
	// servesAndWorks: it answers requests and does jobs.
	servesAndWorks role = iota
	// serves: it answers requests, and leaves the jobs to other processes.
	serves
	// works: it does jobs, and answers only probes.
	works
)

// roles are the roles by the command that begins them.
var roles = map[string]role{"": servesAndWorks, "serve": serves, "work": works}

// greeting returns what a process of the role says when it has begun.
func (r role) greeting(listener net.Addr, url string) string {
	if r == works {
		return fmt.Sprintf("Mingjing 明镜 does jobs, and says at http://%s/readyz whether it can", listener)
	}
	return "Mingjing 明镜 is open at " + url
}

// errNoWorkers: jobs wait.
var errNoWorkers = errors.New("no process does jobs: start mingjing work")

// someoneWorks returns an error when it is known that no process does the jobs that this
// one leaves behind.
func (p *program) someoneWorks(ctx context.Context) error {
	if p.Role != serves {
		return nil
	}
	if n, err := p.store.Workers(ctx); err == nil && n == 0 {
		return errNoWorkers
	}
	return nil // a database that is away says so itself
}
