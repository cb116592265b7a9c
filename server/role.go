package main

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

// alone returns why there can be one process only, which answers requests and does the
// jobs; "" where the engines are shared by several.
func (s Settings) alone() string {
	switch {
	case s.Demo:
		return "DEMO=1 runs a city in one process"
	case s.DatabaseURL == "":
		return "DATABASE_URL is not set"
	case s.RedisURL == "":
		return "REDIS_URL is not set"
	case s.KratosPublicURL == "":
		return "KRATOS_PUBLIC_URL is not set"
	}
	return ""
}
