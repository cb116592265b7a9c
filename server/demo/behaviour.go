package demo

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"mingjing"
)

// A Kind is how an agency behaves when it is asked for records.
type Kind string

// The kinds of agency.
const (
	// Prompt answers within seconds.
	Prompt Kind = "prompt"
	// Slow answers within minutes.
	Slow Kind = "slow"
	// ByHand has somebody look it up: within hours.
	ByHand Kind = "by_hand"
	// Flaky is prompt, but fails now and then: at most [MaxFlakes] times a request.
	Flaky Kind = "flaky"
	// Refuses is down all day: nobody listens on its port.
	Refuses Kind = "refuses"
	// Hangs is down all day: it takes the request and never answers.
	Hangs Kind = "hangs"
)

// MaxFlakes is how often in a row a flaky agency fails one request.
const MaxFlakes = 2

// A Behaviour is how one agency behaves.
type Behaviour struct {
	Kind Kind
	// Delay is how long it takes to look up what it holds, before
	// [Config.ClockScale] divides it.
	Delay time.Duration
}

// Down reports whether the agency never answers.
func (b Behaviour) Down() bool { return b.Kind == Refuses || b.Kind == Hangs }

// enough is the least number of agencies of a city in which three are down. A rulebook with
// fewer agencies meets none of them: it would lack too much.
const enough = 20

// behaviours returns the behaviour of every agency: the same for the same agencies,
// whatever their order. Those that the stories need are never down, nor hours slow
// (unless [Config.Down] says so).
func behaviours(codes []string, needed map[string]bool, cfg Config) map[string]Behaviour {
	out := make(map[string]Behaviour, len(codes))
	down := cfg.Down
	rest := slices.Clone(codes)
	slices.SortFunc(rest, func(a, b string) int {
		ha, hb := hash(a), hash(b)
		switch {
		case ha < hb:
			return -1
		case ha > hb:
			return 1
		}
		return 0
	})
	spare := func(ok func(string) bool) (string, bool) {
		i := slices.IndexFunc(rest, func(c string) bool { return !needed[c] && ok(c) })
		if i < 0 {
			return "", false
		}
		code := rest[i]
		rest = slices.Delete(rest, i, i+1)
		return code, true
	}
	if down == nil && !cfg.Instant && len(codes) >= enough {
		// In every large book, so that every request by it meets them.
		for range 3 {
			if code, ok := spare(inAll(cfg.Books)); ok {
				down = append(down, code)
			}
		}
	}
	for i, code := range down {
		kind := Refuses
		if i%3 == 1 {
			kind = Hangs
		}
		out[code] = Behaviour{Kind: kind}
	}
	rest = slices.DeleteFunc(rest, func(c string) bool { return slices.Contains(down, c) })
	if cfg.Instant {
		for _, code := range rest {
			out[code] = Behaviour{Kind: Prompt}
		}
		return out
	}
	for range len(codes) / 10 {
		if code, ok := spare(func(string) bool { return true }); ok {
			out[code] = Behaviour{ByHand, between(code, time.Hour, 8*time.Hour)}
		}
	}
	for i, code := range rest {
		switch {
		case i < len(codes)/20:
			out[code] = Behaviour{Flaky, between(code, 0, 3*time.Second)}
		case i < len(codes)/20+len(codes)/5:
			out[code] = Behaviour{Slow, between(code, 20*time.Second, 6*time.Minute)}
		default:
			out[code] = Behaviour{Prompt, between(code, 0, 3*time.Second)}
		}
	}
	return out
}

// inAll returns a function that reports whether an agency is in all large books, and in
// none of the small ones.
func inAll(books []*mingjing.Rulebook) func(string) bool {
	return func(code string) bool {
		return !slices.ContainsFunc(books, func(b *mingjing.Rulebook) bool {
			_, ok := b.Agency(code)
			return ok != (len(b.Agencies) >= enough)
		})
	}
}

// flakes returns how often a flaky agency fails one request before it answers.
func flakes(agency, request string) int { return int(hash(agency, request) % (MaxFlakes + 1)) }

// between returns a length from low to below high that depends on the code alone.
func between(code string, low, high time.Duration) time.Duration {
	return low + time.Duration(hash("delay", code)%uint64(high-low))
}

// hash returns a number that differs much for inputs that differ little. FNV does not
// do that for codes that differ by one letter.
func hash(parts ...string) uint64 {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}
